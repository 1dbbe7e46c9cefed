"""Races on real connections. Each guard is also taken away, to see that its race then really breaks what it guards.

A naive version is the shipped text of a function without its guard, and mostly with a stop between reading and writing (tests/races.py);
the shipped function with the same stop stays right.
"""

import asyncio
import re
import uuid
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import piecework.tasks.part
from piecework.platform import db, jobs
from piecework.quality.grading import grading
from piecework.tasks import jobs as background
from piecework.tasks import queries, splitting
from piecework.tasks.answers import SUBMITTED
from tests import races
from tests.races import STOP
from tests.world import World, choice_step

FUNCTIONS = "".join(
    (Path(piecework.tasks.part.__file__).parent / "sql" / name).read_text(encoding="utf-8") for name in ("claims.sql", "gaps.sql")
)


def shipped(function: str) -> str:
    """The text of one function as it is shipped."""
    found = re.search(rf"CREATE OR REPLACE FUNCTION {function}\(.*?\$\$;", FUNCTIONS, re.DOTALL)
    assert found, function
    return found.group()


def changed(function: str, *changes: tuple[str, str]) -> str:
    """The function with some of its text replaced. Fails if the text is not there: then the guard has moved."""
    text = shipped(function)
    for old, new in changes:
        assert old in text, f"{function} has no {old!r}"
        text = text.replace(old, new)
    return text


def stopped(function: str, before: str, *changes: tuple[str, str]) -> str:
    """The function with a stop before some of its text, and more of it replaced."""
    return changed(function, (before, f"PERFORM {STOP}; {before}"), *changes)


HAND_OUT_STOPS = stopped("hand_out", "INSERT INTO assignment")
CLAIM_STOPS = stopped("claim", "UPDATE workload w SET held")
SUBMIT_STOPS = stopped("submit", "DELETE FROM slot")
GIVE_BACK_STOPS = stopped("give_back", "UPDATE slot SET assignment_id")
TAKE_WITHOUT_LOCK = changed("take_slot", ("FOR UPDATE SKIP LOCKED", ""))
TAKE_WITHOUT_LOOKING_BACK = changed(
    "take_slot", ("AND NOT EXISTS (SELECT FROM assignment a WHERE a.task_id = s.task_id AND a.freelancer_id = me OFFSET 0)", "")
)
WORKLOAD_WITHOUT_LOCK = changed("lock_workload", ("FOR NO KEY UPDATE", ""))
DROP_ONCE = "ALTER TABLE assignment DROP CONSTRAINT assignment_once"


async def one_choice(world: World, tickets: int, *, overlap: int = 3) -> int:
    """One project whose tickets are one choice each; returns the step's id."""
    await world.project(choice_step(overlap=overlap))
    await world.tickets(tickets)
    return int(await db.scalar("SELECT step_id FROM queue"))


async def claim(connection: asyncpg.Connection, me: uuid.UUID, wanted: int = 1) -> list[asyncpg.Record]:
    return [row for row in await connection.fetch(queries.CLAIM, me, wanted, None) if row["outcome"] == "claimed"]


async def submit(
    connection: asyncpg.Connection, me: uuid.UUID, held: Any, submission: uuid.UUID | None = None, following: int = 0
) -> Any:
    return await connection.fetch(
        queries.SUBMIT,
        me,
        held["id"],
        held["step_id"],
        held["token"],
        submission or uuid.uuid4(),
        '{"topic": "a"}',
        b"same",
        jobs.subscribers(SUBMITTED),
        following,
        None,
    )


def accepted(rows: Any) -> bool:
    """True if that is what a submit returned, and it says that the answer was taken."""
    return isinstance(rows, list) and rows[0]["outcome"] == "submitted"


async def give_back(connection: asyncpg.Connection, me: uuid.UUID, held: Any, how: str = "released") -> str:
    return str(await connection.fetchval(queries.GIVE_BACK, me, held["id"], how, None))


async def at_once(world: World, stops: tuple[str, ...], *works: Awaitable[Any]) -> list[Any]:
    """Begin all of these under changed functions, which stop, or as they are shipped; exceptions are returned beside the results."""
    await world.as_owner(*stops)
    return await (world.race(*works) if stops else asyncio.gather(*works, return_exceptions=True))


