"""The way in as curators see it: applications, interviews scored unseen, admissions by the evidence, criteria by four eyes."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.admissions import documents
from piecework.quality.admissions.specs import Guide
from tests.pages.plain import Browser
from tests.quality.admissions.way_world import WHY, accepted, applicant, asked, booked, mine, moved, open_way, scores, stages
from tests.quality.admitting.admitting_world import ONE_ANSWER, ask, held, publish
from tests.world import Person, World

WAY = stages("application", "interview", "live")
HOSTILE = "<script>window.hit = 1</script>\N{RIGHT-TO-LEFT OVERRIDE}"


async def reader(person: Person) -> Browser:
    return await Browser.of(person.world, person, zone="Asia/Tbilisi")


def filled(value: int, **of_group: int) -> dict[str, str]:
    """The fields of a review's form."""
    return {f"scores.{one['question']}.score": str(one["score"]) for one in scores(value, **of_group)["scores"]}


async def test_an_application_is_read_and_screened_with_a_reason(world: World) -> None:
    await open_way(world, stages=WAY)
    anna = await applicant(world, "anna", name=HOSTILE)
    candidacy = (await mine(anna))["id"]
    await moved(candidacy, days=20)
    curator = await reader(world.curator)
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
    curator, one, two = [await reader(person) for person in (world.curator, first, second)]
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
    listed = [await one_of_them.read("/interview-reviews") for one_of_them in (one, two)]
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
    for anybody in (curator, one, two):
        assert "Impatient." not in await anybody.read(path)
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
    curator = await reader(world.curator)
    assert "You are not asked again." in await curator.read(f"/interview-reviews/{review}/decline")
    await curator.send(f"/interview-reviews/{review}/decline", reason="We were colleagues for years.")
    assert "We were colleagues for years." in await curator.read(f"/candidacies/{candidacy}")
    other = await reader(await world.person("other", Role.CURATOR))
    await other.read(f"/interview-reviews/{review}", 404)


async def test_who_waits_is_admitted_by_the_evidence_and_against_it_by_two(world: World) -> None:
    await publish(world)
    await publish(world, ONE_ANSWER, level=2)
    person = await world.worker("anna", "other")
    await ask(person)
    curator, second = await reader(world.curator), await reader(await world.person("second", Role.CURATOR))
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
    administrator = await reader(world.administrator)
    assert 'href="/admissions/policy"' in await administrator.read("/admissions")
    await administrator.read("/admissions/policy")
    changed = {"decide_days": "5", "unused_days": "60", "notice_days": "7"}
    await administrator.send("/admissions/policy", **changed, reason="We are fewer in summer.")
    assert "within 5 days" in await administrator.read("/admissions")
    await world.verify()


async def test_criteria_are_drafted_point_by_point_and_published_by_another(world: World) -> None:
    await world.project()
    curator, administrator = await reader(world.curator), await reader(world.administrator)
    assert "nothing: admitting needs two curators" in await curator.read("/criteria")
    where = "/writing/criteria/orders.1.1"
    point = "criteria__{}__{}".format
    assert await curator.written(where, "add.4.criteria") == f"{where}#row-criteria.0"
    await curator.written(where, "add.3.criteria", **{point(0, "answers"): "5", "reason": "Not yet ripe"})
    await curator.written(where, "save", **{point(1, "project"): "orders", point(1, "at_least"): "0,8"})
    page = await curator.read(where)
    assert ('id="wrong-criteria.1.answers"' in page, 'value="5"' in page, "Not yet ripe" in page) == (True, True, True)
    await curator.written(where, "save", **{point(1, "answers"): "20", "reason": "Beginners make many mistakes."})
    assert "Accuracy in orders surely (95 %) at least 80%" in await curator.read(where)
    assert await curator.written(where, "send") == "/criteria"
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
    await curator.written(where, "up.criteria.1")
    page = await curator.read(where)
    assert ('value="0.8"' in page, "What changes against what is in force" in page) == (True, False)  # it lacks its reason
    named = await world.client.get("/criteria?code=fresh&level=2&line=3", headers=curator.headers)
    assert named.headers["location"] == "/writing/criteria/fresh.2.3"
