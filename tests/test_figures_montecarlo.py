"""Agreement, convergence and gradient estimates: figures and words have the state's own numbers."""

from __future__ import annotations

import itertools
import re
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import optimize

import n2uq_viz as nv
from n2uq_viz import export, figures, montecarlo, plots, style
from n2uq_viz import state as states
from n2uq_viz.figures import judged, noise, running
from n2uq_viz.figures.sheet import power_ticks
from n2uq_viz.figures.shown import default_state
from n2uq_viz.plots.estimates import LOOKS
from n2uq_viz.quantizer import Quantizer
from tests.test_figures import LEAST_ROOM, assert_nothing_empty, assert_readable
from tests.thorough import in_turn

NAMES = ("agreement", "convergence", "gradient_estimates")
#: A module, whose name in the package is taken by the figure's function.
agreement_figure: Any = import_module("n2uq_viz.figures.agreement")
COLOR = style.theme("light").color


def nonuniform(bits: int) -> Quantizer:
    steps = 2**bits
    return Quantizer(2.0 * np.linspace(0.0, 1.0, steps) ** 1.6, np.linspace(0.0, 2.0, steps))


def state_of(q: Quantizer, **keys: Any) -> dict[str, Any]:
    return states.validate({"version": 1, **q.to_dict(), "data": "normal", **keys})


UNEVEN = Quantizer([0.0, 0.5, 1.5, 2.0], np.linspace(0.0, 2.0, 4))
NARROW = Quantizer.from_intervals([0.8, 1e-3, 0.4, 1e-3, 0.5, 0.3, 1e-3])
LARGE = 1e9 * np.array([-3.0, -2.999, 1.0])
STATES: dict[str, dict[str, Any]] = {
    "default": default_state(),
    "sign": state_of(Quantizer.binary(), half_width=0.1),
    "1 bit": state_of(Quantizer.uniform(1), draws=10_000),
    "2 bits": state_of(Quantizer.uniform(2), draws=1),
    "uneven": state_of(UNEVEN, seed=3),
    "4 bits": state_of(Quantizer.uniform(4)),
    "4 bits, uneven": state_of(nonuniform(4), draws=2000),
    "segments of 0.001": state_of(NARROW),
    "wide h": state_of(UNEVEN, half_width=0.75),
    "h too small": state_of(UNEVEN, half_width=1e-100),
    "from far": state_of(Quantizer.uniform(4), view=[-40.0, 70.0]),
    "from near": state_of(Quantizer.uniform(2), view=[0.66665, 0.66668]),
    "beside it all": state_of(Quantizer.uniform(2), view=[50.0, 60.0]),
    "large numbers": state_of(Quantizer(LARGE, LARGE)),
    "small numbers": state_of(Quantizer([0.0, 1e-6, 3e-6], [0.0, 1e-7, 1e-6])),
}
every_state = pytest.mark.parametrize("state", STATES.values(), ids=STATES)
every_name = pytest.mark.parametrize("name", NAMES)


def lines(ax: Axes, color: str, marker: str = "None") -> list[Line2D]:
    """Lines of that look which have points."""
    return [
        each
        for each in ax.lines
        if to_hex(each.get_color()) == color
        and each.get_marker() == marker
        and np.size(each.get_xdata())
    ]


def points(found: list[Line2D]) -> np.ndarray[Any, Any]:
    """Points of some lines together, (n, 2), from left to right."""
    together = np.concatenate([np.column_stack(each.get_data()) for each in found])
    return together[np.lexsort(together.T[::-1])]


def all_dots(ax: Axes) -> np.ndarray[Any, Any]:
    color = COLOR["monte_carlo"]
    return points([*lines(ax, color, "o"), *lines(ax, color, "x")])


def said(figure: Figure) -> str:
    """All that stands on a figure and above its panels, in one line."""
    texts = [*figure.texts, *(text for ax in figure.axes for text in ax.texts)]
    return " | ".join(" ".join(text.get_text().split()) for text in texts)


def covered(ax: Axes) -> np.ndarray[Any, Any]:
    """Corners of the one band of a panel."""
    (band,) = [
        each
        for each in ax.collections
        if COLOR["band"] in [to_hex(tuple(c)) for c in np.asarray(each.get_facecolor())]
    ]
    (path,) = band.get_paths()
    return np.asarray(path.vertices)[:-1]


