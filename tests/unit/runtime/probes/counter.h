// A loaded program that adds 1 to a counter we can read: what the tests of attaching attach.
#pragma once

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "runtime/base/fd.h"
#include "runtime/probes/provider.h"

namespace test_support {

inline long bpf(int command, bpf_attr& attr) {
    return ::syscall(__NR_bpf, command, &attr, sizeof attr);
}

inline bpf_insn insn(int code, int dst, int src, int imm) {
    bpf_insn result{};
    result.code = static_cast<__u8>(code);
    result.dst_reg = static_cast<__u8>(dst) & 0xf;
    result.src_reg = static_cast<__u8>(src) & 0xf;
    result.imm = imm;
    return result;
}

class Counter {
  public:
    explicit Counter(bpf_prog_type type, std::uint32_t expected = 0) {
        bpf_attr attr;
        std::memset(&attr, 0, sizeof attr);
        attr.map_type = BPF_MAP_TYPE_ARRAY;
        attr.key_size = 4;
        attr.value_size = 8;
        attr.max_entries = 1;
        map_ = base::Fd(static_cast<int>(bpf(BPF_MAP_CREATE, attr)));
        const bpf_insn insns[] = {
            insn(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_VALUE, map_.get()),
            insn(0, 0, 0, 0),
            insn(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 1),
            insn(BPF_STX | BPF_DW | BPF_ATOMIC, 1, 2, BPF_ADD),
            insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0),
            insn(BPF_JMP | BPF_EXIT, 0, 0, 0),
        };
        std::memset(&attr, 0, sizeof attr);
        attr.prog_type = type;
        attr.expected_attach_type = expected;
        attr.insns = reinterpret_cast<std::uintptr_t>(insns);
        attr.insn_cnt = sizeof insns / sizeof insns[0];
        attr.license = reinterpret_cast<std::uintptr_t>("GPL");
        program_ = base::Fd(static_cast<int>(bpf(BPF_PROG_LOAD, attr)));
        function_.type = type;
        function_.expected = static_cast<bpf_attach_type>(expected);
    }
    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;
    [[nodiscard]] bool is_loaded() const { return program_.is_open(); }
    [[nodiscard]] probes::LoadedFunction function() const { return {.fd = program_.get(), .function = &function_}; }
    [[nodiscard]] std::uint64_t value() const {
        const std::uint32_t key = 0;
        std::uint64_t value = 0;
        bpf_attr attr;
        std::memset(&attr, 0, sizeof attr);
        attr.map_fd = static_cast<std::uint32_t>(map_.get());
        attr.key = reinterpret_cast<std::uintptr_t>(&key);
        attr.value = reinterpret_cast<std::uintptr_t>(&value);
        bpf(BPF_MAP_LOOKUP_ELEM, attr);
        return value;
    }

  private:
    base::Fd map_, program_;
    program::Function function_;
};

}  // namespace test_support
