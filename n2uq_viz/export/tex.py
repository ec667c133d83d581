"""Words set by LaTeX while a figure is saved, as they are in the paper that it is for.

LaTeX reads signs such as ``%`` as commands, and does not know every letter. So words are rewritten
for it, and those that hold something which it cannot set stay as matplotlib draws them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["check_programs", "in_tex", "to_tex"]

#: What matplotlib starts to have words set: for every format, and to get pixels of them.
_PROGRAMS, _FOR_PIXELS = ("latex", "kpsewhich"), ("dvipng",)
_PLAIN = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{sign: f"\\{sign}" for sign in "#$%&_{}"},
    "’": "'",
    "‘": "`",
    "“": "``",
    "”": "''",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "\xa0": "~",
}
_MATH = {
    "−": "-",
    "·": r"\cdot ",
    "×": r"\times ",
    "±": r"\pm ",
    "√": r"\surd ",
    "∞": r"\infty ",
    "≈": r"\approx ",
    "≤": r"\leq ",
    "≥": r"\geq ",
    "→": r"\rightarrow ",
    "↑": r"\uparrow ",
    "↓": r"\downarrow ",
    "′": "'",
    "ℓ": r"\ell ",
    "½": r"\frac{1}{2}",
    "ⁿ": "^{n}",
    "α": r"\alpha ",
    "β": r"\beta ",
    "γ": r"\gamma ",
    "δ": r"\delta ",
    "Δ": r"\Delta ",
    "λ": r"\lambda ",
    "μ": r"\mu ",
    "σ": r"\sigma ",
    "Σ": r"\Sigma ",
    "τ": r"\tau ",
    **{sign: f"^{{{digit}}}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"_{{{digit}}}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}
#: A letter with a tilde above it, as two characters.
_TILDE = re.compile("(\\w)\u0303")
_DOLLAR = re.compile(r"(?<!\\)\$")
_NEXT_TO = re.compile(r"(?<!\\)\$\$")


def check_programs(suffixes: Sequence[str]) -> None:
    """Raise ValueError unless LaTeX can set words for files of these kinds here."""
    wanted = _PROGRAMS + (_FOR_PIXELS if ".png" in suffixes else ())
    missing = [name for name in wanted if shutil.which(name) is None]
    if missing:
        raise ValueError(
            f"usetex=True needs the programs {', '.join(wanted)}, and {', '.join(missing)} cannot "
            "be found here; install a LaTeX (TeX Live, MacTeX or MiKTeX), or leave usetex out"
        )


def to_tex(text: str) -> str | None:
    r"""Return words as LaTeX reads them; None if there is a sign that it cannot set.

    What stands between dollars is a formula already, as it is for matplotlib.

    >>> to_tex("50 % of n2uq_viz"), to_tex(r"$b_1$ & τ₁"), to_tex("✗")
    ('50 \\% of n2uq\\_viz', '$b_1$ \\& $\\tau _{1}$', None)
    """
    parts = _DOLLAR.split(text)
    if len(parts) % 2 == 0:  # a dollar without a partner is a dollar
        parts = [text]
    plain = [part.replace(r"\$", "$") for part in parts[::2]]
    found = [*map(_plain, plain), *map(_formula, parts[1::2])]
    if not all(part.isascii() for part in found):
        return None
    words, formulas = found[: len(plain)], found[len(plain) :]
    ordered = [words[0]]
    for formula, after in zip(formulas, words[1:], strict=True):
        ordered += [f"${formula}$", after]
    return _NEXT_TO.sub("", "".join(ordered))  # formulas side by side are one


def _plain(text: str) -> str:
    parts = _TILDE.split(text)  # every second one is a letter below a tilde
    return "".join(
        f"$\\tilde{{{part}}}$" if k % 2 else "".join(map(_sign, part))
        for k, part in enumerate(parts)
    )


def _sign(sign: str) -> str:
    return f"${_MATH[sign]}$" if sign in _MATH else _PLAIN.get(sign, sign)


def _formula(text: str) -> str:
    return "".join(_MATH.get(sign, sign) for sign in text)


@contextmanager
def in_tex(figure: Figure) -> Iterator[None]:
    """Have the words of a figure set by LaTeX while this lasts; then they are what they were.

    Raises ValueError where LaTeX fails at them.
    """
    from matplotlib.text import Text

    figure.draw_without_rendering()  # the numbers at axes are made only now
    words: list[Any] = figure.findobj(Text)
    before = [(text, text.get_text(), text.get_usetex()) for text in words]
    tickers: list[Any] = [
        ticker
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for ticker in (axis.major, axis.minor)
    ]
    formatters = [ticker.formatter for ticker in tickers]
    try:
        for ticker, formatter in zip(tickers, formatters, strict=True):
            ticker.formatter = _in_tex(formatter)
        for text, plain, _ in before:
            converted = to_tex(plain)
            if converted is not None:
                text.set_usetex(True)
                text.set_text(converted)
        yield
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:_LONGEST_REASON]
        raise ValueError(
            f"LaTeX could not set the words of this figure ({reason}); leave usetex out"
        ) from error
    finally:
        for ticker, formatter in zip(tickers, formatters, strict=True):
            ticker.formatter = formatter
        for text, plain, was_set in before:
            text.set_usetex(was_set)
            text.set_text(plain)


#: How much of what LaTeX says is passed on, in characters.
_LONGEST_REASON = 200


def _in_tex(formatter: Any) -> Any:
    """Return a formatter whose numbers are written as LaTeX reads them."""
    from matplotlib.ticker import Formatter

    class InTex(Formatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return _or_same(formatter(x, pos))

        def format_ticks(self, values: Any) -> list[str]:
            return [_or_same(text) for text in formatter.format_ticks(values)]

        def get_offset(self) -> str:
            return _or_same(formatter.get_offset())

        def set_locs(self, locs: Any) -> None:
            formatter.set_locs(locs)

    return InTex()


def _or_same(text: str) -> str:
    converted = to_tex(text)
    return text if converted is None else converted
