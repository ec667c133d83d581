"""Where thresholds and levels go that are not even: for equal use, for least error, for shifts."""

from __future__ import annotations

import numpy as np

from n2uq_viz.checks import FloatArray, whole_number
from n2uq_viz.fits.sample import Ordered

__all__ = ["apot_levels", "lloyd_max_levels", "quantile_thresholds"]

#: Groups of samples between which the best cuts are looked for, before all samples are.
GROUPS = 1024
#: Improvements after that; each one lowers the error or ends it.
ROUNDS = 1000


def quantile_thresholds(sample: Ordered, steps: int) -> FloatArray:
    """Return thresholds, shape (L,), that put as equal a share on each level as ties allow.

    From below: each level gets an equal share of the samples that are left. A value that more
    samples share than that, such as the zeros after a ReLU, has a level of its own, and the rest
    goes to the others evenly. A threshold is midway between two samples; where the samples have
    fewer different values than there are levels, the last ones are at the greatest sample, where
    nothing lies above.

    >>> quantile_thresholds(Ordered([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), 3)
    array([1.5, 3.5, 5.5])
    >>> quantile_thresholds(Ordered([0.0] * 6 + [1.0, 2.0, 3.0]), 3)
    array([0.5, 1.5, 2.5])
    """
    running = np.concatenate([[0], np.cumsum(sample.counts)])
    found: list[float] = []
    first = 0
    for left in range(steps + 1, 1, -1):
        share = (sample.total - running[first]) / left
        # The cut whose share is nearest, with at least one value for this level and for those left.
        cut = int(np.searchsorted(running, running[first] + share))
        if cut - 1 > first and running[cut] - running[first] - share > (
            share - (running[cut - 1] - running[first])
        ):
            cut -= 1
        cut = min(cut, sample.x.size - left + 1)
        first = min(max(cut, first + 1), sample.x.size)
        above = sample.x[min(first, sample.x.size - 1)]
        found.append(float(0.5 * sample.x[first - 1] + 0.5 * above))
    return np.array(found)


def lloyd_max_levels(sample: Ordered, steps: int) -> FloatArray:
    """Return the L + 1 levels, anywhere, that have the least mean squared error.

    The best cuts between 1024 groups of neighbors, by dynamic programming; then every level moves
    to the mean of its samples and every threshold midway between two levels, until neither helps.
    For samples of at most 1024 different values this is the least error there is. Levels that no
    sample needs are set evenly above the others.

    Source: S. Lloyd, "Least squares quantization in PCM", 1957/1982; J. Max, 1960; for the dynamic
    program: H. Wang and M. Song, "Ckmeans.1d.dp", 2011.

    >>> lloyd_max_levels(Ordered([0.0, 0.2, 5.0, 9.0]), 2)
    array([0.1, 5. , 9. ])
    """
    number, first, second = sample.grouped(GROUPS)
    ends = _best_cuts(number, first, second, min(steps + 1, number.size))
    parts = np.add.reduceat(first, ends[:-1]) / np.add.reduceat(number, ends[:-1])
    levels = np.asarray(parts + sample.mean)
    for _ in range(ROUNDS):
        better = np.sort(_means(sample, levels))
        # Means that differ by rounding alone would go on for ever.
        if not np.any(np.abs(better - levels) > 1e-12 * np.abs(levels)):
            break
        levels = better
    missing = steps + 1 - levels.size
    if missing:
        unit = float(np.ptp(levels)) / max(levels.size - 1, 1) or 1.0
        levels = np.concatenate([levels, levels[-1] + unit * np.arange(1, missing + 1)])
    return levels


def _means(sample: Ordered, levels: FloatArray) -> FloatArray:
    _, mean, _ = sample.cells(0.5 * (levels[1:] + levels[:-1]))
    return np.where(np.isnan(mean), levels, mean)


def _best_cuts(number: FloatArray, first: FloatArray, second: FloatArray, parts: int) -> np.ndarray:
    """Return where to cut groups into parts of least squared error, shape (parts + 1,)."""
    sums = np.zeros((3, number.size + 1))
    np.cumsum(np.stack([number, first, second]), axis=1, out=sums[:, 1:])
    count, one, two = (s[None, :] - s[:, None] for s in sums)  # [i, j]: of groups i to j - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = np.where(count > 0.0, np.maximum(two - one**2 / count, 0.0), np.inf)
    least, choices = cost[0].copy(), []
    for _ in range(parts - 1):
        total = least[:, None] + cost
        best = total.argmin(axis=0)
        choices.append(best)
        least = total[best, np.arange(best.size)]
    ends = [number.size]
    for best in reversed(choices):
        ends.append(int(best[ends[-1]]))
    return np.array([0, *reversed(ends)] if parts > 1 else [0, number.size])


def apot_levels(bits: int, signed: bool) -> FloatArray:
    """Return levels up to 1 that are sums of two powers of two, in the manner of APoT.

    A product with one costs two shifts and an addition, and no multiplication. Unsigned: the first
    half of the bits, rounded up, chooses between 0, 1, 1/4, 1/16, ..., the others between 0, 1/2,
    1/8, ...; sums that come out twice count once. Signed: a bit is the sign, the others choose the
    size, and zero has both signs, so there is one level less. 1 bit: 0 and 1, or -1 and 1.

    Parameters
    ----------
    bits
        1 to 8.
    signed
        Whether there are levels below 0.

    Raises
    ------
    ValueError
        Bits that break their rule.

    Notes
    -----
    Source: in the manner of Li, Dong and Wang, "Additive Powers-of-Two Quantization", ICLR 2020,
    arXiv 1909.13144.

    Examples
    --------
    >>> apot_levels(2, signed=False), apot_levels(3, signed=True)
    (array([0.        , 0.33333333, 0.66666667, 1.        ]), array([-1. , ..., 0. , ...,  1. ]))
    """
    bits = whole_number("bits", bits, 1, 8)
    if signed and bits == 1:
        return np.array([-1.0, 1.0])
    if signed:
        sizes = apot_levels(bits - 1, signed=False)
        return np.concatenate([-sizes[:0:-1], sizes])
    first = (bits + 1) // 2
    ones = np.concatenate([[0.0], 4.0 ** -np.arange(2**first - 1)])
    halves = np.concatenate([[0.0], 0.5 * 4.0 ** -np.arange(2 ** (bits - first) - 1)])
    sums = np.unique(ones[:, None] + halves)
    return np.asarray(sums / sums[-1])
