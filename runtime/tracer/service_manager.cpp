#include "runtime/tracer/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "runtime/base/fd.h"

namespace tracer {

void notify_service_manager() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address = {};
    if (path == nullptr || *path == '\0' || std::strlen(path) >= sizeof(address.sun_path)) return;
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(path);
    std::memcpy(address.sun_path, path, length);
    // An abstract address is written with @ for its leading zero.
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const base::Fd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket_fd.is_open()) return;
    constexpr std::string_view kReady = "READY=1";
    (void)sendto(socket_fd.get(), kReady.data(), kReady.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

}  // namespace tracer
