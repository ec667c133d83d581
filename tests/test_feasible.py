"""Thresholds and the edges they can have, against edges made first and a search by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from n2uq_viz import datasets
from n2uq_viz.feasible import edges_for, half_width_range, half_widths, has_edges
from n2uq_viz.quantizer import Quantizer

WIDTHS = st.lists(st.floats(0.01, 10.0), min_size=1, max_size=15)
GAPS = st.lists(st.floats(0.01, 10.0), min_size=1, max_size=14)


@given(WIDTHS, st.floats(-10.0, 10.0))
def test_what_has_edges_is_given_them_back(widths: list[float], start: float) -> None:
    edges = start + np.concatenate(([0.0], np.cumsum(widths)))
    middles = 0.5 * (edges[:-1] + edges[1:])
    low, high = half_width_range(middles)
    assert low < 0.5 * widths[0] < high + 1e-9
    assert has_edges(middles)
    np.testing.assert_allclose(edges_for(middles, 0.5 * widths[0]), edges, atol=1e-10)


@given(GAPS)
def test_a_range_is_where_all_half_widths_are_above_zero(gaps: list[float]) -> None:
    t = np.concatenate(([0.0], np.cumsum(gaps)))
    low, high = half_width_range(t)
    for first in np.linspace(-0.5, max(gaps) + 0.5, 301):
        if min(abs(first - low), abs(first - high)) < 1e-9:
            continue
        assert (low < first < high) == bool(np.all(half_widths(t, float(first)) > 0.0))


@given(GAPS)
def test_edges_have_the_thresholds_that_were_wanted(gaps: list[float]) -> None:
    t = np.concatenate(([0.0], np.cumsum(gaps)))
    low, high = half_width_range(t)
    assume(high - low > 1e-9)
    edges = edges_for(t)
    assert np.all(np.diff(edges) > 0.0)
    np.testing.assert_allclose(0.5 * (edges[:-1] + edges[1:]), t, atol=1e-10)


@given(st.lists(st.floats(0.01, 10.0), min_size=0, max_size=2))
def test_up_to_three_thresholds_always_have_edges(gaps: list[float]) -> None:
    assert has_edges(np.concatenate(([0.0], np.cumsum(gaps))))


@given(*[st.floats(0.01, 10.0)] * 3)
def test_four_have_none_where_the_middle_gap_is_too_wide(a: float, b: float, c: float) -> None:
    assume(abs(a + c - b) > 1e-9)
    assert has_edges([0.0, a, a + b, a + b + c]) == (b < a + c)


def test_rounding_makes_no_room() -> None:
    """Gaps of 0.1, 0.2 and 0.1 leave none, whatever the last digits say."""
    for shift in (0.0, 0.7, 1e3, -1e6):
        t = shift + np.array([0.0, 0.1, 0.3, 0.4])
        low, high = half_width_range(t)
        assert low >= high or high - low > 1e-11  # far from zero the gaps themselves are others
    assert not has_edges([0.0, 0.1, 0.3, 0.4])


def test_octiles_of_two_bumps_have_no_edges() -> None:
    octiles = np.quantile(datasets.load("bimodal"), np.arange(1, 8) / 8)
    assert not has_edges(octiles)
    assert has_edges(np.quantile(datasets.load("normal"), np.arange(1, 8) / 8))


def test_the_first_half_width_is_the_zigzag() -> None:
    """Other edges of the same thresholds are those whose edges went back and forth."""
    q = Quantizer.from_intervals([0.5, 1.0, 0.5])
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    for step in (-0.4, -0.1, 0.1, 0.2):
        edges = edges_for(q.thresholds, 0.25 - step)
        np.testing.assert_allclose(edges, q.edges + step * signs, atol=1e-12)
    assert half_width_range(q.thresholds) == (0.0, 0.75)


def test_what_cannot_be_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"thresholds must be strictly increasing, got"):
        half_width_range([0.0, 0.0])
    with pytest.raises(ValueError, match="thresholds must hold at least 1 number, got 0"):
        has_edges([])
    with pytest.raises(ValueError, match="first must be one finite number, got nan"):
        half_widths([0.0, 1.0], float("nan"))
    with pytest.raises(ValueError, match=r"first must lie between 0\.5 and 1\.0 .* got 0\.5"):
        edges_for([1.0, 2.0, 2.5], 0.5)
    with pytest.raises(ValueError, match="must leave room for segments around them"):
        edges_for([0.1, 0.2, 0.9, 1.0])
    assert edges_for([3.0]).tolist() == [2.0, 4.0]
