"""Appeals over the API: who may object to what, until when, who answers, and what an upheld appeal undoes."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from piecework.payouts.books import periods
from piecework.payouts.closing import closing
from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.settings import Settings
from piecework.quality.appeals import appeals
from piecework.quality.appeals.subjects import Subject
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

WORDS = "I read the ticket again and it really is about b."
REPLY = "We read the ticket once more and you were right."
NO = "We read the ticket once more and it stays as it is."


async def say(person: Person, **answer: Any) -> str:
    """Claim one task and answer it; returns the assignment's id."""
    (held,) = await person.claim()
    reply = await person.answer(held, answer)
    assert reply.status_code == 200, reply.text
    return str(held["id"])


async def crowd(world: World, count: int) -> list[Person]:
    return [await world.worker(f"person{i}", "orders", max_held=20) for i in range(count)]


async def outvoted(world: World, topics: str = "aaab", **project: Any) -> tuple[Person, str]:
    """One task with these answers; returns the author of the last one, which is rejected, and its id."""
    await world.project(choice_step(overlap=len(topics)), **project)
    await world.tickets(1)
    given = [await say(person, topic=topic) for person, topic in zip(await crowd(world, len(topics)), topics, strict=True)]
    await world.drain()
    assert await state_of(given[-1]) == ("rejected", 0)
    return world.people[f"person{len(topics) - 1}"], given[-1]


async def state_of(assignment_id: str) -> tuple[str, int]:
    row = await db.row("SELECT state, share FROM assignment WHERE id = $1", assignment_id)
    assert row is not None
    return row["state"], row["share"]


async def object_to(person: Person, subject: str, subject_id: str) -> httpx2.Response:
    return await person.call("POST", "/appeals", {"subject": subject, "id": subject_id, "words": WORDS})


async def appealed(person: Person, subject: str, subject_id: str) -> str:
    reply = await object_to(person, subject, subject_id)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


async def answer(arbiter: Person, appeal_id: str, decision: str = "uphold", **more: Any) -> httpx2.Response:
    body = {"decision": decision, "reply": REPLY if decision == "uphold" else NO, **more}
    return await arbiter.call("POST", f"/appeals/{appeal_id}/decision", body)


async def payable(person: Person) -> int:
    found = await db.scalar(
        """SELECT coalesce(-sum(p.amount), 0)::bigint FROM posting p JOIN ledger_account l ON l.id = p.account_id
           WHERE l.kind = 'payable' AND l.owner = $1""",
        str(person.id),
    )
    return int(found)


class TestRaising:
    async def test_a_rejected_answer_can_be_appealed_once_and_only_by_its_author(self, world: World) -> None:
        author, rejected = await outvoted(world)
        assert (await object_to(world.person0, "answer", rejected)).status_code == 404
        made = await object_to(author, "answer", rejected)
        assert (made.status_code, made.json()["state"], made.json()["reply"]) == (201, "open", None)
        again = await object_to(author, "answer", rejected)
        assert (again.status_code, again.json()["code"]) == (409, "appealed_before")
        assert [one["id"] for one in (await author.ok("GET", "/me/appeals"))["items"]] == [made.json()["id"]]
        assert (await world.person0.ok("GET", "/me/appeals"))["items"] == []
        await world.verify()

    @pytest.mark.parametrize(("appeal_days", "answer_days"), [(7, 9), (2, 30)])
    async def test_the_time_to_appeal_and_the_time_to_answer_come_from_the_settings(
        self, settings: Settings, appeal_days: int, answer_days: int
    ) -> None:
        chosen = settings.model_copy(update={"appeal_days": appeal_days, "answer_days": answer_days})
        async with World.open(settings if appeal_days == 7 else chosen) as world:
            author, rejected = await outvoted(world)
            ago = "UPDATE assignment SET decided_at = now() - make_interval(days => $2) + $3::interval WHERE id = $1"
            await db.execute(ago, rejected, appeal_days, timedelta(minutes=-1))
            late = await object_to(author, "answer", rejected)
            assert (late.status_code, late.json()["code"]) == (409, "appeal_too_late")
            await db.execute(ago, rejected, appeal_days, timedelta(minutes=1))
            await appealed(author, "answer", rejected)
            assert await db.scalar("SELECT answer_by - opened_at FROM appeal") == timedelta(days=answer_days)

    async def test_what_is_accepted_in_full_or_undecided_gives_nothing_to_object_to(self, world: World) -> None:
        await outvoted(world)
        accepted = await db.scalar("SELECT id FROM assignment WHERE freelancer_id = $1", world.person0.id)
        reply = await object_to(world.person0, "answer", str(accepted))
        assert (reply.status_code, reply.json()["code"]) == (409, "nothing_to_appeal")
        await world.tickets(1, first=1)
        fresh = await say(world.person1, topic="a")
        reply = await object_to(world.person1, "answer", fresh)
        assert (reply.status_code, reply.json()["code"]) == (409, "nothing_to_appeal")

    async def test_an_answer_accepted_in_part_can_be_appealed(self, world: World) -> None:
        options = [{"value": value, "title": value.upper()} for value in "abc"]
        two = [
            {"name": "topic", "type": "choice", "title": "Topic", "options": options},
            {"name": "urgent", "type": "yes_no", "title": "Urgent?"},
        ]
        await world.project(choice_step(overlap=4, answer=two))
        await world.tickets(1)
        people = await crowd(world, 4)
        for person in people[:3]:
            await say(person, topic="a", urgent=True)
        partly = await say(people[3], topic="b", urgent=True)
        await world.drain()
        assert await state_of(partly) == ("accepted", 5000)
        upheld = await answer(world.curator, await appealed(people[3], "answer", partly))
        assert upheld.status_code == 200, upheld.text
        await world.drain()
        assert await state_of(partly) == ("accepted", 10_000)
        assert await payable(people[3]) == 25_000
        await world.verify()


