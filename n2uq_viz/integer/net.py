"""A trained net in whole numbers: codes, weights and sums are integers, and so are thresholds.

Between the codes of the float stem and the float head nothing else is needed. A code m stands for
the activation ``step * m``; a code k of a weight for ``f * (2k - L) / L``, with a size f for each
output channel. A sum over ``(2k - L) * m`` is a whole number, the *accumulator*, and what followed
it in the trained net - sizes, normalization, ReLU, thresholds - is a comparison of that number with
whole numbers (`n2uq_viz.integer.thresholds`).

Source of the quantizers: Liu et al., CVPR 2022, arXiv 2111.14826.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.checks import FloatArray
from n2uq_viz.integer.epilogue import Epilogue, values

__all__ = [
    "Accumulate",
    "Accumulators",
    "Codes",
    "Head",
    "IntegerLayer",
    "IntegerNet",
    "Stem",
    "Trace",
    "add_up",
    "check_codes",
]

_Kind = TypeVar("_Kind", bound=np.generic)
Codes = NDArray[np.uint8]
Accumulators = NDArray[np.int32]


@dataclass(frozen=True)
class Stem:
    """The first layer, in floats: what turns images into codes.

    - ``weight``: float32, (C, inputs, height, width), or (C, inputs) of a linear layer.
    - ``stride``, ``padding``: (rows, columns); not of a linear layer.
    - ``epilogue``: what follows, with the thresholds that make codes of it.
    """

    weight: NDArray[np.float32]
    stride: tuple[int, int]
    padding: tuple[int, int]
    epilogue: Epilogue

    def values(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what is compared with the thresholds, (n, C, ...).

        For images of shape (n, inputs, height, width), or (n, inputs) of a linear layer. Weights
        are multiplied and added up one after the other, in float64, and the sum is rounded once:
        the same bits on every machine, and in batches of any size.
        """
        taps = windows(images, self.weight, self.stride, self.padding)
        columns = self.weight.reshape(len(self.weight), -1)
        sums = np.zeros((*taps.shape[:-1], len(columns)))
        for k in range(taps.shape[-1]):
            sums += taps[..., k, None].astype(np.float64) * columns[:, k].astype(np.float64)
        rounded = channels_first(sums).astype(np.float32)
        return np.asarray(values(rounded, self.epilogue, np.where))

    def codes(self, images: NDArray[np.float32]) -> Codes:
        """Return the codes of images, (n, C, ...): how many thresholds each value lies above."""
        u = self.values(images)
        found = np.zeros(u.shape, dtype=np.uint8)
        for threshold in self.epilogue.thresholds:
            found += u > threshold
        return found


@dataclass(frozen=True)
class IntegerLayer:
    """A layer with weights between two others, in whole numbers.

    - ``name``: that of the trained layer.
    - ``weight``: codes k of the weights, (C, inputs, height, width), or (C, inputs) of a linear
      layer, which flattens what it gets.
    - ``steps``: L of the weights, whose values are ``2k - L``; of n bits, ``2**n - 1``.
    - ``input_steps``: the highest code that comes in; 0 is the lowest, and stands for 0.
    - ``stride``, ``padding``: (rows, columns); not of a linear layer.
    - ``sign``: int32, (C,), 1, or -1 where a larger accumulator gives a lower code.
    - ``thresholds``: int32, (C, levels - 1): the code is the number of those at or below ``sign``
      times the accumulator.
    - ``epilogue``: what these were found from. The integers do without it.
    """

    name: str
    weight: Codes
    steps: int
    input_steps: int
    stride: tuple[int, int]
    padding: tuple[int, int]
    sign: NDArray[np.int32]
    thresholds: NDArray[np.int32]
    epilogue: Epilogue

    @property
    def signed_weight(self) -> NDArray[np.int32]:
        """Values ``2k - L`` of the weights, odd where L is, of the shape of the codes."""
        return 2 * self.weight.astype(np.int32) - self.steps

    def windows(self, codes: Codes) -> Codes:
        """Return what each output is a sum over: (n, height, width, terms), or (n, terms)."""
        check_codes(codes, self.input_steps)
        return windows(codes, self.weight, self.stride, self.padding)

    def codes(self, accumulators: Accumulators) -> Codes:
        """Return the codes for accumulators, (n, C, ...), by comparing whole numbers alone."""
        wide = (-1, *(1,) * (accumulators.ndim - 2))
        signed = accumulators * self.sign.reshape(wide)
        found = np.zeros(signed.shape, dtype=np.uint8)
        for threshold in self.thresholds.T:
            found += signed >= threshold.reshape(wide)
        return found


