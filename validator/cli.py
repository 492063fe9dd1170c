"""The command line's table: each command's module is imported only when that command is run."""

from __future__ import annotations

import importlib
from typing import Any

import click

# name -> what it does, as `aws-contract --help` says it. The function lies in the module of the same name.
COMMANDS: dict[str, str] = {
    "validate": "Hold one payload against the contract.",
    "check": "Hold recordings against the contract.",
    "fuzz": "Drive an emulator, moto, a URL or AWS with requests that keep and break the contract.",
    "replay": "Send a recorded finding's calls again.",
    "serve": "Serve the emulator over HTTP.",
    "schema": "Print a contract, or one operation's schema, as JSON Schema 2020-12.",
    "drift": "Name what changed between two contracts, breaking or safe.",
    "explain": "Say what a check, a keyword, an overlay entry or a member demands, and who says so.",
    "completion": "Print the shell's completion script.",
}


class Doors(click.Group):
    """A group whose commands are found by name and loaded on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, its module imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"validator.commands.{cmd_name}"), cmd_name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, with the nearest command named when there is none."""
        from validator.errors import did_you_mean

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no command named {args[0]!r}{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their one line each, none of them loaded."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Doors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="aws-contract", message="aws-contract %(version)s")
def cli() -> None:
    """Contract testing and schema validation for AWS APIs.

    \b
    Exit status: 0 nothing at or above --fail-on; 1 findings; 2 the call or an input file
    is unusable; 3 the target or the environment failed; 130 stopped by an interrupt.
    """
