"""Write fixtures/patterns/java_verdicts.jsonl.gz: what java.util.regex says of texts made for every AWS pattern.

    python tests/patterns/java_verdicts.py            # needs java 17 or later, and botocore 1.43.11

Texts come from the pattern's own tree, and from changing such texts in one place; characters beyond ASCII are taken
from Unicode 3.2, whose categories no later version has touched much. One line a pattern: {"pattern", "strings":
[[text, verdict], ...]}, as the verdicts come from Java; null where Java gave up.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import unicodedata
from pathlib import Path

import botocore

from validator.patterns import parse
from validator.patterns.tree import Backreference, Chars, Choice, Group, Node, Repeat, Sequence

HERE = Path(__file__).parent
TARGET = HERE.parent.parent / "fixtures" / "patterns" / "java_verdicts.jsonl.gz"
STRANGERS = [
    "\n",
    "\r\n",
    "\x85",
    "\u2028",
    " ",
    "\t",
    "\x00",
    "-",
    "_",
    ".",
    ":",
    "/",
    "0",
    "a",
    "Z",
    "\u00e9",
    "\u4e2d",
    "\U0001d400",
    "\u0660",
    "\u017f",
    "\u0300",
    "\u00b2",
    "\ud800",
]
MOST = 60


def patterns() -> list[str]:
    """Every distinct pattern of the installed botocore, all API versions, in a stable order."""
    found: dict[str, None] = {}
    for path in sorted((Path(botocore.__file__).parent / "data").glob("*/*/service-2.json.gz")):
        with gzip.open(path) as file:
            for shape in json.load(file)["shapes"].values():
                if "pattern" in shape:
                    found[shape["pattern"]] = None
    return list(found)


def sample(node: Node, chance: random.Random, groups: dict[int, str]) -> str:
    """A text the node takes, conditions left aside."""
    if isinstance(node, Chars):
        return character(node, chance)
    if isinstance(node, Sequence):
        return "".join(sample(item, chance, groups) for item in node.items)
    if isinstance(node, Choice):
        return sample(chance.choice(node.options), chance, groups)
    if isinstance(node, Repeat):
        spare = 3 if node.max is None else min(node.max - node.min, 3)
        most = node.min if node.max is None or node.max > MOST else node.max
        count = chance.choice([node.min, node.min + chance.randint(0, spare), most])
        return "".join(sample(node.item, chance, groups) for _ in range(min(count, MOST)))
    if isinstance(node, Group):
        groups[node.number] = sample(node.item, chance, groups)
        return groups[node.number]
    return groups.get(node.group, "") if isinstance(node, Backreference) else ""


def character(node: Chars, chance: random.Random) -> str:
    plain = [(low, min(high, 0x7E)) for low, high in node.ranges if low <= 0x7E]
    if plain and chance.random() < 0.93:
        low, high = chance.choice(plain)
        return chr(max(chance.randint(low, high), min(0x21, high)) if chance.random() < 0.9 else low)
    for _ in range(50):
        low, high = chance.choice(node.ranges) if node.ranges else (0x61, 0x61)
        char = chr(chance.choice([low, high, chance.randint(low, high)]))
        if unicodedata.ucd_3_2_0.category(char) == unicodedata.category(char) != "Cn":
            return char
    return "a"


def changed(text: str, chance: random.Random) -> str:
    """The text with one thing changed."""
    place = chance.randint(0, len(text))
    kind = chance.randrange(6)
    if kind == 0:
        return text + chance.choice(["\n", "\r\n", "\x85", " ", "x"])
    if kind == 1:
        return text[:place] + chance.choice(STRANGERS) + text[place:]
    if kind == 2 and text:
        return text[: max(place - 1, 0)] + text[max(place, 1) :]
    if kind == 3 and text:
        return text[: max(place - 1, 0)] + chance.choice(STRANGERS) + text[max(place, 1) :]
    if kind == 4 and text:
        return text + text[:place]
    return text[:place]


def texts(pattern: str, chance: random.Random) -> list[str]:
    drawn = [sample(parse(pattern), chance, {}) for _ in range(5)]
    return list(dict.fromkeys([*drawn, *(changed(chance.choice(drawn), chance) for _ in range(4))]))


def encoded(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").hex()


def main() -> None:
    cases = [(pattern, texts(pattern, random.Random(pattern))) for pattern in patterns()]
    lines = ("\t".join(map(encoded, [pattern, *strings])) for pattern, strings in cases)
    java = subprocess.run(
        ["java", "-Xss16m", str(HERE / "JavaVerdicts.java")],
        input="\n".join(lines) + "\n",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    answers = {"1": True, "0": False, "X": None}
    with TARGET.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, compresslevel=9) as file:
        for (pattern, strings), verdicts in zip(cases, java.stdout.splitlines(), strict=True):
            if verdicts.startswith("E"):
                sys.exit(f"Java refuses {pattern!r}: {verdicts[2:]}")
            told = [[text, answers[verdict]] for text, verdict in zip(strings, verdicts, strict=True)]
            file.write(json.dumps({"pattern": pattern, "strings": told}).encode() + b"\n")
    sys.stderr.write(f"{len(cases)} patterns, {TARGET.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
