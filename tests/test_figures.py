"""Figures show the numbers of their state, and every word on them can be read."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import CARETUP
from matplotlib.text import Text

from n2uq_viz import datasets, figures, montecarlo, plots, style
from n2uq_viz import state as states
from n2uq_viz.figures import descent, savings
from n2uq_viz.quantizer import Quantizer
from tests.thorough import in_turn

FORWARD = ["deterministic", "expectation", "monte_carlo", "band"]
BACKWARD = ["gste", "ste", "monte_carlo_gradient"]
NEAR_ZERO = Quantizer.from_intervals([0.8, 1e-3, 0.4, 1e-3, 0.5, 0.3, 1e-3])
LARGE = 1e9 * np.array([-3.0, -2.999, 1.0])


def state_of(q: Quantizer, **keys: Any) -> dict[str, Any]:
    data = keys.get("data", "normal")
    bulk = (datasets.summary(data) if isinstance(data, str) else data)["range"]
    view = states.default_view(q.edges, (bulk[0], bulk[1]))
    return states.validate({"version": 1, **q.to_dict(), "data": "normal", "view": view, **keys})


STATES: dict[str, dict[str, Any]] = {
    "sign": state_of(Quantizer.binary()),
    "1 bit": state_of(Quantizer.uniform(1), data="digit_filter"),
    "2 bits, uneven": state_of(Quantizer([0.0, 0.4, 1.1, 2.0], [0.0, 0.7, 1.3, 2.0])),
    "4 bits": state_of(Quantizer.uniform(4), data="half_normal", draws=10_000),
    "widths near zero": state_of(NEAR_ZERO, data="digit_pixels", draws=1),
    "all hidden": state_of(Quantizer.uniform(2), hidden=list(states.SERIES["threshold"])),
    "no forward": state_of(Quantizer.uniform(2), hidden=FORWARD),
    "no backward": state_of(Quantizer.uniform(3), hidden=BACKWARD, data="laplace"),
    "forward alone": state_of(Quantizer.uniform(4), hidden=[*BACKWARD, "histogram"]),
    "backward alone": state_of(NEAR_ZERO, hidden=[*FORWARD, "histogram"]),
    "histogram alone": state_of(Quantizer.uniform(4), hidden=[*FORWARD, *BACKWARD], data="bimodal"),
    "seen from far": state_of(Quantizer.uniform(4), view=[-40.0, 70.0]),
    "seen from near": state_of(Quantizer.uniform(2), view=[0.66665, 0.66668]),
    "beside it all": state_of(Quantizer.uniform(2), view=[50.0, 60.0]),
    "large numbers": state_of(Quantizer(LARGE, LARGE), data=datasets.summarize(LARGE)),
    "score function": state_of(NEAR_ZERO, gradient_method="score_function"),
    "dots above the panel": state_of(Quantizer.uniform(2), draws=3, half_width=0.01, seed=2),
    "dots across edges": state_of(Quantizer.uniform(4), half_width=0.5, data="digit_filter"),
    "small numbers": state_of(Quantizer([0.0, 1e-6, 3e-6], [0.0, 1e-7, 1e-6])),
}
THEMES = tuple(style.THEMES)
LEAST_ROOM = ("slide", "column")
every_theme = pytest.mark.parametrize("theme", THEMES)
every_state = pytest.mark.parametrize("state", STATES.values(), ids=STATES)


def drawn(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> dict[Text, tuple[float, ...]]:
    """Every text that is really drawn, with its box in pixels: left, bottom, right, top."""
    seen: list[Text] = []
    draw = Text.draw

    def record(self: Text, renderer: Any) -> None:
        if self.get_visible() and self.get_text().strip():
            seen.append(self)
        draw(self, renderer)

    canvas: Any = FigureCanvasAgg(figure)
    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", record)
        figure.draw_without_rendering()
    renderer = canvas.get_renderer()
    return {text: tuple(text.get_window_extent(renderer).extents) for text in seen}


def cross(a: tuple[float, ...], b: tuple[float, ...], slack: float = 0.5) -> bool:
    """Whether two boxes share more than `slack` pixels in both directions."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return wide > slack and high > slack


