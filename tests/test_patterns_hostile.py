"""No text, however hostile, holds a check up: exponential patterns, long texts, and random patterns on every engine."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from validator.errors import PatternError
from validator.patterns import Undecided, backtrack, bits, compile, parse, to_ecma, to_python, to_rust
from validator.patterns.charset import complement, of
from validator.patterns.match import Matcher
from validator.patterns.simplify import choice, repeat, sequence
from validator.patterns.tree import Boundary, Chars, Look, Node

HOSTILE = [
    json.loads(line)
    for line in (Path(__file__).parent / "patterns" / "hostile.jsonl").read_text(encoding="utf-8").splitlines()
]
# A tracer, such as that of coverage, is paid for every line.
TRACED = 1 if sys.gettrace() is None else 5


def pumped(case: dict[str, Any], length: int) -> str:
    return case["prefix"] + case["pump"] * (length // len(case["pump"])) + case["suffix"]


def test_twenty_one_patterns_are_exponential_and_one_is_steep() -> None:
    assert len(HOSTILE) == 22


@pytest.mark.parametrize("case", [pytest.param(case, id=case["used_by"][0]) for case in HOSTILE])
def test_exponential_patterns_are_decided_quickly(case: dict[str, Any]) -> None:
    for length in (60, 2048, 20_000):
        text = pumped(case, length)
        for _ in range(6):  # a matcher may change its engine once it is used often
            begun = time.process_time()
            assert not compile(case["pattern"]).fullmatch(text)
            assert time.process_time() - begun < 1 * TRACED


@pytest.mark.parametrize("case", [pytest.param(case, id=case["used_by"][0]) for case in HOSTILE])
def test_a_megabyte_is_answered_or_given_up_soon(case: dict[str, Any]) -> None:
    matcher = Matcher(case["pattern"])
    begun = time.process_time()
    with contextlib.suppress(Undecided):
        assert not matcher.fullmatch(pumped(case, 1_000_000))
    assert time.process_time() - begun < 3 * TRACED


@pytest.mark.parametrize(
    "pattern",
    [
        "[a-z]{1,100000}",
        "(ab){2,50000}",
        "((a|bb)+c?)*d",
        "((a*b*)*c*)*d",
        "(a?){500}a{500}",
        "((a{1,9}){1,9}){1,9}",
        "(?:.*a){40}b",
        r"(?!.*(.)\1{50})\w*",
        r"((a+)b?\2?)*c",
        "(?=(?:.*a){30})(?:a|aa|aaa)*b",
        "(?<!(a|aa)*b)(a*)*c",
    ],
)
def test_steep_patterns_never_hang(pattern: str) -> None:
    for text in ("a" * 60, "a" * 3000, "ab" * 1500, "abc" * 40_000, "a" * 100_000 + "d", "\ud800" * 5000):
        begun = time.process_time()
        with contextlib.suppress(Undecided):
            compile(pattern).fullmatch(text)
        assert time.process_time() - begun < 3 * TRACED, (pattern, text[:3], len(text))


# --- random patterns --------------------------------------------------------------------------------------------

LETTERS = "ab-_\n\ré"
classes = st.one_of(
    st.sets(st.sampled_from(LETTERS), min_size=1, max_size=3).map(lambda chars: Chars(of("".join(chars)))),
    st.sets(st.sampled_from(LETTERS), max_size=2).map(lambda chars: Chars(complement(of("".join(chars))))),
)


def wider(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    counts = st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 2)))
    return st.one_of(
        st.lists(inner, max_size=3).map(sequence),
        st.lists(inner, min_size=1, max_size=3).map(choice),
        st.builds(lambda item, count: repeat(item, count[0], None if count[1] is None else sum(count)), inner, counts),
    )


plain = st.recursive(classes, wider, max_leaves=6)
conditions = st.one_of(
    st.builds(Look, plain, ahead=st.just(True), negative=st.booleans()),
    st.builds(Look, classes, ahead=st.just(False), negative=st.booleans()),
    st.sampled_from(["^", "$", r"\z"]).map(Boundary),
)
trees = st.recursive(st.one_of(classes, classes, conditions), wider, max_leaves=7)
texts = st.text(LETTERS + "x\u2028\U0001f600", max_size=8)


def verdicts(tree: Node, text: str) -> dict[str, bool]:
    told = {
        "bits": bits.matches(tree, text),
        "backtrack": backtrack.matches(tree, text),
        "python": re.fullmatch(to_python(tree), text) is not None,
        "read again": bits.matches(parse(to_python(tree).replace(r"\Z", r"\z")), text),
    }
    if not text.endswith("\n"):
        told["ecma in Python"] = re.search(to_ecma(tree), text) is not None
    fragment = to_rust(tree)
    if fragment is not None:
        told["jsonschema-rs"] = jsonschema_rs.validator_for(
            fragment, pattern_options=jsonschema_rs.RegexOptions()
        ).is_valid(text)
    return told


@settings(max_examples=400, deadline=None)
@given(tree=trees, text=texts)
@example(tree=parse("a$\\n"), text="a\n")
def test_engines_agree_on_random_patterns(tree: Node, text: str) -> None:
    told = verdicts(tree, text)
    assert len(set(told.values())) == 1, (to_python(tree), told)


@settings(max_examples=300, deadline=None)
@given(pattern=st.text(r"ab-^$.*+?()[]{}|\dw,19&!=<:iP", max_size=14), text=texts)
def test_whatever_can_be_read_can_be_matched(pattern: str, text: str) -> None:
    try:
        tree = parse(pattern)
    except PatternError:
        return
    told = compile(pattern).fullmatch(text)
    assert backtrack.matches(tree, text) == told
    assert isinstance(to_ecma(tree), str)
