// What an event or function brings along: the types of `args`, its fields and argN (check::Inference).
#include <algorithm>

#include <fmt/format.h>

#include "runtime/base/text.h"
#include "runtime/probes/provider.h"
#include "src/ast/visit.h"
#include "src/check/inference.h"

namespace check {

using types::AddressSpace;
using types::Member;

bool Inference::is_args(const ast::Expr& expr) {
    if (expr.kind == ast::ExprKind::identifier) return ast::as<ast::Identifier>(expr).name == "args";
    if (expr.kind == ast::ExprKind::call) {
        const auto& call = ast::as<ast::Call>(expr);
        return call.name == "args" && call.arguments.empty();
    }
    if (expr.kind == ast::ExprKind::unary) {
        const auto& unary = ast::as<ast::Unary>(expr);
        return unary.op == ast::UnaryOp::dereference && is_args(*unary.operand);
    }
    return false;
}

void Inference::ask_arguments() {
    if (body_->has_asked_arguments) return;
    body_->has_asked_arguments = true;
    const probes::Provider& provider = probes::row(body_->kind());
    if (provider.arguments == nullptr) return;
    auto list = provider.arguments(analysis_.input.kernel, body_->place().place);
    if (list.ok())
        body_->arguments = std::move(*list);
    else {
        body_->arguments_error = list.error().message;
        body_->arguments_hint = list.error().hint;
    }
}

const program::Argument* Inference::find_argument(std::string_view name) {
    ask_arguments();
    for (const program::Argument& argument : body_->arguments.arguments)
        if (argument.name == name) return &argument;
    return nullptr;
}

/// Whether the kernel's types know that the function or event has no argument of this number. Where they know nothing,
/// argN is whatever lies there.
bool Inference::has_fewer_arguments(std::string_view name) {
    using Kinds = program::ProbeKind;
    if (!program::KindSet::of(Kinds::kprobe, Kinds::fentry, Kinds::fexit, Kinds::rawtracepoint).has(body_->kind()))
        return false;
    // An offset into the function: registers mean something else there.
    if (body_->place().place.offset != 0) return false;
    ask_arguments();
    const program::ArgumentList& list = body_->arguments;
    if (!body_->arguments_error.empty() || list.is_open || probes::row(body_->kind()).arguments == nullptr)
        return false;
    // fexit's list ends with the returned value.
    const std::uint32_t slots =
        list.size / 8 - (list.arguments.empty() || list.arguments.back().name != "retval" ? 0 : 1);
    const auto number = base::parse_digits(name.substr(3), 10);
    return number && *number >= slots;
}

const Type* Inference::argument_type(const program::Argument& argument) {
    using enum program::ArgumentType::Kind;
    const program::ArgumentType& type = argument.type;
    // The data lies elsewhere in the record: its address is what the field is worth.
    if (argument.place == program::ArgumentPlace::data_loc || argument.place == program::ArgumentPlace::rel_loc)
        return types_.integer(8, false);
    const program::ProbeKind kind = body_->kind();
    using Kinds = program::ProbeKind;
    const bool is_user_side = program::KindSet::of(Kinds::uprobe, Kinds::uretprobe, Kinds::usdt).has(kind);
    const bool is_trusted = kind == Kinds::iter;
    const AddressSpace space = type.is_user_pointer || is_user_side ? AddressSpace::user : AddressSpace::kernel;
    const auto number = [&](std::uint32_t size, bool is_signed) -> const Type* {
        if (size == 1 || size == 2 || size == 4 || size == 8) return types_.integer(size, is_signed);
        return types_.array(types_.integer(1, false), size);
    };
    switch (type.kind) {
        case integer: return number(type.size, type.is_signed);
        case boolean: return type.size == 1 ? types_.boolean() : number(type.size, false);
        case text: return types_.string(std::max(1u, type.size));
        case array: {
            if (type.count == 0) return types_.array(types_.integer(1, false), type.size);
            return types_.array(number(type.size / type.count, type.is_signed), type.count);
        }
        case enumeration: {
            std::string_view name = type.spelling;
            if (name.starts_with("enum ")) name.remove_prefix(5);
            const bool is_of_kernel = type.btf_id != 0 && (type.btf_id & program::kProgramType) == 0;
            const Type* known = is_of_kernel ? analysis_.kernel_types.from_btf(type.btf_id, type.btf_module)
                                             : analysis_.definitions.enumeration(name);
            if (known != nullptr && known->size == type.size) return known;
            return number(type.size, type.is_signed);
        }
        case pointer: {
            const Type* element = nullptr;
            if (type.btf_id != 0 && (type.btf_id & program::kProgramType) == 0) {
                const Type* known = analysis_.kernel_types.from_btf(type.btf_id, type.btf_module);
                if (known->kind == Kind::pointer) element = known->element;
            }
            std::string_view pointee = type.pointee;
            if (element == nullptr && pointee.empty()) element = types_.void_type();
            if (element == nullptr && pointee.starts_with("struct "))
                element = analysis_.definitions.structure(pointee.substr(7), false);
            if (element == nullptr && pointee.starts_with("union "))
                element = analysis_.definitions.structure(pointee.substr(6), true);
            if (element == nullptr) element = analysis_.kernel_types.spelled(pointee, space);
            if (element == nullptr) element = types_.void_type();
            return types_.pointer(element, space, is_trusted);
        }
        case btf: {
            const Type* known = analysis_.kernel_types.from_btf(type.btf_id, type.btf_module);
            if (known->kind == Kind::pointer)
                return types_.pointer(known->element, known->space == AddressSpace::user ? AddressSpace::user : space,
                                      is_trusted && known->space != AddressSpace::user);
            return known;
        }
    }
    return types_.error();
}

/// A field whose text the kernel puts behind the others is worth the address of it.
bool Inference::is_address_of_text(const program::Argument& argument) {
    return argument.type.pointee == "char" &&
           (argument.place == program::ArgumentPlace::data_loc || argument.place == program::ArgumentPlace::rel_loc);
}

/// So much of each text is shown when all arguments of an event are: names of programs and files, as a rule.
constexpr std::uint32_t kTextOfEvent = 128;

const Type* Inference::whole_arguments() {
    if (body_->arguments_type != nullptr) return body_->arguments_type;
    types::Structure* structure = types_.new_structure();
    structure->name = fmt::format("struct {}_args", body_->place().name);
    structure->is_complete = structure->is_event_arguments = true;
    std::uint32_t offset = 0, alignment = 1;
    for (std::size_t i = 0; i < body_->arguments.arguments.size(); ++i) {
        const program::Argument& argument = body_->arguments.arguments[i];
        if (argument.is_common) continue;
        Member member;
        member.name = argument.name;
        // Alone the field is the address of its text; of all of them together the text is wanted.
        member.type = is_address_of_text(argument) ? types_.string(kTextOfEvent) : argument_type(argument);
        member.argument = static_cast<std::int32_t>(i);
        member.names = argument.names;
        member.is_user_pointer = argument.type.is_user_pointer;
        const std::uint32_t wanted = std::max(1u, types::alignment_of(member.type));
        alignment = std::max(alignment, wanted);
        offset = (offset + wanted - 1) / wanted * wanted;
        member.offset = offset;
        offset += member.type->size;
        structure->members.push_back(std::move(member));
    }
    structure->alignment = alignment;
    structure->size = (offset + alignment - 1) / alignment * alignment;
    body_->arguments_type = types_.structure(structure);
    return body_->arguments_type;
}

bool Inference::refuse_in_loop(std::string_view name, Range range) {
    if (loops_ == 0) return false;
    error(DiagnosticKind::wrong_probe, range, fmt::format("'{}' builtin is not allowed in a for-loop", name))
        .hint(fmt::format("assign it to a variable before the loop, e.g. `$value = {};`", name));
    return true;
}

const Type* Inference::argument_field(const ast::Field& node) {
    const Type* base = infer(*node.base);
    if (base == nullptr || is_error(base)) return base;
    const program::Argument* argument = find_argument(node.name);
    if (argument == nullptr) return no_member(node, base);
    if (argument->is_common) {
        error(DiagnosticKind::unknown_field, node.range, "BPF does not support accessing common tracepoint fields");
        return types_.error();
    }
    info(node).argument = argument;
    return argument_type(*argument);
}

bool Inference::is_address_of_text(const ast::Expr& expr) {
    const program::Argument* argument = info(expr).argument;
    return argument != nullptr && is_address_of_text(*argument);
}

}  // namespace check
