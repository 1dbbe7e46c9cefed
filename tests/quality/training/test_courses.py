"""A person's way through a course: units in order, hints, the first try that counts, homework, pay."""

import pytest

from piecework.platform import db
from piecework.quality.training import enrolments, results
from tests import races
from tests.quality.training.course_world import (
    A,
    B,
    begin,
    essay,
    give,
    lesson,
    mine,
    on,
    publish,
    question,
    refused,
    tasks,
    told,
)
from tests.world import World


class TestTheWayThrough:
    async def test_after_a_wrong_answer_the_hint_is_shown_and_the_first_try_counts(self, world: World) -> None:
        await publish(world, lesson(video_url="https://video.example/1"), tasks(2))
        await begin(world.freelancer)
        assert (await told(world.freelancer, "lesson", 1, A))["explanation"] == "because 1"
        wrong = await told(world.freelancer, "tasks", 1, B)
        assert (wrong["correct"], wrong["wrong"], wrong["hint"], wrong["accepted"]) == (False, ["Topic"], "hint 1", None)
        assert (await give(world.freelancer, "tasks", 2, A)).json()["code"] == "not_next"
        following = (await world.freelancer.ok("GET", "/me/courses/orders/next"))["task"]
        assert (following["item"], following["state"], following["next_try"]) == (1, "again", 2)
        right = await told(world.freelancer, "tasks", 1, A, attempt=2)
        assert (right["correct"], right["explanation"], right["hint"]) == (True, "because 1", None)
        last = await told(world.freelancer, "tasks", 2, A)
        # the question and the second task at once, the first task at the second try
        found = last["progress"]
        assert (found["first_right"], found["first_tries"], found["ending"], found["next"]) == (2, 3, "finished", None)
        (result,) = (await results.of(world.freelancer.id)).values()
        assert (result.first_right, result.first_tries, result.trained_at is not None) == (2, 3, True)
        (notice,) = (await world.freelancer.ok("GET", "/me/notices"))["items"]
        assert notice["title"] == "Training finished: Orders"
        assert notice["body"] == "All lessons and tasks are done. Right at the first try: 2 of 3."
        await world.verify()

    async def test_a_unit_opens_after_the_one_before_it(self, world: World) -> None:
        await publish(world, lesson("one"), lesson("two"), tasks())
        await begin(world.freelancer)
        assert (await give(world.freelancer, "two", 1, A)).json()["code"] == "unit_locked"
        assert (await world.freelancer.call("GET", "/me/courses/orders/units/two")).json()["code"] == "unit_locked"
        await told(world.freelancer, "one", 1, A)
        shown = await world.freelancer.ok("GET", "/me/courses/orders/units/two")
        assert (shown["text"], shown["items"][0]["prompt"], shown["state"]) == ("# Read *this*", "Question 1", "open")
        before = await world.freelancer.ok("GET", "/me/courses/orders/units/one")
        assert before["items"][0]["tries"][0]["explanation"] == "because 1"
        assert [one["state"] for one in (await mine(world.freelancer))["units"]] == ["done", "open", "locked"]

    async def test_keys_hints_and_explanations_are_not_shown_before_they_are_due(self, world: World) -> None:
        await publish(world, lesson(), tasks(3))
        await begin(world.freelancer)
        await told(world.freelancer, "lesson", 1, A)
        shown = (await world.freelancer.call("GET", "/me/courses/orders/units/tasks")).text
        assert "training 1" not in shown
        assert "hint" not in shown.replace('"hint":null', "")
        assert "because" not in shown
        assert "tasks 2" not in shown
        assert "tasks 1" in shown

    async def test_the_event_is_recorded_once_and_noted_for_candidacies(self, world: World) -> None:
        await publish(world, tasks(1))
        await begin(world.freelancer)
        await told(world.freelancer, "tasks", 1, A)
        await told(world.freelancer, "tasks", 1, A)
        await world.drain()
        rows = await db.rows("SELECT kind, code, passed FROM milestone WHERE freelancer_id = $1", world.freelancer.id)
        assert rows == [("training", "orders", True)]

    async def test_an_applicant_takes_the_course_of_their_stage_only(self, world: World) -> None:
        await publish(world)
        await publish(world, tasks(key="others"), code="other")
        await world.project()
        assert await refused(world.applicant) == (409, "not_at_this_course")
        await db.execute(
            """WITH form AS (INSERT INTO admission_document (kind, direction, version, spec) VALUES ('form', 'orders', 1, '{}') RETURNING id),
                    way AS (INSERT INTO admission_document (kind, direction, version, spec)
                            VALUES ('way_in', 'orders', 1, '{"course": "orders", "trial": "other"}') RETURNING id)
               INSERT INTO candidacy (freelancer_id, direction, way_in_id, form_id, language, answers, stage, due_at)
               SELECT $1, 'orders', way.id, form.id, 'ru', '[]', 'training', now() + interval '14 days' FROM way, form""",
            world.applicant.id,
        )
        assert await refused(world.applicant, "other") == (409, "not_at_this_course")
        offered = (await world.applicant.ok("GET", "/me/courses"))["offered"]
        assert {one["code"]: one["for_me"] for one in offered} == {"orders": True, "other": False}
        await begin(world.applicant)
        assert await refused(world.applicant) == (409, "enrolled_already")


