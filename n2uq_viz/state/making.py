"""What is stored beside `n2uq_viz.state.tensors`, made again: ``python -m n2uq_viz.state.making``.

It needs the stored digits net, so a clone of the repository, PyTorch and scikit-learn. Another
PyTorch or processor may round the activations of that net in other ways.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from n2uq_viz import datasets
from n2uq_viz.files import write_together
from n2uq_viz.state.tensors import FILE, fitted

__all__ = ["made", "main"]

#: Layers of the net, whose inputs are recorded for its 450 test images.
LAYERS = ["act1", "act2", "act3"]


def made() -> dict[str, Any]:
    """Return all stored tensors by name: some seconds of work."""
    import torch

    from n2uq_viz.integer.trained import float_net
    from n2uq_viz.nn.recording import record_activations
    from n2uq_viz.training.tasks import load_task

    net = float_net(datasets.stored_integer_net())
    images = torch.from_numpy(load_task("digits").test.x).float()
    surveys = record_activations(net, [images], layers=LAYERS, of="input")
    summaries = {"digits_filter": datasets.summary("digit_filter")}
    summaries |= {f"digits_{name}": each.summary() for name, each in surveys.items()}
    summaries |= {"two_humps": datasets.summary("bimodal")}
    return {name: fitted(name, summary) for name, summary in summaries.items()}


def main() -> None:
    """Write the file anew."""
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in made().items()]
    target = Path(__file__).with_name(FILE)
    content = ("{\n" + ",\n".join(lines) + "\n}\n").encode()
    write_together(target.with_suffix(""), {target.suffix: content}, overwrite=True)


if __name__ == "__main__":
    main()
