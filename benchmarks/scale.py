"""How time and memory grow with draws, points, levels, elements, training runs and explorers.

Each column is a series of `benchmarks.growth`, in a process of its own and with a budget of
seconds: sizes that would exceed it are left out, and shown as "–". Seconds are medians, memory is a
peak; both exponents are least squares in logarithms over the sizes named below them. The machine's
cores are used as the package uses them: one for NumPy, all for PyTorch.

Training runs are real ones, of the task "moons" with a single epoch; "resume" is the same sweep
again where all of them are finished, with files that differ in their seed only.

Run: ``python -m benchmarks.scale``.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.growth import Fit, Row, Series, climb, in_process, memory_fit, time_fit
from benchmarks.report import digits, is_quick, table
from n2uq_viz import Quantizer, simulate

Call = Callable[[], object]
INPUTS, GRID_DRAWS, BITS_INPUTS, BITS_DRAWS, ELEMENTS = 10, 100, 1001, 1000, 10**6
#: How many sizes, from the smallest, when it is to be quick.
QUICK_SIZES = 3


def powers(first: int, last: int) -> tuple[int, ...]:
    """Powers of ten."""
    return tuple(10**k for k in range(first, last + 1))


def quantizer(levels: int) -> Quantizer:
    """A quantizer with segments of different widths over [0, 2]."""
    return Quantizer(2.0 * np.linspace(0.0, 1.0, levels) ** 1.5, np.linspace(0.0, 2.0, levels))


def simulated(levels: int, points: int, draws: int, method: str) -> Call:
    """A call of `simulate`, where a coin is thrown at every input."""
    q, x = quantizer(levels), np.linspace(0.0, 2.0, points + 2)[1:-1]
    return lambda: simulate(q, x, draws, method=method, progress=False)


def expectation(levels: int, points: int) -> Call:
    """A call of the formula for the mean."""
    q, x = quantizer(levels), np.linspace(0.0, 2.0, points + 2)[1:-1]
    return lambda: q.expectation(x)


def gste(levels: int, elements: int, way: str) -> Call:
    """Forward and backward of the op; `way` is a name in `benchmarks.gste`."""
    import torch

    from benchmarks.gste import ways

    torch.manual_seed(0)
    x = torch.randn(elements) * 0.8 + 0.6
    return ways(x, torch.ones_like(x), (levels - 1).bit_length())[way]


_folder: list[tempfile.TemporaryDirectory[str]] = []


def empty_folder() -> Path:
    """A folder for the series of this process, emptied of what it held before."""
    while _folder:
        _folder.pop().cleanup()
    _folder.append(tempfile.TemporaryDirectory())
    return Path(_folder[0].name)


def surveyed(size: int, quick: bool) -> Call:
    """A survey of an .npy file of float32, which was read before, or as good as that."""
    from benchmarks.tensors import write
    from n2uq_viz.datasets import open_tensors, survey

    path = empty_folder() / "values.npy"
    write(path, size)

    def call() -> None:
        with open_tensors(path) as file:
            survey(file, next(iter(file.tensors)), quick=quick)

    return call


def swept(seeds: int, workers: int) -> Call:
    """A sweep that trains everything."""
    from n2uq_viz.sweep import grid, run_sweep

    folder = empty_folder()
    configs = grid(["moons"], ["gste"], [2], range(seeds), epochs=1)
    return lambda: run_sweep(configs, folder, workers=workers, progress=False)


def resumed(seeds: int) -> Call:
    """A sweep that finds everything finished."""
    from n2uq_viz.sweep import grid, run_sweep
    from n2uq_viz.training import train

    folder = empty_folder()
    configs = grid(["moons"], ["gste"], [2], range(seeds), epochs=1)
    run = train(configs[0])
    for config in configs:
        dataclasses.replace(run, config=config).save(folder)
    return lambda: run_sweep(configs, folder, progress=False)


_explorers: list[object] = []


def opened(count: int, shown: bool) -> Call:
    """Threshold explorers that are open at once, made in Python, or also given to a notebook."""
    import ipywidgets

    from n2uq_viz.explorers import ThresholdExplorer

    _explorers.clear()
    ipywidgets.Widget.close_all()
    gc.collect()

    def call() -> None:
        for _ in range(count):
            made = ThresholdExplorer()
            _explorers.append([made, made._repr_mimebundle_() if shown else None])

    return call


@dataclasses.dataclass(frozen=True)
class Group:
    """Series that are shown side by side: the sizes' name, what is said above them, columns."""

    unit: str
    about: str
    series: Mapping[str, Series]


