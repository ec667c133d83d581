"""Summaries: nothing is lost that a level count needs, and nothing broken gets in."""

from __future__ import annotations

import hashlib
import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2uq_viz import datasets
from n2uq_viz.quantizer import Quantizer

samples = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300)


def many(seed: int = 0, size: int = 1000) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(size=size)


def test_few_distinct_values_are_all_kept_exactly() -> None:
    summary = datasets.summarize(np.repeat(np.arange(64) / 7.0, 2))
    assert summary["atoms"] == [[k / 7.0, 2] for k in range(64)]
    assert summary["cells"] == []
    assert (summary["low"], summary["high"]) == (0.0, 63 / 7.0)


def test_65_distinct_values_go_into_cells() -> None:
    summary = datasets.summarize(np.repeat(np.arange(65.0), 100))
    assert summary["atoms"] == [[float(k), 100] for k in range(65)]  # 1/65 is above 1 %
    summary = datasets.summarize(np.arange(101.0))
    assert summary["atoms"] == []
    assert sum(summary["cells"]) == 101
    assert summary["cells"][0] == summary["cells"][-1] == 1


def test_a_shared_value_is_kept_apart_from_the_cells() -> None:
    values = np.concatenate([np.zeros(500), 1.0 + np.abs(many(size=500))])
    summary = datasets.summarize(values)
    assert summary["atoms"] == [[0.0, 500]]
    assert summary["low"] == values[500:].min()
    assert summary["high"] == values[500:].max()
    counts, _ = np.histogram(values[500:], bins=512)
    np.testing.assert_array_equal(summary["cells"], counts)


def test_one_value_left_over_becomes_exact_too() -> None:
    values = np.concatenate([np.repeat(np.arange(64.0), 200), [99.0]])
    summary = datasets.summarize(values)
    assert summary["atoms"][-1] == [99.0, 1]
    assert summary["cells"] == []


def test_hash_is_that_of_the_little_endian_float64_bytes() -> None:
    values = [1.5, -2.0, 0.25]
    expected = hashlib.sha256(struct.pack("<3d", *values)).hexdigest()
    assert datasets.summarize(values)["sha256"] == expected
    assert datasets.summarize(np.array(values, dtype=">f4"))["sha256"] == expected


