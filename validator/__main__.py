"""The `aws-contract` command: every way out is an exit status and at most one line on standard error."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its status: 0 clean, 1 findings, 2 unusable input, 3 environment."""
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(arguments))


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit status; nothing but the interpreter's own exit passes through."""
    # Looked up here, not at the top: the version must not wait for anything.
    if arguments == ["--version"]:
        from validator import __version__

        print(f"aws-contract {__version__}")
        return 0
    import click

    from validator.cli import cli
    from validator.errors import AwsContractError

    try:
        status = cli.main(arguments or ["--help"], prog_name="aws-contract", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except AwsContractError as error:
        return _say(error, error.exit_status if error.exit_status != 1 else 2)
    except click.UsageError as error:
        hint = f"; see 'aws-contract {_path(error)}--help'"
        return _say(f"{' '.join(error.format_message().split()).rstrip('.')}{hint}", 2)
    except click.Abort:
        return _say("stopped", 130)
    except click.ClickException as error:
        return _say(" ".join(error.format_message().split()), 2)
    except KeyboardInterrupt:
        return _say("stopped", 130)
    except BrokenPipeError:
        # The reader went away (`| head`): not our failure. Standard output is replaced so that its closing is quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _say(f"{place}{error.strerror or error}", 2 if error.filename else 3)
    except Exception as error:
        if os.environ.get("AWS_CONTRACT_TRACEBACK"):
            raise
        text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return _say(f"internal error: {text}; set AWS_CONTRACT_TRACEBACK=1 to see where, and report it", 3)


def _path(error: object) -> str:
    context = getattr(error, "ctx", None)
    words = context.command_path.split()[1:] if context is not None else []
    return "".join(f"{word} " for word in words)


def _say(message: object, status: int) -> int:
    line = f"aws-contract: {message}".encode(sys.stderr.encoding or "utf-8", "backslashreplace")
    print(line.decode(sys.stderr.encoding or "utf-8"), file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
