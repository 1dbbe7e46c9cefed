"""Audits through the whole: taken over the API, blind; what they change in scores, decisions and results."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.auditing import auditing, second_looks
from piecework.quality.grading import deadlines, regrading
from tests import races
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

REASON = "The ticket says so in its first line."
REPLY = {"name": "reply", "type": "text", "title": "Reply", "max_length": 200}
TOPIC = choice_step()["answer"][0]


async def answered(world: World, topics: Sequence[str] = "aaa", *, tickets: int = 1, **changes: Any) -> list[Person]:
    """Tickets of one choice step, each answered by one person a letter; graded."""
    await world.project(choice_step(overlap=len(topics), **changes))
    await world.tickets(tickets)
    people = [await world.worker(f"person{i}", max_held=20) for i in range(len(topics))]
    for person, topic in zip(people, topics, strict=True):
        for held in await person.claim(tickets):
            assert (await person.answer(held, {"topic": topic})).status_code == 200
    await world.drain()
    return people


async def plan(world: World, kind: str = "random", count: int = 100, **more: Any) -> int:
    reply = await world.curator.ok("POST", "/projects/orders/audits/plan", {"plan": kind, "count": count, **more})
    return int(reply["requested"])


async def take(curator: Person) -> Any:
    return (await curator.ok("POST", "/audits/take"))["audit"]


async def record(curator: Person, taken: Any, answer: dict[str, Any] | None = None, **more: Any) -> Any:
    return await curator.call("POST", f"/audits/{taken['id']}", {"answer": answer or {}, "reason": REASON, **more})


async def audit(curator: Person, answer: dict[str, Any] | None = None, **more: Any) -> Any:
    """Take one audit and record it; returns what it found."""
    taken = await take(curator)
    assert taken is not None
    reply = await record(curator, taken, answer, **more)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def curators(world: World, count: int) -> list[Person]:
    return [await world.person(f"curator{i}", Role.CURATOR) for i in range(count)]


async def states(world: World) -> list[tuple[str, int]]:
    return [(row["state"], row["share"]) for row in await db.rows("SELECT state, share FROM assignment ORDER BY id")]


async def restrict(world: World, person: Person) -> None:
    await db.execute(
        """INSERT INTO restriction (freelancer_id, kind, reason, imposed_by, ends_at)
           VALUES ($1, 'audits', 'for the test it is', $2, now() + interval '9 days')""",
        person.id,
        world.administrator.id,
    )


async def waiting(world: World, *fields: dict[str, Any], **answer: Any) -> Person:
    """One answer of a person whose work is looked at before it is accepted, in a step of one answer."""
    await world.project(choice_step(overlap=1, answer=list(fields) or [TOPIC]))
    await world.tickets(1)
    person = await world.worker("watched")
    await restrict(world, person)
    (held,) = await person.claim()
    assert (await person.answer(held, answer)).status_code == 200
    await world.drain()
    return person


class TestBlindness:
    async def test_a_curator_sees_the_task_and_nothing_of_the_answer_or_its_author(self, world: World) -> None:
        people = await answered(world, "aab")
        await plan(world)
        reply = await world.curator.call("POST", "/audits/take")
        shown = reply.json()["audit"]
        assert set(shown) == {
            "id", "taken_until", "project", "step", "title", "instruction", "input", "answer", "answer_schema", "words"
        }  # fmt: skip
        assert shown["input"] == [{"name": "text", "title": "Text", "value": "ticket 0"}]
        assert not any(str(person.id) in reply.text for person in people)
        audited = await db.row("SELECT assignment_id, task_id FROM audit WHERE id = $1", uuid.UUID(shown["id"]))
        assert audited is not None
        assert not any(str(value) in reply.text for value in audited.values())

    async def test_words_that_nothing_can_compare_are_shown_without_the_rest(self, world: World) -> None:
        await waiting(world, TOPIC, REPLY, topic="c", reply="Dear customer")
        shown = await take(world.curator)
        assert shown["words"] == [{"name": "reply", "title": "Reply", "value": "Dear customer"}]
        assert [field["name"] for field in shown["answer"]] == ["topic"]
        assert list(shown["answer_schema"]["properties"]) == ["topic"]

    async def test_what_was_found_is_told_when_it_is_done(self, world: World) -> None:
        await answered(world, "aaab")
        await plan(world)
        found = await audit(world.curator, {"topic": "a"})
        assert (found["answers"], found["same"], found["consensus"]) == (4, 3, {"topic": "a"})
        assert found["fields"] == {"topic": found["answer"]["topic"] == "a"}

    async def test_a_reason_is_asked_for_whatever_the_outcome_so_that_a_refusal_tells_nothing(self, world: World) -> None:
        await answered(world, "aab")
        await plan(world)
        taken = await take(world.curator)
        for topic in "ab":
            reply = await world.curator.call("POST", f"/audits/{taken['id']}", {"answer": {"topic": topic}})
            assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "reason")

    async def test_it_must_answer_what_is_compared_and_judge_each_text(self, world: World, subtests: pytest.Subtests) -> None:
        await waiting(world, TOPIC, REPLY, topic="a", reply="Dear customer")
        taken = await take(world.curator)
        async with nothing_changes():
            for answer, passed in [
                ({}, {"reply": True}),
                ({"topic": "z"}, {"reply": True}),
                ({"topic": "a"}, {}),
                ({"topic": "a"}, {"topic": True}),
            ]:
                with subtests.test(answer=answer, passed=passed):
                    reply = await record(world.curator, taken, answer, passed=passed)
                    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")


class TestTaking:
    async def test_one_keeps_what_one_took_and_others_get_another(self, world: World) -> None:
        await answered(world)
        await plan(world)
        (other,) = await curators(world, 1)
        first = await take(world.curator)
        assert (await take(world.curator))["id"] == first["id"]
        assert (await take(other))["id"] != first["id"]

    async def test_without_audits_there_is_nothing_to_take(self, world: World) -> None:
        assert await take(world.curator) is None

    async def test_nobody_audits_their_own_answer_or_task_or_decision(self, world: World) -> None:
        await world.person("both", Role.FREELANCER, Role.CURATOR)
        await world.project(choice_step(overlap=2))
        await world.tickets(1)
        both, other = await world.worker("both"), await world.worker("other")
        held = [(await person.claim())[0] for person in (both, other)]
        for person, mine in zip((both, other), held, strict=True):
            await person.answer(mine, {"topic": "a"})
        verdict = {"verdict": "accept", "reason": "seen by hand"}
        await world.curator.ok("POST", f"/assignments/{held[0]['id']}/review", verdict)
        await world.drain()
        assert await plan(world) == 2
        assert await take(both) is None
        taken = await take(world.curator)
        assert await db.scalar("SELECT assignment_id::text FROM audit WHERE id = $1", uuid.UUID(taken["id"])) == held[1]["id"]

    async def test_after_its_time_an_audit_goes_to_somebody_else_and_the_first_is_too_late(self, world: World) -> None:
        await answered(world, "aa")
        assert await plan(world, count=1) == 1
        (other,) = await curators(world, 1)
        taken = await take(world.curator)
        assert await take(other) is None
        await db.execute("UPDATE audit SET taken_until = now() - interval '1 second'")
        assert (await take(other))["id"] == taken["id"]
        reply = await record(world.curator, taken, {"topic": "a"})
        assert (reply.status_code, reply.json()["code"]) == (409, "audit_not_taken")
        assert (await record(other, taken, {"topic": "a"})).status_code == 200
        again = await record(other, taken, {"topic": "a"})
        assert (again.status_code, again.json()["code"]) == (409, "audit_ended")
        await world.verify()

    async def test_who_works_on_the_task_after_taking_its_audit_may_not_finish_it(self, world: World) -> None:
        await answered(world, "aa")
        await plan(world, count=1)
        taken = await take(world.curator)
        await db.execute(
            """INSERT INTO assignment (task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at)
               SELECT id, $1, step_id, project_id, 0, 0, now() FROM task""",
            world.curator.id,
        )
        reply = await record(world.curator, taken, {"topic": "a"})
        assert (reply.status_code, reply.json()["code"]) == (409, "own_work")

    async def test_another_persons_id_is_nothing(self, world: World) -> None:
        reply = await record(world.curator, {"id": uuid.uuid4()}, {"topic": "a"})
        assert reply.status_code == 404


class TestWhatFollows:
    async def test_a_found_mistake_changes_scores_and_the_result_but_no_pay(self, world: World) -> None:
        people = await answered(world, "aaa")
        await plan(world, count=1)
        found = await audit(world.curator, {"topic": "b"})
        assert found["fields"] == {"topic": False}
        await world.drain()
        assert await states(world) == [("accepted", 10_000)] * 3
        assert await db.scalar("SELECT result->'classify'->>'topic' FROM ticket") == "b"
        kinds = await db.rows("SELECT kind, agrees FROM evidence_now")
        assert [(row["kind"], row["agrees"]) for row in kinds] == [("audit", False)] * 3
        accuracy = await world.curator.ok("GET", f"/freelancers/{people[0].id}/accuracy")
        assert accuracy["steps"][0]["words"] == "1 audited, 0 right"
        await world.verify()

    async def test_a_rejection_that_an_audit_finds_wrong_is_taken_back_and_paid(self, world: World) -> None:
        people = await answered(world, "aaab")
        assert [state for state, _ in await states(world)] == ["accepted"] * 3 + ["rejected"]
        await plan(world, "class", value={"field": "topic", "value": "b"})
        await audit(world.curator, {"topic": "b"})
        await world.drain()
        assert await states(world) == [("accepted", 10_000)] * 4
        (row,) = (await people[3].ok("GET", "/me/assignments"))["items"]
        assert (row["earned"], row["appeal_by"]) == ("2.5000", None)
        await world.verify()

    async def test_agreeing_with_what_is_known_already_still_counts_the_answer(self, world: World) -> None:
        await answered(world, "aaa", checking={"second_rate": 0.0})
        await plan(world)
        other, third = await curators(world, 2)
        for curator in (world.curator, other, third):
            await audit(curator, {"topic": "a"})
            await world.drain()
        assert await db.scalar("SELECT max(revision) FROM truth") == 1
        assert await db.scalar("SELECT count(*) FROM evidence_now WHERE kind = 'audit' AND agrees") == 3
        await world.verify()

    async def test_a_waiting_answer_is_refused_with_reason_evidence_and_a_time_to_appeal(self, world: World) -> None:
        person = await waiting(world, topic="b")
        assert await db.scalar("SELECT state FROM task") == "open"
        await audit(world.curator, {"topic": "a"})
        (row,) = (await person.ok("GET", "/me/assignments"))["items"]
        assert (row["state"], row["reason"]) == ("rejected", "wrong_answer")
        assert row["explanation"] == f"Topic: you answered B; the accepted answer is A. The curator: “{REASON}”"
        assert row["appeal_by"] is not None
        await world.drain()
        assert await db.scalar("SELECT result->'classify'->>'topic' FROM ticket WHERE state = 'resolved'") == "a"
        await world.verify()

    async def test_a_waiting_answer_that_is_right_is_paid_and_its_ticket_goes_on(self, world: World) -> None:
        await waiting(world, topic="a")
        await audit(world.curator, {"topic": "a"})
        await world.drain()
        assert await states(world) == [("accepted", 10_000)]
        assert await db.scalar("SELECT state FROM ticket") == "resolved"
        await world.verify()

    async def test_a_text_that_is_not_good_is_refused_and_asked_of_somebody_else(self, world: World) -> None:
        await waiting(world, REPLY, reply="no")
        await audit(world.curator, passed={"reply": False})
        await world.drain()
        assert await states(world) == [("rejected", 0)]
        assert await db.scalar("SELECT explanation FROM assignment") == (
            f"Reply: a curator read it and did not accept it. The curator: “{REASON}”"
        )
        assert await db.scalar("SELECT right_count = 0 AND wrong_count = 1 FROM evidence_now WHERE kind = 'audit'")
        other = await world.worker("other")
        (held,) = await other.claim()
        await other.answer(held, {"reply": "Dear customer"})
        await world.drain()
        assert await db.scalar("SELECT result->'classify'->>'reply' FROM ticket WHERE state = 'resolved'") == "Dear customer"
        await world.verify()

    async def test_a_good_text_is_accepted_and_becomes_the_result(self, world: World) -> None:
        await waiting(world, REPLY, reply="Dear customer")
        await audit(world.curator, passed={"reply": True})
        await world.drain()
        assert await states(world) == [("accepted", 10_000)]
        assert await db.scalar("SELECT result->'classify'->>'reply' FROM ticket WHERE state = 'resolved'") == "Dear customer"
        await world.verify()

    async def test_a_right_choice_with_a_bad_text_is_paid_in_part_and_only_the_text_is_asked_for_anew(self, world: World) -> None:
        await waiting(world, TOPIC, REPLY | {"weight": 3.0}, topic="a", reply="no")
        await audit(world.curator, {"topic": "a"}, passed={"reply": False})
        await world.drain()
        assert await states(world) == [("accepted", 2_500)]
        assert await db.scalar("SELECT state FROM task") == "open"
        other = await world.worker("other")
        (held,) = await other.claim()
        await other.answer(held, {"topic": "a", "reply": "Dear customer"})
        await world.drain()
        assert await states(world) == [("accepted", 2_500), ("accepted", 10_000)]
        assert await db.scalar("SELECT result->'classify' FROM ticket WHERE state = 'resolved'") == (
            '{"reply": "Dear customer", "topic": "a"}'
        )
        await world.verify()

    async def test_a_bad_text_found_after_the_ticket_went_out_changes_the_score_alone(self, world: World) -> None:
        await world.project(choice_step(overlap=1, answer=[TOPIC, REPLY]))
        await world.tickets(1)
        person = await world.worker("writer")
        (held,) = await person.claim()
        await person.answer(held, {"topic": "a", "reply": "no"})
        await world.drain()
        await plan(world)
        await audit(world.curator, {"topic": "a"}, passed={"reply": False})
        await world.drain()
        assert await states(world) == [("accepted", 10_000)]
        assert await db.scalar("SELECT result->'classify'->>'reply' FROM ticket") == "no"
        assert await db.scalar("SELECT (right_count, wrong_count) = (0.5, 0.5) FROM evidence_now WHERE kind = 'audit'")
        await world.verify()

    async def test_the_deadline_accepts_what_nobody_audited_and_the_audit_ends(self, world: World) -> None:
        await waiting(world, topic="b")
        taken = await take(world.curator)
        await db.execute("UPDATE assignment SET ended_at = now() - interval '8 days'")
        await world.drain_recurring("quality.deadlines")
        await world.drain()
        assert await states(world) == [("accepted", 10_000)]
        reply = await record(world.curator, taken, {"topic": "a"})
        assert (reply.status_code, reply.json()["code"]) == (409, "audit_ended")
        assert await db.scalar("SELECT state FROM ticket") == "resolved"
        await world.verify()

    async def test_what_an_appeal_decided_no_later_audit_changes(self, world: World) -> None:
        await world.project(choice_step(overlap=1, checking={"second_rate": 1.0}))
        await world.tickets(1)
        person = await world.worker("watched")
        await restrict(world, person)
        (held,) = await person.claim()
        await person.answer(held, {"topic": "b"})
        await world.drain()
        arbiter, second, third = await curators(world, 3)
        await audit(world.curator, {"topic": "a"})
        await world.drain()
        words = {"subject": "answer", "id": held["id"], "words": "It says b in the second line."}
        appeal = await person.ok("POST", "/appeals", words)
        await arbiter.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "uphold", "reply": "So it does, indeed."})
        await world.drain()
        known = await db.scalar("SELECT answers FROM truth_now")
        for curator in (second, third):
            await audit(curator, {"topic": "c"})
            await world.drain()
        assert await states(world) == [("accepted", 10_000)]
        assert await db.scalar("SELECT answers FROM truth_now") == known
        assert await db.scalar("SELECT agrees FROM evidence_now WHERE kind = 'audit'")
        await world.verify()


class TestPlans:
    async def test_each_answer_is_drawn_once(self, world: World) -> None:
        await answered(world, "aaa", tickets=4)
        assert await plan(world, count=5) == 5
        assert await plan(world, count=100) == 7
        assert await plan(world, count=100) == 0
        await world.verify()

    async def test_by_risk_the_doubtful_answers_come_first_and_what_is_known_never(self, world: World) -> None:
        await world.project(choice_step(overlap=3, max_overlap=3, confidence=0.5))
        sure, doubtful, known = await world.tickets(3)
        people = [await world.worker(f"person{i}", max_held=20) for i in range(3)]
        said = {sure: "aaa", doubtful: "aab", known: "abb"}
        tasks = {row["id"]: str(row["ticket_id"]) for row in await db.rows("SELECT id, ticket_id FROM task")}
        for i, person in enumerate(people):
            for held in await person.claim(3):
                task_id = await db.scalar("SELECT task_id FROM assignment WHERE id = $1", uuid.UUID(held["id"]))
                await person.answer(held, {"topic": said[tasks[task_id]][i]})
        await world.drain()
        await db.execute(
            """INSERT INTO truth (task_id, revision, answers, source, actor)
               SELECT id, 1, '[{"answer": {"topic": "b"}, "weight": 1}]', 'dispute', $2 FROM task WHERE ticket_id = $1""",
            uuid.UUID(known),
            world.curator.id,
        )
        assert await plan(world, "risk", 2) == 2  # the two who agree with each other, against the third
        drawn = await db.rows("SELECT DISTINCT t.ticket_id FROM audit u JOIN task t ON t.id = u.task_id")
        assert [str(row["ticket_id"]) for row in drawn] == [doubtful]
        assert await plan(world, "risk", 100) == 4

    async def test_of_one_person_one_step_one_class_or_lately(self, world: World) -> None:
        people = await answered(world, "aaab", tickets=2)
        assert await plan(world, "person", freelancer_id=str(people[0].id)) == 2
        assert await plan(world, "class", value={"field": "topic", "value": "b"}) == 2
        await db.execute("UPDATE assignment SET decided_at = now() - interval '9 days' WHERE freelancer_id = $1", people[1].id)
        assert await plan(world, since_days=7) == 2
        assert await plan(world, step="classify") == 2

    async def test_a_plan_that_makes_no_sense_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for body in [
                {"plan": "person", "count": 1},
                {"plan": "class", "count": 1},
                {"plan": "random", "count": 0},
                {"plan": "random", "count": 1, "freelancer_id": str(uuid.UUID(int=1))},
                {"plan": "second", "count": 1},
            ]:
                with subtests.test(body=body):
                    assert (await world.curator.call("POST", "/projects/orders/audits/plan", body)).status_code == 422

    async def test_a_step_that_is_not_there_is_not_found(self, world: World) -> None:
        await world.project()
        reply = await world.curator.call("POST", "/projects/orders/audits/plan", {"plan": "random", "count": 1, "step": "none"})
        assert reply.status_code == 404

    async def test_golden_answers_are_never_drawn(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        golden = {"step": "classify", "input": {"text": "known"}, "answers": [{"answer": {"topic": "a"}}]}
        await world.curator.ok("POST", "/projects/orders/golden", golden)
        await db.execute("UPDATE queue SET control_rate = 1")
        await world.tickets(2)
        for i in range(2):
            person = await world.worker(f"person{i}")
            (held,) = await person.claim()
            await person.answer(held, {"topic": "a"})
        await world.drain()
        assert await db.scalar("SELECT state FROM task WHERE ticket_id IS NULL") == "resolved"
        assert await plan(world) == 0


class TestRaces:
    async def takers(self, world: World) -> list[str]:
        """Seven curators take at once, stopping when they have chosen; returns the audits taken."""
        await answered(world, "aaaa", tickets=2)
        await plan(world, count=8)
        everybody = await curators(world, 7)
        await world.as_owner(
            f"CREATE FUNCTION stops() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM {races.STOP}; RETURN NEW; END $$",
            "CREATE TRIGGER stops BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION stops()",
        )
        return [one["id"] for one in await world.race(*(take(curator) for curator in everybody))]

    async def test_two_never_get_the_same_audit(self, world: World) -> None:
        assert len(set(await self.takers(world))) == 7

    async def test_without_its_lock_they_would(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "FOR UPDATE OF u SKIP LOCKED" in auditing.TAKE
        monkeypatch.setattr(auditing, "TAKE", auditing.TAKE.replace("FOR UPDATE OF u SKIP LOCKED", ""))
        assert len(set(await self.takers(world))) == 1

    async def at_the_deadline(self, world: World, monkeypatch: pytest.MonkeyPatch) -> bool:
        """The deadline of an audit passes while it is recorded, between reading and writing; true if all ended well."""
        await waiting(world, topic="b")
        taken = await take(world.curator)
        await db.execute("UPDATE assignment SET ended_at = now() - interval '8 days'")
        monkeypatch.setattr(second_looks, "of", races.stop_before(second_looks.of))
        reply, passed = await world.overtake(
            [record(world.curator, taken, {"topic": "a"})], [races.in_transaction(deadlines.accept_overdue)]
        )
        await world.drain()
        rows = await db.rows(
            """SELECT a.state, u.done_at IS NOT NULL AS audited, u.lapsed_at IS NOT NULL AS lapsed,
                      (SELECT count(*) FROM decision d WHERE d.assignment_id = a.id) AS decisions
               FROM assignment a JOIN audit u ON u.assignment_id = a.id AND u.plan = 'acceptance'"""
        )
        came_first = [("rejected", True, False, 1)]
        return (
            not isinstance(passed, BaseException)
            and not isinstance(reply, BaseException)
            and reply.status_code == 200
            and [tuple(row) for row in rows] == came_first
            and await world.broken() == []
        )

    async def test_an_audit_and_its_deadline_at_once_make_one_decision(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert await self.at_the_deadline(world, monkeypatch)

    async def test_without_the_lock_of_the_task_they_would_not(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "FOR UPDATE" in regrading.LOCK_TASKS
        monkeypatch.setattr(regrading, "LOCK_TASKS", regrading.LOCK_TASKS.replace("FOR UPDATE", ""))
        assert not await self.at_the_deadline(world, monkeypatch)

    async def test_an_audit_and_the_judging_anew_at_once_end_with_the_newest_truth(self, world: World) -> None:
        await answered(world, "aaa", tickets=5, checking={"second_rate": 0.0})
        await plan(world)
        everybody = await curators(world, 10)
        tasks = [row["id"] for row in await db.rows("SELECT id FROM task")]

        async def judge() -> None:
            for _ in range(5):
                known = [row["task_id"] for row in await db.rows("SELECT task_id FROM truth_now WHERE task_id = ANY ($1)", tasks)]
                async with db.transaction():
                    await regrading.regrade(known)

        async def look(curator: Person, topic: str) -> None:
            await audit(curator, {"topic": topic})

        await asyncio.gather(judge(), judge(), *(look(c, "ab"[i % 2]) for i, c in enumerate(everybody)))
        await world.drain()
        wrong = await db.rows(
            """SELECT 1 FROM evidence_now e JOIN assignment a ON a.id = e.assignment_id JOIN answer n ON n.assignment_id = a.id
               JOIN truth_now r ON r.task_id = a.task_id
               WHERE e.kind <> 'audit' OR e.agrees <> (n.body->>'topic' = r.answers->0->'answer'->>'topic')"""
        )
        assert wrong == []
        await world.verify()
