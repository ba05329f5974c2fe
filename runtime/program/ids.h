// Ids of the contract: each indexes one vector of program::Program.
#pragma once

#include "runtime/base/id.h"

namespace program {

using FileId = base::Id<struct FileTag>;          ///< Program::files
using LayoutId = base::Id<struct LayoutTag>;      ///< Program::layouts
using MapId = base::Id<struct MapTag>;            ///< Program::maps
using FunctionId = base::Id<struct FunctionTag>;  ///< Program::functions
using ProbeId = base::Id<struct ProbeTag>;        ///< Program::probes
using EventId = base::Id<struct EventTag>;        ///< Program::events
using TextId = base::Id<struct TextTag>;          ///< Program::texts
using PlaceId = base::Id<struct PlaceTag>;        ///< Program::warning_places

}  // namespace program
