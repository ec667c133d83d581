"""One picture for each bug: what is wanted beside what comes out, told apart by line and color."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz import style
from n2uq_viz.checks import choice, real_array
from n2uq_viz.course.answers import show_number
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from n2uq_viz.course.forms import FigureView
    from n2uq_viz.style import Theme

__all__ = ["NAMES", "draw", "show"]

#: The bugs, in the order of the notebook; words are under ``course.bug_gallery.picture.<name>``.
NAMES = (
    "missing_gate",
    "grad_one",
    "hardtanh",
    "detach",
    "ties",
    "negative_step",
    "crossing",
    "cast",
)
#: Inches.
WIDTH, HEIGHT = 9.0, 3.4
#: Curves of no more points than this get a marker at each.
FEW = 40
#: Width of a line next to the theme's: the broken one lies on the solid one and must not hide it.
_WIDE = {"first": 2.0, "second": 1.2}
SIDES = ("left", "right")


def show(name: str, left: Any, right: Any) -> FigureView:
    """Show the picture of a bug, with its caption, its text alternative and a save button.

    Arguments and errors as for `draw`. The words may name the ends of the curves.
    """
    from n2uq_viz import course

    figure = draw(name, left, right)
    words = f"course.bug_gallery.picture.{name}"
    ends = {}
    for side, curves in zip(SIDES, (left, right), strict=True):
        for which, curve in zip(("wanted", "buggy"), curves[1:], strict=True):
            ends[f"{side}_{which}"] = show_number(float(f"{np.asarray(curve)[-1]:.3g}"))
    return course.show_picture(
        figure,
        f"bug_{name}",
        caption=say(f"{words}.caption", **ends),
        alternative=say(f"{words}.alternative", **ends),
    )


def draw(name: str, left: Any, right: Any, theme: str = "light") -> Figure:
    """Draw two panels: on the left what is computed, on the right what comes of it.

    Parameters
    ----------
    name
        One of ``NAMES``.
    left, right
        For each panel ``(x, wanted, buggy)``: three arrays of one length, at least 1.
    theme
        Name of a theme of ``n2uq_viz.style``.

    Raises
    ------
    ValueError
        No such bug or theme, or curves of different lengths.
    """
    import matplotlib.style
    from matplotlib.figure import Figure

    choice("a bug", name, NAMES)
    look = style.theme(theme)
    with matplotlib.style.context(["default", style.rc(look)]):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        for ax, side, curves in zip(figure.subplots(1, 2), SIDES, (left, right), strict=True):
            _panel(ax, look, f"course.bug_gallery.picture.{name}.{side}", *curves)
        handles, _ = figure.axes[0].get_legend_handles_labels()
        labels = [
            say(f"course.bug_gallery.picture.{name}.{which}") for which in ("wanted", "buggy")
        ]
        figure.legend(handles, labels, loc="outside upper left", ncols=2)
        figure.draw_without_rendering()  # ticks are made late, and other settings may hold then
    return figure


def _panel(
    ax: Axes, look: Theme, words: str, x: ArrayLike, wanted: ArrayLike, buggy: ArrayLike
) -> None:
    from matplotlib.ticker import MaxNLocator

    at = real_array("x", x)
    for role, curve in (("first", wanted), ("second", buggy)):
        y = real_array("a curve", curve)
        if y.ndim != 1 or y.shape != at.shape:
            raise ValueError(
                f"a curve must have one number for each x, {at.shape}, got shape {y.shape}"
            )
        ax.plot(
            at,
            y,
            color=look.color[role],
            linestyle=style.LINE.get(role, "-"),
            linewidth=look.line_width * _WIDE[role],
            marker=style.MARKER[role] if at.size <= FEW else "",
            label=role,
        )
    for axis, whole in ((ax.xaxis, at), (ax.yaxis, np.concatenate((wanted, buggy)))):
        if np.array_equal(whole, np.round(whole)):  # codes, moves of descent, pixels
            axis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    ax.margins(x=0.02, y=0.08)
    ax.grid(visible=True, axis="y")
    ax.set_title(say(f"{words}.title"), loc="left")
    ax.set_xlabel(say(f"{words}.x"))
    ax.set_ylabel(say(f"{words}.y"))
