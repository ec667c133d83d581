"""What a learner gives is read with good will: the same answer counts, however it is written.

A number may come as ``0.25``, ``"1/4"``, ``"0,25"``, ``"25 %"``, ``[0.25]`` or a NumPy value; code
may work on arrays or on one number at a time. What cannot be read gets a line that says why, never
an error.
"""

from __future__ import annotations

import itertools
import math
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.course import arithmetic
from n2uq_viz.words import say

FloatArray = NDArray[np.float64]

#: Most numbers that are read out of one answer.
MOST_NUMBERS = 1000
#: How deep lists may be nested.
DEEPEST = 4
#: Python turns some of these into numbers, or into lists of them, but nobody means that.
_NO_NUMBERS = (bool, np.bool_, complex, bytes, bytearray, set, frozenset, Mapping, type)


class NotAnswered(Exception):
    """The answer is still the placeholder ``...``, or empty."""


class Unreadable(Exception):
    """The answer cannot be read; the text says what would do."""


def short(answer: object) -> str:
    """One short line for any object at all.

    Examples
    --------
    >>> short([0.5] * 99)
    '[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, ...]'
    """
    try:
        text = answer if isinstance(answer, str) else reprlib.repr(answer)
    except Exception:  # a learner's own __repr__ may fail in any way
        text = type(answer).__name__
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def show_number(value: float, *, signed: bool = False) -> str:
    """A number as people write it: no minus zero, no rounding noise.

    Examples
    --------
    >>> show_number(0.1 + 0.2), show_number(-0.0), show_number(0.1, signed=True)
    ('0.3', '0', '+0.1')
    """
    rounded = float(f"{value:.6g}") + 0.0
    text = f"{rounded:+g}" if signed and rounded else f"{rounded:g}"
    return text.replace("-", "−")


def is_blank(answer: Any) -> bool:
    """Whether nothing has been answered yet: ``...``, None, an empty text or a list with a ``...``.

    Examples
    --------
    >>> is_blank([0.1, ...]), is_blank(0)
    (True, False)
    """
    if answer is ... or answer is None:
        return True
    if isinstance(answer, str):
        return answer.strip() in ("", "...", "…")
    if isinstance(answer, (list, tuple)):
        return not answer or any(a is ... or a is None for a in answer)
    if not isinstance(answer, np.ndarray):
        return False
    return not answer.size or (answer.dtype == object and any(a is ... for a in answer.flat))


def number(*, units: Mapping[str, float] | None = None) -> Callable[[Any], float]:
    """Return a reader of one finite number.

    Parameters
    ----------
    units
        Unit (lower case) -> what one of it counts as, for texts such as ``"250 kB"``; percent is
        always understood.

    Returns
    -------
    callable
        Answer -> float; raises `NotAnswered` or `Unreadable`.

    Examples
    --------
    >>> read = number(units={"kb": 1000.0})
    >>> read("1/4"), read("250 kB"), read("25 %"), read([0.25])
    (0.25, 250000.0, 0.25, 0.25)
    """

    def read(answer: Any) -> float:
        found = _floats(answer, units or {}, lists_in_text=False)
        if len(found) != 1:
            raise Unreadable(say("course.answer.one_number", count=len(found)))
        return found[0]

    return read


def numbers(count: int | None = None) -> Callable[[Any], FloatArray]:
    """Return a reader of several finite numbers, as a 1-D float64 array.

    Parameters
    ----------
    count
        How many are wanted; None leaves a wrong number of them to the exercise's own checks.

    Examples
    --------
    >>> numbers(2)("1/3; 2/3"), numbers()([[1], [2]])
    (array([0.33333333, 0.66666667]), array([1., 2.]))
    """

    def read(answer: Any) -> FloatArray:
        found = _floats(answer, {}, lists_in_text=True)
        if count is not None and len(found) != count:
            raise Unreadable(say("course.answer.count", wanted=count, got=len(found)))
        return np.array(found, dtype=np.float64)

    return read


