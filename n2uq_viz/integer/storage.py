"""A trained net in one file: what it was trained to be in floats, and what it is in whole numbers.

The file is NumPy's ``.npz`` without pickle, with a SHA-256 over all of it, as the files of training
runs are. The whole numbers follow from the floats; they lie beside them so that NumPy alone can run
the net.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from n2uq_viz.files import write_as
from n2uq_viz.integer.epilogue import Epilogue
from n2uq_viz.integer.net import Head, IntegerLayer, IntegerNet, Stem
from n2uq_viz.training.config import TrainingConfig
from n2uq_viz.training.run import RunFileError, checksum, pack, unpack

__all__ = ["StoredNet", "load_net"]

FORMAT = "n2uq_viz integer net"
VERSION = 1
#: Before the names of the float net's own tensors.
STATE = "state "


@dataclass(frozen=True)
class StoredNet:
    """A net and how it came to be.

    - ``config``: what was trained; ``versions``: with what.
    - ``state``: parameters of the trained float net, by their names in PyTorch.
    - ``net``: the same in whole numbers.
    """

    config: TrainingConfig
    versions: Mapping[str, str]
    state: Mapping[str, NDArray[Any]]
    net: IntegerNet

    def to_bytes(self) -> bytes:
        """Return the contents of the file that `load_net` reads."""
        net = self.net
        head = {
            "format": FORMAT,
            "version": VERSION,
            "config": self.config.to_dict(),
            "versions": dict(self.versions),
            "image_shape": list(net.image_shape),
            "stem": {"stride": list(net.stem.stride), "padding": list(net.stem.padding)},
            "layers": [
                {
                    "name": layer.name,
                    "steps": layer.steps,
                    "input_steps": layer.input_steps,
                    "stride": list(layer.stride),
                    "padding": list(layer.padding),
                }
                for layer in net.layers
            ],
            "head_scale": net.head.scale,
        }
        arrays: dict[str, NDArray[Any]] = {
            "stem weight": net.stem.weight,
            "head weight": net.head.weight,
            "head bias": net.head.bias,
            **_epilogue_arrays("stem", net.stem.epilogue),
        }
        for k, layer in enumerate(net.layers):
            for part in ("weight", "sign", "thresholds"):
                arrays[f"layer{k} {part}"] = getattr(layer, part)
            arrays |= _epilogue_arrays(f"layer{k}", layer.epilogue)
        arrays |= {STATE + name: array for name, array in self.state.items()}
        return pack({**head, "checksum": checksum(head, arrays)}, arrays)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Save the net as ``.npz`` and return where.

        A missing folder is made. If the file exists, a free name beside it is taken unless
        `overwrite` is given. Raises ValueError for another suffix, OSError where nothing can be
        written.
        """
        return write_as(path, ".npz", "a net", self.to_bytes, overwrite)


def load_net(path: str | Path) -> StoredNet:
    """Return the net in a file that `StoredNet.save` wrote.

    Raises
    ------
    n2uq_viz.training.RunFileError
        The file is damaged, cut, of another kind, or of a version that this package does not read.
    OSError
        It cannot be read.
    """
    try:
        head, arrays = unpack(Path(path).read_bytes(), FORMAT, VERSION)
        if head.pop("checksum", None) != checksum(head, arrays):
            raise RunFileError("is damaged: its numbers do not give the checksum that it carries")
        try:
            return _stored(head, arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise RunFileError(f"holds no net that can be run: {error!r}") from None
    except RunFileError as error:
        raise RunFileError(f"{path} {error}") from None


def _epilogue_arrays(place: str, epilogue: Epilogue) -> dict[str, NDArray[Any]]:
    return {f"{place} epilogue {name}": array for name, array in epilogue._asdict().items()}


def _epilogue(place: str, arrays: Mapping[str, NDArray[Any]]) -> Epilogue:
    return Epilogue(*(arrays[f"{place} epilogue {name}"] for name in Epilogue._fields))


def _pair(values: Any) -> tuple[int, int]:
    rows, columns = values
    return int(rows), int(columns)


def _stored(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> StoredNet:
    for array in arrays.values():
        array.setflags(write=False)
    stem = Stem(
        arrays["stem weight"],
        _pair(head["stem"]["stride"]),
        _pair(head["stem"]["padding"]),
        _epilogue("stem", arrays),
    )
    layers = [
        IntegerLayer(
            own["name"],
            arrays[f"layer{k} weight"],
            own["steps"],
            own["input_steps"],
            _pair(own["stride"]),
            _pair(own["padding"]),
            arrays[f"layer{k} sign"],
            arrays[f"layer{k} thresholds"],
            _epilogue(f"layer{k}", arrays),
        )
        for k, own in enumerate(head["layers"])
    ]
    last = Head(arrays["head weight"], float(head["head_scale"]), arrays["head bias"])
    return StoredNet(
        TrainingConfig.from_dict(head["config"]),
        head["versions"],
        {name.removeprefix(STATE): a for name, a in arrays.items() if name.startswith(STATE)},
        IntegerNet(tuple(head["image_shape"]), stem, tuple(layers), last),
    )
