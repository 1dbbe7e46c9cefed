"""Standings: what golden tasks and audits say of a person, and what follows from it at their next claim."""

from typing import Any
from uuid import UUID

import pytest

from piecework.platform import db
from piecework.platform.ids import uuid7
from piecework.quality.people import accuracy, standings
from piecework.quality.people.accuracy import Fact
from piecework.quality.statistics import Evidence
from piecework.tasks import attention
from piecework.tasks.workflows import read_step
from tests.quality.grading.test_grading import people, say
from tests.traceless import nothing_changes, rehearsed
from tests.world import World, choice_step


async def only_step() -> tuple[int, Any]:
    row = await db.row("SELECT id, spec FROM step")
    assert row is not None
    return row["id"], read_step(row["spec"])


async def tell(person: UUID, outcomes: str, kind: str = accuracy.GOLDEN) -> list[Fact]:
    """Evidence of answers, one a letter: r right, w wrong."""
    step_id, step = await only_step()
    facts = []
    for letter in outcomes:
        told = Evidence(1, 0) if letter == "r" else Evidence(0, 1)
        probability = None if kind == accuracy.GOLDEN else (0.99 if letter == "r" else 0.01)
        fact = Fact(uuid7(), person, step_id, kind, 1, told, agrees=letter == "r", probability=probability)
        async with db.transaction():
            await standings.lock([fact])
            await standings.advance(await accuracy.record([fact]), {step_id: step})
        facts.append(fact)
    return facts


async def standing(person: UUID) -> Any:
    return await db.row(
        "SELECT verdict, alarm, round(control_rate::numeric, 3) AS rate FROM standing WHERE freelancer_id = $1", person
    )


async def handed(person: UUID) -> Any:
    return await db.row("SELECT round(control_rate::numeric, 3) AS rate, trusted FROM attention WHERE freelancer_id = $1", person)


