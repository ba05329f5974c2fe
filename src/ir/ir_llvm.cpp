// The façade over IRBuilder, one operation after the other in the order of ir.h.
#include <llvm/Config/llvm-config.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/IntrinsicsBPF.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Operator.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "runtime/base/bug.h"
#include "src/ir/module_state.h"

namespace ir {
namespace {

// The limit of the calling convention: R1 to R5.
constexpr std::size_t kMaxArguments = 5;

// Types of ld_imm64, from <linux/bpf.h>: BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE.
constexpr std::uint64_t kPseudoMapFd = 1;
constexpr std::uint64_t kPseudoMapValue = 2;

// Branch weights of an expectation; the value __builtin_expect uses.
constexpr std::uint32_t kLikelyWeight = 2000;

std::string identifier(std::string_view name) {
    std::string result(name);
    for (char& c : result) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    if (result.empty() || std::isdigit(static_cast<unsigned char>(result.front())) != 0) result.insert(0, 1, '_');
    // KSYM_NAME_LEN with its terminator is the most btf_name_valid_identifier takes.
    constexpr std::size_t kMaxName = 127;
    if (result.size() > kMaxName) result.resize(kMaxName);
    return result;
}

llvm::IntegerType* integer_type(llvm::LLVMContext& context, Width width) {
    return llvm::IntegerType::get(context, bits(width));
}

}  // namespace

// ---- Module ---------------------------------------------------------------------------------------------------------

namespace {

// LLVM 16 does not know v4.
Cpu known(Cpu wanted) {
    return wanted == Cpu::v4 && LLVM_VERSION_MAJOR < 17 ? Cpu::v3 : wanted;
}

}  // namespace

Module::State::State(Cpu wanted)
    : cpu(known(wanted)),
      context(std::make_unique<llvm::LLVMContext>()),
      machine(make_target_machine(cpu)),
      module(std::make_unique<llvm::Module>("bpfline", *context)) {
    module->setDataLayout(machine->createDataLayout());
    module->setTargetTriple(machine->getTargetTriple().str());
    debug_info = std::make_unique<DebugInfo>(*module);
}

Module::State::~State() = default;

Module::Module(Cpu cpu) : state_(std::make_unique<State>(cpu)) {}
Module::~Module() = default;

Cpu Module::cpu() const {
    return state_->cpu;
}

FileId Module::add_file(std::string_view name, std::string_view text) {
    return state_->debug_info->add_file(name, text);
}

std::string Module::text() const {
    BUG_IF(state_->module == nullptr, "the text of a module that was used up");
    std::string text;
    llvm::raw_string_ostream out(text);
    state_->module->print(out, nullptr);
    return out.str();
}

namespace {

Function begin_function(Module::State& state, std::string_view name, std::span<const Parameter> parameters, Location at,
                        const std::string& section, llvm::GlobalValue::LinkageTypes linkage) {
    BUG_IF(parameters.size() > kMaxArguments, "a function takes at most five arguments");
    llvm::LLVMContext& context = *state.context;
    std::vector<llvm::Type*> types;
    for (const Parameter& parameter : parameters) {
        types.push_back(parameter.is_pointer ? static_cast<llvm::Type*>(llvm::PointerType::getUnqual(context))
                                             : llvm::Type::getInt64Ty(context));
    }
    const std::string clean_name = identifier(name);
    llvm::Function* function =
        llvm::Function::Create(llvm::FunctionType::get(llvm::Type::getInt64Ty(context), types, false), linkage,
                               clean_name, state.module.get());
    function->setSection(section);
    function->addFnAttr(llvm::Attribute::NoUnwind);
    function->addFnAttr("no-builtins");  // a script's `fn labs` is not the C library's
    for (unsigned i = 0; i < parameters.size(); ++i) {
        function->getArg(i)->setName(llvm::StringRef(parameters[i].name));
    }
    llvm::BasicBlock::Create(context, "entry", function);
    state.debug_info->describe(*function, clean_name, parameters, at);
    return {function};
}

}  // namespace

Function Module::begin_program(std::string_view name, Location at) {
    static constexpr Parameter kContext[] = {{"context", true}};
    const std::string section = "p" + std::to_string(state_->program_names.size());
    state_->program_names.push_back(identifier(name));
    return begin_function(*state_, name, kContext, at, section, llvm::GlobalValue::ExternalLinkage);
}

Function Module::begin_callback(Function program, std::string_view name, std::span<const Parameter> parameters,
                                Location at) {
    // Internal linkage makes it a static function in BTF: the verifier checks it with what its caller knows, instead of
    // once for all by its prototype.
    return begin_function(*state_, name, parameters, at, program.raw->getSection().str(),
                          llvm::GlobalValue::InternalLinkage);
}

Function Module::begin_subprogram(Function program, std::string_view name, std::span<const Parameter> parameters,
                                  Location at) {
    return begin_callback(program, name, parameters, at);
}

Function Module::begin_shared(Function program, std::string_view name, std::span<const Parameter> parameters,
                              Location at) {
    // External makes it a global function in BTF, hidden tells it from a program.
    const Function function = begin_function(*state_, name, parameters, at, program.raw->getSection().str(),
                                             llvm::GlobalValue::ExternalLinkage);
    function.raw->setVisibility(llvm::GlobalValue::HiddenVisibility);
    return function;
}

// ---- Builder --------------------------------------------------------------------------------------------------------

struct Builder::State {
    State(Module& owner, llvm::Function* target)
        : module(owner), function(target), context(target->getContext()), llvm(&target->getEntryBlock()) {}

