"""Files that appear whole or not at all, and never in the place of another.

Figures and notebooks are written where people keep their work. Content goes to a hidden file in the
same folder first; giving it its name is one step of the file system, which either happens or does
not, and which fails if the name was taken, even a moment before.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

#: What file systems without hard links answer when asked for one.
_NO_LINKS = (errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
#: Names of hidden files, and after how many seconds without a change nobody can be writing to one:
#: the process was killed, or the machine went down.
_HIDDEN = re.compile(r"\.n2uq_viz-[0-9a-f]{16}(\.\w+)?(-copy)?")
_STALE = 24 * 60 * 60

#: What a file is to hold; a function makes it from the name, without suffix, that the file gets.
Content = bytes | Callable[[str], bytes]


def write_together(stem: Path, contents: Mapping[str, Content], overwrite: bool) -> list[Path]:
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
    with _hidden(stem, contents) as hidden:
        named: dict[str, Callable[[str], bytes]] = {}
        for suffix, content in contents.items():
            if callable(content):
                named[suffix] = content
            else:
                hidden[suffix].write_bytes(content)
        return _give_names(hidden, stem, overwrite, named)


def write_as(
    path: str | Path, suffix: str, what: str, content: Callable[[], bytes], overwrite: bool
) -> Path:
    """Write the one file that `what` (``"a deck"``) is saved as, and return where.

    A leading ``~`` is the home folder. `content` is asked for once the name was found to end in
    `suffix`, in small letters or capitals; ValueError where it does not. The rest is as in
    `write_together`.
    """
    target = Path(path).expanduser()
    if target.suffix.lower() != suffix:
        raise ValueError(f"{what} is saved as {suffix}, got {str(path)!r}")
    return write_together(target.with_suffix(""), {target.suffix: content()}, overwrite)[0]


def write_streamed(
    stem: Path, suffix: str, write: Callable[[Path], object], overwrite: bool
) -> Path:
    """Write ``stem + suffix`` by a function that gets the path of a hidden, empty file to fill.

    The other arguments, what is returned and what is raised are those of `write_together`. That the
    folder can be written to is known before the function is called, which may take long.
    """
    with _hidden(stem, [suffix]) as hidden:
        write(hidden[suffix])
        return _give_names(hidden, stem, overwrite, {})[0]


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


@contextmanager
def _hidden(stem: Path, suffixes: Iterable[str]) -> Iterator[dict[str, Path]]:
    """Give an empty hidden file for each suffix, and remove in the end what is left of them."""
    _check_name(stem)
    folder = stem.parent
    found: dict[str, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_stale(folder)
        for suffix in suffixes:
            found[suffix] = folder / f".n2uq_viz-{secrets.token_hex(8)}{suffix}"
            found[suffix].touch(exist_ok=False)
        yield found
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(
            f"cannot save {stem.name!r} in {folder.absolute()} ({reason}); choose another place"
        ) from error
    finally:
        for path in found.values():
            path.unlink(missing_ok=True)


def _check_name(stem: Path) -> None:
    try:
        os.lstat(stem)
    except OSError:
        pass  # not there, or out of reach, which is told when it is written to
    except ValueError as error:  # a null character
        raise ValueError(f"cannot save under the name {str(stem)!r}: {error}") from None


def _remove_stale(folder: Path) -> None:
    """Remove hidden files that a killed process left behind."""
    newest = time.time() - _STALE
    with suppress(OSError):
        for path in folder.glob(".n2uq_viz-*"):
            with suppress(OSError):
                if _HIDDEN.fullmatch(path.name) and path.lstat().st_mtime < newest:
                    path.unlink()


def _give_names(
    hidden: Mapping[str, Path],
    stem: Path,
    overwrite: bool,
    named: Mapping[str, Callable[[str], bytes]],
) -> list[Path]:
    """Give finished files their names, after writing those that hold their own name."""

    def write_named(name: Path) -> None:
        for suffix, content in named.items():
            hidden[suffix].write_bytes(content(name.name))

    def attempt(name: Path) -> list[Path]:
        write_named(name)
        return _place(hidden, name)

    if overwrite:
        # Looked at before any is replaced: a folder with one of the names leaves all as they were.
        if any(_named(stem, suffix).is_dir() for suffix in hidden):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        write_named(stem)
        return [path.replace(_named(stem, suffix)) for suffix, path in hidden.items()]
    names = itertools.chain([stem], (_named(stem, f"-{n}") for n in itertools.count(2)))
    return next(filter(None, map(attempt, names)))


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
