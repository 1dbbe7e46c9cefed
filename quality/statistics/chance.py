"""How probable a certain wrong answer of a person is if they worked on their own.

The chance is predicted from everybody else's answers to the same task and from the person's own
habits on other tasks, so that difficult tasks, shared misconceptions, careless people and people
with a favourite label all make a coincidence of wrong answers less remarkable. With n answers of
the others to the task, w of them other than the label r held to be right, n_k of them the label k:

    q    = (w + t e_r) / (n + t)              an average person is wrong: e_r is the share of wrong
                                              answers where r is right
    m_k  = (n_k + s g_rk) / (w + s)           who is wrong says k: g_rk is the share of k among the
                                              wrong answers where r is right

are Polya's urn, the predictive of a Beta-binomial and a Dirichlet-multinomial; t and s, the worth
of the crowd's habit in answers, maximise the leave-one-out likelihood on a grid (Besag 1975,
pseudo-likelihood). The person's habits are a logistic regression on the logit of q,

    logit P(wrong) = a + u_r + b logit q,     a ~ N(0, 2^2), u ~ N(0, 1.5^2), b ~ N(1, 0.5^2),

by Newton's method on the posterior one coordinate at a time, and a factor on the odds of m_k: how
often they said k against how often m expected it, with `HABIT` imagined answers on either side. b
is the slope of the two-parameter logistic item response model (Birnbaum 1968): near 0 for who
answers at random, large for an expert whom only hard tasks defeat. What comes out is calibrated on
all pairs of answers (`Chances.calibrate`), and is never less than the chance that the label held to
be wrong is right after all and the person right too: two experts may differ from a crowd alike.
"""

import copy

import numpy as np

from piecework.quality.statistics.ballots import NOWHERE, Ballots, Booleans
from piecework.quality.statistics.vote import OPEN, OPEN_SET_SIZE, Floats, Integers, weighted_count

HABIT = 2.0
SMALLEST = 0.01
"""No coincidence is held less probable: it is worth at most log 100 whatever the model says."""
MISLED = 0.1
"""How often a crowd that is sure by its votes is taken to be wrong all the same: 0.05 to 0.22 on public sets with known truth."""

_WORTHS = np.geomspace(0.25, 128, 19)
_SPREADS = (2.0, 1.5, 0.5)
_ROUNDS = 25


class _Keyed:
    """Values under sorted integer keys, with a value for all other keys."""

    def __init__(self, keys: Integers, values: Floats, missing: float) -> None:
        self.keys, self.values, self.missing = keys, values, missing

    def at(self, keys: Integers) -> Floats:
        if not self.keys.size:
            return np.full(keys.shape, self.missing)
        place = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        values: Floats = np.where(self.keys[place] == keys, self.values[place], self.missing)
        return values


