"""What a reopening means for money: by rows, in any order of jobs, and by the API with an objection."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from piecework.payouts.earning import accruals, holds, reopening
from piecework.payouts.errors import Contradiction
from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.payouts import builders as b
from tests.payouts.earning import held_money as h
from tests.payouts.earning.held_money import DAY
from tests.payouts.tariffs.tariff_world import announce, item, per_step
from tests.world import World, choice_step

REASON = "The customer got a wrong amount."


async def recorded(
    ticket_id: UUID, replaced: list[UUID], *, claw_back: bool = True, resolved_at: datetime | None = None, number: int = 1
) -> UUID:
    """A reopening as tasks would record it, of these assignments' tasks."""
    tasks = [await db.scalar("SELECT task_id FROM assignment WHERE id = $1", one) for one in replaced]
    await h.resolve(ticket_id, None)
    made: UUID = await db.scalar(
        """INSERT INTO reopening (ticket_id, number, reason, redo, replaced, resolved_at, claw_back, appeal_days, actor)
           VALUES ($1, $2, $3, array_fill('sort'::text, ARRAY[cardinality($4::uuid[])]), $4, $5, $6, 7, $7) RETURNING id""",
        ticket_id,
        number,
        REASON,
        tasks,
        resolved_at,
        claw_back,
        await b.person("Carl", "curator"),
    )
    return made


async def follow(which: UUID) -> int:
    async with db.transaction():
        return await reopening.follow(which)


class TestFollowing:
    async def test_an_answer_is_clawed_back_once(self, database: db.Config) -> None:
        """What a later decision adds is asked back by no second reopening: it is released in its time."""
        project, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        terms, one = await h.tariff(project, "resolved", days=0), await b.ticket(project)
        half = await b.assignment(project, anna, price=10_000, state="accepted", at=now - 3 * DAY, ticket_id=one, share=5_000)
        await db.execute("UPDATE assignment SET tariff_id = $2, pay_ticket = $3 WHERE id = $1", half, terms, one)
        await b.announce(half, "accepted")
        await b.run_jobs()
        assert await follow(await recorded(one, [half])) == 1
        await b.decide(half, "accepted", await db.scalar("SELECT clock_timestamp()"))
        await b.run_jobs()
        second = await recorded(one, [half], number=2)
        assert await follow(second) == 0
        await h.resolve(one, await db.scalar("SELECT clock_timestamp()"))
        async with db.transaction():
            assert await holds.release([half]) == 1
        assert [kind for kind, *_ in await h.ended(half)] == ["clawback", "release"]
        assert not await b.broken()

    async def test_what_is_on_hold_goes_back_to_the_project_and_nothing_else_is_touched(self, database: db.Config) -> None:
        project, anna, boris = await b.project(), await b.person(), await b.person("Boris")
        now: datetime = await db.scalar("SELECT now()")
        terms, one = await h.tariff(project, "resolved"), await b.ticket(project)
        wrong = await h.earned(project, anna, terms, now - 2 * DAY, ticket_id=one, premium=700)
        await db.execute("UPDATE task SET iteration = 2")
        right = await h.earned(project, boris, terms, now - 2 * DAY, ticket_id=one)
        before = await b.balances()
        which = await recorded(one, [wrong], resolved_at=now - DAY)
        assert await follow(which) == 2
        assert [kind for kind, *_ in await h.ended(wrong)] == ["clawback", "clawback"]
        assert await h.ended(right) == []
        after = await b.balances()
        assert (after["held"], after["task_expense"]) == (25_050, before["task_expense"] - 25_750)
        row = await db.row(
            "SELECT e.actor, r.actor AS curator, e.reason, e.source_id FROM entry e, reopening r WHERE e.kind = 'clawback'"
        )
        assert row is not None
        assert (row["actor"], row["reason"], row["source_id"]) == (row["curator"], REASON, which)
        told = await db.row("SELECT * FROM appealable")
        assert told is not None
        assert (told["subject"], told["subject_id"], told["freelancer_id"]) == ("clawback", wrong, anna)
        assert "2.5750 RUB" in told["words"]
        assert REASON in told["words"]
        assert str(one) not in told["words"], "a freelancer knows no tickets"
        assert await follow(which) == 0, "once"
        assert await db.scalar("SELECT count(*) FROM appealable") == 1

    async def test_without_claw_back_nothing_is_taken(self, database: db.Config) -> None:
        project, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        one = await b.ticket(project)
        done = await h.earned(project, anna, await h.tariff(project, "resolved"), now - DAY, ticket_id=one)
        assert await follow(await recorded(one, [done], claw_back=False, resolved_at=now)) == 0
        assert await h.ended(done) == []

    async def test_money_whose_hold_had_ended_stays_even_if_its_job_had_not_run(self, database: db.Config) -> None:
        project, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        one = await b.ticket(project)
        done = await h.earned(project, anna, await h.tariff(project, "resolved", days=1), now - 4 * DAY, ticket_id=one)
        assert await follow(await recorded(one, [done], resolved_at=now - 2 * DAY)) == 0
        assert await h.ended(done) == [("release", 25_050, now - DAY, None)]

    async def test_an_acceptance_whose_accrual_comes_late_is_clawed_back_all_the_same(self, database: db.Config) -> None:
        project, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        one = await b.ticket(project)
        done = await b.assignment(project, anna, state="accepted", at=now - DAY, ticket_id=one)
        terms = await h.tariff(project, "resolved")
        await db.execute("UPDATE assignment SET tariff_id = $2, pay_ticket = $3 WHERE id = $1", done, terms, one)
        assert await follow(await recorded(one, [done], resolved_at=now)) == 1
        async with db.transaction():
            assert await accruals.accrue([done]) == 0
        assert (await b.balances()) == {"task_expense": 0, "pending": 0, "held": 0}

    async def test_the_others_money_waits_for_the_next_end_of_the_ticket(self, database: db.Config) -> None:
        project, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        one = await b.ticket(project)
        done = await h.earned(project, anna, await h.tariff(project, "resolved", days=2), now - 6 * DAY, ticket_id=one)
        await h.resolve(one, now - DAY)
        await b.run_jobs()
        assert (await h.waiting())[0][1] == now + DAY
        await h.resolve(one, None)
        await db.execute("UPDATE job SET run_at = now(), key = $1 || ':early' WHERE kind = 'payouts.release'", str(done))
        await b.run_jobs()
        assert await h.waiting() == [(str(done), now + 8 * DAY)], "open again, so it may take until the bound"

    async def test_a_reopening_that_is_not_there_is_a_contradiction(self, database: db.Config) -> None:
        with pytest.raises(Contradiction):
            await follow(UUID(int=1))


