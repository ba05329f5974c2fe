// A getppid call without libc between: the stack's leaf is the function that makes it.
#include <sys/syscall.h>

static inline __attribute__((always_inline)) void call_here(void) {
    long result = SYS_getppid;
    __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
}