    Module& module;
    llvm::Function* function;
    llvm::LLVMContext& context;
    llvm::IRBuilder<> llvm;

    [[nodiscard]] llvm::IntegerType* type(Width width) const { return integer_type(context, width); }
    [[nodiscard]] llvm::PointerType* pointer_type() const { return llvm::PointerType::getUnqual(context); }

    // A call that neither reads nor writes memory, so that loads and stores around it stay known.
    static void set_no_memory(llvm::CallInst* call) {
        call->setDoesNotAccessMemory();
        call->setDoesNotThrow();
        call->addFnAttr(llvm::Attribute::WillReturn);
    }

    llvm::Value* pseudo(std::uint64_t kind, program::MapId map) {
        BUG_IF(!map.is_set(), "a reference to no map");
        llvm::CallInst* call =
            llvm.CreateIntrinsic(llvm::Intrinsic::bpf_pseudo, {}, {llvm.getInt64(kind), llvm.getInt64(map.value)});
        set_no_memory(call);
        // Convergent: merged within a block only. An ld_imm64 costs one instruction, a register kept over the whole
        // function (or its eight bytes of stack) more.
        call->addFnAttr(llvm::Attribute::Convergent);
        return llvm.CreateIntToPtr(call, pointer_type());
    }

    llvm::Value* address(Value pointer, std::int64_t offset) {
        BUG_IF(!is_pointer(pointer), "an address that is no pointer");
        if (offset == 0) return pointer.raw;
        return llvm.CreateGEP(llvm.getInt8Ty(), pointer.raw, llvm.getInt64(static_cast<std::uint64_t>(offset)));
    }

    llvm::Value* load(llvm::Type* as, Value pointer, std::int64_t offset, unsigned align, bool is_volatile) {
        if (align == 0) align = std::max(1U, as->isPointerTy() ? 8U : as->getIntegerBitWidth() / 8U);
        return llvm.CreateAlignedLoad(as, address(pointer, offset), llvm::Align(align), is_volatile);
    }

    void store(Value value, Value pointer, std::int64_t offset, unsigned align, bool is_volatile) {
        llvm::Value* raw = value.raw;
        if (raw->getType()->isIntegerTy(1)) raw = llvm.CreateZExt(raw, llvm.getInt8Ty());
        if (align == 0) align = raw->getType()->isPointerTy() ? 8U : raw->getType()->getIntegerBitWidth() / 8U;
        llvm.CreateAlignedStore(raw, address(pointer, offset), llvm::Align(align), is_volatile);
    }

