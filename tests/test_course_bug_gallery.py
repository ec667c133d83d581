"""The notebook on bugs: its bench, its pictures, its answers by other ways, and what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex

import n2uq_viz as nv
from n2uq_viz import course, style, weights
from n2uq_viz.course import bug_gallery, bug_gallery_bench, bug_gallery_pictures, registry
from n2uq_viz.course import bug_gallery_functions as functions
from n2uq_viz.course import bug_gallery_predictions as predictions
from n2uq_viz.words import table
from tests.answered import as_it_comes

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "09_bug_gallery.py"


def _verdict(name: str, answer: Any) -> Any:
    chapter, exercise = registry.find_exercise(name)
    return exercise.judge(answer, chapter.key)


def _code() -> list[str]:
    return [cell.source for cell in as_it_comes(NOTEBOOK).cells if cell.cell_type == "code"]


def _names(*wanted: str) -> dict[str, Any]:
    """What the notebook's cells that define these names leave, with PyTorch at hand."""
    names: dict[str, Any] = {"torch": torch, "np": np}
    for name in wanted:
        (cell,) = [
            source for source in _code() if re.search(rf"^(class|def) {name}\b", source, re.M)
        ]
        lines = cell.split("\n")
        start = next(k for k, line in enumerate(lines) if re.match(rf"(class|def) {name}\b", line))
        rest = [k for k in range(start + 1, len(lines)) if re.match(r"\S", lines[k])]
        exec("\n".join(lines[start : rest[0] if rest else None]), names)
    return names


# --- The bench -----------------------------------------------------------------------------------


def test_what_is_passed_back_is_the_gradient_of_any_operation() -> None:
    x, upstream = np.array([0.5, 2.0]), np.array([3.0, -1.0])
    assert bug_gallery_bench.passed_back(torch.exp, x, upstream) == pytest.approx(
        upstream * np.exp(x)
    )
    many = bug_gallery_bench.passed_back(torch.sin, 0.3, np.ones((2, 3)))
    assert many == pytest.approx(np.full((2, 3), np.cos(0.3)))
    assert x.tolist() == [0.5, 2.0]
    with pytest.raises(RuntimeError, match="does not require grad"):
        bug_gallery_bench.passed_back(lambda t: t.detach(), x)


def test_a_comparison_fails_where_numbers_differ_and_says_where() -> None:
    same = bug_gallery_bench.compare("both", [1.0, 2.0], [1.0, 2.0 + 1e-12])
    assert same.passes
    assert repr(same) == "both: passes for all 2"
    other = bug_gallery_bench.compare("both", [1, 2, np.nan, 4, 5], [1, 0, 0, 0, 0], at=range(5))
    assert (other.passes, other.differ) == (False, 4)
    assert repr(other).startswith("both: FAILS for 4 of 5: at 1 it is 2, wanted 0; ")
    assert "it is nan" in repr(other)
    assert repr(other).endswith("; and more")


def test_a_descent_is_that_of_the_closed_form() -> None:
    """On a square, each move multiplies the distance by 1 - 2 rate."""
    a = torch.tensor([3.0, -1.0], dtype=torch.float64, requires_grad=True)
    run = bug_gallery_bench.learn(lambda: ((a - 1) ** 2).sum(), a, rate=0.2, steps=5)
    moves = 0.6 ** np.arange(6)
    assert run.values == pytest.approx(1 + moves[:, None] * np.array([2.0, -2.0]))
    assert run.loss == pytest.approx(8 * moves**2)
    b = torch.tensor(1.0, requires_grad=True)
    still = bug_gallery_bench.learn(lambda: b.detach() ** 2, b, rate=0.2, steps=2)
    assert still.values.tolist() == [1.0, 1.0, 1.0]


# --- The pictures --------------------------------------------------------------------------------

