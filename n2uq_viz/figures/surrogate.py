"""The picture of the Surrogate explorer: two surrogates side by side, and the noise behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from n2uq_viz import plots
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, visible
from n2uq_viz.figures.side import SIDES, Side, claim, noise_inputs, side_of
from n2uq_viz.plots.labels import nice, short
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 46.4
RIGHT = 11.4
#: Empty space around outputs, and below and above slopes and densities, as shares.
AROUND, BELOW, ABOVE = 0.12, 0.06, 1.1
#: A smooth curve is seen so far beyond the levels, in units of their range.
BEYOND = 0.5
#: A slope or a density above this many times the middle one of its peaks is cut.
CUT = 8.0
COVER = 0.22
#: Dashes of densities, one after the other where each threshold has its own.
DASHES: tuple[Any, ...] = ("-", (0, (5.0, 1.5)), (0, (5.0, 1.5, 1.0, 1.5)), (0, (1.0, 1.2)))
ORDER = {"area": 1.6, "curve": 2.7}


def surrogate(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw two surrogate derivatives: forward, backward, and the noise that each is the mean of.

    On top the staircase that runs forward and the smooth curve that has the surrogate derivative,
    then this derivative, then the density of the noise at each threshold, or why there is none.

    Parameters
    ----------
    state
        A state of the Surrogate explorer; without it clipped STE and EDE.
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
    >>> state = {"version": 1, "edges": [0, 2], "levels": [0, 2], "left": "gste", "right": "pact"}
    >>> len(surrogate(state).axes)
    6
    """
    shown, look, size = read(state, theme, size, "surrogate")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme, self.x, self.shown = theme, float(state["x"]), visible(state)
        self.view: View = (state["view"][0], state["view"][1])
        self.half = 0.5 * (self.view[1] - self.view[0])
        self.sides = {name: side_of(state, name) for name in SIDES}
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(claim(state))
        columns = []
        for name, side in self.sides.items():
            rows = {
                f"{name} forward": panels.Panel(
                    self._output_limits(side),
                    self._head(side),
                    share=1.3,
                    numbers=[short(level) for level in side.levels.tolist()],
                    below=panels.CLOSE,
                ),
                f"{name} derivative": panels.Panel(self._slope_limits(side), below=panels.NAMED),
                f"{name} noise": self._noise_panel(side),
            }
            columns.append(panels.Column(rows, right=RIGHT if name == SIDES[-1] else 0.0))
        places = panels.arrange(sheet, top, columns)
        drawings = {"forward": self._forward, "derivative": self._derivative, "noise": self._noise}
        entries: dict[str, dict[str, frame.Entry]] = {name: {} for name in drawings}
        for key, place in places.items():
            name, row = key.split()
            ax = place.ax
            sheet.name_upright(ax, say(f"figure.surrogate.axis.{row}"), place.name_at)
            ax.set_xlim(*((-self.half, self.half) if row == "noise" else self.view))
            sheet.input_numbers(ax, seen=row != "forward")
            for words, entry in drawings[row](ax, self.sides[name]).items():
                entries[row].setdefault(words, entry)
        for row, found in entries.items():
            ax = places[f"{SIDES[-1]} {row}"].ax
            sheet.legend(ax, say(f"figure.surrogate.{row}"), list(found.values()), room=RIGHT)

    def _head(self, side: Side) -> tuple[str, ...]:
        forward, smooth, slope = (short(value) for value in side.values(self.x))
        values = say(
            "figure.surrogate.values", x=short(self.x), y=forward, smooth=smooth, slope=slope
        )
        return side.surrogate.title, side.settings or say("figure.surrogate.plain"), values

    # --- Limits ----------------------------------------------------------------------------------

    def _output_limits(self, side: Side) -> View:
        low, high = float(side.levels[0]), float(side.levels[-1])
        smooth = side.surrogate.smooth(side.inputs(self.view), **side.parameters)
        most = BEYOND * (high - low)
        bottom = max(min(low, float(smooth.min())), low - most)
        top = min(max(high, float(smooth.max())), high + most)
        room = AROUND * (top - bottom)
        return bottom - room, top + room

    def _slope_limits(self, side: Side) -> View:
        slopes = side.surrogate.derivative(side.inputs(self.view), **side.parameters)
        if side.surrogate.key == "gste":
            top = plots.gradient_top(side.parameters["quantizer"])
        else:
            top = ABOVE * side.peak(self.view) or 1.0
        low = float(min(slopes.min(), 0.0))
        return ABOVE * low - BELOW * top, top

    def _noise_panel(self, side: Side) -> panels.Panel:
        _, found = self._densities(side)
        if not found:
            return panels.Panel((0.0, 1.0), numbers=["0"], below=panels.NAMED)
        peaks = [float(density.max()) for density in found]
        top = nice(ABOVE * min(max(peaks), CUT * float(np.median(peaks))) or 1.0)
        return panels.Panel((-BELOW * top, top), below=panels.NAMED)

    def _densities(self, side: Side) -> tuple[FloatArray, list[FloatArray]]:
        """Return values of the noise, and the density of each law there."""
        laws = side.laws
        e = noise_inputs(laws, self.half)
        return e, [law.density(e) for law in laws]

    # --- Panels: each returns its lines for the legend, by name -----------------------------------

    def _forward(self, ax: Axes, side: Side) -> dict[str, frame.Entry]:
        theme = self.theme
        self.sheet.level_numbers(ax, side.levels.tolist())
        entries: dict[str, frame.Entry] = {}
        forward, smooth, _ = side.values(self.x)
        if "deterministic" in self.shown:
            line = plots.draw_quantizer(ax, side, theme, self.view).treads
            dot = panels.draw_probe(ax, self.x, forward, theme)
            entries["steps"] = (line, say("figure.surrogate.steps"))
            seen = self.view[0] <= self.x <= self.view[1]
            key = "figure.surrogate.output" if seen else "figure.binary.certain.unseen"
            entries["dot"] = (dot, say(key, x=short(self.x)))
        if "smooth" in self.shown:
            x = side.inputs(self.view)
            (line,) = ax.plot(
                x,
                side.surrogate.smooth(x, **side.parameters),
                color=theme.color["expectation"],
                linewidth=theme.line_width,
                zorder=ORDER["curve"],
            )
            dot = panels.draw_probe(ax, self.x, smooth, theme, "expectation", "D")
            entries["smooth"] = ((line, dot), say("figure.surrogate.smooth"))
        if not entries:
            self.sheet.note(ax, say("figure.binary.hidden"))
        return entries

    def _derivative(self, ax: Axes, side: Side) -> dict[str, frame.Entry]:
        theme = self.theme
        self.sheet.upright_numbers(ax)
        self.sheet.name_below(ax, say("figure.threshold.input"))
        if "derivative" not in self.shown:
            self.sheet.note(ax, say("figure.binary.hidden"))
            return {}
        x = side.inputs(self.view)
        slopes = side.surrogate.derivative(x, **side.parameters)
        (line,) = ax.plot(
            x,
            slopes,
            color=theme.color["gste"],
            linewidth=1.3 * theme.line_width,
            solid_joinstyle="miter",
            zorder=ORDER["curve"],
        )
        self._beyond(ax, float(slopes.max()), "gste")
        dot = panels.draw_probe(ax, self.x, side.values(self.x)[2], theme, "gste", "s")
        return {"line": ((line, dot), say("figure.surrogate.slope", x=short(self.x)))}

    def _noise(self, ax: Axes, side: Side) -> dict[str, frame.Entry]:
        theme = self.theme
        self.sheet.name_below(ax, say("figure.surrogate.axis.e"))
        if "noise" not in self.shown:
            self.sheet.upright_numbers(ax)
            self.sheet.note(ax, say("figure.binary.hidden"))
            return {}
        e, found = self._densities(side)
        if not found:
            ax.set_yticks([0.0], labels=["0"])
            why = side.surrogate.no_noise(**side.parameters)
            self.sheet.note(ax, say("figure.surrogate.no_noise", why=why), "ink")
            return {}
        self.sheet.upright_numbers(ax)
        several = len(found) > 1
        colors = theme.levels(len(found) + 1) if several else [theme.color["monte_carlo"]]
        for k, density in enumerate(found):
            look: dict[str, Any] = {"color": colors[k], "linestyle": DASHES[k % len(DASHES)]}
            ax.plot(e, density, linewidth=theme.line_width, zorder=ORDER["curve"], **look)
        if not several:
            color = theme.color["band"]
            ax.fill_between(e, 0.0, found[0], color=color, linewidth=0.0, zorder=ORDER["area"])
        self._beyond(ax, max(float(density.max()) for density in found), "monte_carlo")
        lines = [line for line in ax.lines if isinstance(line, Line2D)][: len(found)]
        if several:
            return {"each": (tuple(lines[:2]), say("figure.surrogate.density.each"))}
        return {"one": (lines[0], say("figure.surrogate.density.one"))}

    def _beyond(self, ax: Axes, peak: float, role: str) -> None:
        """Say how high a curve goes that leaves the panel."""
        if peak <= ax.get_ylim()[1] * (1.0 + 1e-9):
            return
        em = self.theme.font_size
        ax.annotate(
            say("figure.surrogate.beyond", peak=short(peak)),
            xy=(0.0, 1.0),
            xycoords="axes fraction",
            xytext=(0.4 * em, -0.2 * em),
            textcoords="offset points",
            ha="left",
            va="top",
            fontsize=frame.SMALL * em,
            color=self.theme.color[role],
            bbox={"facecolor": self.theme.color["panel"], "edgecolor": "none", "pad": 0.5},
        )
