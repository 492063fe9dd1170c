"""The stateful phase: stories that every resource must survive, then sequences of calls put together by chance.

A story is a short script about one family, told with whatever lives: create it twice, delete it and look again, ask for
it from another account. The random sequences use the same deeds in any order. Both only send; the checks judge.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from validator.contract import Operation
from validator.families import families, family_of
from validator.fuzzing.play import Play
from validator.fuzzing.stage import Stage, share
from validator.fuzzing.stories import STORIES, Teller, unknown

_STEPS = 40


def run(stage: Stage, operations: Sequence[Operation]) -> None:
    """Tell every story of every family of one service, then play random sequences."""
    contract = operations[0].contract
    chosen = {found[0].name for operation in operations if (found := family_of(contract, operation.name))}
    mine = [family for family in families(contract).values() if family.name in chosen]
    if not mine:
        return
    part = stage.options.share
    told = [(family, story) for family in mine for story in (STORIES if stage.options.writes else (unknown,))]
    for family, story in share(told, part):
        with stage.chapter(contract, "stateful") as world:
            story(Teller(world, family))
    for number in share(range(stage.options.sequences if stage.options.writes else 0), part):
        with stage.chapter(contract, "stateful") as world:
            Play(world, mine, random.Random(f"{stage.options.seed} {contract.service} {number}")).play(_STEPS)
