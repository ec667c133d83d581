"""The explorers' Python side: one state, checked as a whole, and figures of what is shown."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import n2uq_viz as nv
from n2uq_viz import datasets, descent, explorers, export, figures, montecarlo, state, words
from n2uq_viz.explorers import (
    BinaryExplorer,
    CoinFlipExplorer,
    GradientFlowExplorer,
    SumOfStepsExplorer,
    SurrogateExplorer,
    ThresholdExplorer,
)
from n2uq_viz.explorers.kit import presets
from n2uq_viz.explorers.stage import FIGURE_FOLDER, Stage
from n2uq_viz.explorers.threshold import fits
from n2uq_viz.state import StateError
from tests.clones import REPOSITORY

every_explorer = pytest.mark.parametrize("name", explorers.NAMES)
#: Explorers whose inputs are scaled before the quantizer of their states gets them.
SCALED = ("weight",)
UNEVEN = nv.Quantizer([0.0, 0.25, 1.0, 2.0], [0.0, 0.5, 1.0, 2.0])


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


# --- All explorers ---


def opened(name: str, **arguments: Any) -> Stage:
    explorer: Any = explorers.NAMES[name]
    found: Stage = explorer(**arguments)
    return found


@every_explorer
def test_every_explorer_opens_without_arguments(name: str) -> None:
    e = opened(name)
    assert e.explorer == e.state["explorer"] == name
    assert state.validate(e.state, name) == e.state
    assert set(e.state) == set(state.KEYS[name])
    if name not in SCALED:
        low, high = e.state["view"]
        assert low <= e.quantizer.edges[0] < e.quantizer.edges[-1] <= high
    assert explorers.NAMES[name].opened().state == e.state


def test_the_explorers_are_those_that_states_and_words_know() -> None:
    assert set(explorers.NAMES) == set(state.EXPLORERS)
    for name, explorer in explorers.NAMES.items():
        assert explorer.__name__ in explorers.__all__
        assert {f"explorer.{name}.title", f"explorer.{name}.about"} <= set(words.table())
        assert name.replace("-", "_") in figures.NAMES


ARGUMENTS: dict[str, dict[str, Any]] = {
    "binary": {"x": -1, "thrown": 0, "seed": 5, "speed": 1000},
    "coin-flip": {"points": [0.5, 0.0], "thrown": 7, "seed": 2, "speed": 10},
    "sum-of-steps": {"shown": 2},
    "threshold": {"data": "laplace", "draws": 7, "seed": 3, "compander": True},
    "gradient-flow": {"target": "data", "learning_rate": 1.5, "data": "bimodal"},
    "training": {"runs": [], "epoch": 0, "layer": 0},
    "surrogate": {
        "left": {"surrogate": "gste", "parameters": {}},
        "right": {"surrogate": "lsq", "parameters": {"step_size": 0.5, "bits": 3,
                                                     "tensor": "activations", "numel": 10}},
        "x": -0.25,
    },
    "tensor": {"tensors": ["digits_act2", "digits_filter"], "tensor": 1, "method": "quantile"},
    "weight": {"weights": "digits_conv2", "channel": 2, "scale": 0.5, "before": "none"},
}  # fmt: skip


@every_explorer
def test_arguments_of_every_explorer_reach_the_state(name: str) -> None:
    hidden = [state.SERIES[name][1]]
    given = {**ARGUMENTS[name], "view": [-3, 4], "hidden": hidden, "theme": "light"}
    before = json.dumps(given)
    e = opened(name, quantizer=UNEVEN, **given)
    assert e.quantizer == UNEVEN
    assert {key: e.state[key] for key in given} == given
    assert json.dumps(given) == before


@pytest.mark.parametrize("name", [name for name in explorers.NAMES if name not in SCALED])
def test_the_view_holds_another_quantizer(name: str) -> None:
    q = nv.Quantizer([-40.0, 10.0, 70.0], [-1.0, 0.0, 1.0])
    arguments = {"left": "gste"} if name == "surrogate" else {}
    low, high = opened(name, quantizer=q, **arguments).state["view"]
    assert low <= -40.0
    assert high >= 70.0


def test_the_view_of_surrogates_holds_both_staircases() -> None:
    lsq = {"surrogate": "lsq", "parameters": {"step_size": 4.0, "bits": 3}}
    low, high = SurrogateExplorer("clipped_ste", lsq).state["view"]
    assert (low, high) == (-16.5, 12.5)  # levels -4 to 3 times 4, and half a unit beside


def test_points_lie_at_the_same_places_along_any_edges() -> None:
    q = nv.Quantizer([0.0, 1.0, 10.0], [0.0, 1.0, 2.0])
    assert CoinFlipExplorer().state["points"] == pytest.approx([-0.6, 0.0, 0.8])
    assert CoinFlipExplorer(q).state["points"] == pytest.approx([2.0, 5.0, 9.0])


@pytest.mark.parametrize(
    "points", [(0.25, 1), np.array([0.25, 1.0]), [np.float32(0.25), np.int64(1)]]
)
def test_points_may_come_from_numpy(points: Any) -> None:
    assert CoinFlipExplorer(points=points).state["points"] == [0.25, 1.0]
    json.dumps(CoinFlipExplorer(points=points).state)


PLACE = r"a number in points must be a number from -1e\+100 to 1e\+100, got "


@pytest.mark.parametrize(
    ("explorer", "arguments", "message"),
    [
        (BinaryExplorer, {"thrown": -1}, "thrown must be a whole number from 0 to 10000, got -1"),
        (BinaryExplorer, {"thrown": 2.5}, r"thrown must be .* got 2\.5"),
        (BinaryExplorer, {"x": "0.5"}, "x must be a number from .* got '0.5'"),
        (BinaryExplorer, {"x": np.nan}, "x must be a number from .* got nan"),
        (BinaryExplorer, {"seed": -1}, "seed must be .* got -1"),
        (BinaryExplorer, {"speed": 7}, "speed must be one of 1, 10, 100, 1000, got 7"),
        (BinaryExplorer, {"theme": "sepia"}, "theme must be one of auto, light, dark, got 'sepia'"),
        (CoinFlipExplorer, {"points": []}, r"points must be a list of 1 to 4 numbers, got \[\]"),
        (CoinFlipExplorer, {"points": [0.0] * 5}, "points must be a list of 1 to 4 numbers, got"),
        (CoinFlipExplorer, {"points": "x"}, "points must be a list of 1 to 4 numbers, got 'x'"),
        (CoinFlipExplorer, {"points": b"x"}, "points must be a list of 1 to 4 numbers, got b'x'"),
        (CoinFlipExplorer, {"points": 3}, "points must be a list of 1 to 4 numbers, got 3"),
        (CoinFlipExplorer, {"points": {0.5}}, "points must be a list of 1 to 4 numbers, got {0.5}"),
        (CoinFlipExplorer, {"points": [None]}, f"{PLACE}None"),
        (CoinFlipExplorer, {"points": ["0.5"]}, f"{PLACE}'0.5'"),
        (CoinFlipExplorer, {"points": [True]}, f"{PLACE}True"),
        (CoinFlipExplorer, {"points": [np.inf]}, f"{PLACE}inf"),
        (CoinFlipExplorer, {"points": [10**400]}, f"{PLACE}1000"),
        (CoinFlipExplorer, {"points": np.zeros((1, 2))}, PLACE),
        (CoinFlipExplorer, {"thrown": 10_001}, "thrown must be .* got 10001"),
        (SumOfStepsExplorer, {"shown": 9}, "shown must be .* number of steps, 3, or None .* got 9"),
        (SumOfStepsExplorer, {"shown": 1.5}, r"shown must be .* got 1\.5"),
        (SumOfStepsExplorer, {"hidden": "parts"}, "hidden must be a list of series out of deter"),
        (ThresholdExplorer, {"compander": 1}, "compander must be true or false, got 1"),
        (ThresholdExplorer, {"view": [1, 0]}, r"view must be .* got \[1, 0\]"),
        (GradientFlowExplorer, {"target": "cube"}, "target must be one of identity, .* got 'cube'"),
        (GradientFlowExplorer, {"target": ["data"]}, "target must be one of identity, .* got "),
        (GradientFlowExplorer, {"learning_rate": 0}, "learning_rate must be .* 0.001 to 10, got 0"),
        (GradientFlowExplorer, {"learning_rate": 11}, "learning_rate must be .* got 11"),
        (GradientFlowExplorer, {"steps": 501}, "steps must be a whole number from 0 to 500, got"),
        (GradientFlowExplorer, {"start": [1, 2]}, "start must hold as many edges .* got 2 edges"),
        (GradientFlowExplorer, {"data": "mnist"}, "data must be one of digit_filter, .* got 'mni"),
        (
            GradientFlowExplorer,
            {"data": "mnist", "target": "data"},
            "data must be one of digit_filter, .* got 'mnist'",
        ),
        (SurrogateExplorer, {"left": "relu"}, "left must name one of identity_ste, .* got 'relu'"),
        (SurrogateExplorer, {"right": None}, "right must be {.*} with a name out of .* got None"),
        (SurrogateExplorer, {"left": UNEVEN}, "left must be {.*} with a name out of .* got Quant"),
        (
            SurrogateExplorer,
            {"left": {"surrogate": "ede", "parameters": {"t": 1000}}},
            "left: t must be a number from 0.01 to 100, got 1000",
        ),
        (
            SurrogateExplorer,
            {"right": {"surrogate": "ede", "parameters": {"beta": 1}}},
            "right: a parameter of ede must be one of: t; got 'beta'",
        ),
        (SurrogateExplorer, {"x": 1e101}, r"x must be .* got 1e\+101"),
    ],
)
def test_a_bad_value_is_one_clear_error(
    explorer: type[Stage], arguments: dict[str, Any], message: str
) -> None:
    found: Any = explorer
    with pytest.raises(StateError, match=f"^{message}") as raised:
        found(**arguments)
    assert "\n" not in str(raised.value)


@every_explorer
def test_an_unknown_keyword_is_told_with_those_there_are(name: str) -> None:
    for wrong in ("colour", "edges", "version", "explorer"):
        with pytest.raises(StateError, match=rf"^keywords must be .* or .*, got '{wrong}'$") as why:
            opened(name, **{wrong: 1})
        for key in set(state.KEYS[name]) - {"version", "explorer", "edges", "levels"}:
            assert re.search(rf"\b{key}\b", str(why.value))


@every_explorer
@pytest.mark.parametrize("wrong", [0.5, "uniform", [0.0, 1.0]])
def test_what_is_no_quantizer_is_told(name: str, wrong: Any) -> None:
    with pytest.raises(StateError, match=r"^quantizer must be a Quantizer, got .*; make one by Qu"):
        opened(name, quantizer=wrong)


@every_explorer
def test_too_many_steps_are_told(name: str) -> None:
    with pytest.raises(StateError, match=r"at most 15 steps \(4 bits\), got 31"):
        opened(name, quantizer=nv.Quantizer.uniform(5))


@every_explorer
def test_an_invalid_state_leaves_every_explorer_as_it_was(name: str) -> None:
    e = opened(name)
    before = json.dumps(e.state)
    told: list[dict[str, Any]] = []
    e.on_change(told.append)
    own = {"binary": "x", "coin-flip": "points", "sum-of-steps": "shown", "threshold": "draws",
           "gradient-flow": "target", "training": "runs", "surrogate": "left",
           "tensor": "method", "weight": "scale"}[name]  # fmt: skip
    for broken in ({**e.state, own: "?"}, {**e.state, "edges": [1, 0]}, {**e.state, "version": 2}):
        with pytest.raises(StateError):
            e.state = broken
        assert json.dumps(e.state) == before
    assert told == []


@every_explorer
@pytest.mark.parametrize("other", explorers.NAMES)
def test_the_state_of_one_explorer_opens_in_another(name: str, other: str) -> None:
    # Three levels and series of its own, as no default has them.
    q = nv.Quantizer([-1.0, 0.0, 3.0], [0.0, 1.0, 3.0])
    found = opened(name, quantizer=q, view=[-2, 5], hidden=list(state.SERIES[name]), theme="dark")
    there = explorers.NAMES[other].from_state(found.state)
    assert isinstance(there, explorers.NAMES[other])
    assert there.state == state.validate(found.state, other)
    assert there.quantizer == q
    assert (there.state["view"], there.state["theme"]) == ([-2.0, 5.0], "dark")
    shared = [key for key in state.KEYS[other] if key in found.state]
    for key in set(shared) - {"explorer", "hidden"}:
        assert there.state[key] == found.state[key]


@every_explorer
@pytest.mark.parametrize("broken", [{}, 3, "text", None, {"version": 9}])
def test_what_is_no_state_cannot_be_opened(name: str, broken: Any) -> None:
    with pytest.raises(StateError):
        explorers.NAMES[name].from_state(broken)


# --- The Gradient-flow explorer ---


def test_steps_go_where_the_descent_goes() -> None:
    e = GradientFlowExplorer(UNEVEN, target="sine", learning_rate=0.7)
    run = descent.descend(UNEVEN, descent.samples("sine", UNEVEN.levels), 500, 0.7)
    for count, steps in ((1, 1), (0, 1), (6, 7), (400, 407)):
        e.step(count)
        assert e.state["steps"] == steps
        assert e.state["start"] == UNEVEN.edges.tolist()
        assert e.state["edges"] == run.edges[steps].tolist()
    e.step()
    assert e.state["steps"] == 408
    e.step(500)
    assert (e.state["steps"], e.state["edges"]) == (500, run.edges[500].tolist())
    e.step()
    assert (e.state["steps"], e.state["edges"]) == (500, run.edges[500].tolist())
    assert state.validate(e.state) == e.state


def test_steps_learn_own_data() -> None:
    values = np.random.default_rng(1).normal(1.0, 0.5, 1000)
    e = GradientFlowExplorer(target="data", data=values)
    e.step(3)
    learned = descent.samples("data", e.quantizer.levels, datasets.summarize(values))
    run = descent.descend(nv.Quantizer.uniform(2), learned, 3, 0.2)
    assert e.state["edges"] == run.edges[-1].tolist()


@pytest.mark.parametrize("count", [-1, 1.5, 501, True, "x", None])
def test_a_bad_number_of_steps_changes_nothing(count: Any) -> None:
    e = GradientFlowExplorer()
    before = e.state
    with pytest.raises(ValueError, match=r"^count must be a whole number from 0 to 500, got "):
        e.step(count)
    assert e.state == before


def test_a_moved_edge_begins_the_descent_anew() -> None:
    e = GradientFlowExplorer()
    e.step(5)
    assert e.state["start"] != e.state["edges"]
    e.state = {**e.state, **e.quantizer.move_edge(1, 0.5).to_dict()}
    assert e.state["edges"][1] == 0.5
    assert (e.state["start"], e.state["steps"]) == (e.state["edges"], 0)
    e.step(2)
    assert (e.state["start"][1], e.state["steps"]) == (0.5, 2)


@pytest.mark.parametrize("change", [{"target": "step"}, {"learning_rate": 0.1}, {"steps": 4}])
def test_another_problem_begins_the_descent_anew(change: dict[str, Any]) -> None:
    e = GradientFlowExplorer()
    e.step(5)
    edges = e.state["edges"]
    e.state = {**e.state, **change}
    assert (e.state["start"], e.state["edges"], e.state["steps"]) == (edges, edges, 0)


# --- Pictures where no widget can be ---


@every_explorer
def test_a_picture_in_words_stands_beside_the_widget(name: str) -> None:
    e = opened(name, quantizer=UNEVEN)
    bundle = e._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == e.model_id
    found = re.fullmatch(
        r'<figure><img src="data:image/png;base64,([^"]+)" alt="([^"]*)" style="[^"]*">'
        r"<figcaption>([^<]+)</figcaption></figure>",
        data["text/html"],
    )
    assert found is not None
    with Image.open(io.BytesIO(base64.b64decode(found[1], validate=True))) as image:
        assert image.format == "PNG"
        assert min(image.size) > 200
    alternative = figures.text_alternative(name.replace("-", "_"), e.state)
    assert html.unescape(found[2]) == alternative
    assert not set(found[2]) & set("<>")
    assert html.unescape(found[3]) == words.say("stage.still")


@every_explorer
def test_figures_of_every_explorer_carry_its_state(name: str, tmp_path: Path) -> None:
    e = opened(name, **ARGUMENTS[name])
    for suffix in export.SUFFIXES:
        path = e.save_figure(tmp_path / f"slide{suffix}", theme="dark")
        assert path == tmp_path / f"slide{suffix}"
        assert export.read_state(path) == e.state
    drawing = (tmp_path / "slide.svg").read_text(encoding="utf-8")
    words_in_it = re.search(r"<desc[^>]*>([^<]*)</desc>", drawing)
    assert words_in_it is not None
    alternative = figures.text_alternative(name.replace("-", "_"), e.state)
    assert html.unescape(words_in_it[1]) == alternative


# --- Pages ---

#: The one address that a page may hold: it is a name and never asked for.
NAMESPACE = "http://www.w3.org/2000/svg"


def page_of(e: Stage, folder: Path) -> str:
    return e.save_html(folder / "page.html").read_text(encoding="utf-8")


@every_explorer
def test_a_page_carries_the_state_and_never_takes_the_place_of_another(
    name: str, tmp_path: Path
) -> None:
    e = opened(name, **ARGUMENTS[name])
    path = e.save_html(str(tmp_path / "new" / "v1.2.html"))
    assert path == tmp_path / "new" / "v1.2.html"
    assert export.read_state(path) == e.state
    first = path.read_bytes()
    e.state = {**e.state, "theme": "dark"}
    again = e.save_html(path)
    assert again == path.with_name("v1.2-2.html")
    assert path.read_bytes() == first
    assert e.save_html(path, overwrite=True) == path
    assert path.read_bytes() == again.read_bytes() != first
    assert export.read_state(path) == e.state
    assert sorted(found.name for found in path.parent.iterdir()) == ["v1.2-2.html", "v1.2.html"]


@every_explorer
@pytest.mark.parametrize("file", ["page.svg", "page", "page.html.gz", ""])
def test_a_page_of_another_kind_is_refused(name: str, file: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^a page is saved as \.html, got "):
        opened(name).save_html(tmp_path / file)
    assert list(tmp_path.iterdir()) == []


def test_a_suffix_may_have_large_letters(tmp_path: Path) -> None:
    assert SumOfStepsExplorer().save_html(tmp_path / "A.HTML") == tmp_path / "A.HTML"


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match=r"^cannot save 'a' in .*file \("):
        SumOfStepsExplorer().save_html(tmp_path / "file" / "a.html")
    assert (tmp_path / "file").read_text() == "mine"


def sha256(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


@every_explorer
def test_a_page_allows_its_own_script_and_style_and_nothing_else(name: str, tmp_path: Path) -> None:
    text = page_of(opened(name), tmp_path)
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL)
    styles = re.findall(r"<style\b[^>]*>(.*?)</style>", text, re.DOTALL)
    assert [tag for tag, _ in scripts] == [
        f' type="application/json" id="{export.STATE_KEY}"', ' type="module"'
    ]  # fmt: skip
    assert len(styles) == 1
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "style-src": sha256(styles[0]),
        "script-src": sha256(scripts[1][1]),
        "img-src": "data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert text.index("Content-Security-Policy") < text.index("<style")
    # What the policy would block: handlers and styles within tags.
    tags = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r"<[^>]*\s(on\w+|style|src)=", tags)


@every_explorer
def test_a_page_is_small_and_asks_for_nothing(name: str, tmp_path: Path) -> None:
    text = page_of(opened(name), tmp_path)
    assert len(text.encode()) < 400_000
    assert set(re.findall(r"""\b(?:https?|wss?):[^\s"'`<)]*""", text)) == {NAMESPACE}
    assert "import {" not in text
    for place in (REPOSITORY, Path.home(), tmp_path):
        assert str(place) not in text


