"""Small stored pictures of every figure, and how far from one a picture may be.

``python -m tests.pictures`` draws them again: look at them before they are committed.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from colorspacious import cspace_convert
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from n2uq_viz import export, figures

FOLDER = Path(__file__).parent / "data" / "pictures"
#: What is stored of each figure: theme and size.
SHOWN = (("light", "page"), ("dark", "slide"))
#: Width in pixels of a stored picture.
WIDTH = 320
DPI = 100
#: Pictures are compared through a haze of this radius in pixels, half the height of a letter.
HAZE = 2.5
#: Largest difference that is still the same picture, in CAM02-UCS: edges drawn a pixel further stay
#: below it, and a moved line, another word or another color do not.
TOLERANCE = 8.0

Array = NDArray[np.float64]


def draw(name: str, theme: str, size: str) -> Image.Image:
    """A figure as it is stored: small, and without transparency."""
    figure = figures.NAMES[name](None, theme, size)
    with Image.open(io.BytesIO(export.png_bytes(figure, DPI))) as found:
        large = found.convert("RGB")
    height = round(WIDTH * large.height / large.width)
    return large.resize((WIDTH, height), Image.Resampling.LANCZOS)


def path_of(name: str, theme: str, size: str) -> Path:
    """Where a picture is stored."""
    return FOLDER / f"{name}-{size}-{theme}.png"


def hazy(picture: Image.Image) -> Array:
    """Colors of a picture as from afar, (rows, columns, 3), in coordinates that eyes see evenly."""
    blurred = picture.convert("RGB").filter(ImageFilter.GaussianBlur(HAZE))
    rgb = np.asarray(blurred, dtype=np.float64)[::2, ::2] / 255.0
    return np.asarray(cspace_convert(rgb, "sRGB1", "CAM02-UCS"))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Largest difference of two pictures anywhere; infinite if they differ in size."""
    if one.size != other.size:
        return float("inf")
    return float(np.linalg.norm(hazy(one) - hazy(other), axis=-1).max())


def main() -> None:
    """Draw all that are stored, and remove what no figure has any more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {path_of(name, *shown) for name in figures.NAMES for shown in SHOWN}
    for path in set(FOLDER.glob("*.png")) - wanted:
        path.unlink()
    for name in figures.NAMES:
        for shown in SHOWN:
            draw(name, *shown).save(path_of(name, *shown), optimize=True)


if __name__ == "__main__":
    main()
