// Any bytes as the C part of a script: definitions or diagnostics, never a crash, and sizes that fit what they hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "src/cdef/definitions.h"
#include "tests/support/fake_kernel.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test_support::FakeKernel kernel;
    const std::string text(reinterpret_cast<const char*>(data), size);
    // Headers of this machine are not what is tried here.
    if (text.find("include") != std::string::npos) return 0;
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    types::Table table;
    types::CTypes kernel_types(table, kernel);
    cdef::Definitions definitions(table, kernel_types);
    const program::FileId file = sources.add("fuzz", text);
    cdef::Options options;
    options.may_ask_compiler = false;
    const cdef::Piece piece{{file, 0, static_cast<std::uint32_t>(text.size())}, text};
    definitions.read(std::span(&piece, 1), options, diagnostics);
    for (const char* name : {"s", "t", "a", "cell"}) {
        const types::Type* type = definitions.structure(name, false);
        if (type == nullptr || !type->structure->is_complete) continue;
        for (const types::Member& member : type->structure->members)
            if (std::uint64_t{member.offset} + (member.bit_size != 0 ? 1 : member.type->size) >
                std::uint64_t{type->structure->size})
                std::abort();
    }
    (void)definitions.constant("N");
    return 0;
}