    llvm::Value* atomic(llvm::AtomicRMWInst::BinOp operation, Value pointer, Value value, std::int64_t offset) {
        const unsigned width = value.raw->getType()->getIntegerBitWidth();
        BUG_IF(width < 32, "atomics are 32 or 64 bits wide");
        return llvm.CreateAtomicRMW(operation, address(pointer, offset), value.raw, llvm::Align(width / 8),
                                    llvm::AtomicOrdering::SequentiallyConsistent);
    }

    // |a|, modulo 2^width; `sign` is 0 or -1.
    llvm::Value* without_sign(llvm::Value* a, llvm::Value* sign) {
        return llvm.CreateSub(llvm.CreateXor(a, sign), sign);
    }

    llvm::Value* sign_of(llvm::Value* a) { return llvm.CreateAShr(a, a->getType()->getIntegerBitWidth() - 1U); }

    [[nodiscard]] llvm::Value* shift_amount(Value a, Value amount) {
        const Width width = Builder::width(a);
        llvm::Value* raw = llvm.CreateZExtOrTrunc(amount.raw, type(width));
        return llvm.CreateAnd(raw, bits(width) - 1U);
    }

    std::vector<llvm::Value*> call_arguments(std::span<const Value> arguments) {
        BUG_IF(arguments.size() > kMaxArguments, "a call takes at most five arguments");
        std::vector<llvm::Value*> result;
        for (const Value argument : arguments) {
            result.push_back(is_pointer(argument) ? argument.raw : llvm.CreateZExt(argument.raw, llvm.getInt64Ty()));
        }
        return result;
    }
};

Builder::Builder(Module& module, Function function) : state_(std::make_unique<State>(module, function.raw)) {
    const llvm::DISubprogram* subprogram = function.raw->getSubprogram();
    // The prologue belongs to the line of the function itself.
    state_->llvm.SetCurrentDebugLocation(
        llvm::DILocation::get(state_->context, subprogram->getLine(), 0, function.raw->getSubprogram()));
}
Builder::~Builder() = default;

Module& Builder::module() const {
    return state_->module;
}
Function Builder::function() const {
    return {state_->function};
}
Value Builder::argument(unsigned index) const {
    BUG_IF(index >= state_->function->arg_size(), "no such argument");
    return {state_->function->getArg(index)};
}

void Builder::set_location(Location at) {
    state_->llvm.SetCurrentDebugLocation(state_->module.state().debug_info->location(*state_->function, at));
}

// ---- questions

bool Builder::is_pointer(Value value) {
    return value.raw->getType()->isPointerTy();
}

Width Builder::width(Value value) {
    BUG_IF(!value.raw->getType()->isIntegerTy(), "the width of a value that is no integer");
    switch (value.raw->getType()->getIntegerBitWidth()) {
        case 1: return Width::i1;
        case 8: return Width::i8;
        case 16: return Width::i16;
        case 32: return Width::i32;
        case 64: return Width::i64;
        default: BUG("an integer of unknown width");
    }
}

std::optional<std::uint64_t> Builder::constant_of(Value value) {
    const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(value.raw);
    if (constant == nullptr) return std::nullopt;
    return constant->getZExtValue();
}

// ---- constants

Value Builder::constant(Width width, std::uint64_t value) {
    // Cut by hand: later versions of LLVM refuse a constant with bits beyond its width.
    if (bits(width) < 64) value &= (std::uint64_t{1} << bits(width)) - 1;
    return {llvm::ConstantInt::get(state_->type(width), value)};
}

Value Builder::null() {
    return {llvm::ConstantPointerNull::get(state_->pointer_type())};
}

// ---- arithmetic

Value Builder::add(Value a, Value b) {
    return {state_->llvm.CreateAdd(a.raw, b.raw)};
}
Value Builder::sub(Value a, Value b) {
    return {state_->llvm.CreateSub(a.raw, b.raw)};
}
Value Builder::mul(Value a, Value b) {
    return {state_->llvm.CreateMul(a.raw, b.raw)};
}

// LLVM calls division by zero undefined, and folds on that ground (x / x is 1). The machine has a result, and we
// promise it: a zero constant is answered here, and of any other divisor the optimiser learns nothing.
Value Builder::udiv(Value a, Value b) {
    const Width width = Builder::width(a);
    if (const auto divisor = constant_of(b)) {
        return *divisor == 0 ? constant(width, 0) : Value{state_->llvm.CreateUDiv(a.raw, b.raw)};
    }
    if (bits(width) < 32) return trunc(udiv(zext(a, Width::i32), zext(b, Width::i32)), width);
    return {state_->llvm.CreateUDiv(a.raw, opaque(b).raw)};
}

Value Builder::urem(Value a, Value b) {
    const Width width = Builder::width(a);
    if (const auto divisor = constant_of(b)) return *divisor == 0 ? a : Value{state_->llvm.CreateURem(a.raw, b.raw)};
    if (bits(width) < 32) return trunc(urem(zext(a, Width::i32), zext(b, Width::i32)), width);
    return {state_->llvm.CreateURem(a.raw, opaque(b).raw)};
}

// Before v4 there is no signed division: divide absolute values and put the sign back. |smallest| is its own bit
// pattern, read as unsigned, so smallest / -1 comes out as smallest. On v4 that pair must not reach the machine: x86's
// idiv traps on it and kernels before 6.11 did not catch it.
Value Builder::sdiv(Value a, Value b) {
    const Width width = Builder::width(a);
    if (bits(width) < 32) return trunc(sdiv(sext(a, Width::i32), sext(b, Width::i32)), width);
    const Value minus_one = constant(width, ~std::uint64_t{0});
    const auto divisor = constant_of(b);
    if (divisor == 0) return constant(width, 0);
    if (divisor && b.raw == minus_one.raw) return neg(a);
    llvm::IRBuilder<>& llvm = state_->llvm;
    if (state_->module.cpu() == Cpu::v4) {
        if (divisor) return {llvm.CreateSDiv(a.raw, b.raw)};
        const Value is_minus_one = compare(Compare::eq, b, minus_one);
        const Value safe = opaque(select(is_minus_one, constant(width, 1), b));
        return select(is_minus_one, neg(a), {llvm.CreateSDiv(a.raw, safe.raw)});
    }
    llvm::Value* sign_a = state_->sign_of(a.raw);
    llvm::Value* sign_b = state_->sign_of(b.raw);
    const Value quotient = udiv({state_->without_sign(a.raw, sign_a)}, {state_->without_sign(b.raw, sign_b)});
    return {state_->without_sign(quotient.raw, llvm.CreateXor(sign_a, sign_b))};
}

Value Builder::srem(Value a, Value b) {
    const Width width = Builder::width(a);
    if (bits(width) < 32) return trunc(srem(sext(a, Width::i32), sext(b, Width::i32)), width);
    const Value minus_one = constant(width, ~std::uint64_t{0});
    const auto divisor = constant_of(b);
    if (divisor == 0) return a;
    if (divisor && b.raw == minus_one.raw) return constant(width, 0);
    llvm::IRBuilder<>& llvm = state_->llvm;
    if (state_->module.cpu() == Cpu::v4) {
        if (divisor) return {llvm.CreateSRem(a.raw, b.raw)};
        // x % 1 is x % -1.
        const Value safe = opaque(select(compare(Compare::eq, b, minus_one), constant(width, 1), b));
        return {llvm.CreateSRem(a.raw, safe.raw)};
    }
    llvm::Value* sign_a = state_->sign_of(a.raw);  // the remainder has the dividend's sign
    const Value rest =
        urem({state_->without_sign(a.raw, sign_a)}, {state_->without_sign(b.raw, state_->sign_of(b.raw))});
    return {state_->without_sign(rest.raw, sign_a)};
}

Value Builder::and_(Value a, Value b) {
    return {state_->llvm.CreateAnd(a.raw, b.raw)};
}
Value Builder::or_(Value a, Value b) {
    return {state_->llvm.CreateOr(a.raw, b.raw)};
}
Value Builder::xor_(Value a, Value b) {
    return {state_->llvm.CreateXor(a.raw, b.raw)};
}
Value Builder::shl(Value a, Value amount) {
    return {state_->llvm.CreateShl(a.raw, state_->shift_amount(a, amount))};
}
Value Builder::lshr(Value a, Value amount) {
    return {state_->llvm.CreateLShr(a.raw, state_->shift_amount(a, amount))};
}
Value Builder::ashr(Value a, Value amount) {
    return {state_->llvm.CreateAShr(a.raw, state_->shift_amount(a, amount))};
}
Value Builder::neg(Value a) {
    return {state_->llvm.CreateNeg(a.raw)};
}
Value Builder::not_(Value a) {
    return {state_->llvm.CreateNot(a.raw)};
}
Value Builder::bswap(Value a) {
    BUG_IF(bits(width(a)) < 16, "swapping the bytes of less than two");
    return {state_->llvm.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, a.raw)};
}

