#include "runtime/live/load.h"

#include <linux/bpf.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <thread>
#include <tuple>

#include <fmt/format.h>

#include "runtime/base/bug.h"
#include "runtime/live/attach_target.h"
#include "runtime/live/bpf_call.h"
#include "runtime/live/verifier_log.h"
#include "runtime/probes/substitute.h"

namespace live {
namespace {

constexpr std::uint64_t kDefaultRing = 4 << 20;
constexpr std::uint64_t kLeastRing = 64 << 10;
/// Part of the available memory the ring may take.
constexpr std::uint64_t kMemoryShare = 64;
/// The kernel refuses logs above this (log->len_total > UINT_MAX >> 2).
constexpr std::size_t kMostLog = 256 << 20;
/// bpf_prog_load returns EAGAIN when a signal comes in between.
constexpr int kMostRetries = 5;
/// Below this many functions threads cost more than they save: loading takes about 0.2 ms each.
constexpr std::size_t kFunctionsForThreads = 8;
constexpr unsigned kMostThreads = 8;

constexpr unsigned kCapSysAdmin = 21, kCapPerfmon = 38, kCapBpf = 39;

/// Effective capabilities of this process; all if /proc does not say.
std::uint64_t effective_capabilities() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("CapEff:")) return std::strtoull(line.c_str() + 7, nullptr, 16);
    }
    return ~std::uint64_t{0};
}

/// What is missing, as one sentence; empty if nothing is.
std::string missing_capability() {
    const std::uint64_t caps = effective_capabilities();
    const auto has = [caps](unsigned bit) { return ((caps >> bit) & 1) != 0; };
    if (has(kCapSysAdmin) || (has(kCapBpf) && has(kCapPerfmon))) return {};
    const char* name = !has(kCapBpf) && !has(kCapPerfmon) ? "CAP_BPF and CAP_PERFMON are"
                       : !has(kCapBpf)                    ? "CAP_BPF is"
                                                          : "CAP_PERFMON is";
    return fmt::format("{} missing: run bpfline as root, e.g. with sudo", name);
}

base::Error system_error(std::string message, int errnum) {
    base::Error error = base::error_from_errno(message, errnum);
    if (errnum == EPERM) {
        error.hint = missing_capability();
        if (error.hint.empty()) error.hint = "the kernel's policy (lockdown, seccomp or a security module) forbids it";
    }
    return error;
}

std::uint32_t map_type(program::MapKind kind) {
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
    BUG("a map of no kind");
}

