"""The batch one-coin Dawid-Skene model over many tasks, by expectation maximisation.

Dawid and Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM
algorithm", with one parameter a person instead of a confusion matrix; the E-step is
`vote.posterior` for every task at once, the M-step a Beta posterior mean (a smoothed MAP: Raykar et
al. 2010, "Learning from crowds", section 3, put the same prior on a person's parameters):

    E:  p_i  = P(answer i is right | all answers to its task, all accuracies)
    M:  a_w  = (alpha + golden right + sum of p_i) / (alpha + beta + golden answers + other answers)

The prior, `beta.ACCURACY_PRIOR`, has the mean 0.8 and the weight 4: without one EM gives a person
with few answers the accuracy 0 or 1 and follows them. Votes of people below chance count nothing
(see `vote`), so the mirrored solution, in which everybody is wrong, cannot be reached. Tasks with a
known truth (golden tasks, audits) are fixed evidence and are not estimated.

What is reported of a person is not the M-step's sum, which counts their own votes as evidence for
themselves and a doubtful consensus as a fact: it is the sum of the evidence (see `credit`) of their
answers, each judged by the others only, exactly what the streaming estimate adds up.

Time and memory grow with the answers: 1,000,000 of them take a few seconds and some 300 MB.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from piecework.quality.statistics.beta import ACCURACY_PRIOR, Beta, Interval, interval
from piecework.quality.statistics.credit import information, weigh
from piecework.quality.statistics.vote import (
    OPEN,
    OPEN_SET_SIZE,
    Floats,
    Integers,
    checked_prior,
    log_weights,
    weighted_count,
)

UNKNOWN = -1
"""In `truth`: the task is not golden. In `Fit.label`: nobody has answered the task."""

_CHUNK = 1 << 20
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The fitted model. T tasks, W workers, N answers, numbered as in the input."""

    label: Integers
    """(T,) The most probable of the given answers, or the known truth; ties go to the smallest."""
    confidence: Floats
    """(T,) The probability of that label; 1 where the truth is known, 0 where nobody answered."""
    accuracy: Floats
    """(W,) Posterior mean of each person's probability of being right."""
    weight_accuracy: Floats
    """(W,) The accuracies that weighted the votes: EM's last M-step, close to `accuracy`."""
    right: Floats
    """(W,) Right answers credited, in golden answers; signed (see `credit`)."""
    wrong: Floats
    """(W,) Wrong answers credited, in golden answers; signed."""
    golden: Integers
    """(W,) Answers to tasks with a known truth."""
    overlap: Integers
    """(W,) Answers to other tasks that at least one more answer was given to."""
    probability_right: Floats
    """(N,) The probability that an answer is right, by the others only; 0 or 1 if golden."""
    answer_right: Floats
    """(N,) What each answer adds to its author's `right`."""
    answer_wrong: Floats
    """(N,) What each answer adds to its author's `wrong`."""
    iterations: int
    converged: bool
    prior: Beta

    def interval(self, worker: int, *, level: float = 0.95) -> Interval:
        """The credible interval of one person's accuracy; its mean is `accuracy[worker]`."""
        return interval(float(self.right[worker]), float(self.wrong[worker]), prior=self.prior, level=level)


