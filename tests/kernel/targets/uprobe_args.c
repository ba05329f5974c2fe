// Functions with every kind of parameter a uprobe can read, called once each with known values. Built with debug
// information and without optimisation. Ends after a short nap, so that its stacks can be looked at while it lives.
#include <stdbool.h>
#include <time.h>

struct pair {
    long first;
    int second;
};
struct small {
    short a, b;
};
struct big {
    long values[4];
};
enum colour { RED = 3, BLUE = 40 };
typedef unsigned int number_t;
typedef struct node {
    struct node* next;
    union {
        int as_int;
        char as_text[8];
    };
    struct {
        short inner;
    };
    unsigned int low : 3, high : 7;
    signed int below : 4;
    bool is_last;
    int grid[2][3];
    char names[2][8];
    enum colour colour;
    void (*callback)(int);
    const char* label;
    struct pair pair;
} node_t;

#define FUNCTION __attribute__((noinline))

FUNCTION long take_pair(struct pair p, int after) {
    volatile long r = p.first + p.second + after;
    return r;
}
FUNCTION int take_small(struct small s, int after) {
    volatile int r = s.a + s.b + after;
    return r;
}
FUNCTION long take_big(struct big b, int after) {
    volatile long r = b.values[3] + after;
    return r;
}
FUNCTION struct big give_big(int a, int b) {
    struct big result = {{a, b, a + b, a - b}};
    return result;
}
FUNCTION int take_many(int a, int b, int c, int d, int e, int f, int g, long h, unsigned char i) {
    volatile int r = a + b + c + d + e + f + g + (int)h + i;
    return r;
}
FUNCTION double mixed(int a, double b, long c, float d, bool e) {
    volatile double r = a + b + (double)c + d + e;
    return r;
}
FUNCTION number_t typed(number_t n, const node_t* list, enum colour colour, char letter, const char* const* words) {
    volatile number_t r = n + (number_t)list->as_int + (number_t)colour + (number_t)letter;
    (void)words;
    return r;
}
FUNCTION int twice(int x) {
    volatile int r = x;
    r += x;  // a line of its own: its address is asked for
    return r;
}
static FUNCTION int hidden(int x) {
    volatile int r = x - 1;
    return r;
}
FUNCTION void leaf(void) {
    struct timespec nap = {0, 30000000};
    nanosleep(&nap, 0);
}
FUNCTION void middle(void) {
    leaf();
    volatile int r = 0;
    (void)r;
}

volatile int counter = 1000;
static void nothing(int x) { (void)x; }

int main(void) {
    struct pair p = {-5000000000, 77};
    struct small s = {-3, 9};
    struct big b = {{1, 2, 3, 1234567890123}};
    static node_t second = {.as_text = "second", .inner = -7, .below = -3, .is_last = true, .label = "end"};
    static node_t first = {.next = &second,
                           .as_int = 12,
                           .inner = 5,
                           .low = 6,
                           .high = 100,
                           .below = -8,
                           .grid = {{1, 2, 3}, {4, 5, 6}},
                           .names = {"one", "two"},
                           .colour = BLUE,
                           .callback = nothing,
                           .label = "begin",
                           .pair = {8, 9}};
    const char* words[] = {"alpha", "beta"};
    take_pair(p, 1);
    take_small(s, 2);
    take_big(b, 3);
    give_big(10, 4);
    take_many(1, 2, 3, 4, 5, 6, -7, -8000000000, 250);
    mixed(-1, 2.5, 3, 4.5f, true);
    typed(40, &first, RED, 'q', words);
    for (int i = 1; i <= 3; i++) {
        twice(i);
        counter++;
    }
    hidden(6);
    middle();
    return 0;
}
