"""Surrogates for staircases of many levels: rounding, clipping, learned steps and thresholds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, choice, real_array, whole_number
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates.noise import Noise, truncated_logistic, uniform
from n2uq_viz.surrogates.rule import Latex, NoNoise, Parameter, Rule, Values
from n2uq_viz.surrogates.surrogate import Surrogate

__all__ = ["lsq_initial_step"]

BoolArray = NDArray[np.bool_]

MAX_BITS = 8
#: What LSQ quantizes: signed numbers or those from 0 on.
TENSORS = ("weights", "activations")


def _bits(key: str) -> Parameter:
    return Parameter(2, f"surrogate.{key}.bits", 1, MAX_BITS, (1, 4), kind="whole")


def _even(low: float, step: float, count: int) -> tuple[FloatArray, FloatArray]:
    """Return thresholds and levels of a staircase of `count` equal steps."""
    index = np.arange(count + 1.0)
    return low + step * (index[1:] - 0.5), low + step * index


def _steps(p: Values) -> int:
    return int(2 ** p["bits"] - 1)


# --- DSQ: a tanh within each step, in units of the step -------------------------------------------


def _dsq_rate(p: Values) -> float:
    return math.log(2.0 / p["alpha"] - 1.0)


def _dsq_cell(x: FloatArray, p: Values) -> tuple[FloatArray, FloatArray]:
    """Return the middle of the step around x, and the place of x within it, −1/2 to 1/2."""
    z = np.clip(x, 0.0, _steps(p))
    middle = np.minimum(np.floor(z), _steps(p) - 1.0) + 0.5
    return middle, z - middle


def _dsq(x: FloatArray, p: Values) -> FloatArray:
    middle, r = _dsq_cell(x, p)
    reach = 0.5 / (1.0 - p["alpha"])
    curve: FloatArray = middle + reach * np.tanh(_dsq_rate(p) * r)
    return curve


def _dsq_slope(x: FloatArray, p: Values) -> FloatArray:
    rate = _dsq_rate(p)
    _, r = _dsq_cell(x, p)
    tail = np.exp(-2.0 * rate * np.abs(r))
    slope = 0.5 * rate / (1.0 - p["alpha"]) * 4.0 * tail / (1.0 + tail) ** 2
    return np.where((x >= 0.0) & (x <= _steps(p)), slope, 0.0)


DSQ = Surrogate(
    "dsq",
    {
        "alpha": Parameter(0.2, "surrogate.dsq.alpha", 1e-6, 0.999, (0.01, 0.9)),
        "bits": _bits("dsq"),
    },
    Latex(
        r"y = \operatorname{round}(\operatorname{clip}(z, 0, 2^n - 1))",
        r"\frac{\partial y}{\partial z} := \frac{k\,S}{2}\operatorname{sech}^2(k r),"
        r"\quad r = z - \lfloor z \rfloor - \tfrac12,\ S = \frac{1}{1 - \alpha},"
        r"\ k = \ln\left(\tfrac{2}{\alpha} - 1\right)",
        {},
    ),
    "Gong et al., Differentiable Soft Quantization, ICCV 2019, arXiv 1908.05033",
    Rule(
        lambda p: _even(0.0, 1.0, _steps(p)),
        _dsq,
        _dsq_slope,
        lambda p: (truncated_logistic(_dsq_rate(p)),),
        lambda p: tuple(float(k) for k in range(_steps(p) + 1)),
        {},
    ),
)


# --- PACT: a learned clipping level ---------------------------------------------------------------

PACT = Surrogate(
    "pact",
    {
        "alpha": Parameter(3.0, "surrogate.pact.alpha", 1e-6, 1e6, (0.5, 6.0)),
        "bits": _bits("pact"),
    },
    Latex(
        r"y = D \operatorname{round}\left(\frac{\operatorname{clip}(x, 0, \alpha)}{D}\right),"
        r"\quad D = \frac{\alpha}{2^n - 1}",
        r"\frac{\partial y}{\partial x} := \mathbf{1}[0 \le x < \alpha]",
        {"alpha": r"\frac{\partial y}{\partial \alpha} := \mathbf{1}[x \ge \alpha]"},
    ),
    "Choi et al., PACT, 2018, arXiv 1805.06085",
    Rule(
        lambda p: _even(0.0, p["alpha"] / _steps(p), _steps(p)),
        lambda x, p: np.clip(x, 0.0, p["alpha"]),
        lambda x, p: np.where((x >= 0.0) & (x < p["alpha"]), 1.0, 0.0),
        lambda p: (uniform(0.5 * p["alpha"] / _steps(p)),),
        lambda p: (0.0, p["alpha"]),
        {"alpha": lambda x, p: np.where(x >= p["alpha"], 1.0, 0.0)},
    ),
)


# --- LSQ: a learned step size ---------------------------------------------------------------------


def _lsq_limits(p: Values) -> tuple[int, int]:
    """Return −Q_N and Q_P, the least and the greatest code."""
    if p["tensor"] == "activations":
        return 0, _steps(p)
    half = int(2 ** (p["bits"] - 1))
    return -half, half - 1


def _lsq_staircase(p: Values) -> tuple[FloatArray, FloatArray]:
    low, high = _lsq_limits(p)
    s = p["step_size"]
    # One bit with a sign would have the codes −1 and 0: its levels are −s and s instead.
    return _even(-s, 2.0 * s, 1) if high == 0 else _even(s * low, s, high - low)


def _lsq_inside(x: FloatArray, p: Values) -> BoolArray:
    levels = _lsq_staircase(p)[1]
    inside: BoolArray = (x > levels[0]) & (x < levels[-1])
    return inside


def _lsq_step_slope(x: FloatArray, p: Values) -> FloatArray:
    thresholds, levels = _lsq_staircase(p)
    s = p["step_size"]
    codes = levels[np.searchsorted(thresholds, x, side="left")] / s
    inside = _lsq_inside(x, p)
    scale = 1.0 / math.sqrt(p["numel"] * max(_lsq_limits(p)[1], 1))
    slope: FloatArray = scale * (codes - np.where(inside, x, 0.0) / s)
    return slope


def _lsq_law(p: Values) -> tuple[Noise, ...]:
    levels = _lsq_staircase(p)[1]
    return (uniform(0.5 * float(levels[1] - levels[0])),)


LSQ = Surrogate(
    "lsq",
    {
        "step_size": Parameter(1.0, "surrogate.lsq.step_size", 1e-6, 1e6, (0.2, 2.0)),
        "bits": _bits("lsq"),
        "tensor": Parameter("weights", "surrogate.lsq.tensor", kind="word", words=TENSORS),
        "numel": Parameter(1, "surrogate.lsq.numel", 1, 1e12, (1, 1000), kind="whole"),
    },
    Latex(
        r"y = s \operatorname{round}(\operatorname{clip}(x/s, -Q_N, Q_P))",
        r"\frac{\partial y}{\partial x} := \mathbf{1}[-Q_N < x/s < Q_P]",
        {
            "step_size": r"\frac{\partial y}{\partial s} := \frac{1}{\sqrt{N Q_P}}\begin{cases}"
            r"\operatorname{round}(x/s) - x/s & -Q_N < x/s < Q_P \\"
            r"-Q_N & x/s \le -Q_N \\ Q_P & x/s \ge Q_P\end{cases}"
        },
    ),
    "Esser et al., Learned Step Size Quantization, ICLR 2020, arXiv 1902.08153",
    Rule(
        _lsq_staircase,
        lambda x, p: np.clip(x, *_lsq_staircase(p)[1][[0, -1]]),
        lambda x, p: np.where(_lsq_inside(x, p), 1.0, 0.0),
        _lsq_law,
        lambda p: tuple(_lsq_staircase(p)[1][[0, -1]].tolist()),
        {"step_size": _lsq_step_slope},
    ),
)


def lsq_initial_step(values: ArrayLike, bits: int = 2, tensor: str = "weights") -> float:
    """Return the step size that LSQ starts from: 2 · mean|values| / √Q_P, in units of `values`.

    `bits` is from 1 to 8 and `tensor` is ``"weights"`` (signed) or ``"activations"``. Raises
    ValueError for anything else, and for values that are empty, not finite, or all 0.

    Source: Esser et al., ICLR 2020, arXiv 1902.08153.

    >>> lsq_initial_step([-1.0, 3.0], bits=2), lsq_initial_step([-1.0, 3.0], bits=1)
    (4.0, 4.0)
    """
    p = {
        "bits": whole_number("bits", bits, 1, MAX_BITS),
        "tensor": choice("tensor", tensor, TENSORS),
    }
    array = real_array("values", values)
    with np.errstate(over="ignore"):
        mean = float(np.mean(np.abs(array))) if array.size else 0.0
    if not (math.isfinite(mean) and mean > 0.0):
        raise ValueError(
            f"values must be finite numbers, not all of them 0, got {array.size} with mean size "
            f"{mean:g}; leave out what cannot set a step size"
        )
    return 2.0 * mean / math.sqrt(max(_lsq_limits(p)[1], 1))


# --- EWGS: scaled by the error of rounding --------------------------------------------------------


def _ewgs_error(x: FloatArray, p: Values) -> tuple[FloatArray, FloatArray]:
    """Return x within its range, and how far rounding is off there."""
    thresholds, levels = _even(0.0, 1.0 / _steps(p), _steps(p))
    inside = np.clip(x, 0.0, 1.0)
    return inside, inside - levels[np.searchsorted(thresholds, inside, side="left")]


def _ewgs(x: FloatArray, p: Values) -> FloatArray:
    inside, error = _ewgs_error(x, p)
    curve: FloatArray = inside + 0.5 * p["delta"] * np.sign(p["g"]) * error**2
    return curve


def _ewgs_slope(x: FloatArray, p: Values) -> FloatArray:
    _, error = _ewgs_error(x, p)
    slope = 1.0 + p["delta"] * np.sign(p["g"]) * error
    return np.where((x >= 0.0) & (x <= 1.0), slope, 0.0)


EWGS = Surrogate(
    "ewgs",
    {
        "delta": Parameter(1.0, "surrogate.ewgs.delta", 0.0, 1e3, (0.0, 3.0)),
        "bits": _bits("ewgs"),
        "g": Parameter(1.0, "surrogate.ewgs.g", shown=(-1.0, 1.0), kind="array"),
    },
    Latex(
        r"y = D \operatorname{round}(\operatorname{clip}(x, 0, 1)/D),\quad D = \frac{1}{2^n - 1}",
        r"\frac{\partial y}{\partial x} := 1 + \delta \operatorname{sign}(g)\,(x - y)"
        r"\quad\text{for } 0 \le x \le 1",
        {},
    ),
    "Lee et al., Element-wise Gradient Scaling, CVPR 2021, arXiv 2104.00903",
    Rule(
        lambda p: _even(0.0, 1.0 / _steps(p), _steps(p)),
        _ewgs,
        _ewgs_slope,
        lambda _: NoNoise("upstream"),
        lambda _: (0.0, 1.0),
        {},
    ),
)


# --- G-STE: one slope per step --------------------------------------------------------------------


def _jitter(p: Values) -> tuple[Noise, ...]:
    q: Quantizer = p["quantizer"]
    return tuple(uniform(0.5 * width) for width in q.intervals.tolist())


GSTE = Surrogate(
    "gste",
    {
        "quantizer": Parameter(
            Quantizer([0.0, 0.4, 1.1, 2.0], np.linspace(0.0, 2.0, 4)),
            "surrogate.gste.quantizer",
            kind="object",
            type=Quantizer,
        )
    },
    Latex(
        r"y = y_0 + \sum_i (y_i - y_{i-1})\,\mathbf{1}[x > t_i],"
        r"\quad t_i = \tfrac12 (b_{i-1} + b_i)",
        r"\frac{\partial y}{\partial x} := \frac{y_i - y_{i-1}}{b_i - b_{i-1}}"
        r"\quad\text{for } b_{i-1} < x \le b_i",
        {},
    ),
    "Liu et al., Nonuniform-to-Uniform Quantization, CVPR 2022, arXiv 2111.14826",
    Rule(
        lambda p: (p["quantizer"].thresholds, p["quantizer"].levels),
        lambda x, p: p["quantizer"].expectation(x),
        lambda x, p: p["quantizer"].gradient(x),
        _jitter,
        lambda p: tuple(p["quantizer"].edges.tolist()),
        {},
    ),
)
