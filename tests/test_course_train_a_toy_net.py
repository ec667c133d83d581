"""The notebook on training: its answers worked out another way, and its words against the data."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import t as student

from n2uq_viz import datasets
from n2uq_viz.course import registry
from n2uq_viz.course import train_a_toy_net as content
from n2uq_viz.course import train_a_toy_net_predictions as asked
from n2uq_viz.nn import N2UQActivation
from n2uq_viz.training import TrainingConfig
from n2uq_viz.training.nets import build
from n2uq_viz.words import say
from tests.answered import as_it_comes

SOURCE = Path(__file__).parents[1] / "notebooks" / "05_train_a_toy_net.py"
KEY = "course.train_a_toy_net"


def _judge(name: str, answer: Any) -> Any:
    chapter, exercise = registry.find_exercise(name)
    return exercise.judge(answer, chapter.key)


def _shown(first_line: str) -> tuple[dict[str, Any], str]:
    """What a cell of the notebook leaves, after the names that come before it."""
    (source,) = [
        cell.source
        for cell in as_it_comes(SOURCE).cells
        if cell.cell_type == "code" and first_line in cell.source
    ]
    names: dict[str, Any] = {}
    exec(content.SETUP, names)
    exec(source, names)
    return names, source


# --- The predictions against the stored numbers, computed another way -----------------------------


def _scores(task: str, method: str) -> dict[int, float]:
    return {
        r.seed: r.score
        for r in datasets.stored_results()
        if (r.task, r.method, r.weight_bits, r.activation_bits) == (task, method, None, 2)
    }


def _by_student(task: str, first: str, second: str) -> tuple[float, float]:
    """Student's interval of the mean of the paired gains, at 95 %."""
    one, two = _scores(task, first), _scores(task, second)
    gains = np.array([two[seed] - one[seed] for seed in sorted(one)])
    half = student.ppf(0.975, gains.size - 1) * gains.std(ddof=1) / math.sqrt(gains.size)
    return float(gains.mean() - half), float(gains.mean() + half)


def test_what_may_be_said_agrees_with_students_interval_or_is_called_a_hint() -> None:
    _, prediction = registry.find_prediction("which_tasks")
    hints = []
    for task, said in prediction.truth().items():
        low, high = _by_student(task, "ste", "gste")
        if said != ("better" if low > 0 else "worse" if high < 0 else "none"):
            hints.append(task)
    assert hints == ["spirals"]
    assert "as on spirals, is a hint rather than a proof" in say(f"{KEY}.which_tasks.why")
    low, high = _by_student("spirals", "ste", "gste")
    assert low < -3 < 0 < high < 0.3  # holds 0 by a hair, as the text has it
    assert float(student.ppf(0.975, 9)) == pytest.approx(2.26, abs=0.005)


def test_the_part_that_changes_most_has_the_largest_mean() -> None:
    _, prediction = registry.find_prediction("which_part")
    arms = ("ste", "scales", "thresholds", "gste")
    means = [np.mean(list(_scores("pixels", arm).values())) for arm in arms]
    assert prediction.truth() == {"part": arms[1 + int(np.argmax(np.abs(np.diff(means))))]}


def test_the_estimator_has_nothing_to_do_where_no_weights_come_before() -> None:
    assert _scores("pixels", "thresholds") == _scores("pixels", "gste")
    assert not asked.parts()["gste"].differences.any()


def test_the_question_says_how_many_seeds_there_are() -> None:
    assert "with ten seeds" in say(f"{KEY}.which_tasks.question")
    assert {len(difference.seeds) for difference in asked.gains().values()} == {10}


@pytest.mark.parametrize(("task", "places"), [("digits", 3), ("spirals", 2), ("pixels", 1)])
def test_nets_have_the_places_that_the_text_says(task: str, places: int) -> None:
    config = (
        TrainingConfig(task, "gste", weight_bits=None)
        if task != "pixels"
        else (TrainingConfig(task, "gste"))
    )
    net = build(config)
    assert sum(isinstance(module, N2UQActivation) for module in net) == places
    if task == "pixels":
        assert isinstance(net[0], N2UQActivation)
        assert [type(module) for module in net][1:] == [torch.nn.Linear]


# --- The exercises --------------------------------------------------------------------------------


def test_the_bug_that_is_shown_moves_no_threshold_and_one_line_mends_it() -> None:
    names, source = _shown("def buggy(")
    verdict = _judge("handed_over", names["buggy"])
    assert (verdict.kind, verdict.mistake) == ("not_yet", "still")
    _, exercise = registry.find_exercise("handed_over")
    wanted = exercise.solution.replace("handed_over", "buggy").split("\n")
    given = source.split("\n")[: len(wanted)]
    assert [("optim" in a) for a, b in zip(wanted, given, strict=True) if a != b] == [True]


