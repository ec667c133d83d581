"""The layers, the weight quantizer, and the peers, each against something independent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import laplace, norm
from torch import Tensor, nn

from n2uq_viz.nn import (
    LSQActivation,
    N2UQActivation,
    N2UQConv2d,
    N2UQLinear,
    PACTActivation,
    UniformActivation,
    quantize_weight,
)
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE

GOLDEN = Path(__file__).parent / "data" / "n2uq_reference.npz"
Array = NDArray[np.float64]


def inputs(size: int = 400, low: float = -1.0, high: float = 3.0) -> Tensor:
    """Evenly spaced, and away from round numbers such as ties."""
    return torch.linspace(low, high, size) + 1.2345e-3


# --- N2UQActivation ------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", range(1, 9))
def test_activation_begins_as_uniform_quantization(bits: int) -> None:
    act = N2UQActivation(bits)
    x = inputs().requires_grad_()
    y = act(x)
    y.sum().backward()
    q = Quantizer.uniform(bits)
    assert np.allclose(y.detach().numpy(), q(x.detach().numpy()), atol=1e-6)
    assert x.grad is not None
    assert torch.allclose(x.grad, ((x > 0) & (x <= 2)).float(), atol=1e-4)


def trained(bits: int, dtype: torch.dtype = torch.float32) -> N2UQActivation:
    """A layer as training leaves it: nothing round, an interval on the floor and one below."""
    act = N2UQActivation(bits, dtype=dtype)
    generator = torch.Generator().manual_seed(bits)
    with torch.no_grad():
        act.intervals.mul_(torch.rand(act.intervals.shape, generator=generator) + 0.5)
        if bits > 1:
            act.intervals[:2] = torch.tensor([act.eps, -0.5])
        act.start.fill_(-0.2)
        act.input_scale.fill_(1.3)
        act.output_scale.fill_(0.8)
    return act


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bits", range(1, 9))
def test_quantizer_is_the_same_function(bits: int, dtype: torch.dtype) -> None:
    act, x = trained(bits, dtype), inputs().to(dtype)
    q = act.quantizer()
    assert q.levels.size == 2**bits
    away = np.abs(x.numpy()[:, None] - q.thresholds).min(axis=1) > 1e-6
    assert away.mean() > 0.98
    tolerance = 10 * torch.finfo(dtype).eps
    assert np.allclose(act(x).detach().numpy()[away], q(x.numpy())[away], rtol=tolerance, atol=0)


def test_the_floor_is_the_same_number_on_both_sides() -> None:
    """1e-3 is another number in float32, and a width of it must not fall to either side."""
    q = trained(2).quantizer()
    floor = torch.tensor(1e-3).item()
    assert q.intervals[:2] * 1.3 == pytest.approx([floor, floor], rel=1e-6)


@pytest.mark.parametrize(
    ("scales", "message"),
    [
        ((-1.0, 1.0), r"the scales must be above 0 .* got input_scale = -1.0$"),
        ((1.0, -0.5), r"the scales must be above 0 .* got output_scale = -0.5$"),
        ((0.0, 1.0), r"the scales must be above 0 .* got input_scale = 0.0$"),
        ((-1.0, -1.0), r"got input_scale = -1.0 and output_scale = -1.0$"),
        ((float("nan"), 1.0), r"got input_scale = nan$"),
    ],
)
def test_a_function_that_falls_has_no_quantizer(scales: tuple[float, float], message: str) -> None:
    act = N2UQActivation(2)
    with torch.no_grad():
        act.input_scale.fill_(scales[0])
        act.output_scale.fill_(scales[1])
    with pytest.raises(ValueError, match=message):
        act.quantizer()


@pytest.mark.parametrize("bits", [0, 9, 2.5, True, "2", None, -1])
@pytest.mark.parametrize(
    "layer",
    [
        N2UQActivation,
        UniformActivation,
        LSQActivation,
        PACTActivation,
        lambda bits: N2UQConv2d(1, 1, 1, bits=bits),
        lambda bits: N2UQLinear(1, 1, bits=bits),
        lambda bits: quantize_weight(torch.ones(1, 1), bits),
    ],
)
def test_bits_are_from_1_to_8(layer: Any, bits: Any) -> None:
    with pytest.raises(ValueError, match="bits must be a whole number from 1 to 8, got "):
        layer(bits)


@pytest.mark.parametrize("eps", [0.0, -1.0, float("nan"), "x"])
def test_eps_is_above_0(eps: Any) -> None:
    with pytest.raises(ValueError, match="eps must be one finite number above 0, got "):
        N2UQActivation(2, eps=eps)


def test_repr_says_what_was_asked_for() -> None:
    assert repr(N2UQActivation(3, eps=0.01)) == "N2UQActivation(bits=3, eps=0.01)"
    assert repr(UniformActivation(2)) == "UniformActivation(bits=2, low=0, high=2)"
    assert repr(LSQActivation(2, signed=True)) == "LSQActivation(bits=2, signed=True)"
    assert repr(PACTActivation(2)) == "PACTActivation(bits=2)"


ACTIVATIONS = [N2UQActivation, UniformActivation, PACTActivation]


@pytest.mark.parametrize("make", ACTIVATIONS)
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_calibration_finds_the_end_that_loses_least(make: Any, bits: int) -> None:
    """No end nearby loses less, and twice the data have twice the end."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5000, generator=generator).relu() * 3.0
    act = make(bits).calibrate(x)
    end = act.quantizer().edges[-1]

    def error(end: float) -> float:
        return float(np.mean((Quantizer.uniform(bits, 0.0, end)(x.numpy()) - x.numpy()) ** 2))

    step = float(x.max()) / 100
    candidates = [error(step * k) for k in range(1, 101)]
    assert error(end) == pytest.approx(min(candidates), rel=1e-4)
    assert make(bits).calibrate(2 * x).quantizer().edges[-1] == pytest.approx(2 * end)
    assert np.allclose(act(x).detach().numpy(), act.quantizer()(x.numpy()), atol=1e-5)


