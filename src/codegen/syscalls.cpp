#include "src/codegen/syscalls.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "src/codegen/walk.h"

namespace codegen {
namespace {

using program::ArgumentPlace;
using typed::as;
using typed::ExprKind;

/// More bodies on one raw event than this: each of them runs, if only to look at the number, for every system call of
/// the machine, while a tracepoint of its own runs for its call alone.
constexpr std::size_t kMostBodies = 16;

/// Rows that say where in the kernel the program stands or what it was given.
constexpr std::array<std::string_view, 4> kTelling{"kstack", "ctx", "reg", "func"};

bool is_scalar(const types::Type* type) {
    using types::Kind;
    return type->kind == Kind::integer || type->kind == Kind::boolean || type->kind == Kind::pointer ||
           type->kind == Kind::enumeration;
}

/// The arguments lie in registers, not in the event's record: what needs their address needs the tracepoint.
bool is_plain(const program::Argument& argument, const types::Type* type) {
    return argument.place == ArgumentPlace::context && !argument.is_common && is_scalar(type);
}

class Teller {
  public:
    Teller(const typed::Script& script, const typed::Probe& probe) : script_(script), probe_(probe) {}

    bool can_tell() { return (probe_.predicate != nullptr && in(*probe_.predicate)) || in(probe_.body); }

  private:
    bool in(const typed::Expr& expr) {
        return any_of(expr, [this](const typed::Expr& part) { return tells(part); });
    }
    bool in(const typed::Block& block) {
        return any_of(block, [this](const typed::Expr& part) { return tells(part); });
    }

    bool tells(const typed::Expr& expr) {
        switch (expr.kind) {
            case ExprKind::argument: return !is_plain(*as<typed::Argument>(expr).argument, expr.type);
            case ExprKind::member: {
                const auto& member = as<typed::MemberOf>(expr);
                if (member.base->kind != ExprKind::arguments) return false;
                const auto index = static_cast<std::size_t>(member.member.argument);
                const auto& list = probe_.arguments.arguments;
                if (member.member.argument < 0 || index >= list.size() || !is_plain(list[index], expr.type))
                    return true;
                members_.insert(member.base);
                return false;
            }
            // Below a member that is plain it stands for nothing.
            case ExprKind::arguments: return !members_.contains(&expr);
            case ExprKind::call:
                return std::ranges::find(kTelling, as<typed::Call>(expr).row->name) != kTelling.end() ||
                       expr.type->kind == types::Kind::kstack;
            case ExprKind::function_call: {
                const typed::SubProgramId id = as<typed::FunctionCall>(expr).function;
                return functions_.insert(id.index()).second && in(script_.functions[id.index()].body);
            }
            default: return false;
        }
    }

    const typed::Script& script_;
    const typed::Probe& probe_;
    std::set<const typed::Expr*> members_;
    std::set<std::size_t> functions_;  ///< looked at
};

}  // namespace

SyscallPlan::SyscallPlan(const typed::Script& script, const Options& options)
    : events_(script.probes.size()), raw_(script.probes.size()) {
    if (!options.syscall_number) return;
    for (std::size_t i = 0; i < script.probes.size(); ++i) {
        const typed::Probe& probe = *script.probes[i];
        if (probe.kind != program::ProbeKind::tracepoint || probe.place.target != "syscalls") continue;
        constexpr std::string_view kEnter = "sys_enter_", kExit = "sys_exit_";
        const std::string_view event = probe.place.function;
        const bool is_exit = event.starts_with(kExit);
        if (!is_exit && !event.starts_with(kEnter)) continue;
        if (const auto number = options.syscall_number(event.substr(is_exit ? kExit.size() : kEnter.size())))
            events_[i] = SyscallEvent{is_exit, *number};
    }
    if (!options.syscall_access || std::ranges::none_of(events_, [](const auto& event) { return event.has_value(); }))
        return;
    access_ = options.syscall_access();
    if (!access_) return;

    // Bodies for one event run in source order. They would not if some were reached by the tracepoint and some by the
    // raw event: all or none.
    std::set<std::string_view> apart;
    std::set<std::pair<bool, std::size_t>> bodies;
    for (std::size_t i = 0; i < script.probes.size(); ++i) {
        const typed::Probe& probe = *script.probes[i];
        if (!events_[i] || Teller(script, probe).can_tell())
            apart.insert(probe.place.function);
        else
            bodies.insert({events_[i]->is_exit, probe.shared_body.value_or(script.probes.size() + i)});
    }
    for (const bool is_exit : {false, true}) {
        const auto count = static_cast<std::size_t>(
            std::ranges::count_if(bodies, [is_exit](const auto& body) { return body.first == is_exit; }));
        if (count <= kMostBodies) continue;
        for (std::size_t i = 0; i < script.probes.size(); ++i)
            if (events_[i] && events_[i]->is_exit == is_exit) apart.insert(script.probes[i]->place.function);
    }
    for (std::size_t i = 0; i < script.probes.size(); ++i)
        raw_[i] = events_[i] && !apart.contains(script.probes[i]->place.function);
}

}  // namespace codegen
