// Creates PATH, writes 5 + 300 + 7000 bytes to it, closes it; opens it again, reads 64, 64 and 4096 bytes; then tries to open
// PATH.missing, which fails with ENOENT.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char bytes[8192];
static char path[4096];

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    memset(bytes, 'x', sizeof bytes);
    snprintf(path, sizeof path, "%s", argv[1]);
    int fd = openat(AT_FDCWD, path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (fd < 0) return 1;
    if (write(fd, bytes, 5) != 5 || write(fd, bytes, 300) != 300 || write(fd, bytes, 7000) != 7000) return 1;
    close(fd);
    fd = openat(AT_FDCWD, path, O_RDONLY);
    if (fd < 0) return 1;
    if (read(fd, bytes, 64) != 64 || read(fd, bytes, 64) != 64 || read(fd, bytes, 4096) != 4096) return 1;
    close(fd);
    strncat(path, ".missing", sizeof path - strlen(path) - 1);
    return openat(AT_FDCWD, path, O_RDONLY) >= 0;
}
