"""Descent with G-STE: its gradient is the expectation's, N2UQ's own, and no optimum stops it."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from n2uq_viz import datasets, descent
from n2uq_viz.descent import (
    TARGETS,
    Samples,
    descend,
    edge_gradient,
    loss,
    parameter_gradient,
    pushes,
    samples,
)
from n2uq_viz.nn import gste_quantize
from n2uq_viz.quantizer import Quantizer

#: The levels that N2UQ trains for: base levels 0 .. 2.
LEVELS = Quantizer.uniform(2).levels
RATE = 0.05


def random_quantizer(rng: np.random.Generator, levels: Any = None) -> Quantizer:
    steps = int(rng.integers(1, 16)) if levels is None else len(levels) - 1
    edges = rng.normal() + np.cumsum([0.0, *rng.uniform(0.05, 1.0, steps)])
    if levels is None:
        levels = rng.normal() + np.cumsum([0.0, *rng.uniform(0.05, 1.0, steps)])
    return Quantizer(edges, levels)


def random_samples(rng: np.random.Generator, q: Quantizer, count: int = 300) -> Samples:
    """Samples in and around the range of q, none of them next to an edge or a threshold."""
    span = q.edges[-1] - q.edges[0]
    x = rng.uniform(q.edges[0] - 0.2 * span, q.edges[-1] + 0.2 * span, 2 * count)
    marks = np.concatenate([q.edges, q.thresholds])
    x = x[np.abs(x[:, None] - marks).min(axis=1) > 1e-4][:count]
    weight = rng.uniform(0.1, 1.0, x.size)
    return Samples(x, rng.normal(0.0, 1.0, x.size), weight / weight.sum())


def moved(q: Quantizer, i: int, by: float) -> Quantizer:
    edges = q.edges.copy()
    edges[i] += by
    return Quantizer(edges, q.levels)


@pytest.mark.parametrize("seed", range(20))
def test_the_gradient_is_that_of_the_expectation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    q = random_quantizer(rng)
    learned = random_samples(rng, q)
    upstream = 2.0 * learned.weight * (q(learned.x) - learned.wanted)
    h = 1e-6
    quotients = [
        np.sum(
            upstream
            * (moved(q, i, h).expectation(learned.x) - moved(q, i, -h).expectation(learned.x))
        )
        / (2.0 * h)
        for i in range(q.edges.size)
    ]
    np.testing.assert_allclose(edge_gradient(q, learned), quotients, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_the_gradient_is_the_one_that_n2uq_trains_with(bits: int) -> None:
    rng = np.random.default_rng(bits)
    q = random_quantizer(rng, Quantizer.uniform(bits).levels)
    learned = random_samples(rng, q, 1000)
    x = torch.from_numpy(learned.x)
    start = torch.tensor([q.edges[0]], requires_grad=True)
    intervals = torch.from_numpy(q.intervals.copy()).requires_grad_()
    one = torch.ones(1, dtype=torch.float64)
    y = gste_quantize(x, start, intervals, one, one)
    np.testing.assert_allclose(y.detach().numpy(), q(learned.x), atol=1e-12)
    y.backward(torch.from_numpy(2.0 * learned.weight * (q(learned.x) - learned.wanted)))
    of_start, of_intervals = parameter_gradient(edge_gradient(q, learned))
    assert start.grad is not None
    assert intervals.grad is not None
    assert of_start == pytest.approx(float(start.grad), rel=1e-9)
    np.testing.assert_allclose(of_intervals, intervals.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_pushes_add_up_to_minus_the_gradient(seed: int) -> None:
    rng = np.random.default_rng(seed)
    q = random_quantizer(rng)
    learned = random_samples(rng, q)
    segment, left, right = pushes(q, learned)
    sums = np.zeros(q.edges.size)
    for i, on_left, on_right in zip(segment, left, right, strict=True):
        if 1 <= i < q.edges.size:
            sums[i - 1] += on_left
            sums[i] += on_right
        else:
            assert on_left == on_right == 0.0
    np.testing.assert_allclose(sums, -edge_gradient(q, learned), rtol=1e-12, atol=1e-15)


def test_a_sample_outside_the_edges_pushes_none() -> None:
    q = Quantizer.binary()
    far = Samples(np.array([-1.5, -1.0, 1.5]), np.array([1.0, 1.0, -1.0]), np.full(3, 1 / 3))
    assert edge_gradient(q, far).tolist() == [0.0, 0.0]
    assert descend(q, far, 5, 1.0).edges.tolist() == [[-1.0, 1.0]] * 6


def test_the_pushes_of_the_middle_and_of_the_ends() -> None:
    q = Quantizer([0.0, 2.0], [0.0, 2.0])
    ends = Samples(np.array([1e-9, 1.0, 2.0]), np.full(3, 3.0), np.ones(3))
    _, left, right = pushes(q, ends)
    np.testing.assert_allclose(left, [-6.0, -3.0, 0.0], atol=1e-8)
    np.testing.assert_allclose(right, [0.0, -3.0, -2.0], atol=1e-8)


def at_the_optimum(target: str) -> Quantizer:
    """2-bit quantizer whose thresholds lie where squared error wants them for this target."""
    levels = LEVELS
    middles = 0.25 * (levels[:-1] + levels[1:])  # as shares of the range, 0 to 2
    inverse: dict[str, Callable[[Any], Any]] = {
        "identity": lambda v: v,
        "sqrt": lambda v: v**2,
        "sigmoid": lambda v: 0.5 + np.log(v / (1.0 - v)) / 8.0,
    }
    thresholds = 2.0 * inverse[target](middles)
    first = {"identity": 0.0, "sqrt": 0.0}.get(target, 1.5 * thresholds[0] - 0.5 * thresholds[1])
    edges = [first]
    for threshold in thresholds:
        edges.append(2.0 * threshold - edges[-1])
    return Quantizer(edges, levels)


@pytest.mark.parametrize(
    ("target", "at_start", "at_end"),
    [("identity", 0.03704, 0.03846), ("sqrt", 0.03704, 0.0390), ("sigmoid", 0.03126, 0.04156)],
)
def test_descent_leaves_the_optimum_of_the_deterministic_quantizer(
    target: str, at_start: float, at_end: float
) -> None:
    q = at_the_optimum(target)
    learned = samples(target, LEVELS, count=3000)
    for i in range(4):
        for by in (-0.01, 0.01):
            assert loss(moved(q, i, by), learned) > loss(q, learned)
    assert np.abs(edge_gradient(q, learned)).max() > 0.01
    run = descend(q, learned, 2500, RATE)
    assert run.loss[0] == pytest.approx(at_start, abs=1e-5)
    assert run.loss[-1] == pytest.approx(at_end, abs=1e-4)
    assert loss(Quantizer(run.edges[-1], LEVELS), learned) == run.loss[-1]


def test_where_the_identity_drifts_to() -> None:
    run = descend(at_the_optimum("identity"), samples("identity", LEVELS, count=3000), 2500, RATE)
    thresholds = Quantizer(run.edges[-1], LEVELS).thresholds
    np.testing.assert_allclose(thresholds, [0.287, 1.0, 1.713], atol=1e-3)
    assert 0.0384 < run.loss[-1] < 0.0385


def test_the_loss_falls_and_rises_again() -> None:
    run = descend(Quantizer.uniform(2), samples("sqrt", LEVELS, count=3000), 2500, RATE)
    assert run.loss[0] > 0.1
    assert run.loss.min() < run.loss[-1] - 0.0009
    assert 0 < run.loss.argmin() < 400


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_the_outer_edges_are_pushed_outward_at_the_optimum(bits: int) -> None:
    q = Quantizer.uniform(bits)
    gradient = edge_gradient(q, samples("identity", q.levels, count=30_000))
    size = q.intervals[0] ** 2 / 24.0
    np.testing.assert_allclose(gradient[[0, -1]], [size, -size], rtol=1e-3)
    np.testing.assert_allclose(gradient[1:-1], 0.0, atol=1e-5)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("rate", [10.0, 1e6, 1e150, 1e308])
def test_edges_never_cross_however_large_the_rate(target: str, rate: float) -> None:
    rng = np.random.default_rng(8)
    for _ in range(10):
        q = random_quantizer(rng)
        run = descend(q, samples(target, q.levels, datasets.summary("normal")), 20, rate)
        assert np.isfinite(run.edges).all()
        assert (np.diff(run.edges) > 0.0).all()


def test_no_step_makes_a_segment_narrower_than_the_least_width() -> None:
    q = Quantizer([0.0, 1e-4, 1.0, 2.0], LEVELS)
    run = descend(q, samples("step", LEVELS), 300, 1.0)
    widths = np.diff(run.edges)
    assert (widths[:, 0] >= 1e-4 * (1.0 - 1e-9)).all()
    assert (widths[:, 1:] >= descent.MIN_WIDTH * (1.0 - 1e-9)).all()


def test_far_values_of_own_data_are_no_trouble() -> None:
    summary = datasets.summarize(np.r_[np.zeros(500), np.ones(500), 1e200])
    q = Quantizer.uniform(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learned = samples("data", q.levels, summary)
        run = descend(q, learned, 3, 0.1)
    assert np.isfinite(run.edges).all()
    assert np.isinf(run.loss).all()


@pytest.mark.parametrize("target", [t for t in TARGETS if t != "data"])
def test_targets_stay_within_the_levels_and_weights_add_up(target: str) -> None:
    found = samples(target, [-1.0, 0.0, 4.0], count=1000)
    assert found.x.min() > -1.0
    assert found.x.max() < 4.0
    assert found.wanted.min() >= -1.0
    assert found.wanted.max() <= 4.0
    assert found.weight.sum() == pytest.approx(1.0)


def test_data_want_to_stay_what_they_are() -> None:
    found = samples("data", [0.0, 1.0], datasets.summary("digit_pixels"))
    assert found.x.size == 17
    assert found.wanted.tolist() == found.x.tolist()
    assert found.weight.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("steps", [0, 1, 7])
def test_a_descent_has_one_entry_more_than_steps(steps: int) -> None:
    run = descend(Quantizer.uniform(2), samples("sine", LEVELS), steps, 0.2)
    assert run.edges.shape == (steps + 1, 4)
    assert run.loss.shape == (steps + 1,)
    again = descend(Quantizer.uniform(2), samples("sine", LEVELS), steps + 3, 0.2)
    assert np.array_equal(again.edges[: steps + 1], run.edges)


Q = Quantizer.uniform(2)
LEARNED = samples("sqrt", LEVELS)
BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: samples("cube", LEVELS), "target must be one of \"identity\".*got 'cube'"),
    (lambda: samples("sqrt", []), "levels must hold at least 2 numbers.*got 0"),
    (lambda: samples("sqrt", [1.0]), "levels must hold at least 2 numbers.*got 1"),
    (lambda: samples("sqrt", [2.0, 1.0]), "levels must be strictly increasing"),
    (lambda: samples("sqrt", [0.0, np.nan]), "levels must be finite"),
    (lambda: samples("sqrt", 3.0), "levels must be a 1-D sequence"),
    (lambda: samples("sqrt", LEVELS, count=0), "count must be a whole number from 1"),
    (lambda: samples("data", LEVELS), "needs a summary of data, got None"),
    (lambda: samples("data", LEVELS, {}), "a summary must have the keys"),
    (lambda: loss([0, 1], LEARNED), "q must be a Quantizer"),  # type: ignore[arg-type]
    (lambda: loss(Q, None), "learned must be a Samples"),  # type: ignore[arg-type]
    (lambda: pushes(Q, "x"), "learned must be a Samples"),  # type: ignore[arg-type]
    (lambda: edge_gradient(None, LEARNED), "q must be a Quantizer"),  # type: ignore[arg-type]
    (lambda: parameter_gradient([]), r"gradient must hold a number for each edge.*\(0,\)"),
    (lambda: parameter_gradient([[1.0, 2.0]]), r"for each edge, at least 2, got shape \(1, 2\)"),
    (lambda: parameter_gradient(["1", "2"]), "gradient must be real numbers"),
    (lambda: descend(None, LEARNED, 1, 0.1), "q must be a Quantizer"),  # type: ignore[arg-type]
    (lambda: descend(Q, None, 1, 0.1), "learned must be a Samples"),  # type: ignore[arg-type]
    (lambda: descend(Q, LEARNED, -1, 0.1), "steps must be a whole number from 0"),
    (lambda: descend(Q, LEARNED, 1.5, 0.1), "got 1.5"),  # type: ignore[arg-type]
    (lambda: descend(Q, LEARNED, 1, 0.0), "rate must be a positive number, got 0"),
    (lambda: descend(Q, LEARNED, 1, np.inf), "rate must be one finite number"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input_is_one_clear_error(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_state_follows_its_way_until_a_hand_moves_an_edge() -> None:
    start = Quantizer([0.1, 0.5, 1.0, 2.0], LEVELS)
    state: dict[str, Any] = {
        **start.to_dict(),
        "start": start.edges.tolist(),
        "target": "sqrt",
        "data": "normal",
        "learning_rate": 0.2,
        "steps": 40,
    }
    learned, run = descent.of_state(state)
    assert learned.x.size == descent.COUNT
    assert not descent.follows(state)
    state["edges"] = run.edges[40].tolist()
    assert descent.follows(state)
    for i, by in itertools.product(range(4), (-1e-3, 1e-3)):
        hand = list(state["edges"])
        hand[i] += by
        assert not descent.follows({**state, "edges": hand})
    rounded = [float(f"{edge:.9g}") for edge in state["edges"]]
    assert descent.follows({**state, "edges": rounded})
