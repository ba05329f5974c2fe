// cli::Report: the only code that writes diagnostics and errors to a terminal.
//
// Implements driver::Reporter on a file descriptor (standard error). It owns labels and colours; it composes each
// message whole and writes it at once, so that a child's output cannot fall in between.
#pragma once

#include <string>
#include <string_view>

#include "src/cli/environment.h"
#include "src/driver/reporter.h"

namespace cli {

class Report : public driver::Reporter {
  public:
    explicit Report(int fd) : fd_(fd) {}

    void set_colors(bool are_used) { has_colors_ = are_used; }
    void set_verbose(bool is_verbose) { is_verbose_ = is_verbose; }
    void set_warnings(bool are_shown) { shows_warnings_ = are_shown; }

    void error(std::string_view sentence, std::string_view hint = {}) override;
    void error(const base::Error& error) override;
    void warning(std::string_view sentence, std::string_view hint = {}) override;
    void diagnostic(driver::Severity severity, std::string_view rendered) override;
    void line(std::string_view text) override;
    void verbose(std::string_view text) override;

  private:
    void labelled(driver::Severity severity, std::string_view sentence, std::string_view hint, std::string_view detail);
    void write(std::string_view text) const;

    int fd_;
    bool has_colors_ = false;
    bool is_verbose_ = false;
    bool shows_warnings_ = true;
};

/// always and never as said; else colours are for people: both standard output and standard error are terminals.
bool wants_colors(ColorChoice choice);

}  // namespace cli
