"""How long the trainable quantizer takes, and how much memory, against what else one would use.

Forward and backward with all gradients, for activations of a small and of a large layer. Compared:

- *textbook loop*: two ``where`` per level under autograd, with running thresholds, the form in
  which the method was published (an independent version, written for this table);
- *fake quantize* and *learnable fake quantize*: PyTorch's own uniform quantizers, the first with no
  gradient but that of x;
- *clamp*: ``x.clamp(0, 2)``, below which no elementwise operation with a backward pass can go.

All take turns, forwards and backwards, in one process; ratios are of medians, and belong to this
machine and this run. Memory is the peak of what is allocated beyond x, the upstream gradient and
the parameters, as PyTorch's allocator reports it. The compiled kernels are warm; what compiling
them cost is told separately. Everything is on the GPU where there is one.

Run: ``python -m benchmarks.gste``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

# The profiler, which counts the memory, would tell when it starts and stops.
os.environ.setdefault("KINETO_LOG_LEVEL", "6")

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from benchmarks.report import digits, is_quick, spread, table, times
from n2uq_viz.nn import gste_quantize, set_fused

ROUNDS = 15
ROUNDS_AT_8_BITS = 3  # a round of the loop takes seconds there
SHAPES = ((32, 64, 28, 28), (8, 256, 56, 56))
BITS = (2, 3, 4, 8)
LOOP, FAKE, LEARNABLE, CLAMP = (
    "textbook loop",
    "fake quantize",
    "learnable fake quantize",
    "clamp(0, 2)",
)
FUSED, EAGER = "gste_quantize, fused", "gste_quantize, eager"


def textbook_loop(
    x: Tensor,
    start: Tensor,
    intervals: Tensor,
    input_scale: Tensor,
    output_scale: Tensor,
    eps: float = 1e-3,
) -> Tensor:
    """Return what `gste_quantize` returns, one level after the other, with autograd's gradients.

    The output is the staircase; the gradient is that of the ramps. Any shape; float32 or float64.
    """
    rise = 2.0 / len(intervals)
    u = x * input_scale
    widths = torch.where(intervals > eps, intervals, eps)
    staircase, ramps = torch.zeros_like(u), torch.zeros_like(u)
    edge, level = start, torch.zeros_like(start)
    for width in widths:
        threshold, level = edge + width / 2, level + rise
        staircase = torch.where(u > threshold, level, staircase)
        ramps = torch.where(u > edge, rise / width * (u - edge) + level - rise, ramps)
        edge = edge + width
    ramps = torch.where(u > edge, level, ramps)
    return (ramps + (staircase - ramps).detach()) * output_scale


def ways(x: Tensor, grad: Tensor, bits: int) -> dict[str, Callable[[], object]]:
    """Return what is compared: each call runs forward and backward once."""
    device, steps = x.device, 2**bits - 1
    start = [torch.zeros(1, device=device), torch.full((steps,), 2.0 / steps, device=device)]
    start += [torch.ones(1, device=device), torch.ones(1, device=device)]
    scale, zero = torch.tensor([2.0 / steps], device=device), torch.zeros(1, device=device)

    def run(op: Callable[..., Tensor], *parameters: Tensor) -> None:
        leaves = [value.detach().requires_grad_() for value in (x, *parameters)]
        op(*leaves).backward(grad)

    def fused(*leaves: Tensor) -> Tensor:
        with set_fused("always"):
            return gste_quantize(*leaves)

    def eager(*leaves: Tensor) -> Tensor:
        with set_fused("never"):
            return gste_quantize(*leaves)

    def fake(x: Tensor) -> Tensor:
        return torch.fake_quantize_per_tensor_affine(x, 2.0 / steps, 0, 0, steps)

    def learnable(x: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
        found: Tensor = torch._fake_quantize_learnable_per_tensor_affine(
            x, scale, zero, 0, steps, 1.0
        )
        return found

    return {
        LOOP: lambda: run(textbook_loop, *start),
        FAKE: lambda: run(fake),
        LEARNABLE: lambda: run(learnable, scale, zero),
        CLAMP: lambda: run(lambda x: x.clamp(0.0, 2.0)),
        EAGER: lambda: run(eager, *start),
        FUSED: lambda: run(fused, *start),
    }


def seconds(call: Callable[[], object], device: torch.device) -> float:
    """Time of one call, until the device has done it."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def measure(
    compared: dict[str, Callable[[], object]], rounds: int, device: torch.device
) -> dict[str, list[float]]:
    """Times of each way, which have taken turns."""
    found: dict[str, list[float]] = {name: [] for name in compared}
    for call in compared.values():
        call()
    for turn in range(rounds):
        for name in list(compared) if turn % 2 == 0 else reversed(list(compared)):
            found[name].append(seconds(compared[name], device))
    return found


