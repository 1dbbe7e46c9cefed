"""Attempts over the API: begun, answered, ended by the person or the clock, decided by the rule, and never shown again."""

import asyncio
from typing import Any

import asyncpg
import orjson
import pytest

from piecework.platform import composition, db
from piecework.platform.jobs.runner import Runner
from piecework.platform.personal.exporting import text_about
from piecework.quality.exams import attempts as exam_attempts
from piecework.quality.exams import drawing, results
from tests import races
from tests.quality.exams.exam_world import (
    BAD,
    GOOD,
    answer,
    begin,
    fill,
    pass_time,
    publish,
    refused,
    result_of,
    second,
    section,
    sit,
    spec,
)
from tests.world import World


class TestTheWayThrough:
    async def test_four_of_four_pass_and_everything_is_told_in_numbers(self, world: World) -> None:
        await fill(world)
        await publish(world)
        (offered,) = (await world.freelancer.ok("GET", "/me/exams"))["items"]
        assert (offered["rule"], offered["threshold"], offered["questions"], offered["can_begin_at"]) == ("share", 0.75, 4, None)
        attempt = await begin(world.freelancer)
        shown = await world.freelancer.ok("GET", f"/me/attempts/{attempt}")
        assert [one["n"] for one in shown["questions"]] == [1, 2, 3, 4]
        assert {tuple(sorted(one["asked"])) for one in shown["questions"]} == {("answer_schema", "options", "prompt")}
        await answer(world.freelancer, attempt, BAD, GOOD, GOOD, BAD)
        await answer(world.freelancer, attempt, GOOD)  # the last one counts
        shown = await world.freelancer.ok("GET", f"/me/attempts/{attempt}")
        assert [one["answer"] for one in shown["questions"]] == [GOOD, GOOD, GOOD, BAD]
        await world.freelancer.ok("POST", f"/me/attempts/{attempt}/finish")
        await world.drain()
        mine = await result_of(world.freelancer, attempt)
        assert (mine["result"]["points"], mine["result"]["possible"], mine["result"]["passed"]) == (3.0, 4, True)
        # Beta(4, 2) at 0.9
        assert mine["result"]["words"] == (
            "3 of 4 points, 75 %. The rule: at least 75 % of the points. For comparison: from 34.2 % to 92.3 % "
            "(90 % credible interval of being right). Passed."
        )
        assert mine["appeal"] is None
        (told,) = (await world.freelancer.ok("GET", "/me/notices"))["items"]
        assert (told["kind"], told["title"]) == ("exam.decided", "Russian: passed")
        (found,) = (await results.of(world.freelancer.id)).values()
        assert (found.code, found.passed, found.share, found.qualification) == ("russian", True, 0.75, "russian")
        assert await refused(world.freelancer) == (409, "passed_already")
        await world.verify()

    async def test_the_event_says_who_passed_what(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[Any] = []

        async def record(event: str, happened: Any) -> None:
            told.append((event, list(happened)))

        monkeypatch.setattr("piecework.quality.exams.deciding.jobs.record", record)
        await fill(world)
        await publish(world)
        attempt = await sit(world, world.freelancer, BAD)
        payload = {
            "attempt_id": attempt,
            "freelancer_id": str(world.freelancer.id),
            "exam_code": "russian",
            "passed": False,
            "revision": 1,
        }
        assert ("exam.decided", [(f"{attempt}:1", payload)]) in told

    async def test_the_shipped_exam_is_sat(self, world: World) -> None:
        brought = await world.curator.ok("POST", "/exams/shipped")
        other = await second(world)
        assert (await other.call("POST", "/exams/russian-general/versions/1/publish")).json()["code"] == "pool_too_small"
        for pool, ids in brought["questions"].items():
            await other.ok("POST", "/exam-questions/approve", {"pool": pool, "question_ids": ids})
        await other.ok("POST", "/exams/russian-general/versions/1/publish")
        attempt = await begin(world.freelancer, "russian-general")
        shown = (await world.freelancer.ok("GET", f"/me/attempts/{attempt}"))["questions"]
        assert [one["section"] for one in shown] == ["dictation", "reading", "summary", *["style"] * 10]
        await answer(world.freelancer, attempt, {"text": "Вечером Ольга открыла ноутбук."})
        await world.freelancer.ok("POST", f"/me/attempts/{attempt}/finish")
        await world.drain()
        mine = await result_of(world.freelancer, attempt)
        assert "Errors in question 1: spelling" in mine["result"]["words"]
        assert "Сергеевна" not in mine["result"]["words"]
        assert (await world.curator.ok("POST", "/exams/shipped"))["questions"] == {pool: [] for pool in brought["questions"]}


class TestTheEnd:
    async def test_after_the_end_nothing_of_the_questions_is_readable(self, world: World) -> None:
        await fill(world)
        await publish(world)
        attempt = await sit(world, world.freelancer, GOOD)
        reply = await world.freelancer.call("GET", f"/me/attempts/{attempt}")
        assert (reply.status_code, reply.json()["code"]) == (410, "attempt_over")
        assert "Question" not in reply.text
        assert "Question" not in (await world.freelancer.call("GET", "/me/attempts")).text
        assert (await world.freelancer.call("GET", f"/attempts/{attempt}")).status_code == 403
        late = await world.freelancer.call("PUT", f"/me/attempts/{attempt}/answers/1", {"answer": GOOD})
        assert (late.status_code, late.json()["code"]) == (410, "attempt_over")

    async def test_what_is_right_is_not_learnt_from_ones_own_data_either(self, world: World) -> None:
        await fill(world)
        await publish(world)
        await sit(world, world.freelancer, GOOD, BAD)
        async with db.transaction():
            about = b"".join([piece async for piece in text_about(world.freelancer.id)])
        sections = {one["name"]: one for one in orjson.loads(about)["sections"]}
        assert [one["scored"] for one in sections["exam_result"]["rows"]] == [10_000]
        for name in ("exam_score", "exam_answer"):
            assert (sections[name]["rows"], sections[name]["withheld"] is None) == ([], False)
        assert "exam_question" not in sections
        assert not any(word in str(sections["appealable"]["rows"]) for word in ("1: 1 of 1", "2: 0 of 1"))

    async def test_answers_after_the_time_are_refused_by_the_databases_clock(self, world: World) -> None:
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        await answer(world.freelancer, attempt, GOOD)
        await pass_time(attempt, 31)
        reply = await world.freelancer.call("PUT", f"/me/attempts/{attempt}/answers/1", {"answer": BAD})
        assert (reply.status_code, reply.json()["code"]) == (410, "attempt_over")
        assert (await world.freelancer.call("GET", f"/me/attempts/{attempt}")).status_code == 410
        assert await db.scalar("SELECT body FROM exam_answer") == '{"choice": 0}'

    async def test_a_save_that_waited_past_the_end_is_refused(self, world: World) -> None:
        """It held back until the attempt had ended: what counts is when it is written, not when it was sent."""
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        async with world.connections(2, role=None) as (other, watcher):
            async with other.transaction():
                await other.execute("SELECT FROM exam_attempt WHERE id = $1 FOR UPDATE", attempt)
                save = asyncio.create_task(world.freelancer.call("PUT", f"/me/attempts/{attempt}/answers/1", {"answer": GOOD}))
                assert await races.stand(watcher, save) == 1
                await other.execute(
                    "UPDATE exam_attempt SET started_at = started_at - interval '1 hour', ends_at = ends_at - interval '1 hour' WHERE id = $1",
                    attempt,
                )
            assert (await save).status_code == 410
        assert await db.scalar("SELECT count(*) FROM exam_answer") == 0

    async def test_at_the_time_limit_it_ends_by_itself_with_what_was_saved(self, world: World) -> None:
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        await answer(world.freelancer, attempt, GOOD, GOOD, GOOD)
        await world.drain()
        assert await db.scalar("SELECT finished_at FROM exam_attempt") is None
        await pass_time(attempt, 31)
        await world.drain()
        row = await db.row("SELECT ended_by, finished_at = ends_at AS exactly FROM exam_attempt")
        assert row == ("time", True)
        assert (await result_of(world.freelancer, attempt))["result"]["points"] == 3.0
        await world.verify()

    async def test_who_begins_again_before_the_job_ran_ends_the_old_attempt(self, world: World) -> None:
        await fill(world)
        await publish(world)
        old = await begin(world.freelancer)
        assert await refused(world.freelancer) == (409, "attempt_running")
        await pass_time(old, 31)
        await begin(world.freelancer)
        assert await db.scalar("SELECT ended_by FROM exam_attempt WHERE id = $1", old) == "time"
        await world.drain()
        assert (await result_of(world.freelancer, old))["result"]["points"] == 0.0

    async def test_a_finish_after_the_time_changes_nothing(self, world: World) -> None:
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        await pass_time(attempt, 31)
        await world.freelancer.ok("POST", f"/me/attempts/{attempt}/finish")
        assert await db.scalar("SELECT ended_by FROM exam_attempt") == "time"
        await world.freelancer.ok("POST", f"/me/attempts/{attempt}/finish")
        await world.drain()
        assert await db.scalar("SELECT count(*) FROM exam_result") == 1

    async def test_killed_between_finish_and_decision_the_job_takes_it_up(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        await answer(world.freelancer, attempt, *[GOOD] * 4)
        await world.freelancer.ok("POST", f"/me/attempts/{attempt}/finish")
        kinds = [kind for kind in composition.job_kinds() if kind.name == exam_attempts.DECIDE]
        from piecework.quality.exams import deciding

        async def dies(*_: Any) -> None:
            raise RuntimeError("killed")

        with monkeypatch.context() as patched:
            patched.setattr(deciding, "_tell", dies)  # the last thing of the decision
            runner = Runner(kinds)
            await runner.drain()
            assert runner.failed >= 1
        assert await db.scalar("SELECT count(*) FROM exam_result") == 0
        assert (await result_of(world.freelancer, attempt))["result"] is None
        await db.execute("UPDATE job SET run_at = now() WHERE kind = $1", exam_attempts.DECIDE)
        await world.drain()
        assert (await result_of(world.freelancer, attempt))["result"]["passed"] is True
        assert await db.scalar("SELECT count(*) FROM exam_result") == 1
        await world.verify()


class TestRaces:
    @staticmethod
    async def _both(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
        """Two starts at once: each has found nothing in its way, unless a guard has stopped it before."""
        await fill(world)
        await publish(world)
        monkeypatch.setattr(drawing, "candidates", races.stop_after(drawing.candidates))
        return sorted(await world.race(refused(world.freelancer), refused(world.freelancer)))

    async def test_of_two_starts_at_once_one_begins(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert await self._both(world, monkeypatch) == [(201, ""), (409, "attempt_running")]
        await world.verify()

    async def test_without_the_lock_the_index_refuses_the_second(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exam_attempts, "HOLD_PERSON", "SELECT $1::uuid")
        assert await self._both(world, monkeypatch) == [(201, ""), (409, "attempt_running")]

    async def test_without_the_lock_and_the_index_both_begin(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exam_attempts, "HOLD_PERSON", "SELECT $1::uuid")
        await world.as_owner("DROP INDEX exam_attempt_running")
        assert await self._both(world, monkeypatch) == [(201, ""), (201, "")]

    async def test_an_answer_that_waited_is_stored_as_of_the_moment_that_was_looked_at(self, world: World) -> None:
        """Another save of the same question is on its way, and the attempt ends meanwhile."""
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        await db.execute("UPDATE exam_attempt SET ends_at = clock_timestamp() + interval '3 seconds'")
        async with world.connections(1, role=None) as (other,):
            async with other.transaction():
                await other.execute("INSERT INTO exam_answer (attempt_id, n, body) VALUES ($1, 1, '{}')", attempt)
                save = asyncio.create_task(world.freelancer.call("PUT", f"/me/attempts/{attempt}/answers/1", {"answer": GOOD}))
                await other.execute("SELECT pg_sleep_until(ends_at + interval '0.1 seconds') FROM exam_attempt")
            await save
        assert "quality.exam_answers_came_in_time" not in await world.broken()

    async def test_a_save_and_a_finish_at_once_leave_no_answer_after_the_end(self, world: World) -> None:
        await fill(world)
        await publish(world, spec(tries={"most": 100, "days": 30}))
        for _ in range(10):
            attempt = await begin(world.freelancer)
            await asyncio.gather(
                world.freelancer.call("PUT", f"/me/attempts/{attempt}/answers/1", {"answer": GOOD}),
                world.freelancer.call("POST", f"/me/attempts/{attempt}/finish"),
            )
        await world.drain()
        await world.verify()


class TestWhoMaySit:
    async def test_a_delay_lies_between_attempts_and_there_are_so_many_in_a_span(self, world: World) -> None:
        await fill(world)
        await publish(world, spec(retake_after_h=2, tries={"most": 2, "days": 30}))
        first = await sit(world, world.freelancer, BAD)
        assert await refused(world.freelancer) == (409, "retake_too_early")
        await pass_time(first, 121)
        again = await sit(world, world.freelancer, BAD)
        await pass_time(again, 121)
        assert await refused(world.freelancer) == (409, "attempts_used_up")
        (offered,) = (await world.freelancer.ok("GET", "/me/exams"))["items"]
        assert (offered["begun"], offered["can_begin_at"] is not None) == (2, True)
        await pass_time(first, 30 * 24 * 60)
        await begin(world.freelancer)

    async def test_a_pass_can_be_renewed_in_its_last_month(self, world: World) -> None:
        await fill(world)
        await publish(world, spec(valid_days=31))
        await sit(world, world.freelancer, *[GOOD] * 4)
        assert await refused(world.freelancer) == (409, "passed_already")
        await publish(world, spec(valid_days=30))
        other = await world.person("other")
        await sit(world, other, *[GOOD] * 4)
        await begin(other)

    async def test_an_applicant_sits_the_exam_of_their_stage(self, world: World) -> None:
        await fill(world)
        await publish(world)
        await publish(world, code="other")
        assert await refused(world.applicant) == (409, "not_at_this_stage")
        await world.project()
        await db.execute(
            """WITH form AS (INSERT INTO admission_document (kind, direction, version, spec) VALUES ('form', 'orders', 1, '{}') RETURNING id),
                    way AS (INSERT INTO admission_document (kind, direction, version, spec)
                            VALUES ('way_in', 'orders', 1, '{"language_exam": "russian", "direction_exam": "other"}') RETURNING id)
               INSERT INTO candidacy (freelancer_id, direction, way_in_id, form_id, language, answers, stage, due_at)
               SELECT $1, 'orders', way.id, form.id, 'ru', '[]', 'language_exam', now() + interval '14 days' FROM way, form""",
            world.applicant.id,
        )
        assert await refused(world.applicant, "other") == (409, "not_at_this_stage")
        listed = (await world.applicant.ok("GET", "/me/exams"))["items"]
        assert {one["code"]: one["for_me"] for one in listed} == {"russian": True, "other": False}
        await begin(world.applicant)

    async def test_who_had_a_hand_in_it_or_is_somebody_else_does_not(self, world: World) -> None:
        await fill(world)
        await publish(world)
        assert (await refused(world.curator))[0] == 403
        await db.execute("UPDATE account SET roles = '{curator,freelancer}' WHERE id = $1", world.curator.id)
        async with db.transaction():
            from piecework.platform.identity import accounts

            _, secret = await accounts.create_token(None, world.curator.id, name="fresh", scopes=["*"])
        world.curator.token = secret
        assert await refused(world.curator) == (409, "knows_the_keys")
        attempt = await begin(world.freelancer)
        stranger = await world.person("stranger")
        for method, path in (("GET", ""), ("POST", "/finish")):
            assert (await stranger.call(method, f"/me/attempts/{attempt}{path}")).status_code == 404
        assert (await world.curator.call("GET", f"/attempts/{attempt}")).status_code == 403
        assert await refused(stranger, "nothing") == (404, "not_found")


class TestBadInput:
    async def test_what_does_not_fit_is_refused_and_changes_nothing(self, world: World) -> None:
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        path = f"/me/attempts/{attempt}/answers"
        for n, given, status in [
            (1, {"choice": 2}, 422),
            (1, {"choice": "0"}, 422),
            (1, {}, 422),
            (1, {"text": "x"}, 422),
            (5, GOOD, 404),
            (0, GOOD, 404),
            (10**17, GOOD, 404),
        ]:
            reply = await world.freelancer.call("PUT", f"{path}/{n}", {"answer": given})
            assert reply.status_code == status, (n, given, reply.text)
        assert await db.scalar("SELECT count(*) FROM exam_answer") == 0

    async def test_results_and_questions_of_attempts_cannot_be_changed_in_the_database(self, world: World) -> None:
        await fill(world)
        await publish(world)
        await sit(world, world.freelancer, BAD)
        for statement in (
            "UPDATE exam_result SET passed = true",
            "DELETE FROM exam_score",
            "UPDATE exam_question SET content = '{}'",
            "UPDATE exam SET spec = jsonb_set(spec, '{passing,threshold}', '0.1')",
            """INSERT INTO exam_result (attempt_id, revision, scored, possible, low, high, passed, words, actor, reason, valid_until)
               SELECT attempt_id, 2, scored, possible, low, high, true, words, $1, 'I like them', valid_until FROM exam_result""",
        ):
            with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
                await db.execute(statement, *([world.curator.id] if "$1" in statement else []))


class TestVersions:
    async def test_a_new_version_changes_no_attempt_under_way(self, world: World) -> None:
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        assert await publish(world, spec(section(draw=2), passing={"by": "share", "threshold": 1.0})) == 2
        await answer(world.freelancer, attempt, GOOD, GOOD, GOOD, BAD)
        await world.freelancer.ok("POST", f"/me/attempts/{attempt}/finish")
        await world.drain()
        mine = await result_of(world.freelancer, attempt)
        assert (mine["version"], mine["result"]["passed"], mine["result"]["possible"]) == (1, True, 4)
        states = {one["version"]: one["state"] for one in (await world.curator.ok("GET", "/exams"))["items"]}
        assert states == {1: "retired", 2: "published"}