CURVES = (np.arange(5.0), np.arange(5.0), -np.arange(5.0))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_two_curves_differ_by_color_and_by_line(theme: str) -> None:
    look = style.theme(theme)
    figure = bug_gallery_pictures.draw("ties", CURVES, CURVES, theme)
    assert len(figure.axes) == 2
    for ax in figure.axes:
        wanted, buggy = ax.lines
        assert (to_hex(wanted.get_color()), to_hex(buggy.get_color())) == (
            look.color["first"],
            look.color["second"],
        )
        assert (wanted.get_linestyle(), buggy.get_linestyle()) == ("-", "--")
        assert np.array_equal(np.asarray(buggy.get_ydata()), CURVES[2])


def test_every_bug_has_words_for_its_picture() -> None:
    for name in bug_gallery_pictures.NAMES:
        words = f"course.bug_gallery.picture.{name}"
        for part in ("caption", "alternative", "wanted", "buggy"):
            assert table()[f"{words}.{part}"]
        for side in ("left", "right"):
            for part in ("title", "x", "y"):
                assert table()[f"{words}.{side}.{part}"]


def test_a_picture_says_where_its_curves_end_and_is_saved(tmp_path: Path) -> None:
    course.keep_answers_in(tmp_path)
    try:
        view = bug_gallery_pictures.show("missing_gate", CURVES, CURVES)
        titles = [ax.get_title("left") for ax in view.figure.axes]
        assert titles == ["What is passed back", "A shift that learns"]
        said = view._repr_mimebundle_()["text/plain"]
        assert "with the gate it ends at 4, without it at −4" in said
        saved = view.save()
        assert [path.name for path in saved] == [
            f"bug_missing_gate.{suffix}" for suffix in ("svg", "pdf", "png")
        ]
        assert all(path.parent == tmp_path / "figures" for path in saved)
    finally:
        course.keep_answers_in(None)


def test_every_picture_is_in_the_notebook_once_and_in_order() -> None:
    shown = re.findall(r'^pictures\.show\("(\w+)"', "\n".join(_code()), re.M)
    assert tuple(shown) == bug_gallery_pictures.NAMES


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="a bug must be one of"):
        bug_gallery_pictures.draw("moth", CURVES, CURVES)
    with pytest.raises(ValueError, match=r"one number for each x, \(5,\), got shape \(4,\)"):
        bug_gallery_pictures.draw("ties", CURVES, (*CURVES[:2], np.arange(4.0)))


# --- Predictions ---------------------------------------------------------------------------------


def test_gate_and_clip_are_those_of_torch() -> None:
    _, prediction = registry.find_prediction("gate_or_clip")
    x = torch.tensor(predictions.INPUTS, requires_grad=True)
    g = torch.tensor(predictions.UPSTREAM)
    torch.nn.functional.hardtanh(x).backward(g)
    assert x.grad is not None
    clipped = torch.nn.functional.hardtanh(g)
    assert prediction.truth() == {
        "clip_inside": clipped[0].item(),
        "clip_outside": clipped[1].item(),
        "gate_inside": x.grad[0].item(),
        "gate_outside": x.grad[1].item(),
    }


def test_a_step_below_zero_gets_no_gradient_by_autograd_either() -> None:
    _, prediction = registry.find_prediction("dead_step")
    assert prediction.truth() == {"end": "stays"}
    x = torch.rand(200, dtype=torch.float64) + 1e-3
    for start, dead in ((predictions.STEP, True), (0.4, False)):
        s = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        v = (x / s).clamp(0, predictions.TOP)
        loss = ((s * (v + (torch.round(v) - v).detach()) - x) ** 2).sum()
        (gradient,) = torch.autograd.grad(loss, s)
        assert (gradient.item() == 0.0) == dead


