// Every operation of the façade, judged by the kernel: what the verifier accepts and the machine computes.
#include "src/ir/ir.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <bit>
#include <functional>

#include "tests/unit/src/ir/kernel.h"

namespace {

using ir::Builder;
using ir::Compare;
using ir::Cpu;
using ir::Module;
using ir::Value;
using ir::Width;
using ir_test::create_map;
using ir_test::load;
using ir_test::Loaded;
using ir_test::lookup;
using program::MapId;

enum Helper : std::uint32_t {
    map_lookup_elem = 1,
    ktime_get_ns = 5,
    get_current_pid_tgid = 14,
    get_current_comm = 16,
    ringbuf_reserve = 131,
    ringbuf_submit = 132,
    for_each_map_elem = 164,
    bpf_loop = 181,
};

constexpr Cpu kCpus[] = {Cpu::v2, Cpu::v3, Cpu::v4};
const MapId kMap0{std::size_t{0}};
const MapId kMap1{std::size_t{1}};

class OnCpu : public testing::TestWithParam<Cpu> {};
INSTANTIATE_TEST_SUITE_P(Ir, OnCpu, testing::ValuesIn(kCpus), [](const auto& cpu) {
    return std::string("v") + std::to_string(2 + static_cast<int>(cpu.param));
});

TEST_P(OnCpu, APlainReturn) {
    NEEDS_BPF();
    Module module(GetParam());
    Builder builder(module, module.begin_program("plain", {}));
    builder.ret(42);
    const Loaded loaded = load(module);
    ASSERT_TRUE(loaded.is_ok);
    EXPECT_EQ(loaded.run(), 42U);
}

// ---- arithmetic against a model

struct Operation {
    std::string name;
    std::function<Value(Builder&, Value, Value)> build;
    std::function<std::uint64_t(std::uint64_t, std::uint64_t, unsigned)> model;  // operands zero-extended, result cut
};

std::uint64_t cut(std::uint64_t value, unsigned bits) {
    return bits == 64 ? value : value & ((std::uint64_t{1} << bits) - 1);
}
std::int64_t with_sign(std::uint64_t value, unsigned bits) {
    return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

std::vector<Operation> operations() {
    using U = std::uint64_t;
    const auto signed_division = [](U a, U b, unsigned bits, bool wants_rest) -> U {
        const std::int64_t x = with_sign(a, bits);
        const std::int64_t y = with_sign(b, bits);
        if (y == 0) return wants_rest ? a : 0;
        if (y == -1) return wants_rest ? 0 : U{0} - a;  // the one case that overflows
        return static_cast<U>(wants_rest ? x % y : x / y);
    };
    const auto swap = [](U a, unsigned bits) { return __builtin_bswap64(a) >> (64 - bits); };
    std::vector<Operation> result{
        {"add", [](Builder& b, Value x, Value y) { return b.add(x, y); }, [](U a, U b, unsigned) { return a + b; }},
        {"sub", [](Builder& b, Value x, Value y) { return b.sub(x, y); }, [](U a, U b, unsigned) { return a - b; }},
        {"mul", [](Builder& b, Value x, Value y) { return b.mul(x, y); }, [](U a, U b, unsigned) { return a * b; }},
        {"udiv", [](Builder& b, Value x, Value y) { return b.udiv(x, y); },
         [](U a, U b, unsigned) { return b == 0 ? 0 : a / b; }},
        {"urem", [](Builder& b, Value x, Value y) { return b.urem(x, y); },
         [](U a, U b, unsigned) { return b == 0 ? a : a % b; }},
        {"sdiv", [](Builder& b, Value x, Value y) { return b.sdiv(x, y); },
         [=](U a, U b, unsigned bits) { return signed_division(a, b, bits, false); }},
        {"srem", [](Builder& b, Value x, Value y) { return b.srem(x, y); },
         [=](U a, U b, unsigned bits) { return signed_division(a, b, bits, true); }},
        {"and", [](Builder& b, Value x, Value y) { return b.and_(x, y); }, [](U a, U b, unsigned) { return a & b; }},
        {"or", [](Builder& b, Value x, Value y) { return b.or_(x, y); }, [](U a, U b, unsigned) { return a | b; }},
        {"xor", [](Builder& b, Value x, Value y) { return b.xor_(x, y); }, [](U a, U b, unsigned) { return a ^ b; }},
        {"shl", [](Builder& b, Value x, Value y) { return b.shl(x, y); },
         [](U a, U b, unsigned bits) { return a << (b % bits); }},
        {"lshr", [](Builder& b, Value x, Value y) { return b.lshr(x, y); },
         [](U a, U b, unsigned bits) { return a >> (b % bits); }},
        {"ashr", [](Builder& b, Value x, Value y) { return b.ashr(x, y); },
         [](U a, U b, unsigned bits) { return static_cast<U>(with_sign(a, bits) >> (b % bits)); }},
        {"neg", [](Builder& b, Value x, Value) { return b.neg(x); }, [](U a, U, unsigned) { return U{0} - a; }},
        {"not", [](Builder& b, Value x, Value) { return b.not_(x); }, [](U a, U, unsigned) { return ~a; }},
        {"opaque", [](Builder& b, Value x, Value) { return b.opaque(x); }, [](U a, U, unsigned) { return a; }},
        {"umin", [](Builder& b, Value x, Value y) { return b.umin(x, y); },
         [](U a, U b, unsigned) { return std::min(a, b); }},
        {"umax", [](Builder& b, Value x, Value y) { return b.umax(x, y); },
         [](U a, U b, unsigned) { return std::max(a, b); }},
        {"smin", [](Builder& b, Value x, Value y) { return b.smin(x, y); },
         [](U a, U b, unsigned bits) { return with_sign(a, bits) < with_sign(b, bits) ? a : b; }},
        {"smax", [](Builder& b, Value x, Value y) { return b.smax(x, y); },
         [](U a, U b, unsigned bits) { return with_sign(a, bits) > with_sign(b, bits) ? a : b; }},
        {"bswap", [](Builder& b, Value x, Value) { return Builder::width(x) == Width::i8 ? x : b.bswap(x); },
         [=](U a, U, unsigned bits) { return swap(a, bits); }},
        {"leading zeros", [](Builder& b, Value x, Value) { return b.count_leading_zeros(x); },
         [](U a, U, unsigned bits) { return static_cast<U>(std::countl_zero(a)) - (64 - bits); }},
        {"is_zero", [](Builder& b, Value x, Value) { return b.is_zero(x); },
         [](U a, U, unsigned) { return U{a == 0}; }},
        {"not_zero", [](Builder& b, Value x, Value) { return b.not_zero(x); },
         [](U a, U, unsigned) { return U{a != 0}; }},
        {"select", [](Builder& b, Value x, Value y) { return b.select(b.compare(Compare::sgt, x, y), b.add(x, y), y); },
         [](U a, U b, unsigned bits) { return with_sign(a, bits) > with_sign(b, bits) ? a + b : b; }},
        {"narrow and back",
         [](Builder& b, Value x, Value) { return b.resize(b.resize(x, Width::i8, true), Builder::width(x), true); },
         [](U a, U, unsigned) { return static_cast<U>(with_sign(cut(a, 8), 8)); }},
        {"sdiv by 7", [](Builder& b, Value x, Value) { return b.sdiv(x, b.constant(Builder::width(x), 7)); },
         [=](U a, U, unsigned bits) { return signed_division(a, 7, bits, false); }},
        {"sdiv by -8", [](Builder& b, Value x, Value) { return b.sdiv(x, b.constant(Builder::width(x), U{0} - 8)); },
         [=](U a, U, unsigned bits) { return signed_division(a, U{0} - 8, bits, false); }},
        {"srem by -8", [](Builder& b, Value x, Value) { return b.srem(x, b.constant(Builder::width(x), U{0} - 8)); },
         [=](U a, U, unsigned bits) { return signed_division(a, U{0} - 8, bits, true); }},
        {"sdiv by -1", [](Builder& b, Value x, Value) { return b.sdiv(x, b.constant(Builder::width(x), ~U{0})); },
         [](U a, U, unsigned) { return U{0} - a; }},
        {"srem by -1", [](Builder& b, Value x, Value) { return b.srem(x, b.constant(Builder::width(x), ~U{0})); },
         [](U, U, unsigned) { return U{0}; }},
        {"udiv by 0", [](Builder& b, Value x, Value) { return b.udiv(x, b.constant(Builder::width(x), 0)); },
         [](U, U, unsigned) { return U{0}; }},
        {"urem by 0", [](Builder& b, Value x, Value) { return b.urem(x, b.constant(Builder::width(x), 0)); },
         [](U a, U, unsigned) { return a; }},
        {"udiv by itself", [](Builder& b, Value x, Value) { return b.udiv(x, x); },
         [](U a, U, unsigned) { return U{a != 0}; }},
        {"shl by 200", [](Builder& b, Value x, Value) { return b.shl(x, b.constant(Width::i64, 200)); },
         [](U a, U, unsigned bits) { return a << (200 % bits); }},
    };
    struct Comparison {
        const char* name;
        Compare how;
        bool (*model)(U, U, std::int64_t, std::int64_t);
    };
    static constexpr Comparison kComparisons[] = {
        {"eq", Compare::eq, [](U a, U b, std::int64_t, std::int64_t) { return a == b; }},
        {"ne", Compare::ne, [](U a, U b, std::int64_t, std::int64_t) { return a != b; }},
        {"ult", Compare::ult, [](U a, U b, std::int64_t, std::int64_t) { return a < b; }},
        {"ule", Compare::ule, [](U a, U b, std::int64_t, std::int64_t) { return a <= b; }},
        {"ugt", Compare::ugt, [](U a, U b, std::int64_t, std::int64_t) { return a > b; }},
        {"uge", Compare::uge, [](U a, U b, std::int64_t, std::int64_t) { return a >= b; }},
        {"slt", Compare::slt, [](U, U, std::int64_t a, std::int64_t b) { return a < b; }},
        {"sle", Compare::sle, [](U, U, std::int64_t a, std::int64_t b) { return a <= b; }},
        {"sgt", Compare::sgt, [](U, U, std::int64_t a, std::int64_t b) { return a > b; }},
        {"sge", Compare::sge, [](U, U, std::int64_t a, std::int64_t b) { return a >= b; }},
    };
    for (const Comparison& one : kComparisons) {
        result.push_back({one.name, [how = one.how](Builder& b, Value x, Value y) { return b.compare(how, x, y); },
                          [model = one.model](U a, U b, unsigned bits) -> U {
                              return model(a, b, with_sign(a, bits), with_sign(b, bits));
                          }});
    }
    return result;
}

TEST_P(OnCpu, ArithmeticOfEveryWidthAgreesWithAModel) {
    NEEDS_BPF();
    constexpr std::uint64_t kValues[] = {0,
                                         1,
                                         2,
                                         3,
                                         7,
                                         9,
                                         63,
                                         64,
                                         0x7f,
                                         0x80,
                                         0xff,
                                         0x7fff,
                                         0x8000,
                                         0xffff,
                                         0x7fffffff,
                                         0x80000000,
                                         0xffffffff,
                                         0x100000000,
                                         0x7fffffffffffffff,
                                         0x8000000000000000,
                                         0xffffffffffffffff,
                                         0xfffffffffffffff9,
                                         0x0123456789abcdef};
    const std::vector<Operation> all = operations();
    for (const Width width : {Width::i8, Width::i16, Width::i32, Width::i64}) {
        const unsigned bits = ir::bits(width);
        Module module(GetParam());
        Builder builder(module, module.begin_program("arithmetic", {}));
        const Value out = builder.map_value(kMap0);
        for (std::size_t i = 0; i < all.size(); ++i) {
            // Opaque, or common subexpressions would make one test of all.
            const Value a = builder.trunc(builder.opaque(builder.load(Width::i64, builder.argument(0), 0)), width);
            const Value b = builder.trunc(builder.opaque(builder.load(Width::i64, builder.argument(0), 8)), width);
            builder.store(builder.zext(all[i].build(builder, a, b), Width::i64), out, static_cast<std::int64_t>(8 * i));
        }
        builder.ret(0);
        std::vector<base::Fd> maps;
        using Results = std::array<std::uint64_t, 64>;
        ASSERT_LE(all.size(), Results().size());
        maps.push_back(create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(Results), 1));
        const Loaded loaded = load(module, std::move(maps));
        ASSERT_TRUE(loaded.is_ok);
        for (const std::uint64_t a : kValues) {
            for (const std::uint64_t b : kValues) {
                loaded.run(0, {a, b});
                const auto results = lookup<std::uint32_t, Results>(loaded.maps[0], 0);
                for (std::size_t i = 0; i < all.size(); ++i) {
                    ASSERT_EQ(results[i], cut(all[i].model(cut(a, bits), cut(b, bits), bits), bits))
                        << all[i].name << " of " << bits << " bits, " << a << ", " << b;
                }
            }
        }
    }
}

// ---- control flow

TEST_P(OnCpu, BranchesPhisAndSwitches) {
    NEEDS_BPF();
    Module module(GetParam());
    Builder builder(module, module.begin_program("flow", {}));
    const Value x = builder.load(Width::i64, builder.argument(0), 0);
    const Value total = builder.slot(Width::i64, "total");
    builder.store(builder.i64(1000), total);
    builder.if_then(builder.compare(Compare::ugt, x, builder.i64(10)),
                    [&] { builder.store(builder.add(builder.load(Width::i64, total), x), total); });
    builder.if_else(
        builder.is_zero(x), [&] { builder.ret(7); }, [&] { builder.store(builder.i64(5), total, 0); },
        Builder::Likely::no);
    const ir::Block one = builder.block("one");
    const ir::Block two = builder.block("two");
    const ir::Block other = builder.block("other");
    const ir::Block end = builder.block("end");
    const std::array<Builder::Case, 3> cases{{{1, one}, {2, two}, {99, two}}};
    builder.switch_on(x, cases, other);
    builder.enter(one);
    const Value from_one = builder.add(builder.load(Width::i64, total), x);
    builder.jump(end);
    builder.enter(two);
    const Value from_two = builder.mul(x, x);
    builder.jump(end);
    builder.enter(other);
    builder.jump(end);
    builder.enter(end);
    builder.ret(builder.phi({{from_one, one}, {from_two, two}, {builder.i64(77), other}}));
    const Loaded loaded = load(module);
    ASSERT_TRUE(loaded.is_ok);
    EXPECT_EQ(loaded.run(0, {0}), 7U);
    EXPECT_EQ(loaded.run(0, {1}), 6U);
    EXPECT_EQ(loaded.run(0, {2}), 4U);
    EXPECT_EQ(loaded.run(0, {99}), 99U * 99U);
    EXPECT_EQ(loaded.run(0, {3}), 77U);
}

TEST_P(OnCpu, ALoopOverAPendingPhi) {
    NEEDS_BPF();
    Module module(GetParam());
    Builder builder(module, module.begin_program("loop", {}));
    const Value base = builder.load(Width::i64, builder.argument(0));
    const ir::Block start = builder.current();
    const ir::Block body = builder.block("body");
    const ir::Block end = builder.block("end");
    builder.jump(body);
    builder.enter(body);
    const Value i = builder.phi_pending(Width::i64);
    const Value sum = builder.phi_pending(Width::i64);
    const Value next = builder.add(i, builder.i64(1));
    const Value new_sum = builder.add(sum, i);
    builder.add_incoming(i, builder.i64(0), start);
    builder.add_incoming(i, next, body);
    builder.add_incoming(sum, base, start);
    builder.add_incoming(sum, new_sum, body);
    builder.branch(builder.compare(Compare::ult, next, builder.i64(20)), body, end);
    builder.enter(end);
    builder.ret(new_sum);
    const Loaded loaded = load(module);
    ASSERT_TRUE(loaded.is_ok);
    EXPECT_EQ(loaded.run(0, {1000}), 1190U);
}

// ---- memory

TEST_P(OnCpu, LoadsAndStoresOfEveryWidth) {
    NEEDS_BPF();
    Module module(GetParam());
    Builder builder(module, module.begin_program("memory", {}));
    const Value frame = builder.alloca_bytes(32);
    builder.fill(frame, 0, 32);
    const Value x = builder.load(Width::i64, builder.argument(0));
    builder.store(builder.trunc(x, Width::i8), frame, 0);
    builder.store(builder.trunc(x, Width::i16), frame, 2);
    builder.store(builder.trunc(x, Width::i32), frame, 4);
    builder.store(x, builder.ptr_add(frame, 8));
    builder.store(builder.compare(Compare::eq, x, x), frame, 16);
    builder.store(builder.load(Width::i1, frame, 16), frame, 17);
    builder.store_volatile(builder.constant(Width::i8, 9), frame, 18);
    builder.store(builder.load_volatile(Width::i8, frame, 18), frame, 19);
    builder.copy(builder.map_value(kMap0), frame, 32);
    builder.ret(0);
    std::vector<base::Fd> maps;
    maps.push_back(create_map(BPF_MAP_TYPE_ARRAY, 4, 32, 1));
    const Loaded loaded = load(module, std::move(maps));
    ASSERT_TRUE(loaded.is_ok);
    loaded.run(0, {0x8877665544332211});
    const auto bytes = lookup<std::uint32_t, std::array<unsigned char, 32>>(loaded.maps[0], 0);
    const std::array<unsigned char, 32> wanted{0x11, 0,    0x11, 0x22, 0x11, 0x22, 0x33, 0x44, 0x11, 0x22,
                                               0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 1,    1,    9,    9};
    EXPECT_EQ(bytes, wanted);
}

TEST_P(OnCpu, CopiesTwoHundredBytesAndWritesConstants) {
    NEEDS_BPF();
    Module module(GetParam());
    Builder builder(module, module.begin_program("copies", {}));
    const Value from = builder.map_value(kMap0);
    const Value frame = builder.alloca_bytes(208);
    builder.copy(frame, from, 203);
    builder.fill(frame, 0xee, 5, 8, 203);
    builder.store_bytes(frame, "hello, worlds", 3);
    const Value to = builder.map_value(kMap1);
    builder.copy(builder.ptr_add(to, 8), frame, 208);
    builder.store_bytes(to, std::string_view("\xff\x80\0\x7f", 4), 1, 1);
    builder.ret(0);
    using Bytes = std::array<unsigned char, 208>;
    using More = std::array<unsigned char, 216>;
    std::vector<base::Fd> maps;
    maps.push_back(create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(Bytes), 1));
    maps.push_back(create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(More), 1));
    const Loaded loaded = load(module, std::move(maps));
    ASSERT_TRUE(loaded.is_ok);
    Bytes source;
    for (std::size_t i = 0; i < source.size(); ++i)
        source[i] = static_cast<unsigned char>(i * 7 + 1);
    ir_test::update(loaded.maps[0], std::uint32_t{0}, source);
    loaded.run();
    More wanted{};
    std::copy(source.begin(), source.begin() + 203, wanted.begin() + 8);
    std::fill(wanted.begin() + 8 + 203, wanted.end(), static_cast<unsigned char>(0xee));
    std::memcpy(wanted.data() + 8 + 3, "hello, worlds", 13);
    std::memcpy(wanted.data() + 1, "\xff\x80\0\x7f", 4);
    EXPECT_EQ((lookup<std::uint32_t, More>(loaded.maps[1], 0)), wanted);
}

