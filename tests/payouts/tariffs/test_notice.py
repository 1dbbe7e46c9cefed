"""When a tariff may start and end, and what that guarantees to those who are paid by it."""

import random
import uuid
from datetime import timedelta

import pytest

from piecework.payouts.tariffs import notice as module
from piecework.payouts.tariffs.notice import Proposal, bounds
from piecework.payouts.tariffs.prices import NO_HOLD, Hold, OwnPrice, Place, PriceList, Rates, in_force, price_of
from tests.payouts.tariffs.test_prices import DAY, NOW, OWN, a_list, sort

NOTICE = 3 * DAY


def when(
    rates: Rates,
    *lists: PriceList,
    first: bool = False,
    starts: float | None = None,
    ends: float | None = None,
    hold: Hold = NO_HOLD,
) -> tuple[int, int]:
    """Days until it may start, and end."""
    at = [None if days is None else NOW + days * DAY for days in (starts, ends)]
    found = bounds(Proposal(rates, hold, *at), lists=lists, steps=[OWN], first=first, now=NOW, notice=NOTICE)
    return (found.start - NOW) // DAY, (found.end - NOW) // DAY


def test_the_first_tariff_of_a_project_starts_at_once() -> None:
    assert when(sort(1), first=True) == (0, 0)
    assert when(sort(1)) == (3, 0)


def test_a_tariff_under_which_no_price_falls_starts_at_once() -> None:
    assert when(sort(30_001), a_list(sort(30_000))) == (0, 0)


def test_one_under_which_a_price_falls_waits_for_its_notice() -> None:
    assert when(sort(29_999), a_list(sort(30_000))) == (3, 0)
    assert when(sort(30_000) | sort(29_999, 9, "de"), a_list(sort(30_000))) == (3, 0)


def test_one_that_starts_when_its_notice_is_over_may_do_anything() -> None:
    assert when(sort(0), a_list(sort(30_000)), starts=3, hold=Hold("resolved", 9, 99)) == (0, 0)


def test_one_that_holds_money_longer_waits_too() -> None:
    assert when(sort(30_001), a_list(sort(30_000)), hold=Hold(days=1)) == (3, 0)


def test_it_is_compared_with_what_is_announced_for_its_start_and_not_with_what_is_paid_today() -> None:
    now, then = a_list(sort(30_000)), a_list(sort(50_000), 1, version=2)
    assert when(sort(40_000), now, then) == (0, 0)
    assert when(sort(40_000), now, then, starts=2) == (3, 0)


def test_it_is_compared_with_what_would_come_back_meanwhile() -> None:
    """Today's list ends tomorrow, and then the step's own price would be more than this."""
    today = a_list(sort(20_000), -1, 1)
    assert when(sort(22_000), today) == (3, 0)
    assert when(sort(25_000), today) == (0, 0)


def test_a_rise_for_an_evening_hides_no_fall_at_its_end() -> None:
    assert when(sort(60_000), a_list(sort(30_000)), ends=0.2) == (0, 3)
    assert when(sort(60_000), a_list(sort(20_000)), ends=0.2) == (0, 0)
    assert when(sort(60_000), a_list(sort(30_000)), ends=3) == (0, 0)


class TestGuarantee:
    """Hundreds of random histories: tariffs proposed at random times with random prices, holds, starts and ends."""

    STEPS = (OwnPrice("sort", 1, 25), OwnPrice("check", 2, 10))
    PLACES = tuple((own, level, language) for own in STEPS for level in (own.level, 3, 9) for language in ("", "de"))

    def history(self, chance: random.Random) -> list[PriceList]:
        lists: list[PriceList] = []
        now = NOW
        for _ in range(chance.randint(2, 12)):
            now += chance.choice([timedelta(hours=1), 12 * timedelta(hours=1), DAY, 2 * DAY])
            places = [Place(own.step_key, level, language) for own, level, language in self.PLACES]
            rates = {place: chance.choice([5, 10, 20, 25, 30]) for place in chance.sample(places, chance.randint(1, 5))}
            hold = chance.choice([NO_HOLD, NO_HOLD, Hold(days=2), Hold("resolved", 1, 14)])
            starts = chance.choice([None, now + chance.randint(0, 8) * DAY / 2])
            ends = chance.choice([None, None, (starts or now) + chance.randint(1, 10) * DAY / 2])
            found = bounds(
                Proposal(rates, hold, starts, ends), lists=lists, steps=self.STEPS, first=not lists, now=now, notice=NOTICE
            )
            start = starts or found.start
            if start < found.start or (ends is not None and (ends < found.end or ends <= start)):
                continue  # refused
            if any(one.starts_at == start for one in lists):
                continue  # taken
            lists.append(PriceList(uuid.UUID(int=len(lists)), len(lists), start, ends, now, "", hold, rates))
        return lists

    def worse(self, lists: list[PriceList]) -> int:
        """At how many moments somebody got less, or waited longer, than was announced for it in time."""
        found = 0
        moments = sorted({at for one in lists for at in (one.starts_at, one.ends_at) if at})
        for at in moments:
            announced = [one for one in lists if one.approved_at <= at - NOTICE]
            if not announced:
                continue
            foreseen, really = in_force(announced, at), in_force([one for one in lists if one.approved_at <= at], at)
            was, held = (foreseen.rates, foreseen.hold) if foreseen else ({}, NO_HOLD)
            now, holds = (really.rates, really.hold) if really else ({}, NO_HOLD)
            less = any(price_of(now, *place) < price_of(was, *place) for place in self.PLACES)
            found += less or holds.longer_than(held)
        return found

    def test_nobody_gets_less_or_later_than_was_announced_three_days_before(self) -> None:
        chance = random.Random(20261122)
        histories = [self.history(chance) for _ in range(600)]
        assert sum(len(lists) for lists in histories) > 1_500
        assert sum(self.worse(lists) for lists in histories) == 0

    @pytest.mark.parametrize("forgotten", ["falls", "longer_than"])
    def test_without_the_comparison_somebody_does(self, monkeypatch: pytest.MonkeyPatch, forgotten: str) -> None:
        chance = random.Random(20261122)
        with monkeypatch.context() as patch:
            if forgotten == "falls":
                patch.setattr(module, "falls", lambda *_: [])
            else:
                patch.setattr(Hold, "longer_than", lambda *_: False)
            histories = [self.history(chance) for _ in range(100)]
        assert sum(self.worse(lists) for lists in histories) > 0
