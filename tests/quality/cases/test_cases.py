"""Suspicions: found in answers, opened once with their evidence, decided by a person who is not concerned; and the published figures."""

import asyncio
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.cases import sanctions
from piecework.quality.people import suspicions
from tests.world import Person, World, choice_step

LONG = "word " * 200
BECAUSE = "I have read some of the answers myself."
MANY = [{"value": value, "title": value.upper()} for value in "abcdef"]


def chance(name: str, text: str) -> int:
    """A number that is the same in every run."""
    return crc32(f"{name} says of {text}".encode())


async def opened(person: UUID, strength: float = 3.0) -> UUID | None:
    async with db.transaction():
        return await suspicions.open_case("flat", [person], None, strength, "All answers are the same.", {"counts": [9, 0]})


async def everybody_answers(world: World, people: list[Person], says: Any, *, seconds: dict[str, float] | None = None) -> None:
    """Each person answers all open tasks: `says` gives the topic by name and place. Then all took 60 seconds, or as told."""
    for person in people:
        name = next(name for name, one in world.people.items() if one is person)
        place = 0
        while held := await person.claim(20):
            for one in sorted(held, key=lambda one: one["input"]["text"]):
                assert (await person.answer(one, {"topic": says(name, one["input"]["text"])})).status_code == 200
                place += 1
        took = (seconds or {}).get(name, 60.0)
        await db.execute(
            """UPDATE assignment a SET claimed_at = now() - make_interval(secs => n.place * $2 + $2), ended_at = now() - make_interval(secs => n.place * $2)
               FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM assignment WHERE freelancer_id = $1) n WHERE a.id = n.id""",
            person.id,
            took,
        )  # fmt: skip
        await db.execute(
            """UPDATE workload w SET week_claimed = (SELECT count(*) FROM assignment a WHERE a.freelancer_id = $1 AND a.claimed_at >= w.week_starts)
               WHERE w.freelancer_id = $1""",
            person.id,
        )
    await world.drain()


async def crowd(world: World, count: int) -> list[Person]:
    return [await world.worker(f"person{i}", "orders", max_held=50) for i in range(count)]


class TestOpening:
    async def test_the_same_evidence_opens_one_case_and_a_dismissed_one_stays_closed(self, world: World) -> None:
        person = await world.worker("person")
        first = await opened(person.id)
        assert first is not None
        assert await opened(person.id, 3.2) is None
        assert await db.scalar("SELECT strength FROM suspicion") == 3.2
        await world.curator.ok("POST", f"/cases/{first}/decision", {"decision": "dismiss", "reason": BECAUSE})
        assert await opened(person.id, 4.1) is None
        assert await db.scalar("SELECT count(*) FROM suspicion") == 1
        assert await opened(person.id, 4.3) is not None
        await world.verify()

    async def test_a_case_raises_the_golden_rate_and_a_dismissal_lowers_it_again(self, world: World) -> None:
        await world.project(control_rate=0.1)
        await world.tickets(1)
        person = await world.worker("person")
        (held,) = await person.claim()
        await person.answer(held, {"topic": "a"})
        await world.drain()
        step = int(held["step"]["id"])

        async def rate() -> float:
            return round(float(await db.scalar("SELECT control_rate FROM attention WHERE freelancer_id = $1", person.id)), 6)

        async with db.transaction():
            case = await suspicions.open_case("flat", [person.id], step, 3.0, "All answers are the same.", {})
        await world.drain()
        assert await rate() == 0.2
        await world.curator.ok("POST", f"/cases/{case}/decision", {"decision": "dismiss", "reason": BECAUSE})
        await world.drain()
        assert await rate() == 0.1
        await world.verify()

    async def test_a_ring_that_grows_keeps_its_case(self, world: World) -> None:
        people = await world.crowd(3)

        async def ring(size: int) -> UUID | None:
            async with db.transaction():
                return await suspicions.open_case(
                    "pairs", people[:size], None, float(size), "They are wrong alike.", {"size": size}
                )

        assert [await ring(2) is not None, await ring(3), await ring(3)] == [True, None, None]
        row = await db.row("SELECT people, strength, evidence->>'size' AS size FROM suspicion")
        assert row == (sorted(people), 3.0, "3")
        await world.verify()


