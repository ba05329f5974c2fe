// Addresses and byte order of networks.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

// -- ntop([family,] address): { u64 family; u8 address[16] }, see program/layout.h

const types::Type* ntop_type(CallSite& site) {
    return site.types().simple(types::Kind::inet);
}

void check_ntop(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty()) return;
    const CallArgument& address = arguments.back();
    if (!address.type || address.type->kind == types::Kind::error) return;
    const types::Type& type = *address.type;
    const bool is_bytes = type.kind == types::Kind::array || type.kind == types::Kind::string;
    if (is_bytes && type.size != 4 && type.size != 16)
        site.error(DiagnosticKind::bad_call, site.range(), "ntop() argument must be 4 or 16 bytes in size");
}

ir::Value lower_ntop(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const typed::Expr& address = *call.arguments.back();
    const types::Type& type = *address.type;
    const bool is_scalar = type.is_scalar();
    const std::uint32_t size = is_scalar ? 4 : type.size;
    const ir::Value family =
        call.arguments.size() > 1 ? e.scalar(*call.arguments[0]) : b.i64(size == 4 ? AF_INET : AF_INET6);
    b.store(family, destination);
    b.store(b.i64(0), destination, 8);
    b.store(b.i64(0), destination, 16);
    if (type.kind == types::Kind::pointer) {
        const ir::Value is_v4 = b.compare(ir::Compare::eq, family, b.i64(AF_INET));
        e.read(b.ptr_add(destination, 8), b.select(is_v4, b.i64(4), b.i64(16)), e.scalar(address),
               e.space_of(address.type), call.range);
    } else if (is_scalar) {
        // The value's memory order is the network's order.
        b.store(b.trunc(e.scalar(address), ir::Width::i32), destination, 8);
    } else {
        e.copy(b.ptr_add(destination, 8), e.memory(address), size);
    }
    return destination;
}

// -- pton("127.0.0.1"): the bytes, found while compiling

bool parse_address(const std::string& text, std::array<std::uint8_t, 16>& bytes, std::uint32_t& size) {
    if (text.find(':') != std::string::npos) {
        size = 16;
        return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
    }
    size = 4;
    return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
}

const types::Type* pton_type(CallSite& site) {
    const auto arguments = site.arguments();
    const bool is_v6 = !arguments.empty() && arguments[0].text && arguments[0].text->find(':') != std::string::npos;
    return site.types().array(site.types().integer(1, false), is_v6 ? 16 : 4);
}

void check_pton(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    std::array<std::uint8_t, 16> bytes{};
    std::uint32_t size = 0;
    if (!parse_address(*arguments[0].text, bytes, size)) {
        site.error(DiagnosticKind::bad_call, site.range(),
                   "pton() expects a valid IPv4/IPv6 address, got " + *arguments[0].text);
        return;
    }
    site.set_text(std::string(reinterpret_cast<const char*>(bytes.data()), size));
}

ir::Value lower_pton(Emitter& e, const Call& call, ir::Value destination) {
    e.ir().store_bytes(destination, call.text, 0, 1);  // an array of bytes may lie anywhere, after a string in a key
    return destination;
}

// -- macaddr(bytes)

const types::Type* macaddr_type(CallSite& site) {
    return site.types().simple(types::Kind::mac);
}

void check_macaddr(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty()) return;
    if (arguments[0].text) {
        site.error(DiagnosticKind::bad_call, site.range(), "macaddr() does not support literal string arguments");
        return;
    }
    const types::Type* type = arguments[0].type;
    if (type && (type->kind == types::Kind::array || type->kind == types::Kind::string) && type->size < 6)
        site.error(DiagnosticKind::bad_call, site.range(), "macaddr() argument must be 6 bytes in size");
}

ir::Value lower_macaddr(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const typed::Expr& bytes = *call.arguments[0];
    if (bytes.type->is_scalar())
        e.read(destination, b.i64(6), e.scalar(bytes), e.space_of(bytes.type), call.range);
    else
        e.copy(destination, e.memory(bytes), 6);
    return destination;
}

