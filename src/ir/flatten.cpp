// ELF in memory → instructions, relocations, func_info and line_info of each program, and the BTF blob. Entrance:
// flatten().
//
// What the backend leaves to us: a program is a section "p<i>" whose callbacks and subprograms stand behind it. Calls
// are resolved already; an address of a function is an ld_imm64 with a relocation against the section itself (or a
// symbol in it) and the distance in bytes in its imm. Map references are ld_imm64 with src_reg set by llvm.bpf.pseudo
// and the map's id in imm, no ELF relocation.
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/bug.h"
#include "src/ir/object.h"

namespace ir {
namespace {

// Not in every elf.h (numbers of the psABI of BPF).
constexpr unsigned kRelocationFunctionAddress = 1;  // R_BPF_64_64
constexpr unsigned kRelocationCall = 10;            // R_BPF_64_32

constexpr std::uint8_t kLoadImm64 = BPF_LD | BPF_IMM | BPF_DW;
constexpr std::uint8_t kCall = BPF_JMP | BPF_CALL;

// .BTF.ext, as written by the backend and read by libbpf; offsets count from the end of the header.
struct BtfExtHeader {
    std::uint16_t magic;
    std::uint8_t version, flags;
    std::uint32_t header_size;
    std::uint32_t func_info_offset, func_info_size;
    std::uint32_t line_info_offset, line_info_size;
};

// The head of .BTF (struct btf_header of <linux/btf.h>).
struct BtfHeader {
    std::uint16_t magic;
    std::uint8_t version, flags;
    std::uint32_t header_size;
    std::uint32_t type_offset, type_size;
    std::uint32_t string_offset, string_size;
};

struct Section {
    std::string_view name;
    std::size_t index = 0;
    Elf_Data* data = nullptr;
    GElf_Shdr header{};

