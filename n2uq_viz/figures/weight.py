"""The picture of the Weight explorer: weights before and after scaling, and both gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2uq_viz import style
from n2uq_viz.figures import frame, panels
from n2uq_viz.figures.scaled import Scaled, bars, claim, scale_words, weighed
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, visible
from n2uq_viz.plots.estimates import HATCH
from n2uq_viz.plots.guides import WIDTH as GUIDE_WIDTH
from n2uq_viz.plots.histogram import OUTLIER, ROOM, ROOM_WITH_CUT
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.weights import weight_codes
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

View = tuple[float, float]

#: Height of a page, in units of the theme's font size.
PAGE = 44.0
#: Room for legends on the right; width of the right column next to the left one.
RIGHT, NARROWER = 11.6, 0.8
#: A gradient beyond this many times the chain rule's is cut.
STEEPEST = 12.0
#: Width of a bar next to the distance of two codes; two stand side by side.
BAR = 0.4
#: Height of the panels next to what is highest in them.
ABOVE, ABOVE_BITS = 1.15, 1.1
#: Marks of levels, next to the theme's markers.
LEVEL_MARK, LEVEL_SIZE = "^", 2.1
#: Room below those, in units of the theme's font size.
MARKED = panels.CLOSE + 0.3
#: Bar of a channel of zeros, as a share of the view on both sides.
SILENT = 0.02
#: Dots of channels, next to the theme's markers.
DOT = 1.5
DASHES: Any = (0, (5.0, 2.5))
ORDER = {"bars": 2.0, "guide": 2.3, "line": 2.6, "before": 3.2, "mark": 3.4}


def weight(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw a channel's weights on even levels before and after scaling, forward and backward.

    Left: the weights in the colors of their levels, after scaling and before; below, what both
    rules for the gradient multiply the one from above by. Right: how often each code is used, and
    the entropy of the codes of every channel.

    Source: Liu et al., "Nonuniform-to-Uniform Quantization", CVPR 2022, arXiv 2111.14826.

    Parameters
    ----------
    state
        A state of the Weight explorer; without it 2 bits and a channel of stored weights.
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
    >>> state = {"version": 1, "edges": [0, 2], "levels": [0, 2], "hidden": ["before"]}
    >>> len(weight(state).axes)
    4
    """
    shown, look, size = read(state, theme, size, "weight")
    with frame.look(look):
        return _Drawing(shown, look, size).sheet.finish()


