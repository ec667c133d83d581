"""Colors, line styles and sizes per role: one palette, used by matplotlib and by the browser alike.

Drawing code names a role ("expectation"), never a color, so that a picture keeps its meaning from
the explorer to the slide, and a new theme is one more entry here. No color carries meaning alone:
every role that shares a panel with another also has a line style or a marker of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ROLES = (
    "ink",
    "muted",
    "grid",
    "background",
    "panel",
    "deterministic",
    "expectation",
    "monte_carlo",
    "band",
    "gste",
    "ste",
    "edge",
    "threshold",
    "selected",
    "first",
    "second",
)

#: Line style per role, in matplotlib's spelling (solid where a role is not named).
LINE: dict[str, str] = {"ste": "--", "edge": ":", "threshold": "-.", "second": "--"}
#: Marker per role, in matplotlib's spelling.
MARKER: dict[str, str] = {
    "monte_carlo": "o",
    "edge": "s",
    "threshold": "D",
    "first": "o",
    "second": "s",
}

#: A ramp of output levels, in even steps of lightness; fewer levels take evenly spaced entries.
_LEVEL_ANCHORS = {
    "light": ("#26306f", "#29618b", "#3f9282", "#8fbd6c", "#efe27a"),
    "dark": ("#384398", "#3075a6", "#46a693", "#a1ce7a", "#fff496"),
}
LEVEL_RAMP_LENGTH = 16


@dataclass(frozen=True)
class Theme:
    """One look: a color for every role, and the sizes that go with its medium.

    Attributes
    ----------
    name
        ``"print"``, ``"light"``, ``"dark"`` or ``"projector"``.
    color
        Role (see ``ROLES``) -> ``#rrggbb``.
    level_ramp
        ``LEVEL_RAMP_LENGTH`` colors of increasing lightness.
    font_size, line_width, marker_size
        In points.
    """

    name: str
    color: dict[str, str]
    level_ramp: tuple[str, ...]
    font_size: float
    line_width: float
    marker_size: float

    def levels(self, n: int) -> list[str]:
        """``n`` colors for ``n`` output levels, darkest first (the browser picks the same ones).

        Raises
        ------
        ValueError
            ``n`` is below 1.

        Examples
        --------
        >>> theme("light").levels(2)
        ['#26306f', '#efe27a']
        """
        if n < 1:
            raise ValueError(f"the number of levels must be at least 1, got {n}")
        last = len(self.level_ramp) - 1
        return [
            self.level_ramp[(2 * i * last + n - 1) // (2 * (n - 1)) if n > 1 else 0]
            for i in range(n)
        ]


def _ramp(anchors: tuple[str, ...], length: int) -> tuple[str, ...]:
    """``length`` colors on straight lines between the anchors."""
    rgb = [[int(a[k : k + 2], 16) for k in (1, 3, 5)] for a in anchors]
    colors = []
    for i in range(length):
        position = i * (len(rgb) - 1) / (length - 1)
        left = min(int(position), len(rgb) - 2)
        mix = [
            round(a + (b - a) * (position - left))
            for a, b in zip(rgb[left], rgb[left + 1], strict=True)
        ]
        colors.append("#" + "".join(f"{c:02x}" for c in mix))
    return tuple(colors)


# Two roles that often share a panel also differ in lightness, so that gray keeps them apart: the
# expectation from the means, G-STE from STE, the first run from the second, each from the ink.
_LIGHT = {
    "ink": "#1b1f24",
    "muted": "#626a76",
    "grid": "#e4e7eb",
    "background": "#ffffff",
    "panel": "#ffffff",
    "deterministic": "#1b1f24",
    "expectation": "#054488",
    "monte_carlo": "#bd4a0c",
    "band": "#f9d6b9",
    "gste": "#057c5c",
    "ste": "#791a6d",
    "edge": "#626a76",
    "threshold": "#1b1f24",
    "selected": "#c48600",
    "first": "#054488",
    "second": "#bd4a0c",
}
_DARK = {
    "ink": "#e9ecef",
    "muted": "#aeb6c1",
    "grid": "#2e353d",
    "background": "#14171b",
    "panel": "#14171b",
    "deterministic": "#e9ecef",
    "expectation": "#2f8fd8",
    "monte_carlo": "#ff9f60",
    "band": "#5f3719",
    "gste": "#45d3a4",
    "ste": "#c165b2",
    "edge": "#aeb6c1",
    "threshold": "#e9ecef",
    "selected": "#ffd24d",
    "first": "#2f8fd8",
    "second": "#ff9f60",
}
# On paper the darkest blue and the lightest band keep apart even in gray.
_PRINT = {
    **_LIGHT,
    "ink": "#000000",
    "deterministic": "#000000",
    "threshold": "#000000",
    "band": "#ecd9c8",
}

_LIGHT_RAMP = _ramp(_LEVEL_ANCHORS["light"], LEVEL_RAMP_LENGTH)
_DARK_RAMP = _ramp(_LEVEL_ANCHORS["dark"], LEVEL_RAMP_LENGTH)

THEMES: dict[str, Theme] = {
    "print": Theme("print", _PRINT, _LIGHT_RAMP, font_size=9.0, line_width=1.4, marker_size=3.0),
    "light": Theme("light", _LIGHT, _LIGHT_RAMP, font_size=10.0, line_width=1.6, marker_size=3.5),
    "dark": Theme("dark", _DARK, _DARK_RAMP, font_size=10.0, line_width=1.6, marker_size=3.5),
    "projector": Theme(
        "projector", _LIGHT, _LIGHT_RAMP, font_size=20.0, line_width=3.0, marker_size=6.6
    ),
}


def theme(name: str) -> Theme:
    """The theme of that name.

    Raises
    ------
    ValueError
        No such theme; the message names those there are.

    Examples
    --------
    >>> theme("dark").color["background"]
    '#14171b'
    """
    if name not in THEMES:
        raise ValueError(f"theme must be one of {', '.join(THEMES)}, got {name!r}")
    return THEMES[name]


def rc(look: Theme) -> dict[Any, Any]:
    """Settings for ``matplotlib.rc_context`` in this theme's colors and sizes."""
    color, size = look.color, look.font_size
    return {
        "font.size": size,
        "axes.titlesize": size,
        "axes.labelsize": size,
        "xtick.labelsize": size * 0.9,
        "ytick.labelsize": size * 0.9,
        "legend.fontsize": size * 0.9,
        "text.color": color["ink"],
        "axes.labelcolor": color["ink"],
        "axes.edgecolor": color["muted"],
        "xtick.color": color["muted"],
        "ytick.color": color["muted"],
        "xtick.labelcolor": color["ink"],
        "ytick.labelcolor": color["ink"],
        "axes.facecolor": color["panel"],
        "figure.facecolor": color["background"],
        "savefig.facecolor": color["background"],
        "grid.color": color["grid"],
        "grid.linewidth": 0.8,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "lines.linewidth": look.line_width,
        "lines.markersize": look.marker_size,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
    }


def for_browser() -> dict[str, dict[str, object]]:
    """Light and dark theme as plain data for the explorers' JavaScript."""
    return {
        name: {"color": THEMES[name].color, "levels": list(THEMES[name].level_ramp)}
        for name in ("light", "dark")
    }
