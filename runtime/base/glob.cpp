#include "runtime/base/glob.h"

#include <cstddef>

namespace base {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// End of the set that begins at pattern[at] == '[': index of its ']'. A ']' right behind the '[' (or '[!') belongs to
// the set, as in every shell.
std::size_t set_end(std::string_view pattern, std::size_t at) {
    std::size_t first = at + 1;
    if (first < pattern.size() && (pattern[first] == '!' || pattern[first] == '^')) first++;
    return pattern.find(']', first + 1);
}

bool set_has(std::string_view set, char c) {
    bool is_negated = false;
    if (!set.empty() && (set.front() == '!' || set.front() == '^')) {
        is_negated = true;
        set.remove_prefix(1);
    }
    bool found = false;
    for (std::size_t i = 0; i < set.size(); i++) {
        if (i + 2 < set.size() && set[i + 1] == '-') {
            found |= set[i] <= c && c <= set[i + 2];
            i += 2;
        } else {
            found |= set[i] == c;
        }
    }
    return found != is_negated;
}

}  // namespace

bool has_wildcard(std::string_view pattern) {
    if (pattern.find('*') != kNone) return true;
    const std::size_t open = pattern.find('[');
    return open != kNone && set_end(pattern, open) != kNone;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
    // On a mismatch only the last star can still help, by taking one character more: linear in practice, never
    // exponential.
    std::size_t p = 0, t = 0, star = kNone, star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
            continue;
        }
        if (p < pattern.size()) {
            if (pattern[p] == '[') {
                const std::size_t end = set_end(pattern, p);
                if (end != kNone) {
                    if (set_has(pattern.substr(p + 1, end - p - 1), text[t])) {
                        p = end + 1;
                        t++;
                        continue;
                    }
                } else if (text[t] == '[') {
                    p++;
                    t++;
                    continue;
                }
            } else if (pattern[p] == text[t]) {
                p++;
                t++;
                continue;
            }
        }
        if (star == kNone) return false;
        p = star + 1;
        t = ++star_text;
    }
    while (p < pattern.size() && pattern[p] == '*')
        p++;
    return p == pattern.size();
}

}  // namespace base
