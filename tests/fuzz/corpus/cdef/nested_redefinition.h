#define N (1 << 3)
#define KV(a, b) (((a) << 16) + (b))
#if defined(N) && KV(5, 8) > 0x50000
typedef unsigned int u32_t;
struct s { int a; char b[N]; struct { u32_t x : 3, y : 5; } c; union { long l; void *p; } *d; } __attribute__((packed));
#else
#error no
#endif
enum e { ONE = 1, TWO, MANY = KV(1, 2) };
struct t { struct s inner[2]; enum e { ONE = 1, TWO, MANY = KV(1, 2) };
struct t { struct s inner[2]; enum e f; int (*call)(int, char *); } __attribute__((aligned(32)));
static inline int helper(int x) { return x + 1; }
#define GLUE(a, b) a##b
#define S "text" " m-1ore"
int GLUE(na, me);
