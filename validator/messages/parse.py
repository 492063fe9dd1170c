"""A service's message, read back into complaints; tolerant of cuts and wrappings, linear on hostile text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from validator.messages.complaint import APPLICATORS, FAMILIES, Constraint, Part, ServiceViolation
from validator.messages.paths import pointer_of

MOST_TEXT = 1_000_000
MOST_COMPLAINTS = 1_000
_LONGEST_PATH = 4_000

_HEADER = re.compile(r"\b\d{1,9} ?validation errors? detected[:.]\s?")
_FAILED = "' failed to satisfy constraint: "
_AT = " at '"
_LISTS: tuple[tuple[str, Part], ...] = (
    ("Map keys must satisfy constraint: [", "keys"),
    ("Map value must satisfy constraint: [", "values"),
    ("Map values must satisfy constraint: [", "values"),
    ("Member must satisfy constraint: [", "elements"),
)
_NUMBER = r"(-?\d{1,40}(?:\.\d{1,40})?(?:E[+-]?\d{1,4})?)"
_ENUM = "Member must satisfy enum value set"
_PATTERN = "Member must satisfy regular expression pattern: "
_SENTENCES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Constraint]], ...] = (
    (re.compile(r"Member must not be null"), lambda match: ("required", None)),
    (re.compile(r"Member must have unique values"), lambda match: ("uniqueItems", True)),
    (
        re.compile(rf"Member must have length between {_NUMBER} and {_NUMBER}"),
        lambda match: ("length", (_number(match[1]), _number(match[2]))),
    ),
    (
        re.compile(rf"Member must (?:have value |be )between {_NUMBER} and {_NUMBER}"),
        lambda match: ("range", (_number(match[1]), _number(match[2]))),
    ),
    (
        re.compile(rf"Member must have length (greater|less) than or equal to {_NUMBER}"),
        lambda match: ("minLength" if match[1] == "greater" else "maxLength", _number(match[2])),
    ),
    (
        re.compile(rf"Member must (?:have value |be )(greater|less) than or equal to {_NUMBER}"),
        lambda match: ("minimum" if match[1] == "greater" else "maximum", _number(match[2])),
    ),
)


def parse(text: str) -> list[ServiceViolation]:
    """The complaints of a message, in its order; an empty list for text that is not of the grammar.

    Takes the bare message, one complaint of a `fieldList`, and a message inside other text, such as the
    `ClientError` or the Java exception that carries it. Values may hold quotes, `; ` and ` at '`; where a
    value itself has the form of a complaint the text is ambiguous, and it is read as one.
    """
    if not isinstance(text, str):
        return []
    text = text[:MOST_TEXT]
    header = _HEADER.search(text)
    if header is None and not text.startswith("Value"):
        return []
    found: list[ServiceViolation] = []
    for subject, path, demand in _clauses(text, header.end() if header else 0):
        complaint = _complaint(subject, path, demand)
        if complaint is not None:
            found.append(complaint)
        if len(found) == MOST_COMPLAINTS:
            break
    return found


def _clauses(text: str, start: int) -> Iterator[tuple[str, str, str]]:
    """Each complaint as (what stands before the path, the path, the demand)."""
    failed = text.find(_FAILED, start)
    while failed >= 0:
        at = text.rfind(_AT, max(start, failed - _LONGEST_PATH), failed)
        demand = failed + len(_FAILED)
        # Only a demand can follow; where something else does, the words stood inside a value.
        if at < 0 or not text.startswith("M", demand):
            failed = text.find(_FAILED, demand)
            continue
        split = text.find("; Value", demand)
        following = text.find(_FAILED, split) if split >= 0 else -1
        end = split if following >= 0 else len(text)
        yield text[start:at], text[at + len(_AT) : failed], text[demand:end]
        start, failed = end + len("; "), following


def _complaint(subject: str, path: str, demand: str) -> ServiceViolation | None:
    if not subject.startswith("Value"):
        return None
    value, length = _subject(subject[len("Value") :].strip(" "))
    demand = demand.split("\n", 1)[0]
    wrapping = demand.find(" (Service: ")
    demand = demand[:wrapping] if wrapping >= 0 else demand
    pointer = pointer_of(path)
    for lead, part in _LISTS:
        if demand.startswith(lead):
            inner, _, _ = demand[len(lead) :].rpartition("]")
            texts = re.split(r", (?=Member must )", inner or demand[len(lead) :])
            listed = [_constraint(each) for each in texts]
            among = tuple(each for each in listed if each is not None)
            keyword, limit = among[0] if len(among) == 1 else (APPLICATORS[part], None)
            return ServiceViolation(keyword, pointer, value, limit, part, among, length)
    constraint = _constraint(demand)
    if constraint is None:
        return None
    keyword, limit = _broken_side(*constraint, length)
    return ServiceViolation(_of_type(keyword, value), pointer, value, limit, length=length)


def _subject(text: str) -> tuple[str | None, int | None]:
    if text in ("", "null"):
        return None, None
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1], None
    size = re.match(r"with length (\d{1,18})$", text)
    return (None, int(size[1])) if size else (text, None)


def _constraint(text: str) -> Constraint | None:
    if text.startswith(_PATTERN):
        return "pattern", text[len(_PATTERN) :]
    if text.startswith(_ENUM):
        opening, closing = text.find("["), text.rfind("]")
        inner = text[opening + 1 : closing] if 0 <= opening < closing else None
        return "enum", None if inner is None else tuple(inner.split(", ")) if inner else ()
    for sentence, read in _SENTENCES:
        match = sentence.match(text)
        if match:
            return read(match)
    return None


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _broken_side(keyword: str, limit: Any, length: int | None) -> Constraint:
    if keyword == "length" and length is not None and not limit[0] <= length <= limit[1]:
        return ("minLength", limit[0]) if length < limit[0] else ("maxLength", limit[1])
    return keyword, limit


def _of_type(keyword: str, value: str | None) -> str:
    """The keyword for what the value looks like: lists, maps and texts share the sentences about length."""
    if value and FAMILIES[keyword] in ("shortest", "longest"):
        for brackets, type_name in (("[]", "Items"), ("{}", "Properties")):
            if value[0] == brackets[0] and value[-1] == brackets[1]:
                return keyword[:3] + type_name
    return keyword
