// One TCP connection over loopback: listen on PORT, connect, accept, the client closes first, then the server.
// Single-threaded, so the order of state changes is the same every time. With a second argument it lasts that long (ms).
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void check(int result, const char* what) {
    if (result >= 0) return;
    perror(what);
    exit(1);
}

int main(int argc, char** argv) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (argc < 2) return 2;
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    check(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), "setsockopt");
    check(bind(listener, (struct sockaddr*)&address, sizeof address), "bind");
    check(listen(listener, 1), "listen");
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    check(connect(client, (struct sockaddr*)&address, sizeof address), "connect");
    const int server = accept(listener, NULL, NULL);
    check(server, "accept");
    if (argc > 2) {
        const long ms = atol(argv[2]);
        const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
    close(client);
    close(server);
    close(listener);
    return 0;
}
