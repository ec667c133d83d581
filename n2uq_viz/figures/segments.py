"""What N2UQ learns, on the axes: edges and segments below a panel, output steps inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.transforms import ScaledTranslation

from n2uq_viz.figures import frame
from n2uq_viz.figures.article import equal_steps, write
from n2uq_viz.plots.labels import axes_size, place, short, symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.quantizer import Quantizer
    from n2uq_viz.style import Theme

View = tuple[float, float]

# In units of the theme's font size, lines in units of the small one.
PAD = 0.35
LINE = 1.2
#: Distance of the brackets of segments from the names of edges above and of segments below.
BRACKET_GAP = 0.25
HOOK = 0.25
#: What two rows of names, with the brackets between them, need.
RULER_HEIGHT = PAD + 2.0 * LINE * frame.SMALL + 2.0 * BRACKET_GAP
#: Distance of the brackets of output steps from the end of the panel, and room for their words.
INSET, WORDS_ROOM, AWAY = 0.7, 2.0, 0.6
#: Room that slopes need above a panel.
SLOPES_ROOM = 1.4
#: Room that the brackets need right of a panel.
OUTSIDE = 2.4


def draw_segments(ax: Axes, q: Quantizer, theme: Theme, view: View) -> None:
    """Name edges (b) below the Axes, and below these every segment (a) under a bracket.

    Names that would collide become one, such as "a₁, a₂" or "a₁ … a₃".
    """
    size = frame.SMALL * theme.font_size
    width, _ = axes_size(ax)
    scale = width / (view[1] - view[0])
    starts, ends = np.clip(q.edges[:-1], *view), np.clip(q.edges[1:], *view)
    inside = np.flatnonzero(starts < ends)
    edges = np.flatnonzero((view[0] <= q.edges) & (q.edges <= view[1]))
    drop = PAD * theme.font_size + LINE * size + BRACKET_GAP * theme.font_size
    rows = (
        ("edge", [symbol("b", int(i)) for i in edges], q.edges[edges], PAD * theme.font_size),
        (
            "ink",
            [symbol("a", int(i) + 1) for i in inside],
            0.5 * (starts + ends)[inside],
            drop + BRACKET_GAP * theme.font_size,
        ),
    )
    for role, names, positions, distance in rows:

        def text(first: int, last: int, names: list[str] = names) -> str:
            between = ", " if last == first + 1 else " … "
            return names[first] if first == last else names[first] + between + names[last]

        for center, words in place(((positions - view[0]) * scale).tolist(), width, size, text):
            ax.annotate(
                words,
                xy=(view[0] + center / scale, 0.0),
                xycoords=ax.get_xaxis_transform(),
                xytext=(0.0, -distance),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=size,
                color=theme.color[role],
                annotation_clip=False,
            )
    down = ScaledTranslation(0.0, -drop / frame.POINTS_PER_INCH, ax.figure.dpi_scale_trans)
    up = HOOK * theme.font_size / axes_size(ax)[1]
    gaps = np.full(inside.size, np.nan)
    a, b = starts[inside], ends[inside]
    ax.plot(
        np.column_stack((a, a, b, b, gaps)).ravel(),
        np.column_stack((*(np.full(a.size, y) for y in (up, 0.0, 0.0, up)), gaps)).ravel(),
        transform=ax.get_xaxis_transform() + down,
        color=theme.color["ink"],
        linewidth=frame.SPINE_WIDTH,
        clip_on=False,
        solid_joinstyle="miter",
    )


def draw_output_steps(
    ax: Axes, q: Quantizer, theme: Theme, view: View, *, outside: bool = False
) -> bool:
    """Mark every output step by a bracket with its name, D; return whether there was room.

    They stand below the highest output, right of the last edge, or above the lowest one, left of
    the first; or right of the Axes, `OUTSIDE` wide. Steps that are too close have one name.
    """
    em, (width, height) = theme.font_size, axes_size(ax)
    unit = em * (view[1] - view[0]) / width
    room = (INSET + WORDS_ROOM) * unit
    if outside:
        at, side = view[1] + INSET * unit, 1.0
    elif view[1] - room >= q.edges[-1]:
        at, side = view[1] - INSET * unit, -1.0
    elif view[0] + room <= q.edges[0]:
        at, side = view[0] + INSET * unit, 1.0
    else:
        return False
    hook = at + (-side if outside else side) * HOOK * unit
    low, high = q.levels[:-1], q.levels[1:]
    gaps = np.full(low.size, np.nan)
    ax.plot(
        np.column_stack((*(np.full(low.size, x) for x in (hook, at, at, hook)), gaps)).ravel(),
        np.column_stack((low, low, high, high, gaps)).ravel(),
        color=theme.color["ink"],
        linewidth=frame.SPINE_WIDTH,
        solid_joinstyle="miter",
        clip_on=not outside,
        zorder=1.8,
    )
    equal = equal_steps(q)
    bottom, top = ax.get_ylim()
    close = float((high - low).min()) * height / (top - bottom) < frame.LINE_SPACING * em
    names = ["D" if equal else symbol("D", k + 1) for k in range(low.size)]
    middles = 0.5 * (low + high)
    if close:
        first, last = names[0], names[-1]
        names = [first if equal else f"{first}\n…\n{last}"]
        middles = np.array([0.5 * (low[0] + high[-1])])
    for name, middle in zip(names, middles.tolist(), strict=True):
        ha = "right" if side < 0.0 else "left"
        places = [(name, (at + side * AWAY * unit, middle))]
        write(ax, theme, places, ha=ha, outside=outside)
    return True


def label_slopes(
    ax: Axes, q: Quantizer, theme: Theme, view: View, *, formulas: bool = False
) -> None:
    """Write every slope above its segment; where they would collide, the range of several.

    With `formulas` as D over a, with the value or without it, if all of them have room. The Axes
    need ``SLOPES_ROOM`` above them.
    """
    size = frame.SMALL * theme.font_size
    width, _ = axes_size(ax)
    scale = width / (view[1] - view[0])
    starts, ends = np.clip(q.edges[:-1], *view), np.clip(q.edges[1:], *view)
    inside = np.flatnonzero(starts < ends)
    if not inside.size:
        return
    at = ((0.5 * (starts + ends)[inside] - view[0]) * scale).tolist()
    slopes = q.slopes[inside]

    def values(first: int, last: int) -> str:
        some = slopes[first : last + 1]
        least, most = short(float(some.min())), short(float(some.max()))
        return least if least == most else f"{least} – {most}"

    placed = place(at, width, size, values)
    if formulas:
        equal = equal_steps(q)
        short_ones = [
            f"{'D' if equal else symbol('D', int(k) + 1)}/{symbol('a', int(k) + 1)}" for k in inside
        ]
        full = [f"{name} = {short(float(v))}" for name, v in zip(short_ones, slopes, strict=True)]
        for names in (short_ones, full):

            def name(first: int, last: int, names: list[str] = names) -> str:
                return " ".join(names[first : last + 1])

            tried = place(at, width, size, name)
            if len(tried) == inside.size:
                placed = tried
    for center, words in placed:
        ax.annotate(
            words,
            xy=(view[0] + center / scale, 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0.0, 1.3 * theme.marker_size),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=size,
            color=theme.color["gste"],
            annotation_clip=False,
        )
