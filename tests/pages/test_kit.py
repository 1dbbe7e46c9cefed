"""The frame that every page stands in."""

import pytest
from axe_playwright_python.async_playwright import Axe

from piecework.platform.identity import accounts
from piecework.platform.identity.models import Account
from piecework.platform.identity.principal import COOKIE
from tests.pages.conftest import Site, session
from tests.world import World

pytestmark = pytest.mark.timeout(180)
PASSWORD = "correct horse battery"


class TestSignIn:
    async def test_one_signs_in_sees_the_menu_and_signs_out(self, site: Site) -> None:
        async with site.visitor() as context:
            await accounts.set_password(await Account.get(id=site.world.curator.id), PASSWORD)
            page = await context.new_page()
            await page.goto("/sign-in")
            await page.fill("#field-email", "curator@example.test")
            await page.fill("#field-password", PASSWORD)
            await page.click("main button")
            await page.wait_for_url(site.url + "/")
            assert await page.locator("h1").inner_text() == "Hello, curator"
            await page.get_by_role("button", name="Sign out").click()
            await page.get_by_role("link", name="Sign in").first.wait_for()

    async def test_a_wrong_password_is_told_and_the_e_mail_stays(self, site: Site) -> None:
        async with site.visitor() as context:
            page = await context.new_page()
            await page.goto("/sign-in?next=/somewhere")
            await page.fill("#field-email", "curator@example.test")
            await page.fill("#field-password", "wrong")
            await page.click("main button")
            await page.get_by_role("alert").wait_for()
            assert await page.input_value("#field-email") == "curator@example.test"
            assert await page.input_value("#field-password") == ""

    async def test_it_never_leads_to_another_site(self, site: Site) -> None:
        async with site.visitor() as context:
            page = await context.new_page()
            for address in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
                await page.goto(f"/sign-in?next={address}")
                assert await page.locator("main input[name=next]").input_value() == "/"


class TestForms:
    @pytest.mark.parametrize("token", ["", "0" * 32, "ключ"])
    async def test_one_without_the_sessions_token_does_nothing(self, world: World, token: str) -> None:
        headers = {"cookie": f"{COOKIE}={await session(world.curator.id)}", "sec-fetch-site": "same-origin"}
        reply = await world.client.post("/sign-out", data={"csrf": token}, headers=headers)
        assert reply.status_code == 403
        assert "earlier session" in reply.text


class TestLanguages:
    @pytest.mark.parametrize(
        ("asked", "given"),
        [
            ("ru;q=0.5, en;q=0.4", "ru"),
            ("ru;q=0.4, en", "en"),
            ("ru;q=\xb2", "ru"),
            ("ru;q=.", "ru"),
            (";q=,,-", "en"),
            ("zz", "en"),
        ],
    )
    async def test_whatever_a_browser_prefers_it_gets_one_of_ours(self, world: World, asked: str, given: str) -> None:
        reply = await world.client.get("/sign-in", headers={"accept-language": asked.encode("latin-1")})
        assert (reply.status_code, reply.headers["content-language"]) == (200, given)

    async def test_the_browsers_language_is_taken_and_another_can_be_chosen(self, site: Site) -> None:
        async with site.visitor(language="ru-RU") as context:
            page = await context.new_page()
            await page.goto("/sign-in")
            assert await page.locator("h1").inner_text() == "Вход"
            await page.get_by_role("button", name="English").click()
            await page.get_by_role("heading", name="Sign in").wait_for()
            assert await page.get_attribute("html", "lang") == "en"


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ru", "dark")])
async def test_axe_finds_nothing_on_pages_that_say_no(site: Site, language: str, scheme: str) -> None:
    async with site.visitor(language=language, color_scheme=scheme) as context:
        page = await context.new_page()
        for path in ("/nowhere", "/apply/nothing"):
            await page.goto(path)
            found = await Axe().run(page)
            assert [(path, one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
