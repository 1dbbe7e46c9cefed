"""Votes on sets, option by option, against the enumeration of every possible truth."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.quality.statistics.ticks import probability_right, vote

THRESHOLDS = st.sampled_from([None, 0.3, 0.5, 2 / 3, 1.0])


def is_right(said: Any, truth: Any, threshold: float | None) -> bool:
    both, either = int((said & truth).sum()), int((said | truth).sum())
    return bool((said == truth).all()) if threshold is None else either == 0 or both / either >= threshold - 1e-9


class TestProbabilityRight:
    @given(said=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=7), threshold=THRESHOLDS)
    @settings(max_examples=200, deadline=None)
    def test_it_is_the_sum_over_all_truths(self, said: list[tuple[bool, float]], threshold: float | None) -> None:
        ticks, chances = np.array([tick for tick, _ in said]), np.array([chance for _, chance in said])
        expected = 0.0
        for outcome in product([False, True], repeat=len(said)):
            truth = np.array(outcome)
            expected += float(np.prod(np.where(truth, chances, 1 - chances))) * is_right(ticks, truth, threshold)
        assert probability_right(ticks, chances, threshold) == pytest.approx(expected, abs=1e-9)


class TestVote:
    @given(ticks=st.lists(st.booleans(), min_size=1, max_size=12), accuracy=st.floats(0.6, 0.99), threshold=THRESHOLDS)
    @settings(max_examples=100, deadline=None)
    def test_a_single_set_is_right_as_often_as_its_author(
        self, ticks: list[bool], accuracy: float, threshold: float | None
    ) -> None:
        chances = vote([ticks], [accuracy], threshold).chances
        sure = probability_right(np.array(ticks), chances, threshold)
        coin = probability_right(np.array(ticks), np.full(len(ticks), 0.5), threshold)
        assert sure == pytest.approx(max(accuracy, coin), abs=2e-3)

    def test_two_against_one_in_one_option_by_hand(self) -> None:
        found = vote([[True, True], [True, False], [True, True]], [0.81, 0.81, 0.81])
        # 0.9 an option: 0.9^3 : 0.1^3, and 0.9 * 0.9 * 0.1 : 0.1 * 0.1 * 0.9
        assert found.chances == pytest.approx([0.729 / 0.730, 0.9])
        # the others of the second: 0.81 : 0.01 for each option
        assert found.right[1] == pytest.approx(0.81 / 0.82 * 0.01 / 0.82)

    def test_whoever_is_worse_than_chance_counts_nothing(self) -> None:
        assert vote([[True, False, True]], [0.05]).chances == pytest.approx([0.5] * 3)

    @pytest.mark.parametrize(("ticks", "accuracies"), [([[True]], [0.5, 0.5]), ([[]], [0.5]), ([True], [0.5]), ([[True]], [1.1])])
    def test_what_does_not_fit_together_is_refused(self, ticks: Any, accuracies: Any) -> None:
        with pytest.raises(ValueError, match=r"ticks have|accuracy lies"):
            vote(ticks, accuracies)