Value Builder::count_leading_zeros(Value a) {
    // By hand, because LLVM 16 crashes on its own ctlz for this machine: make all bits below the highest one 1, then
    // count zeros as the ones of the complement (Hacker's Delight, 5-1).
    const Width width = Builder::width(a);
    Value x = zext(a, Width::i64);
    const auto shifted = [&](std::uint64_t amount) { return lshr(x, i64(amount)); };
    for (const std::uint64_t amount : {1, 2, 4, 8, 16, 32})
        x = or_(x, shifted(amount));
    x = not_(x);
    const Value pairs = i64(0x3333333333333333);
    x = sub(x, and_(shifted(1), i64(0x5555555555555555)));
    x = add(and_(x, pairs), and_(shifted(2), pairs));
    x = and_(add(x, shifted(4)), i64(0x0f0f0f0f0f0f0f0f));
    x = lshr(mul(x, i64(0x0101010101010101)), i64(56));
    return trunc(sub(x, i64(64 - bits(width))), width);
}

// ---- comparison and choice

Value Builder::compare(Compare how, Value a, Value b) {
    static constexpr std::array kPredicates{llvm::CmpInst::ICMP_EQ,  llvm::CmpInst::ICMP_NE,  llvm::CmpInst::ICMP_ULT,
                                            llvm::CmpInst::ICMP_ULE, llvm::CmpInst::ICMP_UGT, llvm::CmpInst::ICMP_UGE,
                                            llvm::CmpInst::ICMP_SLT, llvm::CmpInst::ICMP_SLE, llvm::CmpInst::ICMP_SGT,
                                            llvm::CmpInst::ICMP_SGE};
    return {state_->llvm.CreateICmp(kPredicates[static_cast<std::size_t>(how)], a.raw, b.raw)};
}

