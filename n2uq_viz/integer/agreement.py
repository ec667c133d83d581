"""Where two ways of computing a net differ, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.integer.net import Trace

__all__ = ["Differences", "differences"]


@dataclass(frozen=True)
class Differences:
    """How many numbers differ between two ways of computing the same images, and of how many.

    - ``accumulators``, ``accumulators_of``: for each layer in whole numbers.
    - ``codes``, ``codes_of``: for the stem and each of those layers.
    - ``classes``, ``classes_of``.
    """

    accumulators: tuple[int, ...]
    accumulators_of: tuple[int, ...]
    codes: tuple[int, ...]
    codes_of: tuple[int, ...]
    classes: int
    classes_of: int

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        return not (any(self.accumulators) or any(self.codes) or self.classes)


def differences(one: Trace, other: Trace) -> Differences:
    """Return what differs between two traces of the same images.

    Raises ValueError where their shapes differ: then they are not of the same net and images.
    """
    shapes = [_shapes(trace) for trace in (one, other)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"traces must be of the same net and images, got shapes {shapes[0]} and {shapes[1]}"
        )
    return Differences(
        _counts(one.accumulators, other.accumulators),
        tuple(part.size for part in one.accumulators),
        _counts(one.codes, other.codes),
        tuple(part.size for part in one.codes),
        int(np.count_nonzero(one.classes != other.classes)),
        one.classes.size,
    )


def _shapes(trace: Trace) -> list[tuple[int, ...]]:
    parts: list[NDArray[Any]] = [*trace.accumulators, *trace.codes, trace.classes]
    return [part.shape for part in parts]


def _counts(one: Sequence[NDArray[Any]], other: Sequence[NDArray[Any]]) -> tuple[int, ...]:
    return tuple(int(np.count_nonzero(a != b)) for a, b in zip(one, other, strict=True))
