// Entrances: attach_kprobe, attach_kretprobe: one link for many functions where the kernel has it, else a perf event
// for each place. A name that several functions have means all of them: the kernel takes them by address only.
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "runtime/probes/kinds.h"
#include "runtime/probes/kprobe_hooks.h"
#include "runtime/probes/perf.h"
#include "runtime/probes/substitute.h"

namespace probes::kprobe {
namespace {

// BPF_TRACE_KPROBE_MULTI: the value of bpf_attach_type, which elder headers do not name.
constexpr unsigned kTraceKprobeMulti = 42;

/// Bytes of the kernel's function; nothing if its symbols do not tell.
std::optional<std::uint64_t> function_size(const View& view, std::string_view name) {
    const auto start = view.symbol_address(name);
    if (!start) return std::nullopt;
    // The last address that still belongs to it; no function is larger.
    std::uint64_t inside = 0, outside = 1 << 20;
    const auto belongs = [&](std::uint64_t offset) { return view.kernel_symbol(*start + offset).offset == offset; };
    if (!belongs(0)) return std::nullopt;
    while (outside - inside > 1) {
        const std::uint64_t middle = inside + (outside - inside) / 2;
        (belongs(middle) ? inside : outside) = middle;
    }
    return inside + 1;
}

/// What the kernel's refusal of one function means.
base::Error explained(const View& view, base::Error error, const program::Place& place, bool is_return) {
    switch (error.errnum) {
        case EOPNOTSUPP: error.hint = substitute_hint(view, place.function, is_return); break;
        case ENOENT: error.hint = "the kernel has no function of this name, or it was inlined everywhere"; break;
        case EADDRNOTAVAIL: {
            error.hint = "several functions have this name, and their addresses are not known";
            if (const auto why = view.why_nameless()) error.hint += ": " + why->message;
            break;
        }
        case EILSEQ:
            error.message = "attaching to " + place.function + "+" + std::to_string(place.offset) +
                            ": no instruction begins at this offset";
            break;
        case ESRCH:  // a multi-link's word for it
        case EINVAL:
            error.hint = place.offset == 0 ? "the kernel does not let this function be probed (notrace, or on its list "
                                             "in /sys/kernel/debug/kprobes/blacklist)"
                                           : "the kernel does not let this instruction be probed";
            break;
        default: break;
    }
    return error;
}

int open_multi(const LoadedFunction& function, std::span<const Hook> hooks, bool is_return) {
    std::vector<const char*> names;
    std::vector<std::uint64_t> addresses, cookies;
    for (const Hook& hook : hooks) {
        names.push_back(hook.place->function.c_str());
        addresses.push_back(hook.address);
        cookies.push_back(hook.place->cookie);
    }
    bpf_attr request;
    std::memset(&request, 0, sizeof request);
    request.link_create.prog_fd = static_cast<std::uint32_t>(function.fd);
    request.link_create.attach_type = kTraceKprobeMulti;
    request.link_create.kprobe_multi.flags = is_return ? 1 : 0;  // BPF_F_KPROBE_MULTI_RETURN
    request.link_create.kprobe_multi.cnt = static_cast<std::uint32_t>(hooks.size());
    if (hooks.front().address == 0)
        request.link_create.kprobe_multi.syms = reinterpret_cast<std::uintptr_t>(names.data());
    else
        request.link_create.kprobe_multi.addrs = reinterpret_cast<std::uintptr_t>(addresses.data());
    request.link_create.kprobe_multi.cookies = reinterpret_cast<std::uintptr_t>(cookies.data());
    const long fd = ::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request);
    return fd < 0 ? -errno : static_cast<int>(fd);
}

/// One link for all of them, which are all by name or all by address. One function that cannot be traced fails the
/// whole link without being named: the list is then halved until the bad ones stand alone and are left out. Those that
/// were attached go into `attached`.
int attach_multi(Links& links, const LoadedFunction& function, std::span<const Hook> hooks, bool is_return,
                 std::vector<const program::Place*>& attached) {
    if (hooks.empty()) return 0;
    const int result = open_multi(function, hooks, is_return);
    if (result >= 0) {
        links.fds.emplace_back(result);
        links.hooks += static_cast<unsigned>(hooks.size());
        for (const Hook& hook : hooks)
            attached.push_back(hook.place);
        return 0;
    }
    const bool is_about_names = result == -EINVAL || result == -ESRCH || result == -ENOENT || result == -EADDRNOTAVAIL;
    if (!is_about_names || hooks.size() == 1) return result;
    const std::size_t half = hooks.size() / 2;
    const int first = attach_multi(links, function, hooks.first(half), is_return, attached);
    const int second = attach_multi(links, function, hooks.subspan(half), is_return, attached);
    return first < 0 ? first : second;
}

Attachment attach_linked(const View& view, const LoadedFunction& function, Places places, bool is_return) {
    Links links;
    std::vector<const program::Place*> attached;
    const Hooks hooks = name_hooks(view, places);
    const int named = attach_multi(links, function, hooks.by_name, is_return, attached);
    const int addressed = attach_multi(links, function, hooks.by_address, is_return, attached);
    if (links.fds.empty()) {
        return explained(view,
                         base::error_from_errno("attaching to " + std::to_string(places.size()) + " functions",
                                                named < 0 ? -named : -addressed),
                         places.front(), is_return);
    }
    std::sort(attached.begin(), attached.end());
    for (const program::Place& place : places)
        if (!std::binary_search(attached.begin(), attached.end(), &place)) links.skipped.push_back(place.function);
    return links;
}

/// The text of a place, for messages: "ext4:ext4_sync_file+4", "address 18446744071580000000".
std::string text_of(const program::Place& place, const std::string& name) {
    if (place.function.empty()) return "address " + std::to_string(place.address);
    return name + (place.offset == 0 ? "" : "+" + std::to_string(place.offset));
}

class EventOpener {
  public:
    EventOpener(const View& view, std::uint32_t type, std::uint64_t config)
        : type_(type), config_(config), cpu_(view.online_cpus().empty() ? 0 : view.online_cpus().front()) {}

