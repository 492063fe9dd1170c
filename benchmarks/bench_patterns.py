"""What patterns cost: to read, to write for each engine, to compile, to match; over every pattern of the case file.

python benchmarks/bench_patterns.py
"""

from __future__ import annotations

import gzip
import json
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs

from validator.patterns import Undecided, bits, parse, to_ecma, to_python, to_rust
from validator.patterns.match import Matcher
from validator.patterns.unicode import general_categories

FIXTURE = Path(__file__).parent.parent / "fixtures" / "patterns" / "java_verdicts.jsonl.gz"
HOSTILE = Path(__file__).parent.parent / "tests" / "patterns" / "hostile.jsonl"


def seconds(action: Callable[..., Any], *arguments: Any) -> float:
    begun = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - begun


def shown(name: str, taken: list[float]) -> None:
    taken = sorted(taken)
    high = taken[len(taken) * 99 // 100]
    print(
        f"{name:34} median {statistics.median(taken) * 1e6:8.1f} us   99 % {high * 1e6:9.1f} us"
        f"   most {taken[-1] * 1e6:10.1f} us   sum {sum(taken):6.2f} s   of {len(taken)}"
    )


def rust_validator(fragment: dict[str, Any]) -> Any:
    return jsonschema_rs.validator_for(fragment, pattern_options=jsonschema_rs.RegexOptions())


def main() -> None:
    with gzip.open(FIXTURE, "rt", encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    print(f"{'Unicode tables, once a process':34} {seconds(general_categories) * 1e3:.1f} ms")
    shown("parse", [seconds(parse, case["pattern"]) for case in cases])
    trees = [parse(case["pattern"]) for case in cases]
    shown("to_python", [seconds(to_python, tree) for tree in trees])
    shown("to_ecma", [seconds(to_ecma, tree) for tree in trees])
    shown("to_rust", [seconds(to_rust, tree) for tree in trees])
    fragments = [fragment for tree in trees if (fragment := to_rust(tree)) is not None]
    print(f"{'left to Python':34} {len(trees) - len(fragments)} of {len(trees)}")
    shown("jsonschema-rs, compile", [seconds(rust_validator, fragment) for fragment in fragments])
    shown("re.compile", [seconds(re.compile, to_python(tree)) for tree in trees[::10]])
    shown(
        "bits, one text",
        [
            seconds(bits.matches, tree, text)
            for case, tree in zip(cases, trees, strict=True)
            if bits.supported(tree)
            for text, _ in case["strings"]
        ],
    )
    matchers = [Matcher(case["pattern"]) for case in cases[::10]]
    texts = [[text for text, _ in case["strings"]] for case in cases[::10]]
    for matcher, some in zip(matchers, texts, strict=True):
        for text in some * 5:
            matcher.fullmatch(text)
    shown(
        "matcher in use, one text",
        [seconds(matcher.fullmatch, text) for matcher, some in zip(matchers, texts, strict=True) for text in some],
    )
    for length in (60, 10_000, 1_000_000):
        taken, undecided = [], []
        for case in map(json.loads, HOSTILE.read_text(encoding="utf-8").splitlines()):
            text = case["prefix"] + case["pump"] * (length // len(case["pump"])) + case["suffix"]
            begun = time.perf_counter()
            try:
                Matcher(case["pattern"]).fullmatch(text)
            except Undecided:
                undecided += case["used_by"][:1]
            taken.append(time.perf_counter() - begun)
        shown(f"hostile, {length} characters", taken)
        if undecided:
            print(f"{'':34} undecided: {', '.join(undecided)}")


if __name__ == "__main__":
    main()
