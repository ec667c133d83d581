"""The picture of the Binary explorer: a quantizer that is certain beside one that throws coins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2uq_viz import plots, style
from n2uq_viz.figures import coins, frame, panels
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, visible
from n2uq_viz.figures.thrown import claim
from n2uq_viz.plots.labels import axes_size, short, text_width
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 43.2
RIGHT = 12.6
#: Empty space above and below the outputs in the panel of coins, and where the bars of its heaps
#: begin and end beyond an output: all in units of the step.
AROUND, HEAP = 0.6, (0.12, 0.46)
#: Empty space right of the last coin, as a share of all of them.
BEYOND = 0.03
CHANCES = (-0.06, 1.06)
#: Diameter of the ring that stands for all coins, next to other dots.
RING = 4.5
HEAP_COVER = 0.55


def binary(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw deterministic beside stochastic quantization, and the coins that one input throws.

    Left the staircase and the chance of the upper of the two outputs in reach, right the
    expectation and the coins at the state's input: how many showed which output, and their mean.

    Parameters
    ----------
    state
        A state of the Binary explorer; without it one step from −1 to 1.
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
    >>> len(binary({"version": 1, "edges": [0, 2], "levels": [0, 2], "thrown": 0}).axes)
    4
    """
    shown, look, size = read(state, theme, size, "binary")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme, self.x, self.thrown = theme, float(state["x"]), int(state["thrown"])
        self.q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.shown = visible(state)
        self.throws = coins.throw(self.q, [self.x], self.thrown, state["seed"])
        lower, upper, chance = self.q.outcomes(self.x)
        self.lower, self.upper, self.chance = float(lower), float(upper), float(chance)
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(claim(self.q, self.x))
        rise = AROUND * (self.upper - self.lower)
        named = panels.NAMED
        places = panels.arrange(
            sheet,
            top,
            [
                panels.Column(
                    {
                        "deterministic": panels.output_panel(
                            self.q, head=_head("deterministic"), share=1.1, below=named
                        ),
                        "chance": panels.Panel(CHANCES, _head("chance"), below=named),
                    }
                ),
                panels.Column(
                    {
                        "stochastic": panels.output_panel(
                            self.q, head=_head("stochastic"), share=1.1, below=named
                        ),
                        "coins": panels.Panel(
                            (self.lower - rise, self.upper + rise),
                            _head("coins", x=short(self.x)),
                            numbers=[short(self.lower), short(self.upper)],
                            below=named,
                        ),
                    },
                    right=RIGHT,
                ),
            ],
        )
        self.axes = {name: place.ax for name, place in places.items()}
        for name, place in places.items():
            key = "chance" if name == "chance" else "output"
            sheet.name_upright(place.ax, say(f"figure.binary.axis.{key}"), place.name_at)
            if name != "coins":
                place.ax.set_xlim(*self.view)
                plots.draw_guides(place.ax, self.q, theme, self.view)
                sheet.input_numbers(place.ax, seen=True)
                sheet.name_below(place.ax, say("figure.threshold.input"))
        entries = [*self._deterministic(), *self._stochastic(), *panels.guide_entries(theme)]
        sheet.legend(self.axes["stochastic"], say("figure.binary.legend"), entries, room=RIGHT)
        below = [*self._chance(), *self._coins()]
        title = say("figure.binary.at", x=short(self.x))
        sheet.legend(self.axes["coins"], title, below, room=RIGHT)

    def _deterministic(self) -> list[frame.Entry]:
        ax = self.axes["deterministic"]
        self.sheet.level_numbers(ax, self.q.levels.tolist())
        if "deterministic" not in self.shown:
            panels.draw_probe(ax, self.x, None, self.theme)
            self.sheet.note(ax, say("figure.binary.hidden"))
            return []
        artists = plots.draw_quantizer(ax, self.q, self.theme, self.view)
        dot = panels.draw_probe(ax, self.x, float(self.q(self.x)), self.theme)
        return [
            (artists.treads, say("figure.binary.deterministic")),
            (dot, self._at("certain")),
        ]

    def _at(self, key: str) -> str:
        """Return words for a mark at the input, which may lie beside the view."""
        seen = self.view[0] <= self.x <= self.view[1]
        return say(f"figure.binary.{key}{'' if seen else '.unseen'}", x=short(self.x))

    def _stochastic(self) -> list[frame.Entry]:
        ax, theme, view = self.axes["stochastic"], self.theme, self.view
        self.sheet.level_numbers(ax, self.q.levels.tolist())
        panels.draw_probe(ax, self.x, None, theme)
        entries: list[frame.Entry] = []
        if "expectation" in self.shown:
            line = plots.draw_expectation(ax, self.q, theme, view)
            entries.append((line, say("figure.threshold.expectation")))
        if "band" in self.shown and self.thrown:
            panels.draw_band(ax, self.q, self.thrown, theme, view)
            patch = Patch(color=theme.color["band"], linewidth=0.0)
            entries.append((patch, say("figure.binary.band")))
        last = self.throws.last
        if last is not None and "coins" in self.shown:
            share = float(last.count[0]) / last.draws
            for y, part in ((self.lower, 1.0 - share), (self.upper, share)):
                if part > 0.0:
                    size = RING * theme.marker_size * part**0.5
                    ring = self._dots(ax, [self.x], [y], size, hollow=True)
            ring = Line2D([], [])
            ring.update_from(self._dots(ax, [], [], 0.5 * RING * theme.marker_size, hollow=True))
            entries.append((ring, say("figure.binary.rings")))
        if last is not None and "monte_carlo" in self.shown:
            size = panels.PROBE_SIZE * theme.marker_size
            dot = self._dots(ax, [self.x], last.mean.tolist(), size)
            entries.append((dot, say("figure.binary.mean")))
        if not entries:
            self.sheet.note(ax, say("figure.binary.hidden"))
        return entries

    def _dots(
        self, ax: Axes, x: list[float], y: list[float], size: float, *, hollow: bool = False
    ) -> Line2D:
        color = self.theme.color["monte_carlo"]
        (dots,) = ax.plot(
            x,
            y,
            linestyle="",
            marker=style.MARKER["monte_carlo"],
            markersize=size,
            markeredgewidth=self.theme.line_width if hollow else 0.0,
            markerfacecolor="none" if hollow else color,
            color=color,
            zorder=panels.PROBE_ORDER + (0.0 if hollow else 0.1),
        )
        return dots

    def _chance(self) -> list[frame.Entry]:
        ax, theme = self.axes["chance"], self.theme
        self.sheet.upright_numbers(ax)
        (line,) = ax.plot(
            *chance_line(self.q, self.view),
            color=theme.color["expectation"],
            linewidth=theme.line_width,
        )
        dot = panels.draw_probe(ax, self.x, self.chance, theme, "expectation", "D")
        return [((line, dot), say("figure.binary.chance", p=short(self.chance)))]

    def _coins(self) -> list[frame.Entry]:
        ax, theme, throws, last = self.axes["coins"], self.theme, self.throws, self.throws.last
        ax.set_xlim(0.0, (1.0 + BEYOND) * max(self.thrown, 1))
        self.sheet.level_numbers(ax, [self.lower, self.upper])
        self.sheet.input_numbers(ax, seen=True, whole=True)
        self.sheet.name_below(ax, say("figure.binary.axis.coins"))
        entries: list[frame.Entry] = []
        if last is None:
            self.sheet.note(ax, say("figure.binary.none"))
            return entries
        if "coins" in self.shown:
            self._heaps(ax, int(last.count[0]))
            patch = Patch(color=theme.color["monte_carlo"], alpha=HEAP_COVER, linewidth=0.0)
            entries.append((patch, say("figure.binary.heaps")))
        draws = throws.draws.astype(np.float64)
        found = plots.draw_running(ax, self.q, self.x, draws, throws.means.T, theme)
        found.expectation.set_xdata(ax.get_xlim())
        wanted: dict[str, list[Artist]] = {
            "expectation": [found.expectation],
            "monte_carlo": [*found.runs],
            "band": [found.funnel],
        }
        for name, artists in wanted.items():
            if name not in self.shown:
                for artist in artists:
                    artist.remove()
        if "monte_carlo" in self.shown:
            dot = self._dots(
                ax, [draws[-1]], last.mean.tolist(), panels.PROBE_SIZE * theme.marker_size
            )
            words = say("figure.binary.running", mean=short(float(last.mean[0])))
            entries.append(((found.runs[0], dot), words))
        if not {"coins", *wanted} & set(self.shown):
            self.sheet.note(ax, say("figure.binary.hidden"))
        return entries

    def _heaps(self, ax: Axes, up: int) -> None:
        """Draw how many coins showed which output, with the number beside or on each bar."""
        theme, rise = self.theme, self.upper - self.lower
        size = frame.SMALL * theme.font_size
        (width, _), (start, end) = axes_size(ax), ax.get_xlim()
        for y, side, count in ((self.lower, -1.0, self.thrown - up), (self.upper, 1.0, up)):
            inner, outer = (y + side * part * rise for part in HEAP)
            ax.barh(
                0.5 * (inner + outer),
                count,
                height=abs(outer - inner),
                color=theme.color["monte_carlo"],
                alpha=HEAP_COVER,
                linewidth=0.0,
            )
            words = say("figure.binary.heap", count=f"{count:,}", y=short(y))
            needed = frame.DRAWN * text_width(words, size) + size
            fits = (end - count) / (end - start) * width > needed
            if needed > width:  # the text alternative has the numbers as well
                continue
            ax.annotate(
                words,
                # Behind the bar, or on it where there is no room.
                xy=(count if fits else 0.0, 0.5 * (inner + outer)),
                xytext=(0.4 * size, 0.0),
                textcoords="offset points",
                ha="left",
                va="center_baseline",
                fontsize=size,
                color=theme.color["ink"],
            )


def chance_line(q: Quantizer, view: View) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the chance of the upper output over `view` as (x, y), with a NaN at every jump.

    >>> chance_line(Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0]), (-1.0, 2.0))
    (array([-1.,  0.,  1., nan,  1.,  2.]), array([0. , 0. , 1. , nan, 0. , 0.5]))
    """
    x, y = [np.array([view[0]])], [q.step_probability(np.array([view[0]]))]
    for edge in q.edges[(view[0] < q.edges) & (q.edges < view[1])].tolist():
        if edge in (q.edges[0], q.edges[-1]):
            x.append(np.array([edge]))
            y.append(q.step_probability(x[-1]))
        else:
            x.append(np.array([edge, np.nan, edge]))
            y.append(np.array([1.0, np.nan, 0.0]))
    x.append(np.array([view[1]]))
    y.append(q.step_probability(x[-1]))
    return np.concatenate(x), np.concatenate(y)


def _head(name: str, **values: str) -> tuple[str]:
    return (say(f"figure.binary.head.{name}", **values),)
