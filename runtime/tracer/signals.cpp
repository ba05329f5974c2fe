#include "runtime/tracer/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

namespace tracer {
namespace {

/// SIGHUP: the terminal went away. What was collected can still go to a file or a pipe.
constexpr int kTaken[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

}  // namespace

Signals::Signals() {
    sigset_t taken;
    sigemptyset(&taken);
    std::size_t count = 0;
    for (const int signal : kTaken) {
        sigaddset(&taken, signal);
        Disposition& disposition = dispositions_[count++];
        disposition.signal = signal;
        sigaction(signal, nullptr, &disposition.original);
        // An ignored signal never reaches a signalfd, and shells start background jobs with SIGINT ignored. nohup's
        // wish is respected.
        if (disposition.original.sa_handler == SIG_IGN && signal != SIGHUP) {
            struct sigaction standard = {};
            standard.sa_handler = SIG_DFL;
            sigaction(signal, &standard, nullptr);
        }
    }
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    dispositions_[count].signal = SIGPIPE;
    sigaction(SIGPIPE, &ignore, &dispositions_[count].original);

    sigprocmask(SIG_BLOCK, &taken, &original_mask_);
    fd_ = base::Fd(signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC));
}

Signals::~Signals() {
    // What is still waiting has been served by our ending; delivered now it would kill us on the way out.
    while (take()) {
    }
    restore();
}

std::optional<int> Signals::take() {
    signalfd_siginfo info;
    if (read(fd_.get(), &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

void Signals::restore() const {
    for (const Disposition& disposition : dispositions_)
        sigaction(disposition.signal, &disposition.original, nullptr);
    sigprocmask(SIG_SETMASK, &original_mask_, nullptr);
}

}  // namespace tracer
