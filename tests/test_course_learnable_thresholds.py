"""The notebook on learnable thresholds: its answers by other ways, and what its prose says."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import fsolve, minimize_scalar

import n2uq_viz as nv
from n2uq_viz import descent, optimum
from n2uq_viz.course import learnable_thresholds, registry
from n2uq_viz.nn import gste_quantize
from tests.answered import as_it_comes

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "04_learnable_thresholds.py"
STEP = 2 / 3
Q = nv.Quantizer.from_intervals([0.5, 1.0, 0.5])


def _solved(name: str) -> Any:
    """What the solution of an exercise leaves."""
    chapter, exercise = registry.find_exercise(name)
    names: dict[str, Any] = {}
    exec(chapter.setup, names)
    exec(exercise.solution, names)
    return names["answer"] if "answer" in names else names[name]


def _verdict(name: str, answer: Any) -> Any:
    chapter, exercise = registry.find_exercise(name)
    return exercise.judge(answer, chapter.key)


def _of_parameters(
    u: float, upstream: float, start: float, intervals: list[float]
) -> tuple[float, list[float]]:
    """Gradients of start and intervals by autograd through the trained operator."""
    of_start = torch.tensor([start], dtype=torch.float64, requires_grad=True)
    of_intervals = torch.tensor(intervals, dtype=torch.float64, requires_grad=True)
    one = torch.ones(1, dtype=torch.float64)
    x = torch.tensor([u], dtype=torch.float64)
    gste_quantize(x, of_start, of_intervals, one, one).backward(
        torch.tensor([upstream], dtype=torch.float64)
    )
    assert of_start.grad is not None
    assert of_intervals.grad is not None
    return float(of_start.grad), of_intervals.grad.tolist()


# --- Predictions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 15])
def test_the_first_edge_is_pushed_to_the_left_by_a_24th(steps: int) -> None:
    """The integrals of section 6, done by quadrature over the segment, for any number of levels."""
    _, prediction = registry.find_prediction("first_push")
    assert prediction.truth() == {"side": "left"}
    width = 2 / steps

    def part(x: float) -> float:
        output = width if x > width / 2 else 0.0
        return (output - x) * -(1 - x / width)  # 2 · density 1/2 · slope 1

    gradient = quad(part, 0, width / 2)[0] + quad(part, width / 2, width)[0]
    assert gradient == pytest.approx(width**2 / 24)
    even = np.linspace(0, 2, steps + 1)
    q = nv.Quantizer(even, even)
    assert optimum.edge_gradients(q, "identity")[1][0] == pytest.approx(width**2 / 24, rel=1e-3)


def _field(outer: float, inner: float) -> tuple[float, float]:
    """G-STE's gradient of edges 0 and 1 for the identity and edges symmetric about 1."""
    edges = [outer, inner, 2 - inner, 2 - outer]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(edges)]

    def error(x: float) -> float:
        return sum(STEP for middle in middles if x > middle) - x

    def of_edge(segment: int, *, right: bool) -> float:
        low, high = edges[segment], edges[segment + 1]

        def part(x: float) -> float:
            along = (x - low) / (high - low)
            return -error(x) * STEP / (high - low) * (along if right else 1 - along)

        ends = (max(low, 0.0), middles[segment], min(high, 2.0))
        return float(sum(quad(part, a, b)[0] for a, b in itertools.pairwise(ends)))

    return of_edge(0, right=False), of_edge(0, right=True) + of_edge(1, right=False)


def test_the_descent_rests_where_the_pushes_cancel() -> None:
    """The place is found by integrals and a root finder, without any descent."""
    _, prediction = registry.find_prediction("from_the_best")
    assert prediction.truth() == {"loss": "settles"}
    outer, inner = fsolve(lambda v: _field(*v), [-0.1, 0.7], xtol=1e-12)
    place = (outer + inner) / 2
    assert place == pytest.approx(0.287, abs=5e-4)
    # Each outer threshold costs D · (distance)² / 2 more, at the density 1/2.
    loss = STEP**2 / 12 + STEP * (1 / 3 - place) ** 2
    assert loss == pytest.approx(0.03846, abs=5e-6)
    best = nv.Quantizer.uniform(2)
    run = descent.descend(best, descent.samples("identity", best.levels, count=3000), 2500, 0.05)
    assert run.edges[-1] == pytest.approx([outer, inner, 2 - inner, 2 - outer], abs=5e-4)


