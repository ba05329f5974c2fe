// usdt: static probes that a program's author compiled in.
#include "runtime/kernel/usdt_notes.h"
#include "runtime/kernel/zip_member.h"

#include <algorithm>
#include <cerrno>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/kernel/elf_symbols.h"
#include "runtime/probes/binary_path.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/user_attach.h"

namespace probes::usdt {
namespace {

/// What list() looks for, out of a parsed target or a pattern of -l.
struct Wanted {
    std::string path, provider = "*", name;
};

Wanted wanted_of(const Target& target) {
    Wanted wanted;
    wanted.path = target.parts.empty() ? "*" : target.parts.front();
    wanted.name = target.parts.size() > 1 ? target.parts.back() : "*";
    if (target.parts.size() > 2) wanted.provider = target.parts[1];
    if (target.is_listing && target.pid >= 0 && target.parts.size() == 1 && wanted.path != "*") {
        // With -p the file may be left out.
        wanted.name = std::move(wanted.path);
        wanted.path.clear();
    }
    return wanted;
}

bool is_wanted(const Wanted& wanted, const kernel::UsdtNote& note) {
    return base::glob_matches(wanted.provider, note.provider) && base::glob_matches(wanted.name, note.name);
}

Binaries binaries_of(const Wanted& wanted, const Target& target) {
    // Every process is meant, not whatever lies in this directory.
    if (wanted.path == "*" && target.pid < 0) return find_running(target.command);
    return find_binaries("usdt", wanted.path, target.pid);
}

}  // namespace

Parsed<Target> parse(Parts parts) {
    if (auto error = wrong_count("usdt", parts.size(), 2, 3)) return *error;
    Target target = target_of(program::ProbeKind::usdt, parts);
    target.target = parts[0];
    target.function = parts.back();
    if (target.function.empty()) return TargetError{"usdt probe must have a target function or wildcard", {}};
    return target;
}

Matches list(const View& view, const Target& target) {
    const Wanted wanted = wanted_of(target);
    const Binaries binaries = binaries_of(wanted, target);
    if (binaries.paths.empty() && !base::has_wildcard(wanted.path)) return no_such_binary("usdt", wanted.path);
    std::vector<Match> matches;
    for (const std::string& binary : binaries.paths) {
        auto notes = kernel::read_usdt_notes(binary);
        if (!notes.ok() && !target.is_listing && kernel::member_path(binary)) return notes.take_error();
        if (!notes.ok() || notes->empty()) continue;
        const auto symbols = view.elf_symbols(binary);
        if (!symbols.ok()) continue;
        for (const kernel::UsdtNote& note : *notes) {
            const auto offset = (*symbols)->offset_of_address(note.address);
            if (!is_wanted(wanted, note) || !offset) continue;
            Match match;
            match.name = "usdt:" + binary + ":" + note.provider + ":" + note.name;
            match.place.target = binary;
            match.place.module = note.provider;
            match.place.function = note.name;
            match.place.address = note.address;
            match.place.offset = *offset;
            match.place.pid = target.pid;
            if (note.semaphore != 0)
                match.place.semaphore_offset = (*symbols)->offset_of_address(note.semaphore).value_or(0);
            matches.push_back(std::move(match));
        }
    }
    // A probe that was inlined is in several places: all of them are meant by its one name.
    std::stable_sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) { return a.name < b.name; });
    const auto is_repeated = [&target](const Match& a, const Match& b) {
        return a.name == b.name && (target.is_listing || a.place.offset == b.place.offset);
    };
    matches.erase(std::unique(matches.begin(), matches.end(), is_repeated), matches.end());
    if (!matches.empty()) matches.front().warning = binaries.warning;
    return matches;
}

std::vector<std::string> nearest(const View&, const Target& target) {
    const Wanted wanted = wanted_of(target);
    base::Nearest search(wanted.name);
    std::vector<std::pair<std::string, std::string>> known;
    for (const std::string& binary : binaries_of(wanted, target).paths) {
        const auto notes = kernel::read_usdt_notes(binary);
        if (!notes.ok()) continue;
        for (const kernel::UsdtNote& note : *notes) {
            search.add(note.name);
            known.emplace_back(note.name, "usdt:" + wanted.path + ":" + note.provider + ":" + note.name);
        }
    }
    std::vector<std::string> names = search.names();
    for (std::string& name : names) {
        const auto whole = std::find_if(known.begin(), known.end(), [&name](const auto& k) { return k.first == name; });
        if (whole != known.end()) name = whole->second;
    }
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

Arguments arguments(const View& view, const program::Place& place) {
    auto notes = kernel::read_usdt_notes(place.target);
    if (!notes.ok()) return notes.take_error();
    const auto note = std::find_if(notes->begin(), notes->end(), [&place](const kernel::UsdtNote& candidate) {
        return candidate.address == place.address && candidate.provider == place.module &&
               candidate.name == place.function;
    });
    if (note == notes->end()) {
        return base::Error{.message = "no usdt probe " + place.module + ":" + place.function + " in " + place.target,
                           .errnum = ENOENT};
    }
    const auto find_symbol = [&view, &place](std::string_view name) -> std::optional<std::uint64_t> {
        const auto found = view.elf_object(place.target, name);
        return found.ok() ? std::optional(found->address) : std::nullopt;
    };
    program::ArgumentList list;
    std::size_t number = 0;
    for (std::string_view text : kernel::split_usdt_arguments(note->arguments)) {
        program::Argument argument;
        argument.name = "arg" + std::to_string(number++);
        argument.expression = text;
        const auto operand = kernel::parse_usdt_operand(text, note->address, find_symbol);
        if (!operand) continue;  // the script is told when it asks for this one
        argument.place = program::ArgumentPlace::usdt_expression;
        argument.operand = *operand;
        argument.type.kind = program::ArgumentType::Kind::integer;
        argument.type.size = operand->size;
        argument.type.is_signed = operand->is_signed;
        argument.type.spelling = std::string(operand->is_signed ? "int" : "uint") + std::to_string(operand->size * 8);
        list.arguments.push_back(std::move(argument));
    }
    return list;
}

Attachment attach(const View&, const LoadedFunction& function, Places places) {
    return attach_to_files(function, places, false);
}

}  // namespace probes::usdt
