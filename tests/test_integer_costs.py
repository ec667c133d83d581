"""What the net takes in whole numbers, counted by formula, is what is really there to be done."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from n2uq_viz import datasets, figures
from n2uq_viz.figures.integer_costs import ways
from n2uq_viz.integer import LayerSize, add_look_ups, counted, differences, layer_sizes, measured
from n2uq_viz.integer.bitplanes import planes
from n2uq_viz.quantizer import Quantizer


def codes(count: int = 3) -> np.ndarray:
    net = datasets.stored_integer_net().net
    rng = np.random.default_rng(0)
    return rng.integers(4, size=(count, *net.code_shapes[0])).astype(np.uint8)


def test_sizes_are_those_of_what_is_computed() -> None:
    net = datasets.stored_integer_net().net
    trace = net.run(codes(1))
    sizes = layer_sizes(net)
    assert [size.name for size in sizes] == ["conv2", "conv3"]
    for size, layer, before, after in zip(
        sizes, net.layers, trace.codes[:-1], trace.codes[1:], strict=True
    ):
        seen = layer.windows(before)
        assert size == LayerSize(layer.name, before.size, after.size, 64, seen.shape[-1])
        assert size.products == seen.size * 64


@pytest.mark.parametrize("bits", [1, 2, 3, 8])
def test_counts_are_those_of_the_work(bits: int) -> None:
    net = datasets.stored_integer_net().net
    sizes = layer_sizes(net)
    rows = {row.what: row for row in counted(sizes, bits, bits)}
    assert all(row.how == "counted" for row in rows.values())
    products = 1024 * 288 + 256 * 576
    assert rows["multiplications"].uniform == rows["look-ups"].look_ups == products
    assert rows["additions"].uniform == rows["additions"].look_ups == products
    in_words, of_weights = 0, 0
    for size in sizes:
        places = size.outputs // size.channels
        of_m = planes(np.zeros((places, size.terms), np.uint8), bits)
        of_k = planes(np.zeros((size.channels, size.terms), np.uint8), bits)
        # AND, count, add for each pair of words; count, add for each word of the activations.
        in_words += 3 * sum(a.shape[1] * len(b) * len(a) for a in of_m for b in of_k)
        in_words += 2 * of_m.size
        of_weights += of_k.nbytes
    assert rows["operations on 64-bit words"].bit_planes == in_words
    assert rows["weights"].bit_planes == of_weights
    assert rows["weights"].uniform == 64 * (288 + 576) * bits / 8
    assert rows["activations"].uniform == (2048 + 1024 + 256) * bits / 8
    assert rows["tables of products"].look_ups == 2 * 4 * 2**bits * 2**bits
    assert rows["comparisons with thresholds"].uniform == 1280 * (2**bits - 1)
    energy = rows["energy of products and sums"]
    # Picojoules: 0.2 to multiply, 0.1 to add, 10 to read.
    assert energy.uniform == pytest.approx(products * 0.3 / 1000)
    assert energy.look_ups == pytest.approx(products * 10.1 / 1000)
    assert energy.bit_planes is None


def test_bits_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="weight_bits must be a whole number from 1 to 8, got 9"):
        counted([], 9, 2)


def test_looking_up_gives_the_same_sums() -> None:
    net = datasets.stored_integer_net().net
    assert differences(net.run(codes()), net.run(codes(), add_look_ups)).none


def test_times_are_measured_and_say_so() -> None:
    (row,) = measured(datasets.stored_integer_net().net, codes(2), rounds=2)
    assert (row.how, row.unit) == ("measured", "ms")
    assert row.uniform is not None
    assert row.bit_planes is not None
    assert row.look_ups is not None
    assert min(row.uniform, row.bit_planes, row.look_ups) > 0.0
    with pytest.raises(ValueError, match="rounds must be a whole number from 1"):
        measured(datasets.stored_integer_net().net, codes(2), rounds=0)


def widths(ax: Axes) -> list[float]:
    return [bar.get_width() for bar in ax.patches if isinstance(bar, Rectangle)]


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_the_figure_shows_and_says_the_counts(bits: int) -> None:
    q = Quantizer.uniform(bits)
    state = {"version": 1, "edges": q.edges.tolist(), "levels": q.levels.tolist()}
    operations, energy = figures.integer_costs(state, "light").axes
    found = ways(bits)
    assert widths(operations) == [way.total for way in found]
    assert widths(energy) == [way.energy for way in found if way.energy is not None]
    assert [text.get_text() for text in energy.texts if "nJ" in text.get_text()] == [
        "133 nJ",
        "4470 nJ",
    ]
    said = figures.caption("integer_costs", state)
    assert f"with {bits} bit" in said
    assert f"a table of {4**bits} products" in said
    assert f"{found[1].total:,} operations on words" in said