class TestUpheldAnswers:
    async def test_the_answer_is_accepted_paid_once_and_counts_as_right(self, world: World) -> None:
        author, rejected = await outvoted(world)
        appeal_id = await appealed(author, "answer", rejected)
        assert await payable(author) == 0
        reply = await answer(world.curator, appeal_id)
        assert (reply.status_code, reply.json()["state"]) == (200, "upheld")
        await world.drain()
        assert await state_of(rejected) == ("accepted", 10_000)
        assert await payable(author) == 25_000
        told = await db.row("SELECT kind, right_count > 0, wrong_count FROM evidence_now WHERE assignment_id = $1", rejected)
        assert told == ("audit", True, 0.0)
        (shown,) = (await author.ok("GET", "/me/appeals"))["items"]
        assert (shown["state"], shown["reply"]) == ("upheld", REPLY)
        assert "decided_by" not in shown
        again = await answer(world.curator, appeal_id, "deny")
        assert (again.status_code, again.json()["code"]) == (409, "appeal_decided")
        await world.verify()

    async def test_a_denied_appeal_changes_nothing_but_says_why(self, world: World) -> None:
        author, rejected = await outvoted(world)
        reply = await answer(world.curator, await appealed(author, "answer", rejected), "deny")
        assert (reply.status_code, reply.json()["reply"]) == (200, NO)
        await world.drain()
        assert await state_of(rejected) == ("rejected", 0)
        assert await payable(author) == 0
        await world.verify()

    async def test_whoever_gave_the_same_answer_is_better_off_too(self, world: World) -> None:
        await outvoted(world, "aaaaabb")
        first, second = (
            row["id"] for row in await db.rows("SELECT id FROM assignment WHERE state = 'rejected' ORDER BY claimed_at")
        )
        await answer(world.curator, await appealed(world.person6, "answer", str(second)))
        await world.drain()
        assert await state_of(first) == ("accepted", 10_000)
        assert [await payable(person) for person in (world.person0, world.person5, world.person6)] == [25_000] * 3
        await world.verify()

    async def test_a_key_set_right_corrects_the_result_and_takes_pay_from_nobody(self, world: World) -> None:
        author, rejected = await outvoted(world)
        ticket = await db.scalar("SELECT id FROM ticket")
        appeal_id = await appealed(author, "answer", rejected)
        useless = await answer(world.curator, appeal_id, answers=[{"answer": {"topic": "c"}}])
        assert (useless.status_code, useless.json()["errors"][0]["code"]) == (422, "no_better_off")
        wrong = await answer(world.curator, appeal_id, answers=[{"answer": {"topic": "nothing"}}])
        assert wrong.status_code == 422
        assert (await answer(world.curator, appeal_id, answers=[{"answer": {"topic": "b"}}])).status_code == 200
        await world.drain()
        assert (await world.requester.ok("GET", f"/tickets/{ticket}"))["result"] == {"classify": {"topic": "b"}}
        assert [row["state"] for row in await db.rows("SELECT state FROM assignment")] == ["accepted"] * 4
        told = await db.rows(
            "SELECT agrees FROM evidence_now e JOIN assignment a ON a.id = e.assignment_id ORDER BY a.claimed_at"
        )
        assert [row["agrees"] for row in told] == [False, False, False, True]
        await world.verify()

    async def test_answers_may_come_only_with_an_upheld_appeal(self, world: World) -> None:
        author, rejected = await outvoted(world)
        reply = await answer(
            world.curator, await appealed(author, "answer", rejected), "deny", answers=[{"answer": {"topic": "b"}}]
        )
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "answers_not_wanted")

    async def test_a_draft_that_failed_its_check_is_paid_when_its_author_is_right(self, world: World) -> None:
        words = [{"name": "reply", "type": "text", "title": "Reply"}]
        check = choice_step(
            key="check", overlap=1, after=["draft"], not_by=["draft"], judges="draft",
            answer=[{"name": "good", "type": "yes_no", "title": "Good?"}],
            redo={"step": "draft", "field": "good", "is": False, "most": 2},
        )  # fmt: skip
        await world.project(choice_step(key="draft", overlap=1, answer=words), check)
        await world.tickets(1)
        author, checker = await crowd(world, 2)
        draft = await say(author, reply="Dear customer, it is on its way.")
        await world.drain()
        await say(checker, good=False)
        await world.drain()
        assert await state_of(draft) == ("rejected", 0)
        assert (await answer(world.curator, await appealed(author, "answer", draft))).status_code == 200
        await world.drain()
        assert await state_of(draft) == ("accepted", 10_000)
        assert await payable(author) == 25_000
        kinds = await db.rows("SELECT kind, agreed FROM accuracy WHERE freelancer_id = $1 AND answers > 0", author.id)
        assert [tuple(row) for row in kinds] == [("audit", 1)]
        await world.verify()

    @pytest.mark.parametrize("fields", [["reply"], ["topic", "reply"]])
    async def test_words_that_an_auditor_refused_are_paid_and_scored_as_good(self, world: World, fields: list[str]) -> None:
        step = choice_step(overlap=1)
        kinds = {"topic": step["answer"][0], "reply": {"name": "reply", "type": "text", "title": "Reply"}}
        said = {"topic": "a", "reply": "Dear customer"}
        await world.project(step | {"answer": [kinds[name] for name in fields]})
        await world.tickets(1)
        (author,) = await crowd(world, 1)
        body = {"kind": "audits", "days": 30, "reason": "too many mistakes"}
        await world.curator.ok("POST", f"/freelancers/{author.id}/restrictions", body)
        given = await say(author, **{name: said[name] for name in fields})
        await world.drain()
        taken = (await world.curator.ok("POST", "/audits/take"))["audit"]
        right = {name: said[name] for name in fields if name == "topic"}
        found = {"answer": right, "passed": {"reply": False}, "reason": "It is not polite enough."}
        await world.curator.ok("POST", f"/audits/{taken['id']}", found)
        await world.drain()
        assert (await state_of(given))[1] < 10_000
        appeal_id = await appealed(author, "answer", given)
        assert (await answer(world.curator, appeal_id)).json()["code"] == "not_impartial"
        arbiter = await world.person("arbiter", Role.CURATOR)
        assert (await arbiter.ok("GET", f"/appeals/{appeal_id}"))["about_answer"]["audits"][0]["passed"]["reply"] is False
        assert (await answer(arbiter, appeal_id)).status_code == 200
        await world.drain()
        assert await state_of(given) == ("accepted", 10_000)
        assert await payable(author) == 25_000
        assert await db.row("SELECT right_count > 0, wrong_count FROM evidence_now WHERE assignment_id = $1", given) == (
            True,
            0.0,
        )
        await world.verify()

    async def test_what_an_auditor_found_in_the_words_of_others_stays(self, world: World) -> None:
        step = choice_step(overlap=2)
        reply = {"name": "reply", "type": "text", "title": "Reply"}
        await world.project(step | {"answer": [step["answer"][0], reply]})
        await world.tickets(1)
        one, other = await crowd(world, 2)
        body = {"kind": "audits", "days": 30, "reason": "too many mistakes"}
        await world.curator.ok("POST", f"/freelancers/{one.id}/restrictions", body)
        given = [await say(person, topic="a", reply=f"Dear customer {person.id}") for person in (one, other)]
        await world.drain()
        auditor = await world.person("auditor", Role.CURATOR)
        for _ in given:
            taken = (await auditor.ok("POST", "/audits/take"))["audit"]
            found = {"answer": {"topic": "a"}, "passed": {"reply": False}, "reason": "It is not polite enough."}
            await auditor.ok("POST", f"/audits/{taken['id']}", found)
            await world.drain()
            await auditor.ok("POST", "/projects/orders/audits/plan", {"plan": "random", "count": 100})
        assert [await state_of(each) for each in given] == [("accepted", 5000), ("accepted", 10_000)]
        wrong = (
            "SELECT array_agg(e.wrong_count > 0 ORDER BY a.id) FROM evidence_now e JOIN assignment a ON a.id = e.assignment_id"
        )
        assert await db.scalar(wrong) == [True, True]
        arbiter = await world.person("arbiter", Role.CURATOR)
        assert (await answer(arbiter, await appealed(one, "answer", given[0]))).status_code == 200
        await world.drain()
        assert await state_of(given[0]) == ("accepted", 10_000)
        assert await db.scalar(wrong) == [False, True]
        await world.verify()

    async def test_pay_of_a_closed_period_comes_by_entries_in_the_open_one(self, world: World) -> None:
        author, rejected = await outvoted(world)
        closed = await periods.current()
        async with db.transaction():
            await closing.close(closed, None, cut_off=True)
        entries = "SELECT count(*) FROM entry WHERE period_id = $1"
        before = await db.scalar(entries, closed)
        await answer(world.curator, await appealed(author, "answer", rejected))
        await world.drain()
        assert await db.scalar(entries, closed) == before
        kinds = await db.rows(
            "SELECT e.kind FROM entry e WHERE e.assignment_id = $1 AND e.period_id <> $2 ORDER BY e.id", rejected, closed
        )
        assert [row["kind"] for row in kinds] == ["reopen", "accrue"]
        assert await payable(author) == 25_000
        await world.verify()


