"""What even output levels save where a net runs in integers: operations and energy, counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from n2uq_viz import datasets
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import MARGIN
from n2uq_viz.figures.savings import bits_of, quantizer_of
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, settle
from n2uq_viz.integer.costs import Cost, counted, layer_sizes
from n2uq_viz.plots.labels import short, text_width
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 19.0
# In units of the theme's font size: between panels, and from names to the first panel.
GUTTER, PAD = 2.4, 0.8
#: Height of a panel in a column, and room above the source.
PANEL, GAP = 8.5, 0.8
#: Ways of computing, in the order of the rows, and whether they need even levels.
WAYS = {"uniform": True, "bit_planes": True, "look_ups": False}
#: Height of a bar in its row; rows have words above their bar.
BAR, BAR_AT, WORDS_AT = 0.24, 0.2, -0.16
#: Room between the axis and these words, in units of their font size.
BESIDE = 0.35
#: Kinds of operations, as `n2uq_viz.integer.costs` calls them, in the order of the words.
KINDS = {
    "multiplications": "multiplies",
    "look-ups": "look_ups",
    "operations on 64-bit words": "on_words",
    "additions": "adds",
}
ENERGY = "energy of products and sums"


@dataclass(frozen=True)
class Way:
    """What one way of computing takes for one image.

    ``operations``: kind, as in the values of `KINDS` -> how many, without those that are 0;
    ``energy``: in nanojoules, None where none is published; ``even``: whether levels must be even.
    """

    name: str
    operations: Mapping[str, int]
    energy: float | None
    even: bool

    @property
    def total(self) -> int:
        """Return how many operations these are."""
        return sum(self.operations.values())


def integer_costs(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw operations and energy of the digits net in integers, by even levels and by others.

    Counted for one image, between the float stem and the float head, by `n2uq_viz.integer.counted`.
    Source of the energies: M. Horowitz, "Computing's energy problem (and what we can do about
    it)", ISSCC 2014: a 45 nm process at 0.9 V.

    Parameters
    ----------
    state
        A state of the Threshold explorer: the bits of its levels are those of weights and
        activations.
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
        The package runs outside of a clone of its repository, which holds net and energies.
    """
    shown, look, size = read(state, theme, size, "threshold")
    bits = _bits(shown)
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        _draw(sheet, ways(bits), bits)
    return sheet.finish()


def ways(bits: int) -> list[Way]:
    """Return what each way takes for one image of the stored net's shape, with so many bits.

    >>> [way.total for way in ways(2)]
    [884736, 89552, 884736]
    """
    rows = {row.what: row for row in _rows(bits)}
    found = []
    for name, even in WAYS.items():
        counts = {kind: getattr(rows[what], name) or 0 for what, kind in KINDS.items()}
        operations = {kind: int(count) for kind, count in counts.items() if count}
        found.append(Way(name, operations, getattr(rows[ENERGY], name), even))
    return found


def _rows(bits: int) -> list[Cost]:
    return counted(layer_sizes(datasets.stored_integer_net().net), bits, bits)


def _bits(state: Mapping[str, Any]) -> int:
    """Return the bits that the levels of a valid state take."""
    return bits_of(quantizer_of(state).levels.size)


def _bits_words(bits: int) -> str:
    return say(f"figure.integer_costs.bits.{'one' if bits == 1 else 'many'}", bits=bits)


def _many(count: float) -> str:
    """Return a count as people write it.

    >>> _many(89552), _many(4467.9)
    ('89,552', '4,468')
    """
    return f"{count:,.0f}"


def _operation_words(way: Way) -> str:
    return ", ".join(
        say(f"figure.integer_costs.{kind}", count=_many(count))
        for kind, count in way.operations.items()
    )


def _energy_words(way: Way) -> str:
    if way.energy is None:
        return say("figure.integer_costs.unknown")
    return say("figure.integer_costs.energy", energy=short(way.energy))


def _draw(sheet: Sheet, found: list[Way], bits: int) -> None:
    em = sheet.theme.font_size
    top = sheet.title(say("figure.integer_costs.title", bits=_bits_words(bits)))
    names = [say(f"figure.integer_costs.way.{way.name}") for way in found]
    widest = max(text_width(name, frame.SMALL * em) for name in names)
    left = MARGIN + frame.DRAWN * widest / em + PAD
    panels = ("operations", "energy")
    columns = 1 if sheet.narrow else len(panels)
    width = (sheet.width - left - MARGIN - GUTTER * (columns - 1)) / columns
    heads = {name: (say(f"figure.integer_costs.head.{name}"),) for name in panels}
    head = sheet.head_height(list(heads.values()), width)
    deep = len(panels) // columns
    # A foot is as high as its lines; on a page and on a slide two do.
    foot = GAP + 2.0 * frame.SMALL * frame.LINE_SPACING
    height = sheet.down(PANEL * deep, top + MARGIN + foot + deep * head) / deep
    for k, name in enumerate(panels):
        across, down = (0, k) if sheet.narrow else (k, 0)
        ax = sheet.axes(
            left + across * (width + GUTTER), top + down * (head + height) + head, width, height
        )
        ax.set_ylim(len(found) - 0.45, -0.55)
        sheet.head(ax, heads[name], head, width)
        if name == "operations":
            values, said = [float(way.total) for way in found], map(_operation_words, found)
        else:
            values, said = [way.energy or 0.0 for way in found], map(_energy_words, found)
        _bars(ax, sheet.theme, values, found, list(said))
        seen = sheet.narrow or k == 0
        ax.yaxis.set_ticks(range(len(found)), labels=names if seen else [""] * len(found))
        ax.tick_params(axis="y", length=0.0)
    sheet.foot(say("figure.integer_costs.source"))


def _bars(ax: Axes, theme: Theme, values: list[float], found: list[Way], said: list[str]) -> None:
    """Draw a bar for each way below words of its color; filled where levels are even."""
    ax.set_xlim(0.0, 1.02 * max(values))
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    for k, (way, value, words_) in enumerate(zip(found, values, said, strict=True)):
        role = "first" if way.even else "second"
        if value:
            ax.barh(
                k + BAR_AT,
                value,
                height=BAR,
                color=theme.color[role if way.even else "panel"],
                edgecolor=theme.color[role],
                linewidth=0.8 * theme.line_width,
            )
        size = frame.SMALL * theme.font_size
        ax.annotate(
            words_,
            xy=(0.0, k + WORDS_AT),
            xytext=(BESIDE * size, 0.0),
            textcoords="offset points",
            va="center",
            fontsize=size,
            color=theme.color[role],
        )


def words(state: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the numbers that caption, text alternative and speaker's words name, as text."""
    bits = _bits(settle(state))
    uniform, planes, others = ways(bits)
    rows = {row.what: row for row in _rows(bits)}
    energy, other = uniform.energy or 0.0, others.energy or 0.0
    return {
        "bits": _bits_words(bits),
        "products": _many(uniform.operations["multiplies"]),
        "words": _many(planes.operations["on_words"]),
        "entries": _many(4**bits),
        "weights": _many(rows["weights"].uniform or 0),
        "codes": _many(rows["activations"].uniform or 0),
        "uniform": short(energy),
        "others": short(other),
        "factor": short(other / energy, 2),
    }
