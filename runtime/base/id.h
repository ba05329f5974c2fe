// Id<Tag>: an index into one vector of one structure, as a type of its own, so that a MapId is never taken for an
// EventId. The default value means "none".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace base {

template <typename Tag>
struct Id {
    static constexpr std::uint32_t kNone = 0xffffffff;
    std::uint32_t value = kNone;

    constexpr Id() = default;
    constexpr explicit Id(std::size_t index) : value(static_cast<std::uint32_t>(index)) {}
    [[nodiscard]] constexpr bool is_set() const { return value != kNone; }
    [[nodiscard]] constexpr std::size_t index() const { return value; }
    friend constexpr bool operator==(Id, Id) = default;
    friend constexpr auto operator<=>(Id, Id) = default;
};

}  // namespace base

template <typename Tag>
struct std::hash<base::Id<Tag>> {
    std::size_t operator()(base::Id<Tag> id) const noexcept { return id.value; }
};
