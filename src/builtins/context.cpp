// Builtins that say where and for whom a probe runs: pid, comm, cpu, probe, ...
#include <array>
#include <cstddef>
#include <cstring>
#include <initializer_list>

#include "runtime/program/settings.h"
#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

enum class Which { process, thread };

/// Ids in the tracer's own pid namespace. Globals::pidns_ino is 0 when that is the initial one: then the plain helper,
/// which costs a third, says the same.
ir::Value namespace_id(Emitter& e, Which which) {
    ir::Builder& b = e.ir();
    const ir::Value inode = e.global(offsetof(program::Globals, pidns_ino));
    return choose(
        b, b.is_zero(inode),
        [&] {
            const ir::Value both = b.call_helper(static_cast<std::uint32_t>(Helper::get_current_pid_tgid), {},
                                                 ir::Builder::Returns::integer, ir::Builder::Effect::stable);
            return which == Which::process ? b.lshr(both, b.i64(32)) : b.and_(both, b.i64(0xffffffff));
        },
        [&] {
            // struct bpf_pidns_info { u32 pid; u32 tgid; }; a task outside the namespace gives an error and zeros
            return e.with_word([&](ir::Value ids) {
                b.store(b.i64(0), ids);
                e.helper(Helper::get_ns_current_pid_tgid,
                         {e.global(offsetof(program::Globals, pidns_dev)), inode, ids, b.i64(8)});
                return b.zext(b.load(ir::Width::i32, ids, which == Which::process ? 4 : 0, 4), ir::Width::i64);
            });
        });
}

ir::Value initial_id(Emitter& e, Which which) {
    ir::Builder& b = e.ir();
    const ir::Value both = b.call_helper(static_cast<std::uint32_t>(Helper::get_current_pid_tgid), {},
                                         ir::Builder::Returns::integer, ir::Builder::Effect::stable);
    return which == Which::process ? b.lshr(both, b.i64(32)) : b.and_(both, b.i64(0xffffffff));
}

bool wants_initial(const Call& call) {
    return !call.words.empty() && call.words[0] == "init";
}

ir::Value lower_pid(Emitter& e, const Call& call, ir::Value) {
    return wants_initial(call) ? initial_id(e, Which::process) : namespace_id(e, Which::process);
}

ir::Value lower_tid(Emitter& e, const Call& call, ir::Value) {
    return wants_initial(call) ? initial_id(e, Which::thread) : namespace_id(e, Which::thread);
}

ir::Value lower_uid(Emitter& e, const Call&, ir::Value) {
    ir::Builder& b = e.ir();
    return b.and_(e.helper(Helper::get_current_uid_gid, {}), b.i64(0xffffffff));
}

ir::Value lower_gid(Emitter& e, const Call&, ir::Value) {
    ir::Builder& b = e.ir();
    return b.lshr(e.helper(Helper::get_current_uid_gid, {}), b.i64(32));
}

ir::Value lower_comm_of(Emitter& e, const Call& call, ir::Value destination);

ir::Value lower_comm(Emitter& e, const Call& call, ir::Value destination) {
    if (!call.arguments.empty()) return lower_comm_of(e, call, destination);
    e.helper(Helper::get_current_comm, {destination, e.ir().i64(16)});
    return destination;
}

ir::Value lower_cpu(Emitter& e, const Call&, ir::Value) {
    ir::Builder& b = e.ir();
    return b.and_(e.helper(Helper::get_smp_processor_id, {}), b.i64(0xffffffff));
}

ir::Value lower_numaid(Emitter& e, const Call&, ir::Value) {
    ir::Builder& b = e.ir();
    return b.and_(e.helper(Helper::get_numa_node_id, {}), b.i64(0xffffffff));
}

ir::Value lower_cgroup(Emitter& e, const Call&, ir::Value) {
    return e.helper(Helper::get_current_cgroup_id, {});
}

