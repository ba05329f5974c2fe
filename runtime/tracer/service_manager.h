// tracer: tells a service manager that started us that everything is attached (READY=1 to the socket it named).
#pragma once

namespace tracer {

/// Does nothing without NOTIFY_SOCKET.
void notify_service_manager();

}  // namespace tracer
