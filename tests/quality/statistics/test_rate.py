"""How closely somebody is watched: the golden rate, and the way between a sequential test and the drift chart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics.drift import DriftState
from piecework.quality.statistics.rate import LONG_ABSENCE_DAYS, Rates, Watch, golden_rate, judged, known, watching
from piecework.quality.statistics.sequential import Verdict

RULES = watching(5)


def after(watch: Watch, right: int, wrong: int) -> Watch:
    for _ in range(right):
        watch = known(watch, 1, 0, RULES)
    for _ in range(wrong):
        watch = known(watch, 0, 1, RULES)
    return watch


GOOD = after(Watch(), 8, 0)
BAD = after(Watch(), 0, 4)


def test_the_rate_is_high_until_somebody_is_clearly_good() -> None:
    assert golden_rate(Verdict.UNKNOWN) == golden_rate(Verdict.BAD) == Rates().high
    assert golden_rate(Verdict.GOOD) == Rates().low < Rates().high


@pytest.mark.parametrize("news", [{"alarm": True}, {"device_changed": True}, {"absent_days": LONG_ABSENCE_DAYS}])
def test_news_of_somebody_good_raises_the_rate_again(news: dict[str, bool]) -> None:
    assert golden_rate(Verdict.GOOD, **news, rates=Rates(0.5, 0.1)) == 0.5


def test_a_short_absence_is_no_news() -> None:
    assert golden_rate(Verdict.GOOD, absent_days=LONG_ABSENCE_DAYS - 1) == Rates().low


@pytest.mark.parametrize("rates", [(0.1, 0.2), (1.1, 0.0), (0.5, -0.1)])
def test_impossible_rates_are_refused(rates: tuple[float, float]) -> None:
    with pytest.raises(ValueError):
        Rates(*rates)


def test_a_fall_leads_to_an_alarm_and_only_a_fresh_test_to_a_verdict() -> None:
    assert GOOD.verdict == Verdict.GOOD
    fallen = after(GOOD, 0, 5)
    assert fallen.chart.alarm
    assert fallen.verdict == Verdict.UNKNOWN
    assert after(fallen, 0, 4).verdict == Verdict.BAD
    recovered = after(fallen, 8, 0)
    assert recovered.verdict == Verdict.GOOD
    assert recovered.chart == DriftState()


def test_a_thousand_right_answers_delay_the_alarm_by_nothing() -> None:
    assert after(after(GOOD, 1000, 0), 0, 5) == after(GOOD, 0, 5)


@given(st.lists(st.floats(0, 1), max_size=100))
def test_answers_judged_by_others_alone_never_lead_to_a_sanction(probabilities: list[float]) -> None:
    for start in (Watch(), GOOD, after(GOOD, 0, 3)):
        watch = start
        for probability in probabilities:
            watch = judged(watch, probability, 5, RULES)
        assert watch.verdict != Verdict.BAD


def test_disagreeing_with_everybody_raises_an_alarm() -> None:
    watch = GOOD
    for _ in range(6):
        watch = judged(watch, 0.02, 5, RULES)
    assert watch.chart.alarm
    assert golden_rate(watch.verdict, alarm=watch.chart.alarm) == Rates().high


def test_who_is_not_known_yet_has_no_chart() -> None:
    assert judged(Watch(), 0.0, 5, RULES) == Watch()
