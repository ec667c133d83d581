"""The puzzle that all the rest answers: a step forward, no slope backward, and the STE instead."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import plots, style
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.article import EQUAL, OVERHANG, draw_tie, draw_true_slope, seen, write
from n2uq_viz.figures.judged import one_ramp
from n2uq_viz.figures.sheet import Sheet, number_list
from n2uq_viz.figures.shown import read, settle
from n2uq_viz.plots.forward import THIN
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 24.8
#: Empty space above and below the outputs, in units of their range, and the panels of slopes, in
#: units of the estimator's slope.
AROUND = 0.3
SLOPES: View = (-0.25, 1.75)
#: Heights of words in the panels of slopes, one row after the other, in the same units.
LOW_ROW, MIDDLE_ROW, TOP_ROW = 0.2, 0.6, 1.48
#: Height of the bracket over the open gate, and of its ends; how far lines at ties go up.
BRACKET, HOOK, UP = 1.2, 0.06, 1.25
# In units of the theme's font size.
GUTTER = 1.2
#: Width of the panel with the gate, next to the others.
WIDER = 1.4


def figure1_ste(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw a staircase forward, its true derivative, and the STE that takes its place.

    One step has the slope of the textbook, 1 between its edges; several have that of the chord from
    the first corner of their expectation to the last. After the first figure of Liu et al.,
    "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv 2111.14826. The estimator is that of
    Bengio et al., 2013, arXiv 1308.3432, with the range gate of binarized networks, arXiv
    1602.02830.

    Parameters
    ----------
    state
        A state of the Binary explorer, of which edges, levels and view are drawn; without it one
        step from −1 to 1.
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
    >>> len(figure1_ste({"version": 1, "edges": [0, 1, 3], "levels": [0, 1, 2]}).axes)
    3
    """
    shown, look, size = read(state, theme, size, "binary")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


