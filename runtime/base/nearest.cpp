#include "runtime/base/nearest.h"

#include <algorithm>
#include <array>

namespace base {
namespace {

constexpr unsigned kEdit = 2;
constexpr unsigned kSlip = 1;  // right letter, wrong case; right place, wrong dash

// Names of the kernel and of our tables are shorter; a longer word is compared by its beginning only.
constexpr std::size_t kLongest = 128;

char folded(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

unsigned replace_cost(char a, char b) {
    if (a == b) return 0;
    return folded(a) == folded(b) ? kSlip : kEdit;
}

// One edit in a word of up to three letters ("pdi"), two up to eight, three up to twelve and so on: more and the hint
// would be a guess.
unsigned limit_for(std::size_t length) {
    if (length == 0) return 0;
    if (length <= 3) return kEdit;
    if (length <= 8) return 2 * kEdit;
    return static_cast<unsigned>(std::min<std::size_t>(length / 4 + 1, 6)) * kEdit;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
    std::size_t n = 0;
    while (n < a.size() && n < b.size() && folded(a[n]) == folded(b[n]))
        n++;
    return n;
}

}  // namespace

unsigned edit_distance(std::string_view a, std::string_view b, unsigned limit) {
    a = a.substr(0, kLongest);
    b = b.substr(0, kLongest);
    const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (gap * kEdit > limit) return limit + 1;

    // Three rolling rows are enough for the swap of two neighbours.
    std::array<std::array<unsigned, kLongest + 1>, 3> rows;
    for (std::size_t j = 0; j <= b.size(); j++)
        rows[0][j] = static_cast<unsigned>(j) * kEdit;
    for (std::size_t i = 1; i <= a.size(); i++) {
        const auto& above = rows[(i - 1) % 3];
        const auto& two_above = rows[(i + 1) % 3];
        auto& row = rows[i % 3];
        row[0] = static_cast<unsigned>(i) * kEdit;
        unsigned best = row[0];
        for (std::size_t j = 1; j <= b.size(); j++) {
            unsigned cost = std::min(above[j] + kEdit, row[j - 1] + kEdit);
            cost = std::min(cost, above[j - 1] + replace_cost(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost = std::min(cost, two_above[j - 2] + kEdit);
            row[j] = cost;
            best = std::min(best, cost);
        }
        if (best > limit + kEdit) return limit + 1;
    }
    return std::min(rows[a.size() % 3][b.size()], limit + 1);
}

Nearest::Nearest(std::string_view word, std::size_t most)
    : word_(word), most_(most), limit_(limit_for(std::min(word.size(), kLongest))) {}

unsigned Nearest::worst_wanted() const {
    return found_.size() < most_ ? limit_ : found_.back().distance;
}

void Nearest::add(std::string_view candidate) {
    if (word_.empty() || candidate.empty() || candidate == word_ || most_ == 0) return;
    unsigned distance = edit_distance(word_, candidate, worst_wanted());
    // "strf" stands for strftime however much is missing, but behind every real slip of the finger.
    if (distance > limit_ && word_.size() >= 3 && common_prefix(word_, candidate) == word_.size()) distance = limit_;
    if (distance > worst_wanted()) return;
    const std::size_t prefix = common_prefix(word_, candidate);
    const auto place = std::find_if(found_.begin(), found_.end(), [&](const Found& other) {
        return distance < other.distance || (distance == other.distance && prefix > other.common_prefix);
    });
    if (place == found_.end() && found_.size() == most_) return;
    for (const Found& other : found_)
        if (other.name == candidate) return;
    found_.insert(place, Found{std::string(candidate), distance, prefix});
    if (found_.size() > most_) found_.pop_back();
}

std::vector<std::string> Nearest::names() const {
    std::vector<std::string> result;
    for (const Found& found : found_) {
        // A candidate twice as far as the best one only blurs the answer.
        if (found.distance > found_.front().distance + kEdit) break;
        result.push_back(found.name);
    }
    return result;
}

std::vector<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates,
                                 std::size_t most) {
    Nearest search(word, most);
    for (std::string_view candidate : candidates)
        search.add(candidate);
    return search.names();
}

std::vector<std::string> nearest(std::string_view word, std::span<const std::string> candidates, std::size_t most) {
    Nearest search(word, most);
    for (const std::string& candidate : candidates)
        search.add(candidate);
    return search.names();
}

std::string did_you_mean(std::span<const std::string> names) {
    if (names.empty()) return {};
    std::string text = "did you mean ";
    for (std::size_t i = 0; i < names.size(); i++) {
        if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
        text += "`" + names[i] + "`";
    }
    return text + "?";
}

}  // namespace base