class TestHomework:
    async def test_words_are_checked_by_the_mentor_with_feedback(self, world: World) -> None:
        mentor = await world.worker("mentor", "orders:3")
        stranger = await world.person("stranger")
        await world.agree(world.freelancer)
        body = {"mentor_id": str(mentor.id), "reason": "to begin with"}
        await world.curator.ok("POST", f"/freelancers/{world.freelancer.id}/mentor", body)
        await publish(world, lesson("one", essay(), question()), lesson("two"))
        await begin(world.freelancer)
        assert (await mine(world.freelancer))["mentor"]["name"] == "mentor"
        sent = await told(world.freelancer, "one", 1, {"text": "Soon."})
        assert (sent["correct"], sent["check_by"] is not None) == (None, True)
        assert (await told(world.freelancer, "one", 2, A))["progress"]["units"][0]["state"] == "waiting"
        assert await world.freelancer.ok("GET", "/me/courses/orders/next") == {"unit": "one", "task": None}
        assert (await give(world.freelancer, "one", 1, {"text": "By noon."}, attempt=2)).json()["code"] == "not_next"
        (waits,) = (await mentor.ok("GET", "/homework"))["items"]
        assert (waits["text"], waits["good"], waits["late"]) == ("Soon.", "It says when.", False)
        path, verdict = f"/homework/{waits['id']}/check", {"accepted": False, "feedback": "When is soon?"}
        assert (await stranger.ok("GET", "/homework"))["items"] == (await world.freelancer.ok("GET", "/homework"))["items"] == []
        assert (await stranger.call("POST", path, verdict)).status_code == 404
        assert (await world.freelancer.call("POST", path, verdict)).json()["code"] == "not_impartial"
        await mentor.ok("POST", path, verdict)
        assert (await world.curator.call("POST", path, verdict)).json()["code"] == "checked_already"
        shown = await world.freelancer.ok("GET", "/me/courses/orders/units/one")
        assert shown["items"][0]["tries"][0]["feedback"] == "When is soon?"
        await told(world.freelancer, "one", 1, {"text": "By noon."}, attempt=2)
        (waits,) = (await mentor.ok("GET", "/homework"))["items"]
        await world.curator.ok("POST", f"/homework/{waits['id']}/check", {"accepted": True, "feedback": "Good."})
        found = await mine(world.freelancer)
        assert (found["units"][0]["state"], found["next"], found["first_tries"]) == ("done", "two", 1)  # words have no key
        kinds = {one["kind"] for one in (await mentor.ok("GET", "/me/notices"))["items"]}
        assert "homework.waits" in kinds
        await world.verify()

    async def test_what_waits_too_long_is_told_once(self, world: World) -> None:
        await publish(world, lesson("one", essay(check_days=1)))
        other = await world.person("other")
        await begin(other)
        await begin(world.freelancer)
        await told(world.freelancer, "one", 1, {"text": "Soon."})
        await world.as_owner(
            "ALTER TABLE training_answer DISABLE TRIGGER USER",
            "UPDATE training_answer SET check_by = now() - interval '1 hour'",
            "ALTER TABLE enrolment DISABLE TRIGGER USER",
            "UPDATE enrolment SET enrolled_at = now() - interval '12 days', due_at = now() + interval '2 days'",
        )
        for _ in range(2):
            await world.drain_recurring("quality.training")
        (late,) = [one for one in (await world.curator.ok("GET", "/me/notices"))["items"] if one["kind"] == "homework.late"]
        assert late["link"] == "/homework"
        assert [one["kind"] for one in (await other.ok("GET", "/me/notices"))["items"]] == ["training.due"]
        assert (await world.freelancer.ok("GET", "/me/notices"))["items"] == []  # theirs waits for us

    async def test_what_was_erased_before_it_was_checked_is_in_nobodys_way(self, world: World) -> None:
        await publish(world, lesson("one", question(), essay()))
        await begin(world.freelancer)
        await told(world.freelancer, "one", 1, B)
        await told(world.freelancer, "one", 1, A, attempt=2)
        await told(world.freelancer, "one", 2, {"text": "Soon."})
        ((waiting,),) = await db.rows("SELECT id FROM training_answer WHERE correct IS NULL")
        await world.as_owner(
            "ALTER TABLE training_answer DISABLE TRIGGER USER",
            "UPDATE training_answer SET answered_at = now() - interval '366 days'",
            "UPDATE training_answer SET check_by = now() - interval '1 hour' WHERE correct IS NULL",
            "ALTER TABLE training_answer ENABLE TRIGGER USER",
        )
        await db.execute("SELECT erase_training_answer(NULL, clock_timestamp() - interval '365 days')")
        assert (await world.curator.ok("GET", "/homework"))["items"] == []
        verdict = {"accepted": True, "feedback": "Good."}
        assert (await world.curator.call("POST", f"/homework/{waiting}/check", verdict)).status_code == 404
        await world.drain_recurring("quality.training")
        assert (await world.curator.ok("GET", "/me/notices"))["items"] == []
        shown = (await world.freelancer.ok("GET", "/me/courses/orders/units/one"))["items"]
        assert [[one["correct"] for one in item["tries"]] for item in shown] == [[False, True], [None]]


