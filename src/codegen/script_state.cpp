#include "src/codegen/script_state.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "runtime/base/bug.h"
#include "runtime/program/record.h"

namespace codegen {
namespace {

using program::AggregationKind;
using program::MapKind;
using program::MapRole;

/// Preallocating more than this is felt at start: 4,096 keys of 1 KiB take 20 ms.
constexpr std::uint64_t kMostPreallocated = std::uint64_t{1} << 20;
/// Stacks are a KiB each and only those that occur are stored; preallocated where the kernel wants it so.
constexpr std::uint32_t kStacks = 131072, kStacksPreallocated = 8192;
/// A bucket-keyed histogram has as many elements as buckets were hit; the hash table itself costs 16 bytes for each
/// possible one.
constexpr std::uint64_t kMostBucketElements = 65536;
/// The kernel's limit of a program's name, without NUL.
constexpr std::size_t kNameLength = 15;

std::uint32_t round_up(std::uint32_t value, std::uint32_t to) {
    return (value + to - 1) / to * to;
}

bool is_per_cpu(MapKind kind) {
    return kind == MapKind::percpu_array || kind == MapKind::percpu_hash || kind == MapKind::lru_percpu_hash;
}

bool is_histogram(AggregationKind kind) {
    return kind == AggregationKind::hist || kind == AggregationKind::lhist;
}

}  // namespace

std::uint32_t value_size(const typed::Map& map) {
    switch (map.aggregation.kind) {
        case AggregationKind::none: return std::max(1u, map.value->size);
        case AggregationKind::count:
        case AggregationKind::sum: return 8;
        case AggregationKind::min:
        case AggregationKind::max:
        case AggregationKind::avg:
        case AggregationKind::stats: return 16;
        case AggregationKind::hist:
        case AggregationKind::lhist: return map.aggregation.bucket_count * 8;
        case AggregationKind::tseries: return 24;  // epoch, number, extra
    }
    BUG("no such aggregation");
}

ScriptState::ScriptState(const typed::Script& from, types::Table& table, const source::SourceMap& source_map,
                         const Options& chosen)
    : script(from),
      types(table),
      sources(source_map),
      options(chosen),
      module(std::make_unique<ir::Module>(chosen.features.has(program::Feature::signed_division) ? ir::Cpu::v4
                                                                                                 : ir::Cpu::v3)),
      layouts(program) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const source::SourceFile& file = sources.file(program::FileId(i));
        program.files.push_back({file.name(), std::string(file.text())});
        files_.push_back(module->add_file(file.name(), file.text()));
    }
    program.config = script.config;
    for (const typed::Map& map : script.maps)
        add_user_map(map);
    user_maps_ = program.maps;

    program::MapSpec globals;
    globals.name = "globals";
    globals.role = MapRole::globals;
    globals.kind = MapKind::array;
    globals.value_size = sizeof(program::Globals);
    program.globals_map = add_map(std::move(globals));

    program::MapSpec ledger;
    ledger.name = "ledger";
    ledger.role = MapRole::ledger;
    ledger.kind = MapKind::percpu_array;
    ledger.value_size = program::kLedgerCounters * sizeof(std::uint64_t);
    ledger.max_entries = static_cast<std::uint32_t>(std::max<std::size_t>(1, script.probes.size()));
    program.ledger_map = add_map(std::move(ledger));
}

program::MapId ScriptState::add_map(program::MapSpec spec) {
    const program::MapId id(program.maps.size());
    program.maps.push_back(std::move(spec));
    return id;
}

std::uint32_t ScriptState::no_prealloc(std::uint64_t bytes) const {
    const bool is_large = bytes > kMostPreallocated;
    return is_large && options.features.has(program::Feature::no_prealloc_tracing) ? BPF_F_NO_PREALLOC : 0;
}

