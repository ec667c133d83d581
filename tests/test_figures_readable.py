"""Checks that look at every figure, in every theme and size, as it is and at its extremes."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from n2uq_viz import figures, style
from n2uq_viz import state as states
from n2uq_viz.quantizer import Quantizer
from tests.color_vision import Mark, marks, of_line, of_patch, panels
from tests.test_figures import assert_nothing_empty, assert_readable
from tests.thorough import THOROUGH

#: Smallest and largest number of levels, and an interval that is hardly there.
EXTREMES = {
    "1 bit": Quantizer.uniform(1),
    "4 bits": Quantizer(2.0 * np.linspace(0.0, 1.0, 16) ** 1.4, np.linspace(0.0, 2.0, 16)),
    "interval near zero": Quantizer([0.0, 0.8, 0.801, 2.0], [0.0, 2 / 3, 4 / 3, 2.0]),
}
#: Keys of a state that belong to the quantizer it has been made for.
FOLLOWING = ("view", "x", "points", "shown", "start", "steps")
#: Inches of a slide, 1280 pixels wide on a projector.
SLIDE_WIDTH = 40 / 3
#: Inches that a theme and a size are made for.
WIDTHS = {("projector", "slide"): SLIDE_WIDTH, ("print", "page"): 7.2, ("print", "column"): 3.5}

every_name = pytest.mark.parametrize("name", figures.NAMES)
#: Themes and sizes with the least room for the largest type.
LEAST_ROOM = (("projector", "slide"), ("projector", "column"))
#: The smallest type as well, next to lengths in points. Light and dark are alike but for colors
#: (see below), so that dark stands for both, once.
FEW = (*LEAST_ROOM, ("print", "page"), ("print", "column"), ("dark", "slide"))
ALL = tuple(product(style.THEMES, figures.SIZES))


def state_of(name: str, which: str) -> dict[str, Any]:
    """The default state of a figure, with another quantizer."""
    found = figures.default_state(name)
    kept = {key: value for key, value in found.items() if key not in FOLLOWING}
    return states.validate({**kept, **EXTREMES[which].to_dict()}, found["explorer"])


def assert_all_readable(
    figure: Figure, theme: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    width = figure.get_size_inches()[0]
    assert width == pytest.approx(WIDTHS.get((theme, size), width))
    assert to_hex(figure.get_facecolor()) == style.theme(theme).color["background"]
    assert_readable(figure, monkeypatch)
    assert_nothing_empty(figure)


@every_name
def test_every_word_can_be_read_and_nothing_is_empty(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for theme, size in ALL if THOROUGH else FEW:
        assert_all_readable(figures.NAMES[name](None, theme, size), theme, size, monkeypatch)


@every_name
@pytest.mark.parametrize("which", EXTREMES)
def test_so_it_is_at_the_extremes(name: str, which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state = state_of(name, which)
    # A figure that says the same of every quantizer shows none.
    if figures.text_alternative(name, state) != figures.text_alternative(name):
        for theme, size in ALL if THOROUGH else LEAST_ROOM:
            assert_all_readable(figures.NAMES[name](state, theme, size), theme, size, monkeypatch)


def test_light_and_dark_differ_in_colors_alone() -> None:
    light, dark = style.theme("light"), style.theme("dark")
    for key in ("font_size", "line_width", "marker_size"):
        assert getattr(light, key) == getattr(dark, key)


@every_name
def test_sizes_are_those_of_slides_and_papers(name: str) -> None:
    """Without a size it is a page, and for a projector a slide."""
    slide, page, column = (
        figures.NAMES[name](None, theme, size).get_size_inches().tolist()
        for theme, size in (("projector", None), ("print", None), ("print", "column"))
    )
    assert slide == pytest.approx([SLIDE_WIDTH, 7.5])
    assert page[0] == pytest.approx(WIDTHS["print", "page"])
    assert column[0] == pytest.approx(WIDTHS["print", "column"])
    # A column of a paper is no higher than its page, but for the one with whole runs in it.
    assert column[1] < (13.0 if name == "training" else 10.6)


@every_name
def test_words_on_a_projector_are_large(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least 18 points where 1280 pixels are 13.33 inches."""
    from tests.test_figures import drawn

    figure = figures.NAMES[name](None, "projector", "slide")
    for text in drawn(figure, monkeypatch):
        assert float(text.get_fontsize()) >= 18.0 - 1e-9, text.get_text()


@every_name
def test_bad_input_is_told(name: str) -> None:
    draw = figures.NAMES[name]
    with pytest.raises(ValueError, match='size must be one of "slide", "column", "page", got'):
        draw(size="poster")
    with pytest.raises(ValueError, match=r"theme must be one of .*, got 'sepia'"):
        draw(theme="sepia")
    with pytest.raises(states.StateError, match="'edges' is missing"):
        draw({"version": 1, "levels": [0.0, 1.0]})


@every_name
@pytest.mark.parametrize("which", ["default", *EXTREMES])
def test_caption_alternative_and_speaker_text_are_whole(name: str, which: str) -> None:
    state = None if which == "default" else state_of(name, which)
    for say in (figures.caption, figures.text_alternative, figures.speaker_text):
        words = say(name, state)
        assert words.endswith((".", "?", ".”")), words
        assert not re.search(r"[{}]|\bnan\b|\binf\b|  |\.\.", words), words


def hex_of(mark: Mark) -> str:
    color: Any = mark.pure
    return to_hex(color)


def looks(artist: Artist, panel: str) -> list[Mark]:
    """How an entry of a legend looks."""
    if isinstance(artist, Line2D):
        return list(of_line(artist, panel))
    return list(of_patch(artist, panel)) if isinstance(artist, Patch) else []


@every_name
def test_what_is_drawn_is_in_a_legend_or_has_words_of_its_color(name: str) -> None:
    look = style.theme("light")
    figure = figures.NAMES[name](None, "light", "page")
    legends = [*figure.legends, *filter(None, (ax.get_legend() for ax in figure.axes))]
    told = {
        hex_of(mark)
        for legend in legends
        for artist in legend.findobj()
        for mark in looks(artist, look.color["panel"])
    }
    told |= {to_hex(text.get_color()) for text in figure.findobj(Text) if text.get_text().strip()}
    # Grid and guides say what they are by where they stand; a band belongs to its dots or line.
    told |= {look.color["grid"], look.color["muted"], *look.level_ramp}
    if look.color["monte_carlo"] in told:
        told.add(look.color["band"])
    drawn_ = {hex_of(mark) for panel in panels(figure) for mark in marks(panel)}
    assert drawn_ <= told
