"""The tally is the vote, the vote without oneself and its evidence at once; with confusion matrices it is Bayes' rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.quality.statistics.credit import overlap_evidence
from piecework.quality.statistics.tally import tally
from piecework.quality.statistics.vote import OPEN, leave_one_out, posterior

SAID = st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=8)


def matrix(rng: np.random.Generator, classes: int) -> np.ndarray:
    return 0.9 * rng.dirichlet(np.ones(classes), classes) + 0.1 / classes


class TestOneCoin:
    @given(said=SAID, classes=st.sampled_from([OPEN, 4, 7]))
    @settings(max_examples=200, deadline=None)
    def test_it_says_what_the_three_functions_say(self, said: list[tuple[int, float]], classes: int) -> None:
        labels, accuracies = [label for label, _ in said], [accuracy for _, accuracy in said]
        found = tally(labels, accuracies, classes)
        shares = posterior(labels, accuracies, classes)
        assert found.shares == pytest.approx(shares, abs=1e-12)
        assert found.right == pytest.approx(leave_one_out(labels, accuracies, classes), abs=1e-12)
        for mine, theirs in zip(found.evidence, overlap_evidence(labels, accuracies, classes), strict=True):
            assert (mine.right, mine.wrong) == pytest.approx((theirs.right, theirs.wrong), abs=1e-9)


class TestConfusion:
    @pytest.mark.parametrize("seed", range(5))
    def test_it_is_bayes_rule(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        matrices = [matrix(rng, 3) for _ in range(4)]
        labels = rng.integers(0, 3, 4)
        joint = np.ones((5, 3))
        for i, one in enumerate(matrices):
            for row in range(5):
                if row != i:
                    joint[row] *= one[:, labels[i]]
        joint /= joint.sum(axis=1, keepdims=True)
        found = tally(labels, np.full(4, 0.7), 3, confusions=matrices)
        assert found.shares == pytest.approx(joint[4], abs=1e-9)
        assert found.right == pytest.approx([joint[i][labels[i]] for i in range(4)], abs=1e-9)

    def test_one_without_a_matrix_has_one_coin(self) -> None:
        symmetric = np.full((3, 3), 0.1) + np.eye(3) * 0.7
        for confusions in ([symmetric, None, None], [symmetric, symmetric, None]):
            found = tally([0, 0, 1], [0.8, 0.8, 0.6], 3, confusions=confusions)
            assert found.shares == pytest.approx(posterior([0, 0, 1], [0.8, 0.8, 0.6], 3))

    def test_what_a_matrix_rules_out_is_only_unlikely(self) -> None:
        found = tally([0, 1], [0.9, 0.9], 2, confusions=[np.eye(2), np.eye(2)])
        assert found.shares == pytest.approx([0.5, 0.5])

    @pytest.mark.parametrize("bad", [np.eye(2), np.ones((3, 3)), -np.eye(3)])
    def test_what_is_no_confusion_matrix_is_refused(self, bad: np.ndarray) -> None:
        with pytest.raises(ValueError, match="confusion matrix"):
            tally([0], [0.8], 3, confusions=[bad])

    def test_an_open_set_has_no_confusion_matrix(self) -> None:
        with pytest.raises(ValueError, match="closed set"):
            tally([0], [0.8], OPEN, confusions=[np.eye(2)])
