"""Settings from `[tool.aws-contract]` in pyproject.toml or from aws-contract.toml; the command line wins."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from validator.errors import UnusableInputError, did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its type in words, and what it does in a sentence."""

    kind: str
    meaning: str


# Also the settings page of the documentation is made from this table.
SETTINGS: Mapping[str, Setting] = {
    "report": Setting("list of strings", "Reports to write, each FORMAT or FORMAT=PATH, when --report is not given."),
    "fail-on": Setting("error, warning or info", "The least severity that makes the exit status 1."),
    "strict": Setting("true or false", "Lift every warning and info to an error."),
    "ignore": Setting(
        "list of tables", "What to leave out: `check` (CHECK[:service.Operation[.member]]) and `reason`."
    ),
    "baseline": Setting("path", "The file of findings that are accepted for now."),
    "fail-under": Setting(
        "number", "The least constraint coverage, in percent, of fuzz and of a suite; below it the exit status is 1."
    ),
    "services": Setting("list of strings", "Services that drift and check look at when none is named."),
    "given": Setting("table", "Values for members that a fuzz target already has: name = value."),
    "target": Setting("string", "The target that fuzz drives when --target is not given."),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What one settings file says: `values` by setting, and the file they came from."""

    values: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a setting, or the default."""
        return self.values.get(name, default)


@functools.lru_cache(maxsize=8)
def find(start: Path) -> Settings:
    """The nearest settings at or above a folder; empty when there are none.

    `aws-contract.toml` is taken before `pyproject.toml` in the same folder. UnusableInputError for a file that is
    not TOML or has an unknown setting.
    """
    for folder in (start, *start.parents):
        own = folder / "aws-contract.toml"
        if own.is_file():
            return Settings(_checked(_read(own), own), own)
        project = folder / "pyproject.toml"
        if project.is_file():
            tool = _read(project).get("tool", {})
            if not isinstance(tool, dict):
                raise UnusableInputError("'tool' is not a table", where=str(project))
            if (table := tool.get("aws-contract")) is not None:
                return Settings(_checked(table, project), project)
    return Settings()


def _read(path: Path) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = tomllib.loads(path.read_text("utf-8-sig"))
        return loaded
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInputError(f"cannot be read: {error}", where=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise UnusableInputError(f"not TOML: {error}", where=str(path)) from None


_KINDS: Mapping[str, tuple[type, ...]] = {
    "report": (list,),
    "fail-on": (str,),
    "strict": (bool,),
    "ignore": (list,),
    "baseline": (str,),
    "fail-under": (int, float),
    "services": (list,),
    "given": (dict,),
    "target": (str,),
}


def _texts(value: Any) -> bool:
    return all(isinstance(text, str) for text in value)


def _checked(table: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(table, dict):
        raise UnusableInputError("the settings are not a table", where=str(path))
    for name, value in table.items():
        if name not in SETTINGS:
            raise UnusableInputError(f"unknown setting {name!r}{did_you_mean(name, SETTINGS)}", where=str(path))
        if (
            not isinstance(value, _KINDS[name])
            or (isinstance(value, bool) and bool not in _KINDS[name])
            or (SETTINGS[name].kind == "list of strings" and not _texts(value))
        ):
            raise UnusableInputError(f"setting {name!r} must be {SETTINGS[name].kind}", where=str(path))
    for entry in table.get("ignore", ()):
        if (
            not isinstance(entry, dict)
            or not isinstance(entry.get("check"), str)
            or not str(entry.get("reason", "")).strip()
        ):
            raise UnusableInputError(
                "each entry of 'ignore' needs a check and a reason",
                where=str(path),
                fix='write { check = "response_conformance:events", reason = "why" }',
            )
    return table
