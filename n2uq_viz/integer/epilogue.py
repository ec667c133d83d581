"""What follows a sum in the trained net: one function of floats, the same steps in the same order.

It stands here once, for arrays and for tensors. Each step is one elementwise operation, which IEEE
754 rounds in one way only, so that NumPy and PyTorch give the same bits. And each never falls, or
never rises, over whole ranges: that is what lets whole numbers take its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Epilogue", "values"]


class Epilogue(NamedTuple):
    """Numbers of C channels, float32: (C,) where nothing else is said; as tensors they do as well.

    - ``scale``: of the accumulator; ``center``, ``gain``, ``shift``: of the normalization.
    - ``slope``: of PReLU where its input is not above 0; 0 for ReLU, 1 for neither.
    - ``input_scale``: (1,), of the quantizer; ``thresholds``: (levels - 1,), increasing.
    """

    scale: NDArray[np.float32]
    center: NDArray[np.float32]
    gain: NDArray[np.float32]
    shift: NDArray[np.float32]
    slope: NDArray[np.float32]
    input_scale: NDArray[np.float32]
    thresholds: NDArray[np.float32]


def values(sums: Any, numbers: Any, where: Callable[..., Any]) -> Any:
    """Return what is compared with the thresholds, for sums of shape (n, C, ...), both float32.

    In this order: ``z = sums * scale``, ``z - center``, ``z * gain``, ``z + shift``,
    ``z * slope`` where z is not above 0, ``z * input_scale``. `numbers` is an `Epilogue` of arrays,
    or of tensors like `sums`; `where` is NumPy's or PyTorch's.

    >>> one = np.ones(1, np.float32)
    >>> numbers = Epilogue(one / 2, 0 * one, one, one, 0 * one, one, one)
    >>> values(np.array([[-4.0], [-2.0], [6.0]], np.float32), numbers, np.where).ravel().tolist()
    [-0.0, 0.0, 4.0]
    """
    wide = (-1, *(1,) * (sums.ndim - 2))
    scale, center, gain, shift, slope = (each.reshape(wide) for each in numbers[:5])
    z = sums * scale
    z = z - center
    z = z * gain
    z = z + shift
    z = where(z > 0, z, z * slope)
    return z * numbers.input_scale
