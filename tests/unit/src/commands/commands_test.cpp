#include <gtest/gtest.h>

#include "src/commands/privileges.h"
#include "src/commands/table.h"

namespace {

struct Listener : driver::Reporter {
    std::string heard;
    void error(std::string_view sentence, std::string_view) override { heard += sentence; }
    void error(const base::Error& error) override { heard += error.message; }
    void warning(std::string_view, std::string_view) override {}
    void diagnostic(driver::Severity, std::string_view) override {}
    void line(std::string_view) override {}
    void verbose(std::string_view) override {}
};

TEST(Commands, AreReservedWords) {
    for (const std::string_view word :
         {"record", "test", "learn", "why", "doctor", "migrate", "lsp", "snapshot", "workload"}) {
        const commands::Command* command = commands::find(word);
        ASSERT_NE(command, nullptr) << word;
        Listener listener;
        const std::array<const char*, 1> words{command->word.data()};
        EXPECT_EQ(command->run(words, listener), 1);
        EXPECT_NE(listener.heard.find("./" + std::string(word)), std::string::npos) << listener.heard;
    }
    EXPECT_EQ(commands::find("./record"), nullptr);
    EXPECT_EQ(commands::find("trace"), nullptr);
}

std::string status(std::string_view uid, std::string_view effective) {
    return "Name:\tbpfline\nUid:\t1000\t" + std::string(uid) + "\t0\t0\nCapInh:\t0\nCapEff:\t" +
           std::string(effective) + "\nSeccomp:\t0\n";
}

std::string missing(std::string_view uid, std::string_view effective, std::string_view lockdown = "") {
    const auto error = commands::missing_privilege(status(uid, effective), lockdown, "bpfline");
    return error ? error->message : "";
}

TEST(Privileges, SayWhichCapabilityIsMissing) {
    EXPECT_EQ(missing("0", "000001ffffffffff"), "");
    EXPECT_EQ(missing("0", "0000000000200000"), "") << "CAP_SYS_ADMIN is enough for root";
    EXPECT_EQ(missing("1000", "0000000000000000"), "Missing CAP_BPF capability, please run bpfline as the root user.");
    EXPECT_EQ(missing("0", "0000008000000000"), "Missing CAP_PERFMON capability, please run bpfline as the root user.");
    EXPECT_EQ(missing("1000", "000000c000000000"),
              "Missing CAP_DAC_READ_SEARCH capability, please run bpfline as the root user.");
    EXPECT_EQ(missing("1000", "000000c000000006"), "");
}

TEST(Privileges, ExplainLockdown) {
    EXPECT_EQ(missing("0", "000001ffffffffff", "none [integrity] confidentiality\n"), "");
    EXPECT_NE(missing("0", "000001ffffffffff", "none integrity [confidentiality]\n").find("lockdown"),
              std::string::npos);
}

}  // namespace
