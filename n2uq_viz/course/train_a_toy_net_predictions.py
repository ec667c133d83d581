"""What the notebook on training asks before it shows: where G-STE is ahead, and by which part."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from n2uq_viz import comparison, datasets
from n2uq_viz.course.items import Answer, Choice, Mistake, Prediction
from n2uq_viz.training.config import ARMS
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.comparison import Difference
    from n2uq_viz.style import Theme

#: Tasks of the opening question, bits of their activations; weights are floats.
ASKED, BITS = ("digits", "spirals", "pixels"), 2
#: The task whose gain is taken apart.
TAKEN_APART = "pixels"
#: Where a predicted side is marked, as a share of the axis from 0 to its end.
SIDES = {"better": 0.85, "none": 0.0, "worse": -0.85}
#: Height of a mark in its row, above the interval, and of the names of the sides.
MARK, NAMES = -0.02, -0.5


@cache
def gains() -> dict[str, Difference]:
    """G-STE against plain STE on the tasks of the opening question, from the stored runs."""
    stored = datasets.stored_results()
    found = {}
    for task in ASKED:
        own = [
            r for r in stored if (r.task, r.weight_bits, r.activation_bits) == (task, None, BITS)
        ]
        found[task] = comparison.compare(own, "ste", "gste")
    return found


@cache
def parts() -> dict[str, Difference]:
    """The three steps from plain STE to G-STE on one task: range, thresholds and estimator."""
    steps = comparison.steps(datasets.stored_results(), TAKEN_APART, (None, BITS))
    return {step.second: step for step in steps}


def verdict(difference: Difference) -> str:
    """What may be said of a difference: ``"better"``, ``"worse"``, or ``"none"`` is shown."""
    if not difference.stands:
        return "none"
    return "better" if difference.mean > 0.0 else "worse"


# --- Prediction: on which tasks is G-STE ahead ---------------------------------------------------


def _which_tasks() -> dict[str, float | str]:
    return {task: verdict(difference) for task, difference in gains().items()}


def _draw_which_tasks(ax: Axes, look: Theme, answer: Answer, _truth: Answer) -> None:
    """Draw the gain of each seed, their mean and its interval, and the predicted side."""
    from n2uq_viz import plots  # matplotlib takes long
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark
    from n2uq_viz.plots.arms import BELOW

    words = "course.train_a_toy_net.which_tasks"
    differences = list(gains().values())
    drawn = plots.draw_steps(ax, differences, look)
    for mean in drawn.means:
        mean.set_zorder(drawn.dots[0].get_zorder())  # below the marks of what happens
    drawn.intervals.set_zorder(drawn.zero.get_zorder())
    end = max(map(abs, ax.get_xlim()))
    ax.set_xlim(-end, end)
    ax.set_ylim(len(ASKED) - 0.4, NAMES - 0.35)
    for row, (task, difference) in enumerate(gains().items()):
        draw_mark(ax, look, PREDICTED, end * SIDES[str(answer[task])], row + MARK)
        draw_mark(ax, look, TRUE, difference.mean, row + BELOW)
    for side in ("worse", "better"):
        ax.text(
            end * SIDES[side],
            NAMES,
            say(f"{words}.side.{side}"),
            ha="center",
            color=look.color["muted"],
            fontsize=look.font_size * 0.9,
        )
    ax.set_yticks(range(len(ASKED)), [say(f"task.{task}") for task in ASKED])
    ax.tick_params(axis="y", length=0.0)
    ax.grid(visible=True, axis="x")
    ax.set_xlabel(say(f"{words}.axis_x"))


def _reversed(answer: Answer) -> bool:
    truth = _which_tasks()
    return any({str(answer[task]), str(truth[task])} == {"better", "worse"} for task in ASKED)


def _overclaimed(answer: Answer) -> bool:
    truth = _which_tasks()
    return any(truth[task] == "none" != answer[task] for task in ASKED)


def _missed(answer: Answer) -> bool:
    truth = _which_tasks()
    return any(answer[task] == "none" != truth[task] for task in ASKED)


def _same(side: str) -> dict[str, str]:
    return dict.fromkeys(ASKED, side)


WHICH_TASKS = Prediction(
    name="which_tasks",
    fields=tuple(
        Choice(
            task,
            {side: say(f"course.train_a_toy_net.which_tasks.option.{side}") for side in SIDES},
        )
        for task in ASKED
    ),
    truth=_which_tasks,
    remarks=(
        Mistake(
            "same",
            lambda a: len({str(a[task]) for task in ASKED}) == 1,
            (_same("better"), _same("none"), _same("worse")),
        ),
        Mistake(
            "reversed", _reversed, ({"digits": "none", "spirals": "better", "pixels": "better"},)
        ),
        Mistake(
            "overclaimed",
            _overclaimed,
            (
                {"digits": "better", "spirals": "worse", "pixels": "better"},
                {"digits": "better", "spirals": "none", "pixels": "better"},
            ),
        ),
        Mistake("missed", _missed, ({"digits": "none", "spirals": "none", "pixels": "better"},)),
    ),
    draw=_draw_which_tasks,
)

# --- Prediction: which of the three changes does most --------------------------------------------


def _which_part() -> dict[str, float | str]:
    found = parts()
    return {"part": max(found, key=lambda name: abs(found[name].mean))}


def _draw_which_part(ax: Axes, look: Theme, answer: Answer, truth: Answer) -> None:
    """Draw the three steps, and mark the row that was chosen and the one of the largest mean."""
    from n2uq_viz import plots
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark

    names = list(parts())
    plots.draw_steps(ax, list(parts().values()), look)
    low, high = ax.get_xlim()
    at = high + 0.06 * (high - low)
    ax.set_xlim(low, high + 0.12 * (high - low))
    for role, chosen in ((PREDICTED, answer), (TRUE, truth)):
        draw_mark(ax, look, role, at, names.index(str(chosen["part"])))
    ax.set_yticks(range(len(names)), [say(f"figure.arms.row.{name}") for name in names])
    ax.tick_params(axis="y", length=0.0)
    ax.grid(visible=True, axis="x")
    ax.set_xlabel(say("course.train_a_toy_net.which_part.axis_x"))


WHICH_PART = Prediction(
    name="which_part",
    fields=(
        Choice(
            "part",
            {arm: say(f"course.train_a_toy_net.which_part.option.{arm}") for arm in ARMS[1:]},
        ),
    ),
    truth=_which_part,
    remarks=(
        Mistake("range", lambda a: a["part"] == "scales", ({"part": "scales"},)),
        Mistake("estimator", lambda a: a["part"] == "gste", ({"part": "gste"},)),
    ),
    draw=_draw_which_part,
)
