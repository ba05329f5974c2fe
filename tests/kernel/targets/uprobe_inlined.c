// A function that the compiler puts into its caller.

#include "here.h"

static inline __attribute__((always_inline)) int inner(int value) {
    volatile int result = value;
    call_here();
    return result;
}

__attribute__((noinline)) int outer(int value) {
    return inner(value) + 1;
}

int main(void) {
    return outer(1) == 2 ? 0 : 1;
}
