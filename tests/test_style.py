"""The palette is complete, ordered and readable."""

import itertools
import re

import matplotlib
import pytest

from n2uq_viz import style


def _luminance(color: str) -> float:
    """Relative luminance of an sRGB color (WCAG 2.2)."""
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", style.THEMES)
def test_every_role_has_a_color(name: str) -> None:
    look = style.theme(name)
    assert tuple(look.color) == style.ROLES
    assert all(re.fullmatch("#[0-9a-f]{6}", c) for c in (*look.color.values(), *look.level_ramp))


@pytest.mark.parametrize("name", style.THEMES)
def test_text_and_lines_stand_out_from_the_panel(name: str) -> None:
    color = style.theme(name).color
    # Words beside a line have its color.
    for role in ("ink", "muted", "expectation", "monte_carlo", "gste", "ste", "first", "second"):
        assert _contrast(color[role], color["background"]) >= 4.5, role
        assert _contrast(color[role], color["panel"]) >= 4.5, role
    for role in ("deterministic", "edge", "threshold", "selected"):
        assert _contrast(color[role], color["panel"]) >= 3.0, role


def test_small_words_of_a_slide_are_large_enough() -> None:
    look = style.theme("projector")
    sizes = [size for key, size in style.rc(look).items() if key.endswith("size")]
    words = [size for size in sizes if size != look.marker_size]
    assert len(words) == 6
    assert min(words) >= 18.0


@pytest.mark.parametrize("name", style.THEMES)
@pytest.mark.parametrize("n", range(1, 17))
def test_levels_grow_lighter(name: str, n: int) -> None:
    luminance = [_luminance(c) for c in style.theme(name).levels(n)]
    assert len(luminance) == n
    assert all(a < b for a, b in itertools.pairwise(luminance))


def test_roles_that_share_a_panel_differ_without_color() -> None:
    assert style.LINE["ste"] != style.LINE.get("gste", "-")
    assert style.LINE["edge"] != style.LINE["threshold"]
    assert style.MARKER["edge"] != style.MARKER["threshold"]


def test_unknown_theme_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="print, light, dark, projector, got 'sepia'"):
        style.theme("sepia")


def test_no_levels_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        style.theme("light").levels(0)


@pytest.mark.parametrize("name", style.THEMES)
def test_settings_are_accepted_by_matplotlib(name: str) -> None:
    with matplotlib.rc_context(style.rc(style.theme(name))):
        assert matplotlib.rcParams["font.size"] == style.theme(name).font_size


def test_browser_gets_the_same_colors() -> None:
    sent = style.for_browser()
    assert set(sent) == {"light", "dark"}
    assert sent["dark"]["color"] == style.theme("dark").color