class TestOrder:
    """Jobs run in any order, and again: the same money comes out."""

    @pytest.mark.parametrize("again", [False, True], ids=["still open", "resolved again"])
    @pytest.mark.parametrize(("reopened_after", "outcome"), [(2.5, "clawback"), (3.5, "release")])
    async def test_every_order_of_the_jobs_gives_the_same_entries(
        self, database: db.Config, reopened_after: float, outcome: str, again: bool
    ) -> None:
        project, anna, curator = await b.project(), await b.person(), await b.person("Carl", "curator")
        now: datetime = await db.scalar("SELECT now()")
        accepted = now - 5 * DAY
        terms = await h.tariff(project, "resolved", days=1)
        outcomes = set()
        for number, order in enumerate(permutations(("accrue", "release", "release_tickets", "reopened"))):
            one = await b.ticket(project, f"T-{number}")
            done = await b.assignment(project, anna, state="accepted", at=accepted - b.HOUR, ticket_id=one)
            await db.execute("UPDATE assignment SET tariff_id = $2, pay_ticket = $3 WHERE id = $1", done, terms, one)
            which = await db.scalar(
                """INSERT INTO reopening (ticket_id, number, reason, redo, replaced, resolved_at, claw_back, appeal_days, actor, at)
                   SELECT $1, 1, 'wrong in fact', '{sort}', ARRAY[task_id], $3, true, 7, $4, $5 FROM assignment WHERE id = $2
                   RETURNING id""",
                one,
                done,
                accepted + 2 * DAY,
                curator,
                accepted + reopened_after * DAY,
            )
            if again:
                await h.resolve(one, accepted + 3.8 * DAY)
            jobs: dict[str, Callable[[], Awaitable[int]]] = {
                "accrue": partial(accruals.accrue, [done]),
                "release": partial(holds.release, [done]),
                "release_tickets": partial(holds.release_tickets, [one]),
                "reopened": partial(reopening.follow, which),
            }
            for name in (*order, *order):
                async with db.transaction():
                    await jobs[name]()
            outcomes.add(tuple(await h.ended(done)))
        at = accepted + (reopened_after if outcome == "clawback" else 3) * DAY
        assert outcomes == {((outcome, 25_050, at, None),)}


