// Where values live: stack objects and their reuse, scratch memory, variables; copying, clearing, and reads of foreign
// memory.
#include <algorithm>
#include <bit>

#include "runtime/base/bug.h"
#include "runtime/program/record.h"
#include "src/codegen/probe_emitter.h"
#include "src/codegen/scratch_layout.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using types::Kind;
using Likely = ir::Builder::Likely;

namespace {

/// Of the 512 bytes for a program and everything it has called; the rest is for what LLVM spills.
constexpr std::uint32_t kStackForObjects = 272;
/// What each function of a call chain may spill besides.
constexpr std::uint32_t kSpillsPerFunction = 64;
/// Variables in memory that a body may keep on the stack.
constexpr std::uint32_t kStackForVariables = 96;
/// A copy of more loads and stores than this goes through probe_read_kernel, a clearing of more stores as well.
constexpr std::uint32_t kMostInlineMoves = 32, kMostInlineStores = 64;

std::uint32_t round_up_8(std::uint32_t size) {
    return (size + 7) / 8 * 8;
}

}  // namespace

bool is_register(const types::Type* type) {
    return type->is_scalar() || (type->kind >= Kind::count && type->kind <= Kind::avg);
}

const std::vector<types::Member>& members_of(const types::Type* type) {
    if (type->kind != Kind::structure) return type->members;
    if (!type->structure->is_complete && type->structure->complete) type->structure->complete(*type->structure);
    return type->structure->members;
}

bool has_loose_bytes(const types::Type* type) {
    switch (type->kind) {
        case Kind::string:
        case Kind::buffer: return true;
        case Kind::array: return has_loose_bytes(type->element);
        case Kind::tuple:
        case Kind::record: {
            std::uint32_t end = 0;
            for (const types::Member& member : type->members) {
                if (member.offset != end || has_loose_bytes(member.type)) return true;
                end = member.offset + member.type->size;
            }
            return end != type->size;
        }
        // A C structure is compared with all its bytes, as they were read.
        default: return false;
    }
}

// ---- the stack

bool ProbeEmitter::fits_stack(std::uint32_t size) const {
    if (size > script_.script.config.on_stack_limit) return false;
    std::uint32_t functions = 0;
    for (const Function* function = function_->caller; function != nullptr; function = function->caller)
        ++functions;
    return function_->stack_bytes + round_up_8(size) + functions * kSpillsPerFunction <=
           (script_.options.avoid_stack ? 0 : kStackForObjects);
}

/// Always on the stack; the smallest free block that is large enough and not wastefully larger.
ir::Value ProbeEmitter::stack_object(std::uint32_t size) {
    Function& function = *function_;
    const std::uint32_t wanted = round_up_8(std::max(1u, size));
    std::size_t best = function.stack.size();
    for (std::size_t i = 0; i < function.stack.size(); ++i) {
        const StackBlock& block = function.stack[i];
        if (block.is_taken || block.size < wanted || block.size > 2 * wanted) continue;
        if (best == function.stack.size() || block.size < function.stack[best].size) best = i;
    }
    if (best == function.stack.size()) {
        function.stack.push_back({ir().alloca_bytes(wanted, 8), wanted, false});
        function.stack_bytes += wanted;
    }
    function.stack[best].is_taken = true;
    function.taken.push_back(best);
    return function.stack[best].at;
}

ProbeEmitter::Temporaries::Temporaries(ProbeEmitter& emitter)
    : emitter_(emitter),
      function_(*emitter.function_),
      taken_(function_.taken.size()),
      scratch_(emitter.scratch_top_),
      large_(emitter.large_top_) {}

ProbeEmitter::Temporaries::~Temporaries() {
    while (function_.taken.size() > taken_) {
        function_.stack[function_.taken.back()].is_taken = false;
        function_.taken.pop_back();
    }
    emitter_.scratch_top_ = scratch_;
    emitter_.large_top_ = large_;
}

// ---- scratch

