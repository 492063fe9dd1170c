"""Contracts compared: what changed, in which direction, and whether it breaks anybody."""

from validator.drift.compare import Change, compare
from validator.drift.places import against_installed, between, expired, open_contracts

__all__ = ["Change", "against_installed", "between", "compare", "expired", "open_contracts"]
