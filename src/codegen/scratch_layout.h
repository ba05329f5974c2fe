// Fixed parts of what programs of ours keep for themselves: the head of a scratch slot and the frame that loop
// callbacks get as their context. Internal to codegen; nothing outside the programs reads them.
#pragma once

#include <cstdint>

namespace codegen {

/// Offsets in chunk 0 of a scratch slot.
struct ScratchHeader {
    static constexpr std::int64_t kBusy = 0;   ///< u64: 1 while a program uses the slot
    static constexpr std::int64_t kLeave = 8;  ///< u64 Leave: why a loop callback stopped its loop
    static constexpr std::int64_t kSlot = 16;  ///< u64: number of the slot, index into the other chunks
    static constexpr std::uint32_t kSize = 24;
};

/// What a callback asks of the code around its loop.
struct Leave {
    static constexpr std::uint64_t kNot = 0;
    static constexpr std::uint64_t kProbe = 1;     ///< end the whole probe
    static constexpr std::uint64_t kFunction = 2;  ///< return from the fn
};

/// On the program's stack, pointers only: the verifier knows their types there.
struct Frame {
    static constexpr std::int64_t kContext = 0;
    static constexpr std::int64_t kLedger = 8;
    static constexpr std::int64_t kChunks = 16;  ///< addresses of the first chunks used
    static constexpr std::int64_t kSize = 64;
};

}  // namespace codegen
