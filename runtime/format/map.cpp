#include "runtime/format/map.h"

#include <algorithm>
#include <vector>

#include "runtime/base/bug.h"
#include "runtime/format/histogram.h"
#include "runtime/format/text.h"
#include "runtime/format/tseries.h"

namespace format {
namespace {

using program::Aggregation;
using program::AggregationKind;
using program::LayoutKind;
using program::MapSpec;

/// Text handed to the writer at a time.
constexpr std::size_t kChunk = 64 * 1024;

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

/// The CPUs' values of a number, as one: count, sum, min, max are `number`; avg and stats are number / count.
struct Merged {
    std::uint64_t number = 0, count = 0;

    [[nodiscard]] std::uint64_t average(bool is_signed) const {
        if (count == 0) return 0;
        if (!is_signed) return number / count;
        if (count > kSignBit) return 0;
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(number) / static_cast<std::int64_t>(count));
    }
};

std::uint64_t divide(std::uint64_t value, std::uint64_t divisor, bool is_signed) {
    if (divisor <= 1) return value;
    if (!is_signed) return value / divisor;
    if (divisor >= kSignBit) return 0;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value) / static_cast<std::int64_t>(divisor));
}

/// One line or block of output. Equal primaries are ordered by key, for which prefix saves most full comparisons.
struct Entry {
    std::uint64_t primary = 0, prefix = 0;
    std::uint32_t first = 0, count = 1;  ///< elements (after grouping); count is 1 unless the map is bucket-keyed
};

bool is_histogram(AggregationKind kind) {
    return kind == AggregationKind::hist || kind == AggregationKind::lhist;
}

class MapPrinter {
  public:
    MapPrinter(Writer& writer, std::string& out, FormatContext& context, program::MapId map,
               std::span<const MapElement> elements, const MapRequest& request)
        : writer_(writer),
          out_(out),
          context_(context),
          spec_(spec_of(context, map)),
          aggregation_(spec_.aggregation),
          elements_(elements),
          request_(request),
          stride_(std::max<std::size_t>(spec_.value_size, 1)),
          is_grouped_(aggregation_.is_bucket_keyed || aggregation_.kind == AggregationKind::tseries) {}

    void text() {
        if (!prepare()) return;
        if (spec_.is_scalar) {
            text_entry(entries_.empty() ? nullptr : &entries_[0]);
        } else {
            for (std::size_t i = 0; i < entries_.size(); ++i) {
                fetch_ahead(i);
                text_entry(&entries_[i]);
                hand_on(kChunk);
            }
        }
        const bool is_stats = aggregation_.kind == AggregationKind::stats || aggregation_.kind == AggregationKind::avg;
        if (is_stats && context_.program().config.legacy_stats && (spec_.is_scalar || !entries_.empty())) out_ += '\n';
        hand_on(0);
    }

    void json() {
        if (!prepare() || (!spec_.is_scalar && entries_.empty())) return;
        out_ += "{\"type\": \"";
        out_ += json_type();
        out_ += "\", \"data\": {";
        append_json_string(out_, spec_.name);
        out_ += ": ";
        if (spec_.is_scalar) {
            json_value(entries_.empty() ? nullptr : &entries_[0]);
        } else {
            out_ += '{';
            std::string key;
            for (const Entry& entry : entries_) {
                if (&entry != entries_.data()) out_ += ", ";
                key.clear();
                append_value(key, context_, spec_.key, user_key(element(entry)), Style::json_key);
                append_json_string(out_, key);
                out_ += ": ";
                json_value(&entry);
                hand_on(kChunk);
            }
            out_ += '}';
        }
        out_ += "}}\n";
        hand_on(0);
    }

  private:
    static const MapSpec& spec_of(const FormatContext& context, program::MapId map) {
        BUG_IF(map.index() >= context.program().maps.size(), "printing a map that is not in the program");
        return context.program().maps[map.index()];
    }

    /// Sorted entries name elements all over the memory: of a million keys each would be waited for three times.
    void fetch_ahead(std::size_t i) const {
        constexpr std::size_t kNear = 8, kFar = 16;
        if (i + kFar < entries_.size()) __builtin_prefetch(&element(entries_[i + kFar]));
        if (i + kNear >= entries_.size()) return;
        const MapElement& next = element(entries_[i + kNear]);
        __builtin_prefetch(next.key.data());
        __builtin_prefetch(next.values.data());
    }

