// Fuzz target: the text of a tracepoint's format file. It may come from a terminal or a recording, so any bytes must
// give arguments that lie where they say or an Error, never a crash.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/kernel/print_format.h"
#include "runtime/kernel/tracepoint_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto format = kernel::parse_tracepoint_format(text);
    if (format.ok()) {
        if (format->declarations.size() != format->arguments.arguments.size()) std::abort();
        for (const program::Argument& argument : format->arguments.arguments) {
            if (argument.name.empty()) std::abort();
            if (argument.offset + argument.type.size > format->arguments.size) std::abort();
            if (argument.type.count != 0 && argument.type.size % argument.type.count != 0) std::abort();
        }
    }
    static_cast<void>(kernel::constant_value(text));
    static_cast<void>(kernel::value_names(text));
    return 0;
}
