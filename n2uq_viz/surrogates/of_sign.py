"""Surrogates for the sign function: what papers on binary networks put in place of its slope."""

from __future__ import annotations

import math

import numpy as np

from n2uq_viz.checks import FloatArray
from n2uq_viz.surrogates.noise import FAMILIES, Noise, logistic, triangular, uniform
from n2uq_viz.surrogates.rule import Formula, Latex, NoNoise, Parameter, Rule, Values
from n2uq_viz.surrogates.surrogate import Surrogate

#: Where ReSTE changes from its power function to a straight line, and where it ends.
RESTE_INNER, RESTE_OUTER = 0.1, 1.5
#: Beyond this, exp(-u) times u is 0 in floats, while u itself stays finite.
FAR = 800.0
_FORWARD = r"y = \operatorname{sign}(x)"


def _sign(_: Values) -> tuple[FloatArray, FloatArray]:
    return np.array([0.0]), np.array([-1.0, 1.0])


def _entry(
    key: str,
    source: str,
    latex: str,
    smooth: Formula,
    derivative: Formula,
    laws: Noise | NoNoise,
    kinks: tuple[float, ...] = (),
) -> Surrogate:
    """Return a surrogate for sign that has no parameters."""
    found = laws if isinstance(laws, NoNoise) else (laws,)
    rule = Rule(_sign, smooth, derivative, lambda _: found, lambda _: kinks, {})
    return Surrogate(key, {}, Latex(_FORWARD, latex, {}), source, rule)


def _sech2(u: FloatArray) -> FloatArray:
    """Return 1 / cosh(u)², without the cancellation of 1 − tanh(u)²."""
    tail = np.exp(-2.0 * np.abs(u))
    return 4.0 * tail / (1.0 + tail) ** 2


IDENTITY_STE = _entry(
    "identity_ste",
    "Bengio et al., 2013, arXiv 1308.3432",
    r"\frac{\partial y}{\partial x} := 1",
    lambda x, _: x,
    lambda x, _: np.ones_like(x),
    NoNoise("infinite"),
)

CLIPPED_STE = _entry(
    "clipped_ste",
    "Courbariaux et al., Binarized Neural Networks, 2016, arXiv 1602.02830",
    r"\frac{\partial y}{\partial x} := \mathbf{1}[|x| \le 1]",
    lambda x, _: np.clip(x, -1.0, 1.0),
    lambda x, _: np.where(np.abs(x) <= 1.0, 1.0, 0.0),
    uniform(1.0),
    (-1.0, 1.0),
)


def _approx_sign(x: FloatArray, _: Values) -> FloatArray:
    u = np.clip(x, -1.0, 1.0)
    return 2.0 * u - u * np.abs(u)


APPROX_SIGN = _entry(
    "approx_sign",
    "Liu et al., Bi-Real Net, 2018, arXiv 1808.00278",
    r"\frac{\partial y}{\partial x} := (2 - 2|x|)\,\mathbf{1}[|x| \le 1]",
    _approx_sign,
    lambda x, _: 2.0 - 2.0 * np.minimum(np.abs(x), 1.0),
    triangular(1.0),
    (-1.0, 1.0),
)


def _swish(x: FloatArray, p: Values) -> FloatArray:
    u = np.clip(p["beta"] * x, -FAR, FAR)
    # With s the sigmoid of u, 2s(1 + u(1 − s)) − 1, written so that it is odd in floats too.
    curve: FloatArray = np.tanh(0.5 * u) + 0.5 * u * _sech2(0.5 * u)
    return curve


def _swish_slope(x: FloatArray, p: Values) -> FloatArray:
    u = np.clip(p["beta"] * x, -FAR, FAR)
    # 1 + cosh(u) is 2 cosh(u/2)².
    slope: FloatArray = 0.5 * p["beta"] * (2.0 - u * np.tanh(0.5 * u)) * _sech2(0.5 * u)
    return slope


SWISH_SIGN = Surrogate(
    "swish_sign",
    {"beta": Parameter(5.0, "surrogate.swish_sign.beta", 0.01, 1000.0, (1.0, 10.0))},
    Latex(
        _FORWARD,
        r"\frac{\partial y}{\partial x} := "
        r"\frac{\beta\,(2 - \beta x \tanh\frac{\beta x}{2})}{1 + \cosh \beta x}",
        {},
    ),
    "Darabi et al., BNN+, 2018, arXiv 1812.11800",
    Rule(_sign, _swish, _swish_slope, lambda _: NoNoise("negative", 2.0), lambda _: (), {}),
)


