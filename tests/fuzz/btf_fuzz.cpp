// Any bytes as type information (BTF): everything is looked at, printed as C and made into types of the language, never
// beyond the bytes and never without end. BTF comes from the kernel, and from files a user names.
// Input: u16 length of the types, then types, then strings; the header is made here, so that changes reach what counts.
#include <linux/btf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/kernel/btf.h"
#include "runtime/kernel/btf_text.h"
#include "src/types/c_types.h"
#include "tests/support/fake_kernel.h"

namespace {

std::vector<std::byte> with_header(const std::uint8_t* data, std::size_t size) {
    std::uint16_t wanted = 0;
    if (size < sizeof wanted) return {};
    std::memcpy(&wanted, data, sizeof wanted);
    data += sizeof wanted;
    size -= sizeof wanted;
    const auto types = static_cast<std::uint32_t>(std::min<std::size_t>(wanted, size) & ~std::size_t{3});
    const btf_header header{.magic = BTF_MAGIC,
                            .version = BTF_VERSION,
                            .flags = 0,
                            .hdr_len = sizeof(btf_header),
                            .type_off = 0,
                            .type_len = types,
                            .str_off = types,
                            .str_len = static_cast<std::uint32_t>(size - types)};
    std::vector<std::byte> bytes(sizeof header + size);
    std::memcpy(bytes.data(), &header, sizeof header);
    if (size > 0) std::memcpy(bytes.data() + sizeof header, data, size);
    return bytes;
}

// Searching is a walk over all types: a few searches find what all would.
constexpr kernel::BtfId kSearched = 16;

void look_at(const kernel::Btf& btf) {
    btf.for_each([&btf](kernel::BtfId id, std::uint32_t kind, std::string_view name) {
        if (id < btf.first() + kSearched) {
            (void)btf.find(kind, name);
            (void)btf.find_constant(name);
        }
        bool is_user = false;
        (void)btf.resolve(id, &is_user);
        (void)btf.parameters(btf.referenced(id));
        (void)btf.byte_size(id);
        (void)btf.integer(id);
        (void)btf.array(id);
        (void)btf.constants(id);
        (void)kernel::declaration(btf, id, "x");
        if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ENUM)
            (void)kernel::definition(btf, id);
    });
}

/// Members have a type, and lie where a structure can have them.
void complete(const types::Type* type) {
    types::Structure* structure = type->structure;
    if (structure == nullptr) return;
    if (!structure->is_complete && structure->complete) structure->complete(*structure);
    for (const types::Member& member : structure->members)
        if (member.type == nullptr || member.bit_offset + member.bit_size > 64) std::abort();
}

void make_types(const test_support::FakeKernel& kernel, const kernel::Btf& btf) {
    types::Table table;
    types::CTypes c_types(table, kernel);
    btf.for_each([&](kernel::BtfId id, std::uint32_t, std::string_view name) {
        const std::string own(name);
        complete(c_types.from_btf(id));
        if (id >= kSearched) return;
        (void)c_types.structure(own, false);
        (void)c_types.structure(own, true);
        (void)c_types.enumeration(own);
        (void)c_types.named(own);
        (void)c_types.constant(own);
        (void)c_types.spelled("const struct " + own + " *");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test_support::FakeKernel kernel;
    kernel.btf_bytes = with_header(data, size);
    const kernel::Btf base(kernel.btf_bytes);
    look_at(base);
    look_at(kernel::Btf(kernel.btf_bytes, &base));  // the same once more, as a module's
    const std::string_view names[] = {"a", "s", ""};
    (void)kernel::find_structs(kernel.btf_bytes, names);
    if (base.size() > 1) make_types(kernel, base);
    // As they are: a file that a user names need not begin like BTF.
    look_at(kernel::Btf(std::as_bytes(std::span(data, size))));
    return 0;
}
