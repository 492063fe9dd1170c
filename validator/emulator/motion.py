"""Resources and their states: found, shown, and moved on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator.emulator.clock import Clock
from validator.emulator.kinds import Kind, Route
from validator.emulator.refusals import Refusal
from validator.emulator.store import Record, Scope, Store
from validator.emulator.tokens import Tokens

Members = Mapping[str, Any]


class Motion:
    """The resources of some services over one store and one clock.

    `quotas` replaces declared limits by `service.Resource` (None: no limit); `missing` are S3 paths where nothing
    lies, `denied` the ARNs of roles without access: imports that need them fail.
    """

    def __init__(
        self,
        kinds: Mapping[str, Mapping[str, Kind]],
        store: Store,
        clock: Clock,
        tokens: Tokens,
        *,
        quotas: Mapping[str, int | None],
        missing: tuple[str, ...] = (),
        denied: tuple[str, ...] = (),
    ) -> None:
        self.kinds, self.store, self.clock, self.tokens = kinds, store, clock, tokens
        self.quotas, self.missing, self.denied = dict(quotas), missing, denied

    def find(self, service: str, kind: str, scope: Scope, identifier: str) -> Record | None:
        """The resource of a kind with an identifier, in one account and region."""
        return self.store.shelf(self.kinds[service][kind], scope).by_identifier.get(identifier)

    def named(self, route: Route, scope: Scope, request: Members) -> Record:
        """The resource that a request names, of the route's kind or of any; refused when there is none."""
        identifier, service = request[route.takes], route.operation.service
        kinds = [route.kind] if route.kind is not None else self.kinds[service].values()
        for kind in kinds:
            found = self.find(service, kind.name, scope, identifier)
            if found is not None:
                return found
        any_kind = next(iter(kinds))
        title = any_kind.title if route.kind is not None else "resource"
        raise Refusal(any_kind.error("missing"), f"There is no {title} with the ARN {identifier}")

    def show(self, record: Record, names: tuple[str, ...], view: str) -> dict[str, Any]:
        """Those of a resource's members that are among the names and have a value."""
        found: dict[str, Any] | None = record.views.get(view)
        if found is None:
            members = self.members(record)
            found = record.views[view] = {name: members[name] for name in names if name in members}
        if record.state in record.kind.current and record.kind.updated in found:
            return {**found, record.kind.updated: self.clock.now()}
        return found

    def members(self, record: Record) -> dict[str, Any]:
        """All members that a resource has, with its identifier, its state and its times."""
        kind, life = record.kind, record.kind.lifecycle
        members = {**record.members, kind.identifier: record.identifier}
        if kind.created:
            members[kind.created] = record.created
        if kind.updated:
            members[kind.updated] = record.updated
        if life is not None:
            members[life.member] = record.state
            if life.reason and record.reason is not None:
                members[life.reason] = record.reason
        return members

    def enter(self, record: Record, state: str | None, at: float | None = None) -> None:
        """Put a resource into a state."""
        life = record.kind.lifecycle
        record.updated, record.shown = (self.clock.now() if at is None else at), False
        record.reason = record.doom if life is not None and state in life.failed else None
        self.store.change(record, state)

    def step(self, record: Record, at: float | None = None) -> None:
        """Move a resource on to the state that follows, or out."""
        life = record.kind.lifecycle
        if life is None or record.state is None:
            return
        if record.state in life.last:
            self.store.remove(record)
        elif (following := self.following(record)) is not None:
            self.enter(record, following, at)
            # The look that moved it shows it.
            record.shown = True

    def following(self, record: Record) -> str | None:
        """The state that a resource goes to by itself; None when it stays."""
        life, state = record.kind.lifecycle, record.state or ""
        if life is None:
            return None
        if record.doom is not None and state in life.doomed:
            return life.doomed[state]
        return life.passing.get(state)

    def settle(self, now: float) -> None:
        """Make every move that is due by a clock that runs by itself."""
        for record in list(self.store.moving.values()):
            while record.number in self.store.moving:
                due = record.updated + self.clock.delay(record.state or "")
                if due > now:
                    break
                self.step(record, due)

    def advance(self, steps: int = 1) -> None:
        """Move everything on that is on its way."""
        for _ in range(steps):
            for record in list(self.store.moving.values()):
                self.step(record)
                record.shown = False
