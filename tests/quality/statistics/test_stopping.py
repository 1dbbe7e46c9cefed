"""When a task has answers enough, and how much one more would tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics import OPEN, posterior
from piecework.quality.statistics.stopping import Next, Overlap, confidence, decide

RULE = Overlap(2, 5, 0.9)
SPREADS = st.lists(st.floats(0.001, 1), min_size=2, max_size=8).map(lambda parts: np.array(parts) / sum(parts))


def test_it_stops_when_it_is_sure_enough_and_has_the_minimum() -> None:
    sure = [0.9, 0.06, 0.04]
    assert decide(sure, 1, RULE, classes=3) == Next.ASK
    assert decide(sure, 2, RULE, classes=3) == Next.STOP
    assert decide([0.89, 0.06, 0.05], 2, RULE, classes=3) == Next.ASK
    assert decide([0.89, 0.06, 0.05], 5, RULE, classes=3) == Next.CURATOR


def test_agreement_of_two_stops_early_and_disagreement_asks() -> None:
    assert decide(posterior([1, 1], [0.8, 0.8], 5), 2, RULE, classes=5) == Next.STOP
    assert decide(posterior([1, 2], [0.8, 0.8], 5), 2, RULE, classes=5) == Next.ASK


def test_the_cost_ceiling_ends_asking() -> None:
    rule = Overlap(1, 5, 0.9, price=3.0, ceiling=9.0)
    assert decide([0.5, 0.5], 2, rule, classes=2) == Next.ASK
    assert decide([0.5, 0.5], 3, rule, classes=2) == Next.CURATOR
    assert decide([0.95, 0.05], 3, rule, classes=2) == Next.STOP
    assert decide([0.95, 0.05], 1, Overlap(2, 5, 0.9, price=3.0, ceiling=4.0), classes=2) == Next.CURATOR


def test_a_tie_is_never_sure() -> None:
    assert decide([0.5, 0.5], 2, Overlap(1, 2, 0.4), classes=2) == Next.CURATOR


def test_none_of_these_is_no_answer() -> None:
    assert confidence([0.2, 0.8], OPEN) == pytest.approx(0.2)
    assert confidence([1.0], OPEN) == 0.0
    assert decide(posterior([], [], OPEN), 0, RULE, classes=OPEN) == Next.ASK


@given(SPREADS, st.integers(0, 8), st.floats(0.5, 0.99))
def test_asking_never_exceeds_the_maximum(spread: np.ndarray, answers: int, target: float) -> None:
    chosen = decide(spread, answers, Overlap(1, 5, target), classes=spread.size)
    assert (chosen != Next.ASK) or answers < 5
    assert (chosen != Next.STOP) or (answers >= 1 and spread.max() >= target)


@pytest.mark.parametrize("wrong", [(0, 5, 0.9), (3, 2, 0.9), (1, 5, 0.0), (1, 5, 1.1), (1, 5, 0.9, -1.0), (1, 5, 0.9, 1.0, -1.0)])
def test_impossible_rules_are_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ValueError):
        Overlap(*wrong)


@pytest.mark.parametrize("spread", [[], [0.5, 0.4], [[0.5, 0.5]], [0.2, 0.3, 0.5]])
def test_what_is_no_posterior_of_the_task_is_refused(spread: list[float]) -> None:
    with pytest.raises(ValueError):
        decide(spread, 2, RULE, classes=2)
