"""Where the trained net comes from: trained here, or built again from what was stored."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from n2uq_viz.integer.compile import compile_net
from n2uq_viz.integer.storage import StoredNet
from n2uq_viz.training.config import TrainingConfig
from n2uq_viz.training.loop import Trainer, one_thread
from n2uq_viz.training.nets import build
from n2uq_viz.training.records import versions

__all__ = ["float_net", "train_net"]


def train_net(config: TrainingConfig, *, progress: bool = False) -> StoredNet:
    """Train the net of a configuration, and return it with what it is in whole numbers.

    Some seconds for moons, about 20 for digits. `progress` shows a bar on standard error.

    Raises
    ------
    ValueError
        The net of that configuration cannot be compiled, or its loss diverged.
    ImportError
        scikit-learn is not installed.
    """
    with (
        one_thread(),
        tqdm(total=config.epochs, desc=config.label, unit="epoch", disable=not progress) as bar,
    ):
        trainer = Trainer(config)
        while trainer.epoch < config.epochs:
            trainer.train_epoch(None)
            if trainer.diverged_at is not None:
                raise ValueError(
                    f"the loss of {config.label} was not finite any more at step "
                    f"{trainer.diverged_at}; another seed or a lower learning rate may do"
                )
            bar.update()
    net = trainer.net.eval()
    shape = trainer.task.train.x.shape[1:]
    state = {name: tensor.numpy().copy() for name, tensor in net.state_dict().items()}
    return StoredNet(config, versions(), state, compile_net(net, shape))


def float_net(stored: StoredNet) -> nn.Sequential:
    """Return the trained float net of a stored one, ready for evaluation.

    Raises
    ------
    ValueError
        The stored parameters are not those of a net of its configuration.
    """
    net = build(stored.config)
    state = {name: torch.from_numpy(np.array(array)) for name, array in stored.state.items()}
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"the parameters are not those of {stored.config.label}: {reason}"
        ) from None
    return net.eval()
