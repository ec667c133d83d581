"""What is drawn is what the formulas say: the artists' data, never their pixels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from n2uq_viz import datasets, plots, simulate, simulate_gradient, style
from n2uq_viz.plots import labels
from n2uq_viz.quantizer import Quantizer

THEME = style.theme("light")
VIEW = (-0.5, 2.5)
UNIFORM = Quantizer.uniform(2)
UNEVEN = Quantizer([0.0, 0.4, 1.1, 2.0], [0.0, 1.0, 1.5, 3.0])
#: Two segments at N2UQ's floor among wide ones.
STEEP = Quantizer.from_intervals([0.8, 1e-3, 0.5, 1e-3, 0.7])
BINARY = Quantizer.binary()
QUANTIZERS = {"uniform": UNIFORM, "uneven": UNEVEN, "steep": STEEP, "binary": BINARY}
VIEWS = {
    "all": VIEW,
    "inside a segment": (0.5, 0.6),
    "left of all": (-9.0, -5.0),
    "cut": (0.2, 1.3),
}

every_quantizer = pytest.mark.parametrize("q", QUANTIZERS.values(), ids=QUANTIZERS)
every_view = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)


@pytest.fixture
def ax() -> Axes:
    found = Figure(figsize=(6.0, 4.0)).add_axes((0.1, 0.1, 0.8, 0.7))
    found.set_xlim(*VIEW)
    return found


def pieces(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]
) -> Iterator[tuple[float, float, float]]:
    """Level stretches of a step line: (start, end, height)."""
    for start, end, left, right in zip(x[:-1], x[1:], y[:-1], y[1:], strict=True):
        if start < end:
            assert left == right
            yield start, end, left


def outlines(collection: Collection) -> list[np.ndarray[Any, Any]]:
    """Corners of every polygon or line of a collection, each (n, 2)."""
    return [np.asarray(path.vertices) for path in collection.get_paths()]


@every_quantizer
@every_view
def test_treads_cover_the_view_at_the_output_of_the_quantizer(
    q: Quantizer, view: tuple[float, float]
) -> None:
    x, y = plots.staircase(q, view)
    np.testing.assert_array_equal(np.isnan(x), np.isnan(y))
    np.testing.assert_array_equal(np.isnan(x), np.arange(x.size) % 3 == 2)
    starts, ends, heights = x[0::3], x[1::3], y[0::3]
    np.testing.assert_array_equal(heights, y[1::3])
    assert starts[0] == view[0]
    assert ends[-1] == view[1]
    # Each tread ends where the next begins: at a threshold.
    np.testing.assert_array_equal(ends[:-1], starts[1:])
    assert np.isin(ends[:-1], q.thresholds).all()
    np.testing.assert_array_equal(heights, q(0.5 * (starts + ends)))
    # The right end of a tread belongs to it: at a tie the lower level.
    np.testing.assert_array_equal(heights, q(ends))


@every_quantizer
def test_ties_are_marked_at_the_lower_level_and_open_above(ax: Axes, q: Quantizer) -> None:
    view = (-2.0, 4.0)
    artists = plots.draw_quantizer(ax, q, THEME, view)
    np.testing.assert_array_equal(artists.at_tie.get_xdata(), q.thresholds)
    np.testing.assert_array_equal(artists.at_tie.get_ydata(), q(q.thresholds))
    np.testing.assert_array_equal(artists.above_tie.get_xdata(), q.thresholds)
    above = q(np.nextafter(q.thresholds, np.inf))
    np.testing.assert_array_equal(artists.above_tie.get_ydata(), above)
    assert artists.at_tie.get_markerfacecolor() == THEME.color["deterministic"]
    assert artists.above_tie.get_markerfacecolor() == THEME.color["panel"]
    x = np.asarray(artists.risers.get_xdata()).reshape(-1, 3)
    np.testing.assert_array_equal(x[:, 0], q.thresholds)
    np.testing.assert_array_equal(x[:, 1], q.thresholds)


@every_quantizer
@every_view
def test_expectation_has_its_corners_at_the_edges(
    ax: Axes, q: Quantizer, view: tuple[float, float]
) -> None:
    line = plots.draw_expectation(ax, q, THEME, view)
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    inside = [b for b in q.edges if view[0] < b < view[1]]
    np.testing.assert_array_equal(x, [view[0], *inside, view[1]])
    np.testing.assert_array_equal(y, q.expectation(x))
    np.testing.assert_allclose(
        np.diff(y) / np.diff(x), q.gradient(0.5 * (x[:-1] + x[1:])), rtol=1e-9
    )


def test_monte_carlo_dots_are_the_means(ax: Axes) -> None:
    mc = simulate(UNEVEN, np.linspace(0.0, 2.0, 7), draws=50, seed=3)
    dots = plots.draw_monte_carlo(ax, mc, THEME)
    np.testing.assert_array_equal(dots.get_xdata(), mc.x)
    np.testing.assert_array_equal(dots.get_ydata(), mc.mean)
    assert dots.get_linestyle() == "None"


@every_quantizer
@every_view
def test_band_is_the_normal_quantile_of_a_mean_of_draws(
    q: Quantizer, view: tuple[float, float]
) -> None:
    draws = 37
    outline = plots.band_outline(q, draws, view)
    low, high = np.split(outline, 2)
    high = high[::-1]
    x = low[:, 0]
    np.testing.assert_array_equal(high[:, 0], x)
    assert x[0] == view[0]
    assert x[-1] == view[1]
    half = 1.959963984540054 * np.sqrt(q.variance(x) / draws)
    np.testing.assert_allclose(high[:, 1] - low[:, 1], 2.0 * half, atol=1e-12)
    np.testing.assert_allclose(0.5 * (high[:, 1] + low[:, 1]), q.expectation(x), atol=1e-12)


def test_band_is_widest_at_thresholds_and_gone_at_edges() -> None:
    low, high = np.split(plots.band_outline(UNEVEN, 100, VIEW), 2)
    width = dict(zip(low[:, 0], high[::-1, 1] - low[:, 1], strict=True))
    for b in UNEVEN.edges:
        assert width[b] == pytest.approx(0.0, abs=1e-7)
    for t, rise in zip(UNEVEN.thresholds, np.diff(UNEVEN.levels), strict=True):
        at = min(width, key=lambda x: abs(x - t))
        assert width[at] == pytest.approx(2.0 * 1.959964 * 0.5 * rise / 10.0, rel=1e-6)


@every_quantizer
@every_view
def test_gradient_lines_step_at_the_edges(
    ax: Axes, q: Quantizer, view: tuple[float, float]
) -> None:
    artists = plots.draw_gradients(ax, q, THEME, view)
    top = plots.gradient_top(q)
    assert artists.gste is not None
    assert artists.ste is not None
    for line, slope in ((artists.gste, q.gradient), (artists.ste, q.ste_gradient)):
        x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        found = list(pieces(x, y))
        assert found[0][0] == view[0]
        assert found[-1][1] == view[1]
        for (_, end, _), (start, _, _) in pairwise(found):
            assert end == start
            assert end in q.edges
        for start, end, height in found:
            assert height == min(slope(0.5 * (start + end)), top)


def test_slopes_beyond_the_top_get_an_arrow_and_their_value(ax: Axes) -> None:
    artists = plots.draw_gradients(ax, STEEP, THEME, VIEW)
    top = plots.gradient_top(STEEP)
    assert artists.arrows is not None
    np.testing.assert_array_equal(artists.arrows.get_xdata(), STEEP.thresholds[[1, 3]])
    np.testing.assert_array_equal(artists.arrows.get_ydata(), [top, top])
    # 2/5 of a level over 0.001.
    assert [note.get_text() for note in artists.notes] == ["400", "400"]
    assert [note.xy[0] for note in artists.notes] == pytest.approx(STEEP.thresholds[[1, 3]])


def test_notes_that_would_collide_are_one(ax: Axes) -> None:
    q = Quantizer.from_intervals([0.9, 1e-3, 2e-3, 1.0, 1.0])
    artists = plots.draw_gradients(ax, q, THEME, VIEW)
    assert [note.get_text() for note in artists.notes] == ["200 – 400"]


def test_gradients_show_only_what_is_asked_for(ax: Axes) -> None:
    artists = plots.draw_gradients(ax, STEEP, THEME, VIEW, ["ste"])
    assert artists.gste is None
    assert artists.arrows is None
    assert artists.notes == []
    assert len(ax.lines) == 1


@pytest.mark.parametrize(
    ("q", "top"),
    [(UNIFORM, 1.5), (BINARY, 1.5), (Quantizer([0, 1, 2], [0, 2, 3]), 3.0), (STEEP, 8.0)],
)
def test_gradient_top_is_round_and_leaves_outliers_out(q: Quantizer, top: float) -> None:
    chord = (q.levels[-1] - q.levels[0]) / (q.edges[-1] - q.edges[0])
    assert plots.gradient_top(q) == pytest.approx(top)
    assert plots.gradient_top(q) >= min(q.slopes.max(), 6.0 * chord)
    assert plots.gradient_limits(q) == pytest.approx((-0.04 * top, top))


def test_forward_limits_leave_eight_percent() -> None:
    assert plots.forward_limits(UNEVEN) == pytest.approx((-0.24, 3.24))


@pytest.mark.parametrize("name", datasets.NAMES)
def test_bars_hold_every_sample(name: str) -> None:
    summary = datasets.summary(name)
    bins, atoms = plots.bars(summary, UNEVEN, VIEW)
    full = (summary["high"] - summary["low"]) / 64
    assert np.sum(bins.share * bins.width / full) + atoms.share.sum() == pytest.approx(1.0)
    assert atoms.share.tolist() == [c / summary["count"] for _, c in summary["atoms"]]
    np.testing.assert_allclose(atoms.left + 0.5 * atoms.width, [v for v, _ in summary["atoms"]])
    assert np.all(bins.width <= full * (1.0 + 1e-9))


@every_quantizer
@pytest.mark.parametrize("name", ["digit_filter", "digit_pixels", "bimodal"])
def test_bars_have_the_level_of_all_that_is_in_them(q: Quantizer, name: str) -> None:
    bins, atoms = plots.bars(datasets.summary(name), q, VIEW)
    right = bins.left + bins.width
    # No threshold lies inside a bar, so one color is right for all of it.
    for t in q.thresholds:
        assert not np.any((bins.left < t - 1e-12) & (t + 1e-12 < right))
    np.testing.assert_array_equal(bins.level, q.codes(0.5 * (bins.left + right)))
    values = np.array([v for v, _ in datasets.summary(name)["atoms"]])
    np.testing.assert_array_equal(atoms.level, q.codes(values))


def test_bars_of_a_known_sample() -> None:
    # 128 values, two in each bin, all different; and a threshold in the middle of the second bin.
    summary = datasets.summarize(np.arange(128) + 0.0)
    q = Quantizer([0.0, 2.0 * 127.0 * 1.5 / 64.0], [0.0, 1.0])
    bins, atoms = plots.bars(summary, q, (0.0, 127.0))
    assert atoms.left.size == 0
    assert bins.left.size == 65
    np.testing.assert_allclose(bins.share, 2.0 / 128.0)
    np.testing.assert_allclose(bins.left[:4], 127.0 / 64.0 * np.array([0.0, 1.0, 1.5, 2.0]))
    assert bins.level.tolist() == [0, 0] + 63 * [1]


def test_an_outstanding_bar_is_cut_and_labeled(ax: Axes) -> None:
    summary = datasets.summary("digit_filter")
    artists = plots.draw_histogram(ax, summary, UNIFORM, THEME, VIEW)
    top = plots.histogram_top(summary)
    assert ax.get_ylim() == pytest.approx((0.0, 100.0 * top))
    share = summary["atoms"][0][1] / summary["count"]
    assert share > 10 * top
    assert [note.get_text() for note in artists.notes] == [f"▲ {100 * share:.0f} %"]
    heights = [corners[:, 1].max() for corners in outlines(artists.atoms)]
    assert heights == pytest.approx([100.0 * top])


def test_bars_of_similar_height_are_not_cut(ax: Axes) -> None:
    summary = datasets.summary("normal")
    artists = plots.draw_histogram(ax, summary, UNIFORM, THEME, VIEW)
    assert artists.notes == []
    tallest = max(sum(summary["cells"][k : k + 8]) for k in range(0, 512, 8)) / summary["count"]
    assert plots.histogram_top(summary) == pytest.approx(1.12 * tallest)


@pytest.mark.parametrize("name", ["bimodal", "digit_pixels"])
def test_colors_follow_the_levels(ax: Axes, name: str) -> None:
    summary = datasets.summary(name)
    artists = plots.draw_histogram(ax, summary, UNIFORM, THEME, (-3.0, 4.0))
    area = 0.0
    for collection in (artists.bins, artists.atoms):
        colors = np.asarray(collection.get_facecolor())
        for corners, color in zip(outlines(collection), colors, strict=True):
            x, y = corners.T
            level = int(UNIFORM.codes(0.5 * (x.min() + x.max())))
            assert to_hex(tuple(color)) == THEME.levels(4)[level]
            area += 0.5 * abs(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))))
    top = plots.histogram_top(summary)
    both = plots.bars(summary, UNIFORM, (-3.0, 4.0))
    expected = sum(float(np.sum(100 * np.minimum(b.share, top) * b.width)) for b in both)
    assert area == pytest.approx(expected)


def test_strip_shows_where_levels_begin_and_end(ax: Axes) -> None:
    artists = plots.draw_histogram(ax, datasets.summary("bimodal"), UNIFORM, THEME, VIEW)
    ends = [corners[:, 0] for corners in outlines(artists.strip)]
    corners = [VIEW[0], *UNIFORM.thresholds, VIEW[1]]
    assert [x.min() for x in ends] == pytest.approx(corners[:-1])
    assert [x.max() for x in ends] == pytest.approx(corners[1:])


def test_levels_are_named_with_their_shares_where_there_is_room(ax: Axes) -> None:
    summary = datasets.summary("bimodal")
    artists = plots.draw_histogram(ax, summary, UNIFORM, THEME, VIEW)
    shares = datasets.occupancy(UNIFORM, summary)
    expected = [f"level {i}: {100 * share:.0f} %" for i, share in enumerate(shares)]
    assert [text.get_text() for text in artists.labels] == expected
    plots.update_histogram(artists, summary, Quantizer.uniform(4), VIEW)
    assert [text.get_text() for text in artists.labels] == [str(i) for i in range(16)]
    plots.update_histogram(artists, summary, STEEP, VIEW)
    # The levels of the narrow segments have a strip like any other; they are never left out.
    assert len(artists.labels) == 6


@every_quantizer
def test_guides_stand_at_edges_and_thresholds(ax: Axes, q: Quantizer) -> None:
    view = (0.1, 1.5)
    ax.set_ylim(*plots.forward_limits(q))
    full = plots.draw_guides(ax, q, THEME, view)
    hanging = plots.draw_guides(ax, q, THEME, view, from_curves=True)
    for name in ("edges", "thresholds"):
        positions = [v for v in getattr(q, name) if view[0] <= v <= view[1]]
        for artists in (full, hanging):
            segments = getattr(artists, name).get_segments()
            assert [s[0, 0] for s in segments] == positions
            assert [s[1, 0] for s in segments] == positions
    assert all(s[:, 1].tolist() == [0.0, 1.0] for s in full.edges.get_segments())
    for segment in hanging.edges.get_segments():
        assert segment[0, 1] == ax.get_ylim()[0]
        assert segment[1, 1] == pytest.approx(q.expectation(segment[1, 0]))
    for segment in hanging.thresholds.get_segments():
        assert segment[1, 1] == q(segment[1, 0])


def test_estimates_above_the_panel_become_triangles_and_none_is_lost(ax: Axes) -> None:
    x = np.concatenate((np.linspace(*VIEW, 200), UNEVEN.edges))
    found = simulate_gradient(UNEVEN, x, 4, method="score_function")
    artists = plots.draw_monte_carlo_gradient(ax, found, THEME)
    top = plots.gradient_top(UNEVEN)
    dots, beyond = artists.dots.get_xydata(), np.asarray(artists.beyond.get_xydata())
    np.testing.assert_array_equal(dots, np.column_stack((x, found.mean))[found.mean <= top])
    np.testing.assert_array_equal(beyond[:, 0], x[found.mean > top])
    assert set(beyond[:, 1]) == {top}
    without = np.isnan(found.mean)
    assert np.isin(x[without], UNEVEN.edges).all()
    assert len(np.asarray(dots)) + len(beyond) == x.size - UNEVEN.edges.size


def snapshot(artists: Any) -> str:
    """All that can be seen of artists, as text (in which NaN equals NaN)."""
    if artists is None:
        return "nothing"
    if isinstance(artists, Line2D):
        return str(np.asarray(artists.get_xydata()).tolist())
    if isinstance(artists, Collection):
        colors = np.asarray(artists.get_facecolor()).tolist()
        return str([[o.tolist() for o in outlines(artists)], colors, artists.get_alpha()])
    if isinstance(artists, Text):
        return str([artists.get_text(), *getattr(artists, "xy", artists.get_position())])
    if isinstance(artists, list):
        return str([snapshot(artist) for artist in artists])
    seen = {key: value for key, value in vars(artists).items() if key not in ("ax", "theme")}
    return str([snapshot(value) for value in seen.values() if not isinstance(value, bool)])


def drawn(
    ax: Axes, name: str, q: Quantizer, view: tuple[float, float], data: str, draws: int
) -> Any:
    ax.set_ylim(*plots.forward_limits(UNIFORM))
    if name == "quantizer":
        return plots.draw_quantizer(ax, q, THEME, view)
    if name == "expectation":
        return plots.draw_expectation(ax, q, THEME, view)
    if name == "monte_carlo":
        return plots.draw_monte_carlo(ax, simulate(q, np.linspace(*view, 9), draws), THEME)
    if name == "monte_carlo_gradient":
        found = simulate_gradient(q, np.linspace(*view, 9), draws)
        return plots.draw_monte_carlo_gradient(ax, found, THEME)
    if name == "band":
        return plots.draw_band(ax, q, draws, THEME, view)
    if name == "gradients":
        return plots.draw_gradients(ax, q, THEME, view)
    if name == "guides":
        return plots.draw_guides(ax, q, THEME, view, from_curves=True)
    return plots.draw_histogram(ax, datasets.summary(data), q, THEME, view)


def updated(
    artists: Any, name: str, q: Quantizer, view: tuple[float, float], data: str, draws: int
) -> None:
    if name == "quantizer":
        plots.update_quantizer(artists, q, view)
    elif name == "expectation":
        plots.update_expectation(artists, q, view)
    elif name == "monte_carlo":
        plots.update_monte_carlo(artists, simulate(q, np.linspace(*view, 9), draws))
    elif name == "monte_carlo_gradient":
        found = simulate_gradient(q, np.linspace(*view, 9), draws)
        plots.update_monte_carlo_gradient(artists, found)
    elif name == "band":
        plots.update_band(artists, q, draws, view)
    elif name == "gradients":
        plots.update_gradients(artists, q, view)
    elif name == "guides":
        plots.update_guides(artists, q, view)
    else:
        plots.update_histogram(artists, datasets.summary(data), q, view)


@pytest.mark.parametrize(
    "name",
    [
        "quantizer",
        "expectation",
        "monte_carlo",
        "band",
        "gradients",
        "monte_carlo_gradient",
        "guides",
        "histogram",
    ],
)
@pytest.mark.parametrize(
    ("before", "after"), [("uniform", "steep"), ("steep", "binary"), ("binary", "uneven")]
)
def test_update_equals_drawing_anew(name: str, before: str, after: str) -> None:
    first, second = (Figure().add_axes((0.1, 0.1, 0.8, 0.7)) for _ in range(2))
    old = (QUANTIZERS[before], (-1.0, 1.0), "digit_filter", 10)
    new = (QUANTIZERS[after], VIEW, "bimodal", 70)
    moved = drawn(first, name, *old)
    assert snapshot(moved) != snapshot(drawn(second, name, *new))
    updated(moved, name, *new)
    third = Figure().add_axes((0.1, 0.1, 0.8, 0.7))
    assert snapshot(moved) == snapshot(drawn(third, name, *new))
    assert len(first.get_children()) == len(third.get_children())


@given(
    st.lists(st.floats(0.0, 300.0), min_size=1, max_size=20).map(sorted),
    st.floats(5.0, 20.0),
)
@settings(deadline=None)
def test_placed_labels_never_overlap(positions: list[float], size: float) -> None:
    def text(first: int, last: int) -> str:
        return f"b{first}" if first == last else f"b{first} … b{last}"

    placed = labels.place(positions, 300.0, size, text)
    ends = [0.0]
    for center, words in placed:
        half = 0.5 * labels.text_width(words, size)
        assert center - half >= ends[-1] - 1e-9
        ends.append(center + half)
    assert ends[-1] <= 300.0 + 1e-9
    # Every position is named: alone, or as part of a range.
    numbers = [[int(n) for n in words.replace("b", "").split(" … ")] for _, words in placed]
    covered = [k for span in numbers for k in range(span[0], span[-1] + 1)]
    assert covered == list(range(len(positions)))


@given(st.floats(1e-300, 1e300))
def test_nice_is_the_least_round_number_above(value: float) -> None:
    found = labels.nice(value)
    assert found >= value * (1.0 - 1e-9)
    assert found <= 2.0 * value * (1.0 + 1e-9)
    mantissa = found / 10.0 ** np.floor(np.log10(found) + 1e-12)
    assert min(abs(mantissa - first) for first in (*labels.NICE, 1.0)) < 1e-9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (2.0, "2"),
        (-0.5, "−0.5"),
        (1999.9, "2000"),
        (99_999.0, "1×10⁵"),
        (-1.5e-7, "−1.5×10⁻⁷"),
    ],
)
def test_short_numbers(value: float, text: str) -> None:
    assert labels.short(value) == text


def test_wrapped_words_fit() -> None:
    lines = labels.wrap("mean of 10,000 draws at every input", 80.0, 10.0).split("\n")
    assert len(lines) > 1
    assert " ".join(lines) == "mean of 10,000 draws at every input"
    assert all(labels.text_width(line, 10.0) <= 80.0 for line in lines)
