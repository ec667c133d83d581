"""The browser descends as NumPy does, and takes and refuses the very states that Python does."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest

from n2uq_viz import datasets, descent, state, surrogates, words
from n2uq_viz.montecarlo import GRADIENT_METHODS
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import tensors, weights
from n2uq_viz.state.browser import for_browser
from n2uq_viz.state.runs import summaries as summaries_of
from n2uq_viz.training.rates import RATES_OF_BITS
from n2uq_viz.training.summary import summarize_run
from tests.made_runs import made_run
from tests.test_javascript import node, random_quantizer

Random = np.random.Generator
State = dict[str, Any]
JAVASCRIPT = Path(state.__file__).parent.parent / "explorers" / "js"
MINIMAL: State = {"version": 1, "edges": [0.0, 1.0, 3.0], "levels": [0.0, 1.0, 2.0]}
#: Steps after which a descent is compared.
STEPS = [0, 1, 2, 10, 50, 200, 500]


def summaries() -> dict[str, Any]:
    """What an explorer may name: data sets, runs, and tensors."""
    runs = {name: datasets.run_summary(name) for name in datasets.stored_runs()}
    every = {name: tensors.stored(name) for name in tensors.NAMES} | runs
    every |= {name: weights.stored(name) for name in weights.NAMES}
    return {name: datasets.summary(name) for name in datasets.NAMES} | every


# --- The descent ---


@pytest.mark.parametrize("target", descent.TARGETS)
def test_descents_equal_numpy(target: str) -> None:
    rng = np.random.default_rng(descent.TARGETS.index(target))
    every, rates = [], 10.0 ** rng.uniform(-3.0, 1.0, 25)
    for k in range(25):
        q = random_quantizer(rng)
        # Over the inputs, so that there is something to learn; a few anywhere.
        span = q.levels[-1] - q.levels[0]
        near = np.sort(q.levels[0] + span * rng.uniform(-0.1, 1.1, q.levels.size))
        every.append(Quantizer(near, q.levels) if k % 5 else q)
    found = datasets.summary(datasets.NAMES[int(rng.integers(6))])
    answers = node(
        *(
            {
                "ask": "descent",
                "target": target,
                "q": q.to_dict(),
                "summary": found,
                "rate": rate,
                "steps": STEPS,
            }
            for q, rate in zip(every, rates, strict=True)
        )
    )
    for q, rate, answer in zip(every, rates, answers, strict=True):
        learned = descent.samples(target, q.levels, found)
        for name, expected in (
            ("x", learned.x),
            ("wanted", learned.wanted),
            ("weight", learned.weight),
            *zip(("segment", "left", "right"), descent.pushes(q, learned), strict=True),
            ("gradient", gradient := descent.edge_gradient(q, learned)),
        ):
            np.testing.assert_array_equal(answer[name], expected, err_msg=name)
        start, intervals = descent.parameter_gradient(gradient)
        np.testing.assert_array_equal(answer["parameters"], [start, *intervals])
        run = descent.descend(q, learned, STEPS[-1], rate)
        # A way that differed in a last digit would soon be another one: none does.
        np.testing.assert_array_equal(answer["edges"], run.edges[STEPS])
        np.testing.assert_allclose(answer["losses"], run.loss[STEPS], rtol=1e-9)
        assert answer["loss"] == pytest.approx(run.loss[0], rel=1e-12)


# --- Valid states ---


@cache
def own_data() -> tuple[dict[str, Any], ...]:
    rng = np.random.default_rng(3)
    return tuple(
        datasets.summarize(values)
        for values in (rng.normal(1.0, 0.5, 3000), rng.integers(0, 5, 200), np.array([0.5]))
    )


@cache
def own_runs() -> tuple[dict[str, Any], ...]:
    diverged: State = {
        "status": "diverged",
        "diverged_at": 7,
        "test_loss": np.nan,
        "test_accuracy": 0.1,
    }
    runs = (
        made_run(epochs=4),
        made_run("regression", "ste", epochs=70),
        made_run("spirals", "pact", epochs=2, activation_bits=4, weight_bits=None),
        made_run("moons", "float", epochs=0, **diverged),
    )
    return tuple(map(summarize_run, runs))


@cache
def own_tensors() -> tuple[dict[str, Any], ...]:
    """Tensors with summaries of all kinds, and fits that were not made for them."""
    fits = [tensors.stored(name)["fits"] for name in tensors.NAMES]
    return tuple(
        {"name": f"layer {k}", "data": each, "fits": fits[k]}
        for k, each in enumerate(own_data()[:2])
    )


@cache
def own_weights() -> tuple[dict[str, Any], ...]:
    rng = np.random.default_rng(4)
    arrays = (rng.normal(size=(3, 2, 5)), np.zeros((1, 4)), rng.integers(-2, 3, (70, 600)))
    return tuple(weights.gathered(f"conv {k}", each) for k, each in enumerate(arrays))


def any_of(rng: Random, values: Any) -> Any:
    return copy.deepcopy(values[int(rng.integers(len(values)))])


def surrogate_of(rng: Random) -> Any:
    name = any_of(rng, tuple(surrogates.TABLE))
    if rng.random() < 0.2:
        return name
    parameters = {}
    for key, parameter in surrogates.TABLE[name].parameters.items():
        low, high = parameter.shown
        if parameter.kind == "object" or rng.random() < 0.4:
            continue
        if parameter.kind == "word":
            parameters[key] = any_of(rng, parameter.words)
        elif parameter.kind == "whole":
            parameters[key] = int(rng.integers(int(low), int(high) + 1))
        else:
            parameters[key] = float(rng.uniform(low, high))
    return {"surrogate": name, "parameters": parameters}


def descent_of(rng: Random, given: State) -> State:
    """Keys of a descent; its steps lead to the edges, or nearly, or not at all."""
    q = Quantizer(given["edges"], given["levels"])
    keys = {
        "target": any_of(rng, descent.TARGETS),
        "data": any_of(rng, (*datasets.NAMES, *own_data())),
        "learning_rate": float(10.0 ** rng.uniform(-3.0, 1.0)),
        "start": q.edges.tolist(),
        "steps": int(rng.integers(0, 40)),
    }
    if rng.random() < 0.7:
        whole = {**keys, **given}
        run = descent.of_state(whole)[1]
        off = any_of(rng, (0.0, 1e-12, 1e-8, 1e-4))
        keys["edges"] = (run.edges[-1] + off * np.abs(run.edges[-1]).max()).tolist()
    return keys


def runs_of(rng: Random) -> State:
    every = (*own_runs(), *datasets.stored_runs())
    runs = [any_of(rng, every) for _ in range(int(rng.integers(0, 3)))]
    found = summaries_of({"runs": runs})
    last = max((run["epochs"] for run in found), default=0)
    layers = max((len(run["layers"]) for run in found), default=1)
    return {
        "runs": runs,
        "epoch": any_of(rng, (None, 0, int(rng.integers(last + 1)))),
        "layer": int(rng.integers(layers)),
    }


def valid_state(rng: Random, explorer: str) -> State:
    steps = int(rng.integers(1, 16))
    edges = np.cumsum([rng.normal(), *rng.uniform(0.01, 1.0, steps)]).tolist()
    levels = np.cumsum([rng.normal(), *rng.uniform(0.01, 1.0, steps)]).tolist()
    if rng.random() < 0.2:  # whole numbers, as people write them
        edges, levels = list(range(steps + 1)), list(range(-1, steps))
    found: State = {"version": 1, "explorer": explorer, "edges": edges, "levels": levels}
    chosen: State = {
        "view": sorted(rng.normal(0.0, 5.0, 2).tolist()),
        "hidden": [s for own in state.SERIES.values() for s in own if rng.random() < 0.1],
        "theme": any_of(rng, state.THEMES),
        "x": float(rng.normal(0.0, 3.0)),
        "points": rng.normal(size=int(rng.integers(1, 5))).tolist(),
        "thrown": int(rng.integers(0, state.MAX_DRAWS + 1)),
        "draws": int(rng.integers(1, state.MAX_DRAWS + 1)),
        "seed": int(rng.integers(0, 2**53)),
        "speed": any_of(rng, state.SPEEDS),
        "shown": any_of(rng, (None, 0, steps)),
        "data": any_of(rng, (*datasets.NAMES, *own_data())),
        "gradient_method": any_of(rng, GRADIENT_METHODS),
        "half_width": any_of(rng, (None, 0.1, 1e-100, 3)),
        "compander": bool(rng.integers(2)),
        "left": surrogate_of(rng),
        "right": surrogate_of(rng),
    }
    if explorer == "gradient-flow":
        chosen |= descent_of(rng, found)
        found["edges"] = chosen.pop("edges", edges)
        return found | chosen
    if explorer == "tensor":
        every = (*tensors.NAMES, *own_tensors())
        chosen["tensors"] = [any_of(rng, every) for _ in range(int(rng.integers(1, 5)))]
        chosen["tensor"] = any_of(rng, (None, int(rng.integers(len(chosen["tensors"])))))
        chosen["method"] = any_of(rng, tensors.METHODS)
        return found | {key: chosen[key] for key in state.KEYS[explorer] if key in chosen}
    if explorer == "weight":
        chosen["weights"] = any_of(rng, (*weights.NAMES, *own_weights()))
        count = len(weights.entry_of(chosen)["channels"])
        chosen["channel"] = any_of(rng, (None, int(rng.integers(count))))
        chosen["scale"] = any_of(rng, (*weights.SCALES, float(rng.exponential()), 3))
        chosen["before"] = any_of(rng, weights.BEFORE)
        return found | {key: chosen[key] for key in state.KEYS[explorer] if key in chosen}
    if explorer == "training":
        chosen |= runs_of(rng)
        return found | {key: chosen[key] for key in state.KEYS[explorer] if key in chosen}
    # Now and then a key of another explorer, which is left out.
    own = state.KEYS[explorer]
    return found | {
        key: value for key, value in chosen.items() if rng.random() < (0.7 if key in own else 0.1)
    }


# --- States with errors in them ---

#: Values that have broken programs before.
JUNK: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 16, 255, 2.5, -0.5, 0.0, -0.0, 5e-324, 1e-300, 1e-101, 1e99,
    1e100, 1e101, 1e308, -1e308, math.inf, -math.inf, math.nan, 2**53 - 1, 2**53, 10**400,
    "", "1", "auto", "threshold", "ste", "data", "sqrt", "normal", "gste", "ede", "lsq",
    "constructor", "__proto__", "toString", "self", "\u0000", "\ud83d\ude00", "x" * 1000,
    [], {}, [1], [[1]], [0.5, 1], [0, 1], [1, 0], [None], [True, 2], ["0", "1"], [[0, 1]], [0, [1]],
    [math.nan, 1], [0, math.inf], {"surrogate": "dsq"}, {"surrogate": "constructor"},
    {"surrogate": "ewgs", "parameters": {"g": [1]}}, {"surrogate": "ede", "parameters": {"t": [2]}},
    {"surrogate": "ede", "parameters": {"self": 1}}, {"surrogate": "gste", "parameters": []},
    {"surrogate": "lsq", "parameters": {"toString": 1}}, {"surrogate": ["ede"]},
    {"__proto__": 1}, {"length": 2, "0": 0, "1": 1}, {"count": 1}, list(range(40)),
)  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return every (container, key) within a JSON value."""
    keys: Any = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        # A long list has many places that are all alike.
        keys = range(len(value)) if len(value) < 20 else (0, 1, len(value) // 2, len(value) - 1)
    for key in keys:
        yield value, key
        yield from places(value[key])


def mutate(rng: Random, found: State) -> None:
    """Break a state, or not quite, at some place."""
    every = list(places(found))
    # Keys at the top often enough, although those of a summary are many.
    top = [(found, key) for key in found]
    container, key = any_from(rng, top if rng.random() < 0.5 and top else every)
    value = container[key]
    kind = int(rng.integers(8))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_number = is_number and abs(value) < 1e308  # nor an int that is too large for a float
    if kind == 0:
        del container[key]
    elif kind == 1 and is_number:
        container[key] = value * any_of(rng, (-1, 0, 2, 1e-9, 1e-320, 1e300))
    elif kind == 2 and is_number:
        container[key] = value + any_of(rng, (-1, 1, 0.5, 1e-9))
    elif kind == 3:
        container[key] = [value]
    elif kind == 4 and isinstance(value, list) and value:
        value.append(any_of(rng, value))
    elif kind == 5 and isinstance(value, list) and len(value) > 1:
        i, j = rng.choice(len(value), 2, replace=False)
        value[i], value[j] = value[j], value[i]
    elif kind == 6 and isinstance(container, dict):
        container[any_of(rng, ("new", "__proto__", "self", "t", "bits", key + "_"))] = value
    else:
        container[key] = any_of(rng, JUNK)


def any_from(rng: Random, pairs: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    return pairs[int(rng.integers(len(pairs)))]


# --- The comparison ---


def as_browser_writes(value: Any) -> Any:
    """Return JSON in which whole numbers are written as such: JavaScript has one kind of number."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: as_browser_writes(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [as_browser_writes(entry) for entry in value]
    return value


def readable(value: Any) -> Any:
    """Return JSON with NaN and the infinities as tests/javascript/run.js reads them."""
    if isinstance(value, float) and math.isnan(value):
        return {"$": "NaN"}
    if isinstance(value, dict):
        return {key: readable(entry) for key, entry in value.items()}
    return [readable(entry) for entry in value] if isinstance(value, list) else value


def asked(given: Any, explorer: str | None) -> dict[str, Any]:
    marked = readable(given)
    # JSON.parse reads a number too large for a float as infinite.
    text = re.sub(r"\bInfinity\b", "1e999", json.dumps(marked))
    return {"text": text, "explorer": explorer, "nan": '"$"' in text}


def browser_answers(cases: list[tuple[Any, str | None]]) -> list[dict[str, Any]]:
    (answers,) = node(
        {
            "ask": "validate",
            "states": [asked(given, explorer) for given, explorer in cases],
            "schema": for_browser(),
            "summaries": summaries(),
        }
    )
    found: list[dict[str, Any]] = answers
    return found


def said(answer: dict[str, Any]) -> str:
    """Return the words of a refusal; every value is said, and is text or a number."""
    key, values = answer["refused"], answer["values"]
    fields = {name for _, name, _, _ in Formatter().parse(words.table()[key]) if name is not None}
    assert fields <= set(values), (key, values)
    assert all(isinstance(value, str | int | float) for value in values.values()), values
    return words.say(key, **values)


def same(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal; 1 is 1.0, but not True."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def compare(cases: list[tuple[Any, str | None]]) -> tuple[int, set[str]]:
    """Ask both, and return how many states were valid and for which reasons others were not."""
    valid, reasons = 0, set()
    for (given, explorer), answer in zip(cases, browser_answers(cases), strict=True):
        try:
            expected, why = state.validate(as_browser_writes(given), explorer), ""
        except state.StateError as error:
            expected, why = {}, str(error)
        if why:
            assert "refused" in answer, f"Python says: {why}\n{str(given)[:2000]}"
            assert len(said(answer)) < 700
            reasons.add(answer["refused"])
            continue
        assert "valid" in answer, f"{answer}\n{str(given)[:2000]}"
        assert same(answer["valid"], expected), f"{answer['valid']}\n{expected}"
        assert set(answer["valid"]) == set(state.KEYS[expected["explorer"]])
        valid += 1
    return valid, reasons


def test_valid_states_are_settled_as_in_python() -> None:
    rng = np.random.default_rng(40)
    cases: list[tuple[Any, str | None]] = []
    for explorer in state.EXPLORERS:
        for k in range(70):
            found = valid_state(rng, explorer)
            shown_in = any_of(rng, (None, explorer, *state.EXPLORERS)) if k % 2 else None
            cases.append((found, shown_in))
    valid, _ = compare(cases)
    assert valid == len(cases)


def test_broken_states_are_refused_as_in_python() -> None:
    rng = np.random.default_rng(41)
    cases: list[tuple[Any, str | None]] = []
    while len(cases) < 3000:
        found = valid_state(rng, any_of(rng, state.EXPLORERS))
        for _ in range(int(rng.integers(1, 4))):
            if found:
                mutate(rng, found)
        odd = any_of(rng, (*state.EXPLORERS, "piano", "constructor"))
        cases.append((found, odd if rng.random() < 0.15 else None))
    valid, reasons = compare(cases)
    assert 500 < valid < 2500
    assert len(reasons) > 20


def test_a_settled_state_stays_as_it_is() -> None:
    rng = np.random.default_rng(42)
    settled = [state.validate(valid_state(rng, name)) for name in state.EXPLORERS * 3]
    answers = browser_answers([(found, None) for found in settled])
    assert same([answer["valid"] for answer in answers], settled)


def test_a_rate_that_is_left_out_is_the_tuned_one_of_its_bits() -> None:
    cases: list[tuple[Any, str | None]] = []
    for task, method, weight_bits, activation_bits in RATES_OF_BITS:
        run = summarize_run(
            made_run(
                task, method, epochs=1, weight_bits=weight_bits, activation_bits=activation_bits
            )
        )
        config = {key: value for key, value in run["config"].items() if key != "learning_rate"}
        cases.append(({**MINIMAL, "runs": [{**run, "config": config}]}, "training"))
    valid, _ = compare(cases)
    assert valid == len(cases) == len(RATES_OF_BITS)


def summary_with(**keys: Any) -> State:
    return {**MINIMAL, "data": {**own_data()[0], **keys}}


def run_with(which: int = 0, **keys: Any) -> State:
    """A state with a run of which something is another: at least its hash."""
    changed = {"label": "another", **keys}
    return {**MINIMAL, "runs": [{**own_runs()[which], **changed}]}


def layer_with(**keys: Any) -> dict[str, Any]:
    return {**own_runs()[0]["layers"][0], **keys}


def regions_with(text: str) -> dict[str, Any]:
    return {**own_runs()[2]["regions"], "classes": [text] * 3}


def tensor_with(**keys: Any) -> State:
    return {**MINIMAL, "tensors": [{**own_tensors()[0], **keys}]}


def weights_with(**keys: Any) -> State:
    return {**MINIMAL, "weights": {**own_weights()[0], **keys}}


def channel_with(**keys: Any) -> State:
    channels = own_weights()[0]["channels"]
    return weights_with(channels=[{**channels[0], **keys}, *channels[1:]])


BAD: list[tuple[Any, str | None, str]] = [
    (None, None, "A state must be a JSON object, got null"),
    ([1, 2], None, "A state must be a JSON object, got [1, 2]"),
    (MINIMAL, "piano", 'explorer must be one of binary, .*, got "piano"'),
    ({"version": 1, "edges": [0, 1]}, None, "keys version, edges, levels; levels is missing"),
    ({**MINIMAL, "version": 2}, None, "version must be 1, got 2: .* newer n2uq_viz; update yours"),
    ({**MINIMAL, "version": True}, None, "version must be 1, got true$"),
    ({**MINIMAL, "edges": [0, math.nan, 1]}, None, "edges must be a list of finite numbers"),
    ({**MINIMAL, "edges": [0, math.inf, 1]}, None, "edges must be a list of finite numbers"),
    ({**MINIMAL, "edges": [0]}, None, "edges must hold at least 2 numbers, .*, got 1"),
    ({**MINIMAL, "edges": [0, 2, 1]}, None, "edges must increase strictly, got 1 at place 2 after"),
    ({**MINIMAL, "edges": [0, 1]}, None, "edges and levels must have equal lengths, got 2 and 3"),
    ({**MINIMAL, "edges": [-1e308, 1e308, 1.1e308]}, None, "Intervals must be finite .* Infinity"),
    ({**MINIMAL, "levels": [-1e308, 1e308, 1.1e308]}, None, "Slopes must be finite .* Infinity"),
    ({**MINIMAL, "edges": [0, 1, 1e101]}, None, r"up to 1e\+100 .*; edges has 1e\+101"),
    (
        {**MINIMAL, "edges": list(range(17)), "levels": list(range(17))},
        None,
        r"at most 15 steps \(4 bits\), got 16",
    ),
    ({**MINIMAL, "view": [1, 0]}, None, r"view must be two .*, got \[1, 0\]"),
    ({**MINIMAL, "draws": 0}, None, "draws .* 1 to 10000 .*, got 0; n2uq_viz.simulate takes more"),
    ({**MINIMAL, "seed": -1}, None, "seed must be a whole number from 0 to 9007199254740991, got"),
    ({**MINIMAL, "hidden": ["dots"]}, None, r'series out of .*, got \["dots"\]'),
    ({**MINIMAL, "theme": None}, None, "theme must be one of auto, light, dark, got null"),
    ({**MINIMAL, "half_width": 0}, None, "half_width .* from 1e-100 to .*, or null for .*, got 0"),
    ({**MINIMAL, "compander": 1}, None, "compander must be true or false, got 1"),
    ({**MINIMAL, "data": "mnist"}, None, 'data must be one of digit_filter, .*, got "mnist"'),
    ({**MINIMAL, "points": [1] * 5}, "coin-flip", "points must be a list of 1 to 4 numbers, got"),
    ({**MINIMAL, "points": [1, "2"]}, "coin-flip", r'points\[1\] must be a number .*, got "2"'),
    ({**MINIMAL, "shown": 3}, "sum-of-steps", "shown .* 0 to the number of steps, 2, .*, got 3"),
    ({**MINIMAL, "start": [0, 1]}, "gradient-flow", "start and levels must have equal lengths"),
    ({**MINIMAL, "runs": 3}, "training", "runs must be a list of at most 2 runs, got 3"),
    ({**MINIMAL, "runs": ["normal"]}, "training", r'runs\[0\] must be one of .*, got "normal"'),
    ({**MINIMAL, "epoch": 1}, "training", "epoch must be a whole number from 0 to 0, .*, got 1"),
    ({**MINIMAL, "runs": [own_runs()[0]], "layer": 2}, "training", "layer must be .* 0 to 1, .* 2"),
    (run_with(), "training", r"runs\[0\].sha256 must be that of the rest .*, got"),
    (run_with(config=3), "training", r"runs\[0\].config must be a JSON object, got 3"),
    (run_with(config={"task": "cats"}), "training", r"config.task must be one of digits, .*cats"),
    (run_with(config={"cat": 1}), "training", r'key of runs\[0\].config must be .* got "cat"'),
    (
        run_with(config={"task": "regression", "method": "float"}),
        "training",
        r'config.method does not go with the task regression, got "float"',
    ),
    (run_with(epochs=10**6), "training", r"runs\[0\].epochs must be a whole number from 0 to"),
    (run_with(diverged_at=3), "training", r"runs\[0\].diverged_at must name a step if .*got 3"),
    (run_with(frames=[0, 1]), "training", "frames must be at most 61 increasing .* from 0 to 4"),
    (run_with(label=3), "training", r"runs\[0\].label must be a text of at most 200 characters"),
    (run_with(curves=3), "training", r"curves must be a JSON object with the key train_loss"),
    (run_with(layers=3), "training", r"runs\[0\].layers must be a list of at most 64 entries"),
    (run_with(layers=[layer_with(levels=[None] * 5)]), "training", "must be equally many in every"),
    (
        run_with(layers=[layer_with(bins=[1, 0, 4])]),
        "training",
        "bins must be two numbers in order",
    ),
    (
        run_with(2, regions=regions_with("?")),
        "training",
        r"classes\[0\] must be base64 of 33 bytes",
    ),
    ({**MINIMAL, "tensors": []}, "tensor", "tensors must be a list of 1 to 64 tensors, got []"),
    ({**MINIMAL, "tensors": ["normal"]}, "tensor", r'tensors\[0\] must be one of .*, got "normal"'),
    ({**MINIMAL, "tensor": 5}, "tensor", "tensor must be a whole number from 0 to 4, .*, got 5"),
    ({**MINIMAL, "method": "apot"}, "tensor", "method must be one of uniform, .*, got .*apot"),
    (tensor_with(name=""), "tensor", r"tensors\[0\].name must be a text of 1 to 200 .*, got"),
    (tensor_with(data=3), "tensor", r"tensors\[0\].data must be a JSON object, got 3"),
    (tensor_with(data=own_data()[2]), "tensor", "must lie within 1e+100 and differ by at least"),
    (tensor_with(fits=[]), "tensor", r"tensors\[0\].fits must be a list of 4 entries, got \[\]"),
    (tensor_with(fits=[{}] * 4), "tensor", r"fits\[0\] must be a JSON object with the key uniform"),
    (
        tensor_with(fits=own_tensors()[0]["fits"][::-1]),
        "tensor",
        r"tensors\[0\].fits\[0\].uniform must have 2 levels, got 16",
    ),
    ({**MINIMAL, "weights": 3}, "weight", "weights must be one of digits_conv2, or .*, got 3"),
    ({**MINIMAL, "channel": 16}, "weight", "channel must be a whole number from 0 to 15, .* 16"),
    ({**MINIMAL, "scale": -1}, "weight", "scale must be one of mean, .*, or a number .* got -1"),
    ({**MINIMAL, "before": "mean"}, "weight", "before must be one of largest, none, got .*mean"),
    (weights_with(name=3), "weight", "weights.name must be a text of 1 to 200 .*, got 3"),
    (weights_with(total=0), "weight", "weights.total must be a whole number from 1 to .*, got 0"),
    (weights_with(channels=[]), "weight", "weights.channels must be a list of 1 to 64 .*, got"),
    (channel_with(index=3), "weight", r"channels\[0\].index must be a whole .* 0 to 2, got 3"),
    (channel_with(values=[2, 1]), "weight", r"values must be .* to 512 increasing .* got \[2, 1\]"),
    (channel_with(counts=[1]), "weight", r"counts must be a list of 10 whole .*, got \[1\]"),
    ({**MINIMAL, "left": 3}, "surrogate", "left must be a JSON object with .*, got 3"),
    ({**MINIMAL, "left": "piano"}, "surrogate", 'left must be one of .*, got "piano"'),
    (
        {**MINIMAL, "left": {"surrogate": "ede", "parameters": 3}},
        "surrogate",
        "parameters of left must be a JSON object, got 3",
    ),
    (
        {**MINIMAL, "left": {"surrogate": "ede", "parameters": {"self": 3}}},
        "surrogate",
        r'A parameter of ede \(left\) must be one of t, got "self"',
    ),
    (
        {**MINIMAL, "left": {"surrogate": "clipped_ste", "parameters": {"t": 3}}},
        "surrogate",
        r'clipped_ste \(left\) has no parameters to set, got "t"',
    ),
    (
        {**MINIMAL, "right": {"surrogate": "ede", "parameters": {"t": 0}}},
        "surrogate",
        "right.t must be a number from 0.01 to 100, got 0",
    ),
    (
        {**MINIMAL, "right": {"surrogate": "ewgs", "parameters": {"g": [1]}}},
        "surrogate",
        r"right.g must be one finite number, got \[1\]",
    ),
    ({**MINIMAL, "data": {"count": 1}}, None, "must have the keys count, .*; low is missing"),
    (summary_with(cells=3), None, "data.cells must be a list, got 3"),
    (summary_with(cells=[3000]), None, "data.cells must be 512 counts or none, got 1"),
    (summary_with(count=2999), None, "must add up to data.count = 2999"),
    (
        summary_with(low=9.0),
        None,
        "data.low, data.high must be two numbers in order, .*, got 9 and",
    ),
    (summary_with(atoms=[[0, 1], [0, 1]]), None, "data.atoms must increase strictly"),
    (summary_with(atoms=[[k, 1] for k in range(101)]), None, "must be at most 100, got 101"),
    (summary_with(atoms=[[1]]), None, r"data.atoms\[0\] must be two numbers, got \[1\]"),
    (summary_with(range=[0, 1e101]), None, r"data must lie between -1e\+100 and .*1e\+101"),
    (summary_with(sha256="x"), None, 'data.sha256 must be 64 hexadecimal digits, got "x"'),
]


def test_refusals_say_the_rule_and_the_value() -> None:
    answers = browser_answers([(given, explorer) for given, explorer, _ in BAD])
    for (given, explorer, message), answer in zip(BAD, answers, strict=True):
        with pytest.raises(state.StateError):
            state.validate(given, explorer)
        pattern = (
            message
            if "\\" in message or ".*" in message
            else re.escape(message).replace(r"\$", "$")
        )
        assert re.search(pattern, said(answer)), (message, said(answer))
    rules = ("validate.js", "refuse.js", "valid_run.js", "valid_tensor.js", "valid_weight.js")
    texts = [(JAVASCRIPT / name).read_text(encoding="utf-8") for name in rules]
    refused = set(re.findall(r'"(refused\.[a-z_.]+)"', " ".join(texts)))
    assert refused == {key for key in words.table() if key.startswith("refused.")}
    # Data that are elsewhere only are looked at in a test of their own.
    assert refused - {answer["refused"] for answer in answers} == {"refused.data.missing"}


def test_data_that_are_not_here_are_refused() -> None:
    (answers,) = node(
        {
            "ask": "validate",
            "states": [
                asked({**MINIMAL, "data": name}, None)
                for name in ("normal", "laplace", "digit_filter", "constructor")
            ],
            "schema": for_browser(),
            "summaries": {name: datasets.summary(name) for name in ("normal", "laplace")},
        }
    )
    assert [answer.get("refused") for answer in answers] == [
        None,
        None,
        "refused.data.missing",
        "refused.data",
    ]
    assert "data must be one of normal, laplace here" in said(answers[2])


@pytest.mark.parametrize(
    "key",
    [*state.KEYS["threshold"], *state.KEYS["gradient-flow"], "left", "runs", "tensors", "weights"],
)
def test_nothing_is_too_deep_or_too_long(key: str) -> None:
    explorer = next(name for name in state.EXPLORERS if key in state.KEYS[name])
    texts = ["[" * 50_000 + "]" * 50_000, '{"a":' * 50_000 + "1" + "}" * 50_000]
    texts += ["[" + ",".join(["0"] * 200_000) + "]", json.dumps("x" * 1_000_000)]
    given = {k: v for k, v in MINIMAL.items() if k != key}
    states = [json.dumps(given)[:-1] + f', "{key}": {text}}}' for text in texts] + texts
    (answers,) = node(
        {
            "ask": "validate",
            "states": [{"text": text, "explorer": explorer, "nan": False} for text in states],
            "schema": for_browser(),
            "summaries": summaries(),
        }
    )
    for answer in answers:
        if key != "explorer":  # which is not looked at where another one is given
            assert len(said(answer)) < 700


def test_python_too_refuses_what_is_deep() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for explorer in state.EXPLORERS:
        for key in state.KEYS[explorer]:
            if key not in ("explorer", "version"):
                with pytest.raises(state.StateError):
                    state.validate({**MINIMAL, key: deep}, explorer)


def test_what_the_browser_goes_by_is_json_and_a_copy() -> None:
    found = for_browser()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    found["defaults"]["coin-flip"]["points"].append(9.0)
    assert len(for_browser()["defaults"]["coin-flip"]["points"]) == 3
    for explorer in state.EXPLORERS:
        own = [key for key in state.KEYS[explorer] if key in found["defaults"][explorer]]
        assert own == list(found["defaults"][explorer])
