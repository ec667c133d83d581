"""The picture of the Threshold explorer: forward, backward and data over one shared input axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from n2uq_viz import datasets, plots
from n2uq_viz import state as states
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.compander import draw_compander
from n2uq_viz.figures.panels import guide_entries
from n2uq_viz.figures.ruler import RULER_HEIGHT, draw_ruler
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import estimate_of, read, summary_of
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.plots.histogram import STRIP_ROOM
from n2uq_viz.plots.labels import axes_size, short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from n2uq_viz.montecarlo import GradientEstimate
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 49.6
#: Which series a panel shows; a panel of which all are hidden is left out.
PANELS = {
    "forward": ("deterministic", "expectation", "monte_carlo", "band"),
    "backward": ("gste", "ste", "monte_carlo_gradient"),
    "histogram": ("histogram",),
}
#: Heights next to each other, and with the compander, which is asked for and has no series.
SHARES = {"forward": 0.50, "backward": 0.25, "histogram": 0.25}
WITH_COMPANDER = {"forward": 0.33, "compander": 0.20, "backward": 0.26, "histogram": 0.21}
# All in units of the theme's font size.
#: Height of all panels together in a column.
COLUMN = 24.0
LEFT = 4.9
RIGHT = 14.5
TICKS = 1.8
GAP = 0.8
NOTE_ROOM = 1.5
#: Level colors shown in the legend, at most.
LEGEND_LEVELS = 4
#: Hole in the dots of the gradient that become rings, next to the dot.
HOLE = 0.6


def threshold(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw a quantizer, its gradients and its data, exactly as a state of the explorer says.

    Parameters
    ----------
    state
        A state of the Threshold explorer; without it `default_state`.
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

    Examples
    --------
    >>> figure = threshold({"version": 1, "edges": [0, 2], "levels": [0, 2], "data": "normal"})
    >>> len(figure.axes)
    3
    """
    shown, look, size = read(state, theme, size)
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


