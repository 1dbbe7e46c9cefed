"""Where golden tasks come from: a curator's import, promoted real tasks; their balance, their health, and who never gets them."""

from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.grading import truths
from piecework.quality.grading.truths import Known, Source
from tests.quality.golden.golden_world import KEY, add, always_golden, answered, item, rule
from tests.quality.grading.test_grading import YES, people, say
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World, choice_step


async def bring_in(world: World, *items: dict[str, Any], step: str = "classify") -> Any:
    return await world.curator.call("POST", "/projects/orders/golden/import", {"step": step, "items": list(items)})


async def promote(world: World, task_id: object, **more: Any) -> Any:
    return await world.curator.call("POST", "/projects/orders/golden/promote", {"task_id": str(task_id), **more})


async def audited(world: World, topics: str = "aab", topic: str = "a") -> tuple[Any, list[Person]]:
    """An ordinary task that is done, of which a curator has said what is right."""
    await world.project(choice_step(overlap=len(topics)), control_rate=0.5)
    await world.tickets(1)
    somebody = await people(world, len(topics))
    for person, said in zip(somebody, topics, strict=True):
        await say(person, topic=said)
    await world.drain()
    task_id = await db.scalar("SELECT id FROM task")
    async with db.transaction():
        await db.execute("SELECT FROM task WHERE id = $1 FOR UPDATE", task_id)
        await truths.state(task_id, [Known({"topic": topic})], Source.AUDIT, world.curator.id, "seen")
    await world.drain()
    return task_id, somebody


