"""Pairs that are wrong alike: rings found, difficulty and habit not taken for copying, p-values valid."""

import numpy as np
import pytest

from piecework.quality.statistics import OPEN, UNKNOWN, fit, pairs
from piecework.quality.statistics.ballots import SURE, Ballots
from piecework.quality.statistics.pairs import Pairs, find, signals
from piecework.quality.statistics.vote import posterior

CLASSES = 4


class Crowd:
    """People who take tasks in groups of 15 and so come to share many; hard tasks with a common wrong answer."""

    def __init__(self, seed: int, *, people: int = 90, tasks: int = 1500, overlap: int = 6, misleading: float = 0.2) -> None:
        rng = self.rng = np.random.default_rng(seed)
        self.people, self.tasks = people, tasks
        self.truth = rng.integers(CLASSES, size=tasks)
        trap = (self.truth + rng.integers(1, CLASSES, size=tasks)) % CLASSES
        hard = rng.random(tasks) < misleading
        group = rng.integers(people // 15, size=tasks)
        self.seats = np.array([15 * g + rng.choice(15, overlap, replace=False) for g in group])
        self.task, self.worker = np.repeat(np.arange(tasks), overlap), self.seats.ravel()
        skill = rng.uniform(0.65, 0.95, people)
        right = rng.random(self.task.size) < np.where(hard[self.task], 0.5, 1.0) * skill[self.worker]
        trapped = rng.random(self.task.size) < np.where(hard[self.task], 0.9, 0.3)
        other = (self.truth[self.task] + rng.integers(1, CLASSES, size=self.task.size)) % CLASSES
        self.label = np.where(right, self.truth[self.task], np.where(trapped, trap[self.task], other))

    def copy(self, person: int, source: int) -> None:
        """`person` repeats what `source` says wherever both answer."""
        said = {int(t): int(y) for t, y in zip(self.task[self.worker == source], self.label[self.worker == source], strict=True)}
        for at in np.flatnonzero(self.worker == person):
            self.label[at] = said.get(int(self.task[at]), self.label[at])

    def find(self, golden: float = 0.1, **options: float) -> Pairs:
        truth = np.where(self.rng.random(self.tasks) < golden, self.truth, UNKNOWN)
        sizes = np.full(self.tasks, CLASSES)
        accuracy = fit(self.task, self.worker, self.label, sizes, truth=truth, workers=self.people).accuracy
        return find(self.task, self.worker, self.label, truth, accuracy, [CLASSES], **options)


def test_a_ring_is_found_and_nobody_else() -> None:
    crowd = Crowd(1, tasks=3500)
    crowd.copy(31, 30)
    crowd.copy(40, 30)
    found = crowd.find()
    assert found.rings == [(30, 31, 40)]
    (signal,) = signals(found)
    assert signal.kind == "ring"
    assert signal.people == (30, 31, 40)
    assert signal.details["alike"] > 2 * signal.details["expected"]
    one, other = signal.details["strongest"]
    for task in signal.details["tasks"]:
        said = crowd.label[(crowd.task == task) & np.isin(crowd.worker, (one, other))]
        assert said[0] == said[1]
    assert "3 people are wrong alike" in signal.words


def test_who_copies_too_does_not_pass_for_a_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd(1, tasks=3500)
    crowd.copy(31, 30)
    crowd.copy(40, 30)
    looked_twice = crowd.find(1.0)
    monkeypatch.setattr(pairs, "LARGEST", 2)
    looked_once = crowd.find(1.0)
    ring = np.isin(looked_twice.first, (30, 31)) & np.isin(looked_twice.second, (31, 40))
    assert ring.sum() == 3
    assert (looked_twice.expected[ring] < looked_once.expected[ring]).all()
    assert looked_twice.ratio[ring].sum() > looked_once.ratio[ring].sum()


@pytest.mark.parametrize("golden", [1.0, 0.1, 0.0])
def test_p_values_of_honest_pairs_are_valid(golden: float) -> None:
    p = np.concatenate([Crowd(seed, misleading=0.3).find(golden).p for seed in range(10, 18)])
    assert p.size > 4000
    for level in (0.3, 0.1, 0.03, 0.01):
        assert (p <= level).mean() <= level


def test_answers_wrong_alike_are_expected_as_often_as_they_come() -> None:
    found = Crowd(3, tasks=4000).find(1.0)
    assert found.alike.sum() == pytest.approx(found.expected.sum(), rel=0.05)


def test_sharing_a_misconception_is_no_ring() -> None:
    found = Crowd(4, misleading=0.7).find(1.0)
    assert found.alike.sum() > 20 * found.p.size / 10
    assert found.flagged.size == 0


def test_experts_who_differ_alike_from_a_misled_crowd_are_no_ring() -> None:
    crowd = Crowd(22, tasks=6000, misleading=0.25)
    expert = np.isin(crowd.worker, (30, 31, 32))
    crowd.label[expert] = crowd.truth[crowd.task[expert]]
    found = crowd.find(0.0)
    pair = (found.first == 30) & (found.second == 31)
    assert found.alike[pair] >= 5
    assert found.flagged.size == 0


def test_two_who_always_say_the_same_label_are_flat_but_no_pair() -> None:
    crowd = Crowd(5)
    crowd.label[np.isin(crowd.worker, (30, 31))] = 2
    found = crowd.find()
    assert not {30, 31} & {person for ring in found.rings for person in ring}


def test_pairs_that_share_too_little_are_not_tested() -> None:
    crowd = Crowd(6)
    few, many = crowd.find(min_shared=20), crowd.find(min_shared=40)
    assert few.shared.min() >= 20
    assert many.shared.min() >= 40
    assert 0 < many.p.size < few.p.size
    met = np.zeros((crowd.people, crowd.people), dtype=int)
    for row in crowd.seats:
        met[np.ix_(row, row)] += 1
    assert (met[few.first, few.second] == few.shared).all()
    assert few.p.size == (np.triu(met, 1) >= 20).sum()


def test_the_order_of_the_answers_does_not_matter() -> None:
    crowd = Crowd(7, tasks=600)
    accuracy, truth = np.full(crowd.people, 0.8), np.full(crowd.tasks, UNKNOWN)
    one = find(crowd.task, crowd.worker, crowd.label, truth, accuracy, [CLASSES])
    mixed = crowd.rng.permutation(crowd.task.size)
    other = find(crowd.task[mixed], crowd.worker[mixed], crowd.label[mixed], truth, accuracy, [CLASSES])
    assert one.ratio == pytest.approx(other.ratio)
    assert one.first.tolist() == other.first.tolist()


def test_copied_free_text_is_found_too() -> None:
    # Codes of texts mean something within a task only: everybody who is wrong writes their own.
    crowd = Crowd(8, misleading=0.0)
    right = crowd.label == crowd.truth[crowd.task]
    crowd.label = np.where(right, 0, 1 + crowd.worker)
    crowd.copy(31, 30)
    truth = np.zeros(crowd.tasks, dtype=int)
    found = find(crowd.task, crowd.worker, crowd.label, truth, np.full(crowd.people, 0.8), [OPEN])
    assert found.rings == [(30, 31)]
    assert signals(found)[0].kind == "pair"


def test_steps_with_different_classes_are_tested_together() -> None:
    crowd = Crowd(9, tasks=3500)
    crowd.copy(31, 30)
    step = np.arange(crowd.tasks) % 2
    binary = step[crowd.task] == 1
    crowd.label = np.where(binary, crowd.label % 2, crowd.label)
    truth = np.where(step == 1, crowd.truth % 2, crowd.truth)
    found = find(crowd.task, crowd.worker, crowd.label, truth, np.full(crowd.people, 0.8), [CLASSES, 2], step=step)
    assert found.rings == [(30, 31)]


def test_without_answers_there_are_no_pairs() -> None:
    found = find([], [], [], [], [], [2])
    assert found.p.size == 0
    assert found.rings == signals(found) == []


def test_the_leader_is_that_of_everybody_elses_votes() -> None:
    crowd = Crowd(12, tasks=200)
    accuracy = crowd.rng.uniform(0.4, 0.95, crowd.people)
    ballots = Ballots(crowd.task, crowd.worker, crowd.label, np.full(crowd.tasks, UNKNOWN), accuracy, [CLASSES])
    first = np.arange(0, crowd.task.size, 6)
    _, label, sure = ballots.leader(first, first + 1)
    right = ballots.probability(first, first + 1)
    for task, at in enumerate(first.tolist()):
        rest = np.arange(at + 2, at + 6)
        alone = posterior(ballots.label[rest], accuracy[ballots.worker[rest]], CLASSES)
        assert alone[label[task]] == pytest.approx(alone.max())
        assert sure[task] == (alone.max() >= SURE)
        kept = np.append(rest, at)
        of_all = posterior(ballots.label[kept], accuracy[ballots.worker[kept]], CLASSES)
        assert right[task] == pytest.approx(of_all[ballots.label[at]])


def test_refuses_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="label lies"):
        find([0], [0], [2], [UNKNOWN], [0.8], [2])
    with pytest.raises(ValueError, match="rate"):
        find([0], [0], [1], [UNKNOWN], [0.8], [2], rate=0)
    with pytest.raises(ValueError, match="same length"):
        find([0, 1], [0], [1], [UNKNOWN], [0.8], [2])
    with pytest.raises(ValueError, match="accuracy"):
        find([0], [0], [1], [UNKNOWN], [1.8], [2])
