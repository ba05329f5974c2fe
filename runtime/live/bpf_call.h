// live::bpf_call: bpf(2) itself, with the handful of commands the engine uses. libbpf 1.1's wrappers probe the kernel's
// features by loading small programs of their own on first use (0.2 ms each) and know neither verifier logs of
// unlimited size nor newer attributes, so the engine speaks to the kernel directly. Returns are the system call's: a
// value or -errno. Must not know programs, maps of a script or anything above.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"

namespace live {

/// bpf(cmd, attr): its result, or -errno. Some commands answer inside the attributes.
[[nodiscard]] int bpf_call(bpf_cmd command, bpf_attr& attributes);

/// All zero, as the kernel wants every byte it does not know.
[[nodiscard]] bpf_attr no_attributes();

/// Pointers travel as u64.
[[nodiscard]] inline std::uint64_t address_of(const void* pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

/// Names in the kernel: at most 15 bytes out of [A-Za-z0-9_.]; other bytes become '_', a leading '@' is dropped.
[[nodiscard]] std::string kernel_name(std::string_view name);

struct MapParameters {
    std::uint32_t type = 0, key_size = 0, value_size = 0, max_entries = 0, flags = 0;
    std::string name;
};
/// fd or -errno.
[[nodiscard]] int create_map(const MapParameters& parameters);

/// Each 0 or -errno (lookups of absent keys: -ENOENT).
[[nodiscard]] int lookup_element(int map, const void* key, void* value);
[[nodiscard]] int update_element(int map, const void* key, const void* value, std::uint64_t flags);
[[nodiscard]] int delete_element(int map, const void* key);
/// key null: the first key.
[[nodiscard]] int next_key(int map, const void* key, void* next);

/// One step over many elements. in_batch null = from the start; count: capacity in, elements out.
/// -ENOENT with count elements = the end; -ENOSPC = capacity smaller than one hash bucket.
[[nodiscard]] int lookup_batch(int map, const void* in_batch, void* out_batch, void* keys, void* values,
                               std::uint32_t& count);
/// count out: how many were deleted.
[[nodiscard]] int delete_batch(int map, const void* keys, std::uint32_t& count);

/// Kernel's own figures of a program; 0 or -errno.
[[nodiscard]] int program_info(int fd, bpf_prog_info& info);

}  // namespace live
