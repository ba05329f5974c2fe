// FILE OFFSET [COUNT]: calls int(int, int) at this offset of a file, mapped by hand as Android's linker maps libraries
// out of an archive.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const int file = open(argv[1], O_RDONLY);
    const long offset = atol(argv[2]), page = offset & ~4095L;
    const int count = argc > 3 ? atoi(argv[3]) : 1;
    char* memory = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, page);
    if (file < 0 || memory == MAP_FAILED) return 1;
    char* code = memory + (offset - page);
    int (*call)(int, int);
    memcpy(&call, &code, sizeof call);
    for (int i = 0; i < count; i++)
        if (call(i, 2 * i) != 3 * i) return 1;
    return 0;
}
