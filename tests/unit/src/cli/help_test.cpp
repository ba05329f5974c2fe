#include "src/cli/help.h"

#include <gtest/gtest.h>

#include "src/cli/options.h"

namespace {

TEST(Help, NamesEveryShownFlagOnALineOfItsOwn) {
    const std::string text = cli::help_text("bpfline");
    for (const cli::Flag& flag : cli::flags())
        EXPECT_EQ(text.find("\n    " + cli::spelling(flag)) != std::string::npos, flag.is_shown) << cli::spelling(flag);
}

TEST(Help, FitsAWideTerminal) {
    const std::string text = cli::help_text("bpfline");
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = text.find('\n', start);
        EXPECT_LE(end - start, 120u) << text.substr(start, end - start);
        start = end + 1;
    }
}

TEST(Help, CallsTheProgramByItsName) {
    EXPECT_NE(cli::help_text("bpftrace").find("\n    bpftrace [OPTIONS] FILE"), std::string::npos);
}

TEST(Version, HasTheShapeScriptsLookFor) {
    EXPECT_EQ(cli::version_text(false).substr(0, 9), "bpfline v");
    EXPECT_EQ(cli::version_text(true).substr(0, 26), "bpftrace v0.26.1 (bpfline ");
}

TEST(ManPage, HasEveryShownFlagAndNoBareDashes) {
    const std::string text = cli::man_page();
    for (const cli::Flag& flag : cli::flags()) {
        if (flag.is_shown && !flag.word.empty()) {
            std::string word;
            for (const char c : std::string(flag.word))
                word += c == '-' ? std::string("\\-") : std::string(1, c);
            EXPECT_NE(text.find("\\-\\-" + word), std::string::npos) << flag.word;
        }
    }
    EXPECT_EQ(text.find("\n'"), std::string::npos) << "a line that troff would take for a request";
}

TEST(Completion, OffersOptionsAndValues) {
    const std::string text = cli::bash_completion();
    EXPECT_NE(text.find("--dry-run"), std::string::npos);
    EXPECT_NE(text.find("compgen -W 'text json'"), std::string::npos);
    EXPECT_EQ(text.find("--aot"), std::string::npos) << "not shown, not offered";
}

}  // namespace
