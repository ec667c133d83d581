"""How a net does, and what its quantizers are, without changing anything about it."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from n2uq_viz.checks import FloatArray
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.training.tasks import Part, Task

__all__ = ["activation_inputs", "answers", "grid", "loss", "quantizer", "score"]

#: Lines of the grid on which answers in the plane are kept, each way.
LINES = 48
#: Room around the training points, as a share of their range.
_MARGIN = 0.1


def loss(output: Tensor, y: Tensor) -> Tensor:
    """Return the mean loss: cross-entropy of classes, in nats, or squared error of numbers."""
    if y.dtype == torch.int64:
        return functional.cross_entropy(output, y)
    return functional.mse_loss(output, y)


def score(net: nn.Sequential, part: Part) -> tuple[float, float]:
    """Return loss and accuracy, a share; NaN for the accuracy of numbers, and for a broken net."""
    x, y = torch.from_numpy(part.x), torch.from_numpy(part.y)
    net.eval()
    with torch.no_grad():
        try:
            output = net(x)
        except ValueError:  # a learned step size or range is 0 or below
            return math.nan, math.nan
        found = loss(output, y).item()
    if y.dtype != torch.int64:
        return found, math.nan
    return found, int((output.argmax(1) == y).sum()) / len(y)


def activation_inputs(net: nn.Sequential, x: NDArray[np.float32]) -> dict[str, FloatArray]:
    """Return what each quantizer of activations gets for x, as 1-D float64, by its name.

    Layers behind one that is broken get nothing, and are left out.
    """
    found: dict[str, FloatArray] = {}
    net.eval()
    with torch.no_grad():
        value = torch.from_numpy(x)
        for name, module in net.named_children():
            if name.startswith("act"):
                found[name] = value.numpy().astype(np.float64).ravel()
            try:
                value = module(value)
            except ValueError:
                break
    return found


def quantizer(module: nn.Module, bits: int | None) -> tuple[FloatArray, FloatArray]:
    """Return edges and levels of a quantizer, NaN if it does not increase; empty for a ReLU."""
    if bits is None:
        return np.empty(0), np.empty(0)
    try:
        found: Quantizer = cast(Any, module).quantizer()
    except ValueError:
        return np.full(2**bits, np.nan), np.full(2**bits, np.nan)
    return found.edges, found.levels


def grid(task: Task) -> tuple[FloatArray, FloatArray] | None:
    """Return the lines of a grid over the plane of the training points; None for other tasks."""
    x = task.train.x
    if x.ndim != 2 or x.shape[1] != 2:
        return None
    low, high = x.min(0).astype(np.float64), x.max(0).astype(np.float64)
    room = _MARGIN * (high - low)
    first, second = (np.linspace(low[i] - room[i], high[i] + room[i], LINES) for i in range(2))
    return first, second


def answers(net: nn.Sequential, lines: tuple[FloatArray, FloatArray]) -> NDArray[np.uint8]:
    """Return the class at each crossing of the lines, (len(second), len(first))."""
    points: Any = np.stack(np.meshgrid(*lines), axis=-1).reshape(-1, 2).astype(np.float32)
    net.eval()
    with torch.no_grad():
        try:
            found = net(torch.from_numpy(points)).argmax(1).numpy().astype(np.uint8)
        except ValueError:
            found = np.zeros(len(points), dtype=np.uint8)
    return np.asarray(found.reshape(len(lines[1]), len(lines[0])))
