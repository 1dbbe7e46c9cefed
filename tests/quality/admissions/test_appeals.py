"""Objections to refusals and lapses."""

from typing import Any

from piecework.platform.identity.models import Role
from tests.quality.admissions.test_pipeline import published_exam
from tests.quality.admissions.way_world import (
    accepted,
    answers,
    applicant,
    asked,
    booked,
    candidacy_of,
    mine,
    moved,
    notices_of,
    open_way,
    scores,
    stages,
    tick,
)
from tests.world import Person, World

REFUSE = {"decision": "refuse", "reason": "The sample reply blames the customer."}
WORDS = "I quoted what the customer had said about us."


async def refused(world: World) -> Person:
    await open_way(world, again_after_days=0)
    anna = await applicant(world)
    await world.curator.ok("POST", f"/candidacies/{await candidacy_of(anna)}/screening", REFUSE)
    return anna


async def appeal(person: Person) -> Any:
    ended = (await mine(person))["history"][-1]
    return await person.ok("POST", "/appeals", {"subject": "candidacy", "id": ended["id"], "words": WORDS})


async def settle(arbiter: Person, made: Any, decision: str) -> None:
    reply = {"decision": decision, "reply": "We have read it again with you in mind."}
    await arbiter.ok("POST", f"/appeals/{made['id']}/decision", reply)
    await arbiter.world.drain()


class TestAppeals:
    async def test_upheld_the_stage_is_open_again_with_a_new_deadline(self, world: World) -> None:
        anna = await refused(world)
        made = await appeal(anna)
        assert (await mine(anna))["history"][-1]["objection"] == "appealed"
        detail = await world.curator.ok("GET", f"/appeals/{made['id']}")
        assert (detail["may_decide"], detail["about_decision"]["words"]) == (False, REFUSE["reason"])  # it was theirs
        arbiter = await world.person("arbiter", Role.CURATOR)
        await settle(arbiter, made, "uphold")
        got = await mine(anna)
        assert (got["state"], got["stage"], got["whose_turn"], got["late"]) == ("open", "application", "ours", False)
        assert got["history"][-1]["outcome"] == "reopened"
        assert "candidacy.reopened" in await notices_of(anna)
        await world.verify()

    async def test_denied_it_stays(self, world: World) -> None:
        anna = await refused(world)
        await settle(await world.person("arbiter", Role.CURATOR), await appeal(anna), "deny")
        assert (await mine(anna))["state"] == "refused"
        await world.verify()

    async def test_a_lapse_can_be_appealed_too(self, world: World) -> None:
        await published_exam(world, tries=3)
        await open_way(world, stages=stages("application", "language_exam", "live"), language_exam="russian")
        anna = await applicant(world)
        await moved(await accepted(world, anna), days=15)
        await tick(world)
        await settle(world.curator, await appeal(anna), "uphold")
        got = await mine(anna)
        assert (got["state"], got["stage"], got["whose_turn"]) == ("open", "language_exam", "yours")

    async def test_a_second_refusal_is_another_decision(self, world: World) -> None:
        anna = await refused(world)
        arbiter = await world.person("arbiter", Role.CURATOR)
        await settle(arbiter, await appeal(anna), "uphold")
        await world.curator.ok("POST", f"/candidacies/{await candidacy_of(anna)}/screening", REFUSE)
        await settle(arbiter, await appeal(anna), "deny")
        assert (await mine(anna))["state"] == "refused"
        await world.verify()

    async def test_who_applied_anew_meanwhile_has_one_way(self, world: World) -> None:
        anna = await refused(world)
        made = await appeal(anna)
        await anna.ok("POST", "/me/applications", {"direction": "orders", "answers": answers()})
        await settle(await world.person("arbiter", Role.CURATOR), made, "uphold")
        states = [one["state"] for one in (await anna.ok("GET", "/me/application"))["applications"]]
        assert states == ["open", "refused"]
        await world.verify()

    async def test_a_reopened_interview_begins_with_fresh_reviewers(self, world: World) -> None:
        await open_way(world, stages=stages("application", "interview", "live"))
        anna = await applicant(world)
        candidacy = await accepted(world, anna)
        await booked(world, anna, candidacy)
        people = [await world.person(f"r{i}", Role.CURATOR) for i in range(2)]
        for one in people:
            await one.ok("POST", f"/interview-reviews/{await asked(world, candidacy, one)}/scores", scores(1))
        body = {"decision": "refuse", "reason": "The rule says so, and we agree with it."}
        await world.curator.ok("POST", f"/candidacies/{candidacy}/interview-decision", body)
        made = await appeal(anna)
        reviewer = await people[0].ok("GET", f"/appeals/{made['id']}")
        assert reviewer["may_decide"] is False
        await settle(await world.person("arbiter", Role.CURATOR), made, "uphold")
        shown = await world.curator.ok("GET", f"/candidacies/{candidacy}")
        assert [(one["ended_at"] is None, len(one["reviews"])) for one in shown["interviews"]] == [(False, 2), (True, 0)]