class TestDeciding:
    async def test_of_two_curators_at_once_one_decides(self, world: World) -> None:
        case = await opened((await world.worker("person")).id)
        other = await world.person("other", Role.CURATOR)

        def decide(person: Person, decision: str) -> Any:
            return person.call("POST", f"/cases/{case}/decision", {"decision": decision, "reason": BECAUSE})

        async with world.connections(1, role=None) as (owner,):
            async with owner.transaction():
                await owner.execute("SELECT FROM suspicion FOR UPDATE")
                racing = [asyncio.create_task(decide(world.curator, "confirm")), asyncio.create_task(decide(other, "dismiss"))]
                while await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < 2:  # noqa: ASYNC110 - no event tells of it
                    await asyncio.sleep(0.01)
            replies = await asyncio.gather(*racing)
        assert sorted(reply.status_code for reply in replies) == [200, 409]
        assert await db.scalar("SELECT count(*) FROM trail WHERE action LIKE 'case.%'") == 1

    async def test_a_curator_who_is_not_concerned_decides_once(self, world: World) -> None:
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        case = await opened(both.id)
        body = {"decision": "confirm", "reason": BECAUSE}
        own = await both.call("POST", f"/cases/{case}/decision", body)
        assert (own.status_code, own.json()["code"]) == (409, "not_impartial")
        shown = await world.curator.ok("POST", f"/cases/{case}/decision", body)
        assert (shown["state"], shown["decided_by"], shown["evidence"]) == (
            "confirmed",
            str(world.curator.id),
            {"counts": [9, 0]},
        )
        again = await world.curator.call("POST", f"/cases/{case}/decision", body)
        assert (again.status_code, again.json()["code"]) == (409, "case_decided")

    async def test_the_next_step_goes_from_mild_to_grave_and_grave_ones_wait_for_the_confirmation(self, world: World) -> None:
        await world.project()
        person = await world.worker("person")
        case = await opened(person.id)

        async def proposed() -> Any:
            return (await world.curator.ok("GET", f"/cases/{case}"))["proposals"][0]["next"]

        steps = []
        for kind in sanctions.STEPS:
            steps.append(await proposed())
            if steps[-1] is None:
                await world.curator.ok("POST", f"/cases/{case}/decision", {"decision": "confirm", "reason": BECAUSE})
                steps.append(await proposed())
            body = {"kind": str(kind), "days": 9, "reason": BECAUSE} | ({"project": "orders"} if kind == "project" else {})
            await world.curator.ok("POST", f"/freelancers/{person.id}/restrictions", body)
        assert [*steps, await proposed()] == ["audits", "project", None, "pay", "block", None]
        await world.verify()

    async def test_cases_are_listed_by_state_and_kind_and_no_freelancer_sees_them(self, world: World) -> None:
        first, second = await world.worker("first"), await world.worker("second")
        one, other = await opened(first.id), await opened(second.id)
        await world.curator.ok("POST", f"/cases/{one}/decision", {"decision": "dismiss", "reason": BECAUSE})

        async def listed(query: str) -> list[str]:
            return [case["id"] for case in (await world.curator.ok("GET", f"/cases?{query}"))["items"]]

        assert await listed("") == [str(other), str(one)]
        assert await listed("state=open") == [str(other)]
        assert await listed("kind=pairs") == []
        page = await world.curator.ok("GET", "/cases?limit=1")
        assert await listed(f"limit=1&cursor={page['next_cursor']}") == [str(one)]
        assert (await first.call("GET", f"/cases/{one}")).status_code == 403


