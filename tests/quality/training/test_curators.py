"""Curators' side: four eyes, what a course must be, what is taught kept apart from work and exams, the shipped course."""

import pytest

from piecework.platform import db
from tests.quality.training.course_world import (
    FORM,
    A,
    B,
    begin,
    essay,
    lesson,
    mine,
    on,
    publish,
    question,
    refused,
    second,
    spec,
    task,
    tasks,
    told,
    trial,
)
from tests.traceless import nothing_changes
from tests.world import World, choice_step


class TestVersions:
    async def test_another_curator_publishes(self, world: World) -> None:
        made = await world.curator.ok("POST", "/courses", {"code": "orders", "spec": spec()})
        path = f"/courses/orders/versions/{made['version']}"
        assert (await world.curator.call("POST", f"{path}/publish")).json()["code"] == "own_draft"
        assert await refused(world.freelancer) == (404, "not_found")
        other = await second(world)
        assert (await other.ok("POST", f"{path}/publish"))["state"] == "published"
        assert (await other.call("POST", f"{path}/publish")).json()["code"] == "not_a_draft"
        assert (await world.curator.ok("POST", f"{path}/retire", {"reason": "old"}))["state"] == "retired"
        assert await refused(world.freelancer) == (404, "not_found")

    async def test_who_is_under_way_goes_on_by_their_version(self, world: World) -> None:
        await publish(world, tasks(1))
        await begin(world.freelancer)
        await publish(world, tasks(3))
        assert (await on(world.freelancer, A))["progress"]["ending"] == "finished"
        assert (await mine(world.freelancer))["version"] == 1

    async def test_a_version_with_a_wrong_key_is_left_for_a_newer_one(self, world: World) -> None:
        wrong = tasks(2, items=[task(1), task(2) | {"answers": [{"answer": {"topic": "c"}}]}])
        await publish(world, lesson("first"), lesson("second", question(), essay()), wrong)
        await begin(world.freelancer)
        await on(world.freelancer, A, B)
        await told(world.freelancer, "second", 2, {"text": "Soon."})
        other = await second(world)
        body = {"freelancer_id": str(world.freelancer.id), "reason": "The answer to the second task was wrong."}
        assert (await other.call("POST", "/courses/orders/enrolments", body)).json()["code"] == "enrolled_already"
        await publish(world, lesson("first"), lesson("second", question(), essay()), tasks(2))
        assert await refused(world.freelancer) == (409, "enrolled_already")  # nobody draws anew by themselves
        await other.ok("POST", "/courses/orders/enrolments", body)
        assert (await other.ok("GET", "/homework"))["items"] == []
        found = await mine(world.freelancer)
        assert [(one["state"], one["first_tries"], one["first_right"]) for one in found["units"]] == [
            ("done", 1, 1),
            ("open", 1, 0),  # the first try stays the first
            ("locked", 0, 0),
        ]
        await told(world.freelancer, "second", 1, A, attempt=2)
        await told(world.freelancer, "second", 2, {"text": "By noon."})
        (waits,) = (await other.ok("GET", "/homework"))["items"]
        await other.ok("POST", f"/homework/{waits['id']}/check", {"accepted": True, "feedback": "Good."})
        assert (await on(world.freelancer, A, A))["progress"]["ending"] == "finished"
        endings = await db.rows("SELECT ending FROM enrolment ORDER BY id")
        assert [row["ending"] for row in endings] == ["replaced", "finished"]
        await world.verify()

    async def test_what_is_no_course_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for units in [
                [tasks(1), tasks(1)],
                [trial(), tasks()],
                [trial(2, 3)],
                [tasks(1, form=None)],
                [tasks(1, form=None, step="classify")],
                [lesson(video_url="http://video.example/1")],
                [lesson(video_url="javascript:alert(1)")],
                [tasks(1, items=[task(1) | {"answers": [{"answer": {"topic": "z"}}]}])],
                [tasks(1, items=[task(1) | {"input": {"other": "x"}}])],
                [tasks(1, items=[task(1), task(1)])],
                [],
            ]:
                with subtests.test(units=units):
                    reply = await world.curator.call("POST", "/courses", {"code": "orders", "spec": spec() | {"units": units}})
                    assert reply.status_code == 422, reply.text
                    assert await db.scalar("SELECT count(*) FROM course") == 0


