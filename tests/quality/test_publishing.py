"""What curators publish in versions, and what one input of a project may serve for: exams, courses and golden tasks side by side."""

import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import piecework.quality.part
import piecework.tasks.part
from piecework.platform import db
from piecework.platform.identity import accounts
from tests.quality.exams import exam_world
from tests.quality.training import course_world
from tests.races import STOP
from tests.traceless import nothing_changes
from tests.world import Person, World

EXAM = {"code": "one", "spec": exam_world.spec()}
COURSE = {"code": "one", "spec": course_world.spec()}
KINDS = pytest.mark.parametrize(("path", "body"), [("/exams", EXAM), ("/courses", COURSE)], ids=["exam", "course"])
A = {"topic": "a"}


async def as_new(person: Person, *roles: str) -> None:
    """Give a person other roles, and a token that knows of them."""
    await db.execute("UPDATE account SET roles = $2 WHERE id = $1", person.id, list(roles))
    async with db.transaction():
        _, person.token = await accounts.create_token(None, person.id, name="fresh", scopes=["*"])


class TestVersions:
    @KINDS
    async def test_one_version_is_published_at_a_time_by_somebody_else_than_its_author(
        self, world: World, path: str, body: dict[str, Any]
    ) -> None:
        await exam_world.fill(world)
        other = await exam_world.second(world)
        versions = f"{path}/one/versions"
        assert [(await world.curator.ok("POST", path, body))["version"] for _ in range(3)] == [1, 2, 3]
        own = await world.curator.call("POST", f"{versions}/1/publish")
        assert (own.status_code, own.json()["code"]) == (409, "own_draft")
        assert (await other.ok("POST", f"{versions}/1/publish"))["published_by"] == str(other.id)
        assert (await other.ok("POST", f"{versions}/2/publish"))["state"] == "published"
        assert (await other.call("POST", f"{versions}/1/publish")).json()["code"] == "not_a_draft"
        reason = {"reason": "It is not needed."}
        assert (await world.curator.ok("POST", f"{versions}/3/retire", reason))["state"] == "retired"
        assert (await world.curator.ok("POST", f"{versions}/3/retire", reason))["retired_by"] == str(world.curator.id)
        assert (await other.call("POST", f"{versions}/3/publish")).json()["code"] == "not_a_draft"
        for missing in (4, 2**31, 10**17):
            assert (await other.call("POST", f"{versions}/{missing}/publish")).status_code == 404
        states = {one["version"]: one["state"] for one in (await world.curator.ok("GET", path))["items"]}
        assert states == {1: "retired", 2: "published", 3: "retired"}
        kind = path[1:-1]
        for statement in (f"UPDATE {kind} SET spec = '{{}}'", f"UPDATE {kind} SET published_by = author", f"DELETE FROM {kind}"):
            with pytest.raises(asyncpg.PostgresError):
                await db.execute(statement)

    @KINDS
    async def test_the_versions_of_a_code_are_of_one_direction(self, world: World, path: str, body: dict[str, Any]) -> None:
        await world.project()
        await world.curator.ok("POST", path, body)
        kind = {"kind": "direction"} if path == "/exams" else {}
        for direction, code in (("orders", "other_direction"), ("nothing", "unknown_direction")):
            changed = {"code": "one", "spec": body["spec"] | kind | {"direction": direction}}
            reply = await world.curator.call("POST", path, changed)
            assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, code)

    @KINDS
    async def test_a_code_of_many_versions_can_still_be_published(self, world: World, path: str, body: dict[str, Any]) -> None:
        await exam_world.fill(world)
        await world.curator.ok("POST", path, body)
        await db.execute(
            f"INSERT INTO {path[1:-1]} (code, version, spec, author) SELECT code, n, spec, author FROM {path[1:-1]}, generate_series(2, 501) AS n"
        )
        other = await exam_world.second(world)
        assert (await other.ok("POST", f"{path}/one/versions/1/publish"))["state"] == "published"

    async def test_what_nobody_could_pass_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        rule = {"passing": {"by": "lower_bound", "threshold": 0.6}}
        exam = {"code": "one", "spec": exam_world.spec(**rule)}
        trial = {"code": "one", "spec": course_world.spec(course_world.trial(10, 4, **rule))}
        async with nothing_changes():
            for what in ["exam", "trial"]:
                with subtests.test(what=what):
                    reply = await world.curator.call("POST", *(("/exams", exam) if what == "exam" else ("/courses", trial)))
                    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "cannot_be_passed")

    async def test_whoever_may_take_a_course_reads_its_answers_in_no_reply(self, world: World) -> None:
        await course_world.publish(world, code="one")
        third = await world.person("third")
        await as_new(third, "curator", "freelancer")
        for method, path, body in (
            ("GET", "/courses", None),
            ("POST", "/courses/one/versions/1/retire", {"reason": "I want to see it."}),
            ("POST", "/courses/one/versions/1/publish", None),
            ("GET", "/exam-questions", None),
        ):
            reply = await third.call(method, path, body)
            assert (reply.status_code, "answers" in reply.text) == (403, False), path
        assert (await course_world.refused(third, "one"))[0] == 201
        assert (await world.applicant.call("GET", "/exam-questions")).status_code == 403


