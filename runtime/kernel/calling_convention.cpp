#include "runtime/kernel/calling_convention.h"

#include <algorithm>
#include <array>
#include <optional>

#include "runtime/kernel/arch.h"

namespace kernel {
namespace {

/// The return address lies between the stack pointer and the arguments.
constexpr std::uint32_t kReturnAddress = 8;
constexpr std::uint64_t kEightbyte = 8;
/// Larger ones are passed in memory (vectors of 32 and 64 bytes aside, which programs cannot see either way).
constexpr std::uint64_t kMostInRegisters = 16;
constexpr unsigned kVectorRegisters = 8;
constexpr unsigned kDeepest = 16;

/// The ABI's classes, as far as they differ for us. In order of precedence within an eightbyte.
enum class Class : std::uint8_t { nothing, vector, integer, memory };

using Classes = std::array<Class, 2>;

void merge(Class& into, Class with) {
    into = std::max(into, with);
}

class Classifier {
  public:
    explicit Classifier(const DebugInfo& debug_info) : debug_info_(debug_info) {}

    Classes of(DwarfId id) {
        Classes classes{Class::nothing, Class::nothing};
        const DwarfType type = debug_info_.type(debug_info_.resolve(id));
        if (type.size > kMostInRegisters) return {Class::memory, Class::memory};
        add(id, 0, classes, 0);
        return classes;
    }

  private:
    void add(DwarfId id, std::uint64_t offset, Classes& classes, unsigned depth) {
        using Kind = DwarfType::Kind;
        const DwarfId resolved = debug_info_.resolve(id);
        const DwarfType type = debug_info_.type(resolved);
        if (depth > kDeepest || offset >= kMostInRegisters) {
            classes.fill(Class::memory);
            return;
        }
        switch (type.kind) {
            case Kind::integer:
            case Kind::boolean:
            case Kind::enumeration:
            case Kind::pointer:
                merge(classes[offset / kEightbyte], Class::integer);
                if (type.size > kEightbyte) merge(classes[1], Class::integer);  // __int128
                break;
            case Kind::floating:
                // long double is passed in memory.
                if (type.size > kEightbyte)
                    classes.fill(Class::memory);
                else
                    merge(classes[offset / kEightbyte], Class::vector);
                break;
            case Kind::array: {
                const DwarfType element = debug_info_.type(debug_info_.resolve(type.target));
                const std::uint64_t count = type.count * std::max<std::uint64_t>(1, type.inner_count);
                for (std::uint64_t i = 0; i < std::min(count, kMostInRegisters); i++)
                    add(type.target, offset + i * element.size, classes, depth + 1);
                break;
            }
            case Kind::structure:
            case Kind::union_:
                for (const DwarfMember& member : debug_info_.members(resolved))
                    add(member.type, offset + member.bit_offset / 8, classes, depth + 1);
                break;
            default: classes.fill(Class::memory); break;
        }
    }

    const DebugInfo& debug_info_;
};

}  // namespace

std::vector<ParameterPlace> parameter_places(const DebugInfo& debug_info, const DwarfFunction& function) {
    using Kind = ParameterPlace::Kind;
    Classifier classifier(debug_info);
    unsigned registers = 0, vectors = 0;
    std::uint32_t stack = kReturnAddress;

    const auto result = debug_info.type(debug_info.resolve(function.result));
    const bool is_aggregate = result.kind == DwarfType::Kind::structure || result.kind == DwarfType::Kind::union_;
    // A result that does not fit into registers goes where a hidden first argument says.
    if (is_aggregate && (result.is_passed_by_address || classifier.of(function.result)[0] == Class::memory))
        registers++;

    std::vector<ParameterPlace> places;
    for (const DwarfParameter& parameter : function.parameters) {
        ParameterPlace place;
        const DwarfType type = debug_info.type(debug_info.resolve(parameter.type));
        Classes classes = classifier.of(parameter.type);
        const bool is_address = type.is_passed_by_address || parameter.is_address;
        if (is_address) classes = {Class::integer, Class::nothing};
        const bool is_in_memory = classes[0] == Class::memory || classes[1] == Class::memory;
        unsigned wanted = 0, wanted_vectors = 0;
        for (const Class one : classes) {
            wanted += one == Class::integer;
            wanted_vectors += one == Class::vector;
        }
        if (!is_in_memory && wanted + wanted_vectors == 0) {
            // An empty C++ object is not passed at all.
        } else if (!is_in_memory && registers + wanted <= kArgumentRegisters &&
                   vectors + wanted_vectors <= kVectorRegisters) {
            if (wanted_vectors == 0) {
                place.kind = is_address ? Kind::address : Kind::registers;
                place.first = static_cast<std::int32_t>(argument_register(registers).value());
                if (wanted == 2) place.second = static_cast<std::int32_t>(argument_register(registers + 1).value());
            }
            registers += wanted;
            vectors += wanted_vectors;
        } else {
            // Arguments on the stack are aligned to 8; long double and over-aligned ones to 16 (and not shown then).
            const std::uint64_t size = is_address ? kEightbyte : std::max(kEightbyte, type.size);
            const bool is_wide = type.kind == DwarfType::Kind::floating && type.size > kEightbyte;
            if (is_wide) stack = (stack - kReturnAddress + 15) / 16 * 16 + kReturnAddress;
            if (type.kind != DwarfType::Kind::floating && !is_address) {
                place.kind = Kind::stack;
                place.stack_offset = stack;
            }
            stack += static_cast<std::uint32_t>((size + kEightbyte - 1) / kEightbyte * kEightbyte);
        }
        // What DWARF itself says of the first instruction holds also for copies the optimiser made with fewer
        // parameters (isra, constprop).
        if (parameter.entry_register && (is_address || type.size <= kEightbyte))
            if (const auto offset = dwarf_register(*parameter.entry_register))
                place = {.kind = is_address ? Kind::address : Kind::registers,
                         .first = static_cast<std::int32_t>(*offset)};
        places.push_back(place);
    }
    return places;
}

}  // namespace kernel
