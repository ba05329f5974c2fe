// Maps three pages of PATH, from its eighth page on: the kernel is given more arguments for it than registers take.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const int fd = open(argv[1], O_RDONLY);
    if (fd < 0) return 1;
    if (mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE, fd, 7 * 4096) == MAP_FAILED) return 1;
    puts("mapped");
    return 0;
}
