"""JSON and YAML text into plain data, within bounds: no tag builds an object, no alias grows, nothing is fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from validator.errors import UnusableInputError
from validator.recordings.limits import Limits
from validator.recordings.yamls import parse_yaml


def parse(content: bytes, name: str, limits: Limits) -> Any:
    """The data of a JSON or YAML document; UnusableInputError, in one line, when it is neither."""
    text = decode(content, name)
    head = text[:4096].lstrip()
    if head[:1] in ("{", "["):
        try:
            return parse_json(text, name, limits)
        except UnusableInputError:
            # A flow-style YAML document begins alike; what ends in .json is held to be JSON.
            if not re.search(r"\.ya?ml(\.gz)?$", name, re.IGNORECASE):
                raise
    return parse_yaml(text, name, limits)


def decode(content: bytes, name: str) -> str:
    """The text of UTF-8 content, or UTF-16 when a byte order mark says so."""
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableInputError(f"not UTF-8 at byte {error.start}", where=name) from None


def parse_json(text: str, name: str, limits: Limits) -> Any:
    """The data of a JSON text in which no object has a member twice."""
    try:
        document = json.loads(text, object_pairs_hook=_no_twins)
    except _TwinError as error:
        raise UnusableInputError(f"the member {error.args[0]!r} is there twice in one object", where=name) from None
    except RecursionError:
        raise UnusableInputError("nested too deeply", where=name) from None
    except ValueError as error:
        raise UnusableInputError(f"not JSON: {error}", where=name) from None
    check_depth(document, name, limits)
    return document


class _TwinError(ValueError):
    pass


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _TwinError(name)
            seen.add(name)
    return document


def check_depth(document: Any, name: str, limits: Limits) -> None:
    """Raise UnusableInputError for data nested deeper than any AWS message."""
    level = [document]
    for _ in range(limits.depth):
        level = [
            below
            for value in level
            if isinstance(value, (Mapping, list))
            for below in (value.values() if isinstance(value, Mapping) else value)
            if isinstance(below, (Mapping, list))
        ]
        if not level:
            return
    raise UnusableInputError("nested too deeply", where=name)
