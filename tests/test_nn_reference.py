"""Whole state dicts in the naming of the authors' ResNets and MobileNet-V2, made here at random."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from n2uq_viz.nn import (
    N2UQActivation,
    N2UQConv2d,
    PACTActivation,
    load_reference_state,
    read_reference_state,
)

State = dict[str, Tensor]
#: Blocks in the four stages, and whether they are bottlenecks.
RESNETS = {18: ((2, 2, 2, 2), False), 34: ((3, 4, 6, 3), False), 50: ((3, 4, 6, 3), True)}
GENERATOR = torch.Generator().manual_seed(0)


def some(*shape: int) -> Tensor:
    return torch.rand(shape, generator=GENERATOR) + 0.1


def activation(name: str, bits: int) -> Iterator[tuple[str, Tensor]]:
    steps = 2**bits - 1
    yield from ((f"{name}.{leaf}", some(1)) for leaf in ("start", "scale1", "scale2"))
    yield f"{name}.a", some(steps) * 2 / steps
    for leaf, value in {"two": 2.0, "one": 1.0, "zero": 0.0, "minusone": -1.0, "eps": 1e-3}.items():
        yield f"{name}.{leaf}", torch.tensor([value])


def convolution(name: str, outputs: int, inputs: int, size: int) -> Iterator[tuple[str, Tensor]]:
    yield f"{name}.weight", some(outputs, inputs, size, size)
    yield f"{name}.clip_val", torch.tensor([2.0])
    yield f"{name}.zero", torch.tensor([0.0])


def norm(name: str, channels: int) -> Iterator[tuple[str, Tensor]]:
    for leaf in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{leaf}", some(channels)
    yield f"{name}.num_batches_tracked", torch.tensor(7)


def shift(name: str, which: int, channels: int) -> Iterator[tuple[str, Tensor]]:
    """The two learned biases and the PReLU between them."""
    yield f"{name}.bias{which}1.bias", some(1, channels, 1, 1)
    yield f"{name}.prelu{which}.weight", some(channels)
    yield f"{name}.bias{which}2.bias", some(1, channels, 1, 1)


def units(name: str, bits: int, sizes: list[tuple[int, int, int]]) -> Iterator[tuple[str, Tensor]]:
    """Biases, PReLU, quantizer, convolution and norm, so often."""
    for i, (outputs, inputs, size) in enumerate(sizes, start=1):
        yield from shift(name, i, inputs)
        yield from activation(f"{name}.quan{i}", bits)
        yield from convolution(f"{name}.conv{i}", outputs, inputs, size)
        yield from norm(f"{name}.bn{i}", outputs)


def resnet(depth: int, bits: int, *, quantized_downsample: bool = False, width: int = 4) -> State:
    blocks, bottleneck = RESNETS[depth]
    grows = 4 if bottleneck else 1
    state = {"conv1.weight": some(width, 3, 7, 7), **dict(norm("bn1", width))}
    inputs = width
    for stage, count in enumerate(blocks):
        planes = width * 2**stage
        for block in range(count):
            name, outputs = f"layer{stage + 1}.{block}", planes * grows
            sizes = [(planes, inputs, 3), (planes, planes, 3)]
            if bottleneck:
                sizes = [(planes, inputs, 1), (planes, planes, 3), (outputs, planes, 1)]
            state |= dict(units(name, bits, sizes))
            state |= dict(shift(name, 0 if bottleneck else 3, outputs))
            if block == 0 and inputs != outputs:
                down = f"{name}.downsample"
                if quantized_downsample:
                    state |= dict(activation(f"{down}.0", bits))
                    state |= dict(convolution(f"{down}.1", outputs, inputs, 1))
                    state |= dict(norm(f"{down}.2", outputs))
                else:
                    state[f"{down}.0.weight"] = some(outputs, inputs, 1, 1)
                    state |= dict(norm(f"{down}.1", outputs))
            inputs = outputs
    return state | {"fc.weight": some(10, inputs), "fc.bias": some(10)}


def mobilenet(bits: int = 4) -> State:
    state = {"feature.0.conv1.weight": some(2, 3, 3, 3), **dict(norm("feature.0.bn1", 2))}
    for i in range(1, 18):
        name = f"feature.{i}"
        state |= dict(units(name, bits, [(6, 2, 1), (6, 1, 3), (2, 6, 1)]))
        for bias in (1, 2):  # a depthwise convolution has one input for each output
            state[f"{name}.bias2{bias}.bias"] = some(1, 6, 1, 1)
        state[f"{name}.prelu2.weight"] = some(6)
    state["feature.18.quan1.clip_val"] = torch.tensor([1.7])
    state |= dict(convolution("feature.18.conv1", 8, 2, 1)) | dict(norm("feature.18.bn1", 8))
    return state | {"fc.weight": some(10, 8), "fc.bias": some(10)}


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("quantized_downsample", [False, True])
@pytest.mark.parametrize(("depth", "layers", "strided"), [(18, 16, 3), (34, 32, 3), (50, 48, 4)])
def test_resnets_are_read(
    depth: int, layers: int, strided: int, quantized_downsample: bool, prefix: str
) -> None:
    state = resnet(depth, bits=2, quantized_downsample=quantized_downsample)
    found = read_reference_state({prefix + name: value for name, value in state.items()})
    expected = layers + strided * quantized_downsample
    assert len(found.activations) == len(found.weights) == expected
    for name, act in found.activations.items():
        assert act.bits == 2
        assert torch.equal(act.intervals, state[f"{name}.a"])
        assert act.start.item() == state[f"{name}.start"].item()
        assert act.input_scale.item() == state[f"{name}.scale1"].item()
        assert act.output_scale.item() == state[f"{name}.scale2"].item()
    assert all(torch.equal(w, state[f"{name}.weight"]) for name, w in found.weights.items())
    constants = ("two", "one", "zero", "minusone", "eps", "clip_val")
    taken = 4 * expected + expected
    kept = [name for name in state if name.rpartition(".")[2] not in constants]
    assert len(found.others) == len(kept) - taken
    assert {"conv1.weight", "bn1.running_mean", "layer1.0.prelu1.weight"} <= found.others.keys()
    assert found.pact == {}


def test_mobilenet_is_read() -> None:
    state = mobilenet()
    found = read_reference_state(state)
    assert len(found.activations) == 3 * 17
    assert len(found.weights) == 3 * 17 + 1
    assert {act.bits for act in found.activations.values()} == {4}
    assert {name: value.item() for name, value in found.pact.items()} == {
        "feature.18.quan1": pytest.approx(1.7)
    }
    assert torch.equal(found.weights["feature.18.conv1"], state["feature.18.conv1.weight"])


def test_a_whole_checkpoint_from_a_file(tmp_path: Path) -> None:
    """As training writes it: with an epoch, and the tensors below ``state_dict``."""
    state = {f"module.{name}": value for name, value in resnet(18, bits=3).items()}
    torch.save({"epoch": 127, "state_dict": state}, tmp_path / "model.pth.tar")
    found = read_reference_state(torch.load(tmp_path / "model.pth.tar", weights_only=True))
    assert len(found.activations) == 16
    act = found.activations["layer4.1.quan2"]
    q = act.quantizer()
    a = state["module.layer4.1.quan2.a"].double().numpy()
    start, scale = (state[f"module.layer4.1.quan2.{leaf}"].item() for leaf in ("start", "scale1"))
    assert np.allclose(q.thresholds, (start + np.cumsum(a) - a / 2) / scale)


# --- Into layers and models of ours --------------------------------------------------------------


class Shift(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.bias


class Block(nn.Module):
    """One basic block of ours, with the authors' names."""

    def __init__(self, inputs: int, planes: int, bits: int) -> None:
        super().__init__()
        for i, channels in ((1, inputs), (2, planes)):
            self.add_module(f"bias{i}1", Shift(channels))
            self.add_module(f"prelu{i}", nn.PReLU(channels))
            self.add_module(f"bias{i}2", Shift(channels))
            self.add_module(f"quan{i}", N2UQActivation(bits))
            conv = N2UQConv2d(channels, planes, 3, padding=1, bias=False, bits=bits)
            self.add_module(f"conv{i}", conv)
            self.add_module(f"bn{i}", nn.BatchNorm2d(planes))
        self.bias31, self.prelu3, self.bias32 = Shift(planes), nn.PReLU(planes), Shift(planes)

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for i in (1, 2):
            for name in (f"bias{i}1", f"prelu{i}", f"bias{i}2", f"quan{i}", f"conv{i}", f"bn{i}"):
                out = self.get_submodule(name)(out)
        last: Tensor = self.bias32(self.prelu3(self.bias31(out + x)))
        return last


