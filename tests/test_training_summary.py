"""Summaries of runs: small, faithful to the run, and refused when anything in them is wrong."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from n2uq_viz.quantizer import Quantizer
from n2uq_viz.training import TrainingRun
from n2uq_viz.training.summary import (
    MAX_FRAMES,
    MAX_POINTS,
    check_run_summary,
    summarize_run,
    unpack_classes,
)
from tests.made_runs import made_layer, made_run

RNG = np.random.default_rng(5)
DIVERGED = replace(
    made_run("spirals", epochs=4),
    status="diverged",
    diverged_at=33,
    train_loss=np.array([1.0, 0.5, np.inf, np.nan]),
    layers=(made_layer("act1", 2, 4, RNG, broken=True), made_layer("act2", 2, 4, RNG)),
)
RUNS: dict[str, TrainingRun] = {
    "digits": made_run(),
    "long": made_run("pixels", "thresholds", epochs=200),
    "61 frames": made_run("pixels", epochs=60),
    "plane": made_run("moons", "ste", epochs=9, points=700, activation_bits=4),
    "float": made_run("spirals", "float", epochs=3),
    "regression": made_run("regression", "scales", epochs=5),
    "diverged": DIVERGED,
    "not begun": made_run("moons", epochs=0, status="stopped"),
    "one point": made_run("moons", epochs=1, points=1),
}
every_run = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)


def close(found: list[Any], wanted: Any) -> bool:
    """Whether two curves agree to 1e-5, with null exactly where a number is not finite."""
    numbers = np.array([np.nan if value is None else value for value in found], dtype=np.float64)
    wanted = np.where(np.isfinite(wanted), wanted, np.nan)
    return bool(np.allclose(numbers, wanted, rtol=1e-5, atol=0.0, equal_nan=True))


@every_run
def test_numbers_are_those_of_the_run(run: TrainingRun) -> None:
    found = summarize_run(run)
    assert found["label"] == run.config.label
    assert found["config"] == run.config.to_dict()
    assert (found["status"], found["diverged_at"]) == (run.status, run.diverged_at)
    assert found["epochs"] == run.epochs
    for name, values in found["curves"].items():
        assert close(values, getattr(run, name)), name
    assert close([found["test_loss"], found["test_accuracy"]], [run.test_loss, run.test_accuracy])
    for layer, own in zip(run.layers, found["layers"], strict=True):
        assert own["name"] == layer.name
        low, high, count = own["bins"]
        np.testing.assert_allclose(np.linspace(low, high, count + 1), layer.bins, atol=1e-5)
        for k, frame in enumerate(found["frames"]):
            assert own["counts"][k] == layer.counts[frame].tolist()
            q = layer.quantizer(frame)
            assert (q is None) == (own["edges"][k] is None) == (own["levels"][k] is None)
            if q is not None:
                shown = Quantizer(own["edges"][k], own["levels"][k])
                np.testing.assert_allclose(shown.edges, q.edges, rtol=1e-5)
                np.testing.assert_allclose(shown.levels, q.levels, rtol=1e-5)


@every_run
def test_frames_are_evenly_spaced_from_the_first_to_the_last(run: TrainingRun) -> None:
    frames = summarize_run(run)["frames"]
    assert frames[0] == 0
    assert frames[-1] == run.epochs
    assert len(frames) == min(MAX_FRAMES, run.epochs + 1)
    gaps = np.diff(frames)
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1


@every_run
def test_regions_are_those_of_the_run(run: TrainingRun) -> None:
    summary = summarize_run(run)
    found, wanted = summary["regions"], run.regions
    assert (found is None) == (wanted is None)
    if wanted is None:
        return
    n, m = found["x"][2], found["y"][2]
    np.testing.assert_allclose(np.linspace(*found["x"]), wanted.x, atol=1e-5)
    np.testing.assert_allclose(np.linspace(*found["y"]), wanted.y, atol=1e-5)
    for frame, text in zip(summary["frames"], found["classes"], strict=True):
        np.testing.assert_array_equal(unpack_classes(text, n, m), wanted.classes[frame])
    assert len(found["points"]) == len(found["labels"]) == min(MAX_POINTS, len(wanted.points))
    for point, label in zip(found["points"], found["labels"], strict=True):
        apart = np.abs(wanted.points - point).max(axis=1)
        assert apart.min() < 1e-4
        assert wanted.labels[apart.argmin()] == label


@every_run
def test_a_trip_through_json_changes_nothing(run: TrainingRun) -> None:
    summary = summarize_run(run)
    text = json.dumps(summary, allow_nan=False)
    assert check_run_summary(json.loads(text)) == summary
    # A browser writes whole floats without a point, and leaves out nothing else.
    assert check_run_summary(json.loads(text.replace(".0,", ",").replace(".0]", "]"))) == summary
    assert check_run_summary({**summary, "note": "left out"}) == summary
    assert summarize_run(run) == summary


def test_summaries_are_small() -> None:
    summary = summarize_run(RUNS["long"])
    assert len(json.dumps(summary)) < 60_000


def test_edges_that_would_fall_together_keep_all_their_digits() -> None:
    edges = np.array([[1000.0, 1000.0 + 1e-6]])
    layer = replace(made_layer("act", 1, 0, RNG), edges=edges, levels=np.array([[0.0, 2.0]]))
    run = made_run("regression", epochs=0, activation_bits=1, layers=(layer,), status="stopped")
    assert summarize_run(run)["layers"][0]["edges"] == edges.tolist()


def test_four_cells_share_a_byte_from_the_lowest_bits_on() -> None:
    run = made_run("moons", epochs=0, status="stopped")
    assert run.regions is not None
    cells = np.array([[[0, 1, 2], [3, 3, 1]]], dtype=np.uint8)
    small = replace(run.regions, x=np.arange(3.0), y=np.arange(2.0), classes=cells)
    found = summarize_run(replace(run, regions=small))["regions"]
    assert found["classes"] == ["5Ac="]  # 0 + 1·4 + 2·16 + 3·64 = 228, and 3 + 1·4 = 7
    np.testing.assert_array_equal(unpack_classes("5Ac=", 3, 2), cells[0])


def test_more_than_four_classes_and_uneven_bins_are_refused() -> None:
    run = made_run("moons", epochs=0, status="stopped")
    assert run.regions is not None
    many = replace(run.regions, labels=np.full(40, 4, dtype=np.uint8))
    with pytest.raises(ValueError, match="at most 4 classes, got 5"):
        summarize_run(replace(run, regions=many))
    layer = replace(run.layers[0], bins=np.linspace(0.0, 1.0, 17) ** 2)
    with pytest.raises(ValueError, match="bins must be evenly spaced"):
        summarize_run(replace(run, layers=(layer,)))


BROKEN: dict[str, tuple[list[Any], Any, str]] = {
    "label": (["label"], 3, "label must be a text of at most 200 characters, got 3"),
    "no config": (["config"], None, "config must be an object, got None"),
    "config": (["config", "task"], "cats", 'config: task must be one of "digits"'),
    "config's key": (["config", "bits"], 2, "config: a configuration has the keys"),
    "status": (["status"], "done", "status must be one of finished, stopped, diverged, got 'done'"),
    "unhashable status": (["status"], ["finished"], "status must be one of"),
    "diverged": (["diverged_at"], 4, "diverged_at must be a step if the status is diverged"),
    "epochs": (["epochs"], 7, "epochs must be a whole number from 0 to 6, got 7"),
    "truth": (["epochs"], True, "epochs must be a whole number"),
    "frames": (["frames", 1], 0, "frames must be at most 61 increasing whole numbers from 0 to 6"),
    "first frame": (["frames", 0], 1, "frames must be at most 61 increasing"),
    "no frames": (["frames"], [], "frames must be at most 61 increasing"),
    "curves": (["curves"], [], r"curves must be an object, got \[\]"),
    "short curve": (["curves", "train_loss"], [1.0], "must be a list of 6 entries, got 1"),
    "endless": (["curves", "train_loss", 0], float("inf"), r"train_loss\[0\] must be one finite"),
    "nan": (["test_loss"], float("nan"), "test_loss must be one finite number, got nan"),
    "text": (["test_loss"], "1", "test_loss must be one finite number, got '1'"),
    "share": (["test_accuracy"], 97.0, "test_accuracy must be a share from 0 to 1, got 97.0"),
    "layers": (["layers"], {}, "layers must be a list"),
    "layer": (["layers", 0], 1, r"layers\[0\] must be an object, got 1"),
    "edges": (["layers", 0, "edges", 0, 1], 9.0, r"edges\[0\] must be strictly increasing"),
    "one of two": (["layers", 0, "edges", 2], None, "must be of the same lengths, per frame"),
    "bins": (["layers", 0, "bins"], [1.0, 0.0, 16], "must go from a lower to a higher number"),
    "no bins": (["layers", 0, "bins", 2], 0, r"bins\[2\] must be a whole number from 1 to 1000"),
    "count": (["layers", 0, "counts", 3, 2], -1, r"counts\[3\]\[2\] must be a whole number from 0"),
    "counts": (["layers", 0, "counts", 3], [1], "must be a list of 16 entries, got 1"),
    "grid": (["regions", "x", 2], 501, r"regions.x\[2\] must be a whole number from 2 to 500"),
    "classes": (["regions", "classes", 1], "?", r"regions.classes\[1\] must be base64"),
    "no text": (["regions", "classes", 1], 5, r"classes\[1\] must be a text in base64, got 5"),
    "too few": (["regions", "classes", 1], "AAAA", "must hold 33 bytes for 12 × 11 cells, got 3"),
    "point": (["regions", "points", 0], [1.0], "must be a list of 2 entries, got 1"),
    "labels": (["regions", "labels", 0], 4, r"labels\[0\] must be a whole number from 0 to 3"),
    "hash": (["sha256"], "0" * 64, "sha256 must be that of the rest"),
    "another loss": (["test_loss"], 0.25, "sha256 must be that of the rest"),
}


@pytest.mark.parametrize(("path", "value", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_said(path: list[Any], value: Any, message: str) -> None:
    summary = copy.deepcopy(summarize_run(made_run("moons")))
    inner: Any = summary
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(ValueError, match=message):
        check_run_summary(summary)


def test_every_key_is_needed() -> None:
    summary = summarize_run(made_run("moons"))
    for key in summary:
        with pytest.raises(ValueError, match=f"must have the key '{key}', which is missing"):
            check_run_summary({name: value for name, value in summary.items() if name != key})


def test_edges_of_two_lengths_are_refused() -> None:
    summary = summarize_run(made_run("pixels", activation_bits=1))
    layer = summary["layers"][0]
    layer["edges"][1] = layer["levels"][1] = [0.0, 1.0, 2.0]
    with pytest.raises(ValueError, match="as many in every frame"):
        check_run_summary(summary)
