"""The op in plain PyTorch calls, for machines without a compiler and for small tensors.

A call on a large tensor waits for memory, and the textbook's loop makes several per level. Here x
is taken in chunks that stay in the cache while a few dozen calls pass over them. Few steps are
compared one by one; for many, a search by halving finds the level, and sums over x become sums over
*half segments*: between an edge and the threshold beside it all elements share code and slope, so
all that the parameters' gradients need is two weighted histograms.

`x`, `grad` and the outputs are 1-D and contiguous, with at least 1 element; that is seen to by
`n2uq_viz.nn.functional`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from n2uq_viz.nn.tables import ROW, Tables

__all__ = ["backward", "keeps_codes", "quantize"]

#: Elements taken at a time: half a MiB of float32, which a core's cache holds. A GPU has no use for
#: small pieces; there it is a bound on memory.
CHUNK = 1 << 17
CHUNK_ON_GPU = 1 << 24
#: Up to so many steps, comparing with each threshold is faster than a search.
COMPARED_ONE_BY_ONE = 15
#: Up to so many steps, summing over each segment is faster than a histogram.
SUMMED_ONE_BY_ONE = 3

#: ``between(g, u, low, high)`` is g where low < u < high and 0 elsewhere, whatever g is there;
#: ``above(g, u, low)`` is g where u > low. Each is one pass.
between = torch.ops.aten.hardtanh_backward.grad_input
above = torch.ops.aten.threshold_backward.grad_input


def keeps_codes(steps: int) -> bool:
    """Whether `backward` of so many steps needs the codes: to find them again costs too much."""
    return steps > SUMMED_ONE_BY_ONE


def quantize(x: Tensor, t: Tables, y: Tensor, codes: Tensor) -> None:
    """Write the output into `y` and the index of its level into `codes`, uint8, unless it is empty.

    Where x is NaN the output is NaN and the code 0.
    """
    dtype, steps = t.edges.dtype, t.thresholds.numel()
    one_by_one = steps <= COMPARED_ONE_BY_ONE
    falling = bool(t.output_scale < 0.0)
    kinds = (dtype, dtype, dtype) if one_by_one else (dtype, dtype, torch.int32, torch.bool)
    for (u, level, *work), (x_piece, y_piece, *code_piece) in _pieces(
        kinds, x, y, *_present(codes)
    ):
        _scale(x_piece, t.input_scale, u)
        out = y_piece if y_piece.dtype == dtype else level
        if one_by_one:
            count = _count(u, t.thresholds, out, *work)
            for piece in code_piece:
                piece.copy_(count)
            out.mul_(t.levels[1])
        else:
            index, taken = work
            _search(u, t.thresholds, index, taken, level)
            for piece in code_piece:
                piece.copy_(index)
            torch.index_select(t.levels, 0, index, out=out)
        # Held between 0 and 0 every number is 0, and NaN is still NaN.
        nothing = u.clamp_(0.0, 0.0)
        out.add_(nothing.abs_() if falling else nothing)  # -0 and the -0 of level 0 would be -0
        if out is level:
            y_piece.copy_(out)


def backward(x: Tensor, grad: Tensor, grad_x: Tensor, codes: Tensor, t: Tables) -> Tensor:
    """Write the gradient of x into `grad_x`, and return the sums for those of the parameters.

    The sums are those that `n2uq_viz.nn.tables.parameter_gradients` takes. `codes` may be empty.
    Where x is NaN it counts as lying on the first edge: gradient 0, and nothing added anywhere.
    """
    if keeps_codes(t.thresholds.numel()):
        return _sum_by_half_segments(x, grad, grad_x, codes, t)
    return _sum_by_segments(x, grad, grad_x, t)


def _present(codes: Tensor) -> tuple[Tensor, ...]:
    return (codes,) if codes.numel() else ()


def _pieces(
    kinds: tuple[torch.dtype, ...], *tensors: Tensor
) -> Iterator[tuple[list[Tensor], tuple[Tensor, ...]]]:
    """Yield work space of those kinds, the same each time, and the next piece of each tensor."""
    x = tensors[0]
    size = min(x.numel(), CHUNK if x.device.type == "cpu" else CHUNK_ON_GPU)
    work = [torch.empty(size, dtype=kind, device=x.device) for kind in kinds]
    for pieces in zip(*(tensor.split(size) for tensor in tensors), strict=True):
        yield [space[: pieces[0].numel()] for space in work], pieces


def _scale(x: Tensor, scale: Tensor, u: Tensor) -> Tensor:
    """Write ``scale * x`` into `u`, computed in the dtype of `u`."""
    return torch.mul(x, scale, out=u) if x.dtype == u.dtype else u.copy_(x).mul_(scale)


def _count(u: Tensor, thresholds: Tensor, out: Tensor, space: Tensor) -> Tensor:
    """Write the number of thresholds below each u into `out`, as floats."""
    first, *others = thresholds.unbind()
    torch.gt(u, first, out=out)
    for threshold in others:
        out.add_(torch.gt(u, threshold, out=space))
    return out


def _search(u: Tensor, thresholds: Tensor, index: Tensor, taken: Tensor, space: Tensor) -> Tensor:
    """Write the number of thresholds below each u into `index`, by halving the range each time."""
    size = 1 << thresholds.numel().bit_length()
    padded = thresholds.new_full((size - 1,), math.inf)
    padded[: thresholds.numel()] = thresholds
    index.zero_()
    half = size // 2
    while half:
        torch.index_select(padded[half - 1 :], 0, index, out=space)
        index.add_(torch.gt(u, space, out=taken), alpha=half)
        half //= 2
    return index


def _finite(x: Tensor, t: Tables, first: float, u: Tensor) -> Tensor:
    """Write ``u = input_scale * x`` with NaN at the first edge and no infinities.

    0 times such a u is 0, so that elements outside can take part in sums with a weight of 0.
    """
    return torch.nan_to_num(_scale(x, t.input_scale, u), nan=first, out=u)


def _ends(t: Tables) -> tuple[list[float], list[float]]:
    """Return the edges, and the next float above each: below that is at or below the edge."""
    beyond = torch.nextafter(t.edges, torch.full_like(t.edges, math.inf))
    return t.edges.tolist(), beyond.tolist()


def _sum_by_segments(x: Tensor, grad: Tensor, grad_x: Tensor, t: Tables) -> Tensor:
    dtype, steps = t.edges.dtype, t.thresholds.numel()
    edges, beyond = _ends(t)
    slopes, thresholds = t.slopes.tolist(), t.thresholds.tolist()
    parts = []
    for (u, weight, own, space), (x_piece, g_piece, out) in _pieces((dtype,) * 4, x, grad, grad_x):
        _finite(x_piece, t, edges[0], u)
        g = g_piece.to(dtype)
        totals, moments = [], []
        weight.zero_()
        for i, slope in enumerate(slopes):
            between(g, u, edges[i], beyond[i + 1], grad_input=own)
            weight.add_(own, alpha=slope)
            totals.append(own.sum())
            moments.append(own.dot(torch.sub(u, edges[i], out=space)))
        taken = [above(g, u, threshold, grad_input=own).sum() for threshold in thresholds]
        between(x_piece.to(dtype), u, edges[0], beyond[-1], grad_input=own)
        parts.append(torch.stack([*taken, *totals, *moments, weight.dot(own)]))
        out.copy_(weight.mul_(t.input_scale * t.output_scale))
    sums = torch.stack(parts).sum(0, dtype=torch.float64)
    of_codes, of_g, of_moments, inputs = sums.split([steps, steps, steps, 1])
    return _from_segments(of_codes.sum(0, keepdim=True), of_g, of_moments, inputs, t)


def _sum_by_half_segments(
    x: Tensor, grad: Tensor, grad_x: Tensor, codes: Tensor, t: Tables
) -> Tensor:
    """Number half segments 0, 1, ..., 2L + 1, from left of the first edge to right of the last.

    Segment i is made of numbers 2i - 1 and 2i, whose codes are i - 1 and i. Each row of x has a
    histogram of its own.
    """
    dtype, device, steps = t.edges.dtype, x.device, t.thresholds.numel()
    edges, beyond = _ends(t)
    bins = 2 * steps + 2
    slopes = torch.zeros(bins, dtype=dtype, device=device)
    slopes[1:-1] = t.slopes.repeat_interleave(2)
    first_bins = torch.empty(0)
    totals = torch.zeros(bins, dtype=torch.float64, device=device)
    moments, inputs = torch.zeros_like(totals), torch.zeros_like(totals[:1])
    kinds = (dtype, dtype, dtype, dtype, torch.int32, torch.int64)
    for (u, number, place, own, code, index), pieces in _pieces(
        kinds, x, grad, grad_x, *_present(codes)
    ):
        x_piece, g_piece, out, *code_piece = pieces
        rows = -(-u.numel() // ROW)
        if first_bins.numel() < u.numel():
            first_bins = torch.arange(u.numel(), dtype=dtype, device=device)
            first_bins.div_(ROW).floor_().mul_(bins)
            slopes = slopes.repeat(rows)
        _finite(x_piece, t, edges[0], u)
        g = g_piece.to(dtype)
        if code_piece:
            code.copy_(code_piece[0])
            number.copy_(code_piece[0])
        else:
            _search(u, t.thresholds, code, torch.empty_like(u, dtype=torch.bool), place)
            number.copy_(code)
        # From the edge between the two half segments that share this code.
        torch.sub(u, torch.index_select(t.edges, 0, code, out=place), out=place)
        torch.add(first_bins[: u.numel()], number, alpha=2, out=number)
        index.copy_(number.add_(torch.gt(place, 0.0, out=own)))
        totals += _histogram(index, g, rows, bins)
        moments += _histogram(index, place.mul_(g), rows, bins)
        weight = torch.index_select(slopes, 0, index, out=number)
        weight.mul_(between(g, u, edges[0], beyond[-1], grad_input=own))
        between(x_piece.to(dtype), u, edges[0], beyond[-1], grad_input=own)
        inputs += weight.dot(own)
        out.copy_(weight.mul_(t.input_scale * t.output_scale))
    code_of_bin = torch.arange(bins, device=device).div_(2, rounding_mode="floor")
    # Without the first two, whose code is 0: 0 times an infinite gradient is not 0.
    of_codes = (totals[2:] * code_of_bin[2:]).sum(0, keepdim=True)
    lower, upper = totals[1:-1].view(steps, 2).unbind(1)
    from_left = moments[1:-1].view(steps, 2).sum(1) + t.widths * upper
    return _from_segments(of_codes, lower + upper, from_left, inputs, t)


def _histogram(index: Tensor, weights: Tensor, rows: int, bins: int) -> Tensor:
    counts = weights.new_zeros(rows * bins).scatter_add_(0, index, weights)
    return counts.view(rows, bins).sum(0, dtype=torch.float64)


def _from_segments(
    of_codes: Tensor, totals: Tensor, moments: Tensor, inputs: Tensor, t: Tables
) -> Tensor:
    """Return the sums, given those of g and of g * (u - left edge) over each segment."""
    pulls = t.slopes * totals
    ramps = t.slopes / t.widths * moments
    ramps[:-1] += pulls.flip(0).cumsum(0).flip(0)[1:]
    scaled = torch.cat([pulls.sum(0, keepdim=True), inputs, ramps]) * t.output_scale
    return torch.cat([of_codes, scaled])
