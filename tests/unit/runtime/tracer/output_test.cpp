#include "runtime/tracer/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/unit/runtime/tracer/fixture.h"

namespace {

using tracer::Buffering;
using tracer::Output;
using tracer_test::Caught;

bool never(int) {
    return false;
}

TEST(Output, LineWaitsForTheEndOfTheBatch) {
    const Caught file;
    Output out(file.fd(), Buffering::line, never);
    out.write("one\n");
    EXPECT_EQ(file.text(), "");
    out.flush();
    EXPECT_EQ(file.text(), "one\n");
}

TEST(Output, NoneWritesAtOnce) {
    const Caught file;
    Output out(file.fd(), Buffering::none, never);
    out.write("one");
    EXPECT_EQ(file.text(), "one");
}

TEST(Output, FullWaitsForTheEndOrAFullBuffer) {
    const Caught file;
    Output out(file.fd(), Buffering::full, never);
    out.write("one\n");
    out.flush();
    EXPECT_EQ(file.text(), "");
    const std::string much(70'000, 'x');
    out.write(much);
    EXPECT_EQ(file.text(), "one\n" + much);
    out.write("two");
    out.flush_all();
    EXPECT_EQ(file.text(), "one\n" + much + "two");
}

TEST(Output, ErrorsComeBehindWhatWasPrinted) {
    const Caught file;
    Output out(file.fd(), Buffering::line, never), err(file.fd(), Buffering::none, never);
    err.set_before(&out);
    out.write("first\n");
    err.write("second\n");
    EXPECT_EQ(file.text(), "first\nsecond\n");
}

TEST(Output, FullDiskIsAnError) {
    const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0) GTEST_SKIP() << "needs /dev/full";
    Output out(fd, Buffering::line, never);
    out.write("x");
    out.flush();
    EXPECT_TRUE(out.is_closed());
    EXPECT_EQ(out.error(), ENOSPC);
    close(fd);
}

TEST(Output, AReaderThatLeftIsNone) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    Output out(ends[1], Buffering::line, never);
    close(ends[0]);
    pollfd watch{.fd = out.closed_fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&watch, 1, 0), 1);
    // The tracer ignores it for as long as it runs.
    signal(SIGPIPE, SIG_IGN);
    out.write("x");
    out.flush();
    signal(SIGPIPE, SIG_DFL);
    EXPECT_TRUE(out.is_closed());
    EXPECT_EQ(out.error(), 0);
    close(ends[1]);
}

TEST(Output, AReaderThatIsThereIsNotReported) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const Output out(ends[1], Buffering::line, never);
    pollfd watch{.fd = out.closed_fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&watch, 1, 0), 0);
    const Caught file;
    EXPECT_EQ(Output(file.fd(), Buffering::line, never).closed_fd(), -1);
    close(ends[0]);
    close(ends[1]);
}

TEST(Output, PatienceDecidesAboutAFullPipe) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    int asked = 0;
    Output out(ends[1], Buffering::none, [&](int) {
        ++asked;
        // Make room once, then give up.
        static char room[8192];
        return asked == 1 && read(ends[0], room, sizeof(room)) > 0;
    });
    const std::string much(std::size_t{1} << 20, 'x');
    out.write(much);
    EXPECT_EQ(asked, 2);
    EXPECT_TRUE(out.is_closed());
    EXPECT_EQ(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    close(ends[0]);
    close(ends[1]);
}

TEST(Output, SocketsAreNotBlockedOnEither) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    Output out(ends[1], Buffering::none, never);
    out.write("hello");
    char text[5];
    EXPECT_EQ(read(ends[0], text, sizeof(text)), 5);
    const std::string much(std::size_t{8} << 20, 'x');
    out.write(much);
    EXPECT_TRUE(out.is_closed());
    close(ends[0]);
    close(ends[1]);
}

}  // namespace
