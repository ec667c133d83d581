"""The integer net as an ONNX model: ConvInteger or MatMulInteger, then comparisons.

The usual form of quantized models, pairs of QuantizeLinear and DequantizeLinear, knows levels and
thresholds that are both evenly spaced. Learned thresholds are not, so each layer here multiplies
whole numbers, compares the sum with whole numbers, and adds up what is true.

The model begins with the codes of the stem, whose float sums a runtime may make in any order, and
ends with the codes of every layer, the head's numbers and the class. It needs onnx, and to be run
onnxruntime: ``pip install "n2uq_viz[onnx]"``.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2uq_viz.files import write_as
from n2uq_viz.integer.net import Codes, IntegerLayer, IntegerNet, Trace, check_codes

__all__ = ["run_onnx", "save_onnx", "to_onnx"]

#: Of the ONNX operators that are used, and of the file: old enough for most runtimes.
OPSET, IR_VERSION = 17, 8
#: Largest whole number of an 8-bit weight.
HIGHEST_WEIGHT = 127
ACCUMULATORS, CODES = "accumulators_{}", "codes_{}"


def to_onnx(net: IntegerNet) -> bytes:
    """Return the contents of an ONNX file that computes what ``net.run`` does.

    Its input ``codes`` is uint8, (n, ...), as of ``net.stem_codes``. Its outputs are, for each
    layer, ``accumulators_NAME``, int32, and ``codes_NAME``, uint8; ``logits``, float64; ``class``,
    int64.

    Raises
    ------
    ImportError
        onnx is not installed.
    ValueError
        Weights have more than 7 bits: their values ``2k - L`` take more than the 8 bits that the
        operators have.
    """
    onnx = _module("onnx")
    kinds, describe = onnx.TensorProto, onnx.helper.make_tensor_value_info
    graph = _Graph(onnx)
    value = "codes"
    outputs = []
    first, *shapes = net.code_shapes
    for layer, shape in zip(net.layers, shapes, strict=True):
        value = _layer(graph, layer, value)
        for name, kind in ((ACCUMULATORS, kinds.INT32), (CODES, kinds.UINT8)):
            outputs.append(describe(name.format(layer.name), kind, ["n", *shape]))
    _head(graph, net, value)
    classes = len(net.head.bias)
    outputs.append(describe("logits", kinds.DOUBLE, ["n", classes]))
    outputs.append(describe("class", kinds.INT64, ["n"]))
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "integer_net",
            [describe("codes", kinds.UINT8, ["n", *first])],
            outputs,
            graph.constants,
        ),
        producer_name="n2uq_viz",
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        doc_string="Whole numbers between the codes of a float stem, which are the input, and a "
        "float head.",
    )
    onnx.checker.check_model(model, full_check=True)
    found: bytes = model.SerializeToString(deterministic=True)
    return found


def save_onnx(net: IntegerNet, path: str | Path, *, overwrite: bool = False) -> Path:
    """Save `to_onnx` as ``.onnx`` and return where.

    A missing folder is made. If the file exists, a free name beside it is taken unless `overwrite`
    is given. Raises ValueError for another suffix, OSError where nothing can be written, and what
    `to_onnx` does.
    """
    return write_as(path, ".onnx", "an ONNX model", lambda: to_onnx(net), overwrite)


def run_onnx(model: bytes | str | Path, net: IntegerNet, codes: Codes) -> Trace:
    """Return what onnxruntime computes from codes of the stem, on the processor.

    `model` is a file that `save_onnx` wrote, or its contents; `net` says which layers it has.

    Raises
    ------
    ImportError
        onnxruntime is not installed.
    ValueError
        Codes that are no whole numbers in the range of the first layer.
    """
    check_codes(codes, net.layers[0].input_steps)
    runtime = _module("onnxruntime")
    content = model if isinstance(model, bytes) else Path(model).read_bytes()
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [layer.name for layer in net.layers]
    wanted = [name.format(layer) for name in (ACCUMULATORS, CODES) for layer in names]
    found: list[NDArray[Any]] = session.run([*wanted, "logits", "class"], {"codes": codes})
    count = len(names)
    return Trace(tuple(found[:count]), (codes, *found[count : 2 * count]), found[-2], found[-1])


def _module(name: str) -> Any:
    """Import a package that only this module needs; there are no types for all of it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f'ONNX models need {name}, which is not installed: pip install "n2uq_viz[onnx]"'
        ) from error


class _Graph:
    """Nodes and constants in the making, each with a name of its own."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self.constants.append(self.onnx.numpy_helper.from_array(values, name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], output, **attributes))
        return output


def _layer(graph: _Graph, layer: IntegerLayer, codes: str) -> str:
    """Add a layer, and return the name of its codes."""
    name, kinds = layer.name, graph.onnx.TensorProto
    values = layer.signed_weight
    if np.abs(values).max() > HIGHEST_WEIGHT:
        raise ValueError(
            f"{name} must have weights of at most 7 bits, whose values 2k - L fit the 8 bits of "
            f"ONNX's operators, got values up to {np.abs(values).max()}"
        )
    narrow = values.astype(np.int8)
    sums = ACCUMULATORS.format(name)
    channels = len(narrow)
    wide = (channels, *(1,) * (narrow.ndim - 2))
    if narrow.ndim == 2:
        flat = graph.add("Flatten", [codes], f"{name} flat", axis=1)
        weight = graph.constant(f"{name} weight", np.ascontiguousarray(narrow.T))
        graph.add("MatMulInteger", [flat, weight], sums)
    else:
        weight = graph.constant(f"{name} weight", narrow)
        graph.add(
            "ConvInteger",
            [codes, weight],
            sums,
            strides=list(layer.stride),
            pads=[*layer.padding, *layer.padding],
        )
    sign = graph.constant(f"{name} sign", layer.sign.reshape(wide))
    signed = graph.add("Mul", [sums, sign], f"{name} signed")
    last = graph.constant(f"{name} last", np.array([-1], dtype=np.int64))
    each = graph.add("Unsqueeze", [signed, last], f"{name} each")
    thresholds = graph.constant(
        f"{name} thresholds", layer.thresholds.reshape(*wide, -1).astype(np.int32)
    )
    passed = graph.add("GreaterOrEqual", [each, thresholds], f"{name} passed")
    ones = graph.add("Cast", [passed], f"{name} ones", to=kinds.INT32)
    count = graph.add("ReduceSum", [ones, last], f"{name} count", keepdims=0)
    return graph.add("Cast", [count], CODES.format(name), to=kinds.UINT8)


def _head(graph: _Graph, net: IntegerNet, codes: str) -> None:
    """Add the head, in float64, whose sums are exact in whatever order they are made."""
    head = net.head
    flat = graph.add("Flatten", [codes], "head flat", axis=1)
    exact = graph.add("Cast", [flat], "head codes", to=graph.onnx.TensorProto.DOUBLE)
    weight = graph.constant("head weight", np.ascontiguousarray(head.weight.T))
    sums = graph.add("MatMul", [exact, weight], "head sums")
    scale = graph.constant("head scale", np.array(head.scale))
    scaled = graph.add("Mul", [sums, scale], "head scaled")
    graph.add("Add", [scaled, graph.constant("head bias", head.bias)], "logits")
    graph.add("ArgMax", ["logits"], "class", axis=1, keepdims=0)
