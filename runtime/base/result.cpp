#include "runtime/base/result.h"

#include <cstring>

namespace base {

Error error_from_errno(std::string_view message, int errnum) {
    return Error{
        .message = std::string(message) + ": " + std::strerror(errnum), .errnum = errnum, .hint = {}, .detail = {}};
}

}  // namespace base
