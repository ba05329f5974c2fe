// kernel features: what this kernel can, found by trying: a tiny program, map or link for each, gone again at once.
// Never by version number or configuration: both promise what a policy may refuse, and distributions backport.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "runtime/program/features.h"

namespace kernel {

/// Finds out about each feature when it is first asked for, and remembers. Without the right to load programs every
/// feature of Linux 6.1 is assumed: compiling goes on, and loading says what is missing.
class FeatureProbe {
  public:
    /// btf: gives vmlinux BTF, empty if there is none; called only if a feature is looked up there.
    explicit FeatureProbe(std::function<std::span<const std::byte>()> btf) : btf_(std::move(btf)) {}

    [[nodiscard]] bool has(program::Feature feature);

  private:
    [[nodiscard]] bool find_out(program::Feature feature);

    std::function<std::span<const std::byte>()> btf_;
    program::FeatureSet asked_, there_;
    std::optional<bool> may_load_;
};

/// All at once.
[[nodiscard]] program::FeatureSet detect_features(std::span<const std::byte> btf);

}  // namespace kernel
