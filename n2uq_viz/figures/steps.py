"""The steps between the arms of all stored results: what the figure shows and its words name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from n2uq_viz import datasets
from n2uq_viz.comparison import Difference, Result, arms_table, bits_words, conclusion
from n2uq_viz.training.config import ARMS, TASKS
from n2uq_viz.words import say

#: Bits of activations that are shown, and how many tasks at most.
BITS, MOST = 2, 6


@dataclass(frozen=True)
class Group:
    """The steps between the arms of one task and one choice of bits."""

    task: str
    bits: str
    steps: list[Difference]

    @property
    def name(self) -> str:
        """Return task and bits in words."""
        return say("figure.arms.group", task=say(f"task.{self.task}"), bits=self.bits)


def stored() -> list[Result]:
    """Return the stored results; none outside of a clone of the repository."""
    try:
        return datasets.stored_results()
    except FileNotFoundError:
        return []


def groups(results: Sequence[Result]) -> list[Group]:
    """Return the steps of each task whose arms were all trained, with `BITS` bits of activations.

    At most `MOST`: the first ones in the order of ``n2uq_viz.training.TASKS``.

    >>> groups([])
    []
    """
    found = []
    for task in TASKS:
        some = [r for r in results if r.task == task and r.activation_bits == BITS]
        for weight_bits in sorted({r.weight_bits for r in some}, key=lambda bits: bits or 32):
            own = [r for r in some if r.weight_bits == weight_bits]
            if set(ARMS) <= {r.method for r in own}:
                rows = arms_table(own, task, (weight_bits, BITS))
                steps = [row.step for row in rows if row.step is not None]
                if len(steps) == len(ARMS) - 1:  # else too few seeds: nothing in it is random
                    found.append(Group(task, bits_words(weight_bits, BITS), steps))
    return found[:MOST]


def words(results: Sequence[Result] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentences hold, and what they say, as text."""
    found = groups(stored() if results is None else results)
    if not found:
        return ["none"], {}
    differences = [step for group in found for step in group.steps]
    return ["steps"], {
        "groups": ", ".join(group.name for group in found),
        "seeds": ", ".join(str(len(group.steps[0].seeds)) for group in found),
        "level": f"{100.0 * differences[0].level:g}",
        "conclusion": conclusion(*differences),
        "count": str(len(differences)),
        "standing": str(sum(each.stands for each in differences)),
    }
