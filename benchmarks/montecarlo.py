"""How long it takes to estimate an expectation, against the loop that one would write first.

A 2-bit quantizer with uneven segments, 1001 inputs evenly spaced inside its outer edges, so that a
coin is thrown at every one. The loop is ``np.mean(np.where(rng.random(N) < p, upper, lower))`` for
each input; "random numbers alone" is ``rng.random`` for as many coins, a block of 32768 at a time,
with nothing done with them. The loop at 10^6 draws is timed at every 20th input and scaled to all
of them. What is compared takes turns, forwards and backwards, in one process with one thread; the
ratios belong to this machine and this run, and are those of the medians.

Run: ``python -m benchmarks.montecarlo``.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import is_quick, spread, table, times
from n2uq_viz import Quantizer, simulate

ROUNDS = 7
AT_ONCE = 50  # calls of what is over in a moment, timed together
POINTS = 1001
EVERY = 20  # of the inputs in the loop at 10^6 draws
BLOCK = 1 << 15

QUANTIZER = Quantizer([0.0, 0.4, 1.5, 2.0], [0.0, 2 / 3, 4 / 3, 2.0])
X = np.linspace(0.0, 2.0, POINTS + 2)[1:-1]


def loop(draws: int, x: NDArray[np.float64]) -> list[np.floating]:
    """Mean output at each input, thrown one input at a time."""
    rng = np.random.default_rng(0)
    outcomes = zip(*(part.tolist() for part in QUANTIZER.outcomes(x)), strict=True)
    return [
        np.mean(np.where(rng.random(draws) < probability, upper, lower))
        for lower, upper, probability in outcomes
    ]


def random_numbers(draws: int) -> None:
    """As many random numbers as there are coins, in a buffer that is used again."""
    rng, buffer = np.random.default_rng(0), np.empty(BLOCK)
    for _ in range(-(-draws * POINTS // BLOCK)):
        rng.random(out=buffer)


def seconds(call: Callable[[], object], calls: int) -> float:
    """Time of one call, as a mean of several in a row."""
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls


def measure(
    ways: Mapping[str, tuple[Callable[[], object], int, float]], rounds: int
) -> dict[str, list[float]]:
    """Times of each way, which is given as what to call, how often at once, and a scale."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for call, *_ in ways.values():
        call()  # the first run may load modules and ask for memory
    for turn in range(rounds):
        for name in list(ways) if turn % 2 == 0 else reversed(list(ways)):
            call, calls, scale = ways[name]
            found[name].append(seconds(call, calls) * scale)
    return found


def row(name: str, taken: list[float], loops: list[float], alone: list[float] | None) -> list[str]:
    """One line of the table."""
    median = statistics.median(taken)
    return [
        name,
        spread([1000.0 * each for each in taken]),
        times(statistics.median(loops) / median),
        times(median / statistics.median(alone)) if alone else "–",
    ]


def main(quick: bool = False) -> None:
    """Measure and print the table."""
    rounds = 2 if quick else ROUNDS
    few, many = 10**4, 10**6
    some = X[::EVERY]
    at_few = measure(
        {
            "loop": (lambda: loop(few, X), 1, 1.0),
            "random numbers alone": (lambda: random_numbers(few), 1, 1.0),
            'simulate, "draws"': (lambda: simulate(QUANTIZER, X, few), 1, 1.0),
            'simulate, "counts"': (
                lambda: simulate(QUANTIZER, X, few, method="counts"),
                AT_ONCE,
                1.0,
            ),
        },
        rounds,
    )
    at_many = measure(
        {
            "loop": (lambda: loop(many, some), 1, POINTS / some.size),
            'simulate, "counts"': (
                lambda: simulate(QUANTIZER, X, many, method="counts"),
                AT_ONCE,
                1.0,
            ),
        },
        rounds,
    )
    rows = [
        row(f"10^4 draws, {name}", taken, at_few["loop"], at_few["random numbers alone"])
        for name, taken in at_few.items()
    ]
    for name, taken in at_many.items():
        note = f" (1 in {EVERY}, scaled)" if name == "loop" else ""
        rows.append(row(f"10^6 draws, {name}{note}", taken, at_many["loop"], None))
    print(f"{POINTS} inputs; ms: median [smallest, largest] of {rounds}.\n")
    print(table(["", "ms", "loop / this", "this / random"], rows))


if __name__ == "__main__":
    main(is_quick(__doc__))
