"""What follows a quantizer bends, and then the straight-through estimate is off: by how much.

One binary quantizer with a coin, ``Q`` in {−1, 1}, and a function f behind it. Each of four slopes
is somebody's answer to "what is the derivative of the loss": only the first one is right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, inputs
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer

Function = Callable[[FloatArray], FloatArray]

BINARY = Quantizer.binary()
#: Where the example is worked out.
PLACE = 0.3
#: Inputs that are simulated, `PLACE` among them; they keep ``HALF_WIDTH`` from the ends at ±1.
DOTS = np.linspace(-0.9, 0.9, 37)
DRAWS = 10_000
SEED = 1
#: Half the distance of the two inputs whose difference estimates the true slope.
HALF_WIDTH = 0.1
#: Confidence intervals reach that many standard errors to both sides.
ERRORS = 1.96


@dataclass(frozen=True)
class Slopes:
    """Four slopes at every x, per input unit.

    Attributes
    ----------
    true
        Derivative of ``E[f(Q)]``.
    sampled
        Mean of the straight-through estimate after a random forward pass, ``E[f′(Q)]`` where the
        gate is open.
    deterministic
        Straight-through estimate after the deterministic forward pass, ``f′(sign(x))``.
    of_mean
        ``f′(E[Q])``, as if the mean ran through f.
    """

    true: FloatArray
    sampled: FloatArray
    deterministic: FloatArray
    of_mean: FloatArray


def mean_value(x: ArrayLike, f: Function = np.exp) -> FloatArray:
    """Return ``E[f(Q)]`` for the binary quantizer at `x`: a straight line between the levels.

    >>> float(mean_value(0.3).round(3)), float(np.exp(0.3).round(3))
    (1.896, 1.35)
    """
    low, high = f(BINARY.levels)
    chance = BINARY.step_probability(x)
    value: FloatArray = (1.0 - chance) * low + chance * high
    return value


def slopes(x: ArrayLike, f: Function = np.exp, derivative: Function = np.exp) -> Slopes:
    """Return the four slopes for f and its `derivative`, at `x` of any shape.

    Outside of [−1, 1], where the gate is closed, all are 0. They agree if f is affine.

    >>> found = slopes(0.3)
    >>> [float(v.round(3)) for v in (found.true, found.sampled, found.deterministic, found.of_mean)]
    [1.175, 1.896, 2.718, 1.35]
    >>> straight = slopes(0.3, lambda y: 2.0 * y + 1.0, lambda y: np.full_like(y, 2.0))
    >>> float(straight.true), float(straight.sampled), float(straight.deterministic)
    (2.0, 2.0, 2.0)
    """
    array = inputs(x)
    gate = BINARY.gradient(array)
    low, high = f(BINARY.levels)
    return Slopes(
        true=gate * (high - low) / (BINARY.levels[1] - BINARY.levels[0]),
        sampled=gate * mean_value(array, derivative),
        deterministic=gate * derivative(np.asarray(BINARY(array))),
        of_mean=gate * derivative(np.asarray(BINARY.expectation(array))),
    )


@dataclass(frozen=True)
class Simulated:
    """Means of draws at every x, and their standard errors from the formulas for one draw.

    Attributes
    ----------
    value
        Mean of ``f(Q)``.
    true, true_error
        Mean of ``(f(Q(x + h)) − f(Q(x − h))) / 2h``, the same random numbers in both.
    sampled, sampled_error
        Mean of ``f′(Q)``.
    """

    x: FloatArray
    value: FloatArray
    true: FloatArray
    true_error: FloatArray
    sampled: FloatArray
    sampled_error: FloatArray


def simulated(
    x: ArrayLike,
    draws: int = DRAWS,
    seed: int = SEED,
    f: Function = np.exp,
    derivative: Function = np.exp,
) -> Simulated:
    """Return both unbiased means by simulation, for 1-D `x` at least ``HALF_WIDTH`` from ±1.

    >>> found = simulated([0.3])
    >>> bool(abs(found.true[0] - 1.175) < 4.0 * found.true_error[0])
    True
    """
    array = inputs(x)
    h = HALF_WIDTH
    low, high = f(BINARY.levels)
    below, above = derivative(BINARY.levels)

    def share(at: FloatArray) -> FloatArray:
        """Share of the draws that came out as 1."""
        return np.asarray(0.5 * (1.0 + simulate_shared(BINARY, at, draws, seed).mean))

    up, middle, down = share(array + h), share(array), share(array - h)
    chance = np.asarray(BINARY.step_probability(array))
    # One draw of the difference is 0, or the whole rise with the chance that x ± h are parted.
    parted = BINARY.step_probability(array + h) - BINARY.step_probability(array - h)
    rise = (high - low) / (2.0 * h)
    return Simulated(
        array,
        (1.0 - middle) * low + middle * high,
        rise * (up - down),
        abs(rise) * np.sqrt(parted * (1.0 - parted) / draws),
        (1.0 - middle) * below + middle * above,
        abs(above - below) * np.sqrt(chance * (1.0 - chance) / draws),
    )


def words() -> dict[str, str]:
    """Return the numbers that caption and text alternative name."""
    exact, found = slopes(PLACE), simulated(DOTS)
    k = int(np.argmin(np.abs(DOTS - PLACE)))
    numbers = {
        "value": mean_value(PLACE),
        "value_of_mean": np.exp(PLACE),
        "true": exact.true,
        "sampled": exact.sampled,
        "deterministic": exact.deterministic,
        "of_mean": exact.of_mean,
    }
    return {
        **{name: f"{float(value):.3f}" for name, value in numbers.items()},
        "place": short(PLACE),
        "draws": f"{DRAWS:,}",
        "half_width": short(HALF_WIDTH),
        "simulated_true": _interval(found.true[k], found.true_error[k]),
        "simulated_sampled": _interval(found.sampled[k], found.sampled_error[k]),
    }


def _interval(mean: float, error: float) -> str:
    return f"{mean:.2f} ± {ERRORS * error:.2f}"
