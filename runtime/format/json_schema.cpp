#include "runtime/format/json_schema.h"

namespace format {

std::string_view json_schema() {
    return R"schema({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "One line of `bpfline -f json`",
  "type": "object",
  "required": ["type"],
  "oneOf": [
    {
      "description": "All probes are attached.",
      "properties": {
        "type": {"const": "attached_probes"},
        "count": {"$ref": "#/$defs/natural"},
        "data": {"type": "object", "properties": {"probes": {"$ref": "#/$defs/natural"}}, "required": ["probes"], "additionalProperties": false}
      },
      "required": ["type", "count", "data"],
      "additionalProperties": false
    },
    {
      "description": "Text that the script prints.",
      "properties": {
        "type": {"enum": ["printf", "time", "cat", "join", "syscall"]},
        "data": {"type": "string"}
      },
      "required": ["type", "data"],
      "additionalProperties": false
    },
    {
      "description": "print(value).",
      "properties": {
        "type": {"const": "value"},
        "data": {"$ref": "#/$defs/value"}
      },
      "required": ["type", "data"],
      "additionalProperties": false
    },
    {
      "description": "A map of plain values or numbers: one member, the map's name; a map with keys is an object of them.",
      "properties": {
        "type": {"const": "map"},
        "data": {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": {"$ref": "#/$defs/value"}}
      },
      "required": ["type", "data"],
      "additionalProperties": false
    },
    {
      "description": "avg() and stats() maps.",
      "properties": {
        "type": {"const": "stats"},
        "data": {
          "type": "object",
          "minProperties": 1,
          "maxProperties": 1,
          "additionalProperties": {
            "anyOf": [
              {"$ref": "#/$defs/statistics"},
              {"type": "object", "additionalProperties": {"$ref": "#/$defs/statistics"}}
            ]
          }
        }
      },
      "required": ["type", "data"],
      "additionalProperties": false
    },
    {
      "description": "hist() and lhist() maps.",
      "properties": {
        "type": {"const": "hist"},
        "data": {
          "type": "object",
          "minProperties": 1,
          "maxProperties": 1,
          "additionalProperties": {
            "anyOf": [
              {"$ref": "#/$defs/buckets"},
              {"type": "object", "additionalProperties": {"$ref": "#/$defs/buckets"}}
            ]
          }
        }
      },
      "required": ["type", "data"],
      "additionalProperties": false
    },
    {
      "description": "tseries() maps; intervals without a value are left out.",
      "properties": {
        "type": {"const": "tseries"},
        "data": {
          "type": "object",
          "minProperties": 1,
          "maxProperties": 1,
          "additionalProperties": {
            "anyOf": [
              {"$ref": "#/$defs/intervals"},
              {"type": "object", "additionalProperties": {"$ref": "#/$defs/intervals"}}
            ]
          }
        }
      },
      "required": ["type", "data"],
      "additionalProperties": false
    },
    {
      "description": "Events that were lost since the last such line.",
      "properties": {
        "type": {"const": "lost_events"},
        "count": {"$ref": "#/$defs/natural"},
        "data": {"type": "object", "properties": {"events": {"$ref": "#/$defs/natural"}}, "required": ["events"], "additionalProperties": false}
      },
      "required": ["type", "count", "data"],
      "additionalProperties": false
    },
    {
      "description": "What every probe counted: the last line with --ledger.",
      "properties": {
        "type": {"const": "ledger"},
        "data": {
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "probes": {"type": "array", "items": {"type": "string"}, "minItems": 1},
              "hits": {"$ref": "#/$defs/natural"},
              "passed": {"$ref": "#/$defs/natural"},
              "sent": {"$ref": "#/$defs/natural"},
              "lost": {"$ref": "#/$defs/natural"},
              "map_full": {"$ref": "#/$defs/natural"},
              "failed_reads": {"$ref": "#/$defs/natural"},
              "stacks_lost": {"$ref": "#/$defs/natural"},
              "missed": {"$ref": "#/$defs/natural"},
              "runs": {"$ref": "#/$defs/natural"},
              "run_time_ns": {"$ref": "#/$defs/natural"}
            },
            "required": ["probes", "hits", "passed", "sent", "lost", "map_full", "failed_reads", "stacks_lost", "missed", "runs", "run_time_ns"],
            "additionalProperties": false
          }
        }
      },
      "required": ["type", "data"],
      "additionalProperties": false
    },
    {
      "description": "errorf(), warnf(), and what the running script noticed.",
      "properties": {
        "type": {"enum": ["errorf", "warnf", "runtime_error"]},
        "msg": {"type": "string"},
        "filename": {"type": "string"},
        "line": {"$ref": "#/$defs/natural"},
        "col": {"$ref": "#/$defs/natural"}
      },
      "required": ["type", "msg", "filename", "line", "col"],
      "additionalProperties": false
    },
    {
      "description": "A helper of the kernel failed.",
      "properties": {
        "type": {"const": "helper_error"},
        "msg": {"type": "string"},
        "helper": {"type": "string"},
        "retcode": {"type": "integer"},
        "filename": {"type": "string"},
        "line": {"$ref": "#/$defs/natural"},
        "col": {"$ref": "#/$defs/natural"}
      },
      "required": ["type", "msg", "helper", "retcode", "filename", "line", "col"],
      "additionalProperties": false
    },
    {
      "description": "The result of a test: probe.",
      "properties": {
        "type": {"const": "test_result"},
        "data": {
          "type": "object",
          "minProperties": 1,
          "maxProperties": 1,
          "additionalProperties": {
            "type": "object",
            "properties": {
              "duration": {"$ref": "#/$defs/natural"},
              "passed": {"type": "boolean"},
              "output": {"type": "string"}
            },
            "required": ["duration", "passed", "output"],
            "additionalProperties": false
          }
        }
      },
      "required": ["type", "data"],
      "additionalProperties": false
    },
    {
      "description": "The result of a bench: probe, nanoseconds.",
      "properties": {
        "type": {"const": "benchmark_result"},
        "data": {
          "type": "object",
          "minProperties": 1,
          "maxProperties": 1,
          "additionalProperties": {
            "type": "object",
            "properties": {
              "average": {"$ref": "#/$defs/natural"},
              "iters": {"$ref": "#/$defs/natural"}
            },
            "required": ["average", "iters"],
            "additionalProperties": false
          }
        }
      },
      "required": ["type", "data"],
      "additionalProperties": false
    }
  ],
  "$defs": {
    "natural": {"type": "integer", "minimum": 0},
    "number": {
      "description": "A number that no double holds exactly is a string of digits.",
      "anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]
    },
    "value": {
      "description": "Numbers (as above), strings, bool, null; tuples, arrays and buffers as arrays; structures, records and maps with keys as objects.",
      "anyOf": [
        {"type": ["integer", "string", "boolean", "null"]},
        {"type": "array", "items": {"$ref": "#/$defs/value"}},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/value"}}
      ]
    },
    "statistics": {
      "anyOf": [
        {"$ref": "#/$defs/number"},
        {
          "type": "object",
          "properties": {
            "count": {"$ref": "#/$defs/number"},
            "average": {"$ref": "#/$defs/number"},
            "total": {"$ref": "#/$defs/number"}
          },
          "required": ["count", "average", "total"],
          "additionalProperties": false
        }
      ]
    },
    "buckets": {
      "description": "Bounds are inclusive; the first of values below the range has no min, the last of values above it no max.",
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "min": {"$ref": "#/$defs/number"},
          "max": {"$ref": "#/$defs/number"},
          "count": {"$ref": "#/$defs/number"}
        },
        "required": ["count"],
        "additionalProperties": false
      }
    },
    "intervals": {
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "interval_start": {"type": "string"},
          "value": {"$ref": "#/$defs/number"}
        },
        "required": ["interval_start", "value"],
        "additionalProperties": false
      }
    }
  }
}
)schema";
}

}  // namespace format