class TestClaims:
    """Twelve people empty a queue of 120 slots."""

    PEOPLE = 12
    TICKETS = 40

    @classmethod
    async def empty_the_queue(cls, world: World, *changes: str) -> None:
        people = await world.crowd(cls.PEOPLE)

        async with world.connections(cls.PEOPLE) as connections:

            async def work(i: int) -> None:
                while await claim(connections[i], people[i], wanted=1 + i % 3):
                    pass

            await at_once(world, changes, *(work(i) for i in range(cls.PEOPLE)))

    @staticmethod
    async def slots_given_twice() -> int:
        return int(await db.scalar("SELECT count(*) FROM (SELECT FROM assignment GROUP BY slot_id HAVING count(*) > 1) twice"))

    @pytest.mark.parametrize("stops", [(), (HAND_OUT_STOPS,)], ids=["as shipped", "stopped"])
    async def test_no_slot_goes_to_two_people_and_none_is_left(self, world: World, stops: tuple[str, ...]) -> None:
        await one_choice(world, self.TICKETS)
        await self.empty_the_queue(world, *stops)
        assert await self.slots_given_twice() == 0
        assert await db.scalar("SELECT count(*) FROM assignment") == self.TICKETS * 3
        assert await db.scalar("SELECT max(n) FROM (SELECT count(*) AS n FROM assignment GROUP BY task_id) per_task") == 3
        await world.verify()

    async def test_without_skip_locked_slots_go_to_two_people(self, world: World) -> None:
        await one_choice(world, self.TICKETS)
        await self.empty_the_queue(world, HAND_OUT_STOPS, TAKE_WITHOUT_LOCK)
        assert await self.slots_given_twice() > 0
        assert "tasks.answers_within_overlap" in await world.broken()


class TestOnePersonsRacingClaims:
    """One person with eight connections."""

    CONNECTIONS = 8

    @classmethod
    async def claim_at_once(cls, world: World, *changes: str, **caps: int) -> tuple[asyncpg.Record, list[Any]]:
        (me,) = await world.crowd(1, **caps)
        async with world.connections(cls.CONNECTIONS) as connections:
            outcomes = await at_once(world, changes, *(claim(connection, me, wanted=2) for connection in connections))
        load = await db.row("SELECT * FROM workload WHERE freelancer_id = $1", me)
        assert load is not None
        return load, outcomes

    @pytest.mark.parametrize("stops", [(), (CLAIM_STOPS,)], ids=["as shipped", "stopped"])
    @pytest.mark.parametrize(("caps", "most"), [({"max_held": 5}, 5), ({"weekly_cap": 7}, 7)])
    async def test_neither_cap_is_passed(self, world: World, caps: dict[str, int], most: int, stops: tuple[str, ...]) -> None:
        await one_choice(world, 20)
        load, _ = await self.claim_at_once(world, *stops, **caps)
        assert (load["held"], load["week_claimed"]) == (most, most)
        await world.verify()

    @pytest.mark.parametrize(("caps", "most"), [({"max_held": 5}, 5), ({"weekly_cap": 7}, 7)])
    async def test_without_the_workloads_lock_the_caps_are_passed(self, world: World, caps: dict[str, int], most: int) -> None:
        await one_choice(world, 20)
        load, _ = await self.claim_at_once(world, CLAIM_STOPS, WORKLOAD_WITHOUT_LOCK, **caps)
        assert load["held"] == 2 * self.CONNECTIONS > most

    async def test_nobody_gets_a_task_twice(self, world: World) -> None:
        await one_choice(world, 5)
        load, _ = await self.claim_at_once(world)
        assert load["held"] == 5
        assert await db.scalar("SELECT count(DISTINCT task_id) FROM assignment") == 5

    async def test_the_constraint_alone_also_keeps_a_task_from_being_given_twice(self, world: World) -> None:
        await one_choice(world, 5)
        _, outcomes = await self.claim_at_once(world, HAND_OUT_STOPS, WORKLOAD_WITHOUT_LOCK, TAKE_WITHOUT_LOOKING_BACK)
        assert any(isinstance(outcome, asyncpg.UniqueViolationError) for outcome in outcomes)
        assert await db.scalar("SELECT count(*) = count(DISTINCT task_id) FROM assignment")

    async def test_without_looking_back_and_without_the_constraint_a_task_is_given_twice(self, world: World) -> None:
        await one_choice(world, 5)
        await world.as_owner(TAKE_WITHOUT_LOOKING_BACK, DROP_ONCE)
        load, _ = await self.claim_at_once(world)
        assert load["held"] == 15
        assert await db.scalar("SELECT count(DISTINCT task_id) FROM assignment") == 5


