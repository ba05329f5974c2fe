// Verify, optimise, emit. Entrance: emit().
//
// The passes are few and chosen by hand; PassBuilder would cost 8 MB of program and as much memory, for the same
// instructions. What is missing is missing on purpose:
//  - InstCombine merges two comparisons into one on a shifted copy, and the verifiers of 6.1 and 6.12 then know nothing
//    about the original.
//  - SimplifyCFG does not speculate: the machine has no select, so a branch turned into one comes back as a branch on a
//    recomputed condition.
//  - Loop strength reduction replaces `base + i * size` by a moving pointer, whose range the verifier cannot bound.
//  - Tail merging makes one load of two that read different kinds of memory ("same insn cannot be used with different
//    pointers").
#include <llvm/ADT/StringMap.h>
#include <llvm/CodeGen/SchedulerRegistry.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Target/TargetOptions.h>
#include <llvm/Transforms/Scalar.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/SimplifyCFGOptions.h>

#include <cstring>

#include "runtime/base/bug.h"
#include "src/ir/module_state.h"
#include "src/ir/object.h"
#include "src/ir/stack_depth.h"

// Declared by hand: llvm/Support/TargetSelect.h declares those of every target the installed LLVM knows.
extern "C" {
void LLVMInitializeBPFTargetInfo();
void LLVMInitializeBPFTarget();
void LLVMInitializeBPFTargetMC();
void LLVMInitializeBPFAsmPrinter();
}

namespace ir {
namespace {

// Named otherwise before LLVM 18.
#if LLVM_VERSION_MAJOR >= 18
using FileType = llvm::CodeGenFileType;
constexpr FileType kAssemblyFile = FileType::AssemblyFile;
constexpr FileType kObjectFile = FileType::ObjectFile;
#else
using FileType = llvm::CodeGenFileType;
constexpr FileType kAssemblyFile = llvm::CGFT_AssemblyFile;
constexpr FileType kObjectFile = llvm::CGFT_ObjectFile;
#endif

void set_option(const char* name, bool value) {
    auto& options = llvm::cl::getRegisteredOptions();
    if (auto found = options.find(name); found != options.end())
        static_cast<llvm::cl::opt<bool>*>(found->second)->setValue(value);
}

const llvm::Target& bpf_target() {
    static const llvm::Target* const target = [] {
        LLVMInitializeBPFTargetInfo();
        LLVMInitializeBPFTarget();
        LLVMInitializeBPFTargetMC();
        LLVMInitializeBPFAsmPrinter();
        // The only way to leave these passes out of the standard code generator.
        // Block placement turns loops so that their last block falls into their first; verifiers before 6.3 take a
        // fall-through into a loop for an endless one ("back-edge from insn 277 to 278"), a jump back they allow.
        set_option("disable-lsr", true);
        set_option("disable-block-placement", true);
        auto& options = llvm::cl::getRegisteredOptions();
        if (auto found = options.find("enable-tail-merge"); found != options.end()) {
            static_cast<llvm::cl::opt<llvm::cl::boolOrDefault>*>(found->second)->setValue(llvm::cl::BOU_FALSE);
        }
        llvm::install_fatal_error_handler([](void*, const char* reason, bool) { BUG(reason); });
        std::string error;
        const llvm::Target* result = llvm::TargetRegistry::lookupTarget("bpf", error);
        BUG_IF(result == nullptr, error);
        return result;
    }();
    return *target;
}

const char* cpu_name(Cpu cpu) {
    switch (cpu) {
        case Cpu::v2: return "v2";
        case Cpu::v3: return "v3";
        case Cpu::v4: return "v4";
    }
    BUG("no such cpu");
}

void verify([[maybe_unused]] const llvm::Module& module) {
#ifndef NDEBUG
    std::string problem;
    llvm::raw_string_ostream out(problem);
    if (llvm::verifyModule(module, &out)) {
        out << '\n';
        module.print(out, nullptr);
        BUG(out.str());
    }
#endif
}

// These are LLVM's globals. Its default order of instructions is made for machines with many registers: in a long body
// it begins dozens of computations before it ends the first. The other one lowers main programs of random scripts from
// 440 bytes of stack to 152 and loop bodies from 176 to 8.
void set_aim(Aim aim) {
    const bool is_spare = aim == Aim::little_stack;
    using Make = llvm::RegisterScheduler::FunctionPassCtor;
    using Option = llvm::cl::opt<Make, false, llvm::RegisterPassParser<llvm::RegisterScheduler>>;
    auto& options = llvm::cl::getRegisteredOptions();
    if (auto found = options.find("pre-RA-sched"); found != options.end()) {
        const Make make = is_spare ? llvm::createBURRListDAGScheduler : llvm::createDefaultScheduler;
        static_cast<Option*>(found->second)->setValue(make);
    }
    set_option("disable-machine-cse", is_spare);
    set_option("disable-machine-sink", is_spare);
    set_option("disable-cgp", is_spare);
}

void optimise(llvm::Module& module, Aim aim) {
    llvm::SimplifyCFGOptions keep_control_flow;
#if LLVM_VERSION_MAJOR >= 17
    keep_control_flow.SpeculateBlocks = false;
#else
    keep_control_flow.FoldTwoEntryPHINode = false;
#endif
    llvm::legacy::FunctionPassManager passes(&module);
    passes.add(llvm::createSROAPass());
    // It finds equal values however far apart they are, and what is kept from one to the other is on the stack.
    if (aim == Aim::speed) passes.add(llvm::createEarlyCSEPass());
    passes.add(llvm::createCFGSimplificationPass(keep_control_flow));
    passes.doInitialization();
    for (llvm::Function& function : module)
        passes.run(function);
    passes.doFinalization();
    // A callback whose loop turned out never to run, or a call that did not: the verifier counts no subprogram nobody
    // calls, and then "number of funcs in func_info doesn't match number of subprogs".
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (auto function = module.begin(); function != module.end();) {
            llvm::Function& candidate = *function++;
            const bool is_program = !candidate.hasLocalLinkage() && !candidate.hasHiddenVisibility();
            if (candidate.isDeclaration() || is_program) continue;
            candidate.removeDeadConstantUsers();
            if (!candidate.use_empty()) continue;
            candidate.eraseFromParent();
            has_changed = true;
        }
    }
}

void generate(llvm::TargetMachine& machine, llvm::Module& module, llvm::raw_pwrite_stream& out, FileType type) {
    llvm::legacy::PassManager passes;
    const bool is_refused = machine.addPassesToEmitFile(passes, out, nullptr, type, /*DisableVerify=*/true);
    BUG_IF(is_refused, "the BPF target cannot write this kind of file");
    passes.run(module);
}

// The instructions and lines; not the labels and tables of the debug information, nor the marks around Builder::opaque.
std::string without_noise(llvm::StringRef assembly) {
    std::string result;
    while (!assembly.empty()) {
        const auto [line, rest] = assembly.split('\n');
        assembly = rest;
        const llvm::StringRef text = line.trim();
        if (text.starts_with(".section\t.debug_") || text.starts_with(".section\t.BTF")) break;
        if (text.starts_with(".Ltmp") || text.starts_with(".Lfunc_") || text.starts_with(".cfi_") ||
            text.starts_with("#APP") || text.starts_with("#NO_APP")) {
            continue;
        }
        result += line;
        result += '\n';
    }
    return result;
}

std::string assembly_of(llvm::TargetMachine& machine, const llvm::Module& module) {
    // The code generator changes its module, hence a copy.
    const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    llvm::SmallString<0> text;
    llvm::raw_svector_ostream out(text);
    generate(machine, *copy, out, kAssemblyFile);
    return without_noise(text);
}

void collect_complaint(const llvm::DiagnosticInfo& diagnostic, void* complaints) {
    if (diagnostic.getSeverity() != llvm::DS_Error && diagnostic.getSeverity() != llvm::DS_Warning) return;
    std::string text;
    llvm::raw_string_ostream out(text);
    llvm::DiagnosticPrinterRawOStream printer(out);
    diagnostic.print(printer);
    static_cast<std::vector<std::string>*>(complaints)->push_back(out.str());
}

}  // namespace

