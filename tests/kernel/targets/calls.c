// COUNT getppid calls on each of THREADS threads (default 1), as fast as they go: the cheapest system call there is.
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static long count;

static void* call(void* unused) {
    (void)unused;
    for (long i = 0; i < count; i++)
        syscall(SYS_getppid);
    return NULL;
}

int main(int argc, char** argv) {
    pthread_t threads[64];
    const int number = argc > 2 ? atoi(argv[2]) : 1;
    if (argc < 2 || number < 1 || number > 64) return 2;
    count = atol(argv[1]);
    if (number == 1) {
        call(NULL);
        return 0;
    }
    for (int i = 0; i < number; i++)
        if (pthread_create(&threads[i], NULL, call, NULL) != 0) return 1;
    for (int i = 0; i < number; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
