"""Expected earnings per hour under a tariff, and the floor below which requester, curator and finance are warned."""

import pytest

from piecework.payouts.tariffs.floor import Hourly, Pace, hourly
from piecework.payouts.tariffs.prices import OwnPrice, Place
from piecework.platform.money import parse
from tests.payouts import builders as b
from tests.payouts.tariffs.tariff_world import announce, draft, in_days, item, pace, per_step
from tests.traceless import nothing_changes, rehearsed
from tests.world import World, choice_step


def test_2_50_at_45_seconds_is_200_an_hour_and_below_a_floor_of_200_01() -> None:
    own = OwnPrice("classify", 1, parse("2.50"))
    known = {"classify": Pace(45_000, 12)}
    place = Place("classify", 1, "")
    assert hourly({}, [own], known, parse("200")) == [Hourly(place, parse("2.50"), parse("200"), below_floor=False)]
    assert hourly({}, [own], known, parse("200.01")) == [Hourly(place, parse("2.50"), parse("200"), below_floor=True)]


def test_what_is_not_known_is_not_below_any_floor() -> None:
    (found,) = hourly({}, [OwnPrice("classify", 1, 1)], {"classify": Pace(None, 9)}, parse("999"))
    assert (found.per_hour, found.below_floor) == (None, False)


class TestProject:
    async def test_what_a_project_pays_is_shown_with_hours_and_warnings_to_requester_curator_and_finance(
        self, world: World
    ) -> None:
        await world.project(choice_step(), choice_step(key="check", title="Check", after=["classify"], price="1.00"))
        await b.policy(hourly_floor="150.00")
        await pace("orders", "classify", 45)
        await pace("orders", "check", 30, answers=9)
        await announce(world, per_step(item("2.00"), item("1.50", language="de")))
        await announce(world, per_step(item("1.00"), starts_at=in_days(10)))
        for person in (world.requester, world.curator, world.finance, world.administrator):
            shown = await person.ok("GET", "/projects/orders/tariff")
            assert (shown["in_force"]["version"], [one["version"] for one in shown["announced"]]) == (1, [2])
            classify, check = shown["steps"]
            assert (classify["median_seconds"], classify["answers"]) == (45.0, 10)
            assert [(p["language"], p["price"], p["estimated_per_hour"], p["below_floor"]) for p in classify["prices"]] == [
                ("", "2.0000", "160.0000", False),
                ("de", "1.5000", "120.0000", True),
            ]
            assert (check["median_seconds"], check["answers"]) == (None, 9)
            assert [(p["estimated_per_hour"], p["below_floor"]) for p in check["prices"]] == [(None, False)]
            (warning,) = shown["warnings"]
            assert (warning["code"], warning["step"], warning["language"]) == ("below_floor", "classify", "de")
            assert warning["message"] == "An hour of this is expected to earn 120.0000 RUB; the floor is 150.0000."
            assert [w["estimated_per_hour"] for w in shown["announced"][0]["warnings"]] == ["80.0000"]

    async def test_without_a_tariff_the_steps_own_prices_are_held_against_the_floor(self, world: World) -> None:
        await world.project()
        await b.policy(hourly_floor="300.00")
        await pace("orders", "classify", 45)
        shown = await world.requester.ok("GET", "/projects/orders/tariff")
        assert (shown["in_force"], shown["announced"], len(shown["warnings"])) == (None, [], 1)

    async def test_a_draft_below_the_floor_says_so_before_anybody_approves_it(self, world: World) -> None:
        await world.project()
        await b.policy(hourly_floor="150.00")
        await pace("orders", "classify", 45)
        made = await draft(world, per_step(item("1.00")))
        assert [(w["price"], w["estimated_per_hour"]) for w in made["warnings"]] == [("1.0000", "80.0000")]
        assert (await draft(world, per_step(item("2.00"))))["warnings"] == []

    async def test_a_floor_of_nothing_never_warns(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for floor in ["0", "0.0000"]:
                with subtests.test(floor=floor):
                    async with rehearsed():
                        await b.policy(hourly_floor=floor)
                        await pace("orders", "classify", 86_400)
                        assert (await draft(world, per_step(item("0"))))["warnings"] == []
