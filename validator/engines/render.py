"""A contract's shapes as the plain JSON Schema that jsonschema-rs compiles, and its schema paths read back.

Every `$defs` name stays, so that a schema path of the engine is one of the contract but for the places this module
rewrites: `pattern` (as a fragment its linear engine takes), unions (as counts), blobs, and the null of sparse lists.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from typing import Any, NamedTuple

from validator import patterns
from validator.contract import NOTHING, Contract
from validator.derive import DIALECT
from validator.engines.breach import PATTERN, Path, Schema
from validator.errors import PatternError
from validator.patterns.charset import intersect
from validator.patterns.tree import Chars, Choice, Group, Look, Node, Repeat, Sequence

Fragment = dict[str, Any]
_NULL = {"type": "null"}
_VERBATIM = frozenset((
    "$ref", "type", "required", "enum", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
    "maxProperties", "minimum", "maximum",
))  # fmt: skip
_WELL_FORMED = {"pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}


class Rendered(NamedTuple):
    """A schema for jsonschema-rs, and whether a shape in it contains itself.

    What the schema accepts keeps the contract; what it rejects for its pattern may still keep it, for Python to decide.
    """

    schema: Fragment
    recursive: bool = False


def render(contract: Contract, shape: str | None) -> Rendered:
    """The schema of a shape and of all it reaches; of an empty structure for None."""
    if shape is None:
        return Rendered({"$schema": DIALECT, **NOTHING})
    definitions: dict[str, Fragment] = {}
    below: dict[str, list[str]] = {}
    todo = [shape]
    while todo:
        name = todo.pop()
        if name not in definitions:
            below[name] = []
            definitions[name] = _node(contract.define(name), below[name])
            todo += below[name]
    for rendered in definitions.values():
        # A key is a text wherever this engine looks, and making one for it to look at costs it dearly.
        if "propertyNames" in rendered and _key(definitions, rendered) == {"type": "string"}:
            del rendered["propertyNames"]
    schema = {"$schema": DIALECT, "$ref": f"#/$defs/{shape}", "$defs": definitions}
    return Rendered(schema, _has_cycle(below))


def _key(definitions: Mapping[str, Fragment], rendered: Fragment) -> Fragment:
    return definitions[rendered["propertyNames"]["$ref"].rpartition("/")[2]]


def for_short_keys(schema: Fragment) -> tuple[Fragment, float]:
    """The schema without its upper bounds on the length of keys, and the least of those."""
    definitions, longest = dict(schema["$defs"]), math.inf
    for name, rendered in definitions.items():
        key = _key(definitions, rendered) if "propertyNames" in rendered else {}
        if key.keys() == {"type", "maxLength"}:
            longest = min(longest, key["maxLength"])
            definitions[name] = {keyword: value for keyword, value in rendered.items() if keyword != "propertyNames"}
    return {**schema, "$defs": definitions}, longest


def _has_cycle(below: Mapping[str, list[str]]) -> bool:
    """Whether a graph has a cycle: whether taking leaves away, again and again, leaves something."""
    above: dict[str, list[str]] = {}
    open_ends = {name: len(names) for name, names in below.items()}
    for name, names in below.items():
        for other in names:
            above.setdefault(other, []).append(name)
    leaves = [name for name, count in open_ends.items() if not count]
    taken = 0
    while leaves:
        taken += 1
        for name in above.get(leaves.pop(), ()):
            open_ends[name] -= 1
            if not open_ends[name]:
                leaves.append(name)
    return taken < len(below)


def opaque(schema: Schema) -> bool:
    """Whether a value is accepted as it is: documents, JSON values, event streams."""
    return "x-aws-document" in schema or "x-aws-jsonvalue" in schema or "x-aws-event-stream" in schema


def _node(schema: Schema, todo: list[str]) -> Fragment:
    if opaque(schema):
        return {}
    if "x-aws-streaming" in schema:
        return {"type": "string"}
    if "anyOf" in schema:
        item = next(option for option in schema["anyOf"] if option != _NULL)
        return {"if": _NULL, "else": _node(item, todo)}
    rendered: Fragment = {keyword: value for keyword, value in schema.items() if keyword in _VERBATIM}
    if "$ref" in schema:
        todo.append(schema["$ref"].rpartition("/")[2])
    if "properties" in schema:
        rendered["properties"] = {name: _node(member, todo) for name, member in schema["properties"].items()}
    if "oneOf" in schema:
        rendered["minProperties"] = rendered["maxProperties"] = 1
    for keyword in ("items", "propertyNames", "additionalProperties"):
        if keyword in schema:
            below = schema[keyword]
            rendered[keyword] = _node(below, todo) if isinstance(below, Mapping) else below
    if "contentEncoding" in schema:
        rendered["allOf"] = [_WELL_FORMED, *_sizes(schema)]
    elif PATTERN in schema:
        _render_pattern(schema, rendered)
    return rendered


def _render_pattern(schema: Schema, rendered: Fragment) -> None:
    """A pattern as a fragment for the linear engine.

    Where there is none, one for ASCII texts alone: it spares the engine what is costly, classes of thousands of
    letters. Where there is none of that either, no text passes, and Python decides each.
    """
    try:
        node = patterns.parse(schema[PATTERN])
        fragment = patterns.to_rust(node) or patterns.to_rust(_ascii(node))
    except PatternError:
        fragment = None
    if fragment is None:
        rendered["allOf"] = [False]
    elif fragment.keys() == {"pattern"}:
        rendered["pattern"] = fragment["pattern"]
    else:
        rendered["allOf"] = [fragment]


def _ascii(node: Node) -> Node:
    """The tree for texts of ASCII only: on those it decides alike, and it takes no other."""
    if isinstance(node, Chars):
        return Chars(intersect(node.ranges, ((0, 0x7F),)))
    if isinstance(node, Sequence):
        return Sequence(tuple(map(_ascii, node.items)))
    if isinstance(node, Choice):
        return Choice(tuple(map(_ascii, node.options)))
    if isinstance(node, (Repeat, Look, Group)):
        return dataclasses.replace(node, item=_ascii(node.item))
    return node


def _sizes(schema: Schema) -> list[Fragment]:
    """Exact byte counts, told from the length of the base64 text and its padding."""
    found: list[Fragment] = []
    least, most = schema.get("x-aws-min-bytes", 0), schema.get("x-aws-max-bytes")
    if least % 3 != 1 and least:
        padding = "=$" if least % 3 == 0 else "==$"
        found.append({"anyOf": [{"minLength": -(-least // 3) * 4 + 1}, {"not": {"pattern": padding}}]})
    if most is not None and most % 3:
        padding = "==$" if most % 3 == 1 else "=$"
        found.append({"anyOf": [{"maxLength": -(-most // 3) * 4 - 4}, {"pattern": padding}]})
    return found


def read_back(path: SequenceOf[str | int]) -> Path:
    """A schema path of the rendering as one of the contract, ending in the contract's keyword."""
    steps: list[str | int] = []
    index = 0
    while index < len(path):
        step = path[index]
        if step in ("$defs", "properties"):
            steps += path[index : index + 2]
            index += 2
            continue
        if step == "allOf":
            return (*steps, "pattern")
        if step == "else":
            steps += ["anyOf", 0]
        elif step != "if":
            steps.append(step)
        index += 1
    return tuple(steps)