async def scene(world: World, **terms: Any) -> tuple[str, str, str]:
    """A resolved ticket: Anna chose the topic, Boris answered; both are paid on hold. The ticket and their assignments."""
    await world.project(
        choice_step(overlap=1, price="2.00"), choice_step(key="reply", overlap=1, price="5.00", after=["classify"])
    )
    hold = {"hold_until": "resolved", "hold_days": 7, "hold_most_days": 14}
    await announce(world, per_step(item("2.00"), item("5.00", "reply"), **hold | terms))
    (ticket,) = await world.tickets(1)
    done = []
    for name in ("anna", "boris"):
        person = await world.worker(name)
        (held,) = await person.claim()
        assert (await person.answer(held, {"topic": "a"})).is_success
        await world.drain()
        done.append(held["id"])
    return ticket, *done


class TestThroughTheApi:
    async def test_clawed_back_told_objected_to_and_restored(self, world: World) -> None:
        ticket, _, boris = await scene(world)
        assert (await world.boris.ok("GET", "/me/earnings"))["earnings"][0]["held"] == "5.0000"
        (waits,) = (await world.boris.ok("GET", "/me/assignments"))["items"]
        latest = datetime.fromisoformat(waits["decided_at"]) + 14 * DAY
        assert (waits["held"], datetime.fromisoformat(waits["held_until"]), waits["claw_back"]) == ("5.0000", latest, None)
        body = {"reason": REASON, "redo": ["reply"], "claw_back": True}
        await world.curator.ok("POST", f"/tickets/{ticket}/reopen", body)
        await world.drain()
        await world.verify()
        money = (await world.boris.ok("GET", "/me/earnings"))["earnings"][0]
        assert (money["held"], money["payable"]) == ("0.0000", "0.0000")
        (told,) = (await world.boris.ok("GET", "/me/assignments"))["items"]
        assert (told["held"], told["held_until"], told["clawed_back"]) == ("0.0000", None, "5.0000")
        assert REASON in told["claw_back"]
        assert told["claw_back_appeal_by"] is not None
        appeal = await world.boris.ok("POST", "/appeals", {"subject": "clawback", "id": boris, "words": "The amount was right."})
        blocked = await world.curator.call(
            "POST", f"/appeals/{appeal['id']}/decision", {"decision": "deny", "reply": "No, it stays."}
        )
        assert blocked.json()["code"] == "not_impartial"
        other = await world.person("olga", Role.CURATOR)
        await other.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "uphold", "reply": "It was right."})
        await world.drain()
        money = (await world.boris.ok("GET", "/me/earnings"))["earnings"][0]
        assert (money["held"], money["payable"]) == ("0.0000", "5.0000")
        await world.verify()

    async def test_an_objection_denied_changes_nothing(self, world: World) -> None:
        ticket, _, boris = await scene(world)
        await world.administrator.ok(
            "POST", f"/tickets/{ticket}/reopen", {"reason": REASON, "redo": ["reply"], "claw_back": True}
        )
        await world.drain()
        appeal = await world.boris.ok("POST", "/appeals", {"subject": "clawback", "id": boris, "words": "The amount was right."})
        await world.curator.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "deny", "reply": "No, it stays."})
        await world.drain()
        assert (await world.boris.ok("GET", "/me/earnings"))["earnings"][0]["payable"] == "0.0000"
        await world.verify()

    async def test_released_at_once_where_the_ticket_s_end_is_all_that_it_waits_for(self, world: World) -> None:
        ticket, *_ = await scene(world, hold_days=0)
        assert (await world.anna.ok("GET", "/me/earnings"))["earnings"][0]["payable"] == "2.0000"
        await world.curator.ok("POST", f"/tickets/{ticket}/reopen", {"reason": REASON, "redo": ["classify"], "claw_back": True})
        await world.drain()
        assert (await world.anna.ok("GET", "/me/earnings"))["earnings"][0]["payable"] == "2.0000", "it is hers for good"
        await world.verify()
