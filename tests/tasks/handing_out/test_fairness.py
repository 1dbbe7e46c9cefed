"""Where work is scarce, whoever is further behind their norm comes first, for ten seconds."""

import datetime as dt
from typing import Any

import pytest

from piecework.platform import db
from tests.world import Person, World, choice_step


async def ask(person: Person, count: int = 1) -> tuple[int, int | None]:
    """How many tasks a claim got, and when to ask again."""
    reply = await person.ok("POST", "/assignments", {"count": count})
    return len(reply["assignments"]), reply["retry_after_s"]


async def has_claimed(person: Person, number: int) -> None:
    await db.execute("UPDATE workload SET week_claimed = $2 WHERE freelancer_id = $1", person.id, number)


async def opened_s_ago(seconds: float) -> None:
    await db.execute("UPDATE slot SET opened_at = opened_at - $1::interval", dt.timedelta(seconds=seconds))


async def two_wait(world: World, **step: Any) -> tuple[Person, Person]:
    """Two people with a norm of 100 wait: one has claimed 80 of it, the other 20."""
    await world.project(choice_step(**{"overlap": 1, **step}))
    near, far = await world.worker("near", weekly_norm=100), await world.worker("far", weekly_norm=100)
    await has_claimed(near, 80)
    await has_claimed(far, 20)
    assert await ask(near) == await ask(far) == (0, 5)
    return near, far


