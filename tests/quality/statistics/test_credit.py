"""Evidence about accuracies: certain and silent others, unbiasedness, additivity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics import OPEN, Evidence, evidence, overlap_evidence


@pytest.mark.parametrize("accuracy", [0.0, 0.3, 0.8, 0.97, 1.0])
def test_a_golden_answer_counts_one(accuracy: float) -> None:
    right = evidence(1.0, accuracy=accuracy)
    wrong = evidence(0.0, accuracy=accuracy)
    assert (right.right, right.wrong) == pytest.approx((1, 0))
    assert (wrong.right, wrong.wrong) == pytest.approx((0, 1))


def test_silent_others_count_nothing() -> None:
    silent = evidence(0.5)
    assert (silent.right, silent.wrong) == pytest.approx((0, 0))
    assert [e.weight for e in overlap_evidence([3], [0.9], 5)] == pytest.approx([0])
    assert [e.weight for e in overlap_evidence([0], [0.9], OPEN)] == pytest.approx([0])
    assert overlap_evidence([], [], 2) == []


def test_two_classes_by_hand() -> None:
    # q = r = 0.8: agreement has the chance s = 0.68, and the information, relative to a golden
    # answer, (2q - 1)^2 r (1 - r) / (s (1 - s)) = 0.36 * 0.16 / 0.2176. x = q / (2q - 1) = 4/3.
    weight = 0.36 * 0.16 / 0.2176
    agree, differ = evidence(0.8, accuracy=0.8), evidence(0.2, accuracy=0.8)
    assert agree.weight == pytest.approx(weight)
    assert differ.weight == pytest.approx(weight)
    assert agree.right == pytest.approx(weight * 4 / 3)
    assert differ.right == pytest.approx(-weight / 3)


posteriors = st.lists(st.floats(1e-3, 1), min_size=2, max_size=6).map(lambda parts: np.array(parts) / sum(parts))


@given(posteriors, st.floats(0, 1), st.floats(0.05, 0.97))
def test_the_expected_evidence_is_the_accuracy(others: np.ndarray, truth: float, reference: float) -> None:
    size = others.size
    chances = others * truth + (1 - others) * (1 - truth) / (size - 1)
    found = [evidence(float(q), accuracy=reference, others=others) for q in others]
    weight = found[0].weight
    assert 0 <= weight <= 1 + 1e-9
    assert [e.weight for e in found] == pytest.approx([weight] * size)
    right = sum(p * e.right for p, e in zip(chances, found, strict=True))
    assert right == pytest.approx(truth * weight, abs=1e-9)


@given(st.floats(0.5, 1), st.floats(0, 0.5))
def test_surer_others_weigh_more(probability: float, more: float) -> None:
    surer = min(1.0, probability + more)
    assert evidence(surer).weight >= evidence(probability).weight - 1e-12


def test_one_more_voter_makes_the_evidence_heavier() -> None:
    two = overlap_evidence([0, 0], [0.8, 0.8], 2)[0]
    three = overlap_evidence([0, 0, 0], [0.8, 0.8, 0.8], 2)[0]
    assert 0 < two.weight < three.weight < 1


def test_a_task_agrees_with_the_single_answer() -> None:
    both = overlap_evidence([0, 1], [0.7, 0.9], 3)
    alone = evidence(0.05, accuracy=0.7, others=[0.05, 0.9, 0.05])
    assert (both[0].right, both[0].wrong) == pytest.approx((alone.right, alone.wrong))


def test_evidence_adds_up_and_can_be_taken_back() -> None:
    total = Evidence() + Evidence(1.0, 0.0) + Evidence(0.25, -0.5)
    assert total == Evidence(1.25, -0.5)
    assert total - Evidence(0.25, -0.5) == Evidence(1.0, 0.0)


def test_extreme_accuracies_stay_finite() -> None:
    for found in overlap_evidence([0, 0, 1], [0.0, 1.0, 1.0], 2):
        assert np.isfinite([found.right, found.wrong]).all()


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_impossible_probabilities_are_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        evidence(probability)


@pytest.mark.parametrize("others", [[1.0], [0.5, 0.6], [[0.5, 0.5]]])
def test_impossible_posteriors_are_refused(others: list[float]) -> None:
    with pytest.raises(ValueError, match="posterior"):
        evidence(0.5, others=others)
