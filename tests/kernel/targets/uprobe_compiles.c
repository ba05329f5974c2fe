// What a just-in-time compiler does: writes a function into memory, calls it, and lists it in /tmp/perf-PID.map. The
// function calls back, with a frame like a compiler's.
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "here.h"

static void back(void) {
    call_here();
}

int main(void) {
    // push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret
    static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
    unsigned char* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 1;
    memcpy(page, code, sizeof code);
    char name[64];
    snprintf(name, sizeof name, "/tmp/perf-%d.map", getpid());
    FILE* map = fopen(name, "w");
    if (map == NULL) return 1;
    fprintf(map, "%llx %zx compiled:loop file.js:7\n", (unsigned long long)page, sizeof code);
    fclose(map);
    void (*compiled)(void (*)(void));
    memcpy(&compiled, &page, sizeof compiled);
    compiled(back);
    usleep(300000);  // whoever looks the names up must find the list
    unlink(name);
    return 0;
}
