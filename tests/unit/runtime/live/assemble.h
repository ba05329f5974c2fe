// Programs assembled by hand, so that the engine is tested without the compiler: instructions as functions, a minimal
// BTF with one function, and Programs put together from both.
#pragma once

#include <linux/bpf.h>
#include <linux/btf.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "runtime/program/program.h"
#include "runtime/program/record.h"

namespace assemble {

using Code = std::vector<bpf_insn>;

inline bpf_insn insn(unsigned code, unsigned dst, unsigned src, int off, int imm) {
    bpf_insn out{};
    out.code = static_cast<std::uint8_t>(code);
    out.dst_reg = static_cast<std::uint8_t>(dst & 0xfU) & 0xfU;
    out.src_reg = static_cast<std::uint8_t>(src & 0xfU) & 0xfU;
    out.off = static_cast<std::int16_t>(off);
    out.imm = imm;
    return out;
}

inline bpf_insn mov(unsigned dst, int imm) {
    return insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}
inline bpf_insn mov_reg(unsigned dst, unsigned src) {
    return insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}
inline bpf_insn add(unsigned dst, int imm) {
    return insn(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm);
}
inline bpf_insn call(int helper) {
    return insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}
inline bpf_insn leave() {
    return insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}
inline bpf_insn jump_if(unsigned op, unsigned reg, int imm, int off) {
    return insn(BPF_JMP | op | BPF_K, reg, 0, off, imm);
}
inline bpf_insn jump(int off) {
    return insn(BPF_JMP | BPF_JA, 0, 0, off, 0);
}
inline bpf_insn store(unsigned size, unsigned dst, int off, int imm) {
    return insn(BPF_ST | BPF_MEM | size, dst, 0, off, imm);
}
inline bpf_insn store_reg(unsigned size, unsigned dst, int off, unsigned src) {
    return insn(BPF_STX | BPF_MEM | size, dst, src, off, 0);
}
inline bpf_insn load(unsigned size, unsigned dst, unsigned src, int off) {
    return insn(BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}
inline bpf_insn atomic_add(unsigned dst, int off, unsigned src) {
    return insn(BPF_STX | BPF_ATOMIC | BPF_DW, dst, src, off, BPF_ADD);
}

/// A function being written, with its map references.
struct Writer {
    program::Function function;

    Writer(std::string name) {
        function.name = std::move(name);
        function.type = BPF_PROG_TYPE_RAW_TRACEPOINT;
    }
    Writer& put(const Code& code) {
        function.insns.insert(function.insns.end(), code.begin(), code.end());
        return *this;
    }
    Writer& map(unsigned reg, program::MapId map) {
        function.relocations.push_back({.insn = static_cast<std::uint32_t>(function.insns.size()),
                                        .to = program::Relocation::To::map,
                                        .map = map});
        return put({insn(BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_MAP_FD, 0, static_cast<int>(map.value)),
                    insn(0, 0, 0, 0, 0)});
    }
    [[nodiscard]] int at() const { return static_cast<int>(function.insns.size()); }
};

inline program::MapSpec map_spec(std::string name, program::MapRole role, program::MapKind kind, std::uint32_t key_size,
                                 std::uint32_t value_size, std::uint32_t entries) {
    program::MapSpec spec;
    spec.name = std::move(name);
    spec.role = role;
    spec.kind = kind;
    spec.key_size = key_size;
    spec.value_size = value_size;
    spec.max_entries = entries;
    return spec;
}

enum : std::uint32_t { kRing, kLedger, kGlobals };
constexpr int kEventsPerRun = 64;

/// One function that sends kEventsPerRun records of 16 bytes payload and counts in the ledger what was sent and lost.
inline program::Program sender() {
    program::Program p;
    p.files.push_back({.name = "stdin", .text = "begin { }"});
    p.maps = {map_spec("events", program::MapRole::events, program::MapKind::ring_buffer, 0, 0, 4096),
              map_spec("ledger", program::MapRole::ledger, program::MapKind::percpu_array, 4,
                       program::kLedgerCounters * 8, 1),
              map_spec("globals", program::MapRole::globals, program::MapKind::array, 4, sizeof(program::Globals), 1)};
    p.events_map = program::MapId(kRing);
    p.ledger_map = program::MapId(kLedger);
    p.globals_map = program::MapId(kGlobals);

    Writer w("sender");
    const program::MapId ring(kRing), ledger(kLedger);
    w.put({mov(6, kEventsPerRun)});
    const int loop = w.at();
    w.map(1, ring).put({mov(2, 24), mov(3, 0), call(BPF_FUNC_ringbuf_reserve), jump_if(BPF_JEQ, 0, 0, 7)});
    w.put({store(BPF_W, 0, 0, 0), store(BPF_W, 0, 4, 0), store_reg(BPF_DW, 0, 8, 6), mov_reg(1, 0), mov(2, 0),
           call(BPF_FUNC_ringbuf_submit), jump(10)});
    const auto count = [&](program::LedgerCounter counter) {
        w.put({store(BPF_W, 10, -4, 0)}).map(1, ledger);
        w.put({mov_reg(2, 10), add(2, -4), call(BPF_FUNC_map_lookup_elem), jump_if(BPF_JEQ, 0, 0, 2), mov(1, 1),
               atomic_add(0, static_cast<int>(counter) * 8, 1)});
    };
    count(program::LedgerCounter::lost);
    w.put({jump(9)});
    count(program::LedgerCounter::sent);
    w.put({add(6, -1), jump_if(BPF_JNE, 6, 0, 0)});
    w.function.insns.back().off = static_cast<std::int16_t>(loop - w.at());
    w.put({mov(0, 0), leave()});
    p.functions.push_back(w.function);

    program::ProbeSpec probe;
    probe.name = "begin";
    probe.function = program::FunctionId(0);
    p.probes.push_back(probe);
    p.begin.emplace_back(0U);
    p.events.emplace_back(program::Unwatch{});
    return p;
}

/// BTF with int, int (void) and a function of that type; `strings` go behind the names. Returns offsets of the strings.
inline std::vector<std::uint32_t> put_btf(program::Program& program, const std::string& function_name,
                                          const std::vector<std::string>& strings) {
    std::string text(1, '\0');
    const auto put = [&text](const std::string& name) {
        const auto at = static_cast<std::uint32_t>(text.size());
        text += name;
        text += '\0';
        return at;
    };
    const std::uint32_t int_name = put("int"), name = put(function_name);
    const auto type = [](std::uint32_t kind, std::uint32_t size_or_type, std::uint32_t name_off) {
        return btf_type{.name_off = name_off, .info = kind << 24, .size = size_or_type};
    };
    std::vector<std::byte> types;
    const auto append = [&types](const void* from, std::size_t size) {
        const auto* bytes = static_cast<const std::byte*>(from);
        types.insert(types.end(), bytes, bytes + size);
    };
    const btf_type integer = type(BTF_KIND_INT, 4, int_name), proto = type(BTF_KIND_FUNC_PROTO, 1, 0),
                   function = type(BTF_KIND_FUNC, 2, name);
    const std::uint32_t integer_tail = BTF_INT_SIGNED << 24 | 32;
    append(&integer, sizeof(integer));
    append(&integer_tail, sizeof(integer_tail));
    append(&proto, sizeof(proto));
    append(&function, sizeof(function));
    std::vector<std::uint32_t> offsets;
    for (const std::string& one : strings)
        offsets.push_back(put(one));

    btf_header header{};
    header.magic = BTF_MAGIC;
    header.version = BTF_VERSION;
    header.hdr_len = sizeof(header);
    header.type_len = static_cast<std::uint32_t>(types.size());
    header.str_off = header.type_len;
    header.str_len = static_cast<std::uint32_t>(text.size());
    const auto* head = reinterpret_cast<const std::byte*>(&header);
    const auto* chars = reinterpret_cast<const std::byte*>(text.data());
    program.btf.assign(head, head + sizeof(header));
    program.btf.insert(program.btf.end(), types.begin(), types.end());
    program.btf.insert(program.btf.end(), chars, chars + text.size());
    return offsets;
}

/// A function whose second instruction reads a register nobody set, with the lines 1 and 2 of stdin.
inline program::Program refused() {
    program::Program p;
    p.files.push_back({.name = "stdin", .text = "begin {\n  $x = 1;\n}"});
    Writer w("refused");
    w.put({mov(0, 0), mov_reg(0, 2), leave()});
    const std::vector<std::uint32_t> strings = put_btf(p, "refused", {"stdin", "begin {", "  $x = 1;"});
    w.function.func_info.push_back({.insn_off = 0, .type_id = 3});
    w.function.line_info.push_back(
        {.insn_off = 0, .file_name_off = strings[0], .line_off = strings[1], .line_col = 1U << 10 | 1});
    w.function.line_info.push_back(
        {.insn_off = 1, .file_name_off = strings[0], .line_off = strings[2], .line_col = 2U << 10 | 3});
    p.functions.push_back(w.function);
    program::ProbeSpec probe;
    probe.name = "begin";
    probe.function = program::FunctionId(0);
    p.probes.push_back(probe);
    return p;
}

}  // namespace assemble
