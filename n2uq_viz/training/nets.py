"""The nets, small enough to be read in a minute: first and last layer in float, as N2UQ has them.

A place where activations are quantized is a module whose name begins with ``act``; in a float net a
ReLU stands there. A quantizer needs no ReLU before it: its lowest level is 0.

Source of the float first and last layer: Liu et al., CVPR 2022, arXiv 2111.14826, section 4.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from n2uq_viz.nn import (
    LSQActivation,
    N2UQActivation,
    N2UQConv2d,
    N2UQLinear,
    PACTActivation,
    UniformActivation,
)
from n2uq_viz.training.config import TrainingConfig

__all__ = ["ChordActivation", "activations", "build", "calibrate"]

CHANNELS = (32, 64, 64)
WIDTH = 16


class ChordActivation(N2UQActivation):
    """N2UQ's quantizer whose input gets one slope inside the range, as plain STE gives it.

    Output and gradients of the parameters are those of `N2UQActivation`. The gradient of x is that
    of the output's whole rise over the whole range, ``(y_L - y_0) / (b_L - b_0)``, for
    ``b_0 < x <= b_L``. It stands between learned scales and G-STE: what the two differ in is the
    estimator for x alone.

    >>> act = ChordActivation(2)
    >>> _ = act.intervals.data.copy_(torch.tensor([0.5, 1.0, 0.5]))
    >>> x = torch.tensor([0.2, 1.0, 3.0], requires_grad=True)
    >>> act(x).sum().backward()
    >>> x.grad
    tensor([1., 1., 0.])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return x quantized."""
        quantized = super().forward(x.detach())
        with torch.no_grad():
            widths = torch.where(self.intervals > self.eps, self.intervals, self.eps)
            span = widths.sum()
            u = x * self.input_scale
            inside = (u > self.start) & (u <= self.start + span)
            rise = self.output_scale * self.input_scale * (2.0 / span)
            slope = torch.where(inside, rise, 0.0)
        carrier = x * slope
        return quantized + (carrier - carrier.detach())


def build(config: TrainingConfig, inputs: int = 64) -> nn.Sequential:
    """Return the net of a configuration, with initial weights from its seed.

    Every method gets the same weights. `inputs` is the number of features of the task "pixels".
    PyTorch's own generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return nn.Sequential(OrderedDict(_modules(config, inputs)))


def _modules(config: TrainingConfig, inputs: int) -> Iterator[tuple[str, nn.Module]]:
    if config.task == "regression":
        yield "act", _activation(config)
    elif config.task == "pixels":
        yield "act", _activation(config)
        yield "head", nn.Linear(inputs, 10)
    elif config.task == "digits":
        first, second, third = CHANNELS
        yield "stem", nn.Conv2d(1, first, 3, padding=1, bias=False)
        yield "norm1", nn.BatchNorm2d(first)
        yield "act1", _activation(config)
        yield "conv2", _convolution(config, first, second)
        yield "norm2", nn.BatchNorm2d(second)
        yield "act2", _activation(config)
        yield "conv3", _convolution(config, second, third)
        yield "norm3", nn.BatchNorm2d(third)
        yield "act3", _activation(config)
        yield "flatten", nn.Flatten()
        yield "head", nn.Linear(third * 4, 10)
    else:
        yield "stem", nn.Linear(2, WIDTH, bias=False)
        yield "norm1", nn.BatchNorm1d(WIDTH)
        yield "act1", _activation(config)
        yield "linear2", _linear(config, WIDTH, WIDTH)
        yield "norm2", nn.BatchNorm1d(WIDTH)
        yield "act2", _activation(config)
        yield "head", nn.Linear(WIDTH, 2)


def _activation(config: TrainingConfig) -> nn.Module:
    bits, method = config.activation_bits, config.method
    if bits is None:
        return nn.Identity() if config.task == "pixels" else nn.ReLU()
    if method == "ste":
        return UniformActivation(bits)
    if method == "lsq":
        return LSQActivation(bits)
    if method == "pact":
        return PACTActivation(bits)
    act = ChordActivation(bits) if method == "thresholds" else N2UQActivation(bits)
    if method == "scales":
        act.start.requires_grad_(False)
        act.intervals.requires_grad_(False)
    if config.task == "regression":
        # The levels are given there, and the input's scale is one too many beside the intervals.
        act.output_scale.requires_grad_(False)
        act.input_scale.requires_grad_(method == "scales")
    return act


def _convolution(config: TrainingConfig, inputs: int, outputs: int) -> nn.Module:
    arguments: dict[str, Any] = {"stride": 2, "padding": 1, "bias": False}
    return _weighted(config, nn.Conv2d, N2UQConv2d, (inputs, outputs, 3), arguments)


def _linear(config: TrainingConfig, inputs: int, outputs: int) -> nn.Module:
    return _weighted(config, nn.Linear, N2UQLinear, (inputs, outputs), {"bias": False})


def _weighted(
    config: TrainingConfig,
    plain: type[nn.Module],
    quantized: type[nn.Module],
    sizes: tuple[int, ...],
    arguments: dict[str, Any],
) -> nn.Module:
    bits = config.weight_bits
    if bits is None:
        return plain(*sizes, **arguments)
    if config.method == "lsq":
        layer = plain(*sizes, **arguments)
        weight = cast(Tensor, layer.weight)
        step = LSQActivation(bits, signed=True).calibrate(weight)
        return parametrize.register_parametrization(layer, "weight", step)
    return quantized(*sizes, bits=bits, gradient=config.weight_gradient, **arguments)


def activations(net: nn.Sequential) -> dict[str, nn.Module]:
    """Return the places where activations are quantized or could be, by name, in order."""
    return {name: module for name, module in net.named_children() if name.startswith("act")}


def calibrate(net: nn.Sequential, x: Tensor) -> None:
    """Let each quantizer of activations begin where it loses least of what it is given for x.

    One after the other, in the order of the layers, each fed by the ones before. Normalization
    layers take the means and deviations of x for their running ones.
    """
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0  # the share of what comes in
    net.train()
    with torch.no_grad():
        for module in net.children():
            if hasattr(module, "calibrate"):
                # What a ReLU before it would pass: no level lies below 0.
                cast(Any, module).calibrate(x.clamp_min(0.0))
            x = module(x)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
