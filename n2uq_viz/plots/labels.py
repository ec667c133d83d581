"""Text that fits: how numbers are written, how wide words are, and which labels find room."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: First digits that a round number may have.
NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
#: Least space between two labels, in units of the font size.
LABEL_GAP = 0.45
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def short(value: float, digits: int = 3) -> str:
    """Return `value` with that many significant digits, as people write it.

    >>> short(2 / 3), short(-1.0), short(666.67), short(2e6), short(0.0), short(-float("inf"))
    ('0.667', '−1', '667', '2×10⁶', '0', '−∞')
    """
    if math.isinf(value):
        return "∞" if value > 0.0 else "−∞"
    rounded = float(f"{value:.{digits}g}") + 0.0  # which turns −0 into 0
    if rounded != 0.0 and not 1e-4 <= abs(rounded) < 1e5:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        power = str(int(exponent)).translate(_SUPERSCRIPTS)
        return f"{float(mantissa):g}×10{power}".replace("-", "−")
    return f"{rounded:.15g}".replace("-", "−")


def power_of_ten(exponent: int) -> str:
    """Return that power of ten, as people write it on an axis.

    >>> power_of_ten(-2), power_of_ten(2), power_of_ten(6)
    ('0.01', '100', '10⁶')
    """
    if abs(exponent) <= 2:
        return f"{10.0**exponent:g}"
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def percent(share: float) -> str:
    """Return a share from 0 to 1 in whole percent, without hiding that something is there.

    >>> percent(0.424), percent(0.003), percent(0.0), percent(0.9999)
    ('42 %', '<1 %', '0 %', '>99 %')
    """
    if 0.0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1.0:
        return ">99 %"
    return f"{100.0 * share:.0f} %"


def symbol(name: str, index: int) -> str:
    """Return a name with its index below the line.

    >>> symbol("t", 12)
    't₁₂'
    """
    return name + str(index).translate(_SUBSCRIPTS)


def nice(value: float) -> float:
    """Return the smallest round number (1, 1.5, 2, 3, 4, 5, 6, 8 times a power of 10) >= `value`.

    >>> nice(1.08), nice(6.4), nice(0.021), nice(2.0)
    (1.5, 8.0, 0.03, 2.0)
    """
    power = 10.0 ** math.floor(math.log10(value))
    # A value that is round but for its last bits is round.
    fitting = (first for first in NICE if first * power >= value * (1.0 - 1e-12))
    return next(fitting, 10.0) * power


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of one line of text at font size `size`, both in points."""
    if not text.strip():
        return 0.0
    properties = FontProperties(weight=weight)
    return float(TextPath((0.0, 0.0), text, size=size, prop=properties).get_extents().width)


def wrap(text: str, width: float, size: float) -> str:
    """Break `text` at spaces into lines of at most `width` points; longer words stay whole."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def axes_size(ax: Axes) -> tuple[float, float]:
    """Return width and height of the Axes in points."""
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    return 72.0 * box.width / dpi, 72.0 * box.height / dpi


def place(
    positions: Sequence[float],
    length: float,
    size: float,
    text: Callable[[int, int], str],
) -> list[tuple[float, str]]:
    """Place labels along a line of `length` points; those that would collide become one label.

    Parameters
    ----------
    positions
        Where each label belongs, in points from the start of the line, in increasing order.
    length, size
        Length of the line and font size, in points.
    text
        ``text(i, j)``: what the label for the positions i to j says (i = j: a single one).

    Returns
    -------
    (center, text) of each label, in points; none leaves the line unless it is longer.

    >>> at = [10.0, 50.0, 51.0, 90.0]
    >>> [label for _, label in place(at, 100.0, 10.0, lambda i, j: f"{i}–{j}")]
    ['0–0', '1–2', '3–3']
    """
    groups: list[tuple[int, int, float, float]] = []

    def group(first: int, last: int) -> tuple[int, int, float, float]:
        width = text_width(text(first, last), size)
        middle = 0.5 * (positions[first] + positions[last])
        center = max(0.5 * width, min(middle, length - 0.5 * width))
        return first, last, center, width

    for k in range(len(positions)):
        groups.append(group(k, k))
        while len(groups) > 1:
            left, right = groups[-2], groups[-1]
            if right[2] - left[2] >= 0.5 * (left[3] + right[3]) + LABEL_GAP * size:
                break
            groups[-2:] = [group(left[0], right[1])]
    return [(center, text(first, last)) for first, last, center, _ in groups]