void ScriptState::add_user_map(const typed::Map& map) {
    program::MapSpec spec;
    spec.name = map.name;
    spec.aggregation = map.aggregation;
    spec.is_scalar = map.key == nullptr;
    spec.declared = map.declared;
    const bool is_aggregation = map.aggregation.kind != AggregationKind::none;
    if (!is_aggregation) spec.value = layouts.of(map.value);
    if (map.key != nullptr) spec.key = layouts.of(map.key);
    spec.value_size = codegen::value_size(map);

    const bool is_series = map.aggregation.kind == AggregationKind::tseries;
    spec.aggregation.is_bucket_keyed = is_series || (map.key != nullptr && is_histogram(map.aggregation.kind) &&
                                                     spec.value_size > kMostHistogramBytes);
    if (spec.is_scalar && !spec.aggregation.is_bucket_keyed) {
        spec.kind = is_aggregation ? MapKind::percpu_array : MapKind::array;
        spec.value_size += 8;  // the is_set word
        add_map(std::move(spec));
        return;
    }
    spec.kind = map.declared_kind.value_or(is_aggregation ? MapKind::percpu_hash : MapKind::hash);
    spec.key_size = spec.is_scalar ? 0 : map.key->size;
    std::uint64_t elements = map.max_entries.value_or(script.config.max_map_keys);
    if (spec.aggregation.is_bucket_keyed) {
        spec.key_size = round_up(spec.key_size, 4) + 4;
        if (!is_series) spec.value_size = 8;
        const std::uint64_t buckets = is_series ? map.aggregation.tseries_count : map.aggregation.bucket_count;
        elements = std::max(elements, std::min((spec.is_scalar ? 1 : elements) * buckets, kMostBucketElements));
    }
    spec.max_entries = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(elements, 1, 0xffffffff));
    const std::uint64_t copies = is_per_cpu(spec.kind) ? options.possible_cpus : 1;
    // LRU maps always preallocate: eviction takes from a list of all elements.
    const bool is_lru = spec.kind == MapKind::lru_hash || spec.kind == MapKind::lru_percpu_hash;
    if (!is_lru)
        spec.flags = no_prealloc(elements * (round_up(spec.key_size, 8) + copies * round_up(spec.value_size, 8)));
    add_map(std::move(spec));
}

program::MapId ScriptState::ring() {
    if (!program.events_map.is_set()) {
        program::MapSpec spec;
        spec.name = "events";
        spec.role = MapRole::events;
        spec.kind = MapKind::ring_buffer;
        spec.key_size = spec.value_size = 0;
        spec.max_entries = 4 << 20;  // the engine decides by config.perf_rb_pages and the memory there is
        program.events_map = add_map(std::move(spec));
        need(program::Feature::ring_buffer);
    }
    return program.events_map;
}

program::MapId ScriptState::zeros(std::uint32_t size) {
    if (!zeros_.is_set()) {
        program::MapSpec spec;
        spec.name = "zeros";
        spec.role = MapRole::zeros;
        spec.kind = MapKind::array;
        zeros_ = add_map(std::move(spec));
    }
    std::uint32_t& present = program.maps[zeros_.index()].value_size;
    present = std::max(present, round_up(size, 8));
    return zeros_;
}

program::MapId ScriptState::stacks(const types::Type* stack) {
    // Frames are addresses whatever the mode prints; only their number makes a difference. Kernel and user stacks
    // share.
    const auto [found, is_new] = stacks_.try_emplace(stack->stack_limit);
    if (is_new) {
        program::MapSpec spec;
        spec.name = "stacks" + std::to_string(stack->stack_limit);
        spec.role = MapRole::stacks;
        spec.kind = MapKind::hash;
        spec.key_size = 8;
        spec.value_size = std::max(1u, stack->stack_limit) * 8;
        spec.flags = no_prealloc(std::uint64_t{kStacks} * spec.value_size);
        spec.max_entries = spec.flags != 0 ? kStacks : kStacksPreallocated;
        found->second = add_map(std::move(spec));
    }
    layouts.set_stacks(stack, found->second);
    return found->second;
}

program::MapId ScriptState::chunk(ChunkId id, std::uint32_t size) {
    const auto [found, is_new] = chunks_.try_emplace(id);
    if (is_new) {
        program::MapSpec spec;
        spec.name = (id.is_large ? "large" : "scratch") + std::to_string(id.index);
        spec.role = MapRole::scratch;
        spec.kind = id.is_large ? MapKind::array : MapKind::percpu_array;
        spec.max_entries = kScratchSlots * (id.is_large ? options.possible_cpus : 1);
        found->second = add_map(std::move(spec));
    }
    std::uint32_t& present = program.maps[found->second.index()].value_size;
    present = std::max(present, round_up(size, 8));
    return found->second;
}

