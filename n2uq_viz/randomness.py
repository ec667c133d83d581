"""Random numbers that can be computed anywhere: a counter-based generator, written out.

A dot in an explorer has to stay where it is while a threshold is dragged past it, and the figure
that is saved has to show the very dots that were on screen. So each random number is a function of
a seed, a point and a draw, and nothing else: no state, no order. NumPy's own Philox has 64-bit
words, which a browser cannot multiply quickly; this one has 32-bit words.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox4x32-10).
"""

from __future__ import annotations

import hashlib
import reprlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, whole_number

__all__ = ["check_seed", "philox4x32", "stream", "uniforms", "uniforms_at"]

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
KEY_INCREMENTS = (np.uint32(0x9E3779B9), np.uint32(0xBB67AE85))
MAX_SEED = 2**53 - 1  # the largest whole number that JavaScript holds exactly
MAX_INDEX = 2**32 - 1
BLOCK = 1 << 16  # counters worked on at once: their words stay in the processor's cache


def check_seed(seed: object) -> int:
    """Return `seed`, a whole number from 0 to 2**53 - 1, as an int; otherwise ValueError.

    >>> check_seed(7)
    7
    >>> check_seed(-1)
    Traceback (most recent call last):
    ValueError: seed must be a whole number from 0 to 9007199254740991, got -1
    """
    return whole_number("seed", seed, 0, MAX_SEED)


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return NumPy's generator (PCG64) for one purpose, independent of those for any other.

    What is thrown, what is thrown again elsewhere and what judges both must not share random
    numbers, although all of them start from the one seed that a reader chooses. `seed` is a whole
    number from 0 to 2**53 - 1, `purpose` any text; otherwise ValueError.

    >>> first, second = (stream(0, purpose).random() for purpose in ("coins", "ties"))
    >>> first == second, first == stream(0, "coins").random()
    (False, True)
    """
    seeds = _Hashed(f"{check_seed(seed)} {purpose}")
    # NumPy takes any ISeedSequence; its type hints know only its own.
    return np.random.Generator(np.random.PCG64(seeds))  # type: ignore[arg-type]


class _Hashed(np.random.bit_generator.ISeedSequence):
    """Seeds by a hash of a text: NumPy's own seeding takes as long as some hundred draws."""

    def __init__(self, text: str) -> None:
        self.digest = hashlib.blake2b(text.encode()).digest()

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        return np.frombuffer(self.digest, dtype=dtype, count=n_words)


