"""Coins are thrown exactly, in little memory, and whoever waits for them is told and can stop."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from n2uq_viz.montecarlo import (
    MonteCarlo,
    coins,
    simulate,
    simulate_gradient,
    simulate_gradient_shared,
    simulate_running,
    simulate_shared,
)
from n2uq_viz.montecarlo.coins import throw, throw_shared
from n2uq_viz.quantizer import Quantizer
from n2uq_viz.randomness import stream, uniforms
from n2uq_viz.words import say

UNIT = Quantizer([0.0, 1.0], [0.0, 1.0])
START = "import n2uq_viz as nv; q = nv.Quantizer.binary(); "


# Exact


def test_probabilities_finer_than_16_digits_are_kept() -> None:
    # Rounded to 16 digits, the first three would come up never, or twice as often.
    p = np.array([2**-17, 2**-18, 1 - 2**-17, 3.7 * 2**-16])
    draws = 3 * 10**7
    count = throw(1, "test", p[:, None], [draws], instead="")[0, :, 0]
    assert np.all(draws * np.minimum(p, 1 - p) > 100)
    tail = np.minimum(stats.binom.cdf(count, draws, p), stats.binom.sf(count - 1, draws, p))
    assert tail.min() > 1e-4


def test_the_digits_decide_as_the_whole_number_would() -> None:
    # The first word of the stream, taken apart: four numbers of 16 digits each.
    words = stream(3, "test").bit_generator.random_raw(25)
    digits = [word >> 16 * i & 0xFFFF for word in words.tolist() for i in range(4)]
    if sys.byteorder == "big":
        digits = [d for i in range(0, 100, 4) for d in reversed(digits[i : i + 4])]
    p = np.array([(0.5 + d) / 65536 for d in (100, 3000, 40_000, 65_535)])
    count = throw(3, "test", p[None], [100], instead="")[0, 0]
    below = [sum(d < int(65536 * some) for d in digits) for some in p]
    tied = [sum(d == int(65536 * some) for d in digits) for some in p]
    for found, low, more in zip(count, below, tied, strict=True):
        assert low <= found <= low + more


def test_several_probabilities_are_held_against_the_same_numbers() -> None:
    # Equal in their first 16 digits and not: sorted like the probabilities, in every single row.
    p = np.array([0.0, 2**-18, 2**-17, 2**-17, 2**-16, 0.3, 0.3 + 2**-30, 0.9, 1.0])
    count = throw(0, "test", np.tile(p, (40, 1)), [200_000], instead="")[0]
    assert np.all(np.diff(count, axis=1) >= 0)
    assert np.array_equal(count[:, 2], count[:, 3])
    assert np.all(count[:, 0] == 0)
    assert np.all(count[:, -1] == 200_000)
    # How many lie between two of them has its own binomial distribution.
    between = np.diff(count.sum(axis=0))
    share = np.diff(p)
    tail = np.minimum(
        stats.binom.cdf(between, 8_000_000, share), stats.binom.sf(between - 1, 8_000_000, share)
    )
    assert tail.min() > 1e-4


def test_shared_coins_are_those_of_the_table() -> None:
    rows, p = np.array([1, 4, 5]), np.array([[0.2, 0.7], [0.5, 0.5], [0.0, 1.0]])
    table = uniforms(9, 6, 300)[rows]
    expected = (table[:, None, :] < p[:, :, None]).sum(axis=2)
    assert np.array_equal(throw_shared(9, rows, p, 300, instead=""), expected)


@pytest.mark.parametrize("block", [1, 10, 64, 4096])
def test_blocks_only_divide_the_work(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.append(np.linspace(-1.5, 1.5, 31), np.nan)
    shared = simulate_shared(Quantizer.binary(), x, 137, seed=2)
    monkeypatch.setattr(coins, "BLOCK", block)
    assert np.array_equal(simulate_shared(Quantizer.binary(), x, 137, seed=2).count, shared.count)
    # Bulk draws come in another order then; each is still thrown exactly once.
    running = simulate_running(Quantizer.binary(), x, [1, 5, 64, 65, 137], seed=2)
    for mc in running:
        sure = Quantizer([-1e9, 1.0], [0.0, 1.0])
        assert simulate(sure, [0.0] * 9, mc.draws).count.tolist() == [mc.draws] * 9
        assert np.all(mc.count[x >= 1] == mc.draws)
    assert np.all(np.diff([mc.count for mc in running], axis=0) >= 0)
    assert np.array_equal(running[-1].count, simulate(Quantizer.binary(), x, 137, seed=2).count)


@pytest.mark.parametrize("run", [simulate, simulate_shared])
def test_more_inputs_than_a_block_holds(
    run: Callable[..., MonteCarlo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coins, "BLOCK", 1 << 10)
    mc = run(UNIT, np.full((50, 100), 0.5), 3)
    assert mc.count.shape == (50, 100)
    share = mc.count.sum() / 15_000
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(15_000)


# In little memory


@pytest.mark.parametrize(("points", "draws"), [(1, 10**8), (1001, 10**5), (10**6, 100)])
def test_a_hundred_million_draws_in_a_hundred_megabytes(points: int, draws: int) -> None:
    x = np.linspace(0.001, 0.999, points)
    simulate(UNIT, [0.5], 10)
    tracemalloc.start()
    try:
        mc = simulate(UNIT, x, draws, progress=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6
    assert abs(mc.count.mean() / draws - x.mean()) < 5 * 0.5 / 1e4


@pytest.mark.parametrize(
    "run", [simulate, simulate_shared, simulate_gradient], ids=lambda run: run.__name__
)
def test_memory_does_not_grow_with_the_draws(run: Callable[..., object]) -> None:
    run(UNIT, [0.5], 1)
    peaks = []
    for points, draws in ((101, 20_000), (3, 2**20), (3, 2**22)):
        x = np.linspace(0.2, 0.8, points)
        tracemalloc.start()
        try:
            run(UNIT, x, draws, progress=False)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert max(peaks) < 16 * 2**20
    assert peaks[2] < peaks[1] + 2**16


# Whoever waits is told


def test_a_short_run_shows_nothing_and_loads_nothing() -> None:
    code = START + "nv.simulate(q, [0.1], 10**6); import sys; print('tqdm' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
    assert run.stderr == ""


@pytest.mark.parametrize("name", ["simulate", "simulate_shared", "simulate_gradient"])
def test_a_run_that_turns_out_short_shows_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = {"simulate": simulate, "simulate_shared": simulate_shared}.get(name, simulate_gradient)
    for long in ("LONG", "LONG_SHARED"):
        monkeypatch.setattr(coins, long, 0)
    monkeypatch.setattr(coins, "PATIENCE", 3600.0)
    run(UNIT, [0.5, 0.6], 10**5)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(coins, "PATIENCE", 0.0)
    run(UNIT, [0.5, 0.6], 10**5)
    assert say("simulation.progress") in capsys.readouterr().err
    run(UNIT, [0.5, 0.6], 10**5, progress=False)
    assert capsys.readouterr().err == ""


# And can stop


@pytest.mark.parametrize(
    "call",
    [
        "nv.simulate(q, [0.1, 0.2], 4 * 10**10)",
        "nv.montecarlo.simulate_shared(q, [0.1, 0.2], 2**32)",
        "nv.simulate_gradient(q, [0.1, 0.2], 4 * 10**10)",
    ],
)
def test_ctrl_c_ends_a_long_run_at_once_and_leaves_nothing(call: str) -> None:
    code = START + (
        "result = None\n"
        f"try: result = {call}\n"
        "except KeyboardInterrupt:\n"
        "    from tqdm.auto import tqdm\n"
        "    print('interrupted', result, len(tqdm._instances))\n"
    )
    # Minutes of coins; the signal is sent when the bar appears, which is what a person waits for.
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        try:
            shown = b""
            while say("simulation.progress").encode() not in shown:
                byte = run.stderr.read(1)
                assert byte, shown
                shown += byte
            began = time.monotonic()
            run.send_signal(signal.SIGINT)
            output, _ = run.communicate(timeout=60)
            waited = time.monotonic() - began
        finally:
            run.kill()
    assert output.decode().split() == ["interrupted", "None", "0"]
    assert run.returncode == 0
    assert waited < 5


# Or is told before


@pytest.mark.parametrize(
    ("run", "draws", "inputs", "instead"),
    [
        (simulate, 10**12, 1001, 'take method="counts"'),
        (simulate, 10**12, 1, 'take method="counts"'),
        (simulate_shared, 2**32, 1001, 'take simulate with method="counts"'),
        (simulate_gradient, 10**12, 10, 'take sampling="counts"'),
        (simulate_gradient_shared, 2**32, 99, 'take simulate_gradient with sampling="counts"'),
    ],
)
def test_too_many_coins_are_refused_with_the_time_they_would_take(
    run: Callable[..., object], draws: int, inputs: int, instead: str
) -> None:
    x, began = np.linspace(0.1, 0.9, inputs), time.monotonic()
    with pytest.raises(ValueError, match="draws must be such that at most 100,000,") as error:
        run(UNIT, x, draws)
    assert time.monotonic() - began < 5
    text = str(error.value)
    assert f"got draws = {draws} at {inputs} input{'s' * (inputs > 1)}, which" in text
    assert re.search(r"about [\d,]+ (minutes|hours|days|years) here", text)
    assert instead in text


def test_the_time_it_would_take_is_about_right() -> None:
    with pytest.raises(ValueError, match="about") as error:
        simulate(UNIT, np.linspace(0.1, 0.9, 1000), 10**12)
    found = re.search(r"about ([\d,]+) days", str(error.value))
    assert found is not None
    began = time.monotonic()
    simulate(UNIT, [0.3], 5 * 10**7)
    days = (time.monotonic() - began) / 5e7 * 1e15 / 86_400
    # On a machine that others use too: the order of magnitude.
    assert 0.1 < float(found[1].replace(",", "")) / days < 10


def test_certain_outcomes_are_no_coins() -> None:
    mc = simulate(UNIT, [-1.0, 2.0], 10**12)
    assert mc.count.tolist() == [0, 10**12]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "about 1 second"),
        (1.2, "about 1 second"),
        (40.4, "about 40 seconds"),
        (89.0, "about 89 seconds"),
        (91.0, "about 2 minutes"),
        (17 * 60.0, "about 17 minutes"),
        (5 * 3600.0, "about 5 hours"),
        (77 * 86400.0, "about 77 days"),
        (1e11, "about 3,169 years"),
    ],
)
def test_durations_in_words(seconds: float, text: str) -> None:
    assert coins._duration(seconds) == text
