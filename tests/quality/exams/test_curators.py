"""Curators' side: pools, golden questions kept apart from work, statistics, and marking again after an appeal."""

from typing import Any

import asyncpg
import pytest

from piecework.platform import db
from tests.quality.exams.exam_world import (
    BAD,
    GOOD,
    answer,
    begin,
    fill,
    publish,
    refused,
    result_of,
    second,
    section,
    sit,
    spec,
    style,
)
from tests.world import Person, World, choice_step

WORDS = "I think that the second question has two right answers."
REPLY = "You are right: both wordings are accepted by the dictionary."


async def questions(person: Person, pool: str = "style", state: str | None = None) -> list[dict[str, Any]]:
    path = f"/exam-questions?pool={pool}" + (f"&state={state}" if state else "")
    return list((await person.ok("GET", path))["items"])


class TestFourEyes:
    async def test_nobody_publishes_their_own_exam_or_approves_their_own_questions(self, world: World) -> None:
        made = await world.curator.ok("POST", "/exam-questions", {"pool": "style", "questions": [style(n) for n in range(4)]})
        ids = made["question_ids"]
        assert (await world.curator.ok("POST", "/exam-questions/approve", {"pool": "style", "question_ids": ids}))[
            "approved"
        ] == []
        await world.curator.ok("POST", "/exams", {"code": "russian", "spec": spec()})
        own = await world.curator.call("POST", "/exams/russian/versions/1/publish")
        assert (own.status_code, own.json()["code"]) == (409, "own_draft")
        other = await second(world)
        short = (await other.call("POST", "/exams/russian/versions/1/publish")).json()
        assert (short["code"], short["lacks"]) == ("pool_too_small", [{"pool": "style", "difficulty": "any", "lacks": 4}])
        await other.ok("POST", "/exam-questions/approve", {"pool": "style", "question_ids": ids})
        assert (await other.ok("POST", "/exams/russian/versions/1/publish"))["state"] == "published"
        assert (await other.call("POST", "/exams/russian/versions/1/publish")).json()["code"] == "not_a_draft"
        for statement in ("UPDATE exam SET published_by = author", "UPDATE exam_question SET approved_by = author"):
            with pytest.raises(asyncpg.CheckViolationError):
                await db.execute(statement)

    async def test_a_retired_exam_cannot_be_begun_and_those_under_way_go_on(self, world: World) -> None:
        await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        await world.curator.ok("POST", "/exams/russian/versions/1/retire", {"reason": "It is too old."})
        assert await refused(await world.person("late")) == (404, "not_found")
        await answer(world.freelancer, attempt, *[GOOD] * 4)
        await world.freelancer.ok("POST", f"/me/attempts/{attempt}/finish")
        await world.drain()
        assert (await result_of(world.freelancer, attempt))["result"]["passed"]


class TestDrawing:
    async def test_a_repeated_attempt_gets_others_first(self, world: World) -> None:
        await fill(world, 8)
        await publish(world)

        async def drawn(attempt: str) -> set[str]:
            found = await db.rows("SELECT question_id::text AS id FROM exam_attempt_question WHERE attempt_id = $1", attempt)
            return {row["id"] for row in found}

        first, again = [await drawn(await sit(world, world.freelancer, BAD)) for _ in range(2)]
        assert (len(first), len(again), first & again) == (4, 4, set())
        third = await drawn(await sit(world, world.freelancer, BAD))
        assert len(third) == 4

    async def test_difficulties_are_drawn_as_they_are_asked_for(self, world: World) -> None:
        await fill(world, 3, difficulty="easy")
        await fill(world, 3, first=10, difficulty="hard")
        await publish(world, spec(section(draw=3, difficulty={"easy": 1, "hard": 2})))
        attempt = await begin(world.freelancer)
        found = await db.rows(
            """SELECT q.difficulty, count(*) FROM exam_attempt_question a JOIN exam_question q ON q.id = a.question_id
               WHERE a.attempt_id = $1 GROUP BY 1 ORDER BY 1""",
            attempt,
        )
        assert [tuple(row) for row in found] == [("easy", 1), ("hard", 2)]

    async def test_retired_questions_are_drawn_no_more_but_stay_in_what_runs(self, world: World) -> None:
        ids = await fill(world)
        await publish(world)
        attempt = await begin(world.freelancer)
        await world.curator.ok("POST", f"/exam-questions/{ids[0]}/retire", {"reason": "It is all over the web."})
        assert len((await world.freelancer.ok("GET", f"/me/attempts/{attempt}"))["questions"]) == 4
        assert await refused(await world.person("late")) == (409, "pool_too_small")
        assert [one["id"] for one in await questions(world.curator, state="retired")] == [ids[0]]

    async def test_the_same_question_is_brought_in_once(self, world: World) -> None:
        await fill(world)
        again = await world.curator.ok("POST", "/exam-questions", {"pool": "style", "questions": [style(0), style(9)]})
        assert len(again["question_ids"]) == 1