@dataclass(frozen=True)
class Head:
    """The last layer, in floats: codes into one number for each class.

    - ``weight``: float64, (classes, features), multiples of one power of 2, so chosen that no sum
      of codes times weights is rounded, in whatever order it is made.
    - ``scale``: the activation that a code of 1 stands for.
    - ``bias``: float64, (classes,).
    """

    weight: FloatArray
    scale: float
    bias: FloatArray

    def logits(self, codes: Codes) -> FloatArray:
        """Return (n, classes) for codes (n, ...)."""
        sums = codes.reshape(len(codes), -1).astype(np.float64) @ self.weight.T
        return np.asarray(sums * self.scale + self.bias)


@dataclass(frozen=True)
class Trace:
    """What a net has computed for n images.

    - ``accumulators``: of each layer, int32, (n, C, ...).
    - ``codes``: of the stem and of each layer, uint8, (n, C, ...).
    - ``logits``: float64, (n, classes); ``classes``: int64, (n,).
    """

    accumulators: tuple[Accumulators, ...]
    codes: tuple[Codes, ...]
    logits: FloatArray
    classes: NDArray[np.int64]


#: How a layer's accumulators are computed from codes.
Accumulate = Callable[[IntegerLayer, Codes], Accumulators]


def add_up(layer: IntegerLayer, codes: Codes) -> Accumulators:
    """Return the accumulators of a layer, (n, C, ...), by multiplying and adding whole numbers.

    Codes from 0 to ``layer.input_steps``, (n, inputs, ...); ValueError for others.
    """
    columns = layer.signed_weight.reshape(len(layer.weight), -1).T
    return channels_first(layer.windows(codes).astype(np.int32) @ columns)


@dataclass(frozen=True)
class IntegerNet:
    """A float stem, layers in whole numbers, and a float head, which `compile_net` makes.

    ``image_shape`` is that of one image.
    """

    image_shape: tuple[int, ...]
    stem: Stem
    layers: tuple[IntegerLayer, ...]
    head: Head

    @property
    def code_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of one image's codes: of the stem, and of each layer."""
        shapes = [self.image_shape]
        chain: list[Stem | IntegerLayer] = [self.stem, *self.layers]
        for layer in chain:
            weight = layer.weight.shape
            sides = zip(shapes[-1][1:], weight[2:], layer.stride, layer.padding, strict=False)
            after = ((side + 2 * pad - size) // step + 1 for side, size, step, pad in sides)
            shapes.append((weight[0], *after))
        return shapes[1:]

    def stem_codes(self, images: NDArray[np.float32]) -> Codes:
        """Return the codes of the stem for images, ``(n, *image_shape)``; ValueError for others."""
        if images.shape[1:] != self.image_shape:
            raise ValueError(
                f"images must have the shape (n, {', '.join(map(str, self.image_shape))}), got "
                f"{images.shape}"
            )
        return self.stem.codes(images)

    def run(self, codes: Codes, accumulate: Accumulate = add_up) -> Trace:
        """Return what the layers and the head compute from codes of the stem.

        `accumulate` is how: `add_up`, or `n2uq_viz.integer.bitplanes.count_up`. Raises ValueError
        for codes that are no whole numbers in the range of the first layer.
        """
        accumulators: list[Accumulators] = []
        every = [codes]
        for layer in self.layers:
            accumulators.append(accumulate(layer, every[-1]))
            every.append(layer.codes(accumulators[-1]))
        logits = self.head.logits(every[-1])
        return Trace(tuple(accumulators), tuple(every), logits, logits.argmax(1))


def check_codes(codes: Codes, steps: int) -> None:
    """Raise ValueError unless codes are uint8 and at most `steps`."""
    if codes.dtype != np.uint8 or (codes.size and codes.max() > steps):
        most = f", up to {codes.max()}" if codes.size else ""
        raise ValueError(
            f"codes must be of dtype uint8, from 0 to {steps}, got {codes.dtype}{most}"
        )


def windows(
    x: NDArray[_Kind],
    weight: NDArray[Any],
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> NDArray[_Kind]:
    """Return what a weight of that shape meets, in the order of its elements.

    (n, inputs, height, width) -> (n, rows, columns, terms); of a linear layer (n, ...) ->
    (n, terms).
    """
    if weight.ndim == 2:
        return x.reshape(len(x), -1)
    rows, columns = padding
    padded = np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))
    seen = seen[:, :, :: stride[0], :: stride[1]].transpose(0, 2, 3, 1, 4, 5)
    return seen.reshape(*seen.shape[:3], -1)


def channels_first(x: NDArray[_Kind]) -> NDArray[_Kind]:
    """Return (n, ..., C) as (n, C, ...), in a row in memory."""
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))
