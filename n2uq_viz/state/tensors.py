"""What a state says of tensors: a summary of each, and the quantizers that were fitted to it.

A tensor is the name of a stored one, or a mapping of one's own with ``name``, ``data`` (a summary,
see `n2uq_viz.datasets.summarize`) and ``fits``: for 1 to 4 bits what each method of
`n2uq_viz.fits` comes to. So a browser needs no Python to show another layer or other bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from reprlib import repr as brief
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz import datasets
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.state import entries as of_entries
from n2uq_viz.state.entries import MAX_NAME, Checked, Entry, check_name, is_place, is_whole, part
from n2uq_viz.state.rules import LARGEST, Settled, StateError, drawable, floats

__all__ = [
    "BITS",
    "MAX_NAME",
    "MAX_TENSORS",
    "METHODS",
    "NAMES",
    "REFERENCE",
    "bits_of",
    "entries",
    "fitted",
    "key_of",
    "method",
    "quantizer_of",
    "stored",
    "tensor",
    "tensors",
]

#: Bits for which there are fits.
BITS = (1, 2, 3, 4)
#: Methods with even levels, and the one with levels anywhere that they are compared with.
METHODS = ("uniform", "quantile", "learned")
REFERENCE = "lloyd_max"
#: Most tensors in a state.
MAX_TENSORS = 64
#: Stored tensors: ReLU responses of a filter on the digits, what enters the three activations of
#: the stored digits net, and samples for which equal use has no edges from 3 bits on.
#: `n2uq_viz.state.making` makes them.
NAMES = ("digits_filter", "digits_act1", "digits_act2", "digits_act3", "two_humps")
#: File of those, beside this module.
FILE = "tensors.json"

_checked = Checked(4 * MAX_TENSORS)


def stored(name: str) -> Entry:
    """Return a stored tensor, to be left as it is; its ``name`` is one of `NAMES`.

    >>> len(stored("digits_act1")["fits"])
    4
    """
    return of_entries.stored(FILE, name)


def fitted(name: str, values: ArrayLike | Mapping[str, Any]) -> Entry:
    """Return a tensor of one's own as states hold it: about a second of work.

    Parameters
    ----------
    name
        1 to 200 characters.
    values
        Finite numbers of any shape, at least two of them different; or a summary of them.

    Raises
    ------
    ValueError
        A name or values that break their rule; the message says which tensor.

    Examples
    --------
    >>> found = fitted("ten numbers", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    >>> found["fits"][0]["quantile"]["levels"]
    [0.0, 7.0]
    """
    from n2uq_viz.fits import Ordered, fit, level_range

    try:
        check_name("its name", name)
        if isinstance(values, Mapping):
            summary = datasets.check_summary(values)
        else:
            summary = datasets.summarize(values)
        _check_spread("its values", summary)
        sample = Ordered(summary)
        fits = []
        for bits in BITS:
            ends = level_range(sample, 2**bits - 1)
            found: dict[str, Any] = {}
            for each in METHODS:
                made = fit(sample, bits, each, ends)
                found[each] = made.quantizer.to_dict()
                if each == "quantile":
                    found[each]["wanted"] = made.wanted.tolist()
            levels = fit(sample, bits, REFERENCE, ends).quantizer.levels
            fits.append({**found, REFERENCE: {"levels": levels.tolist()}})
    except ValueError as error:
        raise ValueError(f"tensor {brief(name)}: {error}") from None
    return _settled("tensors", {"name": name, "data": summary, "fits": fits})


def quantizer_of(entry: Mapping[str, Any], bits: int, method: str) -> Quantizer:
    """Return what a method came to for a settled tensor; `method` may be `REFERENCE`.

    >>> quantizer_of(stored("digits_act1"), 2, "uniform").levels.size
    4
    """
    found = entry["fits"][bits - 1][method]
    return Quantizer(found.get("edges", found["levels"]), found["levels"])


def bits_of(levels: Sequence[float]) -> int:
    """Return how many bits, of `BITS`, come nearest to a number of levels.

    >>> bits_of([0.0, 1.0]), bits_of([0.0, 1.0, 2.0, 3.0, 4.0])
    (1, 2)
    """
    return int(np.clip(round(float(np.log2(len(levels)))), BITS[0], BITS[-1]))


def entries(state: Settled) -> list[Entry]:
    """Return the tensors that a settled state names or holds, in full."""
    return [stored(each) if isinstance(each, str) else each for each in state["tensors"]]


def key_of(entry: Mapping[str, Any]) -> str:
    """Return what a settled tensor is called between Python and a browser: a hash of it."""
    return _checked.key_of(entry)


# --- Rules ---------------------------------------------------------------------------------------


def tensors(value: Any, _: Settled) -> list[Any]:
    """Which tensors: names of stored ones, or mappings with summary and fits."""
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= MAX_TENSORS:
        raise StateError(
            f"tensors must be a list of 1 to {MAX_TENSORS} tensors, got {brief(value)}"
        )
    return [_tensor(f"tensors[{k}]", each) for k, each in enumerate(value)]


def tensor(value: Any, settled: Settled) -> int:
    """Which of the tensors is shown, counted from 0; None for the first."""
    last = len(settled["tensors"]) - 1
    if value is None:
        return 0
    if not is_whole(value, 0, last):
        raise StateError(
            f"tensor must be a whole number from 0 to {last}, the last tensor, or None for 0, got "
            f"{brief(value)}"
        )
    return int(value)


def method(value: Any, _: Settled) -> str:
    """From which fit the hand begins."""
    if not isinstance(value, str) or value not in METHODS:
        raise StateError(f"method must be one of {', '.join(METHODS)}, got {brief(value)}")
    return value


def _tensor(where: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return value if value in _checked else _settled(where, value)
    if not isinstance(value, str) or value not in NAMES:
        raise StateError(
            f"{where} must be one of {', '.join(NAMES)}, or a tensor of your own with name, data "
            f"and fits, got {brief(value)}"
        )
    return value


def _settled(where: str, value: Mapping[str, Any]) -> Entry:
    name = part(where, value, "name")
    check_name(f"{where}.name", name)
    try:
        summary = datasets.check_summary(floats(part(where, value, "data")))
    except StateError:
        raise
    except ValueError as error:
        raise StateError(f"{where}.data: {error}") from None
    _check_spread(f"{where}.data", summary)
    fits = part(where, value, "fits")
    if not isinstance(fits, (list, tuple)) or len(fits) != len(BITS):
        raise StateError(
            f"{where}.fits must be a list of {len(BITS)} entries, for 1 to {BITS[-1]} bits, got "
            f"{brief(fits)}"
        )
    settled = [
        _fits(f"{where}.fits[{k}]", each, 2**bits)
        for k, (each, bits) in enumerate(zip(fits, BITS, strict=True))
    ]
    return _checked.add({"name": name, "data": summary, "fits": settled})


def _check_spread(where: str, summary: Mapping[str, Any]) -> None:
    """Refuse values that are all alike, or whose squares no float holds."""
    ends = [summary["low"], summary["high"], *(value for value, _ in summary["atoms"])]
    low, high = min(ends), max(ends)
    if max(-low, high) > LARGEST or high - low < 1.0 / LARGEST:
        raise StateError(
            f"{where} must lie within {LARGEST:g} and differ by at least {1.0 / LARGEST:g}, got "
            f"{low:g} to {high:g}"
        )


def _fits(where: str, value: Any, levels: int) -> dict[str, Any]:
    found = {name: _fit(f"{where}.{name}", part(where, value, name), levels) for name in METHODS}
    given = value["quantile"]
    found["quantile"]["wanted"] = _wanted(
        f"{where}.quantile.wanted", part(f"{where}.quantile", given, "wanted"), levels - 1
    )
    place = f"{where}.{REFERENCE}"
    free = part(place, part(where, value, REFERENCE), "levels")
    return {**found, REFERENCE: {"levels": _quantizer(place, free, free, levels)["levels"]}}


def _fit(where: str, value: Any, levels: int) -> dict[str, Any]:
    edges, given = (part(where, value, key) for key in ("edges", "levels"))
    return _quantizer(where, edges, given, levels)


def _quantizer(where: str, edges: Any, given: Any, levels: int) -> dict[str, Any]:
    try:
        found = Quantizer(floats(edges), floats(given)).to_dict()
    except ValueError as error:
        raise StateError(f"{where}: {error}") from None
    if len(found["levels"]) != levels:
        raise StateError(f"{where} must have {levels} levels, got {len(found['levels'])}")
    for key in ("edges", "levels"):
        drawable(f"{where}.{key}", found[key])
    return found


def _wanted(where: str, value: Any, steps: int) -> list[float]:
    """Return thresholds that were wanted; where values are alike, some of them may be."""
    usable = isinstance(value, (list, tuple)) and len(value) == steps
    found = [each for each in value if is_place(each)] if usable else []
    if len(found) != steps:
        raise StateError(f"{where} must be a list of {steps} numbers, got {brief(value)}")
    return [float(each) for each in found]
