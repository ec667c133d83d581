"""The gain of one method over another on the same seeds, with an interval for its mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from n2uq_viz.checks import FloatArray, choice
from n2uq_viz.comparison.results import LOWER_IS_BETTER, Result
from n2uq_viz.randomness import stream
from n2uq_viz.training.config import METHODS

__all__ = ["Difference", "bits_words", "compare", "interval"]

#: Samples with replacement that an interval is made of.
RESAMPLES = 9999
#: Significant digits of the largest score to which gains are taken.
DIGITS = 10


@dataclass(frozen=True)
class Difference:
    """How far the second of two methods is ahead of the first, seed by seed.

    Attributes
    ----------
    task, bits
        What was trained; bits as in ``W2A2``, those of the second method.
    first, second
        The methods.
    seeds
        Those that both have.
    differences
        Gain of the second method at each of these seeds, above 0 where it is ahead: percentage
        points of accuracy, or for the task "regression" by how much its loss is less.
    mean, median
        Of the gains.
    low, high
        Bootstrap interval of the mean, at `level`; where all gains are equal, that one value.
    missing
        Seeds left out because only one of the two has a finite score.
    diverged
        How many of the runs that count diverged.
    """

    task: str
    bits: str
    first: str
    second: str
    seeds: tuple[int, ...]
    differences: FloatArray
    mean: float
    median: float
    low: float
    high: float
    level: float
    missing: tuple[int, ...]
    diverged: int

    @property
    def ahead(self) -> int:
        """Seeds on which the second method is ahead."""
        return int(np.count_nonzero(self.differences > 0.0))

    @property
    def level_with(self) -> int:
        """Seeds on which both are equal."""
        return int(np.count_nonzero(self.differences == 0.0))

    @property
    def behind(self) -> int:
        """Seeds on which the second method is behind."""
        return int(np.count_nonzero(self.differences < 0.0))

    @property
    def all_equal(self) -> bool:
        """Whether every gain is the same, so that the interval is one point."""
        return bool(np.ptp(self.differences) == 0.0)

    @property
    def fewest(self) -> int:
        """Fewest seeds from which something can be said at this level: 6 at 95 %.

        With fewer, all gains have one sign by chance more often than the level allows.
        """
        return math.ceil(1.0 - math.log2(1.0 - self.level))

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside the interval."""
        return not self.low <= 0.0 <= self.high

    @property
    def stands(self) -> bool:
        """Whether the interval excludes 0, with seeds enough to say so."""
        return self.excludes_zero and len(self.seeds) >= self.fewest


def compare(
    results: Iterable[Result], first: str, second: str, *, seed: int = 0, level: float = 0.95
) -> Difference:
    """Compare two methods on the seeds that both have.

    The interval is a bias-corrected and accelerated bootstrap interval (BCa) of the mean gain, from
    9,999 samples of the gains with replacement. It is somewhat too narrow for few seeds: of 4,000
    sets of normal gains, intervals at 95 % (from 999 samples each) held the true mean in 83 % with
    5 seeds, 89 % with 10, 93 % with 20 and 94 % with 30.

    Source: B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
    Association 82, 1987.

    Parameters
    ----------
    results
        At least those of both methods, each of one task and one choice of bits; others may be
        among them.
    first, second
        Names of methods; gains are those of the second.
    seed
        Of the bootstrap's samples.
    level
        Of the interval, between 0.5 and 1.

    Raises
    ------
    ValueError
        A method has no results, results of several tasks or bits, or a seed twice; both have less
        than 2 seeds in common; they are of different tasks; or another argument breaks its rule.

    Examples
    --------
    >>> from n2uq_viz.comparison import Result
    >>> scores = {"ste": [90.0, 91.0, 92.0], "gste": [91.0, 91.0, 94.0]}
    >>> found = compare(
    ...     [Result("digits", m, 2, 2, k, y) for m in scores for k, y in enumerate(scores[m])],
    ...     "ste",
    ...     "gste",
    ... )
    >>> found.mean, found.ahead, found.level_with, found.stands
    (1.0, 2, 1, False)
    """
    choice("first", first, METHODS)
    choice("second", second, METHODS)
    if not 0.5 < level < 1.0:
        raise ValueError(f"level must be a number between 0.5 and 1, got {level!r}")
    everything = list(results)
    one, two = (_by_seed(everything, name) for name in (first, second))
    (a, *_), (b, *_) = one.values(), two.values()
    if a.task != b.task:
        raise ValueError(
            f"methods must be compared on one task, got {a.task} for {first} and {b.task} for "
            f"{second}"
        )
    both = [
        seed
        for seed in sorted(one.keys() & two.keys())
        if math.isfinite(one[seed].score) and math.isfinite(two[seed].score)
    ]
    if len(both) < 2:
        raise ValueError(
            f"{first} and {second} must have at least 2 seeds with a score in common, got "
            f"{len(both)}; train both with the same seeds"
        )
    scores = np.array([[own[seed].score for own in (one, two)] for seed in both])
    # Equal scores and gains are not to differ by rounding errors, nor an interval to miss 0 by one.
    digits = DIGITS - math.ceil(math.log10(float(np.abs(scores).max()) or 1.0))
    gains = np.round(scores @ ([1.0, -1.0] if a.task in LOWER_IS_BETTER else [-1.0, 1.0]), digits)
    gains = gains + 0.0  # no −0
    gains.setflags(write=False)
    low, high = (round(end, digits) for end in interval(gains, level, stream(seed, "comparison")))
    return Difference(
        task=a.task,
        bits=bits_words(b.weight_bits, b.activation_bits),
        first=first,
        second=second,
        seeds=tuple(both),
        differences=gains,
        mean=float(gains.mean()),
        median=float(np.median(gains)),
        low=low,
        high=high,
        level=level,
        missing=tuple(sorted((one.keys() | two.keys()) - set(both))),
        diverged=sum(own[seed].status == "diverged" for own in (one, two) for seed in both),
    )


def interval(
    gains: FloatArray, level: float, rng: np.random.Generator, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the BCa bootstrap interval of the mean of 1-D `gains`, at least 2.

    Where all are equal no sample differs from another: the interval is that one value.

    >>> interval(np.array([0.5, 0.5]), 0.95, np.random.default_rng(0))
    (0.5, 0.5)
    """
    if np.ptp(gains) == 0.0:
        return float(gains[0]), float(gains[0])
    from scipy.stats import bootstrap

    found = bootstrap(
        (gains,),
        np.mean,
        n_resamples=resamples,
        confidence_level=level,
        method="BCa",
        random_state=rng,
    ).confidence_interval
    return float(found.low), float(found.high)


def _by_seed(results: Sequence[Result], method: str) -> dict[int, Result]:
    own = [result for result in results if result.method == method]
    if not own:
        raise ValueError(f"results must hold some of the method {method}, got none; train it")
    kinds = sorted({f"{r.task} {bits_words(r.weight_bits, r.activation_bits)}" for r in own})
    if len(kinds) > 1:
        raise ValueError(
            f"results of {method} must be of one task and one choice of bits, got "
            f"{', '.join(kinds)}; choose some of them"
        )
    found: dict[int, Result] = {}
    for result in own:
        if result.seed in found:
            raise ValueError(
                f"results of {method} must hold each seed once, got {result.seed} twice"
            )
        found[result.seed] = result
    return found


def bits_words(weight_bits: int | None, activation_bits: int | None) -> str:
    """Return bits in short; 32 are float.

    >>> bits_words(None, 2)
    'W32A2'
    """
    return f"W{weight_bits or 32}A{activation_bits or 32}"
