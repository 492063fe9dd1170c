"""placebo's pills: one answer a file, named `<endpoint prefix>.<Operation>_<n>.json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from validator import services
from validator import validate as validating
from validator.contract import Operation
from validator.errors import AwsContractError
from validator.exchange import Exchange
from validator.recordings.answers import from_answer, revive, status_of
from validator.recordings.recording import Format, Read, Recording
from validator.recordings.settling import operation_of, settle
from validator.routing import Candidate

_NAME = re.compile(r"(?P<prefix>[\w.-]+)\.(?P<operation>[A-Za-z][A-Za-z0-9]*)(?:_\d+)?\.json(?:\.gz)?")


def fits(document: Any, recording: Recording) -> bool:
    """Whether this is a pill: a status code and data."""
    return (
        isinstance(document, Mapping)
        and {"status_code", "data"} == set(document)
        and isinstance(document["data"], Mapping)
    )


def read(document: Any, recording: Recording) -> Read:
    """The one answer."""
    named = _NAME.fullmatch(recording.path.name)
    prefix = named["prefix"] if named else recording.service
    name = named["operation"] if named else recording.operation
    if prefix is None or name is None:
        yield recording.unchecked(
            "its name is not `<endpoint prefix>.<Operation>_<n>.json`; pass --service and --operation", 0
        )
        return
    candidates = candidates_for(prefix, name)
    if recording.service is not None:
        candidates = [each for each in candidates if each.service == recording.service] or candidates
    if not candidates:
        yield recording.unchecked(f"no service with the endpoint prefix {prefix!r} has an operation {name!r}", 0)
        return
    data = revive(document["data"])

    def messages(operation: Operation) -> Any:
        response, error = from_answer(operation, data)
        yield "response", response
        # An error tells only through being declared.
        if error is not None and operation.errors and error.code not in operation.errors:
            yield "response", error.code

    chosen = settle(candidates, messages)
    if isinstance(chosen, str):
        yield recording.unchecked(chosen, 0, operation=name)
        return
    response, error = from_answer(operation_of(chosen), data)
    yield Exchange(
        chosen.service,
        chosen.operation,
        None,
        response,
        error,
        status_of(data, document.get("status_code")),
        location=recording.at(0, 1),
    )


def candidates_for(prefix: str, operation: str) -> list[Candidate]:
    """The operations of that name in the services an endpoint prefix, or a service's own name, stands for."""
    names = services.by_endpoint_prefix(prefix) or ((found,) if (found := services.by_label(prefix)) else ())
    candidates = []
    for name in names:
        try:
            if operation in validating.load(name).operations:
                candidates.append(Candidate(name, operation))
        except AwsContractError:
            continue
    return candidates


FORMAT = Format(
    "placebo", "placebo pills, folders and zips of them", "an object of `status_code` and `data`", fits, read
)
