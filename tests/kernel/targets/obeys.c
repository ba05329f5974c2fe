// Waits until SIGUSR1 arrives and ends with status 7, or with 3 after ten seconds. Makes a getppid call every millisecond, so that a
// tracer has something to fire on.
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void leave(int number) {
    (void)number;
    _exit(7);
}

int main(void) {
    const struct timespec pause = {.tv_nsec = 1000000};
    signal(SIGUSR1, leave);
    for (int i = 0; i < 10000; i++) {
        syscall(SYS_getppid);
        nanosleep(&pause, NULL);
    }
    return 3;
}