program::MapId ScriptState::table(std::vector<std::byte> content, std::uint32_t size) {
    program::MapSpec spec;
    spec.name = "syscalls";
    spec.role = MapRole::dispatch;
    spec.kind = MapKind::array;
    spec.value_size = size;
    spec.max_entries = static_cast<std::uint32_t>(content.size() / size);
    spec.initial = std::move(content);
    return add_map(std::move(spec));
}

program::MapId ScriptState::texts_of(const types::Type* text_number) {
    const types::Enumeration& names = *text_number->enumeration;
    const auto [found, is_new] = numbers_.try_emplace(&names);
    if (!is_new) return found->second;
    constexpr std::size_t kSize = types::kTextNumberCapacity;
    std::vector<std::byte> content;
    for (const auto& [name, number] : names.constants) {
        content.resize(std::max(content.size(), (number + 1) * kSize));
        std::memcpy(content.data() + number * kSize, name.data(), std::min(name.size(), kSize - 1));
    }
    program::MapSpec spec;
    spec.name = names.name;
    spec.role = MapRole::texts;
    spec.kind = MapKind::array;
    spec.value_size = static_cast<std::uint32_t>(content.size());
    spec.initial = std::move(content);
    found->second = add_map(std::move(spec));
    return found->second;
}

program::EventId ScriptState::event(program::EventSpec spec) {
    const program::EventId id(program.events.size());
    program.events.push_back(std::move(spec));
    return id;
}

program::TextId ScriptState::text(std::string_view text) {
    if (const auto found = texts_.find(text); found != texts_.end()) return found->second;
    const program::TextId id(program.texts.size());
    program.texts.emplace_back(text);
    texts_.emplace(std::string(text), id);
    return id;
}

program::PlaceId ScriptState::warning_place(program::WarningKind kind, source::Range at, std::string_view helper,
                                            std::string_view text, bool is_always_shown) {
    const auto [found, is_new] = places_.try_emplace({kind, at.file.value, at.begin, at.end, std::string(helper)});
    if (is_new) {
        found->second = program::PlaceId(program.warning_places.size());
        program::WarningPlace place;
        place.kind = kind;
        place.span = at;
        place.helper = helper;
        place.text = text;
        place.ledger_slot = static_cast<std::uint32_t>(script.probes.size() + program.warning_places.size());
        place.is_always_shown = is_always_shown;
        program.warning_places.push_back(std::move(place));
        program.maps[program.ledger_map.index()].max_entries =
            static_cast<std::uint32_t>(std::max<std::size_t>(1, script.probes.size() + program.warning_places.size()));
    }
    return found->second;
}

ir::Location ScriptState::location(source::Range at) const {
    if (!at.file.is_set() || at.file.index() >= files_.size()) return {};
    const source::SourceFile& file = sources.file(at.file);
    const auto size = static_cast<std::uint32_t>(file.text().size());
    const source::Position position = file.position(std::min(at.begin, size));
    return {files_[at.file.index()], position.line, position.column};
}

std::string ScriptState::function_name(const typed::Probe& probe) {
    // What tells probes of a script apart stands at the end: sys_enter_openat, vfs_read.
    const std::size_t colon = probe.name.rfind(':');
    std::string name = probe.kind == program::ProbeKind::tracepoint && colon != std::string::npos
                           ? probe.name.substr(colon + 1)
                           : probe.name;
    for (char& c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(0, 1, '_');
    if (name.size() > kNameLength) name.resize(kNameLength);
    if (names_.insert(name).second) return name;
    for (std::size_t number = 2;; ++number) {
        const std::string tail = "_" + std::to_string(number);
        std::string numbered = name.substr(0, kNameLength - tail.size()) + tail;
        if (names_.insert(numbered).second) return numbered;
    }
}

std::string ScriptState::unique_name(const std::string& base) {
    for (std::size_t number = 1;; ++number) {
        std::string name = base + "_" + std::to_string(number);
        if (names_.insert(name).second) return name;
    }
}

}  // namespace codegen
