#include "runtime/base/bug.h"

#include <cstdio>
#include <cstdlib>

namespace base {

void bug(const char* file, int line, std::string_view message) {
    std::fprintf(stderr, "BUG: %.*s (%s:%d)\n", static_cast<int>(message.size()), message.data(), file, line);
    std::abort();
}

}  // namespace base
