"""Training: data, nets and the loop, and that an interrupted run ends as if it had not been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils import parametrize

from n2uq_viz import Quantizer, comparison, datasets
from n2uq_viz.descent import descend, samples
from n2uq_viz.nn import LSQActivation, N2UQActivation, N2UQConv2d, N2UQLinear
from n2uq_viz.optimum import excess_loss
from n2uq_viz.study import (
    BITS,
    OVER_BITS,
    RATE_COLUMNS,
    TUNED_AGAIN,
    TUNED_OVER_BITS,
    TUNED_TASKS,
    best_rates,
    compared,
    shown,
)
from n2uq_viz.training import ARMS, METHODS, TASKS, TrainingConfig, load_run, resume, train
from n2uq_viz.training.config import WITH_WEIGHTS
from n2uq_viz.training.loop import one_thread, shifted
from n2uq_viz.training.nets import ChordActivation, activations, build, calibrate
from n2uq_viz.training.rates import GRID, tuned_rate
from n2uq_viz.training.run import RunFileError
from n2uq_viz.training.tasks import load_task

QUICK = TrainingConfig("moons", "gste", epochs=4, learning_rate=1e-2)
every_method = pytest.mark.parametrize("method", METHODS)


# --- What is asked for ---------------------------------------------------------------------------


def test_equal_configurations_have_one_key_and_others_another() -> None:
    keys = [config.key for config in compared()]
    assert len(set(keys)) == len(keys)
    again = TrainingConfig.from_dict(QUICK.to_dict())
    assert again == QUICK
    assert again.key == QUICK.key
    assert TrainingConfig("digits", "float", 4, 1).key == TrainingConfig("digits", "float").key


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"task": "mnist"}, 'task must be one of "digits", "moons"'),
        ({"method": "dorefa"}, 'method must be one of "float", "ste"'),
        ({"activation_bits": 0}, "activation_bits must be a whole number from 1 to 4, got 0"),
        ({"activation_bits": 9}, "activation_bits must be a whole number from 1 to 4, got 9"),
        ({"weight_bits": 2.5}, "weight_bits must be a whole number from 1 to 4, got 2.5"),
        ({"weight_bits": None, "activation_bits": None}, "must be a number for the method 'gste'"),
        ({"task": "pixels", "weight_bits": 2}, "weight_bits must be left out for the task pixels"),
        ({"task": "regression", "method": "float"}, "must be one that quantizes for the task"),
        ({"task": "regression", "activation_bits": None}, "activation_bits"),
        ({"epochs": 0}, "epochs must be a whole number from 1 to 10000, got 0"),
        ({"epochs": None}, "epochs must be a whole number from 1 to 10000, got None"),
        ({"batch_size": 1}, "batch_size must be a whole number from 2"),
        ({"seed": -1}, "seed"),
        ({"learning_rate": 0.0}, "learning_rate must be one finite number above 0, got 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be one finite number above 0"),
        ({"weight_gradient": "ste"}, 'weight_gradient must be one of "reference", "chain"'),
    ],
)
def test_what_cannot_be_asked_for(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**values)


def test_rates_are_the_best_of_what_was_measured() -> None:
    text = (Path(datasets.__file__).parent.parent / "data/training/rates.csv").read_text()
    rows = [line.split(",") for line in text.splitlines()]
    assert tuple(rows[0]) == RATE_COLUMNS
    once = len(TUNED_TASKS) * len(METHODS) * len(GRID)
    both = len(TUNED_AGAIN) * len(BITS) * (len(GRID) - 1)
    alone = len(TUNED_OVER_BITS) * (len(BITS) - 1) * len(GRID) * len(OVER_BITS)
    assert len(rows) == 1 + once + both + alone
    for (task, method, weight_bits, activation_bits), rate in best_rates(rows[1:]).items():
        bits = [int(each) if each else None for each in (weight_bits, activation_bits)]
        assert tuned_rate(task, method, *bits) == rate, (task, method, bits)


# --- Data ----------------------------------------------------------------------------------------


def test_digits_are_split_once_evenly_and_without_a_digit_in_two_parts() -> None:
    task = load_task("digits", seed=5)
    parts = task.train, task.validation, task.test
    assert [len(part.x) for part in parts] == [1078, 269, 450]
    shares = np.array([np.bincount(part.y, minlength=10) / len(part.y) for part in parts])
    assert np.ptp(shares, axis=0).max() < 0.005
    images = np.concatenate([part.x.reshape(-1, 64) for part in parts])
    from sklearn.datasets import load_digits

    # Whole and only the digits: turned back, they are those of scikit-learn.
    ink = np.round((images - images.min()) / (images.max() - images.min()) * 16.0)
    assert sorted(map(tuple, ink)) == sorted(map(tuple, load_digits().data))
    assert task is load_task("digits", seed=0)
    # Standardized by the training part: the others are near, and not exactly so.
    assert task.train.x.mean() == pytest.approx(0.0, abs=1e-6)
    assert task.train.x.std() == pytest.approx(1.0, abs=1e-6)
    assert abs(task.test.x.mean()) > 1e-4


@pytest.mark.parametrize("name", ["moons", "spirals"])
def test_points_come_from_the_seed(name: str) -> None:
    first, same, other = load_task(name, 1), load_task(name, 1), load_task(name, 2)
    np.testing.assert_array_equal(first.train.x, same.train.x)
    assert not np.array_equal(first.train.x, other.train.x)
    assert [len(p.x) for p in (first.train, first.validation, first.test)] == [1000, 600, 2000]
    np.testing.assert_allclose(first.train.x.mean(0), 0.0, atol=1e-6)
    np.testing.assert_allclose(first.train.x.std(0), 1.0, atol=1e-6)
    assert set(np.unique(first.test.y)) == {0, 1}
    load_task(name, 2**53 - 1)


def test_shifted_images_are_the_same_ones_moved() -> None:
    images = torch.from_numpy(load_task("digits").train.x[:40])
    moved = shifted(images, np.random.default_rng(0))
    fill = float(images.min())
    seen = set()
    for image, found in zip(images[:, 0].numpy(), moved[:, 0].numpy(), strict=True):
        padded = np.pad(image, 1, constant_values=fill)
        places = [
            (i, j)
            for i in range(3)
            for j in range(3)
            if np.array_equal(padded[i : i + 8, j : j + 8], found)
        ]
        assert places
        seen.update(places)
    assert len(seen) == 9


# --- Nets ----------------------------------------------------------------------------------------


def weight_of(module: Any) -> torch.Tensor:
    """Weight of a layer as it is trained: not yet quantized."""
    found = module.parametrizations.weight.original if parametrize.is_parametrized(module) else None
    return module.weight if found is None else found  # type: ignore[no-any-return]


@pytest.mark.parametrize("task", TASKS)
def test_every_method_starts_from_the_same_weights(task: str) -> None:
    methods = [m for m in METHODS if (task, m) != ("regression", "float")]
    before = torch.random.get_rng_state()
    nets = [build(TrainingConfig(task, method, seed=3)) for method in methods]
    other = build(TrainingConfig(task, "gste", seed=4))
    assert torch.equal(before, torch.random.get_rng_state())
    layers = [name for name, module in nets[0].named_children() if hasattr(module, "weight")]
    assert layers or task == "regression"
    for name in layers:
        weights = [weight_of(net.get_submodule(name)) for net in nets]
        assert all(torch.equal(weight, weights[0]) for weight in weights), name
        if not name.startswith("norm"):
            assert not torch.equal(weight_of(other.get_submodule(name)), weights[0])


@every_method
def test_first_and_last_layer_are_float(method: str) -> None:
    for task, named in (("digits", ["conv2", "conv3"]), ("moons", ["linear2"])):
        net = build(TrainingConfig(task, method, weight_bits=3))
        quantized = [
            name
            for name, module in net.named_children()
            if isinstance(module, N2UQConv2d | N2UQLinear) or parametrize.is_parametrized(module)
        ]
        assert quantized == ([] if method == "float" else named)
        for name in quantized:
            module: Any = net.get_submodule(name)
            used = module.weight if method == "lsq" else module.quantized_weight()
            # As many levels as 3 bits have: of the whole tensor for LSQ, else of each channel.
            rows = [used] if method == "lsq" else used
            assert all(1 < len(torch.unique(row.detach())) <= 8 for row in rows)


def test_arms_begin_as_one_function() -> None:
    task = load_task("digits")
    x = torch.from_numpy(task.train.x)
    outputs = []
    with one_thread():
        for method in ARMS:
            net = build(TrainingConfig("digits", method))
            calibrate(net, x)
            outputs.append(net.eval()(x).detach())
    for found in outputs[1:]:
        # Scales multiply in another order than a range does: few values round to another level.
        assert ((found - outputs[0]).abs() < 1e-4).float().mean() > 0.99


def test_what_each_arm_learns() -> None:
    for method, learned in {
        "ste": set(),
        "scales": {"input_scale", "output_scale"},
        "thresholds": {"input_scale", "output_scale", "start", "intervals"},
        "gste": {"input_scale", "output_scale", "start", "intervals"},
    }.items():
        for act in activations(build(TrainingConfig("moons", method))).values():
            assert {n for n, p in act.named_parameters() if p.requires_grad} == learned


def test_the_chord_changes_the_gradient_of_x_and_nothing_else() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        chord, gste = ChordActivation(2), N2UQActivation(2)
        for act in (chord, gste):
            act.intervals.data = torch.tensor([0.2, -1.0, 0.9])
            act.start.data.fill_(-0.3)
            act.input_scale.data.fill_(1.5)
            act.output_scale.data.fill_(0.7)
        x = torch.randn(500, generator=generator) * 2
        up = torch.randn(500, generator=generator)
        inputs = [x.clone().requires_grad_() for _ in range(2)]
        outputs = [act(given) for act, given in zip((chord, gste), inputs, strict=True)]
        assert torch.equal(*outputs)
        for output in outputs:
            output.backward(up)
        for name, parameter in chord.named_parameters():
            others = gste.get_parameter(name).grad
            assert parameter.grad is not None
            assert others is not None
            assert torch.equal(parameter.grad, others), name
        q = chord.quantizer()
        expected = q.ste_gradient(x.double().numpy(), slope="chord") * up.double().numpy()
        found = inputs[0].grad
        assert found is not None
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-7)


# --- Runs ----------------------------------------------------------------------------------------


@every_method
def test_the_same_again_and_nothing_of_the_callers_touched(method: str) -> None:
    config = TrainingConfig("moons", method, epochs=2, learning_rate=1e-2)
    torch.manual_seed(77)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    first = train(config)
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads
    torch.manual_seed(78)
    assert train(config).digest == first.digest
    other = train(TrainingConfig("moons", method, epochs=2, learning_rate=1e-2, seed=1))
    assert other.digest != first.digest


def test_what_a_run_holds() -> None:
    seen: list[int] = []
    run = train(QUICK, on_epoch=lambda part: seen.append(part.epochs))
    assert seen == [0, 1, 2, 3, 4]
    assert run.status == "finished"
    assert run.epochs == 4
    assert [layer.name for layer in run.layers] == ["act1", "act2"]
    for layer in run.layers:
        assert layer.edges.shape == layer.levels.shape == (5, 4)
        np.testing.assert_allclose(layer.thresholds, (layer.edges[:, 1:] + layer.edges[:, :-1]) / 2)
        # Every validation point in each of the layer's 16 units is in one bin.
        assert (layer.counts.sum(1) == 600 * 16).all()
        assert not np.array_equal(layer.edges[0], layer.edges[-1])
    assert run.regions is not None
    assert run.regions.classes.shape == (5, 48, 48)
    assert set(run.gradient_norms) == {
        *("stem", "norm1", "act1", "linear2", "norm2", "act2", "head"),
    }
    assert all((norms > 0).all() for norms in run.gradient_norms.values())
    assert 0.5 < run.test_accuracy <= 1.0
    assert run.validation_loss[-1] < run.validation_loss[0]
    assert (np.diff(run.learning_rate) < 0).all()
    with pytest.raises(ValueError, match="read-only"):
        run.train_loss[0] = 0.0


def test_the_last_layer_is_what_the_run_says() -> None:
    """The thresholds in the run are those of a quantizer that gives the layer's own output."""
    from n2uq_viz.training.loop import Trainer

    trainer = Trainer(QUICK)
    trainer.train_epoch(None)
    run = trainer.records.run("stopped", None)
    act = activations(trainer.net)["act2"]
    x = torch.linspace(-3, 5, 1001)
    q = run.layers[1].quantizer(-1)
    assert isinstance(q, Quantizer)
    np.testing.assert_allclose(q(x.numpy()), act(x).detach().numpy(), atol=1e-5)


