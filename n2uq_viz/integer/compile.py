"""From a trained PyTorch net to whole numbers: which layers can be, and what becomes of them.

The net is a chain: a float stem, layers with N2UQ's weights, a float head; after each but the head
come normalization, ReLU or PReLU if any, and a quantizer with even levels from 0 on. Other things
are refused: a sum of branches, or a mean over places, is no accumulator times one scale, and with
it the thresholds would not be whole numbers of one sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from n2uq_viz.checks import FloatArray
from n2uq_viz.integer.epilogue import Epilogue
from n2uq_viz.integer.net import Codes, Head, IntegerLayer, IntegerNet, Stem
from n2uq_viz.integer.thresholds import EXACT, integer_thresholds, reach
from n2uq_viz.nn import N2UQActivation, N2UQConv2d, N2UQLinear
from n2uq_viz.nn.tables import Parameters, table, unpack

__all__ = ["compile_net"]

#: Steps between levels that differ by no more than this share are equal but for rounding.
EVEN = 1e-5
#: The head's weights are multiples of the power of 2 that lies so many digits below the largest;
#: a float64 holds 53, so that sums of up to ``2**HEAD_ROOM`` times the largest stay exact.
HEAD_DIGITS, HEAD_ROOM = 40, 12

Norm = nn.BatchNorm1d | nn.BatchNorm2d
#: Modules that do nothing to a trained net's numbers, or are done by the layer behind them.
PASSED = (nn.Identity, nn.Dropout, nn.Flatten)


@dataclass
class _Unit:
    """A layer and what follows it up to the next one, with names."""

    name: str
    layer: nn.Conv2d | nn.Linear
    after: dict[str, tuple[str, nn.Module]] = field(default_factory=dict)

    def get(self, kind: str) -> nn.Module | None:
        return self.after[kind][1] if kind in self.after else None


def compile_net(net: nn.Module, image_shape: Sequence[int]) -> IntegerNet:
    """Return the net that computes with whole numbers what a trained net computes with floats.

    Parameters
    ----------
    net
        A ``torch.nn.Sequential``, trained, as of `n2uq_viz.training.nets.build` with weights and
        activations quantized by N2UQ. It stays as it is, and is taken as in evaluation.
    image_shape
        Shape of one image: (inputs, height, width), or (inputs,).

    Raises
    ------
    ValueError
        The net cannot be computed so; says which layer, and why: a PReLU whose slope is below 0,
        average pooling or a sum of branches, levels that are uneven or do not begin at 0, weights
        that N2UQ has not quantized, sums of products that could reach ``2**24``, or numbers that
        are not finite.
    """
    stem, *inner = units = _units(net)
    for unit in units[:-1]:
        if "quantizer" not in unit.after:
            _refuse(unit.name, unit.layer, "must be followed by a quantizer of activations")
    *_, head = units
    if len(units) < 3 or head.after or not isinstance(head.layer, nn.Linear):
        _refuse(
            head.name,
            head.layer,
            "must be the head: a linear layer that nothing follows, after a stem and at least one "
            "layer in whole numbers",
        )
    if isinstance(stem.layer, N2UQConv2d | N2UQLinear):
        _refuse(stem.name, stem.layer, "must be a float layer: it is the stem")
    if isinstance(head.layer, N2UQLinear):
        _refuse(head.name, head.layer, "must be a float layer: it is the head")
    ones = np.ones(stem.layer.weight.shape[0])
    first, step = _epilogue(stem, ones)
    weight = _numbers(stem.name, stem.layer.weight)
    float_stem = Stem(weight.astype(np.float32), *_geometry(stem), first)
    layers = []
    steps = len(first.thresholds)
    for unit in inner[:-1]:
        layer, step = _integer_layer(unit, step, steps)
        layers.append(layer)
        steps = layer.thresholds.shape[1]
    shape = tuple(int(size) for size in image_shape)
    return IntegerNet(shape, float_stem, tuple(layers), _head(head, step, steps))


def _refuse(name: str, module: nn.Module, rule: str) -> NoReturn:
    raise ValueError(f"{name} ({type(module).__name__}) {rule}")


def _units(net: nn.Module) -> list[_Unit]:
    """Return the layers of a chain, each with what follows it."""
    if not isinstance(net, nn.Sequential):
        raise ValueError(
            "net must be a torch.nn.Sequential, so that each layer gets what the one before gives, "
            f"got {type(net).__name__}; branches whose sum meets a threshold cannot be one integer"
        )
    found: list[_Unit] = []
    for name, module in chain(net):
        if isinstance(module, PASSED):
            continue
        if isinstance(module, nn.Conv2d | nn.Linear):
            found.append(_Unit(name, module))
            continue
        kind = _kind(name, module)
        if not found:
            _refuse(name, module, "must come after the stem, a Conv2d or Linear layer")
        order = ("normalization", "nonlinearity", "quantizer")
        after = found[-1].after
        late = [other for other in order[order.index(kind) :] if other in after]
        if late:
            _refuse(name, module, f"must come before {after[late[0]][0]}, and only once")
        after[kind] = (name, module)
    if not found:
        raise ValueError("net must have layers with weights, got none")
    return found


def chain(net: nn.Sequential, before: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Yield the layers of a chain with their names, those of chains within it too."""
    for name, module in net.named_children():
        if isinstance(module, nn.Sequential):
            yield from chain(module, f"{before}{name}.")
        else:
            yield before + name, module


