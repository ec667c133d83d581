"""What the coins showed: counts, the mean that follows from them, and how far it may be off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.checks import FloatArray, instance, number, real_array, whole_number
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import check_seed

__all__ = ["MonteCarlo", "check_draws", "check_quantizer", "normal_quantile"]

MAX_DRAWS = 10**12


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """How often each coin of a stochastic quantizer came up, and what follows from that.

    Attributes
    ----------
    quantizer
        The quantizer that was drawn from.
    x
        Inputs of any shape, read-only float64; NaN and infinities are allowed.
    draws
        Number of draws at every input, a whole number from 1 to 10**12.
    count
        How often the upper of the two levels in reach was drawn, read-only int64 of the shape of
        `x`, from 0 to `draws`; 0 where `x` is NaN.
    seed
        What the random numbers were started from.
    method
        How they were made, see `simulate` and `simulate_shared`.

    Notes
    -----
    Raises ValueError when the fields do not fit together.

    Examples
    --------
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
        check_quantizer(self.quantizer)
        x, count = real_array("x", self.x), np.asarray(self.count)
        object.__setattr__(self, "draws", check_draws(self.draws))
        object.__setattr__(self, "seed", check_seed(self.seed))
        if count.shape != x.shape:
            raise ValueError(
                f"count must have the shape of x, got {count.shape} for x of shape {x.shape}"
            )
        whole = count.astype(np.int64) if count.dtype.kind in "iu" else None
        # Read without its sign, a negative number is larger than any number of draws.
        if whole is None or whole.view(np.uint64).max(initial=0) > self.draws:
            raise ValueError(
                f"count must be whole numbers from 0 to draws = {self.draws}, got {self.count}"
            )
        for name, array in (("x", x), ("count", whole)):
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
        z = normal_quantile(confidence)
        share = self.count / self.draws
        shrink = 1.0 + z * z / self.draws
        center = (share + z * z / (2.0 * self.draws)) / shrink
        spread = share * (1.0 - share) / self.draws + (z / (2.0 * self.draws)) ** 2
        half = z * np.sqrt(spread) / shrink
        probability = self.quantizer.step_probability(self.x)
        thrown = (probability > 0.0) & (probability < 1.0)
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


def check_quantizer(quantizer: object) -> None:
    """Raise ValueError for anything but a Quantizer."""
    instance("quantizer", quantizer, Quantizer, "make one by Quantizer(edges, levels)")


def check_draws(draws: object) -> int:
    """Return `draws`, a whole number from 1 to 10**12, as an int; otherwise ValueError.

    >>> check_draws(1e6)
    1000000
    """
    return whole_number("draws", draws, 1, MAX_DRAWS)


def normal_quantile(confidence: float) -> float:
    """Return how many standard deviations to each side hold `confidence` of a normal distribution.

    Raises ValueError unless ``0 < confidence < 1``.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    level = number("confidence", confidence)
    if not 0.0 < level < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1, both excluded, got {confidence}")
    # From the lower tail, where levels very close to 1 keep their digits.
    return math.fabs(NormalDist().inv_cdf((1.0 - level) / 2.0))
