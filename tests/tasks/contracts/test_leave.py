"""Leave, illness and pauses: announced, within limits, confirmed where a word is not enough."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from piecework.platform import db, notices
from piecework.platform.identity.models import Role
from piecework.tasks.contracts import confirming
from piecework.tasks.errors import NothingToConfirm
from tests.races import in_transaction, race, stop_before
from tests.traceless import nothing_changes
from tests.world import Person, World

DAY = timedelta(days=1)
AWAY = "SELECT kind, starts_at, ends_at, told_at, known_at FROM leave_of($1, $2, $3)"


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def now() -> datetime:
    return datetime.now(UTC)


def away(kind: str, first: float, days: float) -> dict[str, str]:
    """From so many days from now on, for so many days."""
    start = now() + first * DAY
    return {"kind": kind, "starts_at": start.isoformat(), "ends_at": (start + days * DAY).isoformat()}


async def tell(person: Person, kind: str, first: float, days: float) -> dict[str, Any]:
    return dict(await person.ok("POST", "/me/leave", away(kind, first, days)))


async def known(person: Person, first: float, days: float) -> list[Any]:
    """What leave_of says of so many days from `first` days from now on."""
    start = now() + first * DAY
    return await db.rows(AWAY, person.id, start, start + days * DAY)


@pytest.fixture
async def anna(world: World) -> Person:
    person = await world.person("anna")
    await world.agree(person, zone="America/New_York")
    return person


class TestTell:
    async def test_days_are_those_of_the_contracts_zone(self, anna: Person) -> None:
        """New York puts its clocks forward on 8 March 2026 and back on 1 November: the days have 23 and 25 hours."""
        year = now().year + (now().month > 3)
        first = next(date(year, 3, day) for day in range(8, 15) if date(year, 3, day).weekday() == 6)
        body = {"kind": "leave", "first_day": first.isoformat(), "last_day": first.isoformat()}
        told = await anna.ok("POST", "/me/leave", body)
        starts, ends = datetime.fromisoformat(told["starts_at"]), datetime.fromisoformat(told["ends_at"])
        assert (starts.astimezone(UTC).hour, ends - starts) == (5, timedelta(hours=23))
        assert told["state"] == "told"

    async def test_what_does_not_fit_is_refused(self, anna: Person, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for body, code in [
                (away("leave", 0.9, 3), "too_late"),
                (away("pause", -1, 3), "too_late"),
                (away("illness", -3.1, 1), "too_late"),
                (away("leave", 5, 0), "bad_interval"),
                (away("leave", 5, -1), "bad_interval"),
                (away("illness", 1, 400), "bad_interval"),
                (away("leave", 400, 2), "too_far"),
            ]:
                with subtests.test(body=body, code=code):
                    reply = await anna.call("POST", "/me/leave", body)
                    assert (*code_of(reply), reply.json()["errors"][0]["code"]) == (422, "invalid", code)
                    assert await db.scalar("SELECT count(*) FROM leave") == 0

    async def test_it_is_days_or_times(self, anna: Person, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for body in [
                {"kind": "leave"},
                {"kind": "leave", "first_day": "2027-01-01"},
                {"kind": "leave", "first_day": "2027-01-01", "last_day": "2027-01-02", "ends_at": "2027-01-03T00:00:00Z"},
                {"kind": "party", "first_day": "2027-01-01", "last_day": "2027-01-02"},
                {"kind": "leave", "starts_at": "2027-01-01T00:00:00", "ends_at": "2027-01-03T00:00:00"},
                {"kind": "leave", "first_day": "0001-01-01", "last_day": "0001-01-02"},
                {"kind": "illness", "first_day": "9999-12-30", "last_day": "9999-12-31"},
            ]:
                with subtests.test(body=body):
                    assert code_of(await anna.call("POST", "/me/leave", body)) == (422, "invalid")

    async def test_without_a_contract_there_is_nothing_to_be_away_from(self, world: World) -> None:
        assert code_of(await world.freelancer.call("POST", "/me/leave", away("leave", 2, 1))) == (409, "nothing_in_force")

    async def test_absences_do_not_overlap(self, world: World, anna: Person) -> None:
        await tell(anna, "leave", 5, 3)
        assert code_of(await anna.call("POST", "/me/leave", away("pause", 7, 3))) == (409, "away_already")
        cancelled = await tell(anna, "pause", 9, 3)
        await anna.ok("POST", f"/me/leave/{cancelled['id']}/cancel")
        await tell(anna, "leave", 9, 3)
        await world.verify()

    async def test_racing_ones_do_not_either(self, world: World, anna: Person) -> None:
        replies = await asyncio.gather(*(anna.call("POST", "/me/leave", away("leave", 5 + i / 10, 3)) for i in range(6)))
        assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409, 409, 409]
        await world.verify()


class TestMost:
    async def test_pauses_come_to_eight_weeks_in_a_year(self, anna: Person) -> None:
        await tell(anna, "pause", 2, 30)
        assert code_of(await anna.call("POST", "/me/leave", away("pause", 40, 27))) == (409, "away_too_long")
        await tell(anna, "pause", 40, 26)
        assert code_of(await anna.call("POST", "/me/leave", away("pause", 300, 1))) == (409, "away_too_long")
        await tell(anna, "leave", 300, 1)

    async def test_what_was_cut_short_does_not_count(self, anna: Person) -> None:
        long = await tell(anna, "pause", 2, 56)
        await anna.ok("POST", f"/me/leave/{long['id']}/cancel")
        await tell(anna, "pause", 2, 56)


class TestEndSooner:
    async def test_what_has_not_begun_is_cancelled(self, anna: Person) -> None:
        told = await tell(anna, "leave", 2, 3)
        assert code_of(await anna.call("POST", f"/me/leave/{told['id']}/cut", {})) == (409, "absence_begun")
        await anna.ok("POST", f"/me/leave/{told['id']}/cancel")
        assert [one["state"] for one in (await anna.ok("GET", "/me/leave"))["items"]] == ["cancelled"]
        assert await known(anna, 0, 9) == []
        assert code_of(await anna.call("POST", f"/me/leave/{told['id']}/cancel")) == (409, "absence_begun")

    async def test_what_has_begun_is_cut_short_and_what_was_stays(self, anna: Person) -> None:
        told = await tell(anna, "illness", -1, 2)
        assert code_of(await anna.call("POST", f"/me/leave/{told['id']}/cancel")) == (409, "absence_begun")
        cut = await anna.ok("POST", f"/me/leave/{told['id']}/cut", {})
        assert timedelta() <= now() - datetime.fromisoformat(cut["ends_at"]) < timedelta(minutes=1)
        (row,) = await known(anna, -5, 9)
        assert (row["starts_at"].isoformat(), row["ends_at"].isoformat()) == (
            datetime.fromisoformat(told["starts_at"]).isoformat(),
            datetime.fromisoformat(cut["ends_at"]).isoformat(),
        )
        assert code_of(await anna.call("POST", f"/me/leave/{told['id']}/cut", {})) == (409, "absence_begun")

    async def test_it_is_never_made_longer(self, anna: Person) -> None:
        told = await tell(anna, "illness", -1, 2)
        later = {"ends_at": (now() + 2 * DAY).isoformat()}
        assert code_of(await anna.call("POST", f"/me/leave/{told['id']}/cut", later)) == (422, "invalid")

    async def test_somebody_elses_is_not_there(self, world: World, anna: Person) -> None:
        told = await tell(anna, "leave", 2, 3)
        for path in (f"/me/leave/{told['id']}/cancel", f"/me/leave/{told['id']}/cut"):
            reply = await world.freelancer.call("POST", path, {} if path.endswith("cut") else None)
            assert code_of(reply) == (404, "not_found")


class TestIllness:
    @staticmethod
    def mid_month(days: int) -> dict[str, str]:
        """So many whole local days from the 10th of next month on, so that they are in one month."""
        first = (now().replace(day=1) + 32 * DAY).date().replace(day=10)
        return {"kind": "illness", "first_day": first.isoformat(), "last_day": (first + (days - 1) * DAY).isoformat()}

    async def test_three_days_a_month_are_taken_on_ones_word(self, anna: Person) -> None:
        told = await anna.ok("POST", "/me/leave", self.mid_month(3))
        assert told["state"] == "told"
        later = datetime.fromisoformat(told["ends_at"]) + DAY
        more = {"kind": "illness", "starts_at": later.isoformat(), "ends_at": (later + DAY / 2).isoformat()}
        assert (await anna.ok("POST", "/me/leave", more))["state"] == "waiting"

    async def test_more_counts_once_a_curator_has_confirmed_it(self, world: World, anna: Person) -> None:
        told = await anna.ok("POST", "/me/leave", self.mid_month(4))
        assert await known(anna, 0, 90) == []
        (waiting,) = (await world.curator.ok("GET", "/leave/waiting"))["items"]
        assert waiting == told
        await world.curator.ok("POST", f"/leave/{told['id']}/confirm", {"reason": "a note from the hospital"})
        (row,) = await known(anna, 0, 90)
        assert row["told_at"] < row["known_at"]
        assert (await world.curator.ok("GET", "/leave/waiting"))["items"] == []
        again = await world.curator.call("POST", f"/leave/{told['id']}/refuse", {"reason": "on second thoughts"})
        assert code_of(again) == (409, "nothing_to_confirm")
        assert [one["state"] for one in (await world.curator.ok("GET", f"/freelancers/{anna.id}/leave"))["items"]] == [
            "confirmed"
        ]

    async def test_a_refusal_is_told_and_an_objection_that_is_upheld_confirms_it(self, world: World, anna: Person) -> None:
        told = await anna.ok("POST", "/me/leave", self.mid_month(9))
        await world.curator.ok("POST", f"/leave/{told['id']}/refuse", {"reason": "answers came from you in that time"})
        assert (await anna.ok("GET", "/me/notices"))["items"][0]["kind"] == "leave.refused"
        assert await known(anna, 0, 90) == []
        appeal = await anna.ok("POST", "/appeals", {"subject": "leave", "id": told["id"], "words": "I have a note."})
        arbiter = await world.person("arbiter", Role.CURATOR)
        await arbiter.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "uphold", "reply": "The note says so."})
        await world.drain()
        assert len(await known(anna, 0, 90)) == 1
        await world.verify()

    async def test_what_no_curator_has_decided_on_in_a_week_is_confirmed(self, world: World, anna: Person) -> None:
        early, late, back = [(await anna.ok("POST", "/me/leave", illness))["id"] for illness in self.of_three_months(5)]
        by = datetime.fromisoformat((await anna.ok("GET", "/me/leave"))["items"][0]["decide_by"])
        assert timedelta() <= now() + 7 * DAY - by < timedelta(minutes=1)
        asked = [one for one in (await world.curator.ok("GET", "/me/notices"))["items"] if one["kind"] == "leave.waiting"]
        assert len(asked) == 3
        await anna.ok("POST", f"/me/leave/{back}/cancel")
        await db.execute("UPDATE leave SET told_at = told_at - interval '7 days' WHERE id <> $1", late)
        for _ in range(2):
            await world.drain_recurring("tasks.confirm_overdue")
        states = {one["id"]: (one["state"], one["decide_by"] is None) for one in (await anna.ok("GET", "/me/leave"))["items"]}
        assert states == {early: ("confirmed", True), late: ("waiting", False), back: ("cancelled", True)}
        told = [one for one in (await anna.ok("GET", "/me/notices"))["items"] if one["kind"] == "leave.confirmed"]
        assert "Nobody decided in time" in told[0]["body"]
        assert len(told) == len(await known(anna, 0, 120)) == 1
        refused = await world.curator.call("POST", f"/leave/{early}/refuse", {"reason": "on second thoughts"})
        assert code_of(refused) == (409, "nothing_to_confirm")
        await world.verify()

    async def test_a_decision_meets_its_deadline(self, world: World, anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        """A curator refuses while the job that confirms what is overdue has found it: one of them decides."""
        told = await anna.ok("POST", "/me/leave", self.mid_month(9))
        await db.execute("UPDATE leave SET told_at = told_at - interval '7 days'")
        monkeypatch.setattr(notices, "send", stop_before(notices.send))
        async with world.connections(1, role=None) as (watcher,):
            decided, overdue = await race(
                watcher,
                in_transaction(
                    lambda: confirming.decide(world.curator.id, UUID(told["id"]), confirm=False, reason="no letter came")
                ),
                in_transaction(confirming.confirm_overdue),
            )
        assert isinstance(decided, NothingToConfirm) == ((await self.state(anna)) == "confirmed"), (decided, overdue)
        assert await db.scalar("SELECT count(*) FROM notice WHERE account_id = $1 AND kind LIKE 'leave.%'", anna.id) == 1

    @staticmethod
    async def state(person: Person) -> str:
        (one,) = (await person.ok("GET", "/me/leave"))["items"]
        return str(one["state"])

    @classmethod
    def of_three_months(cls, days: int) -> list[dict[str, str]]:
        """So many days from the 10th on of each of the next three months."""
        firsts = [date.fromisoformat(cls.mid_month(days)["first_day"])]
        while len(firsts) < 3:
            firsts.append((firsts[-1].replace(day=1) + 32 * DAY).replace(day=10))
        return [{"kind": "illness", "first_day": str(first), "last_day": str(first + (days - 1) * DAY)} for first in firsts]

    async def test_short_illness_and_ones_own_are_not_decided_on(self, world: World, anna: Person) -> None:
        told = await tell(anna, "illness", 0, 1)
        reply = await world.curator.call("POST", f"/leave/{told['id']}/confirm", {"reason": "as told"})
        assert code_of(reply) == (409, "nothing_to_confirm")
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        await world.agree(both)
        own = await both.ok("POST", "/me/leave", self.mid_month(9))
        assert code_of(await both.call("POST", f"/leave/{own['id']}/confirm", {"reason": "I was ill"})) == (409, "own_absence")


class TestLeaveOf:
    """What the weeks are reckoned by."""

    async def test_it_is_clipped_to_what_is_asked_for(self, anna: Person) -> None:
        told = await tell(anna, "leave", 2, 3)
        starts, ends = datetime.fromisoformat(told["starts_at"]), datetime.fromisoformat(told["ends_at"])
        for start, end, expected in (
            (starts - DAY, ends + DAY, [(starts, ends)]),
            (starts + DAY, ends - DAY, [(starts + DAY, ends - DAY)]),
            (starts - DAY, starts, []),
            (ends, ends + DAY, []),
        ):
            found = await db.rows(AWAY, anna.id, start, end)
            assert [(row["starts_at"], row["ends_at"]) for row in found] == expected

    async def test_nothing_told_later_than_three_days_after_a_week_is_of_that_week(self, anna: Person) -> None:
        """The table itself refuses it, whoever writes: so a week that closes after that is closed for good."""
        for kind, days in (("illness", 4), ("leave", 1), ("pause", 1)):
            with pytest.raises(Exception, match="leave_told"):
                await db.execute(
                    "INSERT INTO leave (freelancer_id, kind, starts_at, ends_at) VALUES ($1, $2, now() - $3 * interval '1 day', now())",
                    anna.id,
                    kind,
                    days,
                )
