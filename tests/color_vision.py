"""Which colors and forms are drawn together, and whether every eye can tell them apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from colorspacious import cspace_convert
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection
from matplotlib.colors import to_hex, to_rgb, to_rgba, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Patch
from matplotlib.path import Path
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: One of matplotlib's own ways to write it.
Color = Any

#: Machado et al. 2009 at full severity, by colorspacious' names.
VISION = {"protanopia": "protanomaly", "deuteranopia": "deuteranomaly", "tritanopia": "tritanomaly"}
EYES = (*VISION, "gray")
#: Least distance of two colors in CAM02-UCS. That space is fitted to large differences as well as
#: to small ones; CIEDE2000 holds for small ones only (below about 5).
APART = 15.0
#: Colors nearer than this under normal vision are meant to be one.
SAME = 2.0
#: A color map of at most so many colors names things; one of more is a scale.
FEW = 16
#: Two lengths (dashes, widths, markers) this many times as long as one another are told apart.
CLEARLY = 1.5


def luminance(rgb: Array) -> Array:
    """Relative luminance of sRGB colors in [0, 1], along the last axis (WCAG 2.2)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def seen(rgb: Array, eye: str) -> Array:
    """Colors in sRGB as an eye of ``EYES`` sees them, or the "normal" one."""
    if eye == "normal":
        return rgb
    if eye == "gray":
        y = luminance(rgb)[..., np.newaxis]
        gray = np.where(y <= 0.0031308, 12.92 * y, 1.055 * np.maximum(y, 1e-9) ** (1 / 2.4) - 0.055)
        return np.broadcast_to(gray, rgb.shape)
    space = {"name": "sRGB1+CVD", "cvd_type": VISION[eye], "severity": 100}
    return np.asarray(np.clip(cspace_convert(rgb, space, "sRGB1"), 0.0, 1.0))


@cache
def _place(color: Color, eye: str) -> tuple[float, ...]:
    place = cspace_convert(seen(np.asarray(to_rgb(color), np.float64), eye), "sRGB1", "CAM02-UCS")
    return tuple(place.tolist())


def lightness(color: Color, eye: str = "normal") -> float:
    """J' of CAM02-UCS, from 0 (black) to 100 (white), as an eye sees the color."""
    return _place(color, eye)[0]


def distance(a: Color, b: Color, eye: str = "normal") -> float:
    """Distance of two colors in CAM02-UCS, as an eye sees them."""
    return math.dist(_place(a, eye), _place(b, eye))


@dataclass(frozen=True)
class Mark:
    """How something looks, wherever it is.

    ``kind`` is "line" (with a marker or without), "marker" or "area"; ``rgb`` is what is seen on
    the panel and ``pure`` the color without its transparency. Dashes are in units of the width;
    for an area, they and the width are its outline's, if that stands out.
    """

    kind: str
    rgb: tuple[float, ...]
    pure: tuple[float, ...]
    dashes: tuple[float, ...] = ()
    width: float = 0.0
    marker: tuple[tuple[float, float], ...] = ()
    hollow: bool = False
    size: float = 0.0
    hatch: str = ""

    def differs(self, other: Mark) -> bool:
        """Whether the two can be told apart without any color."""
        if (self.kind, self.marker, self.hatch) != (other.kind, other.marker, other.hatch):
            return True
        if self.hollow != other.hollow or len(self.dashes) != len(other.dashes):
            return True
        lengths = [*zip(self.dashes, other.dashes, strict=True)]
        lengths += [(self.width, other.width), (self.size, other.size)]
        return any(max(pair) > CLEARLY * min(pair) for pair in lengths)

    def __str__(self) -> str:
        width = f" of width {self.width:.1f}" if self.width else ""
        dashes = f" {[round(length, 1) for length in self.dashes]}" if self.dashes else ""
        color: Color = self.rgb
        return f"{self.kind} {to_hex(color)}{width}{dashes}"


def _mark(kind: str, rgba: Sequence[float], panel: Color, **look: Any) -> Mark:
    pure, alpha = np.array(rgba[:3], dtype=np.float64), float(rgba[3])
    rgb = alpha * pure + (1.0 - alpha) * np.array(to_rgb(panel))
    return Mark(kind, tuple(np.round(rgb, 4).tolist()), tuple(pure.tolist()), **look)


def _shape(path: Path) -> tuple[tuple[float, float], ...]:
    """Outline of a marker, whatever its size."""
    points = np.asarray(path.vertices)
    points = np.round(points / np.abs(points).max(), 2) + 0.0
    return tuple((x, y) for x, y in points.tolist())


def of_line(line: Line2D, panel: Color) -> Iterator[Mark]:
    """Look of a line, with a marker or without; none for one that is not drawn."""
    points, alpha = np.atleast_1d(line.get_xdata()).size, line.get_alpha()
    look: dict[str, Any] = {}
    style = MarkerStyle(line.get_marker())
    marked = len(style.get_path()) > 0
    # A line through one point is not drawn, nor one without a width.
    lined = points > 1 and line.get_linestyle() not in ("None", "", " ") and line.get_linewidth()
    if not points or not (marked or lined):
        return
    color = line.get_color()
    if marked:
        face = to_rgba(line.get_markerfacecolor(), alpha)
        look["hollow"] = distance(_mark("", face, panel).rgb, panel) < SAME
        look["marker"] = _shape(style.get_path().transformed(style.get_transform()))
        look["size"] = line.get_markersize()
        if not lined:
            color = line.get_markeredgecolor() if look["hollow"] else line.get_markerfacecolor()
    if lined:
        look["dashes"] = tuple(line._unscaled_dash_pattern[1] or ())  # type: ignore[attr-defined]
        look["width"] = line.get_linewidth()
    yield _mark("line" if lined else "marker", to_rgba(color, alpha), panel, **look)


