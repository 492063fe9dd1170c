"""`aws-contract serve`: the emulator over HTTP."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from validator.emulator import Emulator
from validator.emulator.seeding import plant
from validator.emulator.server import Server
from validator.errors import UnusableInputError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; loopback unless given.")
@click.option("--port", default=4570, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free port.")
@click.option("--clock", type=click.Choice(["real", "step"]), default="step", show_default=True,
              help="Resources move on with time, or when a describe looks at them again.")  # fmt: skip
@click.option("--delay", type=click.FloatRange(0), default=2.0, show_default=True, metavar="SECONDS",
              help="By the real clock: how long a state lasts that passes by itself.")  # fmt: skip
@click.option("--seed", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Calls to make first, one a line, as --record writes them.")  # fmt: skip
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Keep the state in a SQLite file.")  # fmt: skip
@click.option("--account", default="123456789012", show_default=True, help="Whose calls are that say no account.")
@click.option("--region", default="us-east-1", show_default=True, help="Where calls go that are not signed.")
@click.option("--quota", "quotas", multiple=True, metavar="RESOURCE=N",
              help="Another quota, such as personalize.DatasetImportJob=20; none for no limit.")  # fmt: skip
@click.option("--missing", multiple=True, metavar="S3PATH", help="A path where nothing lies: imports from it fail.")
@click.option("--denied", multiple=True, metavar="ROLE", help="The ARN of a role without access: imports with it fail.")
@click.option("--mock", "mocks", multiple=True, metavar="SERVICE",
              help="Answer this service's operations with drawn responses.")  # fmt: skip
@click.option(
    "--random-seed", type=int, default=0, show_default=True, metavar="N", help="What mocked answers depend on."
)
@click.option("-q", "--quiet", is_flag=True, help="No request log.")
def serve(
    host: str,
    port: int,
    clock: str,
    delay: float,
    seed: Path | None,
    store: Path | None,
    account: str,
    region: str,
    quotas: tuple[str, ...],
    missing: tuple[str, ...],
    denied: tuple[str, ...],
    mocks: tuple[str, ...],
    random_seed: int,
    quiet: bool,
) -> None:
    """Serve Personalize and Forecast dataset import jobs, and what they stand on, until stopped.

    Point any SDK at it: boto3.client("personalize", endpoint_url="http://127.0.0.1:4570"), aws --endpoint-url ....
    Access keys tell accounts apart: twelve digits are the account itself.

    \b
    GET  /_aws-contract/health
    POST /_aws-contract/reset
    POST /_aws-contract/advance   {"steps": 1} or {"seconds": 60}
    """
    if len(account) != 12 or not account.isdecimal():
        raise click.BadParameter("an account is twelve digits", param_hint="--account")
    emulator = Emulator(
        clock=clock,
        delay=delay,
        store=store,
        account=account,
        region=region,
        quotas=dict(map(_quota, quotas)),
        missing=missing,
        denied=denied,
        mock=mocks,
        seed=random_seed if mocks else None,
    )
    with emulator:
        if seed is not None:
            plant(emulator, _calls(seed), where=str(seed))
        server = Server(emulator, host, port)
        _log(quiet)
        click.echo(f"aws-contract serves {', '.join([*emulator.contracts, *mocks])} at {server.url}")
        sys.stdout.flush()
        server.run()


def _quota(given: str) -> tuple[str, int | None]:
    name, _, number = given.partition("=")
    if number != "none" and not number.isdecimal():
        raise click.BadParameter(f"{given!r} is not RESOURCE=N", param_hint="--quota")
    return name, None if number == "none" else int(number)


def _calls(file: Path) -> Iterable[object]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise UnusableInputError(f"not JSON: {error}", where=f"{file}:{number}") from None


def _log(quiet: bool) -> None:
    logger = logging.getLogger("aws_contract.serve")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
