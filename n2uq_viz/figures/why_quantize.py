"""One picture of what quantization buys: bytes, energy, and sums that integer units can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from n2uq_viz.figures import frame
from n2uq_viz.figures.savings import (
    FLOAT_BITS,
    TERMS,
    bits_of,
    energies,
    output_words,
    quantizer_of,
    sizes_in_megabytes,
    sum_energies,
)
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read
from n2uq_viz.plots.labels import axes_size, short, text_width, wrap
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 26.4
# In units of the theme's font size.
MARGIN = 1.2
#: Height of a panel in a column.
COLUMN = 13.0
GUTTER = 2.6
TITLE = 1.15
TEXT_LINES = 2
HEAD_GAP = 0.5
FOOT = 3.2
#: Every column has rows of the same height: words in the upper half, and below them a bar.
ROWS = 4
WORDS_AT, BAR_AT, BAR = 0.25, 0.66, 0.2
#: Size of dots next to the theme's markers.
DOT = 2.4
ENERGY_RANGE = (0.01, 3000.0)
ENERGY_TICKS = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


def why_quantize(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw bytes, energy per operation and the energy of a sum, floats against integers.

    Source of the energies: M. Horowitz, "Computing's energy problem (and what we can do about
    it)", ISSCC 2014: a 45 nm process at 0.9 V.

    Parameters
    ----------
    state
        A state of the Threshold explorer: the bits of its levels are one of the rows of bytes, and
        its levels are those at the end, with the integers that stand for them.
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
    FileNotFoundError
        The package runs outside of a clone of its repository, which holds the energies.
    """
    shown, look, size = read(state, theme, size, "threshold")
    q = quantizer_of(shown)
    with frame.look(look):
        em = look.font_size
        sheet = Sheet(look, size, PAGE)
        line = frame.LINE_SPACING * frame.SMALL
        top = MARGIN + TITLE * frame.LINE_SPACING + TEXT_LINES * line + HEAD_GAP
        height = sheet.down(COLUMN, top + FOOT + MARGIN)
        column = (sheet.width - 2.0 * (MARGIN + GUTTER)) / 3.0
        if sheet.narrow:
            column = sheet.width - 2.0 * MARGIN
        for k, (name, draw) in enumerate(DRAWINGS.items()):
            left, down = (
                (MARGIN, k * height) if sheet.narrow else (MARGIN + k * (column + GUTTER), 0.0)
            )
            ax = sheet.axes(left, top + down, column, height)
            _head(ax, look, name, em * column, em * top)
            draw(ax, look, q)
        sheet.foot(say("figure.why_quantize.source"))
    return sheet.finish()


def _head(ax: Axes, theme: Theme, name: str, column: float, top: float) -> None:
    """Put the claim and what is shown above a column."""
    em = theme.font_size
    text = say(f"figure.why_quantize.{name}.text", terms=TERMS)
    away = top - em * MARGIN
    for words, size, color, weight, down in (
        (say(f"figure.why_quantize.{name}.title"), TITLE, "ink", "bold", 0.0),
        (
            wrap(text, column, frame.SMALL * em),
            frame.SMALL,
            "muted",
            "normal",
            TITLE * frame.LINE_SPACING,
        ),
    ):
        ax.annotate(
            words,
            xy=(0.0, 1.0),
            xycoords="axes fraction",
            xytext=(0.0, away - em * down),
            textcoords="offset points",
            ha="left",
            va="top",
            fontsize=size * em,
            fontweight=weight,
            color=theme.color[color],
            linespacing=frame.LINE_SPACING,
            annotation_clip=False,
        )


def _rows(ax: Axes) -> None:
    """Make room for the rows, the first on top."""
    ax.set_ylim(float(ROWS), 0.0)
    ax.yaxis.set_visible(False)
    ax.spines["left"].set_visible(False)


def _no_input_axis(ax: Axes) -> None:
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)


def _words(ax: Axes, theme: Theme, row: int, words: str) -> None:
    ax.text(
        0.0,
        row + WORDS_AT,
        words,
        transform=ax.get_yaxis_transform(),
        va="center",
        color=theme.color["ink"],
    )


def _bar(ax: Axes, theme: Theme, row: int, value: float, words: str, *, accent: bool) -> None:
    """Draw one bar with its value at its end, or inside where there is no room behind it."""
    color = theme.color["expectation" if accent else "muted"]
    ax.barh(row + BAR_AT, value, height=2.0 * BAR, color=color)
    most = ax.get_xlim()[1]
    width, _ = axes_size(ax)
    size = frame.SMALL * theme.font_size
    fits = (1.0 - value / most) * width > text_width(words, size) + size
    ax.annotate(
        words,
        xy=(value, row + BAR_AT),
        xytext=((0.4 if fits else -0.4) * size, 0.0),
        textcoords="offset points",
        ha="left" if fits else "right",
        va="center_baseline",
        fontsize=size,
        color=theme.color["ink" if fits else "panel"],
    )


def _less(words: str, factor: float) -> str:
    return f"{words}  ({say('figure.why_quantize.less', factor=short(factor))})"


