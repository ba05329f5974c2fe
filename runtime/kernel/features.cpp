#include "runtime/kernel/features.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/kernel/btf.h"

namespace kernel {
namespace {

using program::Feature;

// Not in the headers of 6.1, which is what the oldest supported build machine has.
constexpr std::uint32_t kTraceUprobeMulti = 48;
constexpr std::uint32_t kTraceKprobeMulti = 42;

constexpr bpf_insn insn(int code, int dst, int src, int off, std::int32_t imm) {
    bpf_insn result{};
    result.code = static_cast<__u8>(code);
    result.dst_reg = static_cast<__u8>(dst) & 0xf;
    result.src_reg = static_cast<__u8>(src) & 0xf;
    result.off = static_cast<__s16>(off);
    result.imm = imm;
    return result;
}
constexpr bpf_insn move(int dst, std::int32_t value) {
    return insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
}
constexpr bpf_insn call(std::int32_t helper) {
    return insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}
constexpr bpf_insn leave() {
    return insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

long bpf(int command, bpf_attr& attr, std::size_t size) {
    return ::syscall(__NR_bpf, command, &attr, size);
}

/// Result of trying to load: an open fd, or why not.
struct Loaded {
    base::Fd fd;
    int errnum = 0;
    std::array<char, 1024> log{};
};

Loaded load(std::span<const bpf_insn> insns, bpf_prog_type type, std::uint32_t expected = 0, bool with_log = false,
            std::uint32_t attach_to = 0) {
    Loaded result;
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.prog_type = type;
    attr.insns = reinterpret_cast<std::uintptr_t>(insns.data());
    attr.insn_cnt = static_cast<std::uint32_t>(insns.size());
    attr.license = reinterpret_cast<std::uintptr_t>("GPL");
    attr.expected_attach_type = expected;
    attr.attach_btf_id = attach_to;
    if (with_log) {
        attr.log_buf = reinterpret_cast<std::uintptr_t>(result.log.data());
        attr.log_size = static_cast<std::uint32_t>(result.log.size());
        attr.log_level = 1;
    }
    const long fd = bpf(BPF_PROG_LOAD, attr, sizeof attr);
    if (fd < 0)
        result.errnum = errno;
    else
        result.fd = base::Fd(static_cast<int>(fd));
    return result;
}

// A call without arguments is refused either way; the log tells "R1 !read_ok" (known) from "invalid func unknown#181",
// "unknown func" or "program of this type cannot use helper".
bool has_helper(std::int32_t helper) {
    const std::array program{call(helper), leave()};
    const Loaded loaded = load(program, BPF_PROG_TYPE_TRACEPOINT, 0, true);
    if (loaded.fd.is_open()) return true;
    const std::string_view log(loaded.log.data());
    return !log.empty() && log.find("invalid func ") == std::string_view::npos &&
           log.find("unknown func ") == std::string_view::npos &&
           log.find("cannot use helper") == std::string_view::npos;
}

bool has_signed_division() {
    // sdiv is a div with offset 1; before 6.6 the offset was a reserved field that had to be 0.
    const std::array program{move(0, -4), move(1, 2), insn(BPF_ALU64 | BPF_DIV | BPF_X, 0, 1, 1, 0), leave()};
    return load(program, BPF_PROG_TYPE_TRACEPOINT).fd.is_open();
}

bool has_perf_event_links() {
    const std::array nothing{move(0, 0), leave()};
    const Loaded program = load(nothing, BPF_PROG_TYPE_TRACEPOINT);
    // EBADF means it came as far as looking at the perf event; an older kernel says EINVAL to the attach type.
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.link_create.prog_fd = static_cast<std::uint32_t>(program.fd.get());
    attr.link_create.target_fd = static_cast<std::uint32_t>(-1);
    attr.link_create.attach_type = BPF_PERF_EVENT;
    return bpf(BPF_LINK_CREATE, attr, sizeof attr) < 0 && errno == EBADF;
}

/// bpf_attr.link_create of newer kernels, for the two multi links.
struct LinkCreate {
    std::uint32_t prog_fd, target_fd, attach_type, flags;
    union {
        struct {
            std::uint32_t flags, count;
            std::uint64_t symbols, addresses, cookies;
        } kprobe;
        struct {
            std::uint64_t path, offsets, semaphores, cookies;
            std::uint32_t count, flags, pid, unused;
        } uprobe;
    } multi;
};

int link_errno(LinkCreate& request) {
    return ::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request) < 0 ? errno : 0;
}

bool has_kprobe_multi() {
    const std::array program{move(0, 0), leave()};
    const Loaded loaded = load(program, BPF_PROG_TYPE_KPROBE, kTraceKprobeMulti);
    if (!loaded.fd.is_open()) return false;
    LinkCreate request{};
    request.prog_fd = static_cast<std::uint32_t>(loaded.fd.get());
    request.attach_type = kTraceKprobeMulti;
    request.multi.kprobe.count = 1;
    request.multi.kprobe.addresses = 1;  // unreadable: nothing can be attached by accident
    // EFAULT: it went to read the list. EOPNOTSUPP: built without FPROBE. EINVAL: never heard of it.
    return link_errno(request) == EFAULT;
}

bool has_uprobe_multi() {
    const std::array program{move(0, 0), leave()};
    const Loaded loaded = load(program, BPF_PROG_TYPE_KPROBE, kTraceUprobeMulti);
    if (!loaded.fd.is_open()) return false;
    const std::uint64_t offset = 0;
    LinkCreate request{};
    request.prog_fd = static_cast<std::uint32_t>(loaded.fd.get());
    request.attach_type = kTraceUprobeMulti;
    request.multi.uprobe.path = reinterpret_cast<std::uintptr_t>("/");
    request.multi.uprobe.offsets = reinterpret_cast<std::uintptr_t>(&offset);
    request.multi.uprobe.count = 1;
    // A directory is no regular file: EBADF, but only where the attach type exists.
    return link_errno(request) == EBADF;
}

bool has_no_prealloc_tracing() {
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.map_type = BPF_MAP_TYPE_HASH;
    attr.key_size = 4;
    attr.value_size = 4;
    attr.max_entries = 1;
    attr.map_flags = BPF_F_NO_PREALLOC;
    const base::Fd map(static_cast<int>(bpf(BPF_MAP_CREATE, attr, sizeof attr)));
    if (!map.is_open()) return false;
    // perf_event programs were the last to be refused ("can only use preallocated hash map"): they may run in an NMI.
    const std::array program{insn(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map.get()), insn(0, 0, 0, 0, 0),
                             move(0, 0), leave()};
    return load(program, BPF_PROG_TYPE_PERF_EVENT).fd.is_open();
}

bool has_fentry(std::span<const std::byte> bytes) {
    if (bytes.empty()) return false;
    // A function every kernel has. Loading says whether programs of this kind are allowed; nothing is attached.
    const BtfId function = Btf(bytes).find(BTF_KIND_FUNC, "vfs_read");
    const std::array program{move(0, 0), leave()};
    return function != 0 && load(program, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, false, function).fd.is_open();
}

bool names_function(std::span<const std::byte> btf, std::string_view name) {
    // Whole names between NULs of the string section; no other BTF string is called like this.
    if (btf.empty()) return false;
    const std::string wanted = std::string(1, '\0') + std::string(name) + std::string(1, '\0');
    return ::memmem(btf.data(), btf.size(), wanted.data(), wanted.size()) != nullptr;
}

}  // namespace

bool FeatureProbe::has(program::Feature feature) {
    if (!asked_.has(feature)) {
        asked_.add(feature);
        if (find_out(feature)) there_.add(feature);
    }
    return there_.has(feature);
}

bool FeatureProbe::find_out(Feature feature) {
    if (feature == Feature::kernel_btf) return !btf_().empty();
    if (!may_load_) {
        const std::array nothing{move(0, 0), leave()};
        may_load_ = load(nothing, BPF_PROG_TYPE_TRACEPOINT).fd.is_open();
    }
    // Signed division came later than 6.1, the others are not to be had everywhere.
    const bool is_assumed = !*may_load_;
    switch (feature) {
        case Feature::kernel_btf: break;
        case Feature::signed_division: return !is_assumed && has_signed_division();
        case Feature::bpf_loop: return is_assumed || has_helper(181);
        case Feature::for_each_map_elem: return is_assumed || has_helper(BPF_FUNC_for_each_map_elem);
        case Feature::ring_buffer: return is_assumed || has_helper(BPF_FUNC_ringbuf_reserve);
        case Feature::lookup_percpu_elem: return is_assumed || has_helper(195);
        case Feature::tai_clock: return is_assumed || has_helper(208);
        case Feature::link_perf_event: return is_assumed || has_perf_event_links();
        case Feature::kprobe_multi: return !is_assumed && has_kprobe_multi();
        case Feature::uprobe_multi: return !is_assumed && has_uprobe_multi();
        case Feature::strnlen_kfuncs: return !is_assumed && names_function(btf_(), "bpf_strnlen");
        case Feature::no_prealloc_tracing: return is_assumed || has_no_prealloc_tracing();
        case Feature::kprobe: return ::access("/sys/bus/event_source/devices/kprobe/type", F_OK) == 0;
        case Feature::fentry: return is_assumed ? !btf_().empty() : has_fentry(btf_());
    }
    return false;
}

program::FeatureSet detect_features(std::span<const std::byte> btf) {
    FeatureProbe probe([btf] { return btf; });
    program::FeatureSet features;
    for (unsigned number = 0; number < program::kFeatureCount; ++number) {
        if (const auto feature = static_cast<Feature>(number); probe.has(feature)) features.add(feature);
    }
    return features;
}

}  // namespace kernel
