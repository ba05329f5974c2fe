// codegen::Emitter: what the lowering of one builtin may use while a probe's function is being written. Given by
// codegen, taken by src/builtins.
//
// Values: every scalar (Type::is_scalar) is an i64 holding the value extended by its own sign; pointers are i64
// addresses. Everything else lives in memory and is handled by address (ir pointer), laid out as its Type says and
// aligned as types::alignment_of says: strings and mac to a byte, buffers to four, the rest that rows write (usym,
// inet, timestamp, ...) to eight. Emitter::copy, clear, load_scalar, store_scalar know more about an address than its
// type does; stores of your own into a string take align = 1.
//
// A row that writes a string leaves the bytes behind its NUL alone or zero (a key was cleared before). Stack is scarce:
// for a buffer that a helper fills take scratch(size), which is reused, not ir().alloca_bytes, which is not;
// ir().slot() is fine for what becomes a register.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "src/codegen/helpers.h"
#include "src/ir/ir.h"
#include "src/typed/typed.h"
#include "src/types/layout.h"

namespace codegen {

class Emitter {
  public:
    virtual ~Emitter() = default;

    // ---- the function being written
    [[nodiscard]] virtual ir::Builder& ir() = 0;
    [[nodiscard]] virtual ir::Value context() = 0;  ///< the program's context pointer (also inside callbacks)
    [[nodiscard]] virtual const typed::Probe& probe() const = 0;
    [[nodiscard]] virtual program::ProbeId probe_id() const = 0;
    [[nodiscard]] virtual program::Program& program() = 0;  ///< texts, events, maps are added here
    [[nodiscard]] virtual types::Layouts& layouts() = 0;
    [[nodiscard]] virtual types::Table& types() = 0;
    [[nodiscard]] virtual const program::Features& features() const = 0;

    // ---- expressions
    virtual ir::Value scalar(const typed::Expr& expr) = 0;  ///< i64
    virtual ir::Value memory(
        const typed::Expr& expr) = 0;  ///< address of the value; storage it already has, or scratch
    virtual void into(const typed::Expr& expr,
                      ir::Value destination) = 0;  ///< scalars too: stored in the type's own size
    /// Loads a scalar of this type from memory, extended to i64; and the reverse.
    virtual ir::Value load_scalar(const types::Type* type, ir::Value address, std::int64_t offset = 0) = 0;
    virtual void store_scalar(const types::Type* type, ir::Value value, ir::Value address, std::int64_t offset = 0) = 0;
    virtual void copy(ir::Value to, ir::Value from, std::uint32_t size) = 0;  ///< any size
    virtual void clear(ir::Value at, std::uint32_t size) = 0;                 ///< any size

    // ---- working memory, valid to the end of the statement; at most a few per statement
    virtual ir::Value scratch(std::uint32_t size) = 0;  ///< stack if small, else per-CPU and per nesting depth

    // ---- helpers of the kernel
    /// Runs `use` with eight bytes of stack, which are anybody's again when it is done: for what a helper writes and is
    /// loaded at once.
    virtual ir::Value with_word(const std::function<ir::Value(ir::Value word)>& use) = 0;
    virtual ir::Value helper(Helper helper, std::initializer_list<ir::Value> arguments) = 0;
    /// Reads `size` bytes from an address of the traced program or kernel; the space may be `none` (decided at run
    /// time). A failure zeroes the destination, is counted, and with -k reported at `at`. Returns the helper's result
    /// (i64).
    virtual ir::Value read(ir::Value destination, ir::Value size, ir::Value address, types::AddressSpace space,
                           source::Range at) = 0;
    /// NUL-terminated; returns bytes read with NUL, negative on failure (destination = "" then).
    virtual ir::Value read_string(ir::Value destination, ir::Value size, ir::Value address, types::AddressSpace space,
                                  source::Range at) = 0;
    /// Address space of a pointer-like argument: the type's, or the probe kind's default.
    [[nodiscard]] virtual types::AddressSpace space_of(const types::Type* type) const = 0;

    /// For helpers that want the kernel's own structure, not a copy: runs `use` with the address of one (or of the one
    /// that a pointer points to) as the verifier knows it, where no pointer on the way there is null. False, and
    /// nothing is written, if the verifier does not know it.
    virtual bool with_kernel_structure(const typed::Expr& expr, const std::function<void(ir::Value address)>& use) = 0;

