// usdt: static probes that a program's author compiled in.
#include "runtime/base/glob.h"
#include "runtime/probes/binary_path.h"
#include "runtime/probes/kinds.h"

namespace probes::usdt {

Parsed<Target> parse(Parts parts) {
    if (auto error = wrong_count("usdt", parts.size(), 2, 3)) return *error;
    Target target = target_of(program::ProbeKind::usdt, parts);
    target.target = parts[0];
    target.function = parts.back();
    if (target.function.empty()) return TargetError{"usdt probe must have a target function or wildcard", {}};
    return target;
}

Matches list(const View&, const Target& target) {
    const std::string path = target.parts.empty() ? "*" : target.parts[0];
    if (target.is_listing) return std::vector<Match>{};
    if (!base::has_wildcard(path) && find_binaries(path, target.pid).empty()) return no_such_binary("usdt", path);
    return not_supported("attaching usdt probes");
}

Attachment attach(const View&, const LoadedFunction&, Places) {
    return not_supported("attaching usdt probes");
}

}  // namespace probes::usdt
