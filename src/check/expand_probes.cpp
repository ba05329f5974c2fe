// Entrance: expand_probes: attach points as written -> concrete places, through the rows of runtime/probes.
#include <regex.h>

#include <algorithm>

#include <fmt/format.h>

#include "runtime/base/glob.h"
#include "runtime/base/text.h"
#include "runtime/probes/provider.h"
#include "src/check/analysis.h"

namespace check {

namespace {

class Expander {
  public:
    explicit Expander(Analysis& analysis) : analysis_(analysis), diagnostics_(analysis.diagnostics) {}
    ~Expander() {
        if (has_filter_) regfree(&filter_);
    }
    Expander(const Expander&) = delete;
    Expander& operator=(const Expander&) = delete;

    void run() {
        const std::string& filter = analysis_.input.options.probe_filter;
        // The option parser compiled it once already: it is sound.
        if (!filter.empty()) has_filter_ = regcomp(&filter_, filter.c_str(), REG_EXTENDED | REG_NOSUB) == 0;
        for (const ast::Script* script : analysis_.input.scripts)
            for (const ast::Probe& probe : script->probes)
                expand(probe);
        check_limits();
    }

  private:
    void expand(const ast::Probe& probe) {
        Clause clause;
        clause.probe = &probe;
        const std::size_t before = diagnostics_.all().size();
        for (const ast::AttachPoint& point : probe.attach_points)
            expand(point, clause);
        const auto& all = diagnostics_.all();
        const bool is_reported = std::any_of(
            all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
            [](const source::Diagnostic& diagnostic) { return diagnostic.severity == source::Severity::error; });
        if (clause.places.empty() && !probe.attach_points.empty() && !is_filtered_ && !is_reported) {
            const Range range = probe.attach_points.front().range;
            switch (analysis_.config.missing_probes) {
                case program::MissingProbes::error:
                    diagnostics_.add(DiagnosticKind::no_such_probe, range,
                                     "Probe has no valid attach points. If this is expected, set the 'missing_probes' "
                                     "config variable to 'warn'.");
                    break;
                case program::MissingProbes::warn:
                    diagnostics_.add(DiagnosticKind::warn_missing_probe, range,
                                     "Probe has no valid attach points. It is being removed which may cause issues "
                                     "with program behavior.");
                    break;
                case program::MissingProbes::ignore: break;
            }
        }
        if (clause.places.size() > 1 &&
            std::any_of(clause.places.begin(), clause.places.end(),
                        [](const AttachPlace& place) { return place.kind == program::ProbeKind::iter; }))
            diagnostics_.add(DiagnosticKind::bad_attach_point, probe.attach_points.front().range,
                             "iter probe only supports one attach point.");
        analysis_.clauses.push_back(std::move(clause));
    }

    /// $1 anywhere outside quotes. nullopt: reported.
    std::optional<std::string> substitute(const ast::AttachPoint& point) {
        std::string text;
        bool is_quoted = false;
        for (std::size_t i = 0; i < point.text.size(); ++i) {
            const char c = point.text[i];
            if (c == '"' && (i == 0 || point.text[i - 1] != '\\')) is_quoted = !is_quoted;
            if (c != '$' || is_quoted) {
                text += c;
                continue;
            }
            std::size_t end = i + 1;
            while (end < point.text.size() && base::is_digit(point.text[end]))
                ++end;
            const std::string_view digits = point.text.substr(i + 1, end - i - 1);
            const auto number = base::parse_digits(digits, 10);
            if (digits.empty() || !number || *number == 0) {
                const std::size_t rest = std::min(point.text.find_first_of(":,", i + 1), point.text.size());
                const std::string_view word = point.text.substr(i + 1, rest - i - 1);
                diagnostics_.add(DiagnosticKind::bad_parameter, point.range,
                                 fmt::format("invalid trailing character for positional param: {0}. Try quoting this "
                                             "entire part if this is intentional "
                                             "e.g. \"${0}\".",
                                             word));
                return std::nullopt;
            }
            const ParameterValue value = parameter_value(analysis_, *number);
            if (!value.is_given)
                diagnostics_.add(DiagnosticKind::warn_parameter, point.range,
                                 fmt::format("Positional parameter ${} is empty or not provided.", *number));
            text += value.text;
            i = end - 1;
        }
        return text;
    }

