// Static probes with every form of operand, each written by hand so that no compiler chooses another. The notes are
// those of sys/sdt.h; without the header the program builds anywhere.
#include <time.h>

// A note of type 3: address of the nop, of .stapsdt.base and of the semaphore; provider, name, arguments.
#define PROBE(provider, name, semaphore, arguments, ...)                              \
    __asm__ volatile("990: nop\n"                                                     \
                     ".pushsection .note.stapsdt,\"?\",\"note\"\n"                    \
                     ".balign 4\n"                                                    \
                     ".4byte 992f-991f, 994f-993f, 3\n"                               \
                     "991: .asciz \"stapsdt\"\n"                                      \
                     "992: .balign 4\n"                                               \
                     "993: .8byte 990b, _.stapsdt.base, " semaphore "\n"              \
                     ".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"" arguments "\"\n" \
                     "994: .balign 4\n"                                               \
                     ".popsection\n" ::__VA_ARGS__)

__asm__(".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
        ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n"
        "_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n"
        ".popsection\n");

__asm__(".pushsection .probes,\"aw\",\"progbits\"\n"
        ".balign 2\n.globl usdt_gate_semaphore\n"
        "usdt_gate_semaphore: .2byte 0\n.size usdt_gate_semaphore, 2\n.type usdt_gate_semaphore, @object\n"
        ".popsection\n");
extern volatile unsigned short usdt_gate_semaphore __attribute__((visibility("hidden")));

// Linkers let the pages of small segments overlap in the file, and the kernel then raises the semaphore in the wrong
// one of the mappings: it takes the first writable one that holds the page. So the semaphore's page is a later one.
char usdt_padding[3 * 4096] = {1};

// Not static: operands name it.
int usdt_cells[8] = {10, -20, 30, -40, 50, -60, 70, -80};
char usdt_text[] = "written in the program";

__attribute__((noinline)) static void inlined(int x) {
    PROBE("forms", "twice", "0", "-4@%%edi", "D"(x));
}

int main(void) {
    unsigned long rax = 0xfffffffffffffff0ul, rbx = 2;
    PROBE("forms", "registers", "0", "8@%%rax -8@%%rax 4@%%eax -4@%%eax 2@%%ax -1@%%al 1@%%ah 8@%%r9", "a"(rax));
    PROBE("forms", "constants", "0", "-4@$-7 4@$7 2@$-1 8@$0x10 -1@$255", "a"(0));
    PROBE("forms", "memory", "0", "-4@(%%rdx) -4@4(%%rdx) -4@-4(%%rdx,%%rbx,4) -4@0(%%rdx,%%rbx,8) 8@(%%rdx)",
          "d"(usdt_cells), "b"(rbx));
    PROBE("forms", "symbols", "0", "-4@usdt_cells(%%rip) -4@usdt_cells+12(%%rip) 8@$usdt_text -4@4+usdt_cells(%%rip)",
          "a"(0));
    PROBE("forms", "floats", "0", "8f@%%xmm0 -4@%%ecx", "c"(5));
    PROBE("other", "registers", "0", "", "a"(0));
    inlined(1);
    inlined(2);
    // A second place of the same name, with its argument elsewhere.
    PROBE("forms", "twice", "0", "-4@%%esi", "S"(3));
    for (int i = 0; i < 3; i++)
        if (usdt_gate_semaphore) PROBE("forms", "gated", "usdt_gate_semaphore", "2@%%ax", "a"((int)usdt_gate_semaphore));
    struct timespec nap = {0, 30000000};
    nanosleep(&nap, 0);
    return 0;
}
