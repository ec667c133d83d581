"""What a training run is asked to do: every choice, checked as a whole, with a name of its own.

Two runs with equal configurations are one run. The name is made of what a reader would ask for and
of a hash over everything, so that a folder of results knows what it holds.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from n2uq_viz.checks import choice, number, whole_number
from n2uq_viz.randomness import check_seed
from n2uq_viz.training.rates import tuned_rate

__all__ = ["ARMS", "METHODS", "TASKS", "WEIGHT_GRADIENTS", "TrainingConfig"]

#: What is learned: images of digits, points in the plane, one curve, pixels of digits.
TASKS = ("digits", "moons", "spirals", "regression", "pixels")
#: Tasks whose nets have a layer with weights between two others, which can be quantized.
WITH_WEIGHTS = ("digits", "moons", "spirals")
#: How activations are quantized. `ARMS` differ by one cause each, in this order.
METHODS = ("float", "ste", "lsq", "pact", "scales", "thresholds", "gste")
#: Fixed range; + learned scales; + learned thresholds; + G-STE for the input in place of one slope.
ARMS = ("ste", "scales", "thresholds", "gste")
WEIGHT_GRADIENTS = ("reference", "chain")
BITS = (1, 4)
MAX_EPOCHS = 10_000
#: Task -> passes over its training data, and samples per step.
EPOCHS = {"digits": 40, "moons": 60, "spirals": 100, "regression": 400, "pixels": 60}
BATCH = {"digits": 64, "moons": 64, "spirals": 64, "regression": 1000, "pixels": 64}
MAX_BATCH = 1_000_000
#: Stands for what is left out, until the task is known.
_DEFAULT: Any = "default"


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a training run.

    Parameters
    ----------
    task
        One of `TASKS`.
    method
        One of `METHODS`: how activations are quantized. ``"lsq"`` also quantizes weights its own
        way; every other method has N2UQ's weights, so that the `ARMS` differ in activations only.
    activation_bits, weight_bits
        1 to 4, or None for float. Left out, both are 2 where the task has them. For the method
        ``"float"`` both are None, whatever is said. The tasks ``"regression"`` and ``"pixels"``
        have no weights to quantize.
    seed
        Decides initial weights, order of the batches and made data: equal for all methods.
    epochs
        Passes over the training data, 1 to 10,000; by default the task's.
    learning_rate
        Of Adam at the start; it falls to 0 along half a cosine. By default the one tuned on
        validation data for this task and method (`n2uq_viz.training.rates`).
    batch_size
        Samples per step; by default the task's.
    weight_gradient
        ``"reference"`` or ``"chain"``: see `n2uq_viz.nn.quantize_weight`.

    Raises
    ------
    ValueError
        A value breaks its rule, or does not go with the task.

    Examples
    --------
    >>> config = TrainingConfig("digits", "gste", seed=3)
    >>> config.label, config.activation_bits, config.weight_bits
    ('digits-gste-w2a2-seed3', 2, 2)
    >>> TrainingConfig("digits", "float", activation_bits=4) == TrainingConfig("digits", "float")
    True
    >>> TrainingConfig("digits", "gste", activation_bits=5)
    Traceback (most recent call last):
    ValueError: activation_bits must be a whole number from 1 to 4, got 5
    """

    task: str = "digits"
    method: str = "gste"
    activation_bits: int | None = _DEFAULT
    weight_bits: int | None = _DEFAULT
    seed: int = 0
    epochs: int = _DEFAULT
    learning_rate: float = _DEFAULT
    batch_size: int = _DEFAULT
    weight_gradient: str = "reference"

    def __post_init__(self) -> None:
        choice("task", self.task, TASKS)
        choice("method", self.method, METHODS)
        if self.task == "regression" and self.method == "float":
            raise ValueError(
                "method must be one that quantizes for the task regression, whose whole model is "
                "one quantizer, got 'float'"
            )
        self._set("activation_bits", self._bits("activation_bits", True))
        self._set("weight_bits", self._bits("weight_bits", self.task in WITH_WEIGHTS))
        if self.method != "float" and self.activation_bits is None and self.weight_bits is None:
            raise ValueError(
                f"activation_bits or weight_bits must be a number for the method {self.method!r}, "
                "got None for both; method='float' quantizes nothing"
            )
        if self.task == "regression" and self.activation_bits is None:
            raise ValueError("activation_bits must be a number for the task regression, got None")
        self._set("seed", check_seed(self.seed))
        epochs = EPOCHS[self.task] if self.epochs == _DEFAULT else self.epochs
        self._set("epochs", whole_number("epochs", epochs, 1, MAX_EPOCHS))
        batch = BATCH[self.task] if self.batch_size == _DEFAULT else self.batch_size
        self._set("batch_size", whole_number("batch_size", batch, 2, MAX_BATCH))
        choice("weight_gradient", self.weight_gradient, WEIGHT_GRADIENTS)
        rate = tuned_rate(self.task, self.method, self.weight_bits, self.activation_bits)
        if self.learning_rate != _DEFAULT:
            rate = number("learning_rate", self.learning_rate, positive=True)
        self._set("learning_rate", rate)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the class is frozen for everybody else

    def _bits(self, name: str, possible: bool) -> int | None:
        bits = getattr(self, name)
        if self.method == "float" or bits is None:
            return None
        if not possible:
            if bits != _DEFAULT:
                raise ValueError(
                    f"{name} must be left out for the task {self.task}, which has no weights to "
                    f"quantize, got {bits!r}"
                )
            return None
        return 2 if bits == _DEFAULT else whole_number(name, bits, *BITS)

    @property
    def label(self) -> str:
        """Task, method, bits and seed in short: ``digits-gste-w2a2-seed0``; 32 bits are float.

        >>> TrainingConfig("pixels", "ste").label, TrainingConfig("moons", "float").label
        ('pixels-ste-w32a2-seed0', 'moons-float-w32a32-seed0')
        """
        bits = f"w{self.weight_bits or 32}a{self.activation_bits or 32}"
        return f"{self.task}-{self.method}-{bits}-seed{self.seed}"

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits that belong to this configuration and to no other."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def file_name(self) -> str:
        """Name of the file for the run: label and key."""
        return f"{self.label}-{self.key}.npz"

    @property
    def checkpoint_name(self) -> str:
        """Name of the file that an interrupted run leaves."""
        return f"{self.label}-{self.key}.checkpoint.npz"

    def to_dict(self) -> dict[str, Any]:
        """Return all values, ready for JSON.

        >>> TrainingConfig.from_dict(TrainingConfig("moons").to_dict()) == TrainingConfig("moons")
        True
        """
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingConfig:
        """Return the configuration that `to_dict` gave.

        Raises ValueError for an unknown key and where the class does.

        >>> TrainingConfig.from_dict({"tasks": "digits"})
        Traceback (most recent call last):
        ValueError: a configuration has the keys task, method, activation_bits, weight_bits, seed, \
epochs, learning_rate, batch_size and weight_gradient, got 'tasks'
        """
        names = [field.name for field in dataclasses.fields(cls)]
        unknown = sorted(map(str, set(values) - set(names)))
        if unknown:
            listed = f"{', '.join(names[:-1])} and {names[-1]}"
            raise ValueError(f"a configuration has the keys {listed}, got {unknown[0]!r}")
        return cls(**values)