TEST_P(OnCpu, AddsAtomicallyToAnArrayMapsValue) {
    NEEDS_BPF();
    Module module(GetParam());
    Builder builder(module, module.begin_program("adds", {}));
    const Value x = builder.load(Width::i64, builder.argument(0));
    builder.atomic_add(builder.map_value(kMap0), x, 16);
    builder.atomic_add(builder.map_value(kMap0), builder.trunc(x, Width::i32), 4);
    builder.ret(0);
    using Values = std::array<std::uint64_t, 4>;
    std::vector<base::Fd> maps;
    maps.push_back(create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(Values), 1));
    const Loaded loaded = load(module, std::move(maps));
    ASSERT_TRUE(loaded.is_ok);
    loaded.run(0, {5});
    loaded.run(0, {(std::uint64_t{1} << 40) + 6});
    const auto values = lookup<std::uint32_t, Values>(loaded.maps[0], 0);
    EXPECT_EQ(values, (Values{std::uint64_t{11} << 32, 0, (std::uint64_t{1} << 40) + 11, 0}));
}

TEST(Ir, AtomicsReturnTheOldContent) {
    NEEDS_BPF();
    for (const Cpu cpu : {Cpu::v3, Cpu::v4}) {
        Module module(cpu);
        Builder builder(module, module.begin_program("atomics", {}));
        const Value map = builder.map_value(kMap0);
        const Value x = builder.load(Width::i64, builder.argument(0));
        builder.store(builder.atomic_fetch_add(map, x, 0), map, 8);
        builder.store(builder.atomic_exchange(map, builder.i64(50), 0), map, 16);
        builder.store(builder.atomic_compare_exchange(map, builder.i64(49), builder.i64(1), 0), map, 24);   // refused
        builder.store(builder.atomic_compare_exchange(map, builder.i64(50), builder.i64(60), 0), map, 32);  // done
        builder.atomic_or(map, builder.i64(3), 0);
        builder.store(builder.atomic_compare_exchange(map, builder.i32(1), builder.i32(2), 40), map, 44);
        builder.ret(0);
        using Values = std::array<std::uint64_t, 6>;
        std::vector<base::Fd> maps;
        maps.push_back(create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(Values), 1));
        const Loaded loaded = load(module, std::move(maps));
        ASSERT_TRUE(loaded.is_ok);
        ir_test::update(loaded.maps[0], std::uint32_t{0}, Values{100, 0, 0, 0, 0, 1});
        loaded.run(0, {11});
        const auto values = lookup<std::uint32_t, Values>(loaded.maps[0], 0);
        EXPECT_EQ(values, (Values{63, 100, 111, 50, 50, (std::uint64_t{1} << 32) | 2}));
    }
}

