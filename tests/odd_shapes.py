"""A model of shapes that no service has, or few: those without an instance, hardly any, or only huge ones."""

from __future__ import annotations

from typing import Any

from validator import sources, validate
from validator.contract import Operation, from_model_files

HUGE = 2_000_000

# Member of the one structure -> its shape.
SHAPES: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "min": 1, "max": 4, "pattern": "[a-z]+"},
    # Without an instance.
    "never": {"type": "structure", "required": ["again"], "members": {"again": {"shape": "never"}}},
    "large": {"type": "list", "member": {"shape": "flag"}, "min": HUGE},
    "neither": {"type": "structure", "union": True, "members": {"no": {"shape": "never"}, "nor": {"shape": "large"}}},
    "hopeless": {"type": "string", "pattern": "(?!a)a"},
    "short": {"type": "string", "pattern": "[a-z]{5}", "max": 4},
    "unread": {"type": "string", "pattern": "[z-a]"},
    # Empty or nothing.
    "nevers": {"type": "list", "member": {"shape": "neither"}},
    "larges": {"type": "list", "member": {"shape": "large"}},
    "shorts": {"type": "list", "member": {"shape": "someShort"}},
    "hopes": {"type": "list", "member": {"shape": "hopeless"}},
    "maps": {"type": "map", "key": {"shape": "name"}, "value": {"shape": "hopelessKeys"}},
    # With few.
    "only": {"type": "string", "enum": ["A"], "pattern": "A"},
    "five": {"type": "integer", "min": 5, "max": 5},
    "either": {
        "type": "structure", "union": True,
        "members": {
            "no": {"shape": "never"}, "a": {"shape": "name"}, "nor": {"shape": "never"}, "b": {"shape": "flag"},
        },
    },
    "twice": {"type": "string", "pattern": r"([a-z])\1", "max": 100},
    "full": {"type": "map", "key": {"shape": "key"}, "value": {"shape": "flag"}, "min": 3},
    "some": {"type": "map", "key": {"shape": "key"}, "value": {"shape": "flag"}, "max": 3},
    "deep": {"type": "string", "pattern": "(?!.{0,40}$)[a-z]*"},
    "mixed": {"type": "string", "pattern": "(?:ab|cdef){2}"},
    "foreign": {"type": "string", "pattern": "[\u4e00-\u4e10]+"},
    # Of unusual kinds.
    "wide": {"type": "list", "member": {"shape": "flag"}, "max": HUGE},
    "long": {"type": "string", "max": HUGE},
    "bytes": {"type": "blob", "min": 5000, "max": 6000},
    "single": {"type": "float"},
    "anything": {"type": "structure", "document": True, "members": {}},
    # Named as what the generators call what nobody knows.
    "unknownMember": {"type": "boolean"}, "newMember": {"type": "boolean"}, "x": {"type": "boolean"},
}  # fmt: skip
WITHIN = {
    "flag": {"type": "boolean"},
    "key": {"type": "string", "enum": ["a", "b", "c"]},
    "someShort": {"type": "list", "member": {"shape": "short"}, "min": 1},
    "hopelessKeys": {"type": "map", "key": {"shape": "hopeless"}, "value": {"shape": "flag"}, "min": 1},
}
# Members that no instance has, and members that are there but always empty.
ABSENT = {"never", "large", "neither", "hopeless", "short", "unread"}
EMPTY = {"nevers", "larges", "shorts", "hopes", "maps"}


def operation() -> Operation:
    """`Put`, whose input and output are the structure of all of them, each optional."""
    whole = {"type": "structure", "members": {name: {"shape": name} for name in SHAPES}}
    model = {
        "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "odd", "protocol": "json", "serviceId": "Odd"},
        "operations": {
            "Put": {
                "name": "Put", "http": {"method": "POST", "requestUri": "/"},
                "input": {"shape": "Whole"}, "output": {"shape": "Whole"},
            }
        },
        "shapes": {**SHAPES, **WITHIN, "Whole": whole},
    }  # fmt: skip
    files = sources.ModelFiles("odd", "2020-01-01", model, {}, None, "")
    return from_model_files(files, entries=(), judge=validate.iter_violations).operation("Put")
