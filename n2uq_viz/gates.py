"""What four backward rules for one step pass back, and where a threshold ends that follows them.

The forward pass is the same for all of them. So what they do differently is theirs alone, and a run
small enough to be followed by hand shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, choice, inputs
from n2uq_viz.quantizer import Quantizer

__all__ = ["FAR", "INPUTS", "RULES", "Run", "best_thresholds", "descend", "learn", "passed"]

#: The true derivative, the clipped STE, the STE without its gate, and a clip of the gradient.
RULES = ("derivative", "gate", "no_gate", "hardtanh")
SIGN = Quantizer.binary()

#: What a threshold learns from: inputs spread evenly around 0, and a few far out.
FAR = (4.0, 5.0, 6.0)
INPUTS = np.array([*(0.1 * (np.arange(30) - 14.5)), *FAR])
START, RATE, STEPS = 0.8, 0.002, 150


def passed(rule: str, x: ArrayLike, upstream: ArrayLike, q: Quantizer = SIGN) -> FloatArray:
    """Return what a rule passes back through one step, for the gradient that comes from above.

    Parameters
    ----------
    rule
        ``"derivative"``: 0, the derivative of the step wherever it has one. ``"gate"``: the clipped
        STE, `upstream` between the edges of `q` and 0 outside. ``"no_gate"``: `upstream`
        everywhere. ``"hardtanh"``: `upstream` clipped to [-1, 1], wherever `x` is.
    x, upstream
        Inputs of the step and gradients with respect to its output; shapes that broadcast.
    q
        The step: its edges are the range of the gate.

    Raises
    ------
    ValueError
        No such rule.

    Notes
    -----
    Source: Bengio et al., 2013, arXiv 1308.3432 (no gate); Courbariaux et al., 2016,
    arXiv 1602.02830 (with it).

    Examples
    --------
    >>> [passed(rule, [0.2, 3.0], [5.0, 0.5]).tolist() for rule in RULES]
    [[0.0, 0.0], [5.0, 0.0], [5.0, 0.5], [1.0, 0.5]]
    """
    choice("rule", rule, RULES)
    x, upstream = np.broadcast_arrays(inputs(x), inputs(upstream))
    if rule == "derivative":
        return np.zeros(x.shape)
    if rule == "hardtanh":
        return np.asarray(np.clip(upstream, -1.0, 1.0))
    if rule == "no_gate":
        return upstream.copy()
    return np.asarray(upstream * q.ste_gradient(x, slope="unit"))


def descend(
    rule: str, target: float, start: float, rate: float = 0.05, steps: int = 10
) -> FloatArray:
    """Return the positions of gradient descent on ``(sign(x) - target)**2``, ``steps + 1`` of them.

    >>> descend("gate", target=-1.0, start=0.3, steps=4).round(3)
    array([ 0.3,  0.1, -0.1, -0.1, -0.1])
    """
    path = [float(start)]
    for _ in range(steps):
        upstream = 2.0 * (SIGN(path[-1]) - target)
        path.append(path[-1] - rate * float(passed(rule, path[-1], upstream)))
    return np.array(path)


@dataclass(frozen=True)
class Run:
    """A threshold on its way: where it is after every step, and the squared error there."""

    thresholds: FloatArray
    loss: FloatArray


def learn(
    rule: str,
    x: ArrayLike = INPUTS,
    start: float = START,
    rate: float = RATE,
    steps: int = STEPS,
) -> Run:
    """Let the threshold t of ``sign(x - t)`` follow a rule, so that the output comes close to `x`.

    Full-batch descent on the sum of squared errors over the inputs `x`, shape (n,). The loss that
    is kept is their mean. The gate moves with the threshold: it reaches from t - 1 to t + 1.

    >>> learn("derivative").thresholds[-1], bool(abs(learn("gate").thresholds[-1]) < 0.05)
    (np.float64(0.8), True)
    """
    x = inputs(x)
    place, thresholds, loss = float(start), [], []
    for _ in range(steps + 1):
        q = Quantizer.binary((place - 1.0, place + 1.0))
        error = q(x) - x
        thresholds.append(place)
        loss.append(float(np.mean(error**2)))
        # A threshold that moves to the right moves every input to the left of it.
        place += rate * float(np.sum(passed(rule, x, 2.0 * error, q)))
    return Run(np.array(thresholds), np.array(loss))


def best_thresholds(x: ArrayLike = INPUTS) -> tuple[float, float]:
    """Return the gap between neighboring inputs in which a threshold has the least squared error.

    >>> np.round(best_thresholds(), 3)
    array([-0.05,  0.05])
    """
    x = inputs(x)
    places = np.unique(x)
    middles = 0.5 * (places[:-1] + places[1:])
    loss = [np.sum((np.where(x > t, 1.0, -1.0) - x) ** 2) for t in middles]
    k = int(np.argmin(loss))
    return float(places[k]), float(places[k + 1])
