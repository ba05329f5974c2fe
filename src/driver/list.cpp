#include "src/driver/list.h"

#include <cerrno>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "runtime/kernel/btf_text.h"
#include "runtime/probes/listing.h"
#include "runtime/probes/provider.h"
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

/// Writes names of probes; with -v the arguments below, if a kind or an event has any.
class ProbeLines {
  public:
    ProbeLines(const kernel::KernelView& kernel, Reporter& reporter, bool is_verbose)
        : kernel_(kernel), reporter_(reporter), is_verbose_(is_verbose) {}

    void add(program::ProbeKind kind, const std::string& name, const program::Place& place) {
        lines_.add(name);
        const probes::Provider& row = probes::row(kind);
        if (!is_verbose_ || !row.describe) return;
        const auto arguments = row.describe(kernel_, place);
        if (arguments.ok()) {
            for (const std::string& argument : *arguments)
                lines_.add("    " + argument);
        } else if (arguments.error().errnum == ENODATA && warned_.insert(arguments.error().message).second) {
            // A whole program without debug information: said once.
            reporter_.warning(arguments.error().message);
        }
    }

  private:
    const kernel::KernelView& kernel_;
    Reporter& reporter_;
    bool is_verbose_;
    Lines lines_;
    std::set<std::string> warned_;
};

/// On standard error: who asks a program for the list gets an empty one, a person wonders.
void say_nothing_matches(const Request& request, Reporter& reporter) {
    const std::string& pattern = request.list_pattern;
    std::string hint;
    if (pattern.find_first_of(":*") == std::string::npos)
        hint = probes::find(pattern) != nullptr ? "all of a kind: '" + pattern + ":*'"
                                                : "to search in names: '*" + pattern + "*'";
    reporter.warning("no probe matches '" + pattern + "'", hint);
}

/// "struct sock*": names, or with -v whole definitions behind the name of the module that has them.
void list_types(const Request& request, const kernel::KernelView& kernel) {
    Lines lines;
    std::string last;
    for (const kernel::ListedType& type : kernel::list_types(kernel, request.list_pattern)) {
        if (request.is_verbose)
            lines.add(type.module + ": " + kernel::definition(*kernel.types(type.module), type.type) + "\n");
        else if (type.name != last)
            lines.add(type.name);
        last = type.name;
    }
}

}  // namespace

int list(const Request& request, const kernel::KernelView& kernel, Reporter& reporter) {
    ProbeLines lines(kernel, reporter, request.is_verbose);
    if (request.program) {
        const auto probes = list_probes(request, kernel, reporter);
        if (!probes) return 1;
        for (const ListedProbe& probe : *probes) {
            if (probe.kind == program::ProbeKind::begin || probe.kind == program::ProbeKind::end ||
                probe.kind == program::ProbeKind::self)
                continue;
            lines.add(probe.kind, probes::listing_name(probe.kind, probe.name), probe.place);
        }
        return 0;
    }
    if (kernel::is_type_pattern(request.list_pattern)) {
        list_types(request, kernel);
        return 0;
    }
    const auto listed = probes::list_pattern(kernel, request.list_pattern, request.pid.value_or(-1));
    if (!listed.ok()) {
        reporter.error(listed.error());
        return 1;
    }
    for (const probes::Listed& probe : *listed)
        lines.add(probe.kind, probe.match.name, probe.match.place);
    if (listed->empty()) say_nothing_matches(request, reporter);
    return 0;
}

}  // namespace driver
