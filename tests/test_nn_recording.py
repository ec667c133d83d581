"""What hooks record of a network is what a pass by hand gives, and the network stays as it was."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from n2uq_viz.nn import N2UQActivation, N2UQConv2d, record_activations
from n2uq_viz.summaries import check_summary

GENERATOR = torch.Generator().manual_seed(0)
BATCHES = [torch.randn(n, 3, 8, 8, generator=GENERATOR) for n in (4, 4, 2)]


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3),
        nn.BatchNorm2d(5),
        nn.ReLU(inplace=True),
        nn.Sequential(N2UQActivation(2), N2UQConv2d(5, 4, 3, bits=2)),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(4 * 4 * 4, 2),
    )


def by_hand(model: nn.Module, upto: int) -> Any:
    """What the first `upto` modules give for all batches."""
    part = nn.Sequential(*list(model.children())[:upto]).eval()
    with torch.no_grad():
        return part(torch.cat(BATCHES)).double().numpy()


def test_every_leaf_gives_what_a_pass_by_hand_gives() -> None:
    model = net()
    found = record_activations(model, BATCHES)
    assert list(found) == ["0", "1", "2", "3.0", "3.1", "4", "5", "6"]
    for name, upto in {"0": 1, "1": 2, "2": 3, "3.1": 4, "6": 7}.items():
        wanted, seen = by_hand(model, upto), found[name]
        assert (seen.shape, seen.seen, seen.dtype) == (wanted.shape, wanted.size, "float32")
        # Batches of other sizes may add up in another order.
        np.testing.assert_allclose(np.sort(seen.sample), np.sort(wanted.ravel()), atol=1e-6)
        assert (seen.low, seen.high) == pytest.approx((wanted.min(), wanted.max()), abs=1e-6)
        assert seen.mean == pytest.approx(wanted.mean(), abs=1e-6)
        check_summary(seen.summary())
    assert set(np.unique(found["3.0"].sample).round(4)) <= {0.0, 0.6667, 1.3333, 2.0}


def test_inputs_are_seen_before_they_are_changed_in_place() -> None:
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True)).double()
    x = torch.randn(50, 4, dtype=torch.float64, generator=GENERATOR)
    before = record_activations(model, [x], of="input")["1"]
    after = record_activations(model, [x])
    assert before.low < 0.0
    assert after["0"].low == before.low
    np.testing.assert_array_equal(after["0"].sample, before.sample)
    np.testing.assert_array_equal(np.maximum(before.sample, 0.0), after["1"].sample)
    assert before.dtype == "float64"


def test_layers_by_name_by_class_and_both() -> None:
    model = net()
    assert list(record_activations(model, BATCHES, layers="3")) == ["3"]
    assert list(record_activations(model, BATCHES, layers=nn.Conv2d)) == ["0", "3.1"]
    assert list(record_activations(model, BATCHES, layers=["6", nn.ReLU])) == ["2", "6"]


@pytest.mark.parametrize("of", ["output", "input"])
def test_the_model_stays_as_it_was(of: str) -> None:
    model = net()
    model[1].eval()
    model(BATCHES[0]).sum().backward()
    parameters = list(model.parameters())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    grads = [None if p.grad is None else p.grad.clone() for p in parameters]

    class Stop(BaseException):
        """As an interrupt, it is no Exception."""

    def stopping() -> Any:
        yield BATCHES[0]
        raise Stop

    record_activations(model, BATCHES, of=of)
    with pytest.raises(Stop):
        record_activations(model, stopping(), of=of)
    with pytest.raises(RuntimeError):
        record_activations(model, [torch.ones(2, 99, 8, 8)], of=of)
    assert [m.training for m in model.children()] == [True, False, True, True, True, True, True]
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    for parameter, grad in zip(parameters, grads, strict=True):
        assert parameter.requires_grad
        now = parameter.grad
        assert (grad is None) == (now is None)
        assert grad is None or now is None or torch.equal(grad, now)
    assert torch.is_grad_enabled()


class Several(nn.Module):
    """Takes arguments by name, and gives a mapping with lists, and tensors of other kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)

    def forward(self, x: Tensor, scale: float = 1.0) -> dict[str, Any]:
        y, _ = self.lstm(x)
        turned = y.transpose(1, 2)
        return {"all": [turned * scale, (x > 0,)], "waves": torch.fft.fft(y), "words": "none"}


