"""The learning rate of each task and method, tuned on validation data with seeds of its own."""

from __future__ import annotations

__all__ = ["GRID", "RATES_OF_BITS", "tuned_rate"]

#: The learning rates that were tried.
GRID = (1e-3, 3e-3, 1e-2, 3e-2)
#: Task -> method -> the rate of the grid with the best mean validation accuracy, and of equal ones
#: the least validation loss, over three seeds, with activations of 2 bits. What was measured stands
#: in data/training/rates.csv, and `n2uq_viz.study` does it again.
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
#: Task, method, bits of weights (None: floats) and of activations: step sizes and intervals shrink
#: with more bits, and weights have steps of their own, so these were chosen again over two seeds.
RATES_OF_BITS: dict[tuple[str, str, int | None, int], float] = {
    ("digits", "lsq", 1, 1): 1e-2,
    ("digits", "lsq", 2, 2): 1e-2,
    ("digits", "lsq", 3, 3): 3e-3,
    ("digits", "lsq", 4, 4): 3e-3,
    ("digits", "gste", 1, 1): 1e-2,
    ("digits", "gste", 2, 2): 1e-2,
    ("digits", "gste", 3, 3): 3e-3,
    ("digits", "gste", 4, 4): 1e-2,
    ("digits", "lsq", None, 1): 1e-2,
    ("digits", "lsq", None, 3): 3e-2,
    ("digits", "lsq", None, 4): 3e-2,
    ("digits", "scales", None, 1): 1e-2,
    ("digits", "scales", None, 3): 3e-2,
    ("digits", "scales", None, 4): 3e-2,
    ("digits", "thresholds", None, 1): 3e-3,
    ("digits", "thresholds", None, 3): 3e-3,
    ("digits", "thresholds", None, 4): 3e-3,
    ("digits", "gste", None, 1): 1e-2,
    ("digits", "gste", None, 3): 1e-2,
    ("digits", "gste", None, 4): 1e-2,
    ("spirals", "lsq", None, 1): 3e-2,
    ("spirals", "lsq", None, 3): 1e-2,
    ("spirals", "lsq", None, 4): 1e-2,
    ("spirals", "scales", None, 1): 3e-2,
    ("spirals", "scales", None, 3): 1e-2,
    ("spirals", "scales", None, 4): 3e-3,
    ("spirals", "thresholds", None, 1): 1e-2,
    ("spirals", "thresholds", None, 3): 3e-3,
    ("spirals", "thresholds", None, 4): 3e-3,
    ("spirals", "gste", None, 1): 1e-2,
    ("spirals", "gste", None, 3): 3e-3,
    ("spirals", "gste", None, 4): 1e-3,
    ("pixels", "lsq", None, 1): 1e-2,
    ("pixels", "lsq", None, 3): 3e-2,
    ("pixels", "lsq", None, 4): 1e-2,
    ("pixels", "scales", None, 1): 3e-3,
    ("pixels", "scales", None, 3): 1e-2,
    ("pixels", "scales", None, 4): 1e-2,
    ("pixels", "thresholds", None, 1): 3e-3,
    ("pixels", "thresholds", None, 3): 1e-2,
    ("pixels", "thresholds", None, 4): 1e-2,
    ("pixels", "gste", None, 1): 3e-3,
    ("pixels", "gste", None, 3): 1e-2,
    ("pixels", "gste", None, 4): 1e-2,
}
#: Of the task "regression": one quantizer alone, which ends at the same place for every rate.
_REGRESSION = 1e-2


def tuned_rate(
    task: str, method: str, weight_bits: int | None = None, activation_bits: int | None = None
) -> float:
    """Return the learning rate that was best on validation data.

    Of other bits than were tried, it is that of activations of 2 bits.

    >>> tuned_rate("digits", "gste"), tuned_rate("digits", "gste", 2, 2)
    (0.03, 0.01)
    """
    if task == "regression":
        return _REGRESSION
    rate = _TUNED[task][method]
    if activation_bits is None:
        return rate
    return RATES_OF_BITS.get((task, method, weight_bits, activation_bits), rate)
