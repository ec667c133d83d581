"""What the notebook on bugs asks: which test sees one, what a detach leaves, which code is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, near, number, numbers
from n2uq_viz.course.bug_gallery_functions import HALF_DOWN, TWO_TESTS, WIDTH_ABOVE_ZERO
from n2uq_viz.course.bug_gallery_predictions import AFTER_CAST, DEAD_STEP, GATE_OR_CLIP
from n2uq_viz.course.items import Chapter, Exercise, Mistake

SETUP = """\
import numpy as np
import n2uq_viz as nv

q = nv.Quantizer.uniform(2)
"""

# --- Exercise: which inputs see it ---------------------------------------------------------------

#: Inputs of a 2-bit quantizer over [0, 2], tested with an upstream gradient of 1.
TRIED = np.array([-0.5, 0.4, 1.3, 2.2, 6.0])
_OUTSIDE = (TRIED < 0.0) | (TRIED > 2.0)


def _read_inputs(answer: Any) -> FloatArray:
    """The inputs, whatever their order; one that is given twice counts once."""
    return np.unique(numbers()(answer))


SEEN_AT = Exercise(
    name="seen_at",
    read=_read_inputs,
    is_right=near(TRIED[_OUTSIDE]),
    mistakes=(
        Mistake("unknown", lambda v: not np.isin(v, TRIED).all(), ([1, 4, 5], [0.5, 2])),
        Mistake("all", near(TRIED), ([-0.5, 0.4, 1.3, 2.2, 6],)),
        Mistake("inside", near(TRIED[~_OUTSIDE]), ([0.4, 1.3],)),
        Mistake(
            "one_side",
            lambda v: near([2.2, 6.0])(v) or near([-0.5])(v),
            ([2.2, 6], -0.5),
        ),
        Mistake("far_only", lambda v: near([6.0])(v) or near([-0.5, 6.0])(v), (6, [-0.5, 6])),
        Mistake("near_only", near([2.2]), (2.2,)),
        Mistake(
            "some_inside",
            lambda v: bool(np.isin(TRIED[~_OUTSIDE], v).any()),
            ([-0.5, 0.4, 2.2, 6], [1.3, 2.2, 6]),
        ),
    ),
    solution="answer = [-0.5, 2.2, 6]",
    right_answers=([-0.5, 2.2, 6], [6, 2.2, -0.5], "-0.5; 2.2; 6", TRIED[_OUTSIDE]),
)

# --- Exercise: the blind test --------------------------------------------------------------------

BLIND_UPSTREAM = Exercise(
    name="blind_upstream",
    read=number(),
    is_right=near(1.0),
    mistakes=(
        Mistake("zero", lambda v: abs(v) < 1e-9, (0, "0.0")),
        Mistake("negative", near(-1.0), (-1, "-1")),
        Mistake("opening", lambda v: near(5.0)(v) or near(0.5)(v), (5, 0.5, "1/2")),
        Mistake("large", lambda v: v > 1.001, (2, 100)),
    ),
    solution="answer = 1",
    right_answers=(1, "1", [1.0], np.float64(1)),
)

# --- Exercise: where is the detach ---------------------------------------------------------------

_SLOPES = np.array([1.0, 0.0, -1.0, 0.0, 1.0, 1.0, 1.0, 0.0])


def _line(letter: str, inside: float, outside: float) -> Callable[[FloatArray], bool]:
    """Whether one of the four lines has these slopes."""
    k = 2 * "ABCD".index(letter)
    return lambda v: v.shape == (8,) and near([inside, outside], 0.02)(v[k : k + 2])


def _with(**lines: tuple[float, float]) -> list[float]:
    """The right answer, but for these lines."""
    found = _SLOPES.copy()
    for letter, pair in lines.items():
        k = 2 * "ABCD".index(letter)
        found[k : k + 2] = pair
    return [float(value) for value in found]


DETACH_SLOPES = Exercise(
    name="detach_slopes",
    read=numbers(),
    is_right=near(_SLOPES),
    mistakes=(
        Mistake("count", lambda v: v.shape != (8,), ([1, -1, 1, 1], 1, [1, 0, -1, 0, 1, 1])),
        Mistake("all_alike", near([1.0, 0.0] * 4), ([1, 0] * 4,)),
        Mistake("nothing", near(np.zeros(8)), ([0] * 8,)),
        Mistake("gate_lost", lambda v: _line("A", 1.0, 1.0)(v), (_with(A=(1, 1)), [1] * 8)),
        Mistake("gate_kept", lambda v: _line("C", 1.0, 0.0)(v), (_with(C=(1, 0)),)),
        Mistake("cancels", lambda v: _line("B", 0.0, 0.0)(v), (_with(B=(0, 0)),)),
        Mistake("uphill", lambda v: _line("B", 1.0, 0.0)(v), (_with(B=(1, 0)),)),
        Mistake("minus_outside", lambda v: _line("B", -1.0, -1.0)(v), (_with(B=(-1, -1)),)),
        Mistake(
            "adds_zero",
            lambda v: _line("D", 0.0, 0.0)(v) or _line("D", 0.0, 1.0)(v),
            (_with(D=(0, 0)),),
        ),
        Mistake(
            "twice", lambda v: bool(np.any(np.abs(v) > 1.5)), (_with(D=(2, 0)), _with(A=(2, 1)))
        ),
    ),
    solution="answer = [1, 0, -1, 0, 1, 1, 1, 0]",
    right_answers=(
        [1, 0, -1, 0, 1, 1, 1, 0],
        "1; 0; -1; 0; 1; 1; 1; 0",
        [[1, 0], [-1, 0], [1, 1], [1, 0]],
        _SLOPES,
    ),
)

# --- Exercise: the lost code ---------------------------------------------------------------------

#: Thresholds after training, of which two have crossed.
CROSSED = (0.3, 1.2, 1.0)

LOST_CODE = Exercise(
    name="lost_code",
    read=number(),
    is_right=near(2.0),
    mistakes=(
        Mistake("level", near(4.0 / 3.0), ("4/3", 1.333)),
        Mistake("first_or_last", lambda v: v in (0.0, 3.0), (0, 3)),
        Mistake("one", near(1.0), (1,)),
        Mistake("beyond", lambda v: v > 3.0 or v < 0.0, (4, -1)),
        Mistake("threshold", lambda v: near(1.2)(v) or near(0.3)(v), (1.2, 0.3)),
    ),
    solution="answer = 2",
    right_answers=(2, "2", [2], np.int64(2)),
)

# --- Exercise: what is stored --------------------------------------------------------------------

#: Weights on four levels, and the scale of their channel.
FAKE, SCALE = np.array([0.02, -0.06, 0.06, -0.02]), 0.06
_CODES = np.array([2.0, 0.0, 3.0, 1.0])

STORED_CODES = Exercise(
    name="stored_codes",
    read=numbers(),
    is_right=near(_CODES),
    mistakes=(
        Mistake("count", lambda v: v.shape != (4,), (2, [0, 1, 2, 3, 4])),
        Mistake("cast", near(np.zeros(4)), ([0, 0, 0, 0],)),
        Mistake("unchanged", near(FAKE), ([0.02, -0.06, 0.06, -0.02],)),
        Mistake("signed", near(2.0 * _CODES - 3.0), ([1, -3, 3, -1],)),
        Mistake("scaled", near(FAKE / SCALE), (["1/3", -1, 1, "-1/3"],)),
        Mistake("rounded", near(np.round(FAKE / SCALE)), ([0, -1, 1, 0],)),
        Mistake("upside_down", near(3.0 - _CODES), ([1, 3, 0, 2],)),
        Mistake("from_one", near(_CODES + 1.0), ([3, 1, 4, 2],)),
        Mistake("sorted", near(np.arange(4.0)), ([0, 1, 2, 3],)),
        Mistake("by_size", near([0.0, 1.0, 1.0, 0.0]), ([0, 1, 1, 0],)),
    ),
    solution="answer = np.round((np.array([0.02, -0.06, 0.06, -0.02]) / 0.06 + 1) * 3 / 2)",
    right_answers=([2, 0, 3, 1], "2; 0; 3; 1", _CODES, np.array([2, 0, 3, 1])),
)

CHAPTER = Chapter(
    notebook="09_bug_gallery",
    predictions=(GATE_OR_CLIP, DEAD_STEP, AFTER_CAST),
    exercises=(
        SEEN_AT,
        BLIND_UPSTREAM,
        DETACH_SLOPES,
        HALF_DOWN,
        LOST_CODE,
        WIDTH_ABOVE_ZERO,
        STORED_CODES,
        TWO_TESTS,
    ),
    setup=SETUP,
)
