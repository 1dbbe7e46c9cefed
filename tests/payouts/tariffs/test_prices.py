"""Price lists as plain values, and that the database finds the same prices and lists."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from piecework.payouts.tariffs.mine import timeline
from piecework.payouts.tariffs.prices import (
    NO_HOLD,
    Hold,
    OwnPrice,
    Place,
    PriceList,
    Rates,
    falls,
    in_force,
    named_places,
    price_of,
)
from piecework.platform import db
from tests.payouts import builders as b

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OWN = OwnPrice("sort", 1, 25_000)


def a_list(rates: Rates, starts: float = -1, ends: float | None = None, hold: Hold = NO_HOLD, version: int = 1) -> PriceList:
    """A list that starts and ends so many days from now."""
    end = None if ends is None else NOW + ends * DAY
    return PriceList(uuid.uuid4(), version, NOW + starts * DAY, end, NOW - 9 * DAY, "because", hold, rates)


def sort(price: int, level: int = 1, language: str = "") -> dict[Place, int]:
    return {Place("sort", level, language): price}


class TestPrices:
    def test_the_tickets_language_comes_before_the_level(self) -> None:
        rates = sort(2) | sort(5, 3) | sort(4, 1, "de")
        assert [price_of(rates, OWN, level, "en") for level in (1, 2, 3, 9)] == [2, 2, 5, 5]
        assert price_of(rates, OWN, 9, "de") == 4

    def test_what_is_not_named_has_the_steps_own_price(self) -> None:
        assert (
            price_of({}, OWN, 1, "en")
            == price_of(sort(9, 4), OWN, 3, "en")
            == price_of(sort(9, 1, "de"), OWN, 1, "en")
            == OWN.price
        )

    def test_the_places_of_a_list_are_where_it_makes_a_difference(self) -> None:
        rates = sort(2, 1) | sort(5, 3) | sort(4, 1, "de") | {Place("gone", 1, ""): 7}
        own = OwnPrice("sort", 2, 25_000)
        assert named_places(rates, [own]) == [(Place("sort", 2, ""), 2), (Place("sort", 2, "de"), 4), (Place("sort", 3, ""), 5)]

    async def test_the_database_finds_the_same_price_in_a_thousand_random_lists(self, database: db.Config) -> None:
        project = await b.project()
        chance = random.Random(7)
        asked = []
        for number in range(100):
            tariff = uuid.uuid4()
            await db.execute(
                "INSERT INTO rate_list (project_id, starts_at, tariff_id) VALUES ($1, $2, $3)",
                project.id,
                NOW + number * DAY,
                tariff,
            )
            rates = {
                Place(chance.choice(["sort", "other"]), chance.randint(1, 9), chance.choice(["", "de", "en"])): chance.randint(
                    0, 99
                )
                for _ in range(chance.randint(0, 8))
            }
            for place, price in rates.items():
                await db.execute("INSERT INTO rate VALUES ($1, $2, $3, $4, $5)", tariff, *place, price)
            for _ in range(10):
                level, language = chance.randint(1, 9), chance.choice(["de", "en", "ru"])
                asked.append((tariff, level, language, price_of(rates, OWN, level, language)))
        for tariff, level, language, expected in asked:
            found = await db.scalar("SELECT coalesce(rate_of($1, 'sort', $2, $3), $4)", tariff, level, language, OWN.price)
            assert found == expected


class TestInForce:
    def test_the_list_that_started_last_counts_until_it_ends_and_no_older_one_comes_back(self) -> None:
        old, new = a_list({}, -5), a_list({}, 1, 3)
        at = [in_force([old, new], NOW + days * DAY) for days in (-6, 0, 1, 2.9, 3)]
        assert at == [None, old, new, new, None]

    async def test_the_database_finds_the_same_list(self, database: db.Config) -> None:
        project = await b.project()
        chance = random.Random(3)
        known = []
        for hour in chance.sample(range(200), 20):
            length = chance.choice([None, chance.randint(1, 30)])
            one = a_list({}, hour / 24, None if length is None else (hour + length) / 24)
            await db.execute(
                "INSERT INTO rate_list (project_id, starts_at, ends_at, tariff_id) VALUES ($1, $2, $3, $4)",
                project.id, one.starts_at, one.ends_at, one.id,
            )  # fmt: skip
            known.append(one)
        for hour in range(-2, 240):
            at = NOW + hour * DAY / 24
            one = in_force(known, at)
            assert await db.scalar("SELECT tariff_id FROM rate_list_at($1, $2)", project.id, at) == (one.id if one else None)


class TestFalls:
    def test_a_price_that_falls_for_one_level_and_language_is_found(self) -> None:
        before, after = sort(3) | sort(4, 5, "de"), sort(3) | sort(3, 5, "de") | sort(9, 1, "fr")
        assert falls(before, after, [OWN]) == [Place("sort", 5, "de")]

    def test_it_is_found_where_it_is_wherever_a_level_or_language_differs(self) -> None:
        """The places that are compared are enough: every level and language finds the same."""
        chance = random.Random(11)
        for _ in range(2_000):
            own = OwnPrice("sort", chance.randint(1, 4), 3)
            before, after = (
                {
                    Place("sort", chance.randint(1, 9), chance.choice(["", "de", "en"])): chance.randint(0, 5)
                    for _ in range(chance.randint(0, 4))
                }
                for _ in range(2)
            )
            everywhere = any(
                price_of(after, own, level, language) < price_of(before, own, level, language)
                for level in range(own.level, 10)
                for language in ("", "de", "en", "fr")
            )
            assert bool(falls(before, after, [own])) == everywhere

    def test_a_price_left_out_falls_where_the_steps_own_is_less(self) -> None:
        assert falls(sort(OWN.price + 1), {}, [OWN])
        assert not falls(sort(OWN.price), {}, [OWN])

    def test_levels_below_the_steps_own_do_not_count(self) -> None:
        assert not falls(sort(9) | sort(5, 2), sort(1) | sort(5, 2), [OwnPrice("sort", 2, 0)])

    @pytest.mark.parametrize(
        ("new", "old", "longer"),
        [
            (Hold(), Hold(), False),
            (Hold(days=2), Hold(), True),
            (Hold("resolved"), Hold(), True),
            (Hold("resolved", 0, 0), Hold(), False),
            (Hold("resolved", 0, 14), Hold(days=14), False),
            (Hold(days=3), Hold("resolved", 2, 14), True),
            (Hold(days=2), Hold("resolved", 2, 14), False),
            (Hold("resolved", 2, 10), Hold("resolved", 2, 14), False),
            (Hold("resolved", 3, 10), Hold("resolved", 2, 14), True),
            (Hold("resolved", 0, 15), Hold("resolved", 2, 14), True),
        ],
    )
    def test_which_hold_is_longer(self, new: Hold, old: Hold, longer: bool) -> None:
        assert new.longer_than(old) == longer


class TestTimeline:
    def test_each_change_is_named_once_with_the_list_that_makes_it(self) -> None:
        now, rise = a_list(sort(30_000), -1, 5), a_list(sort(40_000), 2, 3)
        told = timeline([now, rise], OWN, 1, NOW)
        assert [(one.since, one.price, one.under) for one in told] == [
            (now.starts_at, 30_000, now),
            (rise.starts_at, 40_000, rise),
            (rise.ends_at, OWN.price, None),
        ]

    def test_without_any_list_it_is_the_steps_own_price(self) -> None:
        (only,) = timeline([], OWN, 1, NOW)
        assert (only.since, only.price, only.by_language, only.under) == (None, OWN.price, (), None)

    def test_languages_are_named_where_their_price_differs(self) -> None:
        (told,) = timeline([a_list(sort(3) | sort(4, 1, "de") | sort(3, 1, "fr"))], OWN, 1, NOW)
        assert told.by_language == (("de", 4),)
