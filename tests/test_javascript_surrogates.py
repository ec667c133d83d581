"""The surrogates in JavaScript compute what the table in NumPy does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from n2uq_viz.explorers.bundle import javascript
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE, Noise, Parameter, Surrogate
from tests.test_javascript import EXACT, node, numbers, random_quantizer, sendable

FloatArray = NDArray[np.float64]

RANDOM_SETS = 44
#: Largest relative difference. Node and NumPy have their own exp, tanh, log and power, which differ
#: in the last digits.
CLOSE = 1e-12
every_key = pytest.mark.parametrize("key", TABLE)


@dataclass(frozen=True)
class Case:
    """One set of parameters, where it was tried, and what JavaScript found there."""

    params: dict[str, Any]
    x: FloatArray
    e: list[FloatArray]
    found: dict[str, Any]


def random_value(name: str, parameter: Parameter, rng: np.random.Generator) -> Any:
    if parameter.kind == "word":
        return str(rng.choice(parameter.words))
    if parameter.kind == "object":
        return random_quantizer(rng)
    if parameter.kind == "array":
        return float(rng.choice([-1.0, 0.0, 1.0]) * rng.exponential())
    low, high = parameter.low, parameter.high
    if parameter.kind == "whole":
        return int(rng.integers(int(low), int(high), endpoint=True))
    ends = rng.random()
    if ends < 0.1:
        return low if ends < 0.05 else high
    if name == "delta" or rng.random() < 0.3:
        return float(rng.uniform(*parameter.shown))
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))


def beside(places: FloatArray) -> FloatArray:
    """The places and the next floats on both sides."""
    return np.concatenate(
        (places, np.nextafter(places, -np.inf), np.nextafter(places, np.inf)), dtype=np.float64
    )


def some(places: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """The first, the last and others in between."""
    if places.size <= count:
        return places
    inner = rng.choice(places[1:-1], count - 2, replace=False)
    return np.concatenate((places[[0, -1]], inner), dtype=np.float64)


EXTREMES = np.array([0.0, -0.0, 1e-310, 1e308, -1e308, np.inf, -np.inf, np.nan])


def inputs(entry: Surrogate, params: dict[str, Any], rng: np.random.Generator) -> FloatArray:
    kinks = entry.kinks(**params)
    reach = max(1.0, float(kinks[-1] - kinks[0]))
    return np.concatenate(
        (
            beside(some(kinks, 10, rng)),
            some(entry.staircase(**params)[0], 5, rng),
            rng.uniform(kinks[0] - 0.2 * reach, kinks[-1] + 0.2 * reach, 30),
            rng.normal(0.0, 1.0, 15) * 10.0 ** rng.uniform(-6, 6, 15),
            EXTREMES,
        ),
        dtype=np.float64,
    )


def noises(law: Noise, rng: np.random.Generator) -> FloatArray:
    """Values that the law gives, others, and the ends of its support."""
    drawn = law.sampler(rng, 20)
    ends = np.array([end for end in law.support if math.isfinite(end)])
    return np.concatenate((drawn, 3.0 * drawn, 30.0 * drawn[:5], beside(ends), EXTREMES))


def plain(params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters as JSON has them."""
    return {
        n: v.to_dict()
        if isinstance(v, Quantizer)
        else v.tolist()
        if isinstance(v, np.ndarray)
        else v
        for n, v in params.items()
    }


@cache
def cases(key: str) -> list[Case]:
    entry, rng = TABLE[key], np.random.default_rng([30, *key.encode()])
    count = RANDOM_SETS if entry.parameters else 1
    tried: list[dict[str, Any]] = [
        entry.values(),
        *(
            {n: random_value(n, each, rng) for n, each in entry.parameters.items()}
            for _ in range(count)
        ),
    ]
    places = []
    for params in tried:
        laws = () if entry.why_none(**params) else entry.laws(**params)
        places.append((inputs(entry, params, rng), [noises(law, rng) for law in laws]))
    answers = node(
        *(
            {
                "ask": "surrogates",
                "name": key,
                "parameters": plain(params),
                "x": sendable(x),
                "e": [sendable(each) for each in e],
            }
            for params, (x, e) in zip(tried, places, strict=True)
        )
    )
    return [
        Case(params, x, e, found)
        for params, (x, e), found in zip(tried, places, answers, strict=True)
    ]


def close(found: Any, expected: Any, size: float, about: str) -> None:
    """Compare, with `size` the largest number that takes part in the formula."""
    np.testing.assert_allclose(
        numbers(found), expected, rtol=CLOSE, atol=EXACT * min(1.0, size), err_msg=about
    )


