// LIBRARY [ROUNDS]: loads a library, has its plugin_call call back, and unloads it, as often as asked (once).
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "here.h"

static int back(int value) {
    call_here();
    return value;
}

int main(int argc, char** argv) {
    const int rounds = argc > 2 ? atoi(argv[2]) : 1;
    for (int i = 1; i <= rounds; i++) {
        void* library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
        int (*call)(int (*)(int), int);
        if (library == NULL) return 1;
        *(void**)&call = dlsym(library, "plugin_call");
        if (call == NULL || call(back, i) != i + 1) return 2;
        dlclose(library);
    }
    return 0;
}
