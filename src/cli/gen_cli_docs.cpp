// Run by the build: prints the man page or the bash completion to standard output.

#include <cstdio>
#include <string>
#include <string_view>

#include "src/cli/help.h"

int main(int argc, char** argv) {
    const std::string_view wanted = argc == 2 ? argv[1] : "";
    std::string text;
    if (wanted == "man") {
        text = cli::man_page();
    } else if (wanted == "completion") {
        text = cli::bash_completion();
    } else {
        std::fputs("usage: gen_cli_docs man|completion\n", stderr);
        return 1;
    }
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0 ? 0 : 1;
}
