"""The op against the authors' numbers, the NumPy quantizer, differences, and a literal loop."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.gste import textbook_loop
from n2uq_viz.nn import fused as fused_kernels
from n2uq_viz.nn import gste_quantize, set_fused
from n2uq_viz.nn.tables import Parameters, table, unpack
from n2uq_viz.quantizer import Quantizer

GOLDEN = Path(__file__).parent / "data" / "n2uq_reference.npz"
NAMES = ("start", "intervals", "input_scale", "output_scale")
EPS = 1e-3
Array = NDArray[np.float64]
#: CUDA is tested where there is one; that this machine has none is not a skipped test.
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
FUSED_ROWS = 4096  # elements from which the kernels can be asked for


class Result(NamedTuple):
    """Output and gradients, detached."""

    y: Tensor
    x: Tensor
    start: Tensor
    intervals: Tensor
    input_scale: Tensor
    output_scale: Tensor


def run(x: Tensor, parameters: Parameters, grad: Tensor, op: Any = gste_quantize) -> Result:
    leaves = [value.detach().clone().requires_grad_() for value in (x, *parameters)]
    y = op(*leaves)
    y.backward(grad)
    found = [leaf.grad for leaf in leaves]
    assert all(value is not None for value in found)
    return Result(y.detach(), *found)  # type: ignore[arg-type]


def parameters_of(steps: int, seed: int, dtype: torch.dtype = torch.float64) -> Parameters:
    """Uneven intervals, some of them below the floor, and scales that are not 1."""
    rng = np.random.default_rng(seed)
    intervals = rng.uniform(0.3, 1.7, steps) * 2.0 / steps
    if steps > 2:
        intervals[1], intervals[-1] = -0.3, 5e-4
    numbers = (rng.uniform(-0.3, 0.3, 1), intervals, rng.uniform(0.5, 1.5, 1), [1.3])
    return Parameters(*(torch.tensor(np.asarray(part), dtype=dtype) for part in numbers))


def inputs_of(size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Inputs in and around the range, and upstream gradients, as float64."""
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(0.8, 1.2, size)), torch.tensor(rng.normal(size=size))


# --- The authors' numbers ------------------------------------------------------------------------


def golden(kind: str) -> dict[str, dict[str, Array]]:
    found: dict[str, dict[str, Array]] = {}
    with np.load(GOLDEN, allow_pickle=False) as archive:
        for key in archive:
            if key.startswith(f"{kind}/"):
                case, _, field = key.rpartition("/")
                found.setdefault(case, {})[field] = archive[key]
    return found


CASES = golden("activation")


def test_there_are_reference_numbers() -> None:
    assert len(CASES) == 16


