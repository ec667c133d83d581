"""Layers with N2UQ's quantizers: parameters, and nothing else that the functions do not do.

Source: Liu et al., CVPR 2022, arXiv 2111.14826.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor, nn

from n2uq_viz.checks import choice, number, whole_number
from n2uq_viz.nn.functional import check_floats, gste_quantize
from n2uq_viz.nn.ranges import best_end
from n2uq_viz.nn.tables import HIGHEST_LEVEL
from n2uq_viz.nn.weights import GRADIENTS, quantize_weight
from n2uq_viz.quantizer import Quantizer

__all__ = ["N2UQActivation", "N2UQConv2d", "N2UQLinear"]


class N2UQActivation(nn.Module):
    """Quantize activations to 2**bits uniform levels at learnable thresholds (`gste_quantize`).

    Parameters
    ----------
    bits : a whole number from 1 to 8.
    eps : the smallest width of a segment, above 0.
    device, dtype : of the parameters, as in every PyTorch layer.

    Notes
    -----
    Trained are `start`, `input_scale` and `output_scale`, of shape (1,), and `intervals`, of shape
    (2**bits - 1,), one set for the whole tensor. They begin as uniform quantization of [0, 2] with
    slope 1, or where `calibrate` puts them. Input of any shape; output of the same shape and dtype.

    Raises ValueError for arguments out of range, and where `gste_quantize` does.

    Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on threshold learning.

    Examples
    --------
    >>> act = N2UQActivation(2)
    >>> act
    N2UQActivation(bits=2)
    >>> act(torch.tensor([-1.0, 0.4, 9.0]))
    tensor([0.0000, 0.6667, 2.0000], grad_fn=<_QuantizeBackward>)
    >>> act.quantizer().thresholds.round(3)
    array([0.333, 1.   , 1.667])
    >>> N2UQActivation(9)
    Traceback (most recent call last):
    ValueError: bits must be a whole number from 1 to 8, got 9
    """

    def __init__(
        self,
        bits: int,
        *,
        eps: float = 1e-3,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.bits = whole_number("bits", bits, 1, 8)
        self.eps = number("eps", eps, positive=True)
        one = torch.empty(1, device=device, dtype=dtype)
        check_floats(one)
        self.start = nn.Parameter(one.clone())
        self.intervals = nn.Parameter(one.new_empty(2**self.bits - 1))
        self.input_scale = nn.Parameter(one.clone())
        self.output_scale = nn.Parameter(one.clone())
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Go back to uniform quantization of [0, 2] with slope 1."""
        with torch.no_grad():
            self.start.zero_()
            self.intervals.fill_(HIGHEST_LEVEL / len(self.intervals))
            self.input_scale.fill_(1.0)
            self.output_scale.fill_(1.0)

    def forward(self, x: Tensor) -> Tensor:
        """Return x quantized."""
        return gste_quantize(
            x, self.start, self.intervals, self.input_scale, self.output_scale, eps=self.eps
        )

    def calibrate(self, x: Tensor) -> Self:
        """Start from uniform quantization of the range [0, end] that loses least of x.

        Sets the two scales, and the rest as at the beginning. x is a sample of what the layer will
        see, finite, with some value above 0 (of more than 2**18 values, as many are drawn at
        random, the same each time); the end is that of the smallest mean squared error among 100.
        Returns the layer. Raises ValueError for another x.

        >>> act = N2UQActivation(2).calibrate(torch.linspace(0.0, 6.0, 1000))
        >>> act.quantizer().levels.round(2)
        array([0.  , 1.72, 3.44, 5.16])
        """
        end = best_end(x, len(self.intervals))
        self.reset_parameters()
        with torch.no_grad():
            self.input_scale.fill_(HIGHEST_LEVEL / end)
            self.output_scale.fill_(end / HIGHEST_LEVEL)
        return self

    def quantizer(self) -> Quantizer:
        """Return the NumPy quantizer with the same function.

        Raises ValueError where that is not an increasing one: where a scale is not above 0.

        >>> act = N2UQActivation(1)
        >>> act.output_scale.data.neg_()
        tensor([-1.])
        >>> act.quantizer()
        Traceback (most recent call last):
        ValueError: the scales must be above 0 for a Quantizer, which increases, got \
output_scale = -1.0
        """
        scales = {"input_scale": self.input_scale, "output_scale": self.output_scale}
        wrong = [f"{name} = {s.item()}" for name, s in scales.items() if not s.item() > 0.0]
        if wrong:
            raise ValueError(
                "the scales must be above 0 for a Quantizer, which increases, got "
                + " and ".join(wrong)
            )
        return Quantizer.from_intervals(
            self.intervals.tolist(),
            self.start.item(),
            high=HIGHEST_LEVEL,
            input_scale=self.input_scale.item(),
            output_scale=self.output_scale.item(),
            eps=torch.tensor(self.eps, dtype=self.intervals.dtype).item(),
        )

    def load_reference_state(self, state: Mapping[str, Any]) -> Self:
        """Take over the tensors of one quantizer from a checkpoint of the method's authors.

        `state` holds ``start``, ``a``, ``scale1`` and ``scale2``; the constants that their
        checkpoints hold too are ignored. Returns the layer. Raises ValueError that names every
        missing, unknown or misshapen tensor, and then changes nothing.
        """
        from n2uq_viz.nn.reference import load_reference_state

        load_reference_state(self, state)
        return self

    def extra_repr(self) -> str:
        """Return what stands between the brackets when the layer is printed."""
        return f"bits={self.bits}" + ("" if self.eps == 1e-3 else f", eps={self.eps}")


