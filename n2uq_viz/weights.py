"""N2UQ's weights in NumPy: scaled by their mean size, so that all codes are used about evenly.

The twin of ``n2uq_viz.nn.quantize_weight``, for any number of levels, with the scale and the codes
as well: whoever draws or counts needs them, whoever trains does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, choice, real_array, whole_number

__all__ = [
    "GRADIENTS",
    "MAX_LEVELS",
    "gamma",
    "quantize_weights",
    "weight_codes",
    "weight_gradient",
    "weight_scale",
    "weight_thresholds",
]

#: What a weight gets back for a gradient from above, see `weight_gradient`.
GRADIENTS = ("reference", "chain")
#: Most levels, those of 8 bits.
MAX_LEVELS = 256


def gamma(levels: int) -> float:
    """Return ``2L / (L + 1)`` for L + 1 levels: what the mean size is multiplied by.

    For ``2**n`` levels this is ``(2**n - 1) / 2**(n - 1)``. Raises ValueError unless `levels` is a
    whole number from 2 to ``MAX_LEVELS``.

    Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on entropy-preserving weights.

    >>> gamma(2), gamma(4), gamma(16)
    (1.0, 1.5, 1.875)
    """
    steps = _steps(levels)
    return 2.0 * steps / (steps + 1.0)


def weight_scale(w: ArrayLike, levels: int, axis: int | None = 0) -> FloatArray:
    """Return ``gamma * mean(|w|)`` for each channel, in units of the weights.

    `w` holds finite numbers, at least one, of any shape. `axis` is that of the output channels, and
    the result has the shape of `w` with 1 for all other axes; None: one scale for all weights.
    Raises ValueError for anything else.

    >>> weight_scale([[1.0, -3.0], [0.0, 0.0]], 4)
    array([[3.],
           [0.]])
    """
    w = _weights(w)
    if w.size == 0:
        raise ValueError(f"weights must hold at least 1 number, got shape {w.shape}")
    others = None if axis is None else _others(w, axis)
    return np.asarray(gamma(levels) * np.abs(w).mean(axis=others, keepdims=True))


def weight_codes(
    w: ArrayLike, levels: int, axis: int | None = 0, scale: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Return the number of each weight's level, 0..L, from the lowest one on; half to even.

    Arguments and errors as for `quantize_weights`. In a channel of zeros, of which no level is any
    nearer, they are the middle one; its quantized weights are 0 nevertheless.

    >>> weight_codes([[-2.0, -0.5, 0.5, 1.0]], 4).tolist()
    [[0, 1, 2, 2]]
    """
    found, steps = _weights(w), _steps(levels)
    f = _scale(found, levels, axis, scale)
    v = np.clip(_divided(found, f), -1.0, 1.0)
    return np.round((v + 1.0) * (0.5 * steps)).astype(np.int64)


def quantize_weights(
    w: ArrayLike, levels: int, axis: int | None = 0, scale: ArrayLike | None = None
) -> FloatArray:
    """Return the weights on `levels` even levels from ``-scale`` to ``scale``.

    Parameters
    ----------
    w
        Finite numbers of any shape; at least one where no `scale` is given.
    levels
        L + 1, from 2 to ``MAX_LEVELS``.
    axis
        That of the output channels, each of which has its own scale; None: all have one.
    scale
        At least 0, of a shape that broadcasts to that of `w`. Without it `weight_scale`, N2UQ's;
        ``abs(w).max()`` is the usual one that clips nothing.

    Raises
    ------
    ValueError
        Anything else.

    Notes
    -----
    Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on entropy-preserving weights.

    Examples
    --------
    >>> quantize_weights([[-2.0, -0.5, 0.5, 1.0], [0.0, 0.0, 0.0, 0.0]], 4)
    array([[-1.5, -0.5,  0.5,  0.5],
           [ 0. ,  0. ,  0. ,  0. ]])
    """
    found, steps = _weights(w), _steps(levels)
    f = _scale(found, levels, axis, scale)
    quantized = f * (weight_codes(found, levels, axis, f) * (2.0 / steps) - 1.0)
    # Adding zero turns -0.0 of a silent channel into 0.0.
    return np.asarray(quantized + 0.0)


def weight_thresholds(levels: int, scale: float) -> FloatArray:
    """Return the L weights above which the next level is taken, halfway between two.

    >>> weight_thresholds(4, 1.5).tolist()
    [-1.0, 0.0, 1.0]
    """
    steps = _steps(levels)
    return np.asarray(scale * (2.0 * np.arange(steps) + 1.0 - steps) / steps)


def weight_gradient(
    w: ArrayLike,
    upstream: ArrayLike,
    levels: int,
    axis: int | None = 0,
    gradient: str = "reference",
) -> FloatArray:
    """Return what the weights get for the gradient `upstream`, of their shape, from above.

    ``"reference"``: ``upstream / scale`` everywhere, as the method's authors train: the scale is
    not multiplied back, and clipped weights move on. ``"chain"``: `upstream` where ``|w| < scale``
    and 0 elsewhere, as the chain rule would have it. Channels of zeros get 0 either way. Raises
    ValueError for another word, and as `quantize_weights` does.

    >>> for gradient in GRADIENTS:
    ...     print(weight_gradient([[-3.0, 1.0]], [[1.0, 1.0]], 2, gradient=gradient))
    [[0.5 0.5]]
    [[0. 1.]]
    """
    choice("gradient", gradient, GRADIENTS)
    found, above = _weights(w), real_array("upstream", upstream)
    if above.shape != found.shape:
        raise ValueError(
            f"upstream must have the shape of the weights, {found.shape}, got {above.shape}"
        )
    f = weight_scale(found, levels, axis)
    if gradient == "chain":
        return np.where(np.abs(found) < f, above, 0.0)
    return np.where(f == 0.0, 0.0, _divided(above, f))


def _steps(levels: int) -> int:
    return whole_number("levels", levels, 2, MAX_LEVELS) - 1


def _weights(w: ArrayLike) -> FloatArray:
    found = real_array("weights", w)
    bad = np.flatnonzero(~np.isfinite(found))
    if bad.size:
        raise ValueError(
            f"weights must be finite, got {found.flat[bad[0]]} at place {bad[0]}; replace it"
        )
    return found


def _others(w: FloatArray, axis: int) -> tuple[int, ...]:
    """Return all axes but that of the channels."""
    if w.ndim == 0:
        raise ValueError("weights must have an axis of channels, got one number; pass axis=None")
    own = whole_number("axis", axis, -w.ndim, w.ndim - 1) % w.ndim
    return tuple(k for k in range(w.ndim) if k != own)


def _scale(w: FloatArray, levels: int, axis: int | None, scale: ArrayLike | None) -> FloatArray:
    if scale is None:
        return weight_scale(w, levels, axis)
    f = real_array("scale", scale)
    if not np.all((f >= 0.0) & np.isfinite(f)):
        raise ValueError(f"scale must be finite and at least 0, got {f.min()} to {f.max()}")
    try:
        fits = np.broadcast_shapes(f.shape, w.shape) == w.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"scale must broadcast to the weights' shape {w.shape}, got {f.shape}")
    return f


def _divided(values: FloatArray, f: FloatArray) -> FloatArray:
    return np.asarray(values / np.where(f == 0.0, 1.0, f))
