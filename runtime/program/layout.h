// program::Layout: how the bytes of one value become text. The compiler (src/types/layout) makes them, the formatter
// (runtime/format) reads them, nothing else needs to know what a value meant. Deliberately poorer than types::Type.
//
// Bytes are in the machine's byte order; offsets and sizes are in bytes unless a name says bits.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/program/ids.h"

namespace program {

enum class LayoutKind : std::uint8_t {
    none,         ///< no bytes; prints nothing
    integer,      ///< size 1, 2, 4 or 8; is_signed
    boolean,      ///< size 1; 0 or 1
    text,         ///< string: bytes up to the first NUL; no NUL within size = it was cut, a trailer is printed
    buffer,       ///< u32 length, then size-4 bytes, of which length are valid
    pointer,      ///< size 8
    array,        ///< count elements of layout element, next to each other
    tuple,        ///< fields printed as (a, b)
    record,       ///< fields printed as { .a = 1, .b = 2 }: structs, unions, records, args
    enumeration,  ///< integer whose names (see names) are its text
    ksym,         ///< u64 kernel address
    usym,         ///< u64 user address, u32 pid, u32 ProbeId (which binary was probed)
    inet,         ///< u64 address family (2 = AF_INET, 10 = AF_INET6), 16 bytes address in network order
    mac,          ///< 6 bytes
    timestamp,    ///< u64 ns, u32 TextId of the strftime format, u32 TimestampMode
    cgroup_path,  ///< u64 cgroup id, u64 TextId of the controller filter
    username,     ///< u64 uid
    kstack,       ///< u64 stack id, u32 number of frames, u32 0: frames are read from the map `stacks` by id
    ustack,       ///< u64 stack id, u32 number of frames, u32 pid (tgid, initial namespace)
};

enum class StackMode : std::uint8_t { bpftrace, perf, raw, build_id };

/// Clock that a timestamp's ns came from.
enum class TimestampMode : std::uint32_t { boot, tai, sw_tai };

/// A field of a tuple or record. Bit-fields: bit_size > 0, and the value is bits [bit_offset, bit_offset + bit_size)
/// counted from the least significant bit of the little-endian storage at `offset`.
struct Field {
    std::string name;  ///< empty in tuples
    std::uint32_t offset = 0;
    LayoutId layout;
    std::uint16_t bit_offset = 0;
    std::uint16_t bit_size = 0;
};

/// Names of an integer's values: an enum's constants, or a tracepoint field's __print_symbolic / __print_flags.
struct ValueNames {
    bool is_text = false;   ///< the names are the value's text also in keys, print() and JSON (strerror, signal_name)
    bool is_flags = false;  ///< true: names of bits, printed as A|B|0x40 (joined by delimiter)
    std::string delimiter;  ///< flags only; "|" in nearly all format files
    std::vector<std::pair<std::uint64_t, std::string>> values;
};

struct Layout {
    LayoutKind kind = LayoutKind::none;
    std::uint32_t size = 0;   ///< bytes
    bool is_signed = false;   ///< integer, enumeration
    LayoutId element;         ///< array
    std::uint32_t count = 0;  ///< array: number of elements
    std::vector<Field> fields;
    /// enumeration: always used in text. integer: names from a format file's print fmt, used by %s and inside records
    /// only; keys, print(field) and JSON stay numbers.
    ValueNames names;
    StackMode stack_mode = StackMode::bpftrace;  ///< kstack, ustack
    std::uint32_t stack_limit = 0;               ///< kstack, ustack: frames asked for
    MapId stacks;                                ///< kstack, ustack: map from stack id to u64 frames[stack_limit]
};

}  // namespace program
