#include "src/cdef/constants.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace {

// What the table says by hand is what the headers of this machine say.
#define EXPECT_CONSTANT(name) EXPECT_EQ(cdef::system_constant(#name), static_cast<std::int64_t>(name)) << #name

TEST(Constants, OfSockets) {
    EXPECT_CONSTANT(AF_UNSPEC);
    EXPECT_CONSTANT(AF_INET6);
    EXPECT_CONSTANT(AF_VSOCK);
    EXPECT_CONSTANT(AF_XDP);
    EXPECT_CONSTANT(PF_KEY);
    EXPECT_CONSTANT(PF_ALG);
    EXPECT_CONSTANT(SOCK_SEQPACKET);
    EXPECT_CONSTANT(SOCK_NONBLOCK);
    EXPECT_CONSTANT(MSG_ZEROCOPY);
    EXPECT_CONSTANT(MSG_CMSG_CLOEXEC);
    EXPECT_CONSTANT(SOL_SOCKET);
    EXPECT_CONSTANT(SO_REUSEPORT);
    EXPECT_CONSTANT(IPPROTO_ICMPV6);
    EXPECT_CONSTANT(IPPROTO_SCTP);
    EXPECT_CONSTANT(TCP_NODELAY);
    EXPECT_CONSTANT(INADDR_LOOPBACK);
}

TEST(Constants, OfFilesAndMemory) {
    EXPECT_CONSTANT(DT_SOCK);
    EXPECT_CONSTANT(S_IFMT);
    EXPECT_CONSTANT(S_IFREG);
    EXPECT_CONSTANT(S_ISVTX);
    EXPECT_CONSTANT(O_CLOEXEC);
    EXPECT_CONSTANT(O_ASYNC);
    EXPECT_CONSTANT(O_NOFOLLOW);
    EXPECT_CONSTANT(AT_FDCWD);
    EXPECT_CONSTANT(F_SETLKW);
    EXPECT_CONSTANT(F_SETPIPE_SZ);
    EXPECT_CONSTANT(PROT_EXEC);
    EXPECT_CONSTANT(PROT_GROWSDOWN);
    EXPECT_CONSTANT(MAP_FIXED_NOREPLACE);
    EXPECT_CONSTANT(MADV_DONTNEED);
    EXPECT_CONSTANT(MS_RDONLY);
    EXPECT_CONSTANT(EXT4_SUPER_MAGIC);
    // libc's is 0, which no system call shows.
    EXPECT_EQ(cdef::system_constant("O_LARGEFILE"), 0100000);
}

TEST(Constants, OfProcesses) {
    EXPECT_CONSTANT(CLONE_VM);
    EXPECT_CONSTANT(CLONE_NEWNET);
    EXPECT_CONSTANT(CLONE_IO);
    EXPECT_EQ(cdef::system_constant("CLONE_INTO_CGROUP"), std::int64_t{1} << 33);
    EXPECT_CONSTANT(SCHED_FIFO);
    EXPECT_CONSTANT(RLIMIT_NOFILE);
    EXPECT_CONSTANT(CAP_SYS_ADMIN);
    EXPECT_CONSTANT(SIGKILL);
    EXPECT_CONSTANT(SIGPOLL);
    EXPECT_CONSTANT(SA_RESTART);
    EXPECT_CONSTANT(EAGAIN);
    EXPECT_CONSTANT(EHWPOISON);
    EXPECT_CONSTANT(EPOLLET);
    EXPECT_CONSTANT(POLLRDHUP);
    EXPECT_CONSTANT(CLOCK_BOOTTIME);
    EXPECT_EQ(cdef::system_constant("PF_KTHREAD"), 0x00200000);
    EXPECT_EQ(cdef::system_constant("TASK_UNINTERRUPTIBLE"), 2);
    EXPECT_EQ(cdef::system_constant("__NR_openat"), 257);
    EXPECT_EQ(cdef::system_constant("SYS_fstat"), 5);
    EXPECT_EQ(cdef::system_constant("AF_NOTHING"), std::nullopt);
}

}  // namespace
