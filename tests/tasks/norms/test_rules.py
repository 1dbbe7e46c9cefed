"""The reckoning of a week on plain values: worked examples, each cheat, and what holds of every week."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.tasks.norms.facts import FACTS, Away, Done, Ending, Facts, Gap, Handed, Outage, Pace, Result, Terms
from piecework.tasks.norms.policy import NormPolicy
from piecework.tasks.norms.rules import Reckoning, reckon
from piecework.tasks.norms.spans import Span, by_day, clip, midnight, minus, total, union

MONDAY = datetime(2026, 11, 15, 21, tzinfo=UTC)
"""Monday 2026-11-16 00:00 in Moscow."""
WEEK = Span(MONDAY, MONDAY + timedelta(days=7))


def at(day: int, clock: str = "00:00") -> datetime:
    """A time of the week by Moscow's clocks; day 1 is Monday."""
    hours, minutes = clock.split(":")
    return MONDAY + timedelta(days=day - 1, hours=int(hours), minutes=int(minutes))


def terms(norm: int, starts: datetime = WEEK.starts, ends: datetime = WEEK.ends, version: int = 1) -> Terms:
    return Terms(version, norm, starts, ends)


def gap(starts: datetime, ends: datetime, ending: Ending = Ending.WORK, **more: Any) -> Gap:
    return Gap(starts, ends, ending, **({"free": (Span(starts, ends),)} | more))


def facts(norm: int = 1000, **changes: Any) -> Facts:
    """A week in Moscow of somebody who did enough of late to have a pace of 30 seconds."""
    known: dict[str, Any] = {
        "zone": "Europe/Moscow",
        "week": WEEK,
        "terms": (terms(norm),),
        "pace": Pace(30_000, 400),
        "worked_before": True,
    }
    return Facts(**(known | changes))


@dataclass(frozen=True)
class Example:
    """A rule's worked example, as docs/norms.md tells it."""

    happened: str
    reckoning: str
    gives: str
    known: Facts
    found: dict[str, Any] = field(default_factory=dict)


