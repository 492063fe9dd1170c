"""timestamps_ordered: times make sense together and over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator import history as past
from validator.checks import check
from validator.checks.verdict import verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding


@check(
    "timestamps_ordered",
    "A resource's creation time never changes and is never after its update time, which never goes back.",
)
def timestamps_ordered(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for resources whose times contradict each other."""
    read = past.read(contract, exchanges)
    for life in read.lives.values():
        family = life.family
        before: dict[str, tuple[int, float]] = {}
        for sight in life.sights:
            created, updated = (
                _time(sight.seen.get(name)) if name else None for name in (family.created, family.updated)
            )
            if created is not None and updated is not None and updated < created:
                yield verdict(
                    "timestamps_ordered",
                    read.exchanges,
                    [sight.index],
                    "updated-before-created",
                    f"{family.name}: {family.updated} {updated} is before {family.created} {created}",
                )
                break
            if created is not None and "created" in before and before["created"][1] != created:
                yield verdict(
                    "timestamps_ordered",
                    read.exchanges,
                    [before["created"][0], sight.index],
                    "created-changed",
                    f"{family.name}: {family.created} changes from {before['created'][1]} to {created}",
                )
                break
            if updated is not None and "updated" in before and updated < before["updated"][1]:
                yield verdict(
                    "timestamps_ordered",
                    read.exchanges,
                    [before["updated"][0], sight.index],
                    "updated-back",
                    f"{family.name}: {family.updated} goes back from {before['updated'][1]} to {updated}",
                )
                break
            for name, value in (("created", created), ("updated", updated)):
                if value is not None:
                    before[name] = (sight.index, value)


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