ProbeEmitter::ScratchPlace ProbeEmitter::take_scratch(std::uint32_t size) {
    size = round_up_8(std::max(1u, size));
    if (size > kMostPerCpuBytes - ScratchHeader::kSize) {
        const ScratchPlace place{{large_top_++, true}, 0};
        need_chunk({});
        need_chunk(place.chunk);
        std::uint32_t& used = used_chunks_[place.chunk];
        used = std::max(used, size);
        return place;
    }
    std::uint32_t begin = std::max(scratch_top_, ScratchHeader::kSize);
    // No object lies across the border of two chunks.
    if (begin % kMostPerCpuBytes + size > kMostPerCpuBytes) begin = (begin / kMostPerCpuBytes + 1) * kMostPerCpuBytes;
    scratch_top_ = begin + size;
    const ScratchPlace place{{begin / kMostPerCpuBytes, false}, begin % kMostPerCpuBytes};
    need_chunk({});
    need_chunk(place.chunk);
    std::uint32_t& used = used_chunks_[place.chunk];
    used = std::max(used, place.offset + size);
    return place;
}

void ProbeEmitter::need_chunk(ChunkId id) {
    const auto [used, is_new] = used_chunks_.try_emplace(id, ScratchHeader::kSize);
    if (is_new) chunk_order_.push_back(id);
    if (is_in_predicate_) is_claim_early_ = true;
    if (!main_.chunks.contains(id)) main_.chunks.emplace(id, main_.builder->slot(Width::i64, "chunk"));
}

ir::Value ProbeEmitter::chunk(ChunkId id) {
    need_chunk(id);
    ir::Builder& b = ir();
    if (function_->kind == Function::Kind::program) return b.load_pointer(main_.chunks.at(id));

    const auto position = static_cast<std::int64_t>(std::ranges::find(chunk_order_, id) - chunk_order_.begin());
    const std::int64_t offset = Frame::kChunks + position * 8;
    if (offset < Frame::kSize) return b.load_pointer(function_->frame, offset);
    // More chunks than the frame carries: the function looks them up at its start.
    const auto [slot, is_first] = function_->chunks.try_emplace(id);
    if (is_first) slot->second = b.slot(Width::i64, "chunk");
    return b.load_pointer(slot->second);
}

ir::Value ProbeEmitter::at(ScratchPlace place) {
    return member_at(chunk(place.chunk), place.offset);
}

ir::Value ProbeEmitter::scratch_only(std::uint32_t size) {
    return at(take_scratch(size));
}

ir::Value ProbeEmitter::scratch(std::uint32_t size) {
    return fits_stack(size) ? stack_object(size) : scratch_only(size);
}

ir::Value ProbeEmitter::with_word(const std::function<ir::Value(ir::Value word)>& use) {
    const Temporaries temporaries(*this);
    return use(stack_object(8));
}

/// Room for a value that is about to be written. Of a string only the bytes up to its NUL are, and verifiers before 6.3
/// refuse reads of stack that was never written.
ir::Value ProbeEmitter::temporary(const types::Type* type) {
    if (!fits_stack(type->size)) return scratch_only(type->size);
    const ir::Value place = stack_object(type->size);
    if (has_loose_bytes(type)) clear(place, round_up_8(type->size));
    return place;
}

ir::Value ProbeEmitter::zero_memory(std::uint32_t size) {
    return ir().map_value(script_.zeros(size));
}

// ---- alignment

ir::Value ProbeEmitter::member_at(ir::Value base, std::int64_t offset) {
    return ir().ptr_add(base, offset);
}

unsigned ProbeEmitter::alignment(ir::Value address, std::int64_t offset) const {
    const auto [base, distance] = ir::Builder::without_offset(address);
    const auto found = alignments_.find(base.raw);
    const unsigned known = found == alignments_.end() ? 8 : found->second;
    const auto away = static_cast<std::uint64_t>(distance + offset);
    return away == 0 ? known : std::min(known, 1U << std::min(3, std::countr_zero(away)));
}

// ---- moving bytes

ir::Value ProbeEmitter::normalised(const types::Type* type, ir::Value value) {
    if (type->kind == Kind::boolean) return value;
    if (type->size >= 8 || type->size == 0) return value;
    const Width width = ir::width_of_bytes(type->size);
    return ir().resize(ir().trunc(value, width), Width::i64, type->is_signed);
}

ir::Value ProbeEmitter::load_scalar(const types::Type* type, ir::Value address, std::int64_t offset) {
    ir::Builder& b = ir();
    const Width width = ir::width_of_bytes(type->size);
    const ir::Value raw = b.load(width, address, offset, std::min(ir::bytes(width), alignment(address, offset)));
    return b.resize(raw, Width::i64, type->is_signed);
}

