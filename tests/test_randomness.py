"""The counter-based generator gives the published answers, in the published order."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from n2uq_viz import randomness
from n2uq_viz.randomness import check_seed, philox4x32, stream, uniforms, uniforms_at

# The known answers that the generator's authors publish with it: counter, key, result.
KNOWN_ANSWERS = [
    (
        "00000000 00000000 00000000 00000000",
        "00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]

WORDS = st.integers(0, 2**32 - 1)

# Multipliers and key increments of Philox4x32 and of its sibling with 64-bit words.
CONSTANTS = {
    32: (0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85),
    64: (0xD2E7470EE14C6C93, 0xCA5A826395121157, 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B),
}


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


def philox_in_integers(counter: list[int], key: list[int], bits: int) -> list[int]:
    """Philox4x32-10 or Philox4x64-10, one counter at a time, in Python's unlimited integers."""
    multiplier0, multiplier1, increment0, increment1 = CONSTANTS[bits]
    size = 2**bits
    for turn in range(10):
        k0, k1 = (key[0] + turn * increment0) % size, (key[1] + turn * increment1) % size
        high0, low0 = divmod(multiplier0 * counter[0], size)
        high1, low1 = divmod(multiplier1 * counter[2], size)
        counter = [high1 ^ counter[1] ^ k0, low1, high0 ^ counter[3] ^ k1, low0]
    return counter


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_published_known_answers(counter: str, key: str, expected: str) -> None:
    result = philox4x32(words(counter), words(key))
    assert result.dtype == np.uint32
    assert result.tolist() == words(expected)


@given(st.lists(st.integers(0, 2**64 - 2), min_size=4, max_size=4), st.integers(0, 2**128 - 1))
def test_the_scalar_form_agrees_with_numpys_philox(counter: list[int], key: int) -> None:
    # NumPy has the sibling with 64-bit words only; it counts up before it draws.
    theirs = np.random.Philox(counter=np.array(counter, np.uint64), key=key).random_raw(4).tolist()
    counter = [counter[0] + 1, *counter[1:]]
    assert philox_in_integers(counter, [key % 2**64, key >> 64], bits=64) == theirs


@given(
    st.lists(WORDS, min_size=4, max_size=4),
    st.lists(WORDS, min_size=2, max_size=2),
)
def test_the_vectorized_form_agrees_with_the_scalar_form(
    counter: list[int], key: list[int]
) -> None:
    assert philox4x32(counter, key).tolist() == philox_in_integers(counter, key, bits=32)


def test_leading_axes_broadcast_and_arguments_stay_as_they_are() -> None:
    counter = np.arange(3 * 4, dtype=np.uint32).reshape(3, 1, 4)
    keys = np.arange(10, dtype=np.int64).reshape(5, 2)
    before = counter.copy(), keys.copy()
    result = philox4x32(counter, keys)
    assert result.shape == (3, 5, 4)
    for i in range(3):
        for j in range(5):
            assert np.array_equal(result[i, j], philox4x32(counter[i, 0], keys[j]))
    assert np.array_equal(counter, before[0])
    assert np.array_equal(keys, before[1])
    assert philox4x32(np.empty((0, 4), np.uint32), [0, 0]).shape == (0, 4)


