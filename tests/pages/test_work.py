"""The freelancer's desk in a real browser: without a line, after the time is over, without a script."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from piecework.platform import db
from tests.pages.conftest import Site
from tests.world import World, choice_step

pytestmark = pytest.mark.timeout(180)

WHY = {"name": "why", "type": "text", "title": "Why", "only_if": {"field": "clear", "is": False}, "min_length": 3}
STEP = choice_step(
    overlap=1,
    answer=[
        choice_step()["answer"][0],
        {"name": "clear", "type": "yes_no", "title": "Is it clear?"},
        WHY,
        {"name": "tags", "type": "choices", "title": "Tags", "required": False, "options": [{"value": "x", "title": "X"}]},
    ],
)


async def ready(world: World, tickets: int, step: dict[str, Any] = STEP, **terms: Any) -> None:
    await world.worker("anna", **terms)
    await world.project(step)
    if tickets:
        await world.tickets(tickets)


async def axe(page: Page) -> None:
    found = await Axe().run(page)
    assert [(page.url, one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


async def answers() -> list[Any]:
    return [row["body"] for row in await db.rows("SELECT body FROM answer ORDER BY submitted_at")]


async def task_id(page: Page) -> str:
    return str(await page.locator("article.task").first.get_attribute("data-task"))


async def test_what_is_sent_without_a_line_arrives_once(site: Site) -> None:
    await ready(site.world, 3)
    async with site.visitor("anna") as context:
        page = await context.new_page()
        await page.goto("/work")
        await page.get_by_role("button", name="Take 3 tasks").first.click()
        await expect(page.locator("article.task")).to_have_count(3)
        await axe(page)
        await context.set_offline(True)
        await page.keyboard.press("Digit1")
        await page.keyboard.press("Digit1")
        await page.keyboard.press("Enter")
        await expect(page.locator("#offline")).to_contain_text("There is no connection")
        await page.keyboard.press("KeyJ")
        await page.keyboard.press("Digit2")
        await page.close()
        await context.set_offline(False)
        assert await answers() == []

        page = await context.new_page()
        await page.goto("/work/tasks")
        await expect(page.locator("article.task")).to_have_count(2)
        await expect(page.locator("article.task").first.locator("input[value=b]")).to_be_checked()  # the draft of the second
        assert await answers() == ['{"clear": true, "topic": "a"}']


async def test_what_was_typed_stays_when_the_time_is_over(site: Site) -> None:
    """The lease and the browser's clock are moved alike, so that nobody waits for most of it; the rest runs out in earnest."""
    await ready(site.world, 1, {**STEP, "time_limit_s": 20})
    async with site.visitor("anna") as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto("/work")
        await page.get_by_role("button", name="Take 1 task").first.click()
        await page.wait_for_url("**/work/tasks*")
        for key in ("Digit1", "Digit2"):
            await page.keyboard.press(key)
        await page.keyboard.type("The price is missing")
        await db.execute("UPDATE slot SET expires_at = expires_at - interval '16 seconds' WHERE assignment_id IS NOT NULL")
        await page.clock.fast_forward(16_000)
        await expect(page.locator("article .says")).to_contain_text("running out")
        await expect(page.locator("article .says")).to_contain_text("is over")
        assert "The price is missing" in await page.locator(".says textarea").input_value()
        assert await db.scalar("SELECT expires_at < clock_timestamp() FROM slot WHERE assignment_id IS NOT NULL")
        await axe(page)
        await page.get_by_role("button", name="Remove").click()
        await expect(page.get_by_role("heading", name="You hold no tasks")).to_be_visible()