Value Builder::is_zero(Value a) {
    return {state_->llvm.CreateIsNull(a.raw)};
}
Value Builder::not_zero(Value a) {
    if (a.raw->getType()->isIntegerTy(1)) return a;
    return {state_->llvm.CreateIsNotNull(a.raw)};
}
Value Builder::select(Value condition, Value yes, Value no) {
    return {state_->llvm.CreateSelect(condition.raw, yes.raw, no.raw)};
}
Value Builder::umin(Value a, Value b) {
    return select(compare(Compare::ult, a, b), a, b);
}
Value Builder::umax(Value a, Value b) {
    return select(compare(Compare::ugt, a, b), a, b);
}
Value Builder::smin(Value a, Value b) {
    return select(compare(Compare::slt, a, b), a, b);
}
Value Builder::smax(Value a, Value b) {
    return select(compare(Compare::sgt, a, b), a, b);
}

// ---- conversion

Value Builder::zext(Value a, Width to) {
    return {state_->llvm.CreateZExt(a.raw, state_->type(to))};
}
Value Builder::sext(Value a, Width to) {
    return {state_->llvm.CreateSExt(a.raw, state_->type(to))};
}
Value Builder::trunc(Value a, Width to) {
    return {state_->llvm.CreateTrunc(a.raw, state_->type(to))};
}
Value Builder::resize(Value a, Width to, bool is_signed) {
    return {state_->llvm.CreateIntCast(a.raw, state_->type(to), is_signed)};
}
Value Builder::ptr_to_int(Value pointer) {
    return {state_->llvm.CreatePtrToInt(pointer.raw, state_->llvm.getInt64Ty())};
}
Value Builder::int_to_ptr(Value integer) {
    return {state_->llvm.CreateIntToPtr(integer.raw, state_->pointer_type())};
}