def fit(
    task: ArrayLike,
    worker: ArrayLike,
    label: ArrayLike,
    classes: ArrayLike,
    *,
    truth: ArrayLike | None = None,
    workers: int | None = None,
    prior: Beta = ACCURACY_PRIOR,
    class_smoothing: float | None = None,
    max_iterations: int = 200,
    tolerance: float = 1e-5,
) -> Fit:
    """Estimate the labels of all tasks and the accuracies of all people together.

    `task`, `worker` and `label` are integers of shape (N,), one entry an answer. `classes`, shape
    (T,), is the number of classes of each task, `OPEN` (0) for free text, whose labels are codes
    without gaps. `truth`, shape (T,), is the known label or `UNKNOWN`. `workers` is W if people
    without answers are wanted too.

    With `class_smoothing` the frequencies of the classes are estimated as well, each starting from
    that many imagined tasks; only for tasks that all have the same closed set of classes. Without
    it all classes are equally likely beforehand, which is safer on few tasks.

    EM stops when no accuracy moves by more than `tolerance`.
    """
    data = _Answers(task, worker, label, classes, truth, workers)
    frequencies = _Frequencies(data, class_smoothing)
    accuracy = data.accuracy(prior, np.zeros(data.judged.size))
    step, converged = 0, False
    state = _expect(data, accuracy, frequencies)
    while step < max_iterations and not converged:
        step += 1
        updated = data.accuracy(prior, state.probability[data.cell], counted=True)
        converged = bool(np.abs(updated - accuracy).max(initial=0.0) <= tolerance)
        accuracy = updated
        frequencies.update(state)
        state = _expect(data, accuracy, frequencies)
    return _report(data, state, accuracy, prior, step, converged)


