"""The curator's desk in a real browser: golden tasks, people, cases, policies, files; the queue is cleared in tests/pages/stories."""

import re
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from piecework.platform import db
from piecework.platform.identity.principal import COOKIE
from piecework.quality.people import suspicions
from tests.pages.conftest import Site, session
from tests.quality.admissions import way_world
from tests.quality.appeals.test_appeals import outvoted
from tests.quality.auditing.test_audits import plan
from tests.quality.auditing.test_reviews import submitted
from tests.quality.golden import golden_world
from tests.world import World

pytestmark = pytest.mark.timeout(240)
NOBODY_ID = "00000000-0000-7000-8000-000000000000"
HOSTILE = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>\N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH SPACE}end"


async def axe(page: Page) -> None:
    found = await Axe().run(page)
    assert [(page.url, one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


async def cookie(world: World, name: str) -> dict[str, str]:
    """A signed-in browser's header, without a browser."""
    return {"cookie": f"{COOKIE}={await session(world.people[name].id)}"}


async def test_what_waits_stands_first_on_the_first_page_and_then_what_the_role_is_for(world: World) -> None:
    await way_world.open_way(world)
    await way_world.applicant(world)
    page = (await world.client.get("/", headers=await cookie(world, "curator"))).text
    places = [
        page.index(text, page.index("<main"))
        for text in (
            "Waits for you",
            '<a href="/queue"><strong>1</strong> Queue</a>',
            '<a href="/candidacies"><strong>1</strong> Applications</a>',
            "<h2>Quality</h2>",
            "<h2>Projects</h2>",
        )
    ]
    assert places == sorted(places)


async def test_without_a_script_an_audit_is_done_all_the_same(site: Site) -> None:
    await outvoted(site.world)
    await plan(site.world)
    async with site.visitor("curator", java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto("/audits")
        await page.locator("main form[action='/audits/take'] button").click()
        await page.locator("input[name='answer.topic']").first.check()
        await page.fill("#field-reason", "The ticket says so.")
        await page.locator("form[action='/audits/work'] button:not([type=button])").last.click()
        await page.locator("table.beside").first.wait_for()
    assert await db.scalar("SELECT count(*) FROM audit WHERE done_at IS NOT NULL") == 1


async def test_the_golden_set_is_kept(site: Site) -> None:
    task_id, _ = await golden_world.answered(site.world, "bb")
    await golden_world.add(site.world, HOSTILE)
    async with site.visitor("curator") as context:
        page = await context.new_page()
        await page.goto("/golden/new")
        await page.fill("#field-input\\.text", HOSTILE + " once more")
        await page.locator("input[name='answer.topic']").nth(2).check()
        await page.locator("main form button:not([type=button])").last.click()
        await page.wait_for_url(re.compile(r"/golden/[0-9a-f-]{36}$"))
        await axe(page)
        await expect(page.locator(".input")).to_contain_text("[U+202E]")
        assert await page.evaluate("window.hit") is None
        await page.goto(f"/golden/{task_id}")
        await page.locator("input[name=decision][value=change]").check()
        await page.locator("details summary").last.click()
        await page.locator("input[name='answer.topic']").nth(1).check()
        await page.fill("#field-reason", "Both of them read it rightly.")
        await page.locator(f"form[action='/golden/{task_id}'] button:not([type=button])").click()
        await page.locator("input[name=sure]").wait_for(state="attached")
        await axe(page)
        assert await db.scalar("SELECT max(revision) FROM truth WHERE task_id = $1", UUID(task_id)) == 1
        await page.locator(f"form[action='/golden/{task_id}'] button:not([type=button])").click()
        await page.wait_for_url(f"**/golden/{task_id}")
    assert await db.scalar("SELECT answers -> 0 -> 'answer' ->> 'topic' FROM truth_now WHERE task_id = $1", UUID(task_id)) == "b"


async def a_case(world: World, people: list[UUID], kind: str, evidence: dict[str, Any]) -> UUID:
    async with db.transaction():
        step = await db.scalar("SELECT min(id) FROM step")
        made = await suspicions.open_case(kind, people, step, 3.0, "Words.", evidence)
    assert made is not None
    return made


async def test_people_and_cases(site: Site) -> None:
    world = site.world
    person, _ = await outvoted(world, "aaab")
    other = world.people["person0"]
    pairs = {"pairs": [[str(person.id), str(other.id), 3.2]], "judged": 9, "alike": 8, "expected": 1.2, "q": 0.001, "tasks": []}
    cases = [
        await a_case(world, [person.id, other.id], "pairs", pairs),
        await a_case(world, [person.id], "flat", {"counts": [9, 0, 1], "expected": [3.3, 3.3, 3.4]}),
        await a_case(world, [person.id, other.id], "copies", {"assignments": [["x", "y", 0.9]], "texts": [HOSTILE, HOSTILE]}),
        await a_case(world, [person.id], "accuracy", {"answers": 12, "right": 3}),
    ]
    async with site.visitor("curator") as context:
        page = await context.new_page()
        for path in ("/people", f"/people/{person.id}", "/curators", "/quality", "/cases", *(f"/cases/{one}" for one in cases)):
            reply = await page.goto(path)
            assert reply is not None
            assert reply.status == 200, path
            await axe(page)
        assert await page.evaluate("window.hit") is None
        await page.keyboard.press("KeyA")
        await page.fill("#field-reason", "I have read the answers myself.")
        await page.locator("main form button:not([type=button])").last.click()
        await page.wait_for_url(f"**/cases/{cases[3]}")
        page.on("dialog", lambda dialog: dialog.accept())
        await page.goto(f"/people/{person.id}")
        await page.locator("details summary", has=page.locator("xpath=..//form")).last.click()
        await page.locator("input[name=kind][value=block]").check()
        restricting = page.locator(f"form[action='/people/{person.id}/restrictions']")
        await restricting.locator("[name=reason]").fill("Random clicks in most of the answers.")
        await restricting.locator("button").click()
        await page.locator(".note.warn").wait_for()
        await axe(page)
    assert await db.scalar("SELECT kind FROM restriction") == "block"


async def test_a_policy_is_tried_and_then_holds(site: Site) -> None:
    world = site.world
    await world.project()
    async with site.visitor("curator") as context:
        page = await context.new_page()
        await page.goto("/policies")
        await page.locator("main th a").click()
        await axe(page)
        await page.fill("#field-overlap", "2")
        await page.fill("#field-max_overlap", "4")
        await page.locator("button[formaction]").click()
        await page.locator("#curve progress").wait_for()
        assert await db.scalar("SELECT count(*) FROM workflow") == 1
        await world.drain()
        await page.locator("#curve svg").wait_for()
        await page.locator("#curve progress").wait_for(state="detached")
        await axe(page)
        page.on("dialog", lambda dialog: dialog.accept())
        await page.fill("#field-reason", "Two suffice for this.")
        await page.locator("main form button[data-confirm]").click()
        await page.wait_for_url("**/policies/orders/classify")
    spec = await db.scalar("SELECT spec FROM step ORDER BY id DESC LIMIT 1")
    assert '"overlap": 2' in spec
    assert '"max_overlap": 4' in spec
    assert await db.scalar("SELECT count(*) FROM workflow WHERE state = 'active'") == 1


async def test_many_answers_are_decided_by_a_file(site: Site) -> None:
    first, second, *_ = await submitted(site.world)
    rows = [
        "assignment_id,verdict,reason",
        f"{first},accept,fine",
        f"{second},reject,about something else",
        f"{NOBODY_ID},accept,fine",
    ]
    async with site.visitor("curator") as context:
        page = await context.new_page()
        await page.goto("/reviews")
        send = page.locator("main form button:not([type=button])")
        await page.set_input_files("#field-file", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"x,y\n1,2\n"})
        await send.click()
        await page.get_by_role("alert").wait_for()
        await page.set_input_files("#field-file", {"name": "a.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()})
        await send.click()
        await page.locator("tbody tr").wait_for()
        await axe(page)
        assert NOBODY_ID in await page.locator("tbody tr").inner_text()
