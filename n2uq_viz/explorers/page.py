"""Explorers as pages of their own: one file each, which needs no Python and asks for nothing.

A Content-Security-Policy in the page allows the one script and the one style sheet that it holds,
by their hashes, and forbids every request. The state stands in a JSON block; another one can come
behind the # of the address.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n2uq_viz import files, words
from n2uq_viz import state as states
from n2uq_viz.explorers.bundle import javascript, source, style_sheet
from n2uq_viz.explorers.kit import kit

if TYPE_CHECKING:
    from n2uq_viz.explorers.stage import Stage

#: Id of the JSON block that holds the state.
STATE_KEY = "n2uq_viz-state"
SUFFIX = ".html"


def page(explorer: type[Stage], state: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Return an explorer as the text of an HTML page.

    Parameters
    ----------
    explorer
        Its class.
    state
        A valid state of it.
    data
        Name of a data set -> its summary: all that the page is to offer.
    """
    from n2uq_viz import figures

    script = _script(explorer.explorer, explorer.script(), json.dumps(data, sort_keys=True))
    style = style_sheet() + source("page.css")
    name = explorer.explorer
    title = words.say(f"explorer.{name}.title")
    alternative = figures.text_alternative(name.replace("-", "_"), state)
    block = states.dumps(state).replace("<", "\\u003c")
    body = f"""<header>
<h1>{html.escape(title)}</h1>
<p>{html.escape(words.say(f"explorer.{name}.about"))}</p>
</header>
<main></main>
<noscript><p>{html.escape(words.say("page.no_script"))}</p><p>{html.escape(alternative)}</p></noscript>
<script type="application/json" id="{STATE_KEY}">{block}</script>
<script type="module">{script}</script>
"""
    return _document(title, style, body, script)


@cache
def _script(name: str, script: tuple[str, str], data: str) -> str:
    constants = {"KIT": kit(name), "DATA": json.loads(data)}
    return "\n" + javascript("page.js", constants, script) + "\n"


def _document(title: str, style: str, body: str, script: str | None = None) -> str:
    policy = f"default-src 'none'; style-src '{_hash(style)}'; img-src data: blob:; "
    policy += f"script-src '{_hash(script)}'; " if script is not None else ""
    policy += "base-uri 'none'; form-action 'none'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="n2uq_viz">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}</body>
</html>
"""


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def save(
    explorer: type[Stage],
    state: Mapping[str, Any],
    data: Mapping[str, Any],
    path: str | Path,
    *,
    overwrite: bool = False,
) -> Path:
    """Write `page` to a file and return where.

    If the file exists, the next free name beside it is taken unless `overwrite` is given.

    Raises
    ------
    ValueError
        The suffix is not ``.html``.
    OSError
        The folder cannot be made or written to.
    """
    return files.write_as(
        path, SUFFIX, "a page", lambda: page(explorer, state, data).encode(), overwrite
    )


def save_all(folder: str | Path, *, overwrite: bool = False) -> list[Path]:
    """Write a page for every explorer, and ``index.html`` that leads to them.

    Without `overwrite` nothing is written if one of the files exists: the index would lead to
    pages of other names.

    Raises
    ------
    FileExistsError
        One of the files exists already.
    OSError
        The folder cannot be made or written to.
    """
    from n2uq_viz.explorers import NAMES

    folder = Path(folder).expanduser()
    names = [*NAMES, "index"]
    taken = [name for name in names if (folder / f"{name}{SUFFIX}").exists()]
    if taken and not overwrite:
        raise FileExistsError(
            f"{folder / (taken[0] + SUFFIX)} exists already; choose another folder, or --overwrite"
        )
    found = []
    for name, explorer in NAMES.items():
        opened = explorer.opened()
        found.append(opened.save_html(folder / f"{name}{SUFFIX}", overwrite=True))
        opened.close()
    stem = folder / "index"
    return [*found, *files.write_together(stem, {SUFFIX: index(list(NAMES)).encode()}, True)]


def index(names: list[str]) -> str:
    """Return a page that leads to the pages of the explorers of these names, beside it."""
    entries = "\n".join(
        f'<li><a href="{name}{SUFFIX}">{html.escape(words.say(f"explorer.{name}.title"))}</a>'
        f"<p>{html.escape(words.say(f'explorer.{name}.about'))}</p></li>"
        for name in names
    )
    title = words.say("page.index.title")
    body = f"""<header>
<h1>{html.escape(title)}</h1>
<p>{html.escape(words.say("page.index.about"))}</p>
</header>
<main><ol>
{entries}
</ol></main>
"""
    return _document(title, source("page.css"), body)
