"""The way in as curators see it: applications, interviews scored unseen, admissions by the evidence, criteria by four eyes."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.identity.principal import COOKIE
from piecework.platform.pages.texts import LANGUAGE_COOKIE, ZONE_COOKIE
from piecework.quality.admissions import documents
from piecework.quality.admissions.specs import Guide
from tests.pages.conftest import Site, session
from tests.quality.admissions.way_world import WHY, accepted, applicant, asked, booked, mine, moved, open_way, scores, stages
from tests.quality.admitting.admitting_world import ONE_ANSWER, ask, held, publish
from tests.world import Person, World

WAY = stages("application", "interview", "live")
HOSTILE = "<script>window.hit = 1</script>\N{RIGHT-TO-LEFT OVERRIDE}"


class Reader:
    """A signed-in browser without scripts: reads pages and sends their forms."""

    def __init__(self, world: World, secret: str) -> None:
        self.world = world
        cookies = {COOKIE: secret, ZONE_COOKIE: "Asia/Tbilisi", LANGUAGE_COOKIE: "en"}
        self.headers = {
            "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "sec-fetch-site": "same-origin",
        }
        self.csrf = ""

    @classmethod
    async def of(cls, person: Person) -> "Reader":
        return cls(person.world, await session(person.id))

    async def read(self, path: str, status: int = 200) -> str:
        reply = await self.world.client.get(path, headers=self.headers)
        assert reply.status_code == status, (path, reply.status_code, reply.headers.get("location"))
        found = re.search(r'name="csrf" value="(\w+)"', reply.text)
        self.csrf = found[1] if found else self.csrf
        return unescape(reply.text)

    async def send(self, path: str, status: int = 303, /, **fields: Any) -> str:
        """Where it led, or the page that is shown again."""
        data = {name.replace("__", "."): value for name, value in fields.items()}
        reply = await self.world.client.post(path, data={"csrf": self.csrf, **data}, headers=self.headers)
        assert reply.status_code == status, (path, reply.status_code, reply.text)
        return str(reply.headers["location"]) if status == 303 else unescape(reply.text)


def filled(value: int, **of_group: int) -> dict[str, str]:
    """The fields of a review's form."""
    return {f"scores.{one['question']}.score": str(one["score"]) for one in scores(value, **of_group)["scores"]}


async def test_an_application_is_read_and_screened_with_a_reason(world: World) -> None:
    await open_way(world, stages=WAY)
    anna = await applicant(world, "anna", name=HOSTILE)
    candidacy = (await mine(anna))["id"]
    await moved(candidacy, days=20)
    curator = await Reader.of(world.curator)
    listed = await curator.read("/candidacies?turn=us&stage=application&direction=orders")
    assert "overdue" in listed
    assert "<script>window" not in (await world.client.get("/candidacies", headers=curator.headers)).text
    assert "[U+202E]" in listed
    assert "There is no such application." in await curator.read("/candidacies?state=refused")
    shown = await curator.read(f"/candidacies/{candidacy}")
    assert "Which country do you live in?" in shown
    again = await curator.send(f"/candidacies/{candidacy}/screening", 422, decision="refuse", reason="No <b>")
    assert "No <b>" in again
    assert 'value="refuse" data-key="KeyR" checked' in again
    await curator.send(f"/candidacies/{candidacy}/extension", days="7", reason="We have been slow, sorry.")
    assert "overdue" not in await curator.read("/candidacies")
    await curator.send(f"/candidacies/{candidacy}/screening", decision="accept", reason=WHY)
    assert WHY in await curator.read(f"/candidacies/{candidacy}")
    assert (await mine(anna))["stage"] == "interview"
    assert 'class="due"' not in await curator.read("/candidacies/figures?days=30")


