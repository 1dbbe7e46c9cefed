"""Taking up ended tickets again."""

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.tasks.flow import Known
from piecework.tasks.reopening import iterations
from piecework.tasks.workflows import WorkflowSpec
from tests.traceless import nothing_changes
from tests.world import World, choice_step

REASON = "The customer wrote again."


def flow(**after: list[str]) -> WorkflowSpec:
    steps = [choice_step(key=key, overlap=1, after=earlier) for key, earlier in after.items()]
    return WorkflowSpec.model_validate({"name": "w", "steps": steps})


def done(**iteration: int) -> dict[str, Known]:
    return {key: Known(number, resolved=True, result={}) for key, number in iteration.items()}


async def ticket(world: World) -> str:
    """A resolved ticket with the steps classify and, after it, second; done by Anna."""
    await world.project(choice_step(overlap=1), choice_step(key="second", overlap=1, after=["classify"]))
    (made,) = await world.tickets(1)
    await world.worker("anna")
    await work(world, 2)
    return made


async def work(world: World, steps: int, topic: str = "a") -> None:
    for _ in range(steps):
        (held,) = await world.anna.claim()
        assert (await world.anna.answer(held, {"topic": topic})).is_success
        await world.drain()


async def way(world: World, ticket_id: str) -> tuple[str, list[tuple[str, int, str]]]:
    shown = await world.requester.ok("GET", f"/tickets/{ticket_id}")
    return shown["state"], [(one["step"], one["iteration"], one["state"]) for one in shown["tasks"]]


def reopen(*steps: str, **more: Any) -> dict[str, Any]:
    return {"reason": REASON, "redo": list(steps), **more}


class TestIterations:
    """Which steps are opened, and at which iteration."""

    def test_one_above_what_was_done(self) -> None:
        assert iterations(flow(a=[], b=["a"]), done(a=1, b=1), ["b"]) == {"b": 2}

    def test_above_all_that_depends_on_it_or_that_would_not_follow(self) -> None:
        joined = flow(a=[], b=[], c=["a", "b"], d=["c"])
        assert iterations(joined, done(a=3, b=1, c=3, d=3), ["b"]) == {"b": 4}
        assert iterations(joined, done(a=3, b=1, c=3), ["a"]) == {"a": 4}

    def test_of_steps_that_depend_on_each_other_the_first(self) -> None:
        chain = flow(a=[], b=["a"], c=["b"], d=[])
        assert iterations(chain, done(a=1, b=1, c=1, d=2), ["c", "a", "d"]) == {"a": 2, "d": 3}


