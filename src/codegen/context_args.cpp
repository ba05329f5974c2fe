// Arguments of the attach point, by where they live (program::ArgumentPlace); probe kinds do not matter here.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/base/bug.h"
#include "src/codegen/probe_emitter.h"

namespace codegen {

using ir::Width;
using program::ArgumentPlace;
using types::Kind;

namespace {

/// Fields read directly out of the context, in words; longer ones by the helper.
constexpr std::uint32_t kMostDirect = 32;
/// The verifier lets tracepoint programs read the context at multiples of the access's size, and not its first word,
/// where the kernel keeps a pointer.
constexpr std::uint32_t kFirstReadable = 8;

bool is_direct(std::uint32_t offset, std::uint32_t size) {
    return std::has_single_bit(size) && size <= 8 && offset % size == 0 && offset >= kFirstReadable;
}

/// Offsets in struct pt_regs of x86-64, by the names operands use; the narrow ones say how many bytes they are.
struct Register {
    std::string_view name;
    std::uint32_t offset;
};
constexpr std::array<Register, 68> kRegisters{{
    {"r15", 0},   {"r15d", 0},  {"r15w", 0},  {"r15b", 0},    {"r14", 8},   {"r14d", 8},  {"r14w", 8},  {"r14b", 8},
    {"r13", 16},  {"r13d", 16}, {"r13w", 16}, {"r13b", 16},   {"r12", 24},  {"r12d", 24}, {"r12w", 24}, {"r12b", 24},
    {"rbp", 32},  {"ebp", 32},  {"bp", 32},   {"bpl", 32},    {"rbx", 40},  {"ebx", 40},  {"bx", 40},   {"bl", 40},
    {"r11", 48},  {"r11d", 48}, {"r11w", 48}, {"r11b", 48},   {"r10", 56},  {"r10d", 56}, {"r10w", 56}, {"r10b", 56},
    {"r9", 64},   {"r9d", 64},  {"r9w", 64},  {"r9b", 64},    {"r8", 72},   {"r8d", 72},  {"r8w", 72},  {"r8b", 72},
    {"rax", 80},  {"eax", 80},  {"ax", 80},   {"al", 80},     {"rcx", 88},  {"ecx", 88},  {"cx", 88},   {"cl", 88},
    {"rdx", 96},  {"edx", 96},  {"dx", 96},   {"dl", 96},     {"rsi", 104}, {"esi", 104}, {"si", 104},  {"sil", 104},
    {"rdi", 112}, {"edi", 112}, {"di", 112},  {"dil", 112},   {"rip", 128}, {"eip", 128}, {"ip", 128},  {"rsp", 152},
    {"esp", 152}, {"sp", 152},  {"spl", 152}, {"flags", 144},
}};

std::optional<std::uint32_t> register_offset(std::string_view name) {
    if (name.starts_with('%')) name.remove_prefix(1);
    const auto found = std::ranges::find(kRegisters, name, &Register::name);
    if (found == kRegisters.end()) return std::nullopt;
    return found->offset;
}

/// Takes a signed number (decimal or 0x) off the front; 0 if there is none.
std::int64_t take_number(std::string_view& text) {
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) text.remove_prefix(1);
    const bool is_hex = text.starts_with("0x");
    if (is_hex) text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return static_cast<std::int64_t>(is_negative ? ~value + 1 : value);
}

}  // namespace

const program::Argument& ProbeEmitter::event_argument(const types::Member& member) const {
    BUG_IF(member.argument < 0 || static_cast<std::size_t>(member.argument) >= probe_.arguments.arguments.size(),
           "no such argument of the event");
    return probe_.arguments.arguments[static_cast<std::size_t>(member.argument)];
}

/// Where the argument's bytes are, as an address for kernel reads.
ir::Value ProbeEmitter::argument_address(const program::Argument& argument) {
    ir::Builder& b = ir();
    const ir::Value start = b.ptr_to_int(context());
    switch (argument.place) {
        case ArgumentPlace::data_loc: {
            const ir::Value where = b.zext(b.load(Width::i32, context(), argument.offset), Width::i64);
            return b.add(start, b.and_(where, b.i64(0xffff)));
        }
        case ArgumentPlace::rel_loc: {
            const ir::Value where = b.zext(b.load(Width::i32, context(), argument.offset), Width::i64);
            return b.add(b.add(start, b.and_(where, b.i64(0xffff))), b.i64(argument.offset + 4));
        }
        case ArgumentPlace::context:
        case ArgumentPlace::register_file:
        case ArgumentPlace::trampoline: return b.add(start, b.i64(argument.offset));
        case ArgumentPlace::usdt_expression: BUG("an operand that has no address");
    }
    BUG("no such place");
}

