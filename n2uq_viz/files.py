"""Files that appear whole or not at all, and never in the place of another.

Figures and notebooks are written where people keep their work. Content goes to a hidden file in the
same folder first; giving it its name is one step of the file system, which either happens or does
not, and which fails if the name was taken, even a moment before.
"""

from __future__ import annotations

import errno
import itertools
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

#: What file systems without hard links answer when asked for one.
_NO_LINKS = (errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def write_together(stem: Path, contents: Mapping[str, bytes], overwrite: bool) -> list[Path]:
    """Write ``stem + suffix`` for every suffix, or the first ``stem-2``, ... free for all of them.

    Parameters
    ----------
    stem
        Folder and name without suffix; the folder is made if it is missing.
    contents
        Suffix (``".svg"``) -> content.
    overwrite
        Whether to replace files of these names.

    Returns
    -------
    list of Path
        The files, in the order of ``contents``.

    Raises
    ------
    OSError
        The folder cannot be made or written to; nothing is left behind.
    ValueError
        The name cannot be one.
    """
    folder = stem.parent
    finished: dict[str, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, content in contents.items():
            finished[suffix] = folder / f".n2uq_viz-{secrets.token_hex(8)}{suffix}"
            with finished[suffix].open("xb") as file:
                file.write(content)
        if overwrite:
            return [path.replace(_named(stem, suffix)) for suffix, path in finished.items()]
        names = itertools.chain([stem], (_named(stem, f"-{n}") for n in itertools.count(2)))
        return next(filter(None, (_place(finished, name) for name in names)))
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(
            f"cannot save {stem.name!r} in {folder.absolute()} ({reason}); choose another place"
        ) from error
    except ValueError as error:  # a null character
        raise ValueError(f"cannot save under the name {str(stem)!r}: {error}") from None
    finally:
        for path in finished.values():
            path.unlink(missing_ok=True)


def make_folder(folder: Path) -> Path:
    """Make a folder unless it is there, and return it.

    Raises OSError where that cannot be: a file has its name, or nothing may be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(
            f"cannot make the folder {folder.absolute()} ({reason}); choose another place"
        ) from error
    return folder


def _named(stem: Path, ending: str) -> Path:
    # Not with_suffix: a name may hold dots of its own ("v1.2").
    return stem.with_name(stem.name + ending)


def _place(sources: Mapping[str, Path], stem: Path) -> list[Path]:
    """Give every file its name under ``stem``; if one name is taken, none (an empty list)."""
    placed: list[Path] = []
    try:
        for suffix, source in sources.items():
            _claim(source, _named(stem, suffix))
            placed.append(_named(stem, suffix))
    except OSError as error:
        for path in placed:
            path.unlink()
        if isinstance(error, FileExistsError):
            return []
        raise
    return placed


def _claim(source: Path, target: Path) -> None:
    """Give a finished file a name; FileExistsError if it is taken."""
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _claim_without_links(source, target)


def _claim_without_links(source: Path, target: Path) -> None:
    """Take the name with an empty file, then put a finished one in its place (on a USB stick)."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    copy = _named(source, "-copy")
    try:
        copy.write_bytes(source.read_bytes())
        copy.replace(target)
    except OSError:
        copy.unlink(missing_ok=True)
        target.unlink()
        raise
