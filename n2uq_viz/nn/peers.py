"""The quantizers that N2UQ is compared with, with the interface of `N2UQActivation`.

Each takes `bits`, quantizes floating-point x of any shape to an output of the same shape and dtype,
and has ``calibrate(x)`` and ``quantizer()``. Midway between two levels each takes the lower, as
everywhere in this package; NaN stays NaN, with gradient 0, and the infinities saturate. Their
gradients are those of the table in `n2uq_viz.surrogates`.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from n2uq_viz.checks import low_high, whole_number
from n2uq_viz.nn.functional import check_floats
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
        for name, end in zip(("low", "high"), low_high(low, high), strict=True):
            self.register_buffer(name, torch.tensor([end]))
        low_high(self.low.item(), self.high.item())  # they are in float32 now

    def forward(self, x: Tensor) -> Tensor:
        """Return x quantized."""
        check_floats(x)
        y: Tensor = _ClippedSTE.apply(x, self.low, self.high, 2**self.bits - 1)  # type: ignore[no-untyped-call]
        return y

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

    Notes
    -----
    `step_size`, of shape (1,), is trained; it begins as that of [0, 2] for all, and belongs where
    `calibrate` puts it. Levels are ``step_size`` times -Q_N to Q_P: 0 to ``2**bits - 1``, or signed
    ``-2**(bits - 1)`` to ``2**(bits - 1) - 1`` (for 1 bit: -1 and 1). The gradient of the step size
    is scaled by ``1 / sqrt(n * Q_P)``, where n counts the elements of one sample, the first
    dimension being that of samples, or all elements if signed. Raises ValueError for other
    arguments, and for a step size that has become 0, negative or not finite (not on a GPU).

    Source: Esser et al., Learned Step Size Quantization, ICLR 2020, arXiv 1902.08153.

    Examples
    --------
    >>> LSQActivation(2, signed=True)(torch.tensor([-9.0, -0.6, 0.2, 9.0]))
    tensor([-1.3333, -0.6667,  0.0000,  0.6667], grad_fn=<_LSQBackward>)
    """

    def __init__(self, bits: int, *, signed: bool = False) -> None:
        super().__init__()
        self.bits = whole_number("bits", bits, 1, 8)
        if not isinstance(signed, bool):
            raise ValueError(f"signed must be True or False, got {signed!r}")
        self.signed = signed
        self.step_size = nn.Parameter(torch.tensor([HIGHEST_LEVEL / (2**self.bits - 1)]))

    def _limits(self) -> tuple[int, int]:
        """Return the lowest and the highest code."""
        if not self.signed:
            return 0, 2**self.bits - 1
        return (-1, 1) if self.bits == 1 else (-(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x quantized."""
        check_floats(x)
        _check_positive("step_size", self.step_size)
        low, high = self._limits()
        count = math.prod(x.shape if self.signed or x.ndim < 2 else x.shape[1:])
        # An exported program has no gradients, and may take another number of samples.
        scale = 1.0 if torch.compiler.is_exporting() else 1.0 / math.sqrt(max(count, 1) * high)
        y: Tensor = _LSQ.apply(x, self.step_size, low, high, self.signed and self.bits == 1, scale)  # type: ignore[no-untyped-call]
        return y

    def calibrate(self, x: Tensor) -> Self:
        """Set the step size to ``2 * mean(|x|) / sqrt(Q_P)``, as LSQ begins. Returns the layer.

        x is a sample, finite, with some value above 0, or if signed not 0. Raises ValueError for
        another.
        """
        tensor = "weights" if self.signed else "activations"
        with torch.no_grad():
            self.step_size.fill_(
                lsq_initial_step(sample(x, signed=self.signed).cpu().numpy(), self.bits, tensor)
            )
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
        check_floats(x)
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
    looking = value.device.type == "cpu" and not torch.compiler.is_compiling()
    if looking and not torch._C._functorch.is_batchedtensor(value):
        found = value.item()
        if not (found > 0.0 and math.isfinite(found)):
            raise ValueError(
                f"{name} must be finite and above 0, got {found}; a lower learning rate for it may "
                "keep it there"
            )


def _floor_tie(v: Tensor) -> Tensor:
    """Round to the nearest whole number, and down from midway."""
    return torch.ceil(v - 0.5) + 0.0  # 0 instead of -0


def _uniform(x: Tensor, low: Tensor, high: Tensor, steps: int) -> Tensor:
    """Return x clipped to [low, high] and rounded to one of `steps` + 1 even levels."""
    dtype = working_dtype(x.dtype)
    start, end = low.to(dtype).reshape(()), high.to(dtype).reshape(())
    clipped = torch.minimum(torch.maximum(x.to(dtype), start), end) - start
    codes = _floor_tie(clipped * (steps / (end - start)))
    return (codes * ((end - start) / steps) + start).to(x.dtype)


# Below are only operations that vmap knows.


class _ClippedSTE(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, low: Tensor, high: Tensor, steps: int) -> Tensor:
        return _uniform(x, low, high, steps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], _output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:3])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, low, high = ctx.saved_tensors
        return torch.where((x > low) & (x <= high), grad, 0.0).reshape(x.shape), None, None, None


class _PACT(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, alpha: Tensor, steps: int) -> Tensor:
        return _uniform(x, torch.zeros_like(alpha), alpha, steps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], _output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, alpha = ctx.saved_tensors
        of_alpha = torch.where(x >= alpha, grad, 0.0).sum(dtype=working_dtype(x.dtype))
        of_x = torch.where((x >= 0.0) & (x < alpha), grad, 0.0).reshape(x.shape)
        return of_x, of_alpha.reshape(alpha.shape).to(alpha.dtype), None


class _LSQ(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def _codes(v: Tensor, low: int, high: int, binary: bool) -> Tensor:
        if binary:
            return torch.where(v > 0.0, 1.0, torch.where(v <= 0.0, -1.0, v))
        return _floor_tie(v.clamp(low, high))

    @staticmethod
    def forward(
        x: Tensor, step: Tensor, low: int, high: int, binary: bool, _scale: float
    ) -> Tensor:
        s = step.to(working_dtype(x.dtype)).reshape(())
        return (_LSQ._codes(x.to(s.dtype) / s, low, high, binary) * s).to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], _output: Tensor) -> None:
        x, step, *ctx.rest = inputs
        ctx.save_for_backward(x, step)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, step = ctx.saved_tensors
        low, high, binary, scale = ctx.rest
        s = step.to(working_dtype(x.dtype)).reshape(())
        v, g = x.to(s.dtype) / s, grad.to(s.dtype)
        inside = (v > low) & (v < high)
        error = _LSQ._codes(v, low, high, binary) - torch.where(inside, v, 0.0)
        # Where x is NaN nothing is added, and 0 times an infinite gradient is 0.
        pulls = torch.where(error.isnan() | (error == 0.0), 0.0, g * error)
        of_step = (pulls.sum() * scale).reshape(step.shape).to(step.dtype)
        return torch.where(inside, grad, 0.0), of_step, None, None, None, None
