"""Folders and disks that really refuse to be written to, also where the tests run as root."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The user without rights on every Unix.
NOBODY = 65534


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """Give a copy of ``folder`` in which nothing can be made or changed while this lasts.

    Root may write anywhere, so for root the test goes on as a user without rights.
    """
    place = Path(tempfile.mkdtemp(prefix="read-only-"))
    copy = place / folder.name
    shutil.copytree(folder, copy)
    for path in [place, copy, *copy.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield copy
    finally:
        if root:
            os.seteuid(0)
        for path in [place, copy, *(path for path in copy.rglob("*") if path.is_dir())]:
            path.chmod(0o755)
        shutil.rmtree(place)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Make every longer file fail to be written, as a full disk does."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@contextmanager
def unreadable(file: Path) -> Iterator[Path]:
    """Give a copy of ``file`` that may not be read while this lasts."""
    place = Path(tempfile.mkdtemp(prefix="unreadable-"))
    place.chmod(0o755)
    copy = place / file.name
    shutil.copy(file, copy)
    copy.chmod(0o000)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield copy
    finally:
        if root:
            os.seteuid(0)
        shutil.rmtree(place)
