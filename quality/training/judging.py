"""What an answer in training is: right or not, in which fields not; and whether a trial is passed. Pure functions.

The first tries of a trial are taken as independent: with `right` of `answered` right and a uniform belief before, the probability of
being right has a Beta posterior (1 + right, 1 + wrong). 9 of 10 right: Beta(10, 2), and its 90 % credible interval is 0.636 to 0.967.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from piecework.quality.comparing.comparison import verdicts
from piecework.quality.exams.questions import Acceptable
from piecework.quality.exams.scoring import UNIFORM, ten_thousandths
from piecework.quality.grading.judging import share_of
from piecework.quality.statistics import interval
from piecework.quality.training.definition import Trial
from piecework.tasks.decisions import WHOLE
from piecework.tasks.fields import Answer, AnswerField


@dataclass(frozen=True, slots=True)
class Judged:
    """`wrong`: the fields that differ from the acceptable answer nearest to this one."""

    wrong: tuple[str, ...]
    nearest: Answer

    @property
    def correct(self) -> bool:
        """Nothing that can be compared differs."""
        return not self.wrong


def judge(fields: Sequence[AnswerField], answers: Sequence[Acceptable], answer: Answer) -> Judged:
    """Judge an answer that fits the fields by the acceptable one nearest to it."""
    found = [(one, verdicts(fields, answer, one.answer)) for one in answers]
    best, outcome = max(found, key=lambda pair: (share_of(fields, pair[1]), pair[0].weight))
    return Judged(tuple(name for name, right in outcome.items() if not right), best.answer)


def lower_bound(right: int, answered: int, level: float) -> float:
    """The lower end of the credible interval of the probability of being right."""
    return interval(right, answered - right, prior=UNIFORM, level=level).low


def passes(trial: Trial, right: int, answered: int) -> bool:
    """True if these first tries pass a trial: all of its tasks are answered, and the rule holds."""
    if answered < trial.draw:
        return False
    rule = trial.passing
    if rule.by == "share":
        return Fraction(right, answered) >= Fraction(ten_thousandths(rule.threshold), WHOLE)
    return lower_bound(right, answered, rule.level) >= rule.threshold


def can_pass(trial: Trial, right: int, answered: int) -> bool:
    """True if the trial would be passed with all tasks that are left answered right: if not then, it never is."""
    return passes(trial, right + trial.draw - answered, trial.draw)
