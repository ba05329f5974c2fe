// The door to LLVM. Owns the façade with which the code generator writes BPF functions: a Module (one script), its
// Functions, and a Builder that appends operations to one of them. Codegen and builtins give, ir/object.h takes the
// finished Module and turns it into instructions. It must not know scripts, trees, types or maps beyond their id, and
// no header of ours may include one of LLVM's: a file with sixty functions compiles in 0.4 s on this façade and in 3-4
// s on IRBuilder.
//
// Rules of the machine that shape it:
//  - No globals. Constant bytes are immediate stores (Builder::store_bytes), "global variables" are the value of an
//    ARRAY map (Builder::map_value).
//  - A callback or `fn` lives in the ELF section of its program, so calls are resolved by the assembler and a
//    callback's address is one relocation against its own section. The price: a function used by two programs is
//    emitted twice.
//  - Every function has a prototype and lines in BTF: bpf_loop and for_each_map_elem refuse a callback without
//    func_info, and the verifier's log quotes the script's lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/program/ids.h"

namespace llvm {
class BasicBlock;
class Function;
class Value;
}  // namespace llvm

namespace ir {

// An integer of some width, a truth value (i1) or a pointer; which one, Builder::is_pointer and Builder::width tell.
struct Value {
    llvm::Value* raw = nullptr;
    explicit operator bool() const { return raw != nullptr; }
};
struct Block {
    llvm::BasicBlock* raw = nullptr;
    explicit operator bool() const { return raw != nullptr; }
};
struct Function {
    llvm::Function* raw = nullptr;
    explicit operator bool() const { return raw != nullptr; }
};

enum class Width : std::uint8_t { i1, i8, i16, i32, i64 };
[[nodiscard]] constexpr unsigned bits(Width width) {
    return width == Width::i1 ? 1U : 8U << (static_cast<unsigned>(width) - 1U);
}
[[nodiscard]] constexpr unsigned bytes(Width width) {
    return (bits(width) + 7U) / 8U;
}
// The width of 1, 2, 4 or 8 bytes.
[[nodiscard]] constexpr Width width_of_bytes(std::size_t size) {
    return size == 1 ? Width::i8 : size == 2 ? Width::i16 : size == 4 ? Width::i32 : Width::i64;
}

enum class Compare : std::uint8_t { eq, ne, ult, ule, ugt, uge, slt, sle, sgt, sge };

// BPF instruction sets. v2: no 32-bit subregisters, no fetching atomics. v3 (kernel 5.12 with all atomics): both. v4
// (kernel 6.6): signed division and remainder, sign-extending loads and moves, byte swap, long jumps. Builder writes
// signed division for each of them.
enum class Cpu : std::uint8_t { v2, v3, v4 };

enum class FileId : std::uint32_t {};  // index in order of Module::add_file

// Line and column count from 1; line 0 means "no place of the script".
struct Location {
    FileId file{};
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

struct Parameter {
    std::string_view name;  // a C identifier, for BTF
    bool is_pointer = false;
    std::uint32_t points_at = 0;  // bytes, of a shared function's pointer
};

// What bpf_loop (index, context) and bpf_for_each_map_elem (map, key, value, context) call. Both continue on 0 and stop
// on 1, and the verifier insists on seeing one of the two in R0.
inline constexpr Parameter kLoopCallback[] = {{"index", false}, {"context", true}};
inline constexpr Parameter kForEachCallback[] = {{"map", true}, {"key", true}, {"value", true}, {"context", true}};

class Module {
  public:
    explicit Module(Cpu cpu = Cpu::v3);
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    [[nodiscard]] Cpu cpu() const;

    // A file of the script; its text goes into the line information. Without any file, functions carry no lines.
    FileId add_file(std::string_view name, std::string_view text);

    // A program `long name(void* context)`. Programs come out of emit_functions in the order of these calls. Characters
    // that are not allowed in a C identifier become '_' (BTF accepts nothing else).
    Function begin_program(std::string_view name, Location at);

    // A function of `program` that helpers call back or that programs call; at most five parameters, result i64.
    // Parameters are i64 or pointers. The body is written with a Builder of its own, at any time before emit.
    Function begin_callback(Function program, std::string_view name, std::span<const Parameter> parameters,
                            Location at);
    Function begin_subprogram(Function program, std::string_view name, std::span<const Parameter> parameters,
                              Location at);

    // The same, but the verifier checks it once, by its prototype, and not again at each call: it knows nothing of the
    // arguments but what is said here, and nothing of the result. So whatever ways there are through it, only one comes
    // back. Pointers are to `points_at` bytes that may be read and written; they may be null, which the function has to
    // test, and are taken to be aligned. The caller's memory must be of that size, and written before if it is stack.
    Function begin_shared(Function program, std::string_view name, std::span<const Parameter> parameters, Location at);

    // The LLVM module as text, as it now is (-d ir).
    [[nodiscard]] std::string text() const;

