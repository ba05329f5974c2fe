#include "runtime/live/attach_target.h"

#include <linux/btf.h>

#include <cerrno>
#include <string>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/kernel/btf.h"
#include "runtime/kernel/loaded_programs.h"

namespace live {
base::Result<AttachTarget> find_attach_target(const kernel::KernelView& kernel, const program::Function& function) {
    if (function.attach_to.empty()) return AttachTarget{};
    std::string name = function.attach_to, module = "vmlinux";
    if (const std::size_t colon = name.find(':'); colon != std::string::npos) {
        module = name.substr(0, colon);
        name.erase(0, colon + 1);
    }
    if (module == "bpf") {
        // bpf:NUMBER:FUNCTION
        const std::size_t colon = name.find(':');
        const auto id = base::parse_digits(std::string_view(name).substr(0, colon), 10);
        if (colon == std::string::npos || !id)
            return base::Error{.message = "no BPF program " + name, .errnum = ENOENT, .hint = {}, .detail = {}};
        auto opened = kernel::open_program_function(static_cast<std::uint32_t>(*id), name.substr(colon + 1));
        if (!opened.ok()) return opened.take_error();
        return AttachTarget{.type_id = opened->type_id, .object = std::move(opened->program)};
    }
    std::uint32_t kind = BTF_KIND_FUNC;
    // The names the kernel gives its own hooks: a tracepoint's prototype is a typedef, an iterator a function.
    const auto prefix = [&name](std::string_view with) {
        if (!name.starts_with(with)) name.insert(0, with);
    };
    if (function.expected == BPF_TRACE_RAW_TP) {
        prefix("btf_trace_");
        kind = BTF_KIND_TYPEDEF;
    } else if (function.expected == BPF_TRACE_ITER) {
        prefix("bpf_iter_");
    } else if (function.expected == BPF_LSM_MAC) {
        prefix("bpf_lsm_");
    }
    if (auto bytes = kernel.btf(); !bytes.ok()) return bytes.take_error("finding " + function.attach_to);
    const kernel::Btf* types = kernel.types(module);
    const kernel::BtfId id = types == nullptr ? 0 : types->find(kind, name);
    if (id == 0 || id < types->first()) {
        return base::Error{
            .message = "the kernel's types (BTF) do not name " + name, .errnum = ENOENT, .hint = {}, .detail = {}};
    }
    AttachTarget target{.type_id = id, .object = {}};
    if (module != "vmlinux") {
        auto object = kernel::open_module_btf(module);
        if (!object.ok()) return object.take_error();
        target.object = std::move(*object);
    }
    return target;
}

}  // namespace live
