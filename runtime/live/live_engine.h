// live::LiveEngine: the engine that runs a program in this kernel. Maps, BTF, functions and the ring are its own;
// attaching is the provider rows' (runtime/probes). Made by src/driver, driven by runtime/tracer through
// engine::Engine. Must not know formatting, scripts or LLVM.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/live/load.h"
#include "runtime/live/map_access.h"
#include "runtime/live/ring.h"
#include "runtime/probes/provider.h"

namespace live {

struct LiveOptions {
    bool keeps_verifier_logs = false;  ///< for -d verifier
    bool counts_time = false;          ///< ask the kernel for run counts and times of programs while we live
};

class LiveEngine final : public engine::Engine {
  public:
    /// kernel must outlive the engine.
    LiveEngine(const kernel::KernelView& kernel, LiveOptions options);
    ~LiveEngine() override;

    [[nodiscard]] base::Status load(const program::Program& program) override;
    void set_globals(const program::Globals& globals) override;
    [[nodiscard]] base::Status run(program::FunctionId function) override;
    [[nodiscard]] base::Result<std::int64_t> run_for_result(program::FunctionId function) override;
    bool keep_time() override;
    [[nodiscard]] base::Result<engine::Attached> attach(std::size_t index) override;
    [[nodiscard]] base::Result<bool> iterate(std::size_t index) override;
    std::size_t drain(engine::RecordSink& sink) override { return ring_.drain(sink); }
    [[nodiscard]] engine::Wake wait(std::span<const int> other_fds, int timeout_ms) override {
        return ring_.wait(other_fds, timeout_ms);
    }
    void settle() override;

    [[nodiscard]] base::Result<program::MapContents> read_map(program::MapId map) override;
    [[nodiscard]] base::Status clear_map(program::MapId map) override;
    [[nodiscard]] base::Status zero_map(program::MapId map) override;
    [[nodiscard]] std::vector<std::uint64_t> read_stack(program::MapId stacks, std::uint64_t id,
                                                        std::uint32_t frames) override;
    [[nodiscard]] std::vector<std::uint64_t> read_ledger(std::uint32_t first, std::uint32_t count) override;
    [[nodiscard]] std::uint64_t missed(std::size_t index) override;
    [[nodiscard]] std::uint64_t ticks_due(std::size_t index) override;
    [[nodiscard]] engine::RunStats run_stats(program::FunctionId function) override;
    void unwatch(std::uint64_t address) override;
    void detach() override;

    /// What the verifier said about a loaded function; empty unless logs are kept.
    [[nodiscard]] const std::string& verifier_log(program::FunctionId function) const;

  private:
    const kernel::KernelView& kernel_;
    LiveOptions options_;
    const program::Program* program_ = nullptr;
    base::Fd statistics_;  ///< while open, the kernel counts runs and time
    base::Fd btf_;
    std::vector<LiveMap> maps_;             ///< by MapId
    std::vector<LoadedProgram> functions_;  ///< by FunctionId
    struct Attachment {
        std::size_t index = 0;  ///< into Program::attachments
        probes::Links links;
    };
    [[nodiscard]] std::uint64_t ticks_so_far(const Attachment& attachment) const;

    std::vector<Attachment> attachments_;
    std::map<std::size_t, std::uint64_t> ticks_due_;  ///< by attachment, once programs are told to do nothing any more
    Ring ring_;
    int child_pid_ = -1;
    std::size_t objects_at_once_ = 1;  ///< of an iterator, between two looks at the ring
};

/// For callers that need no more than the door.
[[nodiscard]] std::unique_ptr<engine::Engine> make_engine(const kernel::KernelView& kernel, LiveOptions options = {});

}  // namespace live
