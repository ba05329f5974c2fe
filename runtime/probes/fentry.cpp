// fentry, fexit: entry and return of a kernel function by trampoline, arguments typed by BTF.
#include <linux/bpf.h>
#include <linux/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
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

base::Result<kernel::BtfId> prototype_of(const kernel::Btf& btf, const program::Place& place) {
    const kernel::BtfId function = btf.find(BTF_KIND_FUNC, place.function);
    if (function == 0)
        return base::Error{.message = "no type of function " + place.function + " in the kernel's BTF",
                           .errnum = ENOENT};
    return btf.referenced(function);
}

Arguments arguments(const View& view, const program::Place& place, bool with_return) {
    auto bytes = view.btf();
    if (!bytes.ok()) return bytes.take_error();
    const kernel::Btf btf(*bytes);
    auto prototype = prototype_of(btf, place);
    if (!prototype.ok()) return prototype.take_error();
    program::ArgumentList list = prototype_arguments(btf, *prototype, 0);
    const kernel::BtfId result = btf.referenced(*prototype);
    if (with_return && result != 0) {
        // The return value lies behind the arguments.
        list.arguments.push_back(slot_argument(btf, "retval", result, list.size / 8));
        list.size += 8;
    }
    return list;
}

}  // namespace

Parsed<Target> parse_fentry(Parts parts) {
    return parse(ProbeKind::fentry, parts);
}

Parsed<Target> parse_fexit(Parts parts) {
    return parse(ProbeKind::fexit, parts);
}

Matches list(const View& view, const Target& target) {
    std::string module = target.target, function = target.function;
    if (target.is_listing) {
        module = target.parts.size() > 1 ? target.parts[0] : "*";
        function = target.parts.empty() ? "*" : target.parts.back();
    }
    if (module == "bpf") return not_supported("tracing BPF programs (" + std::string(name_of(target.kind)) + ":bpf)");
    std::vector<Match> matches;
    if (!module.empty() && !base::glob_matches(module, "vmlinux")) return matches;
    auto bytes = view.btf();
    if (!bytes.ok()) {
        if (target.is_listing) return matches;
        return bytes.take_error();
    }
    const kernel::Btf btf(*bytes);
    const std::string prefix = std::string(name_of(target.kind)) + ":vmlinux:";
    const auto add = [&](std::string_view name) {
        Match match{.name = prefix + std::string(name), .place = {}};
        match.place.module = "vmlinux";
        match.place.function = name;
        matches.push_back(std::move(match));
    };
    if (!base::has_wildcard(function)) {
        if (btf.find(BTF_KIND_FUNC, function) != 0) add(function);
        return matches;
    }
    btf.for_each([&](kernel::BtfId, std::uint32_t kind, std::string_view name) {
        if (kind == BTF_KIND_FUNC && base::glob_matches(function, name)) add(name);
    });
    sort_matches(matches);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const auto bytes = view.btf();
    if (!bytes.ok()) return {};
    base::Nearest search(target.function);
    kernel::Btf(*bytes).for_each([&](kernel::BtfId, std::uint32_t kind, std::string_view name) {
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