class Chances:
    """The habits of a crowd and of everybody in it, fitted to all answers that the others can judge."""

    def __init__(self, ballots: Ballots) -> None:
        self._ballots = ballots
        self._bend = np.array([0.0, 1.0])
        # A row is a label held to be right in a step, a column a row with a label given instead.
        size = ballots.classes
        self._rows = np.where(size == OPEN, 1, size)
        self._row_start = np.concatenate([[0], np.cumsum(self._rows)])
        self._column_start = np.concatenate([[0], np.cumsum(self._rows**2)])
        answer = np.flatnonzero(ballots.crowd > 1)
        cell, right, sure = ballots.leader(answer)
        answer, cell, right = answer[sure], cell[sure], right[sure]
        wrong = ballots.label[answer] != right
        self._habits_of_the_crowd(answer, cell, right, wrong)
        self._habits_of_people(answer, cell, right, wrong)
        self._favourite = self._favour(answer[wrong], cell[wrong], right[wrong])

    def _by_habit(self, person: Integers, other: Integers, cell: Integers, right: Integers) -> Floats:
        """The chance by the habits of the crowd and the person alone, not calibrated."""
        ballots = self._ballots
        row, column = self._row(person, right), self._column(other, right)
        alike = ballots.cell[person] == ballots.cell[other]
        wrong = self._others_wrong(person, cell)
        among = (ballots.count[ballots.cell[other]] - alike + self._worth_label * self._share[column]) / (
            wrong + self._worth_label
        )
        among = np.clip(among, SMALLEST, 1.0)
        worker = ballots.worker[person]
        tilt = self._favourite.at(worker * self._share.size + column) * among
        among = tilt / (tilt + 1 - among)
        logit = self._level[worker] + self._by_row.at(worker * self._error.size + row)
        logit = logit + (1 + self._slope[worker]) * self._difficulty(person, cell, row)
        habit: Floats = np.clip(among / (1 + np.exp(-logit)), SMALLEST, 1 - SMALLEST)
        return habit

    def same_wrong(self, person: Integers, other: Integers, cell: Integers, right: Integers) -> Floats:
        """The chance that `person` gives the label of `other`, given everybody else's answers.

        All have the shape (M,): two positions of answers to one task, and the cell and the label
        held to be right there (`Ballots.leader`), which is not what `other` said.
        """
        habit = self._by_habit(person, other, cell, right)
        habit = 1 / (1 + np.exp(-self._bend[0] - self._bend[1] * (np.log(habit) - np.log1p(-habit))))
        both_right = self._right_after_all(person, other) * self._ballots.skill[person]
        chance: Floats = np.clip(np.maximum(habit, both_right), SMALLEST, 1 - SMALLEST)
        return chance

    def _right_after_all(self, person: Integers, other: Integers) -> Floats:
        """The probability that the label of `other` is right, by all answers but `person`'s.

        By the vote, but never as if a crowd that shares a misconception could not be sure and wrong:
        with the chance `MISLED` it is, and then `other`, of accuracy a, differs if right; otherwise
        if wrong. Hence the least of it, by Bayes' rule, MISLED a / (MISLED a + 1 - a).
        """
        ballots = self._ballots
        right = MISLED * ballots.skill[other]
        least = np.where(ballots.known(other), 0.0, right / (right + 1 - ballots.skill[other]))
        probability: Floats = np.maximum(ballots.probability(other, person), least)
        return probability

    def calibrate(self, person: Integers, other: Integers, cell: Integers, right: Integers) -> None:
        """Bend the chances by habit so that, over these meetings, they come true as often as they say.

        Platt's scaling (1999), a logistic regression of what happened on the logit of the chance.
        The arguments are those of `same_wrong`, of all people alike; the few who copy among them
        make chances a little too high, not too low.
        """
        chance = self._by_habit(person, other, cell, right)
        happened = self._ballots.cell[person] == self._ballots.cell[other]
        x = np.stack([np.ones(chance.size), np.log(chance) - np.log1p(-chance)])
        bend = np.array([0.0, 1.0])
        for _ in range(_ROUNDS):
            p = 1 / (1 + np.exp(-bend @ x))
            pull = np.array([0.0, 1.0]) - bend
            curvature = (x * (p * (1 - p))) @ x.T + np.eye(2)
            bend = bend + np.clip(np.linalg.solve(curvature, x @ (happened - p) + pull), -1.0, 1.0)
        self._bend = bend

    def on(self, ballots: Ballots) -> "Chances":
        """The same habits for other ballots of the same people and steps."""
        other = copy.copy(self)
        other._ballots = ballots  # noqa: SLF001
        return other

    def _row(self, answer: Integers, right: Integers) -> Integers:
        step = self._ballots.step[answer]
        rows: Integers = self._row_start[step] + np.where(self._ballots.classes[step] == OPEN, 0, right)
        return rows

    def _column(self, answer: Integers, right: Integers) -> Integers:
        step = self._ballots.step[answer]
        within = right * self._rows[step] + self._ballots.label[answer]
        columns: Integers = self._column_start[step] + np.where(self._ballots.classes[step] == OPEN, 0, within)
        return columns

    def _others_wrong(self, answer: Integers, cell: Integers) -> Integers:
        """w: how many others did not say what is held to be right."""
        ballots = self._ballots
        said = np.where(cell == NOWHERE, 0, ballots.count[cell]) - (ballots.cell[answer] == cell)
        others: Integers = ballots.crowd[answer] - 1 - said
        return others

    def _difficulty(self, answer: Integers, cell: Integers, row: Integers) -> Floats:
        """The logit of q."""
        return _logit(self._others_wrong(answer, cell), self._ballots.crowd[answer] - 1, self._error[row], self._worth)

    def _habits_of_the_crowd(self, answer: Integers, cell: Integers, right: Integers, wrong: Booleans) -> None:
        """e, g, t and s."""
        ballots = self._ballots
        row, column = self._row(answer, right), self._column(answer, right)
        rows, columns = int(self._row_start[-1]), int(self._column_start[-1])
        wrongs = weighted_count(row, wrong.astype(np.float64), rows)
        overall = (wrong.sum() + 1) / (wrong.size + 2)
        self._error = (wrongs + 2 * overall) / (np.bincount(row, minlength=rows) + 2)
        given = weighted_count(column, wrong.astype(np.float64), columns)
        step_of_row = np.repeat(np.arange(self._rows.size), self._rows)
        row_of_column = np.repeat(np.arange(rows), self._rows[step_of_row])
        others = np.maximum(self._rows[step_of_row] - 1, 1)[row_of_column]
        self._share = (given + 1 / others) / (wrongs[row_of_column] + 1)
        self._share[self._column_start[:-1][ballots.classes == OPEN]] = 1 / OPEN_SET_SIZE

        w, n, e = self._others_wrong(answer, cell), ballots.crowd[answer] - 1, self._error[row]
        logits = (_logit(w, n, e, worth) for worth in _WORTHS)
        self._worth = _best([-np.logaddexp(0, np.where(wrong, -logit, logit)).sum() for logit in logits])
        w, share, same = w[wrong], self._share[column[wrong]], ballots.count[ballots.cell[answer[wrong]]] - 1
        self._worth_label = _best([np.log((same + worth * share) / (w + worth)).sum() for worth in _WORTHS])

    def _habits_of_people(self, answer: Integers, cell: Integers, right: Integers, wrong: Booleans) -> None:
        """a, u and b less one, from their priors' means on; Newton one coordinate at a time."""
        ballots = self._ballots
        row, worker = self._row(answer, right), ballots.worker[answer]
        x = self._difficulty(answer, cell, row)
        keys, at = np.unique(worker * self._error.size + row, return_inverse=True)
        one = np.ones_like(x)
        level, by_row, slope = np.zeros(ballots.workers), np.zeros(keys.size), np.zeros(ballots.workers)
        terms = ((worker, level, one), (at, by_row, one), (worker, slope, x))
        logit = x.copy()
        for _ in range(_ROUNDS):
            for (index, value, factor), spread in zip(terms, _SPREADS, strict=True):
                p = 1 / (1 + np.exp(-logit))
                gradient = weighted_count(index, (wrong - p) * factor, value.size) - value / spread**2
                curvature = weighted_count(index, p * (1 - p) * factor**2, value.size) + 1 / spread**2
                move = np.clip(gradient / curvature, -1.0, 1.0)
                np.add(value, move, out=value)
                logit += move[index] * factor
        self._level, self._slope, self._by_row = level, slope, _Keyed(keys, by_row, 0.0)

    def _favour(self, mine: Integers, cell: Integers, right: Integers) -> _Keyed:
        """The factor on the odds of each label that a person has given wrongly, by (person, column).

        `mine` are wrong answers. Each meets every wrong label that its task has got, and expects
        it by m; where there is but one wrong class or an open set there is nothing to prefer.
        """
        ballots = self._ballots
        several = self._rows[ballots.step[mine]] > 2
        mine, cell, right = mine[several], cell[several], right[several]
        columns, rows = self._share.size, self._error.size
        worker, column = ballots.worker[mine], self._column(mine, right)
        keys, sample, observed = np.unique(worker * columns + column, return_index=True, return_counts=True)
        wrong = self._others_wrong(mine, cell)
        weight = 1 / (wrong + self._worth_label)
        begin, end = ballots.bounds(mine)
        met = end - begin
        at = np.repeat(np.arange(mine.size), met)
        label_cell = np.arange(at.size) + np.repeat(begin - np.cumsum(met) + met, met)
        key = (worker * columns + column - ballots.label[mine])[at] + ballots.cell_label[label_cell]
        others = ballots.count[label_cell] - (ballots.cell[mine][at] == label_cell)
        place = np.minimum(np.searchsorted(keys, key), max(keys.size - 1, 0))
        hit = keys[place] == key if keys.size else np.zeros(0, dtype=bool)
        expected = weighted_count(place[hit], (others * weight[at])[hit], keys.size)
        groups, slot = np.unique(worker * rows + self._row(mine, right), return_inverse=True)
        habit = weighted_count(slot, self._worth_label * weight, groups.size)
        expected = expected + habit[slot[sample]] * self._share[column[sample]]
        return _Keyed(keys, (observed + HABIT) / (expected + HABIT), 1.0)


def _logit(wrong: Integers, others: Integers, error: Floats, worth: float) -> Floats:
    """The logit of (w + t e) / (n + t)."""
    logit: Floats = np.log(wrong + worth * error) - np.log(others - wrong + worth * (1 - error))
    return logit


def _best(likelihoods: list[float]) -> float:
    return float(_WORTHS[int(np.argmax(likelihoods))])
