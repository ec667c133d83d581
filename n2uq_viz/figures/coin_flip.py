"""The picture of the Coin-flip explorer: at a few inputs, means on their way to the expectation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.markers import CARETDOWN
from matplotlib.patches import Patch

from n2uq_viz import plots
from n2uq_viz.figures import coins, frame, panels
from n2uq_viz.figures.flips import claim, errors
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, visible
from n2uq_viz.plots.labels import power_of_ten, short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 38.4
RIGHT = 11.6
#: Role of the color, marker and line style of each input.
LOOKS: tuple[tuple[str, str, Any], ...] = (
    ("monte_carlo", "o", "-"),
    ("gste", "s", (0, (5.0, 1.5))),
    ("ste", "^", (0, (5.0, 1.5, 1.0, 1.5))),
    ("ink", "D", (0, (1.0, 1.2))),
)
#: Inputs whose triangles below the panel are hollow: two of the colors are equal in gray.
HOLLOW = (1,)
#: Size of markers on lines and of those at the inputs, next to other dots.
ON_LINE, AT_INPUT = 1.4, 2.0
#: How much the bands of the running means cover.
COVER = 0.2
THIN = 0.6
#: Errors that are drawn per power of ten.
DOTS = 10
#: The axis of draws reaches at least so far, and a factor beyond both its ends.
LEAST_DRAWS, BESIDE = 10, 1.25
#: Empty space around the means, as a share of their range.
SLACK = 0.08
#: How far the panel of errors reaches below the last typical error and above all of them.
DEEP, AROUND = 30.0, 2.0
ORDER = {"band": 1.8, "law": 2.2, "line": 2.6, "point": 3.4}


def coin_flip(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw coins thrown at a few inputs: their means, on the way there, and how far they are off.

    Left the expectation with the means after all coins, in intervals that cover the expectation
    with a chance of about 95 %; right the means and their errors against the number of coins.

    Parameters
    ----------
    state
        A state of the Coin-flip explorer; without it three inputs of a step from −1 to 1.
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
    >>> len(coin_flip({"version": 1, "edges": [0, 2], "levels": [0, 2], "points": [0.5]}).axes)
    3
    """
    shown, look, size = read(state, theme, size, "coin-flip")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme, self.thrown, self.shown = theme, int(state["thrown"]), visible(state)
        self.q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.throws = coins.throw(self.q, state["points"], self.thrown, state["seed"])
        self.x = self.throws.x
        self.deviation = np.sqrt(self.q.variance(self.x))
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(claim(self.throws))
        most = max(self.thrown, LEAST_DRAWS)
        self.draws: View = (1.0 / BESIDE, most * BESIDE)
        low, high = self._error_limits(most)
        powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
        places = panels.arrange(
            sheet,
            top,
            [
                panels.Column(
                    {"forward": panels.output_panel(self.q, head=_head("forward"), below=_NAMED)}
                ),
                panels.Column(
                    {
                        "running": panels.Panel(
                            self._mean_limits(), _head("running"), below=panels.CLOSE
                        ),
                        "error": panels.Panel(
                            (low, high),
                            _head("error"),
                            numbers=[power_of_ten(k) for k in powers],
                            below=_NAMED,
                        ),
                    },
                    right=RIGHT,
                ),
            ],
        )
        for name, place in places.items():
            sheet.name_upright(place.ax, say(f"figure.coin_flip.axis.{name}"), place.name_at)
        entries = self._forward(places["forward"].ax)
        self._running(places["running"].ax)
        entries += self._error(places["error"].ax, (low, high))
        inputs = [(self._key(k), self._name(k)) for k in range(self.x.size)]
        title = say("figure.coin_flip.inputs")
        sheet.legend(places["running"].ax, title, inputs, room=RIGHT)
        title = say("figure.coin_flip.lines")
        if entries:
            sheet.legend(places["error"].ax, title, entries, room=RIGHT)

    # --- What is drawn alike in several panels ---------------------------------------------------

    def _line(self, k: int, **keys: Any) -> dict[str, Any]:
        role, marker, dashes = LOOKS[k]
        return {
            "color": self.theme.color[role],
            "linestyle": dashes,
            "linewidth": THIN * self.theme.line_width,
            "marker": marker,
            "markersize": ON_LINE * self.theme.marker_size,
            "markeredgewidth": 0.0,
            **keys,
        }

    def _key(self, k: int) -> Line2D:
        return Line2D([], [], **self._line(k, linewidth=self.theme.line_width))

    def _name(self, k: int) -> str:
        x = float(self.x[k])
        if self.deviation[k] == 0.0:
            y = short(float(self.q.expectation(x)))
            return say("figure.coin_flip.input.certain", x=short(x), y=y)
        seen = self.view[0] <= x <= self.view[1]
        return say(f"figure.coin_flip.input{'' if seen else '.unseen'}", x=short(x))

    def _marked(self) -> list[int]:
        """Return where along a line its markers are: close to each power of ten, and at the end."""
        draws = self.throws.draws
        powers = [10**k for k in range(int(math.log10(max(self.thrown, 1))) + 1)]
        return sorted({int(np.argmin(np.abs(draws - n))) for n in (*powers, self.thrown)})

    def _some(self) -> NDArray[np.intp]:
        """Return which numbers of draws have a dot for the error, the last one among them."""
        return np.searchsorted(self.throws.draws, coins.spread(self.thrown, DOTS))

    # --- Panels ----------------------------------------------------------------------------------

    def _forward(self, ax: Axes) -> list[frame.Entry]:
        theme, last = self.theme, self.throws.last
        ax.set_xlim(*self.view)
        self.sheet.level_numbers(ax, self.q.levels.tolist())
        self.sheet.input_numbers(ax, seen=True)
        self.sheet.name_below(ax, say("figure.threshold.input"))
        entries: list[frame.Entry] = []
        if "expectation" in self.shown:
            line = plots.draw_expectation(ax, self.q, theme, self.view)
            entries.append((line, say("figure.threshold.expectation")))
        if "band" in self.shown:
            if last is not None:
                panels.draw_band(ax, self.q, self.thrown, theme, self.view)
            patch = Patch(color=theme.color["band"], linewidth=0.0)
            entries.append((patch, say("figure.coin_flip.band")))
        with_means = last is not None and "monte_carlo" in self.shown
        for k, x in enumerate(self.x.tolist()):
            role, marker, dashes = LOOKS[k]
            color = theme.color[role]
            expected = float(self.q.expectation(x))
            ax.plot(
                [x, x],
                [ax.get_ylim()[0], expected],
                color=color,
                linewidth=THIN * theme.line_width,
                linestyle=dashes,
            )
            look: dict[str, Any] = {
                "color": color,
                "marker": marker,
                "markersize": AT_INPUT * theme.marker_size,
                "markeredgewidth": THIN * theme.line_width,
                "linestyle": "",
                "zorder": ORDER["point"],
            }
            if not with_means:
                ax.plot([x], [expected], markerfacecolor=theme.color["panel"], **look)
                continue
            assert last is not None
            low, high = last.interval()
            ax.plot(
                [x, x],
                [low[k], high[k]],
                color=color,
                linewidth=theme.line_width,
                linestyle=dashes,
                marker="_",
                markersize=AT_INPUT * theme.marker_size,
                markeredgewidth=theme.line_width,
                zorder=ORDER["point"] - 0.1,
            )
            ax.plot([x], [last.mean[k]], markerfacecolor=color, **look)
        if with_means:
            bar = Line2D([], [], color=theme.color["muted"], marker="|", linestyle="-")
            bar.set(linewidth=theme.line_width, markersize=AT_INPUT * theme.marker_size)
            entries.append((bar, say("figure.coin_flip.interval")))
        return entries

    def _mean_limits(self) -> View:
        lower, upper, _ = self.q.outcomes(self.x)
        low, high = float(np.min(lower)), float(np.max(upper))
        return low - SLACK * (high - low), high + SLACK * (high - low)

    def _running(self, ax: Axes) -> None:
        theme, throws = self.theme, self.throws
        ax.set(xscale="log", xlim=self.draws)
        self.sheet.upright_numbers(ax)
        self.sheet.powers(ax, "x", seen=False)
        along = np.geomspace(1.0, self.draws[1], 4 * plots.convergence.POINTS)
        for k, x in enumerate(self.x.tolist()):
            if "expectation" in self.shown:
                ax.plot(
                    self.draws,
                    np.full(2, self.q.expectation(x)),
                    color=theme.color["expectation"],
                    linewidth=THIN * theme.line_width,
                    zorder=ORDER["law"],
                )
            if "band" in self.shown and self.deviation[k] > 0.0:
                low, high = plots.funnel(self.q, x, along)
                role, _, dashes = LOOKS[k]
                ax.fill_between(
                    along,
                    low,
                    high,
                    facecolor=(theme.color[role], COVER),
                    edgecolor=theme.color[role],
                    linewidth=THIN * theme.line_width,
                    linestyle=dashes,
                    zorder=ORDER["band"],
                )
            if "monte_carlo" in self.shown and self.thrown:
                marks = self._line(k, markevery=self._marked(), zorder=ORDER["line"])
                ax.plot(throws.draws, throws.means[:, k], **marks)
        if not self.thrown and not ax.lines and not ax.collections:
            self.sheet.note(ax, say("figure.binary.none"))
        elif not ax.lines and not ax.collections:
            self.sheet.note(ax, say("figure.binary.hidden"))

    def _error_limits(self, most: int) -> View:
        """Return the range of the panel of errors: some way below what is typical at the end."""
        typical = self.deviation[self.deviation > 0.0]
        if not typical.size:
            rise = float(self.q.levels[-1] - self.q.levels[0])
            return rise / DEEP, rise
        return float(typical.min()) / most**0.5 / DEEP, AROUND * float(
            max(typical.max(), errors(self.throws).max(initial=0.0))
        )

    def _error(self, ax: Axes, limits: View) -> list[frame.Entry]:
        theme = self.theme
        ax.set(xscale="log", yscale="log", xlim=self.draws, ylim=limits)
        self.sheet.powers(ax, "x")
        self.sheet.powers(ax, "y")
        self.sheet.name_below(ax, say("figure.coin_flip.axis.draws"))
        entries: list[frame.Entry] = []
        off = errors(self.throws)
        ends = np.array(self.draws)
        for k in np.flatnonzero(self.deviation > 0.0).tolist():
            role, _, dashes = LOOKS[k]
            if "error_law" in self.shown:
                ax.plot(
                    ends,
                    self.deviation[k] / np.sqrt(ends),
                    color=theme.color[role],
                    linestyle=dashes,
                    linewidth=theme.line_width,
                    zorder=ORDER["law"],
                )
            if "error" in self.shown and self.thrown:
                some = self._some()
                n, y = self.throws.draws[some], off[some, k]
                for seen, height, marker in (
                    (y >= limits[0], y, LOOKS[k][1]),
                    # No logarithm of 0: a mean that is exact lies below the panel.
                    (y < limits[0], np.full(y.size, limits[0]), CARETDOWN),
                ):
                    look = self._line(k, linestyle="", marker=marker, zorder=ORDER["line"])
                    if marker == CARETDOWN and k in HOLLOW:
                        look |= {"markerfacecolor": "none", "markeredgewidth": theme.line_width}
                    ax.plot(n[seen], height[seen], clip_on=False, **look)
        muted = theme.color["muted"]
        if "error_law" in self.shown and ax.lines:
            line = Line2D([], [], color=muted, linewidth=theme.line_width, linestyle="--")
            entries.append((line, say("figure.coin_flip.law")))
        if "error" in self.shown and self.thrown and ax.lines:
            dots = [self._line(k, linestyle="", color=muted) for k in range(2)]
            keys = tuple(Line2D([], [], **look) for look in dots)
            entries.append((keys, say("figure.coin_flip.error")))
        if not ax.lines:
            exact = not np.any(self.deviation > 0.0)
            none = "figure.binary.hidden" if self.thrown else "figure.binary.none"
            self.sheet.note(ax, say("figure.coin_flip.exact" if exact else none))
        return entries


_NAMED = panels.NAMED


def _head(name: str) -> tuple[str]:
    return (say(f"figure.coin_flip.head.{name}"),)
