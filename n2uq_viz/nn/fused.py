"""The op as two kernels made by ``torch.compile``: one pass over x forward, one backward.

The functions that are compiled are ordinary PyTorch; `staircase` is also what ``torch.export``
records. They are compiled once for each number of steps and dtype, when they are first used, and
PyTorch keeps the result on disk for the next process.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor

from n2uq_viz.checks import choice
from n2uq_viz.nn.tables import ROW, Parameters, Tables, table, unpack, working_dtype

__all__ = ["backward", "fused_mode", "is_chosen", "quantize", "set_fused", "staircase"]

MODES = ("auto", "always", "never")
#: Elements of x from which "auto" uses the kernels. They save a few ns an element and compiling
#: costs seconds, so a tensor of a notebook's size would not earn them back.
FROM_ELEMENTS = 1 << 20
#: Beyond so many steps the unrolled loops take long to compile and little time is saved.
MOST_FUSED_STEPS = 15

_mode = "auto"
#: What has been compiled, and for which x it could not be.
_ready: set[tuple[Any, ...]] = set()
_failed: set[tuple[Any, ...]] = set()
_compiling = threading.Lock()


class set_fused:
    """Say when `gste_quantize` uses its compiled kernels: "auto", "always" or "never".

    "auto", which holds from the start, takes them for x of 2**20 elements or more and up to 15
    steps, on a CPU with a C++ compiler or on a GPU with Triton. "always" takes them for smaller x
    too, from 2 rows of 2048 elements. Where they cannot be had, and for what they do not cover,
    plain PyTorch calls do the same. Outputs are the same bit for bit, gradients within rounding.

    The first use costs the compiling: 12 to 22 s for forward and backward on a machine with 2
    cores, and 1 to 6 s in a later process, since PyTorch keeps the result on disk. What was said
    holds for the whole process; as a context manager it holds inside only. The backward pass goes
    the way that the forward pass went.

    Under ``torch.compile`` forward and backward each ask when they run.

    Raises ValueError for another word.

    >>> with set_fused("never"):
    ...     fused_mode()
    'never'
    >>> fused_mode()
    'auto'
    >>> set_fused("sometimes")
    Traceback (most recent call last):
    ValueError: mode must be one of "auto", "always", "never", got 'sometimes'
    """

    def __init__(self, mode: str) -> None:
        global _mode
        self._mode, self._before = choice("mode", mode, MODES), _mode
        _mode = self._mode

    def __enter__(self) -> Self:
        global _mode
        _mode = self._mode
        return self

    def __exit__(self, *exception: object) -> None:
        global _mode
        _mode = self._before


def fused_mode() -> str:
    """Return what was last said by `set_fused`."""
    return _mode


def is_chosen(x: Tensor, steps: int) -> bool:
    """Whether x goes through the compiled kernels."""
    least = {"auto": FROM_ELEMENTS, "always": 2 * ROW, "never": sys.maxsize}[_mode]
    return (
        x.numel() >= least
        and steps <= MOST_FUSED_STEPS
        and (x.device.type, x.dtype, steps) not in _failed
        and _has_compiler(x.device.type)
    )


@functools.cache
def _has_compiler(device: str) -> bool:
    if device == "cuda":
        from torch.utils._triton import has_triton

        return bool(has_triton())
    usual = {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    return device == "cpu" and shutil.which(os.environ.get("CXX", usual)) is not None


def staircase(x: Tensor, t: Tables) -> Tensor:
    """Return the output for x, of the same shape and dtype: the level of the last threshold passed.

    A chain of comparisons, made of plain elementwise operations. NaN stays NaN.
    """
    u = x.to(t.edges.dtype) * t.input_scale
    y = torch.where(u != u, u, t.levels[0])
    for threshold, level in zip(t.thresholds.unbind(), t.levels[1:].unbind(), strict=True):
        y = torch.where(u > threshold, level, y)
    return y.to(x.dtype)


def _forward(x: Tensor, out: Tensor, *parameters: Tensor, eps: float) -> None:
    t = table(Parameters(*parameters), eps, working_dtype(x.dtype))
    out.copy_(staircase(x, unpack(t)))


def _backward(
    x: Tensor, grad: Tensor, out: Tensor, ones: Tensor, *parameters: Tensor, eps: float
) -> Tensor:
    """Write the gradient of x into `out`, and return the sums for those of the parameters.

    `x`, `grad` and `out` have rows of `ROW` elements, and `ones` holds a 1 for each row, as a
    column. That it could differ between rows keeps the compiler from flattening the elementwise
    part, which it would then compute in a loop of its own: a second pass over x.
    """
    t = unpack(table(Parameters(*parameters), eps, working_dtype(x.dtype)))
    dtype, steps = t.edges.dtype, t.thresholds.shape[0]
    x, g = x.to(dtype), grad.to(dtype)
    u = x * t.input_scale
    # NaN is taken as lying on the first edge, where nothing has a gradient yet.
    u = torch.where(u != u, t.edges[0], u)
    passed = [u > edge for edge in t.edges.unbind()]
    slope, code = t.slopes[0], torch.zeros_like(u)
    for i in range(1, steps):
        slope = torch.where(passed[i], t.slopes[i], slope)
    for i in range(steps):
        code = torch.where(u > t.thresholds[i], float(i + 1), code)
    inside = passed[0] & (u <= t.edges[steps])
    weight = torch.where(inside, g * (ones * t.output_scale) * slope, 0.0)
    # How far x has come through each segment; what is no farther than a segment is 0 or finite.
    ways = [
        torch.where(passed[i + 1], t.widths[i], torch.where(passed[i], u - t.edges[i], 0.0))
        for i in range(steps)
    ]
    rows = [
        torch.where(u > t.thresholds[0], g * code, 0.0),
        weight,
        weight * torch.where(inside, x, 0.0),
        *(weight * way for way in ways),
    ]
    out.copy_(weight * t.input_scale)
    codes, pulls, inputs, *moments = (row.sum(1) for row in rows)
    sums = torch.stack([codes, pulls, inputs, *moments]).sum(1, dtype=torch.float64)
    return torch.cat([sums[:3], sums[3:] / t.widths])


#: `max_fusion_size` and the others let the compiler keep one loop, however many sums it has to
#: carry; as it is set by default it would store what they share and come back for it.
_ONE_LOOP = {
    "max_fusion_size": 10_000,
    "cpp.max_horizontal_fusion_size": 10_000,
    "realize_opcount_threshold": 1_000_000,
    "realize_acc_reads_threshold": 1_000_000,
}


@functools.cache
def _options() -> dict[str, Any]:
    options: dict[str, Any] = dict(_ONE_LOOP)
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        # With 512 bits a comparison goes through a mask register and back; 256 bits are faster.
        options["cpp.simdlen"] = 256
    known = set(torch._inductor.list_options())
    return {name: value for name, value in options.items() if name in known}


@functools.cache
def _compiled(function: Callable[..., Any], eps: float, *_key: object) -> Callable[..., Any]:
    """Return `function` compiled for that `eps`, a separate one for each key.

    PyTorch counts recompilations by code object and gives up after a few; a code object for each
    key keeps the number of steps, dtypes and devices from adding up.
    """
    own = types.FunctionType(function.__code__.replace(), function.__globals__, function.__name__)
    own.__kwdefaults__ = {"eps": eps}
    compiled: Callable[..., Any] = torch.compile(own, fullgraph=True, options=_options())
    return compiled


def _run(
    function: Callable[..., Any], large: tuple[Tensor, ...], parameters: Parameters, eps: float
) -> tuple[bool, Any]:
    """Return whether `function` could be compiled, and what it gives; if not, with a warning."""
    x = large[0]
    kind = (x.device.type, x.dtype, len(parameters.intervals))
    key = (function, eps, torch.is_inference_mode_enabled(), parameters.start.dtype, *kind)
    if kind in _failed:
        return False, None
    # PyTorch compiles anew for tensors that require gradients, and wherever these are switched.
    given = [tensor.detach() for tensor in (*large, *parameters)]
    with torch.no_grad(), torch.autocast(x.device.type, enabled=False):
        if key in _ready:
            return True, _compiled(*key)(*given)
        # One at a time: threads would compile the same thing, and share how warnings are treated.
        with _compiling, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the compiler says of its own code
            for tensor in given[: len(large)]:
                torch._dynamo.mark_dynamic(tensor, 0)
            try:
                result = _compiled(*key)(*given)
            except Exception as error:  # whatever a compiler may answer
                _failed.add(kind)
                reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            else:
                _ready.add(key)
                return True, result
    warnings.warn(
        f"gste_quantize goes on without its compiled kernels for {x.dtype} on {x.device.type}, "
        f"since compiling them failed: {reason}",
        RuntimeWarning,
        stacklevel=2,
    )
    return False, None


def quantize(x: Tensor, y: Tensor, parameters: Parameters, eps: float) -> bool:
    """Write the output for x into `y`, both 1-D and contiguous; return whether it could be done."""
    return _run(_forward, (x, y), parameters, eps)[0]


def backward(
    x: Tensor, grad: Tensor, grad_x: Tensor, parameters: Parameters, eps: float
) -> Tensor | None:
    """Write the gradient of x into `grad_x`, and return the sums for those of the parameters.

    The sums are those that `n2uq_viz.nn.tables.parameter_gradients` takes, or None if it could not
    be done. All tensors are 1-D and contiguous, with a whole number of rows, at least 2.
    """
    x, grad, grad_x = x.view(-1, ROW), grad.view(-1, ROW), grad_x.view(-1, ROW)
    ones = torch.ones(len(x), 1, dtype=working_dtype(x.dtype), device=x.device)
    sums: Tensor | None = _run(_backward, (x, grad, grad_x, ones), parameters, eps)[1]
    return sums
