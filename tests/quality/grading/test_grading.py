"""Grading through the whole: answers come over the API, the jobs grade them, replies and rows tell what came of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.comparing.consensus import Vote, decide
from piecework.quality.grading import judging
from piecework.quality.grading.deadlines import accept_overdue
from piecework.quality.grading.grading import grade
from piecework.quality.grading.judging import Call
from piecework.tasks.workflows import StepSpec
from tests.quality.people.test_own_accuracy import a_day_passes
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World, choice_step

YES = {"name": "good", "type": "yes_no", "title": "Good?"}
WORDS = {"name": "words", "type": "text", "title": "Words", "required": False}


async def people(world: World, count: int) -> list[Person]:
    return [await world.worker(f"person{i}", "orders", max_held=20) for i in range(count)]


async def say(person: Person, **answer: Any) -> dict[str, Any]:
    """Claim one task and answer it; returns the assignment."""
    (held,) = await person.claim()
    reply = await person.answer(held, answer)
    assert reply.status_code == 200, reply.text
    return held


async def states(world: World) -> list[str]:
    return [row["state"] for row in await db.rows("SELECT state FROM assignment ORDER BY id")]


async def task(column: str) -> Any:
    return await db.scalar(f"SELECT {column} FROM task")


class TestConsensus:
    async def test_nothing_is_decided_before_all_answers_are_there(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        one, other, _ = await people(world, 3)
        await say(one, topic="a")
        await say(other, topic="a")
        await world.drain()
        assert await states(world) == ["submitted", "submitted"]
        assert await task("state") == "open"
        await world.verify()

    async def test_answers_that_agree_are_accepted_and_the_ticket_is_resolved(self, world: World) -> None:
        await world.project()
        (ticket,) = await world.tickets(1)
        for person in await people(world, 3):
            await say(person, topic="a")
        await world.drain()
        assert await states(world) == ["accepted"] * 3
        shown = await world.curator.ok("GET", f"/tickets/{ticket}")
        assert (shown["state"], shown["result"], shown["tasks"][0]["answers"]) == ("resolved", {"classify": {"topic": "a"}}, 3)
        await world.verify()

    async def test_a_refuted_answer_is_rejected_with_the_reason_in_words(self, world: World) -> None:
        await world.project(choice_step(overlap=4))
        await world.tickets(1)
        for person, topic in zip(await people(world, 4), "aaab", strict=True):
            await say(person, topic=topic)
        await world.drain()
        assert await states(world) == ["accepted"] * 3 + ["rejected"]
        refused = await db.row("SELECT reason, explanation FROM assignment WHERE state = 'rejected'")
        assert refused == ("wrong_answer", "Topic: you answered B; the accepted answer is A.")
        await world.verify()

    @pytest.mark.parametrize(
        ("accuracy", "call", "share"), [(0.6, Call.AUDIT, 10_000), (0.9, Call.DECIDE, 0)], ids=["doubtful", "refuted"]
    )
    def test_a_minority_is_rejected_only_if_the_others_are_good_enough(self, accuracy: float, call: Call, share: int) -> None:
        step = StepSpec.model_validate(choice_step(answer=[YES]))
        votes = [Vote({"good": good}, accuracy) for good in (True, False, True)]
        found = decide(step.answer, votes)
        judged = [judging.by_consensus(step, v.answer, found.result, s) for v, s in zip(votes, found.standings, strict=True)]
        assert [one.share for one in (judged[0], judged[2])] == [10_000, 10_000]
        assert (judged[1].call, judged[1].share) == (call, share)

    async def test_an_answer_right_in_one_field_of_two_earns_half(self, world: World) -> None:
        await world.project(choice_step(overlap=4, answer=[*choice_step()["answer"], YES]))
        await world.tickets(1)
        for person, topic in zip(await people(world, 4), "aaab", strict=True):
            await say(person, topic=topic, good=True)
        await world.drain()
        partly = await db.row("SELECT state, share, reason, explanation FROM assignment WHERE share < 10000")
        assert partly == ("accepted", 5000, "partly_wrong", "Topic: you answered B; the accepted answer is A.")
        mine = (await world.people["person3"].ok("GET", "/me/assignments"))["items"][0]
        assert (mine["state"], mine["price"], mine["earned"]) == ("accepted", "2.5000", "1.2500")
        await world.verify()

    async def test_every_decision_is_kept_with_what_it_rests_on(self, world: World) -> None:
        await world.project(choice_step(overlap=4))
        await world.tickets(1)
        for person, topic in zip(await people(world, 4), "aaab", strict=True):
            await say(person, topic=topic)
        await world.drain()
        found = await db.rows("SELECT state, share, basis, revision FROM decision ORDER BY assignment_id")
        assert [tuple(row) for row in found] == [("accepted", 10_000, "consensus", 1)] * 3 + [("rejected", 0, "consensus", 1)]


class TestReviewDeadline:
    async def doubtful(self, world: World) -> None:
        """Three answers of people of whom little is known; the one that differs is neither likely nor refuted."""
        await world.project(choice_step(answer=[YES], checking={"review_days": 3, "reject_below": 0.01}))
        await world.tickets(1)
        for person, good in zip(await people(world, 3), (True, True, False), strict=True):
            await say(person, good=good)
        await world.drain()

    async def test_an_answer_in_doubt_waits_for_an_audit_and_says_until_when(self, world: World) -> None:
        await self.doubtful(world)
        assert await states(world) == ["accepted", "accepted", "submitted"]
        waiting = await db.row("SELECT plan, due_at - ended_at AS wait FROM audit JOIN assignment a ON a.id = assignment_id")
        assert waiting == ("acceptance", timedelta(days=3))
        mine = (await world.people["person2"].ok("GET", "/me/assignments"))["items"][0]
        assert datetime.fromisoformat(mine["decided_by"]) - datetime.fromisoformat(mine["ended_at"]) == timedelta(days=3)
        await world.verify()

    async def test_what_nobody_decided_in_time_is_accepted_and_paid(self, world: World) -> None:
        await self.doubtful(world)
        await db.execute("UPDATE assignment SET ended_at = ended_at - interval '3 days' WHERE state = 'submitted'")
        async with db.transaction():
            assert await accept_overdue() == 1
        await world.drain()
        assert await states(world) == ["accepted"] * 3
        assert await db.scalar("SELECT basis FROM decision ORDER BY decided_at DESC LIMIT 1") == "deadline"
        assert await db.scalar("SELECT lapsed_at IS NOT NULL FROM audit")
        earned = (await world.people["person2"].ok("GET", "/me/earnings"))["earnings"]
        assert [one["payable"] for one in earned] == ["2.5000"]
        await world.verify()

    async def test_before_the_deadline_nothing_is_decided_by_it(self, world: World) -> None:
        await self.doubtful(world)
        async with db.transaction():
            assert await accept_overdue() == 0


class TestDynamicOverlap:
    async def test_doubt_asks_for_one_more_answer_at_a_time_until_it_is_sure(self, world: World) -> None:
        await world.project(choice_step(overlap=2, max_overlap=5, confidence=0.9))
        await world.tickets(1)
        wanted = []
        for person, topic in zip(await people(world, 4), "abaa", strict=True):
            await say(person, topic=topic)
            await world.drain()
            wanted.append((await task("overlap"), await task("state")))
            await world.verify()
        assert wanted == [(2, "open"), (3, "open"), (4, "open"), (4, "resolved")]
        assert await task("result->>'topic'") == "a"

    async def test_without_agreement_at_the_most_answers_a_curator_must_decide_and_nobody_is_blamed(self, world: World) -> None:
        await world.project(choice_step(overlap=2, max_overlap=2))
        (ticket,) = await world.tickets(1)
        for person, topic in zip(await people(world, 2), "ab", strict=True):
            await say(person, topic=topic)
        await world.drain()
        assert (await task("state"), await task("result")) == ("disputed", None)
        assert await states(world) == ["submitted", "submitted"]
        assert (await world.curator.ok("GET", f"/tickets/{ticket}"))["state"] == "open"
        await world.verify()

    async def test_no_answer_is_asked_for_beyond_the_cost_ceiling(self, world: World) -> None:
        await world.project(choice_step(overlap=2, max_overlap=5, confidence=0.9, checking={"cost_ceiling": "7.50"}))
        await world.tickets(1)
        for person, topic in zip(await people(world, 3), "abc", strict=True):
            await say(person, topic=topic)
            await world.drain()
        assert (await task("overlap"), await task("state")) == (3, "disputed")
        await world.verify()

    async def test_a_step_may_begin_with_one_answer(self, world: World) -> None:
        await world.project(choice_step(overlap=1, max_overlap=3, confidence=0.9))
        await world.tickets(1)
        wanted = []
        for person in await people(world, 2):
            await say(person, topic="a")
            await world.drain()
            wanted.append((await task("overlap"), await task("state")))
        assert wanted == [(2, "open"), (2, "resolved")]
        await world.verify()

    async def test_a_split_vote_goes_to_an_arbiter_who_did_not_vote(self, world: World) -> None:
        vote = choice_step(key="vote", overlap=2, max_overlap=2)
        arbitrate = choice_step(
            key="arbitrate", overlap=1, after=["vote"], not_by=["vote"], when=[{"step": "vote", "agreed": False}]
        )
        await world.project(vote, arbitrate)
        (ticket,) = await world.tickets(1)
        one, other, arbiter = await people(world, 3)
        await say(one, topic="a")
        await say(other, topic="b")
        await world.drain()
        assert await one.claim() == []
        held = await say(arbiter, topic="c")
        await world.drain()
        assert held["step"]["key"] == "arbitrate"
        shown = await world.curator.ok("GET", f"/tickets/{ticket}")
        assert (shown["state"], shown["result"]["arbitrate"]) == ("resolved", {"topic": "c"})
        await world.verify()


class TestEvidence:
    async def test_grading_again_tells_nothing_new(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        for person in await people(world, 3):
            await say(person, topic="a")
        await world.drain()
        sums = [tuple(row) for row in await db.rows("SELECT * FROM accuracy ORDER BY freelancer_id")]
        assigned = [row["id"] for row in await db.rows("SELECT id FROM assignment")]
        async with db.transaction():
            await grade(assigned)
        assert [tuple(row) for row in await db.rows("SELECT * FROM accuracy ORDER BY freelancer_id")] == sums
        assert await db.scalar("SELECT count(*) FROM evidence") == 3

    async def test_a_batch_of_many_tasks_is_graded_like_one_after_another(self, world: World) -> None:
        await world.project()
        await world.tickets(10)
        for person in await people(world, 3):
            for held in await person.claim(10):
                await person.answer(held, {"topic": "b"})
        await world.drain()
        assert await db.scalar("SELECT count(*) FROM task WHERE state = 'resolved'") == 10
        assert await db.scalar("SELECT array_agg(DISTINCT answers) FROM accuracy") == [10]
        await world.verify()

    async def test_a_persons_accuracy_shows_where_it_comes_from_to_curators_only(self, world: World) -> None:
        await world.project()
        await world.tickets(5)
        everybody = await people(world, 3)
        for person in everybody:
            for _ in range(5):
                await say(person, topic="a")
        await world.drain()
        await a_day_passes()
        (mine,) = (await everybody[0].ok("GET", "/me/accuracy"))["steps"]
        (theirs,) = (await world.curator.ok("GET", f"/freelancers/{everybody[0].id}/accuracy"))["steps"]
        assert mine["low"] < mine["mean"] < mine["high"]
        assert [one["kind"] for one in theirs["evidence"]] == ["overlap"]
        assert "evidence" not in mine


class TestJudgedSteps:
    """A draft that another person checks."""

    async def drafted(self, world: World) -> tuple[Person, Person, str]:
        draft = choice_step(key="draft", overlap=1)
        check = choice_step(
            key="check", title="Check", overlap=1, after=["draft"], not_by=["draft"], judges="draft", answer=[YES, WORDS],
            redo={"step": "draft", "field": "good", "is": False, "most": 2},
        )  # fmt: skip
        await world.project(draft, check)
        (ticket,) = await world.tickets(1)
        author, checker = await people(world, 2)
        await say(author, topic="a")
        await world.drain()
        return author, checker, ticket

    async def test_the_draft_waits_for_its_check(self, world: World) -> None:
        await self.drafted(world)
        assert await states(world) == ["submitted"]
        await world.verify()

    async def test_a_draft_that_passes_is_accepted(self, world: World) -> None:
        _, checker, ticket = await self.drafted(world)
        await say(checker, good=True)
        await world.drain()
        assert await states(world) == ["accepted", "accepted"]
        assert (await world.curator.ok("GET", f"/tickets/{ticket}"))["state"] == "resolved"
        assert await db.scalar("SELECT right_count > wrong_count FROM evidence WHERE kind = 'review'")
        await world.verify()

    async def test_a_draft_that_fails_is_rejected_in_the_checkers_words_and_done_anew(self, world: World) -> None:
        author, checker, ticket = await self.drafted(world)
        await say(checker, good=False, words="The tone is rude.")
        await world.drain()
        assert await states(world) == ["rejected", "accepted"]
        refused = await db.row("SELECT reason, explanation FROM assignment WHERE state = 'rejected'")
        assert refused == ("failed_check", "It did not pass “Check”. The tone is rude.")
        shown = await world.curator.ok("GET", f"/tickets/{ticket}")
        assert [(one["step"], one["iteration"], one["state"]) for one in shown["tasks"]][-1] == ("draft", 2, "open")
        (again,) = await author.claim()
        assert again["step"]["key"] == "draft"
        await world.verify()

    async def test_who_made_an_earlier_draft_may_check_a_later_one(self, world: World) -> None:
        author, checker, _ = await self.drafted(world)
        await say(checker, good=False)
        await world.drain()
        await say(checker, topic="b")
        await world.drain()
        assert await checker.claim() == []
        (held,) = await author.claim()
        assert held["step"]["key"] == "check"
        await world.verify()

    async def test_after_the_last_attempt_a_person_must_decide(self, world: World) -> None:
        author, checker, ticket = await self.drafted(world)
        await say(checker, good=False)
        await world.drain()
        await say(author, topic="b")
        await world.drain()
        await say(checker, good=False)
        await world.drain()
        shown = await world.curator.ok("GET", f"/tickets/{ticket}")
        assert (shown["state"], shown["result"]["stuck"]) == ("stuck", "draft was done 2 times without passing")
        await world.verify()


class TestReview:
    async def one_submitted(self, world: World) -> dict[str, Any]:
        await world.project()
        await world.tickets(1)
        (person,) = await people(world, 1)
        return await say(person, topic="a")

    async def review(self, world: World, held: dict[str, Any], verdict: str) -> Any:
        return await world.curator.call(
            "POST", f"/assignments/{held['id']}/review", {"verdict": verdict, "reason": "seen by hand"}
        )

    async def test_a_curator_decides_once(self, world: World, subtests: pytest.Subtests) -> None:
        held = await self.one_submitted(world)
        async with nothing_changes():
            for verdict, state in [("accept", "accepted"), ("reject", "rejected")]:
                with subtests.test(verdict=verdict, state=state):
                    async with rehearsed():
                        assert (await self.review(world, held, verdict)).json()["state"] == state
                        again = await self.review(world, held, "accept")
                        assert (again.status_code, again.json()["code"]) == (409, "not_awaiting_review")
                        await world.drain()
                        await world.verify()

    async def test_grading_later_does_not_overrule_the_curator(self, world: World) -> None:
        held = await self.one_submitted(world)
        await self.review(world, held, "reject")
        for i in range(2):
            await say(await world.worker(f"later{i}"), topic="a")
        await world.drain()
        assert await states(world) == ["rejected", "submitted", "submitted"]
        await say(await world.worker("later2"), topic="a")
        await world.drain()
        assert await states(world) == ["rejected", "accepted", "accepted", "accepted"]
        await world.verify()

    async def test_a_rejected_answer_is_asked_of_somebody_else_and_does_not_become_the_result(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        (ticket,) = await world.tickets(1)
        (spammer, other) = await people(world, 2)
        held = await say(spammer, topic="c")
        await self.review(world, held, "reject")
        await world.drain()
        assert (await world.requester.ok("GET", f"/tickets/{ticket}"))["state"] == "open"
        await say(other, topic="a")
        await world.drain()
        assert (await world.requester.ok("GET", f"/tickets/{ticket}"))["result"] == {"classify": {"topic": "a"}}
        await world.verify()

    async def test_nobody_reviews_their_own(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        held = await say(await world.worker("both"), topic="a")
        reply = await both.call("POST", f"/assignments/{held['id']}/review", {"verdict": "accept", "reason": "mine is good"})
        assert (reply.status_code, reply.json()["code"]) == (409, "own_work")


class TestSettling:
    async def test_a_draft_whose_check_is_passed_over_is_paid_when_its_ticket_is_resolved(self, world: World) -> None:
        draft = choice_step(key="draft", overlap=1)
        shown = [{"name": "topic", "title": "Topic", "source": "draft.topic"}]
        verdict = [{"name": "ok", "type": "yes_no", "title": "OK?"}]
        check = choice_step(
            key="check", overlap=1, input=shown, answer=verdict, after=["draft"], judges="draft",
            when=[{"step": "draft", "field": "topic", "is": "a"}],
        )  # fmt: skip
        await world.project(draft, check)
        await world.tickets(1)
        (author,) = await people(world, 1)
        await say(author, topic="b")
        await world.drain()
        assert await states(world) == ["accepted"]
        await world.verify()
