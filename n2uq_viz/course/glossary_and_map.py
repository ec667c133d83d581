"""What the last notebook asks: which numbers have which unit, and what published ones tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from n2uq_viz.checks import FloatArray
from n2uq_viz.course.answers import choice, near, number, numbers
from n2uq_viz.course.items import Chapter, Choice, Exercise, Mistake, Prediction
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

#: The parameters that the exercises speak of.
START, INTERVALS, INPUT_SCALE, OUTPUT_SCALE = 0.2, (0.4, 0.6, 0.8), 2.0, 1.5
SETUP = f"""import numpy as np
import n2uq_viz as nv

start, intervals = {START}, {list(INTERVALS)}
input_scale, output_scale = {INPUT_SCALE}, {OUTPUT_SCALE}
"""

# --- Prediction: which axis a number lies on -----------------------------------------------------

_AXES = ("x", "u", "y")


def _quantizer(input_scale: float, output_scale: float) -> Quantizer:
    return Quantizer.from_intervals(
        INTERVALS, start=START, input_scale=input_scale, output_scale=output_scale
    )


def _which_axis() -> dict[str, float | str]:
    """Measure inputs in tenths and outputs in thirds, and see which numbers follow what."""
    scales = (INPUT_SCALE, INPUT_SCALE / 10.0)
    before, after = _quantizer(scales[0], OUTPUT_SCALE), _quantizer(scales[1], 3.0 * OUTPUT_SCALE)
    of_factor = {1.0: "u", 3.0: "y", 10.0: "x"}
    found = {
        "threshold": after.thresholds[0] / before.thresholds[0],
        "interval": after.intervals[0] * scales[1] / (before.intervals[0] * scales[0]),
        "level": after.levels[-1] / before.levels[-1],
    }
    return {name: of_factor[round(float(factor), 6)] for name, factor in found.items()}


WHICH_AXIS = Prediction(
    name="which_axis",
    fields=tuple(
        Choice(
            name,
            {axis: say(f"course.glossary_and_map.which_axis.option.{axis}") for axis in _AXES},
        )
        for name in ("threshold", "interval", "level")
    ),
    truth=_which_axis,
    remarks=(
        Mistake(
            "interval_in_x",
            lambda a: a["interval"] == "x",
            ({"threshold": "x", "interval": "x", "level": "y"},),
        ),
        Mistake(
            "threshold_in_u",
            lambda a: a["threshold"] == "u",
            ({"threshold": "u", "interval": "u", "level": "y"},),
        ),
        Mistake(
            "level_in_u",
            lambda a: a["level"] == "u",
            ({"threshold": "x", "interval": "u", "level": "u"},),
        ),
    ),
)

# --- Exercise: from parameters to thresholds -----------------------------------------------------

_MADE = _quantizer(INPUT_SCALE, OUTPUT_SCALE)


def _in_either_unit(along_x: FloatArray) -> Callable[[Any], bool]:
    """Return a test for an answer being these places, measured along x or along u."""
    return lambda v: near(along_x)(v) or near(along_x * INPUT_SCALE)(v)


FROM_PARAMETERS = Exercise(
    name="from_parameters",
    read=numbers(),
    is_right=near(_MADE.thresholds),
    mistakes=(
        Mistake("in_u", near(_MADE.thresholds * INPUT_SCALE), ([0.4, 0.9, 1.6],)),
        Mistake("multiplied", near(_MADE.thresholds * INPUT_SCALE**2), ([0.8, 1.8, 3.2],)),
        Mistake("output_scale", near(_MADE.thresholds * OUTPUT_SCALE), ([0.3, 0.675, 1.2],)),
        Mistake(
            "edges",
            _in_either_unit(_MADE.edges),
            ([0.1, 0.3, 0.6, 1.0], [0.2, 0.6, 1.2, 2.0]),
        ),
        Mistake(
            "without_start",
            near(_MADE.thresholds - START / INPUT_SCALE),
            ([0.1, 0.35, 0.7],),
        ),
        Mistake(
            "upper_edges",
            _in_either_unit(_MADE.edges[1:]),
            ([0.3, 0.6, 1.0], [0.6, 1.2, 2.0]),
        ),
    ),
    solution=(
        "q = nv.Quantizer.from_intervals(\n"
        "    intervals, start=start, input_scale=input_scale, output_scale=output_scale\n"
        ")\n"
        "answer = q.thresholds"
    ),
    right_answers=([0.2, 0.45, 0.8], "0.2; 0.45; 0.8", np.array([0.2, 0.45, 0.8])),
)

# --- Exercise: inputs in other units -------------------------------------------------------------

TENFOLD = Exercise(
    name="tenfold",
    read=number(),
    is_right=near(INPUT_SCALE / 10.0),
    mistakes=(
        Mistake("upside_down", near(INPUT_SCALE * 10.0), (20, "20")),
        Mistake("unchanged", near(INPUT_SCALE), (2.0,)),
        Mistake("factor", near(0.1), (0.1, "1/10")),
    ),
    solution="answer = input_scale / 10",
    right_answers=(0.2, "1/5", "0,2"),
)

# --- Exercise: what a margin tells ---------------------------------------------------------------

MARGIN = Exercise(
    name="margin",
    read=choice(
        {
            "all": ("everything",),
            "most": (),
            "none": ("nothing",),
            "not_told": ("not told", "unknown", "the table does not say"),
        }
    ),
    is_right=lambda value: value == "not_told",
    mistakes=(
        Mistake("all", lambda value: value == "all", ("all", "everything")),
        Mistake("most", lambda value: value == "most", ("most",)),
        Mistake("none", lambda value: value == "none", ("none", "nothing")),
    ),
    solution='answer = "not_told"',
    right_answers=("not_told", "Not told", "unknown"),
)

CHAPTER = Chapter(
    notebook="A_glossary_and_map",
    predictions=(WHICH_AXIS,),
    exercises=(FROM_PARAMETERS, TENFOLD, MARGIN),
    setup=SETUP,
)
