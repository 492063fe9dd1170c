"""The pytest plugin's door: options, marker and fixtures. Everything heavier is loaded when a suite asks for it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from validator.emulator import Emulator
    from validator.watching import Seen

_NAME = "aws-contract-suite"
_MODES = ("on", "strict", "warn", "off")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--aws-contract[=strict|warn]` and what goes with it."""
    group = parser.getgroup("aws-contract", "hold every boto3 call to its contract")
    group.addoption(
        "--aws-contract",
        nargs="?",
        const="on",
        default=None,
        metavar="strict|warn",
        help="hold every boto3 call of the suite to its AWS contract; strict: warnings fail too; warn: nothing fails",
    )
    group.addoption(
        "--aws-contract-report",
        action="append",
        default=[],
        metavar="FORMAT=PATH",
        help="write a report (json, junit, sarif, github, html); may repeat",
    )
    group.addoption(
        "--aws-contract-fail-under",
        type=_percent,
        default=None,
        metavar="PERCENT",
        help="fail when fewer of the constraints of the operations seen were met on both sides",
    )
    parser.addini("aws_contract", "on, strict, warn or off, as --aws-contract", default="off")
    parser.addini(
        "aws_contract_ignore",
        "what to leave out, a line each: CHECK[:service.Operation[.member]]  # reason",
        type="linelist",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch, where the suite asks for it."""
    config.addinivalue_line(
        "markers",
        "aws_contract(ignore=[CHECK[:service.Operation[.member]]], reason=...): leave findings out of this test",
    )
    mode = _mode(config)
    if mode == "off":
        return
    from validator.errors import AwsContractError
    from validator.suite import Suite

    try:
        suite = Suite(config, mode)
    except AwsContractError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(suite, _NAME)


def _mode(config: pytest.Config) -> str:
    mode: str | None = config.getoption("--aws-contract")
    if mode is None:
        mode = str(config.getini("aws_contract")).strip() or "off"
        if mode not in _MODES:
            raise pytest.UsageError(f"the setting aws_contract is {mode!r}; write on, strict, warn or off")
    elif mode not in _MODES and Path(mode.partition("::")[0]).exists():
        # `pytest --aws-contract tests` means the folder: an option with an optional value swallows what follows it.
        given = config.args if config.args_source is config.ArgsSource.ARGS else []
        config.args = [mode, *given]
        config.option.aws_contract = mode = "on"
    elif mode not in _MODES:
        raise pytest.UsageError(f"--aws-contract is {mode!r}; write --aws-contract, =strict or =warn")
    return mode


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 100")
    return percent


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave boto3 as it was."""
    suite = config.pluginmanager.unregister(name=_NAME) if config.pluginmanager.hasplugin(_NAME) else None
    if suite is not None:
        suite.stop()


@pytest.fixture
def aws_contract(request: pytest.FixtureRequest) -> Iterator[Seen]:
    """What this test's boto3 calls did: `exchanges`, `findings`; watched even where the suite is not."""
    suite = request.config.pluginmanager.get_plugin(_NAME)
    if suite is not None:
        yield suite.current
        return
    from validator.watching import watched

    with watched() as seen:
        yield seen


@pytest.fixture
def aws_emulator() -> Iterator[Emulator]:
    """A fresh emulator in process; every boto3 client the test makes for its services is answered by it."""
    from validator.emulator import Emulator

    with Emulator() as emulator, emulator.patch():
        yield emulator