def far_from_ties(given_: dict[str, Array], margin: float) -> NDArray[np.bool_]:
    q = Quantizer.from_intervals(
        given_["intervals"], given_["start"], input_scale=given_["input_scale"]
    )
    special = np.concatenate([q.thresholds, q.edges])
    clear: NDArray[np.bool_] = np.abs(given_["x"][..., None] - special).min(axis=-1) > margin
    return clear


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float64, 1e-9), (torch.float32, 2e-5)])
@pytest.mark.parametrize("case", CASES)
def test_reference_numbers(case: str, dtype: torch.dtype, rtol: float, mode: str) -> None:
    """In float32 an input that lies on an edge may fall to its other side: those are left out."""
    given_ = CASES[case]
    x, grad = (torch.tensor(given_[name], dtype=dtype) for name in ("x", "grad_out"))
    parameters = Parameters(*(torch.tensor(given_[name], dtype=dtype) for name in NAMES))
    copies = 1
    if mode == "always":  # the kernels take 4096 elements and more
        copies = -(-FUSED_ROWS // x.numel())
        x, grad = x.repeat(copies, 1, 1), grad.repeat(copies, 1, 1)
    with set_fused(mode):
        found = run(x, parameters, grad)
    shape = (copies, *given_["x"].shape)
    expected = {
        "y": given_["y"],
        "x": given_["grad_x"],
        **{name: copies * given_[f"grad_{name}"] for name in NAMES},
    }
    clear = far_from_ties(given_, 1e-12 if dtype == torch.float64 else 1e-6)
    assert clear.mean() > 0.97
    for name in ("y", "x"):
        each = getattr(found, name).double().numpy().reshape(shape)
        for copy in each:
            assert np.allclose(copy[clear], expected[name][clear], rtol=rtol, atol=rtol * 1e-2)
    for name in NAMES:
        value, wanted = getattr(found, name).double().numpy(), expected[name]
        assert np.max(np.abs(value - wanted)) <= rtol * np.max(np.abs(wanted)), name


# --- The NumPy quantizer -------------------------------------------------------------------------


def numpy_quantizer(p: Parameters) -> Quantizer:
    return Quantizer.from_intervals(
        p.intervals.tolist(),
        p.start.item(),
        input_scale=p.input_scale.item(),
        output_scale=p.output_scale.item(),
        eps=EPS,
    )


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7, 15, 16, 31, 63, 127, 255])
def test_numpy_quantizer_has_the_same_output_and_slope(steps: int) -> None:
    p = parameters_of(steps, seed=steps)
    q = numpy_quantizer(p)
    x, _ = inputs_of(5000, seed=1)
    special = np.concatenate([q.thresholds, q.edges])
    x = x[torch.tensor(np.abs(x.numpy()[:, None] - special).min(axis=1) > 1e-12)]
    found = run(x, p, torch.ones_like(x))
    assert np.allclose(found.y.numpy(), q(x.numpy()), rtol=1e-12, atol=0)
    assert np.allclose(found.x.numpy(), q.gradient(x.numpy()), rtol=1e-12, atol=0)
    assert found.output_scale.item() == pytest.approx(q(x.numpy()).sum() / p.output_scale.item())


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize("steps", [1, 3, 15])
def test_ties_go_down_and_kinks_have_the_slope_on_their_left(steps: int, mode: str) -> None:
    """With intervals of 1 and scales of 1 every edge and threshold is exact."""
    one = torch.ones(1, dtype=torch.float64)
    p = Parameters(0 * one, torch.ones(steps, dtype=torch.float64), one, one)
    x = torch.arange(-1.0, steps + 1.5, 0.5, dtype=torch.float64).repeat(FUSED_ROWS)
    with set_fused(mode):
        found = run(x, p, torch.ones_like(x))
    q = numpy_quantizer(p)
    assert np.allclose(found.y.numpy(), q(x.numpy()), rtol=1e-14, atol=0)
    assert np.allclose(found.x.numpy(), q.gradient(x.numpy()), rtol=1e-14, atol=0)


# --- Differences of the expectation, and of the output -------------------------------------------


def expectation(x: Array, p: dict[str, Array]) -> Array:
    """Written from the formulas alone: the mean of the stochastic quantizer."""
    steps = p["intervals"].size
    widths = np.where(p["intervals"] > EPS, p["intervals"], EPS)
    left = p["start"] + np.concatenate([[0.0], np.cumsum(widths)[:-1]])
    taken = np.clip((p["input_scale"] * x[:, None] - left) / widths, 0.0, 1.0)
    result: Array = p["output_scale"] * (2.0 / steps) * taken.sum(axis=1)
    return result


