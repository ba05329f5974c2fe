// A function that the optimiser copies for its callers, with fewer parameters. Built with optimisation and debug
// information.
__attribute__((noinline)) static int part(const int* from, int n, unsigned char always) {
    __asm__ volatile("" : : "r"(*from + n) : "memory");
    return *from + n + always;
}

int main(int argc, char** argv) {
    (void)argv;
    const int value = 3;
    return part(&value, argc, 200) + part(&value, 40 + argc, 200) == 1;
}
