// ir::Value by name only, for tables of function pointers.
#pragma once

namespace ir {
struct Value;
}
