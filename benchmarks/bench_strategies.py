"""What instances cost: drawn by Hypothesis, drawn broken, enumerated at their bounds; CPU time, best of three runs.

    python benchmarks/bench_strategies.py

Hypothesis's own floor, an integer drawn and nothing done, is measured in the same run to read the others against.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from validator import boundary, strategies, validate
from validator.contract import Contract

OPERATIONS = (
    ("personalize", "CreateDatasetImportJob"),
    ("personalize", "ListDatasetImportJobs"),
    ("forecast", "CreateDatasetImportJob"),
    ("ec2", "RunInstances"),
    ("quicksight", "CreateDashboard"),
)
RUNS = 3
SETTINGS = settings(
    max_examples=300, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


def best(action: Callable[[], Any], runs: int = RUNS) -> float:
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        action()
        taken.append(time.process_time() - begun)
    return min(taken)


def drawn(strategy: st.SearchStrategy[Any]) -> str:
    count = 0

    @SETTINGS
    @given(strategy)
    def run(_drawn: Any) -> None:
        nonlocal count
        count += 1

    run()
    count = 0
    seconds = best(run)
    return f"{count / RUNS / seconds:7.0f}/s"


def enumerated(contract: Contract, name: str) -> str:
    operation = contract.operation(name)
    begun = time.process_time()
    items = len(boundary.plan(operation).edits)
    made = time.process_time() - begun
    rounds = max(1, 20_000 // items)
    seconds = best(lambda: [sum(1 for _ in boundary.iter_boundary(operation)) for _ in range(rounds)])
    return f"{items:6} instances  {seconds / rounds / items * 1e6:5.1f} us each  (planned once: {made * 1e3:6.0f} ms)"


def main() -> None:
    print(f"{'hypothesis alone':36} {drawn(st.integers(0, 9))} (its 10 values) {drawn(st.integers())} (any)")
    for service, name in OPERATIONS:
        contract = validate.load(service)
        label = f"{service}.{name}"
        bounds = enumerated(contract, name)
        print(
            f"{label:36} drawn {drawn(strategies.requests(service, name))}"
            f"  broken {drawn(strategies.invalid_requests(service, name))}"
            f"  responses {drawn(strategies.responses(service, name))}"
        )
        print(f"{'':36} boundary {bounds}")


if __name__ == "__main__":
    main()
