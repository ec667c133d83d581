"""Every figure looks as it did when somebody last looked: ``python -m tests.pictures``."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from PIL import Image, ImageChops

from n2uq_viz import figures, style
from tests import pictures
from tests.pictures import SHOWN, TOLERANCE, difference, draw, path_of


@pytest.mark.parametrize("name", figures.NAMES)
def test_it_looks_as_it_did(name: str) -> None:
    for shown in SHOWN:
        with Image.open(path_of(name, *shown)) as stored:
            found = difference(draw(name, *shown), stored)
        assert found < TOLERANCE, f"{name}, {shown}: differs by {found:.1f}; look at it again"


def test_nothing_is_stored_that_no_figure_has() -> None:
    wanted = {path_of(name, *shown) for name in figures.NAMES for shown in SHOWN}
    assert set(pictures.FOLDER.glob("*.png")) == wanted


def test_stored_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in pictures.FOLDER.glob("*.png")]
    assert max(sizes) < 120_000
    assert sum(sizes) < 3_000_000


def test_edges_drawn_a_pixel_further_are_the_same_picture() -> None:
    picture = draw("sum_of_steps", "light", "page")
    for shift in ((1, 0), (0, 1)):
        assert 0.0 < difference(picture, ImageChops.offset(picture, *shift)) < TOLERANCE


def test_another_size_is_another_picture() -> None:
    picture = draw("sum_of_steps", "light", "page")
    assert difference(picture, picture.crop((0, 0, 100, 100))) > TOLERANCE


@pytest.mark.parametrize("change", ["moved", "word", "color"])
def test_what_a_hand_would_notice_is_another_picture(change: str) -> None:
    before = draw("figure1_ste", "light", "page")
    if change == "moved":
        after = ImageChops.offset(before, 3, 0)
    elif change == "word":
        with patch("n2uq_viz.figures.figure1.say", lambda key, **_: key.rsplit(".", 1)[1]):
            after = draw("figure1_ste", "light", "page")
    else:
        with patch.dict(style.theme("light").color, ste=style.theme("light").color["gste"]):
            after = draw("figure1_ste", "light", "page")
    assert difference(before, after) > TOLERANCE