LATE = WEEK.ends - timedelta(days=3, hours=12)
EXAMPLES = {
    "norm": Example("A norm of 1000, the whole week", "1000", "norm 1000", facts(), {"norm": 1000, "effective": 1000}),
    "changed_terms": Example(
        "1000 until Wednesday, from Thursday 00:00 on 500",
        "1000 x 3/7 + 500 x 4/7 = 714.28, rounded down",
        "norm 714",
        facts(terms=(terms(1000, ends=at(4)), terms(500, at(4), version=2))),
        {"norm": 714},
    ),
    "first_half_week": Example(
        "The first contract begins on Thursday noon; the week ends on Monday, 3.5 days later",
        "1000 x 3.5/7",
        "norm 500",
        facts(week=Span(LATE, WEEK.ends), terms=(terms(1000, LATE),)),
        {"norm": 500},
    ),
    "long_week": Example(
        "The zone changed: a week of 9 days",
        "1000 once",
        "norm 1000",
        facts(week=Span(WEEK.starts - timedelta(days=2), WEEK.ends), terms=(terms(1000, WEEK.starts - timedelta(days=2)),)),
        {"norm": 1000},
    ),
    "leave": Example(
        "Leave on Tuesday and Wednesday",
        "1000 x 2/7 = 285.7, rounded up",
        "leave 286, 714 left",
        facts(away=(Away("leave", at(2), at(4)),)),
        {"leave": 286, "effective": 714},
    ),
    "gap": Example(
        "40 minutes without work on Monday, ended by work; own pace 30 s",
        "2400 s / 30 s",
        "gaps 80, 920 left",
        facts(gaps=(gap(at(1, "10:00"), at(1, "10:40")),)),
        {"gaps": 80, "effective": 920},
    ),
    "short_gaps": Example(
        "Ten gaps of 20 s each, own pace 30 s",
        "200 s / 30 s = 6.67, never above the gaps",
        "gaps 6",
        facts(gaps=tuple(gap(at(1, f"10:{n:02}"), at(1, f"10:{n:02}") + timedelta(seconds=20)) for n in range(10))),
        {"gaps": 6},
    ),
    "daily_limit": Example(
        "A gap of 10 hours on one day, own pace 60 s",
        "8 h = 28,800 s / 60 s; the other 2 h are above the day's limit",
        "gaps 480",
        facts(gaps=(gap(at(2, "08:00"), at(2, "18:00")),), pace=Pace(60_000, 400)),
        {"gaps": 480},
    ),
    "over_midnight": Example(
        "A gap from Monday 19:00 to Tuesday 05:00, own pace 60 s",
        "5 h on Monday and 5 h on Tuesday: both below the day's limit",
        "gaps 600",
        facts(gaps=(gap(at(1, "19:00"), at(2, "05:00")),), pace=Pace(60_000, 400)),
        {"gaps": 600},
    ),
    "work_in_hand": Example(
        "40 minutes of asking, in 30 of which a task was held; own pace 30 s",
        "600 s / 30 s",
        "gaps 20",
        facts(gaps=(gap(at(1, "10:00"), at(1, "10:40"), free=(Span(at(1, "10:00"), at(1, "10:10")),)),)),
        {"gaps": 20},
    ),
    "not_twice": Example(
        "Leave until Monday 10:30; a gap from 10:00 to 10:40; own pace 30 s",
        "the gap counts from 10:30: 600 s / 30 s",
        "gaps 20",
        facts(away=(Away("illness", at(1), at(1, "10:30")),), gaps=(gap(at(1, "10:00"), at(1, "10:40")),)),
        {"gaps": 20, "leave": 63},
    ),
    "take_up": Example(
        "A gap of 1 h, pace 30 s; handed out were 100 tasks, 60 submitted, 20 skipped, 23 left to expire: 3 of these 43 are free",
        "3600 s / 30 s x 60 / (60 + 40)",
        "gaps 72",
        facts(gaps=(gap(at(1, "10:00"), at(1, "11:00")),), handed=Handed(60, 23, 20, 0)),
        {"gaps": 72, "take_up": 6000},
    ),
    "doubtful": Example(
        "The same gap; 60 submitted, 20 escalated and 38 rejected before the week's end: 15 of these 58 are nobody's fault, 3 are free",
        "3600 s / 30 s x 60 / (60 + 40)",
        "gaps 72",
        facts(gaps=(gap(at(1, "10:00"), at(1, "11:00")),), handed=Handed(60, escalated=20, refused=38)),
        {"gaps": 72, "take_up": 6000},
    ),
    "no_pace": Example(
        "Fewer than ten answers in 28 days; a gap of 1 h ended in work of a step whose usual time is 90 s, another of 1 h by leaving",
        "3600 s / 90 s; the second one counts nothing",
        "gaps 40",
        facts(
            pace=Pace(None, 4),
            gaps=(gap(at(1, "10:00"), at(1, "11:00"), step_ms=90_000), gap(at(2), at(2, "01:00"), Ending.LEFT)),
        ),
        {"gaps": 40},
    ),
    "outage": Example(
        "An outage of 8.4 h on Tuesday, in which the person was not there",
        "1000 x 8.4 / 168",
        "outages 50",
        facts(outages=(Outage(at(2, "08:00"), at(2, "16:24")),)),
        {"outages": 50},
    ),
    "outage_at_work": Example(
        "The same outage; they were at work before it, pace 60 s, and got 4 answers in during it",
        "8 h of the day / 60 s = 480, more than 50; less 4",
        "outages 476",
        facts(outages=(Outage(at(2, "08:00"), at(2, "16:24"), active=True, answers=4),), pace=Pace(60_000, 50)),
        {"outages": 476},
    ),
    "met": Example("1000 done", "1000 >= 1000", "met", facts(done=Done(900, 100)), {"result": Result.MET}),
    "rejected": Example(
        "900 accepted, 60 awaiting review, 40 rejected before the week's end",
        "960 < 1000",
        "missed",
        facts(done=Done(900, 60, 40)),
        {"result": Result.MISSED, "done": 960},
    ),
    "excused": Example(
        "900 done, gaps of 1 h, pace 30 s",
        "1000 - 120 = 880 <= 900",
        "excused",
        facts(done=Done(900), gaps=(gap(at(1, "10:00"), at(1, "11:00")),)),
        {"result": Result.EXCUSED},
    ),
    "second_chance": Example(
        "951 done after two met weeks",
        "49 missing of 1000, less than 5 %",
        "met, second chance",
        facts(done=Done(951), met_before=2),
        {"result": Result.MET, "second_chance": True},
    ),
    "no_second_chance": Example(
        "951 done after one met week, or after one that took a second chance",
        "it takes two met ones",
        "missed",
        facts(done=Done(951), met_before=1),
        {"result": Result.MISSED, "second_chance": False},
    ),
}


class TestExamples:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_the_example_of_each_rule(self, name: str) -> None:
        example = EXAMPLES[name]
        found = reckon(example.known)
        assert {key: getattr(found, key) for key in example.found} == example.found

    def test_the_guide_shows_these_examples(self) -> None:
        text = (Path(__file__).parents[3] / "docs" / "norms.md").read_text()
        for name, one in EXAMPLES.items():
            (row,) = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
            assert row == f"| `{name}` | {one.happened} | {one.reckoning} | **{one.gives}** |"

    def test_the_same_result_comes_from_the_facts_as_they_are_kept(self) -> None:
        for example in EXAMPLES.values():
            assert reckon(FACTS.validate_json(FACTS.dump_json(example.known))) == reckon(example.known)


