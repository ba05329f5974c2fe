// kernel features: what this kernel can, found by trying: a tiny program, map or link for each, gone again at once.
// Never by version number or configuration: both promise what a policy may refuse, and distributions backport.
#pragma once

#include <cstddef>
#include <span>

#include "runtime/program/features.h"

namespace kernel {

/// btf: vmlinux BTF, empty if there is none (kernel functions callable from programs are looked up in it). Without the
/// right to load programs every feature of Linux 6.1 is assumed: compiling goes on, and loading says what is missing.
[[nodiscard]] program::FeatureSet detect_features(std::span<const std::byte> btf);

}  // namespace kernel
