"""Two estimates of the gradient from a state's draws: what the figure shows and its words name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import state as states
from n2uq_viz.figures.shown import counted, default_state
from n2uq_viz.montecarlo import (
    GradientEstimate,
    root_mean_square,
    simulate_gradient,
    simulate_gradient_shared,
)
from n2uq_viz.plots.estimates import estimate_band, fine_inputs
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from n2uq_viz.checks import FloatArray

#: Inputs, evenly spaced between the outer edges, by which it is counted where which has less noise.
COUNTED = 10_001
#: A share below this, or above one less this, is called none or all.
FEW = 5e-4
#: From this share of dots on it is said that they are 0.
RARE = 0.1
#: Up to this part of the narrowest segment, a half-width leaves most of every segment alike.
SMOOTH = 0.2


@dataclass(frozen=True)
class Estimates:
    """Both estimators at the same inputs, and their closed form along finer ones."""

    quantizer: Quantizer
    view: tuple[float, float]
    found: dict[str, GradientEstimate]
    #: Fine inputs; by estimator the band of its means, and the standard error of one draw there.
    x: FloatArray
    band: dict[str, tuple[FloatArray, FloatArray]]
    deviation: dict[str, FloatArray]
    #: Share of the range between the outer edges where common random numbers have less noise.
    share: float

    @property
    def half_width(self) -> float:
        """Return the half-width of the difference quotient, in input units."""
        width = self.found["common_random_numbers"].half_width
        assert width is not None
        return width


def estimate(state: Mapping[str, Any] | None = None) -> Estimates:
    """Throw the coins of a state, the same as its explorer does, and estimate in both ways.

    Raises ValueError for a state that cannot be shown.
    """
    shown = default_state() if state is None else states.validate(state, "threshold")
    q = Quantizer(shown["edges"], shown["levels"])
    view = (shown["view"][0], shown["view"][1])
    x = np.linspace(*view, states.GRID_POINTS)
    widths = {"common_random_numbers": shown["half_width"], "score_function": None}
    found = {
        method: simulate_gradient_shared(q, x, shown["draws"], shown["seed"], method, width)
        for method, width in widths.items()
    }
    h = found["common_random_numbers"].half_width
    fine = fine_inputs(q, view, h or 0.0)
    # One draw is enough: what is asked for is its closed form.
    closed = {
        method: simulate_gradient(q, fine, 1, method=method, half_width=width)
        for method, width in widths.items()
    }
    middle = q.edges[0] + (q.edges[-1] - q.edges[0]) * (np.arange(COUNTED) + 0.5) / COUNTED
    crn, score = (
        simulate_gradient(q, middle, 1, method=method, half_width=width).variance
        for method, width in widths.items()
    )
    return Estimates(
        q,
        view,
        found,
        fine,
        {method: estimate_band(each, shown["draws"]) for method, each in closed.items()},
        {method: np.sqrt(each.variance) for method, each in closed.items()},
        # On an edge the score function has no value, and the other one does.
        float(np.mean((crn < score) | np.isnan(score))),
    )


def claim(estimates: Estimates) -> str:
    """Return in one sentence which estimator has less noise, and where."""
    share = estimates.share
    if not np.any(_thrown(estimates)):
        return say("figure.gradient_estimates.claim.nothing")
    key = "nowhere" if share < FEW else "everywhere" if share > 1.0 - FEW else "depends"
    return say(f"figure.gradient_estimates.claim.{key}")


def _thrown(estimates: Estimates) -> NDArray[np.bool_]:
    """Return at which inputs a coin is thrown."""
    p = estimates.quantizer.step_probability(estimates.found["score_function"].x)
    return np.asarray((p > 0.0) & (p < 1.0))


def rms(estimates: Estimates, method: str) -> float:
    """Return the root-mean-square distance of the dots from G-STE, NaN where there are none.

    Over the dots that count, see ``n2uq_viz.figures.shown.counted``.
    """
    found = estimates.found[method]
    return root_mean_square((found.mean - estimates.quantizer.gradient(found.x))[counted(found)])


def number(value: float) -> str:
    """Return a number in two digits, or the word for one that there is not.

    >>> number(0.0123), number(float("nan"))
    ('0.012', 'unknown')
    """
    return short(value, 2) if np.isfinite(value) else say("figure.gradient_estimates.unknown")


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    estimates = estimate(state)
    q, crn = estimates.quantizer, estimates.found["common_random_numbers"]
    middle = simulate_gradient(q, q.thresholds, 1, half_width=estimates.half_width).variance
    values = {
        "claim": claim(estimates),
        "draws": f"{crn.draws:,}",
        "dots": str(crn.x.size),
        "low": short(estimates.view[0]),
        "high": short(estimates.view[1]),
        "edges": ", ".join(short(float(edge)) for edge in q.edges),
        "slopes": ", ".join(short(float(slope)) for slope in q.slopes),
        "half_width": short(estimates.half_width),
        "crn_share": percent(estimates.share),
        "score_share": percent(1.0 - estimates.share),
        "near_edge": str(int(np.count_nonzero(crn.near_edge))),
        "crn_middle": ", ".join(number(float(e)) for e in np.sqrt(middle)),
        "crn_rms": number(rms(estimates, "common_random_numbers")),
        "score_rms": number(rms(estimates, "score_function")),
        "warnings": " ".join(crn.warnings),
    }
    # So narrow a difference that few draws, or none, are ever between its ends.
    chance = _thrown(estimates)
    rare = int(np.count_nonzero(chance & (crn.mean == 0.0)))
    values["zero"] = str(rare)
    # Where h is a small part of every segment, the noise hardly changes along it.
    smooth = np.isfinite(middle).all() and estimates.half_width <= SMOOTH * q.intervals.min()
    holds = {
        "noise": bool(np.any(chance)),
        "nothing": not np.any(chance),
        "flat": smooth and bool(np.any(chance)),
        "rare": rare > RARE * np.count_nonzero(chance),
        "warnings": bool(crn.warnings),
    }
    return [part for part, is_so in holds.items() if is_so], values
