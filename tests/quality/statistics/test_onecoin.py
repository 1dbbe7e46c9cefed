"""The batch model: hand-made cases, simulation against known truth, coverage of the intervals."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from piecework.quality.statistics import (
    OPEN,
    UNKNOWN,
    Fit,
    fit,
    overlap_evidence,
    posterior,
)

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Crowd:
    task: Integers
    worker: Integers
    label: Integers
    classes: Integers
    truth: Integers
    real: Integers
    accuracy: NDArray[np.float64]

    def fit(self) -> Fit:
        return fit(
            self.task,
            self.worker,
            self.label,
            self.classes,
            truth=self.truth,
            workers=self.accuracy.size,
        )

    def majority(self) -> NDArray[np.float64]:
        """The chance that majority is right on each task, ties broken at random."""
        votes = np.zeros((self.real.size, int(self.classes.max())))
        np.add.at(votes, (self.task, self.label), 1)
        top = votes == votes.max(axis=1, keepdims=True)
        picked: NDArray[np.float64] = top[np.arange(self.real.size), self.real] / top.sum(axis=1)
        return picked


def answers(rng: np.random.Generator, real: Integers, accuracy: NDArray[np.float64], classes: int) -> Integers:
    """Labels under the one-coin model, one for each pair of a true label and an accuracy."""
    wrong = (real + rng.integers(1, classes, real.size)) % classes
    return np.where(rng.random(real.size) < accuracy, real, wrong)


def simulate(
    seed: int,
    *,
    people: int = 60,
    spammers: int = 3,
    overlap: int = 2,
    golden: float = 0.1,
    classes: int = 2,
) -> Crowd:
    """People with 20 to 300 answers each, accuracies from Beta(8, 2), some at chance."""
    rng = np.random.default_rng(seed)
    accuracy = rng.beta(8, 2, people)
    accuracy[:spammers] = 1 / classes
    count = np.exp(rng.uniform(np.log(20), np.log(300), people)).astype(np.int64)
    gold = rng.binomial(count, golden)
    left = count - gold
    worker = list(np.repeat(np.arange(people), gold))
    task = list(range(len(worker)))
    number = golden_tasks = len(task)
    while np.count_nonzero(left) >= overlap:
        chosen = rng.choice(people, overlap, replace=False, p=left / left.sum())
        left[chosen] -= 1
        worker += list(chosen)
        task += [number] * overlap
        number += 1
    real = rng.integers(0, classes, number)
    who, what = np.array(worker), np.array(task)
    return Crowd(
        task=what,
        worker=who,
        label=answers(rng, real[what], accuracy[who], classes),
        classes=np.full(number, classes),
        truth=np.where(np.arange(number) < golden_tasks, real, UNKNOWN),
        real=real,
        accuracy=accuracy,
    )


@pytest.mark.parametrize("overlap", [2, 3])
@pytest.mark.parametrize("golden", [0.0, 0.1])
@pytest.mark.parametrize("classes", [2, 4])
def test_intervals_cover_the_true_accuracies(overlap: int, golden: float, classes: int) -> None:
    covered: list[bool] = []
    for seed in range(4):
        crowd = simulate(seed, overlap=overlap, golden=golden, classes=classes)
        found = crowd.fit()
        for person, true in enumerate(crowd.accuracy):
            interval = found.interval(person)
            covered.append(interval.low <= true <= interval.high)
    # 240 intervals: three standard errors of 0.95 are 0.042.
    assert 0.90 <= np.mean(covered) <= 0.99


def test_accuracies_are_nearly_unbiased() -> None:
    errors = np.concatenate([(crowd := simulate(seed)).fit().accuracy - crowd.accuracy for seed in range(8)])
    assert abs(errors.mean()) < 0.015
    assert np.abs(errors).mean() < 0.06


def test_it_beats_majority_where_skills_are_mixed() -> None:
    rng = np.random.default_rng(7)
    accuracy = np.array([0.95, 0.9, 0.6, 0.55, 0.5, 0.5])
    tasks = 400
    task, worker = np.repeat(np.arange(tasks), 6), np.tile(np.arange(6), tasks)
    real = rng.integers(0, 2, tasks)
    label = answers(rng, real[task], accuracy[worker], 2)
    crowd = Crowd(task, worker, label, np.full(tasks, 2), np.full(tasks, UNKNOWN), real, accuracy)
    found = crowd.fit()
    assert (found.label == real).mean() > crowd.majority().mean() + 0.05
    assert np.abs(found.accuracy - accuracy).max() < 0.06


def test_it_equals_majority_where_skills_are_the_same() -> None:
    crowd = simulate(5, overlap=3, spammers=0, golden=0)
    assert (crowd.fit().label == crowd.real).mean() >= crowd.majority().mean() - 0.005


def test_golden_tasks_uncover_a_crowd_that_is_wrong_together() -> None:
    # Eight people give the same wrong label nine times in ten; two are right nine times in ten.
    rng = np.random.default_rng(3)
    tasks, people = 300, 10
    task, worker = np.repeat(np.arange(tasks), people), np.tile(np.arange(people), tasks)
    real = rng.integers(0, 3, tasks)
    mistake = (real[task] + 1) % 3
    honest = worker < 2
    label = np.where((rng.random(task.size) < 0.9) == honest, real[task], mistake)
    classes = np.full(tasks, 3)
    truth = np.where(np.arange(tasks) < 40, real, UNKNOWN)
    rest = np.arange(tasks) >= 40

    blind = fit(task, worker, label, classes)
    assert (blind.label == real)[rest].mean() < 0.1
    told = fit(task, worker, label, classes, truth=truth)
    assert (told.label == real)[rest].mean() > 0.85
    assert told.accuracy[:2].min() > 0.8
    assert told.accuracy[2:].max() < 0.25


def test_golden_answers_alone_count_exactly() -> None:
    # Person 0: three right, one wrong. Person 1: nothing. Prior 3.2 and 0.8.
    found = fit([0, 1, 2, 3], [0, 0, 0, 0], [1, 0, 1, 0], [2] * 4, truth=[1, 0, 1, 1], workers=2)
    assert found.label.tolist() == [1, 0, 1, 1]
    assert found.confidence.tolist() == [1, 1, 1, 1]
    assert (found.right[0], found.wrong[0]) == (3, 1)
    assert found.accuracy == pytest.approx([6.2 / 8, 0.8])
    assert (found.golden.tolist(), found.overlap.tolist()) == ([4, 0], [0, 0])
    assert found.probability_right.tolist() == [1, 1, 1, 0]


def test_a_single_answer_is_worth_the_prior() -> None:
    found = fit([0], [0], [1], [2])
    assert found.confidence == pytest.approx([0.8])
    assert found.right + found.wrong == pytest.approx([0])
    assert found.overlap.tolist() == [0]


def test_ties_go_to_the_smallest_label() -> None:
    assert fit([0, 0], [0, 1], [2, 1], [3]).label.tolist() == [1]
    assert fit([0, 0], [1, 0], [1, 2], [3]).label.tolist() == [1]


def test_tasks_nobody_answered_stay_unknown() -> None:
    found = fit([1, 1], [0, 1], [0, 0], [2, 2, 2], truth=[UNKNOWN, UNKNOWN, 1])
    assert found.label.tolist() == [UNKNOWN, 0, 1]
    assert found.confidence[0] == 0
    empty = fit([], [], [], [])
    assert empty.label.size == empty.accuracy.size == 0
    assert empty.converged


def test_batch_and_streaming_use_the_same_evidence() -> None:
    crowd = simulate(11, overlap=3, classes=4)
    found = crowd.fit()
    # The accuracies behind the last E-step are within the tolerance of a fixed point of EM.
    for task in (int(crowd.task[-1]), int(crowd.task[-100])):
        rows = np.flatnonzero(crowd.task == task)
        skills = found.weight_accuracy[crowd.worker[rows]]
        streamed = overlap_evidence(crowd.label[rows], skills, 4)
        assert [e.right for e in streamed] == pytest.approx(found.answer_right[rows].tolist())
        assert [e.wrong for e in streamed] == pytest.approx(found.answer_wrong[rows].tolist())
        voted = posterior(crowd.label[rows], skills, 4)
        assert found.confidence[task] == pytest.approx(voted.max())
    assert found.right == pytest.approx(np.bincount(crowd.worker, found.answer_right, minlength=crowd.accuracy.size))


def test_open_sets_and_closed_ones_mix() -> None:
    # Task 0 is free text with three codes, task 1 has two classes.
    task, worker, label = [0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [0, 1, 1, 0, 0]
    found = fit(task, worker, label, [OPEN, 2])
    assert found.label.tolist() == [1, 0]
    rows = slice(0, 3)
    skills = found.weight_accuracy[np.array(worker[rows])]
    assert found.confidence[0] == pytest.approx(posterior(label[rows], skills, OPEN)[1])
    streamed = overlap_evidence(label[rows], skills, OPEN)
    assert [e.right for e in streamed] == pytest.approx(found.answer_right[rows].tolist())
    # Two people who coincide in free text are surer than two who coincide on one of two classes.
    assert found.confidence[0] > found.confidence[1]


def test_class_frequencies_help_where_one_class_is_rare() -> None:
    rng = np.random.default_rng(2)
    tasks, people = 1500, 12
    real = (rng.random(tasks) < 0.05).astype(np.int64)
    task = np.repeat(np.arange(tasks), 3)
    worker = np.concatenate([rng.choice(people, 3, replace=False) for _ in range(tasks)])
    label = answers(rng, real[task], np.full(task.size, 0.75), 2)
    plain = fit(task, worker, label, np.full(tasks, 2))
    aware = fit(task, worker, label, np.full(tasks, 2), class_smoothing=1.0)
    assert (aware.label == real).mean() > (plain.label == real).mean() + 0.05
    assert np.abs(aware.accuracy - 0.75).mean() < 0.05


def test_class_frequencies_of_unseen_classes_stay_a_distribution() -> None:
    found = fit([0, 0, 1], [0, 1, 0], [0, 0, 1], [4, 4], class_smoothing=0.5)
    assert np.isfinite(found.confidence).all()
    assert ((found.confidence > 0) & (found.confidence <= 1)).all()


def test_adversaries_do_not_turn_the_solution_over() -> None:
    # Three reliable people and three who are wrong on purpose; golden tells which.
    rng = np.random.default_rng(9)
    tasks = 200
    accuracy = np.array([0.85, 0.85, 0.85, 0.05, 0.05, 0.05])
    task, worker = np.repeat(np.arange(tasks), 6), np.tile(np.arange(6), tasks)
    real = rng.integers(0, 2, tasks)
    label = answers(rng, real[task], accuracy[worker], 2)
    truth = np.where(np.arange(tasks) < 20, real, UNKNOWN)
    found = fit(task, worker, label, np.full(tasks, 2), truth=truth)
    assert (found.label == real).mean() > 0.9
    assert found.accuracy[3:].max() < 0.25


crowds = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(crowds, st.integers(0, 1000))
def test_any_input_gives_probabilities_in_any_order(rows: list[tuple[int, int, int]], seed: int) -> None:
    task, worker, label = (np.array(column) for column in zip(*rows, strict=True))
    classes = np.array([OPEN, 3, 4, 3, OPEN, 5])
    truth = np.array([UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 2])
    found = fit(task, worker, label, classes, truth=truth, workers=5)
    for values in (found.confidence, found.accuracy, found.probability_right):
        assert np.isfinite(values).all()
        assert ((values >= 0) & (values <= 1 + 1e-12)).all()
    assert (found.right + found.wrong >= -1e-9).all()
    order = np.random.default_rng(seed).permutation(len(rows))
    again = fit(task[order], worker[order], label[order], classes, truth=truth, workers=5)
    assert again.label.tolist() == found.label.tolist()
    assert again.accuracy == pytest.approx(found.accuracy)
    assert again.answer_right == pytest.approx(found.answer_right[order])


@pytest.mark.parametrize(
    "change",
    [
        {"worker": [0, 1]},
        {"task": [3]},
        {"task": [-1]},
        {"label": [2]},
        {"label": [-1]},
        {"worker": [-1]},
        {"workers": 0},
        {"classes": [1, 2, 2]},
        {"truth": [0]},
        {"class_smoothing": 0.0},
        {"classes": [2, 3, 2], "class_smoothing": 1.0},
        {"classes": [OPEN] * 3, "class_smoothing": 1.0},
    ],
)
def test_bad_input_is_refused(change: dict[str, object]) -> None:
    good: dict[str, object] = {"task": [0], "worker": [0], "label": [1], "classes": [2, 2, 2]}
    with pytest.raises(ValueError, match=r"must|has|lies|need"):
        fit(**(good | change))  # type: ignore[arg-type]