void ProbeEmitter::store_scalar(const types::Type* type, ir::Value value, ir::Value address, std::int64_t offset) {
    const Width width = ir::width_of_bytes(type->size);
    ir().store(ir().resize(value, width, false), address, offset,
               std::min(ir::bytes(width), alignment(address, offset)));
}

void ProbeEmitter::copy(ir::Value to, ir::Value from, std::uint32_t size) {
    if (size == 0 || to.raw == from.raw) return;
    const unsigned align = std::min(alignment(to), alignment(from));
    if (size / align <= kMostInlineMoves)
        ir().copy(to, from, size, align);
    else
        helper(Helper::probe_read_kernel, {to, ir().i64(size), from});
}

void ProbeEmitter::clear(ir::Value at, std::uint32_t size) {
    if (size == 0) return;
    const unsigned align = alignment(at);
    if (size / align <= kMostInlineStores)
        ir().fill(at, 0, size, align);
    else
        helper(Helper::probe_read_kernel, {at, ir().i64(size), zero_memory(size)});
}

// ---- helpers

ir::Value ProbeEmitter::helper(Helper helper, std::initializer_list<ir::Value> arguments) {
    using Builder = ir::Builder;
    Builder::Returns returns = Builder::Returns::integer;
    Builder::Effect effect = Builder::Effect::memory;
    switch (helper) {
        case Helper::map_lookup_elem:
        case Helper::map_lookup_percpu_elem:
        case Helper::ringbuf_reserve: returns = Builder::Returns::pointer; break;
        // The same all through one run, wherever it is asked: programs do not migrate.
        case Helper::get_smp_processor_id:
        case Helper::get_numa_node_id:
        case Helper::get_current_pid_tgid:
        case Helper::get_current_uid_gid:
        case Helper::get_current_task:
        case Helper::get_current_cgroup_id: effect = Builder::Effect::stable; break;
        default: break;
    }
    return ir().call_helper(static_cast<std::uint32_t>(helper), std::span(arguments.begin(), arguments.size()), returns,
                            effect);
}

types::AddressSpace ProbeEmitter::space_of(const types::Type* type) const {
    if (type->kind == Kind::pointer && type->space != types::AddressSpace::none) return type->space;
    switch (probe_.kind) {
        case program::ProbeKind::kprobe:
        case program::ProbeKind::kretprobe:
        case program::ProbeKind::fentry:
        case program::ProbeKind::fexit:
        case program::ProbeKind::iter:
        case program::ProbeKind::rawtracepoint:
        case program::ProbeKind::tracepoint: return types::AddressSpace::kernel;
        case program::ProbeKind::uprobe:
        case program::ProbeKind::uretprobe:
        case program::ProbeKind::usdt: return types::AddressSpace::user;
        case program::ProbeKind::begin:
        case program::ProbeKind::end:
        case program::ProbeKind::interval:
        case program::ProbeKind::profile:
        case program::ProbeKind::software:
        case program::ProbeKind::hardware:
        case program::ProbeKind::watchpoint:
        case program::ProbeKind::self:
        case program::ProbeKind::test:
        case program::ProbeKind::bench: return types::AddressSpace::none;
    }
    return types::AddressSpace::none;
}

ir::Value ProbeEmitter::read_with(Helper user, Helper kernel, ir::Value destination, ir::Value size, ir::Value address,
                                  types::AddressSpace space, source::Range at) {
    ir::Builder& b = ir();
    const auto checked = [&](Helper which) {
        const ir::Value result = helper(which, {destination, size, address});
        b.if_then(
            b.compare(Compare::slt, result, b.i64(0)),
            [&] {
                count(program::LedgerCounter::failed_reads);
                warn(program::WarningKind::helper_failed, at, helper_name(which), result, true);
            },
            Likely::no);
        return result;
    };
    if (space == types::AddressSpace::kernel) return checked(kernel);
    if (space == types::AddressSpace::user) return checked(user);
    // The upper half of the addresses is the kernel's.
    const ir::Value result = b.slot(Width::i64, "read");
    b.if_else(
        b.compare(Compare::slt, address, b.i64(0)), [&] { b.store(checked(kernel), result); },
        [&] { b.store(checked(user), result); });
    return b.load(Width::i64, result);
}

// Both helpers clear the destination when they fail.
ir::Value ProbeEmitter::read(ir::Value destination, ir::Value size, ir::Value address, types::AddressSpace space,
                             source::Range at) {
    return read_with(Helper::probe_read_user, Helper::probe_read_kernel, destination, size, address, space, at);
}