    void hand_on(std::size_t limit) {
        if (out_.size() <= limit) return;
        writer_.write(out_);
        out_.clear();
    }

    [[nodiscard]] const MapElement& element(std::uint32_t index) const {
        return elements_[is_grouped_ ? order_[index] : index];
    }
    [[nodiscard]] const MapElement& element(const Entry& entry) const { return element(entry.first); }

    // -- values

    [[nodiscard]] bool has_set_word() const { return spec_.is_scalar && !is_grouped_; }
    [[nodiscard]] std::size_t cpus(const MapElement& element) const {
        return (element.values.size() + stride_ - 1) / stride_;
    }
    /// One CPU's value, without the word that says whether a scalar was set.
    [[nodiscard]] Bytes value_of(const MapElement& element, std::size_t cpu) const {
        const Bytes value = slice(element.values, cpu * stride_, stride_);
        return has_set_word() ? slice(value, 8, value.size()) : value;
    }

    [[nodiscard]] bool is_set(const MapElement& element) const {
        if (!has_set_word()) return true;
        for (std::size_t cpu = 0; cpu < cpus(element); ++cpu) {
            if (read_unsigned(element.values, cpu * stride_, 8) != 0) return true;
        }
        return false;
    }

    [[nodiscard]] bool is_less(std::uint64_t left, std::uint64_t right) const {
        return ordered(left, aggregation_.is_signed) < ordered(right, aggregation_.is_signed);
    }

    static std::uint64_t ordered(std::uint64_t value, bool is_signed) { return is_signed ? value ^ kSignBit : value; }

    [[nodiscard]] Merged merge(const Entry* entry) const {
        Merged merged;
        if (entry == nullptr) return merged;
        const MapElement& from = element(*entry);
        for (std::size_t cpu = 0; cpu < cpus(from); ++cpu) {
            const Bytes value = value_of(from, cpu);
            const std::uint64_t number = read_unsigned(value, 0, 8);
            const std::uint64_t second = read_unsigned(value, 8, 8);
            switch (aggregation_.kind) {
                case AggregationKind::count:
                case AggregationKind::sum: merged.number += number; break;
                case AggregationKind::min:
                case AggregationKind::max:
                    if (second == 0) break;
                    if (merged.count == 0 ||
                        (aggregation_.kind == AggregationKind::min ? is_less(number, merged.number)
                                                                   : is_less(merged.number, number))) {
                        merged.number = number;
                    }
                    merged.count = 1;
                    break;
                case AggregationKind::avg:
                case AggregationKind::stats:
                    merged.number += number;
                    merged.count += second;
                    break;
                case AggregationKind::none:
                case AggregationKind::hist:
                case AggregationKind::lhist:
                case AggregationKind::tseries: break;
            }
        }
        return merged;
    }

    /// Buckets of a histogram, summed over CPUs; all zero for nullptr.
    void merge_buckets(const Entry* entry, std::vector<std::uint64_t>& counts) const {
        counts.assign(aggregation_.bucket_count, 0);
        if (entry == nullptr) return;
        for (std::uint32_t i = 0; i < entry->count; ++i) {
            const MapElement& from = element(entry->first + i);
            const std::size_t bucket = is_grouped_ ? bucket_of(from) : 0;
            for (std::size_t cpu = 0; cpu < cpus(from); ++cpu) {
                const Bytes value = value_of(from, cpu);
                if (is_grouped_) {
                    if (bucket < counts.size()) counts[bucket] += read_unsigned(value, 0, 8);
                    continue;
                }
                const std::size_t present = std::min<std::size_t>(counts.size(), value.size() / 8);
                for (std::size_t j = 0; j < present; ++j)
                    counts[j] += read_unsigned(value, j * 8, 8);
            }
        }
    }

    // -- bucket-keyed maps

    /// Where the u32 bucket stands in the key.
    [[nodiscard]] std::size_t bucket_offset() const {
        if (spec_.is_scalar) return 0;
        return (std::size_t{context_.layout(spec_.key).size} + 3) & ~std::size_t{3};
    }
    [[nodiscard]] std::size_t bucket_of(const MapElement& element) const {
        return static_cast<std::size_t>(read_unsigned(element.key, bucket_offset(), 4));
    }
    /// The script's part of the key.
    [[nodiscard]] Bytes user_key(const MapElement& element) const {
        return is_grouped_ ? slice(element.key, 0, spec_.is_scalar ? 0 : context_.layout(spec_.key).size) : element.key;
    }

