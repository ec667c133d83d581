"""What goes back through a step, and where that leads: against sums done in another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2uq_viz import gates
from n2uq_viz.quantizer import Quantizer

FINITE = st.floats(-1e6, 1e6)


@given(FINITE, FINITE)
def test_each_rule_says_what_its_formula_says(x: float, upstream: float) -> None:
    found = {rule: float(gates.passed(rule, x, upstream)) for rule in gates.RULES}
    assert found == {
        "derivative": 0.0,
        "gate": upstream if -1.0 < x <= 1.0 else 0.0,
        "no_gate": upstream,
        "hardtanh": max(-1.0, min(1.0, upstream)),
    }


def test_the_gate_follows_the_edges_and_shapes_broadcast() -> None:
    q = Quantizer.binary((2.0, 4.0))
    x = np.array([[1.9], [2.0], [3.0], [4.0], [4.1]])
    found = gates.passed("gate", x, [1.0, -7.0], q)
    np.testing.assert_array_equal(found, np.array([[0], [0], [1], [1], [0]]) * [1.0, -7.0])


def test_the_gate_is_the_slope_of_the_mean_and_the_others_are_not() -> None:
    x = np.linspace(-2.95, 2.95, 60)  # no edge among them
    h = 1e-6
    q = Quantizer.binary()
    slope = (q.expectation(x + h) - q.expectation(x - h)) / (2.0 * h)
    np.testing.assert_allclose(gates.passed("gate", x, 5.0), 5.0 * slope, atol=1e-8)
    for rule in ("derivative", "no_gate", "hardtanh"):
        assert np.abs(gates.passed(rule, x, 5.0) - 5.0 * slope).max() >= 1.0


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rule must be one of .*derivative.*gate.*, got 'clip'"):
        gates.passed("clip", 0.0, 1.0)


def test_inputs_are_left_alone() -> None:
    upstream = np.array([5.0, 0.5])
    gates.passed("no_gate", [0.2, 3.0], upstream)[:] = 0.0
    np.testing.assert_array_equal(upstream, [5.0, 0.5])


@pytest.mark.parametrize(
    ("rule", "start", "end"),
    [
        ("derivative", 0.3, 0.3),
        ("gate", 0.3, -0.1),  # 0.3, 0.1, -0.1
        ("gate", 1.5, 1.5),
        ("no_gate", 1.5, -0.1),  # eight moves by 0.2
        ("hardtanh", 0.32, -0.03),  # seven moves by 0.05
    ],
)
def test_descent_worked_out_by_hand(rule: str, start: float, end: float) -> None:
    path = gates.descend(rule, -1.0, start)
    assert path.shape == (11,)
    assert path[0] == start
    assert path[-1] == pytest.approx(end, abs=1e-12)


def test_without_a_gate_nothing_stops_the_drift() -> None:
    gated = gates.descend("gate", 2.0, 0.3, steps=1000)
    drifting = gates.descend("no_gate", 2.0, 0.3, steps=1000)
    assert 1.0 < gated[-1] <= 1.1 + 1e-12
    assert drifting[-1] == pytest.approx(0.3 + 1000 * 0.05 * 2.0)


def test_the_best_threshold_is_found_by_trying_all() -> None:
    rng = np.random.default_rng(5)
    x = np.append(rng.normal(size=40), [3.0, 3.0])
    low, high = gates.best_thresholds(x)
    loss = [gates.learn("derivative", x, start=t, steps=0).loss[0] for t in np.linspace(-3, 4, 701)]
    inside = gates.learn("derivative", x, start=0.5 * (low + high), steps=0).loss[0]
    assert inside == pytest.approx(min(loss))
    # Each output is the nearer one of the two levels, so the gap holds 0.
    assert low <= 0.0 <= high


def _weight(rule: str, x: float, upstream: float) -> float:
    """What a rule passes back, written out once more; the gate reaches from -1 to 1."""
    if rule == "derivative" or (rule == "gate" and not -1.0 < x <= 1.0):
        return 0.0
    return min(1.0, max(-1.0, upstream)) if rule == "hardtanh" else upstream


@pytest.mark.parametrize("rule", gates.RULES)
def test_one_step_of_learning_against_a_sum_in_plain_python(rule: str) -> None:
    run = gates.learn(rule, steps=1)
    slope = 0.0
    for x in gates.INPUTS.tolist():
        output = 1.0 if x > gates.START else -1.0
        # Moving t is moving x the other way.
        slope -= _weight(rule, x - gates.START, 2.0 * (output - x))
    assert run.thresholds[1] == pytest.approx(gates.START - gates.RATE * slope)


def test_only_the_gate_ends_where_the_error_is_least() -> None:
    low, high = gates.best_thresholds()
    ends = {rule: gates.learn(rule, steps=500) for rule in gates.RULES}
    assert low <= ends["gate"].thresholds[-1] <= high
    # Three inputs far out pull with 2 (x - 1), or with 1 each under hardtanh: worked out by hand,
    # the sums vanish where so many of the others pull back.
    assert ends["hardtanh"].thresholds[-1] == pytest.approx(-0.15, abs=0.01)
    assert ends["no_gate"].thresholds[-1] == pytest.approx(-0.55, abs=0.01)
    losses = [ends[rule].loss[-1] for rule in ("gate", "hardtanh", "no_gate", "derivative")]
    assert losses == sorted(losses)
    assert len(set(losses)) == 4
