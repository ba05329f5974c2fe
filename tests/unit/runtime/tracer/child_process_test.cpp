#include "runtime/tracer/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cstdlib>

namespace {

TEST(ChildProcess, SplitsOnBlanksOnly) {
    const std::vector<std::string> expected{"a", "'b", "c'", "d"};
    EXPECT_EQ(tracer::split_command("  a 'b c'  d "), expected);
    EXPECT_TRUE(tracer::split_command("   ").empty());
}

TEST(ChildProcess, FindsAlongThePath) {
    EXPECT_EQ(tracer::find_executable("sh", "/no/such:/bin").value(), "/bin/sh");
    EXPECT_EQ(tracer::find_executable("/bin/sh", "").value(), "/bin/sh");
    EXPECT_EQ(tracer::find_executable("sh", "/no/such").error().message,
              "Failed to fork child: Path 'sh' does not exist or is not executable (No such file or directory)");
    EXPECT_FALSE(tracer::find_executable("/etc/passwd", "").ok());
    EXPECT_FALSE(tracer::find_executable("", "/bin").ok());
}

TEST(ChildProcess, PatternsMustBeUnique) {
    char directory[] = "/tmp/bpfline_child_XXXXXX";
    ASSERT_NE(mkdtemp(directory), nullptr);
    const std::string base = directory;
    for (const char* name : {"/one1", "/one2", "/two"})
        close(open((base + name).c_str(), O_CREAT | O_WRONLY, 0755));
    EXPECT_EQ(tracer::find_executable(base + "/t*", "").value(), base + "/two");
    EXPECT_EQ(tracer::find_executable(base + "/one*", "").error().message,
              "Failed to fork child: Path '" + base + "/one*' must refer to a unique binary but matched 2 binaries");
    for (const char* name : {"/one1", "/one2", "/two"})
        unlink((base + name).c_str());
    rmdir(directory);
}

TEST(ChildProcess, IsHeldUntilReleased) {
    const tracer::Signals signals;
    tracer::ChildProcess child;
    ASSERT_TRUE(child.start("/bin/true", signals).ok());
    pollfd end{.fd = child.pidfd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&end, 1, 20), 0) << "it ran before it was released";
    ASSERT_TRUE(child.release().ok());
    EXPECT_EQ(poll(&end, 1, 5000), 1);
    EXPECT_EQ(child.reap(), "Child exited with code: 0");
}

TEST(ChildProcess, SaysWhyItCouldNotBecomeTheCommand) {
    char path[] = "/tmp/bpfline_child_XXXXXX";
    const int fd = mkstemp(path);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(write(fd, "\1\2\3\4", 4), 4);
    fchmod(fd, 0755);
    close(fd);
    const tracer::Signals signals;
    tracer::ChildProcess child;
    ASSERT_TRUE(child.start(path, signals).ok());
    base::Status released = child.release();
    ASSERT_FALSE(released.ok());
    EXPECT_EQ(released.error().message, "Failed to fork child: Exec format error");
    unlink(path);
}

TEST(ChildProcess, ReportsTheSignalThatEndedIt) {
    const tracer::Signals signals;
    tracer::ChildProcess child;
    ASSERT_TRUE(child.start("/bin/sleep 100", signals).ok());
    ASSERT_TRUE(child.release().ok());
    kill(child.pid(), SIGKILL);
    EXPECT_EQ(child.reap(), "Child terminated by signal: 9");
}

TEST(ChildProcess, GetsBackTheSignalsWeTook) {
    const tracer::Signals signals;
    tracer::ChildProcess child;
    // A child with SIGTERM blocked or SIGPIPE ignored would behave unlike the same command without us.
    ASSERT_TRUE(child.start("/bin/grep -q ^SigBlk:.0000000000000000 /proc/self/status", signals).ok());
    ASSERT_TRUE(child.release().ok());
    EXPECT_EQ(child.reap(), "Child exited with code: 0");
}

}  // namespace
