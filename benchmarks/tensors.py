"""How long it takes to survey a file of any size, and what memory that needs.

Files of float32, half of whose values are zeros, in a temporary folder. Each way runs in a process
of its own, which has read the file once before: a quick survey and its histogram, a survey of all
values, and what one would write first: ``np.load``, ``np.histogram``, mean, deviation, least and
greatest. Memory is the most that the process has held beyond what importing took. The ratios belong
to this machine and this run, and are those of the medians.

Run: ``python -m benchmarks.tensors``.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.report import digits, is_quick, spread, table, times

ROUNDS = 3
#: Values of each file, in millions.
MILLIONS = (4, 16, 64)
WAYS = {
    "np.load, np.histogram": "plain",
    "survey": "whole",
    "survey, quick": "quick",
}

PROCESS = """
import json, resource, sys, time
import numpy as np
from n2uq_viz.tensors import open_tensors, survey

path, way = sys.argv[1:]
with open(path, "rb") as file:
    while file.read(2**20):
        pass
# On Linux not of what came before this program in the process.
def memory():
    try:
        with open("/proc/self/status") as lines:
            return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before, began = memory(), time.perf_counter()
if way == "plain":
    values = np.load(path)
    np.histogram(values, bins=64)
    values.mean(dtype=np.float64), values.std(dtype=np.float64), values.min(), values.max()
else:
    with open_tensors(path) as file:
        survey(file, next(iter(file.tensors)), quick=way == "quick").histogram()
print(json.dumps([time.perf_counter() - began, memory() - before]))
"""


def write(path: Path, size: int) -> None:
    """A file of the positive parts of normal values, made piece by piece."""
    rng = np.random.default_rng(0)
    values = np.lib.format.open_memmap(path, "w+", np.dtype(np.float32), (size,))
    for start in range(0, size, 2**20):
        part = values[start : start + 2**20]
        part[:] = np.maximum(rng.standard_normal(part.size, dtype=np.float32), 0.0)
    values.flush()


def measure(path: Path, way: str) -> tuple[float, float]:
    """Seconds, and bytes of memory."""
    found = subprocess.run(
        [sys.executable, "-c", PROCESS, path, way], check=True, capture_output=True, text=True
    )
    seconds, grown = json.loads(found.stdout)
    return float(seconds), float(grown)


def main(quick: bool = False) -> None:
    """Measure and print the table."""
    rounds = 1 if quick else ROUNDS
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for millions in MILLIONS[:2] if quick else MILLIONS:
            path = Path(folder) / f"{millions}.npy"
            write(path, millions * 10**6)
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
            for turn in range(rounds):
                for name in list(WAYS) if turn % 2 == 0 else reversed(list(WAYS)):
                    found[name].append(measure(path, WAYS[name]))
            path.unlink()
            plain = statistics.median(seconds for seconds, _ in found[next(iter(WAYS))])
            for name, pairs in found.items():
                taken = [1000.0 * seconds for seconds, _ in pairs]
                ratio = times(1000.0 * plain / statistics.median(taken))
                most = max(grown for _, grown in pairs) / 1e6
                rows.append([f"{4 * millions:,} MB, {name}", spread(taken), ratio, digits(most)])
    print(f"ms: median [smallest, largest] of {rounds}; memory: the largest.\n")
    print(table(["", "ms", "np / this", "MB"], rows))


if __name__ == "__main__":
    main(is_quick(__doc__))