def test_stopped_and_resumed_is_bit_for_bit_the_same(tmp_path: Path) -> None:
    whole = train(QUICK)
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked == 40  # in the middle of the third epoch of 16 steps

    part = train(QUICK, folder=tmp_path, should_stop=should_stop)
    assert (part.status, part.epochs) == ("stopped", 2)
    assert np.isnan(part.test_accuracy)
    assert [path.name for path in tmp_path.iterdir()] == [QUICK.checkpoint_name]
    found = resume(tmp_path / QUICK.checkpoint_name)
    assert found.digest == whole.digest
    assert [path.name for path in tmp_path.iterdir()] == [QUICK.file_name]
    assert load_run(tmp_path / QUICK.file_name).digest == whole.digest


KILLED = """
import signal, sys
from n2uq_viz.training import TrainingConfig, train
# Whoever started the tests in the background of a shell made all their children ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
config = TrainingConfig("digits", "lsq", epochs=3, learning_rate=1e-3)
train(config, folder=sys.argv[1], on_epoch=lambda run: print(run.epochs, flush=True))
"""


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_loses_one_epoch_at_most(tmp_path: Path, kind: signal.Signals) -> None:
    config = TrainingConfig("digits", "lsq", epochs=3, learning_rate=1e-3)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if line.strip() == "1":
                os.kill(process.pid, kind)
    assert process.wait() != 0
    checkpoint = tmp_path / config.checkpoint_name
    assert checkpoint.exists()
    assert not (tmp_path / config.file_name).exists()
    # The same call goes on by itself.
    found = train(config, folder=tmp_path)
    assert found.digest == train(config).digest
    assert not checkpoint.exists()


