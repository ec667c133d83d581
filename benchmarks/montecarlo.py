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


def seconds(call: Callable[[], object], times: int) -> float:
    """Time of one call, as a mean of several in a row."""
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times


def measure(ways: Mapping[str, tuple[Callable[[], object], int, float]]) -> dict[str, list[float]]:
    """Times of each way, which is given as what to call, how often at once, and a scale."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for call, *_ in ways.values():
        call()  # the first run may load modules and ask for memory
    for turn in range(ROUNDS):
        for name in list(ways) if turn % 2 == 0 else reversed(list(ways)):
            call, times, scale = ways[name]
            found[name].append(seconds(call, times) * scale)
    return found


def row(name: str, times: list[float], loops: list[float], alone: list[float] | None) -> str:
    """One line of the table."""
    median = statistics.median(times)
    middle, low, high = (f"{1000 * t:,.3f}" for t in (median, min(times), max(times)))
    ratio = statistics.median(loops) / median
    against = f"{ratio:12,.1f}x" if ratio < 100 else f"{ratio:12,.0f}x"
    generator = f"{median / statistics.median(alone):10.2f}x" if alone else f"{'–':>11}"
    return f"{name:38}{middle:>12}  [{low}, {high}]".ljust(84) + against + generator


def main() -> None:
    """Measure and print the table."""
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
        }
    )
    at_many = measure(
        {
            "loop": (lambda: loop(many, some), 1, POINTS / some.size),
            'simulate, "counts"': (
                lambda: simulate(QUANTIZER, X, many, method="counts"),
                AT_ONCE,
                1.0,
            ),
        }
    )
    print(f"{POINTS} inputs, ms: median [smallest, largest] of {ROUNDS}")
    print(" " * 84 + f"{'loop / this':>13}{'/ random':>11}")
    for name, times in at_few.items():
        print(row(f"10^4 draws, {name}", times, at_few["loop"], at_few["random numbers alone"]))
    for name, times in at_many.items():
        note = f" (1 input in {EVERY}, scaled)" if name == "loop" else ""
        print(row(f"10^6 draws, {name}{note}", times, at_many["loop"], None))


if __name__ == "__main__":
    main()
