"""What the house says of decisions is in the language of whoever reads it; the API says it in English; what people wrote stays as it is."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from piecework.platform import db
from tests.pages.plain import Browser
from tests.payouts.adjusting import deduction_world
from tests.quality.admissions.way_world import applicant, mine, open_way
from tests.world import World, choice_step

DAY = r"\d{1,2} \w+\.? 20\d\d"


async def test_why_an_answer_was_refused_is_told_in_the_readers_language(world: World) -> None:
    await world.project(choice_step(overlap=4))
    await world.tickets(1)
    people = [await world.worker(f"person{number}") for number in range(4)]
    for person, topic in zip(people, "aaab", strict=True):
        (held,) = await person.claim()
        await person.answer(held, {"topic": topic})
    await world.drain()
    mine = people[3]
    english = "Topic: you answered B; the accepted answer is A."
    (kept,) = (await mine.ok("GET", "/me/assignments"))["items"]
    assert kept["explanation"] == english
    assert english in await (await Browser.of(world, mine)).read("/me/answers")
    russian = "Topic: вы ответили «B», принят ответ «A»."
    page = await (await Browser.of(world, mine, language="ru")).read("/me/answers")
    assert russian in page
    assert english not in page
    words = "I read the instruction otherwise."
    appeal = await mine.ok("POST", "/appeals", {"subject": "answer", "id": kept["id"], "words": words})
    page = await (await Browser.of(world, "curator", language="ru")).read(f"/appeals/{appeal['id']}")
    assert russian in page
    assert f'translate="no">{words}' in page


async def test_what_is_to_be_deducted_is_told_to_its_arbiter_in_their_language_with_what_people_wrote(world: World) -> None:
    await deduction_world.rule()
    anna = await world.person("anna")
    made = await deduction_world.approved(world, anna)
    body = {"subject": "deduction", "id": made, "words": "I read it, and said so."}
    appeal = await anna.ok("POST", "/appeals", body)
    path = f"/appeals/{appeal['id']}"
    shown = await world.curator.ok("GET", path)
    assert shown["about_decision"]["words"].startswith("50.0000 RUB is to be taken from your pay by the rule “Title of unread”")
    page = (await (await Browser.of(world, "curator", language="ru", zone="Europe/Moscow")).read(path)).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert f"Из вашей оплаты предлагается удержать 50,00 ₽ по правилу «Title of unread»: {deduction_world.WORDS}" in page
    assert f"На чём это основано: {deduction_world.EVIDENCE}" in page
    assert re.search(rf"<dd class=\"text\">\s*{DAY}, \d\d:\d\d", page)
    assert "is to be taken" not in page
    await world.as_owner(
        "ALTER TABLE appealable DISABLE TRIGGER settles_once",
        "UPDATE appealable SET said = NULL",
        "ALTER TABLE appealable ENABLE TRIGGER settles_once",
    )
    assert "is to be taken" in await (await Browser.of(world, "curator", language="ru")).read(path)  # as it was kept before


async def test_people_on_their_way_in_are_told_by_their_own_clocks(world: World) -> None:
    await open_way(world)
    anna = await applicant(world, language="en")
    assert (await mine(anna))["next"] == "We are reading your application and will answer with reasons."
    browser = await Browser.of(world, anna, language="ru", zone="Asia/Vladivostok")
    assert "Мы читаем вашу анкету и ответим с причинами." in await browser.read("/me/way")
    notices = await browser.read("/notices")
    due = await db.scalar("SELECT due_at FROM candidacy")
    by_their_clock = f"{(due.astimezone(UTC) + timedelta(hours=10)):%H:%M}"
    assert "orders: этап «заявка»" in notices
    assert re.search(rf"Мы ответим не позднее {DAY}, {by_their_clock}\.", notices)
    assert "UTC" not in notices


async def test_refusals_say_why_in_the_readers_language(world: World) -> None:
    curator = await Browser.of(world, "curator", language="ru")
    assert "Для этого нужно право trail.read." in await curator.read("/trail", 403)
    administrator = await Browser.of(world, "administrator", language="ru")
    later = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M}"
    reply = await administrator.post(
        "/outages", {"starts": later, "ends": later, "reason": "The helpdesk was down."}, on="/outages"
    )
    assert reply.status_code == 422
    assert "Сбой заканчивается после своего начала" in unescape(reply.text)
