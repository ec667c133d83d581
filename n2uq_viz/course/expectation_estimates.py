"""What the notebook on the mean asks about slopes from coins alone: write one, mend another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, near
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Exercise, Mistake
from n2uq_viz.montecarlo import simulate_gradient
from n2uq_viz.quantizer import Quantizer

_SIGN = Quantizer.binary()


def any_of(*wanted: FloatArray) -> Callable[[FloatArray], bool]:
    """Return a test for being near one of these; see ``answers.near``."""
    return lambda v: any(near(one)(v) for one in wanted)


# --- Exercise: the score-function estimate -------------------------------------------------------

_THROWN = [(0.0, 1.0), (0.0, -1.0), (0.3, 1.0), (0.3, -1.0), (-0.5, 1.0), (-0.5, -1.0), (0.8, -1.0)]
_AT, _COIN = np.array(_THROWN).T
_SHOWN = 0.5 * (1.0 + _COIN * _AT)  # the chance of what was shown
_ESTIMATE = 0.5 / _SHOWN

SCORE_SLOPE = Exercise(
    name="score_slope",
    read=function(_THROWN, ("x", "coin")),
    is_right=near(_ESTIMATE),
    mistakes=(
        Mistake(
            "score_only",
            near(_COIN * _ESTIMATE),
            (lambda x, c: c / (1 + c * x), lambda x, c: 1 / (1 + x) if c > 0 else -1 / (1 - x)),
        ),
        Mistake(
            "not_divided",
            any_of(np.full(_AT.size, 0.5), 0.5 * _COIN),
            (lambda _x, _c: 1 / 2, lambda _x, c: c / 2),
        ),
        Mistake(
            "no_inner",
            any_of(1.0 / _SHOWN, _COIN / _SHOWN),
            (lambda x, c: c * 2 / (1 + c * x), lambda x, c: 2 / (1 + c * x)),
        ),
        Mistake(
            "no_derivative",
            any_of(np.log(_SHOWN), _COIN * np.log(_SHOWN)),
            (lambda x, c: c * np.log((1 + c * x) / 2), lambda x, c: np.log((1 + c * x) / 2)),
        ),
        Mistake("the_mean", near(np.ones(_AT.size)), (lambda _x, _c: 1,)),
        Mistake("the_coin", near(_COIN), (lambda _x, c: c,)),
        Mistake("chance", any_of(_SHOWN, _COIN * _SHOWN), (lambda x, c: (1 + c * x) / 2,)),
        Mistake(
            "other_side",
            any_of(1.0 / (1.0 - _COIN * _AT), _COIN / (1.0 - _COIN * _AT)),
            (lambda x, c: 1 / (1 - c * x),),
        ),
        Mistake(
            "one_side",
            any_of(1.0 / (1.0 + _AT), _COIN / (1.0 + _AT)),
            (lambda x, _c: 1 / (1 + x), lambda x, c: c / (1 + x)),
        ),
        Mistake("negative", near(-_ESTIMATE), (lambda x, c: -1 / (1 + c * x),)),
        Mistake("halved", near(0.5 * _ESTIMATE), (lambda x, c: 1 / (2 * (1 + c * x)),)),
        Mistake(
            "variance",
            any_of(1.0 / (1.0 - _AT**2), 1.0 / (1.0 - _AT**2) - 1.0),
            (lambda x, _c: 1 / (1 - x**2), lambda x, _c: 1 / (1 - x**2) - 1),
        ),
    ),
    solution="""\
