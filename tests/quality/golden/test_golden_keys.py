"""A golden task's key in doubt, and changed: everything that followed from it follows again."""

from uuid import UUID

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.golden import keys
from piecework.quality.golden.keys import Decision, Ruling
from piecework.quality.grading import regrading, truths
from piecework.quality.grading.truths import Known, Source
from tests import races
from tests.quality.golden.golden_world import KEY, add, always_golden, answered, rule, state_of
from tests.quality.grading.test_grading import people, say, states
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World, choice_step


async def second_curator(world: World) -> Person:
    return await world.person("second", Role.CURATOR)


async def evidence_of(person: Person) -> list[tuple[str, float, float]]:
    found = await db.rows(
        "SELECT kind, right_count, wrong_count FROM evidence_now WHERE freelancer_id = $1 ORDER BY assignment_id", person.id
    )
    return [tuple(row) for row in found]


async def paid(person: Person) -> str:
    found = (await person.ok("GET", "/me/earnings"))["earnings"]
    return str(found[0]["payable"]) if found else "0.0000"


class TestQuarantine:
    async def test_good_people_who_agree_on_another_answer_stop_the_key(self, world: World) -> None:
        task_id, somebody = await answered(world, "bbb")
        assert await state_of(task_id) == ("quarantined", "disputed")
        assert await states(world) == ["submitted"] * 3
        assert [await evidence_of(person) for person in somebody] == [[]] * 3
        shown = await world.curator.ok("GET", f"/golden/{task_id}")
        assert shown["key_probability"] < 0.5
        await world.verify()

    async def test_nobody_else_gets_it(self, world: World) -> None:
        task_id, _ = await answered(world, "bbb")
        await always_golden()
        (held,) = await (await world.worker("late")).claim()
        assert held["task_id"] != task_id

    async def test_one_person_who_disagrees_does_not_stop_it(self, world: World) -> None:
        task_id, _ = await answered(world, "aab")
        assert await state_of(task_id) == ("retired", "resolved")
        assert await states(world) == ["accepted", "accepted", "rejected"]

    async def test_another_curator_decides_and_all_answers_follow(self, world: World, subtests: pytest.Subtests) -> None:
        task_id, somebody = await answered(world, "bbb")
        second = await second_curator(world)
        async with nothing_changes():
            for decision, topic, states_after, told in [
                ("confirm", None, ["rejected"] * 3, [("golden", 0.0, 1.0)]),
                ("change", "b", ["accepted"] * 3, [("golden", 1.0, 0.0)]),
                ("withdraw", None, ["accepted"] * 3, []),
            ]:
                with subtests.test(decision=decision, topic=topic, states_after=states_after, told=told):
                    async with rehearsed():
                        assert (await rule(second, task_id, decision, topic=topic)).json()["revision"] == 2
                        await world.drain()
                        assert await states(world) == states_after
                        assert [await evidence_of(person) for person in somebody] == [told] * 3
                        assert (await state_of(task_id))[0] == "retired"
                        lines = (await world.administrator.ok("GET", f"/trail?subject=task&subject_id={task_id}"))["items"]
                        assert [line["action"] for line in lines] == [
                            f"golden.key_{decision}",
                            "golden.quarantined",
                            "golden.added",
                        ]
                        assert [one["revision"] for one in (await second.ok("GET", f"/golden/{task_id}"))["keys"]] == [1, 2]
                        await world.verify()

    async def test_who_made_the_key_does_not_judge_it(self, world: World) -> None:
        task_id, _ = await answered(world, "bbb")
        reply = await rule(world.curator, task_id, "confirm")
        assert (reply.status_code, reply.json()["code"]) == (409, "own_key")

    async def test_an_answer_that_was_held_when_the_key_was_decided_is_judged_when_it_comes(self, world: World) -> None:
        await world.project(choice_step(overlap=4), control_rate=0.5)
        task_id = await add(world)
        await world.tickets(5)
        somebody = await people(world, 4)
        await always_golden()
        (held,) = await somebody[3].claim()
        assert held["task_id"] == task_id
        for person in somebody[:3]:
            await always_golden()
            await say(person, topic="b")
            await world.drain()
        assert (await state_of(task_id))[0] == "quarantined"
        assert (await rule(await second_curator(world), task_id, "change", topic="b")).is_success
        await world.drain()
        assert (await somebody[3].answer(held, {"topic": "a"})).is_success
        await world.drain()
        assert sorted(await states(world)) == ["accepted"] * 3 + ["rejected"]
        await world.verify()

    async def test_what_was_held_and_given_back_goes_to_nobody(self, world: World) -> None:
        await world.project(choice_step(overlap=3), control_rate=0.5)
        task_id = await add(world)
        await world.tickets(5)
        (anna,) = await people(world, 1)
        await always_golden()
        (held,) = await anna.claim()
        assert (await rule(world.curator, task_id, "withdraw")).is_success
        await world.drain()
        await anna.ok("POST", f"/assignments/{held['id']}/release")
        assert await db.scalar("SELECT count(*) FROM slot WHERE control") == 0
        await world.verify()


