"""Quantizing a net that was trained in floats: the same tensors, by different levels.

Training with quantizers mixes what levels can represent with what a net learns to do with them.
Here the weights are those of one float net, and stay so but for rounding; what differs is which
levels stand for them and for the activations, and whether thresholds then follow the task's loss.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from n2uq_viz.checks import FloatArray, choice, whole_number
from n2uq_viz.comparison.after import METHODS, After
from n2uq_viz.fits import Fit, Ordered, fit
from n2uq_viz.nn import N2UQActivation
from n2uq_viz.training.evaluation import score
from n2uq_viz.training.loop import shifted
from n2uq_viz.training.nets import activations
from n2uq_viz.training.tasks import Task

__all__ = ["LEARNED", "Rounded", "quantize_after"]

#: Of all methods those whose scales, or scales and thresholds, follow the loss.
LEARNED = ("scales", "n2uq")
#: Methods whose weights have levels of their own; those of the others are even.
_WEIGHTS = {"apot": "apot", "lloyd_max": "lloyd_max"}
#: Of the training of thresholds: epochs, samples per step, and rates, of which the one with the
#: least loss on validation data is kept.
EPOCHS, BATCH, RATES = 10, 64, (1e-3, 3e-3, 1e-2)


class Rounded(nn.Module):
    """The quantizer of a `Fit` as a layer that no gradient passes.

    >>> layer = Rounded(fit([0.0, 1.0, 2.0, 3.0], 2))
    >>> layer(torch.tensor([-1.0, 0.4, 0.6, 9.0]))
    tensor([0., 0., 1., 3.])
    """

    def __init__(self, found: Fit) -> None:
        super().__init__()
        self.thresholds: Tensor
        self.levels: Tensor
        self.register_buffer("thresholds", torch.from_numpy(found.quantizer.thresholds.copy()))
        self.register_buffer("levels", torch.from_numpy(found.quantizer.levels.copy()))

    def forward(self, x: Tensor) -> Tensor:
        """Return the level of each element of x; a tie takes the lower one."""
        codes = torch.bucketize(x.detach().double(), self.thresholds)
        return self.levels[codes].to(x.dtype)


def quantize_after(net: nn.Sequential, task: Task, bits: int, method: str, seed: int = 0) -> After:
    """Quantize weights and activations between the first and the last layer of a float net.

    Layer by layer, each activation fitted to what it gets for the training data from the quantized
    layers before it. Weights are divided by the mean size of their output channel; the layer's
    levels are fitted to the quotients.

    Parameters
    ----------
    net
        A trained net of the method ``"float"``, which stays as it is.
    task
        Its data.
    bits
        Of weights and activations, 1 to 8.
    method
        ``"uniform"``, ``"quantile"``, ``"apot"``, ``"lloyd_max"``: see `n2uq_viz.fits.fit`; the
        weights have even levels of least error but for the last two, whose own they have.
        ``"scales"`` and ``"n2uq"`` begin as ``"uniform"``; then the scales, or scales and
        thresholds, of the activations alone are trained on the task's loss by G-STE.
    seed
        Of the order of the samples in that training.

    Raises
    ------
    ValueError
        Bits or a method that break their rule.
    """
    bits = whole_number("bits", bits, 1, 8)
    choice("method", method, METHODS)
    own, weight_errors = copy.deepcopy(net).requires_grad_(False), []
    for layer in _inner(own):
        weight = cast(Tensor, layer.weight)
        rounded, error = _rounded_weight(weight, bits, _WEIGHTS.get(method, "uniform"))
        weight_errors.append(error)
        layer.weight = nn.Parameter(rounded, requires_grad=False)
    own.eval()
    of_samples = "uniform" if method in LEARNED else method
    for name in activations(own):
        sample = Ordered(_input_of(own, name, task.train.x))
        found = fit(sample, bits, of_samples)
        setattr(own, name, _trainable(found, method) if method in LEARNED else Rounded(found))
    if method in LEARNED:
        own = _learned(own, task, seed)
    errors, entropies = zip(*_of_activations(own, task), strict=True)
    return After(
        seed,
        bits,
        method,
        100.0 * score(own, task.test)[1],
        float(np.mean(weight_errors)),
        float(np.mean(errors)),
        float(np.mean(entropies)),
    )


def _inner(net: nn.Sequential) -> Sequence[nn.Module]:
    """Return the layers with weights that are neither the first nor the last one."""
    return [layer for layer in net.children() if isinstance(layer, nn.Conv2d | nn.Linear)][1:-1]


def _rounded_weight(weight: Tensor, bits: int, method: str) -> tuple[Tensor, float]:
    w = weight.detach().double().numpy()
    size = np.abs(w).mean(axis=tuple(range(1, w.ndim)), keepdims=True)
    quotients = w / size
    rounded = fit(quotients, bits, method).quantizer(quotients) * size
    return torch.from_numpy(rounded).to(weight.dtype), float(np.mean((rounded - w) ** 2) / w.var())


def _input_of(net: nn.Sequential, place: str, x: NDArray[Any]) -> FloatArray:
    """Return what reaches a place, as a ReLU before it would pass it."""
    value = torch.from_numpy(x)
    with torch.no_grad():
        for name, layer in net.named_children():
            if name == place:
                break
            value = layer(value)
    return value.clamp_min(0.0).double().numpy().ravel()


def _trainable(found: Fit, method: str) -> N2UQActivation:
    p = found.parameters()
    act = N2UQActivation(found.quantizer.levels.size.bit_length() - 1)
    with torch.no_grad():
        for name in ("start", "intervals", "input_scale", "output_scale"):
            getattr(act, name).copy_(torch.as_tensor(p[name]).reshape(getattr(act, name).shape))
    if method == "scales":
        act.start.requires_grad_(False)
        act.intervals.requires_grad_(False)
    return act


def _learned(net: nn.Sequential, task: Task, seed: int) -> nn.Sequential:
    """Train what is trainable at every rate, and return the net with the least validation loss."""
    best, least = net, np.inf
    for rate in RATES:
        own = copy.deepcopy(net)
        _train(own, task, seed, rate)
        found = score(own, task.validation)[0]
        if found < least:
            best, least = own, found
    return best


def _train(net: nn.Sequential, task: Task, seed: int, rate: float) -> None:
    x, y = torch.from_numpy(task.train.x), torch.from_numpy(task.train.y)
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=rate)
    steps = EPOCHS * -(-len(x) // BATCH)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    net.eval()  # normalization stays as the float net learned it
    for epoch in range(EPOCHS):
        rng = np.random.default_rng([seed, epoch])
        for rows in torch.from_numpy(rng.permutation(len(x))).split(BATCH):
            part = shifted(x[rows], rng) if x.ndim == 4 else x[rows]
            optimizer.zero_grad()
            functional.cross_entropy(net(part), y[rows]).backward()
            optimizer.step()
            decay.step()


def _of_activations(net: nn.Sequential, task: Task) -> Iterator[tuple[float, float]]:
    """Yield relative error and entropy of each quantizer of activations on the training data."""
    value = torch.from_numpy(task.train.x)
    with torch.no_grad():
        for name, layer in net.named_children():
            before, value = value, layer(value)
            if name.startswith("act"):
                wanted, got = before.clamp_min(0.0).double(), value.double()
                shares = np.unique(got.numpy(), return_counts=True)[1] / got.numel()
                error = float(((got - wanted) ** 2).mean() / wanted.var(correction=0))
                yield error, float(-(shares * np.log2(shares)).sum())
