"""`aws-contract explain`: what is demanded, who says so, what passes and what fails."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import click

from validator import boundary, checks, contract, drift, overlay, smallest, sources, validate
from validator.constraints import Constraint
from validator.contract import Contract, Operation, Schema
from validator.errors import UnknownNameError
from validator.keywords import KEYWORDS
from validator.results import SEVERITIES, Severity, Violation

Lines = Iterator[str]


@click.command()
@click.argument("name")
def explain(name: str) -> None:
    """Explain NAME: a check, a keyword, an overlay entry, or service.Operation[.member[.member...]]."""
    lines = _explained(name)
    if lines is None:
        entries = (entry.id for entry in _entries())
        raise UnknownNameError(
            "check, keyword, overlay entry, service or service.Operation", name, [*checks.table(), *KEYWORDS, *entries]
        )
    click.echo("\n".join(lines))


def _explained(name: str) -> Lines | None:
    if name in checks.table():
        return _check(checks.table()[name])
    if name in KEYWORDS:
        return _keyword(name)
    # An entry's id is its service's own: another service may have one of the same name.
    if entries := [entry for entry in _entries() if entry.id == name]:
        return itertools.chain.from_iterable(map(_entry, entries))
    service, _, place = name.partition(".")
    if not place:
        return _service(service) if service in sources.installed().services or service in contract.committed() else None
    operation, _, member = place.partition(".")
    found = validate.load(service).operation(operation)
    return _member(found, member) if member else _operation(found)


def _entries() -> Iterator[overlay.Entry]:
    folder = contract.schemas_folder() / "overlays"
    for service in overlay.services(folder):
        yield from overlay.load(folder, service)


def _rows(rows: dict[str, Any]) -> Lines:
    width = max(map(len, rows))
    for label, value in rows.items():
        for number, line in enumerate(str(value).splitlines() or [""]):
            yield f"  {label if number == 0 else '':<{width}}  {line}"


def _check(check: checks.Check) -> Lines:
    yield f"check {check.id}"
    rows = {
        "demands": check.sentence,
        "severity": check.severity,
        "judges": "each exchange alone" if check.scope == "exchange" else "a sequence of exchanges",
    }
    if check.source:
        rows["source"] = check.source
    yield from _rows(rows)


def _keyword(name: str) -> Lines:
    keyword = KEYWORDS[name]
    request, answer = SEVERITIES.get(name, (Severity.ERROR, Severity.ERROR))
    yield f"keyword {name}"
    yield from _rows(
        {
            "demands": keyword.demand,
            "severity": f"{request} in a request, {answer} in a response or error body",
            "schema": json.dumps(keyword.schema),
            "passes": json.dumps(keyword.passes),
            "fails": json.dumps(keyword.fails),
            "boto3": keyword.boto3,
        }
    )


def _entry(entry: overlay.Entry) -> Lines:
    yield f"overlay entry {entry.id}"
    rows = {
        "service": entry.service,
        "layer": entry.layer,
        "reason": entry.reason,
        "evidence": "\n".join(entry.evidence),
    }
    if entry.since or entry.until:
        rows["botocore"] = f"{entry.since or 'any'} to {entry.until or 'today'}"
    rows["patch"] = "\n".join(json.dumps(step) for step in entry.patch)
    for patch in entry.alternatives:
        rows["or"] = "\n".join([*rows.get("or", "").splitlines(), *(json.dumps(step) for step in patch)])
    models = sources.installed()
    for change in drift.expired(models, entry.service):
        if change.old == entry.id:
            rows["expired"] = f"botocore {models.version}: {change.new}"
    yield from _rows(rows)


def _service(name: str) -> Lines:
    loaded = validate.load(name)
    yield f"service {name}, {loaded.api_version}, {loaded.protocol}"
    entries = overlay.load(contract.schemas_folder() / "overlays", name)
    rows = {"operations": "\n".join(loaded.operations)}
    if loaded.resources:
        rows["resources"] = ", ".join(loaded.resources)
    if entries:
        rows["overlays"] = "\n".join(entry.id for entry in entries)
    yield from _rows(rows)
    yield f"  (more with: aws-contract explain {name}.OPERATION)"


def _operation(operation: Operation) -> Lines:
    loaded = operation.contract
    yield f"{operation.service}.{operation.name}"
    traits = [trait for trait in ("readonly", "idempotent", "deprecated") if operation.entry.get(trait)]
    rows: dict[str, Any] = {"http": f"{operation.http['method']} {operation.http['requestUri']}"}
    if traits:
        rows["traits"] = ", ".join(traits)
    if operation.errors:
        rows["errors"] = ", ".join(operation.errors)
    yield from _rows(rows)
    for direction, shape in (("request", operation.input), ("response", operation.output)):
        yield f"{direction}" + ("" if shape else ": nothing")
        if shape is None:
            continue
        schema = loaded.define(shape)
        required = schema.get("required", ())
        for member, reference in schema.get("properties", {}).items():
            mark = "*" if member in required else " "
            yield f"  {mark} {member}: {_demands(loaded, reference)}"
    yield f"  (* required; more with: aws-contract explain {operation.service}.{operation.name}.MEMBER)"


def _member(operation: Operation, path: str) -> Lines:
    found = False
    for direction, shape in (("request", operation.input), ("response", operation.output)):
        place = _walk(operation.contract, shape, path.split(".")) if shape else None
        if place is None:
            continue
        found = True
        yield f"{operation.service}.{operation.name} {direction} {path}"
        yield from _layers(operation.contract, *place)
        yield from _examples(operation, direction, path)
    if not found:
        members: list[str] = []
        for shape in (operation.input, operation.output):
            if shape:
                members += operation.contract.define(shape).get("properties", {})
        raise UnknownNameError("member", path, members, where=f"{operation.service}.{operation.name}")


def _walk(loaded: Contract, shape: str, parts: list[str]) -> tuple[Schema, str] | None:
    """The schema at a member path, and its pointer; lists and maps are stepped through on the way."""
    schema, pointer = loaded.define(shape), f"/$defs/{shape}"
    for part in parts:
        while part not in schema.get("properties", {}):
            inner = next(
                (keyword for keyword in ("items", "additionalProperties") if isinstance(schema.get(keyword), dict)),
                None,
            )
            if inner is None or "$ref" not in schema[inner]:
                return None
            schema, pointer = _target(loaded, schema[inner])
        pointer += f"/properties/{part}"
        schema = schema["properties"][part]
        if part is not parts[-1]:
            schema, pointer = _target(loaded, schema)
    return schema, pointer


def _target(loaded: Contract, reference: Schema) -> tuple[Schema, str]:
    name = reference["$ref"].rpartition("/")[2]
    return loaded.define(name), f"/$defs/{name}"


def _layers(loaded: Contract, schema: Schema, pointer: str) -> Lines:
    while True:
        for keyword, limit in schema.items():
            if keyword == "pattern" and "x-aws-pattern" in schema:
                continue
            shown = {
                "x-aws-pattern": "pattern",
                "x-aws-min-bytes": "minLength",
                "x-aws-max-bytes": "maxLength",
            }.get(keyword, keyword)
            if shown not in KEYWORDS or not isinstance(limit, (str, int, float, list)):
                continue
            layer, source = loaded.source_of(f"{pointer}/{keyword}")
            text = limit if isinstance(limit, str) else json.dumps(limit)
            yield f"  {shown:<12} {text}"
            yield f"  {'':<12} {source if layer in source else f'{layer}, {source}'}"
        for entry, found in loaded.entries.items():
            for path, limit in found.get("former", {}).items() if "expired" in found else ():
                head, _, keyword = path.rpartition("/")
                if head == pointer:
                    yield f"  {'not judged':<12} {keyword.removeprefix('x-aws-')} {limit}"
                    yield f"  {'':<12} overlay entry {entry} has expired: {found['expired']}"
        if "$ref" not in schema:
            return
        schema, pointer = _target(loaded, schema)


def _demands(loaded: Contract, schema: Schema) -> str:
    words: list[str] = []
    while True:
        for keyword, limit in schema.items():
            if keyword == "type":
                words.insert(0, {"object": "structure or map", "array": "list"}.get(str(limit), str(limit)))
            elif keyword == "enum":
                words.append("one of " + ", ".join(limit[:6]) + (" ..." if len(limit) > 6 else ""))
            elif keyword in (
                "minimum",
                "maximum",
                "minLength",
                "maxLength",
                "minItems",
                "maxItems",
                "minProperties",
                "maxProperties",
            ):
                words.append(f"{keyword} {limit}")
            elif keyword == "x-aws-pattern":
                words.append(f"pattern {limit if len(limit) < 60 else limit[:57] + '...'}")
        if "$ref" not in schema:
            return ", ".join(dict.fromkeys(words)) or "anything"
        schema, _ = _target(loaded, schema)


def _examples(operation: Operation, direction: str, path: str) -> Lines:
    """One value that passes and, per keyword, one that fails, from both sides of each bound."""
    passing: tuple[Any, Any] | None = None
    failing: dict[str, str] = {}
    for case in boundary.iter_boundary(operation, direction):
        mine = [each for each in (case.constraint, *case.also) if each is not None and _is_at(each, path)]
        if not mine:
            continue
        if case.violation is None:
            value = _at(case.instance, mine[0].member_path.split("/")[1:])
            passing = passing or (None if value is None else (case.instance, value))
        elif not case.lenient:
            keyword = mine[0].keyword
            shown = "absent" if keyword == "required" else _short(_at(case.instance, _path_of(case.violation)))
            failing.setdefault(keyword, shown)
    if passing is None:
        return
    yield f"  {'passes':<12} {_short(passing[1])}"
    for entry in boundary.unexercisable(operation, direction):
        constraint = entry.constraint
        if entry.side == "violated" and _is_at(constraint, path) and constraint.keyword not in failing:
            failing |= _with_others(operation, direction, constraint, *passing)
    for keyword, shown in failing.items():
        yield f"  {'fails':<12} {shown}  ({keyword})"


def _is_at(constraint: Constraint, path: str) -> bool:
    return [part for part in constraint.member_path.split("/")[1:] if part != "*"] == path.split(".")


def _with_others(
    operation: Operation, direction: str, constraint: Constraint, instance: Any, value: Any
) -> dict[str, str]:
    """A text beyond a bound on the length where no text breaks that alone: what else it breaks is named with it."""
    limit, keyword = constraint.limit, constraint.keyword
    if not isinstance(value, str) or keyword not in ("minLength", "maxLength") or limit > smallest.LARGEST:
        return {}
    value = value[: limit - 1] if keyword == "minLength" else value + (value[-1:] or "a") * (limit + 1 - len(value))
    place: list[Any] = []
    for part in constraint.member_path.split("/")[1:]:
        inner = _at(instance, [str(step) for step in place])
        place.append(0 if isinstance(inner, list) else next(iter(inner)) if part == "*" else part)
    broken = smallest.put(instance, tuple(place), value)
    keywords = [each.keyword for each in operation.iter_violations(broken, direction)]
    if keyword not in keywords:
        return {}
    others = [each for each in dict.fromkeys(keywords) if each != keyword]
    return {f"{keyword}, and {', '.join(others)}" if others else keyword: _short(value)}


def _path_of(violation: Violation) -> list[str]:
    """The steps of a violation's instance path."""
    return [part.replace("~1", "/").replace("~0", "~") for part in violation.instance_path.split("/")[1:]]


def _at(instance: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(instance, list):
            instance = instance[min(int(part), len(instance) - 1) if part.isdigit() else 0] if instance else None
        elif isinstance(instance, dict):
            instance = instance.get(part) if part != "*" else next(iter(instance.values()), None)
        else:
            return None
    return instance


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 72 else f"{text[:56]}...  ({len(text) - 2} characters)"
