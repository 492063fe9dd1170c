"""The sentence a service would answer for these violations, in the classic Java form and the Smithy form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from validator.messages.complaint import FAMILIES, Constraint, Part, Placed, constraints, place
from validator.messages.java import number, spell
from validator.messages.paths import MISSING, Schema, dotted, resolve
from validator.results import Violation

Form = Literal["classic", "smithy"]
PathStyle = Literal["lower", "verbatim"] | Callable[[str], str]

_LEADS: Mapping[Part, str] = {
    "keys": "Map keys must satisfy constraint: [",
    "values": "Map value must satisfy constraint: [",
    "elements": "Member must satisfy constraint: [",
}
_CONTAINER_PARTS: Mapping[str, Part] = {"element": "elements", "entry": "values"}


@dataclass(frozen=True, slots=True)
class _Wording:
    form: Form
    path_style: PathStyle
    values: bool
    list_null: bool
    instance: Any
    schema: Schema | None


def render(
    violations: Iterable[Violation],
    *,
    form: Form = "classic",
    path_style: PathStyle = "lower",
    instance: Any = MISSING,
    schema: Schema | None = None,
    values: bool = True,
    list_null: bool = False,
    most: int | None = None,
) -> str:
    """The whole message, or an empty string when no violation is one that a service has a sentence for.

    `form` is `classic` (`1 validation error detected: Value '101' at 'maxResults' failed ...`; Personalize,
    Forecast and most services) or `smithy` (`1 validation error detected. Value at '/maxResults' failed
    ...`). `path_style` is for the classic form: `lower` puts the first letter of each member in lower case,
    `verbatim` keeps it, a function maps a JSON Pointer to the text. `instance` (the whole input) and
    `schema` (self-contained) make the message exact: complaints about keys, values and elements then show
    their container and all its constraints, structures print as their shape, "between" names both bounds.
    `values=False` is what newer classic services do, `Value at 'x'`; values that the schema or the violation
    marks as sensitive are never shown, so give the schema with the instance. `list_null` ends each list of
    constraints with `Member must not be null`, as Lambda does. `most` is the number of complaints listed at
    most: 10 for Kinesis and CloudWatch Logs.
    """
    wording = _Wording(form, path_style, values, list_null, instance, schema)
    write = _smithy if form == "smithy" else _classic
    # A container has one sentence however many of its entries break the same rules.
    written = (write(placed, wording) for placed in place(violations, instance, schema))
    sentences = list(dict.fromkeys(written))[:most]
    if not sentences:
        return ""
    errors = "validation error" if len(sentences) == 1 else "validation errors"
    stop = "." if form == "smithy" else ":"
    return f"{len(sentences)} {errors} detected{stop} " + "; ".join(sentences)


def _classic(placed: Placed, wording: _Wording) -> str:
    part, path, value, reference = placed.part, placed.path, placed.value, placed.reference
    if part == "member" and path and placed.keyword != "required" and path[-1].kind in _CONTAINER_PARTS:
        known = wording.instance is not MISSING or wording.schema is not None
        part = _CONTAINER_PARTS[path[-1].kind] if known else "member"
        path = path[:-1] if known else path
    if part != "member":
        reference = path[-1].schema if path else wording.schema
        container = _container(wording.instance, path)
        value = container if container is not MISSING else placed.value
        listed = constraints(placed.node) or [(placed.keyword, placed.limit)]
        sentences = [_constraint(each, placed.node, wording) for each in listed]
        demand = _LEADS[part] + ", ".join(sentences + ["Member must not be null"] * wording.list_null) + "]"
    else:
        demand = _constraint((placed.keyword, placed.limit), placed.node, wording)
    if callable(wording.path_style):
        where = wording.path_style(placed.pointer)
    else:
        where = dotted(path, verbatim=wording.path_style == "verbatim")
    if value is None:
        subject = "Value null"
    elif placed.shown and wording.values:
        subject = f"Value '{spell(value, reference, wording.schema)}'"
    else:
        subject = "Value"
    return f"{subject} at '{where}' failed to satisfy constraint: {demand}"


def _smithy(placed: Placed, wording: _Wording) -> str:
    subject = "Value"
    if placed.keyword == "required":
        subject = "Value null"
    elif FAMILIES[placed.keyword] in ("shortest", "longest") and placed.length is not None:
        subject = f"Value with length {placed.length}"
    demand = _constraint((placed.keyword, placed.limit), placed.node, wording)
    return f"{subject} at '{placed.pointer}' failed to satisfy constraint: {demand}"


def _container(instance: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        if isinstance(instance, Mapping):
            instance = instance.get(step.name, MISSING)
        elif isinstance(instance, (list, tuple)) and step.name.isdecimal() and int(step.name) < len(instance):
            instance = instance[int(step.name)]
        else:
            return MISSING
    return instance


def _constraint(constraint: Constraint, node: Schema | None, wording: _Wording) -> str:
    keyword, limit = constraint
    family = FAMILIES[keyword]
    smithy = wording.form == "smithy"
    if family == "required":
        return "Member must not be null"
    if family == "uniqueItems":
        return "Member must have unique values"
    if family == "enum":
        return "Member must satisfy enum value set: [" + ", ".join(map(spell, limit or ())) + "]"
    if family == "pattern":
        return f"Member must satisfy regular expression pattern: {limit}"
    if family in ("length", "range"):
        low, high = limit
    elif smithy:
        low, high = _bounds(constraint, node)
    else:
        low, high = (limit, None) if family in ("shortest", "least") else (None, limit)
    size = family in ("shortest", "longest", "length")
    what = "have length " if size else "be " if smithy else "have value "
    resolved = None if size else resolve(node, wording.schema)
    if low is not None and high is not None:
        return f"Member must {what}between {number(low, resolved)} and {number(high, resolved)}, inclusive"
    if low is not None:
        return f"Member must {what}greater than or equal to {number(low, resolved)}"
    return f"Member must {what}less than or equal to {number(high, resolved)}"


def _bounds(constraint: Constraint, node: Schema | None) -> tuple[Any, Any]:
    """Both bounds of the kind that is broken, None for one that the shape does not have."""
    keyword, limit = constraint
    sizes, sides = ("shortest", "longest"), ("least", "greatest")
    families = sizes if FAMILIES[keyword] in sizes else sides
    bounds = {FAMILIES[name]: demanded for name, demanded in constraints(node) if FAMILIES[name] in families}
    bounds[FAMILIES[keyword]] = limit
    return bounds.get(families[0]), bounds.get(families[1])
