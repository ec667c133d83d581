"""The notebook on many levels: its answers by other ways, and what its prose says."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import chi2

import n2uq_viz as nv
from n2uq_viz import datasets, feasible
from n2uq_viz.course import registry
from n2uq_viz.course.levels_predictions import DRAWS, LISTS, POINTS, RAMP, SEED, UNEVEN, segments_of
from n2uq_viz.words import table
from tests.answered import as_it_comes

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "03_levels.py"


def _verdict(name: str, answer: Any) -> Any:
    chapter, exercise = registry.find_exercise(name)
    return exercise.judge(answer, chapter.key)


# --- Predictions ---------------------------------------------------------------------------------


def test_slopes_of_segments_are_those_of_autograd_through_the_mean() -> None:
    """Each step is its rise times a chance that is clipped; torch differentiates their sum."""
    _, prediction = registry.find_prediction("three_slopes")
    truth = prediction.truth()
    x = torch.tensor([0.2, 1.1, 1.7], dtype=torch.float64, requires_grad=True)
    edges, rise = [0.0, 0.5, 1.5, 2.0], 2 / 3
    mean = sum(rise * torch.clamp((x - a) / (b - a), 0, 1) for a, b in itertools.pairwise(edges))
    assert isinstance(mean, torch.Tensor)
    mean.sum().backward()
    assert x.grad is not None
    found = [truth[f"segment_{i}"] for i in (1, 2, 3)]
    assert found == pytest.approx(x.grad.tolist())
    assert truth["plain"] == pytest.approx((2 - 0) / (2 - 0))


def test_coins_side_with_gste_and_against_ste_where_segments_differ() -> None:
    """The p-values of both curves, beside a plain chi-square test of coins thrown by NumPy."""
    _, prediction = registry.find_prediction("whose_mean")
    assert prediction.truth() == {"curve": "gste"}
    coins = nv.simulate(UNEVEN, POINTS, DRAWS, seed=SEED)
    assert nv.montecarlo.agreement(coins, UNEVEN.expectation).p_value > 1e-3
    assert nv.montecarlo.agreement(coins, RAMP.expectation).p_value == 0.0
    # Also where one ramp for all is possible at all, at five inputs of the first segment.
    x, draws = np.array([0.1, 0.2, 0.25, 0.3, 0.4]), 100
    fair = nv.simulate(UNEVEN, x, draws, seed=SEED)
    assert nv.montecarlo.agreement(fair, UNEVEN.expectation).p_value > 1e-3
    assert nv.montecarlo.agreement(fair, RAMP.expectation).p_value < 1e-3
    ups = np.random.default_rng(11).binomial(draws, 2.0 * x)  # the segment is 0.5 wide
    tails = {}
    for name, p in (("three", 2.0 * x), ("one", x * 1.5)):  # on the way to the level 2/3
        squares = (ups - draws * p) ** 2 / (draws * p * (1.0 - p))
        tails[name] = float(chi2.sf(squares.sum(), x.size))
    assert tails["three"] > 1e-3
    assert tails["one"] < 1e-3


def test_ten_draws_are_enough_to_refuse_one_slope_where_it_is_possible() -> None:
    inputs = np.linspace(-0.2, 2.2, 241)
    lower, upper, _ = UNEVEN.outcomes(inputs)
    one = RAMP.expectation(inputs)
    fair = inputs[(lower <= one) & (one <= upper)]
    for seed in range(5):
        coins = nv.simulate(UNEVEN, fair, draws=10, seed=seed)
        assert nv.agreement(coins, RAMP.expectation).p_value < 1e-6


def test_coins_side_with_both_where_segments_are_equal() -> None:
    q = nv.Quantizer.uniform(2)
    ramp = nv.Quantizer(q.edges[[0, -1]], q.levels[[0, -1]])
    coins = nv.simulate(q, POINTS, 10_000, seed=3)
    for curve in (q.expectation, ramp.expectation):
        assert nv.montecarlo.agreement(coins, curve).p_value > 1e-3


def test_numbers_in_the_question_about_coins_are_those_of_the_run() -> None:
    words = table()
    question = words["course.levels.whose_mean.question"]
    assert f"at {POINTS.size} inputs the coins are thrown {DRAWS} times" in question
    assert "edges 0, 0.5, 1.5 and 2" in question
    assert UNEVEN.edges.tolist() == [0.0, 0.5, 1.5, 2.0]
    remark = words["course.levels.whose_mean.remark.no_difference"]
    assert "up to 1/6 apart" in remark
    assert np.abs(UNEVEN.expectation(POINTS) - RAMP.expectation(POINTS)).max() == (
        pytest.approx(1 / 6)
    )
    assert "about 0.02 off" in remark
    assert np.sqrt(UNEVEN.variance(POINTS).max() / DRAWS) == pytest.approx(0.02, abs=0.005)


@pytest.mark.parametrize("name", LISTS)
def test_which_thresholds_have_edges_is_what_linear_programming_says(name: str) -> None:
    """Edges whose middles are the thresholds, all widths at least w: the largest w there is."""
    t = np.array(LISTS[name])
    n = t.size
    middles = np.zeros((n, n + 2))
    gaps = np.zeros((n, n + 2))
    for i in range(n):
        middles[i, i : i + 2] = 0.5
        gaps[i, i], gaps[i, i + 1], gaps[i, -1] = 1.0, -1.0, 1.0
    free = [(None, None)] * (n + 1) + [(None, 1.0)]
    best = linprog([0.0] * (n + 1) + [-1.0], gaps, np.zeros(n), middles, t, free)
    assert best.status == 0
    _, prediction = registry.find_prediction("which_thresholds")
    said = prediction.truth()["lists"]
    assert (best.x[-1] > 1e-9) == (said in ("both", f"only_{name}"))
    segments = segments_of(name)
    assert [0.5 * (a + b) for a, b in segments] == pytest.approx(t)
    touching = [a == pytest.approx(b) for (_, a), (b, _) in itertools.pairwise(segments)]
    assert all(touching) == (best.x[-1] > 1e-9)


def test_the_hole_is_as_wide_as_the_explanation_says() -> None:
    why = table()["course.levels.which_thresholds.why"]
    assert "reaches less than 0.1 beyond 0.2" in why
    assert "less than 0.1 below 0.9" in why
    # Half-widths h1 + h2 = 0.1 and h3 + h4 = 0.1, all above 0, but h2 + h3 would have to be 0.7.
    assert np.diff(LISTS["b"]) == pytest.approx([0.1, 0.7, 0.1])


# --- Exercises -----------------------------------------------------------------------------------


def test_chances_and_mean_are_those_of_coins() -> None:
    q = nv.Quantizer([-1, 0, 2, 3], [1, 2, 5, 6])
    draws = q.sample(np.full(40_000, 1.5), np.random.default_rng(0))
    # 2 or 5 with chance 3/4: standard deviation 3 sqrt(3)/4 of one draw.
    assert draws.mean() == pytest.approx(4.25, abs=5 * 3 * 3**0.5 / 4 / 40_000**0.5)
    assert _verdict("three_coins", [1, (draws == 5).mean().round(2), 0, 4.25]).right


@given(st.floats(-0.2999, 0.1999).filter(lambda d: abs(d) > 1e-3))
def test_a_zigzag_within_the_limits_keeps_the_staircase(d: float) -> None:
    edges = np.array([0.0, 0.4, 1.0, 2.0])
    moved = edges + d * np.array([1, -1, 1, -1])
    assert (np.diff(moved) > 0).all()
    middles = 0.5 * (moved[1:] + moved[:-1])
    assert middles == pytest.approx([0.2, 0.7, 1.5])


@pytest.mark.parametrize("d", [-0.3001, 0.2001])
def test_a_zigzag_beyond_the_limits_closes_a_segment(d: float) -> None:
    moved = np.array([0.0, 0.4, 1.0, 2.0]) + d * np.array([1, -1, 1, -1])
    assert (np.diff(moved) < 0).any()
    assert not _verdict("zigzag", sorted([d, -0.1])).right


def test_levels_on_the_edges_make_the_mean_the_input() -> None:
    q = nv.Quantizer([0, 0.5, 1.5, 2], [0, 0.5, 1.5, 2])
    x = np.linspace(0, 2, 101)
    assert q.expectation(x) == pytest.approx(x)
    assert q.gradient(x[1:]) == pytest.approx(1.0)
    assert _verdict("levels_wanted", q.levels).right


@given(st.floats(0.001, 0.499))
def test_any_first_half_width_below_a_half_makes_edges(h: float) -> None:
    edges = feasible.edges_for([0.5, 1.0, 2.0], first=h)
    assert _verdict("edges_wanted", edges).right


@pytest.mark.parametrize("h", [-0.01, 0.51])
def test_other_first_half_widths_make_none(h: float) -> None:
    widths = 2 * feasible.half_widths([0.5, 1.0, 2.0], h)
    edges = np.concatenate(([0.5 - h], 0.5 - h + np.cumsum(widths)))
    assert _verdict("edges_wanted", edges).mistake == "not_increasing"


def test_gste_may_be_written_in_many_ways() -> None:
    def by_loop(x: float, edges: Any, levels: Any) -> Any:
        for k in range(len(edges) - 1):
            if edges[k] < x <= edges[k + 1]:
                return (levels[k + 1] - levels[k]) / (edges[k + 1] - edges[k])
        return 0

    def by_parts(x: float, edges: Any, levels: Any) -> float:
        return float(sum(p.gradient(x) for p in nv.Quantizer(edges, levels).parts()))

    for way in (by_loop, by_parts):
        assert _verdict("gste", way).right


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("three_coins", [1, 0.75, 0, 5], "do not round"),
        ("three_coins", [0.75, 4.25], "Four numbers are wanted"),
        ("levels_wanted", [0.5, 1, 0.5], "Those are the rises"),
        ("zigzag", [-0.6, 0.4], "changes by 2d"),
        ("edges_wanted", [0.25, 0.75, 1.5, 2.5], "midway between thresholds"),
        ("gste", lambda x, edges, _levels: 1.0 * (edges[0] < x <= edges[-1]), "plain STE"),
    ],
)
def test_what_learners_give_is_answered_by_name(name: str, answer: Any, words: str) -> None:
    assert words in _verdict(name, answer).text


# --- What the notebook says ----------------------------------------------------------------------


def test_the_bug_that_is_shown_is_the_one_to_be_found() -> None:
    cells = [cell.source for cell in as_it_comes(NOTEBOOK).cells if cell.cell_type == "code"]
    (shown,) = [source for source in cells if "def buggy_slope(" in source]
    chapter, exercise = registry.find_exercise("mended_slope")
    names: dict[str, Any] = {}
    exec(chapter.setup, names)
    exec(shown[: shown.index("places =")], names)
    verdict = exercise.judge(names["buggy_slope"], chapter.key)
    assert (verdict.kind, verdict.mistake) == ("not_yet", "unchanged")


def test_even_shares_of_data_with_two_humps_have_thresholds_without_edges() -> None:
    octiles = np.quantile(datasets.load("bimodal"), np.arange(1, 8) / 8)
    assert not feasible.has_edges(octiles)


@given(st.lists(st.floats(0.01, 10.0), min_size=3, max_size=3))
def test_three_thresholds_always_have_edges(gaps: list[float]) -> None:
    assert feasible.has_edges(np.cumsum(gaps))