    [[nodiscard]] base::Result<base::Fd> by_name(const std::string& name, std::uint64_t offset) const {
        perf_event_attr attributes = perf::event(type_, config_);
        attributes.kprobe_func = reinterpret_cast<std::uintptr_t>(name.c_str());
        attributes.probe_offset = offset;
        return perf::open(attributes, -1, cpu_);
    }
    [[nodiscard]] base::Result<base::Fd> by_address(std::uint64_t address) const {
        perf_event_attr attributes = perf::event(type_, config_);
        attributes.kprobe_addr = address;
        return perf::open(attributes, -1, cpu_);
    }

  private:
    std::uint32_t type_;
    std::uint64_t config_;
    int cpu_;
};

/// The events of one place. The kernel refuses a name that several functions have: each is then taken by its address,
/// and it is enough that one of them can be probed.
base::Result<std::vector<base::Fd>> open_events(const View& view, const EventOpener& opener,
                                                const program::Place& place, const std::string& name) {
    std::vector<base::Fd> events;
    auto event = place.function.empty() ? opener.by_address(place.address) : opener.by_name(name, place.offset);
    if (event.ok()) {
        events.push_back(std::move(*event));
        return events;
    }
    if (event.error().errnum != EADDRNOTAVAIL) return event.take_error();
    std::optional<base::Error> refusal;
    for (const std::uint64_t address : view.function_addresses(place.module, place.function)) {
        auto one = opener.by_address(address + place.offset);
        if (one.ok())
            events.push_back(std::move(*one));
        else if (!refusal)
            refusal = one.take_error();
    }
    if (!events.empty()) return events;
    return refusal ? *refusal : event.take_error();
}

Attachment attach(const View& view, const LoadedFunction& function, Places places, bool is_return) {
    if (function.function != nullptr && static_cast<unsigned>(function.function->expected) == kTraceKprobeMulti)
        return attach_linked(view, function, places, is_return);
    Links links;
    auto type = perf::dynamic_type("kprobe");
    if (!type.ok()) return explained(view, type.take_error(), places.front(), is_return);
    const EventOpener opener(view, *type, is_return ? std::uint64_t{1} << perf::return_bit("kprobe") : 0);
    for (const program::Place& place : places) {
        if (place.offset != 0) {
            const auto size = function_size(view, place.function);
            if (size && place.offset >= *size) {
                return base::Error{.message = "Offset outside the function bounds ('" + place.function + "' size is " +
                                              std::to_string(*size) + ")",
                                   .errnum = ERANGE};
            }
        }
        const bool has_module = !place.module.empty() && place.module != "vmlinux";
        const std::string name = has_module ? place.module + ":" + place.function : place.function;
        const std::string doing = "attaching to " + text_of(place, name);
        auto events = open_events(view, opener, place, name);
        if (!events.ok()) return explained(view, events.take_error(doing), place, is_return);
        for (base::Fd& event : *events) {
            if (auto status = perf::attach(links, std::move(event), function.fd, place.cookie); !status.ok())
                return status.take_error(doing);
            links.hooks++;
        }
    }
    return links;
}

}  // namespace

Attachment attach_kprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, false);
}

Attachment attach_kretprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, true);
}

}  // namespace probes::kprobe