class _QuantizedWeight(nn.Module):
    """What a layer with a quantized weight has besides being that layer."""

    weight: Tensor
    bits: int
    gradient: str

    def _set(self, bits: int, gradient: str) -> None:
        self.bits = whole_number("bits", bits, 1, 8)
        self.gradient = choice("gradient", gradient, GRADIENTS)

    def quantized_weight(self) -> Tensor:
        """Return the weight that the layer computes with, of the shape of `weight`."""
        return quantize_weight(self.weight, self.bits, gradient=self.gradient)

    def load_reference_state(self, state: Mapping[str, Any]) -> Self:
        """Take over the weight of one layer from a checkpoint of the method's authors.

        `state` holds ``weight``; the constants that their checkpoints hold too (``clip_val``, which
        must be 2, and ``zero``) are not kept. A bias stays as it is. Returns the layer. Raises
        ValueError that names every missing, unknown or misshapen tensor, and then changes nothing.
        """
        from n2uq_viz.nn.reference import load_reference_state

        load_reference_state(self, state)
        return self

    def extra_repr(self) -> str:
        """Return what stands between the brackets when the layer is printed."""
        quantized = f"bits={self.bits}, gradient={self.gradient!r}"
        return f"{super().extra_repr()}, {quantized}"


class N2UQConv2d(_QuantizedWeight, nn.Conv2d):
    """``torch.nn.Conv2d`` whose weight is quantized for each output channel (`quantize_weight`).

    Takes what Conv2d takes, in the same order, and by name `bits`, from 1 to 8, and `gradient`,
    "reference" or "chain". Inputs are taken as they come: put an `N2UQActivation` before it. A bias
    is not quantized. Raises ValueError for other bits or gradients.

    Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on entropy-preserving weights.

    >>> N2UQConv2d(3, 8, 3, padding=1, bits=2)
    N2UQConv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bits=2, \
gradient='reference')
    """

    def __init__(self, *args: Any, bits: int, gradient: str = "reference", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._set(bits, gradient)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as in torch
        """Return the convolution of `input` with the quantized weight."""
        result: Tensor = self._conv_forward(input, self.quantized_weight(), self.bias)
        return result


class N2UQLinear(_QuantizedWeight, nn.Linear):
    """``torch.nn.Linear`` whose weight is quantized for each output (`quantize_weight`).

    Takes what Linear takes, in the same order, and by name `bits`, from 1 to 8, and `gradient`,
    "reference" or "chain". A bias is not quantized. Raises ValueError for other bits or gradients.

    Source: Liu et al., CVPR 2022, arXiv 2111.14826, section on entropy-preserving weights.

    >>> N2UQLinear(4, 2, bits=1, gradient="chain")
    N2UQLinear(in_features=4, out_features=2, bias=True, bits=1, gradient='chain')
    """

    def __init__(self, *args: Any, bits: int, gradient: str = "reference", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._set(bits, gradient)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as in torch
        """Return `input` times the quantized weight, plus the bias."""
        return nn.functional.linear(input, self.quantized_weight(), self.bias)
