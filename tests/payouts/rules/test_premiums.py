"""What the rules in force add to answers."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.payouts.rules.calendar import Calendar
from piecework.payouts.rules.kinds import PREMIUM_SPEC, WHOLE
from piecework.payouts.rules.premiums import PremiumRule, amount, applies, evaluate
from tests.payouts.works import CLAIMED, PROJECT, at, work_of

NOTHING = Calendar({})


def rule(code: str = "rule", **changes: Any) -> PremiumRule:
    """In force for everything that is claimed from CLAIMED on."""
    spec = PREMIUM_SPEC.validate_python({"kind": "night", "percent": 2_000} | changes)
    return PremiumRule(uuid4(), code, None, spec, CLAIMED, None)


def applied(work: Any, one: PremiumRule, days: Calendar = NOTHING) -> bool:
    return bool(evaluate([work], [one], days))


class TestNight:
    @pytest.mark.parametrize(
        ("clock", "is_night"),
        [
            ("21:59:59.999999", False),
            ("22:00", True),
            ("23:59", True),
            ("00:00", True),
            ("05:59:59.999999", True),
            ("06:00", False),
        ],
    )
    def test_the_window_is_half_open_and_goes_past_midnight(self, clock: str, is_night: bool) -> None:
        assert applied(work_of(submitted_at=at(f"2026-11-18T{clock}+03:00")), rule()) == is_night

    @pytest.mark.parametrize(("clock", "inside"), [("00:59", False), ("01:00", True), ("04:59", True), ("05:00", False)])
    def test_a_window_within_one_day(self, clock: str, inside: bool) -> None:
        work = work_of(submitted_at=at(f"2026-11-18T{clock}+03:00"))
        assert applied(work, rule(since="01:00", until="05:00")) == inside

    @pytest.mark.parametrize(
        ("moment", "is_night"),
        [
            # Berlin, 25 October 2026: at 01:00 UTC 03:00 summer time becomes 02:00; 06:00 comes an hour later in UTC than the day before
            ("2026-10-24T04:00+00:00", False),
            ("2026-10-25T00:30+00:00", True),
            ("2026-10-25T01:30+00:00", True),
            ("2026-10-25T04:30+00:00", True),
            ("2026-10-25T05:00+00:00", False),
            # 29 March 2026: at 01:00 UTC 02:00 becomes 03:00
            ("2026-03-29T03:59+00:00", True),
            ("2026-03-29T04:00+00:00", False),
        ],
    )
    def test_the_night_is_of_the_clock_on_the_wall_also_when_that_is_changed(self, moment: str, is_night: bool) -> None:
        work = work_of(zone="Europe/Berlin", claimed_at=at("2026-03-01T00:00+00:00"), submitted_at=at(moment))
        assert applied(work, replace(rule(), starts_at=at("2026-01-01T00:00+00:00"))) == is_night


class TestDays:
    def test_the_weekend_is_of_the_persons_zone(self) -> None:
        friday_evening_utc = at("2026-11-20T15:00+00:00")
        weekend = rule(kind="weekend")
        assert applied(work_of(submitted_at=friday_evening_utc, zone="Asia/Vladivostok"), weekend)
        assert not applied(work_of(submitted_at=friday_evening_utc, zone="Europe/Moscow"), weekend)

    def test_a_holiday_counts_by_its_kind(self) -> None:
        day = date(2026, 11, 18)
        counted = {
            kind: applied(work_of(), rule(kind="holiday"), Calendar({("RU", day): [(CLAIMED, kind)]}))
            for kind in ("statutory", "custom", "moved", "working", "ordinary")
        }
        assert counted == {"statutory": True, "custom": True, "moved": False, "working": False, "ordinary": False}
        assert applied(work_of(), rule(kind="holiday", counts=["moved"]), Calendar({("RU", day): [(CLAIMED, "moved")]}))
        assert not applied(work_of(), rule(kind="holiday", country="KZ"), Calendar({("RU", day): [(CLAIMED, "statutory")]}))

    def test_only_what_the_calendar_said_at_the_claim_counts(self) -> None:
        day, hour = ("RU", date(2026, 11, 18)), timedelta(hours=1)
        said = Calendar({day: [(CLAIMED, "statutory"), (CLAIMED + 2 * hour, "ordinary"), (CLAIMED + 4 * hour, "custom")]})
        claims = [CLAIMED + n * hour for n in (-1, 0, 1, 2, 3, 4)]
        holiday = replace(rule(kind="holiday"), starts_at=CLAIMED - hour)
        assert [applied(work_of(claimed_at=one), holiday, said) for one in claims] == [False, True, True, False, False, True]


class TestInForce:
    def test_a_rule_is_of_the_claim_not_of_the_submission(self) -> None:
        night = at("2026-11-18T22:30+03:00")
        late = replace(rule(), starts_at=CLAIMED + timedelta(seconds=1))
        assert not applied(work_of(submitted_at=night), late)
        ended = replace(rule(), starts_at=CLAIMED - timedelta(days=2), until=CLAIMED)
        assert not applied(work_of(submitted_at=night), ended)
        assert applied(work_of(submitted_at=night, claimed_at=CLAIMED - timedelta(seconds=1)), ended)

    def test_a_rule_of_one_project_is_of_no_other(self) -> None:
        night = work_of(submitted_at=at("2026-11-18T22:30+03:00"))
        assert applied(night, replace(rule(), project_id=PROJECT))
        assert not applied(night, replace(rule(), project_id=uuid4()))


class TestStacking:
    def test_of_a_group_the_greatest_counts_and_groups_add_up(self) -> None:
        work = work_of(line=2, level=3, language="en", price=10_000)
        small, great = rule("a-small", kind="line", percent=500), rule("b-great", kind="line", percent=1_000)
        other = rule("c-other", kind="language", languages=["en"], percent=700)
        found = evaluate([work], [great, other, small], NOTHING)
        assert [(one.rule_id, one.amount) for one in found] == [(great.id, 1_000), (other.id, 700)]

    def test_of_equal_ones_the_first_by_code(self) -> None:
        rules = [rule(code, kind="line", percent=500) for code in ("b", "a", "c")]
        (found,) = evaluate([work_of(line=2)], rules, NOTHING)
        assert found.rule_id == rules[1].id

    def test_which_one_counts_does_not_depend_on_how_much_was_accepted(self) -> None:
        percent, fixed = rule("p", kind="line", percent=3_333), rule("f", kind="line", percent=None, fixed="0.0001")
        for price in range(1, 60):
            chosen = {evaluate([work_of(line=2, price=price, earned=price)], [percent, fixed], NOTHING)[0].rule_id}
            for earned in range(1, price):
                found = evaluate([work_of(line=2, price=price, earned=earned)], [percent, fixed], NOTHING)
                assert {one.rule_id for one in found} <= chosen


SPECS: st.SearchStrategy[dict[str, Any]] = st.builds(
    lambda kind, group, pay: kind | {"group": group} | pay,
    st.sampled_from(
        [
            {"kind": "night"},
            {"kind": "night", "since": "01:00", "until": "13:00"},
            {"kind": "weekend", "days": [1, 3, 7]},
            {"kind": "holiday"},
            {"kind": "language", "languages": ["en", "kk"]},
            {"kind": "line"},
            {"kind": "level", "from_level": 2},
        ]
    ),
    st.sampled_from(["a", "b", "c"]),
    st.one_of(
        st.builds(lambda n: {"percent": n}, st.integers(1, 30_000)),
        st.builds(lambda n: {"percent": None, "fixed": f"0.{n:04}"}, st.integers(1, 9_999)),
    ),
)
MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 30), timezones=st.just(UTC))
WORKS = st.builds(
    lambda price, share, submitted, **more: work_of(
        price=price, earned=(price * share + WHOLE // 2) // WHOLE, submitted_at=submitted, **more
    ),
    price=st.integers(0, 10**7),
    share=st.integers(0, WHOLE),
    submitted=MOMENTS,
    line=st.integers(1, 3),
    level=st.integers(1, 4),
    language=st.sampled_from(["ru", "en", "kk", ""]),
    zone=st.sampled_from(["UTC", "Europe/Moscow", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"]),
)
HOLIDAYS = Calendar({("RU", date(2026, 11, day)): [(CLAIMED, "statutory")] for day in (4, 5, 6, 18)})


class TestProperties:
    @given(WORKS, st.lists(SPECS, max_size=8), st.randoms())
    def test_the_same_evidence_gives_the_same_whatever_the_order(self, work: Any, specs: Any, order: random.Random) -> None:
        rules = [rule(f"r{n}", **spec) for n, spec in enumerate(specs)]
        found = evaluate([work], rules, HOLIDAYS)
        shuffled = order.sample(rules, len(rules))
        assert evaluate([work], shuffled, HOLIDAYS) == found
        groups = Counter(one.spec.group for one in rules for premium in found if premium.rule_id == one.id)
        assert set(groups.values()) <= {1}
        assert all(premium.amount > 0 for premium in found)
        assert all(applies(one.spec, work, HOLIDAYS) for one in rules for premium in found if premium.rule_id == one.id)

    @given(WORKS, st.lists(SPECS, max_size=8), st.integers(0, WHOLE))
    def test_more_accepted_never_means_less_by_any_rule(self, work: Any, specs: Any, less: int) -> None:
        rules = [rule(f"r{n}", **spec) for n, spec in enumerate(specs)]
        smaller = replace(work, earned=work.earned * less // WHOLE)
        before = {one.rule_id: one.amount for one in evaluate([smaller], rules, HOLIDAYS)}
        after = {one.rule_id: one.amount for one in evaluate([work], rules, HOLIDAYS)}
        assert all(after.get(rule_id, 0) >= amount for rule_id, amount in before.items())

    @given(st.lists(WORKS, max_size=6), st.lists(SPECS, max_size=4))
    def test_no_answer_matters_to_another(self, works: Any, specs: Any) -> None:
        rules = [rule(f"r{n}", **spec) for n, spec in enumerate(specs)]
        assert evaluate(works, rules, HOLIDAYS) == [one for work in works for one in evaluate([work], rules, HOLIDAYS)]

    @given(st.integers(1, 10**9), st.integers(1, 30_000), st.integers(1, 10**7), st.integers(0, WHOLE))
    def test_amounts_are_exact_to_half_a_unit(self, price: int, percent: int, fixed: int, share: int) -> None:
        earned = price * share // WHOLE
        by_percent = amount(PREMIUM_SPEC.validate_python({"kind": "line", "percent": percent}), price, earned)
        assert (
            -WHOLE < 2 * (earned * percent - by_percent * WHOLE) <= WHOLE or 2 * (by_percent * WHOLE - earned * percent) == WHOLE
        )
        spec = PREMIUM_SPEC.validate_python({"kind": "line", "fixed": f"{fixed // 10_000}.{fixed % 10_000:04}"})
        assert -price < 2 * (amount(spec, price, earned) * price - fixed * earned) <= price
        assert amount(spec, price, price) == fixed
