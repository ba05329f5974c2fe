#include "runtime/format/context.h"

#include <cxxabi.h>

#include <cstdlib>
#include <ctime>
#include <memory>

#include "runtime/format/gfp.h"
#include "runtime/format/text.h"

namespace format {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

/// Symbols remembered by address before the cache starts anew: enough for every return address of a kernel's hot paths.
constexpr std::size_t kMaxSymbols = 65536;

/// Layouts with more names than this look them up in a table.
constexpr std::size_t kMaxLinearNames = 8;

/// An event further away than this asks for the clock's offset again: wall time is slewed at most 0.5 ms a second.
constexpr std::uint64_t kOffsetAge = 1'000'000'000;

std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
    const std::int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

void append_flag_names(std::string& out, const program::Layout& layout, std::uint64_t value) {
    const std::string& delimiter = layout.names.delimiter;
    bool is_first = true;
    for (const auto& [mask, name] : layout.names.values) {
        if (mask == 0 || (value & mask) != mask) continue;
        if (!is_first) out += delimiter;
        is_first = false;
        out += name;
        value &= ~mask;
    }
    if (value == 0 && !is_first) return;
    if (!is_first) out += delimiter;
    out += "0x";
    append_hex(out, value);
}

/// Bits that count in a value of this layout.
std::uint64_t value_mask(const program::Layout& layout) {
    return layout.size == 0 || layout.size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (layout.size * 8)) - 1;
}

}  // namespace

const program::Layout FormatContext::kNoLayout;

FormatContext::FormatContext(const program::Program& program, const kernel::KernelView& kernel, StackSource stacks)
    : program_(program), kernel_(kernel), stacks_(std::move(stacks)) {}

std::vector<std::uint64_t> FormatContext::stack(program::MapId stacks, std::uint64_t id, std::uint32_t frames) const {
    if (!stacks_ || frames == 0) return {};
    std::vector<std::uint64_t> addresses = stacks_(stacks, id, frames);
    if (addresses.size() > frames) addresses.resize(frames);
    return addresses;
}

// ---- names ----------------------------------------------------------------------------------------------------------

