"""Every word shown to people, by key: another language is another file, not a change of code."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def table(language: str = "en") -> dict[str, str]:
    """All words of one language: key -> text, with ``{name}`` where a value goes.

    Parameters
    ----------
    language
        Name of a file in this folder, without ``.json``.

    Raises
    ------
    ValueError
        No such language.

    Examples
    --------
    >>> table()["explorer.threshold.title"]
    'Threshold explorer'
    """
    source = files(__package__) / f"{language}.json"
    if not source.is_file():
        known = sorted(
            p.name[:-5] for p in files(__package__).iterdir() if p.name.endswith(".json")
        )
        raise ValueError(f"language must be one of {known}, got {language!r}")
    words = json.loads(source.read_text(encoding="utf-8"))
    return dict(words)


def say(key: str, /, language: str = "en", **values: object) -> str:
    """The text of ``key`` with its values filled in.

    Raises
    ------
    KeyError
        The key, or a value that the text needs, is missing.

    Examples
    --------
    >>> say("handle.edge", i=1)
    'edge 1'
    """
    return table(language)[key].format(**values)
