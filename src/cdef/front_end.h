// cdef::preprocess: a header that is too much for our own reader, made simpler by an installed C compiler: includes
// inlined, conditions decided, macros expanded, their definitions kept. Runs `clang -E` or `gcc -E`; nothing of a
// script is passed to a shell. Knows nothing of what the text means.
#pragma once

#include <string>
#include <vector>

namespace cdef {

struct FrontEndOutput {
    bool is_read = false;
    std::string text;     ///< preprocessed, with #define lines
    std::string message;  ///< why not, and what would help
};

[[nodiscard]] FrontEndOutput preprocess(const std::string& header, const std::vector<std::string>& include_dirs);

}  // namespace cdef
