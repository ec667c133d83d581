"""What the notebook on bugs asks before it shows: gate or clip, a negative step, a cast."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from n2uq_viz import gates, weights
from n2uq_viz.course.answers import FloatArray, near
from n2uq_viz.course.items import Answer, Choice, Mistake, Number, Prediction
from n2uq_viz.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from n2uq_viz.style import Theme

# --- Prediction: gate or clip --------------------------------------------------------------------

#: Inputs and the gradients from above, one of each kind.
INPUTS, UPSTREAM = (0.2, 3.0), (5.0, 0.5)
_RULES = {"clip": "hardtanh", "gate": "gate"}
_FIELDS = ("clip_inside", "clip_outside", "gate_inside", "gate_outside")
_SWAPPED = {"clip_inside": 5.0, "clip_outside": 0.0, "gate_inside": 1.0, "gate_outside": 0.5}


def _gate_or_clip() -> dict[str, float | str]:
    passed = {name: gates.passed(rule, INPUTS, UPSTREAM) for name, rule in _RULES.items()}
    return {
        f"{name}_{place}": float(passed[name][k])
        for name in _RULES
        for k, place in enumerate(("inside", "outside"))
    }


GATE_OR_CLIP = Prediction(
    name="gate_or_clip",
    fields=tuple(Number(name) for name in _FIELDS),
    truth=_gate_or_clip,
    remarks=(
        Mistake(
            "swapped",
            lambda a: all(near(_SWAPPED[name])(a[name]) for name in _FIELDS),
            (_SWAPPED,),
        ),
        Mistake(
            "same",
            lambda a: (
                a["clip_inside"] == a["gate_inside"] and a["clip_outside"] == a["gate_outside"]
            ),
            (
                {"clip_inside": 5, "clip_outside": 0, "gate_inside": 5, "gate_outside": 0},
                {"clip_inside": 1, "clip_outside": 0.5, "gate_inside": 1, "gate_outside": 0.5},
            ),
        ),
        Mistake(
            "clip_of_input",
            lambda a: near(0.2)(a["clip_inside"]) or near(1.0)(a["clip_outside"]),
            (
                {"clip_inside": 0.2, "clip_outside": 1, "gate_inside": 5, "gate_outside": 0},
                {"clip_inside": 1, "clip_outside": 1, "gate_inside": 5, "gate_outside": 0},
            ),
        ),
        Mistake(
            "clip_drops",
            lambda a: near(0.0)(a["clip_inside"]) or near(0.0)(a["clip_outside"]),
            (
                {"clip_inside": 0, "clip_outside": 0.5, "gate_inside": 5, "gate_outside": 0},
                {"clip_inside": 1, "clip_outside": 0, "gate_inside": 5, "gate_outside": 0},
            ),
        ),
        Mistake(
            "gate_alone",
            lambda a: near(1.0)(a["gate_inside"]) and near(0.0)(a["gate_outside"]),
            ({"clip_inside": 1, "clip_outside": 0.5, "gate_inside": 1, "gate_outside": 0},),
        ),
        Mistake(
            "gate_leaks",
            lambda a: near(0.5)(a["gate_outside"]),
            ({"clip_inside": 1, "clip_outside": 0.5, "gate_inside": 5, "gate_outside": 0.5},),
        ),
    ),
)

# --- Prediction: a step below zero ---------------------------------------------------------------

STEP, TOP, COUNT = -0.5, 3, 1000
RATE, STEPS = 0.01, 50
_ENDS = ("back", "away", "stays")


@cache
def _way() -> FloatArray:
    """The learned step after every step of descent on the squared error, from a negative one."""
    x = np.abs(np.random.default_rng(0).normal(size=COUNT))
    path = [STEP]
    for _ in range(STEPS):
        v = x / path[-1]
        codes = np.clip(np.round(v), 0, TOP)
        inside = (v > 0) & (v < TOP)
        of_step = np.sum(2.0 * (path[-1] * codes - x) * (codes - np.where(inside, v, 0.0)))
        path.append(path[-1] - RATE * float(of_step))
    return np.array(path)


def _dead_step() -> dict[str, float | str]:
    first, last = _way()[[0, -1]]
    return {"end": "stays" if last == first else "back" if last > first else "away"}


def _draw_dead_step(ax: Axes, look: Theme, answer: Answer, truth: Answer) -> None:
    """Draw the step over the descent, and where it was said to end."""
    from n2uq_viz.course.pictures import PREDICTED, TRUE, draw_mark  # matplotlib takes long

    words = "course.bug_gallery.dead_step"
    ends = {"back": 0.65, "away": 3.0 * STEP, "stays": STEP}
    ax.axhline(0.0, color=look.color["muted"], linewidth=0.8)
    ax.plot(np.arange(STEPS + 1), _way(), color=look.color["first"], label=say(f"{words}.way"))
    for role, chosen in ((PREDICTED, answer), (TRUE, truth)):
        draw_mark(ax, look, role, 1.06 * STEPS, ends[str(chosen["end"])])
    ax.set_xlim(0.0, 1.12 * STEPS)
    ax.set_xticks(range(0, STEPS + 1, 10))
    ax.set_ylim(3.4 * STEP, 1.2)
    ax.set_xlabel(say(f"{words}.axis_x"))
    ax.set_ylabel(say(f"{words}.axis_y"))
    ax.legend(loc="upper left", fontsize=look.font_size * 0.9)


DEAD_STEP = Prediction(
    name="dead_step",
    fields=(
        Choice("end", {name: say(f"course.bug_gallery.dead_step.option.{name}") for name in _ENDS}),
    ),
    truth=_dead_step,
    remarks=(
        Mistake("back", lambda a: a["end"] == "back", ({"end": "back"},)),
        Mistake("away", lambda a: a["end"] == "away", ({"end": "away"},)),
    ),
    draw=_draw_dead_step,
)

# --- Prediction: a cast --------------------------------------------------------------------------

LEVELS, SPREAD, FAN_IN = 4, 0.1, 64
_CASTS = ("codes", "signs", "zeros", "refused")


def _after_cast() -> dict[str, float | str]:
    w = np.random.default_rng(0).normal(0.0, SPREAD, (16, FAN_IN))
    whole = weights.quantize_weights(w, LEVELS).astype(np.int8)
    found = set(np.unique(whole).tolist())
    if found == {0}:
        return {"whole": "zeros"}
    return {"whole": "codes" if found == set(range(LEVELS)) else "signs"}


AFTER_CAST = Prediction(
    name="after_cast",
    fields=(
        Choice(
            "whole",
            {name: say(f"course.bug_gallery.after_cast.option.{name}") for name in _CASTS},
        ),
    ),
    truth=_after_cast,
    remarks=(
        Mistake("codes", lambda a: a["whole"] == "codes", ({"whole": "codes"},)),
        Mistake("signs", lambda a: a["whole"] == "signs", ({"whole": "signs"},)),
        Mistake("refused", lambda a: a["whole"] == "refused", ({"whole": "refused"},)),
    ),
)
