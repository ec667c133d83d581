"""How time and memory grow with a size: measuring one size after the other, and the exponent.

A series runs in a process of its own, from its smallest size to its largest. Seconds are the median
of a few calls. Memory is the resident memory of that process (or of the largest process it
started), at its peak, beyond what the process held when all was imported and the smallest size had
been tried once. It is what the system gave, so it counts all of NumPy's and PyTorch's memory, in
steps of whole pages.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5
#: Seconds: calls that are over sooner are timed together; those that take longer are timed once.
MOMENT, LONG = 0.02, 1.0
#: The constant cost has gone where this many times the time of the smallest size is spent.
ABOVE = 10.0
#: Sizes that a fit has at least, and memory that stands out from what a process needs anyway.
FITTED, MEBIBYTES = 3, 8.0


@dataclass(frozen=True)
class Row:
    """What one size took: seconds, and bytes of memory."""

    size: int
    seconds: float
    memory: float


@dataclass(frozen=True)
class Series:
    """One thing that is measured at several sizes.

    Attributes
    ----------
    sizes
        In increasing order.
    prepare
        Gives what is timed for a size.
    budget
        Seconds for all sizes: the first that would exceed it, and all larger ones, are left out.
    fresh
        Whether every call is to be prepared, and so timed alone.
    children
        Whether the memory is that of processes that the call starts.
    """

    sizes: tuple[int, ...]
    prepare: Callable[[int], Callable[[], object]]
    budget: float = 20.0
    fresh: bool = False
    children: bool = False


@dataclass(frozen=True)
class Fit:
    """Least squares in logarithms: what grows like ``size ** exponent`` from `low` to `high`."""

    exponent: float
    low: int
    high: int


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Exponent of the power law nearest to positive values, in logarithms.

    >>> round(slope([1, 10, 100], [3.0, 300.0, 30000.0]), 6)
    2.0
    """
    return statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(value) for value in values]
    ).slope


def fit(sizes: Sequence[int], values: Sequence[float], above: float) -> Fit | None:
    """The exponent over the sizes whose values are `above` or more, and all larger ones.

    Over the three largest if those are fewer; None if there are no three.
    """
    if len(sizes) < FITTED:
        return None
    reached = (k for k, value in enumerate(values) if value >= above)
    first = min(next(reached, len(sizes)), len(sizes) - FITTED)
    return Fit(slope(sizes[first:], values[first:]), sizes[first], sizes[-1])


def time_fit(rows: Sequence[Row]) -> Fit | None:
    """How time grows, where the constant cost has gone or is smallest; None for too few rows."""
    seconds = [row.seconds for row in rows]
    return fit([row.size for row in rows], seconds, ABOVE * seconds[0]) if rows else None


def memory_fit(rows: Sequence[Row]) -> Fit | None:
    """How memory grows, of what stands out; None where no three sizes do."""
    large = [row for row in rows if row.memory >= MEBIBYTES * 2**20]
    return fit([row.size for row in large], [row.memory for row in large], 0.0)


def climb(series: Series) -> Iterator[Row]:
    """Measure one size after the other in this process, until the next would exceed the budget."""
    series.prepare(series.sizes[0])()
    before, began, ahead = resident(), time.perf_counter(), 0.0
    for size, following in zip(series.sizes, (*series.sizes[1:], 0), strict=True):
        started = time.perf_counter()
        if started - began + ahead > series.budget:
            return
        call = series.prepare(size)
        prepared = time.perf_counter() - started
        forget_peak()  # making a file may have needed more than reading it
        seconds = _seconds(series, size, call)
        peak = peak_of_children() if series.children else max(0, peak_here() - before)
        yield Row(size, seconds, peak)
        one = seconds * following / size
        ahead = prepared * following / size + one * (1 if one >= LONG else ROUNDS + 2)


def _seconds(series: Series, size: int, call: Callable[[], object]) -> float:
    found = [_timed(call, 1)]
    if found[0] >= LONG:
        return found[0]
    if series.fresh:
        found += [_timed(series.prepare(size), 1) for _ in range(ROUNDS - 1)]
    else:  # the first call may have asked for memory that the others find there
        calls = max(1, round(MOMENT / max(_timed(call, 1), 1e-6)))
        found = [_timed(call, calls) for _ in range(ROUNDS)]
    return statistics.median(found)


def _timed(call: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls


def in_process(module: str, name: str, quick: bool) -> list[Row]:
    """Rows of a series, which ``python -m module --series name`` measures and prints as JSON."""
    command = [sys.executable, "-m", module, "--series", name, *(["--quick"] if quick else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [Row(*json.loads(line)) for line in done.stdout.splitlines()]


def resident() -> int:
    """Bytes that this process holds now; its peak where the system does not tell."""
    return _status("VmRSS") or peak_here()


def peak_here() -> int:
    """The most bytes that this process has held since `forget_peak`, or ever."""
    import resource  # here: Windows has none

    # On Linux that number may be of what came before this program in the process.
    return _status("VmHWM") or _bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def peak_of_children() -> int:
    """The most bytes that any process held that this one started and that has ended."""
    import resource

    return _bytes(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def forget_peak() -> None:
    """Let the peak be what this process holds now, where the system can do that."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _status(key: str) -> int:
    """A size in bytes of what Linux says of this process; 0 where it does not."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith(key + ":"):
                return 1024 * int(line.split()[1])
    return 0


def _bytes(reported: int) -> int:
    """What getrusage means: bytes on macOS, kibibytes elsewhere."""
    return reported if sys.platform == "darwin" else 1024 * reported
