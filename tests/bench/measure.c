// measure FILE PROGRAM ARGUMENTS...: runs PROGRAM (a path) and writes to FILE one line: wall time and processor time in
// nanoseconds, peak memory in KiB, exit status. Small itself, since the kernel counts the memory of the process before exec as well.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const long long start = now();
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        execv(argv[2], argv + 2);
        _exit(127);
    }
    int status = 0;
    struct rusage used;
    if (wait4(child, &status, 0, &used) < 0) return 1;
    const long long wall = now() - start;
    const long long cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000LL +
                          (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL;
    FILE* file = fopen(argv[1], "w");
    if (file == NULL) return 1;
    fprintf(file, "%lld %lld %ld %d\n", wall, cpu, used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return fclose(file) == 0 ? 0 : 1;
}
