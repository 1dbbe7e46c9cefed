"""A project's instruction: versions, what must be read before the next claim, and who has read it."""

import asyncio
from typing import Any

import asyncpg
import pytest

from piecework.platform import db
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

FIRST: dict[str, Any] = {"text": "# Refunds\n\nLook at the order.\nBe kind.", "language": "en", "summary": "", "must_read": False}
SECOND: dict[str, Any] = {
    "text": "# Refunds\n\nLook at the order.\nBe short.",
    "language": "en",
    "summary": "Short, not kind.",
    "must_read": True,
}


async def publish(person: Person, code: str = "orders", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = await person.ok("POST", f"/projects/{code}/instructions", FIRST | changes)
    return made


async def told(person: Person) -> list[dict[str, Any]]:
    notices = (await person.ok("GET", "/me/notices"))["items"]
    return [one for one in notices if one["kind"] == "instruction.published"]


class TestVersions:
    async def test_a_requester_and_a_curator_publish_one_after_the_other(self, world: World) -> None:
        await world.project()
        first = await publish(world.requester)
        second = await publish(world.curator, **SECOND)
        assert (first["version"], first["published_by"]) == (1, str(world.requester.id))
        assert (second["version"], second["must_read"]) == (2, True)
        page = await world.requester.ok("GET", "/projects/orders/instructions")
        assert page["latest"]["text"] == SECOND["text"]
        assert [one["version"] for one in page["versions"]] == [2, 1]
        assert "text" not in page["versions"][0]
        old = await world.requester.ok("GET", "/projects/orders/instructions/1")
        assert old["text"] == FIRST["text"]
        older = await world.requester.ok("GET", "/projects/orders/instructions?before=2")
        assert [one["version"] for one in older["versions"]] == [1]

    async def test_a_project_begins_without_one(self, world: World) -> None:
        await world.project()
        assert await world.requester.ok("GET", "/projects/orders/instructions") == {"latest": None, "versions": []}

    async def test_the_changes_are_a_unified_diff(self, world: World) -> None:
        await world.project()
        await publish(world.requester)
        await publish(world.requester, **SECOND)
        got = await world.requester.ok("GET", "/projects/orders/instructions/2/changes")
        assert got["lines"] == [
            "--- version 1",
            "+++ version 2",
            "@@ -1,4 +1,4 @@",
            " # Refunds",
            " ",
            " Look at the order.",
            "-Be kind.",
            "+Be short.",
        ]
        whole = await world.requester.ok("GET", "/projects/orders/instructions/2/changes?since=0")
        assert [line for line in whole["lines"] if line.startswith("-")] == ["--- version 0"]
        absent = await world.requester.call("GET", "/projects/orders/instructions/2/changes?since=7")
        assert absent.status_code == 404

    async def test_a_version_written_from_an_older_one_is_not_published(self, world: World) -> None:
        await world.project()
        await publish(world.requester, after=0)
        await publish(world.curator, after=1)
        reply = await world.requester.call("POST", "/projects/orders/instructions", SECOND | {"after": 1})
        assert (reply.status_code, reply.json()["code"], reply.json()["version"]) == (409, "changed_meanwhile", 2)
        assert (await world.requester.ok("GET", "/projects/orders/instructions"))["latest"]["version"] == 2

    async def test_two_at_once_get_two_versions(self, world: World) -> None:
        await world.project()
        made = await asyncio.gather(*(publish(world.requester, text=f"text {n}") for n in range(4)))
        assert sorted(one["version"] for one in made) == [1, 2, 3, 4]

    async def test_what_does_not_fit_changes_nothing(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for bad in [
                {"text": ""},
                {"text": " \n "},
                {"text": "x" * 50_001},
                {"text": "x\n" * 2_001},
                {"language": "russian"},
                {"summary": "x" * 1001},
                {"must_read": 1},
                {"after": -1},
            ]:
                with subtests.test(bad=bad):
                    reply = await world.requester.call("POST", "/projects/orders/instructions", FIRST | bad)
                    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
                    assert (await world.requester.ok("GET", "/projects/orders/instructions"))["latest"] is None

    async def test_a_version_can_be_neither_changed_nor_removed(self, world: World) -> None:
        await world.project()
        await publish(world.requester)
        for statement in ("UPDATE instruction SET text = ''", "DELETE FROM instruction"):
            with pytest.raises(asyncpg.PostgresError):
                async with db.transaction():
                    await db.execute(statement)

    async def test_only_who_works_there_and_whose_it_is_may_read(self, world: World) -> None:
        await world.project()
        await publish(world.requester)
        anna, boris = await world.worker("anna"), await world.worker("boris", "music")
        for person, status in (
            (anna, 200), (boris, 404), (world.curator, 200), (world.administrator, 200), (world.finance, 403),
        ):  # fmt: skip
            for path in ("", "/1", "/1/changes"):
                assert (await person.call("GET", f"/projects/orders/instructions{path}")).status_code == status
        await world.curator.ok("POST", f"/freelancers/{anna.id}/qualifications/orders/revoke", {"reason": "no more"})
        assert (await anna.call("GET", "/projects/orders/instructions")).status_code == 404


class TestMustRead:
    async def test_it_holds_claims_back_until_it_was_read(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        assert (await publish(world.curator, **SECOND))["version"] == 1
        answered = await anna.answer(held, {"topic": "a"})
        assert answered.status_code == 200  # what they hold already is not touched
        refused = await anna.call("POST", "/assignments", {"count": 1})
        assert (refused.status_code, refused.json()["code"]) == (409, "instruction_unread")
        assert refused.json()["detail"] == "To read: orders, version 1."
        (told_of,) = refused.json()["instructions"]
        assert (told_of["project"], told_of["version"]) == ("orders", 1)
        for way in (told_of["read"], told_of["done"]):
            method, path = way.split()
            assert (await world.curator.call("GET", path)).status_code == (200 if method == "GET" else 405)
        (mine,) = (await anna.ok("GET", "/me/instructions"))["items"]
        assert (mine["project"], mine["version"], mine["read"], mine["unread"]) == ("orders", 1, None, True)
        read = await anna.ok("POST", "/me/instructions/orders/1/read")
        assert len(await anna.claim()) == 1
        assert await anna.ok("POST", "/me/instructions/orders/1/read") == read  # the first time counts
        (mine,) = (await anna.ok("GET", "/me/instructions"))["items"]
        assert (mine["read"], mine["unread"]) == (1, False)
        await world.verify()

    async def test_a_later_version_does_as_well_and_one_that_need_not_be_read_holds_nobody(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        anna = await world.worker("anna")
        await publish(world.curator, **SECOND)
        await publish(world.curator)
        await anna.ok("POST", "/me/instructions/orders/2/read")
        assert len(await anna.claim()) == 1
        await publish(world.curator)
        assert len(await anna.claim()) == 1
        await world.verify()

    async def test_a_new_workflow_asks_for_it_too(self, world: World) -> None:
        await world.project()
        await publish(world.curator, **SECOND)
        await world.requester.ok(
            "POST", "/projects/orders/workflows", {"name": "new", "steps": [choice_step(), choice_step(key="b")]}
        )
        await world.tickets(1)
        anna = await world.worker("anna")
        assert (await anna.call("POST", "/assignments", {"count": 1})).json()["code"] == "instruction_unread"
        await world.verify()

    async def test_other_projects_are_not_held_back(self, world: World) -> None:
        await world.project()
        await world.project(choice_step(qualification="music"), code="music")
        await world.tickets(1)
        await world.tickets(1, "music")
        anna = await world.worker("anna", "orders", "music")
        await publish(world.curator, **SECOND)
        (held,) = await anna.claim()
        assert held["project"] == "music"

    async def test_the_longest_name_of_a_project_fits_into_what_is_told(self, world: World) -> None:
        body = {"code": "orders", "name": "n" * 200, "control_rate": 0}
        longer = await world.requester.call("POST", "/projects", body | {"name": "n" * 201})
        assert (longer.status_code, longer.json()["code"]) == (422, "invalid")
        await world.requester.ok("POST", "/projects", body)
        await world.requester.ok("POST", "/projects/orders/workflows", {"name": "orders", "steps": [choice_step()]})
        anna = await world.worker("anna")
        await publish(world.curator, **SECOND)
        assert len(await told(anna)) == 1

    async def test_everybody_who_may_work_there_is_told(self, world: World) -> None:
        await world.project()
        anna, boris = await world.worker("anna"), await world.worker("boris", "music")
        await publish(world.curator)
        assert await told(anna) == []
        await publish(world.curator, **SECOND)
        (notice,) = await told(anna)
        assert (notice["link"], notice["read_at"]) == ("/projects/orders/instructions/2", None)
        assert SECOND["summary"] in notice["body"]
        assert (await anna.ok("GET", notice["link"]))["text"] == SECOND["text"]
        assert await told(boris) == []
        await anna.ok("POST", "/me/instructions/orders/2/read")
        (notice,) = await told(anna)
        assert notice["read_at"] is not None  # what it pointed to has been read

    async def test_what_was_never_published_cannot_be_read(self, world: World) -> None:
        await world.project()
        anna, boris = await world.worker("anna"), await world.worker("boris", "music")
        await publish(world.curator, **SECOND)
        for person, version in ((anna, 2), (anna, 0), (anna, 99999999999999999), (boris, 1)):
            assert (await person.call("POST", f"/me/instructions/orders/{version}/read")).status_code == 404


class TestReaders:
    async def test_the_share_is_of_those_who_may_work_there_now(self, world: World) -> None:
        await world.project()
        people = [await world.worker(name) for name in ("anna", "boris", "clara", "dmitry")]
        await publish(world.curator, **SECOND)
        await publish(world.curator)
        await people[0].ok("POST", "/me/instructions/orders/1/read")
        await people[1].ok("POST", "/me/instructions/orders/2/read")
        await people[1].ok("POST", "/me/instructions/orders/1/read")
        first = await world.curator.ok("GET", "/projects/orders/instructions/1/readers")
        assert (first["people"], first["read"], first["share"]) == (4, 2, 0.5)
        assert [(one["name"], one["read_at"] is not None) for one in first["items"]] == [
            ("anna", True), ("boris", True), ("clara", False), ("dmitry", False),
        ]  # fmt: skip
        second = await world.curator.ok("GET", "/projects/orders/instructions/2/readers?limit=3")
        assert (second["read"], len(second["items"]), second["next_cursor"] is not None) == (1, 3, True)
        rest = await world.curator.ok("GET", f"/projects/orders/instructions/2/readers?cursor={second['next_cursor']}")
        assert [one["name"] for one in rest["items"]] == ["dmitry"]
        await world.curator.ok("POST", f"/freelancers/{people[0].id}/qualifications/orders/revoke", {"reason": "no more"})
        first = await world.curator.ok("GET", "/projects/orders/instructions/1/readers")
        assert (first["people"], first["read"]) == (3, 1)

    async def test_of_nobody_there_is_no_share(self, world: World) -> None:
        await world.project()
        await publish(world.curator, **SECOND)
        assert (await world.curator.ok("GET", "/projects/orders/instructions/1/readers"))["share"] is None
        assert (await world.requester.call("GET", "/projects/orders/instructions/1/readers")).status_code == 403
