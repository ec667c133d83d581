"""What a state says of weights: each output channel as sorted values, and by what it is scaled.

Weights are the name of stored ones, or a mapping of one's own with ``name``, ``total`` (how many
output channels the tensor has) and ``channels``: for at most 64 of them ``index``, the number of
the channel in the tensor, and ``values`` with their ``counts``. So a browser needs no Python to
count codes while a hand drags the scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import repr as brief
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from n2uq_viz.checks import FloatArray, real_array
from n2uq_viz.state import entries
from n2uq_viz.state.entries import MAX_NAME, Checked, Entry, check_name, is_place, is_whole, part
from n2uq_viz.state.rules import LARGEST, Settled, StateError, floats
from n2uq_viz.summaries import MAX_COUNT
from n2uq_viz.weights import gamma

__all__ = [
    "ASIDE",
    "BEFORE",
    "MAX_CHANNELS",
    "MAX_NAME",
    "MAX_VALUES",
    "NAMES",
    "SCALES",
    "before",
    "channel",
    "entry_of",
    "gathered",
    "key_of",
    "largest",
    "mean_size",
    "scale",
    "scale_of",
    "stored",
    "view_of",
    "weights",
]

#: Rules for the scale f of a channel: N2UQ's ``gamma * mean(|w|)``, ``max(|w|)``, and 1.
SCALES = ("mean", "largest", "none")
#: Those that N2UQ's is compared with.
BEFORE = ("largest", "none")
#: Most channels, and most values of each of them.
MAX_CHANNELS, MAX_VALUES = 64, 512
#: Empty space beside the weights and the levels, as a share of the farthest of them.
ASIDE = 0.08
#: Stored weights: 16 of the 64 output channels of the second convolution of the stored digits net,
#: rounded to 4 decimals. `n2uq_viz.state.making_weights` makes them.
NAMES = ("digits_conv2",)
#: File of those, beside this module.
FILE = "weights.json"

_checked = Checked(64)


def stored(name: str) -> Entry:
    """Return stored weights, to be left as they are; their ``name`` is one of `NAMES`.

    >>> len(stored("digits_conv2")["channels"])
    16
    """
    return entries.stored(FILE, name)


def gathered(name: str, values: ArrayLike) -> Entry:
    """Return weights of one's own as states hold them.

    Parameters
    ----------
    name
        1 to 200 characters.
    values
        Finite numbers of shape (out, ...), as PyTorch has them; a tensor of PyTorch will do. Of
        more than 64 output channels, 64 are taken, evenly spread.

    Returns
    -------
    dict
        A channel with at most 512 different values has all of them, exactly. Of others, neighbors
        stand together as their mean: then the least, the greatest, the zeros and ``mean(|w|)`` are
        exact still, and a threshold misplaces at most about one weight in 500.

    Raises
    ------
    ValueError
        A name or values that break their rule.

    Examples
    --------
    >>> gathered("two", [[0.5, -0.25], [0.0, 0.0]])["channels"][0]
    {'index': 0, 'values': [-0.25, 0.5], 'counts': [1, 1]}
    """
    array = real_array("weights", _as_array(values))
    if array.ndim == 0 or array.size == 0:
        raise ValueError(
            f"weights must be numbers of shape (out, ...), at least 1 in each output channel, got "
            f"shape {array.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise ValueError(
            f"weights must be finite, got {array.flat[bad[0]]} at place {bad[0]}; replace it"
        )
    total = len(array)
    chosen = np.unique(np.round(np.linspace(0, total - 1, min(total, MAX_CHANNELS))).astype(int))
    channels = [{"index": k, **_sorted(array[k].ravel())} for k in chosen.tolist()]
    return _settled("weights", {"name": name, "total": total, "channels": channels})


def mean_size(channel: Mapping[str, Any]) -> float:
    """Return ``mean(|w|)`` of a settled channel, added up in the order of its values."""
    pairs = zip(channel["values"], channel["counts"], strict=True)
    return float(sum(count * abs(value) for value, count in pairs) / sum(channel["counts"]))


def largest(channel: Mapping[str, Any]) -> float:
    """Return ``max(|w|)`` of a settled channel."""
    return float(max(abs(channel["values"][0]), abs(channel["values"][-1])))


def scale_of(channel: Mapping[str, Any], levels: int, rule: str | float) -> float:
    """Return the scale f of a settled channel for L + 1 levels; 0 where all its weights are 0.

    `rule` is one of `SCALES`, or the scale itself.

    >>> channel = {"index": 0, "values": [-0.25, 0.5], "counts": [1, 1]}
    >>> [scale_of(channel, 4, rule) for rule in (*SCALES, 0.75)]
    [0.5625, 0.5, 1.0, 0.75]
    """
    size = largest(channel)
    if size == 0.0:
        return 0.0
    own = {"mean": gamma(levels) * mean_size(channel), "largest": size, "none": 1.0}
    return own[rule] if isinstance(rule, str) else float(rule)


def entry_of(state: Settled) -> Entry:
    """Return the weights that a settled state names or holds, in full."""
    found = state["weights"]
    return stored(found) if isinstance(found, str) else found


def view_of(state: Settled) -> list[float]:
    """Return the range that shows all channels of a settled state, and the levels of its own.

    Both sides of 0 alike: so are the levels.
    """
    entry, levels = entry_of(state), len(state["levels"])
    own = entry["channels"][state["channel"]]
    far = [largest(each) for each in entry["channels"]]
    far += [scale_of(own, levels, state[key]) for key in ("scale", "before")]
    reach = (1.0 + ASIDE) * (max(far) or 1.0)
    return [-reach, reach]


def key_of(entry: Mapping[str, Any]) -> str:
    """Return what settled weights are called between Python and a browser: a hash of them."""
    return _checked.key_of(entry)


def _as_array(values: Any) -> Any:
    """Take a tensor of PyTorch from its graph and its device."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else values