class TestExpiryAgainstSubmit:
    """Every other of eight leases ends between the two looks, at the assignment and at its slot, of whoever submits or sweeps."""

    PEOPLE = 8

    async def around_the_end(self, world: World, first: str, *changes: str) -> Counter[str]:
        """Returns how often each ending was seen: submitted, expired, late (accepted after the lease's end), both."""
        people = await world.crowd(self.PEOPLE)
        async with world.connections(self.PEOPLE) as submitters, world.connections(self.PEOPLE) as sweepers:
            held = [(await claim(one, me))[0] for one, me in zip(submitters, people, strict=True)]
            await world.as_owner(*changes)
            ends = db.execute(
                "UPDATE slot SET expires_at = clock_timestamp() WHERE assignment_id = ANY ($1)", [one["id"] for one in held[::2]]
            )
            submits = [submit(*one) for one in zip(submitters, people, held, strict=True)]
            sweeps = [give_back(*one, "expired") for one in zip(sweepers, people, held, strict=True)]
            if first == "submit":
                done = await world.overtake(submits, sweeps, ends)
                submitted, swept = done[: self.PEOPLE], done[self.PEOPLE :]
            else:
                done = await world.overtake(sweeps, submits, ends)
                swept, submitted = done[: self.PEOPLE], done[self.PEOPLE :]
        won, lost = [accepted(rows) for rows in submitted], [how == "expired" for how in swept]
        both = sum(one and other for one, other in zip(won, lost, strict=True))
        return Counter(submitted=sum(won), expired=sum(lost), late=sum(won[::2]), both=both)

    @pytest.mark.parametrize(("first", "stops"), [("submit", SUBMIT_STOPS), ("sweep", GIVE_BACK_STOPS)], ids=["submit", "sweep"])
    async def test_exactly_one_of_them_wins(self, world: World, first: str, stops: str) -> None:
        await one_choice(world, 8)
        seen = await self.around_the_end(world, first, stops)
        assert seen == {"submitted": 4, "expired": 4, "late": 0, "both": 0}
        assert await db.scalar("SELECT count(*) FROM slot WHERE assignment_id IS NOT NULL") == 0
        await world.verify()

    async def test_without_the_look_at_the_clock_late_answers_are_taken(self, world: World) -> None:
        await one_choice(world, 8)
        blind = stopped("submit", "DELETE FROM slot", (" AND slot.expires_at > clock_timestamp()", ""))
        assert await self.around_the_end(world, "submit", blind) == {"submitted": 8, "expired": 0, "late": 4, "both": 0}

    async def test_without_the_lock_and_the_look_at_the_slot_both_win(self, world: World) -> None:
        await one_choice(world, 8)
        seen = await self.around_the_end(
            world,
            "submit",
            WORKLOAD_WITHOUT_LOCK,
            stopped("submit", "DELETE FROM slot", ("IF NOT FOUND THEN", "IF false THEN")),
            "ALTER TABLE workload DROP CONSTRAINT workload_held_check",
        )
        assert seen == {"submitted": 8, "expired": 4, "late": 4, "both": 4}
        assert "tasks.slots_match_answers" in await world.broken()


