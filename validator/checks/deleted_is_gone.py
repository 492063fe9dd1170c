"""deleted_is_gone: what was deleted does not stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator import history as past
from validator.checks import check
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding

# A deletion may take a while: this many looks at it alone are patience enough. Lists are asked for about other things,
# and hundreds of them in a row say nothing of how much time has passed.
_PATIENCE = 20


@check("deleted_is_gone", "What was deleted is gone, at once or by way of the documented states of deletion.")
def deleted_is_gone(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for resources that are seen alive after their deletion, come back, or are being deleted for ever."""
    read = past.read(contract, exchanges)
    for life in read.lives.values():
        if life.deleted is None or not life.surely_deleted:
            continue
        rules = life.family.lifecycle
        gone: int | None = None
        after = [(sight.index, sight) for sight in life.sights if sight.index > life.deleted]
        missing = [index for index in life.missing if index > life.deleted]
        gone = missing[0] if missing else None
        counted = "described" if "describe" in life.family.operations else "listed"
        looks = 0
        for index, sight in after:
            status = sight.seen.get(rules.member) if rules is not None else None
            deleting = rules is not None and isinstance(status, str) and status in rules.deleting
            unknown = status is None and rules is not None and bool(rules.deleting)
            if gone is not None and index > gone:
                yield verdict(
                    "deleted_is_gone",
                    read.exchanges,
                    [life.deleted, gone, index],
                    "came-back",
                    f"{life.family.name} {shown(life.identifier)} was gone and is {sight.how} again",
                )
                break
            if not deleting and not unknown:
                yield verdict(
                    "deleted_is_gone",
                    read.exchanges,
                    [life.deleted, index],
                    "still-there",
                    f"{life.family.name} {shown(life.identifier)} was deleted and is still {sight.how}"
                    + (f" as {status}" if status else ""),
                )
                break
            looks += sight.how == counted
            if looks > _PATIENCE:
                yield verdict(
                    "deleted_is_gone",
                    read.exchanges,
                    [life.deleted, index],
                    "never-gone",
                    f"{life.family.name} {shown(life.identifier)} is still {status} after {looks} looks",
                )
                break