/// Before 5.11 maps counted against this limit. Lifting it may itself be forbidden, and newer kernels do not care.
void lift_memory_lock_limit() {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    (void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

/// The probe a function was made for, as messages name it.
std::string probe_name(const program::Program& program, std::size_t function) {
    for (const program::ProbeSpec& probe : program.probes) {
        if (probe.function.is_set() && probe.function.index() == function) return probe.name;
    }
    return program.functions[function].name;
}

bool needs_func_info(const program::Function& function) {
    // A callback's address: "missing btf func_info" without.
    return std::ranges::any_of(function.insns, [](const bpf_insn& insn) {
        return insn.code == (BPF_LD | BPF_IMM | BPF_DW) && insn.src_reg == BPF_PSEUDO_FUNC;
    });
}

std::vector<bpf_insn> relocate(const program::Function& function, std::span<const LiveMap> maps) {
    std::vector<bpf_insn> insns = function.insns;
    for (const program::Relocation& relocation : function.relocations) {
        BUG_IF(relocation.insn + 1 >= insns.size() || relocation.map.index() >= maps.size(), "a relocation to nowhere");
        bpf_insn& insn = insns[relocation.insn];
        const bool is_value = relocation.to == program::Relocation::To::map_value;
        // src_reg is four bits wide; the kernel knows both constants.
        insn.src_reg = is_value ? BPF_PSEUDO_MAP_VALUE & 0xf : BPF_PSEUDO_MAP_FD & 0xf;
        insn.imm = maps[relocation.map.index()].fd.get();
        if (is_value) insns[relocation.insn + 1].imm = 0;
    }
    return insns;
}

/// Everything one BPF_PROG_LOAD needs; the attributes point into the members.
struct LoadRequest {
    std::vector<bpf_insn> insns;
    bpf_attr attributes = no_attributes();
};

void fill(LoadRequest& request, const program::Program& program, const program::Function& function,
          std::span<const LiveMap> maps, int btf, const AttachTarget& target) {
    request.insns = relocate(function, maps);
    bpf_attr& attributes = request.attributes;
    attributes.prog_type = function.type;
    attributes.insn_cnt = static_cast<std::uint32_t>(request.insns.size());
    attributes.insns = address_of(request.insns.data());
    attributes.license = address_of(program.config.license.c_str());
    attributes.expected_attach_type = function.expected;
    if (function.is_sleepable) attributes.prog_flags |= BPF_F_SLEEPABLE;
    const std::string name = kernel_name(function.name);
    std::memcpy(attributes.prog_name, name.data(), name.size());
    attributes.attach_btf_id = target.type_id;
    attributes.attach_btf_obj_fd = static_cast<std::uint32_t>(std::max(target.object.get(), 0));
    if (btf < 0) return;
    attributes.prog_btf_fd = static_cast<std::uint32_t>(btf);
    attributes.func_info_rec_size = sizeof(bpf_func_info);
    attributes.func_info = address_of(function.func_info.data());
    attributes.func_info_cnt = static_cast<std::uint32_t>(function.func_info.size());
    attributes.line_info_rec_size = sizeof(bpf_line_info);
    attributes.line_info = address_of(function.line_info.data());
    attributes.line_info_cnt = static_cast<std::uint32_t>(function.line_info.size());
}

/// The elements that are not zero from the start; 0 or -errno.
int fill_map(const LiveMap& map) {
    const std::size_t size = map.spec->value_size;
    const std::span<const std::byte> content = map.spec->initial;
    if (size == 0) return 0;  // a ring buffer
    for (std::uint32_t index = 0; (index + 1) * size <= content.size(); ++index) {
        const std::span<const std::byte> element = content.subspan(index * size, size);
        if (std::ranges::all_of(element, [](std::byte b) { return b == std::byte{0}; })) continue;
        if (const int result = update_element(map.fd.get(), &index, element.data(), BPF_ANY); result < 0) return result;
    }
    return 0;
}

int load_once(bpf_attr& attributes) {
    int result = 0;
    for (int i = 0; i < kMostRetries; ++i) {
        result = bpf_call(BPF_PROG_LOAD, attributes);
        if (result != -EAGAIN) break;
    }
    return result;
}

/// Loads with a log as large as it takes. The log's zero-terminated text is left in `log`.
int load_with_log(bpf_attr attributes, std::size_t log_size, std::string& log) {
    int result = 0;
    for (log_size = std::max<std::size_t>(log_size, 1 << 16);; log_size *= 4) {
        log.assign(log_size, '\0');
        // Level 2 adds the state of every instruction: more than anybody reads, and what names the reason is in 1.
        attributes.log_level = 1;
        attributes.log_size = static_cast<std::uint32_t>(log_size);
        attributes.log_buf = address_of(log.data());
        result = load_once(attributes);
        if (result != -ENOSPC || log_size * 4 > kMostLog) break;
    }
    log.resize(strnlen(log.data(), log.size()));
    return result;
}

std::string place_text(const program::Program& program, const program::Function& function, const Refusal& refusal) {
    if (!refusal.insn) return {};
    const std::optional<ScriptPlace> place = place_of(program, function, *refusal.insn);
    if (!place) return {};
    // What the script is called comes from its own table: BTF may hold a path.
    const std::string& file = place->file.empty() && !program.files.empty() ? program.files.front().name : place->file;
    return place->column == 0 ? fmt::format("{}:{}", file, place->line)
                              : fmt::format("{}:{}:{}", file, place->line, place->column);
}

/// "bpf_probe_write_user" of "program of this type cannot use helper bpf_probe_write_user#36" (6.12: "unknown func" of
/// older ones); empty: another reason.
std::string refused_helper(std::string_view reason) {
    for (const std::string_view words : {"cannot use helper ", "unknown func "}) {
        const std::size_t at = reason.find(words);
        if (at == std::string_view::npos) continue;
        std::string_view name = reason.substr(at + words.size());
        return std::string(name.substr(0, name.find('#')));
    }
    return {};
}

/// Some helpers are for some functions only, which no table of the kernel lists. The call says which helper it was.
bool is_refused_here(const program::Function& function, const Refusal& refusal, int helper) {
    return refusal.reason.find("helper call is not allowed in probe") != std::string::npos && refusal.insn &&
           *refusal.insn < function.insns.size() && function.insns[*refusal.insn].imm == helper;
}

/// The verifier has not looked at a single instruction: it refused the function to be traced.
bool is_about_target(const program::Function& function, const Refusal& refusal, int errnum) {
    return (function.expected == BPF_TRACE_FENTRY || function.expected == BPF_TRACE_FEXIT) &&
           function.type == BPF_PROG_TYPE_TRACING && !refusal.insn && (errnum == EINVAL || errnum == ENOENT);
}

/// A limit of the kernel's, which no other code for the same script is sure to stay under; empty: another reason.
std::string exceeded_limit(const program::Function& function, const Refusal& refusal, int errnum) {
    const auto says = [&](std::string_view words) { return refusal.reason.find(words) != std::string::npos; };
    if (says("call stack of"))
        return "loops and functions may lie eight deep in each other, the probe's body being the first";
    if (says("jumps is too complex") || (errnum == E2BIG && says("too large")))
        return fmt::format(
            "its verifier takes a million steps at most to look at all ways through a program, and gave "
            "up on these {} instructions; make the body smaller or its loops shorter, or divide it among "
            "several probes",
            function.insns.size());
    if (errnum == E2BIG)
        return fmt::format(
            "a program may have a million instructions at most, 4096 without CAP_BPF, and this one has {}; "
            "make the probe's body smaller",
            function.insns.size());
    return {};
}

base::Error load_error(const program::Program& program, std::size_t index, int result, std::string log) {
    const program::Function& function = program.functions[index];
    const int errnum = -result;
    base::Error error;
    error.errnum = errnum;
    error.message =
        fmt::format("Error loading BPF program for {}. Error code: {} ({}). Use -v for full kernel error log.",
                    probe_name(program, index), result, std::strerror(errnum));
    const Refusal refusal = read_verifier_log(log);
    if (const std::string helper = refused_helper(refusal.reason); !helper.empty()) {
        // Not the code is wrong: this kernel, as it was built or locked down, does not let such a probe call it.
        const std::string place = place_text(program, function, refusal);
        error.message =
            fmt::format("{}{}helper {} not allowed in probe", place, place.empty() ? "" : ": ERROR: ", helper);
        error.hint = fmt::format("this kernel does not offer it to {}", probe_name(program, index));
    } else if (is_refused_here(function, refusal, BPF_FUNC_d_path)) {
        const std::string place = place_text(program, function, refusal);
        error.message =
            fmt::format("{}{}helper bpf_d_path not allowed in probe", place, place.empty() ? "" : ": ERROR: ");
        error.hint =
            "the kernel takes path() in iterators and in a few functions only: security_file_open, filp_close, "
            "vfs_truncate, vfs_fallocate, vfs_getattr, dentry_open; elsewhere walk d_parent of the dentry";
    } else if (is_about_target(function, refusal, errnum)) {
        error.hint = fmt::format("the kernel does not let this function be traced by {}",
                                 function.expected == BPF_TRACE_FEXIT ? "fexit" : "fentry");
        if (!refusal.reason.empty()) error.hint += ": " + refusal.reason;
        error.hint += "; a kprobe may";
    } else if (const std::string limit = exceeded_limit(function, refusal, errnum); !limit.empty()) {
        // Where the verifier stood when it gave up says nothing, unless it is too deep there.
        Refusal where = refusal;
        if (errnum == E2BIG && refusal.reason.find("call stack") == std::string::npos) where.insn = 0;
        const std::string place = place_text(program, function, where);
        error.hint = fmt::format("{} is more than the kernel takes: {}",
                                 place.empty() ? probe_name(program, index) : "what is at " + place, limit);
    } else if (!refusal.reason.empty() && errnum != EPERM) {
        const std::string place = place_text(program, function, refusal);
        error.hint = fmt::format(
            "the kernel's verifier refused the code made for {}: {}; this is a fault of bpfline, not of the script",
            place.empty() ? probe_name(program, index) : place, refusal.reason);
    } else if (errnum == EPERM) {
        error.hint = missing_capability();
        if (error.hint.empty()) {
            error.hint = "this kernel does not allow programs of this kind (lockdown or another policy)";
        }
    } else {
        error.hint = "the kernel gave no reason; this is a fault of bpfline, not of the script";
    }
    error.detail = std::move(log);
    return error;
}

base::Result<LoadedProgram> load_function(const program::Program& program, const kernel::KernelView& kernel,
                                          std::size_t index, std::span<const LiveMap> maps, int btf,
                                          const LoadSettings& settings) {
    const program::Function& function = program.functions[index];
    base::Result<AttachTarget> target = find_attach_target(kernel, function);
    if (!target.ok()) {
        return target.take_error(fmt::format("Error loading BPF program for {}", probe_name(program, index)));
    }
    LoadRequest request;
    fill(request, program, function, maps, btf, *target);

    LoadedProgram loaded;
    int result = -ENOSPC;
    if (!settings.keeps_logs) {
        result = load_once(request.attributes);
        if (result >= 0) {
            loaded.fd = base::Fd(result);
            return loaded;
        }
    }
    // Only now the log: writing it makes a good load several times slower.
    const int first = result;
    result = load_with_log(request.attributes, program.config.log_size, loaded.log);
    if (result < 0 && settings.keeps_logs) result = load_once(request.attributes);
    if (result < 0) {
        // A log that did not fit even the largest buffer must not hide the real reason.
        if (result == -ENOSPC && first != -ENOSPC) result = first;
        base::Error error = load_error(program, index, result, std::move(loaded.log));
        if (result == -EPERM && missing_capability().empty() &&
            (function.expected == BPF_TRACE_FENTRY || function.expected == BPF_TRACE_FEXIT))
            error.hint +=
                "; " + probes::substitute_hint(kernel, function.attach_to, function.expected == BPF_TRACE_FEXIT);
        return error;
    }
    loaded.fd = base::Fd(result);
    if (!settings.keeps_logs) loaded.log.clear();
    return loaded;
}

/// By function: those whose refusal is for the tracer to report, like that of a place where nothing can be attached.
/// Loading is where functions to be traced by trampoline are refused.
class Dispensable {
  public:
    explicit Dispensable(const program::Program& program) : program_(program), group_(program.functions.size()) {
        for (const program::AttachSpec& attach : program.attachments) {
            const program::Span& span = attach.span;
            Group& group = groups_[{span.file.value, span.begin, span.end}];
            ++group.size;
            group.may_be_missing = attach.if_missing != program::MissingProbes::error;
            group_[program.probes[attach.probe.index()].function.index()] = &group;
        }
    }

    /// The run may go on without this function.
    [[nodiscard]] bool has(std::size_t function, const base::Error& refusal) const {
        const Group* group = group_[function];
        // Where nothing of the kind is allowed the others fare no better.
        return group != nullptr && !program_.functions[function].attach_to.empty() && refusal.errnum != EPERM &&
               (group->size > 1 || group->may_be_missing);
    }
    /// Of a wildcard, nothing is left.
    [[nodiscard]] bool is_last(std::size_t function) {
        Group& group = *group_[function];
        return ++group.refused == group.size && !group.may_be_missing;
    }

  private:
    struct Group {
        std::size_t size = 0, refused = 0;
        bool may_be_missing = false;
    };
    const program::Program& program_;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, Group> groups_;  ///< by attach point
    std::vector<Group*> group_;                                                        ///< by function
};

}  // namespace

std::uint64_t ring_bytes(std::uint64_t perf_rb_pages, std::uint64_t available_memory, std::uint64_t page_size) {
    std::uint64_t bytes = std::bit_ceil(std::max<std::uint64_t>(perf_rb_pages, 1)) * page_size;
    if (perf_rb_pages == 0) {
        bytes = kDefaultRing;
        if (available_memory != 0) bytes = std::min(bytes, std::bit_floor(available_memory / kMemoryShare));
        bytes = std::max(bytes, kLeastRing);
    }
    return std::max(bytes, page_size);
}

std::uint64_t available_memory() {
    std::ifstream file("/proc/meminfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("MemAvailable:")) return std::strtoull(line.c_str() + 13, nullptr, 10) * 1024;
    }
    return 0;
}

base::Result<std::vector<LiveMap>> create_maps(const program::Program& program, std::uint32_t cpus) {
    std::vector<LiveMap> maps;
    maps.reserve(program.maps.size());
    bool is_limit_lifted = false;
    for (const program::MapSpec& spec : program.maps) {
        MapParameters parameters{.type = map_type(spec.kind),
                                 .key_size = spec.key_size,
                                 .value_size = spec.value_size,
                                 .max_entries = spec.max_entries,
                                 .flags = spec.flags,
                                 .name = spec.name};
        if (spec.kind == program::MapKind::ring_buffer) {
            const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
            const std::uint64_t bytes = ring_bytes(program.config.perf_rb_pages, available_memory(), page);
            parameters.key_size = parameters.value_size = 0;
            parameters.max_entries = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, 1U << 31));
        }
        int fd = create_map(parameters);
        if (fd == -EPERM && !is_limit_lifted) {
            is_limit_lifted = true;
            lift_memory_lock_limit();
            fd = create_map(parameters);
        }
        if (fd < 0) {
            base::Error error = system_error(fmt::format("Failed to create map '{}'", spec.name), -fd);
            if (fd == -ENOMEM || fd == -E2BIG) {
                error.hint =
                    spec.kind == program::MapKind::ring_buffer
                        ? "not enough memory for the event buffer: set a smaller perf_rb_pages"
                        : "not enough memory for its keys: set a smaller max_map_keys, or declare the map's size";
            }
            return error;
        }
        maps.push_back(LiveMap{.fd = base::Fd(fd), .spec = &spec, .cpus = cpus});
        if (const int result = fill_map(maps.back()); result < 0) {
            return system_error(fmt::format("Failed to fill map '{}'", spec.name), -result);
        }
    }
    return maps;
}

