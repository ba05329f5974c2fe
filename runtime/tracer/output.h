// tracer::Output: format::Writer over a file descriptor: standard output, standard error or the file of -o. Collects
// what a batch of events prints and writes it in one go; a reader that does not read makes us wait here (the ring then
// fills and the kernel counts what is lost), never collect without bound.
//
// Never blocks in write(2): a signal must still be able to end the run, so waiting is asked of the `Patience`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/format/writer.h"

namespace tracer {

/// When text leaves. line: when the waiting events have been handled (a person sees whole lines at once); full: when
/// the buffer is full and at the end; none: at once.
enum class Buffering { line, full, none };

/// Waits until fd can be written to; false = do not wait any longer, the text is to be dropped.
using Patience = std::function<bool(int fd)>;

class Output : public format::Writer {
  public:
    /// Does not own fd.
    Output(int fd, Buffering buffering, Patience patience);

    void write(std::string_view text) override;
    /// The waiting events have been handled.
    void flush() override;
    /// Everything, whatever the buffering.
    void flush_all();
    /// Bytes it was given so far, whatever became of them.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }
    /// Something that has to be written before this writer writes (standard error: what the script printed so far).
    void set_before(Output* before) { before_ = before; }

    /// The reader is gone, or nobody waited for it any longer: everything from now on is dropped.
    [[nodiscard]] bool is_closed() const { return is_closed_; }
    /// Why writing failed, if not because the reader is gone (disk full).
    [[nodiscard]] int error() const { return error_; }
    /// Becomes readable when the reader goes away; -1 if such a file has no reader.
    [[nodiscard]] int closed_fd() const { return closed_watch_.get(); }

  private:
    void write_out(std::string_view text);
    [[nodiscard]] long write_some(std::string_view text) const;

    int fd_;
    Buffering buffering_;
    Patience patience_;
    base::Fd own_;           ///< the same pipe or terminal, opened anew without blocking
    base::Fd closed_watch_;  ///< an epoll that reports nothing but the reader's end
    bool is_socket_ = false;
    bool may_block_ = false;  ///< neither: then in pieces a pipe takes without blocking
    bool is_closed_ = false;
    int error_ = 0;
    std::uint64_t taken_ = 0;
    Output* before_ = nullptr;
    std::string buffer_;
};

}  // namespace tracer
