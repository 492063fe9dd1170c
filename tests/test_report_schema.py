"""schemas/report.schema.json: what every command writes keeps it, and what nobody should write does not."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests import report_sample
from tests.report_readers import SCHEMA, read_json
from validator import report

CALL = {"service": "personalize", "operation": "ListDatasetImportJobs", "request": {"maxResults": 101}, "status": 200}
COMMANDS: dict[str, list[str]] = {
    "validate": ["validate", "personalize", "ListDatasetImportJobs", "payload.json"],
    "check": ["check", "calls.jsonl"],
    "drift": ["drift", "personalize", "forecast"],
    "fuzz": ["fuzz", "personalize.ListDatasetImportJobs", "--phases", "examples,boundary", "--max-time", "10"],
}


ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parent.parent), "PATH": ""}


def command(arguments: list[str], folder: Path) -> Any:
    """A command's report, from a process of its own: the JSON file as it was written to disk."""
    run = [sys.executable, "-m", "validator", *arguments, "--report", "json=out.json"]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode in (0, 1), done.stderr
    return read_json((folder / "out.json").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "payload.json").write_text(json.dumps({"maxResults": 101, "wrong\ud800": "\u202e"}), "utf-8")
    calls = [CALL, {**CALL, "operation": "NoSuchOperation"}, {**CALL, "request": {"nextToken": "x" * 5000}}]
    (tmp_path / "calls.jsonl").write_text("\n".join(map(json.dumps, calls)), "utf-8")
    found = report_sample.history_finding()
    recorded = report.renderer("json")(report.Report("fuzz", [found], details={"target": "emulator"}), report.Page())
    (tmp_path / "calls.json").write_text(recorded, "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_keeps_it(name: str, folder: Path) -> None:
    document = command(COMMANDS[name], folder)
    assert document["command"] == name
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


SUITE = """
import boto3
from botocore.stub import Stubber

def test_lists_too_many():
    client = boto3.client("personalize", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        stub.add_response("list_dataset_import_jobs", {"datasetImportJobs": []})
        client.list_dataset_import_jobs(nextToken="x" * 1400)
"""


def test_a_test_suites_report_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE, "utf-8")
    run = [sys.executable, "-m", "pytest", "-q", "--aws-contract", "--aws-contract-report=json=out.json"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 1, done.stdout + done.stderr
    document = read_json((tmp_path / "out.json").read_text("utf-8"))
    assert (document["command"], document["summary"]["error"]) == ("pytest", 1)


def test_a_written_report_can_be_replayed(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "validator", "replay", "calls.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.stdout.split()[:2] == ["FIXED", report_sample.history_finding().id], done.stderr


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    names = set(SCHEMA["$defs"])
    used = {part.rpartition("/")[2] for part in _references(SCHEMA)}
    assert used == names


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        here = [value["$ref"]] if "$ref" in value else []
        return here + [found for inner in value.values() for found in _references(inner)]
    return [found for inner in value for found in _references(inner)] if isinstance(value, list) else []


def _set(pointer: str, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        *steps, last = pointer.split("/")
        for step in steps:
            document = document[int(step) if step.isdigit() else step]
        document[last] = value

    return change


WRONG: dict[str, Callable[[Any], None]] = {
    "another version": _set("version", 2),
    "no summary": lambda document: document.pop("summary"),
    "an unknown member": _set("extra", 1),
    "an unknown member of a finding": _set("findings/0/extra", 1),
    "an unknown severity": _set("findings/0/severity", "fatal"),
    "an id that is none": _set("findings/0/id", "abc"),
    "an unknown layer": _set("findings/0/violations/0/layer", "rumour"),
    "an unknown keyword": _set("findings/0/violations/0/keyword", "multipleOf"),
    "a path that is no pointer": _set("findings/0/violations/0/instance_path", "maxResults"),
    "a count below nothing": _set("summary/error", -1),
    "a count that is no number": _set("coverage/constraints/total", "3"),
    "a location that is a text": _set("findings/0/location", "a.yaml:3"),
    "a phase without form": _set("details/phases/examples", 3),
    "a point without a time": _set("details/timeline", [{"operation": "s.O"}]),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_refuses(name: str) -> None:
    document = json.loads(report.renderer("json")(report_sample.full(), report.Page()))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    changed = copy.deepcopy(document)
    WRONG[name](changed)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(changed)


def test_every_keyword_that_is_judged_is_in_it() -> None:
    from validator.results import SEVERITIES

    assert set(SCHEMA["$defs"]["violation"]["properties"]["keyword"]["enum"]) == set(SEVERITIES)
