#include "runtime/format/gfp.h"

#include <optional>

namespace format {
namespace {

/// Just enough C for `( unsigned long)((( gfp_t)((((1UL))) << (10)) | 0x400u) & ~(...))`: integers, parentheses, casts,
/// ~ << & | +, with C's precedence. Depth is bounded because the text comes from a file.
class Expression {
  public:
    explicit Expression(std::string_view text) : text_(text) {}

    /// The value, if the whole text is an expression.
    std::optional<std::uint64_t> evaluate() {
        const std::uint64_t value = parse(0, 0);
        skip_blanks();
        if (is_bad_ || at_ != text_.size()) return std::nullopt;
        return value;
    }

  private:
    static constexpr int kMaxDepth = 100;

    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t'))
            ++at_;
    }
    bool take(std::string_view token) {
        skip_blanks();
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

    /// level 0: |, 1: &, 2: <<, 3: +, 4: operand
    std::uint64_t parse(int level, int depth) {
        if (is_bad_ || depth > kMaxDepth) {
            is_bad_ = true;
            return 0;
        }
        if (level == 4) return operand(depth);
        std::uint64_t value = parse(level + 1, depth);
        while (!is_bad_) {
            if (level == 0 && take("|")) {
                value |= parse(1, depth);
            } else if (level == 1 && take("&")) {
                value &= parse(2, depth);
            } else if (level == 2 && take("<<")) {
                const std::uint64_t bits = parse(3, depth);
                value = bits < 64 ? value << bits : 0;
            } else if (level == 3 && take("+")) {
                value += parse(4, depth);
            } else {
                break;
            }
        }
        return value;
    }

    std::uint64_t operand(int depth) {
        if (take("~")) return ~parse(4, depth + 1);
        if (take("(")) {
            skip_blanks();
            if (is_letter()) {  // a cast
                while (at_ < text_.size() && text_[at_] != ')')
                    ++at_;
                if (!take(")")) is_bad_ = true;
                return parse(4, depth + 1);
            }
            const std::uint64_t value = parse(0, depth + 1);
            if (!take(")")) is_bad_ = true;
            return value;
        }
        return number();
    }

    std::uint64_t number() {
        skip_blanks();
        const unsigned base = take("0x") ? 16 : 10;
        std::uint64_t value = 0;
        const std::size_t start = at_;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            unsigned digit = 99;
            if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
            if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
            if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
            if (digit >= base) break;
            value = value * base + digit;
        }
        if (at_ == start) is_bad_ = true;
        while (at_ < text_.size() &&
               (text_[at_] == 'U' || text_[at_] == 'u' || text_[at_] == 'L' || text_[at_] == 'l')) {
            ++at_;
        }
        return value;
    }

    [[nodiscard]] bool is_letter() const {
        if (at_ >= text_.size()) return false;
        const char c = text_[at_];
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool is_bad_ = false;
};

/// Linux 6.1, x86-64 (include/linux/gfp_types.h), in the order of include/trace/events/mmflags.h.
std::vector<GfpFlag> linux_6_1() {
    constexpr std::uint64_t kReclaim = 0xc00, kIo = 0x40, kFs = 0x80, kHardwall = 0x100000, kAccount = 0x400000,
                            kNoMemalloc = 0x80000, kNoWarn = 0x2000, kComp = 0x40000, kMovable = 0x8, kHighmem = 0x2,
                            kHigh = 0x20, kKswapd = 0x800, kAtomic = 0x200;
    constexpr std::uint64_t kUser = kReclaim | kIo | kFs | kHardwall;
    constexpr std::uint64_t kHuge =
        ((kUser | kHighmem | kMovable) | kComp | kNoMemalloc | kNoWarn) & ~std::uint64_t{kReclaim};
    return {{kHuge | 0x400, "GFP_TRANSHUGE"},
            {kHuge, "GFP_TRANSHUGE_LIGHT"},
            {kUser | kHighmem | kMovable, "GFP_HIGHUSER_MOVABLE"},
            {kUser | kHighmem, "GFP_HIGHUSER"},
            {kUser, "GFP_USER"},
            {kReclaim | kIo | kFs | kAccount, "GFP_KERNEL_ACCOUNT"},
            {kReclaim | kIo | kFs, "GFP_KERNEL"},
            {kReclaim | kIo, "GFP_NOFS"},
            {kHigh | kAtomic | kKswapd, "GFP_ATOMIC"},
            {kReclaim, "GFP_NOIO"},
            {kKswapd, "GFP_NOWAIT"},
            {0x1, "GFP_DMA"},
            {kHighmem, "__GFP_HIGHMEM"},
            {0x4, "GFP_DMA32"},
            {kHigh, "__GFP_HIGH"},
            {kAtomic, "__GFP_ATOMIC"},
            {kIo, "__GFP_IO"},
            {kFs, "__GFP_FS"},
            {kNoWarn, "__GFP_NOWARN"},
            {0x4000, "__GFP_RETRY_MAYFAIL"},
            {0x8000, "__GFP_NOFAIL"},
            {0x10000, "__GFP_NORETRY"},
            {kComp, "__GFP_COMP"},
            {0x100, "__GFP_ZERO"},
            {kNoMemalloc, "__GFP_NOMEMALLOC"},
            {0x20000, "__GFP_MEMALLOC"},
            {kHardwall, "__GFP_HARDWALL"},
            {0x200000, "__GFP_THISNODE"},
            {0x10, "__GFP_RECLAIMABLE"},
            {kMovable, "__GFP_MOVABLE"},
            {kAccount, "__GFP_ACCOUNT"},
            {0x1000, "__GFP_WRITE"},
            {kReclaim, "__GFP_RECLAIM"},
            {0x400, "__GFP_DIRECT_RECLAIM"},
            {kKswapd, "__GFP_KSWAPD_RECLAIM"},
            {0x800000, "__GFP_ZEROTAGS"}};
}

}  // namespace

std::vector<GfpFlag> parse_gfp_flags(std::string_view format_file) {
    std::vector<GfpFlag> flags;
    const std::size_t table = format_file.find("__print_flags(");
    if (table == std::string_view::npos) return flags;
    std::size_t at = table;
    while (true) {
        at = format_file.find('{', at);
        if (at == std::string_view::npos) break;
        const std::size_t quote = format_file.find('"', at);
        if (quote == std::string_view::npos) break;
        const std::size_t end = format_file.find('"', quote + 1);
        const std::size_t comma = format_file.rfind(',', quote);
        if (end == std::string_view::npos || comma == std::string_view::npos || comma < at) break;
        const std::optional<std::uint64_t> mask = Expression(format_file.substr(at + 1, comma - at - 1)).evaluate();
        if (!mask) return {};
        flags.push_back(GfpFlag{.mask = *mask, .name = std::string(format_file.substr(quote + 1, end - quote - 1))});
        at = end;
    }
    return flags;
}

std::vector<GfpFlag> gfp_flags(const kernel::KernelView& kernel) {
    if (const auto text = kernel.tracepoint_format("kmem", "kmalloc")) {
        if (std::vector<GfpFlag> flags = parse_gfp_flags(*text); !flags.empty()) return flags;
    }
    return linux_6_1();
}

}  // namespace format
