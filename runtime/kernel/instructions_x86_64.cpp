// Entrance: kernel::instruction_length. Lengths only: where the next instruction of x86-64 begins (Intel SDM volume 2,
// chapter 2 and appendix A; AMD's XOP). What an instruction does is nobody's concern here.
#include <algorithm>
#include <array>

#include "runtime/kernel/arch.h"

namespace kernel {
namespace {

/// The processor refuses longer ones.
constexpr std::size_t kLongest = 15;

/// What stands behind the opcode.
enum Tail : std::uint8_t {
    none,
    modrm = 1,         ///< a ModRM byte with what that brings
    byte = 2,          ///< 8 bits
    word = 4,          ///< 16 bits
    full = 8,          ///< 32 bits, 16 with the operand-size prefix
    always_full = 16,  ///< 32 bits whatever the prefixes: near jumps and calls
    wide = 32,         ///< 64 bits with REX.W, else as full: mov $imm, %reg
    address = 64,      ///< a plain address, 64 bits, 32 with the address-size prefix
    bad = 128,         ///< no instruction in 64-bit mode
};

constexpr std::uint8_t with(unsigned a, unsigned b) {
    return static_cast<std::uint8_t>(a | b);
}

constexpr std::array<std::uint8_t, 256> kOneByte = [] {
    std::array<std::uint8_t, 256> table{};
    const auto fill = [&table](unsigned first, unsigned last, std::uint8_t what) {
        for (unsigned i = first; i <= last; i++)
            table[i] = what;
    };
    for (unsigned i = 0; i < 0x40; i += 8) {  // add or adc sbb and sub xor cmp
        fill(i, i + 3, modrm);
        table[i + 4] = byte;
        table[i + 5] = full;
        fill(i + 6, i + 7, bad);
    }
    fill(0x60, 0x62, bad);
    table[0x63] = modrm;
    table[0x68] = full;
    table[0x69] = with(modrm, full);
    table[0x6a] = byte;
    table[0x6b] = with(modrm, byte);
    fill(0x70, 0x7f, byte);
    table[0x80] = table[0x83] = with(modrm, byte);
    table[0x81] = with(modrm, full);
    table[0x82] = table[0x9a] = bad;
    fill(0x84, 0x8f, modrm);
    fill(0xa0, 0xa3, address);
    table[0xa8] = byte;
    table[0xa9] = full;
    fill(0xb0, 0xb7, byte);
    fill(0xb8, 0xbf, wide);
    table[0xc0] = table[0xc1] = table[0xc6] = with(modrm, byte);
    table[0xc7] = with(modrm, full);
    table[0xc2] = table[0xca] = word;
    table[0xc8] = with(word, byte);  // enter
    table[0xcd] = byte;
    table[0xce] = bad;
    fill(0xd0, 0xd3, modrm);
    fill(0xd4, 0xd6, bad);
    fill(0xd8, 0xdf, modrm);
    fill(0xe0, 0xe7, byte);
    fill(0xe8, 0xe9, always_full);
    table[0xea] = bad;
    table[0xeb] = byte;
    table[0xf6] = table[0xf7] = table[0xfe] = table[0xff] = modrm;  // f6, f7: test has an immediate too
    return table;
}();

/// Behind 0f. Most have a ModRM byte.
constexpr std::array<std::uint8_t, 256> kTwoByte = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(modrm);
    for (unsigned i :
         {0x05u, 0x06u, 0x07u, 0x08u, 0x09u, 0x0bu, 0x0eu, 0x77u, 0xa0u, 0xa1u, 0xa2u, 0xa8u, 0xa9u, 0xaau})
        table[i] = none;
    for (unsigned i = 0x30; i <= 0x37; i++)
        table[i] = none;
    for (unsigned i = 0xc8; i <= 0xcf; i++)
        table[i] = none;  // bswap
    for (unsigned i = 0x80; i <= 0x8f; i++)
        table[i] = always_full;
    for (unsigned i : {0x0fu, 0x70u, 0x71u, 0x72u, 0x73u, 0xa4u, 0xacu, 0xbau, 0xc2u, 0xc4u, 0xc5u, 0xc6u})
        table[i] = with(modrm, byte);
    return table;
}();

/// By opcode map as VEX and EVEX number them.
std::uint8_t tail_in_map(unsigned map, unsigned opcode) {
    switch (map) {
        case 1: return kTwoByte[opcode];
        case 3: return with(modrm, byte);
        default: return modrm;
    }
}

class Decoder {
  public:
    explicit Decoder(std::span<const std::byte> code) : code_(code.first(std::min(code.size(), kLongest))) {}