def test_modules_with_several_tensors() -> None:
    model = Several()
    x = torch.randn(2, 5, 3, generator=GENERATOR)
    batch = {"x": x, "scale": 2.0}
    found = record_activations(model, [batch, batch], layers=["lstm", ""])
    assert {name: seen.shape for name, seen in found.items()} == {
        "[all][0]": (4, 4, 5),
        "[all][1][0]": (4, 5, 3),
        "lstm[0]": (4, 5, 4),
        "lstm[1][0]": (2, 2, 4),
        "lstm[1][1]": (2, 2, 4),
    }
    assert found["[all][1][0]"].dtype == "bool"
    assert found["[all][1][0]"].mean == pytest.approx((x > 0).float().mean().item())
    np.testing.assert_allclose(
        np.sort(found["[all][0]"].sample), 2 * np.sort(found["lstm[0]"].sample)
    )
    got = record_activations(model, [batch], of="input", layers="")
    assert {name: seen.shape for name, seen in got.items()} == {"[x]": (2, 5, 3)}


def test_batches_of_other_shapes_and_types_and_with_labels() -> None:
    model = nn.ModuleDict({"act": nn.ReLU()})
    relu = model["act"]
    shapes = [[torch.ones(2, 3), "label"], (torch.ones(2, 5, dtype=torch.float64),)]
    found = record_activations(relu, shapes)[""]
    assert (found.shape, found.dtype) == ((16,), "float32, float64")
    half = record_activations(relu, [torch.tensor([1.5, -1.0], dtype=torch.bfloat16)])[""]
    assert (half.sample.tolist(), half.dtype) == ([1.5, 0.0], "bfloat16")


def test_a_module_used_twice_is_counted_twice_and_nan_is_counted() -> None:
    act = nn.Tanh()
    found = record_activations(nn.Sequential(act, act), [torch.tensor([0.5, float("nan")])])
    assert (list(found), found["0"].seen, found["0"].nan) == (["0"], 4, 2)


def test_samples_are_of_the_size_and_decided_by_the_seed() -> None:
    act, x = nn.Identity(), [torch.arange(5000.0), torch.arange(5000.0, 9000.0)]
    first, again, other = (
        record_activations(act, x, size=100, seed=seed)[""].sample for seed in (0, 0, 1)
    )
    assert np.unique(first).size == 100
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


class Idle(nn.Module):
    """Has a layer that never runs."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused = nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Any:
        return self.used(x)


def test_layers_that_do_not_run() -> None:
    assert list(record_activations(Idle(), [torch.ones(2)])) == ["used"]
    with pytest.raises(ValueError, match=r"layers must run .* unused did not"):
        record_activations(Idle(), [torch.ones(2)], layers="unused")


X: Any = [torch.ones(2)]


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((Idle, X), {}, "model must be a Module"),
        ((Idle(), X), {"of": "both"}, 'of must be one of "output", "input"'),
        ((Idle(), X), {"size": 0}, "size must be a whole number from 1"),
        ((Idle(), X), {"seed": -1}, "seed must be"),
        ((Idle(), X), {"layers": "usedd"}, "layers must be in the model, got 'usedd'; near: used"),
        ((Idle(), X), {"layers": nn.Conv2d}, "layers must be in the model, got Conv2d"),
        ((Idle(), X), {"layers": [3]}, "each of layers must be a type, got 3"),
        ((Idle(), X), {"layers": []}, "at least one name or class"),
        ((Idle(), []), {}, "at least one batch, got none"),
        ((Idle(), torch.ones(2)), {}, r"got one Tensor; put a single batch into a list: \[x\]"),
        ((Idle(), 3), {}, "got one int"),
        ((Idle(), [[]]), {}, "each batch must be a tensor, .* got list"),
        ((Idle(), [np.ones(2)]), {}, "each batch must be a tensor, .* got ndarray"),
    ],
)
def test_what_is_not_usable_is_said_in_one_line(
    arguments: Any, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words) as told:
        record_activations(*arguments, **options)
    assert "\n" not in str(told.value)


def test_memory_does_not_grow_with_batches() -> None:
    """640 MB of activations as float64 in a process of its own."""
    code = """
import resource, torch
from torch import nn
from n2uq_viz.nn import record_activations
model = nn.Sequential(nn.Identity(), nn.Identity())
x = torch.zeros(2**20)
record_activations(model, [x] * 3)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = record_activations(model, (x for _ in range(40)))
print(found["1"].seen, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    seen, grown = map(int, run.stdout.split())
    assert seen == 40 * 2**20
    assert grown / (1024 if sys.platform == "darwin" else 1) < 50_000
