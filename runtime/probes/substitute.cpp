#include "runtime/probes/substitute.h"

#include <algorithm>
#include <array>
#include <utility>

namespace probes {
namespace {

struct Pair {
    std::string_view function, event;
};

// Functions people probe most, where the event is not called like the function. Of several spellings a function had
// over the years each has a line.
constexpr std::array<Pair, 44> kKnown{{
    {"vfs_open", "syscalls:sys_enter_openat"},
    {"do_sys_open", "syscalls:sys_enter_openat"},
    {"do_sys_openat2", "syscalls:sys_enter_openat"},
    {"do_filp_open", "syscalls:sys_enter_openat"},
    {"vfs_readv", "syscalls:sys_enter_readv"},
    {"vfs_writev", "syscalls:sys_enter_writev"},
    {"vfs_create", "syscalls:sys_enter_openat"},
    {"vfs_fsync_range", "syscalls:sys_enter_fsync"},
    {"vfs_statx", "syscalls:sys_enter_statx"},
    {"do_nanosleep", "syscalls:sys_enter_clock_nanosleep"},
    {"hrtimer_nanosleep", "syscalls:sys_enter_clock_nanosleep"},
    {"do_mmap", "syscalls:sys_enter_mmap"},
    {"do_exit", "sched:sched_process_exit"},
    {"do_group_exit", "sched:sched_process_exit"},
    {"kernel_clone", "sched:sched_process_fork"},
    {"_do_fork", "sched:sched_process_fork"},
    {"copy_process", "sched:sched_process_fork"},
    {"wake_up_new_task", "sched:sched_wakeup_new"},
    {"try_to_wake_up", "sched:sched_wakeup"},
    {"ttwu_do_wakeup", "sched:sched_wakeup"},
    {"do_execveat_common", "sched:sched_process_exec"},
    {"bprm_execve", "sched:sched_process_exec"},
    {"finish_task_switch", "sched:sched_switch"},
    {"__schedule", "sched:sched_switch"},
    {"schedule", "sched:sched_switch"},
    {"tcp_set_state", "sock:inet_sock_set_state"},
    {"tcp_connect", "sock:inet_sock_set_state"},
    {"tcp_v4_connect", "sock:inet_sock_set_state"},
    {"tcp_v6_connect", "sock:inet_sock_set_state"},
    {"tcp_close", "sock:inet_sock_set_state"},
    {"inet_csk_accept", "sock:inet_sock_set_state"},
    {"tcp_drop", "skb:kfree_skb"},
    {"sk_skb_reason_drop", "skb:kfree_skb"},
    {"tcp_sendmsg", "syscalls:sys_enter_sendto"},
    {"tcp_recvmsg", "syscalls:sys_enter_recvfrom"},
    {"submit_bio", "block:block_bio_queue"},
    {"blk_account_io_start", "block:block_io_start"},
    {"blk_account_io_done", "block:block_io_done"},
    {"blk_mq_start_request", "block:block_rq_issue"},
    {"oom_kill_process", "oom:mark_victim"},
    {"__alloc_pages", "kmem:mm_page_alloc"},
    {"__kmalloc", "kmem:kmalloc"},
    {"handle_mm_fault", "exceptions:page_fault_user"},
    {"do_send_sig_info", "signal:signal_generate"},
}};

// What a system call's function is called: entry points of architectures, then the kernel's own inner ones.
constexpr std::array<std::string_view, 8> kSyscallPrefixes{"__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__do_sys_",
                                                           "__se_sys_",  "ksys_",       "do_sys_",      "vfs_"};

}  // namespace

std::string nearest_tracepoint(const kernel::KernelView& view, std::string_view function, bool is_return) {
    const auto events = view.tracepoints();
    if (!events.ok()) return {};
    const auto has = [&](std::string_view event) { return std::binary_search(events->begin(), events->end(), event); };
    const auto syscall = [&](std::string_view name) -> std::string {
        const std::string event =
            std::string(is_return ? "syscalls:sys_exit_" : "syscalls:sys_enter_") + std::string(name);
        return has(event) ? "tracepoint:" + event : std::string();
    };
    for (const std::string_view prefix : kSyscallPrefixes) {
        if (!function.starts_with(prefix)) continue;
        if (std::string found = syscall(function.substr(prefix.size())); !found.empty()) return found;
    }
    for (const Pair& pair : kKnown) {
        if (pair.function != function) continue;
        constexpr std::string_view kEnter = "syscalls:sys_enter_";
        if (pair.event.starts_with(kEnter)) return syscall(pair.event.substr(kEnter.size()));
        if (has(pair.event)) return "tracepoint:" + std::string(pair.event);
    }
    // Many events carry the name of the function they stand in.
    for (const std::string& event : *events)
        if (std::string_view(event).substr(event.find(':') + 1) == function) return "tracepoint:" + event;
    return {};
}

std::string substitute_hint(const kernel::KernelView& view, std::string_view function, bool is_return) {
    const std::string event = nearest_tracepoint(view, function, is_return);
    if (!event.empty()) return "the nearest thing that works here is " + event;
    return "tracepoints work here: bpfline -l 'tracepoint:*'";
}

}  // namespace probes