    // ---- maps of the script
    [[nodiscard]] virtual program::MapId map_id(typed::MapIndex map) const = 0;
    [[nodiscard]] virtual const typed::Map& map(typed::MapIndex map) const = 0;
    /// Address of the element's value, or null if it is absent (scalars: never null). For plain maps and aggregations
    /// (this CPU's value).
    virtual ir::Value map_lookup(typed::MapIndex map, const typed::Expr* key) = 0;
    /// The same, but an absent element is made first (all zero; min/max unset). Runs `body` with the address; a full
    /// map is counted and reported, body skipped.
    virtual void map_upsert(typed::MapIndex map, const typed::Expr* key, source::Range at,
                            const std::function<void(ir::Value value)>& body) = 0;
    virtual ir::Value map_delete(typed::MapIndex map, const typed::Expr* key) = 0;  ///< i64: 1 if it was there
    /// Aggregation merged over CPUs as i64 (count, sum, min, max, avg). Missing = 0.
    virtual ir::Value map_merged(typed::MapIndex map, const typed::Expr* key) = 0;
    virtual ir::Value map_has_key(typed::MapIndex map, const typed::Expr* key) = 0;  ///< i64 0/1
    virtual ir::Value map_length(typed::MapIndex map) = 0;
    /// hist, lhist: adds one to the bucket (handles is_bucket_keyed maps).
    virtual void add_to_bucket(typed::MapIndex map, const typed::Expr* key, ir::Value bucket, source::Range at) = 0;
    /// map_upsert for maps whose key is (key, u32 bucket): is_bucket_keyed ones, tseries among them.
    virtual void bucket_upsert(typed::MapIndex map, const typed::Expr* key, ir::Value bucket, source::Range at,
                               const std::function<void(ir::Value value)>& body) = 0;
    /// The map that stores frames for this stack type (made on demand), by layout.
    virtual program::MapId stacks_map(const types::Type* stack) = 0;

    /// Takes the current kernel or user stack as `stack` (kstack, ustack types) says and writes its id, frame count and
    /// pid to `destination` (16 bytes, see program/layout.h). Stacks that cannot be taken or stored are counted
    /// (stack_lost) and written as 0 frames.
    virtual void capture_stack(const types::Type* stack, ir::Value destination, source::Range at) = 0;

    // ---- text in memory (capacity in bytes; text ends at its NUL or at the capacity)
    /// i64 0 if the first `limit` bytes, or all up to the NUL, are the same.
    virtual ir::Value compare_text(ir::Value a, std::uint32_t a_capacity, ir::Value b, std::uint32_t b_capacity,
                                   std::uint32_t limit = 0xffffffff) = 0;
    /// i64 index of the first occurrence, -1 if there is none; an empty needle is found at 0.
    virtual ir::Value find_text(ir::Value haystack, std::uint32_t haystack_capacity, ir::Value needle,
                                std::uint32_t needle_capacity) = 0;
    virtual ir::Value length_of_text(ir::Value text, std::uint32_t capacity) = 0;  ///< i64, without NUL
    /// What `write` makes of `number`, which has many ways through it. The first time it is written in place. From the
    /// second of the same `what` and `variant` on it is a function of the program: the verifier, which takes its result
    /// for any number, does not multiply the ways through it with those behind the call.
    virtual ir::Value call_shared(std::string_view what, std::uint64_t variant, ir::Value number,
                                  const std::function<ir::Value(ir::Builder&, ir::Value)>& write) = 0;
    /// i64: the first two of `size` bytes that are not the same, subtracted; 0 if all are.
    virtual ir::Value compare_bytes(ir::Value a, ir::Value b, std::uint32_t size) = 0;

    // ---- events
    /// Reserves a record with `payload_size` bytes after the header, lets `fill` write them, submits. A full ring is
    /// counted as lost.
    virtual void send(program::EventSpec event, std::uint32_t payload_size,
                      const std::function<void(ir::Value payload)>& fill) = 0;
    /// Lays out the values of a format behind each other (8-byte aligned), completes ops with layout and offset;
    /// returns the payload size.
    virtual std::uint32_t place_arguments(std::vector<program::FormatOp>& ops,
                                          std::span<const typed::Expr* const> values) = 0;
    /// send() with these values behind each other (8-byte aligned). Those that may print, warn or leave the body are
    /// evaluated before the record is reserved: the reader gets records in the order of their reservation.
    virtual void send_values(program::EventSpec event, std::uint32_t payload_size,
                             std::span<const typed::Expr* const> values) = 0;
    /// The same for printf and its like: make(ops) builds the EventSpec.
    virtual void send_formatted(const typed::Call& call, std::span<const typed::Expr* const> values,
                                const std::function<program::EventSpec(std::vector<program::FormatOp>)>& make) = 0;
    /// The same text into the file that a pinned iterator is read through; only what fits_sequence allows.
    virtual void write_sequence(std::span<const program::FormatOp> ops, std::span<const typed::Expr* const> values) = 0;
    /// Run-time warning at a place of the script (counted always; sent for the first on each CPU). With
    /// `is_only_verbose` only under -k.
    virtual void warn(program::WarningKind kind, source::Range at, std::string_view helper = {}, ir::Value code = {},
                      bool is_only_verbose = false) = 0;

    // ---- globals and ends
    virtual ir::Value global(std::size_t offset_in_globals) = 0;  ///< i64 of program::Globals
    /// Address of the name of the probe that runs, `capacity` bytes, for bodies that several probes share.
    virtual ir::Value probe_name(std::uint32_t capacity) = 0;
    virtual program::TextId text(std::string_view text) = 0;  ///< number of a text in Program::texts
    /// Leaves the whole probe body now (exit() does it after sending), also out of loop callbacks.
    virtual void leave_probe() = 0;
};

}  // namespace codegen
