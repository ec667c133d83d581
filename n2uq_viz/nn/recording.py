"""What passes through the layers of a network, seen by hooks and kept as small samples."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from n2uq_viz.checks import choice, instance, whole_number
from n2uq_viz.randomness import check_seed
from n2uq_viz.tensors.source import PIECE
from n2uq_viz.tensors.survey import Survey, Surveyor

__all__ = ["record_activations"]

#: Which layers: names as in ``model.named_modules()``, classes, or both.
Layers = str | type[nn.Module] | Iterable[str | type[nn.Module]]


def record_activations(
    model: nn.Module,
    batches: Iterable[Any],
    *,
    layers: Layers | None = None,
    of: str = "output",
    size: int = 2**16,
    seed: int = 0,
) -> dict[str, Survey]:
    """Run batches through a model and return what its layers gave, or got.

    Parameters
    ----------
    model
        Any module. It runs in evaluation mode and without gradients, and is left as it was: each
        module in its own mode, no hooks, no gradients, also after an error.
    batches
        Each a tensor, a tuple of arguments, or a mapping of arguments by name. Of a list, as
        loaders give inputs with labels, the first is taken. They are moved to where the model is.
    layers
        Names of modules, or classes of them. None: all modules that have no others within.
    of
        ``"output"``, or ``"input"``: before a layer that works in place has changed it.
    size
        Values of each sample at most, 1 to 2**24. Memory: up to 32 bytes for each of them and for
        every layer, beside what the model takes.
    seed
        Decides which values are in the samples.

    Returns
    -------
    dict
        Name of the module -> `n2uq_viz.tensors.Survey` of its values over all batches, in the
        model's order; its shape has all batches in the first place, or is flat where other sides
        differ. Of a module that gives or gets several tensors, such as an LSTM, each has its own:
        ``"lstm[0]"``, ``"lstm[1][0]"``, ``"head[logits]"``. Values that are no real numbers, and
        modules that do not run, are left out.

    Raises
    ------
    ValueError
        Another `model`, `of`, `size` or `seed`; layers that are not there, or that did not run
        though they were named; no batches, or batches of another kind.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    >>> found = record_activations(net, [torch.ones(5, 3), torch.ones(2, 3)], layers=nn.ReLU)
    >>> found["1"].shape, found["1"].low >= 0.0
    ((7, 4), True)
    """
    instance("model", model, nn.Module, "give the network first, then the batches")
    choice("of", of, ("output", "input"))
    whole_number("size", size, 1, 2**24)
    check_seed(seed)
    while isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        model = model.module
    chosen, named = _chosen(model, layers)
    seen: dict[str, dict[str, _Values]] = {name: {} for name in chosen}

    def note(name: str, value: Any) -> None:
        for path, tensor in _tensors(value, ""):
            values = seen[name].setdefault(path, _Values(Surveyor(size, seed)))
            values.add(tensor)

    with _as_before(model), ExitStack() as hooks:
        for name, module in chosen.items():
            hooks.callback(_hook(module, of, partial(note, name)).remove)
        _run(model, batches)
    if idle := [name for name in named if not seen[name]]:
        raise ValueError(
            f"layers must run when the model does, and give tensors of real numbers; "
            f"{', '.join(idle)} did not; leave them out"
        )
    return {
        name + path: values.survey(name + path)
        for name, paths in seen.items()
        for path, values in paths.items()
    }


class _Values:
    """What was seen of one tensor, over all batches."""

    def __init__(self, surveyor: Surveyor) -> None:
        self._surveyor = surveyor
        #: Different sides but the first, and types, in the order in which they came.
        self._sides: dict[tuple[int, ...], None] = {}
        self._types: dict[str, None] = {}

    def add(self, tensor: Tensor) -> None:
        self._sides[tuple(tensor.shape[1:])] = None
        self._types[str(tensor.dtype).removeprefix("torch.")] = None
        # Any order will do, and the stored one needs no copy.
        stored = sorted(range(tensor.ndim), key=lambda k: -tensor.stride()[k])
        flat = tensor.detach().permute(stored).reshape(-1)
        for part in flat.split(PIECE):
            # A copy of what is float64 already: a layer that works in place is about to change it.
            self._surveyor.add(part.cpu().to(torch.float64, copy=True).numpy())

    def survey(self, name: str) -> Survey:
        total, sides = self._surveyor.seen, list(self._sides)
        each = torch.Size(sides[0]).numel()
        shape = (total // each, *sides[0]) if len(sides) == 1 and each else (total,)
        return self._surveyor.result(name, shape, ", ".join(self._types))


def _chosen(model: nn.Module, layers: Layers | None) -> tuple[dict[str, nn.Module], Sequence[str]]:
    """Return modules by name, and the names that were asked for as such."""
    modules = dict(model.named_modules())
    if layers is None:
        leaves = {name: m for name, m in modules.items() if next(m.children(), None) is None}
        return leaves, ()
    wanted = [layers] if isinstance(layers, str | type) else list(layers)
    if not wanted:
        raise ValueError("layers must be at least one name or class, got none")
    names: dict[str, None] = {}
    for each in wanted:
        if isinstance(each, str):
            found = [each] if each in modules else []
            near = difflib.get_close_matches(each, modules, n=3)
            advice = f"near: {', '.join(near)}" if near else "model.named_modules() gives them"
        else:
            instance("each of layers", each, type, "give a name or a class of modules")
            found = [name for name, module in modules.items() if isinstance(module, each)]
            advice = "type(module) of a module that is in the model will do"
        if not found:
            what = repr(each) if isinstance(each, str) else each.__name__
            raise ValueError(f"layers must be in the model, got {what}; {advice}")
        names |= dict.fromkeys(found)
    chosen = {name: module for name, module in modules.items() if name in names}
    return chosen, [each for each in wanted if isinstance(each, str)]


def _hook(module: nn.Module, of: str, note: Callable[[Any], None]) -> Any:
    """Have `note` called with what a module gives or gets, and return the hook."""
    if of == "output":
        return module.register_forward_hook(lambda _module, _inputs, output: note(output))

    def before(_module: nn.Module, inputs: tuple[Any, ...], others: dict[str, Any]) -> None:
        alone = len(inputs) == 1 and not others
        note(inputs[0] if alone else {**dict(enumerate(inputs)), **others})

    return module.register_forward_pre_hook(before, with_kwargs=True)


def _tensors(value: Any, path: str) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of real numbers in lists and mappings, each with the way to it."""
    if isinstance(value, Tensor):
        rows = value.layout == torch.strided and not value.is_quantized
        if rows and not value.is_complex() and value.numel():
            yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _tensors(each, f"{path}[{key}]")
    elif isinstance(value, list | tuple):
        for k, each in enumerate(value):
            yield from _tensors(each, f"{path}[{k}]")