    [[nodiscard]] std::span<const std::byte> bytes() const {
        return {static_cast<const std::byte*>(data->d_buf), data->d_size};
    }
};

base::Error unexpected(std::string_view what) {
    return base::Error{"reading the generated object: " + std::string(what), 0, {}, {}};
}

// All sections with contents.
base::Result<std::vector<Section>> sections_of(Elf* elf) {
    std::size_t names = 0;
    if (elf == nullptr || elf_getshdrstrndx(elf, &names) != 0) return unexpected(elf_errmsg(-1));
    std::vector<Section> result;
    for (Elf_Scn* scn = elf_nextscn(elf, nullptr); scn != nullptr; scn = elf_nextscn(elf, scn)) {
        Section section;
        section.index = elf_ndxscn(scn);
        if (gelf_getshdr(scn, &section.header) == nullptr) return unexpected(elf_errmsg(-1));
        const char* name = elf_strptr(elf, names, section.header.sh_name);
        section.data = elf_getdata(scn, nullptr);
        if (name == nullptr || section.data == nullptr) continue;
        section.name = name;
        result.push_back(section);
    }
    return result;
}

const Section* find(const std::vector<Section>& sections, std::string_view name) {
    const auto found = std::ranges::find(sections, name, &Section::name);
    return found == sections.end() ? nullptr : &*found;
}

// The i of "p<i>".
std::optional<std::size_t> program_index(std::string_view section_name, std::size_t count) {
    if (!section_name.starts_with('p')) return std::nullopt;
    std::size_t index = 0;
    const char* end = section_name.data() + section_name.size();
    const auto [stop, error] = std::from_chars(section_name.data() + 1, end, index);
    if (error != std::errc() || stop != end || index >= count) return std::nullopt;
    return index;
}

void read_instructions(program::Function& function, std::span<const std::byte> bytes) {
    function.insns.resize(bytes.size() / sizeof(bpf_insn));
    std::memcpy(function.insns.data(), bytes.data(), function.insns.size() * sizeof(bpf_insn));
    for (std::uint32_t i = 0; i < function.insns.size(); ++i) {
        const bpf_insn& insn = function.insns[i];
        if (insn.code != kLoadImm64) continue;
        if (insn.src_reg == BPF_PSEUDO_MAP_FD || insn.src_reg == BPF_PSEUDO_MAP_VALUE) {
            const auto to =
                insn.src_reg == BPF_PSEUDO_MAP_FD ? program::Relocation::To::map : program::Relocation::To::map_value;
            function.relocations.push_back({i, to, program::MapId(static_cast<std::size_t>(insn.imm))});
        }
        ++i;  // the second half
    }
}

// ELF relocations of one program's section: all of them aim into the section itself.
base::Status resolve(program::Function& function, const Section& program, const Section& relocations,
                     Elf_Data* symbols) {
    const std::size_t count = relocations.header.sh_size / relocations.header.sh_entsize;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Rel relocation;
        GElf_Sym symbol;
        if (gelf_getrel(relocations.data, static_cast<int>(i), &relocation) == nullptr ||
            gelf_getsym(symbols, static_cast<int>(GELF_R_SYM(relocation.r_info)), &symbol) == nullptr) {
            return unexpected(elf_errmsg(-1));
        }
        const std::size_t index = relocation.r_offset / sizeof(bpf_insn);
        if (symbol.st_shndx != program.index || index >= function.insns.size()) {
            return unexpected("a reference out of a program");
        }
        bpf_insn& insn = function.insns[index];
        const auto here = static_cast<std::int64_t>(index);
        const auto base = static_cast<std::int64_t>(symbol.st_value / sizeof(bpf_insn));
        const auto type = GELF_R_TYPE(relocation.r_info);
        if (type == kRelocationFunctionAddress && insn.code == kLoadImm64) {
            // imm holds the distance from the symbol in bytes; the kernel wants it from the next instruction, in
            // instructions.
            const std::int64_t target = base + insn.imm / static_cast<std::int64_t>(sizeof(bpf_insn));
            insn.src_reg = BPF_PSEUDO_FUNC;
            insn.imm = static_cast<std::int32_t>(target - (here + 1));
        } else if (type == kRelocationCall && insn.code == kCall) {
            // Here imm counts instructions from the symbol, less one.
            insn.src_reg = BPF_PSEUDO_CALL;
            insn.imm = static_cast<std::int32_t>(base + insn.imm + 1 - (here + 1));
        } else {
            return unexpected("a relocation of type " + std::to_string(type));
        }
    }
    return {};
}

// Reads one subsection kind of .BTF.ext: u32 record size, then per section { u32 name, u32 count, records }. The kernel
// takes the records as they are, but with insn_off in instructions instead of bytes.
template <typename Record>
base::Status read_records(std::span<const std::byte> bytes, std::span<const std::byte> strings, Functions& result,
                          std::vector<Record> program::Function::*member) {
    std::size_t at = 0;
    const auto word = [&] {
        std::uint32_t value = 0;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        at += sizeof value;
        return value;
    };
    if (bytes.size() < sizeof(std::uint32_t)) return {};
    const std::uint32_t record_size = word();
    if (record_size < sizeof(Record)) return unexpected("short records in .BTF.ext");
    while (at + 2 * sizeof(std::uint32_t) <= bytes.size()) {
        const std::uint32_t name = word();
        const std::uint32_t count = word();
        if (name >= strings.size() || count > (bytes.size() - at) / record_size) return unexpected("a torn .BTF.ext");
        const auto* section = reinterpret_cast<const char*>(strings.data() + name);
        const auto index = program_index(section, result.functions.size());
        if (!index) return unexpected(".BTF.ext names section " + std::string(section));
        std::vector<Record>& records = result.functions[*index].*member;
        for (std::uint32_t i = 0; i < count; ++i, at += record_size) {
            Record& record = records.emplace_back();
            std::memcpy(&record, bytes.data() + at, sizeof record);
            record.insn_off /= sizeof(bpf_insn);
        }
    }
    return {};
}

// The kernel wants line_info in rising order of instructions, each once; the backend repeats an instruction where a
// line began and ended without code.
void sort_lines(program::Function& function) {
    auto& lines = function.line_info;
    std::ranges::stable_sort(lines, {}, &bpf_line_info::insn_off);
    std::vector<bpf_line_info> kept;
    for (const bpf_line_info& line : lines) {
        if (!kept.empty() && kept.back().insn_off == line.insn_off) {
            kept.back() = line;
        } else {
            kept.push_back(line);
        }
    }
    lines = std::move(kept);
}

base::Status read_btf(const std::vector<Section>& sections, Functions& result) {
    const Section* btf = find(sections, ".BTF");
    const Section* ext = find(sections, ".BTF.ext");
    if (btf == nullptr || ext == nullptr) return unexpected("no BTF");
    const auto btf_bytes = btf->bytes();
    const auto ext_bytes = ext->bytes();
    BtfHeader header{};
    BtfExtHeader ext_header{};
    if (btf_bytes.size() < sizeof header || ext_bytes.size() < sizeof ext_header) return unexpected("short BTF");
    std::memcpy(&header, btf_bytes.data(), sizeof header);
    std::memcpy(&ext_header, ext_bytes.data(), sizeof ext_header);
    const std::size_t strings_at = std::size_t{header.header_size} + header.string_offset;
    if (strings_at + header.string_size > btf_bytes.size()) return unexpected("torn BTF");
    const auto strings = btf_bytes.subspan(strings_at, header.string_size);
    const auto part = [&](std::uint32_t offset, std::uint32_t size) {
        const std::size_t begin = std::min<std::size_t>(std::size_t{ext_header.header_size} + offset, ext_bytes.size());
        return ext_bytes.subspan(begin, std::min<std::size_t>(size, ext_bytes.size() - begin));
    };
    if (base::Status status = read_records(part(ext_header.func_info_offset, ext_header.func_info_size), strings,
                                           result, &program::Function::func_info);
        !status) {
        return status;
    }
    if (base::Status status = read_records(part(ext_header.line_info_offset, ext_header.line_info_size), strings,
                                           result, &program::Function::line_info);
        !status) {
        return status;
    }
    for (program::Function& function : result.functions)
        sort_lines(function);
    result.btf.assign(btf_bytes.begin(), btf_bytes.end());
    return {};
}

}  // namespace

