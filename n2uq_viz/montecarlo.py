"""Throwing the coins, so that the expectation is something one can see happen.

The expectation of a stochastic quantizer is a formula; here it is estimated from draws alone, with
an honest error, which is what makes the comparison of the two an argument. Draws are streamed:
memory does not grow with their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, choice, inputs, number, real_array, whole_number
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import MAX_INDEX, check_seed, uniforms_at

__all__ = ["MonteCarlo", "null_band", "simulate", "simulate_shared"]

MAX_DRAWS = 10**12
BLOCK = 1 << 20  # random numbers held at once: 8 MiB of them


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """How often each coin of a stochastic quantizer came up, and what follows from that.

    Fields
    ------
    quantizer : the quantizer that was drawn from.
    x : inputs of any shape, read-only float64; NaN and infinities are allowed.
    draws : number of draws at every input, a whole number from 1 to 10**12.
    count : how often the upper of the two levels in reach was drawn, read-only int64 of the shape
        of `x`, from 0 to `draws`; 0 where `x` is NaN.
    seed : what the random numbers were started from.
    method : how they were made, see `simulate` and `simulate_shared`.

    Raises ValueError when the fields do not fit together.

    >>> mc = MonteCarlo(Quantizer.binary(), [-5.0, 0.0], draws=4, count=[0, 3])
    >>> mc.mean, mc.standard_error
    (array([-1. ,  0.5]), array([0.       , 0.4330127]))
    """

    quantizer: Quantizer
    x: FloatArray
    draws: int
    count: NDArray[np.int64]
    seed: int = 0
    method: str = "draws"

    def __post_init__(self) -> None:
        x = real_array("x", self.x)
        count = np.array(self.count)
        object.__setattr__(self, "draws", _check_draws(self.draws))
        object.__setattr__(self, "seed", check_seed(self.seed))
        if count.shape != x.shape:
            raise ValueError(
                f"count must have the shape of x, got {count.shape} for x of shape {x.shape}"
            )
        if count.size and not (
            count.dtype.kind in "iu" and count.min() >= 0 and count.max() <= self.draws
        ):
            raise ValueError(
                f"count must be whole numbers from 0 to draws = {self.draws}, got {self.count}"
            )
        for name, array in (("x", x), ("count", count.astype(np.int64))):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def mean(self) -> FloatArray:
        """Return the mean of the draws at each input, in output units; NaN where `x` is NaN."""
        return self._output(np.asarray(self.count / self.draws))

    @property
    def standard_error(self) -> FloatArray:
        """Return the standard error of the mean, from the sample, in output units.

        0 where every draw was the same, which for a coin thrown a few times does not mean that the
        mean is exact; `interval` knows better.
        """
        lower, upper, _ = self.quantizer.outcomes(self.x)
        share = self.count / self.draws
        result: FloatArray = (upper - lower) * np.sqrt(share * (1.0 - share) / self.draws)
        return result

    def interval(self, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return ``(low, high)``, which cover the true mean with about that probability.

        Wilson's score interval on the count, in output units. Where no coin is thrown (at or
        beyond the outer edges, exactly on an inner one) both ends are the output itself. NaN where
        `x` is NaN. Raises ValueError unless ``0 < confidence < 1``.

        Source: Wilson, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association 22, 1927.

        >>> mc = MonteCarlo(Quantizer.binary(), [-5.0, 0.0], draws=10, count=[0, 10])
        >>> low, high = mc.interval(0.95)
        >>> low.round(3), high
        (array([-1.   ,  0.445]), array([-1.,  1.]))
        """
        z = _normal_quantile(confidence)
        share = self.count / self.draws
        shrink = 1.0 + z * z / self.draws
        center = (share + z * z / (2.0 * self.draws)) / shrink
        spread = share * (1.0 - share) / self.draws + (z / (2.0 * self.draws)) ** 2
        half = z * np.sqrt(spread) / shrink
        thrown = _thrown(self.quantizer, self.x)
        # At a count of 0 or of all draws one end is exact; the formula only rounds to it.
        low = np.where(thrown & (self.count > 0), np.maximum(center - half, 0.0), 0.0)
        high = np.where(thrown & (self.count < self.draws), np.minimum(center + half, 1.0), 1.0)
        share_if_not_thrown = np.where(self.count > 0, 1.0, 0.0)
        return (
            self._output(np.where(thrown, low, share_if_not_thrown)),
            self._output(np.where(thrown, high, share_if_not_thrown)),
        )

    def _output(self, share: FloatArray) -> FloatArray:
        """Return the output for a share of upper levels, exact at 0 and 1."""
        lower, upper, _ = self.quantizer.outcomes(self.x)
        inside = lower + (upper - lower) * share
        result: FloatArray = np.where(share == 1.0, upper, inside)[()]
        return result


