"""How long ``import n2uq_viz`` takes beyond NumPy alone, each in fresh processes in turn.

Run: ``python -m benchmarks.startup``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.report import digits, is_quick, spread, table, times

REPETITIONS = 15
STATEMENTS = {
    "numpy alone": "import numpy",
    "n2uq_viz": "import n2uq_viz",
    "n2uq_viz.explorers": "import n2uq_viz.explorers",
}


def seconds(statement: str) -> float:
    """Time of one fresh process that runs the statement."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - began


def main(quick: bool = False) -> None:
    """Measure and print the table."""
    repetitions = 2 if quick else REPETITIONS
    for statement in STATEMENTS.values():
        seconds(statement)  # the first run may read from a cold disk
    taken: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(repetitions):
        for name, statement in STATEMENTS.items():
            taken[name].append(1000.0 * seconds(statement))
    baseline = statistics.median(taken["numpy alone"])
    rows = []
    for name, found in taken.items():
        median = statistics.median(found)
        rows.append([name, spread(found), digits(median - baseline), times(median / baseline)])
    print(f"Fresh processes; ms: median [smallest, largest] of {repetitions}.\n")
    print(table(["", "ms", "ms beyond NumPy", "this / NumPy"], rows))


if __name__ == "__main__":
    main(is_quick(__doc__))
