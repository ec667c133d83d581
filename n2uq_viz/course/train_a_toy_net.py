"""What the notebook on training asks: honest scores, paired gains, what a net learns and from what.

PyTorch is imported when an answer needs it: everything else here does without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from n2uq_viz.course.answers import FloatArray, choice, is_blank, near, numbers
from n2uq_viz.course.functions import function
from n2uq_viz.course.items import Chapter, Exercise, Mistake
from n2uq_viz.course.train_a_toy_net_predictions import WHICH_PART, WHICH_TASKS

SETUP = """\
import numpy as np
import torch
from n2uq_viz.nn import N2UQActivation

x = torch.linspace(0, 2, 200)
wanted = torch.sqrt(2 * x)
ste = np.array([94.2, 95.9, 93.1, 96.4, 94.8, 95.0])
gste = np.array([94.6, 96.1, 93.8, 96.5, 95.2, 95.6])
"""


def _called(
    points: Sequence[float], name: str, arguments: Callable[[int], Sequence[Any]]
) -> Callable[[Any], FloatArray]:
    """Read a learner's function, called with what belongs to each of some whole numbers."""
    read = function(points, (name,))

    def called(answer: Any) -> FloatArray:
        if is_blank(answer) or not callable(answer):
            return read(answer)
        return read(lambda k: answer(*arguments(int(k))))

    return called


# --- Exercise: hand the thresholds over ----------------------------------------------------------

_STEPS = (0, 1, 20)


def _handed(*names: str, clear: bool = True, rate: float = 0.05) -> Callable[[int], float]:
    """A learner's ``handed_over`` that hands these parameters over; all of them without names."""

    def handed_over(steps: int) -> float:
        import torch

        from n2uq_viz.nn import N2UQActivation

        act = N2UQActivation(2)
        x = torch.linspace(0, 2, 200)
        given = [p for name, p in act.named_parameters() if name in names or not names]
        optimizer = torch.optim.SGD(given, lr=abs(rate))
        for _ in range(steps):
            loss = ((act(x) - torch.sqrt(2 * x)) ** 2).mean()
            if clear:
                optimizer.zero_grad()
            (loss if rate > 0.0 else -loss).backward()
            optimizer.step()
        return float(act.quantizer().thresholds[0])

    return handed_over


@cache
def _paths(*names: str, clear: bool = True) -> tuple[float, ...]:
    return tuple(_handed(*names, clear=clear)(steps) for steps in _STEPS)


def _is_path(*names: str, clear: bool = True) -> Callable[[FloatArray], bool]:
    return lambda v: near(_paths(*names, clear=clear), 1e-4)(v)