    // -- order

    [[nodiscard]] int compare_keys(const MapElement& left, const MapElement& right) const {
        const Bytes left_key = user_key(left), right_key = user_key(right);
        if (const int order = compare_values(context_, spec_.key, left_key, right_key); order != 0) return order;
        // Keys that look alike and yet are two (a string with bytes behind its NUL): some order, but a fixed one.
        const std::size_t size = std::min(left_key.size(), right_key.size());
        return size == 0 ? 0 : std::memcmp(left_key.data(), right_key.data(), size);
    }

    /// Fills entries_ in the order of output; false if the map prints nothing at all.
    bool prepare() {
        if (is_grouped_) {
            group();
        } else {
            entries_.reserve(elements_.size());
            for (std::uint32_t i = 0; i < elements_.size(); ++i) {
                if (spec_.is_scalar && !is_set(elements_[i])) continue;
                entries_.push_back(Entry{.primary = 0, .prefix = 0, .first = i, .count = 1});
            }
        }
        if (spec_.is_scalar) return !entries_.empty() || !request_.is_at_exit;

        for (Entry& entry : entries_) {
            entry.prefix = order_prefix(context_, spec_.key, user_key(element(entry)));
            entry.primary = primary_of(entry);
        }
        std::sort(entries_.begin(), entries_.end(), [this](const Entry& left, const Entry& right) {
            if (left.primary != right.primary) return left.primary < right.primary;
            if (left.prefix != right.prefix) return left.prefix < right.prefix;
            return compare_keys(element(left), element(right)) < 0;
        });
        if (request_.top != 0 && request_.top < entries_.size()) {
            entries_.erase(entries_.begin(), entries_.end() - static_cast<std::ptrdiff_t>(request_.top));
        }
        return true;
    }

    /// Brings the elements of one key together: order_ is sorted by key, an entry is a run in it.
    void group() {
        order_.resize(elements_.size());
        std::vector<std::uint64_t> prefixes(elements_.size());
        for (std::uint32_t i = 0; i < elements_.size(); ++i) {
            order_[i] = i;
            prefixes[i] = spec_.is_scalar ? 0 : order_prefix(context_, spec_.key, user_key(elements_[i]));
        }
        std::sort(order_.begin(), order_.end(), [&](std::uint32_t left, std::uint32_t right) {
            if (prefixes[left] != prefixes[right]) return prefixes[left] < prefixes[right];
            if (const int order = compare_keys(elements_[left], elements_[right]); order != 0) return order < 0;
            return bucket_of(elements_[left]) < bucket_of(elements_[right]);
        });
        for (std::uint32_t i = 0; i < order_.size(); ++i) {
            if (i == 0 || compare_keys(element(i - 1), element(i)) != 0) {
                entries_.push_back(Entry{.primary = 0, .prefix = 0, .first = i, .count = 0});
            }
            ++entries_.back().count;
        }
        if (aggregation_.kind == AggregationKind::tseries) {
            for (const Entry& entry : entries_)
                newest_ = std::max(newest_, newest_of(entry));
        }
    }

    /// What entries are sorted by before their keys, as a number whose unsigned order is meant.
    [[nodiscard]] std::uint64_t primary_of(const Entry& entry) {
        const bool is_signed = aggregation_.is_signed;
        switch (aggregation_.kind) {
            case AggregationKind::none: {
                const program::Layout& value = context_.layout(spec_.value);
                if (value.kind != LayoutKind::integer && value.kind != LayoutKind::enumeration) return 0;
                if (value.names.is_text) return 0;  // a string
                return ordered(integer_value(value, value_of(element(entry), 0)), value.is_signed);
            }
            case AggregationKind::count: return merge(&entry).number;
            case AggregationKind::sum:
            case AggregationKind::min:
            case AggregationKind::max: return ordered(merge(&entry).number, is_signed);
            case AggregationKind::avg:
            case AggregationKind::stats: return ordered(merge(&entry).average(is_signed), is_signed);
            case AggregationKind::hist:
            case AggregationKind::lhist: {
                merge_buckets(&entry, counts_);
                std::uint64_t total = 0;
                for (const std::uint64_t count : counts_)
                    total += count;
                return total;
            }
            case AggregationKind::tseries: return newest_of(entry);
        }
        return 0;
    }

    // -- time series

