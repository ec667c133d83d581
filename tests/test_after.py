"""Nets that are quantized after training: the same tensors, and what differs is said rightly."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from n2uq_viz import datasets, figures
from n2uq_viz.comparison.after import COLUMNS, METHODS, After, load_after, save_after
from n2uq_viz.figures.either import BITS, operations, rows
from n2uq_viz.figures.layers import MOST, layers, layers_alternative
from n2uq_viz.fits import apot_levels, fit
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.study import SEEDS
from n2uq_viz.training import TrainingConfig
from n2uq_viz.training import after as after_training
from n2uq_viz.training.after import Rounded, quantize_after
from n2uq_viz.training.loop import Trainer, one_thread
from n2uq_viz.training.tasks import Part, Task
from tests.test_figures import assert_nothing_empty, assert_readable

ROW = After(0, 2, "uniform", 97.5, 0.11, 0.08, 1.4)


def made(accuracy: float = 90.0) -> list[After]:
    """Rows of all methods and bits for three nets."""
    rng = np.random.default_rng(3)
    return [
        After(seed, bits, method, accuracy + rng.uniform(0, 9), 0.1, rng.uniform(0.01, 1.0), 1.5)
        for seed in range(3)
        for bits in BITS
        for method in METHODS
    ]


@pytest.fixture(scope="module")
def trained() -> tuple[nn.Sequential, Task]:
    """A net after a few epochs, and a part of its data."""
    with one_thread():
        trainer = Trainer(TrainingConfig("digits", "float", epochs=6))
        for _ in range(6):
            trainer.train_epoch(None)
    data = trainer.task
    some = replace(data, train=Part(data.train.x[:320], data.train.y[:320]))
    return trainer.net, some


def test_rows_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = save_after(tmp_path / "deep" / "after.csv", [ROW, replace(ROW, seed=1, accuracy=100.0)])
    assert load_after(path) == [ROW, replace(ROW, seed=1, accuracy=100.0)]
    assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)
    save_after(path, [])
    assert load_after(path) == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("0,2,uniform,97,1,1", "line 2"),
        ("0,2,uniform,97,1,1,1,1", "line 2"),
        ("0,2,best,97,1,1,1", "line 2: method must be one of"),
        ("0,9,uniform,97,1,1,1", "line 2: bits must be a whole number from 1 to 8, got 9"),
        ("0,2,uniform,101,1,1,1", "line 2: accuracy must be a percentage from 0 to 100, got 101"),
        ("0,2,uniform,high,1,1,1", "line 2: could not convert"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, wrong: str) -> None:
    path = tmp_path / "after.csv"
    path.write_text(",".join(COLUMNS) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=wrong):
        load_after(path)


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "after.csv"
    path.write_text("seed,bits\n", encoding="utf-8")
    with pytest.raises(ValueError, match="must have the columns seed, bits, method"):
        load_after(path)
    with pytest.raises(ValueError, match=r"saved as \.csv"):
        save_after(tmp_path / "after.txt", [])


def test_a_fit_as_a_layer_gives_the_same_levels() -> None:
    x = np.random.default_rng(0).gamma(1.0, 1.0, 2000)
    found = fit(x, 3, "lloyd_max")
    at = np.concatenate([x, found.quantizer.thresholds, [-9.0, 99.0]])
    given = torch.from_numpy(at).requires_grad_()
    layer = Rounded(found)
    np.testing.assert_array_equal(layer(given).detach().numpy(), found.quantizer(at))
    assert not layer(given).requires_grad
    assert not list(layer.parameters())


@pytest.mark.parametrize("method", METHODS[:4])
def test_errors_are_those_of_the_tensors_themselves(
    trained: tuple[nn.Sequential, Task], method: str
) -> None:
    net, task = trained
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    found = quantize_after(net, task, 2, method)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    # By hand: the two inner convolutions, channel by channel, with the quotients' own levels.
    errors = []
    weights = [w.double().numpy() for name, w in before.items() if name.endswith("weight")]
    inner = [w for w in weights if w.ndim > 1][1:-1]
    assert len(inner) == 2
    for w in inner:
        size = np.abs(w).reshape(len(w), -1).mean(1).reshape(-1, *[1] * (w.ndim - 1))
        q = fit(w / size, 2, method if method in ("apot", "lloyd_max") else "uniform").quantizer
        nearest = np.abs(q.levels - (w / size)[..., None]).argmin(-1)
        rounded = q.levels[nearest] * size
        errors.append(float(((rounded - w) ** 2).mean() / w.var()))
    assert found.weight_error == pytest.approx(np.mean(errors), rel=1e-6)
    assert (found.seed, found.bits, found.method) == (0, 2, method)
    assert 0.0 < found.activation_error < 1.0
    assert 0.0 < found.entropy <= 2.0
    assert found == quantize_after(net, task, 2, method)


def test_what_is_learned_lowers_the_loss_and_leaves_the_weights(
    trained: tuple[nn.Sequential, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after_training, "EPOCHS", 12)
    monkeypatch.setattr(after_training, "RATES", (3e-2,))
    net, task = trained
    with one_thread():
        found = {
            method: quantize_after(net, task, 1, method) for method in ("uniform", "scales", "n2uq")
        }
    errors = [row.weight_error for row in found.values()]
    assert errors == [errors[0]] * 3
    assert found["scales"].accuracy > found["uniform"].accuracy + 10.0
    assert found["n2uq"].accuracy > found["uniform"].accuracy + 10.0
    # In the error of the tensors it is the other way round: the loss asks for something else.
    assert found["n2uq"].activation_error > found["uniform"].activation_error


@pytest.mark.parametrize(("bits", "method"), [(0, "uniform"), (9, "n2uq"), (2, "best")])
def test_bits_and_methods_keep_their_rules(bits: int, method: str) -> None:
    with pytest.raises(ValueError, match=r"bits must be|method must be"):
        quantize_after(nn.Sequential(), None, bits, method)  # type: ignore[arg-type]


def test_the_stored_rows_are_those_of_the_study() -> None:
    found = datasets.stored_after()
    wanted = {(seed, bits, method) for seed in SEEDS for bits in BITS for method in METHODS}
    assert {(r.seed, r.bits, r.method) for r in found} == wanted
    assert len(found) == len(wanted)
    by = {(r.seed, r.bits, r.method): r for r in found}
    for (seed, bits, method), row in by.items():
        assert row.entropy <= bits + 1e-9
        # Free levels of least error are better than even ones of least error, which they could be.
        if method == "lloyd_max":
            even = by[seed, bits, "uniform"]
            assert row.weight_error <= even.weight_error * (1 + 1e-6)


@pytest.mark.parametrize("bits", BITS)
def test_shifts_are_pairs_of_terms(bits: int) -> None:
    def terms(levels: Any) -> int:
        """Count the powers of two in the level that needs most, by binary digits."""
        units = levels / np.abs(levels[levels != 0.0]).min()
        return max(bin(round(abs(float(u)))).count("1") for u in units)

    pairs = terms(apot_levels(bits, signed=False)) * terms(apot_levels(bits, signed=True))
    assert operations("apot", bits).shifts == operations("apot", bits).additions == pairs


@pytest.mark.parametrize("size", figures.SIZES)
@pytest.mark.parametrize("bits", [1, 4])
def test_the_comparison_can_be_read(bits: int, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    q = Quantizer.uniform(bits)
    state = {"version": 1, "edges": q.edges.tolist(), "levels": q.levels.tolist()}
    figure = figures.uniform_or_not(state, "light", size)
    assert_readable(figure, monkeypatch)
    assert_nothing_empty(figure)


def test_the_comparison_shows_and_says_the_means() -> None:
    results = made()
    figure = figures.uniform_or_not(None, "light", results=results)
    found = rows(results, 2)
    assert [row.method for row in found] == list(METHODS)
    for ax, name in zip(figure.axes, ("accuracy", "error"), strict=False):
        marks = [line for line in ax.lines if line.get_marker() in ("D", "s")]
        for line, row in zip(marks, found, strict=True):
            own = [
                r.accuracy if name == "accuracy" else r.activation_error
                for r in results
                if r.bits == 2 and r.method == row.method
            ]
            assert np.asarray(line.get_xdata())[0] == pytest.approx(math.fsum(own) / 3)
    least = min(found, key=lambda row: row.error.mean())
    parts, values = figures._WORDS["uniform_or_not"](None, results)
    assert parts == ["rows"]
    assert values["least"] == least.name
    assert figures._WORDS["uniform_or_not"](None, []) == (["none"], {})


@pytest.mark.parametrize(
    ("count", "theme"), [(1, "dark"), (8, "projector"), (33, "print"), (MOST + 5, "light")]
)
def test_layers_can_be_read(count: int, theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(count)
    quantizers = {
        f"layer{k // 4}.{k % 4}.quan1": Quantizer.from_intervals(
            rng.uniform(0.2, 1.5, 2 ** (1 + k % 3) - 1),
            start=float(rng.normal()),
            input_scale=float(rng.uniform(0.5, 2.0)),
        )
        for k in range(count)
    }
    figure = layers(quantizers, theme)
    assert len(figure.axes) == min(count, MOST)
    assert_readable(figure, monkeypatch)
    for ax, q in zip(figure.axes, quantizers.values(), strict=False):
        even, _, expectation = ax.lines
        x = np.asarray(expectation.get_xdata())
        np.testing.assert_allclose(np.asarray(expectation.get_ydata()), q.expectation(x))
        np.testing.assert_array_equal(even.get_xdata(), q.edges[[0, -1]])
    told = layers_alternative(quantizers)
    assert told.count("steepest slope") == min(count, MOST)


def test_layers_need_one_and_a_theme() -> None:
    with pytest.raises(ValueError, match="at least 1 layer, got none"):
        layers({})
    with pytest.raises(ValueError, match="theme must be one of"):
        layers({"act": Quantizer.binary()}, "bright")
