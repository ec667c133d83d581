"""A training run as pictures: its curves, where its thresholds went, and what the net answers.

All take a run's summary (``n2uq_viz.training.summary``), the plain numbers that a state carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, PowerNorm

from n2uq_viz.style import LINE, MARKER
from n2uq_viz.training.summary import unpack_classes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D

    from n2uq_viz.checks import FloatArray
    from n2uq_viz.style import Theme

#: Widths of lines next to the theme's: validation is thick, training thin; edges are finer yet.
THICK, THIN, FINE = 1.4, 0.6, 0.7
#: Sizes of markers next to the theme's.
TEST, END, POINT = 2.6, 1.6, 0.8
#: Shares of samples are drawn as this power of them, for a heap not to hide the rest.
POWER = 0.5
#: How much of the color of a class its region has.
REGION = 0.45
#: Empty space around inputs and edges, as a share of their range.
MARGIN = 0.02
#: Markers of classes.
POINTS = ("o", "^", "s", "D")
ORDER = {"heat": 1.0, "region": 1.0, "bars": 1.5, "edge": 2.2, "line": 2.4, "mark": 3.0}


def finite(values: Sequence[float | None]) -> FloatArray:
    """Return numbers of a summary as an array, with NaN for null.

    >>> finite([1.0, None])
    array([ 1., nan])
    """
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def last(values: Sequence[float | None]) -> float:
    """Return the last number of a summary's list that is none of null, NaN if there is none.

    >>> last([0.5, 0.25, None]), last([])
    (0.25, nan)
    """
    return next((value for value in reversed(values) if value is not None), float("nan"))


@dataclass(frozen=True)
class CurveArtists:
    """Means over epochs as trained on, values after each epoch, and the one on the test data."""

    train: Line2D
    validation: Line2D
    test: Line2D


def draw_curves(
    ax: Axes, summary: Mapping[str, Any], name: str, role: str, theme: Theme
) -> CurveArtists:
    """Draw a curve of a run over its epochs.

    Parameters
    ----------
    name
        ``"loss"``, or ``"accuracy"``, which is drawn in percent.
    role
        ``"first"`` or ``"second"`` of the runs in the picture.
    """
    look: dict[str, Any] = {
        "color": theme.color[role],
        "linestyle": LINE.get(role, "-"),
        "zorder": ORDER["line"],
    }
    (train,) = ax.plot([], [], **look, linewidth=THIN * theme.line_width)
    (validation,) = ax.plot([], [], **look, linewidth=THICK * theme.line_width)
    (test,) = ax.plot(
        [],
        [],
        linestyle="",
        marker=MARKER[role],
        markersize=TEST * theme.marker_size,
        markerfacecolor="none",
        markeredgecolor=theme.color[role],
        markeredgewidth=theme.line_width,
        clip_on=False,
        zorder=ORDER["mark"],
    )
    artists = CurveArtists(train, validation, test)
    update_curves(artists, summary, name)
    return artists


def update_curves(artists: CurveArtists, summary: Mapping[str, Any], name: str) -> None:
    """Move the curves to those of another run."""
    scale = 100.0 if name == "accuracy" else 1.0
    train = scale * finite(summary["curves"][f"train_{name}"])
    validation = scale * finite(summary["curves"][f"validation_{name}"])
    # A mean over an epoch belongs in its middle.
    artists.train.set_data(np.arange(train.size) + 0.5, train)
    artists.validation.set_data(np.arange(validation.size), validation)
    test = summary[f"test_{name}"]
    there = test is not None
    artists.test.set_data([summary["epochs"]] if there else [], [scale * test] if there else [])


@dataclass(frozen=True)
class HistoryArtists:
    """The histogram of a layer's inputs through the epochs, and its edges and thresholds on it."""

    heat: QuadMesh | None
    edges: list[Line2D]
    thresholds: list[Line2D]


