// iter: a program run once for each of the kernel's tasks, files, maps ...
#include <linux/btf.h>

#include <cerrno>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/kernel/btf.h"
#include "runtime/probes/kinds.h"

namespace probes::iter {
namespace {

// The kernel has a function bpf_iter_NAME to type each iterator, and its context is struct bpf_iter__NAME.
constexpr std::string_view kFunction = "bpf_iter_";
constexpr std::string_view kContext = "bpf_iter__";

std::vector<std::string> names(const View& view) {
    std::vector<std::string> result;
    const auto bytes = view.btf();
    if (!bytes.ok()) return result;
    kernel::Btf(*bytes).for_each([&](kernel::BtfId, std::uint32_t kind, std::string_view name) {
        if (kind == BTF_KIND_STRUCT && name.starts_with(kContext)) result.emplace_back(name.substr(kContext.size()));
    });
    return result;
}

bool is_there(const View& view, std::string_view name) {
    const auto bytes = view.btf();
    if (!bytes.ok()) return false;
    return kernel::Btf(*bytes).find(BTF_KIND_FUNC, std::string(kFunction) + std::string(name)) != 0;
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
                           .errnum = ENOENT};
    }
    add(target.function);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const auto all = names(view);
    return base::nearest(target.function, all);
}

Attachment attach(const View&, const LoadedFunction&, Places) {
    return not_supported("attaching iter probes");
}

}  // namespace probes::iter
