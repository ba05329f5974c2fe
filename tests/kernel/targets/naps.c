// Sleeps COUNT times for MS milliseconds.
#include <stdlib.h>
#include <time.h>

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const long ms = atol(argv[2]);
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    for (long i = atol(argv[1]); i > 0; i--)
        nanosleep(&pause, NULL);
    return 0;
}
