"""What curators do on an applicant's way, each at a browser of their own."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from tests.pages.stories.applying import Story
from tests.pages.stories.telling import Teller
from tests.world import Person

QUESTIONS = 23
"""So many does the guide have that ships."""
DECIDED = "Decided. The candidate reads your reason."
ANSWERED = "The appeal is answered; the freelancer reads your reply."
NOTHING = "Nothing waits for you. New disputes, appeals and audits come here by themselves."


async def at_the_candidate(curator: Teller, story: Story) -> None:
    await curator.menu("Applications")
    await curator.follow(story["name"])


async def decides(curator: Teller, words: str, field: str = "reason", *, key: str = "KeyA") -> None:
    """The decision by its key, the words, and off with it."""
    await curator.page.keyboard.press(key)
    await curator.fill({field: words})
    await curator.key("Control+Enter")


async def screens(curator: Teller, story: Story) -> None:
    await at_the_candidate(curator, story)
    await curator.sees(story["kind"])  # as they wrote it themselves
    await decides(curator, story["kind"])
    await curator.told(DECIDED)


async def proposes_times(curator: Teller, story: Story) -> None:
    await at_the_candidate(curator, story)
    soon = datetime.now(ZoneInfo("Europe/Moscow")) + timedelta(hours=2)
    for number in (0, 1):
        time = f"{soon + timedelta(hours=number):%Y-%m-%dT%H:%M}"
        await curator.page.locator("[name=starts]").nth(number).fill(time)
    await curator.fill({"place": story["place"]})
    await curator.press(curator.say("Propose"))
    await curator.told("The times are proposed; the candidate chooses one.")


async def asks_for_reviews(curator: Teller, *reviewers: Person) -> None:
    for one in reviewers:
        await curator.fill({"reviewer_id": str(one.id)})
        await curator.press(curator.say("Ask"))
        await curator.told("Asked. They have been told.")


async def scores(reviewer: Teller, story: Story) -> None:
    """By keys: one for each question."""
    await reviewer.menu("Interviews")
    await reviewer.follow(story["name"])
    await reviewer.key(*(["Digit4"] * QUESTIONS), "Control+Enter")
    await reviewer.told("Your scores are in. Nobody sees them before all reviews are.")


async def decides_the_interview(curator: Teller, story: Story) -> None:
    await at_the_candidate(curator, story)
    await curator.sees(curator.say("The reviewers agree"))
    await decides(curator, story["kind"])
    await curator.told(DECIDED)


async def offers_a_contract(curator: Teller, story: Story) -> None:
    await curator.follow(curator.say("Contract"))
    await curator.fill({"rate": story["rate"], "regime": "none", "weekly_norm": "20"})
    await curator.press(curator.say("Look at the text first"))
    await expect(curator.page.locator("#preview")).to_contain_text(story["rate"])
    await curator.press(curator.say("Offer"))
    await curator.told("The offer is made. The person has been told and reads its whole text.")


async def admits(curator: Teller, story: Story) -> None:
    await at_the_candidate(curator, story)
    await curator.follow(curator.say("To the evidence"))
    await decides(curator, story["kind"])
    await curator.told("Decided. The person has been told, with your reason.")


async def rejects(curator: Teller, story: Story, assignment: object) -> None:
    """By a file, as one does with many answers."""
    await curator.menu("Audits")
    await curator.follow(curator.say("Decide many answers by a file"))
    await curator.fill({"project": story.direction})
    file = f"assignment_id,verdict,reason\n{assignment},reject,{story['reason']}\n"
    chosen = {"name": "reviews.csv", "mimeType": "text/csv", "buffer": file.encode()}
    await curator.page.set_input_files("#field-file", chosen)  # type: ignore[arg-type]
    await curator.press(curator.say("Carry out"))
    await curator.told("The file was carried out.")


async def upholds(arbiter: Teller, story: Story) -> None:
    """From the queue, in which nothing waits then."""
    await arbiter.menu("Queue")
    await arbiter.follow(arbiter.say("Appeal"))
    await arbiter.sees(story["words"])
    await decides(arbiter, story["reply"], "reply")
    await arbiter.told(ANSWERED)
    await arbiter.menu("Queue")
    await arbiter.sees(arbiter.say(NOTHING))
