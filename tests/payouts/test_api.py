"""The operations as finance and freelancers meet them."""

import csv
import io
import uuid
from datetime import timedelta

import pytest

from piecework.payouts import periods
from piecework.payouts.api import OPERATIONS
from piecework.payouts.part import PART
from piecework.payouts.policy import PERMISSIONS
from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.payouts import builders as b
from tests.world import Person, World

TABLE = {
    ("GET", "/periods"): "payouts.read",
    ("GET", "/periods/{period_id}"): "payouts.read",
    ("POST", "/periods/{period_id}/close"): "payouts.close",
    ("GET", "/periods/{period_id}/people.csv"): "payouts.read",
    ("GET", "/periods/{period_id}/tickets.csv"): "payouts.read",
    ("POST", "/periods/{period_id}/payout"): "payouts.pay",
    ("POST", "/payouts/{payout_id}/confirm"): "payouts.pay",
    ("GET", "/me/earnings"): "earnings.read",
    ("GET", "/me/assignments"): "earnings.read",
}
BODIES = {"/periods/{period_id}/close": {}, "/payouts/{payout_id}/confirm": {"bank_reference": "x"}}


def test_routes_and_permissions_are_these() -> None:
    assert {(o.method, o.path): o.permission for o in OPERATIONS} == TABLE
    assert set(TABLE.values()) == set(PERMISSIONS)
    assert all(o.idempotent for o in OPERATIONS if o.method == "POST")
    assert {kind.name for kind in PART.jobs} == {kind for kinds in PART.subscriptions.values() for kind in kinds}


async def test_each_role_reaches_what_its_permissions_say(world: World) -> None:
    for role in Role:
        person = world.people[role.value]
        for (method, path), permission in TABLE.items():
            url = path.replace("{period_id}", str(uuid.uuid4())).replace("{payout_id}", str(uuid.uuid4()))
            response = await person.call(method, url, BODIES.get(path))
            expected = (404 if "{" in path else 200) if role.value in PERMISSIONS[permission] else 403
            assert response.status_code == expected, (role, method, path, response.text)


async def test_a_period_from_open_to_paid(world: World) -> None:
    finance, freelancer = world.people["finance"], world.people["freelancer"]
    project = await b.project()
    await b.earned(project, freelancer.id, 25_050)
    other = await b.person("Other")
    await b.earned(project, other, 100)
    [period] = (await finance.ok("GET", "/periods"))["items"]
    assert (period["state"], period["total"]) == ("open", None)
    url = f"/periods/{period['id']}"

    refused = await finance.call("POST", f"{url}/payout")
    assert (refused.status_code, refused.json()["code"]) == (409, "period_not_closed")
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

    key = {"headers": {"idempotency-key": "pay-1"}}
    payout = await finance.ok("POST", f"{url}/payout", **key)
    assert payout == await finance.ok("POST", f"{url}/payout", **key)
    assert (payout["state"], payout["total"]) == ("exported", "2.5200")
    assert (await finance.call("POST", f"{url}/payout")).json()["code"] == "period_exported"
    [mine] = (await freelancer.ok("GET", "/me/earnings"))["earnings"]
    assert mine == {"currency": "RUB", "pending": "0.0000", "payable": "0.0000", "clearing": "2.5100", "paid": "0.0000"}
    confirmed = await finance.ok("POST", f"/payouts/{payout['id']}/confirm", {"bank_reference": "PP-77"})
    assert (confirmed["state"], confirmed["bank_reference"]) == ("confirmed", "PP-77")
    assert (await finance.call("POST", f"/payouts/{payout['id']}/confirm", {"bank_reference": "x"})).json()[
        "code"
    ] == "payout_confirmed"
    assert (await freelancer.ok("GET", "/me/earnings"))["earnings"][0]["paid"] == "2.5100"
    assert (await finance.ok("GET", url))["payout"]["state"] == "confirmed"
    assert not await b.broken()


async def test_a_running_period_needs_a_cut_off(world: World) -> None:
    finance = world.people["finance"]
    current = await periods.current()
    refused = await finance.call("POST", f"/periods/{current}/close", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "period_not_ended")
    assert (await finance.ok("POST", f"/periods/{current}/close", {"cut_off": True}))["state"] == "closed"


@pytest.mark.parametrize(
    "body", [{"bank_reference": ""}, {"bank_reference": "x" * 201}, {"bank_reference": 7}, {"reference": "x"}, {}]
)
async def test_a_confirmation_needs_a_reference(world: World, body: dict[str, object]) -> None:
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
    }  # fmt: skip
    assert got[0]["accrual_entry_id"] == await db.scalar("SELECT id FROM entry WHERE business_key = $1", f"accrue:{mine[-1]}")
    assert (got[0]["state"], got[0]["price"], got[1]["accrual_entry_id"]) == ("accepted", "2.5050", None)


async def test_periods_are_listed_newest_first(world: World) -> None:
    async with db.transaction():
        await periods.hold([("RUB", b.LONG_AGO + n * b.WEEK) for n in (3, 1, 0, 6, 2, 5, 4)])
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
    payout = await finance.ok("POST", f"/periods/{period['id']}/payout")
    await finance.ok("POST", f"/payouts/{payout['id']}/confirm", {"bank_reference": "PP-1"})
    for worker in workers:
        [mine] = (await worker.ok("GET", "/me/earnings"))["earnings"]
        assert mine["paid"] == "10.0000"
    await world.verify()