// ---- calls

TEST_P(OnCpu, ALoopCallbackSharesItsCallersFrame) {
    NEEDS_BPF();
    Module module(GetParam());
    const ir::Function program = module.begin_program("looping", {});
    Builder builder(module, program);
    const ir::Function callback = module.begin_callback(program, "each", ir::kLoopCallback, {});
    // struct { u64 sum, last, factor; }, written by both sides.
    const Value frame = builder.alloca_bytes(24);
    builder.store(builder.i64(100), frame, 0);
    builder.store(builder.i64(0), frame, 8);
    builder.store(builder.load(Width::i64, builder.argument(0), 0), frame, 16);
    const Value times = builder.load(Width::i64, builder.argument(0), 8);
    const Value done = builder.call_helper(bpf_loop, {times, builder.address_of(callback), frame, builder.i64(0)});
    const Value result = builder.add(builder.load(Width::i64, frame, 0), builder.mul(done, builder.i64(1000)));
    builder.ret(builder.add(result, builder.mul(builder.load(Width::i64, frame, 8), builder.i64(100000))));

    Builder inner(module, callback);
    const Value index = inner.argument(0);
    const Value shared = inner.argument(1);
    const Value product = inner.mul(index, inner.load(Width::i64, shared, 16));
    inner.store(inner.add(inner.load(Width::i64, shared, 0), product), shared, 0);
    inner.store(index, shared, 8);
    inner.if_then(inner.compare(Compare::uge, index, inner.i64(6)), [&] { inner.ret(1); });
    inner.ret(0);

    const Loaded loaded = load(module);
    ASSERT_TRUE(loaded.is_ok);
    EXPECT_EQ(loaded.run(0, {2, 5}), 100U + 2 * (0 + 1 + 2 + 3 + 4) + 5000 + 400000);
    EXPECT_EQ(loaded.run(0, {3, 50}), 100U + 3 * (0 + 1 + 2 + 3 + 4 + 5 + 6) + 7000 + 600000);
}

