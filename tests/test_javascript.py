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

from n2uq_viz import datasets, explorers, export, randomness, state, style, words
from n2uq_viz.explorers.bundle import javascript
from n2uq_viz.explorers.kit import presets
from n2uq_viz.montecarlo import GRADIENT_METHODS, simulate_gradient_shared, simulate_shared
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


def root_mean_square(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def gradient_inputs(q: Quantizer, rng: np.random.Generator) -> NDArray[np.float64]:
    """Inputs in increasing order: anywhere, on all edges, beside them, and none at all."""
    span = q.edges[-1] - q.edges[0]
    anywhere = rng.uniform(q.edges[0] - 0.2 * span, q.edges[-1] + 0.2 * span, 60)
    beside = [np.nextafter(q.edges, side) for side in (-np.inf, np.inf)]
    return np.sort(np.concatenate((anywhere, q.edges, q.thresholds, *beside, [np.nan])))


@pytest.mark.parametrize("method", GRADIENT_METHODS)
@pytest.mark.parametrize("draws", [1, 7, 200])
def test_gradient_dots_equal_numpy(quantizers: list[Quantizer], draws: int, method: str) -> None:
    rng = np.random.default_rng(26)
    common = method == "common_random_numbers"
    # As a share of the narrowest segment: its own, inside it, across its edges, across many, and
    # so small that there are few digits left.
    shares = [None, 0.03, 0.9, 2.5, 400.0, 1e-9] if common else [None]
    cases = []
    for k, q in enumerate(quantizers[:48]):
        share = shares[k % len(shares)]
        half_width = None if share is None else share * float(q.intervals.min())
        cases.append((q, gradient_inputs(q, rng), half_width))
    answers = node(
        *(
            {
                "ask": "gradient",
                "q": q.to_dict(),
                "x": sendable(x),
                "draws": draws,
                "seed": 11,
                "method": method,
                "halfWidth": half_width,
            }
            for q, x, half_width in cases
        )
    )
    for (q, x, half_width), found in zip(cases, answers, strict=True):
        estimate = simulate_gradient_shared(q, x, draws, 11, method, half_width)
        gradient = numbers(found["gradient"])
        np.testing.assert_allclose(gradient, estimate.mean, rtol=EXACT, atol=EXACT)
        if common:
            assert found["halfWidth"] == estimate.half_width
            assert np.isnan(gradient).tolist() == np.isnan(x).tolist()
        else:
            on_edge = np.isin(x, q.edges)
            assert on_edge.sum() == q.edges.size
            assert np.all(np.isnan(gradient[on_edge]))
        with np.errstate(invalid="ignore"):  # NaN among the inputs
            inside = (q.edges[0] < x) & (x < q.edges[-1])
        judged = inside & np.isfinite(gradient) & ~estimate.near_edge
        expected = {
            "gste": root_mean_square((gradient - q.gradient(x))[judged]),
            "ste": root_mean_square((gradient - q.ste_gradient(x))[judged]),
        }
        for name, value in expected.items():
            told = float(found["errors"][name])
            assert told == pytest.approx(value, rel=1e-9, nan_ok=True), name
        assert found["errors"]["points"] == judged.sum()
        valued = np.isfinite(gradient)
        assert found["errors"]["across"] == np.sum(estimate.near_edge & valued)
        assert found["errors"]["lost"] == np.sum(inside & ~valued)
        mc = simulate_shared(q, x, draws, 11)
        rms = np.sqrt(np.mean((mc.mean - q.expectation(x))[inside] ** 2))
        assert found["means"] == {
            "points": inside.sum(),
            "rms": pytest.approx(rms, rel=1e-9, abs=EXACT),
        }


def test_a_half_width_below_the_last_digit_gives_no_dot() -> None:
    q = Quantizer([1.0, 2.0], [0.0, 1.0])
    (found,) = node(
        {
            "ask": "gradient",
            "q": q.to_dict(),
            "x": [1.25, 1.5],
            "draws": 10,
            "seed": 0,
            "method": "common_random_numbers",
            "halfWidth": 1e-30,
        }
    )
    estimate = simulate_gradient_shared(q, [1.25, 1.5], 10, 0, "common_random_numbers", 1e-30)
    np.testing.assert_array_equal(numbers(found["gradient"]), estimate.mean)
    assert found["errors"]["points"] == 0


def test_dots_near_an_edge_are_counted_apart() -> None:
    q = Quantizer([0.0, 1.0, 2.0], [0.0, 1.0, 4.0])
    question = {"ask": "gradient", "q": q.to_dict(), "draws": 50, "seed": 3, "halfWidth": 0.25}
    question |= {"x": [-0.3, -0.25, -0.2, 0.5, 0.75, 0.8, 1.0, 1.2, 1.5, 2.1, 2.3]}
    common, score = node(*({**question, "method": method} for method in GRADIENT_METHODS))
    # Reaching an edge is not reaching across it.
    assert (common["errors"]["across"], common["errors"]["points"]) == (5, 3)
    assert (common["errors"]["lost"], score["errors"]["lost"]) == (0, 1)
    assert (score["errors"]["across"], score["errors"]["points"]) == (0, 5)


def test_numbers_are_read_as_people_type_them() -> None:
    typed = {
        "2/3": 2 / 3,
        " 4 / 3 ": 4 / 3,
        "-1/3": -1 / 3,
        "\u22121/3": -1 / 3,
        "1/-4": -0.25,
        "0,5": 0.5,
        "0,5/1,5": 0.5 / 1.5,
        "-1e-3": -1e-3,
        "7": 7.0,
    }
    none = ["", " ", "/", "2/", "/3", "1/2/3", "1/0", "0/0", "1/Infinity", "half", "1,000,000"]
    (found,) = node({"ask": "parse", "typed": [*typed, *none]})
    assert found == [*typed.values(), *[None] * len(none)]


def play(*script: tuple[str, Any], ask: str = "question") -> list[dict[str, Any]]:
    (told,) = node({"ask": ask, "script": script})
    found: list[dict[str, Any]] = told
    return found


def test_python_is_asked_when_the_hand_rests() -> None:
    told = play(
        ("about", {"v": 1}), ("wait", 249), ("wait", 1),  # a first picture
        ("answer", [0, {"about": {"v": 1}, "p": 0.5}]),
        ("quiet", False),  # a drag, and a rest in it
        ("about", {"v": 2}), ("wait", 100), ("about", {"v": 3}), ("wait", 100), ("about", {"v": 4}),
        ("wait", 5000),
        ("quiet", True), ("settled", None), ("wait", 249), ("wait", 1),
        ("answer", [1, {"about": {"v": 4}, "p": 0.25}]),
        ("about", {"v": 4}), ("settled", None), ("wait", 5000),  # nothing new
    )  # fmt: skip
    assert [step["asked"] for step in told] == [
        0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2,
    ]  # fmt: skip
    assert told[3]["answer"]["p"] == 0.5
    assert told[5]["answer"] is None
    assert told[-1]["answer"]["p"] == 0.25
    assert told[-1]["changes"] == 2


def test_an_answer_about_something_else_counts_for_nothing() -> None:
    told = play(
        ("about", {"v": 1}), ("wait", 250),
        ("about", {"v": 2}), ("wait", 5000),  # one question at a time
        ("answer", [0, {"about": {"v": 1}, "p": 0.5}]),
        ("wait", 250),
        ("answer", [1, {"about": {"v": 2}, "p": 0.1}]),
        ("about", None),  # hidden: there is nothing to ask
        ("wait", 5000),
    )  # fmt: skip
    assert [step["asked"] for step in told] == [0, 1, 1, 1, 1, 2, 2, 2, 2]
    answers = [step["answer"] and step["answer"]["p"] for step in told]
    assert answers == [None, None, None, None, None, None, 0.1, None, None]


def test_a_late_answer_is_welcome_and_a_lost_one_is_asked_for_again() -> None:
    told = play(
        ("about", {"v": 1}), ("wait", 250), ("late", 0), ("wait", 5000),
        ("answer", [0, {"about": {"v": 1}, "p": 0.5}]),
        ("about", {"v": 2}), ("wait", 250), ("late", 1), ("settled", None), ("wait", 250),
    )  # fmt: skip
    assert [step["asked"] for step in told] == [0, 1, 1, 1, 1, 1, 2, 2, 2, 3]
    assert [step["late"] for step in told] == [
        False, False, True, True, False, False, False, True, True, False,
    ]  # fmt: skip
    assert told[4]["answer"]["p"] == 0.5


def play_sync(*script: tuple[str, Any]) -> dict[str, Any]:
    return play(*script, ask="sync")[-1]


def test_python_changes_a_state_while_ours_waits_to_go() -> None:
    end = play_sync(
        ("send", {"v": 1}), ("send", {"v": 2}),  # the second waits for the first one's answer
        ("answer", [0, {"v": 1}]),
        ("python", {"v": 9}),  # before the second goes
        ("wait", 200),
        ("answer", [1, {"v": 9}]),
    )  # fmt: skip
    assert end == {"sent": [1, None], "shown": 9, "status": "in-step"}


def test_an_answer_overtakes_what_python_sent_before_it() -> None:
    end = play_sync(
        ("send", {"v": 1}),  # Python sets 9, then takes our 1; its answer comes first
        ("answer", [0, {"v": 1}]),
        ("python", {"v": 9}),
        ("wait", 200),
        ("answer", [1, {"v": 1}]),
    )
    assert end == {"sent": [1, None], "shown": 1, "status": "in-step"}


def test_asking_undoes_nothing_that_python_has_done() -> None:
    end = play_sync(("settle", None), ("wait", 200), ("answer", [0, {"v": 5}]))
    assert end == {"sent": [None], "shown": 5, "status": "in-step"}


def test_what_python_makes_of_a_drag_is_seen_when_the_hand_lets_go() -> None:
    end = play_sync(
        ("hold", None),
        ("send", {"v": 1}), ("answer", [0, {"v": 100}]),
        ("settle", None), ("release", None), ("answer", [1, {"v": 100}]),
    )  # fmt: skip
    assert end == {"sent": [1, None], "shown": 100, "status": "in-step"}


def test_a_state_that_was_lost_is_sent_again() -> None:
    steps = play(("send", {"v": 1}), ("wait", 9000), ("settle", None), ask="sync")
    assert [step["status"] for step in steps] == ["sending", "silent", "sending"]
    assert steps[-1]["sent"] == [1, 1]


def test_a_busy_python_is_not_called_silent() -> None:
    steps = play(
        ("send", {"v": 1}), ("wait", 4000), ("python", {"v": 7}), ("wait", 5000), ("wait", 9000),
        ask="sync",
    )  # fmt: skip
    assert [step["status"] for step in steps] == ["sending"] * 4 + ["silent"]
    assert steps[-1]["sent"] == [1, None]
    assert steps[-1]["shown"] == 7


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
    folder = Path(explorers.__file__).parent / "js"
    said = set()
    for path in folder.glob("*.js"):
        said |= set(re.findall(r'\btext\(\s*"([a-z_.0-9]+)"', path.read_text(encoding="utf-8")))
    assert len(said) > 30
    assert said <= set(words.table())


def test_thousands_are_read_however_they_are_marked() -> None:
    typed = ["10,000", "10.000", "10 000", "10\u202f000", "1'234'567", "12,5", "1,2345", "7"]
    (found,) = node({"ask": "parseWhole", "typed": typed})
    assert found == [10_000, 10_000, 10_000, 10_000, 1_234_567, 12.5, 1.2345, 7]


def test_more_and_fewer_draws_throw_no_coin_anew() -> None:
    q, view, draws = Quantizer([0.0, 0.4, 2.0], [0.0, 1.0, 2.0]), [-0.5, 2.5], [10, 700, 3, 10_000]
    question = {
        "ask": "simulateInTurn",
        "q": q.to_dict(),
        "view": view,
        "points": 31,
        "seed": 2**40,
    }
    (found,) = node({**question, "draws": draws})
    for count, mean in zip(draws, found, strict=True):
        expected = simulate_shared(q, np.linspace(view[0], view[1], 31), count, seed=2**40).mean
        np.testing.assert_allclose(mean, expected, rtol=1e-12)