class _Answers:
    """The input, checked, with the answers to be judged grouped into cells.

    A cell is one label of one task that somebody gave, for tasks without a known truth; cells are
    sorted by task, then by label. `judged` are the indices of the answers to such tasks.
    """

    def __init__(
        self,
        task: ArrayLike,
        worker: ArrayLike,
        label: ArrayLike,
        classes: ArrayLike,
        truth: ArrayLike | None,
        workers: int | None,
    ) -> None:
        self.all_task, self.all_worker, self.all_label = (np.asarray(column, dtype=np.int64) for column in (task, worker, label))
        self.classes = np.asarray(classes, dtype=np.int64)
        self.tasks = self.classes.size
        self.truth = np.full(self.tasks, UNKNOWN, dtype=np.int64) if truth is None else np.asarray(truth, dtype=np.int64)
        people = int(self.all_worker.max(initial=-1)) + 1
        self.workers = people if workers is None else workers
        self._check(people)

        known = self.truth[self.all_task]
        golden = known != UNKNOWN
        self.golden_answers = np.flatnonzero(golden)
        self.golden_hit = self.all_label[golden] == known[golden]
        golden_worker = self.all_worker[golden]
        self.golden = np.bincount(golden_worker, minlength=self.workers)
        self.golden_right = np.bincount(golden_worker[self.golden_hit], minlength=self.workers)

        self.judged = np.flatnonzero(~golden)
        self.worker = self.all_worker[self.judged]
        self.answered = np.bincount(self.worker, minlength=self.workers)
        codes, coded = np.unique(self.all_label[self.judged], return_inverse=True)
        width = max(codes.size, 1)
        keys, self.cell = np.unique(self.all_task[self.judged] * width + coded, return_inverse=True)
        self.cell_label = codes[keys % width] if keys.size else np.zeros(0, dtype=np.int64)
        # Groups: the tasks that have cells, numbered without gaps.
        self.group_task, self.start, self.seen = np.unique(keys // width, return_index=True, return_counts=True)
        self.cell_group = np.repeat(np.arange(self.group_task.size), self.seen)
        self.group = self.cell_group[self.cell]
        self.size = self._sizes()
        self.crowd = np.bincount(self.group, minlength=self.group_task.size)

    def _check(self, people: int) -> None:
        shape = (self.all_task.size,)
        if not (self.all_task.shape == self.all_worker.shape == self.all_label.shape == shape):
            raise ValueError("task, worker and label must be one-dimensional, of the same length")
        if self.classes.ndim != 1 or self.truth.shape != self.classes.shape:
            raise ValueError("classes and truth must have one entry a task")
        if ((self.classes < 2) & (self.classes != OPEN)).any():
            raise ValueError("a task has at least two classes, or an open set of them")
        if people > self.workers or self.all_worker.min(initial=0) < 0:
            raise ValueError("a worker lies between 0 and the number of workers less one")
        if self.all_task.min(initial=0) < 0 or self.all_task.max(initial=-1) >= self.tasks:
            raise ValueError("a task lies between 0 and the number of tasks less one")
        bound = self.classes[self.all_task]
        if (self.all_label < 0).any() or ((bound != OPEN) & (self.all_label >= bound)).any():
            raise ValueError("a label lies between 0 and the number of classes less one")

    def _sizes(self) -> Floats:
        """K of every group; of an open set as in `vote.set_size`."""
        closed = self.classes[self.group_task]
        opened = np.maximum(OPEN_SET_SIZE, self.seen + 1)
        return np.where(closed == OPEN, opened, closed).astype(np.float64)

    def accuracy(self, prior: Beta, probability: Floats, *, counted: bool = False) -> Floats:
        """The M-step; unless `counted`, from the golden answers alone."""
        right = prior.alpha + self.golden_right
        total = prior.weight + self.golden
        if counted:
            right = right + weighted_count(self.worker, probability, self.workers)
            total = total + self.answered
        accuracy: Floats = right / total
        return accuracy


class _Frequencies:
    """How frequent each class is beforehand, relative to all classes being equally likely."""

    def __init__(self, data: _Answers, smoothing: float | None) -> None:
        self.data = data
        self.smoothing = smoothing
        self.relative = np.ones(0)
        if smoothing is None:
            return
        if smoothing <= 0:
            raise ValueError("the class smoothing must be positive")
        kinds = np.unique(data.classes)
        if kinds.size != 1 or kinds[0] == OPEN:
            raise ValueError("class frequencies need one closed set of classes for all tasks")
        self.relative = np.ones(int(kinds[0]))

    def cells(self) -> Floats | float:
        """The relative frequency of the class of every cell."""
        return 1.0 if self.smoothing is None else self.relative[self.data.cell_label]

    def unseen(self) -> Floats:
        """The relative frequencies of all classes that nobody gave, summed for every group."""
        data = self.data
        if self.smoothing is None:
            return data.size - data.seen
        seen = weighted_count(data.cell_group, self.relative[data.cell_label], data.size.size)
        return np.maximum(data.size - seen, 0.0)

    def update(self, state: "_State") -> None:
        """The M-step: expected counts, those of unseen classes in proportion to their frequency."""
        if self.smoothing is None:
            return
        data, size = self.data, self.relative.size
        unseen = self.unseen()
        share = np.divide(state.unseen, unseen, out=np.zeros_like(unseen), where=unseen > 1e-12)
        spread = share.sum() - weighted_count(data.cell_label, share[data.cell_group], size)
        counts = weighted_count(data.cell_label, state.probability, size)
        counts = counts + self.relative * np.maximum(spread, 0.0) + self.smoothing
        self.relative = checked_prior(counts / counts.sum(), size) * size


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """The E-step's result for C cells, G groups and the judged answers."""

    weight: Floats
    """(answers,) log weight of each vote."""
    leader: Integers
    """(G,) The most probable cell of each group; ties go to the smallest label."""
    grown: Floats
    """(C,) exp(score of the cell - largest score in its group)."""
    rest: Floats
    """(C,) The same, summed over all other classes of the group."""
    blank: Floats
    """(G,) The same for one class that nobody gave, on average over them."""
    blanks: Floats
    """(G,) How many classes nobody gave."""
    probability: Floats
    """(C,) Posterior probability of each cell."""
    unseen: Floats
    """(G,) Posterior probability of all classes that nobody gave."""


def _expect(data: _Answers, accuracy: Floats, frequencies: _Frequencies) -> _State:
    weight = log_weights(accuracy[data.worker], data.size[data.group])
    cells, groups = data.cell_group, data.group_task.size
    score = weighted_count(data.cell, weight, cells.size) + np.log(frequencies.cells())
    if not groups:
        none = np.zeros(0)
        return _State(weight, np.zeros(0, dtype=np.int64), none, none, none, none, none, none)
    top = np.maximum.reduceat(score, data.start)
    grown = np.exp(score - top[cells])
    unseen = frequencies.unseen() * np.exp(-top)
    # The first of the largest cells leads. What is not the leader is added up, not got by
    # subtraction, so that no digit is lost when the leader is all but certain.
    near = np.flatnonzero(score >= top[cells] - _TIE)
    leader = near[np.diff(cells[near], prepend=-1) > 0]
    others = grown.copy()
    others[leader] = 0.0
    small = weighted_count(cells, others, groups) + unseen
    total = small + grown[leader]
    rest = total[cells] - grown
    rest[leader] = small
    count = data.size - data.seen
    return _State(
        weight=weight,
        leader=leader,
        grown=grown,
        rest=np.maximum(rest, 0.0),
        blank=np.divide(unseen, count, out=np.zeros(groups), where=count > 0),
        blanks=count,
        probability=grown / total[cells],
        unseen=unseen / total,
    )


def _judge(data: _Answers, state: _State, accuracy: Floats) -> tuple[Floats, Floats, Floats]:
    """For every judged answer: the others' probability that it is right, and its evidence.

    Without its own vote a cell shrinks by exp(-weight) and all other classes stay as they are.
    The information needs every class of the task for every answer; the pairs of answers and cells
    are made in chunks of about a million.
    """
    answers = data.judged.size
    own = state.grown[data.cell] * np.exp(-state.weight)
    mass = own + state.rest[data.cell]
    probability = own / mass
    size, reference = data.size[data.group], accuracy[data.worker]
    blank = information(state.blank[data.group] / mass, size, reference)
    total = state.blanks[data.group] * blank + information(probability, size, reference)
    pairs = data.seen[data.group]
    ends = np.cumsum(pairs)
    first = 0
    while first < answers:
        done = ends[first] - pairs[first]
        last = max(int(np.searchsorted(ends, done + _CHUNK, side="right")), first + 1)
        answer = np.repeat(np.arange(first, last), pairs[first:last])
        offset = np.arange(answer.size) - (ends[answer] - pairs[answer] - done)
        cell = data.start[data.group[answer]] + offset
        other = cell != data.cell[answer]
        answer, cell = answer[other], cell[other]
        terms = information(state.grown[cell] / mass[answer], size[answer], reference[answer])
        total[first:last] += weighted_count(answer - first, terms, last - first)
        first = last
    return probability, *weigh(probability, size, reference, total)


def _report(data: _Answers, state: _State, accuracy: Floats, prior: Beta, iterations: int, converged: bool) -> Fit:
    """Everything a caller may ask of the fitted model."""
    label = data.truth.copy()
    confidence = (label != UNKNOWN).astype(np.float64)
    label[data.group_task] = data.cell_label[state.leader]
    confidence[data.group_task] = state.probability[state.leader]

    answers = data.all_task.size
    probability, right, wrong = np.zeros(answers), np.zeros(answers), np.zeros(answers)
    probability[data.golden_answers] = right[data.golden_answers] = data.golden_hit
    wrong[data.golden_answers] = ~data.golden_hit
    probability[data.judged], right[data.judged], wrong[data.judged] = _judge(data, state, accuracy)
    sum_right = weighted_count(data.all_worker, right, data.workers)
    sum_wrong = weighted_count(data.all_worker, wrong, data.workers)

    total = np.maximum(sum_right + sum_wrong, 0.0)
    mean = (prior.alpha + np.clip(sum_right, 0.0, total)) / (prior.weight + total)
    shared = data.worker[data.crowd[data.group] > 1]
    return Fit(
        label=label,
        confidence=confidence,
        accuracy=mean,
        weight_accuracy=accuracy,
        right=sum_right,
        wrong=sum_wrong,
        golden=data.golden,
        overlap=np.bincount(shared, minlength=data.workers),
        probability_right=probability,
        answer_right=right,
        answer_wrong=wrong,
        iterations=iterations,
        converged=converged,
        prior=prior,
    )
