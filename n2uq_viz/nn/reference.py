"""Reading checkpoints in the naming of the method's authors.

In their ResNets and their MobileNet-V2 a quantizer of activations holds ``start``, ``a``,
``scale1`` and ``scale2``, a quantized convolution ``weight`` and ``clip_val``; both hold constants
besides, which are the same everywhere. Their names alone say what a tensor is, so a state dict can
be read without a model of that architecture. The names are facts about those files; nothing of
their code is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from n2uq_viz.checks import instance
from n2uq_viz.nn.modules import N2UQActivation, N2UQConv2d, N2UQLinear
from n2uq_viz.nn.peers import PACTActivation

__all__ = ["ReferenceState", "load_reference_state", "read_reference_state"]

#: The authors' names of what is trained in a quantizer of activations, and ours.
ACTIVATION = {
    "start": "start",
    "a": "intervals",
    "scale1": "input_scale",
    "scale2": "output_scale",
}
ACTIVATION_CONSTANTS = ("two", "one", "zero", "minusone", "eps")
#: Beside a quantized weight a constant, on its own PACT's alpha.
CLIP = "clip_val"
CLIP_OF_WEIGHTS = 2.0
WEIGHT_CONSTANTS = (CLIP, "zero")
#: What PyTorch's layers, and a learned bias, call their tensors.
COUNT = "num_batches_tracked"
USUAL = ("weight", "bias", "running_mean", "running_var", COUNT)


@dataclass(frozen=True)
class ReferenceState:
    """What a checkpoint holds, by the name of the layer, such as ``layer1.0.quan1``.

    `activations`: quantizers of activations, each with its own number of bits. `weights`: quantized
    weights, of shape (outputs, ...), as trained, so before quantization; their number of bits is
    not in a checkpoint. `pact`: PACT's alpha where that is used, as in the last layer of their
    MobileNet-V2. `others`: all other tensors, by their whole name. The activations are copies, the
    tensors share the memory of the state dict.
    """

    activations: dict[str, N2UQActivation] = field(default_factory=dict)
    weights: dict[str, Tensor] = field(default_factory=dict)
    pact: dict[str, Tensor] = field(default_factory=dict)
    others: dict[str, Tensor] = field(default_factory=dict)


def read_reference_state(state: Mapping[str, Any]) -> ReferenceState:
    """Return what a state dict in the naming of the method's authors holds, layer by layer.

    `state` maps names to tensors, as ``torch.load(path, weights_only=True)`` gives it. A whole
    checkpoint, with the tensors under ``"state_dict"``, does as well, and so do names that all
    begin with ``module.``, as DataParallel writes them. Constants are left out; `clip_val` beside a
    weight is one of them, and must be 2.

    Raises ValueError that names every tensor that is missing, unknown or of a wrong shape.

    >>> one = torch.ones(1)
    >>> layer = {"quan1.start": 0 * one, "quan1.a": one, "quan1.scale1": one, "quan1.scale2": one}
    >>> read_reference_state(layer).activations["quan1"].quantizer().thresholds
    array([0.5])
    >>> del layer["quan1.scale2"]
    >>> read_reference_state(layer)
    Traceback (most recent call last):
    ValueError: the state dict does not fit: missing quan1.scale2
    """
    tensors = _tensors(state)
    layers: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        layer, _, leaf = name.rpartition(".")
        layers.setdefault(layer, {})[leaf] = tensor
    found, problems = ReferenceState(), _Problems()
    for layer, parts in layers.items():
        if parts.keys() & ACTIVATION.keys():
            problems.add(layer, parts, ACTIVATION, ACTIVATION_CONSTANTS)
            intervals = parts.get("a", torch.empty(1))
            bits = intervals.numel().bit_length()
            if intervals.ndim != 1 or not 1 <= bits <= 8 or intervals.numel() != 2**bits - 1:
                problems.shape(layer, "a", intervals, "(2**bits - 1,)")
            elif not intervals.is_floating_point():
                problems.others.append(
                    f"{_join(layer, 'a')} in {intervals.dtype}, not floating point"
                )
            elif parts.keys() >= ACTIVATION.keys():
                found.activations[layer] = act = N2UQActivation(bits, dtype=intervals.dtype)
                problems.fill(
                    layer, parts, {old: getattr(act, new) for old, new in ACTIVATION.items()}
                )
        elif parts.keys() == {CLIP}:
            found.pact[layer] = parts[CLIP]
        elif parts.keys() & set(WEIGHT_CONSTANTS):
            problems.add(layer, parts, ("weight",), WEIGHT_CONSTANTS)
            problems.clip(layer, parts)
            found.weights[layer] = parts.get("weight", torch.empty(0))
        else:
            problems.add(layer, parts, (), USUAL)
            found.others.update({_join(layer, leaf): tensor for leaf, tensor in parts.items()})
    problems.report()
    if not (found.activations or found.weights):
        raise ValueError(
            "the state dict holds no layer of N2UQ: none with start, a, scale1 and scale2, and "
            f"none with weight and clip_val, got {_listed(tensors)}"
        )
    return found


def load_reference_state(module: nn.Module, state: Mapping[str, Any]) -> None:
    """Set the tensors of `module` from a state dict in the naming of the method's authors.

    `module` is a layer, or a model whose layers bear the names that the state dict gives them:
    `N2UQActivation`, `N2UQConv2d`, `N2UQLinear`, `PACTActivation`, or PyTorch's own. `state` is as
    for `read_reference_state`. A bias that the authors' layers do not have stays as it is.

    Raises ValueError that names every tensor that is missing, unknown or of a wrong shape. Then
    nothing has been changed.

    >>> act = N2UQActivation(1)
    >>> one = torch.ones(1)
    >>> load_reference_state(act, {"start": one, "a": one, "scale1": one, "scale2": one})
    >>> act.quantizer().thresholds
    array([1.5])
    """
    instance("module", module, nn.Module, "give the layer or the model first, then its state")
    while isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
        module = module.module
    tensors = _tensors(state)
    problems = _Problems()
    known: set[str] = set()
    for layer, part in module.named_modules(remove_duplicate=False):
        own = part.state_dict(keep_vars=True)
        own = {leaf: tensor for leaf, tensor in own.items() if "." not in leaf}
        # A count that nothing depends on, and that old files do not have.
        if _join(layer, COUNT) not in tensors:
            own.pop(COUNT, None)
        constants: tuple[str, ...] = ()
        if isinstance(part, N2UQActivation):
            own, constants = (
                {old: own[new] for old, new in ACTIVATION.items()},
                ACTIVATION_CONSTANTS,
            )
        elif isinstance(part, N2UQConv2d | N2UQLinear):
            constants = WEIGHT_CONSTANTS
            if _join(layer, "bias") not in tensors:
                own.pop("bias", None)
        elif isinstance(part, PACTActivation):
            own = {CLIP: part.alpha}
        here = {
            leaf: tensors[_join(layer, leaf)]
            for leaf in (*own, *constants)
            if _join(layer, leaf) in tensors
        }
        known |= {_join(layer, leaf) for leaf in here}
        problems.add(layer, here, own, constants)
        problems.fill(layer, here, own)
        if constants == WEIGHT_CONSTANTS:
            problems.clip(layer, here)
    problems.unknown += [name for name in tensors if name not in known]
    problems.report()


class _Problems:
    """What does not fit, so that one error can name it all; and what to set if all does."""

    def __init__(self) -> None:
        self.missing: list[str] = []
        self.unknown: list[str] = []
        self.others: list[str] = []
        self.to_set: list[tuple[Tensor, Tensor]] = []

    def add(
        self, layer: str, parts: Mapping[str, Tensor], needed: Iterable[str], allowed: Iterable[str]
    ) -> None:
        """Note which of the parts of a layer are missing or unknown."""
        names = dict.fromkeys(needed)
        self.missing += [_join(layer, leaf) for leaf in names if leaf not in parts]
        names |= dict.fromkeys(allowed)
        self.unknown += [_join(layer, leaf) for leaf in parts if leaf not in names]

    def shape(self, layer: str, leaf: str, found: Tensor, wanted: str) -> None:
        """Note a tensor of a wrong shape."""
        self.others.append(
            f"{_join(layer, leaf)} of shape {tuple(found.shape)} where {wanted} is needed"
        )

    def fill(self, layer: str, parts: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> None:
        """Plan to set our tensors of a layer, or note that their shapes differ."""
        for leaf, target in own.items():
            found = parts.get(leaf)
            if found is not None and found.shape != target.shape:
                self.shape(layer, leaf, found, str(tuple(target.shape)))
            elif found is not None:
                self.to_set.append((target, found))

    def clip(self, layer: str, parts: Mapping[str, Tensor]) -> None:
        """Note a weight that was clipped elsewhere than ours are."""
        clip = parts.get(CLIP)
        if clip is not None and bool((clip != CLIP_OF_WEIGHTS).any()):
            self.others.append(
                f"{_join(layer, CLIP)} = {clip.tolist()} where {CLIP_OF_WEIGHTS:g} is needed"
            )

    def report(self) -> None:
        """Raise ValueError if anything was noted; otherwise set what was planned."""
        lines = [
            f"{kind} {', '.join(names)}"
            for kind, names in (("missing", self.missing), ("unknown", self.unknown))
            if names
        ]
        if lines or self.others:
            raise ValueError("the state dict does not fit: " + "; ".join([*lines, *self.others]))
        with torch.no_grad():
            for target, found in self.to_set:
                target.copy_(found)


def _tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the tensors of `state`, without a ``module.`` that all their names begin with."""
    if not isinstance(state, Mapping):
        raise ValueError(
            f"state must be a dict of tensors by name, got {type(state).__name__}; "
            "torch.load(path, weights_only=True) gives one"
        )
    inner = state.get("state_dict")
    tensors = dict(inner if isinstance(inner, Mapping) else state)
    odd = [
        n for n, value in tensors.items() if not (isinstance(n, str) and isinstance(value, Tensor))
    ]
    if odd:
        raise ValueError(
            f"state must hold tensors by name only, got something else in {_listed(odd)}"
        )
    prefix = "module."
    shared = prefix if all(name.startswith(prefix) for name in tensors) else ""
    return {name.removeprefix(shared): value.detach() for name, value in tensors.items()}


def _join(layer: str, leaf: str) -> str:
    return f"{layer}.{leaf}" if layer else leaf


def _listed(names: Iterable[Any]) -> str:
    some = [str(name) for name in names]
    return (
        ", ".join(some[:5]) + (f" and {len(some) - 5} more" if len(some) > 5 else "") or "nothing"
    )
