"""Coins of the explorers, one after the other: the very ones that ``simulate_shared`` counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from n2uq_viz.checks import FloatArray, real_array
from n2uq_viz.montecarlo import MonteCarlo
from n2uq_viz.randomness import uniforms

if TYPE_CHECKING:
    from n2uq_viz.quantizer import Quantizer

#: Numbers of draws at which running means are looked at, per power of ten.
PER_POWER = 60


@dataclass(frozen=True)
class Throws:
    """Coins thrown at some inputs, looked at on the way.

    Attributes
    ----------
    draws
        Increasing whole numbers, about evenly spaced in their logarithm; the last one is how many
        coins were thrown. Empty before the first.
    running
        What was known after so many draws.
    """

    quantizer: Quantizer
    x: FloatArray
    draws: NDArray[np.int64]
    running: tuple[MonteCarlo, ...]

    @property
    def last(self) -> MonteCarlo | None:
        """All coins together; None before the first one."""
        return self.running[-1] if self.running else None

    @property
    def means(self) -> FloatArray:
        """Means after so many draws, in output units: shape (numbers of draws, inputs)."""
        return np.array([mc.mean for mc in self.running]).reshape(self.draws.size, self.x.size)


def spread(last: int, per_power: int = PER_POWER) -> NDArray[np.int64]:
    """Return whole numbers from 1 to `last`, so many per power of ten, about evenly spaced there.

    >>> spread(5), spread(0)
    (array([1, 2, 3, 4, 5]), array([], dtype=int64))
    """
    if last < 1:
        return np.zeros(0, dtype=np.int64)
    count = 1 + int(np.ceil(per_power * np.log10(last)))
    return np.unique(np.round(np.geomspace(1.0, last, count)).astype(np.int64))


def throw(q: Quantizer, x: ArrayLike, thrown: int, seed: int) -> Throws:
    """Throw coins at every input as ``simulate_shared(q, x, thrown, seed)`` does, and look often.

    `x` has shape (n,) and `thrown` may be 0.

    >>> from n2uq_viz.montecarlo import simulate_shared
    >>> from n2uq_viz.quantizer import Quantizer
    >>> found = throw(Quantizer.binary(), [0.3, 2.0], 50, seed=1)
    >>> bool(np.all(found.means[-1] == simulate_shared(Quantizer.binary(), [0.3, 2.0], 50, 1).mean))
    True
    """
    inputs = np.atleast_1d(real_array("x", x))
    draws = spread(thrown)
    up = uniforms(seed, inputs.size, thrown) < q.step_probability(inputs)[:, None]
    counts = np.cumsum(up, axis=1, dtype=np.int64)
    running = tuple(MonteCarlo(q, inputs, int(n), counts[:, n - 1], seed, "shared") for n in draws)
    return Throws(q, inputs, draws, running)
