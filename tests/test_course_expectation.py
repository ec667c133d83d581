"""The notebook on the mean: its answers by other ways, and what its prose says."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom, uniform

import n2uq_viz as nv
from n2uq_viz.course import expectation_estimates, pictures, registry
from n2uq_viz.course import expectation_predictions as asked
from n2uq_viz.figures import bias
from n2uq_viz.words import say
from tests.answered import as_it_comes

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "02_expectation.py"
KEY = "course.expectation"
SIGN = nv.Quantizer.binary()


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


def _prose() -> str:
    cells = as_it_comes(NOTEBOOK).cells
    return " ".join(" ".join(c.source for c in cells if c.cell_type == "markdown").split())


# --- Predictions ---------------------------------------------------------------------------------


def test_the_mean_is_noisiest_where_thrown_means_scatter_most() -> None:
    _, prediction = registry.find_prediction("noisiest")
    truth = prediction.truth()
    assert truth == {"place": "middle", "factor": pytest.approx(10.0)}
    rng = np.random.default_rng(5)
    spread = {}
    for name, x in asked.INPUTS.items():
        few, many = (
            (2 * rng.binomial(n, (x + 1) / 2, size=10_000) / n - 1).std()
            for n in (asked.FEW, asked.MANY)
        )
        # Each standard deviation of 10,000 means is uncertain by 1 part in sqrt(2 · 10,000).
        assert few / many == pytest.approx(10.0, rel=5 * np.sqrt(2) / np.sqrt(20_000))
        spread[name] = few
    assert max(spread, key=lambda name: spread[name]) == truth["place"]
    assert spread["middle"] > 1.1 * spread["right"] > 1.1 * spread["left"]


def test_variances_in_the_answer_are_those_of_the_coin() -> None:
    why = say(f"{KEY}.noisiest.why")
    for x, variance in ((-0.9, "0.19 at −0.9"), (0.0, "1 at 0"), (0.6, "0.64 at 0.6")):
        assert variance in why
        p = (x + 1) / 2
        mean = 2 * p - 1
        squares = p * (1 - mean) ** 2 + (1 - p) * (-1 - mean) ** 2
        assert float(variance.split()[0]) == pytest.approx(squares)


def test_an_answer_of_the_same_marks_all_three_inputs() -> None:
    chapter, prediction = registry.find_prediction("noisiest")
    answer = prediction.read({"place": "same", "factor": 10}, chapter.key)
    ax = pictures.compare(prediction, chapter.key, answer, prediction.truth()).axes[0]
    found = sorted(float(m.get_xdata()[0]) for m in ax.lines if m.get_marker() == "D")  # type: ignore[index, arg-type]
    assert found == [-0.9, 0.0, 0.6]


def test_behind_exp_the_ste_is_off_by_what_coins_say() -> None:
    _, prediction = registry.find_prediction("behind_exp")
    assert prediction.truth() == {"compared": "much", "more": "stays"}
    true, sampled = math.sinh(1), 0.65 * math.e + 0.35 / math.e
    assert (round(true, 3), round(sampled, 3)) == (1.175, 1.896)
    assert round(100 * (sampled / true - 1)) == 61
    assert round(100 * (math.e / true - 1)) == 131
    found = bias.slopes(0.3)
    assert [found.true, found.sampled] == pytest.approx([true, sampled])
    coins = np.where(np.random.default_rng(3).random(1_000_000) < 0.65, 1, -1)
    # Five standard errors; one throw has the standard deviation 1.12.
    assert np.exp(coins).mean() == pytest.approx(sampled, abs=5 * 1.12 / 1000)
    for number in ("(2.718 − 0.368)/2 = 1.175", "1.896", "61 %"):
        assert number in say(f"{KEY}.behind_exp.why")


def test_the_notebook_says_the_same_numbers() -> None:
    prose = _prose()
    assert "The sampled STE is too large by 61 %, the deterministic one by 131 %" in prose
    assert "[1.175, 1.896, 2.718, 1.35]" in NOTEBOOK.read_text(encoding="utf-8")
    assert "A hundred times as many throws make the error ten times smaller" in prose
    assert np.sqrt(9 / 1000) == pytest.approx(0.095, abs=5e-4)
    assert "standard error $\\sqrt{9/1000} = 0.095$" in prose


# --- Exercises -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("half_as_noisy", 0.8660),
        ("half_as_noisy", "-sqrt(3)/2"),
        ("half_as_noisy", "0,866"),
        ("half_as_noisy", "0.866; -0.866"),
        ("half_as_noisy", {"x": 0.866}.values()),
        ("squared_loss", [-1, -0.4, 1]),
    ],
)
def test_answers_worked_out_by_hand(name: str, answer: Any) -> None:
    assert _verdict(name, answer).right


def test_two_numbers_that_are_no_mirror_images_are_not_one_answer() -> None:
    for answer in ([0.866, 0.5], "0.866; 0.866", [0.866, -0.866, 0]):
        assert _verdict("half_as_noisy", answer).kind == "unreadable"
    assert _verdict("half_as_noisy", [-0.5, 0.5]).mistake == "halved_input"


def test_half_as_noisy_is_half_as_noisy_by_the_law_of_the_count() -> None:
    x = _solved("half_as_noisy")
    assert binom(50, (x + 1) / 2).std() == pytest.approx(binom(50, 0.5).std() / 2)


@given(st.floats(-5, 5), st.floats(-3, 3), st.floats(0.1, 6))
def test_the_mean_of_a_jittering_step_is_an_integral(x: float, middle: float, width: float) -> None:
    law = uniform(middle - width / 2, width)
    assert _solved("jitter_mean")(x, middle, width) == pytest.approx(2 * law.cdf(x) - 1, abs=1e-9)


def test_the_mean_of_a_jittering_step_by_quadrature() -> None:
    def output(t: float) -> float:
        return 1.0 if t < 0.7 else -1.0

    area = quad(output, 0.0, 1.0, points=[0.7])[0]
    assert _solved("jitter_mean")(0.7, 0.5, 1.0) == pytest.approx(area)
    assert area == pytest.approx(0.4)


@given(st.floats(-0.98, 0.98), st.sampled_from([-1, 1]))
def test_the_score_is_a_quotient_of_differences(x: float, coin: int) -> None:
    assume(abs(x) < 0.98)
    h = 1e-6
    above, below = (np.log((1 + coin * at) / 2) for at in (x + h, x - h))
    assert _solved("score_slope")(x, coin) == pytest.approx(
        coin * (above - below) / (2 * h), rel=1e-4
    )


@given(st.floats(-0.98, 0.98))
def test_the_mean_and_the_variance_of_the_score_estimate_are_those_in_the_prose(x: float) -> None:
    values = np.array([_solved("score_slope")(x, coin) for coin in (1, -1)])
    chances = np.array([(1 + x) / 2, (1 - x) / 2])
    mean = chances @ values
    assert mean == pytest.approx(1.0)
    assert chances @ (values - mean) ** 2 == pytest.approx(1 / (1 - x**2) - 1, abs=1e-9)
    found = nv.simulate_gradient(SIGN, [x], 1, method="score_function").variance
    assert found[0] == pytest.approx(1 / (1 - x**2) - 1, abs=1e-9)


def test_the_squared_loss_by_throws_and_differences() -> None:
    true, sampled, deterministic = _solved("squared_loss")

    def f(y: Any) -> Any:
        return (y - 0.5) ** 2

    h = 1e-3
    means = [p * f(1) + (1 - p) * f(-1) for p in ((1.3 + h) / 2, (1.3 - h) / 2)]
    assert true == pytest.approx((means[0] - means[1]) / (2 * h))
    coins = np.where(np.random.default_rng(4).random(100_000) < 0.65, 1, -1)
    # Five standard errors; one throw has the standard deviation 4 · sqrt(0.65 · 0.35) = 1.9.
    assert (2 * (coins - 0.5)).mean() == pytest.approx(sampled, abs=5 * 1.91 / np.sqrt(100_000))
    found = bias.slopes(0.3, f, lambda y: 2 * (y - 0.5))
    three = [float(found.true), float(found.sampled), float(found.deterministic)]
    assert [true, sampled, deterministic] == pytest.approx(three)
    assert true < 0 < deterministic  # "the bias can even turn the sign"
    assert "the bias can even turn the sign, as in the last exercise" in _prose()


# --- Find the bug --------------------------------------------------------------------------------


def _shown() -> tuple[Callable[..., Any], str]:
    """The function in the notebook, and the cell's text."""
    (source,) = [
        cell.source
        for cell in as_it_comes(NOTEBOOK).cells
        if cell.cell_type == "code" and "def buggy(" in cell.source
    ]
    names: dict[str, Any] = {}
    exec(registry.find_exercise("shared_coins")[0].setup, names)
    exec(source, names)
    return names["buggy"], source


