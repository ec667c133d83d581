"""Where thresholds should be, and where they are pulled: the true gradient beside G-STE's.

For an increasing target the best thresholds of a deterministic quantizer are known. G-STE, which
follows the expectation of another, stochastic one, is not still there: so its descent ends near
them, and not at them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, choice, increasing, sequence
from n2uq_viz.descent import edge_gradient, loss, samples
from n2uq_viz.quantizer import Quantizer

__all__ = ["INCREASING", "best_thresholds", "edge_gradients", "excess_loss", "least_loss"]

#: Targets of `n2uq_viz.descent` that increase, whose best thresholds are known in closed form.
INCREASING = ("identity", "sqrt", "sigmoid")
_SIGMOID_RATE = 8.0
#: Inputs for integrals over the range.
_COUNT = 200_000


def best_thresholds(target: str, levels: ArrayLike) -> FloatArray:
    """Return the thresholds at which the deterministic output errs least, shape (L,).

    ``t_i = f^-1((y_{i-1} + y_i) / 2)`` for the target f: up to there the lower level is nearer.
    They are the same for every density of inputs. NaN where f reaches no such value.

    Parameters
    ----------
    target
        One of `INCREASING`, from the range of the levels onto itself (the sigmoid: into it).
    levels
        Increasing, shape (L + 1,).

    Raises
    ------
    ValueError
        Another target, or levels that do not increase.

    Examples
    --------
    >>> best_thresholds("identity", [0.0, 1.0, 2.0])
    array([0.5, 1.5])
    >>> best_thresholds("sqrt", [0.0, 1.0, 2.0])  # where sqrt(x / 2) * 2 is 0.5 and 1.5
    array([0.125, 1.125])
    """
    choice("target", target, INCREASING)
    y = increasing("levels", levels)
    low, span = y[0], y[-1] - y[0]
    share = ((y[1:] + y[:-1]) / 2.0 - low) / span
    if target == "sqrt":
        share = share**2
    elif target == "sigmoid":
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 0.5 - np.log(1.0 / share - 1.0) / _SIGMOID_RATE
        share = np.where((share >= 0.0) & (share <= 1.0), share, np.nan)
    found: FloatArray = low + span * share
    return found


def edge_gradients(q: Quantizer, target: str) -> tuple[FloatArray, FloatArray]:
    """Return the loss's gradient with respect to the edges, (L + 1,): the true one, and G-STE's.

    Inputs are spread evenly over the range of the levels, with density ``1 / (y_L - y_0)``. The
    output depends on edges through thresholds alone, whose true gradient is
    ``density * ((y_{i-1} - f(t_i))**2 - (y_i - f(t_i))**2)``, and 0 for one outside that range; a
    threshold is midway between two edges, and gives half of it to each. G-STE's is that of the
    expectation (`n2uq_viz.descent.edge_gradient`). In output units squared per unit of x.

    Raises ValueError for a target that is not one of `INCREASING`.

    >>> q = Quantizer.uniform(2)  # the best one for the identity
    >>> true, gste = edge_gradients(q, "identity")
    >>> true.round(4) + 0.0, gste.round(4) + 0.0
    (array([0., 0., 0., 0.]), array([ 0.0185,  0.    ,  0.    , -0.0185]))
    """
    choice("target", target, INCREASING)
    y = q.levels
    low, span = y[0], y[-1] - y[0]
    share = (q.thresholds - low) / span
    if target == "identity":
        wanted = share
    elif target == "sqrt":
        wanted = np.sqrt(np.maximum(share, 0.0))
    else:
        wanted = 1.0 / (1.0 + np.exp(-_SIGMOID_RATE * (share - 0.5)))
    wanted = low + span * wanted
    inside = (share >= 0.0) & (share <= 1.0)
    of_thresholds = np.where(inside, ((y[:-1] - wanted) ** 2 - (y[1:] - wanted) ** 2) / span, 0.0)
    true = np.zeros(len(y))
    true[:-1] += of_thresholds / 2.0
    true[1:] += of_thresholds / 2.0
    return true, edge_gradient(q, samples(target, y, count=_COUNT))


def least_loss(target: str, levels: ArrayLike) -> float:
    """Return the mean squared error at the best thresholds, in output units squared.

    Inputs are spread evenly over the range of the levels. Errors are those of `best_thresholds`,
    and ValueError where one of those thresholds does not exist.

    >>> round(least_loss("sqrt", [0.0, 2 / 3, 4 / 3, 2.0]), 4)
    0.037
    """
    y = increasing("levels", levels)
    wanted = samples(choice("target", target, INCREASING), y, count=_COUNT)
    thresholds = sequence("best thresholds", best_thresholds(target, y))
    output = y[np.searchsorted(thresholds, wanted.x)]
    return float(np.mean((output - wanted.wanted) ** 2))


def excess_loss(q: Quantizer, target: str) -> float:
    """Return how much larger the loss is than at the best thresholds, in output units squared.

    >>> excess_loss(Quantizer.uniform(2), "identity")
    0.0
    """
    return loss(q, samples(target, q.levels, count=_COUNT)) - least_loss(target, q.levels)
