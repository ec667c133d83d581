"""The same sums by AND and by counting ones: 64 products at a time, and nothing is multiplied.

A code is a sum of its binary digits times powers of 2. Digit j of all activations under a window,
in a row, is a *plane*; so is digit i of all weights of a channel. As
``sum((2k - L) * m) = 2 * sum(k * m) - L * sum(m)``, and ``sum(k * m)`` is
``sum over i and j of 2**(i + j) * popcount(plane_i AND plane_j)``, the accumulators are the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.integer.net import Accumulators, Codes, IntegerLayer, channels_first

__all__ = ["count_up", "inner_products", "planes", "words"]

#: Digits that one word holds.
WORD = 64

Planes = NDArray[np.uint64]


def words(terms: int) -> int:
    """Return how many words a plane of so many digits takes.

    >>> words(64), words(65)
    (1, 2)
    """
    return -(-terms // WORD)


def planes(codes: Codes, bits: int) -> Planes:
    """Return the binary digits of codes, (..., terms), as (bits, ..., words); the lowest first.

    Codes are of dtype uint8 and below ``2**bits``. What is missing in the last word is 0.

    >>> planes(np.array([1, 2, 3], np.uint8), 2).tolist()  # 101 and 011, the first digit lowest
    [[5], [6]]
    """
    terms = codes.shape[-1]
    room = [(0, 0)] * (codes.ndim - 1) + [(0, WORD * words(terms) - terms)]
    digits = np.pad(codes, room)
    found = [
        np.packbits((digits >> digit) & 1, axis=-1, bitorder="little").view("<u8")
        for digit in range(bits)
    ]
    return np.stack(found).astype(np.uint64, copy=False)


def inner_products(weights: Planes, activations: Planes, steps: int) -> NDArray[np.int32]:
    """Return ``sum((2k - L) * m)`` for all pairs of rows, int32, (rows of m, rows of k).

    `weights` are planes of the codes k, (bits, rows, words); `activations` those of the codes m;
    `steps` is L. The terms are as many for both.

    >>> k, m = np.array([[0, 1, 3]], np.uint8), np.array([[1, 1, 2]], np.uint8)
    >>> inner_products(planes(k, 2), planes(m, 2), 3)  # -3 - 1 + 6
    array([[2]], dtype=int32)
    """
    products = np.zeros((activations.shape[1], weights.shape[1]), dtype=np.int32)
    sums = np.zeros((activations.shape[1], 1), dtype=np.int32)
    for j, of_m in enumerate(activations):
        sums += np.bitwise_count(of_m).sum(1, dtype=np.int32, keepdims=True) << j
        for i, of_k in enumerate(weights):
            for word in range(of_m.shape[1]):
                both = of_m[:, word, None] & of_k[:, word]
                products += np.bitwise_count(both).astype(np.int32) << (i + j)
    return 2 * products - steps * sums


def count_up(layer: IntegerLayer, codes: Codes) -> Accumulators:
    """Return the accumulators of a layer, (n, C, ...), as `n2uq_viz.integer.net.add_up` does."""
    seen = layer.windows(codes)
    rows = planes(seen.reshape(-1, seen.shape[-1]), layer.input_steps.bit_length())
    columns = planes(layer.weight.reshape(len(layer.weight), -1), layer.steps.bit_length())
    found = inner_products(columns, rows, layer.steps)
    return channels_first(found.reshape(*seen.shape[:-1], -1))
