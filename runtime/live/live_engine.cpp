#include "runtime/live/live_engine.h"

#include <linux/bpf.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "runtime/base/bug.h"
#include "runtime/live/bpf_call.h"
#include "runtime/program/record.h"

namespace live {
namespace {

/// Arguments a raw tracepoint can have (MAX_BPF_FUNC_ARGS): more than any program of ours looks at.
constexpr std::size_t kRawArguments = 12;
/// Closing a perf tracepoint waits for grace periods of RCU; they overlap when several threads wait. More threads bring
/// nothing: a part of each close is done under one kernel-wide lock.
constexpr std::size_t kMostClosers = 8;

/// Iterators are run over so many objects before the ring is read, fewer where it has not this room for each of them.
constexpr std::size_t kMostObjects = 64, kObjectRecords = 65536;

/// Kinds that watch one process when there is a child; the others see the whole machine and filter in the script.
constexpr program::KindSet kPerProcess = program::KindSet::of(
    program::ProbeKind::uprobe, program::ProbeKind::uretprobe, program::ProbeKind::usdt, program::ProbeKind::profile,
    program::ProbeKind::software, program::ProbeKind::hardware, program::ProbeKind::watchpoint);

/// Runs on each of them for a moment; false if some CPU cannot be had (a cpuset keeps us off).
bool visit_every_cpu(const std::vector<int>& cpus) {
    cpu_set_t original;
    CPU_ZERO(&original);
    if (sched_getaffinity(0, sizeof(original), &original) != 0) return false;
    // A busy CPU would let us wait for a time slice of its task, milliseconds; before a real-time thread it gives way
    // at once. Where that is not allowed we wait.
    sched_param parameters{};
    const int policy = sched_getscheduler(0);
    sched_getparam(0, &parameters);
    const sched_param urgent{.sched_priority = 1};
    const bool is_urgent = policy >= 0 && sched_setscheduler(0, SCHED_FIFO, &urgent) == 0;
    bool is_complete = true;
    for (const int cpu : cpus) {
        // Where we are, nobody else is.
        if (cpu == sched_getcpu()) continue;
        if (cpu >= CPU_SETSIZE) {
            is_complete = false;
            break;
        }
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(cpu), &one);
        is_complete = sched_setaffinity(0, sizeof(one), &one) == 0 && is_complete;
    }
    (void)sched_setaffinity(0, sizeof(original), &original);
    if (is_urgent) (void)sched_setscheduler(0, policy, &parameters);
    return is_complete;
}

}  // namespace

LiveEngine::LiveEngine(const kernel::KernelView& kernel, LiveOptions options) : kernel_(kernel), options_(options) {}

LiveEngine::~LiveEngine() {
    detach();
}

base::Status LiveEngine::load(const program::Program& program) {
    program_ = &program;
    if (options_.counts_time) {
        bpf_attr attributes = no_attributes();
        attributes.enable_stats.type = BPF_STATS_RUN_TIME;
        // Without them run_stats says zero; nothing else is missing.
        if (const int fd = bpf_call(BPF_ENABLE_STATS, attributes); fd >= 0) statistics_ = base::Fd(fd);
    }
    base::Result<std::vector<LiveMap>> maps = create_maps(program, kernel_.possible_cpus());
    if (!maps.ok()) return maps.take_error();
    maps_ = std::move(maps).value();

    base::Result<base::Fd> btf = load_btf(program);
    if (!btf.ok()) return btf.take_error();
    btf_ = std::move(btf).value();

    base::Result<std::vector<LoadedProgram>> functions =
        load_functions(program, kernel_, maps_, btf_.get(), LoadSettings{.keeps_logs = options_.keeps_verifier_logs});
    if (!functions.ok()) return functions.take_error();
    functions_ = std::move(functions).value();

    if (!program.events_map.is_set()) return {};
    const int ring = maps_[program.events_map.index()].fd.get();
    bpf_map_info info;
    std::memset(&info, 0, sizeof(info));
    bpf_attr attributes = no_attributes();
    attributes.info.bpf_fd = static_cast<std::uint32_t>(ring);
    attributes.info.info_len = sizeof(info);
    attributes.info.info = address_of(&info);
    if (const int result = bpf_call(BPF_OBJ_GET_INFO_BY_FD, attributes); result < 0) {
        return base::error_from_errno("asking for the size of the event ring", -result);
    }
    objects_at_once_ = std::clamp<std::size_t>(info.max_entries / kObjectRecords, 1, kMostObjects);
    return ring_.open(ring, info.max_entries);
}

