#include "src/cli/environment.h"

#include <gtest/gtest.h>

namespace {

struct Read {
    driver::Request request;
    cli::TerminalChoice terminal;
};

Read read(std::vector<const char*> variables) {
    variables.push_back(nullptr);
    Read result;
    result.terminal = cli::read_environment(variables.data(), result.request);
    return result;
}

TEST(Environment, HandsOnConfigByKey) {
    const auto [request, terminal] = read({"HOME=/root", "BPFTRACE_MAX_STRLEN=48", "BPFTRACE_STACK_MODE="});
    ASSERT_EQ(request.config.size(), 2u);
    EXPECT_EQ(request.config[0].key, "max_strlen");
    EXPECT_EQ(request.config[0].value, "48");
    EXPECT_EQ(request.config[0].variable, "BPFTRACE_MAX_STRLEN");
    EXPECT_EQ(request.config[1].value, "");
}

TEST(Environment, OurPrefixWinsWhicheverComesFirst) {
    for (const auto& variables : {std::vector<const char*>{"BPFTRACE_LOG_SIZE=1", "BPFLINE_LOG_SIZE=2"},
                                  std::vector<const char*>{"BPFLINE_LOG_SIZE=2", "BPFTRACE_LOG_SIZE=1"}}) {
        const Read result = read(variables);
        ASSERT_EQ(result.request.config.size(), 1u);
        EXPECT_EQ(result.request.config[0].value, "2");
        EXPECT_EQ(result.request.config[0].variable, "BPFLINE_LOG_SIZE");
    }
}

TEST(Environment, KeepsItsOwnSettingsOutOfTheConfig) {
    const Read result =
        read({"BPFTRACE_BTF=/b", "BPFTRACE_KERNEL_SOURCE=/s", "BPFLINE_KERNEL_BUILD=/k", "BPFTRACE_VMLINUX=/v",
              "BPFTRACE_COLOR=never", "CPATH=/a::/b", "C_INCLUDE_PATH=/c", "__BPFTRACE_NOTIFY_PROBES_ATTACHED="});
    EXPECT_TRUE(result.request.config.empty());
    EXPECT_EQ(result.request.btf_path, "/b");
    EXPECT_EQ(result.request.kernel_source_path, "/s");
    EXPECT_EQ(result.request.kernel_build_path, "/k");
    EXPECT_EQ(result.request.vmlinux_path, "/v");
    EXPECT_EQ(result.request.environment_include_dirs, (std::vector<std::string>{"/a", "/b", "/c"}));
    EXPECT_EQ(result.request.attached_notice, "__BPFTRACE_NOTIFY_PROBES_ATTACHED");
    EXPECT_EQ(result.terminal.color, cli::ColorChoice::never);
}

TEST(Environment, RemembersABadColor) {
    const Read result = read({"BPFTRACE_COLOR=pink"});
    EXPECT_EQ(result.terminal.color, cli::ColorChoice::automatic);
    EXPECT_EQ(result.terminal.bad_value, "pink");
    EXPECT_EQ(result.terminal.bad_variable, "BPFTRACE_COLOR");
}

}  // namespace
