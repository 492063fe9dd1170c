"""The named parts of a contract document, each built and corrected when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from validator import overlay

Schema = dict[str, Any]


class Sections:
    """The named parts of a contract document, each built when it is first asked for and then kept.

    `build(section, name)` gives one part, or None when there is none of that name. Overlay entries are applied to
    the parts they touch, all of those together, so that a part is never seen without its corrections.
    """

    def __init__(
        self,
        heading: Schema,
        known: Mapping[str, Iterable[str]],
        build: Callable[[str, str], Any],
        entries: Iterable[overlay.Entry] = (),
    ) -> None:
        self.heading = heading
        self.overlays: dict[str, Any] = {}
        self.provenance: dict[str, str] = {}
        self._build, self._parts = build, dict[tuple[str, str], Any]()
        self._by_part: dict[tuple[str, str], list[overlay.Entry]] = {}
        self._entries = tuple(entries)
        for entry in self._entries:
            for part in entry.touches:
                self._by_part.setdefault(part, []).append(entry)
        self._known = {section: set(names) for section, names in known.items()}
        # Parts that an entry would bring; whether it does is known when it has been applied.
        self._brought: dict[str, set[str]] = {}
        for section, name in self._by_part:
            if name not in self._known.setdefault(section, set()):
                self._brought.setdefault(section, set()).add(name)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Sections:
        """The parts of a document whose overlays have been applied already."""
        parts = ("$defs", "x-aws-operations", "x-aws-resources")
        aside = {*parts, "x-aws-overlays", "x-aws-provenance"}
        heading = {keyword: value for keyword, value in document.items() if keyword not in aside}
        present = {section: document.get(section, {}) for section in parts}
        sections = cls(heading, present, lambda section, name: present[section].get(name))
        sections.overlays = dict(document.get("x-aws-overlays", {}))
        sections.provenance = dict(document.get("x-aws-provenance", {}))
        return sections

    def names(self, section: str) -> tuple[str, ...]:
        """The sorted names of a section's parts."""
        brought = {name for name in self._brought.get(section, ()) if self.get(section, name) is not None}
        return tuple(sorted(self._known.get(section, set()) | brought))

    def all(self, section: str) -> dict[str, Any]:
        """Every part of a section, built, in order of name."""
        return {name: part for name in self.names(section) if (part := self.get(section, name)) is not None}

    def get(self, section: str, name: str) -> Any:
        """One part with its overlays applied, or None."""
        if (section, name) not in self._parts:
            if name not in self._known.get(section, ()) and name not in self._brought.get(section, ()):
                return None
            if (section, name) in self._by_part:
                self._correct((section, name))
            else:
                self._parts[section, name] = self._build(section, name)
        return self._parts[section, name]

    def _correct(self, part: tuple[str, str]) -> None:
        together, taking_part, todo = {part}, set[str](), [part]
        while todo:
            for entry in self._by_part.get(todo.pop(), ()):
                taking_part.add(entry.id)
                fresh = entry.touches - together
                together |= fresh
                todo.extend(fresh)
        document: Schema = {"$defs": {}, "x-aws-operations": {}, "x-aws-resources": {}}
        for section, name in together:
            if (built := self._build(section, name)) is not None:
                document[section][name] = built
        # In the order of the overlay files: a later entry may rely on an earlier one.
        entries = [entry for entry in self._entries if entry.id in taking_part]
        version = self.heading["x-aws-service"].get("botocore")
        corrected, _expired = overlay.apply(
            document, entries, botocore=version, define=lambda name: self._build("$defs", name)
        )
        for section, name in together:
            self._parts[section, name] = corrected[section].get(name)
        self.overlays.update(corrected.get("x-aws-overlays", {}))
        self.provenance.update(corrected.get("x-aws-provenance", {}))
