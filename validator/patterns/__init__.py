"""Regular expressions of AWS models: parsed once, rendered for each engine, matched within a bound."""

from validator.patterns.match import Matcher, Undecided, compile
from validator.patterns.parse import parse
from validator.patterns.render import to_ecma, to_python
from validator.patterns.rust import to_rust
from validator.patterns.tree import sample_lengths

__all__ = ["Matcher", "Undecided", "compile", "parse", "sample_lengths", "to_ecma", "to_python", "to_rust"]
