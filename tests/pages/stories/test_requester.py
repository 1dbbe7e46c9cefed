"""A requester's first day: a project, its workflow tried before it is published, tickets, their results, what they cost."""

from dataclasses import dataclass

import pytest
from playwright.async_api import expect

from piecework.platform import db
from tests.pages.conftest import Site
from tests.pages.stories.telling import Teller
from tests.world import Person, World

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
TALES: dict[str, dict[str, str]] = {
    "en": {
        "project": "Shop letters", "workflow": "Sort and reply", "sort": "Choose the topic", "sorting": "Choose what the letter is about.",
        "topic": "Topic", "refund": "Money back", "other": "Something else", "write": "Write the reply", "writing": "Reply kindly and shortly.",
        "reply": "Reply", "letter": "Please send my money back.", "subject": "A broken cup", "text": "The cup came broken, I want my money back.",
        "second": "Opening hours", "hours": "When are you open on Sunday?", "number": "Number", "head": "Subject", "body": "Text", "answer": "We are sorry. The money is on its way.",
        "channel": "Channel", "chat": "Chat", "pigeon": "Pigeon", "third": "The wrong size", "size": "The shirt is too small.", "bound": "No more than that for a shirt.",
    },
    "ru": {
        "project": "Письма в лавку", "workflow": "Разобрать и ответить", "sort": "Выберите тему", "sorting": "Выберите, о чём письмо.",
        "topic": "Тема", "refund": "Возврат денег", "other": "Другое", "write": "Напишите ответ", "writing": "Ответьте вежливо и коротко.",
        "reply": "Ответ", "letter": "Верните, пожалуйста, деньги.", "subject": "Разбитая чашка", "text": "Чашка пришла разбитой, верните деньги.",
        "second": "Часы работы", "hours": "Вы открыты в воскресенье?", "number": "Номер", "head": "Тема письма", "body": "Текст", "answer": "Просим прощения. Деньги уже в пути.",
        "channel": "Канал", "chat": "чат", "pigeon": "Голубь", "third": "Не тот размер", "size": "Рубашка мала.", "bound": "Больше за рубашку не стоит.",
    },
}  # fmt: skip


@dataclass
class Story:
    """A requester's project in a language."""

    world: World
    language: str

    def __getitem__(self, name: str) -> str:
        return TALES[self.language][name]

    @property
    def code(self) -> str:
        return f"letters-{self.language}"

    async def ticket(self, subject: str) -> str:
        found = "SELECT k.id FROM ticket k JOIN project p ON p.id = k.project_id WHERE p.code = $1 AND k.subject = $2"
        return str(await db.scalar(found, self.code, self[subject]))


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_requester_makes_a_project_and_sees_tickets_resolved(site: Site, language: str) -> None:
    story = Story(site.world, language)
    async with Teller.of(site, "requester", language, "tasks") as teller:
        await makes_a_project(teller, story)
        await writes_the_first_step(teller, story)
        await writes_the_second_step(teller, story)
        await tries_it_and_publishes(teller, story)
        await pastes_two_tickets(teller, story)
        await sends_a_file(teller, story)
        await watches_a_ticket(teller, story)
        await looks_at_the_money(teller, story)


async def makes_a_project(teller: Teller, story: Story) -> None:
    say = teller.say
    await teller.go("/")
    await teller.menu("Projects")
    await teller.follow(say("A new project"))
    await teller.fill({"name": story["project"], "code": story.code, "control_rate": "2"})
    await teller.press(say("Make the project"), status=422)
    await expect(teller.page.locator("#wrong-control_rate")).to_be_visible()
    await teller.fill({"control_rate": "0"})
    await teller.press(say("Make the project"))
    await teller.sees(say("There is no workflow yet: without one the project takes no tickets."))
    await teller.follow(say("Publish a workflow"))


async def writes_the_first_step(teller: Teller, story: Story) -> None:
    page, say = teller.page, teller.say
    await teller.fill({"name": story["workflow"], "new_title": story["sort"]})
    await teller.press(say("Add a step"))
    await teller.press(say("one of"))
    await expect(page.locator("#field-answer\\.0\\.title")).to_be_focused()
    typed = {"instruction": story["sorting"], "price": "much", "qualification": story.code, "answer.0.title": story["topic"]}
    await teller.fill(typed | {"answer.0.options": f"refund | {story['refund']}\nother | {story['other']}"})
    await teller.press(say("Keep the draft"))
    await expect(page.locator("#wrong-price")).to_have_text(say("An amount is needed here, such as 2.50."))
    await teller.fill({"price": "2,50", "input.0.title": story["body"]})
    await teller.press(say("Keep the draft"))
    await expect(page.locator(".preview article.task")).to_contain_text(story["refund"])
    await teller.follow(say("To all steps"))


async def writes_the_second_step(teller: Teller, story: Story) -> None:
    page, say = teller.page, teller.say
    await teller.fill({"new_title": story["write"]})
    await teller.press(say("Add a step"))
    await teller.press(say("text"))
    typed = {"instruction": story["writing"], "price": "7", "qualification": story.code, "input.0.title": story["body"]}
    await teller.fill(typed | {"answer.0.title": story["reply"]})
    await page.get_by_role("checkbox", name=story["sort"]).first.check()
    await teller.press(say("Keep the draft"))
    condition = page.locator('[name="when.0"] option', has_text=story["refund"])
    await teller.fill({"when.0": str(await condition.get_attribute("value"))})
    await teller.press(say("Keep the draft"))
    await expect(page.locator(".preview article.task")).to_contain_text(story["writing"])
    await teller.follow(say("To all steps"))


