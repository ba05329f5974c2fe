// fentry, fexit: entry and return of a kernel function by trampoline, arguments typed by BTF.
#include <linux/bpf.h>
#include <linux/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/kernel/loaded_programs.h"
#include "runtime/probes/btf_prototype.h"
#include "runtime/probes/kinds.h"

namespace probes::fentry {
namespace {

using program::ProbeKind;

Parsed<Target> parse(ProbeKind kind, Parts parts) {
    // fentry:bpf:ID:NAME has three.
    const bool is_program = !parts.empty() && parts[0] == "bpf";
    if (auto error = wrong_count(name_of(kind), parts.size(), 1, is_program ? 3 : 2)) return *error;
    Target target = target_of(kind, parts);
    if (parts.size() > 1) target.target = parts[0];
    target.function = parts.back();
    if (target.function.empty()) return TargetError{"fentry/fexit should specify a function", {}};
    return target;
}

// What the kernel itself does while it holds these: a program there may lock up the machine.
constexpr std::array<std::string_view, 6> kDangerous{"_raw_spin_lock",     "_raw_spin_lock_irqsave",
                                                     "_raw_spin_lock_irq", "_raw_spin_unlock_irqrestore",
                                                     "_raw_spin_unlock",   "queued_spin_lock_slowpath"};

/// The kernel's own ENOTSUPP, which libc has no name for.
constexpr int kNotSupported = 524;

// MAX_BPF_FUNC_ARGS; an argument of more than 16 bytes or "..." no trampoline can pass on.
constexpr std::size_t kMostArguments = 12;
constexpr std::uint32_t kLargestArgument = 16;

bool fits_trampoline(const kernel::Btf& btf, kernel::BtfId function) {
    const auto parameters = btf.parameters(btf.referenced(function));
    if (parameters.size() > kMostArguments) return false;
    for (const kernel::BtfParameter& parameter : parameters) {
        if (parameter.type == 0) return false;
        if (btf.byte_size(btf.resolve(parameter.type)) > kLargestArgument) return false;
    }
    return true;
}

Arguments arguments(const View& view, const program::Place& place, bool with_return) {
    if (place.module == "bpf") {
        return base::Error{.message =
                               "args is not known for BPF programs as targets: the probe sees that they run, "
                               "not what they are given"};
    }
    auto found = find_function(view, place.module, place.function);
    if (!found.ok()) return found.take_error();
    program::ArgumentList list = prototype_arguments(*found->btf, found->prototype, 0);
    const kernel::BtfId result = found->btf->referenced(found->prototype);
    if (with_return && result != 0) {
        // The return value lies behind the arguments.
        list.arguments.push_back(slot_argument(*found->btf, "retval", result, list.size / 8));
        list.size += 8;
    }
    set_module(list, found->module);
    return list;
}

/// Loaded BPF programs by number and the names of their functions: fentry:bpf:NUMBER:FUNCTION.
std::vector<Match> match_programs(const Target& target, const std::string& kind) {
    const std::size_t parts = target.parts.size();
    const std::string number = parts > 2 ? target.parts[1] : "*";
    const std::string function = parts > 1 ? target.parts.back() : "*";
    std::vector<Match> matches;
    for (const kernel::LoadedProgramFunction& loaded : kernel::loaded_program_functions()) {
        const std::string id = std::to_string(loaded.program_id);
        if (!base::glob_matches(number, id) || !base::glob_matches(function, loaded.name)) continue;
        Match match{.name = kind + ":bpf:" + id + ":" + loaded.name, .place = {}};
        match.place.module = "bpf";
        match.place.target = id;
        match.place.function = loaded.name;
        matches.push_back(std::move(match));
    }
    sort_matches(matches);
    return matches;
}

}  // namespace

Parsed<Target> parse_fentry(Parts parts) {
    return parse(ProbeKind::fentry, parts);
}

Parsed<Target> parse_fexit(Parts parts) {
    return parse(ProbeKind::fexit, parts);
}

Matches list(const View& view, const Target& target) {
    const std::string kind(name_of(target.kind));
    std::string module = target.target, function = target.function;
    if (target.is_listing) {
        module = target.parts.size() > 1 ? target.parts[0] : "*";
        function = target.parts.empty() ? "*" : target.parts.back();
    }
    if (module == "bpf") return match_programs(target, kind);
    std::vector<Match> matches;
    if (view.types() == nullptr) {
        if (target.is_listing) return matches;
        return base::Error{.message = kind + " needs the kernel's types (no /sys/kernel/btf/vmlinux)",
                           .errnum = ENOENT,
                           .hint = "a kprobe on the same function works without them"};
    }
    // What cannot be attached to is not listed.
    if (target.is_listing && !view.has(program::Feature::fentry)) return matches;
    const auto add = [&](const std::string& owner, std::string_view name) {
        Match match{.name = kind + ":" + owner + ":" + std::string(name), .place = {}};
        match.place.module = owner;
        match.place.function = name;
        if (std::find(kDangerous.begin(), kDangerous.end(), name) != kDangerous.end())
            match.warning = "Attaching to dangerous function: " + std::string(name) +
                            ". Programs there run while the kernel holds a lock and may hang the machine.";
        matches.push_back(std::move(match));
    };
    const auto owners = [&] {
        std::vector<std::string> names{"vmlinux"};
        for (std::string& name : view.btf_modules())
            names.push_back(std::move(name));
        if (!module.empty())
            std::erase_if(names, [&](const std::string& name) { return !base::glob_matches(module, name); });
        return names;
    };
    if (!base::has_wildcard(function) && !base::has_wildcard(module)) {
        for (const std::string& owner : owners()) {
            const kernel::Btf* btf = view.types(owner);
            const kernel::BtfId found = btf == nullptr ? 0 : btf->find(BTF_KIND_FUNC, function);
            if (found == 0 || found < btf->first()) continue;
            add(owner, function);
            // The kernel's own function is meant, whatever modules call theirs.
            if (owner == "vmlinux") break;
        }
        if (matches.size() > 1 && !target.is_listing) {
            return base::Error{
                .message = "ambiguous attach point, please specify module containing the function '" + function + "'",
                .errnum = EINVAL};
        }
        return matches;
    }
    // Types describe more functions than can be traced: those of ftrace's list are both.
    const auto traceable = view.traceable_functions();
    const auto is_traceable = [&](std::string_view name) {
        if (!traceable.ok()) return true;
        const auto place =
            std::lower_bound(traceable->begin(), traceable->end(), name,
                             [](const kernel::FunctionName& a, std::string_view b) { return a.name < b; });
        return place != traceable->end() && place->name == name;
    };
    for (const std::string& owner : owners()) {
        const kernel::Btf* btf = view.types(owner);
        if (btf == nullptr) continue;
        btf->for_each([&](kernel::BtfId id, std::uint32_t type_kind, std::string_view name) {
            if (type_kind == BTF_KIND_FUNC && base::glob_matches(function, name) && fits_trampoline(*btf, id) &&
                is_traceable(name))
                add(owner, name);
        });
    }
    sort_matches(matches);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const kernel::Btf* btf = view.types();
    if (btf == nullptr) return {};
    base::Nearest search(target.function);
    btf->for_each([&](kernel::BtfId, std::uint32_t kind, std::string_view name) {
        if (kind == BTF_KIND_FUNC) search.add(name);
    });
    auto names = search.names();
    for (std::string& name : names)
        name.insert(0, std::string(name_of(target.kind)) + ":");
    return names;
}

Arguments arguments_fentry(const View& view, const program::Place& place) {
    return arguments(view, place, false);
}

Arguments arguments_fexit(const View& view, const program::Place& place) {
    return arguments(view, place, true);
}

Attachment attach(const View&, const LoadedFunction& function, Places places) {
    // The function was named when the program was loaded (attach_btf_id); opening takes no name.
    Links links;
    for (const program::Place& place : places) {
        bpf_attr request;
        std::memset(&request, 0, sizeof request);
        request.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(function.fd);
        const long fd = ::syscall(__NR_bpf, BPF_RAW_TRACEPOINT_OPEN, &request, sizeof request);
        if (fd < 0 && errno == kNotSupported)
            return base::Error{.message = "the kernel makes no trampoline for " + place.function +
                                          ", whose arguments are too many or too large",
                               .errnum = kNotSupported};
        if (fd < 0) return base::error_from_errno("attaching to function " + place.function, errno);
        links.fds.emplace_back(static_cast<int>(fd));
        links.hooks++;
    }
    return links;
}

Lines describe_fentry(const View& view, const program::Place& place) {
    auto list = arguments(view, place, false);
    if (!list.ok()) return list.take_error();
    return argument_lines(*list);
}

Lines describe_fexit(const View& view, const program::Place& place) {
    auto list = arguments(view, place, true);
    if (!list.ok()) return list.take_error();
    return argument_lines(*list);
}

}  // namespace probes::fentry
