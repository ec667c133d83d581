"""The state out of a file: a saved figure or animation, or the page of an explorer."""

from __future__ import annotations

import io
import os
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from n2uq_viz import state as states
from n2uq_viz.export.formats import STATE_KEY
from n2uq_viz.state import StateError

__all__ = ["read_state"]

#: A state begins like this; other programs write comments of their own.
_FIRST_SIGN = "{"


def read_state(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the state that a saved figure or animation was drawn from, validated.

    Parameters
    ----------
    path
        A file written by ``save`` or ``save_animation``, or the page of an explorer; its content
        decides what it is, not its suffix.

    Raises
    ------
    n2uq_viz.state.StateError
        The file is none of these, is damaged, or holds no state or one that cannot be shown.
    OSError
        The file cannot be read.
    ImportError
        An MP4 is read without ``pip install "n2uq_viz[video]"``.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        raise StateError(f"{path} must be a figure or a page, and is a folder: name a file in it")
    content = path.read_bytes()
    read: Callable[[bytes], str | None]
    if content.startswith(b"%PDF-"):
        kind, read = "PDF", _state_in_pdf
    elif content.startswith(b"\x89PNG\r\n\x1a\n"):
        kind, read = "PNG", _state_in_png
    elif content.startswith((b"GIF87a", b"GIF89a")):
        kind, read = "GIF", _state_in_gif
    elif content[4:8] == b"ftyp":
        kind, read = "MP4", _state_in_mp4
    elif content[:15].lower() == b"<!doctype html>":
        kind, read = "page", _state_in_page
    elif b"<svg" in content:
        kind, read = "SVG", _state_in_svg
    else:
        raise StateError(
            f"{path} must be an SVG, PDF or PNG figure or an explorer's page, or a GIF or MP4 "
            "animation, and is none of them"
        )
    try:
        text = read(content)
    except ImportError:
        raise
    except Exception as error:  # the libraries raise errors of many kinds for damaged files
        raise StateError(f"{path} is a damaged {kind}: {error}") from None
    if not text:
        raise StateError(
            f"{path} is a {kind} without a state: save a figure with n2uq_viz to have one"
        )
    try:
        return states.loads(text)
    except StateError as error:
        raise StateError(f"{path} holds a state that cannot be shown: {error}") from None


def _state_in_page(content: bytes) -> str | None:
    block = f'<script type="application/json" id="{STATE_KEY}">(.*?)</script>'
    found = re.search(block, content.decode("utf-8"), re.DOTALL)
    return found and found[1]


def _state_in_svg(content: bytes) -> str | None:
    root = ElementTree.fromstring(content)
    for element in root.iter("{http://www.w3.org/2000/svg}metadata"):
        if element.get("id") == STATE_KEY:
            return element.text
    return None


def _state_in_pdf(content: bytes) -> str | None:
    from pypdf import PdfReader

    found = PdfReader(io.BytesIO(content)).metadata
    return None if found is None else found.get("/Keywords")


def _state_in_png(content: bytes) -> str | None:
    from PIL.PngImagePlugin import PngImageFile

    with PngImageFile(io.BytesIO(content)) as image:
        return image.text.get(STATE_KEY)


def _state_in_gif(content: bytes) -> str | None:
    from PIL.GifImagePlugin import GifImageFile

    with GifImageFile(io.BytesIO(content)) as image:
        comment: bytes = image.info.get("comment", b"")
    # The comment comes first, and may be whole where pictures are missing.
    if not content.endswith(b";"):
        raise ValueError("its end is missing")
    return _ours(comment.decode("utf-8", errors="replace"))


def _state_in_mp4(content: bytes) -> str | None:
    try:
        from mutagen.mp4 import MP4
    except ImportError as error:
        raise ImportError(
            "what an .mp4 carries is read by mutagen, which is not installed: "
            'pip install "n2uq_viz[video]"'
        ) from error
    _check_boxes(content)
    tags: Mapping[str, list[str]] = MP4(io.BytesIO(content)).tags or {}
    return _ours("".join(tags.get("\xa9cmt", [])))


def _check_boxes(content: bytes) -> None:
    """Raise ValueError unless an MP4 ends where its outermost boxes do, ISO/IEC 14496-12, 4.2."""
    at = 0
    while at < len(content):
        size = struct.unpack_from(">I", content, at)[0]
        if size == 1:  # a longer number follows
            size = struct.unpack_from(">Q", content, at + 8)[0]
        elif size == 0:  # up to the end
            return
        at += max(size, 8)
    if at != len(content):
        raise ValueError("its end is missing")


def _ours(comment: str) -> str | None:
    return comment if comment.startswith(_FIRST_SIGN) else None
