"""What is found in a checkpoint and in a tensor: the same as from the tensors themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from n2uq_viz.fits import fit_all
from n2uq_viz.inspection import (
    checkpoint_lines,
    columns,
    fit_lines,
    is_reference,
    read_checkpoint,
)
from n2uq_viz.summaries import entropy_bits
from tests.test_nn_reference import mobilenet, resnet


@pytest.mark.parametrize(
    ("state", "activations", "weights"),
    [(resnet(18, 2), 16, 16), (resnet(34, 3), 32, 32), (resnet(50, 4), 48, 48)],
    ids=["resnet18", "resnet34", "resnet50"],
)
def test_every_layer_is_reported(
    state: dict[str, torch.Tensor], activations: int, weights: int
) -> None:
    assert is_reference(state)
    found = read_checkpoint(state, 2)
    assert (len(found.activations), len(found.weights)) == (activations, weights)
    for layer in found.activations:
        a = state[f"{layer.name}.a"].double().numpy()
        start, scale1, scale2 = (
            float(state[f"{layer.name}.{leaf}"]) for leaf in ("start", "scale1", "scale2")
        )
        edges = (start + np.concatenate([[0.0], np.cumsum(a)])) / scale1
        step = scale2 * 2.0 / len(a)
        q = layer.quantizer
        np.testing.assert_allclose(q.edges, edges, rtol=1e-6)
        np.testing.assert_allclose(q.thresholds, (edges[1:] + edges[:-1]) / 2, rtol=1e-6)
        np.testing.assert_allclose(q.slopes, step / np.diff(edges), rtol=1e-4)
        # The learned curve from the mean of throws' probabilities: by the quantizer's expectation.
        x, y = layer.compander.T
        at = q.edges[0] + x * (q.edges[-1] - q.edges[0])
        expected = (q.expectation(at) - q.levels[0]) / (q.levels[-1] - q.levels[0])
        np.testing.assert_allclose(y, expected, atol=1e-9)
        dense = np.linspace(0.0, 1.0, 2001)
        away = np.interp(dense, x, y) - dense
        assert abs(layer.bow) == pytest.approx(np.abs(away).max(), abs=2e-3)
    for w in found.weights:
        values = state[f"{w.name}.weight"].double().numpy()
        mean = np.abs(values).reshape(len(values), -1).mean(1)
        np.testing.assert_allclose(w.scale, 1.5 * mean, rtol=1e-12)
        unit = (values.reshape(len(values), -1).T / w.scale).T
        levels = np.array([-1.0, -1.0 / 3.0, 1.0 / 3.0, 1.0])
        nearest = np.abs(unit[..., None] - levels).argmin(-1)
        shares = [np.mean(nearest == k) for k in range(4)]
        np.testing.assert_allclose(w.occupancy, shares, atol=1e-12)
        assert w.entropy == pytest.approx(entropy_bits(np.array(shares)))
    json.dumps(found.to_dict(), allow_nan=False)
    text = "\n".join(checkpoint_lines(found))
    names = [layer.name for layer in found.activations] + [w.name for w in found.weights]
    assert all(name in text for name in names)


def test_mobilenet_has_pact_besides() -> None:
    found = read_checkpoint(mobilenet(), 4)
    assert found.pact
    assert "PACT: " in "\n".join(checkpoint_lines(found))
    assert {layer.bits for layer in found.activations} == {4}


def test_a_weight_that_is_not_finite_is_named() -> None:
    state = resnet(18, 2)
    state["layer3.0.conv1.weight"][0, 0, 0, 0] = torch.nan
    with pytest.raises(ValueError, match=r"layer3\.0\.conv1: weights must be finite, got nan"):
        read_checkpoint(state, 2)


def test_other_state_dicts_are_no_checkpoint() -> None:
    assert not is_reference(torch.nn.Linear(2, 2).state_dict())
    assert is_reference({f"state_dict.module.{name}": 0 for name in resnet(18, 2)})


def test_columns_are_in_line() -> None:
    lines = columns([("", "a", "bb"), ("one", "1", "2")])
    assert lines == ["     a  bb", "one  1   2"]


def test_the_table_of_fits_says_what_was_moved_and_what_is_least() -> None:
    three = np.concatenate(
        [np.random.default_rng(0).normal(m, 0.05, 4000) for m in (0.0, 1.0, 5.0)]
    )
    fits = fit_all(three, 3)
    text = "\n".join(fit_lines(fits, 3))
    assert fits["quantile"].moved == ("equal use: no edges have the thresholds" in text)
    assert fits["quantile"].moved
    assert "Least error: Lloyd-Max." in text
    for found in fits.values():
        assert f"{100 * found.relative_error:.3g} %" in text
