"""The explorers' Python side: one state, checked as a whole, and figures of what is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import n2uq_viz as nv
from n2uq_viz import datasets, export, figures, montecarlo, state
from n2uq_viz.explorers import ThresholdExplorer
from n2uq_viz.explorers.kit import presets
from n2uq_viz.explorers.stage import FIGURE_FOLDER
from n2uq_viz.explorers.threshold import fits
from n2uq_viz.state import StateError


def test_the_default_is_two_bits_over_real_digits() -> None:
    e = ThresholdExplorer()
    assert e.quantizer == nv.Quantizer.uniform(2)
    assert e.state["data"] == "digit_filter"
    assert (e.state["draws"], e.state["seed"]) == (200, 0)
    low, high = e.state["view"]
    assert low < 0.0
    assert high > 2.0


def test_arguments_reach_the_state() -> None:
    q = nv.Quantizer.binary()
    e = ThresholdExplorer(
        q, data="laplace", draws=7, seed=3, theme="dark", hidden=["ste"], view=[-2, 2],
        gradient_method="score_function", half_width=0.25,
    )  # fmt: skip
    assert e.quantizer == q
    expected = {
        "gradient_method": "score_function",
        "half_width": 0.25,
        "data": "laplace",
        "draws": 7,
        "seed": 3,
        "theme": "dark",
        "hidden": ["ste"],
        "view": [-2.0, 2.0],
    }
    assert {key: e.state[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"draws": 0}, "draws must be a whole number"),
        ({"draws": 2.5}, "draws must be a whole number"),
        ({"seed": -1}, "seed"),
        ({"theme": "sepia"}, "theme must be one of"),
        ({"data": "mnist"}, "data must be one of digit_filter"),
        ({"data": []}, "at least 1|empty|got 0"),
        ({"data": [np.nan, 1.0]}, "finite|NaN"),
        ({"data": {"a": 1}}, "must have the keys|missing"),
        ({"data": [-1e300, 1e300]}, "numbers up to 1e\\+100|within 1e\\+100"),
        ({"quantizer": nv.Quantizer([0, 1e-120], [0, 1])}, "differ by at least 1e-100"),
        ({"gradient_method": "guess"}, "gradient_method must be one of"),
        ({"half_width": 0}, "half_width must be a number from"),
        ({"colour": "red"}, "keywords must be quantizer, data, .* got 'colour'"),
        ({"edges": [0, 1]}, "keywords must be quantizer, data, .* got 'edges'"),
        ({"quantizer": nv.Quantizer.uniform(5)}, r"at most 15 steps \(4 bits\), got 31"),
    ],
)
def test_bad_arguments_are_one_clear_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ThresholdExplorer(**arguments)


def test_own_data_give_a_summary_and_a_fitting_quantizer() -> None:
    values = np.random.default_rng(0).normal(40.0, 5.0, (100, 30))
    e = ThresholdExplorer(data=values)
    assert e.state["data"] == datasets.summarize(values)
    assert e.quantizer.edges[[0, -1]].tolist() == pytest.approx(
        np.percentile(values, [0.5, 99.5]).tolist()
    )


def test_an_invalid_state_raises_and_leaves_the_old_one() -> None:
    e = ThresholdExplorer()
    before = e.state
    for broken in (
        {**before, "edges": [0, 0, 1, 2]},
        {**before, "version": 9},
        {**before, "draws": "many"},
        {},
    ):
        with pytest.raises(StateError):
            e.state = broken
        assert e.state == before


def test_a_broken_state_from_the_browser_changes_nothing() -> None:
    e = ThresholdExplorer(data="normal")
    before = e.state
    for broken in ({**before, "view": [-2.5e307, None]}, {**before, "edges": [3, 2, 1, 0]}, {}):
        with pytest.raises(StateError):
            e.set_state({"state": broken})
        assert e.state == before


def test_a_new_state_is_told_once_until_stopped() -> None:
    e = ThresholdExplorer()
    told: list[dict[str, Any]] = []
    stop = e.on_change(told.append)
    e.state = {**e.state, "draws": 300}
    e.state = {**e.state, "draws": 300}
    assert [state["draws"] for state in told] == [300]
    stop()
    e.state = {**e.state, "draws": 400}
    assert len(told) == 1


def test_two_explorers_do_not_share_a_state() -> None:
    a, b = ThresholdExplorer(), ThresholdExplorer()
    a.state = {**a.state, "seed": 5}
    assert b.state["seed"] == 0


def test_figure_and_saved_file_hold_the_state_on_screen(tmp_path: Path) -> None:
    e = ThresholdExplorer(presets()["nonuniform"][3], data="bimodal", seed=8)
    e.state = {**e.state, **e.quantizer.move_threshold(2, 0.5).to_dict()}
    assert isinstance(e.figure(), Figure)
    for suffix in (".svg", ".pdf", ".png"):
        path = e.save_figure(tmp_path / "new folder" / f"slide{suffix}")
        assert export.read_state(path) == e.state
    again = e.save_figure(tmp_path / "new folder" / "slide.svg")
    assert again.name == "slide-2.svg"


def test_the_button_saves_three_files_in_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    e = ThresholdExplorer(data="normal")
    paths = e.save_figures("../../my: slide", "dark")
    assert [path.name for path in paths] == [f"my- slide{s}" for s in (".svg", ".pdf", ".png")]
    assert {path.parent for path in paths} == {Path(FIGURE_FOLDER)}
    assert all(export.read_state(path) == e.state for path in paths)
    assert [path.stem for path in e.save_figures("", "light")] == ["threshold"] * 3


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("family", ["uniform", "nonuniform"])
def test_the_fit_is_that_of_agreement(family: str, bits: int) -> None:
    q = presets()[family].get(bits, nv.Quantizer.binary())
    e = ThresholdExplorer(q, data="normal", draws=150, seed=4)
    found = fits(e.state)
    low, high = e.state["view"]
    mc = montecarlo.simulate_shared(q, np.linspace(low, high, state.GRID_POINTS), 150, 4)
    judged = montecarlo.agreement(mc, q.expectation(mc.x))
    assert (found["gste"], found["points"]) == (judged.p_value, judged.points)
    first, last = q.edges[[0, -1]]
    straight = np.interp(mc.x, [first, last], q.levels[[0, -1]])
    assert found["ste"] == pytest.approx(montecarlo.agreement(mc, straight).p_value, rel=1e-6)
    assert (found["ste"] < 1e-6) == (np.ptp(q.slopes) > 1e-9)
    assert found["about"] == {key: e.state[key] for key in found["about"]}


@pytest.mark.parametrize(
    ("edges", "levels", "view"),
    [
        ([-1e99, 0.0, 1e99], [0.0, 1.0, 2.0], [-1.1e99, 1.1e99]),
        ([0.0, 1e-99, 2e-99], [0.0, 1e-99, 1e99], [-1e-99, 3e-99]),
        ([1e15, 1e15 + 1, 1e15 + 3], [0.0, 1.0, 2.0], [1e15 - 1, 1e15 + 4]),
        ([0.0, 1.0], [0.0, 1.0], [50.0, 60.0]),
        ([0.0, 1.0], [0.0, 1.0], [0.3, 0.3 + 1e-15]),
    ],
)
@pytest.mark.parametrize("half_width", [None, 1e-100, 1e100])
def test_what_a_state_may_hold_can_be_judged_and_drawn(
    edges: list[float], levels: list[float], view: list[float], half_width: float | None
) -> None:
    e = ThresholdExplorer(
        nv.Quantizer(edges, levels), data="normal", view=view, half_width=half_width
    )
    found = fits(e.state)
    assert 0.0 <= found["gste"] <= 1.0
    assert 0.0 <= found["ste"] <= 1.0
    assert found["points"] >= 0
    json.dumps(found, allow_nan=False)
    assert isinstance(e.figure(), Figure)
    assert "RMS error" in figures.text_alternative("threshold", e.state)


def test_presets_are_what_they_are_called() -> None:
    family = presets()
    assert family["binary"][1] == nv.Quantizer.binary()
    for bits, q in family["uniform"].items():
        assert np.ptp(q.slopes) == pytest.approx(0.0, abs=1e-12)
        assert len(q.levels) == 2**bits
    for q in family["nonuniform"].values():
        assert np.all(np.diff(q.intervals) > 0.0)
        np.testing.assert_allclose(np.diff(q.levels), q.levels[-1] / len(q.thresholds))