def simulate(
    quantizer: Quantizer, x: ArrayLike, draws: int, seed: int = 0, method: str = "draws"
) -> MonteCarlo:
    """Draw from the stochastic quantizer `draws` times at every input, and count.

    `x` has any shape and may hold NaN and infinities; `draws` is a whole number from 1 to 10**12;
    `seed` a whole number from 0 to 2**53 - 1. The one method so far is ``"draws"``: each coin is
    thrown, with NumPy's generator (PCG64). Draws at different inputs are independent. Time grows
    with ``x.size * draws``, memory with ``x.size`` only. Raises ValueError for anything else.

    >>> mc = simulate(Quantizer.uniform(2, high=3), [-9.0, 1.25, 2.0, float("nan")], draws=10_000)
    >>> mc.count.tolist()[::2], mc.mean[2:], bool(abs(mc.mean[1] - 1.25) < 0.02)
    ([0, 10000], array([ 2., nan]), True)
    """
    choice("method", method, ("draws",))
    rng = np.random.default_rng(check_seed(seed))
    buffer = np.empty(BLOCK)

    def source(points: NDArray[np.int64], first: int, last: int) -> FloatArray:
        table = buffer[: points.size * (last - first)].reshape(points.size, last - first)
        return rng.random(out=table)

    return _simulate(quantizer, x, draws, seed, method, source)


def simulate_shared(quantizer: Quantizer, x: ArrayLike, draws: int, seed: int = 0) -> MonteCarlo:
    """Draw as the explorers do, so that a saved figure shows the dots that were on screen.

    Draw j at ``x.flat[k]`` takes the step when ``uniforms(seed, x.size, draws)[k, j]`` is below
    its probability: moving a threshold or asking for more draws reshuffles nothing. Arguments and
    errors as for `simulate`, with at most 2**32 draws; the result's method is ``"shared"``.

    >>> few, more = (simulate_shared(Quantizer.binary(), [0.0], n, seed=1) for n in (10, 11))
    >>> int(more.count[0] - few.count[0]) in (0, 1)
    True
    """
    whole_number("draws", draws, 1, MAX_INDEX + 1)
    seed = check_seed(seed)

    def source(points: NDArray[np.int64], first: int, last: int) -> FloatArray:
        return uniforms_at(seed, points, np.arange(first, last))

    return _simulate(quantizer, x, draws, seed, "shared", source)


def null_band(
    quantizer: Quantizer, x: ArrayLike, draws: int, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return ``(low, high)``, between which the mean of `draws` draws falls with `confidence`.

    The expectation, less and plus a normal quantile times the standard deviation of that mean: the
    normal approximation, good where both outcomes are expected several times. It tells where dots
    belong if the formula is right, unlike `MonteCarlo.interval`, which starts from the dots. NaN
    stays NaN. Raises ValueError unless ``0 < confidence < 1`` and `draws` is positive and whole.

    >>> low, high = null_band(Quantizer.binary(), [-3.0, 0.0], draws=100)
    >>> low.round(3), high.round(3)
    (array([-1.   , -0.196]), array([-1.   ,  0.196]))
    """
    z = _normal_quantile(confidence)
    spread = z * np.sqrt(quantizer.variance(x) / _check_draws(draws))
    middle = quantizer.expectation(x)
    return middle - spread, middle + spread


def _simulate(
    quantizer: Quantizer,
    x: ArrayLike,
    draws: int,
    seed: int,
    method: str,
    source: Callable[[NDArray[np.int64], int, int], FloatArray],
) -> MonteCarlo:
    draws = _check_draws(draws)
    x = inputs(x)
    probability = np.ravel(quantizer.step_probability(x))
    count = np.where(probability == 1.0, draws, 0).astype(np.int64)
    thrown = np.flatnonzero((probability > 0.0) & (probability < 1.0))
    for points, first, last in _blocks(thrown, draws):
        heads = source(points, first, last) < probability[points, None]
        count[points] += np.count_nonzero(heads, axis=1)
    return MonteCarlo(quantizer, x, draws, count.reshape(x.shape), seed, method)


def _blocks(points: NDArray[np.int64], draws: int) -> Iterator[tuple[NDArray[np.int64], int, int]]:
    """Yield points with a range of draws, never more than BLOCK random numbers at a time."""
    width = min(draws, BLOCK)
    height = BLOCK // width
    for top in range(0, points.size, height):
        for first in range(0, draws, width):
            yield points[top : top + height], first, min(first + width, draws)


def _thrown(quantizer: Quantizer, x: FloatArray) -> NDArray[np.bool_]:
    probability = quantizer.step_probability(x)
    return np.asarray((probability > 0.0) & (probability < 1.0))


def _check_draws(draws: object) -> int:
    return whole_number("draws", draws, 1, MAX_DRAWS)


def _normal_quantile(confidence: float) -> float:
    level = number("confidence", confidence)
    if not 0.0 < level < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1, both excluded, got {confidence}")
    # From the lower tail, where levels very close to 1 keep their digits.
    return math.fabs(NormalDist().inv_cdf((1.0 - level) / 2.0))
