"""JSON and YAML text into plain data, within bounds: no tag builds an object, no alias grows, nothing is fetched."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from typing import Any

from validator.errors import MissingExtraError, UnusableInputError
from validator.recordings.limits import Limits

_ALIAS = re.compile(r"(?:^|[\s\[{,:?-])\*[^\s,\[\]{}]")
_MERGE = "tag:yaml.org,2002:merge"


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


def parse_yaml(text: str, name: str, limits: Limits) -> Any:
    """The data of a YAML text; tags other than YAML's own and the few that recorders write are refused."""
    if importlib.util.find_spec("yaml") is None:
        raise MissingExtraError("reading YAML recordings", "recordings")
    import yaml  # type: ignore[import-untyped]

    loader = _loader()
    try:
        if _ALIAS.search(text):
            _bound_aliases(text, name, limits)
        document = yaml.load(text, Loader=loader)
    except RecursionError:
        raise UnusableInputError("nested too deeply", where=name) from None
    except yaml.MarkedYAMLError as error:
        place = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UnusableInputError(f"not readable YAML{place}: {error.problem or error.context}", where=name) from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise UnusableInputError(f"not readable YAML: {error}", where=name) from None
    check_depth(document, name, limits)
    return document


def _bound_aliases(text: str, name: str, limits: Limits) -> None:
    """Raise UnusableInputError when aliases refer to themselves or unfold to more than the bound."""
    import yaml

    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise UnusableInputError(f"the alias *{event.anchor} refers to itself or to nothing", where=name)
            total += sizes[event.anchor]
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            open_.append((event.anchor, total))
            total += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            anchor, before = open_.pop()
            if anchor is not None:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        if total > limits.nodes:
            raise UnusableInputError(f"its aliases unfold to more than {limits.nodes:,} values", where=name)


_LOADERS: list[Any] = []


def _loader() -> Any:
    if not _LOADERS:
        import yaml

        parent = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

        class Loader(parent):  # type: ignore[misc, valid-type]
            """YAML's safe loader without guesses at dates, and with the text tags that recorders write."""

            def construct_mapping(self, node: Any, deep: bool = False) -> Any:
                names = [key.value for key, _ in node.value if isinstance(key.value, str) and key.tag != _MERGE]
                if len(set(names)) != len(names):
                    twin = next(each for each in names if names.count(each) > 1)
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the member {twin!r} is there twice in one object", node.start_mark
                    )
                return super().construct_mapping(node, deep)

        Loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in parent.yaml_implicit_resolvers.items()
        }
        # vcrpy under Python 2 and Ruby's Psych tag their texts so.
        for tag in ("tag:yaml.org,2002:python/unicode", "tag:yaml.org,2002:python/str"):
            Loader.add_constructor(tag, parent.construct_scalar)
        Loader.add_constructor("!binary", parent.construct_yaml_binary)
        _LOADERS.append(Loader)
    return _LOADERS[0]