def _any_of(*tests: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda v: any(test(v) for test in tests)


HANDED_OVER = Exercise(
    name="handed_over",
    read=_called(_STEPS, "steps", lambda k: (k,)),
    # The input's scale is one too many beside start and intervals.
    is_right=_any_of(_is_path(), _is_path("start", "intervals", "output_scale")),
    mistakes=(
        Mistake(
            "still",
            lambda v: near(np.full(len(_STEPS), 1 / 3))(v),
            (_handed("output_scale"), lambda _steps: 1 / 3),
        ),
        Mistake(
            "scales_alone",
            _any_of(_is_path("input_scale", "output_scale"), _is_path("input_scale")),
            (_handed("input_scale", "output_scale"),),
        ),
        Mistake(
            "some_left",
            _any_of(
                _is_path("intervals"),
                _is_path("start"),
                _is_path("start", "intervals"),
                _is_path("intervals", "output_scale"),
                _is_path("intervals", "input_scale", "output_scale"),
            ),
            (_handed("intervals"), _handed("start", "intervals")),
        ),
        Mistake(
            "not_cleared",
            _is_path(clear=False),
            (_handed(clear=False),),
        ),
        Mistake("uphill", lambda v: v[1] > 1 / 3 + 1e-6, (_handed(rate=-0.05),)),
    ),
    solution="""\
def handed_over(steps):
    act = N2UQActivation(2)
    optimizer = torch.optim.SGD(act.parameters(), lr=0.05)
    for _ in range(steps):
        loss = ((act(x) - wanted) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(act.quantizer().thresholds[0])""",
    right_answers=(
        _handed(),
        _handed("start", "intervals", "input_scale", "output_scale"),
        _handed("start", "intervals", "output_scale"),
    ),
)

# --- Exercise: how many numbers a quantizer learns -----------------------------------------------

_BITS = (1, 2, 3, 4)
_TWO_TO = 2.0 ** np.array(_BITS)

LEARNED_NUMBERS = Exercise(
    name="learned_numbers",
    read=_called(_BITS, "bits", lambda k: (k,)),
    is_right=near(_TWO_TO + 2),
    mistakes=(
        Mistake("intervals_only", near(_TWO_TO - 1), (lambda bits: 2**bits - 1,)),
        Mistake("no_scales", near(_TWO_TO), (lambda bits: 2**bits,)),
        Mistake("one_missing", near(_TWO_TO + 1), (lambda bits: 2**bits + 1,)),
        Mistake("levels_for_steps", near(_TWO_TO + 3), (lambda bits: 2**bits + 3,)),
        Mistake(
            "levels_too",
            near(2 * _TWO_TO + 2),
            (lambda bits: 2**bits + 2 + 2**bits,),
        ),
        Mistake(
            "bits_for_steps",
            _any_of(near(np.array(_BITS) + 3.0), near(2.0 * np.array(_BITS) + 2.0)),
            (lambda bits: bits + 3, lambda bits: 2 * bits + 2),
        ),
        Mistake("three_places", near(3 * (_TWO_TO + 2)), (lambda bits: 3 * (2**bits + 2),)),
    ),
    solution="def learned_numbers(bits):\n    return (2**bits - 1) + 1 + 2",
    right_answers=(
        lambda bits: 2**bits + 2,
        lambda bits: (1 << bits) + 2,
        lambda bits: [4, 6, 10, 18][bits - 1],
        lambda bits: len([1.0] * (2**bits - 1)) + 3,
    ),
)

# --- Exercise: which score to report -------------------------------------------------------------

#: Accuracies after every epoch of three runs, in percent: on validation and on test data.
_RUNS = (
    ([90.0, 94.0, 96.0, 95.0], [91.0, 95.0, 93.0, 94.0]),
    ([88.0, 97.0, 93.0, 92.0], [90.0, 94.5, 96.5, 93.5]),
    ([70.0, 80.0, 85.0, 89.0, 88.0], [72.0, 84.0, 86.0, 82.0, 81.0]),
)
_VALIDATION = [np.array(validation) for validation, _ in _RUNS]
_TEST = [np.array(test) for _, test in _RUNS]


def _scores(score: Callable[[FloatArray, FloatArray], float]) -> Callable[[Any], bool]:
    wanted = [float(score(v, t)) for v, t in zip(_VALIDATION, _TEST, strict=True)]
    return near(wanted, 1e-6)


REPORTED = Exercise(
    name="reported",
    read=_called(range(len(_RUNS)), "run", lambda k: (_VALIDATION[k].copy(), _TEST[k].copy())),
    is_right=_any_of(_scores(lambda v, t: t[v.argmax()]), _scores(lambda _v, t: t[-1])),
    mistakes=(
        Mistake(
            "best_test",
            _scores(lambda _v, t: t.max()),
            (lambda _v, t: t.max(), lambda _v, t: t[t.argmax()]),
        ),
        Mistake(
            "validation_reported",
            _any_of(_scores(lambda v, _t: v.max()), _scores(lambda v, _t: v[-1])),
            (lambda v, _t: v.max(), lambda v, _t: v[-1]),
        ),
        Mistake(
            "chosen_by_test",
            _scores(lambda v, t: v[t.argmax()]),
            (lambda v, t: v[np.argmax(t)],),
        ),
        Mistake(
            "number_of_epoch",
            _any_of(
                _scores(lambda v, _t: float(v.argmax())),
                _scores(lambda v, _t: float(v.argmax()) + 1.0),
                _scores(lambda _v, t: float(t.argmax())),
            ),
            (lambda v, _t: np.argmax(v),),
        ),
        Mistake("mean", _scores(lambda _v, t: t.mean()), (lambda _v, t: sum(t) / len(t),)),
        Mistake(
            "worst",
            _any_of(_scores(lambda _v, t: t.min()), _scores(lambda v, t: t[v.argmin()])),
            (lambda _v, t: min(t),),
        ),
    ),
    solution="""\
def reported(validation, test):
    return test[np.argmax(validation)]""",
    right_answers=(
        lambda v, t: t[np.argmax(v)],
        lambda _v, t: t[-1],
        lambda v, t: max(zip(v, t, strict=True))[1],
    ),
)

# --- Exercise: a paired interval -----------------------------------------------------------------

_STE = np.array([94.2, 95.9, 93.1, 96.4, 94.8, 95.0])
_GSTE = np.array([94.6, 96.1, 93.8, 96.5, 95.2, 95.6])
#: Standard errors on both sides of the mean of 6 normal gains that hold the true one in 95 %.
FACTOR = 2.57
_GAINS = _GSTE - _STE
_MEAN, _COUNT = float(_GAINS.mean()), _GAINS.size
_SPREAD = float(_GAINS.std(ddof=1))
_ERROR = _SPREAD / _COUNT**0.5
_UNPAIRED = float(np.sqrt((_STE.var(ddof=1) + _GSTE.var(ddof=1)) / _COUNT))


def _around(half: float, mean: float = _MEAN) -> Callable[[Any], bool]:
    return near([mean - half, mean + half], 0.005)


GAIN_INTERVAL = Exercise(
    name="gain_interval",
    read=numbers(),
    is_right=_around(FACTOR * _ERROR),
    mistakes=(
        Mistake("count", lambda v: v.shape != (2,), (0.4, [0.1, 0.4, 0.7])),
        Mistake("upper_first", lambda v: _around(FACTOR * _ERROR)(v[::-1]), ([0.639, 0.161],)),
        Mistake("other_way", _around(FACTOR * _ERROR, -_MEAN), ([-0.639, -0.161],)),
        Mistake("unpaired", _around(FACTOR * _UNPAIRED), ([-1.22, 2.02],)),
        Mistake("spread", _around(FACTOR * _SPREAD), ([-0.186, 0.986],)),
        Mistake("one_error", _around(_ERROR), ([0.307, 0.493],)),
        Mistake("without_mean", _around(FACTOR * _ERROR, 0.0), ([-0.239, 0.239],)),
        Mistake(
            "divided_by_n", _around(FACTOR * float(_GAINS.std()) / _COUNT**0.5), ([0.182, 0.618],)
        ),
        Mistake("many_seeds", _around(1.96 * _ERROR), ([0.218, 0.582],)),
    ),
    solution="""\
gains = gste - ste
error = gains.std(ddof=1) / np.sqrt(gains.size)
answer = [gains.mean() - 2.57 * error, gains.mean() + 2.57 * error]""",
    right_answers=(
        [0.1607, 0.6393],
        "0.161; 0.639",
        [0.16, 0.64],
        (_MEAN - FACTOR * _ERROR, _MEAN + FACTOR * _ERROR),
    ),
)

# --- Exercise: what may be said ------------------------------------------------------------------

_MAY = np.array([0.0, 1.0, -1.0, 0.0, 0.0])


def _all_but(row: int, *instead: float) -> Callable[[Any], bool]:
    """Whether everything is right but one row."""

    def test(v: FloatArray) -> bool:
        others = np.arange(_MAY.size) != row
        return bool(np.array_equal(v[others], _MAY[others])) and v[row] in instead

    return test


MAY_BE_SAID = Exercise(
    name="may_be_said",
    read=numbers(),
    is_right=near(_MAY),
    mistakes=(
        Mistake("count", lambda v: v.shape != _MAY.shape, ([0, 1, -1], 1)),
        Mistake(
            "other_numbers",
            lambda v: not np.isin(v, (-1.0, 0.0, 1.0)).all(),
            ([0.9, 0.05, -1.2, 0, 0.6],),
        ),
        Mistake(
            "signs_alone",
            lambda v: bool(np.array_equal(v, [1.0, 1.0, -1.0, 0.0, 1.0])),
            ([1, 1, -1, 0, 1],),
        ),
        Mistake("large_mean", _all_but(0, 1.0, -1.0), ([1, 1, -1, 0, 0],)),
        Mistake("small_mean", _all_but(1, 0.0), ([0, 0, -1, 0, 0],)),
        Mistake("worse_too", _all_but(2, 0.0, 1.0), ([0, 1, 1, 0, 0], [0, 1, 0, 0, 0])),
        Mistake("zero_in_it", _all_but(3, 1.0, -1.0), ([0, 1, -1, 1, 0],)),
        Mistake("few_seeds", _all_but(4, 1.0, -1.0), ([0, 1, -1, 0, 1],)),
        Mistake(
            "turned",
            lambda v: bool(np.array_equal(v, -_MAY)),
            ([0, -1, 1, 0, 0],),
        ),
    ),
    solution="answer = [0, 1, -1, 0, 0]",
    right_answers=([0, 1, -1, 0, 0], "0; 1; -1; 0; 0", np.array([0.0, 1.0, -1.0, 0.0, 0.0])),
)

# --- Exercise: which pair changes the estimator alone --------------------------------------------

ONLY_ESTIMATOR = Exercise(
    name="only_estimator",
    read=choice(
        {
            "A": ("ste, gste",),
            "B": ("ste, scales",),
            "C": ("scales, thresholds",),
            "D": ("thresholds, gste", "gste, thresholds"),
            "E": ("lsq, gste",),
            "F": ("scales, gste",),
        }
    ),
    is_right=lambda v: v == "D",
    mistakes=(
        Mistake("names_alone", lambda v: v == "A", ("A", "ste, gste")),
        Mistake("range", lambda v: v == "B", ("b",)),
        Mistake("thresholds", lambda v: v == "C", ("C",)),
        Mistake("learned_both", lambda v: v == "E", ("E",)),
        Mistake("two_at_once", lambda v: v == "F", ("F",)),
    ),
    solution='answer = "D"',
    right_answers=("D", "d", " D. ", "thresholds, gste"),
)

CHAPTER = Chapter(
    notebook="05_train_a_toy_net",
    predictions=(WHICH_TASKS, WHICH_PART),
    exercises=(
        HANDED_OVER,
        LEARNED_NUMBERS,
        REPORTED,
        GAIN_INTERVAL,
        MAY_BE_SAID,
        ONLY_ESTIMATOR,
    ),
    setup=SETUP,
)