def assert_readable(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = drawn(figure, monkeypatch)
    assert boxes
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in boxes.items():
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height
        assert inside, f"{text.get_text()!r} leaves the figure"
    for (a, box_a), (b, box_b) in combinations(boxes.items(), 2):
        assert not cross(box_a, box_b), f"{a.get_text()!r} lies on {b.get_text()!r}"
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    legends = [ax.get_legend() for ax in figure.axes]
    extents = [tuple(found.get_window_extent(renderer).extents) for found in legends if found]
    for k, extent in enumerate(extents):
        assert extent[2] <= width
        assert not any(cross(extent, tuple(ax.bbox.extents)) for ax in figure.axes)
        assert not any(cross(extent, other) for other in extents[:k])


def assert_nothing_empty(figure: Figure) -> None:
    for ax in figure.axes:
        lines = [line for line in ax.lines if len(np.atleast_1d(line.get_xdata()))]
        filled = [c for c in ax.collections if c.get_paths()]
        assert lines or filled or ax.patches or ax.texts


@pytest.mark.parametrize(
    ("state", "size"), in_turn({name: [state] for name, state in STATES.items()}, LEAST_ROOM)
)
def test_threshold_can_be_read(
    state: dict[str, Any], size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = figures.threshold(state, "projector", size)
    assert_readable(figure, monkeypatch)
    assert_nothing_empty(figure)


def line(ax: Axes, color: str, style_: str = "-", marker: Any = "None") -> Line2D:
    """The one line of that look."""
    found = [
        each
        for each in ax.lines
        if to_hex(each.get_color()) == color
        and each.get_linestyle() == style_
        and each.get_marker() == marker
    ]
    widest = max(each.get_linewidth() for each in found)
    (only,) = [each for each in found if each.get_linewidth() == widest]
    return only


@every_state
def test_threshold_shows_what_quantizer_and_simulation_say(state: dict[str, Any]) -> None:
    figure = figures.threshold(state, theme="light")
    q, view, hidden = Quantizer(state["edges"], state["levels"]), state["view"], state["hidden"]
    color = style.theme("light").color
    panels = list(figure.axes)
    for ax in panels:
        assert ax.get_xlim() == tuple(view)
    if set(hidden) != set(states.SERIES["threshold"]):
        shown = [set(own) - set(hidden) for own in (FORWARD, BACKWARD, ["histogram"])]
        assert len(panels) == sum(bool(own) for own in shown)
    if set(FORWARD) - set(hidden):
        forward = panels.pop(0)
        assert forward.get_ylim() == pytest.approx(plots.forward_limits(q))
        expectation = line(forward, color["expectation"])
        np.testing.assert_array_equal(
            expectation.get_ydata(), q.expectation(np.asarray(expectation.get_xdata()))
        )
        treads = line(forward, color["deterministic"])
        np.testing.assert_array_equal(treads.get_xdata(), plots.staircase(q, (view[0], view[1]))[0])
        dots = line(forward, color["monte_carlo"], "None", "o")
        grid = np.linspace(view[0], view[1], states.GRID_POINTS)
        mc = montecarlo.simulate_shared(q, grid, state["draws"], state["seed"])
        np.testing.assert_array_equal(dots.get_xdata(), grid)
        np.testing.assert_array_equal(dots.get_ydata(), mc.mean)
    if set(BACKWARD) - set(hidden):
        backward = panels.pop(0)
        assert backward.get_ylim() == pytest.approx(plots.gradient_limits(q))
        gste = line(backward, color["gste"])
        np.testing.assert_array_equal(gste.get_ydata(), plots.gste_line(q, (view[0], view[1]))[1])
        ste = line(backward, color["ste"], "--")
        np.testing.assert_array_equal(ste.get_ydata(), plots.ste_line(q, (view[0], view[1]))[1])
        grid = np.linspace(view[0], view[1], states.GRID_POINTS)
        estimate = montecarlo.simulate_gradient_shared(
            q, grid, state["draws"], state["seed"], state["gradient_method"], state["half_width"]
        )
        top = plots.gradient_top(q)
        dots = line(backward, color["monte_carlo"], "None", "o")
        np.testing.assert_array_equal(dots.get_xdata(), grid[estimate.mean <= top])
        np.testing.assert_array_equal(dots.get_ydata(), estimate.mean[estimate.mean <= top])
        beyond = line(backward, color["monte_carlo"], "None", CARETUP)
        np.testing.assert_array_equal(beyond.get_xdata(), grid[estimate.mean > top])
        assert all(y == top for y in np.atleast_1d(beyond.get_ydata()))
        mixed = estimate.near_edge & (estimate.mean <= top)
        holes = line(backward, style.theme("light").color["panel"], "None", "o")
        np.testing.assert_array_equal(holes.get_xdata(), grid[mixed])
        np.testing.assert_array_equal(holes.get_ydata(), estimate.mean[mixed])
        assert holes.get_markersize() < dots.get_markersize()
        assert holes.get_zorder() >= dots.get_zorder()


@pytest.mark.parametrize("series", states.SERIES["threshold"])
def test_a_hidden_series_is_not_drawn(series: str) -> None:
    q = Quantizer.uniform(2)
    color = dict(style.theme("light").color)
    # Both kinds of Monte-Carlo dots have one color: look at the panel of the series alone.
    (panel,) = (own for own in (FORWARD, BACKWARD, ["histogram"]) if series in own)
    others = [name for name in states.SERIES["threshold"] if name not in panel]

    def colors(state: dict[str, Any]) -> set[str]:
        figure = figures.threshold(state, "light")
        found = set()
        for ax in figure.axes:
            found |= {to_hex(each.get_color()) for each in ax.lines}
            for collection in ax.collections:
                if not isinstance(collection, LineCollection):
                    found |= {to_hex(tuple(c)) for c in np.asarray(collection.get_facecolor())}
        return found

    color["monte_carlo_gradient"] = color["monte_carlo"]
    role = style.theme("light").levels(4)[2] if series == "histogram" else color[series]
    assert role in colors(state_of(q, hidden=others))
    assert role not in colors(state_of(q, hidden=[*others, series]))


def test_ties_guides_and_levels_are_those_of_the_quantizer() -> None:
    q = NEAR_ZERO
    figure = figures.threshold(state_of(q, data="digit_pixels"))
    _, backward, histogram = figure.axes
    for ax in (backward, histogram):
        guides = [c for c in ax.collections if isinstance(c, LineCollection)]
        places = [[s[0, 0] for s in c.get_segments()] for c in guides]
        assert places == [q.edges.tolist(), q.thresholds.tolist()]
    words = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert "b₁, b₂" in words  # too close for two labels
    assert "t₇" in words
    entropy = datasets.entropy_bits(datasets.occupancy(q, datasets.summary("digit_pixels")))
    legend = histogram.get_legend()
    assert legend is not None
    said = " ".join(text.get_text() for text in legend.get_texts()).replace("\n", " ")
    assert f"entropy {float(f'{entropy:.3g}'):g} bits (max 3)" in said


def test_guides_of_thresholds_end_at_what_is_there() -> None:
    q = Quantizer([0.0, 0.5, 2.0], [0.0, 1.0, 3.0])

    def tops(**keys: Any) -> list[float]:
        forward = figures.threshold(state_of(q, **keys), "light").axes[0]
        color = style.theme("light").color["threshold"]
        (lines,) = (
            each
            for each in forward.collections
            if isinstance(each, LineCollection)
            and to_hex(tuple(np.asarray(each.get_color())[0])) == color
        )
        assert [s[0, 0] for s in lines.get_segments()] == q.thresholds.tolist()
        return [float(s[:, 1].max()) for s in lines.get_segments()]

    assert tops() == [0.0, 1.0]  # the foot of each step
    assert tops(hidden=["deterministic"]) == q.expectation(q.thresholds).tolist() == [0.5, 2.0]
    assert tops(hidden=["deterministic", "expectation"], view=[0.0, 2.0]) == [0.5, 2.0]


@pytest.mark.parametrize(
    ("own", "asked", "expected"),
    [("auto", None, "light"), ("dark", None, "dark"), ("dark", "print", "print")],
)
def test_theme_is_the_states_unless_another_is_asked_for(
    own: str, asked: str | None, expected: str
) -> None:
    figure = figures.threshold(state_of(Quantizer.uniform(1), theme=own), theme=asked)
    color = style.theme(expected).color
    assert to_hex(figure.get_facecolor()) == color["background"]
    assert to_hex(figure.axes[0].spines["left"].get_edgecolor()) == color["muted"]


def test_figures_do_not_depend_on_the_users_settings() -> None:
    def picture() -> bytes:
        canvas: Any = FigureCanvasAgg(figures.threshold(STATES["4 bits"]))
        canvas.draw()
        return bytes(canvas.buffer_rgba())

    plain = picture()
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context(
        {
            "axes.grid": True,
            "font.size": 30,
            "lines.linewidth": 9,
            "xtick.color": "red",
            "ytick.labelsize": 30,
        }
    ):
        assert picture() == plain
    assert dict(matplotlib.rcParams) == before


def test_a_state_that_cannot_be_shown_is_refused() -> None:
    with pytest.raises(states.StateError, match="edges must be strictly increasing"):
        figures.threshold({"version": 1, "edges": [1, 0], "levels": [0, 1]})
    for name in figures.NAMES:
        with pytest.raises(ValueError, match="theme must be one of print, light, dark, projector"):
            figures.NAMES[name](theme="sepia")


def test_savings_follow_from_the_published_energies() -> None:
    assert savings.sizes_in_megabytes() == {32: 4.0, 8: 1.0, 4: 0.5, 2: 0.25}
    assert savings.energies() == {
        "add": ((0.03, 0.03), (0.9, 0.9)),
        "multiply": ((0.2, 0.2), (3.7, 3.7)),
        "8 KB cache": ((1.25, 1.25), (5.0, 5.0)),
        "DRAM": ((162.5, 325.0), (650.0, 1300.0)),
    }
    # 256 float products and additions; 256 of 8 bits, added in 32, and one scale.
    assert savings.sum_energies() == pytest.approx((256 * 4.6, 256 * 0.3 + 3.7))


def test_why_quantize_draws_those_numbers() -> None:
    in_bytes, energy, in_sum = figures.why_quantize().axes
    widths = [patch.get_width() for patch in in_bytes.patches]  # type: ignore[attr-defined]
    assert widths == [4.0, 1.0, 0.5, 0.25]
    widths = [patch.get_width() for patch in in_sum.patches]  # type: ignore[attr-defined]
    assert widths == pytest.approx([1177.6, 80.5])
    dots = {tuple(np.asarray(each.get_xdata())) for each in energy.lines}
    for ranges in savings.energies().values():
        assert set(ranges) <= dots
    words = [text.get_text() for text in energy.texts]
    assert {"30× less", "18.5× less", "4× less"} <= set(words)


def test_descent_learns_but_stops_beside_the_best_thresholds() -> None:
    run = descent.descend()
    assert run.loss[-1] < 0.25 * run.loss[0]
    best = descent.best()
    np.testing.assert_allclose(np.sqrt(2.0 * best), [1 / 3, 1.0, 5 / 3])
    thresholds = 0.5 * (run.edges[-1, :-1] + run.edges[-1, 1:])
    assert np.abs(thresholds - best).max() < 0.1
    assert np.abs(thresholds - best).max() > 0.01


def test_overview_draws_what_the_quantizers_say() -> None:
    step, coin, mean, slope, ramps, learn = figures.overview().axes
    color = style.theme("print").color
    q = Quantizer.binary()
    treads = line(step, color["deterministic"])
    np.testing.assert_array_equal(treads.get_ydata(), [-1.0, -1.0, np.nan, 1.0, 1.0])
    # Every coin shows one of the two levels, but for the distance that keeps coins apart.
    for each in coin.lines:
        y = np.asarray(each.get_ydata())
        assert np.unique((y - y.mean().round()).round(6)).size <= 2
        assert np.ptp(y) == pytest.approx(2.0)
    dots = line(mean, color["monte_carlo"], "None", "o")
    mc = montecarlo.simulate_shared(q, np.asarray(dots.get_xdata()), 100, seed=1)
    np.testing.assert_array_equal(dots.get_ydata(), mc.mean)
    np.testing.assert_array_equal(
        line(slope, color["gste"]).get_ydata(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    )
    total = line(ramps, color["expectation"])
    stack = np.concatenate(
        [np.asarray(path.vertices) for path in ramps.collections[-1].get_paths()]
    )
    assert stack[:, 1].max() == pytest.approx(np.max(np.asarray(total.get_ydata())))
    run = descent.descend()
    found = np.array([each.get_ydata() for each in learn.lines])
    np.testing.assert_allclose(found, 0.5 * (run.edges[:, :-1] + run.edges[:, 1:]).T)


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_figure_has_a_caption_and_words_instead(name: str) -> None:
    for words in (figures.caption(name), figures.text_alternative(name)):
        assert len(words) > 100
        assert words.endswith(".")
        assert "{" not in words


def test_words_of_threshold_name_its_numbers_and_no_hidden_series() -> None:
    q = Quantizer([0.0, 0.5, 2.0], [0.0, 1.0, 3.0])
    words = figures.text_alternative("threshold", state_of(q, draws=1234))
    assert "Thresholds: 0.25, 1.25. Edges: 0, 0.5, 2. Levels: 0, 1, 3." in words
    assert "one slope for each step: 2, 1.33" in words
    assert "means of 1,234 draws" in words
    shares = datasets.occupancy(q, datasets.summary("normal"))
    assert ", ".join(f"{100 * share:.0f} %" for share in shares) in words
    fewer = figures.text_alternative("threshold", state_of(q, hidden=["gste", "histogram"]))
    assert "slope for each step" not in fewer
    assert "histogram" not in fewer
    assert "1.5 between the outer edges" in fewer


def test_words_of_threshold_leave_out_dots_that_mix_two_slopes() -> None:
    q = Quantizer([0.0, 1.0, 2.0], [0.0, 1.0, 3.0])
    for half_width in (0.06, 0.325, 2.6):  # no dot just that far from an edge
        state = state_of(q, half_width=half_width, view=[-0.5, 2.5])
        x = np.linspace(-0.5, 2.5, states.GRID_POINTS)
        found = montecarlo.simulate_gradient_shared(q, x, 200, 0, half_width=half_width)
        near = (np.abs(x[:, None] - q.edges) < half_width).any(axis=1)
        judged = (x > 0.0) & (x < 2.0) & ~near
        for words in (
            figures.caption("threshold", state),
            figures.text_alternative("threshold", state),
        ):
            assert f"mix two slopes: {near.sum()}, drawn as rings" in words
            for slope in (np.where(x <= 1.0, 1.0, 2.0), np.full(x.size, 1.5)):
                apart = (found.mean - slope)[judged]
                rms = f"{np.sqrt(np.mean(apart**2)):.3g}" if judged.any() else "–"
                assert rms in words
    score = figures.caption("threshold", state_of(q, gradient_method="score_function"))
    assert "rings" not in score


def test_words_for_an_unknown_figure() -> None:
    for function in (figures.caption, figures.text_alternative):
        with pytest.raises(ValueError, match=r"a figure must be one of .* got 'figure1'"):
            function("figure1")
