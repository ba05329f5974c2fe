#include "runtime/kernel/symbolizer.h"

#include <sys/auxv.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/kernel/dwarf.h"
#include "runtime/kernel/files.h"
#include "runtime/kernel/zip_member.h"

namespace kernel {
namespace {

// Processes remembered at once; a busy machine starts thousands a minute.
constexpr std::size_t kMostProcesses = 4096;

// Of one process, unmapped ones included.
constexpr std::size_t kMostMappings = 8192;

// A process takes some 40 microseconds.
constexpr std::int64_t kLongestLook = 100'000'000;

// How long what /proc said of a process is believed when it does not explain an address.
constexpr std::int64_t kReadAgainNs = 20'000'000;

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

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

bool is_before(const Mapping& a, const Mapping& b) {
    return a.begin < b.begin;
}

/// By address, without overlaps.
const Mapping* find_in(const std::vector<Mapping>& mappings, std::uint64_t address) {
    const auto next = std::upper_bound(mappings.begin(), mappings.end(), address,
                                       [](std::uint64_t wanted, const Mapping& m) { return wanted < m.begin; });
    return next != mappings.begin() && address < (next - 1)->end ? &*(next - 1) : nullptr;
}

/// Adds what was there before to `mappings`, where nothing lies now.
void keep(std::vector<Mapping>& mappings, const std::vector<Mapping>& before) {
    std::vector<Mapping> kept;
    for (const Mapping& old : before) {
        const auto next = std::lower_bound(mappings.begin(), mappings.end(), old, is_before);
        const bool hits_next = next != mappings.end() && next->begin < old.end;
        const bool hits_previous = next != mappings.begin() && (next - 1)->end > old.begin;
        if (!hits_next && !hits_previous) kept.push_back(old);
    }
    if (kept.empty() || mappings.size() + kept.size() > kMostMappings) return;
    mappings.insert(mappings.end(), kept.begin(), kept.end());
    std::sort(mappings.begin(), mappings.end(), is_before);
}

}  // namespace

Symbolizer::Process& Symbolizer::process(std::uint32_t pid) {
    if (processes_.size() >= kMostProcesses && !processes_.contains(pid)) processes_.clear();
    return processes_[pid];
}

bool Symbolizer::read_mappings(std::uint32_t pid) {
    const auto text = read_text("/proc/" + std::to_string(pid) + "/maps");
    if (!text.ok()) return false;
    auto mappings = parse_maps(*text);
    if (mappings.empty()) return false;  // a zombie or a kernel thread: what was known stays
    Process& known = process(pid);
    std::sort(mappings.begin(), mappings.end(), is_before);
    keep(mappings, known.mappings);
    known.mappings = std::move(mappings);
    known.read_ns = now_ns();
    return true;
}

void Symbolizer::remember(std::uint32_t pid) {
    take_events();
    if (!processes_.contains(pid)) read_mappings(pid);
}

void Symbolizer::remember_all() {
    take_events();
    const std::int64_t end = now_ns() + kLongestLook;
    for (const std::string& name : file_names("/proc")) {
        const auto pid = base::parse_digits(name, 10);
        if (!pid || *pid > UINT32_MAX || processes_.contains(static_cast<std::uint32_t>(*pid))) continue;
        if (now_ns() > end || processes_.size() + 1 >= kMostProcesses) return;
        read_mappings(static_cast<std::uint32_t>(*pid));
    }
}

void Symbolizer::watch(std::span<const int> cpus) {
    if (events_) return;
    if (auto opened = MappingEvents::open(cpus); opened.ok()) events_ = std::move(*opened);
}

void Symbolizer::take_events() {
    if (!events_) return;
    MappingEvents::Handlers handlers;
    handlers.mapped = [&](std::uint32_t pid, Mapping mapping) {
        auto& mappings = process(pid).mappings;
        // What lay there before is gone.
        std::erase_if(mappings,
                      [&mapping](const Mapping& old) { return old.begin < mapping.end && mapping.begin < old.end; });
        mappings.insert(std::lower_bound(mappings.begin(), mappings.end(), mapping, is_before), std::move(mapping));
    };
    handlers.executed = [this](std::uint32_t pid) {
        Process& known = process(pid);
        Process now;
        now.earlier = std::move(known.mappings);
        keep(now.earlier, known.earlier);
        now.files = std::move(known.files);
        now.parent = known.parent;
        known = std::move(now);
    };
    handlers.forked = [this](std::uint32_t pid, std::uint32_t parent) {
        processes_.erase(pid);  // the number belonged to another process before
        Process child;
        child.parent = parent;
        if (const auto known = processes_.find(parent); known != processes_.end()) {
            child.mappings = known->second.mappings;
            child.earlier = known->second.earlier;
            child.parent = 0;
        }
        process(pid) = std::move(child);
    };
    events_->drain(handlers);
}

const Mapping* Symbolizer::mapping(std::uint32_t pid, std::uint64_t address) {
    take_events();
    // Twice: what is not in the known mappings may have been mapped since (dlopen, exec).
    for (int attempt = 0; attempt < 2; attempt++) {
        if (const auto known = processes_.find(pid); known != processes_.end()) {
            if (const Mapping* found = find_in(known->second.mappings, address)) return found;
            // Addresses that nothing is mapped at come in thousands where frame pointers are missing.
            if (now_ns() - known->second.read_ns < kReadAgainNs) break;
        }
        if (attempt == 0 && !read_mappings(pid)) break;
    }
    const auto known = processes_.find(pid);
    if (known == processes_.end()) return nullptr;
    if (const Mapping* found = find_in(known->second.earlier, address)) return found;
    // Forked by a process nobody had asked about: until it becomes another program it has its parent's mappings.
    const std::uint32_t parent = std::exchange(known->second.parent, 0);
    if (parent == 0 || !read_mappings(parent)) return nullptr;
    const auto mappings = processes_[parent].mappings;
    Process& child = process(pid);
    keep(child.earlier, mappings);
    return find_in(child.earlier, address);
}

base::Result<Symbolizer::FileId> Symbolizer::identify(const std::string& path) {
    struct stat status {};
    const auto inside = member_path(path);
    if (::stat(file_of(path).c_str(), &status) != 0) return base::error_from_errno("opening " + path, errno);
    return FileId{status.st_dev, status.st_ino,
                  std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
                  inside ? inside->member : ""};
}

base::Result<std::shared_ptr<const DebugInfo>> Symbolizer::debug_info(const std::string& path) {
    auto id = identify(path);
    if (!id.ok()) return id.take_error();
    const auto known = debug_infos_.find(*id);
    if (known != debug_infos_.end()) return known->second;
    return debug_infos_.emplace(*id, DebugInfo::open(path, debug_files_)).first->second;
}

base::Result<std::shared_ptr<const ElfSymbols>> Symbolizer::symbols(const std::string& path) {
    auto id = identify(path);
    if (!id.ok()) return id.take_error();
    const auto [place, is_new] = files_.try_emplace(*id);
    if (is_new) {
        auto opened = ElfSymbols::open(path, debug_files_);
        if (!opened.ok()) return opened.take_error();
        place->second = std::make_shared<const ElfSymbols>(std::move(*opened));
    }
    if (!place->second) return base::Error{.message = "reading " + path + ": not an ELF file", .errnum = ENOEXEC};
    return place->second;
}

/// Where a mapped file may be opened, the surest place first.
std::vector<std::string> Symbolizer::paths_of(std::uint32_t pid, const Mapping& mapping) const {
    const std::string self = "/proc/" + std::to_string(pid);
    // As the process sees it (containers), else as we do (it is gone).
    const std::string inside = self + "/root" + mapping.path;
    std::vector<std::string> paths;
    struct stat status {};
    const bool is_it = !mapping.is_deleted && ::stat(inside.c_str(), &status) == 0 &&
                       (mapping.inode == 0 || status.st_ino == mapping.inode);
    if (is_it) paths.push_back(inside);
    // Deleted or replaced files live as long as somebody maps them: these links open the file, whatever its name means
    // now.
    std::array<char, 64> range;
    std::snprintf(range.data(), range.size(), "/map_files/%llx-%llx", static_cast<unsigned long long>(mapping.begin),
                  static_cast<unsigned long long>(mapping.end));
    paths.push_back(self + range.data());
    const auto executable = executable_of(static_cast<int>(pid));
    if (executable.ok() && *executable == mapping.path) paths.push_back(self + "/exe");
    // Some file systems (overlays) number a file differently here and there: a name is better than none.
    if (!mapping.is_deleted) {
        if (!is_it) paths.push_back(inside);
        paths.push_back(mapping.path);
    }
    return paths;
}

const Symbolizer::File& Symbolizer::file(std::uint32_t pid, const Mapping& mapping) {
    const std::pair key(mapping.path, mapping.file_offset);
    if (const auto known = process(pid).files.find(key); known != process(pid).files.end()) return known->second;
    File found;
    for (std::string& candidate : paths_of(pid, mapping)) {
        auto opened = symbols(candidate);
        if (!opened.ok() && opened.error().errnum == ENOEXEC) {
            const auto member = zip_member_at(candidate, mapping.file_offset);
            if (!member) continue;
            candidate += "!/" + member->name;
            opened = symbols(candidate);
        }
        if (!opened.ok()) continue;
        found = {.symbols = std::move(*opened), .path = std::move(candidate)};
        break;
    }
    return process(pid).files.emplace(key, std::move(found)).first->second;
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
    Process& process = this->process(pid);
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
    const auto symbols = place.is_file() ? file(pid, place).symbols : vdso();
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

std::optional<Symbolizer::Location> Symbolizer::locate(std::uint32_t pid, std::uint64_t address) {
    const Mapping* found = mapping(pid, address);
    if (found == nullptr || !found->is_file()) return std::nullopt;
    const Mapping place = *found;
    const File& known = file(pid, place);
    const auto virtual_address =
        known.symbols ? known.symbols->address_of_offset(address - place.begin + place.file_offset) : std::nullopt;
    if (!virtual_address) return std::nullopt;
    // The process may be gone since, and with it the way through /proc.
    const bool is_there = ::access(file_of(known.path).c_str(), R_OK) == 0;
    return Location{is_there ? known.path : place.path, *virtual_address};
}

std::optional<FilePlace> Symbolizer::file_place(std::uint32_t pid, std::uint64_t address) {
    const Mapping* found = mapping(pid, address);
    if (found == nullptr || !found->is_file()) return std::nullopt;
    const Mapping place = *found;
    const auto symbols = file(pid, place).symbols;
    if (!symbols || symbols->build_id().empty()) return std::nullopt;
    return FilePlace{symbols->build_id(), address - place.begin + place.file_offset - symbols->begin()};
}

}  // namespace kernel
