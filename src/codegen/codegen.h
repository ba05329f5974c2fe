// codegen: typed::Script -> ir::Module and everything of program::Program but the instructions (which
// ir::emit_functions fills in afterwards). Has no user errors: check found them all. Must not know ast, check or the
// kernel.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/program/program.h"
#include "src/ir/ir.h"
#include "src/source/source_file.h"
#include "src/typed/typed.h"
#include "src/types/type.h"

namespace codegen {

struct Options {
    program::FeatureSet features;  ///< of the kernel compiled for
    unsigned possible_cpus = 1;
    bool warn_failed_reads = false;  ///< -k
    bool avoid_stack =
        false;  ///< for a second try after emit_functions ran out of the 512 bytes: temporaries in scratch memory
};

struct Generated {
    program::Program program;  ///< functions are there, without insns; order = order of begin_program in module
    std::unique_ptr<ir::Module> module;
};

[[nodiscard]] Generated generate(const typed::Script& script, types::Table& types, const source::SourceMap& sources,
                                 const Options& options);

}  // namespace codegen
