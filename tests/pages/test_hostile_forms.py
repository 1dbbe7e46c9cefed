"""What a hostile browser sends to pages: never an error of ours, never something else than what was sent."""

import html
import json
import re
from typing import Any
from uuid import uuid4

import pytest

from piecework.platform import db
from piecework.platform.identity.principal import COOKIE
from tests.pages.plain import Browser
from tests.world import World

HUGE = "9" * 5000
"""More digits than Python turns into a number."""
LONG = "/" + "a" * 1000
BOUNDARY = "multipart/form-data; boundary=B; charset="
PART = b'--B\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n%s\r\n--B--\r\n'


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "utf-16", "nothing"])
async def test_whatever_a_form_says_it_is_written_in_it_is_read_or_refused(world: World, charset: str) -> None:
    browser = await Browser.of(world, "curator")
    headers = {**browser.headers, "content-type": BOUNDARY + charset}
    reply = await world.client.post("/me/tokens", content=PART % rb"\ud800", headers=headers)
    assert reply.status_code in (400, 403), reply.text


async def test_addresses_that_pages_cannot_show_are_refused(world: World) -> None:
    await world.project()
    await world.worker("anna")
    for who, path in (("anna", "/me/norm?limit=0"), ("curator", "/policies/orders/classify?cost_ceiling=0")):
        browser = await Browser.of(world, who)
        reply = await world.client.get(path, headers=browser.headers)
        assert reply.status_code < 500, path


async def test_the_language_can_be_changed_on_a_page_of_any_address(world: World) -> None:
    browser = await Browser.of(world, "curator")
    reply = await browser.post("/preferences", {"language": "ru", "next": LONG}, on="/notices")
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    assert (await world.client.get(f"/sign-in?next={LONG}")).status_code == 200


async def test_no_number_or_day_in_a_form_is_too_large(world: World) -> None:
    await world.project()
    anna = await world.worker("anna")
    desk, author = await Browser.of(world, "curator"), await Browser.of(world, "requester")
    decision = f"/people/{anna.id}/admissions/orders/2/1"
    granted = {"decision": "grant", "until": "9999-12-31", "reason": "They know it well."}
    assert (await desk.post(decision, granted, on="/notices")).status_code == 422
    marks = {f"points.{HUGE}": "1", "reason": "Looked at it again."}
    assert (await desk.post(f"/attempts/{uuid4()}", marks, on="/notices")).status_code in (404, 422)
    for spec in (HUGE, json.dumps({"title": {"\N{SUPERSCRIPT TWO}": 1}})):
        reply = await desk.post("/new-exam", {"code": "x", "spec": spec, "act": "keep"}, on="/new-exam")
        assert reply.status_code in (400, 422)
    act = {"name": "orders", "act": "step.\N{SUPERSCRIPT TWO}.up"}
    assert (await author.post("/projects/orders/workflow", act, on="/projects/orders/workflow")).status_code == 303


async def test_a_workflow_as_json_is_read_as_strictly_as_by_the_api(world: World) -> None:
    await world.project()
    author = await Browser.of(world, "requester")
    place = "/projects/orders/workflow/json"
    page = await author.get(place)
    found = re.search(r'<textarea[^>]*name="spec"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    spec = html.unescape(found[1])
    for bad in (spec.replace('"title": "', '"title": "\\u0000', 1), spec.replace('"steps"', '"steps": [], "steps"', 1)):
        assert bad != spec
        assert (await author.post(place, {"spec": bad}, on=place)).status_code in (400, 422)
    for price in (10**400, 2**70):  # what no reader of JSON keeps as it was
        draft: dict[str, Any] = {"spec": {"steps": [{"price": price}]}}
        reply = await world.requester.call("PUT", "/projects/orders/workflow-draft", draft)
        assert reply.status_code == 422, reply.text
    assert await db.scalar("SELECT count(*) FROM workflow_draft") == 0


async def test_another_file_in_a_form_that_was_sent_is_not_taken_for_the_first_one(world: World) -> None:
    await world.project()
    author = await Browser.of(world, "requester")
    page = await author.get("/projects/orders/intake")
    fields = {name: found[1] for name in ("csrf", "once") if (found := re.search(f'name="{name}" value="([^"]+)"', page))}
    replies = []
    for number in (1, 1, 2):
        file = f"external_id,channel,language,text\nT{number},email,en,Where is my order?\n".encode()
        sent = {"data": {**fields, "act": "send", "source": "shop"}, "files": {"file": ("tickets.csv", file)}}
        replies.append(await world.client.post("/projects/orders/intake", headers=author.headers, **sent))
    first, again, other = replies
    assert (first.status_code, again.headers["location"]) == (303, first.headers["location"])
    assert (other.status_code, "location" in other.headers) == (422, False)


async def test_a_file_of_thousands_of_columns_is_refused(world: World) -> None:
    await world.project()
    author = await Browser.of(world, "requester")
    page = await author.get("/projects/orders/intake")
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token is not None
    wide = ",".join(f"c{number}" for number in range(5000)).encode()
    sent = {"data": {"csrf": token[1], "act": "look", "source": "shop"}, "files": {"file": ("tickets.csv", wide + b"\n1\n")}}
    reply = await world.client.post("/projects/orders/intake", headers=author.headers, **sent)
    assert (reply.status_code, len(reply.text) < 50_000) == (422, True)
    assert COOKIE not in reply.text