base::Result<Functions> flatten(const Object& object) {
    Functions result;
    if (object.program_names.empty()) return result;
    elf_version(EV_CURRENT);
    // libelf only reads here; its interface has no const.
    auto* image = const_cast<char*>(reinterpret_cast<const char*>(object.elf.data()));
    const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_memory(image, object.elf.size()), elf_end);
    auto sections = sections_of(elf.get());
    if (!sections) return sections.take_error();

    result.functions.resize(object.program_names.size());
    for (const Section& section : *sections) {
        if (section.header.sh_type != SHT_PROGBITS) continue;
        if (const auto index = program_index(section.name, result.functions.size())) {
            result.functions[*index].name = object.program_names[*index];
            read_instructions(result.functions[*index], section.bytes());
        }
    }
    for (const Section& section : *sections) {
        if (section.header.sh_type != SHT_REL) continue;
        const auto target = std::ranges::find(*sections, section.header.sh_info, &Section::index);
        const auto symbols = std::ranges::find(*sections, section.header.sh_link, &Section::index);
        if (target == sections->end() || symbols == sections->end()) return unexpected("a relocation without target");
        // .BTF and .BTF.ext have some too; what they point at is in place already.
        const auto index = program_index(target->name, result.functions.size());
        if (!index) continue;
        if (base::Status status = resolve(result.functions[*index], *target, section, symbols->data); !status) {
            return status.take_error();
        }
    }
    if (base::Status status = read_btf(*sections, result); !status) return status.take_error();
    for (const program::Function& function : result.functions)
        BUG_IF(function.insns.empty(), "a program without code");
    return result;
}

}  // namespace ir
