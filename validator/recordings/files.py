"""The files below paths, in folders and archives: found in a fixed order, opened within bounds, never run."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from validator.errors import AwsContractError, UnusableInputError
from validator.recordings.limits import Limits

Problem = Callable[[AwsContractError], None]
# In a folder only these are looked into; a file that is named is looked into whatever its name.
_SUFFIXES = frozenset(
    (".json", ".yaml", ".yml", ".har", ".jsonl", ".ndjson", ".gz", ".zip", ".tar", ".tgz", ".snapshot")
)
_SKIPPED_FOLDERS = frozenset((".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache"))
_UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read: its name as shown, and how to open it; `named` when the caller asked for this very file."""

    name: str
    open: Callable[[], IO[bytes]] = field(repr=False)
    modified: float | None = None
    named: bool = False
    path: Path | None = None

    def beside(self, suffix: str) -> str | None:
        """The text of the small file that is called like this one with a suffix more, or None."""
        if self.path is None:
            return None
        for name in (self.path.name, self.path.stem):
            file = self.path.with_name(name + suffix)
            try:
                if file.is_file():
                    with file.open("rb") as opened:
                        return opened.read(65536).decode("utf-8", "replace")
            except OSError:
                continue
        return None


def find(paths: Iterable[str], problem: Problem, skipped: Counter[str]) -> Iterator[Source]:
    """The files at and below paths, sorted; `-` is standard input. What cannot be looked at is told to `problem`."""
    for path in paths:
        if path == "-":
            yield Source("standard input", lambda: sys.stdin.buffer, named=True)
            continue
        place = Path(path)
        try:
            status = place.stat()
        except (OSError, ValueError) as error:
            problem(UnusableInputError(f"cannot be read: {getattr(error, 'strerror', None) or error}", where=path))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(place, problem, skipped, {(status.st_dev, status.st_ino)})
        elif stat.S_ISREG(status.st_mode):
            yield Source(path, lambda place=place: place.open("rb"), status.st_mtime, True, place)  # type: ignore[misc]
        else:
            problem(UnusableInputError("neither a file nor a folder", where=path))


def _walk(folder: Path, problem: Problem, skipped: Counter[str], seen: set[tuple[int, int]]) -> Iterator[Source]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        problem(UnusableInputError(f"cannot be read: {error.strerror}", where=str(folder)))
        return
    for entry in entries:
        path = Path(entry.path)
        try:
            status = entry.stat()
        except OSError as error:
            if path.suffix.casefold() in _SUFFIXES or not entry.is_symlink():
                problem(UnusableInputError(f"cannot be read: {error.strerror}", where=str(path)))
            continue
        if stat.S_ISDIR(status.st_mode):
            # A folder reached twice, through a link, is read once; so a loop ends.
            key = (status.st_dev, status.st_ino)
            if entry.name not in _SKIPPED_FOLDERS and key not in seen:
                seen.add(key)
                yield from _walk(path, problem, skipped, seen)
        elif stat.S_ISREG(status.st_mode) and path.suffix.casefold() in _SUFFIXES:
            yield Source(str(path), lambda path=path: path.open("rb"), status.st_mtime, False, path)  # type: ignore[misc]
        else:
            skipped[path.suffix.casefold() or path.name] += 1


# Archives ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stream:
    """An opened file with its archives taken off: its name as shown and its bytes, to be read once."""

    name: str
    content: io.BufferedReader
    modified: float | None
    inside: bool


class _Bounded(io.RawIOBase):
    """What an archive's member unpacks to, up to what the whole archive may."""

    def __init__(self, stream: IO[bytes], left: list[int], name: str) -> None:
        self._stream, self._left, self._name = stream, left, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._stream.read(min(len(buffer), 1 << 20))
        except _UNREADABLE as error:
            raise UnusableInputError(f"cannot be unpacked: {error}", where=self._name) from None
        self._left[0] -= len(chunk)
        if self._left[0] < 0:
            raise UnusableInputError("unpacks to more than an archive may", where=self._name)
        buffer[: len(chunk)] = chunk
        return len(chunk)


def unpacked(source: Source, limits: Limits, problem: Problem) -> Iterator[Stream]:
    """The one file a source is, or the files of the archive it is; an archive in an archive is opened too."""
    try:
        with source.open() as raw:
            yield from _streams(raw, source.name, source.modified, limits, problem, 0, [limits.archive])
    except UnusableInputError as error:
        problem(error)
    except _UNREADABLE as error:
        problem(UnusableInputError(f"cannot be read: {getattr(error, 'strerror', None) or error}", where=source.name))


def _streams(
    raw: Any, name: str, modified: float | None, limits: Limits, problem: Problem, depth: int, left: list[int]
) -> Iterator[Stream]:
    content = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
    head = content.peek(512)[:512]
    kind = (
        "zip"
        if head[:4] in (b"PK\x03\x04", b"PK\x05\x06")
        else "gzip"
        if head[:2] == b"\x1f\x8b"
        else "tar"
        if head[257:262] == b"ustar"
        else None
    )
    if kind is None:
        yield Stream(name, content, modified, depth > 0)
        return
    if depth >= limits.archives:
        raise UnusableInputError("an archive in an archive in an archive", where=name)
    if kind == "gzip":
        # One file: it may be as long as it likes, since it is read as a stream or up to a document's limit.
        endless = [sys.maxsize] if depth == 0 else left
        packed = _Bounded(gzip.GzipFile(fileobj=content), endless, name)  # type: ignore[arg-type]
        yield from _streams(io.BufferedReader(packed), name, modified, limits, problem, depth + 1, left)
        return
    members = _zip_members(content, name, limits) if kind == "zip" else _tar_members(content, name)
    for count, (member, opened) in enumerate(members):
        if count >= limits.members:
            raise UnusableInputError(f"holds more than {limits.members:,} files", where=name)
        inner = f"{name}!{member}"
        path = PurePosixPath(member.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            problem(UnusableInputError("its name leads out of the archive; it is not read", where=inner))
        elif path.suffix.casefold() in _SUFFIXES and not _SKIPPED_FOLDERS.intersection(path.parts):
            try:
                with opened() as stream:
                    bounded = io.BufferedReader(_Bounded(stream, left, inner))
                    yield from _streams(bounded, inner, modified, limits, problem, depth + 1, left)
            except UnusableInputError as error:
                problem(error)
                if left[0] < 0:
                    return
            except _UNREADABLE as error:
                problem(UnusableInputError(f"cannot be unpacked: {error}", where=inner))


def _zip_members(content: io.BufferedReader, name: str, limits: Limits) -> Iterator[tuple[str, Callable[[], Any]]]:
    if not content.seekable():
        packed = content.read(limits.document + 1)
        if len(packed) > limits.document:
            raise UnusableInputError(f"an archive of more than {limits.document >> 20} MiB in an archive", where=name)
        content = io.BufferedReader(io.BytesIO(packed))
    with zipfile.ZipFile(content) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            if not info.is_dir():
                yield info.filename, lambda info=info: archive.open(info)  # type: ignore[misc]


def _tar_members(content: io.BufferedReader, name: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    with tarfile.open(fileobj=content, mode="r|") as archive:
        for info in archive:
            if info.isreg():
                yield info.name, lambda info=info: archive.extractfile(info)  # type: ignore[misc]