// -- bswap(n)

const types::Type* bswap_type(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].type || !arguments[0].type->is_integer()) return site.types().none();
    return site.types().integer(arguments[0].type->size, false);
}

ir::Value lower_bswap(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    const ir::Value value = e.scalar(*call.arguments[0]);
    switch (call.type->size) {
        case 2: return b.zext(b.bswap(b.trunc(value, ir::Width::i16)), ir::Width::i64);
        case 4: return b.zext(b.bswap(b.trunc(value, ir::Width::i32)), ir::Width::i64);
        case 8: return b.bswap(value);
        default: return b.and_(value, b.i64(0xff));
    }
}

// -- socket_cookie(sk)

ir::Value lower_socket_cookie(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    const typed::Expr& socket = *call.arguments[0];
    const ir::Value cookie = b.slot(ir::Width::i64, "cookie");
    b.store(b.i64(0), cookie);
    const auto ask = [&](ir::Value address) { b.store(e.helper(Helper::get_socket_cookie, {address}), cookie); };
    // The verifier may know the address of a variable all the same.
    if (!e.with_kernel_structure(socket, ask)) ask(b.int_to_ptr(e.scalar(socket)));
    return b.load(ir::Width::i64, cookie);
}

// -- skboutput("file", skb, length, offset)

/// What is captured of a packet when the length is known at run time only, and the most there ever is.
constexpr std::uint64_t kUsualCapture = 2048, kMostCapture = 16384;

/// Offsets in struct sk_buff, packed into Call::text.
struct PacketOffsets {
    std::uint32_t data, size, paged_size;
};

void check_skboutput(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.size() < 4) return;
    const types::Type* packet = site.kernel_type("struct sk_buff");
    const auto data = packet ? types::find_member(packet, "data") : std::nullopt;
    const auto size = packet ? types::find_member(packet, "len") : std::nullopt;
    const auto paged = packet ? types::find_member(packet, "data_len") : std::nullopt;
    if (!data || !size || !paged) {
        site.error(DiagnosticKind::kernel_lacks, site.range(), "skboutput() requires kernel BTF");
        return;
    }
    std::uint64_t most = kUsualCapture;
    if (arguments[2].integer) most = std::clamp<std::uint64_t>(*arguments[2].integer, 1, kMostCapture);
    site.set_number((most + 7) / 8 * 8);
    const PacketOffsets offsets{data->offset, size->offset, paged->offset};
    site.set_text(std::string(reinterpret_cast<const char*>(&offsets), sizeof(offsets)));
}

ir::Value lower_skboutput(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    PacketOffsets offsets{};
    std::memcpy(&offsets, call.text.data(), sizeof(offsets));
    const ir::Value packet = e.scalar(*call.arguments[1]);
    const ir::Value wanted = e.scalar(*call.arguments[2]);
    const ir::Value skipped = e.scalar(*call.arguments[3]);
    const auto read = [&](std::uint32_t offset, std::uint64_t size) {
        return e.with_word([&](ir::Value word) {
            b.store(b.i64(0), word);
            e.read(word, b.i64(size), b.add(packet, b.i64(offset)), types::AddressSpace::kernel, call.range);
            return b.load(ir::Width::i64, word);
        });
    };
    const ir::Value data = read(offsets.data, 8);
    const ir::Value size = read(offsets.size, 4);
    // What lies in pages of its own is not behind `data`.
    const ir::Value linear = b.sub(size, read(offsets.paged_size, 4));
    const ir::Value left = b.smax(b.sub(linear, skipped), b.i64(0));
    const ir::Value captured = b.opaque(b.umin(b.umin(left, wanted), b.i64(call.number)));
    const ir::Value now = e.helper(Helper::ktime_get_boot_ns, {});
    e.send(program::SkbOutput{literal_text(call, 0), static_cast<std::uint32_t>(call.number)},
           static_cast<std::uint32_t>(16 + call.number), [&](ir::Value payload) {
               b.store(now, payload);
               b.store(b.trunc(captured, ir::Width::i32), payload, 8, 4);
               b.store(b.trunc(b.smax(b.sub(size, skipped), b.i64(0)), ir::Width::i32), payload, 12, 4);
               const ir::Block bounded = b.block("bounded"), some = b.block("some"), done = b.block("packed");
               b.branch(b.compare(ir::Compare::ule, captured, b.i64(call.number)), bounded, done);
               b.enter(bounded);
               b.branch(b.is_zero(captured), done, some);
               b.enter(some);
               e.read(b.ptr_add(payload, 16), captured, b.add(data, skipped), types::AddressSpace::kernel, call.range);
               b.jump(done);
               b.enter(done);
           });
    return b.i64(0);
}