def test_a_cast_of_quantized_weights_leaves_zeros() -> None:
    _, prediction = registry.find_prediction("after_cast")
    assert prediction.truth() == {"whole": "zeros"}
    w = np.random.default_rng(0).normal(0.0, predictions.SPREAD, (16, predictions.FAN_IN))
    fake = weights.quantize_weights(w, predictions.LEVELS)
    assert not torch.tensor(fake).to(torch.int8).any()
    # The numbers that the explanation names, of the very weights that the notebook has.
    found = [f"{value:.2f}".replace("-", "−") for value in np.unique(fake[0])]
    assert (
        f"{', '.join(found[:-1])} and {found[-1]}" in (table()["course.bug_gallery.after_cast.why"])
    )
    assert any("default_rng(0).normal(0.0, 0.1, (16, 64))" in source for source in _code())


# --- Exercises -----------------------------------------------------------------------------------


def test_the_inputs_that_see_the_missing_gate_are_those_of_a_run() -> None:
    rounded = _names("Rounded")["Rounded"]
    back = bug_gallery_bench.passed_back(rounded.apply, bug_gallery.TRIED)
    q = nv.Quantizer.uniform(2)
    assert rounded.apply(torch.tensor(bug_gallery.TRIED)).numpy() == pytest.approx(
        q(bug_gallery.TRIED)
    )
    off = bug_gallery.TRIED[back != q.ste_gradient(bug_gallery.TRIED, "unit")]
    assert _verdict("seen_at", off).right


def test_the_slopes_of_the_four_lines_are_those_of_autograd() -> None:
    names = _names("levels_of", "parts")
    (cell,) = [source for source in _code() if "LINES = {" in source]
    exec(cell[cell.index("LINES = {") : cell.index("for letter")], names)
    slopes = []
    for rule in names["LINES"].values():
        x = torch.tensor([1.1, 3.0], dtype=torch.float64, requires_grad=True)
        y = rule(x, *names["parts"](x))
        assert y.detach().numpy() == pytest.approx(nv.Quantizer.uniform(2)([1.1, 3.0]))
        y.sum().backward()
        assert x.grad is not None
        slopes += x.grad.tolist()
    assert _verdict("detach_slopes", slopes).right


def test_the_search_of_the_notebook_loses_the_code() -> None:
    by_search = _names("by_search")["by_search"]
    line = np.linspace(-1, 3, 801)
    found = {by_search(x, list(bug_gallery.CROSSED)) for x in line}
    (lost,) = set(range(4)) - found
    assert _verdict("lost_code", lost).right
    ordered = sorted(bug_gallery.CROSSED)
    assert [by_search(x, ordered) for x in line] == np.searchsorted(ordered, line).tolist()


@given(st.floats(-50, 50))
def test_halves_go_down_as_in_the_quantizer(v: float) -> None:
    codes = nv.Quantizer(np.arange(-60.0, 61.0), np.arange(-60.0, 61.0))
    for value in (v, np.floor(v) + 0.5):
        assert np.ceil(value - 0.5) == codes(value)
    assert _verdict("half_down", lambda value: codes(value)).right


def test_widths_of_many_kinds_keep_edges_in_order() -> None:
    for width in (lambda a: max(a, 1e-3), np.exp, lambda a: np.log1p(np.exp(a))):
        assert _verdict("width_above_zero", width).right
        raw = np.random.default_rng(0).normal(size=50)
        assert (np.diff(np.cumsum([float(width(a)) for a in raw])) > 0).all()
    assert _verdict("width_above_zero", lambda a: abs(a)).mistake == "folded"


def test_stored_codes_give_the_weights_back() -> None:
    codes = bug_gallery.STORED_CODES.right_answers[0]
    back = bug_gallery.SCALE / 3 * (2 * np.array(codes) - 3)
    assert back == pytest.approx(bug_gallery.FAKE)
    own = weights.weight_codes(bug_gallery.FAKE, 4, axis=None, scale=bug_gallery.SCALE)
    assert own.tolist() == codes


