#include "runtime/probes/listing.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "runtime/base/glob.h"
#include "runtime/base/text.h"

namespace probes {
namespace {

using program::ProbeKind;

// A wildcard for the kind means these, in this order. Returns (kretprobe, fexit) are the same places again.
constexpr std::array kKernelSide{ProbeKind::fentry,        ProbeKind::hardware, ProbeKind::iter,      ProbeKind::kprobe,
                                 ProbeKind::rawtracepoint, ProbeKind::software, ProbeKind::tracepoint};
constexpr std::array kUserSide{ProbeKind::uprobe, ProbeKind::usdt};

/// Split at commas outside quotes.
std::vector<std::string> split_patterns(std::string_view text) {
    std::vector<std::string> result(1);
    bool is_quoted = false;
    for (char c : text) {
        if (c == '"') is_quoted = !is_quoted;
        if (c == ',' && !is_quoted)
            result.emplace_back();
        else
            result.back() += c;
    }
    return result;
}

std::vector<ProbeKind> kinds_of(const std::string& word, const std::vector<std::string>& parts, int pid) {
    std::vector<ProbeKind> kinds;
    if (!base::has_wildcard(word)) {
        if (const Provider* row = find(word)) kinds.push_back(row->kind);
        return kinds;
    }
    const std::string lower = base::to_lower(word);
    for (ProbeKind kind : kKernelSide)
        if (base::glob_matches(lower, row(kind).name)) kinds.push_back(kind);
    const bool is_path = !parts.empty() && ::access(parts[0].c_str(), F_OK) == 0;
    if (pid >= 0 || is_path)
        for (ProbeKind kind : kUserSide)
            if (base::glob_matches(lower, row(kind).name)) kinds.push_back(kind);
    return kinds;
}

}  // namespace

base::Result<std::vector<Listed>> list_pattern(const kernel::KernelView& view, std::string_view pattern, int pid) {
    std::vector<Listed> result;
    std::optional<base::Error> refusal;
    std::set<std::string> seen;
    for (const std::string& piece : split_patterns(pattern)) {
        std::vector<std::string> parts = split_attach_point(base::trim(piece));
        std::string word = "*";
        if (parts.size() > 1) {
            word = parts[0];
            parts.erase(parts.begin());
        } else if (parts[0].empty()) {
            parts[0] = "*";
        }
        for (ProbeKind kind : kinds_of(word, parts, pid)) {
            Target target;
            target.kind = kind;
            target.parts = parts;
            target.is_listing = true;
            target.pid = pid;
            auto matches = row(kind).list(view, target);
            if (!matches.ok()) {
                const int errnum = matches.error().errnum;
                if (errnum == EACCES || errnum == EPERM) refusal = matches.take_error();
                continue;
            }
            for (Match& match : *matches)
                if (seen.insert(match.name).second) result.push_back({kind, std::move(match)});
        }
    }
    if (result.empty() && refusal) return *refusal;
    return result;
}

std::string listing_name(ProbeKind kind, std::string_view name) {
    switch (kind) {
        case ProbeKind::interval:
        case ProbeKind::profile:
        case ProbeKind::software:
        case ProbeKind::hardware: return std::string(name.substr(0, name.rfind(':') + 1));
        default: return std::string(name);
    }
}

}  // namespace probes