TEST_P(OnCpu, ForEachVisitsAHashMap) {
    NEEDS_BPF();
    Module module(GetParam());
    const ir::Function program = module.begin_program("visiting", {});
    const ir::Function callback = module.begin_callback(program, "visit", ir::kForEachCallback, {});
    Builder builder(module, program);
    const Value frame = builder.alloca_bytes(16);
    builder.fill(frame, 0, 16);
    builder.call_helper(for_each_map_elem,
                        {builder.map_ref(kMap0), builder.address_of(callback), frame, builder.i64(0)});
    builder.copy(builder.map_value(kMap1), frame, 16);
    builder.ret(0);
    Builder inner(module, callback);
    const Value shared = inner.argument(3);
    inner.store(inner.add(inner.load(Width::i64, shared, 0), inner.load(Width::i64, inner.argument(1))), shared, 0);
    inner.store(inner.add(inner.load(Width::i64, shared, 8), inner.load(Width::i64, inner.argument(2))), shared, 8);
    inner.atomic_add(inner.argument(2), inner.i64(1));
    inner.ret(0);

    std::vector<base::Fd> maps;
    maps.push_back(create_map(BPF_MAP_TYPE_HASH, 8, 8, 16));
    maps.push_back(create_map(BPF_MAP_TYPE_ARRAY, 4, 16, 1));
    const Loaded loaded = load(module, std::move(maps));
    ASSERT_TRUE(loaded.is_ok);
    for (std::uint64_t key = 1; key <= 5; ++key)
        ir_test::update(loaded.maps[0], key, key * 10);
    loaded.run();
    EXPECT_EQ((lookup<std::uint32_t, std::array<std::uint64_t, 2>>(loaded.maps[1], 0)),
              (std::array<std::uint64_t, 2>{15, 150}));
    EXPECT_EQ((lookup<std::uint64_t, std::uint64_t>(loaded.maps[0], 3)), 31U);
}

