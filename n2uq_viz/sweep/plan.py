"""Which runs a comparison is made of: every combination that makes sense, each once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from n2uq_viz.checks import choice, whole_number
from n2uq_viz.training.config import BITS, TASKS, WITH_WEIGHTS, TrainingConfig

__all__ = ["QUANTIZE", "grid", "single"]

#: What gets the bits: weights and activations (where the task has both), or one of them.
QUANTIZE = ("both", "activations", "weights")


def single(
    task: str, method: str, bits: int, seed: int, quantize: str = "both", **others: Any
) -> TrainingConfig:
    """Return one configuration, from the words that a comparison is asked for with.

    Parameters
    ----------
    task, method, seed
        As in `TrainingConfig`.
    bits
        1 to 4, of everything that is quantized.
    quantize
        One of `QUANTIZE`. The tasks ``"regression"`` and ``"pixels"`` have activations only, which
        ``"both"`` then means.
    **others
        Further values of `TrainingConfig`: ``epochs``, ``learning_rate``, ...

    Raises
    ------
    ValueError
        A value breaks its rule, or does not go with the task.

    Examples
    --------
    >>> single("digits", "gste", 2, 0).label, single("pixels", "gste", 2, 0).label
    ('digits-gste-w2a2-seed0', 'pixels-gste-w32a2-seed0')
    >>> single("digits", "gste", 2, 0, quantize="activations", epochs=5).label
    'digits-gste-w32a2-seed0'
    >>> single("pixels", "gste", 2, 0, quantize="weights")
    Traceback (most recent call last):
    ValueError: quantize must be "both" or "activations" for the task pixels, which has no weights \
to quantize, got 'weights'
    """
    choice("task", task, TASKS)
    bits = whole_number("bits", bits, *BITS)
    choice("quantize", quantize, QUANTIZE)
    given: dict[str, Any] = {"activation_bits": None if quantize == "weights" else bits}
    if task in WITH_WEIGHTS:
        given["weight_bits"] = None if quantize == "activations" else bits
    elif quantize == "weights":
        raise ValueError(
            f'quantize must be "both" or "activations" for the task {task}, which has no weights '
            f"to quantize, got {quantize!r}"
        )
    return TrainingConfig(task, method, seed=seed, **given, **others)


def grid(
    tasks: Iterable[str],
    methods: Iterable[str],
    bits: Iterable[int],
    seeds: Iterable[int],
    quantize: str = "both",
    **others: Any,
) -> list[TrainingConfig]:
    """Return every combination of tasks, methods, bits and seeds, in this order, each once.

    The method ``"float"``, which has no bits, stands once for each task and seed. The parameters
    are those of `single`, in lists that are not empty, and so are the errors.

    Examples
    --------
    >>> [config.label for config in grid(["moons"], ["float", "gste"], [1, 2], [0])]
    ['moons-float-w32a32-seed0', 'moons-gste-w1a1-seed0', 'moons-gste-w2a2-seed0']
    >>> grid("moons", ["gste"], [2], [0])
    Traceback (most recent call last):
    ValueError: tasks must be a list that is not empty, got 'moons'
    """
    lists: dict[str, list[Any]] = {}
    given = {"tasks": tasks, "methods": methods, "bits": bits, "seeds": seeds}
    for name, values in given.items():
        # A word is a list of letters, which nobody means.
        lists[name] = (
            [] if isinstance(values, str) or not isinstance(values, Iterable) else [*values]
        )
        if not lists[name]:
            raise ValueError(f"{name} must be a list that is not empty, got {values!r}")
    found = [
        single(task, method, some_bits, seed, quantize, **others)
        for task in lists["tasks"]
        for method in lists["methods"]
        for some_bits in lists["bits"]
        for seed in lists["seeds"]
    ]
    return list({config.key: config for config in found}.values())