def test_calibration_of_lsq_is_its_papers_start() -> None:
    x = torch.tensor([0.5, 1.5, 1.0])
    assert LSQActivation(2).calibrate(x).step_size.item() == pytest.approx(2.0 / 3**0.5)
    signed = LSQActivation(3, signed=True).calibrate(torch.tensor([-1.0, 1.0]))
    assert signed.step_size.item() == pytest.approx(2.0 / 3**0.5)


@pytest.mark.parametrize("make", [*ACTIVATIONS, LSQActivation])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.tensor([1.0, torch.nan]), "x must be finite, got NaN or infinity in it"),
        (
            torch.tensor([-1.0, 0.0]),
            r"x must hold a number .* from 1e-30 to 1e\+30, got 0 as the largest$",
        ),
        (torch.empty(0), "x must hold a number .* got no number$"),
        (torch.tensor([1, 2]), "x must be a tensor of floating-point numbers, got torch.int64"),
        ([1.0, 2.0], "x must be a tensor of floating-point numbers, got list"),
    ],
)
def test_calibration_refuses(make: Any, x: Any, message: str) -> None:
    act = make(2)
    before = {name: value.clone() for name, value in act.state_dict().items()}
    with pytest.raises(ValueError, match=message):
        act.calibrate(x)
    assert all(torch.equal(value, before[name]) for name, value in act.state_dict().items())


@pytest.mark.parametrize("make", [*ACTIVATIONS, LSQActivation])
def test_calibration_sees_all_of_a_large_sample(make: Any) -> None:
    """A draw that kept step with the rows would see one column of it only."""
    x = torch.rand(2**18, 2, generator=torch.Generator().manual_seed(0))
    x[:, 1] *= 6.0
    ends = [make(2).calibrate(some).quantizer().edges[-1] for some in (x, x.T.contiguous(), x, x)]
    assert ends[0] == ends[2] == ends[3]
    assert ends[0] == pytest.approx(ends[1], rel=0.02)
    assert ends[0] == pytest.approx(make(2).calibrate(x[: 2**16]).quantizer().edges[-1], rel=0.02)


@pytest.mark.parametrize("make", [*ACTIVATIONS, LSQActivation])
@pytest.mark.parametrize("size", [1e-25, 1e20])
def test_calibration_at_any_scale(make: Any, size: float) -> None:
    x = torch.linspace(0.0, 1.0, 1000)
    ends = [make(2).calibrate(factor * x).quantizer().edges[-1] for factor in (1.0, size)]
    assert ends[1] == pytest.approx(size * ends[0], rel=1e-5)