TEST_P(OnCpu, SubprogramsTakeFiveArgumentsAndSeveralProgramsHaveTheirOwn) {
    NEEDS_BPF();
    Module module(GetParam());
    static constexpr ir::Parameter kFive[] = {{"a"}, {"b"}, {"c"}, {"d"}, {"out", true}};
    std::vector<ir::Function> programs;
    for (const char* name : {"first", "second"})
        programs.push_back(module.begin_program(name, {}));
    for (std::uint64_t i = 0; i < 2; ++i) {
        // The second program's function stands behind one of its own, so that its distance differs.
        const ir::Function helper = module.begin_subprogram(programs[i], "twice", std::array{ir::Parameter{"x"}}, {});
        const ir::Function function = module.begin_subprogram(programs[i], "weigh", kFive, {});
        Builder twice(module, helper);
        twice.ret(twice.mul(twice.argument(0), twice.i64(2 + i)));
        Builder inner(module, function);
        Value sum = inner.argument(0);
        sum = inner.add(sum, inner.mul(inner.argument(1), inner.i64(10)));
        sum = inner.add(sum, inner.mul(inner.argument(2), inner.i64(100)));
        sum = inner.add(sum, inner.mul(inner.argument(3), inner.i64(1000)));
        inner.store(inner.call(helper, {sum}), inner.argument(4));
        inner.ret(inner.i64(i));
        Builder builder(module, programs[i]);
        const Value frame = builder.slot(Width::i64);
        const auto argument = [&](int n) { return builder.load(Width::i64, builder.argument(0), 8 * n); };
        const Value which = builder.call(
            function, {argument(0), builder.trunc(argument(1), Width::i32), argument(2), argument(3), frame});
        builder.ret(builder.add(builder.load(Width::i64, frame), builder.mul(which, builder.i64(1000000))));
    }
    const Loaded loaded = load(module);
    ASSERT_TRUE(loaded.is_ok);
    EXPECT_EQ(loaded.run(0, {1, 2, 3, 4}), 4321U * 2);
    EXPECT_EQ(loaded.run(1, {1, 2, 3, 4}), 4321U * 3 + 1000000);
}