    struct State;  // ir/module_state.h, for src/ir only
    [[nodiscard]] State& state() { return *state_; }
    [[nodiscard]] const State& state() const { return *state_; }

  private:
    std::unique_ptr<State> state_;
};

// Appends operations to one function. It starts at the end of the function's entry block. Several builders may be alive
// at once, one a function. Binary operations want both sides of one width. Constants fold at once.
class Builder {
  public:
    Builder(Module& module, Function function);
    ~Builder();
    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;

    [[nodiscard]] Module& module() const;
    [[nodiscard]] Function function() const;
    [[nodiscard]] Value argument(unsigned index) const;  // 0 is a program's context

    // Applies to all operations that follow, in this builder.
    void set_location(Location at);

    // ---- questions
    [[nodiscard]] static bool is_pointer(Value value);
    [[nodiscard]] static Width width(Value value);                               // of an integer
    [[nodiscard]] static std::optional<std::uint64_t> constant_of(Value value);  // zero-extended

    // ---- constants
    Value constant(Width width, std::uint64_t value);  // upper bits are cut off
    Value i64(std::uint64_t value) { return constant(Width::i64, value); }
    Value i32(std::uint32_t value) { return constant(Width::i32, value); }
    Value boolean(bool value) { return constant(Width::i1, value ? 1 : 0); }
    Value null();

    // ---- arithmetic, wrapping
    Value add(Value a, Value b);
    Value sub(Value a, Value b);
    Value mul(Value a, Value b);
    // Division by zero is the caller's to report; a divisor that is zero all the same gives what the machine gives: x /
    // 0 = 0 and x % 0 = x Smallest / -1 wraps (smallest, remainder 0): `idiv` would trap, and kernels before 6.11 let
    // it.
    Value udiv(Value a, Value b);
    Value urem(Value a, Value b);
    Value sdiv(Value a, Value b);
    Value srem(Value a, Value b);
    Value and_(Value a, Value b);
    Value or_(Value a, Value b);
    Value xor_(Value a, Value b);
    // The amount is taken modulo the width, as the machine does (LLVM alone would call a larger one undefined). It may
    // be of any width.
    Value shl(Value a, Value amount);
    Value lshr(Value a, Value amount);
    Value ashr(Value a, Value amount);
    Value neg(Value a);
    Value not_(Value a);   // bitwise; on i1 the logical one
    Value bswap(Value a);  // i16, i32, i64
    // The width for zero. About 40 instructions without a branch, as the machine has none for it.
    Value count_leading_zeros(Value a);

    // ---- comparison and choice; pointers may be compared with each other and with null()
    Value compare(Compare how, Value a, Value b);
    Value is_zero(Value a);   // also "is null"
    Value not_zero(Value a);  // also "is not null"; i1 stays as it is
    Value select(Value condition, Value yes, Value no);
    Value umin(Value a, Value b);
    Value umax(Value a, Value b);
    Value smin(Value a, Value b);
    Value smax(Value a, Value b);

    // ---- conversion
    Value zext(Value a, Width to);
    Value sext(Value a, Width to);
    Value trunc(Value a, Width to);
    Value resize(Value a, Width to, bool is_signed);  // whichever of the three fits, or nothing
    Value ptr_to_int(Value pointer);                  // i64
    Value int_to_ptr(Value integer);                  // i64

    // The same value, of which the optimiser knows nothing. Put it around a value *before* its bounds check and use the
    // result in both the check and what it guards: otherwise two comparisons are merged on a shifted copy, and the
    // verifiers of 6.1 and 6.12 do not learn the bound of the original ("R2 unbounded memory access", "min value is
    // negative"). Widen first: a bound checked on i64 is known wherever the value goes, one checked on a narrower
    // integer may be forgotten when it is extended.
    Value opaque(Value value);

    // ---- blocks
    Block block(std::string_view name = {});  // appended to the function, empty, not yet entered
    void enter(Block block);                  // what follows goes to the end of this block
    [[nodiscard]] Block current() const;
    [[nodiscard]] bool is_terminated() const;  // current block already ends in a jump or return
    enum class Likely : std::uint8_t { unknown, yes, no };
    void jump(Block to);
    void branch(Value condition, Block yes, Block no, Likely yes_is = Likely::unknown);
    struct Case {
        std::uint64_t value;
        Block to;
    };
    void switch_on(Value value, std::span<const Case> cases, Block otherwise);
    void ret(Value value);  // i64; narrower integers are zero-extended
    void ret(std::uint64_t value) { ret(i64(value)); }
    void unreachable();  // verifiers refuse a fall-through: only where a return precedes in fact

