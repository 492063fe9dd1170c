"""The tool's own recordings: JSONL, one exchange a line."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

from validator.errors import AwsContractError, UnusableInputError
from validator.exchange import ErrorReply, Exchange
from validator.recordings.recording import Format, Read, Recording, UnreadableLineError
from validator.reshape import to_epoch
from validator.results import Location

PARTS = ("request", "response", "error")


def loads_with() -> Callable[[bytes], Any]:
    """The fastest JSON parser there is: orjson when it is installed, else the standard library's."""
    if importlib.util.find_spec("orjson") is not None:
        import orjson

        found: Callable[[bytes], Any] = orjson.loads
        return found
    return json.loads


def iter_lines(stream: IO[bytes], recording: Recording) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number from 1; None for one beyond the limit, which is skipped without being held."""
    limit, number = recording.limits.line, 0
    while line := stream.readline(limit):
        number += 1
        if len(line) == limit and not line.endswith(b"\n"):
            while (rest := stream.readline(limit)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line


def read_lines(
    stream: IO[bytes],
    recording: Recording,
    broken: Callable[[AwsContractError], None],
    counts: list[int] | None = None,
) -> Read:
    """Each line's exchange; a line that cannot be read is told to `broken`, the first of them with its number.

    At the end `counts` holds how many lines there were, and how many of them were not empty.
    """
    loads = loads_with()
    index = -1
    name, service, operation = recording.name, recording.service, recording.operation
    told = number = 0
    for number, line in iter_lines(stream, recording):
        if line is None:
            problem = f"longer than {recording.limits.line >> 20} MiB"
        elif line.isspace():
            continue
        else:
            index += 1
            try:
                document = loads(line)
                yield from_document(document, Location(name, number, index), service, operation)
                continue
            except UnusableInputError as error:
                problem = error.what + (f"; {error.fix}" if error.fix else "")
            except RecursionError:
                problem = "nested too deeply"
            except ValueError as error:
                # The parser speaks of lines and columns of what it was given, which is this line.
                problem = f"not JSON: {str(error).partition(': line')[0]} at character {getattr(error, 'pos', 0) + 1}"
        told += 1
        if told <= 3:
            broken(UnreadableLineError(problem, name, number))
    if counts is not None:
        counts[:] = number, index + 1
    if told > 3:
        broken(UnusableInputError(f"{told - 3} more lines cannot be read", where=name))


def from_document(
    document: Any, location: Location, service: str | None = None, operation: str | None = None
) -> Exchange:
    """One exchange from its own recording form; UnusableInputError when it is not of that form."""
    try:
        error = document.get("error")
        if error is not None:
            body = error.get("body")
            said = error.get("message")
            error = ErrorReply(
                str(error["code"]), said if isinstance(said, str) else "", body if isinstance(body, Mapping) else None
            )
        recorded = document.get("recorded_at")
        if recorded is not None and not isinstance(recorded, (int, float)):
            recorded = to_epoch(recorded)
            recorded = recorded if isinstance(recorded, (int, float)) else None
        return Exchange(
            _name(document, "service", service),
            _name(document, "operation", operation),
            document.get("request"),
            document.get("response"),
            error,
            document.get("status"),
            recorded,
            None,
            document.get("source"),
            location,
            document.get("phase"),
            document.get("account"),
            document.get("region"),
            unread if isinstance(unread := document.get("unread"), str) else None,
        )
    except (AttributeError, TypeError, KeyError):
        raise UnusableInputError(
            "not one exchange: an object with `service`, `operation`, `request`, `response`, `error`"
        ) from None


def _name(document: Mapping[str, Any], part: str, given: str | None) -> str:
    name = document.get(part) or given
    if not isinstance(name, str):
        raise UnusableInputError(f"it does not say its {part}", fix=f"pass --{part}")
    return name


def is_exchange(document: Any) -> bool:
    """Whether a parsed line has the own recording form."""
    return (
        isinstance(document, Mapping)
        and not {"findings", "interactions", "log"} & document.keys()
        and ("operation" in document and any(part in document for part in (*PARTS, "service", "status")))
    )


def fits(document: Any, recording: Recording) -> bool:
    """Whether a whole JSON document is one exchange, or a list of them."""
    return is_exchange(document) or (
        isinstance(document, list) and bool(document) and all(map(is_exchange, document[:20]))
    )


def read(document: Any, recording: Recording) -> Read:
    """The exchanges of a document that is not written line by line."""
    documents: Iterable[Any] = document if isinstance(document, list) else (document,)
    for index, each in enumerate(documents):
        try:
            yield from_document(each, recording.at(index), recording.service, recording.operation)
        except UnusableInputError as error:
            yield recording.unchecked(error.what, index)


FORMAT = Format(
    "jsonl", "the tool's own JSONL, one exchange a line", "objects with `service` and `operation`", fits, read
)
