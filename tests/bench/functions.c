// A thousand functions to put probes on: work_0_0_0 ... work_9_9_9. Calls each once.
#define ONE(a, b, c)                                             \
    __attribute__((noinline)) void work_##a##_##b##_##c(void) {  \
        __asm__ volatile("");                                    \
    }
#define TEN(what, a, b) what(a, b, 0) what(a, b, 1) what(a, b, 2) what(a, b, 3) what(a, b, 4) \
    what(a, b, 5) what(a, b, 6) what(a, b, 7) what(a, b, 8) what(a, b, 9)
#define HUNDRED(what, a) TEN(what, a, 0) TEN(what, a, 1) TEN(what, a, 2) TEN(what, a, 3) TEN(what, a, 4) \
    TEN(what, a, 5) TEN(what, a, 6) TEN(what, a, 7) TEN(what, a, 8) TEN(what, a, 9)
#define THOUSAND(what) HUNDRED(what, 0) HUNDRED(what, 1) HUNDRED(what, 2) HUNDRED(what, 3) HUNDRED(what, 4) \
    HUNDRED(what, 5) HUNDRED(what, 6) HUNDRED(what, 7) HUNDRED(what, 8) HUNDRED(what, 9)
#define CALL(a, b, c) work_##a##_##b##_##c();

THOUSAND(ONE)

int main(void) {
    THOUSAND(CALL)
    return 0;
}
