"""Measures of people's work in a span of time, and customers' marks."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from piecework.platform import db
from piecework.tasks import measures
from piecework.tasks.measures import Measure
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

HOUR = timedelta(hours=1)
KINDS = ("volume", "norm", "speed", "satisfaction")


def span() -> tuple[datetime, datetime]:
    """The hours around now."""
    now = datetime.now(UTC)
    return now - HOUR, now + HOUR


async def answered(world: World, person: Person, count: int, *, seconds: int = 60) -> list[str]:
    """So many tasks done, each in so many seconds; returns the assignments."""
    done = []
    for assignment in await person.claim(count):
        assert (await person.answer(assignment, {"topic": "a"})).is_success
        done.append(assignment["id"])
    await db.execute(
        "UPDATE assignment SET claimed_at = ended_at - make_interval(secs => $2) WHERE id = ANY ($1)",
        [UUID(one) for one in done],
        seconds,
    )
    await world.drain()
    return done


async def values(since: datetime, until: datetime, person: Person, project_id: UUID | None = None) -> dict[str, int | None]:
    found = await measures.of(since, until, KINDS, project_id)
    return {kind: one.value for kind, one in found.get(person.id, {}).items()}


class TestWork:
    async def test_volume_norm_and_speed_of_everybody_over_all_projects_and_each(self, world: World) -> None:
        project = await world.project(choice_step(overlap=1))
        await world.project(choice_step(overlap=1), code="second")
        await world.tickets(6)
        await world.tickets(2, "second")
        anna, boris = await world.worker("anna", weekly_norm=4, max_held=10), await world.worker("boris", weekly_norm=0)
        await answered(world, anna, 6, seconds=30)
        await answered(world, boris, 2, seconds=120)
        since, until = span()
        began = until - 240 * HOUR  # a long first week of both, which ends with the span
        await world.as_owner(
            "ALTER TABLE contract DISABLE TRIGGER append_only",
            f"UPDATE contract SET starts_at = '{began}', accepted_at = '{began}'",
            "ALTER TABLE contract ENABLE TRIGGER append_only",
            f"INSERT INTO week (freelancer_id, starts_at, ends_at, zone) SELECT freelancer_id, starts_at, '{until}', zone FROM contract",
        )
        assert await measures.record_work(since, until, weekly=True) > 0
        assert await values(since, until, anna) == {"volume": 6, "norm": 2, "speed": 10_000}
        assert await values(since, until, boris) == {"volume": 2, "speed": 10_000}
        assert await values(since, until, anna, UUID(project["id"])) == {"volume": 6, "speed": 10_000}
        assert await values(since, until, boris, UUID(project["id"])) == {}

    async def test_speed_is_relative_to_the_median_of_the_step(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(5)
        anna, boris = await world.worker("anna"), await world.worker("boris")
        await answered(world, anna, 3, seconds=100)
        await answered(world, boris, 2, seconds=150)
        since, until = span()
        await measures.record_work(since, until, weekly=False)
        assert (await values(since, until, anna))["speed"] == 10_000
        assert (await values(since, until, boris)) == {"volume": 2, "speed": 15_000}

    async def test_an_answer_counts_in_the_span_in_which_it_was_first_accepted(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(2)
        anna = await world.worker("anna")
        first, _ = await answered(world, anna, 2)
        since, until = span()
        await db.execute(
            """INSERT INTO decision (assignment_id, revision, state, share, basis, decided_at)
               VALUES ($1, 2, 'accepted', 10000, 'appeal', $2)""",
            UUID(first),
            until + HOUR,
        )
        await measures.record_work(since, until, weekly=False)
        await measures.record_work(until, until + 2 * HOUR, weekly=False)
        assert (await values(since, until, anna))["volume"] == 2
        assert await values(until, until + 2 * HOUR, anna) == {}

    async def test_what_was_recorded_once_stays(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(2)
        anna = await world.worker("anna")
        await answered(world, anna, 1)
        since, until = span()
        await measures.record_work(since, until, weekly=False)
        await answered(world, anna, 1)
        assert await measures.record_work(since, until, weekly=False) == 0
        assert (await values(since, until, anna))["volume"] == 1
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
            await db.execute("UPDATE measure SET value = 100")


class TestSatisfaction:
    async def test_it_is_the_mean_mark_of_the_tickets_one_worked_on(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(3)
        anna, boris = await world.worker("anna"), await world.worker("boris")
        await answered(world, anna, 2)
        await answered(world, boris, 1)
        first, second, third = (
            row["ticket_id"]
            for row in await db.rows(
                "SELECT t.ticket_id FROM assignment a JOIN task t ON t.id = a.task_id ORDER BY a.freelancer_id = $1, a.id",
                boris.id,
            )
        )
        for ticket, score in ((first, 5), (second, 2), (third, 3)):
            await world.requester.ok("POST", f"/tickets/{ticket}/satisfaction", {"score": score})
        await world.administrator.ok(
            "POST", f"/tickets/{second}/satisfaction", {"score": 4, "replace": True, "comment": "better"}
        )
        since, until = span()
        await measures.record_work(since, until, weekly=False)
        assert (await values(since, until, anna))["satisfaction"] == 45_000
        assert (await values(since, until, boris))["satisfaction"] == 30_000

    async def test_a_ticket_has_one_mark_unless_it_is_replaced(self, world: World) -> None:
        await world.project()
        (ticket,) = await world.tickets(1)
        path = f"/tickets/{ticket}/satisfaction"
        assert (await world.requester.ok("POST", path, {"score": 3}))["revision"] == 1
        reply = await world.requester.call("POST", path, {"score": 5})
        assert (reply.status_code, reply.json()["code"]) == (409, "ticket_rated")
        assert (await world.requester.ok("POST", path, {"score": 5, "replace": True}))["revision"] == 2

    async def test_of_many_marks_at_once_one_is_taken(self, world: World) -> None:
        await world.project()
        (ticket,) = await world.tickets(1)
        replies = await asyncio.gather(
            *(world.requester.call("POST", f"/tickets/{ticket}/satisfaction", {"score": 1 + n % 5}) for n in range(8))
        )
        assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7

    async def test_what_is_no_mark_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        (ticket,) = await world.tickets(1)
        async with nothing_changes():
            for body in [{"score": 0}, {"score": 6}, {"score": 4.5}, {"score": "5"}, {}, {"score": 5, "comment": "x" * 2001}]:
                with subtests.test(body=body):
                    assert (await world.requester.call("POST", f"/tickets/{ticket}/satisfaction", body)).status_code == 422

    async def test_only_who_sees_the_ticket_may(self, world: World) -> None:
        await world.project()
        (ticket,) = await world.tickets(1)
        path = f"/tickets/{ticket}/satisfaction"
        assert (await world.freelancer.call("POST", path, {"score": 5})).status_code == 403
        from piecework.platform.identity.models import Role

        other = await world.person("other", Role.REQUESTER)
        assert (await other.call("POST", path, {"score": 5})).status_code == 404


class TestRecorded:
    async def test_the_newest_revision_counts_and_confirmations_add_up(self, world: World) -> None:
        since, until = span()
        person = world.freelancer.id
        one = Measure(person, "mentoring", since, until, "mentee:a", 1)
        other = Measure(person, "mentoring", since, until, "mentee:b", 1)
        assert await measures.record([one, other]) == 2
        assert await measures.record([one]) == 0
        assert (await measures.confirmed("mentoring", since, until))[person].value == 2
        none = Measure(person, "mentoring", since, until, "mentee:a", 0)
        assert await measures.record([none], replace=True) == 1
        assert (await measures.confirmed("mentoring", since, until))[person].value == 1
        assert await measures.confirmed("training", since, until) == {}
        assert await measures.confirmed("mentoring", until, until + HOUR) == {}
