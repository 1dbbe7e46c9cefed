"""Disputes: answers that do not agree at the most that may be asked for go to a curator, who decides once."""

import uuid
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.auditing import disputes
from piecework.quality.grading import regrading
from tests import races
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World, choice_step

SETTLED = {"answer": {"topic": "a"}, "reason": "The ticket says so."}


async def disputed(world: World, topics: str = "ab", **changes: Any) -> tuple[str, list[Person]]:
    """A task whose answers are level; returns its id and who answered it."""
    most = len(topics)
    await world.project(choice_step(overlap=most, max_overlap=most, **changes))
    await world.tickets(1)
    people = [await world.worker(f"person{i}") for i in range(most)]
    for person, topic in zip(people, topics, strict=True):
        (held,) = await person.claim()
        assert (await person.answer(held, {"topic": topic})).status_code == 200
    await world.drain()
    assert await db.scalar("SELECT state FROM task") == "disputed"
    return await db.scalar("SELECT id::text FROM task"), people


class TestShowing:
    async def test_the_answers_are_shown_in_a_stable_order_without_their_authors(self, world: World) -> None:
        task, people = await disputed(world)
        replies = [await world.curator.call("GET", f"/disputes/{task}") for _ in range(2)]
        assert replies[0].json() == replies[1].json()
        shown = replies[0].json()
        assert [side["name"] for side in shown["sides"]] == ["A", "B"]
        assert sorted(side["answer"]["topic"] for side in shown["sides"]) == ["a", "b"]
        assert (shown["result"], shown["input"][0]["value"]) == (None, "ticket 0")
        given = [str(row["id"]) for row in await db.rows("SELECT id FROM assignment")]
        assert not any(text in replies[0].text for text in [*given, *(str(person.id) for person in people)])

    async def test_the_order_tells_nothing_of_who_was_first(self, world: World) -> None:
        await world.project(choice_step(overlap=2, max_overlap=2))
        await world.tickets(12)
        people = [await world.worker(f"person{i}", max_held=20) for i in range(2)]
        for person, topic in zip(people, "ab", strict=True):
            for held in await person.claim(12):
                await person.answer(held, {"topic": topic})
        await world.drain()
        firsts = set()
        for row in await db.rows("SELECT id FROM task WHERE state = 'disputed'"):
            shown = await world.curator.ok("GET", f"/disputes/{row['id']}")
            firsts.add(shown["sides"][0]["answer"]["topic"])
        assert firsts == {"a", "b"}

    async def test_there_is_nothing_to_see_of_a_task_that_is_not_disputed(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        task = await db.scalar("SELECT id::text FROM task")
        reply = await world.curator.call("GET", f"/disputes/{task}")
        assert (reply.status_code, reply.json()["code"]) == (409, "not_disputed")
        assert (await world.curator.call("GET", f"/disputes/{uuid.uuid4()}")).status_code == 404

    @pytest.mark.parametrize(("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ")])
    def test_names_go_on_after_z(self, place: int, name: str) -> None:
        assert disputes._letters(place) == name


