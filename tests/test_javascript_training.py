"""The browser sees in a run's summary what Python has put there."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from n2uq_viz import words
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state.runs import frame, input_range
from n2uq_viz.training import TrainingConfig
from n2uq_viz.training.summary import summarize_run, unpack_classes
from tests.made_runs import made_run
from tests.test_javascript import node


def test_digests_are_those_of_sha_256() -> None:
    texts = ["", "abc", "a" * 55, "b" * 56, "c" * 64, "xyz" * 12_345]
    (found,) = node({"ask": "digests", "texts": texts})
    assert found == [hashlib.sha256(text.encode()).hexdigest() for text in texts]


def test_floats_are_written_as_python_writes_them() -> None:
    rng = np.random.default_rng(5)
    some = rng.normal(size=400) * 10.0 ** rng.integers(-300, 300, 400)
    odd = [0.0, 1.0, -1.0, 0.1, 1e-4, 9.9e-5, 1e15, 1e16, 123456789012345680.0, 1e22, 5e-324]
    values = [*odd, 1.7976931348623157e308, -2.5e-7, 100.0, 1e21, *some.tolist()]
    (found,) = node({"ask": "floats", "values": [repr(value) for value in values]})
    assert found == [repr(value) for value in values]


@pytest.mark.parametrize(
    ("task", "method", "epochs"),
    [
        ("digits", "gste", 6),
        ("spirals", "float", 3),
        ("regression", "ste", 130),
        ("moons", "lsq", 0),
    ],
)
def test_a_run_is_seen_as_it_was(task: str, method: str, epochs: int) -> None:
    run = summarize_run(made_run(task, method, epochs=epochs))
    epochs_asked = sorted({0, epochs // 3, epochs, epochs + 5})
    layers = list(range(len(run["layers"]) + 1))
    (found,) = node({"ask": "runs", "run": run, "epochs": epochs_asked, "layers": layers})
    assert found["frames"] == [frame(run, epoch) for epoch in epochs_asked]
    assert found["ranges"] == [input_range([run], layer) for layer in layers]
    for epoch, numbers in zip(epochs_asked, found["numbers"], strict=True):
        at = min(epoch, epochs)
        assert numbers["epoch"] == at
        assert numbers["loss"] == run["curves"]["validation_loss"][at]
        accuracy = run["curves"]["validation_accuracy"][at]
        assert numbers["accuracy"] == ("NaN" if accuracy is None else accuracy)
        trained = run["curves"]["train_loss"][at - 1] if at else "NaN"
        assert numbers["trainLoss"] == trained
    for index, frames in enumerate(found["bars"]):
        layer = run["layers"][min(index, len(run["layers"]) - 1)]
        for k, levels in enumerate(frames):
            assert_bars(layer, k, levels)
    if run["regions"] is None:
        assert found["answers"] is None
        return
    n, m = run["regions"]["x"][2], run["regions"]["y"][2]
    for text, answers in zip(run["regions"]["classes"], found["answers"], strict=True):
        np.testing.assert_array_equal(np.reshape(answers, (m, n)), unpack_classes(text, n, m))
    painted = np.full((m, n), -1)
    for stripe in found["stripes"]:
        painted[stripe["row"], stripe["from"] : stripe["to"]] = stripe["class"]
    np.testing.assert_array_equal(painted, unpack_classes(run["regions"]["classes"][0], n, m))


def assert_bars(layer: dict[str, Any], k: int, levels: list[list[dict[str, float]]]) -> None:
    """The pieces of all levels are the bins, each piece within its level."""
    low, high, count = layer["bins"]
    edges = layer["edges"][k]
    t = [] if edges is None else Quantizer(edges, layer["levels"][k]).thresholds.tolist()
    assert len(levels) == len(t) + 1
    width = (high - low) / count
    area = np.zeros(count)
    for pieces, start, end in zip(levels, [-np.inf, *t], [*t, np.inf], strict=True):
        for piece in pieces:
            assert start - 1e-9 <= piece["from"] < piece["to"] <= end + 1e-9
            bin_of = int((0.5 * (piece["from"] + piece["to"]) - low) / width)
            area[bin_of] += piece["share"] * (piece["to"] - piece["from"]) / width
    counts = np.array(layer["counts"][k], dtype=float)
    np.testing.assert_allclose(area, counts / counts.sum(), atol=1e-12)


def test_no_outlier_presses_a_loss_flat() -> None:
    losses = [[2.0, 1.0, 0.5], [2.0, 1.0, 1e9, 0.5], [1.0, 0.01], [None], [0.0, 0.0]]
    (found,) = node({"ask": "lossAxis", "losses": losses})
    assert [axis["yLog"] for axis in found] == [False, False, True, False, False]
    assert found[0]["y"] == [0, 1.08 * 2.0]
    assert found[1]["y"][1] < 10
    assert found[2]["y"][0] < 0.01 < 1.0 < found[2]["y"][1]
    assert found[3]["y"] == [0, 1]
    assert found[4]["y"][0] < found[4]["y"][1]


def test_epochs_are_whole_numbers_on_the_axis() -> None:
    (found,) = node({"ask": "epochTicks", "last": [1, 2, 5, 30, 10_000]})
    assert found[0] == [0, 1]
    for last, ticks in zip([1, 2, 5, 30, 10_000], found, strict=True):
        assert all(isinstance(tick, int) and 0 <= tick <= last for tick in ticks)
        assert len(ticks) >= 2


def test_no_line_crosses_what_is_missing() -> None:
    (found,) = node({"ask": "brokenPath", "points": [[0, 1], [1, 2], [2, None], [3, 4]]})
    assert found == "M0 1h0L1 2M3 4h0"


def test_runs_are_called_what_they_are() -> None:
    configs = [
        TrainingConfig("digits", "gste"),
        TrainingConfig("spirals", "pact", activation_bits=1, weight_bits=None, seed=3),
        TrainingConfig("pixels", "float"),
    ]
    labels = [*(config.label for config in configs), f"{configs[0].label}-{configs[0].key}", "mine"]
    (found,) = node({"ask": "runNames", "labels": labels, "words": words.table()})
    assert found == [
        "G-STE, 2/2 bits, digits, seed 0",
        "PACT, 1 bit, spirals, seed 3",
        "float, pixels, seed 0",
        "G-STE, 2/2 bits, digits, seed 0",
        "mine",
    ]
