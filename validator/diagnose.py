"""One violation as a person should read it: what came, what is wanted, who says so, what AWS says, what to do."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from validator import messages, patterns
from validator.contract import Operation
from validator.engines.wording import HIDDEN, dotted, interval
from validator.errors import AwsContractError, PatternError, did_you_mean
from validator.results import Finding, Violation
from validator.validate import load

Schema = Mapping[str, Any]
Row = tuple[str, str]

_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_UNITS = {
    "Length": (" character", " characters"),
    "Items": (" item", " items"),
    "Properties": (" entry", " entries"),
}
_SCALARS = ("string", "integer", "number", "boolean")


class _Subject(NamedTuple):
    violation: Violation
    direction: str
    operation: Operation | None
    schema: Schema

    @property
    def name(self) -> str:
        return self.violation.instance_path.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def rows(violation: Violation, finding: Finding) -> Iterator[Row]:
    """The labelled rows of one violation's block: those of `got`, `want`, `note`, `AWS`, `help` that say something."""
    operation = _operation(finding)
    subject = _Subject(violation, finding.direction, operation, _schema(operation, violation))
    yield "got", _got(violation)
    wanted, source = _wanted(subject), _source(violation)
    yield "want", f"{wanted:<30} {source}" if len(wanted) <= 30 else f"{wanted}\n{source}"
    if violation.unchecked:
        yield "note", "not decided: the pattern takes too long on this value, so it counts as kept"
        return
    if violation.note:
        yield "note", violation.note
    if finding.direction == "request":
        yield "note", _boto3(subject)
        if answer := _answer(subject):
            yield "AWS", answer
    if advice := _help(subject):
        yield "help", advice


def block(violation: Violation, finding: Finding) -> str:
    """The whole block as plain text: a headline and the rows under it."""
    severity = violation.severity(finding.direction)
    head = f"{severity}[{violation.keyword}] {finding.service}.{finding.operation} {finding.direction}"
    lines = [f"{head} {violation.instance_path or '/'}"]
    for label, text in rows(violation, finding):
        first, *more = text.split("\n")
        lines += [f"  {label:<6}{first}", *(f"  {'':<6}{line}" for line in more)]
    return "\n".join(lines)


def _operation(finding: Finding) -> Operation | None:
    try:
        return load(finding.service).operation(finding.operation)
    except (AwsContractError, LookupError):
        return None


def _schema(operation: Operation | None, violation: Violation) -> Schema:
    """The schema that has the broken keyword; for what the contract does not hold, one of the keyword alone."""
    fallback = {violation.keyword: violation.limit}
    if operation is None:
        return fallback
    steps = [step.replace("~1", "/").replace("~0", "~") for step in violation.schema_path.split("/")[1:-1]]
    if "propertyNames" in steps:
        steps = ["$defs", violation.shape]
    try:
        found: Any = operation.contract.define(steps[1])
        for step in steps[2:]:
            found = found[int(step) if isinstance(found, list) else step]
    except (AwsContractError, LookupError, ValueError, TypeError):
        return fallback
    return found if isinstance(found, Mapping) else fallback


def _got(violation: Violation) -> str:
    if violation.keyword == "required":
        return "nothing"
    if violation.value == HIDDEN and violation.sensitive:
        return f"{HIDDEN} (never shown)"
    if isinstance(violation.value, str) and re.fullmatch(r"[{\[<].* ?.*[}\]>]", violation.value):
        return violation.value
    return json.dumps(violation.value, ensure_ascii=False)


def _wanted(subject: _Subject) -> str:
    violation, keyword = subject.violation, subject.violation.keyword
    if keyword in _BOUNDS:
        one, many = next((units for name, units in _UNITS.items() if name in keyword), ("", ""))
        if "contentEncoding" in subject.schema:
            one, many = " byte", " bytes"
        try:
            text = interval(keyword, subject.schema)
            return text + (one if text in ("1", "at least 1", "at most 1") else many)
        except KeyError:
            return f"{keyword} {violation.limit}"
    if keyword == "enum":
        options = [str(option) for option in violation.limit]
        return ", ".join(options[:8]) + (f" and {len(options) - 8} more" if len(options) > 8 else "")
    if keyword == "oneOf":
        return "exactly one of " + ", ".join(map(str, violation.limit))
    plain = {"required": "a value", "additionalProperties": "no member of this name", "format": "base64"}
    return plain.get(keyword, str(violation.limit))