def _outlined(
    face: Sequence[float], edge: Sequence[float], panel: Color, width: float, **look: Any
) -> Mark:
    """Mark of something with a face and an outline, which may lack either."""
    if not face[3]:
        return _mark("line", edge, panel, width=width, dashes=look["dashes"])
    area = _mark("area", face, panel, hatch=look["hatch"])
    outline = _mark("line", edge, panel)
    if not width or distance(outline.rgb, area.rgb) < APART:
        return area
    return replace(area, width=width, dashes=look["dashes"])


def of_patch(patch: Patch, panel: Color) -> Iterator[Mark]:
    """Look of a face and its outline."""
    face, edge = to_rgba(patch.get_facecolor()), to_rgba(patch.get_edgecolor())
    dashes = tuple(patch._unscaled_dash_pattern[1] or ())  # type: ignore[attr-defined]
    look = {"hatch": patch.get_hatch() or "", "dashes": dashes}
    yield _outlined(face, edge, panel, patch.get_linewidth(), **look)


def _of_collection(found: Collection, panel: Color) -> Iterator[Mark]:
    def each(values: Any, k: int, otherwise: Any = None) -> Any:
        return values[k % len(values)] if len(values) else otherwise

    if not found.get_paths():
        return
    nothing = (0.0, 0.0, 0.0, 0.0)
    faces, edges = to_rgba_array(found.get_facecolor()), to_rgba_array(found.get_edgecolor())
    sizes = found.get_sizes() if isinstance(found, PathCollection) else ()
    for k in range(max(len(faces), len(edges))):
        face, edge = each(faces, k, nothing), each(edges, k, nothing)
        width = float(each(np.atleast_1d(found.get_linewidth()), k))
        # A collection's dashes are in points.
        dashes = tuple(length / width for length in each(found.get_linestyle(), k)[1] or ())
        if len(sizes):
            hollow = distance(_mark("", face, panel).rgb, panel) < SAME
            look = {"marker": _shape(each(found.get_paths(), k)), "hollow": hollow}
            size = float(np.sqrt(each(sizes, k)))
            yield _mark("marker", edge if hollow else face, panel, size=size, **look)
        else:
            hatch = found.get_hatch() or ""
            yield _outlined(face, edge, panel, width, dashes=dashes, hatch=hatch)


def _of_image(image: AxesImage, panel: Color) -> Iterator[Mark]:
    if image.cmap.N > FEW:
        return
    for rgba in image.cmap(range(image.cmap.N)):
        yield _mark("area", (*rgba[:3], rgba[3] * (image.get_alpha() or 1.0)), panel)


def marks(panel: Sequence[Axes]) -> list[Mark]:
    """Every look in a panel (several Axes if they lie on one another) that stands out from it."""
    background = to_hex(panel[0].get_facecolor())
    found: list[Mark] = []
    for ax in panel:
        found += (m for a in ax.lines if a.get_visible() for m in of_line(a, background))
        found += (m for a in ax.patches if a.get_visible() for m in of_patch(a, background))
        found += (m for a in ax.images if a.get_visible() for m in _of_image(a, background))
        for each in ax.collections:
            scaled = each.get_array() is not None
            found += _of_collection(each, background) if each.get_visible() and not scaled else ()
    return [mark for mark in dict.fromkeys(found) if distance(mark.rgb, background) >= SAME]


def disordered(panel: Sequence[Axes]) -> list[str]:
    """Names of the color scales that do not grow lighter, or darker, all the way to every eye."""
    found = []
    for ax in panel:
        for scaled in (*ax.images, *ax.collections):
            if scaled.get_array() is None or scaled.cmap.N <= FEW:
                continue
            colors = [tuple(color) for color in scaled.cmap(np.linspace(0.0, 1.0, 65)).tolist()]
            for eye in ("normal", *EYES):
                steps = np.diff([lightness(color, eye) for color in colors])
                if not (np.all(steps > 0.0) or np.all(steps < 0.0)):
                    found.append(f"{scaled.cmap.name}: {eye}")
    return found


def panels(figure: Figure) -> list[list[Axes]]:
    """Axes of a figure, those in the same place together."""
    found: dict[tuple[float, ...], list[Axes]] = {}
    for ax in figure.axes:
        found.setdefault(ax.get_position().bounds, []).append(ax)
    return list(found.values())


def confused(looks: Sequence[Mark], ramp: Sequence[str] = ()) -> list[str]:
    """Pairs of looks that some eye cannot tell apart, in words.

    Not two colors of the ramp: those show an order, which has tests of its own.
    """
    steps = {to_rgb(color) for color in ramp}
    found = {}
    for a, b in combinations(looks, 2):
        if {a.pure, b.pure} <= steps or distance(a.rgb, b.rgb) < SAME or a.differs(b):
            continue
        near = {eye: distance(a.rgb, b.rgb, eye) for eye in ("normal", *EYES)}
        near = {eye: apart for eye, apart in near.items() if apart < APART}
        if near:
            words = ", ".join(f"{eye} {apart:.1f}" for eye, apart in near.items())
            found[frozenset((str(a), str(b)))] = f"{a} and {b}: {words}"
    return list(found.values())
