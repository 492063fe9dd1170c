"""Published schemas, read by implementations that are not ours: ajv where Node is, Python's jsonschema everywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from validator import boundary, validate

OPERATIONS = [
    ("personalize", "CreateDatasetImportJob"), ("personalize", "ListDatasetImportJobs"),
    ("personalize", "DescribeDatasetImportJob"), ("forecast", "CreateDatasetImportJob"),
    ("forecast", "ListDatasetImportJobs"), ("forecast", "DescribeDatasetImportJob"), ("dynamodb", "PutItem"),
    ("sqs", "SendMessage"), ("stepfunctions", "CreateStateMachine"),
]  # fmt: skip

AJV = """
const Ajv = require("ajv/dist/2020").default;
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
const verdicts = cases.map(({schema, instances}) => {
  const check = new Ajv({strict: false, allErrors: false, validateFormats: false, logger: false}).compile(schema);
  return instances.map((instance) => check(instance));
});
process.stdout.write(JSON.stringify(verdicts));
"""


def _cases(service: str, name: str, direction: str) -> tuple[dict[str, Any], list[Any], list[bool]]:
    operation = validate.load(service).operation(name)
    instances, verdicts = [], []
    for case in boundary.iter_boundary(operation, direction):
        # Bytes are counted in base64 text by other tools, three at a time; ours are exact.
        exact = case.constraint is not None and "bytes" in case.constraint.pointer
        if (case.violation is not None and case.violation.keyword == "format") or exact:
            continue
        instances.append(case.instance)
        verdicts.append(validate.is_valid(operation, case.instance, direction))
    return operation.schema(direction), instances, verdicts


def _all_cases() -> Iterator[tuple[str, dict[str, Any], list[Any], list[bool]]]:
    for service, name in OPERATIONS:
        for direction in ("request", "response"):
            yield f"{service}.{name} {direction}", *_cases(service, name, direction)


def test_python_jsonschema_reads_them_the_same_way() -> None:
    compared = 0
    for label, schema, instances, verdicts in _all_cases():
        # The property classes of ECMA are what Python's own re does not know; nothing else is left out.
        if re.search(r"\\\\p\{", json.dumps(schema)):
            continue
        reader = jsonschema.Draft202012Validator(schema)
        for instance, verdict in zip(instances, verdicts, strict=True):
            # Python's $ stands before a last newline too, ECMA's and Java's matches() do not.
            if '\\n"' in json.dumps(instance):
                continue
            assert reader.is_valid(instance) is verdict, (label, instance)
            compared += 1
    assert compared > 500


def test_ajv_reads_them_the_same_way(tmp_path: Path) -> None:
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("ajv needs Node and npm, which are not here")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path), "ajv@8"]
    if subprocess.run(install, capture_output=True, timeout=120, check=False).returncode:
        pytest.skip("npm could not install ajv (no network?)")
    labels, schemas, instances, verdicts = zip(*_all_cases(), strict=True)
    asked = [{"schema": schema, "instances": each} for schema, each in zip(schemas, instances, strict=True)]
    done = subprocess.run(
        ["node", "-e", AJV],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        check=True,
    )
    compared = 0
    for label, each, ours, theirs in zip(labels, instances, verdicts, json.loads(done.stdout), strict=True):
        for instance, mine, other in zip(each, ours, theirs, strict=True):
            # Numbers beyond 2**53 are not whole in JavaScript.
            if re.search(r"\d{17,}", json.dumps(instance)):
                continue
            assert other is mine, (label, instance)
            compared += 1
    assert compared > 1000
