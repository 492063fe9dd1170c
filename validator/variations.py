"""What to put at one place of an instance to be on either side of each keyword's bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from validator import spans
from validator.constraints import Constraint, Place, escaped, forgiven
from validator.contract import Contract
from validator.demands import Demand, Part, blob, resolve
from validator.results import Violation
from validator.smallest import LARGEST, NoInstanceError, Path, get, keys, put, smallest
from validator.texts import texts

Side = Literal["satisfied", "violated"]
SIDES: tuple[Side, Side] = ("satisfied", "violated")
_ABSENT: Any = object()
UNKNOWN_MEMBER = "unknownMember"


@dataclass(frozen=True, slots=True)
class Unexercisable:
    """A side of a constraint for which there is no instance that does nothing else, and why."""

    constraint: Constraint
    side: Side
    reason: str


@dataclass(slots=True)
class Edit:
    """A value to put at a path of a whole instance; `path` None: the instance as it is."""

    base: Any
    path: Path | None
    value: Any
    constraint: Constraint | None
    side: Side
    violation: Violation | None = None
    lenient: bool = False
    note: str = ""
    also: tuple[Constraint, ...] = ()

    def apply(self) -> Any:
        """The instance; containers along the path are fresh, the rest is shared with the base."""
        path = self.path
        if path is None:
            return self.base.copy() if isinstance(self.base, dict) else self.base
        if self.value is _ABSENT:
            held = {name: value for name, value in get(self.base, path[:-1]).items() if name != path[-1]}
            return put(self.base, path[:-1], held)
        return put(self.base, path, self.value)


Edits = Iterator["Edit | Unexercisable"]


class Spot:
    """A place within a whole instance that has it."""

    def __init__(self, contract: Contract, place: Place, base: Any, path: Path) -> None:
        self.contract, self.place, self.base, self.path = contract, place, base, path
        self.demand: Demand = place.demand
        self.is_key = place.via == "key"
        self.value = path[-1] if self.is_key else get(base, path)

    def satisfied(self, constraint: Constraint, value: Any = _ABSENT, note: str = "") -> Edit:
        """The whole instance with a conforming value at the place; without one, as it stands."""
        held = self.is_key and value in get(self.base, self.path[:-1])
        if value is _ABSENT or held or (value == self.value and type(value) is type(self.value)):
            return Edit(self.base, None, None, constraint, "satisfied", note=note)
        return self._edit(constraint, "satisfied", value, None, False, note)

    def violated(self, constraint: Constraint, value: Any, note: str = "", *, lenient: bool = False) -> Edit:
        """The whole instance with a value at the place that breaks the constraint and no other."""
        path = (*self.path[:-1], value) if self.is_key else self.path
        return self._edit(constraint, "violated", value, self.violation(constraint, path, value), lenient, note)

    def _edit(
        self, constraint: Constraint, side: Side, value: Any, violation: Violation | None, lenient: bool, note: str
    ) -> Edit:
        path = self.path
        if self.is_key:
            held = get(self.base, path[:-1])
            value = {value if key == path[-1] else key: kept for key, kept in held.items()}
            path = path[:-1]
        return Edit(self.base, path, value, constraint, side, violation, lenient, note)

    def violation(self, constraint: Constraint, path: Path, value: Any) -> Violation:
        """What a validator reports of the constraint at a path."""
        shown = "***" if constraint.sensitive and value is not None else _shown(value)
        return Violation(
            constraint.keyword,
            escaped(path),
            constraint.pointer,
            constraint.limit,
            shown,
            constraint.layer,
            constraint.source,
            shape=constraint.shape,
            sensitive=constraint.sensitive,
        )

    def smallest(self, part: Part) -> Any:
        """The smallest value of a part of the place."""
        return smallest(self.contract, resolve(self.contract, part))


def _shown(value: Any) -> Any:
    text = value if isinstance(value, str) else None
    if text is None:
        shown = "" if isinstance(value, (int, float, type(None))) else repr(value)
        return value if len(shown) <= 80 else shown[:77] + "..."
    return text if len(text) <= 80 else text[:77] + "..."


# What to do for each keyword ------------------------------------------------------------------------------------------

# One value of each JSON type; a number that is whole counts as an integer too.
_JSON: dict[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (True,),
    "integer": (1,),
    "number": (1.5,),
    "string": ("a",),
    "array": ([],),
    "object": ({},),
}


def _type(spot: Spot, constraint: Constraint) -> Edits:
    yield spot.satisfied(constraint)
    allowed = {constraint.limit} | ({"integer"} if constraint.limit == "number" else set())
    if spot.demand.nullable:
        allowed.add("null")
        yield spot.satisfied(constraint, None, "null in a sparse container")
    for name, values in _JSON.items():
        if name not in allowed:
            for value in values:
                # A null says that a member is absent, which a required one must not be and an item cannot be.
                lenient = forgiven(spot.contract.protocol, "type", constraint.limit, value) and (
                    value is not None or (spot.place.optional and spot.place.via == "member")
                )
                yield spot.violated(constraint, value, f"{name} for {constraint.limit}", lenient=lenient)


def _required(spot: Spot, constraint: Constraint) -> Edits:
    yield spot.satisfied(constraint)
    path = (*spot.path, constraint.limit)
    yield Edit(
        spot.base,
        path,
        _ABSENT,
        constraint,
        "violated",
        spot.violation(constraint, path, None),
        note=f"without {constraint.limit}",
    )


def _additional(spot: Spot, constraint: Constraint) -> Edits:
    yield spot.satisfied(constraint)
    name = UNKNOWN_MEMBER
    while name in spot.demand.members:
        name += "_"
    path = (*spot.path, name)
    violation = spot.violation(constraint, path, "a")
    lenient = forgiven(spot.contract.protocol, "additionalProperties", constraint.limit, "a")
    yield Edit(spot.base, path, "a", constraint, "violated", violation, lenient=lenient, note="unknown member")


def _one_of(spot: Spot, constraint: Constraint) -> Edits:
    for name, part in spot.demand.members.items():
        try:
            alone = {name: spot.smallest(part)}
        except NoInstanceError:
            continue
        yield spot.satisfied(constraint, alone, f"{name} alone")
    yield spot.violated(constraint, {}, "no member")
    present = next(iter(spot.value))
    for name, part in spot.demand.members.items():
        if name != present:
            try:
                second = spot.smallest(part)
            except NoInstanceError:
                continue
            yield spot.violated(constraint, {**spot.value, name: second}, f"{present} and {name}")
            return


def _format(spot: Spot, constraint: Constraint) -> Edits:
    yield spot.satisfied(constraint)
    low = max(spot.demand.bound("x-aws-min-bytes", 0), 1)
    yield spot.violated(constraint, blob(min(low, LARGEST))[:-1] + "*", "not base64")


def _enum(spot: Spot, constraint: Constraint) -> Edits:
    demand = spot.demand
    allowed = demand.enum or ()
    for value in allowed:
        yield spot.satisfied(constraint, value, f"member {value}")
    unfit = texts(tuple(limit.value for limit in demand.patterns), demand.bound("minLength", 0), demand.texts.high)
    known, found = set(constraint.limit), 0
    first = str(constraint.limit[0]) if constraint.limit else "a"
    for value, note in (
        (first.swapcase(), "other case"),
        (first.lower(), "lower case"),
        (first + "x", "longer than a member"),
        (first[:-1], "shorter than a member"),
        (first + " ", "trailing space"),
        ("", "empty text"),
        (unfit.shortest or "a", "not a member"),
    ):
        if value not in known and unfit.accepts(value):
            known.add(value)
            found += 1
            yield spot.violated(constraint, value, note)
    if not found:
        yield Unexercisable(constraint, "violated", "the pattern or the length takes nothing but the members")


def _pattern(spot: Spot, constraint: Constraint) -> Edits:
    demand = spot.demand
    if demand.enum is not None:
        yield spot.satisfied(constraint)
        yield Unexercisable(constraint, "violated", "the enum allows nothing that the pattern refuses")
        return
    yield spot.satisfied(constraint)
    source = demand.texts
    if source.shortest is not None:
        yield spot.satisfied(constraint, source.shortest, "shortest match")
    for count, value in enumerate(source.iter_distinct()):
        if count == 3:
            break
        yield spot.satisfied(constraint, value, "match")
    # Of several patterns only this one may be broken.
    own = texts((constraint.limit,), source.low, source.high)
    others = [texts((limit.value,), 0, source.high) for limit in demand.patterns if limit.value != constraint.limit]
    missed = [text for text in own.near_misses() if all(other.matches(text) for other in others)]
    for text in missed:
        yield spot.violated(constraint, text, "near miss")
    if not missed:
        reason = (
            "the other pattern takes nothing that this one refuses"
            if others
            else ("no text of an allowed length that the pattern refuses was found")
        )
        yield Unexercisable(constraint, "violated", reason)


def _length(spot: Spot, constraint: Constraint) -> Edits:
    demand = spot.demand
    inside, outside, further = _beside(constraint)
    if demand.kind == "blob":
        yield from _sized(spot, constraint, blob)
        return
    if demand.enum is not None:
        yield spot.satisfied(constraint)
        yield Unexercisable(constraint, "violated", "the enum allows nothing of another length")
        return
    source = demand.texts
    least, most = demand.bound("minLength", 0), demand.bound("maxLength", LARGEST * 2)
    done = False
    for length in (inside, further):
        if least <= length <= most and length <= LARGEST and (text := source.of_length(length)) is not None:
            done = True
            yield spot.satisfied(constraint, text, f"{length} characters")
    if not done:
        nearest = source.shortest if constraint.keyword == "minLength" else source.longest(LARGEST)
        if nearest is None:
            yield Unexercisable(constraint, "satisfied", _why(inside, source.possible))
        else:
            yield spot.satisfied(constraint, nearest, f"{len(nearest)} characters, the nearest that the pattern takes")
    if outside > LARGEST:
        yield Unexercisable(constraint, "violated", _why(outside, source.possible))
    elif (text := source.of_length(outside)) is not None:
        yield spot.violated(constraint, text, f"{outside} characters")
    else:
        yield Unexercisable(constraint, "violated", _why(outside, source.possible))


def _beside(constraint: Constraint) -> tuple[int, int, int]:
    """The bound itself, the first value outside and the next one inside."""
    step = 1 if constraint.keyword.startswith("max") else -1
    return constraint.limit, constraint.limit + step, constraint.limit - step


def _why(length: int, possible: spans.Spans) -> str:
    if length > LARGEST:
        return f"{length} is more than the {LARGEST} that are built"
    if 0 < len(possible) < spans.MOST and not spans.contains(possible, length):
        return f"the pattern takes no text of {length} characters"
    return f"no text of {length} characters that the pattern takes was found"


def _sized(spot: Spot, constraint: Constraint, make: Callable[[int], Any]) -> Edits:
    inside, outside, further = _beside(constraint)
    low, high = {
        "blob": ("x-aws-min-bytes", "x-aws-max-bytes"),
        "list": ("minItems", "maxItems"),
        "map": ("minProperties", "maxProperties"),
    }[spot.demand.kind]
    least, most = spot.demand.bound(low, 0), spot.demand.bound(high, LARGEST * 2)
    wanted: tuple[tuple[Side, int], ...] = (("satisfied", inside), ("satisfied", further), ("violated", outside))
    missing: dict[Side, str] = {}
    done = set()
    for side, size in wanted:
        if side == "satisfied" and not least <= size <= most:
            continue
        try:
            if size > LARGEST:
                raise NoInstanceError(f"{size} is more than the {LARGEST} that are built")
            value = make(size)
        except NoInstanceError as error:
            missing.setdefault(side, str(error))
            continue
        done.add(side)
        yield (spot.satisfied if side == "satisfied" else spot.violated)(constraint, value, f"{size} of them")
    for side, reason in missing.items():
        if side not in done:
            yield Unexercisable(constraint, side, reason)


def _items(spot: Spot, constraint: Constraint) -> Edits:
    assert spot.demand.items is not None
    item = spot.smallest(spot.demand.items)
    yield from _sized(spot, constraint, lambda size: [item] * size)


def _properties(spot: Spot, constraint: Constraint) -> Edits:
    assert spot.demand.values is not None
    value = spot.smallest(spot.demand.values)
    yield from _sized(spot, constraint, lambda size: dict.fromkeys(keys(spot.contract, spot.demand, size), value))


def _range(spot: Spot, constraint: Constraint) -> Edits:
    inside, outside, further = _beside(constraint)
    least, most = spot.demand.bound("minimum", min(inside, further)), spot.demand.bound("maximum", max(inside, further))
    for value in (inside, further):
        if least <= value <= most:
            yield spot.satisfied(constraint, value, str(value))
    yield spot.violated(constraint, outside, str(outside))


BY_KEYWORD: dict[str, Callable[[Spot, Constraint], Edits]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "oneOf": _one_of,
    "format": _format,
    "enum": _enum,
    "pattern": _pattern,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _items,
    "maxItems": _items,
    "minProperties": _properties,
    "maxProperties": _properties,
    "minimum": _range,
    "maximum": _range,
}
