"""The figure of the range gate shows the numbers of the rules and of the runs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from n2uq_viz import figures, gates, style
from tests.test_figures import THEMES, assert_readable

#: The module, whose name in the package is taken by the figure's function.
range_gate: Any = import_module("n2uq_viz.figures.range_gate")


def drawn(ax: Any, rule: str) -> Any:
    """The line of a rule, by its color."""
    color = style.theme("light").color[range_gate.LOOKS[rule][0]]
    return next(
        each
        for each in ax.lines
        if to_hex(each.get_color()) == color and each.get_linestyle() != "None"
    )


@pytest.mark.parametrize("theme", THEMES)
def test_it_is_readable_in_every_theme(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_readable(figures.range_gate(theme=theme), monkeypatch)


def test_it_draws_what_each_rule_passes_back() -> None:
    panels = figures.range_gate(theme="light").axes
    for ax, (at, upstream) in zip(panels, range_gate.CASES, strict=False):
        for rule in range_gate.PASSING:
            line = drawn(ax, rule)
            x = np.asarray(line.get_xdata())
            np.testing.assert_array_equal(
                line.get_ydata(), gates.passed(rule, x, np.full(x.size, upstream))
            )
        dots = {
            (*np.asarray(each.get_xdata()).tolist(), *np.asarray(each.get_ydata()).tolist())
            for each in ax.lines
            if each.get_marker() == "o"
        }
        assert dots == {
            (at, float(gates.passed(rule, at, upstream))) for rule in range_gate.PASSING
        }


def test_it_draws_the_runs_and_the_best_place() -> None:
    ax = figures.range_gate(theme="light").axes[2]
    for rule in gates.RULES:
        np.testing.assert_array_equal(drawn(ax, rule).get_ydata(), gates.learn(rule).thresholds)
    (band,) = ax.patches
    low, high = gates.best_thresholds()
    box: Any = band
    assert (box.get_y(), box.get_y() + box.get_height()) == pytest.approx((low, high))
    names = {text.get_text() for text in ax.texts}
    assert {"true derivative", "range gate", "no gate", "hardtanh"} <= names


def test_runs_are_at_rest_where_the_figure_ends() -> None:
    """Ten times as many steps lead nowhere else, so a path's end is where its rule leads."""
    for rule in gates.RULES:
        ends = [gates.learn(rule, steps=n).thresholds[-1] for n in (gates.STEPS, 10 * gates.STEPS)]
        assert ends[0] == pytest.approx(ends[1], abs=1e-3)


def test_it_says_what_it_shows_on_top_and_fills_a_slide() -> None:
    figure = figures.range_gate(theme="projector")
    assert [text.get_text() for text in figure.texts] == [
        "Without the gate, far inputs drag the threshold away"
    ]
    assert figure.get_size_inches().tolist() == pytest.approx([13.333, 7.5], abs=1e-3)


def test_rules_differ_in_more_than_color() -> None:
    dashes = [look[1] for look in range_gate.LOOKS.values()]
    assert len(set(dashes)) == len(gates.RULES)


def test_words_name_the_numbers() -> None:
    words = figures.text_alternative("range_gate")
    assert "at x = 0.2 the range gate passes 5, no gate passes 5 and hardtanh of the" in words
    assert "at x = 3, outside the range, the range gate passes 0, no gate passes 0.5" in words
    for rule in gates.RULES[1:]:
        end = gates.learn(rule).thresholds[-1]
        assert f"at {end:.2g}".replace("-", "−") in words
    assert f"{gates.INPUTS.size} inputs, of which 3 lie far out" in figures.caption("range_gate")


def test_names_at_the_ends_of_lines_keep_apart() -> None:
    figure = figures.range_gate(theme="light")
    places = range_gate._apart(figure.axes[2], style.theme("light"), [0.0, 0.01, -0.5])
    assert places[2] == -0.5
    assert places[1] - places[0] > 0.05
