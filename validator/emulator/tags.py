"""Tags of resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validator.emulator.kinds import Kind, Route
from validator.emulator.motion import Motion
from validator.emulator.refusals import Refusal
from validator.emulator.store import Record, Scope

Members = Mapping[str, Any]


class Tags(Motion):
    """Tags put on, taken off and listed."""

    def given_tags(self, kind: Kind, given: Any, before: Mapping[str, str] | None = None) -> dict[str, str]:
        """The tags after some more were given; refused where a key is reserved, given twice, or there are too many."""
        if not given:
            return dict(before or {})
        declared = kind.declared["tags"]
        keys = [tag[declared["key"]] for tag in given]
        self.check_tag_keys(kind, declared, keys)
        tags = {**(before or {}), **{tag[declared["key"]]: tag[declared["value"]] for tag in given}}
        if len(tags) > declared["limit"]:
            raise Refusal(declared["error"], f"A resource can have at most {declared['limit']} tags")
        return tags

    def check_tag_keys(self, kind: Kind, declared: Members, keys: list[str]) -> None:
        """Refuse keys that are reserved or repeated."""
        for key in keys:
            if key.lower().startswith(declared["reserved"]):
                raise Refusal(kind.error("invalid"), f"The prefix {declared['reserved']} is reserved: {key}")
        if len(set(keys)) < len(keys):
            raise Refusal(kind.error("invalid"), "A tag key is given more than once")

    def tag(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Put tags on a resource."""
        record = self.tagged(route, scope, request)
        declared = record.kind.declared["tags"]
        record.tags = self.given_tags(record.kind, request[declared["member"]], record.tags)
        self.store.touch(record)
        return {}

    def untag(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """Take tags off a resource; keys it does not have are passed over."""
        record = self.tagged(route, scope, request)
        removed = set(request[record.kind.declared["tags"]["keys"]])
        record.tags = {key: value for key, value in record.tags.items() if key not in removed}
        self.store.touch(record)
        return {}

    def list_tags(self, route: Route, scope: Scope, request: Members) -> dict[str, Any]:
        """The tags of a resource."""
        record = self.tagged(route, scope, request)
        declared = record.kind.declared["tags"]
        tags = [{declared["key"]: key, declared["value"]: value} for key, value in record.tags.items()]
        return {declared["member"]: tags}

    def tagged(self, route: Route, scope: Scope, request: Members) -> Record:
        """The resource that a request about tags names; refused for one that has none."""
        record = self.named(route, scope, request)
        if "tags" not in record.kind.declared:
            raise Refusal(record.kind.error("invalid"), f"A {record.kind.title} has no tags")
        return record
