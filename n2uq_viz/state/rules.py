"""What each key of a state may hold: one small function per rule, which returns the settled value.

A rule gets the value and the keys that were settled before it, since some depend on others: how
many steps are shown on how many there are, where a descent began on where it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from reprlib import repr as brief
from typing import Any

import numpy as np

from n2uq_viz import datasets, surrogates
from n2uq_viz.checks import number
from n2uq_viz.descent import TARGETS, follows
from n2uq_viz.montecarlo import GRADIENT_METHODS
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import check_seed

#: Most draws per point that an explorer throws; ``n2uq_viz.simulate`` takes any number.
MAX_DRAWS = 10_000
#: Most binary steps that an explorer has handles for (4 bits).
MAX_STEPS = 15
#: Most inputs at which coins are thrown side by side.
MAX_POINTS = 4
#: Most steps of a descent that an explorer keeps.
MAX_DESCENT = 500
#: Smallest and largest learning rate of a descent.
LEARNING_RATES = (0.001, 10.0)
#: Coins per second and input while an explorer plays.
SPEEDS = (1, 10, 100, 1000)
#: Largest number on screen; one over it is the smallest difference. Beyond, pixels overflow.
LARGEST = 1e100
#: Whole numbers up to this are whole in a browser as well.
LONGEST = 2**53
THEMES = ("auto", "light", "dark")
#: Series of each explorer that can be hidden.
SERIES: dict[str, tuple[str, ...]] = {
    "binary": ("deterministic", "coins", "monte_carlo", "expectation", "band"),
    "coin-flip": ("expectation", "monte_carlo", "band", "error", "error_law"),
    "sum-of-steps": ("deterministic", "expectation", "parts", "gste", "ste"),
    "threshold": (
        "deterministic",
        "expectation",
        "monte_carlo",
        "band",
        "gste",
        "ste",
        "monte_carlo_gradient",
        "histogram",
    ),
    "gradient-flow": ("target", "deterministic", "expectation", "pushes", "history", "loss"),
    "training": (
        "train",
        "validation",
        "deterministic",
        "histogram",
        "thresholds",
        "history",
        "regions",
        "points",
    ),
    "surrogate": ("deterministic", "smooth", "derivative", "noise"),
    "tensor": ("deterministic", "expectation", "histogram", "lloyd_max"),
    "weight": ("histogram", "before", "reference", "chain", "channels"),
}
_ANY_SERIES = frozenset(itertools.chain.from_iterable(SERIES.values()))

#: What is settled already: key -> value.
Settled = Mapping[str, Any]
Rule = Callable[[Any, Settled], Any]


class StateError(ValueError):
    """A state that cannot be shown; the message says which key, what it holds and what would do."""


def drawable(name: str, values: Sequence[float]) -> None:
    """Refuse numbers that no picture can hold."""
    largest = max(map(abs, values))
    smallest = min((b - a for a, b in itertools.pairwise(values)), default=LARGEST)
    if largest > LARGEST or smallest < 1.0 / LARGEST:
        raise StateError(
            f"an explorer shows numbers up to {LARGEST:g} that differ by at least {1 / LARGEST:g}; "
            f"{name} has {largest:g} and a difference of {smallest:g}"
        )


def floats(value: Any, depth: int = 3) -> Any:
    """Long whole numbers as floats: a browser writes 1e20 as one that no integer of NumPy holds."""
    if isinstance(value, int) and LONGEST < abs(value) <= LARGEST:
        return float(value)
    if depth and isinstance(value, Mapping):
        return {key: floats(entry, depth - 1) for key, entry in value.items()}
    if depth and isinstance(value, (list, tuple)):
        return [floats(entry, depth - 1) for entry in value]
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def draws(value: Any, _: Settled) -> int:
    """Coins thrown at every point."""
    if not _whole(value, 1, MAX_DRAWS):
        raise StateError(
            f"draws must be a whole number from 1 to {MAX_DRAWS} in an explorer, got "
            f"{brief(value)}; n2uq_viz.simulate takes more"
        )
    return int(value)


def view(value: Any, _: Settled) -> list[float]:
    """Range of the x axis."""
    rule = "view must be two finite numbers [low, high] with low < high"
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise StateError(f"{rule}, got {brief(value)}")
    if not all(map(_is_number, value)):
        raise StateError(f"{rule}, got {brief(value)}")
    try:
        low, high = float(value[0]), float(value[1])
    except OverflowError:
        raise StateError(f"{rule}, got numbers too large for a float") from None
    if not (low < high and high - low < float("inf")):
        raise StateError(f"{rule}, got {brief(value)}")
    drawable("view", [low, high])
    return [low, high]


def hidden(value: Any, settled: Settled) -> list[str]:
    """Series that are not drawn; those of other explorers are left out."""
    own = SERIES[settled["explorer"]]
    known = isinstance(value, (list, tuple)) and all(
        isinstance(name, str) and name in _ANY_SERIES for name in value
    )
    if not known:
        raise StateError(
            f"hidden must be a list of series out of {', '.join(own)}, got {brief(value)}"
        )
    return [name for name in own if name in value]


def theme(value: Any, _: Settled) -> str:
    """Light or dark, or as the place where the explorer stands."""
    if not isinstance(value, str) or value not in THEMES:
        raise StateError(f"theme must be one of {', '.join(THEMES)}, got {brief(value)}")
    return value


def gradient_method(value: Any, _: Settled) -> str:
    """How the dots of the gradient are estimated."""
    if not isinstance(value, str) or value not in GRADIENT_METHODS:
        raise StateError(
            f"gradient_method must be one of {', '.join(GRADIENT_METHODS)}, got {brief(value)}"
        )
    return value


def half_width(value: Any, _: Settled) -> float | None:
    """Half-width of the difference quotient, in units of x; None for the automatic one."""
    if value is None:
        return None
    lowest = 1.0 / LARGEST
    if not _is_number(value) or not lowest <= value <= LARGEST:
        raise StateError(
            f"half_width must be a number from {lowest:g} to {LARGEST:g}, or None for a twentieth "
            f"of the narrowest segment, got {brief(value)}"
        )
    return float(value)


def data(value: Any, _: Settled) -> str | dict[str, Any]:
    """Name of a data set, or a summary of one's own data."""
    if isinstance(value, Mapping):
        try:
            summary = datasets.check_summary(value)
        except ValueError as error:
            raise StateError(f"data: {error}") from None
        if max(map(abs, summary["range"])) > LARGEST:
            raise StateError(f"data must lie within {LARGEST:g}, got a range of {summary['range']}")
        return summary
    if not isinstance(value, str) or value not in datasets.NAMES:
        raise StateError(
            f"data must be one of {', '.join(datasets.NAMES)} or a summary, got {brief(value)}"
        )
    return value


