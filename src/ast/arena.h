// ast::Arena: owns the nodes of scripts and the texts they point to; everything goes at once, in a loop, so that a
// deeply nested tree cannot overflow the stack when it is freed. Filled by TreeBuilder (and by passes that make new
// nodes); handed from the driver to everybody who reads a tree. It knows nothing of what it holds.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ast {

class Arena {
  public:
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() {
        for (auto entry = destructors_.rbegin(); entry != destructors_.rend(); ++entry)
            entry->destroy(entry->object);
    }

    /// A node that lives as long as the arena; members not named are zero.
    template <typename Node, typename... Arguments>
    Node* make(Arguments&&... arguments) {
        Node* node = ::new (allocate(sizeof(Node), alignof(Node))) Node{std::forward<Arguments>(arguments)...};
        if constexpr (!std::is_trivially_destructible_v<Node>)
            destructors_.push_back({node, [](void* object) { static_cast<Node*>(object)->~Node(); }});
        return node;
    }

    /// A copy of the text that lives as long as the arena; may hold NULs.
    std::string_view text(std::string_view copied) {
        if (copied.empty()) return {};
        char* bytes = static_cast<char*>(allocate(copied.size(), 1));
        std::memcpy(bytes, copied.data(), copied.size());
        return {bytes, copied.size()};
    }

  private:
    struct Destructor {
        void* object;
        void (*destroy)(void*);
    };

    /// A typical script fits into one.
    static constexpr std::size_t kBlockSize = 16 * 1024;

    void* allocate(std::size_t size, std::size_t alignment) {
        std::size_t at = (used_ + alignment - 1) / alignment * alignment;
        if (blocks_.empty() || at + size > capacity_) {
            capacity_ = size > kBlockSize ? size : kBlockSize;
            // operator new[] aligns for every ordinary type
            blocks_.push_back(std::make_unique<std::byte[]>(capacity_));
            at = 0;
        }
        used_ = at + size;
        return blocks_.back().get() + at;
    }

    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::size_t used_ = 0, capacity_ = 0;
    std::vector<Destructor> destructors_;
};

}  // namespace ast
