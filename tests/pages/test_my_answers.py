"""What came of my answers, and an appeal against one of them, in a browser."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.pages.conftest import Site
from tests.world import choice_step

pytestmark = pytest.mark.timeout(180)


async def test_an_answer_that_was_refused_is_appealed(site: Site) -> None:
    world = site.world
    anna = await world.worker("anna")
    await world.project(choice_step())
    await world.tickets(2)
    refused, _ = await anna.claim(2)
    await anna.answer(refused, {"topic": "a"})
    await world.drain()
    body = {"verdict": "reject", "reason": "This is about something else."}
    await world.curator.ok("POST", f"/assignments/{refused['id']}/review", body)
    await world.drain()
    async with site.visitor("anna") as context:
        page = await context.new_page()
        await page.goto("/me/answers")
        await expect(page.locator("tbody tr")).to_have_count(2)
        assert (await Axe().run(page)).response["violations"] == []
        await page.get_by_role("link", name="Appeal against it", exact=True).click()
        await page.get_by_label("Your words").fill("short")
        await page.get_by_label("Your words").fill("I think that this was right, by the instruction.")
        assert (await Axe().run(page)).response["violations"] == []
        await page.get_by_role("button", name="Send the appeal").click()
        await expect(page.get_by_role("status").first).to_contain_text("Your appeal is raised")
        await expect(page.get_by_text("I think that this was right")).to_be_visible()