def test_a_step_with_all_parameters_moves_the_threshold_as_their_gradients_say() -> None:
    """The first step by hand: threshold 1 is (s + a_1/2)/s1 before and after."""
    act = N2UQActivation(2)
    x = torch.linspace(0, 2, 200)
    ((act(x) - torch.sqrt(2 * x)) ** 2).mean().backward()
    s, a, s1 = (
        (p - 0.05 * p.grad).detach().numpy().flat[0]
        for p in (act.start, act.intervals, act.input_scale)
        if p.grad is not None
    )
    moved = content._handed()(1)
    assert moved == pytest.approx((s + a / 2) / s1, abs=1e-6)
    assert moved < 1 / 3


def test_the_loss_falls_further_when_the_thresholds_learn() -> None:
    """Why the bug matters: the mended quantizer fits its task better."""
    losses = []
    for all_of_them in (False, True):
        act = N2UQActivation(2)
        given = list(act.parameters()) if all_of_them else [act.output_scale]
        optimizer = torch.optim.SGD(given, lr=0.05)
        x = torch.linspace(0, 2, 200)
        for _ in range(20):
            loss = ((act(x) - torch.sqrt(2 * x)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    assert losses[1] < losses[0]


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_a_quantizer_learns_as_many_numbers_as_the_answer_says(bits: int) -> None:
    counted = sum(p.numel() for p in N2UQActivation(bits).parameters())
    assert counted == 2**bits + 2
    assert _judge("learned_numbers", lambda bits: 2**bits + 2).right


def test_the_flattering_score_is_recognized() -> None:
    names, _ = _shown("def flattering(")
    verdict = _judge("reported", names["flattering"])
    assert (verdict.kind, verdict.mistake) == ("not_yet", "best_test")


def test_choosing_by_test_data_flatters_a_net_that_only_guesses() -> None:
    """Epochs that differ by chance alone: the best looks better, an honest choice does not."""
    rng = np.random.default_rng(0)
    runs = 90.0 + rng.normal(size=(2, 2000, 40))  # validation and test, 40 epochs each
    best = runs[1].max(axis=1).mean()
    honest = np.mean([test[validation.argmax()] for validation, test in zip(*runs, strict=True)])
    assert best > 91.5
    assert honest == pytest.approx(90.0, abs=5 / math.sqrt(2000))


def test_the_paired_interval_is_students() -> None:
    gains = np.array([0.4, 0.2, 0.7, 0.1, 0.4, 0.6])
    low, high = student.interval(
        0.95, gains.size - 1, gains.mean(), gains.std(ddof=1) / math.sqrt(gains.size)
    )
    assert _judge("gain_interval", [low, high]).right
    assert student.ppf(0.975, 5) == pytest.approx(content.FACTOR, abs=0.005)
    assert low > 0


def test_three_gains_have_one_sign_by_chance_once_in_four_times() -> None:
    assert "once in four times" in say(f"{KEY}.may_be_said.solution")
    assert 2 * 0.5**3 == 0.25


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("gain_interval", [-1.22, 2.02], "as if their seeds had nothing to do"),
        ("gain_interval", [0.639, 0.161], "lower one first"),
        ("may_be_said", [1, 1, -1, 0, 1], "by the sign of the mean"),
        ("may_be_said", [0, 1, -1, 0, 1], "three seeds"),
        ("only_estimator", "a", "three causes are mixed"),
        ("reported", lambda v, _t: v.max(), "accuracy on the validation data"),
        ("learned_numbers", lambda bits: 2**bits - 1, "The start and the two scales"),
    ],
)
def test_what_learners_may_give_is_answered_by_name(
    name: str, answer: list[float] | str | Callable[..., Any], words: str
) -> None:
    assert words in _judge(name, answer).text


def test_the_unpaired_interval_holds_zero_where_the_paired_one_does_not() -> None:
    low, high = -1.22, 2.02
    ste = np.array([94.2, 95.9, 93.1, 96.4, 94.8, 95.0])
    gste = np.array([94.6, 96.1, 93.8, 96.5, 95.2, 95.6])
    error = math.sqrt((ste.var(ddof=1) + gste.var(ddof=1)) / 6)
    assert (gste - ste).mean() - 2.57 * error == pytest.approx(low, abs=0.005)
    assert (gste - ste).mean() + 2.57 * error == pytest.approx(high, abs=0.005)
