#include "runtime/live/bpf_call.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>

namespace live {

int bpf_call(bpf_cmd command, bpf_attr& attributes) {
    const long result = syscall(SYS_bpf, command, &attributes, sizeof(attributes));
    return result < 0 ? -errno : static_cast<int>(result);
}

bpf_attr no_attributes() {
    bpf_attr attributes;
    // Not an initialiser: that would clear the first member of the union only.
    std::memset(&attributes, 0, sizeof(attributes));
    return attributes;
}

std::string kernel_name(std::string_view name) {
    if (name.starts_with('@')) name.remove_prefix(1);
    std::string out(name.substr(0, BPF_OBJ_NAME_LEN - 1));
    for (char& c : out) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.') c = '_';
    }
    return out;
}

int create_map(const MapParameters& parameters) {
    bpf_attr attributes = no_attributes();
    attributes.map_type = parameters.type;
    attributes.key_size = parameters.key_size;
    attributes.value_size = parameters.value_size;
    attributes.max_entries = parameters.max_entries;
    attributes.map_flags = parameters.flags;
    const std::string name = kernel_name(parameters.name);
    std::memcpy(attributes.map_name, name.data(), name.size());
    return bpf_call(BPF_MAP_CREATE, attributes);
}

namespace {

bpf_attr element_attributes(int map, const void* key, const void* value) {
    bpf_attr attributes = no_attributes();
    attributes.map_fd = static_cast<std::uint32_t>(map);
    attributes.key = address_of(key);
    attributes.value = address_of(value);
    return attributes;
}

}  // namespace

int lookup_element(int map, const void* key, void* value) {
    bpf_attr attributes = element_attributes(map, key, value);
    return bpf_call(BPF_MAP_LOOKUP_ELEM, attributes);
}

int update_element(int map, const void* key, const void* value, std::uint64_t flags) {
    bpf_attr attributes = element_attributes(map, key, value);
    attributes.flags = flags;
    return bpf_call(BPF_MAP_UPDATE_ELEM, attributes);
}

int delete_element(int map, const void* key) {
    bpf_attr attributes = element_attributes(map, key, nullptr);
    return bpf_call(BPF_MAP_DELETE_ELEM, attributes);
}

int next_key(int map, const void* key, void* next) {
    bpf_attr attributes = element_attributes(map, key, next);
    return bpf_call(BPF_MAP_GET_NEXT_KEY, attributes);
}

int lookup_batch(int map, const void* in_batch, void* out_batch, void* keys, void* values, std::uint32_t& count) {
    bpf_attr attributes = no_attributes();
    attributes.batch.map_fd = static_cast<std::uint32_t>(map);
    attributes.batch.in_batch = address_of(in_batch);
    attributes.batch.out_batch = address_of(out_batch);
    attributes.batch.keys = address_of(keys);
    attributes.batch.values = address_of(values);
    attributes.batch.count = count;
    const int result = bpf_call(BPF_MAP_LOOKUP_BATCH, attributes);
    // Unless it came to an end the kernel may have left the capacity it was given in count.
    count = result == 0 || result == -ENOENT ? attributes.batch.count : 0;
    return result;
}

int delete_batch(int map, const void* keys, std::uint32_t& count) {
    bpf_attr attributes = no_attributes();
    attributes.batch.map_fd = static_cast<std::uint32_t>(map);
    attributes.batch.keys = address_of(keys);
    attributes.batch.count = count;
    const int result = bpf_call(BPF_MAP_DELETE_BATCH, attributes);
    count = attributes.batch.count;
    return result;
}

int program_info(int fd, bpf_prog_info& info) {
    std::memset(&info, 0, sizeof(info));
    bpf_attr attributes = no_attributes();
    attributes.info.bpf_fd = static_cast<std::uint32_t>(fd);
    attributes.info.info_len = sizeof(info);
    attributes.info.info = address_of(&info);
    return bpf_call(BPF_OBJ_GET_INFO_BY_FD, attributes);
}

}  // namespace live
