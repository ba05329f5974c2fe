// codegen::ProbeEmitter: the Emitter, and everything that writes one probe's BPF program: its functions (the program
// itself, loop callbacks, fn of the script), their stack and scratch memory, the ways out. One object a probe. Its
// members are defined in the files named below; made and run by codegen.cpp.
//
// Where values live:
//  - scalars: i64, in LLVM slots that become registers;
//  - small values and temporaries: the BPF stack, 512 bytes for a program and all functions it has called, so they come
//  out of a pool that is emptied at
//    the end of each statement;
//  - large ones, and every variable that a loop callback shares with the code around it: scratch memory, a slot of a
//  per-CPU map that the program claims at
//    its start. Shared variables are never on the stack although callbacks could reach it there: verifiers before 6.7
//    look at a callback as if it ran once, take what it left on the stack for known and cut out the "dead" code behind;
//    of map memory they assume nothing.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "runtime/program/record.h"
#include "src/codegen/body_plan.h"
#include "src/codegen/emitter.h"
#include "src/codegen/script_state.h"
#include "src/codegen/shared_body.h"

namespace codegen {

/// Held in a register: scalars, and aggregations that are read as one number.
[[nodiscard]] bool is_register(const types::Type* type);
/// Bytes that do not count: behind a string's NUL, behind a buffer's length, padding. Keys must have them zero.
[[nodiscard]] bool has_loose_bytes(const types::Type* type);
/// The members of a tuple, record or structure, completed.
[[nodiscard]] const std::vector<types::Member>& members_of(const types::Type* type);

class ProbeEmitter final : public Emitter {
  public:
    ProbeEmitter(ScriptState& script, const typed::Probe& probe, program::ProbeId id, const std::string& name,
                 SharedBody shared = {});
    ~ProbeEmitter() override;

    /// Writes the whole program.
    void emit();

    // ---- Emitter: the function being written (probe_emitter.cpp)
    ir::Builder& ir() override { return *function_->builder; }
    ir::Value context() override;
    const typed::Probe& probe() const override { return probe_; }
    program::ProbeId probe_id() const override { return id_; }
    program::Program& program() override { return script_.program; }
    types::Layouts& layouts() override { return script_.layouts; }
    types::Table& types() override { return script_.types; }
    const program::Features& features() const override { return script_.options.features; }

    // ---- expressions.cpp
    ir::Value scalar(const typed::Expr& expr) override;
    ir::Value memory(const typed::Expr& expr) override;
    void into(const typed::Expr& expr, ir::Value destination) override;

    // ---- memory.cpp
    ir::Value load_scalar(const types::Type* type, ir::Value address, std::int64_t offset = 0) override;
    void store_scalar(const types::Type* type, ir::Value value, ir::Value address, std::int64_t offset = 0) override;
    void copy(ir::Value to, ir::Value from, std::uint32_t size) override;
    void clear(ir::Value at, std::uint32_t size) override;
    ir::Value scratch(std::uint32_t size) override;
    ir::Value with_word(const std::function<ir::Value(ir::Value word)>& use) override;
    ir::Value helper(Helper helper, std::initializer_list<ir::Value> arguments) override;
    ir::Value read(ir::Value destination, ir::Value size, ir::Value address, types::AddressSpace space,
                   source::Range at) override;
    ir::Value read_string(ir::Value destination, ir::Value size, ir::Value address, types::AddressSpace space,
                          source::Range at) override;
    bool with_kernel_structure(const typed::Expr& expr, const std::function<void(ir::Value)>& use) override;
    types::AddressSpace space_of(const types::Type* type) const override;

    // ---- maps.cpp, aggregates.cpp
    program::MapId map_id(typed::MapIndex map) const override { return script_.map_id(map); }
    const typed::Map& map(typed::MapIndex map) const override { return script_.script.maps[map.index()]; }
    ir::Value map_lookup(typed::MapIndex map, const typed::Expr* key) override;
    void map_upsert(typed::MapIndex map, const typed::Expr* key, source::Range at,
                    const std::function<void(ir::Value)>& body) override;
    ir::Value map_delete(typed::MapIndex map, const typed::Expr* key) override;
    ir::Value map_merged(typed::MapIndex map, const typed::Expr* key) override;
    ir::Value map_has_key(typed::MapIndex map, const typed::Expr* key) override;
    ir::Value map_length(typed::MapIndex map) override;
    void add_to_bucket(typed::MapIndex map, const typed::Expr* key, ir::Value bucket, source::Range at) override;
    void bucket_upsert(typed::MapIndex map, const typed::Expr* key, ir::Value bucket, source::Range at,
                       const std::function<void(ir::Value)>& body) override;

