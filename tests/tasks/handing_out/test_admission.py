"""What a qualification opens: up to a line, for its languages, until it expires; escalation to the line above; what must be read first."""

import datetime as dt
from typing import Any

import orjson
import pytest

from piecework.platform import db
from tests.world import Person, World, choice_step


async def languages_of(person: Person, *languages: str) -> None:
    await db.execute("UPDATE qualification SET languages = $2 WHERE freelancer_id = $1", person.id, list(languages))


async def ticket(world: World, number: int, language: str, hours: float, **fields: Any) -> None:
    due = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)).isoformat()
    await world.tickets(1, first=number, language=language, text=language, deadline_at=due, **fields)


def texts(held: list[dict[str, Any]]) -> list[str]:
    return [one["input"]["text"] for one in held]


class TestLanguages:
    async def test_one_gets_tickets_of_ones_languages_only_in_the_order_of_all(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        for number, (language, hours) in enumerate([("de", 1), ("ru", 2), ("en", 3), ("ru", 4), ("de", 5), ("en", 6)]):
            await ticket(world, number, language, hours)
        anna, boris = await world.worker("anna", max_held=20), await world.worker("boris", max_held=20)
        await languages_of(anna, "en", "ru")
        work = await anna.ok("GET", "/work")
        assert work["work"][0]["open"] == 4
        assert texts(await anna.claim(2)) == ["ru", "en"]
        assert texts(await boris.claim(3)) == ["de", "ru", "de"]
        assert texts(await anna.claim(3)) == ["en"]
        await world.verify()

    async def test_what_is_given_back_is_found_in_its_language_again(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await ticket(world, 0, "ru", 2)
        anna, boris = await world.worker("anna"), await world.worker("boris")
        await languages_of(boris, "ru")
        (held,) = await anna.claim()
        await db.execute("SELECT raise_floor(step_id) FROM queue")
        await anna.ok("POST", f"/assignments/{held['id']}/release")
        assert texts(await boris.claim()) == ["ru"]
        await world.verify()


class TestExpiry:
    async def test_an_expired_qualification_opens_nothing(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        anna = await world.worker("anna")
        await db.execute("UPDATE qualification SET expires_at = now()")
        assert await anna.claim() == []
        assert (await anna.ok("GET", "/work"))["work"] == []
        await db.execute("UPDATE qualification SET expires_at = now() + interval '1 minute'")
        assert len(await anna.claim()) == 1


class TestLines:
    async def test_a_step_of_the_second_line_goes_to_who_is_admitted_to_it(self, world: World) -> None:
        await world.project(choice_step(line=2, overlap=2))
        await world.tickets(1)
        first, second = await world.worker("first"), await world.worker("second", "orders:1:2")
        assert await first.claim() == []
        assert len(await second.claim()) == 1


class TestEscalation:
    async def held(self, world: World, tickets: int = 1) -> tuple[Person, Person, dict[str, Any]]:
        await world.project(choice_step(overlap=1))
        anna, vera = await world.worker("anna", max_held=9), await world.worker("vera", "orders:1:2", max_held=9)
        await world.tickets(tickets)
        (one,) = await anna.claim()
        return anna, vera, one

    async def escalate(self, person: Person, one: dict[str, Any]) -> Any:
        return await person.call("POST", f"/assignments/{one['id']}/escalate", {"reason": "Needs access to the account."})

    async def test_it_goes_to_the_second_line_first_of_their_work_and_never_back(self, world: World) -> None:
        anna, vera, one = await self.held(world, 3)
        boris = await world.worker("boris", max_held=9)
        assert (await self.escalate(anna, one)).status_code == 204
        assert await db.row("SELECT state, reason FROM assignment") == ("escalated", "Needs access to the account.")
        assert (await boris.ok("GET", "/work"))["work"][0]["open"] == 2
        assert (await vera.ok("GET", "/work"))["work"][0]["open"] == 3
        assert (await vera.claim())[0]["task_id"] == one["task_id"]
        assert {two["task_id"] for two in await anna.claim(9) + await boris.claim(9)}.isdisjoint({one["task_id"]})
        await world.verify()

    async def test_it_frees_both_caps_and_counts_as_given_back(self, world: World) -> None:
        anna, _, one = await self.held(world)
        await self.escalate(anna, one)
        work = await anna.ok("GET", "/work")
        assert (work["held"], work["week_claimed"], work["week_returned"]) == (0, 0, 1)
        assert (await self.escalate(anna, one)).status_code == 204
        assert (await anna.call("POST", f"/assignments/{one['id']}/release")).json()["code"] == "lease_ended"
        assert (await anna.ok("GET", "/work"))["week_returned"] == 1

    async def test_where_there_is_no_line_above_it_stays_where_it_is(self, world: World) -> None:
        anna, vera, one = await self.held(world)
        await self.escalate(anna, one)
        (again,) = await vera.claim()
        refused = await self.escalate(vera, again)
        assert (refused.status_code, refused.json()["code"]) == (409, "no_line_above")
        third = await world.worker("third", "orders:1:3")
        assert (await self.escalate(vera, again)).status_code == 204
        assert (await third.claim())[0]["task_id"] == one["task_id"]
        await world.verify()

    @pytest.mark.parametrize("hindered", ["had", "language", "blocked", "barred"])
    async def test_who_could_not_take_it_is_no_line_above(self, world: World, hindered: str) -> None:
        """Else it would lie where nobody finds it, until its deadline is over."""
        project = await world.project(choice_step(overlap=2))
        anna, vera = await world.worker("anna"), await world.worker("vera", "orders:1:2")
        await ticket(world, 0, "ru", 2)
        if hindered == "had":
            (hers,) = await vera.claim()
            await vera.answer(hers, {"topic": "a"})
        elif hindered == "language":
            await languages_of(vera, "en", "de")
        else:
            only = project["id"] if hindered == "barred" else None
            await db.execute(
                """INSERT INTO restriction (freelancer_id, kind, project_id, reason, imposed_by, ends_at)
                   VALUES ($1, $2, $3, 'for the test it is', $4, now() + interval '9 days')""",
                vera.id,
                "project" if only else "block",
                only,
                world.administrator.id,
            )
        (one,) = await anna.claim()
        assert (await self.escalate(anna, one)).json()["code"] == "no_line_above"
        assert len((await anna.ok("GET", "/assignments"))["assignments"]) == 1
        await world.worker("wanda", "orders:1:2")
        assert (await self.escalate(anna, one)).status_code == 204

    async def test_somebody_elses_and_ended_assignments_are_refused(self, world: World) -> None:
        anna, vera, one = await self.held(world)
        assert (await self.escalate(vera, one)).status_code == 404
        await anna.answer(one, {"topic": "a"})
        assert (await self.escalate(anna, one)).json()["code"] == "lease_ended"

    async def test_an_escalated_golden_task_goes_back_and_its_holder_sees_no_difference(self, world: World) -> None:
        await world.project(choice_step(overlap=2), control_rate=0.5)
        await world.tickets(6)
        for number in range(6):
            body = {"step": "classify", "input": {"text": f"gold {number}"}, "answers": [{"answer": {"topic": "a"}}]}
            await world.curator.ok("POST", "/projects/orders/golden", body)
        anna = await world.worker("anna", max_held=9)
        await world.worker("vera", "orders:1:2")
        await db.execute("UPDATE queue SET control_rate = 1")
        golden = (await anna.claim())[0]
        await db.execute("UPDATE queue SET control_rate = 0")
        ordinary = (await anna.claim())[0]
        told = []
        for one in (golden, ordinary):
            reply = await self.escalate(anna, one)
            told.append((reply.status_code, reply.content, (await anna.answer(one, {"topic": "a"})).json()["code"]))
        assert told[0] == told[1]
        found = await db.rows("SELECT control, line FROM slot WHERE task_id = ANY ($1)", [golden["task_id"], ordinary["task_id"]])
        assert {(row["control"], row["line"]) for row in found} == {(True, 1), (False, 2), (False, 1)}
        await world.verify()


class TestUnread:
    async def test_until_the_instruction_is_read_the_projects_tasks_are_not_handed_out(self, world: World) -> None:
        await world.project()
        await world.project(choice_step(qualification="music"), code="music")
        anna = await world.worker("anna", "orders", "music")
        await world.tickets(1)
        await world.tickets(1, code="music")
        await db.execute("UPDATE queue SET must_read = 3 WHERE qualification = 'orders'")
        await self.read(anna, 2)
        assert [one["project"] for one in await anna.claim(2)] == ["music"]
        refused = await anna.call("POST", "/assignments", {"count": 1})
        assert (refused.status_code, refused.json()["code"]) == (409, "instruction_unread")
        assert [one["project"] for one in refused.json()["instructions"]] == ["orders"]
        assert (await anna.call("POST", "/assignments", {"count": 1, "project": "music"})).json()["retry_after_s"] == 5
        assert (await anna.ok("GET", "/work"))["unread"] == ["orders"]
        assert await db.scalar("SELECT count(*) FROM gap") == 0
        await self.read(anna, 3)
        assert [one["project"] for one in await anna.claim(2)] == ["orders"]

    @staticmethod
    async def read(person: Person, version: int) -> None:
        await db.execute(
            "INSERT INTO reading (freelancer_id, project_id, version) SELECT $1, id, $2 FROM project WHERE code = 'orders'",
            person.id,
            version,
        )


class TestGrowth:
    """A hundred thousand open slots that a person cannot take lie before the ones that they can."""

    async def pages(self, world: World, person: Person) -> int:
        """How many pages a claim reads."""
        async with world.connections(1, role=None) as (owner,), owner.transaction():
            plan = await owner.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT * FROM claim('{person.id}', 1, NULL)")
            counted = orjson.loads(plan)[0]["Plan"]
            assert counted["Actual Rows"] == 1
            await owner.execute("SELECT 1")
        return int(counted["Shared Hit Blocks"] + counted["Shared Read Blocks"])

    @pytest.mark.parametrize(("language", "line"), [("de", 1), ("en", 2)])
    async def test_a_claim_reads_no_more(self, world: World, language: str, line: int) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(5)
        anna = await world.worker("anna")
        await languages_of(anna, "en")
        await self.pages(world, anna)
        before = await self.pages(world, anna)
        await world.as_owner(
            f"""INSERT INTO slot (step_id, rank, task_id, ticket_id, language, line)
                SELECT step_id, n, gen_random_uuid(), gen_random_uuid(), '{language}', {line}
                FROM queue CROSS JOIN generate_series(1, 100000) n""",
            f"SELECT lower_floor(step_id, {line}, '{language}', 0, 0) FROM queue",
            "VACUUM ANALYZE slot",
        )
        await self.pages(world, anna)
        assert await self.pages(world, anna) <= before * 1.3
