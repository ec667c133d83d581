"""What an explorer shows, read from the page, and what NumPy says it should show."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import Locator

from n2uq_viz import datasets, descent, state
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import tensors, weights
from n2uq_viz.state.runs import frame, summaries
from n2uq_viz.surrogates import TABLE
from n2uq_viz.weights import weight_codes, weight_scale

#: Numbers in the page and in NumPy are the same doubles; this allows for a last digit.
EQUAL = 1e-9
Numbers = dict[str, list[float]]


def shown(stage: Locator) -> Numbers:
    """Every number of the handles and of the readout: ``"name key"`` -> values."""
    found: dict[str, str] = stage.evaluate(
        """(stage) => {
            const found = {};
            for (const handle of stage.querySelectorAll("[data-handle]")) {
                found[`${handle.dataset.handle} now`] = handle.getAttribute("aria-valuenow");
            }
            for (const line of stage.querySelectorAll("[data-readout]:not([hidden])")) {
                for (const [key, value] of Object.entries(line.dataset)) {
                    if (key !== "readout") found[`${line.dataset.readout} ${key}`] = value;
                }
                const items = [...line.querySelectorAll("li [data-value]")];
                if (items.length) {
                    const values = items.map((item) => item.dataset.value);
                    found[`${line.dataset.readout} items`] = values.join(" ");
                }
            }
            return found;
        }"""
    )
    return {name: [float(part) for part in text.split()] for name, text in found.items()}


def _handles(q: Quantizer) -> Numbers:
    edges = {f"edge-{i} now": [float(edge)] for i, edge in enumerate(q.edges)}
    thresholds = {f"threshold-{i + 1} now": [float(t)] for i, t in enumerate(q.thresholds)}
    return edges | thresholds


def _binary(found: dict[str, Any], q: Quantizer) -> Numbers:
    x, thrown = found["x"], found["thrown"]
    i = int(np.clip(q.segment(x), 1, q.intervals.size))
    p = float(np.clip((x - q.edges[i - 1]) / q.intervals[i - 1], 0.0, 1.0))
    values = {
        "probe now": x,
        "output value": q(x),
        "probability value": p,
        "expectation value": q.expectation(x),
        "thrown value": thrown,
    }
    if thrown:
        values["thrown mean"] = simulate_shared(q, [x], thrown, found["seed"]).mean[0]
    return {name: [float(value)] for name, value in values.items()}


def _coin_flip(found: dict[str, Any], q: Quantizer) -> Numbers:
    points, thrown = found["points"], found["thrown"]
    expected = q.expectation(np.array(points))
    values = {f"point-{k + 1} now": x for k, x in enumerate(points)}
    values |= {f"point-{k + 1} expected": y for k, y in enumerate(expected)}
    if thrown:
        means = simulate_shared(q, points, thrown, found["seed"]).mean
        values |= {f"point-{k + 1} mean": mean for k, mean in enumerate(means)}
        errors = np.abs(means - expected)
        values |= {f"point-{k + 1} error": error for k, error in enumerate(errors)}
    return {name: [float(value)] for name, value in values.items()}


def _sum_of_steps(found: dict[str, Any], q: Quantizer) -> Numbers:
    count = found["shown"]
    values: Numbers = {"shown value": [float(count)], **_handles(q)}
    if count:
        first = Quantizer(q.edges[: count + 1], q.levels[: count + 1])
        parts = [float(part.slopes[0]) for part in q.parts()[:count]]
        chord = float(np.ptp(first.levels) / np.ptp(first.edges))
        values |= {"slopes value": parts, "apart ste": [chord]}
        values["apart value"] = [float(np.max(np.abs(first.slopes - chord)))]
    return values


def _threshold(found: dict[str, Any], q: Quantizer) -> Numbers:
    low, high = found["view"]
    x = np.linspace(low, high, state.GRID_POINTS)
    mc = simulate_shared(q, x, found["draws"], found["seed"])
    data = found["data"]
    shares = datasets.occupancy(q, datasets.summary(data) if isinstance(data, str) else data)
    values = _handles(q) | {"occupancy items": [float(share) for share in shares]}
    values["error value"] = [float(np.max(np.abs(mc.mean - q.expectation(x))))]
    values["entropy value"] = [float(datasets.entropy_bits(shares))]
    return values


def _gradient_flow(found: dict[str, Any], q: Quantizer) -> Numbers:
    learned, run = descent.of_state(found)
    gradient = descent.edge_gradient(q, learned)
    return _handles(q) | {
        "steps value": [float(found["steps"])],
        "loss value": [descent.loss(q, learned)],
        "loss start": [float(run.loss[0])],
        "thresholds value": q.thresholds.tolist(),
        "gradient value": gradient.tolist(),
        "pushes items": (-gradient).tolist(),
    }


def _surrogate(found: dict[str, Any], q: Quantizer) -> Numbers:
    values = {"probe now": [float(found["x"])]}
    for side in ("left", "right"):
        entry = TABLE[found[side]["surrogate"]]
        parameters = dict(found[side]["parameters"])
        if entry.key == "gste":
            parameters["quantizer"] = q
        for name in ("forward", "smooth", "derivative"):
            value = getattr(entry, name)(found["x"], **parameters)
            values[f"{side} {name}"] = [float(value)]
    return values


def _training(found: dict[str, Any], _: Quantizer) -> Numbers:
    epoch, runs = found["epoch"], summaries(found)
    values = {"epoch now": [float(epoch)], "epoch value": [float(epoch)]}
    at = []
    for i, run in enumerate(runs, start=1):
        place, curves = min(epoch, run["epochs"]), run["curves"]
        scores = [curves[f"validation_{name}"][place] for name in ("accuracy", "loss")]
        at.append([math.nan if score is None else score for score in scores])
        values[f"run-{i} accuracy"], values[f"run-{i} loss"] = ([score] for score in at[-1])
        if place:
            values[f"run-{i} trained"] = [curves["train_loss"][place - 1]]
        layer = run["layers"][min(found["layer"], len(run["layers"]) - 1)]
        edges = layer["edges"][frame(run, epoch)]
        middles = [] if edges is None else (0.5 * (np.add(edges[1:], edges[:-1]))).tolist()
        values[f"thresholds-{i} value"] = middles
    if len({run["config"]["task"] for run in runs}) == 1 < len(runs):
        values["difference accuracy"] = [at[0][0] - at[1][0]]
        values["difference loss"] = [at[0][1] - at[1][1]]
    return values


def _tensor(found: dict[str, Any], q: Quantizer) -> Numbers:
    entry, bits = tensors.entries(found)[found["tensor"]], tensors.bits_of(found["levels"])
    x, counts = datasets.points(entry["data"])
    every = np.repeat(x, counts)  # each value by itself, as they came
    values = _handles(q) | {"tensor value": [float(found["tensor"])]}
    quantizers = {name: tensors.quantizer_of(entry, bits, name) for name in tensors.METHODS}
    for name, each in {**quantizers, "own": q}.items():
        codes = each.codes(every)
        shares = np.bincount(codes, minlength=each.levels.size) / every.size
        used = shares[shares > 0.0]
        outside = np.mean((every <= each.edges[0]) | (every > each.edges[-1]))
        error = np.mean((each.levels[codes] - every) ** 2) / every.var()
        values |= {
            f"{name} error": [float(error)],
            f"{name} entropy": [float(-(used * np.log2(used)).sum())],
            f"{name} steepest": [float(np.max(np.diff(each.levels) / np.diff(each.edges)))],
            f"{name} outside": [float(outside)],
        }
    values["occupancy items"] = shares.tolist()
    return values


def _weight(found: dict[str, Any], q: Quantizer) -> Numbers:
    levels, entry, k = q.levels.size, weights.entry_of(found), found["channel"]
    every = [np.repeat(each["values"], each["counts"]) for each in entry["channels"]]
    values: Numbers = {"channel value": [float(k)]}
    for name, rule in (("after", found["scale"]), ("before", found["before"])):
        scales = {
            "mean": [float(weight_scale(w, levels, None)[0]) for w in every],
            "largest": [float(np.abs(w).max()) for w in every],
            "none": [1.0] * len(every),
        }.get(rule, [rule] * len(every))
        codes = [weight_codes(w, levels, scale=f) for w, f in zip(every, scales, strict=True)]
        shares = [np.bincount(each, minlength=levels) / each.size for each in codes]
        entropies = [datasets.entropy_bits(each) for each in shares]
        beyond = float(np.mean(np.abs(every[k]) > scales[k]))
        values |= {f"{name} entropy": [entropies[k]], f"{name} clipped": [beyond]}
        values[f"channels {name}"] = entropies
        if name == "after":
            f = scales[k]
            values |= {"scale now": [f], "scale value": [f], "reference slope": [1.0 / f]}
            values["chain blocked"] = [float(np.mean(np.abs(every[k]) >= f))]
            values["occupancy items"] = shares[k].tolist()
        else:
            values["before scale"] = [scales[k]]
    return values


_EXPECTED: dict[str, Callable[[dict[str, Any], Quantizer], Numbers]] = {
    "binary": _binary,
    "coin-flip": _coin_flip,
    "sum-of-steps": _sum_of_steps,
    "threshold": _threshold,
    "gradient-flow": _gradient_flow,
    "training": _training,
    "surrogate": _surrogate,
    "tensor": _tensor,
    "weight": _weight,
}


def assert_shows(stage: Locator, found: dict[str, Any]) -> None:
    """Compare every number that belongs to a state with what the page shows."""
    q = Quantizer(found["edges"], found["levels"])
    expected = _EXPECTED[found["explorer"]](found, q)
    on_page = shown(stage)
    for name, values in expected.items():
        assert name in on_page, f"{name} is missing among {sorted(on_page)}"
        np.testing.assert_allclose(on_page[name], values, rtol=EQUAL, atol=EQUAL, err_msg=name)
