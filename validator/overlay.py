"""What a model lacks or has wrong: errata and documented facts, loaded, applied to a contract document, and aged.

An entry is a JSON Patch (RFC 6902) on the derived document with the evidence for it. A patch whose `test` no longer
holds has been overtaken by the model: it is left out, and handed back as expired. What an expired erratum was to
correct is no longer demanded: the model is known to be wrong there, and how is to be looked at again.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from validator.errors import MalformedContractError
from validator.patching import (
    ABSENT,
    Document,
    Operations,
    OvertakenError,
    Part,
    former_value,
    keyword_at,
    loosened,
    part_of,
    patched,
    refers,
    spare_name,
    value_at,
)
from validator.results import Layer
from validator.sources import read_json

SECTIONS = ("$defs", "x-aws-operations", "x-aws-resources")

_LAYERS: tuple[Layer, ...] = ("errata", "documented")
_MEMBERS = {"id", "api_version", "layer", "patch", "alternatives", "reason", "evidence", "since", "until"}
_OPERATIONS = {
    "add": {"op", "path", "value"},
    "replace": {"op", "path", "value"},
    "test": {"op", "path", "value"},
    "remove": {"op", "path"},
}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One correction or one documented fact: a JSON Patch, why, and the public evidence for it.

    `api_version` None holds for all of the service's. `since` and `until` are the first and the last botocore
    version that the entry is meant for; None leaves that end open. `alternatives` are patches for other states of
    the model: the first of `patch` and these whose tests hold is applied.
    """

    id: str
    service: str
    layer: Layer
    patch: tuple[Mapping[str, Any], ...]
    reason: str
    evidence: tuple[str, ...]
    api_version: str | None = None
    since: str | None = None
    until: str | None = None
    alternatives: tuple[tuple[Mapping[str, Any], ...], ...] = ()

    @property
    def patches(self) -> tuple[tuple[Mapping[str, Any], ...], ...]:
        """The patch, then its alternatives, in the order in which they are tried."""
        return self.patch, *self.alternatives

    @property
    def touches(self) -> frozenset[Part]:
        """The (section, name) of every part of the document that the entry reads, changes or may bring."""
        operations = [operation for patch in self.patches for operation in patch]
        parts = {part_of(operation["path"]) for operation in operations}
        if self.layer == "errata":
            spare = (spare_name(found["path"]) for found in operations if refers(found))
            parts.update(("$defs", name) for name in spare)
        return frozenset(parts)

    def meant_for(self, botocore: str | None) -> bool:
        """Whether a botocore version lies in the entry's range; an unknown version does, its `test` decides."""
        if botocore is None:
            return True
        version = _ordered(botocore)
        return not ((self.since and version < _ordered(self.since)) or (self.until and version > _ordered(self.until)))


@dataclass(frozen=True, slots=True)
class Expired:
    """An entry that no longer fits the model it was to correct, and why.

    `unjudged` has the pointers of what is not demanded until the entry is renewed, and what the model has there.
    """

    entry: Entry
    reason: str
    unjudged: Mapping[str, Any] = field(default_factory=dict)


def entry_at(provenance: Mapping[str, str], schema_path: str) -> str | None:
    """The id of the entry that set the keyword at a JSON Pointer, or the nearest object around it; else None."""
    path = schema_path
    while path:
        head, _, keyword = path.rpartition("/")
        for spelled in _SPELLINGS.get(keyword, (keyword,)):
            found = provenance.get(f"{head}/{spelled}")
            if found is not None:
                return found
        path = head
    return None


# AWS's text and its rendering for other tools are one constraint.
_SPELLINGS = dict.fromkeys(("x-aws-pattern", "pattern"), ("x-aws-pattern", "pattern"))


def former_at(overlays: Mapping[str, Any], provenance: Mapping[str, str], schema_path: str) -> Any:
    """What the model has in place of the keyword an entry set at a JSON Pointer; None when it has nothing there."""
    entry = overlays.get(entry_at(provenance, schema_path) or "", {})
    head, _, keyword = schema_path.rpartition("/")
    for spelled in _SPELLINGS.get(keyword, (keyword,)):
        if (path := f"{head}/{spelled}") in entry.get("former", {}):
            return entry["former"][path]
    return None


