"""The reference engine: `jsonschema`, with the keywords of the contract's own dialect; slower, and everywhere."""

from __future__ import annotations

import decimal
import functools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from validator.contract import NOTHING, Contract
from validator.engines.breach import PATTERN, Breach, Path, blob_faults, key_breaches, matches

Errors = Iterator[Any]
_UNDECIDED = "undecided"


class _Shape(str):
    """The step into a shape in a schema path: what stands before it is a detour."""


def breaches(contract: Contract, shape: str | None, instance: Any) -> Iterator[Breach]:
    """Every breach in the instance; never raises for any Python value but one nested beyond the stack."""
    root = {"$ref": f"#/$defs/{shape}"} if shape else NOTHING
    for error in _validator_class(contract)(root).iter_errors(instance):
        at: Path = tuple(error.absolute_path)
        schema_path = _canonical(tuple(error.absolute_schema_path))
        cause = error.cause
        if isinstance(cause, _FoundError):
            yield cause.breach._replace(
                instance_path=(*at, *cause.breach.instance_path),
                schema_path=(*schema_path[:-1], *cause.breach.schema_path),
            )
        else:
            yield Breach(_KEYWORDS.get(error.validator, error.validator), at, schema_path, error.instance)


_KEYWORDS = {PATTERN: "pattern", "contentEncoding": "format"}


def _canonical(path: Path) -> Path:
    for index in range(len(path) - 1, -1, -1):
        if isinstance(path[index], _Shape):
            path = ("$defs", str(path[index]), *path[index + 1 :])
            break
    return (*path[:-1], "pattern") if path and path[-1] == PATTERN else path