class TestDirections:
    async def test_tasks_take_the_form_of_a_step_and_are_masked(self, world: World) -> None:
        await world.project()
        items = [task(1) | {"input": {"text": "call +7 916 123-45-67"}}]
        await publish(world, tasks(form=None, step="classify", items=items), direction="orders")
        await begin(world.freelancer)
        shown = (await world.freelancer.ok("GET", "/me/courses/orders/next"))["task"]
        assert shown["prompt"] == choice_step()["instruction"]
        assert "916" not in shown["input"][0]["value"]
        unknown = spec(tasks(form=None, step="nothing"), direction="orders")
        reply = await world.curator.call("POST", "/courses", {"code": "orders", "spec": unknown})
        assert reply.json()["errors"][0]["code"] == "unknown_step"

    async def test_what_is_taught_is_neither_golden_nor_asked_in_an_exam(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        known = {"input": {"text": "golden"}, "answers": [{"answer": A}]}
        await world.curator.ok("POST", "/projects/orders/golden", {"step": "classify", **known})
        asked = {"input": {"text": "asked"}, "answers": [{"answer": A}]}
        exam = {"pool": "tasks", "step": "classify", "items": [asked]}
        await world.curator.ok("POST", "/projects/orders/exam-questions", exam)
        for text in ("golden", "asked"):
            items = [task(1) | {"input": {"text": text}}]
            body = {"code": "orders", "spec": spec(tasks(form=None, step="classify", items=items), direction="orders")}
            reply = await world.curator.call("POST", "/courses", body)
            assert (reply.status_code, reply.json()["code"]) == (409, "taught_live"), text
        await publish(world, tasks(1), direction="orders")
        taught = {"input": {"text": "tasks 1"}, "answers": [{"answer": A}]}
        reply = await world.curator.call("POST", "/projects/orders/golden", {"step": "classify", **taught})
        assert reply.status_code == 409, reply.text
        reply = await world.curator.call("POST", "/projects/orders/exam-questions", exam | {"items": [taught]})
        assert reply.json()["code"] == "used_live"
        await world.verify()


class TestShipped:
    async def test_the_general_course_is_taken_in_both_languages(self, world: World) -> None:
        made = (await world.curator.ok("POST", "/courses/shipped"))["courses"]
        assert made == {"general-ru": 1, "general-en": 1}
        other = await second(world)
        for code in made:
            course = await other.ok("POST", f"/courses/{code}/versions/1/publish")
            units = course["spec"]["units"]
            assert [unit["kind"] for unit in units] == ["lesson", "lesson", "lesson", "tasks"]
            assert len(units[-1]["items"]) == 6
            await begin(world.freelancer, code)
            while (following := await world.freelancer.ok("GET", f"/me/courses/{code}/next"))["unit"] is not None:
                if following["task"] is None:
                    (waits,) = (await other.ok("GET", "/homework"))["items"]
                    await other.ok("POST", f"/homework/{waits['id']}/check", {"accepted": True, "feedback": "Good."})
                    continue
                unit = next(one for one in units if one["key"] == following["unit"])
                item = (unit.get("items") or unit["homework"])[following["task"]["item"] - 1]
                answer = {"text": "It comes within the hour."} if item.get("kind") == "essay" else item["answers"][0]["answer"]
                await on(world.freelancer, answer, code=code)
            found = await mine(world.freelancer, code)
            assert (found["ending"], found["lessons_done"], found["first_right"]) == ("finished", 3, 9)
        await world.verify()

    async def test_who_wrote_a_course_neither_takes_it_nor_do_takers_read_its_answers(self, world: World) -> None:
        await publish(world, lesson("one", essay()), tasks(1, form=FORM))
        await db.execute("UPDATE account SET roles = '{curator,freelancer}' WHERE id = $1", world.curator.id)
        body = {"freelancer_id": str(world.curator.id), "reason": "to see it"}
        reply = await (await second(world)).call("POST", "/courses/orders/enrolments", body)
        assert reply.json()["code"] == "wrote_the_course"
        assert (await world.freelancer.call("GET", "/courses")).status_code == 403
