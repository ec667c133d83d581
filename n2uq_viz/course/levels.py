"""What the notebook on many levels asks: means, slopes, one slope for all, and whose edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.course.answers import FloatArray, near, numbers
from n2uq_viz.course.items import Chapter, Exercise, Mistake
from n2uq_viz.course.levels_predictions import (
    THREE_SLOPES,
    UNEVEN,
    WHICH_THRESHOLDS,
    WHOSE_MEAN,
)
from n2uq_viz.course.levels_slopes import GSTE, MENDED_SLOPE
from n2uq_viz.quantizer import Quantizer

SETUP = """\
import numpy as np
import n2uq_viz as nv
from n2uq_viz import feasible

q = nv.Quantizer.from_intervals([0.5, 1.0, 0.5])
"""


def _increasing(values: FloatArray) -> bool:
    return bool((np.diff(values) > 0.0).all())


def _middles(edges: FloatArray) -> FloatArray:
    return 0.5 * (edges[:-1] + edges[1:])


def _edges(answer: Any) -> FloatArray:
    """The edges, given as such or as a quantizer."""
    return numbers()(answer.edges if isinstance(answer, Quantizer) else answer)


# --- Exercise: three coins and their mean --------------------------------------------------------

STEPS = Quantizer([-1.0, 0.0, 2.0, 3.0], [1.0, 2.0, 5.0, 6.0])
INPUT = 1.5
_CHANCES = np.array([float(part.step_probability(INPUT)) for part in STEPS.parts()])
_MEAN = float(STEPS.expectation(INPUT))
_FREE = (INPUT - STEPS.edges[:-1]) / STEPS.intervals


def _four(chances: ArrayLike, mean: float) -> Callable[[Any], bool]:
    return near([*np.asarray(chances).tolist(), mean])


THREE_COINS = Exercise(
    name="three_coins",
    read=numbers(),
    is_right=_four(_CHANCES, _MEAN),
    mistakes=(
        Mistake("count", lambda v: v.shape != (4,), (4.25, [4.25], [0.75, 4.25], [1, 0.75, 0])),
        Mistake(
            "not_clipped",
            lambda v: near(_FREE)(v[:3]),
            ([2.5, 0.75, -0.5, 4.25], [2.5, 0.75, -0.5, 1 + 2.5 + 3 * 0.75 - 0.5]),
        ),
        Mistake("no_start", _four(_CHANCES, _MEAN - 1.0), ([1, 0.75, 0, 3.25],)),
        Mistake(
            "rounded",
            lambda v: near(5.0)(v[3]),
            ([1, 0.75, 0, 5], [1, 1, 0, 5]),
        ),
        Mistake("one_ramp", lambda v: near(4.125)(v[3]), ([1, 0.75, 0, 4.125],)),
        Mistake(
            "equal_rises",
            lambda v: near(2.75)(v[3]) or near(1.75)(v[3]),
            ([1, 0.75, 0, 2.75], [1, 0.75, 0, 1.75]),
        ),
        Mistake(
            "only_the_undecided",
            lambda v: near([0.0, 0.75, 0.0])(v[:3]),
            ([0, 0.75, 0, 3.25], [0, 0.75, 0, 4.25]),
        ),
        Mistake(
            "other_side",
            lambda v: near(0.25)(v[1]),
            ([1, 0.25, 0, 2.75 + 0.01], [0, 0.25, 1, 3.5]),
        ),
        Mistake("later_too", lambda v: near([1.0, 0.75, 1.0])(v[:3]), ([1, 0.75, 1, 5.25],)),
    ),
    solution="""\
steps = nv.Quantizer([-1, 0, 2, 3], [1, 2, 5, 6])
chances = [part.step_probability(1.5) for part in steps.parts()]
answer = [*chances, steps.expectation(1.5)]""",
    right_answers=(
        [1, 0.75, 0, 4.25],
        "1; 3/4; 0; 17/4",
        [1, "3/4", 0, "1 + 1 + 3 * 3/4"],
        np.array([1.0, 0.75, 0.0, 4.25]),
    ),
)

# --- Exercise: levels that make one slope --------------------------------------------------------

_WANTED = UNEVEN.edges.copy()

LEVELS_WANTED = Exercise(
    name="levels_wanted",
    read=numbers(),
    is_right=near(_WANTED),
    mistakes=(
        Mistake("rises", near([0.5, 1.0, 0.5]), ([0.5, 1, 0.5],)),
        Mistake("slopes", near([1.0, 1.0, 1.0]), ([1, 1, 1],)),
        Mistake("count", lambda v: v.shape != (4,), ([0, 2], [0.5, 1.5], [0, 0.5, 1, 1.5, 2])),
        Mistake("even", near(UNEVEN.levels, 0.01), ([0, "2/3", "4/3", 2], [0, 0.67, 1.33, 2])),
        Mistake("inverse", near([0.0, 0.8, 1.2, 2.0]), ([0, 0.8, 1.2, 2],)),
        Mistake("not_increasing", lambda v: not _increasing(v), ([2, 1.5, 0.5, 0], [0, 1, 1, 2])),
        Mistake(
            "other_ends",
            lambda v: float(np.ptp(np.diff(v) / UNEVEN.intervals)) < 1e-6,
            ([0, 1, 3, 4], [1, 1.5, 2.5, 3]),
        ),
    ),
    solution="""\
