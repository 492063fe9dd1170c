"""The table of formats, and which of them a file is of: told from its content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from validator.errors import AwsContractError, UnknownNameError, UnusableInputError
from validator.recordings import (
    cli_output,
    cloudtrail,
    documents,
    examples,
    har,
    jsonl,
    nock,
    placebo,
    ruby_vcr,
    snapshot,
    vcr,
)
from validator.recordings.files import Problem, Source, Stream, unpacked
from validator.recordings.limits import DEFAULT, Limits
from validator.recordings.recording import Format, Read, Recording, View
from validator.results import Unchecked

# In the order they are asked; the AWS CLI's output has no sign of its own and comes last.
FORMATS: Mapping[str, Format] = {
    each.FORMAT.name: each.FORMAT
    for each in (jsonl, vcr, har, placebo, snapshot, cloudtrail, ruby_vcr, nock, examples, cli_output)
}
_HEAD = 65536
_LINE = re.compile(rb'\s*\{\s*"(service|operation)"\s*:\s*"[\w-]+"\s*,\s*"(service|operation)"\s*:\s*"[\w-]+"')
_STARTS = {
    "vcr": re.compile(r"^- request:", re.MULTILINE),
    "ruby_vcr": re.compile(r"^- request:", re.MULTILINE),
    "har": re.compile(r'^\s*"startedDateTime"\s*:', re.MULTILINE),
}
# What a document that only looks like its format gives rise to.
_MISSHAPEN = (KeyError, TypeError, AttributeError, ValueError, IndexError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Given:
    """What the caller said of all files: the format to take them for, and the service and operation where missing."""

    format: str | None = None
    service: str | None = None
    operation: str | None = None
    limits: Limits = DEFAULT


NOTHING = Given()


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was recognised: its recording, its format, and what it yields, lazily."""

    recording: Recording
    format: Format
    items: Read

    @property
    def view(self) -> View:
        """What the format cannot show."""
        return self.format.view


def format_named(name: str) -> Format:
    """The format of that name; UnknownNameError when there is none."""
    if name not in FORMATS:
        raise UnknownNameError("format", name, FORMATS)
    return FORMATS[name]


def open_source(source: Source, given: Given, problem: Problem) -> Iterator[Opened | Unchecked]:
    """What a source holds: each recognised file, or a note on one that is not recognised.

    A file that is unusable is told to `problem`, as is one the caller named that is no recording.
    """
    for stream in unpacked(source, given.limits, problem):
        recording = Recording(
            stream.name,
            given.service,
            given.operation,
            stream.modified,
            given.limits,
            beside=(lambda suffix: None) if stream.inside else source.beside,
        )
        try:
            found = _open(stream, recording, given, problem, source.named and not stream.inside)
        except AwsContractError as error:
            problem(error)
            continue
        if found is not None:
            yield found


def _open(
    stream: Stream, recording: Recording, given: Given, problem: Problem, named: bool
) -> Opened | Unchecked | None:
    wanted = format_named(given.format) if given.format else None
    if wanted is jsonl.FORMAT or (wanted is None and is_lines(stream.content)):
        return Opened(
            recording,
            jsonl.FORMAT,
            _guarded(jsonl.read_lines(stream.content, recording, problem), jsonl.FORMAT, recording, problem),
        )
    content = stream.content.read(given.limits.document + 1)
    if len(content) > given.limits.document:
        raise UnusableInputError(
            f"larger than {given.limits.document >> 20} MiB", where=recording.name, fix="split it, or record as JSONL"
        )
    if not content.strip():
        raise UnusableInputError("empty", where=recording.name)
    document = documents.parse(content, recording.name, given.limits)
    found = wanted or detect(document, recording)
    if found is not None and (wanted is None or wanted.fits(document, recording)):
        lines = _lines(found, content, document)
        recording = replace(recording, lines=lines)
        return Opened(recording, found, _guarded(found.read(document, recording), found, recording, problem))
    if wanted is not None:
        raise UnusableInputError(f"not {wanted.sentence}: looked for {wanted.sign}", where=recording.name)
    unknown = f"not recognised as a recording; looked for {looked_for()}"
    if named:
        raise UnusableInputError(unknown, where=recording.name)
    return Unchecked(unknown, location=recording.at())


def detect(document: Any, recording: Recording) -> Format | None:
    """The format a parsed document is of, or None."""
    for each in FORMATS.values():
        try:
            if each.fits(document, recording):
                return each
        except _MISSHAPEN:
            continue
    return None


def looked_for() -> str:
    """Every format's sign, in words."""
    return "; ".join(f"{each.sign} ({each.name})" for each in FORMATS.values())


def is_lines(content: Any) -> bool:
    """Whether a buffered stream, which is only looked into, begins like the tool's own JSONL."""
    head = content.peek(_HEAD)[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    first, newline, _rest = head.lstrip().partition(b"\n")
    if not newline:
        return bool(_LINE.match(head))
    try:
        return jsonl.is_exchange(json.loads(first))
    except (ValueError, RecursionError):
        # A damaged first line, or one longer than the buffer, is still a line of the own form when it begins like one.
        return bool(_LINE.match(head))


def _guarded(items: Read, format: Format, recording: Recording, problem: Problem) -> Read:
    try:
        yield from items
    except AwsContractError as error:
        where = getattr(error, "where", None)
        problem(
            error
            if isinstance(error, UnusableInputError) and where
            else UnusableInputError(str(error), where=recording.name)
        )
    except _MISSHAPEN as error:
        what = " ".join(f"{type(error).__name__} {error}".split())[:120]
        problem(UnusableInputError(f"not whole {format.sentence}: {what}", where=recording.name))


def _lines(format: Format, content: bytes, document: Any) -> tuple[int, ...]:
    """The line each exchange begins at, where the text tells; empty where it does not."""
    starts = _STARTS.get(format.name)
    if starts is None:
        return ()
    text = content.decode("utf-8", "replace")
    lines, line, last = [], 1, 0
    for found in starts.finditer(text):
        line += text.count("\n", last, found.start())
        last = found.start()
        # The expression may have begun on the lines before.
        lines.append(line + text.count("\n", found.start(), found.end()))
    expected = (
        document["log"]["entries"]
        if format.name == "har"
        else next(iter(document[name] for name in ("interactions", "http_interactions") if name in document))
    )
    return tuple(lines) if len(lines) == len(expected) else ()
