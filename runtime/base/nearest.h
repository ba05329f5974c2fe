// base::nearest: which known names a misspelt word may have meant.
//
// Given words by everybody who has to say "unknown": diagnostics (names, fields, events), the option parser, config
// keys. It knows nothing of what the names are; the caller supplies the candidates and writes the sentence around
// the answer (or lets did_you_mean write the usual one).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Collects candidates one at a time, so that a list of 70,000 kernel functions need not be in memory at once.
class Nearest {
  public:
    explicit Nearest(std::string_view word, std::size_t most = 3);
    void add(std::string_view candidate);
    /// Best first; empty when nothing is near enough to be worth a hint.
    [[nodiscard]] std::vector<std::string> names() const;

  private:
    struct Found {
        std::string name;
        unsigned distance;
        std::size_t common_prefix;
    };
    [[nodiscard]] unsigned worst_wanted() const;

    std::string word_;
    std::size_t most_;
    unsigned limit_;
    std::vector<Found> found_;  ///< sorted, at most most_ entries
};

std::vector<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates,
                                 std::size_t most = 3);
std::vector<std::string> nearest(std::string_view word, std::span<const std::string> candidates, std::size_t most = 3);

/// "did you mean `a`, `b` or `c`?"; empty for no names.
std::string did_you_mean(std::span<const std::string> names);

/// Damerau-Levenshtein distance (insert, delete, replace, swap of neighbours) in halves: 2 per edit, 1 where only case
/// or '-' against '_' differs. Gives limit + 1 as soon as the distance is known to exceed limit.
unsigned edit_distance(std::string_view a, std::string_view b, unsigned limit);

}  // namespace base
