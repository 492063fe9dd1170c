"""Where a finding is, as other tools name places: relative to the folder they look at, or as a URI."""

from __future__ import annotations

from pathlib import Path, PurePath
from urllib.parse import quote


def below_here(file: str) -> PurePath:
    """The path relative to the current folder when it lies below it, else as it is."""
    path, here = PurePath(file), PurePath(Path.cwd())
    return path.relative_to(here) if path.is_absolute() and here in path.parents else path


def uri(path: PurePath) -> str:
    """An absolute `file:` URI, or a relative reference."""
    text = path.as_posix()
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "replace")
    if not path.is_absolute():
        return quote(raw)
    return "file://" + ("" if text.startswith("/") else "/") + quote(raw, safe="/:")
