"""Every surrogate against formulas written a second time, one number after the other."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from n2uq_viz import words
from n2uq_viz.checks import FloatArray
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE, Noise, Surrogate, lsq_initial_step
from n2uq_viz.surrogates.noise import FAMILIES, normal

Scalar = Callable[..., float]

KEYS = [
    *("identity_ste", "clipped_ste", "approx_sign", "swish_sign", "ede", "reste"),
    *("dsq", "pact", "lsq", "ewgs", "gste", "additive_noise"),
]
UNEVEN = Quantizer([-1.0, 0.5, 1.0, 4.0], [0.0, 1.0, 3.0, 4.0])
DEFAULT: Quantizer = TABLE["gste"].values()["quantizer"]
#: Parameters to try, the defaults first.
TRIED: dict[str, list[dict[str, Any]]] = {
    "identity_ste": [{}],
    "clipped_ste": [{}],
    "approx_sign": [{}],
    "swish_sign": [{}, {"beta": 1.0}, {"beta": 20.0}],
    "ede": [{}, {"t": 0.1}, {"t": 1.0}, {"t": 10.0}],
    "reste": [{}, {"o": 1.0}, {"o": 1.5}, {"o": 10.0}],
    "dsq": [{}, {"alpha": 0.01, "bits": 1}, {"alpha": 0.9, "bits": 3}, {"alpha": 0.5}],
    "pact": [{}, {"alpha": 0.7, "bits": 3}, {"alpha": 10.0, "bits": 1}],
    "lsq": [
        {},
        {"step_size": 0.3, "bits": 3},
        {"step_size": 0.8, "bits": 1},
        {"step_size": 0.5, "bits": 3, "tensor": "activations", "numel": 7},
        {"step_size": 2.0, "bits": 1, "tensor": "activations"},
    ],
    "ewgs": [{}, {"g": -0.3}, {"g": 0.0}, {"delta": 3.0, "bits": 1, "g": -2.0}, {"bits": 3}],
    "gste": [{}, {"quantizer": UNEVEN}, {"quantizer": Quantizer.binary()}],
    "additive_noise": [
        {},
        *({"family": family, "scale": 0.7} for family in FAMILIES),
        {"family": normal(2.0)},
    ],
}
CASES = [pytest.param(key, p, id=f"{key}-{i}") for key in KEYS for i, p in enumerate(TRIED[key])]
every_case = pytest.mark.parametrize(("key", "params"), CASES)
GRID = np.linspace(-6.0, 12.0, 721) + 0.0037


# --- The formulas again, one number at a time -----------------------------------------------------


def sigmoid(u: float) -> float:
    return 1.0 / (1.0 + math.exp(-u))


@cache
def law(family: Any = "exponential", scale: float = 0.5) -> Any:
    """The same law from another library."""
    if isinstance(family, Noise):
        return stats.norm(0.0, 2.0)
    return {
        "uniform": stats.uniform(-scale, 2.0 * scale),
        "triangular": stats.triang(0.5, -scale, 2.0 * scale),
        "logistic": stats.logistic(0.0, scale),
        "normal": stats.norm(0.0, scale),
        "exponential": stats.expon(-scale, scale),
    }[family]


def approx_sign(x: float) -> float:
    if x < -1.0:
        return -1.0
    if x < 0.0:
        return 2.0 * x + x * x
    return 2.0 * x - x * x if x < 1.0 else 1.0


def reste(x: float, o: float = 3.0) -> float:
    size = min(abs(x), 1.5)
    height = size ** (1.0 / o) if size > 0.1 else size / 0.1 * 0.1 ** (1.0 / o)
    return math.copysign(height, x)


def dsq(x: float, alpha: float = 0.2, bits: int = 2) -> float:
    """Between l = 0 and u = 2ⁿ − 1 with Δ = 1, as the paper writes it."""
    upper = 2**bits - 1
    if x <= 0.0 or x >= upper:
        return 0.0 if x <= 0.0 else float(upper)
    i = math.floor(x)
    k = math.log(2.0 / alpha - 1.0)
    phi = math.tanh(k * (x - (i + 0.5))) / math.tanh(0.5 * k)
    return i + 0.5 * (phi + 1.0)


def pact(x: float, alpha: float = 3.0, **_: Any) -> float:
    return 0.5 * (abs(x) - abs(x - alpha) + alpha)


def lsq_codes(bits: int = 2, tensor: str = "weights") -> tuple[int, int]:
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if tensor == "weights" else (0, 2**bits - 1)


def lsq(
    x: float, step_size: float = 1.0, bits: int = 2, tensor: str = "weights", **_: Any
) -> float:
    low, high = (-1, 1) if (bits, tensor) == (1, "weights") else lsq_codes(bits, tensor)
    return step_size * min(max(x / step_size, low), high)


def ewgs(x: float, delta: float = 1.0, bits: int = 2, g: float = 1.0) -> float:
    def slope(v: float) -> float:
        return ewgs_slope(v, delta, bits, g)

    count = 2**bits - 1
    corners = [(k + 0.5) / count for k in range(count) if (k + 0.5) / count < x]
    return float(integrate.quad(slope, 0.0, min(max(x, 0.0), 1.0), points=corners or None)[0])


def ewgs_slope(x: float, delta: float = 1.0, bits: int = 2, g: float = 1.0) -> float:
    count = 2**bits - 1
    sign = (g > 0.0) - (g < 0.0)
    return 1.0 + delta * sign * (x - round(x * count) / count) if 0.0 <= x <= 1.0 else 0.0


#: Key -> the curve that the paper puts in place of the staircase.
CURVES: dict[str, Scalar] = {
    "identity_ste": lambda x: x,
    "clipped_ste": lambda x: max(-1.0, min(1.0, x)),
    "approx_sign": approx_sign,
    "swish_sign": lambda x, beta=5.0: (
        2.0 * sigmoid(beta * x) * (1.0 + beta * x * (1.0 - sigmoid(beta * x))) - 1.0
    ),
    "ede": lambda x, t=2.0: max(1.0 / t, 1.0) * math.tanh(t * x),
    "reste": reste,
    "dsq": dsq,
    "pact": pact,
    "lsq": lsq,
    "ewgs": ewgs,
    "gste": lambda x, quantizer=DEFAULT: float(np.interp(x, quantizer.edges, quantizer.levels)),
    "additive_noise": lambda x, **p: 1.0 - 2.0 * law(**p).cdf(-x),
}


def swish_slope(x: float, beta: float = 5.0) -> float:
    u = beta * x
    return beta * (2.0 - u * math.tanh(0.5 * u)) / (1.0 + math.cosh(u))


def reste_slope(x: float, o: float = 3.0) -> float:
    if abs(x) <= 0.1:
        return float(0.1 ** (1.0 / o) / 0.1)
    return 1.0 / o * abs(x) ** ((1.0 - o) / o) if abs(x) <= 1.5 else 0.0


def dsq_slope(x: float, alpha: float = 0.2, bits: int = 2) -> float:
    k, r = math.log(2.0 / alpha - 1.0), x - math.floor(x) - 0.5
    inside = 0.0 <= x <= 2**bits - 1
    return 0.5 * k / (1.0 - alpha) / math.cosh(k * r) ** 2 if inside else 0.0


def lsq_slope(
    x: float, step_size: float = 1.0, bits: int = 2, tensor: str = "weights", **_: Any
) -> float:
    low, high = (-1, 1) if (bits, tensor) == (1, "weights") else lsq_codes(bits, tensor)
    return float(low < x / step_size < high)


def gste_slope(x: float, quantizer: Quantizer = DEFAULT) -> float:
    b, y = quantizer.edges, quantizer.levels
    for i in range(1, b.size):
        if b[i - 1] < x <= b[i]:
            return float((y[i] - y[i - 1]) / (b[i] - b[i - 1]))
    return 0.0


#: Key -> the derivative as it is published.
SLOPES: dict[str, Scalar] = {
    "identity_ste": lambda _: 1.0,
    "clipped_ste": lambda x: float(abs(x) <= 1.0),
    "approx_sign": lambda x: 2.0 - 2.0 * abs(x) if abs(x) <= 1.0 else 0.0,
    "swish_sign": swish_slope,
    "ede": lambda x, t=2.0: max(1.0 / t, 1.0) * t * (1.0 - math.tanh(t * x) ** 2),
    "reste": reste_slope,
    "dsq": dsq_slope,
    "pact": lambda x, alpha=3.0, **_: float(0.0 <= x < alpha),
    "lsq": lsq_slope,
    "ewgs": ewgs_slope,
    "gste": gste_slope,
    "additive_noise": lambda x, **p: 2.0 * law(**p).pdf(-x),
}


def away(surrogate: Surrogate, params: dict[str, Any], distance: float = 1e-4) -> FloatArray:
    """The grid without what is close to a kink."""
    kinks = surrogate.kinks(**params)
    far: FloatArray = GRID[np.abs(GRID[:, None] - kinks).min(axis=1) > distance]
    return far


@every_case
def test_derivative_is_the_published_one(key: str, params: dict[str, Any]) -> None:
    x = away(TABLE[key], params, 1e-12)
    expected = [SLOPES[key](v, **params) for v in x.tolist()]
    np.testing.assert_allclose(TABLE[key].derivative(x, **params), expected, rtol=1e-9, atol=1e-13)


@every_case
def test_curve_is_the_published_one(key: str, params: dict[str, Any]) -> None:
    x = GRID[::8]
    expected = [CURVES[key](v, **params) for v in x.tolist()]
    np.testing.assert_allclose(TABLE[key].smooth(x, **params), expected, rtol=1e-9, atol=1e-12)


@every_case
def test_derivative_is_the_slope_of_the_published_curve(key: str, params: dict[str, Any]) -> None:
    """Central differences with step h: off by rounding (1e-16/h) and by curvature (h²)."""
    h = 1e-5
    x = away(TABLE[key], params)[:: 12 if key == "ewgs" else 2]
    curve = CURVES[key]
    slopes = [(curve(v + h, **params) - curve(v - h, **params)) / (2.0 * h) for v in x.tolist()]
    np.testing.assert_allclose(TABLE[key].derivative(x, **params), slopes, rtol=1e-5, atol=1e-6)


@every_case
def test_forward_is_the_published_staircase(key: str, params: dict[str, Any]) -> None:
    surrogate, p = TABLE[key], TABLE[key].values(**params)
    x = away(surrogate, params, 1e-9)
    if key == "gste":
        q = p["quantizer"]
        expected = [q.levels[sum(v > t for t in q.thresholds)] for v in x]
    elif key == "pact":
        step = p["alpha"] / (2 ** p["bits"] - 1)
        expected = [step * round(pact(v, p["alpha"]) / step) for v in x]
    elif key in ("dsq", "ewgs"):
        count = 2 ** p["bits"] - 1
        top, parts = (count, 1) if key == "dsq" else (1, count)
        expected = [round(min(max(v, 0.0), top) * parts) / parts for v in x]
    elif key == "lsq" and (p["bits"], p["tensor"]) != (1, "weights"):
        s, (low, high) = p["step_size"], lsq_codes(p["bits"], p["tensor"])
        expected = [s * round(min(max(v / s, low), high)) for v in x]
    else:
        expected = [math.copysign(p.get("step_size", 1.0), v) for v in x]
    np.testing.assert_allclose(surrogate.forward(x, **params), expected, rtol=1e-13)


@pytest.mark.parametrize("key", KEYS)
def test_at_a_tie_the_lower_level(key: str) -> None:
    thresholds, levels = TABLE[key].staircase()
    np.testing.assert_array_equal(TABLE[key].forward(thresholds), levels[:-1])
    above = np.nextafter(thresholds, np.inf)
    np.testing.assert_array_equal(TABLE[key].forward(above), levels[1:])


# --- Derivatives for learned parameters -----------------------------------------------------------


def test_which_parameters_are_learned() -> None:
    learned = {key: entry.learned for key, entry in TABLE.items() if entry.learned}
    assert learned == {"pact": ("alpha",), "lsq": ("step_size",)}


@pytest.mark.parametrize("params", TRIED["pact"])
def test_pact_derivative_for_alpha(params: dict[str, Any]) -> None:
    alpha = TABLE["pact"].values(**params)["alpha"]
    x, h = away(TABLE["pact"], params), 1e-6
    slopes = [(pact(v, alpha + h) - pact(v, alpha - h)) / (2.0 * h) for v in x.tolist()]
    found = TABLE["pact"].derivative(x, "alpha", **params)
    np.testing.assert_allclose(found, slopes, atol=1e-8)
    # Exactly at the level it is the one from above, in both derivatives.
    assert TABLE["pact"].derivative(alpha, "alpha", **params) == 1.0
    assert TABLE["pact"].derivative([0.0, alpha], **params).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("params", TRIED["lsq"])
def test_lsq_derivative_for_the_step_size(params: dict[str, Any]) -> None:
    """Against the quantizer whose rounding is a constant shift, as straight-through has it."""
    p = TABLE["lsq"].values(**params)
    s, (low, high) = p["step_size"], lsq_codes(p["bits"], p["tensor"])
    scale = 1.0 / math.sqrt(p["numel"] * max(high, 1))
    one_bit = (p["bits"], p["tensor"]) == (1, "weights")
    if one_bit:
        low, high = -1, 1

    def rounded(code: float) -> float:
        return math.copysign(1.0, code) if one_bit else float(round(code))

    def quantized(v: float, size: float) -> float:
        clipped = min(max(v / size, low), high)
        at_s = min(max(v / s, low), high)
        return float(size * (clipped + (rounded(at_s) - at_s)))

    x, h = away(TABLE["lsq"], params), 1e-6
    slopes = [(quantized(v, s + h) - quantized(v, s - h)) / (2.0 * h) for v in x.tolist()]
    found = TABLE["lsq"].derivative(x, "step_size", **params)
    np.testing.assert_allclose(found, scale * np.array(slopes), atol=1e-7)


def test_lsq_derivative_for_the_step_size_at_infinity() -> None:
    ends = TABLE["lsq"].derivative([-np.inf, np.inf], "step_size", bits=3)
    np.testing.assert_allclose(ends, np.array([-4.0, 3.0]) / math.sqrt(3.0))


def test_lsq_starts_from_the_mean_size() -> None:
    v = np.random.default_rng(0).normal(size=(20, 30))
    mean = sum(abs(each) for each in v.ravel().tolist()) / 600
    for bits, tensor, greatest in ((2, "weights", 1), (4, "weights", 7), (3, "activations", 7)):
        expected = 2.0 * mean / greatest**0.5
        assert lsq_initial_step(v, bits, tensor) == pytest.approx(expected, rel=1e-12)
    assert lsq_initial_step(v, 1) == pytest.approx(2.0 * mean, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "bits", "tensor", "message"),
    [
        ([], 2, "weights", "values must be finite numbers, not all of them 0, got 0 with mean"),
        ([0.0, 0.0], 2, "weights", "not all of them 0, got 2 with mean size 0"),
        ([1.0, np.nan], 2, "weights", "got 2 with mean size nan"),
        ([1.0], 0, "weights", "bits must be a whole number from 1 to 8, got 0"),
        ([1.0], 2, "biases", 'tensor must be one of "weights", "activations", got \'biases\''),
        (["1"], 2, "weights", "values must be real numbers"),
    ],
)
def test_lsq_start_refuses(values: Any, bits: int, tensor: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        lsq_initial_step(values, bits, tensor)


# --- With a gradient from above -------------------------------------------------------------------


@pytest.mark.parametrize("key", [key for key in KEYS if key != "ewgs"])
def test_backward_is_upstream_times_derivative(key: str) -> None:
    upstream = np.array([[2.0], [-0.5]])
    found = TABLE[key].backward(GRID, upstream)
    np.testing.assert_array_equal(found, upstream * TABLE[key].derivative(GRID))


def test_ewgs_scales_each_gradient_by_its_own_sign() -> None:
    x, g = np.array([0.3, 0.3, 0.3, 1.2]), np.array([2.0, -2.0, 0.0, 1.0])
    error = 0.3 - 1.0 / 3.0
    expected = [2.0 * (1.0 + 3.0 * error), -2.0 * (1.0 - 3.0 * error), 0.0, 0.0]
    np.testing.assert_allclose(TABLE["ewgs"].backward(x, g, delta=3.0), expected)
    np.testing.assert_allclose(TABLE["ewgs"].derivative(x, g=g, delta=0.0), [1.0, 1.0, 1.0, 0.0])


# --- The table itself -----------------------------------------------------------------------------


def test_the_table_is_whole_and_in_order() -> None:
    assert list(TABLE) == KEYS
    assert all(entry.key == key for key, entry in TABLE.items())
    assert len({entry.title for entry in TABLE.values()}) == len(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_entry_says_what_it_is(key: str) -> None:
    entry = TABLE[key]
    assert re.search(r"(19|20)\d\d, arXiv \d{4}\.\d{4,5}$", entry.source)
    for formula in (entry.latex.forward, entry.latex.derivative, *entry.latex.partial.values()):
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\begin") == formula.count(r"\end")
        assert "$" not in formula
    assert set(entry.latex.partial) == set(entry.learned)
    assert entry.remark.endswith(".")
    for name, parameter in entry.parameters.items():
        assert parameter.meaning
        assert parameter.check(name, parameter.default) is not None
        assert parameter.low <= parameter.shown[0] <= parameter.shown[1] <= parameter.high
    text = entry._repr_markdown_()
    assert all(part in text for part in (entry.title, entry.source, entry.latex.derivative))


def test_no_words_are_left_over() -> None:
    used = {f"surrogate.{key}.{part}" for key in KEYS for part in ("title", "remark")}
    used |= {each.key for entry in TABLE.values() for each in entry.parameters.values()}
    prefixes = ("surrogate.no_noise.",)
    found = {key for key in words.table() if key.startswith("surrogate.")}
    assert {key for key in found - used if not key.startswith(prefixes)} == set()


@every_case
def test_any_shape_and_numbers_that_are_none(key: str, params: dict[str, Any]) -> None:
    entry = TABLE[key]
    wrts = ("x", *entry.learned)
    curves: list[Callable[[Any], Any]] = [
        lambda x: entry.forward(x, **params),
        lambda x: entry.smooth(x, **params),
        *(lambda x, wrt=wrt: entry.derivative(x, wrt, **params) for wrt in wrts),
    ]
    for curve in curves:
        table = np.array([[0.25, np.nan], [-3.0, 7.0]])
        result = curve(table)
        assert result.shape == (2, 2)
        np.testing.assert_array_equal(np.isnan(result), np.isnan(table))
        assert curve(np.zeros((0, 3))).shape == (0, 3)
        assert isinstance(curve(0.25), np.float64)
        assert curve(0.25) == result[0, 0]
        assert np.isnan(curve(math.nan))
        assert not np.isnan(curve(np.array([-np.inf, np.inf, -1e308, 1e308]))).any()
    levels = entry.staircase(**params)[1]
    np.testing.assert_array_equal(entry.forward([-np.inf, np.inf], **params), levels[[0, -1]])
    far = entry.derivative([-np.inf, np.inf], **params)
    assert far.tolist() == ([1.0, 1.0] if key == "identity_ste" else [0.0, 0.0])
    if key != "identity_ste" and key not in ("ede", "reste"):
        ends = entry.smooth([-np.inf, np.inf], **params)
        np.testing.assert_allclose(ends, levels[[0, -1]], atol=1e-12)


# --- Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "params", "message"),
    [
        ("ede", {"t": 0.0}, "t must be a number from 0.01 to 100, got 0"),
        ("ede", {"t": math.nan}, "t must be one finite number, got nan"),
        ("ede", {"t": "2"}, "t must be one finite number, got '2'"),
        ("ede", {"k": 2.0}, 'a parameter of EDE must be one of: "t"; got "k"'),
        ("clipped_ste", {"t": 2.0}, 'a parameter of Clipped STE must be one of: none; got "t"'),
        ("swish_sign", {"beta": -5.0}, "beta must be a number from 0.01 to 1000, got -5"),
        ("reste", {"o": 0.5}, "o must be a number from 1 to 100, got 0.5"),
        ("dsq", {"alpha": 1.0}, "alpha must be a number from 1e-06 to 0.999, got 1"),
        ("dsq", {"bits": 2.5}, "bits must be a whole number from 1 to 8, got 2.5"),
        ("pact", {"alpha": -1.0}, "alpha must be a number from 1e-06 to 1e+06, got -1"),
        ("lsq", {"step_size": 0.0}, "step_size must be a number from 1e-06 to 1e+06, got 0"),
        ("lsq", {"numel": 0}, "numel must be a whole number from 1 to 1000000000000, got 0"),
        ("lsq", {"tensor": "x"}, 'tensor must be one of "weights", "activations", got \'x\''),
        ("ewgs", {"delta": -1.0}, "delta must be a number from 0 to 1000, got -1"),
        ("ewgs", {"g": "up"}, "g must be real numbers, got 'up'"),
        ("gste", {"quantizer": 2}, "quantizer must be a Quantizer, got 2"),
        ("additive_noise", {"family": "cauchy"}, 'family must be one of "uniform", "triangular"'),
        ("additive_noise", {"scale": 0.0}, "scale must be a number from 1e-06 to 1e+06, got 0"),
    ],
)
def test_parameters_that_are_refused(key: str, params: dict[str, Any], message: str) -> None:
    entry = TABLE[key]
    for call in (entry.forward, entry.smooth, entry.derivative, entry.density):
        with pytest.raises(ValueError, match=re.escape(message)):
            call(0.5, **params)


def test_other_arguments_that_are_refused() -> None:
    entry = TABLE["pact"]
    with pytest.raises(ValueError, match='wrt must be one of "x", "alpha", got \'beta\''):
        entry.derivative(0.5, "beta")
    with pytest.raises(ValueError, match="x must be real numbers, got 'a'"):
        entry.forward("a")
    with pytest.raises(ValueError, match="upstream must be real numbers"):
        entry.backward(0.5, [True])
    with pytest.raises(ValueError, match="threshold must be a whole number from 1 to 3, got 4"):
        entry.density(0.0, threshold=4)
    seed: Any = 7
    calls: list[Callable[[], Any]] = [lambda: entry.noise(seed, 3), lambda: entry.sample(0.5, seed)]
    for call in calls:
        with pytest.raises(ValueError, match=r"rng must be a numpy\.random\.Generator, got 7"):
            call()


def test_import_is_light() -> None:
    code = "import n2uq_viz.surrogates, json, sys; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "matplotlib", "scipy", "sklearn", "ipywidgets", "anywidget", "tqdm"}
    assert not heavy.intersection(json.loads(run.stdout))