# --- All three -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "size"),
    in_turn({f"{n}: {k}": [n, s] for n in NAMES for k, s in STATES.items()}, LEAST_ROOM),
)
def test_it_can_be_read(
    name: str, state: dict[str, Any], size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = figures.NAMES[name](state, "projector", size)
    assert_readable(figure, monkeypatch)
    assert_nothing_empty(figure)


@every_name
@every_state
def test_its_words_are_whole(name: str, state: dict[str, Any]) -> None:
    for words in (figures.caption(name, state), figures.text_alternative(name, state)):
        assert words.endswith(".")
        assert not re.search(r"[{}]|nan|\binf\b|  |\.\.", words)


@every_name
def test_without_a_state_the_default_is_drawn(name: str) -> None:
    one, other = (figures.NAMES[name](state) for state in (None, default_state()))
    for ax, same in zip(one.axes, other.axes, strict=True):
        for line, again in zip(ax.lines, same.lines, strict=True):
            np.testing.assert_array_equal(line.get_xydata(), again.get_xydata())
    assert figures.caption(name) == figures.caption(name, default_state())
    uneven = Quantizer(default_state()["edges"], default_state()["levels"])
    assert not judged.is_one_ramp(uneven)


@every_name
def test_it_takes_the_theme_of_the_state_unless_another_is_asked_for(name: str) -> None:
    state = {**default_state(), "theme": "dark"}
    dark, light = (figures.NAMES[name](state, theme=theme) for theme in (None, "light"))
    assert to_hex(dark.get_facecolor()) == style.theme("dark").color["background"]
    assert to_hex(light.get_facecolor()) == COLOR["background"]


@every_name
def test_a_state_that_cannot_be_shown_is_refused(name: str) -> None:
    bad = {"version": 1, "edges": [1, 0], "levels": [0, 1]}
    for function in (figures.NAMES[name], lambda s: figures.caption(name, s)):
        with pytest.raises(states.StateError, match="edges must be strictly increasing"):
            function(bad)


@every_name
def test_a_saved_figure_holds_its_state(name: str, tmp_path: Any) -> None:
    state = STATES["uneven"]
    path = export.save(figures.NAMES[name](state), tmp_path / "it.svg", state)
    assert export.read_state(path) == state


# --- Agreement -----------------------------------------------------------------------------------


@every_state
def test_agreement_draws_the_same_dots_against_both_curves(state: dict[str, Any]) -> None:
    axes = figures.agreement(state, theme="light").axes
    q = Quantizer(state["edges"], state["levels"])
    ramp = Quantizer(q.edges[[0, -1]], q.levels[[0, -1]])
    x = np.linspace(state["view"][0], state["view"][1], states.GRID_POINTS)
    means = montecarlo.simulate_shared(q, x, state["draws"], state["seed"]).mean
    same = judged.is_one_ramp(q)
    for k, curve in enumerate((q.expectation, q.expectation if same else ramp.expectation)):
        np.testing.assert_array_equal(all_dots(axes[k]), np.column_stack((x, means)))
        errors = np.column_stack((x, means - curve(x)))
        np.testing.assert_array_equal(all_dots(axes[2 + k]), errors)
        low, high = axes[2 + k].get_ylim()
        assert low < errors[:, 1].min()
        assert errors[:, 1].max() < high
    for row in (axes[0:2], axes[2:4], axes[4:6]):
        assert row[0].get_ylim() == row[1].get_ylim()
        assert row[0].get_xlim() == row[1].get_xlim() == tuple(state["view"])


def test_agreement_draws_the_curves_their_bands_and_their_slopes() -> None:
    state = STATES["uneven"]
    view = (state["view"][0], state["view"][1])
    axes = figures.agreement(state, theme="light").axes
    ramp = Quantizer([0.0, 2.0], [0.0, 2.0])
    (expectation,) = lines(axes[0], COLOR["expectation"])
    np.testing.assert_array_equal(
        expectation.get_ydata(), UNEVEN.expectation(np.asarray(expectation.get_xdata()))
    )
    (straight,) = lines(axes[1], COLOR["ste"])
    np.testing.assert_array_equal(
        straight.get_xydata(), [[view[0], 0], [0, 0], [2, 2], [view[1], 2]]
    )
    for k, curve in enumerate((UNEVEN, ramp)):
        for ax, around_zero in ((axes[k], False), (axes[2 + k], True)):
            outline = plots.curve_band_outline(
                UNEVEN, curve.expectation, state["draws"], view, around_zero=around_zero
            )
            np.testing.assert_array_equal(covered(ax), outline)
    low, high = np.split(covered(axes[0]), 2)
    expected = montecarlo.null_band(UNEVEN, low[:, 0], state["draws"])
    np.testing.assert_allclose([low[:, 1], high[::-1, 1]], expected, atol=1e-8)
    (gste,), (ste,) = lines(axes[4], COLOR["gste"]), lines(axes[5], COLOR["ste"])
    np.testing.assert_array_equal(gste.get_data(), plots.gste_line(UNEVEN, view))
    np.testing.assert_array_equal(ste.get_data(), plots.ste_line(UNEVEN, view))
    assert (gste.get_linestyle(), ste.get_linestyle()) == ("-", "--")


def test_agreement_says_the_errors_and_the_p_values() -> None:
    state = STATES["uneven"]
    found = judged.judge(state)
    mc = montecarlo.simulate_shared(UNEVEN, found.means.x, state["draws"], state["seed"])
    gste = nv.agreement(mc, UNEVEN.expectation)
    ste = nv.agreement(mc, np.clip(mc.x, 0.0, 2.0))
    words = said(figures.agreement(state))
    inside = (UNEVEN.edges[0] < mc.x) & (mc.x < UNEVEN.edges[-1])
    for each in (gste, ste):
        rmse = np.sqrt(np.mean((mc.mean - each.curve)[inside] ** 2))
        assert f"Error: RMS {rmse:.2g}, largest {each.max_error:.2g}" in words
        for text in (
            figures.caption("agreement", state),
            figures.text_alternative("agreement", state),
        ):
            assert f"RMS error {rmse:.2g}" in text
    assert ste.p_value == 0.0
    assert f"p = {gste.p_value:.2g}: the dots fit" in words
    assert "p = 0: the dots cannot be its draws" in words
    within = round(gste.coverage * gste.points)
    assert f"Of the {gste.points} dots for which a coin is thrown, {within} lie in the band" in (
        figures.caption("agreement", state)
    )


@pytest.mark.parametrize("seed", range(5))
def test_draws_side_with_gste_where_segments_are_unequal(seed: int) -> None:
    """A p-value of a true curve below 0.001 once in a thousand seeds: these five are others."""
    for q in (UNEVEN, nonuniform(2), nonuniform(4), NARROW):
        found = judged.judge(state_of(q, seed=seed))
        assert found.gste.p_value > 0.001
        assert found.ste.p_value == 0.0


@pytest.mark.parametrize("name", ["sign", "1 bit", "2 bits", "4 bits", "large numbers"])
def test_equal_segments_make_both_columns_equal_and_the_figure_says_so(name: str) -> None:
    figure = figures.agreement(STATES[name], theme="light")
    assert "Equal segments and level steps: G-STE and plain STE are one curve" in said(figure)
    axes = figure.axes
    for left, right in (axes[0:2], axes[2:4]):
        np.testing.assert_array_equal(all_dots(left), all_dots(right))
    heads = [" ".join(t.get_text() for t in ax.texts).partition("Error")[2] for ax in axes[:2]]
    assert heads[0] == heads[1]
    for words in (
        figures.caption("agreement", STATES[name]),
        figures.text_alternative("agreement", STATES[name]),
    ):
        assert "same numbers" in words or "all numbers are the same" in words


def test_one_ramp_is_told_from_two_that_differ_by_little() -> None:
    for bits in range(1, 9):
        assert judged.is_one_ramp(Quantizer.uniform(bits, low=-0.1, high=0.2))
    # Equal segments alone do not do.
    assert not judged.is_one_ramp(Quantizer([0.0, 1.0, 2.0], [0.0, 1.0, 3.0]))
    assert not judged.is_one_ramp(Quantizer([0.0, 1.0 + 1e-9, 2.0], [0.0, 1.0, 2.0]))


def with_p(gste: float, ste: float, *, same: bool = False, number: int = 10) -> judged.Judged:
    """What is judged, with these p-values."""
    mc = montecarlo.simulate(UNEVEN, [0.25], 10)
    found = [
        montecarlo.Agreement(mc.mean, 0.0, 0.0, 0.0, 1.0, p, number, mc.mean) for p in (gste, ste)
    ]
    return judged.Judged(UNEVEN, UNEVEN, same, mc, *found)


@pytest.mark.parametrize(
    ("found", "claim", "verdicts"),
    [
        (with_p(0.5, 1e-9), "10 draws side with G-STE, not with plain STE", ("fit", "do not fit")),
        (with_p(0.5, 0.0), "10 draws side with G-STE", ("fit", "cannot be its draws")),
        (with_p(0.5, 0.06), "10 draws are too few to tell", ("fit", "fit")),
        (with_p(0.04, 0.3), "these draws look like plain STE", ("an unlucky seed", "fit")),
        (with_p(0.04, 0.01), "the draws fit neither curve", ("an unlucky seed", "do not fit")),
        (with_p(0.04, 0.04, same=True), "are one curve", ("an unlucky seed",) * 2),
        (with_p(1.0, 1.0, number=0), "No coin is thrown here", ("no dot to judge it by",) * 2),
    ],
)
def test_what_is_claimed_follows_from_the_p_values(
    found: judged.Judged, claim: str, verdicts: tuple[str, str]
) -> None:
    assert claim in judged.claim(found)
    for name, expected in zip(("gste", "ste"), verdicts, strict=True):
        assert judged.verdict(found, name).endswith(expected)


# --- Convergence ---------------------------------------------------------------------------------


@every_state
def test_convergence_draws_nested_runs_and_their_errors(state: dict[str, Any]) -> None:
    *panels, decay = figures.convergence(state, theme="light").axes
    q = Quantizer(state["edges"], state["levels"])
    runs = running.run(state)
    assert (runs.draws[0], runs.draws[-1]) == (10, 10**6)
    again = montecarlo.simulate_running(
        q, np.tile(runs.x, (running.RUNS, 1)), runs.draws.astype(int), state["seed"], "counts"
    )
    means = np.stack([mc.mean for mc in again], axis=1)
    for k, ax in enumerate(panels):
        drawn = lines(ax, COLOR["monte_carlo"])
        assert len(drawn) == running.SHOWN
        for line, run in zip(drawn, means[:, :, k], strict=False):
            np.testing.assert_array_equal(line.get_xydata(), np.column_stack((runs.draws, run)))
        (middle,) = lines(ax, COLOR["expectation"])
        np.testing.assert_array_equal(middle.get_ydata(), [q.expectation(runs.x[k])] * 2)
    apart = means - q.expectation(runs.x)
    rings = next(each for each in decay.lines if each.get_markerfacecolor() == "none")
    np.testing.assert_allclose(
        np.asarray(rings.get_ydata()), np.sqrt(np.mean(apart**2, axis=(0, 2)))
    )
    dots = next(each for each in lines(decay, COLOR["monte_carlo"], "o") if each is not rings)
    each_run = np.sqrt(np.mean(apart[: running.SHOWN] ** 2, axis=2))
    np.testing.assert_allclose(np.asarray(dots.get_ydata()), each_run.ravel())
    (expected,) = lines(decay, COLOR["expectation"])
    at = np.asarray(expected.get_xdata())
    np.testing.assert_allclose(
        np.asarray(expected.get_ydata()), np.sqrt(np.mean(q.variance(runs.x)) / at)
    )
    # 1,200 errors at each number of draws, but for segments few coins wide: seven standard errors.
    np.testing.assert_allclose(
        np.asarray(rings.get_ydata()), np.sqrt(np.mean(q.variance(runs.x)) / runs.draws), rtol=0.15
    )


def test_convergence_levels_off_against_the_ramp_of_plain_ste() -> None:
    runs = running.run(STATES["uneven"])
    decay = figures.convergence(STATES["uneven"], theme="light").axes[-1]
    (biased,) = lines(decay, COLOR["ste"])
    distance = UNEVEN.expectation(runs.x) - np.clip(runs.x, 0.0, 2.0)
    floor = np.sqrt(np.mean(distance**2))
    found = np.asarray(biased.get_ydata())
    assert biased.get_linestyle() == "--"
    assert found[0] > 1.01 * floor
    assert found[-1] == pytest.approx(floor, rel=1e-4)
    against = np.sqrt(np.mean((runs.means - np.clip(runs.x, 0.0, 2.0)) ** 2, axis=(0, 2)))
    np.testing.assert_allclose(against[[0, -1]], found[[0, -1]], rtol=0.05)
    assert f"brings below {floor:.2g}." in figures.caption("convergence", STATES["uneven"])
    for name in ("sign", "4 bits"):
        decay = figures.convergence(STATES[name], theme="light").axes[-1]
        assert lines(decay, COLOR["ste"]) == []
        assert "plain STE" not in figures.caption("convergence", STATES[name])


def test_convergence_says_the_slope_and_the_error_of_the_state() -> None:
    state = state_of(UNEVEN, draws=400)
    runs = running.run(state)
    errors = np.sqrt(np.mean((runs.means - UNEVEN.expectation(runs.x)) ** 2, axis=(0, 2)))
    x, y = np.log(runs.draws), np.log(errors)
    slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    assert slope == pytest.approx(-0.5, abs=0.02)
    text = f"{slope:.3g}".replace("-", "−")
    assert f"slope of the rings: {text}" in said(figures.convergence(state))
    caption = figures.caption("convergence", state)
    assert f"these rings have a slope of {text}" in caption
    error = np.sqrt(np.mean(UNEVEN.variance(runs.x)) / 400)
    assert f"With the 400 draws of this state the error is about {error:.2g}." in caption


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_convergence_looks_where_coins_are_thrown(bits: int) -> None:
    for q in (Quantizer.uniform(bits), nonuniform(bits)):
        x = running.choose_inputs(q)
        np.testing.assert_allclose(q.step_probability(x), [0.25, 0.5, 0.75])
        assert np.all(np.diff(x) > 0.0)


def test_convergence_without_room_for_a_coin() -> None:
    b = np.nextafter(1.0, 2.0)
    with pytest.raises(ValueError, match="edges must leave room for a float between two of them"):
        figures.convergence(state_of(Quantizer([1.0, b], [0.0, 1.0])))
    # Beside a segment like that, others are looked at; in a small one, its middle.
    x = running.choose_inputs(Quantizer([0.5, 1.0, b], [0.0, 1.0, 2.0]))
    assert np.all((x > 0.5) & (x < 1.0))
    two = np.nextafter(b, 2.0)
    assert running.choose_inputs(Quantizer([1.0, two], [0.0, 1.0])).tolist() == [b] * 3


# --- Gradient estimates --------------------------------------------------------------------------


@every_state
def test_gradient_estimates_are_those_of_the_explorer(state: dict[str, Any]) -> None:
    *tops, _ = figures.gradient_estimates(state, theme="light").axes
    q = Quantizer(state["edges"], state["levels"])
    x = np.linspace(state["view"][0], state["view"][1], states.GRID_POINTS)
    for ax, method in zip(tops, LOOKS, strict=True):
        width = state["half_width"] if method == "common_random_numbers" else None
        found = montecarlo.simulate_gradient_shared(
            q, x, state["draws"], state["seed"], method, width
        )
        role, marker, _ = LOOKS[method]
        bottom, top = ax.get_ylim()
        seen = (found.mean >= bottom) & (found.mean <= top)
        drawn = lines(ax, COLOR[role], marker)
        if seen.any():
            expected = np.column_stack((x[seen], found.mean[seen]))
            np.testing.assert_array_equal(points(drawn), expected)
        else:
            assert drawn == []
        beyond = [*lines(ax, COLOR[role], "^"), *lines(ax, COLOR[role], "v")]
        count = sum(np.size(each.get_xdata()) for each in beyond)
        assert count == np.count_nonzero((found.mean < bottom) | (found.mean > top))
        hollow = [each for each in drawn if to_hex(each.get_markerfacecolor()) == COLOR["panel"]]
        rings = sum(np.size(each.get_xdata()) for each in hollow)
        assert rings == np.count_nonzero(found.near_edge & seen)


def closed_form(q: Quantizer, x: float, h: float) -> tuple[float, float]:
    """Variances of one draw in a segment, further than h from its edges."""
    i = int(np.searchsorted(q.edges, x)) - 1
    p, slope = (x - q.edges[i]) / q.intervals[i], q.slopes[i]
    return (
        slope**2 * (q.intervals[i] / (2.0 * h) - 1.0),
        slope**2 * (1.0 / (4.0 * p * (1.0 - p)) - 1.0),
    )


def test_noise_along_x_is_the_closed_form() -> None:
    h = 0.05
    state = state_of(UNEVEN, half_width=h, draws=300)
    *tops, below = figures.gradient_estimates(state, theme="light").axes
    (crn,) = lines(below, COLOR["monte_carlo"])
    (score,) = [each for each in lines(below, COLOR["ink"]) if np.size(each.get_xdata()) > 100]
    x = np.asarray(crn.get_xdata())
    inside = (np.abs(x[:, None] - UNEVEN.edges).min(axis=1) > h) & (x > 0.0) & (x < 2.0)
    assert inside.sum() > 100
    expected = np.array([closed_form(UNEVEN, float(at), h) for at in x[inside]])
    np.testing.assert_allclose(np.asarray(crn.get_ydata())[inside] ** 2, expected[:, 0], rtol=1e-6)
    shown = expected[:, 1] > 1e-9
    found = np.asarray(score.get_ydata())[inside]
    np.testing.assert_allclose(found[shown] ** 2, expected[shown, 1], rtol=1e-6)
    # Nothing at mid-segment, without bound towards the edges.
    bottom, top = below.get_ylim()
    assert np.all(found[~shown] < bottom)
    for edge in UNEVEN.edges[1:-1]:
        assert np.asarray(score.get_ydata())[np.abs(x - edge) < 1e-5].min() > top
    # The bands above are these variances over the number of draws.
    for ax, k in zip(tops, range(2), strict=True):
        low, high = np.split(covered(ax), 2)
        middle = (high[::-1, 1] + low[:, 1])[inside] / 2.0
        half = (high[::-1, 1] - low[:, 1])[inside] / 2.0
        near = np.sqrt(expected[:, k] / 300) < 0.1
        np.testing.assert_allclose(middle[near], UNEVEN.gradient(x[inside])[near], atol=1e-6)
        np.testing.assert_allclose(
            half[near], 1.959964 * np.sqrt(expected[near, k] / 300), rtol=1e-3, atol=1e-6
        )


@pytest.mark.parametrize("h", [0.02, 0.1, 0.3])
def test_share_with_less_noise_of_one_threshold(h: float) -> None:
    """For sign, d from an edge: a coin of chance (d + h) / 2 against the score's variance."""

    def apart(d: float) -> float:
        p, q = d / 2.0, (min(d + h, 2.0) - max(d - h, 0.0)) / 2.0
        return q * (1.0 - q) / h**2 - (1.0 / (4.0 * p * (1.0 - p)) - 1.0)

    crossing = optimize.brentq(apart, 1e-9, 0.9)
    state = state_of(Quantizer.binary(), half_width=h)
    assert noise.estimate(state).share == pytest.approx(crossing, abs=3e-4)
    share = f"on {100 * crossing:.0f} % of the range"
    assert share in figures.caption("gradient_estimates", state)
    ax = figures.gradient_estimates(state).axes[-1]
    (region,) = [each for each in ax.collections if each.get_hatch()]
    ends = np.array([np.unique(np.asarray(p.vertices)[:, 0])[[0, -1]] for p in region.get_paths()])
    np.testing.assert_allclose(ends, [[-1.0, crossing - 1.0], [1.0 - crossing, 1.0]], atol=0.02)


def test_which_is_noisier_is_claimed_only_as_far_as_it_is_true() -> None:
    claims = {
        "sign": "depends on x: near edges, the score function",
        "segments of 0.001": "the score function has less noise, but for right beside the edges",
    }
    for name, claim in claims.items():
        assert claim in said(figures.gradient_estimates(STATES[name]))
    # So far apart that every draw differs by the same: no noise at all.
    everywhere = state_of(Quantizer.binary(), half_width=500.0)
    assert "common random numbers have less noise everywhere" in said(
        figures.gradient_estimates(everywhere)
    )


def test_stretches_with_less_noise_are_named_only_where_they_can_be_seen() -> None:
    for name, seen in (("sign", True), ("segments of 0.001", False)):
        legend = figures.gradient_estimates(STATES[name]).axes[-1].get_legend()
        assert legend is not None
        words = " ".join(" ".join(text.get_text().split()) for text in legend.get_texts())
        assert ("first less noisy" in words) is seen


def test_half_width_is_said_and_warned_of() -> None:
    default = default_state()
    h = float(np.diff(default["edges"]).min()) / 20.0
    assert f"h = {h:.3g}, RMS error" in said(figures.gradient_estimates())
    assert f"with h = {h:.3g};" in figures.caption("gradient_estimates")
    assert "wider than a segment" not in said(figures.gradient_estimates())
    wide = STATES["wide h"]
    assert "h = 0.75, RMS error" in said(figures.gradient_estimates(wide))
    assert "h is wider than a segment" in said(figures.gradient_estimates(wide))
    (warning,) = noise.estimate(wide).found["common_random_numbers"].warnings
    for words in (
        figures.caption("gradient_estimates", wide),
        figures.text_alternative("gradient_estimates", wide),
    ):
        assert words.endswith(warning)
    lost = STATES["h too small"]
    assert "h = 1×10⁻¹⁰⁰, RMS error unknown" in said(figures.gradient_estimates(lost))
    assert "h is lost in rounding" in said(figures.gradient_estimates(lost))
    narrow = figures.caption("gradient_estimates", STATES["segments of 0.001"])
    estimates = noise.estimate(STATES["segments of 0.001"])
    found = estimates.found["common_random_numbers"]
    zero = np.count_nonzero((found.mean == 0.0) & (NARROW.gradient(found.x) > 0.0))
    assert f"{zero} of the means of common random numbers are 0" in narrow


def test_rms_errors_are_those_of_the_dots() -> None:
    state = STATES["sign"]
    q = Quantizer.binary()
    words = said(figures.gradient_estimates(state))
    for method, found in noise.estimate(state).found.items():
        judged_dots = (np.abs(found.x) < 1.0) & ~found.near_edge
        error = np.sqrt(np.mean((found.mean - q.gradient(found.x))[judged_dots] ** 2))
        assert judged_dots.sum() > 50
        assert f"RMS error {error:.2g}" in words
        assert noise.rms(noise.estimate(state), method) == pytest.approx(error)


@pytest.mark.parametrize("name", ["agreement", "gradient_estimates"])
def test_nothing_is_described_that_cannot_be_seen(name: str) -> None:
    state = STATES["beside it all"]
    for text in (figures.caption(name, state), figures.text_alternative(name, state)):
        assert "valley" not in text
        assert "bend at every edge" not in text
        assert "p = " not in text
    assert "o coin is thrown" in figures.caption(name, state)
    assert "no coin is thrown" in figures.text_alternative(name, state)


# --- Axes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("horizontal", [True, False])
@pytest.mark.parametrize("length", [20.0, 60.0, 200.0])
def test_powers_of_ten_keep_apart(horizontal: bool, length: float) -> None:
    low, high = 3e-4, 2e7
    values, texts = power_ticks(low, high, length, 10.0, horizontal)
    assert len(values) == len(texts)
    assert all(low <= value <= high for value in values)
    scale = length / np.log10(high / low)
    for a, b in itertools.pairwise(values):
        assert np.log10(b / a) * scale >= (15.0 if horizontal else 19.0)
    assert power_ticks(1e-3, 1e3, 1e4, 10.0, True)[1] == [
        "10⁻³", "0.01", "0.1", "1", "10", "100", "10³",
    ]  # fmt: skip