@every_explorer
def test_a_page_says_what_it_is_where_no_script_runs(name: str, tmp_path: Path) -> None:
    e = opened(name)
    text = page_of(e, tmp_path)
    title = words.say(f"explorer.{name}.title")
    assert f"<title>{html.escape(title)}</title>" in text
    (silent,) = re.findall(r"<noscript>(.*?)</noscript>", text)
    assert figures.text_alternative(name.replace("-", "_"), e.state) in html.unescape(silent)


@pytest.mark.parametrize("explorer", [ThresholdExplorer, GradientFlowExplorer])
def test_own_data_go_into_a_page_as_a_summary(explorer: Any, tmp_path: Path) -> None:
    values = np.random.default_rng(2).normal(3.0, 1.0, 2000)
    np.save(tmp_path / "secret.npy", values)
    arguments = {"target": "data"} if explorer is GradientFlowExplorer else {}
    e = explorer(data=np.load(tmp_path / "secret.npy"), **arguments)
    text = page_of(e, tmp_path)
    found = export.read_state(tmp_path / "page.html")
    assert found["data"] == e.state["data"] == datasets.summarize(values)
    # The ends are part of a summary; no other value is.
    inner = np.sort(values)[1:-1]
    assert [value for value in inner if repr(float(value))[:12] in text] == []
    assert "secret" not in text
    assert str(tmp_path) not in text


def test_a_page_without_data_offers_none(tmp_path: Path) -> None:
    digits = json.dumps(datasets.summary("digit_filter")["sha256"])
    assert digits not in page_of(BinaryExplorer(), tmp_path)
    assert digits in page_of(ThresholdExplorer(), tmp_path / "other")


def test_no_word_of_a_state_can_end_the_script(tmp_path: Path) -> None:
    text = page_of(ThresholdExplorer(), tmp_path)
    assert text.count("</script>") == 2
