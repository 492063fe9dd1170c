"""Write docs/faults.md: what a fuzz run with default settings finds of every fault. Run: python -m tests.faults

Takes some minutes; `-j N` shares it out over processes. Exits with 1 when a fault is missed or a variation is blamed.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.faults.proof import Proof, prove
from tests.faults.table import FAULTS, VARIATIONS

_PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
_HEAD = """# Faults that the fuzzer finds

Each line is the embedded emulator with one decision made otherwise, driven by `aws-contract fuzz` with its default
settings until a check that should find it has. Requests and CPU seconds are those from the beginning of the run to
the end of the chapter that showed it; phases run in their usual order, so that most of the requests of a fault in
paging or in lifecycles are those of the boundary phase before. This page is generated: `python -m tests.faults`.

"""


def main(arguments: list[str]) -> int:
    processes = int(arguments[arguments.index("-j") + 1]) if "-j" in arguments else 1
    both = FAULTS + VARIATIONS
    with ProcessPoolExecutor(processes) as pool:
        proofs = {}
        for index, (findings, requests, seconds) in enumerate(pool.map(_prove, range(len(both)))):
            proofs[both[index].name] = Proof(both[index], findings, requests, seconds)
            print(both[index].name, requests, f"{seconds:.1f}", *proofs[both[index].name].named, flush=True)
    _PAGE.write_text(page(proofs), "utf-8")
    missed = [fault.name for fault in FAULTS if not proofs[fault.name].found]
    blamed = [variation.name for variation in VARIATIONS if proofs[variation.name].findings]
    print(f"{len(FAULTS) - len(missed)} of {len(FAULTS)} faults found")
    print(f"{len(blamed)} of {len(VARIATIONS)} variations blamed")
    for name in missed + blamed:
        print("  wrong:", name)
    return 1 if missed or blamed else 0


def _prove(index: int) -> tuple[object, int, float]:
    # A fault itself holds functions that cannot be sent to another process; its number can.
    proof = prove((FAULTS + VARIATIONS)[index])
    return proof.findings, proof.requests, proof.seconds


def page(proofs: dict[str, Proof]) -> str:
    """The page as Markdown."""
    lines = [_HEAD + "| fault | what is wrong | found by | requests | seconds |", "|---|---|---|--:|--:|"]
    for fault in FAULTS:
        proof = proofs[fault.name]
        by = ", ".join(f"`{check}`" for check in proof.named if check in fault.checks) or "**nothing**"
        lines.append(f"| {fault.name} | {fault.sentence} | {by} | {proof.requests:,} | {proof.seconds:.1f} |")
    lines += [
        "",
        "## Harmless variations",
        "",
        "Differences that no documentation forbids; a whole run reports none of them.",
        "",
        "| variation | what is different | reported | requests |",
        "|---|---|---|--:|",
    ]
    for variation in VARIATIONS:
        proof = proofs[variation.name]
        lines.append(
            f"| {variation.name} | {variation.sentence} | {', '.join(proof.named) or 'nothing'} | {proof.requests:,} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
