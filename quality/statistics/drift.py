"""A fall in a person's accuracy: the one-sided cumulative sum of Page (1954), "Continuous inspection schemes".

    S = max(0, S + log P(answer | bad) - log P(answer | good)),   alarm as soon as S >= threshold

Since S never falls below 0, a long good history protects nobody. At accuracy `good` an alarm comes, on average, after at least
exp(threshold) answers (Lorden 1971, "Procedures for reacting to a change in distribution", theorem 2), so

    threshold = log(1000 / false_alarms)

gives at most `false_alarms` per 1,000 answers in the long run, and in practice several times fewer.

Golden tasks alone tell too slowly of somebody who sees one in thirty: an answer that the others judge counts too. Under the
one-coin model (see `credit`), with q the others' probability that it is right, P(answer | a) = (1 - q) / (K - 1) + a (K q - 1) /
(K - 1); q = 1 and q = 0 are a golden task.

An alarm proves nothing: it raises the golden and audit rates and starts a fresh `sequential` test, which alone may lead to a
sanction. The chart stays in alarm until that test has found the person good; then it starts again from 0. It also starts again
after a change of device or a long absence, which start a fresh test themselves.
"""

import math
from dataclasses import dataclass

from piecework.quality.statistics.sequential import GOOD_ACCURACY, likelihood_ratio
from piecework.quality.statistics.vote import set_size


@dataclass(frozen=True, slots=True)
class DriftChart:
    """What is a fall, and how rare false alarms must be."""

    good: float = GOOD_ACCURACY
    bad: float = 0.5
    false_alarms: float = 5.0
    """The most alarms per 1,000 answers of somebody whose accuracy is `good`; below 1000."""

    def __post_init__(self) -> None:
        if not 0 < self.bad < self.good < 1:
            raise ValueError("the accuracies must satisfy 0 < bad < good < 1")
        if not 0 < self.false_alarms < 1000:
            raise ValueError("false alarms are more than 0 and fewer than 1000 per 1,000 answers")

    @property
    def threshold(self) -> float:
        """Where the alarm is."""
        return math.log(1000 / self.false_alarms)

    def known(self, right: float, wrong: float) -> float:
        """The step of the sum for a golden task or an audit with so many right and wrong fields."""
        return likelihood_ratio(self.good, self.bad, right, wrong)

    def judged(self, probability_right: float, classes: int) -> float:
        """The step of the sum for an answer that is right with this probability by the others' answers alone."""
        if not 0 <= probability_right <= 1:
            raise ValueError("a probability lies between 0 and 1")
        size = set_size(classes, 0)
        slope = (size * probability_right - 1) / (size - 1)
        rest = (1 - probability_right) / (size - 1)
        return math.log((rest + self.bad * slope) / (rest + self.good * slope))


@dataclass(frozen=True, slots=True)
class DriftState:
    """A chart under way: all that has to be stored of it."""

    value: float = 0.0
    alarm: bool = False


def update(state: DriftState, step: float, chart: DriftChart) -> DriftState:
    """The chart after one more answer; an alarm stays until the chart is started again."""
    if state.alarm:
        return state
    value = max(0.0, state.value + step)
    return DriftState(value, value >= chart.threshold)
