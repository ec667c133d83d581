"""Comparisons: paired by seed, an interval that says what it covers, words that claim no more."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n2uq_viz.checks import FloatArray
from n2uq_viz.comparison import (
    Difference,
    Result,
    arms_table,
    compare,
    conclusion,
    interval,
    load_results,
    of_step,
    results_of,
    save_results,
    steps,
    table,
)
from n2uq_viz.training.config import ARMS, METHODS
from tests.made_runs import made_run

#: Multiples of a quarter: sums of them are exact.
SCORES = st.integers(0, 240).map(lambda k: 20.0 + k / 4.0)


def results(task: str = "digits", /, **scores: list[float]) -> list[Result]:
    """Results of methods by name, seeds counted from 0."""
    loss = task == "regression"
    bits = None if loss else 2
    return [
        Result(task, method, bits, 2, seed, score)
        for method, own in scores.items()
        for seed, score in enumerate(own)
    ]


def pairs(low: int, high: int = 12) -> st.SearchStrategy[list[tuple[float, float]]]:
    return st.lists(st.tuples(SCORES, SCORES), min_size=low, max_size=high)


def of(found: list[tuple[float, float]], first: str = "ste", second: str = "gste") -> Difference:
    a, b = ([pair[k] for pair in found] for k in (0, 1))
    return compare(results("digits", **{first: a, second: b}), first, second)


def test_gains_are_those_of_common_seeds() -> None:
    some = results(ste=[90.0, 91.0, 92.0, 93.0], gste=[91.0, 91.0, 91.5])
    found = compare(some, "ste", "gste")
    assert found.seeds == (0, 1, 2)
    assert found.differences.tolist() == [1.0, 0.0, -0.5]
    assert found.mean == pytest.approx(1 / 6)
    assert found.median == 0.0
    assert (found.ahead, found.level_with, found.behind) == (1, 1, 1)
    assert found.missing == (3,)
    assert "Left out for want of a partner: seeds 3." in conclusion(found)


def test_less_loss_is_a_gain() -> None:
    found = compare(results("regression", ste=[0.5, 0.4], gste=[0.25, 0.5]), "ste", "gste")
    assert found.differences.tolist() == [0.25, pytest.approx(-0.1)]


def test_a_run_without_a_score_has_no_partner_and_a_diverged_one_counts() -> None:
    some = results(ste=[90.0, 91.0, 92.0], gste=[math.nan, 91.0, 93.0])
    some[4] = Result("digits", "gste", 2, 2, 1, 10.0, status="diverged")
    found = compare(some, "ste", "gste")
    assert found.missing == (0,)
    assert found.differences.tolist() == [-81.0, 1.0]
    assert found.diverged == 1
    assert "1 of these 4 runs diverged" in conclusion(found)


@settings(max_examples=30, deadline=None)
@given(pairs(2), st.integers(-15, 15))
def test_a_constant_on_both_sides_changes_nothing(
    found: list[tuple[float, float]], constant: int
) -> None:
    one, other = of(found), of([(a + constant, b + constant) for a, b in found])
    assert one.differences.tolist() == other.differences.tolist()
    assert (one.low, one.high) == (other.low, other.high)
    assert conclusion(one) == conclusion(other)


@settings(max_examples=30, deadline=None)
@given(pairs(2))
def test_swapping_the_methods_turns_the_sign(found: list[tuple[float, float]]) -> None:
    one, other = of(found), of([(b, a) for a, b in found])
    assert other.differences.tolist() == (0.0 - one.differences).tolist()
    assert other.mean == -one.mean
    # The same samples with all signs turned; ends may be rounded to another side.
    assert (-other.high, -other.low) == pytest.approx((one.low, one.high), abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(pairs(2), st.sampled_from([(a, b) for a in METHODS for b in METHODS if a != b]))
def test_words_claim_what_the_numbers_show(
    found: list[tuple[float, float]], methods: tuple[str, str]
) -> None:
    difference = of(found, *methods)
    said = conclusion(difference).lower()
    holds_zero = difference.low <= 0.0 <= difference.high
    few = len(difference.seeds) < 6
    assert ("better" in said) == (not holds_zero and not few and difference.mean > 0.0)
    assert ("worse" in said) == (not holds_zero and not few and difference.mean < 0.0)
    assert ("no difference that stands beyond its interval" in said) == holds_zero
    assert ("too few seeds to tell" in said) == (few and not holds_zero)
    assert ("estimator" in said) == (methods == ("thresholds", "gste"))
    assert (f"{len(difference.seeds)} seeds" in said) or difference.all_equal


@pytest.mark.parametrize(
    ("methods", "words"),
    [
        (("ste", "scales"), "learned range"),
        (("scales", "thresholds"), "learned thresholds"),
        (("thresholds", "gste"), "estimator for the input"),
        (("ste", "gste"), "G-STE against fixed-range STE, which mixes all three causes"),
        (("ste", "thresholds"), "which mixes two causes"),
        (("gste", "ste"), "which mixes all three causes"),
        (("lsq", "gste"), "G-STE against LSQ"),
    ],
)
def test_a_step_is_named_by_what_it_changes(methods: tuple[str, str], words: str) -> None:
    assert of_step(*methods).endswith(words)


def test_sentences_carry_the_numbers() -> None:
    ahead = of([(90.0, 91.0 + k / 8.0) for k in range(8)], "ste", "scales")
    low, high = (f"{round(end, 2):g}" for end in (ahead.low, ahead.high))
    said = conclusion(ahead)
    size = f"by 1.44 points (95 % interval {low} to {high}, 8 seeds)"
    assert said.startswith(f"digits, W2A2, learned range: better {size}.")
    assert "1 interval at 95 %: about 1 in 20" in said
    assert "one fixed split of the data" in said
    behind = of([(b, a) for a, b in [(90.0, 91.0 + k / 8.0) for k in range(8)]], "ste", "scales")
    assert f"worse {size}." in conclusion(behind)
    three = conclusion(ahead, ahead, behind)
    assert "These are 3 intervals at 95 %" in three
    drawn = compare(results("spirals", ste=[90.0] * 3, gste=[91.0] * 3), "ste", "gste")
    assert "each seed also draws its own points" in conclusion(drawn)
    assert "fixed split" not in conclusion(drawn)
    loss = compare(results("regression", ste=[0.5] * 6, gste=[0.25] * 6), "ste", "gste")
    assert "better by 0.25 in squared error" in conclusion(loss)
    with pytest.raises(ValueError, match="at least 1 difference"):
        conclusion()


def test_equal_gains_have_a_point_for_an_interval() -> None:
    found = of([(90.0, 90.5)] * 6)
    assert (found.low, found.high) == (0.5, 0.5)
    assert found.stands
    assert "All 6 gains are equal, so the interval is one point." in conclusion(found)
    nothing = of([(90.0, 90.0)] * 6)
    assert not nothing.excludes_zero
    few = of([(90.0, 90.5)] * 5)
    assert few.excludes_zero
    assert not few.stands


def test_intervals_cover_about_as_often_as_they_are_said_to() -> None:
    rng = np.random.default_rng(12)
    trials = 400
    held = 0
    for gains in rng.normal(size=(trials, 10)):
        low, high = interval(gains, 0.95, rng, resamples=999)
        held += low <= 0.0 <= high
    # 89 % by many more trials, with a standard error of 1.6 % here.
    assert 0.84 < held / trials < 0.94


def test_the_interval_is_that_of_a_bootstrap_by_hand() -> None:
    gains = np.array([0.2, -0.1, 0.4, 0.3, 0.05, 0.25, -0.05, 0.5])
    rng = np.random.default_rng(3)
    means: FloatArray = rng.choice(gains, size=(200_000, 8)).mean(axis=1)
    from scipy.special import ndtr, ndtri

    below = 0.5 * (np.mean(means < gains.mean()) + np.mean(means <= gains.mean()))
    shift = ndtri(below)
    rest = np.array([np.delete(gains, k).mean() for k in range(8)])
    off = rest.mean() - rest
    bend = np.sum(off**3) / (6.0 * np.sum(off**2) ** 1.5)
    z = shift + ndtri(np.array([0.025, 0.975]))
    wanted = np.quantile(means, ndtr(shift + z / (1.0 - bend * z)))
    found = interval(gains, 0.95, np.random.default_rng(4))
    assert found == pytest.approx(wanted, abs=0.01)


def test_rounding_makes_no_difference() -> None:
    accuracies = [100.0 * k / 450.0 for k in (430, 431, 433, 437, 440, 444)]
    up = [100.0 * (k + 1) / 450.0 for k in (430, 431, 433, 437, 440, 444)]
    found = compare(results(ste=accuracies, gste=up), "ste", "gste")
    assert found.all_equal
    # The same accuracies in another order: any interval holds 0.
    turned = compare(results(ste=accuracies, gste=accuracies[::-1]), "ste", "gste")
    assert turned.mean == pytest.approx(0.0, abs=1e-7)
    assert not turned.excludes_zero


def test_the_same_seed_gives_the_same_interval() -> None:
    some = results(ste=[90.0, 91.0, 92.5], gste=[91.0, 91.0, 91.5])
    one, same, other = (compare(some, "ste", "gste", seed=seed) for seed in (0, 0, 1))
    assert (one.low, one.high) == (same.low, same.high)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.5)
    wider = compare(some, "ste", "gste", level=0.99)
    assert wider.high - wider.low >= one.high - one.low


def test_what_cannot_be_compared_is_refused() -> None:
    some = results(ste=[90.0, 91.0], gste=[91.0, 91.0])
    for bad, message in [
        (results(gste=[91.0, 91.0]), "must hold some of the method ste, got none"),
        (results(ste=[90.0], gste=[91.0, 91.0]), "at least 2 seeds with a score in common, got 1"),
        ([*some, some[0]], "must hold each seed once, got 0 twice"),
        (
            [*some, *results("moons", gste=[1.0])],
            "one task and one choice of bits, got digits W2A2",
        ),
        (
            results(ste=[90.0, 91.0]) + results("moons", gste=[1.0, 2.0]),
            "on one task, got digits for ste and moons for gste",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            compare(bad, "ste", "gste")
    with pytest.raises(ValueError, match="second must be one of"):
        compare(some, "ste", "dorefa")
    with pytest.raises(ValueError, match=r"level must be a number between 0\.5 and 1, got 95"):
        compare(some, "ste", "gste", level=95)


# --- Arms ----------------------------------------------------------------------------------------

FOUR = {arm: [90.0 + k, 91.0 + k * k / 4.0, 92.0 + k] for k, arm in enumerate(ARMS)}


def test_arms_are_compared_step_by_step() -> None:
    some = [
        *results("digits", **FOUR),
        *results(float=[99.0] * 3),
        *results("moons", ste=[1.0, 2.0]),
    ]
    rows = arms_table(some, "digits", 2)
    assert [row.method for row in rows] == list(ARMS)
    assert [row.mean for row in rows] == [np.mean(own) for own in FOUR.values()]
    assert rows[0].step is None
    for row, before in zip(rows[1:], ARMS, strict=False):
        assert row.step is not None
        assert (row.step.first, row.step.second) == (before, row.method)
        np.testing.assert_allclose(
            row.step.differences, np.subtract(FOUR[row.method], FOUR[before])
        )
    assert [step.second for step in steps(some, "digits", (2, 2))] == list(ARMS[1:])
    with pytest.raises(ValueError, match="for moons W2A2, got none of scales, thresholds, gste"):
        arms_table(some, "moons", 2)
    with pytest.raises(ValueError, match="bits must be a whole number from 1 to 4, got 5"):
        arms_table(some, "digits", 5)


def test_one_number_of_bits_leaves_out_weights_where_there_are_none() -> None:
    some = results("regression", **{arm: [0.1, 0.2] for arm in ARMS})
    assert len(arms_table(some, "regression", 2)) == 4


def test_the_table_shows_every_kind_of_run() -> None:
    some = [*results("digits", **FOUR), *results("moons", lsq=[97.0, 98.0])]
    some += [Result("digits", "float", None, None, seed, 99.0 + seed / 3) for seed in range(3)]
    lines = table(some).splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| ")]
    assert [(row[1].strip(), row[2].strip()) for row in rows[2:]] == [
        *[("digits", "W2A2")] * 4,
        ("digits", "W32A32"),
        ("moons", "W2A2"),
    ]
    assert len({len(row) for row in rows}) == 1
    assert lines[-2].startswith("These are 3 intervals")
    assert table(results("moons", lsq=[97.0, 98.0])).count("\n") == 2


# --- Files ---------------------------------------------------------------------------------------


def test_results_of_runs() -> None:
    runs = [
        made_run("digits", "scales", seed=3),
        made_run("regression", "ste"),
        made_run("pixels", test_accuracy=math.nan, test_loss=math.nan, status="stopped"),
    ]
    one, two, three = results_of(runs)
    assert (one.task, one.method, one.weight_bits, one.seed) == ("digits", "scales", 2, 3)
    assert one.score == 100.0 * runs[0].test_accuracy
    assert (one.key, one.learning_rate) == (runs[0].config.key, runs[0].config.learning_rate)
    assert (two.score, two.weight_bits) == (runs[1].test_loss, None)
    assert math.isnan(three.score)
    assert three.status == "stopped"


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    some = [
        *results_of([made_run("digits", "scales", seed=3), made_run("moons", "float")]),
        Result("regression", "gste", None, 1, 2**53 - 1, 1 / 3, "diverged"),
        Result("moons", "pact", 4, None, 0, math.nan, "stopped"),
    ]
    path = save_results(tmp_path / "new" / "results.csv", some)
    assert path == tmp_path / "new" / "results.csv"
    assert [repr(each) for each in load_results(path)] == [repr(each) for each in some]
    assert path.read_text().splitlines()[0].startswith("task,method,weight_bits,")
    assert save_results(path, some[:1]) == path
    assert len(load_results(path)) == 1
    assert [each.name for each in path.parent.iterdir()] == ["results.csv"]
    with pytest.raises(ValueError, match=r"a table is saved as .csv, got .*results.txt"):
        save_results(tmp_path / "results.txt", some)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("cats,gste,2,2,0,97.5,finished,0.1,0.01,k,2.13.0", 'line 2: task must be one of "digits"'),
        ("digits,gste,2,2,0,97.5,finished", "line 2: a row must have 11 cells, got 7"),
        ("digits,gste,2,2,zero,97.5,finished,,,,", "line 2: invalid literal for int"),
        ("digits,gste,2,9,0,97.5,finished,,,,", "line 2: activation_bits must be a whole number"),
        ("digits,gste,2,2,0,197.5,finished,,,,", "line 2: score must be a percentage"),
        ("digits,gste,2,2,0,97.5,done,,,,", "line 2: status must be one of"),
    ],
)
def test_a_broken_line_is_named(row: str, message: str, tmp_path: Path) -> None:
    path = save_results(tmp_path / "results.csv", [])
    assert load_results(path) == []
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(ValueError, match=message):
        load_results(path)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("task,score\n")
    with pytest.raises(ValueError, match=r"must have the columns task, .*, got task, score"):
        load_results(path)
    path.write_text("")
    with pytest.raises(ValueError, match="must have the columns"):
        load_results(path)