def _source(violation: Violation) -> str:
    if violation.layer != "model":
        return violation.source
    version = re.match(r"botocore \S+", violation.source)
    return f"model {violation.shape}, {version.group() if version else violation.source}".strip()


# boto3 ---------------------------------------------------------------------------------------------------------------

_UNCHECKED_BY_BOTO3 = {
    "maximum": "no maximum", "maxLength": "no maximum length", "maxItems": "no number of items at most",
    "minProperties": "no number of entries", "maxProperties": "no number of entries", "enum": "no enum",
    "pattern": "no pattern",
}  # fmt: skip


def _boto3(subject: _Subject) -> str:
    violation = subject.violation
    if violation.keyword in _UNCHECKED_BY_BOTO3:
        return f"boto3 sends this: it checks {_UNCHECKED_BY_BOTO3[violation.keyword]}"
    if violation.keyword == "type" and violation.limit in ("integer", "number"):
        if isinstance(violation.value, bool):
            return "boto3 sends this: it takes a boolean for a number"
        if violation.value in ("nan", "inf", "-inf"):
            return "boto3 sends this: it takes what is no JSON for a number"
    if violation.keyword == "minLength" and "contentEncoding" in subject.schema:
        return "boto3 sends this: it counts no bytes"
    if violation.keyword == "format":
        return "boto3 takes this for the content itself, and encodes it"
    return "boto3 stops this too"


# AWS -----------------------------------------------------------------------------------------------------------------


def _answer(subject: _Subject) -> str:
    violation = subject.violation
    if violation.keyword == "additionalProperties":
        return "ignores a member it does not know"
    if violation.keyword == "type" and violation.value is not None and not violation.sensitive:
        protocol = subject.operation.contract.protocol if subject.operation else ""
        value = _value_of(violation)
        if protocol == "json" and value is not None:
            expected = {"array": "list", "object": "structure", "number": "double"}.get(
                str(violation.limit), str(violation.limit)
            )
            try:
                return messages.serialization_message(expected, value)
            except KeyError:
                return ""
        return ""
    return messages.render([violation])


def _value_of(violation: Violation) -> Any:
    """The value, or a stand-in for a container that is only counted; None for what has no JSON."""
    if isinstance(violation.value, str):
        for ends, stand_in in (("{}", {}), ("[]", [])):
            if re.fullmatch(rf"\{ends[0]}\d+ \w+\{ends[1]}", violation.value):
                return stand_in
        if re.fullmatch(r"<.*>|nan|-?inf", violation.value):
            return None
    return violation.value


# Help ----------------------------------------------------------------------------------------------------------------


def _help(subject: _Subject) -> str:
    if subject.direction != "request":
        return _news(subject)
    advise = _ADVICE.get(subject.violation.keyword)
    return advise(subject) if advise else ""


def _news(subject: _Subject) -> str:
    keyword = subject.violation.keyword
    if keyword == "additionalProperties":
        return "the API has grown since this contract: update botocore, or ignore it"
    if keyword == "enum":
        return "the service knows a value that this contract does not: update botocore, and expect more to come"
    if keyword == "required":
        return "services leave out members that their model calls required: do not rely on this one"
    return ""


def _maximum(subject: _Subject) -> str:
    violation, operation = subject.violation, subject.operation
    if operation is not None and (pages := operation.pagination) and pages.get("limitKey") == subject.name:
        method = _snake(operation.name)
        return f'ask for at most {violation.limit}, and page with get_paginator("{method}")'
    return f"pass at most {violation.limit}"


