// Forks COUNT children one after the other; child i (from 0) ends with status 10 + i. With a second argument, a program,
// each child becomes that program instead, with the words that follow.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const int count = atoi(argv[1]);
    for (int i = 0; i < count; i++) {
        const pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            if (argc > 2) {
                // Touched before the call: a tracer that reads it in the system call must not meet a page that is not there.
                char* path = malloc(4096);
                snprintf(path, 4096, "%s", argv[2]);
                execv(path, argv + 2);
                _exit(127);
            }
            _exit(10 + i);
        }
        waitpid(child, NULL, 0);
    }
    return 0;
}