ir::Value lower_rand(Emitter& e, const Call&, ir::Value) {
    ir::Builder& b = e.ir();
    return b.and_(e.helper(Helper::get_prandom_u32, {}), b.i64(0xffffffff));
}

ir::Value lower_jiffies(Emitter& e, const Call&, ir::Value) {
    return e.helper(Helper::jiffies64, {});
}

ir::Value lower_cpid(Emitter& e, const Call& call, ir::Value) {
    const ir::Value child = e.global(offsetof(program::Globals, child_pid));
    if (call.number == 0) e.warn(program::WarningKind::no_child, call.range);
    return child;
}
void check_cpid(CallSite& site) {
    site.set_number(site.has_child() ? 1 : 0);
}

ir::Value lower_has_cpid(Emitter& e, const Call&, ir::Value) {
    ir::Builder& b = e.ir();
    // begin probes run before the child is let go: the peer says false there
    if (e.probe().kind == ProbeKind::begin) return b.i64(0);
    return b.zext(b.not_zero(e.global(offsetof(program::Globals, child_pid))), ir::Width::i64);
}

// -- folded while compiling: lower is never reached, but a row without one would not be complete

ir::Value lower_folded(Emitter&, const Call&, ir::Value) {
    return {};
}

const types::Type* probe_type(CallSite& site) {
    return site.types().string(static_cast<std::uint32_t>(site.longest_probe_name() + 1));
}
void check_probe(CallSite& site) {
    // Of a body that several probes share the program finds out which it is.
    if (!site.is_told_probe_name()) site.fold(std::string(site.probe_name()));
}
ir::Value lower_probe(Emitter& e, const Call& call, ir::Value) {
    return e.probe_name(call.type->size);
}

const types::Type* probetype_type(CallSite& site) {
    return site.types().string(static_cast<std::uint32_t>(kind_word(site.probe_kind()).size() + 1));
}
void check_probetype(CallSite& site) {
    site.fold(std::string(kind_word(site.probe_kind())));
}

ir::Value lower_ncpus(Emitter& e, const Call& call, ir::Value) {
    return e.ir().i64(call.number);
}
void check_ncpus(CallSite& site) {
    site.set_number(site.kernel().possible_cpus());
}

// -- the current task, through the kernel's types

const types::Type* curtask_type(CallSite& site) {
    const types::Type* task = site.kernel_type("struct task_struct");
    return task ? site.types().pointer(task, types::AddressSpace::kernel) : site.types().integer(8, false);
}
ir::Value lower_curtask(Emitter& e, const Call&, ir::Value) {
    return e.helper(Helper::get_current_task, {});
}

/// task->a->b with both offsets found in BTF while compiling, packed into Call::number.
void check_task_path(CallSite& site, std::string_view first, std::string_view second) {
    const types::Type* task = site.kernel_type("struct task_struct");
    const auto a = task ? types::find_member(task, first) : std::nullopt;
    const auto b = task ? types::find_member(task, second) : std::nullopt;
    if (!a || !b) {
        site.error(DiagnosticKind::kernel_lacks, site.range(), std::string(site.name()) + " requires kernel BTF")
            .hint(
                "the kernel's types (/sys/kernel/btf/vmlinux) are not available here; `pid` and `comm` work without "
                "them");
        return;
    }
    site.set_number(a->offset | std::uint64_t{b->offset} << 32);
}

ir::Value related_task(Emitter& e, const Call& call) {
    ir::Builder& b = e.ir();
    const ir::Value task =
        call.arguments.empty() ? e.helper(Helper::get_current_task, {}) : e.scalar(*call.arguments[0]);
    return e.with_word([&](ir::Value word) {
        e.read(word, b.i64(8), b.add(task, b.i64(call.number & 0xffffffff)), types::AddressSpace::kernel, call.range);
        return b.load(ir::Width::i64, word);
    });
}