Value Builder::opaque(Value value) {
    llvm::IRBuilder<>& llvm = state_->llvm;
    // Always in a whole register: of a 32-bit half ("w") the backend believes that whoever wrote it cleared the other
    // half, which nobody did here.
    if (!is_pointer(value) && width(value) != Width::i64) {
        return trunc(opaque(zext(value, Width::i64)), width(value));
    }
    llvm::Type* type = value.raw->getType();
    llvm::InlineAsm* nothing =
        llvm::InlineAsm::get(llvm::FunctionType::get(type, {type}, false), "", "=r,0", /*hasSideEffects=*/false);
    llvm::CallInst* call = llvm.CreateCall(nothing, {value.raw});
    State::set_no_memory(call);
    return {call};
}

// ---- blocks

Block Builder::block(std::string_view name) {
    return {llvm::BasicBlock::Create(state_->context, llvm::StringRef(name), state_->function)};
}

void Builder::enter(Block block) {
    // In the order in which they are written, for readers of the dump.
    if (block.raw != &state_->function->back()) block.raw->moveAfter(&state_->function->back());
    state_->llvm.SetInsertPoint(block.raw);
}

Block Builder::current() const {
    return {state_->llvm.GetInsertBlock()};
}
bool Builder::is_terminated() const {
    return state_->llvm.GetInsertBlock()->getTerminator() != nullptr;
}

void Builder::jump(Block to) {
    state_->llvm.CreateBr(to.raw);
}

void Builder::branch(Value condition, Block yes, Block no, Likely yes_is) {
    llvm::MDNode* weights = nullptr;
    if (yes_is != Likely::unknown) {
        llvm::MDBuilder metadata(state_->context);
        weights = yes_is == Likely::yes ? metadata.createBranchWeights(kLikelyWeight, 1)
                                        : metadata.createBranchWeights(1, kLikelyWeight);
    }
    state_->llvm.CreateCondBr(condition.raw, yes.raw, no.raw, weights);
}

void Builder::switch_on(Value value, std::span<const Case> cases, Block otherwise) {
    llvm::SwitchInst* instruction =
        state_->llvm.CreateSwitch(value.raw, otherwise.raw, static_cast<unsigned>(cases.size()));
    for (const Case& one : cases) {
        instruction->addCase(llvm::cast<llvm::ConstantInt>(constant(width(value), one.value).raw), one.to.raw);
    }
}

void Builder::ret(Value value) {
    state_->llvm.CreateRet(zext(value, Width::i64).raw);
}
void Builder::unreachable() {
    state_->llvm.CreateUnreachable();
}

// ---- merging

