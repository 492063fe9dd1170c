"""YAML text into plain data, built from the parser's events, so that depth, size and aliases are bounded on the way.

No tag makes an object: YAML's own scalars, lists and maps are known, and the two text tags that recorders write.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from validator.errors import MissingExtraError, UnusableInputError
from validator.recordings.limits import Limits

_PREFIX = "tag:yaml.org,2002:"
_TEXTS = frozenset((None, "!", f"{_PREFIX}str", f"{_PREFIX}python/unicode", f"{_PREFIX}python/str"))
# Dates stay texts: whoever recorded them did not mean Python's.
_PLAIN = {f"{_PREFIX}{kind}" for kind in ("null", "bool", "int", "float", "binary")}
_CONTAINERS = {None, "!", f"{_PREFIX}map", f"{_PREFIX}seq", f"{_PREFIX}omap"}


def parse_yaml(text: str, name: str, limits: Limits) -> Any:
    """The data of the one document in a YAML text; UnusableInputError in one line for anything that is not plain."""
    if importlib.util.find_spec("yaml") is None:
        raise MissingExtraError("reading YAML recordings", "recordings")
    import yaml

    try:
        return _Builder(name, limits).build(text)
    except yaml.MarkedYAMLError as error:
        place = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UnusableInputError(f"not readable YAML{place}: {error.problem or error.context}", where=name) from None
    except (yaml.YAMLError, TypeError, OverflowError) as error:
        raise UnusableInputError(f"not readable YAML: {error}", where=name) from None
    except ValueError as error:
        if isinstance(error, UnusableInputError):
            raise
        raise UnusableInputError(f"not readable YAML: {error}", where=name) from None


class _Builder:
    """Builds one document from events; `sizes` has how many values each anchor stands for, aliases written out."""

    def __init__(self, name: str, limits: Limits) -> None:
        import yaml

        self.yaml, self.name, self.limits = yaml, name, limits
        self.scalars = yaml.SafeLoader("")
        self.anchors: dict[str, Any] = {}
        self.sizes: dict[str, int] = {}
        self.total = 0

    def refuse(self, what: str, event: Any) -> UnusableInputError:
        return UnusableInputError(f"{what} at line {event.start_mark.line + 1}", where=self.name)

    def build(self, text: str) -> Any:
        yaml = self.yaml
        # Each open container: what it is, its anchor, the values counted before it, and the key that waits.
        stack: list[list[Any]] = []
        root: list[Any] = []
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.ScalarEvent):
                value = self.scalar(event)
                self.count(1)
                self.remember(event.anchor, value, 1)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self.sizes:
                    raise self.refuse(f"the alias *{event.anchor} refers to itself or to nothing", event)
                value = self.anchors[event.anchor]
                self.count(self.sizes[event.anchor])
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if event.tag not in _CONTAINERS:
                    raise self.refuse(f"the tag {event.tag} makes an object, and a recording is data", event)
                if len(stack) >= self.limits.depth:
                    raise UnusableInputError("nested too deeply", where=self.name)
                made: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                stack.append([made, event.anchor, self.total, _NO_KEY])
                self.count(1)
                continue
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                value, anchor, before, _key = stack.pop()
                self.remember(anchor, value, self.total - before)
            else:
                if isinstance(event, yaml.DocumentStartEvent) and root:
                    raise self.refuse("a second document", event)
                continue
            if stack:
                self.put(stack[-1], value, event)
            else:
                root.append(value)
        return root[0] if root else None

    def put(self, frame: list[Any], value: Any, event: Any) -> None:
        container, key = frame[0], frame[3]
        if isinstance(container, list):
            container.append(value)
        elif key is _NO_KEY:
            if isinstance(value, (dict, list)):
                raise self.refuse("a key that is no text", event)
            if value in container:
                raise self.refuse(f"the member {value!r} is there twice in one object", event)
            frame[3] = value
        else:
            frame[3] = _NO_KEY
            if key == "<<" and isinstance(value, dict):
                for name, item in value.items():
                    container.setdefault(name, item)
            else:
                container[key] = value

    def scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag is None and event.implicit[0]:
            value = event.value
            # A plain text that begins like a word is one, save for the few that are not.
            if value[:1].isalpha() and value[:1] not in "yYnNtTfFoO":
                return value
            tag = self.scalars.resolve(self.yaml.ScalarNode, value, (True, False))
        if tag in _TEXTS or tag == f"{_PREFIX}timestamp" or tag == f"{_PREFIX}merge" or tag == f"{_PREFIX}value":
            return event.value
        if tag == "!binary":
            tag = f"{_PREFIX}binary"
        if tag not in _PLAIN:
            raise self.refuse(f"the tag {tag} makes an object, and a recording is data", event)
        node = self.yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        return self.scalars.yaml_constructors[tag](self.scalars, node)

    def count(self, values: int) -> None:
        self.total += values
        if self.total > self.limits.nodes:
            raise UnusableInputError(f"its aliases unfold to more than {self.limits.nodes:,} values", where=self.name)

    def remember(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor], self.sizes[anchor] = value, size


_NO_KEY = object()