def test_calibration_of_a_signed_lsq_takes_negative_numbers() -> None:
    assert LSQActivation(2, signed=True).calibrate(torch.tensor([-1.0, -3.0])).step_size == 4.0


@pytest.mark.parametrize("make", [N2UQActivation, LSQActivation, PACTActivation, UniformActivation])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.tensor([1, 2]), "got torch.int64; convert it with x.float"),
        (torch.tensor([True]), "got torch.bool"),
        (torch.tensor([1j]), "got torch.complex64"),
        ([1.0], r"got list; make one with torch.tensor\(x\)"),
    ],
)
def test_inputs_that_are_refused(make: Any, x: Any, message: str) -> None:
    with pytest.raises(
        ValueError, match=f"x must be a tensor of floating-point numbers, {message}"
    ):
        make(2)(x)


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64])
def test_parameters_are_floating_point(dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match="must be a tensor of floating-point numbers, got torch"):
        N2UQActivation(2, dtype=dtype)


# --- Weights -------------------------------------------------------------------------------------


def weight_cases() -> dict[str, dict[str, Array]]:
    found: dict[str, dict[str, Array]] = {}
    with np.load(GOLDEN, allow_pickle=False) as archive:
        for key in archive:
            if key.startswith("weight/"):
                case, _, name = key.rpartition("/")
                found.setdefault(case, {})[name] = archive[key]
    return found


@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float64, 1e-9), (torch.float32, 2e-5)])
@pytest.mark.parametrize("case", weight_cases())
def test_reference_numbers_of_weights(case: str, dtype: torch.dtype, rtol: float) -> None:
    given = weight_cases()[case]
    bits = int(case.split("/")[2].removesuffix("bit"))
    weight = torch.tensor(given["weight"], dtype=dtype, requires_grad=True)
    quantized = quantize_weight(weight, bits)
    quantized.backward(torch.tensor(given["grad_quantized"], dtype=dtype))
    assert weight.grad is not None
    assert np.allclose(quantized.detach().numpy(), given["quantized"], rtol=rtol, atol=rtol * 1e-3)
    assert np.allclose(weight.grad.numpy(), given["grad_weight"], rtol=rtol, atol=0)


def test_there_are_reference_numbers_of_weights() -> None:
    assert {case.split("/")[2] for case in weight_cases()} == {f"{n}bit" for n in range(1, 5)}