async def test_two_reviewers_score_unseen_and_a_decision_against_the_rule_needs_two(world: World) -> None:
    await open_way(world, stages=WAY)
    anna = await applicant(world)
    candidacy = await accepted(world, anna)
    first, second = await world.person("first", Role.CURATOR), await world.person("second", Role.CURATOR)
    curator, one, two = [await Reader.of(person) for person in (world.curator, first, second)]
    path = f"/candidacies/{candidacy}"
    await curator.read(path)
    day = (datetime.now(UTC) + timedelta(days=2)).date()
    assert "A day and a time are needed here." in await curator.send(f"{path}/interview-slots", 422, starts="soon", minutes="45")
    await curator.send(f"{path}/interview-slots", starts=[f"{day}T10:00", ""], minutes="45", place="https://meet.test/1")
    (slot,) = (await mine(anna))["slots"]
    at = datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo("Asia/Tbilisi"))
    assert (datetime.fromisoformat(slot["starts_at"]), slot["minutes"]) == (at, 45)
    assert "https://meet.test/1" in await curator.read(path)
    for person in (first, second):
        await curator.send(f"{path}/reviewers", reviewer_id=str(person.id))
    listed = [await reader.read("/interview-reviews") for reader in (one, two)]
    reviews = [re.findall(r'href="(/interview-reviews/[0-9a-f-]+)"', text)[0] for text in listed]
    assert [text.count('<span class="badge">') > 0 for text in listed] == [True, True]
    early = await one.send(reviews[0], 409, **filled(4), comment="too early")
    assert "too early" in early
    await booked(world, anna, candidacy)
    guide = documents.shipped("guide")
    assert isinstance(guide, Guide)
    assert guide.groups[0].questions[0].good.en in await one.read(reviews[0])
    partly = filled(4) | {"scores.alone.note": "Would call the lead."}
    del partly["scores.limits.score"]
    again = await one.send(reviews[0], 422, **partly)
    assert "Each question is scored once." in again
    assert "Would call the lead." in again
    await one.send(reviews[0], **filled(2), comment="Impatient.")
    assert "Impatient." in await one.read(reviews[0])
    for reader in (curator, one, two):
        assert "Impatient." not in await reader.read(path)
    await two.read(reviews[1])
    await two.send(reviews[1], **filled(3))
    seen = await curator.read(path)
    assert "Impatient." in seen
    assert "not passed" in seen
    await curator.send(f"{path}/interview-decision", decision="accept", reason="The references are excellent.")
    assert "against the rule" in await curator.read(path)
    await curator.send(f"{path}/interview-decision", 409, decision="accept", reason="The references are excellent.")
    assert "If you decide the same, it holds." in await one.read(path)
    await one.send(f"{path}/interview-decision", decision="accept", reason="I have called two of them.")
    assert (await mine(anna))["stage"] == "live"
    assert "To the evidence" in await curator.read(path)


async def test_a_reviewer_who_knows_the_candidate_gives_the_seat_back(world: World) -> None:
    await open_way(world, stages=WAY)
    candidacy = await accepted(world, await applicant(world))
    review = await asked(world, candidacy, world.curator)
    curator = await Reader.of(world.curator)
    assert "You are not asked again." in await curator.read(f"/interview-reviews/{review}/decline")
    await curator.send(f"/interview-reviews/{review}/decline", reason="We were colleagues for years.")
    assert "We were colleagues for years." in await curator.read(f"/candidacies/{candidacy}")
    other = await Reader.of(await world.person("other", Role.CURATOR))
    await other.read(f"/interview-reviews/{review}", 404)