GOLDEN = {"input": {"text": "is it a?"}, "answers": [{"answer": {"topic": "a"}}]}


async def golden_pool(world: World, count: int = 2) -> list[str]:
    items = [{"input": {"text": f"exam {n}"}, "answers": [{"answer": {"topic": "a"}}]} for n in range(count)]
    body = {"pool": "orders-tasks", "step": "classify", "items": items}
    made = await world.curator.ok("POST", "/projects/orders/exam-questions", body)
    await (await second(world)).ok("POST", "/exam-questions/approve", {"pool": "orders-tasks", **made})
    return list(made["question_ids"])


def direction(draw: int = 2) -> dict[str, Any]:
    return spec(
        section("orders-tasks", draw), kind="direction", direction="orders", passing={"by": "lower_bound", "threshold": 0.4}
    )


class TestGoldenQuestions:
    async def test_a_direction_exam_is_graded_by_the_comparison_of_the_step(self, world: World) -> None:
        await world.project()
        await golden_pool(world, 4)
        await publish(world, direction(4), "orders-exam")
        attempt = await begin(world.freelancer, "orders-exam")
        shown = (await world.freelancer.ok("GET", f"/me/attempts/{attempt}"))["questions"]
        assert {one["kind"] for one in shown} == {"task"}
        assert "golden" not in str(shown)
        wrong = await world.freelancer.call("PUT", f"/me/attempts/{attempt}/answers/1", {"answer": {"topic": "z"}})
        assert wrong.status_code == 422
        await answer(world.freelancer, attempt, *[{"topic": "a"}] * 3, {"topic": "b"})
        await world.freelancer.ok("POST", f"/me/attempts/{attempt}/finish")
        await world.drain()
        mine = (await result_of(world.freelancer, attempt))["result"]
        # Beta(4, 2): its lower end at 0.9 is 0.343, below 0.4
        assert (mine["share"], round(mine["low"], 3), mine["passed"]) == (0.75, 0.343, False)
        assert "The rule: the lower end of the interval is at least 40 %." in mine["words"]
        assert await db.scalar("SELECT count(*) FROM task") == 0
        await world.verify()

    async def test_an_exam_asks_tasks_of_a_step_that_has_no_golden_ones_at_work(self, world: World) -> None:
        await world.project(choice_step(overlap=1, max_overlap=1))
        live = await world.curator.call("POST", "/projects/orders/golden", {"step": "classify", **GOLDEN})
        assert (live.status_code, live.json()["code"]) == (422, "step_not_comparable")
        await golden_pool(world, 3)
        await publish(world, direction(3), "orders-exam")
        attempt = await sit(world, world.freelancer, *[{"topic": "a"}] * 3, code="orders-exam")
        assert (await result_of(world.freelancer, attempt))["result"]["share"] == 1

    async def test_what_is_kept_for_exams_never_becomes_a_golden_task(self, world: World) -> None:
        await world.project()
        await world.curator.ok(
            "POST", "/projects/orders/exam-questions", {"pool": "orders-tasks", "step": "classify", "items": [GOLDEN]}
        )
        reply = await world.curator.call("POST", "/projects/orders/golden", {"step": "classify", **GOLDEN})
        assert (reply.status_code, reply.json()["code"]) == (409, "golden_known")
        body = {"step": "classify", "items": [GOLDEN]}
        assert await world.curator.ok("POST", "/projects/orders/golden/import", body) == {"added": 0, "known": 1}
        with pytest.raises(asyncpg.UniqueViolationError):  # nor past the use case
            await db.execute(
                """WITH made AS (INSERT INTO task (project_id, step_id, input, overlap, lane, deadline_at)
                                 SELECT p.id, s.id, '{}', 3, 2, now() FROM project p JOIN step s ON s.project_id = p.id RETURNING id, step_id)
                   INSERT INTO golden (task_id, step_id, fingerprint)
                   SELECT made.id, made.step_id, q.fingerprint FROM made, exam_question q"""
            )

    async def test_a_golden_task_that_can_be_handed_out_is_no_exam_question(self, world: World) -> None:
        await world.project()
        await world.curator.ok("POST", "/projects/orders/golden", {"step": "classify", **GOLDEN})
        body = {"pool": "orders-tasks", "step": "classify", "items": [GOLDEN]}
        reply = await world.curator.call("POST", "/projects/orders/exam-questions", body)
        assert (reply.status_code, reply.json()["code"]) == (409, "used_live")

    async def test_one_that_nobody_was_handed_can_be_moved_and_is_handed_out_no_more(self, world: World) -> None:
        await world.project(control_rate=0.5)
        made = await world.curator.ok("POST", "/projects/orders/golden", {"step": "classify", **GOLDEN})
        moved = await world.curator.ok(
            "POST", "/projects/orders/exam-questions/from-golden", {"pool": "orders-tasks", "task_ids": [made["task_id"]]}
        )
        (found,) = await questions(world.curator, "orders-tasks")
        assert ([found["id"]], found["question"]["input"]) == (moved["question_ids"], {"text": "is it a?"})
        assert await db.scalar("SELECT count(*) FROM slot WHERE control") == 0
        assert (await world.curator.ok("GET", f"/golden/{made['task_id']}"))["state"] == "retired"
        await world.verify()

    async def test_one_that_was_handed_out_cannot(self, world: World) -> None:
        await world.project(control_rate=0.5)
        made = await world.curator.ok("POST", "/projects/orders/golden", {"step": "classify", **GOLDEN})
        await world.tickets(40)
        anna = await world.worker("anna", max_held=50)
        while not await db.scalar("SELECT count(*) FROM assignment WHERE task_id = $1", made["task_id"]):
            for held in await anna.claim(5):
                await anna.ok("POST", f"/assignments/{held['id']}/skip", {"reason": "It is not for me."})
        for path, body in (
            ("/from-golden", {"pool": "orders-tasks", "task_ids": [made["task_id"]]}),
            ("", {"pool": "orders-tasks", "step": "classify", "items": [GOLDEN]}),
        ):
            reply = await world.curator.call("POST", f"/projects/orders/exam-questions{path}", body)
            assert (reply.status_code, reply.json()["code"]) == (409, "used_live")
        assert await db.scalar("SELECT state FROM golden") == "live"
        await db.execute("UPDATE golden SET state = 'retired'")
        reply = await world.curator.call(
            "POST", "/projects/orders/exam-questions", {"pool": "orders-tasks", "step": "classify", "items": [GOLDEN]}
        )
        assert reply.json()["code"] == "used_live"


