"""What stands beside a figure in a document, as Markdown: picture, caption and words."""

from __future__ import annotations

import re
from urllib.parse import quote

from n2uq_viz.export.formats import described

__all__ = ["markdown"]

#: Signs that Markdown may read as something else, anywhere; and those that begin a block.
_ANYWHERE = re.compile(r"([\\`*_\[\]<>&~$|^])")
_AT_START = re.compile(r"^([#+=:!-]|\d+(?=[.)]))")


def markdown(file_name: str, caption: str, alternative: str) -> str:
    r"""Return a few paragraphs of Markdown, without a heading: the picture, caption, and words.

    The picture is ``file_name`` in the same folder, and has the short title for its words.

    >>> print(markdown("a b.svg", "", "A *ramp*."), end="")
    ![A \*ramp\*.](a%20b.svg)
    <BLANKLINE>
    A \*ramp\*.
    """
    title, alternative = described(alternative)
    picture = f"![{_escaped(title)}]({quote(file_name)})"
    blocks = [picture, *map(_escaped, (described(caption)[1] if caption else "", alternative))]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _escaped(text: str) -> str:
    """Return text in one line that Markdown shows as it is."""
    line = _ANYWHERE.sub(r"\\\1", " ".join(text.split()))
    start = _AT_START.match(line)
    if start is None:
        return line
    # Of a numbered list it is the sign after the number that counts.
    at = start.end() if start[1].isdigit() else 0
    return f"{line[:at]}\\{line[at:]}"