class TestChange:
    async def test_a_live_key_that_changes_is_handed_out_no_more(self, world: World) -> None:
        await world.project(control_rate=0.5)
        task_id = await add(world)
        await world.tickets(2)
        (anna,) = await people(world, 1)
        await always_golden()
        await say(anna, topic="b")
        await world.drain()
        assert (await rule(world.curator, task_id, "change", topic="b")).is_success
        await world.drain()
        assert await state_of(task_id) == ("retired", "resolved")
        assert await states(world) == ["accepted"]
        assert await evidence_of(anna) == [("golden", 1.0, 0.0)]
        await world.verify()

    async def test_scores_change_either_way_but_pay_only_for_the_better(self, world: World) -> None:
        task_id, (one, other, third) = await answered(world, "aab")
        assert [await paid(p) for p in (one, other, third)] == ["2.5000", "2.5000", "0.0000"]
        assert (await rule(world.curator, task_id, "change", topic="b")).is_success
        await world.drain()
        assert [await evidence_of(p) for p in (one, third)] == [[("golden", 0.0, 1.0)], [("golden", 1.0, 0.0)]]
        assert [await paid(p) for p in (one, other, third)] == ["2.5000"] * 3
        await world.verify()

    async def test_it_pays_in_the_open_period_what_a_closed_one_refused_and_only_once(self, world: World) -> None:
        task_id, somebody = await answered(world, "aab")
        finance = world.people["finance"]
        (period,) = (await finance.ok("GET", "/periods"))["items"]
        closed = await finance.ok("POST", f"/periods/{period['id']}/close", {"cut_off": True})
        before = await db.rows("SELECT freelancer_id, log_likelihood_ratio FROM standing ORDER BY freelancer_id")
        assert (await rule(world.curator, task_id, "change", topic="b")).is_success
        await world.drain()
        async with db.transaction():
            await regrading.regrade([await db.scalar("SELECT id FROM task WHERE ticket_id IS NULL")])
        await world.drain()
        assert (await finance.ok("GET", f"/periods/{period['id']}"))["total"] == closed["total"]
        landed = await db.rows(
            "SELECT e.period_id::text AS period, e.kind FROM entry e JOIN assignment a ON a.id = e.assignment_id "
            "WHERE a.freelancer_id = $1 ORDER BY e.id",
            somebody[2].id,
        )
        assert [row["kind"] for row in landed] == ["pend", "void", "reopen", "accrue"]
        assert [row["period"] == period["id"] for row in landed] == [True, True, False, False]
        after = await db.rows("SELECT freelancer_id, log_likelihood_ratio FROM standing ORDER BY freelancer_id")
        assert [a["log_likelihood_ratio"] > b["log_likelihood_ratio"] for a, b in zip(after, before, strict=True)] == [
            True,  # it is the log odds of bad work
            True,
            False,
        ]
        assert await db.scalar("SELECT count(*) FROM decision WHERE assignment_id IN (SELECT id FROM assignment WHERE freelancer_id = $1)",
                               somebody[2].id) == 2  # fmt: skip
        await world.verify()

    async def test_of_two_changes_at_once_one_is_told_that_the_key_is_another(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task_id, _ = await answered(world, "aab")
        second = await second_curator(world)
        monkeypatch.setattr(truths, "state", races.stop_before(truths.state))
        replies = await world.race(rule(world.curator, task_id, "change", topic="b"), rule(second, task_id, "change", topic="c"))
        assert sorted(reply.status_code for reply in replies) == [200, 409]
        assert {reply.json().get("code") for reply in replies} == {None, "key_changed"}
        await world.drain()
        assert await db.scalar("SELECT max(revision) FROM truth") == 2
        await world.verify()

    async def test_without_the_tasks_lock_both_believe_that_they_decide(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task_id, _ = await answered(world, "aab")
        second = await second_curator(world)
        assert "FOR UPDATE OF t" in keys.LOCK
        monkeypatch.setattr(keys, "LOCK", keys.LOCK.replace("FOR UPDATE OF t", ""))
        monkeypatch.setattr(truths, "state", races.stop_before(truths.state))
        one, other = (Ruling(Decision.CHANGE, 1, "I looked at it.", [Known({"topic": topic})]) for topic in "bc")

        done = await world.race(
            races.in_transaction(lambda: keys.decide(world.curator.id, UUID(task_id), one)),
            races.in_transaction(lambda: keys.decide(second.id, UUID(task_id), other)),
        )
        assert not any(isinstance(outcome, keys.KeyChanged) for outcome in done)

    async def test_two_changes_one_after_the_other_end_with_the_last(self, world: World) -> None:
        task_id, (one, _, third) = await answered(world, "aab")
        for revision, topic in enumerate("bc", start=1):
            assert (await rule(world.curator, task_id, "change", revision=revision, topic=topic)).is_success
        await world.drain()
        assert [await evidence_of(p) for p in (one, third)] == [[("golden", 0.0, 1.0)]] * 2
        await world.verify()

    async def test_what_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        await world.project(control_rate=0.5)
        task_id = await add(world)
        async with nothing_changes():
            for body, status in [
                ({"decision": "change"}, 422),
                ({"decision": "confirm", "answers": KEY}, 422),
                ({"decision": "change", "answers": [{"answer": {"topic": "z"}}]}, 422),
                ({"decision": "confirm"}, 409),
                ({"decision": "withdraw", "revision": 7}, 409),
            ]:
                with subtests.test(body=body, status=status):
                    reply = await world.curator.call(
                        "POST", f"/golden/{task_id}/key", {"revision": 1, "reason": "because", **body}
                    )
                    assert reply.status_code == status
                    assert await state_of(task_id) == ("live", "open")

    async def test_who_answered_it_does_not_judge_its_key(self, world: World) -> None:
        task_id, (one, *_) = await answered(world, "aab")
        ruling = Ruling(Decision.WITHDRAW, 1, "mine was right")
        with pytest.raises(keys.OwnWork):
            async with db.transaction():
                await keys.decide(one.id, UUID(task_id), ruling)

    async def test_an_ordinary_tasks_truth_is_no_key(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        ordinary = await db.scalar("SELECT id FROM task")
        async with db.transaction():
            await truths.state(ordinary, [Known({"topic": "a"})], Source.AUDIT, None, "seen")
        assert (await rule(world.curator, str(ordinary), "withdraw")).status_code == 404


async def test_curators_who_also_work_read_no_keys(world: World) -> None:
    await world.project(control_rate=0.5)
    task_id = await add(world)
    both = await world.person("both", Role.FREELANCER, Role.CURATOR)
    for path in (f"/golden/{task_id}", "/projects/orders/golden", "/projects/orders/golden/candidates"):
        assert (await both.call("GET", path)).status_code == 403