    [[nodiscard]] std::uint64_t newest_of(const Entry& entry) const {
        std::uint64_t newest = 0;
        for (std::uint32_t i = 0; i < entry.count; ++i) {
            const MapElement& from = element(entry.first + i);
            for (std::size_t cpu = 0; cpu < cpus(from); ++cpu) {
                newest = std::max(newest, read_unsigned(value_of(from, cpu), 0, 8));
            }
        }
        return newest;
    }

    /// One slot: the newest epoch any CPU wrote there, and the values of the CPUs that did.
    [[nodiscard]] SeriesPoint merge_slot(const MapElement& from) const {
        SeriesPoint point;
        std::uint64_t extra = 0;
        for (std::size_t cpu = 0; cpu < cpus(from); ++cpu) {
            const Bytes bytes = value_of(from, cpu);
            const std::uint64_t epoch = read_unsigned(bytes, 0, 8);
            const std::uint64_t number = read_unsigned(bytes, 8, 8);
            const std::uint64_t other = read_unsigned(bytes, 16, 8);
            if (epoch == 0 || epoch < point.epoch) continue;
            if (epoch > point.epoch) {
                point = SeriesPoint{.epoch = epoch, .value = number};
                extra = other;
                continue;
            }
            switch (aggregation_.tseries_of) {
                case AggregationKind::avg:
                    point.value += number;
                    extra += other;
                    break;
                case AggregationKind::sum: point.value += number; break;
                case AggregationKind::min:
                    if (is_less(number, point.value)) point.value = number;
                    break;
                case AggregationKind::max:
                    if (is_less(point.value, number)) point.value = number;
                    break;
                case AggregationKind::none:
                case AggregationKind::count:
                case AggregationKind::stats:
                case AggregationKind::hist:
                case AggregationKind::lhist:
                case AggregationKind::tseries:
                    if (other > extra) {
                        point.value = number;
                        extra = other;
                    }
                    break;
            }
        }
        if (aggregation_.tseries_of == AggregationKind::avg) {
            point.value = Merged{.number = point.value, .count = extra}.average(aggregation_.is_signed);
        }
        return point;
    }

    /// The points of a key that the last tseries_count epochs cover; range is what to show.
    [[nodiscard]] std::vector<SeriesPoint> points_of(const Entry* entry, SeriesRange& range) const {
        std::vector<SeriesPoint> points;
        if (entry == nullptr) return points;
        const std::uint64_t epochs = std::max<std::uint64_t>(aggregation_.tseries_count, 1);
        range.last = newest_;
        range.first = newest_ >= epochs ? newest_ - epochs + 1 : 0;
        for (std::uint32_t i = 0; i < entry->count; ++i) {
            const SeriesPoint point = merge_slot(element(entry->first + i));
            if (point.epoch != 0 && point.epoch >= range.first) points.push_back(point);
        }
        std::sort(points.begin(), points.end(),
                  [](const SeriesPoint& left, const SeriesPoint& right) { return left.epoch < right.epoch; });
        if (!points.empty()) range.first = points.front().epoch;
        return points;
    }

    // -- output; entry is nullptr for a scalar that was never set

    void text_entry(const Entry* entry) {
        out_ += spec_.name;
        if (!spec_.is_scalar) {
            out_ += '[';
            append_value(out_, context_, spec_.key, user_key(element(*entry)), Style::key);
            out_ += ']';
        }
        if (is_histogram(aggregation_.kind)) {
            out_ += ":\n";
            merge_buckets(entry, counts_);
            append_histogram(out_, aggregation_, counts_, request_.div);
            out_ += '\n';
            return;
        }
        if (aggregation_.kind == AggregationKind::tseries) {
            out_ += ":\n";
            SeriesRange range;
            const std::vector<SeriesPoint> points = points_of(entry, range);
            if (!points.empty()) append_series(out_, context_, aggregation_, points, range);
            out_ += '\n';
            return;
        }
        out_ += ": ";
        text_value(entry);
        out_ += '\n';
    }

    void append_number(std::uint64_t value) {
        if (aggregation_.is_signed) {
            append_signed(out_, static_cast<std::int64_t>(value));
        } else {
            append_unsigned(out_, value);
        }
    }

    void append_json_number(std::uint64_t value) {
        if (aggregation_.is_signed) {
            append_json_signed(out_, static_cast<std::int64_t>(value));
        } else {
            append_json_unsigned(out_, value);
        }
    }