ir::Value lower_related_id(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    const ir::Value task = related_task(e, call);
    return e.with_word([&](ir::Value word) {
        e.read(word, b.i64(4), b.add(task, b.i64(call.number >> 32)), types::AddressSpace::kernel, call.range);
        return b.zext(b.load(ir::Width::i32, word, 0, 4), ir::Width::i64);
    });
}

ir::Value lower_related_comm(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const ir::Value task = related_task(e, call);
    e.read_string(destination, b.i64(16), b.add(task, b.i64(call.number >> 32)), types::AddressSpace::kernel,
                  call.range);
    return destination;
}

void check_ppid(CallSite& site) {
    check_task_path(site, "real_parent", "tgid");
}
void check_pcomm(CallSite& site) {
    check_task_path(site, "real_parent", "comm");
}
void check_leader_tid(CallSite& site) {
    check_task_path(site, "group_leader", "pid");
}
void check_leader_comm(CallSite& site) {
    check_task_path(site, "group_leader", "comm");
}

ir::Value lower_username(Emitter& e, const Call& call, ir::Value destination) {
    return lower_uid(e, call, destination);
}
const types::Type* username_type(CallSite& site) {
    return site.types().simple(types::Kind::username);
}

// -- comm(pid): the task is looked up as the kernel does it, in the tree of pids

/// Offsets in the kernel's structures on the way from a pid number to its task; packed into Call::text.
struct PidPath {
    std::uint32_t thread_pid;    ///< struct task_struct
    std::uint32_t outermost;     ///< struct pid: numbers[0].ns, which is the initial namespace for every task
    std::uint32_t root;          ///< struct pid_namespace: idr.idr_rt.xa_head
    std::uint32_t shift, slots;  ///< struct xa_node
    std::uint32_t first_task;    ///< struct pid: tasks[PIDTYPE_PID].first
    std::uint32_t link;          ///< struct task_struct: pid_links[PIDTYPE_PID]
    std::uint32_t comm;
};

std::optional<std::uint32_t> offset_of(CallSite& site, const char* structure, std::initializer_list<const char*> path) {
    const types::Type* type = site.kernel_type(structure);
    std::uint32_t offset = 0;
    for (const char* name : path) {
        const auto member = type ? types::find_member(type, name) : std::nullopt;
        if (!member) return std::nullopt;
        offset += member->offset;
        type = member->type;
        while (type && type->kind == types::Kind::array)
            type = type->element;
    }
    return offset;
}

void check_comm(CallSite& site) {
    if (site.arguments().empty()) return;
    if (kSpecial.has(site.probe_kind())) {
        site.error(DiagnosticKind::wrong_probe, site.range(),
                   "Syntax comm(PID) is not supported in this probe type yet. Type: " +
                       std::string(kind_word(site.probe_kind())));
        return;
    }
    const auto thread_pid = offset_of(site, "struct task_struct", {"thread_pid"});
    const auto outermost = offset_of(site, "struct pid", {"numbers", "ns"});
    const auto root = offset_of(site, "struct pid_namespace", {"idr", "idr_rt", "xa_head"});
    const auto shift = offset_of(site, "struct xa_node", {"shift"});
    const auto slots = offset_of(site, "struct xa_node", {"slots"});
    const auto tasks = offset_of(site, "struct pid", {"tasks"});
    const auto link = offset_of(site, "struct task_struct", {"pid_links"});
    const auto comm = offset_of(site, "struct task_struct", {"comm"});
    if (!thread_pid || !outermost || !root || !shift || !slots || !tasks || !link || !comm) {
        site.error(DiagnosticKind::kernel_lacks, site.range(), "comm(PID) requires kernel BTF")
            .hint("the kernel's types (/sys/kernel/btf/vmlinux) tell where tasks are kept");
        return;
    }
    const PidPath path{*thread_pid, *outermost, *root, *shift, *slots, *tasks, *link, *comm};
    site.set_text(std::string(reinterpret_cast<const char*>(&path), sizeof(path)));
}

