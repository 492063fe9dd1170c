"""The commands and sessions written in README and docs, read so that the tests can run them.

A fenced block of the language `console` is a shell session: lines that begin with `$ ` are commands, `> ` continues
one, all else is expected output, where `...` stands for anything. A command that ends in `# exit N` must leave with
that status. A block of any language with `file=NAME` is written to that file first. The blocks of one page share a
folder. `console norun` is shown but not run; its first line is `# Not tested here: REASON.`, for the reader to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_NOT_TESTED = "# Not tested here: "
ROOT = Path(__file__).parent.parent
_FENCE = re.compile(r"^(`{3,})(\S*)[ \t]*(.*?)\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass
class Command:
    """One command of a session, the output it must give and the status it must leave with."""

    line: int
    text: str
    status: int = 0
    output: list[str] = field(default_factory=list)

    def matches(self, printed: str) -> bool:
        """Whether what was printed is what the page shows."""
        expected = "\n".join(self.output).strip()
        if not expected:
            return True
        parts = [re.escape(part) for part in expected.split("...")]
        return re.fullmatch(".*?".join(parts), printed.strip(), re.DOTALL) is not None


@dataclass(frozen=True)
class File:
    """A file that the reader is asked to save."""

    line: int
    name: str
    text: str


@dataclass(frozen=True)
class Block:
    """One fenced block: where it begins, its language, what follows the language, and its text."""

    line: int
    language: str
    rest: str
    text: str


def pages() -> list[Path]:
    """README, CONTRIBUTING and every page of the documentation."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    content = page.read_text("utf-8")
    for found in _FENCE.finditer(content):
        line = content.count("\n", 0, found.start()) + 1
        yield Block(line, found[2], found[3].strip(), found[4])


def steps(page: Path) -> Iterator[Command | File]:
    """What a reader of the page does, in order: files to save and commands to run."""
    for block in blocks(page):
        if block.rest.startswith("file="):
            yield File(block.line, block.rest.removeprefix("file="), block.text)
        elif block.language == "console" and not block.rest.startswith("norun"):
            yield from _session(block)


def reasons(page: Path) -> Iterator[tuple[Block, str]]:
    """The sessions of a page that are not run, each with the reason."""
    for block in blocks(page):
        if block.language == "console" and block.rest.startswith("norun"):
            first = block.text.partition("\n")[0]
            yield block, first.removeprefix(_NOT_TESTED) if first.startswith(_NOT_TESTED) else ""


def _session(block: Block) -> Iterator[Command]:
    current: Command | None = None
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            if current is not None:
                yield current
            text, _, status = line[2:].partition("# exit ")
            current = Command(number, text.rstrip(), int(status) if status.strip().isdigit() else 0)
        elif current is not None and line.startswith("> ") and not current.output:
            current.text += "\n" + line[2:]
        elif current is not None and line == ">" and not current.output:
            current.text += "\n"
        elif current is not None:
            current.output.append(line)
    if current is not None:
        yield current
