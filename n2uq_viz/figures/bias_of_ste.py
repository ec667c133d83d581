"""Where "the STE is unbiased" ends: behind a quantizer, f bends, and four slopes part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import plots, style
from n2uq_viz import state as states
from n2uq_viz.figures import bias, frame, panels
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.labels import nice, short
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 26.4
#: Values of f, which lie between 1/e and e, with room for words above and below them.
LIMITS = (-0.35, 3.35)
#: Empty space below slopes, as a share of the highest that is shown.
FOOT = 0.05
#: Room above the highest slope.
HEADROOM = 1.08
#: How far a number may reach beyond the ends of the axis, in units of the theme's font size.
OVERHANG = 0.3
#: Inputs on curves, and how far from a jump they show it, next to half the range of the edges.
POINTS, JUMP = 401, 1e-9
#: Color, line style and width (next to the theme's) of each slope; wide ones lie under narrow ones.
LOOKS: dict[str, tuple[str, Any, float]] = {
    "true": ("expectation", "-", 1.8),
    "sampled": ("ste", "--", 1.2),
    "deterministic": ("deterministic", "-", 0.7),
    "of_mean": ("gste", ":", 1.4),
}
#: Size of dots next to the theme's markers.
DOT = 0.8
PLACE_MARK = 1.6
#: Distance of words from the line where the numbers are taken, and from the ends of the panel.
ASIDE, INSIDE = 0.4, 0.25
# In units of the theme's font size.
GUTTER, RIGHT = 2.0, 14.0


def bias_of_ste(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw E[f(Q)] beside f(E[Q]), and four slopes beside each other, for an exponential f.

    The numbers are those of ``n2uq_viz.figures.bias``; f is exp of the output scaled to [−1, 1],
    for the binary quantizer exp itself.

    Parameters
    ----------
    state
        A state of the Binary explorer: its quantizer is Q, its x is where the numbers are taken,
        and its seed is that of the simulation, which has 10,000 draws at each dot; without it
        binary Q and x = 0.3.
    theme
        Name of a theme of ``n2uq_viz.style``; None for the state's own, "light" where that is
        "auto".
    size
        ``"slide"``, ``"column"`` or ``"page"``; None for a slide with the theme "projector", and
        for a page otherwise.

    Raises
    ------
    ValueError
        A state that cannot be shown, or no such theme or size.
    """
    shown, look, size = read(state, theme, size, "binary")
    case = bias.case_of(shown)
    low, high = states.default_view(case.quantizer.edges)
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        top = sheet.title(say("figure.bias_of_ste.title"))
        limits = {"values": LIMITS, "slopes": _slope_limits(case, (low, high))}
        columns = [
            panels.Column({name: _panel(name, limits[name], case)}, right=right)
            for name, right in (("values", GUTTER), ("slopes", RIGHT))
        ]
        places = panels.arrange(sheet, top, columns)
        for place in places.values():
            place.ax.set_xlim(low, high)
            sheet.upright_numbers(place.ax)
            if case.binary:
                frame.label_ticks(place.ax.xaxis, [-1.0, 0.0, 1.0])
            else:
                sheet.input_numbers(place.ax, seen=True, beyond=OVERHANG)
            sheet.name_below(place.ax, say("figure.threshold.input"))
        found = case.simulated()
        _values(places["values"].ax, look, case, found)
        entries = _slopes(places["slopes"].ax, look, case, found)
        title = say("figure.bias_of_ste.legend", place=short(case.place))
        sheet.legend(places["slopes"].ax, title, entries, room=RIGHT)
    return sheet.finish()


def _panel(name: str, limits: tuple[float, float], case: bias.Case) -> panels.Panel:
    text = f"figure.bias_of_ste.{name}.text"
    if name == "values" and not case.binary:
        text = "figure.bias_of_ste.values.levels"
    count = case.quantizer.levels.size
    head: tuple[str, ...] = (say(f"figure.bias_of_ste.{name}.title"), say(text, count=count))
    if name == "values":
        found = case.mean_value(case.place), case.value_of_mean(case.place)
        value, of_mean = (bias.decimals(float(each)) for each in found)
        place = short(case.place)
        head += (say("figure.bias_of_ste.values.at", place=place, value=value, of_mean=of_mean),)
    return panels.Panel(limits, head, below=panels.NAMED)


def _inputs(case: bias.Case, view: tuple[float, float]) -> FloatArray:
    """Return inputs on curves, on both sides of edges and ties, so that jumps are upright."""
    q = case.quantizer
    jumps = np.concatenate((q.edges, q.thresholds))
    aside = JUMP * 0.5 * (q.edges[-1] - q.edges[0])
    x = np.concatenate((np.linspace(*view, POINTS), q.edges, jumps - aside, jumps + aside))
    return np.unique(np.clip(x, *view))