@given(st.integers(0, 2**53 - 1), WORDS, WORDS)
def test_uniforms_are_53_bits_of_the_first_two_words(seed: int, point: int, draw: int) -> None:
    key = [seed % 2**32, seed // 2**32]
    first, second, _, _ = philox_in_integers([point, draw, 0, 0], key, bits=32)
    # An integer below 2**53 over a power of two: exact in a double.
    expected = ((first >> 5) * 2**26 + (second >> 6)) / 2**53
    assert uniforms_at(seed, [point], [draw]).tolist() == [[expected]]
    assert 0.0 <= expected < 1.0


@given(st.integers(0, 2**53 - 1), st.integers(0, 12), st.integers(0, 12))
def test_a_table_is_made_of_its_rows_and_columns(seed: int, points: int, draws: int) -> None:
    table = uniforms(seed, points, draws)
    assert table.shape == (points, draws)
    assert table.dtype == np.float64
    assert np.array_equal(uniforms(seed, points + 2, draws + 3)[:points, :draws], table)
    if points and draws:
        rows, columns = [points - 1, 0, points - 1], [draws - 1, 0]
        assert np.array_equal(uniforms_at(seed, rows, columns), table[np.ix_(rows, columns)])


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_the_table_does_not_depend_on_the_block_it_is_made_in(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = uniforms(11, 13, 29)
    monkeypatch.setattr(randomness, "BLOCK", block)
    assert np.array_equal(uniforms(11, 13, 29), expected)


def test_every_bit_of_the_seed_matters() -> None:
    tables = {uniforms(seed, 1, 4).tobytes() for seed in (0, *(2**power for power in range(53)))}
    assert len(tables) == 54


def test_uniforms_look_uniform_and_independent() -> None:
    table = uniforms(2022, 200, 1000)
    # Each of these would fail for one seed in a million; the seed is fixed.
    assert stats.kstest(table.ravel(), "uniform").pvalue > 1e-6
    for other in (table[1:, :], uniforms(2023, 199, 1000)):
        r = np.corrcoef(table[:-1].ravel(), other.ravel())[0, 1]
        assert abs(r) < 4.9 / np.sqrt(other.size)
    lagged = np.corrcoef(table[:, :-1].ravel(), table[:, 1:].ravel())[0, 1]
    assert abs(lagged) < 4.9 / np.sqrt(table.size)


def test_memory_is_the_result_and_little_more() -> None:
    uniforms(0, 1, 1)
    tracemalloc.start()
    try:
        table = uniforms(0, 101, 10_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < table.nbytes + 8 * 2**20


@pytest.mark.parametrize("seed", [-1, 2**53, 0.5, True, "0", None, np.nan])
def test_seeds_that_are_none(seed: Any) -> None:
    text = "seed must be a whole number from 0 to 9007199254740991, got "
    with pytest.raises(ValueError, match=text):
        check_seed(seed)
    with pytest.raises(ValueError, match=text):
        uniforms(seed, 1, 1)


def test_the_largest_seed() -> None:
    assert check_seed(2**53 - 1) == 2**53 - 1
    assert uniforms(2**53 - 1, 1, 1).shape == (1, 1)


@pytest.mark.parametrize("size", [-1, 2**32 + 1, 1.5, True, "1", None])
def test_sizes_of_a_table_that_are_none(size: Any) -> None:
    with pytest.raises(
        ValueError, match="points must be a whole number from 0 to 4294967296, got "
    ):
        uniforms(0, size, 1)
    with pytest.raises(ValueError, match="draws must be a whole number from 0 to 4294967296, got "):
        uniforms(0, 1, size)


@pytest.mark.parametrize(
    ("counter", "key", "text"),
    [
        ([0, 0, 0], [0, 0], r"counter must have shape \(\.\.\., 4\), got \(3,\)"),
        (0, [0, 0], r"counter must have shape \(\.\.\., 4\), got \(\)"),
        ([0, 0, 0, 0], [0], r"key must have shape \(\.\.\., 2\), got \(1,\)"),
        ([0, 0, 0, -1], [0, 0], r"counter must be whole numbers from 0 to 4294967295, got \[0, 0"),
        ([0, 0, 0, 2**32], [0, 0], "counter must be whole numbers from 0 to 4294967295, got "),
        ([0, 0, 0, 2**70], [0, 0], "counter must be whole numbers from 0 to 4294967295, got "),
        ([0, 0, 0, 0.0], [0, 0], "counter must be whole numbers from 0 to 4294967295, got "),
        ([[0], [0, 0]], [0, 0], "counter must be whole numbers from 0 to 4294967295, got "),
        ([0, 0, 0, 0], ["0", "0"], "key must be whole numbers from 0 to 4294967295, got "),
        ([0, 0, 0, 0], [True, False], "key must be whole numbers from 0 to 4294967295, got "),
        ([[0] * 4] * 3, [[0] * 2] * 2, r"must broadcast .*, got shapes \(3, 4\) and \(2, 2\)"),
    ],
)
def test_words_that_are_none(counter: Any, key: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        philox4x32(counter, key)


def test_indices_are_one_dimensional() -> None:
    with pytest.raises(
        ValueError, match=r"points must be a 1-D sequence of indices, got shape \(\)"
    ):
        uniforms_at(0, 3, [1])
    with pytest.raises(ValueError, match="draws must be whole numbers from 0 to 4294967295, got "):
        uniforms_at(0, [3], [-1])


# Streams for bulk draws


def test_streams_are_uniform_and_know_nothing_of_each_other() -> None:
    keys = [(seed, purpose) for seed in (0, 1, 2**53 - 1) for purpose in ("a", "b", "a, ties")]
    table = np.array([stream(seed, purpose).random(20_000) for seed, purpose in keys])
    for row in table:
        assert stats.kstest(row, "uniform").pvalue > 1e-4
    # The correlation of 20 000 pairs: 0.035 is five standard deviations.
    assert np.abs(np.corrcoef(table) - np.eye(len(keys))).max() < 0.035


def test_the_first_numbers_of_many_streams_are_uniform_too() -> None:
    first = np.array([stream(seed, "coins").random(2) for seed in range(5000)])
    for column in first.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    assert np.unique(first).size == first.size


def test_a_stream_is_the_same_every_time() -> None:
    assert np.array_equal(stream(7, "coins").random(9), stream(7, "coins").random(9))
    assert stream(1, "2 coins").random() != stream(12, "coins").random()


@pytest.mark.parametrize("seed", [-1, 2**53, 0.5, True, "0", None])
def test_streams_from_no_seed(seed: Any) -> None:
    with pytest.raises(ValueError, match=r"seed must be a whole number from 0 to \d+, got "):
        stream(seed, "coins")
