"""Figure files that carry the state they were drawn from: a picture on a slide can be opened again.

A figure is saved late and in a hurry: a file must never be half written and never take the place
of another, whatever else happens. The state travels as JSON in a place that each format has for
such things, so any viewer shows the file as usual: a ``<metadata>`` element (SVG), ``Keywords``
(PDF), an iTXt chunk (PNG) or a comment (GIF, MP4). The same figure and state give the same bytes,
so that a figure under version control changes only when the picture does.
"""

from n2uq_viz.export.animation import ANIMATION_DPI, ANIMATION_SUFFIXES, FPS, save_animation
from n2uq_viz.export.formats import DPI_LIMITS, PNG_DPI, STATE_KEY, SUFFIXES, TEXTS, png_bytes
from n2uq_viz.export.reading import read_state
from n2uq_viz.export.saving import NOTES_SUFFIX, save, save_all

__all__ = [
    "ANIMATION_DPI",
    "ANIMATION_SUFFIXES",
    "DPI_LIMITS",
    "FPS",
    "NOTES_SUFFIX",
    "PNG_DPI",
    "STATE_KEY",
    "SUFFIXES",
    "TEXTS",
    "png_bytes",
    "read_state",
    "save",
    "save_all",
    "save_animation",
]