def _type(subject: _Subject) -> str:
    violation = subject.violation
    wanted = {"integer": "an integer", "number": "a number", "string": "a string", "boolean": "True or False",
              "array": "a list", "object": "a dictionary"}.get(str(violation.limit), str(violation.limit))  # fmt: skip
    if violation.value is None and not violation.sensitive:
        return "leave the member out: None is no value"
    if violation.limit == "array" and isinstance(violation.value, str) and not violation.value.startswith("{"):
        return "put it in a list"
    return f"pass {wanted}"


def _pattern(subject: _Subject) -> str:
    violation = subject.violation
    if violation.sensitive or not isinstance(violation.value, str):
        return ""
    strange = strangers(violation.value.rstrip("…"), str(violation.limit))
    if strange:
        listed = ", ".join(json.dumps(char, ensure_ascii=False) for char in strange[:6])
        return f"no text that matches has {listed} in it"
    if (
        violation.limit
        and str(violation.limit).lstrip("^(").startswith("arn")
        and not violation.value.startswith("arn:")
    ):
        return "pass the resource's ARN, not its name"
    return f"try it: aws-contract explain {_member(subject)}" if subject.operation else ""


def _member(subject: _Subject) -> str:
    assert subject.operation is not None
    path = re.sub(r"/(\d+)(?=/|$)", "", subject.violation.instance_path).strip("/").replace("/", ".")
    return f"{subject.operation.service}.{subject.operation.name}.{path}"


def _enum(subject: _Subject) -> str:
    violation = subject.violation
    if isinstance(violation.value, str) and not violation.sensitive:
        return did_you_mean(violation.value, map(str, violation.limit)).lstrip("; ")
    return ""


def _unknown(subject: _Subject) -> str:
    near = did_you_mean(subject.name, subject.schema.get("properties", ()))
    return near.lstrip("; ") or "leave it out, or update botocore if the API has it by now"


def _cut(subject: _Subject) -> str:
    if subject.operation is not None and subject.name in (subject.operation.pagination or {}).get("inputToken", ()):
        return "pass a token as the last answer gave it, unchanged"
    return f"cut it to {subject.violation.limit}"


def _fewer(subject: _Subject) -> str:
    return f"pass at most {subject.violation.limit}, and the rest in further calls"


_ADVICE: Mapping[str, Callable[[_Subject], str]] = {
    "maximum": _maximum,
    "minimum": lambda subject: f"pass at least {subject.violation.limit}",
    "type": _type,
    "pattern": _pattern,
    "enum": _enum,
    "additionalProperties": _unknown,
    "required": lambda subject: f"pass {dotted(_steps(subject.violation.instance_path))}",
    "maxLength": _cut,
    "maxItems": _fewer,
    "maxProperties": lambda subject: f"pass at most {subject.violation.limit}",
    "minItems": lambda subject: f"pass at least {subject.violation.limit}, or leave the member out",
    "minProperties": lambda subject: f"pass at least {subject.violation.limit}, or leave the member out",
    "minLength": lambda subject: (
        "fill it, or leave it out where it is optional" if subject.violation.value == "" else ""
    ),
    "oneOf": lambda subject: "set one member, and leave the others out",
    "format": lambda subject: "pass bytes to boto3; base64 is only for JSON",
}


def _steps(pointer: str) -> list[str | int]:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return [int(part) if part.isdigit() else part for part in parts]


def _snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


@functools.lru_cache(maxsize=256)
def strangers(text: str, pattern: str) -> tuple[str, ...]:
    """The characters of a text that no match of the pattern can have, each once, in order."""
    try:
        tree = patterns.parse(pattern)
    except PatternError:
        return ()
    ranges: list[tuple[int, int]] = []
    todo: list[Any] = [tree]
    while todo:
        node = todo.pop()
        ranges += getattr(node, "ranges", ())
        if type(node).__name__ != "Look":
            todo += (
                getattr(node, "items", ()) or getattr(node, "options", ()) or filter(None, [getattr(node, "item", 0)])
            )
    return tuple(dict.fromkeys(char for char in text if not any(low <= ord(char) <= high for low, high in ranges)))
