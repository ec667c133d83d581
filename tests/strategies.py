"""Random quantizers, and inputs that look for trouble, for tests of properties."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

from n2uq_viz.quantizer import Quantizer

MAX_STEPS = 15


def sizes() -> st.SearchStrategy[float]:
    """Widths or rises from 1e-3 to 1e3, as likely to be small as large."""
    return st.one_of(
        st.sampled_from((1e-3, 0.5, 1.0, 2.0, 1e3)),
        st.floats(-3.0, 3.0).map(lambda power: float(10.0**power)),
    )


@st.composite
def quantizers(draw: Any, min_steps: int = 1, max_steps: int = MAX_STEPS) -> Quantizer:
    """Quantizers with 1 to 15 steps, uneven segments and levels, and any offset to 1e3."""
    steps = draw(st.integers(min_steps, max_steps))
    widths = draw(st.lists(sizes(), min_size=steps, max_size=steps))
    rises = draw(st.lists(sizes(), min_size=steps, max_size=steps))
    offsets = st.one_of(st.sampled_from((0.0, -1.0)), st.floats(-1e3, 1e3))
    edges = np.cumsum([draw(offsets), *widths])
    levels = np.cumsum([draw(offsets), *rises])
    return Quantizer(edges, levels)


@st.composite
def equidistant_quantizers(draw: Any) -> Quantizer:
    """Quantizers as N2UQ trains them: any edges, equally spaced levels."""
    q: Quantizer = draw(quantizers())
    bottom = draw(st.floats(-1e3, 1e3))
    rise = draw(sizes())
    return Quantizer(q.edges, bottom + rise * np.arange(q.levels.size))


@st.composite
def rough_quantizers(draw: Any) -> Quantizer:
    """Quantizers at the mercy of rounding: widths from 1e-300 up, offsets to 1e15."""
    number = st.floats(-1e15, 1e15)
    tiny = st.floats(-1e-9, 1e-9)
    nearby = st.tuples(st.sampled_from((1.0, 1e8, -1e15)), st.integers(1, 40)).map(
        lambda pair: float(pair[0] + pair[1] * np.spacing(abs(pair[0])))
    )
    some = st.lists(st.one_of(number, tiny, nearby), min_size=2, max_size=8, unique=True)
    edges = np.sort(np.array(draw(some)) + 0.0)
    assume(bool(np.all(np.diff(edges) > 1e-300)))
    return Quantizer(edges, np.arange(float(edges.size)))


def inputs_for(q: Quantizer) -> st.SearchStrategy[NDArray[np.float64]]:
    """Inputs in and around the range of `q`: anywhere, on edges, on thresholds, and beside them."""
    low, high = float(q.edges[0]), float(q.edges[-1])
    reach = high - low
    special = np.concatenate([q.edges, q.thresholds])
    beside = np.concatenate(
        [special, np.nextafter(special, -np.inf), np.nextafter(special, np.inf)]
    )
    return st.lists(
        st.one_of(
            st.floats(low - reach, high + reach),
            st.sampled_from(beside.tolist()),
            st.sampled_from((-np.inf, np.inf)),
        ),
        min_size=1,
        max_size=40,
    ).map(np.array)


@st.composite
def quantizers_with_inputs(
    draw: Any, kind: st.SearchStrategy[Quantizer] | None = None
) -> tuple[Quantizer, NDArray[np.float64]]:
    """Pairs of a quantizer and inputs for it."""
    q = draw(quantizers() if kind is None else kind)
    return q, draw(inputs_for(q))


def clear_of_thresholds(q: Quantizer, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where `x` is more than a few rounding errors away from every threshold of `q`."""
    scale = max(abs(float(q.edges[0])), abs(float(q.edges[-1])))
    distance = np.abs(x[..., None] - q.thresholds).min(axis=-1)
    return np.asarray(distance > 8.0 * np.spacing(scale))
