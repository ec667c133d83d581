"""Whole numbers in place of the float epilogue, found by halving through that very epilogue.

Nothing is solved for: an inverse would be rounded elsewhere than the function itself. As the
epilogue never falls (or never rises) with the accumulator, the accumulators above a threshold are
all those from one whole number on (or down), and halving the reachable range finds it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.integer.epilogue import Epilogue, values

__all__ = ["EXACT", "integer_thresholds", "reach"]

#: Whole numbers below this are float32 numbers, and so are their sums.
EXACT = 2**24


def reach(
    signed_weight: NDArray[np.int32], input_steps: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lowest and the highest accumulator of each channel, (C,), for any codes.

    `signed_weight` has the channels in its first dimension; codes are from 0 to `input_steps`.

    >>> low, high = reach(np.array([[-3, 1, 1], [1, 1, 3]], np.int32), 3)
    >>> low.tolist(), high.tolist()
    ([-9, 0], [6, 15])
    """
    w = signed_weight.reshape(len(signed_weight), -1).astype(np.int64)
    return input_steps * np.minimum(w, 0).sum(1), input_steps * np.maximum(w, 0).sum(1)


def integer_thresholds(
    epilogue: Epilogue, low: NDArray[np.int64], high: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return ``sign``, (C,), and ``thresholds``, (C, steps), both int32.

    For each accumulator a from `low` to `high`, inclusive, of its channel, the number of thresholds
    at or below ``sign * a`` is the number of the epilogue's thresholds that its value lies above.
    The sign is -1 where the value falls as a rises. Where no a is above a threshold, the whole
    number lies beyond the range; where each is, it is the first of the range: so it is, too, where
    the value is constant.

    Raises ValueError where the value is no finite number at an end of the range.

    >>> one = np.ones(2, np.float32)
    >>> three = np.array([0.5, 1.0, 9.0], np.float32)
    >>> falls = Epilogue(np.float32([0.5, -0.5]), 0 * one, one, 0 * one, one, one[:1], three)
    >>> sign, found = integer_thresholds(falls, np.array([-4, -4]), np.array([4, 4]))
    >>> sign.tolist(), found.tolist()  # at 2 the first value is 1.0, a tie: not above
    ([1, -1], [[2, 3, 5], [2, 3, 5]])
    """
    ends = values(np.stack([low, high]).astype(np.float32), epilogue, np.where)
    if not np.isfinite(ends).all():
        channel = int(np.flatnonzero(~np.isfinite(ends).all(0))[0])
        raise ValueError(
            "what is compared with thresholds must be finite, got "
            f"{ends[:, channel].tolist()} at the ends of the range of channel {channel}"
        )
    sign = np.where(ends[1] < ends[0], -1, 1)
    first, last = np.where(sign > 0, low, -high), np.where(sign > 0, high, -low)
    steps = len(epilogue.thresholds)
    # Signed accumulators, (steps, C): at `below` no threshold is passed, at `above` it is.
    below = np.broadcast_to(first - 1, (steps, len(first))).copy()
    above = np.broadcast_to(last + 1, below.shape).copy()
    while np.any(above - below > 1):
        middle = (below + above) // 2
        u = values((sign * middle).astype(np.float32), epilogue, np.where)
        passed = u > epilogue.thresholds[:, None]
        open_ = above - below > 1
        above = np.where(open_ & passed, middle, above)
        below = np.where(open_ & ~passed, middle, below)
    return sign.astype(np.int32), above.T.astype(np.int32)
