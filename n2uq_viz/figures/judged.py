"""The draws of a state, compared with two curves: what the figure shows and its words name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import state as states
from n2uq_viz.figures.shown import default_state
from n2uq_viz.montecarlo import (
    Agreement,
    MonteCarlo,
    agreement,
    root_mean_square,
    simulate_shared,
)
from n2uq_viz.plots.agreement import Verdicts, verdicts
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Below this p-value a curve is said not to fit.
LEVEL = 0.05
#: Rounding errors that two equal curves may be apart, in units of the span of the levels.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Judged:
    """Means of draws, and what they say about the expectation (G-STE) and plain STE's ramp."""

    quantizer: Quantizer
    #: One straight ramp from the first to the last corner: its slope is plain STE's.
    ramp: Quantizer
    #: Whether both curves are one: every segment has the same slope.
    same: bool
    means: MonteCarlo
    gste: Agreement
    ste: Agreement

    def rmse(self, name: str) -> float:
        """Return the RMS error of the means against the curve of ``"gste"`` or ``"ste"``.

        Over the dots between the outer edges, since outside the output is certain; NaN for none.
        """
        x, edges = self.means.x, self.quantizer.edges
        inside = (edges[0] < x) & (x < edges[-1])
        return root_mean_square((self.means.mean - getattr(self, name).curve)[inside])

    def sorted(self, name: str) -> Verdicts:
        """Return which means lie in the band of ``"gste"`` or ``"ste"``."""
        return verdicts(self.means, getattr(self, name))


def judge(state: Mapping[str, Any] | None = None) -> Judged:
    """Throw the coins of a state, the same as its explorer does, and compare.

    Raises ValueError for a state that cannot be shown.

    >>> state = {"version": 1, "edges": [0, 1, 2], "levels": [0, 1, 2], "data": "normal"}
    >>> judge(state).same
    True
    """
    shown = default_state() if state is None else states.validate(state, "threshold")
    q = Quantizer(shown["edges"], shown["levels"])
    ramp = one_ramp(q)
    x = np.linspace(shown["view"][0], shown["view"][1], states.GRID_POINTS)
    means = simulate_shared(q, x, shown["draws"], shown["seed"])
    gste = agreement(means, q.expectation(x))
    same = is_one_ramp(q)
    ste = gste if same else agreement(means, ramp.expectation(x))
    return Judged(q, ramp, same, means, gste, ste)


def one_ramp(q: Quantizer) -> Quantizer:
    """Return the quantizer of one step, from the first to the last corner of the expectation."""
    return Quantizer(q.edges[[0, -1]], q.levels[[0, -1]])


def is_one_ramp(q: Quantizer) -> bool:
    """Return whether all slopes are equal but for rounding, so that G-STE is plain STE.

    >>> is_one_ramp(Quantizer.uniform(3)), is_one_ramp(Quantizer([0, 1, 3], [0, 1, 2]))
    (True, False)
    """
    apart = np.abs(one_ramp(q).expectation(q.edges) - q.levels)
    return bool(apart.max() <= ROUNDING * (q.levels[-1] - q.levels[0]))


def claim(judged: Judged) -> str:
    """Return in one sentence which curve the draws speak for."""
    if judged.gste.points == 0:
        key = "nothing"
    elif judged.same:
        key = "same"
    else:
        key = {
            (True, False): "gste",
            (True, True): "both",
            (False, True): "ste",
            (False, False): "neither",
        }[judged.gste.p_value >= LEVEL, judged.ste.p_value >= LEVEL]
    return say(f"figure.agreement.claim.{key}", draws=f"{judged.means.draws:,}")


def rounded(error: float) -> str:
    """Return an error in two digits, or a dash where there is none.

    >>> rounded(0.0123), rounded(float("nan"))
    ('0.012', '–')
    """
    return short(error, 2) if np.isfinite(error) else "–"


def probability(p: float) -> str:
    """Return a p-value as people say it.

    >>> probability(0.43211), probability(1e-40), probability(0.0), probability(0.97)
    ('0.43', '1×10⁻⁴⁰', '0', '0.97')
    """
    return short(p, 2) if p >= 1e-4 else short(p, 1)


def verdict(judged: Judged, name: str) -> str:
    """Return the p-value of ``"gste"`` or ``"ste"`` and what it means, as the end of a sentence."""
    found: Agreement = getattr(judged, name)
    true = name == "gste" or judged.same
    if found.points == 0 and found.p_value == 1.0:
        key = "nothing"
    elif found.p_value >= LEVEL:
        key = "fits"
    elif true:
        # One seed in twenty has such a p-value, and the curve is right all the same.
        key = "unlucky"
    else:
        key = "impossible" if found.p_value == 0.0 else "does_not"
    return say(f"figure.agreement.verdict.{key}", p=probability(found.p_value))


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    judged = judge(state)
    q = judged.quantizer
    own = q.step_probability(judged.means.x)
    thrown = (own > 0.0) & (own < 1.0)
    values = {
        "claim": claim(judged),
        "draws": f"{judged.means.draws:,}",
        "dots": str(judged.means.x.size),
        "points": str(int(thrown.sum())),
        "low": short(float(judged.means.x[0])),
        "high": short(float(judged.means.x[-1])),
        "edges": ", ".join(short(float(edge)) for edge in q.edges),
        "slopes": ", ".join(short(float(slope)) for slope in q.slopes),
        "chord": short(float(judged.ramp.slopes[0])),
    }
    for name in ("gste", "ste"):
        found, kinds = getattr(judged, name), judged.sorted(name)
        values |= {
            f"{name}_rmse": rounded(judged.rmse(name)),
            f"{name}_max": short(found.max_error, 2),
            f"{name}_verdict": verdict(judged, name),
            f"{name}_inside": f"{int(kinds.inside[thrown].sum())}",
        }
    if not np.any(thrown):
        return ["nothing"], values
    return ["same" if judged.same else "differ"], values
