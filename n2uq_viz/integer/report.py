"""What came of comparing a net in whole numbers with others, for people and for programs."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.integer.agreement import Differences, differences
from n2uq_viz.integer.bitplanes import count_up
from n2uq_viz.integer.costs import Cost, counted, layer_sizes, measured
from n2uq_viz.integer.onnx_export import run_onnx
from n2uq_viz.integer.storage import StoredNet

if TYPE_CHECKING:
    from n2uq_viz.integer.comparison import FloatInference

__all__ = ["WAYS", "Report", "make_report", "report_dict", "report_words"]

#: What the integers are held against exactly, and how that is called.
WAYS = {
    "simulation": "float simulation",
    "bit_planes": "bit planes",
    "onnx": "onnxruntime",
}
#: Images that times are measured with.
TIMED = 50


@dataclass(frozen=True)
class Report:
    """A net in whole numbers, run on some images, and what it was compared with.

    - ``label``, ``versions``: which net, and what it was trained with.
    - ``images``: how many; ``right``: of how many the class is right.
    - ``layers``: names of the layers in whole numbers.
    - ``exact``: for each of `WAYS` that was tried, what differs.
    - ``floats``: fake-quantized inference in batches of some sizes; empty without PyTorch.
    - ``costs``: counted and measured.
    """

    label: str
    versions: Mapping[str, str]
    images: int
    right: int
    layers: tuple[str, ...]
    exact: Mapping[str, Differences]
    floats: tuple[FloatInference, ...]
    costs: tuple[Cost, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs where nothing may."""
        return all(found.none for found in self.exact.values())


def make_report(
    stored: StoredNet,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    batch_sizes: Sequence[int],
    onnx_model: bytes | None = None,
) -> Report:
    """Run a net on images, (n, *image_shape), in every way there is here, and compare.

    Parameters
    ----------
    stored
        The net, in whole numbers and in floats.
    images, labels
        n images, at least one, and their right classes, (n,).
    batch_sizes
        Of the float inference, at least 1 each. Without PyTorch it is left out, and the simulation.
    onnx_model
        What `to_onnx` made of the net, to be run as well.

    Raises
    ------
    ValueError
        Images or sizes that break their rule.
    ImportError
        A model is given, and onnxruntime is not installed.
    """
    net = stored.net
    codes = net.stem_codes(images)
    trace = net.run(codes)
    exact: dict[str, Differences] = {}
    floats: tuple[FloatInference, ...] = ()
    if importlib.util.find_spec("torch") is not None:
        from n2uq_viz.integer.comparison import compare_floats
        from n2uq_viz.integer.simulation import simulate
        from n2uq_viz.integer.trained import float_net
        from n2uq_viz.training.loop import one_thread

        with one_thread():
            exact["simulation"] = differences(trace, simulate(net, codes))
            floats = compare_floats(float_net(stored), net, images, labels, batch_sizes)
    exact["bit_planes"] = differences(trace, net.run(codes, count_up))
    if onnx_model is not None:
        exact["onnx"] = differences(trace, run_onnx(onnx_model, net, codes))
    layer = net.layers[0]
    bits = layer.steps.bit_length(), layer.input_steps.bit_length()
    return Report(
        stored.config.label,
        stored.versions,
        len(images),
        int(np.count_nonzero(trace.classes == labels)),
        tuple(layer.name for layer in net.layers),
        exact,
        floats,
        (*counted(layer_sizes(net), *bits), *measured(net, codes[:TIMED])),
    )


def report_dict(report: Report) -> dict[str, Any]:
    """Return a report ready for JSON; without PyTorch the simulation is null."""
    found = asdict(report)
    found["exact"] = {way: found["exact"].get(way) for way in WAYS}
    return {**found, "versions": dict(report.versions), "equal": report.equal}


def report_words(report: Report) -> str:
    """Return a report as lines for people: three tables."""
    right = f"{report.right} of {report.images} test images right"
    share = f"{100.0 * report.right / report.images:.2f} %"
    lines = [
        f"{report.label}, in integers between stem and head: {right} ({share})",
        "",
        "How many numbers differ from those of the integers, which must be none:",
        *_table(
            ("", "sums", "codes", "classes"),
            [
                (
                    WAYS[way],
                    f"{sum(found.accumulators)} of {sum(found.accumulators_of)}",
                    f"{sum(found.codes)} of {sum(found.codes_of)}",
                    f"{found.classes} of {found.classes_of}",
                )
                for way, found in report.exact.items()
            ],
        ),
    ]
    if report.floats:
        lines += [
            "",
            "Fake quantization in floats, about which nothing is promised. Next to the integers:",
            *_table(
                ("batch", "codes", "classes", "right", "nearest to a threshold", "float error"),
                [
                    (
                        str(one.batch_size),
                        f"{sum(one.codes)} differ",
                        f"{one.classes} differ",
                        f"{one.right}",
                        f"{min(one.distance):.2g}",
                        f"{max(one.error):.2g}",
                    )
                    for one in report.floats
                ],
            ),
            "and next to the same floats in one batch of all images:",
            *_table(
                ("batch", "values", "codes", "classes"),
                [
                    (
                        str(one.batch_size),
                        f"{sum(one.own_values)} differ",
                        f"{sum(one.own_codes)} differ",
                        f"{one.own_classes} differ",
                    )
                    for one in report.floats
                ],
            ),
        ]
    lines += [
        "",
        "What even levels take for one image, and what others would, a look-up for each product:",
        *_table(
            ("", "unit", "even levels", "as bit planes", "look-ups", ""),
            [
                (
                    cost.what,
                    cost.unit,
                    *map(_number, (cost.uniform, cost.bit_planes, cost.look_ups)),
                    cost.how,
                )
                for cost in report.costs
            ],
        ),
    ]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.3g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with columns: the first to the left, the others to the right."""
    every = [head, *rows]
    wide = [max(len(row[k]) for row in every) for k in range(len(head))]
    return [
        "  ".join(
            cell.ljust(size) if k == 0 else cell.rjust(size)
            for k, (cell, size) in enumerate(zip(row, wide, strict=True))
        ).rstrip()
        for row in every
    ]
