"""Laws of noise: what can stand behind a surrogate derivative, as a density one can also draw from.

Added to an input, or taken from a threshold, noise turns a step into a chance. Each law here is
written three times, as a density, as a distribution function and as a sampler, so that the three
can be held against each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from n2uq_viz.checks import FloatArray

Size = int | tuple[int, ...]

__all__ = [
    "FAMILIES",
    "Noise",
    "exponential",
    "logistic",
    "normal",
    "triangular",
    "truncated_logistic",
    "uniform",
]


@dataclass(frozen=True)
class Noise:
    """A continuous law of noise.

    Attributes
    ----------
    name
        Its name among the words shown to people, or any other word.
    density
        float64 array of noise values -> density there, per input unit.
    cumulative
        float64 array -> probability of less, from 0 to 1.
    sampler
        ``sampler(rng, size)`` -> float64 array of independent values.
    support
        Between which two values the density is not 0; infinite where it never ends.

    Examples
    --------
    >>> law = uniform(1.0)
    >>> law.density(np.array([-1.5, 0.0])), law.cumulative(np.array([0.5, 3.0]))
    (array([0. , 0.5]), array([0.75, 1.  ]))
    """

    name: str
    density: Callable[[FloatArray], FloatArray]
    cumulative: Callable[[FloatArray], FloatArray]
    sampler: Callable[[np.random.Generator, Size], FloatArray]
    support: tuple[float, float] = (-math.inf, math.inf)


def uniform(half_width: float) -> Noise:
    """Return the law that is even between plus and minus `half_width`.

    >>> uniform(2.0).support
    (-2.0, 2.0)
    """
    width = 2.0 * half_width
    return Noise(
        "uniform",
        lambda e: np.where(np.abs(e) <= half_width, 1.0 / width, 0.0),
        lambda e: np.clip((e + half_width) / width, 0.0, 1.0),
        lambda rng, size: rng.uniform(-half_width, half_width, size),
        (-half_width, half_width),
    )


def triangular(half_width: float) -> Noise:
    """Return the law that falls off evenly on both sides of 0, down to 0 at `half_width`.

    >>> triangular(1.0).density(np.array([0.0, 0.5, 1.0]))
    array([1. , 0.5, 0. ])
    """

    def cumulative(e: FloatArray) -> FloatArray:
        u = np.clip(e / half_width, -1.0, 1.0)
        return 0.5 + u - 0.5 * u * np.abs(u)

    return Noise(
        "triangular",
        lambda e: np.maximum(1.0 - np.abs(e) / half_width, 0.0) / half_width,
        cumulative,
        lambda rng, size: rng.triangular(-half_width, 0.0, half_width, size),
        (-half_width, half_width),
    )


def logistic(scale: float) -> Noise:
    """Return the logistic law, whose distribution function is a sigmoid of ``e / scale``.

    >>> logistic(0.5).cumulative(np.array([0.0]))
    array([0.5])
    """

    def density(e: FloatArray) -> FloatArray:
        tail = np.exp(-np.abs(e) / scale)
        return tail / (scale * (1.0 + tail) ** 2)

    return Noise(
        "logistic",
        density,
        lambda e: 0.5 + 0.5 * np.tanh(0.5 * e / scale),
        lambda rng, size: rng.logistic(0.0, scale, size),
    )


def truncated_logistic(rate: float, half_width: float = 0.5) -> Noise:
    """Return the logistic law of scale ``1 / (2 rate)``, kept within plus and minus `half_width`.

    >>> truncated_logistic(2.0).cumulative(np.array([-0.5, 0.0, 0.5]))
    array([0. , 0.5, 1. ])
    """
    # What of the whole law lies within the limits.
    share = math.tanh(rate * half_width)

    def density(e: FloatArray) -> FloatArray:
        tail = np.exp(-2.0 * rate * np.abs(e))
        inside = 2.0 * rate / share * tail / (1.0 + tail) ** 2
        return np.where(np.abs(e) <= half_width, inside, 0.0)

    def cumulative(e: FloatArray) -> FloatArray:
        inside = np.clip(e, -half_width, half_width)
        return 0.5 + 0.5 * np.tanh(rate * inside) / share

    return Noise(
        "truncated_logistic",
        density,
        cumulative,
        lambda rng, size: np.arctanh(share * rng.uniform(-1.0, 1.0, size)) / rate,
        (-half_width, half_width),
    )


def normal(scale: float) -> Noise:
    """Return the normal law with mean 0 and standard deviation `scale`.

    >>> normal(1.0).density(np.array([0.0])).round(4)
    array([0.3989])
    """
    erf = np.vectorize(math.erf, otypes=[np.float64])
    top = 1.0 / (scale * math.sqrt(2.0 * math.pi))
    return Noise(
        "normal",
        lambda e: top * np.exp(-0.5 * (e / scale) ** 2),
        lambda e: 0.5 + 0.5 * erf(e / (scale * math.sqrt(2.0))),
        lambda rng, size: rng.normal(0.0, scale, size),
    )


def exponential(scale: float) -> Noise:
    """Return the exponential law with standard deviation `scale`, shifted to mean 0: a skewed one.

    >>> law = exponential(0.5)
    >>> law.density(np.array([-0.6, -0.5])), law.support
    (array([0., 2.]), (-0.5, inf))
    """

    def past_start(e: FloatArray) -> FloatArray:
        return np.maximum(e / scale + 1.0, 0.0)

    return Noise(
        "exponential",
        lambda e: np.where(e >= -scale, np.exp(-past_start(e)) / scale, 0.0),
        lambda e: -np.expm1(-past_start(e)),
        lambda rng, size: scale * (rng.exponential(1.0, size) - 1.0),
        (-scale, math.inf),
    )


#: Name -> law of that family for a given scale, in input units.
FAMILIES: dict[str, Callable[[float], Noise]] = {
    "uniform": uniform,
    "triangular": triangular,
    "logistic": logistic,
    "normal": normal,
    "exponential": exponential,
}
