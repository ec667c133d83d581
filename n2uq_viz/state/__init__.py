"""The one state object: what an explorer shows, as plain JSON.

The same dictionary is the widget's synced trait, an undo entry, the contents of an exported figure
and a test's fixture. It is checked as a whole, in one place, so that no explorer can ever hold half
a change. Keys that an explorer does not know are left out, so a state saved by one explorer opens
in another.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping
from typing import Any

from n2uq_viz.montecarlo import GRADIENT_METHODS
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import rules, runs, tensors, weights
from n2uq_viz.state.rules import (
    LARGEST,
    LEARNING_RATES,
    MAX_DESCENT,
    MAX_DRAWS,
    MAX_POINTS,
    MAX_STEPS,
    SERIES,
    SPEEDS,
    THEMES,
    StateError,
    drawable,
    floats,
)
from n2uq_viz.state.runs import MAX_RUNS

__all__ = [
    "DEFAULT_DATA",
    "EXPLORERS",
    "GRID_POINTS",
    "KEYS",
    "LARGEST",
    "LEARNING_RATES",
    "MAX_DESCENT",
    "MAX_DRAWS",
    "MAX_POINTS",
    "MAX_RUNS",
    "MAX_STEPS",
    "REQUIRED",
    "SERIES",
    "SPEEDS",
    "THEMES",
    "VERSION",
    "VIEW_MARGIN",
    "StateError",
    "default_view",
    "dumps",
    "explorer_of",
    "loads",
    "validate",
]

VERSION = 1
#: Points on the x axis at which explorers draw a Monte-Carlo mean, evenly spaced over the view.
GRID_POINTS = 101
#: Empty space left and right of the outermost edges in a fresh view, as a share of their distance.
VIEW_MARGIN = 0.15
DEFAULT_DATA = "digit_filter"
REQUIRED = ("version", "edges", "levels")
#: Keys with long summaries.
_LONG = ("runs", "tensors", "weights")

#: Optional keys of each explorer: rule and default.
_OWN: dict[str, dict[str, tuple[rules.Rule, Any]]] = {
    "binary": {
        "x": (rules.probe, 0.3),
        "thrown": (rules.thrown, 10),
        "seed": (rules.seed, 0),
        "speed": (rules.speed, 10),
    },
    "coin-flip": {
        "points": (rules.points, [-0.6, 0.0, 0.8]),
        "thrown": (rules.thrown, 30),
        "seed": (rules.seed, 0),
        "speed": (rules.speed, 100),
    },
    "sum-of-steps": {"shown": (rules.shown, None)},
    "threshold": {
        "draws": (rules.draws, 200),
        "seed": (rules.seed, 0),
        "data": (rules.data, DEFAULT_DATA),
        "gradient_method": (rules.gradient_method, GRADIENT_METHODS[0]),
        "half_width": (rules.half_width, None),
        "compander": (rules.compander, False),
    },
    "gradient-flow": {
        "target": (rules.target, "sqrt"),
        "data": (rules.data, DEFAULT_DATA),
        "learning_rate": (rules.learning_rate, 0.2),
        "start": (rules.start, None),
        "steps": (rules.descent_steps, 0),
    },
    "training": {
        "runs": (runs.runs, []),
        "epoch": (runs.epoch, None),
        "layer": (runs.layer, 0),
    },
    "surrogate": {
        "left": (rules.surrogate("left"), "clipped_ste"),
        "right": (rules.surrogate("right"), "ede"),
        "x": (rules.probe, 0.5),
    },
    "tensor": {
        "tensors": (tensors.tensors, list(tensors.NAMES)),
        "tensor": (tensors.tensor, 0),
        "method": (tensors.method, tensors.METHODS[0]),
    },
    "weight": {
        "weights": (weights.weights, weights.NAMES[0]),
        "channel": (weights.channel, 0),
        "scale": (weights.scale, weights.SCALES[0]),
        "before": (weights.before, weights.BEFORE[0]),
    },
}
_SHARED: dict[str, tuple[rules.Rule, Any]] = {
    "hidden": (rules.hidden, []),
    "theme": (rules.theme, "auto"),
}
EXPLORERS = tuple(_OWN)
#: Explorer -> all keys of its states.
KEYS = {name: (*REQUIRED, "explorer", "view", *own, *_SHARED) for name, own in _OWN.items()}


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


def explorer_of(state: Any) -> str:
    """Name of the explorer that a state is for: the Threshold explorer where it does not say.

    >>> explorer_of({"explorer": "binary"}), explorer_of({})
    ('binary', 'threshold')
    """
    name = state.get("explorer") if isinstance(state, Mapping) else None
    return name if isinstance(name, str) and name in EXPLORERS else "threshold"


def validate(state: Any, explorer: str | None = None) -> dict[str, Any]:
    """A complete, canonical copy of ``state`` for one explorer.

    Parameters
    ----------
    state
        Mapping with at least ``version``, ``edges`` and ``levels``; missing optional keys take
        their defaults and unknown keys are left out.
    explorer
        Name of the explorer that will show it (one of ``EXPLORERS``); without it the one that the
        state is for.

    Raises
    ------
    StateError
        A required key is missing, the version is unknown, or a value breaks its rule.

    Examples
    --------
    >>> validate({"version": 1, "edges": [0, 2], "levels": [0, 2]})["draws"]
    200
    """
    if explorer is None:
        explorer = explorer_of(state)
    if explorer not in EXPLORERS:
        raise StateError(f"explorer must be one of {', '.join(EXPLORERS)}, got {explorer!r}")
    if not isinstance(state, Mapping):
        raise StateError(f"a state must be a JSON object, got {type(state).__name__}")
    for key in REQUIRED:
        if key not in state:
            raise StateError(
                f"a state must have the keys {', '.join(REQUIRED)}; {key!r} is missing"
            )
    # Summaries are long, and have rules for every number in them.
    state = {key: value if key in _LONG else floats(value) for key, value in state.items()}
    version = state["version"]
    if isinstance(version, bool) or version != VERSION:
        newer = isinstance(version, (int, float)) and version > VERSION
        advice = "; it is from a newer n2uq_viz: update yours to open it" if newer else ""
        raise StateError(f"version must be {VERSION}, got {reprlib.repr(version)}{advice}")
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
        drawable(key, quantizer.to_dict()[key])
    valid: dict[str, Any] = {"version": VERSION, "explorer": explorer, **quantizer.to_dict()}
    valid["view"] = rules.view(state.get("view", default_view(quantizer.edges)), valid)
    for key, (rule, default) in {**_OWN[explorer], **_SHARED}.items():
        valid[key] = rule(state.get(key, default), valid)
    if explorer == "gradient-flow":
        rules.from_here(valid)
    elif explorer == "training":
        runs.follow(valid)
    return valid


def dumps(state: Mapping[str, Any]) -> str:
    """The state as one line of JSON with sorted keys: the same state always gives the same text."""
    return json.dumps(state, sort_keys=True, allow_nan=False, separators=(",", ":"))


def loads(text: str, explorer: str | None = None) -> dict[str, Any]:
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
    n2uq_viz.state.rules.StateError: a state must be JSON: Expecting ',' delimiter at character 30
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise StateError(f"a state must be JSON: {error.msg} at character {error.pos}") from None
    except (ValueError, RecursionError) as error:
        where = "too deep" if isinstance(error, RecursionError) else "a number is too long"
        raise StateError(f"a state must be JSON: {where}") from None
    return validate(found, explorer)
