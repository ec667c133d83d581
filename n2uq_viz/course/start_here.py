"""What the first notebook asks: edges, thresholds, coins, slopes, on numbers one can do by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, near, number, numbers
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Chapter, Exercise, Mistake
from n2uq_viz.course.start_here_predictions import EDGE_PULL, EXAMPLE, QUARTER_WAY
from n2uq_viz.quantizer import Quantizer

SETUP = """\
import numpy as np
import n2uq_viz as nv

q = nv.Quantizer.from_intervals([0.5, 1.0, 0.5])
"""

# --- Exercise: bits and bytes --------------------------------------------------------------------

WEIGHTS, BITS = 6_000_000, 2
_BYTES = WEIGHTS * BITS / 8

MEMORY = Exercise(
    name="memory",
    read=number(units={"b": 1.0, "byte": 1.0, "bytes": 1.0, "kb": 1e3, "kib": 1024.0, "mb": 1e6}),
    is_right=near(_BYTES),
    mistakes=(
        Mistake("bits", near(WEIGHTS * BITS), (12_000_000, "12e6")),
        Mistake("times_eight", near(WEIGHTS * BITS * 8), (96_000_000,)),
        Mistake("floats", near(WEIGHTS * 4), (24_000_000, "24 MB")),
        Mistake("bytes_each", near(WEIGHTS * BITS / 2), (6_000_000, "6,000,000")),
        Mistake("four_levels", near(WEIGHTS * 2**BITS / 8), (3_000_000, "3 MB")),
        Mistake("other_unit", lambda v: near(1500.0)(v) or near(1.5)(v), (1500, 1.5)),
    ),
    solution="answer = 6_000_000 * 2 / 8",
    right_answers=(
        1_500_000,
        1.5e6,
        "1500 kB",
        "1.5 MB",
        "6e6 * 2 / 8",
        [1_500_000],
        np.int64(1_500_000),
    ),
)

# --- Exercise: thresholds from edges -------------------------------------------------------------

_EDGES = np.array([0.0, 0.4, 1.0, 2.0])
_MIDDLES = 0.5 * (_EDGES[:-1] + _EDGES[1:])

MIDPOINTS = Exercise(
    name="midpoints",
    read=numbers(),
    is_right=near(_MIDDLES),
    mistakes=(
        Mistake(
            "edges",
            lambda v: (
                near(_EDGES)(v)
                or near(_EDGES[1:-1])(v)
                or near(_EDGES[1:])(v)
                or near(_EDGES[:-1])(v)
            ),
            ([0, 0.4, 1, 2], [0.4, 1.0], [0.4, 1.0, 2.0], [0, 0.4, 1.0]),
        ),
        Mistake("widths", near(np.diff(_EDGES)), ([0.4, 0.6, 1.0],)),
        Mistake("half_widths", near(np.diff(_EDGES) / 2), ([0.2, 0.3, 0.5],)),
        Mistake("even", near([1 / 3, 1.0, 5 / 3], 0.01), (["1/3", 1, "5/3"], [0.33, 1, 1.67])),
        Mistake("order", lambda v: near(_MIDDLES)(np.sort(v)), ([1.5, 0.7, 0.2],)),
        Mistake("count", lambda v: len(v) != 3, ([0.2, 0.7], [0.2, 0.7, 1.5, 2.0], 0.2)),
    ),
    solution="edges = np.array([0, 0.4, 1, 2])\nanswer = (edges[:-1] + edges[1:]) / 2",
    right_answers=(
        [0.2, 0.7, 1.5],
        _MIDDLES,
        "0.2, 0.7, 1.5",
        ("1/5", 0.7, "3/2"),
        [[0.2], [0.7], [1.5]],
    ),
)

# --- Exercise: the coin's chance -----------------------------------------------------------------

_START, _END = 0.5, 2.5
_POINTS = np.array([-1.0, 0.5, 0.7, 1.1, 1.5, 1.9, 2.4, 2.5, 4.0])
_CHANCE = np.clip((_POINTS - _START) / (_END - _START), 0.0, 1.0)

CHANCE = Exercise(
    name="chance",
    read=function(_POINTS),
    is_right=near(_CHANCE),
    mistakes=(
        Mistake(
            "not_clipped",
            near((_POINTS - _START) / (_END - _START)),
            (lambda x: (x - 0.5) / 2, lambda x: x / 2 - 0.25),
        ),
        Mistake(
            "half_clipped",
            lambda v: near(_CHANCE[1:-1])(v[1:-1]) and (v[0] < 0.0 or v[-1] > 1.0),
            (lambda x: np.minimum((x - 0.5) / 2, 1), lambda x: max(0.0, (x - 0.5) / 2)),
        ),
        Mistake(
            "hard",
            lambda v: bool(np.isin(v, (0.0, 1.0)).all()),
            (lambda x: np.where(x > 1.5, 1.0, 0.0),),
        ),
        Mistake("upside_down", near(1.0 - _CHANCE), (lambda x: np.clip((2.5 - x) / 2, 0, 1),)),
        Mistake(
            "not_scaled",
            near(np.clip(_POINTS - _START, 0.0, 1.0)),
            (lambda x: np.clip(x - 0.5, 0, 1),),
        ),
        Mistake(
            "from_zero",
            lambda v: (
                near(np.clip(_POINTS / 2, 0.0, 1.0))(v) or near(np.clip(_POINTS / 2.5, 0.0, 1.0))(v)
            ),
            (lambda x: np.clip(x / 2, 0, 1), lambda x: np.clip(x / 2.5, 0, 1)),
        ),
        Mistake(
            "percent",
            near(100.0 * _CHANCE),
            (lambda x: np.clip((x - 0.5) * 50, 0, 100),),
        ),
    ),
    solution="def chance(x):\n    return np.clip((x - 0.5) / 2, 0, 1)",
    right_answers=(
        lambda x: np.clip((x - 0.5) / 2, 0, 1),
        lambda x: min(max((x - 0.5) / 2, 0), 1),
        lambda x: 0 if x < 0.5 else 1 if x > 2.5 else (x - 0.5) / 2,
        Quantizer.binary((0.5, 2.5), (0.0, 1.0)).expectation,
        Quantizer.binary((0.5, 2.5)).step_probability,
    ),
)

# --- Exercise: slopes ----------------------------------------------------------------------------

_SLOPED = Quantizer([0.0, 1.0, 1.5, 4.0], [0.0, 1.0, 2.0, 3.0])

SLOPES = Exercise(
    name="slopes",
    read=numbers(),
    is_right=near(_SLOPED.slopes),
    mistakes=(
        Mistake("upside_down", near(1.0 / _SLOPED.slopes), ([1, 0.5, 2.5],)),
        Mistake("true_derivative", near(np.zeros(3)), ([0, 0, 0],)),
        Mistake("one_slope", near(np.full(3, 0.75)), ([0.75, 0.75, 0.75], ["3/4"] * 3)),
        Mistake("unit", near(np.ones(3)), ([1, 1, 1],)),
        Mistake("count", lambda v: len(v) != 3, (0.75, [1, 2], [0, 1, 2, 0.4])),
    ),
    solution="steep = nv.Quantizer([0, 1, 1.5, 4], [0, 1, 2, 3])\nanswer = steep.slopes",
    right_answers=([1, 2, 0.4], "1; 2; 2/5", _SLOPED.slopes, [1, "1/0.5", "1/2.5"]),
)

# --- Exercise: two quantizers with one staircase -------------------------------------------------


def _read_edges(answer: Any) -> FloatArray:
    """The edges, given as such or as a quantizer."""
    return numbers()(answer.edges if isinstance(answer, Quantizer) else answer)


def _increasing(edges: FloatArray) -> bool:
    return bool((np.diff(edges) > 0.0).all())


def _middles(edges: FloatArray) -> FloatArray:
    return 0.5 * (edges[:-1] + edges[1:])


def _moved(edges: FloatArray) -> FloatArray:
    """How far each edge is from where it was; empty for a wrong number of edges."""
    return edges - EXAMPLE.edges if edges.shape == EXAMPLE.edges.shape else np.empty(0)


def _same_staircase(edges: FloatArray) -> bool:
    moved = _moved(edges)
    changed = bool(moved.size) and not near(EXAMPLE.edges)(edges)
    return changed and _increasing(edges) and near(EXAMPLE.thresholds)(_middles(edges))


SAME_STAIRCASE = Exercise(
    name="same_staircase",
    read=_read_edges,
    is_right=_same_staircase,
    mistakes=(
        Mistake("count", lambda v: len(v) != 4, ([0.25, 1, 1.75], [0, 2])),
        Mistake("unchanged", near(EXAMPLE.edges), ([0, 0.5, 1.5, 2], EXAMPLE)),
        Mistake(
            "not_increasing",
            lambda v: not _increasing(v),
            ([0.6, -0.1, 2.1, 1.4], [2, 1.5, 0.5, 0], [0, 1, 1, 2]),
        ),
        Mistake("shifted", lambda v: float(np.ptp(_moved(v))) < 1e-9, ([0.1, 0.6, 1.6, 2.1],)),
        Mistake(
            "one_edge",
            lambda v: int(np.count_nonzero(np.abs(_moved(v)) > 1e-9)) == 1,
            ([0, 0.7, 1.5, 2], [-0.1, 0.5, 1.5, 2]),
        ),
        Mistake(
            "two_edges",
            lambda v: int(np.count_nonzero(np.abs(_moved(v)) > 1e-9)) in (2, 3),
            ([0.1, 0.4, 1.5, 2], [0.1, 0.4, 1.6, 2]),
        ),
    ),
    solution="answer = q.edges + 0.1 * np.array([1, -1, 1, -1])",
    right_answers=(
        [0.1, 0.4, 1.6, 1.9],
        [-0.1, 0.6, 1.4, 2.1],
        "0.2; 0.3; 1.7; 1.8",
        Quantizer([0.1, 0.4, 1.6, 1.9], EXAMPLE.levels),
    ),
)

CHAPTER = Chapter(
    notebook="00_start_here",
    predictions=(EDGE_PULL, QUARTER_WAY),
    exercises=(MEMORY, MIDPOINTS, CHANCE, SLOPES, SAME_STAIRCASE),
    setup=SETUP,
)
