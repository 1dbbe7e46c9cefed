"""Who asks, since when they meet what is asked, how long they wait, and what happens when nobody decides."""

import asyncio
from typing import Any

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.quality.admitting.admitting_world import ONE_ANSWER, admit, ask, notices, problem, publish, refuse
from tests.world import Person, World


async def waits_since(person: Person, days: float) -> None:
    """Move the moment in which a person met all criteria into the past, with the deadline that follows from it."""
    await db.execute(
        "UPDATE admission_request SET met_at = now() - $2 * interval '1 day', decide_by = now() - ($2 - 3) * interval '1 day' WHERE freelancer_id = $1",
        person.id,
        days,
    )


async def waiting(world: World) -> list[dict[str, Any]]:
    return list((await world.curator.ok("GET", "/admissions/waiting"))["items"])


class TestAsking:
    async def test_who_meets_all_criteria_waits_from_then_on_and_is_told(self, world: World) -> None:
        await publish(world)
        asked = (await ask(world.freelancer)).json()
        assert asked["met"]
        assert asked["met_at"] < asked["decide_by"]
        (told,) = await notices(world.freelancer, "admission.met")
        assert "A curator decides by" in told["body"]
        (one,) = await waiting(world)
        assert (one["freelancer_id"], one["code"], one["late"]) == (str(world.freelancer.id), "orders", False)

    async def test_asked_again_it_is_the_same_request(self, world: World) -> None:
        await publish(world)
        await publish(world, level=2)
        replies = await asyncio.gather(*(ask(world.freelancer) for _ in range(4)))
        assert {reply.status_code for reply in replies} == {200}
        assert await db.scalar("SELECT count(*) FROM admission_request") == 1
        assert problem(await ask(world.freelancer, level=2)) == (409, "admission_asked")
        await world.freelancer.ok("DELETE", "/me/admissions/orders")
        assert (await world.freelancer.call("DELETE", "/me/admissions/orders")).status_code == 404
        assert (await ask(world.freelancer, level=2)).status_code == 200

    async def test_what_one_has_one_does_not_ask_for(self, world: World) -> None:
        await publish(world)
        await admit(world.curator, world.freelancer)
        assert problem(await ask(world.freelancer)) == (409, "qualification_held")

    async def test_applicants_ask_too_and_wait_from_when_they_can_be_admitted(self, world: World) -> None:
        await publish(world)
        asked = (await ask(world.applicant)).json()
        assert (asked["met"], asked["met_at"], await waiting(world)) == (True, None, [])
        await world.drain_recurring("quality.admissions")
        assert await waiting(world) == []
        await db.execute("UPDATE account SET roles = '{freelancer}' WHERE id = $1", world.applicant.id)
        await world.drain_recurring("quality.admissions")
        assert [one["name"] for one in await waiting(world)] == ["applicant"]
        assert (await admit(world.curator, world.applicant)).is_success
        assert await waiting(world) == []

    async def test_who_holds_more_in_one_asks_for_no_less_in_the_other(self, world: World) -> None:
        """A senior of the first line asks for the second as a senior: as a junior nobody could ever admit them."""
        for level, line in ((3, 1), (1, 2), (3, 2)):
            await publish(world, level=level, line=line)
        senior = world.freelancer
        await admit(world.curator, senior, level=3)
        assert problem(await ask(senior, level=1, line=2)) == (409, "qualification_held")
        assert (await ask(senior, level=3, line=2)).json()["met_at"] is not None

    async def test_a_grant_ends_requests_that_nobody_could_grant_any_more(self, world: World) -> None:
        await publish(world, level=2)
        await publish(world, line=2)
        await ask(world.freelancer, level=2)
        await admit(world.curator, world.freelancer, line=2)
        assert await waiting(world) == []


class TestMeeting:
    async def test_the_moment_in_which_all_criteria_are_met_is_noted_once(self, world: World) -> None:
        await publish(world, {"kind": "unrestricted", "days": 30})
        person = world.freelancer
        imposed = await world.curator.ok(
            "POST", f"/freelancers/{person.id}/restrictions", {"kind": "audits", "days": 1, "reason": "too many mistakes"}
        )
        asked = (await ask(person)).json()
        assert (asked["met"], asked["met_at"], await waiting(world)) == (False, None, [])
        await world.drain_recurring("quality.admissions")
        assert await waiting(world) == []
        await db.execute("UPDATE restriction SET starts_at = now() - interval '40 days', ends_at = now() - interval '35 days'")
        await world.drain_recurring("quality.admissions")
        (first,) = await waiting(world)
        await world.drain_recurring("quality.admissions")
        assert [one["met_at"] for one in await waiting(world)] == [first["met_at"]]
        assert len(await notices(person, "admission.met")) == 1
        assert imposed["id"]

    async def test_what_ceased_to_hold_afterwards_does_not_move_it(self, world: World) -> None:
        await publish(world, {"kind": "unrestricted", "days": 30})
        await ask(world.freelancer)
        await world.curator.ok(
            "POST",
            f"/freelancers/{world.freelancer.id}/restrictions",
            {"kind": "audits", "days": 1, "reason": "too many mistakes"},
        )
        await world.drain_recurring("quality.admissions")
        assert len(await waiting(world)) == 1


