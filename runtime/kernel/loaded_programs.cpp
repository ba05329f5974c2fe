#include "runtime/kernel/loaded_programs.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

#include "runtime/kernel/btf.h"

namespace kernel {
namespace {

long bpf(int command, bpf_attr& attributes) {
    return ::syscall(__NR_bpf, command, &attributes, sizeof attributes);
}

bpf_attr nothing() {
    bpf_attr attributes;
    std::memset(&attributes, 0, sizeof attributes);
    return attributes;
}

std::optional<std::uint32_t> next_id(int command, std::uint32_t after) {
    bpf_attr attributes = nothing();
    attributes.start_id = after;
    if (bpf(command, attributes) < 0) return std::nullopt;
    return attributes.next_id;
}

base::Fd open_id(int command, std::uint32_t id) {
    bpf_attr attributes = nothing();
    attributes.prog_id = id;  // a union: the id of whatever the command is about
    return base::Fd(static_cast<int>(bpf(command, attributes)));
}

template <typename Info>
bool ask(const base::Fd& fd, Info& info) {
    bpf_attr attributes = nothing();
    attributes.info.bpf_fd = static_cast<std::uint32_t>(fd.get());
    attributes.info.info_len = sizeof info;
    attributes.info.info = reinterpret_cast<std::uintptr_t>(&info);
    return bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) >= 0;
}

std::vector<std::byte> btf_bytes(std::uint32_t id) {
    const base::Fd fd = open_id(BPF_BTF_GET_FD_BY_ID, id);
    bpf_btf_info info{};
    if (!fd.is_open() || !ask(fd, info)) return {};
    std::vector<std::byte> bytes(info.btf_size);
    info = {};
    info.btf = reinterpret_cast<std::uintptr_t>(bytes.data());
    info.btf_size = static_cast<std::uint32_t>(bytes.size());
    if (!ask(fd, info)) return {};
    return bytes;
}

std::vector<LoadedProgramFunction> functions_of(const base::Fd& fd, std::uint32_t program_id) {
    std::vector<LoadedProgramFunction> functions;
    bpf_prog_info info{};
    if (!ask(fd, info) || info.btf_id == 0 || info.nr_func_info == 0) return functions;
    const std::uint32_t btf_id = info.btf_id, count = info.nr_func_info, size = info.func_info_rec_size;
    if (size < sizeof(bpf_func_info)) return functions;
    std::vector<std::byte> records(std::size_t{count} * size);
    info = {};
    info.nr_func_info = count;
    info.func_info_rec_size = size;
    info.func_info = reinterpret_cast<std::uintptr_t>(records.data());
    if (!ask(fd, info)) return functions;
    const std::vector<std::byte> bytes = btf_bytes(btf_id);
    const Btf btf(bytes);
    for (std::uint32_t i = 0; i < count; ++i) {
        bpf_func_info record;
        std::memcpy(&record, records.data() + std::size_t{i} * size, sizeof record);
        if (const std::string_view name = btf.name(record.type_id); !name.empty())
            functions.push_back({program_id, std::string(name), record.type_id});
    }
    return functions;
}

}  // namespace

std::vector<LoadedProgramFunction> loaded_program_functions() {
    std::vector<LoadedProgramFunction> all;
    for (auto id = next_id(BPF_PROG_GET_NEXT_ID, 0); id; id = next_id(BPF_PROG_GET_NEXT_ID, *id)) {
        const base::Fd fd = open_id(BPF_PROG_GET_FD_BY_ID, *id);
        if (!fd.is_open()) continue;
        for (LoadedProgramFunction& function : functions_of(fd, *id))
            all.push_back(std::move(function));
    }
    return all;
}

base::Result<OpenedProgramFunction> open_program_function(std::uint32_t program_id, const std::string& name) {
    base::Fd fd = open_id(BPF_PROG_GET_FD_BY_ID, program_id);
    if (!fd.is_open()) return base::error_from_errno("opening BPF program " + std::to_string(program_id), errno);
    for (const LoadedProgramFunction& function : functions_of(fd, program_id))
        if (function.name == name) return OpenedProgramFunction{std::move(fd), function.type_id};
    return base::Error{.message = "BPF program " + std::to_string(program_id) + " has no function " + name,
                       .errnum = ENOENT};
}

base::Result<base::Fd> open_module_btf(const std::string& module) {
    for (auto id = next_id(BPF_BTF_GET_NEXT_ID, 0); id; id = next_id(BPF_BTF_GET_NEXT_ID, *id)) {
        base::Fd fd = open_id(BPF_BTF_GET_FD_BY_ID, *id);
        if (!fd.is_open()) continue;
        std::array<char, 64> name{};  // MODULE_NAME_LEN is 56
        bpf_btf_info info{};
        info.name = reinterpret_cast<std::uintptr_t>(name.data());
        info.name_len = name.size();
        if (ask(fd, info) && info.kernel_btf != 0 && module == name.data()) return fd;
    }
    return base::Error{.message = "the kernel gives no types of module " + module, .errnum = ENOENT};
}

}  // namespace kernel