class TestStatistics:
    async def test_difficulty_discrimination_and_exposure_by_hand(self, world: World) -> None:
        """Two questions of four people: who gets the first right gets the second right too, but for one."""
        await fill(world, 3)
        await publish(world, spec(section(draw=3), most_exposed=3))
        for number, right in enumerate([(True, True, True), (True, True, False), (False, True, False), (False, False, False)]):
            person = await world.person(f"sitter{number}")
            attempt = await begin(person)
            order = await db.rows(
                """SELECT a.n, q.content ->> 'prompt' AS prompt FROM exam_attempt_question a JOIN exam_question q ON q.id = a.question_id
                   WHERE a.attempt_id = $1""",
                attempt,
            )
            for row in order:
                given = GOOD if right[int(row["prompt"][-1])] else BAD
                await person.ok("PUT", f"/me/attempts/{attempt}/answers/{row['n']}", {"answer": given})
            await person.ok("POST", f"/me/attempts/{attempt}/finish")
        await world.drain()
        told = await world.curator.ok("GET", "/exams/russian/statistics")
        (version,) = told["versions"]
        assert version | {"mean_share": round(version["mean_share"], 6)} == {
            "version": 1,
            "attempts": 4,
            "decided": 4,
            "passed": 1,
            "pass_rate": 0.25,
            "mean_share": 0.5,
        }
        by_prompt = {one["id"]: one["question"]["prompt"][-1] for one in await questions(world.curator)}
        found = {by_prompt[one["question_id"]]: one for one in told["questions"]}
        assert {key: (one["exposed"], one["answered"], one["mean_share"], one["retire"]) for key, one in found.items()} == {
            "0": (4, 4, 0.5, True),
            "1": (4, 4, 0.75, True),
            "2": (4, 4, 0.25, True),
        }
        # question 0: shares 1 1 0 0 against the rest 1 1/2 1/2 0: covariance 1/8, deviations 1/2 and sqrt(1/8)
        assert found["0"]["discrimination"] == pytest.approx((1 / 8) / (0.5 * (1 / 8) ** 0.5))


