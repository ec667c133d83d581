"""The quantizers that N2UQ is compared with, with the interface of `N2UQActivation`.

Each takes `bits`, quantizes x of any shape to an output of the same shape and dtype, and has
``calibrate(x)`` and ``quantizer()``. Midway between two levels each takes the lower, as everywhere
in this package; NaN stays NaN and the infinities saturate. Their gradients are those of the table
in `n2uq_viz.surrogates`.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from n2uq_viz.checks import low_high, whole_number
from n2uq_viz.nn.functional import gste_quantize
from n2uq_viz.nn.ranges import best_end, sample
from n2uq_viz.nn.tables import HIGHEST_LEVEL, working_dtype
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import lsq_initial_step

__all__ = ["LSQActivation", "PACTActivation", "UniformActivation"]


class UniformActivation(nn.Module):
    """Uniform quantization of a fixed range [low, high] with the clipped STE; nothing is trained.

    `bits` is a whole number from 1 to 8, ``low < high``. The gradient is 1 for ``low < x <= high``
    and 0 elsewhere. Raises ValueError for other arguments and for x that is not floating point.

    Source: Hubara et al., arXiv 1602.02830, for the clipped STE.

    >>> UniformActivation(2)(torch.tensor([-1.0, 0.4, 1.1, 9.0]))
    tensor([0.0000, 0.6667, 1.3333, 2.0000])
    """

    low: Tensor
    high: Tensor

    def __init__(self, bits: int, low: float = 0.0, high: float = HIGHEST_LEVEL) -> None:
        super().__init__()
        self.bits = whole_number("bits", bits, 1, 8)
        bottom, top = low_high(low, high)
        self.register_buffer("low", torch.tensor([bottom]))
        self.register_buffer("high", torch.tensor([top]))

    def forward(self, x: Tensor) -> Tensor:
        """Return x quantized."""
        steps = 2**self.bits - 1
        width = (self.high - self.low) / steps
        # With equal segments G-STE is the clipped STE. No floor: there is nothing to learn.
        y = gste_quantize(
            x,
            self.low,
            width.expand(steps),
            torch.ones_like(width),
            width * (steps / HIGHEST_LEVEL),
            eps=1e-30,
        )
        return y + self.low.to(y.dtype)

    def calibrate(self, x: Tensor) -> Self:
        """Set the range to [0, end] as `N2UQActivation.calibrate` does. Returns the layer."""
        self.high.fill_(best_end(x, 2**self.bits - 1))
        self.low.zero_()
        return self

    def quantizer(self) -> Quantizer:
        """Return the NumPy quantizer with the same function."""
        return Quantizer.uniform(self.bits, self.low.item(), self.high.item())

    def extra_repr(self) -> str:
        """Return what stands between the brackets when the layer is printed."""
        return f"bits={self.bits}, low={self.low.item():g}, high={self.high.item():g}"


class LSQActivation(nn.Module):
    """Uniform quantization with a learned step size (LSQ).

    Parameters
    ----------
    bits : a whole number from 1 to 8.
    signed : whether levels lie on both sides of 0, for weights and the like, instead of from 0 on.

    `step_size`, of shape (1,), is trained; it begins as that of [0, 2] for all, and belongs where
    `calibrate` puts it. Levels are ``step_size`` times -Q_N to Q_P: 0 to ``2**bits - 1``, or signed
    ``-2**(bits - 1)`` to ``2**(bits - 1) - 1`` (for 1 bit: -1 and 1). The gradient of the step size
    is scaled by ``1 / sqrt(n * Q_P)``, where n counts the elements of one sample, the first
    dimension being that of samples, or all elements if signed. Raises ValueError for other
    arguments, and for a step size that has become 0, negative or not finite (not on a GPU).

    Source: Esser et al., Learned Step Size Quantization, ICLR 2020, arXiv 1902.08153.

    >>> LSQActivation(2, signed=True)(torch.tensor([-9.0, -0.6, 0.2, 9.0]))
    tensor([-1.3333, -0.6667,  0.0000,  0.6667], grad_fn=<_LSQBackward>)
    """

    def __init__(self, bits: int, *, signed: bool = False) -> None:
        super().__init__()
        self.bits = whole_number("bits", bits, 1, 8)
        self.signed = bool(signed)
        self.step_size = nn.Parameter(torch.tensor([HIGHEST_LEVEL / (2**self.bits - 1)]))

    def _limits(self) -> tuple[int, int]:
        """Return the lowest and the highest code."""
        if not self.signed:
            return 0, 2**self.bits - 1
        return (-1, 1) if self.bits == 1 else (-(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x quantized."""
        _check_positive("step_size", self.step_size)
        low, high = self._limits()
        count = x.numel() // len(x) if x.ndim > 1 and len(x) and not self.signed else x.numel()
        scale = 1.0 / math.sqrt(max(count, 1) * high)
        y: Tensor = _LSQ.apply(x, self.step_size, low, high, self.signed and self.bits == 1, scale)  # type: ignore[no-untyped-call]
        return y

    def calibrate(self, x: Tensor) -> Self:
        """Set the step size to ``2 * mean(|x|) / sqrt(Q_P)``, as LSQ begins. Returns the layer.

        x is a sample, finite and with a value above 0. Raises ValueError for another.
        """
        tensor = "weights" if self.signed else "activations"
        with torch.no_grad():
            self.step_size.fill_(lsq_initial_step(sample(x).cpu().numpy(), self.bits, tensor))
        return self

    def quantizer(self) -> Quantizer:
        """Return the NumPy quantizer with the same function.

        Raises ValueError if the step size is not above 0.
        """
        _check_positive("step_size", self.step_size.detach().cpu())
        low, high = self._limits()
        levels = self.step_size.item() * np.arange(low, high + 1.0, 2.0 if high + low == 0 else 1.0)
        return Quantizer(levels, levels)

    def extra_repr(self) -> str:
        """Return what stands between the brackets when the layer is printed."""
        return f"bits={self.bits}, signed={self.signed}"


