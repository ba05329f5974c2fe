#include "src/driver/list.h"

#include <cstdio>
#include <string>
#include <vector>

#include "runtime/probes/listing.h"
#include "src/driver/compile.h"

namespace driver {

namespace {

/// Collects and writes in large pieces: -l over everything is a hundred thousand lines.
class Lines {
  public:
    ~Lines() { flush(); }
    void add(std::string_view line) {
        text_ += line;
        text_ += '\n';
        if (text_.size() > kPiece) flush();
    }

  private:
    static constexpr std::size_t kPiece = 64 * 1024;
    void flush() {
        std::fwrite(text_.data(), 1, text_.size(), stdout);
        text_.clear();
    }
    std::string text_;
};

/// With -v the arguments below the name; a kind or an event without them has none.
void add_probe(Lines& lines, const kernel::KernelView& kernel, program::ProbeKind kind, const std::string& name,
               const program::Place& place, bool is_verbose) {
    lines.add(name);
    const probes::Provider& row = probes::row(kind);
    if (!is_verbose || !row.describe) return;
    if (const auto arguments = row.describe(kernel, place); arguments.ok())
        for (const std::string& argument : *arguments)
            lines.add("    " + argument);
}

}  // namespace

int list(const Request& request, const kernel::KernelView& kernel, Reporter& reporter) {
    Lines lines;
    if (request.program) {
        const auto probes = list_probes(request, kernel, reporter);
        if (!probes) return 1;
        for (const ListedProbe& probe : *probes) {
            if (probe.kind == program::ProbeKind::begin || probe.kind == program::ProbeKind::end ||
                probe.kind == program::ProbeKind::self)
                continue;
            add_probe(lines, kernel, probe.kind, probes::listing_name(probe.kind, probe.name), probe.place,
                      request.is_verbose);
        }
        return 0;
    }
    const auto listed = probes::list_pattern(kernel, request.list_pattern, request.pid.value_or(-1));
    if (!listed.ok()) {
        reporter.error(listed.error());
        return 1;
    }
    for (const probes::Listed& probe : *listed)
        add_probe(lines, kernel, probe.kind, probe.match.name, probe.match.place, request.is_verbose);
    return 0;
}

}  // namespace driver
