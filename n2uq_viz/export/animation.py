"""Many figures into one file: a GIF for a page, or an MP4 for a slide."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n2uq_viz import files
from n2uq_viz.checks import number, whole_number
from n2uq_viz.export.formats import check_dpi, check_state, described, png_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ANIMATION_DPI", "ANIMATION_SUFFIXES", "FPS", "FPS_LIMITS", "save_animation"]

#: What a saved animation can be; the suffix of the file's name decides.
ANIMATION_SUFFIXES = (".gif", ".mp4")
#: Dots per inch: a figure for a projector, 13.33 x 7.5 inches, is 1920 x 1080 pixels.
ANIMATION_DPI = 144
#: Frames per second, and what they can be: browsers show a GIF no faster.
FPS = 20.0
FPS_LIMITS = (0.1, 50.0)
_MOST_FRAMES = 10_000
#: Quick and yet small: pictures are packed only until they are in the file.
_COMPRESSION = 1
#: Seconds until a bar is shown.
_PATIENCE = 1.0

Figures = Iterable["Figure"] | Callable[[], Iterable["Figure"]]
Progress = bool | Callable[[int], object]


def save_animation(
    figures: Figures,
    path: str | os.PathLike[str],
    state: Mapping[str, Any] | None,
    *,
    count: int | None = None,
    fps: float = FPS,
    text_alternative: str = "",
    overwrite: bool = False,
    dpi: float = ANIMATION_DPI,
    progress: Progress = True,
) -> Path:
    """Save figures, one after the other, as an animation with a state; nothing is lost.

    Parameters
    ----------
    figures
        matplotlib figures of one size, or a function that returns them; made as they are asked
        for, they need no memory at the same time.
    path
        Where to: ``.gif``, which plays for ever, or ``.mp4``, which needs
        ``pip install "n2uq_viz[video]"``. A missing folder is made.
    state
        State of an explorer, checked before anything is drawn; ``None`` for an animation without.
    count
        How many figures there are, for the progress bar, where `figures` has no length.
    fps
        Frames per second, from 0.1 to 50.
    text_alternative
        What is seen, in words. An MP4 holds it, with its first sentence as the title; a GIF has no
        place for it.
    overwrite
        Whether a file of that name is replaced, or the next free name taken.
    dpi
        Dots per inch, from 30 to 1200.
    progress
        Whether a bar is shown where it takes long; or a function that is called with the number of
        frames drawn so far.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    ValueError
        The suffix is none of the two, an option breaks its rule, there is no figure, or one has
        another size than the first.
    n2uq_viz.state.StateError
        The state is not valid.
    ImportError
        An MP4 is asked for, and there is no ffmpeg.
    OSError
        The folder cannot be made or written to.

    Examples
    --------
    >>> save_animation([], "steps.avi", None)
    Traceback (most recent call last):
        ...
    ValueError: an animation is saved as .gif, .mp4, got 'steps.avi'; a figure is saved as .svg, \
.pdf, .png by save
    """
    from n2uq_viz.export import gif, mp4

    target = Path(path).expanduser()
    suffix = target.suffix.lower()
    if suffix not in ANIMATION_SUFFIXES:
        folder = ", a folder: add the name of a file" if target.is_dir() else ""
        raise ValueError(
            f"an animation is saved as {', '.join(ANIMATION_SUFFIXES)}, got {os.fspath(path)!r}"
            f"{folder}; a figure is saved as .svg, .pdf, .png by save"
        )
    rate, resolution = _check_fps(fps), check_dpi(dpi)
    checked = check_state(state)
    if count is not None:
        count = whole_number("count", count, 1, _MOST_FRAMES)
    if suffix == ".mp4":
        mp4.find_ffmpeg()
    title, alternative = described(text_alternative)
    tags = {"title": title, "description": alternative, "comment": checked or ""}
    tags = {key: value for key, value in tags.items() if value}

    def write(place: Path) -> None:
        found = figures() if callable(figures) else figures
        total = len(found) if count is None and isinstance(found, Sized) else count
        with _told(progress, total) as tell:
            pictures = _pictures(found, resolution, tell)
            if suffix == ".gif":
                gif.write(place, pictures, rate, checked)
            else:
                mp4.write(place, pictures, rate, tags)

    return files.write_streamed(target.with_suffix(""), target.suffix, write, overwrite)


def _check_fps(fps: float) -> float:
    low, high = FPS_LIMITS
    rule = f"fps must be a number from {low:g} to {high:g} frames per second, got {fps!r}"
    try:
        found = number("fps", fps)
    except ValueError:
        raise ValueError(rule) from None
    if not low <= found <= high:
        raise ValueError(rule)
    return found


def _pictures(
    figures: Iterable[Figure], dpi: float, tell: Callable[[int], object]
) -> Iterator[bytes]:
    """Yield figures as PNGs, which all have the size of the first."""
    first: tuple[int, int] | None = None
    for k, figure in enumerate(figures, start=1):
        picture = png_bytes(figure, dpi, _COMPRESSION)
        width, height = struct.unpack(">II", picture[16:24])  # of the header, which comes first
        first = first or (width, height)
        if (width, height) != first:
            raise ValueError(
                f"all frames must have one size, got {width} x {height} pixels in frame {k} after "
                f"{first[0]} x {first[1]}; draw all figures with the same theme and size"
            )
        yield picture
        tell(k)
    if first is None:
        raise ValueError("an animation needs at least 1 figure, got none")


@contextmanager
def _told(progress: Progress, total: int | None) -> Iterator[Callable[[int], object]]:
    """Give a function that is told how many frames are drawn, and shows it where it takes long."""
    if not isinstance(progress, bool):
        yield progress
        return
    if not progress:
        yield lambda _: None
        return
    from tqdm.auto import tqdm

    from n2uq_viz.words import say

    # Closed in any case, also by Ctrl-C; gone when it is done, since then the file tells.
    with tqdm(
        total=total,
        desc=say("export.progress"),
        unit=say("export.frame"),
        delay=_PATIENCE,
        leave=False,
    ) as bar:
        yield lambda done: bar.update(done - bar.n)
