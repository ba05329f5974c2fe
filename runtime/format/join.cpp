#include "runtime/format/join.h"

#include <algorithm>

#include "runtime/format/text.h"

namespace format {

void append_join(std::string& out, const program::Join& event, Bytes payload) {
    const std::uint64_t count = std::min<std::uint64_t>(read_unsigned(payload, 0, 8), event.count);
    for (std::size_t i = 0; i < count; ++i) {
        const Bytes bytes = slice(payload, 8 + i * event.size, event.size);
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        if (i != 0) out += event.separator;
        out += text.substr(0, text.find('\0'));
    }
}

}  // namespace format
