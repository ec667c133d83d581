"""A state is complete, canonical and refused as a whole."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2uq_viz import datasets, descent, state
from n2uq_viz.montecarlo import GRADIENT_METHODS
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import StateError, tensors, weights
from n2uq_viz.state.runs import input_range
from n2uq_viz.training.summary import summarize_run
from tests.made_runs import made_layer, made_run

MINIMAL = {"version": 1, "edges": [0.0, 1.0, 3.0], "levels": [0.0, 1.0, 2.0]}


def test_missing_optional_keys_take_their_defaults() -> None:
    full = state.validate(MINIMAL)
    assert set(full) == set(state.KEYS["threshold"])
    assert full["explorer"] == "threshold"
    assert full["draws"] == 200
    assert full["seed"] == 0
    assert full["data"] == "digit_filter"
    assert full["hidden"] == []
    assert full["gradient_method"] == "common_random_numbers"
    assert full["half_width"] is None
    assert full["theme"] == "auto"
    assert full["view"] == pytest.approx([-0.45, 3.45])


def test_validation_copies_and_settles() -> None:
    given_state = {**MINIMAL, "hidden": ["ste", "band"], "view": (0, 2)}
    before = copy.deepcopy(given_state)
    full = state.validate(given_state)
    assert given_state == before
    assert full["hidden"] == ["band", "ste"]
    assert full["view"] == [0.0, 2.0]
    assert state.validate(full) == full


@pytest.mark.parametrize("half_width", [None, 1, 0.05, 1e-100, np.float64(2.5), 1e100])
def test_half_width_is_a_number_or_automatic(half_width: Any) -> None:
    full = state.validate({**MINIMAL, "half_width": half_width})
    assert full["half_width"] == half_width
    assert half_width is None or isinstance(full["half_width"], float)
    assert state.loads(state.dumps(full)) == full


@pytest.mark.parametrize("method", GRADIENT_METHODS)
def test_gradient_methods_are_kept(method: str) -> None:
    assert state.validate({**MINIMAL, "gradient_method": method})["gradient_method"] == method


def test_keys_of_other_explorers_are_left_out() -> None:
    assert "learning_rate" not in state.validate({**MINIMAL, "learning_rate": 0.1})


@pytest.mark.parametrize("key", ["version", "edges", "levels"])
def test_a_missing_required_key_is_named(key: str) -> None:
    broken = {k: v for k, v in MINIMAL.items() if k != key}
    with pytest.raises(StateError, match=f"'{key}' is missing"):
        state.validate(broken)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (2, "version must be 1, got 2; it is from a newer n2uq_viz: update yours"),
        (0, "version must be 1, got 0$"),
        (True, "version must be 1, got True"),
        ("1", "version must be 1, got '1'"),
        (None, "version must be 1, got None"),
    ],
)
def test_an_unknown_version_is_refused(version: Any, message: str) -> None:
    with pytest.raises(StateError, match=message):
        state.validate({**MINIMAL, "version": version})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("edges", [0.0, 0.0, 1.0], r"edges must be strictly increasing, got edges\[1\] = 0.0"),
        ("edges", [0.0, 1.0], "equal lengths, got 2 edges and 3 levels"),
        ("edges", [0.0, float("nan"), 1.0], "edges must be finite"),
        ("edges", [0.0, float("inf"), 1.0], "edges must be finite"),
        ("edges", [], "at least 2 numbers"),
        ("edges", ["a", "b", "c"], "edges must be real numbers"),
        ("levels", [2.0, 1.0, 0.0], "levels must be strictly increasing"),
        ("draws", 0, "draws must be a whole number from 1 to 10000 in an explorer, got 0"),
        ("draws", -5, "got -5"),
        ("draws", 2.5, "got 2.5"),
        ("draws", True, "got True"),
        ("draws", 10_001, "n2uq_viz.simulate takes more"),
        ("seed", -1, "seed"),
        ("seed", 0.5, "seed"),
        ("seed", 2**53, "seed"),
        ("view", [1.0, 1.0], "low < high"),
        ("view", [0.0], "two finite numbers"),
        ("view", [0.0, float("inf")], "two finite numbers"),
        ("view", [float("nan"), 1.0], "two finite numbers"),
        ("view", ["0", "1"], "two finite numbers"),
        ("view", None, "two finite numbers"),
        ("view", [10**400, 10**401], "too large for a float"),
        ("view", [0.0, 5e-324], "differ by at least 1e-100"),
        ("edges", [0.0, 1.0, 1e101], "numbers up to 1e\\+100"),
        ("levels", [0.0, 1e-120, 1.0], "differ by at least 1e-100"),
        ("data", np.array([1, 2]), "digit_filter"),
        ("hidden", ["dots"], "series out of deterministic"),
        ("hidden", "ste", "series out of"),
        ("hidden", [[1]], "series out of"),
        ("gradient_method", "guess", "common_random_numbers, score_function, got 'guess'"),
        ("gradient_method", None, "gradient_method must be one of"),
        ("gradient_method", np.array([1, 2]), "gradient_method must be one of"),
        ("half_width", 0.0, "half_width must be a number from 1e-100 to 1e\\+100, or None"),
        ("half_width", -0.1, "twentieth of the narrowest segment, got -0.1"),
        ("half_width", float("nan"), "got nan"),
        ("half_width", float("inf"), "got inf"),
        ("half_width", 10**400, "half_width must be"),
        ("half_width", True, "got True"),
        ("half_width", "wide", "got 'wide'"),
        ("half_width", [0.1], r"got \[0.1\]"),
        ("theme", "sepia", "auto, light, dark, got 'sepia'"),
        ("data", "mnist", "digit_filter"),
        ("data", 3, "digit_filter"),
        ("data", {"count": 1}, "data: "),
    ],
)
def test_bad_values_name_the_key_and_what_would_do(key: str, value: Any, message: str) -> None:
    with pytest.raises(StateError, match=message):
        state.validate({**MINIMAL, key: value})


def test_too_many_steps_for_handles() -> None:
    many = list(np.arange(17.0))
    with pytest.raises(StateError, match=r"at most 15 steps \(4 bits\), got 16"):
        state.validate({**MINIMAL, "edges": many, "levels": many})


@pytest.mark.parametrize("broken", [None, 3, "text", [1, 2]])
def test_only_an_object_is_a_state(broken: Any) -> None:
    with pytest.raises(StateError, match="a state must be a JSON object"):
        state.validate(broken)


def test_an_unknown_explorer_is_named() -> None:
    with pytest.raises(StateError, match=r"explorer must be one of binary, .*, got 'piano'"):
        state.validate(MINIMAL, "piano")


def test_own_data_travel_as_a_summary() -> None:
    summary = datasets.summarize(np.random.default_rng(1).normal(size=5000))
    full = state.validate({**MINIMAL, "data": summary})
    assert state.loads(state.dumps(full)) == full
    assert len(full["data"]["sha256"]) == 64


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "nonsense", "[" * 100_000])
def test_broken_json_is_refused(text: str) -> None:
    with pytest.raises(StateError, match="a state must be"):
        state.loads(text)


def test_json_has_no_nan() -> None:
    with pytest.raises(StateError):
        state.loads('{"version": 1, "edges": [0, NaN], "levels": [0, 1]}')


def test_the_same_state_gives_the_same_text() -> None:
    full = state.validate(MINIMAL)
    turned = dict(reversed(list(full.items())))
    assert state.dumps(full) == state.dumps(turned)
    assert json.loads(state.dumps(full)) == full


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(state.KEYS["threshold"]), inner)
        ),
        max_leaves=30,
    )
)
def test_anything_else_is_refused_with_a_state_error(found: Any) -> None:
    try:
        valid = state.validate(found)
    except StateError:
        return
    assert state.validate(valid) == valid


# --- All explorers ---

BINARY = {"version": 1, "edges": [-1.0, 1.0], "levels": [-1.0, 1.0]}
every_explorer = pytest.mark.parametrize("explorer", state.EXPLORERS)
#: Optional keys of each explorer, with the values that a state without them gets.
DEFAULTS: dict[str, dict[str, Any]] = {
    "binary": {"x": 0.3, "thrown": 10, "seed": 0, "speed": 10},
    "coin-flip": {"points": [-0.6, 0.0, 0.8], "thrown": 30, "seed": 0, "speed": 100},
    "sum-of-steps": {"shown": 1},
    "threshold": {
        "draws": 200,
        "seed": 0,
        "data": "digit_filter",
        "gradient_method": "common_random_numbers",
        "half_width": None,
        "compander": False,
    },
    "gradient-flow": {
        "target": "sqrt",
        "data": "digit_filter",
        "learning_rate": 0.2,
        "start": [-1.0, 1.0],
        "steps": 0,
    },
    "training": {"runs": [], "epoch": 0, "layer": 0},
    "surrogate": {
        "left": {"surrogate": "clipped_ste", "parameters": {}},
        "right": {"surrogate": "ede", "parameters": {"t": 2.0}},
        "x": 0.5,
    },
    "tensor": {"tensors": list(tensors.NAMES), "tensor": 0, "method": "uniform"},
    "weight": {"weights": "digits_conv2", "channel": 0, "scale": "mean", "before": "largest"},
}
#: Values that are no defaults, as somebody may write them, and what becomes of them.
CHOSEN: dict[str, dict[str, tuple[Any, Any]]] = {
    "binary": {
        "x": (2, 2.0),
        "thrown": (10_000, 10_000),
        "seed": (2**53 - 1, 2**53 - 1),
        "speed": (1000.0, 1000),
        "hidden": (["band", "coins", "ste"], ["coins", "band"]),
        "theme": ("dark", "dark"),
        "view": ((-3, 3), [-3.0, 3.0]),
    },
    "coin-flip": {
        "points": ((1, 0, np.float64(0.25), 1), [1.0, 0.0, 0.25, 1.0]),
        "thrown": (0, 0),
        "speed": (1, 1),
    },
    "sum-of-steps": {"shown": (0, 0), "hidden": (("parts",), ["parts"])},
    "threshold": {"draws": (10_000, 10_000), "compander": (True, True), "half_width": (1, 1.0)},
    "gradient-flow": {
        "target": ("step", "step"),
        "learning_rate": (1, 1.0),
        "data": ("normal", "normal"),
        "hidden": (["loss"], ["loss"]),
    },
    "training": {
        "runs": ((), []),
        "epoch": (None, 0),
        "layer": (None, 0),
        "hidden": (["history", "train", "loss"], ["train", "history"]),
    },
    "surrogate": {
        "left": ("gste", {"surrogate": "gste", "parameters": {}}),
        "right": (
            {"surrogate": "dsq", "parameters": {"bits": 3, "alpha": 0.1}},
            {"surrogate": "dsq", "parameters": {"alpha": 0.1, "bits": 3}},
        ),
        "x": (-1, -1.0),
    },
    "tensor": {
        "tensors": (("digits_act1", "digits_act3"), ["digits_act1", "digits_act3"]),
        "tensor": (1, 1),
        "method": ("learned", "learned"),
        "hidden": (["lloyd_max", "ste"], ["lloyd_max"]),
    },
    "weight": {
        "weights": (
            {
                "name": "w",
                "total": 9,
                "channels": ({"index": 2, "values": (-1, 3), "counts": [4, 5], "more": 1},),
            },
            {
                "name": "w",
                "total": 9,
                "channels": [{"index": 2, "values": [-1.0, 3.0], "counts": [4, 5]}],
            },
        ),
        "channel": (None, 0),
        "scale": (2, 2.0),
        "before": ("none", "none"),
        "hidden": (["channels", "histogram", "ste"], ["histogram", "channels"]),
    },
}


@every_explorer
def test_missing_keys_of_every_explorer_take_their_defaults(explorer: str) -> None:
    full = state.validate(BINARY, explorer)
    assert set(full) == set(state.KEYS[explorer])
    own = {key: full[key] for key in DEFAULTS[explorer]}
    assert own == DEFAULTS[explorer]
    common = {key: full[key] for key in full if key not in own}
    assert common == {**BINARY, "explorer": explorer, "view": [-1.3, 1.3], "hidden": [],
                      "theme": "auto"}  # fmt: skip


@every_explorer
def test_a_settled_state_is_canonical(explorer: str) -> None:
    given_state = {**BINARY, **{key: value for key, (value, _) in CHOSEN[explorer].items()}}
    before = copy.deepcopy(given_state)
    full = state.validate(given_state, explorer)
    assert given_state == before
    for key, (_, settled) in CHOSEN[explorer].items():
        assert (full[key], type(full[key])) == (settled, type(settled))
    assert state.validate(full) == full
    assert state.loads(state.dumps(full)) == full


@every_explorer
def test_defaults_are_not_shared(explorer: str) -> None:
    first = state.validate(BINARY, explorer)
    first["hidden"].append("loss")
    for key in ("points", "start", "edges"):
        if key in first:
            first[key].append(9.0)
    assert state.validate(BINARY, explorer)["hidden"] == []
    assert state.validate(BINARY, explorer) != first


@every_explorer
@pytest.mark.parametrize("other", state.EXPLORERS)
def test_a_state_of_one_explorer_opens_in_another(explorer: str, other: str) -> None:
    chosen = {key: value for key, (value, _) in CHOSEN[explorer].items()}
    found = state.validate({**BINARY, **chosen}, explorer)
    assert state.explorer_of(found) == explorer
    opened = state.validate(found, other)
    assert set(opened) == set(state.KEYS[other])
    for key in set(opened) - {"explorer", "hidden"}:
        default = state.validate({**BINARY, "view": found["view"]}, other)[key]
        assert opened[key] == found.get(key, default)
    assert set(opened["hidden"]) <= set(found["hidden"])


def own_weights(**keys: Any) -> dict[str, Any]:
    """Weights with one channel, and something wrong."""
    return {**weights.gathered("w", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), **keys}


def own_channel(**keys: Any) -> dict[str, Any]:
    found = own_weights()
    return {**found, "channels": [{**found["channels"][0], **keys}]}


THREE: dict[str, Any] = {
    "version": 1,
    "edges": [0.0, 1.0, 2.0, 3.0],
    "levels": [0.0, 1.0, 2.0, 3.0],
}
LARGE = r"a number from -1e\+100 to 1e\+100, got"
SURROGATES = "identity_ste, clipped_ste, .*"


@pytest.mark.parametrize(
    ("explorer", "key", "value", "message"),
    [
        ("binary", "x", None, f"^x must be {LARGE} None"),
        ("binary", "x", "1", f"^x must be {LARGE} '1'"),
        ("binary", "x", True, f"^x must be {LARGE} True"),
        ("binary", "x", [1.0], f"^x must be {LARGE} "),
        ("binary", "x", float("nan"), f"^x must be {LARGE} nan"),
        ("binary", "x", 1e101, f"^x must be {LARGE} 1e\\+101"),
        ("binary", "x", 10**400, f"^x must be {LARGE} 1000"),
        ("binary", "thrown", -1, "^thrown must be a whole number from 0 to 10000, got -1"),
        ("binary", "thrown", 10_001, "^thrown must be .* got 10001"),
        ("binary", "thrown", 1.0, r"^thrown must be .* got 1\.0"),
        ("binary", "thrown", False, "^thrown must be .* got False"),
        ("binary", "seed", -1, "seed must be"),
        ("binary", "speed", 7, "^speed must be one of 1, 10, 100, 1000, got 7"),
        ("binary", "speed", True, "^speed must be one of .* got True"),
        ("binary", "speed", "10", "^speed must be one of .* got '10'"),
        ("binary", "speed", [10], "^speed must be one of "),
        ("binary", "hidden", ["dots"], "^hidden must be a list of series out of deterministic, c"),
        ("binary", "theme", 1, "^theme must be one of auto, light, dark, got 1"),
        ("binary", "view", [1, 1], r"^view must be two finite numbers .* got \[1, 1\]"),
        ("coin-flip", "points", [], r"^points must be a list of 1 to 4 numbers, got \[\]"),
        ("coin-flip", "points", [1.0] * 5, "^points must be a list of 1 to 4 numbers, got"),
        ("coin-flip", "points", 0.5, r"^points must be .* got 0\.5"),
        ("coin-flip", "points", "x", "^points must be .* got 'x'"),
        ("coin-flip", "points", {"0": 1}, "^points must be .* got"),
        ("coin-flip", "points", np.array([1.0]), "^points must be .* got array"),
        ("coin-flip", "points", [0.0, None], f"^a number in points must be {LARGE} None"),
        ("coin-flip", "points", [float("inf")], f"^a number in points must be {LARGE} inf"),
        ("coin-flip", "points", [[1.0]], f"^a number in points must be {LARGE} "),
        ("coin-flip", "thrown", "many", "^thrown must be"),
        ("coin-flip", "seed", 2**53, "seed must be"),
        ("coin-flip", "speed", 1001, "^speed must be"),
        ("sum-of-steps", "shown", 4, "^shown must be .* the number of steps, 3, or None .* got 4"),
        ("sum-of-steps", "shown", -1, "^shown must be .* got -1"),
        ("sum-of-steps", "shown", 1.5, r"^shown must be .* got 1\.5"),
        ("sum-of-steps", "shown", True, "^shown must be .* got True"),
        ("threshold", "compander", 1, "^compander must be true or false, got 1"),
        ("threshold", "compander", None, "^compander must be true or false, got None"),
        ("threshold", "draws", 0, "^draws must be a whole number from 1 to 10000"),
        ("threshold", "gradient_method", "x", "^gradient_method must be one of"),
        ("threshold", "half_width", 1e101, "^half_width must be a number from"),
        ("threshold", "data", "mnist", "^data must be one of digit_filter, .* or a summary, got"),
        ("gradient-flow", "target", "cube", "^target must be one of identity, .*, data, got 'cube"),
        ("gradient-flow", "target", None, "^target must be one of .* got None"),
        ("gradient-flow", "target", ["sqrt"], "^target must be one of"),
        ("gradient-flow", "learning_rate", 0, "^learning_rate must be .* 0.001 to 10, got 0"),
        ("gradient-flow", "learning_rate", 10.5, r"^learning_rate must be .* got 10\.5"),
        ("gradient-flow", "learning_rate", float("nan"), "^learning_rate must be .* got nan"),
        ("gradient-flow", "learning_rate", True, "^learning_rate must be .* got True"),
        ("gradient-flow", "learning_rate", "1", "^learning_rate must be .* got '1'"),
        ("gradient-flow", "steps", 501, "^steps must be a whole number from 0 to 500, got 501"),
        ("gradient-flow", "steps", -1, "^steps must be .* got -1"),
        ("gradient-flow", "steps", 2.0, r"^steps must be .* got 2\.0"),
        ("gradient-flow", "start", [0.0, 1.0], "^start must hold as many edges .* got 2 edges and"),
        ("gradient-flow", "start", [0, 2, 1, 3], "^start must hold .* must be strictly increasing"),
        ("gradient-flow", "start", "x", "^start must hold as many edges .* must be real numbers"),
        ("gradient-flow", "start", [0, 1, 2, 1e101], "up to 1e\\+100 .* start has 1e\\+101"),
        ("gradient-flow", "start", [0, 1e-101, 2, 3], "start has 3 and a difference of 1e-101"),
        ("gradient-flow", "data", {"count": 1}, "^data: "),
        ("surrogate", "left", "relu", f"^left must name one of {SURROGATES}, got 'relu'"),
        ("surrogate", "left", None, "^left must be {.*} with a name out of .* got None"),
        ("surrogate", "left", 3, "^left must be {.*} with a name out of .* got 3"),
        ("surrogate", "left", {}, "^left must be {.*} with a name out of .* got {}"),
        ("surrogate", "left", {"surrogate": 1}, "^left must be {.*} with a name out of"),
        ("surrogate", "right", {"surrogate": "tanh"}, "^right must name one of .* got 'tanh'"),
        (
            "surrogate",
            "right",
            {"surrogate": "ede", "parameters": [1]},
            r"^the parameters of right must be a JSON object, got \[1\]",
        ),
        (
            "surrogate",
            "right",
            {"surrogate": "ede", "parameters": {"beta": 1}},
            "^right: a parameter of ede must be one of: t; got 'beta'",
        ),
        (
            "surrogate",
            "left",
            {"surrogate": "clipped_ste", "parameters": {"t": 1}},
            "^left: a parameter of clipped_ste must be one of: none; got 't'",
        ),
        (
            "surrogate",
            "right",
            {"surrogate": "ede", "parameters": {"t": 1000}},
            "^right: t must be a number from 0.01 to 100, got 1000",
        ),
        (
            "surrogate",
            "right",
            {"surrogate": "ede", "parameters": {"t": "1"}},
            "^right: t must be one finite number, got '1'",
        ),
        (
            "surrogate",
            "right",
            {"surrogate": "dsq", "parameters": {"bits": 2.5}},
            r"^right: bits must be a whole number from 1 to 8, got 2\.5",
        ),
        (
            "surrogate",
            "left",
            {"surrogate": "ewgs", "parameters": {"g": [1.0, 2.0]}},
            "^left: g must be one finite number in an explorer, got",
        ),
        (
            "surrogate",
            "left",
            {"surrogate": "additive_noise", "parameters": {"family": 3}},
            "^left: family must be",
        ),
        (
            "surrogate",
            "left",
            {"surrogate": "gste", "parameters": {"quantizer": 3}},
            "^left: quantizer must be a Quantizer",
        ),
        ("surrogate", "x", float("-inf"), f"^x must be {LARGE} -inf"),
        ("training", "runs", None, "^runs must be a list of at most 2 runs, got None"),
        ("training", "runs", ["a", "b", "c"], "^runs must be a list of at most 2 runs, got"),
        ("training", "runs", ["normal"], r"^runs\[0\] must be a stored run .* got 'normal'"),
        ("training", "runs", [3], r"^runs\[0\] must be a stored run .* or a summary, got 3"),
        ("training", "runs", [{"epochs": 3}], r"^runs\[0\]: a run summary must have the key"),
        ("training", "epoch", 1, "^epoch must be a whole number from 0 to 0, .* None for 0, got 1"),
        ("training", "epoch", True, "^epoch must be .* got True"),
        ("training", "layer", -1, "^layer must be a whole number from 0 to 0, .* got -1"),
        ("tensor", "tensors", None, "^tensors must be a list of 1 to 64 tensors, got None"),
        ("tensor", "tensors", [], r"^tensors must be a list of 1 to 64 tensors, got \[\]"),
        ("tensor", "tensors", ["digits_act1"] * 65, "^tensors must be a list of 1 to 64 tensors"),
        ("tensor", "tensors", ["normal"], r"^tensors\[0\] must be one of .* own .* got 'normal'"),
        ("tensor", "tensors", [3], r"^tensors\[0\] must be one of digits_filter, .* got 3"),
        ("tensor", "tensors", [{"name": "a"}], r"^tensors\[0\] must be .* with the key data, got"),
        ("tensor", "tensor", 5, "^tensor must be a whole number from 0 to 4, .* got 5"),
        ("tensor", "tensor", True, "^tensor must be .* got True"),
        ("tensor", "method", "apot", "^method must be one of uniform, quantile, learned, got 'apo"),
        ("tensor", "method", ["uniform"], "^method must be one of"),
        ("weight", "weights", None, "^weights must be one of digits_conv2, or .* got None"),
        ("weight", "weights", "normal", "^weights must be one of digits_conv2, .* got 'normal'"),
        ("weight", "weights", {"name": "a"}, "^weights must be .* with the key total, got"),
        ("weight", "weights", own_weights(name=""), "^weights.name must be a text of 1 to 200 cha"),
        ("weight", "weights", own_weights(total=0), "^weights.total must be a whole number from 1"),
        ("weight", "weights", own_weights(channels=[]), "^weights.channels must be a list of 1 to"),
        ("weight", "weights", own_channel(index=3), r"channels\[0\].index must be .* to 2, got 3"),
        ("weight", "weights", own_channel(values=[]), "values must be a list of 1 to 512 increasi"),
        ("weight", "weights", own_channel(values=[2, 1]), r"increasing .* got \[2, 1\]"),
        ("weight", "weights", own_channel(values=[1, float("nan")]), "values must be .* got .*nan"),
        ("weight", "weights", own_channel(values=[1, 1e101]), r"numbers within 1e\+100, got"),
        ("weight", "weights", own_channel(counts=[1]), "counts must be a list of 2 whole numbers"),
        ("weight", "weights", own_channel(counts=[1, 0]), r"counts must be .* got \[1, 0\]"),
        ("weight", "channel", 16, "^channel must be a whole number from 0 to 15, .* got 16"),
        ("weight", "channel", True, "^channel must be .* got True"),
        ("weight", "scale", 0, "^scale must be one of mean, largest, none, or a number .* got 0"),
        ("weight", "scale", "max", "^scale must be one of mean, .* got 'max'"),
        ("weight", "scale", True, "^scale must be .* got True"),
        ("weight", "scale", float("inf"), "^scale must be .* got inf"),
        ("weight", "before", "mean", "^before must be one of largest, none, got 'mean'"),
    ],
)
def test_every_rule_names_the_key_and_the_value(
    explorer: str, key: str, value: Any, message: str
) -> None:
    with pytest.raises(StateError, match=message) as raised:
        state.validate({**THREE, key: value}, explorer)
    assert "\n" not in str(raised.value)


def test_the_quantizer_of_an_explorer_is_not_part_of_its_surrogates() -> None:
    given_state = {**THREE, "left": {"surrogate": "gste", "parameters": {}}}
    assert state.validate(given_state, "surrogate")["left"]["parameters"] == {}


def test_steps_that_do_not_lead_to_the_edges_begin_anew() -> None:
    full = state.validate({**THREE, "steps": 5}, "gradient-flow")
    assert (full["start"], full["steps"]) == (THREE["edges"], 0)
    q = Quantizer(THREE["edges"], THREE["levels"])
    run = descent.descend(q, descent.samples("sqrt", q.levels), 5, 0.2)
    led = {**THREE, "edges": run.edges[-1].tolist(), "start": THREE["edges"], "steps": 5}
    followed = state.validate(led, "gradient-flow")
    assert (followed["start"], followed["steps"]) == (THREE["edges"], 5)
    assert state.validate(followed) == followed
    for key, value in (("target", "sine"), ("learning_rate", 0.3), ("steps", 4)):
        other = state.validate({**followed, key: value})
        assert (other["start"], other["steps"]) == (led["edges"], 0)


def test_without_a_package_the_data_of_a_descent_are_a_state_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> dict[str, Any]:
        raise ImportError(f"{name} comes with scikit-learn")

    monkeypatch.setattr(datasets, "summary", missing)
    with pytest.raises(StateError, match=r"^data: normal comes with scikit-learn"):
        state.validate({**THREE, "target": "data", "data": "normal", "steps": 1}, "gradient-flow")


# --- Training runs ---


def run_of(**keys: Any) -> dict[str, Any]:
    return summarize_run(made_run(**keys))


def test_the_quantizer_is_that_of_the_first_run_at_the_epoch() -> None:
    run, other = run_of(epochs=6), run_of(method="ste", epochs=3, activation_bits=1)
    found = state.validate({**THREE, "runs": [run, other]}, "training")
    assert (found["epoch"], found["layer"]) == (6, 0)
    for epoch, layer in ((0, 0), (6, 1), (4, 0)):
        found = state.validate({**found, "epoch": epoch, "layer": layer, "edges": [5, 6, 7, 8]})
        assert found["edges"] == run["layers"][layer]["edges"][epoch]
        assert found["levels"] == run["layers"][layer]["levels"][epoch]
        assert state.validate(found) == found
        assert state.validate(found, "threshold")["edges"] == found["edges"]
        assert state.loads(state.dumps(found)) == found
    swapped = state.validate({**found, "runs": [other, run], "epoch": 6})
    assert swapped["edges"] == other["layers"][0]["edges"][3]


def test_without_a_quantizer_to_show_the_state_keeps_its_own() -> None:
    broken = made_run(epochs=2)
    layers = (made_layer("act1", 2, 2, np.random.default_rng(0), broken=True),)
    runs = [summarize_run(dataclasses.replace(broken, layers=layers)), run_of(method="float")]
    for run in runs:
        found = state.validate({**THREE, "runs": [run]}, "training")
        assert found["edges"] == THREE["edges"]
    assert state.validate({**found, "runs": [runs[0]], "epoch": 1})["edges"] != THREE["edges"]


def test_epochs_and_layers_end_with_the_runs() -> None:
    given_state = {**THREE, "runs": [run_of(epochs=2), run_of(epochs=5)]}
    assert state.validate({**given_state, "epoch": 5}, "training")["epoch"] == 5
    for key, value, message in (("epoch", 6, "from 0 to 5"), ("layer", 2, "from 0 to 1")):
        with pytest.raises(StateError, match=f"^{key} must be a whole number {message}"):
            state.validate({**given_state, key: value}, "training")


def test_a_run_that_was_changed_is_refused_also_when_it_is_known() -> None:
    run = run_of(epochs=2)
    known = state.validate({**THREE, "runs": [run]}, "training")
    assert state.validate(known)["runs"][0] is known["runs"][0]
    for key, value in (("label", "other"), ("test_loss", 0.5), ("sha256", "0" * 64)):
        with pytest.raises(StateError, match=r"^runs\[0\]: sha256 must be that of the rest"):
            state.validate({**known, "runs": [{**run, key: value}]})


def test_the_range_of_inputs_holds_inputs_and_edges() -> None:
    run = run_of(epochs=3)
    low, high = input_range([run], 0) or [0.0, 0.0]
    edges = np.array(run["layers"][0]["edges"])
    assert low <= min(-1.0, edges.min())
    assert high >= max(3.0, edges.max())
    assert input_range([], 0) is None
    far = {**run["layers"][0], "edges": [[0.0, 1e9]] * 4}
    assert input_range([{**run, "layers": [far]}], 0) == [-1.0, 5.0]
    assert input_range([run], 9) == input_range([run], 1)


def test_long_whole_numbers_are_floats_as_a_browser_writes_them() -> None:
    long = 10**20
    edges = [-long, 0, long, 2 * long]
    for explorer in state.EXPLORERS:
        full = state.validate({**THREE, "edges": edges, "levels": edges}, explorer)
        assert full["edges"] == full["levels"] == [-1e20, 0.0, 1e20, 2e20]
        assert all(isinstance(value, float) for value in full["edges"])
    full = state.validate({**THREE, "edges": edges, "start": edges}, "gradient-flow")
    assert full["start"] == full["edges"]
    full = state.validate({**THREE, "view": [-long, long], "half_width": long})
    assert (full["view"], full["half_width"]) == ([-1e20, 1e20], 1e20)
    assert state.validate({**THREE, "points": [long]}, "coin-flip")["points"] == [1e20]
    given_state = {**THREE, "left": {"surrogate": "ewgs", "parameters": {"g": long}}}
    assert state.validate(given_state, "surrogate")["left"]["parameters"]["g"] == 1e20
    with pytest.raises(StateError, match="edges must be"):
        state.validate({**THREE, "edges": [0, 1, 2, 10**400]})
    with pytest.raises(StateError, match="draws must be"):
        state.validate({**THREE, "draws": long})


def test_own_data_come_back_from_a_browser() -> None:
    summary = datasets.summarize([*np.linspace(0.0, 3e20, 500), *[1e20] * 40])

    def written(value: Any) -> Any:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, list):
            return [written(entry) for entry in value]
        return value

    sent = {key: written(value) for key, value in summary.items()}
    assert any(isinstance(value, int) and value > 2**63 for value in sent.values())
    assert state.loads(json.dumps({**THREE, "data": sent}))["data"] == summary


@pytest.mark.parametrize("place", ["[0, 1{}]", '[0, 1], "x": -{}', '[0, 1], "hidden": [1{}]'])
def test_a_number_with_too_many_digits_is_refused(place: str) -> None:
    digits = place.format("0" * 5000 if "1{}" in place else "9" * 5000)
    with pytest.raises(StateError, match=r"^a state must be JSON: a number is too long$"):
        state.loads(f'{{"version": 1, "levels": [0, 1], "edges": {digits}}}')


@every_explorer
@given(data=st.data())
def test_any_value_of_any_key_is_settled_or_refused(explorer: str, data: st.DataObject) -> None:
    junk = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=6,
    )
    key = data.draw(st.sampled_from(state.KEYS[explorer]))
    try:
        valid = state.validate({**THREE, key: data.draw(junk)}, explorer)
    except StateError:
        return
    assert state.validate(valid) == valid
    assert state.loads(state.dumps(valid)) == valid
