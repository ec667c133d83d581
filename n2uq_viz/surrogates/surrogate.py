"""One surrogate derivative, with everything that a claim about it needs to be checked.

A staircase has no useful slope, so training puts another one in its place. Which one is a choice;
what it is the slope *of* is not. So each entry says both: the staircase that runs forward, the
derivative that runs backward, the curve that has this derivative, and the noise, if any, that makes
the curve the mean of the staircase. Where no noise does, the entry says why.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, choice, inputs, real_array, whole_number
from n2uq_viz.surrogates.noise import Noise, Size
from n2uq_viz.surrogates.rule import Formula, Latex, NoNoise, Parameter, Rule
from n2uq_viz.words import say

__all__ = ["Surrogate"]

MOST = 2**62  # numbers along one axis


@dataclass(frozen=True)
class Surrogate:
    """A surrogate derivative: what runs forward, what runs backward, and the noise between.

    Every method takes the parameters by name; those not given have their defaults. Inputs ``x``
    may have any shape and results have the same (a NumPy scalar for a scalar); NaN stays NaN.
    Every method raises ValueError for an unknown parameter and for a value out of its range.

    Attributes
    ----------
    key
        Its name in ``TABLE``.
    parameters
        Name -> `Parameter`.
    latex
        Its formulas.
    source
        The paper.

    Examples
    --------
    >>> from n2uq_viz.surrogates import TABLE
    >>> clipped = TABLE["clipped_ste"]
    >>> clipped.forward([-0.5, 0.0, 2.0])  # at a tie: the lower level
    array([-1., -1.,  1.])
    >>> clipped.derivative([-0.5, 1.0, 2.0])
    array([1., 1., 0.])
    >>> clipped.density([0.0, 2.0])  # noise between −1 and 1
    array([0.5, 0. ])
    >>> print(TABLE["identity_ste"].density(0.0), TABLE["identity_ste"].no_noise())
    None Its area is infinite. A density times the height of the step, 2, has the area 2.
    >>> TABLE["ede"].derivative(0.0, t=0.0)
    Traceback (most recent call last):
    ValueError: t must be a number from 0.01 to 100, got 0
    """

    key: str
    parameters: Mapping[str, Parameter]
    latex: Latex
    source: str
    rule: Rule

    @property
    def title(self) -> str:
        """Its name as people write it."""
        return say(f"surrogate.{self.key}.title")

    @property
    def remark(self) -> str:
        """What is true about it and its noise, in words."""
        return say(f"surrogate.{self.key}.remark")

    @property
    def learned(self) -> tuple[str, ...]:
        """Parameters that have a derivative of their own."""
        return tuple(self.rule.partial)

    def values(self, **params: Any) -> dict[str, Any]:
        """Return all parameters by name: those given, checked, and the defaults of the others.

        >>> from n2uq_viz.surrogates import TABLE
        >>> TABLE["dsq"].values(alpha=0.5)
        {'alpha': 0.5, 'bits': 2}
        """
        for name in params:
            if name not in self.parameters:
                known = ", ".join(f'"{each}"' for each in self.parameters) or "none"
                raise ValueError(
                    f'a parameter of {self.title} must be one of: {known}; got "{name}"'
                )
        return {
            name: parameter.check(name, params[name]) if name in params else parameter.default
            for name, parameter in self.parameters.items()
        }

    def staircase(self, **params: Any) -> tuple[FloatArray, FloatArray]:
        """Return thresholds, shape (L,), and levels, shape (L + 1,), of the forward function.

        >>> from n2uq_viz.surrogates import TABLE
        >>> TABLE["pact"].staircase(alpha=1.5)
        (array([0.25, 0.75, 1.25]), array([0. , 0.5, 1. , 1.5]))
        """
        return self.rule.staircase(self.values(**params))

    def forward(self, x: ArrayLike, **params: Any) -> FloatArray:
        """Return the output of the staircase; exactly on a threshold the lower level."""
        thresholds, levels = self.staircase(**params)
        array = inputs(x)
        return _finish(array, levels[np.searchsorted(thresholds, array, side="left")])

    def smooth(self, x: ArrayLike, **params: Any) -> FloatArray:
        """Return the curve whose derivative is the surrogate, in output units.

        Where noise stands behind it, this is the mean of the noisy staircase.
        """
        return self._curve(self.rule.smooth, x, **params)

    def derivative(self, x: ArrayLike, wrt: str = "x", **params: Any) -> FloatArray:
        """Return the surrogate derivative, output units per unit of what it is taken to.

        `wrt` is ``"x"`` or one of `learned`; anything else raises ValueError.

        >>> from n2uq_viz.surrogates import TABLE
        >>> TABLE["pact"].derivative([0.5, 4.0], "alpha", alpha=3.0)
        array([0., 1.])
        """
        formulas: dict[str, Formula] = {"x": self.rule.derivative, **self.rule.partial}
        return self._curve(formulas[choice("wrt", wrt, formulas)], x, **params)

    def backward(self, x: ArrayLike, upstream: ArrayLike, **params: Any) -> FloatArray:
        """Return the gradient for x: `upstream`, of a shape that broadcasts, times the derivative.

        Of EWGS the derivative itself depends on the sign of the upstream gradient.

        >>> from n2uq_viz.surrogates import TABLE
        >>> TABLE["clipped_ste"].backward([0.2, 3.0], [5.0, 0.5])
        array([5., 0.])
        """
        flow, array = real_array("upstream", upstream), inputs(x)
        _together("upstream", flow, array)
        if "g" in self.parameters:
            params = {**params, "g": flow}
        gradient: FloatArray = flow * self.derivative(array, **params)
        return gradient

    def why_none(self, **params: Any) -> NoNoise | None:
        """Return why no noise stands behind the derivative, or None where there is one.

        >>> from n2uq_viz.surrogates import TABLE
        >>> TABLE["ede"].why_none(t=0.5), TABLE["ede"].why_none(t=2.0)
        (NoNoise(reason='area', area=4.0), None)
        """
        found = self.rule.laws(self.values(**params))
        return found if isinstance(found, NoNoise) else None

    def no_noise(self, **params: Any) -> str | None:
        """Return `why_none` in words."""
        found = self.why_none(**params)
        if found is None:
            return None
        thresholds, levels = self.staircase(**params)
        jump = float(levels[-1] - levels[0]) / thresholds.size
        return say(f"surrogate.no_noise.{found.reason}", area=f"{found.area:.3g}", jump=f"{jump:g}")

    def laws(self, **params: Any) -> tuple[Noise, ...]:
        """Return the noise behind the derivative: one law for all thresholds, or one for each.

        Raises
        ------
        ValueError
            There is none; the message says why.
        """
        found = self.rule.laws(self.values(**params))
        if isinstance(found, NoNoise):
            raise ValueError(
                f"no noise stands behind {self.title}, got a call for it: {self.no_noise(**params)}"
            )
        return found

    def density(self, e: ArrayLike, threshold: int = 1, **params: Any) -> FloatArray | None:
        """Return the density of the noise, per input unit, or None where there is none.

        `threshold`, from 1 to L, matters where each threshold has noise of its own.

        >>> from n2uq_viz.surrogates import TABLE
        >>> TABLE["gste"].density(0.0, 1), TABLE["gste"].density(0.0, 3)
        (np.float64(2.5), np.float64(1.1111111111111112))
        """
        index, array = self._index(threshold, **params), real_array("e", e)
        found = self.rule.laws(self.values(**params))
        if isinstance(found, NoNoise):
            return None
        with np.errstate(over="ignore"):
            return _finish(array, found[index % len(found)].density(array))

    def noise(
        self, rng: np.random.Generator, size: Size, threshold: int = 1, **params: Any
    ) -> FloatArray:
        """Return `size` independent values of the noise, in input units, drawn from `rng`.

        Raises
        ------
        ValueError
            There is no such noise, or `rng` is no NumPy Generator.
        """
        laws, index = self.laws(**params), self._index(threshold, **params)
        return laws[index % len(laws)].sampler(_generator(rng), _shape(size))

    def sample(self, x: ArrayLike, rng: np.random.Generator, **params: Any) -> FloatArray:
        """Return one noisy output for each element of `x`: the mean of many is `smooth`.

        One law for all thresholds is added to the input; otherwise each threshold gets its own.
        Errors as for `noise`.

        >>> from n2uq_viz.surrogates import TABLE
        >>> rng = np.random.default_rng(0)
        >>> round(float(TABLE["clipped_ste"].sample(np.full(10_000, 0.5), rng).mean()), 2)
        0.5
        """
        laws, (thresholds, levels) = self.laws(**params), self.staircase(**params)
        generator, array = _generator(rng), inputs(x)
        if len(laws) == 1:
            return self.forward(array + laws[0].sampler(generator, array.shape), **params)
        total = np.full(array.shape, levels[0])
        for law, threshold, rise in zip(laws, thresholds, np.diff(levels), strict=True):
            total += rise * (array > threshold + law.sampler(generator, array.shape))
        return _finish(array, total)

    def kinks(self, **params: Any) -> FloatArray:
        """Return the inputs where forward or derivative is not smooth, increasing, shape (n,)."""
        values = self.values(**params)
        thresholds, _ = self.rule.staircase(values)
        return np.unique(np.concatenate((thresholds, self.rule.kinks(values))))

    def _curve(self, formula: Formula, x: ArrayLike, **params: Any) -> FloatArray:
        array, values = inputs(x), self.values(**params)
        for name, parameter in self.parameters.items():
            if parameter.kind == "array":
                _together(name, np.asarray(values[name]), array)
        # An input near the end of the floats may overflow on its way to a limit that is right.
        with np.errstate(over="ignore"):
            return _finish(array, formula(array, values))

    def _index(self, threshold: int, **params: Any) -> int:
        count = self.staircase(**params)[0].size
        return whole_number("threshold", threshold, 1, count) - 1

    def _repr_markdown_(self) -> str:
        rows = [f"- `{name}`: {each.meaning}" for name, each in self.parameters.items()]
        lines = [
            f"**{self.title}** ({self.source})",
            f"$${self.latex.forward}$$",
            f"$${self.latex.derivative}$$",
            *(f"$${formula}$$" for formula in self.latex.partial.values()),
            self.remark,
            "\n".join(rows),
        ]
        return "\n\n".join(line for line in lines if line)


def _together(name: str, values: FloatArray, x: FloatArray) -> None:
    try:
        np.broadcast_shapes(values.shape, x.shape)
    except ValueError:
        raise ValueError(
            f"{name} must have a shape that broadcasts with x, got {values.shape} for x of shape "
            f"{x.shape}; give one number, or one for each x"
        ) from None


def _shape(size: Size) -> Size:
    parts = size if isinstance(size, tuple) else (size,)
    try:
        for part in parts:
            whole_number("size", part, 0, MOST)
    except ValueError:
        raise ValueError(
            f"size must be a whole number from 0 on, or a tuple of them, got {reprlib.repr(size)}"
        ) from None
    return size


def _generator(rng: object) -> np.random.Generator:
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng must be a numpy.random.Generator, got {reprlib.repr(rng)}; make one with "
            "numpy.random.default_rng(seed)"
        )
    return rng


def _finish(x: FloatArray, result: FloatArray) -> FloatArray:
    """Return `result` with NaN wherever `x` has it; a NumPy scalar for a 0-d array."""
    unwrapped: FloatArray = np.where(np.isnan(x), np.nan, result)[()]
    return unwrapped
