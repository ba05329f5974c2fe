// What a Module holds, shared by ir_llvm.cpp (which fills it), debug_info.cpp and object.cpp (which uses it up). For
// src/ir only. Like every header of ours it includes nothing of LLVM's.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/ir/ir.h"

namespace llvm {
class DICompileUnit;
class DIFile;
class DILocation;
class DIBuilder;
class LLVMContext;
class Module;
class TargetMachine;
}  // namespace llvm

namespace ir {

// Prototypes and places of functions, as LLVM metadata; the backend turns them into .BTF and .BTF.ext.
class DebugInfo {
  public:
    explicit DebugInfo(llvm::Module& module);
    ~DebugInfo();

    FileId add_file(std::string_view name, std::string_view text);
    // Before the first instruction.
    void describe(llvm::Function& function, std::string_view name, std::span<const Parameter> parameters, Location at);
    [[nodiscard]] llvm::DILocation* location(const llvm::Function& function, Location at) const;
    void finish();  // once, before the module is verified

  private:
    [[nodiscard]] llvm::DIFile* file(FileId id) const;

    llvm::Module& module_;
    std::unique_ptr<llvm::DIBuilder> builder_;
    std::vector<llvm::DIFile*> files_;
    llvm::DICompileUnit* unit_ = nullptr;
};

struct Module::State {
    explicit State(Cpu cpu);
    ~State();

    Cpu cpu;
    // Errors and warnings of the code generator ("Looks like the BPF stack limit is exceeded"); outlives the context
    // that reports them.
    std::vector<std::string> complaints;
    std::unique_ptr<llvm::LLVMContext> context;
    std::unique_ptr<llvm::TargetMachine> machine;
    std::unique_ptr<llvm::Module> module;
    std::unique_ptr<DebugInfo> debug_info;
    std::vector<std::string> program_names;
};

// object.cpp: the BPF target, initialised on first use.
[[nodiscard]] std::unique_ptr<llvm::TargetMachine> make_target_machine(Cpu cpu);

}  // namespace ir
