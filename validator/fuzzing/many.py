"""A run shared out over processes, each with a target of its own or its own names on a common one."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from validator import fuzz, validate
from validator.contract import Operation
from validator.errors import EnvironmentFailedError
from validator.fuzzing.stage import Options
from validator.results import Report
from validator.transport import interrupts
from validator.transport.target import Limited, Target

Opener = Callable[[], Target]
Limits = dict[str, float | int | None]
Share = tuple[str, fuzz.Outcome]
# How long an interrupted run waits for what its processes have found, in seconds.
_GRACE = 10.0


def run_many(
    processes: int, opener: Opener, operations: Sequence[Operation], options: Options, limits: Limits
) -> Report:
    """The report of a run in so many processes; `opener` is called in each of them and must be picklable.

    Budgets and rates are shared out evenly. KeyboardInterrupt interrupts each of the processes, and what they found is
    reported; a second one ends them at once. EnvironmentFailedError when none of them reaches its target.
    """
    started = time.perf_counter()
    names = [(operation.service, operation.name) for operation in operations]
    each = {
        name: value if value is None or name == "seconds" else type(value)(value / processes) or 1
        for name, value in limits.items()
    }
    # Fresh interpreters: a fork of a process with threads in it may hang.
    context = multiprocessing.get_context("spawn")
    others, ending = set(multiprocessing.active_children()), context.Event()
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(ending,))
    shares = [dataclasses.replace(options, share=(number, processes)) for number in range(processes)]
    interrupted = False
    try:
        with _deaf():
            # What is begun here does not hear an interrupt before it is ready for it.
            jobs = [pool.submit(_share, opener, names, each, options) for options in shares]
        try:
            wait(jobs)
        except KeyboardInterrupt:
            interrupted = True
            ending.set()
            for child in set(multiprocessing.active_children()) - others:
                with contextlib.suppress(OSError, ValueError, TypeError):
                    os.kill(child.pid, signal.SIGINT)  # type: ignore[arg-type]
            wait(jobs, timeout=_GRACE)
        target, whole = _gathered(jobs)
    except BaseException:
        interrupted = True
        raise
    finally:
        if interrupted:
            for child in set(multiprocessing.active_children()) - others:
                child.kill()
        pool.shutdown(wait=not interrupted, cancel_futures=True)
    if interrupted:
        whole.stop("stopped by you", "user")
    return fuzz.report(whole, operations, options, f"{target} in {processes} processes", time.perf_counter() - started)


def _gathered(jobs: Sequence[Future[Share]]) -> Share:
    """All that the processes have found, and the name of their target; a process that could do nothing says why."""
    target, whole, lost = "", fuzz.Outcome(), list[EnvironmentFailedError]()
    for job in jobs:
        if not job.done():
            continue
        try:
            target, outcome = job.result()
            whole.add(outcome)
        except EnvironmentFailedError as error:
            lost.append(error)
        except BrokenProcessPool:
            lost.append(EnvironmentFailedError("one of the processes was ended from outside"))
    if lost and not target:
        raise lost[0]
    if lost:
        whole.stop(str(lost[0]), "target")
    return target, whole


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """While inside, an interrupt is not heard, nor by what is begun inside; only the main thread can be deaf."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# In each process -----------------------------------------------------------------------------------------------------

_ending: Any = None


def _begin(ending: Any) -> None:
    """A process that waits for work hears no interrupt: were it to end, the others would be ended with it."""
    global _ending
    _ending = ending
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _share(opener: Opener, names: list[tuple[str, str]], limits: Limits, options: Options) -> Share:
    target: Target | None = None
    outcome = fuzz.Outcome()
    try:
        # A terminal sends a signal to every process, and the first process one more: the second says nothing new.
        with interrupts.heeded(insist=False):
            if _ending is not None and _ending.is_set():
                raise KeyboardInterrupt
            operations = [validate.load(service).operation(name) for service, name in names]
            target = opener()
            limited = Limited(target, **limits, reading=not options.writes)  # type: ignore[arg-type]
            outcome = fuzz.drive(limited, operations, options)
    except KeyboardInterrupt:
        # Before there was anything to report, or after everything was.
        outcome.stop("stopped by you", "user")
    finally:
        if target is not None:
            target.close()
    return target.name if target is not None else "", outcome
