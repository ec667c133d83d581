"""Asking whether the draws fit a curve, with a p-value that means what it says.

If the curve is the expectation, each count is binomial with a probability that the curve itself
gives. So the standard errors come from the curve, not from the sample: with estimated ones, a test
that should reject a true curve in 5 % of all cases does so far more often while draws are few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, instance, real_array
from n2uq_viz.montecarlo.estimate import (
    MonteCarlo,
    check_draws,
    check_quantizer,
    normal_quantile,
)
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import check_seed, stream

__all__ = ["Agreement", "agreement", "null_band", "root_mean_square"]

PURPOSE = "agreement"  # of its random numbers, which nothing else uses
ROUNDING = 4.0  # a curve is taken at its word but for so many units in its last place
CONFIDENCE = 0.95  # of the band whose share of dots is the coverage


@dataclass(frozen=True, eq=False)
class Agreement:
    """How well the means of draws fit a curve, see `agreement`.

    Attributes
    ----------
    curve
        Values of the curve at the inputs, read-only float64 of their shape.
    rmse, max_error
        Root mean square and largest distance of mean and curve, in output units.
    max_z
        Largest distance in standard errors, which are those that hold if the curve is the
        expectation; NaN if no point was judged.
    coverage
        Share of the judged points whose mean lies within 1.96 such standard errors, 95 % on average
        if the curve is the expectation; NaN if no point was judged.
    p_value
        Probability of an agreement as bad as this or worse if the curve is the expectation.
    points
        How many inputs were judged: those where the curve leaves something to chance.
    z
        Distance in standard errors, signed, read-only float64; NaN where not judged.
    """

    curve: FloatArray = field(repr=False)
    rmse: float
    max_error: float
    max_z: float
    coverage: float
    p_value: float
    points: int
    z: FloatArray = field(repr=False)


def agreement(
    mc: MonteCarlo, curve: ArrayLike | Callable[[FloatArray], ArrayLike], seed: int = 0
) -> Agreement:
    """Test whether `curve` is the expectation of the quantizer that `mc` was drawn from.

    `curve` is an array of the shape of ``mc.x``, in output units, or a function that makes one of
    it. With the two levels in reach it gives the probability p of the upper one at every input; if
    it is the expectation, the counts are independent and binomial. Where the curve runs between
    the levels, each count becomes a uniform number (its distribution function, randomized between
    the steps from `seed`), that a normal score, and the sum of their squares is held against
    chi-square with one degree of freedom per input. So the p-value is exactly uniform if the curve
    is the expectation, for few draws as for many. Where the curve says that every draw is the same,
    they must be, and nowhere may it leave the levels in reach: otherwise the p-value is 0.
    Inputs that are NaN are left out; without any other the errors are NaN. Rounding is forgiven, in
    the precision that the curve came in: one in float32 may be off by some units of float32.

    Raises ValueError for a curve of another shape, one with NaN or infinities where the input is
    not NaN, and a `seed` that is no whole number from 0 to 2**53 - 1.

    Source: Dunn and Smyth, "Randomized quantile residuals", Journal of Computational and Graphical
    Statistics 5, 1996.

    >>> from n2uq_viz.montecarlo import simulate
    >>> q = Quantizer([0.0, 1.0, 4.0], [0.0, 1.0, 2.0])
    >>> mc = simulate(q, np.linspace(-1, 5, 61), draws=10_000)
    >>> agreement(mc, q.expectation).p_value > 0.01
    True
    >>> agreement(mc, lambda x: np.clip(x / 2, 0, 2)).p_value  # one slope for all segments
    0.0
    """
    instance("mc", mc, MonteCarlo, "simulate makes one")
    seed = check_seed(seed)
    values, precision = _curve(mc, curve)
    known = ~np.isnan(mc.x)
    p = _probability(mc, values, precision)
    # Nothing is left to chance: the draws must all be at the level that the curve is at.
    certain = (p == 0.0) | (p == 1.0)
    refuted = bool(
        np.any(known & np.isnan(p)) or np.any(mc.count[certain] != p[certain] * mc.draws)
    )
    judged = (p > 0.0) & (p < 1.0)
    p, count = p[judged], mc.count[judged]
    z = np.full(mc.x.shape, np.nan)
    # The difference of shares keeps its digits however many draws there are.
    # One root after the other, since the product of very small numbers is 0.
    z[judged] = (count / mc.draws - p) / (np.sqrt(p) * np.sqrt(1.0 - p) / np.sqrt(mc.draws))
    # One for every input, so that whether one is judged changes nothing for the others.
    v = stream(seed, f"{PURPOSE} {mc.seed}").random(mc.x.shape)[judged]
    size = np.abs(z[judged])
    with np.errstate(over="ignore"):
        error = np.abs(mc.mean - values)[known]
    values.flags.writeable = z.flags.writeable = False
    return Agreement(
        curve=values,
        rmse=root_mean_square(error),
        max_error=float(error.max()) if error.size else np.nan,
        max_z=float(size.max()) if size.size else np.nan,
        coverage=float(np.mean(size <= normal_quantile(CONFIDENCE))) if size.size else np.nan,
        p_value=0.0 if refuted else _p_value(count, mc.draws, p, v),
        points=int(size.size),
        z=z,
    )


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
    check_quantizer(quantizer)
    z = normal_quantile(confidence)
    lower, upper, p = quantizer.outcomes(x)
    # Not by the variance, which overflows first.
    spread = (upper - lower) * (z * np.sqrt(p * (1.0 - p) / check_draws(draws)))
    middle = quantizer.expectation(x)
    return middle - spread, middle + spread


def root_mean_square(errors: FloatArray) -> float:
    """Return the root of the mean square of errors of any shape, in their units; NaN for none.

    No square overflows where the errors do not.

    >>> round(root_mean_square(np.array([3e200, -4e200])) / 1e200, 6)
    3.535534
    """
    if not errors.size:
        return float("nan")
    largest = float(np.abs(errors).max())
    if largest == 0.0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.mean((errors / largest) ** 2)))


def _curve(
    mc: MonteCarlo, curve: ArrayLike | Callable[[FloatArray], ArrayLike]
) -> tuple[FloatArray, float]:
    """Return the curve at the inputs, and the relative precision of the numbers it came in."""
    given = curve(mc.x) if callable(curve) else curve
    values = real_array("curve", given)
    kind = np.asarray(given).dtype
    precision = float(np.finfo(kind if kind.kind == "f" else np.float64).eps)
    if values.shape != mc.x.shape:
        raise ValueError(
            f"curve must have one value for each x, shape {mc.x.shape}, got shape {values.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(values) & ~np.isnan(mc.x))
    if bad.size:
        i = int(bad[0])
        raise ValueError(
            f"curve must be finite, got {values.flat[i]} at x = {mc.x.flat[i]} (and at "
            f"{bad.size - 1} more inputs); leave such inputs out of the simulation"
        )
    return values, precision


def _probability(mc: MonteCarlo, curve: FloatArray, precision: float) -> FloatArray:
    """Return the probability of the upper level that the curve gives, NaN where it gives none."""
    lower, upper, own = mc.quantizer.outcomes(mc.x)
    unit = max(precision, float(np.finfo(np.float64).eps)) * np.abs(mc.quantizer.levels).max()
    with np.errstate(over="ignore"):
        p = (curve - lower) / (upper - lower)
        rounding = ROUNDING * unit / (upper - lower)
    # If the curve is the expectation, its sum of level and rise may have lost what is known here.
    p = np.where(np.abs(p - own) <= rounding, own, p)
    # Nor is a level missed that is missed by rounding only.
    p = np.where((p >= -rounding) & (p <= 1.0 + rounding), np.clip(p, 0.0, 1.0), np.nan)
    return np.asarray(p)


def _p_value(count: NDArray[np.int64], draws: int, p: FloatArray, v: FloatArray) -> float:
    """Return the p-value of the counts, each made uniform by its randomizer `v`."""
    from scipy import special  # too heavy for the import of the package

    if not count.size:
        return 1.0
    # What lies farther out than the count, on its own side, where the digits are.
    upper = count > draws * p
    inner, outer = (_tail(j, draws, p, upper) for j in (count, count + 1))
    score = special.ndtri((1.0 - v) * inner + v * outer)
    return float(special.chdtrc(count.size, score @ score))


def _tail(j: NDArray[np.int64], draws: int, p: FloatArray, upper: NDArray[np.bool_]) -> FloatArray:
    """Return P(K >= j) of a binomial count K where `upper`, P(K < j) elsewhere."""
    from scipy import special

    a, b = j.astype(np.float64), (draws - j + 1).astype(np.float64)
    # Beyond the possible counts, on either side, there is nothing.
    possible, result = (a > 0.0) & (b > 0.0), np.zeros(p.shape)
    special.betainc(a, b, p, out=result, where=possible & upper)
    special.betaincc(a, b, p, out=result, where=possible & ~upper)
    return result
