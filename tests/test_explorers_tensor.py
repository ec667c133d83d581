"""The Tensor explorer: tensors of every kind, the numbers of their fits, and what travels."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from n2uq_viz import datasets, export, figures, fits, state
from n2uq_viz.explorers import TensorExplorer, ThresholdExplorer
from n2uq_viz.figures.fitted import fitted as shown_of
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import StateError, making, tensors
from n2uq_viz.tensors import survey
from tests.test_javascript import EXACT, node, random_quantizer

#: Narrow, wide, narrow: octiles of two humps have no edges.
HUMPS = np.concatenate(
    [np.random.default_rng(5).normal(at, 0.1, 3000) for at in (0.5, 1.5)]
).reshape(60, 100)
RELU = np.maximum(np.random.default_rng(6).normal(size=4000), 0.0)


@pytest.fixture(scope="module")
def both() -> TensorExplorer:
    return TensorExplorer({"humps": HUMPS, "relu": RELU}, bits=3, method="quantile")


def by_hand(q: Quantizer, summary: dict[str, Any]) -> dict[str, Any]:
    """What a quantizer does to each value of a summary, one after the other."""
    x, counts = datasets.points(summary)
    every = np.repeat(x, counts)
    edges, levels = q.edges.tolist(), q.levels.tolist()
    middles = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    codes = np.array([sum(t < each for t in middles) for each in every.tolist()])
    shares = [float(np.mean(codes == k)) for k in range(len(levels))]
    steps = zip(np.diff(levels), np.diff(edges), strict=True)
    return {
        "shares": shares,
        "error": float(np.mean((np.array(levels)[codes] - every) ** 2) / np.var(every)),
        "entropy": -sum(p * float(np.log2(p)) for p in shares if p),
        "steepest": max(float(rise / run) for rise, run in steps),
        "outside": 1.0 - float(np.mean((edges[0] < every) & (every <= edges[-1]))),
    }


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-9, atol=EXACT, err_msg=key)


# --- Tensors of one's own ---


def test_the_fits_are_those_of_the_summary(both: TensorExplorer) -> None:
    for name, values in (("humps", HUMPS), ("relu", RELU)):
        entry = both.tensors[name]
        assert entry["data"] == datasets.summarize(values)
        for bits in (1, 3):
            found = fits.fit_all(entry["data"], bits)
            for method in (*tensors.METHODS, tensors.REFERENCE):
                assert tensors.quantizer_of(entry, bits, method) == found[method].quantizer
            wanted = entry["fits"][bits - 1]["quantile"]["wanted"]
            assert wanted == found["quantile"].wanted.tolist()
    assert both.quantizer == tensors.quantizer_of(both.tensors["humps"], 3, "quantile")
    low, high = both.state["view"]
    assert low <= min(both.state["edges"][0], np.percentile(HUMPS, 0.5))
    assert high >= max(both.state["edges"][-1], np.percentile(HUMPS, 99.5))


def test_one_tensor_may_be_an_array_a_summary_or_a_survey(tmp_path: Path) -> None:
    np.save(tmp_path / "hidden_3.npy", RELU)
    with datasets.open_tensors(tmp_path / "hidden_3.npy") as file:
        seen = survey(file, next(iter(file.tensors)))
    summary = datasets.summarize(RELU)
    wanted = TensorExplorer(summary, bits=1).state
    (entry,) = tensors.entries(wanted)
    assert (entry["name"], entry["data"]) == ("your tensor", summary)
    for given in (RELU, RELU.tolist(), seen, {"a layer": seen}, [{**entry, "name": "a layer"}]):
        found = TensorExplorer(given, bits=1).state
        (own,) = tensors.entries(found)
        assert own["fits"] == entry["fits"]
        assert found["edges"] == wanted["edges"]
    assert own["name"] == "a layer"
    (named,) = tensors.entries(TensorExplorer(seen).state)
    assert named["name"] == seen.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tensors": []}, "tensors must be a list of 1 to 64 tensors"),
        ({"tensors": {}}, "tensors must be a list of 1 to 64 tensors"),
        ({"tensors": {str(k): 0 for k in range(65)}}, "tensors must be a list of 1 to 64"),
        ({"tensors": "normal"}, r"tensors\[0\] must be one of digits_filter, .* got 'normal'"),
        ({"tensors": 3.0}, "tensor 'your tensor': its values must .* differ by .*, got 3 to 3"),
        ({"tensors": {"fc": [1.0, np.nan]}}, "tensor 'fc': a sample must be finite numbers"),
        ({"tensors": {"fc": ["a"]}}, "tensor 'fc': .* must be real numbers, got"),
        ({"tensors": {"": [0.0, 1.0]}}, "tensor '': its name must be a text of 1 to 200"),
        ({"tensors": {"fc": [0.0, 1e200]}}, "tensor 'fc': its values must lie within 1e\\+100"),
        ({"bits": 5}, "bits must be a whole number from 1 to 4, got 5"),
        ({"bits": True}, "bits must be a whole number from 1 to 4, got True"),
        ({"tensor": 5}, "tensor must be a whole number from 0 to 4, .*got 5"),
        ({"method": "apot"}, "method must be one of uniform, quantile, learned, got 'apot'"),
    ],
)
def test_bad_arguments_are_one_clear_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(StateError, match=f"^{message}") as raised:
        TensorExplorer(**arguments)
    assert "\n" not in str(raised.value)


def broken_entries() -> list[tuple[Any, str]]:
    entry = tensors.stored("digits_act1")

    def with_fit(**keys: Any) -> dict[str, Any]:
        found = copy.deepcopy(entry)
        for key, value in keys.items():
            found["fits"][1][key] = value
        return found

    uniform = entry["fits"][1]["uniform"]
    quantile = entry["fits"][1]["quantile"]
    return [
        ({**entry, "name": 3}, r"tensors\[0\].name must be a text of 1 to 200 characters, got 3"),
        ({**entry, "name": "x" * 201}, r"tensors\[0\].name must be a text"),
        ({**entry, "data": {"count": 1}}, r"tensors\[0\].data: a summary must have the keys"),
        ({**entry, "data": None}, r"tensors\[0\].data: a summary must be a JSON object"),
        ({**entry, "fits": entry["fits"][:3]}, r"tensors\[0\].fits must be a list of 4 entries"),
        (with_fit(uniform=3), r"tensors\[0\].fits\[1\].uniform must be .* with the key edges"),
        (with_fit(uniform=entry["fits"][0]["uniform"]), "uniform must have 4 levels, got 2"),
        (with_fit(uniform={**uniform, "edges": [0, 0, 1, 2]}), "uniform: edges must be strictly"),
        (with_fit(uniform={**uniform, "edges": [0, 1, 2, 1e101]}), "up to 1e\\+100 .* 1e\\+101"),
        (with_fit(quantile=uniform), "quantile must be a JSON object with the key wanted"),
        (with_fit(quantile={**quantile, "wanted": [0.0]}), "wanted must be a list of 3 numbers"),
        (with_fit(quantile={**quantile, "wanted": [0, 1, "2"]}), "wanted must be a list of 3"),
        (with_fit(lloyd_max={"levels": [1, 1, 2, 3]}), "lloyd_max: edges must be strictly"),
    ]


@pytest.mark.parametrize(("entry", "message"), broken_entries())
def test_a_tensor_in_a_state_is_checked_in_all_its_parts(entry: Any, message: str) -> None:
    given = {"version": 1, "edges": [0, 1], "levels": [0, 1], "tensors": [entry]}
    with pytest.raises(StateError, match=message):
        state.validate(given, "tensor")


# --- The numbers ---


def test_python_and_browser_say_what_counting_says(both: TensorExplorer) -> None:
    rng = np.random.default_rng(7)
    for entry in (*both.tensors.values(), tensors.stored("digits_filter")):
        low, high = entry["data"]["range"]
        quantizers = [
            Quantizer.uniform(2, low, high),
            Quantizer([low, 0.5 * high, high], [0, 1, 2]),
        ]
        for _ in range(4):
            q = random_quantizer(rng)
            span = (high - low) / float(np.ptp(q.edges))
            quantizers.append(Quantizer(low + span * (q.edges - q.edges[0]), q.levels))
        asked = [q.to_dict() for q in quantizers]
        (answer,) = node({"ask": "judge", "quantizers": asked, "summary": entry["data"]})
        for q, judged in zip(quantizers, answer["judged"], strict=True):
            expected = by_hand(q, entry["data"])
            assert_same(judged, expected)
            own = {**q.to_dict(), "version": 1, "tensors": [entry]}
            row = shown_of(state.validate(own, "tensor")).rows["own"]
            assert_same({key: getattr(row, key) for key in expected}, expected)


def test_thresholds_without_edges_are_said_to_be_elsewhere(both: TensorExplorer) -> None:
    e = both
    found = fits.fit(e.tensors["humps"]["data"], 3, "quantile")
    assert found.moved
    assert shown_of(e.state).shift == pytest.approx(found.shift)
    assert "No edges have the thresholds of equal use" in figures.caption("tensor", e.state)
    fit = e.tensors["humps"]["fits"][2]["quantile"]
    asked = {"ask": "judge", "quantizers": [fit], "summary": e.tensors["humps"]["data"]}
    assert node(asked)[0]["judged"][0]["shift"] == pytest.approx(found.shift, rel=1e-12)
    two = TensorExplorer(list(e.state["tensors"]), bits=2, tensor=1)
    assert shown_of(two.state).shift == 0.0
    assert "No edges have" not in figures.caption("tensor", two.state)


def test_even_thresholds_have_the_least_error_that_their_levels_can_have() -> None:
    """What the explorer says about its aims, for thousands of other thresholds."""
    rng = np.random.default_rng(8)
    for name in tensors.NAMES:
        entry = tensors.stored(name)
        sample = fits.Ordered(entry["data"])
        q = tensors.quantizer_of(entry, 2, "uniform")
        least = sample.error(q.thresholds, q.levels)
        for _ in range(500):
            t = np.sort(rng.uniform(q.levels[0], q.levels[-1], 3))
            assert sample.error(t, q.levels) >= least
        best = tensors.quantizer_of(entry, 2, tensors.REFERENCE)
        assert sample.error(best.thresholds, best.levels) <= least


def test_the_figure_has_the_shares_and_levels_of_the_state(both: TensorExplorer) -> None:
    figure = figures.tensor(both.state, theme="light")
    _, histogram, *small = figure.axes
    found = shown_of(both.state)
    for ax, row in zip(small, found.rows.values(), strict=True):
        heights = [bar.get_height() for bar in ax.patches if isinstance(bar, Rectangle)]
        np.testing.assert_allclose(heights, 100.0 * row.shares)
        (equal,) = ax.lines
        assert np.all(np.asarray(equal.get_ydata()) == 100.0 / 8)
    levels = tensors.quantizer_of(both.tensors["humps"], 3, "lloyd_max").levels
    marks = [line for line in histogram.lines if line.get_marker() == "^"]
    np.testing.assert_array_equal(marks[0].get_xdata(), levels)


# --- What is stored, and what travels ---


def test_stored_tensors_are_what_they_are_called() -> None:
    name = "digits_filter"
    entry = tensors.stored(name)
    assert entry["data"] == datasets.summary("digit_filter")
    again = fits.fit_all(entry["data"], 2)
    for method in (*tensors.METHODS, tensors.REFERENCE):
        kept = tensors.quantizer_of(entry, 2, method)
        np.testing.assert_allclose(kept.edges, again[method].quantizer.edges, rtol=1e-6, atol=1e-9)
    assert [f"digits_{layer}" for layer in making.LAYERS] == list(tensors.NAMES[1:4])
    for each in tensors.NAMES:
        given = {"version": 1, "edges": [0, 1], "levels": [0, 1], "tensors": [tensors.stored(each)]}
        assert state.validate(given, "tensor")["tensors"] == given["tensors"]


def test_a_state_travels_light_and_is_whole_in_python(both: TensorExplorer) -> None:
    e = TensorExplorer.from_state(both.state)
    sent = e.get_state("state")["state"]
    assert len(json.dumps(sent)) < 1000
    assert [e._data[key] for key in sent["tensors"]] == e.state["tensors"]
    e.set_state({"state": {**sent, "tensor": 1}})
    assert (e.state["tensor"], e.state["tensors"]) == (1, both.state["tensors"])
    for broken in (["0" * 64], [None], "relu", [sent["tensors"][0][:-1]]):
        with pytest.raises(StateError):
            e.set_state({"state": {**sent, "tensors": broken}})
    assert e.state["tensor"] == 1
    again = TensorExplorer.from_state(json.loads(json.dumps(e.state)))
    assert again.state == e.state
    assert again.get_state("state") == e.get_state("state")


def test_settled_tensors_are_not_looked_at_again_and_none_is_kept_for_ever() -> None:
    given = [tensors.stored("digits_act1")]
    plain = {"version": 1, "edges": [0, 1], "levels": [0, 1]}
    first = state.validate({**plain, "tensors": given}, "tensor")
    (entry,) = first["tensors"]
    assert state.validate(first)["tensors"][0] is entry
    key = tensors.key_of(entry)
    for k in range(300):
        tensors.tensors([{**entry, "name": str(k)}], {})
    assert tensors.key_of(entry) == key == tensors.key_of(copy.deepcopy(entry))
    assert len(tensors._checked) <= 256


def test_files_hold_own_tensors_once_and_no_value_of_them(
    both: TensorExplorer, tmp_path: Path
) -> None:
    for path in (both.save_html(tmp_path / "a.html"), both.save_figure(tmp_path / "a.svg")):
        found = export.read_state(path)
        assert found == both.state
        assert TensorExplorer.from_state(found).state == both.state
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.count(both.tensors["humps"]["data"]["sha256"]) == 1
    inner = np.sort(HUMPS.ravel())[1:-1]
    assert [value for value in inner.tolist() if repr(value)[:12] in text] == []


def test_its_state_opens_in_the_threshold_explorer(both: TensorExplorer) -> None:
    other = ThresholdExplorer.from_state(both.state)
    assert other.quantizer == both.quantizer
    back = TensorExplorer.from_state(other.state)
    assert back.state["tensors"] == list(tensors.NAMES)
    assert back.quantizer == both.quantizer
