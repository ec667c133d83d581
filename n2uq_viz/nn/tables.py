"""What N2UQ's parameters say, as the few numbers that every element of x is compared with.

Both ways of computing the op, `n2uq_viz.nn.eager` and `n2uq_viz.nn.fused`, read the same table and
give back the same sums. So the meaning of the parameters stands here once, and the two can differ
by rounding only.

Source: Liu et al., CVPR 2022, arXiv 2111.14826, sections on threshold learning and G-STE.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = [
    "ROW",
    "Parameters",
    "Tables",
    "parameter_gradients",
    "table",
    "unpack",
    "working_dtype",
]

#: Base levels are evenly spaced from 0 to this, before `output_scale`.
HIGHEST_LEVEL = 2.0
#: Elements that share a partial sum where sums are made row by row. Few enough for float32; and
#: beyond 4096 PyTorch's compiler adds with a helper that slows it down several times.
ROW = 2048


class Parameters(NamedTuple):
    """The four trained tensors: intervals of shape (L,), the others of one element each."""

    start: Tensor
    intervals: Tensor
    input_scale: Tensor
    output_scale: Tensor


class Tables(NamedTuple):
    """Numbers of the L steps, in the dtype of the computation, on the device of x.

    `edges` (L + 1,) and `thresholds` (L,) are compared with ``u = input_scale * x``; `widths` (L,)
    are the floored intervals; `slopes` (L,) are those of the expectation before both scales;
    `levels` (L + 1,) are the outputs. The scales have shape (1,).
    """

    edges: Tensor
    thresholds: Tensor
    widths: Tensor
    slopes: Tensor
    input_scale: Tensor
    output_scale: Tensor
    levels: Tensor


def working_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return what numbers of `dtype` are computed in: themselves, or float32 if they are halves.

    >>> working_dtype(torch.bfloat16), working_dtype(torch.float64)
    (torch.float32, torch.float64)
    """
    return torch.float32 if dtype in (torch.bfloat16, torch.float16) else dtype


def table(parameters: Parameters, eps: float, dtype: torch.dtype) -> Tensor:
    """Return all that `unpack` gives, as one tensor of shape (5L + 4,).

    Computed in float64 and rounded once, to `dtype`. Intervals at or below `eps` (rounded to their
    own dtype) act as `eps`. A parameter that is not finite makes every level NaN, so that no output
    can pass for a number.

    >>> one = torch.ones(1)
    >>> three = Parameters(0 * one, torch.tensor([0.5, -1.0, 1.5]), one, one)
    >>> unpack(table(three, 1e-3, torch.float32)).edges
    tensor([0.0000, 0.5000, 0.5010, 2.0010])
    """
    start, intervals, input_scale, output_scale = parameters
    steps = intervals.shape[0]
    rise = HIGHEST_LEVEL / steps
    numbers = torch.cat(
        [
            start.reshape(1),
            intervals.clamp_min(eps),
            input_scale.reshape(1),
            output_scale.reshape(1),
        ]
    ).double()
    # One addition after the other, as the NumPy quantizer does.
    running = numbers.cumsum(0)
    edges, widths, scales = running[:-2], numbers[1:-2], numbers[-2:]
    # The sum of all numbers times 0 is 0, or NaN if one of them is NaN or infinite; that of the
    # intervals as well, since the floor hides one of minus infinity.
    everything = running[-1:] + intervals.sum(0, keepdim=True, dtype=torch.float64)
    step = scales[1:] * rise + everything * 0.0
    # Multiples of the rounded step, so that a count times the step is the level, bit for bit. The
    # last 0 takes the sign from -0, where a falling quantizer would start.
    levels = torch.arange(steps + 1, dtype=dtype, device=edges.device) * step.to(dtype) + 0.0
    thresholds = (edges[1:] + edges[:-1]) * 0.5
    others = torch.cat([edges, thresholds, widths, rise / widths, scales])
    return torch.cat([others.to(dtype), levels])


def unpack(table: Tensor) -> Tables:
    """Return the parts of a `table`, which they share the memory of.

    >>> one = torch.ones(1)
    >>> unpack(table(Parameters(0 * one, one, one, one), 1e-3, torch.float32))
    Tables(edges=tensor([0., 1.]), thresholds=tensor([0.5000]), widths=tensor([1.]), \
slopes=tensor([2.]), input_scale=tensor([1.]), output_scale=tensor([1.]), levels=tensor([0., 2.]))
    """
    steps = (table.shape[0] - 4) // 5
    return Tables(*table.split([steps + 1, steps, steps, steps, 1, 1, steps + 1]))


def parameter_gradients(sums: Tensor, parameters: Parameters, eps: float) -> Parameters:
    """Return the gradients of the parameters, in their own shapes and dtypes.

    `sums`, float64 of shape (L + 3,), is what is left of x and the upstream gradient g once they
    have been passed over. With w = output_scale * g * slope inside the outer edges and 0 outside,
    it holds the sums of g * code, of w, of w * x, and, for each step, of w times the probability of
    taking it. `sums` is used up. An interval that the floor holds up has gradient 0.
    """
    start, intervals, input_scale, output_scale = parameters
    steps, rise = intervals.shape[0], HIGHEST_LEVEL / intervals.shape[0]
    sums[:1] *= rise  # before it is rounded
    of_output, pulls, inputs, ramps = sums.to(intervals.dtype).split([1, 1, 1, steps])
    return Parameters(
        (-pulls).view(start.shape),
        # What is not above eps gets 0.
        torch.ops.aten.threshold_backward(-ramps, intervals, eps),
        # Tensors of their own, not views of one.
        inputs.clone().view(input_scale.shape),
        of_output.clone().view(output_scale.shape),
    )
