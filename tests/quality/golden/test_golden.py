"""Golden tasks: made by curators, decided like others."""

from typing import Any

import pytest

from piecework.platform import db
from tests.quality.grading.test_grading import people, say, states
from tests.traceless import nothing_changes
from tests.world import World, choice_step

TEXT = {"name": "words", "type": "text", "title": "Words"}


def golden(**changes: Any) -> dict[str, Any]:
    return {"step": "classify", "input": {"text": "known"}, "answers": [{"answer": {"topic": "a"}}], **changes}


async def only_golden(world: World, **step: Any) -> None:
    """A project whose first claims are golden, whatever the dice say."""
    await world.project(choice_step(**step), control_rate=0.5)
    await world.curator.ok("POST", "/projects/orders/golden", golden())
    await world.tickets(5)
    await db.execute("UPDATE queue SET control_rate = 1")


async def verdicts_fall_due(world: World) -> None:
    """Verdicts that wait as those on an ordinary task would have to, because its answers do not agree."""
    await db.execute("UPDATE job SET run_at = now() WHERE kind = 'quality.verdict'")
    await world.drain()


class TestAdd:
    async def test_it_is_masked_like_a_ticket(self, world: World) -> None:
        await world.project()
        await world.curator.ok("POST", "/projects/orders/golden", golden(input={"text": "call +7 921 000-90-01"}))
        assert "921" not in await db.scalar("SELECT input->>'text' FROM task")

    async def test_the_same_input_is_golden_once(self, world: World) -> None:
        await world.project()
        await world.curator.ok("POST", "/projects/orders/golden", golden())
        reply = await world.curator.call("POST", "/projects/orders/golden", golden(answers=[{"answer": {"topic": "b"}}]))
        assert (reply.status_code, reply.json()["code"]) == (409, "golden_known")
        assert await db.scalar("SELECT count(*) FROM task") == 1
        await world.verify()

    async def test_what_does_not_fit_the_step_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project()
        async with nothing_changes():
            for changes, status in [
                ({"step": "nothing"}, 404),
                ({"input": {}}, 422),
                ({"input": {"text": "x", "more": "y"}}, 422),
                ({"answers": []}, 422),
                ({"answers": [{"answer": {"topic": "z"}}]}, 422),
                ({"answers": [{"answer": {}}]}, 422),
                ({"answers": [{"answer": {"topic": "a"}, "weight": 0}]}, 422),
                ({"answers": [{"answer": {"topic": "a"}, "weight": 1.5}]}, 422),
                ({"difficulty": "impossible"}, 422),
            ]:
                with subtests.test(changes=changes, status=status):
                    assert (await world.curator.call("POST", "/projects/orders/golden", golden(**changes))).status_code == status

    async def test_free_text_alone_cannot_be_golden(self, world: World) -> None:
        await world.project(choice_step(answer=[TEXT]))
        reply = await world.curator.call("POST", "/projects/orders/golden", golden(answers=[{"answer": {"words": "x"}}]))
        assert (reply.status_code, reply.json()["code"]) == (422, "step_not_comparable")

    async def test_a_step_without_overlap_cannot_be_golden(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        reply = await world.curator.call("POST", "/projects/orders/golden", golden())
        assert (reply.status_code, reply.json()["code"]) == (422, "step_not_comparable")


class TestGrading:
    async def test_answers_are_decided_only_when_it_has_them_all(self, world: World) -> None:
        await only_golden(world, overlap=3)
        everybody = await people(world, 3)
        for person, topic in zip(everybody[:2], "ab", strict=True):
            await say(person, topic=topic)
            await world.drain()
        assert await states(world) == ["submitted", "submitted"]
        await say(everybody[2], topic="a")
        await world.drain()
        assert await states(world) == ["accepted", "rejected", "accepted"]
        refused = await db.row("SELECT reason, explanation FROM assignment WHERE state = 'rejected'")
        assert refused == ("wrong_answer", "Topic: you answered B; the accepted answer is A.")
        assert await db.scalar("SELECT state FROM task WHERE ticket_id IS NULL") == "resolved"
        await world.verify()

    async def test_each_answer_is_evidence_once(self, world: World) -> None:
        await only_golden(world, overlap=3)
        for person, topic in zip(await people(world, 3), "aab", strict=True):
            await say(person, topic=topic)
            await world.drain()
        found = await db.rows("SELECT kind, right_count, wrong_count FROM evidence ORDER BY assignment_id")
        assert [tuple(row) for row in found] == [("golden", 1, 0), ("golden", 1, 0), ("golden", 0, 1)]
        await world.verify()

    async def test_any_of_several_known_answers_is_right(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        await world.curator.ok(
            "POST", "/projects/orders/golden", golden(answers=[{"answer": {"topic": "a"}}, {"answer": {"topic": "b"}}])
        )
        await world.tickets(3)
        await db.execute("UPDATE queue SET control_rate = 1")
        for person, topic in zip(await people(world, 2), "ab", strict=True):
            await say(person, topic=topic)
        await world.drain()
        await verdicts_fall_due(world)
        assert await states(world) == ["accepted", "accepted"]

    async def test_the_evidence_counts_in_the_persons_accuracy(self, world: World) -> None:
        await only_golden(world, overlap=2)
        (person,) = await people(world, 1)
        await say(person, topic="b")
        await world.drain()
        (step,) = (await world.curator.ok("GET", f"/freelancers/{person.id}/accuracy"))["steps"]
        assert step["evidence"] == [{"kind": "golden", "answers": 1, "agreed": 0, "right": 0.0, "wrong": 1.0}]