class TestCalendar:
    """Berlin's clocks go forward on 2026-03-29 and back on 2026-10-25; 2026 has a week 53."""

    @pytest.mark.parametrize(
        ("starts", "ends", "hours"),
        [
            (datetime(2026, 3, 22, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC), 167),
            (datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC), 169),
            (datetime(2026, 12, 27, 23, tzinfo=UTC), datetime(2027, 1, 3, 23, tzinfo=UTC), 168),
        ],
    )
    def test_a_week_of_the_calendar_asks_for_the_whole_norm(self, starts: datetime, ends: datetime, hours: int) -> None:
        assert ends - starts == timedelta(hours=hours)
        known = facts(zone="Europe/Berlin", week=Span(starts, ends), terms=(terms(1000, starts, ends),))
        assert reckon(known).norm == 1000

    def test_a_day_with_25_hours_has_the_same_limit(self) -> None:
        sunday = datetime(2026, 10, 24, 22, tzinfo=UTC)
        week = Span(datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))
        known = facts(
            zone="Europe/Berlin", week=week, terms=(terms(1000, week.starts, week.ends),), pace=Pace(60_000, 50),
            gaps=(gap(sunday, sunday + timedelta(hours=25)),),
        )  # fmt: skip
        assert reckon(known).gaps == 480


NIGHT_AND_DAY = tuple(gap(at(day), at(day + 1), Ending.LEFT) for day in range(1, 8))
"""A script asks without a pause all the week."""


class TestCheats:
    """What asking without working comes to. The gaps themselves, alive only by asking, are tested with the claims."""

    def test_who_never_works_has_no_pace_and_nothing_is_taken_off(self) -> None:
        assert reckon(facts(pace=Pace(None, 0), worked_before=False, gaps=NIGHT_AND_DAY)).effective == 1000

    def test_asking_day_and_night_counts_eight_hours_a_day(self) -> None:
        pace = Pace(600_000, 50)
        assert reckon(facts(pace=pace, gaps=NIGHT_AND_DAY)).gaps == 7 * 8 * 6

    def test_asking_only_when_there_is_nothing_counts_nothing(self) -> None:
        """It looks elsewhere, its own or another's list of open work, and stops asking whenever work comes."""
        sly = tuple(replace(one, work_came=True) for one in NIGHT_AND_DAY)
        assert reckon(facts(gaps=sly)).gaps == 0

    def test_not_taking_what_one_was_shown_counts_nothing(self) -> None:
        refused = tuple(replace(one, ending=Ending.REFUSED) for one in NIGHT_AND_DAY)
        assert reckon(facts(gaps=refused)).gaps == 0

    def test_claiming_and_letting_expire_makes_the_gap_nothing(self) -> None:
        absent = tuple(replace(one, ending=Ending.WORK, let_expire=True) for one in NIGHT_AND_DAY)
        assert reckon(facts(gaps=absent)).gaps == 0

    def test_giving_back_what_one_gets_makes_gaps_count_for_little(self) -> None:
        """Released or skipped at once, so that nothing expires."""
        returned = tuple(replace(one, ending=Ending.WORK) for one in NIGHT_AND_DAY)
        honest = reckon(facts(gaps=returned, handed=Handed(submitted=30), pace=Pace(600_000, 30)))
        sly = reckon(facts(gaps=returned, handed=Handed(submitted=1, released=32), pace=Pace(600_000, 30)))
        assert (honest.gaps, sly.gaps) == (336, 11)

    def test_the_first_three_returned_are_free(self) -> None:
        assert reckon(facts(gaps=NIGHT_AND_DAY[:1], handed=Handed(submitted=5, released=3))).take_up == 10_000

    def test_who_was_handed_out_nothing_and_did_nothing_for_weeks_gets_nothing(self) -> None:
        assert reckon(facts(gaps=NIGHT_AND_DAY, worked_before=False)).gaps == 0

    def test_two_gaps_of_the_same_minutes_count_once(self) -> None:
        one = gap(at(1, "10:00"), at(1, "10:40"))
        assert reckon(facts(gaps=(one, one))).gaps == 80

    def test_leave_may_not_be_taken_twice(self) -> None:
        both = (Away("leave", at(2), at(4)), Away("illness", at(3), at(4)))
        assert reckon(facts(away=both)).leave == 286


