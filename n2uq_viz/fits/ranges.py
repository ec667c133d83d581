"""Between which values even levels should lie, from the samples that they are to stand for."""

from __future__ import annotations

import numpy as np

from n2uq_viz.checks import FloatArray, choice
from n2uq_viz.fits.sample import Ordered
from n2uq_viz.summaries import BULK

__all__ = ["RANGES", "best_even_levels", "level_range", "lowest_level"]

#: From a percentile to another, or where the mean squared error is least.
RANGES = ("percentile", "mse")
#: Ends that are tried, where only the highest level is looked for, and on each side where both are.
CANDIDATES, ON_EACH_SIDE = 64, 24
#: Improvements after that; each one lowers the error or ends it.
ROUNDS = 200


def level_range(sample: Ordered, steps: int, kind: str = "mse") -> tuple[float, float]:
    """Return lowest and highest of L + 1 even levels, in units of the samples.

    Where the 0.5th percentile is not below 0, the lowest level is 0, as N2UQ's activations have it.

    Parameters
    ----------
    sample
        With at least two different values.
    steps
        L, from 1 on; only the second kind asks for it.
    kind
        ``"percentile"``: from the 0.5th to the 99.5th percentile, or from the least to the greatest
        sample where these two are one. ``"mse"``: where rounding to the nearest level has the least
        mean squared error, found from the best of some hundred.

    Raises
    ------
    ValueError
        All samples are alike, or no such kind.

    Examples
    --------
    >>> level_range(Ordered([1.0, 2.0, 3.0]), 3, "percentile")
    (0.0, 3.0)
    >>> _, high = level_range(Ordered([0.0] * 50 + [1.0] * 100 + [9.0]), 1, "mse")
    >>> round(high, 4)  # the mean of all above 0: the outlier is given up
    1.0792
    """
    choice("range", kind, RANGES)
    sample.check_spread()
    floor = lowest_level(sample)
    ends = (sample.low if floor is None else floor), sample.high
    if kind == "mse":
        return _least_error(sample, steps, ends, floor)
    low = floor if floor is not None else sample.quantile(BULK[0] / 100.0)
    high = sample.quantile(BULK[1] / 100.0)
    return (low, high) if low < high else ends


def lowest_level(sample: Ordered) -> float | None:
    """Return 0 where the samples count as not negative, and None where levels may begin anywhere.

    >>> lowest_level(Ordered([0.0, 1.0])), lowest_level(Ordered([-1.0, 1.0]))
    (0.0, None)
    """
    return 0.0 if sample.quantile(BULK[0] / 100.0) >= 0.0 and sample.high > 0.0 else None


def _least_error(
    sample: Ordered, steps: int, ends: tuple[float, float], floor: float | None
) -> tuple[float, float]:
    if floor is not None:
        shares = np.arange(1, CANDIDATES + 1) / CANDIDATES
        pairs = [(floor, floor + share * (ends[1] - floor)) for share in shares.tolist()]
    else:
        # Both ends come in towards the median, each on its own.
        middle = sample.quantile(0.5)
        shares = np.arange(1, ON_EACH_SIDE + 1) / ON_EACH_SIDE
        lows = (middle - shares * (middle - ends[0])).tolist()
        highs = (middle + shares * (ends[1] - middle)).tolist()
        pairs = [(low, high) for low in lows for high in highs if low < high]

    def error(pair: tuple[float, float]) -> float:
        levels = np.linspace(*pair, steps + 1)
        return sample.error(0.5 * (levels[1:] + levels[:-1]), levels)

    best = min(pairs, key=error)
    least = error(best)
    for _ in range(ROUNDS):
        levels = np.linspace(*best, steps + 1)
        better = best_even_levels(sample, 0.5 * (levels[1:] + levels[:-1]), floor)
        found = error(better)
        if not found < least:
            break
        best, least = better, found
    return best


def best_even_levels(
    sample: Ordered, thresholds: FloatArray, floor: float | None = None
) -> tuple[float, float]:
    """Return lowest and highest even levels of least squared error for these thresholds.

    A line through the samples' codes, by least squares; `floor` fixes its lowest end. Where the
    samples lie on one level alone, or the line would fall, levels reach from the least to the
    greatest sample.

    >>> best_even_levels(Ordered([0.0, 0.5, 2.5, 3.0]), np.array([1.0]))
    (0.25, 2.75)
    """
    number, mean, _ = sample.cells(thresholds)
    codes = np.arange(number.size)
    weight, mean = number / sample.total, np.nan_to_num(mean)
    center = float(weight @ codes) if floor is None else 0.0
    base = float(weight @ mean) if floor is None else floor
    spread = float(weight @ (codes - center) ** 2)
    rise = float(weight @ ((codes - center) * (mean - base))) / spread if spread > 0.0 else 0.0
    low = base - center * rise
    high = low + rise * (number.size - 1)
    if rise > 0.0 and low < high:
        return low, high
    return sample.low if floor is None else floor, sample.high
