"""N2UQ in PyTorch: the trainable quantizer as a function and as layers, and its peers.

`gste_quantize` is the op, with its compiled kernels switched by `set_fused`; `quantize_weight` is
for weights. The layers hold parameters and call these. It needs PyTorch, which the rest of the
package does not: ``pip install "n2uq_viz[train]"``.
"""

from n2uq_viz.nn.functional import gste_quantize
from n2uq_viz.nn.fused import set_fused
from n2uq_viz.nn.modules import N2UQActivation, N2UQConv2d, N2UQLinear
from n2uq_viz.nn.peers import LSQActivation, PACTActivation, UniformActivation
from n2uq_viz.nn.recording import record_activations
from n2uq_viz.nn.reference import ReferenceState, load_reference_state, read_reference_state
from n2uq_viz.nn.weights import quantize_weight

__all__ = [
    "LSQActivation",
    "N2UQActivation",
    "N2UQConv2d",
    "N2UQLinear",
    "PACTActivation",
    "ReferenceState",
    "UniformActivation",
    "gste_quantize",
    "load_reference_state",
    "quantize_weight",
    "read_reference_state",
    "record_activations",
    "set_fused",
]
