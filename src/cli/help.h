// cli::help: texts printed from the option table: --help, the version line, the man page, the shell completion.
//
// The man page and the completion are made at build time by gen_cli_docs.cpp and installed; the others are printed by
// the program itself. All are functions from the table to text.
#pragma once

#include <string>
#include <string_view>

namespace cli {

std::string help_text(std::string_view program_name);
/// "bpfline v1.2.3", or what a script looks for when the program is called as bpftrace.
std::string version_text(bool is_bpftrace);
/// troff source of bpfline(8).
std::string man_page();
/// For bash.
std::string bash_completion();

}  // namespace cli
