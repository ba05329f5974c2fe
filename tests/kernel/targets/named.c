// Takes the thread name NAME and calls getppid three times with 1 to 6 in the registers of the arguments: for filters on comm and
// for raw_syscalls.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    prctl(PR_SET_NAME, argv[1], 0, 0, 0);
    for (int i = 0; i < 3; i++)
        syscall(SYS_getppid, 1L, 2L, 3L, 4L, 5L, 6L);
    return 0;
}
