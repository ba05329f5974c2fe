#include "runtime/probes/btf_prototype.h"

#include <linux/btf.h>

#include <cerrno>

#include "runtime/kernel/arch.h"

namespace probes {
namespace {

constexpr std::uint32_t kSlot = 8;

// Hostile BTF may point in circles.
constexpr unsigned kDeepest = 32;

std::string spell(const kernel::Btf& btf, kernel::BtfId type, unsigned depth) {
    if (type == 0 || depth > kDeepest) return "void";
    const std::string name(btf.name(type));
    const auto inner = [&] { return spell(btf, btf.referenced(type), depth + 1); };
    switch (btf.kind(type)) {
        case BTF_KIND_PTR: {
            const std::string pointee = inner();
            return pointee.ends_with('*') ? pointee + "*" : pointee + " *";
        }
        case BTF_KIND_CONST: {
            const std::string text = inner();
            return text.ends_with('*') ? text + " const" : "const " + text;
        }
        case BTF_KIND_VOLATILE: return "volatile " + inner();
        case BTF_KIND_RESTRICT:
        case BTF_KIND_TYPE_TAG: return inner();
        case BTF_KIND_STRUCT: return "struct " + (name.empty() ? "(anon)" : name);
        case BTF_KIND_UNION: return "union " + (name.empty() ? "(anon)" : name);
        case BTF_KIND_FWD: return (btf.is_kind_flag(type) ? "union " : "struct ") + name;
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64: return "enum " + (name.empty() ? "(anon)" : name);
        case BTF_KIND_ARRAY: {
            const auto array = btf.array(type);
            if (!array) return "void";
            return spell(btf, array->element, depth + 1) + "[" + std::to_string(array->count) + "]";
        }
        case BTF_KIND_FUNC_PROTO: return inner() + " (*)()";
        default: return name.empty() ? "void" : name;
    }
}

}  // namespace

std::string spell_type(const kernel::Btf& btf, kernel::BtfId type) {
    return spell(btf, type, 0);
}

program::Argument slot_argument(const kernel::Btf& btf, std::string_view name, kernel::BtfId type, std::size_t slot) {
    using Kind = program::ArgumentType::Kind;
    program::Argument argument;
    argument.name = name;
    argument.place = program::ArgumentPlace::trampoline;
    argument.offset = static_cast<std::uint32_t>(slot) * kSlot;
    argument.type.spelling = spell_type(btf, type);
    argument.type.btf_id = type;
    argument.type.size = kSlot;
    bool is_user = false;
    const kernel::BtfId resolved = btf.resolve(type, &is_user);
    switch (btf.kind(resolved)) {
        case BTF_KIND_INT:
            if (const auto integer = btf.integer(resolved)) {
                argument.type.kind = integer->is_bool ? Kind::boolean : Kind::integer;
                argument.type.size = integer->size;
                argument.type.is_signed = integer->is_signed;
            }
            break;
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64:
            argument.type.kind = Kind::enumeration;
            argument.type.size = btf.byte_size(resolved);
            argument.type.is_signed = btf.is_kind_flag(resolved);
            break;
        case BTF_KIND_PTR: {
            argument.type.kind = Kind::pointer;
            bool points_to_user = false;
            const kernel::BtfId target = btf.referenced(resolved);
            static_cast<void>(btf.resolve(target, &points_to_user));
            argument.type.is_user_pointer = is_user || points_to_user;
            std::string pointee = spell_type(btf, target);
            if (pointee.starts_with("const ")) pointee.erase(0, 6);
            argument.type.pointee = pointee == "void" ? std::string() : pointee;
            break;
        }
        default:
            argument.type.kind = Kind::btf;
            argument.type.size = btf.byte_size(resolved);
            break;
    }
    return argument;
}

program::ArgumentList prototype_arguments(const kernel::Btf& btf, kernel::BtfId prototype, std::size_t skip) {
    program::ArgumentList list;
    const auto parameters = btf.parameters(prototype);
    std::size_t slot = 0;
    for (std::size_t i = skip; i < parameters.size(); i++) {
        if (parameters[i].type == 0) break;  // "..."
        program::Argument argument = slot_argument(btf, parameters[i].name, parameters[i].type, slot);
        // A struct passed by value takes as many slots as it needs.
        slot += argument.type.kind == program::ArgumentType::Kind::btf ? (argument.type.size + kSlot - 1) / kSlot : 1;
        if (!argument.name.empty()) list.arguments.push_back(std::move(argument));
    }
    list.size = static_cast<std::uint32_t>(slot) * kSlot;
    return list;
}

program::ArgumentList register_arguments(const kernel::Btf& btf, kernel::BtfId prototype) {
    // System V ABI for x86-64: integers, pointers and structures of up to 16 bytes take registers while there are
    // enough for all of their bytes; what does not fit lies on the stack behind the return address.
    constexpr unsigned kLargestInRegisters = 16;
    program::ArgumentList list;
    unsigned next = 0, on_stack = 0;
    for (const kernel::BtfParameter& parameter : btf.parameters(prototype)) {
        if (parameter.type == 0) {
            list.is_open = true;
            break;
        }
        program::Argument argument = slot_argument(btf, parameter.name, parameter.type, 0);
        const bool is_structure = argument.type.kind == program::ArgumentType::Kind::btf;
        const unsigned words = is_structure ? (argument.type.size + kSlot - 1) / kSlot : 1;
        const bool is_in_registers =
            argument.type.size <= kLargestInRegisters && next + words <= kernel::kArgumentRegisters;
        bool is_readable = true;
        if (is_in_registers) {
            argument.place = program::ArgumentPlace::register_file;
            argument.offset = kernel::argument_register(next).value_or(0);
            if (words == 2) {
                argument.second = static_cast<std::int32_t>(kernel::argument_register(next + 1).value_or(0));
            }
            next += words;
        } else {
            // Only what a register could hold is read from there.
            is_readable = !is_structure || words == 1;
            argument.place = program::ArgumentPlace::usdt_expression;
            argument.operand.kind = program::Operand::Kind::memory;
            argument.operand.size = static_cast<std::uint8_t>(is_readable ? argument.type.size : kSlot);
            argument.operand.is_signed = argument.type.is_signed;
            argument.operand.base = static_cast<std::int32_t>(kernel::register_offset("sp").value_or(0));
            argument.operand.displacement = std::int64_t{kSlot} * (1 + on_stack);
            on_stack += words;
        }
        if (!argument.name.empty() && is_readable) list.arguments.push_back(std::move(argument));
    }
    // By number only what registers and stack slots of this function hold.
    list.size = (next + on_stack) * kSlot;
    return list;
}

base::Result<FoundFunction> find_function(const kernel::KernelView& view, std::string_view module,
                                          std::string_view name) {
    const kernel::Btf* kernel = view.types();
    if (kernel == nullptr) {
        return base::Error{.message = "this kernel has no types (no /sys/kernel/btf/vmlinux)", .errnum = ENOENT};
    }
    const auto look = [name](const kernel::Btf* btf, std::string_view where) -> FoundFunction {
        if (btf == nullptr) return {};
        const kernel::BtfId function = btf->find(BTF_KIND_FUNC, name);
        // A module's BTF answers for the kernel's as well.
        if (function == 0 || function < btf->first()) return {};
        return {btf, std::string(where), function, btf->referenced(function)};
    };
    FoundFunction found;
    if (module.empty() || module == "vmlinux") found = look(kernel, "vmlinux");
    if (found.function == 0 && module.empty()) {
        for (const std::string& candidate : view.btf_modules()) {
            found = look(view.types(candidate), candidate);
            if (found.function != 0) break;
        }
    } else if (found.function == 0 && module != "vmlinux") {
        found = look(view.types(module), module);
    }
    if (found.function != 0) return found;
    return base::Error{.message = "the kernel's types (BTF) do not describe function " + std::string(name),
                       .errnum = ENOENT};
}

void set_module(program::ArgumentList& arguments, const std::string& module) {
    if (module == "vmlinux") return;
    for (program::Argument& argument : arguments.arguments)
        argument.type.btf_module = module;
}

std::vector<std::string> argument_lines(const program::ArgumentList& arguments) {
    std::vector<std::string> lines;
    for (const program::Argument& argument : arguments.arguments)
        lines.push_back(argument.type.spelling + " " + argument.name);
    return lines;
}

}  // namespace probes