ir::Value lower_comm_of(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    PidPath path{};
    std::memcpy(&path, call.text.data(), sizeof(path));
    const ir::Value pid = b.opaque(e.scalar(*call.arguments[0]));
    b.store(b.i64(0), destination, 0, 1);
    b.store(b.i64(0), destination, 8, 1);
    const auto read = [&](ir::Value address, std::uint64_t size = 8) {
        return e.with_word([&](ir::Value word) {
            b.store(b.i64(0), word);
            e.read(word, b.i64(size), address, types::AddressSpace::kernel, call.range);
            return b.load(ir::Width::i64, word);
        });
    };
    const ir::Block done = b.block("comm_done"), found = b.block("comm_found");
    const ir::Value entry = b.slot(ir::Width::i64, "entry");
    const ir::Value own = read(b.add(e.helper(Helper::get_current_task, {}), b.i64(path.thread_pid)));
    const ir::Value space = read(b.add(own, b.i64(path.outermost)));
    b.store(read(b.add(space, b.i64(path.root))), entry);
    // include/linux/xarray.h: an inner node is its address + 2, and indexes by six bits from `shift` up. pid_max is
    // below 2^22, so four levels hold every number.
    for (int level = 0; level < 5; ++level) {
        const ir::Block inner = b.block("inner");
        const ir::Value node = b.load(ir::Width::i64, entry);
        b.branch(b.compare(ir::Compare::eq, b.and_(node, b.i64(3)), b.i64(2)), inner, found);
        b.enter(inner);
        const ir::Value address = b.sub(node, b.i64(2));
        const ir::Value shift = b.and_(read(b.add(address, b.i64(path.shift)), 1), b.i64(0xff));
        const ir::Value position = b.lshr(pid, shift);
        // Above the root's range: no such pid.
        if (level == 0) {
            const ir::Block inside = b.block("inside");
            b.branch(b.compare(ir::Compare::ugt, position, b.i64(63)), done, inside);
            b.enter(inside);
        }
        const ir::Value slot = b.add(address, b.i64(path.slots));
        b.store(read(b.add(slot, b.shl(b.and_(position, b.i64(63)), b.i64(3)))), entry);
    }
    b.jump(found);
    b.enter(found);
    const ir::Value struct_pid = b.load(ir::Width::i64, entry);
    const ir::Block has_pid = b.block("has_pid"), has_task = b.block("has_task");
    b.branch(b.is_zero(struct_pid), done, has_pid);
    b.enter(has_pid);
    const ir::Value node = read(b.add(struct_pid, b.i64(path.first_task)));
    b.branch(b.is_zero(node), done, has_task);
    b.enter(has_task);
    e.read_string(destination, b.i64(16), b.add(b.sub(node, b.i64(path.link)), b.i64(path.comm)),
                  types::AddressSpace::kernel, call.range);
    b.jump(done);
    b.enter(done);
    return destination;
}

// -- config: the settings in force

const types::Type* config_type(CallSite& site) {
    types::Table& table = site.types();
    std::vector<std::pair<std::string, const types::Type*>> members;
    for (const program::Setting& setting : program::settings(site.config())) {
        const types::Type* type = table.integer(8, false);
        if (std::holds_alternative<bool>(setting.value)) type = table.boolean();
        if (const auto* text = std::get_if<std::string>(&setting.value))
            type = table.string(static_cast<std::uint32_t>(text->size() + 1));
        members.emplace_back(setting.name, type);
    }
    return table.record(members);
}

