"""The learned function of every layer of a net, side by side: small panels in rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from n2uq_viz import style
from n2uq_viz.checks import choice
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import MARGIN, WIDTHS
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.plots.forward import staircase
from n2uq_viz.plots.labels import short, text_width
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

__all__ = ["MOST", "layers", "layers_alternative"]

#: Panels of one picture, at most: a ResNet-50 and a MobileNet-V2 have about fifty.
MOST = 64
# In units of the theme's font size: a panel's least width, its height, what is above and between.
LEAST_WIDTH, HEIGHT, HEAD, GUTTER, GAP = 8.6, 5.6, 3.7, 1.2, 1.0
#: Height of the legend in one line below the panels.
FOOT = 2.6
#: Empty space around a function, as a share of its range.
ROOM = 0.06


def layers(quantizers: Mapping[str, Quantizer], theme: str = "light") -> Figure:
    """Draw every layer's quantizer: its staircase, its expectation, and the even one between.

    Each panel has the layer's own units: as wide as its outer edges are apart, as high as its
    levels. Where the expectation lies on the dashed diagonal, all segments are alike, and G-STE is
    plain STE; where it is steep, inputs are told apart finely.

    Parameters
    ----------
    quantizers
        Name -> quantizer, in the order of the layers; of more than `MOST` the first ones are drawn.
    theme
        Name of a theme of ``n2uq_viz.style``.

    Raises
    ------
    ValueError
        No quantizers, or no such theme.

    Examples
    --------
    >>> from n2uq_viz.quantizer import Quantizer
    >>> len(layers({"act1": Quantizer.uniform(2), "act2": Quantizer.binary()}).axes)
    2
    """
    choice("theme", theme, style.THEMES)
    if not quantizers:
        raise ValueError("quantizers must hold at least 1 layer, got none")
    shown = dict(list(quantizers.items())[:MOST])
    look = style.THEMES[theme]
    width = WIDTHS["page"] - 2.0 * MARGIN
    columns = min(len(shown), int((width + GUTTER) / (LEAST_WIDTH + GUTTER)))
    rows = -(-len(shown) // columns)
    columns = -(-len(shown) // rows)  # as many in every row, as far as that goes
    each = (width - (columns - 1) * GUTTER) / columns
    each = min(each, 2.4 * HEIGHT)
    with frame.look(look):
        title = _title(shown)
        sheet = Sheet(look, "page", _height(look, title, rows))
        top = sheet.title(title)
        for k, (name, q) in enumerate(shown.items()):
            row, column = divmod(k, columns)
            ax = sheet.axes(
                MARGIN + column * (each + GUTTER),
                top + row * (HEAD + HEIGHT + GAP) + HEAD,
                each,
                HEIGHT,
            )
            _draw(ax, q, look)
            _name(ax, name, q, look, each)
        _legend(sheet, look)
    return sheet.finish()


def _title(shown: Mapping[str, Quantizer]) -> str:
    if len(shown) == 1:
        return say("figure.layers.title_one")
    return say("figure.layers.title", count=len(shown))


def _height(look: Theme, title: str, rows: int) -> float:
    top = Sheet(look, "page", 10.0).title(title)
    return top + rows * (HEAD + HEIGHT + GAP) + FOOT


def _draw(ax: Axes, q: Quantizer, theme: Theme) -> None:
    span, rise = q.edges[-1] - q.edges[0], q.levels[-1] - q.levels[0]
    view = float(q.edges[0] - ROOM * span), float(q.edges[-1] + ROOM * span)
    ax.set_xlim(*view)
    ax.set_ylim(float(q.levels[0] - ROOM * rise), float(q.levels[-1] + ROOM * rise))
    ax.set_xticks([])
    ax.set_yticks([])
    thin = 0.6 * theme.line_width
    ax.plot(
        q.edges[[0, -1]],
        q.levels[[0, -1]],
        color=theme.color["ste"],
        linestyle=style.LINE["ste"],
        linewidth=thin,
    )
    ax.plot(*staircase(q, view), color=theme.color["deterministic"], linewidth=thin)
    x = [view[0], *q.edges.tolist(), view[1]]
    y = [q.levels[0], *q.levels.tolist(), q.levels[-1]]
    ax.plot(x, y, color=theme.color["expectation"], linewidth=theme.line_width)


def _name(ax: Axes, name: str, q: Quantizer, theme: Theme, width: float) -> None:
    """Put the layer's name and both its ranges above a panel, cut in front where they are long."""
    em = theme.font_size
    size = 0.9 * frame.SMALL * em
    ends = (q.edges[[0, -1]], q.levels[[0, -1]])
    ranges = [
        say(f"figure.layers.range_{of}", low=short(float(low), 2), high=short(float(high), 2))
        for of, (low, high) in zip("xy", ends, strict=True)
    ]
    lines = (
        (2.45, _cut(name, em * width / frame.BOLDER, size), "bold"),
        (1.35, _cut(ranges[0], em * width, size), "normal"),
        (0.35, _cut(ranges[1], em * width, size), "normal"),
    )
    for down, line, weight in lines:
        ax.annotate(
            line,
            xy=(0.0, 1.0),
            xycoords="axes fraction",
            xytext=(0.0, em * down),
            textcoords="offset points",
            fontsize=size,
            fontweight=weight,
            color=theme.color["ink" if weight == "bold" else "muted"],
            annotation_clip=False,
        )


