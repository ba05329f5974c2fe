// uprobe, uretprobe: entry, return or an inner instruction of a function of a program or library.
#include <algorithm>
#include <cerrno>
#include <set>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/kernel/elf_symbols.h"
#include "runtime/probes/binary_path.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/perf.h"

namespace probes::uprobe {
namespace {

using program::ProbeKind;

Parsed<Target> parse(ProbeKind kind, Parts parts) {
    const std::string name(name_of(kind));
    if (auto error = wrong_count(name, parts.size(), 2, 3)) return *error;
    Target target = target_of(kind, parts);
    target.target = parts[0];
    if (parts[0].find('@') != std::string::npos) {
        // BIN@file.c:LINE[:COLUMN]: list() says that it cannot be done yet.
        if (kind == ProbeKind::uretprobe) return TargetError{"a source line has no return", {}};
        return target;
    }
    if (parts.size() == 3 && parts[1] != "cpp")
        return TargetError{name + " target language '" + parts[1] + "' is not known", "use cpp"};
    std::string_view function = parts.back();
    if (const std::size_t plus = function.rfind('+'); plus != std::string_view::npos && parts.size() == 2) {
        if (kind == ProbeKind::uretprobe) return TargetError{"Offset not allowed", {}};
        const std::string offset(function.substr(plus + 1));
        const auto number = base::parse_integer(offset);
        if (!number || number->is_negative) return TargetError{"Invalid offset: invalid integer: " + offset, {}};
        target.offset = number->magnitude;
        function = function.substr(0, plus);
    } else if (const auto number = base::parse_integer(function); number && !number->is_negative) {
        target.address = number->magnitude;
        return target;
    }
    target.function = function;
    return target;
}

Attachment attach(const View&, const LoadedFunction& function, Places places, bool is_return) {
    auto type = perf::dynamic_type("uprobe");
    if (!type.ok()) return type.take_error();
    Links links;
    const std::uint64_t config = is_return ? std::uint64_t{1} << perf::return_bit("uprobe") : 0;
    for (const program::Place& place : places) {
        if (!place.function.empty() && place.address != 0) {
            const auto symbols = kernel::ElfSymbols::open(place.target);
            const auto found = symbols.ok() ? symbols->find(place.function) : std::nullopt;
            if (found && found->size != 0 && place.address >= found->address + found->size) {
                return base::Error{.message = "Offset outside the function bounds ('" + place.function + "' size is " +
                                              std::to_string(found->size) + ")",
                                   .errnum = EINVAL};
            }
        }
        perf_event_attr attributes = perf::event(*type, config);
        attributes.uprobe_path = reinterpret_cast<std::uintptr_t>(place.target.c_str());
        attributes.probe_offset = place.offset;
        const std::string doing = "attaching to " + place.target + ":" + place.function;
        auto event = perf::open(attributes, place.pid, place.pid < 0 ? 0 : -1);
        if (!event.ok()) return event.take_error(doing);
        if (auto status = perf::attach(links, std::move(*event), function.fd, place.cookie); !status.ok())
            return status.take_error(doing);
        links.hooks++;
    }
    return links;
}

}  // namespace

Parsed<Target> parse_uprobe(Parts parts) {
    return parse(ProbeKind::uprobe, parts);
}

Parsed<Target> parse_uretprobe(Parts parts) {
    return parse(ProbeKind::uretprobe, parts);
}

Matches list(const View&, const Target& target) {
    const std::string kind(name_of(target.kind));
    std::string path = target.target, function = target.function;
    if (target.is_listing) {
        path = target.parts.empty() ? "*" : target.parts[0];
        function = target.parts.size() > 1 ? target.parts.back() : "*";
    }
    if (path.find('@') != std::string::npos) return not_supported("attaching to source lines");
    if (!target.is_listing && target.parts.size() == 3)
        return not_supported("matching C++ names (" + kind + ":BIN:cpp:NAME)");
    const auto binaries = find_binaries(path, target.pid);
    if (binaries.empty() && !base::has_wildcard(path)) return no_such_binary(kind, path);

    std::vector<Match> matches;
    for (const std::string& binary : binaries) {
        auto symbols = kernel::ElfSymbols::open(binary);
        if (!symbols.ok()) continue;
        const auto add = [&](std::string_view name, std::uint64_t address) {
            const auto offset = symbols->offset_of_address(address);
            if (!offset) return;
            Match match;
            match.name =
                kind + ":" + binary + ":" + (name.empty() ? std::to_string(target.address) : std::string(name));
            if (target.offset != 0) match.name += "+" + std::to_string(target.offset);
            match.place.target = binary;
            match.place.function = name;
            match.place.address = address;
            match.place.offset = *offset;
            match.place.pid = target.pid;
            matches.push_back(std::move(match));
        };
        if (!target.is_listing && function.empty() && target.address != 0) {
            add("", target.address);
        } else if (!base::has_wildcard(function)) {
            if (const auto found = symbols->find(function)) add(found->name, found->address + target.offset);
        } else {
            // One instruction, one probe: aliases of a function would fire it twice.
            std::set<std::uint64_t> seen;
            for (const kernel::ElfFunction& candidate : symbols->functions()) {
                if (!base::glob_matches(function, candidate.name)) continue;
                if (candidate.name.find(".part.") != std::string_view::npos) continue;
                if (target.is_listing || seen.insert(candidate.address).second) add(candidate.name, candidate.address);
            }
        }
    }
    sort_matches(matches);
    return matches;
}

std::vector<std::string> nearest(const View&, const Target& target) {
    base::Nearest search(target.function);
    for (const std::string& binary : find_binaries(target.target, target.pid)) {
        const auto symbols = kernel::ElfSymbols::open(binary);
        if (!symbols.ok()) continue;
        for (const kernel::ElfFunction& candidate : symbols->functions())
            search.add(candidate.name);
    }
    auto names = search.names();
    for (std::string& name : names)
        name.insert(0, std::string(name_of(target.kind)) + ":" + target.target + ":");
    return names;
}

Attachment attach_uprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, false);
}

Attachment attach_uretprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, true);
}

}  // namespace probes::uprobe