class TestGolden:
    async def failed(self, world: World) -> tuple[Person, str, str]:
        """A golden task and an ordinary one, the last person says b to both; returns them and both of their assignments."""
        await world.project(choice_step(overlap=4), control_rate=0.5)
        await world.curator.ok(
            "POST",
            "/projects/orders/golden",
            {"step": "classify", "input": {"text": "known"}, "answers": [{"answer": {"topic": "a"}}]},
        )
        await world.tickets(16)
        people = await crowd(world, 4)
        for person in people:
            while held := await person.claim():
                await person.answer(held[0], {"topic": "b" if person is people[3] else "a"})
        await world.drain()
        found = await db.rows(
            """SELECT a.id, t.ticket_id IS NULL AS golden FROM assignment a JOIN task t ON t.id = a.task_id
               WHERE a.freelancer_id = $1 AND a.state = 'rejected' ORDER BY golden DESC, a.id""",
            people[3].id,
        )
        assert found[0]["golden"], "drawn by all but once in 16,000 times"
        return people[3], str(found[0]["id"]), str(found[1]["id"])

    async def test_an_upheld_appeal_looks_the_same_for_a_golden_and_an_ordinary_task(self, world: World) -> None:
        author, golden, ordinary = await self.failed(world)
        arbiter = await world.person("arbiter", Role.CURATOR)  # the curator made the golden task
        for one in (golden, ordinary):
            assert (await answer(arbiter, await appealed(author, "answer", one))).status_code == 200
        await world.drain()
        seen = {one["id"]: one for one in (await author.ok("GET", "/me/assignments?limit=200"))["items"]}
        said = {one["subject_id"]: one for one in (await author.ok("GET", "/me/appeals"))["items"]}
        for fields, replies in ((("state", "reason", "explanation", "earned"), seen), (("state", "reply", "words"), said)):
            assert {name: replies[golden][name] for name in fields} == {name: replies[ordinary][name] for name in fields}
            assert replies[golden].keys() == replies[ordinary].keys()
        waited = [seen[one]["decided_at"] == said[one]["decided_at"] for one in (golden, ordinary)]
        assert waited == [True, True], "the moment of the decision tells nothing either"
        await world.verify()

    async def test_who_made_the_golden_task_does_not_answer_the_appeal(self, world: World) -> None:
        author, golden, _ = await self.failed(world)
        reply = await answer(world.curator, await appealed(author, "answer", golden))
        assert (reply.status_code, reply.json()["code"]) == (409, "not_impartial")

    async def test_a_reply_may_not_tell_what_kind_of_task_it_was(self, world: World) -> None:
        author, rejected = await outvoted(world)
        appeal_id = await appealed(author, "answer", rejected)
        for words in ("This was a golden task with a wrong key.", "Это контрольное задание, ключ был неверным."):
            reply = await world.curator.call("POST", f"/appeals/{appeal_id}/decision", {"decision": "uphold", "reply": words})
            assert reply.status_code == 422
        harmless = {"decision": "uphold", "reply": "Yes, it is a golden retriever on the picture."}
        assert (await world.curator.call("POST", f"/appeals/{appeal_id}/decision", harmless)).status_code == 200

    @pytest.mark.parametrize(("by_deadline", "state"), [(False, "retired"), (True, "quarantined")])
    async def test_a_live_golden_task_whose_key_was_appealed_is_handed_to_nobody_else(
        self, world: World, by_deadline: bool, state: str
    ) -> None:
        await world.project(choice_step(overlap=3), control_rate=0.5)
        await world.tickets(1)
        made = await world.curator.ok(
            "POST",
            "/projects/orders/golden",
            {"step": "classify", "input": {"text": "known"}, "answers": [{"answer": {"topic": "a"}}]},
        )
        author = await world.worker("author")
        given = await self.draw(world, author, made["task_id"])
        reviewer = await world.person("reviewer", Role.CURATOR)
        await reviewer.ok("POST", f"/assignments/{given}/review", {"verdict": "reject", "reason": "seen by hand"})
        await world.drain()
        appeal_id = await appealed(author, "answer", given)
        if by_deadline:
            await db.execute("UPDATE appeal SET answer_by = now()")
            await world.drain_recurring("quality.appeals")
        else:
            arbiter = await world.person("arbiter", Role.CURATOR)
            assert (await answer(arbiter, appeal_id)).status_code == 200
        await world.drain()
        assert await db.scalar("SELECT state FROM golden") == state
        assert await db.scalar("SELECT count(*) FROM slot WHERE task_id = $1", made["task_id"]) == 0
        assert await state_of(given) == ("accepted", 10_000)
        await world.verify()

    async def draw(self, world: World, author: Person, task_id: str) -> str:
        """Claim until the golden task comes, answer it b; returns the assignment's id."""
        for i in range(40):
            await world.tickets(1, first=100 + i)
            (held,) = await author.claim()
            await author.answer(held, {"topic": "b"})
            if held["task_id"] == task_id:
                return str(held["id"])
        raise AssertionError("the golden task never came")


