"""Recordings cut into shards, each judged by whoever takes it: this process, others, or an engine on other machines.

A `Shard` is a path and a range of bytes, so that a worker reads its own part; what comes back is a `Tally`, which is
as small as the problems are few.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from validator.batch import Judge, Tally
from validator.exchange import Exchange
from validator.recordings import detect, jsonl
from validator.recordings.detect import NOTHING, Given, Opened
from validator.recordings.files import Source, find
from validator.recordings.recording import Read, Recording
from validator.results import Unchecked

MIB = 1024 * 1024
# Large enough that starting on a shard costs nothing beside it, small enough that workers end together.
SIZE = 64 * MIB


@dataclass(frozen=True, slots=True)
class Shard:
    """One file, or its whole lines from byte `start` up to `end`; `since` leaves out what is older (epoch seconds)."""

    path: str
    given: Given = NOTHING
    named: bool = True
    start: int = 0
    end: int | None = None
    since: float | None = None


def cut(
    paths: Iterable[str],
    given: Given = NOTHING,
    *,
    size: int = SIZE,
    since: float | None = None,
    tally: Tally | None = None,
) -> Iterator[Shard]:
    """The shards of the files at and below paths, in order: JSONL beyond `size` bytes in several, all else whole.

    What cannot be looked at is noted as a problem in `tally`.
    """
    tally = Tally() if tally is None else tally
    for source in find(paths, tally.problem, tally.skipped):
        whole = Shard(source.name, given, source.named, since=since)
        if source.path is None or not _divisible(source, given, size):
            yield whole
            continue
        for start, end in _ranges(source.path, size):
            yield Shard(source.name, given, source.named, start, end, since)


def _divisible(source: Source, given: Given, size: int) -> bool:
    assert source.path is not None
    try:
        if source.path.stat().st_size <= size:
            return False
        with source.open() as raw:
            assert isinstance(raw, io.BufferedReader)
            head = raw.peek(2)[:2]
            if head in (b"\x1f\x8b", b"PK"):
                return False
            return given.format == "jsonl" or (given.format is None and detect.is_lines(raw))
    except OSError:
        return False


def _ranges(path: Path, size: int) -> Iterator[tuple[int, int]]:
    with path.open("rb") as file:
        length, start = os.fstat(file.fileno()).st_size, 0
        while start < length:
            file.seek(min(start + size, length))
            # On to the end of the line, piece by piece: a line may be of any length.
            while (piece := file.readline(MIB)) and not piece.endswith(b"\n"):
                pass
            end = file.tell()
            yield start, end
            start = end


def check(shard: Shard) -> Tally:
    """What one shard comes to."""
    tally = Tally()
    if shard.start or shard.end is not None:
        _check_range(shard, tally)
        return tally
    for source in find((shard.path,), tally.problem, tally.skipped):
        check_source(
            Source(source.name, source.open, source.modified, shard.named, source.path), shard.given, tally, shard.since
        )
    return tally


def check_source(source: Source, given: Given, tally: Tally, since: float | None = None) -> None:
    """Judge everything a source holds."""
    for found in detect.open_source(source, given, tally.problem):
        if isinstance(found, Unchecked):
            tally.unrecognised(found)
        elif isinstance(found, Opened):
            tally.formats[found.format.name] += 1
            tally.files += 1
            items = found.items if since is None else newer(found.items, since, found.recording, tally)
            Judge(tally, found.view).see(items)


def _check_range(shard: Shard, tally: Tally) -> None:
    counts = [0, 0]
    with Path(shard.path).open("rb", buffering=0) as raw:
        raw.seek(shard.start)
        stream = io.BufferedReader(_Range(raw, (shard.end or 0) - shard.start), MIB)
        recording = Recording(
            shard.path, shard.given.service, shard.given.operation, os.fstat(raw.fileno()).st_mtime, shard.given.limits
        )
        tally.formats["jsonl"] += shard.start == 0
        tally.files += shard.start == 0
        items = jsonl.read_lines(stream, recording, tally.problem, counts)
        Judge(tally).see(items if shard.since is None else newer(items, shard.since, recording, tally))
    tally.lines, tally.indexes = counts


class _Range(io.RawIOBase):
    def __init__(self, raw: Any, left: int) -> None:
        self._raw, self._left = raw, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            return 0
        count = self._raw.readinto(memoryview(buffer)[: self._left])
        self._left -= count or 0
        return count or 0


def newer(items: Read, since: float, recording: Recording, tally: Tally) -> Read:
    """The items recorded at or after a time; one that does not say when is as old as its file."""
    for item in items:
        recorded = item.recorded_at if isinstance(item, Exchange) else None
        recorded = recording.modified if recorded is None else recorded
        if recorded is None or recorded >= since:
            yield item
        else:
            tally.older += 1


def check_all(
    shards: Iterable[Shard], tally: Tally, jobs: int = 1, progress: Callable[[Tally], None] | None = None
) -> Tally:
    """What all shards come to, in `jobs` processes, merged in the order of the shards whoever is done first."""
    merger = Merger(tally)
    if jobs <= 1:
        for shard in shards:
            merger.add(shard, check(shard))
            if progress:
                progress(tally)
        return tally
    # Spawned, not forked: a fork of a process with threads may never come back.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for group, tallies in _windowed(pool, _grouped(shards), jobs * 4):
            for shard, found in zip(group, tallies, strict=True):
                merger.add(shard, found)
            if progress:
                progress(tally)
    return tally


class Merger:
    """Adds shards' tallies in order, numbering the lines of a file's later shards on from its earlier ones."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._file: str | None = None
        self._lines = self._indexes = 0

    def add(self, shard: Shard, found: Tally) -> None:
        """Merge what one shard came to; shards of one file must come in order."""
        if shard.path != self._file or shard.start == 0:
            self._file, self._lines, self._indexes = shard.path, 0, 0
        self.tally.merge(found, self._lines, self._indexes)
        self._lines += found.lines
        self._indexes += found.indexes


def check_group(shards: list[Shard]) -> list[Tally]:
    """What each of several shards comes to: the task of one worker."""
    return [check(shard) for shard in shards]


def _grouped(shards: Iterable[Shard]) -> Iterator[list[Shard]]:
    group: list[Shard] = []
    for shard in shards:
        group.append(shard)
        if len(group) >= 16 or shard.end is not None:
            yield group
            group = []
    if group:
        yield group


def _windowed(
    pool: ProcessPoolExecutor, groups: Iterator[list[Shard]], width: int
) -> Iterator[tuple[list[Shard], list[Tally]]]:
    waiting: list[tuple[list[Shard], Any]] = []
    for group in groups:
        waiting.append((group, pool.submit(check_group, group)))
        if len(waiting) >= width:
            first, future = waiting.pop(0)
            yield first, future.result()
    for first, future in waiting:
        yield first, future.result()
