"""The pages of the administrator and of the requester: who may see them, what their forms do, and a walk over all of them."""

import html
import re
import uuid
from typing import Any

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe

from piecework.platform import composition, db
from piecework.platform.identity import account_pages, accounts, system_pages
from piecework.platform.identity.models import Account, Role
from piecework.platform.identity.principal import COOKIE
from piecework.platform.notices import pages as notice_pages
from piecework.platform.notices import send
from piecework.platform.web.operation import SIGNED_IN
from piecework.tasks.pages import requester_project_views, requester_ticket_views
from tests.pages.conftest import PASSWORD, Site
from tests.world import World, choice_step

pytestmark = pytest.mark.timeout(180)
VIEWS = (
    *account_pages.VIEWS,
    *system_pages.VIEWS,
    *notice_pages.VIEWS,
    *requester_project_views.VIEWS,
    *requester_ticket_views.VIEWS,
)
HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"


class Browser:
    """A signed-in browser without a browser."""

    def __init__(self, world: World, secret: str) -> None:
        self.world = world
        self.headers = {"cookie": f"{COOKIE}={secret}", "accept": "text/html", "sec-fetch-site": "same-origin"}

    @classmethod
    async def of(cls, world: World, name: str) -> "Browser":
        await accounts.set_password(await Account.get(id=world.people[name].id), PASSWORD)
        _, secret = await accounts.sign_in(f"{name}@example.test", PASSWORD, 1, "tests")
        return cls(world, secret)

    async def get(self, path: str) -> str:
        reply = await self.world.client.get(path, headers=self.headers)
        assert reply.status_code == 200, reply.text
        return str(reply.text)

    async def post(self, path: str, form: dict[str, Any], *, on: str) -> httpx2.Response:
        """Send a form as the page `on` would."""
        page = await self.get(on)
        own = {name: re.search(f'name="{name}" value="([^"]+)"', page) for name in ("csrf", "once")}
        data = {**form, **{name: found[1] for name, found in own.items() if found}}
        return await self.world.client.post(path, data=data, headers=self.headers)


async def test_each_view_is_refused_to_those_whose_it_is_not(world: World) -> None:
    table = composition.permissions()
    browsers = {role: await Browser.of(world, role.value) for role in Role}
    for view in VIEWS:
        path = re.sub(r"\{\w+\}", str(uuid.uuid4()), view.path)
        stranger = await world.client.request(view.method, path, headers={"sec-fetch-site": "same-origin"})
        assert stranger.status_code == (303 if view.method == "GET" else 401), path
        for role in Role:
            if view.permission == SIGNED_IN or role in table[view.permission]:
                continue
            reply = await world.client.request(view.method, path, headers=browsers[role].headers)
            assert reply.status_code == 403, (view.method, path, role)


async def test_an_account_is_made_given_roles_and_suspended(world: World) -> None:
    admin = await Browser.of(world, "administrator")
    form = {"name": HOSTILE, "email": "new@example.test", "roles": ["curator"]}
    made = await admin.post("/new-account", form, on="/new-account")
    assert made.status_code == 303, made.text
    place = made.headers["location"]
    assert "<script>alert" not in await admin.get(place)
    change = form | {"roles": ["", "curator", "finance"], "state": "suspended", "reason": "On leave."}
    assert (await admin.post(place, change, on=place)).status_code == 303
    row = await db.row("SELECT roles, state, name FROM account WHERE email = 'new@example.test'")
    assert row is not None
    assert (row["roles"], row["state"], row["name"]) == (["curator", "finance"], "suspended", HOSTILE)
    refused = await admin.post(place, change | {"reason": ""}, on=place)
    assert refused.status_code == 422
    assert "On leave." in await admin.get(f"/trail?subject=account&subject_id={place.rsplit('/', 1)[1]}")
    nobody = await admin.post(place, change | {"roles": [""]}, on=place)
    assert nobody.status_code == 422


async def test_ones_own_account_can_be_renamed_and_no_more(world: World) -> None:
    admin = await Browser.of(world, "administrator")
    place = f"/accounts/{world.administrator.id}"
    form = {"name": "Ada", "email": "administrator@example.test", "roles": ["administrator"], "reason": "Married."}
    assert (await admin.post(place, form, on=place)).status_code == 303
    assert "Ada" in await admin.get(place)


async def test_a_tokens_secret_is_shown_once_and_works_until_it_is_revoked(world: World) -> None:
    anna = await world.person("anna")
    browser = await Browser.of(world, "anna")
    made = await browser.post("/me/tokens", {"name": "robot", "scopes": ["*"]}, on="/me/tokens")
    found = re.search(r'value="(pw_[\w-]+)"', made.text)
    assert found is not None, made.text
    secret = found[1]
    page = await browser.get("/me/tokens")
    assert secret not in page
    anna.token = secret
    assert (await anna.ok("GET", "/me"))["name"] == "anna"
    token = await db.scalar("SELECT id FROM api_token WHERE name = 'robot'")
    assert (await browser.post(f"/me/tokens/{token}/revoke", {}, on="/me/tokens")).status_code == 303
    assert (await anna.call("GET", "/me")).status_code == 401
    wide = await browser.post("/me/tokens", {"name": "x", "scopes": ["accounts.write"]}, on="/me/tokens")
    assert wide.status_code == 422