base::Result<base::Fd> load_btf(const program::Program& program) {
    if (program.btf.empty()) return base::Fd();
    bpf_attr attributes = no_attributes();
    attributes.btf = address_of(program.btf.data());
    attributes.btf_size = static_cast<std::uint32_t>(program.btf.size());
    const int fd = bpf_call(BPF_BTF_LOAD, attributes);
    if (fd >= 0) return base::Fd(fd);
    const bool is_needed = std::ranges::any_of(program.functions, needs_func_info);
    // A kernel that does not know some kind of type in it: names of functions and lines are lost, nothing else.
    if (!is_needed && fd != -EPERM) return base::Fd();

    std::string log(1 << 16, '\0');
    attributes.btf_log_level = 1;
    attributes.btf_log_size = static_cast<std::uint32_t>(log.size());
    attributes.btf_log_buf = address_of(log.data());
    const int again = bpf_call(BPF_BTF_LOAD, attributes);
    if (again >= 0) return base::Fd(again);
    base::Error error = system_error("Error loading the types (BTF) of the script's functions", -fd);
    if (error.hint.empty()) error.hint = "loops over maps and while loops need them; this is a fault of bpfline";
    log.resize(strnlen(log.data(), log.size()));
    error.detail = std::move(log);
    return error;
}