std::unique_ptr<llvm::TargetMachine> make_target_machine(Cpu cpu) {
    return std::unique_ptr<llvm::TargetMachine>(
        bpf_target().createTargetMachine("bpf", cpu_name(cpu), "", llvm::TargetOptions(), llvm::Reloc::PIC_));
}

const char* llvm_version() {
    return LLVM_VERSION_STRING;
}

base::Result<Object> emit(Module& module, const EmitTexts& texts, Aim aim) {
    Module::State& state = module.state();
    BUG_IF(state.module == nullptr, "a module is emitted once");
    state.debug_info->finish();
    verify(*state.module);
    if (texts.unoptimised != nullptr) *texts.unoptimised = module.text();
    optimise(*state.module, aim);
    verify(*state.module);
    if (texts.optimised != nullptr) *texts.optimised = module.text();

#if LLVM_VERSION_MAJOR >= 19
    state.context->setDiagnosticHandlerCallBack(
        [](const llvm::DiagnosticInfo* diagnostic, void* to) { collect_complaint(*diagnostic, to); },
        &state.complaints);
#else
    state.context->setDiagnosticHandlerCallBack(collect_complaint, &state.complaints);
#endif
    set_aim(aim);
    if (texts.assembly != nullptr) *texts.assembly = assembly_of(*state.machine, *state.module);
    state.complaints.clear();
    llvm::SmallVector<char, 0> elf;
    llvm::raw_svector_ostream out(elf);
    generate(*state.machine, *state.module, out, kObjectFile);
    state.debug_info.reset();
    state.module.reset();

    if (!state.complaints.empty()) {
        std::string detail;
        for (const std::string& complaint : state.complaints)
            detail += complaint + '\n';
        return base::Error{"generating code: " + state.complaints.front(), 0, {}, detail};
    }
    Object object;
    object.elf.resize(elf.size());
    std::memcpy(object.elf.data(), elf.data(), elf.size());
    object.program_names = state.program_names;
    return object;
}

base::Result<Functions> emit_functions(Module& module, const EmitTexts& texts, Aim aim) {
    base::Result<Object> object = emit(module, texts, aim);
    if (!object) return object.take_error();
    base::Result<Functions> functions = flatten(*object);
    if (!functions) return functions;
    for (const program::Function& function : functions->functions) {
        const std::uint32_t depth = stack_depth(function);
        if (depth > kMostStack)
            return base::Error{function.name + " and what it calls take " + std::to_string(depth) +
                                   " bytes of stack, and the kernel allows " + std::to_string(kMostStack),
                               0,
                               {},
                               {}};
    }
    return functions;
}

}  // namespace ir
