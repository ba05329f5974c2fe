// codegen::ScriptState: what the probes of one script share while their code is written: the Program being filled, the
// module, layouts, maps that are made when first needed, texts, warning places. Made by codegen.cpp, used by
// ProbeEmitter. Must not know expressions or statements.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "src/codegen/codegen.h"
#include "src/ir/ir.h"
#include "src/types/layout.h"

namespace codegen {

/// Programs interrupt one another on a CPU: task, softirq, hardirq, NMI. A fifth level finds no scratch slot and its
/// event counts as lost.
inline constexpr std::uint32_t kScratchSlots = 4;
/// What one per-CPU value may hold (PCPU_MIN_UNIT_SIZE).
inline constexpr std::uint32_t kMostPerCpuBytes = 32768;
/// Larger histograms are keyed by (key, bucket): their elements would be allocated whole for every key and CPU.
inline constexpr std::uint32_t kMostHistogramBytes = 4096;

/// A piece of scratch memory: one map. Small chunks are per-CPU arrays indexed by slot; an object that fits no per-CPU
/// value gets a large chunk of its own, a plain array indexed by cpu * kScratchSlots + slot.
struct ChunkId {
    std::uint32_t index = 0;
    bool is_large = false;
    friend auto operator<=>(const ChunkId&, const ChunkId&) = default;
};

class ScriptState {
  public:
    ScriptState(const typed::Script& from, types::Table& table, const source::SourceMap& source_map,
                const Options& chosen);
    ScriptState(const ScriptState&) = delete;
    ScriptState& operator=(const ScriptState&) = delete;

    const typed::Script& script;
    types::Table& types;
    const source::SourceMap& sources;
    const Options options;
    program::Program program;
    std::unique_ptr<ir::Module> module;
    types::Layouts layouts;

    // -- maps. Those of the script have its MapIndex as their MapId.
    [[nodiscard]] program::MapId map_id(typed::MapIndex map) const { return program::MapId(map.index()); }
    /// Stays where it is: program.maps moves its elements when scratch memory or a ring joins them.
    [[nodiscard]] const program::MapSpec& spec(typed::MapIndex map) const { return user_maps_[map.index()]; }
    program::MapId globals() const { return program.globals_map; }
    program::MapId ledger() const { return program.ledger_map; }
    program::MapId ring();
    /// At least `size` zero bytes, at a direct address.
    program::MapId zeros(std::uint32_t size);
    program::MapId stacks(const types::Type* stack);
    /// At least `size` bytes a slot.
    program::MapId chunk(ChunkId id, std::uint32_t size);

    /// One element, the texts of a text number behind each other, kTextNumberCapacity bytes each; all zero: no text.
    program::MapId texts_of(const types::Type* text_number);
    /// An array of `content`, elements of `size` bytes.
    program::MapId table(std::vector<std::byte> content, std::uint32_t size);

    // -- the rest
    program::EventId event(program::EventSpec spec);
    program::TextId text(std::string_view text);
    /// One per kind and place, however many probes share it.
    program::PlaceId warning_place(program::WarningKind kind, source::Range at, std::string_view helper,
                                   std::string_view text, bool is_always_shown);
    [[nodiscard]] ir::Location location(source::Range at) const;
    void need(program::Feature feature) { program.needs.add(feature); }
    /// A valid C identifier, distinct within the first 15 characters (all the kernel keeps).
    std::string function_name(const typed::Probe& probe);
    /// `base` with a number behind it: callbacks and fns.
    std::string unique_name(const std::string& base);

  private:
    program::MapId add_map(program::MapSpec spec);
    void add_user_map(const typed::Map& map);
    [[nodiscard]] std::uint32_t no_prealloc(std::uint64_t bytes) const;

    std::vector<ir::FileId> files_;
    std::vector<program::MapSpec> user_maps_;  ///< by MapIndex, as in program.maps
    program::MapId zeros_;
    std::unordered_map<std::uint64_t, program::MapId> stacks_;  ///< by mode, limit and kind
    std::map<ChunkId, program::MapId> chunks_;
    std::map<const types::Enumeration*, program::MapId> numbers_;  ///< texts_of
    std::map<std::string, program::TextId, std::less<>> texts_;
    std::map<std::tuple<program::WarningKind, std::uint32_t, std::uint32_t, std::uint32_t, std::string>,
             program::PlaceId>
        places_;
    std::unordered_set<std::string> names_;
};

/// Bytes of one element's value (per CPU) as the script's map holds it, without the is_set word of scalars.
[[nodiscard]] std::uint32_t value_size(const typed::Map& map);

}  // namespace codegen
