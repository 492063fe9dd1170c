"""The contract's side of a finding: the definitions that are broken, the broken lines standing out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from validator import validate
from validator.contract import Contract, publish
from validator.errors import AwsContractError
from validator.report.elements import Element, h
from validator.report.listing import listing, nearest
from validator.results import Violation

_MOST = 3


def contract_of(service: str) -> Contract | None:
    """The contract of a service, or None when there is none of that name."""
    # A recording may name anything; only what can be a service's name is looked for on disk.
    if not re.fullmatch(r"[a-z0-9-]{1,60}", service):
        return None
    try:
        return validate.load(service)
    except AwsContractError:
        return None


def demands(violations: Iterable[Violation], contract: Contract | None) -> Iterator[Element]:
    """The definitions that the violations break, each once, with the broken lines standing out."""
    wanted: dict[str, set[str]] = {}
    for violation in violations:
        parts = violation.schema_path.split("/")
        if len(parts) > 2 and parts[1] == "$defs":
            wanted.setdefault(parts[2].replace("~1", "/").replace("~0", "~"), set()).add(violation.schema_path)
    for shape, pointers in list(wanted.items())[:_MOST]:
        try:
            schema = publish(contract.define(shape)) if contract is not None else None
        except AwsContractError:
            schema = None
        if schema is not None:
            start = f"/$defs/{shape}"
            marks = {start + nearest(schema, pointer[len(start) :]) for pointer in pointers}
            title = h("span", "Contract: ", h("code", shape))
            yield listing(title, schema, marks, label=f"Contract {shape}", start=start)
