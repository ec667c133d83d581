"""Everybody can read every figure: no two things in a panel differ by a color that some eye lacks.

What is compared are the colors and forms that the figures really draw, see ``color_vision``.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_hex
from matplotlib.figure import Figure

from n2uq_viz import figures, style
from n2uq_viz import state as states
from n2uq_viz.quantizer import Quantizer
from tests.color_vision import (
    APART,
    EYES,
    SAME,
    confused,
    disordered,
    distance,
    lightness,
    marks,
    panels,
    seen,
)
from tests.test_figures_training import STATES as TRAINED
from tests.thorough import in_turn

#: Least distance of neighboring levels, by their number; of many, only the order is looked at.
NEIGHBORS = {2: APART, 3: APART, 4: APART, 5: 12.0}
#: Quantizers at the ends of what the figures take.
EXTREME = {
    "1 bit": Quantizer.uniform(1),
    "4 bits, widths near zero": Quantizer.from_intervals([0.5, 1e-3, 0.2, 0.1, 1e-3] * 3),
}
#: The theme "projector" has the colors of "light", which a test below says.
THEMES = [name for name in style.THEMES if name != "projector"]
OF_RUNS = [name for name in figures.NAMES if figures.explorer_of(name) == "training"]


def of(q: Quantizer, name: str) -> dict[str, Any]:
    """State of a figure with this quantizer."""
    return states.validate({"version": 1, **q.to_dict()}, figures.explorer_of(name))


OF_QUANTIZERS = [name for name in figures.NAMES if name not in OF_RUNS]
each_eye = pytest.mark.parametrize("eye", EYES)
each_theme = pytest.mark.parametrize("theme", THEMES)


def assert_told_apart(figure: Figure, theme: str) -> None:
    found = [marks(panel) for panel in panels(figure)]
    assert any(found)
    ramp = style.theme(theme).level_ramp
    confusions = {k: pairs for k, looks in enumerate(found) if (pairs := confused(looks, ramp))}
    assert not confusions
    assert not [scale for panel in panels(figure) for scale in disordered(panel)]


@each_theme
@pytest.mark.parametrize("name", figures.NAMES)
def test_every_eye_tells_apart_what_shares_a_panel(name: str, theme: str) -> None:
    assert_told_apart(figures.NAMES[name](theme=theme), theme)


@pytest.mark.parametrize(
    ("q", "name", "theme"),
    in_turn(
        {f"{k}, {name}": [q, name] for k, q in EXTREME.items() for name in OF_QUANTIZERS},
        ("light", "dark"),
    ),
)
def test_so_it_is_at_the_extremes(q: Quantizer, name: str, theme: str) -> None:
    # A figure that says the same of every quantizer shows none.
    if figures.caption(name, of(q, name)) != figures.caption(name):
        assert_told_apart(figures.NAMES[name](of(q, name), theme=theme), theme)


@pytest.mark.parametrize("name", OF_RUNS)
def test_so_it_is_with_two_runs(name: str) -> None:
    for theme in ("light", "dark"):
        assert_told_apart(figures.NAMES[name](TRAINED["two in the plane"], theme=theme), theme)


def test_projector_has_the_colors_of_light() -> None:
    light, projector = style.theme("light"), style.theme("projector")
    assert (projector.color, projector.level_ramp) == (light.color, light.level_ramp)


# --- Levels --------------------------------------------------------------------------------------


@each_eye
@each_theme
def test_levels_grow_lighter_to_every_eye(theme: str, eye: str) -> None:
    for n in range(2, style.LEVEL_RAMP_LENGTH + 1):
        seen_as = [lightness(color, eye) for color in style.theme(theme).levels(n)]
        assert all(a < b for a, b in pairwise(seen_as)), n


@each_eye
@each_theme
@pytest.mark.parametrize("n", NEIGHBORS)
def test_few_levels_are_well_apart(n: int, theme: str, eye: str) -> None:
    levels = style.theme(theme).levels(n)
    assert min(distance(a, b, eye) for a, b in pairwise(levels)) >= NEIGHBORS[n]


@each_eye
@each_theme
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("deterministic", "expectation"),
        ("expectation", "monte_carlo"),
        ("monte_carlo", "band"),
        ("gste", "ste"),
        ("first", "second"),
        ("selected", "expectation"),
        ("muted", "expectation"),
    ],
)
def test_color_alone_would_do_for_these(one: str, other: str, theme: str, eye: str) -> None:
    color = style.theme(theme).color
    assert distance(color[one], color[other], eye) >= APART


# --- The checker itself --------------------------------------------------------------------------

#: As light as one another, and a pair that the commonest deficiencies confuse.
RED, GREEN = "#c03a2b", "#55751a"


def looked_at(draw: Callable[[Axes], Any]) -> list[str]:
    """What is confused in a panel with that drawn on it."""
    figure = Figure()
    draw(figure.add_subplot())
    (panel,) = panels(figure)
    return confused(marks(panel))


def two_lines(**second: Any) -> list[str]:
    def draw(ax: Axes) -> None:
        ax.plot([0, 1], [0, 1], color=RED, linewidth=2.0)
        ax.plot([0, 1], [1, 0], **{"color": GREEN, "linewidth": 2.0, **second})

    return looked_at(draw)


def two_markers(**second: Any) -> list[str]:
    def draw(ax: Axes) -> None:
        common: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5.0}
        ax.plot([0, 1], [0, 1], color=RED, **common)
        ax.plot([0, 1], [1, 0], **{**common, "color": GREEN, **second})

    return looked_at(draw)


def two_areas(**second: Any) -> list[str]:
    def draw(ax: Axes) -> None:
        ax.fill_between([0, 1], 0, 1, facecolor=RED, linewidth=0.0)
        ax.fill_between([1, 2], 0, 1, **{"facecolor": GREEN, "linewidth": 0.0, **second})

    return looked_at(draw)


def test_red_and_green_of_one_lightness_are_found() -> None:
    assert distance(RED, GREEN) > 2.0 * APART
    assert distance(RED, GREEN, "gray") < SAME
    (words,) = two_lines()
    assert f"line {RED}" in words
    assert f"line {GREEN}" in words
    assert all(eye in words for eye in ("deuteranopia", "gray"))
    assert "normal" not in words
    assert len(two_markers()) == len(two_areas()) == 1


def test_form_tells_two_colors_apart() -> None:
    assert two_lines(linestyle="--") == two_lines(marker="o") == two_lines(linewidth=4.0) == []
    assert two_markers(marker="s") == two_markers(markerfacecolor="none") == []
    assert two_markers(markersize=10.0) == []
    assert two_areas(hatch="//") == two_areas(edgecolor="black", linewidth=1.0) == []


def test_hardly_another_form_does_not() -> None:
    assert two_lines(linewidth=2.2) != []
    assert two_markers(markersize=6.0, markeredgewidth=2.0) != []
    assert two_areas(edgecolor="#54741a", linewidth=1.0) != []

    def dashes(ax: Axes) -> None:
        for color, pattern in ((RED, (4.0, 2.0)), (GREEN, (4.4, 2.2))):
            ax.plot([0, 1], [0, 1], color=color, linestyle=(0, pattern))

    assert looked_at(dashes) != []


def test_only_what_is_seen_counts() -> None:
    assert two_lines(visible=False) == two_lines(alpha=0.0) == two_lines(color="white") == []
    assert two_lines(color=RED) == []
    # Hardly there at all, red is told from what is there.
    assert len(two_areas(facecolor=RED, alpha=0.05)) == 0
    assert len(two_areas(facecolor=RED, alpha=0.9)) == 1


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.scatter([0, 1], [0, 1], c=[RED, GREEN]),
        lambda ax: ax.vlines([0, 1], 0, 1, colors=[RED, GREEN]),
        lambda ax: ax.bar([0, 1], [1, 1], color=[RED, GREEN]),
        lambda ax: ax.bar([0, 1], [1, 1], fill=False, edgecolor=[RED, GREEN]),
        lambda ax: (ax.plot([0, 1], color=RED), ax.twinx().plot([1, 0], color=GREEN)),
    ],
)
def test_every_kind_of_artist_is_looked_at(draw: Callable[[Axes], Any]) -> None:
    assert len(looked_at(draw)) == 1


def test_a_color_scale_must_go_one_way() -> None:
    def drawn_with(name: str) -> list[str]:
        figure = Figure()
        figure.add_subplot().pcolormesh([[0.0, 1.0]], cmap=name)
        return disordered(figure.axes)

    assert drawn_with("cividis") == []
    assert "coolwarm: gray" in drawn_with("coolwarm")


def test_classes_of_an_image_are_looked_at() -> None:
    assert len(looked_at(lambda ax: ax.imshow([[0, 1]], cmap=ListedColormap([RED, GREEN])))) == 1


def test_levels_may_be_near_one_another_but_not_to_other_things() -> None:
    ramp = style.theme("light").level_ramp
    figure = Figure()
    figure.add_subplot().bar([0, 1], [1, 1], color=ramp[:2])
    assert confused(marks(figure.axes), ramp) == []
    assert len(confused(marks(figure.axes), ramp[1:])) == 1


def test_simulation_is_that_of_machado_oliveira_and_fernandes() -> None:
    # Their Table 1 at severity 1, first column: what becomes of pure red, in linear light.
    for eye, column in (
        ("protanopia", (0.152286, 0.114503, -0.003882)),
        ("deuteranopia", (0.367322, 0.280085, -0.011820)),
        ("tritanopia", (1.255528, -0.078411, 0.004733)),
    ):
        linear = np.clip(column, 0.0, 1.0)
        dark = linear <= 0.0031308
        expected = np.where(dark, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        np.testing.assert_allclose(seen(np.array([1.0, 0.0, 0.0]), eye), expected, atol=2e-3)


@each_eye
def test_gray_stays_gray_to_every_eye(eye: str) -> None:
    for value in (0.0, 0.01, 0.4, 1.0):
        np.testing.assert_allclose(seen(np.full(3, value), eye), value, atol=2e-3)
    assert to_hex(seen(np.array([1.0, 0.0, 0.0]), "gray").tolist()) == "#7f7f7f"