@every_key
def test_curves_equal_numpy(key: str) -> None:
    entry = TABLE[key]
    for case in cases(key):
        about = f"{key} {case.params}"
        curves = {
            "forward": entry.forward(case.x, **case.params),
            "smooth": entry.smooth(case.x, **case.params),
            "derivative": entry.derivative(case.x, **case.params),
        }
        for name, curve in curves.items():
            size = float(np.max(np.abs(curve[np.isfinite(case.x)])))
            close(case.found[name], curve, size, f"{name} of {about}")
            assert np.isnan(curve).tolist() == np.isnan(case.x).tolist()


@every_key
def test_staircase_and_kinks_are_the_same_numbers(key: str) -> None:
    for case in cases(key):
        thresholds, levels = TABLE[key].staircase(**case.params)
        assert case.found["thresholds"] == thresholds.tolist()
        assert case.found["levels"] == levels.tolist()
        assert case.found["kinks"] == TABLE[key].kinks(**case.params).tolist()


@every_key
def test_noise_equals_numpy(key: str) -> None:
    entry = TABLE[key]
    for case in cases(key):
        why, found = entry.why_none(**case.params), case.found
        _, levels = entry.staircase(**case.params)
        if why is not None:
            assert (found["none"], found["laws"]) == (why.reason, [])
            np.testing.assert_allclose(float(found["area"]), why.area, rtol=EXACT)
            continue
        assert found["none"] is None
        assert found["area"] == levels[-1] - levels[0]
        laws = entry.laws(**case.params)
        for i, (law, e, answer) in enumerate(zip(laws, case.e, found["laws"], strict=True)):
            about = f"law {i} of {key} {case.params}"
            assert answer["name"] == law.name
            assert tuple(numbers(answer["support"])) == law.support
            density = entry.density(e, i + 1, **case.params)
            assert density is not None
            close(answer["density"], density, float(np.nanmax(density)), f"density, {about}")
            real = ~np.isnan(e)
            with np.errstate(over="ignore"):
                chance = law.cumulative(e[real])
            close(numbers(answer["cumulative"])[real], chance, 1.0, f"chance, {about}")


def test_every_reason_and_family_is_tried() -> None:
    reasons = {case.found["none"] for key in TABLE for case in cases(key)}
    assert reasons == {None, "area", "infinite", "negative", "upstream"}
    families = {case.params["family"] for case in cases("additive_noise")}
    assert families == set(TABLE["additive_noise"].parameters["family"].words)


def test_error_function_has_all_digits() -> None:
    rng = np.random.default_rng(31)
    z = np.concatenate((rng.uniform(-7.0, 7.0, 2000), 10.0 ** rng.uniform(-300, 1, 500), EXTREMES))
    (found,) = node({"ask": "erf", "z": sendable(z)})
    np.testing.assert_allclose(numbers(found), [math.erf(v) for v in z], rtol=1e-14, atol=0.0)


@pytest.mark.parametrize(
    ("key", "params"),
    [
        ("approx_sign", {}),
        ("swish_sign", {"beta": 3.0}),
        ("ede", {"t": 0.5}),
        ("reste", {"o": 2.0}),
        ("dsq", {"alpha": 0.1, "bits": 3}),
        ("ewgs", {"delta": 2.0, "bits": 2, "g": -1.0}),
        ("gste", {}),
        *(("additive_noise", {"family": f}) for f in ("uniform", "normal", "exponential")),
    ],
)
def test_derivative_adds_up_to_the_rise_of_the_curve(key: str, params: dict[str, Any]) -> None:
    values = TABLE[key].values(**params)
    low, high = -4.0, 9.0
    kinks = TABLE[key].kinks(**values)
    cuts = np.unique(np.concatenate((np.linspace(low, high, 53), kinks)))
    nodes, weights = np.polynomial.legendre.leggauss(24)
    half = 0.5 * np.diff(cuts)[:, None]
    x = 0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * nodes
    question = {"ask": "surrogates", "name": key, "parameters": plain(values), "e": [[]] * 3}
    inside, ends = node({**question, "x": sendable(x.ravel())}, {**question, "x": [low, high]})
    area = np.sum(half * weights * numbers(inside["derivative"]).reshape(x.shape))
    start, end = ends["smooth"]
    np.testing.assert_allclose(area, end - start, rtol=1e-9)


def test_surrogates_join_into_one_file() -> None:
    joined = javascript("surrogates.js", {})
    assert "import " not in joined
    assert "export " not in joined