TEST_P(OnCpu, ARingBufferRecordIsReservedWrittenAndSubmitted) {
    NEEDS_BPF();
    constexpr std::uint32_t kRing = 4096;
    Module module(GetParam());
    Builder builder(module, module.begin_program("ring", {}));
    const Value record = builder.call_helper(ringbuf_reserve, {builder.map_ref(kMap0), builder.i64(24), builder.i64(0)},
                                             Builder::Returns::pointer);
    builder.if_then(
        builder.is_zero(record), [&] { builder.ret(1); }, Builder::Likely::no);
    builder.store_bytes(record, "abcdefgh");
    builder.store(builder.load(Width::i64, builder.argument(0)), record, 8);
    builder.store(builder.call_helper(get_current_pid_tgid, {}, Builder::Returns::integer, Builder::Effect::stable),
                  record, 16);
    builder.call_helper(ringbuf_submit, {record, builder.i64(0)});
    builder.ret(0);
    std::vector<base::Fd> maps;
    maps.push_back(create_map(BPF_MAP_TYPE_RINGBUF, 0, 0, kRing));
    const Loaded loaded = load(module, std::move(maps));
    ASSERT_TRUE(loaded.is_ok);
    ASSERT_EQ(loaded.run(0, {4711}), 0U);
    // Consumer page, producer page, data: one record of 8 bytes header and 24 of payload.
    const auto page = static_cast<std::size_t>(getpagesize());
    void* area = mmap(nullptr, page + kRing, PROT_READ, MAP_SHARED, loaded.maps[0].get(), static_cast<off_t>(page));
    ASSERT_NE(area, MAP_FAILED) << strerror(errno);
    const auto* producer = static_cast<const std::uint64_t*>(area);
    EXPECT_EQ(*producer, 32U);
    const char* data = static_cast<const char*>(area) + page + 8;
    EXPECT_EQ(std::string_view(data, 8), "abcdefgh");
    std::uint64_t numbers[2];
    std::memcpy(numbers, data + 8, sizeof numbers);
    EXPECT_EQ(numbers[0], 4711U);
    EXPECT_EQ(numbers[1] >> 32, static_cast<std::uint64_t>(getpid()));
    munmap(area, page + kRing);
}

