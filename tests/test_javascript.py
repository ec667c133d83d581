"""The explorers' JavaScript computes what NumPy does: the modules themselves, run under Node."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright._impl._driver import compute_driver_executable

from n2uq_viz import datasets, export, randomness, state, style, words
from n2uq_viz.explorers.stage import javascript
from n2uq_viz.explorers.threshold import presets
from n2uq_viz.montecarlo import simulate_shared
from n2uq_viz.quantizer import Quantizer

HERE = Path(__file__).parent
#: Largest difference allowed between the two: none but rounding.
EXACT = 1e-12


def node(*questions: dict[str, Any]) -> list[Any]:
    """Answers of ``javascript/run.js``, run by the Node that comes with Playwright."""
    run = subprocess.run(
        [compute_driver_executable()[0], str(HERE / "javascript" / "run.js")],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answers: list[Any] = json.loads(run.stdout)
    return answers


def numbers(values: Any) -> NDArray[np.float64]:
    """Array of JSON numbers, with NaN and the infinities as strings."""
    return np.array([float(v) for v in values], dtype=np.float64)


def sendable(values: NDArray[np.float64]) -> list[float | str]:
    spelled = {np.inf: "Infinity", -np.inf: "-Infinity"}
    return [("NaN" if np.isnan(v) else spelled.get(v, float(v))) for v in values]


def random_quantizer(rng: np.random.Generator) -> Quantizer:
    steps = int(rng.integers(1, 16))
    widths = 10.0 ** rng.uniform(-3, 1, steps)
    rises = 10.0 ** rng.uniform(-2, 1, steps)
    start = rng.normal(0.0, 10.0, 2)
    return Quantizer(
        start[0] + np.concatenate(([0.0], np.cumsum(widths))),
        start[1] + np.concatenate(([0.0], np.cumsum(rises))),
    )


@pytest.fixture(scope="module")
def quantizers() -> list[Quantizer]:
    rng = np.random.default_rng(20)
    return [random_quantizer(rng) for _ in range(1200)]


def test_curves_equal_numpy_on_random_quantizers(quantizers: list[Quantizer]) -> None:
    rng = np.random.default_rng(21)
    inputs = []
    for q in quantizers:
        span = q.edges[-1] - q.edges[0]
        inside = rng.uniform(q.edges[0] - 0.2 * span, q.edges[-1] + 0.2 * span, 20)
        inputs.append(
            np.concatenate((inside, q.edges, q.thresholds, [np.inf, -np.inf, np.nan, 0.0]))
        )
    answers = node(
        *(
            {"ask": "curves", "q": q.to_dict(), "x": sendable(x)}
            for q, x in zip(quantizers, inputs, strict=True)
        )
    )
    for q, x, found in zip(quantizers, inputs, answers, strict=True):
        expected = {
            "thresholds": q.thresholds,
            "slopes": q.slopes,
            "output": q(x),
            "expectation": q.expectation(x),
            "variance": q.variance(x),
            "gradient": q.gradient(x),
            "ste": q.ste_gradient(x),
        }
        for name, curve in expected.items():
            np.testing.assert_allclose(
                numbers(found[name]), curve, rtol=EXACT, atol=EXACT, err_msg=name
            )


def test_moves_equal_numpy_on_random_quantizers(quantizers: list[Quantizer]) -> None:
    rng = np.random.default_rng(22)
    questions: list[dict[str, Any]] = []
    for q in quantizers:
        span = float(q.edges[-1] - q.edges[0])
        moves: list[dict[str, Any]] = []
        for kind, places in (("edge", q.edges), ("threshold", q.thresholds)):
            for i, place in enumerate(places):
                to = float(place + rng.normal(0.0, 0.3 * span))
                moves.append({"kind": kind, "i": i, "to": to})
        questions.append({"ask": "moves", "q": q.to_dict(), "moves": moves})
    for q, question, answers in zip(quantizers, questions, node(*questions), strict=True):
        for move, found in zip(question["moves"], answers, strict=True):
            i, to = move["i"], move["to"]
            edge = move["kind"] == "edge"
            moved = q.move_edge(i, to) if edge else q.move_threshold(i, to)
            limits = q.edge_limits(i) if edge else q.threshold_limits(i)
            np.testing.assert_allclose(numbers(found["edges"]), moved.edges, rtol=0, atol=EXACT)
            np.testing.assert_allclose(numbers(found["limits"]), limits, rtol=0, atol=EXACT)
            Quantizer(numbers(found["edges"]), q.levels)  # raises, should JavaScript ever break it


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e9])
def test_moves_far_from_zero_stay_valid(offset: float) -> None:
    rng = np.random.default_rng(23)
    edges = offset + np.cumsum(10.0 ** rng.uniform(-3, 0, 8))
    q = Quantizer(edges, np.arange(8.0))
    moves = [
        {"kind": kind, "i": i, "to": offset + to}
        for kind, count in (("edge", 8), ("threshold", 7))
        for i in range(count)
        for to in (-5.0, 0.0, 1e-7, 5.0)
    ]
    (answers,) = node({"ask": "moves", "q": q.to_dict(), "moves": moves})
    for move, found in zip(moves, answers, strict=True):
        method = q.move_edge if move["kind"] == "edge" else q.move_threshold
        assert numbers(found["edges"]).tolist() == method(move["i"], move["to"]).edges.tolist()  # type: ignore[arg-type]


def test_philox_has_the_published_answers_and_numpys_bits() -> None:
    published = [
        ([0, 0, 0, 0], [0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ]
    rng = np.random.default_rng(24)
    counters = rng.integers(0, 2**32, (2000, 4), dtype=np.uint32)
    keys = rng.integers(0, 2**32, (2000, 2), dtype=np.uint32)
    blocks = [{"counter": c, "key": k} for c, k, _ in published]
    blocks += [
        {"counter": c.tolist(), "key": k.tolist()} for c, k in zip(counters, keys, strict=True)
    ]
    (found,) = node({"ask": "philox", "blocks": blocks})
    assert found[:3] == [answer for _, _, answer in published]
    assert found[3:] == randomness.philox4x32(counters, keys).tolist()


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**53 - 1])
def test_uniforms_are_the_same_bits(seed: int) -> None:
    (found,) = node({"ask": "uniforms", "seed": seed, "points": 5, "draws": 40})
    assert found == randomness.uniforms(seed, 5, 40).tolist()


@pytest.mark.parametrize("draws", [1, 7, 200])
def test_dots_are_the_same_bits(quantizers: list[Quantizer], draws: int) -> None:
    chosen = quantizers[:30]
    views = [state.default_view(q.edges) for q in chosen]
    answers = node(
        *(
            {
                "ask": "simulate",
                "q": q.to_dict(),
                "view": v,
                "points": state.GRID_POINTS,
                "draws": draws,
                "seed": 9,
            }
            for q, v in zip(chosen, views, strict=True)
        )
    )
    for q, view, found in zip(chosen, views, answers, strict=True):
        mc = simulate_shared(q, np.linspace(view[0], view[1], state.GRID_POINTS), draws, seed=9)
        assert found["x"] == mc.x.tolist()
        np.testing.assert_allclose(found["mean"], mc.mean, rtol=0, atol=EXACT)


@pytest.mark.parametrize("name", datasets.NAMES)
def test_occupancy_and_entropy_equal_numpy(name: str) -> None:
    summary = datasets.summary(name)
    every = [q for family in presets().values() for q in family.values()]
    answers = node(*({"ask": "occupancy", "q": q.to_dict(), "summary": summary} for q in every))
    for q, found in zip(every, answers, strict=True):
        shares = datasets.occupancy(q, summary)
        np.testing.assert_allclose(found["shares"], shares, rtol=0, atol=EXACT)
        assert found["entropy"] == pytest.approx(datasets.entropy_bits(shares), abs=EXACT)
        assert found["shown"] == pytest.approx(1.0, abs=1e-9)  # the bars hold every sample once


def test_level_colors_are_the_same() -> None:
    cases = [(style.theme(name), count) for name in ("light", "dark") for count in range(1, 17)]
    answers = node(
        *({"ask": "levelColors", "ramp": look.level_ramp, "count": count} for look, count in cases)
    )
    assert answers == [look.levels(count) for look, count in cases]


def test_ticks_are_round_and_inside() -> None:
    (found,) = node({"ask": "ticks", "low": -0.3, "high": 2.4, "count": 6})
    assert found == [0, 0.5, 1, 1.5, 2]


def test_checksum_is_the_one_of_png() -> None:
    data = np.random.default_rng(25).integers(0, 256, 1000, dtype=np.uint8)
    (found,) = node({"ask": "crc32", "bytes": data.tolist()})
    assert found == zlib.crc32(data.tobytes())


def test_downloaded_png_carries_the_state(tmp_path: Path) -> None:
    shown = state.validate({"version": 1, "edges": [0, 1.5, 2], "levels": [0, 1, 2], "seed": 5})
    plain = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(plain, "PNG")
    texts = {"Description": "Größe ≥ 3", export.STATE_KEY: state.dumps(shown)}
    (found,) = node(
        {"ask": "withTexts", "png": base64.b64encode(plain.getvalue()).decode(), "texts": texts}
    )
    path = tmp_path / "figure.png"
    path.write_bytes(base64.b64decode(found))
    assert export.read_state(path) == shown
    with Image.open(path) as image:
        assert image.convert("RGB").getpixel((2, 1)) == (255, 0, 0)
        assert image.text["Description"] == "Größe ≥ 3"  # type: ignore[attr-defined]


def test_history_undoes_redoes_and_merges_key_presses() -> None:
    def push(value: int, kind: str | None = None, time: float = 0.0) -> dict[str, Any]:
        return {"action": "push", "state": {"v": value}, "kind": kind, "time": time}

    undo, redo = {"action": "undo"}, {"action": "redo"}
    actions = [
        push(0), push(1), push(1), undo, undo, redo, push(2), redo,
        push(3, "key", 1000), push(4, "key", 1500), push(5, "key", 9000), undo, undo,
    ]  # fmt: skip
    (found,) = node({"ask": "history", "actions": actions})
    assert [step["now"]["v"] for step in found] == [1, 1, 0, 0, 1, 2, 2, 3, 4, 5, 4, 2]
    assert [step["canUndo"] for step in found][:5] == [True, True, False, False, True]


def test_joined_modules_need_no_imports_and_hide_no_names(tmp_path: Path) -> None:
    joined = javascript("widget.js", {"KIT": {"words": {}}})
    assert "import {" not in joined
    assert joined.startswith('const KIT = {"words": {}};')
    assert joined.rstrip().endswith("export default { render };")
    path = tmp_path / "widget.mjs"
    path.write_text(joined, encoding="utf-8")
    run = subprocess.run(
        [compute_driver_executable()[0], "--check", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_every_word_that_the_javascript_says_is_there() -> None:
    folder = Path(state.__file__).parent / "explorers" / "js"
    said = set()
    for path in folder.glob("*.js"):
        said |= set(re.findall(r'\btext\(\s*"([a-z_.0-9]+)"', path.read_text(encoding="utf-8")))
    assert len(said) > 30
    assert said <= set(words.table())
