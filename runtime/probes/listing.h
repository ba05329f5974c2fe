// probes listing: what -l prints for a pattern, through the same list functions of the rows that expand wildcards in
// scripts. Taken by src/driver; printing and -lv's indentation are the driver's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/probes/provider.h"

namespace probes {

struct Listed {
    program::ProbeKind kind = program::ProbeKind::begin;
    Match match;  ///< name as -l prints it; place for Provider::describe
};

/// A comma-separated list of patterns; "" and "*" mean everything of the kernel. A part without ':' names the last
/// component of any kernel-side kind. Unknown kinds, absent files and patterns without a match give nothing. Error:
/// something the pattern asks for cannot be read (no root), and nothing else was found.
[[nodiscard]] base::Result<std::vector<Listed>> list_pattern(const kernel::KernelView& view, std::string_view pattern,
                                                             int pid = -1);

/// The name -l prints for an attach point of a script: "interval:ms:9" → "interval:ms:", others unchanged.
[[nodiscard]] std::string listing_name(program::ProbeKind kind, std::string_view name);

}  // namespace probes
