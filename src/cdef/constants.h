// Constants that C programs take from the system's headers as macros and that no BTF knows: AF_INET, O_RDONLY, S_IFMT,
// EPERM, SIGKILL ... Answered when a script includes a system header, without reading it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cdef {

[[nodiscard]] std::optional<std::int64_t> system_constant(std::string_view name);
/// "linux/socket.h", "net/sock.h", "sys/stat.h": a header whose types BTF and whose constants this table answer.
[[nodiscard]] bool is_system_header(std::string_view path);

}  // namespace cdef
