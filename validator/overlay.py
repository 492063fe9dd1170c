"""What a model lacks or has wrong: errata and documented facts, loaded, applied to a contract document, and aged.

An entry is a JSON Patch (RFC 6902) on the derived document with the evidence for it. A patch whose `test` no longer
holds has been overtaken by the model: it is left out, and handed back as expired.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from validator.errors import MalformedContractError
from validator.results import Layer
from validator.sources import read_json

SECTIONS = ("$defs", "x-aws-operations", "x-aws-resources")
Part = tuple[str, str]
Document = dict[str, Any]

_LAYERS: tuple[Layer, ...] = ("errata", "documented")
_MEMBERS = {"id", "api_version", "layer", "patch", "reason", "evidence", "since", "until"}
_OPERATIONS = {
    "add": {"op", "path", "value"},
    "replace": {"op", "path", "value"},
    "test": {"op", "path", "value"},
    "remove": {"op", "path"},
}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"\d+(\.\d+)*")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Entry:
    """One correction or one documented fact: a JSON Patch, why, and the public evidence for it.

    `api_version` None holds for all of the service's. `since` and `until` are the first and the last botocore
    version that the entry is meant for; None leaves that end open.
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

    @property
    def touches(self) -> frozenset[Part]:
        """The (section, name) of every part of the document that the patch reads or changes."""
        return frozenset(_part(operation["path"]) for operation in self.patch)

    def meant_for(self, botocore: str | None) -> bool:
        """Whether a botocore version lies in the entry's range; an unknown version does, its `test` decides."""
        if botocore is None:
            return True
        version = _ordered(botocore)
        return not ((self.since and version < _ordered(self.since)) or (self.until and version > _ordered(self.until)))


@dataclass(frozen=True, slots=True)
class Expired:
    """An entry that no longer fits the model it was to correct, and why."""

    entry: Entry
    reason: str


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
    document: Mapping[str, Any], entries: Iterable[Entry], *, botocore: str | None = None
) -> tuple[Document, list[Expired]]:
    """A copy of a derived contract document with the entries applied in order, each whole or not at all.

    Names every entry applied in `x-aws-overlays` (with `former`: pointer -> the model's value there) and every
    keyword it set in `x-aws-provenance`. Entries not meant for the botocore version are passed over in silence.
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
        try:
            after = _patched(before, entry)
        except _OvertakenError as overtaken:
            expired.append(Expired(entry, str(overtaken)))
            continue
        for section, name in entry.touches:
            if name in after[section]:
                result.setdefault(section, {})[name] = after[section][name]
            else:
                result.get(section, {}).pop(name, None)
        paths = {_keyword(operation["path"], before, after) for operation in entry.patch if operation["op"] != "test"}
        provenance.update((path, entry.id) for path in sorted(paths) if _at(after, path) is not _ABSENT)
        former = {path: value for path in sorted(paths) if (value := _former(before, path)) is not _ABSENT}
        overlays[entry.id] = _described(entry, former)
    if overlays:
        result["x-aws-overlays"], result["x-aws-provenance"] = overlays, provenance
    return result, expired


class _OvertakenError(Exception):
    """A patch that cannot be applied to the document, in one sentence."""


def _extract(document: Mapping[str, Any], parts: Iterable[Part]) -> Document:
    extract: Document = {section: {} for section in SECTIONS}
    for section, name in parts:
        if name in document.get(section, {}):
            extract[section][name] = document[section][name]
    return extract


def _patched(before: Document, entry: Entry) -> Document:
    # Only models are patched: a process that reads committed contracts never needs these.
    import jsonpatch
    import jsonpointer

    after = copy.deepcopy(before)
    for operation in entry.patch:
        kind, path = operation["op"], operation["path"]
        # RFC 6902 lets "add" replace a member; a shape the model has come to have by itself must not be lost so.
        if kind == "add" and path.count("/") == 2 and _at(after, path) is not _ABSENT:
            raise _OvertakenError(f"the model has its own {path}")
        try:
            jsonpatch.apply_patch(after, [copy.deepcopy(operation)], in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            raise _OvertakenError(f"{path} is {_short(_at(after, path))}, not {_short(operation['value'])}") from None
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
            raise _OvertakenError(f"there is no {path} any more") from None
    return after


def _keyword(path: str, *documents: Document) -> str:
    """A patch's path, or the list it points into: an element of `enum` or `errors` has no standing of its own."""
    parts = path.split("/")[1:]
    for document in documents:
        found: Any = document
        for index, part in enumerate(parts):
            if isinstance(found, list):
                return "/" + "/".join(parts[:index])
            if not isinstance(found, Mapping) or _unescape(part) not in found:
                break
            found = found[_unescape(part)]
    return path


def _former(before: Document, path: str) -> Any:
    """The model's value at a path; for a keyword added beside a `$ref`, the value its shape has."""
    found = _at(before, path)
    if found is not _ABSENT:
        return found
    head, _, keyword = path.rpartition("/")
    beside = _at(before, head)
    if isinstance(beside, Mapping) and isinstance(beside.get("$ref"), str):
        return _at(before, f"{beside['$ref'].removeprefix('#')}/{keyword}")
    return _ABSENT


def _at(document: Document, path: str) -> Any:
    found: Any = document
    for part in path.split("/")[1:]:
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, Mapping) and _unescape(part) in found:
            found = found[_unescape(part)]
        else:
            return _ABSENT
    return found


def _described(entry: Entry, former: Mapping[str, Any]) -> Document:
    described: Document = {"layer": entry.layer, "reason": entry.reason, "evidence": list(entry.evidence)}
    for name in ("since", "until"):
        if (version := getattr(entry, name)) is not None:
            described[name] = version
    if former:
        described["former"] = dict(former)
    return described


def _short(value: Any) -> str:
    text = "absent" if value is _ABSENT else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _part(path: str) -> Part:
    _, section, name, *_rest = path.split("/")
    return section, _unescape(name)


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