    // ---- stacks.cpp
    program::MapId stacks_map(const types::Type* stack) override { return script_.stacks(stack); }
    void capture_stack(const types::Type* stack, ir::Value destination, source::Range at) override;

    // ---- shared_calls.cpp
    ir::Value compare_text(ir::Value a, std::uint32_t a_capacity, ir::Value b, std::uint32_t b_capacity,
                           std::uint32_t limit) override;
    ir::Value find_text(ir::Value haystack, std::uint32_t haystack_capacity, ir::Value needle,
                        std::uint32_t needle_capacity) override;
    ir::Value length_of_text(ir::Value text, std::uint32_t capacity) override;
    ir::Value compare_bytes(ir::Value a, ir::Value b, std::uint32_t size) override;
    ir::Value call_shared(std::string_view what, std::uint64_t variant, ir::Value number,
                          const std::function<ir::Value(ir::Builder&, ir::Value)>& write) override;

    // ---- events.cpp
    void send(program::EventSpec event, std::uint32_t payload_size,
              const std::function<void(ir::Value)>& fill) override;
    std::uint32_t place_arguments(std::vector<program::FormatOp>& ops,
                                  std::span<const typed::Expr* const> values) override;
    void send_values(program::EventSpec event, std::uint32_t payload_size,
                     std::span<const typed::Expr* const> values) override;
    void send_formatted(const typed::Call& call, std::span<const typed::Expr* const> values,
                        const std::function<program::EventSpec(std::vector<program::FormatOp>)>& make) override;
    void write_sequence(std::span<const program::FormatOp> ops,
                        std::span<const typed::Expr* const> values) override;  ///< sequence.cpp
    void warn(program::WarningKind kind, source::Range at, std::string_view helper, ir::Value code,
              bool is_only_verbose) override;

    // ---- ends
    ir::Value global(std::size_t offset_in_globals) override;
    ir::Value probe_name(std::uint32_t capacity) override;
    program::TextId text(std::string_view text) override { return script_.text(text); }
    void leave_probe() override;

  private:
    // ---- functions of the program (probe_emitter.cpp)

    struct StackBlock {
        ir::Value at;
        std::uint32_t size = 0;
        bool is_taken = false;
    };
    struct Function {
        enum class Kind : std::uint8_t { program, callback, subprogram } kind = Kind::program;
        ir::Function ir;
        std::unique_ptr<ir::Builder> builder;
        Function* caller = nullptr;
        ir::Value frame;  ///< address of the frame on the program's stack; program: made when a callback wants it
        ir::Block prologue, body;             ///< the prologue is written last, when it is known what the body needs
        std::map<ChunkId, ir::Value> chunks;  ///< slots that the prologue fills with the chunks' addresses
        std::vector<StackBlock> stack;
        std::vector<std::size_t> taken;  ///< blocks of `stack` in use as temporaries, in order of taking
        std::uint32_t stack_bytes = 0;   ///< objects of this function and all its callers
        std::vector<std::pair<ir::Value, std::uint32_t>> zeroed;  ///< stack objects that the prologue clears
        std::vector<std::pair<ChunkId, std::pair<std::uint32_t, std::uint32_t>>>
            zeroed_scratch;  ///< chunk, offset, size
    };
    /// Where the innermost loop's jumps go. Callbacks return instead.
    struct Loop {
        bool is_callback = false;
        bool may_leave = false;  ///< the body contains a way out of the whole probe or fn
        ir::Block on_break, on_continue;
    };
    /// Temporaries taken since it was made are given back when it ends.
    class Temporaries {
      public:
        explicit Temporaries(ProbeEmitter& emitter);
        ~Temporaries();
        Temporaries(const Temporaries&) = delete;
        Temporaries& operator=(const Temporaries&) = delete;

