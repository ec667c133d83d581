"""The forward picture: the staircase, the expectation, and the dots that make it believable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from matplotlib.collections import PolyCollection

from n2uq_viz.montecarlo import null_band
from n2uq_viz.style import LINE, MARKER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.montecarlo import MonteCarlo
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]


class Steps(Protocol):
    """Whatever has the steps of a staircase: a quantizer, or what runs forward elsewhere."""

    @property
    def thresholds(self) -> FloatArray:
        """Inputs above which the next level is the output, increasing, shape (L,)."""

    @property
    def levels(self) -> FloatArray:
        """Outputs, increasing, shape (L + 1,)."""


#: Empty space above the highest and below the lowest level, as a share of their distance.
LEVEL_MARGIN = 0.08
#: Points per segment on the outline of the band, closest where it turns.
BAND_POINTS = 24
#: Width of the risers of the staircase, and of the rings of its open dots, next to its treads.
THIN = 0.5
#: Size of the dots at ties, next to Monte-Carlo dots.
TIE_SIZE = 1.25
ORDER = {
    "band": 2.0,
    "riser": 2.2,
    "expectation": 2.8,
    "monte_carlo": 2.6,
    "tread": 3.0,
    "tie": 3.2,
}


def forward_limits(q: Steps) -> View:
    """Return the y range of the forward picture: the levels and 8 % of their distance around.

    >>> from n2uq_viz.quantizer import Quantizer
    >>> forward_limits(Quantizer.uniform(1))
    (-0.16, 2.16)
    """
    low, high = float(q.levels[0]), float(q.levels[-1])
    margin = LEVEL_MARGIN * (high - low)
    return low - margin, high + margin


def staircase(q: Steps, view: View) -> tuple[FloatArray, FloatArray]:
    """Return the treads inside `view` as (x, y), with a NaN between one tread and the next.

    >>> from n2uq_viz.quantizer import Quantizer
    >>> staircase(Quantizer.binary(), (-2.0, 2.0))
    (array([-2.,  0., nan,  0.,  2.]), array([-1., -1., nan,  1.,  1.]))
    """
    starts = np.clip(np.concatenate(([view[0]], q.thresholds)), *view)
    ends = np.clip(np.concatenate((q.thresholds, [view[1]])), *view)
    seen = starts < ends
    gaps = np.full(int(seen.sum()), np.nan)
    x = np.column_stack((starts[seen], ends[seen], gaps)).ravel()[:-1]
    y = np.column_stack((q.levels[seen], q.levels[seen], gaps)).ravel()[:-1]
    return x, y


@dataclass(frozen=True)
class QuantizerArtists:
    """The staircase: treads, risers, and at every step what its two sides belong to."""

    treads: Line2D
    risers: Line2D
    #: Filled: the value exactly at the threshold (the lower level).
    at_tie: Line2D
    #: Open: the level that is reached just above the threshold.
    above_tie: Line2D


def draw_quantizer(ax: Axes, q: Steps, theme: Theme, view: View) -> QuantizerArtists:
    """Draw the deterministic output over `view` (input units), in output units."""
    color = theme.color["deterministic"]
    size = TIE_SIZE * theme.marker_size
    thin = THIN * theme.line_width
    (treads,) = ax.plot(
        [],
        [],
        color=color,
        linewidth=theme.line_width,
        solid_capstyle="butt",
        zorder=ORDER["tread"],
    )
    (risers,) = ax.plot([], [], color=color, linewidth=thin, zorder=ORDER["riser"])
    dots: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": size, "color": color}
    (at_tie,) = ax.plot([], [], **dots, zorder=ORDER["tie"])
    (above_tie,) = ax.plot(
        [],
        [],
        **dots,
        markerfacecolor=theme.color["panel"],
        markeredgewidth=2.0 * thin,
        zorder=ORDER["tie"],
    )
    artists = QuantizerArtists(treads, risers, at_tie, above_tie)
    update_quantizer(artists, q, view)
    return artists


def update_quantizer(artists: QuantizerArtists, q: Steps, view: View) -> None:
    """Move the staircase to that of `q` over `view`."""
    artists.treads.set_data(*staircase(q, view))
    seen = (view[0] <= q.thresholds) & (q.thresholds <= view[1])
    t, lower, upper = q.thresholds[seen], q.levels[:-1][seen], q.levels[1:][seen]
    gaps = np.full(t.size, np.nan)
    artists.risers.set_data(
        np.column_stack((t, t, gaps)).ravel(), np.column_stack((lower, upper, gaps)).ravel()
    )
    artists.at_tie.set_data(t, lower)
    artists.above_tie.set_data(t, upper)


def expectation_line(q: Quantizer, view: View) -> tuple[FloatArray, FloatArray]:
    """Return the corners of the expectation over `view` as (x, y).

    >>> from n2uq_viz.quantizer import Quantizer
    >>> expectation_line(Quantizer.binary(), (-2.0, 0.5))
    (array([-2. , -1. ,  0.5]), array([-1. , -1. ,  0.5]))
    """
    inside = q.edges[(view[0] < q.edges) & (q.edges < view[1])]
    x = np.concatenate(([view[0]], inside, [view[1]]))
    return x, q.expectation(x)


def draw_expectation(ax: Axes, q: Quantizer, theme: Theme, view: View) -> Line2D:
    """Draw the mean of the stochastic output over `view`, in output units."""
    (line,) = ax.plot(
        [],
        [],
        color=theme.color["expectation"],
        linestyle=LINE.get("expectation", "-"),
        linewidth=theme.line_width,
        solid_joinstyle="round",
        zorder=ORDER["expectation"],
    )
    update_expectation(line, q, view)
    return line


def update_expectation(line: Line2D, q: Quantizer, view: View) -> None:
    """Move the polyline to the expectation of `q` over `view`."""
    line.set_data(*expectation_line(q, view))


def draw_monte_carlo(ax: Axes, mc: MonteCarlo, theme: Theme) -> Line2D:
    """Draw the mean of the draws at every input of `mc`, in output units."""
    (dots,) = ax.plot(
        [],
        [],
        linestyle="",
        marker=MARKER["monte_carlo"],
        markersize=theme.marker_size,
        markeredgewidth=0.0,
        color=theme.color["monte_carlo"],
        zorder=ORDER["monte_carlo"],
    )
    update_monte_carlo(dots, mc)
    return dots


def update_monte_carlo(dots: Line2D, mc: MonteCarlo) -> None:
    """Move the dots to the means of `mc`."""
    dots.set_data(np.ravel(mc.x), np.ravel(mc.mean))


def band_outline(q: Quantizer, draws: int, view: View, confidence: float = 0.95) -> FloatArray:
    """Return the outline, (n, 2), of where means of `draws` draws fall with that probability.

    Each segment has a band of its own, pinched to a point at its edges.
    """
    # On a segment the width goes as sqrt(p (1 - p)): a half ellipse, even in this angle.
    p = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, BAND_POINTS + 1))
    inside = (q.edges[:-1, None] + q.intervals[:, None] * p).ravel()
    x = np.unique(np.concatenate((np.clip(inside, *view), view)))
    low, high = null_band(q, x, draws, confidence)
    return np.concatenate((np.column_stack((x, low)), np.column_stack((x, high))[::-1]))


def draw_band(
    ax: Axes, q: Quantizer, draws: int, theme: Theme, view: View, confidence: float = 0.95
) -> PolyCollection:
    """Draw where means of `draws` draws fall if the expectation is what the formula says."""
    band = PolyCollection(
        [],
        facecolors=[theme.color["band"]],
        edgecolors=[theme.color["band"]],
        linewidths=[THIN],
        zorder=ORDER["band"],
    )
    ax.add_collection(band, autolim=False)
    update_band(band, q, draws, view, confidence)
    return band


def update_band(
    band: PolyCollection, q: Quantizer, draws: int, view: View, confidence: float = 0.95
) -> None:
    """Move the band to that of `q` and `draws` over `view`."""
    band.set_verts([band_outline(q, draws, view, confidence)])
