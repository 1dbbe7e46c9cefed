"""Accuracy of people: limits, order, and intervals that hold in crowds that share mistakes."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from piecework.quality.statistics import ACCURACY_PRIOR, OPEN, Fit, fit, interval
from piecework.quality.statistics.beta_arrays import quantiles
from piecework.quality.statistics.people import (
    TYPICAL,
    UNKNOWN,
    Crowd,
    combine,
    learn,
    overlap_sums,
    posteriors,
    worker_estimates,
)

counts = st.floats(0, 500)
crowds = st.builds(
    Crowd,
    accuracy=st.floats(0.3, 0.95),
    weight=st.floats(1, 10),
    misled=st.floats(0, 0.4),
    doubt=st.floats(0, 0.1),
    ceiling=st.floats(5, 300),
)


def width(found: object) -> float:
    return float(getattr(found, "high") - getattr(found, "low"))  # noqa: B009


def test_without_evidence_it_is_the_prior() -> None:
    found, prior = combine(0, 0, 0, 0), interval(0, 0)
    assert (found.mean, found.low, found.high) == pytest.approx((prior.mean, prior.low, prior.high))
    other = replace(TYPICAL, accuracy=0.6, weight=10.0)
    assert combine(0, 0, 0, 0, crowd=other).mean == pytest.approx(0.6)


@given(st.integers(0, 50), st.integers(0, 50))
def test_golden_answers_alone_count_as_they_are(right: int, wrong: int) -> None:
    found, plain = combine(right, wrong, 0, 0), interval(right, wrong)
    assert (found.mean, found.low, found.high) == pytest.approx((plain.mean, plain.low, plain.high))


@given(counts, counts, counts, counts, st.floats(0.5, 50))
def test_right_golden_answers_raise_and_wrong_ones_lower(
    right: float, wrong: float, agree: float, differ: float, more: float
) -> None:
    found = combine(right, wrong, agree, differ)
    better, worse = combine(right + more, wrong, agree, differ), combine(right, wrong + more, agree, differ)
    assert worse.mean < found.mean < better.mean
    assert worse.low <= found.low <= better.low
    assert worse.high <= found.high <= better.high


@given(counts, counts, st.floats(0.5, 50))
def test_agreeing_raises_and_differing_lowers(agree: float, differ: float, more: float) -> None:
    found = combine(0, 0, agree, differ).mean
    assert combine(0, 0, agree, differ + more).mean < found < combine(0, 0, agree + more, differ).mean


@given(crowds, st.floats(0, 1), st.floats(0, 1e7))
def test_overlap_alone_is_never_worth_more_than_the_ceiling(crowd: Crowd, share: float, amount: float) -> None:
    nothing = np.zeros(1)
    alpha, beta = posteriors(nothing, nothing, np.array([share * amount]), np.array([(1 - share) * amount]), crowd=crowd)
    assert alpha[0] + beta[0] <= crowd.weight + crowd.ceiling + 1e-9


def test_any_amount_of_overlap_leaves_the_interval_as_wide_as_shared_mistakes_make_it() -> None:
    endless = combine(0, 0, 8e8, 2e8)
    deviation = np.sqrt(endless.mean * (1 - endless.mean) / (TYPICAL.weight + TYPICAL.ceiling + 1) + (TYPICAL.doubt * 0.76) ** 2)
    assert width(endless) > 2 * 1.9 * deviation
    assert width(interval(8e8, 2e8)) < 1e-3


@given(crowds, counts, counts)
def test_what_is_less_certain_of_the_crowd_makes_the_interval_wider(crowd: Crowd, agree: float, differ: float) -> None:
    nothing = np.zeros(1)
    sums = (nothing, nothing, np.array([agree]), np.array([differ]))
    weight = sum(posteriors(*sums, crowd=crowd))[0]
    assert sum(posteriors(*sums, crowd=replace(crowd, doubt=crowd.doubt + 0.05)))[0] <= weight + 1e-9
    known = replace(crowd, doubt=0.0)
    lower = replace(known, ceiling=crowd.ceiling / 2)
    assert sum(posteriors(*sums, crowd=lower))[0] <= sum(posteriors(*sums, crowd=known))[0] + 1e-9


def test_the_doubt_about_the_crowd_leaves_the_mean() -> None:
    sure, unsure = (combine(0, 0, 70, 10, crowd=replace(TYPICAL, doubt=doubt)) for doubt in (0.0, 0.1))
    assert sure.mean == pytest.approx(unsure.mean)
    assert width(sure) < width(unsure)


def test_golden_answers_decide_in_the_end() -> None:
    found = combine(1200, 800, 950_000, 50_000)
    assert found.mean == pytest.approx(0.6, abs=0.02)
    assert found.high < 0.65


def test_golden_answers_weigh_more_than_overlap() -> None:
    assert combine(0, 20, 20, 0).mean < combine(20, 0, 0, 20).mean - 0.05


def test_a_negative_side_is_clipped_and_the_total_kept() -> None:
    assert combine(0, 0, 12.0, -2.0) == combine(0, 0, 10.0, 0.0)


@given(st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=5), crowds)
def test_arrays_agree_with_single_people(rows: list[tuple[float, float, float, float]], crowd: Crowd) -> None:
    alpha, beta = posteriors(*np.array(rows).T, crowd=crowd)
    low, high = quantiles(alpha, beta, 0.025), quantiles(alpha, beta, 0.975)
    for i, row in enumerate(rows):
        one = combine(*row, crowd=crowd)
        assert (one.mean, one.low, one.high) == pytest.approx((alpha[i] / (alpha[i] + beta[i]), low[i], high[i]), abs=1e-8)


@pytest.mark.parametrize("sums", [(-1, 0, 0, 0), (0, -1, 0, 0), (0, 0, 1, -2), (float("nan"), 0, 0, 0), (0, 0, float("inf"), 0)])
def test_impossible_sums_are_refused(sums: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"finite|negative"):
        combine(*sums)


@pytest.mark.parametrize(
    "wrong", [{"accuracy": 1.0}, {"weight": 0.0}, {"misled": 1.0}, {"doubt": -0.1}, {"ceiling": 0.0}, {"misled": float("nan")}]
)
def test_impossible_crowds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"crowd|accuracy|misled"):
        replace(TYPICAL, **wrong)


def told(rate: float, golden: float, *, people: int = 200, answers: int = 20, seed: int = 1) -> list[NDArray[np.float64]]:
    """Sums of people who agree at about the given rate and whose golden answers are right at another."""
    draw = np.random.default_rng(seed)
    right, hits = draw.binomial(100, rate, people), draw.binomial(answers, golden, people)
    return [np.asarray(column, dtype=np.float64) for column in (hits, answers - hits, right, 100 - right)]


def test_golden_answers_as_good_as_overlap_says_lift_the_ceiling() -> None:
    crowd = learn(*told(0.85, 0.85), golden_tasks=4000)
    assert crowd.misled < 0.02
    assert crowd.doubt < TYPICAL.doubt / 3
    assert crowd.ceiling > 2 * TYPICAL.ceiling
    assert crowd.accuracy == pytest.approx(0.85, abs=0.02)


def test_golden_answers_worse_than_overlap_says_show_a_misled_crowd() -> None:
    crowd = learn(*told(0.85, 0.68, people=1000), golden_tasks=20_000)
    assert crowd.misled == pytest.approx(0.2, abs=0.01)
    assert crowd.accuracy == pytest.approx(0.68, abs=0.02)


def test_people_who_are_misled_each_in_their_own_way_lower_the_ceiling() -> None:
    halves = zip(told(0.8, 0.95, seed=2), told(0.8, 0.55, seed=3), strict=True)
    crowd = learn(*(np.concatenate(pair) for pair in halves), golden_tasks=8000)
    assert crowd.ceiling < TYPICAL.ceiling / 4


def test_many_people_on_few_golden_tasks_tell_less_of_the_crowd() -> None:
    few, many = (learn(*told(0.85, 0.68), golden_tasks=tasks) for tasks in (20, 4000))
    assert few.doubt > 2 * many.doubt
    assert few.misled < many.misled


def test_without_golden_answers_a_crowd_that_disagrees_more_is_taken_to_be_misled_more() -> None:
    agreeing, differing = (learn(*told(rate, 0.5, answers=0), golden_tasks=0) for rate in (0.95, 0.6))
    assert agreeing.misled < TYPICAL.misled < differing.misled
    assert agreeing.ceiling == differing.ceiling == TYPICAL.ceiling


def test_of_no_people_nothing_is_learnt() -> None:
    assert learn([], [], [], [], golden_tasks=0) == TYPICAL


@dataclass(frozen=True)
class Simulated:
    task: NDArray[np.int64]
    worker: NDArray[np.int64]
    label: NDArray[np.int64]
    classes: NDArray[np.int64]
    truth: NDArray[np.int64]
    share: NDArray[np.float64]
    """Of each person, over the tasks of the simulation."""

    def golden(self, part: float) -> NDArray[np.int64]:
        tasks = self.truth.size
        return np.where(np.random.default_rng(5).permutation(tasks) < part * tasks, self.truth, UNKNOWN)

    def fit(self, truth: NDArray[np.int64]) -> Fit:
        return fit(self.task, self.worker, self.label, self.classes, truth=truth)


def simulate(
    seed: int, *, misleading: float, tasks: int = 400, people: int = 40, overlap: int = 8, classes: int = 3
) -> Simulated:
    """People of different accuracies; on a part of the tasks one wrong answer tempts them all, each by so much."""
    draw = np.random.default_rng(seed)
    truth, accuracy = draw.integers(classes, size=tasks), draw.beta(8, 2, people)
    tempting = draw.random(tasks) < misleading
    chance = np.where(tempting[:, None], 1 - draw.beta(7, 3, people), accuracy)
    decoy = (truth + draw.integers(1, classes, size=tasks)) % classes
    wrong = np.where(
        tempting[:, None], decoy[:, None], (truth[:, None] + draw.integers(1, classes, size=(tasks, people))) % classes
    )
    said = np.where(draw.random((tasks, people)) < chance, truth[:, None], wrong)
    task = np.repeat(np.arange(tasks), overlap)
    worker = np.concatenate([draw.choice(people, overlap, replace=False) for _ in range(tasks)])
    label = said[task, worker]
    return Simulated(task, worker, label, np.full(tasks, classes), truth, chance.mean(axis=0))


def coverage(misleading: float, part: float) -> tuple[float, float]:
    """How often the intervals hold, of this module and of the plain sum of evidence."""
    ours, plain = [], []
    for seed in range(8):
        crowd = simulate(seed, misleading=misleading)
        given = crowd.golden(part)
        fitted = crowd.fit(given)
        _, low, high = worker_estimates(crowd.task, crowd.worker, crowd.label, crowd.classes, given, fitted.probability_right)
        ours += list((low <= crowd.share) & (crowd.share <= high))
        summed = [fitted.interval(worker) for worker in range(crowd.share.size)]
        plain += [one.low <= share <= one.high for one, share in zip(summed, crowd.share, strict=True)]
    return float(np.mean(ours)), float(np.mean(plain))


@pytest.mark.parametrize("part", [0.0, 0.1])
def test_intervals_hold_where_people_are_independent(part: float) -> None:
    ours, _ = coverage(0.0, part)
    assert ours >= 0.93


def test_intervals_hold_where_people_share_mistakes() -> None:
    ours, plain = coverage(0.15, 0.1)
    assert ours >= 0.93
    assert plain < 0.7


def test_without_golden_answers_most_intervals_still_hold() -> None:
    ours, plain = coverage(0.15, 0.0)
    assert ours >= 0.85
    assert plain < 0.7


def test_a_golden_tenth_brings_people_nearer_to_their_accuracy() -> None:
    crowd = simulate(11, misleading=0.25)
    off = []
    for part in (0.0, 0.1):
        given = crowd.golden(part)
        mean, _, _ = worker_estimates(
            crowd.task, crowd.worker, crowd.label, crowd.classes, given, crowd.fit(given).probability_right
        )
        off.append(float(np.abs(mean - crowd.share).mean()))
    assert off[1] < 0.7 * off[0]


def test_overlap_is_summed_as_by_the_evidence_of_the_whole_posterior() -> None:
    crowd = simulate(3, misleading=0.0)
    fitted = crowd.fit(crowd.golden(0.0))
    right, wrong = overlap_sums(crowd.worker, fitted.probability_right, crowd.classes[crowd.task], workers=crowd.share.size)
    assert right + wrong == pytest.approx(fitted.right + fitted.wrong, rel=0.1)
    assert right / (right + wrong) == pytest.approx(fitted.right / (fitted.right + fitted.wrong), abs=0.02)


def test_certain_others_count_in_full_and_silent_others_nothing() -> None:
    right, wrong = overlap_sums([0, 0, 0, 0, 1, 1], [1, 1, 1, 0, 0.25, 0.25], np.full(6, 4.0), workers=3)
    assert right == pytest.approx([3, 0, 0], abs=1e-3)
    assert wrong == pytest.approx([1, 0, 0], abs=1e-3)


def test_a_single_answer_by_an_open_set_counts_nothing() -> None:
    mean, low, high = worker_estimates([0], [0], [0], [OPEN], [UNKNOWN], [1 / 20])
    prior = interval(0, 0)
    assert (mean[0], low[0], high[0]) == pytest.approx((prior.mean, prior.low, prior.high), abs=1e-6)


def test_the_probability_of_golden_answers_is_not_read() -> None:
    one, other = (
        worker_estimates([0, 0, 1], [0, 1, 0], [1, 0, 1], [2, 2], [1, UNKNOWN], [first, second, 0.9])
        for first, second in ((0.0, 1.0), (0.5, 0.5))
    )
    assert [list(column) for column in one] == [list(column) for column in other]
    assert one[0][0] > one[0][1]


def test_people_without_answers_are_as_accurate_as_the_crowd() -> None:
    mean, low, high = worker_estimates([0, 1], [0, 0], [0, 0], [2, 2], [0, 0], [1.0, 1.0], workers=3)
    assert mean.shape == low.shape == high.shape == (3,)
    assert ACCURACY_PRIOR.mean < mean[1] == mean[2] < mean[0]


def test_the_order_of_the_answers_does_not_matter() -> None:
    crowd = simulate(4, misleading=0.1, tasks=60, people=12)
    own = crowd.fit(crowd.golden(0.2)).probability_right
    order = np.random.default_rng(0).permutation(own.size)
    columns = (crowd.task, crowd.worker, crowd.label)
    given = crowd.golden(0.2)
    one = worker_estimates(*columns, crowd.classes, given, own)
    other = worker_estimates(*(column[order] for column in columns), crowd.classes, given, own[order])
    for first, second in zip(one, other, strict=True):
        assert first == pytest.approx(second, abs=1e-6)


def test_a_lower_level_has_a_narrower_interval() -> None:
    _, low, high = worker_estimates([0], [0], [0], [2], [0], [1.0], level=0.95)
    _, lower, higher = worker_estimates([0], [0], [0], [2], [0], [1.0], level=0.5)
    assert low[0] < lower[0] < higher[0] < high[0]


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_impossible_levels_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        worker_estimates([0], [0], [0], [2], [0], [1.0], level=level)


def test_impossible_probabilities_are_refused() -> None:
    with pytest.raises(ValueError, match="probability"):
        worker_estimates([0], [0], [0], [2], [UNKNOWN], [1.5])
    with pytest.raises(ValueError, match="probability"):
        worker_estimates([0], [0], [0], [2], [UNKNOWN], [float("nan")])


def test_a_probability_that_rounding_lifts_above_one_is_one() -> None:
    one, above = (worker_estimates([0], [0], [0], [2], [UNKNOWN], [own]) for own in (1.0, 1.0 + 4e-16))
    assert [column[0] for column in one] == [column[0] for column in above]


def test_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        worker_estimates([0, 0], [0], [0], [2], [UNKNOWN], [1.0])