def seed(value: Any, _: Settled) -> int:
    """Seed of the coins."""
    try:
        return check_seed(value)
    except ValueError as error:
        raise StateError(str(error)) from None


def compander(value: Any, _: Settled) -> bool:
    """Whether the compander has a panel."""
    if not isinstance(value, bool):
        raise StateError(f"compander must be true or false, got {brief(value)}")
    return value


def _place(name: str, value: Any) -> float:
    if not _is_number(value) or not abs(value) <= LARGEST:
        raise StateError(
            f"{name} must be a number from -{LARGEST:g} to {LARGEST:g}, got {brief(value)}"
        )
    return float(value)


def probe(value: Any, _: Settled) -> float:
    """An input that is looked at closely."""
    return _place("x", value)


def points(value: Any, _: Settled) -> list[float]:
    """Inputs at which coins are thrown, from left to right or in any order."""
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= MAX_POINTS:
        raise StateError(f"points must be a list of 1 to {MAX_POINTS} numbers, got {brief(value)}")
    return [_place("a number in points", v) for v in value]


def thrown(value: Any, _: Settled) -> int:
    """Coins thrown so far."""
    if not _whole(value, 0, MAX_DRAWS):
        raise StateError(f"thrown must be a whole number from 0 to {MAX_DRAWS}, got {brief(value)}")
    return int(value)


