// Keeps one processor busy for MS milliseconds of its own time.
#include <stdlib.h>
#include <time.h>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const clock_t end = clock() + (clock_t)(atol(argv[1]) * (CLOCKS_PER_SEC / 1000));
    volatile unsigned long turns = 0;
    while (clock() < end)
        for (int i = 0; i < 10000; i++)
            turns++;
    return 0;
}
