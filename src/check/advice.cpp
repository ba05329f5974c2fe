#include "src/check/advice.h"

#include <fmt/format.h>

#include "src/cdef/constants.h"

namespace check {

using types::Kind;
using types::Type;

namespace {

struct Foreign {
    std::string_view name, here;
};
constexpr Foreign kForeign[] = {
    {"strcmp", "texts are compared with `==`"},
    {"streq", "texts are compared with `==`"},
    {"ntohs", "bswap() changes the byte order"},
    {"htons", "bswap() changes the byte order"},
    {"ntohl", "bswap() changes the byte order"},
    {"htonl", "bswap() changes the byte order"},
    {"be16_to_cpu", "bswap() changes the byte order"},
    {"be32_to_cpu", "bswap() changes the byte order"},
    {"getpid", "the process is `pid`"},
    {"gettid", "the thread is `tid`"},
    {"ktime_get_ns", "nanoseconds since boot are `nsecs`"},
    {"bpf_ktime_get_ns", "nanoseconds since boot are `nsecs`"},
    {"bpf_get_current_pid_tgid", "the process is `pid`, the thread `tid`"},
    {"bpf_get_current_comm", "the name of the process is `comm`"},
    {"bpf_get_current_task", "the current task is `curtask`"},
    {"get_current", "the current task is `curtask`"},
    {"bpf_trace_printk", "printf() prints"},
    {"printk", "printf() prints"},
    {"puts", "printf() and print() print"},
    {"echo", "printf() and print() print"},
    {"sprintf", "texts are put together when they are printed: printf()"},
    {"quantize", "hist() counts powers of two"},
    {"lquantize", "lhist() counts equal steps"},
    {"trunc", "clear() empties a map, print(@m, n) shows its largest"},
    {"copyinstr", "str() reads a text"},
    {"stringof", "str() reads a text"},
    {"stack", "stacks are `kstack` and `ustack`"},
    {"hex", "`%x` prints a number in hexadecimal"},
    {"contains", "strcontains() looks for a text in another"},
    {"startswith", "strncmp(text, \"start\", 5) == 0 compares the beginning"},
    {"exists", "has_key() asks for a key"},
    {"length", "strlen() counts a text, len() a map"},
    {"remove", "delete() removes an element"},
    {"date", "strftime() spells a time"},
    {"now", "the time is `nsecs`; strftime() spells it"},
};

struct Header {
    std::string_view prefix, name;
};
/// Where the common constants stand. Any other name of our table is in one of these or in a header like them.
constexpr Header kHeaders[] = {
    {"AF_", "sys/socket.h"},
    {"PF_", "sys/socket.h"},
    {"SOCK_", "sys/socket.h"},
    {"MSG_", "sys/socket.h"},
    {"SO_", "sys/socket.h"},
    {"SOL_", "sys/socket.h"},
    {"SHUT_", "sys/socket.h"},
    {"IPPROTO_", "netinet/in.h"},
    {"O_", "fcntl.h"},
    {"AT_", "fcntl.h"},
    {"F_", "fcntl.h"},
    {"S_I", "sys/stat.h"},
    {"PROT_", "sys/mman.h"},
    {"MAP_", "sys/mman.h"},
    {"MADV_", "sys/mman.h"},
    {"SIG", "signal.h"},
    {"SA_", "signal.h"},
    {"EPOLL", "sys/epoll.h"},
    {"POLL", "poll.h"},
    {"CLONE_", "sched.h"},
    {"SCHED_", "sched.h"},
    {"RLIMIT_", "sys/resource.h"},
    {"DT_", "dirent.h"},
    {"CAP_", "linux/capability.h"},
    {"CLOCK_", "time.h"},
    {"MS_", "sys/mount.h"},
    {"FUTEX_", "linux/futex.h"},
    {"IN_", "sys/inotify.h"},
    {"INADDR_", "netinet/in.h"},
    {"TCP_", "netinet/tcp.h"},
    {"ETH_", "linux/if_ether.h"},
    {"FALLOC_", "linux/falloc.h"},
    {"TASK_", "linux/sched.h"},
    {"E", "errno.h"},
};

bool is_looked_up_late(const Type* type) {
    switch (type->kind) {
        case Kind::ksym:
        case Kind::usym:
        case Kind::username:
        case Kind::timestamp:
        case Kind::cgroup_path:
        case Kind::inet: return true;
        default: return false;
    }
}

}  // namespace

std::string foreign_function(std::string_view name) {
    for (const Foreign& one : kForeign)
        if (one.name == name) return std::string(one.here);
    return {};
}

std::string foreign_value(std::string_view name) {
    if (name == "null" || name == "NULL" || name == "nil" || name == "None") return "a null pointer is `0`";
    if (name == "True" || name == "TRUE") return "did you mean `true`?";
    if (name == "False" || name == "FALSE") return "did you mean `false`?";
    return {};
}

std::string missing_header(std::string_view constant) {
    if (!cdef::system_constant(constant)) return {};
    for (const Header& one : kHeaders)
        if (constant.starts_with(one.prefix)) return fmt::format("`#include <{}>` before the first probe", one.name);
    return {};
}

std::string unlike_comparison(const Type* a, const Type* b) {
    const bool is_a = is_looked_up_late(a), is_b = is_looked_up_late(b);
    if (is_a == is_b) return {};
    switch ((is_a ? a : b)->kind) {
        case Kind::ksym:
        case Kind::usym:
            return "its name is looked up when it is printed; a name to compare with is `probe`, e.g. "
                   "`probe == \"kprobe:vfs_read\"`";
        case Kind::username: return "its name is looked up when it is printed; compare `uid`, a number";
        case Kind::timestamp: return "it is spelled when it is printed; compare `nsecs`, a number";
        case Kind::inet: return "it is spelled when it is printed; compare the address itself, or with pton(\"...\")";
        default: return "it is looked up when it is printed; compare the number it is made from";
    }
}

std::string no_condition(const Type* type) {
    if (type->kind == Kind::string) return "compare the text, e.g. with `!= \"\"`";
    if (type->kind == Kind::record) return "`==` compares; a single `=` names a value";
    return {};
}

std::string no_fields(const Type* base, std::string_view field) {
    if (base->kind == Kind::integer)
        return fmt::format("a number has no fields; say what it points to: `((struct NAME *)...).{}`", field);
    if (base->kind == Kind::tuple) return "the elements of a tuple are numbered: `.0` is the first";
    if (base->kind == Kind::pointer && base->element->kind == Kind::pointer)
        return fmt::format("it points to a pointer: `(*...).{}`", field);
    if (base->kind == Kind::pointer && base->element->kind == Kind::void_)
        return fmt::format("it is not known what it points to; say it: `((struct NAME *)...).{}`", field);
    return {};
}

std::optional<std::string> path_to_member(const Type* structure, std::string_view name) {
    for (const types::Member& member : structure->structure->members)
        if (member.type->kind == Kind::structure && !member.name.empty() && types::find_member(member.type, name))
            return member.name + "." + std::string(name);
    // The kernel's own code says sk->sk_family, a macro for sk->__sk_common.skc_family.
    if (name.starts_with("sk_")) return path_to_member(structure, "skc_" + std::string(name.substr(3)));
    return std::nullopt;
}

}  // namespace check
