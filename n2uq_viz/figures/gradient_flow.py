"""The picture of the Gradient-flow explorer: samples push edges, and edges follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2uq_viz import plots, style
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.flow import claim, flow, gather, target_words
from n2uq_viz.figures.judged import one_ramp
from n2uq_viz.figures.ruler import RULER_HEIGHT, draw_ruler
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, visible
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
PAGE = 51.2
RIGHT = 11.6
#: Width of the right column next to the left one.
NARROWER = 0.72
#: The axis of steps ends at the first of these that holds them all.
LENGTHS = (20, 50, 100, 200, 500)
#: Empty space at both ends of the axis of steps, and above the highest loss, as shares.
SLACK, ABOVE = 0.04, 1.15
#: Empty space beyond the highest stack of pushes, and what the arrows need above, in its units.
AROUND, FOR_ARROWS = 1.12, 0.75
#: Where arrows fly, as shares of the panel: one edge's after another's.
LANES = (0.94, 0.85)
#: Longest arrow, as a share of the view; width of a stack, as a share of its range of samples.
LONGEST, STEM = 0.14, 0.72
#: All arrows get shorter for one to stay in the panel, but no shorter than this share of the view.
SHORTEST = 0.05
#: Colors of edges shown in a legend, at most.
LEGEND_EDGES = 4
TARGET: Any = (0, (3.0, 1.4))
HEAD, BASE = 2.2, 1.3
ORDER = {"target": 2.0, "stem": 2.2, "track": 2.4, "arrow": 3.0}


def gradient_flow(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw edges that descend with G-STE, beside plain STE, whose thresholds stay where they are.

    From top to bottom: the quantizer now and what it is to output; the push of samples that lie
    together on the edges of their segment, upwards for a push to the right, with an arrow for each
    edge's sum; and the edges after every step. Right: plain STE, and the loss of both.

    Parameters
    ----------
    state
        A state of the Gradient-flow explorer; without it 40 steps towards a square root.
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
    >>> len(gradient_flow({"version": 1, "edges": [0, 2], "levels": [0, 2]}).axes)
    5
    """
    shown, look, size = read(state, theme, size, "gradient-flow")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.state, self.theme, self.shown = state, theme, visible(state)
        self.flow = flow(state)
        self.q, self.start = self.flow.quantizer, self.flow.start
        self.pushes = gather(self.q, self.flow.learned)
        self.view: View = (state["view"][0], state["view"][1])
        self.length = next((n for n in LENGTHS if n >= self.flow.steps), LENGTHS[-1])
        # One color more than edges: the lightest would not stand out.
        self.colors = theme.levels(self.q.edges.size + 1)[:-1]
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(claim(self.flow))
        places = panels.arrange(sheet, top, self._columns())
        self.axes = {name: place.ax for name, place in places.items()}
        drawings = {
            "forward": self._forward,
            "pushes": self._pushes,
            "history": self._history,
            "fixed": self._fixed,
            "loss": self._loss,
        }
        entries: dict[str, list[frame.Entry]] = {}
        for name, drawn in places.items():
            sheet.name_upright(drawn.ax, say(f"figure.gradient_flow.axis.{name}"), drawn.name_at)
            if name != "loss":
                drawn.ax.set_xlim(*self.view)
            entries[name] = drawings[name](drawn.ax)
        left = [name for name in ("forward", "pushes", "history") if name in places]
        for name in left:
            sheet.input_numbers(self.axes[name], seen=name == left[-1])
        draw_ruler(self.axes["forward"], self.q, theme, self.view, below=True)
        self._name_input(left[-1])
        sheet.input_numbers(self.axes["fixed"], seen=True)
        sheet.name_below(self.axes["fixed"], say("figure.threshold.input"))
        upper = [*entries["forward"], *entries["fixed"]]
        if self.shown:
            upper += panels.guide_entries(theme)
        lower = [entry for name in ("pushes", "history", "loss") for entry in entries.get(name, [])]
        if "loss" in places:
            title = say("figure.gradient_flow.below")
            sheet.legend(self.axes["loss"], title, lower, room=RIGHT)
        else:
            upper += lower
        if upper:
            title = say("figure.gradient_flow.legend")
            sheet.legend(self.axes["fixed"], title, upper, room=RIGHT)

    def _name_input(self, last: str) -> None:
        ax, ruler = self.axes[last], RULER_HEIGHT if last == "forward" else 0.0
        pad = frame.number_pad(self.theme) + ruler * self.theme.font_size
        ax.tick_params(axis="x", pad=pad)
        self.sheet.name_below(ax, say("figure.threshold.input"), beyond=ruler)

    def _columns(self) -> list[panels.Column]:
        pushes, steps = self._reach(), self._steps()
        loss = (0.0, ABOVE * float(self.flow.run.loss.max()) or 1.0)
        left = {
            "forward": panels.output_panel(
                self.q, head=_head("forward"), share=1.7, below=RULER_HEIGHT + 0.4
            ),
            "pushes": panels.Panel(
                (-AROUND * pushes, (AROUND + FOR_ARROWS) * pushes),
                _head("pushes"),
                share=1.5,
                below=panels.CLOSE,
            ),
            "history": panels.Panel(steps, _head("history"), below=panels.NAMED),
        }
        right = {
            "fixed": panels.output_panel(
                self.start, head=_head("fixed"), share=1.2, below=panels.NAMED
            ),
            "loss": panels.Panel(loss, _head("loss"), below=panels.NAMED),
        }
        for name in ("pushes", "history", "loss"):
            if name not in self.shown:
                left.pop(name, None)
                right.pop(name, None)
        if "history" not in left:
            last = list(left)[-1]
            below = panels.NAMED + (RULER_HEIGHT if last == "forward" else 0.0)
            left[last] = panels.Panel(**{**vars(left[last]), "below": below})
        return [panels.Column(left), panels.Column(right, share=NARROWER, right=RIGHT)]

    def _reach(self) -> float:
        return self.pushes.reach or 1.0

    def _steps(self) -> View:
        return -SLACK * self.length, (1.0 + SLACK) * self.length

    # --- Panels ----------------------------------------------------------------------------------

    def _output(self, ax: Axes, q: Quantizer) -> tuple[Line2D | None, Artist | None]:
        """Draw what both quantizers have: the target and a staircase."""
        theme = self.theme
        self.sheet.level_numbers(ax, q.levels.tolist())
        plots.draw_guides(ax, q, theme, self.view)
        target = None
        if "target" in self.shown:
            (target,) = ax.plot(
                self.flow.learned.x,
                self.flow.learned.wanted,
                color=theme.color["selected"],
                linestyle=TARGET,
                linewidth=1.3 * theme.line_width,
                zorder=ORDER["target"],
            )
        treads: Artist | None = None
        if "deterministic" in self.shown:
            treads = plots.draw_quantizer(ax, q, theme, self.view).treads
        return target, treads

    def _forward(self, ax: Axes) -> list[frame.Entry]:
        target, treads = self._output(ax, self.q)
        entries: list[frame.Entry] = []
        if target is not None:
            words = say("figure.gradient_flow.target", target=target_words(self.state))
            entries.append((target, words))
        if treads is not None:
            entries.append((treads, say("figure.threshold.deterministic")))
        if "expectation" in self.shown:
            line = plots.draw_expectation(ax, self.q, self.theme, self.view)
            entries.append((line, say("figure.gradient_flow.expectation")))
        if not entries:
            self.sheet.note(ax, say("figure.binary.hidden"))
        return entries

    def _fixed(self, ax: Axes) -> list[frame.Entry]:
        target, treads = self._output(ax, self.start)
        if "expectation" in self.shown:
            line = plots.draw_ramp(ax, one_ramp(self.start), self.theme, self.view)
            return [(line, say("figure.gradient_flow.ramp"))]
        if target is None and treads is None:
            self.sheet.note(ax, say("figure.binary.hidden"))
        return []

    def _pushes(self, ax: Axes) -> list[frame.Entry]:
        theme, found = self.theme, self.pushes
        plots.draw_guides(ax, self.q, theme, self.view)
        ax.axhline(0.0, color=theme.color["muted"], linewidth=frame.SPINE_WIDTH)
        reach = found.reach
        self.sheet.upright_numbers(ax)
        if not reach:
            self.sheet.note(ax, say("figure.gradient_flow.none"))
            return []
        bottom = {1.0: np.zeros(found.at.size), -1.0: np.zeros(found.at.size)}
        for color, push in zip(self.colors, found.of.T, strict=True):
            for side, ends in bottom.items():
                part = np.where(side * push > 0.0, push, 0.0)
                some = part != 0.0
                ax.bar(
                    found.at[some],
                    part[some],
                    bottom=ends[some],
                    width=STEM * found.width,
                    color=color,
                    linewidth=0.0,
                    zorder=ORDER["stem"],
                )
                ends += part
        self._arrows(ax)
        step = max(1, -(-len(self.colors) // LEGEND_EDGES))
        patches = tuple(Patch(color=color, linewidth=0.0) for color in self.colors[::step])
        arrow = Line2D([], [], **self._arrow(theme.color["ink"]), marker=">")
        return [
            (patches, say("figure.gradient_flow.pushes")),
            (arrow, say("figure.gradient_flow.arrows")),
        ]

    def _arrow(self, color: str) -> dict[str, Any]:
        return {
            "color": color,
            "linewidth": 1.4 * self.theme.line_width,
            "markersize": HEAD * self.theme.marker_size,
            "markeredgewidth": 0.0,
            "zorder": ORDER["arrow"],
        }

    def _arrows(self, ax: Axes) -> None:
        """Draw an arrow from each edge, as long as all pushes on it are strong."""
        total, (low, high) = self.pushes.total, self.view
        # All of them stay in the panel, but for those that begin close to its end.
        least, most = SHORTEST * (high - low), LONGEST * (high - low)
        room = np.where(total > 0.0, high - self.q.edges, self.q.edges - low)
        seen = (low <= self.q.edges) & (self.q.edges <= high) & (total != 0.0)
        longest = np.where(seen, np.clip(room, least, most), most)
        sizes = np.abs(total[total != 0.0])
        scale = float(np.min(longest[total != 0.0] / sizes)) if sizes.size else 0.0
        for i, (edge, push) in enumerate(zip(self.q.edges.tolist(), total.tolist(), strict=True)):
            lane = LANES[i % len(LANES)]
            transform = ax.get_xaxis_transform()
            if push:
                ax.plot(
                    [edge, edge + scale * push],
                    [lane, lane],
                    **self._arrow(self.colors[i]),
                    marker=">" if push > 0.0 else "<",
                    markevery=[1],
                    transform=transform,
                    clip_on=not seen[i],
                )
            ax.plot(
                [edge],
                [lane],
                linestyle="",
                marker=style.MARKER["edge"],
                markersize=BASE * self.theme.marker_size,
                markeredgewidth=0.0,
                color=self.colors[i],
                transform=transform,
                zorder=ORDER["arrow"],
            )

    def _history(self, ax: Axes) -> list[frame.Entry]:
        theme = self.theme
        self.sheet.upright_numbers(ax)
        ax.invert_yaxis()
        plots.draw_guides(ax, self.q, theme, self.view)
        steps = np.arange(self.flow.run.loss.size)
        look: dict[str, Any] = {
            "linewidth": 1.2 * theme.line_width,
            "marker": style.MARKER["edge"],
            "markersize": 1.6 * theme.marker_size,
            "markeredgewidth": 0.0,
            "markevery": [-1],
        }
        for color, track in zip(self.colors, self.flow.run.edges.T, strict=True):
            ax.plot(track, steps, color=color, zorder=ORDER["track"], **look)
        key = Line2D([], [], color=self.colors[0], **{**look, "markevery": None})
        return [(key, say("figure.gradient_flow.history"))]

    def _loss(self, ax: Axes) -> list[frame.Entry]:
        theme, loss = self.theme, self.flow.run.loss
        ax.set_xlim(*self._steps())
        self.sheet.upright_numbers(ax)
        self.sheet.input_numbers(ax, seen=True, whole=True)
        self.sheet.name_below(ax, say("figure.gradient_flow.axis.steps"))
        (gste,) = ax.plot(
            np.arange(loss.size),
            loss,
            color=theme.color["gste"],
            linewidth=1.2 * theme.line_width,
            marker="o",
            markersize=1.6 * theme.marker_size,
            markeredgewidth=0.0,
            markevery=[-1],
            zorder=ORDER["track"],
        )
        (ste,) = ax.plot(
            [0, self.length],
            [loss[0], loss[0]],
            color=theme.color["ste"],
            linestyle=style.LINE["ste"],
            linewidth=theme.line_width,
            zorder=ORDER["target"],
        )
        return [
            (gste, say("figure.gradient_flow.loss.gste")),
            (ste, say("figure.gradient_flow.loss.ste")),
        ]


def _head(name: str) -> tuple[str]:
    return (say(f"figure.gradient_flow.head.{name}"),)
