#include "runtime/live/attach_target.h"

#include <linux/btf.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace live {
namespace {

/// Bytes behind the struct btf_type of each kind; the kinds Linux 6.18 knows. Nothing for a kind we do not know.
std::optional<std::size_t> tail_size(const btf_type& type) {
    const std::size_t count = BTF_INFO_VLEN(type.info);
    switch (BTF_INFO_KIND(type.info)) {
        case BTF_KIND_INT: return sizeof(std::uint32_t);
        case BTF_KIND_ARRAY: return sizeof(btf_array);
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION: return count * sizeof(btf_member);
        case BTF_KIND_ENUM: return count * sizeof(btf_enum);
        case BTF_KIND_FUNC_PROTO: return count * sizeof(btf_param);
        case BTF_KIND_VAR: return sizeof(btf_var);
        case BTF_KIND_DATASEC: return count * sizeof(btf_var_secinfo);
        case BTF_KIND_DECL_TAG: return sizeof(btf_decl_tag);
        case BTF_KIND_ENUM64: return count * sizeof(btf_enum64);
        case BTF_KIND_PTR:
        case BTF_KIND_FWD:
        case BTF_KIND_TYPEDEF:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_FUNC:
        case BTF_KIND_FLOAT:
        case BTF_KIND_TYPE_TAG: return 0;
        default: return std::nullopt;
    }
}

/// Offsets of every string equal to name. The kernel's strings are deduplicated, but a module's may repeat.
std::vector<std::uint32_t> offsets_of(std::string_view strings, std::string_view name) {
    std::vector<std::uint32_t> offsets;
    const std::string wanted = '\0' + std::string(name) + '\0';
    for (std::size_t at = strings.find(wanted); at != std::string_view::npos; at = strings.find(wanted, at + 1)) {
        offsets.push_back(static_cast<std::uint32_t>(at + 1));
    }
    return offsets;
}

}  // namespace

std::optional<std::uint32_t> find_type(std::span<const std::byte> btf, std::string_view name, std::uint32_t kind) {
    btf_header header{};
    if (btf.size() < sizeof(header)) return std::nullopt;
    std::memcpy(&header, btf.data(), sizeof(header));
    const std::size_t types = std::size_t{header.hdr_len} + header.type_off;
    const std::size_t strings = std::size_t{header.hdr_len} + header.str_off;
    if (header.magic != BTF_MAGIC || types + header.type_len > btf.size() || strings + header.str_len > btf.size()) {
        return std::nullopt;
    }
    const std::vector<std::uint32_t> offsets =
        offsets_of({reinterpret_cast<const char*>(btf.data() + strings), header.str_len}, name);
    if (offsets.empty()) return std::nullopt;

    std::uint32_t id = 1;
    for (std::size_t at = 0; at + sizeof(btf_type) <= header.type_len; ++id) {
        btf_type type{};
        std::memcpy(&type, btf.data() + types + at, sizeof(type));
        if (BTF_INFO_KIND(type.info) == kind) {
            for (const std::uint32_t offset : offsets) {
                if (type.name_off == offset) return id;
            }
        }
        const std::optional<std::size_t> tail = tail_size(type);
        if (!tail) return std::nullopt;
        at += sizeof(type) + *tail;
    }
    return std::nullopt;
}

base::Result<AttachTarget> find_attach_target(const kernel::KernelView& kernel, const program::Function& function) {
    if (function.attach_to.empty()) return AttachTarget{};
    std::string name = function.attach_to;
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
    base::Result<std::span<const std::byte>> btf = kernel.btf();
    if (!btf.ok()) return btf.take_error("finding " + function.attach_to);
    const std::optional<std::uint32_t> id = find_type(*btf, name, kind);
    if (!id) {
        return base::Error{
            .message = "the kernel's types (BTF) do not name " + name, .errnum = ENOENT, .hint = {}, .detail = {}};
    }
    return AttachTarget{.type_id = *id, .object_fd = -1};
}

}  // namespace live
