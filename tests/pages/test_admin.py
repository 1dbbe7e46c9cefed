"""The pages of the administrator and of the requester: who may see them, what their forms do, and a walk over all of them."""

import re

import pytest

from piecework.platform import db
from piecework.platform.notices import send
from tests.pages.plain import Browser
from tests.world import World

pytestmark = pytest.mark.timeout(180)
HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"


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
