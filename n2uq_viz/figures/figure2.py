"""Binarization that is certain, and binarization by coins: each with its mean and its slope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from n2uq_viz import plots, style
from n2uq_viz import state as states
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.article import (
    MEAN_DRAWS,
    OVERHANG,
    SLOPE_DRAWS,
    cut_room,
    draw_slope_dots,
    draw_tie,
    draw_true_slope,
    estimated_slopes,
    less,
)
from n2uq_viz.figures.judged import is_one_ramp, one_ramp
from n2uq_viz.figures.sheet import Sheet, number_list
from n2uq_viz.figures.shown import read, settle
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import uniforms
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 46.4
RIGHT, GUTTER = 12.6, 0.8
#: Draws that are seen one by one at an input of one step, which lie apart so that more of them make
#: a longer pile: how far, in output ranges. Several steps leave no room for piles.
PILE, LIFT = 5, 0.075
#: Every so many of the inputs with a mean show single draws, of this size next to other dots.
STRIDE, COIN = 2, 0.7
#: Empty space above and below what is drawn, in output ranges.
AROUND = 0.08


def figure2_binary(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw deterministic beside stochastic binarization, and the slope of each below it.

    Left the step of equation 1 and its slope. Right single draws of equation 2, their means with a
    95 % band around the expectation, and the slope of that, the clipped STE, with slopes estimated
    from the same draws. After the second figure of Liu et al., "Nonuniform-to-Uniform
    Quantization", CVPR 2022, arXiv 2111.14826, and Courbariaux et al., 2016, arXiv 1602.02830.

    Parameters
    ----------
    state
        A state of the Binary explorer, of which edges, levels, view, x and seed are used; without
        it one step from −1 to 1. Several steps are drawn all the same, with G-STE below.
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
    >>> len(figure2_binary({"version": 1, "edges": [0, 1, 3], "levels": [0, 1, 2]}).axes)
    4
    """
    shown, look, size = read(state, theme, size, "binary")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


