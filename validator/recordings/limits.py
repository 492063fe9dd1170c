"""How much of a file is read: bounds that no honest recording reaches and no hostile one gets past."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, unpacked.

    `document` bounds a file that is parsed whole, `line` one line of JSONL, `body` one unpacked HTTP body; `members`
    counts an archive's files and `archive` bounds what they unpack to together; `nodes` bounds a YAML document with
    its aliases written out; `depth` the nesting; `archives` how deep archives may lie in archives.
    """

    document: int = 256 * MIB
    line: int = 16 * MIB
    body: int = 64 * MIB
    archive: int = 4096 * MIB
    members: int = 100_000
    nodes: int = 20_000_000
    depth: int = 500
    archives: int = 2


DEFAULT = Limits()
