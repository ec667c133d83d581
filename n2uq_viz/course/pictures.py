"""The prediction beside the result: the eye learns from the distance between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from n2uq_viz import style
from n2uq_viz.course.items import Choice, Number
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from n2uq_viz.course.items import Answer, Prediction
    from n2uq_viz.style import Theme

WIDTH, WIDTH_WITH_DRAWING = 5.2, 9.0
ROW_HEIGHT, FRAME_HEIGHT, SMALLEST_HEIGHT = 0.6, 1.1, 2.1
#: A drawing is as high as so many rows.
DRAWING_ROWS = 3.0
#: A prediction further away than this many times the largest result is drawn at the border.
FAR = 6.0
PREDICTED, TRUE = "monte_carlo", "deterministic"
_MARK: dict[str, dict[str, Any]] = {
    PREDICTED: {"marker": "D", "fillstyle": "none"},
    TRUE: {"marker": "o", "fillstyle": "full"},
}
_SIZE = {PREDICTED: 10.0, TRUE: 6.0}
#: Color, line style and width of a staircase.
_STAIRCASE = {
    "before": ("muted", ":", 1.4),
    "true": (TRUE, "-", 1.4),
    "predicted": (PREDICTED, "--", 2.0),
}


def draw_mark(ax: Axes, look: Theme, role: str, x: float, y: float, *, marker: str = "") -> None:
    """Draw one prediction (open diamond) or one result (filled dot) at a point of the axes."""
    shape = {**_MARK[role], **({"marker": marker} if marker else {})}
    ax.plot(
        [x],
        [y],
        linestyle="",
        color=look.color[role],
        markersize=_SIZE[role],
        clip_on=False,
        **shape,
    )


def draw_staircase(
    ax: Axes,
    look: Theme,
    role: str,
    thresholds: Sequence[float] | NDArray[np.float64],
    levels: Sequence[float] | NDArray[np.float64],
    view: tuple[float, float],
    label: str,
) -> None:
    """Draw a staircase from its thresholds and levels: ``"before"``, ``"predicted"`` or ``"true"``.

    A predicted one need not be a staircase that exists: its thresholds may come in any order.
    """
    x = np.repeat([view[0], *thresholds, view[1]], 2)[1:-1]
    color, line, width = _STAIRCASE[role]
    ax.plot(
        x,
        np.repeat(levels, 2),
        color=look.color[color],
        linestyle=line,
        linewidth=width,
        label=label,
    )


def compare(
    prediction: Prediction, chapter: str, answer: Answer, truth: Answer, theme: str = "light"
) -> Figure:
    """The figure that is shown once a prediction has been made.

    Parameters
    ----------
    prediction
        What was asked.
    chapter
        Key of its chapter, for the words.
    answer, truth
        Field -> value, both complete.
    theme
        Name of a theme of ``n2uq_viz.style``.
    """
    look = style.theme(theme)
    numbers = [field for field in prediction.fields if isinstance(field, Number)]
    choices = [field for field in prediction.fields if isinstance(field, Choice)]
    panels: list[tuple[float, float]] = []
    if prediction.draw is not None:
        panels.append((1.0, DRAWING_ROWS))
    if numbers:
        panels.append((1.0, float(len(numbers))))
    panels += [(0.7, 0.6 * len(field.options)) for field in choices]
    height = max(SMALLEST_HEIGHT, FRAME_HEIGHT + ROW_HEIGHT * max(rows for _, rows in panels))
    width = WIDTH if len(panels) == 1 else WIDTH_WITH_DRAWING
    with matplotlib.style.context(["default", style.rc(look)]):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = list(
            figure.subplots(
                1, len(panels), squeeze=False, width_ratios=[share for share, _ in panels]
            )[0]
        )
        if prediction.draw is not None:
            prediction.draw(axes.pop(0), look, answer, truth)
        words = f"course.{chapter}.{prediction.name}"
        if numbers:
            draw_numbers(axes.pop(0), look, words, numbers, answer, truth)
        for field in choices:
            draw_choice(axes.pop(0), look, prediction.label(field, chapter), field, answer, truth)
        _legend(figure, look)
        figure.draw_without_rendering()  # ticks are made late, and other settings may hold then
    return figure


def draw_numbers(
    ax: Axes, look: Theme, words: str, fields: list[Number], answer: Answer, truth: Answer
) -> None:
    """Draw one row for each number, with the prediction and the result on a common axis."""
    true = [float(truth[field.name]) for field in fields]
    largest = max(abs(v) for v in true) or 1.0
    limit = FAR * largest
    shown = [min(max(float(answer[field.name]), -limit), limit) for field in fields]
    low, high = min(0.0, *true, *shown), max(0.0, *true, *shown)
    margin = 0.18 * (high - low or largest)
    ax.set_xlim(low - margin, high + margin)
    ax.set_ylim(len(fields) - 0.4, -0.6)
    ax.axvline(0.0, color=look.color["muted"], linewidth=0.8)
    ax.grid(visible=True, axis="x")
    for row, field in enumerate(fields):
        predicted = float(answer[field.name])
        beyond = "" if abs(predicted) <= limit else (">" if predicted > 0 else "<")
        ax.plot([shown[row], true[row]], [row, row], color=look.color["muted"], linewidth=1.0)
        draw_mark(ax, look, PREDICTED, shown[row], row, marker=beyond)
        draw_mark(ax, look, TRUE, true[row], row)
        for role, x, value, shift in (
            (PREDICTED, shown[row], predicted, 9.0),
            (TRUE, true[row], true[row], -9.0),
        ):
            ax.annotate(
                field.show(value),
                (x, row),
                (0.0, shift),
                textcoords="offset points",
                ha="center",
                va="bottom" if shift > 0 else "top",
                color=look.color[role],
                fontsize=look.font_size * 0.9,
            )
    ax.set_yticks(range(len(fields)), [say(f"{words}.short.{field.name}") for field in fields])
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(say(f"{words}.axis"))


def draw_choice(
    ax: Axes, look: Theme, label: str, field: Choice, answer: Answer, truth: Answer
) -> None:
    """Draw the options as rows, with a mark at the predicted one and one at the result."""
    names = list(field.options)
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_yticks([])
    ax.set_xticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    for row, name in enumerate(names):
        ax.text(0.14, row, field.options[name], va="center", wrap=True)
    draw_mark(ax, look, PREDICTED, 0.05, names.index(str(answer[field.name])))
    draw_mark(ax, look, TRUE, 0.05, names.index(str(truth[field.name])))
    ax.set_title(label, loc="left")


def alternative(prediction: Prediction, chapter: str, answer: Answer, truth: Answer) -> str:
    """The same picture in words."""
    rows = "; ".join(
        say(
            "course.picture.row",
            label=prediction.label(field, chapter),
            predicted=field.show(answer[field.name]),
            true=field.show(truth[field.name]),
        )
        for field in prediction.fields
    )
    return say("course.picture.alternative", rows=rows)


def _legend(figure: Figure, look: Theme) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", color=look.color[role], markersize=_SIZE[role], **_MARK[role])
        for role in (PREDICTED, TRUE)
    ]
    labels = [say("course.picture.predicted"), say("course.picture.true")]
    figure.legend(handles, labels, loc="outside upper left", ncols=2)
