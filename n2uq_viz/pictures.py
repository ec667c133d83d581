"""Figures with their state and their words: what is written to files, slides and sheets."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from n2uq_viz import figures, files
from n2uq_viz import state as states
from n2uq_viz.export import ANIMATION_DPI, NOTES_SUFFIX, PNG_DPI, TEXTS, save_animation
from n2uq_viz.export.formats import Options, check_state, described, render
from n2uq_viz.export.notes import markdown
from n2uq_viz.figures import frames

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

__all__ = ["Picture", "choose", "content"]


@dataclass(frozen=True)
class Picture:
    """One figure with its state and its words; it is drawn once, when it is first needed.

    Attributes
    ----------
    name
        One of ``figures.NAMES``.
    state
        A valid state of the explorer that the figure belongs to.
    theme, size
        As for the figure's function.
    """

    name: str
    state: dict[str, Any]
    theme: str = "print"
    size: str | None = None

    @cached_property
    def figure(self) -> Figure:
        """The figure itself."""
        return figures.NAMES[self.name](self.state, theme=self.theme, size=self.size)

    @cached_property
    def caption(self) -> str:
        """What stands below it."""
        return figures.caption(self.name, self.state)

    @property
    def claim(self) -> str:
        """The first sentence of its caption.

        >>> choose(["why_quantize"])[0].claim
        'What fewer bits save.'
        """
        return described(self.caption)[0]

    @property
    def speaker(self) -> str:
        """What a lecturer says about it."""
        return figures.speaker_text(self.name, self.state)

    @cached_property
    def alternative(self) -> str:
        """The figure in words, for those who cannot see it."""
        return figures.text_alternative(self.name, self.state)

    @property
    def moves(self) -> bool:
        """Whether it is the figure of an explorer, which a sweep can set in motion."""
        return figures.explorer_of(self.name) == self.name.replace("_", "-")

    def content(self, suffix: str, *, text: str = TEXTS[0], dpi: float = PNG_DPI) -> bytes:
        """Return what a file of the figure holds; the options are those of `export.save`."""
        key = (suffix, text, dpi)
        if key not in self._contents:
            options = Options(text, dpi)
            self._contents[key] = content(
                self.figure, suffix, self.state, self.alternative, options
            )
        return self._contents[key]

    @cached_property
    def _contents(self) -> dict[tuple[str, str, float], bytes]:
        return {}

    def save(
        self,
        stem: Path,
        suffixes: Sequence[str],
        *,
        overwrite: bool = False,
        notes: bool = False,
        text: str = TEXTS[0],
        dpi: float = PNG_DPI,
    ) -> list[Path]:
        """Save the figure under one common name and return the files, with the notes if asked for.

        `stem` is folder and name without a suffix; options and errors are those of `export.save`.
        """
        contents: dict[str, files.Content] = {
            suffix: self.content(suffix, text=text, dpi=dpi) for suffix in suffixes
        }
        if notes and suffixes:
            contents[NOTES_SUFFIX] = lambda name: markdown(
                name + suffixes[0], self.caption, self.alternative
            ).encode()
        return files.write_together(stem, contents, overwrite) if contents else []

    def save_animation(
        self,
        path: Path,
        *,
        overwrite: bool = False,
        dpi: float = ANIMATION_DPI,
        progress: bool = False,
    ) -> Path:
        """Save the sweep of an explorer's figure; options and errors as `export.save_animation`."""
        count = len(frames.frames(self.state))
        return save_animation(
            frames.animate(self.state, self.theme, self.size),
            path,
            self.state,
            count=count,
            fps=frames.pace(self.state, count),
            text_alternative=self.alternative,
            overwrite=overwrite,
            dpi=dpi,
            progress=progress,
        )


def content(
    figure: Figure,
    suffix: str,
    state: Mapping[str, Any] | None,
    alternative: str,
    options: Options | None = None,
) -> bytes:
    """Return what `export.save` writes into a file with that suffix."""
    return render(figure, suffix, check_state(state), alternative, options or Options())


def choose(
    names: Sequence[str] = (),
    state: Mapping[str, Any] | None = None,
    *,
    theme: str = "print",
    size: str | None = None,
) -> list[Picture]:
    """Return figures in the order of their names, each once.

    Parameters
    ----------
    names
        Of ``figures.NAMES``. Without names: all figures, or with a state those of its explorer.
    state
        What they are drawn from, as far as a figure's explorer knows its keys; without it, each
        figure's own default.
    theme, size
        As for a figure's function.

    Raises
    ------
    ValueError
        No such figure.
    n2uq_viz.state.StateError
        The state is not valid.

    Examples
    --------
    >>> choose(["treshold"])
    Traceback (most recent call last):
    ValueError: a figure must be one of ..., got 'treshold'; did you mean 'threshold'?
    """
    for name in names:
        if name not in figures.NAMES:
            near = difflib.get_close_matches(name, figures.NAMES, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"a figure must be one of {', '.join(figures.NAMES)}, got {name!r}{hint}"
            )
    if state is None:
        shown = {name: figures.default_state(name) for name in names or figures.NAMES}
    else:
        owners = {name: figures.explorer_of(name) for name in names or figures.NAMES}
        own = states.explorer_of(state)
        shown = {
            name: states.validate(state, owner)
            for name, owner in owners.items()
            if names or owner == own
        }
    return [Picture(name, each, theme, size) for name, each in shown.items()]