def speed(value: Any, _: Settled) -> int:
    """Coins per second while playing."""
    if not _is_number(value) or value not in SPEEDS:
        raise StateError(f"speed must be one of {', '.join(map(str, SPEEDS))}, got {brief(value)}")
    return int(value)


def shown(value: Any, settled: Settled) -> int:
    """How many of the binary steps are added up; None for all."""
    steps = len(settled["edges"]) - 1
    if value is None:
        return steps
    if not _whole(value, 0, steps):
        raise StateError(
            f"shown must be a whole number from 0 to the number of steps, {steps}, or None for all "
            f"of them, got {brief(value)}"
        )
    return int(value)


def target(value: Any, _: Settled) -> str:
    """What the quantizer is to output."""
    if not isinstance(value, str) or value not in TARGETS:
        raise StateError(f"target must be one of {', '.join(TARGETS)}, got {brief(value)}")
    return value


def learning_rate(value: Any, _: Settled) -> float:
    """Length of a step of descent per unit of gradient."""
    low, high = LEARNING_RATES
    if not _is_number(value) or not low <= value <= high:
        raise StateError(
            f"learning_rate must be a number from {low:g} to {high:g}, got {brief(value)}"
        )
    return float(value)


def start(value: Any, settled: Settled) -> list[float]:
    """Edges at the start of the descent; None for those that are there now."""
    edges: list[float] = settled["edges"]
    if value is None:
        return edges
    try:
        found: list[float] = Quantizer(value, settled["levels"]).edges.tolist()
    except ValueError as error:
        raise StateError(f"start must hold as many edges as there are now; {error}") from None
    drawable("start", found)
    return found


def descent_steps(value: Any, _: Settled) -> int:
    """Steps of descent from start to edges."""
    if not _whole(value, 0, MAX_DESCENT):
        raise StateError(
            f"steps must be a whole number from 0 to {MAX_DESCENT}, got {brief(value)}"
        )
    return int(value)


def from_here(state: dict[str, Any]) -> None:
    """Begin the descent anew where its steps do not lead to the edges: a hand has moved one."""
    try:
        followed = follows(state)
    except ImportError as error:
        raise StateError(f"data: {error}") from None
    if not followed:
        state["start"], state["steps"] = list(state["edges"]), 0


def surrogate(side: str) -> Rule:
    """Return the rule for one side: which surrogate, with all its parameters but the quantizer."""

    def settle(value: Any, _: Settled) -> dict[str, Any]:
        names = ", ".join(surrogates.TABLE)
        if isinstance(value, str):
            value = {"surrogate": value}
        if not isinstance(value, Mapping) or not isinstance(value.get("surrogate"), str):
            raise StateError(
                f'{side} must be {{"surrogate": name, "parameters": {{...}}}} with a name out of '
                f"{names}, got {brief(value)}"
            )
        name, given = value["surrogate"], value.get("parameters", {})
        if name not in surrogates.TABLE:
            raise StateError(f"{side} must name one of {names}, got {brief(name)}")
        if not isinstance(given, Mapping):
            raise StateError(f"the parameters of {side} must be a JSON object, got {brief(given)}")
        entry = surrogates.TABLE[name]
        for key in given:
            # Here, since a parameter called "self" cannot be passed on as a keyword.
            if key not in entry.parameters:
                known = ", ".join(entry.parameters) or "none"
                raise StateError(
                    f"{side}: a parameter of {name} must be one of: {known}; got {brief(key)}"
                )
        try:
            values = entry.values(**given)
            return {
                "surrogate": name,
                "parameters": {
                    key: _plain(key, values[key], parameter.kind)
                    for key, parameter in entry.parameters.items()
                    if parameter.kind != "object"
                },
            }
        except ValueError as error:
            raise StateError(f"{side}: {error}") from None

    return settle


def _plain(name: str, value: Any, kind: str) -> Any:
    """Return a parameter as JSON holds it."""
    if kind == "array":
        if np.ndim(value) or not np.isfinite(value):
            raise StateError(f"{name} must be one finite number in an explorer, got {brief(value)}")
        return float(value)
    if kind == "word" and not isinstance(value, str):
        raise StateError(f"{name} must be a word in an explorer, got {brief(value)}")
    return number(name, value) if kind == "number" else value
