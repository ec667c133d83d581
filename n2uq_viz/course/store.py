"""A learner's answers outlive the kernel: they are kept as JSON beside the notebook.

Nothing a learner wrote gets lost: a file is written under a temporary name and then renamed, the
answers of another window of the notebook are merged in, and a file that cannot be read is set aside
under another name. Where nothing can be written, answers last as long as the kernel, and a line
says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from n2uq_viz.words import say

VERSION = 1
PARTS = ("predictions", "exercises")


class _Newer(Exception):
    """The file comes from a newer version."""


class AnswerStore:
    """The answers of one notebook, in memory and, where possible, in ``progress-<notebook>.json``.

    Parameters
    ----------
    folder
        Where the notebook is.
    notebook
        Its file name without the suffix.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     AnswerStore(Path(folder), "00_start_here").keep("exercises", "memory", {"done": True})
    ...     AnswerStore(Path(folder), "00_start_here").find("exercises", "memory")
    {'done': True}
    """

    def __init__(self, folder: Path, notebook: str) -> None:
        self.path = folder / f"progress-{notebook}.json"
        self._data: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
        self._lines: list[str] = []
        #: Why nothing is saved, or None.
        self.trouble: str | None = None
        self._may_write = True
        self._merge()

    def find(self, part: str, name: str) -> dict[str, Any] | None:
        """What was kept under that name in ``"predictions"`` or ``"exercises"``, or None."""
        found = self._data[part].get(name)
        return dict(found) if isinstance(found, dict) else None

    def keep(self, part: str, name: str, record: dict[str, Any] | None) -> None:
        """Keep a JSON-ready record under that name (None forgets it) and save."""
        self._merge()
        if record is None:
            self._data[part].pop(name, None)
        else:
            self._data[part][name] = record
        self._save()

    def take_lines(self) -> list[str]:
        """What has to be said about saving and was not said before."""
        lines, self._lines = self._lines, []
        return lines

    def _merge(self) -> None:
        """Take over what the file holds: another window of the notebook may have added to it."""
        if self.trouble is not None:  # what is in memory is newer
            return
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            self._check(data)
        except (FileNotFoundError, NotADirectoryError):
            return
        except _Newer:
            self._hands_off(say("course.store.newer", path=self.path))
        except OSError as error:
            self._hands_off(say("course.store.unreadable", path=self.path, why=_why(error)))
        except (ValueError, RecursionError):
            self._set_aside()
        else:
            for part in PARTS:
                self._data[part].update(data.get(part, {}))

    @staticmethod
    def _check(data: Any) -> None:
        if not isinstance(data, dict):
            raise ValueError("not an object")
        version = data.get("version")
        if type(version) is int and version > VERSION:
            raise _Newer
        parts = [data.get(part, {}) for part in PARTS]
        if (
            type(version) is not int
            or version != VERSION
            or not all(isinstance(part, dict) for part in parts)
        ):
            raise ValueError("not a file of answers")

    def _set_aside(self) -> None:
        stem = self.path.name.removesuffix(".json")
        for n in range(1, 1000):
            aside = self.path.with_name(f"{stem}.broken{'' if n == 1 else f'-{n}'}.json")
            try:
                # "x" fails where the name is taken, so that no earlier broken file is replaced.
                with aside.open("xb") as file:
                    file.write(self.path.read_bytes())
                self.path.unlink()
            except FileExistsError:
                continue
            except OSError as error:
                self._hands_off(say("course.store.broken_stays", path=self.path, why=_why(error)))
                return
            self._lines.append(say("course.store.set_aside", path=self.path, aside=aside.name))
            return

    def _save(self) -> None:
        if not self._may_write:
            return
        text = json.dumps(
            {"version": VERSION, **self._data}, indent=2, ensure_ascii=False, sort_keys=True
        )
        temporary: str | None = None
        try:
            handle, temporary = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
            self.trouble = None
        except OSError as error:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
            self._cannot_save(
                say("course.store.not_saved", folder=self.path.parent, why=_why(error))
            )

    def _hands_off(self, line: str) -> None:
        """The file that is there must not be replaced."""
        self._may_write = False
        self._cannot_save(line)

    def _cannot_save(self, line: str) -> None:
        if self.trouble is None:
            self._lines.append(line)
        self.trouble = line


def _why(error: OSError) -> str:
    return error.strerror or str(error)
