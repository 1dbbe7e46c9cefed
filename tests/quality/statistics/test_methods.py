"""What holds for every consensus method, and what is particular to each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.quality.cli import Method
from piecework.quality.statistics.data import Aggregate, Answers, answers
from piecework.quality.statistics.methods import METHODS, aggregate
from piecework.quality.statistics.onecoin import UNKNOWN
from tests.quality.statistics.crowds import Crowd, coins, crowd, share

EVERY = pytest.mark.parametrize("method", list(METHODS))


@pytest.fixture(scope="module")
def easy() -> Crowd:
    return crowd(1, coins(2))


def confusing(seed: int, spread: float = 6.0) -> Crowd:
    """Two classes, the second rare; half the people hardly ever say it, the others are good."""
    rng = np.random.default_rng(seed)
    miss, alarm = rng.beta(spread, 3, 30), rng.beta(1, 20, 30)
    miss[::2] = rng.beta(1, 9, 15)
    return crowd(seed, np.stack([np.stack([1 - alarm, alarm], 1), np.stack([miss, 1 - miss], 1)], 1), frequency=(0.75, 0.25))


def whole(found: Aggregate, data: Answers) -> None:
    """The shapes and ranges that every aggregate keeps."""
    assert found.label.shape == found.confidence.shape == (data.tasks,)
    assert found.right.shape == data.task.shape
    assert found.accuracy.shape == (data.workers,)
    assert ((found.accuracy > 0) & (found.accuracy < 1)).all()
    assert ((found.right >= 0) & (found.right <= 1)).all()
    assert ((found.confidence >= 0) & (found.confidence <= 1 + 1e-9)).all()
    assert found.posterior is not None
    assert found.posterior.shape == (data.tasks, data.classes)
    assert np.allclose(found.posterior.sum(axis=1), 1)
    if found.confusion is not None:
        assert found.confusion.shape == (data.workers, data.classes, data.classes)
        assert np.allclose(found.confusion.sum(axis=2), 1)


class TestEveryMethod:
    @EVERY
    def test_finds_most_of_the_planted_truth_and_is_whole(self, easy: Crowd, method: str) -> None:
        found = aggregate(easy.data, method)
        whole(found, easy.data)
        assert share(found.label, easy.real) > 0.88
        assert found.method == method

    @EVERY
    def test_knows_the_good_people_from_the_bad(self, easy: Crowd, method: str) -> None:
        accuracy = easy.confusion[:, 0, 0]
        assert np.corrcoef(aggregate(easy.data, method).accuracy, accuracy)[0, 1] > 0.75

    @EVERY
    def test_known_truth_is_certain_whatever_the_crowd_says(self, method: str) -> None:
        truth = np.array([1, UNKNOWN])
        data = answers([0, 0, 0, 1], [0, 1, 2, 0], [0, 0, 0, 0], 2, truth=truth)
        found = aggregate(data, method)
        whole(found, data)
        assert found.label[0] == 1
        assert found.confidence[0] == 1
        assert found.right[:3].tolist() == [0, 0, 0]

    @EVERY
    def test_known_truth_that_nobody_gave_and_tasks_without_answers(self, method: str) -> None:
        data = answers([1], [0], [0], 3, truth=[2, UNKNOWN, UNKNOWN], workers=2)
        found = aggregate(data, method)
        whole(found, data)
        assert found.label.tolist() == [2, 0, UNKNOWN]
        assert found.confidence[[0, 2]].tolist() == [1, 0]

    @EVERY
    def test_no_answers_at_all(self, method: str) -> None:
        found = aggregate(answers([], [], [], 2), method)
        assert found.label.size == found.accuracy.size == found.right.size == 0

    @EVERY
    def test_one_answer_is_the_label_but_no_certainty(self, method: str) -> None:
        data = answers([0], [0], [1], 2)
        found = aggregate(data, method)
        whole(found, data)
        assert found.label.tolist() == [1]
        assert 0.5 < found.confidence[0] < 0.95
        assert found.accuracy[0] == pytest.approx(0.8, abs=0.06)

    @EVERY
    def test_everybody_always_says_the_same(self, method: str) -> None:
        task, worker = np.divmod(np.arange(60), 3)
        data = answers(task, worker, np.ones(60), 4)
        found = aggregate(data, method)
        whole(found, data)
        assert (found.label == 1).all()
        assert (found.confidence > 0.6).all()

    @EVERY
    def test_renaming_tasks_people_and_classes_renames_the_result(self, method: str) -> None:
        made = confusing(5)
        data, rng = made.data, np.random.default_rng(6)
        task, worker, order = rng.permutation(data.tasks), rng.permutation(data.workers), rng.permutation(data.task.size)
        other = answers(task[data.task][order], worker[data.worker][order], 1 - data.label[order], 2)
        one, two = aggregate(data, method), aggregate(other, method)
        assert one.posterior is not None
        assert two.posterior is not None
        assert np.allclose(one.posterior[:, ::-1], two.posterior[task], atol=1e-6)
        assert np.allclose(one.accuracy, two.accuracy[worker], atol=1e-6)
        assert np.allclose(one.right[order], two.right, atol=1e-6)

    @EVERY
    def test_three_answers_make_nobody_an_oracle_or_a_liar(self, method: str) -> None:
        """One newcomer contradicts unanimous tasks thrice, another agrees with others thrice."""
        made = crowd(7, coins(8, people=20, classes=2), tasks=200)
        data = made.data
        votes = np.bincount(data.task, data.label, minlength=200)
        agreed = np.flatnonzero((votes == 0) | (votes == 5))[:6]
        said = (votes[agreed] == 5).astype(int)
        said[:3] = 1 - said[:3]
        joined = answers(
            np.append(data.task, agreed), np.append(data.worker, [20, 20, 20, 21, 21, 21]), np.append(data.label, said), 2
        )
        before, after = aggregate(data, method), aggregate(joined, method)
        assert 0.25 < after.accuracy[20] < 0.75
        assert 0.75 < after.accuracy[21] < 0.95
        assert np.mean(before.label == after.label) > 0.97
        if after.confusion is not None:
            assert (after.confusion[20:].diagonal(axis1=1, axis2=2) > 0.25).all()
            assert (after.confusion[20:] > 0.01).all()

    @EVERY
    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=15))
    @settings(max_examples=15, deadline=None)
    def test_stays_whole_on_anything_small(self, method: str, given_answers: list[tuple[int, int, int]]) -> None:
        columns = np.array(given_answers, dtype=np.int64).reshape(-1, 3).T
        data = answers(*columns, 3, tasks=5, workers=4)
        found = aggregate(data, method)
        whole(found, data)
        answered = np.isin(np.arange(5), columns[0])
        assert ((found.label == UNKNOWN) == ~answered).all()

    @EVERY
    def test_golden_answers_help_the_other_tasks(self, method: str) -> None:
        """A crowd of which half are wrong more often than right."""
        rng = np.random.default_rng(9)
        accuracy = np.where(np.arange(30) % 2 == 0, rng.uniform(0.8, 0.95, 30), rng.uniform(0.15, 0.4, 30))
        matrices = np.stack([np.stack([accuracy, 1 - accuracy], 1), np.stack([1 - accuracy, accuracy], 1)], 1)
        made = crowd(10, matrices, tasks=400)
        golden = made.golden(4)
        rest = golden.truth == UNKNOWN
        without, with_golden = (share(aggregate(data, method).label[rest], made.real[rest]) for data in (made.data, golden))
        assert with_golden >= without - 0.005
        if method != "majority":
            assert with_golden > 0.8

    def test_the_command_line_knows_the_same_methods(self) -> None:
        assert [method.value for method in Method] == list(METHODS)

    def test_an_unknown_method_is_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match="no method best"):
            aggregate(answers([0], [0], [0], 2), "best")


class TestTooManyClasses:
    """A hundred thousand different labels: no table of people by classes by classes."""

    @pytest.fixture
    def open_ended(self) -> Answers:
        task, worker = np.divmod(np.arange(3000), 3)
        label = np.where(worker < 2, task * 30, task * 30 + 1)
        return answers(task, worker, label, 100_000)

    @pytest.mark.parametrize("method", ["auto", "majority", "weighted", "one-coin"])
    def test_counts_only_the_labels_that_were_given(self, open_ended: Answers, method: str) -> None:
        found = aggregate(open_ended, method)
        assert (found.label == np.arange(1000) * 30).all()
        assert found.posterior is None
        assert found.accuracy[2] < found.accuracy[0]

    @pytest.mark.parametrize("method", ["dawid-skene", "ebcc", "glad"])
    def test_is_refused_where_a_table_is_needed(self, open_ended: Answers, method: str) -> None:
        with pytest.raises(ValueError, match="too many classes"):
            aggregate(open_ended, method)


class TestWhatEachIsFor:
    def test_matrices_see_who_misses_a_rare_class(self) -> None:
        made = confusing(11)
        found = {method: share(aggregate(made.data, method).label, made.real) for method in METHODS}
        assert found["dawid-skene"] > found["majority"] + 0.02
        assert found["auto"] > found["majority"] + 0.02

    def test_the_confusion_matrices_are_found(self) -> None:
        made = confusing(12)
        found = aggregate(made.data, "dawid-skene").confusion
        assert found is not None
        assert np.abs(found - made.confusion).mean() < 0.07

    def test_kinds_of_tasks_keep_a_crowd_that_is_wrong_together_from_certainty(self) -> None:
        """On a third of the tasks nearly all people err, in two classes; Dawid-Skene is sure, the kinds less so."""
        rng = np.random.default_rng(13)
        task, worker = np.divmod(np.arange(600 * 9), 9)
        real, hard = rng.integers(0, 2, 600), rng.random(600) < 0.3
        liked = rng.random(9) < 0.5
        right = np.where(hard[task], np.where(liked[worker], 0.95, 0.1), 0.9)
        label = np.where(rng.random(task.size) < right, real[task], 1 - real[task])
        data = answers(task, worker, label, 2)
        one, two = aggregate(data, "dawid-skene"), aggregate(data, "ebcc")
        assert one.evidence is not None
        assert two.evidence is not None
        assert two.evidence > one.evidence

    @pytest.mark.parametrize("seed", range(4))
    def test_auto_is_near_the_best_and_its_confidence_means_what_it_says(self, seed: int) -> None:
        made = crowd(seed, coins(seed, classes=2), tasks=500, overlap=3) if seed % 2 else confusing(seed + 20)
        auto = aggregate(made.data)
        best = max(share(aggregate(made.data, method).label, made.real) for method in METHODS)
        assert share(auto.label, made.real) > best - 0.025
        assert auto.confidence.mean() == pytest.approx(share(auto.label, made.real), abs=0.06)

    def test_a_large_crowd_is_weighed_by_a_part_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = confusing(14)
        exact = aggregate(made.data)
        monkeypatch.setattr("piecework.quality.statistics.choose.SAMPLE", 500)
        parted = aggregate(made.data)
        assert np.mean(exact.label == parted.label) > 0.98
        assert parted.label.size == made.data.tasks


class TestAnswers:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"label": [0, 2]}, "classes"),
            ({"classes": 1}, "classes"),
            ({"task": [0, -1]}, "numbered from 0"),
            ({"task": [0]}, "same length"),
            ({"truth": [0]}, "truth"),
            ({"truth": [0, 5]}, "classes"),
            ({"workers": 1}, "worker"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, change: dict[str, object], message: str) -> None:
        made: dict[str, object] = {"task": [0, 1], "worker": [0, 1], "label": [0, 1], "classes": 2} | change
        with pytest.raises(ValueError, match=message):
            answers(**made)  # type: ignore[arg-type]
