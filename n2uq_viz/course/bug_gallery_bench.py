"""The bench of the notebook on bugs: what an operation passes back, a check, and small descents.

Operations are those of the notebook, in PyTorch, which is imported only when something is tried.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, number, real_array, whole_number
from n2uq_viz.course.answers import show_number
from n2uq_viz.words import say

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Comparison", "Run", "compare", "learn", "passed_back"]

#: Largest difference of two numbers that count as equal, as a share of the largest wanted size.
TOLERANCE = 1e-9
#: Differences that are told one by one.
TOLD = 2


@dataclass(frozen=True, repr=False)
class Comparison:
    """What a check found.

    Attributes
    ----------
    what
        What was looked at, in a few words.
    differ
        How many numbers are not as wanted.
    text
        One line that says all that.
    """

    what: str
    differ: int
    text: str

    @property
    def passes(self) -> bool:
        """Whether all numbers are as wanted."""
        return self.differ == 0

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Run:
    """A descent: the parameter after every step, (steps + 1, ...), and the loss there."""

    values: FloatArray
    loss: FloatArray


def passed_back(
    operation: Callable[[Tensor], Tensor], x: ArrayLike, upstream: ArrayLike = 1.0
) -> FloatArray:
    """Return what an operation passes back to `x` for the gradient `upstream` of its output.

    Parameters
    ----------
    operation
        Takes a float64 tensor and returns one of the same shape.
    x, upstream
        Inputs, and gradients with respect to the outputs; shapes that broadcast.

    Raises
    ------
    RuntimeError
        From PyTorch: nothing leads back from the output to the input.

    Examples
    --------
    >>> passed_back(lambda x: x**2, [1.0, 3.0], [1.0, 0.5])
    array([2., 3.])
    """
    import torch

    inputs, above = np.broadcast_arrays(real_array("x", x), real_array("upstream", upstream))
    leaf = torch.tensor(inputs.copy(), dtype=torch.float64, requires_grad=True)
    operation(leaf).backward(torch.tensor(above.copy(), dtype=torch.float64))
    return np.zeros(inputs.shape) if leaf.grad is None else leaf.grad.numpy()


def compare(what: str, found: ArrayLike, wanted: ArrayLike, at: ArrayLike | None = None) -> Any:
    """Compare numbers with those that are wanted, and say where they differ.

    Parameters
    ----------
    what
        What is looked at, in a few words.
    found, wanted
        Arrays whose shapes broadcast. NaN equals nothing.
    at
        The inputs that they belong to, for the words; without them places are counted from 0.

    Returns
    -------
    Comparison
        Shows itself as one line; ``.passes`` is for code.

    Examples
    --------
    >>> compare("slopes", [1.0, 0.5], [1.0, 0.0], at=[0.2, 3.0])
    slopes: FAILS for 1 of 2: at 3 it is 0.5, wanted 0
    >>> compare("slopes", [1.0], [1.0]).passes
    True
    """
    have, want = np.broadcast_arrays(real_array("found", found), real_array("wanted", wanted))
    have, want = have.ravel(), want.ravel()
    where = np.arange(have.size) if at is None else np.broadcast_to(at, have.shape).ravel()
    size = float(np.max(np.abs(want), initial=0.0)) or 1.0
    off = np.flatnonzero(~(np.abs(have - want) <= TOLERANCE * size))
    if not off.size:
        return Comparison(what, 0, say("course.bug_gallery.check.passes", what=what, n=have.size))
    told = "; ".join(
        say(
            "course.bug_gallery.check.one",
            at=show_number(float(where[k])),
            found=_shown(have[k]),
            wanted=_shown(want[k]),
        )
        for k in off[:TOLD]
    )
    key = "course.bug_gallery.check.fails" + ("_more" if off.size > TOLD else "")
    text = say(key, what=what, count=off.size, n=have.size, told=told)
    return Comparison(what, int(off.size), text)


def _shown(value: float) -> str:
    return show_number(round(float(value), 4)) if math.isfinite(value) else str(value)


def learn(loss: Callable[[], Tensor], parameter: Tensor, rate: float, steps: int) -> Run:
    """Let one parameter follow the gradient of a loss, in place.

    Parameters
    ----------
    loss
        Takes nothing and returns a tensor of one number that depends on the parameter.
    parameter
        A leaf that requires its gradient; where it gets none, it stays where it is.
    rate
        Learning rate.
    steps
        From 0 on.

    Examples
    --------
    >>> import torch
    >>> a = torch.tensor(1.0, requires_grad=True)
    >>> learn(lambda: a**2, a, rate=0.25, steps=2).values
    array([1.  , 0.5 , 0.25])
    """
    import torch

    rate, steps = number("rate", rate), whole_number("steps", steps, 0, 10**6)
    values, losses = [], []
    for _ in range(steps + 1):
        parameter.grad = None
        now = loss()
        values.append(parameter.detach().numpy().astype(np.float64))  # astype copies
        losses.append(now.item())
        if now.requires_grad:
            now.backward()
        if parameter.grad is not None and len(losses) <= steps:
            with torch.no_grad():
                parameter -= rate * parameter.grad
    return Run(np.array(values), np.array(losses))
