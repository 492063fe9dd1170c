r"""Read a regular expression as `java.util.regex` does, with ECMA's spellings where Java has none.

Java 17 is the measure: `[\w- ]` holds a hyphen, `[a[bc]]` is a union, `&&` an intersection, `x{11}{0,9}` repeats
nothing after `x{11}`, `\b` knows Unicode letters, `.` stops at five line terminators. What Java refuses and ECMA reads
without its `u` flag (a `{` that counts nothing, `[+-\w]`) is taken as ECMA means it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from validator.errors import PatternError
from validator.patterns.charset import EVERY, LAST, Ranges, complement, intersect, normal, union
from validator.patterns.simplify import choice, possessive, rebuilt, repeat, sequence, whole
from validator.patterns.tree import EMPTY, Backreference, Boundary, Chars, Group, Look, Node, walk
from validator.patterns.unicode import (
    DIGIT,
    HORIZONTAL,
    LINE_TERMINATORS,
    SPACE,
    VERTICAL,
    WORD,
    fold_ascii,
    property_ranges,
)

_SHORTHAND: dict[str, Ranges] = {"d": DIGIT, "s": SPACE, "w": WORD, "h": HORIZONTAL, "v": VERTICAL}
_SHORTHAND |= {name.upper(): complement(ranges) for name, ranges in _SHORTHAND.items()}
_CONTROL = {"t": 9, "n": 10, "r": 13, "f": 12, "a": 7, "e": 27}
_BOUNDARIES = {"A": Boundary("^"), "Z": Boundary("$"), "z": Boundary(r"\z"), "b": Boundary(r"\b"), "B": Boundary(r"\B")}
_DOT = Chars(complement(LINE_TERMINATORS))
_COUNT = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")
_NAME = re.compile(r"<([A-Za-z][A-Za-z0-9_]*)>")
_LITERAL = re.compile(r"[A-Za-z0-9_:/,;@=%&~<>'\"!-]+(?![*+?{])")
_DEEPEST = 150


@lru_cache(maxsize=512)
def _single(char: str) -> Chars:
    return Chars(((ord(char), ord(char)),))


@lru_cache(maxsize=8192)
def parse(pattern: str) -> Node:
    """The tree of a pattern, for the whole value.

    Raises `PatternError`, with the offset in code points and the reason, for what neither Java nor ECMA reads and for
    the few constructs that have no place in the tree (`(?m)`, `(?>...)`, `\\G`, a possessive mark on more
    than a class).
    """
    reader = _Reader(_unquote(pattern))
    tree = reader.alternatives(0)
    if reader.at < len(reader.text):
        raise reader.error("unmatched )")
    if not reader.keeps_groups:
        return whole(tree) if reader.has_boundaries else tree
    referenced = frozenset(node.group for node in walk(tree) if isinstance(node, Backreference))
    return whole(rebuilt(tree, referenced))


def _unquote(pattern: str) -> str:
    parts = re.split(r"(\\\\|\\Q.*?(?:\\E|\Z))", pattern, flags=re.DOTALL) if r"\Q" in pattern else [pattern]
    for index, part in enumerate(parts):
        if part.startswith(r"\Q"):
            body = part[2:-2] if part.endswith(r"\E") else part[2:]
            parts[index] = re.sub(r"[^A-Za-z0-9]", lambda match: "\\" + match[0], body)
    return "".join(parts)


@dataclass(slots=True)
class _Flags:
    ignore_case: bool = False
    dot_all: bool = False
    comments: bool = False


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.groups, self.flags = text, 0, 0, _Flags()
        self.names: dict[str, int] = {}
        self.has_boundaries = False
        self.keeps_groups = re.search(r"\\[1-9k]", text) is not None

    def error(self, reason: str) -> PatternError:
        return PatternError(self.text, self.at, reason)

    def peek(self, length: int = 1) -> str:
        if self.flags.comments:
            self.skip_comments()
        return self.text[self.at : self.at + length]

    def skip_comments(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\n\v\f\r#":
            if self.text[self.at] == "#":
                while self.at < len(self.text) and self.text[self.at] not in "\n\r\x85\u2028\u2029":
                    self.at += 1
            else:
                self.at += 1

    def take(self, wanted: str) -> bool:
        if self.peek(len(wanted)) == wanted:
            self.at += len(wanted)
            return True
        return False

    def next(self) -> str:
        char = self.peek()
        if not char:
            raise self.error("the pattern ends too early")
        self.at += 1
        return char

    # --- structure ---------------------------------------------------------------------------------------------

    def alternatives(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self.error(f"groups are nested more than {_DEEPEST} deep")
        options = [self.branch(depth)]
        while self.take("|"):
            options.append(self.branch(depth))
        return choice(options)

    def branch(self, depth: int) -> Node:
        items: list[Node] = []
        while (char := self.peek()) and char not in "|)":
            plain = not self.flags.ignore_case and not self.flags.comments
            if plain and (literal := _LITERAL.match(self.text, self.at)):
                # What needs no reading: characters for themselves, the last one not repeated.
                items += map(_single, literal[0])
                self.at = literal.end()
                continue
            item = self.group(depth) if char == "(" else self.atom(char)
            items.append(EMPTY if item is None else self.quantified(item))
        return sequence(items)

    def atom(self, char: str) -> Node:
        if char in "*+?":
            raise self.error(f"nothing to repeat before {char}")
        if char == "{" and _COUNT.match(self.text, self.at):
            return EMPTY
        self.at += 1
        if char == "[":
            return Chars(self.char_class(top=True))
        if char == ".":
            return Chars(EVERY) if self.flags.dot_all else _DOT
        if char in "^$":
            self.has_boundaries = True
            return _BOUNDARIES["A" if char == "^" else "Z"]
        if char == "\\":
            return self.escape_outside()
        return Chars(self.single(ord(char)))

    def quantified(self, item: Node) -> Node:
        sign = self.peek()
        if sign and sign in "*+?":
            self.at += 1
            low, high = (1 if sign == "+" else 0), (1 if sign == "?" else None)
        elif sign == "{" and (count := _COUNT.match(self.text, self.at)):
            low = int(count[1])
            high = int(count[3]) if count[3] else None if count[2] else low
            if high is not None and high < low:
                raise self.error("the counts of a repetition are in the wrong order")
            if max(low, high or 0) > 0x7FFFFFFF:
                raise self.error("the count of a repetition is too great")
            self.at = count.end()
        else:
            return item
        if self.take("+"):
            if not isinstance(item, Chars):
                # Which of its ways the item took first would count, and a tree does not tell.
                raise self.error("a possessive repetition of more than one class is not supported")
            return possessive(item, low, high)
        self.take("?")
        return repeat(item, low, high)

    def group(self, depth: int) -> Node | None:
        start, outer = self.at, _Flags(self.flags.ignore_case, self.flags.dot_all, self.flags.comments)
        self.at += 1
        look: tuple[bool, bool] | None = None
        number = 0
        if self.take("?"):
            if self.take("="):
                look = True, False
            elif self.take("!"):
                look = True, True
            elif self.take("<="):
                look = False, False
            elif self.take("<!"):
                look = False, True
            elif name := _NAME.match(self.text, self.at):
                self.at = name.end()
                number = self.groups = self.groups + 1
                if name[1] in self.names:
                    raise self.error(f"two groups are named {name[1]}")
                self.names[name[1]] = number
            elif not self.take(":") and self.inline_flags():
                return None
        else:
            number = self.groups = self.groups + 1
        item = self.alternatives(depth + 1)
        if not self.take(")"):
            self.at = start
            raise self.error("this group is not closed")
        self.flags = outer
        if look:
            return Look(item, *look)
        return Group(item, number) if number and self.keeps_groups else item

    def inline_flags(self) -> bool:
        """Whether the flags were for the rest of the group (`(?i)`), not for a group of their own (`(?i:`)."""
        wanted = True
        names = {"i": "ignore_case", "s": "dot_all", "x": "comments"}
        while (char := self.text[self.at : self.at + 1]) not in (")", ":"):
            if char == "-" and wanted:
                wanted = False
            elif char in names and char:
                setattr(self.flags, names[char], wanted)
            else:
                raise self.error(f"(?{char} is not supported" if char else "the pattern ends too early")
            self.at += 1
        self.at += 1
        return char == ")"

    # --- escapes -----------------------------------------------------------------------------------------------

    def single(self, code: int) -> Ranges:
        ranges = ((code, code),)
        return fold_ascii(ranges) if self.flags.ignore_case else ranges

    def escape_outside(self) -> Node:
        char = self.text[self.at : self.at + 1]
        if char in _BOUNDARIES and char:
            self.at += 1
            self.has_boundaries = True
            return _BOUNDARIES[char]
        if char and char in "123456789":
            # Java takes further digits only as long as a group of that number exists.
            end = self.at + 1
            while self.text[end : end + 1].isdecimal() and int(self.text[self.at : end + 1]) <= self.groups:
                end += 1
            number, self.at = int(self.text[self.at : end]), end
            return Backreference(number)
        if char == "k" and (name := _NAME.match(self.text, self.at + 1)):
            if name[1] not in self.names:
                raise self.error(f"no group is named {name[1]}")
            self.at = name.end()
            return Backreference(self.names[name[1]])
        if char == "R":
            self.at += 1
            return choice([sequence([Chars(((13, 13),)), Chars(((10, 10),))]), Chars(VERTICAL)])
        found = self.escape()
        return Chars(found if isinstance(found, tuple) else self.single(found))

    def escape(self) -> Ranges | int:
        """A set for a shorthand or a property, else one code point; the backslash is read already."""
        char = self.text[self.at : self.at + 1]
        if not char:
            raise self.error("a backslash at the end")
        self.at += 1
        if char in "pP":
            return self.property_class(negated=char == "P")
        if char in _SHORTHAND:
            return _SHORTHAND[char]
        if char in _CONTROL:
            return _CONTROL[char]
        if char == "0":
            digits = re.compile(r"[0-3][0-7]{0,2}|[4-7][0-7]?").match(self.text, self.at)
            self.at = digits.end() if digits else self.at
            return int(digits[0], 8) if digits else 0
        if char == "c":
            return ord(self.next()) ^ 64
        if char in "xu":
            return self.hexadecimal(char)
        if char.isascii() and char.isalnum():
            self.at -= 1
            raise self.error(f"\\{char} is not an escape")
        return ord(char)

    def hexadecimal(self, kind: str) -> int:
        digits = "{2}" if kind == "x" else "{4}"
        match = re.compile(r"\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]" + digits + ")").match(self.text, self.at)
        code = int(match[1] or match[2], 16) if match else LAST + 1
        if match is None or code > LAST:
            raise self.error(f"\\{kind} needs hexadecimal digits")
        self.at = match.end()
        if kind == "u" and match[2] and 0xD800 <= code <= 0xDBFF:
            low = re.compile(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})").match(self.text, self.at)
            if low:
                self.at = low.end()
                return 0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00
        return code

    def property_class(self, *, negated: bool) -> Ranges:
        start = self.at
        if self.take("{"):
            end = self.text.find("}", self.at)
            if end < 0:
                raise self.error("a property name is not closed")
            name, self.at = self.text[self.at : end], end + 1
        else:
            name = self.next()
        inverted = name.startswith("^")
        ranges = property_ranges(name[inverted:])
        if ranges is None:
            self.at = start
            raise self.error(f"the property {name!r} is not known")
        if self.flags.ignore_case and name in ("Lower", "Upper"):
            ranges = fold_ascii(ranges)
        return complement(ranges) if negated != inverted else ranges

    # --- character classes -------------------------------------------------------------------------------------

    def char_class(self, *, top: bool) -> Ranges:
        """The class whose opening bracket is read; without `top`, the right side of `&&`, which leaves the bracket."""
        start = self.at
        negated = top and self.take("^")
        found: list[tuple[int, int]] = []
        empty = True
        while True:
            char = self.peek()
            if not char:
                self.at = start
                raise self.error("this character class is not closed")
            if char == "]" and not empty:
                self.at += top
                return complement(normal(found)) if negated else normal(found)
            if char == "[":
                self.at += 1
                found += self.char_class(top=True)
            elif self.take("&&"):
                right = self.right_of_intersection()
                if right is not None:
                    found = list(right if empty else intersect(normal(found), right))
            else:
                found += self.class_item()
            empty = False

    def right_of_intersection(self) -> Ranges | None:
        right: Ranges | None = None
        while (char := self.peek()) and char not in "]&":
            if char == "[":
                self.at += 1
                inner = self.char_class(top=True)
                right = inner if right is None else union(right, inner)
            else:
                right = self.char_class(top=False)
        return right

    def class_item(self) -> Ranges:
        low = self.class_point()
        if isinstance(low, tuple):
            return low
        if self.peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", "[", ""):
            return self.single(low)
        before = self.at
        self.at += 1
        high = self.class_point()
        if isinstance(high, tuple):
            return union(self.single(low), ((0x2D, 0x2D),), high)
        if high < low:
            self.at = before
            raise self.error("a range of characters runs backwards")
        ranges = ((low, high),)
        return fold_ascii(ranges) if self.flags.ignore_case else ranges

    def class_point(self) -> Ranges | int:
        char = self.next()
        if char != "\\":
            return ord(char)
        if self.text[self.at : self.at + 1] == "b":
            self.at += 1
            return 8
        return self.escape()
