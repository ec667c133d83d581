"""All benchmarks on one page: the machine, then a section for each, which runs by itself.

Run: ``python -m benchmarks``, or some of them by name; ``--out benchmarks/RESULTS.md`` keeps the
page.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import busy, machine, table
from n2uq_viz.files import write_streamed

#: Module -> title of its section, in the order of the page.
SECTIONS = {
    "interaction": "A drag, against `interact` of ipywidgets",
    "montecarlo": "Monte Carlo, against a loop and the generator alone",
    "gste": "The G-STE op, against a loop over levels, PyTorch's fake quantizers and clamp",
    "training": "A training step, against float, STE and a loop over levels",
    "integer": "The digits net in whole numbers, against floats and onnxruntime",
    "figures": "Figures, against empty axes and drawing anew",
    "startup": "Import and start-up, against NumPy",
    "notebooks": "Each notebook from its first cell to its last, against a kernel alone",
    "tensors": "Memory and time of a survey, against `np.load` and `np.histogram`",
    "scale": "How time and memory grow",
}
#: Benchmarks that are run by themselves only: this one needs the network, and minutes.
APART = ("first_drag",)
ROOT = Path(__file__).resolve().parent.parent


def section(name: str, quick: bool) -> tuple[str, bool]:
    """Run one benchmark in a process of its own: its section, and whether it failed.

    What it says on standard error goes on to the terminal.
    """
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if quick else [])]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    took = f"`python -m benchmarks.{name}`: {time.perf_counter() - began:.0f} s."
    lines = [f"## {SECTIONS[name]}", took, done.stdout.strip()]
    if done.returncode:
        lines.append(f"**This benchmark failed, with exit status {done.returncode}.**")
    return "\n\n".join(filter(None, lines)) + "\n", done.returncode != 0


def page(names: Sequence[str], quick: bool) -> tuple[str, list[str]]:
    """Print the page while it is made, and return it with the names of what failed."""
    rows = [*machine(), ("busy before", busy())]
    about = (
        "Ratios compare what ran in turns within one process; absolute times are this machine's."
    )
    parts = ["# Benchmarks" + (" (quick: few rounds)" if quick else "") + "\n", about + "\n"]
    parts.append(table(["machine", ""], rows) + "\n")
    print("\n".join(parts), flush=True)
    failed = []
    for name in names:
        text, has_failed = section(name, quick)
        print(text, flush=True)
        parts.append(text)
        if has_failed:
            failed.append(name)
    return "\n".join(parts), failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is 1 if a benchmark failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure, and print one page."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="few rounds, to see whether it runs")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the page there, in Markdown")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(SECTIONS))
    if unknown:
        parser.error(f"NAME must be one of {', '.join(SECTIONS)}, got {unknown[0]!r}")
    names = [name for name in SECTIONS if name in asked.names or not asked.names]
    failed: list[str] = []

    def write(hidden: Path) -> None:
        text, found = page(names, asked.quick)
        failed.extend(found)
        hidden.write_text(text, encoding="utf-8")

    if asked.out is None:
        failed = page(names, asked.quick)[1]
    else:
        try:
            write_streamed(asked.out.with_suffix(""), asked.out.suffix, write, overwrite=True)
        except OSError as error:
            parser.error(str(error))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
