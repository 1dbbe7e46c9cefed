"""How closely a person is watched: one state, made of a sequential test and a drift chart, and the golden rate that follows.

The same transitions serve every answer:

* nothing is known yet: golden tasks and audits feed the sequential test; the golden rate is high;
* clearly good: golden tasks, audits and answers judged by others feed the drift chart; the rate is low;
* an alarm of the chart, or for somebody good a change of device or a long absence: nothing is known again, a fresh test starts, the
  rate is high;
* clearly bad: final, for a person to decide on in writing. The rate stays high.
"""

from dataclasses import dataclass, field

from piecework.quality.statistics import drift, sequential
from piecework.quality.statistics.drift import DriftChart, DriftState
from piecework.quality.statistics.sequential import Progress, SequentialTest, Verdict, bad_accuracy


@dataclass(frozen=True, slots=True)
class Rates:
    """A share of a person's tasks that is golden (or of their answers that is audited): while unknown, and once good."""

    high: float = 0.2
    low: float = 0.03

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError("the rates must satisfy 0 <= low <= high <= 1")


LONG_ABSENCE_DAYS = 30.0


def golden_rate(
    verdict: Verdict,
    *,
    alarm: bool = False,
    device_changed: bool = False,
    absent_days: float = 0.0,
    rates: Rates | None = None,
) -> float:
    """The chance that the next task of this person is golden. Low only for somebody clearly good of whom nothing is new."""
    chosen = rates or Rates()
    fresh = alarm or device_changed or absent_days >= LONG_ABSENCE_DAYS
    return chosen.low if verdict == Verdict.GOOD and not fresh else chosen.high


@dataclass(frozen=True, slots=True)
class Watching:
    """The rules by which somebody is watched."""

    test: SequentialTest = field(default_factory=SequentialTest)
    chart: DriftChart = field(default_factory=DriftChart)


def watching(classes: int) -> Watching:
    """The default rules for tasks with so many classes."""
    bad = bad_accuracy(classes)
    return Watching(SequentialTest(bad=bad), DriftChart(bad=bad))


@dataclass(frozen=True, slots=True)
class Watch:
    """One person under the rules: all that has to be stored."""

    test: Progress = field(default_factory=Progress)
    chart: DriftState = field(default_factory=DriftState)

    @property
    def verdict(self) -> Verdict:
        """What is known of the person."""
        return self.test.verdict


def known(watch: Watch, right: float, wrong: float, rules: Watching) -> Watch:
    """After a golden task or an audit with so many right and wrong fields."""
    if watch.verdict == Verdict.UNKNOWN:
        test = sequential.update(watch.test, right, wrong, rules.test)
        return Watch(test, DriftState() if test.verdict == Verdict.GOOD else watch.chart)
    return _drifted(watch, rules.chart.known(right, wrong), rules)


def judged(watch: Watch, probability_right: float, classes: int, rules: Watching) -> Watch:
    """After an answer that only others' answers judge; never leads to a verdict, at most to an alarm."""
    return _drifted(watch, rules.chart.judged(probability_right, classes), rules)


def _drifted(watch: Watch, step: float, rules: Watching) -> Watch:
    if watch.verdict != Verdict.GOOD:
        return watch
    chart = drift.update(watch.chart, step, rules.chart)
    return Watch(Progress() if chart.alarm else watch.test, chart)
