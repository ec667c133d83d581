"""Every question of the course: words are there, answers count, mistakes are recognized."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import n2uq_viz as nv
from n2uq_viz.course import pictures, registry
from n2uq_viz.course.items import Chapter, Choice, Exercise, Number, Prediction
from n2uq_viz.words import table
from tests.test_course_answers import BLANK, EVERYTHING, NONSENSE, Rude, RudeList

CHAPTERS = registry.chapters()
EXERCISES = [(chapter, item) for chapter in CHAPTERS for item in chapter.exercises]
PREDICTIONS = [(chapter, item) for chapter in CHAPTERS for item in chapter.predictions]
each_exercise = pytest.mark.parametrize(
    ("chapter", "exercise"), EXERCISES, ids=[item.name for _, item in EXERCISES]
)
each_prediction = pytest.mark.parametrize(
    ("chapter", "prediction"), PREDICTIONS, ids=[item.name for _, item in PREDICTIONS]
)


def _solve(chapter: Chapter, exercise: Exercise) -> Any:
    """What the solution's lines leave: an answer, or a function of the exercise's name."""
    names: dict[str, Any] = {}
    exec(chapter.setup, names)
    exec(exercise.solution, names)
    return names["answer"] if "answer" in names else names[exercise.name]


def test_every_chapter_asks_enough_and_names_are_unique() -> None:
    names = [item.name for _, item in EXERCISES] + [item.name for _, item in PREDICTIONS]
    assert len(names) == len(set(names))
    for chapter in CHAPTERS:
        assert chapter.notebook in registry.NOTEBOOKS
        assert len(chapter.predictions) >= 1
        assert len(chapter.exercises) >= 3


def test_words_and_questions_fit_together() -> None:
    """No word is missing, and none is left over from a question that is no more."""
    parts: dict[str, list[str]] = {}
    for chapter, exercise in EXERCISES:
        mistakes = [f"mistake.{m.name}" for m in exercise.mistakes]
        parts[f"course.{chapter.key}.{exercise.name}"] = [
            *("title", "hint", "solution", "right", "otherwise"),
            *mistakes,
        ]
    for chapter, prediction in PREDICTIONS:
        numbers = [f for f in prediction.fields if isinstance(f, Number)]
        parts[f"course.{chapter.key}.{prediction.name}"] = [
            *("title", "question", "why", "caption"),
            *(["axis"] if numbers else []),
            *(f"short.{f.name}" for f in numbers),
            *(f"field.{f.name}" for f in prediction.fields),
            *(f"remark.{m.name}" for m in prediction.remarks),
        ]
    words = table()
    for prefix, wanted in parts.items():
        missing = [part for part in wanted if not words.get(f"{prefix}.{part}")]
        assert missing == [], prefix
    chapters = "|".join(chapter.key for chapter in CHAPTERS)
    judged = re.compile(
        rf"(course\.({chapters})\.\w+)\.((?:mistake|remark|field|short)\.\w+|title|hint|right)"
    )
    for key in words:
        if found := judged.fullmatch(key):
            assert found[3] in parts.get(found[1], []), f"{key} belongs to no question"


def test_words_are_plain_and_kind() -> None:
    for key, text in table().items():
        if key.startswith("course."):
            assert text == text.strip()
            assert not re.search(
                r"\b(obviously|simply|just|easy|easily|wrong|stupid|of course|trivial)\b",
                text,
                re.I,
            ), key
            assert text.count("`") % 2 == 0, key


@each_exercise
def test_right_answers_pass(chapter: Chapter, exercise: Exercise) -> None:
    assert len(exercise.right_answers) >= 3
    for answer in exercise.right_answers:
        verdict = exercise.judge(answer, chapter.key)
        assert verdict.right, f"{answer!r}: {verdict}"


@each_exercise
def test_the_solution_passes_its_own_check(chapter: Chapter, exercise: Exercise) -> None:
    verdict = exercise.judge(_solve(chapter, exercise), chapter.key)
    assert verdict.right, str(verdict)


@each_exercise
def test_each_common_mistake_is_recognized_and_answered_differently(
    chapter: Chapter, exercise: Exercise
) -> None:
    assert len(exercise.mistakes) >= 2
    texts = set()
    for mistake in exercise.mistakes:
        assert len(mistake.examples) >= 1
        for answer in mistake.examples:
            verdict = exercise.judge(answer, chapter.key)
            assert (verdict.kind, verdict.mistake) == ("not_yet", mistake.name), repr(answer)
            texts.add(verdict.text)
    assert len(texts) == len(exercise.mistakes)


@each_exercise
def test_blanks_and_nonsense_are_met_kindly(chapter: Chapter, exercise: Exercise) -> None:
    for answer in BLANK:
        assert exercise.judge(answer, chapter.key).kind == "not_answered", repr(answer)
    for answer in (*NONSENSE, Rude(), RudeList(), lambda: 1, 12345.678):
        verdict = exercise.judge(answer, chapter.key)
        assert verdict.kind in ("unreadable", "not_yet"), repr(answer)[:80]
        assert verdict.text


@given(answer=EVERYTHING | st.lists(st.floats(width=32), max_size=6))
@settings(max_examples=60, deadline=None)
@each_exercise
def test_no_answer_makes_a_check_stumble(chapter: Chapter, exercise: Exercise, answer: Any) -> None:
    assert exercise.judge(answer, chapter.key).text


@each_prediction
def test_a_prediction_of_the_truth_is_right(chapter: Chapter, prediction: Prediction) -> None:
    truth = prediction.truth()
    assert prediction.read(truth, chapter.key) == truth
    verdict = prediction.judge(truth, truth, chapter.key)
    assert verdict.right
    assert verdict.text


@each_prediction
def test_each_common_prediction_gets_a_remark_of_its_own(
    chapter: Chapter, prediction: Prediction
) -> None:
    truth = prediction.truth()
    why = prediction.judge(truth, truth, chapter.key).text
    for remark in prediction.remarks:
        for raw in remark.examples:
            verdict = prediction.judge(prediction.read(raw, chapter.key), truth, chapter.key)
            assert (verdict.kind, verdict.mistake) == ("differs", remark.name), raw
            assert verdict.text != why
            assert verdict.text.endswith(why)


@each_prediction
@pytest.mark.parametrize("theme", ["light", "dark", "print", "projector"])
def test_the_picture_shows_prediction_and_result(
    chapter: Chapter, prediction: Prediction, theme: str
) -> None:
    truth = prediction.truth()
    raw = prediction.remarks[0].examples[0]
    answer = prediction.read(raw, chapter.key)
    figure = pictures.compare(prediction, chapter.key, answer, truth, theme)
    panels = 1 if prediction.draw else 0
    numbers = [f for f in prediction.fields if isinstance(f, Number)]
    if numbers:
        ax = figure.axes[panels]
        marks = [line for line in ax.lines if line.get_linestyle() == "None"]
        shown = {(line.get_marker(), float(line.get_xdata()[0])) for line in marks}  # type: ignore[index, arg-type]
        assert {("D", float(answer[f.name])) for f in numbers} <= shown
        assert {("o", float(truth[f.name])) for f in numbers} <= shown
    for k, field in enumerate(f for f in prediction.fields if isinstance(f, Choice)):
        ax = figure.axes[panels + bool(numbers) + k]
        assert [text.get_text() for text in ax.texts] == list(field.options.values())
        rows = [float(line.get_ydata()[0]) for line in ax.lines]  # type: ignore[index, arg-type]
        names = list(field.options)
        assert rows == [names.index(str(v[field.name])) for v in (answer, truth)]
    for asked in prediction.fields:
        said = pictures.alternative(prediction, chapter.key, answer, truth)
        assert f"you predicted {asked.show(answer[asked.name])}" in said
        assert f"the result is {asked.show(truth[asked.name])}" in said


def test_a_prediction_far_away_does_not_flatten_the_picture() -> None:
    chapter, prediction = registry.find_prediction("edge_pull")
    answer = prediction.read({"threshold_1": 1e9, "threshold_2": -7, "levels": 0}, chapter.key)
    figure = pictures.compare(prediction, chapter.key, answer, prediction.truth())
    for ax in figure.axes:
        assert np.ptp(ax.get_xlim()) < 5
    marks = {line.get_marker() for line in figure.axes[1].lines}
    assert {">", "<"} <= marks
    assert "+1e+09" in [text.get_text() for text in figure.axes[1].texts]


# --- 00_start_here: the results against the mathematics, computed another way ---------------------


def test_pulling_an_edge_moves_both_thresholds_by_half() -> None:
    _, prediction = registry.find_prediction("edge_pull")
    truth = prediction.truth()
    assert truth["threshold_1"] == pytest.approx(0.1, abs=1e-12)
    assert truth["threshold_2"] == pytest.approx(0.1, abs=1e-12)
    assert truth["levels"] == 0.0


def test_the_mean_a_quarter_of_the_way_is_a_quarter_of_the_way_up() -> None:
    from n2uq_viz.course.start_here_predictions import EXAMPLE, QUARTER

    _, prediction = registry.find_prediction("quarter_way")
    assert prediction.truth() == {"mean": "quarter"}
    mc = nv.simulate(EXAMPLE, np.array([QUARTER]), 40_000, seed=1)
    lower, upper = EXAMPLE.levels[1:3]
    share = (mc.mean[0] - lower) / (upper - lower)
    # Five standard deviations of the mean of 40,000 coins of chance 1/4.
    assert share == pytest.approx(0.25, abs=5 * (0.25 * 0.75 / 40_000) ** 0.5)


@pytest.mark.parametrize(
    ("name", "judge"),
    [("memory", 1_500_000.0), ("midpoints", [0.2, 0.7, 1.5]), ("slopes", [1.0, 2.0, 0.4])],
)
def test_answers_worked_out_by_hand(name: str, judge: Any) -> None:
    chapter, exercise = registry.find_exercise(name)
    assert exercise.judge(judge, chapter.key).right


@given(st.floats(-0.2499, 0.2499).filter(lambda d: abs(d) > 0.01))
def test_every_zigzag_that_keeps_the_staircase_counts(step: float) -> None:
    chapter, exercise = registry.find_exercise("same_staircase")
    edges = np.array([0.0, 0.5, 1.5, 2.0]) + step * np.array([1, -1, 1, -1])
    assert exercise.judge(edges, chapter.key).right


def test_the_chance_may_be_written_in_many_ways() -> None:
    chapter, exercise = registry.find_exercise("chance")

    def by_cases(x: float) -> float:
        if x <= 0.5:
            return 0
        if x >= 2.5:
            return 1
        return (x - 0.5) * 0.5

    ways: list[Callable[..., Any]] = [
        by_cases,
        np.vectorize(by_cases),
        partial(np.interp, xp=[0.5, 2.5], fp=[0, 1]),
        lambda x: [min(max((v - 0.5) / 2, 0.0), 1.0) for v in np.atleast_1d(x)],
    ]
    for way in ways:
        assert exercise.judge(way, chapter.key).right


# --- 01_binary_and_ste: the results against the mathematics, computed another way ----------------


def test_descent_stops_where_a_hand_calculation_stops() -> None:
    _, prediction = registry.find_prediction("where_it_stops")
    # 0.3, 0.1, -0.1: each step moves by 0.05 · 2 · (1 + 1) as long as the sign is +1.
    assert prediction.truth() == {"derivative": 0.3, "ste": pytest.approx(-0.1, abs=1e-12)}


@pytest.mark.parametrize(
    ("name", "judge"), [("two_starts", [0.1, -1.5]), ("enough", 6400.0), ("enough", "6400")]
)
def test_more_answers_worked_out_by_hand(name: str, judge: Any) -> None:
    chapter, exercise = registry.find_exercise(name)
    assert exercise.judge(judge, chapter.key).right


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("two_starts", [-1.5, 0.1], "other order"),
        ("two_starts", [-0.1, -1.5], "the other loss"),
        ("coin_mean", lambda x: (x + 1) / 2, "That is the chance of +1"),
        ("enough", 9600, "x for p"),
        ("pass_back", lambda x, upstream: x * (abs(upstream) <= 1), "changed places"),
        ("pass_back", lambda x, upstream: -upstream * (abs(x) <= 1), "turned around"),
        ("pass_back", lambda x, upstream: 2 * upstream * (abs(x) <= 1), "twice as much"),
    ],
)
def test_what_learners_gave_is_answered_by_name(name: str, answer: Any, words: str) -> None:
    chapter, exercise = registry.find_exercise(name)
    assert words in exercise.judge(answer, chapter.key).text


def test_a_gate_that_is_open_too_far_is_told_from_one_that_is_always_open() -> None:
    chapter, exercise = registry.find_exercise("mended")
    texts = {}
    for reach in (1.0, 2.0, 3.0):

        def mended(x: float, reach: float = reach) -> float:
            for _ in range(50):
                x -= 0.05 * 2.0 * (float(nv.Quantizer.binary()(x)) + 1.0) * (abs(x) <= reach)
            return x

        texts[reach] = exercise.judge(mended, chapter.key).text
    assert "cannot see the gate’s left side" in texts[1.0]
    assert "open too far" in texts[2.0]
    assert "From 2.9 it still runs" in texts[3.0]


def test_enough_draws_are_enough() -> None:
    """The spread of many means of 6400 draws, each draw thrown one by one."""
    rng = np.random.default_rng(2)
    means = np.array([np.where(rng.random(6400) < 0.8, 1.0, -1.0).mean() for _ in range(2000)])
    # The standard deviation of 2000 of them is itself uncertain by 1 part in sqrt(2 · 2000).
    assert means.std() == pytest.approx(0.01, rel=5 / np.sqrt(4000))


@given(st.floats(-50, 50), st.floats(-1e3, 1e3))
def test_the_solution_of_the_backward_pass_is_the_packages(x: float, upstream: float) -> None:
    chapter, exercise = registry.find_exercise("pass_back")
    solved = _solve(chapter, exercise)
    assert solved(x, upstream) == upstream * nv.Quantizer.binary().gradient(x)


def test_the_chance_of_a_mean_may_be_written_in_many_ways() -> None:
    chapter, exercise = registry.find_exercise("coin_mean")

    def by_cases(x: float) -> float:
        if x <= -1:
            return -1
        return 1 if x >= 1 else x

    ways: list[Callable[..., Any]] = [
        by_cases,
        np.vectorize(by_cases, otypes=[float]),
        partial(np.interp, xp=[-1, 1], fp=[-1, 1]),
        lambda x: (abs(x + 1) - abs(x - 1)) / 2,
    ]
    for way in ways:
        assert exercise.judge(way, chapter.key).right
