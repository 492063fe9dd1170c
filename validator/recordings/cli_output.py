"""Output of the AWS CLI: a response without metadata, its operation told by a flag, a sidecar or the file's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator import validate as validating
from validator.contract import Operation
from validator.errors import AwsContractError
from validator.exchange import Exchange
from validator.recordings import naming
from validator.recordings.answers import from_answer
from validator.recordings.recording import Format, Read, Recording, View
from validator.routing import Candidate


def fits(document: Any, recording: Recording) -> bool:
    """Whether it is known of which operation this is the output; an object alone tells nothing."""
    return isinstance(document, Mapping) and told(recording) is not None


def told(recording: Recording) -> Candidate | None:
    """The operation that the caller, a sidecar `FILE.cmd` or the file's name tells."""
    stem = recording.path.name
    for suffix in (".gz", ".json", ".out", ".txt"):
        stem = stem.removesuffix(suffix)
    if recording.service and recording.operation:
        found = naming.find_operation(recording.service, recording.operation)
        return Candidate(recording.service, found) if found else None
    command = recording.beside(".cmd")
    if command and (candidate := naming.from_command_line(command)) is not None:
        return candidate
    try:
        if recording.service:
            found = naming.find_operation(recording.service, stem.rstrip("0123456789_-. "))
            if found:
                return Candidate(recording.service, found)
        return naming.from_file_name(stem)
    except AwsContractError:
        return None


def read(document: Any, recording: Recording) -> Read:
    """The one response."""
    candidate = told(recording)
    if candidate is None or not isinstance(document, Mapping):
        yield recording.unchecked("not the whole output of one operation", 0)
        return
    operation = validating.load(candidate.service).operation(candidate.operation)
    response, error = from_answer(operation, without_token(operation, document))
    yield Exchange(candidate.service, candidate.operation, None, response, error, location=recording.at(0, 1))


def without_token(operation: Operation, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The output without the `NextToken` that the CLI itself puts in when it was told to stop early."""
    own = operation.output and operation.contract.define(operation.output).get("properties", {})
    if "NextToken" in document and "NextToken" not in (own or {}):
        return {name: value for name, value in document.items() if name != "NextToken"}
    return document


FORMAT = Format(
    "cli_output",
    "output of the AWS CLI",
    "a file name like `personalize.list-datasets.json`, a sidecar `FILE.cmd` with the "
    "command line, or --service and --operation",
    fits,
    read,
    View(merged=True),
)