def test_the_bug_that_is_shown_is_the_one_to_be_found() -> None:
    buggy, source = _shown()
    verdict = _verdict("shared_coins", buggy)
    assert (verdict.kind, verdict.mistake) == ("not_yet", "unchanged")
    # All but the random numbers is the same in the solution.
    _, exercise = registry.find_exercise("shared_coins")
    mended = exercise.solution.replace("shared_coins", "buggy").replace(
        "    u = rng.random(draws)\n", ""
    )
    assert source.startswith(mended.replace("u <", "rng.random(draws) <"))


def test_a_right_function_is_not_refused_by_chance() -> None:
    """Other random numbers each time, in three ways to write it; the limits are 6 errors wide."""

    def one_box(x: float, rng: np.random.Generator, offset: int) -> float:
        rng = np.random.default_rng((int(rng.integers(2**31)), offset))
        return float(np.mean(np.abs(rng.uniform(-1, 1, 1000) - x) < 0.1) / 0.1)

    for offset in range(12):
        verdict = _verdict("shared_coins", partial(one_box, offset=offset))
        assert verdict.right, verdict.value


def test_runs_are_read_as_means_and_standard_deviations() -> None:
    verdict = _verdict("shared_coins", _solved("shared_coins"))
    means, spreads = verdict.value[:2], verdict.value[2:4]
    # Six standard errors of 400 results, each of which has the standard deviation sqrt(9 / 1000).
    assert means == pytest.approx([1, 1], abs=6 * 0.0949 / 20)
    assert spreads == pytest.approx([0.0949] * 2, rel=6 / np.sqrt(800))
    assert verdict.value[4] == 0
    common = nv.simulate_gradient(SIGN, list(expectation_estimates.PLACES), 1, half_width=0.1)
    assert common.variance == pytest.approx(9)


