"""What follows a quantizer bends, and then the straight-through estimate is off: by how much.

A quantizer with coins, ``Q``, and a function f behind it. Each of four slopes is somebody's answer
to "what is the derivative of the loss": only the first one is right. Without a quantizer of one's
own Q is the binary one, in {−1, 1}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, inputs
from n2uq_viz.figures.sheet import number_list
from n2uq_viz.figures.shown import settle
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer

Function = Callable[[FloatArray], FloatArray]

BINARY = Quantizer.binary()
#: One step from 0 to 1 over the same inputs: its mean is the share of draws that take it.
UNIT = Quantizer([0.0, 1.0], [0.0, 1.0])
#: Where the example is worked out.
PLACE = 0.3
#: Inputs that are simulated for the binary quantizer, `PLACE` among them; they keep ``HALF_WIDTH``
#: from the ends at ±1.
DOTS = np.linspace(-0.9, 0.9, 37)
DRAWS = 10_000
SEED = 0
#: Half the distance of the two inputs whose difference estimates the true slope, next to the width
#: of their segment, and for the binary quantizer.
HALF_SHARE = 0.05
HALF_WIDTH = 2.0 * HALF_SHARE
#: Fewest inputs that are simulated in each segment.
FEWEST = 3
#: Confidence intervals reach that many standard errors to both sides.
ERRORS = 1.96
#: A place this near to a simulated input, next to the range of the edges, is that input.
NEAR = 1e-9


@dataclass(frozen=True)
class Slopes:
    """Four slopes at every x, per input unit.

    Attributes
    ----------
    true
        Derivative of ``E[f(Q)]``.
    sampled
        Mean of the straight-through estimate after a random forward pass, ``E[f′(Q)]`` times the
        slope of the mean output, G-STE.
    deterministic
        Straight-through estimate after the deterministic forward pass: ``f′`` of its output.
    of_mean
        ``f′(E[Q])``, as if the mean ran through f.
    """

    true: FloatArray
    sampled: FloatArray
    deterministic: FloatArray
    of_mean: FloatArray


def bent(q: Quantizer) -> tuple[Function, Function]:
    """Return f and its derivative for outputs of `q`: exp of the output, scaled to [−1, 1].

    With levels −1 and 1 that is exp itself. Scaled, it is between 1/e and e for all levels.

    >>> f, derivative = bent(Quantizer.uniform(1, high=4))
    >>> f(np.array([0.0, 2.0, 4.0])).round(3), float(derivative(np.array(2.0)))
    (array([0.368, 1.   , 2.718]), 0.5)
    """
    low, high = float(q.levels[0]), float(q.levels[-1])
    half = 0.5 * high - 0.5 * low

    def f(y: FloatArray) -> FloatArray:
        return np.exp((y - (0.5 * low + 0.5 * high)) / half)

    def derivative(y: FloatArray) -> FloatArray:
        return f(y) / half

    return f, derivative


def mean_value(x: ArrayLike, f: Function = np.exp, q: Quantizer = BINARY) -> FloatArray:
    """Return ``E[f(Q)]`` at `x`: straight lines between the values of f at the levels.

    >>> float(mean_value(0.3).round(3)), float(np.exp(0.3).round(3))
    (1.896, 1.35)
    """
    lower, upper, chance = q.outcomes(x)
    return np.asarray((1.0 - chance) * f(lower) + chance * f(upper))


def slopes(
    x: ArrayLike,
    f: Function = np.exp,
    derivative: Function = np.exp,
    q: Quantizer = BINARY,
) -> Slopes:
    """Return the four slopes for f and its `derivative`, at `x` of any shape.

    Outside of the outer edges, where the gate is closed, all are 0. They agree if f is affine.

    >>> found = slopes(0.3)
    >>> [float(v.round(3)) for v in (found.true, found.sampled, found.deterministic, found.of_mean)]
    [1.175, 1.896, 2.718, 1.35]
    >>> straight = slopes(0.3, lambda y: 2.0 * y + 1.0, lambda y: np.full_like(y, 2.0))
    >>> float(straight.true), float(straight.sampled), float(straight.deterministic)
    (2.0, 2.0, 2.0)
    """
    array = inputs(x)
    gate = q.gradient(array)
    lower, upper, _ = q.outcomes(array)
    return Slopes(
        true=gate * (f(upper) - f(lower)) / (upper - lower),
        sampled=gate * mean_value(array, derivative, q),
        deterministic=gate * derivative(np.asarray(q(array))),
        of_mean=gate * derivative(np.asarray(q.expectation(array))),
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
        Mean of ``f′(Q)``, times the slope of the mean output.
    """

    x: FloatArray
    value: FloatArray
    true: FloatArray
    true_error: FloatArray
    sampled: FloatArray
    sampled_error: FloatArray


