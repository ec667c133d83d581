"""Throwing the coins of a stochastic quantizer, or drawing what they would have shown."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, choice, some_inputs, whole_number
from n2uq_viz.montecarlo.coins import throw, throw_shared
from n2uq_viz.montecarlo.estimate import MonteCarlo, check_draws, check_quantizer
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import MAX_INDEX, check_seed, stream

__all__ = ["simulate", "simulate_running", "simulate_shared"]

METHODS = ("draws", "counts")
PURPOSE = "output"  # of its random numbers, which nothing else uses


def simulate(
    quantizer: Quantizer,
    x: ArrayLike,
    draws: int,
    seed: int = 0,
    method: str = "draws",
    *,
    progress: bool = True,
) -> MonteCarlo:
    """Draw from the stochastic quantizer `draws` times at every input, and count.

    `x` has any shape, at least 1 element, and may hold NaN and infinities; `draws` is a whole
    number from 1 to 10**12; `seed` a whole number from 0 to 2**53 - 1. Draws at different inputs
    are independent. Method ``"draws"`` throws each coin, at most 10**11 of them: time grows with
    their number, memory does not, a long run shows its progress (unless `progress` is false), and
    an interrupted one returns nothing. Method ``"counts"`` draws each count from its own
    distribution, which is binomial; time does not depend on `draws`. Raises ValueError for
    anything else.

    >>> mc = simulate(Quantizer.uniform(2, high=3), [-9.0, 1.25, 2.0, float("nan")], draws=10_000)
    >>> mc.count.tolist()[::2], mc.mean[2:], bool(abs(mc.mean[1] - 1.25) < 0.02)
    ([0, 10000], array([ 2., nan]), True)
    >>> mc = simulate(Quantizer.binary(), [0.5], draws=10**12, method="counts")
    >>> bool(abs(mc.mean[0] - 0.5) < 1e-5)
    True
    """
    draws = check_draws(draws)
    return _simulate(quantizer, x, [draws], seed, method, progress)[0]


def simulate_running(
    quantizer: Quantizer,
    x: ArrayLike,
    draws: Sequence[int] | NDArray[np.int64],
    seed: int = 0,
    method: str = "draws",
    *,
    progress: bool = True,
) -> tuple[MonteCarlo, ...]:
    """Draw as `simulate` does, and look at the same coins after each of these numbers of draws.

    `draws` are increasing whole numbers from 1 to 10**12, at least one. The estimates are nested:
    each counts the coins of the one before and more. The last one is what `simulate` returns for
    that many draws by method ``"draws"``. Arguments and errors otherwise as for `simulate`.

    >>> running = simulate_running(Quantizer.binary(), [0.0], [1, 10, 100])
    >>> [mc.draws for mc in running], running[0].count <= running[1].count
    ([1, 10, 100], array([ True]))
    """
    return _simulate(quantizer, x, _check_stops(draws), seed, method, progress)


def simulate_shared(
    quantizer: Quantizer, x: ArrayLike, draws: int, seed: int = 0, *, progress: bool = True
) -> MonteCarlo:
    """Draw as the explorers do, so that a saved figure shows the dots that were on screen.

    Draw j at ``x.flat[k]`` takes the step when ``uniforms(seed, x.size, draws)[k, j]`` is below
    its probability: moving a threshold or asking for more draws reshuffles nothing. Arguments and
    errors as for `simulate`, with at most 2**32 draws; the result's method is ``"shared"``.

    >>> few, more = (simulate_shared(Quantizer.binary(), [0.0], n, seed=1) for n in (10, 11))
    >>> int(more.count[0] - few.count[0]) in (0, 1)
    True
    """
    draws = whole_number("draws", draws, 1, MAX_INDEX + 1)
    check_quantizer(quantizer)
    seed, x = check_seed(seed), some_inputs(x)
    probability = _probability(quantizer, x)
    thrown = _thrown(probability)
    cuts, instead = probability[thrown, None], 'simulate with method="counts"'
    heads = throw_shared(seed, thrown, cuts, draws, instead=instead, progress=progress)
    count = _with_certain(draws, probability, thrown, heads[:, 0])
    return MonteCarlo(quantizer, x, draws, count.reshape(x.shape), seed, "shared")


def _simulate(
    quantizer: Quantizer,
    x: ArrayLike,
    stops: Sequence[int],
    seed: int,
    method: str,
    progress: bool,
) -> tuple[MonteCarlo, ...]:
    choice("method", method, METHODS)
    check_quantizer(quantizer)
    seed, x = check_seed(seed), some_inputs(x)
    probability = _probability(quantizer, x)
    if method == "counts":
        counts = _binomials(stream(seed, PURPOSE), probability, stops)
    else:
        thrown = _thrown(probability)
        cuts, instead = probability[thrown, None], 'method="counts"'
        heads = throw(seed, PURPOSE, cuts, stops, instead=instead, progress=progress)[..., 0]
        counts = [
            _with_certain(n, probability, thrown, some)
            for n, some in zip(stops, heads, strict=True)
        ]
    pairs = zip(stops, counts, strict=True)
    return tuple(
        [MonteCarlo(quantizer, x, n, count.reshape(x.shape), seed, method) for n, count in pairs]
    )


def _probability(quantizer: Quantizer, x: FloatArray) -> FloatArray:
    """Return the probability of each coin, flat; 0 where `x` is NaN."""
    # Of NaN and a number, fmax takes the number.
    probability: FloatArray = np.fmax(np.ravel(quantizer.step_probability(x)), 0.0)
    return probability


def _thrown(probability: FloatArray) -> NDArray[np.int64]:
    return np.flatnonzero((probability > 0.0) & (probability < 1.0))


def _with_certain(
    draws: int, probability: FloatArray, thrown: NDArray[np.int64], heads: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the counts of all coins, given those of the coins that chance decides."""
    count = np.where(probability == 1.0, draws, 0)
    count[thrown] = heads
    return count


def _binomials(
    rng: np.random.Generator, probability: FloatArray, stops: Sequence[int]
) -> list[NDArray[np.int64]]:
    """Return the counts up to each stop, made of those between one stop and the next."""
    counts = [rng.binomial(stops[0], probability)]
    for last, stop in pairwise(stops):
        counts.append(counts[-1] + rng.binomial(stop - last, probability))
    return counts


def _check_stops(draws: Sequence[int] | NDArray[np.int64]) -> list[int]:
    try:
        stops = [check_draws(number) for number in draws]
    except TypeError:  # a single number
        stops = []
    if not stops or any(later <= first for first, later in pairwise(stops)):
        raise ValueError(
            "draws must be increasing whole numbers, at least one, such as [10, 100, 1000], got "
            f"{reprlib.repr(draws)}"
        )
    return stops