    /// Split at ':' outside quotes; quotes go, \" becomes ".
    static std::vector<std::string> split(std::string_view text) {
        std::vector<std::string> parts(1);
        bool is_quoted = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if (c == '\\' && i + 1 < text.size() && text[i + 1] == '"') {
                parts.back() += text[++i];
            } else if (c == '"') {
                is_quoted = !is_quoted;
            } else if (c == ':' && !is_quoted) {
                parts.emplace_back();
            } else {
                parts.back() += c;
            }
        }
        return parts;
    }

    /// The event that this kind of probe finds by these words; empty if there is none.
    [[nodiscard]] std::string first_match(std::string_view kind, const std::vector<std::string>& parts) const {
        const probes::Provider* provider = probes::find(kind);
        auto target = provider->parse(parts);
        if (!target.ok()) return {};
        auto matches = provider->list(analysis_.input.kernel, target.value());
        return matches.ok() && !matches->empty() ? matches->front().name : std::string();
    }

    /// What an attach point means whose kind was forgotten: an event with its category or without, or a function.
    [[nodiscard]] std::string without_kind(const std::string& word, const std::vector<std::string>& parts) const {
        if (parts.size() == 1) return first_match("tracepoint", {word, parts.front()});
        if (!parts.empty()) return {};
        const std::string event = first_match("tracepoint", {"*", word});
        return event.empty() ? first_match("kprobe", {word}) : event;
    }

    void expand(const ast::AttachPoint& point, Clause& clause) {
        const auto text = substitute(point);
        if (!text) return;
        std::vector<std::string> parts = split(*text);
        const std::string word = parts.front();
        parts.erase(parts.begin());
        // "begin" alone has no parts, "kprobe:" one empty part.
        if (parts.size() == 1 && parts.front().empty()) parts.clear();

        if (!base::has_wildcard(word)) {
            const probes::Provider* provider = probes::find(word);
            if (provider == nullptr) {
                auto added = diagnostics_.add(DiagnosticKind::unknown_probe_kind, point.range,
                                              fmt::format("Invalid probe type: {}", word));
                const auto near = probes::nearest_providers(word);
                if (const auto event = without_kind(word, parts); !event.empty())
                    added.hint(fmt::format("did you mean `{}`?", event));
                else if (!near.empty())
                    added.hint(fmt::format("did you mean `{}`?", near.front()));
                else
                    added.hint("a probe begins with its kind, e.g. `kprobe:vfs_read`; `bpfline -l` lists them");
                return;
            }
            expand(point, *provider, parts, clause, true);
            return;
        }
        bool is_any = false;
        for (const probes::Provider* provider : probes::find_all(word)) {
            if (!provider->is_kernel_side && parts.empty()) continue;
            is_any = true;
            expand(point, *provider, parts, clause, false);
        }
        if (!is_any)
            diagnostics_.add(DiagnosticKind::unknown_probe_kind, point.range,
                             fmt::format("No probe type matched for {}", word));
    }

