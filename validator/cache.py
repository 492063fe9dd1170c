"""What was derived of an operation, kept on disk: the next process need not parse the whole model again.

Only what comes from botocore's model is kept; overlays are applied to it anew each time. An entry belongs to one
botocore version, one model file and one state of the deriving code, so that an upgrade finds nothing stale. Whatever
is missing, damaged or cannot be written is derived again, in silence. `AWS_CONTRACT_CACHE` names another folder;
`0` or `off` keeps nothing.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import validator
from validator import derive, overlay, sources
from validator.contract import Contract, Judge, from_model_files, schemas_folder
from validator.sections import Sections

_SECTIONS = {"$defs": "shapes", "x-aws-operations": "operations"}
# A process that goes through whole services would only write; one that asks for a few operations comes again.
_MOST_WRITTEN = 16
_KEPT_VERSIONS = 3


def load(
    folder: sources.ModelFolder, service: str, api_version: str | None = None, *, judge: Judge | None = None
) -> Contract:
    """The contract derived from one service's model, from the cache where it holds what is asked for."""
    place = _place(folder, service, api_version)
    if place is None:
        return from_model_files(folder.load(service, api_version), judge=judge)
    return Kept(place, lambda: folder.load(service, api_version)).contract(judge)


def root() -> Path | None:
    """The cache's folder; None when it is switched off."""
    chosen = os.environ.get("AWS_CONTRACT_CACHE")
    if chosen is not None:
        return None if chosen.strip().lower() in ("", "0", "off", "false", "no") else Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("aws-contract", appauthor=False))


def _place(folder: sources.ModelFolder, service: str, api_version: str | None) -> Path | None:
    api_version = api_version or folder.api_versions(service)[-1]
    path = root()
    if path is None or not folder.version:
        return None
    model = str(folder.path(service, api_version))
    stamps = (validator.__version__, _code(), folder.version, model, folder.stamp(service, api_version))
    digest = hashlib.sha256("\0".join(stamps).encode("utf-8", "surrogateescape")).hexdigest()[:20]
    return path / service / api_version / digest


@functools.cache
def _code() -> str:
    return sources.stamp(Path(derive.__file__))


class Kept:
    """One service's model as the cache has it: an index of names, and a file for each operation asked for so far."""

    def __init__(self, place: Path, files: Callable[[], sources.ModelFiles]) -> None:
        self.place, self._files = place, functools.cache(files)
        self._shapes: dict[str, Any] = {}
        self._written = 0

    def contract(self, judge: Judge | None) -> Contract:
        """The contract, from the index alone where there is one."""
        index = self._read("index")
        if index is None or not {"heading", *_SECTIONS} <= index.keys():
            files = self._files()
            # Held to the form that a model must have, with an error that names the place.
            from_model_files(files, entries=())
            index = {
                "heading": derive.heading(files.model, service=files.service, botocore=files.botocore),
                **{section: sorted(files.model[raw]) for section, raw in _SECTIONS.items()},
            }
            self._write("index", index)
        heading, names = index["heading"], {section: frozenset(index[section]) for section in _SECTIONS}
        about = heading["x-aws-service"]
        entries = [
            entry
            for entry in overlay.load(schemas_folder() / "overlays", about["name"])
            if entry.api_version in (None, about["apiVersion"])
        ]

        def build(section: str, name: str) -> Any:
            if name not in names.get(section, ()):
                return None
            return self._operation(name) if section == "x-aws-operations" else self._shape(name)

        return Contract(Sections(heading, names, build, entries), judge)

    def _operation(self, name: str) -> Any:
        kept = self._read(f"operation-{name}")
        if kept is not None and isinstance(kept.get("operation"), dict) and isinstance(kept.get("$defs"), dict):
            for shape, schema in kept["$defs"].items():
                self._shapes.setdefault(shape, schema)
            return kept["operation"]
        files = self._files()
        entry = derive.derive_operation(files.model, name, files.paginators, service=files.service)
        if self._written < _MOST_WRITTEN:
            reached: dict[str, Any] = {}
            todo = list(derive.references(entry))
            while todo:
                if (shape := todo.pop()) not in reached:
                    reached[shape] = self._shape(shape)
                    todo += derive.references(reached[shape])
            self._write(f"operation-{name}", {"operation": entry, "$defs": reached})
        return entry

    def _shape(self, name: str) -> Any:
        if name not in self._shapes:
            files = self._files()
            self._shapes[name] = derive.derive_shape(files.model, name, service=files.service)
        return self._shapes[name]

    def _read(self, name: str) -> dict[str, Any] | None:
        """What is kept under a name; None where there is nothing, or nothing whole."""
        try:
            digest, _, content = (self.place / f"{name}.json").read_bytes().partition(b"\n")
            if hashlib.sha256(content).hexdigest().encode() != digest:
                return None
            found = json.loads(content)
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a document, whole or not at all; what fails here fails in silence."""
        self._written += 1
        content = json.dumps(document, separators=(",", ":")).encode()
        fresh = None
        try:
            if not self.place.is_dir():
                self.place.mkdir(parents=True, mode=0o700)
                _prune(self.place)
            handle, fresh = tempfile.mkstemp(dir=self.place, prefix=".", suffix=".tmp")
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            os.replace(fresh, self.place / f"{name}.json")
        except OSError:
            self._written = _MOST_WRITTEN
            if fresh is not None:
                with contextlib.suppress(OSError):
                    os.unlink(fresh)


def _prune(place: Path) -> None:
    """Let go of what older botocore versions left for the same service."""
    others = [other for other in place.parent.iterdir() if other != place and other.is_dir()]
    for other in sorted(others, key=lambda each: each.stat().st_mtime, reverse=True)[_KEPT_VERSIONS - 1 :]:
        shutil.rmtree(other, ignore_errors=True)
