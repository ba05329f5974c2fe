// codegen::BodyPlan: what is known of one body (a probe's or a fn's) before its code is written: which loops become BPF
// callbacks, which scratch variables several BPF functions share, which are certainly assigned before they are read.
// Must not know LLVM or maps.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include "runtime/program/features.h"
#include "src/typed/typed.h"

namespace codegen {

struct BodyPlan {
    std::vector<bool> is_captured;     ///< by variable: lives where callbacks reach it
    std::vector<bool> needs_zero;      ///< by variable: may be read before it is assigned
    std::vector<bool> is_conditional;  ///< by variable: changed in another block than it was made
    bool has_many_conditions = false;
    std::unordered_set<const typed::Stmt*> callbacks;  ///< loops whose body is a function of its own
    std::vector<typed::SubProgramId> functions;        ///< fn of the script that the body calls, each once
};

[[nodiscard]] BodyPlan plan_body(const typed::Block& body, const typed::Expr* predicate,
                                 std::span<const typed::VariableSlot> variables,
                                 std::span<const typed::VariableId> parameters, const program::Features& features);

}  // namespace codegen
