#include "src/cdef/constants.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include "runtime/kernel/syscalls.h"

namespace cdef {

namespace {

// The values come out of the headers this file is compiled with; the kernel's user-space ABI never changes them.
constexpr std::pair<std::string_view, std::int64_t> kConstants[] = {
#ifdef AF_UNSPEC
    {"AF_UNSPEC", static_cast<std::int64_t>(AF_UNSPEC)},
#endif
#ifdef AF_UNIX
    {"AF_UNIX", static_cast<std::int64_t>(AF_UNIX)},
#endif
#ifdef AF_LOCAL
    {"AF_LOCAL", static_cast<std::int64_t>(AF_LOCAL)},
#endif
#ifdef AF_INET
    {"AF_INET", static_cast<std::int64_t>(AF_INET)},
#endif
#ifdef AF_INET6
    {"AF_INET6", static_cast<std::int64_t>(AF_INET6)},
#endif
#ifdef AF_NETLINK
    {"AF_NETLINK", static_cast<std::int64_t>(AF_NETLINK)},
#endif
#ifdef AF_PACKET
    {"AF_PACKET", static_cast<std::int64_t>(AF_PACKET)},
#endif
#ifdef AF_VSOCK
    {"AF_VSOCK", static_cast<std::int64_t>(AF_VSOCK)},
#endif
#ifdef AF_BLUETOOTH
    {"AF_BLUETOOTH", static_cast<std::int64_t>(AF_BLUETOOTH)},
#endif
#ifdef AF_ALG
    {"AF_ALG", static_cast<std::int64_t>(AF_ALG)},
#endif
#ifdef PF_UNSPEC
    {"PF_UNSPEC", static_cast<std::int64_t>(PF_UNSPEC)},
#endif
#ifdef PF_UNIX
    {"PF_UNIX", static_cast<std::int64_t>(PF_UNIX)},
#endif
#ifdef PF_INET
    {"PF_INET", static_cast<std::int64_t>(PF_INET)},
#endif
#ifdef PF_INET6
    {"PF_INET6", static_cast<std::int64_t>(PF_INET6)},
#endif
#ifdef PF_NETLINK
    {"PF_NETLINK", static_cast<std::int64_t>(PF_NETLINK)},
#endif
#ifdef PF_PACKET
    {"PF_PACKET", static_cast<std::int64_t>(PF_PACKET)},
#endif
#ifdef SOCK_STREAM
    {"SOCK_STREAM", static_cast<std::int64_t>(SOCK_STREAM)},
#endif
#ifdef SOCK_DGRAM
    {"SOCK_DGRAM", static_cast<std::int64_t>(SOCK_DGRAM)},
#endif
#ifdef SOCK_RAW
    {"SOCK_RAW", static_cast<std::int64_t>(SOCK_RAW)},
#endif
#ifdef SOCK_SEQPACKET
    {"SOCK_SEQPACKET", static_cast<std::int64_t>(SOCK_SEQPACKET)},
#endif
#ifdef SOCK_PACKET
    {"SOCK_PACKET", static_cast<std::int64_t>(SOCK_PACKET)},
#endif
#ifdef SOCK_NONBLOCK
    {"SOCK_NONBLOCK", static_cast<std::int64_t>(SOCK_NONBLOCK)},
#endif
#ifdef SOCK_CLOEXEC
    {"SOCK_CLOEXEC", static_cast<std::int64_t>(SOCK_CLOEXEC)},
#endif
#ifdef IPPROTO_IP
    {"IPPROTO_IP", static_cast<std::int64_t>(IPPROTO_IP)},
#endif
#ifdef IPPROTO_ICMP
    {"IPPROTO_ICMP", static_cast<std::int64_t>(IPPROTO_ICMP)},
#endif
#ifdef IPPROTO_TCP
    {"IPPROTO_TCP", static_cast<std::int64_t>(IPPROTO_TCP)},
#endif
#ifdef IPPROTO_UDP
    {"IPPROTO_UDP", static_cast<std::int64_t>(IPPROTO_UDP)},
#endif
#ifdef IPPROTO_IPV6
    {"IPPROTO_IPV6", static_cast<std::int64_t>(IPPROTO_IPV6)},
#endif
#ifdef IPPROTO_ICMPV6
    {"IPPROTO_ICMPV6", static_cast<std::int64_t>(IPPROTO_ICMPV6)},
#endif
#ifdef IPPROTO_RAW
    {"IPPROTO_RAW", static_cast<std::int64_t>(IPPROTO_RAW)},
#endif
#ifdef IPPROTO_SCTP
    {"IPPROTO_SCTP", static_cast<std::int64_t>(IPPROTO_SCTP)},
#endif
#ifdef IPPROTO_GRE
    {"IPPROTO_GRE", static_cast<std::int64_t>(IPPROTO_GRE)},
#endif
#ifdef IPPROTO_ESP
    {"IPPROTO_ESP", static_cast<std::int64_t>(IPPROTO_ESP)},
#endif
#ifdef MSG_OOB
    {"MSG_OOB", static_cast<std::int64_t>(MSG_OOB)},
#endif
#ifdef MSG_PEEK
    {"MSG_PEEK", static_cast<std::int64_t>(MSG_PEEK)},
#endif
#ifdef MSG_DONTROUTE
    {"MSG_DONTROUTE", static_cast<std::int64_t>(MSG_DONTROUTE)},
#endif
#ifdef MSG_CTRUNC
    {"MSG_CTRUNC", static_cast<std::int64_t>(MSG_CTRUNC)},
#endif
#ifdef MSG_TRUNC
    {"MSG_TRUNC", static_cast<std::int64_t>(MSG_TRUNC)},
#endif
#ifdef MSG_DONTWAIT
    {"MSG_DONTWAIT", static_cast<std::int64_t>(MSG_DONTWAIT)},
#endif
#ifdef MSG_EOR
    {"MSG_EOR", static_cast<std::int64_t>(MSG_EOR)},
#endif
#ifdef MSG_WAITALL
    {"MSG_WAITALL", static_cast<std::int64_t>(MSG_WAITALL)},
#endif
#ifdef MSG_NOSIGNAL
    {"MSG_NOSIGNAL", static_cast<std::int64_t>(MSG_NOSIGNAL)},
#endif
#ifdef MSG_MORE
    {"MSG_MORE", static_cast<std::int64_t>(MSG_MORE)},
#endif
#ifdef MSG_ERRQUEUE
    {"MSG_ERRQUEUE", static_cast<std::int64_t>(MSG_ERRQUEUE)},
#endif
#ifdef MSG_CMSG_CLOEXEC
    {"MSG_CMSG_CLOEXEC", static_cast<std::int64_t>(MSG_CMSG_CLOEXEC)},
#endif
#ifdef SOL_SOCKET
    {"SOL_SOCKET", static_cast<std::int64_t>(SOL_SOCKET)},
#endif
#ifdef SOL_TCP
    {"SOL_TCP", static_cast<std::int64_t>(SOL_TCP)},
#endif
#ifdef SOL_IP
    {"SOL_IP", static_cast<std::int64_t>(SOL_IP)},
#endif
#ifdef SOL_IPV6
    {"SOL_IPV6", static_cast<std::int64_t>(SOL_IPV6)},
#endif
#ifdef SO_REUSEADDR
    {"SO_REUSEADDR", static_cast<std::int64_t>(SO_REUSEADDR)},
#endif
#ifdef SO_KEEPALIVE
    {"SO_KEEPALIVE", static_cast<std::int64_t>(SO_KEEPALIVE)},
#endif
#ifdef SO_RCVBUF
    {"SO_RCVBUF", static_cast<std::int64_t>(SO_RCVBUF)},
#endif
#ifdef SO_SNDBUF
    {"SO_SNDBUF", static_cast<std::int64_t>(SO_SNDBUF)},
#endif
#ifdef SO_ERROR
    {"SO_ERROR", static_cast<std::int64_t>(SO_ERROR)},
#endif
#ifdef SHUT_RD
    {"SHUT_RD", static_cast<std::int64_t>(SHUT_RD)},
#endif
#ifdef SHUT_WR
    {"SHUT_WR", static_cast<std::int64_t>(SHUT_WR)},
#endif
#ifdef SHUT_RDWR
    {"SHUT_RDWR", static_cast<std::int64_t>(SHUT_RDWR)},
#endif
#ifdef O_RDONLY
    {"O_RDONLY", static_cast<std::int64_t>(O_RDONLY)},
#endif
#ifdef O_WRONLY
    {"O_WRONLY", static_cast<std::int64_t>(O_WRONLY)},
#endif
#ifdef O_RDWR
    {"O_RDWR", static_cast<std::int64_t>(O_RDWR)},
#endif
#ifdef O_ACCMODE
    {"O_ACCMODE", static_cast<std::int64_t>(O_ACCMODE)},
#endif
#ifdef O_CREAT
    {"O_CREAT", static_cast<std::int64_t>(O_CREAT)},
#endif
#ifdef O_EXCL
    {"O_EXCL", static_cast<std::int64_t>(O_EXCL)},
#endif
#ifdef O_NOCTTY
    {"O_NOCTTY", static_cast<std::int64_t>(O_NOCTTY)},
#endif
#ifdef O_TRUNC
    {"O_TRUNC", static_cast<std::int64_t>(O_TRUNC)},
#endif
#ifdef O_APPEND
    {"O_APPEND", static_cast<std::int64_t>(O_APPEND)},
#endif
#ifdef O_NONBLOCK
    {"O_NONBLOCK", static_cast<std::int64_t>(O_NONBLOCK)},
#endif
#ifdef O_DSYNC
    {"O_DSYNC", static_cast<std::int64_t>(O_DSYNC)},
#endif
#ifdef O_SYNC
    {"O_SYNC", static_cast<std::int64_t>(O_SYNC)},
#endif
#ifdef O_DIRECT
    {"O_DIRECT", static_cast<std::int64_t>(O_DIRECT)},
#endif
#ifdef O_LARGEFILE
    {"O_LARGEFILE", static_cast<std::int64_t>(O_LARGEFILE)},
#endif
#ifdef O_DIRECTORY
    {"O_DIRECTORY", static_cast<std::int64_t>(O_DIRECTORY)},
#endif
#ifdef O_NOFOLLOW
    {"O_NOFOLLOW", static_cast<std::int64_t>(O_NOFOLLOW)},
#endif
#ifdef O_NOATIME
    {"O_NOATIME", static_cast<std::int64_t>(O_NOATIME)},
#endif
#ifdef O_CLOEXEC
    {"O_CLOEXEC", static_cast<std::int64_t>(O_CLOEXEC)},
#endif
#ifdef O_PATH
    {"O_PATH", static_cast<std::int64_t>(O_PATH)},
#endif
#ifdef O_TMPFILE
    {"O_TMPFILE", static_cast<std::int64_t>(O_TMPFILE)},
#endif
#ifdef AT_FDCWD
    {"AT_FDCWD", static_cast<std::int64_t>(AT_FDCWD)},
#endif
#ifdef AT_SYMLINK_NOFOLLOW
    {"AT_SYMLINK_NOFOLLOW", static_cast<std::int64_t>(AT_SYMLINK_NOFOLLOW)},
#endif
#ifdef AT_REMOVEDIR
    {"AT_REMOVEDIR", static_cast<std::int64_t>(AT_REMOVEDIR)},
#endif
#ifdef AT_EMPTY_PATH
    {"AT_EMPTY_PATH", static_cast<std::int64_t>(AT_EMPTY_PATH)},
#endif
#ifdef F_OK
    {"F_OK", static_cast<std::int64_t>(F_OK)},
#endif
#ifdef R_OK
    {"R_OK", static_cast<std::int64_t>(R_OK)},
#endif
#ifdef W_OK
    {"W_OK", static_cast<std::int64_t>(W_OK)},
#endif
#ifdef X_OK
    {"X_OK", static_cast<std::int64_t>(X_OK)},
#endif
#ifdef F_DUPFD
    {"F_DUPFD", static_cast<std::int64_t>(F_DUPFD)},
#endif
#ifdef F_GETFD
    {"F_GETFD", static_cast<std::int64_t>(F_GETFD)},
#endif
#ifdef F_SETFD
    {"F_SETFD", static_cast<std::int64_t>(F_SETFD)},
#endif
#ifdef F_GETFL
    {"F_GETFL", static_cast<std::int64_t>(F_GETFL)},
#endif
#ifdef F_SETFL
    {"F_SETFL", static_cast<std::int64_t>(F_SETFL)},
#endif
#ifdef F_GETLK
    {"F_GETLK", static_cast<std::int64_t>(F_GETLK)},
#endif
#ifdef F_SETLK
    {"F_SETLK", static_cast<std::int64_t>(F_SETLK)},
#endif
#ifdef FD_CLOEXEC
    {"FD_CLOEXEC", static_cast<std::int64_t>(FD_CLOEXEC)},
#endif
#ifdef LOCK_SH
    {"LOCK_SH", static_cast<std::int64_t>(LOCK_SH)},
#endif
#ifdef LOCK_EX
    {"LOCK_EX", static_cast<std::int64_t>(LOCK_EX)},
#endif
#ifdef LOCK_UN
    {"LOCK_UN", static_cast<std::int64_t>(LOCK_UN)},
#endif
#ifdef LOCK_NB
    {"LOCK_NB", static_cast<std::int64_t>(LOCK_NB)},
#endif
#ifdef SEEK_SET
    {"SEEK_SET", static_cast<std::int64_t>(SEEK_SET)},
#endif
#ifdef SEEK_CUR
    {"SEEK_CUR", static_cast<std::int64_t>(SEEK_CUR)},
#endif
#ifdef SEEK_END
    {"SEEK_END", static_cast<std::int64_t>(SEEK_END)},
#endif
#ifdef S_IFMT
    {"S_IFMT", static_cast<std::int64_t>(S_IFMT)},
#endif
#ifdef S_IFSOCK
    {"S_IFSOCK", static_cast<std::int64_t>(S_IFSOCK)},
#endif
#ifdef S_IFLNK
    {"S_IFLNK", static_cast<std::int64_t>(S_IFLNK)},
#endif
#ifdef S_IFREG
    {"S_IFREG", static_cast<std::int64_t>(S_IFREG)},
#endif
#ifdef S_IFBLK
    {"S_IFBLK", static_cast<std::int64_t>(S_IFBLK)},
#endif
#ifdef S_IFDIR
    {"S_IFDIR", static_cast<std::int64_t>(S_IFDIR)},
#endif
#ifdef S_IFCHR
    {"S_IFCHR", static_cast<std::int64_t>(S_IFCHR)},
#endif
#ifdef S_IFIFO
    {"S_IFIFO", static_cast<std::int64_t>(S_IFIFO)},
#endif
#ifdef S_ISUID
    {"S_ISUID", static_cast<std::int64_t>(S_ISUID)},
#endif
#ifdef S_ISGID
    {"S_ISGID", static_cast<std::int64_t>(S_ISGID)},
#endif
#ifdef S_ISVTX
    {"S_ISVTX", static_cast<std::int64_t>(S_ISVTX)},
#endif
#ifdef S_IRWXU
    {"S_IRWXU", static_cast<std::int64_t>(S_IRWXU)},
#endif
#ifdef S_IRUSR
    {"S_IRUSR", static_cast<std::int64_t>(S_IRUSR)},
#endif
#ifdef S_IWUSR
    {"S_IWUSR", static_cast<std::int64_t>(S_IWUSR)},
#endif
#ifdef S_IXUSR
    {"S_IXUSR", static_cast<std::int64_t>(S_IXUSR)},
#endif
#ifdef S_IRWXG
    {"S_IRWXG", static_cast<std::int64_t>(S_IRWXG)},
#endif
#ifdef S_IRGRP
    {"S_IRGRP", static_cast<std::int64_t>(S_IRGRP)},
#endif
#ifdef S_IWGRP
    {"S_IWGRP", static_cast<std::int64_t>(S_IWGRP)},
#endif
#ifdef S_IXGRP
    {"S_IXGRP", static_cast<std::int64_t>(S_IXGRP)},
#endif
#ifdef S_IRWXO
    {"S_IRWXO", static_cast<std::int64_t>(S_IRWXO)},
#endif
#ifdef S_IROTH
    {"S_IROTH", static_cast<std::int64_t>(S_IROTH)},
#endif
#ifdef S_IWOTH
    {"S_IWOTH", static_cast<std::int64_t>(S_IWOTH)},
#endif
#ifdef S_IXOTH
    {"S_IXOTH", static_cast<std::int64_t>(S_IXOTH)},
#endif
#ifdef DT_UNKNOWN
    {"DT_UNKNOWN", static_cast<std::int64_t>(DT_UNKNOWN)},
#endif
#ifdef DT_FIFO
    {"DT_FIFO", static_cast<std::int64_t>(DT_FIFO)},
#endif
#ifdef DT_CHR
    {"DT_CHR", static_cast<std::int64_t>(DT_CHR)},
#endif
#ifdef DT_DIR
    {"DT_DIR", static_cast<std::int64_t>(DT_DIR)},
#endif
#ifdef DT_BLK
    {"DT_BLK", static_cast<std::int64_t>(DT_BLK)},
#endif
#ifdef DT_REG
    {"DT_REG", static_cast<std::int64_t>(DT_REG)},
#endif
#ifdef DT_LNK
    {"DT_LNK", static_cast<std::int64_t>(DT_LNK)},
#endif
#ifdef DT_SOCK
    {"DT_SOCK", static_cast<std::int64_t>(DT_SOCK)},
#endif
#ifdef DT_WHT
    {"DT_WHT", static_cast<std::int64_t>(DT_WHT)},
#endif
#ifdef PROT_READ
    {"PROT_READ", static_cast<std::int64_t>(PROT_READ)},
#endif
#ifdef PROT_WRITE
    {"PROT_WRITE", static_cast<std::int64_t>(PROT_WRITE)},
#endif
#ifdef PROT_EXEC
    {"PROT_EXEC", static_cast<std::int64_t>(PROT_EXEC)},
#endif
#ifdef PROT_NONE
    {"PROT_NONE", static_cast<std::int64_t>(PROT_NONE)},
#endif
#ifdef MAP_SHARED
    {"MAP_SHARED", static_cast<std::int64_t>(MAP_SHARED)},
#endif
#ifdef MAP_PRIVATE
    {"MAP_PRIVATE", static_cast<std::int64_t>(MAP_PRIVATE)},
#endif
#ifdef MAP_FIXED
    {"MAP_FIXED", static_cast<std::int64_t>(MAP_FIXED)},
#endif
#ifdef MAP_ANONYMOUS
    {"MAP_ANONYMOUS", static_cast<std::int64_t>(MAP_ANONYMOUS)},
#endif
#ifdef MAP_LOCKED
    {"MAP_LOCKED", static_cast<std::int64_t>(MAP_LOCKED)},
#endif
#ifdef MAP_POPULATE
    {"MAP_POPULATE", static_cast<std::int64_t>(MAP_POPULATE)},
#endif
#ifdef MAP_HUGETLB
    {"MAP_HUGETLB", static_cast<std::int64_t>(MAP_HUGETLB)},
#endif
#ifdef MAP_STACK
    {"MAP_STACK", static_cast<std::int64_t>(MAP_STACK)},
#endif
#ifdef MADV_NORMAL
    {"MADV_NORMAL", static_cast<std::int64_t>(MADV_NORMAL)},
#endif
#ifdef MADV_RANDOM
    {"MADV_RANDOM", static_cast<std::int64_t>(MADV_RANDOM)},
#endif
#ifdef MADV_SEQUENTIAL
    {"MADV_SEQUENTIAL", static_cast<std::int64_t>(MADV_SEQUENTIAL)},
#endif
#ifdef MADV_WILLNEED
    {"MADV_WILLNEED", static_cast<std::int64_t>(MADV_WILLNEED)},
#endif
#ifdef MADV_DONTNEED
    {"MADV_DONTNEED", static_cast<std::int64_t>(MADV_DONTNEED)},
#endif
#ifdef MADV_FREE
    {"MADV_FREE", static_cast<std::int64_t>(MADV_FREE)},
#endif
#ifdef MADV_HUGEPAGE
    {"MADV_HUGEPAGE", static_cast<std::int64_t>(MADV_HUGEPAGE)},
#endif
#ifdef CLONE_VM
    {"CLONE_VM", static_cast<std::int64_t>(CLONE_VM)},
#endif
#ifdef CLONE_FS
    {"CLONE_FS", static_cast<std::int64_t>(CLONE_FS)},
#endif
#ifdef CLONE_FILES
    {"CLONE_FILES", static_cast<std::int64_t>(CLONE_FILES)},
#endif
#ifdef CLONE_SIGHAND
    {"CLONE_SIGHAND", static_cast<std::int64_t>(CLONE_SIGHAND)},
#endif
#ifdef CLONE_PIDFD
    {"CLONE_PIDFD", static_cast<std::int64_t>(CLONE_PIDFD)},
#endif
#ifdef CLONE_PTRACE
    {"CLONE_PTRACE", static_cast<std::int64_t>(CLONE_PTRACE)},
#endif
#ifdef CLONE_VFORK
    {"CLONE_VFORK", static_cast<std::int64_t>(CLONE_VFORK)},
#endif
#ifdef CLONE_PARENT
    {"CLONE_PARENT", static_cast<std::int64_t>(CLONE_PARENT)},
#endif
#ifdef CLONE_THREAD
    {"CLONE_THREAD", static_cast<std::int64_t>(CLONE_THREAD)},
#endif
#ifdef CLONE_NEWNS
    {"CLONE_NEWNS", static_cast<std::int64_t>(CLONE_NEWNS)},
#endif
#ifdef CLONE_SYSVSEM
    {"CLONE_SYSVSEM", static_cast<std::int64_t>(CLONE_SYSVSEM)},
#endif
#ifdef CLONE_SETTLS
    {"CLONE_SETTLS", static_cast<std::int64_t>(CLONE_SETTLS)},
#endif
#ifdef CLONE_PARENT_SETTID
    {"CLONE_PARENT_SETTID", static_cast<std::int64_t>(CLONE_PARENT_SETTID)},
#endif
#ifdef CLONE_CHILD_CLEARTID
    {"CLONE_CHILD_CLEARTID", static_cast<std::int64_t>(CLONE_CHILD_CLEARTID)},
#endif
#ifdef CLONE_DETACHED
    {"CLONE_DETACHED", static_cast<std::int64_t>(CLONE_DETACHED)},
#endif
#ifdef CLONE_UNTRACED
    {"CLONE_UNTRACED", static_cast<std::int64_t>(CLONE_UNTRACED)},
#endif
#ifdef CLONE_CHILD_SETTID
    {"CLONE_CHILD_SETTID", static_cast<std::int64_t>(CLONE_CHILD_SETTID)},
#endif
#ifdef CLONE_NEWCGROUP
    {"CLONE_NEWCGROUP", static_cast<std::int64_t>(CLONE_NEWCGROUP)},
#endif
#ifdef CLONE_NEWUTS
    {"CLONE_NEWUTS", static_cast<std::int64_t>(CLONE_NEWUTS)},
#endif
#ifdef CLONE_NEWIPC
    {"CLONE_NEWIPC", static_cast<std::int64_t>(CLONE_NEWIPC)},
#endif
#ifdef CLONE_NEWUSER
    {"CLONE_NEWUSER", static_cast<std::int64_t>(CLONE_NEWUSER)},
#endif
#ifdef CLONE_NEWPID
    {"CLONE_NEWPID", static_cast<std::int64_t>(CLONE_NEWPID)},
#endif
#ifdef CLONE_NEWNET
    {"CLONE_NEWNET", static_cast<std::int64_t>(CLONE_NEWNET)},
#endif
#ifdef CLONE_IO
    {"CLONE_IO", static_cast<std::int64_t>(CLONE_IO)},
#endif
#ifdef SIGHUP
    {"SIGHUP", static_cast<std::int64_t>(SIGHUP)},
#endif
#ifdef SIGINT
    {"SIGINT", static_cast<std::int64_t>(SIGINT)},
#endif
#ifdef SIGQUIT
    {"SIGQUIT", static_cast<std::int64_t>(SIGQUIT)},
#endif
#ifdef SIGILL
    {"SIGILL", static_cast<std::int64_t>(SIGILL)},
#endif
#ifdef SIGTRAP
    {"SIGTRAP", static_cast<std::int64_t>(SIGTRAP)},
#endif
#ifdef SIGABRT
    {"SIGABRT", static_cast<std::int64_t>(SIGABRT)},
#endif
#ifdef SIGBUS
    {"SIGBUS", static_cast<std::int64_t>(SIGBUS)},
#endif
#ifdef SIGFPE
    {"SIGFPE", static_cast<std::int64_t>(SIGFPE)},
#endif
#ifdef SIGKILL
    {"SIGKILL", static_cast<std::int64_t>(SIGKILL)},
#endif
#ifdef SIGUSR1
    {"SIGUSR1", static_cast<std::int64_t>(SIGUSR1)},
#endif
#ifdef SIGSEGV
    {"SIGSEGV", static_cast<std::int64_t>(SIGSEGV)},
#endif
#ifdef SIGUSR2
    {"SIGUSR2", static_cast<std::int64_t>(SIGUSR2)},
#endif
#ifdef SIGPIPE
    {"SIGPIPE", static_cast<std::int64_t>(SIGPIPE)},
#endif
#ifdef SIGALRM
    {"SIGALRM", static_cast<std::int64_t>(SIGALRM)},
#endif
#ifdef SIGTERM
    {"SIGTERM", static_cast<std::int64_t>(SIGTERM)},
#endif
#ifdef SIGSTKFLT
    {"SIGSTKFLT", static_cast<std::int64_t>(SIGSTKFLT)},
#endif
#ifdef SIGCHLD
    {"SIGCHLD", static_cast<std::int64_t>(SIGCHLD)},
#endif
#ifdef SIGCONT
    {"SIGCONT", static_cast<std::int64_t>(SIGCONT)},
#endif
#ifdef SIGSTOP
    {"SIGSTOP", static_cast<std::int64_t>(SIGSTOP)},
#endif
#ifdef SIGTSTP
    {"SIGTSTP", static_cast<std::int64_t>(SIGTSTP)},
#endif
#ifdef SIGTTIN
    {"SIGTTIN", static_cast<std::int64_t>(SIGTTIN)},
#endif
#ifdef SIGTTOU
    {"SIGTTOU", static_cast<std::int64_t>(SIGTTOU)},
#endif
#ifdef SIGURG
    {"SIGURG", static_cast<std::int64_t>(SIGURG)},
#endif
#ifdef SIGXCPU
    {"SIGXCPU", static_cast<std::int64_t>(SIGXCPU)},
#endif
#ifdef SIGXFSZ
    {"SIGXFSZ", static_cast<std::int64_t>(SIGXFSZ)},
#endif
#ifdef SIGVTALRM
    {"SIGVTALRM", static_cast<std::int64_t>(SIGVTALRM)},
#endif
#ifdef SIGPROF
    {"SIGPROF", static_cast<std::int64_t>(SIGPROF)},
#endif
#ifdef SIGWINCH
    {"SIGWINCH", static_cast<std::int64_t>(SIGWINCH)},
#endif
#ifdef SIGIO
    {"SIGIO", static_cast<std::int64_t>(SIGIO)},
#endif
#ifdef SIGPWR
    {"SIGPWR", static_cast<std::int64_t>(SIGPWR)},
#endif
#ifdef SIGSYS
    {"SIGSYS", static_cast<std::int64_t>(SIGSYS)},
#endif
#ifdef POLLIN
    {"POLLIN", static_cast<std::int64_t>(POLLIN)},
#endif
#ifdef POLLOUT
    {"POLLOUT", static_cast<std::int64_t>(POLLOUT)},
#endif
#ifdef POLLERR
    {"POLLERR", static_cast<std::int64_t>(POLLERR)},
#endif
#ifdef POLLHUP
    {"POLLHUP", static_cast<std::int64_t>(POLLHUP)},
#endif
#ifdef POLLNVAL
    {"POLLNVAL", static_cast<std::int64_t>(POLLNVAL)},
#endif
#ifdef EPOLLIN
    {"EPOLLIN", static_cast<std::int64_t>(EPOLLIN)},
#endif
#ifdef EPOLLOUT
    {"EPOLLOUT", static_cast<std::int64_t>(EPOLLOUT)},
#endif
#ifdef EPOLLERR
    {"EPOLLERR", static_cast<std::int64_t>(EPOLLERR)},
#endif
#ifdef EPOLLHUP
    {"EPOLLHUP", static_cast<std::int64_t>(EPOLLHUP)},
#endif
#ifdef EPOLL_CTL_ADD
    {"EPOLL_CTL_ADD", static_cast<std::int64_t>(EPOLL_CTL_ADD)},
#endif
#ifdef EPOLL_CTL_DEL
    {"EPOLL_CTL_DEL", static_cast<std::int64_t>(EPOLL_CTL_DEL)},
#endif
#ifdef EPOLL_CTL_MOD
    {"EPOLL_CTL_MOD", static_cast<std::int64_t>(EPOLL_CTL_MOD)},
#endif
#ifdef RLIMIT_NOFILE
    {"RLIMIT_NOFILE", static_cast<std::int64_t>(RLIMIT_NOFILE)},
#endif
#ifdef RLIMIT_STACK
    {"RLIMIT_STACK", static_cast<std::int64_t>(RLIMIT_STACK)},
#endif
#ifdef RLIMIT_CORE
    {"RLIMIT_CORE", static_cast<std::int64_t>(RLIMIT_CORE)},
#endif
#ifdef RLIMIT_AS
    {"RLIMIT_AS", static_cast<std::int64_t>(RLIMIT_AS)},
#endif
#ifdef PRIO_PROCESS
    {"PRIO_PROCESS", static_cast<std::int64_t>(PRIO_PROCESS)},
#endif
#ifdef SCHED_OTHER
    {"SCHED_OTHER", static_cast<std::int64_t>(SCHED_OTHER)},
#endif
#ifdef SCHED_FIFO
    {"SCHED_FIFO", static_cast<std::int64_t>(SCHED_FIFO)},
#endif
#ifdef SCHED_RR
    {"SCHED_RR", static_cast<std::int64_t>(SCHED_RR)},
#endif
#ifdef SCHED_BATCH
    {"SCHED_BATCH", static_cast<std::int64_t>(SCHED_BATCH)},
#endif
#ifdef SCHED_IDLE
    {"SCHED_IDLE", static_cast<std::int64_t>(SCHED_IDLE)},
#endif
#ifdef SCHED_DEADLINE
    {"SCHED_DEADLINE", static_cast<std::int64_t>(SCHED_DEADLINE)},
#endif
#ifdef NSIG
    {"NSIG", static_cast<std::int64_t>(NSIG)},
#endif
#ifdef PATH_MAX
    {"PATH_MAX", static_cast<std::int64_t>(PATH_MAX)},
#endif
#ifdef NAME_MAX
    {"NAME_MAX", static_cast<std::int64_t>(NAME_MAX)},
#endif
#ifdef INT_MAX
    {"INT_MAX", static_cast<std::int64_t>(INT_MAX)},
#endif
#ifdef INT_MIN
    {"INT_MIN", static_cast<std::int64_t>(INT_MIN)},
#endif
#ifdef UINT_MAX
    {"UINT_MAX", static_cast<std::int64_t>(UINT_MAX)},
#endif
#ifdef LONG_MAX
    {"LONG_MAX", static_cast<std::int64_t>(LONG_MAX)},
#endif
#ifdef E2BIG
    {"E2BIG", static_cast<std::int64_t>(E2BIG)},
#endif
#ifdef EACCES
    {"EACCES", static_cast<std::int64_t>(EACCES)},
#endif
#ifdef EADDRINUSE
    {"EADDRINUSE", static_cast<std::int64_t>(EADDRINUSE)},
#endif
#ifdef EADDRNOTAVAIL
    {"EADDRNOTAVAIL", static_cast<std::int64_t>(EADDRNOTAVAIL)},
#endif
#ifdef EADV
    {"EADV", static_cast<std::int64_t>(EADV)},
#endif
#ifdef EAFNOSUPPORT
    {"EAFNOSUPPORT", static_cast<std::int64_t>(EAFNOSUPPORT)},
#endif
#ifdef EAGAIN
    {"EAGAIN", static_cast<std::int64_t>(EAGAIN)},
#endif
#ifdef EALREADY
    {"EALREADY", static_cast<std::int64_t>(EALREADY)},
#endif
#ifdef EBADE
    {"EBADE", static_cast<std::int64_t>(EBADE)},
#endif
#ifdef EBADF
    {"EBADF", static_cast<std::int64_t>(EBADF)},
#endif
#ifdef EBADFD
    {"EBADFD", static_cast<std::int64_t>(EBADFD)},
#endif
#ifdef EBADMSG
    {"EBADMSG", static_cast<std::int64_t>(EBADMSG)},
#endif
#ifdef EBADR
    {"EBADR", static_cast<std::int64_t>(EBADR)},
#endif
#ifdef EBADRQC
    {"EBADRQC", static_cast<std::int64_t>(EBADRQC)},
#endif
#ifdef EBADSLT
    {"EBADSLT", static_cast<std::int64_t>(EBADSLT)},
#endif
#ifdef EBFONT
    {"EBFONT", static_cast<std::int64_t>(EBFONT)},
#endif
#ifdef EBUSY
    {"EBUSY", static_cast<std::int64_t>(EBUSY)},
#endif
#ifdef ECANCELED
    {"ECANCELED", static_cast<std::int64_t>(ECANCELED)},
#endif
#ifdef ECHILD
    {"ECHILD", static_cast<std::int64_t>(ECHILD)},
#endif
#ifdef ECHRNG
    {"ECHRNG", static_cast<std::int64_t>(ECHRNG)},
#endif
#ifdef ECOMM
    {"ECOMM", static_cast<std::int64_t>(ECOMM)},
#endif
#ifdef ECONNABORTED
    {"ECONNABORTED", static_cast<std::int64_t>(ECONNABORTED)},
#endif
#ifdef ECONNREFUSED
    {"ECONNREFUSED", static_cast<std::int64_t>(ECONNREFUSED)},
#endif
#ifdef ECONNRESET
    {"ECONNRESET", static_cast<std::int64_t>(ECONNRESET)},
#endif
#ifdef EDEADLK
    {"EDEADLK", static_cast<std::int64_t>(EDEADLK)},
#endif
#ifdef EDESTADDRREQ
    {"EDESTADDRREQ", static_cast<std::int64_t>(EDESTADDRREQ)},
#endif
#ifdef EDOM
    {"EDOM", static_cast<std::int64_t>(EDOM)},
#endif
#ifdef EDOTDOT
    {"EDOTDOT", static_cast<std::int64_t>(EDOTDOT)},
#endif
#ifdef EDQUOT
    {"EDQUOT", static_cast<std::int64_t>(EDQUOT)},
#endif
#ifdef EEXIST
    {"EEXIST", static_cast<std::int64_t>(EEXIST)},
#endif
#ifdef EFAULT
    {"EFAULT", static_cast<std::int64_t>(EFAULT)},
#endif
#ifdef EFBIG
    {"EFBIG", static_cast<std::int64_t>(EFBIG)},
#endif
#ifdef EHOSTDOWN
    {"EHOSTDOWN", static_cast<std::int64_t>(EHOSTDOWN)},
#endif
#ifdef EHOSTUNREACH
    {"EHOSTUNREACH", static_cast<std::int64_t>(EHOSTUNREACH)},
#endif
#ifdef EHWPOISON
    {"EHWPOISON", static_cast<std::int64_t>(EHWPOISON)},
#endif
#ifdef EIDRM
    {"EIDRM", static_cast<std::int64_t>(EIDRM)},
#endif
#ifdef EILSEQ
    {"EILSEQ", static_cast<std::int64_t>(EILSEQ)},
#endif
#ifdef EINPROGRESS
    {"EINPROGRESS", static_cast<std::int64_t>(EINPROGRESS)},
#endif
#ifdef EINTR
    {"EINTR", static_cast<std::int64_t>(EINTR)},
#endif
#ifdef EINVAL
    {"EINVAL", static_cast<std::int64_t>(EINVAL)},
#endif
#ifdef EIO
    {"EIO", static_cast<std::int64_t>(EIO)},
#endif
#ifdef EISCONN
    {"EISCONN", static_cast<std::int64_t>(EISCONN)},
#endif
#ifdef EISDIR
    {"EISDIR", static_cast<std::int64_t>(EISDIR)},
#endif
#ifdef EISNAM
    {"EISNAM", static_cast<std::int64_t>(EISNAM)},
#endif
#ifdef EKEYEXPIRED
    {"EKEYEXPIRED", static_cast<std::int64_t>(EKEYEXPIRED)},
#endif
#ifdef EKEYREJECTED
    {"EKEYREJECTED", static_cast<std::int64_t>(EKEYREJECTED)},
#endif
#ifdef EKEYREVOKED
    {"EKEYREVOKED", static_cast<std::int64_t>(EKEYREVOKED)},
#endif
#ifdef EL2HLT
    {"EL2HLT", static_cast<std::int64_t>(EL2HLT)},
#endif
#ifdef EL2NSYNC
    {"EL2NSYNC", static_cast<std::int64_t>(EL2NSYNC)},
#endif
#ifdef EL3HLT
    {"EL3HLT", static_cast<std::int64_t>(EL3HLT)},
#endif
#ifdef EL3RST
    {"EL3RST", static_cast<std::int64_t>(EL3RST)},
#endif
#ifdef ELIBACC
    {"ELIBACC", static_cast<std::int64_t>(ELIBACC)},
#endif
#ifdef ELIBBAD
    {"ELIBBAD", static_cast<std::int64_t>(ELIBBAD)},
#endif
#ifdef ELIBEXEC
    {"ELIBEXEC", static_cast<std::int64_t>(ELIBEXEC)},
#endif
#ifdef ELIBMAX
    {"ELIBMAX", static_cast<std::int64_t>(ELIBMAX)},
#endif
#ifdef ELIBSCN
    {"ELIBSCN", static_cast<std::int64_t>(ELIBSCN)},
#endif
#ifdef ELNRNG
    {"ELNRNG", static_cast<std::int64_t>(ELNRNG)},
#endif
#ifdef ELOOP
    {"ELOOP", static_cast<std::int64_t>(ELOOP)},
#endif
#ifdef EMEDIUMTYPE
    {"EMEDIUMTYPE", static_cast<std::int64_t>(EMEDIUMTYPE)},
#endif
#ifdef EMFILE
    {"EMFILE", static_cast<std::int64_t>(EMFILE)},
#endif
#ifdef EMLINK
    {"EMLINK", static_cast<std::int64_t>(EMLINK)},
#endif
#ifdef EMSGSIZE
    {"EMSGSIZE", static_cast<std::int64_t>(EMSGSIZE)},
#endif
#ifdef EMULTIHOP
    {"EMULTIHOP", static_cast<std::int64_t>(EMULTIHOP)},
#endif
#ifdef ENAMETOOLONG
    {"ENAMETOOLONG", static_cast<std::int64_t>(ENAMETOOLONG)},
#endif
#ifdef ENAVAIL
    {"ENAVAIL", static_cast<std::int64_t>(ENAVAIL)},
#endif
#ifdef ENETDOWN
    {"ENETDOWN", static_cast<std::int64_t>(ENETDOWN)},
#endif
#ifdef ENETRESET
    {"ENETRESET", static_cast<std::int64_t>(ENETRESET)},
#endif
#ifdef ENETUNREACH
    {"ENETUNREACH", static_cast<std::int64_t>(ENETUNREACH)},
#endif
#ifdef ENFILE
    {"ENFILE", static_cast<std::int64_t>(ENFILE)},
#endif
#ifdef ENOANO
    {"ENOANO", static_cast<std::int64_t>(ENOANO)},
#endif
#ifdef ENOBUFS
    {"ENOBUFS", static_cast<std::int64_t>(ENOBUFS)},
#endif
#ifdef ENOCSI
    {"ENOCSI", static_cast<std::int64_t>(ENOCSI)},
#endif
#ifdef ENODATA
    {"ENODATA", static_cast<std::int64_t>(ENODATA)},
#endif
#ifdef ENODEV
    {"ENODEV", static_cast<std::int64_t>(ENODEV)},
#endif
#ifdef ENOENT
    {"ENOENT", static_cast<std::int64_t>(ENOENT)},
#endif
#ifdef ENOEXEC
    {"ENOEXEC", static_cast<std::int64_t>(ENOEXEC)},
#endif
#ifdef ENOKEY
    {"ENOKEY", static_cast<std::int64_t>(ENOKEY)},
#endif
#ifdef ENOLCK
    {"ENOLCK", static_cast<std::int64_t>(ENOLCK)},
#endif
#ifdef ENOLINK
    {"ENOLINK", static_cast<std::int64_t>(ENOLINK)},
#endif
#ifdef ENOMEDIUM
    {"ENOMEDIUM", static_cast<std::int64_t>(ENOMEDIUM)},
#endif
#ifdef ENOMEM
    {"ENOMEM", static_cast<std::int64_t>(ENOMEM)},
#endif
#ifdef ENOMSG
    {"ENOMSG", static_cast<std::int64_t>(ENOMSG)},
#endif
#ifdef ENONET
    {"ENONET", static_cast<std::int64_t>(ENONET)},
#endif
#ifdef ENOPKG
    {"ENOPKG", static_cast<std::int64_t>(ENOPKG)},
#endif
#ifdef ENOPROTOOPT
    {"ENOPROTOOPT", static_cast<std::int64_t>(ENOPROTOOPT)},
#endif
#ifdef ENOSPC
    {"ENOSPC", static_cast<std::int64_t>(ENOSPC)},
#endif
#ifdef ENOSR
    {"ENOSR", static_cast<std::int64_t>(ENOSR)},
#endif
#ifdef ENOSTR
    {"ENOSTR", static_cast<std::int64_t>(ENOSTR)},
#endif
#ifdef ENOSYS
    {"ENOSYS", static_cast<std::int64_t>(ENOSYS)},
#endif
#ifdef ENOTBLK
    {"ENOTBLK", static_cast<std::int64_t>(ENOTBLK)},
#endif
#ifdef ENOTCONN
    {"ENOTCONN", static_cast<std::int64_t>(ENOTCONN)},
#endif
#ifdef ENOTDIR
    {"ENOTDIR", static_cast<std::int64_t>(ENOTDIR)},
#endif
#ifdef ENOTEMPTY
    {"ENOTEMPTY", static_cast<std::int64_t>(ENOTEMPTY)},
#endif
#ifdef ENOTNAM
    {"ENOTNAM", static_cast<std::int64_t>(ENOTNAM)},
#endif
#ifdef ENOTRECOVERABLE
    {"ENOTRECOVERABLE", static_cast<std::int64_t>(ENOTRECOVERABLE)},
#endif
#ifdef ENOTSOCK
    {"ENOTSOCK", static_cast<std::int64_t>(ENOTSOCK)},
#endif
#ifdef ENOTTY
    {"ENOTTY", static_cast<std::int64_t>(ENOTTY)},
#endif
#ifdef ENOTUNIQ
    {"ENOTUNIQ", static_cast<std::int64_t>(ENOTUNIQ)},
#endif
#ifdef ENXIO
    {"ENXIO", static_cast<std::int64_t>(ENXIO)},
#endif
#ifdef EOPNOTSUPP
    {"EOPNOTSUPP", static_cast<std::int64_t>(EOPNOTSUPP)},
#endif
#ifdef EOVERFLOW
    {"EOVERFLOW", static_cast<std::int64_t>(EOVERFLOW)},
#endif
#ifdef EOWNERDEAD
    {"EOWNERDEAD", static_cast<std::int64_t>(EOWNERDEAD)},
#endif
#ifdef EPERM
    {"EPERM", static_cast<std::int64_t>(EPERM)},
#endif
#ifdef EPFNOSUPPORT
    {"EPFNOSUPPORT", static_cast<std::int64_t>(EPFNOSUPPORT)},
#endif
#ifdef EPIPE
    {"EPIPE", static_cast<std::int64_t>(EPIPE)},
#endif
#ifdef EPROTO
    {"EPROTO", static_cast<std::int64_t>(EPROTO)},
#endif
#ifdef EPROTONOSUPPORT
    {"EPROTONOSUPPORT", static_cast<std::int64_t>(EPROTONOSUPPORT)},
#endif
#ifdef EPROTOTYPE
    {"EPROTOTYPE", static_cast<std::int64_t>(EPROTOTYPE)},
#endif
#ifdef ERANGE
    {"ERANGE", static_cast<std::int64_t>(ERANGE)},
#endif
#ifdef EREMCHG
    {"EREMCHG", static_cast<std::int64_t>(EREMCHG)},
#endif
#ifdef EREMOTE
    {"EREMOTE", static_cast<std::int64_t>(EREMOTE)},
#endif
#ifdef EREMOTEIO
    {"EREMOTEIO", static_cast<std::int64_t>(EREMOTEIO)},
#endif
#ifdef ERESTART
    {"ERESTART", static_cast<std::int64_t>(ERESTART)},
#endif
#ifdef ERFKILL
    {"ERFKILL", static_cast<std::int64_t>(ERFKILL)},
#endif
#ifdef EROFS
    {"EROFS", static_cast<std::int64_t>(EROFS)},
#endif
#ifdef ESHUTDOWN
    {"ESHUTDOWN", static_cast<std::int64_t>(ESHUTDOWN)},
#endif
#ifdef ESOCKTNOSUPPORT
    {"ESOCKTNOSUPPORT", static_cast<std::int64_t>(ESOCKTNOSUPPORT)},
#endif
#ifdef ESPIPE
    {"ESPIPE", static_cast<std::int64_t>(ESPIPE)},
#endif
#ifdef ESRCH
    {"ESRCH", static_cast<std::int64_t>(ESRCH)},
#endif
#ifdef ESRMNT
    {"ESRMNT", static_cast<std::int64_t>(ESRMNT)},
#endif
#ifdef ESTALE
    {"ESTALE", static_cast<std::int64_t>(ESTALE)},
#endif
#ifdef ESTRPIPE
    {"ESTRPIPE", static_cast<std::int64_t>(ESTRPIPE)},
#endif
#ifdef ETIME
    {"ETIME", static_cast<std::int64_t>(ETIME)},
#endif
#ifdef ETIMEDOUT
    {"ETIMEDOUT", static_cast<std::int64_t>(ETIMEDOUT)},
#endif
#ifdef ETOOMANYREFS
    {"ETOOMANYREFS", static_cast<std::int64_t>(ETOOMANYREFS)},
#endif
#ifdef ETXTBSY
    {"ETXTBSY", static_cast<std::int64_t>(ETXTBSY)},
#endif
#ifdef EUCLEAN
    {"EUCLEAN", static_cast<std::int64_t>(EUCLEAN)},
#endif
#ifdef EUNATCH
    {"EUNATCH", static_cast<std::int64_t>(EUNATCH)},
#endif
#ifdef EUSERS
    {"EUSERS", static_cast<std::int64_t>(EUSERS)},
#endif
#ifdef EXDEV
    {"EXDEV", static_cast<std::int64_t>(EXDEV)},
#endif
#ifdef EXFULL
    {"EXFULL", static_cast<std::int64_t>(EXFULL)},
#endif
#ifdef EWOULDBLOCK
    {"EWOULDBLOCK", static_cast<std::int64_t>(EWOULDBLOCK)},
#endif
#ifdef ENOTSUP
    {"ENOTSUP", static_cast<std::int64_t>(ENOTSUP)},
#endif
#ifdef EDEADLOCK
    {"EDEADLOCK", static_cast<std::int64_t>(EDEADLOCK)},
#endif
    // include/linux/sched.h and arch/x86/include/asm/page_types.h, which user space does not have
    {"TASK_RUNNING", 0},
    {"TASK_INTERRUPTIBLE", 1},
    {"TASK_UNINTERRUPTIBLE", 2},
    {"TASK_STOPPED", 4},
    {"TASK_TRACED", 8},
    {"EXIT_DEAD", 16},
    {"EXIT_ZOMBIE", 32},
    {"TASK_PARKED", 64},
    {"TASK_DEAD", 128},
    {"TASK_WAKEKILL", 256},
    {"TASK_WAKING", 512},
    {"TASK_NOLOAD", 1024},
    {"TASK_NEW", 2048},
    {"TASK_COMM_LEN", 16},
    {"PF_IDLE", 0x2},
    {"PF_EXITING", 0x4},
    {"PF_KTHREAD", 0x200000},
    {"PF_VCPU", 0x1},
    {"PF_WQ_WORKER", 0x20},
    {"PF_FORKNOEXEC", 0x40},
    {"PF_SUPERPRIV", 0x100},
    {"PF_DUMPCORE", 0x200},
    {"PF_SIGNALED", 0x400},
    {"PF_MEMALLOC", 0x800},
    {"PF_NOFREEZE", 0x8000},
    {"PF_KSWAPD", 0x20000},
    {"PF_RANDOMIZE", 0x400000},
    {"PF_NO_SETAFFINITY", 0x4000000},
    // include/linux/fs.h
    {"FMODE_READ", 0x1},
    {"FMODE_WRITE", 0x2},
    {"FMODE_LSEEK", 0x4},
    {"FMODE_EXEC", 0x20},
    // include/uapi/linux/if_ether.h, if.h, limits.h, netfilter.h, futex.h
    {"ETH_ALEN", 6},
    {"ETH_HLEN", 14},
    {"ETH_P_IP", 0x0800},
    {"ETH_P_ARP", 0x0806},
    {"ETH_P_8021Q", 0x8100},
    {"ETH_P_IPV6", 0x86dd},
    {"ETH_P_ALL", 0x0003},
    {"IFNAMSIZ", 16},
    {"PATH_MAX", 4096},
    {"NAME_MAX", 255},
    {"NF_DROP", 0},
    {"NF_ACCEPT", 1},
    {"NF_STOLEN", 2},
    {"NF_QUEUE", 3},
    {"NF_REPEAT", 4},
    {"FUTEX_WAIT", 0},
    {"FUTEX_WAKE", 1},
    {"FUTEX_FD", 2},
    {"FUTEX_REQUEUE", 3},
    {"FUTEX_CMP_REQUEUE", 4},
    {"FUTEX_WAKE_OP", 5},
    {"FUTEX_LOCK_PI", 6},
    {"FUTEX_UNLOCK_PI", 7},
    {"FUTEX_TRYLOCK_PI", 8},
    {"FUTEX_WAIT_BITSET", 9},
    {"FUTEX_WAKE_BITSET", 10},
    {"FUTEX_PRIVATE_FLAG", 128},
    {"FUTEX_CLOCK_REALTIME", 256},
    // limits of C's types
    {"CHAR_BIT", 8},
    {"SCHAR_MAX", 127},
    {"UCHAR_MAX", 255},
    {"SHRT_MAX", 32767},
    {"USHRT_MAX", 65535},
    {"INT_MAX", 2147483647},
    {"INT_MIN", -2147483648LL},
    {"UINT_MAX", 4294967295LL},
    {"LONG_MAX", 9223372036854775807LL},
    {"NULL", 0},
    {"NSEC_PER_SEC", 1000000000},
    {"NSEC_PER_MSEC", 1000000},
    {"NSEC_PER_USEC", 1000},
    {"USEC_PER_SEC", 1000000},
    {"MSEC_PER_SEC", 1000},
    {"PAGE_SIZE", 4096},
    {"PAGE_SHIFT", 12},
    {"MINORBITS", 20},
};

}  // namespace

std::optional<std::int64_t> system_constant(std::string_view name) {
    for (const auto& [known, value] : kConstants)
        if (known == name) return value;
    // Numbers of system calls. The kernel calls a few of them otherwise than libc.
    for (const std::string_view prefix : {"__NR_", "SYS_"}) {
        if (!name.starts_with(prefix)) continue;
        std::string_view call = name.substr(prefix.size());
        constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
            {"stat", "newstat"},   {"fstat", "newfstat"},      {"lstat", "newlstat"},
            {"uname", "newuname"}, {"sendfile", "sendfile64"}, {"umount2", "umount"},
        };
        for (const auto& [libc, kernel] : kOtherNames)
            if (call == libc) call = kernel;
        if (const auto number = kernel::syscall_number(call)) return *number;
    }
    return std::nullopt;
}

bool is_system_header(std::string_view path) {
    constexpr std::array<std::string_view, 17> kFolders{
        "linux/", "net/",  "uapi/",   "asm/",  "asm-generic/", "sys/",   "bpf/",  "netinet/", "arpa/",
        "sound/", "scsi/", "crypto/", "rdma/", "drm/",         "video/", "acpi/", "bits/"};
    if (std::any_of(kFolders.begin(), kFolders.end(),
                    [&](std::string_view folder) { return path.starts_with(folder); }))
        return true;
    constexpr std::array<std::string_view, 12> kPlain{"stdint.h", "stddef.h", "stdbool.h", "stdio.h",
                                                      "stdlib.h", "string.h", "errno.h",   "fcntl.h",
                                                      "signal.h", "unistd.h", "poll.h",    "vmlinux.h"};
    return std::find(kPlain.begin(), kPlain.end(), path) != kPlain.end();
}

}  // namespace cdef