class TestArbiters:
    async def test_nobody_answers_who_had_a_hand_in_it(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        await world.worker("both")
        (author,) = await crowd(world, 1)
        await say(both, topic="a")
        mine = await say(author, topic="b")
        await world.curator.ok("POST", f"/assignments/{mine}/review", {"verdict": "reject", "reason": "seen by hand"})
        appeal_id = await appealed(author, "answer", mine)
        for person in (world.curator, both):  # the one decided, the other answered the same task
            assert (await person.ok("GET", f"/appeals/{appeal_id}"))["may_decide"] is False
            assert (await answer(person, appeal_id)).json()["code"] == "not_impartial"
        arbiter = await world.person("arbiter", Role.CURATOR)
        assert (await arbiter.ok("GET", f"/appeals/{appeal_id}"))["may_decide"] is True
        assert (await answer(arbiter, appeal_id)).status_code == 200
        await world.drain()
        await world.verify()

    async def test_nobody_answers_their_own_appeal(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        mine = await say(await world.worker("both"), topic="a")
        await world.curator.ok("POST", f"/assignments/{mine}/review", {"verdict": "reject", "reason": "seen by hand"})
        reply = await answer(both, await appealed(both, "answer", mine))
        assert (reply.status_code, reply.json()["code"]) == (409, "not_impartial")

    async def test_the_evidence_shows_the_votes_without_names_and_the_decisions_with_them(self, world: World) -> None:
        author, rejected = await outvoted(world)
        shown = await world.curator.ok("GET", f"/appeals/{await appealed(author, 'answer', rejected)}")
        about = shown["about_answer"]
        assert (about["answer"], about["result"], about["state"]) == ({"topic": "b"}, {"topic": "a"}, "rejected")
        assert [vote["answer"] for vote in about["votes"]] == [{"topic": "a"}] * 3
        assert not {str(world.people[f"person{i}"].id) for i in range(3)} & set(str(shown).split("'"))
        assert [(one["basis"], one["state"]) for one in about["decisions"]] == [("consensus", "rejected")]

    async def test_the_list_begins_with_what_must_be_answered_first(self, world: World) -> None:
        author, rejected = await outvoted(world, "aaaaaabb")
        other = await db.scalar("SELECT id FROM assignment WHERE state = 'rejected' AND id <> $1", rejected)
        later = await appealed(author, "answer", rejected)
        first = await appealed(world.person6, "answer", str(other))
        await db.execute("UPDATE appeal SET answer_by = answer_by - interval '1 day' WHERE id = $1", first)
        page = await world.curator.ok("GET", "/appeals?limit=1")
        assert [one["id"] for one in page["items"]] == [first]
        page = await world.curator.ok("GET", f"/appeals?limit=1&cursor={page['next_cursor']}")
        assert ([one["id"] for one in page["items"]], page["next_cursor"]) == ([later], None)
        assert (await world.curator.ok("GET", "/appeals?subject=restriction"))["items"] == []
        assert (await world.curator.ok("GET", "/appeals?state=denied"))["items"] == []


class TestDeadline:
    async def overdue(self, world: World, appeal_id: str) -> None:
        await db.execute("UPDATE appeal SET answer_by = now() - interval '1 second' WHERE id = $1", appeal_id)

    async def test_what_nobody_answers_is_decided_for_the_freelancer_by_the_system(self, world: World) -> None:
        author, rejected = await outvoted(world)
        appeal_id = await appealed(author, "answer", rejected)
        await world.drain_recurring("quality.appeals")
        assert await state_of(rejected) == ("rejected", 0)
        await self.overdue(world, appeal_id)
        await world.drain_recurring("quality.appeals")
        await world.drain()
        assert await state_of(rejected) == ("accepted", 10_000)
        assert await payable(author) == 25_000
        row = await db.row("SELECT state, decided_by, reply FROM appeal")
        assert row == ("upheld", None, appeals.NOBODY_ANSWERED)
        assert await db.scalar("SELECT count(*) FROM evidence_now WHERE assignment_id = $1", rejected) == 0
        assert await db.scalar("SELECT count(*) FROM truth") == 0, "what is right is for a person to say"
        assert await db.scalar("SELECT result->>'topic' FROM task") == "a"
        await world.verify()

    async def test_after_the_deadline_it_can_only_be_upheld(self, world: World) -> None:
        author, rejected = await outvoted(world)
        appeal_id = await appealed(author, "answer", rejected)
        await self.overdue(world, appeal_id)
        assert (await answer(world.curator, appeal_id, "deny")).json()["code"] == "appeal_decided"
        assert (await answer(world.curator, appeal_id)).status_code == 200

    async def test_two_arbiters_and_the_deadline_together_decide_and_pay_once(self, world: World) -> None:
        author, rejected = await outvoted(world)
        appeal_id = await appealed(author, "answer", rejected)
        await self.overdue(world, appeal_id)
        other = await world.person("arbiter", Role.CURATOR)

        async def by_deadline() -> None:
            async with db.transaction():
                await appeals.uphold_overdue()

        replies = await asyncio.gather(
            *(answer(person, appeal_id) for person in (world.curator, other) for _ in range(5)),
            *(by_deadline() for _ in range(3)),
        )
        answered = [reply.status_code for reply in replies if reply is not None]
        by_system = await db.scalar("SELECT count(*) FROM appeal WHERE decided_by IS NULL AND state = 'upheld'")
        assert (answered.count(200) + by_system, answered.count(200) + answered.count(409)) == (1, 10)
        await world.drain()
        assert await payable(author) == 25_000
        assert await db.scalar("SELECT count(*) FROM decision WHERE assignment_id = $1", rejected) == 2
        assert await db.scalar("SELECT count(*) FROM trail WHERE action LIKE 'appeal.%'") == 2
        await world.verify()


class TestOtherSubjects:
    async def test_of_two_arbiters_at_once_one_decides(self, world: World) -> None:
        person = await world.worker("person")
        made = await world.curator.ok(
            "POST", f"/freelancers/{person.id}/restrictions", {"kind": "audits", "days": 30, "reason": "too many mistakes"}
        )
        appeal_id = await appealed(person, "restriction", made["id"])
        arbiters = [await world.person(f"arbiter{i}", Role.CURATOR) for i in range(4)]
        replies = await asyncio.gather(*(answer(one, appeal_id, ("uphold", "deny")[i % 2]) for i, one in enumerate(arbiters * 3)))
        assert sorted(reply.status_code for reply in replies) == [200] + [409] * 11
        state = await db.scalar("SELECT state FROM appeal")
        lifted = await db.scalar("SELECT lifted_at IS NOT NULL FROM restriction")
        assert lifted == (state == "upheld")
        await world.verify()

    async def test_an_upheld_appeal_lifts_the_restriction(self, world: World) -> None:
        (person,) = await crowd(world, 1)
        made = await world.curator.ok(
            "POST", f"/freelancers/{person.id}/restrictions", {"kind": "audits", "days": 30, "reason": "too many mistakes"}
        )
        appeal_id = await appealed(person, "restriction", made["id"])
        assert (await answer(world.curator, appeal_id)).json()["code"] == "not_impartial"
        arbiter = await world.person("arbiter", Role.CURATOR)
        shown = (await arbiter.ok("GET", f"/appeals/{appeal_id}"))["about_restriction"]
        assert (shown["kind"], shown["reason"]) == ("audits", "too many mistakes")
        assert (await answer(arbiter, appeal_id)).status_code == 200
        (mine,) = (await person.ok("GET", "/me/restrictions"))["restrictions"]
        assert (mine["active"], mine["lift_reason"], mine["appeal"], mine["appeal_by"]) == (False, REPLY, "upheld", None)
        await world.verify()

    async def test_a_qualification_that_was_revoked_is_given_back(self, world: World) -> None:
        await world.project(choice_step(level=2))
        await world.tickets(1)
        person = await world.worker("person", "orders:2")
        (held,) = (await person.ok("GET", "/me/qualifications"))["qualifications"]
        assert (await object_to(person, "qualification", held["id"])).json()["code"] == "nothing_to_appeal"
        await world.curator.ok("POST", f"/freelancers/{person.id}/qualifications/orders/revoke", {"reason": "too slow"})
        assert await person.claim() == []
        (held,) = (await person.ok("GET", "/me/qualifications"))["qualifications"]
        assert held["appeal_by"] is not None
        appeal_id = await appealed(person, "qualification", held["id"])
        arbiter = await world.person("arbiter", Role.CURATOR)
        shown = (await arbiter.ok("GET", f"/appeals/{appeal_id}"))["about_qualification"]
        assert (shown["revoked_by"], shown["revoked_for"]) == (str(world.curator.id), "too slow")
        assert (await answer(world.curator, appeal_id)).json()["code"] == "not_impartial"
        assert (await answer(arbiter, appeal_id)).status_code == 200
        assert len(await person.claim()) == 1
        now, _ = (await person.ok("GET", "/me/qualifications"))["qualifications"]
        assert (now["code"], now["level"], now["revoked_at"]) == ("orders", 2, None)
        await world.verify()

    async def test_what_does_not_exist_cannot_be_appealed(self, world: World, subtests: pytest.Subtests) -> None:
        person = await world.worker("person")
        async with nothing_changes():
            for subject in Subject:
                with subtests.test(subject=subject):
                    reply = await object_to(person, subject, "00000000-0000-7000-8000-000000000000")
                    assert reply.status_code == 404

    async def test_the_system_undoes_restrictions_and_revocations_too(self, world: World) -> None:
        person = await world.worker("person")
        made = await world.curator.ok(
            "POST", f"/freelancers/{person.id}/restrictions", {"kind": "audits", "days": 30, "reason": "too many mistakes"}
        )
        await world.curator.ok("POST", f"/freelancers/{person.id}/qualifications/orders/revoke", {"reason": "too slow"})
        (held,) = (await person.ok("GET", "/me/qualifications"))["qualifications"]
        await appealed(person, "restriction", made["id"])
        await appealed(person, "qualification", held["id"])
        await db.execute("UPDATE appeal SET answer_by = now()")
        await world.drain_recurring("quality.appeals")
        assert not (await person.ok("GET", "/me/restrictions"))["restrictions"][0]["active"]
        assert (await person.ok("GET", "/me/qualifications"))["qualifications"][0]["revoked_at"] is None
        await world.verify()
