// kprobe, kretprobe: entry, return or an inner instruction of a kernel function.
#include <linux/bpf.h>
#include <linux/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/probes/btf_prototype.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/perf.h"
#include "runtime/probes/substitute.h"

namespace probes::kprobe {
namespace {

using program::ProbeKind;

// BPF_TRACE_KPROBE_MULTI: the value of bpf_attach_type, which elder headers do not name.
constexpr unsigned kTraceKprobeMulti = 42;

Parsed<Target> parse(ProbeKind kind, Parts parts) {
    const std::string name(name_of(kind));
    if (auto error = wrong_count(name, parts.size(), 1, 2)) return *error;
    Target target = target_of(kind, parts);
    if (parts.size() == 2) target.target = parts[0];
    std::string_view function = parts.back();
    if (const std::size_t plus = function.find('+'); plus != std::string_view::npos) {
        if (kind == ProbeKind::kretprobe) return TargetError{"Offset not allowed", {}};
        const std::string offset(function.substr(plus + 1));
        const auto number = base::parse_integer(offset);
        if (!number || number->is_negative) return TargetError{"Invalid offset: invalid integer: " + offset, {}};
        target.offset = number->magnitude;
        function = function.substr(0, plus);
        if (base::has_wildcard(function)) return TargetError{"a wildcard cannot have an offset", {}};
    } else if (const auto number = base::parse_integer(function); number && !number->is_negative) {
        target.address = number->magnitude;
        return target;
    }
    target.function = function;
    return target;
}

bool is_loaded(const View& view, std::string_view module) {
    const auto text = view.read_file("/proc/modules");
    if (!text.ok()) return false;
    for (std::string_view line : base::split(*text, '\n'))
        if (line.substr(0, line.find(' ')) == module) return true;
    return false;
}

/// Bytes of the kernel's function; nothing if its symbols do not tell.
std::optional<std::uint64_t> function_size(const View& view, std::string_view name) {
    const auto start = view.symbol_address(name);
    if (!start) return std::nullopt;
    // The last address that still belongs to it; no function is larger.
    std::uint64_t inside = 0, outside = 1 << 20;
    const auto belongs = [&](std::uint64_t offset) { return view.kernel_symbol(*start + offset).offset == offset; };
    if (!belongs(0)) return std::nullopt;
    while (outside - inside > 1) {
        const std::uint64_t middle = inside + (outside - inside) / 2;
        (belongs(middle) ? inside : outside) = middle;
    }
    return inside + 1;
}

/// What the kernel's refusal of one function means.
base::Error explained(const View& view, base::Error error, const program::Place& place, bool is_return) {
    switch (error.errnum) {
        case EOPNOTSUPP: error.hint = substitute_hint(view, place.function, is_return); break;
        case ENOENT: error.hint = "the kernel has no function of this name, or it was inlined everywhere"; break;
        case EADDRNOTAVAIL:
            error.hint = "several functions have this name: probe one by its address (--unsafe), or a caller";
            break;
        case EILSEQ:
            error.message = "attaching to " + place.function + "+" + std::to_string(place.offset) +
                            ": no instruction begins at this offset";
            break;
        case ESRCH:  // a multi-link's word for it
        case EINVAL:
            error.hint = place.offset == 0 ? "the kernel does not let this function be probed (notrace, or on its list "
                                             "in /sys/kernel/debug/kprobes/blacklist)"
                                           : "the kernel does not let this instruction be probed";
            break;
        default: break;
    }
    return error;
}

int open_multi(const LoadedFunction& function, Places places, bool is_return) {
    std::vector<const char*> names;
    std::vector<std::uint64_t> cookies;
    for (const program::Place& place : places) {
        names.push_back(place.function.c_str());
        cookies.push_back(place.cookie);
    }
    bpf_attr request;
    std::memset(&request, 0, sizeof request);
    request.link_create.prog_fd = static_cast<std::uint32_t>(function.fd);
    request.link_create.attach_type = kTraceKprobeMulti;
    request.link_create.kprobe_multi.flags = is_return ? 1 : 0;  // BPF_F_KPROBE_MULTI_RETURN
    request.link_create.kprobe_multi.cnt = static_cast<std::uint32_t>(names.size());
    request.link_create.kprobe_multi.syms = reinterpret_cast<std::uintptr_t>(names.data());
    request.link_create.kprobe_multi.cookies = reinterpret_cast<std::uintptr_t>(cookies.data());
    const long fd = ::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request);
    return fd < 0 ? -errno : static_cast<int>(fd);
}

/// One link for all of them. One function that cannot be traced fails the whole link without being named: the list is
/// then halved until the bad ones stand alone and are left out.
int attach_multi(Links& links, const LoadedFunction& function, Places places, bool is_return) {
    const int result = open_multi(function, places, is_return);
    if (result >= 0) {
        links.fds.emplace_back(result);
        links.hooks += static_cast<unsigned>(places.size());
        return 0;
    }
    const bool is_about_names = result == -EINVAL || result == -ESRCH || result == -ENOENT || result == -EADDRNOTAVAIL;
    if (!is_about_names) return result;
    if (places.size() == 1) {
        links.skipped.push_back(places.front().function);
        return result;
    }
    const std::size_t half = places.size() / 2;
    const int first = attach_multi(links, function, places.first(half), is_return);
    const int second = attach_multi(links, function, places.subspan(half), is_return);
    return first < 0 ? first : second;
}

Attachment attach(const View& view, const LoadedFunction& function, Places places, bool is_return) {
    Links links;
    if (function.function != nullptr && static_cast<unsigned>(function.function->expected) == kTraceKprobeMulti) {
        const int result = attach_multi(links, function, places, is_return);
        if (links.fds.empty()) {
            return explained(
                view, base::error_from_errno("attaching to " + std::to_string(places.size()) + " functions", -result),
                places.front(), is_return);
        }
        return links;
    }
    auto type = perf::dynamic_type("kprobe");
    if (!type.ok()) return explained(view, type.take_error(), places.front(), is_return);
    const std::uint64_t config = is_return ? std::uint64_t{1} << perf::return_bit("kprobe") : 0;
    for (const program::Place& place : places) {
        perf_event_attr attributes = perf::event(*type, config);
        const bool has_module = !place.module.empty() && place.module != "vmlinux";
        const std::string name = has_module ? place.module + ":" + place.function : place.function;
        attributes.kprobe_func = place.function.empty() ? 0 : reinterpret_cast<std::uintptr_t>(name.c_str());
        if (place.function.empty())
            attributes.kprobe_addr = place.address;
        else
            attributes.probe_offset = place.offset;
        if (place.offset != 0) {
            const auto size = function_size(view, place.function);
            if (size && place.offset >= *size) {
                return base::Error{.message = "Offset outside the function bounds ('" + place.function + "' size is " +
                                              std::to_string(*size) + ")",
                                   .errnum = ERANGE};
            }
        }
        const std::string doing =
            "attaching to " + (place.function.empty()
                                   ? "address " + std::to_string(place.address)
                                   : name + (place.offset == 0 ? "" : "+" + std::to_string(place.offset)));
        auto event = perf::open(attributes, -1, view.online_cpus().empty() ? 0 : view.online_cpus().front());
        if (!event.ok()) return explained(view, event.take_error(doing), place, is_return);
        if (auto status = perf::attach(links, std::move(*event), function.fd, place.cookie); !status.ok())
            return status.take_error(doing);
        links.hooks++;
    }
    return links;
}

base::Result<FoundFunction> described_function(const View& view, const program::Place& place) {
    if (place.function.empty()) {
        return base::Error{.message = "args needs a function's name, not an address: use reg(\"di\") and its like"};
    }
    if (place.offset != 0) {
        return base::Error{.message = "args are known at a function's entry only, not at " + place.function + "+" +
                                      std::to_string(place.offset) + ": use reg(\"di\") and its like"};
    }
    auto found = find_function(view, place.module, place.function);
    if (!found.ok()) {
        base::Error error = found.take_error();
        error.message = "args is not known here: " + error.message;
        error.hint =
            "arg0, arg1, ... work without them, with a cast to the argument's type: ((struct sock *)arg0)->...";
        return error;
    }
    return found;
}

}  // namespace