class TestWaiting:
    async def test_the_longest_waiting_come_first_page_by_page(self, world: World) -> None:
        await publish(world)
        people = [await world.person(f"p{n}") for n in range(3)]
        for days, person in zip((1, 5, 3), people, strict=True):
            await ask(person)
            await waits_since(person, days)
        seen: list[str] = []
        path = "/admissions/waiting?limit=2"
        while path:
            page = await world.curator.ok("GET", path)
            seen += [one["name"] for one in page["items"]]
            path = page["next_cursor"] and f"/admissions/waiting?limit=2&cursor={page['next_cursor']}"
        assert seen == ["p1", "p2", "p0"]

    async def test_after_three_days_all_curators_and_the_person_are_told_once(self, world: World) -> None:
        """The rule's worked example: criteria met 3 days ago, nobody decided: overdue, told, and first in the queue."""
        other = await world.person("other", Role.CURATOR)
        await publish(world)
        await ask(world.freelancer)
        await waits_since(world.freelancer, 2.5)
        await world.drain_recurring("quality.admissions")
        assert await notices(world.freelancer, "admission.delayed") == []
        await waits_since(world.freelancer, 3)
        for _ in range(2):
            await world.drain_recurring("quality.admissions")
        for curator in (world.curator, other):
            assert len(await notices(curator, "admission.late")) == 1
        assert len(await notices(world.freelancer, "admission.delayed")) == 1
        assert (await waiting(world))[0]["late"]
        (item,) = (await world.curator.ok("GET", "/curator/queue"))["items"]
        assert (item["kind"], item["priority"]) == ("admission", 0)

    async def test_decisions_end_it_and_are_measured(self, world: World) -> None:
        """The rule's worked example: decided after 1, 2, 3, 4 and 10 days: the median is 3 days, 90 % within 10, two were late."""
        await publish(world)
        await publish(world, ONE_ANSWER, code="music")
        for n, days in enumerate((1, 2, 3, 4, 10)):
            person = await world.person(f"p{n}")
            await ask(person)
            await waits_since(person, days - 1e-6)
            await admit(world.curator, person)
        await ask(world.freelancer, "music")
        await refuse(world.curator, world.freelancer, code="music")
        found = await world.freelancer.ok("GET", "/admissions/statistics")
        day = 86_400
        assert (found["decided"], found["decided_late"], found["waiting"]) == (5, 2, 0)
        assert (round(found["median_s"] / day, 3), round(found["p90_s"] / day, 3)) == (3, 10)

    async def test_a_grant_of_more_answers_a_request_for_less(self, world: World) -> None:
        await publish(world)
        await publish(world, level=2)
        await ask(world.freelancer)
        await admit(world.curator, world.freelancer, level=2)
        assert await waiting(world) == []


class TestPolicy:
    async def test_a_changed_policy_holds_for_what_comes(self, world: World) -> None:
        await publish(world)
        await ask(world.freelancer)
        before = (await world.freelancer.ok("GET", "/me/admissions/orders"))["decide_by"]
        changed = {"decide_days": 1, "unused_days": 60, "notice_days": 7}
        body = changed | {"reason": "we are faster now"}
        assert (await world.curator.call("PUT", "/admissions/policy", body)).status_code == 403
        assert await world.administrator.ok("PUT", "/admissions/policy", body) == changed
        assert await world.freelancer.ok("GET", "/admissions/policy") == changed
        assert (await world.freelancer.ok("GET", "/me/admissions/orders"))["decide_by"] == before
        other = await world.person("other")
        assert (await ask(other)).json()["decide_by"] < before

    async def test_a_notice_longer_than_the_time_itself_is_refused(self, world: World) -> None:
        body = {"decide_days": 1, "unused_days": 20, "notice_days": 20, "reason": "for the test"}
        assert problem(await world.administrator.call("PUT", "/admissions/policy", body)) == (422, "invalid")
