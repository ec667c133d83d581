"""An animation as an MP4, by the ffmpeg that imageio-ffmpeg brings.

H.264 in yuv420p with its index in front: what browsers, phones and slides play. Frames go to ffmpeg
one by one, and what the file says about itself by a file, since a state may be longer than a
command line.
"""

from __future__ import annotations

import errno
import itertools
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from n2uq_viz.export.gif import pixels

__all__ = ["find_ffmpeg", "write"]

#: Quality of the video, from 0, lossless, to 51; thin lines stay clean at this one.
_CRF = 16
#: A frame rate is a fraction in a file; its denominator is at most this.
_DENOMINATOR = 1001
#: Longest end of what ffmpeg says that is passed on, in characters.
_LAST_WORDS = 300
_SPECIAL = re.compile(r"([=;#\\\n])")
#: Colors as high-definition video has them, converted and said: a player that guesses errs.
_BT709 = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=bitexact+accurate_rnd+full_chroma_int,"
    "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
)
_COLORS = ["-vf", _BT709, "-pix_fmt", "yuv420p"]
_VIDEO = ["-c:v", "libx264", "-preset", "medium", "-tune", "animation", "-crf", str(_CRF)]
#: The same frames give the same bytes: no dates, no versions, and no race of threads.
_SAME = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]


def find_ffmpeg() -> str:
    """Return the path of ffmpeg; ImportError where there is none."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        found: str = get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            "an .mp4 is made by ffmpeg, which is not installed: "
            'pip install "n2uq_viz[video]"; a .gif does without it'
        ) from error
    return found


def write(path: Path, pictures: Iterable[bytes], fps: float, tags: Mapping[str, str]) -> None:
    """Write PNGs of one size as an MP4 with these tags, such as ``{"comment": ...}``.

    A width or height that is odd grows by one, since H.264 wants even ones. Raises OSError where
    the file cannot be written.
    """
    rest = iter(pictures)
    first = next(rest)
    height, width = _even(first).shape[:2]
    rate = Fraction(fps).limit_denominator(_DENOMINATOR)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        about = Path(folder) / "about"
        about.write_text(_metadata(tags), encoding="utf-8")
        command = [
            *(find_ffmpeg(), "-loglevel", "error", "-y"),
            *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"),
            *("-framerate", f"{rate.numerator}/{rate.denominator}", "-i", "pipe:0"),
            *("-f", "ffmetadata", "-i", f"file:{about}", "-map", "0:v", "-map_metadata", "1"),
            *(*_VIDEO, *_COLORS, *_SAME, "-movflags", "+faststart"),
            *("-f", "mp4", f"file:{path.absolute()}"),
        ]
        # A session of its own: Ctrl-C is for this process, which then ends ffmpeg. And a limit on
        # the size of files is an error that ffmpeg can tell, as it is here.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
            restore_signals=False,
        )
        assert process.stdin is not None
        try:
            with process.stdin as pipe:
                for picture in itertools.chain([first], rest):
                    pipe.write(_even(picture).tobytes())
            status = process.wait()
        except BrokenPipeError:
            status = process.wait() or 1
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if status:
            said.seek(0)
            words = " ".join(said.read().decode("utf-8", errors="replace").split())
            raise OSError(errno.EIO, f"ffmpeg ended with status {status}: {words[-_LAST_WORDS:]}")


def _even(picture: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the pixels of a PNG, with its last row or column twice where their number is odd."""
    shown = pixels(picture)
    height, width = shown.shape[:2]
    return np.pad(shown, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _metadata(tags: Mapping[str, str]) -> str:
    r"""Return tags as ffmpeg's file of metadata has them.

    >>> _metadata({"title": "a=b"})
    ';FFMETADATA1\ntitle=a\\=b\n'
    """
    lines = [f"{key}={_SPECIAL.sub(_escape, value)}" for key, value in tags.items()]
    return "\n".join([";FFMETADATA1", *lines]) + "\n"


def _escape(found: re.Match[str]) -> str:
    return f"\\{found[1]}"
