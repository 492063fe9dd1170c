"""Lists of resources: filters, pages and tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from validator.emulator.kinds import Kind, Route
from validator.emulator.motion import Motion
from validator.emulator.refusals import Refusal
from validator.emulator.store import Record, Scope

Members = Mapping[str, Any]
# (member, whether it must equal, value)
Filters = tuple[tuple[str, bool, Any], ...]
# What a page holds where the request does not say; no reference documents it.
PAGE = 100


class Lists(Motion):
    """Pages of summaries."""

    def list_page(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """One page of summaries, and a token when there are more."""
        kind, pages = route.one_kind, route.operation.pagination or {}
        token_in, token_out = pages["inputToken"][0], pages["outputToken"][0]
        filters = self.filters(kind, request)
        context = self.context(route, scope, filters)
        after = self.read_token(kind, context, request.get(token_in))
        size = self.page_size(request.get(pages.get("limitKey", "")))
        records = list(islice(self.matching(kind, scope, filters, after), size + 1))
        answer: dict[str, Any] = {
            kind.declared["summaries"]: [self.show(record, kind.summarized, "listed") for record in records[:size]]
        }
        if len(records) > size:
            answer[token_out] = self.tokens.give(context, records[size - 1].number, self.clock.now())
        return answer

    def page_size(self, asked: float | None) -> int:
        """How many summaries a page holds at most."""
        # A number written 5.0 is a whole number too.
        return PAGE if asked is None else int(asked)

    def filters(self, kind: Kind, request: Members) -> Filters:
        """What the list is filtered by: (member, whether it must equal, value), in an order of their own."""
        found: list[tuple[str, bool, Any]] = []
        for name, of in kind.declared.get("filters", {}).items():
            if isinstance(of, str):
                if name in request:
                    found.append((of, True, request[name]))
                continue
            for each in request.get(name, ()):
                found.append((each[of["key"]], each[of["condition"]] == of["is"], each[of["value"]]))
        return tuple(sorted(set(found)))

    def matching(self, kind: Kind, scope: Scope, filters: Filters, after: int) -> Iterator[Record]:
        """The resources that pass every filter, oldest first, from a number on."""
        shelf = self.store.shelf(kind, scope)
        if not filters:
            return shelf.after(after, None, {})
        places = {member: place for place, member in enumerate(kind.indexed)}
        tests = [(places[member], equal, value) for member, equal, value in filters]
        wanted = {place: value for place, equal, value in tests if equal}

        def matches(key: tuple[Any, ...]) -> bool:
            return all((key[place] == value) is equal for place, equal, value in tests)

        return shelf.after(after, matches, wanted)

    def context(self, route: Route, scope: Scope, filters: Filters) -> str:
        """What a token is bound to."""
        return f"{route.operation.service}/{route.operation.name}/{scope[0]}/{scope[1]}/{json.dumps(filters)}"

    def read_token(self, kind: Kind, context: str, token: str | None) -> int:
        """The number that the page begins after; refused for a token that is not, or no longer, good here."""
        if token is None:
            return 0
        read = self.tokens.take(context, token)
        if read is None:
            raise Refusal(kind.error("token"), "The token is not valid.")
        expires = kind.declared.get("tokens", {}).get("expires")
        if expires is not None and self.clock.now() - read[1] > expires:
            raise Refusal(kind.error("token"), "The token has expired.")
        return read[0]