class _Drawing:
    """One figure in the making: what the parts of the drawing need to know of each other."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.state, self.theme = state, theme
        self.q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.shown = [name for name in states.SERIES["threshold"] if name not in state["hidden"]]
        panels = [name for name, own in PANELS.items() if set(own) & set(self.shown)]
        self.panels = panels or ["forward"]
        self.shares = WITH_COMPANDER if state["compander"] else SHARES
        if state["compander"]:
            self.panels.insert(int(self.panels[0] == "forward"), "compander")
        self.sheet = Sheet(theme, size, PAGE)
        self.axes = self._stack()
        drawings = {
            "forward": self._forward,
            "compander": self._compander,
            "backward": self._backward,
            "histogram": self._histogram,
        }
        for name, ax in self.axes.items():
            ax.set_xlim(*self.view)
            drawings[name](ax)
        first = self.panels[0]
        draw_ruler(
            self.axes[first],
            self.q,
            theme,
            self.view,
            # Below the forward panel arrive the guide lines of its curves.
            below=first == "forward",
            away=theme.font_size * self._above(first),
        )
        self._input_axis()

    def _above(self, name: str) -> float:
        """Room above a panel, in font sizes."""
        if name == "backward" and "gste" in self.shown:
            cut = self.q.slopes > plots.gradient_top(self.q)
            inside = (self.q.edges[1:] > self.view[0]) & (self.q.edges[:-1] < self.view[1])
            return NOTE_ROOM if np.any(cut & inside) else 0.0
        return STRIP_ROOM if name == "histogram" else 0.0

    def _left(self) -> float:
        """Return the room left of the panels: names, and the widest number."""
        numbers = [*self.q.levels.tolist(), *self._slope_ticks()]
        return max(LEFT, self.sheet.left_room([short(number) for number in numbers]))

    def _slope_ticks(self) -> list[float]:
        top = plots.gradient_top(self.q)
        return [0.0, 0.5 * top, top]

    def _stack(self) -> dict[str, Axes]:
        """Place the panels from top to bottom."""
        sheet, ruler = self.sheet, RULER_HEIGHT
        rooms = {name: self._above(name) for name in self.panels}
        first, *others = self.panels
        for name in others:
            rooms[name] += GAP
        # The ruler hangs below the forward panel, where the curves' guide lines arrive.
        if first != "forward":
            rooms[first] += ruler
        elif others:
            rooms[others[0]] += ruler
        below = TICKS + (ruler if self.panels == ["forward"] else 0.0)
        total = sum(self.shares[name] for name in self.panels)
        free = sheet.down(COLUMN * total, 2.0 * MARGIN + sum(rooms.values()) + below)
        axes, top, left = {}, MARGIN, self._left()
        width = sheet.width - left - sheet.beside(RIGHT) - MARGIN
        for name in self.panels:
            top += rooms[name]
            panel = free * self.shares[name] / total
            axes[name] = sheet.axes(left, top, width, panel)
            top += panel
        return axes

    def _legend(self, ax: Axes, panel: str, entries: list[frame.Entry]) -> None:
        if ax is next(iter(self.axes.values())):
            entries = [*entries, *guide_entries(self.theme)]
        self.sheet.legend(ax, say(f"figure.threshold.{panel}"), entries, room=RIGHT)

    def _forward(self, ax: Axes) -> None:
        q, theme, view, shown = self.q, self.theme, self.view, self.shown
        ax.set_ylim(*plots.forward_limits(q))
        limits = ax.get_ylim()
        self._level_ticks(ax)
        guides = plots.draw_guides(ax, q, theme, view, from_curves=True)
        if "deterministic" not in shown:
            # Without a staircase the lines hang from the expectation, around which all else lies.
            middle = 0.5 * (q.levels[:-1] + q.levels[1:])
            seen = (view[0] <= q.thresholds) & (q.thresholds <= view[1])
            tops = zip(q.thresholds[seen], middle[seen], strict=True)
            guides.thresholds.set_segments([[(t, limits[0]), (t, top)] for t, top in tops])
        self.sheet.name_upright(ax, say("figure.threshold.output"))
        draws = self.state["draws"]
        entries: dict[str, Artist] = {}
        if "band" in shown:
            plots.draw_band(ax, q, draws, theme, view)
            entries["band"] = Patch(color=theme.color["band"], linewidth=0.0)
        if "monte_carlo" in shown:
            grid = np.linspace(*view, states.GRID_POINTS)
            mc = simulate_shared(q, grid, draws, self.state["seed"])
            entries["monte_carlo"] = plots.draw_monte_carlo(ax, mc, theme)
        if "expectation" in shown:
            entries["expectation"] = plots.draw_expectation(ax, q, theme, view)
        if "deterministic" in shown:
            artists = plots.draw_quantizer(ax, q, theme, view)
            entries["deterministic"] = artists.treads
        if not entries:
            ax.text(
                0.5,
                0.5,
                say("figure.threshold.nothing"),
                transform=ax.transAxes,
                ha="center",
                va="center",
                color=theme.color["muted"],
            )
        self._legend(
            ax,
            "forward",
            [
                (entries[name], say(f"figure.threshold.{name}", draws=draws))
                for name in PANELS["forward"]
                if name in entries
            ],
        )

    def _compander(self, ax: Axes) -> None:
        q = self.q
        ax.set_ylim(*plots.forward_limits(q))
        self._level_ticks(ax)
        entries = draw_compander(ax, q, self.theme, self.view)
        self.sheet.name_upright(ax, say("figure.threshold.curve.axis"))
        self._legend(ax, "compander", entries)

    def _level_ticks(self, ax: Axes) -> None:
        low, high = ax.get_ylim()
        _, height = axes_size(ax)
        room = frame.LINE_ROOM * frame.SMALL * self.theme.font_size
        ticks = frame.thin_ticks(self.q.levels.tolist(), height / (high - low), room)
        frame.label_ticks(ax.yaxis, ticks)
        ax.grid(visible=True, axis="y")

    def _backward(self, ax: Axes) -> None:
        theme = self.theme
        ax.set_ylim(*plots.gradient_limits(self.q))
        frame.label_ticks(ax.yaxis, self._slope_ticks())
        ax.grid(visible=True, axis="y")
        plots.draw_guides(ax, self.q, theme, self.view)
        artists = plots.draw_gradients(ax, self.q, theme, self.view, self.shown)
        self.sheet.name_upright(ax, say("figure.threshold.gradient"))
        entries: list[frame.Entry] = []
        for name, line in (("gste", artists.gste), ("ste", artists.ste)):
            if line:
                entries.append((line, say(f"figure.threshold.{name}")))
        if "monte_carlo_gradient" in self.shown:
            estimate = estimate_of(self.state)
            found = plots.draw_monte_carlo_gradient(ax, estimate, theme)
            self._hollow(ax, found.dots, estimate)
            words = say("figure.threshold.monte_carlo_gradient", draws=self.state["draws"])
            any_beyond = len(np.atleast_1d(found.beyond.get_xdata())) > 0
            entries.append(((found.dots, found.beyond) if any_beyond else found.dots, words))
        self._legend(ax, "backward", entries)

    def _hollow(self, ax: Axes, dots: Line2D, estimate: GradientEstimate) -> None:
        """Make rings of the dots that mix the slopes of both sides of an edge."""
        mixed = estimate.near_edge & (estimate.mean <= plots.gradient_top(self.q))
        ax.plot(
            estimate.x[mixed],
            estimate.mean[mixed],
            linestyle="",
            marker=dots.get_marker(),
            markersize=HOLE * dots.get_markersize(),
            markeredgewidth=0.0,
            color=self.theme.color["panel"],
            zorder=dots.get_zorder(),
        )

    def _histogram(self, ax: Axes) -> None:
        theme, summary = self.theme, summary_of(self.state)
        plots.draw_guides(ax, self.q, theme, self.view)
        plots.draw_histogram(ax, summary, self.q, theme, self.view)
        values, digits = frame.round_ticks(
            *ax.get_ylim(), axes_size(ax)[1], frame.SMALL * theme.font_size, upright=True
        )
        frame.label_ticks(ax.yaxis, values, digits)
        self.sheet.name_upright(ax, say("figure.threshold.share"))
        data = self.state["data"]
        words = say(f"data.{data if isinstance(data, str) else 'own'}")
        shades = min(LEGEND_LEVELS, self.q.levels.size)
        patches = tuple(Patch(color=color, linewidth=0.0) for color in theme.levels(shades))
        entropy = datasets.entropy_bits(datasets.occupancy(self.q, summary))
        most = float(np.log2(self.q.levels.size))
        claim = say("figure.threshold.entropy", entropy=short(entropy), most=short(most))
        self._legend(ax, "histogram", [(patches, f"{words}, {claim}")])

    def _input_axis(self) -> None:
        """Put numbers below the last panel only."""
        em = self.theme.font_size
        last = self.panels[-1]
        for name, ax in self.axes.items():
            self.sheet.input_numbers(ax, seen=name == last)
        ruler = RULER_HEIGHT if self.panels == ["forward"] else 0.0
        ax = self.axes[last]
        if ruler:
            ax.tick_params(axis="x", pad=frame.number_pad(self.theme) + ruler * em)
        self.sheet.name_input(ax, beyond=ruler)
