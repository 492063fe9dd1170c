"""The repository itself: floors, types, style, versions, packaging."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import validator

ROOT = Path(__file__).parent.parent
LONGEST = 400


def _tool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def _module(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip(name)
    return _tool(sys.executable, "-m", name, *words)


def test_floors_hold() -> None:
    pytest.importorskip("importlinter")
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = _tool(sys.executable, "-c", code, "--no-cache")
    assert done.returncode == 0, done.stdout


def test_types_are_strict() -> None:
    done = _module("mypy", "--no-error-summary")
    assert done.returncode == 0, done.stdout


def test_style() -> None:
    done = _module("ruff", "check", "--no-cache", "--output-format", "concise", ".")
    assert done.returncode == 0, done.stdout


def test_formatting() -> None:
    done = _module("ruff", "format", "--no-cache", "--check", ".")
    assert done.returncode == 0, done.stdout


def test_the_newest_entry_of_the_changelog_is_the_version() -> None:
    found = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    assert found[1] == validator.__version__


def test_modules_are_rooms_not_halls() -> None:
    long = {str(path.relative_to(ROOT)): count for path in sorted((ROOT / "validator").rglob("*.py"))
            if (count := path.read_text("utf-8").count("\n")) > LONGEST}  # fmt: skip
    assert not long


def test_names_say_what_they_hold() -> None:
    forbidden = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert not [path for path in (ROOT / "validator").rglob("*.py") if path.stem in forbidden]


def test_no_room_is_imported_inside_a_function_but_at_the_doors() -> None:
    doors = ("__init__.py", "__main__.py", "cli.py", "pytest_plugin.py")
    inner = re.compile(r"^[ \t]+(from validator|import validator|from \.)(?!.*# lazy: )", re.MULTILINE)
    offenders = []
    for path in sorted((ROOT / "validator").rglob("*.py")):
        text = re.sub(r"^if TYPE_CHECKING:\n((?:[ \t]+.*\n|\n)+)", "", path.read_text("utf-8"), flags=re.MULTILINE)
        if path.name not in doors and "commands" not in path.parts and inner.search(text):
            offenders.append(str(path.relative_to(ROOT)))
    assert not offenders


def test_every_public_name_loads_and_says_what_it_is() -> None:
    for name in validator.__all__:
        value = getattr(validator, name)
        assert name == "__version__" or value.__doc__, f"validator.{name} has no docstring"


def test_the_package_starts_light() -> None:
    code = (
        "import sys, validator, validator.contract, validator.validate; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = set(_tool(sys.executable, "-c", code).stdout.split())
    assert "validator" in loaded
    assert not loaded & {"boto3", "botocore", "hypothesis", "rich", "yaml", "moto", "pytest", "click", "jsonschema"}


@pytest.mark.slow
def test_a_wheel_and_an_sdist_serve_from_an_empty_environment(tmp_path: Path) -> None:
    done = _module("pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path / "wheel"), str(ROOT))
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    place = tmp_path / "empty"
    assert _tool(sys.executable, "-m", "venv", str(place)).returncode == 0
    done = _tool(str(place / "bin" / "pip"), "install", "--quiet", str(wheel))
    assert done.returncode == 0, done.stderr
    words = [str(place / "bin" / "aws-contract"), "schema", "personalize", "ListDatasetImportJobs", "--request"]
    shown = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert '"maximum": 100' in shown.stdout
