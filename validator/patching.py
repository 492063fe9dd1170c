"""JSON Patch on parts of a contract document: applied as a whole or not at all, or what it was to change taken away."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Part = tuple[str, str]
Document = dict[str, Any]
Operations = Sequence[Mapping[str, Any]]

ABSENT = object()
# What constrains the values of a shape, and can be taken away without changing what kind of shape it is.
_FACETS = frozenset(
    "enum required minLength maxLength minItems maxItems minProperties maxProperties minimum maximum"
    " x-aws-pattern x-aws-min-bytes x-aws-max-bytes".split()
)


class OvertakenError(Exception):
    """A patch that cannot be applied to the document, in one sentence; `tested` when what it tests has changed."""

    def __init__(self, reason: str, *, tested: bool = False) -> None:
        super().__init__(reason)
        self.tested = tested


def patched(before: Document, patch: Operations) -> Document:
    """The parts with a patch applied; OvertakenError when it does not fit them."""
    # Only models are patched: a process that reads committed contracts never needs these.
    import jsonpatch
    import jsonpointer

    after = copy.deepcopy(before)
    for operation in patch:
        kind, path = operation["op"], operation["path"]
        # RFC 6902 lets "add" replace a member; a shape the model has come to have by itself must not be lost so.
        if kind == "add" and path.count("/") == 2 and value_at(after, path) is not ABSENT:
            raise OvertakenError(f"the model has its own {path}")
        try:
            jsonpatch.apply_patch(after, [copy.deepcopy(operation)], in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            found, wanted = value_at(after, path), operation["value"]
            shown = _differing(found, wanted)
            raise OvertakenError(f"{path} is {shown[0]}, not {shown[1]}", tested=found is not ABSENT) from None
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
            raise OvertakenError(f"there is no {path} any more") from None
    return after


def loosened(before: Document, patch: Operations, define: Callable[[str], Any]) -> tuple[Document, dict[str, Any]]:
    """The parts without the constraints that a patch would replace or remove, and what the model has there.

    Nothing is taken away, and {} is given, where the place is gone or has what the patch would have set.
    """
    after, former = copy.deepcopy(before), dict[str, Any]()
    for operation in patch:
        path = keyword_at(operation["path"], before)
        head, _, keyword = path.rpartition("/")
        found, holder = value_at(before, path), value_at(after, head)
        if operation["op"] not in ("replace", "remove") or found is ABSENT or found == operation.get("value"):
            continue
        if keyword in _FACETS and keyword in holder:
            former[path] = holder.pop(keyword)
        elif refers(operation) and isinstance(target := define(found.rpartition("/")[2]), Mapping):
            # A member beside which others may stand: it gets a shape of its own, like the model's but unconstrained.
            name = spare_name(path)
            after["$defs"][name] = {word: value for word, value in target.items() if word not in _FACETS}
            holder["$ref"], former[path] = f"#/$defs/{name}", found
    return after, former


def refers(operation: Mapping[str, Any]) -> bool:
    """Whether an operation gives a member another shape."""
    path: str = operation["path"]
    return operation["op"] == "replace" and path.startswith("/$defs/") and path.endswith("/$ref")


def spare_name(path: str) -> str:
    """The name of the shape for a member whose own is not judged: `/$defs/A/properties/b/$ref` -> `AbUnjudged`."""
    parts = [_unescape(part) for part in path.split("/")[2:-1] if part != "properties"]
    return "".join(re.sub(r"\W", "", part) for part in parts) + "Unjudged"


def keyword_at(path: str, *documents: Document) -> str:
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


def former_value(before: Document, path: str) -> Any:
    """The model's value at a path; for a keyword added beside a `$ref`, the value its shape has."""
    found = value_at(before, path)
    if found is not ABSENT:
        return found
    head, _, keyword = path.rpartition("/")
    beside = value_at(before, head)
    if isinstance(beside, Mapping) and isinstance(beside.get("$ref"), str):
        return value_at(before, f"{beside['$ref'].removeprefix('#')}/{keyword}")
    return ABSENT


def value_at(document: Document, path: str) -> Any:
    """The value at a JSON Pointer, or ABSENT."""
    found: Any = document
    for part in path.split("/")[1:]:
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, Mapping) and _unescape(part) in found:
            found = found[_unescape(part)]
        else:
            return ABSENT
    return found


def _differing(found: Any, wanted: Any) -> tuple[str, str]:
    """Two values in words, cut down to where they begin to differ."""
    texts = ["absent" if value is ABSENT else repr(value) for value in (found, wanted)]
    same = next((index for index, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
    start = same - 20 if same > 60 and max(map(len, texts)) > 80 else 0
    cut = [("..." if start else "") + text[start:] for text in texts]
    return tuple(text if len(text) <= 80 else text[:77] + "..." for text in cut)  # type: ignore[return-value]


def _unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def part_of(path: str) -> Part:
    """The (section, name) that a JSON Pointer leads into."""
    _, section, name, *_rest = path.split("/")
    return section, _unescape(name)
