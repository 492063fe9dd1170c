"""The first narrow waist: a service's contract, its operations and its resources, loaded and looked up.

A committed contract is read as it stands; any other service is derived from the installed botocore, one operation
at a time and only when it is asked for. Overlays are part of both.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from validator import derive, overlay, patterns, sources
from validator.errors import MalformedContractError, PatternError, UnknownNameError, UnusableInputError
from validator.results import Layer, Violation
from validator.sections import Sections

Schema = dict[str, Any]
Judge = Callable[..., Iterator[Violation]]
Origin = Literal["auto", "committed", "botocore"]

# What an operation without an input or output takes or gives: a structure with no members.
NOTHING: Schema = {"type": "object", "properties": {}, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """An error an operation declares: its code on the wire, its shape, and its HTTP status where the model has one."""

    code: str
    shape: str
    status: int | None = None
    fault: bool = False


@dataclass(frozen=True)
class Resource:
    """What the documentation says of a resource: identifier, operations, lifecycle, parents, uniqueness, quotas.

    `declared` is its entry of `x-aws-resources`, whose members the meta-schema describes.
    """

    name: str
    declared: Mapping[str, Any]

    @property
    def operations(self) -> Mapping[str, str]:
        """Verb (`create`, `describe`, `list`, `delete`, `stop` ...) -> operation."""
        operations: Mapping[str, str] = self.declared["operations"]
        return operations


@dataclass(frozen=True)
class Operation:
    """One operation of a contract; schemas come from it self-contained, in the contract's own dialect or published."""

    contract: Contract = field(repr=False)
    name: str
    entry: Mapping[str, Any] = field(repr=False)

    @property
    def service(self) -> str:
        """The service's name as botocore has it: `personalize`."""
        return self.contract.service

    @functools.cached_property
    def input(self) -> str | None:
        """The name of the request's shape, or None for an operation that takes nothing."""
        return _name(self.entry.get("input"))

    @functools.cached_property
    def output(self) -> str | None:
        """The name of the response's shape, or None for an operation that gives nothing."""
        return _name(self.entry.get("output"))

    @functools.cached_property
    def errors(self) -> Mapping[str, ErrorShape]:
        """Error code -> what the operation declares of it."""
        return {
            raw["code"]: ErrorShape(raw["code"], _name(raw) or "", raw.get("status"), raw.get("fault", False))
            for raw in self.entry.get("errors", ())
        }

    @property
    def pagination(self) -> Mapping[str, Any] | None:
        """`inputToken`, `outputToken`, `resultKey` (lists), `limitKey`, `moreResults`; None when it has no pages."""
        return self.entry.get("pagination")

    @property
    def http(self) -> Mapping[str, Any]:
        """`method`, `requestUri` and `responseCode`."""
        http: Mapping[str, Any] = self.entry["http"]
        return http

    @property
    def readonly(self) -> bool:
        """Whether it changes nothing: by the model's own trait, else by its verb."""
        return bool(self.entry.get("readonly"))

    @property
    def deprecated(self) -> bool:
        """Whether the model marks it so."""
        return bool(self.entry.get("deprecated"))

    def shape(self, direction: str, code: str | None = None) -> str | None:
        """The name of the shape that a direction's instance has; UnknownNameError for an error it does not declare."""
        if direction == "request":
            return self.input
        if direction == "response":
            return self.output
        if direction != "error":
            raise UnknownNameError("direction", direction, ("request", "response", "error"))
        if code is None:
            raise UnusableInputError("an error body needs its code", where=f"{self.service}.{self.name}")
        if code not in self.errors:
            raise UnknownNameError("error", code, self.errors, where=f"{self.service}.{self.name}")
        return self.errors[code].shape

    def schema(self, direction: str = "request", code: str | None = None) -> Schema:
        """A self-contained JSON Schema 2020-12 document, published: any implementation reads it."""
        shape = self.shape(direction, code)
        label = f"{self.name} {direction}" + (f" {code}" if code else "")
        document: Schema = {
            "$schema": derive.DIALECT,
            "$id": f"urn:aws-contract:{self.service}:{self.contract.api_version}:{label.replace(' ', ':')}",
            "title": f"{self.service}.{label}",
        }
        if shape is None:
            return {**document, **NOTHING}
        definitions = {name: publish(self.contract.define(name)) for name in sorted(self.contract.closure(shape))}
        return {**document, "$ref": f"#/$defs/{shape}", "$defs": definitions}

    def iter_violations(
        self, instance: Any, direction: str = "request", *, code: str | None = None, engine: str = "auto"
    ) -> Iterator[Violation]:
        """Every violation of the contract in one canonical instance, lazily; see `validator.validate`."""
        if self.contract.judge is None:
            raise TypeError("this contract was loaded without a judge; load it with validator.load()")
        return self.contract.judge(self, instance, direction, code=code, engine=engine)