def function(part: Any, file: str, name: str, *changes: tuple[str, str]) -> str:
    """A function as it is shipped, some of its text replaced."""
    text = (Path(part.__file__).parent / "sql" / file).read_text(encoding="utf-8")
    found = re.search(rf"CREATE (OR REPLACE )?FUNCTION {name}\(.*?\$\$;", text, re.DOTALL)
    assert found, name
    made = re.sub("^CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", found.group())
    for old, new in changes:
        assert old in made, old
        made = made.replace(old, new)
    return made


LOOKED = function(piecework.quality.part, "publishing.sql", "keep_apart", ("RETURN NEW;", f"PERFORM {STOP}; RETURN NEW;"))
"""Who is about to write has looked, and stops."""
NO_LOCK = "CREATE OR REPLACE FUNCTION hold_golden(its_project uuid) RETURNS void LANGUAGE sql AS $$ SELECT $$"


ITEM = {"input": {"text": "race"}, "answers": [{"answer": A}]}
ASKED = {"pool": "tasks", "step": "classify", "items": [ITEM]}
LESSON = course_world.tasks(form=None, step="classify", items=[course_world.task(1) | {"input": {"text": "race"}}])
TAUGHT = {"code": "one", "spec": course_world.spec(LESSON, direction="orders")}


class TestKeptApart:
    async def _at_once(self, world: World) -> list[int]:
        await world.project()
        await world.as_owner(LOOKED)
        replies = await world.race(
            world.curator.call("POST", "/projects/orders/exam-questions", ASKED),
            world.curator.call("POST", "/projects/orders/golden", {"step": "classify", **ITEM}),
            world.curator.call("POST", "/courses", TAUGHT),
        )
        return sorted(reply.status_code for reply in replies)

    async def test_of_three_ends_at_once_an_input_serves_one(self, world: World) -> None:
        assert await self._at_once(world) == [201, 409, 409]
        await world.verify()

    async def test_spaces_and_the_composition_of_letters_make_no_other_input(self, world: World) -> None:
        await world.project()
        shown = {"input": {"text": "мой ёж"}, "answers": [{"answer": A}]}
        await world.curator.ok("POST", "/projects/orders/golden", {"step": "classify", **shown})
        for text in ("мой  ёж\n", "мои\u0306 е\u0308ж"):
            again = shown | {"input": {"text": text}}
            reply = await world.curator.call("POST", "/projects/orders/exam-questions", ASKED | {"items": [again]})
            assert (reply.status_code, reply.json()["code"]) == (409, "used_live")

    async def test_without_the_lock_it_would_serve_all(self, world: World) -> None:
        await world.as_owner(NO_LOCK)
        assert await self._at_once(world) == [201, 201, 201]
        assert {"quality.exam_golden_is_kept_apart", "quality.taught_is_kept_apart"} <= set(await world.broken())

    async def test_a_golden_task_that_is_being_handed_out_is_not_moved_into_an_exam(self, world: World) -> None:
        await world.project(control_rate=0.5)
        made = await world.curator.ok("POST", "/projects/orders/golden", {"step": "classify", **ITEM})
        await world.tickets(3)
        anna = await world.worker("anna")
        stop = ("INSERT INTO assignment", f"PERFORM {STOP}; INSERT INTO assignment")
        await world.as_owner(function(piecework.tasks.part, "claims.sql", "hand_out", ("random() >=", "0 >="), stop))
        body = {"pool": "tasks", "task_ids": [made["task_id"]]}
        claimed, moved = await world.overtake(
            [anna.claim()], [world.curator.call("POST", "/projects/orders/exam-questions/from-golden", body)]
        )
        assert len(claimed) == 1
        assert await db.scalar("SELECT count(*) FROM assignment WHERE task_id = $1", made["task_id"]) == 1
        assert (moved.status_code, moved.json()["code"]) == (409, "used_live")
        await world.verify()
