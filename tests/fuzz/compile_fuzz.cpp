// Any bytes as a script, through the whole compiler: diagnostics or a program, never a crash and never a BUG. The
// kernel is the fake one of the tests.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "src/driver/compile.h"
#include "tests/support/fake_kernel.h"

namespace {

class Silent final : public driver::Reporter {
  public:
    void error(std::string_view, std::string_view) override { has_spoken = true; }
    void error(const base::Error&) override { has_spoken = true; }
    void warning(std::string_view, std::string_view) override {}
    void diagnostic(driver::Severity severity, std::string_view) override {
        has_spoken = has_spoken || severity == driver::Severity::error;
    }
    void line(std::string_view) override {}
    void verbose(std::string_view) override {}

    bool has_spoken = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test_support::FakeKernel kernel;
    driver::Request request;
    request.program = driver::Program{"stdin", std::string(reinterpret_cast<const char*>(data), size)};
    request.is_unsafe_allowed = true;
    request.parameters = {"7", "word"};
    // A child, so that cpid means something; it is never started.
    request.command = "/bin/true";
    Silent silent;
    const auto program = driver::compile(request, kernel, silent);
    if (!program && !silent.has_spoken) std::abort();  // refused without a word
    return 0;
}
