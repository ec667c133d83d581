"""What the figures of the article share: slopes of staircases, dots of slopes, words that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import LineCollection
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from n2uq_viz import plots
from n2uq_viz import state as states
from n2uq_viz.figures import frame
from n2uq_viz.montecarlo import simulate_gradient_shared
from n2uq_viz.montecarlo.gradient_estimate import SHARE_OF_INTERVAL
from n2uq_viz.plots.forward import THIN, TIE_SIZE
from n2uq_viz.plots.labels import short
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    from n2uq_viz.montecarlo import GradientEstimate
    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]
#: Words, and the point of the data that they belong to.
Place = tuple[str, tuple[float, float]]

#: Draws behind every mean, and behind every slope, where the state does not say how many: few
#: enough for a band that can be seen, and many enough for slopes that can be told apart.
MEAN_DRAWS, SLOPE_DRAWS = 100, 1000
#: Room around words in a panel, in units of the theme's font size.
CLEAR = 0.22
#: Distance of words from a tie: to its right, in units of the view, and above, in output ranges.
ASIDE, ABOVE = 0.035, 0.12
#: How far a number may reach beyond the end of its axis, in units of the theme's font size.
OVERHANG = 0.6
#: Hole in the dots of slopes that become rings, next to the dot.
HOLE = 0.6
#: Room above a panel for notes on slopes that are cut, in units of the theme's font size.
NOTE_ROOM = 1.5
#: A slope or a step that differs from the others by less than this share of it is equal.
EQUAL = 1e-9
ORDER = {"slope": 2.4, "hole": 3.2, "words": 3.5}


def draw_true_slope(
    ax: Axes, q: Quantizer, theme: Theme, view: View, width: float = 1.0
) -> tuple[Line2D, Line2D]:
    """Draw the slope of the staircase, 0 but for the ties, and a hole at each of these.

    `width` is that of the line next to the theme's. Returns the line and the holes.
    """
    color = theme.color["deterministic"]
    x, _ = plots.staircase(q, view)
    (line,) = ax.plot(
        x,
        np.zeros(x.size),
        color=color,
        linewidth=width * theme.line_width,
        solid_capstyle="butt",
        zorder=ORDER["slope"],
    )
    ties = seen(q.thresholds, view)
    (holes,) = ax.plot(
        ties,
        np.zeros(ties.size),
        linestyle="",
        marker="o",
        markersize=TIE_SIZE * theme.marker_size,
        color=color,
        markerfacecolor=theme.color["panel"],
        markeredgewidth=2.0 * THIN * theme.line_width,
        zorder=ORDER["hole"],
    )
    return line, holes


def draw_tie(ax: Axes, q: Quantizer, theme: Theme, view: View) -> Text | None:
    """Say what a filled dot of a staircase is, with its output if there is only one.

    Right of the last tie, or between the highest output and the first one; nowhere without room.
    """
    ties = seen(q.thresholds, view)
    if not ties.size:
        return None
    one = q.thresholds.size == 1
    words = say("figure.article.tie" + (".one" if one else ""), y=short(float(q(q.thresholds)[0])))
    aside, above = ASIDE * (view[1] - view[0]), ABOVE * float(q.levels[-1] - q.levels[0])
    foot = float(q.levels[int(np.argmax(q.thresholds == ties[-1]))])
    corner = (view[0] + aside, float(q.levels[-1]) - above)
    right = float(ties[-1]) + aside
    places = [(words, at) for at in ((right, foot + above), (right, foot - above), corner)]
    return write(ax, theme, places, ha="left")


def estimated_slopes(q: Quantizer, view: View, seed: int) -> GradientEstimate:
    """Return slopes estimated from ``SLOPE_DRAWS`` draws, as explorers draw, over `view`.

    The half-width goes by the middle one of the segments, since by the narrowest, as elsewhere, a
    single one near zero would leave nothing to see of all others.

    >>> from n2uq_viz.quantizer import Quantizer
    >>> estimated_slopes(Quantizer([0.0, 1.0, 1.001, 3.0], [0, 1, 2, 3]), (0.0, 3.0), 0).half_width
    0.05
    """
    x = np.linspace(*view, states.GRID_POINTS)
    half_width = float(np.median(q.intervals)) / SHARE_OF_INTERVAL
    return simulate_gradient_shared(q, x, SLOPE_DRAWS, seed, half_width=half_width, progress=False)


def draw_slope_dots(ax: Axes, found: GradientEstimate, theme: Theme) -> list[frame.Entry]:
    """Draw slopes estimated from draws; rings are those that mix the slopes beside an edge.

    Returns the lines of a legend that say so.
    """
    artists = plots.draw_monte_carlo_gradient(ax, found, theme)
    mixed = found.near_edge & (found.mean <= plots.gradient_top(found.quantizer))
    ax.plot(
        found.x[mixed],
        found.mean[mixed],
        linestyle="",
        marker=artists.dots.get_marker(),
        markersize=HOLE * theme.marker_size,
        markeredgewidth=0.0,
        color=theme.color["panel"],
        zorder=artists.dots.get_zorder(),
    )
    beyond = np.size(artists.beyond.get_xdata()) > 0
    words = say("figure.article.slope_dots", draws=f"{found.draws:,}")
    return [((artists.dots, artists.beyond) if beyond else artists.dots, words)]


def write(
    ax: Axes,
    theme: Theme,
    places: Sequence[Place],
    color: str = "ink",
    ha: str = "center",
    *,
    outside: bool = False,
) -> Text | None:
    """Write words at the first of some places where they touch nothing; else leave them out.

    What they must not touch, and so has to be drawn already, are lines, dots and other words, and
    the border of the panel unless they may stand `outside`. They may lie on areas.
    """
    pad = CLEAR * theme.font_size * ax.figure.dpi / frame.POINTS_PER_INCH
    renderer = RendererAgg(1.0, 1.0, ax.figure.dpi)  # type: ignore[no-untyped-call]
    taken = [text.get_window_extent(renderer) for text in ax.texts]
    for words, at in places:
        text = ax.text(
            *at,
            words,
            color=theme.color[color],
            fontsize=frame.SMALL * theme.font_size,
            ha=ha,
            va="center",
            linespacing=frame.LINE_SPACING,
            zorder=ORDER["words"],
        )
        box = text.get_window_extent(renderer)
        around = Bbox.from_extents(box.x0 - pad, box.y0 - pad, box.x1 + pad, box.y1 + pad)
        wide = ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1
        high = ax.bbox.y0 <= box.y0 and box.y1 <= ax.bbox.y1
        free = not any(around.overlaps(other) for other in taken)
        if (outside or wide) and high and free and not any(_hits(p, around) for p in _paths(ax)):
            return text
        text.remove()
    return None


def _paths(ax: Axes) -> Iterator[Path | np.ndarray]:
    """Return lines as paths and dots as points, in pixels."""
    for line in ax.lines:
        transform = line.get_transform()
        points = np.asarray(line.get_xydata(), dtype=np.float64).reshape(-1, 2)
        if points.size and line.get_linestyle() != "None":
            yield line.get_path().transformed(transform)
        if points.size and line.get_marker() != "None":
            yield transform.transform(points)
    for each in ax.collections:
        if isinstance(each, LineCollection):
            for segment in each.get_segments():
                yield Path(segment).transformed(each.get_transform())


def _hits(of: Path | np.ndarray, box: Bbox) -> bool:
    if isinstance(of, Path):
        return bool(of.intersects_bbox(box, filled=False))
    inside = (box.min <= of) & (of <= box.max)
    return bool(np.any(inside.all(axis=1)))


def seen(values: np.ndarray, view: View) -> np.ndarray:
    """Return which of some inputs lie in `view`.

    >>> seen(np.array([-1.0, 0.0, 2.0]), (-0.5, 2.0)).tolist()
    [0.0, 2.0]
    """
    return values[(view[0] <= values) & (values <= view[1])]


def cut_room(q: Quantizer) -> float:
    """Return the room that notes on slopes too high for their panel need above it."""
    return NOTE_ROOM if np.any(q.slopes > plots.gradient_top(q)) else 0.0


def equal_steps(q: Quantizer) -> bool:
    """Return whether all output steps are equal but for rounding.

    >>> from n2uq_viz.quantizer import Quantizer
    >>> equal_steps(Quantizer([0.0, 1.0, 3.0], [0.0, 0.1, 0.2])), equal_steps(Quantizer.uniform(1))
    (True, True)
    """
    rises = np.diff(q.levels)
    size = float(np.abs(q.levels).max())
    return bool(np.ptp(rises) <= EQUAL * max(float(rises.max()), 1e-6 * size))


def less(x: str, value: float) -> str:
    """Return `x` minus a number, as people write it.

    >>> less("x", 0.5), less("x", -1.0), less("x", 0.0)
    ('x − 0.5', 'x + 1', 'x')
    """
    if short(value) == "0":
        return x
    return f"{x} − {short(value)}" if value > 0.0 else f"{x} + {short(-value)}"
