"""Published criteria: versions, who may read them, and which version counts for whom."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.platform import db, trail
from piecework.platform.identity.models import Role
from piecework.quality.admitting.criteria import Version, counting
from tests import races
from tests.quality.admitting.admitting_world import ONE_ANSWER, admit, ask, held, problem, publish, refuse
from tests.traceless import nothing_changes
from tests.world import Person, World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = Version(uuid4(), "orders", 1, 1, 1, [], "first", NOW)


def listed(*days: int) -> list[Version]:
    """Versions published so many days after the first of January, newest first."""
    made = [replace(FIRST, version=n, published_at=NOW + timedelta(days=day)) for n, day in enumerate(sorted(days), 1)]
    return made[::-1]


class TestCounting:
    def test_who_began_between_two_versions_may_choose_the_one_in_force_then_or_a_newer_one(self) -> None:
        versions = listed(0, 10, 20)
        assert [one.version for one in counting(versions, NOW + timedelta(days=15))] == [3, 2]

    def test_who_began_before_all_of_them_may_choose_any(self) -> None:
        assert [one.version for one in counting(listed(5, 10), NOW)] == [2, 1]

    def test_who_begins_now_has_the_newest(self) -> None:
        assert [one.version for one in counting(listed(0, 10), None)] == [2]

    @given(st.lists(st.integers(0, 50), min_size=1, max_size=8, unique=True), st.integers(-5, 60))
    def test_a_later_beginning_never_leaves_more_to_choose_from_and_always_something(self, days: list[int], began: int) -> None:
        versions = listed(*days)
        now, later = (counting(versions, NOW + timedelta(days=day)) for day in (began, began + 1))
        assert {one.version for one in later} <= {one.version for one in now}
        assert later[0].version == len(days)


class TestPublishing:
    async def test_everybody_who_is_signed_in_reads_all_versions_with_what_they_ask_in_words(self, world: World) -> None:
        await publish(world, ONE_ANSWER)
        await publish(world, {"kind": "unrestricted", "days": 30}, ONE_ANSWER)
        await publish(world, level=2)
        found = (await world.requester.ok("GET", "/qualifications/orders/criteria"))["criteria"]
        assert [(one["level"], one["grade"], one["version"], one["in_force"]) for one in found] == [
            (1, "junior", 2, True),
            (1, "junior", 1, False),
            (2, "middle", 1, True),
        ]
        assert found[0]["words"] == ["No restriction within 30 days", "1 accepted answers"]

    async def test_what_is_published_nobody_changes(self, world: World) -> None:
        await publish(world)
        with pytest.raises(Exception, match=r"append-only|permission denied"):
            await db.execute("UPDATE criteria SET items = '[]'")

    async def test_racing_curators_publish_versions_of_their_own(self, world: World) -> None:
        made = await asyncio.gather(*(publish(world, {"kind": "accepted", "answers": n}) for n in range(1, 7)))
        assert await db.scalar("SELECT count(*) FROM criteria") == 6
        assert max(made) == 6

    async def test_only_curators_draft(self, world: World) -> None:
        body = {"criteria": [], "reason": "for everybody"}
        for role in set(Role) - {Role.CURATOR}:
            person = getattr(world, role.value)
            assert (await person.call("POST", "/qualifications/orders/criteria", body)).status_code == 403

    async def test_what_makes_no_sense_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for criterion in [
                {"kind": "charm"},
                {"kind": "accepted", "answers": 0},
                {"kind": "accepted", "answers": "5"},
                {"kind": "accuracy", "project": "orders", "at_least": 1.5, "answers": 5},
                {"kind": "weeks", "of": 2, "kept": 3},
                {"kind": "exam", "exam": "x", "surprise": 1},
                {},
            ]:
                with subtests.test(criterion=criterion):
                    body = {"criteria": [criterion], "reason": "as announced"}
                    assert problem(await world.curator.call("POST", "/qualifications/orders/criteria", body)) == (422, "invalid")
                    assert await db.scalar("SELECT count(*) FROM criteria_draft") == 0

    async def test_where_nothing_is_published_there_is_nothing_to_read_nor_to_ask_for(self, world: World) -> None:
        assert (await world.freelancer.call("GET", "/qualifications/orders/criteria")).status_code == 404
        assert (await world.freelancer.call("GET", "/me/admissions/orders")).status_code == 404
        assert (await ask(world.freelancer)).status_code == 404


EASIER = {"criteria": [], "reason": "it was too hard for my friend"}


async def draft(world: World, body: dict[str, Any] | None = None) -> str:
    return str((await world.curator.ok("POST", "/qualifications/orders/criteria", body or EASIER))["id"])


async def decide(person: Person, draft_id: str, decision: str = "publish") -> Any:
    return await person.call("POST", f"/criteria-drafts/{draft_id}/decision", {"decision": decision, "reason": "as discussed"})


class TestDrafting:
    async def test_a_curator_with_a_favourite_makes_nothing_easier_alone(self, world: World) -> None:
        await publish(world, ONE_ANSWER)
        favourite = await world.person("favourite")
        drafted = await draft(world)
        assert not (await ask(favourite)).json()["met"]
        assert problem(await decide(world.curator, drafted)) == (409, "not_impartial")
        assert problem(await admit(world.curator, favourite)) == (409, "against_evidence")
        assert [one["version"] for one in (await favourite.ok("GET", "/qualifications/orders/criteria"))["criteria"]] == [1]
        assert await held(favourite) == []

    async def test_nor_refuses_by_stricter_ones_of_their_own(self, world: World) -> None:
        await publish(world)
        await draft(world, EASIER | {"criteria": [ONE_ANSWER]})
        assert problem(await refuse(world.curator, world.freelancer)) == (409, "against_evidence")

    async def test_another_curator_finds_a_draft_and_publishes_it_once(self, world: World) -> None:
        drafted, other = await draft(world), await world.person("other", Role.CURATOR)
        (item,) = (await other.ok("GET", "/curator/queue"))["items"]
        assert (item["kind"], item["id"]) == ("criteria", drafted)
        assert (await world.curator.ok("GET", "/curator/queue"))["items"] == []
        (listed,) = (await other.ok("GET", "/criteria-drafts"))["items"]
        assert (listed["id"], listed["drafted_by_name"], listed["reason"]) == (drafted, "curator", EASIER["reason"])
        assert (await decide(other, drafted)).is_success
        assert problem(await decide(other, drafted, "drop")) == (409, "criteria_settled")
        assert (await other.ok("GET", "/criteria-drafts"))["items"] == []
        assert (await ask(world.freelancer)).json()["met"]

    async def test_what_is_dropped_never_counts(self, world: World) -> None:
        drafted = await draft(world)
        assert (await decide(world.curator, drafted, "drop")).is_success
        assert problem(await decide(world.administrator, drafted)) == (409, "criteria_settled")
        assert (await ask(world.freelancer)).status_code == 404

    async def test_of_two_who_decide_at_once_one_does(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        drafted, other = await draft(world), await world.person("other", Role.CURATOR)
        monkeypatch.setattr(trail, "record", races.stop_before(trail.record))
        replies = await world.race(decide(other, drafted), decide(world.administrator, drafted, "drop"))
        assert sorted(reply.status_code for reply in replies) == [204, 409]
        assert await db.scalar("SELECT count(*) FROM criteria") == await db.scalar(
            "SELECT count(*) FROM criteria_draft WHERE outcome = 'published'"
        )

    async def test_whoever_may_not_decide_does_not(self, world: World) -> None:
        drafted = await draft(world)
        for role in (Role.FREELANCER, Role.REQUESTER, Role.FINANCE, Role.APPLICANT):
            assert (await decide(getattr(world, role.value), drafted)).status_code == 403
        assert (await decide(world.administrator, str(uuid4()))).status_code == 404


class TestWhoBeganBefore:
    async def test_criteria_made_stricter_do_not_count_for_who_asked_before(self, world: World) -> None:
        """The rule's worked example: asked under version 1 (open to all), version 2 asks for an answer: admitted at once by one curator."""
        early, late = await world.person("early"), await world.person("late")
        await publish(world)
        await ask(early)
        await publish(world, ONE_ANSWER)
        assert (await early.ok("GET", "/me/admissions/orders"))["version"] == 1
        assert problem(await admit(world.curator, late)) == (409, "against_evidence")
        assert (await admit(world.curator, early)).json()["state"] == "granted"
        assert (await held(early), await held(late)) == ([("orders", 1, 1)], [])

    async def test_criteria_made_easier_count_for_everybody(self, world: World) -> None:
        person = await world.person("person")
        await publish(world, ONE_ANSWER)
        assert not (await ask(person)).json()["met"]
        await publish(world)
        shown = await person.ok("GET", "/me/admissions/orders")
        assert (shown["met"], shown["version"]) == (True, 2)
