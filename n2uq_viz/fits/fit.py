"""Quantizers for given samples, and what each of them does to these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, choice, low_high, whole_number
from n2uq_viz.descent import Samples, descend
from n2uq_viz.feasible import nearest_edges
from n2uq_viz.fits.levels import apot_levels, lloyd_max_levels, quantile_thresholds
from n2uq_viz.fits.ranges import CANDIDATES, best_even_levels, level_range, lowest_level
from n2uq_viz.fits.sample import Ordered
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.summaries import entropy_bits

__all__ = ["EVEN", "METHODS", "Fit", "fit", "fit_all"]

#: Ways to choose thresholds and levels. Those of `EVEN` have even levels, as N2UQ has.
METHODS = ("uniform", "quantile", "learned", "apot", "lloyd_max")
EVEN = ("uniform", "quantile", "learned")
#: No segment of a fit is narrower than this share of the range of its levels: twice the floor of
#: N2UQ's intervals, which are learned no more at the floor.
LEAST_WIDTH = 1e-3
#: A threshold closer than this to where it was wanted, as a share of the levels' range, is there.
CLOSE = 1e-6
#: Descent of the thresholds that are learned: groups of samples, steps and learning rate, where the
#: levels are 0 to 2.
GROUPS, STEPS, RATE = 512, 500, 0.2


@dataclass(frozen=True)
class Fit:
    """A quantizer for some samples, and what it does to them.

    Attributes
    ----------
    method
        One of `METHODS`.
    quantizer
        Edges in units of the samples, and levels.
    wanted
        Thresholds that the method asked for, shape (L,); edges need not have such middles.
    occupancy
        Share of the samples on each level, shape (L + 1,).
    error
        Mean squared difference of samples and levels, in squared units of the samples.
    relative_error
        The same as a share of the samples' variance; 1 would be one level at their mean.
    outside
        Share of the samples outside the outer edges, where the gradient is 0.
    """

    method: str
    quantizer: Quantizer
    wanted: FloatArray
    occupancy: FloatArray
    error: float
    relative_error: float
    outside: float

    @property
    def entropy(self) -> float:
        """Return the entropy of the codes in bits."""
        return entropy_bits(self.occupancy)

    @property
    def shift(self) -> float:
        """Return the largest distance of a threshold from where it was wanted."""
        return float(np.max(np.abs(self.quantizer.thresholds - self.wanted)))

    @property
    def moved(self) -> bool:
        """Say whether no edges had the wanted thresholds, so that the nearest ones were taken."""
        return self.shift > CLOSE * float(np.ptp(self.quantizer.levels))

    @property
    def slopes(self) -> tuple[float, float]:
        """Return the least and the greatest slope that G-STE passes back."""
        return float(self.quantizer.slopes.min()), float(self.quantizer.slopes.max())

    def parameters(self) -> dict[str, Any]:
        """Return the parameters with which N2UQ's op computes this quantizer, less an offset.

        ``start``, ``intervals`` (shape (L,)), ``input_scale`` and ``output_scale`` as
        `n2uq_viz.nn.gste_quantize` takes them. Its levels begin at 0: ``offset``, the lowest level,
        is to be added to what it gives, and is 0 for samples without negative ones.

        Raises ValueError for levels that are not even, which N2UQ has not.

        >>> found = fit([0.0, 1.0, 2.0, 3.0, 4.0], 1).parameters()
        >>> found["start"], found["intervals"], found["output_scale"], found["offset"]
        (0.0, array([2.]), 1.5, 0.0)
        """
        if self.method not in EVEN:
            raise ValueError(
                f"N2UQ's parameters say even levels, and those of {self.method!r} are not; fit "
                f"with one of {', '.join(EVEN)}"
            )
        q = self.quantizer
        half = 0.5 * float(q.levels[-1] - q.levels[0])
        return {
            "start": float(q.edges[0]) / half,
            "intervals": q.intervals / half,
            "input_scale": 1.0 / half,
            "output_scale": half,
            "offset": float(q.levels[0]),
        }


def fit(
    values: ArrayLike | Mapping[str, Any] | Ordered,
    bits: int,
    method: str = "uniform",
    range: str | tuple[float, float] = "mse",  # noqa: A002 - what it is
) -> Fit:
    """Return a quantizer for samples by one method.

    Parameters
    ----------
    values
        Finite numbers of any shape, with at least two different values; or a summary of them
        (`n2uq_viz.datasets.summarize`); or `Ordered`, where several fits are made.
    bits
        1 to 8.
    method
        ``"uniform"``: even levels and thresholds over the range. ``"quantile"``: thresholds for
        equal occupancy, and the even levels that then have the least squared error; where no edges
        have these thresholds, the nearest that some have (`n2uq_viz.feasible.nearest_edges`).
        ``"learned"``: the even levels of the range, and edges that have followed G-STE's gradient
        of the squared error for 500 steps from the even ones. ``"apot"``: sums of two powers of
        two, scaled for the least squared error. ``"lloyd_max"``: levels anywhere, of least squared
        error. The last two have a threshold midway between two levels.
    range
        Where even levels lie: ``"percentile"`` or ``"mse"``, see `n2uq_viz.fits.level_range`; or
        the lowest and the highest.

    Returns
    -------
    Fit
        The quantizer, and its occupancy, entropy and errors for the samples.

    Raises
    ------
    ValueError
        Samples that are not finite or all alike; other bits, methods or ranges.

    Notes
    -----
    Of all thresholds for given even levels, those midway between two levels have the least squared
    error. So "quantile" and "learned" cannot be better than even thresholds with their levels: they
    are for what a loss may want, not for what error wants.

    Examples
    --------
    >>> found = fit(np.arange(1001.0) ** 2, 2, "quantile")
    >>> found.occupancy.round(2), round(found.entropy, 3)
    (array([0.25, 0.25, 0.25, 0.25]), 2.0)
    """
    choice("method", method, METHODS)
    steps = 2 ** whole_number("bits", bits, 1, 8) - 1
    sample = values if isinstance(values, Ordered) else Ordered(values)
    sample.check_spread()
    low, high = level_range(sample, steps, range) if isinstance(range, str) else low_high(*range)
    wanted = None
    if method == "quantile":
        wanted = quantile_thresholds(sample, steps)
        low, high = best_even_levels(sample, wanted, lowest_level(sample))
        edges = nearest_edges(wanted, LEAST_WIDTH * (high - low))
        q = Quantizer(edges, np.linspace(low, high, steps + 1))
    elif method == "learned":
        q = _learned(sample, Quantizer.uniform(bits, low, high))
    elif method == "apot":
        levels = _scaled(sample, apot_levels(bits, signed=lowest_level(sample) is None))
        q = Quantizer(levels, levels)
    elif method == "lloyd_max":
        levels = lloyd_max_levels(sample, steps)
        q = Quantizer(levels, levels)
    else:
        q = Quantizer.uniform(bits, low, high)
    return _judged(method, q, q.thresholds if wanted is None else wanted, sample)


def fit_all(
    values: ArrayLike | Mapping[str, Any],
    bits: int,
    range: str = "mse",  # noqa: A002 - what it is
) -> dict[str, Fit]:
    """Return the fits of all `METHODS`, by name; arguments and errors as for `fit`.

    >>> found = fit_all([0.0, 0.1, 0.2, 0.4, 0.9, 1.5], 1)
    >>> all(found["lloyd_max"].error <= other.error for other in found.values())
    True
    """
    sample = Ordered(values)
    ends = level_range(sample, 2 ** whole_number("bits", bits, 1, 8) - 1, range)
    return {method: fit(sample, bits, method, ends) for method in METHODS}


def _judged(method: str, q: Quantizer, wanted: FloatArray, sample: Ordered) -> Fit:
    error = sample.error(q.thresholds, q.levels)
    variance = sample.error([], [sample.mean])
    below, _, above = sample.occupancy(q.edges[[0, -1]])
    return Fit(
        method=method,
        quantizer=q,
        wanted=wanted,
        occupancy=sample.occupancy(q.thresholds),
        error=error,
        relative_error=error / variance,
        outside=float(below + above),
    )


def _learned(sample: Ordered, q: Quantizer) -> Quantizer:
    """Let the edges follow G-STE, in units in which the levels are 0 to 2."""
    number, first, _ = sample.grouped(GROUPS)
    low, half = float(q.levels[0]), 0.5 * float(q.levels[-1] - q.levels[0])
    x = (first / number + sample.mean - low) / half
    even = Quantizer.uniform(q.levels.size.bit_length() - 1)
    run = descend(even, Samples(x, x, number / sample.total), STEPS, RATE)
    return Quantizer(low + half * run.edges[-1], q.levels)


def _scaled(sample: Ordered, shape: FloatArray) -> FloatArray:
    """Return levels of a shape with the scale, of many, that has the least squared error."""
    largest = max(abs(sample.low), abs(sample.high))

    def error(levels: FloatArray) -> float:
        return sample.error(0.5 * (levels[1:] + levels[:-1]), levels)

    shares = np.arange(1, 4 * CANDIDATES + 1) / (4 * CANDIDATES)
    return min((share * largest * shape for share in shares.tolist()), key=error)
