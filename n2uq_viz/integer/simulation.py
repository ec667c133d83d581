"""The net that the integers are held against: whole numbers convolved as floats by PyTorch.

Activations are codes, weights ``2k - L``, both in float32; every product and every partial sum is a
whole number below 2**24, which float32 holds exactly, in whatever order they are added up. Then
comes the float epilogue (`n2uq_viz.integer.epilogue`), and its value is compared with the trained
thresholds. No whole-number threshold is used here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from n2uq_viz.integer.epilogue import Epilogue, values
from n2uq_viz.integer.net import Codes, IntegerLayer, IntegerNet, Trace, check_codes

__all__ = ["simulate"]


def simulate(net: IntegerNet, codes: Codes) -> Trace:
    """Return what the float simulation of a net computes from codes of its stem.

    Raises ValueError for codes that are no whole numbers in the range of the first layer.
    """
    check_codes(codes, net.layers[0].input_steps)
    x = torch.tensor(codes)
    accumulators, every = [], [codes]
    with torch.no_grad():
        for layer in net.layers:
            sums = _sums(layer, x.float())
            accumulators.append(sums.numpy().astype(np.int32))
            x = _codes(sums, layer.epilogue)
            every.append(x.numpy())
        head = net.head
        products = x.flatten(1).double() @ torch.tensor(head.weight).T
        logits = products * head.scale + torch.tensor(head.bias)
    found = logits.numpy()
    return Trace(tuple(accumulators), tuple(every), found, found.argmax(1))


def _sums(layer: IntegerLayer, x: Tensor) -> Tensor:
    """Return the accumulators as whole numbers in float32, (n, C, ...)."""
    weight = torch.tensor(layer.signed_weight).float()
    columns = weight.flatten(1)
    if weight.ndim == 2:
        return x.flatten(1) @ columns.T
    # A convolution as one product of matrices: some of PyTorch's own go by a detour through
    # fractions (Winograd's), which would be rounded.
    seen = functional.unfold(x, weight.shape[2:], padding=layer.padding, stride=layer.stride)
    high = (x.shape[2] + 2 * layer.padding[0] - weight.shape[2]) // layer.stride[0] + 1
    sums: Tensor = (columns @ seen).unflatten(2, (high, -1))
    return sums


def _codes(sums: Tensor, epilogue: Epilogue) -> Tensor:
    numbers: Any = Epilogue._make(map(torch.tensor, epilogue))
    u = values(sums, numbers, torch.where)
    found = torch.zeros(u.shape, dtype=torch.uint8)
    for threshold in numbers.thresholds:
        found += u > threshold
    return found