@st.composite
def problems(draw: Any) -> tuple[Array, Array, dict[str, Array]]:
    steps = draw(st.one_of(st.sampled_from((1, 3, 7, 15, 63, 255)), st.integers(1, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    widths = rng.uniform(0.05, 1.0, steps)
    kinds = rng.random(steps)
    widths[kinds < 0.15] = rng.uniform(-1.0, 0.9 * EPS, steps)[kinds < 0.15]  # floored, negative
    sign = draw(st.sampled_from((-1.0, 1.0)))
    p = {
        "start": rng.uniform(-1.0, 1.0, 1),
        "intervals": widths,
        "input_scale": sign * rng.uniform(0.3, 2.0, 1),
        "output_scale": rng.uniform(0.3, 2.0, 1) * draw(st.sampled_from((-1.0, 1.0))),
    }
    shape = draw(st.sampled_from(((40,), (4, 10), (2, 5, 2, 2))))
    u = rng.uniform(p["start"] - 0.5, p["start"] + np.maximum(widths, EPS).sum() + 0.5, 40)
    edges = p["start"] + np.concatenate([[0.0], np.cumsum(np.where(widths > EPS, widths, EPS))])
    # A difference over a kink is no derivative: u keeps away from edges and thresholds.
    special = np.concatenate([edges, (edges[1:] + edges[:-1]) / 2])
    u = np.where(np.abs(u[:, None] - special).min(axis=1) > 1e-5, u, edges[0] - 0.3)
    return (u / p["input_scale"]).reshape(shape), rng.normal(size=shape), p


@settings(max_examples=60, deadline=None)
@given(problems())
def test_gradients_are_differences_of_the_expectation(
    problem: tuple[Array, Array, dict[str, Array]],
) -> None:
    x, grad, p = problem
    parameters = Parameters(*(torch.tensor(p[name]) for name in NAMES))
    found = run(torch.tensor(x), parameters, torch.tensor(grad))
    h = 1e-7

    def loss(changed: dict[str, Array], inputs: Array = x) -> float:
        return float(grad.ravel() @ expectation(inputs.ravel(), changed))

    for name in ("start", "input_scale", "intervals"):
        for i in range(p[name].size):
            moved = [dict(p, **{name: p[name] + s * h * (np.arange(p[name].size) == i)})
                     for s in (1.0, -1.0)]  # fmt: skip
            difference = (loss(moved[0]) - loss(moved[1])) / (2 * h)
            value = getattr(found, name).reshape(-1)[i].item()
            assert value == pytest.approx(difference, rel=1e-4, abs=1e-4), (name, i)
    ahead, behind = (expectation((x + s * h).ravel(), p) for s in (1.0, -1.0))
    slope = (ahead - behind).reshape(x.shape) / (2 * h)
    assert np.allclose(found.x.numpy(), grad * slope, rtol=1e-5, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_gradient_of_the_output_scale_is_a_difference_of_the_output(
    problem: tuple[Array, Array, dict[str, Array]],
) -> None:
    x, grad, p = problem
    parameters = Parameters(*(torch.tensor(p[name]) for name in NAMES))
    found = run(torch.tensor(x), parameters, torch.tensor(grad))
    h = 1e-6
    outputs = [
        gste_quantize(torch.tensor(x), *parameters[:3], parameters.output_scale + s * h).numpy()
        for s in (1.0, -1.0)
    ]
    difference = np.sum(grad * (outputs[0] - outputs[1])) / (2 * h)
    assert found.output_scale.item() == pytest.approx(difference, rel=1e-6, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_one_scale_is_redundant(problem: tuple[Array, Array, dict[str, Array]]) -> None:
    """``s1 ds1 + s ds + sum a da = 0`` where nothing is floored."""
    x, grad, p = problem
    p = dict(p, intervals=np.where(p["intervals"] > 2 * EPS, p["intervals"], 0.2))
    parameters = Parameters(*(torch.tensor(p[name]) for name in NAMES))
    found = run(torch.tensor(x), parameters, torch.tensor(grad))
    terms = [
        (parameters[i] * getattr(found, name)).sum().item() for i, name in enumerate(NAMES[:3])
    ]
    assert sum(terms) == pytest.approx(0.0, abs=1e-10 * max(1.0, *map(abs, terms)))


# --- A literal loop over the levels, and the two ways of computing against each other ------------


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 15, 255])
def test_the_textbooks_loop_gives_the_same(steps: int) -> None:
    p = parameters_of(steps, seed=steps + 100)
    x, grad = inputs_of(3000, seed=2)
    special = numpy_quantizer(p).thresholds
    away = torch.tensor(np.abs(x.numpy()[:, None] - special).min(axis=1) > 1e-12)
    x, grad = x[away], grad[away]
    found, expected = run(x, p, grad), run(x, p, grad, textbook_loop)
    for name, value, wanted in zip(Result._fields, found, expected, strict=True):
        scale = wanted.abs().max().item()
        assert torch.allclose(value, wanted, rtol=1e-9, atol=1e-11 * max(scale, 1.0)), name


KINDS = [
    *itertools.product([torch.float32], [1, 2, 3, 7, 15]),
    (torch.float64, 3),
    (torch.float64, 15),
    (torch.bfloat16, 3),
    (torch.float16, 3),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("dtype", "steps"), KINDS)
def test_both_ways_agree(dtype: torch.dtype, steps: int, device: str) -> None:
    """Outputs bit for bit, also where x is NaN, infinite, or in no whole row; gradients nearly."""
    x, grad = inputs_of(3 * 2048 + 37, seed=steps)
    x[::997] = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.0, -0.0, 1e4, -1e4])
    x[5::501] = -0.0
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    p = Parameters(*(part.to(device, wide) for part in parameters_of(steps, seed=steps)))
    x, grad = x.to(device, dtype), grad.to(device, dtype)
    with set_fused("always"):
        assert fused_kernels.is_chosen(x, steps), "this test needs a C++ compiler, or Triton"
    results = []
    for mode in ("never", "always"):
        with set_fused(mode):
            results.append(run(x, p, grad))
    plain, fused = results
    falling = p._replace(output_scale=-p.output_scale, start=p.start + 1.0)
    signs = []
    for mode in ("never", "always"):
        with set_fused(mode):
            signs.append(gste_quantize(x, *falling).signbit())
    assert torch.equal(*(sign & ~x.isnan() for sign in signs))
    assert not signs[0][x == 0.0].any()  # 0 of both signs
    assert torch.equal(plain.y.isnan(), x.isnan())
    bits = {8: torch.int64, 4: torch.int32, 2: torch.int16}[dtype.itemsize]
    ours, theirs = (y.nan_to_num(77.0).contiguous().view(bits) for y in (plain.y, fused.y))
    assert torch.equal(ours, theirs)
    assert plain.x.isfinite().all()
    assert (plain.x - fused.x).abs().max() <= torch.finfo(dtype).eps * plain.x.abs().max()
    # Rounding goes with the size of the terms, which partly cancel in the sums.
    sizes = run(x, p, grad.abs())
    for name in NAMES:
        a, b, size = (getattr(result, name) for result in (plain, fused, sizes))
        assert a.isfinite().all()
        assert (a - b).abs().max() <= 8 * torch.finfo(wide).eps * size.abs().max(), name


def test_switch_for_the_kernels() -> None:
    fused = fused_kernels
    small, large = torch.empty(1 << 13), torch.empty(1 << 20)
    assert (fused.is_chosen(small, 3), fused.is_chosen(large, 3)) == (False, True)
    assert not fused.is_chosen(large, 255)
    with set_fused("always"):
        assert (fused.is_chosen(small, 3), fused.is_chosen(large, 3)) == (True, True)
        assert not fused.is_chosen(small[:2000], 3)
        with set_fused("never"):
            assert not fused.is_chosen(large, 3)
        assert fused.fused_mode() == "always"
    again = set_fused("never")
    assert not fused.is_chosen(large, 3)
    set_fused("auto")
    with again:
        assert fused.fused_mode() == "never"
    assert fused.is_chosen(large, 3)


# --- Shapes, strides, dtypes ---------------------------------------------------------------------


def strided() -> dict[str, Tensor]:
    base = inputs_of(2 * 6 * 8 * 10, seed=3)[0].reshape(2, 6, 8, 10)
    return {
        "contiguous": base,
        "channels last": base.contiguous(memory_format=torch.channels_last),
        "transposed": base.transpose(1, 3),
        "every other": base[:, ::2, 1:, ::3],
        "reversed": base.flip(0).transpose(0, 2),
        "expanded": base[:1, :, :, :1].expand(4, 6, 8, 5),
        "0-D": base[0, 0, 0, 0],
        "one element": base[:1, :1, :1, :1],
        "empty": base[:, :0],
        "a view inside": base.reshape(-1)[7:100],
    }


@pytest.mark.parametrize("steps", [3, 15, 255])
@pytest.mark.parametrize("name", strided())
def test_any_shape_and_strides(name: str, steps: int) -> None:
    x = strided()[name]
    p = parameters_of(steps, seed=5)
    grad = torch.linspace(-1.0, 1.0, x.numel(), dtype=torch.float64).reshape(x.shape)
    leaf = x.detach().requires_grad_()
    leaves = [part.clone().requires_grad_() for part in p]
    y = gste_quantize(leaf, *leaves)
    assert y.shape == x.shape
    assert y.stride() == torch.empty_like(x).stride()
    y.backward(grad)
    flat = run(x.reshape(-1).clone(), p, grad.reshape(-1))
    assert leaf.grad is not None
    assert torch.equal(y.detach().reshape(-1), flat.y)
    assert torch.equal(leaf.grad.reshape(-1), flat.x)
    for part, wanted in zip(leaves, flat[2:], strict=True):
        # A tensor in another order is summed in another order.
        assert part.grad is not None
        assert torch.allclose(part.grad, wanted, rtol=1e-12, atol=1e-12)


def test_upstream_gradient_of_other_strides_and_a_sum() -> None:
    x, grad = (part.reshape(4, 5, 6) for part in inputs_of(120, seed=6))
    p = parameters_of(7, seed=6)
    found = run(x, p, grad.permute(2, 1, 0).contiguous().permute(2, 1, 0))
    for value, wanted in zip(found, run(x, p, grad), strict=True):
        assert torch.equal(value, wanted)
    leaf = x.clone().requires_grad_()
    gste_quantize(leaf, *p).sum().backward()  # an upstream gradient without memory of its own
    assert leaf.grad is not None
    assert torch.equal(leaf.grad, run(x, p, torch.ones_like(x)).x)


@pytest.mark.parametrize("parameter_dtype", [None, torch.float32])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("steps", [3, 15, 255])
def test_halves_are_computed_in_float32(
    steps: int, dtype: torch.dtype, parameter_dtype: torch.dtype | None
) -> None:
    x, grad = (part.to(dtype) for part in inputs_of(40_000, seed=7))
    p = Parameters(
        *(part.to(parameter_dtype or dtype) for part in parameters_of(steps, 7, torch.float32))
    )
    op = partial(gste_quantize, eps=2.0**-10)  # the same number in all dtypes
    found = run(x, p, grad, op)
    wide = run(x.float(), Parameters(*(part.float() for part in p)), grad.float(), op)
    assert (found.y.dtype, found.x.dtype) == (dtype, dtype)
    assert torch.equal(found.y, wide.y.to(dtype))
    assert torch.equal(found.x, wide.x.to(dtype))
    for value, wanted, part in zip(found[2:], wide[2:], p, strict=True):
        assert value.dtype == part.dtype
        # Summed in half, 40,000 terms would be off by percents.
        assert torch.allclose(value, wanted.to(part.dtype), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize("steps", [1, 3, 15])
def test_sums_of_many_elements_keep_their_digits(steps: int, mode: str) -> None:
    x, grad = (part.float() for part in inputs_of(1 << 20, seed=8))
    p = Parameters(*(part.float() for part in parameters_of(steps, seed=8)))
    with set_fused(mode):
        found = run(x, p, grad)
    wide = Parameters(*(part.double() for part in p))
    exact, sizes = (run(x.double(), wide, g.double()) for g in (grad, grad.abs()))
    for name in NAMES:
        value, wanted, size = (getattr(r, name).double() for r in (found, exact, sizes))
        assert (value - wanted).abs().max() <= 1e-6 * size.abs().max(), name


# --- NaN and infinities --------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 3, 15, 255])
def test_nan_and_infinities(steps: int) -> None:
    p = parameters_of(steps, seed=9)
    x = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.7, 0.9], dtype=torch.float64)
    grad = torch.tensor([3.0, 5.0, 7.0, 1.0, -2.0], dtype=torch.float64)
    found = run(x, p, grad)
    top = 2.0 * p.output_scale.item()
    assert found.y[0].isnan()
    assert found.y[1:3].tolist() == pytest.approx([top, 0.0])
    assert found.x[:3].tolist() == [0.0, 0.0, 0.0]
    # What is NaN adds nothing, what is infinite only to the output's own scale.
    alone = run(x[3:], p, grad[3:])
    for name in NAMES[:3]:
        assert torch.allclose(getattr(found, name), getattr(alone, name), rtol=1e-12, atol=0)
    assert found.output_scale.item() == pytest.approx(alone.output_scale.item() + 5.0 * 2.0)


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize("steps", [3, 15])
def test_an_infinite_upstream_gradient_stays_where_it_is(steps: int, mode: str) -> None:
    """Outside the edges the gradient is 0, whatever comes from above."""
    p = parameters_of(steps, seed=10)
    x, grad = inputs_of(FUSED_ROWS, seed=10)
    x[:2], grad[:2] = torch.tensor([1e3, -1e3]), torch.tensor([torch.inf, torch.inf])
    with set_fused(mode):
        found = run(x, p, grad)
    assert found.x[:2].tolist() == [0.0, 0.0]
    for name in NAMES[:3]:
        assert getattr(found, name).isfinite().all(), name
    assert found.output_scale.item() == np.inf


