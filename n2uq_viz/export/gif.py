"""An animation as a GIF: all frames share one palette, so that nothing flickers.

A GIF holds 256 colors at a time. With a palette of its own for every frame, a background of one
color would be a little different in each. So frames are kept as small PNGs until all colors are
known. Areas of one color keep exactly theirs; mixtures at the edges of lines and letters get the
nearest one of the rest.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["SHORTEST", "pixels", "write"]

#: Shortest time that browsers show a frame for, in hundredths of a second.
SHORTEST = 2
#: Colors of the palette: all but one, which marks what is the same as in the frame before.
_COLORS = 255
#: So many of the most frequent colors are kept as they are.
_EXACT = 128
#: Colors that are looked for in the palette at a time.
_AT_ONCE = 4096
_EVERY_COLOR = 1 << 24
#: What is seen where a figure is transparent: a GIF and a video are not.
_BEHIND = "white"

_Codes = NDArray[np.uint32]


def write(path: Path, pictures: Iterable[bytes], fps: float, comment: str | None) -> None:
    """Write PNGs of one size as a GIF that plays for ever.

    Times are whole hundredths of a second, spread so that the whole takes as long as it should.
    """
    kept = list(pictures)
    palette, table = _shared_palette(kept)
    ends = [round(100.0 * k / fps) for k in range(len(kept) + 1)]
    times = [10 * max(b - a, SHORTEST) for a, b in itertools.pairwise(ends)]
    frames = (_indexed(picture, table, palette) for picture in kept)
    first = next(frames)
    with path.open("wb") as file:
        first.save(
            file,
            format="GIF",
            save_all=True,
            append_images=frames,
            palette=palette,
            optimize=True,
            duration=times,
            disposal=1,
            loop=0,
            **({} if comment is None else {"comment": comment.encode()}),
        )


def pixels(picture: bytes) -> NDArray[np.uint8]:
    """Return a PNG as an array of shape (height, width, 3)."""
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as image:
        shown = image.convert("RGBA")
        behind = Image.new("RGBA", shown.size, _BEHIND)
        return np.asarray(Image.alpha_composite(behind, shown))[..., :3]


def _codes(picture: bytes) -> _Codes:
    """Return the colors of a PNG as one number each, shape (height, width)."""
    rgb = pixels(picture).astype(np.uint32)
    return np.asarray((rgb[..., 0] << 16) | (rgb[..., 1] << 8) | rgb[..., 2], dtype=np.uint32)


def _parts(codes: _Codes) -> NDArray[np.uint8]:
    """Return red, green and blue of colors, shape (n, 3)."""
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8)


def _shared_palette(pictures: Sequence[bytes]) -> tuple[bytes, NDArray[np.uint8]]:
    """Return a palette for all pictures, and the place of every color of theirs in it."""
    codes, counts = np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int64)
    for picture in pictures:
        found, often = np.unique(_codes(picture), return_counts=True)
        both = np.concatenate([codes, found])
        codes, place = np.unique(both, return_inverse=True)
        counts = np.bincount(place, weights=np.concatenate([counts, often])).astype(np.int64)
    palette = codes if codes.size <= _COLORS else _chosen(codes, counts)
    table = np.zeros(_EVERY_COLOR, dtype=np.uint8)
    wanted = _parts(palette).astype(np.int32)
    for first in range(0, codes.size, _AT_ONCE):
        some = codes[first : first + _AT_ONCE]
        apart = _parts(some).astype(np.int32)[:, None] - wanted
        table[some] = np.argmin(np.einsum("nkc,nkc->nk", apart, apart), axis=1)
    return _parts(palette).tobytes(), table


def _chosen(codes: _Codes, counts: NDArray[np.int64]) -> _Codes:
    """Return colors for a palette: the most frequent ones, and middles of groups of the others."""
    from PIL import Image

    order = np.argsort(-counts, kind="stable")
    exact, others = codes[order[:_EXACT]], order[_EXACT:]
    # A color counts more the more often it is seen, but not so much that rare ones have no say.
    weights = 1 + np.log2(counts[others]).astype(np.int64)
    line = np.repeat(_parts(codes[others]), weights, axis=0)
    image = Image.frombytes("RGB", (line.shape[0], 1), line.tobytes())
    groups = image.quantize(_COLORS - exact.size, method=Image.Quantize.MEDIANCUT).getpalette()
    rgb = np.array(groups, dtype=np.uint32).reshape(-1, 3)
    middles = (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]
    return np.unique(np.concatenate([exact, middles[: _COLORS - exact.size]]))


def _indexed(picture: bytes, table: NDArray[np.uint8], palette: bytes) -> Image:
    from PIL.Image import frombytes

    codes = _codes(picture)
    height, width = codes.shape
    found = frombytes("P", (width, height), table[codes].tobytes())
    found.putpalette(palette)
    return found
