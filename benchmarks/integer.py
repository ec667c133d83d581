"""How long the digits net takes in whole numbers, by each way there is here, on one thread.

All begin with the codes of the stem and end with classes, so do the same; their sums, codes and
classes are equal, which is looked at first. Compared, in turns, forwards and backwards, in one
process:

- *integers*: whole numbers multiplied and added up by NumPy, which has no fast routine for that;
- *bit planes*: AND and counting ones, 64 products at a time, in NumPy;
- *look-ups*: each product looked up in a table, as levels that are not even would need it;
- *float simulation*: the same whole numbers as float32 in PyTorch, one product of matrices a layer;
- *onnxruntime*: ConvInteger and comparisons.

Ratios are of medians, and belong to this machine and this run. None of it is what a chip would do.

Run: ``python -m benchmarks.integer``.
"""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable

from benchmarks.report import is_quick, spread, table, times
from n2uq_viz import datasets
from n2uq_viz.integer import IntegerNet, Trace, add_look_ups, count_up, differences, run_onnx
from n2uq_viz.integer.net import Codes
from n2uq_viz.integer.onnx_export import to_onnx
from n2uq_viz.integer.simulation import simulate
from n2uq_viz.training.loop import one_thread
from n2uq_viz.training.tasks import load_task

ROUNDS = 9
IMAGES = (1, 64, 450)
INTEGERS = "integers"


def ways(net: IntegerNet, codes: Codes) -> dict[str, Callable[[], object]]:
    """Return what is compared: each call computes the classes of all images."""
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(to_onnx(net), options, providers=["CPUExecutionProvider"])
    return {
        INTEGERS: lambda: net.run(codes),
        "bit planes": lambda: net.run(codes, count_up),
        "look-ups": lambda: net.run(codes, add_look_ups),
        "float simulation": lambda: simulate(net, codes),
        "onnxruntime": lambda: session.run(["class"], {"codes": codes}),
    }


def check(net: IntegerNet, codes: Codes) -> None:
    """Raise RuntimeError unless all ways give the same."""
    trace = net.run(codes)
    others: dict[str, Trace] = {
        "bit planes": net.run(codes, count_up),
        "look-ups": net.run(codes, add_look_ups),
        "float simulation": simulate(net, codes),
        "onnxruntime": run_onnx(to_onnx(net), net, codes),
    }
    for name, other in others.items():
        if not differences(trace, other).none:
            raise RuntimeError(f"{name} differ from the integers: {differences(trace, other)}")


def measure(compared: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each way, which have taken turns."""
    found: dict[str, list[float]] = {name: [] for name in compared}
    for call in compared.values():
        call()
    for turn in range(rounds):
        for name in list(compared) if turn % 2 == 0 else reversed(list(compared)):
            began = time.perf_counter()
            compared[name]()
            found[name].append(1000.0 * (time.perf_counter() - began))
    return found


def main(quick: bool = False) -> None:
    """Measure and print the table."""
    rounds = 2 if quick else ROUNDS
    stored = datasets.stored_integer_net()
    net = stored.net
    every = net.stem_codes(load_task("digits").test.x)
    runtime = importlib.import_module("onnxruntime")
    print(f"{stored.config.label}; onnxruntime {runtime.__version__}; one thread; ms: ", end="")
    print(f"median [smallest, largest] of {rounds}.\n")
    rows = []
    with one_thread():
        check(net, every)
        for count in IMAGES:
            taken = measure(ways(net, every[:count]), rounds)
            middle = {name: statistics.median(found) for name, found in taken.items()}
            images = f"{count} {'image' if count == 1 else 'images'}"
            rows += [
                [f"{images}, {name}", spread(found), times(middle[INTEGERS] / middle[name])]
                for name, found in taken.items()
            ]
    print(table(["", "ms", "integers / this"], rows))


if __name__ == "__main__":
    main(is_quick(__doc__))
