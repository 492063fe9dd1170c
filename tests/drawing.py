"""A small seeded generator of instances, conforming and broken, for the tests of the engines."""

from __future__ import annotations

import base64
import random
from typing import Any

from validator import patterns
from validator.contract import Contract
from validator.patterns.tree import Chars, Choice, Group, Repeat, Sequence

ODD = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.0,
    0.5,
    2**31,
    -(2**31) - 1,
    2**63,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "a",
    "é",
    "\U0001f600",
    "x" * 300,
    "not base64!",
    "YQ==",
    [],
    [None],
    {},
    {"zz": 1},
    (),
    ("a",),
    "\ud800",
    b"x",
)


def text(rng: random.Random, schema: dict[str, Any]) -> str:
    if "enum" in schema and rng.random() < 0.9:
        return rng.choice(schema["enum"])
    if "contentEncoding" in schema:
        least, most = schema.get("x-aws-min-bytes", 0), schema.get("x-aws-max-bytes", 40)
        size = rng.choice((least, least - 1, most, most + 1, least + 1, most - 1, 5))
        return base64.b64encode(b"a" * min(max(size, 0), 3000)).decode()
    least, most = schema.get("minLength", 0), schema.get("maxLength", 20)
    if "x-aws-pattern" in schema and rng.random() < 0.8:
        return _match(rng, patterns.parse(schema["x-aws-pattern"]), max(least, 1))
    size = rng.choice((least, least - 1, most, most + 1, least + 1, most - 1))
    return "".join(rng.choices("abcABC019-_/:. é", k=min(max(size, 0), 3000)))


def _match(rng: random.Random, node: Any, length: int) -> str:
    if isinstance(node, Chars):
        if not node.ranges:
            return ""
        low, high = rng.choice(node.ranges[:4])
        code = rng.randint(low, min(high, low + 60))
        return "" if 0xD800 <= code <= 0xDFFF else chr(code)
    if isinstance(node, Sequence):
        return "".join(_match(rng, item, length) for item in node.items)
    if isinstance(node, Choice):
        return _match(rng, rng.choice(node.options), length)
    if isinstance(node, Repeat):
        most = node.min + 3 if node.max is None else node.max
        times = min(rng.choice((node.min, most, length)) if most > node.min else node.min, max(most, node.min), 200)
        return "".join(_match(rng, node.item, 1) for _ in range(times))
    return _match(rng, node.item, length) if isinstance(node, Group) else ""


def draw(rng: random.Random, contract: Contract, shape: str, *, oddness: float = 0.03, depth: int = 0) -> Any:
    """An instance of a shape, mostly conforming; `oddness` is the chance of something odd at each value."""
    return _value(rng, contract, contract.define(shape), oddness, depth)


def _value(rng: random.Random, contract: Contract, schema: dict[str, Any], oddness: float, depth: int) -> Any:
    if rng.random() < oddness:
        return rng.choice(ODD)
    if "anyOf" in schema:
        return None if rng.random() < 0.3 else _value(rng, contract, schema["anyOf"][0], oddness, depth)
    if "$ref" in schema:
        return draw(rng, contract, schema["$ref"].rpartition("/")[2], oddness=oddness, depth=depth)
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return _structure(rng, contract, schema, oddness, depth)
    if kind == "object":
        least = schema.get("minProperties", 0)
        size = 0 if depth > 6 else rng.choice((least, least + 1, least + 2))
        keys = [_value(rng, contract, schema["propertyNames"], 0, depth) for _ in range(size)]
        if keys and rng.random() < oddness:
            keys.append(rng.choice(("", "x" * 500, "\ud800", "odd key!", 5)))
        return {key: _value(rng, contract, schema["additionalProperties"], oddness, depth + 1) for key in keys}
    if kind == "array":
        least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
        size = least if depth > 6 else rng.choice((least, least, least + 1, min(most, 4)))
        if rng.random() < oddness:
            size = rng.choice((max(least - 1, 0), min(most + 1, 300)))
        return [_value(rng, contract, schema["items"], oddness, depth + 1) for _ in range(min(size, 300))]
    if kind == "string":
        return text(rng, schema)
    if kind == "integer":
        bounds = schema["minimum"], schema["maximum"]
        if rng.random() < oddness:
            return rng.choice((bounds[0] - 1, bounds[1] + 1, 1.5))
        return rng.choice((*bounds, min(max(5, bounds[0]), bounds[1])))
    if kind == "number":
        return rng.choice((schema.get("minimum", 1), schema.get("maximum", 1.5), 1_700_000_000))
    return rng.random() < 0.5 if kind == "boolean" else {"any": ["thing"]}


def _structure(rng: random.Random, contract: Contract, schema: dict[str, Any], oddness: float, depth: int) -> Any:
    required = set(schema.get("required", ()))
    names = list(schema["properties"])
    if "oneOf" in schema and names:
        chosen = rng.sample(names, 1 if rng.random() > oddness else min(2, len(names)))
    else:
        share = 0.0 if depth > 4 else 0.7 if depth < 2 else 0.3
        chosen = [n for n in names if (n in required and rng.random() > oddness / 2) or rng.random() < share]
    made = {name: _value(rng, contract, schema["properties"][name], oddness, depth + 1) for name in chosen}
    if rng.random() < oddness:
        made[rng.choice(("surprise", "a/b~c", "__type", "\ud800", 7))] = rng.choice(ODD)
    return made
