"""How fast the fuzzer drives the embedded emulator, phase by phase, and what that costs beneath and above the emulator.

    python benchmarks/bench_fuzz.py

CPU seconds of one process, the best of several runs: what else a machine does only ever adds to them. `own` is the same
with a target that answers at once, so that what is left is the fuzzer's: making requests, reading answers, coverage and
checks.
"""

from __future__ import annotations

import json
import resource
import time
from typing import Any

from validator import fuzz
from validator.emulator import Emulator
from validator.exchange import ErrorReply, Exchange
from validator.fuzzing import selection
from validator.fuzzing.stage import Options
from validator.transport import MemoryTarget


class Instant(MemoryTarget):
    """Gives every request the same rejection, at no cost."""

    _ERROR = ErrorReply("ThrottlingException", "Rate exceeded")

    def send(self, operation: Any, instance: Any, **where: Any) -> Exchange:
        return Exchange(operation.service, operation.name, instance, None, self._ERROR, 400, phase=where.get("phase"))


def measure(target: MemoryTarget, phases: tuple[str, ...]) -> dict[str, float]:
    operations = selection.operations(())
    started = time.process_time()
    report = fuzz.run(target, operations, Options(phases=phases))
    seconds = time.process_time() - started
    return {
        "requests": report.exchanges,
        "seconds": round(seconds, 2),
        "requests_per_second": round(report.exchanges / seconds),
    }


def best(runs: int, target: type[MemoryTarget], phases: tuple[str, ...]) -> dict[str, float]:
    return min((measure(target(Emulator(seed=0)), phases) for _ in range(runs)), key=lambda row: row["seconds"])


def main() -> None:
    measure(MemoryTarget(Emulator(seed=0)), ("examples",))  # Contracts are loaded and compiled once.
    rows: dict[str, Any] = {}
    for phase in fuzz.PHASES:
        rows[phase] = best(7, MemoryTarget, (phase,))
    rows["boundary, own"] = best(7, Instant, ("boundary",))
    rows["all phases"] = best(3, MemoryTarget, tuple(fuzz.PHASES))
    for name, row in rows.items():
        print(
            f"{name:<16}{row['requests']:>8,} requests{row['seconds']:>8.2f} s{row['requests_per_second']:>9,} a second"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory     {peak:>8.0f} MB")
    print(json.dumps({**rows, "peak_mb": round(peak)}))


if __name__ == "__main__":
    main()
