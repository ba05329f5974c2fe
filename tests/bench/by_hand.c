// by_hand OBJECT CALLS...: for each program of OBJECT, runs CALLS (a command) with it attached and prints its name and how many
// nanoseconds a run took by the kernel's own count.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int quiet(enum libbpf_print_level level, const char* format, va_list arguments) {
    return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

static int measure(struct bpf_program* program, char** command) {
    struct bpf_link* link = bpf_program__attach(program);
    if (!link) return 1;
    struct bpf_prog_info before = {0}, after = {0};
    __u32 size = sizeof before;
    bpf_obj_get_info_by_fd(bpf_program__fd(program), &before, &size);
    const pid_t child = fork();
    if (child == 0) {
        execv(command[0], command);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    size = sizeof after;
    bpf_obj_get_info_by_fd(bpf_program__fd(program), &after, &size);
    bpf_link__destroy(link);
    if (status != 0 || after.run_cnt == before.run_cnt) return 1;
    printf("%s %.1f\n", bpf_program__name(program),
           (double)(after.run_time_ns - before.run_time_ns) / (double)(after.run_cnt - before.run_cnt));
    return 0;
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    libbpf_set_print(quiet);
    const int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
    struct bpf_object* object = bpf_object__open_file(argv[1], NULL);
    if (statistics < 0 || !object || bpf_object__load(object) != 0) return 1;
    struct bpf_program* program;
    bpf_object__for_each_program(program, object) {
        if (measure(program, argv + 2) != 0) return 1;
    }
    return 0;
}