def _kind(name: str, module: nn.Module) -> str:
    if isinstance(module, Norm):
        return "normalization"
    if isinstance(module, nn.ReLU | nn.PReLU):
        return "nonlinearity"
    if quantizes(module):
        return "quantizer"
    if "AvgPool" in type(module).__name__:
        _refuse(
            name,
            module,
            "averages over places, which makes no accumulator of one layer; leave it out, or let a "
            "convolution with a stride take its place",
        )
    return _refuse(
        name,
        module,
        "is none of the layers that can be computed in whole numbers: Conv2d, Linear, BatchNorm, "
        "ReLU, PReLU and quantizers, one after the other; a block whose branches are added, as in "
        "a residual net, makes no accumulator of one layer",
    )


def quantizes(module: nn.Module) -> bool:
    """Return whether a layer is a quantizer of activations: it has levels, or can say which."""
    return hasattr(module, "quantizer") or hasattr(module, "levels")


def _numbers(name: str, tensor: Tensor) -> FloatArray:
    """Return a tensor of finite numbers in float64."""
    found = tensor.detach().cpu().double().numpy()
    if not np.isfinite(found).all():
        bad = found[~np.isfinite(found)]
        raise ValueError(f"{name} must hold finite numbers, got {bad[0]}; it may have diverged")
    return found


