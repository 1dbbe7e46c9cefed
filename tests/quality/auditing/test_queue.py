"""The curator's queue: everything that waits for a person in one list, in order, without their own work."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.auditing import queue
from tests.quality.admissions import way_world
from tests.quality.training import course_world
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

ORDER = ["dispute", "disagreement", "golden", "appeal", "acceptance", "audit"]


async def busy(world: World) -> list[Person]:
    """One thing of each kind in the queue, none due soon; returns the people whose answers they are about."""
    await world.project(choice_step(overlap=2, max_overlap=2, checking={"audit_rate": 0.0}))
    await world.tickets(5)
    people = [await world.worker(f"person{i}", max_held=20) for i in range(2)]
    for i, person in enumerate(people):
        for place, held in enumerate(sorted(await person.claim(5), key=lambda one: one["input"]["text"])):
            await person.answer(held, {"topic": "ab"[i] if place == 0 else "a"})
    await world.drain()
    answers = await db.rows(
        "SELECT a.* FROM assignment a JOIN task t ON t.id = a.task_id WHERE t.state = 'resolved' ORDER BY a.id"
    )
    for one, plan, due in zip(answers, ("third", "acceptance", "random"), (None, "5 days", None), strict=False):
        first = None
        if plan == "third":
            first = await db.scalar(
                """INSERT INTO audit (assignment_id, freelancer_id, task_id, step_id, project_id, plan, taken_by, auditor_id, done_at,
                                      answer, passed, reason)
                   VALUES ($1, $2, $3, $4, $5, 'random', $6, $6, now(), '{"topic": "a"}', '{"topic": true}', 'first') RETURNING id""",
                one["id"], one["freelancer_id"], one["task_id"], one["step_id"], one["project_id"], world.administrator.id,
            )  # fmt: skip
        await db.execute(
            """INSERT INTO audit (assignment_id, freelancer_id, task_id, step_id, project_id, plan, first_id, due_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8::text::interval)""",
            one["id"], one["freelancer_id"], one["task_id"], one["step_id"], one["project_id"], plan, first, due,
        )  # fmt: skip
    golden = {"step": "classify", "input": {"text": "known"}, "answers": [{"answer": {"topic": "a"}}]}
    author = await world.person("author", Role.CURATOR)
    await author.ok("POST", "/projects/orders/golden", golden)
    await db.execute("UPDATE golden SET state = 'quarantined'")
    await db.execute(
        """INSERT INTO appeal (freelancer_id, subject, subject_id, words, answer_by)
           VALUES ($1, 'answer', $2, 'it was right, look', now() + interval '9 days')""",
        people[0].id,
        answers[3]["id"],
    )
    return people


async def shown(curator: Person, **query: Any) -> list[dict[str, Any]]:
    return list((await curator.ok("GET", "/curator/queue", params=query))["items"])


async def kinds(curator: Person) -> list[str]:
    return [item["kind"] for item in await shown(curator)]


class TestOrder:
    async def test_the_kinds_come_in_the_order_of_what_they_hold_up(self, world: World) -> None:
        await busy(world)
        items = await shown(world.curator)
        assert [item["kind"] for item in items] == ORDER
        assert [item["priority"] for item in items] == [1, 2, 3, 4, 5, 6]
        assert all(item["why"] and item["since"] and item["project"] == "orders" for item in items)

    async def test_what_is_due_within_a_day_comes_first_by_when(self, world: World) -> None:
        await busy(world)
        await db.execute("UPDATE appeal SET answer_by = now() + interval '20 hours'")
        await db.execute("UPDATE audit SET due_at = now() + interval '2 hours' WHERE plan = 'acceptance'")
        items = await shown(world.curator)
        assert [item["kind"] for item in items] == ["acceptance", "appeal", "dispute", "disagreement", "golden", "audit"]
        assert [item["priority"] for item in items] == [0, 0, 1, 2, 3, 6]

    async def test_of_audits_the_more_valuable_comes_first_and_then_the_older(self, world: World) -> None:
        await world.project(choice_step(overlap=3))
        await world.tickets(1)
        for i in range(3):
            person = await world.worker(f"person{i}")
            (held,) = await person.claim()
            await person.answer(held, {"topic": "a"})
        await world.drain()
        await world.curator.ok("POST", "/projects/orders/audits/plan", {"plan": "random", "count": 3})
        ids = [row["id"] for row in await db.rows("SELECT id FROM audit ORDER BY id")]
        for identifier, value, hours in zip(ids, (0.1, 0.9, 0.1), (1, 1, 5), strict=True):
            await db.execute(
                "UPDATE audit SET value = $2, requested_at = now() - make_interval(hours => $3) WHERE id = $1",
                identifier,
                value,
                hours,
            )
        found = await queue.page(world.curator.id, queue.START, 10)
        assert [item["id"] for item in found] == [ids[1], ids[2], ids[0]]

    async def test_an_audit_is_not_told_apart_by_its_id(self, world: World) -> None:
        await busy(world)
        items = {item["kind"]: item["id"] for item in await shown(world.curator)}
        assert [kind for kind, identifier in items.items() if identifier is None] == ["disagreement", "acceptance", "audit"]
        assert items["dispute"] == await db.scalar("SELECT id::text FROM task WHERE state = 'disputed'")
        assert items["appeal"] == await db.scalar("SELECT id::text FROM appeal")


class TestThePeople:
    async def test_applications_interviews_homework_and_illnesses_wait_in_it_and_leave_it(self, world: World) -> None:
        await world.agree(world.freelancer)
        stages = way_world.stages("application", "interview", "live")
        await way_world.open_way(world, stages=stages)
        anna = await way_world.applicant(world)
        candidacy = await way_world.candidacy_of(anna)
        await course_world.publish(world, course_world.lesson("first", course_world.essay()))
        await course_world.begin(world.freelancer)
        await course_world.told(world.freelancer, "first", 1, {"text": "Soon."})
        start = datetime.now(UTC) + timedelta(days=1)
        ill = {"kind": "illness", "starts_at": start.isoformat(), "ends_at": (start + timedelta(days=8)).isoformat()}
        told = await world.freelancer.ok("POST", "/me/leave", ill)
        found = {item["kind"]: item for item in await shown(world.curator)}
        assert set(found) == {"application", "homework", "leave"}
        assert all(item["due_at"] > item["since"] for item in found.values())
        assert (found["application"]["id"], found["leave"]["id"]) == (candidacy, told["id"])
        assert await queue.waiting(world.curator.id) == 3
        own = {
            name: [one["kind"] for one in await queue.page(world.people[name].id, queue.START, 9)]
            for name in ("freelancer", "anna")
        }
        assert {name: sorted(own[name]) for name in own} == {"freelancer": ["application"], "anna": ["homework", "leave"]}
        await world.curator.ok("POST", f"/leave/{told['id']}/confirm", {"reason": "Get well."})
        assert "leave" not in await kinds(world.curator)
        await way_world.accepted(world, anna)
        await way_world.chosen(world, anna, candidacy)
        assert "application" not in await kinds(world.curator), "nobody can do anything before they meet"
        await way_world.booked(world, anna, candidacy)
        assert "application" in await kinds(world.curator)
        review = await way_world.asked(world, candidacy, world.curator)
        wanted = {item["kind"]: item for item in await shown(world.curator)}
        assert wanted["interview"]["id"] == review


class TestWhose:
    async def test_nobody_finds_their_own_work_in_it(self, world: World) -> None:
        people = await busy(world)
        await world.as_owner(f"UPDATE account SET roles = '{{freelancer,curator}}' WHERE id = '{people[0].id}'")
        found = await db.rows("SELECT count(*) FROM assignment WHERE freelancer_id = $1", people[0].id)
        assert found[0]["count"] == 5
        items = await queue.page(people[0].id, queue.START, 100)
        assert [item["kind"] for item in items] == ["golden"]

    async def test_nor_what_they_made_looked_at_or_decided(self, world: World) -> None:
        await busy(world)
        assert "golden" not in await kinds(world.people["author"])
        assert "disagreement" not in [item["kind"] for item in await queue.page(world.administrator.id, queue.START, 100)]
        task = await db.scalar("SELECT a.task_id FROM appeal p JOIN assignment a ON a.id = p.subject_id")
        await db.execute(
            """INSERT INTO truth (task_id, revision, answers, source, actor) VALUES ($1, 1, '[]', 'audit', $2)""",
            task,
            world.curator.id,
        )
        assert await kinds(world.curator) == [kind for kind in ORDER if kind != "appeal"]

    async def test_what_another_curator_holds_is_not_in_it_and_what_one_holds_is(self, world: World) -> None:
        await busy(world)
        other = await world.person("other", Role.CURATOR)
        await other.ok("POST", "/audits/take")
        assert await kinds(world.curator) == [kind for kind in ORDER if kind != "disagreement"]
        assert await kinds(other) == ORDER

    async def test_a_dispute_leaves_it_as_soon_as_it_is_decided(self, world: World) -> None:
        await busy(world)
        task = await db.scalar("SELECT id::text FROM task WHERE state = 'disputed'")
        await world.curator.ok("POST", f"/disputes/{task}", {"answer": {"topic": "a"}, "reason": "The ticket says so."})
        assert "dispute" not in await kinds(world.curator)


class TestPaging:
    async def test_pages_make_up_the_whole_without_gaps_or_repeats(self, world: World) -> None:
        await busy(world)
        await db.execute("UPDATE appeal SET answer_by = now() + interval '20 hours'")
        whole = await shown(world.curator)
        paged: list[dict[str, Any]] = []
        cursor = None
        while True:
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = await world.curator.ok("GET", "/curator/queue", params=query)
            paged += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert paged == whole
        assert len(whole) == 6

    async def test_a_cursor_that_is_not_ours_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for text in [
                "x",
                "",
                "W10=",
                "WzEsMSwxXQ==",
                "Wy0xLDFlOTk5LDAsIjAiXQ==",
                "é",
            ]:
                with subtests.test(text=text):
                    reply = await world.curator.call("GET", "/curator/queue", params={"cursor": text})
                    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "bad_cursor")

    async def test_it_takes_one_statement_however_long_it_is(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        await busy(world)
        asked: list[str] = []
        rows = db.rows

        async def counted(sql: str, *parameters: Any, **more: Any) -> Any:
            asked.append(sql)
            return await rows(sql, *parameters, **more)

        monkeypatch.setattr(queue.db, "rows", counted)
        assert len(await queue.page(world.curator.id, queue.START, 50)) == 6
        assert len(asked) == 1

    def test_a_place_survives_its_cursor(self) -> None:
        at = (3, -0.1234567890123456, 1_800_000_000.123456, uuid.UUID(int=7))
        assert queue.read_cursor(queue.cursor(at)) == at
