// Maps PAGES pages of fresh memory and writes to each, which costs one page fault a page.
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const size_t pages = (size_t)atol(argv[1]);
    const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char* memory = mmap(NULL, pages * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    // A huge page would take one fault for all of them.
    madvise(memory, pages * size, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < pages; i++)
        ((volatile char*)memory)[i * size] = 1;
    return 0;
}
