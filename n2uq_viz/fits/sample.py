"""Samples in order, with running sums: what any quantizer does to them costs a few look-ups.

The samples on a level lie side by side once they are in order. So their number, sum and sum of
squares are differences of running sums, and an error is known without passing over the samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray
from n2uq_viz.summaries import check_summary, finite_sample, points

__all__ = ["Ordered"]


class Ordered:
    """Samples in increasing order, each with a weight; what they add up to, piece by piece.

    Parameters
    ----------
    values
        Finite numbers of any shape, at least one, in any order; or a summary of them
        (`n2uq_viz.datasets.summarize`), whose values stand for as many samples as it says.

    Raises
    ------
    ValueError
        No samples, or some that are not finite.

    Attributes
    ----------
    x
        Different values, increasing, float64, shape (n,).
    counts
        How many samples have each, int64, shape (n,).

    Examples
    --------
    >>> found = Ordered([3.0, 1.0, 1.0])
    >>> found.x, found.counts, found.mean
    (array([1., 3.]), array([2, 1]), 1.6666666666666665)
    """

    x: FloatArray
    counts: NDArray[np.int64]

    def __init__(self, values: ArrayLike | Mapping[str, Any]) -> None:
        """Sort the samples and add them up."""
        if isinstance(values, Mapping):
            self.x, self.counts = points(check_summary(values))
        else:
            self.x, self.counts = np.unique(finite_sample(values) + 0.0, return_counts=True)
        self.total = int(self.counts.sum())
        self.mean = float(self.counts @ (self.x / self.total))
        # Around the mean, so that sums of squares do not cancel.
        away = self.x - self.mean
        self._sums = np.zeros((3, self.x.size + 1))
        for k in range(3):
            np.cumsum(self.counts * away**k, out=self._sums[k, 1:])

    @property
    def low(self) -> float:
        """Return the least sample."""
        return float(self.x[0])

    @property
    def high(self) -> float:
        """Return the greatest sample."""
        return float(self.x[-1])

    def check_spread(self) -> None:
        """Raise ValueError if all samples are alike, so that no quantizer can tell them apart."""
        if self.x.size < 2:
            raise ValueError(
                "samples must hold at least 2 different values for a quantizer to tell apart, got "
                f"only {self.low:g}"
            )

    def quantile(self, share: float) -> float:
        """Return the least value that at least this share of the samples does not exceed."""
        running = self._sums[0, 1:]
        place = int(np.searchsorted(running, share * self.total, side="left"))
        return float(self.x[min(place, self.x.size - 1)])

    def grouped(self, most: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return number, sum and sum of squares of at most `most` groups of neighbors.

        Sums are those of the distances from the mean. Half of the groups are cut where as many
        samples lie, half where as much of the range does, so that neither a crowd nor a tail is
        left coarse. Samples of at most `most` different values keep a group for each.

        >>> Ordered([3.0, 1.0, 1.0]).grouped(8)[0]
        array([2., 1.])
        """
        ends = np.arange(self.x.size + 1)
        if self.x.size > most:
            half = most // 2
            rank = self._sums[0, 1:] / self.total
            place = (self.x - self.low) / (self.high - self.low)
            key = np.minimum(half * rank, half - 1) // 1 + np.minimum(half * place, half - 1) // 1
            ends = np.concatenate([[0], np.flatnonzero(np.diff(key)) + 1, [self.x.size]])
        number, first, second = np.diff(self._sums[:, ends], axis=1)
        return number, first, second

    def cells(self, thresholds: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return number, mean and squared deviation from it, summed, on each of the L + 1 levels.

        `thresholds` do not decrease, shape (L,); a sample on one is below it. Each result has the
        shape (L + 1,); a level without samples has NaN as its mean and 0 as its deviation.

        >>> Ordered([0.0, 1.0, 3.0]).cells([0.0, 9.0])
        (array([1., 2., 0.]), array([ 0.,  2., nan]), array([0., 2., 0.]))
        """
        cuts = np.searchsorted(self.x, thresholds, side="right")
        number, first, second = np.diff(
            self._sums[:, np.concatenate([[0], cuts, [self.x.size]])], axis=1
        )
        filled = number > 0.0
        mean = np.divide(first, number, out=np.full_like(first, np.nan), where=filled)
        spread = np.where(filled, second - first * np.nan_to_num(mean), 0.0)
        return number, mean + self.mean, np.maximum(spread, 0.0)

    def error(self, thresholds: ArrayLike, levels: ArrayLike) -> float:
        """Return the mean squared difference of the samples and their levels.

        In the square of the samples' units. `levels` has the shape (L + 1,).

        >>> Ordered([0.0, 1.0, 3.0]).error([0.5], [0.0, 2.0])
        0.6666666666666666
        """
        number, mean, spread = self.cells(thresholds)
        off = np.where(number > 0.0, mean - np.asarray(levels, dtype=np.float64), 0.0)
        return float(((spread + number * off**2) / self.total).sum())

    def occupancy(self, thresholds: ArrayLike) -> FloatArray:
        """Return the share of the samples on each level, shape (L + 1,).

        >>> Ordered([0.0, 1.0, 3.0, 4.0]).occupancy([0.5])
        array([0.25, 0.75])
        """
        return self.cells(thresholds)[0] / self.total
