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

// btf_id_deny of kernel/bpf/verifier.c: a trampoline calls these itself.
constexpr std::array<std::string_view, 7> kRefused{"migrate_disable",   "migrate_enable",    "rcu_read_unlock_strict",
                                                   "preempt_count_add", "preempt_count_sub", "__rcu_read_lock",
                                                   "__rcu_read_unlock"};
// noreturn_deny of the same file, since 6.15: never left, so nothing would be seen of them before either.
constexpr std::array<std::string_view, 10> kNeverLeft{"__ia32_sys_exit",
                                                      "__ia32_sys_exit_group",
                                                      "__kunit_abort",
                                                      "kunit_try_catch_throw",
                                                      "__module_put_and_kthread_exit",
                                                      "__x64_sys_exit",
                                                      "__x64_sys_exit_group",
                                                      "do_exit",
                                                      "do_group_exit",
                                                      "kthread_complete_and_exit"};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// The kernel's own ENOTSUPP, which libc has no name for.
constexpr int kNotSupported = 524;

// MAX_BPF_FUNC_ARGS; an argument of more than 16 bytes or "..." no trampoline can pass on, nor a structure as result.
// Trampolines took what lies in registers before 6.6, the release that also learned signed division.
constexpr std::uint32_t kMostArguments = 12, kMostInRegisters = 6;
constexpr std::uint32_t kLargestArgument = 16;

bool fits_trampoline(const kernel::Btf& btf, kernel::BtfId function, std::uint32_t most) {
    const kernel::BtfId prototype = btf.referenced(function);
    const std::uint32_t result = btf.kind(btf.resolve(btf.referenced(prototype)));
    if (result == BTF_KIND_STRUCT || result == BTF_KIND_UNION) return false;
    const auto parameters = btf.parameters(prototype);
    std::uint32_t slots = 0;
    for (const kernel::BtfParameter& parameter : parameters) {
        if (parameter.type == 0) return false;
        const std::uint32_t size = btf.byte_size(btf.resolve(parameter.type));
        if (size > kLargestArgument) return false;
        slots += size > 8 ? 2 : 1;
    }
    return slots <= most;
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
        if (is_among(kDangerous, name))
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
    const bool is_modern = view.has(program::Feature::signed_division);
    const auto is_traceable = [&](const std::string& owner, std::string_view name) {
        if (is_among(kRefused, name) || (target.kind == ProbeKind::fexit && is_among(kNeverLeft, name))) return false;
        if (!traceable.ok()) return true;
        const auto before = [](const kernel::FunctionName& a, std::string_view b) { return a.name < b; };
        const auto first = std::lower_bound(traceable->begin(), traceable->end(), name, before);
        bool is_listed = false, is_elsewhere = false;
        for (auto place = first; place != traceable->end() && place->name == name; ++place)
            (place->module == owner ? is_listed : is_elsewhere) = true;
        // Kernels before 6.4 looked for a module's function in the kernel and all modules.
        return is_listed && (is_modern || owner == "vmlinux" || !is_elsewhere);
    };
    // Of several functions of one name the kernel takes the first, which may be one that it cannot trace.
    const auto shared = view.shared_names();
    const auto is_shared = [&](const std::string& owner, std::string_view name) {
        const auto before = [](const kernel::FunctionName& a, std::string_view b) { return a.name < b; };
        auto place = std::lower_bound(shared.begin(), shared.end(), name, before);
        for (; place != shared.end() && place->name == name; ++place)
            if (place->module == owner) return true;
        return false;
    };
    const std::uint32_t most = is_modern ? kMostArguments : kMostInRegisters;
    for (const std::string& owner : owners()) {
        const kernel::Btf* btf = view.types(owner);
        if (btf == nullptr) continue;
        btf->for_each([&](kernel::BtfId id, std::uint32_t type_kind, std::string_view name) {
            if (type_kind == BTF_KIND_FUNC && base::glob_matches(function, name) && fits_trampoline(*btf, id, most) &&
                is_traceable(owner, name) && !is_shared(owner, name))
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

Attachment attach(const View& view, const LoadedFunction& function, Places places) {
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
        if (fd < 0) {
            const int refusal = errno;
            base::Error error = base::error_from_errno("attaching to function " + place.function, refusal);
            if (refusal == EBUSY && view.function_addresses(place.module, place.function).size() > 1)
                error.hint =
                    "several functions have this name, and the kernel would trace the first only, which it "
                    "cannot: a kprobe probes all of them";
            return error;
        }
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
