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

#: A ramp of increasing lightness for output levels; fewer levels take evenly spaced entries.
_LEVEL_ANCHORS = {
    "light": ("#26306f", "#2f6690", "#4a9c8c", "#96c573", "#efe27a"),
    "dark": ("#4653a8", "#3f82b4", "#55b3a0", "#a6d47f", "#f5e98a"),
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


_LIGHT = {
    "ink": "#1b1f24",
    "muted": "#58606b",
    "grid": "#e4e7eb",
    "background": "#ffffff",
    "panel": "#ffffff",
    "deterministic": "#1b1f24",
    "expectation": "#0b64b4",
    "monte_carlo": "#b8460a",
    "band": "#f6c9a4",
    "gste": "#00785a",
    "ste": "#9b3b8c",
    "edge": "#58606b",
    "threshold": "#1b1f24",
    "selected": "#c98a00",
    "first": "#0b64b4",
    "second": "#b8460a",
}
_DARK = {
    "ink": "#e9ecef",
    "muted": "#a9b1bc",
    "grid": "#2e353d",
    "background": "#14171b",
    "panel": "#14171b",
    "deterministic": "#e9ecef",
    "expectation": "#62b4f4",
    "monte_carlo": "#ff9d5c",
    "band": "#6e4325",
    "gste": "#45d3a4",
    "ste": "#e796d6",
    "edge": "#a9b1bc",
    "threshold": "#e9ecef",
    "selected": "#ffd24d",
    "first": "#62b4f4",
    "second": "#ff9d5c",
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
        "projector", _LIGHT, _LIGHT_RAMP, font_size=18.0, line_width=2.8, marker_size=6.0
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
