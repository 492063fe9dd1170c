"""What contracts cost: derive all services, load a committed one, a fresh process's first violation, the version.

    python benchmarks/bench_contracts.py

Whole processes, run several times; CPU is user and system time of the process, and the median is printed. The bare
interpreter's start is measured in the same run, to read the others against.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# Byte code may be written, as it is where the package is installed.
ENVIRONMENT = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
COMMAND = str(Path(sys.executable).parent / "aws-contract")

DERIVE = """
import resource
from validator import derive, sources
models = sources.installed()
count = 0
for service in models.services:
    files = models.load(service)
    document = derive.derive(files.model, service=service, paginators=files.paginators, botocore=files.botocore)
    count += len(document["x-aws-operations"])
    del files, document
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(len(models.services), "services", count, "operations,", peak, "MB")
"""

LOAD = """
import statistics, time
from validator import contract
times = []
for _ in range(20):
    start = time.perf_counter()
    contract.load("{}", origin="committed")
    times.append(time.perf_counter() - start)
print(f"{{statistics.median(times) * 1000:.1f}} ms")
"""

FIRST = """
import sys
import validator
found = list(validator.load("personalize").operation("ListDatasetImportJobs").iter_violations({"maxResults": 101}))
assert [each.keyword for each in found] == ["maximum"]
assert "botocore" not in sys.modules
"""


def measure(name: str, words: Sequence[str], rounds: int, aim: str) -> None:
    """Run a command so often and print the median CPU time of its process, and what it said last."""
    times, said = [], ""
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=ENVIRONMENT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        said = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
    print(f"{name:<42} {statistics.median(times) * 1000:8.0f} ms CPU   aim {aim:<24} {said}")


def main() -> None:
    """Print the table."""
    python = [sys.executable, "-c"]
    measure("bare interpreter", [*python, "pass"], 9, "-")
    measure("derive every service", [*python, DERIVE], 3, "6 s, 150 MB")
    for service in ("personalize", "forecast"):
        measure(f"load {service}, in process", [*python, LOAD.format(service)], 3, "10 ms each")
    measure("first violation, fresh process", [*python, FIRST], 9, "250 ms")
    measure("aws-contract --version", [COMMAND, "--version"], 9, "150 ms")
    measure("aws-contract schema personalize", [COMMAND, "schema", "personalize"], 5, "-")


if __name__ == "__main__":
    main()
