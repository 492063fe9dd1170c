"""`aws-contract validate`: one payload held against the contract."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import click

from validator import instances
from validator import validate as validating
from validator.checks import conformance
from validator.commands.options import Reporting, finish, reporting
from validator.errors import UnusableInputError
from validator.exchange import ErrorReply, Exchange
from validator.results import Location, Report

# A payload beyond this is no payload of any operation: the largest request body AWS takes is far smaller.
_LARGEST = 64 * 1024 * 1024
# Python itself reads no longer ones from text.
_DIGITS = 4300


@click.command()
@click.argument("service")
@click.argument("operation")
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option(
    "--request",
    "direction",
    flag_value="request",
    help="The payload is the operation's request (the default).",
)
@click.option("--response", "direction", flag_value="response", help="The payload is the operation's response.")
@click.option("--error", "code", metavar="CODE", help="The payload is the body of this error of the operation.")
@reporting
def validate(
    service: str, operation: str, file: str, direction: str | None, code: str | None, reporting: Reporting
) -> int:
    """Hold one JSON payload against the contract of OPERATION.

    The payload may be what boto3 takes or gives written as JSON, or the AWS CLI's output: times as epoch seconds or ISO
    8601, blobs as base64.
    """
    if code and direction:
        raise click.UsageError("choose one of --request, --response and --error")
    started = time.perf_counter()
    found = validating.load(service).operation(operation)
    name = "standard input" if file == "-" else file
    payload = read_payload(file, name)
    chosen = "error" if code else direction or "request"
    found.shape(chosen, code)
    instance = instances.from_cli(found, payload, chosen, code)
    parts: dict[str, Any] = {"error": ErrorReply(code or "", body=instance)} if code else {chosen: instance}
    exchange = Exchange(service, found.name, location=Location(name), **parts)
    findings = list(conformance.judge(found.contract, exchange, chosen, instance, code))
    result = Report(
        "validate",
        findings,
        exchanges=1,
        checked=1,
        seconds=time.perf_counter() - started,
        details={"subject": f"{service}.{found.name} {chosen}"},
    )
    return finish(result, reporting)


def read_payload(file: str, name: str) -> Any:
    """The JSON value in a file, or on standard input for `-`; UnusableInputError in one line for anything else."""
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(_LARGEST + 1)
    except OSError as error:
        raise UnusableInputError(f"cannot be read: {error.strerror}", where=name) from None
    if len(content) > _LARGEST:
        raise UnusableInputError(
            f"larger than {_LARGEST >> 20} MiB", where=name, fix="hold recordings with 'aws-contract check'"
        )
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short,
            object_pairs_hook=_no_twins,
        )
    except UnicodeDecodeError as error:
        raise UnusableInputError(f"not UTF-8 at byte {error.start}", where=name) from None
    except RecursionError:
        raise UnusableInputError("nested too deeply", where=name) from None
    except UnusableInputError as error:
        raise UnusableInputError(error.what, where=name) from None
    except ValueError as error:
        raise UnusableInputError(f"not JSON: {error}", where=name, fix="pass one JSON object") from None


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise UnusableInputError(f"the number {text[:40]} is too large for any tool to hold")
    return number


def _short(text: str) -> int:
    if len(text) > _DIGITS:
        raise UnusableInputError(f"a number has {len(text)} digits, and {_DIGITS} is the most")
    return int(text)


def _no_constant(text: str) -> Any:
    raise UnusableInputError(f"not JSON: {text} is no JSON number")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise UnusableInputError(f"the member {twin!r} is there twice")
    return document
