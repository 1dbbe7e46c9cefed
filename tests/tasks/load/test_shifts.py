"""Stating one's shifts over the API, and the hours they come to."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from piecework.platform import db
from piecework.tasks.load import shifts
from tests.traceless import nothing_changes
from tests.world import World

DAYTIME = [{"from": "09:00", "until": "21:00"}]
DAY = timedelta(days=1)


def today(zone: str = "Europe/Moscow") -> date:
    return datetime.now(ZoneInfo(zone)).date()


async def test_a_cycle_is_stated_and_shown_with_what_it_comes_to(world: World) -> None:
    anna = await world.worker("anna", zone="Europe/Berlin")
    first = today("Europe/Berlin") + DAY
    stated = await anna.ok(
        "PUT", "/me/shifts", {"pattern": "2/2", "anchor": str(first), "hours": [{"from": "22:00", "until": "06:00"}]}
    )
    assert stated["versions"] == [
        {
            "version": 1,
            "pattern": "2/2",
            "anchor": str(first),
            "hours": [{"from": "22:00", "until": "06:00", "weekday": None}],
            "valid_from": str(today("Europe/Berlin")),
        }
    ]
    starts = [datetime.fromisoformat(one["starts_at"]).astimezone(ZoneInfo("Europe/Berlin")) for one in stated["next"]]
    assert [(one.date() - first).days for one in starts] == [0, 1, 4, 5, 8, 9, 12, 13][: len(starts)]
    assert {one.hour for one in starts} == {22}
    assert len(starts) >= 7
    assert "nothing follows" in stated["meaning"]
    assert (await anna.ok("GET", "/me/shifts"))["versions"] == stated["versions"]
    assert await db.scalar("SELECT count(*) FROM trail WHERE action = 'shifts.stated' AND actor = $1", anna.id) == 1


async def test_a_later_version_takes_over_and_none_ends_them(world: World) -> None:
    anna = await world.worker("anna")
    later = today() + 3 * DAY
    await anna.ok("PUT", "/me/shifts", {"pattern": "5/2", "anchor": str(today()), "hours": DAYTIME})
    both = await anna.ok("PUT", "/me/shifts", {"pattern": "none", "valid_from": str(later)})
    assert [(one["version"], one["pattern"]) for one in both["versions"]] == [(1, "5/2"), (2, "none")]
    assert all(datetime.fromisoformat(one["starts_at"]).date() < later for one in both["next"])
    gone = await anna.ok("PUT", "/me/shifts", {"pattern": "none"})
    assert ([one["version"] for one in gone["versions"]], gone["next"]) == ([3], [])


async def test_who_never_stated_any_has_none(world: World) -> None:
    anna = await world.worker("anna")
    shown = await anna.ok("GET", "/me/shifts")
    assert (shown["versions"], shown["next"]) == ([], [])
    assert await shifts.hours_of_many([anna.id], datetime.now(UTC), datetime.now(UTC) + DAY) == {}


async def test_they_may_still_work_outside_of_them_and_stay_away_within(world: World) -> None:
    await world.project()
    await world.tickets(1)
    anna = await world.worker("anna")
    await anna.ok("PUT", "/me/shifts", {"pattern": "own", "hours": [{"weekday": (today() + 2 * DAY).isoweekday(), **DAYTIME[0]}]})
    assert len(await anna.claim()) == 1


async def test_what_was_stated_stays_on_record(world: World) -> None:
    anna = await world.worker("anna")
    await anna.ok("PUT", "/me/shifts", {"pattern": "none"})
    with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
        await db.execute("UPDATE shift_plan SET valid_from = '2020-01-01'")


CYCLE = {"pattern": "2/2", "anchor": "2026-11-23", "hours": DAYTIME}


async def test_what_does_not_fit_is_refused_by_name(world: World, subtests: pytest.Subtests) -> None:
    anna = await world.worker("anna")
    async with nothing_changes():
        for body, code in [
            (CYCLE | {"anchor": None}, "anchor"),
            ({"pattern": "own", "hours": [{"weekday": 1, **DAYTIME[0]}], "anchor": "2026-11-23"}, "anchor"),
            (CYCLE | {"hours": []}, "hours"),
            ({"pattern": "none", "hours": DAYTIME}, "hours"),
            (CYCLE | {"hours": [{"weekday": 1, **DAYTIME[0]}]}, "weekday"),
            ({"pattern": "own", "hours": DAYTIME}, "weekday"),
            (CYCLE | {"hours": [{"from": "09:00", "until": "09:00"}]}, "empty_hours"),
            (CYCLE | {"valid_from": "2026-01-01"}, "in_the_past"),
        ]:
            with subtests.test(body=body, code=code):
                reply = await anna.call("PUT", "/me/shifts", body)
                assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
                assert [error["code"] for error in reply.json()["errors"]] == [code]
                assert await db.scalar("SELECT count(*) FROM shift_plan") == 0


async def test_what_is_no_shift_is_refused(world: World, subtests: pytest.Subtests) -> None:
    anna = await world.worker("anna")
    async with nothing_changes():
        for body in [
            {},
            {"pattern": "4/4"},
            CYCLE | {"hours": [{"from": "9:00", "until": "21:00"}]},
            CYCLE | {"hours": [{"from": "24:00", "until": "02:00"}]},
            CYCLE | {"anchor": "1500-01-01"},
            CYCLE | {"anchor": "9999-12-31"},
            CYCLE | {"anchor": "2026-02-30"},
            CYCLE | {"hours": DAYTIME * 29},
            {"pattern": "own", "hours": [{"weekday": 8, **DAYTIME[0]}]},
            CYCLE | {"presence": True},
        ]:
            with subtests.test(body=body):
                assert (await anna.call("PUT", "/me/shifts", body)).status_code == 422


async def test_without_a_contract_there_is_no_zone(world: World) -> None:
    reply = await world.freelancer.call("PUT", "/me/shifts", {"pattern": "none"})
    assert (reply.status_code, reply.json()["code"]) == (409, "no_contract")


async def test_when_the_zone_changes_the_days_change_with_it(world: World) -> None:
    """Noon to one in Moscow until Monday, in Berlin from then on, as the contract says of each moment."""
    anna = await world.worker("anna", zone="Europe/Moscow")
    await anna.ok("PUT", "/me/shifts", {"pattern": "5/2", "anchor": str(today()), "hours": [{"from": "12:00", "until": "13:00"}]})
    changes = datetime.combine(today() + 2 * DAY, datetime.min.time(), ZoneInfo("Europe/Moscow"))
    await world.agree(anna, zone="Europe/Berlin", starts_at=changes.isoformat())
    since = datetime.combine(today() + DAY, datetime.min.time(), ZoneInfo("Europe/Moscow"))
    before, after = await shifts.hours_of(anna.id, since, since + 2 * DAY)
    assert before.starts == since + timedelta(hours=12)
    assert after.starts.astimezone(ZoneInfo("Europe/Berlin")).hour == 12
    assert after.length == timedelta(hours=1)