/// The event of an interval counts the nanoseconds for which it was on. A tick of the last moments may still be on its
/// way.
std::uint64_t LiveEngine::ticks_so_far(const Attachment& attachment) const {
    constexpr std::uint64_t kOnItsWay = 50'000'000;
    const program::AttachSpec& spec = program_->attachments[attachment.index];
    if (spec.kind != program::ProbeKind::interval) return 0;
    const program::Sampling& sampling = spec.places.front().sampling;
    if (sampling.amount == 0) return 0;
    const std::uint64_t period =
        sampling.unit == program::SamplingUnit::hertz ? 1'000'000'000 / sampling.amount : sampling.amount;
    for (const base::Fd& fd : attachment.links.fds) {
        std::uint64_t elapsed = 0;
        // A link is not read, its event is.
        if (::read(fd.get(), &elapsed, sizeof elapsed) != sizeof elapsed || period == 0) continue;
        return elapsed < kOnItsWay ? 0 : (elapsed - kOnItsWay) / period;
    }
    return 0;
}

void LiveEngine::set_globals(const program::Globals& globals) {
    if (globals.stopped != 0)
        for (const Attachment& attachment : attachments_)
            ticks_due_.try_emplace(attachment.index, ticks_so_far(attachment));
    child_pid_ = globals.child_pid == 0 ? -1 : static_cast<int>(globals.child_pid);
    if (!program_->globals_map.is_set()) return;
    const LiveMap& map = maps_[program_->globals_map.index()];
    // The map's value may have room for more than we know; never less.
    BUG_IF(map.spec->value_size < sizeof(globals), "the globals map is smaller than its value");
    std::vector<std::byte> value(map.spec->value_size);
    std::memcpy(value.data(), &globals, sizeof(globals));
    const std::uint32_t key = 0;
    (void)update_element(map.fd.get(), &key, value.data(), BPF_ANY);
}

base::Status LiveEngine::run(program::FunctionId function) {
    base::Result<std::int64_t> result = run_for_result(function);
    if (!result.ok()) return result.take_error();
    return {};
}

bool LiveEngine::keep_time() {
    bpf_attr attributes = no_attributes();
    attributes.enable_stats.type = BPF_STATS_RUN_TIME;
    const int fd = bpf_call(BPF_ENABLE_STATS, attributes);
    if (fd < 0) return false;
    statistics_ = base::Fd(fd);  // counting ends with it
    return true;
}

base::Result<std::int64_t> LiveEngine::run_for_result(program::FunctionId function) {
    const std::array<std::uint64_t, kRawArguments> arguments{};
    bpf_attr attributes = no_attributes();
    attributes.test.prog_fd = static_cast<std::uint32_t>(functions_[function.index()].fd.get());
    attributes.test.ctx_in = address_of(arguments.data());
    attributes.test.ctx_size_in = sizeof(arguments);
    const int result = bpf_call(BPF_PROG_TEST_RUN, attributes);
    if (result < 0) return base::error_from_errno("running " + program_->functions[function.index()].name, -result);
    return static_cast<std::int64_t>(static_cast<std::int32_t>(attributes.test.retval));
}

