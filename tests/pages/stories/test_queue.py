"""A curator's morning: from a queue with something of every kind to one in which nothing waits, by the keys."""

from typing import Any

import pytest
from playwright.async_api import expect

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.pages.conftest import Site
from tests.pages.stories.curating import ANSWERED, NOTHING
from tests.pages.stories.telling import Teller
from tests.world import Person, World, choice_step

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
AUDITS = 3
PEOPLE = 4
TALES: dict[str, dict[str, str]] = {
    "en": {
        "topic": "Topic", "a": "Delivery", "b": "Payment", "c": "Something else", "note": "Reply", "written": "It comes tomorrow.",
        "letter": "Where is my parcel?", "words": "I have read it again: they ask about a payment.", "why": "The first line says so.",
        "golden": "It was a golden task, you were wrong.", "reply": "You are right: it is about a payment.",
    },
    "ru": {
        "topic": "Тема", "a": "Доставка", "b": "Оплата", "c": "Другое", "note": "Ответ", "written": "Придёт завтра.",
        "letter": "Где посылка?", "words": "Я перечитала: спрашивают об оплате.", "why": "Так сказано в первой строке.",
        "golden": "Это было контрольное задание, вы ошиблись.", "reply": "Вы правы: это об оплате.",
    },
}  # fmt: skip


async def answered(world: World, code: str, people: list[Person], topics: str, tale: dict[str, str], n: int) -> None:
    """One letter of a project, and what each of these people says of it."""
    await world.tickets(1, code, first=n, text=tale["letter"])
    for person, topic in zip(people, topics, strict=True):
        (held,) = await person.claim(1, code)
        more = {"note": tale["written"]} if code.startswith("replies") else {}
        reply = await person.answer(held, {"topic": topic, **more})
        assert reply.is_success, reply.text
    await world.drain()


async def project(world: World, code: str, tale: dict[str, str], *more: dict[str, Any], overlap: int) -> None:
    options = [{"value": value, "title": tale[value]} for value in "abc"]
    topic = {"name": "topic", "type": "choice", "title": tale["topic"], "options": options}
    once = {"second_rate": 0}  # else what one curator has cleared may wait for the next story's
    step = choice_step(qualification=code, overlap=overlap, max_overlap=overlap, answer=[topic, *more], checking=once)
    await world.project(step, code=code)


async def prepare(world: World, language: str) -> str:
    """Two disputes, an appeal, and a project with decided answers to draw; returns the appealed answer's id."""
    tale, letters, replies = TALES[language], f"letters-{language}", f"replies-{language}"
    await project(world, letters, tale, overlap=PEOPLE)
    await project(world, replies, tale, {"name": "note", "type": "text", "title": tale["note"]}, overlap=1)
    people = [await world.worker(f"{name}-{language}", letters, replies) for name in ("ira", "jan", "kim", "lev")]
    for n, topics in enumerate(("aabb", "bbcc", "aaab")):
        await answered(world, letters, people, topics, tale, n)
    for n in range(AUDITS):
        await answered(world, replies, people[:1], "a", tale, n)
    lost = "SELECT id::text FROM assignment WHERE freelancer_id = $1 AND state = 'rejected'"
    appealed = str(await db.scalar(lost, people[-1].id))
    await people[-1].ok("POST", "/appeals", {"subject": "answer", "id": appealed, "words": tale["words"]})
    await world.person(f"karina-{language}", Role.CURATOR)
    return appealed


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_curator_clears_the_queue_by_keyboard(site: Site, language: str) -> None:
    world, tale = site.world, TALES[language]
    appealed = await prepare(world, language)
    async with Teller.of(site, f"karina-{language}", language, "quality") as karina:
        await draws(karina, f"replies-{language}")
        await audits(karina, tale)
        for _ in range(2):
            await settles_a_dispute(karina, tale)
        await answers_the_appeal(karina, tale)
        await karina.menu("Queue")
        await karina.sees(karina.say(NOTHING))
    audited = "SELECT count(*) FROM audit u JOIN project p ON p.id = u.project_id WHERE u.done_at IS NOT NULL AND p.code = $1"
    assert await db.scalar(audited, f"replies-{language}") == AUDITS
    await world.drain()
    assert await db.scalar("SELECT state FROM assignment WHERE id::text = $1", appealed) == "accepted"
    await world.verify()


async def draws(karina: Teller, code: str) -> None:
    """Answers of a project for audits."""
    await karina.menu("Audits")
    await karina.fill({"project": code, "count": str(AUDITS)})
    await karina.press(karina.say("Draw"))
    await karina.told("The answers are drawn.")


async def audits(karina: Teller, tale: dict[str, str]) -> None:
    """The topic by its digit, the text by one key, the reason, and on to the next: the last key of each leads to the next one."""
    page = karina.page
    await karina.menu("Queue")
    for number in range(AUDITS):
        await karina.key("KeyN")
        await expect(page.locator("main")).not_to_contain_text("ira")
        topic = 2 if number == 0 else 1
        await page.keyboard.press(f"Digit{topic}")
        await page.keyboard.press("KeyJ")
        await expect(page.locator("fieldset:focus-within legend")).to_have_text(tale["note"])
        await page.keyboard.press("KeyA")
        await page.keyboard.press("KeyR")
        await expect(page.locator("#field-preset")).to_be_focused()
        await page.locator("#field-preset").select_option(index=1)
        await karina.key("Control+Enter")
        await expect(page.locator("td.differs")).to_have_count(
            2 if number == 0 else 0
        )  # from the audited answer, and from all together
    await karina.key("KeyN")
    await karina.told("No audit waits for you.")


async def to_the_first(karina: Teller) -> None:
    """What stands first in the queue, by the keys alone."""
    await karina.menu("Queue")
    await karina.key("KeyJ", "Enter")


async def settles_a_dispute(karina: Teller, tale: dict[str, str]) -> None:
    """As the first of the answers says, which J comes to before all else."""
    page = karina.page
    await to_the_first(karina)
    await expect(page.locator("main")).to_contain_text(tale["letter"])
    await page.keyboard.press("KeyJ")
    await page.keyboard.press("Enter")
    await expect(page.locator("[name='answer.topic']:checked")).to_have_count(1)
    await karina.fill({"reason": tale["why"]})
    await karina.key("Control+Enter")
    await karina.told("The dispute is settled; its answers are judged in a moment.")


async def answers_the_appeal(karina: Teller, tale: dict[str, str]) -> None:
    """The first reply would tell what kind of task it was."""
    page, say = karina.page, karina.say
    await to_the_first(karina)
    await karina.sees(tale["words"])
    await page.keyboard.press("KeyA")
    await karina.fill({"reply": tale["golden"]})
    await karina.press(say("Send the answer"), status=422)
    await expect(page.locator("#field-reply")).to_have_value(tale["golden"])
    await karina.fill({"reply": tale["reply"]})
    await karina.key("Control+Enter")
    await karina.told(ANSWERED)
