"""One side of the Surrogate explorer: a surrogate with its parameters, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz.figures.shown import settle, visible
from n2uq_viz.plots.labels import short
from n2uq_viz.plots.surrogates import curve_inputs
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.surrogates import TABLE, Noise, Surrogate
from n2uq_viz.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from n2uq_viz.checks import FloatArray

View = tuple[float, float]

SIDES = ("left", "right")
#: Distances from a kink at which a curve is looked at, as shares of the view: peaks may be narrow.
NEAR = np.geomspace(1e-5, 0.1, 41)
#: Inputs on a curve, besides those close to kinks.
POINTS = 201
#: Distance from the end of a law of noise of a value beside it, as a share of the view.
ASIDE = 1e-9


@dataclass(frozen=True)
class Side:
    """A surrogate as a state shows it.

    Attributes
    ----------
    parameters
        All of them by name; the quantizer of the state for G-STE.
    thresholds, levels
        Of the staircase that runs forward.
    """

    surrogate: Surrogate
    parameters: dict[str, Any]
    thresholds: FloatArray
    levels: FloatArray

    @property
    def laws(self) -> tuple[Noise, ...]:
        """Return the noise of all thresholds, or of each; nothing where there is none."""
        if self.surrogate.why_none(**self.parameters) is not None:
            return ()
        return self.surrogate.laws(**self.parameters)

    @property
    def settings(self) -> str:
        """Return the parameters as people write them; nothing for none."""
        return ", ".join(
            say(f"figure.surrogate.parameter.{name}", value=_value(value))
            for name, value in self.parameters.items()
        )

    def inputs(self, view: View) -> FloatArray:
        """Return inputs over `view`, increasing, that miss no kink and no peak."""
        kinks = self.surrogate.kinks(**self.parameters)
        around = kinks[:, None] + (view[1] - view[0]) * np.concatenate((-NEAR, NEAR))
        near = np.concatenate((around.ravel(), *self._beside(kinks)))
        near = near[(view[0] <= near) & (near <= view[1])]
        return np.unique(
            np.concatenate((curve_inputs(self.surrogate, view, **self.parameters), near))
        )

    @staticmethod
    def _beside(kinks: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.nextafter(kinks, -np.inf), np.nextafter(kinks, np.inf)

    def peak(self, view: View) -> float:
        """Return the highest slope over `view`, or a tenth of that at a kink, if that is more."""
        kinks = np.concatenate(self._beside(self.surrogate.kinks(**self.parameters)))
        seen, anywhere = (
            float(self.surrogate.derivative(x, **self.parameters).max())
            for x in (self.inputs(view), kinks)
        )
        return max(seen, 0.1 * anywhere)

    def values(self, x: float) -> tuple[float, float, float]:
        """Return output, smooth curve and derivative at one input."""
        found = (self.surrogate.forward, self.surrogate.smooth, self.surrogate.derivative)
        forward, smooth, slope = (float(each(x, **self.parameters)) for each in found)
        return forward, smooth, slope


def _value(value: Any) -> str:
    if isinstance(value, Quantizer):
        return str(value.thresholds.size)
    return short(float(value)) if isinstance(value, (int, float)) else str(value)


def side_of(state: Mapping[str, Any], name: str) -> Side:
    """Return the surrogate on the ``"left"`` or ``"right"`` of a valid state.

    >>> from n2uq_viz.figures.shown import default_state
    >>> side_of(default_state("surrogate"), "right").settings
    't = 2'
    """
    surrogate = TABLE[state[name]["surrogate"]]
    parameters = dict(state[name]["parameters"])
    if surrogate.key == "gste":
        parameters["quantizer"] = Quantizer(state["edges"], state["levels"])
    return Side(surrogate, parameters, *surrogate.staircase(**parameters))


def noise_inputs(laws: tuple[Noise, ...], half: float) -> FloatArray:
    """Return values of noise from −`half` to `half`, increasing, on both sides of all its ends."""
    ends = np.array([end for law in laws for end in law.support if np.isfinite(end)])
    aside = ASIDE * half
    near = half * np.concatenate((-NEAR, [0.0], NEAR))
    beside = np.concatenate((ends - aside, ends + aside)) if ends.size else ends
    e = np.unique(np.concatenate((np.linspace(-half, half, POINTS), near, beside)))
    inside: FloatArray = e[np.abs(e) <= half]
    return inside


def claim(state: Mapping[str, Any]) -> str:
    """Return in one line how far the two slopes are apart."""
    left, right = (side_of(state, name) for name in SIDES)
    slopes = [short(side.values(state["x"])[2]) for side in (left, right)]
    return say(
        f"figure.surrogate.claim{'.same' if slopes[0] == slopes[1] else ''}",
        left=left.surrogate.title,
        right=right.surrogate.title,
        x=short(state["x"]),
        one=slopes[0],
        other=slopes[1],
    )


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and the numbers that they name, as text."""
    shown = settle(state, "surrogate")
    values = {
        "claim": claim(shown),
        "x": short(shown["x"]),
        "low": short(shown["view"][0]),
        "high": short(shown["view"][1]),
    }
    for name in SIDES:
        side = side_of(shown, name)
        forward, smooth, slope = (short(value) for value in side.values(shown["x"]))
        settings = side.settings
        values |= {
            name: side.surrogate.title + (f" ({settings})" if settings else ""),
            f"{name}_forward": forward,
            f"{name}_smooth": smooth,
            f"{name}_slope": slope,
            f"{name}_noise": noise_words(side),
            f"{name}_source": side.surrogate.source,
        }
    return [*visible(shown), "source"], values


def noise_words(side: Side) -> str:
    """Return which noise stands behind a surrogate, or why there is none, in a sentence or two.

    >>> from n2uq_viz.figures.shown import default_state
    >>> noise_words(side_of(default_state("surrogate"), "left"))
    'uniform noise.'
    """
    laws = side.laws
    if not laws:
        return say("figure.surrogate.no_noise", why=side.surrogate.no_noise(**side.parameters))
    key = "each" if len(laws) > 1 else "one"
    return say(f"figure.surrogate.noise.{key}", law=say(f"noise.{laws[0].name}"))
