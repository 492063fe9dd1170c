"""`aws-contract schema`: a contract, or one operation's schema, on standard output."""

from __future__ import annotations

import json
from typing import Any

import click

from validator import contract


@click.command()
@click.argument("service")
@click.argument("operation", required=False)
@click.option("--request", "direction", flag_value="request", help="The operation's request (the default).")
@click.option("--response", "direction", flag_value="response", help="The operation's response.")
@click.option("--error", "code", metavar="CODE", help="The body of one of the operation's errors.")
@click.option("--api-version", metavar="DATE", help="Another API version than the newest.")
@click.option(
    "--from",
    "origin",
    type=click.Choice(["auto", "committed", "botocore"]),
    default="auto",
    help="The committed contract, or one derived from the installed botocore.",
)
def schema(
    service: str,
    operation: str | None,
    direction: str | None,
    code: str | None,
    api_version: str | None,
    origin: Any,
) -> None:
    """Print JSON Schema 2020-12: the service's contract, or one OPERATION's self-contained schema."""
    loaded = contract.load(service, api_version, origin=origin)
    if operation is None:
        if direction or code:
            raise click.UsageError("--request, --response and --error need an OPERATION")
        document = loaded.document
    else:
        if code and direction:
            raise click.UsageError("choose one of --request, --response and --error")
        document = loaded.operation(operation).schema("error" if code else direction or "request", code)
    click.echo(json.dumps(document, indent=2))
