"""The explorers' own JavaScript: handles that fan out, running means, pushes, addresses."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright._impl._driver import compute_driver_executable
from scipy.optimize import minimize

from n2uq_viz import datasets, descent, explorers, state
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.quantizer import Quantizer
from tests.test_javascript import EXACT, node, random_quantizer

Array = NDArray[np.float64]

# --- Handles that fan out ---


def fan(cases: list[dict[str, Any]]) -> list[Array]:
    return [np.array(found) for found in node(*({"ask": "fan", **case} for case in cases))]


def handles(rng: np.random.Generator, roomy: bool) -> dict[str, Any]:
    """Places that are wanted, of any density, and gaps that fit in, or do not."""
    count = int(rng.integers(1, 8))
    low = float(rng.normal(0.0, 100.0))
    width = float(10.0 ** rng.uniform(0.0, 3.0))
    gaps = rng.uniform(0.05, 1.0, count)
    share = rng.uniform(0.1, 0.99) if roomy else rng.uniform(1.01, 5.0)
    total = max(gaps[1:].sum(), 1e-9)
    gaps *= share * width / total
    # Some outside, some all at one end.
    wanted = np.sort(low + width * rng.uniform(-0.3, 1.3) * rng.uniform(0.0, 1.0, count))
    gaps[0] = rng.choice([0.0, 1e9])  # which counts for nothing
    return {"wanted": wanted.tolist(), "gaps": gaps.tolist(), "low": low, "high": low + width}


def cost(case: dict[str, Any], places: Array) -> float:
    return float(np.sum((places - np.array(case["wanted"])) ** 2))


def best(case: dict[str, Any]) -> Array:
    """Return the least-squares places by a general solver."""
    gaps = np.array(case["gaps"][1:])
    width = case["high"] - case["low"]
    start = case["low"] + np.concatenate(([0.0], np.cumsum(gaps)))
    wanted = np.array(case["wanted"])
    constraints = {"type": "ineq", "fun": lambda x: (np.diff(x) - gaps) / width}
    found = minimize(
        lambda x: np.sum(((x - wanted) / width) ** 2),
        start,
        jac=lambda x: 2.0 * (x - wanted) / width**2,
        method="SLSQP",
        bounds=[(case["low"], case["high"])] * len(wanted),
        constraints=[constraints] if gaps.size else [],
        options={"ftol": 1e-14, "maxiter": 500},
    )
    places: Array = found.x
    return places


def test_places_keep_their_gaps_within_bounds_and_move_as_little_as_can_be() -> None:
    rng = np.random.default_rng(50)
    cases = [handles(rng, roomy=True) for _ in range(300)]
    for case, places in zip(cases, fan(cases), strict=True):
        width = case["high"] - case["low"]
        rounding = 1e-12 * (width + abs(case["low"]))
        assert np.all(np.diff(places) >= np.array(case["gaps"][1:]) - rounding)
        assert np.all(np.diff(places) > 0.0)
        assert places[0] >= case["low"] - rounding
        assert places[-1] <= case["high"] + rounding
        least = cost(case, best(case))
        assert cost(case, places) <= least * (1.0 + 1e-6) + 1e-9 * width**2


def test_places_that_are_not_crowded_stay_where_they_are() -> None:
    rng = np.random.default_rng(51)
    cases = []
    for _ in range(100):
        steps = rng.uniform(1.0, 5.0, 6)
        wanted = np.cumsum(steps)
        gaps = [99.0, *(0.9 * steps[1:]).tolist()]
        cases.append({"wanted": wanted.tolist(), "gaps": gaps, "low": 0.0, "high": wanted[-1] + 1})
    for case, places in zip(cases, fan(cases), strict=True):
        np.testing.assert_allclose(places, case["wanted"], rtol=0, atol=1e-12)


def test_gaps_shrink_alike_where_there_is_no_room() -> None:
    rng = np.random.default_rng(52)
    cases = [case for case in (handles(rng, roomy=False) for _ in range(150)) if case["gaps"][1:]]
    assert len(cases) > 100
    for case, places in zip(cases, fan(cases), strict=True):
        width = case["high"] - case["low"]
        gaps = np.array(case["gaps"][1:])
        rounding = 1e-12 * (width + abs(case["low"]))
        np.testing.assert_allclose(np.diff(places), gaps * width / gaps.sum(), atol=rounding)
        np.testing.assert_allclose(places[[0, -1]], [case["low"], case["high"]], atol=rounding)


def test_fans_of_few_places() -> None:
    bounds = {"low": 0.0, "high": 10.0}
    cases = [
        {"wanted": [], "gaps": [], **bounds},
        {"wanted": [-4.0], "gaps": [7.0], **bounds},
        {"wanted": [40.0], "gaps": [7.0], **bounds},
        {"wanted": [5.0, 5.0, 5.0], "gaps": [0.0, 2.0, 2.0], **bounds},
        {"wanted": [0.5, 0.5], "gaps": [0.0, 4.0], **bounds},
        {"wanted": [20.0, 30.0], "gaps": [0.0, 4.0], **bounds},
    ]
    expected: list[list[float]] = [[], [0.0], [10.0], [3.0, 5.0, 7.0], [0.0, 4.0], [6.0, 10.0]]
    assert [found.tolist() for found in fan(cases)] == expected


# --- Running means ---


def test_numbers_of_draws_increase_from_one_to_the_last() -> None:
    last = [*range(1, 1200), 9_999, state.MAX_DRAWS]
    (found,) = node({"ask": "spreadDraws", "last": [0, *last]})
    assert found[0] == []
    for n, spread in zip(last, found[1:], strict=True):
        assert (spread[0], spread[-1]) == (1, n)
        assert all(a < b for a, b in itertools.pairwise(spread))
        assert all(isinstance(k, int) for k in spread)
    # About evenly spread: no gap is wider than a tenth.
    assert all(b <= max(a + 1, 1.1 * a) for a, b in itertools.pairwise(found[-1]))


@pytest.mark.parametrize("seed", [0, 2**40 + 7])
def test_running_means_are_those_of_the_first_draws(seed: int) -> None:
    rng = np.random.default_rng(53)
    at = [1, 2, 3, 10, 77, 500, 2000]
    cases: list[tuple[Quantizer, Array]] = []
    for _ in range(20):
        q = random_quantizer(rng)
        span = q.edges[-1] - q.edges[0]
        inside = rng.uniform(q.edges[0] - 0.2 * span, q.edges[-1] + 0.2 * span, 5)
        cases.append((q, np.concatenate((inside, q.edges[[0, -1]], q.thresholds[:1]))))
    answers = node(
        *(
            {"ask": "runningMeans", "q": q.to_dict(), "x": x.tolist(), "seed": seed, "at": at}
            for q, x in cases
        )
    )
    for (q, x), found in zip(cases, answers, strict=True):
        for k, n in enumerate(at):
            mean = simulate_shared(q, x, n, seed).mean
            np.testing.assert_allclose([run[k] for run in found], mean, rtol=EXACT, atol=EXACT)


def test_far_inputs_have_certain_running_means() -> None:
    q = Quantizer([0.0, 1.0, 3.0], [-1.0, 0.0, 5.0])
    question = {"ask": "runningMeans", "q": q.to_dict(), "seed": 1, "at": [1, 50]}
    assert node({**question, "x": [-1e99, 1e99]}) == [[[-1.0, -1.0], [5.0, 5.0]]]


# --- Pushes ---


@pytest.mark.parametrize("target", descent.TARGETS)
def test_pushes_are_gathered_without_loss(target: str) -> None:
    rng = np.random.default_rng(54)
    summary = datasets.summary("bimodal")
    every = [random_quantizer(rng) for _ in range(15)]
    for k, q in enumerate(every):
        if k % 3:  # over the inputs, so that there is something to push
            ends = (-2.0, 4.0) if target == "data" else q.levels[[0, -1]]
            low, high = float(ends[0]), float(ends[1])
            edges = np.sort(low + (high - low) * rng.uniform(-0.1, 1.1, q.levels.size))
            every[k] = Quantizer(edges, q.levels)
    questions = (
        {"ask": "pushes", "target": target, "q": q.to_dict(), "summary": summary} for q in every
    )
    pushed = 0
    for q, found in zip(every, node(*questions), strict=True):
        learned = descent.samples(target, q.levels, summary)
        segment, left, right = descent.pushes(q, learned)
        of = np.array(found["of"])
        total = np.array(found["total"])
        size = max(float(np.abs(left).sum() + np.abs(right).sum()), 1.0)
        close: dict[str, Any] = {"rtol": 0, "atol": 1e-12 * size}
        assert of.shape[1] == q.edges.size
        np.testing.assert_allclose(of.sum(axis=0), total, **close)
        np.testing.assert_allclose(total, -descent.edge_gradient(q, learned), **close)
        # Range by range, and edge by edge.
        x = learned.x
        assert (found["low"], found["width"]) == (x[0], (x[-1] - x[0]) / of.shape[0])
        ranges = np.clip(((x - found["low"]) / found["width"]).astype(int), 0, of.shape[0] - 1)
        inside = (segment >= 1) & (segment < q.edges.size)
        expected = np.zeros_like(of)
        np.add.at(expected, (ranges[inside], segment[inside] - 1), left[inside])
        np.add.at(expected, (ranges[inside], segment[inside]), right[inside])
        np.testing.assert_allclose(of, expected, **close)
        stacks = np.concatenate((np.maximum(of, 0).sum(axis=1), np.maximum(-of, 0).sum(axis=1)))
        assert found["top"] == pytest.approx(stacks.max(), rel=1e-9, abs=1e-12)
        pushed += bool(np.any(total))
    assert pushed >= 10


def test_pushes_of_one_value_lie_in_one_range() -> None:
    summary = datasets.summarize([0.5] * 7)
    q = Quantizer([0.0, 1.0], [0.0, 1.0])
    (found,) = node({"ask": "pushes", "target": "data", "q": q.to_dict(), "summary": summary})
    # On the threshold the output is the lower level, so 0.5 is missing: 2 (0 - 0.5) / 2 per edge.
    assert found["total"] == [-0.5, -0.5]
    assert found["of"][0] == [-0.5, -0.5]
    assert not np.any(found["of"][1:])


# --- Addresses ---

STATES: list[Any] = [
    *(explorer.opened().state for explorer in explorers.NAMES.values()),
    {"note": 'Größe # ≥ 3 % & "quoted" <b>?/\\ \u2028\U0001f600\u0000'},
    {"numbers": [0, -1.5, 1e-300, 1e300, 5e-324], "nothing": None, "yes": True, "deep": [[{}]]},
]


@pytest.mark.parametrize(
    "page", ["file:///a/b.html", "https://example.org/x.html?y=1#state=old", "x.html#a\nb#c", ""]
)
def test_a_state_comes_back_from_an_address(page: str) -> None:
    (found,) = node({"ask": "addresses", "states": STATES, "page": page})
    for given, answer in zip(STATES, found, strict=True):
        assert answer["state"] == given
        before, _, fragment = answer["address"].partition("#")
        assert before == page.partition("#")[0]
        assert fragment.isascii()
        assert not set(fragment) & set('#"<>&? \n')
        assert json.loads(unquote(fragment.removeprefix("state="))) == given


@pytest.mark.parametrize(
    "fragment",
    ["", "#", "#state", "#state=", "#state=%", "#state=%E0%A4%A", "#state={", "#state=%7B%22a%22",
     "#other={}", "state={}", "##state={}", "#state=undefined", "#state={}\n{}", "#state=null"],
)  # fmt: skip
def test_a_broken_address_holds_no_state(fragment: str) -> None:
    assert node({"ask": "stateOfAddress", "hashes": [fragment]}) == [[None]]


# --- A page without Python ---


def play(*script: tuple[str, Any]) -> list[dict[str, Any]]:
    (told,) = node({"ask": "alone", "script": script})
    assert told["answer"] is None  # there is nobody who could save
    steps: list[dict[str, Any]] = told["steps"]
    return steps


def test_alone_a_state_goes_nowhere_and_one_from_the_address_is_shown() -> None:
    steps = play(("settle", None), ("send", {"v": 1}), ("address", {"v": 2}), ("send", {"v": 3}))
    assert [step["shown"] for step in steps] == [0, 1, 2, 3]
    assert [step["has"] for step in steps] == [0, 1, 2, 3]
    assert {step["status"] for step in steps} == {"alone"}


def test_alone_what_comes_while_a_hand_holds_waits_until_it_lets_go() -> None:
    steps = play(
        ("hold", None), ("send", {"v": 1}), ("address", {"v": 8}), ("address", {"v": 9}),
        ("send", {"v": 2}), ("release", None), ("release", None),
    )  # fmt: skip
    assert [step["shown"] for step in steps] == [0, 1, 1, 1, 2, 9, 9]
    assert [step["held"] for step in steps] == [True] * 5 + [False] * 2
    assert steps[-1]["has"] == 9  # what is shown and what the page has are one again


def test_alone_letting_go_of_nothing_changes_nothing() -> None:
    steps = play(("hold", None), ("send", {"v": 1}), ("release", None), ("close", None),
                 ("address", {"v": 5}))  # fmt: skip
    assert [step["shown"] for step in steps] == [0, 1, 1, 1, 1]


# --- The joined modules ---


@pytest.mark.parametrize("name", explorers.NAMES)
def test_the_module_of_every_explorer_is_sound(name: str, tmp_path: Path) -> None:
    explorer: Any = explorers.NAMES[name]
    joined = str(explorer._esm)
    assert "import {" not in joined
    file, function = explorer.script()
    assert f"const EXPLORER = {function};" in joined
    assert f"function {function}(stage)" in joined
    assert file == f"{name.replace('-', '_')}.js"
    path = tmp_path / "widget.mjs"
    path.write_text(joined, encoding="utf-8")
    run = subprocess.run(
        [compute_driver_executable()[0], "--check", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
