"""How long ``import n2uq_viz`` takes beyond NumPy alone, each in fresh processes in turn.

Run: ``python -m benchmarks.startup``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

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


def main() -> None:
    """Measure and print the table."""
    for statement in STATEMENTS.values():
        seconds(statement)  # the first run may read from a cold disk
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(REPETITIONS):
        for name, statement in STATEMENTS.items():
            times[name].append(1000 * seconds(statement))
    baseline = statistics.median(times["numpy alone"])
    print(f"Fresh process, ms: median [smallest, largest] of {REPETITIONS}")
    for name, found in times.items():
        median = statistics.median(found)
        beyond = f"{median - baseline:+.0f} ms, {median / baseline:.2f}x numpy"
        print(f"{name:20} {median:6.0f} [{min(found):.0f}, {max(found):.0f}]  {beyond}")


if __name__ == "__main__":
    main()
