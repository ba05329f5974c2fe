#include "src/cli/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace {

using driver::Severity;

// What a report writes, through a pipe.
class ReportTest : public testing::Test {
  protected:
    ReportTest() : ends_(make_pipe()), report(ends_[1]) {}
    ~ReportTest() override {
        close(ends_[0]);
        if (ends_[1] >= 0) close(ends_[1]);
    }

    std::string text() {
        close(ends_[1]);
        ends_[1] = -1;
        std::string all;
        std::array<char, 1024> part;
        ssize_t size = 0;
        while ((size = read(ends_[0], part.data(), part.size())) > 0)
            all.append(part.data(), static_cast<std::size_t>(size));
        return all;
    }

  private:
    static std::array<int, 2> make_pipe() {
        std::array<int, 2> ends{-1, -1};
        EXPECT_EQ(pipe(ends.data()), 0);
        return ends;
    }
    std::array<int, 2> ends_;

  protected:
    cli::Report report;
};

TEST_F(ReportTest, LabelsErrorsAndHints) {
    report.error("no such thing", "try another");
    report.warning("careful");
    report.line("Attached 1 probe");
    EXPECT_EQ(text(), "ERROR: no such thing\nHINT: try another\nWARNING: careful\nAttached 1 probe\n");
}

TEST_F(ReportTest, ColorsTheFirstLineOnly) {
    report.set_colors(true);
    report.diagnostic(Severity::error, "stdin:1:1-2: ERROR: bad\nx\n~\n");
    report.warning("careful");
    EXPECT_EQ(text(),
              "\033[31mstdin:1:1-2: ERROR: bad\033[0m\nx\n~\n"
              "\033[33mWARNING: careful\033[0m\n");
}

TEST_F(ReportTest, KeepsWarningsToItselfWhenAsked) {
    report.set_warnings(false);
    report.warning("careful", "hint");
    report.diagnostic(Severity::warning, "stdin:1:1-2: WARNING: odd\n");
    report.diagnostic(Severity::error, "stdin:1:1-2: ERROR: bad");
    EXPECT_EQ(text(), "stdin:1:1-2: ERROR: bad\n");
}

TEST_F(ReportTest, ShowsDetailsOnlyWithVerbose) {
    const base::Error error{"loading", 22, "", "0: R1=ctx()\n1: R0 !read_ok"};
    report.error(error);
    report.verbose("quiet");
    report.set_verbose(true);
    report.error(error);
    report.verbose("loud");
    EXPECT_EQ(text(), "ERROR: loading\nERROR: loading\n0: R1=ctx()\n1: R0 !read_ok\nloud\n");
}

}  // namespace
