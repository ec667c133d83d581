"""The Stage: one anywidget that is the whole explorer, and the Python side of it.

The browser draws, computes the piecewise-linear geometry and never waits. Python is the authority:
it validates every state as a whole, holds the data, and draws the figures that are saved.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from n2uq_viz import state as states
from n2uq_viz import words
from n2uq_viz.checks import instance
from n2uq_viz.explorers.bundle import javascript, style_sheet
from n2uq_viz.explorers.kit import kit
from n2uq_viz.quantizer import Quantizer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Where the "Save figure" button of an explorer puts its files, beside the notebook.
FIGURE_FOLDER = "figures"
#: Resolution of the picture that stands where no widget can, in dots per inch.
_STILL_DPI = 80


class RefusedState(states.StateError, traitlets.TraitError):
    """A state that an explorer does not take; as a TraitError it makes widgets keep the old one."""


def checked(quantizer: Quantizer) -> Quantizer:
    """The same quantizer; StateError for what is none."""
    try:
        instance("quantizer", quantizer, Quantizer, "make one by Quantizer(edges, levels)")
    except ValueError as error:
        raise states.StateError(str(error)) from None
    return quantizer


class Stage(anywidget.AnyWidget):
    """What all explorers share on the Python side; use one of its subclasses.

    ``state`` is the one synced trait. Assign a whole state to it, ``{**e.state, "draws": 500}``; an
    invalid one raises ``StateError`` and leaves the old state as it was.
    """

    #: Name of the explorer: in states, in words, of its page, and among the figures with "_".
    explorer = ""
    #: What else the browser may ask: kind of question -> its answer for a state.
    _answers: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {}

    # No echo: the browser knows what it sent, and an echo of an old state would fight with the
    # hand.
    state = traitlets.Dict().tag(sync=True, echo_update=False)
    _data = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # Not for the classes that traitlets makes by itself, to add traits to a single widget.
        if "explorer" in vars(cls):
            cls._esm = javascript("widget.js", {"KIT": kit(cls.explorer)}, cls.script())
            cls._css = style_sheet()
        super().__init_subclass__(**kwargs)

    def __init__(self, state: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(state=dict(state), _data=dict(data or {}))
        self.on_msg(self._answer)

    @classmethod
    def script(cls) -> tuple[str, str]:
        """File under ``explorers/js`` that draws this explorer, and the function there."""
        first, *others = cls.explorer.split("-")
        name = first + "".join(word.title() for word in others)
        return f"{cls.explorer.replace('-', '_')}.js", f"{name}Explorer"

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Stage:
        """An explorer that shows a state, perhaps one that another explorer has saved.

        Raises
        ------
        n2uq_viz.state.StateError
            The state cannot be shown.

        Examples
        --------
        >>> from n2uq_viz.explorers import SumOfStepsExplorer, ThresholdExplorer
        >>> SumOfStepsExplorer.from_state(ThresholdExplorer(data="normal").state).state["shown"]
        3
        """
        valid = states.validate(state, cls.explorer)
        found = cls.opened()
        found.state = valid
        return found

    @classmethod
    def opened(cls) -> Stage:
        """The explorer as it opens without any arguments."""
        subclass: Any = cls  # each has arguments of its own, and a default for every one of them
        made: Stage = subclass()
        return made

    @classmethod
    def _opening(
        cls, quantizer: Quantizer, known: Mapping[str, Any], others: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The first state: a quantizer, keys with names of their own, and any others there are."""
        required = ("explorer", *states.REQUIRED)
        names = [key for key in states.KEYS[cls.explorer] if key not in required]
        own = sorted(set(others) - set(names))
        if own:
            first = ["quantizer", *known]
            rest = [name for name in names if name not in first]
            raise states.StateError(
                f"keywords must be {', '.join([*first, *rest[:-1]])} or {rest[-1]}, got {own[0]!r}"
            )
        full = {"version": states.VERSION, **quantizer.to_dict(), **known, **others}
        return states.validate(full, cls.explorer)

    @traitlets.validate("state")
    def _validated(self, proposal: Any) -> dict[str, Any]:
        try:
            valid = states.validate(proposal["value"], self.explorer)
        except states.StateError as error:
            raise RefusedState(str(error)) from None
        data = valid.get("data")
        if isinstance(data, str) and data not in self._data:
            raise RefusedState(
                f"data must be one of {', '.join(self._data)} here, got {valid['data']!r}: "
                'it comes with scikit-learn, pip install "n2uq_viz[lab]"'
            )
        return valid

    @property
    def quantizer(self) -> Quantizer:
        """The quantizer on screen."""
        return Quantizer(self.state["edges"], self.state["levels"])

    def on_change(self, callback: Callable[[dict[str, Any]], object]) -> Callable[[], None]:
        """Call ``callback(state)`` after every change, from either side.

        Returns a function that ends it.

        Examples
        --------
        >>> from n2uq_viz.explorers import ThresholdExplorer
        >>> e = ThresholdExplorer(data="normal")
        >>> stop = e.on_change(lambda state: print(state["draws"]))
        >>> e.state = {**e.state, "draws": 500}
        500
        >>> stop()
        """

        def changed(change: Any) -> None:
            callback(change["new"])

        self.observe(changed, names="state")
        return lambda: self.unobserve(changed, names="state")

    def figure(self, theme: str | None = None) -> Figure:
        """The state on screen as a matplotlib figure.

        Parameters
        ----------
        theme
            One of ``n2uq_viz.style.THEMES``; without it the state's own, light where that is
            "auto".
        """
        from n2uq_viz import figures  # here: matplotlib takes long, and a drag needs none of it

        return figures.NAMES[self._figure](self.state, theme=theme)

    @property
    def _figure(self) -> str:
        return self.explorer.replace("-", "_")

    def save_figure(self, path: str | Path, theme: str | None = None) -> Path:
        """Save the state on screen and return where.

        The suffix of ``path`` says how: ``.svg``, ``.pdf`` or ``.png``. A missing folder is made.
        If the file exists, a free name beside it is taken instead. The file carries the state:
        ``n2uq_viz.export.read_state`` gets it back.

        Raises
        ------
        ValueError
            Another suffix.
        OSError
            The folder cannot be written.
        """
        from n2uq_viz import export, figures

        alternative = figures.text_alternative(self._figure, self.state)
        return export.save(self.figure(theme), path, self.state, text_alternative=alternative)

    def save_animation(
        self,
        path: str | Path,
        theme: str | None = None,
        *,
        size: str | None = None,
        count: int | None = None,
        fps: float | None = None,
        overwrite: bool = False,
        progress: bool = True,
    ) -> Path:
        """Save what the state on screen looks like when it is played, and return where.

        What moves, and how fast, is said in ``n2uq_viz.figures.frames``. The file carries the state
        on screen, as that of `save_figure` does.

        Parameters
        ----------
        path
            ``.gif``, which plays for ever, or ``.mp4``, which needs
            ``pip install "n2uq_viz[video]"``. A missing folder is made.
        theme, size
            As for the explorer's figure in ``n2uq_viz.figures``.
        count, fps
            How many frames, from 2 to 10000, and how many of them in a second; without them, as
            many as there are steps, and as fast as the explorer plays.
        overwrite
            Whether a file of that name is replaced, or a free name beside it taken.
        progress
            Whether a bar is shown where it takes long.

        Raises
        ------
        ValueError
            Another suffix, or a number that breaks its rule.
        ImportError
            An MP4, and no ffmpeg.
        OSError
            The folder cannot be written.
        """
        from n2uq_viz import export, figures
        from n2uq_viz.figures import frames

        moving = frames.frames(self.state, count)
        return export.save_animation(
            frames.draw(moving, theme, size),
            path,
            self.state,
            count=len(moving),
            fps=frames.pace(self.state, len(moving)) if fps is None else fps,
            text_alternative=figures.text_alternative(self._figure, self.state),
            overwrite=overwrite,
            progress=progress,
        )

    def save_figures(self, name: str, theme: str | None = None) -> list[Path]:
        """Do what the "Save figure" button does: SVG, PDF and PNG under one free name.

        They go to the folder ``FIGURE_FOLDER``, beside the notebook, whatever ``name`` says: signs
        that could lead elsewhere become dashes. Raises OSError where the folder cannot be written.
        """
        from n2uq_viz import export, figures

        stem = re.sub(r"[^\w. -]", "-", name).strip(". -") or self.explorer
        alternative = figures.text_alternative(self._figure, self.state)
        target = Path(FIGURE_FOLDER) / stem
        return export.save_all(self.figure(theme), target, self.state, text_alternative=alternative)

    def save_html(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Save the explorer, as it is now, as a page that needs no Python, and return where.

        One file, which asks for nothing else: it opens from a disk or a web server, and carries the
        state. If the file exists, a free name beside it is taken unless `overwrite` is given.

        Raises
        ------
        ValueError
            A suffix that is not ``.html``.
        OSError
            The folder cannot be written.
        """
        from n2uq_viz.explorers import page

        return page.save(type(self), self.state, self._page_data(), path, overwrite=overwrite)

    def _page_data(self) -> dict[str, Any]:
        """What a page has beside its state."""
        return self._data

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live explorer, and a still picture in words for places where no widget can run."""
        found = super()._repr_mimebundle_(**kwargs)
        bundle = found[0] if isinstance(found, tuple) else found
        if isinstance(bundle, dict):
            bundle["text/html"] = self._still()
        return found

    def _still(self) -> str:
        """The state as a picture with its text alternative, in HTML."""
        from n2uq_viz import figures
        from n2uq_viz.export import png_bytes

        picture = base64.b64encode(png_bytes(self.figure(), _STILL_DPI)).decode()
        alternative = html.escape(figures.text_alternative(self._figure, self.state), quote=True)
        note = html.escape(words.say("stage.still"))
        return (
            f'<figure><img src="data:image/png;base64,{picture}" alt="{alternative}" '
            f'style="max-width: 100%"><figcaption>{note}</figcaption></figure>'
        )

    def _answer(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        """Take the browser's state if it sends one, and answer with the state as it is.

        Before that, save a figure if asked to. Or answer another question, if there is an answer.
        """
        reply: dict[str, Any] = {"kind": "state", "id": content.get("id")}
        if content.get("kind") in self._answers:
            kind = str(content["kind"])
            self.send({**reply, "kind": kind, **self._answers[kind](self.state)})
            return
        try:
            if "state" in content:
                # As if the trait had been sent: nothing goes back but the answer. A refused state
                # changes nothing, and the browser sees that in the answer.
                with suppress(states.StateError):
                    self.set_state({"state": content["state"]})
            if content.get("kind") == "save":
                reply |= self._saved(content)
        finally:
            # Also when a reader's own callback fails: the change itself has been made by then.
            self.send({**reply, **self.get_state("state")})

    def _saved(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Save what is on screen as the browser asks, and say where, or why not."""
        try:
            name, theme = str(content.get("name", "")), str(content.get("theme", "light"))
            return {"kind": "saved", "paths": [str(p) for p in self.save_figures(name, theme)]}
        except (OSError, ValueError) as error:
            return {"kind": "failed", "message": words.say("stage.save.failed", reason=error)}
