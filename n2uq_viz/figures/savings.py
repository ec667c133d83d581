"""What quantization saves, computed from published energies and plain arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from n2uq_viz import datasets
from n2uq_viz.figures.shown import settle
from n2uq_viz.plots.labels import short
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.words import say

#: Numbers in the comparison of bytes, and products in the sum.
MILLION = 1_000_000
TERMS = 256
FLOAT_BITS = 32
INTEGER_BITS = (8, 4, 2)
#: Differences between steps up to this share of one are rounding.
ROUNDING = 1e-9
#: Bits that one read of the memory brings, by the source of the energies.
READ_BITS = 64


def bits_of(levels: int) -> int:
    """Return the bits that the number of one of so many levels takes.

    >>> bits_of(2), bits_of(4), bits_of(5)
    (1, 2, 3)
    """
    return (levels - 1).bit_length()


def sizes_in_megabytes(bits: int = INTEGER_BITS[-1]) -> dict[int, float]:
    """Return bits -> megabytes of one million numbers of so many bits; `bits` is one of them.

    >>> sizes_in_megabytes()
    {32: 4.0, 8: 1.0, 4: 0.5, 2: 0.25}
    >>> sizes_in_megabytes(1)[1]
    0.125
    """
    first, second, last = INTEGER_BITS
    rows = (FLOAT_BITS, first, second, last if bits in (first, second) else bits)
    return {row: MILLION * row / 8 / 1e6 for row in rows}


def output_words(q: Quantizer) -> str:
    """Say how an output follows from its number: by one step, if levels are evenly spaced.

    >>> output_words(Quantizer.uniform(2, high=6)), output_words(Quantizer.binary())
    ('output = 2 · integer', 'output = −1 + 2 · integer')
    """
    key = _kind(q)
    low, step = (short(float(value)) for value in (q.levels[0], np.diff(q.levels).mean()))
    return say(f"figure.why_quantize.sum.{key}", low=low, step=step)


def _kind(q: Quantizer) -> str:
    steps = np.diff(q.levels)
    if np.ptp(steps) > ROUNDING * steps.max():
        return "table"
    return "steps" if q.levels[0] == 0.0 else "offset"


def quantizer_of(state: Mapping[str, Any]) -> Quantizer:
    """Return the quantizer of a valid state."""
    return Quantizer(state["edges"], state["levels"])


def energies() -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
    """Return operation -> (low, high) picojoules for an 8-bit integer and for a 32-bit float.

    A read of the memory brings 64 bits: eight such integers, or two such floats.

    >>> energies()["multiply"]
    ((0.2, 0.2), (3.7, 3.7))
    """
    rows = {(row.operation, row.number, row.bits): row for row in datasets.operation_energy()}
    found = {}
    for operation in ("add", "multiply"):
        integer = rows[operation, "integer", INTEGER_BITS[0]]
        float_ = rows[operation, "float", FLOAT_BITS]
        found[operation] = ((integer.low, integer.high), (float_.low, float_.high))
    for memory in ("8 KB cache", "DRAM"):
        read = rows[f"read {memory}", "any", READ_BITS]
        integer_share, float_share = INTEGER_BITS[0] / READ_BITS, FLOAT_BITS / READ_BITS
        found[memory] = (
            (read.low * integer_share, read.high * integer_share),
            (read.low * float_share, read.high * float_share),
        )
    return found


def sum_energies() -> tuple[float, float]:
    """Return picojoules of a sum of ``TERMS`` products: in floats, and in integers with one scale.

    Products of 8-bit integers are added up in 32 bits; one float multiplication scales the result.
    """
    rows = {(row.operation, row.number, row.bits): row.low for row in datasets.operation_energy()}
    multiply = rows["multiply", "float", FLOAT_BITS]
    in_floats = TERMS * (multiply + rows["add", "float", FLOAT_BITS])
    product = rows["multiply", "integer", INTEGER_BITS[0]] + rows["add", "integer", 32]
    return in_floats, TERMS * product + multiply


def words(state: Mapping[str, Any] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return which sentence holds, and the numbers that are said."""
    q = quantizer_of(settle(state))
    sizes, found = sizes_in_megabytes(bits_of(q.levels.size)), energies()
    ratios = {
        name: short((float_[0] * float_[1]) ** 0.5 / (integer[0] * integer[1]) ** 0.5)
        for name, (integer, float_) in found.items()
    }
    in_floats, in_integers = sum_energies()
    return [_kind(q)], {
        "count": str(q.levels.size),
        "own": str(bits_of(q.levels.size)),
        "output": output_words(q),
        "levels": ", ".join(short(level) for level in q.levels.tolist()),
        "add": ratios["add"],
        "multiply": ratios["multiply"],
        "read": ratios["DRAM"],
        "sizes": ", ".join(short(value) for value in sizes.values()),
        "bits": ", ".join(str(bits) for bits in sizes),
        "terms": str(TERMS),
        "floats": short(in_floats),
        "integers": short(in_integers),
        "sum": short(in_floats / in_integers),
    }
