#include "runtime/format/stack.h"

#include "runtime/format/text.h"

namespace format {
namespace {

using program::LayoutKind;
using program::StackMode;

/// Bytes of a build id that a frame line shows: a SHA-1. Shorter ones (lld's) get zeros behind, as the kernel gives
/// them; it knows no longer ones.
constexpr std::size_t kBuildIdBytes = 20;

void append_place(std::string& out, const kernel::SourceFrame& frame) {
    if (frame.file.empty()) return;
    out += '@';
    out += frame.file;
    out += ':';
    out += std::to_string(frame.line);
}

/// A line for each function whose code was put into the one that the symbol names.
void append_inlined(std::string& out, StackMode mode, std::uint64_t address,
                    const std::vector<kernel::SourceFrame>& frames, bool is_compact) {
    for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
        if (mode == StackMode::perf) {
            out += '\t';
            append_hex(out, address);
            out += ' ' + frames[i].function + " (inlined)\n";
            continue;
        }
        if (!is_compact) out.append(8, ' ');
        out += "[inlined] " + frames[i].function;
        append_place(out, frames[i]);
        out += '\n';
    }
}

}  // namespace

void append_stack(std::string& out, FormatContext& context, const program::Layout& layout, Bytes bytes,
                  bool is_compact) {
    const std::uint64_t id = read_unsigned(bytes, 0, 8);
    auto count = static_cast<std::uint32_t>(read_unsigned(bytes, 8, 4));
    if (count > layout.stack_limit) count = layout.stack_limit;
    const auto pid = static_cast<std::uint32_t>(read_unsigned(bytes, 12, 4));
    const bool is_kernel = layout.kind == LayoutKind::kstack;

    out += '\n';
    bool is_leaf = true;
    for (const std::uint64_t address : context.stack(layout.stacks, id, count)) {
        // All but the leaf are addresses to return to: the call is before them.
        std::vector<kernel::SourceFrame> frames;
        if (context.shows_debug_info() && !is_kernel &&
            (layout.stack_mode == StackMode::bpftrace || layout.stack_mode == StackMode::perf))
            frames = context.kernel().source_frames(pid, is_leaf ? address : address - 1);
        is_leaf = false;
        append_inlined(out, layout.stack_mode, address, frames, is_compact);
        switch (layout.stack_mode) {
            case StackMode::bpftrace:
                if (!is_compact) out.append(8, ' ');
                if (is_kernel) {
                    context.append_kernel_symbol(out, address, true);
                } else {
                    context.append_user_symbol(out, pid, address, true, false);
                    if (!frames.empty()) append_place(out, frames.back());
                }
                break;
            case StackMode::perf:
                out += '\t';
                append_hex(out, address);
                out += ' ';
                if (is_kernel) {
                    context.append_kernel_symbol(out, address, true);
                } else {
                    context.append_user_symbol(out, pid, address, true, true);
                }
                break;
            case StackMode::raw: append_hex(out, address); break;
            case StackMode::build_id: {
                const auto place =
                    is_kernel ? std::optional<kernel::FilePlace>() : context.kernel().file_place(pid, address);
                if (place && !place->build_id.empty() && place->build_id.size() <= kBuildIdBytes) {
                    for (const std::byte one : place->build_id) {
                        const auto byte = static_cast<unsigned>(one);
                        out += "0123456789abcdef"[byte >> 4];
                        out += "0123456789abcdef"[byte & 15];
                    }
                    out.append(2 * (kBuildIdBytes - place->build_id.size()), '0');
                    out += " 0x";
                    append_hex(out, place->offset);
                } else {
                    append_hex(out, address);
                }
                break;
            }
        }
        out += '\n';
    }
}

}  // namespace format