constexpr KindSet kWithPackets = KindSet::of(ProbeKind::fentry, ProbeKind::fexit, ProbeKind::kprobe,
                                             ProbeKind::tracepoint, ProbeKind::rawtracepoint);

constexpr std::array kNetwork{
    typed::Builtin{
        .name = "ntop",
        .signature = "ntop(address: int|pointer|array|string) -> inet\nntop(family: int, address: "
                     "int|pointer|array|string) -> inet",
        .doc = "An IPv4 or IPv6 address as text. The size tells which; a family (2 or 10) may be given first.",
        .example = R"(begin { print(ntop(0x0100007f)); })",
        .result = ntop_type,
        .check = check_ntop,
        .lower = lower_ntop},
    typed::Builtin{.name = "pton",
                   .signature = "pton(address: string literal) -> depends",
                   .doc = "The bytes of an IPv4 or IPv6 address in network order, found while compiling.",
                   .example = R"(begin { print(pton("192.168.7.9")); })",
                   .result = pton_type,
                   .check = check_pton,
                   .lower = lower_pton},
    typed::Builtin{.name = "macaddr",
                   .signature = "macaddr(address: pointer|int|array|string) -> mac",
                   .doc = "Six bytes as a hardware address.",
                   .example = R"bt(begin { print(macaddr((uint8[6])"\x0a\x1b\x2c\x3d\x4e")); })bt",
                   .result = macaddr_type,
                   .check = check_macaddr,
                   .lower = lower_macaddr},
    typed::Builtin{.name = "bswap",
                   .signature = "bswap(value: int) -> depends",
                   .doc = "The integer with its bytes in reverse order, as wide as it was.",
                   .example = R"(begin { printf("%x\n", bswap((uint16)0x1234)); })",
                   .result = bswap_type,
                   .lower = lower_bswap},
    typed::Builtin{
        .name = "skboutput",
        .signature = "skboutput(file: string literal, packet: pointer|int, length: int, offset: int) -> u32",
        .where = kWithPackets,
        .is_asynchronous = true,
        .doc = "Writes the first bytes of a packet (`struct sk_buff *`), from an offset on, to a capture "
               "file that tcpdump reads, as a raw IP packet. 0 if it was sent on its way.",
        .example =
            R"(tracepoint:net:netif_receive_skb { skboutput("/tmp/bpfline.pcap", args.skbaddr, 96, 0); exit(); })",
        .check = check_skboutput,
        .lower = lower_skboutput},
    typed::Builtin{.name = "socket_cookie",
                   .signature = "socket_cookie(socket: pointer) -> u64",
                   .where = KindSet::of(ProbeKind::fentry, ProbeKind::fexit, ProbeKind::iter),
                   .helper = static_cast<std::uint32_t>(Helper::get_socket_cookie),
                   .doc = "A number that belongs to this socket (a `struct sock *` argument of the event) alone, given "
                          "to it when it is first asked for.",
                   .example = R"(fentry:tcp_rcv_established { print(socket_cookie(args.sk)); exit(); })",
                   .lower = lower_socket_cookie},
};
static_assert(typed::complete(kNetwork));

}  // namespace

std::span<const typed::Builtin> network_rows() {
    return kNetwork;
}

}  // namespace builtins