moments = st.integers(0, 7 * 86_400).map(lambda s: MONDAY + timedelta(seconds=s))
intervals = st.lists(moments, min_size=2, max_size=2, unique=True).map(lambda pair: Span(*sorted(pair)))
gaps = intervals.flatmap(
    lambda span: st.builds(
        gap,
        st.just(span.starts),
        st.just(span.ends),
        st.sampled_from(Ending),
        free=st.lists(intervals, max_size=3).map(lambda parts: tuple(clip(union(parts), span))),
        work_came=st.booleans(),
        let_expire=st.booleans(),
        step_ms=st.none() | st.integers(1_000, 900_000),
    )
)
weeks = st.builds(
    facts,
    st.integers(0, 3000),
    pace=st.builds(Pace, st.none() | st.integers(1_000, 900_000), st.just(20)),
    away=st.lists(intervals.map(lambda s: Away("leave", s.starts, s.ends)), max_size=3).map(tuple),
    outages=st.lists(
        intervals.flatmap(lambda s: st.builds(Outage, st.just(s.starts), st.just(s.ends), st.booleans(), st.integers(0, 9))),
        max_size=3,
    ).map(tuple),
    gaps=st.lists(gaps, max_size=5).map(tuple),
    handed=st.builds(Handed, *[st.integers(0, 50)] * 4),
    worked_before=st.booleans(),
    done=st.builds(Done, st.integers(0, 3000), st.integers(0, 100), st.integers(0, 100)),
    met_before=st.integers(0, 2),
)


class TestEveryWeek:
    @given(weeks)
    def test_what_is_asked_is_within_the_norm_and_the_result_follows(self, known: Facts) -> None:
        found = reckon(known)
        assert 0 <= found.effective <= found.norm
        assert found.effective == max(0, found.norm - found.leave - found.outages - found.gaps)
        assert (found.result is Result.MISSED) == (found.done < found.effective and not found.second_chance)
        assert reckon(FACTS.validate_json(FACTS.dump_json(known))) == found

    @given(weeks)
    def test_gaps_never_take_off_more_than_their_own_time(self, known: Facts) -> None:
        found = reckon(known)
        counted = sum(line.seconds for line in found.lines if line.kind == "gap")
        fastest = known.pace.ms or min((one.step_ms for one in known.gaps if one.step_ms), default=1)
        assert found.gaps * fastest <= (counted + len(known.gaps)) * 1000
        free = union(part for one in known.gaps for part in one.free)
        assert counted <= total(free).total_seconds()
        assert counted <= 7 * 8 * 3600

    @given(weeks, gaps)
    def test_one_more_gap_never_raises_what_is_asked(self, known: Facts, more: Gap) -> None:
        """Apart from minutes that were spent on it: a later gap may give way to it on a day that is full."""
        same = replace(more, ending=Ending.WORK, step_ms=known.pace.ms)
        if known.pace.ms is not None:
            assert reckon(replace(known, gaps=(*known.gaps, same))).effective <= reckon(known).effective

    @given(weeks, st.integers(1, 500))
    def test_more_done_is_never_worse(self, known: Facts, more: int) -> None:
        rank = {Result.MISSED: 0, Result.EXCUSED: 1, Result.MET: 2}
        better = replace(known, done=replace(known.done, accepted=known.done.accepted + more))
        assert rank[reckon(better).result] >= rank[reckon(known).result]

    @given(weeks, st.integers(1, 10))
    def test_giving_more_back_never_lowers_what_is_asked(self, known: Facts, more: int) -> None:
        worse = replace(known, handed=replace(known.handed, expired=known.handed.expired + more))
        assert reckon(worse).effective >= reckon(known).effective

    @given(weeks)
    def test_a_policy_of_no_hours_counts_no_gaps(self, known: Facts) -> None:
        found: Reckoning = reckon(replace(known, policy=NormPolicy(gap_daily_hours=0)))
        assert found.gaps == 0


class TestSpans:
    @given(st.lists(intervals, max_size=6), st.lists(intervals, max_size=6))
    def test_what_is_left_and_what_is_taken_make_the_whole(self, whole: list[Span], taken: list[Span]) -> None:
        left = minus(whole, taken)
        common = [part for hole in union(taken) for part in clip(union(whole), hole)]
        assert total(left) + total(common) == total(union(whole))
        assert union(left) == left

    @given(intervals, st.sampled_from(["Europe/Moscow", "Europe/Berlin", "Asia/Kolkata", "America/Havana"]))
    def test_days_make_the_whole(self, span: Span, name: str) -> None:
        from zoneinfo import ZoneInfo

        parts = list(by_day([span], ZoneInfo(name)))
        assert total(part for _, part in parts) == span.length
        assert [date for date, _ in parts] == sorted({date for date, _ in parts})

    def test_midnight_is_the_zones(self) -> None:
        from zoneinfo import ZoneInfo

        noon = datetime(2026, 10, 25, 12, tzinfo=UTC)
        assert midnight(noon, ZoneInfo("Europe/Berlin"), 1) - midnight(noon, ZoneInfo("Europe/Berlin")) == timedelta(hours=25)