def score_slope(x, coin):
    score = 1 / (1 + x) if coin == 1 else -1 / (1 - x)
    return coin * score""",
    right_answers=(
        lambda x, coin: 1 / (1 + coin * x),
        lambda x, coin: 1 / (1 + x) if coin == 1 else 1 / (1 - x),
        lambda x, coin: coin * (coin / 2) / ((1 + coin * x) / 2),
        lambda x, c: c * (np.log1p(c * (x + 1e-6)) - np.log1p(c * (x - 1e-6))) / 2e-6,
    ),
)

# --- Exercise: find the bug ----------------------------------------------------------------------

#: The function is run so often at each of two inputs, with a generator of another seed each time.
#: Coins of their own make noise that depends on the input, shared ones do not: two inputs tell
#: more throws from shared ones.
RUNS, PLACES = 400, (0.2, 0.85)
_SEEDED = [(x, float(seed)) for x in PLACES for seed in range(RUNS)]
_HALF_WIDTH, _DRAWS = 0.1, 1000
#: Each pair of throws has the variance 1/h - 1.
_SPREAD = ((1.0 / _HALF_WIDTH - 1.0) / _DRAWS) ** 0.5
#: Six standard errors of a mean of RUNS results, and of their standard deviation, which is known
#: to one part in sqrt(2 · RUNS): a right function misses them about once in 100 million times.
_MEAN_OFF = 6.0 * _SPREAD / RUNS**0.5
_SPREAD_OFF = 6.0 / (2.0 * RUNS) ** 0.5


def _own_spread(x: float) -> float:
    """The standard deviation if each side has coins of its own."""
    both = _SIGN.variance([x - _HALF_WIDTH, x + _HALF_WIDTH]).sum()
    return float((both / _DRAWS) ** 0.5 / (2.0 * _HALF_WIDTH))


_OWN = np.array([_own_spread(x) for x in PLACES])


def _read_runs(answer: Any) -> FloatArray:
    """Means at both inputs, standard deviations at both, and 1 if it does not average, or 0."""
    if not callable(answer):
        return function(_SEEDED)(answer)  # which says that a function is wanted
    several = []

    def seeded(x: float, seed: float) -> Any:
        found = answer(x, np.random.default_rng(int(seed)))
        if isinstance(found, np.ndarray) and found.size > 1:
            several.append(seed)
            return np.mean(found)
        return found

    results = function(_SEEDED, ("x", "seed"))(seeded).reshape(len(PLACES), RUNS)
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.concatenate((results.mean(axis=1), results.std(axis=1), [len(several) > 0]))
    return np.nan_to_num(found)


def _aims_at(wanted: float) -> Callable[[FloatArray], bool]:
    """Whether both means are about that, up to a tenth and six of their standard errors."""
    return lambda v: bool(
        np.all(np.abs(v[:2] - wanted) <= 0.1 * abs(wanted) + 6.0 * v[2:4] / RUNS**0.5)
    )


def _scatters(wanted: FloatArray | float) -> Callable[[FloatArray], bool]:
    return lambda v: bool(np.all(np.abs(v[2:4] / wanted - 1.0) <= _SPREAD_OFF))


def _scatters_alike(v: FloatArray) -> bool:
    return bool(v[3] > 0.0 and abs(v[2] / v[3] - 1.0) <= 2.0 * _SPREAD_OFF)


def _is_shared(v: FloatArray) -> bool:
    return not v[4] and bool(np.all(np.abs(v[:2] - 1.0) <= _MEAN_OFF)) and _scatters(_SPREAD)(v)


def _estimate(
    draws: int = _DRAWS,
    own: bool = False,
    divide: float = 2.0 * _HALF_WIDTH,
    seed: int | None = None,
    h: float = _HALF_WIDTH,
) -> Callable[..., Any]:
    """A learner's function, with one thing or another changed."""

    def shared_coins(x: float, rng: np.random.Generator) -> Any:
        rng = rng if seed is None else np.random.default_rng(seed)
        u = rng.random(draws)
        right = np.where(u < (x + h + 1) / 2, 1, -1)
        left = np.where((rng.random(draws) if own else u) < (x - h + 1) / 2, 1, -1)
        return np.mean(right - left) / divide

    return shared_coins


def _every_throw(x: float, rng: np.random.Generator) -> FloatArray:
    u = rng.random(_DRAWS)
    return ((u < (x + 1.1) / 2) * 2.0 - (u < (x + 0.9) / 2) * 2.0) / 0.2


def _by_score(x: float, rng: np.random.Generator) -> float:
    return float(np.mean(1.0 / (1.0 + x * np.where(rng.random(_DRAWS) < (x + 1) / 2, 1, -1))))


SHARED_COINS = Exercise(
    name="shared_coins",
    read=_read_runs,
    is_right=_is_shared,
    mistakes=(
        Mistake("not_averaged", lambda v: bool(v[4]), (_every_throw,)),
        Mistake("same_place", lambda v: not v[:4].any(), (_estimate(h=0.0),)),
        Mistake(
            "constant",
            lambda v: near([1.0, 1.0, 0.0, 0.0], 1e-9)(v[:4]),
            (lambda _x, _rng: 1.0,),
        ),
        Mistake(
            "fixed_seed",
            lambda v: bool(np.all(v[2:4] < 1e-9)),
            (_estimate(seed=0), _estimate(seed=1, own=True)),
        ),
        Mistake(
            "unchanged",
            lambda v: _aims_at(1.0)(v) and _scatters(_OWN)(v),
            (_estimate(own=True),),
        ),
        Mistake(
            "more_throws",
            lambda v: _aims_at(1.0)(v) and _scatters(_OWN * v[2] / _OWN[0])(v) and v[2] < _OWN[0],
            (_estimate(draws=5000, own=True), _estimate(draws=10_000, own=True)),
        ),
        Mistake(
            "one_throw",
            lambda v: _aims_at(1.0)(v) and bool(np.all((v[2:4] > 2.0) & (v[2:4] < 4.0))),
            (_estimate(draws=1),),
        ),
        Mistake(
            "not_divided",
            lambda v: _aims_at(0.2)(v) or _aims_at(0.01)(v),
            (_estimate(divide=1.0), _estimate(divide=20.0)),
        ),
        Mistake("doubled", _aims_at(2.0), (_estimate(divide=0.1),)),
        Mistake("halved", _aims_at(0.5), (_estimate(divide=0.4),)),
        Mistake("negative", _aims_at(-1.0), (_estimate(divide=-0.2),)),
        Mistake(
            "changed_settings",
            lambda v: _aims_at(1.0)(v) and _scatters_alike(v),
            (_estimate(draws=100), _estimate(draws=4000), _estimate(h=0.05, divide=0.1)),
        ),
        Mistake(
            "other_method",
            lambda v: _aims_at(1.0)(v) and bool(np.all(v[2:4] < 0.7 * _SPREAD)),
            (_by_score,),
        ),
    ),
    solution="""\
def shared_coins(x, rng):
    h, draws = 0.1, 1000
    u = rng.random(draws)
    right = np.where(u < (x + h + 1) / 2, 1, -1)
    left = np.where(u < (x - h + 1) / 2, 1, -1)
    return np.mean(right - left) / (2 * h)""",
    right_answers=(
        _estimate(),
        lambda x, rng: np.mean(np.abs(rng.uniform(-1, 1, 1000) - x) < 0.1) / 0.1,
        lambda _x, rng: rng.binomial(1000, 0.1) / 100,
        lambda x, rng: simulate_gradient(_SIGN, [x], 1000, seed=int(rng.integers(2**31))).mean,
    ),
)
