"""lifecycle: a resource's states follow one another as documented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator import history as past
from validator.checks import check
from validator.checks.verdict import verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.families import Lifecycle
from validator.results import Finding


@check(
    "lifecycle",
    "States only move forward as documented, and a reason for failure comes only with a failure.",
)
def lifecycle(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for states that nothing documents, that cannot follow what was seen, or that contradict themselves.

    Looks may miss states in between, so any state that can be reached is right. Deletes and creates are judged by the
    state seen in the exchange just before: one legal step may have happened since, no more. What others stand on does
    not end before them, and what continues something does not begin without it.
    """
    read = past.read(contract, exchanges)
    for life in read.lives.values():
        if life.family.lifecycle is not None:
            yield from _states(read, life, life.family.lifecycle)
            yield from _deletion(read, life, life.family.lifecycle)
    yield from _parents(read)
    yield from _held(read)
    yield from _needs(read)


def _states(read: past.History, life: past.Life, rules: Lifecycle) -> Iterator[Finding]:
    before: tuple[int, str] | None = None
    for sight in life.sights:
        status = sight.seen.get(rules.member)
        if not isinstance(status, str):
            continue
        if status not in rules.after:
            yield verdict(
                "lifecycle",
                read.exchanges,
                [sight.index],
                "unknown-state",
                f"{life.family.name} is {status!r}, which is no documented state",
            )
            continue
        reason = sight.seen.get(rules.reason) if rules.reason else None
        if reason and status not in rules.failed:
            yield verdict(
                "lifecycle",
                read.exchanges,
                [sight.index],
                "reason-without-failure",
                f"{life.family.name} is {status!r} and yet gives {rules.reason}",
            )
        if before is None and life.born is not None and not _from_start(rules, status):
            yield verdict(
                "lifecycle",
                read.exchanges,
                [life.born, sight.index],
                "wrong-start",
                f"{life.family.name} is first seen {status!r}, which does not follow {_words(rules.initial)}",
            )
        if before is not None and not rules.may_follow(before[1], status):
            yield verdict(
                "lifecycle",
                read.exchanges,
                [before[0], sight.index],
                "backward",
                f"{life.family.name} goes from {before[1]!r} to {status!r}",
            )
        before = (sight.index, status)


def _from_start(rules: Lifecycle, status: str) -> bool:
    return any(rules.may_follow(first, status) for first in rules.initial)


def _deletion(read: past.History, life: past.Life, rules: Lifecycle) -> Iterator[Finding]:
    if life.deleted is None or not rules.deletable:
        return
    possible = _now(read, life, rules, life.deleted)
    if possible is not None and not possible[1] & rules.deletable:
        yield verdict(
            "lifecycle",
            read.exchanges,
            [*possible[0], life.deleted],
            "deleted-early",
            f"{life.family.name} is deleted while {_words(possible[1])}; only {_words(rules.deletable)} can be",
        )


def _now(read: past.History, life: past.Life, rules: Lifecycle, index: int) -> tuple[list[int], frozenset[str]] | None:
    """The states a resource can be in at an exchange, when the exchange just before shows it; else None."""
    seen = life.status_before(index, rules.member)
    if seen is not None and seen[0] == index - 1 and seen[1] in rules.next:
        return [seen[0]], frozenset({seen[1]}) | rules.next[seen[1]]
    return None


def _parents(read: past.History) -> Iterator[Finding]:
    """Something created on a parent that cannot have been ready."""
    for life in list(read.lives.values()):
        if life.born is None or life.request is None:
            continue
        for member, parent in life.family.parents.items():
            wanted, name = life.family.ready.get(member), life.request.get(member)
            held = read.lives.get((life.scope, parent, name)) if isinstance(name, str) else None
            if not wanted or held is None or held.family.lifecycle is None:
                continue
            possible = _now(read, held, held.family.lifecycle, life.born)
            if possible is not None and not possible[1] & wanted:
                message = f"{life.family.name} is created on a {parent} that is {_words(possible[1])}"
                message += f"; it must be {_words(wanted)}"
                calls = [*possible[0], life.born]
                yield verdict("lifecycle", read.exchanges, calls, "parent-not-ready", message, direction="request")


def _held(read: past.History) -> Iterator[Finding]:
    """Something deleted beneath what keeps it from being deleted."""
    for life in list(read.lives.values()):
        if life.born is None or life.request is None:
            continue
        for member, states in life.family.holds.items():
            name, parent = life.request.get(member), life.family.parents[member]
            held = read.lives.get((life.scope, parent, name)) if isinstance(name, str) else None
            if held is None or held.deleted is None or held.deleted <= life.born or not life.alive_at(held.deleted):
                continue
            if read.exchanges[held.deleted].operation != held.family.operations.get("delete") or life.missing:
                # Taken down with all that stands on it, or gone for a reason that is not to be seen.
                continue
            calls, words = [life.born], "there"
            if states is not None:
                rules = life.family.lifecycle
                possible = _now(read, life, rules, held.deleted) if rules is not None else None
                if possible is None or not possible[1] <= states:
                    continue
                calls, words = [life.born, *possible[0]], _words(possible[1])
            message = f"{parent} is deleted while a {life.family.name} on it is {words}"
            yield verdict("lifecycle", read.exchanges, [*calls, held.deleted], "deleted-beneath", message)


def _needs(read: past.History) -> Iterator[Finding]:
    """Something that continues an earlier one, made where there was none."""
    for life in list(read.lives.values()):
        for need in life.family.needs:
            if life.born is None or life.request is None or not need.applies(life.request):
                continue
            name, parent = life.request.get(need.member), life.family.parents.get(need.member, "")
            on = read.lives.get((life.scope, parent, name)) if isinstance(name, str) else None
            if on is None or on.born is None or on.born > life.born or _others(read, life, need.member):
                continue
            given = ", ".join(f"{member} {value}" for member, value in need.when.items())
            message = f"{life.family.name} with {given} is created where no other of the same {need.member} came before"
            yield verdict(
                "lifecycle", read.exchanges, [on.born, life.born], "nothing-before", message, direction="request"
            )


def _others(read: past.History, life: past.Life, member: str) -> bool:
    """Whether any other of the family was made for the same thing, or was there already."""
    assert life.request is not None
    return any(
        other is not life
        and (other.born or 0) < (life.born or 0)
        and (other.request or {}).get(member, life.request[member]) == life.request[member]
        for other in read.of(life.family, life.scope)
    )


def _words(states: Iterable[str]) -> str:
    return " or ".join(sorted(states))
