"""The batch estimate and the reports for curators, over the API."""

import csv
import io

import orjson
import pytest

from piecework.platform import db
from piecework.quality.people import accuracy
from piecework.quality.people.estimates import estimate_due
from tests.quality.grading.test_grading import people, say
from tests.world import World, choice_step


async def worked(world: World, tickets: int = 6) -> None:
    """Three people answer all tickets; the last of them is wrong in every third."""
    await world.project()
    await world.tickets(tickets)
    for i, person in enumerate(await people(world, 3)):
        for place, held in enumerate(await person.claim(tickets)):
            wrong = i == 2 and place % 3 == 0
            await person.answer(held, {"topic": "b" if wrong else "a"})
    await world.drain()


async def estimated() -> int:
    async with db.transaction():
        return await estimate_due()


class TestEstimate:
    async def test_it_agrees_with_the_streaming_figures_within_five_points(self, world: World) -> None:
        await worked(world, 20)
        assert await estimated() == 1
        step_id = await db.scalar("SELECT id FROM step")
        for row in await db.rows("SELECT freelancer_id, mean, low, high FROM person_estimate"):
            (streaming,) = await accuracy.estimates(row["freelancer_id"])
            assert streaming.step_id == step_id
            assert row["mean"] == pytest.approx(streaming.interval.mean, abs=0.05)
            assert row["low"] < streaming.interval.mean < row["high"]

    async def test_without_new_evidence_it_is_not_made_again(self, world: World) -> None:
        await worked(world)
        assert [await estimated(), await estimated()] == [1, 0]

    async def test_confusions_count_every_answer_once(self, world: World) -> None:
        await worked(world)
        await estimated()
        sloppy = world.people["person2"].id
        (step,) = (await world.curator.ok("GET", f"/freelancers/{sloppy}/confusion"))["steps"]
        assert step["options"] == ["a", "b", "c"]
        assert sum(map(sum, step["confusion"])) == pytest.approx(6, abs=0.1)
        assert step["confusion"][0][1] == pytest.approx(2, abs=0.3)


class TestReports:
    async def test_a_step_says_what_a_right_answer_cost(self, world: World) -> None:
        await worked(world)
        await estimated()
        (step,) = (await world.requester.ok("GET", "/projects/orders/quality"))["steps"]
        assert (step["answers"], step["decided"], step["disputed"]) == (18, 6, 0)
        assert step["accepted"] + step["accepted_in_part"] + step["rejected"] <= 18
        right = step["mean_confidence"] * step["decided"]
        assert float(step["cost_per_right_answer"]) == pytest.approx(float(step["cost"]) / right, abs=0.001)
        assert step["alpha"] is not None

    async def test_people_are_paged_with_all_their_steps(self, world: World) -> None:
        await worked(world)
        seen: list[str] = []
        cursor = ""
        while True:
            page = await world.curator.ok("GET", f"/projects/orders/people?limit=2{cursor}")
            seen += [item["freelancer_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == sorted(str(world.people[f"person{i}"].id) for i in range(3))
        assert page["items"][0]["steps"][0]["standing"] == "unknown"

    async def test_files_say_the_same_as_the_api(self, world: World) -> None:
        await worked(world)
        text = (await world.curator.call("GET", "/projects/orders/people.csv")).content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
        shown = (await world.curator.ok("GET", "/projects/orders/people"))["items"]
        assert [row["person_id"] for row in rows] == [item["freelancer_id"] for item in shown]
        assert [float(row["accuracy"]) for row in rows] == pytest.approx([i["steps"][0]["mean"] for i in shown], abs=1e-4)
        steps = (await world.curator.call("GET", "/projects/orders/quality.csv")).content.decode("utf-8-sig")
        (row,) = csv.DictReader(io.StringIO(steps), delimiter=";")
        assert (row["step"], row["answers"]) == ("classify", "18")

    async def test_a_name_cannot_be_a_formula(self, world: World) -> None:
        await worked(world)
        await db.execute("UPDATE account SET name = '=1+1' WHERE id = $1", world.people["person0"].id)
        assert ";'=1+1;" in (await world.curator.call("GET", "/projects/orders/people.csv")).text


class TestTrainingSet:
    async def test_votes_carry_no_identities_and_pages_join(self, world: World) -> None:
        await worked(world)
        lines: list[bytes] = []
        cursor = ""
        while cursor is not None:
            reply = await world.requester.call("GET", f"/projects/orders/decisions.jsonl?limit=4{cursor}")
            lines += reply.content.splitlines()
            following = reply.headers.get("x-next-cursor")
            cursor = f"&cursor={following}" if following else None  # type: ignore[assignment]
        told = [orjson.loads(line) for line in lines]
        assert len({one["id"] for one in told}) == 6
        assert set(told[0]) == {"id", "step", "input", "consensus", "confidence", "known", "votes"}
        assert all(one["consensus"] == {"topic": "a"} and len(one["votes"]) == 3 for one in told)
        everybody = [str(person.id) for person in world.people.values()]
        assert not any(who in line.decode() for who in everybody for line in lines)

    async def test_another_requester_gets_nothing(self, world: World) -> None:
        from piecework.platform.identity.models import Role

        await worked(world, 3)
        stranger = await world.person("stranger", Role.REQUESTER)
        for path in ("quality", "quality.csv", "decisions.jsonl"):
            assert (await stranger.call("GET", f"/projects/orders/{path}")).status_code == 404


async def test_dawid_skene_weighs_votes_by_the_estimated_confusions(world: World) -> None:
    await world.project(choice_step(overlap=3, checking={"method": "dawid-skene"}))
    await world.tickets(3)
    for person in await people(world, 3):
        for held in await person.claim(3):
            await person.answer(held, {"topic": "a"})
    await world.drain()
    await estimated()
    await world.tickets(1, first=3)
    for i in range(3):
        await say(world.people[f"person{i}"], topic="a")
    await world.drain()
    assert await db.scalar("SELECT count(*) FROM task WHERE state = 'resolved'") == 4
    await world.verify()
