"""What holds of the freelancer's pages whatever a browser does: who may see them, what they never tell, what text cannot do."""

import re
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity.principal import COOKIE
from piecework.tasks.pages import asked
from piecework.tasks.pages.markdown import blocks
from tests.pages.conftest import session
from tests.pages.plain import Browser, fields
from tests.world import World, choice_step


async def cookies(world: World, name: str) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={await session(world.people[name].id)}", "accept": "text/html"}


async def page(world: World, name: str, path: str) -> str:
    reply = await world.client.get(path, headers=await cookies(world, name))
    assert reply.status_code == 200, reply.text
    return str(reply.text)


async def test_a_golden_task_looks_like_any_other(world: World) -> None:
    """The same bytes but for ids, tokens and times; what tells is neither there nor absent."""
    anna = await world.worker("anna", max_held=10)
    await world.project(choice_step(), control_rate=0.5)
    await world.tickets(12, text="ticket")
    await world.tickets(1, first=99, text="ticket")
    items = [{"input": {"text": "ticket"}, "answers": [{"answer": {"topic": "a"}}]} for _ in range(4)]
    await world.curator.ok("POST", "/projects/orders/golden/import", {"step": "classify", "items": items})
    await anna.claim(10)
    shown = await page(world, "anna", "/work/tasks")
    cards = re.findall(r"<article class=.task.*?</article>", shown, re.DOTALL)
    golden = await db.scalar("SELECT count(*) FROM assignment a JOIN task t ON t.id = a.task_id WHERE t.ticket_id IS NULL")
    assert len(cards) == 10
    assert 0 < golden < 10
    plain = {
        re.sub(
            r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+\.[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z?|>\d\d:\d\d<|value=\"[\w-]{22}\"", "#", card
        )
        for card in cards
    }
    assert len(plain) == 1
    assert not re.search("golden|control", "".join(cards), re.IGNORECASE)


async def test_a_second_click_takes_no_more_tasks(world: World) -> None:
    """Without a script nothing else stands between a double click and twice as many tasks."""
    await world.worker("anna", max_held=10)
    await world.project()
    await world.tickets(8)
    anna = await Browser.of(world, "anna")
    wish = fields(await anna.get("/work"), "/work/claim") | {"count": ["3"]}
    for _ in range(2):
        reply = await world.client.post("/work/claim", data=wish, headers=anna.headers)
        assert (reply.status_code, reply.headers["location"]) == (303, "/work/tasks?project=orders")
    assert await db.scalar("SELECT count(*) FROM assignment") == 3
    await anna.post("/work/claim", {"count": "3"}, on="/work")
    assert await db.scalar("SELECT count(*) FROM assignment") == 6


async def test_a_task_skipped_twice_is_followed_by_one_task(world: World) -> None:
    person = await world.worker("anna", max_held=10)
    await world.project()
    await world.tickets(8)
    (held,) = await person.claim()
    anna = await Browser.of(world, "anna")
    for _ in range(2):
        skipped = {"reason": "I cannot read it.", "next": "true"}
        reply = await anna.post(f"/work/tasks/{held['id']}/skip", skipped, on="/work")
        assert reply.status_code == 303
    assert await db.scalar("SELECT count(*) FROM assignment WHERE state = 'held'") == 1


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7*7 }} \u202egnp.exe\u200b"


async def test_what_customers_write_is_text_and_nothing_else(world: World) -> None:
    anna = await world.worker("anna")
    await world.project(choice_step(title=HOSTILE, instruction=HOSTILE))
    await world.tickets(1, text=HOSTILE)
    body: dict[str, Any] = {"text": f"# {HOSTILE}\n\n[a](javascript:alert(1)) {HOSTILE}", "language": "en", "summary": HOSTILE}
    await world.requester.ok("POST", "/projects/orders/instructions", body | {"must_read": False})
    await anna.claim()
    for path in ("/work", "/work/tasks", "/knowledge", "/knowledge/orders/instruction"):
        shown = await page(world, "anna", path)
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert 'href="javascript' not in shown
        assert "\u202e" not in shown
        assert "\u200b" not in shown
    assert "[U+202E]" in shown


async def test_no_page_asks_more_of_the_database_when_there_is_more_to_show(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await world.worker("anna")
    await world.project()
    await world.tickets(12)
    asked_for = 0
    real = db.rows

    async def counting(*arguments: Any, **named: Any) -> Any:
        nonlocal asked_for
        asked_for += 1
        return await real(*arguments, **named)

    monkeypatch.setattr(db, "rows", counting)
    counts = []
    for more in (1, 9):
        await anna.claim(more)
        await page(world, "anna", "/work/tasks")
        asked_for = 0
        for path in ("/work", "/work/tasks"):
            await page(world, "anna", path)
        counts.append(asked_for)
    assert counts[0] == counts[1]


def test_an_answer_is_what_the_schema_asks_for() -> None:
    from piecework.tasks.fields import AnswerField

    def field(name: str, type_: str, **more: Any) -> AnswerField:
        return AnswerField.model_validate({"name": name, "type": type_, "title": name, **more})

    options = [{"value": "x", "title": "X"}, {"value": "y", "title": "Y"}]
    fields = [
        field("one", "choice", options=options),
        field("many", "choices", options=options),
        field("sure", "yes_no"),
        field("why", "text", only_if={"field": "sure", "is": False}),
        field("sum", "number", required=False),
    ]
    sent = {"one": ["x"], "many": ["x", "y"], "sure": ["true"], "why": ["typed before"], "sum": ["2,50"]}
    assert asked.answer(fields, sent) == {"one": "x", "many": ["x", "y"], "sure": True, "sum": 2.5}
    assert asked.answer(fields, {"sure": ["false"], "why": [" so "], "sum": ["many"]}) == {
        "many": [],
        "sure": False,
        "why": "so",
        "sum": "many",
    }


def test_headings_skip_no_level_and_links_lead_only_to_pages() -> None:
    found = blocks(
        "# A\n### B\n\n- one\n  more\n- **two**\n\n> said\n\n```\n# code\n```\n[x](javascript:a) [y](https://a.example)"
    )
    assert [(one.kind, one.level) for one in found] == [
        ("heading", 2), ("heading", 3), ("ul", 0), ("quote", 0), ("code", 0), ("p", 0)]  # fmt: skip
    assert [one.kind for one in found[-1].lines[0]] == ["text", "link"]
