"""The integers against how a quantized net is usually run: fake quantization, in floats.

There the convolutions add up floats, in an order that the size of the batch may change, and a value
next to a threshold may come to lie on its other side. Nothing is promised about that, so it is
measured: how many codes and classes differ, from the integers and from the same floats in batches
of another size, how near values come to a threshold, and how far floats are off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from n2uq_viz.checks import whole_number
from n2uq_viz.integer.compile import chain, quantizer_numbers, quantizes
from n2uq_viz.integer.epilogue import Epilogue, values
from n2uq_viz.integer.net import IntegerNet, Trace

__all__ = ["FloatInference", "compare_floats"]


@dataclass(frozen=True)
class FloatInference:
    """Fake-quantized inference in batches of one size, against the integer net; for n images.

    Tuples have one number for the stem and one for each layer in whole numbers.

    - ``batch_size``: images at a time.
    - ``codes``, ``classes``: how many differ from those of the integer net.
    - ``own_values``, ``own_codes``, ``own_classes``: how many differ from those of the same float
      inference in one batch of all images; values are those that are compared with thresholds.
    - ``distance``: smallest distance of a value to a threshold.
    - ``error``: largest difference of a value from that of the integer net's epilogue, over images
      of which no code before that layer differs.
    - ``right``: images whose class is right.
    """

    batch_size: int
    codes: tuple[int, ...]
    classes: int
    own_values: tuple[int, ...]
    own_codes: tuple[int, ...]
    own_classes: int
    distance: tuple[float, ...]
    error: tuple[float, ...]
    right: int


@dataclass(frozen=True)
class _Floats:
    """Values before the thresholds, codes behind them, and classes."""

    values: tuple[NDArray[np.float32], ...]
    codes: tuple[NDArray[np.int64], ...]
    classes: NDArray[np.int64]


def compare_floats(
    trained: nn.Sequential,
    net: IntegerNet,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    batch_sizes: Sequence[int],
) -> tuple[FloatInference, ...]:
    """Return what comes of a trained net's own evaluation, next to the integers made of it.

    Parameters
    ----------
    trained
        The net that `net` was compiled from; it is set to evaluation. Its quantizers are children
        of its own, with levels 0, D, 2D, ...
    net
        In whole numbers.
    images, labels
        (n, *image_shape), and (n,) the right classes.
    batch_sizes
        At least 1 each; one larger than n takes all images at once.

    Raises
    ------
    ValueError
        Sizes or images that break their rule, or a net that is another one.
    """
    sizes = [whole_number("batch_size", size, 1, 2**31) for size in batch_sizes]
    trace = net.run(net.stem_codes(images))
    expected = _expected(net, images, trace)
    whole = _inference(trained, net, images, len(images))
    found = []
    for size in sizes:
        own = whole if size >= len(images) else _inference(trained, net, images, size)
        errors, agreed = [], np.ones(len(images), dtype=bool)
        for k, u in enumerate(own.values):
            error = np.abs(u.astype(np.float64) - expected[k])[agreed]
            errors.append(float(error.max(initial=0.0)))
            agreed &= np.all(own.codes[k] == trace.codes[k], axis=tuple(range(1, u.ndim)))
        found.append(
            FloatInference(
                size,
                _count(own.codes, trace.codes),
                int(np.count_nonzero(own.classes != trace.classes)),
                _count(own.values, whole.values),
                _count(own.codes, whole.codes),
                int(np.count_nonzero(own.classes != whole.classes)),
                tuple(
                    float(min(np.abs(u - t).min() for t in epilogue.thresholds))
                    for u, epilogue in zip(own.values, _epilogues(net), strict=True)
                ),
                tuple(errors),
                int(np.count_nonzero(own.classes == labels)),
            )
        )
    return tuple(found)


def _epilogues(net: IntegerNet) -> list[Epilogue]:
    return [net.stem.epilogue, *(layer.epilogue for layer in net.layers)]


def _count(
    one: Sequence[NDArray[np.generic]], other: Sequence[NDArray[np.generic]]
) -> tuple[int, ...]:
    return tuple(int(np.count_nonzero(a != b)) for a, b in zip(one, other, strict=True))


def _expected(
    net: IntegerNet, images: NDArray[np.float32], trace: Trace
) -> list[NDArray[np.float32]]:
    """Return what the epilogues make of the exact accumulators, and of the stem's sums."""
    found = [net.stem.values(images)]
    for layer, sums in zip(net.layers, trace.accumulators, strict=True):
        found.append(values(sums.astype(np.float32), layer.epilogue, np.where))
    return found


def _inference(
    trained: nn.Sequential, net: IntegerNet, images: NDArray[np.float32], size: int
) -> _Floats:
    """Run a net as it is, in batches, and take down what its quantizers get and give."""
    modules = list(chain(trained))
    steps = {name: quantizer_numbers(name, m)[2] for name, m in modules if quantizes(m)}
    if len(steps) != len(net.layers) + 1:
        raise ValueError(
            f"the trained net must have {len(net.layers) + 1} quantizers, as the integer net, got "
            f"{len(steps)}"
        )
    scales = dict(zip(steps, (each.input_scale for each in _epilogues(net)), strict=True))
    u: dict[str, list[NDArray[np.float32]]] = {name: [] for name in steps}
    codes: dict[str, list[NDArray[np.int64]]] = {name: [] for name in steps}
    classes = []
    trained.eval()
    with torch.no_grad():
        for batch in torch.tensor(images).split(size):
            x = batch
            for name, module in modules:
                before, x = x, module(x)
                if name in steps:
                    u[name].append((before * torch.tensor(scales[name])).numpy())
                    codes[name].append((x / steps[name]).round().long().numpy())
            classes.append(x.argmax(1).numpy())
    return _Floats(
        tuple(map(np.concatenate, u.values())),
        tuple(map(np.concatenate, codes.values())),
        np.concatenate(classes),
    )