ir::Value ProbeEmitter::argument_scalar(const program::Argument& argument, const types::Type* type) {
    ir::Builder& b = ir();
    switch (argument.place) {
        case ArgumentPlace::context: {
            const std::uint32_t size = type->size;
            if (is_direct(argument.offset, size)) {
                return b.resize(b.load(ir::width_of_bytes(size), context(), argument.offset), Width::i64,
                                type->is_signed);
            }
            const Temporaries temporaries(*this);
            const ir::Value place = stack_object(8);
            helper(Helper::probe_read_kernel, {place, b.i64(size), argument_address(argument)});
            return load_scalar(type, place);
        }
        case ArgumentPlace::data_loc:
        case ArgumentPlace::rel_loc: return argument_address(argument);  // a scalar of these is the address of the data
        case ArgumentPlace::register_file:
        case ArgumentPlace::trampoline: return normalised(type, b.load(Width::i64, context(), argument.offset));
        case ArgumentPlace::usdt_expression: return normalised(type, usdt_operand(argument));
    }
    BUG("no such place");
}

void ProbeEmitter::argument_into(const program::Argument& argument, const types::Type* type, ir::Value destination) {
    ir::Builder& b = ir();
    const std::uint32_t size = type->size;
    const bool is_in_words =
        argument.place == ArgumentPlace::context && size <= kMostDirect && argument.offset >= kFirstReadable;
    if (!is_in_words) {
        helper(Helper::probe_read_kernel, {destination, b.i64(size), argument_address(argument)});
        return;
    }
    const ir::Value from = context();
    for (std::uint32_t done = 0; done < size;) {
        std::uint32_t piece = std::min(8u, std::bit_floor(size - done));
        while ((argument.offset + done) % piece != 0)
            piece /= 2;
        const ir::Value word = b.load(ir::width_of_bytes(piece), from, argument.offset + done);
        const unsigned align = std::min(piece, alignment(destination, done));
        b.store(word, destination, done, align);
        done += piece;
    }
}

/// SIZE@OPERAND of a USDT note: $5, %rax, -16(%rbp), 8(%rax,%rbx,4). Negative sizes are signed.
ir::Value ProbeEmitter::usdt_operand(const program::Argument& argument) {
    ir::Builder& b = ir();
    std::string_view text = argument.expression;
    std::int64_t size = 8;
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        size = take_number(text);
        text.remove_prefix(text.find('@') + 1);
    }
    const auto bytes = static_cast<std::uint32_t>(size < 0 ? -size : size);
    const types::Type* type = types().integer(std::has_single_bit(bytes) && bytes <= 8 ? bytes : 8, size < 0);
    const auto content = [&](std::string_view name) {
        const auto offset = register_offset(name);
        return offset ? b.load(Width::i64, context(), *offset) : b.i64(0);
    };
    if (text.starts_with('$')) {
        text.remove_prefix(1);
        return b.i64(static_cast<std::uint64_t>(take_number(text)));
    }
    const std::size_t open = text.find('(');
    if (open == std::string_view::npos) return normalised(type, content(text));
    ir::Value address = b.i64(static_cast<std::uint64_t>(take_number(text)));
    text.remove_prefix(text.find('(') + 1);
    text = text.substr(0, text.find(')'));
    const auto take_part = [&] {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view part = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        return part;
    };
    if (const std::string_view base = take_part(); !base.empty()) address = b.add(address, content(base));
    if (const std::string_view index = take_part(); !index.empty()) {
        std::string_view scale = take_part();
        const auto times = scale.empty() ? 1 : static_cast<std::uint64_t>(take_number(scale));
        address = b.add(address, b.mul(content(index), b.i64(times)));
    }
    const Temporaries temporaries(*this);
    const ir::Value place = stack_object(8);
    read(place, b.i64(type->size), address, types::AddressSpace::user, probe_.attach_point);
    return load_scalar(type, place);
}

}  // namespace codegen
