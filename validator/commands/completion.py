"""`aws-contract completion`: the script that makes a shell complete the command's words."""

from __future__ import annotations

import click
from click import shell_completion


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL; load it with: eval "$(aws-contract completion bash)"."""
    found = shell_completion.get_completion_class(shell)
    assert found is not None
    root = click.get_current_context().find_root()
    click.echo(found(root.command, {}, "aws-contract", "_AWS_CONTRACT_COMPLETE").source())
