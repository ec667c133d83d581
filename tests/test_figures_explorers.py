"""Figures of the explorers: they can be read in every state, and show what numpy says."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from n2uq_viz import descent, export, figures, montecarlo, plots, style
from n2uq_viz import state as states
from n2uq_viz.checks import FloatArray
from n2uq_viz.figures import coins, flow, shown, side
from n2uq_viz.figures.compander import middles
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import weights
from n2uq_viz.surrogates import TABLE
from tests.test_figures import LEAST_ROOM, assert_nothing_empty, assert_readable, line
from tests.thorough import in_turn

COLOR = style.theme("light").color
UNEVEN = Quantizer(2.0 * np.linspace(0.0, 1.0, 4) ** 1.6, np.linspace(0.0, 2.0, 4))
FOUR_BITS = Quantizer(2.0 * np.linspace(0.0, 1.0, 16) ** 1.6, np.linspace(0.0, 2.0, 16))
NARROW = Quantizer.from_intervals([0.8, 1e-3, 0.4, 1e-3, 0.5, 0.3, 1e-3])
LARGE = Quantizer(1e9 * np.array([-3.0, -2.999, 1.0]), 1e9 * np.array([-3.0, -2.999, 1.0]))
SMALL = Quantizer([0.0, 1e-6, 3e-6], [0.0, 1e-7, 1e-6])
FAR, NEAR, BESIDE = [-40.0, 70.0], [0.66665, 0.66668], [50.0, 60.0]
#: Those of the Threshold and the Training explorer have tests of their own.
FIGURES = {
    name.replace("-", "_"): name
    for name in states.EXPLORERS
    if name not in ("threshold", "training")
}


def state_of(explorer: str, q: Quantizer, **keys: Any) -> dict[str, Any]:
    return states.validate({"version": 1, **q.to_dict(), **keys}, explorer)


def learned(q: Quantizer, steps: int, target: str = "sqrt", **keys: Any) -> dict[str, Any]:
    """A state whose edges are where a descent leads from `q`."""
    rate = keys.setdefault("learning_rate", 0.2)
    begun = {"target": target, "start": q.edges.tolist(), "steps": 0, **keys}
    samples, _ = descent.of_state(state_of("gradient-flow", q, **begun))
    edges = descent.descend(q, samples, steps, rate).edges[-1]
    return state_of("gradient-flow", Quantizer(edges, q.levels), **{**begun, "steps": steps})


def hidden(explorer: str, *kept: str) -> list[str]:
    return [name for name in states.SERIES[explorer] if name not in kept]


def weighed(q: Quantizer, **keys: Any) -> dict[str, Any]:
    """A state of the Weight explorer with all weights in view, unless it has a view of its own."""
    found = state_of("weight", q, **keys)
    return found if "view" in keys else {**found, "view": weights.view_of(found)}


PRUNED = weights.gathered(
    "pruned", np.where(np.arange(1200) % 3, 0.0, 0.01 * np.sin(np.arange(1200))).reshape(3, 400)
)
SILENT = weights.gathered("zeros", [[0.0, 0.0, 0.0], [1.0, -2.0, 0.5]])
PAIRS: dict[str, tuple[Quantizer, dict[str, Any]]] = {
    "gste identity_ste": (UNEVEN, {}),
    "gste lsq": (NARROW, {"x": 0.8}),
    "ewgs pact": (UNEVEN, {"view": [-1.0, 4.0], "x": 9.0}),
    "swish_sign dsq": (UNEVEN, {"view": [-1.0, 4.0]}),
    "reste additive_noise": (UNEVEN, {"hidden": ["smooth"]}),
}
STATES: dict[str, dict[str, dict[str, Any]]] = {
    "binary": {
        "1 bit, none thrown": state_of("binary", Quantizer.uniform(1), thrown=0, x=0.9),
        "one coin": state_of("binary", Quantizer.binary(), thrown=1, x=-0.5),
        "4 bits": state_of("binary", FOUR_BITS, thrown=10_000, x=1.23),
        "certain": state_of("binary", UNEVEN, x=5.0, thrown=20),
        "narrow": state_of("binary", NARROW, x=0.8005, thrown=1000),
        "large": state_of("binary", LARGE, x=-2.9995e9, thrown=77),
        "small": state_of("binary", SMALL, x=2e-6),
        "far": state_of("binary", FOUR_BITS, x=0.1, view=FAR),
        "near": state_of("binary", UNEVEN, x=0.66666, view=NEAR),
        "beside": state_of("binary", UNEVEN, x=0.3, view=BESIDE),
        "all hidden": state_of("binary", UNEVEN, x=0.3, hidden=hidden("binary")),
    },
    "coin_flip": {
        "none thrown": state_of("coin-flip", Quantizer.binary(), thrown=0),
        "one coin": state_of("coin-flip", Quantizer.binary(), thrown=1, points=[-0.5]),
        "4 bits": state_of("coin-flip", FOUR_BITS, thrown=10_000, points=[0.1, 1.2, 9.0, 0.5]),
        "certain": state_of("coin-flip", UNEVEN, points=[5.0, 7.0]),
        "narrow": state_of("coin-flip", NARROW, points=[0.8005, 0.8005, 1.5]),
        "large": state_of("coin-flip", LARGE, points=[-2.9995e9, 0.0]),
        "small": state_of("coin-flip", SMALL, points=[2e-6]),
        "beside": state_of("coin-flip", UNEVEN, points=[0.3, 55.0], view=BESIDE),
        "near": state_of("coin-flip", UNEVEN, points=[0.66666], view=NEAR),
        "all hidden": state_of("coin-flip", UNEVEN, hidden=hidden("coin-flip")),
    },
    "sum_of_steps": {
        "1 bit": state_of("sum-of-steps", Quantizer.binary()),
        "none": state_of("sum-of-steps", NARROW, shown=0),
        "even": state_of("sum-of-steps", Quantizer.uniform(3), shown=5),
        "4 bits": state_of("sum-of-steps", FOUR_BITS),
        "6 of 15": state_of("sum-of-steps", FOUR_BITS, shown=6),
        "narrow": state_of("sum-of-steps", NARROW),
        "large": state_of("sum-of-steps", LARGE),
        "small": state_of("sum-of-steps", SMALL, shown=1),
        "far": state_of("sum-of-steps", FOUR_BITS, view=FAR),
        "beside": state_of("sum-of-steps", UNEVEN, view=BESIDE),
        "all hidden": state_of("sum-of-steps", UNEVEN, hidden=hidden("sum-of-steps")),
    },
    "gradient_flow": {
        "start": learned(Quantizer.binary(), 0),
        "4 bits": learned(Quantizer.uniform(4), 500, "sine"),
        "data": learned(Quantizer.uniform(2), 1, "data", data="laplace"),
        "narrow": learned(NARROW, 25, "step"),
        "large": learned(LARGE, 3, "identity", learning_rate=10.0),
        "beside": learned(UNEVEN, 60, "sigmoid", view=BESIDE),
        "nothing pushes": learned(Quantizer([5.0, 6.0], [0.0, 2.0]), 2),
        "forward alone": learned(UNEVEN, 4, hidden=["pushes", "history", "loss"]),
        "no pushes": learned(UNEVEN, 4, hidden=["pushes"]),
        "no history": learned(UNEVEN, 4, hidden=["history", "deterministic"]),
        "all hidden": learned(UNEVEN, 4, hidden=hidden("gradient-flow")),
    },
    "tensor": {
        "1 bit": state_of("tensor", Quantizer.binary(), method="learned"),
        "moved": state_of("tensor", FOUR_BITS, tensor=4, view=[0.0, 2.4]),
        "narrow": state_of("tensor", NARROW, tensor=1),
        "large": state_of("tensor", LARGE),
        "beside": state_of("tensor", UNEVEN, view=BESIDE),
        "no data": state_of("tensor", UNEVEN, hidden=["histogram"]),
        "all hidden": state_of("tensor", UNEVEN, hidden=hidden("tensor")),
    },
    "weight": {
        "1 bit": weighed(Quantizer.binary(), before="none"),
        "4 bits, by hand": weighed(FOUR_BITS, channel=5, scale=1e-3),
        "pruned": weighed(FOUR_BITS, weights=PRUNED, view=[-0.03, 0.03]),
        "silent": weighed(UNEVEN, weights=SILENT),
        "one": weighed(UNEVEN, weights=weights.gathered("one", [2.0]), scale="none"),
        "beside": weighed(UNEVEN, view=BESIDE),
        "all hidden": weighed(UNEVEN, hidden=hidden("weight")),
    },
    "surrogate": {
        **{
            pair: state_of("surrogate", q, left=pair.split()[0], right=pair.split()[1], **keys)
            for pair, (q, keys) in PAIRS.items()
        },
        "4 bits": state_of("surrogate", FOUR_BITS, left="gste", right="approx_sign"),
        "large": state_of("surrogate", LARGE, left="gste"),
        "far": state_of("surrogate", UNEVEN, view=FAR),
        "beside": state_of("surrogate", UNEVEN, left="gste", view=BESIDE),
        "all hidden": state_of("surrogate", UNEVEN, hidden=hidden("surrogate")),
    },
}
ALL = [
    pytest.param(name, s, id=f"{name}: {k}") for name, own in STATES.items() for k, s in own.items()
]
every_state = pytest.mark.parametrize(("name", "state"), ALL)
every_name = pytest.mark.parametrize("name", FIGURES)


def found(ax: Axes, role: str, **look: Any) -> list[Line2D]:
    """Lines with points in the color of that role."""
    return [
        each
        for each in ax.lines
        if to_hex(each.get_color()) == COLOR[role]
        and np.size(each.get_xdata())
        and all(getattr(each, f"get_{key}")() == value for key, value in look.items())
    ]


def xy(of: Line2D) -> FloatArray:
    """Points of a line, (n, 2)."""
    return np.asarray(of.get_xydata(), dtype=np.float64)


def _length(of: Line2D) -> int:
    return len(xy(of))


def drawn(figure: Figure) -> set[str]:
    """Colors of lines, areas and bars."""
    colors = set()
    for ax in figure.axes:
        colors |= {to_hex(each.get_color()) for each in ax.lines if np.size(each.get_xdata())}
        colors |= {to_hex(each.get_facecolor()) for each in ax.patches}
        for each in ax.collections:
            if not isinstance(each, LineCollection):
                colors |= {to_hex(tuple(c)) for c in np.asarray(each.get_facecolor())}
    return colors


# --- All of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "size"),
    in_turn({f"{n}: {k}": [n, s] for n, own in STATES.items() for k, s in own.items()}, LEAST_ROOM),
)
def test_it_can_be_read(
    name: str, state: dict[str, Any], size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = figures.NAMES[name](state, "projector", size)
    assert_readable(figure, monkeypatch)
    assert_nothing_empty(figure)


@every_name
def test_every_panel_has_names_on_both_axes(name: str) -> None:
    figure = figures.NAMES[name]()
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert all(ax.get_ylabel() for ax in figure.axes)
    assert any(words in ("input x", "steps of descent", "weight w") for words in texts)


@every_state
def test_its_words_are_whole(name: str, state: dict[str, Any]) -> None:
    for words in (figures.caption(name, state), figures.text_alternative(name, state)):
        assert words.endswith(".")
        assert not re.search(r"[{}]|nan|\binf\b|  |\.\.|, ,", words)


@every_name
def test_without_a_state_the_default_is_drawn(name: str, tmp_path: Any) -> None:
    default = figures.default_state(name)
    assert default == shown.default_state(FIGURES[name])
    assert default is not None
    assert default["explorer"] == FIGURES[name]
    one, other = figures.NAMES[name](), figures.NAMES[name](default)
    for ax, same in zip(one.axes, other.axes, strict=True):
        for each, again in zip(ax.lines, same.lines, strict=True):
            np.testing.assert_array_equal(xy(each), xy(again))
    assert figures.caption(name) == figures.caption(name, default)
    path = export.save(one, tmp_path / "it.svg", default)
    assert export.read_state(path) == default


@every_name
def test_theme_is_the_states_unless_another_is_asked_for(name: str) -> None:
    state = {**shown.default_state(FIGURES[name]), "theme": "dark"}
    dark, light = (figures.NAMES[name](state, theme=theme) for theme in (None, "light"))
    assert to_hex(dark.get_facecolor()) == style.theme("dark").color["background"]
    assert to_hex(light.get_facecolor()) == COLOR["background"]


@every_name
def test_a_state_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(states.StateError, match="edges must be strictly increasing"):
        figures.NAMES[name]({"version": 1, "edges": [1, 0], "levels": [0, 1]})


def test_an_unknown_explorer_has_no_default() -> None:
    with pytest.raises(ValueError, match="explorer must be one of"):
        shown.default_state("coin_flip")


@every_name
def test_with_everything_hidden_no_series_is_left(name: str) -> None:
    explorer = FIGURES[name]
    state = {**shown.default_state(explorer), "hidden": hidden(explorer)}
    left = drawn(figures.NAMES[name](state))
    for role in ("deterministic", "monte_carlo", "band", "gste", "ste", "expectation"):
        # The chance in the Binary figure is no series, and in Coin-flip each input has a color.
        if (name, role) == ("binary", "expectation"):
            continue
        if name == "coin_flip" and role in ("monte_carlo", "gste", "ste"):
            continue
        # Guides of thresholds are of the ink's color too, but they are no lines of their own.
        assert COLOR[role] not in left, role


def artists(figure: Figure) -> int:
    """How many lines, areas and bars are drawn."""
    return sum(
        sum(bool(np.size(each.get_xdata())) for each in ax.lines)
        + len(ax.patches)
        + sum(len(each.get_paths()) for each in ax.collections)
        for ax in figure.axes
    )


@cache
def everything(name: str) -> tuple[int, str]:
    return artists(figures.NAMES[name]()), figures.text_alternative(name)


@pytest.mark.parametrize(
    ("explorer", "series"),
    [(name, each) for name in FIGURES.values() for each in states.SERIES[name]],
)
def test_a_hidden_series_is_neither_drawn_nor_said(explorer: str, series: str) -> None:
    name = explorer.replace("-", "_")
    state = {**shown.default_state(explorer), "hidden": [series]}
    count, words = everything(name)
    assert artists(figures.NAMES[name](state)) < count
    assert len(figures.text_alternative(name, state)) < len(words)


# --- Coins ---------------------------------------------------------------------------------------


def test_coins_are_those_of_the_explorers() -> None:
    q, x = UNEVEN, [0.1, 0.6, 1.3, 7.0]
    throws = coins.throw(q, x, 777, seed=5)
    for n, means in zip(throws.draws.tolist(), throws.means, strict=True):
        if n in (1, 2, 10, 777):
            np.testing.assert_array_equal(means, montecarlo.simulate_shared(q, x, n, 5).mean)
    assert throws.draws[-1] == 777
    assert coins.throw(q, x, 0, seed=5).last is None
    assert np.all(np.diff(coins.spread(10_000)) > 0)


@pytest.mark.parametrize("state", [s for s in STATES["binary"].values() if not s["hidden"]])
def test_binary_draws_what_the_coins_showed(state: dict[str, Any]) -> None:
    q, x, thrown = Quantizer(state["edges"], state["levels"]), state["x"], state["thrown"]
    certain, chance, _, heaps = figures.binary(state, theme="light").axes
    treads = line(certain, COLOR["deterministic"])
    view = (state["view"][0], state["view"][1])
    np.testing.assert_array_equal(treads.get_xdata(), plots.staircase(q, view)[0])
    (dot,) = [d for d in certain.lines if d.get_markerfacecolor() == COLOR["selected"]][1:]
    assert xy(dot).tolist() == [[x, float(q(x))]]
    (dot,) = [each for each in chance.lines if each.get_marker() == "D"]
    assert xy(dot).tolist() == [[x, float(q.step_probability(x))]]
    ramp = max((d for d in found(chance, "expectation", marker="None")), key=_length)
    at, height = xy(ramp).T
    known = ~np.isnan(at) & ~np.isin(at, q.edges)
    np.testing.assert_allclose(height[known], q.step_probability(at[known]))
    if not thrown:
        assert not heaps.patches
        return
    mc = montecarlo.simulate_shared(q, [x], thrown, state["seed"])
    up = int(mc.count[0])
    bars = [each for each in heaps.patches if isinstance(each, Rectangle)]
    assert [each.get_width() for each in bars] == [thrown - up, up]
    lower, upper, _ = q.outcomes(x)
    assert bars[0].get_y() < lower < upper < bars[1].get_y()
    said = {text.get_text() for text in heaps.texts}
    for count, y in ((thrown - up, lower), (up, upper)):
        assert f"{count:,} × y = {short(float(y))}" in said
    (run,) = found(heaps, "monte_carlo", marker="None")
    np.testing.assert_array_equal(xy(run)[-1], [thrown, mc.mean[0]])
    words = figures.caption("binary", state)
    assert f"{up:,} showed" in words
    assert f"{thrown - up:,} showed" in words


@pytest.mark.parametrize("state", [s for s in STATES["coin_flip"].values() if not s["hidden"]])
def test_coin_flip_draws_the_means_and_their_errors(state: dict[str, Any]) -> None:
    q, x, thrown = Quantizer(state["edges"], state["levels"]), state["points"], state["thrown"]
    forward, running, error = figures.coin_flip(state, theme="light").axes
    roles = ("monte_carlo", "gste", "ste", "ink")[: len(x)]
    sigma = np.sqrt(q.variance(x))
    if not thrown:
        return
    mc = montecarlo.simulate_shared(q, x, thrown, state["seed"])
    low, high = mc.interval()
    for k, (role, marker) in enumerate(zip(roles, "os^D", strict=False)):
        (dot,) = found(forward, role, marker=marker)
        assert xy(dot).tolist() == [[x[k], mc.mean[k]]]
        (bar,) = found(forward, role, marker="_")
        assert xy(bar)[:, 1].tolist() == [low[k], high[k]]
        (run,) = found(running, role, marker=marker)
        assert xy(run)[-1].tolist() == [thrown, mc.mean[k]]
        laws = [each for each in found(error, role, marker="None") if _length(each) == 2]
        assert len(laws) == (sigma[k] > 0.0)
        for law in laws:
            n, height = xy(law).T
            np.testing.assert_allclose(height, sigma[k] / np.sqrt(n))
        if sigma[k] > 0.0:
            off = abs(mc.mean[k] - float(q.expectation(x[k])))
            dots = [tuple(p) for d in found(error, role, marker=marker) for p in xy(d)]
            assert (thrown, off) in dots or off < error.get_ylim()[0]
    words = figures.caption("coin_flip", state)
    for mean in mc.mean.tolist():
        assert short(mean) in words


def test_an_exact_mean_is_shown_below_the_errors_and_a_certain_one_in_words() -> None:
    state = state_of("coin-flip", Quantizer.binary(), points=[0.0, 3.0], thrown=2, seed=0)
    seed = next(
        s
        for s in range(50)
        if montecarlo.simulate_shared(Quantizer.binary(), [0.0], 2, s).mean[0] == 0.0
    )
    figure = figures.coin_flip({**state, "seed": seed}, theme="light")
    error = figure.axes[2]
    triangles = [each for each in error.lines if each.get_marker() not in ("None", "o", "s")]
    assert [2.0, error.get_ylim()[0]] in [p for each in triangles for p in xy(each).tolist()]
    legend = figure.axes[1].get_legend()
    assert legend is not None
    assert any("always 1, error 0" in t.get_text().replace("\n", " ") for t in legend.get_texts())
    assert "At x = 3 no coin decides" in figures.caption("coin_flip", {**state, "seed": seed})


# --- Sum of steps --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [s for s in STATES["sum_of_steps"].values() if not s["hidden"]])
def test_sum_of_steps_adds_up_the_first_parts(state: dict[str, Any]) -> None:
    q, count = Quantizer(state["edges"], state["levels"]), state["shown"]
    total, ramps, slopes = figures.sum_of_steps(state, theme="light").axes
    areas = [
        [c for c in ax.collections if isinstance(c, PolyCollection)]
        for ax in (total, ramps, slopes)
    ]
    if not count:
        assert areas == [[], [], []]
        assert not found(total, "expectation")
        return
    parts = q.parts()[:count]
    (line_,) = found(total, "expectation")
    x = xy(line_)[:, 0]
    np.testing.assert_allclose(
        xy(line_)[:, 1],
        q.levels[0] + sum(part.expectation(x) for part in parts),
        rtol=1e-12,
        atol=1e-12 * np.abs(q.levels).max(),
    )
    own = found(ramps, "expectation")
    assert [xy(each).tolist() for each in own] == [
        [[p.edges[0], 0.0], [p.edges[1], p.levels[1]]] for p in parts
    ]
    for (area,) in areas:
        assert len(area.get_paths()) == count
        colors = [to_hex(tuple(c)) for c in np.asarray(area.get_facecolor())]
        assert colors == style.theme("light").levels(q.levels.size)[:count]
    added = Quantizer(q.edges[: count + 1], q.levels[: count + 1])
    heights = [np.asarray(path.vertices)[:, 1].max() for path in areas[2][0].get_paths()]
    np.testing.assert_allclose(heights, np.minimum(added.slopes, plots.gradient_top(added)))
    view = (state["view"][0], state["view"][1])
    (gste,), (ste,) = found(slopes, "gste", marker="None"), found(slopes, "ste")
    np.testing.assert_array_equal(xy(gste)[:, 1], plots.gste_line(added, view)[1])
    np.testing.assert_array_equal(xy(ste)[:, 1], plots.ste_line(added, view)[1])
    assert ste.get_linestyle() == "--"


def test_sum_of_steps_says_when_gste_is_plain_ste() -> None:
    even = figures.caption("sum_of_steps", state_of("sum-of-steps", Quantizer.uniform(2)))
    assert "G-STE is plain STE" in even
    assert "the two agree" in even
    words = figures.caption("sum_of_steps", state_of("sum-of-steps", UNEVEN, shown=2))
    added = Quantizer(UNEVEN.edges[:3], UNEVEN.levels[:3])
    chord = float(added.levels[-1] / added.edges[-1])
    assert f"one slope for all of them, {chord:.3g}" in words
    assert f"off by up to {np.abs(added.slopes - chord).max():.3g}" in words


# --- Gradient flow -------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["start", "data", "narrow", "beside", "4 bits"])
def test_gradient_flow_draws_pushes_history_and_loss(which: str) -> None:
    state = STATES["gradient_flow"][which]
    q = Quantizer(state["edges"], state["levels"])
    _, pushes, history, _, loss = figures.gradient_flow(state, theme="light").axes
    samples, run = descent.of_state(state)
    gradient = descent.edge_gradient(q, samples)
    colors = style.theme("light").levels(q.edges.size + 1)[:-1]
    totals = dict.fromkeys(colors, 0.0)
    stems = [each for each in pushes.patches if isinstance(each, Rectangle)]
    for stem in stems:
        totals[to_hex(stem.get_facecolor())] += stem.get_height()
    expected = dict.fromkeys(colors, 0.0)
    for color, push in zip(colors, -gradient, strict=True):
        expected[color] += push  # of many edges, some share a color
    np.testing.assert_allclose(list(totals.values()), list(expected.values()), atol=1e-12)
    for at in {round(stem.get_x(), 9) for stem in stems}:
        pile = [stem for stem in stems if round(stem.get_x(), 9) == at]
        for side_ in (1.0, -1.0):
            ends = [(s.get_y(), s.get_height()) for s in pile if side_ * s.get_height() > 0.0]
            # One stands on the other, the first one on 0.
            assert [low for low, _ in ends] == pytest.approx(
                np.cumsum([0.0, *(height for _, height in ends)])[: len(ends)].tolist()
            )
    arrows = [
        each for each in pushes.lines if each.get_marker() in ("<", ">") and _length(each) == 2
    ]
    lengths = np.array([float(np.diff(xy(a)[:, 0])[0]) for a in arrows])
    strong = -gradient[gradient != 0.0]
    np.testing.assert_allclose(lengths / lengths[0], strong / strong[0])
    assert [a.get_marker() for a in arrows] == [">" if push > 0.0 else "<" for push in strong]
    tracks = [each for each in history.lines if each.get_marker() == "s"]
    expected_tracks = np.vstack((run.edges[:-1], q.edges)).T
    np.testing.assert_array_equal([xy(t)[:, 0] for t in tracks], expected_tracks)
    assert [float(xy(t)[:, 0][-1]) for t in tracks] == q.edges.tolist()
    assert history.yaxis_inverted()
    (gste,), (ste,) = found(loss, "gste"), found(loss, "ste")
    np.testing.assert_allclose(xy(gste)[:, 1], run.loss, rtol=1e-9)
    assert set(xy(ste)[:, 1]) == {run.loss[0]}
    assert short(descent.loss(q, samples)) in figures.caption("gradient_flow", state)


def test_gradient_flow_shows_both_quantizers_and_the_target() -> None:
    state = shown.default_state("gradient-flow")
    forward, *_, fixed, _ = figures.gradient_flow(state, theme="light").axes
    learned_, start = (Quantizer(state[key], state["levels"]) for key in ("edges", "start"))
    view = (state["view"][0], state["view"][1])
    for ax, q in ((forward, learned_), (fixed, start)):
        treads = line(ax, COLOR["deterministic"])
        np.testing.assert_array_equal(treads.get_xdata(), plots.staircase(q, view)[0])
        (target,) = found(ax, "selected")
        samples = descent.of_state(state)[0]
        np.testing.assert_array_equal(xy(target)[:, 1], samples.wanted)
    (ramp,) = found(fixed, "ste")
    x = xy(ramp)[:, 0]
    np.testing.assert_allclose(
        xy(ramp)[:, 1], np.interp(x, start.edges[[0, -1]], start.levels[[0, -1]])
    )


def test_panels_of_gradient_flow_that_are_hidden_are_left_out() -> None:
    wanted = {"start": 5, "no pushes": 4, "no history": 4, "forward alone": 2, "all hidden": 2}
    own = STATES["gradient_flow"]
    count = {key: len(figures.gradient_flow(own[key]).axes) for key in wanted}
    assert count == wanted


def test_pushes_of_ranges_add_up() -> None:
    q, samples = UNEVEN, descent.samples("sigmoid", UNEVEN.levels)
    pushes = flow.gather(q, samples)
    np.testing.assert_allclose(pushes.total, -descent.edge_gradient(q, samples))
    segment, left, right = descent.pushes(q, samples)
    assert pushes.of.shape == (40, 4)
    one = np.abs(samples.x - pushes.at[7]) < 0.5 * pushes.width
    expected = np.zeros(4)
    for k in np.flatnonzero(one):
        if 1 <= segment[k] <= 3:
            expected[segment[k] - 1] += left[k]
            expected[segment[k]] += right[k]
    np.testing.assert_allclose(pushes.of[7], expected)


# --- Surrogates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", TABLE)
def test_surrogate_draws_the_curves_of_the_table(key: str) -> None:
    state = state_of("surrogate", UNEVEN, left=key, right="clipped_ste", view=[-1.5, 3.5], x=0.3)
    forward, derivative, noise, *_ = figures.surrogate(state, theme="light").axes
    surrogate = TABLE[key]
    params: dict[str, Any] = {"quantizer": UNEVEN} if key == "gste" else {}
    (smooth,) = found(forward, "expectation", marker="None")[:1]
    x = xy(smooth)[:, 0]
    assert x[[0, -1]].tolist() == pytest.approx([-1.5, 3.5])
    np.testing.assert_array_equal(xy(smooth)[:, 1], surrogate.smooth(x, **params))
    slope = max(found(derivative, "gste", marker="None"), key=_length)
    np.testing.assert_array_equal(xy(slope)[:, 1], surrogate.derivative(x, **params))
    dots = [
        each
        for each in (*forward.lines, *derivative.lines)
        if xy(each).tolist() and xy(each)[0][0] == 0.3 and _length(each) == 1
    ]
    values = [
        surrogate.forward(0.3, **params),
        surrogate.smooth(0.3, **params),
        surrogate.derivative(0.3, **params),
    ]
    assert [float(xy(each)[:, 1][0]) for each in dots] == [float(v) for v in values]
    if surrogate.why_none(**params) is not None:
        assert not noise.lines
        why = surrogate.no_noise(**params)
        assert why is not None
        (text,) = [
            " ".join(t.get_text().split()) for t in noise.texts if "No noise" in t.get_text()
        ]
        assert why in text
        return
    laws = surrogate.laws(**params)
    curves = [each for each in noise.lines if _length(each) > 10]
    assert len(curves) == len(laws)
    for curve, law in zip(curves, laws, strict=True):
        np.testing.assert_array_equal(xy(curve)[:, 1], law.density(xy(curve)[:, 0]))


def test_words_of_surrogates_name_values_noise_and_reasons() -> None:
    state = state_of("surrogate", UNEVEN, left="swish_sign", right="gste", x=0.5)
    words = figures.caption("surrogate", state)
    slope = float(TABLE["swish_sign"].derivative(0.5))
    assert f"{slope:.3g}".replace("-", "−") in words
    assert f"{float(UNEVEN.gradient(0.5)):.3g}" in words
    assert "No noise. It turns negative" in words
    assert "uniform noise, another for each threshold" in words
    assert side.side_of(state, "left").settings == "β = 5"


def test_a_narrow_peak_is_not_missed() -> None:
    state = state_of("surrogate", UNEVEN, left={"surrogate": "ede", "parameters": {"t": 100.0}})
    _, derivative, *_ = figures.surrogate({**state, "view": [-2.5, 2.5]}, theme="light").axes
    slope = max(found(derivative, "gste", marker="None"), key=_length)
    points = xy(slope)
    assert points[:, 1].max() > 99.9
    assert np.sum(points[:, 1] > 10.0) > 20


# --- The compander -------------------------------------------------------------------------------


def compander_state(q: Quantizer, **keys: Any) -> dict[str, Any]:
    return state_of("threshold", q, compander=True, data="normal", **keys)


COMPANDERS = {
    "2 bits": compander_state(UNEVEN),
    "1 bit": compander_state(Quantizer.binary()),
    "4 bits": compander_state(FOUR_BITS),
    "narrow": compander_state(NARROW),
    "large": compander_state(LARGE),
    "levels uneven": compander_state(Quantizer([0.0, 0.5, 2.0], [0.0, 1.0, 5.0])),
    "beside": compander_state(UNEVEN, view=BESIDE),
    "alone": compander_state(UNEVEN, hidden=hidden("threshold")),
    "first": compander_state(UNEVEN, hidden=hidden("threshold", "gste", "histogram")),
}


@pytest.mark.parametrize("state", COMPANDERS.values(), ids=COMPANDERS)
def test_compander_can_be_read(state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for size in figures.SIZES:
        figure = figures.threshold(state, "projector", size)
        assert_readable(figure, monkeypatch)
        assert_nothing_empty(figure)


def test_compander_leads_from_levels_to_thresholds() -> None:
    for q in (UNEVEN, NARROW, Quantizer([0.0, 0.5, 2.0], [0.0, 1.0, 5.0])):
        plain = figures.threshold(state_of("threshold", q, data="normal"), theme="light")
        figure = figures.threshold(compander_state(q), theme="light")
        assert len(figure.axes) == len(plain.axes) + 1
        ax = figure.axes[1]
        assert ax.get_ylabel() == "c(x)"
        (ways,) = [c for c in ax.collections if isinstance(c, LineCollection)]
        corners = np.array([segment[1] for segment in ways.get_segments()])
        np.testing.assert_array_equal(corners[:, 0], q.thresholds)
        np.testing.assert_array_equal(corners[:, 1], middles(q))
        np.testing.assert_allclose(
            q.expectation(corners[:, 0]), corners[:, 1], atol=1e-9 * q.levels[-1]
        )
        stripes = [each for each in ax.patches if isinstance(each, Rectangle)]
        assert [to_hex(s.get_facecolor()) for s in stripes] == style.theme("light").levels(
            q.levels.size
        )
        ends = [s.get_y() + s.get_height() for s in stripes[:-1]]
        np.testing.assert_allclose(ends, middles(q))


def test_words_of_the_compander() -> None:
    even = figures.caption("threshold", compander_state(UNEVEN))
    assert "uniform rounding" in even
    assert "0.333, 1, 1.67" in even
    uneven = compander_state(Quantizer([0.0, 0.5, 2.0], [0.0, 1.0, 5.0]))
    assert "uniform rounding" not in figures.caption("threshold", uneven)
    assert "ompander" not in figures.caption("threshold", {**uneven, "compander": False})
