"""The operations as finance and freelancers meet them."""

import csv
import io
import uuid
from datetime import timedelta

import pytest

from piecework.payouts.api import me
from piecework.payouts.api import periods as periods_api
from piecework.payouts.books import periods
from piecework.payouts.policy import PERMISSIONS
from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.payouts import builders as b
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import DETAILS, PAYER_BODY, TODAY
from tests.traceless import nothing_changes
from tests.world import Person, World

OPERATIONS = (*periods_api.OPERATIONS, *me.OPERATIONS)


def test_what_is_asked_for_are_permissions_of_this_part() -> None:
    assert {one.permission for one in OPERATIONS} <= set(PERMISSIONS)


async def test_each_role_reaches_what_its_permissions_say(world: World) -> None:
    for role in Role:
        for one in OPERATIONS:
            url = one.path.replace("{period_id}", str(uuid.uuid4()))
            response = await world.people[role.value].call(one.method, url, {} if one.body else None)
            expected = (404 if "{" in one.path else 200) if role.value in PERMISSIONS[one.permission] else 403
            assert response.status_code == expected, (role, one.name, response.text)


async def pay(world: World, *people: Person) -> None:
    """All of finance's steps from a closed period to paid people."""
    for n, person in enumerate(people, start=1):
        await person.ok("PUT", "/me/payment-details", DETAILS | {"account": account(n)})
    await world.finance.ok("PUT", "/payer", PAYER_BODY)
    run = await world.finance.ok("POST", "/payouts", {"execution_on": TODAY.isoformat()})
    await world.finance.ok("POST", f"/payouts/{run['id']}/approve")
    await world.finance.ok("POST", f"/payouts/{run['id']}/confirm", {"bank_reference": "PP-1"})


async def test_a_period_from_open_to_paid(world: World) -> None:
    finance, freelancer = world.people["finance"], world.people["freelancer"]
    project = await b.project()
    await b.earned(project, freelancer.id, 25_050)
    other = await b.person("Other")
    await b.earned(project, other, 100)
    [period] = (await finance.ok("GET", "/periods"))["items"]
    assert (period["state"], period["total"]) == ("open", None)
    url = f"/periods/{period['id']}"

    assert (await finance.call("POST", "/payouts", {"execution_on": TODAY.isoformat()})).json()["code"] == "nothing_to_pay"
    closed = await finance.ok("POST", f"{url}/close", {"cut_off": False})
    assert (closed["state"], closed["total"], closed["closed_by"]) == ("closed", "2.5200", str(finance.id))
    again = await finance.call("POST", f"{url}/close", {})
    assert (again.status_code, again.json()["code"]) == (409, "period_closed")

    for name, column in (("people", "payable"), ("tickets", "cost")):
        response = await world.people["administrator"].call("GET", f"{url}/{name}.csv")
        assert response.headers["content-type"].startswith("text/csv")
        assert "attachment" in response.headers["content-disposition"]
        assert int(response.headers["content-length"]) == len(response.content)
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
        assert rows[-1][column] == "2.5200"

    [mine] = (await freelancer.ok("GET", "/me/earnings"))["earnings"]
    assert (mine["payable"], mine["clearing"], mine["paid"]) == ("2.5100", "0.0000", "0.0000")
    await pay(world, freelancer)
    [mine] = (await freelancer.ok("GET", "/me/earnings"))["earnings"]
    assert (mine["payable"], mine["clearing"], mine["paid"]) == ("0.0000", "0.0000", "2.5100")
    assert not await b.broken()


async def test_a_running_period_needs_a_cut_off(world: World) -> None:
    finance = world.people["finance"]
    current = await periods.current()
    refused = await finance.call("POST", f"/periods/{current}/close", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "period_not_ended")
    assert (await finance.ok("POST", f"/periods/{current}/close", {"cut_off": True}))["state"] == "closed"


async def test_a_confirmation_needs_a_reference(world: World, subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for body in [{"bank_reference": ""}, {"bank_reference": "x" * 201}, {"bank_reference": 7}, {"reference": "x"}, {}]:
            with subtests.test(body=body):
                response = await world.people["finance"].call("POST", f"/payouts/{uuid.uuid4()}/confirm", body)
                assert response.status_code == 422


async def _all(person: Person, path: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    cursor = ""
    while True:
        page = await person.ok("GET", f"{path}?limit=3{cursor}")
        assert len(page["items"]) <= 3
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"


async def test_my_assignments_are_mine_paged_and_say_nothing_of_tickets(world: World) -> None:
    freelancer = world.people["freelancer"]
    project = await b.project()
    ticket = await b.ticket(project)
    mine = [await b.assignment(project, freelancer.id, at=b.LONG_AGO + timedelta(minutes=n)) for n in range(6)]
    mine.append(await b.earned(project, freelancer.id, ticket_id=ticket))
    await b.earned(project, await b.person("Other"))
    got = await _all(freelancer, "/me/assignments")
    assert [item["id"] for item in got] == [str(i) for i in reversed(mine)]
    assert set(got[0]) == {
        "id", "project", "step_id", "price", "currency", "state", "reason", "explanation",
        "claimed_at", "ended_at", "decided_at", "accrual_entry_id", "earned", "decided_by", "appeal_by",
            "held", "held_until", "clawed_back", "claw_back", "claw_back_appeal_by",
    }  # fmt: skip
    assert got[0]["accrual_entry_id"] == await db.scalar("SELECT id FROM entry WHERE business_key = $1", f"accrue:{mine[-1]}")
    assert (got[0]["state"], got[0]["price"], got[1]["accrual_entry_id"]) == ("accepted", "2.5050", None)


async def test_periods_are_listed_newest_first(world: World) -> None:
    async with db.transaction():
        await periods.hold([("RUB", "weekly", b.LONG_AGO + n * b.WEEK) for n in (3, 1, 0, 6, 2, 5, 4)])
    got = await _all(world.people["finance"], "/periods")
    assert len(got) == 7
    assert [item["starts_at"] for item in got] == sorted((item["starts_at"] for item in got), reverse=True)


async def test_from_answers_to_a_paid_week(world: World) -> None:
    """The whole house: tickets, answers, grading, accruals, closing, reports, payout."""
    await world.project()
    await world.tickets(4)
    workers = [await world.worker(name) for name in ("anna", "boris", "vera")]
    for worker in workers:
        while claimed := await worker.claim(5):
            for one in claimed:
                assert (await worker.answer(one, {"topic": "a"})).is_success
    await world.drain()
    await world.verify()
    finance = world.people["finance"]
    [period] = (await finance.ok("GET", "/periods"))["items"]
    closed = await finance.ok("POST", f"/periods/{period['id']}/close", {"cut_off": True})
    assert closed["total"] == "30.0000", "4 tickets, 3 answers each, 2.50 an answer"
    await pay(world, *workers)
    for worker in workers:
        [mine] = (await worker.ok("GET", "/me/earnings"))["earnings"]
        assert mine["paid"] == "10.0000"
    await world.verify()