def _cut(line: str, room: float, size: float) -> str:
    """Return the end of a line that has room, since names of layers differ there.

    >>> _cut("layer1.0.quan1", 1e3, 10.0), _cut("layer1.0.quan1", 60.0, 10.0)[0]
    ('layer1.0.quan1', '…')
    """
    if text_width(line, size) <= room:
        return line
    for k in range(1, len(line)):
        end = "…" + line[k:].lstrip(".")
        if text_width(end, size) <= room:
            return end
    return "…"


def _legend(sheet: Sheet, theme: Theme) -> None:
    entries = []
    for role in ("deterministic", "expectation", "ste"):
        line = Line2D([], [], color=theme.color[role])
        line.set(
            linestyle=style.LINE["ste"] if role == "ste" else "-",
            linewidth=theme.line_width * (1.0 if role == "expectation" else 0.6),
        )
        entries.append((line, say(f"figure.layers.{role}")))
    em = theme.font_size
    sheet.figure.legend(
        [line for line, _ in entries],
        [words for _, words in entries],
        loc="lower left",
        bbox_to_anchor=(MARGIN / sheet.width, 0.4 * MARGIN / sheet.height),
        ncols=3,
        frameon=False,
        borderaxespad=0.0,
        borderpad=0.0,
        fontsize=frame.SMALL * em,
        labelcolor=theme.color["ink"],
    )


def layers_alternative(quantizers: Mapping[str, Quantizer]) -> str:
    """Return the picture of `layers` in words: range, thresholds and steepest slope of each.

    >>> from n2uq_viz.quantizer import Quantizer
    >>> layers_alternative({"act1": Quantizer.uniform(1)}).split(". ")[-1]
    'act1: inputs 0 to 2 to outputs 0 to 2, threshold 1, steepest slope 1.'
    """
    shown = dict(list(quantizers.items())[:MOST])
    told = [_title(shown)]
    for name, q in shown.items():
        told.append(
            say(
                "figure.layers.each" if q.thresholds.size > 1 else "figure.layers.each_one",
                name=name,
                low=short(float(q.edges[0])),
                high=short(float(q.edges[-1])),
                first=short(float(q.levels[0])),
                last=short(float(q.levels[-1])),
                thresholds=", ".join(short(t) for t in q.thresholds.tolist()),
                steepest=short(float(q.slopes.max())),
            )
        )
    return " ".join(told)
