"""What single draws say about a slope: their outcomes, the mean, and how far that may be off.

One draw gives one of two or three values, so that counts of them are all there is to keep, and
every moment has a closed form beside its estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, choice, number, real_array
from n2uq_viz.montecarlo.estimate import check_draws, check_quantizer
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import check_seed

__all__ = ["GradientEstimate", "check_half_width", "defined", "outcomes"]

METHODS = ("common_random_numbers", "score_function")
SHARE_OF_INTERVAL = 20.0  # the half-width is this part of the smallest interval unless given
RESOLUTION = 0.01  # of the half-width; rounding x - h and x + h may change it by so much unsaid


@dataclass(frozen=True, eq=False)
class GradientEstimate:
    """What single draws said about the slope of the expectation, and what follows from that.

    Attributes
    ----------
    quantizer
        The quantizer that was drawn from.
    x
        Inputs of any shape, read-only float64; NaN and infinities are allowed.
    draws
        Number of draws at every input, a whole number from 1 to 10**12.
    method
        ``"common_random_numbers"`` or ``"score_function"``.
    half_width
        h, in input units, above 0; None for the score function.
    seed
        What the random numbers were started from.
    sampling
        How they were made: ``"draws"``, ``"counts"`` or ``"shared"``.
    count
        How often each outcome came up, read-only int64 of shape ``x.shape + (m,)``, with m = 3
        outcomes for common random numbers and 2 for the score function; 0 where `value` is NaN.
    value
        The outcomes, slopes in output per input, read-only float64 of the same shape; made from the
        fields above, as is the next one.
    probability
        The probability of each outcome, read-only float64 of the same shape.

    Notes
    -----
    Raises ValueError when the fields do not fit together.

    Examples
    --------
    >>> estimate = GradientEstimate(
    ...     Quantizer.binary(), [0.5], 4, "score_function", None, 0, "draws", [[2, 2]]
    ... )
    >>> estimate.value.round(3), estimate.mean.round(3), estimate.target
    (array([[0.667, 2.   ]]), array([1.333]), array([1.]))
    """

    quantizer: Quantizer
    x: FloatArray
    draws: int
    method: str
    half_width: float | None
    seed: int
    sampling: str
    count: NDArray[np.int64]
    value: FloatArray = field(init=False, repr=False)
    probability: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_quantizer(self.quantizer)
        x, count = real_array("x", self.x), np.array(self.count)
        half_width = check_half_width(self.quantizer, self.method, self.half_width)
        value, cuts = outcomes(self.quantizer, x, half_width)
        probability = np.diff(cuts, axis=-1, prepend=0.0, append=1.0)
        if count.shape != value.shape or count.dtype.kind not in "iu":
            raise ValueError(
                f"count must be whole numbers of shape {value.shape}, one for each outcome at each "
                f"x, got {count.dtype} of shape {count.shape}"
            )
        object.__setattr__(self, "draws", check_draws(self.draws))
        object.__setattr__(self, "seed", check_seed(self.seed))
        object.__setattr__(self, "half_width", half_width)
        expected = np.where(defined(value), self.draws, 0)
        # Each by itself first: sums of very large numbers start again at 0.
        beyond = np.any(count < 0) or np.any(count > self.draws)
        if beyond or np.any(count.sum(axis=-1) != expected):
            raise ValueError(
                f"count must sum to draws = {self.draws} at each x, and to 0 where the estimate is "
                "not defined"
            )
        arrays = (("x", x), ("count", count), ("value", value), ("probability", probability))
        for name, array in arrays:
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def mean(self) -> FloatArray:
        """Return the estimate at each input, in output per input; NaN where it is not defined."""
        result: FloatArray = (self.value * (self.count / self.draws)).sum(axis=-1)
        return result

    @property
    def standard_error(self) -> FloatArray:
        """Return the standard error of the mean, from the sample, in output per input.

        0 where every draw gave the same, which does not mean that the mean is exact; the closed
        form, ``sqrt(variance / draws)``, knows better.
        """
        off = self.value - np.asarray(self.mean)[..., None]
        with np.errstate(over="ignore"):
            spread = (off * (off * (self.count / self.draws))).sum(axis=-1)
        result: FloatArray = np.sqrt(spread / self.draws)
        return result

    @property
    def target(self) -> FloatArray:
        """Return what the mean estimates, in closed form.

        Common random numbers: the difference quotient ``(E(x + h) - E(x - h)) / 2h`` of the
        expectation E, which is G-STE unless it reaches across an edge. Score function: G-STE
        itself; NaN exactly on an edge.
        """
        result: FloatArray = (self.value * self.probability).sum(axis=-1)
        return result

    @property
    def variance(self) -> FloatArray:
        """Return the variance of one draw, in closed form; divided by `draws` it is the mean's.

        Inside a segment of width a, with G-STE's slope s there: ``s**2 * (a / 2h - 1)`` for common
        random numbers, ``s**2 * (1 / (4 p (1 - p)) - 1)`` for the score function, where p is the
        probability of the upper level.

        >>> from n2uq_viz import simulate_gradient
        >>> x = [0.0, 0.5, 0.9]
        >>> simulate_gradient(Quantizer.binary(), x, 1, half_width=0.1).variance.round(6)
        array([9., 9., 9.])
        >>> simulate_gradient(Quantizer.binary(), x, 1, method="score_function").variance.round(2)
        array([0.  , 0.33, 4.26])
        """
        off = self.value - np.asarray(self.target)[..., None]
        # In this order a rare and huge outcome does not overflow.
        result: FloatArray = (off * (off * self.probability)).sum(axis=-1)
        return result

    @property
    def near_edge(self) -> NDArray[np.bool_]:
        """Return where the difference quotient reaches across an edge; nowhere if there is none.

        There `target` is a mean of the slopes on both sides, not G-STE.
        """
        if self.half_width is None:
            return np.zeros(self.x.shape, dtype=np.bool_)
        left, right, _ = _ends(self.x, self.half_width)
        edges = self.quantizer.edges
        between = np.searchsorted(edges, right, "left") - np.searchsorted(edges, left, "right")
        return np.asarray(between > 0)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return sentences about what a reader of the estimate should know; none if all is well."""
        if self.half_width is None:
            return ()
        found = []
        near, smallest = self.near_edge, float(self.quantizer.intervals.min())
        if self.half_width > smallest:
            found.append(_wide(self.half_width, smallest, self.x[near], self.x.size))
        _, _, distance = _ends(self.x, self.half_width)
        with np.errstate(invalid="ignore"):
            off = np.abs(distance - 2.0 * self.half_width) > RESOLUTION * 2.0 * self.half_width
        if np.any(off):
            found.append(_narrow(self.half_width, self.x[off], self.x.size))
        return tuple(found)


