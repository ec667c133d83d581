"""The arms, which differ by one cause each, as rows; and all that was trained, as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from n2uq_viz.checks import choice, whole_number
from n2uq_viz.comparison.difference import Difference, bits_words, compare
from n2uq_viz.comparison.results import LOWER_IS_BETTER, Result
from n2uq_viz.comparison.sentences import amount, caveats, of_step, span
from n2uq_viz.training.config import ARMS, BITS, METHODS, TASKS, WITH_WEIGHTS
from n2uq_viz.words import say

__all__ = ["ArmRow", "Bits", "arms_table", "steps", "table"]

#: Bits of weights and activations, None for float; or one number for all that the task has.
Bits = int | tuple[int | None, int | None]


@dataclass(frozen=True)
class ArmRow:
    """One arm: its seeds with a score, their mean score, and its step from the arm before.

    ``diverged`` is how many of its runs did; ``step`` is None for the first arm, and where less
    than 2 seeds have a score in both.
    """

    method: str
    seeds: int
    mean: float
    diverged: int
    step: Difference | None


def arms_table(
    results: Iterable[Result], task: str, bits: Bits, *, seed: int = 0, level: float = 0.95
) -> list[ArmRow]:
    """Return the arms of one task, from fixed range to G-STE, each with its step from the last.

    Parameters
    ----------
    results
        Of many runs.
    task
        Which of them.
    bits
        Of weights and activations, None for float: ``(None, 2)``. One number for both, or for the
        activations alone where the task has no weights to quantize.
    seed, level
        As in `compare`.

    Raises
    ------
    ValueError
        An arm is missing, and where `compare` does.

    Examples
    --------
    >>> found = [
    ...     Result("digits", method, 2, 2, seed, 90.0 + seed + k)
    ...     for k, method in enumerate(ARMS)
    ...     for seed in range(3)
    ... ]
    >>> [(row.method, row.mean) for row in arms_table(found, "digits", 2)]
    [('ste', 91.0), ('scales', 92.0), ('thresholds', 93.0), ('gste', 94.0)]
    """
    own = [result for result in _of(results, task, bits) if result.method in ARMS]
    there = {result.method for result in own}
    missing = [arm for arm in ARMS if arm not in there]
    if missing:
        raise ValueError(
            f"results must hold all of the arms {', '.join(ARMS)} for {task} "
            f"{bits_words(*_pair(task, bits))}, got none of {', '.join(missing)}"
        )
    return _rows(own, seed, level)


def steps(
    results: Iterable[Result], task: str, bits: Bits, *, seed: int = 0, level: float = 0.95
) -> list[Difference]:
    """Return the three steps between the arms; arguments and errors are those of `arms_table`."""
    rows = arms_table(results, task, bits, seed=seed, level=level)
    return [row.step for row in rows if row.step is not None]


def table(results: Iterable[Result], *, seed: int = 0, level: float = 0.95) -> str:
    """Return all results as a table in Markdown, a row for each task, bits and method.

    An arm has its step from the arm before, where that was trained too. Below the table stands how
    far its intervals go.

    >>> text = table([Result("digits", "float", None, None, seed, 98.0) for seed in range(2)])
    >>> print(text.splitlines()[2])
    | digits | W32A32 | float | 2 | 98 | | | |
    """
    everything = list(results)
    kinds = {(r.task, r.weight_bits, r.activation_bits) for r in everything}
    names = ("task", "bits", "method", "seeds", "mean", "cause", "step", "interval")
    lines = [
        _line(say(f"comparison.table.{name}") for name in names),
        _line("---" for _ in names),
    ]
    shown: list[Difference] = []
    order = sorted(kinds, key=lambda kind: (TASKS.index(kind[0]), kind[1] or 32, kind[2] or 32))
    for task, weight_bits, activation_bits in order:
        for row in _rows(_of(everything, task, (weight_bits, activation_bits)), seed, level):
            cells = ["", "", ""]
            if row.step is not None:
                shown.append(row.step)
                cells = [
                    of_step(row.step.first, row.step.second),
                    amount(row.step.mean, task),
                    span(row.step),
                ]
            mean = f"{row.mean:.3g}" if task in LOWER_IS_BETTER else f"{round(row.mean, 2):g}"
            method, bits = say(f"method.{row.method}"), bits_words(weight_bits, activation_bits)
            lines.append(_line([say(f"task.{task}"), bits, method, str(row.seeds), mean, *cells]))
    return "\n".join([*lines, *(["", *caveats(*shown)] if shown else [])])


def _line(cells: Iterable[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _rows(results: Sequence[Result], seed: int, level: float) -> list[ArmRow]:
    """Return a row for each method that is there, in the order of `METHODS`."""
    rows: list[ArmRow] = []
    for method in METHODS:
        own = [result for result in results if result.method == method]
        if not own:
            continue
        before = ARMS[ARMS.index(method) - 1] if method in ARMS[1:] else None
        step = None
        if before is not None and len(_seeds(results, before) & _seeds(results, method)) > 1:
            step = compare(results, before, method, seed=seed, level=level)
        scores = np.array([result.score for result in own])
        scores = scores[np.isfinite(scores)]
        diverged = sum(result.status == "diverged" for result in own)
        mean = float(scores.mean()) if scores.size else float("nan")
        rows.append(ArmRow(method, scores.size, mean, diverged, step))
    return rows


def _seeds(results: Iterable[Result], method: str) -> set[int]:
    """Seeds of one method that have a score."""
    return {r.seed for r in results if r.method == method and math.isfinite(r.score)}


def _pair(task: str, bits: Bits) -> tuple[int | None, int | None]:
    choice("task", task, TASKS)
    if isinstance(bits, int):
        found = whole_number("bits", bits, *BITS)
        return (found if task in WITH_WEIGHTS else None), found
    return bits


def _of(results: Iterable[Result], task: str, bits: Bits) -> list[Result]:
    pair = _pair(task, bits)
    return [r for r in results if r.task == task and (r.weight_bits, r.activation_bits) == pair]
