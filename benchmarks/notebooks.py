"""How long each notebook runs from its first cell to its last, beside a kernel that does nothing.

Each in a kernel of its own and a folder of its own, as it comes, without answers: what a reader
waits for after **Run All Cells**. A minute on two cores is meant to be the most.

Run: ``python -m benchmarks.notebooks``.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

from benchmarks.report import digits, is_quick, table, times

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))
REPETITIONS = 3


def seconds(notebook: Any) -> float:
    """Time of one run in a fresh folder, start and end of the kernel included."""
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources)
        began = time.perf_counter()
        client.execute(env={**os.environ, "PYTHONPATH": str(ROOT)})
        return time.perf_counter() - began


def main(quick: bool = False) -> None:
    """Measure and print the table."""
    repetitions = 1 if quick else REPETITIONS
    empty = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("pass")])
    start = statistics.median(seconds(empty) for _ in range(repetitions))
    rows, together = [["a kernel that does nothing", digits(start), times(1.0)]], 0.0
    for source in SOURCES:
        runs = [seconds(jupytext.read(source, fmt="py:percent")) for _ in range(repetitions)]
        median = statistics.median(runs)
        together += median
        rows.append([source.stem, digits(median), times(median / start)])
    rows.append(["all notebooks", digits(together), times(together / start)])
    print(f"Seconds: median of {repetitions}.\n")
    print(table(["", "s", "this / nothing"], rows))


if __name__ == "__main__":
    main(is_quick(__doc__))