class TestSubmitRetried:
    """One answer is sent eight times at once, with the same submission id, asking for the next task each time."""

    @staticmethod
    async def eight_times(world: World, *changes: str) -> list[Any]:
        (me,) = await world.crowd(1)
        submission = uuid.uuid4()
        async with world.connections(8) as connections:
            (held,) = await claim(connections[0], me)
            return await at_once(world, changes, *(submit(one, me, held, submission, following=1) for one in connections))

    @staticmethod
    def told(replies: list[Any]) -> set[tuple[Any, ...]]:
        """What the callers were told, apart from whether it was a replay. One element: all were told the same."""
        return {tuple(sorted((key, str(value)) for key, value in reply[0].items() if key != "outcome")) for reply in replies}

    @pytest.mark.parametrize("stops", [(), (SUBMIT_STOPS,)], ids=["as shipped", "stopped"])
    async def test_it_counts_once_and_everybody_is_told_the_same(self, world: World, stops: tuple[str, ...]) -> None:
        await one_choice(world, 10)
        replies = await self.eight_times(world, *stops)
        assert Counter(reply[0]["outcome"] for reply in replies) == {"submitted": 1, "replayed": 7}
        assert len(self.told(replies)) == 1
        assert await db.scalar("SELECT count(*) FROM answer") == 1
        assert await db.scalar("SELECT count(*) FROM assignment") == 2
        await world.verify()

    async def test_without_the_workloads_lock_the_retries_are_told_otherwise(self, world: World) -> None:
        await one_choice(world, 10)
        assert len(self.told(await self.eight_times(world, WORKLOAD_WITHOUT_LOCK, SUBMIT_STOPS))) > 1

    async def test_the_same_bytes_come_back_over_http(self, world: World) -> None:
        await one_choice(world, 10)
        anna = await world.worker("anna", "orders")
        (held,) = await anna.claim()
        body = {
            "submission_id": str(uuid.uuid4()),
            "lease_token": held["lease_token"],
            "answer": {"topic": "a"},
            "next": {"count": 2},
        }
        replies = await asyncio.gather(*(anna.call("POST", f"/assignments/{held['id']}/answer", body) for _ in range(8)))
        assert {reply.status_code for reply in replies} == {200}
        assert len({reply.content for reply in replies}) == 1
        assert sum("idempotency-replayed" in reply.headers for reply in replies) == 7


class TestClaimRetried:
    """One wish for two tasks is sent eight times at once, by the same key."""

    @staticmethod
    async def eight_times(world: World, *changes: str) -> tuple[list[Any], int]:
        """What each was told, and how many tasks were handed out in all."""
        (me,) = await world.crowd(1)
        async with world.connections(8) as connections:
            wishes = (one.fetch(queries.CLAIM_ONCE, me, 2, None, "key", b"two") for one in connections)
            replies = await at_once(world, changes, *wishes)
        return replies, int(await db.scalar("SELECT count(*) FROM assignment"))

    @pytest.mark.parametrize("stops", [(), (CLAIM_STOPS,)], ids=["as shipped", "stopped"])
    async def test_two_tasks_are_handed_out_and_everybody_is_told_of_them(self, world: World, stops: tuple[str, ...]) -> None:
        await one_choice(world, 20)
        replies, given = await self.eight_times(world, *stops)
        assert given == 2
        assert Counter(reply[0]["outcome"] for reply in replies) == {"claimed": 1, "replayed": 7}
        assert len({tuple(sorted(str(row["id"]) for row in reply)) for reply in replies}) == 1
        await world.verify()

    async def test_without_the_workloads_lock_the_key_alone_still_keeps_it_to_one(self, world: World) -> None:
        """But those who come too late are told to ask again rather than what was given."""
        await one_choice(world, 20)
        replies, given = await self.eight_times(world, CLAIM_STOPS, WORKLOAD_WITHOUT_LOCK)
        assert given == 2
        assert any(isinstance(reply, asyncpg.LockNotAvailableError) for reply in replies)

    async def test_without_lock_and_key_many_more_are_handed_out(self, world: World) -> None:
        await one_choice(world, 20)
        blind = changed(
            "claim",
            ("its_key IS NOT NULL", "false"),
            ("UPDATE workload w SET held", f"PERFORM {STOP}; UPDATE workload w SET held"),
        )
        _, given = await self.eight_times(world, blind, WORKLOAD_WITHOUT_LOCK)
        assert given > 2