def _ede_height(p: Values) -> float:
    return max(1.0 / float(p["t"]), 1.0)


def _ede_laws(p: Values) -> tuple[Noise, ...] | NoNoise:
    height = _ede_height(p)
    return (logistic(0.5 / p["t"]),) if height == 1.0 else NoNoise("area", 2.0 * height)


EDE = Surrogate(
    "ede",
    {"t": Parameter(2.0, "surrogate.ede.t", 0.01, 100.0, (0.1, 10.0))},
    Latex(
        _FORWARD,
        r"\frac{\partial y}{\partial x} := k\,t\,(1 - \tanh^2 t x),"
        r"\quad k = \max\left(\tfrac{1}{t}, 1\right)",
        {},
    ),
    "Qin et al., IR-Net, CVPR 2020, arXiv 1909.10788",
    Rule(
        _sign,
        lambda x, p: _ede_height(p) * np.tanh(p["t"] * x),
        lambda x, p: _ede_height(p) * p["t"] * _sech2(p["t"] * x),
        _ede_laws,
        lambda _: (),
        {},
    ),
)


def _reste(x: FloatArray, p: Values) -> FloatArray:
    size = np.minimum(np.abs(x), RESTE_OUTER)
    power = 1.0 / p["o"]
    line = size * RESTE_INNER ** (power - 1.0)
    curve: FloatArray = np.copysign(np.where(size <= RESTE_INNER, line, size**power), x)
    return curve


def _reste_slope(x: FloatArray, p: Values) -> FloatArray:
    size, power = np.abs(x), 1.0 / p["o"]
    inner = RESTE_INNER ** (power - 1.0)
    outer = power * np.clip(size, RESTE_INNER, RESTE_OUTER) ** (power - 1.0)
    return np.where(size <= RESTE_INNER, inner, np.where(size <= RESTE_OUTER, outer, 0.0))


RESTE = Surrogate(
    "reste",
    {"o": Parameter(3.0, "surrogate.reste.o", 1.0, 100.0, (1.0, 5.0))},
    Latex(
        _FORWARD,
        r"\frac{\partial y}{\partial x} := \begin{cases}"
        r"0.1^{1/o}/0.1 & |x| \le 0.1 \\ \frac{1}{o}|x|^{(1-o)/o} & 0.1 < |x| \le 1.5 \\"
        r"0 & |x| > 1.5\end{cases}",
        {},
    ),
    "Wu et al., ReSTE, ICCV 2023, arXiv 2308.06689",
    Rule(
        _sign,
        _reste,
        _reste_slope,
        lambda p: NoNoise("area", 2.0 * RESTE_OUTER ** (1.0 / p["o"])),
        lambda _: (-RESTE_OUTER, -RESTE_INNER, RESTE_INNER, RESTE_OUTER),
        {},
    ),
)


def _law(p: Values) -> Noise:
    family = p["family"]
    return family if isinstance(family, Noise) else FAMILIES[family](p["scale"])


def _ends(p: Values) -> tuple[float, ...]:
    # The density is mirrored: x + e passes 0 where e passes −x.
    ends = tuple(-end for end in _law(p).support)
    return tuple(end for end in ends if math.isfinite(end))


ADDITIVE_NOISE = Surrogate(
    "additive_noise",
    {
        # Skewed, so that the mirror in p(−x) can be seen.
        "family": Parameter(
            "exponential",
            "surrogate.additive_noise.family",
            kind="word",
            words=tuple(FAMILIES),
            type=Noise,
        ),
        "scale": Parameter(0.5, "surrogate.additive_noise.scale", 1e-6, 1e6, (0.1, 2.0)),
    },
    Latex(
        r"y = \operatorname{sign}(x + e),\quad e \sim p",
        r"\frac{\partial\,\mathrm{E}[y]}{\partial x} = 2\,p(-x)",
        {},
    ),
    "Spallanzani et al., Additive Noise Annealing, 2022, arXiv 2203.11323",
    Rule(
        _sign,
        lambda x, p: 1.0 - 2.0 * _law(p).cumulative(-x),
        lambda x, p: 2.0 * _law(p).density(-x),
        lambda p: (_law(p),),
        _ends,
        {},
    ),
)
