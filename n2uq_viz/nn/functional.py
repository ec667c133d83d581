"""N2UQ's quantizers as differentiable functions: of an activation, and of a weight.

Three layers: what the parameters mean (`n2uq_viz.nn.tables`), two ways of passing over x
(`n2uq_viz.nn.eager`, `n2uq_viz.nn.fused`), and here what autograd, ``torch.func``,
``torch.compile`` and ``torch.export`` need to know.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import torch
from torch import Tensor

from n2uq_viz.checks import number
from n2uq_viz.nn import eager, fused
from n2uq_viz.nn.tables import (
    ROW,
    Parameters,
    parameter_gradients,
    table,
    unpack,
    working_dtype,
)

__all__ = ["check_floats", "gste_quantize"]

FLOATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
MOST_STEPS = 255


def gste_quantize(
    x: Tensor,
    start: Tensor,
    intervals: Tensor,
    input_scale: Tensor,
    output_scale: Tensor,
    *,
    eps: float = 1e-3,
) -> Tensor:
    """Return x quantized to uniform levels at learnable thresholds, with G-STE as its gradient.

    With ``u = input_scale * x``, L intervals and ``D = 2 / L``: edges ``b_0 = start``,
    ``b_i = b_{i-1} + a_i``, where an interval at or below `eps` acts as `eps`; thresholds in the
    middle between edges; output ``output_scale * D * (number of thresholds below u)``. On a
    threshold the output is the lower level.

    The gradients of x, `input_scale`, `start` and `intervals` are those of the *expectation* of the
    stochastic quantizer; u on segment i, ``b_{i-1} < u <= b_i``, gives x the slope
    ``output_scale * input_scale * D / a_i``, and elements outside the outer edges give none. That
    of `output_scale` is the derivative of the output itself. A floored interval has gradient 0.

    Parameters
    ----------
    x : floating point, of any shape and strides. NaN stays NaN in the output; it has gradient 0
        and adds nothing to any parameter's. The infinities saturate, with gradient 0.
    start, input_scale, output_scale : one element each.
    intervals : shape (L,), L from 1 to 255. n bits have ``2**n - 1``; other L do as well, their
        L + 1 levels are spaced evenly over the same range. Negative ones act as `eps`.
    eps : the smallest width of a segment, at least the smallest normal number of the parameters'
        dtype.

    Notes
    -----
    The parameters have the dtype of x; for bfloat16 and float16 x, float32 does too, and whatever
    theirs, the computation is in float32. Sums over x are made in float64 from partial sums in the
    precision of the computation, of at most 131,072 elements on a CPU. A negative scale gives a
    falling function; 0 is allowed for both scales (an infinite x times 0 is NaN).

    Returns a tensor of the shape and dtype of x. Kept for the backward pass: x, and one byte for
    each of its elements beyond 3 steps where it is not fused.

    There are two ways to compute it, equal bit for bit in the output and within rounding in the
    gradients. For large x, two compiled kernels, one pass each; compiling takes some seconds, once
    (see `n2uq_viz.nn.set_fused`, which also switches). Otherwise, plain PyTorch calls.

    Works under ``torch.compile`` as an operator of its own, with ``torch.func.grad`` and ``vmap``
    (one call for each element of the batch, where gradients of parameters are asked for),
    autocast, and ``torch.export``, which records plain operations, without the gradients. It can
    be differentiated once; twice raises RuntimeError, as does ``is_grads_batched=True``, and
    PyTorch refuses its forward mode. ``torch.jit`` is not supported.

    Raises ValueError for x that is not floating point, other dtypes or devices of the parameters,
    other shapes, another `eps`, and parameters that are not finite. Whether they are is not looked
    at on a GPU, whose work that would hold up, nor in an exported program: there every output is
    NaN.

    Source: Liu et al., CVPR 2022, arXiv 2111.14826, sections on threshold learning and G-STE.

    Examples
    --------
    >>> one = torch.ones(1)
    >>> x = torch.tensor([-1.0, 0.25, 0.3, 1.0, 5.0, torch.nan], requires_grad=True)
    >>> y = gste_quantize(x, 0 * one, torch.tensor([0.5, 1.0, 0.5]), one, one)
    >>> y  # 0.25 and 1.0 are ties
    tensor([0.0000, 0.0000, 0.6667, 0.6667, 2.0000,    nan], grad_fn=<_QuantizeBackward>)
    >>> y.nan_to_num().sum().backward()
    >>> x.grad
    tensor([0.0000, 1.3333, 1.3333, 0.6667, 0.0000, 0.0000])
    """
    parameters = Parameters(start, intervals, input_scale, output_scale)
    _check(x, parameters)
    if not (type(eps) is float or torch.compiler.is_compiling()):
        eps = number("eps", eps, positive=True)
    smallest = torch.finfo(start.dtype).smallest_normal
    if not smallest <= eps < math.inf:
        raise ValueError(
            f"eps must be finite and at least {smallest:.3g} for parameters in {start.dtype}, got "
            f"{eps}"
        )
    if torch.compiler.is_exporting():
        return fused.staircase(x, unpack(table(parameters, eps, working_dtype(x.dtype))))
    in_kernels = False  # under torch.compile that is for the operator to say, when it runs
    if not torch.compiler.is_compiling():
        in_kernels = fused.is_chosen(x, intervals.shape[0])
    y: Tensor = _Quantize.apply(x, *parameters, eps, in_kernels)[0]  # type: ignore[no-untyped-call]
    return y


def check_floats(x: Tensor) -> None:
    """Raise ValueError unless x is a tensor of floating-point numbers."""
    if not isinstance(x, Tensor):
        raise ValueError(
            f"x must be a tensor of floating-point numbers, got {type(x).__name__}; make one with "
            "torch.tensor(x)"
        )
    if x.dtype not in FLOATS:
        raise ValueError(
            f"x must be a tensor of floating-point numbers, got {x.dtype}; convert it with "
            "x.float()"
        )


def _check(x: Tensor, parameters: Parameters) -> None:
    check_floats(x)
    allowed = (x.dtype, working_dtype(x.dtype))
    for name, value in zip(Parameters._fields, parameters, strict=True):
        if not isinstance(value, Tensor):
            raise ValueError(f"{name} must be a tensor, got {type(value).__name__}")
        if name == "intervals":
            if value.ndim != 1 or not 1 <= value.shape[0] <= MOST_STEPS:
                raise ValueError(
                    f"intervals must have shape (L,) with L from 1 to {MOST_STEPS}, 2**bits - 1 "
                    f"for a number of bits, got shape {tuple(value.shape)}"
                )
        elif value.numel() != 1:
            raise ValueError(f"{name} must hold one number, got shape {tuple(value.shape)}")
        if value.device != x.device:
            raise ValueError(
                f"{name} must be on the device of x, got {value.device} and x on {x.device}; move "
                "one of them with .to(device)"
            )
        if value.dtype not in allowed:
            raise ValueError(
                f"{name} must be in {' or '.join(str(kind) for kind in dict.fromkeys(allowed))} "
                f"for x in {x.dtype}, got {value.dtype}; convert one of them with .to(dtype)"
            )
        if value.dtype != parameters.start.dtype:
            raise ValueError(
                f"the parameters must share one dtype, got start in {parameters.start.dtype} and "
                f"{name} in {value.dtype}; convert one of them with .to(dtype)"
            )


def _check_values(parameters: Parameters) -> None:
    if parameters.start.device.type != "cpu":
        return  # looking would wait for everything that the device has still to do
    for name, value in zip(Parameters._fields, parameters, strict=True):
        for i, found in enumerate(value.reshape(-1).tolist()):
            if not math.isfinite(found):
                place = f"{name}[{i}]" if name == "intervals" else name
                raise ValueError(
                    f"{name} must be finite, got {place} = {found}; training may have diverged: "
                    "a lower learning rate or clipped gradients may do"
                )


class _Quantize(torch.autograd.Function):
    """Output, codes and table, of which the last two may be empty: see `_quantize`."""

    @staticmethod
    def forward(x: Tensor, *inputs: Any) -> tuple[Tensor, Tensor, Tensor]:
        *tensors, eps, in_kernels = inputs
        parameters = Parameters(*tensors)
        if torch.compiler.is_compiling():
            codes, numbers = x.new_empty(0, dtype=torch.uint8), x.new_empty(0)
            return _quantize_operator(x, *parameters, eps), codes, numbers
        return _quantize(x, parameters, eps, in_kernels)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        x, *parameters, ctx.eps, ctx.in_kernels = inputs
        ctx.save_for_backward(x, *output[1:], *parameters)
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_others: object) -> tuple[Tensor | None, ...]:
        x, codes, numbers, *parameters = ctx.saved_tensors
        if torch.compiler.is_compiling():
            return *_gradients_operator(grad, x, *parameters, ctx.eps), None, None
        if torch._C._functorch.is_legacy_batchedtensor(grad):
            raise RuntimeError(
                "gste_quantize has no batched backward pass for is_grads_batched=True or "
                "vectorize=True; use torch.func.jacrev, or torch.func.vmap over torch.func.vjp"
            )
        inputs = (grad, x, codes, numbers, *parameters, ctx.eps, ctx.in_kernels)
        if torch.is_grad_enabled() or torch._C._are_functorch_transforms_active():
            return *_Gradients.apply(*inputs), None, None  # type: ignore[no-untyped-call]
        return *_Gradients.forward(*inputs), None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> tuple[Any, Any]:
        x_dim, *other_dims = in_dims
        if x_dim is not None and all(dim is None for dim in other_dims):
            # Nothing but the shape of x has changed.
            outputs = _Quantize.apply(inputs[0].movedim(x_dim, 0), *inputs[1:])  # type: ignore[no-untyped-call]
            return outputs, (0, 0 if outputs[1].numel() else None, None)
        return _one_by_one(_Quantize, info.batch_size, in_dims, inputs)


class _Gradients(torch.autograd.Function):
    """The gradients of x and of the four parameters, which have no derivatives themselves."""

    @staticmethod
    def forward(*inputs: Any) -> tuple[Tensor, ...]:
        grad, x, codes, numbers, *parameters, eps, in_kernels = inputs
        return _gradients(grad, x, codes, numbers, Parameters(*parameters), eps, in_kernels)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], _output: tuple[Tensor, ...]) -> None:
        pass

    @staticmethod
    def backward(_ctx: Any, *_grads: object) -> NoReturn:
        raise RuntimeError(
            "gste_quantize cannot be differentiated twice: its gradient is that of an expectation, "
            "not of its output, and a second derivative would be that of neither; leave out "
            "create_graph=True or the outer torch.func transform"
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> tuple[Any, Any]:
        return _one_by_one(_Gradients, info.batch_size, in_dims, inputs)


def _one_by_one(
    function: Any, batch_size: int, in_dims: tuple[int | None, ...], inputs: tuple[Any, ...]
) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
    """Apply `function` to each element of a batch in turn, and stack what comes out."""
    results = [
        function.apply(
            *(
                value if dim is None else value.select(dim, i)
                for dim, value in zip(in_dims, inputs, strict=True)
            )
        )
        for i in range(batch_size)
    ]
    stacked = tuple(torch.stack(outputs) for outputs in zip(*results, strict=True))
    return stacked, (0,) * len(stacked)


def _dense(x: Tensor, like: Tensor) -> Tensor:
    """Return the elements of x in a row, in the order in which `like` has them in memory."""
    if x.stride() != like.stride():
        x = torch.empty_like(like, dtype=x.dtype).copy_(x)
    return x.as_strided((x.numel(),), (1,))


def _quantize(
    x: Tensor, parameters: Parameters, eps: float, in_kernels: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the output, codes, and table; what is not worth keeping as an empty tensor."""
    _check_values(parameters)
    y = torch.empty_like(x)  # without gaps, whatever the strides of x
    codes, numbers = x.new_empty(0, dtype=torch.uint8), x.new_empty(0)
    in_kernels = in_kernels and fused.quantize(_dense(x, y), _dense(y, y), parameters, eps)
    if x.numel() and not in_kernels:
        numbers = table(parameters, eps, working_dtype(x.dtype))
        if eager.keeps_codes(len(parameters.intervals)):
            codes = torch.empty_like(y, dtype=torch.uint8)
        flat_codes = _dense(codes, y) if codes.numel() else codes
        eager.quantize(_dense(x, y), unpack(numbers), _dense(y, y), flat_codes)
    return y, codes, numbers


