"""Run the benchmarks one after another and write the figures of `docs/performance.md` from what they print.

    python benchmarks/write_page.py [NAME ...]

With names, only those are run again and the others' tables are kept. Nothing else should run on the machine meanwhile:
figures are ratios taken in one run where that is possible, and CPU time where it is not.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"

# script and arguments -> what it measures
BENCHMARKS: Mapping[str, str] = {
    "bench_contracts.py": "Contracts",
    "bench_patterns.py": "Patterns",
    "bench_validate.py": "Verdicts",
    "bench_validate.py --first": "First calls",
    "bench_preflight.py": "Pre-flight",
    "bench_strategies.py": "Strategies and boundaries",
    "bench_emulator.py": "Emulator",
    "bench_fuzz.py": "Fuzz",
    "bench_check.py": "Recordings",
    "bench_plugin.py": "pytest plugin",
}

HEAD = """## Figures

Taken on {machine}; each table stands under the command that printed it. Written by
`python benchmarks/write_page.py`.
"""


def main(names: Iterable[str]) -> None:
    """Run what is asked for and write the page."""
    wanted = set(names)
    before, _, figures = PAGE.read_text("utf-8").partition("## Figures\n")
    kept = _sections(figures)
    cores = os.cpu_count()
    machine = f"{cores} cores, {platform.python_implementation()} {platform.python_version()}, {platform.system()}"
    parts = [HEAD.format(machine=machine)]
    for script, title in BENCHMARKS.items():
        if not (HERE / script.split()[0]).is_file():
            continue
        if wanted and not any(name in script for name in wanted) and title in kept:
            parts.append(kept[title])
            continue
        print(script, file=sys.stderr)
        done = subprocess.run(
            [sys.executable, *f"benchmarks/{script}".split()], cwd=HERE.parent, capture_output=True, text=True
        )
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            if title in kept:
                parts.append(kept[title])
            continue
        parts.append(f"### {title}\n\n`python benchmarks/{script}`\n\n```text\n{done.stdout.strip()}\n```\n")
    PAGE.write_text(before + "\n".join(parts).rstrip() + "\n", "utf-8")


def _sections(text: str) -> dict[str, str]:
    found = re.split(r"^(?=### )", text, flags=re.MULTILINE)[1:]
    return {section.partition("\n")[0][4:]: section.rstrip("\n") + "\n" for section in found}


if __name__ == "__main__":
    main(sys.argv[1:])
