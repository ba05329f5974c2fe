#include "runtime/kernel/usdt_notes.h"

#include <charconv>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/kernel/arch.h"
#include "runtime/kernel/elf_handle.h"

namespace kernel {
namespace {

constexpr std::uint32_t kStapsdt = 3;  // NT_STAPSDT
constexpr std::string_view kOwner = "stapsdt";

/// Takes the text up to the next NUL; nullopt: there is none.
std::optional<std::string> take_text(std::span<const std::byte>& bytes) {
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const std::size_t length = bytes.empty() ? 0 : ::strnlen(text, bytes.size());
    if (length == bytes.size()) return std::nullopt;
    std::string result(text, length);
    bytes = bytes.subspan(length + 1);
    return result;
}

/// location, base, semaphore: words of the program's own width; then provider, name and arguments.
std::optional<UsdtNote> read_note(std::span<const std::byte> bytes, std::size_t word, std::uint64_t base_section) {
    std::uint64_t words[3]{};
    if (bytes.size() < 3 * word) return std::nullopt;
    for (std::size_t i = 0; i < 3; i++)
        std::memcpy(&words[i], bytes.data() + i * word, word);  // little-endian
    bytes = bytes.subspan(3 * word);
    auto provider = take_text(bytes), name = take_text(bytes), arguments = take_text(bytes);
    if (!provider || !name || provider->empty() || name->empty()) return std::nullopt;
    UsdtNote note{.provider = std::move(*provider), .name = std::move(*name), .arguments = arguments.value_or("")};
    // prelink(8) moves sections without knowing of notes: .stapsdt.base tells by how much.
    const std::uint64_t moved = base_section == 0 ? 0 : base_section - words[1];
    note.address = words[0] + moved;
    note.semaphore = words[2] == 0 ? 0 : words[2] + moved;
    return note;
}

std::vector<UsdtNote> notes_of(Elf* elf) {
    std::vector<UsdtNote> notes;
    GElf_Shdr header;
    const std::uint64_t base = find_section(elf, ".stapsdt.base", &header) != nullptr ? header.sh_addr : 0;
    const std::size_t word = ::gelf_getclass(elf) == ELFCLASS32 ? 4 : 8;
    Elf_Scn* section = nullptr;
    while ((section = ::elf_nextscn(elf, section)) != nullptr) {
        if (::gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
        Elf_Data* data = ::elf_getdata(section, nullptr);
        if (data == nullptr || data->d_buf == nullptr) continue;
        const auto* bytes = static_cast<const std::byte*>(data->d_buf);
        GElf_Nhdr note;
        std::size_t at = 0, name_at = 0, text_at = 0;
        while ((at = ::gelf_getnote(data, at, &note, &name_at, &text_at)) > 0) {
            if (note.n_type != kStapsdt || note.n_namesz != kOwner.size() + 1) continue;
            if (std::memcmp(bytes + name_at, kOwner.data(), kOwner.size()) != 0) continue;
            if (auto read = read_note({bytes + text_at, note.n_descsz}, word, base)) notes.push_back(std::move(*read));
        }
    }
    return notes;
}

/// Takes a signed number (decimal, 0x or octal as assemblers write it) off the front.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::string_view rest = text;
    const bool is_negative = rest.starts_with('-');
    if (is_negative || rest.starts_with('+')) rest.remove_prefix(1);
    const bool is_hex = rest.starts_with("0x");
    if (is_hex) rest.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value, is_hex ? 16 : 10);
    if (problem != std::errc() || end == rest.data()) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    text = rest;
    return static_cast<std::int64_t>(is_negative ? ~value + 1 : value);
}

bool is_symbol_char(char c) {
    return base::is_name_char(c) || c == '.' || c == '$' || c == '@';
}

/// "8", "-16", "sym", "sym+8", "8+sym-4": the sum, and whether a symbol was in it.
struct Sum {
    std::int64_t value = 0;
    bool has_symbol = false;
};

std::optional<Sum> read_sum(std::string_view text, const FindSymbol& find_symbol) {
    Sum sum;
    while (!text.empty()) {
        if (const auto number = take_number(text)) {
            sum.value =
                static_cast<std::int64_t>(static_cast<std::uint64_t>(sum.value) + static_cast<std::uint64_t>(*number));
            continue;
        }
        if (text.starts_with('+')) text.remove_prefix(1);
        std::size_t length = 0;
        while (length < text.size() && is_symbol_char(text[length]))
            length++;
        if (length == 0 || sum.has_symbol) return std::nullopt;
        std::string_view name = text.substr(0, length);
        text.remove_prefix(length);
        // sym@GOTPCREL and its like mean a slot of a table, not the symbol.
        if (name.find('@') != std::string_view::npos) return std::nullopt;
        const auto address = find_symbol(name);
        if (!address) return std::nullopt;
        sum.value = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum.value) + *address);
        sum.has_symbol = true;
    }
    return sum;
}