class TestWhoFollows:
    async def test_curators_see_everybody_mentors_their_own(self, world: World) -> None:
        mentor = await world.worker("mentor", "orders:3")
        other = await world.person("other")
        await publish(world)
        await begin(world.freelancer)
        await begin(other)
        body = {"mentor_id": str(mentor.id), "reason": "to begin with"}
        await world.curator.ok("POST", f"/freelancers/{other.id}/mentor", body)
        found = (await world.curator.ok("GET", "/courses/orders/progress"))["items"]
        assert [one["name"] for one in found] == ["other", "freelancer"]
        (one,) = (await mentor.ok("GET", "/courses/orders/progress"))["items"]
        assert (one["name"], one["mentor"]["id"], one["lessons"], one["lessons_done"]) == ("other", str(mentor.id), 1, 0)
        assert len((await mentor.ok("GET", f"/freelancers/{other.id}/training"))["items"]) == 1
        assert (await mentor.call("GET", f"/freelancers/{world.freelancer.id}/training")).status_code == 404

    async def test_somebody_is_sent_to_a_course_and_told(self, world: World) -> None:
        await publish(world)
        body = {"freelancer_id": str(world.freelancer.id), "reason": "Refunds have changed."}
        await world.curator.ok("POST", "/courses/orders/enrolments", body)
        assert (await mine(world.freelancer))["reason"] == "Refunds have changed."
        (notice,) = (await world.freelancer.ok("GET", "/me/notices"))["items"]
        assert (notice["kind"], notice["body"]) == ("training.sent", "Refunds have changed.")
        reply = await world.curator.call("POST", "/courses/orders/enrolments", body | {"freelancer_id": str(world.finance.id)})
        assert reply.status_code == 404


