r"""The names behind `\p{...}` and the shorthand classes, as Java reads them, over this Python's Unicode tables.

General categories come from `unicodedata`. POSIX names (`\p{Alnum}`) are ASCII, as `java.util.regex` has them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from validator.patterns.charset import EVERY, Ranges, complement, normal, of, union

DIGIT: Ranges = ((0x30, 0x39),)
SPACE: Ranges = of(" \t\n\v\f\r")
WORD: Ranges = of("0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
LINE_TERMINATORS: Ranges = of("\n\r\x85\u2028\u2029")
HORIZONTAL: Ranges = union(of("\t \xa0\u1680\u180e\u202f\u205f\u3000"), ((0x2000, 0x200A),))
VERTICAL: Ranges = union(of("\n\v\f\r"), LINE_TERMINATORS)
WHITE_SPACE: Ranges = union(((9, 13),), of(" \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"), ((0x2000, 0x200A),))

_UPPER: Ranges = ((0x41, 0x5A),)
_LOWER: Ranges = ((0x61, 0x7A),)
_ALPHA = union(_UPPER, _LOWER)
_GRAPH: Ranges = ((0x21, 0x7E),)
_ALNUM = union(_ALPHA, DIGIT)

POSIX: dict[str, Ranges] = {
    "ASCII": ((0, 0x7F),),
    "Alnum": _ALNUM,
    "Alpha": _ALPHA,
    "Blank": of(" \t"),
    "Cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "Digit": DIGIT,
    "Graph": _GRAPH,
    "Lower": _LOWER,
    "Print": ((0x20, 0x7E),),
    "Space": SPACE,
    "Upper": _UPPER,
    "Punct": normal([(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)]),
    "L1": ((0, 0xFF),),
    "XDigit": union(DIGIT, ((0x41, 0x46), (0x61, 0x66))),
    "all": EVERY,
    "Any": EVERY,
}

GENERAL = frozenset(
    (
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "Mn",
        "Mc",
        "Me",
        "Nd",
        "Nl",
        "No",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "Zs",
        "Zl",
        "Zp",
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
    )
)
MAJOR = frozenset("LMNPSZC")

# Blocks whose interior has one category in every Unicode version since 13: passed over when the tables are read.
_UNIFORM = (
    (0x3400, 0x4DB5, "Lo"),
    (0x4E00, 0x9FEA, "Lo"),
    (0xAC00, 0xD7A3, "Lo"),
    (0xD800, 0xDFFF, "Cs"),
    (0xE000, 0xF8FF, "Co"),
    (0x17000, 0x187EC, "Lo"),
    (0x18800, 0x18AF2, "Lo"),
    (0x20000, 0x2A6D6, "Lo"),
    (0x2A700, 0x2B734, "Lo"),
    (0x2B740, 0x2B81D, "Lo"),
    (0x2B820, 0x2CEA1, "Lo"),
    (0x2CEB0, 0x2EBE0, "Lo"),
    (0x30000, 0x3134A, "Lo"),
    (0x33480, 0xDFFFF, "Cn"),
    (0xE0200, 0xEFFFF, "Cn"),
    (0xF0000, 0xFFFFD, "Co"),
    (0x100000, 0x10FFFD, "Co"),
)

# Alphabetic code points that are neither letters nor letter numbers (Other_Alphabetic, Unicode 13.0, PropList.txt).
_OTHER_ALPHABETIC = """
345 5b0-5bd 5bf 5c1-5c2 5c4-5c5 5c7 610-61a 64b-657 659-65f 670 6d6-6dc 6e1-6e4 6e7-6e8 6ed 711 730-73f
7a6-7b0 816-817 81b-823 825-827 829-82c 8d4-8df 8e3-8e9 8f0-903 93a-93b 93e-94c 94e-94f 955-957 962-963
981-983 9be-9c4 9c7-9c8 9cb-9cc 9d7 9e2-9e3 a01-a03 a3e-a42 a47-a48 a4b-a4c a51 a70-a71 a75 a81-a83 abe-ac5
ac7-ac9 acb-acc ae2-ae3 afa-afc b01-b03 b3e-b44 b47-b48 b4b-b4c b56-b57 b62-b63 b82 bbe-bc2 bc6-bc8 bca-bcc
bd7 c00-c03 c3e-c44 c46-c48 c4a-c4c c55-c56 c62-c63 c81-c83 cbe-cc4 cc6-cc8 cca-ccc cd5-cd6 ce2-ce3 d00-d03
d3e-d44 d46-d48 d4a-d4c d57 d62-d63 d81-d83 dcf-dd4 dd6 dd8-ddf df2-df3 e31 e34-e3a e4d eb1 eb4-eb9 ebb-ebc
ecd f71-f81 f8d-f97 f99-fbc 102b-1036 1038 103b-103e 1056-1059 105e-1060 1062-1064 1067-106d 1071-1074
1082-108d 108f 109a-109d 1712-1713 1732-1733 1752-1753 1772-1773 17b6-17c8 1885-1886 18a9 1920-192b
1930-1938 1a17-1a1b 1a55-1a5e 1a61-1a74 1abf-1ac0 1b00-1b04 1b35-1b43 1b80-1b82 1ba1-1ba9 1bac-1bad
1be7-1bf1 1c24-1c36 1de7-1df4 24b6-24e9 2de0-2dff a674-a67b a69e-a69f a802 a80b a823-a827 a880-a881
a8b4-a8c3 a8c5 a8ff a926-a92a a947-a952 a980-a983 a9b4-a9bf a9e5 aa29-aa36 aa43 aa4c-aa4d aa7b-aa7d aab0
aab2-aab4 aab7-aab8 aabe aaeb-aaef aaf5 abe3-abea fb1e 10376-1037a 10a01-10a03 10a05-10a06 10a0c-10a0f
10d24-10d27 10eab-10eac 11000-11002 11038-11045 11082 110b0-110b8 11100-11102 11127-11132 11145-11146
11180-11182 111b3-111bf 111ce-111cf 1122c-11234 11237 1123e 112df-112e8 11300-11303 1133e-11344 11347-11348
1134b-1134c 11357 11362-11363 11435-11441 11443-11445 114b0-114c1 115af-115b5 115b8-115be 115dc-115dd
11630-1163e 11640 116ab-116b5 1171d-1172a 1182c-11838 11930-11935 11937-11938 1193b-1193c 11940 11942
119d1-119d7 119da-119df 119e4 11a01-11a0a 11a35-11a39 11a3b-11a3e 11a51-11a5b 11a8a-11a97 11c2f-11c36
11c38-11c3e 11c92-11ca7 11ca9-11cb6 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d41 11d43 11d47 11d8a-11d8e
11d90-11d91 11d93-11d96 11ef3-11ef6 16f4f 16f51-16f87 16f8f-16f92 16ff0-16ff1 1bc9e 1e000-1e006 1e008-1e018
1e01b-1e021 1e023-1e024 1e026-1e02a 1e947 1f130-1f149 1f150-1f169 1f170-1f189
"""


_RUN = re.compile(r"(..)(?:\1)*")


@lru_cache(maxsize=1)
def general_categories() -> dict[str, Ranges]:
    """Every general category (`Lu`) and major class (`L`) with its code points; read once, in milliseconds."""
    spans: dict[str, list[tuple[int, int]]] = {name: [] for name in GENERAL}
    start = 0
    for low, high, name in (*_UNIFORM, (0x110000, 0x110000, "")):
        categories = "".join(map(unicodedata.category, map(chr, range(start, low))))
        for run in _RUN.finditer(categories):
            spans[run[1]].append((start + run.start() // 2, start + run.end() // 2 - 1))
        if name:
            spans[name].append((low, high))
        start = high + 1
    tables = {name: normal(ranges) for name, ranges in spans.items()}
    for major in MAJOR:
        tables[major] = union(*(tables[name] for name in GENERAL if name[0] == major))
    return tables


@lru_cache(maxsize=1)
def alphabetic() -> Ranges:
    """The Alphabetic property: letters, letter numbers and what Unicode adds to them."""
    tables = general_categories()
    spans = (span.partition("-") for span in _OTHER_ALPHABETIC.split())
    others = normal((int(low, 16), int(high or low, 16)) for low, _, high in spans)
    return union(tables["L"], tables["Nl"], others)


@lru_cache(maxsize=64)
def property_ranges(name: str) -> Ranges | None:
    r"""What `\p{name}` stands for; None when the name is not known."""
    if name in POSIX:
        return POSIX[name]
    for prefix in ("Is", "general_category=", "gc="):
        if name.startswith(prefix) and (name[len(prefix) :] in GENERAL or name[len(prefix) :] in MAJOR):
            name = name[len(prefix) :]
    if name in GENERAL or name in MAJOR:
        return general_categories()[name]
    if name in ("LD", "L&", "LC", "IsLD", "IsLC"):
        tables = general_categories()
        cased = union(tables["Lu"], tables["Ll"], tables["Lt"])
        return union(tables["L"], tables["Nd"]) if name.endswith("LD") else cased
    bare = name[2:] if name[:2] in ("Is", "is", "IS") else name
    derived = _DERIVED.get(bare.replace("_", "").lower())
    return derived() if derived else None


def _assigned() -> Ranges:
    return complement(general_categories()["Cn"])


_DERIVED: dict[str, Callable[[], Ranges]] = {
    "alphabetic": alphabetic,
    "alpha": alphabetic,
    "whitespace": lambda: WHITE_SPACE,
    "assigned": _assigned,
    "letter": lambda: general_categories()["L"],
    "digit": lambda: general_categories()["Nd"],
    "punctuation": lambda: general_categories()["P"],
    "control": lambda: general_categories()["Cc"],
    "hexdigit": lambda: union(POSIX["XDigit"], ((0xFF10, 0xFF19), (0xFF21, 0xFF26), (0xFF41, 0xFF46))),
}


def fold_ascii(ranges: Ranges) -> Ranges:
    """The set with the other case of every ASCII letter added, which is all that Java's `(?i)` does by itself."""
    other: list[tuple[int, int]] = []
    for low, high in ranges:
        for first, last, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
            if low <= last and high >= first:
                other.append((max(low, first) + shift, min(high, last) + shift))
    return union(ranges, tuple(other)) if other else ranges
