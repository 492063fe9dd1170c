"""Java's verdicts against every engine: the matcher, the bits, `re`, jsonschema-rs, Node."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import jsonschema_rs
import pytest

from validator.patterns import Undecided, bits, compile, parse, to_ecma, to_python, to_rust
from validator.patterns.cost import steps
from validator.patterns.tree import Boundary, Node, walk

ROOT = Path(__file__).parent.parent
OWN = ROOT / "fixtures" / "patterns" / "java_verdicts.jsonl.gz"
SHARED = ROOT.parent / "shared" / "oracles" / "java_matches.jsonl.gz"

# Characters that Java 17 (Unicode 13) does not know and a later Python may; by name, so that nothing else hides here.
NEWER = frozenset(
    {
        "AHOM LETTER DDHA",
        "BALINESE PANTI LANTANG",
        "BRAHMI LETTER OLD TAMIL LLA",
        "BRAHMI LETTER OLD TAMIL SHORT E",
        "COMBINING LEFT PARENTHESIS ABOVE LEFT",
        "ETHIOPIC SYLLABLE GURAGE BWI",
        "ETHIOPIC SYLLABLE GURAGE MWEE",
        "ETHIOPIC SYLLABLE GURAGE MWI",
        "ETHIOPIC SYLLABLE HHWEE",
        "ETHIOPIC SYLLABLE HHWI",
        "ETHIOPIC SYLLABLE HHYI",
        "KANNADA LETTER NAKAARA POLLU",
        "KATAKANA LETTER MINNAN NASALIZED TONE-5",
        "KATAKANA LETTER MINNAN NASALIZED TONE-7",
        "KATAKANA LETTER MINNAN TONE-5",
        "LATIN CAPITAL LETTER CLOSED INSULAR G",
        "LATIN LETTER SMALL CAPITAL L WITH BELT",
        "LATIN SMALL LETTER DOUBLE THORN",
        "LATIN SMALL LETTER SIGMOID S",
        "LATIN SMALL LETTER T WITH HOOK AND RETROFLEX HOOK",
        "LATIN SMALL LETTER TURNED Y WITH BELT",
        "MODIFIER LETTER CAPITAL F",
        "MODIFIER LETTER DENTAL CLICK",
        "MODIFIER LETTER LATERAL CLICK",
        "MODIFIER LETTER SMALL CAPITAL AA",
        "MODIFIER LETTER SMALL FENG DIGRAPH",
        "OLD UYGHUR LETTER NUN",
        "TELUGU LETTER NAKAARA POLLU",
        "TOTO LETTER GA",
        "VITHKUQI CAPITAL LETTER KA",
        "VITHKUQI CAPITAL LETTER U",
        "VITHKUQI CAPITAL LETTER Y",
        "VITHKUQI SMALL LETTER FE",
        "VITHKUQI SMALL LETTER NE",
        "VITHKUQI SMALL LETTER THE",
        "VITHKUQI SMALL LETTER Y",
    }
)

Verdict = tuple[str, str, bool]


def lines(path: Path) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            yield case["pattern"], [(text, told) for text, told in case["strings"] if told is not None]


def has_surrogates(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def newer(text: str) -> set[str]:
    return {name for char in text if (name := unicodedata.name(char, "")) in NEWER}


def disagreements(pattern: str, tree: Node, texts: list[tuple[str, bool]]) -> Iterator[tuple[str, str, str, bool]]:
    """(engine, pattern, text, what Java says) wherever an engine says otherwise."""
    fragment, ecma = to_rust(tree), to_ecma(tree)
    engines: dict[str, Any] = {"python": re.compile(to_python(tree)).fullmatch}
    if r"\p{" not in ecma:
        engines["ecma in Python"] = re.compile(ecma).search
    if fragment is not None:
        engines["jsonschema-rs"] = jsonschema_rs.validator_for(
            fragment, pattern_options=jsonschema_rs.RegexOptions()
        ).is_valid
    words = any(isinstance(node, Boundary) and node.kind in (r"\b", r"\B") for node in walk(tree))
    for text, told in texts:
        for engine, says in engines.items():
            if engine != "jsonschema-rs" and steps(tree, len(text)) > 200_000:
                continue  # what `re` might not come back from
            if words and not text.isascii():
                continue  # each engine has a notion of its own of a word beyond ASCII
            if engine == "ecma in Python" and text.endswith("\n"):
                continue  # there a `$` admits a line feed
            if engine != "python" and has_surrogates(text):
                continue  # no JSON text has them
            if bool(says(text)) != told:
                yield engine, pattern, text, told


def own_disagreements(pattern: str, texts: list[tuple[str, bool]]) -> Iterator[tuple[str, str, str, bool]]:
    matcher = compile(pattern)
    bitwise = bits.supported(matcher.tree)
    for text, told in texts:
        if matcher.fullmatch(text) != told:
            yield "matcher", pattern, text, told
        if bitwise and bits.matches(matcher.tree, text) != told:
            yield "bits", pattern, text, told


def unexplained(found: Iterator[tuple[str, str, str, bool]]) -> list[tuple[str, str, str, bool]]:
    return [case for case in found if case[3] or not newer(case[2])]


def test_the_case_file_covers_every_pattern_of_botocore() -> None:
    known = {pattern for pattern, _ in lines(OWN)}
    assert len(known) == 4301
    if botocore.__version__ == "1.43.11":
        data = Path(botocore.__file__).parent / "data" / "personalize" / "2018-05-22" / "service-2.json.gz"
        with gzip.open(data) as file:
            used = {shape["pattern"] for shape in json.load(file)["shapes"].values() if "pattern" in shape}
        assert used <= known


def test_matcher_agrees_with_java() -> None:
    wrong, count = [], 0
    for pattern, texts in lines(OWN):
        count += len(texts)
        wrong += own_disagreements(pattern, texts)
    assert not wrong, f"{len(wrong)} of {count}: {wrong[:5]}"
    assert count > 30_000


@pytest.mark.parametrize("part", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_engines_agree_with_java(part: int) -> None:
    """Every engine on every third pattern; the other thirds are slow ones."""
    wrong = [
        case
        for index, (pattern, texts) in enumerate(lines(OWN))
        if index % 3 == part
        for case in disagreements(pattern, parse(pattern), texts)
    ]
    assert not wrong, f"{len(wrong)}: {wrong[:5]}"


def test_every_pattern_compiles_for_python() -> None:
    failed = {}
    for pattern, _ in lines(OWN):
        try:
            to_python(parse(pattern))
        except ValueError as error:
            failed[pattern] = str(error)
    assert not failed


@pytest.mark.slow
def test_every_rendering_is_one_that_re_compiles() -> None:
    for pattern, _ in lines(OWN):
        re.compile(to_python(parse(pattern)))


@pytest.mark.parametrize("part", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_node_agrees_with_java(part: int) -> None:
    """Every second pattern in the ordinary run; the others are slow ones."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    program = """
        const cases = require('fs').readFileSync(0, 'utf8').trim().split('\\n').map(line => JSON.parse(line));
        const answers = cases.map(([pattern, texts]) => {
            const expression = new RegExp(pattern, 'u');
            return texts.map(text => expression.test(text));
        });
        console.log(JSON.stringify(answers));
    """
    asked = []
    for pattern, texts in list(lines(OWN))[part::2]:
        tree = parse(pattern)
        words = any(isinstance(part, Boundary) and part.kind in (r"\b", r"\B") for part in walk(tree))
        fit = [
            (text, told)
            for text, told in texts
            if not has_surrogates(text) and steps(tree, len(text)) < 10_000_000 and (text.isascii() or not words)
        ]
        asked.append((pattern, to_ecma(tree), fit))
    sent = "\n".join(json.dumps([ecma, [text for text, _ in fit]]) for _, ecma, fit in asked)
    answer = subprocess.run([node, "-e", program], input=sent, capture_output=True, encoding="utf-8", check=True)
    wrong = [
        (pattern, text, told)
        for (pattern, _, fit), says in zip(asked, json.loads(answer.stdout), strict=True)
        for (text, told), said in zip(fit, says, strict=True)
        if said != told
    ]
    assert not wrong, f"{len(wrong)}: {wrong[:5]}"
    assert sum(len(fit) for _, _, fit in asked) > 15_000


def shared() -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    if not SHARED.exists():
        pytest.skip(f"{SHARED.name} is not beside the project")
    return lines(SHARED)


@pytest.mark.parametrize("part", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_matcher_agrees_with_the_shared_verdicts(part: int) -> None:
    """Every second pattern in the ordinary run; the others are slow ones."""
    wrong: list[Any] = []
    count = 0
    for index, (pattern, texts) in enumerate(shared()):
        if index % 2 == part:
            count += len(texts)
            matcher = compile(pattern)
            try:
                wrong += [("matcher", pattern, text, told) for text, told in texts if matcher.fullmatch(text) != told]
            except Undecided:
                wrong.append(("undecided", pattern, "", True))
    assert not unexplained(iter(wrong)), unexplained(iter(wrong))[:5]
    assert count > 40_000


@pytest.mark.slow
def test_engines_agree_with_the_shared_verdicts() -> None:
    wrong = unexplained(case for pattern, texts in shared() for case in disagreements(pattern, parse(pattern), texts))
    assert not wrong, f"{len(wrong)}: {wrong[:5]}"
