"""What a hand may do to the edges of a quantizer, so that it always remains one.

Edges determine thresholds and not the other way round: there is one edge more than thresholds. So
two moves are defined. An *edge* goes where it is put and the thresholds beside it follow by half.
A *threshold* takes its whole segment along, and the neighboring segments give or take the width.
Both stop short of a neighbor. These functions work on plain lists and in this order of operations,
so that the browser can repeat them bit for bit; `Quantizer` has them as methods.

In all of them `edges` are L + 1 >= 2 increasing floats, and no segment that would shrink ends
narrower than `min_width`, or than it is if that is less. They raise ValueError for an index out of
range, a `min_width` that is not above 0 and a `to` that is not finite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from n2uq_viz.checks import number, whole_number

__all__ = ["edge_limits", "move_edge", "move_threshold", "threshold_limits"]


def edge_limits(edges: Sequence[float], i: int, min_width: float = 1e-3) -> tuple[float, float]:
    """Return ``(low, high)``, between which edge `i` (0..L) can move; infinite at the outside.

    >>> edge_limits([0.0, 1.0, 3.0], 2, min_width=0.5)
    (1.5, inf)
    """
    last = len(edges) - 1
    i = whole_number("edge index", i, 0, last)
    width = number("min_width", min_width, positive=True)
    here = edges[i]
    low, high = -math.inf, math.inf
    # nextafter: far from zero adding a small width may change nothing. min and max with the edge
    # itself: a move to where it stands must always be allowed, however the sums round.
    if i > 0:
        below = edges[i - 1]
        low = min(here, max(below + min(width, here - below), math.nextafter(below, math.inf)))
    if i < last:
        above = edges[i + 1]
        high = max(here, min(above - min(width, above - here), math.nextafter(above, -math.inf)))
    return low, high


def move_edge(edges: Sequence[float], i: int, to: float, min_width: float = 1e-3) -> list[float]:
    """Return the edges after edge `i` (0..L) went to `to`, clamped to its limits.

    >>> move_edge([0.0, 1.0, 3.0], 1, -7.0, min_width=0.25)
    [0.0, 0.25, 3.0]
    """
    low, high = edge_limits(edges, i, min_width)
    moved = list(edges)
    moved[int(i)] = min(max(number("to", to), low), high)
    return moved


def threshold_limits(
    edges: Sequence[float], i: int, min_width: float = 1e-3
) -> tuple[float, float]:
    """Return ``(low, high)``, between which threshold `i` (0..L-1) can slide.

    Without a neighboring segment on a side there is no limit on that side.

    >>> threshold_limits([0.0, 1.0, 3.0], 0, min_width=0.5)
    (-inf, 2.0)
    """
    last = len(edges) - 2
    i = whole_number("threshold index", i, 0, last)
    width = number("min_width", min_width, positive=True)
    here = _midpoint(edges, i)
    low, high = -math.inf, math.inf
    if i > 0:
        left = edges[i] - edges[i - 1]
        low = here - (left - min(width, left))
    if i < last:
        right = edges[i + 2] - edges[i + 1]
        high = here + (right - min(width, right))
    return low, high


def move_threshold(
    edges: Sequence[float], i: int, to: float, min_width: float = 1e-3
) -> list[float]:
    """Return the edges after threshold `i` (0..L-1) slid to `to`, clamped to its limits.

    Both edges of its segment are shifted by the same amount. Where floats are too coarse at the
    new place to tell the two apart, the segment is kept one float wide.

    >>> move_threshold([0.0, 1.0, 3.0], 0, -5.0)
    [-5.5, -4.5, 3.0]
    """
    low, high = threshold_limits(edges, i, min_width)
    i = int(i)
    shift = min(max(number("to", to), low), high) - _midpoint(edges, i)
    left, right = edges[i] + shift, edges[i + 1] + shift
    # The limit of the leading edge keeps a rounding error in the shift from crossing a neighbor.
    if shift < 0.0:
        left = max(left, edge_limits(edges, i, min_width)[0])
        right = max(right, math.nextafter(left, math.inf))
    else:
        right = min(right, edge_limits(edges, i + 1, min_width)[1])
        left = min(left, math.nextafter(right, -math.inf))
    return [*edges[:i], left, right, *edges[i + 2 :]]


def _midpoint(edges: Sequence[float], i: int) -> float:
    return 0.5 * edges[i] + 0.5 * edges[i + 1]