base::Result<engine::Attached> LiveEngine::attach(std::size_t index) {
    const program::AttachSpec& spec = program_->attachments[index];
    const program::FunctionId function = program_->probes[spec.probe.index()].function;
    const probes::Provider& provider = probes::row(spec.kind);
    if (provider.attach == nullptr) {
        return base::Error{.message = fmt::format("{} probes cannot be attached", provider.name),
                           .errnum = 0,
                           .hint = {},
                           .detail = {}};
    }
    if (const auto& refusal = functions_[function.index()].refusal) return *refusal;
    std::vector<program::Place> places = spec.places;
    if (child_pid_ > 0 && kPerProcess.has(spec.kind)) {
        for (program::Place& place : places) {
            if (place.pid < 0) place.pid = child_pid_;
        }
    }
    base::Result<probes::Links> links =
        provider.attach(kernel_,
                        probes::LoadedFunction{.fd = functions_[function.index()].fd.get(),
                                               .function = &program_->functions[function.index()]},
                        places);
    if (!links.ok()) return links.take_error();
    attachments_.push_back({index, std::move(links).value()});
    const probes::Links& kept = attachments_.back().links;
    return engine::Attached{.hooks = kept.hooks, .skipped = kept.skipped, .pinned = kept.pinned};
}

base::Result<bool> LiveEngine::iterate(std::size_t index) {
    const auto attachment = std::ranges::find(attachments_, index, &Attachment::index);
    if (attachment == attachments_.end() || !attachment->links.iterator.is_open()) return false;
    // A byte for each object: codegen sees to it.
    std::array<char, kMostObjects> bytes;
    const ssize_t size = ::read(attachment->links.iterator.get(), bytes.data(), objects_at_once_);
    if (size == 0) return false;
    // EAGAIN: a million objects went by without output, and the kernel wants to be asked again.
    if (size < 0 && errno != EAGAIN && errno != EINTR)
        return base::error_from_errno(
            "iterating with " + program_->probes[program_->attachments[index].probe.index()].name, errno);
    return true;
}