def block_state(bits: int = 2) -> State:
    prefix = "layer1.0."
    whole = resnet(18, bits)
    return {
        name.removeprefix(prefix): value for name, value in whole.items() if name.startswith(prefix)
    }


def test_a_block_of_ours_takes_the_authors_tensors() -> None:
    state, block = block_state(), Block(4, 4, bits=2)
    load_reference_state(block, state)
    assert torch.equal(block.get_parameter("quan2.intervals"), state["quan2.a"])
    assert torch.equal(block.get_parameter("quan1.output_scale"), state["quan1.scale2"])
    assert torch.equal(block.get_parameter("conv2.weight"), state["conv2.weight"])
    assert torch.equal(block.get_buffer("bn1.running_var"), state["bn1.running_var"])
    assert torch.equal(block.get_parameter("bias12.bias"), state["bias12.bias"])
    assert block.get_buffer("bn1.num_batches_tracked").item() == 7
    assert block.eval()(some(2, 4, 6, 6)).isfinite().all()


def test_models_as_torch_knows_them() -> None:
    """Wrapped for parallel use, with a layer under two names, with a buffer that is not saved."""
    state = {"0.start": some(1), "0.a": some(3), "0.scale1": some(1), "0.scale2": some(1)}
    act = N2UQActivation(2)
    act.register_buffer("seen", torch.zeros(1), persistent=False)
    net = nn.Sequential(act)
    for model in (net, nn.DataParallel(net)):
        for prefix in ("", "module."):
            load_reference_state(model, {prefix + name: value for name, value in state.items()})
            assert torch.equal(act.intervals, state["0.a"])
    twice = nn.Sequential(act, act)
    both = state | {name.replace("0.", "1.", 1): value for name, value in state.items()}
    load_reference_state(twice, both)
    old = nn.Sequential(nn.BatchNorm1d(2))
    names = ("weight", "bias", "running_mean", "running_var")
    load_reference_state(old, {f"0.{name}": some(2) for name in names})  # without a count
    assert old.get_buffer("0.num_batches_tracked").item() == 0