def test_output_scale_of_zero_keeps_a_finite_gradient() -> None:
    p = parameters_of(3, seed=11)._replace(output_scale=torch.zeros(1, dtype=torch.float64))
    x, grad = inputs_of(500, seed=11)
    found = run(x, p, grad)
    one = run(x, p._replace(output_scale=torch.ones(1, dtype=torch.float64)), grad)
    assert not found.y.any()
    assert not found.x.any()
    assert found.output_scale.item() == one.output_scale.item() != 0.0


def test_input_scale_of_zero_is_a_constant_function() -> None:
    zero = torch.zeros(1, dtype=torch.float64)
    p = parameters_of(3, seed=12)._replace(input_scale=zero, start=zero - 0.1)
    x, grad = inputs_of(500, seed=12)
    found = run(x, p, grad)
    assert len(found.y.unique()) == 1
    assert not found.x.any()
    assert found.input_scale.item() != 0.0  # it would start to move


def test_a_falling_function_is_the_rising_one_of_minus_x() -> None:
    p = parameters_of(7, seed=13)
    x, grad = inputs_of(500, seed=13)
    found = run(x, p._replace(input_scale=-p.input_scale), grad)
    mirrored = run(-x, p, grad)
    assert torch.equal(found.y, mirrored.y)
    assert torch.equal(found.x, -mirrored.x)
    assert torch.equal(found.intervals, mirrored.intervals)
    assert not torch.signbit(run(x, p._replace(output_scale=-p.output_scale), grad).y[x < -5]).any()


