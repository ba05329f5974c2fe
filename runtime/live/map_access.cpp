#include "runtime/live/map_access.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/live/bpf_call.h"

namespace live {
namespace {

/// Bytes of values asked for in one batch: few system calls, and a buffer the kernel can allocate without trouble.
constexpr std::size_t kBatchBytes = 256 * 1024;
/// A hash bucket has to fit into a batch whole; buckets hold a handful.
constexpr std::uint32_t kLeastBatch = 64;
constexpr std::uint32_t kMostBatch = 8192;

std::size_t round_up_8(std::size_t size) {
    return (size + 7) & ~std::size_t{7};
}

base::Error map_error(const char* doing, const LiveMap& map, int result) {
    return base::error_from_errno(std::string(doing) + " map " + map.spec->name, -result);
}

/// Appends one element's value without the kernel's padding.
void append_value(std::vector<std::byte>& out, const LiveMap& map, const std::byte* value) {
    const std::size_t size = map.spec->value_size;
    if (!map.is_per_cpu()) {
        out.insert(out.end(), value, value + size);
        return;
    }
    const std::size_t stride = round_up_8(size);
    for (std::uint32_t cpu = 0; cpu < map.cpus; ++cpu) {
        out.insert(out.end(), value + cpu * stride, value + cpu * stride + size);
    }
}

program::MapContents empty_contents(const LiveMap& map) {
    program::MapContents contents;
    contents.key_size = map.is_hash() ? map.spec->key_size : 0;
    contents.value_size = map.spec->value_size;
    contents.copies = map.is_per_cpu() ? map.cpus : 1;
    return contents;
}

/// Key by key: works everywhere, and is what remains when a batch cannot hold a bucket.
int read_each(const LiveMap& map, program::MapContents& contents) {
    const std::size_t key_size = map.spec->key_size;
    std::vector<std::byte> key(key_size), next(key_size), value(map.transfer_size());
    bool has_key = false;
    // Keys deleted while we walk make the kernel start again at the first one; a bound keeps that finite.
    for (std::uint64_t steps = 0; steps < 2 * std::uint64_t{map.spec->max_entries} + 16; ++steps) {
        const int result = next_key(map.fd.get(), has_key ? key.data() : nullptr, next.data());
        if (result == -ENOENT) return 0;
        if (result < 0) return result;
        key.swap(next);
        has_key = true;
        if (lookup_element(map.fd.get(), key.data(), value.data()) < 0) continue;
        contents.keys.insert(contents.keys.end(), key.begin(), key.end());
        append_value(contents.values, map, value.data());
        ++contents.count;
    }
    return 0;
}

int read_batches(const LiveMap& map, program::MapContents& contents) {
    const std::size_t key_size = map.spec->key_size, value_size = map.transfer_size();
    auto capacity = static_cast<std::uint32_t>(
        std::clamp<std::size_t>(kBatchBytes / std::max<std::size_t>(value_size, 1), kLeastBatch, kMostBatch));
    // More than max_entries + one bucket never comes.
    capacity = std::min(capacity, std::max(map.spec->max_entries, kLeastBatch));
    std::vector<std::byte> keys(key_size * capacity), values(value_size * capacity);
    // The hash map's cursor is a bucket number of 4 bytes, an array's is a key.
    std::vector<std::byte> cursor(std::max<std::size_t>(key_size, 8)), next_cursor(cursor.size());
    bool has_cursor = false;
    for (;;) {
        std::uint32_t count = capacity;
        const int result = lookup_batch(map.fd.get(), has_cursor ? cursor.data() : nullptr, next_cursor.data(),
                                        keys.data(), values.data(), count);
        if (result == -ENOSPC && capacity < map.spec->max_entries) {
            capacity = std::min(capacity * 4, map.spec->max_entries);
            keys.resize(key_size * capacity);
            values.resize(value_size * capacity);
            continue;
        }
        if (result < 0 && result != -ENOENT) return result;
        contents.keys.insert(contents.keys.end(), keys.begin(),
                             keys.begin() + static_cast<std::ptrdiff_t>(key_size * count));
        if (map.is_per_cpu()) {
            for (std::uint32_t i = 0; i < count; ++i)
                append_value(contents.values, map, values.data() + i * value_size);
        } else {
            contents.values.insert(contents.values.end(), values.begin(),
                                   values.begin() + static_cast<std::ptrdiff_t>(value_size * count));
        }
        contents.count += count;
        if (result == -ENOENT) return 0;
        cursor.swap(next_cursor);
        has_cursor = true;
    }
}

/// All keys, without values.
base::Result<std::vector<std::byte>> keys_of(const LiveMap& map) {
    base::Result<program::MapContents> contents = read_contents(map);
    if (!contents.ok()) return contents.take_error();
    return std::move(contents.value().keys);
}

/// Entry `index` of an array as the kernel hands it over; 0 or -errno.
int array_entry(const LiveMap& map, std::uint32_t index, std::vector<std::byte>& value) {
    value.resize(map.transfer_size());
    return lookup_element(map.fd.get(), &index, value.data());
}

}  // namespace

bool LiveMap::is_per_cpu() const {
    return spec->kind == program::MapKind::percpu_array || spec->kind == program::MapKind::percpu_hash ||
           spec->kind == program::MapKind::lru_percpu_hash;
}

bool LiveMap::is_hash() const {
    return spec->kind == program::MapKind::hash || spec->kind == program::MapKind::percpu_hash ||
           spec->kind == program::MapKind::lru_hash || spec->kind == program::MapKind::lru_percpu_hash;
}

std::size_t LiveMap::transfer_size() const {
    return is_per_cpu() ? round_up_8(spec->value_size) * cpus : spec->value_size;
}

base::Result<program::MapContents> read_contents(const LiveMap& map) {
    program::MapContents contents = empty_contents(map);
    if (!map.is_hash()) {
        std::vector<std::byte> value;
        for (std::uint32_t i = 0; i < map.spec->max_entries; ++i) {
            if (const int result = array_entry(map, i, value); result < 0) return map_error("reading", map, result);
            append_value(contents.values, map, value.data());
            ++contents.count;
        }
        return contents;
    }
    if (const int result = read_batches(map, contents); result < 0) {
        contents = empty_contents(map);
        if (const int each = read_each(map, contents); each < 0) return map_error("reading", map, each);
    }
    return contents;
}

base::Status clear_contents(const LiveMap& map) {
    if (!map.is_hash()) {
        const std::vector<std::byte> zeros(map.transfer_size());
        for (std::uint32_t i = 0; i < map.spec->max_entries; ++i) {
            if (const int result = update_element(map.fd.get(), &i, zeros.data(), BPF_ANY); result < 0) {
                return map_error("clearing", map, result);
            }
        }
        return {};
    }
    base::Result<std::vector<std::byte>> keys = keys_of(map);
    if (!keys.ok()) return keys.take_error();
    const std::size_t key_size = map.spec->key_size;
    const std::vector<std::byte>& bytes = keys.value();
    for (std::size_t done = 0; done < bytes.size();) {
        auto count = static_cast<std::uint32_t>(std::min<std::size_t>((bytes.size() - done) / key_size, kMostBatch));
        const int result = delete_batch(map.fd.get(), bytes.data() + done, count);
        if (result == 0) {
            done += count * key_size;
            continue;
        }
        // The batch stops at a key somebody deleted before us, and some kernels' maps have no batches.
        if (result == -ENOENT) {
            done += (count + 1) * key_size;
            continue;
        }
        const int one = delete_element(map.fd.get(), bytes.data() + done);
        if (one < 0 && one != -ENOENT) return map_error("clearing", map, one);
        done += key_size;
    }
    return {};
}

base::Status zero_contents(const LiveMap& map) {
    if (!map.is_hash()) {
        // {u64 is_set; value}: the word that says whether it was ever assigned stays, on every CPU.
        const std::size_t kept = map.spec->is_scalar ? sizeof(std::uint64_t) : 0;
        const std::size_t stride = map.is_per_cpu() ? round_up_8(map.spec->value_size) : map.spec->value_size;
        std::vector<std::byte> value;
        for (std::uint32_t i = 0; i < map.spec->max_entries; ++i) {
            if (const int result = array_entry(map, i, value); result < 0) return map_error("zeroing", map, result);
            for (std::size_t at = 0; at < value.size(); at += stride) {
                std::fill(value.begin() + static_cast<std::ptrdiff_t>(at + kept),
                          value.begin() + static_cast<std::ptrdiff_t>(std::min(at + stride, value.size())),
                          std::byte{0});
            }
            if (const int result = update_element(map.fd.get(), &i, value.data(), BPF_ANY); result < 0) {
                return map_error("zeroing", map, result);
            }
        }
        return {};
    }
    base::Result<std::vector<std::byte>> keys = keys_of(map);
    if (!keys.ok()) return keys.take_error();
    const std::vector<std::byte> zeros(map.transfer_size());
    const std::size_t key_size = map.spec->key_size;
    for (std::size_t at = 0; at < keys.value().size(); at += key_size) {
        // BPF_EXIST (which batches do not take): an element deleted meanwhile must not come back.
        const int result = update_element(map.fd.get(), keys.value().data() + at, zeros.data(), BPF_EXIST);
        if (result < 0 && result != -ENOENT) return map_error("zeroing", map, result);
    }
    return {};
}

std::vector<std::uint64_t> sum_entries(const LiveMap& map, std::uint32_t first, std::uint32_t count) {
    const std::size_t words = map.spec->value_size / sizeof(std::uint64_t), transfer = map.transfer_size();
    std::vector<std::uint64_t> sums(words * count);
    const auto add = [&](std::uint32_t entry, const std::byte* value) {
        for (std::size_t at = 0; at + sizeof(std::uint64_t) <= transfer; at += sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            std::memcpy(&word, value + at, sizeof(word));
            sums[words * entry + at / sizeof(word) % words] += word;
        }
    };
    // A thousand probes in one call (arrays of every CPU know batches since 5.13). The cursor is the key before the
    // first.
    if (count > 1) {
        std::vector<std::uint32_t> keys(count);
        std::vector<std::byte> values(transfer * count);
        const std::uint32_t before = first - 1;
        std::uint32_t next = 0, got = count;
        const int result =
            lookup_batch(map.fd.get(), first == 0 ? nullptr : &before, &next, keys.data(), values.data(), got);
        if ((result == 0 || result == -ENOENT) && got == count) {
            for (std::uint32_t i = 0; i < count; ++i)
                add(i, values.data() + i * transfer);
            return sums;
        }
    }
    std::vector<std::byte> value;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (array_entry(map, first + i, value) == 0) add(i, value.data());
    }
    return sums;
}

}  // namespace live