def peak_bytes(call: Callable[[], object], device: torch.device) -> int:
    """Largest sum of what one call has allocated and not yet freed."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        call()
    results = profiler.profiler
    assert results is not None
    now = peak = 0
    for event in results.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            peak = max(peak, now)
    return peak


def first_use(bits: int) -> float:
    """Seconds that the first call of the compiled kernels takes, nothing having been compiled.

    In a fresh process, with PyTorch imported but not its compiler.
    """
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-c", FIRST_USE.format(bits=bits)],
            env=dict(os.environ, TORCHINDUCTOR_CACHE_DIR=cache),
            capture_output=True,
            text=True,
            check=True,
        )
    return float(done.stdout)


FIRST_USE = """
import torch
from benchmarks.gste import FUSED, seconds, ways
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
x = torch.randn(1 << 20, device=device)
print(seconds(ways(x, torch.ones_like(x), {bits})[FUSED], device))
"""


def block(shape: Sequence[int], bits: int, device: torch.device, rounds: int) -> None:
    """Measure and print the table for one size and number of bits."""
    torch.manual_seed(0)
    x = torch.randn(*shape, device=device) * 0.8 + 0.6
    compared = ways(x, torch.randn_like(x), bits)
    if bits == 8:
        del compared[FUSED]  # beyond 4 bits the op is eager
    taken = measure(compared, rounds, device)
    memory = {name: peak_bytes(call, device) for name, call in compared.items()}
    middle = {name: statistics.median(found) for name, found in taken.items()}
    rows = [
        [
            name,
            spread([1000.0 * each for each in found]),
            *(digits(middle[other] / middle[name]) for other in (LOOP, FAKE, LEARNABLE, CLAMP)),
            digits(memory[name] / 2**20),
            times(memory[LOOP] / memory[name]),
        ]
        for name, found in taken.items()
    ]
    header = [
        f"{bits} bits, {'x'.join(map(str, shape))}",
        "ms",
        "loop",
        "fake",
        "learn.",
        "clamp",
        "MiB",
        "loop",
    ]
    print("\n" + table(header, rows))


def main(quick: bool = False) -> None:
    """Measure and print the tables."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = (
        torch.cuda.get_device_name()
        if device.type == "cuda"
        else f"{torch.get_num_threads()} threads"
    )
    rounds, rounds_at_8_bits = (2, 1) if quick else (ROUNDS, ROUNDS_AT_8_BITS)
    print(
        f"float32 on {device.type}, {name}; ms: median [smallest, largest] of {rounds} "
        f"({rounds_at_8_bits} at 8 bits);\nhow many times as long the others take; "
        "then peak memory, and how many times the loop needs."
    )
    for shape in SHAPES[:1] if quick else SHAPES:
        for bits in BITS[:1] if quick else BITS:
            block(shape, bits, device, rounds if bits < 8 else rounds_at_8_bits)
    print()
    compiled = [
        [f"{bits} bits", digits(first_use(bits))] for bits in ((2,) if quick else (2, 3, 4))
    ]
    print(table(["first use of the compiled kernels", "s"], compiled))


if __name__ == "__main__":
    main(is_quick(__doc__))