def choice(options: Mapping[str, Sequence[str]]) -> Callable[[Any], str]:
    """Return a reader of one option out of several.

    Parameters
    ----------
    options
        Name of each option -> other ways to write it. Capitals and spaces do not matter.

    Examples
    --------
    >>> choice({"left": ("to the left",), "right": ()})(" To the LEFT ")
    'left'
    """
    known = {_plain(text): name for name, others in options.items() for text in (name, *others)}

    def read(answer: Any) -> str:
        if is_blank(answer):
            raise NotAnswered
        found = known.get(_plain(answer)) if isinstance(answer, str) else None
        if found is None:
            raise Unreadable(
                say("course.answer.choice", options=", ".join(options), got=short(answer))
            )
        return found

    return read


def near(wanted: Any, tolerance: float = 1e-3) -> Callable[[Any], bool]:
    """Return a test for a number or an array being equal to ``wanted`` up to rounding.

    Parameters
    ----------
    tolerance
        Largest difference, as a share of the largest wanted size.

    Examples
    --------
    >>> near(1 / 3)(0.3334), near([1.0, 2.0])([1.0]), near(0.0)(0.01)
    (True, False, False)
    """
    target = np.asarray(wanted, dtype=np.float64)
    size = float(np.max(np.abs(target))) or 1.0

    def test(value: Any) -> bool:
        found = np.asarray(value, dtype=np.float64)
        if found.shape != target.shape:
            return False
        with np.errstate(over="ignore"):
            return bool(np.all(np.abs(found - target) <= tolerance * size))

    return test


def for_saving(value: Any) -> Any:
    """The answer as JSON can hold it, or None where it cannot (code stays in the notebook).

    Examples
    --------
    >>> for_saving(np.array([0.5, 1.0])), for_saving(print)
    ([0.5, 1.0], None)
    """
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value if isinstance(value, (str, int, float)) else None


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().rstrip(".")


def _floats(answer: Any, units: Mapping[str, float], *, lists_in_text: bool) -> list[float]:
    if is_blank(answer):
        raise NotAnswered
    if isinstance(answer, str) and lists_in_text:
        answer = arithmetic.split(answer)
    found = list(itertools.islice(_walk(answer, units, 0), MOST_NUMBERS + 1))
    if len(found) > MOST_NUMBERS:
        raise Unreadable(say("course.answer.too_many", most=MOST_NUMBERS))
    if not found:
        raise NotAnswered
    return found


def _walk(answer: Any, units: Mapping[str, float], depth: int) -> Iterable[float]:
    """Every number in an answer, in order, however it is wrapped."""
    if isinstance(answer, str):
        yield _finite(_from_text(answer, units), answer)
    elif isinstance(answer, _NO_NUMBERS):
        raise Unreadable(say("course.answer.not_number", got=short(answer)))
    elif _is_one(answer):
        try:
            # A torch tensor that still follows gradients has to let go of them first.
            value = float(answer.detach() if hasattr(answer, "detach") else answer)
        except Exception:  # any object may call itself a number
            raise Unreadable(say("course.answer.not_number", got=short(answer))) from None
        yield _finite(value, answer)
    elif isinstance(answer, Iterable) and depth < DEEPEST:
        parts = iter(answer)
        while True:
            try:
                part = next(parts)
            except StopIteration:
                return
            except Exception:
                raise Unreadable(say("course.answer.not_number", got=short(answer))) from None
            if is_blank(part):
                raise NotAnswered
            yield from _walk(part, units, depth + 1)
    else:
        raise Unreadable(say("course.answer.not_number", got=short(answer)))


def _is_one(answer: Any) -> bool:
    """Whether an object is one number, such as a NumPy scalar or a fraction, and not several."""
    try:
        return hasattr(answer, "__float__") and not np.ndim(answer)
    except Exception:  # any object may fail when asked for its shape
        return False


def _from_text(text: str, units: Mapping[str, float]) -> float:
    try:
        return arithmetic.value(text, units)
    except arithmetic.Ambiguous as error:
        raise Unreadable(say("course.answer.comma", got=short(text), joined=error)) from None
    except ValueError:
        raise Unreadable(say("course.answer.not_number", got=short(text))) from None


def _finite(value: float, answer: Any) -> float:
    if not math.isfinite(value):
        raise Unreadable(say("course.answer.not_finite", got=short(answer)))
    return value