class TestImport:
    async def test_known_inputs_are_counted_and_left_alone(self, world: World) -> None:
        await world.project(control_rate=0.5)
        await add(world, "one")
        reply = await bring_in(world, item("one"), item("two"), item("two"), item("three", difficulty="hard"))
        assert (reply.status_code, reply.json()) == (201, {"added": 2, "known": 2})
        assert await db.scalar("SELECT count(*) FROM task") == 3
        await world.verify()

    async def test_a_bad_item_stores_nothing_and_is_named_with_its_field(self, world: World) -> None:
        await world.project(control_rate=0.5)
        wrong = [{"answer": {"topic": "a"}}, {"answer": {"topic": "z"}}]
        reply = await bring_in(world, item("one"), item("two", answers=wrong), {"input": {"subject": "x"}, "answers": KEY})
        assert reply.status_code == 422
        assert [error["field"] for error in reply.json()["errors"]] == ["items.1.answers.1.answer.topic", "items.2.input"]
        assert await db.scalar("SELECT count(*) FROM task") == 0

    async def test_a_thousand_at_once_are_masked_and_handed_out(self, world: World) -> None:
        await world.project(control_rate=0.5)
        reply = await bring_in(world, *(item(f"call +7 921 000-{i:04d}, line {i}") for i in range(1000)))
        assert reply.json()["added"] == 1000
        assert await db.scalar("SELECT count(*) FROM task WHERE input->>'text' LIKE '%+7%'") == 0
        assert (await bring_in(world, *(item(str(i)) for i in range(1001)))).status_code == 422

    async def test_several_answers_are_right_by_their_weight_and_the_best_is_the_result(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        lesser = [{"answer": {"topic": "b"}, "weight": 0.5}, {"answer": {"topic": "a"}}]
        task_id = await add(world, answers=lesser)
        await world.tickets(3)
        for person, topic in zip(await people(world, 2), "ab", strict=True):
            await always_golden()
            await say(person, topic=topic)
        await world.drain()
        found = await db.rows("SELECT right_count, wrong_count FROM evidence ORDER BY assignment_id")
        assert [tuple(row) for row in found] == [(1.0, 0.0), (0.5, 0.5)]
        assert await db.scalar("SELECT result->>'topic' FROM task WHERE id = $1", task_id) == "a"
        await db.execute("UPDATE job SET run_at = now() WHERE kind = 'quality.verdict'")
        await world.drain()
        assert await db.scalar("SELECT count(*) FROM assignment WHERE state = 'accepted'") == 2
        await world.verify()


class TestBalance:
    async def handed_out(self, world: World, count: int) -> list[str]:
        anna = await world.worker("anna", max_held=50)
        await always_golden()
        held = await anna.claim(count)
        rows = await db.rows("SELECT task_id::text, stratum FROM golden")
        strata = {row["task_id"]: row["stratum"] for row in rows}
        return [strata[one["task_id"]] for one in held]

    async def test_hand_out_goes_round_the_classes_and_difficulties(self, world: World) -> None:
        await world.project(control_rate=0.5)
        many = [item(f"a{i}", difficulty="easy") for i in range(6)]
        few = [item(f"b{i}", answers=[{"answer": {"topic": "b"}}], difficulty="hard") for i in range(3)]
        await bring_in(world, *many, *few)
        await world.tickets(12)
        got = await self.handed_out(world, 6)
        assert [set(got[i : i + 2]) for i in (0, 2, 4)] == [{"a/easy", "b/hard"}] * 3

    async def test_a_class_that_comes_late_begins_where_the_others_are(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        await bring_in(world, *(item(f"a{i}") for i in range(6)))
        await world.tickets(12)
        for person in await people(world, 2):
            await always_golden()
            for one in await person.claim(4):
                await person.answer(one, {"topic": "a"})
        await world.drain()
        await bring_in(world, *(item(f"b{i}", answers=[{"answer": {"topic": "b"}}]) for i in range(4)))
        got = await self.handed_out(world, 4)
        assert [set(got[:2]), set(got[2:])] == [{"a/medium", "b/medium"}] * 2

    async def test_what_each_class_lacks_is_said(self, world: World) -> None:
        await world.project(choice_step(), choice_step(key="good", answer=[YES]), control_rate=0.5)
        await bring_in(
            world, *(item(f"a{i}") for i in range(8)), item("b", answers=[{"answer": {"topic": "b"}}], difficulty="hard")
        )
        found = (await world.curator.ok("GET", "/projects/orders/golden/balance"))["items"]
        assert [(one["step"], one["class"], one["live"], one["hard"], one["needed"]) for one in found] == [
            ("classify", "a", 8, 0, 0),
            ("classify", "b", 1, 1, 6),
            ("classify", "c", 0, 0, 7),
            ("good", "yes", 0, 0, 10),
            ("good", "no", 0, 0, 10),
        ]


class TestHealth:
    async def test_each_golden_task_tells_how_it_fares(self, world: World) -> None:
        task_id, _ = await answered(world, "aab")
        await add(world, "another")
        page = await world.curator.ok("GET", "/projects/orders/golden?state=retired")
        (one,) = page["items"]
        assert (one["task_id"], one["shown"], one["answered"], one["right"]) == (task_id, 3, 3, 2)
        assert one["right_share"] == pytest.approx(2 / 3)
        assert one["key_probability"] > 0.97
        assert one["created_by"] == str(world.curator.id)

    async def test_pages_go_on_to_the_end(self, world: World) -> None:
        await world.project(control_rate=0.5)
        await bring_in(world, *(item(f"a{i}") for i in range(5)))
        seen: list[str] = []
        cursor = ""
        while True:
            page = await world.curator.ok("GET", f"/projects/orders/golden?step=classify&limit=2{cursor}")
            seen += [one["task_id"] for one in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert len(set(seen)) == len(seen) == 5


class TestPromotion:
    async def test_an_audited_task_becomes_golden_with_the_same_input_and_key(self, world: World) -> None:
        original, _ = await audited(world)
        made = (await promote(world, original)).json()["task_id"]
        shown = await world.curator.ok("GET", f"/golden/{made}")
        assert (shown["origin"], shown["answers"][0]["answer"], shown["input"]) == (
            str(original), {"topic": "a"}, {"text": "ticket 0"},
        )  # fmt: skip
        assert (shown["difficulty"], shown["stratum"]) == ("medium", "a/medium")
        await world.verify()

    @pytest.mark.parametrize(("topics", "difficulty"), [("aaaa", "easy"), ("aab", "medium"), ("bbb", "hard")])
    async def test_difficulty_is_the_share_of_answers_that_were_right(self, world: World, topics: str, difficulty: str) -> None:
        original, _ = await audited(world, topics)
        (one,) = (await world.curator.ok("GET", "/projects/orders/golden/candidates"))["items"]
        assert (one["difficulty"], one["right"], one["answers"]) == (difficulty, topics.count("a"), len(topics))
        made = (await promote(world, original)).json()["task_id"]
        assert (await world.curator.ok("GET", f"/golden/{made}"))["difficulty"] == difficulty

    async def test_it_is_promoted_once(self, world: World) -> None:
        original, _ = await audited(world)
        assert (await promote(world, original)).status_code == 201
        again = await promote(world, original)
        assert (again.status_code, again.json()["code"]) == (409, "golden_known")
        assert (await world.curator.ok("GET", "/projects/orders/golden/candidates"))["items"] == []

    async def test_nobody_who_worked_on_the_ticket_gets_it_nor_who_promoted_it(self, world: World) -> None:
        original, somebody = await audited(world)
        made = (await promote(world, original)).json()["task_id"]
        await world.tickets(5, first=1)
        outsider, promoter = await world.worker("outsider"), world.curator
        await db.execute("UPDATE account SET roles = array_append(roles, 'freelancer') WHERE id = $1", promoter.id)
        chief = await world.person("chief", Role.CURATOR)
        offer = await chief.ok("POST", f"/freelancers/{promoter.id}/offers", {"rate": "by the ticket", "regime": "none"})
        await promoter.ok("POST", f"/me/offers/{offer['id']}/accept", {"sha256": offer["sha256"]})
        admitted = {"code": "orders", "level": 1, "reason": "exam passed"}
        await world.open_to_all("orders")
        await chief.ok("POST", f"/freelancers/{promoter.id}/qualifications", admitted)
        for person in (*somebody, promoter):
            await always_golden()
            assert made not in {one["task_id"] for one in await person.claim(3)}
        await always_golden()
        assert made in {one["task_id"] for one in await outsider.claim(3)}

    async def test_what_is_not_known_or_not_done_is_not_promoted(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        golden = await add(world)
        await world.tickets(1)
        ordinary = await db.scalar("SELECT id FROM task WHERE ticket_id IS NOT NULL")
        for task_id in (golden, ordinary):
            reply = await promote(world, task_id)
            assert (reply.status_code, reply.json()["code"]) == (409, "not_promotable")
        await db.execute("UPDATE ticket SET state = 'stuck'")
        assert (await promote(world, ordinary)).json()["detail"] == "Nobody has said what its right answer is."

    async def test_classes_that_lack_golden_tasks_come_first(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        await world.tickets(4)
        tasks = [row["id"] for row in await db.rows("SELECT id FROM task ORDER BY created_at")]
        await db.execute("UPDATE ticket SET state = 'stuck'")
        await db.execute("UPDATE task SET state = 'undecided', resolved_at = now()")
        for task_id, topic in zip(tasks, "acab", strict=True):
            async with db.transaction():
                await truths.state(task_id, [Known({"topic": topic})], Source.AUDIT, None, "seen")
        await bring_in(world, item("x"), item("y"), item("z", answers=[{"answer": {"topic": "c"}}]))
        found = (await world.curator.ok("GET", "/projects/orders/golden/candidates"))["items"]
        assert [(one["class"], one["live"]) for one in found] == [("b", 0), ("c", 1), ("a", 2), ("a", 2)]

    async def test_what_is_learnt_of_one_holds_for_the_other(self, world: World, subtests: pytest.Subtests) -> None:
        original, _ = await audited(world)
        made = (await promote(world, original)).json()["task_id"]
        async with nothing_changes():
            for side in ["golden", "original"]:
                with subtests.test(side=side):
                    async with rehearsed():
                        if side == "golden":
                            assert (await rule(world.curator, made, "change", topic="b")).is_success
                        else:
                            async with db.transaction():
                                await db.execute("SELECT FROM task WHERE id = $1 FOR UPDATE", original)
                                await truths.state(original, [Known({"topic": "b"})], Source.APPEAL, world.curator.id, "upheld")
                        await world.drain()
                        newest = await db.rows("SELECT answers->0->'answer'->>'topic' AS topic FROM truth_now")
                        assert [row["topic"] for row in newest] == ["b", "b"]
                        assert await db.scalar("SELECT state FROM golden") == "retired"
                        right = await db.rows("SELECT right_count FROM evidence_now ORDER BY assignment_id")
                        assert [row["right_count"] for row in right] == [0.0, 0.0, 1.0]
                        await world.verify()


class TestStandingIn:
    """The ordinary task that a golden one stands in for, with its deadline."""

    async def test_it_comes_to_that_person_last_of_all(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        golden = await add(world)
        await world.tickets(3)
        first, second, third = [
            str(row["task_id"]) for row in await db.rows("SELECT task_id FROM slot WHERE NOT control ORDER BY rank, id LIMIT 3")
        ]
        anna, boris = await people(world, 2)
        await always_golden()
        assert [one["task_id"] for one in await anna.claim()] == [golden]
        await always_golden(on=False)
        assert [one["task_id"] for one in await boris.claim()] == [first]
        assert [one["task_id"] for one in await anna.claim(3)] == [second, third, first]

    async def test_it_comes_in_its_turn_when_a_tenth_of_the_time_to_its_deadline_is_over(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        await add(world)
        await world.tickets(3)
        first = await db.scalar("SELECT task_id::text FROM slot WHERE NOT control ORDER BY rank, id LIMIT 1")
        (anna,) = await people(world, 1)
        await always_golden()
        await anna.claim()
        await always_golden(on=False)
        kept = await db.scalar("SELECT extract(epoch FROM until - now()) / 3600 FROM stood_in")
        assert 2.3 < kept < 2.41, "a tenth of a day"
        await db.execute("UPDATE stood_in SET until = now()")
        assert [one["task_id"] for one in await anna.claim()] == [first]
        await world.drain_recurring("tasks.hurry")
        assert await db.scalar("SELECT count(*) FROM stood_in") == 0

    async def test_all_that_one_call_gives_has_one_time_and_ids_in_order(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        await bring_in(world, *(item(f"a{i}") for i in range(10)))
        await world.tickets(20)
        (anna,) = await people(world, 1)
        got = await anna.claim(20)
        assert len({one["claimed_at"] for one in got}) == 1
        assert [one["id"] for one in got] == sorted(one["id"] for one in got)
        assert 0 < await db.scalar("SELECT count(*) FROM stood_in") < 20
