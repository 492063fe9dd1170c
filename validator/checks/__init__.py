"""The checks: each a function `(contract, exchanges) -> Iterator[Finding]`, in one table by id.

A check lives in a file of its own and enters the table with the `check` decorator; `_ROOMS` names the files. A check
of scope `exchange` judges each exchange alone, so exchanges may be streamed through it; one of scope `history` needs
a whole sequence, oldest first.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding, Severity

Scope = Literal["exchange", "history"]
Judge = Callable[[Contract, Iterable[Exchange]], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its id, what it demands in a sentence, how bad a breach is, and the function that judges."""

    id: str
    sentence: str
    severity: Severity
    scope: Scope
    run: Judge
    source: str = ""


_TABLE: dict[str, Check] = {}


def check(
    id: str, sentence: str, *, severity: Severity = Severity.ERROR, scope: Scope = "history", source: str = ""
) -> Callable[[Judge], Judge]:
    """Enter a function into the table of checks; `source` is the public page that documents the demand."""

    def enter(run: Judge) -> Judge:
        _TABLE[id] = Check(id, sentence, severity, scope, run, source)
        return run

    return enter


_ROOMS = (
    "conformance",
    "error_status",
    "no_server_error",
    "valid_accepted",
    "invalid_rejected",
    "no_effect_after_rejection",
    "page_size",
    "page_progress",
    "page_complete",
    "page_disjoint",
    "token_rejected",
    "filter_holds",
    "lifecycle",
    "timestamps_ordered",
    "describe_agrees",
    "created_is_listed",
    "deleted_is_gone",
    "name_unique",
    "missing_is_not_found",
    "closure",
    "account_isolated",
    "quota_holds",
    "tags_agree",
)


@functools.cache
def table() -> Mapping[str, Check]:
    """Every check by id, in the order in which they are documented."""
    for room in _ROOMS:
        importlib.import_module(f"{__name__}.{room}")
    return dict(_TABLE)


def run(
    contract: Contract,
    exchanges: Iterable[Exchange],
    *,
    only: Iterable[str] | None = None,
    scope: Scope | None = None,
) -> Iterator[Finding]:
    """What all checks, or only those named, find in the exchanges of one contract's service."""
    wanted = table() if only is None else {id: table()[id] for id in only}
    # A list is handed on as it is: what one check has read of it, `history.read` gives the next.
    history = exchanges if isinstance(exchanges, list) else list(exchanges)
    for each in wanted.values():
        if scope in (None, each.scope):
            yield from each.run(contract, history)
