"""The net in whole numbers: the same sums, codes and classes, however they are computed."""

from __future__ import annotations

import copy
import itertools
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from n2uq_viz import datasets, integer
from n2uq_viz.integer import (
    Epilogue,
    IntegerNet,
    add_look_ups,
    add_up,
    count_up,
    differences,
    integer_thresholds,
    load_net,
    reach,
    run_onnx,
    save_onnx,
    to_onnx,
)
from n2uq_viz.integer.bitplanes import inner_products, planes
from n2uq_viz.integer.comparison import compare_floats
from n2uq_viz.integer.compile import compile_net
from n2uq_viz.integer.epilogue import values
from n2uq_viz.integer.simulation import simulate
from n2uq_viz.integer.thresholds import EXACT
from n2uq_viz.integer.trained import float_net, train_net
from n2uq_viz.nn import N2UQActivation, N2UQConv2d, N2UQLinear, quantize_weight
from n2uq_viz.training import RunFileError, TrainingConfig
from n2uq_viz.training.tasks import load_task
from tests.test_imports import modules_after

ONE = np.ones(1, np.float32)


@cache
def stored_images() -> tuple[Any, Any]:
    test = load_task("digits").test
    return test.x, test.y


def activation(bits: int, seed: int, input_scale: float = 0.9, output_scale: float = 0.8) -> Any:
    """A quantizer with uneven thresholds."""
    act = N2UQActivation(bits)
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        act.start.fill_(float(rng.normal(0.0, 0.2)))
        act.intervals.copy_(torch.from_numpy(rng.uniform(-0.1, 4.0 / 2**bits, 2**bits - 1)))
        act.input_scale.fill_(input_scale)
        act.output_scale.fill_(output_scale)
    return act


def norm(kind: type, channels: int, seed: int) -> Any:
    """A normalization as after training, with a gain of each sign and one that is 0."""
    rng = np.random.default_rng(seed)
    made = kind(channels)
    with torch.no_grad():
        made.running_mean.copy_(torch.from_numpy(rng.normal(0.0, 0.5, channels)))
        made.running_var.copy_(torch.from_numpy(rng.uniform(0.2, 3.0, channels)))
        made.weight.copy_(torch.from_numpy(rng.normal(0.0, 1.5, channels)))
        made.weight[1] = 0.0
        made.bias.copy_(torch.from_numpy(rng.uniform(0.0, 1.0, channels)))
    return made


def convolutions(weight_bits: int, bits: int, seed: int = 0) -> Any:
    """A net with everything that can be compiled: signs, biases, PReLU, a chain in a chain."""
    torch.manual_seed(seed)
    prelu = nn.PReLU(5)
    with torch.no_grad():
        prelu.weight.copy_(torch.tensor([0.0, 0.1, 0.25, 1.0, 2.0]))
    net = nn.Sequential(
        nn.Conv2d(2, 4, (3, 2), padding=(0, 1)),
        norm(nn.BatchNorm2d, 4, seed),
        activation(bits, seed + 1),
        nn.Sequential(
            N2UQConv2d(4, 5, (2, 3), stride=(1, 2), padding=(1, 2), bits=weight_bits),
            norm(nn.BatchNorm2d, 5, seed + 2),
            prelu,
            activation(bits, seed + 3, input_scale=-0.7, output_scale=-1.3),
        ),
        nn.Dropout(),
        N2UQConv2d(5, 6, 2, bias=False, bits=weight_bits),
        norm(nn.BatchNorm2d, 6, seed + 4),
        nn.ReLU(),
        activation(bits, seed + 5),
        nn.Flatten(),
        N2UQLinear(6 * 4 * 4, 7, bits=weight_bits),
        activation(bits, seed + 6, input_scale=1.5),
        nn.Linear(7, 3),
    )
    return net.eval()


