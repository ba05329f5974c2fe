// Waits for a line, then calls from a function of its own, and from one of a child that it forks.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "here.h"

__attribute__((noinline)) void in_parent(void) {
    call_here();
}

__attribute__((noinline)) void in_child(void) {
    call_here();
}

int main(void) {
    char line[64];
    if (fgets(line, sizeof line, stdin) == NULL) return 1;
    in_parent();
    const pid_t child = fork();
    if (child == 0) {
        in_child();
        _exit(0);
    }
    return child > 0 && waitpid(child, NULL, 0) == child ? 0 : 1;
}