    /// `is_named`: the script says which kind; with a wildcard kind, what does not fit is passed over.
    void expand(const ast::AttachPoint& point, const probes::Provider& provider, std::vector<std::string> parts,
                Clause& clause, bool is_named) {
        const Options& options = analysis_.input.options;
        using enum program::ProbeKind;
        // With -p the file may be left out: what the process runs is meant.
        if (options.pid && parts.size() == 1 && program::KindSet::of(uprobe, uretprobe, usdt).has(provider.kind))
            parts.insert(parts.begin(), std::string());
        auto parsed = provider.parse(parts);
        if (!parsed.ok()) {
            if (!is_named) return;
            auto added = diagnostics_.add(DiagnosticKind::bad_attach_point, point.range, parsed.error().message);
            const bool lacks_category = provider.kind == program::ProbeKind::tracepoint && parts.size() == 1;
            if (const auto event = lacks_category ? first_match("tracepoint", {"*", parts.front()}) : std::string();
                !event.empty())
                added.hint(fmt::format("did you mean `{}`?", event));
            else if (!parsed.error().hint.empty())
                added.hint(parsed.error().hint);
            return;
        }
        probes::Target& target = parsed.value();
        target.pid = options.pid ? static_cast<int>(*options.pid) : -1;
        target.command = options.child_program;
        target.is_unsafe = !options.is_safe_mode;
        if (provider.kind == program::ProbeKind::kprobe && target.function.empty() && target.address != 0 &&
            options.is_safe_mode) {
            diagnostics_.add(DiagnosticKind::unsafe_call, point.range, "Probing by address requires --unsafe");
            return;
        }
        auto matches = provider.list(analysis_.input.kernel, target);
        if (!matches.ok()) {
            if (is_named) missing(point, clause, matches.error().message, matches.error().hint);
            return;
        }
        if (matches->empty()) {
            if (!is_named || target.has_wildcard) return;  // said of the whole clause
            std::string hint;
            if (provider.nearest != nullptr) {
                const auto near = provider.nearest(analysis_.input.kernel, target);
                if (!near.empty()) hint = fmt::format("did you mean `{}`?", near.front());
                for (std::size_t i = 1; i < near.size(); ++i)
                    hint.insert(hint.size() - 1, fmt::format("{} `{}`", i + 1 == near.size() ? " or" : ",", near[i]));
            }
            missing(point, clause, fmt::format("No matches for {} {}.", provider.name, probes::target_text(target)),
                    hint);
            return;
        }
        for (probes::Match& match : *matches) {
            if (!passes_filter(provider.kind, match.name)) continue;
            if (!match.warning.empty()) diagnostics_.add(DiagnosticKind::warn_other, point.range, match.warning);
            AttachPlace place{provider.kind, std::move(match.name), std::move(match.place), point.range};
            if (options.pid && attaches_by_pid(provider.kind)) place.place.pid = static_cast<int>(*options.pid);
            clause.places.push_back(std::move(place));
        }
    }

    static bool attaches_by_pid(program::ProbeKind kind) {
        using enum program::ProbeKind;
        return program::KindSet::of(uprobe, uretprobe, usdt, profile, software, hardware, watchpoint).has(kind);
    }

    void missing(const ast::AttachPoint& point, const Clause& clause, const std::string& message,
                 const std::string& hint) {
        switch (analysis_.config.missing_probes) {
            case program::MissingProbes::error: {
                auto added = diagnostics_.add(DiagnosticKind::no_such_probe, point.range, message);
                if (!hint.empty()) added.hint(hint);
                // Old scripts list what a function was called from kernel to kernel.
                if (clause.probe->attach_points.size() > 1)
                    added.hint(
                        "to do without it: `config = { missing_probes = warn }`, or BPFTRACE_MISSING_PROBES=warn");
                break;
            }
            case program::MissingProbes::warn:
                diagnostics_.add(DiagnosticKind::warn_missing_probe, point.range,
                                 message + (message.ends_with('.') ? " Skipping." : ". Skipping."));
                break;
            case program::MissingProbes::ignore: break;
        }
    }

    bool passes_filter(program::ProbeKind kind, const std::string& name) {
        if (!has_filter_ || kind == program::ProbeKind::begin || kind == program::ProbeKind::end) return true;
        if (regexec(&filter_, name.c_str(), 0, nullptr, 0) == 0) return true;
        is_filtered_ = true;
        return false;
    }

    void check_limits() {
        std::size_t count = 0;
        for (const Clause& clause : analysis_.clauses)
            count += clause.places.size();
        const std::uint64_t limit = analysis_.config.max_probes;
        if (count > limit) {
            diagnostics_.add(DiagnosticKind::too_many_probes,
                             fmt::format("Can't attach to {} probes because it exceeds the current limit of {} "
                                         "probes.\nYou can increase the limit through "
                                         "the BPFTRACE_MAX_PROBES environment variable, but BE CAREFUL since a high "
                                         "number of probes attached can cause "
                                         "your system to crash.",
                                         count, limit));
        }
    }

    Analysis& analysis_;
    source::Diagnostics& diagnostics_;
    regex_t filter_{};
    bool has_filter_ = false, is_filtered_ = false;
};

}  // namespace

void expand_probes(Analysis& analysis) {
    Expander(analysis).run();
}

}  // namespace check
