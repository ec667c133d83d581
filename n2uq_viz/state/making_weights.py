"""What is stored beside `n2uq_viz.state.weights`: ``python -m n2uq_viz.state.making_weights``.

It needs the stored digits net, so a clone of the repository.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from n2uq_viz import datasets
from n2uq_viz.files import write_together
from n2uq_viz.state.weights import FILE, NAMES, gathered

__all__ = ["made", "main"]

#: Every fourth of the 64 output channels, and so many decimals: enough to look at, and small.
STRIDE, DECIMALS = 4, 4


def made() -> dict[str, Any]:
    """Return all stored weights by name."""
    (name,) = NAMES
    array = np.round(datasets.stored_integer_net().state["conv2.weight"].astype(float), DECIMALS)
    found = gathered(name, array[::STRIDE])
    channels = [{**each, "index": STRIDE * each["index"]} for each in found["channels"]]
    return {name: {**found, "total": len(array), "channels": channels}}


def main() -> None:
    """Write the file anew."""
    target = Path(__file__).with_name(FILE)
    content = (json.dumps(made(), separators=(",", ":")) + "\n").encode()
    write_together(target.with_suffix(""), {target.suffix: content}, overwrite=True)


if __name__ == "__main__":
    main()