void FormatContext::append_symbol(std::string& out, const std::string& name, std::uint64_t offset, bool with_offset) {
    if (name.starts_with("_Z") && program_.config.cpp_demangle) {
        const auto [at, is_new] = demangled_.try_emplace(name);
        if (is_new) {
            int status = 0;
            const std::unique_ptr<char, decltype(&std::free)> text(
                abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
            at->second = status == 0 && text ? text.get() : name;
        }
        out += at->second;
    } else {
        out += name;
    }
    if (with_offset) {
        out += '+';
        append_unsigned(out, offset);
    }
}

void FormatContext::append_kernel_symbol(std::string& out, std::uint64_t address, bool with_offset) {
    if (address == 0) {
        out += '0';
        return;
    }
    auto found = kernel_symbols_.find(address);
    if (found == kernel_symbols_.end()) {
        if (kernel_symbols_.size() >= kMaxSymbols) kernel_symbols_.clear();
        found = kernel_symbols_.emplace(address, kernel_.kernel_symbol(address)).first;
    }
    const kernel::Symbol& symbol = found->second;
    if (symbol.name.empty()) {
        out += "0x";
        append_hex(out, address);
        return;
    }
    append_symbol(out, symbol.name, symbol.offset, with_offset);
}

void FormatContext::append_user_symbol(std::string& out, std::uint32_t pid, std::uint64_t address, bool with_offset,
                                       bool with_module) {
    if (address == 0) {
        out += '0';
        return;
    }
    // Not remembered here: only the view knows when a pid has come to mean another process.
    const kernel::Symbol symbol = kernel_.user_symbol(pid, address);
    if (symbol.name.empty()) {
        out += "0x";
        append_hex(out, address);
    } else {
        append_symbol(out, symbol.name, symbol.offset, with_offset);
    }
    if (with_module) {
        out += " (";
        out += symbol.module.empty() ? "[unknown]" : symbol.module;
        out += ')';
    }
}

void FormatContext::append_user_name(std::string& out, std::uint32_t uid) {
    const auto [at, is_new] = users_.try_emplace(uid);
    if (is_new) at->second = kernel_.user_name(uid).value_or(std::string());
    out += at->second;
}

void FormatContext::append_cgroup_path(std::string& out, std::uint64_t id, std::uint64_t filter) {
    std::unordered_map<std::uint64_t, std::string>& known = cgroups_[filter];
    if (const auto found = known.find(id); found != known.end()) {
        out += found->second;
        return;
    }
    const std::string_view pattern =
        filter < program_.texts.size() ? std::string_view(program_.texts[filter]) : std::string_view();
    std::string text;
    for (const std::string& path : kernel_.cgroup_paths(id, pattern)) {
        if (!text.empty()) text += ',';
        text += path;
    }
    out += text;
    // An id is never used again, but one that is not there yet may appear.
    if (!text.empty()) known.emplace(id, std::move(text));
}

bool FormatContext::append_value_name(std::string& out, const program::Layout& layout, std::uint64_t value) {
    const auto& names = layout.names.values;
    const std::uint64_t mask = value_mask(layout);
    value &= mask;
    if (layout.names.is_flags && value != 0) {
        append_flag_names(out, layout, value);
        return true;
    }
    if (names.size() <= kMaxLinearNames) {
        for (const auto& [number, name] : names) {
            if ((number & mask) == value) {
                out += name;
                return true;
            }
        }
        return false;
    }
    auto& table = names_[&layout];
    if (table.empty()) {
        // The first name of a number wins, as in the declaration.
        for (std::size_t i = 0; i < names.size(); ++i)
            table.emplace(names[i].first & mask, i);
    }
    const auto found = table.find(value);
    if (found == table.end()) return false;
    out += names[found->second].second;
    return true;
}

void FormatContext::append_gfp_flags(std::string& out, std::uint64_t flags) {
    if (flags == 0) {
        out += '0';
        return;
    }
    if (gfp_flags_.empty()) gfp_flags_ = gfp_flags(kernel_);
    bool is_first = true;
    for (const GfpFlag& flag : gfp_flags_) {
        if (flag.mask == 0 || (flags & flag.mask) != flag.mask) continue;
        if (!is_first) out += '|';
        is_first = false;
        out += flag.name;
        flags &= ~flag.mask;
    }
    if (flags == 0) return;
    if (!is_first) out += '|';
    out += "0x";
    append_hex(out, flags);
}

// ---- time -----------------------------------------------------------------------------------------------------------

std::int64_t FormatContext::wall_ns(std::uint64_t ns, program::TimestampMode mode) {
    ClockOffset& clock = mode == program::TimestampMode::boot ? boot_ : tai_;
    const std::uint64_t age = ns > clock.asked_at ? ns - clock.asked_at : clock.asked_at - ns;
    if (!clock.is_known || age > kOffsetAge) {
        clock.offset = mode == program::TimestampMode::boot ? kernel_.boot_to_wall_ns() : kernel_.tai_to_wall_ns();
        clock.asked_at = ns;
        clock.is_known = true;
    }
    return static_cast<std::int64_t>(ns + static_cast<std::uint64_t>(clock.offset));
}

FormatContext::TimeFormat FormatContext::split(std::string_view format) {
    TimeFormat split;
    split.pieces.emplace_back();
    for (std::size_t i = 0; i < format.size(); ++i) {
        std::string& text = split.pieces.back().format;
        if (format[i] != '%' || i + 1 == format.size()) {
            text += format[i];
            continue;
        }
        const char next = format[++i];
        if (next == 'f' || next == 'L') {
            split.pieces.back().fraction = next == 'f' ? 6 : 3;
            split.pieces.emplace_back();
            continue;
        }
        text += '%';
        text += next;
    }
    return split;
}

void FormatContext::append_time(std::string& out, TimeFormat& format, std::int64_t wall) {
    const std::int64_t second = floor_divide(wall, kNsPerSecond);
    const std::int64_t fraction = wall - second * kNsPerSecond;
    if (format.second != second) {
        format.second = second;
        const std::time_t time = second;
        std::tm local{};
        ::localtime_r(&time, &local);
        for (TimeFormat::Piece& piece : format.pieces) {
            piece.rendered.clear();
            if (piece.format.empty()) continue;
            // A blank behind tells "nothing to print" (an empty %p) from "too small".
            const std::string padded = piece.format + ' ';
            std::size_t written = 0;
            for (std::size_t size = 128; written == 0 && size <= 65536; size *= 4) {
                piece.rendered.resize(size);
                written = ::strftime(piece.rendered.data(), size, padded.c_str(), &local);
            }
            piece.rendered.resize(written == 0 ? 0 : written - 1);
        }
    }
    for (const TimeFormat::Piece& piece : format.pieces) {
        out += piece.rendered;
        if (piece.fraction == 6) {
            append_padded(out, static_cast<std::uint64_t>(fraction / 1'000), 6);
        } else if (piece.fraction == 3) {
            append_padded(out, static_cast<std::uint64_t>(fraction / 1'000'000), 3);
        }
    }
}

void FormatContext::append_timestamp(std::string& out, std::uint64_t ns, program::TextId format,
                                     program::TimestampMode mode) {
    constexpr std::string_view kNone = "(?)";
    if (format.index() >= program_.texts.size()) {
        out += kNone;
        return;
    }
    if (time_formats_.size() <= format.index()) time_formats_.resize(program_.texts.size());
    TimeFormat& split_format = time_formats_[format.index()];
    if (split_format.pieces.empty()) split_format = split(program_.texts[format.index()]);

    const std::int64_t wall = wall_ns(ns, mode);
    const std::size_t before = out.size();
    if (floor_divide(wall, kNsPerSecond) != 0) append_time(out, split_format, wall);
    if (out.size() == before) out += kNone;
}

void FormatContext::append_wall_time(std::string& out, std::int64_t wall, std::string_view format) {
    const auto [at, is_new] = other_formats_.try_emplace(std::string(format));
    if (is_new) at->second = split(format);
    append_time(out, at->second, wall);
}

}  // namespace format