      private:
        ProbeEmitter& emitter_;
        Function& function_;
        std::size_t taken_;
        std::uint32_t scratch_, large_;
    };

    void begin_function(Function& function);
    void finish_callback(Function& function);
    void write_claim(ir::Block then);
    ir::Value frame();
    ir::Value ledger();
    void count(program::LedgerCounter counter);
    [[nodiscard]] bool has_scratch() const { return !used_chunks_.empty(); }
    ir::Value pid_matches(std::uint32_t pid);

    ir::Value syscall_number();  ///< i32
    ir::Value saved_register(std::uint32_t offset);
    ir::Value table_entry();  ///< of the probe that runs; may be null
    ir::Value syscall_argument(const program::Argument& argument, const types::Type* type);
    void find_probe();

    // ---- loops.cpp
    /// bpf_loop over `count` with `body` as callback; leaves on demand afterwards.
    /// The rounds that were made (i64).
    ir::Value loop_callback(ir::Value count, source::Range at, const std::function<void(ir::Value index)>& body);
    void for_each_callback(typed::MapIndex map, source::Range at,
                           const std::function<void(ir::Value key, ir::Value value)>& body);
    void callback(std::span<const ir::Parameter> parameters, unsigned frame_argument, source::Range at,
                  const std::function<void()>& body,
                  const std::function<void(ir::Value address, ir::Value frame)>& call);
    /// A loop in the function itself that verifiers walk through: at most `limit` rounds.
    void plain_loop(std::uint64_t limit, ir::Value count, const std::function<void(ir::Value index)>& body);
    void leave_if_asked(const Loop& loop);
    void leave(std::uint64_t how);

    // ---- statements.cpp
    void block(const typed::Block& block);
    void statement(const typed::Stmt& stmt);
    void clear_variable(typed::VariableId id);
    void assign_variable(typed::VariableId variable, const typed::Expr& value);
    void while_loop(const typed::While& loop);
    void unroll(const typed::Unroll& loop);
    void for_range(const typed::ForRange& loop);
    void warn_if_cut(ir::Value made, ir::Value wanted, source::Range at);
    void for_map(const typed::ForMap& loop);
    void return_from(const typed::Return& stmt);
    void break_or_continue(bool is_break);
    void discard(const typed::Expr& expr);

    // ---- memory.cpp
    struct ScratchPlace {
        ChunkId chunk;
        std::uint32_t offset = 0;
    };
    [[nodiscard]] bool fits_stack(std::uint32_t size) const;
    ir::Value stack_object(std::uint32_t size);
    ScratchPlace take_scratch(std::uint32_t size);
    ir::Value at(ScratchPlace place);
    void need_chunk(ChunkId id);
    ir::Value chunk(ChunkId id);
    ir::Value scratch_only(std::uint32_t size);  ///< never the stack: reachable from callbacks, indexable at will
    ir::Value temporary(const types::Type* type);
    /// base + offset, remembering how far it is aligned.
    ir::Value member_at(ir::Value base, std::int64_t offset);
    [[nodiscard]] unsigned alignment(ir::Value address, std::int64_t offset = 0) const;
    ir::Value normalised(const types::Type* type, ir::Value value);
    ir::Value zero_memory(std::uint32_t size);
    ir::Value read_with(Helper user, Helper kernel, ir::Value destination, ir::Value size, ir::Value address,
                        types::AddressSpace space, source::Range at);
    ir::Value load_bits(ir::Value storage, std::uint32_t storage_size, std::uint16_t bit_offset, std::uint16_t bit_size,
                        bool is_signed);

    // ---- variables (memory.cpp)
    struct Variable {
        const types::Type* type = nullptr;
        bool is_slot = false;  ///< i64 in `value`
        bool is_in_scratch = false;
        bool needs_zero = false;
        ir::Value value;  ///< slot, or address on the stack, of function `home`
        Function* home = nullptr;
        ScratchPlace place;
    };
    struct Scope {
        BodyPlan plan;
        std::vector<Variable> variables;
        const typed::SubProgram* function = nullptr;  ///< null: the probe's body
        std::uint32_t function_index = 0;
        ScratchPlace result;    ///< fn: its value, if that is in memory or returned out of a loop
        ir::Block exit;         ///< of the probe or fn; entered from its own function only
        ir::Value return_slot;  ///< fn: i64
    };
    void open_scope(Scope& scope, std::span<const typed::VariableSlot> variables);
    Variable& variable(typed::VariableId id);
    ir::Value variable_address(typed::VariableId id);
    ir::Value load_variable(typed::VariableId id);
    void store_variable(typed::VariableId id, ir::Value value);