def test_what_a_function_raises_or_leaves_out_is_said() -> None:
    for answer, words in (
        (lambda _x: 1.0, "TypeError"),
        (lambda _x, _rng: None, "return"),
        (lambda _x, _rng: "many", "many"),
        (1.0, "A function is wanted"),
    ):
        verdict = _verdict("shared_coins", answer)
        assert verdict.kind == "unreadable"
        assert words in verdict.text
    assert _verdict("shared_coins", lambda _x, _rng: ...).kind == "not_answered"


def _five_times_as_many(x: float, rng: np.random.Generator) -> float:
    right = np.where(rng.random(5000) < (x + 0.1 + 1) / 2, 1, -1)
    left = np.where(rng.random(5000) < (x - 0.1 + 1) / 2, 1, -1)
    return float(np.mean(right - left) / 0.2)


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("half_as_noisy", 0.75, "solve for x², and stop there"),
        ("half_as_noisy", "1/sqrt(2)", "There the variance is half"),
        ("half_as_noisy", 0.87, "one more digit"),
        ("half_as_noisy", 0.4, "Set √(1 − x²) to 1/2"),
        ("jitter_mean", lambda x, t, w: (x - t) / w, "twice as wide"),
        ("jitter_mean", lambda x, t, _w: 1 if x > t else -1, "step without jitter"),
        ("jitter_mean", lambda x, t, w: x + t + w, "Try (0, 0, 2)"),
        ("score_slope", lambda x, coin: coin / (1 + coin * x), "the score alone"),
        ("score_slope", lambda _x, _coin: 1, "the mean of all estimates"),
        ("score_slope", lambda x, coin: coin + x, "it should return 0.625"),
        # At x = 0.2 this scatters like shared coins do.
        ("shared_coins", _five_times_as_many, "More throws make it scatter less"),
        ("shared_coins", lambda _x, rng: rng.normal(1, 0.2), "Keep h = 0.1"),
        ("shared_coins", lambda _x, rng: rng.normal(3, 0.2), "the mean should be 1"),
        ("squared_loss", [-0.4, -0.4, 1], "the mean of f lies on the chord"),
        ("squared_loss", [-1, -0.4, -0.4], "what does the sharp step make of it"),
        ("squared_loss", [1, -0.4, -1], "other order"),
        ("squared_loss", [7, 8, 9], "Write down f(1)"),
    ],
)
def test_what_learners_give_is_answered_by_name(name: str, answer: Any, words: str) -> None:
    assert words in _verdict(name, answer).text


def test_values_that_help_in_the_otherwise_texts_are_right() -> None:
    jitter = _solved("jitter_mean")
    tried = [(0, 0, 2), (0.5, 0, 2), (0.75, 0.5, 1), (3, 0, 2)]
    assert [float(jitter(*each)) for each in tried] == [0, 0.5, 0.5, 1]
    score = _solved("score_slope")
    assert [score(0, 1), score(0, -1)] == [1, 1]
    assert [score(0.6, 1), score(0.6, -1)] == pytest.approx([0.625, 2.5])
