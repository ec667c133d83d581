"""Differences in words that are made from their numbers, and so claim no more than these show."""

from __future__ import annotations

from n2uq_viz.comparison.difference import Difference
from n2uq_viz.comparison.results import LOWER_IS_BETTER
from n2uq_viz.training.config import ARMS
from n2uq_viz.words import say

__all__ = ["amount", "caveats", "conclusion", "of_step", "span"]

#: Tasks whose points are drawn anew for each seed.
DRAWN = ("moons", "spirals")
#: Tasks whose nets quantize before anything else.
FIRST = ("regression", "pixels")


def conclusion(*differences: Difference) -> str:
    """Return what differences show, one sentence each, and then what bounds all of them.

    "Better" and "worse" are said only where `Difference.stands`; "estimator" only of the step from
    the arm "thresholds" to "gste", in which nothing else changes.

    Raises
    ------
    ValueError
        There is no difference.

    Examples
    --------
    >>> from n2uq_viz.comparison import Result, compare
    >>> scores = {"thresholds": [90, 91, 90, 92, 91, 90], "gste": [91, 91.5, 92, 93, 91.5, 91]}
    >>> found = compare(
    ...     [Result("digits", m, 2, 2, k, y) for m in scores for k, y in enumerate(scores[m])],
    ...     "thresholds",
    ...     "gste",
    ... )
    >>> conclusion(found).split(". ")[0]
    'digits, W2A2, estimator for the input: better by 1 point (95 % interval 0.67 to 1.58, 6 seeds)'
    """
    if not differences:
        raise ValueError("a conclusion must be of at least 1 difference, got 0")
    return " ".join([*map(_sentence, differences), *caveats(*differences)])


def caveats(*differences: Difference) -> list[str]:
    """Return what bounds the conclusions: how many intervals there are, and of what they speak."""
    level = differences[0].level
    count = len(differences)
    values = {
        "count": str(count),
        "level": f"{100.0 * level:g}",
        "chance": f"{1.0 / (1.0 - level):.0f}",
        "twice": f"{0.5 / (1.0 - level):.0f}",
    }
    found = [say("comparison.caveat.count" + (".one" if count == 1 else ""), **values)]
    tasks = {each.task for each in differences}
    if tasks - set(DRAWN):
        found.append(say("comparison.caveat.split"))
    if tasks & set(DRAWN):
        found.append(say("comparison.caveat.drawn"))
    return found


def of_step(first: str, second: str) -> str:
    """Return what the second method changes, in words.

    >>> of_step("ste", "scales"), of_step("thresholds", "gste")
    ('learned range', 'estimator for the input')
    >>> of_step("ste", "gste")
    'G-STE against fixed-range STE, which mixes all three causes'
    >>> of_step("gste", "thresholds")
    'thresholds with one slope against G-STE'
    """
    names = {"first": say(f"method.{first}"), "second": say(f"method.{second}")}
    if first in ARMS and second in ARMS:
        steps = ARMS.index(second) - ARMS.index(first)
        if steps == 1:
            return say(f"comparison.cause.{second}")
        if abs(steps) > 1:
            return say(f"comparison.mixed.{abs(steps)}", **names)
    return say("comparison.against", **names)


def amount(value: float, task: str) -> str:
    """Return a gain as people write it: points with two decimals at most, or a part of a loss.

    >>> amount(-0.25, "digits"), amount(1.0, "digits"), amount(0.0001234, "regression")
    ('−0.25', '1', '0.000123')
    """
    text = f"{value:.3g}" if task in LOWER_IS_BETTER else f"{round(value, 2) + 0.0:g}"
    return text.replace("-", "−")


def span(difference: Difference, sign: float = 1.0) -> str:
    """Return the interval of a difference in words, or that of its negative (`sign` −1)."""
    ends = sorted((sign * difference.low + 0.0, sign * difference.high + 0.0))
    low, high = (amount(end, difference.task) for end in ends)
    return say("comparison.interval", level=f"{100.0 * difference.level:g}", low=low, high=high)


def _sentence(difference: Difference) -> str:
    sign = -1.0 if difference.mean < 0.0 and difference.stands else 1.0
    size = amount(sign * difference.mean, difference.task)
    unit = "point" if size in ("1", "−1") else "points"
    if difference.task in LOWER_IS_BETTER:
        unit = "loss"
    kind = "none"
    if difference.stands:
        kind = "ahead" if difference.mean > 0.0 else "behind"
    elif difference.excludes_zero:
        kind = "few"
    n = len(difference.seeds)
    found = say(
        f"comparison.{kind}",
        task=say(f"task.{difference.task}"),
        bits=difference.bits,
        cause=of_step(difference.first, difference.second),
        size=say(f"comparison.{unit}", size=size),
        interval=span(difference, sign),
        seeds=n,
        fewest=difference.fewest,
    )
    parts = [found]
    if difference.task in FIRST and (difference.first, difference.second) == ARMS[-2:]:
        parts.append(say("comparison.unused"))
    if difference.all_equal:
        parts.append(say("comparison.all_equal", seeds=n))
    if difference.missing:
        seeds = ", ".join(map(str, difference.missing))
        parts.append(say("comparison.missing", seeds=seeds))
    if difference.diverged:
        parts.append(say("comparison.diverged", count=difference.diverged, runs=2 * n))
    return " ".join(parts)
