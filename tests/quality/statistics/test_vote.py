"""The weighted vote on one task: examples by hand, published examples, laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics import OPEN, leave_one_out, posterior
from piecework.quality.statistics.vote import OPEN_SET_SIZE, others_posterior

OK, BAD = 0, 1


def test_the_published_dynamic_overlap_examples() -> None:
    # Toloka's documentation of dynamic overlap, three classes.
    assert posterior([OK, OK], [0.70, 0.90], 3)[OK] == pytest.approx(0.977, abs=5e-4)
    assert posterior([OK, BAD], [0.70, 0.90], 3)[BAD] == pytest.approx(0.761, abs=5e-4)
    three = posterior([OK, BAD, BAD], [0.70, 0.90, 0.80], 3)
    assert three[BAD] == pytest.approx(0.962, abs=5e-4)


def test_two_classes_by_hand() -> None:
    # 0.8 * 0.7 against 0.2 * 0.3 is 56 to 6; with a prior of 1 to 3 it is 56 to 18.
    assert posterior([0, 0], [0.8, 0.7], 2) == pytest.approx([56 / 62, 6 / 62])
    assert posterior([0, 0], [0.8, 0.7], 2, prior=[0.25, 0.75]) == pytest.approx([56 / 74, 18 / 74])


def test_no_answers_leave_the_prior() -> None:
    assert posterior([], [], 4) == pytest.approx([0.25] * 4)
    assert posterior([], [], 2, prior=[0.1, 0.9]) == pytest.approx([0.1, 0.9])
    assert leave_one_out([], [], 2).shape == (0,)


def test_an_open_set_is_a_closed_one_with_the_unseen_summed() -> None:
    closed = posterior([0, 1, 1], [0.6, 0.7, 0.8], OPEN_SET_SIZE)
    opened = posterior([0, 1, 1], [0.6, 0.7, 0.8], OPEN)
    assert opened == pytest.approx([closed[0], closed[1], closed[2:].sum()])
    assert posterior([], [], OPEN) == pytest.approx([1.0])
    many = np.arange(50)
    assert posterior(many, np.full(50, 0.8), OPEN).shape == (51,)


def test_worse_than_chance_counts_nothing() -> None:
    assert posterior([0, 1], [0.8, 0.1], 2) == pytest.approx([0.8, 0.2])


def test_leave_one_out_by_hand() -> None:
    # Judged by the other alone: agreeing with 0.9 is right with 0.9, with 0.7 with 0.7.
    assert leave_one_out([0, 0], [0.7, 0.9], 2) == pytest.approx([0.9, 0.7])
    assert leave_one_out([0, 1], [0.7, 0.9], 2) == pytest.approx([0.1, 0.3])
    assert leave_one_out([2], [0.99], 4) == pytest.approx([0.25])
    assert leave_one_out([0, 1], [0.7, 0.9], 3) == pytest.approx([0.05, 0.15])


tasks = st.integers(2, 6).flatmap(
    lambda classes: st.tuples(
        st.just(classes),
        st.lists(st.tuples(st.integers(0, classes - 1), st.floats(0, 1)), max_size=12),
    )
)


@given(tasks, st.booleans())
def test_a_posterior_is_a_distribution(task: tuple[int, list[tuple[int, float]]], opened: bool) -> None:
    classes, votes = task
    labels, accuracies = [v[0] for v in votes], [v[1] for v in votes]
    found = posterior(labels, accuracies, OPEN if opened else classes)
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()


@given(tasks, st.integers(0, 1000))
def test_the_order_of_answers_does_not_matter(task: tuple[int, list[tuple[int, float]]], seed: int) -> None:
    classes, votes = task
    order = np.random.default_rng(seed).permutation(len(votes))
    labels = np.array([v[0] for v in votes], dtype=np.int64)
    accuracies = np.array([v[1] for v in votes], dtype=np.float64)
    before = posterior(labels, accuracies, classes)
    assert posterior(labels[order], accuracies[order], classes) == pytest.approx(before)
    alone = leave_one_out(labels, accuracies, classes)
    assert leave_one_out(labels[order], accuracies[order], classes) == pytest.approx(alone[order])


@given(tasks, st.floats(0, 1))
def test_one_more_agreeing_answer_never_lowers_the_confidence(task: tuple[int, list[tuple[int, float]]], accuracy: float) -> None:
    classes, votes = task
    labels, accuracies = [v[0] for v in votes], [v[1] for v in votes]
    before = posterior(labels, accuracies, classes)
    best = int(before.argmax())
    after = posterior([*labels, best], [*accuracies, accuracy], classes)
    assert after[best] >= before[best] - 1e-12


@given(tasks, st.booleans())
def test_leave_one_out_is_the_posterior_without_the_answer(task: tuple[int, list[tuple[int, float]]], skewed: bool) -> None:
    classes, votes = task
    labels = np.array([v[0] for v in votes], dtype=np.int64)
    accuracies = np.array([v[1] for v in votes], dtype=np.float64)
    prior = np.arange(1, classes + 1) / (classes * (classes + 1) / 2) if skewed else None
    found = leave_one_out(labels, accuracies, classes, prior=prior)
    table = others_posterior(labels, accuracies, classes, prior=prior)
    assert np.isfinite(found).all()
    for i in range(len(votes)):
        others = posterior(np.delete(labels, i), np.delete(accuracies, i), classes, prior=prior)
        assert found[i] == pytest.approx(others[labels[i]])
        assert table[i] == pytest.approx(others)


@pytest.mark.parametrize(
    ("labels", "accuracies", "classes", "prior"),
    [
        ([0], [0.5, 0.5], 2, None),
        ([2], [0.5], 2, None),
        ([-1], [0.5], 2, None),
        ([0], [1.5], 2, None),
        ([0], [float("nan")], 2, None),
        ([0], [0.5], 1, None),
        ([0], [0.5], 2, [0.5, 0.6]),
        ([0], [0.5], 2, [1.0, 0.0]),
        ([0], [0.5], OPEN, [0.5, 0.5]),
    ],
)
def test_bad_input_is_refused(labels: list[int], accuracies: list[float], classes: int, prior: list[float] | None) -> None:
    with pytest.raises(ValueError, match=r"must|lies|has|one"):
        posterior(labels, accuracies, classes, prior=prior)
