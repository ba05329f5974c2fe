#include "runtime/live/verifier_log.h"

#include <linux/btf.h>

#include <cctype>
#include <cstring>

namespace live {
namespace {

/// "12: (85) call bpf_probe_read_user#112" -> 12. Lines of register states ("12: R0=...") name the same instruction.
std::optional<std::uint32_t> instruction_of(std::string_view line) {
    std::size_t digits = 0;
    std::uint64_t value = 0;
    while (digits < line.size() && digits < 9 && std::isdigit(static_cast<unsigned char>(line[digits])) != 0) {
        value = value * 10 + static_cast<std::uint64_t>(line[digits] - '0');
        ++digits;
    }
    if (digits == 0 || !line.substr(digits).starts_with(": (")) return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

/// Lines that are never the reason: statistics, source lines, states, walks through the program.
bool is_remark(std::string_view line) {
    if (line.empty() || line.starts_with("processed ") || line.starts_with(";") || line.starts_with("max_states") ||
        line.starts_with("verification time") || line.starts_with("stack depth") || line.starts_with("from ") ||
        line.starts_with("mark_precise") || line.starts_with("last_idx") || line.starts_with("parent ")) {
        return false;
    }
    // "12: (85) call ...", "12: R1=ctx() R10=fp0", "R1=ctx() R10=fp0"
    std::size_t at = 0;
    while (at < line.size() && std::isdigit(static_cast<unsigned char>(line[at])) != 0)
        ++at;
    if (at > 0 && line.substr(at).starts_with(": ")) return false;
    return !(line.starts_with("R") && line.find('=') != std::string_view::npos && line.find(' ') > line.find('='));
}

/// A string of the program's BTF; empty if the offset leads nowhere.
std::string btf_string(const std::vector<std::byte>& btf, std::uint32_t offset) {
    btf_header header{};
    if (btf.size() < sizeof(header)) return {};
    std::memcpy(&header, btf.data(), sizeof(header));
    const std::uint64_t begin = std::uint64_t{header.hdr_len} + header.str_off;
    if (header.magic != BTF_MAGIC || begin + header.str_len > btf.size() || offset >= header.str_len) return {};
    const char* text = reinterpret_cast<const char*>(btf.data() + begin + offset);
    return std::string(text, strnlen(text, header.str_len - offset));
}

}  // namespace

Refusal read_verifier_log(std::string_view log) {
    Refusal refusal;
    while (!log.empty()) {
        const std::size_t end = log.find('\n');
        const std::string_view line = log.substr(0, end);
        log = end == std::string_view::npos ? std::string_view{} : log.substr(end + 1);
        if (const auto insn = instruction_of(line)) {
            refusal.insn = insn;
            refusal.reason.clear();
        } else if (is_remark(line)) {
            refusal.reason = line;
        }
    }
    return refusal;
}

std::optional<ScriptPlace> place_of(const program::Program& program, const program::Function& function,
                                    std::uint32_t insn) {
    const bpf_line_info* nearest = nullptr;
    for (const bpf_line_info& info : function.line_info) {
        if (info.insn_off > insn) continue;
        // Line 0 marks code that belongs to no line of the script.
        if (BPF_LINE_INFO_LINE_NUM(info.line_col) == 0) continue;
        if (nearest == nullptr || info.insn_off >= nearest->insn_off) nearest = &info;
    }
    if (nearest == nullptr) return std::nullopt;
    return ScriptPlace{.file = btf_string(program.btf, nearest->file_name_off),
                       .line = BPF_LINE_INFO_LINE_NUM(nearest->line_col),
                       .column = BPF_LINE_INFO_LINE_COL(nearest->line_col)};
}

}  // namespace live
