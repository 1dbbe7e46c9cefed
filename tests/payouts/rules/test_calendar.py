"""The calendar: imported, edited, and never changing what was earned."""

from datetime import UTC, date, datetime

import asyncpg
import pytest

from piecework.payouts.rules import calendar, premiums
from piecework.payouts.rules.calendar import Calendar
from piecework.platform import db
from piecework.platform.errors import Invalid
from tests.payouts.works import work_of
from tests.traceless import nothing_changes
from tests.world import World

DAY = date(2026, 11, 4)
UNITY = {"kind": "statutory", "name": "День народного единства", "reason": "the law says so"}


class TestImport:
    def test_moved_days_are_told_from_holidays(self) -> None:
        found = calendar.public_holidays("RU", 2026)
        assert [(day.isoformat(), kind) for day, kind, _ in found if kind == "moved"] == [
            ("2026-01-09", "moved"),
            ("2026-03-09", "moved"),
            ("2026-05-11", "moved"),
            ("2026-12-31", "moved"),
        ]
        assert (DAY, "statutory", "День народного единства") in found

    @pytest.mark.parametrize("country", ["XX", "RUS", "ru"])
    def test_an_unknown_country_is_refused(self, country: str) -> None:
        with pytest.raises(Invalid):
            calendar.public_holidays(country, 2026)

    async def test_it_adds_what_nobody_has_marked_and_leaves_the_rest(self, world: World) -> None:
        await world.finance.ok("PUT", f"/calendar/RU/days/{DAY}", UNITY | {"kind": "working"})
        first = await world.finance.ok("POST", "/calendar/RU/2026/import")
        assert first == {"added": 17, "known": 1, "differing": [DAY.isoformat()]}
        assert await world.finance.ok("POST", "/calendar/RU/2026/import") == {
            "added": 0,
            "known": 18,
            "differing": [DAY.isoformat()],
        }
        days = (await world.freelancer.ok("GET", "/calendar/RU/2026"))["days"]
        assert len(days) == 18
        assert {one["day"]: one["kind"] for one in days}[DAY.isoformat()] == "working"
        assert (await world.finance.ok("GET", "/calendar/RU/2027"))["days"] == []


class TestEdit:
    async def test_every_saying_is_kept(self, world: World) -> None:
        path = f"/calendar/RU/days/{DAY}"
        await world.finance.ok("PUT", path, UNITY)
        await world.finance.ok("PUT", path, UNITY | {"kind": "ordinary", "reason": "a mistake"})
        assert (await world.finance.ok("GET", "/calendar/RU/2026"))["days"] == []
        changes = (await world.finance.ok("GET", "/calendar/RU/2026/changes"))["days"]
        assert [(one["kind"], one["note"]) for one in changes] == [("ordinary", "a mistake"), ("statutory", "the law says so")]
        assert {one["author_id"] for one in changes} == {str(world.finance.id)}
        trail = await db.rows("SELECT subject_id, reason FROM trail WHERE action = 'calendar.marked' ORDER BY id")
        assert [(row["subject_id"], row["reason"]) for row in trail] == [
            (f"RU:{DAY}", "the law says so"),
            (f"RU:{DAY}", "a mistake"),
        ]
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
            await db.execute("UPDATE calendar_day SET kind = 'custom'")

    async def test_what_is_no_day_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for path, changes, status in [
                ("/calendar/ru/days/2026-11-04", {}, 404),
                ("/calendar/RU/days/2026-11-31", {}, 404),
                ("/calendar/RU/days/yesterday", {}, 404),
                ("/calendar/RU/days/9999-12-31", {}, 404),
                ("/calendar/RU/days/2026-11-04", {"kind": "holy"}, 422),
                ("/calendar/RU/days/2026-11-04", {"reason": ""}, 422),
            ]:
                with subtests.test(path=path, changes=changes, status=status):
                    assert (await world.finance.call("PUT", path, UNITY | changes)).status_code == status
                    assert await db.scalar("SELECT count(*) FROM calendar_day") == 0

    async def test_nor_is_every_number_a_year(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for year in ["1999", "2101", "year", "-1"]:
                with subtests.test(year=year):
                    assert (await world.finance.call("GET", f"/calendar/RU/{year}")).status_code == 404
                    assert (await world.finance.call("POST", f"/calendar/RU/{year}/import")).status_code == 404

    async def test_only_finance_edits(self, world: World) -> None:
        for person in (world.freelancer, world.curator, world.requester, world.administrator):
            assert (await person.call("PUT", f"/calendar/RU/days/{DAY}", UNITY)).status_code == 403


class TestAsRecorded:
    async def test_an_answer_is_paid_by_the_calendar_of_its_claim_for_ever(self, world: World) -> None:
        today = datetime.now(UTC).date()
        path = f"/calendar/RU/days/{today}"
        spec = {"kind": "holiday", "percent": 10_000, "counts": ["custom"]}
        words = "On the days that the calendar marks as our own, every answer earns twice its price: 5.00 instead of 2.50."
        made = await world.finance.ok("POST", "/pay-rules", {"code": "own", "title": "Own days", "words": words, "spec": spec})
        await world.administrator.ok("POST", f"/pay-rules/{made['id']}/approve")
        moments = [await db.scalar("SELECT clock_timestamp()")]
        for kind in ("custom", "ordinary"):
            await world.finance.ok("PUT", path, {"kind": kind, "name": "Our day", "reason": "an agreement"})
            moments.append(await db.scalar("SELECT clock_timestamp()"))
        works = [work_of(claimed_at=moment, submitted_at=moments[-1], zone="UTC") for moment in moments]
        async with db.transaction():
            found = await premiums.premiums_for(works)
        assert [(one.assignment_id, one.amount) for one in found] == [(works[1].assignment_id, 25_000)]

    def test_a_calendar_as_if_always_known(self) -> None:
        early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
        known = Calendar({("RU", DAY): [(late, "moved"), (late, "custom")]})
        assert (known.kind("RU", DAY, early), known.kind("RU", DAY, late)) == (None, "custom")
        assert known.as_of(early).kind("RU", DAY, early) == "custom"