def test_a_diverging_loss_ends_the_run_and_keeps_it(tmp_path: Path) -> None:
    config = TrainingConfig("digits", "float", epochs=5, learning_rate=1e30)
    run = train(config, folder=tmp_path)
    assert run.status == "diverged"
    assert run.diverged_at is not None
    assert 1 < run.diverged_at <= 5 * 17
    assert load_run(tmp_path / config.file_name).digest == run.digest
    # A step size that a step has made negative is the end of a quantizer, and of the run.
    other = train(TrainingConfig("digits", "lsq", epochs=5, learning_rate=3.0))
    assert other.status == "diverged"
    assert other.diverged_at is not None


def test_regression_goes_where_descent_goes() -> None:
    """Another optimizer in other parameters, and PyTorch instead of NumPy: the same end."""
    run = train(TrainingConfig("regression", "gste"))
    q = run.layers[0].quantizer(-1)
    assert q is not None
    learned = samples("sqrt", q.levels, count=1000)
    end = descend(Quantizer.uniform(2), learned, steps=3000, rate=0.05)
    thresholds = (end.edges[-1][1:] + end.edges[-1][:-1]) / 2
    np.testing.assert_allclose(q.thresholds, thresholds, atol=0.01)
    assert run.test_loss == pytest.approx(end.loss[-1], abs=2e-4)
    assert 1e-3 < excess_loss(q, "sqrt") < 3e-3
    # One slope or many makes no difference where nothing lies before the quantizer.
    chord = train(TrainingConfig("regression", "thresholds"))
    np.testing.assert_array_equal(chord.layers[0].edges, run.layers[0].edges)
    fixed = train(TrainingConfig("regression", "ste"))
    assert np.ptp(fixed.layers[0].edges, axis=0).max() == 0.0
    assert np.ptp(fixed.validation_loss) == 0.0


