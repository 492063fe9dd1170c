"""The options every command shares, and the one place that turns findings into output and an exit status."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from validator import policy, redaction, report, settings
from validator.errors import EnvironmentFailedError, UnusableInputError
from validator.results import Report, Severity

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Reporting:
    """The shared options of one call, settings and command line brought together."""

    outputs: Sequence[tuple[str, Path | None]]
    fail_on: Severity
    policy: policy.Policy
    baseline: Path | None
    update_baseline: bool
    quiet: bool
    color: bool | None
    settings: settings.Settings
    fail_under: float | None = None


def reporting(function: F) -> F:
    """Give a command the shared options; it receives them as one `reporting` argument."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return _gathered(function)


_OPTIONS = [
    click.option(
        "--report",
        "reports",
        metavar="FORMAT[=PATH]",
        multiple=True,
        help=f"Write a report: {', '.join(report.FORMATS)}. May repeat.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice(["error", "warning", "info"]),
        help="The least severity that fails. [error]",
    ),
    click.option("--strict", is_flag=True, default=None, help="Lift every warning and info to an error."),
    click.option(
        "--ignore",
        "ignores",
        metavar="CHECK[:service.Operation[.member]]",
        multiple=True,
        help="Leave these findings out. May repeat.",
    ),
    click.option(
        "--baseline",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Accept the findings of this file.",
    ),
    click.option("--update-baseline", is_flag=True, help="Write today's findings to the baseline."),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but findings."),
    click.option("--no-color", is_flag=True, help="No colours."),
]


# For the commands whose reports count constraints.
fail_under = click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="The least constraint coverage; below it the exit status is 1.",
)


def _gathered(function: F) -> F:
    import functools

    @functools.wraps(function)
    def gather(
        *args: Any,
        reports: tuple[str, ...],
        fail_on: str | None,
        strict: bool | None,
        ignores: tuple[str, ...],
        baseline: Path | None,
        update_baseline: bool,
        quiet: bool,
        no_color: bool,
        **kwargs: Any,
    ) -> Any:
        found = settings.find(Path.cwd())
        asked = list(reports) or found.get("report", []) or ["github" if _in_github() else "terminal"]
        if baseline is None and found.get("baseline"):
            assert found.path is not None
            baseline = found.path.parent / found.get("baseline")
        if update_baseline and baseline is None:
            raise UnusableInputError("--update-baseline needs to know the file", fix="add --baseline FILE")
        kept = [policy.Ignore.from_text(entry["check"], entry["reason"]) for entry in found.get("ignore", [])]
        kept += [policy.Ignore.from_text(text) for text in ignores]
        accepted = policy.load_baseline(baseline) if baseline is not None and not update_baseline else {}
        try:
            threshold = Severity.from_name(fail_on or found.get("fail-on", "error"))
        except KeyError:
            raise UnusableInputError(
                f"fail-on is {found.get('fail-on')!r}",
                where=str(found.path),
                fix="write error, warning or info",
            ) from None
        weighing = policy.Policy(found.get("strict", False) if strict is None else strict, kept, accepted)
        color = False if no_color or os.environ.get("NO_COLOR") else None
        kwargs["reporting"] = Reporting(
            _outputs(asked), threshold, weighing, baseline, update_baseline, quiet, color, found
        )
        if "fail_under" in kwargs:
            least = _least(kwargs.pop("fail_under"), found)
            kwargs["reporting"] = dataclasses.replace(kwargs["reporting"], fail_under=least)
        return function(*args, **kwargs)

    return gather  # type: ignore[return-value]


def _least(asked: float | None, found: settings.Settings) -> float | None:
    least: float | None = found.get("fail-under") if asked is None else asked
    if least is not None and not 0 <= least <= 100:
        raise UnusableInputError(
            f"fail-under is {least!r}", where=str(found.path), fix="write a number of percent from 0 to 100"
        )
    return least


def _in_github() -> bool:
    # Only where nobody reads the output on a terminal: annotations help there, blocks do not.
    return os.environ.get("GITHUB_ACTIONS") == "true" and not sys.stdout.isatty()


def _outputs(asked: Sequence[str]) -> list[tuple[str, Path | None]]:
    outputs: list[tuple[str, Path | None]] = []
    for text in asked:
        name, _, path = text.partition("=")
        report.renderer(name)
        outputs.append((name, Path(path) if path else None))
    if sum(path is None for _, path in outputs) > 1:
        raise UnusableInputError(
            "two reports cannot share standard output", where="--report", fix="give one of them =PATH"
        )
    return outputs


def finish(result: Report, options: Reporting) -> int:
    """Weigh the findings, write every report that was asked for, and give the exit status: 0 or 1.

    With `update_baseline` the findings are accepted instead. Coverage below `fail_under` is said, and the status 1.
    """
    covered, least = result.covered, options.fail_under
    short = covered is not None and least is not None and covered < least
    weighed = options.policy.apply(result)
    weighed = dataclasses.replace(weighed, findings=[redaction.redacted(finding) for finding in weighed.findings])
    if options.update_baseline:
        assert options.baseline is not None
        count = policy.save_baseline(options.baseline, weighed.findings)
        click.echo(f"{options.baseline}: accepts {count} finding{'' if count == 1 else 's'}", err=True)
    else:
        for name, path in options.outputs:
            _write(name, path, weighed, options)
    if short:
        click.echo(f"coverage is {covered:.1f} %, below {least:g} %", err=True)
    fails = not options.update_baseline and weighed.fails(options.fail_on)
    return 1 if fails or short else 0


def _write(name: str, path: Path | None, result: Report, options: Reporting) -> None:
    terminal = path is None and sys.stdout.isatty()
    color = terminal if options.color is None else options.color
    page = report.Page(color=color, width=_width(terminal), quiet=options.quiet)
    text = report.renderer(name)(result, page)
    if path is not None:
        try:
            path.write_text(text + "\n", "utf-8", errors="backslashreplace")
        except OSError as error:
            raise EnvironmentFailedError(f"{path}: the report cannot be written: {error.strerror}") from None
    elif text:
        encoding = sys.stdout.encoding or "utf-8"
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), color=color)


def _width(terminal: bool) -> int:
    if not terminal:
        return 120
    try:
        return max(60, min(os.get_terminal_size(sys.stdout.fileno()).columns, 160))
    except OSError:
        return 100
