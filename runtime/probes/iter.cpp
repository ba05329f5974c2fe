// iter: a program run once for each of the kernel's tasks, files, maps ...
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
#include "runtime/kernel/btf.h"
#include "runtime/probes/btf_prototype.h"
#include "runtime/probes/kinds.h"

namespace probes::iter {
namespace {

// The kernel has a function bpf_iter_NAME to type each iterator, and its context is struct bpf_iter__NAME.
constexpr std::string_view kFunction = "bpf_iter_";
constexpr std::string_view kContext = "bpf_iter__";
constexpr std::string_view kPinDirectory = "/sys/fs/bpf/";

// They run over the entries of one map, which the kernel wants to be given and an attach point does not name.
constexpr std::array<std::string_view, 3> kOfOneMap{"bpf_map_elem", "bpf_sk_storage_map", "sockmap"};

bool needs_map(std::string_view name) {
    return std::find(kOfOneMap.begin(), kOfOneMap.end(), name) != kOfOneMap.end();
}

std::vector<std::string> names(const View& view) {
    std::vector<std::string> result;
    const kernel::Btf* btf = view.types();
    if (btf == nullptr) return result;
    btf->for_each([&](kernel::BtfId, std::uint32_t kind, std::string_view name) {
        if (kind == BTF_KIND_STRUCT && name.starts_with(kContext) && !needs_map(name.substr(kContext.size())))
            result.emplace_back(name.substr(kContext.size()));
    });
    return result;
}

bool is_there(const View& view, std::string_view name) {
    const kernel::Btf* btf = view.types();
    return btf != nullptr && btf->find(BTF_KIND_FUNC, std::string(kFunction) + std::string(name)) != 0;
}

base::Result<base::Fd> open_iterator(const base::Fd& link) {
    bpf_attr request;
    std::memset(&request, 0, sizeof request);
    request.iter_create.link_fd = static_cast<std::uint32_t>(link.get());
    base::Fd iterator(static_cast<int>(::syscall(__NR_bpf, BPF_ITER_CREATE, &request, sizeof request)));
    if (!iterator.is_open()) return base::error_from_errno("creating the iterator", errno);
    return iterator;
}

std::string pin_path(const std::string& name) {
    return name.starts_with('/') ? name : std::string(kPinDirectory) + name;
}

base::Status pin(const base::Fd& link, const std::string& path) {
    bpf_attr request;
    std::memset(&request, 0, sizeof request);
    request.pathname = reinterpret_cast<std::uintptr_t>(path.c_str());
    request.bpf_fd = static_cast<std::uint32_t>(link.get());
    if (::syscall(__NR_bpf, BPF_OBJ_PIN, &request, sizeof request) == 0) return {};
    base::Error error = base::error_from_errno("pinning the iterator to " + path, errno);
    if (error.errnum == EEXIST) error.hint = "remove the file, or choose another name";
    if (error.errnum == ENOENT || error.errnum == EPERM) error.hint = "is a bpf file system mounted there?";
    return error;
}

}  // namespace

Parsed<Target> parse(Parts parts) {
    if (auto error = wrong_count("iter", parts.size(), 1, 2)) return *error;
    if (base::has_wildcard(parts[0])) return TargetError{"iter probe type does not support wildcards", {}};
    Target target = target_of(program::ProbeKind::iter, parts);
    target.has_wildcard = false;
    target.function = parts[0];
    if (parts.size() == 2) target.target = parts[1];  // where to pin
    return target;
}

Matches list(const View& view, const Target& target) {
    std::vector<Match> matches;
    const auto add = [&](const std::string& name) {
        Match match{.name = "iter:" + name, .place = {}};
        match.place.function = name;
        match.place.target = target.is_listing ? std::string() : target.target;
        matches.push_back(std::move(match));
    };
    if (target.is_listing) {
        const std::string pattern = target.parts.empty() ? "*" : target.parts[0];
        for (const std::string& name : names(view))
            if (base::glob_matches(pattern, name) && is_there(view, name)) add(name);
        sort_matches(matches);
        return matches;
    }
    if (!is_there(view, target.function)) {
        return base::Error{.message = "iter " + target.function + " not available for your kernel version.",
                           .errnum = ENOENT,
                           .hint = base::did_you_mean(base::nearest(target.function, names(view)))};
    }
    if (needs_map(target.function)) {
        return base::Error{.message = "iter:" + target.function + " runs over the entries of one map, and an attach " +
                                      "point cannot name one",
                           .errnum = EINVAL,
                           .hint = "iter:bpf_map runs over the maps; bpftool map dump prints the entries of one"};
    }
    add(target.function);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const auto all = names(view);
    return base::nearest(target.function, all);
}

Lines describe(const View& view, const program::Place& place) {
    const kernel::Btf* types = view.types();
    if (types == nullptr) return base::error_from_errno("reading the kernel's types", ENOENT);
    const kernel::Btf& btf = *types;
    std::vector<std::string> lines;
    for (const kernel::BtfMember& member :
         btf.members(btf.find(BTF_KIND_STRUCT, std::string(kContext) + place.function))) {
        if (member.name == "meta") continue;
        if (!member.name.empty()) {
            lines.push_back(spell_type(btf, member.type) + " " + std::string(member.name));
            continue;
        }
        // Pointers stand in anonymous unions with a u64, which keeps their place free for old programs.
        for (const kernel::BtfMember& inner : btf.members(btf.resolve(member.type)))
            if (inner.name != "meta") lines.push_back(spell_type(btf, inner.type) + " " + std::string(inner.name));
    }
    return lines;
}

Attachment attach(const View&, const LoadedFunction& function, Places places) {
    Links links;
    for (const program::Place& place : places) {
        const std::string doing = "starting iter:" + place.function;
        bpf_attr request;
        std::memset(&request, 0, sizeof request);
        request.link_create.prog_fd = static_cast<std::uint32_t>(function.fd);
        request.link_create.attach_type = BPF_TRACE_ITER;
        // Of the iterators only this one has no default: all control groups, parents first.
        bpf_iter_link_info all;
        std::memset(&all, 0, sizeof all);
        all.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
        if (place.function == "cgroup") {
            request.link_create.iter_info = reinterpret_cast<std::uintptr_t>(&all);
            request.link_create.iter_info_len = sizeof all;
        }
        base::Fd link(static_cast<int>(::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request)));
        if (!link.is_open()) return base::error_from_errno(doing, errno);
        if (!place.target.empty()) {
            links.pinned = pin_path(place.target);
            if (auto status = pin(link, links.pinned); !status.ok()) return status.take_error();
        } else {
            auto iterator = open_iterator(link);
            if (!iterator.ok()) return iterator.take_error(doing);
            links.iterator = std::move(*iterator);
        }
        links.fds.push_back(std::move(link));
        links.hooks++;
    }
    return links;
}

}  // namespace probes::iter