def images(count: int = 40, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(0.0, 1.0, (count, 2, 6, 6)).astype(np.float32)


# --- Exact agreement -----------------------------------------------------------------------------


def test_the_stored_net_agrees_with_its_simulation_on_every_test_image() -> None:
    x, y = stored_images()
    net = datasets.stored_integer_net().net
    codes = net.stem_codes(x)
    trace = net.run(codes)
    found = differences(trace, simulate(net, codes))
    assert found.none
    assert found.accumulators_of == (450 * 64 * 16, 450 * 64 * 4)
    assert found.codes_of == (450 * 32 * 64, 450 * 64 * 16, 450 * 64 * 4)
    assert found.classes_of == len(y) == 450
    assert differences(trace, net.run(codes, count_up)).none
    assert np.mean(trace.classes == y) > 0.97
    assert all(part.dtype == np.int32 for part in trace.accumulators)
    assert all(part.dtype == np.uint8 for part in trace.codes)
    # Each code is used, so that there was something to get wrong.
    assert all(set(np.unique(part)) == {0, 1, 2, 3} for part in trace.codes)


def test_onnxruntime_agrees_on_every_test_image(tmp_path: Path) -> None:
    x, _ = stored_images()
    net = datasets.stored_integer_net().net
    codes = net.stem_codes(x)
    path = save_onnx(net, tmp_path / "digits.onnx")
    there, here = run_onnx(path, net, codes), net.run(codes)
    assert differences(there, here).none
    np.testing.assert_array_equal(there.logits, here.logits)
    import onnx

    kinds = [node.op_type for node in onnx.load(path).graph.node]
    assert kinds.count("ConvInteger") == kinds.count("GreaterOrEqual") == 2
    assert not {"QuantizeLinear", "DequantizeLinear"} & set(kinds)


@pytest.mark.parametrize(("weight_bits", "bits"), [(1, 1), (2, 2), (1, 4), (4, 1), (3, 5)])
def test_all_ways_agree_where_signs_and_slopes_vary(weight_bits: int, bits: int) -> None:
    trained = convolutions(weight_bits, bits)
    net = compile_net(trained, (2, 6, 6))
    codes = net.stem_codes(images())
    trace = net.run(codes)
    for other in (
        simulate(net, codes),
        net.run(codes, count_up),
        net.run(codes, add_look_ups),
        run_onnx(to_onnx(net), net, codes),
    ):
        assert differences(trace, other).none
        np.testing.assert_array_equal(trace.logits, other.logits)
    signs = {int(sign) for layer in net.layers for sign in layer.sign}
    assert signs == {-1, 1}
    assert [part.shape[1:] for part in trace.codes] == net.code_shapes


@pytest.mark.parametrize(("weight_bits", "bits"), [(2, 2), (3, 4)])
def test_integers_are_what_the_trained_net_computes_in_double_precision(
    weight_bits: int, bits: int
) -> None:
    # Independent of all that is compiled: the net's own layers in float64, whose codes may differ
    # only where float32 cannot tell the side of a threshold. Images with such a value are left out.
    trained = convolutions(weight_bits, bits)
    net = compile_net(trained, (2, 6, 6))
    trace = net.run(net.stem_codes(images()))
    x, sure, k = torch.from_numpy(images()).double(), np.ones(40, dtype=bool), 0
    modules = [*trained[:3], *trained[3], *trained[4:]]
    with torch.no_grad():
        for module in copy.deepcopy(modules):
            x, before = module.double()(x), x
            if isinstance(module, N2UQActivation):
                u = (before * module.input_scale).numpy()
                edges = module.start + module.intervals.clamp_min(module.eps).cumsum(0)
                edges = torch.cat([module.start, edges])
                t = ((edges[1:] + edges[:-1]) / 2).numpy()
                each = tuple(range(1, u.ndim))
                sure &= np.abs(u[..., None] - t).min(-1).min(each) > 1e-5
                step = float(module.output_scale) * 2.0 / len(t)
                codes = np.round(x.numpy() / step)
                np.testing.assert_array_equal(codes[sure], trace.codes[k][sure])
                k += 1
    assert (k, sure.sum() > 25) == (4, True)
    np.testing.assert_allclose(x.numpy()[sure], trace.logits[sure], rtol=1e-4, atol=1e-5)


def test_a_freshly_trained_net_of_linear_layers_agrees() -> None:
    config = TrainingConfig("moons", "gste", epochs=3)
    stored = train_net(config)
    test = load_task("moons").test
    codes = stored.net.stem_codes(test.x)
    trace = stored.net.run(codes)
    assert differences(trace, simulate(stored.net, codes)).none
    assert differences(trace, run_onnx(to_onnx(stored.net), stored.net, codes)).none
    floats = compare_floats(float_net(stored), stored.net, test.x, test.y, [500])[0]
    # In floats the classes are nearly all the same; none must be.
    assert floats.classes < 10
    assert np.mean(trace.classes == test.y) == pytest.approx(floats.right / 2000, abs=0.01)


def test_batches_of_any_size_give_the_same() -> None:
    net = compile_net(convolutions(2, 2), (2, 6, 6))
    x = images(9)
    whole = net.run(net.stem_codes(x))
    parts = [net.run(net.stem_codes(x[k : k + 2])) for k in range(0, 9, 2)]
    np.testing.assert_array_equal(whole.logits, np.concatenate([part.logits for part in parts]))


# --- Thresholds ----------------------------------------------------------------------------------


def counts(epilogue: Epilogue, sums: Any) -> Any:
    """How many thresholds the value of each sum lies above, in PyTorch: sums of shape (n, C)."""
    numbers: Any = Epilogue._make(map(torch.tensor, epilogue))
    u = values(torch.from_numpy(sums.astype(np.float32)), numbers, torch.where)
    return (u[..., None] > numbers.thresholds).sum(-1).numpy()


def assert_every_sum(epilogue: Epilogue, low: int, high: int) -> Any:
    """Compare whole-number thresholds with the epilogue on every sum there is; return the sign."""
    channels = len(epilogue.scale)
    sign, found = integer_thresholds(epilogue, np.full(channels, low), np.full(channels, high))
    every = np.arange(low, high + 1)
    wanted = counts(epilogue, np.repeat(every[:, None], channels, axis=1))
    got = (sign * every[:, None] >= found.T[:, None]).sum(0)
    np.testing.assert_array_equal(got, wanted)
    return sign


scales = st.sampled_from([0.0, 1.0, -1.0, 0.5, -2.0, 1e-3, -3.7e-4, 0.1, 1e-8, 12.3])
numbers = st.floats(-4.0, 4.0, width=32)


@given(
    st.lists(
        st.tuples(scales, numbers, scales, numbers, st.sampled_from([0.0, 0.25, 1.0, 3.0])),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([1.0, -1.0, 0.7, 0.0]),
    st.lists(st.sampled_from([*range(-4, 5), 0.5, 1.3, 1e6]), min_size=1, max_size=5),
)
def test_halving_finds_what_trying_every_sum_finds(
    channels: list[Any], input_scale: float, thresholds: list[float]
) -> None:
    # Whole numbers among scales and thresholds make exact ties; small ones long plateaus.
    columns = [np.array(column, dtype=np.float32) for column in zip(*channels, strict=True)]
    levels = np.sort(np.array(thresholds, np.float32))
    epilogue = Epilogue._make([*columns, np.array([input_scale], np.float32), levels])
    assert_every_sum(epilogue, -150, 150)


def test_a_tie_takes_the_lower_code_from_both_sides() -> None:
    rises_and_falls = np.array([1.0, -1.0], np.float32)
    two = np.ones(2, np.float32)
    epilogue = Epilogue(
        rises_and_falls, 0 * two, two, 0 * two, two, ONE, np.array([-3.0, 0.0, 7.0], np.float32)
    )
    sign, found = integer_thresholds(epilogue, np.array([-9, -9]), np.array([9, 9]))
    assert sign.tolist() == [1, -1]
    assert found.tolist() == [[-2, 1, 8], [-2, 1, 8]]
    assert_every_sum(epilogue, -9, 9)


def test_a_scale_of_zero_is_constant_on_either_side() -> None:
    three = np.array([1.0, 2.0, 3.0], np.float32)
    epilogue = Epilogue(0 * ONE, 0 * ONE, ONE, 2 * ONE, ONE, ONE, three)
    sign, found = integer_thresholds(epilogue, np.array([-50]), np.array([60]))
    # Above 1 always, at 2 a tie, above 3 never.
    assert (sign.tolist(), found.tolist()) == ([1], [[-50, 61, 61]])


def test_rounding_makes_plateaus_that_are_followed() -> None:
    # So far from 0 a float32 has steps of 0.5, and 0.3 times a sum is rounded to them.
    epilogue = Epilogue(
        0.3 * ONE,
        -5e6 * ONE,
        ONE,
        0 * ONE,
        ONE,
        ONE,
        np.array([5e6 + 1, 5e6 + 2], np.float32),
    )
    assert_every_sum(epilogue, -40, 40)


def test_numbers_that_overflow_are_refused() -> None:
    epilogue = Epilogue(3e38 * ONE, 0 * ONE, ONE, 0 * ONE, ONE, ONE, ONE)
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match=r"must be finite, got \[-inf, inf\] .* of channel 0"),
    ):
        integer_thresholds(epilogue, np.array([-5]), np.array([5]))


