"""Estimating the derivative of the expectation from draws, in two ways with opposite weaknesses.

*Common random numbers*: the same u decides the draw at ``x - h`` and at ``x + h``; the difference
over their distance is 0 but for the rare u between the two probabilities. *Score function*: the
draw, less the middle of the two levels in reach, times the derivative of the logarithm of its
probability. Both average to G-STE inside a segment. Which of them is noisier depends on x and h.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, choice, some_inputs, whole_number
from n2uq_viz.montecarlo.coins import throw, throw_shared
from n2uq_viz.montecarlo.estimate import check_draws, check_quantizer
from n2uq_viz.montecarlo.gradient_estimate import (
    GradientEstimate,
    check_half_width,
    defined,
    outcomes,
)
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import MAX_INDEX, check_seed, stream

__all__ = ["simulate_gradient", "simulate_gradient_shared"]

SAMPLINGS = ("draws", "counts")
PURPOSE = "gradient"  # of its random numbers, which nothing else uses


def simulate_gradient(
    quantizer: Quantizer,
    x: ArrayLike,
    draws: int,
    seed: int = 0,
    method: str = "common_random_numbers",
    half_width: float | None = None,
    *,
    sampling: str = "draws",
    progress: bool = True,
) -> GradientEstimate:
    """Estimate the slope of the expectation at every input from `draws` draws each.

    Method ``"common_random_numbers"`` decides the draws at ``x - h`` and ``x + h`` by the same
    random number and divides their difference by ``(x + h) - (x - h)``; h is `half_width`, in input
    units, by default a twentieth of the smallest interval. Away from edges its mean is G-STE;
    within h of one it is the difference quotient, see `GradientEstimate.target`. Method
    ``"score_function"`` takes no `half_width`; its mean is G-STE inside segments and 0 outside the
    outer edges, and it is NaN exactly on an edge, where one outcome has no probability.

    `x`, `draws` and `seed` are those of `simulate`, but the random numbers are others. `sampling`
    is ``"draws"``, which throws each coin, or ``"counts"``, which draws how often each outcome
    comes up from its own (multinomial) distribution at once. Raises ValueError for anything else,
    such as a half-width that is not above 0; one that is too wide or too narrow to be sensible is
    told in the result's `warnings`.

    Source: Glasserman, "Monte Carlo Methods in Financial Engineering", 2003, chapter 7 (common
    random numbers); Williams, Machine Learning 8, 1992 (score function with a baseline).

    >>> q = Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0])
    >>> simulate_gradient(q, [-1.0, 2.0, 9.0], 10**10, sampling="counts").mean.round(3)
    array([0. , 0.5, 0. ])
    >>> simulate_gradient(q, [0.9, 1.0], 1, half_width=0.2).near_edge
    array([ True,  True])
    >>> simulate_gradient(q, [1.0, 2.0], 1, method="score_function").mean
    array([nan, 0.5])
    """
    draws, seed = check_draws(draws), check_seed(seed)
    choice("sampling", sampling, SAMPLINGS)

    def thrower(_: NDArray[np.int64], cuts: FloatArray) -> NDArray[np.int64]:
        if sampling == "draws":
            instead = 'sampling="counts"'
            below = throw(seed, PURPOSE, cuts, [draws], instead=instead, progress=progress)
            return np.asarray(below[0])
        return _binomials(stream(seed, PURPOSE), cuts, draws)

    return _simulate_gradient(quantizer, x, draws, seed, method, half_width, sampling, thrower)


def simulate_gradient_shared(
    quantizer: Quantizer,
    x: ArrayLike,
    draws: int,
    seed: int = 0,
    method: str = "common_random_numbers",
    half_width: float | None = None,
    *,
    progress: bool = True,
) -> GradientEstimate:
    """Estimate as `simulate_gradient` does, from the very random numbers of `simulate_shared`.

    So the gradients in a saved figure are those that were on screen, and stem from the draws that
    are shown beside them. Arguments and errors as there, with at most 2**32 draws; `sampling` is
    ``"shared"``.

    >>> estimate = simulate_gradient_shared(Quantizer.binary(), [0.0], 1000, half_width=0.5)
    >>> estimate.count.sum(), bool(abs(estimate.mean[0] - 1.0) < 0.2)
    (np.int64(1000), True)
    """
    draws, seed = whole_number("draws", draws, 1, MAX_INDEX + 1), check_seed(seed)

    def thrower(rows: NDArray[np.int64], cuts: FloatArray) -> NDArray[np.int64]:
        instead = 'simulate_gradient with sampling="counts"'
        return throw_shared(seed, rows, cuts, draws, instead=instead, progress=progress)

    return _simulate_gradient(quantizer, x, draws, seed, method, half_width, "shared", thrower)


def _simulate_gradient(
    quantizer: Quantizer,
    x: ArrayLike,
    draws: int,
    seed: int,
    method: str,
    half_width: float | None,
    sampling: str,
    thrower: Callable[[NDArray[np.int64], FloatArray], NDArray[np.int64]],
) -> GradientEstimate:
    """Throw only where chance decides; `thrower` tells how many u lie below each cut there."""
    check_quantizer(quantizer)
    half_width, x = check_half_width(quantizer, method, half_width), some_inputs(x)
    value, cuts = outcomes(quantizer, x, half_width)
    flat = cuts.reshape(x.size, -1)
    below = np.where(flat == 1.0, draws, 0)
    thrown = np.flatnonzero(((flat > 0.0) & (flat < 1.0)).any(axis=-1) & defined(value).ravel())
    below[thrown] = thrower(thrown, flat[thrown])
    count = np.diff(below, axis=-1, prepend=0, append=draws).reshape(value.shape)
    count[~defined(value)] = 0
    return GradientEstimate(quantizer, x, draws, method, half_width, seed, sampling, count)


def _binomials(rng: np.random.Generator, cuts: FloatArray, draws: int) -> NDArray[np.int64]:
    """Return how many of `draws` numbers u lie below each cut, from the highest cut down."""
    below = np.empty(cuts.shape, dtype=np.int64)
    available: int | NDArray[np.int64] = draws
    above = np.ones(len(cuts))
    for i in reversed(range(cuts.shape[1])):
        # Where no u can lie below the higher cut, none lies below the lower one.
        share = np.divide(cuts[:, i], above, out=np.zeros(len(cuts)), where=above > 0.0)
        below[:, i] = available = rng.binomial(available, share)
        above = cuts[:, i]
    return below