Value Builder::phi(std::span<const Incoming> incoming) {
    BUG_IF(incoming.empty(), "merging no values");
    llvm::PHINode* phi =
        state_->llvm.CreatePHI(incoming.front().value.raw->getType(), static_cast<unsigned>(incoming.size()));
    for (const Incoming& one : incoming)
        phi->addIncoming(one.value.raw, one.from.raw);
    return {phi};
}

Value Builder::phi_pending(Width width) {
    return {state_->llvm.CreatePHI(state_->type(width), 2)};
}
Value Builder::phi_pending_pointer() {
    return {state_->llvm.CreatePHI(state_->pointer_type(), 2)};
}
void Builder::add_incoming(Value phi, Value value, Block from) {
    llvm::cast<llvm::PHINode>(phi.raw)->addIncoming(value.raw, from.raw);
}

// ---- memory

Value Builder::alloca_bytes(std::size_t size, unsigned align, std::string_view name) {
    llvm::BasicBlock& entry = state_->function->getEntryBlock();
    llvm::IRBuilder<> llvm(&entry, entry.begin());
    llvm::AllocaInst* result =
        llvm.CreateAlloca(llvm::ArrayType::get(llvm.getInt8Ty(), size), nullptr, llvm::StringRef(name));
    result->setAlignment(llvm::Align(align));
    return {result};
}

Value Builder::load(Width width, Value pointer, std::int64_t offset, unsigned align) {
    if (width == Width::i1) return not_zero(load(Width::i8, pointer, offset, align));
    return {state_->load(state_->type(width), pointer, offset, align, false)};
}
Value Builder::load_pointer(Value pointer, std::int64_t offset) {
    return {state_->load(state_->pointer_type(), pointer, offset, 0, false)};
}
Value Builder::load_volatile(Width width, Value pointer, std::int64_t offset) {
    if (width == Width::i1) return not_zero(load_volatile(Width::i8, pointer, offset));
    return {state_->load(state_->type(width), pointer, offset, 0, true)};
}
void Builder::store(Value value, Value pointer, std::int64_t offset, unsigned align) {
    state_->store(value, pointer, offset, align, false);
}
void Builder::store_volatile(Value value, Value pointer, std::int64_t offset) {
    state_->store(value, pointer, offset, 0, true);
}

Value Builder::ptr_add(Value pointer, std::int64_t offset) {
    return {state_->address(pointer, offset)};
}
Value Builder::ptr_add(Value pointer, Value offset) {
    return {state_->llvm.CreateGEP(state_->llvm.getInt8Ty(), pointer.raw, zext(offset, Width::i64).raw)};
}

std::pair<Value, std::int64_t> Builder::without_offset(Value pointer) {
    std::int64_t offset = 0;
    llvm::Value* base = pointer.raw;
    while (const auto* step = llvm::dyn_cast<llvm::GEPOperator>(base)) {
        const auto* distance = llvm::dyn_cast<llvm::ConstantInt>(step->getOperand(1));
        if (distance == nullptr || step->getNumIndices() != 1 || !step->getSourceElementType()->isIntegerTy(8)) break;
        offset += distance->getSExtValue();
        base = step->getOperand(0);
    }
    return {Value{base}, offset};
}

namespace {

// Calls `each(offset, size)` for the widest pieces that cover `size` bytes, each at a multiple of its size, none wider
// than `align`.
template <typename Each>
void for_pieces(std::int64_t begin, std::size_t size, unsigned align, Each&& each) {
    std::size_t done = 0;
    while (done < size) {
        std::size_t piece = std::min(align, 8U);
        const auto at = static_cast<std::size_t>(begin) + done;
        while (piece > size - done || at % piece != 0)
            piece /= 2;
        each(begin + static_cast<std::int64_t>(done), piece);
        done += piece;
    }
}

}  // namespace

void Builder::copy(Value to, Value from, std::size_t size, unsigned align) {
    for_pieces(0, size, align, [&](std::int64_t offset, std::size_t piece) {
        store(load(width_of_bytes(piece), from, offset), to, offset);
    });
}