# --- Planes of bits ------------------------------------------------------------------------------


@given(st.data(), st.integers(1, 8), st.integers(1, 8), st.integers(1, 150))
def test_planes_give_the_plain_product(data: Any, weight_bits: int, bits: int, terms: int) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    k = rng.integers(2**weight_bits, size=(3, terms)).astype(np.uint8)
    m = rng.integers(2**bits, size=(4, terms)).astype(np.uint8)
    extreme = data.draw(st.sampled_from(["none", "highest", "lowest"]))
    if extreme != "none":
        k[0] = m[0] = 0 if extreme == "lowest" else 255
        k, m = k & (2**weight_bits - 1), m & (2**bits - 1)
    steps = 2**weight_bits - 1
    found = inner_products(planes(k, weight_bits), planes(m, bits), steps)
    plain = [
        [sum((2 * int(a) - steps) * int(b) for a, b in zip(row, other, strict=True)) for row in k]
        for other in m
    ]
    assert found.tolist() == plain


def test_a_plane_holds_its_digits_in_order() -> None:
    codes = np.zeros((1, 130), np.uint8)
    codes[0, [0, 64, 129]] = [1, 2, 3]
    assert planes(codes, 2).tolist() == [[[1, 0, 2]], [[0, 1, 2]]]


# --- Reach and refusals --------------------------------------------------------------------------


