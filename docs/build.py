"""Builds the site: ``python -m docs.build`` runs the notebooks and writes all pages into ``site/``.

The pages need no server and no network: they open from a disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docs import finishing, reference, running
from n2uq_viz import notebooks

ROOT = running.ROOT
HERE = ROOT / "docs"
#: Sphinx leaves it in every site.
MARK = "objects.inv"


def build(
    out: Path, sources: Sequence[Path] | None = None, modules: Sequence[str] | None = None
) -> Path:
    """Build the site and put it, when it is whole, in the place of an earlier one.

    Parameters
    ----------
    out
        Folder of the site: one that is missing, empty, or an earlier site.
    sources
        Notebooks as text; without it, all of ``notebooks/``.
    modules
        Names of modules for the reference; without it, all.

    Returns
    -------
    Path
        The first page.

    Raises
    ------
    FileExistsError
        The folder holds something else.
    nbclient.exceptions.CellExecutionError
        A notebook fails.
    subprocess.CalledProcessError
        Sphinx complains; it has said of what.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise FileExistsError(f"{out} must be an earlier site, empty or missing, and is neither")
    sources = notebooks.sources(ROOT / "notebooks") if sources is None else sources
    out.parent.mkdir(parents=True, exist_ok=True)
    # Beside the site, so that giving it its name is one step of the file system.
    with tempfile.TemporaryDirectory(prefix=".site-", dir=out.parent) as work:
        texts, pages = Path(work, "texts"), Path(work, "pages")
        shutil.copytree(HERE / "static", texts / "static")
        for name in ("conf.py", "index.md"):
            shutil.copy(HERE / name, texts)
        (texts / "extra" / "explorers").mkdir(parents=True)
        _run_all(sources, texts)
        reference.write(texts / "reference", modules or reference.modules())
        _sphinx(texts, pages)
        finishing.finish(pages)
        if out.exists():
            out.rename(Path(work, "earlier"))
        pages.rename(out)
    return out / "index.html"


def _run_all(sources: Sequence[Path], texts: Path) -> None:
    """Run notebooks, as many at once as there are cores."""
    folder = texts / "notebooks"
    folder.mkdir()
    together = [source.stem for source in sources]
    for name in together:
        (folder / f"{name}.ipynb").touch()  # the map of the course links to those that are there
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [
            pool.submit(running.run, source, folder, texts / "extra", together)
            for source in sources
        ]
        for each in found:
            each.result()


def _sphinx(texts: Path, pages: Path) -> None:
    """Make pages of texts; a warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-j"]
    command += [str(os.cpu_count()), "-d", str(pages.with_name("cache")), str(texts), str(pages)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    (pages / ".buildinfo").unlink()


def main() -> None:
    """Build the site and say how large it is, and how long it took."""
    parser = argparse.ArgumentParser(prog="python -m docs.build", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "site", help="folder of the site")
    out = parser.parse_args().out
    start = time.perf_counter()
    try:
        first = build(out)
    except subprocess.CalledProcessError:
        sys.exit("the site was not built, for what is said above; an earlier one is as it was")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    pages = sum(1 for _ in out.rglob("*.html"))
    seconds = time.perf_counter() - start
    print(f"{pages} pages, {size / 1e6:.1f} MB, {seconds:.0f} s: open {first}")


if __name__ == "__main__":
    main()
