// Runs what codegen made on this machine's kernel, by plain bpf(2): creates the Program's maps, loads BTF and
// functions, runs begin functions with BPF_PROG_TEST_RUN, reads maps and the ring.
#pragma once

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/kernel/features.h"
#include "runtime/program/record.h"
#include "src/codegen/codegen.h"
#include "src/ir/object.h"
#include "tests/unit/src/codegen/tree.h"

namespace codegen_test {

inline long bpf(bpf_cmd command, bpf_attr& attr) {
    return syscall(SYS_bpf, command, &attr, sizeof attr);
}
inline std::uint64_t address(const void* pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

inline bpf_map_type map_type(program::MapKind kind) {
    switch (kind) {
        case program::MapKind::array: return BPF_MAP_TYPE_ARRAY;
        case program::MapKind::percpu_array: return BPF_MAP_TYPE_PERCPU_ARRAY;
        case program::MapKind::hash: return BPF_MAP_TYPE_HASH;
        case program::MapKind::percpu_hash: return BPF_MAP_TYPE_PERCPU_HASH;
        case program::MapKind::lru_hash: return BPF_MAP_TYPE_LRU_HASH;
        case program::MapKind::lru_percpu_hash: return BPF_MAP_TYPE_LRU_PERCPU_HASH;
        case program::MapKind::ring_buffer: return BPF_MAP_TYPE_RINGBUF;
        case program::MapKind::prog_array: return BPF_MAP_TYPE_PROG_ARRAY;
    }
    return BPF_MAP_TYPE_UNSPEC;
}

/// What the running kernel can; a v4 instruction is refused before 6.6.
inline program::FeatureSet all_features() {
    static const program::FeatureSet features = kernel::detect_features({});
    return features;
}

inline std::string bytes_of(const void* data, std::size_t size) {
    return std::string(static_cast<const char*>(data), size);
}

struct Record {
    std::uint32_t event = 0, probe = 0;
    std::string payload;
    template <typename T>
    T at(std::size_t offset) const {
        T value{};
        if (offset + sizeof value <= payload.size()) std::memcpy(&value, payload.data() + offset, sizeof value);
        return value;
    }
    std::string text(std::size_t offset) const {
        return offset < payload.size() ? std::string(payload.c_str() + offset) : std::string();
    }
};

/// A compiled and loaded script.
class Loaded {
  public:
    explicit Loaded(Tree& tree, codegen::Options options = {}) {
        if (options.features.is_unset()) options.features = all_features();
        options.possible_cpus = cpus();
        generated_ = codegen::generate(tree.script, tree.types, tree.sources, options);
        auto functions = ir::emit_functions(*generated_.module, {nullptr, nullptr, nullptr});
        if (!functions) {
            ADD_FAILURE() << functions.error().message << '\n' << functions.error().detail;
            return;
        }
        program::Program& program = generated_.program;
        EXPECT_EQ(functions->functions.size(), program.functions.size());
        for (const program::MapSpec& spec : program.maps) {
            bpf_attr attr{};
            attr.map_type = map_type(spec.kind);
            attr.key_size = spec.key_size;
            attr.value_size = spec.value_size;
            attr.max_entries = spec.max_entries;
            attr.map_flags = spec.flags;
            maps_.emplace_back(static_cast<int>(bpf(BPF_MAP_CREATE, attr)));
            if (!maps_.back().is_open()) {
                ADD_FAILURE() << "map " << spec.name << ": " << strerror(errno);
                return;
            }
        }
        std::vector<char> log(16 << 20);
        bpf_attr btf{};
        btf.btf = address(functions->btf.data());
        btf.btf_size = static_cast<std::uint32_t>(functions->btf.size());
        btf_ = base::Fd(static_cast<int>(bpf(BPF_BTF_LOAD, btf)));
        for (std::size_t i = 0; i < functions->functions.size(); ++i) {
            program::Function& function = functions->functions[i];
            for (const program::Relocation& relocation : function.relocations)
                function.insns[relocation.insn].imm = maps_[relocation.map.index()].get();
            bpf_attr attr{};
            attr.prog_type = program.functions[i].type;
            attr.expected_attach_type = program.functions[i].expected;
            attr.insns = address(function.insns.data());
            attr.insn_cnt = static_cast<std::uint32_t>(function.insns.size());
            attr.license = address("GPL");
            attr.prog_btf_fd = static_cast<std::uint32_t>(btf_.get());
            attr.func_info = address(function.func_info.data());
            attr.func_info_cnt = static_cast<std::uint32_t>(function.func_info.size());
            attr.func_info_rec_size = sizeof(bpf_func_info);
            attr.line_info = address(function.line_info.data());
            attr.line_info_cnt = static_cast<std::uint32_t>(function.line_info.size());
            attr.line_info_rec_size = sizeof(bpf_line_info);
            program::Program& whole = program;
            if (const char* path = std::getenv("CODEGEN_LOG")) {  // what the verifier thinks, step by step
                attr.log_buf = address(log.data());
                attr.log_size = static_cast<std::uint32_t>(log.size());
                attr.log_level = 2;
                const long traced = bpf(BPF_PROG_LOAD, attr);
                if (std::FILE* file = std::fopen(path, "w")) {
                    std::fputs(log.data(), file);
                    std::fclose(file);
                }
                if (traced >= 0) close(static_cast<int>(traced));
                attr.log_buf = 0;
                attr.log_size = attr.log_level = 0;
            }
            long fd = bpf(BPF_PROG_LOAD, attr);
            if (fd < 0) {
                const int first_errno = errno;
                attr.log_buf = address(log.data());
                attr.log_size = static_cast<std::uint32_t>(log.size());
                attr.log_level = 1;
                fd = bpf(BPF_PROG_LOAD, attr);
                std::string text = log.data();
                if (text.size() > 6000) text = text.substr(text.size() - 6000);
                ADD_FAILURE() << whole.functions[i].name << ": " << strerror(first_errno) << '\n' << text;
                return;
            }
            instructions_.push_back(function.insns.size());
            programs_.emplace_back(static_cast<int>(fd));
        }
        is_ok_ = true;
    }

    [[nodiscard]] bool ok() const { return is_ok_; }
    [[nodiscard]] const program::Program& program() const { return generated_.program; }
    [[nodiscard]] std::size_t instructions(std::size_t index) const { return instructions_[index]; }

    /// Instructions the verifier walked through.
    [[nodiscard]] std::uint32_t verified(std::size_t index = 0) const {
        if (!is_ok_) return 0;
        bpf_prog_info info{};
        bpf_attr attr{};
        attr.info.bpf_fd = static_cast<std::uint32_t>(programs_[index].get());
        attr.info.info_len = sizeof info;
        attr.info.info = address(&info);
        return bpf(BPF_OBJ_GET_INFO_BY_FD, attr) == 0 ? info.verified_insns : 0;
    }

    void run(std::size_t index = 0, unsigned times = 1) {
        if (!is_ok_) return;
        for (unsigned i = 0; i < times; ++i) {
            bpf_attr attr{};
            attr.test.prog_fd = static_cast<std::uint32_t>(programs_[index].get());
            ASSERT_EQ(bpf(BPF_PROG_TEST_RUN, attr), 0) << strerror(errno);
        }
    }

    [[nodiscard]] program::MapId id(const std::string& name) const {
        for (std::size_t i = 0; i < program().maps.size(); ++i) {
            if (program().maps[i].name == name) return program::MapId(i);
        }
        ADD_FAILURE() << "no map " << name;
        return program::MapId(0);
    }

    /// All bytes of an element (per-CPU: of all CPUs); nullopt if it is absent.
    std::optional<std::string> element(const std::string& name, const std::string& key) {
        if (!is_ok_) return std::nullopt;
        const program::MapSpec& spec = program().maps[id(name).index()];
        const bool is_per_cpu =
            spec.kind == program::MapKind::percpu_array || spec.kind == program::MapKind::percpu_hash;
        std::string value((is_per_cpu ? cpus() : 1) * ((spec.value_size + 7) / 8 * 8), '\0');
        bpf_attr attr{};
        attr.map_fd = static_cast<std::uint32_t>(maps_[id(name).index()].get());
        attr.key = address(key.data());
        attr.value = address(value.data());
        if (bpf(BPF_MAP_LOOKUP_ELEM, attr) != 0) return std::nullopt;
        return value;
    }
    template <typename Key>
    std::optional<std::string> at(const std::string& name, const Key& key) {
        return element(name, bytes_of(&key, sizeof key));
    }
    /// An int64 of a keyed plain map; nullopt if absent.
    template <typename Key>
    std::optional<std::int64_t> number(const std::string& name, const Key& key) {
        const auto value = at(name, key);
        if (!value) return std::nullopt;
        std::int64_t result = 0;
        std::memcpy(&result, value->data(), sizeof result);
        return result;
    }
    std::optional<std::int64_t> number_of(const std::string& name, const std::string& key) {
        const auto value = element(name, key);
        if (!value) return std::nullopt;
        std::int64_t result = 0;
        std::memcpy(&result, value->data(), sizeof result);
        return result;
    }
    /// Of a scalar plain map; nullopt if it was not set.
    std::optional<std::int64_t> scalar(const std::string& name) {
        const auto value = at(name, std::uint32_t{0});
        if (!value) return std::nullopt;
        std::uint64_t is_set = 0;
        std::int64_t result = 0;
        std::memcpy(&is_set, value->data(), 8);
        std::memcpy(&result, value->data() + 8, std::min<std::size_t>(8, value->size() - 8));
        return is_set ? std::optional(result) : std::nullopt;
    }
    /// Word `index` of a per-CPU value, summed.
    std::uint64_t sum(const std::string& value, std::size_t value_size, std::size_t index) const {
        std::uint64_t total = 0;
        for (std::size_t at = 0; at + value_size <= value.size(); at += value_size) {
            std::uint64_t word = 0;
            std::memcpy(&word, value.data() + at + index * 8, 8);
            total += word;
        }
        return total;
    }
    std::uint64_t ledger(std::uint32_t slot, program::LedgerCounter counter) {
        const auto value = at("ledger", slot);
        return value ? sum(*value, program::kLedgerCounters * 8, static_cast<std::size_t>(counter)) : 0;
    }
    std::size_t keys(const std::string& name) {
        std::string key(program().maps[id(name).index()].key_size, '\0'), next = key;
        std::size_t count = 0;
        for (bool is_first = true;; is_first = false) {
            bpf_attr attr{};
            attr.map_fd = static_cast<std::uint32_t>(maps_[id(name).index()].get());
            attr.key = is_first ? 0 : address(key.data());
            attr.next_key = address(next.data());
            if (bpf(BPF_MAP_GET_NEXT_KEY, attr) != 0) return count;
            key = next;
            ++count;
        }
    }
    void set_globals(const program::Globals& globals) {
        const std::uint32_t key = 0;
        bpf_attr attr{};
        attr.map_fd = static_cast<std::uint32_t>(maps_[program().globals_map.index()].get());
        attr.key = address(&key);
        attr.value = address(&globals);
        ASSERT_EQ(bpf(BPF_MAP_UPDATE_ELEM, attr), 0);
    }

    /// Everything in the ring, from the start of the test.
    std::vector<Record> records() {
        std::vector<Record> result;
        if (!is_ok_ || !program().events_map.is_set()) return result;
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t size = program().maps[program().events_map.index()].max_entries;
        const int fd = maps_[program().events_map.index()].get();
        void* data = mmap(nullptr, page + 2 * size, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page));
        if (data == MAP_FAILED) {
            ADD_FAILURE() << "ring: " << strerror(errno);
            return result;
        }
        const auto* producer = static_cast<const std::uint64_t*>(data);
        const auto* bytes = static_cast<const char*>(data) + page;
        for (std::uint64_t at = 0; at < *producer;) {
            std::uint32_t length = 0;
            std::memcpy(&length, bytes + at, sizeof length);
            const std::uint32_t real = length & ~(std::uint32_t{3} << 30);
            Record record;
            std::memcpy(&record.event, bytes + at + 8, 4);
            std::memcpy(&record.probe, bytes + at + 12, 4);
            record.payload.assign(bytes + at + 16, real - 8);
            result.push_back(std::move(record));
            at += (real + 8 + 7) / 8 * 8;
        }
        munmap(data, page + 2 * size);
        return result;
    }
    /// Offset of argument `index` of event `event`.
    [[nodiscard]] std::uint32_t offset(std::uint32_t event, std::size_t index) const {
        return std::get<program::Printf>(program().events[event]).ops[index].offset;
    }

    static unsigned cpus() { return static_cast<unsigned>(sysconf(_SC_NPROCESSORS_CONF)); }

  private:
    codegen::Generated generated_;
    base::Fd btf_;
    std::vector<base::Fd> maps_, programs_;
    std::vector<std::size_t> instructions_;
    bool is_ok_ = false;
};

inline bool may_use_bpf() {
    bpf_attr attr{};
    attr.map_type = BPF_MAP_TYPE_ARRAY;
    attr.key_size = 4;
    attr.value_size = 8;
    attr.max_entries = 1;
    return base::Fd(static_cast<int>(bpf(BPF_MAP_CREATE, attr))).is_open();
}

}  // namespace codegen_test

// Not in every kernel's reach: without CAP_BPF the case is skipped, visibly.
#define NEEDS_BPF() \
    if (!codegen_test::may_use_bpf()) GTEST_SKIP() << "bpf(2) is not permitted here"