def test_reach_is_that_of_the_extreme_codes() -> None:
    rng = np.random.default_rng(0)
    w = (2 * rng.integers(4, size=(3, 4)) - 3).astype(np.int32)
    low, high = reach(w, 3)
    every = np.array(list(itertools.product(range(4), repeat=4))) @ w.T
    assert (low.tolist(), high.tolist()) == (every.min(0).tolist(), every.max(0).tolist())


def wide(features: int) -> nn.Sequential:
    """A net of 8 bits whose layer adds up so many products, nearly all of the same weight."""
    layer = N2UQLinear(features, 2, bits=8)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.weight[:, 0] = (
            1.5  # so that the others lie next to a tie between two codes, not on it
        )
    first = nn.Linear(1, features)
    with torch.no_grad():
        first.weight.fill_(1.0)
        first.bias.zero_()
    acts = [N2UQActivation(8), N2UQActivation(1)]
    return nn.Sequential(first, acts[0], layer, acts[1], nn.Linear(2, 2)).eval()


def test_sums_up_to_the_bound_are_exact_and_beyond_it_refused() -> None:
    other, usual = sorted({*compile_net(wide(500), (1,)).layers[0].signed_weight[0].tolist()})[::-1]
    assert usual == 127
    most = (EXACT - 1 - 255 * (other - usual)) // (255 * usual)
    net = compile_net(wide(most), (1,))
    codes = net.stem_codes(np.array([[9.0], [1.0]], np.float32))
    trace = net.run(codes)
    assert EXACT - 255 * usual <= trace.accumulators[0][0, 0] < EXACT
    assert differences(trace, simulate(net, codes)).none
    assert differences(trace, net.run(codes, count_up)).none
    with pytest.raises(
        ValueError, match=r"2 \(N2UQLinear\) must have sums of products below 2\*\*24"
    ):
        compile_net(wide(most + 1), (1,))
    with pytest.raises(ValueError, match="at most 7 bits"):
        to_onnx(replace(net, layers=(replace(net.layers[0], weight=codes[:2, :2] * 0),)))