class TestAppeals:
    async def _failed(self, world: World) -> tuple[str, dict[str, Any]]:
        await fill(world)
        await publish(world, spec(retake_after_h=100, tries={"most": 1, "days": 30}))
        attempt = await sit(world, world.freelancer, GOOD, GOOD, BAD, BAD)
        raised = await world.freelancer.ok("POST", "/appeals", {"subject": "exam", "id": attempt, "words": WORDS})
        return attempt, raised

    async def test_an_upheld_appeal_is_marked_again_by_hand_with_reasons_and_the_same_rule_decides(self, world: World) -> None:
        attempt, raised = await self._failed(world)
        marks = {"marks": [{"n": 3, "points": 1.0, "reason": REPLY}], "reason": REPLY}
        other = await second(world)
        early = await other.call("POST", f"/attempts/{attempt}/marks", marks)
        assert (early.status_code, early.json()["code"]) == (409, "not_upheld")
        author = await world.curator.call("POST", f"/appeals/{raised['id']}/decision", {"decision": "uphold", "reply": REPLY})
        assert author.json()["code"] == "not_impartial"
        shown = await other.ok("GET", f"/appeals/{raised['id']}")
        assert shown["about_decision"]["evidence"]["questions"] == "1: 1 of 1, 2: 1 of 1, 3: 0 of 1, 4: 0 of 1"
        await other.ok("POST", f"/appeals/{raised['id']}/decision", {"decision": "uphold", "reply": REPLY})
        assert (await world.curator.call("POST", f"/attempts/{attempt}/marks", marks)).json()["code"] == "not_impartial"
        for wrong in (
            [{"n": 1, "points": 0.5, "reason": REPLY}],
            [{"n": 3, "points": 1.5, "reason": REPLY}],
            [{"n": 9, "points": 1, "reason": REPLY}],
        ):
            reply = await other.call("POST", f"/attempts/{attempt}/marks", {"marks": wrong, "reason": REPLY})
            assert reply.status_code == 422, reply.text
        assert await other.ok("POST", f"/attempts/{attempt}/marks", marks) == {"attempt_id": attempt, "passed": True}
        assert (await other.call("POST", f"/attempts/{attempt}/marks", marks)).json()["code"] == "not_upheld"
        mine = await result_of(world.freelancer, attempt)
        assert (mine["result"]["revision"], mine["result"]["passed"], mine["result"]["reason"]) == (2, True, REPLY)
        detail = await other.ok("GET", f"/attempts/{attempt}")
        assert [one["passed"] for one in detail["results"]] == [False, True]
        assert [(one["revision"], one["share"]) for one in detail["questions"][2]["marks"]] == [(1, 0.0), (2, 1.0)]
        kinds = [one["kind"] for one in (await world.freelancer.ok("GET", "/me/notices"))["items"]]
        assert "exam.marked_again" in kinds
        await world.drain()
        await world.verify()

    async def test_points_that_are_not_enough_do_not_pass_by_hand_either(self, world: World) -> None:
        attempt, raised = await self._failed(world)
        other = await second(world)
        await other.ok("POST", f"/appeals/{raised['id']}/decision", {"decision": "uphold", "reply": REPLY})
        marks = {"marks": [{"n": 3, "points": 0.5, "reason": REPLY}], "reason": REPLY}
        assert (await other.ok("POST", f"/attempts/{attempt}/marks", marks))["passed"] is False

    async def test_an_attempt_whose_appeal_was_upheld_neither_counts_nor_delays(self, world: World) -> None:
        _, raised = await self._failed(world)
        assert await refused(world.freelancer) == (409, "attempts_used_up")
        await (await second(world)).ok("POST", f"/appeals/{raised['id']}/decision", {"decision": "uphold", "reply": REPLY})
        await begin(world.freelancer)

    async def test_a_pass_leaves_nothing_to_appeal(self, world: World) -> None:
        await fill(world)
        await publish(world)
        attempt = await sit(world, world.freelancer, *[GOOD] * 4)
        reply = await world.freelancer.call("POST", "/appeals", {"subject": "exam", "id": attempt, "words": WORDS})
        assert reply.status_code == 404