class _FoundError(Exception):
    """Carries a breach whose place is not where its keyword stands; its paths are relative to that."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(breach.keyword)
        self.breach = breach


def _error(keyword: str, cause: Exception | None = None) -> Any:
    # Imported late: the engine is not needed where the fast one is, and heavy.
    import jsonschema

    return jsonschema.ValidationError(keyword, cause=cause)


def _found(keyword: str, steps: Path, below: Path, value: Any, *, key: bool = False, undecided: bool = False) -> Any:
    breach = Breach(keyword, steps, below, value, key, undecided)
    return _error(keyword, cause=_FoundError(breach))


# Keywords: what differs from JSON Schema's own, because members that are not text are Python's everyday and because
# unions, blobs, patterns and streams are AWS's. -------------------------------------------------------------------


def _type(validator: Any, demanded: str, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if "x-aws-event-stream" not in schema and not validator.is_type(instance, demanded):
        yield _error("type")


def _required(validator: Any, names: list[str], instance: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, Mapping):
        for name in names:
            if name not in instance:
                yield _found("required", (name,), ("required",), None)


def _properties(validator: Any, properties: Mapping[str, Any], instance: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, Mapping):
        for name in instance:
            if isinstance(name, str) and name in properties:
                yield from validator.descend(instance[name], properties[name], path=name, schema_path=name)


def _additional(validator: Any, below: Any, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if not isinstance(instance, Mapping):
        return
    known = schema.get("properties", {})
    for name, value in instance.items():
        if isinstance(name, str) and name in known:
            continue
        if below is False:
            yield _found("additionalProperties", (str(name),), ("additionalProperties",), value)
        elif isinstance(below, Mapping):
            yield from validator.descend(value, below, path=str(name))


def _one_of(validator: Any, options: Any, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, Mapping) and (not instance or sum(name in schema["properties"] for name in instance) > 1):
        yield _error("oneOf")


def _any_of(validator: Any, options: Any, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if instance is not None:
        for index, option in enumerate(options):
            if option != {"type": "null"}:
                yield from validator.descend(instance, option, schema_path=index)


def _items(validator: Any, items: Any, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, (list, tuple)) and "x-aws-event-stream" not in schema:
        for index, item in enumerate(instance):
            yield from validator.descend(item, items, path=index)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, str) and len(instance) <= schema.get("maxLength", len(instance)):
        verdict = matches(pattern, instance)
        if verdict is None:
            yield _found("pattern", (), ("pattern",), instance, undecided=True)
        elif not verdict:
            yield _error("pattern")


def _min_length(validator: Any, least: int, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, str) and "contentEncoding" not in schema and len(instance) < least:
        yield _error("minLength")


def _max_length(validator: Any, most: int, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, str) and "contentEncoding" not in schema and len(instance) > most:
        yield _error("maxLength")


def _blob(validator: Any, encoding: str, instance: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(instance, str) and "x-aws-streaming" not in schema:
        for keyword in blob_faults(instance, schema):
            below = "contentEncoding" if keyword == "format" else keyword
            yield _found(keyword, (), (below,), instance)


def _properties_count(keyword: str, wrong: Callable[[int, int], bool]) -> Callable[..., Errors]:
    def count(validator: Any, limit: int, instance: Any, schema: Mapping[str, Any]) -> Errors:
        if isinstance(instance, Mapping) and wrong(len(instance), limit):
            yield _error(keyword)

    return count


def _items_count(keyword: str, wrong: Callable[[int, int], bool]) -> Callable[..., Errors]:
    def count(validator: Any, limit: int, instance: Any, schema: Mapping[str, Any]) -> Errors:
        if isinstance(instance, (list, tuple)) and wrong(len(instance), limit):
            yield _error(keyword)

    return count


def _range(keyword: str, wrong: Callable[[Any, Any], bool]) -> Callable[..., Errors]:
    def compare(validator: Any, limit: Any, instance: Any, schema: Mapping[str, Any]) -> Errors:
        if validator.is_type(instance, "number") and wrong(instance, limit):
            yield _error(keyword)

    return compare


def _less(value: Any, limit: Any) -> bool:
    return bool(value < limit)


def _more(value: Any, limit: Any) -> bool:
    return bool(value > limit)


def _is_number(_checker: Any, value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, decimal.Decimal):
        return value.is_finite()
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def _is_integer(checker: Any, value: Any) -> bool:
    """JSON has one type of number: 1.0 is an integer."""
    if isinstance(value, int):
        return not isinstance(value, bool)
    return _is_number(checker, value) and value == value // 1


_TYPES: Mapping[str, Callable[[Any, Any], bool]] = {
    "object": lambda _, value: isinstance(value, Mapping),
    "array": lambda _, value: isinstance(value, (list, tuple)),
    "string": lambda _, value: isinstance(value, str),
    "boolean": lambda _, value: isinstance(value, bool),
    "null": lambda _, value: value is None,
    "number": _is_number,
    "integer": _is_integer,
}


@functools.lru_cache(maxsize=64)
def _validator_class(contract: Contract) -> Any:
    import jsonschema

    def reference(validator: Any, pointer: str, instance: Any, schema: Mapping[str, Any]) -> Errors:
        name = pointer.rpartition("/")[2]
        below = contract.define(name)
        if "x-aws-streaming" in schema:
            below = {"type": below["type"]}
        yield from validator.descend(instance, below, schema_path=_Shape(name))

    def names(validator: Any, below: Mapping[str, Any], instance: Any, schema: Mapping[str, Any]) -> Errors:
        if isinstance(instance, Mapping):
            for breach in key_breaches(contract, instance, (), below, ("propertyNames",)):
                yield _error("propertyNames", cause=_FoundError(breach))

    return jsonschema.validators.create(
        meta_schema={},
        type_checker=jsonschema.TypeChecker(_TYPES),
        validators={
            "$ref": reference,
            "propertyNames": names,
            "type": _type,
            "required": _required,
            "properties": _properties,
            "additionalProperties": _additional,
            "oneOf": _one_of,
            "anyOf": _any_of,
            "items": _items,
            PATTERN: _pattern,
            "minLength": _min_length,
            "maxLength": _max_length,
            "contentEncoding": _blob,
            "enum": jsonschema.Draft202012Validator.VALIDATORS["enum"],
            "minItems": _items_count("minItems", _less),
            "maxItems": _items_count("maxItems", _more),
            "minProperties": _properties_count("minProperties", _less),
            "maxProperties": _properties_count("maxProperties", _more),
            "minimum": _range("minimum", _less),
            "maximum": _range("maximum", _more),
        },
    )
