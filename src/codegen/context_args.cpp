// Arguments of the attach point, by where they live (program::ArgumentPlace); probe kinds do not matter here.
#include <algorithm>
#include <bit>
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

/// Whose memory operands point to: a kernel function's parameters lie on the kernel's stack.
types::AddressSpace operand_space(program::ProbeKind kind) {
    constexpr auto user =
        program::KindSet::of(program::ProbeKind::uprobe, program::ProbeKind::uretprobe, program::ProbeKind::usdt);
    return user.has(kind) ? types::AddressSpace::user : types::AddressSpace::kernel;
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
    if (shared_.syscall && shared_.syscall->is_raw) return syscall_argument(argument, type);
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
        case ArgumentPlace::trampoline:
            if (type->kind == Kind::pointer &&
                (probe_.kind == program::ProbeKind::fentry || probe_.kind == program::ProbeKind::fexit)) {
                // Out of the context it would be a pointer to the verifier, which forbids arithmetic on it, and refuses
                // pointers to pointers altogether. The helper gives a number.
                const Temporaries temporaries(*this);
                const ir::Value slot = stack_object(8);
                b.store(b.i64(0), slot);
                if (argument.name == "retval")
                    helper(Helper::get_func_ret, {context(), slot});
                else
                    helper(Helper::get_func_arg, {context(), b.i64(argument.offset / 8), slot});
                return b.load(Width::i64, slot);
            }
            return normalised(type, b.load(Width::i64, context(), argument.offset));
        case ArgumentPlace::register_file: return normalised(type, b.load(Width::i64, context(), argument.offset));
        case ArgumentPlace::usdt_expression: return normalised(type, usdt_operand(argument));
    }
    BUG("no such place");
}

void ProbeEmitter::argument_into(const program::Argument& argument, const types::Type* type, ir::Value destination) {
    ir::Builder& b = ir();
    const std::uint32_t size = type->size;
    if (argument.place == ArgumentPlace::usdt_expression) {
        read(destination, b.i64(size), operand_address(argument.operand), operand_space(probe_.kind),
             probe_.attach_point);
        return;
    }
    if (argument.place == ArgumentPlace::register_file) {
        // A small structure, in one register or two.
        for (std::uint32_t done = 0; done < size;) {
            const std::int32_t from = done < 8 ? static_cast<std::int32_t>(argument.offset) : argument.second;
            if (from < 0) break;
            const std::uint32_t piece = std::min(8u, std::bit_floor(size - done));
            const ir::Value word = b.lshr(b.load(Width::i64, context(), from), b.i64(std::uint64_t{8} * (done % 8)));
            b.store(b.trunc(word, ir::width_of_bytes(piece)), destination, done,
                    std::min(piece, alignment(destination, done)));
            done += piece;
        }
        return;
    }
    const bool is_in_words =
        argument.place == ArgumentPlace::context && size <= kMostDirect && argument.offset >= kFirstReadable;
    const bool is_elsewhere = argument.place == ArgumentPlace::data_loc || argument.place == ArgumentPlace::rel_loc;
    if (is_elsewhere && type->kind == Kind::string) {
        read_string(destination, b.i64(size), argument_address(argument), types::AddressSpace::kernel,
                    probe_.attach_point);
        return;
    }
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

/// A value of the traced program: in a register or its memory, or known beforehand.
ir::Value ProbeEmitter::operand_address(const program::Operand& operand) {
    ir::Builder& b = ir();
    ir::Value address = b.i64(static_cast<std::uint64_t>(operand.displacement));
    if (operand.base >= 0) address = b.add(address, b.load(Width::i64, context(), operand.base));
    if (operand.index >= 0)
        address = b.add(address, b.mul(b.load(Width::i64, context(), operand.index), b.i64(operand.scale)));
    return address;
}

ir::Value ProbeEmitter::usdt_operand(const program::Argument& argument) {
    ir::Builder& b = ir();
    const program::Operand& operand = argument.operand;
    const bool is_word = std::has_single_bit(operand.size) && operand.size <= 8;
    const types::Type* type = types().integer(is_word ? operand.size : 8, operand.is_signed);
    switch (operand.kind) {
        case program::Operand::Kind::constant:
            return normalised(type, b.i64(static_cast<std::uint64_t>(operand.displacement)));
        case program::Operand::Kind::register_: {
            // %ah begins one byte into its register, which the kernel reads in whole words only.
            const std::int32_t word = operand.base & ~7;
            const ir::Value whole = b.load(Width::i64, context(), word);
            return normalised(type, b.lshr(whole, b.i64(std::uint64_t{8} * static_cast<unsigned>(operand.base & 7))));
        }
        case program::Operand::Kind::address: return operand_address(operand);
        case program::Operand::Kind::memory: break;
    }
    const Temporaries temporaries(*this);
    const ir::Value place = stack_object(8);
    read(place, b.i64(type->size), operand_address(operand), operand_space(probe_.kind), probe_.attach_point);
    return load_scalar(type, place);
}

}  // namespace codegen
