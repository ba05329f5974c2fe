// PROGRAM [ARGUMENT...]: calls a function of its own, then becomes that program.
#include <unistd.h>

#include "here.h"

__attribute__((noinline)) int before(int value) {
    volatile int result = value;
    call_here();
    return result;
}

int main(int argc, char** argv) {
    before(argc);
    if (argc > 1) execv(argv[1], argv + 1);
    return 1;
}