class PACTActivation(nn.Module):
    """Uniform quantization of [0, alpha] with a learned end (PACT).

    `bits` is a whole number from 1 to 8. `alpha`, of shape (1,), is trained and begins at 2. The
    gradient of x is 1 for ``0 <= x < alpha`` and 0 elsewhere; every x from alpha on pushes alpha.
    Raises ValueError for other bits, and for an alpha that has become 0, negative or not finite
    (not on a GPU).

    Source: Choi et al., PACT, 2018, arXiv 1805.06085.

    >>> PACTActivation(2)(torch.tensor([-1.0, 0.4, 1.1, 9.0]))
    tensor([0.0000, 0.6667, 1.3333, 2.0000], grad_fn=<_PACTBackward>)
    """

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = whole_number("bits", bits, 1, 8)
        self.alpha = nn.Parameter(torch.tensor([HIGHEST_LEVEL]))

    def forward(self, x: Tensor) -> Tensor:
        """Return x quantized."""
        _check_positive("alpha", self.alpha)
        y: Tensor = _PACT.apply(x, self.alpha, 2**self.bits - 1)  # type: ignore[no-untyped-call]
        return y

    def calibrate(self, x: Tensor) -> Self:
        """Set alpha to the end that `N2UQActivation.calibrate` finds. Returns the layer."""
        with torch.no_grad():
            self.alpha.fill_(best_end(x, 2**self.bits - 1))
        return self

    def quantizer(self) -> Quantizer:
        """Return the NumPy quantizer with the same function.

        Raises ValueError if alpha is not above 0.
        """
        _check_positive("alpha", self.alpha.detach().cpu())
        return Quantizer.uniform(self.bits, 0.0, self.alpha.item())

    def extra_repr(self) -> str:
        """Return what stands between the brackets when the layer is printed."""
        return f"bits={self.bits}"


def _check_positive(name: str, value: Tensor) -> None:
    """Raise ValueError for a trained size that is not above 0, where looking costs nothing."""
    if value.device.type == "cpu" and not torch.compiler.is_compiling():
        found = value.item()
        if not (found > 0.0 and math.isfinite(found)):
            raise ValueError(
                f"{name} must be finite and above 0, got {found}; a lower learning rate for it may "
                "keep it there"
            )


def _floor_tie(v: Tensor) -> Tensor:
    """Round to the nearest whole number, and down from midway."""
    return torch.ceil(v - 0.5) + 0.0  # 0 instead of -0


class _LSQ(torch.autograd.Function):
    generate_vmap_rule = True  # all below are operations that vmap knows

    @staticmethod
    def _codes(v: Tensor, low: int, high: int, binary: bool) -> Tensor:
        if binary:
            return torch.where(v > 0.0, 1.0, torch.where(v <= 0.0, -1.0, v))
        return _floor_tie(v.clamp(low, high))

    @staticmethod
    def forward(
        x: Tensor, step: Tensor, low: int, high: int, binary: bool, _scale: float
    ) -> Tensor:
        s = step.to(working_dtype(x.dtype))
        return (_LSQ._codes(x.to(s.dtype) / s, low, high, binary) * s).to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], _output: Tensor) -> None:
        x, step, *ctx.rest = inputs
        ctx.save_for_backward(x, step)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, step = ctx.saved_tensors
        low, high, binary, scale = ctx.rest
        s = step.to(working_dtype(x.dtype))
        v, g = x.to(s.dtype) / s, grad.to(s.dtype)
        inside = (v > low) & (v < high)
        error = _LSQ._codes(v, low, high, binary) - torch.where(inside, v, 0.0)
        of_step = torch.where(error.isnan(), 0.0, g * error).sum().reshape(step.shape) * scale
        of_x = torch.where(inside, grad, 0.0)
        return of_x, of_step.to(step.dtype), None, None, None, None


class _PACT(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, alpha: Tensor, steps: int) -> Tensor:
        end = alpha.to(working_dtype(x.dtype))
        clipped = torch.minimum(x.to(end.dtype).clamp_min(0.0), end)
        return (_floor_tie(clipped * (steps / end)) * (end / steps)).to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], _output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, alpha = ctx.saved_tensors
        of_alpha = torch.where(x >= alpha, grad, 0.0).sum(dtype=working_dtype(x.dtype))
        of_x = torch.where((x >= 0.0) & (x < alpha), grad, 0.0)
        return of_x, of_alpha.reshape(alpha.shape).to(alpha.dtype), None
