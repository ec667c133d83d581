"""The picture of the Sum-of-steps explorer: a quantizer of many levels, added up step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from n2uq_viz import plots
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.judged import is_one_ramp
from n2uq_viz.figures.ruler import RULER_HEIGHT, draw_ruler
from n2uq_viz.figures.sheet import Sheet, number_list
from n2uq_viz.figures.shown import read, settle, visible
from n2uq_viz.plots.labels import axes_size, place, short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 46.4
RIGHT = 13.2
#: How much the areas of steps cover, and what is not added up yet.
COVER, FAINT = 0.55, 0.3
#: Room above the ramps for the numbers of steps, as a share of the panel, and their font.
NUMBERS_ROOM, NUMBER_SIZE = 0.3, 0.9
#: What notes on cut slopes need above their panel.
NOTE_ROOM = 1.5
FOOT = 0.06
OUTLINE_ORDER = 2.4


def sum_of_steps(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw the first binary steps of a quantizer: their sum, the ramp of each, and its slope.

    Source: Liu et al., "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv 2111.14826: the
    generalized straight-through estimator is one such ramp per step.

    Parameters
    ----------
    state
        A state of the Sum-of-steps explorer; without it 2 bits with unequal segments.
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
    >>> len(sum_of_steps({"version": 1, "edges": [0, 2], "levels": [0, 2], "shown": 0}).axes)
    3
    """
    shown, look, size = read(state, theme, size, "sum-of-steps")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


def first_steps(q: Quantizer, count: int) -> Quantizer | None:
    """Return the quantizer that the first `count` steps add up to; None for none.

    >>> first_steps(Quantizer([0.0, 1.0, 3.0], [0.0, 1.0, 2.0]), 1)
    Quantizer(edges=[0.0, 1.0], levels=[0.0, 1.0])
    """
    return Quantizer(q.edges[: count + 1], q.levels[: count + 1]) if count else None


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme, self.count, self.shown = theme, int(state["shown"]), visible(state)
        self.q = q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.sum = first_steps(q, self.count)
        # One color more than steps: the lightest would not stand out.
        self.colors = theme.levels(q.levels.size)[: self.count]
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(_claim(q, self.count))
        most = float(np.diff(q.levels).max())
        added = q if self.sum is None else self.sum
        cut = self.sum is not None and np.any(added.slopes > plots.gradient_top(added))
        places = panels.arrange(
            sheet,
            top,
            [
                panels.Column(
                    {
                        "sum": panels.output_panel(q, share=2.0, below=RULER_HEIGHT + 0.4),
                        "parts": panels.Panel(
                            (-FOOT * most, (1.0 + NUMBERS_ROOM) * most),
                            numbers=["0", short(most)],
                            below=panels.CLOSE,
                        ),
                        "slopes": panels.Panel(
                            plots.gradient_limits(added), share=1.2, notes=NOTE_ROOM if cut else 0.0
                        ),
                    },
                    right=RIGHT,
                )
            ],
        )
        drawings = {"sum": self._sum, "parts": self._parts, "slopes": self._slopes}
        for name, drawn in places.items():
            ax = drawn.ax
            ax.set_xlim(*self.view)
            plots.draw_guides(ax, q, theme, self.view)
            sheet.name_upright(ax, say(f"figure.sum_of_steps.axis.{name}"), drawn.name_at)
            sheet.input_numbers(ax, seen=name == "slopes")
            entries = drawings[name](ax)
            if name == "sum":
                entries += panels.guide_entries(theme)
            sheet.legend(ax, say(f"figure.sum_of_steps.{name}"), entries, room=RIGHT)
        draw_ruler(places["sum"].ax, q, theme, self.view, below=True)
        sheet.name_input(places["slopes"].ax)

    def _areas(self, ax: Axes, shapes: list[FloatArray]) -> tuple[Artist, ...]:
        """Fill one shape for each step, and return some of their colors for a legend."""
        return panels.fill_steps(ax, shapes, self.colors, COVER, self.theme)

    def _sum(self, ax: Axes) -> list[frame.Entry]:
        q, theme, view = self.q, self.theme, self.view
        self.sheet.level_numbers(ax, q.levels.tolist())
        entries: list[frame.Entry] = []
        if "parts" in self.shown and self.count:
            patches = self._areas(ax, [stacked(q, k, view) for k in range(self.count)])
            entries.append((patches, say("figure.sum_of_steps.areas")))
        if "deterministic" in self.shown:
            if self.count < q.thresholds.size:
                whole = plots.draw_quantizer(ax, q, theme, view)
                for line in (whole.treads, whole.risers, whole.at_tie, whole.above_tie):
                    line.set(alpha=FAINT, zorder=panels.AREA_ORDER + 0.1)
                entries.append((whole.treads, say("figure.sum_of_steps.whole")))
            if self.sum is not None:
                drawn = plots.draw_quantizer(ax, self.sum, theme, view)
                entries.append((drawn.treads, self._words("deterministic")))
        if "expectation" in self.shown and self.sum is not None:
            line = plots.draw_expectation(ax, self.sum, theme, view)
            entries.append((line, self._words("expectation")))
        if not entries:
            key = "figure.sum_of_steps.none" if self.shown else "figure.threshold.nothing"
            self.sheet.note(ax, say(key))
        return entries

    def _words(self, name: str) -> str:
        key = "figure.sum_of_steps." + name + (".one" if self.count == 1 else "")
        return say(key, count=self.count)

    def _parts(self, ax: Axes) -> list[frame.Entry]:
        q, theme = self.q, self.theme
        most = float(np.diff(q.levels).max())
        frame.label_ticks(ax.yaxis, [0.0, most])
        ax.grid(visible=True, axis="y")
        if "parts" not in self.shown or not self.count:
            hidden = "parts" not in self.shown
            self.sheet.note(
                ax, say("figure.binary.hidden" if hidden else "figure.sum_of_steps.none")
            )
            return []
        shapes = []
        for part in q.parts()[: self.count]:
            (a, b), rise = part.edges, part.levels[1]
            shapes.append(np.array([[a, 0.0], [b, rise], [b, 0.0]]))
            ax.plot(
                [a, b],
                [0.0, rise],
                color=theme.color["expectation"],
                linewidth=theme.line_width,
                zorder=OUTLINE_ORDER,
            )
        patches = self._areas(ax, shapes)
        self._numbers(ax, most)
        ramp = Line2D([], [], color=theme.color["expectation"], linewidth=theme.line_width)
        return [((*patches[:2], ramp), say("figure.sum_of_steps.ramps"))]

    def _numbers(self, ax: Axes, top: float) -> None:
        """Write the numbers of steps above their ramps; those that would collide become one."""
        size = NUMBER_SIZE * self.theme.font_size
        (width, _), (low, high) = axes_size(ax), self.view
        middle = self.q.thresholds[: self.count]
        seen = np.flatnonzero((low <= middle) & (middle <= high))
        scale = width / (high - low)

        def text(first: int, last: int) -> str:
            ends = [str(int(seen[k]) + 1) for k in (first, last)]
            between = ", " if last == first + 1 else " … "
            return ends[0] if first == last else between.join(ends)

        for center, words in place(((middle[seen] - low) * scale).tolist(), width, size, text):
            ax.annotate(
                words,
                xy=(low + center / scale, top),
                xytext=(0.0, 0.2 * size),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=size,
                # On the guide line of a threshold.
                bbox={"facecolor": self.theme.color["panel"], "edgecolor": "none", "pad": 0.5},
            )

    def _slopes(self, ax: Axes) -> list[frame.Entry]:
        theme, view = self.theme, self.view
        self.sheet.upright_numbers(ax)
        if self.sum is None or not {"parts", "gste", "ste"} & set(self.shown):
            key = "figure.sum_of_steps.none" if self.sum is None else "figure.binary.hidden"
            self.sheet.note(ax, say(key))
            return []
        entries: list[frame.Entry] = []
        if "parts" in self.shown:
            heights = np.minimum(self.sum.slopes, plots.gradient_top(self.sum))
            edges = self.sum.edges
            patches = self._areas(
                ax,
                [
                    np.array([[a, 0.0], [a, h], [b, h], [b, 0.0]])
                    for a, b, h in zip(edges[:-1], edges[1:], heights, strict=True)
                ],
            )
            entries.append((patches, say("figure.sum_of_steps.boxes")))
        found = plots.draw_gradients(ax, self.sum, theme, view, self.shown)
        for name, line in (("gste", found.gste), ("ste", found.ste)):
            if line is not None:
                entries.append((line, say(f"figure.sum_of_steps.{name}", slope=_chord(self.sum))))
        return entries


