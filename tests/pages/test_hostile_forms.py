"""What a hostile browser sends to pages: never an error of ours, never something else than what was sent, nothing of others'."""

import html
import json
import re
from typing import Any
from uuid import uuid4

import pytest

from piecework.payouts.pages import rule_forms
from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.identity.principal import COOKIE
from piecework.tasks.fields import AnswerField, FieldType
from piecework.tasks.pages import asked
from tests.pages.conftest import session
from tests.pages.plain import Browser, fields
from tests.quality.exams import exam_world
from tests.world import World

HUGE = "9" * 5000
"""More digits than Python turns into a number."""
LONG = "/" + "a" * 1000
BOUNDARY = "multipart/form-data; boundary=B; charset="
PART = b'--B\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n%s\r\n--B--\r\n'


@pytest.mark.parametrize(("charset", "status"), [("undefined", 400), ("unicode_escape", 400), ("utf-16", 403), ("nothing", 403)])
async def test_whatever_a_form_says_it_is_written_in_it_is_refused(world: World, charset: str, status: int) -> None:
    browser = await Browser.of(world, "curator")
    headers = {**browser.headers, "content-type": BOUNDARY + charset}
    reply = await world.client.post("/me/tokens", content=PART % rb"\ud800", headers=headers)
    assert reply.status_code == status, reply.text  # 403: read as something, and without the form's token


async def test_addresses_that_pages_cannot_show_are_refused(world: World) -> None:
    await world.project()
    await world.worker("anna")
    for who, path in (("anna", "/me/norm?limit=0"), ("administrator", "/policies/orders/classify?cost_ceiling=0")):
        browser = await Browser.of(world, who)
        reply = await world.client.get(path, headers=browser.headers)
        assert reply.status_code < 500, path


async def test_a_steps_cost_ceiling_is_set_by_its_page(world: World) -> None:
    await world.project()
    desk, place = await Browser.of(world, "administrator"), "/policies/orders/classify"
    form = fields(await desk.get(place), place) | {"cost_ceiling": ["9.50"], "reason": ["Not dearer than that."]}
    assert (await desk.post(place, form, on=place)).status_code == 303
    assert 'value="9.5' in await desk.get(place)


async def test_a_refusal_is_told_in_the_language_of_the_reader(world: World) -> None:
    """Whatever was sent in the place of what a field is for."""
    await world.project()
    for who, path, on, form in (
        ("administrator", "/policies/orders/classify/try", "/policies/orders/classify", {"method": "9" * 400}),
        ("finance", "/money/exports", "/money/exports", {"name": "by-person", "format": "csv", "filters.since": "yesterday"}),
        ("curator", "/writing/exam/-/as-text", "/writing/exam/-", {"as_text": "[]"}),
        ("curator", "/audits/plan", "/audits", {"plan": "random", "count": "1", "project": "nothing"}),
    ):
        browser = await Browser.of(world, who, language="ru")
        reply = await browser.post(path, form, on=on)
        told = re.search(r'(?s)<div [^>]*role="alert".*?</div>', reply.text)
        assert 400 <= reply.status_code < 500, path
        assert told is not None, path
        assert 'lang="en"' not in told[0], path


async def test_the_language_can_be_changed_on_a_page_of_any_address(world: World) -> None:
    browser = await Browser.of(world, "curator")
    reply = await browser.post("/preferences", {"language": "ru", "next": LONG}, on="/notices")
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    assert (await world.client.get(f"/sign-in?next={LONG}")).status_code == 200


async def test_what_is_somebody_elses_is_not_found(world: World) -> None:
    await world.project()
    await world.person("rival", Role.REQUESTER)
    await world.worker("mentor", "orders:3")
    applicant = await world.person("somebody", Role.APPLICANT)
    for who, path in (
        ("rival", "/projects/orders/articles/new"),
        ("mentor", f"/training/{world.curator.id}"),
        ("mentor", f"/training/{applicant.id}"),
        ("somebody", f"/me/way/{uuid4()}/withdraw"),
    ):
        browser = await Browser.of(world, who)
        assert (await world.client.get(path, headers=browser.headers)).status_code == 404, path


