"""From a stranger who opens the site to a freelancer whose appeal is upheld."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from piecework.platform import db
from piecework.quality.admissions import documents
from piecework.quality.admissions.specs import Form
from tests.pages.conftest import Site
from tests.pages.stories.telling import Teller
from tests.quality.admissions import way_world
from tests.quality.exams import exam_world
from tests.world import Person, World, choice_step

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
TASKS = 20
TALES: dict[str, dict[str, str]] = {
    "en": {
        "name": "Anna Smith", "project": "Parcels and couriers", "summary": "Letters about parcels.",
        "exam": "Plain English", "other": "What we promise", "question": "How does a reply begin?", "right": "Good morning!", "wrong": "What?",
        "course": "First steps", "lesson": "How to read a letter", "text": "First find *what* they want.", "asks": "What comes first?",
        "tasks": "Exercises", "trial": "As at work", "topic": "Topic", "a": "Delivery", "b": "Payment", "c": "Something else",
        "shown": "Letter", "letter": "Where is parcel {}?", "instruction": "Read the letter and choose its topic.", "hint": "They ask where it is.",
        "because": "A parcel is delivered.", "step": "Choose the topic", "clear": "Is it clear?", "why": "What is not clear?",
        "unclear": "No parcel is named", "skipped": "Nothing fits this letter", "rate": "Each accepted answer, at its price.",
        "reason": "The letter is about a payment.", "words": "I have read it again: they ask where their parcel is.",
        "reply": "You are right: it is about delivery.", "kind": "You write clearly, welcome.", "place": "By video",
    },
    "ru": {
        "name": "Анна Смирнова", "project": "Посылки и курьеры", "summary": "Письма о посылках.",
        "exam": "Грамотность", "other": "Что мы обещаем", "question": "С чего начать ответ?", "right": "Доброе утро!", "wrong": "Чего?",
        "course": "Первые шаги", "lesson": "Как читать письмо", "text": "Сначала найдите, *чего* хотят.", "asks": "Что сначала?",
        "tasks": "Упражнения", "trial": "Как на работе", "topic": "Тема", "a": "Доставка", "b": "Оплата", "c": "Другое",
        "shown": "Письмо", "letter": "Где посылка {}?", "instruction": "Прочитайте письмо и выберите тему.", "hint": "Спрашивают, где она.",
        "because": "Посылку доставляют.", "step": "Выберите тему", "clear": "Всё понятно?", "why": "Что непонятно?",
        "unclear": "Не сказано, какая посылка", "skipped": "Ни одна тема не подходит", "rate": "Каждый принятый ответ — по его цене.",
        "reason": "Письмо об оплате.", "words": "Я перечитала: спрашивают, где посылка.",
        "reply": "Вы правы: это о доставке.", "kind": "Вы пишете ясно, добро пожаловать.", "place": "По видеосвязи",
    },
}  # fmt: skip


@dataclass
class Story:
    """What the house has prepared for somebody who applies in a language."""

    world: World
    language: str

    @property
    def direction(self) -> str:
        return f"parcels-{self.language}"

    def __getitem__(self, name: str) -> str:
        return TALES[self.language][name]

    @property
    def exams(self) -> tuple[str, str]:
        """Of the language, and of the direction."""
        return f"language-{self.language}", f"promises-{self.language}"

    @property
    def course(self) -> str:
        return f"steps-{self.language}"

    def _topic(self) -> dict[str, Any]:
        options = [{"value": value, "title": self[value]} for value in "abc"]
        return {"name": "topic", "type": "choice", "title": self["topic"], "options": options}

    def step(self) -> dict[str, Any]:
        """What is asked at work. Its answers wait for those of others."""
        more = [
            {"name": "clear", "type": "yes_no", "title": self["clear"]},
            {"name": "why", "type": "text", "title": self["why"], "only_if": {"field": "clear", "is": False}, "min_length": 3},
        ]
        shown = [{"name": "text", "title": self["shown"], "source": "ticket.text"}]
        told = {"title": self["step"], "instruction": self["instruction"], "input": shown, "answer": [self._topic(), *more]}
        return choice_step(qualification=self.direction, overlap=3, **told)

    async def prepare(self) -> None:
        """A project with letters, two exams, a course with its trial, and a way in that goes through all of them."""
        world = self.world
        await world.project(self.step(), code=self.direction)
        await world.as_owner(f"UPDATE project SET name = '{self['project']}' WHERE code = '{self.direction}'")
        for code, title in zip(self.exams, ("exam", "other"), strict=True):
            await self._exam(code, self[title])
        await self._publish("courses", self.course, self._course())
        words = {"ru": self["summary"], "en": self["summary"]}
        way = {"language_exam": self.exams[0], "course": self.course, "direction_exam": self.exams[1], "trial": self.course}
        names = ["application", "language_exam", "interview", "contract", "training", "direction_exam", "trial", "live"]
        await way_world.open_way(world, self.direction, stages=way_world.stages(*names), summary=words, **way)
        letters = [
            {
                "external_id": f"{self.language}{n}",
                "channel": "email",
                "language": self.language,
                "text": self["letter"].format(n),
            }
            for n in range(TASKS + 2)
        ]
        await world.requester.ok("POST", f"/projects/{self.direction}/tickets", {"source": "story", "tickets": letters})
        await world.drain()

    async def _publish(self, what: str, code: str, spec: dict[str, Any]) -> None:
        second = await exam_world.second(self.world)
        made = await self.world.curator.ok("POST", f"/{what}", {"code": code, "spec": spec})
        await second.ok("POST", f"/{what}/{code}/versions/{made['version']}/publish")

    async def _exam(self, code: str, title: str) -> None:
        asked = {"kind": "style", "form": "choice", "options": [self["wrong"], self["right"]], "right": 1}
        questions = [{"question": asked | {"prompt": f"{self['question']} ({n})"}} for n in (1, 2)]
        made = await self.world.curator.ok("POST", "/exam-questions", {"pool": code, "questions": questions})
        second = await exam_world.second(self.world)
        await second.ok("POST", "/exam-questions/approve", {"pool": code, "question_ids": made["question_ids"]})
        both = {"ru": title, "en": title}
        await self._publish("exams", code, exam_world.spec(exam_world.section(code, 2), title=both, qualification=code))

    def _course(self) -> dict[str, Any]:
        key = {"answers": [{"answer": {"topic": "a"}}], "hint": self["hint"], "explanation": self["because"]}
        form = {
            "instruction": self["instruction"],
            "input": [{"name": "text", "title": self["shown"]}],
            "answer": [self._topic()],
        }

        def items(first: int, count: int) -> list[dict[str, Any]]:
            return [{"input": {"text": self["letter"].format(first + n)}, **key} for n in range(count)]

        lesson = {"kind": "lesson", "key": "lesson", "title": self["lesson"], "text": self["text"]}
        lesson["homework"] = [{"kind": "question", "prompt": self["asks"], "answer": [self._topic()], **key}]
        tasks = {"kind": "tasks", "key": "tasks", "title": self["tasks"], "form": form, "items": items(100, 2)}
        trial = {"kind": "trial", "key": "trial", "title": self["trial"], "form": form, "items": items(200, 3)}
        trial |= {"draw": 2, "passing": {"by": "share", "threshold": 0.75}}
        return {"title": self["course"], "language": self.language, "units": [lesson, tasks, trial]}


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_stranger_applies_learns_works_and_is_proved_right(site: Site, language: str) -> None:
    story = Story(site.world, language)
    await story.prepare()
    async with Teller.of(site, None, language) as teller:
        sign_in = await applies(teller, story)
        account = await db.scalar("SELECT id FROM account WHERE email = $1", sign_in)
        anna = Person(site.world, account, "")
        await site.world.curator.ok("POST", f"/candidacies/{await candidacy(anna)}/screening", decided(story))
        await sits_the_language_exam(teller, story)
        await is_interviewed(teller, story, anna)
        await accepts_the_contract(teller, story, anna)
        await learns(teller, story)
        await sits_the_exam_by_its_clock(teller, story)
        await is_tried(teller, story)
        await is_admitted(teller, story, anna)
        await works_by_keyboard(teller, story, anna)
        await is_rejected_and_appeals(teller, story, anna)


def decided(story: Story) -> dict[str, str]:
    return {"decision": "accept", "reason": story["kind"]}


async def candidacy(person: Person) -> str:
    return str(await db.scalar("SELECT id FROM candidacy WHERE freelancer_id = $1", person.id))


async def applies(teller: Teller, story: Story) -> str:
    """Returns what one signs in with."""
    page, say = teller.page, teller.say
    await teller.go("/")
    await teller.follow(say("Apply to work here"))
    direction = page.locator("section").filter(has_text=story["project"])
    await teller.follow(direction.get_by_role("button", name=say("Read more and apply")))
    await teller.sees(story["summary"])
    await teller.sees(say("Every decision comes with its reasons."))
    form = documents.shipped("form")
    assert isinstance(form, Form)
    for name, value in way_world.answers().items():
        many = isinstance(value, list)
        shown = (
            value
            if many
            else str(value).lower()
            if isinstance(value, bool)
            else story["kind"] * 4
            if value == "x" * len(str(value))
            else str(value)
        )
        await teller.fill({f"answer.{name}": shown})
    await teller.fill(
        {"name": story["name"], "email": f"anna.{story.language}@example.test", "password": "short", "consent": True}
    )
    await teller.press(say("Send the application"), status=422)
    await expect(page.locator("#wrong-password")).to_be_visible()
    await teller.fill({"password": way_world.PASSWORD})
    await teller.press(say("Send the application"))
    sign_in = await page.locator("main code").inner_text()
    await teller.follow(say("Sign in"))
    await teller.fill({"email": sign_in, "password": way_world.PASSWORD})
    await teller.press(say("Sign in"))
    await teller.sees(say("It is our turn."))
    return sign_in


async def at_stage(teller: Teller, stage: str) -> None:
    """It is my turn, and this is where it is done."""
    await teller.menu("My way in")
    await teller.sees(teller.say("It is your turn."))
    await teller.follow(teller.say(stage))


async def sits_the_language_exam(teller: Teller, story: Story) -> None:
    await at_stage(teller, "Language exam")
    await teller.press(teller.page.locator(f"form[action='/me/exams/{story.exams[0]}/begin'] button"))
    for number in (0, 1):
        await teller.page.get_by_role("radio", name=story["right"]).nth(number).check()
    await teller.press(teller.say("Hand in"))
    await teller.told("Your attempt is handed in. The result stands here as soon as it is known.")
    await story.world.drain()
    await teller.again()
    await teller.sees(teller.say("passed"))


async def is_interviewed(teller: Teller, story: Story, anna: Person) -> None:
    world, which = story.world, await candidacy(anna)
    await teller.menu("My way in")
    await teller.sees(teller.say("It is our turn."))
    soon = datetime.now(UTC) + timedelta(hours=1)
    slots = {"starts": [(soon + timedelta(hours=n)).isoformat() for n in (0, 1)], "place": story["place"]}
    await world.curator.ok("POST", f"/candidacies/{which}/interview-slots", slots)
    await teller.again()
    await teller.page.get_by_role("radio").first.check()
    await teller.press(teller.say("Choose"))
    await teller.told("The time of your interview is settled.")
    await teller.sees(story["place"])
    await world.as_owner(
        "ALTER TABLE interview_slot DISABLE TRIGGER append_only",
        f"""UPDATE interview_slot SET starts_at = clock_timestamp() - interval '1 minute'
            WHERE id IN (SELECT slot_id FROM interview WHERE candidacy_id = '{which}')""",
        "ALTER TABLE interview_slot ENABLE TRIGGER append_only",
    )
    for reviewer in (world.curator, await exam_world.second(world)):
        review = await way_world.asked(world, which, reviewer)
        await reviewer.ok("POST", f"/interview-reviews/{review}/scores", way_world.scores(4))
    await world.curator.ok("POST", f"/candidacies/{which}/interview-decision", decided(story))
    await world.drain()


async def accepts_the_contract(teller: Teller, story: Story, anna: Person) -> None:
    offer = {"rate": story["rate"], "regime": "none", "weekly_norm": 20}
    await story.world.curator.ok("POST", f"/freelancers/{anna.id}/offers", offer)
    await story.world.drain()
    await at_stage(teller, "Contract")
    await teller.follow(teller.say("Read the offer"))
    await teller.sees(story["rate"])
    await teller.press(teller.say("Accept"))
    await teller.told("You have accepted the contract. It holds.")
    await story.world.drain()


async def answers(teller: Teller, story: Story, topic: str, told: str) -> None:
    """The first question of a unit that is open."""
    form = teller.page.locator("article form").first
    await form.get_by_role("radio", name=story[topic]).check()
    await teller.press(form.get_by_role("button", name=teller.say("Send the answer")))
    await teller.told(told)


RIGHT, WRONG = "That is right.", "That is not right yet. Read what is said below."


async def learns(teller: Teller, story: Story) -> None:
    say = teller.say
    await at_stage(teller, "Training")
    await teller.press(teller.page.locator(f"form[action='/me/training/{story.course}/begin'] button"))
    await teller.follow(say("Go on"))
    await expect(teller.page.locator("main em")).to_have_text(story["text"].split("*")[1])
    await answers(teller, story, "b", WRONG)
    await teller.sees(story["hint"])
    await answers(teller, story, "a", RIGHT)
    await teller.sees(story["because"])
    await teller.menu("Training")
    await teller.follow(say("Go on"))
    await answers(teller, story, "c", WRONG)
    await teller.sees(story["hint"])
    await answers(teller, story, "a", RIGHT)
    await answers(teller, story, "a", RIGHT)
    await story.world.drain()


async def sits_the_exam_by_its_clock(teller: Teller, story: Story) -> None:
    page, say = teller.page, teller.say
    await at_stage(teller, "Direction exam")
    await page.clock.install()
    await teller.press(page.locator(f"form[action='/me/exams/{story.exams[1]}/begin'] button"))
    clock = page.locator("time[data-until]")
    await expect(clock).to_have_text(re.compile(r"^(29:\d\d|30:00)$"))
    await page.get_by_role("radio", name=story["right"]).first.check()
    await page.clock.fast_forward("27:00")
    await expect(clock).to_have_class("soon")
    await expect(page.locator("#kept")).to_have_text(say("Your answers are kept."))
    await teller.again()
    await expect(page.get_by_role("radio", name=story["right"]).first).to_be_checked()
    await page.get_by_role("radio", name=story["right"]).last.check()
    await teller.press(say("Hand in"))
    await story.world.drain()


async def is_tried(teller: Teller, story: Story) -> None:
    await at_stage(teller, "Trial tasks")
    await teller.follow(teller.say("Go on"))
    await answers(teller, story, "a", RIGHT)
    await answers(teller, story, "a", RIGHT)
    await story.world.drain()
    await teller.menu("My way in")
    await teller.sees(teller.say("It is our turn."))


async def is_admitted(teller: Teller, story: Story, anna: Person) -> None:
    await story.world.admit(anna, story.direction)
    await story.world.drain()
    await teller.again()
    await teller.sees(teller.say("admitted"))


async def works_by_keyboard(teller: Teller, story: Story, anna: Person) -> None:
    page = teller.page
    await teller.menu("Work")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/work/tasks*")
    await teller.axe()
    for number in range(TASKS):
        before = await task(teller)
        # On a Russian layout the code of a key is the same, whatever its letter.
        await page.keyboard.press(f"Digit{1 + number % 3}")
        if number % 4:
            await page.keyboard.press("Digit1")
            await page.keyboard.press("Enter")
        else:
            await page.keyboard.press("Digit2")
            await page.keyboard.type(story["unclear"])
            await page.keyboard.press("Control+Enter")
        await gone(teller, before)
    await page.keyboard.press("Shift+Slash")
    await expect(page.locator("#keys")).to_be_visible()
    await teller.axe()
    await page.keyboard.press("Escape")
    before = await task(teller)
    await page.keyboard.press("KeyS")
    await page.keyboard.type(story["skipped"])
    await page.keyboard.press("Enter")
    await gone(teller, before)
    await expect(page.locator("#sitting")).to_contain_text(str(TASKS))
    assert await page.locator("article.task").count() == 1
    kept = await db.rows(
        """SELECT n.body FROM answer n JOIN assignment a ON a.id = n.assignment_id WHERE a.freelancer_id = $1
           ORDER BY n.submitted_at""",
        anna.id,
    )
    assert len(kept) == TASKS
    assert kept[0]["body"] == f'{{"why": "{story["unclear"]}", "clear": false, "topic": "a"}}'
    assert kept[1]["body"] == '{"clear": true, "topic": "b"}'
    skipped = "SELECT count(*) FROM assignment WHERE state = 'skipped' AND freelancer_id = $1"
    assert await db.scalar(skipped, anna.id) == 1


async def task(teller: Teller) -> str:
    return str(await teller.page.locator("article.task").first.get_attribute("data-task"))


async def gone(teller: Teller, task_id: str) -> None:
    await teller.page.wait_for_function("(id) => !document.getElementById('task-' + id)", arg=task_id)


async def is_rejected_and_appeals(teller: Teller, story: Story, anna: Person) -> None:
    world, say = story.world, teller.say
    await world.drain()
    first = await db.scalar(
        "SELECT id FROM assignment WHERE freelancer_id = $1 AND state = 'submitted' ORDER BY id LIMIT 1", anna.id
    )
    await world.curator.ok("POST", f"/assignments/{first}/review", {"verdict": "reject", "reason": story["reason"]})
    await world.drain()
    await teller.menu("My answers")
    await teller.sees(story["reason"])
    await teller.follow(say("Appeal against it"))
    await teller.fill({"words": story["words"]})
    await teller.press(say("Send the appeal"))
    await teller.told("Your appeal is raised. Somebody who had no hand in the decision answers it.")
    await teller.sees(story["words"])
    appeal = await db.scalar("SELECT id FROM appeal WHERE freelancer_id = $1", anna.id)
    arbiter = await exam_world.second(world)
    await arbiter.ok("POST", f"/appeals/{appeal}/decision", {"decision": "uphold", "reply": story["reply"]})
    await world.drain()
    await teller.again()
    await teller.sees(say("upheld"))
    await teller.sees(story["reply"])
    await teller.menu("My answers")
    await expect(teller.page.locator(f"#answer-{first} .state")).to_have_class(re.compile("good"))