# --- What is kept for the backward pass ----------------------------------------------------------


@pytest.mark.parametrize("mode", ["never", "always"])
@pytest.mark.parametrize("steps", [1, 3, 15, 255])
def test_x_and_at_most_one_byte_an_element_are_kept(steps: int, mode: str) -> None:
    x = inputs_of(50_000, seed=14)[0].float().requires_grad_()
    p = [part.float().requires_grad_() for part in parameters_of(steps, seed=14)]
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with set_fused(mode), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        gste_quantize(x, *p)
    assert kept.pop(x.data_ptr()) == 4 * x.numel()
    tables = 4 * (5 * steps + 4) + 4 * (steps + 3)
    codes = x.numel() if steps > 3 and not (mode == "always" and steps <= 15) else 0
    assert sum(kept.values()) <= codes + tables


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("name", NAMES)
def test_where_values_are_not_looked_at_nothing_passes_for_a_number(name: str, bad: float) -> None:
    """On a GPU and in an exported program, a parameter that is not finite makes all levels NaN."""
    p = parameters_of(7, seed=15)
    value = getattr(p, name).clone()
    value[-1] = bad
    levels = unpack(table(p._replace(**{name: value}), EPS, torch.float32)).levels
    assert levels.isnan().all()
    assert unpack(table(p, EPS, torch.float32)).levels.isfinite().all()