async def test_who_waits_is_admitted_by_the_evidence_and_against_it_by_two(world: World) -> None:
    await publish(world)
    await publish(world, ONE_ANSWER, level=2)
    person = await world.worker("anna", "other")
    await ask(person)
    curator, second = await Reader.of(world.curator), await Reader.of(await world.person("second", Role.CURATOR))
    request = await db.scalar("SELECT id FROM admission_request")
    assert f'href="/admissions/waiting?request={request}"' in await curator.read("/queue")
    listed = await curator.read(f"/admissions/waiting?request={request}")
    where = f"/people/{person.id}/admissions/orders/1/1"
    assert f'href="{where}"' in listed
    assert "everything is met" in await curator.read(where)
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    await curator.send(where, decision="grant", reason="All of it is met.", languages="RU, en", until=str(day))
    got = (await person.ok("GET", "/me/qualifications"))["qualifications"]
    (one,) = [one for one in got if one["code"] == "orders"]
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Asia/Tbilisi")) + timedelta(days=1)
    assert (one["languages"], datetime.fromisoformat(one["expires_at"])) == (["en", "ru"], midnight)
    above = f"/people/{person.id}/admissions/orders/2/1"
    assert "something is missing" in await curator.read(above)
    assert "do not say so" in await curator.send(above, 409, decision="grant", reason="We need more of them.")
    grant = {"decision": "grant", "reason": "We need more of them.", "against_evidence": "true"}
    proposal = await curator.send(above, **grant)
    assert "Take it back" in await curator.read(proposal)
    assert f'href="{proposal}"' in await second.read("/queue")
    assert f'href="{proposal}"' in await second.read("/admissions/decisions?state=proposed")
    assert "1 accepted answer" in await second.read(proposal)
    await second.send(proposal, decision="confirm", reason="I have looked at the work too.")
    assert ("orders", 2, 1) in await held(person)
    of_person = f"/people/{person.id}/qualifications"
    assert f'href="{of_person}"' in await curator.read(f"/people/{person.id}")
    assert f'href="{of_person}/orders/end"' in await curator.read(of_person)
    await curator.read(f"{of_person}/orders/end")
    await curator.send(f"{of_person}/orders/end", reason="Asked for it themselves.")
    assert ("orders", 2, 1) not in await held(person)
    named = await world.client.get(f"{of_person}?code=orders&level=2", headers=curator.headers)
    assert named.headers["location"] == above
    assert "a second curator confirms" in await curator.read(f"/people/{person.id}/admissions/nothing/1/1")
    administrator = await Reader.of(world.administrator)
    assert 'href="/admissions/policy"' in await administrator.read("/admissions")
    await administrator.read("/admissions/policy")
    changed = {"decide_days": "5", "unused_days": "60", "notice_days": "7"}
    await administrator.send("/admissions/policy", **changed, reason="We are fewer in summer.")
    assert "within 5 days" in await administrator.read("/admissions")
    await world.verify()


async def test_criteria_are_drafted_point_by_point_and_published_by_another(world: World) -> None:
    await world.project()
    curator, administrator = await Reader.of(world.curator), await Reader.of(world.administrator)
    assert "nothing: admitting needs two curators" in await curator.read("/criteria")
    where = "/criteria/orders/1/1/draft"
    assert "Nothing is asked: open to all." in await curator.read(where)
    one = {"criteria__0__kind": "accepted", "criteria__0__answers": "5", "criteria__0__project": ""}
    two = {"criteria__1__kind": "accuracy", "criteria__1__project": "orders", "criteria__1__at_least": "0,8"}
    more = await curator.send(where, 200, **one, act="add", new_kind="accuracy", reason="Not yet ripe")
    assert 'name="criteria.1.at_least"' in more
    assert 'value="5"' in more
    assert "Not yet ripe" in more
    assert 'name="criteria.1.kind"' not in await curator.send(where, 200, **one, **two, act="out.1")
    wrong = await curator.send(where, 422, **one, **two, act="send", reason="Beginners make many mistakes.")
    assert 'id="wrong-criteria.1.answers"' in wrong
    assert "Beginners make many mistakes." in wrong
    await curator.send(where, **one, **two, criteria__1__answers="20", act="send", reason="Beginners make many mistakes.")
    draft = f"/criteria/drafts/{await db.scalar('SELECT id FROM criteria_draft')}"
    assert "You drafted it" in await curator.read(draft)
    await curator.send(draft, 409, decision="publish", reason="I am sure of it.")
    assert f'href="{draft}"' in await administrator.read("/criteria")
    shown = await administrator.read(draft)
    assert "5 accepted answers" in shown
    assert "Accuracy in orders surely (95 %) at least 80%, on 20 judged answers" in shown
    await administrator.send(draft, decision="publish", reason="Agreed in the meeting.")
    assert "5 accepted answers" in await administrator.read("/criteria/orders")
    found = (await world.curator.ok("GET", "/qualifications/orders/criteria"))["criteria"]
    assert [(each["version"], len(each["criteria"])) for each in found] == [(1, 2)]
    assert 'value="0.8"' in await curator.read(where)
    named = await world.client.get("/criteria?code=fresh&level=2&line=3", headers=curator.headers)
    assert named.headers["location"] == "/criteria/fresh/2/3/draft"