def _gradients(
    grad: Tensor,
    x: Tensor,
    codes: Tensor,
    numbers: Tensor,
    parameters: Parameters,
    eps: float,
    in_kernels: bool,
) -> tuple[Tensor, ...]:
    """Return the gradients of x and of each parameter, from what `_quantize` returned."""
    grad_x = torch.empty_like(x)
    if x.numel() == 0:
        return grad_x, *(torch.zeros_like(parameter) for parameter in parameters)
    rows = _dense(x, grad_x), _dense(grad, grad_x), _dense(grad_x, grad_x)
    if codes.numel():
        codes = _dense(codes, grad_x)
    # The kernels take whole rows, and at least two; the rest is little.
    whole = x.numel() // ROW * ROW if in_kernels else 0
    sums = None
    if whole >= 2 * ROW:
        first, second, third = (row[:whole] for row in rows)
        sums = fused.backward(first, second, third, parameters, eps)
    if sums is None or whole < x.numel():
        if not numbers.numel():
            numbers = table(parameters, eps, working_dtype(x.dtype))
        first, second, third = (row[0 if sums is None else whole :] for row in rows)
        rest = eager.backward(first, second, third, codes, unpack(numbers))
        sums = rest if sums is None else sums + rest
    return grad_x, *parameter_gradients(sums, parameters, eps)


