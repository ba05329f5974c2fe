#include "runtime/kernel/symbolizer.h"

#include <sys/auxv.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/kernel/files.h"

namespace kernel {
namespace {

// Processes remembered at once; a busy machine starts thousands a minute.
constexpr std::size_t kMostProcesses = 4096;

// The vDSO is two pages of text at most; the mapping's real size is in our own maps.
std::span<const std::byte> own_vdso() {
    const std::uint64_t address = ::getauxval(AT_SYSINFO_EHDR);
    const auto text = read_text("/proc/self/maps");
    if (address == 0 || !text.ok()) return {};
    for (const Mapping& mapping : parse_maps(*text))
        if (mapping.begin == address)
            return {reinterpret_cast<const std::byte*>(address), static_cast<std::size_t>(mapping.end - mapping.begin)};
    return {};
}

}  // namespace

bool Symbolizer::read_mappings(std::uint32_t pid) {
    const auto text = read_text("/proc/" + std::to_string(pid) + "/maps");
    if (!text.ok()) return false;
    auto mappings = parse_maps(*text);
    if (mappings.empty()) return false;  // a zombie or a kernel thread: what was known stays
    if (processes_.size() >= kMostProcesses && !processes_.contains(pid)) processes_.clear();
    processes_[pid].mappings = std::move(mappings);
    return true;
}

void Symbolizer::remember(std::uint32_t pid) {
    if (!processes_.contains(pid)) read_mappings(pid);
}

const Mapping* Symbolizer::mapping(std::uint32_t pid, std::uint64_t address) {
    // Twice: what is not in the known mappings may have been mapped since (dlopen, exec).
    for (int attempt = 0; attempt < 2; attempt++) {
        if (const auto process = processes_.find(pid); process != processes_.end()) {
            const auto& mappings = process->second.mappings;
            const auto next = std::upper_bound(mappings.begin(), mappings.end(), address,
                                               [](std::uint64_t wanted, const Mapping& m) { return wanted < m.begin; });
            if (next != mappings.begin() && address < (next - 1)->end) return &*(next - 1);
        }
        if (attempt == 0 && !read_mappings(pid)) return nullptr;
    }
    return nullptr;
}

std::shared_ptr<const ElfSymbols> Symbolizer::file(std::uint32_t pid, const std::string& path) {
    Process& process = processes_[pid];
    if (const auto known = process.files.find(path); known != process.files.end()) return known->second;
    std::shared_ptr<const ElfSymbols> symbols;
    // As the process sees it (containers), else as we do (it is gone).
    for (const std::string& candidate : {"/proc/" + std::to_string(pid) + "/root" + path, path}) {
        struct stat status {};
        if (::stat(candidate.c_str(), &status) != 0) continue;
        const FileId id{status.st_dev, status.st_ino,
                        std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
        const auto [place, is_new] = files_.try_emplace(id);
        if (is_new)
            if (auto opened = ElfSymbols::open(candidate); opened.ok())
                place->second = std::make_shared<const ElfSymbols>(std::move(*opened));
        symbols = place->second;
        break;
    }
    process.files.emplace(path, symbols);
    return symbols;
}

std::shared_ptr<const ElfSymbols> Symbolizer::vdso() {
    if (!has_vdso_read_) {
        has_vdso_read_ = true;
        if (const auto image = own_vdso(); !image.empty())
            if (auto symbols = ElfSymbols::from_memory(image); symbols.ok())
                vdso_ = std::make_shared<const ElfSymbols>(std::move(*symbols));
    }
    return vdso_;
}

// Just-in-time compilers that were asked to (node --perf-basic-prof, perf-map-agent) list their functions in
// /tmp/perf-PID.map: "START SIZE NAME", hexadecimal.
Symbol Symbolizer::find_jit(std::uint32_t pid, std::uint64_t address) {
    Process& process = processes_[pid];
    if (!process.has_jit_file_read) {
        process.has_jit_file_read = true;
        const std::string name = "/tmp/perf-" + std::to_string(pid) + ".map";
        auto text = read_text("/proc/" + std::to_string(pid) + "/root" + name);
        if (!text.ok()) text = read_text(name);
        if (text.ok()) {
            for (std::string_view line : base::split(*text, '\n')) {
                const std::size_t first = line.find(' ');
                const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
                if (second == std::string_view::npos) continue;
                const auto start = base::parse_digits(line.substr(0, first), 16);
                const auto size = base::parse_digits(line.substr(first + 1, second - first - 1), 16);
                if (start && size) process.jit[*start] = {*size, std::string(line.substr(second + 1))};
            }
        }
    }
    auto next = process.jit.upper_bound(address);
    if (next == process.jit.begin()) return {};
    --next;
    if (address - next->first >= next->second.first) return {};
    return {.name = next->second.second, .offset = address - next->first, .module = "[perf map]"};
}

Symbol Symbolizer::find(std::uint32_t pid, std::uint64_t address) {
    const Mapping* found = mapping(pid, address);
    if (found == nullptr) return {};
    const Mapping place = *found;  // file() may move the process's entry
    if (!place.is_file() && place.path != "[vdso]") {
        Symbol symbol = find_jit(pid, address);
        if (symbol.name.empty()) symbol.module = place.path;
        return symbol;
    }
    const auto symbols = place.is_file() ? file(pid, place.path) : vdso();
    Symbol symbol{.name = {}, .offset = 0, .module = place.path};
    if (!symbols) return symbol;
    const auto virtual_address = symbols->address_of_offset(address - place.begin + place.file_offset);
    if (!virtual_address) return symbol;
    if (const auto function = symbols->find(*virtual_address)) {
        symbol.name = function->name;
        symbol.offset = *virtual_address - function->address;
    }
    return symbol;
}

std::optional<FilePlace> Symbolizer::file_place(std::uint32_t pid, std::uint64_t address) {
    const Mapping* found = mapping(pid, address);
    if (found == nullptr || !found->is_file()) return std::nullopt;
    const Mapping place = *found;
    const auto symbols = file(pid, place.path);
    if (!symbols || symbols->build_id().empty()) return std::nullopt;
    return FilePlace{symbols->build_id(), address - place.begin + place.file_offset};
}

}  // namespace kernel
