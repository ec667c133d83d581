"""Where a quantizer of activations should begin, from a sample of them."""

from __future__ import annotations

import torch
from torch import Tensor

from n2uq_viz.nn.functional import check_floats

__all__ = ["best_end", "sample"]

#: More values than this say nothing new about where a range should end.
MOST = 1 << 18
CANDIDATES = 100
#: Sizes whose inverse a float32 can hold, with room for products.
SMALLEST, LARGEST = 1e-30, 1e30


def sample(x: Tensor, *, signed: bool = False) -> Tensor:
    """Return the values of x, or 2**18 drawn at random from more, as 1-D float64.

    The draw is the same each time. Raises ValueError unless x is a floating-point tensor of finite
    numbers, the largest of them from 1e-30 to 1e30, or if `signed` the largest in size.
    """
    check_floats(x)
    values = x.detach().reshape(-1)
    if values.numel() > MOST:
        drawn = torch.randint(values.numel(), (MOST,), generator=torch.Generator().manual_seed(0))
        values = values[drawn.to(x.device)]
    values = values.double()
    if not bool(torch.isfinite(values).all()):
        raise ValueError("x must be finite, got NaN or infinity in it; leave those out")
    top = float((values.abs() if signed else values).max()) if values.numel() else None
    if top is None or not SMALLEST <= top <= LARGEST:
        rule = "of either sign" if signed else "above 0, where the levels are"
        got = "no number" if top is None else f"{top:g} as the largest"
        raise ValueError(
            f"x must hold a number {rule}, of a size from {SMALLEST:g} to {LARGEST:g}, got {got}"
        )
    return values


def best_end(x: Tensor, steps: int) -> float:
    """Return the end of [0, end] at which uniform quantization loses least of x.

    Least mean squared error among 100 ends up to the largest value, on what `sample` gives; values
    below 0 count as 0, where every quantizer puts them. Raises ValueError where `sample` does.

    >>> best_end(torch.linspace(0.0, 4.0, 1001), 3) > 3.0
    True
    """
    values = sample(x)
    top = float(values.max())
    shares = values.clamp_min(0.0) / top
    ends = [(i + 1) / CANDIDATES for i in range(CANDIDATES)]
    errors = []
    for end in ends:
        quantized = torch.round(shares.clamp_max(end) * (steps / end)) * (end / steps)
        errors.append(float(torch.mean((quantized - shares) ** 2)))
    return top * ends[errors.index(min(errors))]