answer = 2 * (q.edges - q.edges[0]) / (q.edges[-1] - q.edges[0])""",
    right_answers=([0, 0.5, 1.5, 2], "0; 1/2; 3/2; 2", _WANTED, ("0", 0.5, "3/2", 2.0)),
)

# --- Exercise: how far a zigzag may go -----------------------------------------------------------

ZIGZAG_EDGES = np.array([0.0, 0.4, 1.0, 2.0])
#: Edge i moves by (-1)^i d: segments 1 and 3 lose 2 d, segment 2 gains as much.
_ENDS = (-0.3, 0.2)


def _ends(low: float, high: float) -> Callable[[FloatArray], bool]:
    return lambda v: near([low, high])(np.sort(v))


ZIGZAG = Exercise(
    name="zigzag",
    read=numbers(),
    is_right=_ends(*_ENDS),
    mistakes=(
        Mistake("count", lambda v: v.shape != (2,), (0.2, [-0.3, 0, 0.2])),
        Mistake("not_doubled", _ends(-0.6, 0.4), ([-0.6, 0.4],)),
        Mistake("turned", _ends(-0.2, 0.3), ([-0.2, 0.3], [0.3, -0.2])),
        Mistake(
            "symmetric",
            lambda v: bool(abs(v.sum()) < 1e-6 * np.abs(v).max()),
            ([-0.2, 0.2], [-0.3, 0.3], [-0.4, 0.4]),
        ),
        Mistake("one_way", lambda v: bool(np.min(np.abs(v)) < 1e-9), ([0, 0.2], [-0.3, 0])),
        Mistake("last_segment", _ends(-0.3, 0.5), ([-0.3, 0.5],)),
        Mistake("too_careful", _ends(-0.15, 0.1), ([-0.15, 0.1],)),
        Mistake("too_far", lambda v: v.min() < -0.3001 or v.max() > 0.2001, ([-0.5, 0.2],)),
    ),
    solution="""\
widths = np.diff([0, 0.4, 1, 2])
low = -widths[1] / 2  # segment 2 has the width 0.6 + 2 d
high = min(widths[0], widths[2]) / 2  # segments 1 and 3 have 0.4 - 2 d and 1 - 2 d
answer = [low, high]""",
    right_answers=([-0.3, 0.2], "-0.3; 0.2", [0.2, -0.3], ["-3/10", "1/5"], np.array([-0.3, 0.2])),
)

# --- Exercise: edges for thresholds --------------------------------------------------------------

THRESHOLDS = np.array([0.5, 1.0, 2.0])


def _hits(edges: FloatArray) -> FloatArray:
    """Which thresholds the edges hit, as truth values; none for a wrong number of edges."""
    if edges.shape != (4,):
        return np.zeros(3, dtype=bool)
    hits: FloatArray = np.abs(_middles(edges) - THRESHOLDS) <= 1e-3
    return hits


EDGES_WANTED = Exercise(
    name="edges_wanted",
    read=_edges,
    is_right=lambda v: _increasing(v) and bool(_hits(v).all()),
    mistakes=(
        Mistake("thresholds", near(THRESHOLDS), ([0.5, 1, 2],)),
        Mistake("count", lambda v: v.shape != (4,), ([0.3, 0.7, 1.3], [0, 0.75, 1.5, 2, 3])),
        Mistake(
            "not_increasing",
            lambda v: not _increasing(v),
            ([-0.1, 1.1, 0.9, 3.1], [0, 1, 1, 3]),
        ),
        Mistake(
            "between",
            lambda v: near([0.75, 1.5], 0.01)(v[1:3]),
            ([0.25, 0.75, 1.5, 2.5], [0, 0.75, 1.5, 2.5], [0.5, 0.75, 1.5, 2]),
        ),
        Mistake("around", near([0.0, 0.5, 1.0, 2.0]), ([0, 0.5, 1, 2],)),
        Mistake("last", lambda v: bool(_hits(v)[:2].all()), ([0.3, 0.7, 1.3, 2.3],)),
        Mistake("middle", lambda v: bool(_hits(v)[0]), ([0.3, 0.7, 1.4, 2.6], [0.4, 0.6, 2, 3])),
    ),
    solution="answer = feasible.edges_for([0.5, 1, 2], first=0.2)",
    right_answers=(
        [0.3, 0.7, 1.3, 2.7],
        "0.25; 0.75; 1.25; 2.75",
        Quantizer([0.1, 0.9, 1.1, 2.9], [0.0, 1.0, 2.0, 3.0]),
        ["0.4", 0.6, "7/5", 2.6],
    ),
)

CHAPTER = Chapter(
    notebook="03_levels",
    predictions=(THREE_SLOPES, WHOSE_MEAN, WHICH_THRESHOLDS),
    exercises=(THREE_COINS, GSTE, LEVELS_WANTED, MENDED_SLOPE, ZIGZAG, EDGES_WANTED),
    setup=SETUP,
)