async def test_in_a_browser_enter_takes_no_criterion_out(site: Site) -> None:
    await publish(site.world, ONE_ANSWER, {"kind": "unrestricted", "days": 30})
    async with site.visitor("curator") as context:
        page = await context.new_page()
        await page.goto("/criteria/orders/1/1/draft")
        await page.fill("#field-criteria\\.0\\.answers", "7")
        await page.press("#field-criteria\\.0\\.answers", "Enter")
        await page.wait_for_url("**/draft")
        assert await page.input_value("#field-criteria\\.0\\.answers") == "7"
        assert await page.locator("main fieldset").count() == 2
        await page.fill("#field-reason", "More of them are needed.")
        await page.get_by_role("button", name="Send the draft").click()
        await page.wait_for_url("**/criteria")
    assert await db.scalar("SELECT items -> 0 ->> 'answers' FROM criteria_draft WHERE outcome IS NULL") == "7"


async def test_a_direction_is_opened_by_publishing_its_way_in(world: World) -> None:
    await world.project()
    curator = await Reader.of(world.curator)
    assert "not published" in await curator.read("/ways-in")
    assert "nobody can apply" in await curator.read("/ways-in/orders")
    given = {"open": "true", "overall": "3.5", "group": "3", "appeal_days": "7", "again_after_days": "30"}
    given |= {"reason": "We look for people.", "stages.application.days": "5", "stages.live.days": "3"}
    given |= {
        "stages.interview.on": "true",
        "stages.interview.days": "10",
        "stages.training.on": "true",
        "stages.training.days": "",
    }
    again = await curator.send("/ways-in/orders", 422, **given)
    assert [name for name in ("course", "stages.training.days", "stages.live.days") if f'id="wrong-{name}"' in again] == [
        "course",
        "stages.training.days",
    ]
    assert 'name="stages.interview.on" value="true" checked' in again
    del given["stages.training.on"]
    await curator.send("/ways-in/orders", **given)
    shown = await curator.read("/ways-in/orders")
    assert "takes applications" in shown
    assert 'name="stages.training.on" value="true">' in shown
    way = (await world.client.get("/api/v1/directions/orders/way-in")).json()
    assert [(one["stage"], one["days"]) for one in way["stages"]] == [("application", 5), ("interview", 10), ("live", 3)]
    assert (way["open"], way["interview"]["group_at_least"], way["qualification"]) == (True, 3, "orders")
    del given["open"]
    await curator.send("/ways-in/orders", **given)
    assert "takes none" in await curator.read("/ways-in")


async def test_a_direction_gets_a_form_of_its_own(world: World) -> None:
    await world.project()
    curator = await Reader.of(world.curator)
    assert "Which country do you live in?" in await curator.read("/ways-in/orders/form")
    await curator.read("/ways-in/orders/way_in", 404)
    text = (
        '{"title": {"ru": "Анкета", "en": "Form"},\n"questions": [{"name": "why", "type": "text",\n "title": {"ru": "Почему?"}}]}'
    )
    assert "as typed" in await curator.send("/ways-in/orders/form", 422, spec=text, reason="as typed", act="publish")
    whole = text.replace('"Почему?"', '"Почему?", "en": "Why us?"')
    assert "<li>Why us?</li>" in await curator.send("/ways-in/orders/form", 200, spec=whole, act="look")
    await curator.send("/ways-in/orders/form", spec=whole, reason="Fifteen questions are too many.", act="publish")
    shown = await curator.read("/ways-in/orders")
    assert "<li>Why us?</li>" in shown
    assert "its own, version 1" in shown
