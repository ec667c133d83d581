"""A learner's function is read as its values at a few points, however it wants to be called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from n2uq_viz.course.answers import (
    FloatArray,
    NotAnswered,
    Unreadable,
    is_blank,
    number,
    short,
    show_number,
)
from n2uq_viz.words import say


def function(
    at: Iterable[float] | Iterable[tuple[float, ...]], names: Sequence[str] = ("x",)
) -> Callable[[Any], FloatArray]:
    """Return a reader of a learner's function, as its values at the points ``at``.

    It is called once for each point; if it cannot do that, once with an array of all of them.

    Parameters
    ----------
    at
        Points; for a function of several numbers, tuples of them.
    names
        What these numbers are called when something is said about a point.

    Examples
    --------
    >>> function([0.0, 4.0])(lambda x: x / 2), function([0.0, 4.0])(lambda x: 1 if x > 3 else 0)
    (array([0., 2.]), array([0., 1.]))
    >>> function([(1.0, 5.0), (2.0, 5.0)], ("x", "y"))(lambda x, y: x * y)
    array([ 5., 10.])
    """
    points = np.array([np.atleast_1d(point) for point in at], dtype=np.float64)

    def read(answer: Any) -> FloatArray:
        if is_blank(answer):
            raise NotAnswered
        if not callable(answer):
            raise Unreadable(say("course.answer.function", got=short(answer)))
        try:
            return np.array([_one_value(answer, point.tolist(), names) for point in points])
        except Unreadable:
            whole = _whole_array(answer, list(points.T.copy()))
            if whole is None:
                raise
            return whole

    return read


def _whole_array(answer: Callable[..., Any], points: Sequence[FloatArray]) -> FloatArray | None:
    """The function's values for arrays, or None where it cannot do that either."""
    size = points[0].shape
    try:
        found = np.asarray(answer(*points), dtype=np.float64)
    except Exception:  # a learner's code may fail in any way
        return None
    return found if found.shape == size and np.isfinite(found).all() else None


def _one_value(answer: Callable[..., Any], point: Sequence[float], names: Sequence[str]) -> float:
    at = ", ".join(f"{name} = {show_number(x)}" for name, x in zip(names, point, strict=True))
    try:
        value = answer(*point)
    except Exception as error:  # whatever the learner's code raises is told to the learner
        what = f"{type(error).__name__}: {short(str(error))}"
        raise Unreadable(say("course.answer.function_failed", at=at, error=what)) from None
    if value is None:
        raise Unreadable(say("course.answer.no_return", at=at))
    if is_blank(value):
        raise NotAnswered
    try:
        return number()(value)
    except Unreadable as error:
        raise Unreadable(
            say("course.answer.function_value", at=at, got=short(value), why=str(error))
        ) from None
