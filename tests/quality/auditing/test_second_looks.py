"""Second looks: curators repeat each other's audits blindly, a third decides, and what that tells of the curators."""

import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.auditing import second_looks
from piecework.quality.grading import audits
from piecework.tasks.workflows import StepSpec
from tests.quality.auditing.test_audits import (
    REPLY,
    TOPIC,
    answered,
    audit,
    curators,
    plan,
    record,
    restrict,
    states,
    take,
    waiting,
)
from tests.world import Person, World, choice_step


class TestSecondLooks:
    async def looks(self, world: World, *topics: str, first: str = "aaa") -> list[Person]:
        """One answer, looked at by one curator a topic, each of whom says that topic is right."""
        await answered(world, first, checking={"second_rate": 1.0})
        await plan(world, count=1)
        people = await curators(world, len(topics))
        for curator, topic in zip(people, topics, strict=True):
            await audit(curator, {"topic": topic})
            await world.drain()
        return people

    async def known(self) -> Any:
        return await db.scalar("SELECT answers->0->'answer'->>'topic' FROM truth_now")

    async def test_a_second_curator_repeats_it_without_knowing(self, world: World) -> None:
        (first,) = await self.looks(world, "a")
        assert await take(first) is None
        (other,) = [await world.person("fresh", Role.CURATOR)]
        shown = await take(other)
        assert shown is not None
        assert not {"plan", "first_id"} & set(shown)
        assert (await record(other, shown, {"topic": "a"})).status_code == 200
        assert await db.scalar("SELECT count(*) FROM audit WHERE plan = 'third'") == 0
        await world.verify()

    async def test_two_who_differ_are_decided_by_a_third(self, world: World) -> None:
        await self.looks(world, "b", "a")
        assert await self.known() == "b"
        fresh = await world.person("fresh", Role.CURATOR)
        await audit(fresh, {"topic": "a"})
        await world.drain()
        assert await self.known() == "a"
        assert await db.scalar("SELECT result->'classify'->>'topic' FROM ticket") == "a"
        assert await db.scalar("SELECT count(*) FROM evidence_now WHERE kind = 'audit' AND agrees") == 3
        await world.verify()

    async def test_the_first_holds_if_the_third_says_so(self, world: World) -> None:
        await self.looks(world, "b", "a", "b")
        assert await self.known() == "b"
        assert await db.scalar("SELECT max(revision) FROM truth") == 1
        await world.verify()

    async def test_if_three_differ_nothing_is_known_and_nobody_is_judged_by_it(self, world: World) -> None:
        await self.looks(world, "b", "a", "c", first="aaab")
        assert await db.scalar("SELECT answers = '[]' FROM truth_now")
        assert {state for state, _ in await states(world)} == {"accepted"}
        assert await db.scalar("SELECT count(*) FROM evidence_now") == 0
        await world.verify()

    async def test_without_a_third_curator_it_stays_in_the_queue(self, world: World) -> None:
        first, second = await self.looks(world, "b", "a")
        assert await take(first) is None
        assert await take(second) is None
        assert await db.scalar("SELECT count(*) FROM audit WHERE plan = 'third' AND done_at IS NULL") == 1

    async def test_who_contradicts_what_a_curator_said_before_is_looked_at_for_certain(self, world: World) -> None:
        await answered(world, "aaa", checking={"second_rate": 0.0})
        await plan(world)
        other, _ = await curators(world, 2)
        await audit(world.curator, {"topic": "a"})
        await world.drain()
        assert await db.scalar("SELECT count(*) FROM audit WHERE plan = 'second'") == 0
        await audit(other, {"topic": "b"})
        assert await db.scalar("SELECT count(*) FROM audit WHERE plan = 'second'") == 1

    async def test_texts_are_decided_by_the_majority_too(self, world: World) -> None:
        await world.project(choice_step(overlap=1, answer=[REPLY], checking={"second_rate": 1.0}))
        await world.tickets(1)
        person = await world.worker("watched")
        await restrict(world, person)
        (held,) = await person.claim()
        await person.answer(held, {"reply": "Dear customer"})
        await world.drain()
        for curator, good in zip(await curators(world, 3), (False, True, True), strict=True):
            await audit(curator, passed={"reply": good})
            await world.drain()
        assert await states(world) == [("accepted", 10_000)]
        assert await db.scalar("SELECT right_count FROM evidence_now WHERE kind = 'audit'") == 1
        await world.verify()


class TestCurators:
    async def test_agreement_is_judged_by_the_other_curators(self, world: World) -> None:
        await answered(world, "aaa", tickets=6, checking={"second_rate": 1.0})
        await plan(world, count=6)
        good, fine, odd = await curators(world, 3)
        for _ in range(6):
            await audit(odd, {"topic": "b"})
        for curator in (good, fine):
            while await take(curator) is not None:
                await audit(curator, {"topic": "a"})
        await world.drain()
        shown = {one["curator_id"]: one for one in (await world.administrator.ok("GET", "/curators"))["items"]}
        mine = [shown[str(curator.id)] for curator in (good, fine, odd)]
        assert [one["second_looks"] for one in mine] == [6, 6, 6]
        assert [one["agreed"] for one in mine] == [6, 6, 0]
        assert mine[0]["mean"] > 0.8
        assert mine[2]["mean"] < 0.5
        assert all(one["low"] < one["mean"] < one["high"] for one in mine)
        assert shown[str(world.curator.id)]["second_looks"] == 0
        await world.verify()

    async def test_decisions_undone_on_appeal_are_counted(self, world: World) -> None:
        await waiting(world, topic="b")
        await audit(world.curator, {"topic": "a"})
        await world.drain()
        await db.execute(
            """INSERT INTO appeal (freelancer_id, subject, subject_id, words, answer_by, state, decided_at, decided_by, reply)
               SELECT freelancer_id, 'answer', id, 'it was right, look', now(), 'upheld', now(), $1, 'so it was' FROM assignment""",
            world.administrator.id,
        )
        (mine,) = (await world.curator.ok("GET", "/curators"))["items"]
        assert (mine["refusals"], mine["appealed"], mine["overturned"], mine["overturned_share"]) == (1, 1, 1, 1.0)


class TestMajority:
    """Which look holds."""

    step = StepSpec.model_validate(choice_step(answer=[TOPIC, REPLY]))

    @staticmethod
    def look(topic: str, good: bool) -> second_looks.Look:
        return second_looks.Look(uuid.uuid4(), uuid.uuid4(), {"topic": topic}, {"topic": True, "reply": good}, "because")

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=3))
    def test_what_two_of_three_say_holds_and_until_then_what_the_first_says(self, said: list[tuple[str, bool]]) -> None:
        looks = [self.look(topic, good) for topic, good in said]
        stands = second_looks.standing(self.step, looks)
        topics = [topic for topic, _ in said]
        if len(said) < 3:
            assert stands is looks[0]
        elif len(set(topics)) == 3:
            assert stands is None
        else:
            assert stands is not None
            assert stands.answer["topic"] == max(topics, key=topics.count)
        goods = [good for _, good in said]
        expected = goods[0] if len(goods) < 3 else sum(goods) > 1
        assert audits.majority([look.passed for look in looks])["reply"] is expected

    @given(st.sampled_from("abc"), st.sampled_from("abc"), st.booleans(), st.booleans())
    def test_agreement_is_mutual(self, one: str, other: str, good: bool, fine: bool) -> None:
        here, there = self.look(one, good), self.look(other, fine)
        assert second_looks.agree(self.step, here, there) is second_looks.agree(self.step, there, here)
        assert second_looks.agree(self.step, here, there) is ((one, good) == (other, fine))