def _slope_limits(case: bias.Case, view: tuple[float, float]) -> tuple[float, float]:
    """Return the range of slopes; those of a far steeper segment than others are cut."""
    curves = case.slopes(_inputs(case, view))
    peak = max(float(getattr(curves, name).max()) for name in LOOKS)
    # At most what the highest f' makes of the slopes that other figures show.
    steepest = case.functions[1](case.quantizer.levels[-1:])
    most = plots.gradient_top(case.quantizer) * float(steepest[0])
    top = nice(HEADROOM * min(peak, most))
    return -FOOT * top, top


def _line(ax: Axes, theme: Theme, name: str, x: Any, y: Any) -> Line2D:
    color, line, wider = LOOKS[name]
    (found,) = ax.plot(
        x,
        y,
        color=theme.color[color],
        linestyle=line,
        linewidth=wider * theme.line_width,
        zorder=2.4 - 0.1 * wider,
    )
    return found


def _dots(ax: Axes, theme: Theme, x: Any, y: Any) -> Line2D:
    (found,) = ax.plot(
        x,
        y,
        linestyle="",
        marker=style.MARKER["monte_carlo"],
        markersize=DOT * theme.marker_size,
        markeredgewidth=0.0,
        color=theme.color["monte_carlo"],
        zorder=2.5,
    )
    return found


def _place(ax: Axes, theme: Theme, place: float, heights: list[float]) -> None:
    """Mark where the numbers are taken: a line, and a diamond on each curve."""
    ax.axvline(place, color=theme.color["muted"], linewidth=frame.SPINE_WIDTH, zorder=1.5)
    ax.plot(
        [place] * len(heights),
        heights,
        linestyle="",
        marker="D",
        markersize=PLACE_MARK * theme.marker_size,
        color=theme.color["ink"],
        markerfacecolor=theme.color["panel"],
        zorder=3.0,
    )


def _values(ax: Axes, theme: Theme, case: bias.Case, found: bias.Simulated) -> None:
    low, high = ax.get_xlim()
    x = _inputs(case, (low, high))
    _line(ax, theme, "true", x, case.mean_value(x))
    _line(ax, theme, "of_mean", x, case.value_of_mean(x))
    _dots(ax, theme, found.x, found.value)
    values = float(case.mean_value(case.place)), float(case.value_of_mean(case.place))
    if low <= case.place <= high:
        _place(ax, theme, case.place, list(values))
    # Above and below everything that is drawn, on the side of the line that has more room.
    middle = 0.5 * low + 0.5 * high
    at = min(max(case.place, low), high)
    left = at > middle
    em = theme.font_size
    for key, height, away, color in (
        ("mean_value", 1.0, -INSIDE, "expectation"),
        ("value_of_mean", 0.0, INSIDE, "gste"),
    ):
        ax.annotate(
            say(f"figure.bias_of_ste.{key}"),
            xy=(at, height),
            xycoords=ax.get_xaxis_transform(),
            xytext=((-ASIDE if left else ASIDE) * em, away * em),
            textcoords="offset points",
            color=theme.color[color],
            fontsize=frame.SMALL * em,
            ha="right" if left else "left",
            va="bottom" if height == 0.0 else "top",
            zorder=3.5,
        )


def _slopes(ax: Axes, theme: Theme, case: bias.Case, found: bias.Simulated) -> list[frame.Entry]:
    low, high = ax.get_xlim()
    x = _inputs(case, (low, high))
    curves, there = case.slopes(x), case.slopes(case.place)
    values = {name: float(getattr(there, name)) for name in LOOKS}
    lines = {name: _line(ax, theme, name, x, getattr(curves, name)) for name in LOOKS}
    _dots(ax, theme, found.x, found.true)
    dots = _dots(ax, theme, found.x, found.sampled)
    if low <= case.place <= high:
        _place(ax, theme, case.place, list(values.values()))
    entries: list[frame.Entry] = [
        (lines[name], say(_key(name, case), value=bias.decimals(values[name])))
        for name in sorted(LOOKS, key=lambda name: -values[name])
    ]
    return [*entries, (dots, say("figure.bias_of_ste.dots", draws=f"{bias.DRAWS:,}"))]


def _key(name: str, case: bias.Case) -> str:
    """Return the key of the words for a slope: without more levels, rounding is the sign."""
    several = name == "deterministic" and not case.binary
    return f"figure.bias_of_ste.{name}{'.levels' if several else ''}"
