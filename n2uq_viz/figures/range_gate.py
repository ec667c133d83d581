"""Why the STE has a gate: what each rule passes back, and where a threshold ends that follows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import gates
from n2uq_viz.figures import frame
from n2uq_viz.figures.board import HIGH_PANEL, MARGIN
from n2uq_viz.figures.sheet import Sheet
from n2uq_viz.figures.shown import read, settle
from n2uq_viz.plots.labels import axes_size, short, text_width
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.style import Theme

#: Height of a page, in units of the theme's font size.
PAGE = 28.0
#: The two cases that tell the rules apart: an input, and the gradient that comes from above.
#: Inputs here and in the next two lines: from the middle of the gate, in units of half its width.
CASES = ((0.2, 5.0), (3.0, 0.5))
VIEW = (-9.0, 4.5)
TICKS = (-5.0, -1.0, 1.0, 3.0)
#: Color, line style and width (next to the theme's) of each rule; wide ones lie under narrow ones.
LOOKS = {
    "derivative": ("muted", "-.", 1.0),
    "gate": ("gste", "-", 2.0),
    "no_gate": ("ste", "--", 1.0),
    "hardtanh": ("monte_carlo", ":", 1.6),
}
PASSING = ("gate", "no_gate", "hardtanh")
#: Whose dot is a ring: it may lie on another dot, and two of the colors are equal in gray.
HOLLOW = ("hardtanh",)
# In units of the theme's font size.
GUTTER = 2.2
TICKS_LEFT, FOOT = 2.4, 2.9
#: Room for words at the right end of the paths, and least distance of two of them.
NAMES = 7.0
NAME_ROOM = 1.35
#: Least distance of numbers below an axis, in units of their font size.
BETWEEN = 0.3
#: Widths of the three panels, next to each other.
SHARES = (1.0, 1.0, 0.9)


def range_gate(
    state: Mapping[str, Any] | None = None,
    theme: str | None = "print",
    size: str | None = None,
) -> Figure:
    """Draw what is passed back for two upstream gradients, and a threshold that learns from it.

    The rules are those of `n2uq_viz.gates`: the true derivative, the clipped STE, the STE
    without its gate, and the gradient clipped by hardtanh.

    Parameters
    ----------
    state
        A state of the Binary explorer: its outer edges are the range of the gate in the first two
        panels, whose inputs move with it; the last panel, and without a state all, have −1 and 1.
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
    """
    shown, look, size = read(state, theme, size, "binary")
    gate = _gate(shown)
    with frame.look(look):
        sheet = Sheet(look, size, PAGE)
        top = sheet.title(say("figure.range_gate.title"))
        taken = 2.0 * MARGIN + 2.0 * GUTTER + 3.0 * TICKS_LEFT + NAMES
        unit = (sheet.width - taken) / sum(SHARES)
        widths = [unit * share for share in SHARES]
        if sheet.narrow:
            wide = sheet.width - 2.0 * MARGIN - TICKS_LEFT
            widths = [wide, wide, wide - NAMES]
        heads = _heads()
        head = max(
            sheet.head_height([each], width) for each, width in zip(heads, widths, strict=True)
        )
        height = sheet.down(HIGH_PANEL, top + head + MARGIN + FOOT)
        left = MARGIN
        for k, width in enumerate(widths):
            if sheet.narrow:
                left, top = MARGIN, top + height
            ax = sheet.axes(left + TICKS_LEFT, top + head, width, height)
            sheet.head(ax, heads[k], head, width)
            if k < len(CASES):
                _case(ax, look, gate, *CASES[k])
            else:
                _learn(ax, look)
            left += TICKS_LEFT + width + GUTTER
    return sheet.finish()


def _gate(state: Mapping[str, Any]) -> Quantizer:
    """Return one step whose edges are the outer ones of a valid state."""
    return Quantizer.binary((state["edges"][0], state["edges"][-1]))


def _inputs(gate: Quantizer, places: Sequence[float]) -> list[float]:
    """Return inputs that are at `places` for a gate from −1 to 1.

    >>> _inputs(Quantizer.binary((0.0, 2.0)), [0.2, 3.0])
    [1.2, 4.0]
    """
    low, high = gate.edges.tolist()
    half, middle = 0.5 * high - 0.5 * low, 0.5 * low + 0.5 * high
    return [middle + half * place for place in places]


def _heads() -> list[tuple[str, str]]:
    """Return a claim, and what is shown, for each panel."""
    values: list[tuple[str, dict[str, Any]]] = [
        ("case", {"upstream": short(upstream)}) for _, upstream in CASES
    ]
    values.append(("learn", {"count": gates.INPUTS.size, "far": len(gates.FAR)}))
    return [
        (
            say(f"figure.range_gate.{name}.title", **own),
            say(f"figure.range_gate.{name}.text", **own),
        )
        for name, own in values
    ]


def _axis_name(ax: Axes, theme: Theme, words: str) -> None:
    """Name the axis along the bottom, below its numbers."""
    ax.annotate(
        words,
        xy=(0.5, 0.0),
        xycoords="axes fraction",
        xytext=(0.0, -theme.font_size * (FOOT - 0.1)),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=frame.SMALL * theme.font_size,
        color=theme.color["muted"],
        annotation_clip=False,
    )


def _line(ax: Axes, theme: Theme, rule: str, x: Any, y: Any, **options: Any) -> None:
    color, dashes, wide = LOOKS[rule]
    width = wide * theme.line_width
    ax.plot(x, y, color=theme.color[color], linestyle=dashes, linewidth=width, **options)


def _label(
    ax: Axes, theme: Theme, words: str, at: tuple[float, float], color: str, up: float, ha: str
) -> None:
    """Write words at a point of the data, `up` font sizes above it."""
    ax.annotate(
        words,
        xy=at,
        xytext=(0.0, up * theme.font_size),
        textcoords="offset points",
        ha=ha,
        va="center",
        fontsize=frame.SMALL * theme.font_size,
        color=theme.color[color],
        annotation_clip=False,
    )


def _case(ax: Axes, theme: Theme, gate: Quantizer, place: float, upstream: float) -> None:
    """Draw what three rules pass back of one upstream gradient, by input."""
    (at,), view = _inputs(gate, [place]), _inputs(gate, VIEW)
    ax.set_xlim(*view)
    ax.set_ylim(-0.09 * upstream, 1.32 * upstream)
    width, _ = axes_size(ax)
    size = frame.SMALL * theme.font_size
    ticks = _inputs(gate, TICKS)
    widest = max(text_width(short(tick), size) for tick in ticks)
    scale = width / (view[1] - view[0])
    frame.label_ticks(ax.xaxis, frame.thin_ticks(ticks, scale, widest + BETWEEN * size))
    values = sorted({0.0, 1.0, upstream} if upstream > 1.0 else {0.0, upstream})
    frame.label_ticks(ax.yaxis, values)
    ax.grid(visible=True, axis="y")
    # Each jump is drawn upright, at the edge of the gate.
    low, high = gate.edges.tolist()
    beside = [np.nextafter(edge, np.inf) for edge in (low, high)]
    x = np.array([view[0], low, beside[0], high, beside[1], view[1]])
    for rule in PASSING:
        _line(ax, theme, rule, x, gates.passed(rule, x, upstream, gate))
        ax.plot(
            [at],
            gates.passed(rule, [at], upstream, gate),
            marker="o",
            color=theme.color[LOOKS[rule][0]],
            markersize=2.0 * theme.marker_size,
            markeredgewidth=theme.line_width,
            fillstyle="none" if rule in HOLLOW else "full",
        )
    groups: dict[float, list[str]] = {}
    for rule in PASSING:
        groups.setdefault(float(gates.passed(rule, view[0], upstream, gate)), []).append(rule)
    for value, rules in groups.items():
        words = ", ".join(say(f"figure.range_gate.rule.{rule}") for rule in rules)
        (left,) = _inputs(gate, [VIEW[0] + 0.15])
        _label(ax, theme, words, (left, value), LOOKS[rules[-1]][0], 0.75, "left")
    _axis_name(ax, theme, say("figure.range_gate.case.axis", x=short(at)))


def _learn(ax: Axes, theme: Theme) -> None:
    """Draw the threshold's path under each rule, and where it would be best."""
    runs = {rule: gates.learn(rule) for rule in gates.RULES}
    last = gates.STEPS
    ax.set_xlim(0.0, float(last))
    ax.set_ylim(-0.8, 1.0)
    frame.label_ticks(ax.xaxis, [0.0, 0.5 * last, float(last)])
    frame.label_ticks(ax.yaxis, [-0.5, 0.0, 0.5])
    low, high = gates.best_thresholds()
    ax.axhspan(low, high, color=theme.color["grid"], linewidth=0.0)
    for rule, run in runs.items():
        _line(ax, theme, rule, np.arange(last + 1), run.thresholds, clip_on=False)
    ends = [float(run.thresholds[-1]) for run in runs.values()]
    for rule, y in zip(runs, _apart(ax, theme, ends), strict=True):
        ax.annotate(
            say(f"figure.range_gate.rule.{rule}"),
            xy=(float(last), y),
            xytext=(0.5 * theme.font_size, 0.0),
            textcoords="offset points",
            va="center",
            fontsize=frame.SMALL * theme.font_size,
            color=theme.color[LOOKS[rule][0]],
            annotation_clip=False,
        )
    _axis_name(ax, theme, say("figure.range_gate.learn.axis"))


