"""The backward picture: the slope of the expectation, plain STE's one slope, and what draws say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.markers import CARETUP
from matplotlib.patheffects import withStroke

from n2uq_viz.plots.labels import axes_size, nice, place, short
from n2uq_viz.style import LINE, MARKER

if TYPE_CHECKING:
    from collections.abc import Collection

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.montecarlo import GradientEstimate
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: A slope above this many times the chord's is cut, so that the others can still be told apart.
CUT = 6.0
#: Empty space above the highest slope and below 0, as shares of the panel.
HEADROOM, FOOTROOM = 0.08, 0.04
#: Line width of G-STE next to that of plain STE, which lies on it where the two agree.
WIDER = 2.2
#: Width of the margin that keeps plain STE visible there, next to its line.
HALO = 1.35
#: Font size of notes on cut slopes, next to the theme's.
NOTE_SIZE = 0.9
#: Size of the triangles that stand for dots above the picture, next to the dots.
BEYOND_SIZE = 1.3
ORDER = {"gste": 2.6, "ste": 2.8, "arrow": 3.0, "monte_carlo_gradient": 2.9}


def _chord(q: Quantizer) -> float:
    return float((q.levels[-1] - q.levels[0]) / (q.edges[-1] - q.edges[0]))


def gradient_top(q: Quantizer) -> float:
    """Return the top of the backward picture: a round number above all slopes, outliers apart.

    >>> from n2uq_viz.quantizer import Quantizer
    >>> gradient_top(Quantizer.uniform(2)), gradient_top(Quantizer([0, 1e-3, 2], [0, 1, 2]))
    (1.5, 8.0)
    """
    return nice((1.0 + HEADROOM) * min(float(q.slopes.max()), CUT * _chord(q)))


def gradient_limits(q: Quantizer) -> View:
    """Return the y range of the backward picture."""
    top = gradient_top(q)
    return -FOOTROOM * top, top


def _steps(corners: FloatArray, heights: FloatArray, view: View) -> tuple[FloatArray, FloatArray]:
    """Return the step line with ``heights[k]`` between ``corners[k - 1]`` and ``corners[k]``."""
    inside = (view[0] < corners) & (corners < view[1])
    first = int(np.searchsorted(corners, view[0], side="right"))
    seen = heights[first : first + int(inside.sum()) + 1]
    x = np.concatenate(([view[0]], np.repeat(corners[inside], 2), [view[1]]))
    return x, np.repeat(seen, 2)


def gste_line(q: Quantizer, view: View) -> tuple[FloatArray, FloatArray]:
    """Return the slope of the expectation over `view` as a step line (x, y), cut at the top.

    >>> from n2uq_viz.quantizer import Quantizer
    >>> gste_line(Quantizer.binary(), (-2.0, 0.0))
    (array([-2., -1., -1.,  0.]), array([0., 0., 1., 1.]))
    """
    heights = np.concatenate(([0.0], np.minimum(q.slopes, gradient_top(q)), [0.0]))
    return _steps(q.edges, heights, view)


def ste_line(q: Quantizer, view: View) -> tuple[FloatArray, FloatArray]:
    """Return plain STE over `view`, one slope (the chord's) between the outer edges, as (x, y)."""
    return _steps(q.edges[[0, -1]], np.array([0.0, _chord(q), 0.0]), view)


@dataclass
class GradientArtists:
    """Both gradients, with an arrow and a value for every slope that is too high to show."""

    ax: Axes
    theme: Theme
    gste: Line2D | None
    ste: Line2D | None
    arrows: Line2D | None
    notes: list[Annotation]


def draw_gradients(
    ax: Axes,
    q: Quantizer,
    theme: Theme,
    view: View,
    series: Collection[str] = ("gste", "ste"),
) -> GradientArtists:
    """Draw G-STE and plain STE over `view`, output units per input unit.

    The Axes must have its place in the figure already: notes on cut slopes stand above it where
    they fit. `series` leaves out one of the two.
    """
    lines: dict[str, Line2D] = {}
    for name in ("gste", "ste"):
        if name in series:
            (lines[name],) = ax.plot(
                [],
                [],
                color=theme.color[name],
                linestyle=LINE.get(name, "-"),
                linewidth=theme.line_width * (WIDER if name == "gste" else 1.0),
                solid_joinstyle="miter",
                zorder=ORDER[name],
            )
    if "ste" in lines:
        halo = withStroke(linewidth=HALO * theme.line_width, foreground=theme.color["panel"])
        lines["ste"].set_path_effects([halo])
    arrows = None
    if "gste" in series:
        (arrows,) = ax.plot(
            [],
            [],
            linestyle="",
            marker="^",
            markersize=2.0 * theme.marker_size,
            markeredgewidth=0.0,
            color=theme.color["gste"],
            clip_on=False,
            zorder=ORDER["arrow"],
        )
    artists = GradientArtists(ax, theme, lines.get("gste"), lines.get("ste"), arrows, [])
    update_gradients(artists, q, view)
    return artists


def update_gradients(artists: GradientArtists, q: Quantizer, view: View) -> None:
    """Move both gradients to those of `q` over `view`."""
    if artists.ste is not None:
        artists.ste.set_data(*ste_line(q, view))
    for note in artists.notes:
        note.remove()
    artists.notes = []
    if artists.gste is None or artists.arrows is None:
        return
    artists.gste.set_data(*gste_line(q, view))
    top = gradient_top(q)
    starts, ends = np.clip(q.edges[:-1], *view), np.clip(q.edges[1:], *view)
    cut = (q.slopes > top) & (starts < ends)
    middle, slopes = 0.5 * (starts + ends)[cut], q.slopes[cut]
    artists.arrows.set_data(middle, np.full(middle.size, top))

    def text(first: int, last: int) -> str:
        values = slopes[first : last + 1]
        least, most = short(float(values.min())), short(float(values.max()))
        return least if least == most else f"{least} – {most}"

    theme = artists.theme
    size = NOTE_SIZE * theme.font_size
    width, _ = axes_size(artists.ax)
    scale = width / (view[1] - view[0])
    for center, words in place(((middle - view[0]) * scale).tolist(), width, size, text):
        artists.notes.append(
            artists.ax.annotate(
                words,
                xy=(view[0] + center / scale, 1.0),
                xycoords=artists.ax.get_xaxis_transform(),
                xytext=(0.0, 1.3 * theme.marker_size),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=size,
                color=theme.color["gste"],
                annotation_clip=False,
            )
        )


@dataclass
class EstimateArtists:
    """The estimated gradient: dots, and triangles at the top for those that lie above it."""

    dots: Line2D
    beyond: Line2D


def draw_monte_carlo_gradient(
    ax: Axes, estimate: GradientEstimate, theme: Theme
) -> EstimateArtists:
    """Draw the gradient estimated from draws, output units per input unit, at every input.

    An estimate above the picture becomes a triangle that hangs from its top: it is seen that there
    is one, and that it is too high to show. None lies below, since no estimate is negative, and
    none is drawn where there is no value (NaN).
    """

    def empty(marker: Any, size: float) -> Line2D:
        (line,) = ax.plot(
            [],
            [],
            linestyle="",
            marker=marker,
            markersize=size,
            markeredgewidth=0.0,
            color=theme.color["monte_carlo"],
            zorder=ORDER["monte_carlo_gradient"],
        )
        return line

    artists = EstimateArtists(
        empty(MARKER["monte_carlo"], theme.marker_size),
        empty(CARETUP, BEYOND_SIZE * theme.marker_size),  # with its tip at the point
    )
    update_monte_carlo_gradient(artists, estimate)
    return artists


def update_monte_carlo_gradient(artists: EstimateArtists, estimate: GradientEstimate) -> None:
    """Move the dots to those of `estimate`."""
    x, mean = np.ravel(estimate.x), np.ravel(estimate.mean)
    top = gradient_top(estimate.quantizer)
    within, beyond = mean <= top, mean > top  # NaN is neither
    artists.dots.set_data(x[within], mean[within])
    artists.beyond.set_data(x[beyond], np.full(int(beyond.sum()), top))
