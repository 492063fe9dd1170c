"""LocalStack's snapshots: what a test saw, under names the test chose, some values replaced by placeholders."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from validator import services
from validator import validate as validating
from validator.contract import Operation
from validator.exchange import Exchange
from validator.recordings import naming
from validator.recordings.answers import LOOSE, added, from_answer, is_error, status_of
from validator.recordings.placeholders import look_up
from validator.recordings.recording import Format, Read, Recording, View
from validator.results import Unchecked

_ALIASES = {
    "lambda_": "lambda",
    "lambda": "lambda",
    "awslambda": "lambda",
    "cloudwatch": "cloudwatch",
    "elasticsearch": "es",
}


def fits(document: Any, recording: Recording) -> bool:
    """Whether this is a snapshot: each test with what was recorded of it and when."""
    return (
        isinstance(document, Mapping)
        and bool(document)
        and all(isinstance(each, Mapping) and "recorded-content" in each for each in document.values())
    )


def read(document: Any, recording: Recording) -> Read:
    """Each value that a test recorded: a response where its name says of which operation, else unchecked."""
    index = -1
    for test, each in document.items():
        when = _date(each.get("recorded-date"))
        named = services_of(test, recording) or ([recording.service] if recording.service else [])
        content = each["recorded-content"]
        for label, value in content.items() if isinstance(content, Mapping) else ():
            index += 1
            yield _recorded(label, value, named, index, when, test, recording)


def _recorded(
    label: str, value: Any, named: list[str], index: int, when: float | None, test: str, recording: Recording
) -> Exchange | Unchecked:
    if not isinstance(value, Mapping):
        return recording.unchecked("a value that the test picked out, not a whole response", index)
    fitting = list(_named(label, value, named)) or list(_alone(value, named))
    if len(fitting) != 1:
        service = named[0] if len(named) == 1 else None
        if not named:
            return recording.unchecked("the test's name says no service; pass --service", index)
        if fitting:
            several = " or ".join(f"{each.service}.{each.name}" for each in fitting)
            return recording.unchecked(f"could be {several}", index, service=service)
        if is_error(value):
            return recording.unchecked("an error under a name that says no operation", index, service=service)
        if "ResponseMetadata" in value:
            return recording.unchecked("a response under a name that says no operation", index, service=service)
        return recording.unchecked("a value that the test picked out, not a whole response", index, service=service)
    operation = fitting[0]
    response, error = from_answer(operation, value, LOOSE)
    return Exchange(
        operation.service,
        operation.name,
        None,
        response,
        error,
        status_of(value),
        when,
        source=test.rpartition("/")[2],
        location=recording.at(index),
    )


def _named(label: str, value: Mapping[str, Any], named: list[str]) -> Iterator[Operation]:
    """The operations whose name stands in the label, and whose answer this can be."""
    for service in named:
        name = naming.longest_operation(service, label)
        if name is not None:
            operation = validating.load(service).operation(name)
            if is_error(value) or _is_answer(operation, value):
                yield operation


def _alone(value: Mapping[str, Any], named: list[str]) -> Iterator[Operation]:
    """The operations that can have given this response and nearly all of whose members it has."""
    if is_error(value) or "ResponseMetadata" not in value:
        return
    for service in named:
        contract = validating.load(service)
        own = {member for member in value if not added(service, member)}
        for name in contract.operations if own else ():
            operation = contract.operation(name)
            known = contract.define(operation.output).get("properties", {}).keys() if operation.output else set()
            if own <= known and 2 * len(own) >= len(known) and not _misfits(operation, value):
                yield operation


def _is_answer(operation: Operation, value: Mapping[str, Any]) -> bool:
    """Whether a value has members of the operation's response and no more than a few that it does not know."""
    own = {name for name in value if not added(operation.service, name)}
    known = operation.contract.define(operation.output).get("properties", {}) if operation.output else {}
    shared = own & known.keys()
    if not own:
        return "ResponseMetadata" in value and not known
    return bool(shared) and len(own - shared) <= len(shared) // 4


def _misfits(operation: Operation, value: Mapping[str, Any]) -> bool:
    """Whether a response has places that are not of the operation's structure, save for those that were replaced."""
    response = from_answer(operation, value, LOOSE)[0]
    return any(
        violation.keyword == "type" and not isinstance(look_up(response, violation.instance_path)[0], str)
        for violation in validating.iter_violations(operation, response, "response")
    )


def services_of(test: str, recording: Recording) -> list[str]:
    """The services a test's path and name speak of, the folder's first."""
    path = test.partition("::")[0]
    words = re.findall(r"services/(\w+)/", path) + re.split(r"[^a-z0-9]+", path.rpartition("/")[2].casefold())
    words += re.split(r"[^a-z0-9]+", recording.path.name.casefold())
    found: list[str] = []
    for word in words:
        name = _ALIASES.get(word) or (services.by_label(word) if len(word) > 1 else None)
        if name and name not in found and word not in ("test", "snapshot"):
            found.append(name)
    return found


def _date(text: Any) -> float | None:
    try:
        moment = datetime.datetime.strptime(str(text), "%d-%m-%Y, %H:%M:%S")
    except ValueError:
        return None
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


FORMAT = Format(
    "snapshot",
    "LocalStack snapshots",
    "tests, each with `recorded-content`",
    fits,
    read,
    View(replaces=True),
)