def tracks(layer: Mapping[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Return edges, (frames, L + 1), and thresholds, (frames, L); NaN where there were none.

    >>> tracks({"edges": [[0.0, 2.0], None]})[1]
    array([[ 1.],
           [nan]])
    """
    found = [edges for edges in layer["edges"] if edges is not None]
    width = len(found[0]) if found else 0
    edges = np.full((len(layer["edges"]), width), np.nan)
    for k, row in enumerate(layer["edges"]):
        if row is not None:
            edges[k] = row
    return edges, 0.5 * (edges[:, 1:] + edges[:, :-1])


def input_limits(layer: Mapping[str, Any]) -> tuple[float, float]:
    """Return the range of a layer's inputs and edges in all of its frames."""
    low, high, count = layer["bins"]
    some = np.flatnonzero(np.asarray(layer["counts"]).sum(axis=0))
    ends = np.linspace(low, high, count + 1)
    found = [float(ends[some[0]]), float(ends[some[-1] + 1])] if some.size else [low, high]
    edges, _ = tracks(layer)
    known = edges[np.isfinite(edges)]
    if known.size:
        # Edges that ran away are not to press everything else together.
        room = found[1] - found[0]
        found += [max(float(known.min()), found[0] - room)]
        found += [min(float(known.max()), found[1] + room)]
    margin = MARGIN * (max(found) - min(found))
    return min(found) - margin, max(found) + margin


def draw_threshold_history(
    ax: Axes,
    layer: Mapping[str, Any],
    frames: Sequence[int],
    theme: Theme,
    *,
    upright: bool = False,
    heat: bool = True,
    lines: bool = True,
) -> HistoryArtists:
    """Draw where a layer's thresholds and edges went, over the histogram of its inputs.

    Epochs run to the right and inputs upwards, or, `upright`, epochs along the vertical axis.
    `heat` and `lines` say which of both is drawn.
    """
    mesh = None
    at = np.asarray(frames, dtype=np.float64)
    if heat:
        low, high, count = layer["bins"]
        bins = np.linspace(low, high, count + 1)
        middles = 0.5 * (at[1:] + at[:-1])
        ends = np.concatenate(([at[0] - 0.5], middles, [at[-1] + 0.5]))
        counts = np.asarray(layer["counts"], dtype=np.float64)
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
        # The outermost bins also hold all that lies beyond them.
        most = float(share[:, 1:-1].max(initial=0.0)) or 1.0
        colors = [theme.color[role] for role in ("panel", "band", "monte_carlo")]
        mesh = ax.pcolormesh(
            *((bins, ends, share) if upright else (ends, bins, share.T)),
            cmap=LinearSegmentedColormap.from_list("heat", colors),
            norm=PowerNorm(POWER, vmin=0.0, vmax=most),
            zorder=ORDER["heat"],
            rasterized=True,
        )
    edges, thresholds = tracks(layer)
    drawn: dict[str, list[Line2D]] = {"edge": [], "threshold": []}
    looks: tuple[tuple[str, FloatArray, dict[str, Any]], ...] = (
        ("edge", edges, {"linestyle": LINE["edge"], "linewidth": FINE * theme.line_width}),
        ("threshold", thresholds, {"linestyle": "-", "linewidth": theme.line_width}),
    )
    for role, values, look in looks if lines else ():
        for track in values.T:
            (line,) = ax.plot(
                *((track, at) if upright else (at, track)),
                color=theme.color[role],
                marker=MARKER[role],
                markersize=END * theme.marker_size * look["linewidth"] / theme.line_width,
                markevery=[-1],
                zorder=ORDER["edge" if role == "edge" else "line"],
                **look,
            )
            drawn[role].append(line)
    return HistoryArtists(mesh, drawn["edge"], drawn["threshold"])


def draw_layer_histogram(
    ax: Axes, layer: Mapping[str, Any], frame: int, theme: Theme
) -> PolyCollection:
    """Draw the share of a layer's inputs in each bin, in percent, with the limits of that axis.

    Each bin has the color of the level that its middle falls to; without a quantizer all have one.
    """
    low, high, count = layer["bins"]
    ends = np.linspace(low, high, count + 1)
    counts = np.asarray(layer["counts"][frame], dtype=np.float64)
    share = 100.0 * counts / max(counts.sum(), 1.0)
    edges = layer["edges"][frame]
    colors = [theme.color["band"]] * count
    if edges is not None:
        thresholds = 0.5 * (np.asarray(edges)[1:] + np.asarray(edges)[:-1])
        codes = np.searchsorted(thresholds, 0.5 * (ends[1:] + ends[:-1]), side="left")
        levels = theme.levels(thresholds.size + 1)
        colors = [levels[code] for code in codes.tolist()]
    boxes = [
        [(a, 0.0), (a, y), (b, y), (b, 0.0)]
        for a, b, y in zip(ends[:-1], ends[1:], share, strict=True)
    ]
    bars = PolyCollection(boxes, facecolors=colors, linewidths=0.0, zorder=ORDER["bars"])
    ax.add_collection(bars, autolim=False)
    ax.set_ylim(0.0, 1.15 * (float(share.max()) or 1.0))
    return bars


def draw_regions(ax: Axes, regions: Mapping[str, Any], frame: int, theme: Theme) -> AxesImage:
    """Draw what a net of two inputs answers, a color for each class, and set both axes to them."""
    (x_low, x_high, n), (y_low, y_high, m) = regions["x"], regions["y"]
    classes = unpack_classes(regions["classes"][frame], n, m)
    half = 0.5 * (x_high - x_low) / (n - 1), 0.5 * (y_high - y_low) / (m - 1)
    colors = class_colors(regions, theme)
    return ax.imshow(
        classes,
        cmap=ListedColormap(colors),
        vmin=-0.5,
        vmax=len(colors) - 0.5,
        alpha=REGION,
        origin="lower",
        extent=(x_low - half[0], x_high + half[0], y_low - half[1], y_high + half[1]),
        interpolation="nearest",
        aspect="auto",
        zorder=ORDER["region"],
    )


def draw_points(ax: Axes, regions: Mapping[str, Any], theme: Theme) -> list[Line2D]:
    """Draw the validation points, each class with a color and a marker of its own."""
    points = np.asarray(regions["points"], dtype=np.float64).reshape(-1, 2)
    labels = np.asarray(regions["labels"])
    drawn = []
    for k, color in enumerate(class_colors(regions, theme)):
        own = points[labels == k]
        (dots,) = ax.plot(
            own[:, 0],
            own[:, 1],
            linestyle="",
            marker=POINTS[k],
            markersize=POINT * theme.marker_size,
            markerfacecolor=color,
            markeredgecolor=theme.color["ink"],
            markeredgewidth=0.25 * theme.line_width,
            zorder=ORDER["line"],
        )
        drawn.append(dots)
    return drawn


def class_colors(regions: Mapping[str, Any], theme: Theme) -> list[str]:
    """Return a color for each class that is among the points, two at least."""
    return theme.levels(max(2, 1 + max(regions["labels"], default=0)))
