"""Many decisions at once: each row stands or is refused by itself; a malformed list does nothing at all."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.errors import SetupError
from piecework.platform.identity.models import Role
from piecework.quality.auditing import reviews
from piecework.quality.auditing.review_files import review_file
from piecework.quality.grading import deadlines
from piecework.quality.grading.grades import Grades
from tests import races
from tests.commands import piecework
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step


async def submitted(world: World, count: int = 4, *, overlap: int = 5, name: str = "worker") -> list[str]:
    """Answers of one person that await a decision."""
    await world.project(choice_step(overlap=overlap))
    await world.tickets(count)
    person = await world.worker(name, max_held=50)
    held = await person.claim(count)
    for one in held:
        await person.answer(one, {"topic": "a"})
    await world.drain()
    return [one["id"] for one in held]


def row(assignment_id: str, verdict: str = "accept", reason: str = "seen by hand") -> dict[str, Any]:
    return {"assignment_id": assignment_id, "verdict": verdict, "reason": reason}


async def send(curator: Person, rows: list[dict[str, Any]], code: str = "orders") -> Any:
    return await curator.call("POST", f"/projects/{code}/reviews/import", {"rows": rows})


class TestRows:
    async def test_each_row_is_carried_out_or_refused_by_itself(self, world: World) -> None:
        first, second, third, _ = await submitted(world)
        await world.curator.ok("POST", f"/assignments/{third}/review", {"verdict": "accept", "reason": "seen"})
        rows = [row(first), row(second, "reject"), row(third), row(str(uuid.uuid4()))]
        found = (await send(world.curator, rows)).json()
        assert (found["accepted"], found["rejected"], found["refused"]) == (1, 1, 2)
        assert [(one["state"], one["refused"]) for one in found["rows"]] == [
            ("accepted", None),
            ("rejected", None),
            (None, "not_awaiting_review"),
            (None, "not_found"),
        ]
        assert found["rows"][2]["why"] == "It is accepted."
        await world.drain()
        await world.verify()

    async def test_sent_again_it_changes_nothing(self, world: World) -> None:
        ids = await submitted(world)
        rows = [row(one, "reject") for one in ids]
        await send(world.curator, rows)
        before = [tuple(one) for one in await db.rows("SELECT * FROM decision ORDER BY assignment_id")]
        again = (await send(world.curator, rows)).json()
        assert again["refused"] == len(ids)
        assert [tuple(one) for one in await db.rows("SELECT * FROM decision ORDER BY assignment_id")] == before
        assert await db.scalar("SELECT array_agg(DISTINCT overlap) FROM task") == [6]
        await world.verify()

    async def test_a_rejection_tells_its_reason_and_until_when_to_appeal(self, world: World) -> None:
        (one,) = await submitted(world, 1)
        await send(world.curator, [row(one, "reject", "It is about another order.")])
        (mine,) = (await world.people["worker"].ok("GET", "/me/assignments"))["items"]
        assert (mine["reason"], mine["explanation"]) == ("rejected_by_curator", "It is about another order.")
        assert mine["appeal_by"] > mine["decided_at"]

    async def test_each_rejected_answer_of_a_task_frees_a_slot(self, world: World) -> None:
        await world.project(choice_step(overlap=3))
        await world.tickets(1)
        ids = []
        for i in range(2):
            person = await world.worker(f"person{i}")
            (held,) = await person.claim()
            await person.answer(held, {"topic": "a"})
            ids.append(held["id"])
        await world.drain()
        await send(world.curator, [row(one, "reject") for one in ids])
        assert await db.row("SELECT overlap, (SELECT count(*) FROM slot) AS open FROM task") == (5, 3)
        for i in range(2, 5):
            person = await world.worker(f"person{i}")
            (held,) = await person.claim()
            await person.answer(held, {"topic": "b"})
        await world.drain()
        assert await db.scalar("SELECT result->>'topic' FROM task WHERE state = 'resolved'") == "b"
        await world.verify()

    async def test_answers_of_another_project_are_not_found(self, world: World) -> None:
        (one,) = await submitted(world, 1)
        await world.project(choice_step(qualification="music"), code="music")
        found = (await send(world.curator, [row(one)], "music")).json()
        assert found["rows"][0]["refused"] == "not_found"
        assert await db.scalar("SELECT state FROM assignment") == "submitted"

    async def test_ones_own_answers_are_refused(self, world: World) -> None:
        await world.person("worker", Role.FREELANCER, Role.CURATOR)
        (one,) = await submitted(world, 1)
        found = (await send(world.people["worker"], [row(one)])).json()
        assert found["rows"][0]["refused"] == "own_work"

    async def test_with_one_malformed_row_nothing_is_done(self, world: World, subtests: pytest.Subtests) -> None:
        (one,) = await submitted(world, 1)
        async with nothing_changes():
            for bad in [
                {"verdict": "accept", "reason": "seen"},
                {"assignment_id": "x", "verdict": "accept", "reason": "seen"},
                {"assignment_id": str(uuid.UUID(int=1)), "verdict": "maybe", "reason": "seen"},
                {"assignment_id": str(uuid.UUID(int=1)), "verdict": "reject", "reason": ""},
                {"assignment_id": str(uuid.UUID(int=1)), "verdict": "reject"},
            ]:
                with subtests.test(bad=bad):
                    assert (await send(world.curator, [row(one), bad])).status_code == 422
                    assert await db.scalar("SELECT state FROM assignment") == "submitted"

    async def test_an_answer_named_twice_is_refused(self, world: World) -> None:
        (one,) = await submitted(world, 1)
        assert (await send(world.curator, [row(one), row(one, "reject")])).status_code == 422

    async def test_a_thousand_rows_and_no_more(self, world: World) -> None:
        await world.project()
        assert (await send(world.curator, [row(str(uuid.uuid4())) for _ in range(1000)])).json()["refused"] == 1000
        assert (await send(world.curator, [row(str(uuid.uuid4())) for _ in range(1001)])).status_code == 422


class TestFiles:
    """The same from a CSV file on the command line."""

    @staticmethod
    async def command(world: World, path: Path, curator: str = "curator@example.test", *more: str) -> tuple[int, str, str]:
        return await piecework(world, path.parent, "quality", "review", str(path), "--as", curator, *more)

    async def test_a_file_is_carried_out_row_by_row(self, world: World, tmp_path: Path) -> None:
        first, second, third, _ = await submitted(world)
        await send(world.curator, [row(third)])
        path = tmp_path / "reviews.csv"
        path.write_text(
            f'\ufeffassignment_id,verdict,reason\n{first},accept,good\n{second},reject,"not so, look"\n{third},accept,good\n'
        )
        code, out, err = await self.command(world, path)
        assert (code, out) == (1, "accepted 1, rejected 1, refused 1\n")
        assert err == f"{third}: not_awaiting_review. It is accepted.\n"
        assert await db.scalar("SELECT explanation FROM assignment WHERE state = 'rejected'") == "not so, look"
        await world.drain()
        await world.verify()

    async def test_a_malformed_file_does_nothing(self, world: World, tmp_path: Path, subtests: pytest.Subtests) -> None:
        (one,) = await submitted(world, 1)
        path = tmp_path / "reviews.csv"
        async with nothing_changes():
            for text, says in [
                ("assignment_id,verdict\nx,accept\n", "no column reason"),
                ("assignment_id,verdict,reason\n{one},accept,good\nx,accept,good\n", "line 3: assignment_id"),
                ("assignment_id,verdict,reason\n{one},accept,good\n{one},reject,bad one\n", "named twice"),
                ("assignment_id,verdict,reason\n{one},accept\n", "line 2: reason"),
                ("", "no column assignment_id"),
            ]:
                with subtests.test(text=text, says=says):
                    path.write_text(text.replace("{one}", one))
                    with pytest.raises(SetupError, match=says):
                        await review_file(world.curator.id, path)
                    assert await db.scalar("SELECT state FROM assignment") == "submitted"

    async def test_only_a_curator_may(self, world: World, tmp_path: Path) -> None:
        path = tmp_path / "reviews.csv"
        path.write_text("assignment_id,verdict,reason\n")
        code, _, err = await self.command(world, path, "freelancer@example.test")
        assert (code, "is not a curator" in err) == (2, True)


class TestWithAudits:
    async def test_accepting_what_waits_for_an_audit_ends_it_and_the_ticket_goes_on(self, world: World) -> None:
        await db.execute(
            """INSERT INTO restriction (freelancer_id, kind, reason, imposed_by, ends_at)
               VALUES ($1, 'audits', 'for the test it is', $2, now() + interval '9 days')""",
            (await world.person("worker")).id,
            world.administrator.id,
        )
        (one,) = await submitted(world, 1, overlap=1)
        assert await db.scalar("SELECT plan FROM audit WHERE lapsed_at IS NULL") == "acceptance"
        await send(world.curator, [row(one)])
        await world.drain()
        assert await db.scalar("SELECT state FROM ticket") == "resolved"
        assert await db.scalar("SELECT count(*) FROM audit WHERE lapsed_at IS NULL") == 0
        await world.verify()


class TestRaces:
    async def race(self, world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
        """Six curators decide the same twenty answers at once, stopping between reading and writing.

        Returns how many decisions there are by the replies, and by the table.
        """

        ids = await submitted(world, 20)
        curators = [await world.person(f"curator{i}", Role.CURATOR) for i in range(6)]
        monkeypatch.setattr(Grades, "write", races.stop_before(Grades.write))
        replies = await world.race(
            *(send(c, [row(one, ("accept", "reject")[i % 2]) for one in ids]) for i, c in enumerate(curators))
        )
        told = sum(one["accepted"] + one["rejected"] for one in (reply.json() for reply in replies))
        return told, await db.scalar("SELECT count(*) FROM decision")

    async def test_of_several_curators_at_once_each_answer_is_decided_by_one(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert await self.race(world, monkeypatch) == (20, 20)
        await world.drain()
        await world.verify()

    async def test_without_the_lock_some_would_be_told_what_is_not_so(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "FOR UPDATE" in reviews.TASKS
        monkeypatch.setattr(reviews, "TASKS", reviews.TASKS.replace("FOR UPDATE", ""))
        told, made = await self.race(world, monkeypatch)
        assert told == 6 * 20 > made

    async def test_a_review_and_the_deadline_at_once_make_one_decision(self, world: World) -> None:
        ids = await submitted(world, 20)
        await db.execute("UPDATE assignment SET ended_at = now() - interval '8 days'")

        async def deadline() -> None:
            async with db.transaction():
                await deadlines.accept_overdue()

        replies = await asyncio.gather(*(send(world.curator, [row(one, "reject")]) for one in ids), deadline())
        told = sum(reply.json()["rejected"] for reply in replies[:-1])
        assert await db.scalar("SELECT count(*) FROM assignment WHERE state = 'rejected'") == told
        assert await db.scalar("SELECT count(*) FROM decision") == 20
        await world.drain()
        await world.verify()
