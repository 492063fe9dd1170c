"""Where contracts to compare come from: a contract file, a model file, a folder or wheel of botocore, ourselves."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from validator import overlay, sources
from validator.contract import Contract, committed, from_model_files, from_models, load, schemas_folder
from validator.drift.compare import Change, came_or_went, compare, overtaken
from validator.errors import MalformedContractError, UnknownNameError, UnusableInputError
from validator.patching import Part

# Gives one contract. True: a model gets this package's overlays, as a contract file has had them.
_Open = Callable[[bool], Contract]


def open_contracts(place: str | Path, services: Iterable[str] = (), *, overlays: bool = True) -> Iterator[Contract]:
    """The contracts found at a place, in order of service; all services when none are named.

    A place is a contract file, a `service-2.json` or `service-2.json.gz`, a botocore folder or wheel, or a folder
    laid out as this package's `schemas`. `overlays` False leaves models as they are. UnknownNameError for a service
    that is not there, UnusableInputError for a place that is none of these.
    """
    found = _find(place)
    for service in _wanted(services, found):
        yield found[service](overlays)


def between(old: str | Path, new: str | Path, services: Iterable[str] = ()) -> Iterator[Change]:
    """Every change from one place to another, service by service.

    Where one side is a single file, its service alone is compared. Two places of models are compared as they are;
    against a contract, which has its overlays in it, a model gets them too.
    """
    sides = _find(old), _find(new)
    overlays = any(isinstance(side, _Contracts) for side in sides)
    single = [side for side in sides if len(side) == 1]
    known = single[0] if single else {**sides[0], **sides[1]}
    for service in _wanted(services, known):
        before, after = (side[service](overlays) if service in side else None for side in sides)
        if before is not None and after is not None:
            yield from compare(before, after)
        else:
            only = before or after
            assert only is not None
            yield came_or_went(only, came=before is None)


def against_installed(services: Iterable[str] = ()) -> Iterator[Change]:
    """Every change from the committed contracts to the installed botocore, and every overlay entry it has overtaken.

    Without services named: all that are committed, and the overlay entries of all services.
    """
    models, versions = sources.installed(), committed()
    named = tuple(services)
    corrected = overlay.services(schemas_folder() / "overlays")
    for service in named or sorted({*versions, *corrected}):
        if named and service not in versions and service not in corrected:
            models.api_versions(service)
            error = UnknownNameError("committed contract", service, versions)
            error.fix = "compare any two with --old and --new"
            raise error
        present = models.api_versions(service) if service in models.services else ()
        for version in versions.get(service, ()):
            old = load(service, version, origin="committed")
            if version in present:
                yield from compare(old, from_models(models, service, version))
            else:
                yield came_or_went(old, came=False)
        yield from expired(models, service)


def expired(
    models: sources.ModelFolder, service: str, entries: Iterable[overlay.Entry] | None = None
) -> Iterator[Change]:
    """The overlay entries of a service that its model has overtaken; `entries` are this package's by default."""
    if entries is None:
        entries = overlay.load(schemas_folder() / "overlays", service)
    versions = models.api_versions(service) if service in models.services else ()
    by_version: dict[str, list[overlay.Entry]] = {}
    for entry in entries:
        by_version.setdefault(entry.api_version or (versions[-1] if versions else ""), []).append(entry)
    for version, meant in sorted(by_version.items()):
        if version in versions:
            plain = from_models(models, service, version, entries=())
            parts = _parts(plain, {part for entry in meant for part in entry.touches})
            define = functools.partial(_shape, plain)
            yield from map(overtaken, overlay.apply(parts, meant, botocore=models.version, define=define)[1])
        else:
            reason = f"there is no {service} {version} any more"
            yield from (overtaken(overlay.Expired(entry, reason)) for entry in meant)


def _shape(contract: Contract, name: str) -> Any:
    return contract.define(name) if name in contract.shapes else None


def _parts(contract: Contract, wanted: Iterable[Part]) -> dict[str, Any]:
    document: dict[str, Any] = {section: {} for section in overlay.SECTIONS}
    operations, shapes = set(contract.operations), set(contract.shapes)
    for section, name in wanted:
        if section == "$defs" and name in shapes:
            document[section][name] = contract.define(name)
        elif section == "x-aws-operations" and name in operations:
            document[section][name] = contract.operation(name).entry
    return document


# Places --------------------------------------------------------------------------------------------------------------


class _Contracts(dict[str, _Open]):
    """Contracts that were written by this package, overlays and all."""


def _find(place: str | Path) -> Mapping[str, _Open]:
    path = Path(place)
    if not path.exists():
        raise UnusableInputError("there is no such file or folder", where=str(place))
    if path.is_file() and path.name.endswith((".json", ".json.gz")):
        return _file(path)
    if path.is_dir() and (files := _contract_files(path)):
        return _Contracts({name: functools.partial(_from_file, file) for name, file in files.items()})
    models = sources.open_models(path)
    return {service: functools.partial(_from_models, models, service) for service in models.services}


def _contract_files(folder: Path) -> dict[str, Path]:
    """Service -> the newest of `<service>/<api version>.json`."""
    files = [file for file in sorted(folder.glob("*/*.json")) if file.parent.name != "overlays"]
    return {file.parent.name: file for file in files if _is_date(file.stem)}


def _file(path: Path) -> Mapping[str, _Open]:
    document = sources.read_json(path)
    if isinstance(document, Mapping) and "x-aws-service" in document:
        contract = Contract.from_document(document, where=str(path))
        return _Contracts({contract.service: lambda _: contract})
    if not isinstance(document, Mapping) or not isinstance(document.get("metadata"), Mapping):
        raise MalformedContractError("neither a contract nor a service-2.json", where=str(path))
    service = _service_of(path, document["metadata"])
    paginators = next(
        (
            file
            for file in (path.with_name(path.name.replace("service-2", "paginators-1")),)
            if file != path and file.is_file()
        ),
        None,
    )
    files = sources.ModelFiles(
        service,
        str(document["metadata"].get("apiVersion")),
        document,
        sources.read_json(paginators) if paginators else {},
        None,
        sources.stamp(path),
    )
    return {service: functools.partial(_from_file_of_model, files)}


def _service_of(path: Path, metadata: Mapping[str, Any]) -> str:
    """The service's name, which a model does not say: from the folders botocore keeps it in, else from its id."""
    if path.name.startswith("service-2.") and _is_date(path.parent.name):
        return path.resolve().parent.parent.name
    return str(metadata.get("serviceId") or metadata.get("endpointPrefix") or path.stem).lower().replace(" ", "-")


def _is_date(text: str) -> bool:
    parts = text.split("-")
    return len(parts) >= 3 and all(part.isdigit() for part in parts[:3])


def _from_file(path: Path, overlays: bool) -> Contract:
    return Contract.from_document(sources.read_json(path), where=str(path))


def _from_file_of_model(files: sources.ModelFiles, overlays: bool) -> Contract:
    return from_model_files(files, entries=None if overlays else ())


def _from_models(models: sources.ModelFolder, service: str, overlays: bool) -> Contract:
    return from_models(models, service, entries=None if overlays else ())


def _wanted(services: Iterable[str], known: Mapping[str, Any]) -> Iterator[str]:
    named = tuple(services)
    for service in named or sorted(known):
        if service not in known:
            raise UnknownNameError("service", service, known)
        yield service