    // Runs `body` in a block of its own if the condition holds and goes on behind it. A body may return or jump away.
    template <typename Body>
    void if_then(Value condition, Body&& body, Likely likely = Likely::unknown) {
        const Block yes = block("then");
        const Block end = block("endif");
        branch(condition, yes, end, likely);
        enter(yes);
        std::forward<Body>(body)();
        if (!is_terminated()) jump(end);
        enter(end);
    }
    template <typename Yes, typename No>
    void if_else(Value condition, Yes&& yes_body, No&& no_body, Likely likely = Likely::unknown) {
        const Block yes = block("then");
        const Block no = block("else");
        const Block end = block("endif");
        branch(condition, yes, no, likely);
        enter(yes);
        std::forward<Yes>(yes_body)();
        if (!is_terminated()) jump(end);
        enter(no);
        std::forward<No>(no_body)();
        if (!is_terminated()) jump(end);
        enter(end);
    }

    // ---- merging: all incoming blocks must jump here; call it before other operations of the block
    struct Incoming {
        Value value;
        Block from;
    };
    Value phi(std::span<const Incoming> incoming);
    Value phi(std::initializer_list<Incoming> incoming) { return phi(std::span(incoming.begin(), incoming.size())); }
    Value phi_pending(Width width);  // for loops: values come by add_incoming
    Value phi_pending_pointer();
    void add_incoming(Value phi, Value value, Block from);

    // ---- memory. Offsets are in bytes and become part of the instruction (they must fit in 16 bits). `align` is what
    // the address is known to be aligned to, 0 = naturally for the width; a smaller one costs an instruction or two a
    // byte. The stack must be accessed aligned in any case. Stack space in the entry block, whatever the current block
    // is; kept in registers where all accesses are loads and stores of one width.
    Value alloca_bytes(std::size_t size, unsigned align = 8, std::string_view name = {});
    Value slot(Width width, std::string_view name = {}) { return alloca_bytes(bytes(width), bytes(width), name); }
    Value load(Width width, Value pointer, std::int64_t offset = 0, unsigned align = 0);
    Value load_pointer(Value pointer, std::int64_t offset = 0);
    Value load_volatile(Width width, Value pointer, std::int64_t offset = 0);
    // i1 is stored as a byte. Pointers may be stored (the verifier forgets nothing on its stack).
    void store(Value value, Value pointer, std::int64_t offset = 0, unsigned align = 0);
    void store_volatile(Value value, Value pointer, std::int64_t offset = 0);
    Value ptr_add(Value pointer, std::int64_t offset);
    Value ptr_add(Value pointer, Value offset);  // i64
    // Undoes ptr_add with constants: what `pointer` was counted from, and how far it is from there.
    [[nodiscard]] static std::pair<Value, std::int64_t> without_offset(Value pointer);

    // Of constant size, written out as the widest accesses `align` allows. Meant for a few hundred bytes; above that,
    // helpers (probe_read_kernel) are shorter and the program stays under its limits.
    void copy(Value to, Value from, std::size_t size, unsigned align = 8);
    void fill(Value to, std::uint8_t byte, std::size_t size, unsigned align = 8, std::int64_t offset = 0);
    void store_bytes(Value to, std::string_view constant_bytes, std::int64_t offset = 0, unsigned align = 8);

    // ---- atomics on i32 and i64 in memory. The first wants no result (and so runs on v2 as well).
    void atomic_add(Value pointer, Value value, std::int64_t offset = 0);
    // The following need v3; those with a result return the old content.
    void atomic_or(Value pointer, Value value, std::int64_t offset = 0);
    Value atomic_fetch_add(Value pointer, Value value, std::int64_t offset = 0);
    Value atomic_exchange(Value pointer, Value value, std::int64_t offset = 0);
    Value atomic_compare_exchange(Value pointer, Value expected, Value desired, std::int64_t offset = 0);

    // ---- calls
    enum class Returns : std::uint8_t { integer, pointer };
    // Stable: touches no memory and gives the same answer all through one run of the program (the current pid): two
    // calls become one and an unused one disappears.
    enum class Effect : std::uint8_t { memory, stable };
    // Arguments are pointers or integers; integers narrower than i64 are zero-extended. The result is i64 or a pointer
    // that may be null.
    Value call_helper(std::uint32_t helper, std::span<const Value> arguments, Returns returns = Returns::integer,
                      Effect effect = Effect::memory);
    Value call_helper(std::uint32_t helper, std::initializer_list<Value> arguments, Returns returns = Returns::integer,
                      Effect effect = Effect::memory) {
        return call_helper(helper, std::span(arguments.begin(), arguments.size()), returns, effect);
    }
    Value call(Function function, std::span<const Value> arguments);  // of the same program; i64
    Value call(Function function, std::initializer_list<Value> arguments) {
        return call(function, std::span(arguments.begin(), arguments.size()));
    }
    Value address_of(Function callback);  // a pointer, good for a helper's argument only

    // ---- maps, by their number in the program; the loader puts the file descriptor there
    Value map_ref(program::MapId map);
    // Address of element 0 of an ARRAY map (never a per-CPU one), known to be non-null.
    Value map_value(program::MapId map);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ir
