"""A state is complete, canonical and refused as a whole."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2uq_viz import datasets, state
from n2uq_viz.montecarlo import GRADIENT_METHODS
from n2uq_viz.state import StateError

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
    with pytest.raises(
        StateError, match=r"explorer must be one of binary, .*, surrogate, got 'piano'"
    ):
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
