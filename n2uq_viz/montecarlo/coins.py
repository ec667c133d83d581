"""Throwing very many coins: quickly, in little memory, and never without saying how long it takes.

A coin with probability p falls on heads when a uniform number u lies below p. To know that, the
first 16 binary digits of u are enough except once in 65536 throws, when they equal those of p; only
then are further digits drawn. One random word of 64 bits so serves four coins, and the outcome is
exact, not rounded to 16 digits. Several probabilities can be held against the same u, which is what
common random numbers are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.checks import FloatArray
from n2uq_viz.randomness import stream, uniforms_at

__all__ = ["throw", "throw_shared"]

Heads = NDArray[np.bool_]
Counts = NDArray[np.int64]
# The heads among the coins of some rows, from one draw up to another, for each probability in turn.
Thrower = Callable[[slice, int, int], Iterator[Heads]]

BLOCK = 1 << 17  # coins held at once, which with their random numbers stay in the processor's cache
TRIAL = 1 << 18  # coins thrown to find out how long many more would take
MAX_COINS = 10**11
# From so many coins on, which take some tenths of a second, a progress bar is made ready ...
LONG, LONG_SHARED = 2 * 10**8, 10**7
PATIENCE = 1.0  # ... and shown if they take longer than this, in seconds


def throw(
    seed: int,
    purpose: str,
    probability: FloatArray,
    stops: Sequence[int],
    *,
    instead: str,
    progress: bool = True,
) -> Counts:
    """Return how many of the first ``stops[s]`` numbers u of each row lie below a probability.

    `probability` has shape (rows, m), from 0 to 1; one sequence of numbers u is drawn for each row
    and held against all m of them. `stops` are increasing whole numbers above 0. The result has
    shape (len(stops), rows, m). Each `purpose` has random numbers of its own.
    Memory: the result and about 1 MB. Raises ValueError for more than 10**11 coins, which tells
    what to take `instead`.

    >>> throw(0, "doctest", np.array([[0.0, 1.0]]), [3, 5], instead="fewer").tolist()
    [[[0, 3]], [[0, 5]]]
    """
    random_words = stream(seed, purpose).bit_generator.random_raw
    tie_stream = stream(seed, f"{purpose}, ties")
    scaled = probability * 65536.0  # without rounding, as are the next lines
    # Certainty has no 16 digits: it ties with the last number that has them, and always wins.
    floor = np.minimum(np.floor(scaled), 65535.0)
    all_cuts, all_rests = floor.astype(np.uint16), scaled - floor

    def thrower(rows: slice, first: int, last: int) -> Iterator[Heads]:
        cuts, rests = all_cuts[rows], all_rests[rows]
        height, width = len(cuts), last - first
        words = random_words(height * -(-width // 4))
        digits = words.view(np.uint16).reshape(height, -1)[:, :width]
        tied = digits == cuts[:, 0, None]
        for i in range(1, cuts.shape[1]):
            tied |= digits == cuts[:, i, None]
        row, column = np.divmod(np.flatnonzero(tied), width)
        tied_digits, further_digits = digits[row, column], tie_stream.random(row.size)
        for i in range(cuts.shape[1]):
            heads = digits < cuts[:, i, None]
            won = (tied_digits == cuts[row, i]) & (further_digits < rests[row, i])
            heads[row, column] |= won
            yield heads

    return _in_blocks(thrower, probability.shape, stops, LONG, instead, progress)


def throw_shared(
    seed: int,
    rows: NDArray[np.int64],
    probability: FloatArray,
    draws: int,
    *,
    instead: str,
    progress: bool = True,
) -> Counts:
    """Return what `throw` does, for the numbers u in the given rows of the table ``uniforms``.

    `rows` are the rows' indices, shape (n,), `probability` has shape (n, m), the result too.

    >>> throw_shared(0, np.array([7]), np.array([[0.0, 1.0]]), 9, instead="fewer").tolist()
    [[0, 9]]
    """

    def thrower(some: slice, first: int, last: int) -> Iterator[Heads]:
        u = uniforms_at(seed, rows[some], np.arange(first, last))
        for i in range(probability.shape[1]):
            yield u < probability[some, i, None]

    shape = probability.shape
    counts: Counts = _in_blocks(thrower, shape, [draws], LONG_SHARED, instead, progress)[0]
    return counts


def _in_blocks(
    thrower: Thrower,
    shape: tuple[int, ...],
    stops: Sequence[int],
    long: int,
    instead: str,
    progress: bool,
) -> Counts:
    """Return the heads up to each stop, shape (len(stops), *shape)."""
    rows, draws = shape[0], stops[-1]
    result = np.zeros((len(stops), *shape), dtype=np.int64)
    if rows * draws > MAX_COINS:
        _refuse(thrower, rows, draws, instead)
    with _bar(rows * draws, long, progress) as advance:
        for some, first, last in _blocks(rows, draws):
            # The stops that lie within this block divide it.
            s = int(np.searchsorted(stops, first, side="right"))
            ends = [*(stop for stop in stops[s:-1] if stop < last), last]
            for i, heads in enumerate(thrower(some, first, last)):
                ones, start = heads.view(np.uint8), 0
                for k, end in enumerate(ends, start=s):
                    part = ones[:, start : end - first]
                    result[k, some, i] += part.sum(axis=1, dtype=np.uint32)
                    start = end - first
            advance((some.stop - some.start) * (last - first))
    return np.cumsum(result, axis=0)


def _blocks(rows: int, draws: int) -> Iterator[tuple[slice, int, int]]:
    """Yield some rows and a range of draws, never more than BLOCK coins at a time."""
    width = min(draws, BLOCK)
    height = BLOCK // width
    for top in range(0, rows, height):
        for first in range(0, draws, width):
            yield slice(top, min(top + height, rows)), first, min(first + width, draws)


def _refuse(thrower: Thrower, rows: int, draws: int, instead: str) -> None:
    began, thrown = time.perf_counter(), 0
    for some, first, last in _blocks(rows, draws):
        for _ in thrower(some, first, last):
            pass
        thrown += (some.stop - some.start) * (last - first)
        if thrown >= TRIAL:
            break
    seconds = (time.perf_counter() - began) / thrown * rows * draws
    raise ValueError(
        f"draws must be such that at most {MAX_COINS:,} coins are thrown, got draws = {draws} at "
        f"{rows} input{'s' * (rows > 1)}, which would take {_duration(seconds)} here; ask for "
        f"fewer, or take {instead}, which draws from the same distribution at once"
    )


def _duration(seconds: float) -> str:
    """Return the time in words that a person reads.

    >>> _duration(6652800.0), _duration(100.0), _duration(0.5)
    ('about 77 days', 'about 2 minutes', 'about 1 second')
    """
    for unit, size in (("year", 31_557_600), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"about {seconds / size:,.0f} {unit}s"
    count = max(1, round(seconds))
    return f"about {count} second{'s' * (count > 1)}"


@contextmanager
def _bar(coins: int, long: int, show: bool) -> Iterator[Callable[[int], object]]:
    """Give a function that is told how many coins were thrown, and shows it where it takes long."""
    if not show or coins < long:
        yield lambda _: None
        return
    from tqdm.auto import tqdm  # takes long enough to load that short runs go without

    from n2uq_viz.words import say

    # Closed in any case, also by Ctrl-C; gone when it is done, since then the result tells.
    with tqdm(
        total=coins,
        desc=say("simulation.progress"),
        unit=say("simulation.coin"),
        unit_scale=True,
        delay=PATIENCE,
        leave=False,
    ) as bar:
        yield bar.update