async def test_without_a_script_everything_works(site: Site) -> None:
    await ready(site.world, 3)
    async with site.visitor("anna", java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto("/work")
        await page.get_by_role("button", name="Take 1 task").first.click()
        first = await task_id(page)
        await page.get_by_label("B", exact=True).check()
        await page.get_by_label("No", exact=True).check()
        await page.get_by_role("button", name="Send and take the next").click()
        await expect(page.get_by_role("alert").first).to_contain_text("not complete")  # the reason is missing
        await expect(page.get_by_label("B", exact=True)).to_be_checked()
        await page.locator("textarea").fill("It is not")
        await page.get_by_role("button", name="Send and take the next").click()
        await expect(page.get_by_role("status").first).to_contain_text("Sent.")
        assert await task_id(page) != first
        await page.get_by_text("Skip, or give it back").click()
        await page.get_by_label("Why can it not be done?").fill("Nothing fits")
        await page.get_by_role("button", name="Give it to the line above").click()
        await expect(page.get_by_role("alert").first).to_contain_text("no line above")
        await page.get_by_role("button", name="More time").click()
        await page.get_by_text("Skip, or give it back").click()
        await page.get_by_label("Why can it not be done?").fill("Nothing fits")
        await page.get_by_role("button", name="Skip it and go on").click()
        await page.get_by_role("button", name="Send and stop").wait_for()
        await page.get_by_text("Skip, or give it back").click()
        await page.get_by_role("button", name="Give it back without a reason").click()
        await expect(page.get_by_role("heading", name="You hold no tasks")).to_be_visible()
        assert await answers() == ['{"why": "It is not", "clear": false, "topic": "b"}']


async def test_where_there_is_no_work_asking_goes_on_until_some_comes(site: Site) -> None:
    await ready(site.world, 0)
    async with site.visitor("anna") as context:
        page = await context.new_page()
        await page.goto("/work")
        await page.get_by_role("button", name="Take 1 task").click()
        await expect(page.get_by_role("heading", name="There is no task for you")).to_be_visible()
        await expect(page.get_by_text("We go on asking for you")).to_be_visible()
        await axe(page)
        assert await db.scalar("SELECT count(*) FROM gap WHERE ended_at IS NULL") == 1
        await site.world.tickets(1)
        await expect(page.locator("article.task")).to_have_count(1, timeout=20_000)


async def test_a_task_whose_reply_was_lost_comes_when_asked_again_and_no_other(site: Site) -> None:
    await ready(site.world, 0, max_held=5)

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    async with site.visitor("anna") as context:
        page = await context.new_page()
        await page.goto("/work/tasks?asked=1")
        await expect(page.get_by_text("We go on asking for you")).to_be_visible()
        await page.route("**/work/claim", lose, times=1)
        await site.world.tickets(5)
        await expect(page.locator("article.task")).to_have_count(1, timeout=20_000)
        assert await db.scalar("SELECT count(*) FROM assignment") == 1
        assert await task_id(page) == str(await db.scalar("SELECT id FROM assignment"))


async def test_a_new_instruction_is_read_and_work_goes_on(site: Site) -> None:
    world = site.world
    await ready(world, 2)
    for version, text in enumerate(("# Orders\n\nOne topic.\n", "# Orders\n\nOne topic.\n- A **double** charge is a payment.\n")):
        body = {"text": text, "language": "en", "summary": f"Version {version}", "must_read": version == 1}
        await world.requester.ok("POST", "/projects/orders/instructions", body)
    article = {
        "title": "Refunds",
        "language": "en",
        "keywords": ["ticket"],
        "body": "## How\n\nA `refund` takes three days.",
        "steps": [],
    }
    made = await world.curator.ok("POST", "/projects/orders/articles", article)
    async with site.visitor("anna") as context:
        page = await context.new_page()
        await page.goto("/work")
        await expect(page.get_by_text("the instruction has changed")).to_be_visible()
        await page.get_by_role("button", name="Take 1 task").first.click()
        await expect(page.get_by_role("heading", name="Orders: instruction")).to_be_visible()
        await expect(page.locator("ins")).to_contain_text("A **double** charge")
        await axe(page)
        await page.get_by_role("button", name="I have read it").click()
        await page.get_by_role("button", name="Take 1 task").first.click()
        await page.get_by_text("Knowledge base").click()
        await page.get_by_role("link", name="Refunds").click()
        await expect(page.locator(".found code")).to_have_text("refund")
        await axe(page)
        await page.goto(f"/knowledge/orders/articles/{made['id']}")
        await page.get_by_role("button", name="Yes").click()
        await expect(page.get_by_role("status").first).to_contain_text("Thank you")
