"""Whatever a hand does to a quantizer, it remains one, and only what should move has moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2uq_viz import moves
from n2uq_viz.quantizer import Quantizer
from tests.strategies import quantizers, rough_quantizers

WIDTHS = st.sampled_from((1e-3, 1e-9, 0.25, 50.0))
Q = Quantizer([0.0, 1.0, 3.0, 4.0], [0.0, 1.0, 2.0, 3.0])


def rounding(q: Quantizer, *more: float) -> float:
    """A few rounding errors of the largest number that a move of `q` computes with."""
    return 8.0 * float(np.spacing(np.max(np.abs([*q.edges, *more]))))


@st.composite
def targets(draw: Any, kind: st.SearchStrategy[Quantizer]) -> tuple[Quantizer, int, float]:
    """A quantizer, the index of a segment, and where to: near, far, or onto something."""
    q: Quantizer = draw(kind)
    low, high = float(q.edges[0]), float(q.edges[-1])
    to = draw(
        st.one_of(
            st.floats(2 * low - high, 2 * high - low),
            st.sampled_from([*q.edges.tolist(), *q.thresholds.tolist(), -1e15, 1e15]),
        )
    )
    return q, draw(st.integers(0, q.intervals.size - 1)), to


@given(targets(quantizers()), WIDTHS, st.booleans())
def test_an_edge_goes_where_it_is_put_or_to_its_limit(
    case: tuple[Quantizer, int, float], min_width: float, right: bool
) -> None:
    q, i, to = case
    i += right
    low, high = q.edge_limits(i, min_width)
    moved = q.move_edge(i, to, min_width)
    assert low <= q.edges[i] <= high
    assert moved.edges[i] == np.clip(to, low, high)
    assert np.array_equal(np.delete(moved.edges, i), np.delete(q.edges, i))
    assert np.array_equal(moved.levels, q.levels)
    # No segment is narrower than the minimum, or than it was, whichever is less.
    floor = np.minimum(min_width, q.intervals) - rounding(q)
    assert np.all(moved.intervals[max(i - 1, 0) : i + 1] >= floor[max(i - 1, 0) : i + 1])
    # Both thresholds beside the edge follow by half, the others stay.
    expected = q.thresholds.copy()
    expected[max(i - 1, 0) : i + 1] += (moved.edges[i] - q.edges[i]) / 2
    assert np.allclose(moved.thresholds, expected, rtol=0, atol=rounding(q, to))
    assert np.array_equal(
        np.delete(moved.thresholds, np.s_[max(i - 1, 0) : i + 1]),
        np.delete(q.thresholds, np.s_[max(i - 1, 0) : i + 1]),
    )


@given(targets(quantizers()), WIDTHS)
def test_a_threshold_slides_with_its_segment_or_to_its_limit(
    case: tuple[Quantizer, int, float], min_width: float
) -> None:
    q, i, to = case
    low, high = q.threshold_limits(i, min_width)
    moved = q.move_threshold(i, to, min_width)
    goal = float(np.clip(to, low, high))
    atol = rounding(q, goal)
    assert low <= q.thresholds[i] <= high
    assert abs(moved.thresholds[i] - goal) <= atol
    # A width of 1e-3 is below the rounding error of an edge at 1e15: kept one float wide.
    assert abs(moved.intervals[i] - q.intervals[i]) <= atol
    assert np.array_equal(np.delete(moved.edges, [i, i + 1]), np.delete(q.edges, [i, i + 1]))
    assert np.array_equal(moved.levels, q.levels)
    # What one neighbor gives, the other takes; neither is left narrower than allowed.
    shift = goal - q.thresholds[i]
    expected = q.intervals.copy()
    expected[max(i - 1, 0) : i] += shift
    expected[i + 1 : i + 2] -= shift
    assert np.allclose(moved.intervals, expected, rtol=0, atol=atol)
    assert np.all(moved.intervals >= np.minimum(min_width, q.intervals) - atol)


@given(quantizers(), WIDTHS, st.data())
def test_a_move_to_where_it_stands_changes_nothing(
    q: Quantizer, min_width: float, data: st.DataObject
) -> None:
    i = data.draw(st.integers(0, q.thresholds.size - 1))
    assert q.move_edge(i, float(q.edges[i]), min_width) == q
    assert q.move_threshold(i, float(q.thresholds[i]), min_width) == q


@given(targets(rough_quantizers()), st.sampled_from((1e-3, 1e-30, 1e9)), st.booleans())
def test_moves_stay_valid_where_rounding_bites(
    case: tuple[Quantizer, int, float], min_width: float, right: bool
) -> None:
    q, i, to = case
    # Making a Quantizer is the check: it refuses edges that are not strictly increasing.
    by_edge = q.move_edge(i + right, to, min_width)
    by_threshold = q.move_threshold(i, to, min_width)
    again = by_threshold.move_threshold(i, float(q.thresholds[i]), min_width)
    for moved in (by_edge, by_threshold, again):
        assert np.all(np.diff(moved.edges) > 0)
    kept = [k for k in range(q.edges.size) if k not in (i, i + 1)]
    assert np.array_equal(by_threshold.edges[kept], q.edges[kept])


@given(quantizers(min_steps=2), st.data())
def test_edges_can_change_while_every_threshold_stays(q: Quantizer, data: st.DataObject) -> None:
    share = data.draw(st.floats(-0.45, 0.45))
    delta = share * float(q.intervals.min())
    signs = np.where(np.arange(q.edges.size) % 2 == 0, 1.0, -1.0)
    other = Quantizer(q.edges + signs * delta, q.levels)
    assert np.allclose(other.thresholds, q.thresholds, rtol=0, atol=rounding(q))
    assert np.allclose(
        other.intervals, q.intervals - 2 * signs[:-1] * delta, rtol=0, atol=rounding(q)
    )


def test_moves_by_hand() -> None:
    assert Q.move_edge(1, 2.0).edges.tolist() == [0.0, 2.0, 3.0, 4.0]
    assert Q.move_edge(0, -7.0).edges.tolist() == [-7.0, 1.0, 3.0, 4.0]
    assert Q.move_edge(3, 99.0).edges.tolist() == [0.0, 1.0, 3.0, 99.0]
    assert Q.move_edge(0, 99.0, 0.25).edges.tolist() == [0.75, 1.0, 3.0, 4.0]
    assert Q.move_threshold(1, 2.5).edges.tolist() == [0.0, 1.5, 3.5, 4.0]
    assert Q.move_threshold(1, 99.0, 0.25).edges.tolist() == [0.0, 1.75, 3.75, 4.0]
    assert Q.move_threshold(1, -99.0, 0.25).edges.tolist() == [0.0, 0.25, 2.25, 4.0]
    assert Q.move_threshold(0, -9.5).edges.tolist() == [-10.0, -9.0, 3.0, 4.0]
    assert Q.move_threshold(2, 9.5).edges.tolist() == [0.0, 1.0, 9.0, 10.0]


def test_a_single_step_slides_without_limit() -> None:
    q = Quantizer.binary()
    assert q.threshold_limits(0) == (-np.inf, np.inf)
    assert q.move_threshold(0, -100.0).edges.tolist() == [-101.0, -99.0]


def test_a_segment_narrower_than_the_minimum_stays_but_shrinks_no_further() -> None:
    q = Quantizer([0.0, 1e-4, 1.0], [0.0, 1.0, 2.0])
    assert q.edge_limits(1) == (1e-4, 0.999)
    assert q.move_edge(1, -5.0) == q
    assert q.move_threshold(1, -5.0).edges == pytest.approx(q.edges, abs=1e-15)
    assert q.move_edge(1, 0.5).intervals.tolist() == [0.5, 0.5]


def test_a_segment_that_floats_cannot_hold_is_kept_one_float_wide() -> None:
    moved = Quantizer.binary().move_threshold(0, 1e20)
    assert moved.edges[1] == np.nextafter(moved.edges[0], np.inf)
    assert moved.thresholds[0] == pytest.approx(1e20)
    moved = Quantizer.binary().move_threshold(0, -1e20)
    assert moved.edges[1] == np.nextafter(moved.edges[0], np.inf)
    assert moved.thresholds[0] == pytest.approx(-1e20)


def test_limits_hold_the_edge_itself_however_sums_round() -> None:
    assert -7.4 + (1.4 - -7.4) > 1.4
    assert moves.edge_limits([-7.4, 1.4], 1, min_width=50.0) == (1.4, np.inf)
    assert 7.4 - (7.4 - -1.4) < -1.4
    assert moves.edge_limits([-1.4, 7.4], 0, min_width=50.0) == (-np.inf, -1.4)


def test_the_original_is_left_alone() -> None:
    before = Q.to_dict()
    Q.move_edge(1, 2.0)
    Q.move_threshold(1, 2.5)
    edges = [0.0, 1.0, 3.0]
    moves.move_edge(edges, 1, 2.0)
    moves.move_threshold(edges, 1, 2.5)
    assert Q.to_dict() == before
    assert edges == [0.0, 1.0, 3.0]


@pytest.mark.parametrize("i", [-1, 4, 1.5, True, "1", None, np.nan])
def test_edge_index_out_of_range(i: Any) -> None:
    with pytest.raises(ValueError, match="edge index must be a whole number from 0 to 3, got "):
        Q.move_edge(i, 1.0)
    with pytest.raises(ValueError, match="edge index must be a whole number from 0 to 3, got "):
        Q.edge_limits(i)


@pytest.mark.parametrize("i", [-1, 3, 1.5, True, "1", None, np.nan])
def test_threshold_index_out_of_range(i: Any) -> None:
    rule = "threshold index must be a whole number from 0 to 2, got "
    with pytest.raises(ValueError, match=rule):
        Q.move_threshold(i, 1.0)
    with pytest.raises(ValueError, match=rule):
        Q.threshold_limits(i)


@pytest.mark.parametrize("to", [np.nan, np.inf, -np.inf, "1", None, [1.0, 2.0], True])
def test_targets_that_are_no_number(to: Any) -> None:
    with pytest.raises(ValueError, match="to must be one finite number, got "):
        Q.move_edge(1, to)
    with pytest.raises(ValueError, match="to must be one finite number, got "):
        Q.move_threshold(1, to)


@pytest.mark.parametrize("width", [0.0, -1.0, np.nan, np.inf, "1", True])
def test_minimum_widths_that_are_not_above_zero(width: Any) -> None:
    with pytest.raises(ValueError, match="min_width must be one finite number above 0, got "):
        Q.move_edge(1, 1.0, width)
    with pytest.raises(ValueError, match="min_width must be one finite number above 0, got "):
        Q.move_threshold(1, 1.0, width)


def test_a_move_so_far_out_that_a_width_overflows() -> None:
    q = Quantizer([-1.7e308, 0.0], [0.0, 1.0])
    with pytest.raises(ValueError, match=r"intervals must be finite and above 0, got .* = inf"):
        q.move_edge(1, 1.7e308)
    with pytest.raises(ValueError, match=r"edges must be finite, got edges\[1\] = inf"):
        q.move_threshold(0, 1.7e308)
