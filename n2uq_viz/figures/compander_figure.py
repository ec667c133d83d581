"""N2UQ in two steps: a learned curve, then uniform rounding, and what both make of an input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import plots
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.compander import (
    ROUNDING,
    WAY,
    draw_compander,
    draw_stripes,
    is_even,
    level_bounds,
    middles,
)
from n2uq_viz.figures.sheet import Sheet, number_list
from n2uq_viz.figures.shown import read, settle
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.style import LINE
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 36.8
#: Room below the outputs for the stripes along the horizontal axis, as a share of the outputs.
FOOT = 0.2
PANELS = ("curve", "rounding", "quantizer")


def compander(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw the quantizer as rounding of a learned, increasing, piecewise-linear curve.

    The curve c is the expectation; with levels ``D`` apart the output is
    ``y_0 + D * ceil((c(x) - y_0) / D - 1 / 2)``. A stripe for each level shows what becomes it:
    stripes that are equal before the curve's inverse, on the axis of its values, and unequal after
    it, on that of the inputs. Levels that are unevenly spaced have unequal stripes on both.

    Source: Liu et al., "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv 2111.14826.

    Parameters
    ----------
    state
        A state of the Threshold explorer: its quantizer over its view.
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
    >>> len(compander({"version": 1, "edges": [0, 2], "levels": [0, 2]}).axes)
    3
    """
    shown, look, size = read(state, theme, size)
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


def kind_of(q: Quantizer) -> str:
    """Return ``"uneven"`` levels, a ``"straight"`` curve to uniform rounding, or a ``"bent"`` one.

    >>> kind_of(Quantizer.uniform(2)), kind_of(Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0]))
    ('straight', 'bent')
    """
    if not is_even(q):
        return "uneven"
    return "straight" if np.ptp(q.intervals) <= ROUNDING * q.intervals.max() else "bent"


def heights(q: Quantizer) -> View:
    """Return the ends of the curve's values: half a step beyond the lowest and highest level.

    >>> heights(Quantizer.uniform(2, high=3))
    (-0.5, 3.5)
    """
    low, high = q.levels[:2], q.levels[-2:]
    return float(low[0] - 0.5 * (low[1] - low[0])), float(high[1] + 0.5 * (high[1] - high[0]))


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme = theme
        self.q = q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.ends = heights(q)
        self.kind = kind_of(q)
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(say(f"figure.compander.title.{self.kind}"))
        places = {name: place.ax for name, place in self._arrange(top).items()}
        entries = [*self._curve(places["curve"]), *self._rounding(places["rounding"])]
        ax = places["quantizer"]
        self._quantizer(ax)
        right = sheet.figure.get_size_inches()[0] * frame.POINTS_PER_INCH * ax.get_position().x1
        room = sheet.width - MARGIN - right / theme.font_size
        sheet.legend(ax, say("figure.compander.legend"), entries, room=room)

    def _arrange(self, top: float) -> dict[str, panels.Place]:
        """Place the panels: those over x one above the other, and the legend beside the lower."""
        q, sheet = self.q, self.sheet
        low, high = self.ends
        limits = (low - FOOT * (high - low), high)
        numbers = [short(level) for level in q.levels.tolist()]
        each = {
            name: panels.Panel(
                limits,
                (
                    say(f"figure.compander.{name}.title"),
                    say(f"figure.compander.{name}.{self.kind}", count=q.levels.size),
                ),
                numbers=numbers,
                below=panels.NAMED,
            )
            for name in PANELS
        }
        if sheet.narrow:
            columns = [panels.Column({name: panel}) for name, panel in each.items()]
        else:
            rest = panels.Panel((0.0, 1.0), numbers=[""])
            columns = [
                panels.Column({name: each[name] for name in ("curve", "quantizer")}),
                panels.Column({"rounding": each["rounding"], "legend": rest}),
            ]
        places = panels.arrange(sheet, top, columns)
        if not sheet.narrow:
            # It has kept the place of the legend.
            places.pop("legend").ax.remove()
        for name, place in places.items():
            place.ax.set_xlim(*(self.ends if name == "rounding" else self.view))
            sheet.level_numbers(place.ax, q.levels.tolist())
            axes = ("height", "input") if name == "curve" else ("y", "input")
            axes = ("y", "height") if name == "rounding" else axes
            sheet.name_upright(place.ax, say(f"figure.compander.axis.{axes[0]}"), place.name_at)
            sheet.input_numbers(place.ax, seen=True, beyond=0.5)
            sheet.name_below(place.ax, say(f"figure.compander.axis.{axes[1]}"))
        return places

    def _curve(self, ax: Axes) -> list[frame.Entry]:
        q = self.q
        entries = draw_compander(ax, q, self.theme, self.view, self.ends)
        self._input_stripes(ax)
        (curve, _), (stripes, _) = entries
        corners = ax.lines[-1]
        return [
            (curve, say("figure.compander.curve")),
            (corners, say("figure.compander.threshold")),
            (stripes, say(f"figure.compander.stripes.{self.kind}")),
        ]

    def _input_stripes(self, ax: Axes) -> None:
        """Draw what each level gets of the input axis; of what is beyond the view, nothing."""
        bounds = np.concatenate(([self.view[0]], self.q.thresholds, [self.view[1]]))
        draw_stripes(ax, np.clip(bounds, *self.view), self.theme, upright=False)

    def _rounding(self, ax: Axes) -> list[frame.Entry]:
        levels = self.q.levels
        draw_stripes(ax, level_bounds(self.q, self.ends), self.theme, upright=False)
        # A quantizer whose edges are its levels has its thresholds midway between them.
        line = plots.draw_quantizer(ax, Quantizer(levels, levels), self.theme, self.ends)
        return [(line.treads, say("figure.compander.steps"))]

    def _quantizer(self, ax: Axes) -> None:
        self._input_stripes(ax)
        bottom, _ = ax.get_ylim()
        seen = (self.view[0] <= self.q.thresholds) & (self.q.thresholds <= self.view[1])
        # Each hangs down from the foot of its step, as under the curve above.
        dashes: Any = LINE["threshold"]
        ax.vlines(
            self.q.thresholds[seen],
            bottom,
            self.q.levels[:-1][seen],
            colors=self.theme.color["threshold"],
            linestyles=dashes,
            linewidths=WAY * self.theme.line_width,
        )
        plots.draw_quantizer(ax, self.q, self.theme, self.view)


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentence holds, and the numbers that are said, as text."""
    shown = settle(state)
    q = Quantizer(shown["edges"], shown["levels"])
    steps = np.diff(q.levels)
    return [kind_of(q)], {
        "count": str(q.levels.size),
        "step": short(float(steps.mean())),
        "steps": number_list(steps.tolist()),
        "first": short(float(q.levels[0])),
        "edges": number_list(q.edges.tolist()),
        "levels": number_list(q.levels.tolist()),
        "middles": number_list(middles(q).tolist()),
        "thresholds": number_list(q.thresholds.tolist()),
        "widths": number_list(np.diff(q.thresholds).tolist()) or "–",
        "low": short(shown["view"][0]),
        "high": short(shown["view"][1]),
    }