    // ---- functions of the script (subprograms.cpp)
    struct SubProgram {
        ir::Function ir;
        Scope scope;
        bool may_leave = false;
    };
    void emit_subprograms(const BodyPlan& plan);
    void emit_subprogram(typed::SubProgramId id);
    ir::Value call_function(const typed::FunctionCall& call, ir::Value destination);

    // ---- shared_calls.cpp
    /// A function that all calls of the program share, written when it is first asked for.
    struct SharedName {
        std::string_view what;
        std::uint64_t size = 0, other = 0;  ///< for what it was written
        bool has_keys = false;              ///< hands its memory to helpers as a map's key or value
        friend auto operator<=>(const SharedName&, const SharedName&) = default;
    };
    ir::Function shared_function(SharedName name, std::span<const ir::Parameter> parameters,
                                 const std::function<void(ir::Builder&)>& write);

    // ---- expressions.cpp
    ir::Value condition(const typed::Expr& expr);  ///< i1
    ir::Value binary(const typed::Binary& expr);
    ir::Value compare(const typed::Compare& expr);  ///< i1
    ir::Value increment(const typed::Increment& expr, bool is_used);
    ir::Value scalar_load(const typed::Load& expr, std::uint64_t extra_offset, const types::Type* type,
                          std::uint16_t bit_offset, std::uint16_t bit_size, bool is_plain = true);
    ir::Value known_pointer(const typed::Expr& expr);
    /// The same with every pointer on the way tested: `use` runs where none is null.
    void with_known_pointer(const typed::Expr& expr, const std::function<void(ir::Value)>& use);
    ir::Value scalar_call(const typed::Call& call);
    void call_into(const typed::Call& call, ir::Value destination);
    /// Value in memory of some kind -> the element's or member's address, and what guards it.
    ir::Value element_scalar(const typed::Element& expr);
    ir::Value element_memory(const typed::Element& expr);
    ir::Value member_scalar(const typed::MemberOf& expr);
    ir::Value member_memory(const typed::MemberOf& expr);
    ir::Value map_value_scalar(const typed::MapValue& expr);
    ir::Value map_value_memory(const typed::MapValue& expr);

    // ---- records.cpp
    void tuple_into(const typed::Tuple& expr, ir::Value destination, bool is_key);
    void into_as(const typed::Expr& expr, const types::Type* type, ir::Value destination, bool is_key);
    void cast_into(const typed::Cast& expr, ir::Value destination, bool is_key);
    ir::Value cast_scalar(const typed::Cast& expr);
    ir::Value convert_scalar(const types::Type* from, const types::Type* to, ir::Value value);
    void convert_memory(const types::Type* from, ir::Value source, const types::Type* to, ir::Value destination);
    /// i64 zero if equal.
    ir::Value difference(const types::Type* a_type, ir::Value a, const types::Type* b_type, ir::Value b);
    /// All loose bytes zero, so that equal values have equal bytes.
    void into_key(const typed::Expr& expr, ir::Value destination);
    void copy_as_key(const types::Type* type, ir::Value destination, ir::Value source);

    // ---- strings.cpp
    /// The text that a text number stands for; a number without one in decimal.
    void text_of_number(const types::Type* type, ir::Value number, ir::Value destination, std::uint32_t capacity);
    void decimal_into(ir::Value number, ir::Value destination);
    void literal_into(std::string_view text, std::uint32_t capacity, ir::Value destination, bool is_key);
    void copy_text(ir::Value destination, std::uint32_t capacity, ir::Value source, std::uint32_t source_capacity,
                   bool is_key = false);
    void copy_text_masked(ir::Value destination, ir::Value source, std::uint32_t size);
    ir::Value differs_from_literal(ir::Value text, std::uint32_t capacity, std::string_view literal);  ///< i1

