"""Runs of more and more draws at a few inputs: what the figure shows and its words name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import state as states
from n2uq_viz.figures.judged import ROUNDING, one_ramp
from n2uq_viz.figures.shown import default_state
from n2uq_viz.montecarlo import simulate_running
from n2uq_viz.plots.convergence import expected_error
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from n2uq_viz.checks import FloatArray

#: Runs whose errors are taken together, and how many of them are drawn one by one.
RUNS, SHOWN = 400, 8
#: Powers of ten between which the numbers of draws lie, and how many of them per power.
POWERS, PER_POWER = (1, 6), 4
#: Inputs: so far along their segments, in segments so far along all of them.
ALONG = (0.25, 0.5, 0.75)
SEGMENTS = (1.0 / 6.0, 0.5, 5.0 / 6.0)


@dataclass(frozen=True)
class Runs:
    """Means of several runs at a few inputs, at growing numbers of draws."""

    quantizer: Quantizer
    x: FloatArray
    draws: FloatArray
    #: Shape (runs, numbers of draws, inputs).
    means: FloatArray
    #: Distance of the expectation from plain STE's ramp at each input; None if there is none.
    bias: FloatArray | None
    #: The number of draws that the state itself asks for.
    asked: int

    @property
    def variance(self) -> FloatArray:
        """Return the variance of one draw at each input, closed form."""
        return self.quantizer.variance(self.x)

    @property
    def errors(self) -> FloatArray:
        """Return the root-mean-square error over the inputs, shape (runs, numbers of draws)."""
        apart = self.means - self.quantizer.expectation(self.x)
        result: FloatArray = np.sqrt(np.mean(np.square(apart), axis=2))
        return result

    @property
    def pooled(self) -> FloatArray:
        """Return the root-mean-square error over inputs and runs, shape (numbers of draws,)."""
        result: FloatArray = np.sqrt(np.mean(np.square(self.errors), axis=0))
        return result

    @property
    def slope(self) -> float:
        """Return the slope of the straight line that fits the pooled errors on log axes best."""
        return float(np.polyfit(np.log(self.draws), np.log(self.pooled), 1)[0])


def choose_inputs(q: Quantizer) -> FloatArray:
    """Return three inputs, a quarter, half and three quarters through segments far apart.

    Raises ValueError if no float lies between two edges, so that no coin is ever thrown.

    >>> choose_inputs(Quantizer.binary())
    array([-0.5,  0. ,  0.5])
    """
    middle = q.step_probability(q.thresholds)
    usable = np.flatnonzero((middle > 0.0) & (middle < 1.0))
    if not usable.size:
        raise ValueError(
            "edges must leave room for a float between two of them, got "
            f"{q.edges.tolist()}; move them apart"
        )
    chosen = []
    for along, far in zip(ALONG, SEGMENTS, strict=True):
        i = int(usable[int(far * usable.size)])
        x = q.edges[i] + along * q.intervals[i]
        # In a segment a few floats wide the wanted place may round to an edge.
        chosen.append(x if 0.0 < q.step_probability(x) < 1.0 else q.thresholds[i])
    return np.array(chosen)


def numbers_of_draws() -> FloatArray:
    """Return whole numbers from 10 to a million, about evenly spaced in their logarithm."""
    low, high = POWERS
    return np.round(np.logspace(low, high, PER_POWER * (high - low) + 1))


def run(state: Mapping[str, Any] | None = None) -> Runs:
    """Throw the coins of a state's quantizer, with its seed, in many runs.

    Raises ValueError for a state that cannot be shown.
    """
    shown = default_state() if state is None else states.validate(state, "threshold")
    q = Quantizer(shown["edges"], shown["levels"])
    x, draws = choose_inputs(q), numbers_of_draws()
    looks = [int(n) for n in draws]
    # Coins at different inputs are independent, and so are those of an input that is there again.
    again = np.tile(x, (RUNS, 1))
    running = simulate_running(q, again, looks, shown["seed"], "counts")
    means = np.stack([mc.mean for mc in running], axis=1)
    bias = q.expectation(x) - one_ramp(q).expectation(x)
    some = np.abs(bias).max() > ROUNDING * (q.levels[-1] - q.levels[0])
    return Runs(q, x, draws, means, bias if some else None, shown["draws"])


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    runs = run(state)
    none = np.zeros(1)
    asked = expected_error(runs.variance, np.array([float(runs.asked)]), none)
    values = {
        "runs": str(RUNS),
        "shown": str(SHOWN),
        "x": ", ".join(short(float(x)) for x in runs.x),
        "expectations": ", ".join(short(float(y)) for y in runs.quantizer.expectation(runs.x)),
        "fewest": f"{runs.draws[0]:,.0f}",
        "most": f"{runs.draws[-1]:,.0f}",
        "first_error": short(float(runs.pooled[0]), 2),
        "last_error": short(float(runs.pooled[-1]), 2),
        "last_expected": short(float(expected_error(runs.variance, runs.draws[-1:], none)[0]), 2),
        "slope": short(runs.slope),
        "asked": f"{runs.asked:,}",
        "asked_error": short(float(asked[0]), 2),
    }
    if runs.bias is not None:
        values["bias"] = short(float(np.sqrt(np.mean(np.square(runs.bias)))), 2)
    return ["bias"] if runs.bias is not None else [], values
