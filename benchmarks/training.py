"""How fast each method trains the digits net, against float and against quantizing level by level.

A step is what `n2uq_viz.training` does, records included: images moved by a pixel, forward and
backward, Adam. All methods take turns, an epoch each, forwards and backwards, in one process and on
one thread, as runs are trained. Ratios are of median epochs, and belong to this machine and run.

*Level by level* is the G-STE net whose activations go through the textbook loop of
`benchmarks.gste`: two ``where`` for each level under autograd.

Run: ``python -m benchmarks.training``.
"""

from __future__ import annotations

import statistics

from torch import Tensor

from benchmarks.gste import textbook_loop
from benchmarks.report import digits, is_quick, spread, table, times
from n2uq_viz.nn import N2UQActivation
from n2uq_viz.training import METHODS, TrainingConfig
from n2uq_viz.training.loop import Trainer, one_thread

ROUNDS = 7
BITS = (2, 4)
LOOP = "gste, level by level"


class LevelByLevel(N2UQActivation):
    """N2UQ's quantizer in the form in which it was published."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x quantized."""
        return textbook_loop(x, self.start, self.intervals, self.input_scale, self.output_scale)


def trainer(method: str, bits: int) -> Trainer:
    """Return a digits net that is about to be trained."""
    name = "gste" if method == LOOP else method
    rate = 1e-3  # low, so that none diverges meanwhile
    config = TrainingConfig("digits", name, bits, bits, learning_rate=rate, epochs=1000)
    made = Trainer(config)
    if method == LOOP:
        for module in made.net.children():
            if isinstance(module, N2UQActivation):
                module.__class__ = LevelByLevel  # the same parameters, which Adam holds already
    return made


def main(quick: bool = False) -> None:
    """Measure and print the tables."""
    rounds = 1 if quick else ROUNDS
    print(
        "One thread; digits, weights and activations quantized, batches of 64; ms for a step: "
        f"median\n[smallest, largest] of {rounds} epochs."
    )
    for bits in BITS[:1] if quick else BITS:
        names = [*METHODS, LOOP]
        with one_thread():
            nets = {name: trainer(name, bits) for name in names}
            for turn in range(rounds + 1):
                for name in names if turn % 2 == 0 else reversed(names):
                    nets[name].train_epoch(None)
        taken = {name: net.records.lists["seconds"][1:] for name, net in nets.items()}
        middle = {name: statistics.median(found) for name, found in taken.items()}
        rows = [
            [
                name,
                digits(1.0 / middle[name]),
                spread([1000.0 * each / nets[name].steps_in_epoch for each in taken[name]]),
                times(middle[name] / middle["float"]),
                times(middle[name] / middle["ste"]),
                times(middle[LOOP] / middle[name]),
            ]
            for name in names
        ]
        header = [f"{bits} bits", "epochs/s", "ms/step"]
        print("\n" + table([*header, "this / float", "this / STE", "loop / this"], rows))


if __name__ == "__main__":
    main(is_quick(__doc__))