class TestGiveBackAgainstSubmit:
    """Eight people submit and release the same assignment at the same time."""

    PEOPLE = 8

    async def both_at_once(self, world: World, first: str | None, *changes: str) -> Counter[tuple[bool, bool]]:
        """How often the answer was taken, and how often the release. Who is first stops before writing."""
        people = await world.crowd(self.PEOPLE)
        async with world.connections(self.PEOPLE) as submitters, world.connections(self.PEOPLE) as releasers:
            held = [(await claim(one, me))[0] for one, me in zip(submitters, people, strict=True)]
            await world.as_owner(*changes)
            submits = [submit(*one) for one in zip(submitters, people, held, strict=True)]
            releases = [give_back(*one) for one in zip(releasers, people, held, strict=True)]
            if first is None:
                done = await asyncio.gather(*submits, *releases, return_exceptions=True)
            elif first == "submit":
                done = await world.overtake(submits, releases)
            else:
                done = await world.overtake(releases, submits)
                done = done[self.PEOPLE :] + done[: self.PEOPLE]
        answered, released = done[: self.PEOPLE], done[self.PEOPLE :]
        return Counter(zip((accepted(rows) for rows in answered), (how == "released" for how in released), strict=True))

    @pytest.mark.parametrize(("first", "stops"), [(None, ()), ("submit", (SUBMIT_STOPS,)), ("release", (GIVE_BACK_STOPS,))])
    async def test_exactly_one_of_them_wins(self, world: World, first: str | None, stops: tuple[str, ...]) -> None:
        await one_choice(world, 8)
        seen = await self.both_at_once(world, first, *stops)
        assert seen[True, True] == seen[False, False] == 0
        assert seen.total() == self.PEOPLE
        await world.verify()

    async def test_without_the_lock_and_the_look_at_the_slot_both_win(self, world: World) -> None:
        await one_choice(world, 8)
        seen = await self.both_at_once(
            world,
            "release",
            WORKLOAD_WITHOUT_LOCK,
            stopped("give_back", "UPDATE slot SET assignment_id", ("IF s.id IS NULL THEN", "IF false THEN")),
            "ALTER TABLE workload DROP CONSTRAINT workload_held_check",
        )
        assert seen == {(True, True): self.PEOPLE}


class TestFloor:
    """Slots are returned while the shelf's floor is being raised."""

    RAISE_STOPS = stopped("raise_floor", "UPDATE shelf SET")
    RAISE_WITHOUT_LOCK = stopped("raise_floor", "UPDATE shelf SET", (" FOR NO KEY UPDATE SKIP LOCKED", ""))
    LOWER_WITHOUT_LOCK = changed(
        "lower_floor",
        ("ON CONFLICT (step_id, line, language) DO UPDATE SET", "ON CONFLICT DO NOTHING; UPDATE shelf f SET"),
        (
            "ELSE f.floor_rank END",
            "ELSE f.floor_rank END WHERE step_id = its_step AND (low_rank, low_id) < (f.floor_rank, f.floor_id)",
        ),
    )

    async def return_while_raising(self, world: World, *changes: str) -> int:
        """Returns how many open slots no claim can find at the end. Who raises the floor has looked before any slot is returned."""
        step_id = await one_choice(world, 24, overlap=1)
        people = await world.crowd(8)
        async with world.connections(8) as releasers, world.connections(3) as raisers:
            held = [(await claim(one, me))[0] for one, me in zip(releasers, people, strict=True)]
            await world.as_owner(*changes)

            async def keep_raising(connection: asyncpg.Connection) -> None:
                for _ in range(12):
                    await connection.execute(queries.RAISE_FLOOR, step_id)

            raising = [keep_raising(one) for one in raisers]
            returns = [give_back(*one) for one in zip(releasers, people, held, strict=True)]
            await (world.overtake(raising, returns) if changes else asyncio.gather(*raising, *returns))
        return int(
            await db.scalar(
                """SELECT count(*) FROM slot s JOIN shelf f ON f.id = s.shelf_id
                   WHERE s.assignment_id IS NULL AND (s.rank, s.id) < (f.floor_rank, f.floor_id)"""
            )
        )

    @pytest.mark.parametrize("stops", [(), (RAISE_STOPS,)], ids=["as shipped", "stopped"])
    async def test_a_returned_slot_is_never_below_the_floor(self, world: World, stops: tuple[str, ...]) -> None:
        assert await self.return_while_raising(world, *stops) == 0
        await world.verify()

    @pytest.mark.parametrize(
        "naive",
        [(RAISE_WITHOUT_LOCK,), (RAISE_STOPS, LOWER_WITHOUT_LOCK)],
        ids=["raised without a lock", "lowered without a lock"],
    )
    async def test_without_the_locks_slots_are_hidden(self, world: World, naive: tuple[str, ...]) -> None:
        assert await self.return_while_raising(world, *naive) > 0


