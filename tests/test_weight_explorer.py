"""The Weight explorer: what it counts and passes back, against brute force and torch, and in JS."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from n2uq_viz import figures, state, style
from n2uq_viz.explorers import ThresholdExplorer, WeightExplorer
from n2uq_viz.figures import scaled
from n2uq_viz.nn import quantize_weight
from n2uq_viz.state import StateError, making_weights, weights
from n2uq_viz.weights import gamma, weight_gradient, weight_scale
from tests.test_javascript import node

RNG = np.random.default_rng(9)
CONV = RNG.normal(size=(6, 4, 3, 3)) * RNG.uniform(0.05, 2.0, (6, 1, 1, 1))
CONV[2] = 0.0


def every(channel: dict[str, Any]) -> Any:
    return np.repeat(channel["values"], channel["counts"])


def brute_force(w: Any, levels: int, f: float) -> Any:
    """Shares of the nearest of even levels, found one by one; weights not halfway between two."""
    places = np.linspace(-f, f, levels)
    codes = [int(np.argmin(np.abs(places - value))) for value in w.ravel()]
    return np.array([codes.count(k) for k in range(levels)]) / w.size


def entropy(shares: Any) -> float:
    return float(sum(-p * np.log2(p) for p in shares if p > 0.0))


# --- Weights of one's own ---


def test_stored_weights_are_those_of_the_stored_net() -> None:
    made = making_weights.made()
    assert {name: weights.stored(name) for name in weights.NAMES} == made
    (entry,) = made.values()
    assert state.validate({**WeightExplorer().state, "weights": entry})["weights"] == entry


def test_few_values_are_kept_exactly() -> None:
    entry = weights.gathered("conv", CONV)
    for row, channel in zip(CONV, entry["channels"], strict=True):
        np.testing.assert_array_equal(every(channel), np.sort(row.ravel()))
    assert [each["index"] for each in entry["channels"]] == list(range(6))


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float64, st.integers(513, 3000), elements=st.floats(-1e3, 1e3)),
    st.floats(0.0, 1.0),
    st.floats(1e-3, 1e3),
)
def test_many_values_stand_together_without_loss_of_size(w: Any, zeros: float, f: float) -> None:
    w = np.where(np.random.default_rng(0).random(w.size) < zeros, 0.0, w)
    w += np.linspace(0.0, 1e-3, w.size) * (w != 0.0)
    (channel,) = weights.gathered("w", w[None])["channels"]
    values, counts = np.array(channel["values"]), np.array(channel["counts"])
    assert values.size <= weights.MAX_VALUES
    assert counts.sum() == w.size
    assert (values[0], values[-1]) == (w.min(), w.max())
    assert counts[values == 0.0].sum() == np.sum(w == 0.0)
    assert weights.mean_size(channel) == pytest.approx(np.abs(w).mean(), rel=1e-9, abs=1e-12)
    # A threshold misplaces the weights of one group at most, where not many are the same.
    off = abs(np.sum(counts[values <= f]) - np.sum(w <= f))
    same = np.unique(w, return_counts=True)[1].max() if np.any(w) else 0
    assert off <= 1.5 * w.size / 500 + 1 + same


def test_of_many_channels_some_are_taken() -> None:
    w = RNG.normal(size=(130, 2))
    entry = weights.gathered("w", w)
    indices = [each["index"] for each in entry["channels"]]
    assert (entry["total"], len(indices), indices[0], indices[-1]) == (130, 64, 0, 129)
    assert set(np.diff(indices)) == {2, 3}
    for channel in entry["channels"]:
        np.testing.assert_array_equal(every(channel), np.sort(w[channel["index"]]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1.0, np.nan]], "weights must be finite, got nan at place 1; replace it"),
        ([[-np.inf]], "weights must be finite, got -inf at place 0"),
        (3.0, r"weights must be numbers of shape \(out, ...\), .* got shape \(\)"),
        (
            np.zeros((4, 0)),
            r"weights must be .* at least 1 in each output channel, got .* \(4, 0\)",
        ),
        ([["1"]], "weights must be real numbers"),
        ([[1e101]], r"weights.channels\[0\].values must be .* within 1e\+100"),
        ("conv3", "weights must be one of digits_conv2, or weights of your own .* got 'conv3'"),
    ],
)
def test_what_are_no_weights(values: Any, message: str) -> None:
    with pytest.raises(StateError, match=f"^{message}") as raised:
        WeightExplorer(values)
    assert "\n" not in str(raised.value)


def test_other_arguments_that_are_refused() -> None:
    for arguments, message in (
        ({"bits": 5}, "bits must be a whole number from 1 to 4, got 5"),
        ({"scale": "max"}, "scale must be one of mean, largest, none, or a number .* 'max'"),
        ({"channel": 16}, "channel must be a whole number from 0 to 15"),
        ({"before": "mean"}, "before must be one of largest, none"),
        ({"weights": [[1.0]], "name": ""}, "weights.name must be a text"),
    ):
        with pytest.raises(StateError, match=f"^{message}"):
            WeightExplorer(**arguments)


# --- The explorer ---


def test_scale_is_that_of_the_rule() -> None:
    for bits in range(1, 5):
        wanted = weight_scale(CONV, 2**bits).ravel()
        for k in range(len(CONV)):
            e = WeightExplorer(CONV, bits, channel=k)
            assert e.scale == pytest.approx(wanted[k], rel=1e-12)
            assert len(e.quantizer.levels) == 2**bits
    e = WeightExplorer(CONV, scale="largest", channel=3)
    assert e.scale == np.abs(CONV[3]).max()
    e.state = {**e.state, "scale": 0.125}
    assert e.scale == 0.125
    assert WeightExplorer(CONV, scale="none").scale == 1.0
    assert WeightExplorer(CONV, scale="none", channel=2).scale == 0.0


def test_parameters_of_torch_and_short_arrays_will_do() -> None:
    layer = torch.nn.Conv2d(2, 3, 3)
    found = WeightExplorer(layer.weight, name="first").state["weights"]
    assert (found["name"], found["total"]) == ("first", 3)
    np.testing.assert_array_equal(
        every(found["channels"][1]), np.sort(layer.weight[1].detach().numpy().ravel())
    )
    assert [each["values"] for each in weights.gathered("w", [1, 2])["channels"]] == [[1.0], [2.0]]


def test_own_weights_go_to_the_browser_once() -> None:
    e = WeightExplorer(RNG.normal(size=(40, 400)))
    assert len(json.dumps(e.get_state("state"))) < 500
    assert len(json.dumps(e.state)) > 100_000
    sent = {**e.get_state("state")["state"], "channel": 7}
    e.set_state({"state": sent})
    assert (e.state["channel"], e.state["weights"]["total"]) == (7, 40)
    again = WeightExplorer.from_state(json.loads(json.dumps(e.state)))
    assert again.state == e.state


def test_bits_come_from_another_explorer() -> None:
    e = WeightExplorer.from_state(ThresholdExplorer(data="normal").state)
    assert (len(e.state["levels"]), e.scale > 0.0) == (4, True)


# --- What is counted and passed back ---


@pytest.mark.parametrize("bits", range(1, 5))
def test_occupancy_and_entropy_are_those_of_brute_force(bits: int) -> None:
    entry, levels = weights.gathered("conv", CONV), 2**bits
    for row, channel in zip(CONV, entry["channels"], strict=True):
        if not np.any(row):
            continue
        sizes: dict[Any, float] = {
            "mean": 2.0 * (levels - 1) / levels * np.mean(np.abs(row)),
            "largest": np.abs(row).max(),
            "none": 1.0,
            0.3: 0.3,
        }
        for rule, f in sizes.items():
            found = scaled.scaled(channel, levels, rule)
            wanted = brute_force(row, levels, f)
            assert found.f == pytest.approx(f, rel=1e-12)
            np.testing.assert_allclose(found.shares, wanted, atol=1e-12)
            assert found.entropy == pytest.approx(entropy(wanted), abs=1e-12)
            assert found.clipped == pytest.approx(np.mean(np.abs(row) > f))


def test_a_silent_channel_has_one_code_and_no_gradient() -> None:
    e = WeightExplorer(CONV, channel=2, scale=0.5)
    found = scaled.weighed(e.state)
    assert (found.after.f, found.after.entropy, found.slope, found.kind) == (0, 0, 0, "silent")
    assert found.after.shares.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert not np.any(weight_gradient(CONV[2:3], np.ones((1, 4, 3, 3)), 4))
    assert "All weights of this channel are 0" in figures.caption("weight", e.state)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_both_gradients_are_those_of_the_layer(bits: int) -> None:
    """The factors on show, against autograd of the layer, and differences of what is passed on."""
    for k in (0, 4):
        e = WeightExplorer(CONV, bits, channel=k)
        found = scaled.weighed(e.state)
        for gradient in ("reference", "chain"):
            w = torch.tensor(CONV, requires_grad=True)
            quantize_weight(w, bits, gradient=gradient).backward(torch.ones_like(w))
            assert w.grad is not None
            passed = w.grad[k].numpy().ravel()
            if gradient == "reference":
                np.testing.assert_allclose(passed, found.slope, rtol=1e-12)
            else:
                assert set(np.unique(passed)) == {0.0, 1.0}
                assert np.mean(passed == 0.0) == pytest.approx(found.after.blocked)
                row, f, step = CONV[k].ravel(), found.after.f, 1e-7
                # Rounding left out and f held: f * clip(w / f, -1, 1).
                rise = f * (np.clip((row + step) / f, -1, 1) - np.clip((row - step) / f, -1, 1))
                np.testing.assert_allclose(passed, rise / (2.0 * step), atol=1e-6)
        assert found.slope == pytest.approx(1.0 / (gamma(2**bits) * np.abs(CONV[k]).mean()))


# --- JavaScript ---


@pytest.mark.parametrize("levels", [2, 3, 4, 8, 16])
def test_javascript_counts_as_python_does(levels: int) -> None:
    ties = np.linspace(-1.0, 1.0, 4 * (levels - 1) + 1)
    arrays_ = (CONV, ties[None], RNG.normal(size=(2, 2000)), np.zeros((1, 3)), [[0.25]])
    channels = [c for a in arrays_ for c in weights.gathered("w", a)["channels"]]
    rules: list[Any] = [*weights.SCALES, 1e-3, 0.7]
    question = {"ask": "scaled", "levels": levels, "rules": rules, "wide": 0.05}
    answers = node(*({**question, "channel": channel} for channel in channels))
    for channel, answer in zip(channels, answers, strict=True):
        assert answer["mean"] == weights.mean_size(channel)
        ends, shares = scaled.bars(channel, 0.05)
        np.testing.assert_allclose([bar["from"] for bar in answer["bars"]], ends[:-1], atol=1e-15)
        np.testing.assert_allclose([bar["to"] for bar in answer["bars"]], ends[1:], atol=1e-15)
        np.testing.assert_allclose([bar["share"] for bar in answer["bars"]], shares, atol=1e-15)
        for rule, judged in zip(rules, answer["rules"], strict=True):
            found = scaled.scaled(channel, levels, rule)
            assert judged["f"] == found.f
            np.testing.assert_allclose(judged["shares"], found.shares, rtol=0, atol=1e-15)
            assert judged["entropy"] == pytest.approx(found.entropy, abs=1e-12)
            assert judged["clipped"] == pytest.approx(found.clipped, abs=1e-15)
            assert judged["blocked"] == pytest.approx(found.blocked, abs=1e-15)
            np.testing.assert_allclose(judged["thresholds"], found.thresholds, rtol=1e-12)
            np.testing.assert_allclose(judged["levels"], found.levels, rtol=1e-12, atol=1e-15)
            codes = np.bincount(judged["codes"], channel["counts"], levels)
            np.testing.assert_allclose(codes / codes.sum(), found.shares)


# --- The figure ---


@pytest.mark.parametrize("bits", [1, 4])
def test_the_figure_shows_what_brute_force_says(bits: int) -> None:
    levels, color = 2**bits, style.theme("light").color
    e = WeightExplorer(CONV, bits, channel=4)
    f, row = e.scale, CONV[4]
    after, before, gradient, codes, channels = figures.weight(e.state, theme="light").axes
    bars = [each for each in codes.patches if isinstance(each, Rectangle)]
    heights = np.array([bar.get_height() for bar in bars])
    wanted = [brute_force(row, levels, size) for size in (np.abs(row).max(), f)]
    np.testing.assert_allclose(heights, 100.0 * np.concatenate(wanted), atol=1e-9)
    assert [to_hex(bar.get_facecolor()) for bar in bars[levels:]] == style.theme("light").levels(
        levels
    )
    for ax, size in ((after, f), (before, np.abs(row).max())):
        (marks,) = [line for line in ax.lines if line.get_marker() == "^"]
        np.testing.assert_allclose(np.asarray(marks.get_xdata()), np.linspace(-size, size, levels))
        (guides,) = [c for c in ax.collections if isinstance(c, LineCollection)]
        places = np.linspace(-size, size, levels)
        at = [segment[0][0] for segment in guides.get_segments()]
        np.testing.assert_allclose(at, 0.5 * (places[1:] + places[:-1]), atol=1e-12)
        (histogram,) = [c for c in ax.collections if isinstance(c, PolyCollection)]
        boxes = [np.asarray(path.vertices) for path in histogram.get_paths()]
        right = max(box[:, 0].max() for box in boxes)
        assert right == pytest.approx(np.abs(row).max()) or right <= np.abs(row).max()
    lines = {to_hex(line.get_color()): line for line in gradient.lines}
    assert set(np.asarray(lines[color["first"]].get_ydata())) == {1.0 / f}
    x, y = np.asarray(lines[color["second"]].get_xydata()).T
    inside = np.abs(row.ravel()) < f
    np.testing.assert_array_equal(np.interp(row.ravel(), x, y) > 0.5, inside)
    dots = [line for line in channels.lines if line.get_marker() in ("o", "s")]
    entropies = [
        entropy(brute_force(w, levels, float(s))) if s else 0.0
        for w, s in zip(CONV, weight_scale(CONV, levels).ravel(), strict=True)
    ]
    np.testing.assert_allclose(np.asarray(dots[0].get_ydata()), entropies, atol=1e-12)


def test_a_gradient_beyond_the_panel_is_cut_and_said() -> None:
    figure = figures.weight(WeightExplorer(CONV, scale=1e-3).state, theme="light")
    gradient = figure.axes[2]
    assert "▲ 1000" in {text.get_text() for text in gradient.texts}
    assert gradient.get_ylim()[1] < 20.0


def test_hidden_panels_are_left_out() -> None:
    for hidden, count in (
        (["before"], 4),
        (["reference", "chain"], 4),
        (["channels", "before"], 3),
    ):
        e = WeightExplorer(CONV, hidden=hidden)
        assert len(figures.weight(e.state).axes) == count
    assert "before" not in figures.caption("weight", WeightExplorer(CONV, hidden=["before"]).state)