Parsed<Target> parse_kprobe(Parts parts) {
    return parse(ProbeKind::kprobe, parts);
}

Parsed<Target> parse_kretprobe(Parts parts) {
    return parse(ProbeKind::kretprobe, parts);
}

Matches list(const View& view, const Target& target) {
    const std::string kind(name_of(target.kind));
    std::vector<Match> matches;
    if (!target.is_listing && target.function.empty() && target.address != 0) {
        Match match{.name = kind + ":" + std::to_string(target.address), .place = {}};
        match.place.address = target.address;
        matches.push_back(std::move(match));
        return matches;
    }
    std::string module = target.target, function = target.function;
    if (target.is_listing) {
        // What cannot be attached to is not listed.
        if (!view.has(program::Feature::kprobe)) return matches;
        module = target.parts.size() > 1 ? target.parts[0] : "";
        function = target.parts.empty() ? "*" : target.parts.back();
    }
    const bool is_pattern = base::has_wildcard(module) || base::has_wildcard(function);
    if (!target.is_listing && !module.empty() && module != "vmlinux" && !base::has_wildcard(module) &&
        !is_loaded(view, module)) {
        return base::Error{.message = "specified module " + module + " in probe " + kind + ":" + module + ":" +
                                      function + " is not loaded.",
                           .errnum = ENOENT};
    }
    const auto add = [&](const std::string& owner, const std::string& name) {
        Match match{.name = kind + ":", .place = {}};
        if (!module.empty()) match.name += owner + ":";
        match.name += name;
        if (target.offset != 0) match.name += "+" + std::to_string(target.offset);
        match.place.module = owner;
        match.place.function = name;
        match.place.offset = target.offset;
        matches.push_back(std::move(match));
    };
    if (!is_pattern && !target.is_listing) {
        // One name: the kernel's types are at hand sooner than its list of functions.
        const std::string owner = module.empty() ? "vmlinux" : module;
        const kernel::Btf* types = target.is_unsafe ? nullptr : view.types(owner);
        const kernel::BtfId found = types == nullptr ? 0 : types->find(BTF_KIND_FUNC, function);
        if (target.is_unsafe || (found != 0 && found >= types->first())) {
            add(owner, function);
            return matches;
        }
    }
    auto functions = view.traceable_functions();
    if (!functions.ok()) return functions.take_error();
    for (const kernel::FunctionName& candidate : *functions) {
        if (is_pattern ? !base::glob_matches(function, candidate.name) : function != candidate.name) continue;
        if (!module.empty() && !base::glob_matches(module, candidate.module)) continue;
        // Pieces the compiler split off: what their arguments are nobody can tell.
        if (candidate.name.find(".part.") != std::string::npos) continue;
        add(candidate.module, candidate.name);
    }
    // The list has one name for each place, and functions that ftrace cannot touch may still take a breakpoint: of any
    // other function the kernel itself says whether it lets it be probed.
    if (matches.empty() && !is_pattern && !target.is_listing && view.symbol_address(function))
        add(module.empty() ? "vmlinux" : module, function);
    sort_matches(matches);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const auto functions = view.traceable_functions();
    if (!functions.ok()) return {};
    base::Nearest search(target.function);
    for (const kernel::FunctionName& candidate : *functions)
        search.add(candidate.name);
    std::vector<std::string> names = search.names();
    // Of system calls old scripts know the name that kernels before 4.17 gave them.
    if (const std::string wrapped = "__x64_" + target.function;
        target.function.starts_with("sys_") && view.symbol_address(wrapped))
        names.assign({wrapped});
    for (std::string& name : names)
        name.insert(0, std::string(name_of(target.kind)) + ":");
    return names;
}

Arguments arguments(const View& view, const program::Place& place) {
    auto found = described_function(view, place);
    if (!found.ok()) return found.take_error();
    program::ArgumentList list = register_arguments(*found->btf, found->prototype);
    set_module(list, found->module);
    return list;
}

Lines describe_kprobe(const View& view, const program::Place& place) {
    auto list = arguments(view, place);
    if (!list.ok()) return list.take_error();
    return argument_lines(*list);
}

Lines describe_kretprobe(const View& view, const program::Place& place) {
    auto found = described_function(view, place);
    if (!found.ok()) return found.take_error();
    std::vector<std::string> lines = argument_lines(register_arguments(*found->btf, found->prototype));
    const kernel::BtfId result = found->btf->referenced(found->prototype);
    if (result != 0) lines.push_back(spell_type(*found->btf, result) + " retval");
    return lines;
}

Attachment attach_kprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, false);
}

Attachment attach_kretprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, true);
}

}  // namespace probes::kprobe
