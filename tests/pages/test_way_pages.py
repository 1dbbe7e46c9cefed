"""The way in for those on it: applying by a form, following it, exams, training, accuracy, qualifications."""

import html
import re
from typing import Any
from uuid import UUID

from playwright.async_api import Dialog

from piecework.platform import db
from piecework.platform.identity import accounts
from piecework.platform.identity.principal import COOKIE
from tests.pages.conftest import Site, session
from tests.pages.plain import Browser
from tests.quality.admissions.way_world import PASSWORD, answers, open_way
from tests.quality.appeals.test_appeals import outvoted
from tests.quality.exams import exam_world
from tests.world import World, choice_step

OWN = {"sec-fetch-site": "same-origin"}


def _form(given: dict[str, Any]) -> dict[str, Any]:
    said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    return {
        f"answer.{name}": [str(one) for one in value] if isinstance(value, list) else str(value) for name, value in said.items()
    }


async def test_a_stranger_applies_by_the_form_and_follows_it(world: World) -> None:
    await open_way(world)
    assert "/apply/orders" in (await world.client.get("/apply")).text
    person = {"name": "Anna", "email": "anna@example.test", "password": PASSWORD}
    refused = await world.client.post("/apply/orders", data=person | {"answer.why_us": "<i>typed</i>"}, headers=OWN)
    assert refused.status_code == 422
    assert "&lt;i&gt;typed" in refused.text
    sent = await world.client.post("/apply/orders", data=person | {"consent": "true"} | _form(answers()), headers=OWN)
    assert sent.status_code == 200, sent.text
    found = re.search(r"[a-z0-9]{12}@applicant\.invalid", sent.text)
    assert found is not None
    _, secret = await accounts.sign_in(found[0], PASSWORD, hours=1, user_agent="tests")
    mine = await world.client.get("/me/way", headers={"cookie": f"{COOKIE}={secret}"})
    assert mine.status_code == 200
    assert "It is our turn." in mine.text
    assert await db.scalar("SELECT state FROM candidacy") == "open"


async def test_an_exam_is_sat_by_form(world: World) -> None:
    await exam_world.fill(world)
    await exam_world.publish(world)
    anna = await world.person("anna")
    cookies = {"cookie": f"{COOKIE}={await session(anna.id)}", "sec-fetch-site": "same-origin"}
    shown = (await world.client.get("/me/exams", headers=cookies)).text
    csrf = _csrf(shown)
    begun = await world.client.post("/me/exams/russian/begin", data={"csrf": csrf}, headers=cookies)
    path = begun.headers["location"]
    assert 'name="q.1.choice"' in (await world.client.get(path, headers=cookies)).text
    kept = await world.client.post(path, data={"csrf": csrf, "q.1.choice": "0", "finish": "false"}, headers=cookies)
    assert kept.headers["location"] == path
    assert re.search(r'name="q.1.choice" value="0" checked', (await world.client.get(path, headers=cookies)).text)
    rest = {f"q.{n}.choice": "0" for n in range(1, 5)}
    done = await world.client.post(path, data={"csrf": csrf, "finish": "true"} | rest, headers=cookies)
    assert done.headers["location"] == "/me/exams"
    await world.drain()
    assert "4 of 4 points" in (await world.client.get("/me/exams", headers=cookies)).text


