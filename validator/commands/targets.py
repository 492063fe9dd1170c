"""The targets that the command line knows by name, and what must be said and kept to before AWS itself is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from validator.boundary import plan
from validator.contract import Operation
from validator.emulator import Emulator
from validator.errors import EnvironmentFailedError, UnknownNameError, UnusableInputError
from validator.fuzzing.stage import Options
from validator.negative import NoInstanceError
from validator.transport import ClientTarget, HttpTarget, MemoryTarget, MotoTarget
from validator.transport.target import Target

TARGETS = ("emulator", "moto", "aws")


@dataclass(frozen=True, slots=True)
class Aws:
    """How AWS is to be called: region and profile if not the environment's, and whether writes are allowed."""

    region: str | None = None
    profile: str | None = None
    writes: bool = False

    def client(self, service: str, region: str | None = None) -> Any:
        """A client with credentials by botocore's own chain, without retries and without validation."""
        import botocore.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        quiet = Config(parameter_validation=False, retries={"total_max_attempts": 1, "mode": "standard"})
        try:
            session = botocore.session.Session(profile=self.profile)
            return session.create_client(service, region_name=region or self.region, config=quiet)
        except BotoCoreError as error:
            raise EnvironmentFailedError(f"aws: {' '.join(str(error).split())}") from None

    def allowed(self, operations: Sequence[Operation]) -> list[Operation]:
        """The operations that may be called: those that only read, unless writes are allowed."""
        kept = [operation for operation in operations if self.writes or operation.readonly]
        if not kept:
            raise UnusableInputError(
                "none of the operations only reads", where="--target aws", fix="add --allow-writes"
            )
        return kept

    def caller(self) -> tuple[str, str]:
        """The account and the region that calls would go to; EnvironmentFailedError without credentials."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.client("sts")
        try:
            return client.get_caller_identity()["Account"], client.meta.region_name
        except (BotoCoreError, ClientError) as error:
            raise EnvironmentFailedError(f"aws: {' '.join(str(error).split())}") from None


def open_target(name: str, aws: Aws | None = None, resets: bool | None = None) -> Target:
    """The target of that name, or at that URL; `resets` as HttpTarget takes it."""
    if "://" in name:
        return HttpTarget(name, resets=resets, tell=_say)
    if resets:
        raise UnusableInputError("--reset is about a server at a URL", where=f"--target {name}")
    if name == "emulator":
        return MemoryTarget(Emulator(seed=0))
    if name == "moto":
        return MotoTarget()
    if name == "aws":
        return ClientTarget((aws or Aws()).client)
    raise UnknownNameError("target", name, TARGETS, where="--target")


def _say(line: str) -> None:
    click.echo(f"aws-contract: {line}", err=True)


def estimate(operations: Sequence[Operation], options: Options) -> dict[str, int]:
    """About how many requests each phase would make; an upper bound where Hypothesis draws."""
    counts: dict[str, int] = {}
    for phase in options.phases:
        if phase == "boundary":
            counts[phase] = sum(_edges(operation) for operation in operations)
        elif phase in ("positive", "negative"):
            counts[phase] = len(operations) * options.max_examples
        elif phase == "pagination":
            counts[phase] = 40 * sum(operation.pagination is not None for operation in operations)
        elif phase == "stateful":
            counts[phase] = 60 * options.sequences if options.writes else 5 * len(operations)
        else:
            counts[phase] = 2 * len(operations)
    return counts


def _edges(operation: Operation) -> int:
    try:
        return len(plan(operation).edits)
    except NoInstanceError:
        return 0


def banner(
    target: str, operations: Sequence[Operation], options: Options, most: int | None, aws: Aws | None, *, ask: bool
) -> str:
    """What a run would do, in lines: where, which operations, and about how many requests.

    With `ask` AWS is asked whose the credentials are; that is one call of its own.
    """
    lines = [f"target      {target}"]
    if aws is not None:
        account, region = aws.caller() if ask else ("not asked", aws.region or "the environment's")
        lines += [f"account     {account}", f"region      {region}"]
        lines.append(f"operations  {len(operations)}, " + ("reading and WRITING" if aws.writes else "only reading"))
    else:
        lines.append(f"operations  {len(operations)}")
    counts = estimate(operations, options)
    total = sum(counts.values())
    lines.append(
        f"requests    about {min(total, most) if most else total:,}: "
        + ", ".join(f"{phase} {count:,}" for phase, count in counts.items())
    )
    if most is not None:
        lines.append(f"at most     {most:,}")
    lines.append(f"seed        {options.seed}")
    by_service: dict[str, list[str]] = {}
    for operation in operations:
        by_service.setdefault(operation.service, []).append(operation.name)
    lines += [f"{service:<11} {', '.join(names)}" for service, names in by_service.items()]
    return "\n".join(lines)
