"""Curators' pages of exams and courses: versions published by another, questions, attempts, enrolments, mentors, homework."""

import json
import re
from typing import Any

import pytest

from piecework.platform.errors import Invalid
from piecework.platform.identity.models import Role
from piecework.quality.exams.definition import ExamSpec
from piecework.quality.pages import spec_text
from piecework.quality.training.definition import CourseSpec
from tests.pages.plain import Browser, fields
from tests.quality.exams import exam_world
from tests.quality.training import course_world
from tests.world import World

HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.fixture
async def desk(world: World) -> Browser:
    return await Browser.of(world, world.curator)


@pytest.fixture
async def other(world: World) -> Browser:
    """Another curator's."""
    return await Browser.of(world, await exam_world.second(world))


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


@pytest.mark.parametrize(
    ("shape", "written", "line", "place"),
    [
        (ExamSpec, '{"title": 1,\n "kind": }', 2, ""),
        (ExamSpec, text(exam_world.spec() | {"time_limit_min": 0}), 7, "time_limit_min"),
        (ExamSpec, text(exam_world.spec(exam_world.section(draw="four"))), 16, "sections › 1 › draw"),
        (ExamSpec, text({k: v for k, v in exam_world.spec().items() if k != "passing"}), 1, "passing"),
        (CourseSpec, text(course_world.spec(course_world.lesson("a", course_world.essay(good="")))), 14, "units › 1 › homework › 1 › good"),
        (CourseSpec, "[" * 3000, 1, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text_is_told_with_its_line(shape: Any, written: str, line: int, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        spec_text.read(shape, written)
    first = refused.value.extra["errors"][0]
    assert (first.get("line", 1), first.get("place", "")) == (line, place)


class TestExams:
    async def test_a_draft_is_looked_at_kept_and_published_by_another(self, world: World, desk: Browser, other: Browser) -> None:
        spec = exam_world.spec() | {"title": {"ru": "Русский", "en": HOSTILE}}
        version = "/exams/russian/versions/1"
        await world.curator.ok("POST", "/exams", {"code": "russian", "spec": spec})
        page = await desk.read(version)
        assert ("4 questions are lacking" in page, "another curator must publish it" in page) == (True, True)
        status, page = await other.do(version, f"{version}/publish")
        assert (status, "A pool has too few questions" in page) == (409, True)
        await exam_world.fill(world)
        assert await other.do(version, f"{version}/publish") == (303, version)
        assert "Published by second" in await desk.read(version)
        shown = (await world.client.get("/exams/russian", headers=desk.headers)).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]" in shown
        assert await other.do(version, f"{version}/retire", reason="Its keys are known by now.") == (303, version)
        assert f'href="{version}"' not in await desk.read("/exams")

    async def test_questions_are_brought_in_by_one_and_approved_by_another(
        self, world: World, desk: Browser, other: Browser
    ) -> None:
        await world.project()
        pool = "/exam-questions?pool=mixed"
        written = [exam_world.style(1), exam_world.style(2, difficulty="hard")]
        await world.curator.ok("POST", "/exam-questions", {"pool": "mixed", "questions": written})
        tasks = [{"input": {"text": "for an exam"}, "answers": [{"answer": {"topic": "a"}}]}]
        await world.curator.ok("POST", "/projects/orders/exam-questions", {"pool": "mixed", "step": "classify", "items": tasks})
        assert "another curator approves it" in await desk.read(f"{pool}&state=waiting")
        shown = await other.read(f"{pool}&state=waiting")
        ids = re.findall(r'name="question_ids" value="([\w-]+)"', shown)
        assert len(ids) == 3
        await desk.do(f"{pool}&state=waiting", "/exam-questions/approve", pool="mixed", question_ids=ids)  # one's own
        assert (await world.curator.ok("GET", "/exam-pools"))["items"][0]["waiting"] == 3
        assert re.search(r'class="badge">3<', shown)
        done = await other.do(f"{pool}&state=waiting", "/exam-questions/approve", pool="mixed", question_ids=ids[:2])
        assert done == (303, f"{pool}&state=waiting")
        retired = await other.do(pool, f"/exam-questions/{ids[2]}/retire", reason="It is unclear.")
        assert retired == (303, "/exam-questions")
        (counts,) = (await world.curator.ok("GET", "/exam-pools"))["items"]
        assert counts == {"pool": "mixed", "waiting": 0, "live": 2, "retired": 1}

    async def test_an_attempt_is_read_and_marked_again_after_an_appeal(self, world: World, desk: Browser) -> None:
        await exam_world.fill(world)
        await exam_world.publish(world)
        anna, judge = await world.person("anna"), await world.person("judge", Role.CURATOR)
        attempt = await exam_world.sit(world, anna, exam_world.BAD, exam_world.GOOD)
        place = f"/attempts/{attempt}"
        assert "not passed" in await desk.read("/exams/russian/attempts")
        shown = await desk.read(place)
        assert "No answer." in shown
        assert 'name="points.1"' not in shown
        made = await anna.ok(
            "POST", "/appeals", {"subject": "exam", "id": attempt, "words": "The second was unclear to everybody."}
        )
        await judge.ok("POST", f"/appeals/{made['id']}/decision", {"decision": "uphold", "reply": "It was unclear indeed."})
        await world.drain()
        judging = await Browser.of(world, judge)
        assert "to be marked again" in await judging.read("/exams/russian/attempts")
        marks = {"points.1": "1", "why.1": "It was unclear.", "points.3": "1", "why.3": "It was unclear too."}
        status, page = await judging.do(place, place, reason="", **marks)
        assert (status, 'value="It was unclear."' in page) == (422, True)
        assert await judging.do(place, place, reason="Two questions were unclear.", **marks) == (303, place)
        assert "Two questions were unclear." in await desk.read(place)


class TestCourses:
    async def test_a_course_is_drafted_published_and_somebody_sent_there(
        self, world: World, desk: Browser, other: Browser
    ) -> None:
        lesson = course_world.lesson("start", course_world.essay(), course_world.question(), text=f"## Read\n\n{HOSTILE}")
        spec = course_world.spec(lesson, course_world.tasks(), course_world.trial())
        version = "/courses/orders/versions/1"
        await world.curator.ok("POST", "/courses", {"code": "orders", "spec": spec})
        assert "4 tasks are drawn." in await desk.read(version)
        shown = (await world.client.get(version, headers=desk.headers)).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]" in shown
        assert await other.do(version, f"{version}/publish") == (303, version)
        anna = await world.person("anna")
        course = "/courses/orders"
        assert f'<option value="{anna.id}">' in await desk.read(f"{course}?q=ann")
        sent = await desk.do(f"{course}?q=ann", f"{course}/people", freelancer_id=str(anna.id), reason="Welcome.")
        assert sent == (303, course)
        assert "0 of 1 lessons done" in await desk.read(course)
        status, page = await desk.do(course, f"{course}/people", freelancer_id=str(anna.id), reason="Welcome.")
        assert (status, "This course is under way already." in page) == (409, True)

    async def test_who_was_searched_and_chosen_stays_however_often_it_is_refused(self, world: World, desk: Browser) -> None:
        await course_world.publish(world, course_world.lesson("start", course_world.essay()))
        people = [await world.person(name) for name in ("anna-one", "anna-two")]
        chosen = people[1]
        page = await desk.get("/courses/orders?q=anna")
        for _ in range(3):
            assert len(re.findall('<option value="[0-9a-f-]{36}"', page)) == 2
            wish = fields(page, "/courses/orders/people") | {"freelancer_id": [str(chosen.id)], "reason": ["x"]}
            reply = await world.client.post("/courses/orders/people", data=wish, headers=desk.headers)
            assert reply.status_code == 422
            page = reply.text
            assert fields(page, "/courses/orders/people")["freelancer_id"] == [str(chosen.id)]

    async def test_homework_is_checked_by_curators_and_by_the_mentor_alone(self, world: World, desk: Browser) -> None:
        await course_world.publish(world, course_world.lesson("start", course_world.essay()))
        anna, boris = await world.worker("anna"), await world.worker("boris", "orders:3")
        await course_world.begin(anna)
        await course_world.told(anna, "start", 1, {"text": HOSTILE})
        training = f"/training/{anna.id}"
        mentor = await Browser.of(world, boris)
        await mentor.read(training, 404)
        assert "Homework of those I mentor" not in await mentor.read("/me/training")
        done = await desk.do(training, f"{training}/mentor", mentor_id=str(boris.id), reason="He knows the direction.")
        assert done == (303, training)
        assert "boris" in await desk.read(training)
        await mentor.read(training, 200)
        assert "Homework of those I mentor" in await mentor.read("/me/training")
        shown = (await world.client.get("/homework", headers=mentor.headers)).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]" in shown
        assert re.search(r'class="badge">1<', await desk.read("/homework"))
        (waiting,) = (await world.curator.ok("GET", "/homework"))["items"]
        check = f"/homework/{waiting['id']}/check"
        assert await mentor.do("/homework", check, accepted="false", feedback="Say when.") == (303, "/homework")
        assert "No homework waits to be read." in await desk.read("/homework")
        assert (await anna.ok("GET", "/me/courses/orders/units/start"))["items"][0]["tries"][0]["feedback"] == "Say when."