ir::Value lower_config(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const std::vector<program::Setting> settings = program::settings(e.program().config);
    for (std::size_t i = 0; i < settings.size(); ++i) {
        const types::Member& member = call.type->members[i];
        if (const auto* text = std::get_if<std::string>(&settings[i].value))
            b.store_bytes(destination, *text + '\0', member.offset, 1);
        else if (const auto* flag = std::get_if<bool>(&settings[i].value))
            e.store_scalar(member.type, b.i64(*flag ? 1 : 0), destination, member.offset);
        else
            e.store_scalar(member.type, b.i64(std::get<std::uint64_t>(settings[i].value)), destination, member.offset);
    }
    return destination;
}

constexpr std::array kContext{
    typed::Builtin{
        .name = "pid",
        .signature = "pid(namespace: pid_namespace = curr_ns) -> u32",
        .form = Form::variable,
        .doc = "Process id (thread group id), in the tracer's own pid namespace; `pid(init)` in the initial one.",
        .example = R"(begin { printf("%d\n", pid); })",
        .lower = lower_pid},
    typed::Builtin{.name = "tid",
                   .signature = "tid(namespace: pid_namespace = curr_ns) -> u32",
                   .form = Form::variable,
                   .doc = "Thread id, in the tracer's own pid namespace; `tid(init)` in the initial one.",
                   .example = R"(begin { printf("%d\n", tid); })",
                   .lower = lower_tid},
    typed::Builtin{.name = "uid",
                   .signature = "uid() -> u64",
                   .form = Form::variable,
                   .doc = "Real user id of the current task, in the initial user namespace.",
                   .example = R"(begin { printf("%d\n", uid); })",
                   .lower = lower_uid},
    typed::Builtin{.name = "gid",
                   .signature = "gid() -> u64",
                   .form = Form::variable,
                   .doc = "Real group id of the current task, in the initial user namespace.",
                   .example = R"(begin { printf("%d\n", gid); })",
                   .lower = lower_gid},
    typed::Builtin{.name = "username",
                   .signature = "username() -> username",
                   .form = Form::variable,
                   .doc = "Name of `uid`, looked up when it is printed; empty if it has none.",
                   .example = R"(begin { printf("%s\n", username); })",
                   .result = username_type,
                   .lower = lower_username},
    typed::Builtin{.name = "comm",
                   .signature = "comm(pid: int = current) -> string[16]",
                   .form = Form::variable,
                   .doc =
                       "Name of the current thread, at most 15 characters; of another with its id in the initial pid "
                       "namespace, empty if there is none (not in begin and end).",
                   .example = R"(begin { printf("%s\n", comm); })",
                   .check = check_comm,
                   .lower = lower_comm},
    typed::Builtin{.name = "cpu",
                   .signature = "cpu() -> u64",
                   .form = Form::variable,
                   .doc = "Number of the processor the probe runs on.",
                   .example = R"(begin { printf("%d\n", cpu); })",
                   .lower = lower_cpu},
    typed::Builtin{.name = "ncpus",
                   .signature = "ncpus() -> u64",
                   .form = Form::variable,
                   .doc = "Number of possible processors.",
                   .example = R"(begin { printf("%d\n", ncpus); })",
                   .check = check_ncpus,
                   .lower = lower_ncpus},
    typed::Builtin{.name = "numaid",
                   .signature = "numaid() -> u32",
                   .form = Form::variable,
                   .doc = "Number of the NUMA node the probe runs on.",
                   .example = R"(begin { printf("%d\n", numaid); })",
                   .lower = lower_numaid},
    typed::Builtin{.name = "cgroup",
                   .signature = "cgroup() -> u64",
                   .form = Form::variable,
                   .doc = "Id of the current task's control group (version 2 hierarchy).",
                   .example = R"(begin { printf("%d\n", cgroup); })",
                   .lower = lower_cgroup},
    typed::Builtin{.name = "rand",
                   .signature = "rand() -> u32",
                   .form = Form::variable,
                   .doc = "A pseudo-random number of 32 bits.",
                   .example = R"(begin { printf("%u\n", rand); })",
                   .lower = lower_rand},
    typed::Builtin{.name = "jiffies",
                   .signature = "jiffies() -> u64",
                   .form = Form::variable,
                   .helper = static_cast<std::uint32_t>(Helper::jiffies64),
                   .doc = "The kernel's tick counter.",
                   .example = R"(begin { printf("%lu\n", jiffies); })",
                   .lower = lower_jiffies},
    typed::Builtin{.name = "cpid",
                   .signature = "cpid() -> u64",
                   .form = Form::variable,
                   .doc = "Process id of the command started with -c; 0 and a warning without it.",
                   .example = R"(begin { printf("%d\n", cpid); })",
                   .check = check_cpid,
                   .lower = lower_cpid},
    typed::Builtin{.name = "has_cpid",
                   .signature = "has_cpid() -> bool",
                   .form = Form::variable,
                   .doc = "Whether a command was started with -c; false inside `begin`.",
                   .example = R"(interval:ms:10 { print(has_cpid); exit(); })",
                   .lower = lower_has_cpid},
    typed::Builtin{.name = "probe",
                   .signature = "probe() -> depends",
                   .form = Form::variable,
                   .doc = "Full name of the probe, aliases and wildcards expanded.",
                   .example = R"(begin { print(probe); })",
                   .result = probe_type,
                   .check = check_probe,
                   .lower = lower_probe},
    typed::Builtin{.name = "probetype",
                   .signature = "probetype() -> depends",
                   .form = Form::variable,
                   .doc = "Kind of the probe: `tracepoint`, `interval`, ...; `special` for begin and end.",
                   .example = R"(begin { print(probetype); })",
                   .result = probetype_type,
                   .check = check_probetype,
                   .lower = lower_folded},
    typed::Builtin{.name = "config",
                   .signature = "config() -> depends",
                   .form = Form::variable,
                   .doc = "The settings in force, as a record: `config.max_strlen`, `config.max_map_keys`, ...",
                   .example = R"(begin { print(config.max_map_keys); })",
                   .result = config_type,
                   .lower = lower_config},
    typed::Builtin{.name = "curtask",
                   .signature = "curtask() -> depends",
                   .form = Form::variable,
                   .doc = "The current `struct task_struct *`; its members need kernel BTF.",
                   .example = R"(begin { printf("%d\n", curtask != 0); })",
                   .result = curtask_type,
                   .lower = lower_curtask},
    typed::Builtin{.name = "ppid",
                   .signature = "ppid(task: pointer|int = curtask) -> u32",
                   .form = Form::variable,
                   .doc = "Process id of the (real) parent of the current or given task, in the initial pid namespace.",
                   .example = R"(begin { printf("%d\n", ppid); })",
                   .check = check_ppid,
                   .lower = lower_related_id},
    typed::Builtin{.name = "pcomm",
                   .signature = "pcomm(task: pointer|int = curtask) -> string[16]",
                   .form = Form::variable,
                   .doc = "Name of the (real) parent of the current or given task.",
                   .example = R"(begin { printf("%s\n", pcomm); })",
                   .check = check_pcomm,
                   .lower = lower_related_comm},
    typed::Builtin{.name = "leader_tid",
                   .signature = "leader_tid(task: pointer|int = curtask) -> u32",
                   .form = Form::variable,
                   .doc = "Thread id of the leader of the thread group.",
                   .example = R"(begin { printf("%d\n", leader_tid); })",
                   .check = check_leader_tid,
                   .lower = lower_related_id},
    typed::Builtin{.name = "leader_comm",
                   .signature = "leader_comm(task: pointer|int = curtask) -> string[16]",
                   .form = Form::variable,
                   .doc = "Name of the leader of the thread group.",
                   .example = R"(begin { printf("%s\n", leader_comm); })",
                   .check = check_leader_comm,
                   .lower = lower_related_comm},
};
static_assert(typed::complete(kContext));

}  // namespace

std::span<const typed::Builtin> context_rows() {
    return kContext;
}

}  // namespace builtins
