// The three bodies of `./dev bench` as somebody would write them in C with care: the same event, the same tests (which call, no 32-bit
// one, which command), the smallest map that does. The measure for what bpfline's code generator adds.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct thread_info {
    unsigned int status;
} __attribute__((preserve_access_index));
struct task_struct {
    struct thread_info thread_info;
} __attribute__((preserve_access_index));

enum { kGetppid = 110, kCompat = 2, kBuckets = 65 };

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, kBuckets);
    __type(key, __u32);
    __type(value, __u64);
} buckets SEC(".maps");

struct command {
    char text[16];
};
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 4096);
    __type(key, struct command);
    __type(value, __u64);
} commands SEC(".maps");

static __always_inline int is_ours(struct bpf_raw_tracepoint_args* context, struct command* command) {
    if (context->args[1] != kGetppid) return 0;
    struct task_struct* task = (struct task_struct*)bpf_get_current_task_btf();
    if (task->thread_info.status & kCompat) return 0;
    bpf_get_current_comm(command, sizeof *command);
    return *(__u32*)command->text == 0x6c6c6163 && *(__u16*)(command->text + 4) == 's';
}

SEC("raw_tp/sys_enter")
int count(struct bpf_raw_tracepoint_args* context) {
    struct command command;
    if (!is_ours(context, &command)) return 0;
    __u32 zero = 0;
    __u64* value = bpf_map_lookup_elem(&counts, &zero);
    if (value) __sync_fetch_and_add(value, 1);
    return 0;
}

SEC("raw_tp/sys_enter")
int comm(struct bpf_raw_tracepoint_args* context) {
    struct command command;
    if (!is_ours(context, &command)) return 0;
    bpf_get_current_comm(&command, sizeof command);
    __u64* value = bpf_map_lookup_elem(&commands, &command);
    if (value) {
        __sync_fetch_and_add(value, 1);
    } else {
        __u64 one = 1;
        bpf_map_update_elem(&commands, &command, &one, BPF_ANY);
    }
    return 0;
}

static __always_inline __u32 log2_of(__u64 value) {
    __u32 result = 0;
#pragma unroll
    for (int shift = 32; shift; shift /= 2)
        if (value >> shift) {
            value >>= shift;
            result += shift;
        }
    return result;
}

SEC("raw_tp/sys_enter")
int hist(struct bpf_raw_tracepoint_args* context) {
    struct command command;
    if (!is_ours(context, &command)) return 0;
    __u64 now = bpf_ktime_get_boot_ns();
    __u32 bucket = now ? log2_of(now) + 1 : 0;
    __u64* value = bpf_map_lookup_elem(&buckets, &bucket);
    if (value) __sync_fetch_and_add(value, 1);
    return 0;
}

char _license[] SEC("license") = "GPL";