def _geometry(unit: _Unit) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return stride and padding; of a linear layer those that do nothing."""
    layer = unit.layer
    if isinstance(layer, nn.Linear):
        return (1, 1), (0, 0)
    plain = layer.groups == 1 and layer.padding_mode == "zeros"
    if not plain or isinstance(layer.padding, str) or any(d != 1 for d in layer.dilation):
        _refuse(
            unit.name,
            layer,
            "must have groups=1, dilation=1 and a number of zeros as padding, got "
            f"groups={layer.groups}, dilation={layer.dilation}, padding={layer.padding!r}, "
            f"padding_mode={layer.padding_mode!r}",
        )
    stride, padding = cast(Any, layer.stride), cast(Any, layer.padding)
    return (int(stride[0]), int(stride[1])), (int(padding[0]), int(padding[1]))


def _epilogue(unit: _Unit, scale: FloatArray) -> tuple[Epilogue, float]:
    """Return what follows a layer whose sums are to be multiplied by `scale`, and its step."""
    channels = len(scale)
    center, gain, shift = np.zeros(channels), np.ones(channels), np.zeros(channels)
    norm = unit.get("normalization")
    if isinstance(norm, Norm):
        name = unit.after["normalization"][0]
        if norm.running_mean is None or norm.running_var is None:
            _refuse(name, norm, "must keep running statistics: a batch's own are no constants")
        center = _numbers(name, norm.running_mean)
        gain = 1.0 / np.sqrt(_numbers(name, norm.running_var) + norm.eps)
        if norm.affine:
            gain, shift = gain * _numbers(name, norm.weight), _numbers(name, norm.bias)
    if unit.layer.bias is not None:
        center = center - _numbers(unit.name, unit.layer.bias)
    name, quantizer = unit.after["quantizer"]
    input_scale, thresholds, step = quantizer_numbers(name, quantizer)
    numbers = (scale, center, gain, shift, _slope(unit, channels), [input_scale], thresholds)
    return Epilogue(*(np.asarray(each, dtype=np.float32) for each in numbers)), step


def _slope(unit: _Unit, channels: int) -> FloatArray:
    module = unit.get("nonlinearity")
    if module is None:
        return np.ones(channels)
    if isinstance(module, nn.ReLU):
        return np.zeros(channels)
    name = unit.after["nonlinearity"][0]
    slope = _numbers(name, cast(nn.PReLU, module).weight)
    if slope.min() < 0.0:
        _refuse(
            name,
            module,
            f"must have slopes of at least 0, got {slope.min()}: with one below 0 the value falls "
            "and then rises, and no single comparison tells on which side of a threshold it lies",
        )
    return np.broadcast_to(slope, (channels,))


def quantizer_numbers(name: str, module: nn.Module) -> tuple[float, NDArray[np.float32], float]:
    """Return input scale, thresholds and step of a quantizer whose levels are 0, step, ..."""
    if isinstance(module, N2UQActivation):
        own = Parameters(module.start, module.intervals, module.input_scale, module.output_scale)
        for part, tensor in zip(own._fields, own, strict=True):
            _numbers(f"{name}.{part}", tensor)
        # The very numbers that the layer itself compares with.
        found = unpack(table(Parameters(*(p.detach() for p in own)), module.eps, torch.float32))
        return found.input_scale.item(), found.thresholds.numpy(), found.levels[1].item()
    source = cast(Any, module).quantizer() if hasattr(module, "quantizer") else module
    levels, thresholds = (
        np.asarray(part, dtype=np.float64) for part in (source.levels, source.thresholds)
    )
    steps = np.diff(levels)
    if levels[0] != 0.0 or np.ptp(steps) > EVEN * steps.max():
        _refuse(
            name,
            module,
            "must have levels 0, D, 2D, ..., so that each is a whole number times one step, got "
            f"{', '.join(f'{level:.6g}' for level in levels)}",
        )
    return 1.0, thresholds.astype(np.float32), float(steps.mean())


def _integer_layer(unit: _Unit, step: float, input_steps: int) -> tuple[IntegerLayer, float]:
    layer = unit.layer
    if not isinstance(layer, N2UQConv2d | N2UQLinear):
        _refuse(
            unit.name,
            layer,
            "must have quantized weights, as N2UQConv2d and N2UQLinear: only the first and the "
            "last layer are float",
        )
    codes, size = _weight_codes(unit.name, layer)
    steps = 2**layer.bits - 1
    signed = 2 * codes.astype(np.int32) - steps
    low, high = reach(signed, input_steps)
    products = int((high - low).max())
    if products >= EXACT:
        _refuse(
            unit.name,
            layer,
            f"must have sums of products below 2**24 = {EXACT}, up to which float32 is exact, "
            f"got up to {products}; fewer bits or smaller windows may do",
        )
    epilogue, own_step = _epilogue(unit, step * size / steps)
    try:
        sign, thresholds = integer_thresholds(epilogue, low, high)
    except ValueError as error:
        _refuse(unit.name, layer, f"cannot be compiled: {error}")
    made = IntegerLayer(
        unit.name, codes, steps, input_steps, *_geometry(unit), sign, thresholds, epilogue
    )
    return made, own_step


def _weight_codes(name: str, layer: N2UQConv2d | N2UQLinear) -> tuple[Codes, FloatArray]:
    """Return the codes k of a layer's weights, and the size f of each channel, (C,)."""
    _numbers(name, layer.weight)
    steps = 2**layer.bits - 1
    with torch.no_grad():
        size = layer.weight.abs().mean(tuple(range(1, layer.weight.ndim)), keepdim=True)
        size = size * (steps / 2 ** (layer.bits - 1))
        quantized = layer.quantized_weight() / torch.where(size == 0.0, 1.0, size)
        codes = torch.round((quantized + 1.0) * (steps / 2))
    return codes.cpu().numpy().astype(np.uint8), _numbers(name, size).ravel()


def _head(unit: _Unit, step: float, steps: int) -> Head:
    layer = unit.layer
    weight = _numbers(unit.name, layer.weight)
    if layer.weight.shape[1] * steps >= 2**HEAD_ROOM:
        _refuse(
            unit.name,
            layer,
            f"must have inputs times the highest code below {2**HEAD_ROOM}, so that its sums are "
            f"exact in float64, got {layer.weight.shape[1]} * {steps}",
        )
    largest = float(np.abs(weight).max())
    if largest > 0.0:
        grid = 2.0 ** (math.floor(math.log2(largest)) - HEAD_DIGITS)
        weight = np.round(weight / grid) * grid
    bias = np.zeros(len(weight)) if layer.bias is None else _numbers(unit.name, layer.bias)
    return Head(weight, step, bias)