class TestDeciding:
    async def test_the_answers_are_judged_and_the_ticket_goes_on(self, world: World) -> None:
        task, people = await disputed(world)
        await world.curator.ok("POST", f"/disputes/{task}", SETTLED)
        await world.drain()
        (right,) = (await people[0].ok("GET", "/me/assignments"))["items"]
        (wrong,) = (await people[1].ok("GET", "/me/assignments"))["items"]
        assert (right["state"], right["appeal_by"]) == ("accepted", None)
        assert (wrong["state"], wrong["reason"]) == ("rejected", "wrong_answer")
        assert wrong["explanation"] == "Topic: you answered B; the accepted answer is A. The curator: “The ticket says so.”"
        assert wrong["appeal_by"] is not None
        ticket = await db.row("SELECT state, result->'classify'->>'topic' AS topic FROM ticket")
        assert ticket == ("resolved", "a")
        await world.verify()

    async def test_what_nobody_said_may_be_right_too(self, world: World) -> None:
        task, _ = await disputed(world)
        await world.curator.ok("POST", f"/disputes/{task}", SETTLED | {"answer": {"topic": "c"}})
        await world.drain()
        assert await db.scalar("SELECT count(*) FROM assignment WHERE state = 'rejected'") == 2
        assert await db.scalar("SELECT result->'classify'->>'topic' FROM ticket") == "c"
        await world.verify()

    async def test_a_text_may_be_left_to_the_answer_that_is_right(self, world: World) -> None:
        fields = [choice_step()["answer"][0], {"name": "reply", "type": "text", "title": "Reply"}]
        await world.project(choice_step(overlap=2, max_overlap=2, answer=fields))
        await world.tickets(1)
        for i, topic in enumerate("ab"):
            person = await world.worker(f"person{i}")
            (held,) = await person.claim()
            await person.answer(held, {"topic": topic, "reply": f"reply {topic}"})
        await world.drain()
        task = await db.scalar("SELECT id::text FROM task")
        await world.curator.ok("POST", f"/disputes/{task}", SETTLED | {"answer": {"topic": "b"}})
        await world.drain()
        assert await db.scalar("SELECT result->'classify'->>'reply' FROM ticket") == "reply b"
        await world.verify()

    async def test_it_is_decided_once(self, world: World, subtests: pytest.Subtests) -> None:
        task, _ = await disputed(world)
        await world.curator.ok("POST", f"/disputes/{task}", SETTLED)
        async with nothing_changes():
            for drained in [False, True]:
                with subtests.test(drained=drained):
                    async with rehearsed():
                        if drained:
                            await world.drain()
                        reply = await world.curator.call("POST", f"/disputes/{task}", SETTLED | {"answer": {"topic": "b"}})
                        assert (reply.status_code, reply.json()["code"]) == (409, "not_disputed")

    async def test_an_answer_that_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        task, _ = await disputed(world)
        async with nothing_changes():
            for answer in [{}, {"topic": "z"}, {"topic": "a", "other": 1}]:
                with subtests.test(answer=answer):
                    reply = await world.curator.call("POST", f"/disputes/{task}", SETTLED | {"answer": answer})
                    assert reply.status_code == 422

    async def test_who_answered_it_neither_sees_nor_decides_it(self, world: World) -> None:
        await world.person("person0", Role.FREELANCER, Role.CURATOR)
        task, people = await disputed(world)
        for method, body in (("GET", None), ("POST", SETTLED)):
            reply = await people[0].call(method, f"/disputes/{task}", body)
            assert (reply.status_code, reply.json()["code"]) == (409, "own_work")


class TestRaces:
    async def race(self, world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], int]:
        """Three curators decide one task at once, stopping between reading and writing; the replies' codes, and how many truths."""
        task, _ = await disputed(world)
        curators = [await world.person(f"curator{i}", Role.CURATOR) for i in range(3)]
        monkeypatch.setattr(disputes, "specs_of", races.stop_before(disputes.specs_of))
        replies = await world.race(
            *(
                curator.call("POST", f"/disputes/{task}", SETTLED | {"answer": {"topic": "abc"[i % 3]}})
                for i, curator in enumerate(curators)
            )
        )
        return sorted(reply.status_code for reply in replies), await db.scalar("SELECT count(*) FROM truth")

    async def test_of_several_at_once_one_wins(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert await self.race(world, monkeypatch) == ([200] + [409] * 2, 1)
        await world.drain()
        assert await db.scalar("SELECT state FROM task") == "resolved"
        await world.verify()

    async def test_without_the_lock_the_others_are_not_told_why(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "FOR UPDATE" in regrading.LOCK_TASKS
        monkeypatch.setattr(regrading, "LOCK_TASKS", regrading.LOCK_TASKS.replace("FOR UPDATE", ""))
        codes, _ = await self.race(world, monkeypatch)
        assert 409 not in codes  # a second truth is made, or the database alone refuses it
