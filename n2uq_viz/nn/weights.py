"""N2UQ's weight quantizer: each output channel is scaled so that its codes are used about evenly.

Made of plain operations that autograd knows, so nothing here needs to be told to ``torch.compile``,
``torch.func`` or ``torch.export``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from n2uq_viz.checks import choice, whole_number
from n2uq_viz.nn.tables import working_dtype

__all__ = ["GRADIENTS", "quantize_weight"]

GRADIENTS = ("reference", "chain")


def quantize_weight(weight: Tensor, bits: int, *, gradient: str = "reference") -> Tensor:
    """Return `weight` with 2**bits evenly spaced levels for each output channel.

    With ``L = 2**bits - 1`` and, for each index of the first dimension, the scale
    ``f = L / 2**(bits - 1) * mean(|w|)``, taken as a constant: ``w / f`` is clipped to [-1, 1],
    rounded to the nearest of L + 1 even levels from -1 to 1 (half to even), and multiplied by f.
    For normally distributed weights the codes then have an entropy of nearly `bits` bits.

    `gradient` says what the weight gets for an upstream gradient g:

    - ``"reference"``: ``g / f`` everywhere, as the method's authors train. The scale is not
      multiplied back, and clipped weights move on. Adam hides the factor, plain SGD does not.
    - ``"chain"``: g where ``|w| < f`` and 0 elsewhere, as the chain rule would have it.

    `weight` is floating point with at least 1 dimension; `bits` a whole number from 1 to 8. Halves
    are computed in float32. A channel of zeros stays 0 and gets gradient 0; NaN or infinity in a
    channel spoils the whole channel. Raises ValueError for anything else.

    Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on entropy-preserving weights.

    >>> w = torch.tensor([[-2.0, -0.5, 0.5, 1.0], [0.0, 0.0, 0.0, 0.0]])
    >>> quantize_weight(w, 2)
    tensor([[-1.5000, -0.5000,  0.5000,  0.5000],
            [ 0.0000,  0.0000,  0.0000,  0.0000]])
    """
    steps = 2 ** whole_number("bits", bits, 1, 8) - 1
    choice("gradient", gradient, GRADIENTS)
    if not isinstance(weight, Tensor) or not weight.is_floating_point() or weight.ndim < 1:
        got = (
            f"{weight.dtype} of shape {tuple(weight.shape)}"
            if isinstance(weight, Tensor)
            else type(weight).__name__
        )
        raise ValueError(
            f"weight must be a floating-point tensor with 1 dimension or more, got {got}"
        )
    w = weight.to(working_dtype(weight.dtype))
    each = tuple(range(1, w.ndim))  # all dimensions but that of the channels
    size = w.detach().abs()
    scale = (steps / 2 ** (bits - 1)) * (size.mean(each, keepdim=True) if each else size)
    silent = scale == 0.0
    scaled = w / torch.where(silent, 1.0, scale)
    codes = torch.round((scaled.clamp(-1.0, 1.0) + 1.0) * (steps / 2))
    quantized = torch.where(silent, 0.0, scale * (codes * (2 / steps) - 1.0)).detach()
    if gradient == "reference":
        carrier = torch.where(silent, 0.0, scaled)
    else:
        carrier = torch.where((scaled.abs() < 1.0) & ~silent, w, 0.0)
    # The difference is 0, but its gradient is that of the carrier.
    return (quantized + (carrier - carrier.detach())).to(weight.dtype)