def test_the_explorers_own_numbers_are_those_in_the_prose() -> None:
    best = nv.Quantizer.uniform(2)
    gradient = descent.edge_gradient(best, descent.samples("identity", best.levels))
    assert gradient[0] == pytest.approx(0.0174, abs=5e-5)
    assert 0 < abs(gradient[1]) < 0.002


# --- Exercises -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer"), [("who_pushes", [1.2, 0.6, 0.3]), ("by_hand", [-2, -2, -0.4, 0])]
)
def test_answers_worked_out_by_hand(name: str, answer: Any) -> None:
    assert _verdict(name, answer).right


@given(st.floats(-1, 3).filter(lambda x: np.abs(x - Q.edges).min() > 1e-5))
def test_how_the_mean_answers_to_an_edge_is_a_quotient_of_differences(x: float) -> None:
    h = 1e-6
    lower, upper = (Q.move_edge(2, 1.5 + d).expectation(x) for d in (-h, h))
    assert _solved("by_edge")(x) == pytest.approx((upper - lower) / (2 * h), abs=1e-5)


def test_who_pushes_edge_1_is_asked_of_the_package() -> None:
    x = np.array([-0.2, 0.3, 0.6, 1.2, 1.7, 2.4])
    pushing = [
        one
        for one in x
        if descent.edge_gradient(Q, descent.Samples(np.array([one]), np.array([9.0]), np.ones(1)))[
            1
        ]
    ]
    assert _solved("who_pushes") == pushing


def test_gradients_by_hand_are_those_of_autograd() -> None:
    widths = learnable_thresholds.WIDTHS.tolist()
    of_start, of_intervals = _of_parameters(0.56, 2.4, 0.0, widths)
    assert _solved("by_hand") == pytest.approx([of_start, *of_intervals], abs=1e-12)


@given(st.floats(-4, 6), st.floats(-10, 10))
def test_the_mended_function_is_autograds(u: float, upstream: float) -> None:
    of_start, _ = _of_parameters(u, upstream, 0.0, [0.5, 1.0, 0.5])
    assert _solved("start_mended")(u, upstream) == pytest.approx(of_start, abs=1e-12)


def test_a_floored_interval_has_no_gradient_and_others_do() -> None:
    _, of_intervals = _of_parameters(0.6, 1.0, 0.0, [0.5, -0.2, 0.5])
    assert of_intervals[1] == 0.0
    assert of_intervals[0] < 0.0
    assert of_intervals[2] < 0.0


@pytest.mark.parametrize(("lower", "upper"), [(0.0, 2.0), (1.0, 3.0), (0.2, 0.9)])
@pytest.mark.parametrize("power", [0.0, 1.0, 3.0])
def test_the_best_step_has_the_least_loss_for_every_density(
    lower: float, upper: float, power: float
) -> None:
    """Inputs on (0, 2) with a density in proportion to x**power."""

    def loss(step: float) -> float:
        below = quad(lambda x: x**power * (lower - x**2) ** 2, 0, step)[0]
        above = quad(lambda x: x**power * (upper - x**2) ** 2, step, 2)[0]
        return float(below + above)

    found = minimize_scalar(loss, bounds=(0.05, 1.95), method="bounded", options={"xatol": 1e-9})
    assert _solved("best_step")(lower, upper) == pytest.approx(found.x, abs=1e-4)


def test_the_bug_that_is_shown_is_the_one_to_be_found() -> None:
    cells = [cell.source for cell in as_it_comes(NOTEBOOK).cells if cell.cell_type == "code"]
    (shown,) = [source for source in cells if "def buggy(" in source]
    chapter, exercise = registry.find_exercise("start_mended")
    names: dict[str, Any] = {}
    exec(chapter.setup, names)
    exec(shown, names)
    verdict = exercise.judge(names["buggy"], chapter.key)
    assert (verdict.kind, verdict.mistake) == ("not_yet", "no_gate")


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("who_pushes", [0.3], "Edge 1 is at 0.5"),
        ("who_pushes", [0.3, 0.6, 1.2, 2.4], "outside the outer edges"),
        ("by_hand", [-2, -2, -0.4, -0.4], "Interval 3 begins behind"),
        ("by_hand", "0; -1.6; -0.4; 0", "add up the gradients"),
        ("start_mended", lambda u, _upstream: -Q.gradient(u), "upstream gradient is missing"),
        ("start_mended", lambda u, up: -up * Q.slopes[0] * (0 < u <= 2), "(0.3, 1)"),
        ("best_step", lambda lower, upper: (lower + upper) / 2, "a value of the output"),
    ],
)
def test_what_learners_give_is_answered_by_name(name: str, answer: Any, words: str) -> None:
    assert words in _verdict(name, answer).text
