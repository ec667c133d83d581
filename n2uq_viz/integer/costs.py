"""What even output levels save: operations, bytes and look-ups, counted and measured.

Codes of even levels are numbers that can be multiplied: a product of two activations' and weights'
levels is a product of whole numbers times one scale. Levels that are not even can only be looked
up: each product is an entry of a table, found by both codes. Here one net is counted both ways.
Energies are counts times published values, and a look-up is taken for a read of a small cache,
since it reads a memory; a table kept in registers would cost less.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.checks import whole_number
from n2uq_viz.datasets import operation_energy
from n2uq_viz.integer.bitplanes import WORD, count_up, words
from n2uq_viz.integer.net import (
    Accumulators,
    Codes,
    IntegerLayer,
    IntegerNet,
    add_up,
    channels_first,
)

__all__ = ["Cost", "LayerSize", "add_look_ups", "counted", "layer_sizes", "measured", "products"]

#: Bytes of an entry of a table of products, and of a sum.
ENTRY = 4
#: Bytes of a word of digits.
WORD_BYTES = WORD // 8
#: Operations on words for each pair of planes: AND, counting ones, adding.
OF_WORDS = 3
#: Bits that one read of the memory brings.
READ_BITS = 64


@dataclass(frozen=True)
class Cost:
    """One row of the comparison, for one image, between the float stem and the float head.

    - ``what`` and ``unit``: in words.
    - ``uniform``: with even output levels, by multiplying; ``bit_planes``: the same sums by AND and
      counting; ``look_ups``: with levels that are not even. None where there is no such thing.
    - ``how``: ``"counted"`` or ``"measured"``.
    """

    what: str
    unit: str
    uniform: float | None
    bit_planes: float | None
    look_ups: float | None
    how: str


@dataclass(frozen=True)
class LayerSize:
    """How many sums a layer makes for one image, of how many terms, in how many channels.

    ``inputs`` is the number of codes that come in.
    """

    name: str
    inputs: int
    outputs: int
    channels: int
    terms: int

    @property
    def products(self) -> int:
        """Products of a weight and an activation, those with zeros around the image too."""
        return self.outputs * self.terms


def layer_sizes(net: IntegerNet) -> list[LayerSize]:
    """Return the sizes of the layers in whole numbers."""
    shapes = net.code_shapes
    found = []
    for layer, before, after in zip(net.layers, shapes[:-1], shapes[1:], strict=True):
        terms = math.prod(layer.weight.shape[1:])
        size = LayerSize(layer.name, math.prod(before), math.prod(after), after[0], terms)
        found.append(size)
    return found


def counted(sizes: Sequence[LayerSize], weight_bits: int, activation_bits: int) -> list[Cost]:
    """Return what the layers take for one image, counted, with so many bits (1 to 8).

    Raises ValueError for other bits.

    >>> rows = counted([LayerSize("one", 100, 10, 10, 64)], 2, 2)
    >>> [(row.what, row.uniform, row.look_ups) for row in rows[:2]]
    [('multiplications', 640, 0), ('look-ups', 0, 640)]
    """
    whole_number("weight_bits", weight_bits, 1, 8)
    whole_number("activation_bits", activation_bits, 1, 8)
    every = sum(size.products for size in sizes)
    outputs = sum(size.outputs for size in sizes)
    pairs = weight_bits * activation_bits
    # Of the activations alone, for the sum that L is multiplied by, all channels share one.
    of_words = sum(
        words(size.terms)
        * (
            OF_WORDS * pairs * size.outputs
            + (OF_WORDS - 1) * activation_bits * size.outputs // size.channels
        )
        for size in sizes
    )
    compared = outputs * (2**activation_bits - 1)
    weights = sum(size.channels * size.terms for size in sizes) * weight_bits / 8
    in_words = sum(size.channels * words(size.terms) for size in sizes) * weight_bits * WORD_BYTES
    codes = (sum(size.inputs for size in sizes) + sizes[-1].outputs) * activation_bits / 8
    table = len(sizes) * 2 ** (weight_bits + activation_bits) * ENTRY
    rows: list[tuple[str, str, float | None, float | None, float | None]] = [
        ("multiplications", "operations", every, 0, 0),
        ("look-ups", "operations", 0, 0, every),
        ("additions", "operations", every, None, every),
        ("operations on 64-bit words", "operations", 0, of_words, 0),
        ("comparisons with thresholds", "operations", compared, compared, compared),
        ("weights", "bytes", weights, in_words, weights),
        ("activations", "bytes", codes, codes, codes),
        ("tables of products", "bytes", 0, 0, table),
        ("energy of products and sums", "nJ", *_energy(every)),
    ]
    return [Cost(*row, "counted") for row in rows]


def _energy(count: int) -> tuple[float, None, float]:
    """Return nanojoules of so many products and additions, multiplied and looked up.

    Published are 8-bit multiplications, the smallest; no value is known for counting ones.
    """
    rows = {(row.operation, row.number, row.bits): row for row in operation_energy()}
    add = rows["add", "integer", 8 * ENTRY].low
    multiply = rows["multiply", "integer", 8].low
    read = rows["read 8 KB cache", "any", READ_BITS].low
    return count * (multiply + add) / 1000, None, count * (read + add) / 1000


def products(layer: IntegerLayer) -> NDArray[np.int32]:
    """Return the table of all products ``(2k - L) * m``, (weight levels, activation levels)."""
    k, m = np.arange(layer.steps + 1), np.arange(layer.input_steps + 1)
    return np.outer(2 * k - layer.steps, m).astype(np.int32)


def add_look_ups(layer: IntegerLayer, codes: Codes) -> Accumulators:
    """Return the accumulators as `add_up` does, each product looked up in a table.

    As it would have to be done for levels that are not even; the table is that of even ones, so
    that the result can be compared.
    """
    table = products(layer)
    seen = layer.windows(codes)
    width = table.shape[1]
    rows = [
        table.ravel()[weights.astype(np.intp) * width + seen].sum(-1, dtype=np.int32)
        for weights in layer.weight.reshape(len(layer.weight), -1)
    ]
    return channels_first(np.stack(rows, axis=-1))


def measured(net: IntegerNet, codes: Codes, rounds: int = 3) -> list[Cost]:
    """Return the time that each way takes on this machine, per image, in milliseconds.

    In NumPy, taking turns, the median of `rounds`, from 1 to 1000; `codes` are those of the stem
    for some images, at least one. Only ratios say something, and of these ways of writing it: none
    of them is what a chip would do.
    """
    rounds = whole_number("rounds", rounds, 1, 1000)
    ways: dict[str, Callable[[IntegerLayer, Codes], Accumulators]] = {
        "uniform": add_up,
        "bit_planes": count_up,
        "look_ups": add_look_ups,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        for name in ways if turn % 2 == 0 else reversed(ways):
            began = time.perf_counter()
            net.run(codes, ways[name])
            times[name].append(1000 * (time.perf_counter() - began) / len(codes))
    middle = {name: statistics.median(found) for name, found in times.items()}
    return [Cost("time in NumPy", "ms", **middle, how="measured")]