# --- Bad input -----------------------------------------------------------------------------------

ONE = torch.ones(1)
GOOD = {
    "x": torch.ones(3),
    "start": ONE,
    "intervals": torch.ones(3),
    "input_scale": ONE,
    "output_scale": ONE,
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x": torch.ones(3, dtype=torch.int64)}, r"x must be a tensor of floating-point .*int64"),
        ({"x": torch.ones(3, dtype=torch.bool)}, r"x must be a tensor of floating-point .*bool"),
        ({"x": torch.ones(3, dtype=torch.complex64)}, r"x must be a tensor of floating-point"),
        ({"x": [1.0, 2.0]}, r"x must be a tensor of floating-point numbers, got list; make"),
        ({"intervals": torch.ones(0)}, r"shape \(L,\) with L from 1 to 255.*got shape \(0,\)"),
        ({"intervals": torch.ones(256)}, r"shape \(L,\) with L from 1 to 255.*got shape \(256,\)"),
        ({"intervals": torch.ones(1, 3)}, r"shape \(L,\) with L from 1 to 255.*got shape \(1, 3\)"),
        ({"intervals": [1.0]}, r"intervals must be a tensor, got list"),
        ({"start": torch.ones(2)}, r"start must hold one number, got shape \(2,\)"),
        ({"input_scale": torch.ones(0)}, r"input_scale must hold one number, got shape \(0,\)"),
        (
            {"output_scale": ONE.double()},
            r"output_scale must be in torch.float32 .*got torch.float64",
        ),
        ({"start": ONE.long()}, r"start must be in torch.float32 .*got torch.int64; convert"),
        ({"x": torch.ones(3).double()}, r"start must be in torch.float64 .*got torch.float32"),
        (
            {"x": torch.ones(3).half(), "start": ONE.half()},
            r"share one dtype, got start in torch.float16 and inte",
        ),
        ({"input_scale": ONE.to("meta")}, r"input_scale must be on the device of x, got meta"),
        ({"start": ONE * torch.nan}, r"start must be finite, got start = nan; training may"),
        ({"intervals": torch.tensor([1.0, torch.inf])}, r"finite, got intervals\[1\] = inf"),
        ({"intervals": torch.tensor([1.0, -torch.inf])}, r"finite, got intervals\[1\] = -inf"),
        ({"input_scale": ONE * torch.inf}, r"input_scale must be finite, got input_scale = inf"),
        ({"output_scale": ONE * torch.nan}, r"output_scale must be finite"),
        ({"eps": 0.0}, r"eps must be finite and at least 1.18e-38 for .*float32, got 0.0"),
        ({"eps": 1e-50}, r"eps must be finite and at least 1.18e-38 for .*float32, got 1e-50"),
        ({"eps": torch.nan}, r"eps must be finite and at least 1.18e-38 for .*, got nan"),
        ({"eps": "x"}, r"eps must be one finite number above 0, got 'x'"),
    ],
)
def test_bad_input_gets_one_clear_error(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gste_quantize(**{**GOOD, **changed})
