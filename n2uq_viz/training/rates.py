"""The learning rate of each task and method, tuned on validation data with seeds of its own."""

from __future__ import annotations

__all__ = ["GRID", "tuned_rate"]

#: The learning rates that were tried.
GRID = (1e-3, 3e-3, 1e-2, 3e-2)
#: Task -> method -> the rate of the grid with the best mean validation accuracy, and of equal ones
#: the least validation loss, over three seeds, with activations of 2 bits. What was measured stands
#: in data/training/rates.csv, and `n2uq_viz.study` does it again. Other bits take the same rates.
_TUNED: dict[str, dict[str, float]] = {
    "digits": {
        "float": 3e-3,
        "ste": 3e-2,
        "lsq": 3e-2,
        "pact": 3e-2,
        "scales": 3e-2,
        "thresholds": 3e-3,
        "gste": 3e-2,
    },
    "moons": {
        "float": 3e-3,
        "ste": 3e-2,
        "lsq": 3e-2,
        "pact": 3e-3,
        "scales": 3e-2,
        "thresholds": 1e-3,
        "gste": 1e-2,
    },
    "spirals": {
        "float": 1e-2,
        "ste": 1e-2,
        "lsq": 3e-2,
        "pact": 1e-2,
        "scales": 3e-3,
        "thresholds": 3e-3,
        "gste": 3e-3,
    },
    "pixels": {
        "float": 3e-2,
        "ste": 1e-2,
        "lsq": 1e-2,
        "pact": 1e-2,
        "scales": 1e-2,
        "thresholds": 1e-2,
        "gste": 1e-2,
    },
}
#: Of the task "regression": one quantizer alone, which ends at the same place for every rate.
_REGRESSION = 1e-2


def tuned_rate(task: str, method: str) -> float:
    """Return the learning rate that was best on validation data.

    >>> tuned_rate("digits", "gste") in GRID
    True
    """
    return _REGRESSION if task == "regression" else _TUNED[task][method]
