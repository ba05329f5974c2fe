// Functions over bytes in memory that BPF has no instruction for, written out once a program: comparing and measuring
// text, finding one in another. They are what the verifier calls global functions. Written where they are used, a loop
// would be walked again on every way that leads there, and each of its ways out would be another way from there on; a
// script with some dozens of comparisons needs more than the verifier's million steps. The bodies only; who calls them
// and with what is ProbeEmitter's (shared_calls.cpp).
#pragma once

#include <cstdint>
#include <functional>

#include "src/ir/ir.h"

namespace codegen {

/// A loop that verifiers walk through, round by round. Body may jump away.
void counted(ir::Builder& b, std::uint64_t count, const std::function<void(ir::Value index)>& body);

/// The `size` bytes at `offset`, at most eight, as a word.
[[nodiscard]] ir::Value load_piece(ir::Builder& b, ir::Value at, std::int64_t offset, std::uint32_t size);
/// Non-zero if one of the `size` bytes of `word` is; the lowest bit set is the top bit of the first.
[[nodiscard]] ir::Value zero_bytes(ir::Builder& b, ir::Value word, std::uint32_t size);
/// Number of the byte that the lowest bit of `marks`, a top bit, belongs to.
[[nodiscard]] ir::Value first_marked_byte(ir::Builder& b, ir::Value marks);

/// long same(longer, shorter): 0 if their first `size` bytes, or all up to the NUL, are the same. With `has_end` the
/// longer one has a byte more, and must end there if the shorter one is full.
void write_compare_text(ir::Builder& b, std::uint32_t size, bool has_end);

/// long length(text): bytes before the NUL, at most `capacity`.
void write_text_length(ir::Builder& b, std::uint32_t capacity);

/// long differ(left, right): the first two bytes of `size` that are not the same, subtracted; 0 if all are.
void write_compare_bytes(ir::Builder& b, std::uint32_t size);

/// Room that write_decimal wants.
inline constexpr std::uint32_t kDecimalBytes = 32;
/// long decimal(text, number): writes the signed number into memory of zeros.
void write_decimal(ir::Builder& b);

/// Bytes that find_text wants as its third argument: what its callbacks leave for it must not lie on the stack, of
/// which verifiers before 6.7 believe what they saw when they looked at a callback once.
inline constexpr std::uint32_t kFindTextBytes = 24;
/// long find(haystack, needle, memory): index of the first occurrence, -1 if there is none. Returns whether it wants
/// bpf_loop.
[[nodiscard]] bool wants_loop_helper(std::uint32_t haystack_capacity, std::uint32_t needle_capacity);
void write_find_text(ir::Module& module, ir::Function program, ir::Builder& b, ir::Location at,
                     const std::function<std::string()>& callback_name, std::uint32_t haystack_capacity,
                     std::uint32_t needle_capacity, bool has_loop_helper);

}  // namespace codegen
