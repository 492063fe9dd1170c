"""`aws-contract fuzz`: drive a target and report what does not keep its contract."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import click

from validator import fuzz as fuzzing
from validator.commands.options import Reporting, fail_under, finish, reporting
from validator.commands.targets import Aws, banner, open_target
from validator.errors import EnvironmentFailedError, UnusableInputError
from validator.exchange import Exchange
from validator.fuzzing import selection
from validator.fuzzing.many import run_many
from validator.fuzzing.stage import Options
from validator.results import Report
from validator.transport import interrupts
from validator.transport.target import Limited

_FILE = click.Path(dir_okay=False, path_type=Path)
_READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--target", metavar="NAME|URL", help="emulator (in process), moto, aws, or a URL. [emulator]")
@click.option("--phases", metavar="NAME,...", help=f"Only these phases: {', '.join(fuzzing.PHASES)}.")
@click.option(
    "--max-examples", type=click.IntRange(1), help="Hypothesis's examples per operation and drawn phase. [25]"
)
@click.option("--max-time", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="End after so long.")
@click.option("--max-requests", type=click.IntRange(1), metavar="N", help="End after so many requests. [aws: 1000]")
@click.option("--seed", type=int, default=0, help="The same seed sends the same requests. [0]")
@click.option(
    "--given", "givens", multiple=True, metavar="NAME=VALUE", help="A value that the target has for a member."
)
@click.option("--examples", type=_READABLE, metavar="FILE", help="Also send the requests of this recording (JSONL).")
@click.option("--record", type=_FILE, metavar="FILE", help="Write every exchange to a file (JSONL).")
@click.option("--rate", metavar="N/s", help="So many requests a second at most. [aws: 5/s]")
@click.option("--allow-writes", is_flag=True, help="On aws: also call operations that change something.")
@click.option("--reset", is_flag=True, help="Empty a server at a URL before each part, though it holds something.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent; send nothing.")
@click.option("-n", "--processes", type=click.IntRange(1, 256), default=1, help="Share the work out. [1]")
@click.option("--region", help="On aws: the region. [the environment's]")
@click.option("--profile", help="On aws: the profile with the credentials. [the environment's]")
@click.option(
    "--database", type=click.Path(file_okay=False, path_type=Path), help="Keep Hypothesis's failing examples here."
)
@fail_under
@reporting
def fuzz(
    selectors: tuple[str, ...],
    target: str | None,
    phases: str | None,
    max_examples: int | None,
    max_time: float | None,
    max_requests: int | None,
    seed: int,
    givens: tuple[str, ...],
    examples: Path | None,
    record: Path | None,
    rate: str | None,
    allow_writes: bool,
    reset: bool,
    dry_run: bool,
    processes: int,
    region: str | None,
    profile: str | None,
    database: Path | None,
    reporting: Reporting,
) -> int:
    """Drive a target with requests that keep the contract, and with requests that break it on purpose.

    A SELECTOR is a service, or service.Operation with wildcards. Without any, the dataset import jobs of Personalize
    and Forecast are driven, with the resources they stand on.
    """
    started = time.monotonic()
    target = target or reporting.settings.get("target") or "emulator"
    operations = selection.operations(selectors)
    aws = Aws(region, profile, allow_writes) if target == "aws" else None
    if aws is not None:
        operations, max_requests, rate = aws.allowed(operations), max_requests or 1000, rate or "5/s"
    elif region or profile or allow_writes:
        raise UnusableInputError(
            "--region, --profile and --allow-writes are about --target aws", where=f"--target {target}"
        )
    if values := selection.given(givens):
        selection.require_members(values, operations)
    options = Options(
        phases=selection.phases(phases, fuzzing.PHASES),
        max_examples=max_examples or 25,
        seed=seed,
        given={**reporting.settings.get("given", {}), **values},
        database=database,
        examples=examples,
        profile=profile,
        writes=aws is None or allow_writes,
    )
    if max_time is not None:
        max_time = max(0.0, max_time - (time.monotonic() - started))
    limits: dict[str, Any] = {"requests": max_requests, "seconds": max_time, "rate": selection.rate(rate)}
    if dry_run:
        click.echo(banner(target, operations, options, max_requests, aws, ask=False))
        return 0
    if aws is not None:
        click.echo(banner(target, operations, options, max_requests, aws, ask=True), err=True)
    opener = functools.partial(open_target, target, aws, reset or None)
    if processes > 1:
        if record is not None:
            raise UnusableInputError("--record writes one sequence", where="--processes", fix="record with one process")
        if "://" not in target:
            return _finish(run_many(processes, opener, operations, options, limits), target, reporting)
        with contextlib.closing(opener()) as shared:
            # One server for all: what one process made it forget, another would miss.
            shared.reset()
            opener = functools.partial(open_target, target, None, False)
            return _finish(run_many(processes, opener, operations, options, limits), target, reporting)
    driven = opener()
    try:
        with interrupts.heeded():
            with _Listener(record, reporting.quiet) as listener:
                result = fuzzing.run(
                    Limited(driven, **limits, reading=not options.writes), operations, options, listener=listener
                )
            return _finish(result, target, reporting)
    finally:
        driven.close()


def _finish(result: Report, target: str, reporting: Reporting) -> int:
    """The exit status; a run that tested nothing is no green light, and one that was cut short says so."""
    stopped, by = result.details.get("stopped"), result.details.get("stopped_by")
    if by in ("target", "user") and reporting.update_baseline:
        # It would lose what was accepted of the rest.
        click.echo("aws-contract: the baseline is left as it is", err=True)
        reporting = dataclasses.replace(reporting, update_baseline=False)
    status = finish(result, reporting)
    if by == "user":
        click.echo(f"aws-contract: {stopped}; what is not in the table was not tried", err=True)
        return 130
    if stopped:
        click.echo(f"aws-contract: stopped before the end: {stopped}; what is not in the table was not tried", err=True)
    if not result.exchanges and not result.findings:
        if stopped:
            raise EnvironmentFailedError(f"nothing was tested: {stopped}")
        hint = "; the emulator plays Personalize and Forecast, try --target moto" if target == "emulator" else ""
        raise EnvironmentFailedError(f"nothing was tested: {target} offers none of the operations{hint}")
    return 3 if by == "target" else status


class _Listener:
    """Hears every exchange: records it, and shows on a terminal's standard error how far the run has come."""

    def __init__(self, record: Path | None, quiet: bool) -> None:
        self._path = record
        self._file: TextIO | None = None
        self._shows, self._next, self._count = not quiet and sys.stderr.isatty(), 0.0, 0

    def __enter__(self) -> _Listener:
        if self._path is not None:
            try:
                self._file = self._path.open("w", encoding="utf-8")
            except OSError as error:
                raise EnvironmentFailedError(f"{self._path}: cannot be written: {error.strerror}") from None
        return self

    def __call__(self, exchange: Exchange) -> None:
        self._count += 1
        if self._file is not None:
            self._file.write(json.dumps(exchange.to_json()) + "\n")
        if self._shows and (now := time.monotonic()) >= self._next:
            self._next = now + 0.2
            text = f"{self._count:,} requests  {exchange.phase}  {exchange.service}.{exchange.operation}"
            click.echo(f"\r{text[:100]:<100}", err=True, nl=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shows and self._count:
            click.echo("\r" + " " * 100 + "\r", err=True, nl=False)
        if self._file is not None:
            self._file.close()