    // ---- context_args.cpp
    ir::Value argument_scalar(const program::Argument& argument, const types::Type* type);
    void argument_into(const program::Argument& argument, const types::Type* type, ir::Value destination);
    ir::Value argument_address(const program::Argument& argument);  ///< i64, for kernel reads
    const program::Argument& event_argument(const types::Member& member) const;
    ir::Value usdt_operand(const program::Argument& argument);
    ir::Value operand_address(const program::Operand& operand);

    // ---- maps.cpp
    ir::Value key_of(typed::MapIndex map, const typed::Expr* key);
    ir::Value bucket_key_of(typed::MapIndex map, const typed::Expr* key, ir::Value bucket);
    ir::Value lookup(program::MapId map, ir::Value key);
    ir::Value scalar_map_address(typed::MapIndex map);  ///< of {is_set, value}; per-CPU: may be null
    void upsert(program::MapId map, ir::Value key, std::uint32_t value_size, source::Range at,
                const std::function<void(ir::Value)>& body);
    void update_failed(source::Range at, ir::Value code);
    void assign_map(const typed::AssignMap& stmt);
    bool add_in_place(const typed::AssignMap& stmt);
    ir::Value increment_map(const typed::Increment& expr, const typed::MapValue& target, bool is_used);
    void report_absent(source::Range at);
    ir::Value percpu_lookup(ir::Builder& b, program::MapId map, ir::Value key, ir::Value cpu);
    void write_merge(ir::Builder& b, typed::MapIndex map);
    /// Merges what `key` points at (scalar maps: element 0, behind is_set) over CPUs; null: absent everywhere.
    ir::Value merged(typed::MapIndex map, ir::Value key);
    std::pair<ir::Value, ir::Value> merged_words(typed::MapIndex map, ir::Value key);
    ir::Value average_of(const program::Aggregation& aggregation, ir::Value total, ir::Value count);
    ir::Value merged_stats(const typed::MapValue& expr);
    ir::Value count_bucket_keys(typed::MapIndex map);
    void for_each_bucket(typed::MapIndex map, const typed::Expr* key, const std::function<void(ir::Value key)>& body);

    // ---- sequence.cpp
    ir::Value sequence_file();
    void write_sequence(std::string_view text);
    void print_sequence(const std::string& format, ir::Value data);
    void write_sequence_text(const program::FormatOp& op, const typed::Expr& value);
    void write_sequence_number(const program::FormatOp& op, const typed::Expr& value);
    void count_object();

    // ---- stacks.cpp
    static void write_store(ir::Builder& b, program::MapId stacks, std::uint32_t limit);

    // ---- events.cpp
    [[nodiscard]] bool is_quiet(const typed::Expr& expr) const;
    program::LayoutId layout_of(const typed::Expr& expr);

    ScriptState& script_;
    const typed::Probe& probe_;
    program::ProbeId id_;
    std::string name_;
    SharedBody shared_;
    ir::Value probe_entry_;   ///< of the table, in the program itself; set where the body is shared by a table
    ir::Value probe_number_;  ///< i64, the same

    Function main_;
    Function* function_ = &main_;
    std::vector<Loop> loops_;
    Scope scope_storage_;
    Scope* scope_ = nullptr;
    ir::Value ledger_;  ///< in the program itself
    ir::Block claim_early_, claim_late_, exit_, return_, lost_;
    bool is_claim_early_ = false, is_in_predicate_ = false;
    std::map<ChunkId, std::uint32_t> used_chunks_;          ///< bytes used
    std::vector<ChunkId> chunk_order_;                      ///< in order of first use: the first few stand in the frame
    std::uint32_t scratch_top_ = 0;                         ///< in bytes, over all small chunks
    std::uint32_t large_top_ = 0;                           ///< large chunks in use
    std::unordered_map<const void*, unsigned> alignments_;  ///< of addresses aligned to less than 8
    std::map<std::uint32_t, std::unique_ptr<SubProgram>> subprograms_;
    ir::Value result_slot_;  ///< what the program returns, where that means something
    std::map<SharedName, ir::Function> shared_functions_;
    std::set<SharedName> written_in_place_;  ///< see call_shared
};

}  // namespace codegen
