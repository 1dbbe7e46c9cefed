"""What is typed into a long form stays in its browser until the server has taken it, and no longer."""

import pytest
from playwright.async_api import Page, expect

from tests.pages.catalogues import PARTS, ROOT
from tests.pages.conftest import Site
from tests.pages.looking import ZOOMED, Looking

pytestmark = pytest.mark.timeout(120)
KEPT = "() => Object.keys(localStorage).filter(key => key.startsWith('draft:')).map(key => localStorage.getItem(key)).join()"
SECRETS = """() => {
    document.querySelector('main form').insertAdjacentHTML('beforeend',
        '<input name=p type=password><input name=c autocomplete=cc-number><input name=o autocomplete=one-time-code><input name=open>');
    for (const one of document.querySelectorAll('main form input:not([type=hidden])')) {
        one.value = 'secret-' + one.name; one.dispatchEvent(new Event('input', {bubbles: true}));
    }
}"""


async def kept(page: Page, text: str) -> None:
    """Wait until this browser keeps a text that was typed; empty: until it keeps nothing."""
    await page.wait_for_function(f"text => text ? ({KEPT})().includes(text) : ({KEPT})() === ''", arg=text)


async def test_a_draft_comes_back_can_be_discarded_and_goes_when_the_form_is_taken(site: Site) -> None:
    await site.world.project(code="taken")
    async with site.visitor("requester", language="ru") as context:
        look = Looking(page := await context.new_page())
        note, name = page.locator(".draft"), page.locator("#field-name")
        await look.at("/new-project")
        await expect(note).to_have_count(0)
        await name.fill("Магазин")
        await kept(page, "Магазин")
        await page.reload()
        await expect(note).to_contain_text("Восстановлено")
        await expect(name).to_have_value("Магазин")
        await look.axe()
        await look.fits(ZOOMED)
        await note.get_by_role("button").click()
        await expect(name).to_have_value("")
        await kept(page, "")
        await name.fill("Лавка")
        await page.fill("#field-code", "taken")
        await page.locator("main form button").last.click()
        await page.get_by_role("alert").wait_for()
        await expect(note).to_have_count(0)  # it is shown again by the server, as it was sent
        await page.goto("/new-project")
        await expect(name).to_have_value("Лавка")
        await page.fill("#field-code", "shop")
        await page.locator("main form button").last.click()
        await page.wait_for_url("**/projects/shop")
        await kept(page, "")
        await look.at("/new-project")
        await expect(name).to_have_value("")
        assert [one for one in look.found if one[1] != "console"] == []  # Chromium tells of the refusal there


async def test_secrets_are_never_kept_and_nothing_is_after_signing_out(site: Site) -> None:
    async with site.visitor("requester") as context:
        page = await context.new_page()
        await page.goto("/new-project")
        await page.evaluate(SECRETS)
        await kept(page, "secret-open")
        found = await page.evaluate(KEPT)
        assert [name for name in "pco" if f'"secret-{name}"' in found] == []
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("link", name="Sign in").first.wait_for()
        await kept(page, "")


def test_no_form_with_payment_details_keeps_a_draft() -> None:
    texts = {
        path.name: path.read_text("utf-8") for part in PARTS for path in (ROOT / part / "pages" / "templates").glob("*.html")
    }
    assert [name for name, text in texts.items() if "payment-details" in text and "data-draft" in text] == []