    /// A plain map's value; integers are divided. calls show(layout, bytes).
    template <typename Show>
    void with_plain_value(const Entry* entry, Show show) {
        const Bytes bytes = entry == nullptr ? Bytes{} : value_of(element(*entry), 0);
        const program::Layout& layout = context_.layout(spec_.value);
        if (request_.div > 1 && layout.kind == LayoutKind::integer) {
            const std::uint64_t divided = divide(integer_value(layout, bytes), request_.div, layout.is_signed);
            show(std::as_bytes(std::span(&divided, 1)));
            return;
        }
        show(bytes);
    }

    void text_value(const Entry* entry) {
        const bool is_signed = aggregation_.is_signed;
        if (aggregation_.kind == AggregationKind::none) {
            with_plain_value(entry,
                             [&](Bytes bytes) { append_value(out_, context_, spec_.value, bytes, Style::plain); });
            return;
        }
        const Merged merged = merge(entry);
        if (aggregation_.kind == AggregationKind::avg) {
            append_number(divide(merged.average(is_signed), request_.div, is_signed));
            return;
        }
        if (aggregation_.kind != AggregationKind::stats) {
            append_number(divide(merged.number, request_.div, is_signed));
            return;
        }
        const bool is_legacy = context_.program().config.legacy_stats;
        out_ += is_legacy ? "count " : "{ .count = ";
        append_unsigned(out_, merged.count);
        out_ += is_legacy ? ", average " : ", .average = ";
        append_number(divide(merged.average(is_signed), request_.div, is_signed));
        out_ += is_legacy ? ", total " : ", .total = ";
        append_number(merged.number);
        if (!is_legacy) out_ += " }";
    }

    [[nodiscard]] std::string_view json_type() const {
        switch (aggregation_.kind) {
            case AggregationKind::none:
            case AggregationKind::count:
            case AggregationKind::sum:
            case AggregationKind::min:
            case AggregationKind::max: return "map";
            case AggregationKind::avg:
            case AggregationKind::stats: return "stats";
            case AggregationKind::hist:
            case AggregationKind::lhist: return "hist";
            case AggregationKind::tseries: return "tseries";
        }
        return "map";
    }

    void json_value(const Entry* entry) {
        const bool is_signed = aggregation_.is_signed;
        switch (aggregation_.kind) {
            case AggregationKind::none:
                with_plain_value(entry, [&](Bytes bytes) { append_json_value(out_, context_, spec_.value, bytes); });
                return;
            case AggregationKind::count:
            case AggregationKind::sum:
            case AggregationKind::min:
            case AggregationKind::max: append_json_number(divide(merge(entry).number, request_.div, is_signed)); return;
            case AggregationKind::avg:
                append_json_number(divide(merge(entry).average(is_signed), request_.div, is_signed));
                return;
            case AggregationKind::stats: {
                const Merged merged = merge(entry);
                out_ += "{\"count\": ";
                append_json_unsigned(out_, merged.count);
                out_ += ", \"average\": ";
                append_json_number(divide(merged.average(is_signed), request_.div, is_signed));
                out_ += ", \"total\": ";
                append_json_number(merged.number);
                out_ += '}';
                return;
            }
            case AggregationKind::hist:
            case AggregationKind::lhist:
                merge_buckets(entry, counts_);
                append_json_histogram(out_, aggregation_, counts_, request_.div);
                return;
            case AggregationKind::tseries: {
                SeriesRange range;
                append_json_series(out_, context_, aggregation_, points_of(entry, range));
                return;
            }
        }
    }

    Writer& writer_;
    std::string& out_;
    FormatContext& context_;
    const MapSpec& spec_;
    const Aggregation& aggregation_;
    std::span<const MapElement> elements_;
    const MapRequest& request_;
    std::size_t stride_;
    bool is_grouped_;  ///< several elements make one entry

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> order_;   ///< grouped: elements sorted by key
    std::vector<std::uint64_t> counts_;  ///< of the histogram at hand
    std::uint64_t newest_ = 0;           ///< tseries: latest epoch of all keys
};

}  // namespace

void write_map(Writer& out, std::string& scratch, FormatContext& context, program::MapId map,
               std::span<const MapElement> elements, const MapRequest& request) {
    scratch.clear();
    MapPrinter(out, scratch, context, map, elements, request).text();
}

void write_json_map(Writer& out, std::string& scratch, FormatContext& context, program::MapId map,
                    std::span<const MapElement> elements, const MapRequest& request) {
    scratch.clear();
    MapPrinter(out, scratch, context, map, elements, request).json();
}

}  // namespace format