def test_two_tests_are_judged_by_the_code_of_the_notebook() -> None:
    names = _names("Rounded", "Gated", "Quiet", "Clipped", "levels_of", "parts")
    real = {
        "missing_gate": names["Rounded"].apply,
        "grad_one": names["Quiet"].apply,
        "hardtanh": names["Clipped"].apply,
        "uphill": lambda x: (
            names["parts"](x)[0].detach() + (names["parts"](x)[1] - names["parts"](x)[0])
        ),
    }
    assert set(real) == set(functions.BUGGY)
    for x, g in ((0.2, 5.0), (3.0, 0.5), (1.1, 1.0), (-0.7, -2.0), (1.9, 0.5)):
        for name, op in real.items():
            (back,) = bug_gallery_bench.passed_back(op, [x], [g])
            assert back == functions.BUGGY[name](x, g), (name, x, g)
        gated = bug_gallery_bench.passed_back(names["Gated"].apply, [x], [g])
        assert gated[0] == g * nv.Quantizer.uniform(2).ste_gradient(x, "unit")


@given(
    st.floats(0.01, 2), st.floats(-9, 9).filter(lambda g: abs(g) > 0.01 and abs(g - 1) > 0.01),
    st.floats(2.01, 50) | st.floats(-50, -0.01), st.floats(0.01, 9),
)  # fmt: skip
def test_one_pair_inside_and_one_outside_see_all(
    x_in: float, g_in: float, x_out: float, g_out: float
) -> None:
    assert _verdict("two_tests", [(x_in, g_in), (x_out, g_out)]).right
    assert _verdict("two_tests", [(x_in, g_in), (x_in, g_out)]).mistake == "all_inside"


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("seen_at", [2.2, 6], "The range ends on both"),
        ("blind_upstream", 5, "With 5 from above 5 is wanted"),
        ("detach_slopes", [1, 0, 1, 0, 1, 1, 1, 0], "the sign of the `c`"),
        ("half_down", round, "Halves go to the even number"),
        ("lost_code", "4/3", "That is the level"),
        ("width_above_zero", lambda a: max(a, 0), "no segment between them"),
        ("stored_codes", [1, -3, 3, -1], "2k − 3"),
        ("two_tests", [(1, 1), (3, 1)], "Almost"),
    ],
)
def test_what_learners_give_is_answered_by_name(name: str, answer: Any, words: str) -> None:
    assert words in _verdict(name, answer).text


# --- What the notebook says ----------------------------------------------------------------------


def test_eight_rooms_each_with_a_failing_check_and_a_mend() -> None:
    source = NOTEBOOK.read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"^# ## Room (\d)", source, re.M)] == list(range(1, 9))
    for number in range(1, 9):
        assert re.search(rf"^fails_{number} = bench\.compare\(", source, re.M)
        assert re.search(rf"\bmended_{number} = bench\.compare\(", source)
    claim = next(cell for cell in _code() if "fails = [" in cell)
    assert "assert not any(check.passes for check in fails)" in claim
    assert "assert all(check.passes for check in mended)" in claim


def test_reports_are_linked_by_their_repository_and_number() -> None:
    source = NOTEBOOK.read_text(encoding="utf-8")
    links = re.findall(
        r"\[([\w./-]+) #(\d+)\]\(https://github\.com/([\w./-]+)/(\w+)/(\d+)\)", source
    )
    assert len(links) >= 12
    for name, number, repository, kind, of_link in links:
        assert (name, number) == (repository, of_link)
        assert kind in ("issues", "pull")
    assert source.count("https://github.com/") == len(links)
    found = {f"{repository} #{number}" for _, number, repository, _, _ in links}
    assert found >= {
        "eladhoffer/quantized.pytorch #5",
        "PannenetsF/TQT #4",
        "hustzxd/LSQuantization #1",
        "ZouJiu1/LSQplus #12",
        "larq/larq #144",
        "larq/larq #172",
        "liuzechun/Nonuniform-to-Uniform-Quantization #7",
    }
