"""What counts as a usable argument, said once.

Every public function answers bad input with one `ValueError` that tells the rule, the value it
received and what would do. Those sentences are made here, so that they read the same everywhere
and the functions themselves hold mathematics only.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

__all__ = [
    "FloatArray",
    "choice",
    "increasing",
    "inputs",
    "instance",
    "low_high",
    "number",
    "real_array",
    "sequence",
    "some_inputs",
    "whole_number",
]


def real_array(name: str, values: ArrayLike) -> FloatArray:
    """Return `values`, of any shape, as a new float64 array; NaN and infinities may pass.

    Raises ValueError for strings, truth values, complex numbers, dates and ragged nesting.

    >>> real_array("x", [1, 2])
    array([1., 2.])
    >>> real_array("x", ["1", "2"])
    Traceback (most recent call last):
    ValueError: x must be real numbers, got ['1', '2']; give ints or floats
    """
    if isinstance(values, np.ndarray) and values.dtype == np.float64:
        return np.array(values)
    try:
        found = np.asarray(values)
        # A truth value among numbers would otherwise pass silently as 0 or 1.
        usable = found.dtype.kind in "iuf" and not _holds_truth_values(values)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        usable = False
    if not usable:
        raise ValueError(
            f"{name} must be real numbers, got {reprlib.repr(values)}; give ints or floats"
        )
    with np.errstate(over="ignore"):
        return np.array(found, dtype=np.float64)


def _holds_truth_values(values: Any) -> bool:
    if isinstance(values, bool | np.bool_):
        return True
    # Arrays have one kind for all elements, which the caller has looked at already.
    if isinstance(values, list | tuple):
        return any(_holds_truth_values(value) for value in values)
    return False


def inputs(values: ArrayLike) -> FloatArray:
    """Return the inputs `x` of a curve as float64, of any shape; NaN and infinities may pass.

    Unlike `real_array` it does not copy an array that is float64 already.

    >>> inputs(3)
    array(3.)
    >>> inputs([])
    array([], dtype=float64)
    """
    if isinstance(values, np.ndarray) and values.dtype == np.float64:
        return np.asarray(values)
    return real_array("x", values)


def some_inputs(values: ArrayLike) -> FloatArray:
    """Return the inputs `x` as `inputs` does, of which there must be at least one.

    >>> some_inputs([])
    Traceback (most recent call last):
    ValueError: x must hold at least 1 number, got shape (0,)
    """
    array = inputs(values)
    if array.size == 0:
        raise ValueError(f"x must hold at least 1 number, got shape {array.shape}")
    return array


def number(name: str, value: ArrayLike, *, positive: bool = False) -> float:
    """Return `value`, one finite number, as a float; `positive` also asks for more than 0.

    An array of one element does as well, since N2UQ keeps its scales in such arrays.

    >>> number("start", np.array([0.5]))
    0.5
    >>> number("input_scale", 0.0, positive=True)
    Traceback (most recent call last):
    ValueError: input_scale must be one finite number above 0, got 0.0
    """
    rule = f"{name} must be one finite number{' above 0' if positive else ''}"
    try:
        found = real_array(name, value)
    except ValueError:
        raise ValueError(f"{rule}, got {reprlib.repr(value)}") from None
    result = float(found.reshape(-1)[0]) if found.size == 1 else math.nan
    if not math.isfinite(result) or (positive and result <= 0.0):
        raise ValueError(f"{rule}, got {reprlib.repr(value)}")
    return result


def sequence(name: str, values: ArrayLike) -> FloatArray:
    """Return `values`, a 1-D sequence of finite numbers, as a new float64 array.

    >>> sequence("intervals", [1.0, float("inf")])
    Traceback (most recent call last):
    ValueError: intervals must be finite, got intervals[1] = inf; replace it by a number
    """
    array = real_array(name, values)
    if array.ndim != 1:
        raise ValueError(
            f"{name} must be a 1-D sequence of numbers, got shape {array.shape}; flatten it"
        )
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        i = int(bad[0])
        raise ValueError(
            f"{name} must be finite, got {name}[{i}] = {array[i]}; replace it by a number"
        )
    return array


def increasing(name: str, values: ArrayLike) -> FloatArray:
    """Return `values`, at least 2 strictly increasing finite numbers, as a new float64 array.

    >>> increasing("levels", [0, 1, 1])
    Traceback (most recent call last):
    ValueError: levels must be strictly increasing, got levels[2] = 1.0 after levels[1] = 1.0; \
sort them and drop repeats
    """
    array = sequence(name, values)
    if array.size < 2:
        raise ValueError(
            f"{name} must hold at least 2 numbers, the two ends of one step, got {array.size}"
        )
    bad = np.flatnonzero(array[1:] <= array[:-1])
    if bad.size:
        i = int(bad[0])
        raise ValueError(
            f"{name} must be strictly increasing, got {name}[{i + 1}] = {array[i + 1]} after "
            f"{name}[{i}] = {array[i]}; sort them and drop repeats"
        )
    return array


def low_high(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a range, finite and in order, as floats.

    >>> low_high(2, 2)
    Traceback (most recent call last):
    ValueError: low must be less than high, got low = 2.0 and high = 2.0
    """
    bottom, top = number("low", low), number("high", high)
    if not bottom < top:
        raise ValueError(f"low must be less than high, got low = {bottom} and high = {top}")
    return bottom, top


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """Return `value`, a whole number from `low` to `high` inclusive, as an int.

    Whole floats such as 1e6 do; truth values and strings do not.

    >>> whole_number("draws", 1e6, 1, 10**12)
    1000000
    >>> whole_number("bits", 2.5, 1, 8)
    Traceback (most recent call last):
    ValueError: bits must be a whole number from 1 to 8, got 2.5
    """
    if type(value) is int and low <= value <= high:
        return value
    is_whole = isinstance(value, int | np.integer)
    # NumPy's stretches of time count as integers, and Python's truth values do.
    is_whole = is_whole and not isinstance(value, bool | np.timedelta64)
    if isinstance(value, float | np.floating):
        is_whole = float(value).is_integer()
    # mypy cannot see through is_whole; low - 1 is refused below like any other wrong value.
    whole = int(value) if is_whole else low - 1  # type: ignore[call-overload]
    if not low <= whole <= high:
        raise ValueError(
            f"{name} must be a whole number from {low} to {high}, got {reprlib.repr(value)}"
        )
    return whole


def instance(name: str, value: object, kind: type, advice: str) -> None:
    """Raise ValueError unless `value` is of that kind; `advice` says where to get one.

    >>> instance("quantizer", None, dict, "make one by dict(...)")
    Traceback (most recent call last):
    ValueError: quantizer must be a dict, got None; make one by dict(...)
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise ValueError(
            f"{name} must be {article} {kind.__name__}, got {reprlib.repr(value)}; {advice}"
        )


def choice(name: str, value: object, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of the `allowed` words.

    >>> choice("slope", "tangent", ("chord", "unit"))
    Traceback (most recent call last):
    ValueError: slope must be one of "chord", "unit", got 'tangent'
    """
    words = tuple(allowed)
    if not (isinstance(value, str) and value in words):
        listed = ", ".join(f'"{word}"' for word in words)
        one_of = f"one of {listed}" if len(words) > 1 else listed
        raise ValueError(f"{name} must be {one_of}, got {reprlib.repr(value)}")
    return value
