#include "runtime/tracer/trials.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/runtime/tracer/fixture.h"

namespace tracer_test {
namespace {

/// Gives each function the result a test prepared for it.
class Results final : public test_support::FakeEngine {
  public:
    std::map<std::uint32_t, std::int64_t> results;
    base::Result<std::int64_t> run_for_result(program::FunctionId function) override {
        if (base::Status ran = run(function); !ran.ok()) return ran.take_error();
        return results[function.value];
    }
};

class Trials : public testing::Test {
  protected:
    Trials() : out_(memfd_create("out", 0)) {
        program_ = small_program();
        program_.attachments.clear();
        for (const char* name : {"test:fine", "test:bad", "bench:quick"}) {
            program_.functions.push_back({});
            program::ProbeSpec spec;
            spec.name = name;
            spec.kind = name[0] == 't' ? program::ProbeKind::test : program::ProbeKind::bench;
            spec.function = program::FunctionId(program_.functions.size() - 1);
            program_.probes.push_back(spec);
        }
        options_.output_fd = out_.get();
    }
    int run(tracer::Trial trial) {
        const int status = tracer::run_trials(trial, program_, engine_, kernel_, options_);
        std::string text(static_cast<std::size_t>(lseek(out_.get(), 0, SEEK_END)), '\0');
        EXPECT_EQ(pread(out_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
        output_ = text;
        return status;
    }

    base::Fd out_;
    program::Program program_;
    Results engine_;
    test_support::FakeKernel kernel_;
    tracer::Options options_;
    std::string output_;
};

TEST_F(Trials, ATestThatReturnsZeroPasses) {
    EXPECT_EQ(run(tracer::Trial::test), 0);
    EXPECT_NE(output_.find("[       OK ] fine"), std::string::npos) << output_;
    EXPECT_NE(output_.find("[  PASSED  ] 2 tests."), std::string::npos) << output_;
}

TEST_F(Trials, OneThatReturnsAnythingElseFailsAndShowsItsOutput) {
    engine_.results[4] = 1;
    engine_.on_run[3] = {test_support::record(kPrintTick, 3, std::int64_t{7})};
    engine_.on_run[4] = {test_support::record(kPrintTick, 4, std::int64_t{8})};
    EXPECT_EQ(run(tracer::Trial::test), 1);
    EXPECT_NE(output_.find("[ RUN      ] bad\ntick 8\n[  FAILED  ] bad"), std::string::npos) << output_;
    EXPECT_EQ(output_.find("tick 7"), std::string::npos);
}

TEST_F(Trials, ExitWithACodeFails) {
    engine_.on_run[3] = {test_support::record(kExit, 3, std::int64_t{2})};
    EXPECT_EQ(run(tracer::Trial::test), 1);
    EXPECT_NE(output_.find("[  FAILED  ] fine"), std::string::npos) << output_;
    EXPECT_NE(output_.find("[       OK ] bad"), std::string::npos) << output_;
}

TEST_F(Trials, JsonIsOneObjectATest) {
    options_.format = tracer::OutputFormat::json;
    engine_.results[4] = -1;
    EXPECT_EQ(run(tracer::Trial::test), 1);
    EXPECT_NE(output_.find(R"({"type": "test_result", "data": {"fine": {"duration": )"), std::string::npos) << output_;
    EXPECT_NE(output_.find(R"("passed": false, "output": ""}}})"), std::string::npos) << output_;
}

TEST_F(Trials, ABenchRunsOften) {
    EXPECT_EQ(run(tracer::Trial::bench), 0);
    EXPECT_NE(output_.find("Benchmark                                Time(ns)       Iterations\n"), std::string::npos);
    EXPECT_NE(output_.find("\nquick "), std::string::npos) << output_;
}

TEST_F(Trials, NoneOfTheKindIsAnError) {
    program_.probes.pop_back();
    EXPECT_EQ(run(tracer::Trial::bench), 1);
}

}  // namespace
}  // namespace tracer_test
