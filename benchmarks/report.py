"""What benchmarks print with: numbers, tables, whether to be quick, and which machine this is."""

from __future__ import annotations

import argparse
import importlib.metadata
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

#: Packages whose versions decide what is measured.
PACKAGES = ("numpy", "torch", "matplotlib")


def is_quick(description: str | None) -> bool:
    """Whether the command line of a benchmark asks for few rounds; its help is `description`."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds, to see whether it runs")
    return bool(parser.parse_args().quick)


def digits(value: float) -> str:
    """A number with three digits that count, and all that stand before its point.

    >>> [digits(value) for value in (0.01234, 9.996, 12.34, 1234.5, 0.0, -0.5)]
    ['0.0123', '10.0', '12.3', '1,234', '0', '-0.500']
    """
    if value == 0.0:
        return "0"
    rounded = float(f"{value:.2e}")
    places = 2 - math.floor(math.log10(abs(rounded)))
    return f"{value:,.{max(places, 0)}f}"


def spread(values: Sequence[float]) -> str:
    """Median, and the smallest and the largest.

    >>> spread([3.0, 1.0, 2.0])
    '2.00 [1.00, 3.00]'
    """
    return f"{digits(statistics.median(values))} [{digits(min(values))}, {digits(max(values))}]"


def times(ratio: float) -> str:
    """How many times as much.

    >>> times(12.34)
    '12.3x'
    """
    return f"{digits(ratio)}x"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A table in Markdown that can also be read as it is: words left, everything else right.

    The first column is words. Every row has a cell for each column.

    >>> print(table(["way", "ms"], [["a loop", "120"], ["a|b", "5"]]))
    | way    |  ms |
    |:-------|----:|
    | a loop | 120 |
    | a\|b   |   5 |
    """
    lines = [[cell.replace("|", "\\|") for cell in line] for line in (header, *rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = [":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])]
    text = [
        "| " + " | ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) + " |"
        for line in lines
    ]
    return "\n".join([text[0], "|" + "|".join(rule) + "|", *text[1:]])


def machine() -> list[tuple[str, str]]:
    """What this machine is, without its name: pairs of words."""
    cores = str(os.cpu_count())
    if sys.platform == "linux" and len(os.sched_getaffinity(0)) != os.cpu_count():
        cores += f", of which {len(os.sched_getaffinity(0))} may be used"
    versions = [(name, _version(name)) for name in PACKAGES]
    return [
        ("processor", _processor()),
        ("cores", cores),
        ("memory", _memory()),
        ("system", f"{_system()}, {platform.machine()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        *versions,
    ]


def busy() -> str:
    """How busy the machine has been in the last minute, as far as it tells."""
    if not hasattr(os, "getloadavg"):
        return "unknown"
    return f"{os.getloadavg()[0]:.1f} processes wanted to run"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or "unknown"


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return "unknown"
    return f"{size / 2**30:.1f} GiB"


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (KeyError, OSError):
        return f"{platform.system()} {platform.mac_ver()[0] or platform.version()}"
