"""Settings: which file is taken, what may stand in it, and that each setting does what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from validator import settings
from validator.errors import UnusableInputError

# name -> a value that is right, and values that are of another type.
VALUES: dict[str, tuple[str, tuple[str, ...]]] = {
    "report": ('["json=out.json"]', ('"json"', "1", "true")),
    "fail-on": ('"warning"', ("1", "true", '["error"]')),
    "strict": ("true", ('"true"', "1", "[]")),
    "ignore": ('[{ check = "lifecycle", reason = "known" }]', ('"lifecycle"', "{ check = 'a' }", "false")),
    "baseline": ('"base.json"', ("1", "false", "['base.json']")),
    "fail-under": ("92.5", ('"92"', "true", "[92]")),
    "services": ('["personalize"]', ('"personalize"', "{}")),
    "given": ('{ datasetArn = "arn:x" }', ('"datasetArn=x"', "[]")),
    "target": ('"emulator"', ("1", "['emulator']")),
}


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    settings.find.cache_clear()
    yield
    settings.find.cache_clear()


def written(folder: Path, text: str, name: str = "aws-contract.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def refusal(folder: Path) -> str:
    with pytest.raises(UnusableInputError) as caught:
        settings.find(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Which file ----------------------------------------------------------------------------------------------------------


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    # Above the temporary folder there may be a project of somebody else's, but none with settings of ours.
    found = settings.find(tmp_path)
    assert (dict(found.values), found.path) == ({}, None)
    assert found.get("strict") is None
    assert found.get("strict", False) is False


def test_the_nearest_folder_wins(tmp_path: Path) -> None:
    outer = written(tmp_path, 'target = "moto"')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert settings.find(inner) == settings.Settings({"target": "moto"}, outer)
    near = written(tmp_path / "a", "strict = true")
    settings.find.cache_clear()
    found = settings.find(inner)
    assert found == settings.Settings({"strict": True}, near)
    assert found.get("target") is None, "files are not mixed"


def test_the_own_file_is_taken_before_the_project(tmp_path: Path) -> None:
    project = written(tmp_path, '[tool.aws-contract]\ntarget = "moto"', "pyproject.toml")
    assert settings.find(tmp_path) == settings.Settings({"target": "moto"}, project)
    own = written(tmp_path, 'target = "aws"')
    settings.find.cache_clear()
    assert settings.find(tmp_path) == settings.Settings({"target": "aws"}, own)


def test_a_project_without_settings_is_passed_over(tmp_path: Path) -> None:
    outer = written(tmp_path, "[tool.aws-contract]\nstrict = true", "pyproject.toml")
    written(tmp_path / "a", "[project]\nname = 'x'", "pyproject.toml")
    written(tmp_path / "a" / "b", "", "pyproject.toml")
    assert settings.find(tmp_path / "a" / "b").path == outer


def test_an_empty_table_is_settings_all_the_same(tmp_path: Path) -> None:
    written(tmp_path, "[tool.aws-contract]\nstrict = true", "pyproject.toml")
    near = written(tmp_path / "a", "[tool.aws-contract]", "pyproject.toml")
    assert settings.find(tmp_path / "a") == settings.Settings({}, near)


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "aws-contract.toml").mkdir()
    project = written(tmp_path, "[tool.aws-contract]\nstrict = true", "pyproject.toml")
    assert settings.find(tmp_path).path == project


# What may stand in it ------------------------------------------------------------------------------------------------


def test_every_setting_is_tried_here() -> None:
    assert set(VALUES) == set(settings.SETTINGS)
    assert all(setting.kind and setting.meaning.endswith(".") for setting in settings.SETTINGS.values())


@pytest.mark.parametrize("name", VALUES)
def test_a_right_value_is_taken(name: str, tmp_path: Path) -> None:
    written(tmp_path, f"{name} = {VALUES[name][0]}")
    assert list(settings.find(tmp_path).values) == [name]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, wrong) in VALUES.items() for value in wrong])
def test_a_value_of_another_type_is_refused_in_words(name: str, value: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"{name} = {value}")
    assert refusal(tmp_path) == f"{path}: setting {name!r} must be {settings.SETTINGS[name].kind}"


def test_an_unknown_setting_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, "fail_on = 'error'")
    assert refusal(tmp_path) == f"{path}: unknown setting 'fail_on'; did you mean fail-on?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strict =", "not TOML: "),
        ("strict = true\nstrict = true", "not TOML: "),
        ("\x00", "not TOML: "),
    ],
)
def test_what_is_no_toml_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    assert refusal(tmp_path).startswith(f"{path}: {said}")


def test_bytes_that_are_no_text_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "aws-contract.toml"
    path.write_bytes(b"target = '\xff'")
    assert refusal(tmp_path).startswith(f"{path}: cannot be read: ")


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "aws-contract.toml").write_bytes(b"\xef\xbb\xbfstrict = true\n")
    assert settings.find(tmp_path).get("strict") is True


@pytest.mark.parametrize("text", ["[tool]\naws-contract = 5", "[tool]\naws-contract = ['strict']"])
def test_settings_that_are_no_table_are_one_line(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text, "pyproject.toml")
    assert refusal(tmp_path) == f"{path}: the settings are not a table"


@pytest.mark.parametrize("text", ["tool = 5", "tool = [1]"])
def test_a_project_whose_tool_is_no_table_is_one_line(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text, "pyproject.toml")
    assert refusal(tmp_path).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "entry",
    [
        "'lifecycle'",
        "{ check = 'a' }",
        "{ check = 'a', reason = ' ' }",
        "{ check = 5, reason = 'b' }",
        "{ reason = 'b' }",
    ],
)
def test_an_ignore_needs_a_check_and_a_reason(entry: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"ignore = [{entry}]")
    said = refusal(tmp_path)
    assert said.startswith(f"{path}: each entry of 'ignore' needs a check and a reason; write {{ check")


@pytest.mark.parametrize(
    ("name", "value"), [("report", "[5]"), ("services", "[['personalize']]"), ("report", "['json', true]")]
)
def test_a_list_of_strings_has_only_strings(name: str, value: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"{name} = {value}")
    assert refusal(tmp_path) == f"{path}: setting {name!r} must be {settings.SETTINGS[name].kind}"


def test_the_example_that_a_refusal_gives_is_taken(tmp_path: Path) -> None:
    written(tmp_path, "ignore = [{}]")
    example = refusal(tmp_path).partition("; write ")[2]
    written(tmp_path, f"ignore = [{example}]")
    settings.find.cache_clear()
    assert settings.find(tmp_path).get("ignore") == [{"check": "response_conformance:events", "reason": "why"}]
