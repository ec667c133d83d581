"""A quantizer of many levels as a sum of binary steps: every step, their sum, and every slope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch

from n2uq_viz import plots
from n2uq_viz import state as states
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.article import (
    MEAN_DRAWS,
    OVERHANG,
    SLOPE_DRAWS,
    draw_slope_dots,
    draw_tie,
    estimated_slopes,
)
from n2uq_viz.figures.judged import is_one_ramp, one_ramp
from n2uq_viz.figures.segments import SLOPES_ROOM, label_slopes
from n2uq_viz.figures.sheet import Sheet, number_list
from n2uq_viz.figures.shown import read, settle
from n2uq_viz.figures.sum_of_steps import stacked
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.plots.labels import axes_size, short
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
RIGHT, GUTTER = 12.6, 0.8
#: Distance from one step to the next above it, and empty space around them, in units of the highest
#: rise.
PITCH, AROUND = 1.45, 0.3
#: How much the areas of steps cover: alone, and below dots and lines.
COVER, FAINT = 0.55, 0.4
#: Size of dots at ties, at most, next to the distance of steps.
DOT = 0.42
SEED = 0


def figure3_sum_of_steps(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw all binary steps of a quantizer, their sum, and the slope of each, which is G-STE.

    Left the steps one above the other, each with its ramp. Right their sum with its expectation and
    means of draws, and below the slopes with plain STE for comparison. After the third figure of
    Liu et al., "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv 2111.14826.

    Parameters
    ----------
    state
        A state of the Sum-of-steps explorer, of which edges, levels and view are drawn: all steps,
        however many it shows. Without it 2 bits with unequal segments.
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
    >>> len(figure3_sum_of_steps({"version": 1, "edges": [0, 2], "levels": [0, 2]}).axes)
    3
    """
    shown, look, size = read(state, theme, size, "sum-of-steps")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


