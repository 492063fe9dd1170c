"""What `pytest --cov` measures: every floor below the drivers, and none of it left out in silence."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
DRIVERS = "fuzz"


def _rooms(layer: str) -> set[str]:
    return set(layer.replace("|", ":").replace(" ", "").split(":"))


def test_what_is_not_measured_is_the_drivers_and_what_stands_above_them() -> None:
    layers = [_rooms(layer) for layer in TOOLS["importlinter"]["contracts"][0]["layers"]]
    lowest = next(number for number, layer in enumerate(layers) if DRIVERS in layer)
    above = {"__init__"}.union(*layers[: lowest + 1])
    omitted = {Path(pattern).parts[1].removesuffix(".py") for pattern in TOOLS["coverage"]["report"]["omit"]}
    assert omitted == above
    for pattern in TOOLS["coverage"]["report"]["omit"]:
        assert list(ROOT.glob(pattern)), f"{pattern} is no file"


def test_nineteen_branches_in_twenty_are_asked_for_and_nothing_is_excused_by_comment() -> None:
    assert TOOLS["coverage"]["run"] == {"branch": True, "source": ["validator"]}
    assert TOOLS["coverage"]["report"]["fail_under"] >= 95
    excused = [path for path in (ROOT / "validator").rglob("*.py") if "pragma: no" in path.read_text("utf-8")]
    assert not excused


def test_the_ordinary_run_does_not_pay_for_it() -> None:
    assert "--cov" not in TOOLS["pytest"]["ini_options"]["addopts"]
