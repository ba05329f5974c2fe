#include "runtime/probes/cpp_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

#include "runtime/base/glob.h"

namespace probes {
namespace {

/// Without " const", " &&", " [clone .cold]" behind the parameters.
std::string_view without_suffixes(std::string_view name) {
    for (bool is_shorter = true; is_shorter;) {
        is_shorter = false;
        if (name.ends_with(']')) {
            const std::size_t at = name.rfind(" [");
            if (at != std::string_view::npos) {
                name = name.substr(0, at);
                is_shorter = true;
            }
        }
        for (std::string_view suffix : {" const", " volatile", " &&", " &", " noexcept"}) {
            if (!name.ends_with(suffix)) continue;
            name.remove_suffix(suffix.size());
            is_shorter = true;
        }
    }
    return name;
}

/// Only templates have their return type in front: "long brew::twice<long>".
std::string_view without_result(std::string_view name) {
    std::size_t depth = 0, begin = 0;
    for (std::size_t i = 0; i < name.size(); i++) {
        if (name.substr(i).starts_with("operator") && depth == 0) break;  // operator< and "operator unsigned long"
        const char c = name[i];
        if (c == '<' || c == '(') depth++;
        if ((c == '>' || c == ')') && depth > 0) depth--;
        if (c == ' ' && depth == 0) begin = i + 1;
    }
    return name.substr(begin);
}

/// A '(' that belongs neither to "(anonymous namespace)" nor to "operator()".
bool has_parameters(std::string_view pattern) {
    for (std::size_t at = pattern.find('('); at != std::string_view::npos; at = pattern.find('(', at + 1)) {
        const bool is_name = pattern.substr(at).starts_with("(anonymous") ||
                             (pattern.substr(0, at).ends_with("operator") && pattern.substr(at).starts_with("()"));
        if (!is_name) return true;
    }
    return false;
}

}  // namespace

std::string demangled(std::string_view symbol) {
    if (!symbol.starts_with("_Z")) return {};
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(
        abi::__cxa_demangle(std::string(symbol).c_str(), nullptr, nullptr, &status), std::free);
    return status == 0 && text ? text.get() : std::string();
}

std::string_view without_parameters(std::string_view name) {
    name = without_suffixes(name);
    if (name.ends_with(')')) {
        std::size_t depth = 0;
        for (std::size_t i = name.size(); i-- > 0;) {
            if (name[i] == ')') depth++;
            if (name[i] == '(' && --depth == 0) {
                name = name.substr(0, i);
                break;
            }
        }
    }
    return without_result(name);
}

bool is_cpp_match(std::string_view pattern, std::string_view name) {
    if (!has_parameters(pattern)) return base::glob_matches(pattern, without_parameters(name));
    return base::glob_matches(pattern, name) || base::glob_matches(pattern, without_result(name));
}

}  // namespace probes