    std::size_t length() {
        unsigned opcode = prefixes();
        std::uint8_t tail = kOneByte[opcode];
        if (opcode == 0x0f) {
            opcode = next();
            if (opcode == 0x38 || opcode == 0x3a) {
                tail = tail_in_map(opcode == 0x38 ? 2 : 3, next());
            } else {
                tail = kTwoByte[opcode];
            }
        } else if (opcode == 0xc5) {
            next();
            tail = tail_in_map(1, next());
        } else if (opcode == 0xc4) {
            const unsigned map = next() & 31;
            next();
            tail = tail_in_map(map, next());
        } else if (opcode == 0x62) {
            const unsigned map = next() & 7;
            next();
            next();
            tail = tail_in_map(map, next());
        } else if (opcode == 0x8f && (peek() & 31) >= 8) {  // XOP; below 8 it is pop
            const unsigned map = next() & 31;
            next();
            next();
            tail = map == 8 ? with(modrm, byte) : map == 10 ? with(modrm, always_full) : std::uint8_t{modrm};
        }
        if (tail == bad) return 0;
        if ((tail & modrm) != 0) {
            const unsigned which = operand();
            if (opcode == 0xf6 && which < 2) skip(1);
            if (opcode == 0xf7 && which < 2) skip(has_operand_size_ ? 2 : 4);
        }
        if ((tail & byte) != 0) skip(1);
        if ((tail & word) != 0) skip(2);
        if ((tail & always_full) != 0) skip(4);
        if ((tail & full) != 0) skip(has_operand_size_ && !is_wide_ ? 2 : 4);
        if ((tail & wide) != 0) skip(is_wide_ ? 8 : has_operand_size_ ? 2 : 4);
        if ((tail & address) != 0) skip(has_address_size_ ? 4 : 8);
        return is_cut_ ? 0 : at_;
    }

  private:
    unsigned peek() const { return at_ < code_.size() ? std::to_integer<unsigned>(code_[at_]) : 0; }
    unsigned next() {
        if (at_ >= code_.size()) {
            is_cut_ = true;
            return 0;
        }
        return std::to_integer<unsigned>(code_[at_++]);
    }
    void skip(std::size_t bytes) {
        if (bytes > code_.size() - at_)
            is_cut_ = true;
        else
            at_ += bytes;
    }

    /// The opcode's first byte.
    unsigned prefixes() {
        for (;;) {
            const unsigned value = next();
            if (is_cut_) return 0x90;
            switch (value) {
                case 0x66: has_operand_size_ = true; break;
                case 0x67: has_address_size_ = true; break;
                case 0x26:
                case 0x2e:
                case 0x36:
                case 0x3e:
                case 0x64:
                case 0x65:
                case 0xf0:
                case 0xf2:
                case 0xf3: break;
                default:
                    if ((value & 0xf0) != 0x40) return value;
                    // A REX prefix counts only directly before the opcode.
                    if (const unsigned after = peek(); is_prefix(after)) break;
                    is_wide_ = (value & 8) != 0;
                    return next();
            }
        }
    }
    static bool is_prefix(unsigned value) {
        return value == 0x66 || value == 0x67 || value == 0x26 || value == 0x2e || value == 0x36 || value == 0x3e ||
               value == 0x64 || value == 0x65 || value == 0xf0 || value == 0xf2 || value == 0xf3 ||
               (value & 0xf0) == 0x40;
    }

    /// ModRM, SIB and displacement; gives ModRM's middle field.
    unsigned operand() {
        const unsigned value = next();
        const unsigned mode = value >> 6, base = value & 7;
        if (mode != 3) {
            unsigned displacement = mode == 1 ? 1 : mode == 2 ? 4 : 0;
            if (base == 4) {
                const unsigned sib = next();
                if (mode == 0 && (sib & 7) == 5) displacement = 4;
            } else if (mode == 0 && base == 5) {
                displacement = 4;  // relative to the instruction pointer
            }
            skip(displacement);
        }
        return value >> 3 & 7;
    }

    std::span<const std::byte> code_;
    std::size_t at_ = 0;
    bool is_cut_ = false, has_operand_size_ = false, has_address_size_ = false, is_wide_ = false;
};

}  // namespace

std::size_t instruction_length(std::span<const std::byte> code) {
    return Decoder(code).length();
}

}  // namespace kernel
