#include "runtime/kernel/tracepoint_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/kernel/print_format.h"
#include "runtime/kernel/tracefs.h"

namespace {

using program::Argument;
using program::ArgumentPlace;
using Kind = program::ArgumentType::Kind;

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::filesystem::path data() {
    return std::filesystem::path(BPFLINE_TESTS_DIR) / "data/format";
}

std::string kind_name(Kind kind) {
    switch (kind) {
        case Kind::integer: return "integer";
        case Kind::boolean: return "boolean";
        case Kind::text: return "text";
        case Kind::pointer: return "pointer";
        case Kind::array: return "array";
        case Kind::enumeration: return "enumeration";
        case Kind::btf: return "btf";
    }
    return "?";
}

// One line a field: "name kind offset+size sign ...", then its value names.
std::string printed(const Argument& argument) {
    const auto& type = argument.type;
    std::string line = argument.name + " " + kind_name(type.kind);
    if (type.count != 0) line += "[" + std::to_string(type.count) + "]";
    if (argument.place == ArgumentPlace::data_loc) line += " data_loc";
    if (argument.place == ArgumentPlace::rel_loc) line += " rel_loc";
    line += " " + std::to_string(argument.offset) + "+" + std::to_string(type.size) + (type.is_signed ? " signed" : "");
    if (type.kind == Kind::pointer) line += " ->" + (type.pointee.empty() ? "void" : type.pointee);
    if (type.is_user_pointer) line += " user";
    if (argument.is_common) line += " common";
    if (!argument.names.values.empty()) {
        line += argument.names.is_flags ? " flags'" + argument.names.delimiter + "'" : " names";
        for (const auto& [value, name] : argument.names.values)
            line += " " + std::to_string(static_cast<std::int64_t>(value)) + "=" + name;
    }
    return line;
}

std::string printed(std::string_view text) {
    const auto format = kernel::parse_tracepoint_format(text);
    if (!format.ok()) return "error: " + format.error().message + "\n";
    std::string lines;
    for (const Argument& argument : format->arguments.arguments)
        lines += printed(argument) + "\n";
    return lines;
}

struct Row {
    std::string line, expected;
};

TEST(TracepointFormat, EveryShapeOfFieldLine) {
    const Row rows[] = {
        {"field:int x;\toffset:8;\tsize:4;\tsigned:1;", "x integer 8+4 signed"},
        {"field:int dfd; offset:16; size:8; signed:0;", "dfd integer 16+8"},
        {"field:u8 x;offset:8;size:1;signed:0;", "x integer 8+1"},
        {"field:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;\r", "sport integer 24+2"},
        {"field:pid_t  pid;   offset:8;  size:4; signed:1;", "pid integer 8+4 signed"},
        {"field:unsigned long long x; offset:8; size:8; signed:0;", "x integer 8+8"},
        {"field:bool grow; offset:8; size:1; signed:0;", "grow boolean 8+1"},
        {"field:_Bool grow; offset:8; size:1; signed:0;", "grow boolean 8+1"},
        {"field:bool wide; offset:8; size:8; signed:0;", "wide integer 8+8"},
        {"field:enum dma_data_direction dir; offset:20; size:4; signed:0;", "dir enumeration 20+4"},
        {"field:const enum landlock_rule_type t; offset:24; size:8; signed:0;", "t enumeration 24+8"},
        {"field:enum xfs_group_type type; offset:12; size:1; signed:0;", "type enumeration 12+1"},
        {"field:void * p; offset:8; size:8; signed:0;", "p pointer 8+8 ->void"},
        {"field:const void *p; offset:8; size:8; signed:0;", "p pointer 8+8 ->void"},
        {"field:const char * s; offset:8; size:8; signed:0;", "s pointer 8+8 ->char"},
        {"field:const char *const * argv; offset:24; size:8; signed:0;", "argv pointer 24+8 ->char *"},
        {"field:struct iocb * * iocbpp; offset:24; size:8; signed:0;", "iocbpp pointer 24+8 ->struct iocb *"},
        {"field:const struct sock * sk; offset:8; size:8; signed:0;", "sk pointer 8+8 ->struct sock"},
        {"field:void __seg_gs * p; offset:8; size:8; signed:0;", "p pointer 8+8 ->void"},
        {"field:const struct a *const attr; offset:8; size:8; signed:0;", "attr pointer 8+8 ->struct a"},
        {"field:int (*call)(void); offset:8; size:8; signed:0;", "call pointer 8+8 ->void"},
        {"field:initcall_t func; offset:8; size:8; signed:0;", "func integer 8+8"},
        {"field:char comm[16]; offset:8; size:16; signed:0;", "comm text[16] 8+16"},
        {"field:char comm[TASK_COMM_LEN]; offset:8; size:16; signed:1;", "comm text[16] 8+16 signed"},
        {"field:const char name[8]; offset:8; size:8; signed:0;", "name text[8] 8+8"},
        {"field:unsigned char raw[4]; offset:8; size:4; signed:0;", "raw array[4] 8+4"},
        {"field:__u8 saddr[4]; offset:30; size:4; signed:0;", "saddr array[4] 30+4"},
        {"field:__u8 saddr_v6[16]; offset:38; size:16; signed:0;", "saddr_v6 array[16] 38+16"},
        {"field:__u8 addr[sizeof(struct sockaddr_in6)]; offset:8; size:28; signed:0;", "addr array[28] 8+28"},
        {"field:unsigned long args[6]; offset:16; size:48; signed:0;", "args array[6] 16+48"},
        {"field:unsigned long args[MAX_ARGS]; offset:16; size:48; signed:0;", "args array[6] 16+48"},
        {"field:long sysctl_mem[3]; offset:40; size:24; signed:1;", "sysctl_mem array[3] 40+24 signed"},
        {"field:u16 x[2 * 3]; offset:8; size:12; signed:0;", "x array[6] 8+12"},
        {"field:u32 grid[2][3]; offset:8; size:24; signed:0;", "grid array[6] 8+24"},
        {"field:u8 mac[(6)]; offset:8; size:6; signed:0;", "mac array[6] 8+6"},
        {"field:void *list[4]; offset:8; size:32; signed:0;", "list array[4] 8+32"},
        {"field:char buf[]; offset:16; size:0; signed:0;", "buf text 16+0"},
        {"field:unsigned long stack[]; offset:16; size:0; signed:0;", "stack array 16+0"},
        {"field:struct timespec64 ts; offset:8; size:16; signed:0;", "ts array[16] 8+16"},
        {"field:uuid_t id; offset:8; size:16; signed:0;", "id array[16] 8+16"},
        {"field:struct in_addr a; offset:8; size:4; signed:0;", "a integer 8+4"},
        {"field:struct pair pairs[3]; offset:8; size:24; signed:0;", "pairs array[3] 8+24"},
        {"field:struct triple t[2]; offset:8; size:24; signed:0;", "t array[24] 8+24"},
        {"field:__data_loc char[] name; offset:12; size:4; signed:0;", "name pointer data_loc 12+4 ->char"},
        {"field:__data_loc char[]   name;\toffset:12;\tsize:4;\tsigned:1;", "name pointer data_loc 12+4 signed ->char"},
        {"field:__data_loc u64[] addrs; offset:12; size:4; signed:0;", "addrs pointer data_loc 12+4 ->u64"},
        {"field:__data_loc const unsigned int[] l; offset:16; size:4; signed:0;",
         "l pointer data_loc 16+4 ->unsigned int"},
        {"field:__data_loc cpumask_t cpumask; offset:8; size:4; signed:0;", "cpumask pointer data_loc 8+4 ->cpumask_t"},
        {"field:__rel_loc char[] name; offset:8; size:4; signed:0;", "name pointer rel_loc 8+4 ->char"},
        {"field:unsigned char common_preempt_lazy_count; offset:8; size:1; signed:0;",
         "common_preempt_lazy_count integer 8+1 common"},
        {"field:const char __attribute__((btf_type_tag(\"user\"))) * p; offset:8; size:8; signed:0;",
         "p pointer 8+8 ->char user"},
    };
    for (const Row& row : rows)
        EXPECT_EQ(printed(row.line), row.expected + "\n") << row.line;
}

TEST(TracepointFormat, PointersOfSyscallsPointIntoTheTracedProcess) {
    EXPECT_EQ(printed("\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
                      "\tfield:const char * filename;\toffset:16;\tsize:8;\tsigned:0;\n"),
              "__syscall_nr integer 8+4 signed\nfilename pointer 16+8 ->char user\n");
}

TEST(TracepointFormat, BrokenTextGivesWhatCanBeTrusted) {
    EXPECT_EQ(printed(""), "error: no fields in the tracepoint's format file\n");
    EXPECT_EQ(printed("name: x\nID: 4\n"), "error: no fields in the tracepoint's format file\n");
    EXPECT_EQ(printed("field:int x;"), "error: no fields in the tracepoint's format file\n");
    EXPECT_EQ(printed("field:;offset:1;size:4;"), "error: no fields in the tracepoint's format file\n");
    EXPECT_EQ(printed("field:int x; offset:8; size:99999999999999999999;"),
              "error: no fields in the tracepoint's format file\n");
    EXPECT_EQ(printed("field:int x; offset:-8; size:4;"), "error: no fields in the tracepoint's format file\n");
    // Line ends lost, a field given twice, a line cut in the middle.
    EXPECT_EQ(
        printed(
            "field:int x; offset:8; size:4; signed:1; field:int y; offset:12; size:4; field:int x; offset:9; size:1;"),
        "x integer 8+4 signed\ny integer 12+4\n");
    EXPECT_EQ(printed("field:int x; offset:8; size:4; signed:1;\nfield:char comm[16"), "x integer 8+4 signed\n");
    EXPECT_EQ(printed("field:int x]; offset:8; size:4;field:int (*; offset:8; size:4;field:a[2]; offset:0; size:2;"
                      "field:u8 x[0]; offset:8; size:4;field:u8 y[-1]; offset:8; size:4;"),
              "x array[4] 8+4\ny array[4] 8+4\n");
}

TEST(TracepointFormat, NameIdAndSizeOfTheContext) {
    const auto format = kernel::parse_tracepoint_format(read(data() / "sys_enter_execve.format"));
    ASSERT_TRUE(format.ok());
    EXPECT_EQ(format->name, "sys_enter_execve");
    EXPECT_EQ(format->id, 742u);
    EXPECT_EQ(format->arguments.size, 40u);
    ASSERT_EQ(format->declarations.size(), format->arguments.arguments.size());
    EXPECT_EQ(format->declarations.back(), "const char *const * envp");
}

TEST(TracepointFormat, SyscallNumberFollowsTheFileOfEachKernel) {
    EXPECT_EQ(printed(read(data() / "sys_enter_execve.format")),
              "common_type integer 0+2 common\n"
              "common_flags integer 2+1 common\n"
              "common_preempt_count integer 3+1 common\n"
              "common_pid integer 4+4 signed common\n"
              "__syscall_nr integer 8+4 signed\n"
              "filename pointer 16+8 ->char user\n"
              "argv pointer 24+8 ->char * user\n"
              "envp pointer 32+8 ->char * user\n");
    EXPECT_EQ(printed(read(data() / "sys_enter_sendmsg.preempt_lazy.format")),
              "common_type integer 0+2 common\n"
              "common_flags integer 2+1 common\n"
              "common_preempt_count integer 3+1 common\n"
              "common_pid integer 4+4 signed common\n"
              "common_preempt_lazy_count integer 8+1 common\n"
              "__syscall_nr integer 12+4 signed\n"
              "fd integer 16+8\n"
              "msg pointer 24+8 ->struct user_msghdr user\n"
              "flags integer 32+8\n");
}

TEST(TracepointFormat, TcpStatesHaveNames) {
    const std::string text = printed(read(data() / "sock/inet_sock_set_state.format"));
    EXPECT_NE(text.find("newstate integer 20+4 signed names 1=TCP_ESTABLISHED 2=TCP_SYN_SENT"), std::string::npos)
        << text;
    EXPECT_NE(text.find("7=TCP_CLOSE "), std::string::npos) << text;
    EXPECT_NE(text.find("family integer 28+2 names 2=AF_INET 10=AF_INET6"), std::string::npos) << text;
    EXPECT_NE(text.find("protocol integer 30+2 names 6=IPPROTO_TCP"), std::string::npos) << text;
    EXPECT_NE(text.find("saddr array[4] 32+4\n"), std::string::npos) << text;
    EXPECT_NE(text.find("daddr_v6 array[16] 56+16\n"), std::string::npos) << text;
}

TEST(TracepointFormat, MaskedTaskStateKeepsItsNames) {
    const std::string text = printed(read(data() / "sched/sched_switch.format"));
    EXPECT_NE(text.find("prev_state integer 32+8 signed flags'|' 1=S 2=D 4=T 8=t 16=X 32=Z 64=P 128=I\n"),
              std::string::npos)
        << text;
}

TEST(TracepointFormat, EnumeratorsTheKernelDidNotReplaceAreLeftOut) {
    EXPECT_EQ(printed("field:int s; offset:8; size:4; signed:1;\n"
                      "print fmt: \"%s\", __print_symbolic(REC->s, { TCP_SYN, \"SYN\" }, { 2, \"TWO\" }, { "
                      "sizeof(int), \"X\" })"),
              "s integer 8+4 signed names 2=TWO\n");
    EXPECT_EQ(printed("field:int s; offset:8; size:4; signed:1;\n"
                      "print fmt: \"%s\", __print_symbolic(REC->s, { TCP_SYN, \"SYN\" })"),
              "s integer 8+4 signed\n");
}

TEST(TracepointFormat, NamesAreValuesAsTheFieldIsRead) {
    // The same constant for a signed, an unsigned and a wide field.
    const std::string fields =
        "field:int a; offset:8; size:4; signed:1;\nfield:unsigned int b; offset:12; size:4; signed:0;\n"
        "field:long c; offset:16; size:8; signed:0;\n";
    EXPECT_EQ(
        printed(fields +
                "print fmt: \"\", __print_symbolic(REC->a, { -1, \"X\" }), __print_symbolic(REC->b, { -1, \"X\" }), "
                "__print_flags(REC->c, \"\", { 1 << 31, \"X\" })"),
        "a integer 8+4 signed names -1=X\nb integer 12+4 names 4294967295=X\nc integer 16+8 flags'' -2147483648=X\n");
}

TEST(PrintFormat, SubjectMayBeWrapped) {
    const auto names_of = [](const std::string& subject) {
        const auto names = kernel::value_names("\"%s\", __print_symbolic(" + subject + ", {1, \"A\"})");
        return names.empty() ? std::string("-") : names.begin()->first;
    };
    EXPECT_EQ(names_of("REC->x"), "x");
    EXPECT_EQ(names_of("(REC->x)"), "x");
    EXPECT_EQ(names_of("(unsigned long)REC->x"), "x");
    EXPECT_EQ(names_of("((unsigned int)(REC->x))"), "x");
    EXPECT_EQ(names_of("REC->x & 0xff"), "x");
    EXPECT_EQ(names_of("(REC->x) & ~((1 << 4) - 1)"), "x");
    EXPECT_EQ(names_of("REC->x >> 8 & 7"), "-");
    EXPECT_EQ(names_of("1 << REC->x"), "-");
    EXPECT_EQ(names_of("REC->x & REC->y"), "-");
    EXPECT_EQ(names_of("REC->x[0]"), "-");
    EXPECT_EQ(names_of("~REC->x"), "-");
    EXPECT_EQ(names_of("2ULL"), "-");
    EXPECT_EQ(names_of("foo(REC->x)"), "-");
    EXPECT_EQ(names_of(""), "-");
}

TEST(PrintFormat, DifferentListsForOneFieldAreNoList) {
    EXPECT_TRUE(
        kernel::value_names("__print_symbolic(REC->x, {1, \"A\"}), __print_symbolic(REC->x, {1, \"B\"})").empty());
    EXPECT_EQ(kernel::value_names("__print_symbolic(REC->x, {1, \"A\"}), __print_symbolic(REC->x, {1, \"A\"})").size(),
              1u);
}

TEST(PrintFormat, StringsAreJoinedAndUnescaped) {
    const auto names =
        kernel::value_names(R"(__print_flags(REC->x, " | ", { 1, "APIC_" "ID" }, { 2, "a\"b,}" }, {4, 0}))");
    ASSERT_EQ(names.size(), 1u);
    const auto& list = names.begin()->second;
    EXPECT_TRUE(list.is_flags);
    EXPECT_EQ(list.delimiter, " | ");
    ASSERT_EQ(list.values.size(), 2u);
    EXPECT_EQ(list.values[0].second, "APIC_ID");
    EXPECT_EQ(list.values[1].second, "a\"b,}");
}

