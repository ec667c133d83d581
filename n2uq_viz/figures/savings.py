"""What quantization saves, computed from published energies and plain arithmetic."""

from __future__ import annotations

from n2uq_viz import datasets
from n2uq_viz.plots.labels import short

#: Numbers in the comparison of bytes, and products in the sum.
MILLION = 1_000_000
TERMS = 256
FLOAT_BITS = 32
INTEGER_BITS = (8, 4, 2)
#: Bits that one read of the memory brings, by the source of the energies.
READ_BITS = 64


def sizes_in_megabytes() -> dict[int, float]:
    """Return bits -> megabytes of one million numbers of so many bits.

    >>> sizes_in_megabytes()
    {32: 4.0, 8: 1.0, 4: 0.5, 2: 0.25}
    """
    return {bits: MILLION * bits / 8 / 1e6 for bits in (FLOAT_BITS, *INTEGER_BITS)}


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


def words() -> dict[str, str]:
    """Return the numbers that caption and text alternative name."""
    found = energies()
    ratios = {
        name: short((float_[0] * float_[1]) ** 0.5 / (integer[0] * integer[1]) ** 0.5)
        for name, (integer, float_) in found.items()
    }
    in_floats, in_integers = sum_energies()
    return {
        "add": ratios["add"],
        "multiply": ratios["multiply"],
        "read": ratios["DRAM"],
        "sizes": ", ".join(short(value) for value in sizes_in_megabytes().values()),
        "bits": ", ".join(str(bits) for bits in sizes_in_megabytes()),
        "terms": str(TERMS),
        "floats": short(in_floats),
        "integers": short(in_integers),
        "sum": short(in_floats / in_integers),
    }
