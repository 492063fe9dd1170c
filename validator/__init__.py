"""Contract testing and schema validation for AWS APIs: the public names, each loaded on first use."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

# Name -> (module, attribute). An attribute of None means the module itself. Nothing is imported before it is
# asked for, so that the command line and the pytest plugin start without botocore, jsonschema or Hypothesis.
_PUBLIC: dict[str, tuple[str, str | None]] = {
    "load": ("validator.validate", "load"),
    # The module is callable, so that it makes no difference whether the room or the function was loaded first.
    "validate": ("validator.validate", None),
    "batch": ("validator.batch", None),
    "attach": ("validator.preflight", "attach"),
    "detach": ("validator.preflight", "detach"),
    "Contract": ("validator.contract", "Contract"),
    "Operation": ("validator.contract", "Operation"),
    "Violation": ("validator.results", "Violation"),
    "Finding": ("validator.results", "Finding"),
    "Report": ("validator.results", "Report"),
    "Severity": ("validator.results", "Severity"),
    "AwsContractError": ("validator.errors", "AwsContractError"),
    "UnusableInputError": ("validator.errors", "UnusableInputError"),
    "EnvironmentFailedError": ("validator.errors", "EnvironmentFailedError"),
    "ContractViolationError": ("validator.errors", "ContractViolationError"),
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    try:
        module, attribute = _PUBLIC[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    loaded = importlib.import_module(module)
    value = loaded if attribute is None else getattr(loaded, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