def test_single_layers() -> None:
    state = {name.partition(".")[2]: value for name, value in activation("q", 3)}
    act = N2UQActivation(3)
    assert act.load_reference_state(state) is act
    assert torch.equal(act.intervals, state["a"])
    assert act.intervals.requires_grad
    bare = {leaf: state[leaf] for leaf in ("start", "a", "scale1", "scale2")}
    assert N2UQActivation(3).load_reference_state(bare).quantizer() == act.quantizer()

    weights = {name.partition(".")[2]: value for name, value in convolution("c", 5, 4, 3)}
    for bias in (False, True):
        layer = N2UQConv2d(4, 5, 3, bias=bias, bits=2)
        before = None if layer.bias is None else layer.bias.detach().clone()
        layer.load_reference_state(weights)
        assert torch.equal(layer.weight, weights["weight"])
        if before is not None:
            assert layer.bias is not None
            assert torch.equal(layer.bias, before)

    pact = PACTActivation(4)
    load_reference_state(pact, {"clip_val": torch.tensor([1.7])})
    assert pact.alpha.item() == pytest.approx(1.7)


# --- What does not fit ---------------------------------------------------------------------------


def test_missing_unknown_and_misshapen_are_all_named_and_nothing_changes() -> None:
    state, block = block_state(), Block(4, 4, bits=2)
    before = {name: value.clone() for name, value in block.state_dict().items()}
    del state["quan1.scale2"], state["bn2.running_var"]
    state["quan3.a"] = some(3)
    state["quan2.a"] = some(7)
    state["conv1.clip_val"] = torch.tensor([1.5])
    with pytest.raises(ValueError, match="the state dict does not fit: ") as caught:
        load_reference_state(block, state)
    assert str(caught.value) == (
        "the state dict does not fit: missing quan1.scale2, bn2.running_var; unknown quan3.a; "
        "conv1.clip_val = [1.5] where 2 is needed; quan2.a of shape (7,) where (3,) is needed"
    )
    after = block.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer1.0.quan1.start": None}, "does not fit: missing layer1.0.quan1.start$"),
        ({"layer1.0.conv1.weight": None}, "does not fit: missing layer1.0.conv1.weight$"),
        ({"layer1.0.quan1.gain": 1}, "does not fit: unknown layer1.0.quan1.gain$"),
        ({"layer1.0.thing.gamma": 1}, "does not fit: unknown layer1.0.thing.gamma$"),
        ({"layer1.0.quan1.a": 4}, r"layer1.0.quan1.a of shape \(4,\) where \(2\*\*bits - 1,\) is"),
        ({"layer1.0.quan1.a": 0}, r"layer1.0.quan1.a of shape \(0,\) where \(2\*\*bits - 1,\) is"),
        ({"layer1.0.quan1.a": 511}, r"layer1.0.quan1.a of shape \(511,\) where"),
        ({"layer2.0.quan1.scale1": 2}, r"layer2.0.quan1.scale1 of shape \(2,\) where \(1,\) is"),
        ({"layer2.0.conv2.clip_val": 1}, "layer2.0.conv2.clip_val = .* where 2 is needed"),
    ],
)
def test_reading_names_what_does_not_fit(change: dict[str, int | None], message: str) -> None:
    state = resnet(18, bits=2)
    for name, size in change.items():
        if size is None:
            del state[name]
        else:
            state[name] = some(size)
    with pytest.raises(ValueError, match=message):
        read_reference_state(state)