async def test_no_number_or_day_in_a_form_is_too_large(world: World) -> None:
    await world.project()
    anna = await world.worker("anna")
    desk, author = await Browser.of(world, "curator"), await Browser.of(world, "requester")
    decision = f"/people/{anna.id}/admissions/orders/2/1"
    granted = {"decision": "grant", "until": "9999-12-31", "reason": "They know it well."}
    assert (await desk.post(decision, granted, on="/notices")).status_code == 422
    marks = {f"points.{HUGE}": "1", "reason": "Looked at it again."}
    assert (await desk.post(f"/attempts/{uuid4()}", marks, on="/notices")).status_code == 404
    for spec in (HUGE, json.dumps({"title": {"\N{SUPERSCRIPT TWO}": 1}})):
        reply = await desk.post("/writing/exam/-/as-text", {"as_text": spec}, on="/writing/exam/-")
        assert reply.status_code == 422
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
    nul, twice = spec.replace('"title": "', '"title": "\\u0000', 1), spec.replace('"steps"', '"steps": [], "steps"', 1)
    for bad, status in ((nul, 422), (twice, 400)):
        assert bad != spec
        assert (await author.post(place, {"spec": bad}, on=place)).status_code == status
    draft: dict[str, Any] = {"spec": {"steps": [{"price": 10**400}]}}
    reply = await world.requester.call("PUT", "/projects/orders/workflow-draft", draft)
    assert reply.status_code == 422, reply.text
    assert await db.scalar("SELECT count(*) FROM draft") == 0


async def test_another_file_in_a_form_that_was_sent_is_not_taken_for_the_first_one(world: World) -> None:
    await world.project()
    author = await Browser.of(world, "requester")
    page = await author.get("/projects/orders/intake")
    own = {name: found[1] for name in ("csrf", "once") if (found := re.search(f'name="{name}" value="([^"]+)"', page))}
    replies = []
    for number in (1, 1, 2):
        file = f"external_id,channel,language,text\nT{number},email,en,Where is my order?\n".encode()
        sent = {"data": {**own, "act": "send", "source": "shop"}, "files": {"file": ("tickets.csv", file)}}
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


async def test_whatever_shifts_are_stated_the_page_shows_them(world: World) -> None:
    author = Browser(world, await session((await world.worker("anna")).id))
    place = "/me/hours"
    for name in ("", "12", "\N{ARABIC-INDIC DIGIT THREE}"):  # no days of a week
        form = {"pattern": "own", f"days.{name}.since": "10:00", f"days.{name}.until": "12:00"}
        assert (await author.post(place, form, on=place)).status_code == 422
    cycle = {"pattern": "2/2", "anchor": "2026-11-23", "every.since": "09:00", "every.until": "21:00"}
    for form in (cycle, {"pattern": "own", "days.1.since": "10:00", "days.1.until": "18:00"}, {"pattern": "none"}):
        assert (await author.post(place, form, on=place)).status_code == 303
        page = await author.get(place)
        assert all(f'value="{value}"' in page for name, value in form.items() if name != "pattern")


async def test_an_outage_lies_within_the_calendar(world: World) -> None:
    desk = await Browser.of(world, "administrator")
    desk.headers["cookie"] += "; piecework_zone=America/Los_Angeles"
    for starts, ends in (("0001-01-01T00:00", "2026-11-20T10:00"), ("2026-11-20T10:00", "9999-12-31T23:59")):
        form = {"starts": starts, "ends": ends, "reason": "Nothing could be claimed."}
        assert (await desk.post("/outages", form, on="/outages")).status_code == 422


@pytest.mark.parametrize("typed", ["NaN", "-inf", "1e400"])
def test_what_is_no_number_stays_as_it_was_typed(typed: str) -> None:
    field = AnswerField(name="hours", type=FieldType.NUMBER, title="Hours")
    assert asked.answer([field], {"hours": [typed]}) == {"hours": typed}


@pytest.mark.parametrize("typed", ["Infinity", "NaN", "1e99999999"])
def test_no_share_is_larger_than_any_rule_takes(typed: str) -> None:
    with pytest.raises(ValueError, match=typed):
        rule_forms.READERS["percent"](typed)


async def test_an_exams_option_has_a_small_number(world: World) -> None:
    await exam_world.fill(world)
    await exam_world.publish(world)
    author = await Browser.of(world, "freelancer")
    begun = await author.post("/me/exams/russian/begin", {}, on="/me/exams")
    attempt = begun.headers["location"]
    for name in ("choice", "chosen"):
        assert (await author.post(attempt, {f"q.1.{name}": HUGE}, on=attempt)).status_code < 500