def half_widths(x: FloatArray, q: Quantizer = BINARY) -> FloatArray:
    """Return h for every x inside the outer edges: a twentieth of the width of its segment.

    >>> half_widths(np.array([0.3])).tolist()
    [0.1]
    """
    k = np.clip(q.segment(x) - 1, 0, q.intervals.size - 1)
    return np.asarray(HALF_SHARE * q.intervals[k])


def dots(q: Quantizer = BINARY, place: float = PLACE) -> FloatArray:
    """Return the inputs that are simulated: some in each segment, and `place`, if it can be.

    All are far enough from edges that ``x ± h`` lie in one segment, which has one slope.

    >>> bool(np.array_equal(dots(), DOTS)), dots(place=1.0).size
    (True, 37)
    """
    if q == BINARY:
        found = DOTS
    else:
        each = max(FEWEST, -(-DOTS.size // q.intervals.size))
        share = np.linspace(HALF_SHARE, 1.0 - HALF_SHARE, each)
        found = (q.edges[:-1, None] + share * q.intervals[:, None]).ravel()
    if np.abs(found - place).min() <= NEAR * (q.edges[-1] - q.edges[0]):
        return found
    return np.sort(np.append(found, place)) if _can_be(place, q) else found


def _can_be(place: float, q: Quantizer) -> bool:
    """Whether both ``place ± h`` lie in the segment of `place`."""
    k = int(q.segment(place))
    if not 1 <= k <= q.intervals.size:
        return False
    h = float(half_widths(np.array(place), q))
    return bool(q.edges[k - 1] <= place - h and place + h <= q.edges[k])


def simulated(
    x: ArrayLike,
    draws: int = DRAWS,
    seed: int = SEED,
    f: Function = np.exp,
    derivative: Function = np.exp,
    q: Quantizer = BINARY,
) -> Simulated:
    """Return both unbiased means by simulation, for 1-D `x` as `dots` returns them.

    >>> found = simulated([0.3])
    >>> bool(abs(found.true[0] - 1.175) < 4.0 * found.true_error[0])
    True
    """
    array = inputs(x)
    h = half_widths(array, q)
    lower, upper, chance = q.outcomes(array)
    low, high = f(lower), f(upper)
    below, above = derivative(lower), derivative(upper)
    # The segment of each x alone, since rounding may put x ± h beyond its ends.
    k = q.segment(array) - 1
    first, width = q.edges[k], q.intervals[k]

    def share(at: FloatArray) -> FloatArray:
        """Share of the draws that take the step, of one ramp for all segments."""
        scaled = np.clip((at - first) / width, 0.0, 1.0)
        return np.asarray(simulate_shared(UNIT, scaled, draws, seed).mean)

    up, middle, down = share(array + h), share(array), share(array - h)
    # One draw of the difference is 0, or the whole rise with the chance that x ± h are parted.
    parted = 2.0 * h / width
    rise = (high - low) / (2.0 * h)
    gate = q.gradient(array)
    return Simulated(
        array,
        (1.0 - middle) * low + middle * high,
        rise * (up - down),
        np.abs(rise) * np.sqrt(parted * (1.0 - parted) / draws),
        gate * ((1.0 - middle) * below + middle * above),
        gate * np.abs(above - below) * np.sqrt(chance * (1.0 - chance) / draws),
    )


@dataclass(frozen=True)
class Case:
    """What a state of the Binary explorer says: a quantizer, a place, and the seed of its coins."""

    quantizer: Quantizer
    place: float
    seed: int

    @property
    def binary(self) -> bool:
        """Whether this is a coin between −1 and 1 with mean x."""
        return self.quantizer == BINARY

    @property
    def functions(self) -> tuple[Function, Function]:
        """Return f and its derivative."""
        return bent(self.quantizer)

    @property
    def open(self) -> bool:
        """Whether the place is between the outer edges, where there are slopes."""
        edges = self.quantizer.edges
        return bool(edges[0] < self.place <= edges[-1])

    def mean_value(self, x: ArrayLike) -> FloatArray:
        """Return ``E[f(Q)]``."""
        return mean_value(x, self.functions[0], self.quantizer)

    def value_of_mean(self, x: ArrayLike) -> FloatArray:
        """Return ``f(E[Q])``."""
        return self.functions[0](np.asarray(self.quantizer.expectation(x)))

    def slopes(self, x: ArrayLike) -> Slopes:
        """Return the four slopes."""
        return slopes(x, *self.functions, self.quantizer)

    def simulated(self) -> Simulated:
        """Return the means of draws at the dots of the figure."""
        at = dots(self.quantizer, self.place)
        return simulated(at, DRAWS, self.seed, *self.functions, self.quantizer)


def case_of(state: Mapping[str, Any]) -> Case:
    """Return what a valid state of the Binary explorer says.

    >>> from n2uq_viz.figures.shown import default_state
    >>> case_of(default_state("binary")).place
    0.3
    """
    return Case(Quantizer(state["edges"], state["levels"]), float(state["x"]), int(state["seed"]))


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name."""
    case = case_of(settle(state, "binary"))
    q, place = case.quantizer, case.place
    exact, found = case.slopes(place), case.simulated()
    numbers = {
        "value": case.mean_value(place),
        "value_of_mean": case.value_of_mean(place),
        "true": exact.true,
        "sampled": exact.sampled,
        "deterministic": exact.deterministic,
        "of_mean": exact.of_mean,
    }
    values = {
        **{name: decimals(float(value)) for name, value in numbers.items()},
        "place": short(place),
        "draws": f"{DRAWS:,}",
        "half_width": short(HALF_WIDTH),
        "low": short(float(q.edges[0])),
        "high": short(float(q.edges[-1])),
        "levels": number_list(q.levels.tolist()),
        "edges": number_list(q.edges.tolist()),
        "steps": str(q.intervals.size),
        "count": str(q.levels.size),
    }
    parts = ["binary" if case.binary else "levels"]
    if not case.open:
        parts.append("closed")
    k = int(np.argmin(np.abs(found.x - place)))
    if abs(found.x[k] - place) <= NEAR * (q.edges[-1] - q.edges[0]):
        parts.append("dots")
        values["simulated_true"] = _interval(found.true[k], found.true_error[k])
        values["simulated_sampled"] = _interval(found.sampled[k], found.sampled_error[k])
    return [*parts, "affine"], values


def decimals(value: float) -> str:
    """Return a number with three decimals, or as people write it where these would not do.

    >>> decimals(1.35), decimals(1234.5), decimals(0.0)
    ('1.350', '1230', '0')
    """
    return f"{value:.3f}" if 1e-2 <= abs(value) < 1e3 else short(value)


def _interval(mean: float, error: float) -> str:
    if max(abs(mean), ERRORS * error) >= 1e3 or abs(mean) < 0.1:
        return f"{short(mean)} ± {short(ERRORS * error, 2)}"
    return f"{mean:.2f} ± {ERRORS * error:.2f}"
