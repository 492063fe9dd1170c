"""Where botocore's models lie: the installed package, another folder of it, a wheel, or one file."""

from __future__ import annotations

import functools
import gzip
import importlib.util
import json
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from validator.errors import (
    EnvironmentFailedError,
    MalformedContractError,
    UnknownNameError,
    UnusableInputError,
)

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}[\w.-]*")
# Larger than ten times the largest model botocore ships (ec2); a file beyond it is not a model.
_LARGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """One service's files as botocore lays them out: `model` is `service-2.json` with its extras merged in."""

    service: str
    api_version: str
    model: Mapping[str, Any]
    paginators: Mapping[str, Any]
    botocore: str | None
    stamp: str


class ModelFolder:
    """The models below one or more `data` folders laid out as `<service>/<api version>/service-2.json[.gz]`.

    A service found in an earlier folder hides the same service in a later one, as botocore's own loader has it.
    """

    def __init__(self, roots: list[Path | zipfile.Path], version: str | None) -> None:
        self.roots, self.version = roots, version

    @functools.cached_property
    def services(self) -> tuple[str, ...]:
        """The names of all services with a model, sorted."""
        found: set[str] = set()
        for root in self.roots:
            if root.is_dir():
                found.update(entry.name for entry in root.iterdir() if entry.is_dir() and _versions(entry))
        return tuple(sorted(found))

    def api_versions(self, service: str) -> tuple[str, ...]:
        """A service's API versions, oldest first; UnknownNameError when there is no such service."""
        for root in self.roots:
            folder = root / service
            if re.fullmatch(r"[\w.-]+", service) and folder.is_dir() and (versions := _versions(folder)):
                return tuple(versions)
        raise UnknownNameError("service", service, self.services)

    def path(self, service: str, api_version: str | None = None) -> Path | zipfile.Path:
        """The folder of one service and API version, the newest when none is given."""
        versions = self.api_versions(service)
        if api_version is None:
            api_version = versions[-1]
        elif api_version not in versions:
            raise UnknownNameError(f"API version of {service}", api_version, versions)
        folders = (root / service / api_version for root in self.roots)
        return next(folder for folder in folders if folder.is_dir() and _find(folder, "service-2"))

    def load(self, service: str, api_version: str | None = None) -> ModelFiles:
        """Read and merge one service's files; MalformedContractError for one that is not JSON of the right form."""
        folder = self.path(service, api_version)
        found = _find(folder, "service-2")
        assert found is not None
        model = merge_extras(read_json(found), _optional(folder, "service-2.sdk-extras"))
        paginators = merge_extras(_optional(folder, "paginators-1") or {}, _optional(folder, "paginators-1.sdk-extras"))
        return ModelFiles(service, folder.name, model, paginators, self.version, stamp(found))

    def stamp(self, service: str, api_version: str | None = None) -> str:
        """A text that changes when the service's model file does, found without reading it."""
        found = _find(self.path(service, api_version), "service-2")
        return stamp(found) if found else ""

    def examples(self, service: str, api_version: str | None = None) -> Mapping[str, Any]:
        """The parsed `examples-1.json` of a service: operation -> list of examples; empty when it has none."""
        return (_optional(self.path(service, api_version), "examples-1") or {}).get("examples") or {}


@functools.cache
def installed() -> ModelFolder:
    """The models of the installed botocore, and of `AWS_DATA_PATH` and `~/.aws/models` as botocore searches them.

    Found without importing botocore. EnvironmentFailedError when botocore is not installed.
    """
    spec = importlib.util.find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentFailedError("botocore is not installed; install it with: pip install botocore")
    roots: list[Path | zipfile.Path] = [
        Path.home() / ".aws" / "models",
        Path(spec.submodule_search_locations[0]) / "data",
    ]
    roots += [Path(entry).expanduser() for entry in os.environ.get("AWS_DATA_PATH", "").split(os.pathsep) if entry]
    return ModelFolder(roots, installed_version())


@functools.cache
def installed_version() -> str | None:
    """The version of the installed botocore, or None; read from its source, which costs less than its metadata."""
    spec = importlib.util.find_spec("botocore")
    return (
        _version_beside(Path(spec.submodule_search_locations[0]) / "data")
        if spec and spec.submodule_search_locations
        else None
    )


def open_models(place: str | Path) -> ModelFolder:
    """The models in a botocore folder (the package, its `data`, or the folder it was installed to) or in a wheel."""
    path = Path(place)
    if path.is_file() and zipfile.is_zipfile(path):
        version = re.match(r"botocore-([^-]+)-", path.name)
        return ModelFolder([zipfile.Path(path, "botocore/data/")], version.group(1) if version else None)
    for root in (path / "botocore" / "data", path / "data", path):
        if root.is_dir() and any(_versions(entry) for entry in root.iterdir() if entry.is_dir()):
            return ModelFolder([root], _version_beside(root))
    raise UnusableInputError(
        "no botocore models there",
        where=str(place),
        fix="pass a botocore folder, a botocore wheel, a service-2.json or a contract file",
    )


def _version_beside(data: Path) -> str | None:
    try:
        text = (data.parent / "__init__.py").read_text("utf-8")
    except OSError:
        return None
    found = re.search(r"^__version__ = '([^']+)'", text, re.MULTILINE)
    return found.group(1) if found else None


def read_json(path: Path | zipfile.Path) -> Any:
    """Parse a JSON file, gzipped or not; one clear error for one that is unreadable, too large or not JSON."""
    try:
        with path.open("rb") as raw:
            if path.name.endswith(".gz"):
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    content = unpacked.read(_LARGEST + 1)
            else:
                content = raw.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise UnusableInputError("larger than any model", where=str(path))
        return json.loads(content)
    except (OSError, EOFError) as error:
        raise UnusableInputError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}", where=str(path)
        ) from None
    except RecursionError:
        raise MalformedContractError("nested too deeply to be a model", where=str(path)) from None
    except ValueError as error:
        if isinstance(error, UnusableInputError):
            raise
        raise MalformedContractError(f"not JSON: {error}", where=str(path)) from None


def merge_extras(document: Any, extras: Any) -> Any:
    """A botocore file with its `sdk-extras` merged in: objects member by member, all else replaced."""
    return _merged(document, extras["merge"]) if isinstance(extras, Mapping) and "merge" in extras else document


def _merged(base: Any, addition: Any) -> Any:
    if not (isinstance(base, Mapping) and isinstance(addition, Mapping)):
        return addition
    return {
        **base,
        **{name: _merged(base[name], value) if name in base else value for name, value in addition.items()},
    }


def _versions(folder: Path | zipfile.Path) -> list[str]:
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if _VERSION.fullmatch(entry.name) and entry.is_dir() and _find(entry, "service-2")
    )


def _find(folder: Path | zipfile.Path, stem: str) -> Path | zipfile.Path | None:
    for suffix in (".json.gz", ".json"):
        candidate = folder / (stem + suffix)
        if candidate.is_file():
            return candidate
    return None


def _optional(folder: Path | zipfile.Path, stem: str) -> Any:
    found = _find(folder, stem)
    return read_json(found) if found else None


def stamp(path: Path | zipfile.Path) -> str:
    """A file's size and time of change, to tell a changed file without reading it."""
    if isinstance(path, Path):
        status = path.stat()
        return f"{status.st_size}-{status.st_mtime_ns}"
    return str(path)
