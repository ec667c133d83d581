"""Arguments are read strictly, and refused in words."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from n2uq_viz import checks


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        (1.0, 2.0),
        np.array([1, 2], dtype=np.uint8),
        np.array([1, 2], np.float32),
        range(1, 3),
    ],
)
def test_numbers_become_float64(values: Any) -> None:
    found = checks.real_array("x", values)
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, 2.0]


def test_a_copy_is_made() -> None:
    mine = np.array([1.0, 2.0])
    checks.real_array("x", mine)[0] = 9.0
    assert mine[0] == 1.0


@pytest.mark.parametrize(
    "values",
    [
        "12",
        ["1", "2"],
        b"12",
        [True, 2.0],
        [[1.0, 2.0], [np.True_, 3.0]],
        np.array([True]),
        True,
        [1 + 2j],
        [None],
        None,
        [[1.0], [1.0, 2.0]],
        {"a": 1},
        [10**400],
        [Fraction(1, 2)],
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        (i for i in range(2)),
    ],
)
def test_anything_else_is_refused(values: Any) -> None:
    with pytest.raises(ValueError, match=r"^x must be real numbers, got .*; give ints or floats$"):
        checks.real_array("x", values)


def test_a_long_double_beyond_float64_becomes_infinite_without_a_warning() -> None:
    huge = np.array([np.finfo(np.longdouble).max, 1], dtype=np.longdouble)
    assert checks.real_array("x", huge)[1] == 1.0


def test_float64_inputs_are_not_copied() -> None:
    x = np.zeros(3)
    assert np.shares_memory(checks.inputs(x), x)


def test_at_least_one_input() -> None:
    assert checks.some_inputs([[1]]).shape == (1, 1)
    assert checks.some_inputs(np.nan).shape == ()
    for shape in ((0,), (3, 0)):
        with pytest.raises(ValueError, match=r"x must hold at least 1 number, got shape \("):
            checks.some_inputs(np.zeros(shape))


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.array(2), np.array([2.0]), [2]])
def test_one_number(value: Any) -> None:
    assert checks.number("start", value) == 2.0
    assert type(checks.number("start", value)) is float


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, [1, 2], [], "2", None, True, 2j])
def test_not_one_finite_number(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^start must be one finite number, got "):
        checks.number("start", value)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_not_positive(value: float) -> None:
    with pytest.raises(ValueError, match=r"^eps must be one finite number above 0, got "):
        checks.number("eps", value, positive=True)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), 3.0, np.float32(3)])
def test_whole_numbers(value: Any) -> None:
    assert checks.whole_number("bits", value, 1, 8) == 3
    assert type(checks.whole_number("bits", value, 1, 8)) is int


@pytest.mark.parametrize(
    "value", [0, 9, -1, 2.5, True, False, np.True_, "3", None, np.nan, np.inf, [3], 3j, 10**30]
)
def test_not_whole_numbers_in_range(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^bits must be a whole number from 1 to 8, got "):
        checks.whole_number("bits", value, 1, 8)


def test_the_refusal_repeats_what_was_received_but_not_at_length() -> None:
    with pytest.raises(ValueError, match=re.escape("got [0, 1, 2, 3, 4, 5, ...]")):
        checks.whole_number("bits", list(range(1000)), 1, 8)


@pytest.mark.parametrize("value", ["", "Chord", None, 1, ["chord"]])
def test_choice_names_what_would_do(value: Any) -> None:
    with pytest.raises(ValueError, match='slope must be one of "chord", "unit", got '):
        checks.choice("slope", value, ("chord", "unit"))
    with pytest.raises(ValueError, match='method must be "draws", got '):
        checks.choice("method", value, ("draws",))
    assert checks.choice("slope", "unit", ("chord", "unit")) == "unit"