def test_other_things_that_are_no_state_dict_of_n2uq() -> None:
    with pytest.raises(
        ValueError, match=r"state must be a dict of tensors by name, got list; torch"
    ):
        read_reference_state([1, 2])  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match="must hold tensors by name only, got something else in epoch"
    ):
        read_reference_state({"epoch": 3})
    with pytest.raises(ValueError, match=r"holds no layer of N2UQ: .* got 0.weight, 0.bias$"):
        read_reference_state(nn.Sequential(nn.Linear(1, 1)).state_dict())
    with pytest.raises(ValueError, match=r"holds no layer of N2UQ: .* got nothing$"):
        read_reference_state({})
    with pytest.raises(ValueError, match="must hold tensors by name only, got something else in 3"):
        read_reference_state({3: some(1)})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="module must be a Module, got "):
        load_reference_state({}, N2UQActivation(2))  # type: ignore[arg-type]
    whole = {f"q.{leaf}": torch.ones(1) for leaf in ("start", "scale1", "scale2")}
    with pytest.raises(ValueError, match=r"q.a in torch.int64, not floating point"):
        read_reference_state(whole | {"q.a": torch.ones(3, dtype=torch.int64)})
    with pytest.raises(ValueError, match="does not fit: missing start, a, scale1, scale2; unknown"):
        N2UQActivation(2).load_reference_state({"intervals": some(3)})