void Builder::fill(Value to, std::uint8_t byte, std::size_t size, unsigned align, std::int64_t offset) {
    for_pieces(offset, size, align, [&](std::int64_t at, std::size_t piece) {
        store(constant(width_of_bytes(piece), byte * 0x0101010101010101U), to, at);
    });
}

void Builder::store_bytes(Value to, std::string_view constant_bytes, std::int64_t offset, unsigned align) {
    for_pieces(offset, constant_bytes.size(), align, [&](std::int64_t at, std::size_t piece) {
        // The host's byte order is the target's.
        std::array<unsigned char, 8> chunk{};
        std::memcpy(chunk.data(), constant_bytes.data() + (at - offset), piece);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < piece; ++i) {
            const std::size_t place = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? i : piece - 1 - i;
            value |= std::uint64_t{chunk[i]} << (8 * place);
        }
        store(constant(width_of_bytes(piece), value), to, at);
    });
}

// ---- atomics

void Builder::atomic_add(Value pointer, Value value, std::int64_t offset) {
    state_->atomic(llvm::AtomicRMWInst::Add, pointer, value, offset);
}
void Builder::atomic_or(Value pointer, Value value, std::int64_t offset) {
    state_->atomic(llvm::AtomicRMWInst::Or, pointer, value, offset);
}
Value Builder::atomic_fetch_add(Value pointer, Value value, std::int64_t offset) {
    return {state_->atomic(llvm::AtomicRMWInst::Add, pointer, value, offset)};
}
Value Builder::atomic_exchange(Value pointer, Value value, std::int64_t offset) {
    return {state_->atomic(llvm::AtomicRMWInst::Xchg, pointer, value, offset)};
}
Value Builder::atomic_compare_exchange(Value pointer, Value expected, Value desired, std::int64_t offset) {
    constexpr auto kOrdering = llvm::AtomicOrdering::SequentiallyConsistent;
    llvm::Value* pair = state_->llvm.CreateAtomicCmpXchg(state_->address(pointer, offset), expected.raw, desired.raw,
                                                         llvm::Align(bytes(width(expected))), kOrdering, kOrdering);
    return {state_->llvm.CreateExtractValue(pair, 0)};
}

// ---- calls

Value Builder::call_helper(std::uint32_t helper, std::span<const Value> arguments, Returns returns, Effect effect) {
    const std::vector<llvm::Value*> values = state_->call_arguments(arguments);
    std::vector<llvm::Type*> types;
    for (const llvm::Value* value : values)
        types.push_back(value->getType());
    llvm::IRBuilder<>& llvm = state_->llvm;
    llvm::Type* result =
        returns == Returns::pointer ? static_cast<llvm::Type*>(state_->pointer_type()) : llvm.getInt64Ty();
    // A call of a small constant address is BPF_CALL with that number.
    llvm::Value* address = llvm.CreateIntToPtr(llvm.getInt64(helper), state_->pointer_type());
    llvm::CallInst* call = llvm.CreateCall(llvm::FunctionType::get(result, types, false), address, values);
    if (effect == Effect::stable) {
        State::set_no_memory(call);
    } else {
        call->setDoesNotThrow();
    }
    return {call};
}

Value Builder::call(Function function, std::span<const Value> arguments) {
    BUG_IF(function.raw->getSection() != state_->function->getSection(), "a call into another program");
    const std::vector<llvm::Value*> values = state_->call_arguments(arguments);
    return {state_->llvm.CreateCall(function.raw->getFunctionType(), function.raw, values)};
}

Value Builder::address_of(Function callback) {
    BUG_IF(callback.raw->getSection() != state_->function->getSection(), "a callback of another program");
    return {callback.raw};
}

// ---- maps

Value Builder::map_ref(program::MapId map) {
    return {state_->pseudo(kPseudoMapFd, map)};
}
Value Builder::map_value(program::MapId map) {
    return {state_->pseudo(kPseudoMapValue, map)};
}

}  // namespace ir
