"""A trained net in integer codes and integer sums, and what that means, saves and exports.

NumPy alone runs a stored net (`IntegerNet`), multiplying or by planes of bits (`count_up`), and
counts what it takes (`counted`). `compile_net`, `simulate`, `compare_floats`, `train_net` and
`float_net` need PyTorch, which is imported when one of them is asked for
(``pip install "n2uq_viz[train]"``). Files for other programs are made by `save_onnx`
(``pip install "n2uq_viz[onnx]"``).

What "equal" means here: the simulation convolves the same whole numbers as floats, exactly, and
then takes the trained net's steps in floats in one fixed order. Its sums, codes and classes are
those of the integers, on every image. Fake quantization, which adds up floats in some order, may
differ from both, and from itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from n2uq_viz.integer.agreement import Differences, differences
from n2uq_viz.integer.bitplanes import count_up
from n2uq_viz.integer.costs import Cost, LayerSize, add_look_ups, counted, layer_sizes, measured
from n2uq_viz.integer.epilogue import Epilogue
from n2uq_viz.integer.net import Head, IntegerLayer, IntegerNet, Stem, Trace, add_up
from n2uq_viz.integer.onnx_export import run_onnx, save_onnx, to_onnx
from n2uq_viz.integer.storage import StoredNet, load_net
from n2uq_viz.integer.thresholds import integer_thresholds, reach

if TYPE_CHECKING:
    from n2uq_viz.integer.comparison import FloatInference, compare_floats
    from n2uq_viz.integer.compile import compile_net
    from n2uq_viz.integer.simulation import simulate
    from n2uq_viz.integer.trained import float_net, train_net

__all__ = [
    "Cost",
    "Differences",
    "Epilogue",
    "FloatInference",
    "Head",
    "IntegerLayer",
    "IntegerNet",
    "LayerSize",
    "Stem",
    "StoredNet",
    "Trace",
    "add_look_ups",
    "add_up",
    "compare_floats",
    "compile_net",
    "count_up",
    "counted",
    "differences",
    "float_net",
    "integer_thresholds",
    "layer_sizes",
    "load_net",
    "measured",
    "reach",
    "run_onnx",
    "save_onnx",
    "simulate",
    "to_onnx",
    "train_net",
]

#: Names that need PyTorch, and the modules that hold them.
_WITH_TORCH = {
    "FloatInference": "comparison",
    "compare_floats": "comparison",
    "compile_net": "compile",
    "float_net": "trained",
    "simulate": "simulation",
    "train_net": "trained",
}


def __getattr__(name: str) -> Any:
    if name in _WITH_TORCH:
        return getattr(importlib.import_module(f"{__name__}.{_WITH_TORCH[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
