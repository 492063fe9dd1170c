"""How fast `check` goes through JSONL: against bare parsing and verdicts, against jsonschema alone, and in processes.

Run: python benchmarks/bench_check.py [--exchanges N] [--large GIGABYTES]. Prints a table; the ratios are of one run,
with the contenders taking turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import orjson

from validator.batch import Judge, Tally
from validator.recordings import jsonl
from validator.recordings.recording import Recording
from validator.shards import SIZE, check_all, cut
from validator.validate import load, verdict_of

ROUNDS = 5


def line(jobs: int = 16) -> bytes:
    """One exchange whose response is a list of about 4 KB."""
    summaries = [
        {
            "datasetImportJobArn": f"arn:aws:personalize:us-east-1:123456789012:dataset-import-job/job-number-{n:04d}",
            "jobName": f"job-number-{n:04d}",
            "status": "ACTIVE",
            "creationDateTime": 1767600000.5 + n,
            "lastUpdatedDateTime": 1767603600.25 + n,
            "importMode": "FULL",
        }
        for n in range(jobs)
    ]
    exchange = {
        "service": "personalize",
        "operation": "ListDatasetImportJobs",
        "request": {"maxResults": jobs},
        "response": {"datasetImportJobs": summaries},
        "status": 200,
    }
    return orjson.dumps(exchange) + b"\n"


def ours(path: Path) -> None:
    tally = Tally()
    with path.open("rb") as stream:
        Judge(tally).see(jsonl.read_lines(stream, Recording(str(path)), tally.problem))
    assert (len(tally.findings), tally.problems) == (0, [])
    assert tally.checked


def bare(path: Path) -> None:
    operation = load("personalize").operation("ListDatasetImportJobs")
    request, response = verdict_of(operation, "request"), verdict_of(operation, "response")
    with path.open("rb") as stream:
        for each in stream:
            document = orjson.loads(each)
            assert all((request(document["request"]), response(document["response"])))


def plain(path: Path) -> None:
    operation = load("personalize").operation("ListDatasetImportJobs")
    response = jsonschema.Draft202012Validator(operation.schema("response"))
    request = jsonschema.Draft202012Validator(operation.schema("request"))
    with path.open("rb") as stream:
        for each in stream:
            document = json.loads(each)
            assert all((request.is_valid(document["request"]), response.is_valid(document["response"])))


def rate(work: Callable[[Path], None], path: Path, count: int) -> float:
    """Exchanges a second of one core, whatever else the machine does."""
    started = time.process_time()
    work(path)
    return count / (time.process_time() - started)


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def processes(path: Path, jobs: int, count: int) -> float:
    started = time.perf_counter()
    tally = Tally()
    check_all(cut([str(path)], size=min(SIZE, path.stat().st_size // 8), tally=tally), tally, jobs)
    assert tally.checked == count
    return count / (time.perf_counter() - started)


def memory(path: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of the whole command over a file."""
    program = (
        "import resource, sys; from validator.__main__ import run; status = run(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(status)"
    )
    started = time.perf_counter()
    words = [sys.executable, "-c", program, "check", str(path), "--report", "json"]
    made = subprocess.run(words, capture_output=True, text=True, check=True)
    return time.perf_counter() - started, int(made.stderr.split()[-1]) / 1024


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--exchanges", type=int, default=20_000)
    options.add_argument("--large", type=float, default=0.0, help="also the memory over a file of so many gigabytes")
    chosen = options.parse_args()
    one = line()
    with tempfile.TemporaryDirectory() as folder:
        path, few = Path(folder, "many.jsonl"), Path(folder, "few.jsonl")
        path.write_bytes(one * chosen.exchanges)
        few.write_bytes(one * max(50, chosen.exchanges // 200))
        for warm in (ours, bare, plain):
            warm(few)
        rates: dict[str, list[float]] = {"check": [], "orjson and verdicts": [], "jsonschema alone": []}
        for _ in range(ROUNDS):
            rates["check"].append(rate(ours, path, chosen.exchanges))
            rates["orjson and verdicts"].append(rate(bare, path, chosen.exchanges))
            rates["jsonschema alone"].append(rate(plain, few, max(50, chosen.exchanges // 200)))
        found = {name: median(values) for name, values in rates.items()}
        print(f"lines of {len(one)} bytes, {chosen.exchanges} exchanges, median of {ROUNDS}")
        for name, value in found.items():
            print(f"{name:24} {value:12,.0f} exchanges/s  {found['check'] / value:8.2f} x in favour of check")
        for jobs in (1, 2):
            print(f"{f'-n {jobs}':24} {processes(path, jobs, chosen.exchanges):12,.0f} exchanges/s, starting included")
        for size in filter(None, (len(one) * chosen.exchanges / 1e9, chosen.large)):
            with path.open("wb") as file:
                for _ in range(int(size * 1e9 / len(one) / 1000)):
                    file.write(one * 1000)
            seconds, peak = memory(path)
            print(f"{path.stat().st_size / 1e9:.2f} GB in {seconds:.1f} s, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
