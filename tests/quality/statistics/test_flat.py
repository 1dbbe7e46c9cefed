"""Flat answers: found where tasks vary, not where the tasks are skewed, p-values valid for who works."""

import numpy as np
import pytest

from piecework.quality.statistics.flat import find, signals

CLASSES = 4


def crowd(seed: int, *, people: int = 200, each: int = 60, shares: tuple[float, ...] = (0.25,) * 4) -> tuple[np.ndarray, ...]:
    """Honest people of various accuracies, as columns worker, label, reference, classes."""
    rng = np.random.default_rng(seed)
    worker = np.repeat(np.arange(people), each)
    right = rng.choice(CLASSES, size=worker.size, p=shares)
    wrong = (right + rng.integers(1, CLASSES, size=worker.size)) % CLASSES
    label = np.where(rng.random(worker.size) < rng.uniform(0.4, 1.0, people)[worker], right, wrong)
    return worker, label, right, np.full(worker.size, CLASSES)


def test_who_always_says_the_same_is_found_and_nobody_else() -> None:
    worker, label, right, classes = crowd(1)
    label[worker == 5] = 2
    (signal,) = signals(find(worker, label, right, classes, workers=200))
    assert signal.people == (5,)
    assert signal.details["counts"] == [0, 0, 60, 0]
    assert signal.details["entropy"] == 0
    assert signal.details["expected_entropy"] > 1.8
    assert "Answer 2 was chosen 60 times of 60" in signal.words


def test_saying_one_thing_is_right_where_the_tasks_do() -> None:
    worker, label, right, classes = crowd(2, shares=(0.95, 0.02, 0.02, 0.01))
    label[worker == 5] = right[worker == 5]
    found = find(worker, label, right, classes, workers=200)
    assert found.counts[5, 0] >= 50
    assert found.ratio[5] < 0
    assert signals(found) == []


def test_p_values_of_who_works_are_valid() -> None:
    for shares in ((0.25,) * 4, (0.7, 0.1, 0.1, 0.1)):
        worker, label, right, classes = crowd(3, people=4000, each=25, shares=shares)
        p = find(worker, label, right, classes, workers=4000).p
        for level in (0.3, 0.1, 0.03, 0.01):
            assert (p <= level).mean() <= level


def test_who_confuses_two_classes_as_all_do_is_not_flat() -> None:
    worker, label, right, classes = crowd(4)
    label[right == 3] = 2
    assert signals(find(worker, label, right, classes, workers=200)) == []


def test_positions_are_tested_with_any_number_of_options() -> None:
    rng = np.random.default_rng(5)
    worker = np.repeat(np.arange(100), 50)
    options = rng.integers(2, 6, size=worker.size)
    right = rng.integers(options)
    label = np.where(rng.random(worker.size) < 0.8, right, rng.integers(options))
    label[worker == 7] = 0
    (signal,) = signals(find(worker, label, right, options, workers=100), what="position")
    assert signal.people == (7,)
    assert signal.words.startswith("Position 0 was chosen 50 times of 50")


def test_people_without_answers_are_left_alone() -> None:
    found = find([0, 0], [1, 0], [1, 0], [2, 2], workers=3)
    assert found.p.tolist() == pytest.approx([1, 1, 1])
    assert found.counts.tolist() == [[1, 1], [0, 0], [0, 0]]
    assert find([], [], [], [], workers=2).p.tolist() == [1, 1]


def test_refuses_labels_outside_the_classes() -> None:
    with pytest.raises(ValueError, match="labels lie"):
        find([0], [2], [0], [2], workers=1)
    with pytest.raises(ValueError, match="same length"):
        find([0], [1, 1], [0], [2], workers=1)
    with pytest.raises(ValueError, match="a worker lies"):
        find([3], [1], [0], [2], workers=1)