def _apart(ax: Axes, theme: Theme, values: Sequence[float]) -> list[float]:
    """Return places for words at these values, moved apart where they would touch."""
    bottom, top = ax.get_ylim()
    room = NAME_ROOM * theme.font_size * (top - bottom) / axes_size(ax)[1]
    order = np.argsort(values)
    places = np.array(values, dtype=np.float64)
    for below, above in itertools.pairwise(order):
        short_of = room - (places[above] - places[below])
        if short_of > 0.0:
            places[above] += 0.5 * short_of
            places[below] -= 0.5 * short_of
    return [float(place) for place in places]


def words(state: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the numbers that caption and text alternative name."""
    gate = _gate(settle(state, "binary"))
    low, high = gate.edges.tolist()
    found = {"low": short(low), "high": short(high)}
    found |= {"steps": str(gates.STEPS), "start": short(gates.START)}
    found |= {"count": str(gates.INPUTS.size), "far": str(len(gates.FAR))}
    for k, (place, upstream) in enumerate(CASES, start=1):
        (x,) = _inputs(gate, [place])
        found |= {f"x_{k}": short(x), f"upstream_{k}": short(upstream)}
        for rule in PASSING:
            found[f"{rule}_{k}"] = short(float(gates.passed(rule, x, upstream, gate)))
    for rule in gates.RULES:
        run = gates.learn(rule)
        found[f"end_{rule}"] = short(float(run.thresholds[-1]), 2)
        found[f"loss_{rule}"] = short(float(run.loss[-1]))
    low, high = gates.best_thresholds()
    return {**found, "best_low": short(low, 2), "best_high": short(high, 2)}
