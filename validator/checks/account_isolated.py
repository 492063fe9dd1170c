"""account_isolated: accounts and regions do not see each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from validator import history as past
from validator.checks import check
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding


@check("account_isolated", "What one account or region holds, another neither sees nor changes.")
def account_isolated(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for resources that were created in one account and region and are seen or deleted from another.

    Only identifiers that name their account and region (ARNs) are judged: plain names may be taken in each.
    """
    read = past.read(contract, exchanges)
    homes = {(life.family.name, life.identifier): life for life in read.lives.values() if life.born is not None}
    for life in list(read.lives.values()):
        home = homes.get((life.family.name, life.identifier))
        if home is None or home.scope == life.scope or home.born is None or not life.identifier.startswith("arn:"):
            continue
        if None in (*home.scope, *life.scope) or life.born is not None:
            continue
        seen = [(sight.index, sight.how) for sight in life.sights]
        # A delete may be acknowledged where there is nothing to delete: what counts is whether it is gone at home.
        lost = [at for at in home.missing if life.deleted is not None and at > life.deleted and home.deleted is None]
        if life.deleted is not None and lost:
            seen.append((life.deleted, "deleted"))
        later = [(index, how) for index, how in seen if index > home.born]
        if later:
            index, how = min(later)
            yield verdict(
                "account_isolated",
                read.exchanges,
                [home.born, index],
                how,
                f"{life.family.name} {shown(life.identifier)} of {_words(home.scope)} is {how} from "
                f"{_words(life.scope)}",
            )


def _words(scope: past.Scope) -> str:
    return f"account {scope[0]} in {scope[1]}"
