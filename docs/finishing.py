"""What Sphinx and its theme leave undone on a page: names for its parts, links to the reference."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.util.inventory import InventoryFile

from n2uq_viz.words import say

_NAMED = re.compile(r"<code[^>]*>(\w+(?:\.\w+)+)</code>")


def finish(pages: Path) -> None:
    """Change the pages of a site in place.

    Headings of the navigation get a level and its parts get names, for those who hear a page. In
    what notebooks show, the name of something in the package, with its module, becomes a link.
    """
    parts = {
        '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
        '<aside class="sidebar-drawer">': _labeled("sidebar-drawer", "site.part.pages"),
        '<aside class="toc-drawer">': _labeled("toc-drawer", "site.part.sections"),
    }
    # Sources of others' modules, and a list of all, with links to some that have no page: nothing
    # leads to them.
    for path in (pages / "_modules").glob("*.html"):
        path.unlink()
    described = _described(pages)

    def link(found: re.Match[str]) -> str:
        address = described.get(found[1]) or described.get(f"n2uq_viz.{found[1]}")
        return found[0] if address is None else f'<a href="../{address}">{found[0]}</a>'

    for path in pages.rglob("*.html"):
        if path.parent.name == "explorers":  # made whole, by this package
            continue
        text = path.read_text(encoding="utf-8")
        for old, new in parts.items():
            text = text.replace(old, new)
        if path.parent.name == "notebooks":
            text = _NAMED.sub(link, text)
        path.write_text(text, encoding="utf-8")


def _labeled(kind: str, key: str) -> str:
    return f'<aside class="{kind}" aria-label="{say(key)}">'


def _described(pages: Path) -> dict[str, str]:
    """Full name of everything in the reference -> address of its description."""
    inventory = InventoryFile.loads((pages / "objects.inv").read_bytes(), uri="")
    return {
        name: item.uri
        for kind, items in inventory.data.items()
        if kind.startswith("py:")
        for name, item in items.items()
    }
