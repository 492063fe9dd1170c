"""Breaches turned into violations: who demands it, what is allowed, what may be shown; each demand told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator.contract import Contract
from validator.engines.breach import PATTERN, Breach, Path, Schema
from validator.engines.trace import Spot, trail
from validator.engines.wording import HIDDEN, sentence, shorten
from validator.results import Violation

_LOWER = ("minLength", "minItems", "minProperties", "minimum")
_ROOTS = {"request": "the request", "response": "the response", "error": "the error"}


def violations(
    contract: Contract, shape: str | None, breaches: Iterable[Breach], direction: str
) -> Iterator[Violation]:
    """The violations that breaches amount to, in the order of their places.

    A value of the wrong type breaks nothing else; one that is too long is not held against its pattern; of two
    demands of one keyword on one value the tighter is told.
    """
    by_value: dict[tuple[bool, Path], dict[str, Breach]] = {}
    for breach in breaches:
        told = by_value.setdefault((breach.key, breach.instance_path), {})
        other = told.get(breach.keyword)
        if other is None or _tighter(contract, breach, other):
            told[breach.keyword] = breach
    for (_, at), told in sorted(
        by_value.items(),
        key=lambda entry: [str(step).rjust(9) if isinstance(step, int) else step for step in entry[0][1]],
    ):
        if "type" in told:
            told = {"type": told["type"]}
        if "maxLength" in told:
            told.pop("pattern", None)
        if told:
            trails = list(trail(contract, shape, at))
            for breach in told.values():
                yield _violation(contract, breach, trails, direction)


def _limit(contract: Contract, breach: Breach) -> Any:
    schema = schema_at(contract, breach)
    keyword = breach.keyword
    if keyword == "required":
        return breach.instance_path[-1]
    if keyword == "additionalProperties":
        return False
    if keyword == "oneOf":
        return list(schema["properties"])
    if keyword == "format":
        return "base64"
    if keyword == "pattern":
        return schema.get(PATTERN, schema.get("pattern"))
    if "contentEncoding" in schema and keyword in ("minLength", "maxLength"):
        return schema["x-aws-min-bytes" if keyword == "minLength" else "x-aws-max-bytes"]
    return schema.get(keyword)


def _tighter(contract: Contract, breach: Breach, other: Breach) -> bool:
    new, old = _limit(contract, breach), _limit(contract, other)
    if breach.undecided != other.undecided:
        return other.undecided
    if breach.keyword in _LOWER:
        return bool(new > old)
    if breach.keyword.startswith("max"):
        return bool(new < old)
    return breach.keyword == "enum" and len(new) < len(old)


def _steps(schema_path: Path) -> Path:
    """Where the constraint stands: a key's path goes through `propertyNames` of its map."""
    return schema_path[:-1]


def schema_at(contract: Contract, breach: Breach) -> Schema:
    """The schema whose keyword is broken."""
    return _find(contract, breach)[1]


def _find(contract: Contract, breach: Breach) -> Spot:
    steps = _steps(breach.schema_path)
    if not steps or steps[0] != "$defs":
        return (), {"type": "object", "properties": {}}
    found: Any = contract.define(str(steps[1]))
    for step in steps[2:]:
        found = found[step]
    if not breach.key:
        return steps, found
    keyword = {"pattern": PATTERN}.get(breach.keyword, breach.keyword)
    while keyword not in found and "$ref" in found:
        name = found["$ref"].rpartition("/")[2]
        steps, found = ("$defs", name), contract.define(name)
    return steps, found


def _violation(contract: Contract, breach: Breach, trails: list[list[Spot]], direction: str) -> Violation:
    steps, schema = _find(contract, breach)
    keyword = breach.keyword
    own = trails[-1] if not breach.key else [spot for spots in trails[-2:-1] for spot in _key_spots(contract, spots)]
    above = trails[:-1]
    hidden = any(_sensitive(spot[1]) for spots in (*above, own) for spot in spots)
    shape = str(steps[1]) if steps else ""
    origin = pointer((*steps, breach.schema_path[-1] if breach.schema_path else keyword))
    layer, source = contract.source_of(origin, shape)
    note = ""
    if layer != "model":
        former = contract.former_of(origin)
        note = f"the model would allow {former}" if former is not None else "the model does not say so"
    value = None if keyword == "required" else HIDDEN if hidden else shorten(breach.value)
    message = sentence(
        keyword,
        breach.instance_path,
        breach.value,
        schema,
        root=_ROOTS[direction],
        hidden=hidden,
        key=breach.key,
        undecided=breach.undecided,
    )
    return Violation(
        keyword,
        pointer(breach.instance_path),
        pointer(breach.schema_path),
        _limit(contract, breach),
        value,
        layer,
        source,
        message,
        shape,
        hidden,
        breach.undecided,
        note,
    )


def _key_spots(contract: Contract, spots: list[Spot]) -> Iterator[Spot]:
    for path, schema in spots:
        names = schema.get("propertyNames")
        while isinstance(names, Mapping):
            yield path, names
            names = contract.define(names["$ref"].rpartition("/")[2]) if "$ref" in names else None


def _sensitive(schema: Schema) -> bool:
    return bool(schema.get("x-aws-sensitive"))


def pointer(path: Iterable[str | int]) -> str:
    """The JSON Pointer of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
