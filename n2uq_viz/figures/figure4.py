"""N2UQ in both directions: learned segments in, equal steps out, and the gradients that teach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2uq_viz import plots
from n2uq_viz import state as states
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.article import OVERHANG, draw_slope_dots, draw_tie, write
from n2uq_viz.figures.learned import claim, parameter_line
from n2uq_viz.figures.segments import (
    OUTSIDE,
    RULER_HEIGHT,
    SLOPES_ROOM,
    draw_output_steps,
    draw_segments,
    label_slopes,
)
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import estimate_of, read
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.plots.labels import axes_size, symbol
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 49.6
RIGHT = 12.6
#: Heights of the panels, next to each other.
SHARES = {"forward": 1.5, "backward": 0.9, "learned": 1.1}
#: Space above 0 in the panel of parameters, where their names stand, as a share of the rest.
HEADROOM, NAME_AT = 0.45, 0.24
#: Widths of the lines of parameters, next to the theme's: later ones are narrower and on top, since
#: they lie on each other wherever they are equal.
START_WIDTH, WIDEST, NARROWEST = 3.6, 2.5, 0.9
LEGEND_LINES = 3
#: Distance of the name s from the first edge, in units of the theme's font size.
BEFORE = 0.6
ORDER = {"start": 2.2, "interval": 2.3, "beyond": 3.0}


def figure4_n2uq(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw N2UQ forward and backward, and what each of its parameters is taught at each input.

    On top the staircase over learned segments a with its expectation and means of draws; then
    G-STE, D over a on each segment, with slopes estimated from draws; then the derivatives of the
    expectation by the start s and every interval a. After the fourth figure of Liu et al.,
    "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv 2111.14826.

    Parameters
    ----------
    state
        A state of the Threshold explorer, of which edges, levels, view, draws, seed and the method
        of the gradient are used; without it 2 bits with unequal segments. Levels need not be
        equidistant as they are in N2UQ: the title says so where they are not.
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
    >>> len(figure4_n2uq({"version": 1, "edges": [0, 2], "levels": [0, 2], "data": "normal"}).axes)
    3
    """
    shown, look, size = read(state, theme, size)
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.state, self.theme = state, theme
        self.q = q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.steps = q.thresholds.size
        self.top = plots.gradient_top(q)
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(claim(q))
        # A slide is too low for three panels one above the other.
        self.beside = size == "slide"
        places = panels.arrange(sheet, top, self._columns())
        drawings = {
            "forward": self._forward,
            "backward": self._backward,
            "learned": self._learned,
        }
        entries: list[frame.Entry] = []
        for name, place in places.items():
            ax = place.ax
            ax.set_xlim(*self.view)
            sheet.name_upright(ax, say(f"figure.figure4_n2uq.axis.{name}"), place.name_at)
            if name == "forward":
                sheet.level_numbers(ax, q.levels.tolist())
            else:
                sheet.upright_numbers(ax)
                # Slopes change at edges only.
                plots.draw_guides(ax, q, theme, self.view).thresholds.remove()
            found = drawings[name](ax)
            self._input_axis(ax, name)
            if self.beside:
                entries += found
            else:
                sheet.legend(ax, say(f"figure.figure4_n2uq.{name}"), found, room=RIGHT)
        if self.beside:
            ax = places["backward"].ax
            sheet.legend(ax, say("figure.figure4_n2uq.legend"), entries, room=RIGHT)

    def _columns(self) -> list[panels.Column]:
        """Return the panels, one above the other or the forward pass beside the others."""
        q, named = self.q, panels.NAMED

        def head(name: str) -> tuple[str, ...]:
            return (say(f"figure.figure4_n2uq.{name}"),) if self.beside else ()

        forward = panels.output_panel(
            q,
            head=head("forward"),
            share=SHARES["forward"],
            below=RULER_HEIGHT + (named if self.beside or self.sheet.narrow else 0.3),
        )
        others = {
            "backward": panels.Panel(
                plots.gradient_limits(q),
                head("backward"),
                share=SHARES["backward"],
                notes=SLOPES_ROOM,
                below=panels.CLOSE,
            ),
            "learned": panels.Panel(
                (-self.top, HEADROOM * self.top),
                head("learned"),
                share=SHARES["learned"],
                below=named,
            ),
        }
        if self.beside:
            return [
                panels.Column({"forward": forward}, right=OUTSIDE),
                panels.Column(others, right=RIGHT),
            ]
        return [panels.Column({"forward": forward, **others}, right=RIGHT)]

    def _input_axis(self, ax: Axes, name: str) -> None:
        """Put numbers and a name below the last panel, and below the first where it is apart."""
        apart = self.beside or self.sheet.narrow
        below = name == "learned" or (name == "forward" and apart)
        self.sheet.input_numbers(ax, seen=below, beyond=OVERHANG)
        if below:
            ruler = RULER_HEIGHT if name == "forward" else 0.0
            pad = frame.number_pad(self.theme) + ruler * self.theme.font_size
            ax.tick_params(axis="x", pad=pad)
            self.sheet.name_below(ax, say("figure.threshold.input"), ruler)

    def _forward(self, ax: Axes) -> list[frame.Entry]:
        q, theme, view, draws = self.q, self.theme, self.view, self.state["draws"]
        plots.draw_guides(ax, q, theme, view, from_curves=True)
        panels.draw_band(ax, q, draws, theme, view)
        grid = np.linspace(*view, states.GRID_POINTS)
        mc = simulate_shared(q, grid, draws, self.state["seed"], progress=False)
        dots = plots.draw_monte_carlo(ax, mc, theme)
        line = plots.draw_expectation(ax, q, theme, view)
        staircase = plots.draw_quantizer(ax, q, theme, view)
        draw_segments(ax, q, theme, view)
        draw_output_steps(ax, q, theme, view, outside=self.beside)
        draw_tie(ax, q, theme, view)
        return [
            (staircase.treads, say("figure.threshold.deterministic")),
            (line, say("figure.threshold.expectation")),
            (dots, say("figure.threshold.monte_carlo", draws=f"{draws:,}")),
            (Patch(color=theme.color["band"], linewidth=0.0), say("figure.threshold.band")),
            # Edges are named below the panel.
            panels.guide_entries(theme)[1],
        ]

    def _backward(self, ax: Axes) -> list[frame.Entry]:
        q, theme, view = self.q, self.theme, self.view
        artists = plots.draw_gradients(ax, q, theme, view, ("gste",))
        # All slopes are named above the panel, those that are cut as well.
        for note in artists.notes:
            note.remove()
        artists.notes = []
        label_slopes(ax, q, theme, view, formulas=True)
        assert artists.gste is not None
        words = say("figure.figure4_n2uq.gste")
        return [(artists.gste, words), *draw_slope_dots(ax, estimate_of(self.state), theme)]

    def _learned(self, ax: Axes) -> list[frame.Entry]:
        q, theme, view = self.q, self.theme, self.view
        lines: list[Line2D] = []
        for k in range(self.steps + 1):
            share = (k - 1) / max(self.steps - 1, 1)
            width = WIDEST + (NARROWEST - WIDEST) * share if k else START_WIDTH
            (line,) = ax.plot(
                *parameter_line(q, k, view),
                color=theme.levels(q.levels.size)[k - 1] if k else theme.color["muted"],
                linewidth=width * theme.line_width,
                # A miter would end in a spike beyond the values.
                solid_joinstyle="round",
                zorder=ORDER["interval"] + 1e-3 * k if k else ORDER["start"],
            )
            lines.append(line)
        self._names(ax)
        stride = max(1, -(-self.steps // LEGEND_LINES))
        key = "figure.figure4_n2uq.interval" + (".one" if self.steps == 1 else "")
        words = say(key, last=symbol("a", self.steps))
        entries: list[frame.Entry] = [
            (lines[0], say("figure.figure4_n2uq.start")),
            (tuple(lines[1::stride]), words),
        ]
        cut = q.slopes > self.top
        middle = q.thresholds[cut & (view[0] < q.thresholds) & (q.thresholds < view[1])]
        if middle.size:
            (beyond,) = ax.plot(
                middle,
                np.full(middle.size, -self.top),
                linestyle="",
                marker="v",
                markersize=2.0 * theme.marker_size,
                markeredgewidth=0.0,
                color=theme.color["ink"],
                clip_on=False,
                zorder=ORDER["beyond"],
            )
            entries.append((beyond, say("figure.figure4_n2uq.beyond")))
        return entries

    def _names(self, ax: Axes) -> None:
        """Name each line where it begins: s at the first edge, and a on its own segment."""
        (low, high), height = self.view, NAME_AT * self.top
        starts = np.clip(self.q.edges[:-1], low, high)
        ends = np.clip(self.q.edges[1:], low, high)
        before = float(self.q.edges[0])
        before -= BEFORE * self.theme.font_size * (high - low) / axes_size(ax)[0]
        write(ax, self.theme, [("s", (before, -height)), ("s", (before, height))], ha="right")
        for k in np.flatnonzero(starts < ends).tolist():
            at = float(0.5 * (starts[k] + ends[k]))
            places = [(symbol("a", k + 1), (x, height)) for x in (at, 0.5 * (starts[k] + at))]
            write(ax, self.theme, places)
