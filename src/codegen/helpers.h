// The BPF helpers bpfline calls: number in the kernel's ABI, name as run-time warnings spell it, first kernel.
// Numbers: include/uapi/linux/bpf.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace codegen {

// clang-format off
// name, number, first kernel
#define BPFLINE_HELPERS(X)                  \
    X(map_lookup_elem, 1, "3.19")           \
    X(map_update_elem, 2, "3.19")           \
    X(map_delete_elem, 3, "3.19")           \
    X(ktime_get_ns, 5, "4.1")               \
    X(trace_printk, 6, "4.1")               \
    X(get_prandom_u32, 7, "4.1")            \
    X(get_smp_processor_id, 8, "4.1")       \
    X(tail_call, 12, "4.2")                 \
    X(get_current_pid_tgid, 14, "4.2")      \
    X(get_current_uid_gid, 15, "4.2")       \
    X(get_current_comm, 16, "4.2")          \
    X(perf_event_output, 25, "4.4")         \
    X(get_stackid, 27, "4.6")               \
    X(get_current_task, 35, "4.8")          \
    X(probe_write_user, 36, "4.8")          \
    X(get_numa_node_id, 42, "4.10")         \
    X(get_socket_cookie, 46, "4.12")        \
    X(override_return, 58, "4.16")          \
    X(get_stack, 67, "4.18")                \
    X(get_current_cgroup_id, 80, "4.18")    \
    X(send_signal, 109, "5.3")              \
    X(probe_read_user, 112, "5.5")          \
    X(probe_read_kernel, 113, "5.5")        \
    X(probe_read_user_str, 114, "5.5")      \
    X(probe_read_kernel_str, 115, "5.5")    \
    X(send_signal_thread, 117, "5.5")       \
    X(jiffies64, 118, "5.5")                \
    X(get_ns_current_pid_tgid, 120, "5.7")  \
    X(ktime_get_boot_ns, 125, "5.8")        \
    X(seq_printf, 126, "5.7")               \
    X(seq_write, 127, "5.7")                \
    X(ringbuf_output, 130, "5.8")           \
    X(ringbuf_reserve, 131, "5.8")          \
    X(ringbuf_submit, 132, "5.8")           \
    X(ringbuf_discard, 133, "5.8")          \
    X(ringbuf_query, 134, "5.8")            \
    X(get_task_stack, 141, "5.9")           \
    X(d_path, 147, "5.10")                  \
    X(get_current_task_btf, 158, "5.11")    \
    X(for_each_map_elem, 164, "5.13")       \
    X(get_func_ip, 173, "5.15")             \
    X(get_attach_cookie, 174, "5.15")       \
    X(task_pt_regs, 175, "5.15")            \
    X(loop, 181, "5.17")                    \
    X(get_func_arg, 183, "5.17")            \
    X(get_func_ret, 184, "5.17")            \
    X(strncmp, 182, "5.17")                 \
    X(map_lookup_percpu_elem, 195, "5.19")  \
    X(ktime_get_tai_ns, 208, "6.1")
// clang-format on

enum class Helper : std::uint32_t {
#define X(name, number, since) name = number,
    BPFLINE_HELPERS(X)
#undef X
};

/// "probe_read_user"
[[nodiscard]] constexpr std::string_view helper_name(Helper helper) {
    switch (helper) {
#define X(name, number, since) \
    case Helper::name: return #name;
        BPFLINE_HELPERS(X)
#undef X
    }
    return "helper";
}

}  // namespace codegen
