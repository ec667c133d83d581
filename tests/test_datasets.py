"""Data sets: what they hold, and what happens where their sources are missing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from n2uq_viz import datasets
from n2uq_viz.comparison import results_of, save_results
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.training.summary import summarize_run
from tests.made_runs import made_run

SYNTHETIC = ("normal", "half_normal", "laplace", "bimodal")


@pytest.mark.parametrize("name", datasets.NAMES)
def test_load_gives_finite_flat_float64(name: str) -> None:
    values = datasets.load(name)
    assert values.dtype == np.float64
    assert values.ndim == 1
    assert np.isfinite(values).all()


@pytest.mark.parametrize("name", SYNTHETIC)
def test_synthetic_data_depend_on_the_seed_and_on_nothing_else(name: str) -> None:
    first = datasets.load(name, seed=3)
    assert first.size == 50_000
    np.testing.assert_array_equal(first, datasets.load(name, seed=3))
    assert not np.array_equal(first, datasets.load(name, seed=4))


# With 50 000 samples these tolerances are more than five standard errors.
@pytest.mark.parametrize(
    ("name", "share_below", "value"),
    [
        ("normal", 0.5, 1.0),
        ("normal", 0.841345, 1.45),
        ("laplace", 0.5, 1.0),
        ("laplace", 1.0 - 0.5 * np.exp(-1.0), 1.3),
        ("bimodal", 0.6, 1.0),
        ("half_normal", 0.841345, 0.9),
    ],
)
def test_synthetic_data_follow_their_laws(name: str, share_below: float, value: float) -> None:
    assert np.mean(datasets.load(name) <= value) == pytest.approx(share_below, abs=0.012)


def test_half_normal_is_zero_half_of_the_time() -> None:
    assert np.mean(datasets.load("half_normal") == 0.0) == pytest.approx(0.5, abs=0.012)


def test_digit_pixels_are_seventeen_gray_values() -> None:
    values = datasets.load("digit_pixels")
    assert values.size == 1797 * 64
    np.testing.assert_array_equal(np.unique(values), np.arange(17) / 8.0)


def test_digit_filter_is_a_rectified_convolution() -> None:
    from sklearn.datasets import load_digits

    values = datasets.load("digit_filter").reshape(1797, 6, 6)
    images = load_digits().images
    for n, row, column in [(0, 0, 0), (5, 2, 3), (1796, 5, 5)]:
        patch = images[n, row : row + 3, column : column + 3] / 16.0
        expected = max(0.0, float(np.sum(patch * datasets.FILTER)))
        assert values[n, row, column] == pytest.approx(expected, abs=1e-12)


def test_digit_filter_fits_the_range_of_the_presets() -> None:
    summary = datasets.summary("digit_filter")
    assert summary["range"] == pytest.approx([0.0, 2.4], abs=0.001)
    # The zeros of the ReLU are the only value that many samples share.
    assert [value for value, _ in summary["atoms"]] == [0.0]


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_no_filter_response_lies_on_a_threshold_of_a_uniform_preset(bits: int) -> None:
    thresholds = Quantizer.uniform(bits).thresholds
    assert not np.isin(datasets.load("digit_filter"), thresholds).any()


def test_load_names_the_known_data_sets() -> None:
    with pytest.raises(ValueError, match=r"data must be one of \"digit_filter\", .*, got 'mnist'"):
        datasets.load("mnist")
    with pytest.raises(ValueError, match="data must be one of"):
        datasets.summary("mnist")


def test_load_rejects_a_bad_seed() -> None:
    with pytest.raises(ValueError, match="seed must be"):
        datasets.load("normal", seed=-1)


def test_without_scikit_learn_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r'pip install "n2uq_viz\[lab\]"; normal, half_normal'):
        datasets.load("digit_filter")
    assert datasets.load("normal").size == 50_000


def test_summary_is_that_of_the_samples_and_belongs_to_the_caller() -> None:
    summary = datasets.summary("laplace")
    assert summary == datasets.summarize(datasets.load("laplace"))
    summary["cells"][0] = -1
    assert datasets.summary("laplace")["cells"][0] != -1


def test_operation_energy_holds_the_published_values() -> None:
    rows = datasets.operation_energy()
    found = {(row.operation, row.number, row.bits): (row.low, row.high) for row in rows}
    assert len(found) == len(rows)
    assert found["add", "integer", 8] == (0.03, 0.03)
    assert found["multiply", "integer", 8] == (0.2, 0.2)
    assert found["multiply", "float", 32] == (3.7, 3.7)
    assert found["read DRAM", "any", 64] == (1300.0, 2600.0)
    assert all("ISSCC 2014" in row.source for row in rows)


def test_operation_energy_outside_of_a_clone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(datasets, "_DATA_FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match="must lie beside the package, as in a clone"):
        datasets.operation_energy()


def test_stored_runs_and_results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(datasets, "_DATA_FOLDER", tmp_path)
    assert datasets.stored_runs() == ()
    for read in (datasets.stored_results, lambda: datasets.stored_run("a")):
        with pytest.raises(FileNotFoundError, match=r"data/training/r\w+.* must lie beside"):
            read()
    runs = [made_run("moons"), made_run("digits", "ste")]
    names = [run.save(tmp_path / "training/runs").stem for run in runs]
    save_results(tmp_path / "training/results.csv", results_of(runs))
    assert datasets.stored_runs() == tuple(sorted(names))
    assert datasets.stored_run(names[0]).digest == runs[0].digest
    assert datasets.run_summary(names[1]) == summarize_run(runs[1])
    assert datasets.stored_results() == results_of(runs)
    with pytest.raises(ValueError, match=r"a stored run must be one of .*, got 'a'"):
        datasets.stored_run("a")
