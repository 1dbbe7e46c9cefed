"""Finance's pages and the freelancer's own: a period is closed, paid by two people and traced back, in a real browser and through the client."""

import re
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.pages.conftest import Site
from tests.pages.plain import Browser, fields
from tests.payouts import builders as b
from tests.payouts.formats.batches import account
from tests.payouts.paying.paying_world import DETAILS, PAYER_BODY, TODAY
from tests.payouts.taxes import closings
from tests.world import World

pytestmark = pytest.mark.timeout(180)

HOSTILE = "<script>alert(1)</script>\u202e<b>x"


async def axe(page: Page) -> None:
    found = await Axe().run(page)
    assert [(page.url, one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


async def earned(world: World, answers: int = 3) -> str:
    """A freelancer who may be paid has earned 2.505 a ticket in a period that is over; returns the period's id."""
    project = await b.project("disk")
    for number in range(answers):
        ticket = await b.ticket(project, f"T-{number}")
        await b.earned(project, world.freelancer.id, 25_050, ticket_id=ticket)
    await world.freelancer.ok("PUT", "/me/payment-details", DETAILS | {"account": account(1)})
    return str(await db.scalar("SELECT id FROM period LIMIT 1"))


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_period_is_closed_paid_by_two_people_and_traced_back(site: Site, language: str) -> None:
    world = site.world
    period = await earned(world)
    await world.person("second", Role.FINANCE)
    await world.finance.ok("PUT", "/payer", PAYER_BODY)
    await world.finance.ok("PUT", "/pay-policy", {"reason": "Two people for everything.", "policy": POLICY})
    await world.people["second"].ok("POST", "/pay-policy/versions/1/approve")
    async with site.visitor("finance", language=language) as context, site.visitor("second", language=language) as other:
        page = await context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        await page.goto(f"/money/periods/{period}")
        await page.locator(f"form[action$='/{period}/close'] button").click()
        await expect(page.get_by_role("status").first).to_be_visible()
        assert await db.scalar("SELECT total FROM period WHERE id = $1", period) == 75_200
        await axe(page)
        # From the total in two steps: the person's statement, and the entry of an answer.
        await page.locator("td.figure a").first.click()
        await page.wait_for_url("**/money/statements/*")
        await page.locator("tbody a").first.click()
        await page.wait_for_url("**/money/entries/*")

        await page.goto("/money/payouts")
        await page.get_by_label("Day of execution" if language == "en" else "День исполнения").fill(TODAY.isoformat())
        await page.locator("form[action='/money/payouts'] button").click()
        await page.wait_for_url("**/money/payouts/*")
        await page.locator("form[action$='/approve'] button").click()
        await expect(page.get_by_role("alert")).to_be_visible()  # not by who drafted it
        await axe(page)
        theirs = await other.new_page()
        theirs.on("dialog", lambda dialog: dialog.accept())
        await theirs.goto(page.url.removesuffix("/approve"))
        await theirs.locator("form[action$='/approve'] button").click()
        await expect(theirs.get_by_role("status").first).to_be_visible()
        async with theirs.expect_download() as waiting:
            await theirs.locator("a[href$='/files/1c']").click()
        file = (await (await waiting.value).path()).read_bytes()
        assert "7.52" in file.decode("cp1251")
        await axe(theirs)
    assert await db.scalar("SELECT count(*) FROM payout_run WHERE state = 'approved'") == 1


POLICY = {
    "zone": "Europe/Moscow",
    "four_eyes_above": "0.00",
    "minimum_payout": "0.00",
    "notice_days": 0,
    "status_check_days": 1,
    "details_wait_hours": 72,
    "deductions_keep": 8000,
    "hourly_floor": "0.00",
}


NIGHT = {
    "code": "night",
    "title": HOSTILE,
    "words": f"An answer given at night earns a fifth more: of 5.00 it is 1.00. {HOSTILE}",
    "spec": {"kind": "night", "percent": 2000},
}
TARIFF = {"kind": "per_step", "items": [{"step": "classify", "price": "3.1234"}], "reason": "A ticket of this shop is worth it."}


async def test_a_rule_is_drafted_by_one_and_approved_by_another(world: World) -> None:
    await world.person("second", Role.FINANCE)
    fields = {
        "code": "quality",
        "title": "Quality of the month",
        "words": "From 90 % on 5 % more, from 95 % on 10 % more.",
        "spec.span": "month",
        "spec.bands": "90 5\r\n95 10,5",
        "spec.minimum_answers": "20",
    }
    new = "/money/rules/new/quality_band"
    finance = await Browser.of(world, "finance")
    wrong = await finance.post(new, {**fields, "spec.bands": "many"}, on=new)
    assert wrong.status_code == 422
    assert "wrong-spec.bands" in wrong.text
    assert "Quality of the month" in wrong.text  # what was typed is still there
    made = await finance.led(new, fields, on=new)
    path = made.url.path
    assert "somebody else approves it" in made.text
    assert (await finance.post(f"{path}/approve", {}, on=path)).status_code == 409
    spec = await db.scalar("SELECT spec::text FROM pay_rule")
    assert '"percent": 1050' in spec
    approved = await (await Browser.of(world, "second")).led(f"{path}/approve", {}, on=path)
    assert "Approved by: second" in " ".join(re.sub(r"<[^>]+>", " ", approved.text).split())


async def test_what_people_wrote_runs_nothing(world: World) -> None:
    rule = await world.finance.ok("POST", "/pay-rules", NIGHT)
    finance = await Browser.of(world, "finance")
    for path in ("/money/rules", f"/money/rules/{rule['id']}", f"/money/rules/new/night?of={rule['id']}"):
        shown = await finance.get(path)
        assert "<script>alert" not in shown
        assert "<b>x" not in shown


async def test_a_tariff_shows_its_effect_on_last_week(world: World) -> None:
    await world.project(code="orders")
    fields = {
        "kind": "per_step",
        "rows.0.step": "classify",
        "rows.0.level": "1",
        "rows.0.language": "",
        "rows.0.price": "3,1234",
        "rows.1.step": "classify",
        "rows.1.price": "",
        "hold_until": "accepted",
        "hold_days": "0",
        "hold_most_days": "14",
        "reason": "It is worth it.",
    }
    finance = await Browser.of(world, "finance")
    made = await finance.led("/money/prices/orders/tariffs", fields, on="/money/prices/orders")
    assert made.url.path.startswith("/money/tariffs/")
    assert "3.1234" in made.text
    assert "Last week under it" in made.text
    await db.execute("INSERT INTO pace (project_id, step_key, answers, median_ms) SELECT project_id, key, 20, 50000 FROM queue")
    assert "RUB\N{NO-BREAK SPACE}180<" in await finance.get("/money/prices/orders")  # an hour of 2.50 each 50 s


async def test_an_export_can_be_left_and_found_again(world: World) -> None:
    await earned(world)
    finance = await Browser.of(world, "finance")
    fields = {"name": "by-person", "format": "csv", "filters.since": "2025-01-01"}
    asked = await finance.led("/money/exports", fields, on="/money/reports/by-person?since=2025-01-01")
    assert 'data-live-part="part"' in asked.text
    await world.drain()
    assert asked.url.path in await finance.get("/money/exports")
    assert "Download the file" in await finance.get(asked.url.path)
    assert "7.5150" in await finance.get(f"{asked.url.path}/file")


async def test_a_bank_statement_that_fits_nothing_is_set_aside(world: World) -> None:
    finance = await Browser.of(world, "finance")
    broken = await finance.post("/money/bank", {"currency": "RUB"}, on="/money/bank", files={"file": ("a.txt", b"nothing")})
    assert broken.status_code == 422
    assert "This bank statement cannot be read." in broken.text


async def test_a_freelancer_sees_only_their_own_statement(world: World) -> None:
    period = await earned(world)
    await b.earned(await b.project("other"), await b.person("Other"), 25_050)
    await world.finance.ok("POST", f"/periods/{period}/close", {})
    rows = await db.rows("SELECT id, freelancer_id FROM statement")
    freelancer = await Browser.of(world, "freelancer")
    for row in rows:
        expected = 200 if row["freelancer_id"] == world.freelancer.id else 404
        await freelancer.get(f"/me/statements/{row['id']}", expected)
        await freelancer.get(f"/me/statements/{row['id']}/file.pdf", expected)
    assert "RUB\N{NO-BREAK SPACE}7.52" in await freelancer.get("/me/earnings")


async def test_no_page_asks_more_of_the_database_when_there_is_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    period = await earned(world, 1)
    counted = []
    ask = db.rows

    async def counting(sql: str, *params: Any, **more: Any) -> Any:
        counted.append(sql)
        return await ask(sql, *params, **more)

    monkeypatch.setattr(db, "rows", counting)
    paths = ("/money/periods", f"/money/periods/{period}", "/money/reports/by-person?since=2025-01-01", "/me/earnings")

    async def queries() -> list[int]:
        found = []
        for path in paths:
            reader = await Browser.of(world, "freelancer" if path.startswith("/me") else "finance")
            await reader.get(path)
            counted.clear()
            await reader.get(path)
            found.append(len(counted))
        return found

    few = await queries()
    project = await b.project("more")
    for number in range(8):
        who = world.freelancer.id if number % 2 else await b.person(f"P{number}")
        await b.earned(project, who, 25_050, at=b.LONG_AGO + timedelta(minutes=number))
    assert await queries() == few


async def test_tax_that_was_withheld_is_told_paid_to_the_state(world: World) -> None:
    anna = await b.person()
    await closings.terms(anna, "individual")
    period = await closings.earn(anna, 10_000_00, closings.moment(2025, 1))
    await closings.close(period)
    desk = await Browser.of(world, "finance")
    place = f"/money/taxes/remittances/{period}"
    form = fields(await desk.get("/money/taxes"), place) | {"paid_on": ["2025-04-28"]}
    refused = await desk.post(place, form, on="/money/taxes")
    assert (refused.status_code, refused.text.count('value="2025-04-28"')) == (422, 1)
    assert (await desk.post(place, form | {"reference": ["PP 17"]}, on="/money/taxes")).status_code == 303
    assert (await b.balances()).get("tax", 0) == 0
