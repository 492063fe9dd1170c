"""`aws-contract replay`: the calls of a finding sent again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from validator import checks, validate
from validator.commands.options import Reporting, reporting
from validator.commands.targets import Aws, open_target
from validator.errors import AwsContractError, UnusableInputError
from validator.exchange import ErrorReply, Exchange
from validator.fuzzing.resend import resend
from validator.fuzzing.trail import texts_of
from validator.results import Finding, Location, Violation
from validator.transport.target import Target

FIXED, FAILS, ERROR = "FIXED", "STILL FAILS", "ERROR"
# Where a finding's id is looked for when no file is named.
_REPORTS = ("aws-contract-report.json", "report.json", "aws-contract.json")


@dataclass(frozen=True, slots=True)
class Case:
    """A finding of a report: what was found, and the calls that lead to it."""

    id: str
    check: str
    group: tuple[str, ...] | None
    message: str
    calls: tuple[Exchange, ...]


@click.command()
@click.argument("finding", metavar="ID|FILE")
@click.option("--from", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="The JSON report that has the finding.")  # fmt: skip
@click.option("--target", metavar="NAME|URL", help="emulator, moto, aws, or a URL. [that of the report]")
@click.option("--allow-writes", is_flag=True, help="On aws: also send calls that change something.")
@click.option("--reset", is_flag=True, help="Empty a server at a URL first, though it holds something.")
@reporting
def replay(
    finding: str, source: Path | None, target: str | None, allow_writes: bool, reset: bool, reporting: Reporting
) -> int:
    """Send the calls of a finding again and say whether it is FIXED, STILL FAILS, or why that cannot be told (ERROR).

    FILE is a JSON report, of which every finding is sent, or a recording of the tool's own (JSONL), whose calls are
    sent as one sequence and judged anew. An ID is looked for in the report named with --from, or in report.json.
    """
    path, wanted = _where(finding, source)
    cases, known_target = read(path)
    if wanted is not None:
        cases = [case for case in cases if case.id == wanted]
        if not cases:
            raise UnusableInputError(f"has no finding {wanted}", where=str(path))
    name = target or reporting.settings.get("target") or known_target or "emulator"
    driven = open_target(name, Aws(writes=allow_writes) if name == "aws" else None, reset or None)
    verdicts = []
    try:
        for case in cases:
            verdict, why = again(driven, case, writes=allow_writes)
            verdicts.append(verdict)
            click.echo(
                f"{verdict:<11}  {case.id}  {case.check}  {case.message}"[:300]
                + (f"\n             {why}" if why else "")
            )
    finally:
        driven.close()
    return 3 if ERROR in verdicts else 1 if FAILS in verdicts else 0


def again(target: Target, case: Case, *, writes: bool = False) -> tuple[str, str]:
    """The verdict on one case, and why when it cannot be told."""
    if not case.calls:
        return ERROR, "the finding has no calls"
    try:
        contract = validate.load(case.calls[0].service)
        if not target.owned and not writes:
            for call in case.calls:
                if not contract.operation(call.operation).readonly:
                    return ERROR, f"{call.operation} changes something; add --allow-writes"
        fresh = target.reset()
        suffix = "" if fresh else secrets.token_hex(3)
        sent = resend(target, contract, case.calls, rename=None if fresh else lambda name: name[:50] + suffix)
        if len(sent) < len(case.calls):
            return ERROR, "the target does not offer every operation of it"
        only = (
            [case.check]
            if case.check in checks.table()
            else [id for id in checks.table() if id != "request_conformance"]
        )
        found = [
            each for each in checks.run(contract, sent, only=only) if case.group is None or each.group == case.group
        ]
    except AwsContractError as error:
        return ERROR, str(error)
    if found:
        return FAILS, found[0].message if case.group is None else ""
    if any(text == "***" for call in case.calls for text in texts_of(call.request)):
        return ERROR, "its sensitive members are hidden in the report; fuzz again with --record and replay that"
    return FIXED, ""


def read(path: Path) -> tuple[list[Case], str | None]:
    """The cases in a report or a recording, and the target they were found on."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInputError(f"cannot be read: {error}", where=str(path)) from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and isinstance(document.get("findings"), list):
        # A run in several processes says in how many.
        target = str(document.get("details", {}).get("target") or "").partition(" in ")[0] or None
        return [_case(entry) for entry in document["findings"] if isinstance(entry, dict)], target
    if isinstance(document, dict) and {"check", "calls"} <= document.keys():
        return [_case(document)], None
    calls = tuple(_calls(text, path))
    if not calls:
        raise UnusableInputError("has no calls", where=str(path), fix="pass a JSON report or the tool's own JSONL")
    return [Case("recording", "all checks", None, f"{len(calls)} calls of {path.name}", calls)], None


def _where(finding: str, source: Path | None) -> tuple[Path, str | None]:
    if source is not None:
        return source, finding
    if Path(finding).is_file():
        return Path(finding), None
    for name in _REPORTS:
        if Path(name).is_file():
            return Path(name), finding
    raise UnusableInputError(f"no file named {finding!r}, and no report to look for an id in", where="replay",
                             fix="name the report with --from FILE")  # fmt: skip


def _case(entry: Mapping[str, Any]) -> Case:
    try:
        violations = tuple(
            Violation(each["keyword"], each["instance_path"], each["schema_path"], each.get("limit"), each.get("value"))
            for each in entry.get("violations", ())
        )
        finding = Finding(entry["check"], 0, entry["service"], entry["operation"], entry["direction"], entry["message"],  # type: ignore[arg-type]
                          violations, code=entry.get("code"))  # fmt: skip
        return Case(
            entry["id"], entry["check"], finding.group, entry["message"], tuple(map(exchange, entry.get("calls", ())))
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UnusableInputError(f"not a finding: it lacks {error}", where="report") from None


def _calls(text: str, path: Path) -> Iterator[Exchange]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield exchange(json.loads(line), Location(str(path), number))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise UnusableInputError(
                    "not an exchange", where=f"{path}:{number}", fix="pass the tool's own JSONL"
                ) from None


def exchange(document: Mapping[str, Any], location: Location | None = None) -> Exchange:
    """An exchange from its own recording form."""
    error = document.get("error")
    reply = ErrorReply(error["code"], error.get("message", ""), error.get("body")) if error else None
    known = {name: document.get(name) for name in ("status", "recorded_at", "phase", "account", "region", "unread")}
    request, response = document.get("request"), document.get("response")
    return Exchange(document["service"], document["operation"], request, response, reply, location=location, **known)
