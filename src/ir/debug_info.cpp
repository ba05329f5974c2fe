// Functions and their lines → LLVM debug metadata, which the BPF backend turns into .BTF (prototypes) and .BTF.ext
// (func_info, line_info).
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Module.h>

#include <algorithm>

#include "runtime/base/bug.h"
#include "src/ir/module_state.h"

namespace ir {
namespace {

// The backend packs a line_info's place as line << 10 | column without cutting the column off.
constexpr unsigned kMaxColumn = 1023;
constexpr unsigned kMaxLine = (1U << 22) - 1;

// Every file embeds its text, and an empty one counts as none: the backend would open a file of that name in the
// current directory.
constexpr const char* kNoText = "\n";

unsigned line_of(Location at) {
    return std::min(at.line, kMaxLine);
}

}  // namespace

DebugInfo::DebugInfo(llvm::Module& module) : module_(module), builder_(std::make_unique<llvm::DIBuilder>(module)) {
    module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
    llvm::DIFile* file = builder_->createFile("script", "", std::nullopt, llvm::StringRef(kNoText));
    // Only directives: no .debug_info, which nobody would read.
    unit_ = builder_->createCompileUnit(llvm::dwarf::DW_LANG_C, file, "bpfline", false, "", 0, "",
                                        llvm::DICompileUnit::DebugDirectivesOnly);
}

DebugInfo::~DebugInfo() = default;

FileId DebugInfo::add_file(std::string_view name, std::string_view text) {
    const llvm::StringRef source = text.empty() ? llvm::StringRef(kNoText) : llvm::StringRef(text);
    files_.push_back(builder_->createFile(name, "", std::nullopt, source));
    return static_cast<FileId>(files_.size() - 1);
}

llvm::DIFile* DebugInfo::file(FileId id) const {
    const auto index = static_cast<std::size_t>(id);
    return index < files_.size() ? files_[index] : unit_->getFile();
}

void DebugInfo::describe(llvm::Function& function, std::string_view name, std::span<const Parameter> parameters,
                         Location at) {
    llvm::DIType* integer = builder_->createBasicType("long", 64, llvm::dwarf::DW_ATE_signed);
    llvm::DIType* pointer = builder_->createPointerType(nullptr, 64);
    llvm::DIType* byte = builder_->createBasicType("unsigned char", 8, llvm::dwarf::DW_ATE_unsigned_char);
    const auto type_of = [&](const Parameter& parameter) -> llvm::DIType* {
        if (!parameter.is_pointer) return integer;
        if (parameter.points_at == 0) return pointer;
        // From the size of what it points at the verifier of a global function knows how much may be accessed.
        llvm::Metadata* range = builder_->getOrCreateSubrange(0, parameter.points_at);
        llvm::DIType* bytes = builder_->createArrayType(std::uint64_t{parameter.points_at} * 8, 8, byte,
                                                        builder_->getOrCreateArray({range}));
        return builder_->createPointerType(bytes, 64);
    };
    std::vector<llvm::Metadata*> types{integer};
    for (const Parameter& parameter : parameters)
        types.push_back(type_of(parameter));

    // BTF's "static" comes from here, not from the linkage; the verifier wants it of callbacks ("callback function not
    // static").
    const auto flags =
        llvm::DISubprogram::SPFlagDefinition |
        (function.hasLocalLinkage() ? llvm::DISubprogram::SPFlagLocalToUnit : llvm::DISubprogram::SPFlagZero);
    llvm::DISubprogram* subprogram =
        builder_->createFunction(file(at.file), name, "", file(at.file), line_of(at),
                                 builder_->createSubroutineType(builder_->getOrCreateTypeArray(types)), line_of(at),
                                 llvm::DINode::FlagPrototyped, flags);
    // The kernel refuses a FUNC_PROTO with nameless parameters ("Invalid arg#1"); the backend takes the names from the
    // subprogram's retained variables.
    for (unsigned i = 0; i < parameters.size(); ++i) {
        builder_->createParameterVariable(subprogram, parameters[i].name, i + 1, file(at.file), line_of(at),
                                          type_of(parameters[i]), /*AlwaysPreserve=*/true);
    }
    function.setSubprogram(subprogram);
}

llvm::DILocation* DebugInfo::location(const llvm::Function& function, Location at) const {
    llvm::DISubprogram* subprogram = function.getSubprogram();
    BUG_IF(subprogram == nullptr, "a place in a function without description");
    llvm::DILocalScope* scope = subprogram;
    if (llvm::DIFile* here = file(at.file); here != subprogram->getFile()) {
        scope = llvm::DILexicalBlockFile::get(module_.getContext(), subprogram, here, 0);
    }
    const unsigned column = at.column <= kMaxColumn ? at.column : 0;
    return llvm::DILocation::get(module_.getContext(), line_of(at), column, scope);
}

void DebugInfo::finish() {
    builder_->finalize();
}

}  // namespace ir
