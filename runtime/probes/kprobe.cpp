// kprobe, kretprobe: entry, return or an inner instruction of a kernel function. Attaching them is kprobe_attach.cpp.
#include <linux/btf.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/probes/btf_prototype.h"
#include "runtime/probes/kinds.h"

namespace probes::kprobe {
namespace {

using program::ProbeKind;

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

/// Functions that kprobes must leave alone, sorted: of those that ftrace lists, some run when a kprobe is hit.
std::vector<std::string> forbidden_functions(const View& view) {
    std::vector<std::string> names;
    const auto text = view.read_file("/sys/kernel/debug/kprobes/blacklist");
    if (!text.ok()) return names;
    // "0xffffffff81001000-0xffffffff81001010\tdo_int3" a line
    for (std::string_view line : base::split(*text, '\n'))
        if (const std::size_t tab = line.find('\t'); tab != std::string_view::npos)
            names.emplace_back(line.substr(tab + 1));
    std::sort(names.begin(), names.end());
    return names;
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
    const bool is_many = is_pattern || target.is_listing;
    const auto forbidden = is_many ? forbidden_functions(view) : std::vector<std::string>();
    for (const kernel::FunctionName& candidate : *functions) {
        if (is_pattern ? !base::glob_matches(function, candidate.name) : function != candidate.name) continue;
        if (!module.empty() && !base::glob_matches(module, candidate.module)) continue;
        // Pieces the compiler split off: what their arguments are nobody can tell.
        if (candidate.name.find(".part.") != std::string::npos) continue;
        if (std::binary_search(forbidden.begin(), forbidden.end(), candidate.name)) continue;
        add(candidate.module, candidate.name);
    }
    // The list has one name for each place, and functions that ftrace cannot touch may still take a breakpoint: of any
    // other function the kernel itself says whether it lets it be probed.
    if (matches.empty() && !is_pattern && !target.is_listing && !view.function_addresses(module, function).empty())
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

}  // namespace probes::kprobe
