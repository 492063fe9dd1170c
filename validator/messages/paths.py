"""JSON Pointers and the dotted paths of AWS messages, and what schema and instance know about each step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Schema = Mapping[str, Any]
Kind = Literal["member", "element", "entry"]

MISSING = object()


@dataclass(frozen=True, slots=True)
class Step:
    """One segment of a JSON Pointer: a structure's member, list's element or map's entry, and its schema."""

    name: str
    kind: Kind
    schema: Schema | None = None


def segments(pointer: str) -> list[str]:
    """The unescaped segments of a JSON Pointer; the empty pointer has none."""
    parts = pointer.split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts] if "~" in pointer else parts


def join(parts: Iterable[str]) -> str:
    """The JSON Pointer of these segments."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def look_up(instance: Any, pointer: str) -> Any:
    """What the instance holds at the pointer, or MISSING."""
    for part in segments(pointer):
        instance = _below(instance, part)
    return instance


def _below(instance: Any, part: str) -> Any:
    # Asking for the very type first is several times quicker than asking for the abstract one.
    if type(instance) is dict or isinstance(instance, Mapping):
        return instance.get(part, MISSING)
    if isinstance(instance, (list, tuple)) and is_index(part, len(instance)):
        return instance[int(part)]
    return MISSING


def is_index(part: str, length: int | None = None) -> bool:
    """Whether a segment is a list index as RFC 6901 spells it, within `length` when that is known."""
    plain = part.isascii() and part.isdigit() and len(part) < 10 and (part == "0" or part[0] != "0")
    return plain and (length is None or int(part) < length)


def resolve(schema: Schema | None, root: Schema | None) -> Schema | None:
    """The schema behind `$ref` and behind the nullable wrapper of sparse collections, or None."""
    for _ in range(16):
        if type(schema) is not dict and not isinstance(schema, Mapping):
            return None
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            target = look_up(root, reference[1:])
            schema = None if target is MISSING else target
        elif "anyOf" in schema:
            schema = next((option for option in schema["anyOf"] if option != {"type": "null"}), None)
        else:
            return schema
    return None


def is_sensitive(schema: Schema | None, root: Schema | None) -> bool:
    """Whether the reference or the shape behind it is marked as one whose value is not to be shown."""
    return schema is not None and is_marked(schema, resolve(schema, root))


def is_marked(schema: Schema | None, node: Schema | None) -> bool:
    """`is_sensitive` for a schema that has been resolved to `node` already."""
    return bool((schema and schema.get("x-aws-sensitive")) or (node and node.get("x-aws-sensitive")))


def steps(pointer: str, *, instance: Any = MISSING, schema: Schema | None = None) -> list[Step]:
    """The pointer's segments with what each one is.

    The schema (self-contained: its own `$defs`) decides; where it ends, the instance tells lists from the
    rest; where that ends too, a number is taken for a list index and every name for a member.
    """
    return list(_steps(segments(pointer), instance, schema))


def _steps(parts: Sequence[str], instance: Any, root: Schema | None) -> Iterator[Step]:
    node = resolve(root, root)
    for part in parts:
        kind: Kind
        below: Any = None
        if node is not None and "items" in node:
            kind, below = "element", node["items"]
        elif node is not None and part in node.get("properties", ()):
            kind, below = "member", node["properties"][part]
        elif node is not None and isinstance(node.get("additionalProperties"), Mapping):
            kind, below = "entry", node["additionalProperties"]
        elif isinstance(instance, Mapping):
            kind = "member"
        elif isinstance(instance, (list, tuple)) or is_index(part):
            kind = "element"
        else:
            kind = "member"
        yield Step(part, kind, below)
        node = resolve(below, root)
        instance = _below(instance, part)


def lower_first(name: str) -> str:
    """The name as Java beans spell a property: `TableName` is `tableName`, `SAMLOptions` is `sAMLOptions`."""
    return name[:1].lower() + name[1:]


def dotted(path: Iterable[Step], *, verbatim: bool = False) -> str:
    """The path as Java services write it: `/Tags/0/TagValue` is `tags.1.member.tagValue`; map keys stay."""
    written = []
    for step in path:
        if step.kind == "element":
            written += [str(int(step.name) + 1) if is_index(step.name) else step.name, "member"]
        elif step.kind == "entry":
            written += [step.name, "member"]
        else:
            written.append(step.name if verbatim else lower_first(step.name))
    return ".".join(written)


def pointer_of(path: str) -> str:
    """The JSON Pointer of a path in a message, in either form; `N.member` counts from 1."""
    if path.startswith("/") or not path:
        return path
    parts: list[str] = []
    for position, part in enumerate(path.split(".")):
        if part == "member" and position:
            if is_index(parts[-1]) and parts[-1] != "0":
                parts[-1] = str(int(parts[-1]) - 1)
        else:
            parts.append(part)
    return join(parts)