class _Drawing:
    """One figure in the making."""

    def __init__(self, state: dict[str, Any], theme: Theme, size: str) -> None:
        self.state, self.theme, self.shown = state, theme, visible(state)
        self.found = found = weighed(state)
        self.view: View = (state["view"][0], state["view"][1])
        self.colors = theme.levels(found.count)
        wide = SILENT * (self.view[1] - self.view[0])
        self.ends, self.shares = bars(found.channel, wide)
        self.steepest = ABOVE * max(1.0, min(found.slope, STEEPEST))
        self.sheet = sheet = Sheet(theme, size, PAGE)
        top = sheet.title(claim(found, self.shown))
        places = panels.arrange(sheet, top, self._columns())
        self.axes = {name: place.ax for name, place in places.items()}
        entries: dict[str, list[frame.Entry]] = {}
        for name, drawn in places.items():
            sheet.name_upright(drawn.ax, say(f"figure.weight.axis.{name}"), drawn.name_at)
        entries["after"] = self._histogram("after", found.after)
        if "before" in self.axes:
            self._histogram("before", found.before)
        if "gradient" in self.axes:
            entries["gradient"] = self._gradient(self.axes["gradient"])
        entries["codes"] = self._codes(self.axes["codes"])
        if "channels" in self.axes:
            entries["channels"] = self._channels(self.axes["channels"])
        left = [name for name in ("after", "before", "gradient") if name in self.axes]
        for name in left:
            self.sheet.input_numbers(self.axes[name], seen=name == left[-1])
        self.sheet.name_below(self.axes[left[-1]], say("figure.weight.axis.weight"))
        upper = entries["codes"]
        lower = [e for name in ("channels", "after", "gradient") for e in entries.get(name, [])]
        if "channels" in self.axes:
            sheet.legend(self.axes["codes"], say("figure.weight.legend.codes"), upper, room=RIGHT)
            title = say("figure.weight.legend.rest")
            sheet.legend(self.axes["channels"], title, lower, room=RIGHT)
        else:
            title = say("figure.weight.legend.all")
            sheet.legend(self.axes["codes"], title, [*upper, *lower], room=RIGHT)

    # --- Layout ----------------------------------------------------------------------------------

    def _columns(self) -> list[panels.Column]:
        found, most = self.found, short(self.found.most)
        top = 100.0 * self._tallest()
        left = {"after": self._panel("after", (0.0, top), self._told(found.after), 1.25)}
        if "before" in self.shown:
            left["before"] = self._panel("before", (0.0, top), self._told(found.before), 0.9)
        if {"reference", "chain"} & set(self.shown):
            left["gradient"] = self._panel("gradient", (0.0, self.steepest), (), 0.8)
        last = list(left)[-1]
        left[last] = panels.Panel(**{**vars(left[last]), "below": panels.NAMED})
        seen = [found.after.shares, *([found.before.shares] if "before" in self.shown else [])]
        highest = 100.0 * ABOVE * float(max(each.max() for each in seen))
        which = say("figure.weight.which", name=found.name, index=found.channel["index"])
        right = {"codes": self._panel("codes", (0.0, highest), (which,), below=panels.NAMED)}
        if "channels" in self.shown:
            told = say("figure.weight.most", most=most)
            limits = (0.0, ABOVE_BITS * found.most)
            right["channels"] = self._panel("channels", limits, (told,), 0.7, panels.NAMED)
        return [panels.Column(left), panels.Column(right, share=NARROWER, right=RIGHT)]

    def _panel(
        self,
        name: str,
        limits: View,
        rest: tuple[str, ...],
        share: float = 1.0,
        below: float = MARKED,
    ) -> panels.Panel:
        rule = say(f"scale.{self.state['before']}")
        head = say(f"figure.weight.head.{name}", rule=rule)
        return panels.Panel(limits, (head, *rest), share=share, below=below)

    def _told(self, each: Scaled) -> tuple[str]:
        found = self.found
        after = each is found.after
        return (
            say(
                "figure.weight.told",
                scale=scale_words(self.state, found) if after else f"±{short(each.f)}",
                entropy=short(each.entropy),
                most=short(found.most),
            ),
        )

    def _tallest(self) -> float:
        """Return the height of the histograms: all bars fit, except one that dwarfs the rest."""
        first, second, *_ = [*sorted(self.shares.tolist(), reverse=True), 0.0]
        cut = first > OUTLIER * second > 0.0
        return float(ROOM_WITH_CUT * second if cut else ROOM * first)

    # --- Panels ----------------------------------------------------------------------------------

    def _histogram(self, name: str, each: Scaled) -> list[frame.Entry]:
        """Draw the weights in the colors of their levels, with these and the thresholds."""
        ax, theme = self.axes[name], self.theme
        ax.set_xlim(*self.view)
        self.sheet.upright_numbers(ax)
        if "histogram" in self.shown:
            self._bars(ax, each)
        guides = LineCollection(
            [
                [(at, 0.0), (at, 1.0)]
                for at in each.thresholds.tolist()
                if self._seen(at) and each.f
            ],
            transform=ax.get_xaxis_transform(),
            colors=theme.color["threshold"],
            linestyles=style.LINE["threshold"],
            linewidths=GUIDE_WIDTH * theme.line_width,
            zorder=ORDER["guide"],
        )
        ax.add_collection(guides, autolim=False)
        levels = [at for at in np.unique(each.levels).tolist() if self._seen(at)]
        (marks,) = ax.plot(
            levels,
            np.zeros(len(levels)),
            linestyle="",
            marker=LEVEL_MARK,
            markersize=LEVEL_SIZE * theme.marker_size,
            markerfacecolor=theme.color["ink"],
            markeredgecolor=theme.color["panel"],
            markeredgewidth=0.5 * theme.line_width,
            clip_on=False,
            zorder=ORDER["mark"],
        )
        key = Line2D([], [], color=theme.color["threshold"])
        key.set(linestyle=style.LINE["threshold"], linewidth=GUIDE_WIDTH * theme.line_width)
        return [
            (marks, say("figure.weight.level")),
            (key, say("figure.weight.threshold")),
        ]

    def _seen(self, at: float) -> bool:
        return self.view[0] <= at <= self.view[1]

    def _bars(self, ax: Axes, each: Scaled) -> None:
        count, top = self.found.count, self._tallest()
        inside = (self.ends[0] < each.thresholds) & (each.thresholds < self.ends[-1])
        # Of a channel of zeros, none is cut: all of it has one code.
        cuts = np.unique(np.concatenate((self.ends, each.thresholds[inside] if each.f else [])))
        middle = 0.5 * cuts[:-1] + 0.5 * cuts[1:]
        share = self.shares[np.searchsorted(self.ends, middle) - 1]
        codes = weight_codes(middle if each.f else 0.0 * middle, count, axis=None, scale=each.f)
        height = 100.0 * np.minimum(share, top)
        boxes = [
            [(low, 0.0), (low, high), (right, high), (right, 0.0)]
            for low, right, high in zip(cuts[:-1], cuts[1:], height, strict=True)
            if high
        ]
        ax.add_collection(
            PolyCollection(
                boxes,
                facecolors=[self.colors[k] for k in codes[height > 0.0].tolist()],
                edgecolors=self.theme.color["muted"],
                linewidths=0.4 * frame.SPINE_WIDTH,
                zorder=ORDER["bars"],
            ),
            autolim=False,
        )
        for k in np.flatnonzero(self.shares > top).tolist():
            if self._seen(self.ends[k + 1]):
                self._note(ax, float(self.ends[k + 1]), percent(float(self.shares[k])))

    def _note(self, ax: Axes, at: float, words: str) -> None:
        em = self.theme.font_size
        ax.annotate(
            f"▲ {words}",
            xy=(at, 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0.35 * em, -0.1 * em),
            textcoords="offset points",
            va="top",
            fontsize=frame.SMALL * em,
            bbox={"facecolor": self.theme.color["panel"], "edgecolor": "none", "pad": 0.6},
            zorder=ORDER["mark"],
        )

    def _gradient(self, ax: Axes) -> list[frame.Entry]:
        """Draw what the gradient from above is multiplied by, for each weight."""
        theme, f, slope = self.theme, self.found.after.f, self.found.slope
        ax.set_xlim(*self.view)
        self.sheet.upright_numbers(ax)
        entries: list[frame.Entry] = []
        if "reference" in self.shown:
            (line,) = ax.plot(
                self.view,
                [min(slope, self.steepest)] * 2,
                color=theme.color["first"],
                linewidth=1.2 * theme.line_width,
                zorder=ORDER["line"],
            )
            entries.append((line, say("figure.weight.reference")))
            if slope > self.steepest:
                self._note(ax, self.view[0], short(slope))
        if "chain" in self.shown:
            low, high = min(self.view[0], -f), max(self.view[1], f)
            (line,) = ax.plot(
                [low, -f, -f, f, f, high],
                [0.0, 0.0, *([1.0 if f else 0.0] * 2), 0.0, 0.0],
                color=theme.color["second"],
                linestyle=style.LINE["second"],
                linewidth=1.2 * theme.line_width,
                zorder=ORDER["line"],
            )
            entries.append((line, say("figure.weight.chain")))
        return entries

    def _codes(self, ax: Axes) -> list[frame.Entry]:
        """Draw a pair of bars for each code, and the line at which all would stand if even."""
        theme, found = self.theme, self.found
        codes, pair = np.arange(found.count), "before" in self.shown
        ax.set_xlim(-0.6, found.count - 0.4)
        self.sheet.upright_numbers(ax)
        edge: dict[str, Any] = {
            "edgecolor": theme.color["muted"],
            "linewidth": 0.4 * theme.line_width,
            "zorder": ORDER["bars"],
        }
        entries: list[frame.Entry] = []
        if pair:
            before = {"facecolor": theme.color["panel"], "hatch": HATCH, **edge}
            ax.bar(codes - 0.5 * BAR, 100.0 * found.before.shares, width=BAR, **before)
            entries.append((Patch(**before), say("figure.weight.before")))
        at = codes + 0.5 * BAR if pair else codes
        heights = 100.0 * found.after.shares
        ax.bar(at, heights, width=BAR if pair else 2.0 * BAR, color=self.colors, **edge)
        step = max(1, -(-found.count // 4))
        some = tuple(Patch(facecolor=color, **edge) for color in self.colors[::step])
        entries.append((some, say("figure.weight.after")))
        line = ax.axhline(
            100.0 / found.count,
            color=theme.color["ink"],
            linestyle=DASHES,
            linewidth=GUIDE_WIDTH * theme.line_width,
            zorder=ORDER["guide"],
        )
        entries.append((line, say("figure.weight.even")))
        self.sheet.input_numbers(ax, seen=True, whole=True)
        self.sheet.name_below(ax, say("figure.weight.axis.code"))
        return entries

    def _channels(self, ax: Axes) -> list[frame.Entry]:
        """Draw the entropy of the codes of every channel, with the one on show marked."""
        theme, found = self.theme, self.found
        low, high = found.indices[0], found.indices[-1]
        pad = 0.05 * (high - low) or 0.6
        ax.set_xlim(low - pad, high + pad)
        self.sheet.upright_numbers(ax)
        ax.axhline(
            found.most,
            color=theme.color["ink"],
            linestyle=DASHES,
            linewidth=GUIDE_WIDTH * theme.line_width,
            zorder=ORDER["guide"],
        )
        here = ax.axvline(
            found.channel["index"],
            color=theme.color["selected"],
            linewidth=0.7 * theme.line_width,
            zorder=ORDER["guide"],
        )
        entries: list[frame.Entry] = []
        looks = {"after": theme.color["ink"], "before": theme.color["panel"]}
        for key, marker in (("after", "o"), ("before", "s")):
            if key == "before" and "before" not in self.shown:
                continue
            (dots,) = ax.plot(
                found.indices,
                getattr(found, f"every_{key}"),
                linestyle="",
                marker=marker,
                markersize=DOT * theme.marker_size,
                markerfacecolor=looks[key],
                markeredgecolor=theme.color["ink" if key == "after" else "muted"],
                markeredgewidth=0.6 * theme.line_width,
                zorder=ORDER["mark" if key == "after" else "before"],
            )
            entries.append((dots, say(f"figure.weight.dots.{key}")))
        entries.append((here, say("figure.weight.here")))
        self.sheet.input_numbers(ax, seen=True, whole=True)
        self.sheet.name_below(ax, say("figure.weight.axis.channel"))
        return entries
