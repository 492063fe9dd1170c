"""What the pytest plugin costs a suite that does not ask for it, and one that does.

python benchmarks/bench_plugin.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORT = """
import sys, time
import pytest
start = time.perf_counter()
import validator.pytest_plugin
print((time.perf_counter() - start) * 1000)
"""

SUITE = """
import boto3, pytest
from botocore.stub import Stubber

@pytest.fixture(scope="module")
def client():
    return boto3.client("personalize", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")

@pytest.mark.parametrize("count", range(300))
def test_jobs(client, count):
    with Stubber(client) as stubber:
        stubber.add_response("list_dataset_import_jobs", {"datasetImportJobs": []})
        client.list_dataset_import_jobs(maxResults=count % 100 + 1)
"""


def main() -> None:
    """Print the table."""
    times = []
    for _ in range(9):
        done = subprocess.run(
            [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, env=_environment()
        )
        times.append(float(done.stdout))
    print(f"import of the entry point            {statistics.median(times):6.2f} ms   aim under 5 ms")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_suite.py").write_text(SUITE)
        plain, watched = [], []
        for _ in range(5):
            plain.append(_suite(folder))
            watched.append(_suite(folder, "--aws-contract"))
        ratio = statistics.median(b / a for a, b in zip(plain, watched, strict=True))
        print(f"300 stubbed calls, --aws-contract    {ratio:6.2f} times the suite without it")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}


def _suite(folder: str, *options: str) -> float:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    start = time.perf_counter()
    subprocess.run(words, cwd=folder, capture_output=True, check=True, env=_environment())
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