def check_half_width(
    quantizer: Quantizer, method: object, half_width: ArrayLike | None
) -> float | None:
    """Return the half-width that `method` works with, None if it has none; otherwise ValueError.

    >>> check_half_width(Quantizer.binary(), "common_random_numbers", None)
    0.1
    >>> check_half_width(Quantizer.binary(), "common_random_numbers", -0.1)
    Traceback (most recent call last):
    ValueError: half_width must be one finite number above 0, got -0.1
    """
    if choice("method", method, METHODS) == "score_function":
        if half_width is not None:
            raise ValueError(
                'half_width must be None for method "score_function", which has none, got '
                f"{half_width!r}"
            )
        return None
    if half_width is None:
        return float(quantizer.intervals.min()) / SHARE_OF_INTERVAL
    return number("half_width", half_width, positive=True)


def _ends(x: FloatArray, half_width: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return ``x - h``, ``x + h`` and their distance, which rounding makes differ from 2h."""
    with np.errstate(over="ignore", invalid="ignore"):
        left, right = x - half_width, x + half_width
        distance = right - left
    return left, right, np.where(np.isinf(x), 2.0 * half_width, distance)


def outcomes(
    quantizer: Quantizer, x: FloatArray, half_width: float | None
) -> tuple[FloatArray, FloatArray]:
    """Return the values that one draw can give, along a last axis, and which u give which.

    The first value belongs to u below the first cut, the second to u from there to the next one.
    """
    if half_width is None:
        p, slope = (
            np.asarray(curve(x)) for curve in (quantizer.step_probability, quantizer.gradient)
        )
        outside = (x < quantizer.edges[0]) | (x > quantizer.edges[-1])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            # (y - m) d log P / dx, which has the same sign for the lower level as for the upper.
            value = 0.5 * slope[..., None] / np.stack([p, 1.0 - p], axis=-1)
        value[outside] = 0.0
        # On an edge, and so close to one that an outcome is beyond all numbers.
        value[~np.isfinite(value).all(axis=-1)] = np.nan
        return value, p[..., None]
    left, right, distance = _ends(x, half_width)
    lower0, upper0, p0 = (np.asarray(part) for part in quantizer.outcomes(left))
    lower1, upper1, p1 = (np.asarray(part) for part in quantizer.outcomes(right))
    # Above an edge p starts at 0 again, so that it may be the draw on the left that goes up.
    between = np.where(p1 > p0, upper1 - lower0, lower1 - upper0)
    rise = np.stack([upper1 - upper0, between, lower1 - lower0], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = rise / distance[..., None]
    value[distance == 0.0] = np.nan
    return value, np.sort(np.stack([p0, p1], axis=-1), axis=-1)


def defined(value: FloatArray) -> NDArray[np.bool_]:
    """Return where there is an estimate, given the values that one draw can give."""
    return np.asarray(~np.isnan(value).any(axis=-1))


def _wide(half_width: float, smallest: float, where: FloatArray, inputs: int) -> str:
    from n2uq_viz.words import say

    key = "gradient.warning.wide" if where.size else "gradient.warning.wide.nowhere"
    return say(
        key,
        h=f"{half_width:g}",
        smallest=f"{smallest:g}",
        count=where.size,
        inputs=inputs,
        low=f"{where.min():g}" if where.size else "",
        high=f"{where.max():g}" if where.size else "",
    )


def _narrow(half_width: float, where: FloatArray, inputs: int) -> str:
    from n2uq_viz.words import say

    return say(
        "gradient.warning.narrow",
        h=f"{half_width:g}",
        count=where.size,
        inputs=inputs,
        low=f"{where.min():g}",
        high=f"{where.max():g}",
    )