base::Result<std::vector<LoadedProgram>> load_functions(const program::Program& program,
                                                        const kernel::KernelView& kernel, std::span<const LiveMap> maps,
                                                        int btf, const LoadSettings& settings) {
    const std::size_t count = program.functions.size();
    std::vector<std::optional<base::Result<LoadedProgram>>> results(count);
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> has_failed = false;
    Dispensable dispensable(program);
    const auto work = [&] {
        for (std::size_t i = next++; i < count && !has_failed; i = next++) {
            results[i] = load_function(program, kernel, i, maps, btf, settings);
            if (!results[i]->ok() && !dispensable.has(i, results[i]->error())) has_failed = true;
        }
    };
    // The verifier runs in parallel for those who may load programs at all. What needs the kernel's types stays with
    // one thread: a view's caches are not made for several.
    const bool is_simple = std::ranges::all_of(program.functions, [](const auto& f) { return f.attach_to.empty(); });
    std::vector<std::thread> threads;
    if (is_simple && count >= kFunctionsForThreads) {
        const unsigned wanted = std::min<unsigned>(std::thread::hardware_concurrency(), kMostThreads);
        for (unsigned i = 1; i < wanted; ++i)
            threads.emplace_back(work);
    }
    work();
    for (std::thread& thread : threads)
        thread.join();

    std::vector<LoadedProgram> loaded;
    loaded.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        // Not reached by any thread: a later one failed first and is found in its turn.
        if (!results[i]) continue;
        if (results[i]->ok()) {
            loaded.push_back(std::move(*results[i]).value());
            continue;
        }
        base::Error error = results[i]->take_error();
        if (!dispensable.has(i, error) || dispensable.is_last(i)) return error;
        // To the tracer it is one more place that does not let itself be probed, whatever the kernel's number is.
        LoadedProgram missing{.fd = {}, .log = std::move(error.detail)};
        missing.refusal = base::Error{.message = error.hint.empty() ? error.message : error.hint, .errnum = EINVAL};
        loaded.push_back(std::move(missing));
    }
    return loaded;
}

}  // namespace live
