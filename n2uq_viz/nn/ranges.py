"""Where a quantizer of activations should end, from a sample of them."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["best_end", "sample"]

#: More of a sample than this says nothing new about where a range should end.
MOST = 1 << 18
CANDIDATES = 100


def sample(x: Tensor) -> Tensor:
    """Return at most `MOST` values of x, evenly spaced over it, as 1-D float32 without gradient.

    Raises ValueError unless x is a floating-point tensor of finite numbers with one above 0.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point():
        got = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"x must be a floating-point tensor, got {got}")
    values = x.detach().reshape(-1)
    values = values[:: max(1, -(-values.numel() // MOST))].float()
    if not bool(torch.isfinite(values).all()):
        raise ValueError("x must be finite, got NaN or infinity in it; leave those out")
    if values.numel() == 0 or not bool((values > 0.0).any()):
        raise ValueError(
            "x must hold a number above 0, since the levels go upwards from 0, got "
            + (f"none above {float(values.max())}" if values.numel() else "no number")
        )
    return values


def best_end(x: Tensor, steps: int) -> float:
    """Return the end of [0, end] at which uniform quantization loses least of x.

    Least mean squared error among 100 ends up to the largest value, on the values that `sample`
    gives back; values below 0 count as 0, which is where every quantizer puts them.

    >>> best_end(torch.linspace(0.0, 4.0, 1001), 3) > 3.0
    True
    """
    values = sample(x).clamp_min(0.0)
    ends = (values.max() * torch.linspace(0.0, 1.0, CANDIDATES + 1)[1:].to(x.device)).tolist()
    errors = [
        float(
            torch.mean(
                (torch.round(values.clamp_max(end) * (steps / end)) * (end / steps) - values) ** 2
            )
        )
        for end in ends
    ]
    return float(ends[errors.index(min(errors))])