# Applying ------------------------------------------------------------------------------------------------------------


def apply(
    document: Mapping[str, Any],
    entries: Iterable[Entry],
    *,
    botocore: str | None = None,
    define: Callable[[str], Any] | None = None,
) -> tuple[Document, list[Expired]]:
    """A copy of a derived contract document with the entries applied in order, each whole or not at all.

    Names every entry applied in `x-aws-overlays` (with `former`: pointer -> the model's value there) and every
    keyword it set in `x-aws-provenance`. Entries not meant for the botocore version are passed over in silence. An
    expired erratum takes away what it was to correct, and is named with `expired`. `define` gives the model's shapes
    where the document has only some of them.
    """
    result: Document = {**document}
    for section in SECTIONS:
        if section in document:
            result[section] = dict(document[section])
    overlays, provenance = dict(document.get("x-aws-overlays", {})), dict(document.get("x-aws-provenance", {}))
    expired: list[Expired] = []
    for entry in entries:
        if not entry.meant_for(botocore):
            continue
        before = _extract(result, entry.touches)
        reason: str | None = None
        try:
            patch, after = _first_that_fits(before, entry)
        except OvertakenError as overtaken:
            reason = str(overtaken)
            after, former = before, dict[str, Any]()
            # A documented fact only lapses; so does an erratum whose place is gone.
            if entry.layer == "errata" and overtaken.tested:
                after, former = loosened(before, entry.patches[-1], define or result.get("$defs", {}).get)
            expired.append(Expired(entry, reason, former))
            if not former:
                continue
        else:
            paths = sorted({keyword_at(each["path"], before, after) for each in patch if each["op"] != "test"})
            provenance.update((path, entry.id) for path in paths if value_at(after, path) is not ABSENT)
            former = {path: value for path in paths if (value := former_value(before, path)) is not ABSENT}
        for section, name in entry.touches:
            if name in after[section]:
                result.setdefault(section, {})[name] = after[section][name]
            else:
                result.get(section, {}).pop(name, None)
        overlays[entry.id] = _described(entry, former, reason)
    if overlays:
        result["x-aws-overlays"], result["x-aws-provenance"] = overlays, provenance
    return result, expired


def _extract(document: Mapping[str, Any], parts: Iterable[Part]) -> Document:
    extract: Document = {section: {} for section in SECTIONS}
    for section, name in parts:
        if name in document.get(section, {}):
            extract[section][name] = document[section][name]
    return extract


def _first_that_fits(before: Document, entry: Entry) -> tuple[Operations, Document]:
    """The patch that applies and the outcome; the last one's reason when none does, for it is about the newest."""
    for patch in entry.patches[:-1]:
        with contextlib.suppress(OvertakenError):
            return patch, patched(before, patch)
    return entry.patches[-1], patched(before, entry.patches[-1])


def _described(entry: Entry, former: Mapping[str, Any], expired: str | None = None) -> Document:
    described: Document = {"layer": entry.layer, "reason": entry.reason, "evidence": list(entry.evidence)}
    for name in ("since", "until"):
        if (version := getattr(entry, name)) is not None:
            described[name] = version
    if expired is not None:
        described["expired"] = expired
    if former:
        described["former"] = dict(former)
    return described


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


# Loading -------------------------------------------------------------------------------------------------------------


@functools.cache
def load(folder: Path, service: str) -> tuple[Entry, ...]:
    """The entries of `<service>.json` and `<service>.*.json` in a folder, in order of file and place; () for none.

    MalformedContractError, naming the file and the entry, for one that does not have the form.
    """
    files = sorted([*folder.glob(f"{service}.json"), *folder.glob(f"{service}.*.json")])
    entries: dict[str, Entry] = {}
    for file in files:
        for entry in read_entries(file):
            if entry.service != service:
                raise MalformedContractError(f"is for the service {entry.service!r}, not {service!r}", where=str(file))
            if entry.id in entries:
                raise MalformedContractError("there is another entry of this id", where=f"{file}: {entry.id}")
            entries[entry.id] = entry
    return tuple(entries.values())