def philox4x32(counter: ArrayLike, key: ArrayLike) -> NDArray[np.uint32]:
    """Return the four random words that Philox4x32-10 assigns to each counter and key.

    `counter` has shape (..., 4) and `key` shape (..., 2), whole numbers from 0 to 2**32 - 1; the
    leading axes broadcast. The result is uint32 of shape (..., 4). Raises ValueError otherwise.

    Source: Salmon et al., SC 2011; the zero counter is among the answers its authors published.

    >>> [f"{word:08x}" for word in philox4x32([0, 0, 0, 0], [0, 0]).tolist()]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c = _words("counter", counter, 4)
    k = _words("key", key, 2)
    try:
        shape = np.broadcast_shapes(c.shape[:-1], k.shape[:-1])
    except ValueError:
        raise ValueError(
            "counter and key must broadcast in all axes but the last, got shapes "
            f"{c.shape} and {k.shape}"
        ) from None
    words = _rounds((c[..., 0], c[..., 1], c[..., 2], c[..., 3]), (k[..., 0], k[..., 1]))
    return np.stack([np.broadcast_to(word, shape) for word in words], axis=-1)


def uniforms(seed: int, points: int, draws: int) -> FloatArray:
    """Return random numbers in [0, 1), float64 of shape (points, draws), uniform on 2**53 steps.

    Number (k, j) depends on the seed, k and j alone, so a longer table begins with the shorter one.
    It is made of the first two words of `philox4x32` with counter (k, j, 0, 0) and key
    (seed modulo 2**32, seed // 2**32). Memory: the result and some MB. Raises ValueError unless
    `seed` is from 0 to 2**53 - 1 and `points` and `draws` are whole numbers from 0 to 2**32.

    >>> bool(np.array_equal(uniforms(3, 2, 5)[:, :4], uniforms(3, 2, 4)))
    True
    >>> uniforms(0, 0, 4).shape
    (0, 4)
    """
    rows = whole_number("points", points, 0, MAX_INDEX + 1)
    columns = whole_number("draws", draws, 0, MAX_INDEX + 1)
    return uniforms_at(seed, np.arange(rows), np.arange(columns))


def uniforms_at(seed: int, points: ArrayLike, draws: ArrayLike) -> FloatArray:
    """Return the rows `points` and the columns `draws` of the table `uniforms`, and only those.

    `points` and `draws` are 1-D whole numbers from 0 to 2**32 - 1; the result has shape
    (len(points), len(draws)). Raises ValueError as `uniforms` does.

    >>> bool(np.array_equal(uniforms_at(3, [4], [1, 2]), uniforms(3, 5, 3)[4:, 1:]))
    True
    """
    seed = check_seed(seed)
    key = (np.uint32(seed & MAX_INDEX), np.uint32(seed >> 32))
    rows, columns = _indices("points", points), _indices("draws", draws)
    result = np.empty((rows.size, columns.size))
    zero = np.uint32(0)
    width = min(columns.size, BLOCK) or 1
    height = max(1, BLOCK // width)
    for top in range(0, rows.size, height):
        for left in range(0, columns.size, width):
            block = np.s_[top : top + height, left : left + width]
            counter = (rows[block[0], None], columns[None, block[1]], zero, zero)
            first, second = _rounds(counter, key)[:2]
            # 27 + 26 = 53 bits: each such number is exact in a double.
            high, low = (first >> np.uint32(5)) * 67108864.0, second >> np.uint32(6)
            result[block] = (high + low) / 9007199254740992.0
    return result


def _rounds(
    counter: tuple[NDArray[np.uint32] | np.uint32, ...],
    key: tuple[NDArray[np.uint32] | np.uint32, ...],
) -> tuple[NDArray[np.uint32], ...]:
    a, b, c, d = (np.asarray(word) for word in counter)
    k0, k1 = (np.asarray(word) for word in key)
    for turn in range(ROUNDS):
        if turn:
            # Arrays wrap around silently where NumPy scalars would warn.
            k0 = np.add(k0, KEY_INCREMENTS[0], out=np.empty_like(k0))
            k1 = np.add(k1, KEY_INCREMENTS[1], out=np.empty_like(k1))
        high0, low0 = _product(a, MULTIPLIERS[0])
        high1, low1 = _product(c, MULTIPLIERS[1])
        a, b, c, d = high1 ^ b ^ k0, low1, high0 ^ d ^ k1, low0
    return a, b, c, d


def _product(
    word: NDArray[np.uint32], multiplier: np.uint64
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the high and the low half of the 64-bit product."""
    product = np.asarray(word, dtype=np.uint64) * multiplier
    return (product >> np.uint64(32)).astype(np.uint32), product.astype(np.uint32)


def _words(name: str, values: ArrayLike, width: int) -> NDArray[np.uint32]:
    array = _whole_words(name, values)
    if array.ndim == 0 or array.shape[-1] != width:
        raise ValueError(f"{name} must have shape (..., {width}), got {array.shape}")
    return array


def _indices(name: str, values: ArrayLike) -> NDArray[np.uint32]:
    array = _whole_words(name, values)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a 1-D sequence of indices, got shape {array.shape}")
    return array


def _whole_words(name: str, values: ArrayLike) -> NDArray[np.uint32]:
    try:
        array = np.asarray(values)
    except ValueError:  # ragged nesting
        array = np.asarray(None)
    if array.dtype == np.uint32:
        return array
    if array.size == 0 and array.dtype == np.float64:  # what NumPy makes of []
        array = array.astype(np.int64)
    in_range = array.dtype.kind in "iu" and (
        array.size == 0 or bool(array.min() >= 0 and array.max() <= MAX_INDEX)
    )
    if not in_range:
        raise ValueError(
            f"{name} must be whole numbers from 0 to {MAX_INDEX}, got {reprlib.repr(values)}"
        )
    return array.astype(np.uint32)