void LiveEngine::settle() {
    if (attachments_.empty()) return;
    // These run with nothing but migration disabled, on some kernels: being scheduled beside them proves nothing.
    constexpr program::KindSet kPreemptible =
        program::KindSet::of(program::ProbeKind::uprobe, program::ProbeKind::uretprobe, program::ProbeKind::usdt,
                             program::ProbeKind::fentry, program::ProbeKind::fexit);
    const bool is_hop_enough = std::ranges::none_of(attachments_, [&](const Attachment& attachment) {
        return kPreemptible.has(program_->attachments[attachment.index].kind);
    });
    // The others run with preemption disabled. Being scheduled on a CPU means that whatever ran there when we asked has
    // ended. One hop costs some tens of microseconds; a grace period of RCU (membarrier) up to tens of milliseconds.
    if (!is_hop_enough || !visit_every_cpu(kernel_.online_cpus()))
        (void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

base::Result<program::MapContents> LiveEngine::read_map(program::MapId map) {
    return read_contents(maps_[map.index()]);
}

base::Status LiveEngine::clear_map(program::MapId map) {
    return clear_contents(maps_[map.index()]);
}

base::Status LiveEngine::zero_map(program::MapId map) {
    return zero_contents(maps_[map.index()]);
}

std::vector<std::uint64_t> LiveEngine::read_stack(program::MapId stacks, std::uint64_t id, std::uint32_t frames) {
    if (stacks.index() >= maps_.size()) return {};
    const LiveMap& map = maps_[stacks.index()];
    if (map.is_per_cpu() || map.spec->key_size > sizeof(id)) return {};
    std::vector<std::uint64_t> addresses((map.spec->value_size + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
    // Little-endian: a key of four bytes is the id's lower half.
    if (lookup_element(map.fd.get(), &id, addresses.data()) < 0) return {};
    addresses.resize(std::min<std::size_t>(addresses.size(), frames));
    return addresses;
}

std::vector<std::uint64_t> LiveEngine::read_ledger(std::uint32_t first, std::uint32_t count) {
    if (!program_->ledger_map.is_set()) return {};
    const LiveMap& map = maps_[program_->ledger_map.index()];
    BUG_IF(map.spec->value_size != program::kLedgerCounters * sizeof(std::uint64_t), "a ledger of another shape");
    return sum_entries(map, first, count);
}

std::uint64_t LiveEngine::missed(std::size_t index) {
    // struct bpf_link_info of 6.7, which older headers do not have: two kinds of link count what they left out.
    struct LinkInfo {
        std::uint32_t type, id, program, pad;
        union {
            struct {
                std::uint64_t addresses;
                std::uint32_t count, flags;
                std::uint64_t missed;
            } multi;
            struct {
                std::uint32_t type, pad;
                std::uint64_t name;
                std::uint32_t name_length, offset;
                std::uint64_t address, missed;
            } event;
            std::uint64_t room[16];
        };
    };
    constexpr std::uint32_t kPerfEvent = 7, kKprobeMulti = 8, kEventKprobe = 3, kEventKretprobe = 4;
    std::uint64_t missed = 0;
    for (const Attachment& attachment : attachments_) {
        if (attachment.index != index) continue;
        for (const base::Fd& fd : attachment.links.fds) {
            LinkInfo info;
            std::memset(&info, 0, sizeof(info));
            bpf_attr attributes = no_attributes();
            attributes.info.bpf_fd = static_cast<std::uint32_t>(fd.get());
            attributes.info.info_len = sizeof(info);
            attributes.info.info = address_of(&info);
            // A perf event's own descriptor is no link: refused, nothing to add.
            if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, attributes) < 0) continue;
            if (info.type == kKprobeMulti) missed += info.multi.missed;
            if (info.type == kPerfEvent && (info.event.type == kEventKprobe || info.event.type == kEventKretprobe))
                missed += info.event.missed;
        }
    }
    return missed;
}

std::uint64_t LiveEngine::ticks_due(std::size_t index) {
    const auto found = ticks_due_.find(index);
    return found == ticks_due_.end() ? 0 : found->second;
}

engine::RunStats LiveEngine::run_stats(program::FunctionId function) {
    bpf_prog_info info;
    if (program_info(functions_[function.index()].fd.get(), info) < 0) return {};
    return engine::RunStats{.run_count = info.run_cnt,
                            .run_time_ns = info.run_time_ns,
                            .recursion_misses = info.recursion_misses,
                            .instructions = info.verified_insns};
}

void LiveEngine::unwatch(std::uint64_t address) {
    std::erase_if(attachments_, [&](const Attachment& attachment) {
        const program::AttachSpec& spec = program_->attachments[attachment.index];
        return spec.kind == program::ProbeKind::watchpoint &&
               std::ranges::any_of(spec.places, [&](const program::Place& place) { return place.address == address; });
    });
}

void LiveEngine::detach() {
    std::vector<Attachment> attachments = std::exchange(attachments_, {});
    // In the provider's order: the link lets go of the program, then the perf event ends. A body may have hundreds of
    // such pairs, each of which the kernel takes its time for.
    std::vector<std::span<base::Fd>> pairs;
    for (Attachment& attachment : attachments) {
        const std::span<base::Fd> fds = attachment.links.fds;
        for (std::size_t i = 0; i < fds.size(); i += 2)
            pairs.push_back(fds.subspan(i, std::min<std::size_t>(2, fds.size() - i)));
    }
    std::atomic<std::size_t> next = 0;
    const auto close_some = [&] {
        for (std::size_t i = next++; i < pairs.size(); i = next++)
            for (base::Fd& fd : pairs[i])
                fd.reset();
    };
    std::vector<std::thread> closers;
    for (std::size_t i = 1; i < std::min(pairs.size(), kMostClosers); ++i)
        closers.emplace_back(close_some);
    close_some();
    for (std::thread& closer : closers)
        closer.join();
}

const std::string& LiveEngine::verifier_log(program::FunctionId function) const {
    // Asked for after a failed load, too.
    static const std::string kNone;
    return function.index() < functions_.size() ? functions_[function.index()].log : kNone;
}

std::unique_ptr<engine::Engine> make_engine(const kernel::KernelView& kernel, LiveOptions options) {
    return std::make_unique<LiveEngine>(kernel, options);
}

}  // namespace live
