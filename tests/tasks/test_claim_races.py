"""Races on real connections. Each guard is also taken away, to see that its race then really breaks what it guards.

A naive version is the shipped text of a function without its guard, and sometimes with a pause between reading and writing; the
shipped function with the same pause stays right.
"""

import asyncio
import re
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import piecework.tasks.part
from piecework.platform import db, jobs
from piecework.quality.grading import grading
from piecework.tasks import queries, splitting
from piecework.tasks.answers import SUBMITTED
from tests.world import World, choice_step

FUNCTIONS = "".join(
    (Path(piecework.tasks.part.__file__).parent / "sql" / name).read_text(encoding="utf-8") for name in ("claims.sql", "gaps.sql")
)
PAUSE = "PERFORM pg_sleep(0.004); "


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


SLOW_HAND_OUT = changed("hand_out", ("INSERT INTO assignment", f"{PAUSE}INSERT INTO assignment"))
SLOW_CLAIM = changed("claim", ("UPDATE workload w SET held", f"{PAUSE}UPDATE workload w SET held"))
SLOW_SUBMIT = changed("submit", ("DELETE FROM slot", "PERFORM pg_sleep(0.02); DELETE FROM slot"))
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


async def in_turns(count: int, work: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """Start `count` pieces of work at once; exceptions are returned beside the results."""
    return await asyncio.gather(*(work(i) for i in range(count)), return_exceptions=True)


def both_have_read(write: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The writing half of a piece of work, begun only when two of them have done their reading."""
    barrier = asyncio.Barrier(2)

    async def wait_then_write(*arguments: Any) -> Any:
        await barrier.wait()
        return await write(*arguments)

    return wait_then_write


class TestClaims:
    """30 people empty a queue of 300 slots."""

    @staticmethod
    async def empty_the_queue(world: World) -> None:
        people = await world.crowd(30)

        async with world.connections(30) as connections:

            async def work(i: int) -> None:
                while await claim(connections[i], people[i], wanted=1 + i % 3):
                    pass

            await in_turns(30, work)

    @staticmethod
    async def slots_given_twice() -> int:
        return int(await db.scalar("SELECT count(*) FROM (SELECT FROM assignment GROUP BY slot_id HAVING count(*) > 1) twice"))

    @pytest.mark.parametrize("pace", [(), (SLOW_HAND_OUT,)], ids=["as shipped", "slowed down"])
    async def test_no_slot_goes_to_two_people_and_none_is_left(self, world: World, pace: tuple[str, ...]) -> None:
        await one_choice(world, 100)
        await world.as_owner(*pace)
        await self.empty_the_queue(world)
        assert await self.slots_given_twice() == 0
        assert await db.scalar("SELECT count(*) FROM assignment") == 300
        assert await db.scalar("SELECT max(n) FROM (SELECT count(*) AS n FROM assignment GROUP BY task_id) per_task") == 3
        await world.verify()

    async def test_without_skip_locked_slots_go_to_two_people(self, world: World) -> None:
        await one_choice(world, 100)
        await world.as_owner(SLOW_HAND_OUT, TAKE_WITHOUT_LOCK)
        await self.empty_the_queue(world)
        assert await self.slots_given_twice() > 0
        assert "tasks.answers_within_overlap" in await world.broken()


class TestOnePersonsRacingClaims:
    """One person with twenty connections."""

    @staticmethod
    async def claim_twenty_times(world: World, **caps: int) -> tuple[asyncpg.Record, list[Any]]:
        (me,) = await world.crowd(1, **caps)
        async with world.connections(20) as connections:
            outcomes = await in_turns(20, lambda i: claim(connections[i], me, wanted=2))
        load = await db.row("SELECT * FROM workload WHERE freelancer_id = $1", me)
        assert load is not None
        return load, outcomes

    @pytest.mark.parametrize("pace", [(), (SLOW_CLAIM,)], ids=["as shipped", "slowed down"])
    @pytest.mark.parametrize(("caps", "most"), [({"max_held": 5}, 5), ({"weekly_cap": 7}, 7)])
    async def test_neither_cap_is_passed(self, world: World, caps: dict[str, int], most: int, pace: tuple[str, ...]) -> None:
        await one_choice(world, 60)
        await world.as_owner(*pace)
        load, _ = await self.claim_twenty_times(world, **caps)
        assert (load["held"], load["week_claimed"]) == (most, most)
        await world.verify()

    @pytest.mark.parametrize(("caps", "most"), [({"max_held": 5}, 5), ({"weekly_cap": 7}, 7)])
    async def test_without_the_workloads_lock_the_caps_are_passed(self, world: World, caps: dict[str, int], most: int) -> None:
        await one_choice(world, 60)
        await world.as_owner(SLOW_CLAIM, WORKLOAD_WITHOUT_LOCK)
        load, _ = await self.claim_twenty_times(world, **caps)
        assert load["held"] > most

    async def test_nobody_gets_a_task_twice(self, world: World) -> None:
        await one_choice(world, 5)
        load, _ = await self.claim_twenty_times(world)
        assert load["held"] == 5
        assert await db.scalar("SELECT count(DISTINCT task_id) FROM assignment") == 5

    async def test_the_constraint_alone_also_keeps_a_task_from_being_given_twice(self, world: World) -> None:
        await one_choice(world, 5)
        await world.as_owner(SLOW_HAND_OUT, WORKLOAD_WITHOUT_LOCK, TAKE_WITHOUT_LOOKING_BACK)
        _, outcomes = await self.claim_twenty_times(world)
        assert any(isinstance(outcome, asyncpg.UniqueViolationError) for outcome in outcomes)
        assert await db.scalar("SELECT count(*) = count(DISTINCT task_id) FROM assignment")

    async def test_without_looking_back_and_without_the_constraint_a_task_is_given_twice(self, world: World) -> None:
        await one_choice(world, 5)
        await world.as_owner(TAKE_WITHOUT_LOOKING_BACK, DROP_ONCE)
        load, _ = await self.claim_twenty_times(world)
        assert load["held"] == 15
        assert await db.scalar("SELECT count(DISTINCT task_id) FROM assignment") == 5


class TestExpiryAgainstSubmit:
    """Forty people submit around the moment at which their leases end, while a sweeper takes the leases back."""

    ROUNDS = 4
    PEOPLE = 40

    async def around_the_end(self, world: World, rounds: int = ROUNDS) -> Counter[str]:
        """Returns how often each ending was seen: submitted, expired, late (accepted after the lease's end), both.

        The first round with a late one is the last.
        """
        people = await world.crowd(self.PEOPLE)
        seen: Counter[str] = Counter()
        async with world.connections(self.PEOPLE) as submitters, world.connections(4) as sweepers:
            for _ in range(rounds):
                if seen["late"]:
                    break
                held = [(await claim(submitters[i], people[i]))[0] for i in range(self.PEOPLE)]
                ends = await self.set_ends(held)
                sweeping = asyncio.gather(*(self.sweep(sweepers[k], people[k::4], held[k::4]) for k in range(4)))
                order = sorted(range(self.PEOPLE), key=lambda i: ends[held[i]["id"]])
                answers = (self.submit_noting_the_time(submitters[i], people[i], held[i]) for i in order)
                submitted = await asyncio.gather(*answers, return_exceptions=True)
                await sweeping
                await db.execute("UPDATE slot SET expires_at = clock_timestamp() WHERE assignment_id IS NOT NULL")
                swept = [await give_back(sweepers[0], people[i], held[i], "expired") for i in range(self.PEOPLE)]
                won = {order[i]: one[0] for i, one in enumerate(submitted) if isinstance(one, tuple) and accepted(one[1])}
                ended = await self.ended(held)
                seen["submitted"] += len(won)
                seen["expired"] += sum(swept[i] == "expired" for i in range(self.PEOPLE))
                seen["late"] += sum(began >= ends[held[i]["id"]] for i, began in won.items())
                seen["both"] += sum(ended[held[i]["id"]] != "submitted" for i in won)
        return seen

    @staticmethod
    async def submit_noting_the_time(connection: asyncpg.Connection, me: uuid.UUID, held: asyncpg.Record) -> tuple[Any, Any]:
        """When it was sent, by the database's clock, and what came back."""
        return await connection.fetchval("SELECT clock_timestamp()"), await submit(connection, me, held)

    @staticmethod
    async def set_ends(held: list[asyncpg.Record]) -> dict[uuid.UUID, Any]:
        """Let the leases end one after another over the next 40 ms."""
        rows = await db.rows(
            """UPDATE slot SET expires_at = clock_timestamp() + n.place * interval '1 ms'
               FROM unnest($1::uuid[]) WITH ORDINALITY AS n (id, place) WHERE slot.assignment_id = n.id
               RETURNING slot.assignment_id, slot.expires_at""",
            [row["id"] for row in held],
        )
        return {row["assignment_id"]: row["expires_at"] for row in rows}

    @staticmethod
    async def ended(held: list[asyncpg.Record]) -> dict[uuid.UUID, str]:
        rows = await db.rows("SELECT id, state FROM assignment WHERE id = ANY ($1)", [row["id"] for row in held])
        return {row["id"]: row["state"] for row in rows}

    @staticmethod
    async def sweep(connection: asyncpg.Connection, people: list[uuid.UUID], held: list[asyncpg.Record]) -> None:
        for _ in range(8):
            for me, one in zip(people, held, strict=True):
                await give_back(connection, me, one, "expired")

    async def test_exactly_one_of_them_wins(self, world: World) -> None:
        await one_choice(world, 60)
        seen = await self.around_the_end(world)
        assert seen["late"] == 0
        assert seen["both"] == 0
        assert seen["submitted"] + seen["expired"] == self.ROUNDS * self.PEOPLE
        assert seen["submitted"] > 0
        assert seen["expired"] > 0
        assert await db.scalar("SELECT count(*) FROM slot WHERE assignment_id IS NOT NULL") == 0
        await world.verify()

    async def test_without_the_look_at_the_clock_late_answers_are_taken(self, world: World) -> None:
        await one_choice(world, 400)
        await world.as_owner(changed("submit", (" AND slot.expires_at > clock_timestamp()", "")))
        assert (await self.around_the_end(world, rounds=25))["late"] > 0

    async def test_without_the_lock_and_the_look_at_the_slot_both_win(self, world: World) -> None:
        await one_choice(world, 60)
        await world.as_owner(
            WORKLOAD_WITHOUT_LOCK,
            changed("submit", ("DELETE FROM slot", f"{PAUSE}DELETE FROM slot"), ("IF NOT FOUND THEN", "IF false THEN")),
            "ALTER TABLE workload DROP CONSTRAINT workload_held_check",
        )
        await self.around_the_end(world)
        assert {"tasks.answer_has_its_assignment", "tasks.slots_match_answers"} & set(await world.broken())


class TestSubmitRetried:
    """One answer is sent eight times at once, with the same submission id, asking for the next task each time."""

    @staticmethod
    async def eight_times(world: World) -> list[Any]:
        (me,) = await world.crowd(1)
        submission = uuid.uuid4()
        async with world.connections(8) as connections:
            (held,) = await claim(connections[0], me)
            return await in_turns(8, lambda i: submit(connections[i], me, held, submission, following=1))

    @staticmethod
    def told(replies: list[Any]) -> set[tuple[Any, ...]]:
        """What the callers were told, apart from whether it was a replay. One element: all were told the same."""
        return {tuple(sorted((key, str(value)) for key, value in reply[0].items() if key != "outcome")) for reply in replies}

    @pytest.mark.parametrize("pace", [(), (SLOW_SUBMIT,)], ids=["as shipped", "slowed down"])
    async def test_it_counts_once_and_everybody_is_told_the_same(self, world: World, pace: tuple[str, ...]) -> None:
        await one_choice(world, 10)
        await world.as_owner(*pace)
        replies = await self.eight_times(world)
        assert Counter(reply[0]["outcome"] for reply in replies) == {"submitted": 1, "replayed": 7}
        assert len(self.told(replies)) == 1
        assert await db.scalar("SELECT count(*) FROM answer") == 1
        assert await db.scalar("SELECT count(*) FROM assignment") == 2
        await world.verify()

    async def test_without_the_workloads_lock_the_retries_are_told_otherwise(self, world: World) -> None:
        await one_choice(world, 10)
        await world.as_owner(WORKLOAD_WITHOUT_LOCK, SLOW_SUBMIT)
        assert len(self.told(await self.eight_times(world))) > 1

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


class TestGiveBackAgainstSubmit:
    """Thirty people submit and release the same assignment at the same time."""

    PEOPLE = 30

    async def both_at_once(self, world: World) -> Counter[tuple[bool, bool]]:
        people = await world.crowd(self.PEOPLE)
        async with world.connections(self.PEOPLE) as submitters, world.connections(self.PEOPLE) as releasers:
            held = [(await claim(submitters[i], people[i]))[0] for i in range(self.PEOPLE)]
            answered, released = await asyncio.gather(
                in_turns(self.PEOPLE, lambda i: submit(submitters[i], people[i], held[i])),
                in_turns(self.PEOPLE, lambda i: give_back(releasers[i], people[i], held[i])),
            )
        return Counter(zip((accepted(rows) for rows in answered), (how == "released" for how in released), strict=True))

    @pytest.mark.parametrize("pace", [(), (SLOW_SUBMIT,)], ids=["as shipped", "slowed down"])
    async def test_exactly_one_of_them_wins(self, world: World, pace: tuple[str, ...]) -> None:
        await one_choice(world, 20)
        await world.as_owner(*pace)
        seen = await self.both_at_once(world)
        assert seen[True, True] == seen[False, False] == 0
        assert seen.total() == self.PEOPLE
        await world.verify()

    async def test_without_the_lock_and_the_look_at_the_slot_both_win(self, world: World) -> None:
        await one_choice(world, 200)
        await world.as_owner(
            WORKLOAD_WITHOUT_LOCK,
            SLOW_SUBMIT,
            changed("give_back", ("IF s.id IS NULL THEN", "IF false THEN")),
            "ALTER TABLE workload DROP CONSTRAINT workload_held_check",
        )
        for _ in range(10):  # a busy machine may run the two one after the other
            if (await self.both_at_once(world))[True, True]:
                return
        pytest.fail("nobody ever won twice")


class TestFloor:
    """Slots are returned while the shelf's floor is being raised."""

    RAISE_SLOWED = changed("raise_floor", ("UPDATE shelf SET", f"{PAUSE}UPDATE shelf SET"))
    RAISE_WITHOUT_LOCK = changed(
        "raise_floor", (" FOR NO KEY UPDATE SKIP LOCKED", ""), ("UPDATE shelf SET", f"{PAUSE}UPDATE shelf SET")
    )
    LOWER_WITHOUT_LOCK = changed(
        "lower_floor",
        ("ON CONFLICT (step_id, line, language) DO UPDATE SET", "ON CONFLICT DO NOTHING; UPDATE shelf f SET"),
        (
            "ELSE f.floor_rank END",
            "ELSE f.floor_rank END WHERE step_id = its_step AND (low_rank, low_id) < (f.floor_rank, f.floor_id)",
        ),
    )

    async def return_while_raising(self, world: World, rounds: int = 3) -> int:
        """Returns how many open slots no claim can find at the end, over some rounds; the first round with any is the last."""
        step_id = await one_choice(world, 60, overlap=1)
        hidden = 0
        async with world.connections(20) as releasers, world.connections(3) as raisers:
            for _ in range(rounds):
                if hidden:
                    break
                people = await world.crowd(20)
                held = [(await claim(releasers[i], people[i]))[0] for i in range(20)]

                async def keep_raising(k: int) -> None:
                    for _ in range(12):
                        await raisers[k].execute(queries.RAISE_FLOOR, step_id)

                await asyncio.gather(
                    in_turns(3, keep_raising),
                    in_turns(20, lambda i: give_back(releasers[i], people[i], held[i])),  # noqa: B023 - awaited in this round
                )
                hidden += await db.scalar(
                    """SELECT count(*) FROM slot s JOIN shelf f ON f.id = s.shelf_id
                       WHERE s.assignment_id IS NULL AND (s.rank, s.id) < (f.floor_rank, f.floor_id)"""
                )
        return hidden

    @pytest.mark.parametrize("pace", [(), (RAISE_SLOWED,)], ids=["as shipped", "slowed down"])
    async def test_a_returned_slot_is_never_below_the_floor(self, world: World, pace: tuple[str, ...]) -> None:
        await world.as_owner(*pace)
        assert await self.return_while_raising(world) == 0
        await world.verify()

    @pytest.mark.parametrize(
        "naive",
        [(RAISE_WITHOUT_LOCK,), (RAISE_SLOWED, LOWER_WITHOUT_LOCK)],
        ids=["raised without a lock", "lowered without a lock"],
    )
    async def test_without_the_locks_slots_are_hidden(self, world: World, naive: tuple[str, ...]) -> None:
        await world.as_owner(*naive)
        assert await self.return_while_raising(world, rounds=30) > 0


class TestExpiryAgainstRelease:
    """The sweep takes many people's leases back in one transaction, and those further down its list release theirs meanwhile."""

    SLOWED = changed("give_back", ("PERFORM lower_floor", f"{PAUSE}PERFORM lower_floor"))

    async def sweep_and_release(self, world: World) -> list[Any]:
        """Returns the outcomes of the releases."""
        await one_choice(world, 40)
        await world.as_owner(self.SLOWED)
        people = await world.crowd(60)
        async with world.connections(60) as connections:
            held = [(await claim(connections[i], people[i]))[0] for i in range(60)]
            await db.execute("UPDATE slot SET expires_at = clock_timestamp() WHERE assignment_id IS NOT NULL")
            sweep = asyncio.create_task(world.drain_recurring("tasks.expire"))
            begun = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'shelf'::regclass AND mode = 'RowExclusiveLock')"
            while not await db.scalar(begun):
                pass
            outcomes = await in_turns(30, lambda i: give_back(connections[59 - i], people[59 - i], held[59 - i]))
            await sweep
        return outcomes

    async def test_they_do_not_lock_each_other_out(self, world: World) -> None:
        outcomes = await self.sweep_and_release(world)
        assert {str(outcome) for outcome in outcomes} <= {"released", "expired"}
        assert await db.scalar("SELECT count(*) FROM slot WHERE assignment_id IS NOT NULL") == 0
        await world.verify()


class TestGraders:
    """Two graders take the same tied task: it gets one more slot, not two."""

    @staticmethod
    async def grade_twice(world: World) -> None:
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

        async def grade() -> None:
            async with db.transaction():
                await grading.grade(answered)

        await asyncio.gather(grade(), grade())

    async def test_a_task_gets_one_more_slot(self, world: World) -> None:
        await self.grade_twice(world)
        assert await db.scalar("SELECT count(*) FROM slot") == 5
        await world.drain()
        await world.verify()

    async def test_without_the_tasks_lock_it_gets_two(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "FOR UPDATE" in grading.LOCK_TASKS
        monkeypatch.setattr(grading, "LOCK_TASKS", grading.LOCK_TASKS.replace("FOR UPDATE", ""))
        monkeypatch.setattr(grading.Grades, "write", both_have_read(grading.Grades.write))
        await self.grade_twice(world)
        assert await db.scalar("SELECT count(*) FROM slot") > 5
        assert "tasks.slots_match_answers" in await world.broken()


class TestSplitting:
    """Two jobs advance the same new tickets."""

    @staticmethod
    async def advance_twice(world: World) -> int:
        await world.project()
        sent = [{"external_id": f"T{i}", "channel": "email", "language": "en", "text": "words"} for i in range(20)]
        got = await world.requester.ok("POST", "/projects/orders/tickets", {"source": "tests", "tickets": sent})
        ids = [uuid.UUID(ticket["ticket_id"]) for ticket in got["tickets"]]

        async def advance() -> None:
            async with db.transaction():
                await splitting.advance_tickets(ids)

        await in_turns(2, lambda _i: advance())
        return int(await db.scalar("SELECT count(*) FROM task"))

    async def test_each_ticket_gets_its_first_step_once(self, world: World) -> None:
        assert await self.advance_twice(world) == 20
        await world.drain()
        await world.verify()

    async def test_the_constraint_alone_also_keeps_it_to_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries, "TICKETS_TO_ADVANCE", queries.TICKETS_TO_ADVANCE.replace("FOR UPDATE", ""))
        monkeypatch.setattr(splitting, "open_tasks", both_have_read(splitting.open_tasks))
        assert await self.advance_twice(world) == 20

    async def test_without_the_tickets_lock_and_the_constraint_steps_are_opened_twice(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "FOR UPDATE" in queries.TICKETS_TO_ADVANCE
        monkeypatch.setattr(queries, "TICKETS_TO_ADVANCE", queries.TICKETS_TO_ADVANCE.replace("FOR UPDATE", ""))
        monkeypatch.setattr(queries, "NEW_TASKS", queries.NEW_TASKS.replace("ON CONFLICT ON CONSTRAINT task_once DO NOTHING", ""))
        monkeypatch.setattr(splitting, "open_tasks", both_have_read(splitting.open_tasks))
        await world.as_owner("ALTER TABLE task DROP CONSTRAINT task_once")
        assert await self.advance_twice(world) == 40
