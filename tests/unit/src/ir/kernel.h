// Runs what src/ir made on this machine's kernel: creates maps, loads the BTF and the functions as raw tracepoint
// programs, runs them with BPF_PROG_TEST_RUN. Plain bpf(2), so that nothing stands between src/ir's output and the
// verifier.
#pragma once

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "src/ir/object.h"

namespace ir_test {

inline long bpf(bpf_cmd command, bpf_attr& attr) {
    return syscall(SYS_bpf, command, &attr, sizeof attr);
}

inline std::uint64_t address(const void* pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

inline base::Fd create_map(bpf_map_type type, std::uint32_t key, std::uint32_t value, std::uint32_t entries) {
    bpf_attr attr{};
    attr.map_type = type;
    attr.key_size = key;
    attr.value_size = value;
    attr.max_entries = entries;
    return base::Fd(static_cast<int>(bpf(BPF_MAP_CREATE, attr)));
}

inline bool may_use_bpf() {
    static const bool result = create_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1).is_open();
    return result;
}

template <typename Key, typename Value>
Value lookup(const base::Fd& map, Key key) {
    Value value{};
    bpf_attr attr{};
    attr.map_fd = static_cast<std::uint32_t>(map.get());
    attr.key = address(&key);
    attr.value = address(&value);
    EXPECT_EQ(bpf(BPF_MAP_LOOKUP_ELEM, attr), 0) << strerror(errno);
    return value;
}

template <typename Key, typename Value>
void update(const base::Fd& map, Key key, const Value& value) {
    bpf_attr attr{};
    attr.map_fd = static_cast<std::uint32_t>(map.get());
    attr.key = address(&key);
    attr.value = address(&value);
    EXPECT_EQ(bpf(BPF_MAP_UPDATE_ELEM, attr), 0) << strerror(errno);
}

struct Loaded {
    base::Fd btf;
    std::vector<base::Fd> programs;
    std::vector<base::Fd> maps;
    bool is_ok = false;

    // Runs program `index`; `context` is what it sees as raw tracepoint arguments. The kernel reports 32 bits of the
    // result.
    std::uint32_t run(std::size_t index = 0, std::initializer_list<std::uint64_t> context = {}) const {
        std::vector<std::uint64_t> arguments(context);
        bpf_attr attr{};
        attr.test.prog_fd = static_cast<std::uint32_t>(programs[index].get());
        attr.test.ctx_in = address(arguments.data());
        attr.test.ctx_size_in = static_cast<std::uint32_t>(arguments.size() * 8);
        EXPECT_EQ(bpf(BPF_PROG_TEST_RUN, attr), 0) << strerror(errno);
        return attr.test.retval;
    }
};

// Emits, flattens and loads; on refusal the verifier's log becomes the test's failure.
inline Loaded load(ir::Module& module, std::vector<base::Fd> maps = {}) {
    Loaded result;
    result.maps = std::move(maps);
    std::string assembly;
    auto functions = ir::emit_functions(module, {nullptr, nullptr, &assembly});
    if (!functions) {
        ADD_FAILURE() << functions.error().message;
        return result;
    }
    std::vector<char> log(1 << 20);
    {
        bpf_attr attr{};
        attr.btf = address(functions->btf.data());
        attr.btf_size = static_cast<std::uint32_t>(functions->btf.size());
        attr.btf_log_buf = address(log.data());
        attr.btf_log_size = static_cast<std::uint32_t>(log.size());
        attr.btf_log_level = 1;
        result.btf = base::Fd(static_cast<int>(bpf(BPF_BTF_LOAD, attr)));
        if (!result.btf.is_open()) {
            ADD_FAILURE() << "BTF: " << strerror(errno) << '\n' << log.data();
            return result;
        }
    }
    for (program::Function& function : functions->functions) {
        for (const program::Relocation& relocation : function.relocations) {
            function.insns[relocation.insn].imm = result.maps[relocation.map.index()].get();
        }
        bpf_attr attr{};
        attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
        attr.insns = address(function.insns.data());
        attr.insn_cnt = static_cast<std::uint32_t>(function.insns.size());
        attr.license = address("GPL");
        function.name.copy(attr.prog_name, sizeof attr.prog_name - 1);
        attr.prog_btf_fd = static_cast<std::uint32_t>(result.btf.get());
        attr.func_info = address(function.func_info.data());
        attr.func_info_cnt = static_cast<std::uint32_t>(function.func_info.size());
        attr.func_info_rec_size = sizeof(bpf_func_info);
        attr.line_info = address(function.line_info.data());
        attr.line_info_cnt = static_cast<std::uint32_t>(function.line_info.size());
        attr.line_info_rec_size = sizeof(bpf_line_info);
        attr.log_buf = address(log.data());
        attr.log_size = static_cast<std::uint32_t>(log.size());
        attr.log_level = 1;
        const long fd = bpf(BPF_PROG_LOAD, attr);
        if (fd < 0) {
            ADD_FAILURE() << function.name << ": " << strerror(errno) << '\n' << log.data() << '\n' << assembly;
            return result;
        }
        result.programs.emplace_back(static_cast<int>(fd));
    }
    result.is_ok = true;
    return result;
}

}  // namespace ir_test

// Not in every kernel's reach: without CAP_BPF the case is skipped, visibly.
#define NEEDS_BPF() \
    if (!ir_test::may_use_bpf()) GTEST_SKIP() << "bpf(2) is not permitted here"