def groups() -> list[Group]:
    """Everything that is measured."""
    eager, fused = "gste_quantize, eager", "gste_quantize, fused"
    draws, points, levels = powers(2, 8), powers(2, 6), tuple(2**k for k in range(1, 9))
    elements, counts = powers(4, 8), (1, 3, 10, 30, 100, 300, 1000)
    return [
        Group(
            "draws",
            f"simulate at {INPUTS} inputs, by method",
            {
                "draws": Series(draws, lambda n: simulated(4, INPUTS, n, "draws")),
                "counts": Series(draws, lambda n: simulated(4, INPUTS, n, "counts"), budget=5.0),
            },
        ),
        Group(
            "points",
            f"on a grid: the formula, and simulate with {GRID_DRAWS} draws by method",
            {
                "formula": Series(points, lambda n: expectation(4, n), budget=5.0),
                "draws": Series(points, lambda n: simulated(4, n, GRID_DRAWS, "draws")),
                "counts": Series(
                    points, lambda n: simulated(4, n, GRID_DRAWS, "counts"), budget=10.0
                ),
            },
        ),
        Group(
            "levels",
            f"1 to 8 bits: the formula at 10^6 points, simulate ({BITS_INPUTS} inputs, "
            f"{BITS_DRAWS} draws), and\nforward and backward of gste_quantize at 10^6 elements "
            "without compiled kernels",
            {
                "formula": Series(levels, lambda n: expectation(n, 10**6), budget=10.0),
                "simulate": Series(
                    levels, lambda n: simulated(n, BITS_INPUTS, BITS_DRAWS, "draws"), budget=10.0
                ),
                "gste": Series(levels, lambda n: gste(n, ELEMENTS, eager)),
            },
        ),
        Group(
            "elements",
            "float32: forward and backward of gste_quantize at 2 bits, without and with compiled "
            "kernels, inputs\nincluded; and datasets.survey of an .npy file, all of it and quick",
            {
                "eager": Series(elements, lambda n: gste(4, n, eager)),
                "fused": Series(elements, lambda n: gste(4, n, fused)),
                "survey": Series(elements, lambda n: surveyed(n, False)),
                "quick": Series(elements, lambda n: surveyed(n, True)),
            },
        ),
        Group(
            "seeds",
            "a sweep of real runs with 1 and 2 workers, memory of the largest process; and the "
            "same sweep\nagain when all is finished",
            {
                "1 worker": Series(
                    counts, lambda n: swept(n, 1), budget=40.0, fresh=True, children=True
                ),
                "2 workers": Series(
                    counts, lambda n: swept(n, 2), budget=40.0, fresh=True, children=True
                ),
                "resume": Series(counts, resumed, budget=45.0),
            },
        ),
        Group(
            "explorers",
            "Threshold explorers open at once: made in Python, and made and shown (with the still "
            "picture\nthat a notebook keeps of each)",
            {
                "made": Series(
                    (1, 3, 10, 30, 100), lambda n: opened(n, False), budget=10.0, fresh=True
                ),
                "shown": Series(
                    (1, 3, 10, 30, 100), lambda n: opened(n, True), budget=30.0, fresh=True
                ),
            },
        ),
    ]


def chosen(series: Series, quick: bool) -> Series:
    """The series, or its smallest sizes when it is to be quick."""
    return dataclasses.replace(series, sizes=series.sizes[:QUICK_SIZES]) if quick else series


def size_words(size: int) -> str:
    """A size as people write it.

    >>> size_words(10**6), size_words(1024), size_words(100)
    ('10^6', '1,024', '100')
    """
    power = len(str(size)) - 1
    return f"10^{power}" if size == 10**power and power > 3 else f"{size:,}"


def mebibytes(memory: float) -> str:
    """Memory to a tenth of a MiB, above 100 MiB to a whole one."""
    size = memory / 2**20
    return f"{size:,.0f}" if size >= 100.0 else f"{size:.1f}"


def group_table(group: Group, found: Mapping[str, Sequence[Row]]) -> str:
    """The table of a group: a row for each size, then both exponents and where they were fitted."""
    header = [group.unit]
    columns: list[dict[int, str]] = []
    fits: list[Fit | None] = []
    for name, rows in found.items():
        header += [f"{name}, ms", "MiB"]
        columns.append({row.size: digits(1000.0 * row.seconds) for row in rows})
        columns.append({row.size: mebibytes(row.memory) for row in rows})
        fits += [time_fit(rows), memory_fit(rows)]
    sizes = sorted({size for column in columns for size in column})
    lines = [[size_words(n), *(column.get(n, "–") for column in columns)] for n in sizes]
    lines.append(["exponent", *(f"{fit.exponent:.2f}" if fit else "–" for fit in fits)])
    lines.append(["from", *(size_words(fit.low) if fit else "–" for fit in fits)])
    lines.append(["to", *(size_words(fit.high) if fit else "–" for fit in fits)])
    return table(header, lines)


def measure_one(index: int, name: str, quick: bool) -> None:
    """Measure one series here, and print a line of JSON for each size."""
    for row in climb(chosen(groups()[index].series[name], quick)):
        print(json.dumps(dataclasses.astuple(row)), flush=True)


def main(quick: bool = False) -> None:
    """Measure and print all tables."""
    for index, group in enumerate(groups()):
        found = {
            name: in_process("benchmarks.scale", f"{index} {name}", quick) for name in group.series
        }
        print(f"{'' if index == 0 else chr(10)}{group.about[0].upper()}{group.about[1:]}.\n")
        print(group_table(group, found), flush=True)


if __name__ == "__main__":
    if "--series" in sys.argv:
        parser = argparse.ArgumentParser()
        parser.add_argument("--series")
        parser.add_argument("--quick", action="store_true")
        asked = parser.parse_args()
        number, _, title = asked.series.partition(" ")
        measure_one(int(number), title, asked.quick)
    else:
        main(is_quick(__doc__))
