"""A list of a file's tensors to choose from, for notebooks: shape, range and histogram of each."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np

from n2uq_viz.checks import instance
from n2uq_viz.plots.labels import percent, short
from n2uq_viz.randomness import check_seed
from n2uq_viz.tensors.file import TensorFile
from n2uq_viz.tensors.source import TensorFileError
from n2uq_viz.tensors.survey import Survey, survey
from n2uq_viz.words import say

__all__ = ["TensorPicker"]

#: Names that are listed at a time.
LISTED = 200
#: Bars of the histogram, and its size in CSS pixels, with room for the numbers below.
BARS, WIDTH, HEIGHT, ROOM = 60, 480, 96, 18


class TensorPicker:
    """Choose a tensor of a file by name, and see what it holds.

    A field filters the names: a tensor is listed if all words in the field are parts of its name.
    Large tensors are looked at in part until the button below them is pressed. All of it works by
    keyboard: Tab, the arrows, Enter.

    Parameters
    ----------
    file
        From `n2uq_viz.tensors.open_tensors`; it must stay open.
    value
        Name of the tensor to begin with; by default the first.
    seed
        Decides which values are in the samples.

    Attributes
    ----------
    filter, list, button : ipywidgets.Text, ipywidgets.Select, ipywidgets.Button
        What can be operated.
    widget : ipywidgets.VBox
        All of it, as a notebook shows it.

    Raises
    ------
    TensorFileError
        The file has no tensors, or none of that name.
    ValueError
        No file, or a seed that is none.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from n2uq_viz.tensors import open_tensors
    >>> path = Path(tempfile.mkdtemp()) / "net.npz"
    >>> np.savez(path, weight=np.arange(6.0), bias=np.ones(2))
    >>> picker = TensorPicker(open_tensors(path))
    >>> picker.value, picker.survey.high
    ('weight', 5.0)
    """

    def __init__(self, file: TensorFile, value: str | None = None, *, seed: int = 0) -> None:
        """List the tensors and look at the first."""
        instance("file", file, TensorFile, "open one by open_tensors(path)")
        self.file, self._seed = file, check_seed(seed)
        if not file.tensors:
            raise TensorFileError(f"{file.path}: it holds no tensors to choose from")
        self._value = file.info(next(iter(file.tensors)) if value is None else value).name
        self._found: dict[str, Survey | TensorFileError] = {}
        self._told: list[Callable[[str], object]] = []
        self._filling = False
        self.filter = ipywidgets.Text(
            description=say("picker.filter"),
            placeholder=say("picker.filter_tip"),
            layout={"width": "34rem", "max_width": "98%"},
        )
        self.list = ipywidgets.Select(
            description=say("picker.tensors"),
            rows=min(max(len(file.tensors), 2), 10),
            layout={"width": "34rem", "max_width": "98%"},
        )
        self.button = ipywidgets.Button(
            description=say("picker.all"), layout={"width": "auto", "max_width": "16rem"}
        )
        self._count, self._view, self._progress = (ipywidgets.HTML() for _ in range(3))
        self.widget = ipywidgets.VBox(
            [
                self.filter,
                self.list,
                self._count,
                self._view,
                ipywidgets.HBox([self.button, self._progress]),
            ]
        )
        self._fill()
        self.filter.observe(lambda _change: self._fill(), "value")
        self.filter.on_msg(self._entered)
        self.list.observe(self._picked, "value")
        self.button.on_click(lambda _button: self.read_all())
        self._show()

    @property
    def value(self) -> str:
        """Name of the chosen tensor; set it to choose another (TensorFileError for none)."""
        return self._value

    @value.setter
    def value(self, name: str) -> None:
        self.file.info(name)
        if name == self._value:
            return
        self._value = name
        self._fill()
        self._show()
        for call in list(self._told):
            call(name)

    @property
    def survey(self) -> Survey | None:
        """What was seen of the chosen tensor; None if it cannot be read or is empty."""
        found = self._look()
        return found if isinstance(found, Survey) else None

    def on_change(self, callback: Callable[[str], object]) -> Callable[[], None]:
        """Call ``callback(name)`` whenever another tensor is chosen.

        Returns a function that ends it.
        """
        self._told.append(callback)
        return lambda: self._told.remove(callback)

    def read_all(self) -> Survey | None:
        """Look at all values of the chosen tensor, as the button does, and return what was seen."""

        def tell(seen: int, total: int) -> None:
            self._progress.value = say("picker.reading", percent=percent(seen / total))

        self.button.disabled = True
        try:
            self._found[self._value] = survey(
                self.file, self._value, seed=self._seed, progress=tell
            )
        except TensorFileError as error:
            self._found[self._value] = error
        finally:
            self.button.disabled = False
            self._progress.value = ""
        self._show()
        return self.survey

    def _look(self) -> Survey | TensorFileError:
        """Look at the chosen tensor, once."""
        if self._value not in self._found:
            try:
                found = survey(self.file, self._value, seed=self._seed, quick=True)
            except TensorFileError as error:
                self._found[self._value] = error
            else:
                self._found[self._value] = found
        return self._found[self._value]

    def _fitting(self) -> list[str]:
        words = self.filter.value.lower().split()
        return [n for n in self.file.tensors if all(word in n.lower() for word in words)]

    def _fill(self) -> None:
        """List the names that fit; what is chosen stays so, listed or not."""
        names = self._fitting()
        listed = names[:LISTED]
        if self._value in names and self._value not in listed:
            listed[-1] = self._value
        options = [(self._option(name), name) for name in listed]
        self._filling = True  # a new list would choose its first
        self.list.options = options
        self.list.value = self._value if self._value in listed else None
        self._filling = False
        key = "picker.more" if len(names) > LISTED else "picker.shown"
        total = len(names) if len(names) > LISTED else len(self.file.tensors)
        self._count.value = say(key, shown=len(listed), all=total)

    def _option(self, name: str) -> str:
        info = self.file.tensors[name]
        return say("picker.option", name=name, shape=_shape(info.shape), dtype=info.dtype)

    def _picked(self, change: Any) -> None:
        if change["new"] is not None and not self._filling:
            self.value = change["new"]

    def _entered(self, _field: Any, content: Any, _buffers: Any) -> None:
        """Enter in the field takes the first name that fits."""
        if isinstance(content, dict) and content.get("event") == "submit":
            for name in self._fitting()[:1]:
                self.value = name

    def _show(self) -> None:
        found = self._look()
        self._view.value = self._html(found)
        partly = isinstance(found, Survey) and not found.whole
        self.button.layout.display = "" if partly else "none"

    def _html(self, found: Survey | TensorFileError) -> str:
        title = f"<p><strong>{html.escape(self._value)}</strong></p>"
        if not isinstance(found, Survey):
            return f"{title}<p>{html.escape(str(found))}</p>"
        rows = "".join(
            f'<tr><th scope="row" style="text-align: left; padding-right: 1em">{name}</th>'
            f"<td>{html.escape(text)}</td></tr>"
            for name, text in facts(found)
        )
        return f"{title}<table>{rows}</table>{histogram(found)}"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        found = self._look()
        lines = [str(found)]
        if isinstance(found, Survey):
            lines = [f"{name}: {text}" for name, text in facts(found)]
        text = "\n".join([self._value, *lines])
        shown: dict[str, Any] = self.widget._repr_mimebundle_()
        return {**shown, "text/html": self._view.value, "text/plain": text}


def facts(found: Survey) -> list[tuple[str, str]]:
    """Return what is known of a tensor as pairs of name and text."""
    infinite = found.positive_infinity + found.negative_infinity
    rows = {
        "shape": _shape(found.shape),
        "type": found.dtype,
        "values": f"{found.count:,}",
        "range": say("picker.between", low=_number(found.low), high=_number(found.high)),
        "mean": _number(found.mean),
        "deviation": _number(found.deviation),
        "zeros": percent(found.zeros / found.finite) if found.finite else "0 %",
        "none": say("picker.not_finite", nan=found.nan, infinite=infinite),
    }
    if not found.whole:
        rows["values"] = say("picker.seen", seen=found.seen, all=found.count)
    if not found.finite:
        for key in ("range", "mean", "deviation", "zeros"):
            del rows[key]
    return [(say(f"picker.{key}"), text) for key, text in rows.items()]


def histogram(found: Survey) -> str:
    """Return the sample as an SVG picture in the color of the text around, with words for it."""
    if not found.finite:
        return f"<p>{say('picker.empty')}</p>"
    shares, ends = found.histogram(BARS)
    heights = HEIGHT * np.sqrt(shares / shares.max())
    wide = WIDTH / BARS
    bars = "".join(
        f'<rect x="{k * wide:g}" y="{HEIGHT - height:.1f}" width="{wide - 1:g}" '
        f'height="{height:.1f}"/>'
        for k, height in enumerate(np.where(shares > 0.0, np.maximum(heights, 1.0), 0.0).tolist())
        if height
    )
    low, high = _number(float(ends[0])), _number(float(ends[-1]))
    lower, upper = (_number(float(value)) for value in np.quantile(found.sample, (0.25, 0.75)))
    words = say(
        "picker.histogram",
        name=found.name,
        count=BARS,
        low=low,
        high=high,
        lower=lower,
        upper=upper,
    )
    base = HEIGHT + ROOM - 4
    return (
        f'<figure style="margin: 0.5em 0"><svg role="img" aria-label="{html.escape(words)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT + ROOM}" width="{WIDTH}" '
        'style="max-width: 100%; height: auto" fill="currentColor" font-size="12">'
        f'{bars}<rect y="{HEIGHT}" width="{WIDTH}" height="1"/>'
        f'<text x="0" y="{base}">{low}</text>'
        f'<text x="{WIDTH}" y="{base}" text-anchor="end">{high}</text></svg>'
        f"<figcaption>{say('picker.heights')}</figcaption></figure>"
    )


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or say("picker.one_number")


def _number(value: float) -> str:
    """Return a number as people write it; a deviation may be beyond floats."""
    return short(value) if math.isfinite(value) else "∞"
