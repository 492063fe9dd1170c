"""tags_agree: tags that were put are there, tags that were removed are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validator import history as past
from validator.checks import check
from validator.checks.verdict import shown, verdict
from validator.contract import Contract
from validator.exchange import Exchange
from validator.results import Finding


@check("tags_agree", "A resource's tags are those that were put on it and not removed since.")
def tags_agree(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    """Findings for tags that were put and are not listed, and for tags that were removed and still are."""
    listed = exchanges if isinstance(exchanges, list) else list(exchanges)
    put: dict[tuple[past.Scope, str], dict[str, tuple[int, Any]]] = {}
    for index, exchange in enumerate(listed):
        verb = {"TagResource": "put", "UntagResource": "remove", "ListTagsForResource": "list"}.get(exchange.operation)
        unsure = exchange.unread is not None
        if verb is None or not (exchange.accepted or unsure) or not isinstance(exchange.request, Mapping):
            continue
        members = {name.lower(): value for name, value in exchange.request.items()}
        resource = members.get("resourcearn")
        if not isinstance(resource, str):
            continue
        if unsure:
            # What became of it, nobody knows.
            put.pop((past.scope_of(exchange), resource), None)
            continue
        known = put.setdefault((past.scope_of(exchange), resource), {})
        if verb == "put":
            known.update({key: (index, value) for key, value in _pairs(members.get("tags")).items()})
        elif verb == "remove":
            keys = members.get("tagkeys")
            known.update(
                {key: (index, None) for key in (keys if isinstance(keys, list) else ()) if isinstance(key, str)}
            )
        else:
            answer = {
                name.lower(): value
                for name, value in (exchange.response if isinstance(exchange.response, Mapping) else {}).items()
            }
            there = _pairs(answer.get("tags"))
            wrong = next((key for key, (_, value) in known.items() if there.get(key) != value), None)
            if wrong is not None:
                at, value = known[wrong]
                yield verdict(
                    "tags_agree",
                    listed,
                    (at, index),
                    "tags",
                    f"tag {shown(wrong)} was {'removed' if value is None else f'set to {shown(value)}'} "
                    f"and is listed as {shown(there.get(wrong))}",
                )


def _pairs(tags: Any) -> dict[str, Any]:
    """Tags by key, whichever of its two forms a service uses."""
    if isinstance(tags, Mapping):
        return dict(tags)
    pairs: dict[str, Any] = {}
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, Mapping):
            members = {name.lower(): value for name, value in tag.items()}
            key = members.get("key", members.get("tagkey"))
            if isinstance(key, str):
                pairs[key] = members.get("value", members.get("tagvalue"))
    return pairs