TEST_P(OnCpu, AHelpersPointerIsCheckedAndFollowed) {
    NEEDS_BPF();
    Module module(GetParam());
    Builder builder(module, module.begin_program("lookup", {}));
    const Value key = builder.slot(Width::i64);
    builder.store(builder.load(Width::i64, builder.argument(0)), key);
    const Value found = builder.call_helper(map_lookup_elem, {builder.map_ref(kMap0), key}, Builder::Returns::pointer);
    const Value is_there = builder.not_zero(found);
    builder.if_else(
        is_there, [&] { builder.ret(builder.load(Width::i32, found)); }, [&] { builder.ret(99); });
    // Both sides returned; what follows is never reached, but a block must end.
    builder.unreachable();
    std::vector<base::Fd> maps;
    maps.push_back(create_map(BPF_MAP_TYPE_HASH, 8, 4, 16));
    const Loaded loaded = load(module, std::move(maps));
    ASSERT_TRUE(loaded.is_ok);
    ir_test::update(loaded.maps[0], std::uint64_t{8}, std::uint32_t{0xfffffff0});
    EXPECT_EQ(loaded.run(0, {8}), 0xfffffff0U);
    EXPECT_EQ(loaded.run(0, {9}), 99U);
}

TEST_P(OnCpu, BoundsBehindOpaqueSatisfyTheVerifier) {
    NEEDS_BPF();
    Module module(GetParam());
    Builder builder(module, module.begin_program("bounds", {}));
    // values[i] for 2 <= i < 8, in both widths of index, in an array map's value.
    const Value map = builder.map_value(kMap0);
    const Value wide = builder.opaque(builder.load(Width::i64, builder.argument(0)));
    builder.if_then(builder.compare(Compare::ult, wide, builder.i64(2)), [&] { builder.ret(1); });
    builder.if_then(builder.compare(Compare::ugt, wide, builder.i64(7)), [&] { builder.ret(2); });
    const Value first = builder.load(Width::i64, builder.ptr_add(map, builder.shl(wide, builder.i64(3))));
    const Value narrow = builder.opaque(builder.sext(builder.load(Width::i32, builder.argument(0), 8), Width::i64));
    builder.if_then(builder.compare(Compare::slt, narrow, builder.i64(0)), [&] { builder.ret(3); });
    builder.if_then(builder.compare(Compare::sgt, narrow, builder.i64(7)), [&] { builder.ret(4); });
    const Value offset = builder.mul(narrow, builder.i64(8));
    builder.ret(builder.add(first, builder.load(Width::i64, builder.ptr_add(map, offset))));
    using Values = std::array<std::uint64_t, 8>;
    std::vector<base::Fd> maps;
    maps.push_back(create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(Values), 1));
    const Loaded loaded = load(module, std::move(maps));
    ASSERT_TRUE(loaded.is_ok);
    ir_test::update(loaded.maps[0], std::uint32_t{0}, Values{10, 11, 12, 13, 14, 15, 16, 17});
    EXPECT_EQ(loaded.run(0, {7, 3}), 30U);
    EXPECT_EQ(loaded.run(0, {1, 3}), 1U);
    EXPECT_EQ(loaded.run(0, {8, 3}), 2U);
    EXPECT_EQ(loaded.run(0, {2, 0xffffffff}), 3U);
    EXPECT_EQ(loaded.run(0, {2, 8}), 4U);
}

// ---- the builder's own answers

TEST(Ir, ValuesTellTheirWidthAndConstants) {
    Module module;
    Builder builder(module, module.begin_program("p", {}));
    EXPECT_EQ(Builder::width(builder.i32(5)), Width::i32);
    EXPECT_EQ(Builder::width(builder.boolean(true)), Width::i1);
    EXPECT_TRUE(Builder::is_pointer(builder.argument(0)));
    EXPECT_FALSE(Builder::is_pointer(builder.i64(0)));
    EXPECT_EQ(Builder::constant_of(builder.constant(Width::i8, 0x1ff)), 0xffU);
    EXPECT_EQ(Builder::constant_of(builder.add(builder.i64(2), builder.i64(3))), 5U);
    EXPECT_EQ(Builder::constant_of(builder.load(Width::i64, builder.argument(0))), std::nullopt);
    EXPECT_FALSE(builder.is_terminated());
    builder.ret(0);
    EXPECT_TRUE(builder.is_terminated());
}

}  // namespace