class Block(nn.Module):
    """A residual block."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = N2UQConv2d(4, 4, 3, padding=1, bits=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = x + self.conv(x)
        return found


class Levels(nn.Module):
    """A quantizer with levels of its own."""

    def __init__(self, *levels: float) -> None:
        super().__init__()
        self.levels = torch.tensor(levels)
        self.thresholds = (self.levels[1:] + self.levels[:-1]) / 2


def negative_prelu() -> nn.Module:
    module = nn.PReLU(4)
    with torch.no_grad():
        module.weight[2] = -0.01
    return module


def spoiled() -> Any:
    module: Any = nn.BatchNorm2d(4)
    with torch.no_grad():
        module.running_var[0] = torch.nan
    return module


def chain(*middle: nn.Module, act: nn.Module | None = None) -> Any:
    """A net in which `middle` stands between the convolution and its quantizer."""
    return nn.Sequential(
        nn.Conv2d(2, 4, 3),
        act or N2UQActivation(2),
        N2UQConv2d(4, 4, 3, bits=2),
        *middle,
        N2UQActivation(2),
        nn.Flatten(),
        nn.Linear(16, 3),
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: chain(negative_prelu()), r"3 \(PReLU\) must have slopes of at least 0, got -0.0"),
        (lambda: chain(nn.AvgPool2d(2)), r"3 \(AvgPool2d\) averages over places"),
        (lambda: chain(nn.AdaptiveAvgPool2d(1)), r"\(AdaptiveAvgPool2d\) averages over places"),
        (lambda: chain(Block()), r"3 \(Block\) is none .* as in a residual net"),
        (lambda: chain(nn.Sigmoid()), r"3 \(Sigmoid\) is none of the layers"),
        (lambda: chain(act=Levels(0.0, 1.0, 3.0)), r"must have levels 0, D, 2D, .* got 0, 1, 3"),
        (lambda: chain(act=Levels(1.0, 2.0, 3.0)), r"must have levels 0, D, 2D, .* got 1, 2, 3"),
        (lambda: chain(nn.ReLU(), nn.BatchNorm2d(4)), r"4 \(BatchNorm2d\) must come before 3"),
        (lambda: chain(spoiled()), "3 must hold finite numbers, got nan"),
        (
            lambda: chain(nn.BatchNorm2d(4, track_running_stats=False)),
            "must keep running statistics",
        ),
        (lambda: Block(), "net must be a torch.nn.Sequential.* got Block"),
        (lambda: nn.Sequential(nn.ReLU()), "must come after the stem"),
        (lambda: nn.Sequential(), "must have layers with weights, got none"),
        (
            lambda: nn.Sequential(nn.Linear(2, 2), N2UQActivation(2), nn.Linear(2, 2)),
            "after a stem and at least one layer in whole numbers",
        ),
        (lambda: chain()[:-1], r"2 \(N2UQConv2d\) must be the head"),
        (
            lambda: nn.Sequential(*chain()[:2], nn.Conv2d(4, 4, 3), *chain()[3:]),
            r"2 \(Conv2d\) must have quantized weights",
        ),
        (
            lambda: nn.Sequential(N2UQConv2d(2, 4, 3, bits=2), *chain()[1:]),
            r"0 \(N2UQConv2d\) must be a float layer: it is the stem",
        ),
        (
            lambda: nn.Sequential(*chain()[:-1], N2UQLinear(16, 3, bits=2)),
            r"\(N2UQLinear\) must be a float layer: it is the head",
        ),
        (
            lambda: nn.Sequential(
                *chain()[:2], N2UQConv2d(4, 4, 3, groups=2, bits=2), *chain()[3:]
            ),
            "must have groups=1, dilation=1 and a number of zeros as padding, got groups=2",
        ),
        (lambda: nn.Sequential(*chain()[:3], *chain()[4:]), "must be followed by a quantizer"),
        (
            lambda: nn.Sequential(*chain()[:-1], nn.Linear(2000, 3)),
            r"inputs times the highest code below 4096.*got 2000 \* 3",
        ),
    ],
)
def test_what_cannot_be_compiled_is_refused(make: Callable[[], nn.Module], words: str) -> None:
    with pytest.raises(ValueError, match=words) as told:
        compile_net(make(), (2, 6, 6))
    assert "\n" not in str(told.value)


def test_quantizers_of_other_kinds_do_if_their_levels_are_even() -> None:
    net = compile_net(chain(act=Levels(0.0, 0.5, 1.0, 1.5)), (2, 6, 6))
    assert net.stem.epilogue.thresholds.tolist() == [0.25, 0.75, 1.25]
    assert net.layers[0].input_steps == 3


def test_codes_and_images_of_another_kind_are_refused() -> None:
    net = compile_net(chain(), (2, 6, 6))
    codes = net.stem_codes(images(2))
    ways: list[Callable[[Any], Any]] = [
        net.run,
        lambda c: simulate(net, c),
        lambda c: run_onnx(b"", net, c),
    ]
    for way in ways:
        with pytest.raises(ValueError, match="from 0 to 3, got uint8, up to 4"):
            way(codes + np.uint8(4) - codes)
        with pytest.raises(ValueError, match="dtype uint8, from 0 to 3, got float64"):
            way(codes.astype(float))
    with pytest.raises(ValueError, match=r"shape \(n, 2, 6, 6\), got \(2, 2, 5, 6\)"):
        net.stem_codes(images(2)[:, :, 1:])
    with pytest.raises(ValueError, match="of the same net and images"):
        differences(net.run(codes), net.run(codes[:1]))


# --- From floats to codes ------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [1, 2, 3, 8])
def test_weight_codes_stand_for_the_quantized_weights(bits: int) -> None:
    torch.manual_seed(bits)
    layer = N2UQLinear(30, 6, bits=bits)
    with torch.no_grad():
        layer.weight[2] = 0.0  # no code is any nearer; its size, and so its scale, is 0
    first, acts = nn.Linear(1, 30), (N2UQActivation(1), N2UQActivation(2))
    made = compile_net(nn.Sequential(first, acts[0], layer, acts[1], nn.Linear(6, 2)), (1,))
    (own,) = made.layers
    # The step of 1 bit is 2.
    found = own.epilogue.scale[:, None] / 2.0 * own.signed_weight
    wanted = quantize_weight(layer.weight, bits).detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


def test_the_head_is_rounded_far_below_float32() -> None:
    trained = convolutions(2, 2)
    weight = trained[-1].weight.detach().numpy().astype(np.float64)
    with torch.no_grad():
        trained[-1].weight[0, 0] = 1e-30
    head = compile_net(trained, (2, 6, 6)).head
    assert head.weight[0, 0] == 0.0
    assert np.abs(head.weight - weight).ravel()[1:].max() <= 2.0**-41 * np.abs(weight).max()


# --- Against fake quantization -------------------------------------------------------------------


def test_differences_from_floats_are_counted() -> None:
    x, y = stored_images()
    stored = datasets.stored_integer_net()
    x, y = x[:60], y[:60]
    trained: Any = float_net(stored)
    net = stored.net
    whole, small = compare_floats(trained, net, x, y, [100, 7])
    assert (whole.batch_size, small.batch_size) == (100, 7)
    assert (whole.own_values, whole.own_codes, whole.own_classes) == ((0, 0, 0), (0, 0, 0), 0)
    trace = net.run(net.stem_codes(x))
    with torch.no_grad():
        value = torch.from_numpy(x)
        for name, module in trained.named_children():
            before, value = value, module(value)
            if name.startswith("act"):
                k = int(name[-1]) - 1
                levels = module.quantizer().levels
                codes = np.abs(value.numpy()[..., None] - levels).argmin(-1)
                assert whole.codes[k] == np.count_nonzero(codes != trace.codes[k])
                u = before.numpy() * module.input_scale.detach().numpy()
                t = module.quantizer().thresholds * module.input_scale.item()
                nearest = np.abs(u[..., None] - t).min()
                assert whole.distance[k] == pytest.approx(nearest, abs=1e-6)
    assert whole.right == np.count_nonzero(value.argmax(1).numpy() == y)
    assert whole.classes == np.count_nonzero(value.argmax(1).numpy() != trace.classes)
    assert 0.0 < max(whole.error) < 1e-4


def test_a_difference_is_seen() -> None:
    x, y = stored_images()
    stored = datasets.stored_integer_net()
    trained: Any = float_net(stored)
    net = stored.net
    first = replace(net.layers[0], thresholds=net.layers[0].thresholds + 4)
    wrong: IntegerNet = replace(net, layers=(first, net.layers[1]))
    (found,) = compare_floats(trained, wrong, x[:50], y[:50], [50])
    assert found.codes[0] == 0
    assert min(found.codes[1:]) > 0
    codes = wrong.stem_codes(x[:50])
    told = differences(wrong.run(codes), simulate(wrong, codes))
    assert not told.none
    assert told.accumulators[0] == 0
    assert told.codes[1] > 0
    with pytest.raises(ValueError, match="must have 3 quantizers"):
        compare_floats(trained[:3], net, x[:5], y[:5], [5])
    with pytest.raises(ValueError, match="batch_size must be a whole number from 1"):
        compare_floats(trained, net, x[:5], y[:5], [0])


# --- Files ---------------------------------------------------------------------------------------


def test_the_stored_integers_are_those_of_the_stored_floats() -> None:
    stored = datasets.stored_integer_net()
    assert stored.config == TrainingConfig("digits", "gste", 2, 2, seed=0)
    made = compile_net(float_net(stored), stored.net.image_shape)
    for own, other in zip(stored.net.layers, made.layers, strict=True):
        np.testing.assert_array_equal(own.weight, other.weight)
        # Another processor may add up weights in another order.
        assert np.abs(own.thresholds - other.thresholds).max() <= 1
        for one, another in zip(own.epilogue, other.epilogue, strict=True):
            np.testing.assert_allclose(one, another, rtol=1e-6)
    np.testing.assert_array_equal(stored.net.head.weight, made.head.weight)


def test_a_net_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    stored = datasets.stored_integer_net()
    path = stored.save(tmp_path / "deep" / "net.npz")
    found = load_net(path)
    assert found.to_bytes() == path.read_bytes() == stored.to_bytes()
    assert (found.config, found.versions) == (stored.config, stored.versions)
    assert stored.save(path) == tmp_path / "deep" / "net-2.npz"
    with pytest.raises(ValueError, match=r"saved as \.npz, got"):
        stored.save(tmp_path / "net.bin")
    with pytest.raises(ValueError, match="are not those of digits-gste-w2a2-seed0: Error"):
        float_net(replace(stored, state={}))
    content = bytearray(path.read_bytes())
    for wrong in (b"", b"nothing", bytes(content[:5000])):
        path.write_bytes(wrong)
        with pytest.raises(RunFileError, match=r"net\.npz is no n2uq_viz integer net"):
            load_net(path)


def test_onnx_needs_its_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    net = compile_net(convolutions(1, 1), (2, 6, 6))
    model = to_onnx(net)
    codes = net.stem_codes(images(1))
    for name, call in (
        ("onnx", lambda: save_onnx(net, tmp_path / "a.onnx")),
        ("onnxruntime", lambda: run_onnx(model, net, codes)),
    ):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ImportError, match=rf'need {name}, .* install "n2uq_viz\[onnx\]"'):
            call()
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"saved as \.onnx, got"):
        save_onnx(net, tmp_path / "a.npz")


def test_the_package_needs_neither_pytorch_nor_onnx_until_they_are_used() -> None:
    found = modules_after("import n2uq_viz.integer, n2uq_viz.cli_integer")
    assert not found & {"torch", "onnx", "onnxruntime", "sklearn", "matplotlib"}
    assert all(hasattr(integer, name) for name in integer.__all__)
    assert integer.compile_net is compile_net
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = integer.nothing


def test_add_up_is_a_convolution() -> None:
    net = compile_net(convolutions(2, 2), (2, 6, 6))
    layer = net.layers[0]
    codes = net.stem_codes(images(5))
    weight = torch.from_numpy(layer.signed_weight).double()
    wanted = torch.nn.functional.conv2d(
        torch.from_numpy(codes).double(), weight, stride=layer.stride, padding=layer.padding
    )
    np.testing.assert_array_equal(add_up(layer, codes), wanted.numpy())
