// format::FormatContext: what bytes need besides themselves to become text: the program (layouts, texts, maps), what
// the kernel knows (symbols, users, clocks) and stored stacks, with the caches that keep an event cheap. One per run,
// given by the tracer, taken by everything in this folder. Not for several threads at once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/format/gfp.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"

namespace format {

/// Frames of a stored stack, leaf first, at most `frames`; empty if it is not there.
using StackSource =
    std::function<std::vector<std::uint64_t>(program::MapId stacks, std::uint64_t id, std::uint32_t frames)>;

class FormatContext {
  public:
    /// All three must outlive the context.
    FormatContext(const program::Program& program, const kernel::KernelView& kernel, StackSource stacks);

    [[nodiscard]] const program::Program& program() const { return program_; }
    [[nodiscard]] const kernel::KernelView& kernel() const { return kernel_; }
    /// Stacks name source lines too.
    [[nodiscard]] bool shows_debug_info() const { return program_.config.show_debug_info; }
    /// An unset or unknown id gives a layout of kind `none`.
    [[nodiscard]] const program::Layout& layout(program::LayoutId id) const {
        return id.index() < program_.layouts.size() ? program_.layouts[id.index()] : kNoLayout;
    }
    [[nodiscard]] std::vector<std::uint64_t> stack(program::MapId stacks, std::uint64_t id, std::uint32_t frames) const;

    // -- names; all append to out
    /// A kernel address: name, or "0x..." if unknown, "0" for 0; with "+offset" if asked for.
    void append_kernel_symbol(std::string& out, std::uint64_t address, bool with_offset);
    /// The same for an address of process pid; with " (module)" if asked for.
    void append_user_symbol(std::string& out, std::uint32_t pid, std::uint64_t address, bool with_offset,
                            bool with_module);
    /// Empty if there is no such user.
    void append_user_name(std::string& out, std::uint32_t uid);
    /// "hierarchy:path,..." of a control group; filter is an index into Program::texts.
    void append_cgroup_path(std::string& out, std::uint64_t id, std::uint64_t filter);
    /// The name of an integer's value; false and nothing appended if it has none.
    bool append_value_name(std::string& out, const program::Layout& layout, std::uint64_t value);
    /// Names of GFP flags of the running kernel (`%gr`).
    void append_gfp_flags(std::string& out, std::uint64_t flags);

    // -- time
    /// strftime with %f (microseconds) and %L (milliseconds) of a kernel clock's ns; "(?)" if that gives nothing.
    void append_timestamp(std::string& out, std::uint64_t ns, program::TextId format, program::TimestampMode mode);
    /// The same of wall-clock ns and a format that is not in Program::texts; empty stays empty.
    void append_wall_time(std::string& out, std::int64_t wall_ns, std::string_view format);
    /// Wall clock of a kernel clock's ns.
    [[nodiscard]] std::int64_t wall_ns(std::uint64_t ns, program::TimestampMode mode);

  private:
    /// A strftime format cut at its fractions, and what the whole-second parts were for `second`.
    struct TimeFormat {
        struct Piece {
            std::string format;  ///< for strftime; may be empty
            int fraction = 0;    ///< digits that follow: 0, 3 or 6
            std::string rendered;
        };
        std::vector<Piece> pieces;
        std::int64_t second = INT64_MIN;
    };
    /// Difference of a kernel clock to wall time, asked again when an event is more than a second away.
    struct ClockOffset {
        std::int64_t offset = 0;
        std::uint64_t asked_at = 0;
        bool is_known = false;
    };

    static TimeFormat split(std::string_view format);
    static void append_time(std::string& out, TimeFormat& format, std::int64_t wall_ns);
    void append_symbol(std::string& out, const std::string& name, std::uint64_t offset, bool with_offset);

    static const program::Layout kNoLayout;

    const program::Program& program_;
    const kernel::KernelView& kernel_;
    StackSource stacks_;
    std::unordered_map<std::uint64_t, kernel::Symbol> kernel_symbols_;
    std::unordered_map<std::string, std::string> demangled_;
    std::unordered_map<std::uint32_t, std::string> users_;
    std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, std::string>>
        cgroups_;  ///< filter -> id -> text
    std::unordered_map<const program::Layout*, std::unordered_map<std::uint64_t, std::size_t>> names_;
    std::vector<TimeFormat> time_formats_;  ///< by TextId
    std::unordered_map<std::string, TimeFormat> other_formats_;
    ClockOffset boot_, tai_;
    std::vector<GfpFlag> gfp_flags_;
};

}  // namespace format