TEST(PrintFormat, CutTextNeitherCrashesNorInvents) {
    const std::string whole = "\"%s\", __print_flags(REC->x, \"|\", { (1UL << (5)), \"A\" }, { 2, \"B\" })";
    for (std::size_t length = 0; length < whole.size(); length++)
        EXPECT_TRUE(kernel::value_names(whole.substr(0, length)).empty()) << length;
    EXPECT_EQ(kernel::value_names(whole).size(), 1u);
}

TEST(PrintFormat, ConstantsAsInC) {
    const auto value = [](std::string_view text) {
        const auto found = kernel::constant_value(text);
        return found ? std::to_string(static_cast<std::int64_t>(*found)) : std::string("none");
    };
    EXPECT_EQ(value("12"), "12");
    EXPECT_EQ(value("0x1F"), "31");
    EXPECT_EQ(value("017"), "15");
    EXPECT_EQ(value("-1"), "-1");
    EXPECT_EQ(value("1 << 3"), "8");
    EXPECT_EQ(value("((((1UL))) << (5))"), "32");
    EXPECT_EQ(value("(1 << 31)"), "-2147483648");
    EXPECT_EQ(value("(1u << 31)"), "2147483648");
    EXPECT_EQ(value("(1ULL << 63)"), std::to_string(INT64_MIN));
    EXPECT_EQ(value("(1 << 0) | (1 << 1)"), "3");
    EXPECT_EQ(value("~0xffff"), "-65536");
    EXPECT_EQ(value("~0u"), "4294967295");
    EXPECT_EQ(value("2 + 3 * 4 - 9 / 2 % 3"), "13");
    EXPECT_EQ(value("0x10 + 5"), "21");
    EXPECT_EQ(value("( unsigned long)(( gfp_t)((((1UL))) << (24)))"), "16777216");
    EXPECT_EQ(value("(( gfp_t)0x40) & ~(( gfp_t)0x40)"), "0");
    EXPECT_EQ(value("( int) (( __kernel_rwf_t)0x00000010)"), "16");
    EXPECT_EQ(value("(u8)0x1ff"), "255");
    EXPECT_EQ(value("(s8)0xff"), "-1");
    EXPECT_EQ(value("(size_t)-1"), "-1");
    EXPECT_EQ(value("(8 - 1)"), "7");
    EXPECT_EQ(value("1 ? 2 : 3"), "2");
    EXPECT_EQ(value("!0 && 4 > 3"), "1");
    EXPECT_EQ(value("1 / 0"), "none");
    EXPECT_EQ(value("1 << 64"), "none");
    EXPECT_EQ(value("-9223372036854775807 - 1"), std::to_string(INT64_MIN));
    EXPECT_EQ(value("(-9223372036854775807 - 1) / -1"), std::to_string(INT64_MIN));
    EXPECT_EQ(value("sizeof(int)"), "none");
    EXPECT_EQ(value("I_DIRTY"), "none");
    EXPECT_EQ(value("(1 << BTRFS_ORDERED_NOCOW)"), "none");
    EXPECT_EQ(value("1 2"), "none");
    EXPECT_EQ(value(""), "none");
    EXPECT_EQ(value("((1)"), "none");
    EXPECT_EQ(value("0x"), "none");
    EXPECT_EQ(value("99999999999999999999"), "none");
    EXPECT_EQ(value(std::string(100000, '(') + "1" + std::string(100000, ')')), "none");
    EXPECT_EQ(value(std::string(100000, '-') + "1"), "none");
}

