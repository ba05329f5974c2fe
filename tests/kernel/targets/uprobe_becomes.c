// PROGRAM [ARGUMENT...]: calls a function of its own, then becomes that program.
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noinline)) int before(int value) {
    volatile int result = value;
    syscall(SYS_getppid);
    return result;
}

int main(int argc, char** argv) {
    before(argc);
    if (argc > 1) execv(argv[1], argv + 1);
    return 1;
}
