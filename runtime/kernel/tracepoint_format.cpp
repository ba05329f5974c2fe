#include "runtime/kernel/tracepoint_format.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/kernel/print_format.h"

namespace kernel {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// A perf record holds at most PERF_MAX_TRACE_SIZE = 8192 bytes; a field beyond this is not a field.
constexpr std::uint64_t kLargest = 64 * 1024;

/// "int x; offset:8; size:4; signed:1;" taken apart; the numbers are missing if the text was.
struct FieldLine {
    std::string declaration;
    std::optional<std::uint64_t> offset, size;
    bool is_signed = false;
};

FieldLine parse_line(std::string_view text) {
    const auto pieces = base::split(text, ';');
    FieldLine line;
    line.declaration = base::single_spaced(pieces[0]);
    for (std::size_t i = 1; i < pieces.size(); i++) {
        const std::string_view piece = base::trim(pieces[i]);
        const std::size_t colon = piece.find(':');
        if (colon == kNone) continue;
        const std::string_view key = base::trim(piece.substr(0, colon));
        const auto value = base::parse_digits(base::trim(piece.substr(colon + 1)), 10);
        if (!value) continue;
        if (key == "offset" && !line.offset) line.offset = value;
        if (key == "size" && !line.size) line.size = value;
        if (key == "signed") line.is_signed = *value != 0;
    }
    return line;
}

/// A C declaration taken apart: "unsigned long args[6]" → "unsigned long", "args", {"6"}.
struct Declaration {
    std::string type, name;
    std::vector<std::string> bounds;  ///< text inside each [ ]
    bool is_function = false;         ///< void (*name)(int)
    bool is_user = false;             ///< tagged __user
};

// 6.18 and its neighbours may leave "__attribute__((btf_type_tag("user")))" in the type; elder ones nothing.
void remove_attributes(std::string& text, bool& is_user) {
    for (;;) {
        const std::size_t begin = text.find("__attribute__");
        if (begin == kNone) return;
        std::size_t end = text.find('(', begin);
        std::size_t depth = 0;
        while (end < text.size()) {
            if (text[end] == '(') depth++;
            if (text[end] == ')' && --depth == 0) break;
            end++;
        }
        if (end < text.size())
            end++;
        else
            end = text.size();
        is_user |= text.substr(begin, end - begin).find("\"user\"") != kNone;
        text.erase(begin, end - begin);
    }
}

std::optional<Declaration> parse_declaration(std::string text) {
    Declaration result;
    remove_attributes(text, result.is_user);
    std::string_view rest = base::trim(text);
    if (rest.ends_with(')')) {
        const std::size_t star = rest.find("(*");
        const std::size_t close = star == kNone ? kNone : rest.find(')', star);
        if (close == kNone) return std::nullopt;
        result.name = base::trim(rest.substr(star + 2, close - star - 2));
        result.type = std::string(rest.substr(0, star + 2)) + std::string(rest.substr(close));
        result.is_function = true;
    } else {
        while (rest.ends_with(']')) {
            const std::size_t open = rest.rfind('[');
            if (open == kNone) return std::nullopt;
            result.bounds.insert(result.bounds.begin(),
                                 std::string(base::trim(rest.substr(open + 1, rest.size() - open - 2))));
            rest = base::trim(rest.substr(0, open));
        }
        std::size_t begin = rest.size();
        while (begin > 0 && base::is_name_char(rest[begin - 1]))
            begin--;
        result.name = rest.substr(begin);
        result.type = base::single_spaced(rest.substr(0, begin));
    }
    if (result.name.empty() || !base::is_name_start(result.name[0]) || result.type.empty()) return std::nullopt;
    for (char c : result.name)
        if (!base::is_name_char(c)) return std::nullopt;
    return result;
}

/// Words of a type that say nothing about its bytes.
bool is_qualifier(std::string_view word) {
    static constexpr std::array<std::string_view, 14> kWords{
        "const",    "volatile", "restrict",  "__user",  "__rcu",    "__percpu",  "__iomem",
        "__seg_gs", "__seg_fs", "__private", "__force", "__kernel", "__bitwise", "register"};
    return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

std::string without_qualifiers(std::string_view type) {
    std::string spaced;
    for (char c : type)
        spaced += c == '*' ? std::string(" * ") : std::string(1, c);
    std::vector<std::string> words;
    for (std::string_view word : base::split(spaced, ' '))
        if (!word.empty() && !is_qualifier(word)) words.emplace_back(word);
    return base::join(words, " ");
}

/// "const struct sock *" → "struct sock"; "void *" → "".
std::string pointee_of(std::string_view type) {
    const std::string pointee = without_qualifiers(base::single_spaced(type.substr(0, type.rfind('*'))));
    return pointee == "void" ? std::string() : pointee;
}

// Needed only where the number of elements is a name (`u16 x[ETH_ALEN / 2]`): size of the field / size of one.
std::optional<std::uint64_t> known_size(std::string_view type) {
    struct Size {
        std::string_view name;
        std::uint64_t bytes;
    };
    static constexpr std::array<Size, 46> kSizes{{{"char", 1},
                                                  {"signed char", 1},
                                                  {"unsigned char", 1},
                                                  {"bool", 1},
                                                  {"_Bool", 1},
                                                  {"u8", 1},
                                                  {"__u8", 1},
                                                  {"uint8_t", 1},
                                                  {"s8", 1},
                                                  {"__s8", 1},
                                                  {"int8_t", 1},
                                                  {"short", 2},
                                                  {"unsigned short", 2},
                                                  {"u16", 2},
                                                  {"__u16", 2},
                                                  {"__be16", 2},
                                                  {"__le16", 2},
                                                  {"uint16_t", 2},
                                                  {"s16", 2},
                                                  {"umode_t", 2},
                                                  {"int", 4},
                                                  {"unsigned int", 4},
                                                  {"unsigned", 4},
                                                  {"u32", 4},
                                                  {"__u32", 4},
                                                  {"__be32", 4},
                                                  {"__le32", 4},
                                                  {"uint32_t", 4},
                                                  {"s32", 4},
                                                  {"pid_t", 4},
                                                  {"uid_t", 4},
                                                  {"gid_t", 4},
                                                  {"dev_t", 4},
                                                  {"long", 8},
                                                  {"unsigned long", 8},
                                                  {"long long", 8},
                                                  {"unsigned long long", 8},
                                                  {"u64", 8},
                                                  {"__u64", 8},
                                                  {"__be64", 8},
                                                  {"uint64_t", 8},
                                                  {"s64", 8},
                                                  {"size_t", 8},
                                                  {"loff_t", 8},
                                                  {"sector_t", 8},
                                                  {"ino_t", 8}}};
    for (const Size& size : kSizes)
        if (size.name == type) return size.bytes;
    return std::nullopt;
}

bool is_readable_size(std::uint64_t size) {
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/// Number of elements: what the brackets say where they say it, else from the element's size.
std::uint64_t element_count(const Declaration& declaration, const std::string& element, std::uint64_t size) {
    std::uint64_t count = 1;
    bool is_known = true;
    for (const std::string& bound : declaration.bounds) {
        const auto value = constant_value(bound);
        if (!value || *value == 0 || *value > kLargest || count > kLargest) {
            is_known = false;
            break;
        }
        count *= *value;
    }
    if (is_known && size % count == 0 && is_readable_size(size / count)) return count;
    const std::uint64_t bytes = element.ends_with('*') ? 8 : known_size(element).value_or(1);
    return size % bytes == 0 ? size / bytes : size;
}

program::ArgumentType type_of(const Declaration& declaration, const FieldLine& line, bool is_syscall) {
    using Kind = program::ArgumentType::Kind;
    const std::string bare = without_qualifiers(declaration.type);
    program::ArgumentType type;
    type.size = static_cast<std::uint32_t>(*line.size);
    type.is_signed = line.is_signed;
    type.spelling = declaration.type;
    for (const std::string& bound : declaration.bounds)
        type.spelling += "[" + bound + "]";

    if (!declaration.bounds.empty()) {
        type.kind = bare == "char" ? Kind::text : Kind::array;
        type.count =
            bare == "char" ? type.size : static_cast<std::uint32_t>(element_count(declaration, bare, type.size));
        if (type.kind == Kind::array && bare.ends_with('*')) type.pointee = pointee_of(declaration.type);
        return type;
    }
    if (declaration.is_function || bare.ends_with('*')) {
        type.kind = Kind::pointer;
        if (!declaration.is_function) type.pointee = pointee_of(declaration.type);
        type.is_user_pointer =
            is_syscall || declaration.is_user || declaration.type.find("__user") != std::string::npos;
    } else if ((bare == "bool" || bare == "_Bool") && type.size == 1) {
        type.kind = Kind::boolean;
    } else if (bare.starts_with("enum ") && is_readable_size(type.size)) {
        type.kind = Kind::enumeration;
    } else if (!is_readable_size(type.size)) {
        // A struct, union or typedef of one (uuid_t): its bytes. Whoever has BTF can look `spelling` up.
        type.kind = Kind::array;
        type.count = type.size;
        type.is_signed = false;
    }
    return type;
}

/// The element of "__data_loc TYPE[] name": the field itself is a u32 of offset and length.
program::ArgumentType dynamic_type(const Declaration& declaration, const FieldLine& line, std::string_view prefix) {
    program::ArgumentType type;
    type.kind = program::ArgumentType::Kind::pointer;
    type.size = static_cast<std::uint32_t>(*line.size);
    type.is_signed = line.is_signed;
    type.spelling = std::string(prefix) + declaration.type;
    std::string element = declaration.type;
    while (element.ends_with(']')) {
        const std::size_t open = element.rfind('[');
        if (open == std::string::npos) break;  // nothing opened it: hostile text
        element = base::trim(std::string_view(element).substr(0, open));
    }
    type.pointee = without_qualifiers(element);
    return type;
}

/// Brings a value from a C expression to what reading the field gives: cut to its size, extended by its sign. The
/// kernel writes { 0x80000000, ... } and { -1, ... } for fields of either sign.
std::uint64_t as_read(std::uint64_t value, const program::ArgumentType& type) {
    if (type.size >= 8) return value;
    const unsigned unused = 64 - 8 * type.size;
    if (type.is_signed) return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
    return value << unused >> unused;
}

/// Text behind "key" up to the line's end; empty if it is not there.
std::string_view line_value(std::string_view text, std::string_view key) {
    std::size_t at = 0;
    while ((at = text.find(key, at)) != kNone) {
        if (at == 0 || text[at - 1] == '\n') {
            const std::size_t begin = at + key.size();
            return base::trim(text.substr(begin, text.find('\n', begin) - begin));
        }
        at += key.size();
    }
    return {};
}

}  // namespace

base::Result<TracepointFormat> parse_tracepoint_format(std::string_view text) {
    constexpr std::string_view kField = "field:", kPrintFmt = "print fmt:";
    TracepointFormat format;
    const std::size_t print_fmt = text.find(kPrintFmt);
    const std::string_view head = text.substr(0, print_fmt);
    format.name = line_value(head, "name:");
    format.id = base::parse_digits(line_value(head, "ID:"), 10).value_or(0);
    // Only syscalls:sys_enter_* and sys_exit_* have it: pointers there come from the traced process.
    const bool is_syscall = head.find(" __syscall_nr;") != kNone;

    std::set<std::string> seen;
    std::size_t at = head.find(kField);
    while (at != kNone) {
        const std::size_t begin = at + kField.size();
        at = head.find(kField, begin);
        // Not up to the line's end: pasted text may have lost its line ends.
        const FieldLine line = parse_line(head.substr(begin, at == kNone ? kNone : at - begin));
        if (!line.offset || !line.size || *line.offset > kLargest || *line.size > kLargest) continue;

        std::string_view declared = line.declaration;
        program::ArgumentPlace place = program::ArgumentPlace::context;
        std::string_view prefix;
        for (const auto& [word, meaning] :
             {std::pair{std::string_view("__data_loc "), program::ArgumentPlace::data_loc},
              std::pair{std::string_view("__rel_loc "), program::ArgumentPlace::rel_loc}}) {
            if (!declared.starts_with(word)) continue;
            declared.remove_prefix(word.size());
            prefix = word;
            place = meaning;
        }
        // "char[] name": the brackets belong to the type, so parse_declaration finds no bounds behind the name.
        const auto declaration = parse_declaration(std::string(declared));
        if (!declaration || !seen.insert(declaration->name).second) continue;
        if (place != program::ArgumentPlace::context && *line.size != 4) continue;

        program::Argument argument;
        argument.name = declaration->name;
        argument.type = place == program::ArgumentPlace::context ? type_of(*declaration, line, is_syscall)
                                                                 : dynamic_type(*declaration, line, prefix);
        argument.place = place;
        argument.offset = static_cast<std::uint32_t>(*line.offset);
        argument.is_common = argument.name.starts_with("common_");
        format.arguments.size = std::max(format.arguments.size, static_cast<std::uint32_t>(*line.offset + *line.size));
        format.arguments.arguments.push_back(std::move(argument));
        format.declarations.push_back(line.declaration);
    }
    if (format.arguments.arguments.empty())
        return base::Error{
            .message = "no fields in the tracepoint's format file", .errnum = 0, .hint = {}, .detail = {}};

    if (print_fmt != kNone) {
        auto names = value_names(text.substr(print_fmt + kPrintFmt.size()));
        for (program::Argument& argument : format.arguments.arguments) {
            using Kind = program::ArgumentType::Kind;
            const Kind kind = argument.type.kind;
            if (kind != Kind::integer && kind != Kind::enumeration && kind != Kind::boolean) continue;
            const auto found = names.find(argument.name);
            if (found == names.end()) continue;
            argument.names = std::move(found->second);
            for (auto& [value, name] : argument.names.values)
                value = as_read(value, argument.type);
        }
    }
    return format;
}

}  // namespace kernel