std::optional<std::int32_t> register_at(std::string_view name) {
    const auto offset = assembler_register(base::trim(name));
    return offset ? std::optional(static_cast<std::int32_t>(*offset)) : std::nullopt;
}

}  // namespace

base::Result<std::vector<UsdtNote>> read_usdt_notes(const std::string& path) {
    auto file = open_elf(path);
    if (!file.ok()) return file.take_error();
    return notes_of(file->elf.get());
}

std::vector<UsdtNote> usdt_notes_of(std::span<const std::byte> image) {
    std::vector<char> copy(image.size());
    if (!image.empty()) std::memcpy(copy.data(), image.data(), image.size());
    const ElfHandle elf = elf_of(copy);
    return elf ? notes_of(elf.get()) : std::vector<UsdtNote>{};
}

std::vector<std::string_view> split_usdt_arguments(std::string_view arguments) {
    std::vector<std::string_view> result;
    std::size_t begin = 0, depth = 0;
    for (std::size_t i = 0; i <= arguments.size(); i++) {
        const char c = i < arguments.size() ? arguments[i] : ' ';
        if (c == '(') depth++;
        if (c == ')' && depth > 0) depth--;
        // "8@(%rax, %rbx)": blanks inside parentheses separate nothing.
        if (c != ' ' || (depth > 0 && i < arguments.size())) continue;
        if (i > begin) result.push_back(arguments.substr(begin, i - begin));
        begin = i + 1;
    }
    return result;
}

std::optional<program::Operand> parse_usdt_operand(std::string_view text, std::uint64_t address,
                                                   const FindSymbol& find_symbol) {
    using Kind = program::Operand::Kind;
    program::Operand operand;
    operand.is_signed = true;
    // Old versions of sys/sdt.h left the size out: a word then.
    if (const std::size_t at = text.find('@'); at != std::string_view::npos && at > 0) {
        std::string_view size = text.substr(0, at);
        const auto number = take_number(size);
        if (number && size.empty()) {
            const std::int64_t bytes = *number < 0 ? -*number : *number;
            if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) return std::nullopt;
            operand.size = static_cast<std::uint32_t>(bytes);
            operand.is_signed = *number < 0;
            text.remove_prefix(at + 1);
        } else if (!size.empty() && number) {
            return std::nullopt;  // "8f@%xmm0": floating point
        }
    }
    if (text.starts_with('%')) {
        const auto found = register_at(text);
        if (!found) return std::nullopt;
        operand.kind = Kind::register_;
        operand.base = *found;
        return operand;
    }
    const auto relative_to_code = [&](std::int64_t value) {
        // A program runs elsewhere than its file says; how far off, the instruction pointer tells.
        operand.base = static_cast<std::int32_t>(register_offset("ip").value());
        operand.displacement = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) - address);
    };
    if (text.starts_with('$')) {
        const auto sum = read_sum(text.substr(1), find_symbol);
        if (!sum) return std::nullopt;
        operand.kind = sum->has_symbol ? Kind::address : Kind::constant;
        operand.displacement = sum->value;
        if (sum->has_symbol) relative_to_code(sum->value);
        return operand;
    }
    operand.kind = Kind::memory;
    const std::size_t open = std::min(text.find('('), text.size());
    const auto sum = read_sum(text.substr(0, open), find_symbol);
    if (!sum) return std::nullopt;
    operand.displacement = sum->value;
    if (open == text.size()) {
        // A bare address: of a symbol in a program without PIE, or a number.
        if (open == 0) return std::nullopt;
        if (sum->has_symbol) relative_to_code(sum->value);
        return operand;
    }
    if (!text.ends_with(')')) return std::nullopt;
    const auto parts = base::split(text.substr(open + 1, text.size() - open - 2), ',');
    if (parts.size() > 3) return std::nullopt;
    if (const auto base = base::trim(parts[0]); !base.empty()) {
        const auto found = register_at(base);
        if (!found) return std::nullopt;
        operand.base = *found;
        if (operand.base == static_cast<std::int32_t>(register_offset("ip").value()) && sum->has_symbol) {
            // sym(%rip) is the symbol itself, whatever the instruction's address.
            if (parts.size() > 1) return std::nullopt;
            relative_to_code(sum->value);
            return operand;
        }
    }
    // With other registers, sym(,%rax,8), the program was linked without PIE and runs where its file says.
    if (parts.size() > 1) {
        const auto found = register_at(parts[1]);
        if (!found) return std::nullopt;
        operand.index = *found;
    }
    if (parts.size() > 2) {
        const auto scale = base::parse_digits(base::trim(parts[2]), 10);
        if (!scale || (*scale != 1 && *scale != 2 && *scale != 4 && *scale != 8)) return std::nullopt;
        operand.scale = static_cast<std::uint8_t>(*scale);
    }
    return operand;
}

}  // namespace kernel
