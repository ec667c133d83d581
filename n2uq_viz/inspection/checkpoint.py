"""A checkpoint in the naming of the method's authors: what every one of its layers learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from n2uq_viz.checks import FloatArray
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.summaries import entropy_bits
from n2uq_viz.weights import weight_codes, weight_scale

if TYPE_CHECKING:
    from n2uq_viz.nn.reference import ReferenceState

__all__ = ["ActivationLayer", "CheckpointReport", "WeightLayer", "read_checkpoint"]

#: What a quantizer of activations holds in such a checkpoint, at the end of each name.
LEAVES = ("start", "a", "scale1", "scale2")


@dataclass(frozen=True)
class ActivationLayer:
    """One learned quantizer of activations, by the name of its layer."""

    name: str
    quantizer: Quantizer

    @property
    def bits(self) -> int:
        """Return its number of bits."""
        return self.quantizer.levels.size.bit_length() - 1

    @property
    def compander(self) -> FloatArray:
        """Return the learned curve as corners (x, y), shape (L + 1, 2), both axes from 0 to 1.

        Between corners it is straight; all on the diagonal are plain STE.
        """
        q = self.quantizer
        ends = ((q.edges, q.edges[[0, -1]]), (q.levels, q.levels[[0, -1]]))
        return np.stack([(at - low) / (high - low) for at, (low, high) in ends], axis=1)

    @property
    def bow(self) -> float:
        """Return how far the curve is from the diagonal where that is most, above it positive.

        >>> ActivationLayer("act", Quantizer([0.0, 1.0, 4.0], [0.0, 1.0, 2.0])).bow
        0.25
        """
        x, y = self.compander.T
        return float((y - x)[np.argmax(np.abs(y - x))])

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        q = self.quantizer
        return {
            "layer": self.name,
            "bits": self.bits,
            "edges": q.edges.tolist(),
            "thresholds": q.thresholds.tolist(),
            "levels": q.levels.tolist(),
            "slopes": q.slopes.tolist(),
            "compander": self.compander.tolist(),
            "bow": self.bow,
        }


@dataclass(frozen=True)
class WeightLayer:
    """Quantized weights of one layer with so many bits.

    Attributes
    ----------
    scale
        gamma * mean(abs(w)) of each output channel, in units of the weights; shape (channels,).
    occupancy
        Share of the weights on each level, from the lowest one on.
    """

    name: str
    shape: tuple[int, ...]
    bits: int
    scale: FloatArray
    occupancy: FloatArray

    @property
    def entropy(self) -> float:
        """Return the entropy of the codes in bits."""
        return entropy_bits(self.occupancy)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {
            "layer": self.name,
            "shape": list(self.shape),
            "bits": self.bits,
            "scale": self.scale.tolist(),
            "occupancy": self.occupancy.tolist(),
            "entropy": self.entropy,
        }


@dataclass(frozen=True)
class CheckpointReport:
    """What a checkpoint's layers learned, in the order of the file."""

    activations: tuple[ActivationLayer, ...]
    weights: tuple[WeightLayer, ...]
    pact: dict[str, float]
    others: int

    @property
    def quantizers(self) -> dict[str, Quantizer]:
        """Return name -> quantizer of activations."""
        return {layer.name: layer.quantizer for layer in self.activations}

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {
            "activations": [layer.to_dict() for layer in self.activations],
            "weights": [layer.to_dict() for layer in self.weights],
            "pact": self.pact,
            "other_tensors": self.others,
        }


def is_reference(names: Mapping[str, Any]) -> bool:
    """Say whether some layer has the tensors of one of the authors' quantizers.

    >>> is_reference(dict.fromkeys(["m.quan1.start", "m.quan1.a", "m.quan1.scale1"]))
    False
    >>> is_reference(dict.fromkeys(f"m.quan1.{leaf}" for leaf in LEAVES))
    True
    """
    layers = (name.removesuffix(".start") for name in names if name.endswith(".start"))
    return any(all(f"{layer}.{leaf}" in names for leaf in LEAVES) for layer in layers)


def read_checkpoint(
    state: Mapping[str, Any] | ReferenceState, weight_bits: int
) -> CheckpointReport:
    """Return what every layer of a checkpoint learned.

    Parameters
    ----------
    state
        A state dict in the authors' naming, as for `n2uq_viz.nn.read_reference_state`, or what that
        returned.
    weight_bits
        Of the weights, 1 to 8: a checkpoint does not say.

    Raises
    ------
    ValueError
        The state dict does not fit that naming; a weight that is not finite, with its name.
    ImportError
        PyTorch is not installed.
    """
    from n2uq_viz.nn.reference import ReferenceState, read_reference_state

    found = state if isinstance(state, ReferenceState) else read_reference_state(state)
    return CheckpointReport(
        tuple(
            ActivationLayer(name, _quantizer(name, act)) for name, act in found.activations.items()
        ),
        tuple(_weights(name, w.detach(), weight_bits) for name, w in found.weights.items()),
        {name: float(alpha) for name, alpha in found.pact.items()},
        len(found.others),
    )


def _quantizer(name: str, act: Any) -> Quantizer:
    try:
        found: Quantizer = act.quantizer()
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return found


def _weights(name: str, weight: Any, bits: int) -> WeightLayer:
    w, levels = weight.double().numpy(), 2**bits
    try:
        scale = weight_scale(w, levels)
        codes = weight_codes(w, levels, scale=scale)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    shares = np.bincount(codes.ravel(), minlength=levels) / codes.size
    return WeightLayer(name, w.shape, bits, scale.ravel(), shares)
