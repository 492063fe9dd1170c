"""A run shared out over processes, each with a target of its own or its own names on a common one."""

from __future__ import annotations

import dataclasses
import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

from validator import fuzz, validate
from validator.contract import Operation
from validator.fuzzing.stage import Options
from validator.results import Report
from validator.transport.target import Limited, Target

Opener = Callable[[], Target]
Limits = dict[str, float | int | None]


def run_many(
    processes: int, opener: Opener, operations: Sequence[Operation], options: Options, limits: Limits
) -> Report:
    """The report of a run in so many processes; `opener` is called in each of them and must be picklable.

    Budgets and rates are shared out evenly.
    """
    started = time.perf_counter()
    names = [(operation.service, operation.name) for operation in operations]
    each = {
        name: value if value is None or name == "seconds" else type(value)(value / processes) or 1
        for name, value in limits.items()
    }
    # Fresh interpreters: a fork of a process with threads in it may hang.
    context = multiprocessing.get_context("spawn")
    whole = fuzz.Outcome()
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        shares = [dataclasses.replace(options, share=(number, processes)) for number in range(processes)]
        jobs = [pool.submit(_share, opener, names, each, options) for options in shares]
        target = ""
        for job in jobs:
            target, outcome = job.result()
            whole.add(outcome)
    return fuzz.report(whole, operations, options, f"{target} in {processes} processes", time.perf_counter() - started)


def _share(opener: Opener, names: list[tuple[str, str]], limits: Limits, options: Options) -> tuple[str, fuzz.Outcome]:
    operations = [validate.load(service).operation(name) for service, name in names]
    target = opener()
    try:
        limited = Limited(target, **limits, reading=not options.writes)  # type: ignore[arg-type]
        return target.name, fuzz.drive(limited, operations, options)
    finally:
        target.close()
