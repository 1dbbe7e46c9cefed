"""From a stranger who opens the site to a freelancer whose appeal is upheld."""

import re

import pytest
from playwright.async_api import expect

from piecework.platform import db
from piecework.quality.admissions import documents
from piecework.quality.admissions.specs import Form
from tests.pages.conftest import Site
from tests.pages.stories import curating, exams
from tests.pages.stories.applying import TASKS, Story
from tests.pages.stories.telling import Teller
from tests.quality.admissions import way_world
from tests.world import Person

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_stranger_applies_learns_works_and_is_proved_right(site: Site, language: str) -> None:
    story = Story(site.world, language)
    await story.prepare()
    async with (
        Teller.of(site, None, language) as teller,
        Teller.of(site, "curator", language, "quality") as curator,
        Teller.of(site, "second", language, "quality") as second,
    ):
        sign_in = await applies(teller, story)
        account = await db.scalar("SELECT id FROM account WHERE email = $1", sign_in)
        anna = Person(site.world, account, "")
        await curating.screens(curator, story)
        await sits_the_language_exam(teller, story)
        await is_interviewed(teller, story, anna, curator, second)
        await accepts_the_contract(teller, story, curator)
        await learns(teller, story)
        await sits_the_exam_by_its_clock(teller, story)
        await is_tried(teller, story)
        await is_admitted(teller, story, curator)
        await works_by_keyboard(teller, story, anna)
        await is_rejected_and_appeals(teller, story, anna, curator, second)


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
        await teller.page.get_by_role("radio", name=exams.WORDS[story.language]["right"]).nth(number).check()
    await teller.press(teller.say("Hand in"))
    await teller.told("Your attempt is handed in. The result stands here as soon as it is known.")
    await story.world.drain()
    await teller.again()
    await teller.sees(teller.say("passed"))


async def is_interviewed(teller: Teller, story: Story, anna: Person, curator: Teller, second: Teller) -> None:
    world = story.world
    await teller.menu("My way in")
    await teller.sees(teller.say("It is our turn."))
    await curating.proposes_times(curator, story)
    await curating.asks_for_reviews(curator, world.curator, world.second)
    await teller.again()
    await teller.page.get_by_role("radio").first.check()
    await teller.press(teller.say("Choose"))
    await teller.told("The time of your interview is settled.")
    await teller.sees(story["place"])
    await world.as_owner(
        "ALTER TABLE interview_slot DISABLE TRIGGER append_only",
        f"""UPDATE interview_slot SET starts_at = clock_timestamp() - interval '1 minute' WHERE id IN
            (SELECT i.slot_id FROM interview i JOIN candidacy c ON c.id = i.candidacy_id WHERE c.freelancer_id = '{anna.id}')""",
        "ALTER TABLE interview_slot ENABLE TRIGGER append_only",
    )
    for reviewer in (curator, second):
        await curating.scores(reviewer, story)
    await curating.decides_the_interview(curator, story)
    await world.drain()


async def accepts_the_contract(teller: Teller, story: Story, curator: Teller) -> None:
    await curating.offers_a_contract(curator, story)
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
    await page.get_by_role("radio", name=exams.WORDS[story.language]["right"]).first.check()
    await page.clock.fast_forward("27:00")
    await expect(clock).to_have_class("soon")
    await expect(page.locator("#kept")).to_have_text(say("Your answers are kept."))
    await teller.again()
    await expect(page.get_by_role("radio", name=exams.WORDS[story.language]["right"]).first).to_be_checked()
    await page.get_by_role("radio", name=exams.WORDS[story.language]["right"]).last.check()
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


async def is_admitted(teller: Teller, story: Story, curator: Teller) -> None:
    await curating.admits(curator, story)
    await story.world.drain()
    await teller.again()
    await teller.sees(teller.say("admitted"))


async def works_by_keyboard(teller: Teller, story: Story, anna: Person) -> None:
    page = teller.page
    await teller.menu("Work")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/work/tasks*")
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


async def is_rejected_and_appeals(teller: Teller, story: Story, anna: Person, curator: Teller, arbiter: Teller) -> None:
    world, say = story.world, teller.say
    await world.drain()
    first = await db.scalar(
        "SELECT id FROM assignment WHERE freelancer_id = $1 AND state = 'submitted' ORDER BY id LIMIT 1", anna.id
    )
    await curating.rejects(curator, story, first)
    await world.drain()
    await teller.menu("My answers")
    await teller.sees(story["reason"])
    await teller.follow(say("Appeal against it"))
    await teller.fill({"words": story["words"]})
    await teller.press(say("Send the appeal"))
    await teller.told("Your appeal is raised. Somebody who had no hand in the decision answers it.")
    await teller.sees(story["words"])
    await curating.upholds(arbiter, story)
    await world.drain()
    await teller.again()
    await teller.sees(say("upheld"))
    await teller.sees(story["reply"])
    await teller.menu("My answers")
    await expect(teller.page.locator(f"#answer-{first} .state")).to_have_class(re.compile("good"))
