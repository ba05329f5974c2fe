// BUG_IF: our own mistakes. Aborts with the place; never for anything a user, a file or the kernel can cause.
#pragma once

#include <string_view>

namespace base {

[[noreturn]] void bug(const char* file, int line, std::string_view message);

}  // namespace base

#define BUG(message) ::base::bug(__FILE__, __LINE__, message)
#define BUG_IF(condition, message)   \
    do {                             \
        if (condition) BUG(message); \
    } while (false)
