// format::Writer: where finished text goes. The tracer implements it over standard output, standard error or the file
// of -o and decides when to flush; formatting never touches a file descriptor.
#pragma once

#include <string_view>

namespace format {

class Writer {
  public:
    virtual ~Writer() = default;
    /// Takes a copy; may keep it until flush().
    virtual void write(std::string_view text) = 0;
    virtual void flush() = 0;
};

}  // namespace format