class TestExpiryAgainstRelease:
    """The sweep takes many people's leases back in one transaction, and those further down its list release theirs meanwhile."""

    SWEEP_STOPS = stopped("give_back", "RETURN how;")

    async def sweep_and_release(self, world: World) -> list[Any]:
        """Returns the outcome of the sweep, and of the releases."""
        await one_choice(world, 8)
        people = await world.crowd(12)
        async with world.connections(12) as connections:
            held = [(await claim(one, me))[0] for one, me in zip(connections, people, strict=True)]
            await world.as_owner(self.SWEEP_STOPS)  # when it has given the first back, and so holds its shelf
            await db.execute("UPDATE slot SET expires_at = clock_timestamp() WHERE assignment_id IS NOT NULL")
            sweep = races.in_transaction(lambda: background.expire([]))
            return await world.overtake([sweep], [give_back(connections[i], people[i], held[i]) for i in range(11, 5, -1)])

    async def test_they_do_not_lock_each_other_out(self, world: World) -> None:
        sweep, *releases = await self.sweep_and_release(world)
        assert (sweep, set(releases)) == (None, {"expired"})
        assert await db.scalar("SELECT count(*) FROM slot WHERE assignment_id IS NOT NULL") == 0
        await world.verify()

    async def test_without_the_lock_of_all_workloads_they_do(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries, "LOCK_WORKLOADS", "SELECT $1::uuid[]")
        assert any(isinstance(one, asyncpg.DeadlockDetectedError) for one in await self.sweep_and_release(world))


class TestGraders:
    """Two graders take the same tied task: it gets one more slot, not two."""

    @staticmethod
    async def grade_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        await world.project(choice_step(overlap=2, max_overlap=5))
        await world.tickets(5)
        people = await world.crowd(2)
        async with world.connections(2) as connections:
            for me, topic, connection in zip(people, "ab", connections, strict=True):
                for held in await claim(connection, me, wanted=5):
                    await connection.fetch(
                        queries.SUBMIT, me, held["id"], held["step_id"], held["token"], uuid.uuid4(), f'{{"topic": "{topic}"}}',
                        topic.encode(), jobs.subscribers(SUBMITTED), 0, None,
                    )  # fmt: skip
        answered = [row["id"] for row in await db.rows("SELECT id FROM assignment ORDER BY id")]

        monkeypatch.setattr(grading.Grades, "write", races.stop_before(grading.Grades.write))
        await world.race(*(races.in_transaction(lambda: grading.grade(answered)) for _ in range(2)))

    async def test_a_task_gets_one_more_slot(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        await self.grade_twice(world, monkeypatch)
        assert await db.scalar("SELECT count(*) FROM slot") == 5
        await world.drain()
        await world.verify()

    async def test_without_the_tasks_lock_it_gets_two(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "FOR UPDATE" in grading.LOCK_TASKS
        monkeypatch.setattr(grading, "LOCK_TASKS", grading.LOCK_TASKS.replace("FOR UPDATE", ""))
        await self.grade_twice(world, monkeypatch)
        assert await db.scalar("SELECT count(*) FROM slot") > 5
        assert "tasks.slots_match_answers" in await world.broken()


class TestSplitting:
    """Two jobs advance the same new tickets."""

    @staticmethod
    async def advance_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> int:
        await world.project()
        sent = [{"external_id": f"T{i}", "channel": "email", "language": "en", "text": "words"} for i in range(20)]
        got = await world.requester.ok("POST", "/projects/orders/tickets", {"source": "tests", "tickets": sent})
        ids = [uuid.UUID(ticket["ticket_id"]) for ticket in got["tickets"]]

        monkeypatch.setattr(splitting, "open_tasks", races.stop_before(splitting.open_tasks))
        await world.race(*(races.in_transaction(lambda: splitting.advance_tickets(ids)) for _ in range(2)))
        return int(await db.scalar("SELECT count(*) FROM task"))

    async def test_each_ticket_gets_its_first_step_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert await self.advance_twice(world, monkeypatch) == 20
        await world.drain()
        await world.verify()

    async def test_the_constraint_alone_also_keeps_it_to_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries, "TICKETS_TO_ADVANCE", queries.TICKETS_TO_ADVANCE.replace("FOR UPDATE", ""))
        assert await self.advance_twice(world, monkeypatch) == 20

    async def test_without_the_tickets_lock_and_the_constraint_steps_are_opened_twice(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "FOR UPDATE" in queries.TICKETS_TO_ADVANCE
        monkeypatch.setattr(queries, "TICKETS_TO_ADVANCE", queries.TICKETS_TO_ADVANCE.replace("FOR UPDATE", ""))
        monkeypatch.setattr(queries, "NEW_TASKS", queries.NEW_TASKS.replace("ON CONFLICT ON CONSTRAINT task_once DO NOTHING", ""))
        await world.as_owner("ALTER TABLE task DROP CONSTRAINT task_once")
        assert await self.advance_twice(world, monkeypatch) == 40