async def test_an_answer_that_is_not_complete_keeps_no_other_from_being_kept(world: World) -> None:
    """Of four tasks with two fields each: one is half answered, one whole, two are not touched."""
    clear = {"name": "clear", "type": "yes_no", "title": "Is it clear?"}
    await world.project(choice_step(answer=[choice_step()["answer"][0], clear]))
    items = [{"input": {"text": f"exam {n}"}, "answers": [{"answer": {"topic": "a", "clear": True}}]} for n in range(4)]
    made = await world.curator.ok(
        "POST", "/projects/orders/exam-questions", {"pool": "tasks", "step": "classify", "items": items}
    )
    approver = await exam_world.second(world)
    await approver.ok("POST", "/exam-questions/approve", {"pool": "tasks", "question_ids": made["question_ids"]})
    definition = exam_world.spec(exam_world.section("tasks"), kind="direction", direction="orders")
    await exam_world.publish(world, definition, "orders-exam")
    attempt = await exam_world.begin(world.freelancer, "orders-exam")
    path = f"/me/exams/attempts/{attempt}"
    anna = await Browser.of(world, world.freelancer)
    given = {"q.1.topic": "a", "q.2.topic": "b", "q.2.clear": "true"}
    for finish in ("false", "true"):
        reply = await anna.post(path, given | {"finish": finish}, on=path)
        assert reply.status_code == 422
        assert "Questions: 1. All other answers are kept." in html.unescape(reply.text)
        assert re.search(r'name="q.1.topic" value="a" checked', reply.text)
        kept = await db.rows("SELECT n, body FROM exam_answer ORDER BY n")
        assert [(row["n"], row["body"]) for row in kept] == [(2, '{"clear": true, "topic": "b"}')]
    assert (await anna.post(path, given | {"q.1.clear": "false", "finish": "true"}, on=path)).headers["location"] == "/me/exams"


async def test_a_text_that_was_kept_can_be_emptied(world: World) -> None:
    written = {"kind": "style", "form": "correction", "prompt": "Mend it", "accepted": ["By then"], "compare": "exact"}
    made = await world.curator.ok("POST", "/exam-questions", {"pool": "style", "questions": [{"question": written}]})
    approver = await exam_world.second(world)
    await approver.ok("POST", "/exam-questions/approve", {"pool": "style", "question_ids": made["question_ids"]})
    await exam_world.publish(world, exam_world.spec(exam_world.section(draw=1)))
    anna = await Browser.of(world, await world.person("anna"))
    begun = await anna.post("/me/exams/russian/begin", {}, on="/me/exams")
    path = begun.headers["location"]
    for text in ("By than", ""):
        assert (await anna.post(path, {"q.1.text": text, "finish": "false"}, on=path)).status_code == 303
        assert await db.scalar("SELECT body ->> 'text' FROM exam_answer") == text


async def test_what_was_just_answered_is_kept_when_the_exam_is_left_and_handing_in_tells_what_is_missing(site: Site) -> None:
    await exam_world.fill(site.world)
    await exam_world.publish(site.world)
    await site.world.person("anna")
    async with site.visitor("anna") as context:
        page = await context.new_page()
        asked: list[str] = []

        async def decline(dialog: Dialog) -> None:
            asked.append(dialog.message)
            await (dialog.accept() if dialog.message.startswith("Begin") else dialog.dismiss())

        page.on("dialog", decline)
        await page.goto("/me/exams")
        await page.get_by_role("button", name="Begin").first.click()
        chosen = page.get_by_role("radio").first
        await chosen.check()
        await page.get_by_role("button", name="Hand in").click()
        attempt = page.url
        await page.goto("/me/exams")  # within the moment after which a change is kept
        for _ in range(100):
            await page.goto(attempt)
            if await chosen.is_checked():
                break
        assert await chosen.is_checked()
        assert asked[1:] == ["Questions without an answer: 3. Hand in? You cannot change your answers after that."]


async def test_whoever_objects_reads_again_what_was_decided_about_them_and_nobody_elses(world: World) -> None:
    author, answer = await outvoted(world)
    path = f"/me/appeals?subject=answer&id={answer}"
    own = await (await Browser.of(world, author)).get(path)
    assert re.search(r"What was decided</h3>\s*<p>Orders, Choose the topic", own), own
    explanation = await db.scalar("SELECT explanation FROM decision WHERE assignment_id = $1", UUID(answer))
    assert html.escape(explanation, quote=False) in own
    other = await (await Browser.of(world, "person0")).get(path)
    assert "What was decided" not in other


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found is not None
    return found[1]