def _name(reference: Mapping[str, Any] | None) -> str | None:
    return reference["$ref"].rpartition("/")[2] if reference else None


class Contract:
    """One service's contract: `document` holds all of it, `operation()` and `define()` give parts without the rest."""

    def __init__(self, sections: Sections, judge: Judge | None = None) -> None:
        self._sections, self.judge = sections, judge
        self.info: Mapping[str, Any] = sections.heading["x-aws-service"]
        self.service: str = self.info["name"]
        self.api_version: str = self.info["apiVersion"]
        self.protocol: str = self.info["protocol"]
        self._operations: dict[str, Operation] = {}
        self._defined: dict[str, Schema] = {}
        self._closures: dict[str, frozenset[str]] = {}

    def __repr__(self) -> str:
        return f"<Contract {self.service} {self.api_version}, {len(self.operations)} operations>"

    @classmethod
    def from_document(cls, document: Any, *, where: str = "contract", judge: Judge | None = None) -> Contract:
        """A contract from a parsed contract document; MalformedContractError when it does not have the form."""
        service = document.get("x-aws-service") if isinstance(document, Mapping) else None
        if not isinstance(service, Mapping) or not {"name", "apiVersion", "protocol"} <= service.keys():
            raise MalformedContractError("not a contract: it has no complete x-aws-service", where=where)
        for section in ("$defs", "x-aws-operations"):
            if not isinstance(document.get(section), Mapping):
                raise MalformedContractError(f"not a contract: it has no {section} object", where=where)
        return cls(Sections.from_document(document), judge)

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations, sorted."""
        return self._sections.names("x-aws-operations")

    @property
    def shapes(self) -> tuple[str, ...]:
        """The names of all shapes, sorted."""
        return self._sections.names("$defs")

    def operation(self, name: str) -> Operation:
        """The operation of that name; UnknownNameError, with the nearest name, when there is none."""
        found = self._operations.get(name)
        if found is None:
            entry = self._sections.get("x-aws-operations", name)
            if entry is None:
                # boto3's method and the CLI's command are the operation's name in other clothes.
                bare = name.replace("_", "").replace("-", "").casefold()
                same = [each for each in self.operations if each.casefold() == bare]
                if len(same) == 1:
                    return self.operation(same[0])
                raise UnknownNameError("operation", name, self.operations, where=self.service)
            found = self._operations[name] = Operation(self, name, entry)
        return found

    def define(self, shape: str) -> Schema:
        """The schema of one shape, patterns as AWS writes them; UnknownNameError when there is none."""
        found = self._defined.get(shape)
        if found is None:
            found = self._sections.get("$defs", shape)
            if found is None:
                raise UnknownNameError("shape", shape, self.shapes, where=self.service)
            self._defined[shape] = found
        return found

    def closure(self, shape: str) -> frozenset[str]:
        """The names of a shape and of all shapes it reaches."""
        found = self._closures.get(shape)
        if found is None:
            seen, todo = {shape}, [shape]
            while todo:
                for name in derive.references(self.define(todo.pop())):
                    if name not in seen:
                        seen.add(name)
                        todo.append(name)
            found = self._closures[shape] = frozenset(seen)
        return found

    @functools.cached_property
    def resources(self) -> Mapping[str, Resource]:
        """The resources the contract declares, by name; empty for most services."""
        return {name: Resource(name, declared) for name, declared in self._sections.all("x-aws-resources").items()}

    @property
    def entries(self) -> Mapping[str, Any]:
        """The overlay entries that took part so far: id -> layer, reason, evidence, since, until."""
        return self._sections.overlays

    @functools.cached_property
    def document(self) -> Schema:
        """The whole contract document, published and in stable order."""
        sections = self._sections
        whole = {**sections.heading, "x-aws-operations": sections.all("x-aws-operations")}
        if resources := sections.all("x-aws-resources"):
            whole["x-aws-resources"] = resources
        whole["$defs"] = {name: publish(schema) for name, schema in sections.all("$defs").items()}
        if sections.overlays:
            whole["x-aws-overlays"] = dict(sorted(sections.overlays.items()))
            whole["x-aws-provenance"] = dict(sorted(sections.provenance.items()))
        return whole

    def source_of(self, schema_path: str, shape: str = "") -> tuple[Layer, str]:
        """Who demands what stands at a JSON Pointer of the document: its layer, and its source in words."""
        entry = overlay.entry_at(self._sections.provenance, schema_path)
        if entry is not None and entry in self._sections.overlays:
            found = self._sections.overlays[entry]
            return found["layer"], f"{found['layer']} {entry}: {found['evidence'][0]}"
        parts = schema_path.split("/")
        named = shape or (parts[2] if len(parts) > 2 else "")
        return (
            "model",
            f"botocore {self.info.get('botocore', '?')} {self.service}-{self.api_version} {named}".rstrip(),
        )

    def former_of(self, schema_path: str) -> Any:
        """What the model has where an overlay entry set the keyword at a JSON Pointer; None where it has nothing."""
        return overlay.former_at(self._sections.overlays, self._sections.provenance, schema_path)


def publish(schema: Any) -> Any:
    """A schema with the standard `pattern` other tools read beside each `x-aws-pattern`.

    A pattern that cannot be rendered gets none: it is not checked by them, and named as unchecked by us.
    """
    if isinstance(schema, list):
        return [publish(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    published = {keyword: publish(value) for keyword, value in schema.items()}
    if isinstance(pattern := schema.get("x-aws-pattern"), str) and "pattern" not in schema:
        with contextlib.suppress(PatternError):
            published["pattern"] = patterns.to_ecma(patterns.parse(pattern))
    return published


# Loading -------------------------------------------------------------------------------------------------------------


@functools.cache
def schemas_folder() -> Path:
    """Where the committed contracts lie: inside an installed package, beside it in a checkout."""
    inside = Path(__file__).parent / "schemas"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "schemas"


def committed() -> Mapping[str, tuple[str, ...]]:
    """Service -> API versions of the contracts that ship with this package."""
    folders = sorted(entry for entry in schemas_folder().iterdir() if entry.is_dir() and entry.name != "overlays")
    return {folder.name: tuple(sorted(file.stem for file in folder.glob("*.json"))) for folder in folders}


def load(
    service: str, api_version: str | None = None, *, origin: Origin = "auto", judge: Judge | None = None
) -> Contract:
    """The contract of a service: the committed one, else one derived from the installed botocore.

    `origin` insists on one of the two. UnknownNameError when there is no such service or API version.
    """
    if origin != "botocore":
        versions = committed().get(service, ())
        if versions and (api_version is None or api_version in versions):
            path = schemas_folder() / service / f"{api_version or versions[-1]}.json"
            return Contract.from_document(read_document(path), where=str(path), judge=judge)
        if origin == "committed":
            raise UnknownNameError("committed contract", service, committed())
    return from_models(sources.installed(), service, api_version, judge=judge)


def from_models(
    folder: sources.ModelFolder,
    service: str,
    api_version: str | None = None,
    *,
    entries: Iterable[overlay.Entry] | None = None,
    judge: Judge | None = None,
) -> Contract:
    """A contract derived from a folder of botocore models, shape by shape as it is asked for."""
    return from_model_files(folder.load(service, api_version), entries=entries, judge=judge)


def from_model_files(
    files: sources.ModelFiles, *, entries: Iterable[overlay.Entry] | None = None, judge: Judge | None = None
) -> Contract:
    """A contract derived from one service's files; `entries` are the overlays to apply, the shipped ones by default."""
    service, model = files.service, files.model
    heading = derive.heading(model, service=service, botocore=files.botocore)
    known: dict[str, Any] = {}
    for section, raw in (("$defs", "shapes"), ("x-aws-operations", "operations")):
        known[section] = model.get(raw)
        if not isinstance(known[section], Mapping):
            raise MalformedContractError(f"not a botocore service model: it has no {raw!r} object", where=service)

    def build(section: str, name: str) -> Any:
        if name not in known.get(section, ()):
            return None
        if section == "$defs":
            return derive.derive_shape(model, name, service=service)
        return derive.derive_operation(model, name, files.paginators, service=service)

    if entries is None:
        entries = overlay.load(schemas_folder() / "overlays", service)
    wanted = [entry for entry in entries if entry.api_version in (None, heading["x-aws-service"]["apiVersion"])]
    return Contract(Sections(heading, known, build, wanted), judge)


def read_document(path: Path) -> Any:
    """Parse a contract file; one clear error when it cannot be read."""
    return sources.read_json(path)


def dumps(document: Mapping[str, Any]) -> str:
    """A contract document as it is committed: two spaces, ASCII, one value a line, so that a change reads as a diff."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
