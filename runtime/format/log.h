// format::Log: the lines a run writes to standard error, the same for both sinks.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/format/sink.h"

namespace format {

class Log {
  public:
    Log(const program::Program& program, Writer& err, SinkOptions options)
        : program_(program), err_(err), options_(options) {}

    void line(std::string_view text);  ///< without label; a newline is added
    void error(std::string_view prefix, std::string_view text);
    void warning(std::string_view prefix, std::string_view text);

    void cat_failed(std::string_view path, int errnum);
    void system_failed(std::string_view command, int exit_code);
    void warning_repeated(const program::WarningPlace& place, std::uint64_t times);
    void total_lost_events(std::uint64_t count);

    [[nodiscard]] bool has_warnings() const { return options_.has_warnings; }
    [[nodiscard]] Writer& writer() { return err_; }

  private:
    const program::Program& program_;
    Writer& err_;
    SinkOptions options_;
};

}  // namespace format
