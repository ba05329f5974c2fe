// golden: tests whose expectation stands in the script it belongs to. A case is one .bt file:
//
//     begin { print(1); }
//     //! probe
//     //!   at begin
//     ...
//
// Everything before the first line that starts with "//!" is the script, without the newline in front of that line (so
// a script may end in the middle of something); the rest, without "//! ", is the expected text, compared in full. To
// the language these lines are comments: every case can also be run. Lines "//# word ..." in the script are settings
// for the test that produces the text (Case::settings).
//
// A test executable registers a folder once and says how text is made from a script:
//
//     const bool registered = golden::add_folder("Parse", BPFLINE_TESTS_DIR "/golden/parse", produce);
//
// Each file becomes a test of its own, Parse.file_name. BPFLINE_UPDATE_GOLDEN=1 in the environment rewrites the
// expectations instead of comparing them; look at the difference before you commit it.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace golden {

struct Case {
    std::string name;                             ///< file name without .bt
    std::string script;                           ///< what comes before the expectation
    std::map<std::string, std::string> settings;  ///< first word of a "//#" line -> the rest of it
};

using Produce = std::function<std::string(const Case&)>;

/// Registers every .bt of the folder and of the folders in it. True, so that a static variable can call it.
bool add_folder(const std::string& suite, const std::string& folder, Produce produce);

}  // namespace golden