class TestReopening:
    async def test_the_step_is_done_anew_and_what_depends_on_it_follows(self, world: World) -> None:
        one = await ticket(world)
        await db.execute("UPDATE ticket SET deadline_at = now() - interval '1 day'")
        made = await world.requester.ok("POST", f"/tickets/{one}/reopen", reopen("classify"))
        assert (made["number"], made["redo"], made["claw_back"], made["reason"]) == (1, ["classify"], False, REASON)
        first = [("classify", 1, "resolved"), ("second", 1, "resolved")]
        assert await way(world, one) == ("open", [*first, ("classify", 2, "open")])
        row = await db.row("SELECT resolved_at, result, deadline_at > now() AS in_time FROM ticket")
        assert row == (None, None, True)
        await world.verify()
        await work(world, 2, "b")
        assert await way(world, one) == ("resolved", [*first, ("classify", 2, "resolved"), ("second", 2, "resolved")])
        shown = await world.requester.ok("GET", f"/tickets/{one}")
        assert shown["result"] == {"classify": {"topic": "b"}, "second": {"topic": "b"}}
        told = await db.row("SELECT actor, reason, detail ->> 'redo' AS redo FROM trail WHERE action = 'ticket.reopened'")
        assert told == (world.requester.id, REASON, '["classify"]')
        await world.verify()

    async def test_a_later_step_alone(self, world: World) -> None:
        one = await ticket(world)
        await world.curator.ok("POST", f"/tickets/{one}/reopen", reopen("second", "second"))
        await work(world, 1)
        state, steps = await way(world, one)
        assert (state, steps[2:]) == ("resolved", [("second", 2, "resolved")])
        again = await world.administrator.ok("POST", f"/tickets/{one}/reopen", reopen("second", "classify"))
        assert again["number"] == 2
        assert (await way(world, one))[1][3:] == [("classify", 3, "open")], "above the second step's, which then follows"
        await work(world, 2)
        assert (await way(world, one))[1][3:] == [("classify", 3, "resolved"), ("second", 3, "resolved")]
        await world.verify()

    async def test_a_stuck_ticket_goes_on(self, world: World) -> None:
        judge = {"name": "good", "type": "yes_no", "title": "Good?"}
        again = {"step": "classify", "field": "good", "is": False, "most": 2}
        await world.project(
            choice_step(overlap=1), choice_step(key="check", overlap=1, after=["classify"], answer=[judge], redo=again)
        )
        (one,) = await world.tickets(1)
        anna = await world.worker("anna")
        for answer in [{"topic": "a"}, {"good": False}] * 2:
            (held,) = await anna.claim()
            await anna.answer(held, answer)
            await world.drain()
        assert (await way(world, one))[0] == "stuck"
        await world.requester.ok("POST", f"/tickets/{one}/reopen", reopen("classify"))
        for answer in ({"topic": "b"}, {"good": True}):
            (held,) = await anna.claim()
            await anna.answer(held, answer)
            await world.drain()
        assert (await way(world, one))[0] == "resolved"
        await world.verify()

    async def test_a_reopening_that_led_to_nothing_is_found(self, world: World) -> None:
        one = await ticket(world)
        await world.requester.ok("POST", f"/tickets/{one}/reopen", reopen("classify"))
        await world.as_owner("DELETE FROM slot", "DELETE FROM task WHERE iteration = 2")
        assert "tasks.reopenings_lead_on" in await world.broken()

    async def test_a_reopening_is_a_fact(self, world: World) -> None:
        one = await ticket(world)
        await world.requester.ok("POST", f"/tickets/{one}/reopen", reopen("classify"))
        for change in ("UPDATE reopening SET claw_back = true", "DELETE FROM reopening", "TRUNCATE reopening"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute(change)


class TestRefusals:
    async def test_what_cannot_be_done_changes_nothing(self, world: World, subtests: pytest.Subtests) -> None:
        rare = choice_step(key="urgent", after=["classify"], when=[{"step": "classify", "field": "topic", "is": "c"}])
        await world.project(choice_step(overlap=1), rare)
        (one,) = await world.tickets(1)
        await world.worker("anna")
        await work(world, 1)
        async with nothing_changes():
            for body, status, code in [
                (reopen("third"), 422, "invalid"),
                (reopen(), 422, "invalid"),
                ({"redo": ["classify"]}, 422, "invalid"),
                (reopen("classify", reason="  "), 422, "invalid"),
                (reopen("classify", claw_back="yes"), 422, "invalid"),
                (reopen("urgent"), 409, "nothing_to_redo"),
                (reopen("classify", claw_back=True), 403, "forbidden"),
            ]:
                with subtests.test(body=body, status=status, code=code):
                    reply = await world.requester.call("POST", f"/tickets/{one}/reopen", body)
                    assert (reply.status_code, reply.json()["code"]) == (status, code)
                    assert await way(world, one) == ("resolved", [("classify", 1, "resolved")])
                    assert await db.scalar("SELECT count(*) FROM reopening") == 0
                    await world.verify()

    async def test_a_ticket_under_way_and_one_that_is_not_there(self, world: World) -> None:
        await world.project()
        (one,) = await world.tickets(1)
        replies = [
            await world.requester.call("POST", f"/tickets/{which}/reopen", reopen("classify"))
            for which in (one, uuid.uuid4(), "x")
        ]
        assert [r.status_code for r in replies] == [409, 404, 404]
        assert replies[0].json()["code"] == "ticket_not_ended"

    async def test_nobody_takes_money_back_for_their_own_project(self, world: World) -> None:
        world.people["requester"] = await world.person("both", Role.REQUESTER, Role.CURATOR, Role.ADMINISTRATOR)
        one = await ticket(world)
        reply = await world.requester.call("POST", f"/tickets/{one}/reopen", reopen("second", claw_back=True))
        assert (reply.status_code, reply.json()["code"]) == (409, "own_project")
        assert await db.scalar("SELECT count(*) FROM reopening") == 0
        await world.requester.ok("POST", f"/tickets/{one}/reopen", reopen("second"))
        await work(world, 1)
        assert (await world.curator.ok("POST", f"/tickets/{one}/reopen", reopen("second", claw_back=True)))["claw_back"] is True
        await world.verify()

    async def test_an_archived_project_takes_nothing_up(self, world: World) -> None:
        one = await ticket(world)
        await db.execute("UPDATE project SET state = 'archived'")
        reply = await world.requester.call("POST", f"/tickets/{one}/reopen", reopen("classify"))
        assert (reply.status_code, reply.json()["code"]) == (409, "project_archived")

    async def test_of_many_at_once_one_reopens(self, world: World) -> None:
        one = await ticket(world)
        replies = await asyncio.gather(
            *(world.requester.call("POST", f"/tickets/{one}/reopen", reopen("classify")) for _ in range(8))
        )
        assert sorted(r.status_code for r in replies) == [201] + [409] * 7
        assert (await way(world, one))[1][2:] == [("classify", 2, "open")]
        await world.verify()
