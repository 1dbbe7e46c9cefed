"""What a workflow may be, and publishing one."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from piecework.platform import db
from piecework.tasks.workflows import WorkflowSpec, read_spec
from tests.tasks.test_flow import ANSWER, choice, step, text, workflow, yes_no
from tests.world import World, choice_step

A = step("a", choice("topic", "x", "y"))


def shows(source: str) -> dict[str, Any]:
    return {"input": [{"name": "shown", "title": "Shown", "source": source}]}


class TestSpec:
    @pytest.mark.parametrize(
        ("steps", "words"),
        [
            ([A, A], "step keys must be different"),
            ([step("ticket", text("t"))], "none may be 'ticket'"),
            ([step("a", text("t"), after=["a"])], "not another step"),
            ([step("a", text("t"), after=["b"])], "not another step"),
            ([step("a", text("t"), not_by=["b"])], "not another step"),
            ([step("a", text("t"), after=["b"]), step("b", text("t"), after=["a"])], "in a circle"),
            ([step("a", text("t"), text("t"))], "two answer fields of the same name"),
            ([step("a", text("t"), **shows("ticket.phone"))], "a ticket has no phone"),
            ([A, step("b", text("t"), **shows("a.topic"))], "not a field of a step before it"),
            ([A, step("b", text("t"), after=["a"], **shows("a.nothing"))], "not a field of a step before it"),
            ([A, step("b", text("t"), when=[{"step": "a", "agreed": True}])], "a is not a step before it"),
            ([A, step("b", text("t"), after=["a"], when=[{"step": "a", "field": "topic", "is": "z"}])], "can never be"),
            ([A, step("b", text("t"), after=["a"], when=[{"step": "a", "field": "topic"}])], "either field and is"),
            ([A, step("b", text("t"), after=["a"], when=[{"step": "a"}])], "either field and is"),
            ([A, step("b", yes_no("ok"), redo={"step": "a", "field": "ok", "is": False})], "only an earlier step"),
            ([A, step("b", yes_no("ok"), after=["a"], redo={"step": "a", "field": "no", "is": False})], "can never be"),
            ([A, step("b", text("t"), after=["a"], judges="a")], "with a yes_no field"),
            ([A, step("b", yes_no("ok"), judges="a")], "judge only an earlier step"),
            ([step("a", yes_no("ok"), text("why") | {"only_if": {"field": "gone", "is": False}})], "cannot have"),
            ([step("a", yes_no("ok"), text("why") | {"only_if": {"field": "ok", "is": "no"}})], "cannot have"),
        ],
    )
    def test_what_does_not_hang_together_is_refused_with_a_reason(self, steps: list[dict[str, Any]], words: str) -> None:
        with pytest.raises(ValidationError, match=words):
            workflow(*steps)

    def test_a_field_that_depends_on_a_later_one_is_refused(self) -> None:
        why = choice("why", "x", "y") | {"only_if": {"field": "ok", "is": False}}
        assert workflow(step("a", yes_no("ok"), why))
        with pytest.raises(ValidationError, match="depends on"):
            workflow(step("a", why, yes_no("ok")))

    def test_two_inputs_of_the_same_name_are_refused(self) -> None:
        twice = {"input": [{"name": "shown", "title": "Shown", "source": source} for source in ("ticket.text", "ticket.subject")]}
        with pytest.raises(ValidationError, match="two inputs of the same name"):
            workflow(step("a", text("t"), **twice))

    def test_a_stored_spec_reads_back_the_same(self) -> None:
        assert read_spec(ANSWER.model_dump_json(by_alias=True)) == ANSWER
        assert WorkflowSpec.model_validate(ANSWER.model_dump(mode="json", by_alias=True)) == ANSWER

    def test_the_most_answers_are_never_fewer_than_the_overlap(self) -> None:
        assert workflow(step("a", text("t"), overlap=4, max_overlap=2)).step("a").most_answers == 4


class TestPublish:
    async def test_each_publication_is_a_version_and_the_newest_is_active(self, world: World) -> None:
        await world.project()
        again = await world.requester.ok(
            "POST", "/projects/orders/workflows", {"name": "second", "steps": [choice_step(price="9")]}
        )
        active = await world.requester.ok("GET", "/projects/orders/workflow")
        assert (again["version"], active["id"], active["spec"]["steps"][0]["price"]) == (2, again["id"], "9.0000")
        assert await db.scalar("SELECT count(*) FROM workflow WHERE state = 'active'") == 1

    async def test_what_was_published_can_be_sent_again_as_it_is(self, world: World) -> None:
        await world.project()
        active = await world.requester.ok("GET", "/projects/orders/workflow")
        again = await world.requester.ok("POST", "/projects/orders/workflows", active["spec"])
        assert again["spec"] == active["spec"]

    async def test_racing_publishers_get_versions_of_their_own(self, world: World) -> None:
        await world.project()
        body = {"name": "many", "steps": [choice_step()]}
        replies = await asyncio.gather(*(world.requester.ok("POST", "/projects/orders/workflows", body) for _ in range(8)))
        assert sorted(reply["version"] for reply in replies) == list(range(2, 10))
        assert await db.scalar("SELECT count(*) FROM workflow WHERE state = 'active'") == 1

    async def test_tickets_under_way_stay_on_their_version(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        await world.requester.ok("POST", "/projects/orders/workflows", {"name": "dearer", "steps": [choice_step(price="9")]})
        await world.tickets(1, first=1)
        anna = await world.worker("anna")
        prices = [held["price"] for held in await anna.claim(5)]
        assert sorted(prices) == ["2.5000", "9.0000"]

    async def test_a_project_that_does_not_exist_has_no_workflow(self, world: World) -> None:
        body = {"name": "x", "steps": [choice_step()]}
        assert (await world.requester.call("POST", "/projects/nowhere/workflows", body)).status_code == 404
        assert (await world.requester.call("GET", "/projects/nowhere/workflow")).status_code == 404

    async def test_a_project_without_a_workflow_takes_no_tickets(self, world: World) -> None:
        await world.requester.ok("POST", "/projects", {"code": "bare", "name": "Bare"})
        tickets = [{"external_id": "1", "channel": "chat", "language": "en", "text": "x"}]
        reply = await world.requester.call("POST", "/projects/bare/tickets", {"source": "s", "tickets": tickets})
        assert (reply.status_code, reply.json()["code"]) == (409, "no_workflow")
