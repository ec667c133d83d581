"""Entries that a state holds whole, tensors or weights of one's own: stored, checked once, named.

A state is settled ten times a second while a hand drags, so an entry that was checked is known
again by its identity.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from reprlib import repr as brief
from typing import Any

from n2uq_viz.state.rules import LARGEST, StateError

__all__ = ["MAX_NAME", "Checked", "Entry", "check_name", "is_place", "is_whole", "part", "stored"]

#: Most characters of a name.
MAX_NAME = 200

Entry = dict[str, Any]


class Checked:
    """The entries that were checked last, at most so many, each with its key once asked for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._keys: dict[int, tuple[Mapping[str, Any], str | None]] = {}

    def add(self, entry: Entry) -> Entry:
        """Remember an entry, in the place of the oldest where there are too many; return it."""
        if len(self._keys) >= self._most:
            del self._keys[next(iter(self._keys))]
        self._keys[id(entry)] = entry, None
        return entry

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._keys)

    def __contains__(self, value: object) -> bool:
        """Whether this very object was checked, not one that equals it."""
        known = self._keys.get(id(value))
        return known is not None and known[0] is value

    def key_of(self, entry: Mapping[str, Any]) -> str:
        """Return what an entry is called between Python and a browser: a hash of it."""
        known = self._keys[id(entry)][1] if entry in self else None
        if known is not None:
            return known
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        found = hashlib.sha256(text.encode()).hexdigest()
        if entry in self:
            self._keys[id(entry)] = entry, found
        return found


@cache
def stored(file: str, name: str) -> Entry:
    """Return an entry of a file beside this module, to be left as it is."""
    text = (files(__package__) / file).read_text(encoding="utf-8")
    found: Entry = json.loads(text)[name]
    return found


def part(where: str, value: Any, key: str) -> Any:
    """Return what a JSON object holds under a key; StateError where there is no such thing."""
    if not isinstance(value, Mapping) or key not in value:
        raise StateError(f"{where} must be a JSON object with the key {key}, got {brief(value)}")
    return value[key]


def check_name(where: str, name: Any) -> None:
    """Raise StateError unless a name is a text that is neither empty nor too long."""
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME:
        raise StateError(f"{where} must be a text of 1 to {MAX_NAME} characters, got {brief(name)}")


def is_whole(value: Any, low: int, high: int) -> bool:
    """Whether a value is a whole number from `low` to `high`; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_place(value: Any) -> bool:
    """Whether a value is a number that a picture has a place for."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool)
    return usable and -LARGEST <= value <= LARGEST
