"""The staff's pages of load, instructions, articles and messages; notices in the language of who reads them."""

import re

import pytest

from tests.pages.plain import Browser
from tests.world import World

pytestmark = pytest.mark.timeout(60)


async def test_the_load_shows_the_backlog_and_the_week_ahead(world: World) -> None:
    await world.project()
    await world.tickets(4)
    await world.project(code="others")
    for person, language, words in ((world.curator, "en", "Open tasks"), (world.requester, "ru", "Открытых задач")):
        one = await Browser.of(world, person, language=language)
        shown = await one.get("/load")
        assert words in shown
        assert re.search(r"<dd>12\s*</dd>", shown), "four tasks of three answers each are open"
        assert "Choose the topic" in shown
        assert "Choose the topic" not in await one.get("/load?project=others")
        week = await one.get("/load/week?project=orders&probability=0.9")
        assert week.count("<svg") >= 1
    assert (await world.client.get("/load?project=none", headers=one.headers)).status_code == 404


async def test_an_instruction_is_previewed_published_compared_and_its_readers_are_told_apart(world: World) -> None:
    anna, _boris = await world.worker("anna"), await world.worker("boris")
    await world.project()
    curator = await Browser.of(world, world.curator)
    edit, one = "/projects/orders/instruction/edit", "/projects/orders/instruction"
    assert "none yet" in await curator.get("/instructions")
    first = {"text": "# Be kind\n\nAnswer in a day.", "language": "en", "after": "0", "summary": "<b>First</b>"}
    status, shown = await curator.do(edit, edit, **first)
    assert (status, "<ins>" in shown, "none yet" in await curator.get("/instructions")) == (200, True, True)
    assert await curator.do(edit, one, **first) == (303, "/projects/orders/instructions/1")
    second = {"text": "# Be kind\n\nAnswer in an hour.", "language": "en", "after": "1", "summary": "Faster", "must_read": "true"}
    assert await curator.do(edit, one, **second) == (303, "/projects/orders/instructions/2")
    status, shown = await curator.do(edit, one, **second)
    assert (status, "Answer in an hour." in shown) == (409, True), "somebody published meanwhile; what was typed stays"
    changed = await curator.get("/projects/orders/instructions/2")
    assert re.search(r"<del>.*Answer in a day\..*</del>", changed)
    assert re.search(r"<ins>.*Answer in an hour\..*</ins>", changed)
    assert "&lt;b&gt;First" in await curator.get(one)
    await anna.ok("POST", "/me/instructions/orders/2/read")
    readers = "/projects/orders/instructions/2/readers"
    assert "1 of 2 have read it" in await curator.get(readers)
    unread = await curator.get(f"{readers}?unread=true")
    assert ("boris" in unread, "anna" in unread) == (True, False)
    assert "1 of 2 have read it" in await curator.get("/instructions")


async def test_an_article_is_written_changed_and_archived(world: World) -> None:
    await world.project()
    requester = await Browser.of(world, world.requester)
    at = "/projects/orders/articles"
    text = {"title": "Refunds", "body": "Ask for the number.", "language": "en", "keywords": "money, back"}
    steps = {"steps.0.title": "Look", "steps.0.text": "At the order.", "steps.1.title": "", "steps.1.text": ""}
    status, shown = await requester.do(f"{at}/new", at, **text | {"title": ""})
    assert (status, "Ask for the number." in shown) == (422, True)
    assert await requester.do(f"{at}/new", at, **text, **steps) == (303, at)
    (article,) = (await world.requester.ok("GET", "/projects/orders/articles"))["items"]
    one = f"{at}/{article['id']}"
    assert 'value="Look"' in await requester.get(one)
    assert await requester.do(one, one, **text | {"body": "Ask nothing."}, after="1") == (303, at)
    assert (await requester.do(one, one, **text, after="1"))[0] == 409
    assert await requester.do(one, f"{one}/archive", reason="Out of date.") == (303, at)
    assert "archived" in await requester.get(at)


async def test_a_message_is_previewed_sent_read_and_answered(world: World) -> None:
    anna, _boris = await world.worker("anna"), await world.worker("boris")
    await world.project()
    curator = await Browser.of(world, world.curator)
    new = "/messages/new"
    text = {"title": "Hello <i>", "body": "Tomorrow we start early.", "must_read": "true"}
    status, shown = await curator.do(new, new, kind="project", code="orders", **text)
    assert (status, "It goes to 2 people." in shown, "Send to 2 people" in shown) == (200, True, True)
    status, shown = await curator.do(new, new, kind="filter", level="12", **text)
    assert (status, 'aria-describedby="wrong-level"' in shown) == (422, True)
    status, shown = await curator.do(new, "/messages", kind="filter", **text)
    assert (status, "Conditions" in shown, "Tomorrow we start early." in shown) == (422, True, True)
    status, sent = await curator.do(new, "/messages", kind="project", code="orders", **text)
    assert status == 303
    assert "Hello &lt;i&gt;" in await curator.get("/messages?mine=true")
    assert "0 of 2 have read it" in await curator.get(sent)
    message = sent.rpartition("/")[2]
    await anna.ok("POST", f"/me/messages/{message}/reply", {"body": "At six?"})
    assert "1 of 2 have read it" in await curator.get(sent)
    waiting = await curator.get(f"{sent}?waiting=true")
    assert ("anna" in waiting, "boris" in waiting) == (True, False)
    thread = f"{sent}/recipients/{anna.id}"
    assert "At six?" in await curator.get(thread)
    assert await curator.do(thread, thread, body="At seven.") == (303, thread)
    alone = await curator.get(f"{new}?person={anna.id}")
    assert re.search(rf'<option value="{anna.id}" selected>anna', alone)


async def test_notices_are_in_the_language_of_who_reads_them(world: World) -> None:
    anna = await world.person("anna")
    await world.curator.ok("POST", f"/freelancers/{anna.id}/offers", {"rate": "By the price list.", "regime": "none"})
    english = "You are offered a contract"
    (notice,) = (await anna.ok("GET", "/me/notices"))["items"]
    assert notice["title"] == english
    reader = await Browser.of(world, anna, language="ru")
    shown = await reader.get("/notices")
    assert ("Вам предложен договор" in shown, english in shown) == (True, False)
    assert 'href="/me/contract">Перейти' in shown, "the page of what has another path in the API"
    assert english in await (await Browser.of(world, anna)).get("/notices")


async def test_of_several_forms_on_a_page_only_the_one_that_was_refused_keeps_what_was_typed(world: World) -> None:
    anna = await world.person("anna")
    place = f"/people/{anna.id}"
    said = {"kind": "audits", "days": 7, "reason": "Their answers are looked at more closely."}
    made = [await world.curator.ok("POST", f"/freelancers/{anna.id}/restrictions", said) for _ in range(2)]
    curator = await Browser.of(world, "curator")
    lift = f"{place}/restrictions/{made[0]['id']}/lift"
    status, shown = await curator.do(place, lift, reason="Too soon")
    assert (status, shown.count('value="Too soon"'), shown.count(">Too soon<")) == (422, 1, 0)
    assert len(set(ids := re.findall(r' id="([^"]+)"', shown))) == len(ids)
    assert await curator.do(place, lift, reason="It was about somebody else.") == (303, place)
    held = await world.curator.ok("GET", f"/freelancers/{anna.id}/restrictions")
    assert sorted(one["active"] for one in held["restrictions"]) == [False, True]
