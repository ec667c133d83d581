"""A state that moves, as a teacher would play it: the states of an animation, and their figures.

What moves is what Play moves in the explorer; where nothing plays there, the thing that a hand
takes first. All frames share the range of inputs, so that axes stand still where they can.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz import descent, moves
from n2uq_viz import state as states
from n2uq_viz.checks import whole_number
from n2uq_viz.state import weights
from n2uq_viz.state.runs import summaries

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COUNT", "LIMITS", "animate", "draw", "frames", "pace"]

#: Frames of something that moves there and back or grows; and most of a sweep by whole steps.
COUNT = 61
_MOST_STEPS = 121
#: Fewest and most frames that can be asked for.
LIMITS = (2, 10_000)
#: Frames per second of what moves smoothly, and of steps as the explorers play them.
_SMOOTH = 20.0
_PER_STEP = {"sum-of-steps": 1.0 / 0.9, "gradient-flow": 12.0}
#: All epochs of a training pass in so many seconds, but so many frames a second at least.
_TRAINING_SECONDS, _SLOWEST = 8.0, 6.0
#: Steps of a descent that has taken none yet.
_STEPS = 100
#: Smallest scale of weights, next to the largest.
_LEAST_SCALE = 0.05
#: How close an edge comes to its neighbors, as a share of the narrower segment beside it.
_CLOSE = 0.25

States = list[dict[str, Any]]


def frames(state: Mapping[str, Any], count: int | None = None) -> States:
    """Return the states of an animation of one state, each of them valid.

    ==============  =========================================  =============  ===============
    explorer        what moves                                 first frame    last frame
    ==============  =========================================  =============  ===============
    threshold       edge 1, or the threshold where there is    the state      the state
                    one step: to the right, the left, back
    binary          the input, across the view and back        the state      the state
    coin-flip       coins thrown, by equal factors             1              10000
    sum-of-steps    steps that are added up                    0              all
    gradient-flow   steps of descent, 100 if there are none    0              as in the state
    training        epochs                                     0              the last
    surrogate       the input, across the view and back        the state      the state
    tensor          as for the Threshold explorer              the state      the state
    weight          the scale: larger, smaller, and back       the state      the state
    ==============  =========================================  =============  ===============

    An edge comes no nearer to its neighbors than a quarter of the narrower segment beside it:
    closer, its slope would leave the picture.

    Parameters
    ----------
    state
        A state of any explorer.
    count
        How many, from 2 to 10000; without it one for each step or epoch, 121 at most, or 61.

    Raises
    ------
    ValueError
        A count that breaks its rule.
    n2uq_viz.state.StateError
        A state that cannot be shown.

    Examples
    --------
    >>> state = {"version": 1, "explorer": "sum-of-steps", "edges": [0, 1, 2], "levels": [0, 1, 2]}
    >>> [frame["shown"] for frame in frames(state)]
    [0, 1, 2]
    >>> [frame["shown"] for frame in frames(state, 5)]
    [0, 0, 1, 2, 2]
    """
    shown = states.validate(state)
    if count is not None:
        count = whole_number("count", count, *LIMITS)
    found = _MOVES[shown["explorer"]](shown, count)
    return [states.validate(frame) for frame in found]


def pace(state: Mapping[str, Any], count: int) -> float:
    """Return how many of `count` frames of a state pass in a second, as its explorer plays them.

    Raises StateError for a state that cannot be shown.

    >>> pace({"version": 1, "explorer": "training", "edges": [0, 1], "levels": [0, 1]}, 121)
    15.0
    """
    explorer = states.validate(state)["explorer"]
    if explorer == "training":
        return max(_SLOWEST, (count - 1) / _TRAINING_SECONDS)
    return _PER_STEP.get(explorer, _SMOOTH)


def animate(
    state: Mapping[str, Any],
    theme: str | None = None,
    size: str | None = None,
    count: int | None = None,
) -> Iterator[Figure]:
    """Return the figures of `frames`, each drawn when it is asked for, all of one size.

    `theme` and `size` are those of the explorer's figure in ``n2uq_viz.figures``; the other
    arguments, and what is raised before the first figure, are those of `frames`.

    >>> state = {"version": 1, "explorer": "coin-flip", "edges": [-1, 1], "levels": [-1, 1]}
    >>> len([figure.get_size_inches() for figure in animate(state, "print", count=2)])
    2
    """
    return draw(frames(state, count), theme, size)


def draw(
    moving: Iterable[Mapping[str, Any]], theme: str | None = None, size: str | None = None
) -> Iterator[Figure]:
    """Yield the figure of each of some states of explorers, drawn when it is asked for.

    `theme` and `size` are those of `animate`. Raises ValueError for a theme or size that is none.
    """
    from n2uq_viz import figures  # here: the package may name this module

    for state in moving:
        name = states.explorer_of(state).replace("-", "_")
        yield figures.NAMES[name](state, theme=theme, size=size)


def _travel(start: float, low: float, high: float, count: int) -> list[float]:
    """Return places on the way from start to high, to low, and back, at one speed.

    The turns are among them, and the first and the last one are the start itself.

    >>> _travel(1.0, 0.0, 3.0, 7)
    [1.0, 2.0, 3.0, 2.0, 1.0, 0.0, 1.0]
    """
    stops = [start, high, low, start]
    way = np.cumsum([0.0, *(abs(b - a) for a, b in itertools.pairwise(stops))])
    if not way[-1] > 0.0:
        return [start] * count
    turns = np.round((count - 1) * way / way[-1])
    found: list[float] = np.interp(np.arange(count), turns, stops).tolist()
    return [start, *found[1:-1], start]


def _spread(last: int, count: int | None) -> list[int]:
    """Return whole numbers from 0 to last, evenly spread: every one, unless those are too many.

    >>> _spread(3, None), _spread(0, 2)
    ([0, 1, 2, 3], [0, 0])
    """
    if count is None:
        count = min(last + 1, _MOST_STEPS)
    return [int(value) for value in np.round(np.linspace(0.0, last, count))]


def _quantizer(state: dict[str, Any], count: int | None) -> States:
    edges: list[float] = state["edges"]
    if len(edges) == 2:
        return _one_step(state, count or COUNT)
    room = _CLOSE * min(edges[1] - edges[0], edges[2] - edges[1])
    low, high = moves.edge_limits(edges, 1, room)
    places = _travel(edges[1], low, high, count or COUNT)
    return [{**state, "edges": moves.move_edge(edges, 1, place, room)} for place in places]


def _one_step(state: dict[str, Any], count: int) -> States:
    """Return frames in which the only threshold slides, as far as its segment stays in view."""
    edges, (left, right) = state["edges"], state["view"]
    half = 0.5 * (edges[1] - edges[0])
    here = 0.5 * edges[0] + 0.5 * edges[1]
    low, high = min(here, left + half), max(here, right - half)
    found = [moves.move_threshold(edges, 0, place) for place in _travel(here, low, high, count)]
    return [
        state,
        *({**state, "edges": moved} for moved in found[1:-1]),
        state,
    ]


def _input(state: dict[str, Any], count: int | None) -> States:
    low, high = state["view"]
    here = state["x"]
    places = _travel(here, min(low, here), max(high, here), count or COUNT)
    return [{**state, "x": place} for place in places]


def _scaled(state: dict[str, Any], count: int | None) -> States:
    entry = weights.entry_of(state)
    here = weights.scale_of(
        entry["channels"][state["channel"]], len(state["levels"]), state["scale"]
    )
    high = max(here, state["view"][1])
    if not high > 0.0:
        return [state] * (count or COUNT)
    places = _travel(here, min(here, _LEAST_SCALE * high), high, count or COUNT)
    found = [{**state, "scale": place} for place in places[1:-1]]
    return [state, *found, state]


def _thrown(state: dict[str, Any], count: int | None) -> States:
    count = count or COUNT
    wanted = np.geomspace(1.0, states.MAX_DRAWS, count)
    found: list[int] = []
    for value in wanted:
        # Few coins are thrown one by one: no two frames are the same.
        found.append(max(round(float(value)), found[-1] + 1 if found else 1))
    return [{**state, "thrown": value} for value in found]


def _added(state: dict[str, Any], count: int | None) -> States:
    return [{**state, "shown": k} for k in _spread(len(state["levels"]) - 1, count)]


def _descended(state: dict[str, Any], count: int | None) -> States:
    last = state["steps"] or _STEPS
    _, way = descent.of_state({**state, "steps": last})
    edges: list[Sequence[float]] = way.edges.tolist()
    if state["steps"]:
        edges[-1] = state["edges"]  # as they are there: a browser may have rounded otherwise
    low, high = state["view"]
    view = [min(low, *(row[0] for row in edges)), max(high, *(row[-1] for row in edges))]
    return [{**state, "steps": k, "edges": edges[k], "view": view} for k in _spread(last, count)]


def _trained(state: dict[str, Any], count: int | None) -> States:
    last = max((summary["epochs"] for summary in summaries(state)), default=0)
    return [{**state, "epoch": k} for k in _spread(last, count)]


_MOVES: dict[str, Callable[[dict[str, Any], int | None], States]] = {
    "binary": _input,
    "coin-flip": _thrown,
    "sum-of-steps": _added,
    "threshold": _quantizer,
    "gradient-flow": _descended,
    "training": _trained,
    "surrogate": _input,
    "tensor": _quantizer,
    "weight": _scaled,
}
