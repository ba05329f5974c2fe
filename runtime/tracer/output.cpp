#include "runtime/tracer/output.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <utility>

namespace tracer {
namespace {

/// A pipe's usual capacity: more in one write brings nothing.
constexpr std::size_t kBufferBytes = 64 * 1024;

}  // namespace

Output::Output(int fd, Buffering buffering, Patience patience)
    : fd_(fd), buffering_(buffering), patience_(std::move(patience)) {
    struct stat status = {};
    if (fstat(fd, &status) != 0) return;
    is_socket_ = S_ISSOCK(status.st_mode);
    if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
        // O_NONBLOCK on the descriptor we were given would change it for everybody who shares it, the shell first.
        const std::string path = "/proc/self/fd/" + std::to_string(fd);
        own_ = base::Fd(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        may_block_ = !own_.is_open();
    }
    base::Fd watch(epoll_create1(EPOLL_CLOEXEC));
    epoll_event nothing = {};
    // No event asked for: errors and hang-ups are always reported. Regular files are refused, they have no reader.
    if (watch.is_open() && epoll_ctl(watch.get(), EPOLL_CTL_ADD, fd, &nothing) == 0) closed_watch_ = std::move(watch);
}

void Output::write(std::string_view text) {
    taken_ += text.size();
    if (is_closed_ || text.empty()) return;
    if (buffering_ == Buffering::none) {
        if (before_ != nullptr) before_->flush();
        write_out(text);
        return;
    }
    if (text.size() >= kBufferBytes) {
        flush_all();
        write_out(text);
        return;
    }
    buffer_.append(text);
    if (buffer_.size() >= kBufferBytes) flush_all();
}

void Output::flush() {
    if (buffering_ != Buffering::full) flush_all();
}

void Output::flush_all() {
    if (buffer_.empty()) return;
    write_out(buffer_);
    buffer_.clear();
}

long Output::write_some(std::string_view text) const {
    if (is_socket_) return send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    // Poll says a pipe has room for PIPE_BUF bytes; more could block.
    if (may_block_) return ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    return ::write(own_.is_open() ? own_.get() : fd_, text.data(), text.size());
}

void Output::write_out(std::string_view text) {
    while (!text.empty() && !is_closed_) {
        if (may_block_ && !patience_(fd_)) {
            is_closed_ = true;
            return;
        }
        const long written = write_some(text);
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        const int errnum = errno;
        if (errnum == EINTR) continue;
        if (errnum == EAGAIN || errnum == EWOULDBLOCK) {
            if (!patience_(own_.is_open() ? own_.get() : fd_)) is_closed_ = true;
            continue;
        }
        is_closed_ = true;
        // A reader that left is no error; a terminal that left answers EIO.
        if (errnum != EPIPE && errnum != EIO && errnum != EBADF && errnum != ECONNRESET) error_ = errnum;
    }
}

}  // namespace tracer