def _sorted(values: FloatArray) -> dict[str, list[Any]]:
    """Return the different values of a channel with their counts, or groups of neighbors."""
    # Adding zero turns -0.0 into 0.0.
    distinct, counts = np.unique(values + 0.0, return_counts=True)
    if distinct.size <= MAX_VALUES:
        return {"values": distinct.tolist(), "counts": counts.tolist()}
    ordered = np.sort(values + 0.0)
    inner = ordered[1:-1]
    parts = [inner[inner < 0.0], inner[inner == 0.0], inner[inner > 0.0]]
    # As many groups as there may be, less the two ends and the zeros: by how many weights a side
    # has. Groups never reach over 0, so that sizes add up exactly.
    room, outer = MAX_VALUES - 3, parts[0].size + parts[2].size
    groups = [ordered[:1], ordered[-1:]]
    for side, share in zip(parts, (room, 0, room), strict=True):
        if side.size:
            number = min(side.size, max(1, (share * side.size) // outer if outer else 0))
            groups += np.array_split(side, number)
    means = np.array([np.clip(group.mean(), group[0], group[-1]) for group in groups])
    together, place = np.unique(means, return_inverse=True)
    sums = np.zeros(together.size, dtype=np.int64)
    np.add.at(sums, place, [group.size for group in groups])
    return {"values": together.tolist(), "counts": sums.tolist()}


# --- Rules ---------------------------------------------------------------------------------------


def weights(value: Any, _: Settled) -> str | Entry:
    """Which weights: the name of stored ones, or a mapping of one's own."""
    if isinstance(value, Mapping):
        return cast(Entry, value) if value in _checked else _settled("weights", value)
    if not isinstance(value, str) or value not in NAMES:
        raise StateError(
            f"weights must be one of {', '.join(NAMES)}, or weights of your own with name, total "
            f"and channels, got {brief(value)}"
        )
    return value


def channel(value: Any, settled: Settled) -> int:
    """Which of the channels is shown, counted from 0; None for the first."""
    last = len(entry_of(settled)["channels"]) - 1
    if value is None:
        return 0
    if not is_whole(value, 0, last):
        raise StateError(
            f"channel must be a whole number from 0 to {last}, the last channel, or None for 0, "
            f"got {brief(value)}"
        )
    return int(value)


def scale(value: Any, _: Settled) -> str | float:
    """By which rule each channel is scaled, or one scale for all of them."""
    if isinstance(value, str) and value in SCALES:
        return value
    lowest = 1.0 / LARGEST
    usable = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not usable or not lowest <= value <= LARGEST:
        raise StateError(
            f"scale must be one of {', '.join(SCALES)}, or a number from {lowest:g} to "
            f"{LARGEST:g}, got {brief(value)}"
        )
    return float(value)


def before(value: Any, _: Settled) -> str:
    """What stands beside it."""
    if not isinstance(value, str) or value not in BEFORE:
        raise StateError(f"before must be one of {', '.join(BEFORE)}, got {brief(value)}")
    return value


def _settled(where: str, value: Mapping[str, Any]) -> Entry:
    name = part(where, value, "name")
    check_name(f"{where}.name", name)
    total = part(where, value, "total")
    if not is_whole(total, 1, MAX_COUNT):
        raise StateError(
            f"{where}.total must be a whole number from 1 to {MAX_COUNT}, got {brief(total)}"
        )
    channels = part(where, value, "channels")
    if not isinstance(channels, (list, tuple)) or not 1 <= len(channels) <= MAX_CHANNELS:
        raise StateError(
            f"{where}.channels must be a list of 1 to {MAX_CHANNELS} channels, got "
            f"{brief(channels)}"
        )
    settled = [
        _channel(f"{where}.channels[{k}]", each, int(total)) for k, each in enumerate(channels)
    ]
    return _checked.add({"name": name, "total": int(total), "channels": settled})


def _channel(where: str, value: Any, total: int) -> dict[str, Any]:
    index = part(where, value, "index")
    if not is_whole(index, 0, total - 1):
        raise StateError(
            f"{where}.index must be a whole number from 0 to {total - 1}, got {brief(index)}"
        )
    values, counts = (part(where, value, key) for key in ("values", "counts"))
    usable = isinstance(values, (list, tuple)) and 1 <= len(values) <= MAX_VALUES
    found = floats(list(values), 1) if usable else []
    if not usable or not all(map(is_place, found)) or np.any(np.diff(found) <= 0.0):
        raise StateError(
            f"{where}.values must be a list of 1 to {MAX_VALUES} increasing numbers within "
            f"{LARGEST:g}, got {brief(values)}"
        )
    usable = isinstance(counts, (list, tuple)) and len(counts) == len(found)
    if not usable or not all(is_whole(each, 1, MAX_COUNT) for each in counts):
        raise StateError(
            f"{where}.counts must be a list of {len(found)} whole numbers from 1 to {MAX_COUNT}, "
            f"got {brief(counts)}"
        )
    return {
        "index": int(index),
        # Adding zero turns -0.0 into 0.0.
        "values": [float(each) + 0.0 for each in found],
        "counts": [int(each) for each in counts],
    }