def stacked(q: Quantizer, k: int, view: View) -> FloatArray:
    """Return the outline, (n, 2), of what step `k` (from 0 on) adds to those before it.

    >>> stacked(Quantizer.binary(), 0, (-2.0, 3.0)).tolist()
    [[-1.0, -1.0], [1.0, 1.0], [3.0, 1.0], [3.0, -1.0]]
    """
    a, b = q.edges[k : k + 2]
    low, high = q.levels[k : k + 2]
    end = max(view[1], b)
    return np.array([[a, low], [b, high], [end, high], [end, low]])


def _chord(q: Quantizer) -> str:
    return short(float((q.levels[-1] - q.levels[0]) / (q.edges[-1] - q.edges[0])))


def _claim(q: Quantizer, count: int) -> str:
    if not count:
        return say("figure.sum_of_steps.claim.none", steps=q.thresholds.size)
    found = first_steps(q, count)
    assert found is not None
    key = "same" if is_one_ramp(found) else "apart"
    if count == 1:
        key = "one"
    return say(f"figure.sum_of_steps.claim.{key}", count=count, steps=q.thresholds.size)


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "sum-of-steps")
    q, count = Quantizer(shown["edges"], shown["levels"]), shown["shown"]
    added = first_steps(q, count)
    parts = visible(shown) if added is not None else ["none"]
    if added is not None and {"gste", "ste"} <= set(parts):
        parts.append("same" if is_one_ramp(added) else "apart")
    values = {
        "claim": _claim(q, count),
        "count": str(count),
        "steps": str(q.thresholds.size),
        "low": short(shown["view"][0]),
        "high": short(shown["view"][1]),
        "edges": number_list(q.edges.tolist()),
        "levels": number_list(q.levels.tolist()),
    }
    if added is not None:
        chord = (added.levels[-1] - added.levels[0]) / (added.edges[-1] - added.edges[0])
        values |= {
            "rises": number_list(np.diff(added.levels).tolist()),
            "slopes": number_list(added.slopes.tolist()),
            "chord": short(float(chord)),
            "off": short(float(np.abs(added.slopes - chord).max())),
            "thresholds": number_list(added.thresholds.tolist()),
        }
    return parts, values
