"""The command `check`: recordings held against the contract."""

from __future__ import annotations

import re
import sys
import time

import click

from validator import services
from validator import validate as validating
from validator.batch import Tally
from validator.commands.options import Reporting, finish, reporting
from validator.errors import UnknownNameError, UnusableInputError
from validator.recordings import detect, naming
from validator.recordings.detect import FORMATS, Given
from validator.recordings.files import find
from validator.reshape import to_epoch
from validator.shards import check_all, check_source, cut

_SPAN = re.compile(r"(\d{1,6})\s*([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "format_", metavar="NAME", help=f"Take every file for this format: {', '.join(FORMATS)}.")
@click.option("--service", metavar="NAME", help="The service, where a recording does not say it.")
@click.option("--operation", metavar="NAME", help="The operation, where a recording does not say it.")
@click.option("--since", metavar="TIME", help="Leave out what is older: a date and time, or a span such as 7d or 12h.")
@click.option("-n", "--jobs", type=click.IntRange(1, 256), default=1, help="Judge in so many processes. [1]")
@reporting
def check(
    paths: tuple[str, ...],
    format_: str | None,
    service: str | None,
    operation: str | None,
    since: str | None,
    jobs: int,
    reporting: Reporting,
) -> int:
    """Hold recordings against the contract: files, folders and archives, told apart by their content.

    `-` reads the tool's own JSONL from standard input. A file that cannot be used is named on standard error, the
    others are still checked, and the exit status is 2.
    """
    started = time.perf_counter()
    given = _given(format_, service, operation)
    oldest = None if since is None else moment(since, time.time())
    tally = Tally()
    progress = _Progress(reporting.quiet)
    if "-" in paths:
        _standard_input(paths, given, tally, oldest)
        paths = tuple(path for path in paths if path != "-")
    check_all(cut(paths, given, since=oldest, tally=tally), tally, jobs, progress.show)
    progress.clear()
    details = {"files": tally.files, "subject": ", ".join(paths[:3]) + (" and more" if len(paths) > 3 else "")}
    status = finish(tally.report("check", time.perf_counter() - started, details), reporting)
    return _tell(tally, status)


def _given(format_: str | None, service: str | None, operation: str | None) -> Given:
    if format_ is not None:
        detect.format_named(format_)
    if service is not None:
        service = services.require(service)
    if operation is not None and service is not None:
        found = naming.find_operation(service, operation)
        if found is None:
            raise UnknownNameError("operation", operation, validating.load(service).operations, where=service)
        operation = found
    return Given(format_, service, operation)


def _standard_input(paths: tuple[str, ...], given: Given, tally: Tally, oldest: float | None) -> None:
    if paths.count("-") > 1:
        raise UnusableInputError("standard input can be read only once", where="-")
    own = Given(given.format or "jsonl", given.service, given.operation, given.limits)
    for source in find(("-",), tally.problem, tally.skipped):
        check_source(source, own, tally, oldest)


def moment(text: str, now: float) -> float:
    """Epoch seconds of a date, a date and time, or a span before now; UnusableInputError for anything else."""
    if (span := _SPAN.fullmatch(text.strip())) is not None:
        return now - int(span[1]) * _SECONDS[span[2]]
    found = to_epoch(text)
    if isinstance(found, str):
        raise UnusableInputError(f"cannot read {text!r} as a time", where="--since", fix="write 2026-01-31, or 7d")
    return float(found)


def _tell(tally: Tally, status: int) -> int:
    if not (tally.exchanges or tally.problems or tally.unchecked_count or tally.older or tally.files):
        # A green light for having looked at nothing would hide a wrong path for ever.
        raise UnusableInputError("no recorded exchange found", fix="name a file or folder that holds recordings")
    for problem in dict.fromkeys(str(each) for each in tally.problems):
        click.echo(f"aws-contract: {problem}".encode("utf-8", "backslashreplace").decode(), err=True)
    return max([problem.status for problem in tally.problems], default=status)


class _Progress:
    """A line on a terminal's standard error that says how far it has come."""

    def __init__(self, quiet: bool) -> None:
        self._on, self._next, self._shown = not quiet and sys.stderr.isatty(), 0.0, False

    def show(self, tally: Tally) -> None:
        now = time.monotonic()
        if self._on and now >= self._next:
            self._next, self._shown = now + 0.2, True
            click.echo(f"\r{tally.files:,} files, {tally.exchanges:,} exchanges", err=True, nl=False)

    def clear(self) -> None:
        if self._shown:
            click.echo("\r" + " " * 60 + "\r", err=True, nl=False)
