"""The command ``n2uq-viz inspect``: what it says of files, and the pictures it leaves."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from n2uq_viz import export
from n2uq_viz.fits import fit_all
from n2uq_viz.summaries import summarize
from tests import test_cli
from tests.bad_files import make_bad_files
from tests.test_cli import Start, mistake
from tests.test_nn_reference import resnet

started = test_cli.started
VALUES = np.random.default_rng(0).gamma(2.0, 0.5, (40, 50)).astype(np.float32)


def done(found: subprocess.CompletedProcess[str]) -> str:
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_a_tensor_in_words_json_and_pictures(started: Start, tmp_path: Path) -> None:
    np.save(tmp_path / "acts.npy", VALUES)
    said = done(started("inspect", str(tmp_path / "acts.npy"), "--out", str(tmp_path / "out")))
    assert "acts: 40 × 50, float32, 2,000 values" in said
    assert "NaN: 0; infinite: 0" in said
    assert "equal use" in said
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("acts.png", "acts.svg", "acts.html"),
    }
    state = export.read_state(tmp_path / "out" / "acts.svg")
    learned = fit_all(summarize(VALUES), 2)["learned"].quantizer  # of what a page can hold
    np.testing.assert_allclose(state["edges"], learned.edges)
    found = json.loads(
        done(started("inspect", str(tmp_path / "acts.npy"), "--bits", "3", "--json"))
    )
    assert (found["values"], found["seen"], found["bits"]) == (2000, 2000, 3)
    for name, fit in fit_all(VALUES, 3).items():
        assert found["fits"][name]["relative_error"] == pytest.approx(fit.relative_error)
        np.testing.assert_allclose(found["fits"][name]["thresholds"], fit.quantizer.thresholds)


def test_several_tensors_are_listed_and_one_is_chosen(started: Start, tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", conv=VALUES, bias=np.ones(3), bad=np.array([np.nan, np.inf]))
    listed = done(started("inspect", str(tmp_path / "net.npz")))
    assert [line.split()[0] for line in listed.splitlines()[:4]] == [
        *("tensor", "conv", "bias", "bad"),
    ]
    assert "Choose one with --tensor NAME." in listed
    file = str(tmp_path / "net.npz")
    assert "nothing to quantize" in done(started("inspect", file, "--tensor", "bias"))
    assert "No value is finite" in done(started("inspect", file, "--tensor", "bad"))
    found = json.loads(done(started("inspect", file, "--tensor", "bad", "--json")))
    assert (found["nan"], found["positive_infinity"], found["low"]) == (1, 1, None)
    assert "near: conv" in mistake(started("inspect", file, "--tensor", "conw"))


def test_a_checkpoint_is_told_layer_by_layer(started: Start, tmp_path: Path) -> None:
    state = {f"module.{name}": value for name, value in resnet(18, 2).items()}
    torch.save({"epoch": 9, "state_dict": state}, tmp_path / "model.pth.tar")
    file = str(tmp_path / "model.pth.tar")
    said = done(started("inspect", file, "--out", str(tmp_path)))
    assert "layer4.1.quan2" in said
    assert "layer1.0.conv1" in said
    assert (tmp_path / "model-layers.png").stat().st_size > 10_000
    assert "steepest slope" in (tmp_path / "model-layers.svg").read_text(encoding="utf-8")
    found = json.loads(done(started("inspect", file, "--json")))
    assert (len(found["activations"]), len(found["weights"])) == (16, 16)


def test_bad_files_and_bad_options_are_one_line(started: Start, tmp_path: Path) -> None:
    for path in make_bad_files(tmp_path):
        line = mistake(started("inspect", str(path)))
        assert str(path.name) in line
    np.save(tmp_path / "acts.npy", VALUES)
    line = mistake(started("inspect", str(tmp_path / "acts.npy"), "--bits", "5"))
    assert "bits must be a whole number from 1 to 4, got '5'" in line
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    found = started("inspect", str(tmp_path / "acts.npy"), "--out", str(tmp_path / "taken"))
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
