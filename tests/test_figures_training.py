"""Figures of training runs and of their comparison: they show what the runs and the results say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from n2uq_viz import datasets, export, figures, plots, style
from n2uq_viz import state as states
from n2uq_viz.comparison import Result, conclusion, save_results
from n2uq_viz.figures import steps, trained
from n2uq_viz.figures.shown import default_state
from n2uq_viz.training import TrainingRun
from n2uq_viz.training.config import ARMS, TASKS
from n2uq_viz.training.summary import summarize_run
from tests.made_runs import made_run
from tests.test_figures import LEAST_ROOM, assert_nothing_empty, assert_readable
from tests.thorough import in_turn

COLOR = style.theme("light").color
NAMES = ("training", "training_curves", "threshold_history")
every_name = pytest.mark.parametrize("name", NAMES)


def state_of(*runs: TrainingRun, **keys: Any) -> dict[str, Any]:
    plain = {"version": 1, "edges": [0, 2], "levels": [0, 2], "view": [-1.0, 3.0]}
    found = [summarize_run(run) for run in runs]
    return states.validate({**plain, "runs": found, **keys}, "training")


STATES: dict[str, dict[str, Any]] = {
    "none": state_of(),
    "digits": state_of(made_run(epochs=30)),
    "two in the plane": state_of(
        made_run("spirals", epochs=100), made_run("spirals", "ste", epochs=100), epoch=33, layer=1
    ),
    "float": state_of(made_run("digits", "float"), made_run("digits", "thresholds")),
    "one layer, four bits": state_of(
        made_run("pixels", "lsq", activation_bits=4), made_run("moons", "scales", epochs=9)
    ),
    "regression": state_of(made_run("regression", epochs=400), made_run("regression", "scales")),
    "diverged": state_of(
        made_run("moons", epochs=3, status="diverged", diverged_at=27, test_loss=np.nan),
        made_run("moons", epochs=3, seed=1),
    ),
    "not begun": state_of(made_run("moons", epochs=0, status="stopped", test_loss=np.nan)),
    "the same twice": state_of(made_run("pixels"), made_run("pixels")),
}
every_state = pytest.mark.parametrize("state", STATES.values(), ids=STATES)


def results(seeds: int = 8, tasks: tuple[str, ...] = ("digits", "spirals", "pixels")) -> Any:
    rng = np.random.default_rng(7)
    found = []
    for task in tasks:
        weights = 2 if task in ("digits", "moons", "spirals") else None
        for k, arm in enumerate(ARMS):
            scores = 0.9 - 0.1 * k if task == "regression" else 90.0 + k
            for seed, noise in enumerate(rng.normal(scale=0.05, size=seeds).tolist()):
                found.append(Result(task, arm, weights, 2, seed, scores + noise))
    return found


# --- All of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "size"),
    in_turn({f"{n}: {k}": [n, s] for n in NAMES for k, s in STATES.items()}, LEAST_ROOM),
)
def test_it_can_be_read(
    name: str, state: dict[str, Any], size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = figures.NAMES[name](state, "projector", size)
    assert_readable(figure, monkeypatch)
    assert_nothing_empty(figure)


@every_name
@every_state
def test_its_words_are_whole(name: str, state: dict[str, Any]) -> None:
    for words in (figures.caption(name, state), figures.text_alternative(name, state)):
        assert words.endswith(".")
        assert not re.search(r"[{}]|nan|\binf\b|  |\.\.|, ,", words)


@every_name
def test_stored_runs_are_shown_without_a_state(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "_DATA_FOLDER", tmp_path)
    assert default_state("training")["runs"] == []
    assert "No run is shown yet" in figures.caption(name)
    made = [made_run("moons", "gste"), made_run("moons", "ste"), made_run("digits", "lsq")]
    paths = [run.save(tmp_path / "training/runs") for run in made]
    default = figures.default_state(name)
    assert default is not None
    assert default["runs"] == [path.stem for path in paths[:2]]
    assert figures.caption(name) == figures.caption(name, default)
    saved = export.save(figures.NAMES[name](), tmp_path / "it.svg", default)
    assert export.read_state(saved) == default
    paths[1].unlink()
    assert len(default_state("training")["runs"]) == 2  # whatever there is


@every_name
def test_a_state_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(states.StateError, match="runs must be a list of at most 2"):
        figures.NAMES[name]({**STATES["none"], "runs": 3})


# --- Curves --------------------------------------------------------------------------------------


def curves(figure: Any, panel: int, role: str) -> list[Line2D]:
    """Lines and the mark of one run, from thin to thick."""
    found = [
        line
        for line in figure.axes[panel].lines
        if COLOR[role] in (to_hex(line.get_color()), line.get_markeredgecolor())
    ]
    return sorted(found, key=lambda line: (line.get_linestyle() == "None", line.get_linewidth()))


@pytest.mark.parametrize("name", ["training", "training_curves"])
def test_curves_are_those_of_the_runs(name: str) -> None:
    runs = [made_run("moons", epochs=9), made_run("moons", "ste", epochs=5)]
    figure = figures.NAMES[name](state_of(*runs), theme="light")
    for run, role in zip(runs, ("first", "second"), strict=True):
        for panel, (key, scale) in enumerate([("loss", 1.0), ("accuracy", 100.0)]):
            train, validation, test = curves(figure, panel, role)
            np.testing.assert_allclose(
                np.asarray(train.get_xydata()),
                np.column_stack(
                    (np.arange(run.epochs) + 0.5, scale * getattr(run, f"train_{key}"))
                ),
                rtol=1e-5,
            )
            np.testing.assert_allclose(
                np.asarray(validation.get_xydata()),
                np.column_stack(
                    (np.arange(run.epochs + 1), scale * getattr(run, f"validation_{key}"))
                ),
                rtol=1e-5,
            )
            assert test.get_xdata() == [run.epochs]
            np.testing.assert_allclose(
                np.asarray(test.get_ydata()), [scale * getattr(run, f"test_{key}")], rtol=1e-5
            )
            assert train.get_linewidth() < validation.get_linewidth()
            assert validation.get_linestyle() == ("-" if role == "first" else "--")
    markers = {curves(figure, 0, role)[2].get_marker() for role in ("first", "second")}
    assert len(markers) == 2


def test_regression_has_no_accuracy_and_a_gap_stays_one() -> None:
    figure = figures.training_curves(STATES["regression"], theme="light")
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss"]
    loss = np.array([1.0, np.nan, 0.5])
    run = made_run("moons", epochs=3, train_loss=loss)
    train, *_ = curves(figures.training_curves(state_of(run), theme="light"), 0, "first")
    np.testing.assert_array_equal(train.get_ydata(), loss)


def test_a_loss_without_end_does_not_hide_the_rest() -> None:
    run = made_run("moons", epochs=3, train_loss=np.array([1.0, 1e9, np.inf]))
    low, high = trained.loss_limits([summarize_run(run)])
    assert low == 0.0
    assert 2.0 < high < 10.0


# --- Thresholds ----------------------------------------------------------------------------------


def test_history_follows_thresholds_and_edges_over_the_histogram() -> None:
    run = made_run("moons", epochs=9)
    figure = figures.threshold_history(state_of(run), theme="light")
    for ax, layer in zip(figure.axes, run.layers, strict=True):
        solid = [line for line in ax.lines if line.get_linestyle() == "-"]
        dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
        for lines, values in ((solid, layer.thresholds), (dotted, layer.edges)):
            drawn = np.array([line.get_ydata() for line in lines])
            np.testing.assert_allclose(drawn, values.T, rtol=1e-5, atol=1e-5)
            assert all(np.array_equal(line.get_xdata(), np.arange(10)) for line in lines)
        assert solid[0].get_linewidth() > dotted[0].get_linewidth()
        (mesh,) = [each for each in ax.collections if isinstance(each, QuadMesh)]
        share = layer.counts / layer.counts.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(np.asarray(mesh.get_array()), share.T)


def test_training_shows_the_layer_at_the_epoch() -> None:
    run = made_run("moons", epochs=9)
    state = state_of(run, epoch=4, layer=1)
    figure = figures.training(state, theme="light")
    layer, regions = run.layers[1], run.regions
    assert regions is not None
    staircase, histogram, history, plane = figure.axes[2:]
    q = layer.quantizer(4)
    assert q is not None
    for ax in (staircase, histogram):
        guides = [each for each in ax.collections if isinstance(each, LineCollection)][:2]
        at = [[segment[0, 0] for segment in each.get_segments()] for each in guides]
        np.testing.assert_allclose(at[0], q.edges, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(at[1], q.thresholds, rtol=1e-5)
    (bars,) = [c for c in histogram.collections if not isinstance(c, LineCollection)]
    heights = [np.asarray(path.vertices)[:, 1].max() for path in bars.get_paths()]
    np.testing.assert_allclose(heights, 100.0 * layer.counts[4] / layer.counts[4].sum())
    assert any(np.array_equal(line.get_ydata(), [4, 4]) for line in history.lines)
    (image,) = plane.images
    np.testing.assert_array_equal(image.get_array(), regions.classes[4])
    dots = np.concatenate([np.asarray(line.get_xydata()) for line in plane.lines])
    assert len(dots) == len(regions.points)
    assert len({line.get_marker() for line in plane.lines}) == 2
    assert "epoch 4 of 9" in figures.caption("training", state)


def test_bars_have_the_color_of_their_level() -> None:
    from matplotlib.figure import Figure

    run = made_run("moons", epochs=2)
    layer = summarize_run(run)["layers"][0]
    theme = style.theme("light")
    bars = plots.draw_layer_histogram(Figure().subplots(), layer, 1, theme)
    q = run.layers[0].quantizer(1)
    assert q is not None
    bins = run.layers[0].bins
    codes = q.codes(0.5 * (bins[1:] + bins[:-1]))
    wanted = [theme.levels(4)[code] for code in codes]
    assert [to_hex(tuple(c)) for c in np.asarray(bars.get_facecolor())] == wanted


@pytest.mark.parametrize("series", states.SERIES["training"])
def test_a_hidden_series_is_neither_drawn_nor_said(series: str) -> None:
    def artists(state: dict[str, Any]) -> int:
        return sum(
            len(ax.lines) + len(ax.collections) + len(ax.images)
            for ax in figures.training(state).axes
        )

    whole = STATES["two in the plane"]
    less = {**whole, "hidden": [series]}
    assert artists(less) < artists(whole)
    said = [figures.text_alternative("training", state) for state in (less, whole)]
    assert len(said[0]) < len(said[1])


def test_names_tell_runs_apart() -> None:
    def names(state: str) -> list[str]:
        return trained.shown(STATES[state]).names

    assert names("two in the plane") == ["G-STE", "STE"]
    assert names("one layer, four bits") == ["LSQ, pixels, W32A4", "STE + scales, moons, W2A2"]
    assert names("diverged") == ["G-STE, seed 0", "G-STE, seed 1"]
    assert len(set(names("the same twice"))) == 2


# --- The arms ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", figures.SIZES)
@pytest.mark.parametrize(
    "tasks",
    [(), ("digits",), ("digits", "spirals", "regression", "pixels"), TASKS],
)
def test_arms_can_be_read(
    tasks: tuple[str, ...], size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = figures.arms(None, "projector", size, results=results(tasks=tasks))
    assert_readable(figure, monkeypatch)
    assert_nothing_empty(figure)


def test_arms_show_every_seed_the_mean_and_its_interval() -> None:
    found = results()
    groups = steps.groups(found)
    figure = figures.arms(None, "light", results=found)
    assert [group.task for group in groups] == ["digits", "spirals", "pixels"]
    for ax, group in zip(figure.axes, groups, strict=True):
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        means = [line for line in ax.lines if line.get_marker() == "D"]
        (bars,) = [each for each in ax.collections if isinstance(each, LineCollection)]
        zero = [line for line in ax.lines if np.array_equal(line.get_xdata(), [0.0, 0.0])]
        assert len(zero) == 1
        rows = zip(group.steps, dots, means, bars.get_segments(), strict=True)
        for step, some, mean, bar in rows:
            np.testing.assert_array_equal(some.get_xdata(), step.differences)
            assert mean.get_xdata() == [step.mean]
            np.testing.assert_allclose(bar[:, 0], [step.low, step.high])
            filled = mean.get_markerfacecolor() != COLOR["panel"]
            assert filled == step.stands
        low, high = ax.get_xlim()
        everything = [x for step in group.steps for x in (*step.differences, step.low, step.high)]
        assert low < min(0.0, *everything)
        assert high > max(0.0, *everything)


def test_arms_without_an_interval_beside_zero_are_hollow() -> None:
    found = results(seeds=4)
    (group, *_) = steps.groups(found)
    assert not any(step.stands for step in group.steps)
    figure = figures.arms(None, "light", results=found)
    means = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert {line.get_markerfacecolor() for line in means} == {COLOR["panel"]}


def test_words_of_the_arms_are_the_conclusion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "_DATA_FOLDER", tmp_path)
    assert "No results to compare" in figures.caption("arms")
    assert figures.arms().axes
    found = results()
    save_results(tmp_path / "training/results.csv", found)
    said = conclusion(*(step for group in steps.groups(found) for step in group.steps))
    for words in (figures.caption("arms"), figures.text_alternative("arms")):
        assert said in words
        assert "9 intervals" in words
    assert figures.default_state("arms")["explorer"] == "training"


def test_tasks_without_all_arms_and_other_bits_are_left_out() -> None:
    found = [r for r in results() if r.task != "digits" or r.method != "scales"]
    found += [Result("moons", arm, 3, 3, seed, 90.0) for arm in ARMS for seed in range(2)]
    assert [group.task for group in steps.groups(found)] == ["spirals", "pixels"]
