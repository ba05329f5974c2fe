// uprobe, uretprobe: entry, return or an inner instruction of a function of a program or library.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <set>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/kernel/arch.h"
#include "runtime/kernel/calling_convention.h"
#include "runtime/kernel/dwarf.h"
#include "runtime/kernel/elf_symbols.h"
#include "runtime/kernel/zip_member.h"
#include "runtime/probes/binary_path.h"
#include "runtime/probes/cpp_name.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/user_attach.h"

namespace probes::uprobe {
namespace {

using program::ProbeKind;

constexpr std::string_view kCpp = "cpp";

/// BIN@file.c:LINE[:COLUMN]. A path may hold an '@' too: then no number follows.
struct SourceLine {
    std::string binary, file;
    std::uint32_t line = 0, column = 0;
};

std::optional<SourceLine> source_line(Parts parts) {
    const std::size_t at = parts.empty() ? std::string::npos : parts[0].rfind('@');
    if (at == std::string::npos || parts.size() < 2 || parts.size() > 3) return std::nullopt;
    std::array<std::uint32_t, 2> numbers{};
    for (std::size_t i = 1; i < parts.size(); i++) {
        const auto number = base::parse_digits(parts[i], 10);
        if (!number || *number > UINT32_MAX) return std::nullopt;
        numbers[i - 1] = static_cast<std::uint32_t>(*number);
    }
    if (numbers[0] == 0) return std::nullopt;
    return SourceLine{parts[0].substr(0, at), parts[0].substr(at + 1), numbers[0], numbers[1]};
}

Parsed<Target> parse(ProbeKind kind, Parts parts) {
    const std::string name(name_of(kind));
    if (auto error = wrong_count(name, parts.size(), 2, 3)) {
        // "ns::fn" makes an empty part.
        if (parts.size() > 3 && std::find(parts.begin(), parts.end(), "") != parts.end())
            error->hint = "C++ names stand in quotes: " + name + ":" + parts[0] + ":cpp:\"ns::fn\"";
        return *error;
    }
    Target target = target_of(kind, parts);
    target.target = parts[0];
    if (const auto line = source_line(parts)) {
        if (kind == ProbeKind::uretprobe) return TargetError{"a source line has no return", "use uprobe"};
        target.target = line->binary;
        target.has_wildcard = false;
        return target;
    }
    std::string_view function = parts.back();
    if (parts.size() == 3) {
        if (parts[1] != kCpp)
            return TargetError{name + " target language '" + parts[1] + "' is not known", "use " + std::string(kCpp)};
        // operator+ and its like: no offset stands there.
        target.function = function;
        return target;
    }
    if (const std::size_t plus = function.rfind('+'); plus != std::string_view::npos) {
        if (kind == ProbeKind::uretprobe) return TargetError{"Offset not allowed", {}};
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

/// What list() looks for, out of a parsed target or a pattern of -l.
struct Wanted {
    std::string path, function;
    bool is_cpp = false;
};

Wanted wanted_of(const Target& target) {
    Wanted wanted{.path = target.target, .function = target.function, .is_cpp = false};
    wanted.is_cpp = target.parts.size() == 3 && target.parts[1] == kCpp;
    if (!target.is_listing) return wanted;
    wanted.path = target.parts.empty() ? "*" : target.parts[0];
    wanted.function = target.parts.size() > 1 ? target.parts.back() : "*";
    if (target.pid >= 0 && target.parts.size() == 1 && wanted.path != "*") {
        // With -p the file may be left out.
        wanted.function = std::move(wanted.path);
        wanted.path.clear();
    }
    return wanted;
}

class Finder {
  public:
    Finder(const Target& target, std::string binary)
        : target_(target), binary_(std::move(binary)), kind_(name_of(target.kind)) {}

    void add_lines(const SourceLine& line, const kernel::ElfSymbols& symbols, const kernel::DebugInfo& debug_info) {
        for (const std::uint64_t address : debug_info.addresses(line.file, line.line, line.column)) {
            const auto function = symbols.find(address);
            // Line tables begin rows where instructions begin.
            add(std::to_string(address), function ? function->name : "", address, symbols, false);
        }
    }

    void add_all(const Wanted& wanted, const kernel::ElfSymbols& symbols) {
        if (!target_.is_listing && wanted.function.empty()) {
            add(std::to_string(target_.address), "", target_.address, symbols, true);
            return;
        }
        if (!wanted.is_cpp && !base::has_wildcard(wanted.function)) {
            const auto found = symbols.find(wanted.function);
            if (!found) return;
            std::string text(found->name);
            if (target_.offset != 0) text += "+" + std::to_string(target_.offset);
            add(text, found->name, found->address + target_.offset, symbols, target_.offset != 0);
            return;
        }
        // One instruction, one probe: aliases of a function would fire it twice.
        std::set<std::uint64_t> seen;
        for (const kernel::ElfFunction& candidate : symbols.functions()) {
            if (candidate.name.find(".part.") != std::string_view::npos || !symbols.is_code(candidate.address))
                continue;
            std::string text(candidate.name);
            if (wanted.is_cpp) {
                const std::string name = demangled(candidate.name);
                if (name.empty() || !is_cpp_match(wanted.function, name)) continue;
                text = std::string(kCpp) + ":" + name;
            } else if (!base::glob_matches(wanted.function, candidate.name)) {
                continue;
            }
            if (!target_.is_listing && !seen.insert(candidate.address).second) continue;
            add(text, candidate.name, candidate.address, symbols, false);
        }
    }

    [[nodiscard]] bool is_empty() const { return matches_.empty(); }
    std::vector<Match> take() { return std::move(matches_); }

  private:
    void add(const std::string& text, std::string_view function, std::uint64_t address,
             const kernel::ElfSymbols& symbols, bool needs_check) {
        Match match;
        match.name = kind_ + ":" + binary_ + ":" + text;
        match.place.target = binary_;
        match.place.function = function;
        match.place.address = address;
        // Outside of every segment attaching will say what is wrong.
        match.place.offset = symbols.offset_of_address(address).value_or(address);
        match.place.pid = target_.pid;
        match.place.needs_check = needs_check && !target_.is_unsafe;
        matches_.push_back(std::move(match));
    }

    const Target& target_;
    std::string binary_, kind_;
    std::vector<Match> matches_;
};

std::string hexadecimal(std::uint64_t value) {
    std::array<char, 24> text;
    std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
    return text.data();
}

/// An address that a script chose: inside its function, and where an instruction begins.
base::Status check(const View& view, const program::Place& place) {
    auto symbols = view.elf_symbols(place.target);
    if (!symbols.ok()) return symbols.take_error();
    const auto function =
        place.function.empty() ? (*symbols)->find(place.address) : (*symbols)->find(std::string_view(place.function));
    if (!function || !(*symbols)->offset_of_address(function->address)) {
        return base::Error{.message = "Could not resolve address: " + place.target + ":" + hexadecimal(place.address),
                           .errnum = EINVAL};
    }
    const std::uint64_t inside = place.address - function->address;
    // Hand-written assembly has no size.
    if (function->size != 0 && inside >= function->size) {
        return base::Error{.message = "Offset outside the function bounds ('" + std::string(function->name) +
                                      "' size is " + std::to_string(function->size) + ")",
                           .errnum = EINVAL};
    }
    constexpr std::size_t kLongestInstruction = 15;
    const auto code = kernel::file_bytes(place.target, *(*symbols)->offset_of_address(function->address),
                                         inside + kLongestInstruction);
    std::size_t at = 0;
    while (at < inside && at < code.size()) {
        const std::size_t length = kernel::instruction_length(std::span(code).subspan(at));
        if (length == 0) return {};  // data between the code: from here on nobody can tell
        at += length;
    }
    if (at <= inside) return {};
    return base::Error{.message = "Could not add uprobe into middle of instruction: " + place.target + ":" +
                                  std::string(function->name) + "+" + std::to_string(inside),
                       .errnum = EINVAL,
                       .hint =
                           "Use --unsafe to force attachment. WARNING: a breakpoint inside an instruction can crash "
                           "the program or change what it computes"};
}

Attachment attach(const View& view, const LoadedFunction& function, Places places, bool is_return) {
    for (const program::Place& place : places) {
        if (!place.needs_check) continue;
        if (auto status = check(view, place); !status.ok()) return status.take_error();
    }
    return attach_to_files(function, places, is_return);
}

/// What the language calls the type. Pointers and structures are looked up in the same DWARF when they are followed.
program::ArgumentType argument_type(const kernel::DebugInfo& debug_info, kernel::DwarfId id) {
    using Kind = program::ArgumentType::Kind;
    using Dwarf = kernel::DwarfType::Kind;
    program::ArgumentType result;
    const kernel::DwarfId resolved = debug_info.resolve(id);
    const kernel::DwarfType type = debug_info.type(resolved);
    result.spelling = debug_info.spelling(id);
    result.size = static_cast<std::uint32_t>(std::min<std::uint64_t>(type.size, UINT32_MAX));
    result.is_signed = type.is_signed;
    switch (type.kind) {
        case Dwarf::boolean: result.kind = Kind::boolean; break;
        case Dwarf::integer:
        case Dwarf::enumeration: result.kind = Kind::integer; break;  // enums too print as numbers
        case Dwarf::pointer: result.is_user_pointer = true; [[fallthrough]];
        default:
            result.kind = Kind::btf;
            result.btf_id = program::kProgramType | resolved;
            break;
    }
    return result;
}

base::Error no_matches(const Target& target, std::string hint) {
    return base::Error{
        .message = "No matches for uprobe " + target_text(target) + ".", .errnum = ENOENT, .hint = std::move(hint)};
}

/// A source line without a statement, or a column where none begins.
base::Error no_code_there(const kernel::DebugInfo& debug_info, const Target& target, const SourceLine& line) {
    const auto near = debug_info.near(line.file, line.line);
    if (!near) return no_matches(target, "debuginfo knows no source file of that name");
    if (near->before == line.line) return no_matches(target, "no statement begins in that column; leave it out");
    std::string hint = line.file + " has code in line ";
    if (near->before != 0) hint += std::to_string(near->before);
    if (near->before != 0 && near->behind != 0) hint += " and in line ";
    if (near->behind != 0) hint += std::to_string(near->behind);
    return no_matches(target, hint);
}

/// A function that is not there because the compiler put it into its callers.
std::optional<base::Error> explain_inlined(const View& view, const Target& target,
                                           const std::vector<std::string>& binaries, const std::string& function) {
    for (const std::string& binary : binaries) {
        const auto debug_info = view.debug_info(binary);
        const auto line = debug_info.ok() ? (*debug_info)->inlined(function) : std::nullopt;
        if (!line) continue;
        const std::string file = line->file.substr(line->file.rfind('/') + 1);
        return no_matches(target, "the compiler put " + function + " into its callers; a line of it can be probed: " +
                                      "uprobe:" + target.target + "@" + file + ":" + std::to_string(line->line));
    }
    return std::nullopt;
}

bool is_number(const program::ArgumentType& type) {
    return type.kind == program::ArgumentType::Kind::integer || type.kind == program::ArgumentType::Kind::boolean;
}

void set_constant(program::Argument& argument, std::int64_t value) {
    argument.place = program::ArgumentPlace::usdt_expression;
    argument.operand.kind = program::Operand::Kind::constant;
    argument.operand.size = argument.type.size;
    argument.operand.is_signed = argument.type.is_signed;
    argument.operand.displacement = value;
}

/// part.constprop.0, part.isra.0: made for some callers, with fewer parameters.
bool is_copy(std::string_view function) {
    return function.find('.') != std::string_view::npos;
}

/// Where a parameter is, in the terms of programs; false: where they cannot look.
bool set_place(program::Argument& argument, const kernel::ParameterPlace& place) {
    using Kind = kernel::ParameterPlace::Kind;
    program::Operand& operand = argument.operand;
    switch (place.kind) {
        case Kind::registers:
            argument.place = program::ArgumentPlace::register_file;
            argument.offset = static_cast<std::uint32_t>(place.first);
            argument.second = place.second;
            return true;
        case Kind::address:
        case Kind::stack:
            argument.place = program::ArgumentPlace::usdt_expression;
            operand.kind = program::Operand::Kind::memory;
            operand.size = argument.type.size;
            operand.is_signed = argument.type.is_signed;
            operand.base = place.kind == Kind::address
                               ? place.first
                               : static_cast<std::int32_t>(kernel::register_offset("sp").value());
            operand.displacement = place.kind == Kind::address ? 0 : place.stack_offset;
            return true;
        case Kind::unknown: return false;
    }
    return false;
}

/// Of a parameter that is in no place which programs see.
std::string why_unreadable(const kernel::DebugInfo& debug_info, kernel::DwarfId id) {
    const kernel::DwarfType type = debug_info.type(debug_info.resolve(id));
    constexpr std::uint64_t kVectorRegister = 16;
    if (type.size == 0) return "it has no bytes";
    if (type.kind == kernel::DwarfType::Kind::floating) return "scripts have no floating-point numbers";
    if (type.size <= kVectorRegister) return "it is passed in a vector register, which probes do not see";
    return "debuginfo does not tell where it is";
}

base::Result<std::pair<std::shared_ptr<const kernel::DebugInfo>, kernel::DwarfFunction>> function_of(
    const View& view, const program::Place& place) {
    auto debug_info = view.debug_info(place.target);
    if (!debug_info.ok()) return debug_info.take_error();
    auto function = (*debug_info)->function(place.address);
    if (!function) {
        return base::Error{.message = "no function begins there in the debuginfo of " + place.target, .errnum = ENOENT};
    }
    return std::pair{*debug_info, std::move(*function)};
}

}  // namespace

Parsed<Target> parse_uprobe(Parts parts) {
    return parse(ProbeKind::uprobe, parts);
}

Parsed<Target> parse_uretprobe(Parts parts) {
    return parse(ProbeKind::uretprobe, parts);
}

Matches list(const View& view, const Target& target) {
    const std::string kind(name_of(target.kind));
    const Wanted wanted = wanted_of(target);
    const auto line = target.is_listing ? std::nullopt : source_line(target.parts);
    const Binaries binaries = find_binaries(kind, wanted.path, target.pid);
    if (binaries.paths.empty() && !base::has_wildcard(wanted.path)) return no_such_binary(kind, wanted.path);

    std::vector<Match> matches;
    for (const std::string& binary : binaries.paths) {
        auto symbols = view.elf_symbols(binary);
        if (!symbols.ok()) {
            // Whoever names a member of an archive wants to know why it cannot be read.
            if (!target.is_listing && kernel::member_path(binary)) return symbols.take_error();
            continue;
        }
        Finder finder(target, binary);
        if (line) {
            auto debug_info = view.debug_info(binary);
            if (!debug_info.ok()) return debug_info.take_error("finding " + line->file);
            finder.add_lines(*line, **symbols, **debug_info);
            if (finder.is_empty() && !target.has_wildcard) return no_code_there(**debug_info, target, *line);
        } else {
            finder.add_all(wanted, **symbols);
        }
        auto found = finder.take();
        std::move(found.begin(), found.end(), std::back_inserter(matches));
    }
    const bool is_one_name = !target.is_listing && !target.has_wildcard && !wanted.is_cpp && !line;
    if (matches.empty() && is_one_name && !wanted.function.empty())
        if (auto error = explain_inlined(view, target, binaries.paths, wanted.function)) return *error;
    sort_matches(matches);
    if (!matches.empty()) matches.front().warning = binaries.warning;
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const Wanted wanted = wanted_of(target);
    base::Nearest search(wanted.function);
    const std::string kind(name_of(target.kind));
    for (const std::string& binary : find_binaries(kind, wanted.path, target.pid).paths) {
        const auto symbols = view.elf_symbols(binary);
        if (!symbols.ok()) continue;
        for (const kernel::ElfFunction& candidate : (*symbols)->functions()) {
            if (!wanted.is_cpp)
                search.add(candidate.name);
            else if (const std::string name = demangled(candidate.name); !name.empty())
                search.add(without_parameters(name));
        }
    }
    auto names = search.names();
    for (std::string& name : names) {
        std::string prefix = kind + ":" + target.target + ":";
        name = wanted.is_cpp ? prefix + std::string(kCpp) + ":\"" + name + "\"" : prefix + name;
    }
    return names;
}

Arguments arguments(const View& view, const program::Place& place) {
    auto found = function_of(view, place);
    if (!found.ok()) {
        return found.take_error("Could not parse arguments of \"uprobe:" + place.target + ":" + place.function + "\"");
    }
    const auto& [debug_info, function] = *found;
    const auto places = kernel::parameter_places(*debug_info, function);
    program::ArgumentList list;
    for (std::size_t i = 0; i < function.parameters.size(); i++) {
        program::Argument argument;
        argument.name = function.parameters[i].name;
        if (argument.name.empty()) continue;
        argument.type = argument_type(*debug_info, function.parameters[i].type);
        const kernel::DwarfParameter& parameter = function.parameters[i];
        if (parameter.constant && is_number(argument.type))
            set_constant(argument, *parameter.constant);
        else if (!parameter.has_place && is_copy(place.function)) {
            list.unreadable.push_back({argument.name, "the compiler left it out of this copy of the function"});
            continue;
        } else if (!set_place(argument, places[i])) {
            list.unreadable.push_back({argument.name, why_unreadable(*debug_info, parameter.type)});
            continue;
        }
        list.arguments.push_back(std::move(argument));
    }
    return list;
}

Lines describe(const View& view, const program::Place& place) {
    auto found = function_of(view, place);
    if (!found.ok() && found.error().errnum == ENODATA) {
        return base::Error{.message = "No DWARF found for \"" + place.target + "\", cannot show parameter info",
                           .errnum = ENODATA};
    }
    if (!found.ok()) return found.take_error();
    std::vector<std::string> lines;
    for (const kernel::DwarfParameter& parameter : found->second.parameters)
        lines.push_back(found->first->spelling(parameter.type) + " " + parameter.name);
    return lines;
}

Attachment attach_uprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, false);
}

Attachment attach_uretprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, true);
}

}  // namespace probes::uprobe
