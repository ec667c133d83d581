"""The one state object: what an explorer shows, as plain JSON.

The same dictionary is the widget's synced trait, an undo entry, the contents of an exported figure
and a test's fixture. It is checked as a whole, in one place, so that no explorer can ever hold half
a change. Keys that an explorer does not know are left out, so a state saved by one explorer opens
in another.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from n2uq_viz import datasets
from n2uq_viz.montecarlo import GRADIENT_METHODS
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import check_seed

VERSION = 1
#: Points on the x axis at which explorers draw a Monte-Carlo mean, evenly spaced over the view.
GRID_POINTS = 101
#: Most draws per point that an explorer throws; ``n2uq_viz.simulate`` takes any number.
MAX_DRAWS = 10_000
#: Most binary steps that an explorer has handles for (4 bits).
MAX_STEPS = 15
#: Empty space left and right of the outermost edges in a fresh view, as a share of their distance.
VIEW_MARGIN = 0.15
#: Largest number on screen; one over it is the smallest difference. Beyond, pixels overflow.
LARGEST = 1e100
SERIES = (
    "deterministic",
    "expectation",
    "monte_carlo",
    "band",
    "gste",
    "ste",
    "monte_carlo_gradient",
    "histogram",
)
THEMES = ("auto", "light", "dark")
DEFAULT_DATA = "digit_filter"
EXPLORERS = ("threshold",)
REQUIRED = ("version", "edges", "levels")


class StateError(ValueError):
    """A state that cannot be shown; the message says which key, what it holds and what would do."""


def default_view(edges: Any, data_range: tuple[float, float] | None = None) -> list[float]:
    """Range of x that shows all edges with a margin and, if given, the bulk of the data.

    Examples
    --------
    >>> default_view([0.0, 2.0])
    [-0.3, 2.3]
    >>> default_view([0.0, 2.0], (-1.0, 1.0))
    [-1.0, 2.3]
    """
    margin = VIEW_MARGIN * (float(edges[-1]) - float(edges[0]))
    low, high = float(edges[0]) - margin, float(edges[-1]) + margin
    if data_range is not None:
        low, high = min(low, data_range[0]), max(high, data_range[1])
    return [low, high]


def _draws(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_DRAWS:
        raise StateError(
            f"draws must be a whole number from 1 to {MAX_DRAWS} in an explorer, got {value!r}; "
            "n2uq_viz.simulate takes more"
        )
    return value


def _view(value: Any) -> list[float]:
    rule = "view must be two finite numbers [low, high] with low < high"
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise StateError(f"{rule}, got {value!r}")
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in value):
        raise StateError(f"{rule}, got {value!r}")
    try:
        low, high = float(value[0]), float(value[1])
    except OverflowError:
        raise StateError(f"{rule}, got numbers too large for a float") from None
    if not (low < high and high - low < float("inf")):
        raise StateError(f"{rule}, got {value!r}")
    _drawable("view", [low, high])
    return [low, high]


def _drawable(name: str, values: Sequence[float]) -> None:
    """Refuse numbers that no picture can hold."""
    largest = max(map(abs, values))
    smallest = min(b - a for a, b in itertools.pairwise(values))
    if largest > LARGEST or smallest < 1.0 / LARGEST:
        raise StateError(
            f"an explorer shows numbers up to {LARGEST:g} that differ by at least {1 / LARGEST:g}; "
            f"{name} has {largest:g} and a difference of {smallest:g}"
        )


def _hidden(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or any(v not in SERIES for v in value):
        raise StateError(
            f"hidden must be a list of series out of {', '.join(SERIES)}, got {value!r}"
        )
    return [name for name in SERIES if name in value]


def _theme(value: Any) -> str:
    if value not in THEMES:
        raise StateError(f"theme must be one of {', '.join(THEMES)}, got {value!r}")
    return str(value)


def _gradient_method(value: Any) -> str:
    if not isinstance(value, str) or value not in GRADIENT_METHODS:
        raise StateError(
            f"gradient_method must be one of {', '.join(GRADIENT_METHODS)}, got {value!r}"
        )
    return value


def _half_width(value: Any) -> float | None:
    if value is None:
        return None
    lowest = 1.0 / LARGEST
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not lowest <= value <= LARGEST:
        raise StateError(
            f"half_width must be a number from {lowest:g} to {LARGEST:g}, or None for a twentieth "
            f"of the narrowest segment, got {value!r}"
        )
    return float(value)


def _data(value: Any) -> str | dict[str, Any]:
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
            f"data must be one of {', '.join(datasets.NAMES)} or a summary, got {value!r}"
        )
    return str(value)


def _seed(value: Any) -> int:
    try:
        return check_seed(value)
    except ValueError as error:
        raise StateError(str(error)) from None


#: Optional keys of the Threshold explorer: check and default.
_OPTIONAL: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "draws": (_draws, 200),
    "seed": (_seed, 0),
    "data": (_data, DEFAULT_DATA),
    "gradient_method": (_gradient_method, GRADIENT_METHODS[0]),
    "half_width": (_half_width, None),
    "hidden": (_hidden, []),
    "theme": (_theme, "auto"),
}
KEYS = (*REQUIRED, "explorer", "view", *_OPTIONAL)


def validate(state: Any, explorer: str = "threshold") -> dict[str, Any]:
    """A complete, canonical copy of ``state`` for one explorer.

    Parameters
    ----------
    state
        Mapping with at least ``version``, ``edges`` and ``levels``; missing optional keys take
        their defaults and unknown keys are left out.
    explorer
        Name of the explorer that will show it (one of ``EXPLORERS``).

    Raises
    ------
    StateError
        A required key is missing, the version is unknown, or a value breaks its rule.

    Examples
    --------
    >>> validate({"version": 1, "edges": [0, 2], "levels": [0, 2]})["draws"]
    200
    """
    if explorer not in EXPLORERS:
        raise StateError(f"explorer must be one of {', '.join(EXPLORERS)}, got {explorer!r}")
    if not isinstance(state, Mapping):
        raise StateError(f"a state must be a JSON object, got {type(state).__name__}")
    for key in REQUIRED:
        if key not in state:
            raise StateError(
                f"a state must have the keys {', '.join(REQUIRED)}; {key!r} is missing"
            )
    version = state["version"]
    if isinstance(version, bool) or version != VERSION:
        newer = isinstance(version, (int, float)) and version > VERSION
        advice = "; it is from a newer n2uq_viz: update yours to open it" if newer else ""
        raise StateError(f"version must be {VERSION}, got {version!r}{advice}")
    try:
        quantizer = Quantizer(state["edges"], state["levels"])
    except ValueError as error:
        raise StateError(str(error)) from None
    if len(quantizer.thresholds) > MAX_STEPS:
        raise StateError(
            f"an explorer shows at most {MAX_STEPS} steps (4 bits), "
            f"got {len(quantizer.thresholds)}; "
            "plots and simulations take any number"
        )
    for key in ("edges", "levels"):
        _drawable(key, quantizer.to_dict()[key])
    valid: dict[str, Any] = {"version": VERSION, "explorer": explorer, **quantizer.to_dict()}
    valid["view"] = _view(state.get("view", default_view(quantizer.edges)))
    for key, (check, default) in _OPTIONAL.items():
        valid[key] = check(state.get(key, default))
    return valid


def dumps(state: Mapping[str, Any]) -> str:
    """The state as one line of JSON with sorted keys: the same state always gives the same text."""
    return json.dumps(state, sort_keys=True, allow_nan=False, separators=(",", ":"))


def loads(text: str, explorer: str = "threshold") -> dict[str, Any]:
    """The state in a JSON text, validated.

    Raises
    ------
    StateError
        Broken JSON, or what ``validate`` rejects.

    Examples
    --------
    >>> loads('{"version": 1, "edges": [0, 2]')
    Traceback (most recent call last):
        ...
    n2uq_viz.state.StateError: a state must be JSON: Expecting ',' delimiter at character 30
    """
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = (
            f"{error.msg} at character {error.pos}"
            if isinstance(error, json.JSONDecodeError)
            else "too deep"
        )
        raise StateError(f"a state must be JSON: {where}") from None
    return validate(found, explorer)