def test_weights_alone(tmp_path: Path) -> None:
    config = TrainingConfig("moons", "lsq", activation_bits=None, epochs=1, learning_rate=1e-2)
    run = train(config, folder=tmp_path)
    assert config.label == "moons-lsq-w2a32-seed0"
    assert run.layers[0].edges.shape == (2, 0)
    assert run.layers[0].quantizer(0) is None
    net = build(config)
    assert isinstance(net.get_submodule("act1"), torch.nn.ReLU)
    layer: Any = net.get_submodule("linear2")
    assert isinstance(layer.parametrizations.weight[0], LSQActivation)
    assert layer.parametrizations.weight[0].signed


# --- Files ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = TrainingConfig("moons", "ste", epochs=1, learning_rate=1e-2)
    return train(config).save(tmp_path_factory.mktemp("runs"))


def test_a_run_comes_back_as_it_was(saved: Path) -> None:
    run = load_run(saved)
    assert run.to_bytes() == saved.read_bytes()
    assert run.save(saved.parent).name == saved.stem + "-2.npz"
    assert set(run.versions) == {"python", "numpy", "torch", "scikit-learn", "n2uq_viz"}


def test_every_cut_and_every_changed_part_is_noticed(saved: Path, tmp_path: Path) -> None:
    content, target = saved.read_bytes(), tmp_path / "damaged.npz"
    rng = np.random.default_rng(0)
    for length in (0, 1, 100, *rng.integers(len(content), size=40)):
        target.write_bytes(content[:length])
        with pytest.raises(RunFileError, match=r"damaged\.npz is no n2uq_viz training run"):
            load_run(target)
    digest = load_run(saved).digest
    refused = 0
    for place in rng.integers(len(content), size=300):
        changed = bytearray(content)
        changed[place] ^= 1 << rng.integers(8)
        target.write_bytes(changed)
        try:
            # Dates and the like in the archive say nothing: then all is as it was.
            assert load_run(target).digest == digest
        except RunFileError:
            refused += 1
    assert refused > 200