def _bytes(ax: Axes, theme: Theme, q: Quantizer) -> None:
    sizes = sizes_in_megabytes(bits_of(q.levels.size))
    most = max(sizes.values())
    _rows(ax)
    ax.set_xlim(0.0, most)
    _no_input_axis(ax)
    for row, (bits, value) in enumerate(sizes.items()):
        quantized = bits != FLOAT_BITS
        key = "integer" if quantized else "float"
        _words(ax, theme, row, say(f"figure.why_quantize.bytes.{key}", bits=bits))
        words = say("figure.why_quantize.bytes.value", value=short(value))
        _bar(
            ax,
            theme,
            row,
            value,
            _less(words, most / value) if quantized else words,
            accent=quantized,
        )


def _energy(ax: Axes, theme: Theme, _q: Quantizer) -> None:
    _rows(ax)
    ax.set_xscale("log")
    ax.set_xlim(*ENERGY_RANGE)
    ax.minorticks_off()
    frame.label_ticks(ax.xaxis, ENERGY_TICKS)
    size = frame.SMALL * theme.font_size
    looks = (("integer", "expectation", "expectation"), ("float", "muted", "panel"))
    away = 0.0
    for key, color, _ in looks:
        words = say(f"figure.why_quantize.energy.{key}")
        ax.annotate(
            words,
            xy=(0.0, 1.0),
            xycoords="axes fraction",
            xytext=(away, HEAD_GAP * theme.font_size),
            textcoords="offset points",
            va="bottom",
            fontsize=size,
            color=theme.color[color],
            annotation_clip=False,
        )
        away += text_width(words, size) + size
    for row, (operation, ranges) in enumerate(energies().items()):
        at = row + BAR_AT
        ax.vlines(
            ENERGY_TICKS,
            at - BAR,
            at + BAR,
            colors=theme.color["grid"],
            linewidths=frame.SPINE_WIDTH,
        )
        middles = [(low * high) ** 0.5 for low, high in ranges]
        ax.plot(middles, [at, at], color=theme.color["muted"], linewidth=frame.SPINE_WIDTH)
        for (low, high), (_, color, face) in zip(ranges, looks, strict=True):
            _dot(ax, theme, (low, high), at, theme.color[color], theme.color[face])
        _words(ax, theme, row, say(f"figure.why_quantize.energy.{operation}"))
        ax.text(
            1.0,
            row + WORDS_AT,
            say("figure.why_quantize.less", factor=short(middles[1] / middles[0])),
            transform=ax.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=size,
            color=theme.color["ink"],
        )


def _dot(
    ax: Axes, theme: Theme, span: tuple[float, float], at: float, color: str, face: str
) -> None:
    """Draw a value as a dot, a range as a dot drawn out; the inside in another color."""
    size = DOT * theme.marker_size
    for inner, shade in ((0.0, color), (2.0 * theme.line_width, face)):
        ax.plot(
            span,
            [at, at],
            color=shade,
            linewidth=size - inner,
            solid_capstyle="round",
            marker="o",
            markersize=size - inner,
            markeredgewidth=0.0,
            zorder=3.0,
        )


def _sum(ax: Axes, theme: Theme, q: Quantizer) -> None:
    in_floats, in_integers = sum_energies()
    _rows(ax)
    ax.set_xlim(0.0, in_floats)
    _no_input_axis(ax)
    for row, (key, value) in enumerate((("float", in_floats), ("integer", in_integers))):
        _words(ax, theme, row, say(f"figure.why_quantize.sum.{key}"))
        words = say("figure.why_quantize.sum.value", value=short(value))
        quantized = key == "integer"
        text = _less(words, in_floats / value) if quantized else words
        _bar(ax, theme, row, value, text, accent=quantized)
    _levels(ax, theme, q)


def _levels(ax: Axes, theme: Theme, q: Quantizer) -> None:
    """Show in the last rows why integers do: every output is its number times one step."""
    row = ROWS - 2
    _words(ax, theme, row, output_words(q))
    inset = 1.5 * theme.font_size
    width, _ = axes_size(ax)
    most = ax.get_xlim()[1]
    at = row + 1.0
    size = frame.SMALL * theme.font_size
    share = (q.levels - q.levels[0]) / (q.levels[-1] - q.levels[0])
    points = (inset + (width - 2.0 * inset) * share).tolist()
    places = [most * point / width for point in points]
    widest = max(text_width(short(level), size) for level in q.levels.tolist())
    named = frame.thin_ticks(points, 1.0, widest + 0.5 * frame.WORD_ROOM * size)
    ax.plot(places, [at] * len(places), color=theme.color["muted"], linewidth=frame.SPINE_WIDTH)
    for k, (place, level) in enumerate(zip(places, q.levels.tolist(), strict=True)):
        _dot(ax, theme, (place, place), at, theme.color["expectation"], theme.color["expectation"])
        if points[k] not in named:
            continue
        for words, away, color in ((str(k), 1.0, "expectation"), (short(level), -1.0, "muted")):
            ax.annotate(
                words,
                xy=(place, at),
                xytext=(0.0, away * 1.15 * theme.font_size),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=size,
                color=theme.color[color],
            )


DRAWINGS = {"bytes": _bytes, "energy": _energy, "sum": _sum}
