// Any format string is parsed, and run over any payload with any layouts. Input: the format up to the first NUL, then
// one byte for the first layout, then the payload.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/format/parse_format.h"
#include "runtime/format/printf.h"
#include "tests/fuzz/fuzz_kernel.h"
#include "tests/fuzz/fuzz_layouts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::EmptyKernel kernel;
    static const program::Program program = fuzz::program_of_all_layouts();

    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string_view format = input.substr(0, input.find('\0'));
    const std::size_t behind = std::min(format.size() + 1, size);
    const std::size_t first_layout = behind < size ? data[behind] : 0;
    const std::vector<std::byte> payload(reinterpret_cast<const std::byte*>(data) + std::min(behind + 1, size),
                                         reinterpret_cast<const std::byte*>(data) + size);

    std::vector<program::FormatOp> ops;
    std::uint32_t offset = 0;
    for (const format::FormatPiece& piece : format::parse_format(format).pieces) {
        program::FormatOp op = format::to_op(piece);
        op.layout = program::LayoutId((first_layout + ops.size()) % program.layouts.size());
        op.offset = offset;
        offset += program.layouts[op.layout.index()].size;
        ops.push_back(std::move(op));
        if (ops.size() == 64) break;
    }
    format::FormatContext context(program, kernel, [](program::MapId, std::uint64_t id, std::uint32_t frames) {
        return std::vector<std::uint64_t>(frames, id);
    });
    std::string out;
    format::append_printf(out, context, ops, payload);
    return 0;
}