async def test_a_dead_job_is_tried_again(world: World) -> None:
    await db.execute(
        "INSERT INTO job (kind, key, attempt, last_error, dead_at) VALUES ('tasks.split', 'x', 8, 'Boom: <b>', clock_timestamp())"
    )
    admin = await Browser.of(world, "administrator")
    assert "Boom: &lt;b&gt;" in await admin.get("/jobs")
    assert "not everything is as it should be" in await admin.get("/health")
    form = {"kind": "tasks.split", "key": "x"}
    assert (await admin.post("/jobs/retry", form, on="/jobs")).status_code == 303
    row = await db.row("SELECT attempt, dead_at FROM job WHERE kind = 'tasks.split' AND key = 'x'")
    assert row is not None
    assert (row["attempt"], row["dead_at"]) == (0, None)
    assert (await admin.post("/jobs/retry", form, on="/jobs")).status_code == 404


async def test_notices_are_counted_in_the_menu_and_read(world: World) -> None:
    anna = await world.person("anna")
    async with db.transaction():
        await send([anna.id], "tests.one", HOSTILE, "Body", link="/me/tokens")
        await send([anna.id], "tests.two", "Second", "", link="/no/such/page")
    browser = await Browser.of(world, "anna")
    page = await browser.get("/notices")
    assert 'class="badge">2' in page
    assert "<script>alert" not in page
    assert '<a href="/me/tokens">Go there' in page
    assert "/no/such/page" not in page
    assert (await browser.post("/notices/read-all", {}, on="/notices")).status_code == 303
    assert 'class="badge"' not in await browser.get("/notices")


ROWS = "external_id,channel,language,subject,text\nA1,email,en,Hello,Where is it?\nA2,pigeon,en,Hello,Where?\nA3,chat,ru,,Где?\n"


async def test_a_project_is_made_a_workflow_published_and_tickets_sent(world: World) -> None:
    requester = await Browser.of(world, "requester")
    form = {"code": "shop", "name": "Shop", "currency": "RUB", "sla_minutes": "60", "control_rate": "0,05"}
    made = await requester.post("/new-project", form, on="/new-project")
    assert made.headers.get("location") == "/projects/shop", made.text
    page = await requester.get("/projects/shop/workflow?template=classify")
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert text is not None
    place = "/projects/shop/workflow"
    wrong = await requester.post(place, {"spec": '{"name": "x", "steps": [{"key": "a"}]}'}, on=place)
    assert wrong.status_code == 422
    assert "steps.0.price" in wrong.text
    assert (await requester.post(place, {"spec": "{"}, on=place)).status_code == 400
    assert (await requester.post(place, {"spec": html.unescape(text[1])}, on=place)).status_code == 303
    assert "RUB2.00" in await requester.get("/projects/shop")
    one = {"external_id": "T1", "channel": "email", "language": "en", "subject": HOSTILE, "text": HOSTILE, "source": "pages"}
    sent = await requester.post("/projects/shop/tickets", one, on="/projects/shop/intake")
    assert sent.status_code == 303, sent.text
    await world.drain()
    shown = await requester.get(sent.headers["location"])
    assert "<script>alert" not in shown
    assert "answers: 0 of" in shown
    looked = await requester.post("/projects/shop/intake", {"rows": ROWS, "send": "false"}, on="/projects/shop/intake")
    assert "2 rows are tickets that can be sent" in looked.text
    assert await db.scalar("SELECT count(*) FROM ticket") == 1
    done = await requester.post("/projects/shop/intake", {"rows": ROWS, "send": "true"}, on="/projects/shop/intake")
    assert "2 tickets are sent" in done.text
    assert "Rows that do not fit" in done.text
    assert await db.scalar("SELECT count(*) FROM ticket") == 3
    assert "T1" in await requester.get("/projects/shop/tickets?state=open")
    none = await requester.post("/projects/shop/intake", {"rows": "nonsense", "send": "true"}, on="/projects/shop/intake")
    assert none.status_code == 422


async def test_another_requesters_project_and_ticket_are_not_there(world: World) -> None:
    await world.project()
    (ticket,) = await world.tickets(1)
    await world.person("other", Role.REQUESTER)
    other = await Browser.of(world, "other")
    paths = ("/projects/orders", "/projects/orders/workflow", "/projects/orders/tickets", "/projects/orders/intake")
    for path in (*paths, f"/tickets/{ticket}"):
        reply = await world.client.get(path, headers=other.headers)
        assert reply.status_code == 404, path


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_nothing_hinders_anybody_on_any_page(site: Site, language: str) -> None:
    world = site.world
    await world.project(choice_step())
    (ticket,) = await world.tickets(1)
    async with db.transaction():
        await send([world.administrator.id], "tests.one", "A notice", "Body", link="/me/tokens")
    account = f"/accounts/{world.requester.id}"
    paths = ["/accounts", "/new-account", account, "/me/tokens", "/trail", "/jobs", "/health", "/notices", "/projects"]
    paths += ["/new-project", "/projects/orders", "/projects/orders/workflow", "/projects/orders/tickets"]
    paths += [f"/tickets/{ticket}", "/projects/orders/intake"]
    async with site.visitor("administrator", language=language) as context:
        page = await context.new_page()
        for path in paths:
            reply = await page.goto(path)
            assert reply is not None
            assert reply.status == 200, path
            found = (await Axe().run(page)).response["violations"]
            assert [(path, one["id"], one["nodes"][0]["html"]) for one in found] == []