def lane(k: int) -> float:
    """Return the height at which step `k` (from 0 on) begins, in units of the highest rise."""
    return PITCH * k


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.theme = theme
        self.q = q = Quantizer(state["edges"], state["levels"])
        self.view: View = (state["view"][0], state["view"][1])
        self.steps = q.thresholds.size
        self.most = float(np.diff(q.levels).max())
        self.grid = np.linspace(*self.view, states.GRID_POINTS)
        # One color more than steps: the lightest would not stand out.
        self.colors = theme.levels(q.levels.size)[: self.steps]
        values = words(state)[1]
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(values["claim"])
        one = ".one" if self.steps == 1 else ""

        def head(name: str) -> tuple[str, ...]:
            lines = ("title",) if name == "slopes" else ("title", "text")
            return tuple(
                say(f"figure.figure3_sum_of_steps.{name}.{x}{one}", **values) for x in lines
            )

        limits = (-AROUND, lane(self.steps - 1) + 1.0 + AROUND)
        places = panels.arrange(
            sheet,
            top,
            [
                panels.Column(
                    {
                        "steps": panels.Panel(
                            limits, head("steps"), numbers=self._names(), below=panels.NAMED
                        )
                    },
                    right=GUTTER,
                ),
                panels.Column(
                    {
                        "sum": panels.output_panel(
                            q, head=head("sum"), share=1.5, below=panels.CLOSE
                        ),
                        "slopes": panels.Panel(
                            plots.gradient_limits(q),
                            head("slopes"),
                            notes=SLOPES_ROOM,
                            below=panels.NAMED,
                        ),
                    },
                    right=RIGHT,
                ),
            ],
        )
        drawings = {"steps": self._steps, "sum": self._sum, "slopes": self._slopes}
        entries: list[frame.Entry] = []
        for name, place in places.items():
            ax = place.ax
            ax.set_xlim(*self.view)
            below = sheet.narrow or name != "sum"
            sheet.input_numbers(ax, seen=below, beyond=OVERHANG)
            if below:
                sheet.name_below(ax, say("figure.threshold.input"))
            sheet.name_upright(ax, say(f"figure.figure3_sum_of_steps.axis.{name}"), place.name_at)
            found = drawings[name](ax)
            if name == "steps" and not sheet.narrow:
                # There is room for legends only on the right.
                entries = found
                continue
            title = say(f"figure.figure3_sum_of_steps.legend.{name}")
            sheet.legend(ax, title, entries + found, room=RIGHT)
            entries = []

    def _names(self) -> list[str]:
        """Return the names of the steps."""
        key = "figure.figure3_sum_of_steps.name"
        return [say(key + (".first" if k == 0 else ""), k=k + 1) for k in range(self.steps)]

    def _areas(
        self, ax: Axes, shapes: list[FloatArray], cover: float = COVER
    ) -> tuple[Artist, ...]:
        """Fill one shape for each step, and return some of their colors for a legend."""
        return panels.fill_steps(ax, shapes, self.colors, cover, self.theme)

    def _steps(self, ax: Axes) -> list[frame.Entry]:
        theme, view = self.theme, self.view
        low, high = ax.get_ylim()
        room = frame.LINE_ROOM * frame.SMALL * theme.font_size
        heights = [lane(k) for k in range(self.steps)]
        kept = frame.thin_ticks(heights, axes_size(ax)[1] / (high - low), room)
        names = self._names()
        ax.yaxis.set_ticks(kept, labels=[names[heights.index(at)] for at in kept])
        pitch = PITCH * axes_size(ax)[1] / (high - low)
        shapes: list[FloatArray] = []
        entries: list[frame.Entry] = []
        for k, part in enumerate(self.q.parts()):
            lifted = Quantizer(part.edges, lane(k) + part.levels / self.most)
            shapes.append(stacked(lifted, 0, view))
            artists = plots.draw_quantizer(ax, lifted, theme, view)
            for dots in (artists.at_tie, artists.above_tie):
                # Many steps are close, and dots must not reach from one to the next.
                dots.set_markersize(min(float(dots.get_markersize()), DOT * pitch))
            ramp = plots.draw_expectation(ax, lifted, theme, view)
            entries = [
                (artists.treads, say("figure.threshold.deterministic")),
                (ramp, say("figure.threshold.expectation")),
            ]
        self._areas(ax, shapes)
        return entries

    def _sum(self, ax: Axes) -> list[frame.Entry]:
        q, theme, view = self.q, self.theme, self.view
        self.sheet.level_numbers(ax, q.levels.tolist())
        patches = self._areas(ax, [stacked(q, k, view) for k in range(self.steps)], FAINT)
        # An outline: filled, the band is as light as what the steps add.
        outline: dict[str, Any] = {
            "facecolor": "none",
            "edgecolor": theme.color["monte_carlo"],
            "linewidth": frame.SPINE_WIDTH,
        }
        panels.draw_band(ax, q, MEAN_DRAWS, theme, view).set(**outline)
        mc = simulate_shared(q, self.grid, MEAN_DRAWS, SEED, progress=False)
        dots = plots.draw_monte_carlo(ax, mc, theme)
        plots.draw_quantizer(ax, q, theme, view)
        plots.draw_expectation(ax, q, theme, view)
        draw_tie(ax, q, theme, view)
        return [
            (patches, say("figure.figure3_sum_of_steps.areas")),
            (dots, say("figure.threshold.monte_carlo", draws=f"{MEAN_DRAWS:,}")),
            (Patch(**outline), say("figure.threshold.band")),
        ]

    def _slopes(self, ax: Axes) -> list[frame.Entry]:
        q, theme = self.q, self.theme
        self.sheet.upright_numbers(ax)
        top = plots.gradient_top(q)
        heights = np.minimum(q.slopes, top)
        self._areas(
            ax,
            [
                np.array([[a, 0.0], [a, h], [b, h], [b, 0.0]])
                for a, b, h in zip(q.edges[:-1], q.edges[1:], heights, strict=True)
            ],
            FAINT,
        )
        found = plots.draw_gradients(ax, q, theme, self.view)
        # All slopes are written above the panel, those that are cut as well.
        for note in found.notes:
            note.remove()
        found.notes = []
        label_slopes(ax, q, theme, self.view)
        assert found.gste is not None
        assert found.ste is not None
        chord = short(float(one_ramp(q).slopes[0]))
        entries: list[frame.Entry] = [
            (found.gste, say("figure.figure3_sum_of_steps.gste")),
            (found.ste, say("figure.figure3_sum_of_steps.ste", chord=chord)),
        ]
        estimate = estimated_slopes(q, self.view, SEED)
        entries += draw_slope_dots(ax, estimate, theme)
        return entries


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "sum-of-steps")
    q = Quantizer(shown["edges"], shown["levels"])
    steps = q.thresholds.size
    key = "one" if steps == 1 else "same" if is_one_ramp(q) else "apart"
    chord = float(one_ramp(q).slopes[0])
    found = estimated_slopes(q, (shown["view"][0], shown["view"][1]), SEED)
    parts = [key, *(["rings"] if np.any(found.near_edge) else []), "source"]
    return parts, {
        "claim": say(f"figure.figure3_sum_of_steps.claim.{key}", steps=steps),
        "steps": str(steps),
        "count": str(q.levels.size),
        "lowest": short(float(q.levels[0])),
        "edges": number_list(q.edges.tolist()),
        "thresholds": number_list(q.thresholds.tolist()),
        "levels": number_list(q.levels.tolist()),
        "rises": number_list(np.diff(q.levels).tolist()),
        "slopes": number_list(q.slopes.tolist()),
        "chord": short(chord),
        "off": short(float(np.abs(q.slopes - chord).max())),
        "draws": f"{MEAN_DRAWS:,}",
        "slope_draws": f"{SLOPE_DRAWS:,}",
        "half_width": "" if found.half_width is None else short(found.half_width),
    }
