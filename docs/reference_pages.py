"""The reference pages, written from the code: commands, checks, keywords, overlay entries, settings, reports.

Run it to bring the committed pages up to date: `python docs/reference_pages.py`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import click

from validator import checks, cli, contract, overlay, report, settings
from validator.keywords import KEYWORDS
from validator.results import SEVERITIES, Severity

Lines = Iterator[str]


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Lines:
    names = list(head)
    yield "| " + " | ".join(names) + " |"
    yield "|" + " --- |" * len(names)
    for row in rows:
        yield "| " + " | ".join(_cell(value) for value in row) + " |"
    yield ""


def commands() -> Lines:
    """Every command with its arguments and options."""
    yield "# Commands\n"
    yield "Exit status: 0 nothing at or above `--fail-on`; 1 findings; 2 the call or an input file is unusable;"
    yield "3 the target or the environment failed; 130 stopped by an interrupt (Ctrl-C).\n"
    group = cli.cli
    context = click.Context(group, info_name="aws-contract")
    shared: dict[str, click.Parameter] = {}
    for name in cli.COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        yield f"## `{name}`\n"
        yield "```text"
        yield f"{inner.command_path} {' '.join(command.collect_usage_pieces(inner))}"
        yield "```\n"
        yield _prose(command.help or "") + "\n"
        own = []
        shares = any(param.name == "reports" for param in command.params)
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                if shares and option.name in _SHARED:
                    shared[option.name or ""] = option
                else:
                    own.append(option)
        if own:
            yield from _table(("option", "meaning"), (_option(option, inner) for option in own))
        if shares:
            yield "Also the [shared options](#shared-options).\n"
    yield "## Shared options\n"
    yield from _table(("option", "meaning"), (_option(option, context) for option in shared.values()))


def _prose(text: str) -> str:
    """A command's help as paragraphs; those that click is told not to wrap stay as they are."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        f"```text\n{inspect.cleandoc(each[1:])}\n```" if each.startswith("\b") else each for each in paragraphs
    )


_SHARED = {"reports", "fail_on", "strict", "ignores", "baseline", "update_baseline", "quiet", "no_color"}


def _option(option: click.Parameter, context: click.Context) -> tuple[str, str]:
    record = option.get_help_record(context)
    if record is None:
        return f"`{option.opts[0]}`", ""
    return f"`{record[0]}`", record[1]


def check_pages() -> Lines:
    """Every check."""
    yield "# Checks\n"
    yield "`aws-contract explain CHECK` says the same at the prompt.\n"
    rows = (
        (
            f"`{id}`",
            check.sentence,
            check.severity,
            "exchange" if check.scope == "exchange" else "sequence",
            f"[source]({check.source})" if check.source else "",
        )
        for id, check in checks.table().items()
    )
    yield from _table(("check", "demands", "severity", "judges an", "documented"), rows)


def keyword_pages() -> Lines:
    """Every keyword of a violation, then every keyword of the contract documents."""
    yield "# Keywords\n"
    yield "What a violation can name. How bad it is depends on the direction.\n"
    rows = []
    for name, keyword in KEYWORDS.items():
        request, answer = SEVERITIES.get(name, (Severity.ERROR, Severity.ERROR))
        examples = (f"`{json.dumps(value)}`" for value in (keyword.schema, keyword.passes, keyword.fails))
        rows.append((f"`{name}`", keyword.demand, request, answer, *examples, keyword.boto3))
    head = ("keyword", "demands", "in a request", "in a response", "schema", "passes", "fails", "boto3")
    yield from _table(head, rows)
    yield "## In the contract documents\n"
    yield "Beside JSON Schema's own keywords, described by `schemas/aws-contract.schema.json`:\n"
    found: dict[str, str] = {}
    _described(json.loads((contract.schemas_folder() / "aws-contract.schema.json").read_text("utf-8")), found)
    yield from _table(("keyword", "meaning"), ((f"`{name}`", found[name]) for name in sorted(found)))


def _described(node: object, found: dict[str, str]) -> None:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name.startswith("x-aws-") and isinstance(value, Mapping) and "description" in value:
                found.setdefault(name, value["description"])
            _described(value, found)
    elif isinstance(node, list):
        for value in node:
            _described(value, found)


def overlay_pages() -> Lines:
    """Every overlay entry, by service."""
    yield "# Overlay entries\n"
    yield "Where a model is wrong (errata) or says less than the published reference (documented)."
    yield "`aws-contract explain ID` shows an entry's patch.\n"
    folder = contract.schemas_folder() / "overlays"
    for service in overlay.services(folder):
        yield f"## {service}\n"
        rows = (
            (
                f"`{entry.id}`",
                entry.layer,
                entry.reason,
                " ".join(f"[{n}]({url})" for n, url in enumerate(entry.evidence, 1)),
            )
            for entry in overlay.load(folder, service)
        )
        yield from _table(("entry", "layer", "reason", "evidence"), rows)


def settings_pages() -> Lines:
    """Every setting."""
    yield "# Settings\n"
    yield "In `[tool.aws-contract]` of `pyproject.toml`, or at the top of `aws-contract.toml`; the nearest file at or"
    yield "above the current folder counts, and the command line wins. A suite under the pytest plugin heeds `strict`,"
    yield "`ignore`, `baseline` and `fail-under`.\n"
    rows = ((f"`{name}`", setting.kind, setting.meaning) for name, setting in settings.SETTINGS.items())
    yield from _table(("setting", "type", "meaning"), rows)


def report_pages() -> Lines:
    """Every report format."""
    yield "# Reports\n"
    yield "Choose with `--report FORMAT[=PATH]`; one of them may go to standard output.\n"
    yield from _table(("format", "what it is"), ((f"`{name}`", text) for name, text in report.FORMATS.items()))


PAGES: Mapping[str, Callable[[], Lines]] = {
    "commands": commands,
    "checks": check_pages,
    "keywords": keyword_pages,
    "overlays": overlay_pages,
    "settings": settings_pages,
    "reports": report_pages,
}


def text(name: str) -> str:
    """One page as Markdown."""
    return "\n".join(PAGES[name]()).rstrip() + "\n"


def write(folder: Path) -> None:
    """Write every page that differs from what is there."""
    for name in PAGES:
        path, content = folder / f"{name}.md", text(name)
        if not path.is_file() or path.read_text("utf-8") != content:
            path.write_text(content, "utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent / "reference")
