// Sends itself SIGNAL (default SIGUSR1) COUNT times and catches each.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void take(int number) {
    (void)number;
    caught++;
}

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const int count = atoi(argv[1]);
    const int number = argc > 2 ? atoi(argv[2]) : SIGUSR1;
    signal(number, take);
    for (int i = 0; i < count; i++)
        kill(getpid(), number);
    return caught == count ? 0 : 1;
}