class TestScarce:
    async def test_one_ticket_goes_to_the_one_further_from_the_norm(self, world: World) -> None:
        near, far = await two_wait(world)
        await world.tickets(1)
        assert await ask(near) == (0, 1)
        assert (await ask(far))[0] == 1
        assert await ask(near) == (0, 5)

    async def test_who_left_it_to_others_gets_it_when_nobody_took_it_for_ten_seconds(self, world: World) -> None:
        near, _ = await two_wait(world)
        await world.tickets(1)
        assert await ask(near) == (0, 1)
        await opened_s_ago(10)
        assert (await ask(near))[0] == 1

    async def test_who_has_not_asked_for_ten_seconds_does_not_wait_any_more(self, world: World) -> None:
        near, _ = await two_wait(world)
        await db.execute("UPDATE gap SET starts_at = starts_at - interval '10 s', asked_at = asked_at - interval '10 s'")
        await world.tickets(1)
        assert (await ask(near))[0] == 1

    async def test_of_two_tickets_each_gets_one(self, world: World) -> None:
        near, far = await two_wait(world)
        await world.tickets(2)
        assert await ask(near, 2) == (1, None)
        assert await ask(far, 2) == (1, None)

    async def test_equal_need_comes_as_it_comes(self, world: World) -> None:
        near, far = await two_wait(world)
        await has_claimed(far, 80)
        await world.tickets(1)
        assert (await ask(near))[0] == 1

    async def test_need_is_a_share_of_ones_own_norm_and_who_has_none_or_passed_it_comes_last(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        few, many = await world.worker("few", weekly_norm=10), await world.worker("many", weekly_norm=1000)
        free = await world.worker("free", weekly_norm=0)
        passed = await world.worker("passed", weekly_norm=5)
        await has_claimed(few, 9)  # 0.1 left
        await has_claimed(many, 500)  # 0.5 left
        await has_claimed(passed, 6)  # -0.2
        for person in (few, many, free, passed):
            assert await ask(person) == (0, 5)
        order = []
        await world.tickets(1)
        for turn in range(1, 5):
            for person in (passed, free, few, many):
                if (await ask(person))[0]:
                    order.append(person)
                    await db.execute(
                        "UPDATE gap SET asked_at = starts_at WHERE ended_at IS NULL AND freelancer_id = $1", person.id
                    )
                    break
            await world.tickets(1, first=turn)
        assert order == [many, few, free, passed]

    @pytest.mark.parametrize("days", [0, 7])
    async def test_of_two_alike_the_one_with_less_of_their_usual_hours_left(self, world: World, days: int) -> None:
        near, far = await two_wait(world)
        await has_claimed(far, 80)
        for person, past in ((near, 0.5), (far, 0.9)):
            await db.execute(
                "INSERT INTO usual_week SELECT freelancer_id, week_starts - make_interval(days => $3), $2::real[] FROM workload WHERE freelancer_id = $1",
                person.id,
                [past] * 200,
                days,
            )
        await world.tickets(1)
        assert (await ask(near))[0] == (1 if days else 0)  # what was reckoned of another week says nothing

    async def test_a_claim_that_left_work_to_others_is_an_ask_too(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        near, far = await world.worker("near", weekly_norm=100), await world.worker("far", weekly_norm=100)
        await has_claimed(near, 80)
        await ask(far)
        await world.tickets(1)
        assert await ask(near) == (0, 1)
        assert await db.scalar("SELECT count(*) FROM gap WHERE freelancer_id = $1", near.id) == 1


class TestPlenty:
    async def test_nobody_leaves_anything_to_others(self, world: World) -> None:
        near, far = await two_wait(world)
        await world.tickets(20)
        assert (await ask(near, 5))[0] == 5
        assert (await ask(far, 5))[0] == 5


class TestWhoCounts:
    """Others come first only where they may take the work themselves."""

    @pytest.mark.parametrize("what", ["level", "language", "expired", "restricted", "unread", "line"])
    async def test_not_who_may_not_work_on_it(self, world: World, what: str) -> None:
        near, far = await two_wait(world)
        change = {
            "level": "UPDATE queue SET level = 2",
            "language": "UPDATE qualification SET languages = '{de}' WHERE freelancer_id = $1",
            "expired": "UPDATE qualification SET expires_at = now() WHERE freelancer_id = $1",
            "restricted": """INSERT INTO restriction (freelancer_id, kind, reason, imposed_by, ends_at)
                             VALUES ($1, 'block', 'while looked into', $2, now() + interval '1 day')""",
            "unread": "UPDATE queue SET must_read = 1",
            "line": "UPDATE queue SET line = 2",
        }[what]
        parameters = [far.id, world.curator.id][: change.count("$")]
        await db.execute(change, *parameters)
        await db.execute("UPDATE qualification SET level = 2, line = 2 WHERE freelancer_id = $1", near.id)
        await db.execute("INSERT INTO reading (freelancer_id, project_id, version) SELECT $1, id, 1 FROM project", near.id)
        await world.tickets(1)
        assert (await ask(near))[0] == 1

    async def test_not_who_has_had_the_task(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        near, far = await world.worker("near", weekly_norm=100), await world.worker("far", weekly_norm=100)
        await world.tickets(1)
        await has_claimed(near, 80)
        (held,) = await far.claim()
        await far.answer(held, {"topic": "a"}, next={"count": 1})
        assert (await ask(near))[0] == 1

    async def test_urgent_work_is_left_to_others_and_the_ordinary_that_is_plenty_taken(self, world: World) -> None:
        near, _ = await two_wait(world)
        await world.tickets(5)
        await world.tickets(1, first=5, text="urgent", urgent=True)
        got = await near.claim(3)
        assert [one["input"]["text"] == "urgent" for one in got] == [False, False, False]

    async def test_older_work_of_the_same_urgency_is_taken_past_the_new(self, world: World) -> None:
        near, _ = await two_wait(world)
        later = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=20)).isoformat()
        await world.tickets(1, text="old", deadline_at=later)
        await opened_s_ago(11)
        await db.execute("UPDATE gap SET asked_at = clock_timestamp()")
        await db.execute(
            """INSERT INTO gap (freelancer_id, starts_at, asked_at)
               SELECT id, now(), clock_timestamp() FROM account WHERE id = ANY ($1)""",
            waiting := await world.crowd(2, weekly_norm=100),
        )
        await db.execute("UPDATE workload w SET gap_id = g.id FROM gap g WHERE g.freelancer_id = w.freelancer_id AND w.freelancer_id = ANY ($1)", waiting)  # fmt: skip
        soon = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=5)).isoformat()
        await world.tickets(1, first=1, text="new", deadline_at=soon)
        assert [one["input"]["text"] for one in await near.claim(2)] == ["old"]