def single_draws(
    q: Quantizer, x: FloatArray, count: int, seed: int
) -> tuple[FloatArray, np.ndarray[Any, Any]]:
    """Return outputs of the first draws at every input, (n, count), and whether each is the upper.

    They are the very ones that ``simulate_shared`` counts.

    >>> y, up = single_draws(Quantizer.binary(), np.array([-2.0, 0.0, 2.0]), 2, seed=0)
    >>> y[[0, 2]].tolist(), simulate_shared(Quantizer.binary(), [-2.0, 0.0, 2.0], 2).mean
    ([[-1.0, -1.0], [1.0, 1.0]], array([-1.,  0.,  1.]))
    """
    lower, upper, p = (np.asarray(values)[:, None] for values in q.outcomes(x))
    up = uniforms(seed, x.size, count) < p
    return np.where(up, upper, lower), up


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme, self.seed = theme, int(state["seed"])
        self.q = q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.x = float(state["x"])
        self.probed = self.view[0] <= self.x <= self.view[1]
        self.grid = np.linspace(*self.view, states.GRID_POINTS)
        self.one = q.thresholds.size == 1
        self.pile = PILE if self.one else 1
        self.span = float(q.levels[-1] - q.levels[0])
        self.values = words(state)[1]
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(self._say("title"))
        around = self.span * (AROUND + (LIFT * self.pile if self.one else 0.0))
        outputs: dict[str, Any] = {
            "limits": (float(q.levels[0]) - around, float(q.levels[-1]) + around),
            "numbers": [short(level) for level in q.levels.tolist()],
            "share": 1.4,
            "below": panels.CLOSE,
        }
        slopes: dict[str, Any] = {
            "limits": plots.gradient_limits(q),
            "notes": cut_room(q),
            "below": panels.NAMED,
        }
        places = panels.arrange(
            sheet,
            top,
            [
                panels.Column(
                    {
                        "deterministic": panels.Panel(head=self._head("deterministic"), **outputs),
                        "zero": panels.Panel(head=self._head("zero"), **slopes),
                    },
                    right=GUTTER,
                ),
                panels.Column(
                    {
                        "stochastic": panels.Panel(head=self._head("stochastic"), **outputs),
                        "slope": panels.Panel(head=self._head("slope"), **slopes),
                    },
                    right=RIGHT,
                ),
            ],
        )
        self.axes = {name: place.ax for name, place in places.items()}
        for name, place in places.items():
            output = name in ("deterministic", "stochastic")
            upright = say(f"figure.threshold.{'output' if output else 'gradient'}")
            sheet.name_upright(place.ax, upright, place.name_at)
            place.ax.set_xlim(*self.view)
            sheet.input_numbers(place.ax, seen=not output, beyond=OVERHANG)
            if output:
                sheet.level_numbers(place.ax, q.levels.tolist())
            else:
                sheet.upright_numbers(place.ax)
                sheet.name_below(place.ax, say("figure.threshold.input"))
        entries = [*self._deterministic(), *self._stochastic()]
        title = say("figure.figure2_binary.outputs")
        sheet.legend(self.axes["stochastic"], title, entries, room=RIGHT)
        entries = [*self._zero(), *self._slope()]
        title = say("figure.figure2_binary.slopes")
        sheet.legend(self.axes["slope"], title, entries, room=RIGHT)

    def _say(self, key: str) -> str:
        """Return words about one step, or about several where these have words of their own."""
        ending = "" if self.one else ".several"
        return say(f"figure.figure2_binary.{key}{ending}", **self.values)

    def _head(self, name: str) -> tuple[str, ...]:
        lines = ("title",) if name in ("zero", "slope") else ("title", "text")
        return tuple(self._say(f"{name}.{line}") for line in lines)

    def _deterministic(self) -> list[frame.Entry]:
        ax = self.axes["deterministic"]
        artists = plots.draw_quantizer(ax, self.q, self.theme, self.view)
        entries: list[frame.Entry] = [
            ((artists.treads, artists.at_tie), say("figure.figure2_binary.certain")),
        ]
        if self.probed:
            panels.draw_probe(ax, self.x, float(self.q(self.x)), self.theme)
        draw_tie(ax, self.q, self.theme, self.view)
        return entries

    def _stochastic(self) -> list[frame.Entry]:
        ax, q, theme, view = self.axes["stochastic"], self.q, self.theme, self.view
        coins = self._coins(ax)
        panels.draw_band(ax, q, MEAN_DRAWS, theme, view)
        mc = simulate_shared(q, self.grid, MEAN_DRAWS, self.seed, progress=False)
        dots = plots.draw_monte_carlo(ax, mc, theme)
        line = plots.draw_expectation(ax, q, theme, view)
        band = Patch(color=theme.color["band"], linewidth=0.0)
        entries: list[frame.Entry] = [
            (coins, self._say("coins")),
            (dots, say("figure.figure2_binary.mean", **self.values)),
            (band, say("figure.threshold.band")),
            (line, say("figure.threshold.expectation")),
        ]
        if self.probed:
            dot = panels.draw_probe(ax, self.x, float(q.expectation(self.x)), theme)
            entries.append((dot, say("figure.figure2_binary.chance", **self.values)))
        return entries

    def _coins(self, ax: Axes) -> Line2D:
        """Draw single draws at their output; those of one step pile up on its far side."""
        y, up = single_draws(self.q, self.grid, self.pile, self.seed)
        if self.one:
            away = LIFT * self.span * np.arange(1, self.pile + 1)
            y = y + np.where(up, away, -away)
        (dots,) = ax.plot(
            np.repeat(self.grid[::STRIDE], self.pile),
            y[::STRIDE].ravel(),
            linestyle="",
            marker=style.MARKER["monte_carlo"],
            markersize=COIN * self.theme.marker_size,
            markeredgewidth=0.5 * self.theme.line_width,
            markerfacecolor=self.theme.color["panel"],
            color=self.theme.color["monte_carlo"],
            zorder=2.1,
        )
        return dots

    def _zero(self) -> list[frame.Entry]:
        line, hole = draw_true_slope(self.axes["zero"], self.q, self.theme, self.view)
        return [((line, hole), self._say("hole"))]

    def _slope(self) -> list[frame.Entry]:
        ax, q = self.axes["slope"], self.q
        series = ("gste",) if self.one else ("gste", "ste")
        artists = plots.draw_gradients(ax, q, self.theme, self.view, series)
        found = estimated_slopes(q, self.view, self.seed)
        entries: list[frame.Entry] = []
        for name, line in (("gste", artists.gste), ("ste", artists.ste)):
            if line is not None:
                entries.append((line, self._say(name)))
        return entries + draw_slope_dots(ax, found, self.theme)


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "binary")
    q, x = Quantizer(shown["edges"], shown["levels"]), float(shown["x"])
    low, high = q.edges[[0, -1]].tolist()
    lower, upper, p = (float(value) for value in q.outcomes(x))
    one = q.thresholds.size == 1
    parts = ["one"] if one else ["several", "same" if is_one_ramp(q) else "apart"]
    if shown["view"][0] <= x <= shown["view"][1]:
        parts.append("x")
    view: View = (shown["view"][0], shown["view"][1])
    found = estimated_slopes(q, view, int(shown["seed"]))
    parts += [*(["rings"] if np.any(found.near_edge) else []), "source"]
    width = short(high - low)
    ramp = less("x", low)
    if width != "1":
        ramp = f"({ramp})/{width}" if " " in ramp else f"{ramp}/{width}"
    return parts, {
        "shape": say(f"figure.figure2_binary.shape{'' if one else '.several'}"),
        "name": say(f"figure.figure2_binary.named{'' if one else '.several'}"),
        "count": str(q.thresholds.size),
        "draws": f"{MEAN_DRAWS:,}",
        "slope_draws": f"{SLOPE_DRAWS:,}",
        "pile": str(PILE),
        "threshold": short(float(q.thresholds[0])),
        "thresholds": number_list(q.thresholds.tolist()),
        "tie": short(float(q(q.thresholds)[0])),
        "lowest": short(float(q.levels[0])),
        "highest": short(float(q.levels[-1])),
        "low": short(low),
        "high": short(high),
        "chance_of": ramp,
        "chance": ramp.replace(" ", "\N{NO-BREAK SPACE}"),
        "slopes": number_list(q.slopes.tolist()),
        "slope": short(float(q.slopes[0])),
        "chord": short(float(one_ramp(q).slopes[0])),
        "half_width": "" if found.half_width is None else short(found.half_width),
        "x": short(x),
        "y": short(float(q(x))),
        "upper": short(upper),
        "lower": short(lower),
        "p": short(p),
        "expected": short(float(q.expectation(x))),
    }
