// Any bytes are taken for a program: its symbols, static probes and debug information are read, and everything they
// name is looked at. A traced program is hostile input: whoever may run one may have written its file.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/kernel/arch.h"
#include "runtime/kernel/calling_convention.h"
#include "runtime/kernel/dwarf.h"
#include "runtime/kernel/elf_symbols.h"
#include "runtime/kernel/mapping_events.h"
#include "runtime/kernel/usdt_notes.h"
#include "runtime/kernel/zip_member.h"
#include "src/types/program_types.h"

namespace {

void look_at_types(const kernel::DebugInfo& debug_info, kernel::DwarfId id) {
    (void)debug_info.spelling(id);
    const kernel::DwarfId resolved = debug_info.resolve(id);
    (void)debug_info.type(resolved);
    (void)debug_info.constants(resolved);
    for (const kernel::DwarfMember& member : debug_info.members(resolved))
        (void)debug_info.spelling(member.type);
}

void make_type(types::ProgramTypes& program, kernel::DwarfId id) {
    types::Structure* structure = program.from_id(id)->structure;
    if (structure != nullptr && !structure->is_complete && structure->complete) structure->complete(*structure);
}

void look_at_debug_info(const kernel::ElfSymbols& symbols, std::span<const std::byte> image) {
    // libdw wants a file.
    const base::Fd file(::memfd_create("fuzz", MFD_CLOEXEC));
    if (::write(file.get(), image.data(), image.size()) != static_cast<ssize_t>(image.size())) return;
    const auto debug_info = kernel::DebugInfo::open("/proc/self/fd/" + std::to_string(file.get()));
    if (!debug_info.ok()) return;
    (void)(*debug_info)->addresses("uprobe_args.c", 80, 0);
    types::Table table;
    types::ProgramTypes program(table, *debug_info);
    look_at_types(**debug_info, (*debug_info)->find(kernel::DwarfType::Kind::structure, "node"));
    (void)program.structure("node", false);
    (void)program.named("node_t");
    for (const kernel::ElfFunction& symbol : symbols.functions()) {
        (void)(*debug_info)->line(symbol.address);
        const auto function = (*debug_info)->function(symbol.address);
        if (!function) continue;
        (void)kernel::parameter_places(**debug_info, *function);
        for (const kernel::DwarfParameter& parameter : function->parameters)
            look_at_types(**debug_info, parameter.type);
        for (const kernel::DwarfParameter& parameter : function->parameters)
            make_type(program, parameter.type);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> image = std::as_bytes(std::span(data, size));
    const auto symbols = kernel::ElfSymbols::from_memory(image);
    if (symbols.ok()) {
        for (const kernel::ElfFunction& function : symbols->functions()) {
            (void)symbols->find(function.address + function.size / 2);
            (void)symbols->is_code(function.address);
            if (const auto offset = symbols->offset_of_address(function.address))
                (void)symbols->address_of_offset(*offset);
        }
        look_at_debug_info(*symbols, image);
    }
    const auto find_symbol = [](std::string_view name) { return std::optional<std::uint64_t>(name.size()); };
    for (const kernel::UsdtNote& note : kernel::usdt_notes_of(image))
        for (std::string_view operand : kernel::split_usdt_arguments(note.arguments))
            (void)kernel::parse_usdt_operand(operand, note.address, find_symbol);

    // The same bytes as what else is read of a program: operands, instructions, archives, the kernel's reports.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (std::string_view operand : kernel::split_usdt_arguments(text.substr(0, 256)))
        (void)kernel::parse_usdt_operand(operand, 0, find_symbol);
    for (std::size_t at = 0; at < image.size() && at < 64; at++)
        (void)kernel::instruction_length(image.subspan(at));
    kernel::read_zip_directory(image, [](const kernel::ZipEntry& entry) { return entry.name.size() <= 0xffff; });
    const kernel::MappingEvents::Handlers handlers{.mapped = [](std::uint32_t, kernel::Mapping) {},
                                                   .executed = [](std::uint32_t) {},
                                                   .forked = [](std::uint32_t, std::uint32_t) {}};
    kernel::read_mapping_record(image, handlers);
    return 0;
}
