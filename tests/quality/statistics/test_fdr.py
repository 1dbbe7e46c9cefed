"""Benjamini and Hochberg's adjustment against a naive implementation, and its promise by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics.fdr import adjusted

p_values = st.lists(st.floats(0, 1), max_size=40)


def naive_rejections(values: list[float], rate: float, tests: int) -> set[int]:
    """The step-up procedure as the paper states it: the largest i with p_(i) <= i rate / m rejects the first i."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    passed = [rank for rank, i in enumerate(order, start=1) if values[i] <= rank * rate / tests * (1 + 1e-12)]
    return set(order[: max(passed, default=0)])


@given(p_values, st.floats(0.001, 0.5), st.integers(0, 30))
def test_rejects_what_the_step_up_procedure_rejects(values: list[float], rate: float, more: int) -> None:
    tests = len(values) + more
    found = adjusted(values, tests)
    assert set(np.flatnonzero(found <= rate * (1 + 1e-12)).tolist()) == naive_rejections(values, rate, tests)


@given(p_values)
def test_keeps_the_order_and_never_falls_below_the_p_value(values: list[float]) -> None:
    found = adjusted(values)
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    assert ((found >= np.array(values) * (1 - 1e-12)) & (found <= 1)).all()


def test_three_values_by_hand() -> None:
    assert adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert adjusted([0.01], 100) == pytest.approx([1.0])


def test_the_share_of_false_rejections_stays_at_the_rate() -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(400):
        values = rng.random(100)
        values[:20] = rng.random(20) ** 30
        rejected = adjusted(values) <= 0.1
        shares.append(rejected[20:].sum() / max(rejected.sum(), 1))
    assert 0.05 < float(np.mean(shares)) < 0.1


def test_refuses_what_is_no_p_value() -> None:
    for wrong in ([1.5], [-0.1], [[0.1]], [float("nan")]):
        with pytest.raises(ValueError, match="p-values"):
            adjusted(wrong)
    with pytest.raises(ValueError, match="as many tests"):
        adjusted([0.1, 0.2], 1)