def test_foreign_files(saved: Path, tmp_path: Path) -> None:
    target = tmp_path / "foreign.npz"
    np.savez(target, x=np.zeros(3))
    with pytest.raises(RunFileError, match="is no n2uq_viz training run"):
        load_run(target)
    np.savez(target, head=np.array([{"a": print}], dtype=object))  # pickled inside
    with pytest.raises(RunFileError, match="is no n2uq_viz training run"):
        load_run(target)
    checkpoint = tmp_path / QUICK.checkpoint_name
    asked = iter([False] * 20 + [True])
    train(QUICK, folder=tmp_path, should_stop=lambda: next(asked))
    with pytest.raises(RunFileError, match="must hold a n2uq_viz training run, got"):
        load_run(checkpoint)
    with pytest.raises(RunFileError, match="must hold a n2uq_viz training checkpoint"):
        resume(saved)
    other = TrainingConfig("moons")
    checkpoint.rename(tmp_path / other.checkpoint_name)
    with pytest.raises(RunFileError, match="belongs to another configuration"):
        train(other, folder=tmp_path)
    with pytest.raises(FileNotFoundError):
        resume(tmp_path / "nothing.npz")


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OSError, match=r"cannot make the folder .*taken .*; choose another place"):
        train(QUICK, folder=tmp_path / "taken")