def estimator(q: Quantizer) -> Quantizer:
    """Return the ramp whose slope the figure calls the STE: 1 for one step, the chord for several.

    >>> estimator(Quantizer.binary((0.0, 4.0))).slopes, estimator(Quantizer.uniform(2)).slopes
    (array([1.]), array([1.]))
    """
    if q.thresholds.size > 1:
        return one_ramp(q)
    low, high = q.edges
    return Quantizer(q.edges, (0.0, high - low))


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme = theme
        self.q = q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.ramp = estimator(q)
        self.slope = float(self.ramp.slopes[0])
        self.values = words(state)[1]
        self.one = q.thresholds.size == 1
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(self._say("title"))
        drawings = {"forward": self._forward, "true": self._true, "ste": self._ste}
        columns = [
            panels.Column(
                {name: self._panel(name)},
                share=WIDER if name == "ste" else 1.0,
                right=0.0 if name == "ste" else GUTTER,
            )
            for name in drawings
        ]
        for name, place in panels.arrange(sheet, top, columns).items():
            ax, forward = place.ax, name == "forward"
            ax.set_xlim(*self.view)
            sheet.input_numbers(ax, seen=True, beyond=OVERHANG)
            if forward:
                sheet.level_numbers(ax, q.levels.tolist())
            else:
                frame.label_ticks(ax.yaxis, [0.0, self.slope])
                ax.grid(visible=True, axis="y")
            sheet.name_below(ax, say("figure.threshold.input"))
            upright = say(f"figure.threshold.{'output' if forward else 'gradient'}")
            sheet.name_upright(ax, upright, place.name_at)
            drawings[name](ax)

    def _say(self, key: str, **values: str) -> str:
        """Return words about one step, or about several where these have words of their own."""
        ending = "" if self.one else ".several"
        return say(f"figure.figure1_ste.{key}{ending}", **self.values, **values)

    def _panel(self, name: str) -> panels.Panel:
        head = (self._say(f"{name}.title"), self._say(f"{name}.text"))
        if name == "forward":
            levels = self.q.levels
            room = AROUND * float(levels[-1] - levels[0])
            limits = (float(levels[0]) - room, float(levels[-1]) + room)
            numbers = [short(level) for level in levels.tolist()]
        else:
            limits = (SLOPES[0] * self.slope, SLOPES[1] * self.slope)
            numbers = ["0", short(self.slope)]
        return panels.Panel(limits, head, numbers=numbers, below=panels.NAMED)

    def _forward(self, ax: Axes) -> None:
        plots.draw_quantizer(ax, self.q, self.theme, self.view)
        draw_tie(ax, self.q, self.theme, self.view)

    def _true(self, ax: Axes) -> None:
        draw_true_slope(ax, self.q, self.theme, self.view)
        ties = seen(self.q.thresholds, self.view)
        ax.vlines(
            ties,
            0.0,
            UP * self.slope,
            color=self.theme.color["muted"],
            linestyle=style.LINE["edge"],
            linewidth=frame.SPINE_WIDTH,
            zorder=1.5,
        )
        if ties.size:
            middle = float(np.clip(0.5 * (ties[0] + ties[-1]), *self.view))
            heights = (TOP_ROW, SLOPES[1] - 0.2)
            undefined = self._say("undefined")
            self._write(ax, [(undefined, middle, h) for h in heights])
        borders = np.concatenate(([self.view[0]], ties, [self.view[1]]))
        zero = say("figure.figure1_ste.zero")
        for a, b in itertools.pairwise(borders.tolist()):
            self._write(ax, [(zero, 0.5 * (a + b), LOW_ROW)])

    def _write(self, ax: Axes, places: list[tuple[str, float, float]], color: str = "ink") -> None:
        """Write words at an input and a height in units of the slope, where there is room."""
        write(ax, self.theme, [(text, (x, h * self.slope)) for text, x, h in places], color)

    def _ste(self, ax: Axes) -> None:
        theme, view = self.theme, self.view
        low, high = np.clip(self.ramp.edges, *view).tolist()
        ax.axvspan(*self.ramp.edges.tolist(), color=theme.color["grid"], linewidth=0.0, zorder=0.5)
        draw_true_slope(ax, self.q, theme, view, THIN)
        plots.draw_gradients(ax, self.ramp, theme, view, ("ste",))
        middle = 0.5 * (low + high)
        if low < high:
            bracket = np.array([BRACKET - HOOK, BRACKET, BRACKET, BRACKET - HOOK])
            ax.plot(
                [low, low, high, high],
                bracket * self.slope,
                color=theme.color["ink"],
                linewidth=frame.SPINE_WIDTH,
                zorder=3.0,
            )
            gate = [say(f"figure.figure1_ste.{key}") for key in ("open", "open.short")]
            self._write(ax, [(text, middle, TOP_ROW) for text in gate])
            # A slope of 1 changes nothing, and needs no factor.
            ending = "" if self.values["inside"] == "1" else ".times"
            passed = [
                say(f"figure.figure1_ste.{key}{ending}", **self.values)
                for key in ("passed", "passed.lines")
            ]
            self._write(ax, [(text, middle, MIDDLE_ROW) for text in passed], "ste")
            self._write(ax, [(say("figure.figure1_ste.true_slope"), middle, LOW_ROW)])
        for a, b in ((view[0], max(low, view[0])), (min(high, view[1]), view[1])):
            if a < b:
                self._write(ax, [(say("figure.figure1_ste.closed"), 0.5 * (a + b), TOP_ROW)])


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "binary")
    q = Quantizer(shown["edges"], shown["levels"])
    low, high = q.edges[[0, -1]].tolist()
    chord = float(one_ramp(q).slopes[0])
    inside = float(estimator(q).slopes[0])
    parts = ["one" if q.thresholds.size == 1 else "several"]
    if abs(inside - chord) > EQUAL * chord:
        parts.append("ramp")
    parts.append("source")
    return parts, {
        "count": str(q.thresholds.size),
        "tie": short(float(q(q.thresholds)[0])),
        "threshold": short(float(q.thresholds[0])),
        "thresholds": number_list(q.thresholds.tolist()),
        "low": short(low),
        "high": short(high),
        "inside": short(inside),
        "chord": short(chord),
        "lower": short(float(q.levels[0])),
        "upper": short(float(q.levels[-1])),
    }