def services(folder: Path) -> tuple[str, ...]:
    """The names of the services that have overlay files in a folder, sorted."""
    return tuple(sorted({file.name.split(".")[0] for file in folder.glob("*.json")}))


def read_entries(file: Path) -> Iterator[Entry]:
    """The entries of one overlay file: `{"service": ..., "entries": [...]}`; MalformedContractError as `load`."""
    document = read_json(file)
    if not isinstance(document, Mapping) or document.keys() != {"service", "entries"}:
        raise MalformedContractError("not an overlay file: it must have service and entries, no more", where=str(file))
    service, entries = document["service"], document["entries"]
    if not isinstance(service, str) or not isinstance(entries, list):
        raise MalformedContractError("service must be text and entries a list", where=str(file))
    for index, raw in enumerate(entries):
        named = raw.get("id") if isinstance(raw, Mapping) else None
        where = f"{file}: {named if isinstance(named, str) else f'entry {index}'}"
        for fault in _faults(raw):
            raise MalformedContractError(fault, where=where)
        yield Entry(
            raw["id"],
            service,
            raw["layer"],
            tuple(raw["patch"]),
            raw["reason"],
            tuple(raw["evidence"]),
            raw.get("api_version"),
            raw.get("since"),
            raw.get("until"),
            tuple(map(tuple, raw.get("alternatives", ()))),
        )


def _faults(raw: Any) -> Iterator[str]:
    if not isinstance(raw, Mapping):
        yield "an entry must be an object"
        return
    if unknown := sorted(map(str, raw.keys() - _MEMBERS)):
        yield f"an entry has no member {unknown[0]!r}"
    if not (isinstance(raw.get("id"), str) and _ID.fullmatch(raw["id"])):
        yield "id must be lower-case words joined by hyphens"
    if raw.get("layer") not in _LAYERS:
        yield f"layer must be one of {', '.join(_LAYERS)}"
    if not (isinstance(raw.get("reason"), str) and raw["reason"].strip()):
        yield "reason must be one sentence"
    evidence = raw.get("evidence")
    if not (
        isinstance(evidence, list)
        and evidence
        and all(isinstance(source, str) and re.fullmatch(r"https?://\S+", source) for source in evidence)
    ):
        yield "evidence must be a list of at least one public URL"
    for name in ("since", "until"):
        if raw.get(name) is not None and not (isinstance(raw[name], str) and _VERSION.fullmatch(raw[name])):
            yield f"{name} must be a botocore version such as 1.34.88"
    if not isinstance(raw.get("api_version"), (str, type(None))):
        yield "api_version must be text"
    yield from _patch_faults(raw.get("patch"), raw.get("layer"))
    alternatives = raw.get("alternatives", [])
    if not isinstance(alternatives, list):
        yield "alternatives must be a list of patches"
        return
    for patch in alternatives:
        yield from (f"alternatives: {fault}" for fault in _patch_faults(patch, raw.get("layer")))


def _patch_faults(patch: Any, layer: Any) -> Iterator[str]:
    if not isinstance(patch, list) or not patch:
        yield "patch must be a list of JSON Patch operations"
        return
    for index, operation in enumerate(patch):
        where = f"operation {index} of the patch"
        if not isinstance(operation, Mapping) or operation.get("op") not in tuple(_OPERATIONS):
            yield f"{where} must have an op of {', '.join(sorted(_OPERATIONS))}"
        elif operation.keys() != _OPERATIONS[operation["op"]]:
            yield f"{where} must have {', '.join(sorted(_OPERATIONS[operation['op']]))}, no more"
        elif not _points_into_a_part(operation["path"]):
            yield f"{where} must have a path into {', '.join(SECTIONS)}"
    kinds: Sequence[Any] = [operation.get("op") for operation in patch if isinstance(operation, Mapping)]
    if set(kinds) <= {"test"}:
        yield "patch changes nothing"
    if layer == "errata" and "test" not in kinds:
        yield "an erratum must test the value that it corrects"


def _points_into_a_part(path: Any) -> bool:
    parts = path.split("/") if isinstance(path, str) else []
    return len(parts) >= 3 and parts[0] == "" and parts[1] in SECTIONS and parts[2] != ""
