"""What an entry of the table is made of: its parameters, its formulas, and the noise or none."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from n2uq_viz.checks import FloatArray, choice, number, real_array, whole_number
from n2uq_viz.surrogates.noise import Noise
from n2uq_viz.words import say

#: Checked parameters by name.
Values = Mapping[str, Any]
Formula = Callable[[FloatArray, Values], FloatArray]

__all__ = ["Formula", "Latex", "NoNoise", "Parameter", "Rule", "Values"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a surrogate, and what it may be.

    Attributes
    ----------
    default
        Its value where none is given.
    key
        Where its meaning stands among the words.
    low, high
        The least and the greatest value, both allowed.
    shown
        The range worth a slider, inside of [low, high].
    kind
        ``"number"``, ``"whole"``, ``"array"`` (numbers of any shape that broadcasts with x),
        ``"word"`` (one of `words`) or ``"object"`` (an instance of `type`).
    words, type
        See `kind`. A parameter of kind ``"word"`` may have a `type` too, for what has no name.
    """

    default: Any
    key: str
    low: float = -math.inf
    high: float = math.inf
    shown: tuple[float, float] = (-math.inf, math.inf)
    kind: str = "number"
    words: tuple[str, ...] = ()
    type: type | None = None

    @property
    def meaning(self) -> str:
        """What it does, in words, with its unit."""
        return say(self.key)

    def check(self, name: str, value: Any) -> Any:
        """Return `value` if it will do, as a float, an int or what it is.

        Raises
        ------
        ValueError
            It will not; the message says what would.
        """
        if self.type is not None and isinstance(value, self.type):
            return value
        if self.kind == "word":
            return choice(name, value, self.words)
        if self.kind == "object":
            wanted = "" if self.type is None else self.type.__name__
            raise ValueError(f"{name} must be a {wanted}, got {reprlib.repr(value)}")
        if self.kind == "whole":
            return whole_number(name, value, int(self.low), int(self.high))
        if self.kind == "array":
            return real_array(name, value)
        found = number(name, value)
        if not self.low <= found <= self.high:
            raise ValueError(
                f"{name} must be a number from {self.low:g} to {self.high:g}, got {found:g}"
            )
        return found


@dataclass(frozen=True)
class Latex:
    """The formulas of a surrogate in LaTeX, without dollar signs."""

    forward: str
    derivative: str
    #: By name of the parameter.
    partial: Mapping[str, str]


@dataclass(frozen=True)
class NoNoise:
    """Why no noise stands behind a surrogate: one of the reasons among the words."""

    reason: str
    area: float = math.inf


@dataclass(frozen=True)
class Rule:
    """The formulas of a surrogate: functions of float64 arrays and checked parameters.

    Attributes
    ----------
    staircase
        -> thresholds, shape (L,), and levels, shape (L + 1,).
    smooth, derivative
        The curve that stands for the staircase, and its derivative.
    laws
        -> the noise of each threshold, or one for all of them; or why there is none.
    kinks
        -> inputs where the curve is not smooth, besides the thresholds.
    partial
        Name of a parameter that is learned -> derivative with respect to it.
    """

    staircase: Callable[[Values], tuple[FloatArray, FloatArray]]
    smooth: Formula
    derivative: Formula
    laws: Callable[[Values], tuple[Noise, ...] | NoNoise]
    kinks: Callable[[Values], tuple[float, ...]]
    partial: Mapping[str, Formula]