class TestDetection:
    async def test_who_cannot_have_read_what_was_shown_is_found_and_only_watched(self, world: World) -> None:
        await world.project(choice_step(overlap=5), control_rate=0.1)
        await world.tickets(14, text=LONG)
        people = await crowd(world, 5)
        await everybody_answers(world, people, lambda _name, _text: "a", seconds={"person2": 2.0})
        await world.drain_recurring("quality.detect")
        await world.drain()
        row = await db.row("SELECT id, kind, people, state FROM suspicion")
        assert row is not None
        assert (row["kind"], row["people"], row["state"]) == ("speed", [people[2].id], "open")
        rates = dict([tuple(r) for r in await db.rows("SELECT freelancer_id, control_rate FROM attention")])
        assert max(rates, key=rates.__getitem__) == people[2].id
        audited = await db.rows("SELECT DISTINCT freelancer_id, plan FROM audit")
        assert [tuple(r) for r in audited] == [(people[2].id, "risk")]
        assert await db.scalar("SELECT count(*) FROM restriction") == 0
        assert await db.scalar("SELECT count(*) FROM assignment WHERE state <> 'accepted'") == 0
        audits = await db.scalar("SELECT count(*) FROM audit")
        await world.drain_recurring("quality.detect")
        assert await db.scalar("SELECT count(*) FROM suspicion") == 1
        assert await db.scalar("SELECT count(*) FROM audit") == audits == 5
        shown = await world.curator.ok("GET", f"/cases/{row['id']}")
        assert (shown["step"], shown["project"], shown["evidence"]["answers"]) == ("classify", "orders", 14)
        await world.verify()

    async def test_two_who_are_wrong_alike_are_found_with_the_tasks_that_tell(self, world: World) -> None:
        answer = [{"name": "topic", "type": "choice", "title": "Topic", "options": MANY}]
        await world.project(choice_step(overlap=6, answer=answer))
        tickets = {f"ticket {i}" for i in range(24)}
        await world.tickets(24)
        people = await crowd(world, 6)
        wrong = {text: "bcdef"[i % 5] for i, text in enumerate(sorted(tickets)) if i % 2}

        def says(name: str, text: str) -> str:
            if name in ("person4", "person5"):
                return wrong.get(text, "a")
            return "b" if chance(name, text) % 8 == 0 else "a"

        await everybody_answers(world, people, says)
        await world.drain_recurring("quality.detect")
        cases = (await world.curator.ok("GET", "/cases?kind=pairs"))["items"]
        assert [case["people"] for case in cases] == [sorted([str(people[4].id), str(people[5].id)])]
        evidence = (await world.curator.ok("GET", f"/cases/{cases[0]['id']}"))["evidence"]
        assert sorted(evidence["strongest"]) == cases[0]["people"]
        shown = await db.rows(
            "SELECT input->>'text' AS text FROM task WHERE id = ANY ($1)", [UUID(one) for one in evidence["tasks"]]
        )
        assert {row["text"] for row in shown} <= set(wrong)
        assert len(shown) > 0
        await world.verify()

    async def test_copied_words_are_found_across_tasks(self, world: World) -> None:
        await world.project(choice_step(overlap=1, answer=[{"name": "reply", "type": "text", "title": "Reply"}]))
        await world.tickets(6)
        own = [
            "Please send us the number of your parcel so that we can ask the carrier about its whereabouts.",
            "The refund was sent on Monday; banks need up to five working days until it shows in your account.",
            "We have reset your password, the link to choose a new one is in the letter that we have just sent.",
            "Your subscription ends with this month, nothing more will be charged, and your files stay until May.",
        ]
        people = await crowd(world, 5)
        for i, person in enumerate(people):
            (held,) = await person.claim()
            await person.answer(held, {"reply": own[min(i, 3)]})
        await world.drain_recurring("quality.detect")
        cases = (await world.curator.ok("GET", "/cases?kind=copies"))["items"]
        assert [case["people"] for case in cases] == [sorted([str(people[3].id), str(people[4].id)])]

    async def test_people_with_the_same_rare_device_are_linked_and_those_with_a_common_one_are_not(self, world: World) -> None:
        people = await world.crowd(50)
        await db.execute(
            """INSERT INTO device (account_id, fingerprint) SELECT id, sha256(name::bytea) FROM unnest($1::uuid[], $2::text[]) AS n (id, name)""",
            people,
            ["rare", "rare", *(f"common {i % 8}" for i in range(48))],
        )
        await world.drain_recurring("quality.detect")
        (case,) = (await world.curator.ok("GET", "/cases?kind=links"))["items"]
        assert case["people"] == sorted(str(one) for one in people[:2])
        assert (case["step"], case["project"]) == (None, None)
        evidence = (await world.curator.ok("GET", f"/cases/{case['id']}"))["evidence"]
        assert sorted(evidence["fingerprints"][0]["accounts"]) == case["people"]
        await world.drain_recurring("quality.detect")
        assert await db.scalar("SELECT count(*) FROM suspicion") == 1

    async def test_honest_people_and_an_empty_database_open_no_case(self, world: World) -> None:
        await world.drain_recurring("quality.detect")
        await world.project(choice_step(overlap=5))
        await world.tickets(12, text=LONG)
        people = await crowd(world, 5)
        await everybody_answers(world, people, lambda name, text: "b" if chance(name, text) % 10 == 0 else "a")
        await world.drain_recurring("quality.detect")
        assert await db.scalar("SELECT count(*) FROM suspicion") == 0


class TestFigures:
    async def test_everybody_who_is_signed_in_reads_the_share_of_appeals_upheld(self, world: World) -> None:
        figures = await world.freelancer.ok("GET", "/quality/figures")
        assert figures["appeals"]["all_time"] == {
            "raised": 0, "open": 0, "upheld": 0, "denied": 0, "upheld_by_deadline": 0, "share_upheld": None, "median_days": None,
        }  # fmt: skip
        person = await world.worker("person")
        for state, by in (
            ("upheld", None),
            ("upheld", world.curator.id),
            ("upheld", world.curator.id),
            ("denied", world.curator.id),
        ):
            body = {"kind": "audits", "days": 30, "reason": BECAUSE}
            made = await world.curator.ok("POST", f"/freelancers/{person.id}/restrictions", body)
            await person.ok("POST", "/appeals", {"subject": "restriction", "id": made["id"], "words": "Nothing of that is true."})
            await db.execute(
                """UPDATE appeal SET state = $1, reply = 'because', decided_at = now(), opened_at = now() - interval '2 days', decided_by = $2
                   WHERE state = 'open'""",
                state,
                by,
            )
        await db.execute("UPDATE appeal SET opened_at = now() - interval '100 days' WHERE state = 'denied'")
        figures = await world.freelancer.ok("GET", "/quality/figures")
        late, ever = figures["appeals"]["lately"], figures["appeals"]["all_time"]
        assert (late["raised"], late["open"], late["upheld"], late["denied"], late["share_upheld"]) == (3, 0, 3, 0, 1.0)
        assert late["median_days"] == pytest.approx(2.0)
        assert (ever["raised"], ever["upheld"], ever["denied"], ever["upheld_by_deadline"]) == (4, 3, 1, 1)
        assert ever["share_upheld"] == pytest.approx(0.75)
        assert figures["restrictions_in_force"] == {"audits": 4, "project": 0, "pay": 0, "block": 0}
