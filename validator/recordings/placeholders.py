"""Values that stand for others: what a recorder or a person put where a secret or a changing value was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from validator.contract import Contract
from validator.recordings.recording import View
from validator.results import Violation

# Anywhere in a text: LocalStack's `<resource:1>`, redactions by word, AWS's own example keys.
_WITHIN = re.compile(
    r"<[A-Za-z][\w .:/*-]*>|\*{2,}|\bREDACTED\b|redacted|\bFILTERED\b|\bSCRUBBED\b|\bDUMMY\b"
    r"|HIDDEN_DUE_TO_SECURITY_REASONS|EXAMPLE|\bexample-|\bX{4,}\b|x{8,}|\{\{[^}]*\}\}|\$\{[^}]*\}"
)
# The whole of a text: a word for what was there.
_WHOLE = re.compile(r"(fake|dummy|mock|masked|hidden|secret|placeholder|sanitized|scrubbed)([-_ ]?\w+)?", re.IGNORECASE)


def is_placeholder(value: Any) -> bool:
    """Whether a value stands for another."""
    return isinstance(value, str) and len(value) <= 4096 and bool(_WITHIN.search(value) or _WHOLE.fullmatch(value))


def excuses(violation: Violation, instance: Any, view: View, contract: Contract) -> bool:
    """Whether a violation is one of the recording, not of what was recorded."""
    if violation.keyword in view.forgives:
        return True
    if view.filters and violation.keyword == "required":
        shape = violation.schema_path.split("/")[2:3]
        member = violation.instance_path.rpartition("/")[2]
        properties = contract.define(shape[0]).get("properties", {}) if shape and shape[0] in contract.shapes else {}
        return properties.get(member, {}).get("x-aws-location") in ("header", "headers")
    value, key = look_up(instance, violation.instance_path)
    if is_placeholder(value) or is_placeholder(key):
        return True
    if view.replaces and isinstance(value, str) and violation.keyword in ("type", "format"):
        # A text where the contract wants none: the recorder replaced a time, a number or a size by its name.
        return True
    return view.merged and violation.keyword == "maxItems"


def look_up(instance: Any, pointer: str) -> tuple[Any, str | None]:
    """The value a JSON Pointer leads to, or as far as it leads, and its last key."""
    value: Any = instance
    key = None
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            if key not in value:
                return None, key
            value = value[key]
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None, key
    return value, key