def test_minus_zero_and_zero_are_one_value() -> None:
    atoms = datasets.summarize([-0.0, 0.0, 1.0])["atoms"]
    assert json.dumps(atoms) == "[[0.0, 2], [1.0, 1]]"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "a sample must hold at least 1 number, got none"),
        (
            [1.0, float("nan"), 2.0],
            "a sample must be finite numbers, got 1 others, .* nan at place 1",
        ),
        ([float("inf")], "a sample must be finite numbers, got 1 others, .* inf at place 0"),
        (["a"], "a sample must be real numbers, got"),
        ([True, False], "a sample must be real numbers, got"),
        ([1 + 2j], "a sample must be real numbers, got"),
        ([[1.0], [1.0, 2.0]], "a sample must be real numbers, got"),
        ([-1.7e308, 1.7e308], "a sample must not span more than float64 holds"),
    ],
)
def test_summarize_rejects(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        datasets.summarize(values)


@given(samples)
def test_every_summary_passes_its_own_check_and_json(values: list[float]) -> None:
    summary = datasets.summarize(values)
    assert datasets.check_summary(json.loads(json.dumps(summary, allow_nan=False))) == summary


@given(samples)
def test_points_hold_every_sample_within_half_a_cell(values: list[float]) -> None:
    summary = datasets.summarize(values)
    found, counts = datasets.points(summary)
    assert counts.sum() == len(values)
    assert np.all(counts > 0)
    assert np.all(np.diff(found) >= 0)
    width = (summary["high"] - summary["low"]) / 512
    exact = np.sort(np.asarray(values))
    assert np.all(np.abs(np.repeat(found, counts) - exact) <= 0.5001 * width + 1e-9)


def test_cells_narrower_than_floats_still_count_everything() -> None:
    values = 1.0 + np.arange(200) * np.spacing(1.0)
    summary = datasets.summarize(values)
    assert sum(summary["cells"]) == 200
    assert np.all(np.diff(datasets.points(summary)[0]) >= 0)


def test_occupancy_is_exact_for_atoms_and_within_a_cell_otherwise() -> None:
    q = Quantizer.uniform(2)
    pixels = datasets.occupancy(q, datasets.summary("digit_pixels"))
    exact = np.bincount(q.codes(datasets.load("digit_pixels")), minlength=4) / (1797 * 64)
    np.testing.assert_allclose(pixels, exact, rtol=0, atol=1e-15)

    summary = datasets.summary("digit_filter")
    values = datasets.load("digit_filter")
    shares = datasets.occupancy(q, summary)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    exact = np.bincount(q.codes(values), minlength=4) / values.size
    assert np.abs(shares - exact).max() <= 2 * max(summary["cells"]) / summary["count"]


def test_entropy() -> None:
    assert datasets.entropy_bits(np.full(16, 1 / 16)) == 4.0
    assert datasets.entropy_bits([0.5, 0.25, 0.25, 0.0]) == 1.5
    for bad in ([0.5, 0.4], [1.5, -0.5], [float("nan"), 1.0], [[1.0]]):
        with pytest.raises(ValueError, match="shares must be numbers from 0 to 1 that add up to 1"):
            datasets.entropy_bits(bad)


def test_check_summary_returns_plain_numbers_and_only_known_keys() -> None:
    summary = datasets.summarize([0, 0, 1])
    sent = {**summary, "count": 3.0, "low": np.float64(0.0), "path": "/home/me/secret.npy"}
    found = datasets.check_summary(sent)
    assert found == summary
    assert json.dumps(found) == json.dumps(summary)


GOOD = datasets.summarize([0.0, 0.0, 1.0])
SPREAD = datasets.summarize(many())


@pytest.mark.parametrize("key", sorted(GOOD))
def test_check_summary_names_a_missing_key(key: str) -> None:
    with pytest.raises(ValueError, match=f"'{key}' is missing"):
        datasets.check_summary({k: v for k, v in GOOD.items() if k != key})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 4}, "cells and atoms must add up to count = 4, got 3"),
        ({"count": 0}, "count must be a whole number from 1 to"),
        ({"count": 2.5}, "count must be a whole number from 1 to"),
        ({"low": float("nan")}, "low must be one finite number, got nan"),
        ({"low": 2.0}, "low must be below high, and not infinitely far, got 2.0 and 1.0"),
        ({"low": -1.7e308, "high": 1.7e308}, "low must be below high, and not infinitely far"),
        ({"high": "1"}, "high must be one finite number, got '1'"),
        ({"cells": [1, 2]}, "cells must be 512 counts or none, got 2"),
        ({"cells": "none"}, "cells must be a list, got 'none'"),
        ({"cells": [-1] + 511 * [0]}, r"cells\[0\] must be a whole number from 0 to 3, got -1"),
        ({"cells": 512 * [0], "low": 1.0}, "low must be below high"),
        ({"atoms": [[1.0, 1], [0.0, 2]]}, "atoms must increase, got 0.0 at place 1 after 1.0"),
        ({"atoms": [[0.0, 1], [0.0, 2]]}, "atoms must increase"),
        ({"atoms": [[0.0, 0], [1.0, 3]]}, r"atoms\[0\]\[1\] must be a whole number from 1 to 3"),
        ({"atoms": [[float("inf"), 3]]}, r"atoms\[0\]\[0\] must be one finite number, got inf"),
        ({"atoms": [[1.0]]}, r"atoms\[0\] must be two numbers, got \[1.0\]"),
        ({"atoms": [[float(k), 1] for k in range(101)]}, "atoms must be at most 100, got 101"),
        ({"range": [1.0, 0.0]}, r"range must be \[low, high\], got \[1.0, 0.0\]"),
        ({"range": [1.0]}, "range must be two numbers"),
        ({"sha256": "abc"}, "sha256 must be 64 hexadecimal digits, got 'abc'"),
    ],
)
def test_check_summary_rejects(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        datasets.check_summary({**GOOD, **change})


def test_check_summary_rejects_what_is_no_object() -> None:
    with pytest.raises(ValueError, match="a summary must be a JSON object, got list"):
        datasets.check_summary([1, 2])


def test_check_summary_accepts_cells() -> None:
    assert datasets.check_summary(SPREAD) == SPREAD