async def tries_it_and_publishes(teller: Teller, story: Story) -> None:
    page, say = teller.page, teller.say
    await teller.follow(say("Try it on a ticket first"))
    await teller.fill({"text": story["letter"], "language": story.language})
    await teller.press(say("Send it on its way"))
    await page.get_by_role("radio", name=story["refund"]).check()
    await teller.press(say("All agree on this answer"))
    await page.locator("article.task textarea").fill(story["answer"])
    await teller.press(say("All agree on this answer"))
    await teller.sees(say("The ticket is resolved."))
    await teller.follow(say("To all steps"))
    await teller.press(say("Publish"))
    assert teller.asked == [say("New tickets go by this workflow from now on. Publish?")]
    await teller.told("The new version holds for new tickets.")
    assert (
        await db.scalar("SELECT count(*) FROM ticket k JOIN project p ON p.id = k.project_id WHERE p.code = $1", story.code) == 0
    )


async def pastes_two_tickets(teller: Teller, story: Story) -> None:
    say = teller.say
    await teller.follow(say("Send tickets"))
    rows = [
        [story["number"], story["head"], story["body"]],
        ["1", story["subject"], story["text"]],
        ["2", story["second"], story["hours"]],
    ]
    await teller.fill({"rows": "\n".join("\t".join(row) for row in rows)})
    await teller.press(say("Look at the rows"))
    await teller.sees(
        say.many("%(num)s row does not fit.", "%(num)s rows do not fit.", 2)
    )  # neither channel nor language is known
    given = {"external_id": "number", "subject": "head", "text": "body"}
    await teller.fill({f"columns.{name}.name": story[head] for name, head in given.items()})
    await teller.fill({"columns.channel.value": "email", "columns.language.value": story.language})
    await teller.press(say("Look again"))
    await teller.press(say.many("Send %(num)s ticket", "Send %(num)s tickets", 2))
    await teller.sees(say("%(done)s of %(all)s rows", done=0, all=2))
    await story.world.drain()
    await teller.sees(say("%(done)s of %(all)s rows", done=2, all=2))  # without a step of theirs: the part is live


async def sends_a_file(teller: Teller, story: Story) -> None:
    page, say = teller.page, teller.say
    await teller.go(f"/projects/{story.code}/intake")
    names = [story[name] for name in ("number", "head", "body", "channel")]
    given = ["3", story["third"], story["size"], story["chat"]], ["4", "", "", ""], ["5", "", story["letter"], story["pigeon"]]
    file = "\n".join(";".join(row) for row in (names, *given))
    chosen = {"name": f"{story.code}.csv", "mimeType": "text/csv", "buffer": file.encode("utf-8-sig")}
    await page.locator("input[type=file]").set_input_files(chosen)  # type: ignore[arg-type]
    await teller.press(say("Look at the rows"))
    await teller.fill({"columns.channel.name": story["channel"]})  # the others are laid out as the last time
    await teller.press(say("Look again"))
    bad = page.get_by_role("region", name=say("Rows that do not fit")).locator("tbody tr")
    await expect(bad).to_have_count(2)
    await expect(page.get_by_label(say("What “%(value)s” means", value=story["chat"]))).to_have_value("chat")
    await page.get_by_label(say("What “%(value)s” means", value=story["pigeon"])).select_option("messenger")
    await teller.press(say("Look again"))
    await expect(bad).to_have_count(1)
    await expect(bad.locator("td").nth(1)).to_have_text("4")
    await expect(bad).to_contain_text(say("is empty"))
    await teller.press(say.many("Send %(num)s ticket", "Send %(num)s tickets", 2))
    await story.world.drain()
    await teller.sees(say("%(done)s of %(all)s rows", done=2, all=2))
    await teller.follow(say("To the tickets"))


async def works(story: Story, worker: Person, count: int, **answer: str) -> None:
    """So many tasks are done: all letters but the second want their money back."""
    for one in await worker.claim(count, story.code):
        other = story["hours"] in one["input"].values()
        reply = await worker.answer(one, {name: "other" if other and said == "refund" else said for name, said in answer.items()})
        assert reply.is_success, reply.text
    await story.world.drain()


async def watches_a_ticket(teller: Teller, story: Story) -> None:
    say = teller.say
    topic, reply = ("topic", "reply") if story.language == "en" else ("tema", "otvet")  # made from the questions
    worker = await story.world.worker(f"worker-{story.language}", story.code)
    await teller.follow(story["subject"])
    await teller.sees(say("answers: %(given)s of %(wanted)s", given=0, wanted=1))
    await teller.sees(say("Steps that may still come:"))
    await works(story, worker, 4, **{topic: "refund"})
    await teller.again()
    await teller.sees(story["refund"])
    await teller.sees(say("answers: %(given)s of %(wanted)s", given=0, wanted=1))
    await works(story, worker, 1, **{reply: story["answer"]})
    await teller.again()
    await teller.sees(say("resolved"))
    await teller.sees(story["answer"])


async def looks_at_the_money(teller: Teller, story: Story) -> None:
    say = teller.say
    await teller.follow(say("What it costs, and its budget"))
    await teller.sees("9,50" if story.language == "ru" else "9.50")
    await teller.go(f"/money/tickets/{await story.ticket('third')}")
    await teller.fill({"budget": "20", "reason": story["bound"]})
    await teller.press(say("Keep the budget"))
    await teller.menu("Spend")
    await teller.follow(story["project"])
    await teller.sees("17,00" if story.language == "ru" else "17.00")
    await expect(
        teller.page.get_by_label(say("Of the budget of open tickets, this much is reserved or not decided yet"))
    ).to_be_visible()