ir::Value ProbeEmitter::read_string(ir::Value destination, ir::Value size, ir::Value address, types::AddressSpace space,
                                    source::Range at) {
    return read_with(Helper::probe_read_user_str, Helper::probe_read_kernel_str, destination, size, address, space, at);
}

/// Bits [bit_offset, bit_offset + bit_size) of the little-endian number at `storage`, of which `storage_size` (at most
/// 8) bytes may be read.
ir::Value ProbeEmitter::load_bits(ir::Value storage, std::uint32_t storage_size, std::uint16_t bit_offset,
                                  std::uint16_t bit_size, bool is_signed) {
    ir::Builder& b = ir();
    ir::Value raw = b.i64(0);
    for (std::uint32_t done = 0; done < storage_size;) {
        std::uint32_t piece = std::min(8u, std::bit_floor(storage_size - done));
        piece = std::min(piece, alignment(storage, done));
        const ir::Value part = b.zext(b.load(ir::width_of_bytes(piece), storage, done, piece), Width::i64);
        raw = b.or_(raw, b.shl(part, b.i64(done * 8)));
        done += piece;
    }
    raw = b.shl(raw, b.i64(64U - bit_offset - bit_size));
    const ir::Value down = b.i64(64U - bit_size);
    return is_signed ? b.ashr(raw, down) : b.lshr(raw, down);
}

// ---- variables

void ProbeEmitter::open_scope(Scope& scope, std::span<const typed::VariableSlot> variables) {
    std::uint32_t on_stack = 0;
    for (std::size_t i = 0; i < variables.size(); ++i) {
        Variable variable;
        variable.type = variables[i].type;
        variable.needs_zero = scope.plan.needs_zero[i];
        const bool is_captured = scope.plan.is_captured[i];
        // Out of stack, scalars give up their registers as well: what is kept over a call is spilled to the stack.
        const bool is_kept_unknown =
            scope.plan.has_many_conditions && (scope.plan.is_conditional[i] || scope.plan.needs_zero[i]);
        variable.is_slot =
            is_register(variable.type) && !is_captured && !is_kept_unknown && !script_.options.avoid_stack;
        if (!variable.is_slot) {
            const std::uint32_t size = round_up_8(std::max(8u, variable.type->size));
            variable.is_in_scratch =
                is_captured || is_kept_unknown || !fits_stack(size) || on_stack + size > kStackForVariables;
            if (!variable.is_in_scratch) on_stack += size;
            if (variable.is_in_scratch) {
                variable.place = take_scratch(size);
                if (variable.needs_zero)
                    main_.zeroed_scratch.push_back({variable.place.chunk, {variable.place.offset, size}});
            }
        }
        scope.variables.push_back(variable);
    }
}

ProbeEmitter::Variable& ProbeEmitter::variable(typed::VariableId id) {
    Variable& variable = scope_->variables[id.index()];
    if (variable.is_in_scratch) return variable;
    if (!variable.value) {
        variable.home = function_;
        if (variable.is_slot) {
            variable.value = ir().slot(Width::i64, "variable");
            if (variable.needs_zero) function_->zeroed.emplace_back(variable.value, 8);
        } else {
            const std::uint32_t size = round_up_8(std::max(8u, variable.type->size));
            variable.value = ir().alloca_bytes(size, 8, "variable");
            function_->stack_bytes += size;
            // Also if it is assigned first: assigning a string leaves its tail unwritten.
            function_->zeroed.emplace_back(variable.value, size);
        }
    }
    BUG_IF(variable.home != function_, "a variable of another function");
    return variable;
}

ir::Value ProbeEmitter::variable_address(typed::VariableId id) {
    const Variable& found = variable(id);
    return found.is_in_scratch ? at(found.place) : found.value;
}

ir::Value ProbeEmitter::load_variable(typed::VariableId id) {
    const Variable& found = variable(id);
    if (found.is_slot) return ir().load(Width::i64, found.value);
    // Eight bytes whatever the type: extended already.
    return ir().load(Width::i64, variable_address(id));
}

void ProbeEmitter::store_variable(typed::VariableId id, ir::Value value) {
    const Variable& found = variable(id);
    const ir::Value whole = normalised(found.type, value);
    if (found.is_slot)
        ir().store(whole, found.value);
    else
        ir().store(whole, variable_address(id));
}

}  // namespace codegen
