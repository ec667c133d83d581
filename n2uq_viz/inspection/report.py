"""What was found in a file, in lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from n2uq_viz.plots.labels import short

if TYPE_CHECKING:
    from n2uq_viz.fits import Fit
    from n2uq_viz.inspection.checkpoint import CheckpointReport
    from n2uq_viz.tensors import Survey, TensorFile

__all__ = ["checkpoint_lines", "columns", "fit_lines", "listing_lines", "survey_lines"]

#: Bars of a histogram in a line of text, from none to full.
BLOCKS, BARS = " ▁▂▃▄▅▆▇█", 48
#: Names of methods, as people read them.
METHODS = {
    "uniform": "uniform",
    "quantile": "equal use",
    "learned": "learned (G-STE)",
    "apot": "APoT-like",
    "lloyd_max": "Lloyd-Max",
}


def columns(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Return rows as lines with columns, the first `left` of them flush left, the others right.

    >>> columns([("", "bits"), ("act1", "2")])
    ['      bits', 'act1     2']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.ljust(width) if k < left else text.rjust(width)
            for k, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def listing_lines(file: TensorFile) -> list[str]:
    """Return a table of the tensors in a file: name, shape, type and size."""
    rows = [("tensor", "shape", "type", "values")]
    rows += [
        (each.name, " × ".join(map(str, each.shape)) or "one number", each.dtype, f"{each.size:,}")
        for each in file.tensors.values()
    ]
    return columns(rows)


def survey_lines(found: Survey) -> list[str]:
    """Return what a tensor holds: values, what is none, and a histogram of square roots."""
    shape = " × ".join(map(str, found.shape)) or "one number"
    lines = [f"{found.name}: {shape}, {found.dtype}, {found.count:,} values"]
    if not found.whole:
        lines.append(f"seen so far: {found.seen:,} of them, spread over the tensor")
    infinite = found.positive_infinity + found.negative_infinity
    none = f"NaN: {found.nan:,}; infinite: {infinite:,}"
    if infinite:
        none += f" (+: {found.positive_infinity:,}, −: {found.negative_infinity:,})"
    if found.finite:
        lines.append(
            f"{short(found.low)} to {short(found.high)}, mean {short(found.mean)}, deviation "
            f"{short(found.deviation)}, zeros: {100.0 * found.zeros / found.finite:.3g} %"
        )
        lines.append(none)
        shares, ends = found.histogram(BARS)
        heights = [round(8.0 * (share / shares.max()) ** 0.5) for share in shares.tolist()]
        # At least the lowest bar where there is anything at all.
        bars = "".join(
            BLOCKS[max(h, 1) if share else 0]
            for h, share in zip(heights, shares.tolist(), strict=True)
        )
        lines.append(f"{short(float(ends[0]))} {bars} {short(float(ends[-1]))}")
    else:
        lines.append(none)
    return lines


def fit_lines(fits: dict[str, Fit], bits: int) -> list[str]:
    """Return a table of fits, and below it what needs saying of them."""
    rows = [("", "error", "entropy", "slopes", "outside", "thresholds")]
    for name, found in fits.items():
        low, high = found.slopes
        rows.append(
            (
                METHODS[name],
                f"{100.0 * found.relative_error:.3g} %",
                f"{found.entropy:.3g} bits",
                f"{short(low)} to {short(high)}" if short(low) != short(high) else short(low),
                f"{100.0 * found.outside:.3g} %",
                _few(found.quantizer.thresholds.tolist()),
            )
        )
    lines = columns(rows)
    lines += [
        "",
        f"error: mean squared, as a share of the variance; entropy: of {bits} bits at most;",
        "slopes: least and greatest that G-STE passes back;",
        "outside: share of the values beyond the outer edges, where the gradient is 0.",
    ]
    moved = [found for found in fits.values() if found.moved]
    lines += [
        f"{METHODS[found.method]}: no edges have the thresholds {_few(found.wanted.tolist())} in "
        f"their middles; taken were the nearest that some have, at most {short(found.shift)} away."
        for found in moved
    ]
    least = min(fits.values(), key=lambda found: found.relative_error)
    lines.append(
        f"Least error: {METHODS[least.method]}. For even levels, even thresholds have the least; "
        "others are for what a loss wants."
    )
    return lines


def checkpoint_lines(found: CheckpointReport) -> list[str]:
    """Return tables of the quantizers of activations and of the weights."""
    lines = []
    if found.activations:
        rows = [("activations", "bits", "inputs", "outputs", "slopes", "bow", "thresholds")]
        for layer in found.activations:
            q = layer.quantizer
            rows.append(
                (
                    layer.name,
                    str(layer.bits),
                    _span(q.edges[0], q.edges[-1]),
                    _span(q.levels[0], q.levels[-1]),
                    _span(q.slopes.min(), q.slopes.max()),
                    f"{100.0 * layer.bow:+.0f} %".replace("-", "−"),
                    _few(q.thresholds.tolist()),
                )
            )
        lines += columns(rows)
        lines += [
            "",
            "bow: greatest distance of the learned curve from a straight one, of its height;",
            "above it +, below it −.",
            "",
        ]
    if found.weights:
        table = [("weights", "shape", "bits", "scale", "entropy", "on each level, %")]
        table += [
            (
                w.name,
                " × ".join(map(str, w.shape)),
                str(w.bits),
                _span(w.scale.min(), w.scale.max()),
                f"{w.entropy:.3g}",
                ", ".join(f"{100.0 * share:.0f}" for share in w.occupancy.tolist())
                if w.bits <= 3
                else "",
            )
            for w in found.weights
        ]
        lines += columns(table)
        lines += [
            "",
            "scale: γ · mean |w| of the output channels, least to greatest.",
            "The file does not say how many bits weights have: choose with --bits.",
        ]
    if found.pact:
        lines += ["", "PACT: " + ", ".join(f"{n} α = {short(a)}" for n, a in found.pact.items())]
    lines += ["", f"{found.others} other tensors"]
    return lines


def _span(low: float, high: float) -> str:
    a, b = short(float(low)), short(float(high))
    return a if a == b else f"{a} to {b}"


def _few(values: list[float]) -> str:
    """Return numbers, or the first ones and the last one of many."""
    if len(values) <= 7:
        return ", ".join(map(short, values))
    return ", ".join([*map(short, values[:3]), "…", short(values[-1])])
