"""The pre-close check: each finding appears when there is reason for it, and not otherwise."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.closing.checks import CODES
from piecework.platform import db
from tests.payouts import builders as b
from tests.payouts.adjusting import deduction_world as d
from tests.payouts.formats.batches import SBERBANK, account
from tests.world import World

ACCOUNT = {"name": "Anna", **SBERBANK}


async def open_week(world: World, price: int = 50_000) -> UUID:
    """The freelancer has earned something in the week that runs."""
    project = await b.project()
    await d.earn(project, world.freelancer.id, price)
    found: UUID = await db.scalar("SELECT id FROM period WHERE state = 'open'")
    return found


async def found(world: World, period: UUID) -> dict[str, Any]:
    listed = (await world.finance.ok("GET", f"/periods/{period}/check"))["findings"]
    assert [one["code"] for one in listed] == [code for code in CODES if code in {one["code"] for one in listed}], "worst first"
    return {one["code"]: one for one in listed}


async def set_up(world: World) -> UUID:
    """A period in which nothing is wrong."""
    period = await open_week(world)
    await world.freelancer.ok("PUT", "/me/payment-details", ACCOUNT | {"account": account(1)})
    await world.finance.ok(
        "PUT", f"/freelancers/{world.freelancer.id}/pay-terms", {"cadence": "weekly", "regime": "individual", "reason": "agreed"}
    )
    return period


async def test_nothing_is_found_where_nothing_is_wrong(world: World) -> None:
    assert await found(world, await set_up(world)) == {}


async def test_who_cannot_be_paid_is_found(world: World) -> None:
    period = await open_week(world)
    seen = await found(world, period)
    assert set(seen) == {"no_details", "no_regime"}
    assert seen["no_details"] | {"words": ""} == {
        "code": "no_details", "words": "", "cases": 1, "amount": "5.0000", "people": [str(world.freelancer.id)],
    }  # fmt: skip


async def test_changed_details_are_found_while_they_wait(world: World) -> None:
    period = await set_up(world)
    await world.freelancer.ok("PUT", "/me/payment-details", ACCOUNT | {"account": account(2)})
    assert set(await found(world, period)) == {"details_wait"}


async def test_held_pay_is_found(world: World) -> None:
    period = await set_up(world)
    await db.execute(
        """INSERT INTO restriction (freelancer_id, kind, reason, imposed_by, ends_at)
           VALUES ($1, 'pay', 'Under investigation.', $2, now() + interval '9 days')""",
        world.freelancer.id,
        world.curator.id,
    )
    assert set(await found(world, period)) == {"pay_held"}


async def test_undecided_answers_and_waiting_jobs_are_found(world: World) -> None:
    period = await set_up(world)
    done = await b.assignment(await b.project("more"), world.freelancer.id, at=await d.now())
    await b.announce(done, "submitted")
    assert set(await found(world, period)) == {"jobs_waiting"}
    await db.execute("UPDATE job SET dead_at = now() WHERE kind = 'payouts.pend'")
    assert set(await found(world, period)) == {"jobs_dead"}
    await db.execute("UPDATE job SET dead_at = NULL WHERE kind = 'payouts.pend'")
    await b.run_jobs()
    seen = await found(world, period)
    assert {code: (one["cases"], one["amount"]) for code, one in seen.items()} == {"undecided": (1, "2.5050")}


async def test_deductions_are_found_by_how_far_they_are(world: World) -> None:
    period = await set_up(world)
    await d.rule()
    case = await world.curator.ok("POST", "/deductions", d.case(world.freelancer))
    assert set(await found(world, period)) == {"deductions_undecided"}
    await world.finance.ok("POST", f"/deductions/{case['id']}/decision", {"decision": "approve", "reason": "it is plain to see"})
    assert set(await found(world, period)) == {"deductions_wait"}
    await world.freelancer.ok(
        "POST", "/appeals", {"subject": "deduction", "id": case["id"], "words": "I have read each of them."}
    )
    assert set(await found(world, period)) == {"deductions_appealed"}


async def test_money_on_hold_is_found(world: World) -> None:
    period = await set_up(world)
    project = await b.project("held")
    tariff = await db.scalar(
        """INSERT INTO tariff (project_id, version, kind, hold_days, starts_at, state, author_id, approver_id, approved_at, reason)
           VALUES ($1, 1, 'per_step', 3, now(), 'approved', $2, $3, now(), 'for the test') RETURNING id""",
        project.id,
        world.finance.id,
        world.administrator.id,
    )
    done = await b.assignment(project, world.freelancer.id, state="accepted", at=await d.now(), delay=timedelta())
    await db.execute("UPDATE assignment SET tariff_id = $2 WHERE id = $1", done, tariff)
    await b.announce(done, "accepted")
    await b.run_jobs()
    assert set(await found(world, period)) == {"on_hold"}


async def test_looking_needs_the_right(world: World) -> None:
    period = await open_week(world)
    assert (await world.freelancer.call("GET", f"/periods/{period}/check")).status_code == 403
    assert (await world.finance.call("GET", f"/periods/{world.finance.id}/check")).status_code == 404


async def test_appeals_that_nobody_has_answered_are_found(world: World) -> None:
    period = await set_up(world)
    done = await b.assignment(await b.project("more"), world.freelancer.id, state="rejected", at=await d.now(), delay=timedelta())
    await world.freelancer.ok("POST", "/appeals", {"subject": "answer", "id": str(done), "words": "It is what the ticket says."})
    assert set(await found(world, period)) == {"appeals_open"}


async def test_the_self_employed_are_found_until_their_status_is_confirmed(world: World) -> None:
    period = await set_up(world)
    path = f"/freelancers/{world.freelancer.id}"
    passport = {"inn": "770123456703", "legal_name": "Anna", "residence": "RU", "reason": "passport seen"}
    await world.finance.ok("PUT", f"{path}/identity", passport)
    await world.finance.ok("PUT", f"{path}/pay-terms", {"cadence": "weekly", "regime": "self_employed", "reason": "agreed anew"})
    seen = await found(world, period)
    assert (seen.keys(), seen["status"]["cases"], seen["status"]["amount"]) == ({"status"}, 1, "5.0000")
    today = str(await db.scalar("SELECT (clock_timestamp() AT TIME ZONE 'Europe/Moscow')::date"))
    await world.finance.ok("POST", f"{path}/status-checks", {"checked_on": today, "active": True, "source": "npd.nalog.ru"})
    assert await found(world, period) == {}


async def test_less_than_the_smallest_payout_is_found_with_what_was_carried_over(world: World) -> None:
    period = await set_up(world)
    await b.policy(minimum_payout="5.01")
    seen = await found(world, period)
    assert (seen.keys(), seen["below_minimum"]["amount"]) == ({"below_minimum"}, "5.0000")
    await b.policy(minimum_payout="5.00")
    assert await found(world, period) == {}