class TestVerdicts:
    async def test_nothing_is_known_of_a_newcomer_after_one_answer_and_the_rate_stays_high(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "r")
        assert [str(x) for x in await standing(person.id)] == ["unknown", "False", "0.200"]

    async def test_clearly_good_work_is_trusted_and_meets_few_golden_tasks(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "r" * 20)
        assert [str(x) for x in await standing(person.id)] == ["good", "False", "0.040"]
        assert [str(x) for x in await handed(person.id)] == ["0.040", "True"]

    async def test_clearly_bad_work_opens_one_case_with_its_evidence_and_restricts_nothing(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "wwrwwwrwww")
        assert (await standing(person.id))["verdict"] == "bad"
        cases = await db.rows("SELECT kind, people, state, evidence->>'right' AS right FROM suspicion")
        assert [(c["kind"], c["people"], c["state"]) for c in cases] == [("accuracy", [person.id], "open")]
        assert await db.scalar("SELECT count(*) FROM restriction") == 0
        await world.tickets(1)
        assert len(await person.claim()) == 1

    async def test_agreement_with_others_alone_leads_to_no_verdict(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "w" * 40, accuracy.OVERLAP)
        assert (await standing(person.id))["verdict"] == "unknown"

    async def test_a_fall_after_a_long_good_time_raises_the_rate_again(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "r" * 120)
        await tell(person.id, "w" * 6)
        assert [str(x) for x in await standing(person.id)] == ["unknown", "True", "0.200"]
        assert (await handed(person.id))["trusted"] is False

    async def test_something_new_about_a_person_starts_the_test_afresh(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "r" * 20)
        async with db.transaction():
            await standings.restart(person.id, "a new device")
        assert [str(x) for x in await standing(person.id)] == ["unknown", "False", "0.200"]
        assert await db.scalar("SELECT why FROM standing") == "a new device"

    async def test_something_new_does_not_make_mistakes_forgotten(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        for _ in range(10):
            await tell(person.id, "ww")
            async with db.transaction():
                await standings.restart(person.id, "a new device")
        assert (await standing(person.id))["verdict"] == "bad"
        assert await db.scalar("SELECT restarted_at FROM standing") is None

    async def test_found_bad_stays_bad_through_a_new_device_and_a_replay(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "w" * 8)
        step_id, _ = await only_step()
        async with db.transaction():
            await standings.restart(person.id, "a new device")
            await standings.replay([(person.id, step_id)])
        assert (await standing(person.id))["verdict"] == "bad"

    async def test_after_a_dismissed_case_the_test_begins_anew_and_may_open_another(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "w" * 8)
        case = await db.scalar("SELECT id FROM suspicion")
        body = {"decision": "dismiss", "reason": "The instruction was wrong that week."}
        await world.curator.ok("POST", f"/cases/{case}/decision", body)
        await world.drain()
        assert (await standing(person.id))["verdict"] == "unknown"
        await tell(person.id, "w" * 8)
        found = await db.rows("SELECT state FROM suspicion ORDER BY opened_at")
        assert [row["state"] for row in found] == ["dismissed", "open"]

    async def test_a_replay_gives_what_the_answers_gave_one_by_one(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        await tell(person.id, "rrwrrrwrrr")
        await tell(person.id, "rwr", accuracy.OVERLAP)
        step_id, step = await only_step()
        facts = [
            Fact(uuid7(), person.id, step_id, accuracy.GOLDEN, 1, Evidence(right, 1 - right), agrees=bool(right))
            for right in (1, 0, 0, 1, 1, 0, 1)
        ]
        async with db.transaction():  # many at once, in an order of their own
            await standings.lock(facts)
            await standings.advance(await accuracy.record(reversed(facts)), {step_id: step})
        before = await db.row("SELECT verdict, log_likelihood_ratio, chart, alarm FROM standing")
        async with db.transaction():
            await standings.replay([(person.id, step_id)])
        assert await db.row("SELECT verdict, log_likelihood_ratio, chart, alarm FROM standing") == before

    async def test_evidence_told_otherwise_is_replayed(self, world: World) -> None:
        await world.project(control_rate=0.2)
        (person,) = await people(world, 1)
        facts = await tell(person.id, "wwwwww")
        step_id, step = await only_step()
        again = [Fact(f.assignment_id, f.freelancer_id, step_id, accuracy.GOLDEN, 1, Evidence(1, 0), agrees=True) for f in facts]
        async with db.transaction():
            await standings.advance(await accuracy.record(again), {step_id: step})
        await world.drain()
        found = await db.row("SELECT verdict, log_likelihood_ratio < 0 AS good FROM standing")
        assert found == ("unknown", True)
        sums = await db.row("SELECT answers, right_count, wrong_count, agreed FROM accuracy")
        assert sums == (6, 6.0, 0.0, 6)


class TestWhoseAnswerTellsMost:
    async def split(self, world: World, *, at_work: bool = True) -> None:
        """A task whose two answers differ, so that a third is asked for; somebody known to be good has just answered another."""
        await world.project(choice_step(overlap=2, max_overlap=3))
        one, other, self.trusted, self.stranger = await people(world, 4)
        if at_work:
            await world.tickets(1, first=9)
            await say(self.trusted, topic="a")
            await say(one, topic="a")
        await world.tickets(1)
        step_id, _ = await only_step()
        async with db.transaction():
            await attention.watch([(self.trusted.id, step_id, 0.0, True)])
        await say(one, topic="a")
        await say(other, topic="b")
        await world.drain()

    async def test_one_more_answer_is_kept_for_people_known_to_be_good(self, world: World) -> None:
        await self.split(world)
        assert await self.stranger.claim() == []
        assert len(await self.trusted.claim()) == 1
        await world.verify()

    async def test_after_a_while_anybody_gets_it(self, world: World) -> None:
        await self.split(world)
        await db.execute("UPDATE slot SET reserved_until = now()")
        assert len(await self.stranger.claim()) == 1
        await world.verify()

    async def test_if_nobody_known_to_be_good_is_at_work_anybody_gets_it(self, world: World) -> None:
        await self.split(world, at_work=False)
        assert len(await self.stranger.claim()) == 1

    async def test_first_answers_are_kept_for_nobody(self, world: World) -> None:
        await self.split(world)
        await world.tickets(1, first=1)
        assert len(await self.stranger.claim()) == 1


async def test_a_score_says_its_evidence_in_words(world: World, subtests: pytest.Subtests) -> None:
    await world.project()
    (person,) = await people(world, 1)
    async with nothing_changes():
        for outcomes, words in [("rrw", "3 golden, 2 right"), ("r", "1 golden, 1 right")]:
            with subtests.test(outcomes=outcomes, words=words):
                async with rehearsed():
                    await tell(person.id, outcomes)
                    await tell(person.id, "rrrw", accuracy.OVERLAP)
                    (step,) = (await world.curator.ok("GET", f"/freelancers/{person.id}/accuracy"))["steps"]
                    assert step["words"] == f"{words}; agrees with the consensus in 3 of 4"
