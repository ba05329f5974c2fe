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
    const int is_well = child > 0 && waitpid(child, NULL, 0) == child;
    usleep(100000);  // a file that is nowhere but in memory is gone with the process
    return is_well ? 0 : 1;
}