@torch.library.custom_op("n2uq_viz::quantize", mutates_args=())
def _quantize_operator(
    x: Tensor,
    start: Tensor,
    intervals: Tensor,
    input_scale: Tensor,
    output_scale: Tensor,
    eps: float,
) -> Tensor:
    parameters = Parameters(start, intervals, input_scale, output_scale)
    return _quantize(x, parameters, eps, fused.is_chosen(x, len(intervals)))[0]


@_quantize_operator.register_fake
def _(x: Tensor, *_others: object) -> Tensor:
    return torch.empty_like(x)


@torch.library.custom_op("n2uq_viz::quantize_gradients", mutates_args=())
def _gradients_operator(
    grad: Tensor,
    x: Tensor,
    start: Tensor,
    intervals: Tensor,
    input_scale: Tensor,
    output_scale: Tensor,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    parameters = Parameters(start, intervals, input_scale, output_scale)
    codes, numbers = x.new_empty(0, dtype=torch.uint8), x.new_empty(0)
    in_kernels = fused.is_chosen(x, len(intervals))
    a, b, c, d, e = _gradients(grad, x, codes, numbers, parameters, eps, in_kernels)
    return a, b, c, d, e


@_gradients_operator.register_fake
def _(grad: Tensor, *inputs: Any) -> tuple[Tensor, ...]:  # noqa: ARG001
    return tuple(torch.empty_like(tensor) for tensor in inputs[:5])
