"""The fast engine: jsonschema-rs on the closure rendered for it, with its linear regular expressions."""

from __future__ import annotations

import functools
import marshal
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from validator.contract import Contract
from validator.engines.breach import PATTERN, Breach, Path, blob_faults, key_breaches, matches
from validator.engines.render import for_short_keys, read_back, render
from validator.engines.trace import spots

# What jsonschema-rs raises on values that JSON does not have: odd types, keys that are no strings, lone surrogates.
FOREIGN = (ValueError, TypeError, OverflowError, RecursionError)


@functools.cache
def available() -> bool:
    """Whether jsonschema-rs can be imported."""
    try:
        import jsonschema_rs  # noqa: F401
    except ImportError:
        return False
    return True


class Compiled:
    """One shape compiled: `is_valid(instance)` and `breaches(instance)`, both of which may raise one of FOREIGN."""

    __slots__ = ("contract", "is_valid", "shape", "validator")

    def __init__(self, contract: Contract, shape: str | None) -> None:
        import jsonschema_rs

        self.contract, self.shape = contract, shape
        compiler = functools.partial(jsonschema_rs.Draft202012Validator, pattern_options=jsonschema_rs.RegexOptions())
        schema, recursive = render(contract, shape)
        self.validator = compiler(schema)
        self.is_valid: Callable[[Any], bool] = self.validator.is_valid
        if recursive:
            lean, longest = for_short_keys(schema)
            short = compiler(lean) if math.isfinite(longest) else self.validator
            self.is_valid = _guarded(short.is_valid, longest, self.validator.is_valid)

    def breaches(self, instance: Any) -> Iterator[Breach]:
        """Every breach in the instance, in the engine's order."""
        if has_empty_key(instance):
            raise ValueError("jsonschema-rs leaves an empty key out of an instance path")
        maps_judged: set[Path] = set()
        for error in self.validator.iter_errors(instance):
            kind: Any = error.kind
            at, value = place(instance, error.instance_path)
            if kind.name == "propertyNames":
                if at not in maps_judged:
                    maps_judged.add(at)
                    yield from self._keys(value, at)
                continue
            where = read_back(error.schema_path)
            keyword = str(where[-1])
            if kind.name == "required":
                yield Breach("required", (*at, kind.property), where, None)
            elif kind.name == "additionalProperties":
                for name in kind.unexpected:
                    yield Breach(keyword, (*at, name), where, value[name])
            elif keyword in ("pattern", "minLength", "maxLength"):
                # What is no text has the wrong type, and a `not` in the rendering of a pattern speaks up as well.
                if isinstance(value, str):
                    yield from self._text(keyword, at, where, value)
            elif keyword in ("minProperties", "maxProperties") and (union := self._union(where)):
                known = sum(name in union["properties"] for name in value)
                if known > 1 or not value:
                    yield Breach("oneOf", at, (*where[:-1], "oneOf"), value)
            elif keyword in ("minimum", "maximum"):
                # An integer of thousands of digits wraps around in the engine.
                schema = self._at(where[:-1])
                keyword = "minimum" if "minimum" in schema and value < schema["minimum"] else "maximum"
                yield Breach(keyword, at, (*where[:-1], keyword), value)
            else:
                yield Breach(keyword, at, where, value)

    def _text(self, keyword: str, at: Path, where: Path, value: str) -> Iterator[Breach]:
        schema = self._at(where[:-1])
        if "contentEncoding" in schema:
            for broken in blob_faults(value, schema):
                yield Breach(broken, at, (*where[:-1], _blob_keyword(broken)), value)
        elif keyword == "pattern":
            if len(value) > schema.get("maxLength", len(value)):
                return
            verdict = matches(schema[PATTERN], value)
            if not verdict:
                yield Breach(keyword, at, where, value, undecided=verdict is None)
        else:
            yield Breach(keyword, at, where, value)

    def _union(self, where: Path) -> Mapping[str, Any] | None:
        schema = self._at(where[:-1])
        return schema if "oneOf" in schema else None

    def _keys(self, holder: Mapping[str, Any], at: Path) -> Iterator[Breach]:
        for path, schema in spots(self.contract, self.shape, at):
            if "propertyNames" in schema:
                yield from key_breaches(self.contract, holder, at, schema["propertyNames"], (*path, "propertyNames"))

    def _at(self, where: Path) -> Mapping[str, Any]:
        schema: Any = self.contract.define(str(where[1]))
        for step in where[2:]:
            schema = schema[step]
        found: Mapping[str, Any] = schema
        return found


def _guarded(short: Callable[[Any], bool], longest: float, is_valid: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The engine takes its stack as endless: an instance as deep as its shape allows would end the process.

    Whoever writes the instance tells its depth: orjson refuses 255 levels, `marshal` 2000. And its size: no key is
    longer than the whole, so that `short` judges what is smaller than `longest`.
    """
    write = _writer()

    def guarded(instance: Any) -> bool:
        return short(instance) if len(write(instance)) <= longest else is_valid(instance)

    return guarded


def _writer() -> Callable[[Any], bytes]:
    try:
        import orjson
    except ImportError:
        return lambda instance: marshal.dumps(instance, 2)
    return orjson.dumps


def has_empty_key(instance: Any) -> bool:
    """Whether a mapping anywhere in the instance has the empty text as a key."""
    todo = [instance]
    while todo:
        value = todo.pop()
        if isinstance(value, (str, int, float)):  # Told apart at once: asking for an abstract type takes its time.
            continue
        if isinstance(value, Mapping):
            if "" in value:
                return True
            todo += value.values()
        elif isinstance(value, (list, tuple)):
            todo += value
    return False


def place(instance: Any, path: Sequence[str | int]) -> tuple[Path, Any]:
    """A path with its steps as they are in the instance, and what stands there.

    The engine takes a key of digits for an index, and its own copy of a value has no NaN and no tuples. ValueError
    when several keys could be meant.
    """
    steps: list[str | int] = []
    for step in path:
        if isinstance(step, int) and isinstance(instance, Mapping):
            meant = [key for key in instance if key.lstrip("+").isdecimal() and int(key) == step]
            if len(meant) != 1:
                raise ValueError("an instance path of jsonschema-rs has several meanings")
            step = meant[0]
        steps.append(step)
        instance = instance[step]
    return tuple(steps), instance


def _blob_keyword(keyword: str) -> str:
    return "contentEncoding" if keyword == "format" else keyword
