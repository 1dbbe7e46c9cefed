"""Appeals against what another part decided and noted: raised, answered, missed, withdrawn, without a word about what it was."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from piecework.platform import db, jobs
from piecework.platform.identity.models import Role
from piecework.platform.jobs import connect_subscriptions
from piecework.tasks import objections
from piecework.tasks.objections import State
from tests.traceless import rehearsed, undone
from tests.world import Person, World

REPLY = "We looked at it once more."
WEEK = timedelta(days=7)


async def noted(world: World, person: Person, *, within: timedelta = WEEK, subject: str = "clawback") -> UUID:
    """Something that the curator decided about a person."""
    which = uuid4()
    async with db.transaction():
        await objections.note(
            subject,
            which,
            person.id,
            words="12.00 RUB go back.",
            evidence={"because": "reopened"},
            involved=[world.curator.id],
            within=within,
        )
    return which


async def object_to(person: Person, which: UUID, subject: str = "clawback") -> httpx2.Response:
    return await person.call("POST", "/appeals", {"subject": subject, "id": str(which), "words": "It was not my mistake."})


async def answer(arbiter: Person, appeal_id: str, decision: str, **more: Any) -> httpx2.Response:
    return await arbiter.call("POST", f"/appeals/{appeal_id}/decision", {"decision": decision, "reply": REPLY, **more})


async def told() -> list[tuple[str, str]]:
    """What the parts were told of appeals that were decided: key and outcome."""
    rows = await db.rows("SELECT key, payload ->> 'outcome' AS outcome FROM job WHERE kind = 'test.told' ORDER BY key")
    return [(row["key"], row["outcome"]) for row in rows]


@pytest.fixture
def listening(world: World) -> None:
    """Jobs `test.told` are queued for what the parts are told."""
    connect_subscriptions([{objections.DECIDED: ("test.told",), objections.WITHDRAWN: ("quality.withdrawn",)}])


async def outcome(which: UUID) -> State | None:
    found = await objections.noted("clawback", which)
    return None if found is None else found.state


class TestRaising:
    async def test_it_can_be_appealed_once_and_only_by_the_person_it_is_about(self, world: World) -> None:
        anna, boris = await world.worker("anna"), await world.worker("boris")
        which = await noted(world, anna)
        assert (await object_to(boris, which)).status_code == 404
        assert (await object_to(anna, which, "deduction")).status_code == 404
        made = await object_to(anna, which)
        assert (made.status_code, made.json()["subject"]) == (201, "clawback")
        assert await outcome(which) == State.APPEALED
        again = await object_to(anna, which)
        assert (again.status_code, again.json()["code"]) == (409, "appealed_before")
        assert [one["subject_id"] for one in (await anna.ok("GET", "/me/appeals"))["items"]] == [str(which)]
        assert [one["id"] for one in (await world.curator.ok("GET", "/appeals?subject=clawback"))["items"]] == [made.json()["id"]]
        await world.verify()

    async def test_the_time_to_object_is_what_the_person_was_told(self, world: World) -> None:
        anna = await world.worker("anna")
        which = await noted(world, anna, within=timedelta(0))
        late = await object_to(anna, which)
        assert (late.status_code, late.json()["code"]) == (409, "appeal_too_late")
        assert (await object_to(anna, await noted(world, anna, within=timedelta(seconds=30)))).status_code == 201
        await world.verify()

    async def test_of_twenty_at_once_one_counts(self, world: World) -> None:
        anna = await world.worker("anna")
        which = await noted(world, anna)
        replies = await asyncio.gather(*(object_to(anna, which) for _ in range(20)))
        assert sorted(reply.status_code for reply in replies) == [201] + [409] * 19
        await world.verify()

    async def test_what_has_taken_effect_or_was_withdrawn_cannot_be_appealed(self, world: World) -> None:
        anna = await world.worker("anna")
        lapsed, withdrawn = await noted(world, anna, within=timedelta(0)), await noted(world, anna)
        async with db.transaction():
            now = await db.scalar("SELECT clock_timestamp()")
            assert await objections.standing("clawback", [lapsed, withdrawn], now) == {lapsed}
            await objections.withdraw("clawback", withdrawn)
        assert [await outcome(which) for which in (lapsed, withdrawn)] == [State.LAPSED, State.WITHDRAWN]
        assert [(await object_to(anna, which)).json()["code"] for which in (lapsed, withdrawn)] == [
            "appeal_too_late",
            "nothing_to_appeal",
        ]
        await world.verify()


@pytest.mark.usefixtures("listening")
class TestDeciding:
    @pytest.mark.parametrize(("decision", "state"), [("uphold", State.UPHELD), ("deny", State.DENIED)])
    async def test_the_part_that_noted_it_is_told_once(self, world: World, decision: str, state: State) -> None:
        anna = await world.worker("anna")
        which = await noted(world, anna)
        appeal_id = (await object_to(anna, which)).json()["id"]
        own = await answer(world.curator, appeal_id, decision)
        assert (own.status_code, own.json()["code"]) == (409, "not_impartial")
        arbiters = [await world.person(f"arbiter{i}", Role.CURATOR) for i in range(3)]
        shown = await arbiters[0].ok("GET", f"/appeals/{appeal_id}")
        about = shown["about_decision"]
        assert (about["words"], about["evidence"], about["involved"]) == (
            "12.00 RUB go back.", {"because": "reopened"}, [str(world.curator.id)],
        )  # fmt: skip
        assert [shown[f"about_{name}"] for name in ("answer", "restriction", "qualification")] == [None] * 3
        replies = await asyncio.gather(*(answer(arbiter, appeal_id, decision) for arbiter in arbiters * 3))
        assert sorted(reply.status_code for reply in replies) == [200] + [409] * 8
        assert await outcome(which) == state
        assert await told() == [(f"clawback:{which}", str(state))]
        await world.verify()

    async def test_answers_are_for_appeals_about_answers(self, world: World) -> None:
        anna = await world.worker("anna")
        appeal_id = (await object_to(anna, await noted(world, anna))).json()["id"]
        arbiter = await world.person("arbiter", Role.CURATOR)
        reply = await answer(arbiter, appeal_id, "uphold", answers=[{"answer": {"topic": "a"}}])
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "answers_not_wanted")
        assert await told() == []

    async def test_what_nobody_answers_in_time_is_upheld(self, world: World) -> None:
        people = [await world.worker(f"person{i}") for i in range(5)]
        every = [await noted(world, person) for person in people]
        for person, which in zip(people, every, strict=True):
            await object_to(person, which)
        await db.execute("UPDATE appeal SET answer_by = now()")
        await world.drain_recurring("quality.appeals")
        assert {await outcome(which) for which in every} == {State.UPHELD}
        assert await told() == sorted((f"clawback:{which}", "upheld") for which in every)
        await world.verify()

    async def test_an_appeal_against_what_is_withdrawn_has_reached_what_it_wanted(self, world: World) -> None:
        anna = await world.worker("anna")
        which = await noted(world, anna)
        appeal_id = (await object_to(anna, which)).json()["id"]
        async with db.transaction():
            await objections.withdraw("clawback", which)
        arbiter = await world.person("arbiter", Role.CURATOR)
        late = await answer(arbiter, appeal_id, "deny")
        assert (late.status_code, late.json()["code"]) == (409, "appeal_decided")
        await world.verify()
        await world.drain()
        (mine,) = (await anna.ok("GET", "/me/appeals"))["items"]
        assert (mine["state"], mine["reply"]) == ("upheld", "The decision that you appealed against was withdrawn.")
        assert await told() == [], "who withdrew it knows"
        await world.verify()


class TestStanding:
    async def test_what_stood_at_a_moment_is_said_by_the_evidence(self, world: World) -> None:
        anna = await world.worker("anna")
        arbiter = await world.person("arbiter", Role.CURATOR)
        before = await db.scalar("SELECT clock_timestamp()")
        silent, ahead, denied, upheld, waiting = [
            await noted(world, anna, within=timedelta(0) if i == 0 else WEEK) for i in range(5)
        ]
        for which, decision in ((denied, "deny"), (upheld, "uphold"), (waiting, None)):
            appeal_id = (await object_to(anna, which)).json()["id"]
            if decision:
                await answer(arbiter, appeal_id, decision)
        every = [silent, ahead, denied, upheld, waiting]
        for at, stood in ((before, set()), (await db.scalar("SELECT clock_timestamp()"), {silent, denied}), (before, set())):
            async with db.transaction():
                assert await objections.standing("clawback", every, at) == stood
        await world.verify()

    async def test_what_is_settled_stays_settled_whatever_the_code_does(self, world: World, subtests: pytest.Subtests) -> None:
        anna = await world.worker("anna")
        which = await noted(world, anna)
        after = {
            State.OPEN: {State.APPEALED, State.LAPSED, State.WITHDRAWN},
            State.APPEALED: {State.UPHELD, State.DENIED, State.WITHDRAWN},
        }
        for state, other in itertools.product(State, State):
            was, is_now = (
                f"UPDATE appealable SET state = '{one}', settled_at = {'NULL' if one in after else 'now()'}"
                for one in (state, other)
            )
            allowed = True
            with subtests.test(f"{state} to {other}"):
                async with undone(was):
                    try:
                        async with rehearsed():
                            assert await db.execute(f"{is_now} WHERE subject_id = $1", which) == 1
                    except asyncpg.RestrictViolationError:
                        allowed = False
                assert allowed == (other in after.get(state, set()))


async def test_the_worker_knows_the_events(world: World) -> None:
    assert "payouts.deduction_appealed" in jobs.subscribers(objections.DECIDED)
    assert jobs.subscribers(objections.WITHDRAWN) == ("quality.withdrawn",)