def test_other_versions(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from n2uq_viz.training import checkpoint, records, run

    monkeypatch.setattr(run, "VERSION", 2)
    with pytest.raises(RunFileError, match="must be of version 2 to be read here, got version 1"):
        load_run(saved)
    asked = iter([False] * 20 + [True])
    train(QUICK, folder=tmp_path, should_stop=lambda: next(asked))
    now = records.versions()
    monkeypatch.setattr(checkpoint, "versions", lambda: {**now, "torch": "9.9.9"})
    with pytest.raises(RunFileError, match=r"was written with .*torch 2.*here are .*torch 9\.9\.9"):
        resume(tmp_path / QUICK.checkpoint_name)


# --- What is stored ------------------------------------------------------------------------------


def test_stored_runs_are_those_of_the_study() -> None:
    assert datasets.stored_runs() == tuple(sorted(config.label for config in shown()))
    for config in shown():
        assert datasets.stored_run(config.label).config == config
    results = datasets.stored_results()
    assert [result.key for result in results] == [config.key for config in compared()]


def test_the_readme_says_what_is_stored() -> None:
    lines = (Path(datasets.__file__).parent.parent / "README.md").read_text("utf-8").splitlines()
    results = datasets.stored_results()
    for task in TUNED_TASKS:
        (line,) = [line for line in lines if line.startswith(f"| {task} | ")]
        for method, said in zip(("float", *ARMS), line.split(" | ")[1:], strict=False):
            bits = None if method == "float" else 2
            scores = [
                result.score
                for result in results
                if (result.task, result.method) == (task, method)
                and (result.weight_bits, result.activation_bits) == (None, bits)
            ]
            assert len(scores) == 10
            assert float(said) == pytest.approx(np.mean(scores), abs=0.0051), (task, method)


def test_the_readme_says_how_far_apart_the_methods_are_on_spirals_with_other_bits() -> None:
    words = " ".join(
        (Path(datasets.__file__).parent.parent / "README.md").read_text("utf-8").split()
    )
    means = {
        (method, bits): np.mean(
            [
                result.score
                for result in datasets.stored_results()
                if (result.task, result.method) == ("spirals", method)
                and (result.weight_bits, result.activation_bits) == (None, bits)
            ]
        )
        for method in ("ste", "gste")
        for bits in (1, 3, 4)
    }
    gains = {bits: means["gste", bits] - means["ste", bits] for bits in (1, 3, 4)}
    said = f"ahead of fixed-range STE by {gains[1]:.2f} points with 1 bit"
    assert f"{said}, and behind by {-gains[3]:.2f} with 3 and by {-gains[4]:.2f} with 4" in words
    own = [r for r in datasets.stored_results() if (r.task, r.weight_bits) == ("spirals", None)]
    for bits in (3, 4):
        step = comparison.steps(own, "spirals", (None, bits))[-1]
        told = f"{step.mean:.2f} ({step.low:.2f} to {step.high:.2f})".replace("-", "−")
        assert told in words


def test_a_stored_run_is_what_training_gives() -> None:
    """Other processors round in other ways, which training may spread: hence the tolerances."""
    stored = datasets.stored_run("regression-gste-w32a2-seed0")
    found = train(stored.config)
    np.testing.assert_allclose(found.layers[0].edges[-1], stored.layers[0].edges[-1], atol=5e-3)
    np.testing.assert_allclose(found.validation_loss, stored.validation_loss, atol=1e-3)
    stored = datasets.stored_run("pixels-gste-w32a2-seed0")
    found = train(stored.config)
    np.testing.assert_allclose(found.train_loss[:3], stored.train_loss[:3], rtol=1e-3)
    assert found.test_accuracy == pytest.approx(stored.test_accuracy, abs=0.01)
    score = next(r.score for r in datasets.stored_results() if r.key == stored.config.key)
    assert score == pytest.approx(100.0 * stored.test_accuracy)


def test_tasks_with_weights_are_those_with_a_layer_to_quantize() -> None:
    for task in TASKS:
        net = build(TrainingConfig(task, "gste"))
        has = any(isinstance(m, N2UQConv2d | N2UQLinear) for m in net.children())
        assert has == (task in WITH_WEIGHTS)