class TestPay:
    async def test_a_unit_is_confirmed_once_for_each_person(self, world: World) -> None:
        await publish(world, lesson(paid=False), tasks(1))
        await begin(world.freelancer)
        await on(world.freelancer, A, A)
        assert await refused(world.freelancer) == (409, "course_finished")
        await publish(world, lesson(), tasks(1, title="Other tasks"))  # a new version that differs
        body = {"freelancer_id": str(world.freelancer.id), "reason": "again"}
        await world.curator.ok("POST", "/courses/orders/enrolments", body)
        await on(world.freelancer, A, A)
        rows = await db.rows(
            "SELECT kind, source, value FROM measure WHERE freelancer_id = $1 ORDER BY source", world.freelancer.id
        )
        assert rows == [("training", "unit:orders/lesson", 1), ("training", "unit:orders/tasks", 1)]
        await world.verify()


class TestRaces:
    async def test_of_two_submissions_of_one_answer_one_is_stored_and_both_are_told_the_same(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await publish(world, tasks(1))
        await begin(world.freelancer)
        monkeypatch.setattr(enrolments, "standings", races.stop_after(enrolments.standings))
        got = await world.race(*(give(world.freelancer, "tasks", 1, A) for _ in range(2)))
        assert [(one.status_code, one.json()["correct"]) for one in got] == [(200, True)] * 2
        assert await db.scalar("SELECT count(*) FROM training_answer") == 1
        assert await db.scalar("SELECT count(*) FROM measure") == 1
        await world.drain()
        assert await db.scalar("SELECT count(*) FROM milestone") == 1
        await world.verify()

    async def test_without_the_lock_both_are_first_tries(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(enrolments, "HOLD", "")
        await world.as_owner("ALTER TABLE training_answer DROP CONSTRAINT training_answer_once")
        await publish(world, tasks(2))
        await begin(world.freelancer)
        monkeypatch.setattr(enrolments, "standings", races.stop_after(enrolments.standings))
        await world.race(*(give(world.freelancer, "tasks", 1, A) for _ in range(2)))
        assert await db.scalar("SELECT count(*) FROM training_answer") == 2


class TestBadInput:
    async def test_what_does_not_fit_is_refused_and_changes_nothing(self, world: World) -> None:
        await publish(world, tasks())
        assert (await give(world.freelancer, "tasks", 1, A)).status_code == 404  # not enrolled
        await begin(world.freelancer)
        for unit, item, answer, attempt, status in [
            ("tasks", 1, {"topic": "z"}, 1, 422),
            ("tasks", 1, {}, 1, 422),
            ("tasks", 1, A, 2, 409),
            ("tasks", 3, A, 1, 404),
            ("nothing", 1, A, 1, 404),
            ("tasks", 0, A, 1, 422),
        ]:
            reply = await give(world.freelancer, unit, item, answer, attempt=attempt)
            assert reply.status_code == status, (unit, item, answer, reply.text)
        assert await db.scalar("SELECT count(*) FROM training_answer") == 0
        await told(world.freelancer, "tasks", 1, B)
        assert (await give(world.freelancer, "tasks", 1, A)).json()["code"] == "answered_otherwise"
        assert (await told(world.freelancer, "tasks", 1, B))["hint"] == "hint 1"