@pytest.mark.parametrize("shape", [(4,), (3, 5), (2, 3, 4), (4, 2, 3, 3)])
@pytest.mark.parametrize("bits", range(1, 9))
def test_levels_and_both_gradients(bits: int, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(bits)
    weight = torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
    grad = torch.randn(shape, generator=generator, dtype=torch.float64)
    steps = 2**bits - 1
    flat = weight.detach().reshape(shape[0], -1)
    scale = steps / 2 ** (bits - 1) * flat.abs().mean(1, keepdim=True)
    for gradient in ("reference", "chain"):
        weight.grad = None
        quantized = quantize_weight(weight, bits, gradient=gradient)
        quantized.backward(grad)
        codes = (quantized.detach().reshape(shape[0], -1) / scale + 1) * steps / 2
        assert torch.allclose(codes, codes.round(), atol=1e-9)
        assert codes.min() >= -1e-9
        assert codes.max() <= steps + 1e-9
        nearest = (flat / scale).clamp(-1, 1)
        assert ((codes - (nearest + 1) * steps / 2).abs() <= 0.5 + 1e-9).all()
        if gradient == "reference":
            expected = grad.reshape(shape[0], -1) / scale
        else:
            expected = grad.reshape(shape[0], -1) * (flat.abs() < scale)
        assert weight.grad is not None
        assert torch.allclose(weight.grad.reshape(shape[0], -1), expected, rtol=1e-12)


@pytest.mark.parametrize("gradient", ["reference", "chain"])
def test_a_silent_channel_stays_silent(gradient: str) -> None:
    weight = torch.tensor([[0.0, -0.0], [1.0, -3.0]], requires_grad=True)
    quantized = quantize_weight(weight, 1, gradient=gradient)
    quantized.sum().backward()
    assert weight.grad is not None
    assert quantized[0].tolist() == weight.grad[0].tolist() == [0.0, 0.0]
    assert quantized[1].tolist() == [2.0, -2.0]


@pytest.mark.parametrize(
    ("law", "expected"),
    [(norm, (1.0, 1.9837, 2.9787, 3.9483)), (laplace, (1.0, 1.949, 2.909, 3.848))],
)
def test_entropy_is_nearly_the_number_of_bits(law: Any, expected: tuple[float, ...]) -> None:
    """The codes of evenly spaced quantiles, against the entropies of the mathematics."""
    weight = torch.tensor(law.ppf((np.arange(400_000) + 0.5) / 400_000))[None]
    for bits, entropy in enumerate(expected, start=1):
        counts = torch.unique(quantize_weight(weight, bits), return_counts=True)[1]
        share = counts.double() / counts.sum()
        assert len(share) == 2**bits
        assert float(-(share * share.log2()).sum()) == pytest.approx(entropy, abs=1e-3)


def test_halves_of_weights_are_computed_in_float32() -> None:
    weight = torch.randn(3, 500, generator=torch.Generator().manual_seed(0)).bfloat16()
    found = quantize_weight(weight, 3)
    assert found.dtype == torch.bfloat16
    assert torch.equal(found, quantize_weight(weight.float(), 3).bfloat16())


@pytest.mark.parametrize(
    ("weight", "options", "message"),
    [
        (torch.ones(2, 2), {"gradient": "ste"}, 'gradient must be one of "reference", "chain", go'),
        (torch.ones(2, 2).int(), {}, "weight must be a floating-point tensor .*torch.int32"),
        (torch.tensor(1.0), {}, r"weight must be a floating-point tensor .* of shape \(\)"),
        ([1.0], {}, "weight must be a floating-point tensor .* got list"),
    ],
)
def test_weights_that_are_refused(weight: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quantize_weight(weight, 2, **options)


# --- N2UQConv2d and N2UQLinear -------------------------------------------------------------------


@pytest.mark.parametrize("gradient", ["reference", "chain"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2, "padding": 1},
        {"dilation": 2, "padding": "same"},
        {"groups": 2, "bias": False},
        {"padding": (1, 2), "padding_mode": "reflect"},
    ],
)
def test_convolution_is_torchs_with_a_quantized_weight(
    options: dict[str, Any], gradient: str
) -> None:
    torch.manual_seed(0)
    layer = N2UQConv2d(4, 6, 3, bits=2, gradient=gradient, **options)
    plain = nn.Conv2d(4, 6, 3, **options)
    plain.load_state_dict(layer.state_dict())
    with torch.no_grad():
        plain.weight.copy_(quantize_weight(layer.weight, 2))
    x = torch.randn(2, 4, 9, 9)
    assert torch.equal(layer(x), plain(x))
    layer(x).square().sum().backward()
    plain(x).square().sum().backward()
    weight = layer.weight.detach().clone().requires_grad_()
    quantize_weight(weight, 2, gradient=gradient).backward(plain.weight.grad)
    assert layer.weight.grad is not None
    assert weight.grad is not None
    assert torch.allclose(layer.weight.grad, weight.grad, rtol=1e-5, atol=1e-6)
    if layer.bias is not None:
        assert layer.bias.grad is not None
        assert plain.bias is not None
        assert plain.bias.grad is not None
        assert torch.equal(layer.bias.grad, plain.bias.grad)
    assert {tuple(row.unique().shape) for row in layer.quantized_weight().reshape(6, -1)} == {(4,)}


@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_torchs_with_a_quantized_weight(bias: bool) -> None:
    torch.manual_seed(0)
    layer, plain = N2UQLinear(50, 6, bias, bits=3), nn.Linear(50, 6, bias)
    plain.load_state_dict(layer.state_dict())
    with torch.no_grad():
        plain.weight.copy_(quantize_weight(layer.weight, 3))
    x = torch.randn(7, 50)
    assert torch.equal(layer(x), plain(x))


@pytest.mark.parametrize("make", [N2UQLinear, lambda *a, **k: N2UQConv2d(*a, 3, **k)])
def test_layers_refuse_another_gradient(make: Any) -> None:
    with pytest.raises(ValueError, match='gradient must be one of "reference", "chain", got'):
        make(2, 2, bits=2, gradient="none")


def test_a_net_of_them_learns() -> None:
    """Every parameter moves, and the loss falls."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(2, 32), N2UQActivation(2), N2UQLinear(32, 32, bits=2, gradient="chain"),
        nn.ReLU(), N2UQActivation(2), nn.Linear(32, 1),
    )  # fmt: skip
    x = torch.rand(400, 2)
    y = ((x[:, :1] - 0.5) * (x[:, 1:] - 0.5) > 0).float()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    before = {name: value.detach().clone() for name, value in net.named_parameters()}
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert all(not torch.equal(before[name], value) for name, value in net.named_parameters())
    assert losses[-1] < 0.5 * losses[0]


# --- Peers, against the table of surrogates ------------------------------------------------------


def backward(act: nn.Module, x: Tensor) -> tuple[Array, Array]:
    """Output and gradient of x, for an upstream gradient of 1."""
    leaf = x.clone().requires_grad_()
    y = act(leaf)
    y.sum().backward()
    assert leaf.grad is not None
    return y.detach().numpy(), leaf.grad.numpy()


@pytest.mark.parametrize("bits", range(1, 9))
def test_pact_is_that_of_the_table(bits: int) -> None:
    act = PACTActivation(bits).double()
    with torch.no_grad():
        act.alpha.fill_(1.7)
    x = torch.cat([inputs().double(), torch.tensor([0.0, 1.7, torch.inf, -torch.inf])])
    y, grad = backward(act, x)
    options: dict[str, Any] = {"alpha": 1.7, "bits": bits}
    entry = TABLE["pact"]
    assert np.allclose(y, entry.forward(x.numpy(), **options), atol=1e-12)
    assert np.array_equal(grad, entry.derivative(x.numpy(), **options))
    assert act.alpha.grad is not None
    of_alpha = entry.derivative(x.numpy(), "alpha", **options).sum()
    assert act.alpha.grad.item() == pytest.approx(of_alpha)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", range(1, 9))
def test_lsq_is_that_of_the_table(bits: int, signed: bool) -> None:
    act = LSQActivation(bits, signed=signed).double()
    with torch.no_grad():
        act.step_size.fill_(0.37)
    x = torch.cat([inputs(low=-3.0).double(), torch.tensor([0.0, torch.inf, -torch.inf])])
    y, grad = backward(act, x)
    options: dict[str, Any] = {
        "step_size": 0.37,
        "bits": bits,
        "tensor": "weights" if signed else "activations",
        "numel": x.numel(),
    }
    entry = TABLE["lsq"]
    assert np.allclose(y, entry.forward(x.numpy(), **options), atol=1e-12)
    assert np.array_equal(grad, entry.derivative(x.numpy(), **options))
    assert act.step_size.grad is not None
    of_step = entry.derivative(x.numpy(), "step_size", **options).sum()
    assert act.step_size.grad.item() == pytest.approx(of_step, rel=1e-9)


def test_lsq_counts_the_elements_of_one_sample() -> None:
    x = inputs(60).reshape(5, 12)
    act = LSQActivation(2)
    act(x).sum().backward()
    assert act.step_size.grad is not None
    whole = LSQActivation(2)
    whole(x.reshape(-1)).sum().backward()
    assert whole.step_size.grad is not None
    ratio = act.step_size.grad.item() / whole.step_size.grad.item()
    assert ratio == pytest.approx((60 / 12) ** 0.5)


@pytest.mark.parametrize("bits", range(1, 9))
def test_uniform_is_the_clipped_ste(bits: int) -> None:
    act = UniformActivation(bits, -0.7, 1.9).double()
    x = torch.cat([inputs().double(), torch.tensor([torch.inf, -torch.inf])])
    y, grad = backward(act, x)
    q = Quantizer.uniform(bits, -0.7, 1.9)
    assert np.allclose(y, q(x.numpy()), atol=1e-6)  # the range was given in float32
    assert np.allclose(grad, q.ste_gradient(x.numpy()), atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_uniform_gradient_is_1_up_to_the_end_and_no_further(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    low = float(torch.rand(1, generator=generator)) - 1.0
    act = UniformActivation(1 + seed % 8, low, low + float(torch.rand(1, generator=generator)) * 9)
    ends = torch.cat([act.low, act.high])
    away = torch.tensor([torch.inf, torch.inf])
    _, grad = backward(act, torch.cat([ends, torch.nextafter(ends, away)]))
    assert grad.tolist() == [0.0, 1.0, 1.0, 0.0]


def test_lsq_with_an_infinite_gradient_where_nothing_pulls() -> None:
    act = LSQActivation(2)
    y = act(torch.tensor([-1.0, 0.1]))
    y.backward(torch.tensor([torch.inf, 1.0]))
    assert act.step_size.grad is not None
    assert act.step_size.grad.isfinite().all()


PEERS: list[Any] = [
    lambda bits: UniformActivation(bits, -0.5, 1.3),
    LSQActivation,
    lambda bits: LSQActivation(bits, signed=True),
    PACTActivation,
]


@pytest.mark.parametrize("make", PEERS)
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_peers_have_a_quantizer_with_the_same_function(make: Any, bits: int) -> None:
    act, x = make(bits).calibrate(inputs(low=-3.0)), inputs(low=-3.0)
    q = act.quantizer()
    assert q.levels.size == 2**bits
    away = np.abs(x.numpy()[:, None] - q.thresholds).min(axis=1) > 1e-6
    assert np.allclose(act(x).detach().numpy()[away], q(x.numpy())[away], atol=1e-5)


@pytest.mark.parametrize("make", [*PEERS, N2UQActivation])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_every_dtype_and_nan(make: Any, dtype: torch.dtype) -> None:
    act = make(2).to(dtype)
    x = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.3], dtype=dtype, requires_grad=True)
    y = act(x)
    y.nan_to_num().sum().backward()
    assert y.dtype == dtype
    assert y.isnan().tolist() == [True, False, False, False]
    assert x.grad is not None
    assert x.grad[:3].tolist() == [0.0, 0.0, 0.0]
    assert all(value.grad is not None and value.grad.isfinite().all() for value in act.parameters())


@pytest.mark.parametrize("make", [*PEERS, N2UQActivation])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 1, 3)])
def test_every_shape(make: Any, shape: tuple[int, ...]) -> None:
    act, x = make(2), torch.full(shape, 0.7, requires_grad=True)
    y = act(x)
    y.sum().backward()
    assert x.grad is not None
    assert y.shape == x.grad.shape == shape


@pytest.mark.filterwarnings("ignore:<class 'torch.autograd.function.Function'> should not be")
@pytest.mark.parametrize("make", [*PEERS, N2UQActivation])
def test_ensembles_and_exports(make: Any) -> None:
    acts = [make(2), make(2).calibrate(inputs(low=-3.0))]
    x = inputs(60).reshape(6, 10)
    p, buffers = torch.func.stack_module_state(acts)
    found = torch.func.vmap(
        lambda p, b: torch.func.functional_call(acts[0], (p, b), (x,)), in_dims=(0, 0)
    )(p, buffers)
    assert all(torch.equal(found[i], act(x)) for i, act in enumerate(acts))
    shapes = ({0: torch.export.Dim("batch", min=2)},)
    for strict in (False, True):
        program = torch.export.export(acts[1], (x,), dynamic_shapes=shapes, strict=strict).module()
        assert torch.equal(program(x[:3]), acts[1](x[:3]))


@pytest.mark.parametrize(
    ("make", "name"), [(LSQActivation, "step_size"), (PACTActivation, "alpha")]
)
@pytest.mark.parametrize("size", [0.0, -0.1, float("nan"), float("inf")])
def test_a_size_that_has_turned_negative(make: Any, name: str, size: float) -> None:
    act = make(2)
    with torch.no_grad():
        getattr(act, name).fill_(size)
    for call in (lambda: act(torch.ones(3)), act.quantizer):
        with pytest.raises(ValueError, match=f"{name} must be finite and above 0, got {size}"):
            call()


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (float("nan"), 1.0)])
def test_uniform_needs_a_range(low: float, high: float) -> None:
    with pytest.raises(ValueError, match=r"low must be (less than high|one finite number)"):
        UniformActivation(2, low, high)