@contextmanager
def _as_before(model: nn.Module) -> Iterator[None]:
    """Put the model into evaluation mode for now, and each module back into its own."""
    # Not by model.eval(): what a module does there beyond this could not be taken back.
    modes = [(module, module.training) for module in model.modules()]
    try:
        for module, _ in modes:
            module.training = False
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def _run(model: nn.Module, batches: Iterable[Any]) -> None:
    if isinstance(batches, Tensor | Mapping | str) or not isinstance(batches, Iterable):
        raise ValueError(
            f"batches must be a list or a loader of batches, got one {type(batches).__name__}; "
            "put a single batch into a list: [x]"
        )
    parts = (*model.parameters(), *model.buffers())
    device = parts[0].device if parts else None
    count = 0
    for batch in batches:
        inputs = batch[0] if isinstance(batch, list) and batch else batch
        if isinstance(inputs, Tensor):
            inputs = (inputs,)
        if isinstance(inputs, Mapping):
            model(**{name: _moved(value, device) for name, value in inputs.items()})
        elif isinstance(inputs, tuple):
            model(*(_moved(value, device) for value in inputs))
        else:
            raise ValueError(
                "each batch must be a tensor, a tuple of arguments, a mapping of them by name, or "
                f"a list that begins with one of these, got {type(inputs).__name__}"
            )
        count += 1
    if not count:
        raise ValueError("batches must hold at least one batch, got none")


def _moved(value: Any, device: torch.device | None) -> Any:
    return value.to(device) if isinstance(value, Tensor) else value
