"""Reading what learners give: many ways to write the right thing, a kind line for all others."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from n2uq_viz.course import answers, functions
from n2uq_viz.course.answers import NotAnswered, Unreadable

BLANK: list[Any] = [..., None, "", "  ", "...", "…", [...], [0.1, ...], (None,), [], np.array([])]
NONSENSE: list[Any] = [
    "banana",
    "1 +",
    "__import__('os')",
    "1/0",
    "9**9**9",
    "(-1)**0.5",
    "x" * 5000,
    "(1" * 75,
    object(),
    {},
    {"a": 1},
    {1.0},
    b"0.25",
    True,
    [True, False],
    1j,
    math.nan,
    math.inf,
    [[[[[1.0]]]]],
    print,
    int,
    [0.1, "pear"],
]


class Rude:
    """An object that fails whatever is asked of it."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __float__(self) -> float:
        raise RuntimeError("no")


class RudeList:
    """A list that fails while it is read."""

    def __iter__(self) -> Any:
        yield 1.0
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "answer",
    [
        0.25,
        "0.25",
        "1/4",
        "0,25",
        " +0.25 ",
        "25 %",
        "25%",
        "2.5e-1",
        "sqrt(1/16)",
        "2^-2",
        "(1 − 0.75)",
        [0.25],
        (0.25,),
        np.float32(0.25),
        np.array(0.25),
        np.array([[0.25]]),
        Fraction(1, 4),
        Decimal("0.25"),
        torch.tensor(0.25, requires_grad=True),
        torch.tensor([0.25]),
        [["1/4"]],
    ],
    ids=repr,
)
def test_one_number_is_read_however_it_is_written(answer: Any) -> None:
    assert answers.number()(answer) == pytest.approx(0.25, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "value"),
    [("250 kB", 250_000.0), ("1/4 MB", 250_000.0), ("2 b", 2.0), ("-3 bytes", -3.0)],
)
def test_units_count(text: str, value: float) -> None:
    units = {"b": 1.0, "bytes": 1.0, "kb": 1e3, "mb": 1e6}
    assert answers.number(units=units)(text) == value


def test_thousands_and_decimal_commas_are_told_apart_or_asked_about() -> None:
    read = answers.number()
    assert read("1,000,000") == 1e6
    assert read("0,125") == 0.125
    assert read("1,5") == 1.5
    with pytest.raises(Unreadable, match="Write 1125, or use a point"):
        read("1,125")


@pytest.mark.parametrize(
    "answer",
    [
        [0.25, 1, 1.75],
        (0.25, 1, 1.75),
        np.array([0.25, 1, 1.75]),
        np.array([[0.25], [1], [1.75]]),
        ["1/4", "1", "7/4"],
        "1/4, 1, 7/4",
        "[0.25, 1, 1.75]",
        "0,25; 1; 1,75",
        "0.25 1 1.75",
        (x for x in (0.25, 1, 1.75)),
        {0.25: "a", 1: "b", 1.75: "c"}.keys(),
        torch.tensor([0.25, 1, 1.75], dtype=torch.float64),
    ],
    ids=lambda a: type(a).__name__,
)
def test_several_numbers_are_read_however_they_come(answer: Any) -> None:
    np.testing.assert_array_equal(answers.numbers(3)(answer), [0.25, 1.0, 1.75])


def test_a_wrong_count_is_told() -> None:
    with pytest.raises(Unreadable, match=r"3 numbers are wanted here.* and 2 came"):
        answers.numbers(3)([1, 2])
    with pytest.raises(Unreadable, match="One number is wanted here, and 2 came"):
        answers.number()((250, 0))
    with pytest.raises(Unreadable, match="More than 1000 numbers"):
        answers.numbers()(itertools.count())


@pytest.mark.parametrize("answer", BLANK, ids=repr)
def test_a_blank_is_not_answered_yet(answer: Any) -> None:
    for read in (answers.number(), answers.numbers(3)):
        with pytest.raises(NotAnswered):
            read(answer)


@pytest.mark.parametrize("answer", [*NONSENSE, Rude(), RudeList()], ids=lambda a: type(a).__name__)
def test_nonsense_gets_a_line_in_words(answer: Any) -> None:
    for read in (answers.number(), answers.numbers()):
        with pytest.raises(Unreadable, match=r"wanted|came"):
            read(answer)


EVERYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | st.text(alphabet="0123456789.,+-*/^() e%", max_size=30),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(EVERYTHING)
@settings(max_examples=300, deadline=None)
def test_no_answer_at_all_makes_a_reader_stumble(answer: Any) -> None:
    for read in (answers.number(), answers.numbers(), answers.choice({"a": ()})):
        try:
            value = read(answer)
        except (NotAnswered, Unreadable):
            continue
        assert isinstance(value, str) or np.isfinite(value).all()


def test_choices_forgive_spelling() -> None:
    read = answers.choice({"left": ("to the left", "←"), "right": ()})
    assert [read(a) for a in ("LEFT", "to  the left.", "←", "Right")] == ["left"] * 3 + ["right"]
    with pytest.raises(Unreadable, match=r"Choose one of: left, right\. This came: up"):
        read("up")
    with pytest.raises(Unreadable, match="Choose one of"):
        read(3)
    with pytest.raises(NotAnswered):
        read(...)


def test_a_function_may_take_arrays_or_numbers() -> None:
    read = functions.function([0.0, 1.0, 4.0])
    np.testing.assert_array_equal(read(lambda x: x**2), [0.0, 1.0, 16.0])
    np.testing.assert_array_equal(read(lambda x: 1 if x > 0.5 else 0), [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(read(math.sqrt), [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(read(lambda _x: 3.0), [3.0, 3.0, 3.0])
    np.testing.assert_array_equal(read(lambda x: x[[0, 1, 2]] * 2), [0.0, 2.0, 8.0])
    # NumPy's vectorize would round all values to the type of the first one.
    half = np.vectorize(lambda x: x / 2 if x else 0)
    np.testing.assert_array_equal(read(half), [0.0, 0.5, 2.0])


def test_a_function_cannot_spoil_the_points_for_the_next_one() -> None:
    read = functions.function([1.0, 2.0])

    def spoil(x: Any) -> Any:
        x[:] = 0.0
        return x

    np.testing.assert_array_equal(read(spoil), [0.0, 0.0])
    np.testing.assert_array_equal(read(lambda x: x), [1.0, 2.0])


def test_what_goes_wrong_in_a_function_is_told() -> None:
    read = functions.function([0.0, 2.0])
    with pytest.raises(Unreadable, match="stopped at x = 0 with ZeroDivisionError: "):
        read(lambda x: 1 / float(x))
    with pytest.raises(Unreadable, match="stopped at x = 0 with TypeError"):
        read(lambda: 1)
    with pytest.raises(
        Unreadable, match=r"At x = 0 your function returned pear\. A number is wanted"
    ):
        read(lambda _x: "pear")
    with pytest.raises(Unreadable, match=r"A function is wanted here.* This came: 0\.5"):
        read(0.5)
    with pytest.raises(Unreadable, match=r"returned nothing\. Does it end with `return`"):
        read(lambda _x: None)
    for blank in (..., lambda _x: ...):
        with pytest.raises(NotAnswered):
            read(blank)


def test_a_function_of_several_numbers_is_called_point_by_point() -> None:
    read = functions.function([(0.5, 2.0), (3.0, -1.0)], ("x", "upstream"))
    np.testing.assert_array_equal(read(lambda x, g: g if abs(x) < 1 else 0), [2.0, 0.0])
    np.testing.assert_array_equal(read(lambda x, g: np.where(x < 1, g, 7.0)), [2.0, 7.0])
    # What needs all points at once gets one array for each number.
    np.testing.assert_array_equal(read(lambda x, g: (x * g)[[0, 1]]), [1.0, -3.0])
    with pytest.raises(Unreadable, match=r"stopped at x = 0\.5, upstream = 2 with TypeError"):
        read(lambda x: x)
    with pytest.raises(Unreadable, match=r"At x = 3, upstream = −1 your function returned nothing"):
        read(lambda x, g: g if x < 1 else None)


def test_near_is_about_rounding_and_not_about_more() -> None:
    assert answers.near([1 / 3, 2 / 3])([0.3333, 0.6667])
    assert not answers.near([1 / 3, 2 / 3])([0.33, 0.67])
    assert answers.near([1 / 3, 2 / 3], 0.01)([0.33, 0.67])
    assert not answers.near([0.0, 1.0])([0.0, 1.0, 1.0])
    assert not answers.near(1.0)(1e308)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_shown_so_that_they_read_back(value: float) -> None:
    text = answers.show_number(value, signed=True)
    assert answers.number()(text) == pytest.approx(value, rel=1e-5, abs=1e-300)
    assert text != "−0"