// What holds for any format file of any kernel.
void expect_sound(const std::string& text, const std::string& where) {
    const auto format = kernel::parse_tracepoint_format(text);
    ASSERT_TRUE(format.ok()) << where;
    EXPECT_FALSE(format->name.empty()) << where;
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = text.find("\tfield:", at)) != std::string::npos; at++)
        lines++;
    EXPECT_EQ(format->arguments.arguments.size(), lines) << where << ": every field line gives one argument";
    for (std::size_t i = 0; i < format->arguments.arguments.size(); i++) {
        const Argument& argument = format->arguments.arguments[i];
        const auto& type = argument.type;
        const std::string field = where + ": " + printed(argument);
        EXPECT_NE(format->declarations[i].find(argument.name), std::string::npos) << field;
        EXPECT_LE(argument.offset + type.size, format->arguments.size) << field;
        EXPECT_EQ(argument.is_common, argument.name.starts_with("common_")) << field;
        const bool is_dynamic = argument.place != ArgumentPlace::context;
        switch (type.kind) {
            case Kind::integer:
            case Kind::enumeration:
                EXPECT_TRUE(type.size == 1 || type.size == 2 || type.size == 4 || type.size == 8) << field;
                break;
            case Kind::boolean: EXPECT_EQ(type.size, 1u) << field; break;
            case Kind::text: EXPECT_EQ(type.count, type.size) << field; break;
            case Kind::pointer: EXPECT_EQ(type.size, is_dynamic ? 4u : 8u) << field; break;
            case Kind::array:
                if (type.size == 0) break;
                ASSERT_NE(type.count, 0u) << field;
                EXPECT_EQ(type.size % type.count, 0u) << field;
                EXPECT_LE(type.size / type.count, 8u) << field;
                break;
            case Kind::btf: ADD_FAILURE() << field; break;
        }
        // The kernel lays records out by C's rules: a field does not reach into the next one.
        for (std::size_t j = 0; j < i; j++) {
            const Argument& other = format->arguments.arguments[j];
            const bool overlaps =
                argument.offset < other.offset + other.type.size && other.offset < argument.offset + type.size;
            EXPECT_FALSE(overlaps) << field << " and " << other.name;
        }
    }
}

