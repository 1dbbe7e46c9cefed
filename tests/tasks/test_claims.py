"""Claims through the API: the order of work, who may take what, giving back, caps, control tasks."""

import asyncio
import datetime as dt
import statistics
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import asyncpg
import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

NOWHERE = "00000000-0000-7000-8000-000000000000"


def due(hours: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)).isoformat()


async def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


async def texts_one_by_one(person: Person, count: int, **more: Any) -> list[str]:
    """Claim one at a time; the texts in the order they were handed out."""
    return [(await person.claim(**more))[0]["input"]["text"] for _ in range(count)]


async def end_leases(*assignment_ids: str) -> None:
    ids = [UUID(one) for one in assignment_ids]
    await db.execute("UPDATE slot SET expires_at = clock_timestamp() WHERE assignment_id = ANY ($1)", ids)


class TestClaim:
    async def test_a_person_never_gets_the_same_task_twice(self, world: World) -> None:
        await world.project()
        await world.tickets(3)
        anna = await world.worker("anna", max_held=20)
        got = await anna.claim(20)
        assert len(got) == 3
        assert len({assignment["task_id"] for assignment in got}) == 3
        assert await anna.claim(5) == []
        await world.verify()

    async def test_an_assignment_tells_what_is_asked_and_for_how_much(self, world: World) -> None:
        await world.project()
        await world.tickets(1, text="Where is my parcel?")
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        step = await anna.ok("GET", f"/steps/{held['step']['id']}")
        assert (held["project"], held["price"], held["currency"]) == ("orders", "2.5000", "RUB")
        assert held["input"] == {"text": "Where is my parcel?"}
        assert (step["instruction"], step["answer_schema"]["required"]) == ("Read the ticket and choose.", ["topic"])

    async def test_the_price_is_frozen_when_it_is_claimed(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        await world.requester.ok("POST", "/projects/orders/workflows", {"name": "dearer", "steps": [choice_step(price="9")]})
        (again,) = (await anna.ok("GET", "/assignments"))["assignments"]
        assert again == held

    async def test_without_work_it_says_when_to_ask_again(self, world: World) -> None:
        await world.project()
        anna = await world.worker("anna")
        reply = await anna.call("POST", "/assignments", {"count": 1})
        assert reply.json() == {"assignments": [], "retry_after_s": 5}
        assert reply.headers["retry-after"] == "5"

    async def test_without_a_contract_nothing_can_be_claimed(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        carol = await world.person("carol")
        assert await code_of(await carol.call("POST", "/assignments", {"count": 1})) == (409, "no_contract")
        assert await code_of(await carol.call("GET", "/work")) == (409, "no_contract")

    async def test_an_unknown_project_is_not_found(self, world: World) -> None:
        anna = await world.worker("anna")
        assert await code_of(await anna.call("POST", "/assignments", {"count": 1, "project": "nowhere"})) == (404, "not_found")

    async def test_what_is_held_can_be_asked_for_again(self, world: World) -> None:
        await world.project()
        await world.tickets(3)
        anna = await world.worker("anna")
        got = await anna.claim(3)
        assert (await anna.ok("GET", "/assignments"))["assignments"] == got


class TestOrder:
    async def test_urgent_tickets_come_first_then_the_nearest_deadline(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(1, text="in nine hours", deadline_at=due(9))
        await world.tickets(1, first=1, text="in five hours", deadline_at=due(5))
        await world.tickets(1, first=2, text="urgent, in twenty hours", deadline_at=due(20), urgent=True)
        anna = await world.worker("anna")
        assert await texts_one_by_one(anna, 3) == ["urgent, in twenty hours", "in five hours", "in nine hours"]

    async def test_first_answers_come_before_second_answers(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        await world.tickets(1, text="near", deadline_at=due(5))
        await world.tickets(1, first=1, text="far", deadline_at=due(9))
        anna, boris = await world.worker("anna"), await world.worker("boris")
        assert await texts_one_by_one(anna, 1) == ["near"]
        assert await texts_one_by_one(boris, 2) == ["far", "near"]

    async def test_the_order_holds_across_projects(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.project(choice_step(overlap=1), code="music")
        await world.tickets(1, text="orders, six", deadline_at=due(6))
        await world.tickets(1, code="music", text="music, four", deadline_at=due(4))
        await world.tickets(1, first=1, text="orders, three", deadline_at=due(3))
        await world.tickets(1, first=1, code="music", text="music, urgent", deadline_at=due(30), urgent=True)
        anna = await world.worker("anna")
        assert await texts_one_by_one(anna, 4) == ["music, urgent", "orders, three", "music, four", "orders, six"]

    async def test_one_project_can_be_asked_for(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.project(choice_step(overlap=1), code="music")
        await world.tickets(1, text="orders", deadline_at=due(1))
        await world.tickets(1, code="music", text="music", deadline_at=due(9))
        anna = await world.worker("anna")
        assert await texts_one_by_one(anna, 1, project="music") == ["music"]
        assert await anna.claim(5, project="music") == []


class TestWhoMayTakeIt:
    async def test_only_those_with_the_qualification_at_the_level_get_it(self, world: World) -> None:
        await world.project(choice_step(level=2, overlap=5))
        await world.tickets(1)
        anna = await world.worker("anna", "orders:1")
        boris = await world.worker("boris", "orders:2")
        carol = await world.worker("carol", "music:9")
        assert [len(await person.claim()) for person in (anna, boris, carol)] == [0, 1, 0]

    async def test_a_revoked_qualification_ends_it_but_what_is_held_may_be_finished(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        await world.curator.ok("POST", f"/freelancers/{anna.id}/qualifications/orders/revoke", {"reason": "failed the exam"})
        assert await anna.claim() == []
        assert (await anna.answer(held, {"topic": "a"})).status_code == 200

    async def test_who_did_an_excluding_step_of_the_ticket_does_not_get_it(self, world: World) -> None:
        await world.project(
            choice_step(key="first", overlap=1), choice_step(key="second", overlap=1, after=["first"], not_by=["first"])
        )
        await world.tickets(1)
        anna, boris = await world.worker("anna"), await world.worker("boris")
        (held,) = await anna.claim()
        await anna.answer(held, {"topic": "a"})
        await world.drain()
        assert await anna.claim() == []
        (checked,) = await boris.claim()
        assert checked["step"]["key"] == "second"
        await world.verify()

    async def test_the_list_of_open_work_counts_what_one_may_take(self, world: World) -> None:
        await world.project(choice_step(overlap=2))
        await world.project(choice_step(qualification="music"), code="music")
        await world.tickets(3)
        await world.tickets(3, code="music")
        anna = await world.worker("anna", "orders", weekly_norm=10, weekly_cap=100)
        work = await anna.ok("GET", "/work")
        assert [(item["project"], item["open"], item["price"]) for item in work["work"]] == [("orders", 3, "2.5000")]
        assert (work["weekly_norm"], work["weekly_cap"], work["held"]) == (10, 100, 0)
        await anna.claim(1)
        assert (await anna.ok("GET", "/work"))["work"][0]["open"] == 2  # nobody gets the same task twice
        assert (await anna.ok("GET", "/work?project=music"))["work"] == []


class TestGivingBack:
    async def held_by_anna(self, world: World, **contract: Any) -> tuple[Person, dict[str, Any]]:
        await world.project(choice_step(overlap=1))
        await world.tickets(1)
        anna = await world.worker("anna", **contract)
        (held,) = await anna.claim()
        return anna, held

    @pytest.mark.parametrize(("how", "body"), [("release", None), ("skip", {"reason": "not in a language that I know"})])
    async def test_it_goes_to_somebody_else_and_both_caps_are_free_again(self, world: World, how: str, body: Any) -> None:
        anna, held = await self.held_by_anna(world, max_held=1, weekly_cap=1)
        await anna.ok("POST", f"/assignments/{held['id']}/{how}", body)
        boris = await world.worker("boris")
        assert await anna.claim() == []  # not a refusal by a cap; and she has had this task
        assert (await boris.claim())[0]["task_id"] == held["task_id"]
        assert (await anna.ok("GET", "/work"))["held"] == 0
        await world.verify()

    async def test_an_expired_lease_does_the_same(self, world: World) -> None:
        anna, held = await self.held_by_anna(world, max_held=1, weekly_cap=1)
        await end_leases(held["id"])
        await world.drain_recurring("tasks.expire")
        boris = await world.worker("boris")
        assert (await boris.claim())[0]["task_id"] == held["task_id"]
        assert await anna.claim() == []
        reply = await anna.answer(held, {"topic": "a"})
        assert await code_of(reply) == (409, "lease_ended")
        await world.verify()

    async def test_a_lease_that_has_not_ended_is_left_alone(self, world: World) -> None:
        anna, held = await self.held_by_anna(world)
        await world.drain_recurring("tasks.expire")
        assert (await anna.answer(held, {"topic": "a"})).status_code == 200

    async def test_releasing_twice_is_harmless(self, world: World) -> None:
        anna, held = await self.held_by_anna(world)
        assert [(await anna.call("POST", f"/assignments/{held['id']}/release")).status_code for _ in range(2)] == [204, 204]
        await world.verify()

    async def test_what_was_answered_cannot_be_given_back(self, world: World) -> None:
        anna, held = await self.held_by_anna(world)
        await anna.answer(held, {"topic": "a"})
        assert await code_of(await anna.call("POST", f"/assignments/{held['id']}/release")) == (409, "lease_ended")

    async def test_a_skip_needs_a_reason_and_keeps_it(self, world: World) -> None:
        anna, held = await self.held_by_anna(world)
        assert (await anna.call("POST", f"/assignments/{held['id']}/skip", {"reason": ""})).status_code == 422
        await anna.ok("POST", f"/assignments/{held['id']}/skip", {"reason": "the text is empty"})
        assert await db.row("SELECT state, reason FROM assignment") == ("skipped", "the text is empty")

    async def test_somebody_elses_assignment_is_as_absent_as_none(self, world: World, subtests: pytest.Subtests) -> None:
        _, held = await self.held_by_anna(world)
        boris = await world.worker("boris")
        async with nothing_changes():
            for operation in ["release", "skip", "heartbeat", "answer"]:
                with subtests.test(operation=operation):
                    body = {
                        "release": None,
                        "skip": {"reason": "not mine"},
                        "heartbeat": {"lease_token": held["lease_token"]},
                        "answer": {"submission_id": NOWHERE, "lease_token": held["lease_token"], "answer": {"topic": "a"}},
                    }[operation]
                    foreign = await boris.call("POST", f"/assignments/{held['id']}/{operation}", body)
                    absent = await boris.call("POST", f"/assignments/{NOWHERE}/{operation}", body)
                    assert foreign.status_code == absent.status_code == 404
                    assert {**foreign.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
                    assert await db.scalar("SELECT state FROM assignment") == "held"


class TestHeartbeat:
    async def test_it_extends_the_lease_but_not_beyond_four_limits(self, world: World) -> None:
        await world.project(choice_step(time_limit_s=100))
        await world.tickets(1)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        beat = ("POST", f"/assignments/{held['id']}/heartbeat", {"lease_token": held["lease_token"]})

        async def ends_after_s(claimed_before_s: int) -> float:
            """As if it had been claimed so long ago and the lease were about to end."""
            await db.execute("UPDATE assignment SET claimed_at = clock_timestamp() - make_interval(secs => $1)", claimed_before_s)
            await db.execute("UPDATE slot SET expires_at = clock_timestamp() + interval '5 s' WHERE assignment_id IS NOT NULL")
            until = (await anna.ok(*beat))["expires_at"]
            return float(await db.scalar("SELECT extract(epoch FROM $1::text::timestamptz - claimed_at) FROM assignment", until))

        assert await ends_after_s(50) == pytest.approx(150, abs=3)
        assert await ends_after_s(250) == pytest.approx(350, abs=3)
        assert await ends_after_s(390) == pytest.approx(400, abs=0.001)

    async def test_an_ended_lease_cannot_be_revived(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        anna = await world.worker("anna")
        (held,) = await anna.claim()
        await end_leases(held["id"])
        reply = await anna.call("POST", f"/assignments/{held['id']}/heartbeat", {"lease_token": held["lease_token"]})
        assert await code_of(reply) == (409, "lease_ended")

    async def test_another_token_does_not_extend_it(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        anna = await world.worker("anna")
        one, other = await anna.claim(2)
        for token in (other["lease_token"], "nonsense", "1.2", "\u0661.x"):
            reply = await anna.call("POST", f"/assignments/{one['id']}/heartbeat", {"lease_token": token})
            assert reply.status_code == 409


class TestCaps:
    async def test_no_more_than_may_be_held_at_once(self, world: World) -> None:
        await world.project()
        await world.tickets(5)
        anna = await world.worker("anna", max_held=2)
        assert len(await anna.claim(5)) == 2
        assert await code_of(await anna.call("POST", "/assignments", {"count": 1})) == (409, "held_cap_reached")

    async def test_no_more_than_the_weekly_cap_also_when_answers_ask_for_the_next(self, world: World) -> None:
        await world.project()
        await world.tickets(5)
        anna = await world.worker("anna", weekly_cap=2)
        first, second = await anna.claim(2)
        assert (await anna.answer(first, {"topic": "a"}, next={"count": 1})).json()["next"] == []
        assert (await anna.answer(second, {"topic": "a"}, next={"count": 1})).json()["next"] == []
        assert await code_of(await anna.call("POST", "/assignments", {"count": 1})) == (409, "weekly_cap_reached")
        await world.verify()

    async def test_the_next_week_begins_anew(self, world: World) -> None:
        await world.project()
        await world.tickets(5)
        anna = await world.worker("anna", weekly_cap=2)
        await anna.claim(2)
        assert (await anna.ok("GET", "/work"))["week_claimed"] == 2
        await db.execute("UPDATE workload SET week_ends = clock_timestamp() WHERE freelancer_id = $1", anna.id)
        assert (await anna.ok("GET", "/work"))["week_claimed"] == 0
        assert len(await anna.claim(5)) == 2
        await world.verify()

    async def test_what_was_claimed_last_week_and_given_back_now_does_not_enlarge_this_week(self, world: World) -> None:
        await world.project()
        await world.tickets(5)
        anna = await world.worker("anna", weekly_cap=2)
        old, _ = await anna.claim(2)
        await db.execute("UPDATE workload SET week_ends = clock_timestamp() WHERE freelancer_id = $1", anna.id)
        await db.execute("UPDATE assignment SET claimed_at = claimed_at - interval '7 days'")
        await anna.claim(2)
        await anna.ok("POST", f"/assignments/{old['id']}/release")
        assert await code_of(await anna.call("POST", "/assignments", {"count": 1})) == (409, "weekly_cap_reached")

    async def test_a_new_zone_in_the_middle_of_the_week_still_frees_what_is_given_back(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        anna = await world.worker("anna", weekly_cap=1, zone="Asia/Vladivostok")
        (held,) = await anna.claim()
        await world.agree(anna, weekly_cap=1, zone="America/New_York")
        await anna.ok("POST", f"/assignments/{held['id']}/release")
        assert len(await anna.claim()) == 1

    async def test_a_smaller_contract_holds_from_the_next_claim(self, world: World) -> None:
        await world.project()
        await world.tickets(5)
        anna = await world.worker("anna", max_held=5)
        held = await anna.claim(3)
        await world.agree(anna, max_held=1)
        assert (await anna.answer(held[0], {"topic": "a"}, next={"count": 5})).json()["next"] == []


class TestControlTasks:
    """Golden tasks among the others."""

    CANARY = "CANARY-7f3a"

    async def project_with_golden(self, world: World, *, tickets: int, golden: int, rate: float) -> Person:
        options = [{"value": value, "title": value.upper()} for value in ("a", "b", "c", self.CANARY)]
        topic = {"name": "topic", "type": "choice", "title": "Topic", "options": options}
        await world.project(choice_step(overlap=2, answer=[topic]), control_rate=rate)
        await world.tickets(tickets)
        for i in range(golden):
            body = {"step": "classify", "input": {"text": f"ticket {i} of gold"}, "answers": [{"answer": {"topic": self.CANARY}}]}
            await world.curator.ok("POST", "/projects/orders/golden", body)
        return await world.worker("anna", max_held=50, weekly_cap=10_000)

    async def test_they_come_about_as_often_as_the_rate_says_and_not_in_a_pattern(self, world: World) -> None:
        await self.project_with_golden(world, tickets=300, golden=150, rate=0.3)
        people = await world.crowd(6)
        one = "SELECT (SELECT bool_or(s.control) FROM slot s WHERE s.task_id = c.task_id) FROM claim($1, 1, NULL) c"
        async with world.connections(1) as (connection,):
            is_golden = [await connection.fetchval(one, people[i // 50]) for i in range(300)]
        assert 0.2 < statistics.mean(is_golden) < 0.4
        places = [place for place, golden in enumerate(is_golden) if golden]
        assert len({later - earlier for earlier, later in pairwise(places)}) > 3

    async def test_nothing_in_a_reply_tells_them_from_others(self, world: World) -> None:
        anna = await self.project_with_golden(world, tickets=20, golden=20, rate=0.5)
        got = await anna.claim(20) + await anna.claim(20)
        gold = {str(row["task_id"]) for row in await db.rows("SELECT task_id FROM golden")}
        kinds: dict[bool, set[str]] = {True: set(), False: set()}
        for held in got:
            kinds[held["task_id"] in gold].add(self.shape(held))
        assert kinds[True] == kinds[False]
        assert len(kinds[True]) == 1

    @classmethod
    def shape(cls, value: Any) -> str:
        """Keys in their order and kinds of values, all the way down; and the form of texts that are not prose."""
        if isinstance(value, dict):
            return "{" + ",".join(f"{key}:{cls.shape(item)}" for key, item in value.items()) + "}"
        if isinstance(value, str):
            return "".join("9" if ch in "0123456789abcdef" else "." for ch in value) if "-" in value[:9] else "text"
        return type(value).__name__

    async def test_the_known_answer_is_in_no_reply_to_a_freelancer(self, world: World) -> None:
        anna = await self.project_with_golden(world, tickets=10, golden=10, rate=0.5)
        seen: list[bytes] = []
        held = await anna.claim(20)
        seen.append(str(held).encode())
        for one in held:
            seen.append((await anna.answer(one, {"topic": "a"}, next={"count": 1})).content)
            seen.append((await anna.answer(one, {"topic": "b"})).content)
        for path in (
            "/assignments",
            "/work",
            "/me",
            "/me/accuracy",
            "/me/earnings",
            "/trail",
            "/projects",
            "/projects/orders/workflow",
        ):
            seen.append((await anna.call("GET", path)).content)
        assert self.CANARY.encode() not in b"".join(seen)

    async def test_they_are_shown_no_more_often_than_others(self, world: World) -> None:
        await self.project_with_golden(world, tickets=20, golden=3, rate=0.5)
        people = await world.crowd(4)
        async with world.connections(4) as connections:
            await asyncio.gather(*(connections[i].fetch("SELECT * FROM claim($1, 20, NULL)", people[i]) for i in range(4)))
        shown = await db.rows("SELECT count(*) AS n FROM golden g JOIN assignment a ON a.task_id = g.task_id GROUP BY g.task_id")
        assert {row["n"] for row in shown} <= {1, 2}

    async def test_the_freelancers_database_role_cannot_read(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for table, column in [
                ("ticket_original", "text"),
                ("ticket", "text"),
                ("truth", "answers"),
                ("stood_in", "task_id"),
                ("golden", "task_id"),
                ("evidence", "kind"),
                ("api_token", "hash"),
                ("session", "hash"),
                ("account", "password_hash"),
                ("account", "email"),
                ("trail", "detail"),
                ("job", "payload"),
            ]:
                with subtests.test(table=table, column=column):
                    async with world.connections(1) as (connection,):
                        with pytest.raises(asyncpg.InsufficientPrivilegeError):
                            await connection.fetch(f"SELECT {column} FROM {table}")
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await db.rows(f"SELECT {column} FROM {table}", on=db.FREELANCER)

    async def test_the_count_of_open_work_does_not_tell(self, world: World) -> None:
        anna = await self.project_with_golden(world, tickets=20, golden=10, rate=0.5)
        for _ in range(12):
            (before,) = (await anna.ok("GET", "/work"))["work"]
            await anna.claim(1)
            (after,) = (await anna.ok("GET", "/work"))["work"]
            assert after["open"] == before["open"] - 1

    async def test_when_ordinary_work_is_done_none_of_them_comes(self, world: World) -> None:
        anna = await self.project_with_golden(world, tickets=4, golden=10, rate=0.5)
        got = await anna.claim(20)
        in_place_of_tickets = len(got)
        await db.execute("UPDATE queue SET control_rate = 1")
        more = await anna.claim(20)
        gold = {str(row["task_id"]) for row in await db.rows("SELECT task_id FROM golden")}
        ordinary = [one for one in got + more if one["task_id"] not in gold]
        assert in_place_of_tickets >= 4
        assert len(ordinary) <= 4

    async def test_their_deadlines_are_those_of_the_tickets_they_displace(self, world: World) -> None:
        anna = await self.project_with_golden(world, tickets=20, golden=20, rate=0.5)
        deadlines = {
            str(row["d"]) for row in await db.rows("SELECT DISTINCT date_trunc('milliseconds', deadline_at) AS d FROM ticket")
        }
        await anna.claim(20)
        assert {str(row["d"]) for row in await db.rows("SELECT DISTINCT deadline_at AS d FROM assignment")} <= deadlines

    async def test_task_ids_do_not_tell_when_a_task_was_made(self, world: World) -> None:
        anna = await self.project_with_golden(world, tickets=5, golden=5, rate=0.5)
        assert {held["task_id"][14] for held in await anna.claim(10)} == {"4"}

    async def test_own_accuracy_does_not_tell_which_answer_was_to_a_golden_task(self, world: World) -> None:
        anna = await self.project_with_golden(world, tickets=5, golden=5, rate=0.5)
        before = await anna.ok("GET", "/me/accuracy")
        for held in await anna.claim(10):
            await anna.answer(held, {"topic": "a"})
            await world.drain()
            assert await anna.ok("GET", "/me/accuracy") == before


class TestZones:
    async def test_every_zone_that_a_contract_takes_is_one_that_claims_understand(self, world: World) -> None:
        await world.project()
        anna = await world.worker("anna")
        known = {row["name"] for row in await db.rows("SELECT name FROM pg_timezone_names")}
        strange = sorted(available_timezones() - known) + ["localtime", "Factory", "posixrules", "posix/UTC", "right/UTC"]
        for zone in strange:
            offer = {"rate": "by the ticket", "regime": "none", "zone": zone, "on_request": True}
            made = await world.curator.call("POST", f"/freelancers/{anna.id}/offers", offer)
            if made.is_success:
                await anna.ok("POST", f"/me/offers/{made.json()['id']}/accept", {"sha256": made.json()["sha256"]})
            taken = await anna.call("POST", "/assignments", {"count": 1})
            assert (zone, taken.status_code) == (zone, 200)


class TestReturning:
    """Giving tasks back is free within reason."""

    async def test_after_as_many_returns_as_the_contract_allows_claims_stop_for_the_week(self, world: World) -> None:
        await world.project(choice_step(overlap=1))
        await world.tickets(40)
        anna = await world.worker("anna", weekly_cap=50)
        for _ in range(20):
            (held,) = await anna.claim(1)
            await anna.ok("POST", f"/assignments/{held['id']}/release")
        refused = await anna.call("POST", "/assignments", {"count": 1})
        assert (refused.status_code, refused.json()["code"]) == (409, "returned_too_many")
        assert (await anna.ok("GET", "/work"))["week_returned"] == 20
        await db.execute("UPDATE workload SET week_ends = now() - interval '1 second'")
        assert len(await anna.claim(1)) == 1
        await world.verify()


class TestOwnProject:
    async def test_nobody_is_handed_tasks_of_their_own_project(self, world: World) -> None:
        await world.project()
        await world.tickets(3)
        await db.execute("UPDATE account SET roles = roles || 'freelancer'::text WHERE id = $1", world.requester.id)
        await world.worker("requester")
        assert await world.requester.claim(3) == []
        assert (await world.requester.ok("GET", "/work"))["work"] == []


class TestStep:
    async def test_a_step_is_shown_to_who_may_work_on_it_or_owns_it_only(self, world: World) -> None:
        await world.project()
        step_id = await db.scalar("SELECT min(id) FROM step")
        anna = await world.worker("anna")
        stranger, rival = await world.person("stranger"), await world.person("rival", Role.REQUESTER)
        shown = [
            (await one.call("GET", f"/steps/{step_id}")).status_code
            for one in (anna, world.requester, world.curator, stranger, rival)
        ]
        assert shown == [200, 200, 200, 404, 404]
