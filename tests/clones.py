"""A small clone of the project, with notebooks of one cell, for tests of what happens to them."""

from __future__ import annotations

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
TEXT = "# %% [markdown]\n# # Coins\n\n# %%\nheads = 1\n"


def make_clone(folder: Path) -> Path:
    """Make a clone with two notebooks in a folder, which is made if it is missing."""
    (folder / "notebooks").mkdir(parents=True)
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    for name in ("00_start_here.py", "01_coins.py"):
        (folder / "notebooks" / name).write_text(TEXT)
    return folder