TEST(TracepointFormat, EveryStoredFileIsSound) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data())) {
        if (entry.path().extension() != ".format") continue;
        std::string text = read(entry.path());
        if (entry.path().filename() == "sys_enter_sendmsg.preempt_lazy.format")
            continue;  // blanks for tabs, tested above
        expect_sound(text, entry.path().string());
        files++;
        // The same with DOS line ends and with blanks instead of tabs gives the same fields.
        const std::string plain = printed(text);
        std::string dos;
        for (char c : text)
            dos += c == '\n' ? std::string("\r\n") : c == '\t' ? std::string("        ") : std::string(1, c);
        EXPECT_EQ(printed(dos), plain) << entry.path();
    }
    EXPECT_GE(files, 10u);
}

TEST(TracepointFormat, EveryFileOfThisKernelIsSound) {
    namespace fs = std::filesystem;
    kernel::Tracefs tracefs;  // mounts it if it is not and we may
    const auto root = tracefs.root();
    if (!root.ok()) GTEST_SKIP() << root.error().message;
    const fs::path events = fs::path(*root) / "events";
    std::size_t files = 0;
    for (const auto& category : fs::directory_iterator(events)) {
        if (!category.is_directory()) continue;
        for (const auto& event : fs::directory_iterator(category.path())) {
            if (!event.is_directory() || !fs::exists(event.path() / "format")) continue;
            expect_sound(read(event.path() / "format"), event.path().string());
            files++;
        }
    }
    EXPECT_GT(files, 100u);
    RecordProperty("files", static_cast<int>(files));
}

}  // namespace
