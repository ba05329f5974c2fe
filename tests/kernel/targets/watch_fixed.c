// Writes known values to known places: 3 writes of 8 bytes at 0x30000000, 2 writes and 2 reads of 4 bytes at 0x30000040.
#define _GNU_SOURCE
#include <sys/mman.h>

int main(void) {
    volatile char* page =
        mmap((void*)0x30000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (page == MAP_FAILED) return 1;
    volatile long* whole = (volatile long*)page;
    volatile int* half = (volatile int*)(page + 64);
    int sum = 0;
    for (int i = 1; i <= 3; i++)
        *whole = i * 11;
    for (int i = 0; i < 2; i++) {
        *half = i;
        sum += *half;
    }
    return sum != 1;
}
